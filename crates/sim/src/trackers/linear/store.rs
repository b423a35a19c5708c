//! The workspace: people, teams, states, labels, issues, and what the key may do.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Duration, Utc};
use lookback_clock::{Clock, Rng};

use super::limits::Limits;

#[derive(Clone)]
pub struct User {
    pub id: String,
    pub name: String,
    pub email: String,
    pub is_active: bool,
}

#[derive(Clone)]
pub struct Team {
    pub id: String,
    pub key: String,
    pub name: String,
    pub is_private: bool,
    pub has_triage: bool,
    pub members: Vec<String>,
    /// The number of its newest issue. Numbers are not used again.
    pub last: i64,
}

#[derive(Clone)]
pub struct State {
    pub id: String,
    pub team: String,
    pub name: String,
    pub kind: String,
    pub position: i64,
}

impl State {
    /// Whether an issue in it is done with.
    pub fn is_closed(&self) -> bool {
        matches!(self.kind.as_str(), "completed" | "canceled" | "duplicate")
    }
}

#[derive(Clone)]
pub struct Label {
    pub id: String,
    /// None: the label is one of the whole workspace.
    pub team: Option<String>,
    pub name: String,
    pub color: String,
    pub is_group: bool,
    pub parent: Option<String>,
    pub created: DateTime<Utc>,
}

#[derive(Clone)]
pub struct Issue {
    pub id: String,
    pub team: String,
    pub number: i64,
    pub title: String,
    pub description: Option<String>,
    pub priority: i64,
    pub due: Option<String>,
    pub state: String,
    pub assignee: Option<String>,
    pub creator: String,
    pub labels: Vec<String>,
    pub subscribers: Vec<String>,
    pub previous: Vec<String>,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub started: Option<DateTime<Utc>>,
    pub completed: Option<DateTime<Utc>>,
    pub canceled: Option<DateTime<Utc>>,
    pub archived: Option<DateTime<Utc>>,
    pub is_trashed: bool,
}

#[derive(Clone)]
pub struct Attachment {
    pub id: String,
    pub issue: String,
    pub title: String,
    pub subtitle: Option<String>,
    pub url: String,
    pub metadata: serde_json::Value,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
}

#[derive(Clone)]
pub struct Comment {
    pub id: String,
    pub issue: String,
    pub body: String,
    pub created: DateTime<Utc>,
}

/// What the key may not do.
#[derive(Clone, Default)]
pub struct Rights {
    pub is_expired: bool,
    pub is_read_only: bool,
    /// Root fields.
    pub forbidden: BTreeSet<String>,
    /// People outside of a team can be assigned to its issues.
    pub has_open_teams: bool,
}

pub struct Store {
    clock: Clock,
    rng: Rng,
    /// The address of the web page, without a slash at the end.
    pub base: String,
    pub organization: String,
    /// The user whose key it is.
    pub bot: String,
    /// The person who acts in the web page.
    pub person: String,
    pub began: DateTime<Utc>,
    pub users: Vec<User>,
    pub teams: Vec<Team>,
    pub states: Vec<State>,
    pub labels: Vec<Label>,
    pub issues: Vec<Issue>,
    pub attachments: Vec<Attachment>,
    pub comments: Vec<Comment>,
    /// The ids of teams that the key may not see.
    pub hidden: BTreeSet<String>,
    /// Lists show an issue so long after it was made.
    pub lag: Duration,
    pub rights: Rights,
    pub limits: Limits,
    /// Counts what changed.
    pub sync: i64,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({} issues)", self.issues.len())
    }
}

impl Store {
    /// A workspace with nobody and nothing in it.
    pub fn empty(clock: &Clock, rng: &Rng, base: &str) -> Self {
        Self {
            clock: clock.clone(),
            rng: rng.clone(),
            base: base.trim_end_matches('/').to_owned(),
            organization: fixed("organization"),
            bot: fixed("lookback"),
            person: fixed("maria"),
            began: clock.now(),
            users: vec![],
            teams: vec![],
            states: vec![],
            labels: vec![],
            issues: vec![],
            attachments: vec![],
            comments: vec![],
            hidden: BTreeSet::new(),
            lag: Duration::zero(),
            rights: Rights::default(),
            limits: Limits::new(clock.now()),
            sync: 1,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A random UUID.
    pub fn uuid(&self) -> String {
        uuid(&self.rng.key())
    }

    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn team(&self, id: &str) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == id)
    }

    pub fn state(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    pub fn label(&self, id: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.id == id)
    }

    pub fn issue(&self, id: &str) -> Option<&Issue> {
        self.issues.iter().find(|issue| issue.id == id)
    }

    pub fn issue_mut(&mut self, id: &str) -> Option<&mut Issue> {
        self.issues.iter_mut().find(|issue| issue.id == id)
    }

    /// Whether the key may see the team and all that is in it.
    pub fn sees(&self, team: &str) -> bool {
        !self.hidden.contains(team)
    }

    /// Such as `ENG-1`.
    pub fn identifier(&self, issue: &Issue) -> String {
        let key = self.team(&issue.team).map(|team| team.key.as_str()).unwrap_or_default();
        format!("{key}-{}", issue.number)
    }

    /// The issue with this UUID or identifier, also a former identifier.
    pub fn find(&self, name: &str) -> Option<&Issue> {
        let by_id = self.issue(name);
        let by_key = || self.issues.iter().find(|issue| self.identifier(issue).eq_ignore_ascii_case(name));
        let by_past = || self.issues.iter().find(|issue| issue.previous.iter().any(|p| p.eq_ignore_ascii_case(name)));
        by_id.or_else(by_key).or_else(by_past)
    }

    /// The same, if the key may see it.
    pub fn visible(&self, name: &str) -> Option<&Issue> {
        self.find(name).filter(|issue| self.sees(&issue.team))
    }

    /// The address of an issue's page, with its title in it as Linear does.
    pub fn url(&self, issue: &Issue) -> String {
        let title = issue.title.to_lowercase();
        let words: Vec<&str> = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let end = if words.is_empty() { String::new() } else { format!("/{}", words.join("-")) };
        format!("{}/example/issue/{}{end}", self.base, self.identifier(issue))
    }

    /// The states of a team in their order.
    pub fn states_of(&self, team: &str) -> Vec<&State> {
        let mut all: Vec<&State> = self.states.iter().filter(|state| state.team == team).collect();
        all.sort_by_key(|state| state.position);
        all
    }

    /// An issue without `stateId` starts here. What comes from outside of a team with triage waits there.
    pub fn first_state(&self, team: &Team, is_from_outside: bool) -> String {
        let kind = if team.has_triage && is_from_outside { "triage" } else { "backlog" };
        let states = self.states_of(&team.id);
        let first = states.iter().find(|state| state.kind == kind).or(states.first());
        first.map(|state| state.id.clone()).unwrap_or_default()
    }

    /// Counts a change. The result is the number of the change.
    pub fn changed(&mut self) -> i64 {
        self.sync += 1;
        self.sync
    }
}

/// The same UUID for the same name.
pub fn fixed(name: &str) -> String {
    use sha2::Digest as _;
    uuid(&sha2::Sha256::digest(format!("linear {name}")))
}

/// A UUID of version 4 out of random bytes.
fn uuid(bytes: &[u8]) -> String {
    let mut digits: Vec<char> = hex::encode(bytes).chars().take(32).collect();
    if let Some(version) = digits.get_mut(12) {
        *version = '4';
    }
    if let Some(variant) = digits.get_mut(16) {
        *variant = 'a';
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().iter().collect::<String>();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Whether the text is a UUID.
pub fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Whether the text is a UUID of version 4.
pub fn is_uuid_v4(text: &str) -> bool {
    let digit = |at: usize| text.chars().nth(at);
    is_uuid(text) && digit(14) == Some('4') && matches!(digit(19), Some('8' | '9' | 'a' | 'b' | 'A' | 'B'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_of_version_4_and_fixed_ones_stay() {
        assert!(is_uuid_v4(&fixed("a")) && is_uuid_v4(&uuid(&Rng::seeded(1).key())));
        assert_eq!(fixed("a"), fixed("a"));
        assert_ne!(fixed("a"), fixed("b"));
        assert!(is_uuid("0d1a8118-98ca-119e-9516-2fc6abfc62e4") && !is_uuid_v4("0d1a8118-98ca-119e-9516-2fc6abfc62e4"));
        assert!(!is_uuid("ENG-1") && !is_uuid("0d1a8118-98ca-419e-9516-2fc6abfc62eX"));
    }
}
