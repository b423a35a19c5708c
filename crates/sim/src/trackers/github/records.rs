//! What a repository has besides issues: milestones, releases, deployments, runs of workflows, statuses and checks.

use chrono::{DateTime, Utc};

/// Where the branch of a pull request lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// In the repository itself.
    #[default]
    Here,
    /// In the fork of this owner.
    Fork(String),
    /// In a fork of this owner that was deleted.
    Gone(String),
}

/// How a pull request is merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// One new commit on the base.
    #[default]
    Squash,
    /// A commit with two parents.
    Merge,
    /// The commits anew on top of the base.
    Rebase,
}

/// What a reviewer said of a pull request.
#[derive(Clone, Debug)]
pub struct Review {
    pub id: u64,
    pub user: String,
    /// Such as `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`.
    pub state: String,
    pub at: DateTime<Utc>,
    pub commit: String,
}

#[derive(Clone, Debug)]
pub struct Milestone {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub due: Option<DateTime<Utc>>,
    pub created: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub struct Release {
    pub id: u64,
    pub tag: String,
    pub created: DateTime<Utc>,
    /// A draft has none.
    pub published: Option<DateTime<Utc>>,
    pub is_prerelease: bool,
    pub body: String,
}

#[derive(Clone, Debug)]
pub struct DeploymentStatus {
    pub id: u64,
    /// Such as `in_progress`, `success`, `failure` or `inactive`.
    pub state: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: u64,
    pub sha: String,
    /// The branch, tag or SHA that was asked for.
    pub name: String,
    pub environment: String,
    pub at: DateTime<Utc>,
    /// Oldest first.
    pub statuses: Vec<DeploymentStatus>,
}

/// A run of a workflow.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: u64,
    pub number: u64,
    pub sha: String,
    /// Of the workflow.
    pub name: String,
    pub branch: String,
    /// What started it, such as `push`, `release` or `pull_request`.
    pub event: String,
    /// `queued`, `in_progress`, `waiting` or `completed`.
    pub status: String,
    /// Such as `success` or `failure`, of a completed one.
    pub conclusion: Option<String>,
    pub started: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    /// The environments that wait for the word of the app.
    pub gates: Vec<Gate>,
}

/// An environment that waits for the word of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    pub environment: String,
    /// `approved` or `rejected`, with the comment.
    pub verdict: Option<Verdict>,
}

/// What the app said of a deployment that waited for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub is_approved: bool,
    pub comment: String,
}

/// A status of a commit.
#[derive(Clone, Debug)]
pub struct CommitStatus {
    pub id: u64,
    pub sha: String,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target: Option<String>,
    pub by: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct CheckRun {
    pub id: u64,
    pub sha: String,
    pub name: String,
    pub external: Option<String>,
    pub details: Option<String>,
    pub status: String,
    pub conclusion: Option<String>,
    pub started: Option<DateTime<Utc>>,
    pub completed: Option<DateTime<Utc>>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub text: Option<String>,
}

/// All of a repository, each list in the order of its making.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub milestones: Vec<Milestone>,
    pub releases: Vec<Release>,
    pub deployments: Vec<Deployment>,
    pub runs: Vec<Run>,
    pub statuses: Vec<CommitStatus>,
    pub checks: Vec<CheckRun>,
}

impl Records {
    pub fn milestone(&self, number: u64) -> Option<&Milestone> {
        self.milestones.iter().find(|m| m.number == number)
    }
}
