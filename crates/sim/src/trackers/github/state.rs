//! All that changes in the simulated GitHub: people, repositories, issues, pull requests and rights.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Duration, Utc};
use lookback_clock::Rng;

use super::git::{Git, Person};
use super::records::{Origin, Records, Review};

/// A person of the team does in the browser what the webhook tells of.
pub const PERSON: &str = "maria-dev";

/// The app is installed once, in the organization.
pub const INSTALLATION: u64 = 5001;

/// The fine-grained token belongs to this user.
pub const BOT: &str = "lookback-bot";
/// The app acts under this login.
pub const APP: &str = "lookback[bot]";

#[derive(Clone, Debug)]
pub struct User {
    pub login: String,
    pub id: u64,
    pub name: Option<String>,
    /// The address that everybody may see.
    pub email: Option<String>,
    /// `User`, `Bot` or `Organization`.
    pub kind: &'static str,
}

/// Where an issue is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Here,
    Deleted,
    /// Transferred: the id of the repository and the number there.
    Moved(u64, u64),
}

#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub user: String,
    pub body: String,
    pub at: DateTime<Utc>,
}

/// What a pull request has more than an issue.
#[derive(Clone, Debug)]
pub struct Pull {
    /// The branch without its owner.
    pub head: String,
    pub base: String,
    /// The head's commit when the pull request was made or closed; an open one follows its branch.
    pub head_sha: String,
    pub base_sha: String,
    pub draft: bool,
    pub can_modify: bool,
    pub merged_at: Option<DateTime<Utc>>,
    pub merge_sha: Option<String>,
    /// The commits that the merge brought to the base, oldest first.
    pub landed: Vec<String>,
    pub origin: Origin,
    /// Oldest first.
    pub reviews: Vec<Review>,
}

/// An issue, or a pull request, which is an issue for most purposes.
#[derive(Clone, Debug)]
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub user: String,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub is_open: bool,
    /// `completed`, `not_planned`, `duplicate` or `reopened`.
    pub reason: Option<String>,
    pub comments: Vec<Comment>,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
    pub closed_by: Option<String>,
    pub fate: Fate,
    pub pull: Option<Pull>,
    /// The milestone's number.
    pub milestone: Option<u64>,
    /// It was there before the stand-in began.
    pub is_old: bool,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
    pub description: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Repo {
    pub id: u64,
    pub owner: String,
    pub name: String,
    /// Nobody with our token sees it.
    pub is_hidden: bool,
    pub is_archived: bool,
    pub has_issues: bool,
    /// Our token and our app may push.
    pub can_push: bool,
    /// A change must come through a pull request.
    pub is_protected: bool,
    pub assignable: Vec<String>,
    pub labels: Vec<Label>,
    pub issues: Vec<Issue>,
    pub last_number: u64,
    pub created: DateTime<Utc>,
    pub git: Git,
    pub records: Records,
}

/// The branch that a repository has from the start.
pub const MAIN: &str = "main";

/// A token of the app's installation.
#[derive(Clone, Debug)]
pub struct Grant {
    pub token: String,
    pub until: DateTime<Utc>,
    /// Such as `issues` → `write`.
    pub permissions: BTreeMap<String, String>,
}

/// How many calls there were.
#[derive(Debug, Default)]
pub struct Counts {
    pub is_off: bool,
    /// The hour that is counted began then.
    pub since: Option<DateTime<Utc>>,
    pub used: u64,
    pub creations: VecDeque<DateTime<Utc>>,
    pub searches: VecDeque<DateTime<Utc>>,
}

#[derive(Debug)]
pub struct State {
    /// The address of the API, without a slash at its end.
    pub base: String,
    pub rng: Rng,
    pub serial: u64,
    pub users: Vec<User>,
    pub repos: Vec<Repo>,
    /// Old full name → id of the repository.
    pub renamed: BTreeMap<String, u64>,
    pub grants: Vec<Grant>,
    pub is_expired: bool,
    pub is_suspended: bool,
    /// Permissions, such as `issues`, or operations, that the token lacks.
    pub forbidden: Vec<String>,
    /// Search does not know issues that are younger than this.
    pub lag: Duration,
    /// The list does not show issues that are younger than this.
    pub list_lag: Duration,
    pub counts: Counts,
    /// Commits that reached a default branch by the API.
    pub base_writes: usize,
}

impl State {
    /// A fresh id.
    pub fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub fn user(&self, login: &str) -> Option<&User> {
        self.users.iter().find(|u| u.login.eq_ignore_ascii_case(login))
    }

    pub fn repo(&self, id: u64) -> Option<&Repo> {
        self.repos.iter().find(|r| r.id == id)
    }

    pub fn repo_mut(&mut self, id: u64) -> Option<&mut Repo> {
        self.repos.iter_mut().find(|r| r.id == id)
    }

    /// The user of this login, who is made where there is none. An app's login ends in `[bot]`.
    pub fn person(&mut self, login: &str, at: DateTime<Utc>) -> Person {
        if self.user(login).is_none() {
            let id = self.next();
            let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
            self.users.push(User { login: login.to_owned(), id, name: None, email: None, kind });
        }
        let user = self.user(login);
        let name = user.map(|u| u.name.clone().unwrap_or_else(|| u.login.clone())).unwrap_or_default();
        let email = user.map(|u| u.email.clone().unwrap_or_else(|| u.private_email())).unwrap_or_default();
        Person { name, email, at }
    }

    /// By `owner/name`, in any case, as at GitHub.
    pub fn named(&self, full: &str) -> Option<&Repo> {
        self.repos.iter().find(|r| r.full().eq_ignore_ascii_case(full))
    }

    /// The repository and the number that an id such as `acme/shop#1` names.
    pub fn locate(&self, id: &str) -> Option<(u64, u64)> {
        let (full, number) = id.split_once('#')?;
        let (repo, number) = (self.named(full)?, number.parse().ok()?);
        repo.issue(number).map(|_| (repo.id, number))
    }

    /// The person whose address a commit carries.
    pub fn by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|u| u.email.as_deref() == Some(email) || u.private_email() == email)
    }
}

impl User {
    /// The address that GitHub makes for who hides their own.
    pub fn private_email(&self) -> String {
        format!("{}+{}@users.noreply.github.com", self.id, self.login)
    }
}

impl Repo {
    pub fn full(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub fn issue(&self, number: u64) -> Option<&Issue> {
        self.issues.iter().find(|i| i.number == number)
    }

    pub fn issue_mut(&mut self, number: u64) -> Option<&mut Issue> {
        self.issues.iter_mut().find(|i| i.number == number)
    }

    pub fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|l| l.name.eq_ignore_ascii_case(name))
    }

    /// The owner of a pull request's branch.
    pub fn head_owner<'a>(&'a self, pull: &'a Pull) -> &'a str {
        match &pull.origin {
            Origin::Here => &self.owner,
            Origin::Fork(owner) | Origin::Gone(owner) => owner,
        }
    }

    /// The head's commit of a pull request: an open one follows its branch.
    pub fn head(&self, issue: &Issue, pull: &Pull) -> String {
        let is_live = issue.is_open && pull.origin == Origin::Here;
        let live = is_live.then(|| self.git.branch(&pull.head)).flatten();
        live.unwrap_or(&pull.head_sha).to_owned()
    }

    /// A pull request keeps the commit that its branch has now, for it is about to be closed.
    pub fn freeze(&mut self, number: u64) {
        let head = self.issue(number).and_then(|i| i.pull.as_ref().map(|pull| self.head(i, pull)));
        if let (Some(head), Some(pull)) = (head, self.issue_mut(number).and_then(|i| i.pull.as_mut())) {
            pull.head_sha = head;
        }
    }
}

impl Issue {
    /// Neither deleted nor transferred.
    pub fn is_here(&self) -> bool {
        self.fate == Fate::Here
    }

    pub fn close(&mut self, reason: &str, by: &str, at: DateTime<Utc>) {
        self.is_open = false;
        self.reason = self.pull.is_none().then(|| reason.to_owned());
        self.closed = Some(at);
        self.closed_by = Some(by.to_owned());
        self.updated = at;
    }

    pub fn reopen(&mut self, at: DateTime<Utc>) {
        self.is_open = true;
        self.reason = self.pull.is_none().then(|| "reopened".to_owned());
        self.closed = None;
        self.closed_by = None;
        self.updated = at;
    }
}
