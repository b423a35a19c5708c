//! `start` with its options.

use super::line::Mistyped;
use super::words::{inside, nearest, person, shown, version, wrong};
use crate::model::start::Start;

/// Reads what follows `start`.
pub(super) fn read(words: &[&str]) -> Result<Start, Mistyped> {
    let Some((first, mut rest)) = words.split_first() else {
        return Err(wrong("start", "Which release? Please name its version."));
    };
    let mut s = Start { version: version("start", first)?, ..Start::default() };
    while let Some((word, tail)) = rest.split_first() {
        rest = tail;
        let lower = word.to_lowercase();
        if word.starts_with("<@") || word.starts_with('@') {
            s.people.push(person(word)?);
        } else if let Some(group) = inside(word, "<!subteam^") {
            s.groups.push(group);
        } else if let Some((key, value)) = lower.split_once(':').filter(|_| !word.starts_with('<')) {
            // A date may have spaces (`closes:next tue 15:00`): it runs to the next option.
            let ends = rest.iter().position(|w| is_option(w)).unwrap_or(rest.len());
            let (more, tail) = rest.split_at(ends);
            let value = [&[value], more].concat().join(" ").trim().to_owned();
            let single = more.is_empty();
            match key {
                "closes" => s.closes = Some(value),
                "meeting" => s.meeting = Some(value),
                "deployed" => s.deployed = Some(value),
                "length" if single => s.length = Some(length(&value)?),
                "previous" if single => {
                    // Versions keep their case.
                    let typed = word.split_once(':').map_or("", |(_, v)| v);
                    s.previous = Some(version("start", typed)?);
                }
                "length" | "previous" => {
                    return Err(wrong(
                        "start",
                        format!("I did not understand “{}”.", shown(more.first().unwrap_or(&""))),
                    ));
                }
                other => {
                    let known = ["closes:", "meeting:", "length:", "deployed:", "previous:"];
                    return Err(Mistyped::Option { word: shown(word), nearest: nearest(other, known.into_iter()) });
                }
            }
            rest = tail;
        } else {
            match lower.as_str() {
                "anonymous" => s.anonymous = true,
                "named" => s.named = true,
                "async" => s.is_async = true,
                "everyone" => s.everyone = true,
                other => {
                    let known = ["anonymous", "named", "async", "everyone", "closes:friday", "length:45"];
                    return Err(Mistyped::Option { word: shown(word), nearest: nearest(other, known.into_iter()) });
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
            what: format!("A meeting lasts 30 to 120 minutes, “{}” is not that.", shown(value)),
            example: "start v2.1.0 length:45",
        }),
    }
}
