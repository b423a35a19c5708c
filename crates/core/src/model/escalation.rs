//! A theme that keeps coming back, brought before somebody.

use serde::{Deserialize, Serialize};

use crate::ids::{NoteId, RetroId, UserId};

/// What a named person said to a theme that keeps coming back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    pub time: String,
    pub responsible: String,
    pub solvable: String,
    pub why: String,
}

/// The four questions, with the name of each field.
pub const QUESTIONS: [(&str, &str); 4] = [
    ("time", "Is there dedicated time to fix the cause?"),
    ("responsible", "Who is responsible for it?"),
    ("solvable", "Is it solvable?"),
    ("why", "Why does it persist?"),
];

impl Answers {
    /// The answers, in the order of [`QUESTIONS`].
    pub fn in_order(&self) -> [&str; 4] {
        [&self.time, &self.responsible, &self.solvable, &self.why]
    }

    /// Each question in a word, with its answer; empty ones are left out.
    pub fn lines(&self) -> Vec<(&'static str, &str)> {
        let words = ["dedicated time", "responsible", "solvable", "persists because"];
        words.into_iter().zip(self.in_order()).filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// A theme that was brought before somebody.
#[derive(Clone, Debug)]
pub struct Escalation {
    pub root: NoteId,
    pub retro: RetroId,
    pub user: UserId,
    pub answers: Option<Answers>,
    pub answered_by: Option<UserId>,
}
