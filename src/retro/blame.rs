//! Blame, caught softly: a note that names a person as the one who did something wrong. Its writer alone sees a
//! suggestion; the note is kept as it is.
//!
//! Rule: a person must be the one who acts. Read from the name on, the first word that judges decides; another
//! subject between ends the reading ("Sam said the build broke"), and so does a passive ("Sam was blocked by …").

use crate::text::clean;

/// What people do wrong, as verbs.
const WRONG: &str = "forgot forgets forget broke breaks break failed fails fail messed messes screwed missed misses miss ignored ignores \
ignore blew ruined wrecked delayed delays refused refuses neglected skipped skips lied overlooked botched caused causes crashed \
dropped sabotaged wasted wastes rushed deleted blocks blocked slowed panicked overwrote misread misconfigured mishandled \
misjudged underestimated slept abandoned vanished disappeared complained argued blamed yelled shouted hogged hid withheld pushed-back \
dragged sat shirked slacked flaked fumbled bungled goofed";

/// What people are called, or what is theirs.
const BAD: &str = "late slow careless lazy incompetent clueless useless sloppy stupid dumb irresponsible unprofessional negligent \
unprepared unreliable unresponsive absent missing unavailable wrong rude toxic fault blame mistake mistakes error errors \
carelessness negligence incompetence laziness oversight bad terrible awful poor worst hopeless distracted disorganized guilty impossible";

/// What people do right: whoever is named with it is praised.
const RIGHT: &str = "fixed fixes fix helped helps help caught catches catch found finds find noticed saved saves rescued solved solves \
resolved resolves handled covered supported explained documented spotted debugged answered reviewed recovered prevented prevents repaired restored \
tested tests test warned told tell tells asked reported raised mentioned suggested said pointed led wrote writes write shared shares showed improved automated \
stayed deserves great excellent calm quick quickly fast thorough patient brilliant awesome thanks thank kudos respond respects communicated communicate updated update \
check checked merge merged finish finished deliver delivered prepare prepared run review show reply listen care read follow know";

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

/// The words by which people are called: first names and display names of a word.
fn called(names: &[&str]) -> Vec<String> {
    let parts = names.iter().flat_map(|n| n.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '-')));
    let mut out: Vec<String> = parts.filter(|p| p.chars().count() > 2).map(str::to_lowercase).collect();
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
    text.split(['.', '!', '?', ';', '\n', ':', '(', ')']).find_map(|clause| in_clause(clause, &known))
}

fn in_clause(clause: &str, known: &[String]) -> Option<String> {
    let raw: Vec<&str> = clause.split_whitespace().filter(|w| w.contains(|c: char| c.is_alphanumeric())).collect();
    let words = words(clause);
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

/// "broken by Sam", "because of Sam", "blame Sam", "the fault of Sam".
fn before(words: &[String], at: usize) -> Option<String> {
    let back = |n: usize| at.checked_sub(n).and_then(|i| words.get(i)).map(String::as_str).unwrap_or_default();
    let denied = (1..=5).any(|n| among(NOT, back(n)));
    if denied {
        return None;
    }
    match (back(2), back(1)) {
        (verb, "by") if among(WRONG, verb) || matches!(verb, "broken" | "forgotten" | "done") && verb != "done" => {
            Some(verb.to_owned())
        }
        (noun, "of") if among("fault mistake error carelessness negligence incompetence because", noun) => {
            Some(noun.to_owned())
        }
        (_, verb @ ("blame" | "blamed" | "blaming")) => Some(verb.to_owned()),
        (_, "to") if back(2) == "due" => Some("due to".to_owned()),
        _ => None,
    }
}

/// From the name on: the first word that judges decides.
fn after(words: &[String], at: usize, known: &[String]) -> Option<String> {
    let mut denied = at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| among(NOT, w));
    let mut passive = false;
    let mut i = at + 1;
    while let Some(word) = words.get(i).map(String::as_str).filter(|_| i <= at + 8) {
        // "Sam is the one who broke it."
        let next = |n: usize| words.get(i + n).map(String::as_str).unwrap_or_default();
        if word == "the" && matches!(next(1), "one" | "person" | "guy") && next(2) == "who" {
            passive = false;
            i += 3;
            continue;
        }
        if word == "had" && next(1) == "to" || word == "has" && next(1) == "to" {
            return None;
        }
        if word == "should" || word == "could" && next(1) == "have" {
            let have = usize::from(next(1) == "have") + usize::from(next(1) == "not");
            return (have > 0 || among(RIGHT, next(1))).then(|| format!("{word} {}", next(1)));
        }
        if among(NOT, word) {
            denied = !denied;
        } else if among(WRONG, word) {
            return (!denied && !passive).then(|| word.to_owned());
        } else if among(BAD, word) {
            return (!denied).then(|| word.to_owned());
        } else if among(RIGHT, word) {
            return (denied).then(|| format!("not … {word}"));
        } else if among(OTHERS, word) && !is_person(word, word, known) {
            // "Sam did not do the checks": what was denied was his.
            let left_undone = denied && words.get(i.wrapping_sub(1)).is_some_and(|w| !among(BE, w));
            return left_undone.then(|| "not".to_owned());
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
        "It names a person beside “{}”, which can read as blame. It is kept as it is; next to it, what would help more is the step that let it happen: “the checklist had no line for it” instead of “they forgot it”.",
        crate::text::esc(word)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 8] = ["Maria Silva", "Noor", "Sam Lee", "Priya", "Jonas", "Lena", "Tomas", "Will Grant"];

    #[test]
    fn blame_is_caught_and_praise_passes() {
        let table = include_str!("../../tests/data/blame.txt");
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
        let precision = f64::from(caught) / f64::from(caught + u32::try_from(wrong.len()).unwrap());
        let recall = f64::from(caught) / f64::from(u32::try_from(bad).unwrap());
        println!("{} sentences, {bad} with blame: precision {precision:.2}, recall {recall:.2}", table.len());
        println!("missed: {missed:#?}\nwrongly caught: {wrong:#?}");
        assert!(table.len() >= 60 && bad * 5 >= table.len() * 2, "about half and half");
        assert!(precision >= 0.9 && recall >= 0.85, "missed {missed:?}, wrongly caught {wrong:?}");
    }

    #[test]
    fn nothing_known_is_nobody() {
        assert_eq!(find("Grafana broke twice", &NAMES), None);
        assert_eq!(find("@somebody broke it", &[]).as_deref(), Some("broke"));
        assert_eq!(find("", &NAMES), None);
        assert_eq!(find("will we have missed it", &["Will"]), None);
    }
}
