//! What one person wrote into the survey. Neither it nor its author ever reaches a log.

use serde::{Deserialize, Serialize};

use super::note::Category;
use crate::ids::UserId;
use crate::model::question::{Kind, Question};

/// The longest answer in characters: what a Slack text field holds.
/// <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>
pub const MAX_ANSWER: usize = 3000;

/// What one person wrote to one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Index into the retro's questions.
    pub question: usize,
    /// The words, or the number as text.
    pub text: String,
}

/// Everything one person wrote while the survey is open.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub user: UserId,
    /// To the questions, in their order.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// With `/retro note` in an anonymous retro: mixed with the rest at the close.
    #[serde(default)]
    pub notes: Vec<(Category, String)>,
    /// Typed in the DM of an anonymous retro; waits for the person's word on it.
    #[serde(default)]
    pub typed: Option<String>,
    /// The question that the DM asks next.
    #[serde(default)]
    pub asking: Option<usize>,
}

// What people write never reaches a log, not even by a slip.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({})", self.question)
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sheet")
    }
}

impl Response {
    /// An empty one.
    pub fn of(user: &UserId) -> Self {
        Self { user: user.clone(), answers: Vec::new(), notes: Vec::new(), typed: None, asking: None }
    }

    /// Nothing on it, and no question asked.
    pub fn is_blank(&self) -> bool {
        self.answers.is_empty() && self.notes.is_empty() && self.typed.is_none() && self.asking.is_none()
    }

    /// Whether there are words on it, not only numbers.
    pub fn has_words(&self, questions: &[Question]) -> bool {
        !self.notes.is_empty()
            || self.answers.iter().any(|a| matches!(questions.get(a.question).map(|q| q.kind), Some(Kind::Text(_))))
    }

    /// Whether it holds an answer or a note.
    pub fn says_something(&self) -> bool {
        !self.answers.is_empty() || !self.notes.is_empty()
    }
}

/// What an author says about words that too few people wrote to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Share {
    #[serde(rename = "unnamed")]
    Unnamed,
    #[serde(rename = "named")]
    Named,
    #[serde(rename = "keep_out")]
    KeepOut,
}
