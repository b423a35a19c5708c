//! Jira, Linear and GitHub, as Lookback uses them: one client each, and one way to say how a call failed.
//!
//! Rules: of a ticket only its id, key, address and state are kept ([`Seen`]); a token goes to its own origin only, and
//! into no log, message or error; nothing is tried again here. A client tells a call that was not sent or was refused
//! from one that may have happened.

pub mod all;
pub mod github;
pub mod jira;
pub mod linear;
pub mod markdown;

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};

use crate::http::{Answer, NoAnswer};
use lookback_core::model::ticket::Seen;
use lookback_core::text::{clean, cut};

/// How long a call may take.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The tracker has not seen it.
    #[error("not sent")]
    NotSent,
    /// It may have happened, or not.
    #[error("unclear")]
    Unclear,
    /// Too many calls; the wait that the tracker asks for, where it does. It has not happened.
    #[error("too many calls")]
    Limited(Option<Duration>),
    /// The token is wrong, has run out or was revoked. It has not happened.
    #[error("the token is refused")]
    Token,
    /// The token may not do this. It has not happened.
    #[error("forbidden")]
    Forbidden,
    /// What it is about is not there, or may not be seen. It has not happened.
    #[error("not found")]
    Gone,
    /// It is there already, or somebody changed it at the same moment. It has not happened.
    #[error("conflict")]
    Conflict,
    /// The tracker refuses what was sent. It has not happened.
    #[error("refused")]
    Refused(Vec<Problem>),
}

/// What a tracker says is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field's name in the tracker, such as `Team` or `duedate`; empty where it is about no field.
    pub field: String,
    /// The tracker's words, one line.
    pub words: String,
}

impl Problem {
    pub fn new(field: &str, words: &str) -> Self {
        let line = |text: &str, max: usize| cut(clean(text).replace(['\n', '\t'], " ").trim(), max);
        Self { field: line(field, 100), words: line(words, 200) }
    }
}

impl Fault {
    /// Whether the call may have happened all the same.
    pub fn is_in_doubt(&self) -> bool {
        *self == Self::Unclear
    }

    /// Whether the whole tracker is in trouble: no other call would fare better now.
    pub fn is_of_tracker(&self) -> bool {
        match self {
            Self::NotSent | Self::Unclear | Self::Limited(_) | Self::Token => true,
            Self::Forbidden | Self::Gone | Self::Conflict | Self::Refused(_) => false,
        }
    }
}

impl From<NoAnswer> for Fault {
    fn from(no: NoAnswer) -> Self {
        match no {
            NoAnswer::NotSent => Self::NotSent,
            NoAnswer::Unclear => Self::Unclear,
        }
    }
}

/// A ticket as its tracker shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What stays the same when a ticket moves: Jira's issue id, Linear's id, GitHub's number within a repository
    /// (`owner/name#12`; a transfer gives a ticket a new one).
    pub id: String,
    pub seen: Seen,
}

/// Who a token belongs to, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whoami {
    /// The account's name, for the operator.
    pub name: String,
}

/// What to do with the state of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Done,
    /// Closed without a success.
    Drop,
    Reopen,
}

/// What to change of a ticket; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    pub title: Option<String>,
    pub parts: Option<Vec<lookback_core::model::ticket::Part>>,
    /// `Some(None)`: nobody.
    pub assignee: Option<Option<String>>,
    /// `Some(None)`: no date.
    pub due: Option<Option<chrono::NaiveDate>>,
    pub priority: Option<lookback_core::model::item::Priority>,
}

/// The wait that an answer asks for: `Retry-After` in seconds, at most an hour.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

/// What the status of a failed call means, where its body says no more.
pub fn of_status(answer: &Answer) -> Fault {
    match answer.status {
        StatusCode::UNAUTHORIZED => Fault::Token,
        StatusCode::FORBIDDEN => Fault::Forbidden,
        StatusCode::NOT_FOUND | StatusCode::GONE => Fault::Gone,
        StatusCode::CONFLICT => Fault::Conflict,
        StatusCode::TOO_MANY_REQUESTS => Fault::Limited(retry_after(&answer.headers)),
        status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => Fault::Refused(Vec::new()),
        _ => Fault::Unclear,
    }
}

/// What a place lacks for tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// There is no such project, team or repository, or the token may not see it.
    NoSuchPlace,
    /// The token may not do this there, in a few words such as `create issues`.
    MayNot(String),
    /// The project has no such issue type; these it has.
    NoSuchKind { have: Vec<String> },
    /// Fields that have to be filled in, without a default.
    Required(Vec<String>),
    /// The repository has its issues turned off.
    IssuesOff,
    /// It is archived: nothing can be written.
    Archived,
    /// Labels and owners are dropped there, because the token may not push.
    NoLabels,
}
