//! The words that several commands share: a person, a channel, a version, free text.

use super::line::Mistyped;
use super::verbs::{VERBS, Verb};
use crate::ids::UserId;
use crate::model::version;
use crate::text::{cut, esc, unesc};

/// Stands between two lines in what [`split`] gives.
pub const NEW_LINE: &str = "\n";

/// What people put around a word, and behind it.
const AROUND: &[char] = &['`', '"', '\'', '“', '”', '„', '‘', '’', '*', '_', '.', ',', ':', ';', '!', '?', '(', ')'];

/// The words of a text, with [`NEW_LINE`] between its lines. Code ticks around the whole are none of it.
pub fn split(text: &str) -> Vec<&str> {
    let text = text.trim();
    let ticked = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')).filter(|t| !t.contains('`'));
    let lines = ticked.unwrap_or(text).split(['\n', '\r', '\u{2028}']).filter(|l| !l.trim().is_empty());
    let mut words = Vec::new();
    for line in lines {
        if !words.is_empty() {
            words.push(NEW_LINE);
        }
        words.extend(line.split_whitespace());
    }
    words
}

/// How a line names the bot before its command, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `/retro`
    Slash,
    /// `retro` or `lookback`, which can begin a sentence too.
    Name,
}

/// Splits off `/retro`, `retro` or `lookback`, in any capitals and before any space.
pub fn prefix(text: &str) -> Option<(Prefix, &str)> {
    let text = text.trim_start().trim_start_matches('`');
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (first, rest) = text.split_at_checked(end)?;
    let kind = match first.trim_end_matches([':', ',']).to_lowercase().as_str() {
        "/retro" | "/lookback" => Prefix::Slash,
        "retro" | "lookback" | "@lookback" => Prefix::Name,
        _ => return None,
    };
    Some((kind, rest.trim_start().trim_end_matches('`')))
}

/// A word of the grammar, without what stands around it, in lower case.
pub fn verb_of(word: &str) -> String {
    let plain = word.trim_matches(AROUND).trim_start_matches('/').to_lowercase();
    if plain.is_empty() { word.to_lowercase() } else { plain }
}

pub fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|v| v.name == name)
}

pub fn wrong(name: &'static str, what: impl Into<String>) -> Mistyped {
    Mistyped::Usage { what: what.into(), example: verb(name).map_or("help", |v| v.example) }
}

/// A word as its writer sees it, escaped: Slack sends codes for people, channels and links.
pub fn shown(word: &str) -> String {
    if let Some(user) = inside(word, "<@") {
        return format!("<@{user}>");
    }
    if let Some(channel) = inside(word, "<#") {
        return format!("<#{channel}>");
    }
    let code = word.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).filter(|code| !code.contains('<'));
    let label = code.map(|code| code.rsplit_once('|').map_or(code, |(_, label)| label));
    esc(&cut(&unesc(label.filter(|_| word.contains('|')).unwrap_or(word)), 40))
}

/// The id in `<@U1|name>`, `<#C1|name>`, `<!subteam^S1|@group>`.
pub fn inside(word: &str, open: &str) -> Option<String> {
    let body = word.strip_prefix(open)?.trim_end_matches([',', '.', ';', ':']).strip_suffix('>')?;
    let id = body.split('|').next()?;
    let valid = !id.is_empty() && id.len() <= 32 && id.chars().all(|c| c.is_ascii_alphanumeric());
    valid.then(|| id.to_owned())
}

pub fn person(word: &str) -> Result<UserId, Mistyped> {
    inside(word, "<@").map(UserId).ok_or_else(|| Mistyped::BareName(shown(word)))
}

/// Stands between two people, or two numbers, and means nothing by itself.
pub fn is_between(word: &str) -> bool {
    const BETWEEN: [&str; 16] =
        ["and", "&", "&amp;", "&&", "+", ",", ";", "/", "with", "und", "et", "y", "e", "plus", "u.", "sowie"];
    BETWEEN.iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// The people at the beginning, and what follows them: `@ben, @cho and @sam for …`.
pub fn people<'w, 'a>(words: &'w [&'a str]) -> Result<(Vec<UserId>, &'w [&'a str]), Mistyped> {
    let (mut people, mut rest) = (Vec::new(), words);
    loop {
        let skip = rest.iter().take_while(|w| is_between(w)).count();
        let Some((word, tail)) = rest.get(skip..).and_then(<[&str]>::split_first) else { return Ok((people, rest)) };
        if word.starts_with("<@") {
            let who = person(word)?;
            if !people.contains(&who) {
                people.push(who);
            }
            rest = tail;
        } else if word.starts_with('@') && word.len() > 1 {
            return Err(Mistyped::BareName(shown(word)));
        } else {
            return Ok((people, rest));
        }
    }
}

/// A version: any text without spaces, 64 characters at most, without what devices add.
pub fn version(name: &'static str, word: &str) -> Result<String, Mistyped> {
    let is_short = word.chars().count() <= version::LONGEST || word.starts_with('<') || word.starts_with("http");
    version::read(&unesc(word)).ok_or_else(|| match is_short {
        true => wrong(name, format!("“{}” is not a version.", shown(word))),
        false => wrong(name, "A version has 1 to 64 characters and no spaces."),
    })
}

pub fn only_version(name: &'static str, words: &[&str]) -> Result<Option<String>, Mistyped> {
    const EMPTY: [&str; 7] = ["please", "pls", "now", "stage", "as", "for", "the"];
    let words: Vec<&str> = words.iter().filter(|w| !EMPTY.contains(&verb_of(w).as_str())).copied().collect();
    match words.as_slice() {
        [] => Ok(None),
        [one] => version(name, one).map(Some),
        // What has no number is less likely the version.
        [first, second, ..] => {
            let is_name = |word: &str| word.contains(|c: char| c.is_ascii_digit());
            let extra = if is_name(second) && !is_name(first) { first } else { second };
            Err(wrong(name, format!("I didn't understand “{}”.", shown(extra))))
        }
    }
}

pub fn nothing_more(name: &'static str, words: &[&str]) -> Result<(), Mistyped> {
    match words.first() {
        None => Ok(()),
        Some(extra) => Err(wrong(name, format!("I didn't understand “{}”.", shown(extra)))),
    }
}

pub fn some_text(words: &[&str]) -> Option<String> {
    let lines: Vec<String> = words.split(|w| *w == NEW_LINE).map(|line| line.join(" ")).collect();
    let text = unesc(lines.join("\n").trim());
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bot_is_named_in_any_capitals_and_before_any_space() {
        for (typed, kind, rest) in [
            ("/retro status", Prefix::Slash, "status"),
            ("/Retro\u{a0}status", Prefix::Slash, "status"),
            ("`/retro done 12`", Prefix::Slash, "done 12"),
            ("Retro status", Prefix::Name, "status"),
            ("RETRO\nstatus", Prefix::Name, "status"),
            ("lookback: status", Prefix::Name, "status"),
            ("Lookback, status", Prefix::Name, "status"),
            ("retro", Prefix::Name, ""),
        ] {
            assert_eq!(prefix(typed), Some((kind, rest)), "{typed:?}");
        }
        for typed in ["status", "retrospectives are fun", "/retrospective", ""] {
            assert_eq!(prefix(typed), None, "{typed:?}");
        }
    }
}
