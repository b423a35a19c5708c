//! `start` with its options.

use super::line::Mistyped;
use super::nearest;
use super::words::{inside, is_between, person, shown, version, wrong};
use crate::model::start::Start;

/// Reads what follows `start`.
pub(super) fn read(words: &[&str]) -> Result<Start, Mistyped> {
    // `with @ann and @ben` names two people.
    let before_name =
        |at: usize| words.get(at + 1).is_some_and(|next| next.starts_with("<@") || next.starts_with("<!subteam"));
    let words = words.iter().enumerate().filter(|(at, word)| !(is_between(word) && before_name(*at)));
    let words: Vec<&str> = words.map(|(_, word)| *word).collect();
    let Some((first, mut rest)) = words.split_first() else {
        return Err(wrong("start", "Which release? Please name its version."));
    };
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
            match word.to_lowercase().as_str() {
                "anonymous" => s.anonymous = true,
                "named" => s.named = true,
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

/// An option with its value: `length:45`, and `closes: next tue 15:00`, since a phone puts a space after the colon.
fn with_value(s: &mut Start, word: &str, more: &[&str]) -> Result<(), Mistyped> {
    let (key, first) = word.split_once(':').unwrap_or((word, ""));
    let values: Vec<&str> = std::iter::once(first).filter(|v| !v.is_empty()).chain(more.iter().copied()).collect();
    let value = || values.join(" ").to_lowercase();
    let one = || match values.as_slice() {
        [one] => Ok(*one),
        [] => Err(wrong("start", format!("“{}” has no value.", shown(word)))),
        [.., extra] => Err(wrong("start", format!("I didn't understand “{}”.", shown(extra)))),
    };
    match key.to_lowercase().as_str() {
        "closes" => s.closes = Some(value()),
        "meeting" => s.meeting = Some(value()),
        "deployed" => s.deployed = Some(value()),
        "length" => s.length = Some(length(one()?)?),
        // Versions keep their case.
        "previous" => s.previous = Some(version("start", one()?)?),
        other => {
            let known = ["closes:", "meeting:", "length:", "deployed:", "previous:"];
            return Err(Mistyped::Option { word: shown(word), nearest: nearest::option(other, known.into_iter()) });
        }
    }
    Ok(())
}

fn is_option(word: &str) -> bool {
    let flag = ["anonymous", "named", "async", "everyone"].iter().any(|f| word.eq_ignore_ascii_case(f));
    // `15:00` is part of a date, `length:45` is not.
    let key =
        word.split_once(':').is_some_and(|(key, _)| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic()));
    flag || key || word.starts_with(['<', '@'])
}

fn length(value: &str) -> Result<u32, Mistyped> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    match digits.parse() {
        Ok(minutes @ 30..=120) => Ok(minutes),
        _ => Err(Mistyped::Usage {
            what: format!("Meetings can be 30-120 minutes; you typed “{}”.", shown(value)),
            example: "start v2.1.0 length:45",
        }),
    }
}
