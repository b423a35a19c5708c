//! `start` with its options.

use super::line::Mistyped;
use super::nearest;
use super::words::{inside, is_between, person, shown, verb_of, version, wrong};
use crate::model::start::Start;

const WHICH: &str = "Which release? Please name its version.";

/// Reads what follows `start`.
pub(super) fn read(words: &[&str]) -> Result<Start, Mistyped> {
    // `with @ann and @ben` names two people.
    let before_name =
        |at: usize| words.get(at + 1).is_some_and(|next| next.starts_with("<@") || next.starts_with("<!subteam"));
    let words = words.iter().enumerate().filter(|(at, word)| !(is_between(word) && before_name(*at)));
    let words: Vec<&str> = words.map(|(_, word)| *word).collect();
    let Some((first, mut rest)) = words.split_first() else {
        return Err(wrong("start", WHICH));
    };
    is_release(first)?;
    let mut s = Start { version: version("start", first)?, ..Start::default() };
    while let Some((word, tail)) = rest.split_first() {
        rest = tail;
        if word.starts_with("<@") || word.starts_with('@') {
            s.people.push(person(word)?);
        } else if let Some(group) = inside(word, "<!subteam^") {
            s.groups.push(group);
        } else if word.contains(':') && !word.starts_with('<') {
            // A date may have spaces (`closes:next tue 15:00`): it runs to the next option.
            let ends = rest.iter().position(|w| is_option(w)).unwrap_or(rest.len());
            let (more, tail) = rest.split_at(ends);
            with_value(&mut s, word, more)?;
            rest = tail;
        } else {
            match flag(word).as_str() {
                "" => {}
                "anonymous" => s.anonymous = true,
                "named" | "non-anonymous" | "not-anonymous" => s.named = true,
                "async" => s.is_async = true,
                "everyone" => s.everyone = true,
                other => {
                    let known = ["anonymous", "named", "async", "everyone", "closes:friday", "length:45"];
                    return Err(Mistyped::Option {
                        word: shown(word),
                        nearest: nearest::option(other, known.into_iter()),
                    });
                }
            }
        }
    }
    if s.anonymous && s.named {
        return Err(Mistyped::Contradiction("anonymous", "named"));
    }
    if s.is_async && s.meeting.is_some() {
        return Err(Mistyped::Contradiction("async", "meeting:"));
    }
    Ok(s)
}

/// An option or a word of the grammar is no release: everybody would be asked about it.
fn is_release(word: &str) -> Result<(), Mistyped> {
    const NO_NAMES: [&str; 13] = [
        "anonymous",
        "named",
        "async",
        "everyone",
        "help",
        "retro",
        "release",
        "closes",
        "meeting",
        "length",
        "deployed",
        "previous",
        "now",
    ];
    let is_other = NO_NAMES.contains(&verb_of(word.split(':').next().unwrap_or_default()).as_str());
    if is_other && !is_named(word) { Err(wrong("start", WHICH)) } else { Ok(()) }
}

/// Whether a name stands behind the word: `release:v2.1.0`.
fn is_named(word: &str) -> bool {
    word.split_once(':').is_some_and(|(key, name)| key.eq_ignore_ascii_case("release") && !name.is_empty())
}

/// An option with its value: `length:45`, and `closes: next tue 15:00`, since a phone puts a space after the colon.
fn with_value(s: &mut Start, word: &str, more: &[&str]) -> Result<(), Mistyped> {
    let (key, first) = word.split_once(':').unwrap_or((word, ""));
    let values: Vec<&str> = std::iter::once(first).filter(|v| !v.is_empty()).chain(more.iter().copied()).collect();
    if values.iter().all(|v| v.trim_matches(',').is_empty()) {
        return Err(wrong("start", format!("“{}” has no value.", shown(word))));
    }
    let value = || values.join(" ").to_lowercase();
    let one = || match values.as_slice() {
        [.., extra] if values.len() > 1 => Err(wrong("start", format!("I didn't understand “{}”.", shown(extra)))),
        [one, ..] => Ok(*one),
        [] => Err(wrong("start", WHICH)),
    };
    let name = key.to_lowercase();
    let given = match name.as_str() {
        "closes" => s.closes.replace(value()).is_some(),
        "meeting" => s.meeting.replace(value()).is_some(),
        "deployed" => s.deployed.replace(value()).is_some(),
        "length" => s.length.replace(length(one()?)?).is_some(),
        // Versions keep their case.
        "previous" => s.previous.replace(version("start", one()?)?).is_some(),
        "anonymous" if value() == "no" => std::mem::replace(&mut s.named, true),
        "anonymous" if value() == "yes" => std::mem::replace(&mut s.anonymous, true),
        other => {
            let known = ["closes:", "meeting:", "length:", "deployed:", "previous:"];
            return Err(Mistyped::Option { word: shown(word), nearest: nearest::option(other, known.into_iter()) });
        }
    };
    // Neither of the two is guessed.
    if given { Err(wrong("start", format!("You gave “{name}:” twice: please give it once."))) } else { Ok(()) }
}

/// A flag as it is meant: phones make one dash of two.
fn flag(word: &str) -> String {
    word.to_lowercase().trim_matches(['-', ',', '—', '–']).to_owned()
}

fn is_option(word: &str) -> bool {
    const FLAGS: [&str; 6] = ["anonymous", "named", "async", "everyone", "non-anonymous", "not-anonymous"];
    let flag = FLAGS.contains(&flag(word).as_str());
    // `15:00` is part of a date, `length:45` is not.
    let key =
        word.split_once(':').is_some_and(|(key, _)| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic()));
    flag || key || word.starts_with(['<', '@'])
}

fn length(value: &str) -> Result<u32, Mistyped> {
    let value = value.trim_end_matches([',', '.']);
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = value.get(digits.len()..).unwrap_or_default().to_lowercase();
    let is_minutes = matches!(unit.as_str(), "" | "m" | "min" | "mins" | "minute" | "minutes");
    match digits.parse() {
        Ok(minutes @ 30..=120) if is_minutes => Ok(minutes),
        _ => Err(Mistyped::Usage {
            what: format!("Meetings can be 30-120 minutes; you typed “{}”.", shown(value)),
            example: "start v2.1.0 length:45",
        }),
    }
}
