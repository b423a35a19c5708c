//! What somebody may have meant by a word that is no command.
//!
//! Rule: nothing is suggested that destroys; help about it is.

use super::line::Mistyped;
use super::verbs::VERBS;
use super::words::shown;
use crate::model::version;

/// Words for a command that people use elsewhere.
const SYNONYMS: [(&str, &[&str]); 24] = [
    ("start", &["begin", "new", "create", "open", "launch", "kickoff", "kick-off", "init", "go"]),
    ("status", &["state", "progress", "info", "where", "show", "view", "overview", "check", "who"]),
    ("nudge", &["ping", "chase", "reminder", "reminders", "remind"]),
    ("survey", &["answer", "answers", "feedback", "question", "questions", "form", "poll", "respond"]),
    ("agenda", &["topics", "themes"]),
    ("data", &["figures", "facts", "figure", "numbers", "release"]),
    ("meet", &["meeting", "call", "facilitate", "session", "discuss"]),
    ("next", &["continue", "forward", "skip", "advance"]),
    ("pause", &["stop", "halt", "wait", "break", "hold"]),
    ("extend", &["more", "longer", "time"]),
    ("whys", &["why", "5whys", "fivewhys", "rootcause", "cause"]),
    ("note", &["add", "write", "say", "comment", "remember", "well", "improve", "surprise", "idea"]),
    ("notes", &["delete", "remove", "erase", "edit", "undo", "mine"]),
    ("kudos", &["thanks", "thank", "thx", "praise", "shoutout", "kudo", "congrats", "appreciate"]),
    ("action", &["todo", "task", "item", "ticket", "ai"]),
    ("actions", &["list", "ls", "items", "todos", "tasks", "tickets", "overdue", "backlog"]),
    ("done", &["complete", "completed", "finished", "resolve", "resolved", "fixed", "tick"]),
    ("snooze", &["later", "postpone", "delay", "defer", "mute", "reschedule"]),
    ("finish", &["end", "close", "conclude", "wrap", "wrapup", "complete-retro"]),
    ("trends", &["metrics", "stats", "statistics", "chart", "compare"]),
    ("history", &["past", "previous", "log", "archive", "retros"]),
    ("export", &["summary", "document", "download", "doc", "report", "file", "pdf", "csv", "json", "md", "markdown"]),
    ("lead", &["owner", "handover", "hand-over", "assign", "facilitator", "takeover", "transfer"]),
    ("config", &["configure", "configuration", "preferences", "options", "setup", "defaults"]),
];

/// Words for what is lost for good.
const FINAL: [&str; 5] = ["abort", "kill", "discard", "reject", "wontfix"];

/// Commands that destroy: their own help is suggested in their place.
const DESTROY: [(&str, &str); 2] = [("cancel", "help cancel"), ("drop", "help drop")];

/// Words less alike than this are different words.
const NEAR: f64 = 0.84;

/// The fault of a word that is no command, with what may be meant.
pub fn verb(word: &str) -> Mistyped {
    let by_meaning = SYNONYMS.iter().find(|(_, words)| words.contains(&word)).map(|(name, _)| *name);
    let by_letters = || {
        let name = option(word, VERBS.iter().map(|v| v.name));
        (strsim::jaro_winkler(word, name) >= NEAR).then_some(name)
    };
    let meant = if FINAL.contains(&word) { Some("cancel") } else { by_meaning.or_else(by_letters) };
    let is_release = || word.contains(|c: char| c.is_ascii_digit()) && version::is_version(word);
    match meant.or_else(|| is_release().then_some("start")) {
        Some(name) => {
            let help = DESTROY.iter().find(|(verb, _)| *verb == name).map(|(_, help)| *help);
            Mistyped::Verb { word: shown(word), nearest: help.unwrap_or(name) }
        }
        None => Mistyped::Unknown(shown(word)),
    }
}

/// The word of a list that has most letters in common.
pub fn option(word: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    let near = |known: &&str| strsim::jaro_winkler(word, known);
    known.max_by(|a, b| near(a).total_cmp(&near(b))).unwrap_or("help")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_say_elsewhere_is_understood() {
        let meant = |word: &str| if let Mistyped::Verb { nearest, .. } = verb(word) { nearest } else { "" };
        for (word, name) in [
            ("strat", "start"),
            ("begin", "start"),
            ("stop", "pause"),
            ("close", "finish"),
            ("end", "finish"),
            ("list", "actions"),
            ("delete", "notes"),
            ("thanks", "kudos"),
            ("cancle", "help cancel"),
            ("abort", "help cancel"),
            ("drpo", "help drop"),
            ("who", "status"),
            ("vote", ""),
            ("reopen", ""),
            ("invite", ""),
            ("stauts", "status"),
            ("kudso", "kudos"),
            ("v5.0.0", "start"),
            ("xyzzy", ""),
        ] {
            assert_eq!(meant(word), name, "{word}");
        }
    }

    #[test]
    fn every_synonym_names_a_command_and_is_none() {
        for (name, words) in SYNONYMS {
            assert!(VERBS.iter().any(|v| v.name == name), "{name}");
            assert!(!DESTROY.iter().any(|(verb, _)| *verb == name), "{name}");
            for word in words {
                assert!(VERBS.iter().all(|v| v.name != *word), "{word}");
                assert_eq!(SYNONYMS.iter().filter(|(_, words)| words.contains(word)).count(), 1, "{word}");
            }
        }
    }
}
