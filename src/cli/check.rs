//! One line of what was looked at.

use serde::Serialize;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// Works, with something off.
    Note,
    Fail,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub what: String,
    pub verdict: Verdict,
    pub detail: String,
}

impl Check {
    pub fn new(what: &str, verdict: Verdict, detail: &str) -> Self {
        Self { what: what.to_owned(), verdict, detail: detail.to_owned() }
    }
}
