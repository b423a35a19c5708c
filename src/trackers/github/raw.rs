//! What is read of GitHub's answers about a release.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

use lookback_core::retro::release::history::{self, is_breaking};
use lookback_core::text::cut;

/// The longest subject that is kept, in characters.
const SUBJECT: usize = 120;

#[derive(Deserialize)]
pub struct Ref {
    /// Such as `refs/tags/v2.1.0`.
    #[serde(rename = "ref")]
    pub name: String,
}

#[derive(Deserialize)]
pub struct Release {
    #[serde(default)]
    pub draft: bool,
    #[serde(default)]
    pub prerelease: bool,
    pub published_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub body: Option<String>,
}

#[derive(Deserialize)]
pub struct Label {
    pub name: String,
}

#[derive(Deserialize)]
pub struct Account {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

impl Account {
    /// Their name; `None` for a bot.
    fn person(&self) -> Option<String> {
        let is_bot = self.kind == "Bot" || self.login.ends_with("[bot]");
        (!is_bot).then(|| self.login.clone())
    }
}

#[derive(Deserialize)]
pub struct Signature {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    date: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub struct Inner {
    author: Option<Signature>,
    committer: Option<Signature>,
    message: String,
}

impl Inner {
    /// When it was written, which a rebase keeps.
    pub fn written(&self) -> DateTime<Utc> {
        let date = |signature: &Option<Signature>| signature.as_ref().and_then(|s| s.date);
        date(&self.author).or_else(|| date(&self.committer)).unwrap_or_default()
    }

    /// When it came into its branch.
    pub fn committed(&self) -> DateTime<Utc> {
        self.committer.as_ref().and_then(|s| s.date).unwrap_or_else(|| self.written())
    }
}

#[derive(Deserialize)]
pub struct Sha {
    sha: String,
}

#[derive(Deserialize)]
pub struct Commit {
    pub sha: String,
    pub commit: Inner,
    #[serde(default)]
    author: Option<Author>,
    #[serde(default)]
    parents: Vec<Sha>,
}

/// GitHub shows `{}` for an author without an account.
#[derive(Deserialize)]
#[serde(untagged)]
enum Author {
    Account(Account),
    Nobody(IgnoredAny),
}

impl Commit {
    pub fn read(self) -> history::Commit {
        let address = || self.commit.author.as_ref().and_then(|a| a.email.as_ref()).map(|e| e.to_lowercase());
        let author = match &self.author {
            Some(Author::Account(account)) => account.person(),
            Some(Author::Nobody(_)) | None => address().filter(|email| !email.contains("[bot]@")),
        };
        history::Commit {
            is_breaking: is_breaking(&self.commit.message),
            subject: cut(self.commit.message.lines().next().unwrap_or_default(), SUBJECT),
            at: self.commit.committed(),
            author,
            sha: self.sha,
            parents: self.parents.into_iter().map(|parent| parent.sha).collect(),
        }
    }
}

#[derive(Deserialize)]
pub struct Compared {
    pub total_commits: usize,
    pub commits: Vec<Commit>,
}

#[derive(Deserialize)]
pub struct Pull {
    pub number: u64,
    title: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    user: Option<Account>,
    pub merged_at: Option<DateTime<Utc>>,
    pub merge_commit_sha: Option<String>,
    pub updated_at: DateTime<Utc>,
}

impl Pull {
    pub fn read(self, merge_sha: String) -> history::Pull {
        let message = format!("{}\n\n{}", self.title, self.body.unwrap_or_default());
        history::Pull {
            number: self.number,
            is_breaking: is_breaking(&message),
            title: cut(&self.title, SUBJECT),
            labels: self.labels.into_iter().map(|label| label.name).collect(),
            author: self.user.and_then(|user| user.person()),
            merge_sha,
            first_commit: None,
            commits: 0,
            last_subject: String::new(),
        }
    }
}

#[derive(Deserialize)]
pub struct Deployment {
    pub id: u64,
    pub sha: String,
    pub environment: String,
    #[serde(default)]
    production_environment: Option<bool>,
    pub created_at: DateTime<Utc>,
}

/// The environment that is production: by GitHub's mark, else by its name, else the only one there is.
pub fn production(all: &[Deployment]) -> Option<String> {
    const NAMES: [&str; 4] = ["production", "prod", "live", "main"];
    let marked = all.iter().find(|d| d.production_environment == Some(true));
    let named = || all.iter().find(|d| NAMES.contains(&d.environment.to_lowercase().as_str()));
    let only = || all.first().filter(|first| all.iter().all(|d| d.environment == first.environment));
    marked.or_else(named).or_else(only).map(|d| d.environment.clone())
}

#[derive(Deserialize)]
pub struct Status {
    pub state: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Deserialize)]
pub struct Runs {
    pub workflow_runs: Vec<Run>,
}

#[derive(Deserialize)]
pub struct Run {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    path: Option<String>,
    pub created_at: DateTime<Utc>,
    #[serde(default)]
    pub run_started_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

impl Run {
    /// Whether it deploys, by its name.
    pub fn deploys(&self) -> bool {
        let says = |text: &Option<String>| text.as_ref().is_some_and(|text| text.to_lowercase().contains("deploy"));
        says(&self.name) || says(&self.path)
    }
}

#[derive(Deserialize)]
pub struct Issue {
    pub created_at: DateTime<Utc>,
    #[serde(default)]
    pub pull_request: Option<IgnoredAny>,
}
