//! What a line asks for, and what can be wrong with it.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, RetroId, UserId};
use crate::model::item::Priority;
use crate::model::note::Category;
use crate::model::start::Start;

/// A parsed line: the command and, where it was named, the channel it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub command: Command,
    /// `in #releases`.
    pub channel: Option<ChannelId>,
}

/// One command with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    Start(Start),
    Status {
        version: Option<String>,
    },
    Nudge {
        version: Option<String>,
    },
    Survey,
    Agenda {
        version: Option<String>,
    },
    Note {
        category: Category,
        text: String,
    },
    Notes,
    Kudos {
        to: Vec<UserId>,
        what: String,
    },
    Action(ActionText),
    Actions(Filter),
    Done {
        numbers: Vec<i64>,
        impact: Option<String>,
    },
    Snooze {
        numbers: Vec<i64>,
        until: String,
        why: Option<String>,
    },
    Drop {
        numbers: Vec<i64>,
        why: String,
    },
    Meet {
        version: Option<String>,
    },
    Next {
        version: Option<String>,
    },
    Extend {
        minutes: Option<u32>,
        version: Option<String>,
    },
    /// `stop`: `pause`; else `resume`.
    Pause {
        version: Option<String>,
        stop: bool,
    },
    Whys {
        problem: Option<String>,
    },
    Finish {
        version: Option<String>,
        next: Option<Next>,
    },
    Export {
        version: Option<String>,
        format: Format,
    },
    Lead {
        to: UserId,
    },
    Cancel {
        version: Option<String>,
        why: Option<String>,
    },
    Config,
    Data {
        version: Option<String>,
        /// The figures are read from the channel's repositories; else the form opens.
        refresh: bool,
    },
    Trends,
    History,
    Help {
        about: Option<String>,
    },
    /// Nothing but the name of the command: where the channel stands.
    Overview,
}

impl Command {
    /// What is typed in a DM, before the channel is named.
    pub fn example(&self) -> &'static str {
        match self {
            Self::Start(_) => "start v2.1.0",
            Self::Status { .. } => "status",
            Self::Nudge { .. } => "nudge",
            Self::Survey => "survey",
            Self::Agenda { .. } => "agenda",
            Self::Note { .. } => "note well The rollback plan gave us calm",
            Self::Notes => "notes",
            Self::Kudos { .. } => "kudos @maria for the calm rollback",
            Self::Action(_) => "action …",
            Self::Actions(_) => "actions all",
            Self::Done { .. } => "done 12",
            Self::Drop { .. } => "drop 12 because …",
            Self::Snooze { .. } => "snooze 12 friday",
            Self::Meet { .. } => "meet",
            Self::Next { .. } => "next",
            Self::Extend { .. } => "extend 5m",
            Self::Pause { .. } => "pause",
            Self::Whys { .. } => "whys The migration took an hour",
            Self::Finish { .. } => "finish",
            Self::Lead { .. } => "lead @noor",
            Self::Cancel { .. } => "cancel",
            Self::Config => "config",
            Self::Trends => "trends",
            Self::History => "history",
            Self::Data { .. } => "data v2.1.0",
            Self::Export { .. } => "export csv",
            Self::Help { .. } | Self::Overview => "help",
        }
    }

    /// The releases that it names.
    pub fn versions(&mut self) -> Vec<&mut String> {
        match self {
            Self::Start(start) => std::iter::once(&mut start.version).chain(start.previous.as_mut()).collect(),
            Self::Finish { version, next } => version.iter_mut().chain(next.as_mut().map(|n| &mut n.version)).collect(),
            Self::Actions(Filter::Version(version)) => vec![version],
            Self::Status { version }
            | Self::Nudge { version }
            | Self::Agenda { version }
            | Self::Meet { version }
            | Self::Next { version }
            | Self::Extend { version, .. }
            | Self::Pause { version, .. }
            | Self::Export { version, .. }
            | Self::Cancel { version, .. }
            | Self::Data { version, .. } => version.iter_mut().collect(),
            Self::Survey
            | Self::Note { .. }
            | Self::Notes
            | Self::Kudos { .. }
            | Self::Action(_)
            | Self::Actions(Filter::Open | Filter::All | Filter::Mine | Filter::Overdue)
            | Self::Done { .. }
            | Self::Snooze { .. }
            | Self::Drop { .. }
            | Self::Whys { .. }
            | Self::Lead { .. }
            | Self::Config
            | Self::Trends
            | Self::History
            | Self::Help { .. }
            | Self::Overview => Vec::new(),
        }
    }

    /// What was written in it to be read by people.
    pub fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Note { text, .. } | Self::Kudos { what: text, .. } | Self::Drop { why: text, .. } => vec![text],
            Self::Snooze { why, .. } => why.iter_mut().collect(),
            Self::Action(item) => item.texts(),
            Self::Done { impact, .. } => impact.iter_mut().collect(),
            Self::Cancel { why, .. } => why.iter_mut().collect(),
            Self::Whys { problem } => problem.iter_mut().collect(),
            Self::Start(_)
            | Self::Status { .. }
            | Self::Nudge { .. }
            | Self::Survey
            | Self::Agenda { .. }
            | Self::Notes
            | Self::Actions(_)
            | Self::Meet { .. }
            | Self::Next { .. }
            | Self::Extend { .. }
            | Self::Pause { .. }
            | Self::Finish { .. }
            | Self::Export { .. }
            | Self::Lead { .. }
            | Self::Config
            | Self::Data { .. }
            | Self::Trends
            | Self::History
            | Self::Help { .. }
            | Self::Overview => Vec::new(),
        }
    }
}

/// `action`, with whatever of it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionText {
    pub text: String,
    pub owner: Option<UserId>,
    pub due: Option<String>,
    pub priority: Option<Priority>,
    pub why: Option<String>,
    /// The release figure that it should move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The retro in whose meeting it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retro: Option<RetroId>,
    /// A user group stands where the owner should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl ActionText {
    /// What was written in it to be read by people.
    pub fn texts(&mut self) -> Vec<&mut String> {
        [Some(&mut self.text), self.why.as_mut()].into_iter().flatten().collect()
    }
}

/// Which action items to list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filter {
    Open,
    All,
    Mine,
    Overdue,
    Version(String),
}

/// What kind of file an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    Md,
    Json,
    Csv,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Md, Self::Json, Self::Csv];

    /// By its word, in upper or lower case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| word.eq_ignore_ascii_case(f.word()))
    }

    /// The word of the command, and the ending of the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Md => "md",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// `next:v2.2.0@2026-12-20`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    pub version: String,
    pub date: Option<String>,
}

/// What was wrong with the line, and the nearest right form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistyped {
    #[error("I don't know “{word}”. Did you mean `/retro {nearest}`? `/retro help` lists everything.")]
    Verb { word: String, nearest: &'static str },
    #[error("I don't know “{0}”. `/retro help` lists everything.")]
    Unknown(String),
    #[error("{what} Try `/retro {example}`.")]
    Usage { what: String, example: &'static str },
    #[error("I don't know the option “{word}”. Did you mean `{nearest}`? `/retro help start` lists them all.")]
    Option { word: String, nearest: &'static str },
    #[error("`{0}` and `{1}` contradict each other: please keep one of them.")]
    Contradiction(&'static str, &'static str),
    #[error("I can't tell who “{0}” is: pick the name from the list that Slack shows when you type @.")]
    BareName(String),
    #[error("I can't tell which channel “{0}” is: pick it from the list that Slack shows when you type #.")]
    BareChannel(String),
}
