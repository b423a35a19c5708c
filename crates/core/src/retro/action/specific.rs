//! Whether an action item says what will be done and what will be different then.
//!
//! Rule: the words are data (`words.txt`), each list with its reason; the sentence is judged by what is left once
//! they are taken away. A weak item is never refused: the person sees what is missing and how it could read.
//! After the release process: "Automate smoke tests with Playwright", not "Improve testing".

use std::sync::LazyLock;

use crate::text::clean;

/// Why an item is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// "Someone should…": a wish about nobody.
    Nobody,
    /// "Eventually…": no time at which it is late.
    Sometime,
    /// "Be more careful": nothing that could be seen to be done.
    Attitude,
    /// "Why did the backup take an hour?"
    Question,
    /// "Improve testing": a direction, with no end.
    NoOutcome,
    /// "More tests": a wish without an act.
    NoAct,
    NoObject,
}

type List = Vec<&'static str>;

/// The lists of `words.txt`, which says what each is for.
struct Lists {
    nobody: List,
    sometime: List,
    attitude: List,
    directions: List,
    wishes: List,
    fillers: List,
    numbers: List,
    generic: List,
    small: List,
    outcome: List,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let text = include_str!("words.txt");
    let list = |name: &str| {
        let from = text.split_once(&format!("\n[{name}]")).map_or("", |(_, rest)| rest);
        let (_, body) = from.split("\n[").next().unwrap_or_default().split_once('\n').unwrap_or_default();
        body.split([',', '\n']).map(str::trim).filter(|w| !w.is_empty()).collect()
    };
    Lists {
        nobody: list("nobody"),
        sometime: list("sometime"),
        attitude: list("attitude"),
        directions: list("directions"),
        wishes: list("wishes"),
        fillers: list("fillers"),
        numbers: list("numbers"),
        generic: list("generic"),
        small: list("small"),
        outcome: list("outcome"),
    }
});

/// A weak item's fault, or `None` for one that says enough.
pub fn weakness(text: &str) -> Option<Weakness> {
    let text = clean(text);
    let text = text.trim();
    let lower = text.to_lowercase();
    if text.ends_with('?') {
        return Some(Weakness::Question);
    }
    let padded = format!(" {} ", words(&lower).join(" "));
    let says = |phrase: &str| padded.contains(&format!(" {phrase} "));
    let begins = |phrase: &str| padded.starts_with(&format!(" {phrase} "));
    if LISTS.nobody.iter().any(|p| {
        if p.contains(' ') { says(p) } else { begins(p) || says(&format!("{p} should")) || says(&format!("{p} needs")) }
    }) {
        return Some(Weakness::Nobody);
    }
    if LISTS.sometime.iter().any(|p| says(p)) {
        return Some(Weakness::Sometime);
    }
    let shown = evidence(text);
    if LISTS.attitude.iter().any(|p| begins(p)) && !shown.measured {
        return Some(Weakness::Attitude);
    }
    let all = words(&lower);
    if all.iter().filter(|w| !LISTS.small.contains(w)).count() <= 1 && !shown.measured {
        return Some(Weakness::NoObject);
    }
    let begin = all.iter().position(|w| !LISTS.fillers.contains(w)).unwrap_or(0);
    let (first, rest) = (all.get(begin).copied().unwrap_or_default(), all.get(begin + 1..).unwrap_or_default());
    // The plain words besides the verb that name something: small, generic and direction words do not.
    let plain =
        rest.iter().filter(|w| !LISTS.small.contains(w) && !LISTS.generic.contains(w) && !is_direction(w)).count();
    let (named, wish) = (plain + shown.names, all.iter().any(|w| LISTS.wishes.contains(w)));
    if LISTS.wishes.contains(&first) {
        return (!shown.measured).then_some(Weakness::NoAct);
    }
    if shown.measured {
        // "Improve testing when it fails" still has no object of its own.
        let object = named + rest.iter().filter(|w| LISTS.generic.contains(w)).count();
        return (object < 1 || is_direction(first) && named < 1).then_some(Weakness::NoOutcome);
    }
    if LISTS.generic.contains(&first) && !is_direction(first) && named < 2 {
        return Some(Weakness::NoObject);
    }
    // "Fix the flaky checkout test" has its object; "improve the deployment process" has none, nor has "add tests".
    let enough = usize::from(is_direction(first)) + usize::from(wish) + 1;
    (named < enough).then_some(Weakness::NoOutcome)
}

fn is_direction(word: &str) -> bool {
    LISTS.directions.contains(&word)
}

fn words(lower: &str) -> Vec<&str> {
    lower.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '-')).filter(|w| !w.is_empty()).collect()
}

struct Evidence {
    /// A number, a quotation, or a word after which an outcome comes.
    measured: bool,
    /// Names: `Playwright`, `checkout-api`, `SLO`.
    names: usize,
}

/// What a sentence shows besides its plain words.
fn evidence(text: &str) -> Evidence {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let lower = text.to_lowercase();
    let digits = tokens.iter().any(|t| t.chars().any(|c| c.is_ascii_digit()))
        || words(&lower).iter().any(|w| LISTS.numbers.contains(w));
    let quoted = text.contains(['`', '"', '“']);
    let outcome = words(&lower).iter().skip(2).any(|w| LISTS.outcome.contains(w));
    let named = tokens.iter().skip(1).filter(|t| {
        let word = t.trim_matches(|c: char| !c.is_alphanumeric());
        let inner = word.contains(['/', '_', '.', '@', '#']);
        let proper = word.chars().next().is_some_and(char::is_uppercase)
            && !LISTS.generic.contains(&word.to_lowercase().as_str());
        inner || proper
    });
    // A proper name is counted among the plain words already, unless it is a small one.
    let names = named.filter(|t| LISTS.small.contains(&t.to_lowercase().as_str())).count();
    Evidence { measured: digits || quoted || outcome, names }
}

impl Weakness {
    /// What is missing, in a sentence.
    pub fn missing(self) -> &'static str {
        match self {
            Self::Nobody => "Start with what the owner will do.",
            Self::Sometime => "“Eventually” and “if possible” leave its date open: drop them, or choose a later date.",
            Self::Attitude => "That's an attitude, not a result: what will exist once it's done?",
            Self::Question => "That's a question: what will you do to answer it, and where will the answer be?",
            Self::NoOutcome => "It's a direction, not a finish line yet. How will you know it's done?",
            Self::NoAct => "That's a wish: which step will the owner take?",
            Self::NoObject => "That's a topic: what will you do about it?",
        }
    }
}

/// How it could read, by what it is about.
pub fn example(text: &str) -> &'static str {
    const BY_SUBJECT: [(&[&str], &str); 9] = [
        (
            &["test", "qa", "coverage", "regression"],
            "Automate the smoke tests with Playwright, so that they run in ten minutes",
        ),
        (
            &["monitor", "alert", "observab", "logging", "dashboard"],
            "Add an alert that fires when the error rate of checkout passes 1 %",
        ),
        (&["doc", "runbook", "wiki", "readme"], "Add the rollback steps to the deployment runbook"),
        (
            &["communicat", "stakeholder", "transparen", "feedback"],
            "Post the release plan in #releases two days before each deployment",
        ),
        (
            &["deploy", "release", "rollout", "rollback", "pipeline"],
            "Rehearse the rollback on staging before each release",
        ),
        (
            &["estimat", "plan", "scope", "requirement"],
            "Add a risk list with an owner for each risk to the release plan template",
        ),
        (
            &["review", "code", "refactor", "debt"],
            "Move the payment retries out of the order handler, with a test for each error",
        ),
        (&["perform", "speed", "slow", "latency"], "Bring the search page below 300 ms by caching its facets"),
        (
            &["backup", "database", "migration", "data"],
            "Run the database backup in parallel, so that it takes less than 30 minutes",
        ),
    ];
    let lower = text.to_lowercase();
    let found = BY_SUBJECT.iter().find(|(subjects, _)| subjects.iter().any(|s| lower.contains(s)));
    found.map_or("Write the checklist for the go/no-go decision into the release plan", |(_, example)| example)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+` or `-`, and a sentence.
    fn table(text: &str) -> Vec<(bool, &str)> {
        let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
        lines.map(|l| (l.starts_with('-'), l.get(2..).unwrap())).collect()
    }

    #[test]
    fn weak_items_are_caught_and_good_ones_pass() {
        let table = table(include_str!("../../../../../tests/data/action_items.txt"));
        let (mut caught, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
        for (weak, text) in &table {
            match (weak, weakness(text)) {
                (true, Some(_)) => caught += 1,
                (true, None) => missed.push(*text),
                (false, Some(why)) => wrong.push((*text, why)),
                (false, None) => {}
            }
        }
        let bad = table.iter().filter(|(weak, _)| *weak).count();
        let precision = f64::from(caught) / f64::from(caught + u32::try_from(wrong.len()).unwrap());
        let recall = f64::from(caught) / f64::from(u32::try_from(bad).unwrap());
        println!("{} sentences, {bad} weak: precision {precision:.2}, recall {recall:.2}", table.len());
        assert!(table.len() >= 80 && bad * 5 >= table.len() * 2, "about half and half");
        assert!(precision >= 0.95 && recall >= 0.95, "missed {missed:?}, wrongly caught {wrong:?}");
    }

    #[test]
    fn what_is_missing_is_said_with_an_example_of_its_subject() {
        assert_eq!(weakness("Improve testing"), Some(Weakness::NoOutcome));
        assert!(example("Improve testing").contains("Playwright"));
        assert!(weakness(example("Improve testing")).is_none());
        assert_eq!(weakness("someone should fix the build"), Some(Weakness::Nobody));
        assert_eq!(weakness("Migrate the build to Bazel if possible"), Some(Weakness::Sometime));
        // Every example that is offered would be taken.
        for subject in
            ["testing", "monitoring", "docs", "communication", "deploys", "planning", "code", "speed", "backup", "x"]
        {
            assert_eq!(weakness(example(subject)), None, "{subject}");
        }
    }
}
