//! What a tracker shows of a ticket, and what it delivers.

/// A delivery of a webhook: its body, and its headers with the signature.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The raw body.
    pub body: String,
    /// The names are in lower case.
    pub headers: Vec<(String, String)>,
}

/// A ticket as the board shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Names the ticket: the tracker's own id.
    pub id: String,
    /// Such as `OPS-1`.
    pub key: String,
    pub title: String,
    /// The text, as plain lines.
    pub text: String,
    pub assignee: Option<String>,
    /// Such as `2026-12-01`.
    pub due: Option<String>,
    pub labels: Vec<String>,
    /// The name of the state, such as `To Do`.
    pub state: String,
    /// Jira's resolution, such as `Won't Do`. The others say it by the state.
    pub resolution: Option<String>,
    pub is_closed: bool,
}
