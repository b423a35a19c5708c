//! What people gave to themes: names, votes, and what they found out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{InsightId, ThemeId};

/// What people gave to themes.
#[derive(Clone, Debug, Default)]
pub struct ThemeData {
    pub names: BTreeMap<ThemeId, String>,
    /// Votes, once they are counted.
    pub votes: BTreeMap<ThemeId, u32>,
    pub insights: Vec<Insight>,
}

static NOTHING: ThemeData = ThemeData { names: BTreeMap::new(), votes: BTreeMap::new(), insights: Vec::new() };

impl ThemeData {
    /// Nothing yet.
    pub fn nothing() -> &'static Self {
        &NOTHING
    }
}

/// What somebody found out about a theme; nobody's name is kept with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insight {
    /// Random.
    pub id: InsightId,
    pub theme: ThemeId,
    pub found: Found,
}

/// The questions of the release process, answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    #[serde(rename = "worked")]
    Worked(String),
    #[serde(rename = "cause")]
    Cause { impact: String, cause: String, prevention: String },
    /// The problem, two to five answers to “Why?”, and the root cause.
    #[serde(rename = "whys")]
    Whys { problem: String, whys: Vec<String>, root: String },
}

impl Found {
    /// Each part in a line: what it is, and the words; empty ones are left out.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let lines = match self {
            Self::Worked(why) => vec![("Why it worked", why.clone())],
            Self::Cause { impact, cause, prevention } => {
                vec![("Impact", impact.clone()), ("Root cause", cause.clone()), ("Prevention", prevention.clone())]
            }
            Self::Whys { whys, root, .. } => {
                vec![("5 Whys", whys.join(" → ")), ("Root cause", root.clone())]
            }
        };
        lines.into_iter().filter(|(_, words)| !words.is_empty()).collect()
    }

    /// What an action item should remove, or keep.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Worked(_) => None,
            Self::Cause { cause, .. } => Some(cause.as_str()).filter(|c| !c.is_empty()),
            Self::Whys { root, .. } => Some(root),
        }
    }
}
