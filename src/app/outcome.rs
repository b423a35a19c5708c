//! What handling a request comes to, and why it fails.

use std::collections::BTreeMap;

use serde_json::Value;
use slack_morphism::prelude::SlackView;

use super::lookup::Lookup;
use lookback_core::retro::{Decision, Refusal};
use lookback_core::text::unesc;

/// What is acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack {
    /// Received, with nothing to say.
    Empty,
    /// Received, with an answer.
    Json(Value),
    /// Not saved: Slack should send it again.
    Unavailable,
}

/// What a request comes to.
#[derive(Debug)]
pub enum Outcome {
    Done(Decision),
    Open(Box<SlackView>),
    /// The sent form is wrong at these fields.
    Wrong(BTreeMap<String, String>),
    /// The sent form is shown again in its place, with something to see first. Nothing is kept.
    Again(Box<SlackView>),
    /// Words in a window above the sent form: it came too late, or was refused.
    Notice(Box<SlackView>),
}

impl Outcome {
    /// Only words.
    pub fn say(text: impl Into<String>) -> Self {
        Self::Done(Decision::say(text))
    }

    /// Nothing to do and nothing to say.
    pub fn nothing() -> Self {
        Self::Done(Decision::default())
    }

    /// Without words about a change that can be seen; a question stays.
    pub fn without_words(self) -> Self {
        match self {
            Self::Done(mut decision) => {
                let asks = decision.reply.as_ref().is_some_and(|reply| !reply.buttons.is_empty());
                if !decision.changes.is_empty() && !asks {
                    decision.reply = None;
                }
                Self::Done(decision)
            }
            Self::Open(_) | Self::Wrong(_) | Self::Again(_) | Self::Notice(_) => self,
        }
    }

    /// A form.
    pub fn open(view: SlackView) -> Self {
        Self::Open(Box::new(view))
    }

    /// The form shown again.
    pub fn again(view: SlackView) -> Self {
        Self::Again(Box::new(view))
    }

    /// What is wrong stands at its field, as plain text.
    pub fn wrong_at(field: &str, refusal: &Refusal) -> Self {
        Self::Wrong(BTreeMap::from([(field.to_owned(), plain(refusal))]))
    }
}

impl From<Decision> for Outcome {
    fn from(decision: Decision) -> Self {
        Self::Done(decision)
    }
}

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Slack must be asked first; the request is kept until it has answered.
    #[error("Slack must be asked first")]
    Needs(Lookup),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// For handlers whose decision is their outcome.
pub fn done(decision: Result<Decision, Refusal>) -> Result<Outcome, Failure> {
    Ok(Outcome::Done(decision?))
}

/// A refusal without Slack's mark-up, for a form's field or a program.
pub fn plain(refusal: &Refusal) -> String {
    unesc(&refusal.to_string()).replace('`', "")
}
