//! What the simulated Jira holds: people, projects with their workflows and screens, issues, and what its search knows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

/// Jira sorts all statuses into these three categories, whatever their names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    New,
    Indeterminate,
    Done,
}

/// An issue type, a priority or a resolution.
#[derive(Clone, Debug)]
pub struct Named {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct Status {
    pub id: String,
    pub name: String,
    pub category: Category,
}

#[derive(Clone, Debug)]
pub struct Transition {
    pub id: String,
    pub name: String,
    /// The id of the status that it leads to.
    pub to: String,
    /// The ids of the statuses that it starts from; empty means every status.
    pub from: Vec<String>,
    /// Its screen has a required resolution.
    pub has_screen: bool,
    /// The workflow sets this resolution by itself.
    pub sets: Option<String>,
}

/// A field of a screen holds a value of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Project,
    IssueType,
    Summary,
    Description,
    Reporter,
    Assignee,
    Priority,
    Due,
    Labels,
    /// A custom field with one line of text.
    Text,
}

#[derive(Clone, Debug)]
pub struct Field {
    /// Such as `duedate` or `customfield_10050`.
    pub id: String,
    pub name: String,
    pub kind: FieldKind,
    pub is_required: bool,
    pub has_default: bool,
}

#[derive(Clone)]
pub struct Person {
    pub account: String,
    pub name: String,
    pub email: String,
    pub is_active: bool,
    /// Answers leave the address empty.
    pub is_email_hidden: bool,
    /// A search by the address does not find the person either.
    pub is_email_buried: bool,
}

#[derive(Clone, Debug)]
pub struct Project {
    pub id: String,
    pub key: String,
    pub name: String,
    /// Made and kept by a team, not by an administrator.
    pub is_team_managed: bool,
    pub types: Vec<Named>,
    /// Create screen and edit screen hold these.
    pub fields: Vec<Field>,
    /// A new issue has the first of them.
    pub statuses: Vec<Status>,
    pub transitions: Vec<Transition>,
    pub resolutions: Vec<Named>,
    pub priorities: Vec<Named>,
    /// A new issue has this priority.
    pub default_priority: Option<String>,
    /// Account ids.
    pub assignable: Vec<String>,
    /// The token must not do this here, such as `CREATE_ISSUES`.
    pub forbidden: BTreeSet<String>,
    /// The next issue gets this number.
    pub next: i64,
}

#[derive(Clone)]
pub struct Comment {
    pub id: i64,
    pub author: String,
    pub body: Value,
    pub at: DateTime<Utc>,
}

/// A remote link, as it was sent.
#[derive(Clone)]
pub struct Link {
    pub id: i64,
    pub global_id: Option<String>,
    pub sent: Value,
}

#[derive(Clone)]
pub struct Issue {
    pub id: i64,
    pub key: String,
    /// The keys that it had in other projects.
    pub old_keys: Vec<String>,
    /// The key of its project.
    pub project: String,
    /// The id of its issue type.
    pub kind: String,
    pub summary: String,
    pub description: Option<Value>,
    pub assignee: Option<String>,
    pub reporter: String,
    pub creator: String,
    /// A civil day, such as `2026-12-01`.
    pub due: Option<String>,
    pub priority: Option<String>,
    pub labels: Vec<String>,
    pub status: String,
    pub resolution: Option<String>,
    pub resolved: Option<DateTime<Utc>>,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub custom: BTreeMap<String, String>,
    pub comments: Vec<Comment>,
    pub links: Vec<Link>,
    pub properties: BTreeMap<String, Value>,
    pub is_deleted: bool,
}

/// An issue as it was after a change. The search knows it once its lag is over.
#[derive(Clone)]
pub struct Version {
    pub at: DateTime<Utc>,
    pub issue: Issue,
}

/// A write to one issue: they are counted.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    pub issue: i64,
    pub at: DateTime<Utc>,
}

pub struct State {
    /// The address of the site, without a slash at the end.
    pub base: String,
    pub people: Vec<Person>,
    /// The account of the token.
    pub me: String,
    pub projects: Vec<Project>,
    pub issues: Vec<Issue>,
    pub versions: Vec<Version>,
    pub writes: Vec<Write>,
    /// The last number that was given to an issue, a comment, a link or a field.
    pub last_id: i64,
    pub lag: Duration,
    /// The search does not know these issues.
    pub unindexed: BTreeSet<i64>,
    pub is_expired: bool,
    pub is_scoped: bool,
    pub may_browse_users: bool,
}

/// People's words and addresses stay out of logs.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("issues", &self.issues.len()).finish_non_exhaustive()
    }
}

impl State {
    /// The next number for an issue, a comment, a link or a field.
    pub fn number(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn project(&self, key: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.key == key)
    }

    pub fn person(&self, account: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.account == account)
    }

    /// An issue that is not deleted, by its id, its key or a key that it had; keys match in any case.
    pub fn issue(&self, id_or_key: &str) -> Option<&Issue> {
        let same = |key: &String| key.eq_ignore_ascii_case(id_or_key);
        let is_meant = |issue: &&Issue| {
            !issue.is_deleted
                && (issue.id.to_string() == id_or_key || same(&issue.key) || issue.old_keys.iter().any(same))
        };
        self.issues.iter().find(is_meant)
    }

    /// Changes an issue. The search hears of it after its lag.
    pub fn change(&mut self, id: i64, now: DateTime<Utc>, change: impl FnOnce(&mut Issue)) {
        let Some(issue) = self.issues.iter_mut().find(|issue| issue.id == id) else { return };
        change(issue);
        issue.updated = now;
        self.versions.push(Version { at: now, issue: issue.clone() });
    }

    /// Keeps a new issue.
    pub fn add(&mut self, issue: Issue) {
        self.versions.push(Version { at: issue.created, issue: issue.clone() });
        self.issues.push(issue);
    }
}

impl Project {
    pub fn status(&self, id: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    pub fn resolution(&self, id: &str) -> Option<&Named> {
        self.resolutions.iter().find(|resolution| resolution.id == id)
    }

    pub fn may(&self, permission: &str) -> bool {
        !self.forbidden.contains(permission)
    }

    /// The fields that the token can set: without the right to assign, the assignee is not on the screen.
    pub fn screen(&self) -> impl Iterator<Item = &Field> {
        let is_settable = |field: &&Field| field.kind != FieldKind::Assignee || self.may("ASSIGN_ISSUES");
        self.fields.iter().filter(is_settable)
    }
}

impl Issue {
    /// Where it stands then. A resolution belongs to an issue that is closed.
    pub fn stand(&mut self, status: &str, resolution: Option<String>, now: DateTime<Utc>) {
        status.clone_into(&mut self.status);
        self.resolved = resolution.as_ref().map(|_| now);
        self.resolution = resolution;
    }
}
