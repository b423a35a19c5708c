//! Blame, caught softly: a note that names a person as the one who did something wrong. Its writer alone sees a
//! suggestion; the note is kept as it is.
//!
//! Rule: it compares words and does not understand; where it is not sure it is silent, because a wrong suggestion hurts
//! more than a missed one. A person must be the one who acts: read from the name on, the first word that judges decides.
//! Another subject between ends the reading ("Sam said the build broke"), and so does a passive ("Sam was blocked by …").
//! Thanks in the sentence silence it.

use crate::text::clean;

/// What people do wrong, as verbs.
const WRONG: &str = "forgot forgets forget broke breaks break failed fails fail messed messes screwed missed misses miss ignored ignores \
ignore blew ruined wrecked delayed delays refused refuses neglected skipped skips lied overlooked botched caused causes crashed \
dropped sabotaged wasted wastes rushed deleted blocks blocked slowed panicked overwrote misread misconfigured mishandled \
misjudged underestimated slept abandoned vanished disappeared complained argued blamed yelled shouted hogged hid withheld pushed-back \
dragged shirked slacked flaked fumbled bungled goofed mixed mangled clobbered misspelled mistyped misplaced \
underestimates underestimating overran stalled stonewalled dodged";

/// What people are called, or what is theirs.
const BAD: &str = "late slow careless lazy incompetent clueless useless sloppy stupid dumb irresponsible unprofessional negligent \
unprepared unreliable unresponsive absent missing unavailable wrong rude toxic fault blame mistake mistakes error errors \
carelessness negligence incompetence laziness oversight bad terrible awful poor worst hopeless distracted disorganized guilty impossible \
nonexistent untested half-finished half-baked half-done sluggish";

/// What went wrong, as a thing: "the outage is on Sam".
const HARM: &str = "outage outages mess bug bugs failure failures incident incidents delay delays problem problems breakage regression rollback \
crash downtime chaos hotfix broken wrong failed late redone slipped lost missed";

/// Beside an article these still judge what the person did: "typed the wrong name".
const DONE_BADLY: &str = "wrong broken untested bad half-finished half-baked";

/// In a sentence with one of these somebody is praised.
const THANKS: &str = "thanks kudos props shoutout credit bravo congrats grateful hats";

/// What people do right: whoever is named with it is praised.
const RIGHT: &str = "fixed fixes fix helped helps help caught catches catch found finds find noticed saved saves rescued solved solves \
resolved resolves handled covered supported explained documented spotted debugged answered reviewed recovered prevented prevents repaired restored \
tested tests test warned told tell tells asked reported raised mentioned suggested said pointed led shared shares improved automated \
stayed staying deserves great excellent calm quick quickly fast thorough patient brilliant awesome thanks thank kudos respond respects communicated communicate \
check checked review reply listen care follow know";

/// Neutral acts: they count only if the person did not do them.
const DONE: &str = "merge merged write wrote read finish finished deliver delivered update updated prepare prepared show showed run ran \
push pushed deploy deployed come came join joined attend ship shipped";

/// Between a name and what follows, these begin something else.
const OTHERS: &str = "it that the this these those which why when because what how where after before while until so if we they nobody our my \
their there everyone everybody somebody someone i";

/// Turn a word into its opposite.
const NOT: &str = "not never didn't didnt doesn't doesnt don't wasn't isn't won't wouldn't couldn't can't cannot hasn't hadn't haven't without \
barely hardly rarely refuses-to";

/// Forms of "to be": a verb after them happened to the person.
const BE: &str = "was were is are got been being gets be";

fn among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|w| w == word)
}

/// Words of a clause: lower case, apostrophes straight, without what stands around them.
fn words(clause: &str) -> Vec<String> {
    clause
        .replace('’', "'")
        .split_whitespace()
        .map(|w| w.trim_matches(|c: char| !(c.is_alphanumeric() || c == '@')).to_lowercase())
        .filter(|w| !w.is_empty())
        .collect()
}

/// Names that are words too: they count only where they are written as names.
const ALSO_WORDS: &str = "will mark may grace hope art bill drew faith joy rich rob sue pat dean max april june august summer chase hunter \
miles guy page grant carry frank chip sky dawn eve ray jack";

/// Words that stand in display names and name nobody.
const NOBODY: &str =
    "dev ops devops qa admin test team release build data support guest bot user the web app api sre security";

/// The words by which people are called: the first of each name.
fn called(names: &[&str]) -> Vec<String> {
    let first = |n: &&str| {
        let mut words = n.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '-'));
        words.find(|w| !w.is_empty()).map(str::to_lowercase)
    };
    let parts = names.iter().filter_map(first);
    let mut out: Vec<String> = parts.filter(|p| p.chars().count() > 2 && !among(NOBODY, p)).collect();
    out.sort();
    out.dedup();
    out
}

/// Whether this word names a person: by `@`, or by a name that is known.
fn is_person(raw: &str, word: &str, known: &[String]) -> bool {
    let bare = word.strip_suffix("'s").unwrap_or(word).trim_end_matches('\'');
    if let Some(handle) = bare.strip_prefix('@') {
        return !handle.is_empty() && !matches!(handle, "here" | "channel" | "everyone");
    }
    let written = raw.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_uppercase);
    known.iter().any(|k| k == bare) && (written || !among(ALSO_WORDS, bare))
}

/// The word that stands against a person in `text`, if there is one; `names` are those of the people of the channel.
pub fn find(text: &str, names: &[&str]) -> Option<String> {
    let text = clean(text);
    let known = called(names);
    text.split(['!', '?', ';', '\n']).flat_map(|part| part.split(". ")).find_map(|clause| in_clause(clause, &known))
}

fn in_clause(clause: &str, known: &[String]) -> Option<String> {
    let clause = clause.replace(['(', ')', ':', '–', '—'], " ");
    let raw: Vec<&str> = clause.split_whitespace().filter(|w| w.contains(|c: char| c.is_alphanumeric())).collect();
    let words = words(&clause);
    // "We can thank Sam for that" is no thanks; "thanks to Sam the rollback took a minute" is.
    if words.iter().any(|w| among(THANKS, w)) {
        return None;
    }
    let word = |i: usize| words.get(i).map(String::as_str).unwrap_or_default();
    for (at, raw) in raw.iter().enumerate().take(words.len()) {
        if !is_person(raw, word(at), known) {
            continue;
        }
        if let Some(found) = before(&words, at).or_else(|| after(&words, at, known)) {
            return Some(found);
        }
    }
    None
}

/// "broken by Sam", "a bad call by Sam", "because of Sam", "blame Sam", "the fault of Sam", "the outage is on Sam".
fn before(words: &[String], at: usize) -> Option<String> {
    let back = |n: usize| at.checked_sub(n).and_then(|i| words.get(i)).map(String::as_str).unwrap_or_default();
    let denied = (1..=5).any(|n| among(NOT, back(n)) || matches!(back(n), "nothing" | "no" | "nobody"));
    if denied {
        return None;
    }
    let harm = || (3..=at).map(back).find(|w| among(HARM, w) || among(BAD, w)).map(str::to_owned);
    match (back(2), back(1)) {
        (verb, "by") if among(WRONG, verb) || matches!(verb, "broken" | "forgotten") => Some(verb.to_owned()),
        (_, "by") if among(BAD, back(3)) => Some(back(3).to_owned()),
        (noun, "of") if among("fault mistake error carelessness negligence incompetence because", noun) => {
            Some(noun.to_owned())
        }
        (_, verb @ ("blame" | "blamed" | "blaming")) => Some(verb.to_owned()),
        ("due", "to") => Some("due to".to_owned()),
        ("down", "to") | ("is" | "was" | "all" | "squarely" | "entirely", "on") | ("back" | "came", "to" | "from") => {
            harm()
        }
        _ => None,
    }
}

/// What a person did stands after an article: "typed the wrong name", "approved the change without looking at it".
fn done_badly(words: &[String], article: usize) -> Option<String> {
    let word = |n: usize| words.get(article + n).map(String::as_str).unwrap_or_default();
    if !matches!(word(0), "the" | "a" | "an" | "his" | "her" | "their" | "that" | "this") {
        return None;
    }
    let verb = article.checked_sub(1).and_then(|i| words.get(i)).map(String::as_str).unwrap_or_default();
    let bad = (1..=2).map(word).find(|w| among(DONE_BADLY, w));
    if let Some(bad) =
        bad.filter(|_| !among("to for with from of in on at by about after before into over under during", verb))
    {
        return Some(bad.to_owned());
    }
    // "Promised the docs and never wrote them", with the same subject.
    for and in (1..=10).filter(|n| matches!(word(*n), "and" | "but" | "then")) {
        let mut then = (and + 1..=and + 3)
            .map(word)
            .take_while(|w| !among(OTHERS, w))
            .skip_while(|w| *w == "just" || *w == "then");
        match (then.next().unwrap_or_default(), then.next().unwrap_or_default()) {
            (wrong, _) if among(WRONG, wrong) => return Some(wrong.to_owned()),
            (not, done) if among(NOT, not) && (among(RIGHT, done) || among(DONE, done)) => {
                return Some(format!("{not} {done}"));
            }
            _ => {}
        }
    }
    let at = (1..=6).take_while(|n| !among(OTHERS, word(*n))).find(|n| word(*n) == "without")?;
    (at + 1..=at + 2).map(word).find(|w| w.ends_with("ing")).map(|w| format!("without {w}"))
}

/// Reads on from the name. The first word that judges the person decides.
fn after(words: &[String], at: usize, known: &[String]) -> Option<String> {
    let back = |n: usize| at.checked_sub(n).and_then(|i| words.get(i)).map(String::as_str).unwrap_or_default();
    if matches!(back(1), "blame" | "blamed" | "blaming") {
        return None;
    }
    // "Nothing Sam did caused it"; "it was not Sam who forgot".
    let mut denied = among(NOT, back(1)) && back(1) != "without" || matches!(back(1), "nothing" | "nobody");
    let mut denied_at = at;
    let mut passive = false;
    let mut i = at + 1;
    while let Some(word) = words.get(i).map(String::as_str).filter(|_| i <= at + 14) {
        let next = |n: usize| words.get(i + n).map(String::as_str).unwrap_or_default();
        // "Sam is the one who broke it."
        if word == "the" && matches!(next(1), "one" | "person" | "guy" | "reason") {
            if next(1) == "reason" {
                return (!denied).then(|| "the reason".to_owned());
            }
            passive = false;
            i += 3;
            continue;
        }
        // "Sat on the patch for a week."
        if word == "sat" && next(1) == "on" {
            return (!denied).then(|| "sat on".to_owned());
        }
        // "Pushed it without telling anybody."
        if word == "without" {
            let doing = (1..=2).map(next).find(|w| w.ends_with("ing"));
            return doing.filter(|_| !denied).map(|w| format!("without {w}"));
        }
        if (word == "had" || word == "has") && next(1) == "to" {
            return None;
        }
        if word == "needs" && next(1) == "to" {
            let better = (2..=6).map(next).find(|w| among("more better careful learn stop start", w));
            return better.map(|w| format!("needs to … {w}"));
        }
        if word == "should" || word == "could" && next(1) == "have" {
            let have = usize::from(next(1) == "have") + usize::from(next(1) == "not");
            return (have > 0 || among(RIGHT, next(1))).then(|| format!("{word} {}", next(1)));
        }
        if among(NOT, word) {
            denied = !denied;
            denied_at = i;
        } else if among(WRONG, word) {
            return (!denied && !passive).then(|| word.to_owned());
        } else if among(BAD, word) {
            return (!denied).then(|| word.to_owned());
        } else if among(RIGHT, word) || denied && among(DONE, word) {
            return denied.then(|| format!("not … {word}"));
        } else if among(OTHERS, word) && !is_person(word, word, known) {
            // "Sam did not do the checks": what was denied was his.
            let verb = words.get(i.wrapping_sub(1)).map(String::as_str).unwrap_or_default();
            if denied && i == denied_at + 2 && !among(BE, verb) && !matches!(verb, "have" | "had") {
                return Some("not".to_owned());
            }
            return (i > at + 1 && !passive && !denied).then(|| done_badly(words, i)).flatten();
        }
        passive = among(BE, word)
            || passive && matches!(word, "often" | "always" | "never" | "also" | "just" | "still" | "again");
        i += 1;
    }
    None
}

/// What its writer is told, and nobody else.
pub fn suggestion(word: &str) -> String {
    format!(
        "It names a person next to “{}”, which can read as blame. I kept it as it is. It may help more to name the step that let it happen: “the checklist didn't cover it” instead of “they forgot it”.",
        crate::text::esc(word)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 8] = ["Maria Silva", "Noor", "Sam Lee", "Priya", "Jonas", "Lena", "Tomas", "Will Grant"];

    /// Precision and recall on a table of `-` blame and `+` none, printed with what went wrong.
    fn measured(name: &str, table: &str) -> (usize, f64, f64) {
        let lines = table.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
        let table: Vec<(bool, &str)> = lines.map(|l| (l.starts_with('-'), l.get(2..).unwrap())).collect();
        let (mut caught, mut missed, mut wrong) = (0u32, Vec::new(), Vec::new());
        for (blame, text) in &table {
            match (blame, find(text, &NAMES)) {
                (true, Some(_)) => caught += 1,
                (true, None) => missed.push(*text),
                (false, Some(word)) => wrong.push((*text, word)),
                (false, None) => {}
            }
        }
        let bad = table.iter().filter(|(blame, _)| *blame).count();
        assert!(bad * 5 >= table.len() * 2 && bad * 5 <= table.len() * 3, "about half and half");
        let precision = f64::from(caught) / f64::from(caught + u32::try_from(wrong.len()).unwrap());
        let recall = f64::from(caught) / f64::from(u32::try_from(bad).unwrap());
        println!("{name}: {} sentences, {bad} with blame: precision {precision:.2}, recall {recall:.2}", table.len());
        println!("missed: {missed:#?}\nwrongly caught: {wrong:#?}");
        (table.len(), precision, recall)
    }

    #[test]
    fn blame_is_caught_and_praise_passes() {
        let (all, precision, recall) = measured("plain cases", include_str!("../../../../tests/data/blame.txt"));
        assert!(all >= 60 && precision >= 0.95 && recall >= 0.9);
        let (_, precision, recall) = measured("seen", include_str!("../../../../tests/data/blame_seen.txt"));
        assert!(precision >= 0.9 && recall >= 0.55);
        let (_, precision, recall) = measured("never seen", include_str!("../../../../tests/data/blame_blind.txt"));
        assert!(precision >= 0.95 && recall >= 0.45);
    }

    #[test]
    fn nothing_known_is_nobody() {
        assert_eq!(find("Grafana broke twice", &NAMES), None);
        assert_eq!(find("@somebody broke it", &[]).as_deref(), Some("broke"));
        assert_eq!(find("", &NAMES), None);
        assert_eq!(find("will we have missed it", &["Will"]), None);
    }
}
