//! Release data: the figures of a release, the same from a form, a file and the API.
//!
//! Rule: what can be computed is never typed. A [`Release`] holds what was given, as it was given; variance,
//! totals, pass or fail and the verdict are [`figures`] of it. It is kept in the form in which it is given, so
//! that there is one reader ([`Release::read`]).

pub mod changelog;
mod facts;
pub mod figures;
pub mod form;
pub mod gate;
pub mod given;
pub mod history;
pub mod measure;
pub mod order;
pub mod plan;
mod read;
pub mod report;
pub mod risks;
pub mod source;
mod span;
pub mod tags;
mod tree;
pub mod trend;
pub mod version;
mod write;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::text::esc;
pub use facts::Facts;
use gate::Gate;
pub use read::{KEYS, LONGEST, is_sensible};
pub use span::{Span, Unread};
pub use tree::At;
pub use version::Kind;
pub use write::{changes, yaml};

/// The figures of a release. Everything but the version may be missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Release {
    pub version: String,
    /// When it went out, or will.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed_at: Option<DateTime<Utc>>,
    /// What kind it is, where the numbers do not say.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// Planned and actual durations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quality: Vec<Gate>,
    /// What went wrong in production.
    #[serde(skip_serializing_if = "Incidents::is_empty")]
    pub incidents: Incidents,
    #[serde(skip_serializing_if = "Impact::is_empty")]
    pub impact: Impact,
    /// From the beginning of the work to production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_time: Option<Span>,
    /// The release plan: its address, or its Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// What a release consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bug_fixes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaking_changes: Option<u64>,
    /// People who wrote something of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contributors: Option<u64>,
}

impl Scope {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One phase of the release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub phase: String,
    /// How long it should have taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Span>,
}

/// What went wrong in production.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Incidents {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollbacks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hotfixes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_release_bugs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Incidents {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What it did for users.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Impact {
    /// Tickets since the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_tickets: Option<u64>,
    /// Tickets in as much time before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_tickets_baseline: Option<u64>,
    /// Percent of positive feedback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<gate::Amount>,
    /// Percent of users who tried what is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption: Option<gate::Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business: Option<String>,
}

impl Impact {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Release {
    /// A release of which only the version is known.
    pub fn of(version: &str) -> Self {
        Self { version: version.to_owned(), ..Self::default() }
    }

    /// Whether it holds any figure.
    pub fn is_empty(&self) -> bool {
        *self == Self::of(&self.version)
    }

    /// The same as [`Release::read`] takes it, as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// One thing that is wrong in a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: At,
    /// The key, with the way to it: `timeline[2].planned`; empty for the document itself.
    pub key: String,
    pub wrong: Wrong,
}

/// What can be wrong; the sentences say what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("this is empty: release data needs at least `version: v2.1.0`")]
    Empty,
    #[error("this has {0} characters, and release data has at most {LONGEST}")]
    TooLong(usize),
    #[error("this cannot be read as YAML or JSON: {0}")]
    Syntax(String),
    #[error("a second document begins here: one release at a time")]
    TwoDocuments,
    #[error("references (*) are not read here: write the value out")]
    Reference,
    #[error("tags (!) are not read here: leave it out")]
    Tag,
    #[error("stands twice: keep one of them")]
    Twice,
    #[error("has {0} before or inside it: delete them and type it again")]
    Unseen(&'static str),
    #[error("is not a key of release data. Did you mean `{0}`?")]
    Unknown(&'static str),
    #[error("is not a key of release data; here it has {0}")]
    UnknownHere(String),
    #[error("is missing: say which release this is, such as `version: v2.1.0`")]
    NoVersion,
    #[error("is missing: every row needs it")]
    Missing,
    #[error("should be {0}")]
    Shape(&'static str),
    #[error("“{0}” {1}")]
    Span(String, span::Unread),
    #[error("“{0}” is not a whole number from 0 on")]
    Count(String),
    #[error("“{0}” is negative: it cannot be")]
    Negative(String),
    #[error("“{0}” is not a percentage: write it as 85%")]
    Percent(String),
    #[error("“{0}” is not a number with a unit: write it as 440ms, 85% or 0")]
    Amount(String),
    #[error("“{0}” has two readings: write 1000 for a thousand, or 1.0 for one")]
    Thousand(String),
    #[error("“{0}” is not a target: write it as \">= 80%\" or \"<= 450ms\"")]
    Target(String),
    #[error("“{0}” does not say which way is better: write \">= {0}\" or \"<= {0}\", or add `better: lower`")]
    Direction(String),
    #[error("“{0}” has another unit than the value {1}: give both in the same unit")]
    Unit(String, String),
    #[error("“{0}” is not a time with its zone: write it as 2026-11-18T14:00:00Z")]
    Time(String),
    #[error("“{0}” is not one of {1}")]
    OneOf(String, &'static str),
    #[error("has {0} characters: at most {1} fit")]
    Words(usize, usize),
    #[error("has {0} rows: at most {1} fit")]
    Rows(usize, usize),
    #[error("“{0}” is not a version: 1 to 64 characters without spaces")]
    Version(String),
    #[error("says {0}, but the data is for {1}: give the same version in both places")]
    OtherVersion(String, String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: ", self.at.line, self.at.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        let words = self.wrong.to_string();
        f.write_str(&words)?;
        if words.ends_with('?') { Ok(()) } else { f.write_str(".") }
    }
}

/// All faults of a document, in its order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// The first few, escaped for a message.
    pub fn shown(&self, most: usize) -> String {
        let mut lines: Vec<String> = self.0.iter().take(most).map(|f| esc(&f.to_string()).replace('`', "")).collect();
        if self.0.len() > most {
            lines.push(format!("and {} more.", self.0.len() - most));
        }
        lines.join("\n")
    }
}
