//! The words that several commands share: a person, a channel, a version, free text.

use super::line::Mistyped;
use super::verbs::{VERBS, Verb};
use crate::ids::UserId;
use crate::model::version;
use crate::text::{cut, esc, unesc};

pub fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|v| v.name == name)
}

pub fn wrong(name: &'static str, what: impl Into<String>) -> Mistyped {
    Mistyped::Usage { what: what.into(), example: verb(name).map_or("help", |v| v.example) }
}

pub fn shown(word: &str) -> String {
    esc(&cut(word, 40))
}

pub fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    known.max_by(|a, b| strsim::jaro_winkler(word, a).total_cmp(&strsim::jaro_winkler(word, b))).unwrap_or("help")
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

/// A version: any text without spaces, 64 characters at most, without what devices add.
pub fn version(name: &'static str, word: &str) -> Result<String, Mistyped> {
    let is_short = word.chars().count() <= version::LONGEST || word.starts_with('<') || word.starts_with("http");
    version::read(&unesc(word)).ok_or_else(|| match is_short {
        true => wrong(name, format!("“{}” is not a version.", shown(word))),
        false => wrong(name, "A version has 1 to 64 characters and no spaces."),
    })
}

pub fn only_version(name: &'static str, words: &[&str]) -> Result<Option<String>, Mistyped> {
    match words {
        [] => Ok(None),
        [one] => version(name, one).map(Some),
        [_, extra, ..] => Err(wrong(name, format!("I did not understand “{}”.", shown(extra)))),
    }
}

pub fn some_text(words: &[&str]) -> Option<String> {
    let text = unesc(&words.join(" "));
    (!text.trim().is_empty()).then_some(text)
}
