//! How far the reading of a release is, so that it can stop and continue later.

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use lookback_core::model::settings::Releases;
use lookback_core::retro::release::history::History;

/// How far the reading of a release is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub version: String,
    pub place: Releases,
    /// The release before it, where a person named one.
    pub previous: Option<String>,
    /// The label of issues that report a fault.
    pub bug: String,
    pub history: History,
    pub(super) step: Step,
    /// What the token may not see, in a few words each.
    pub hidden: Vec<String>,
}

/// What is read next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    Tags,
    Release,
    /// The tag's commit, then the commit of the tag before, then the times of later ones.
    Commit {
        tag: String,
    },
    Compare {
        page: usize,
    },
    Pulls {
        next: Option<String>,
        pages: usize,
    },
    FirstCommit {
        at: usize,
    },
    Deployments,
    Statuses {
        waiting: Vec<(u64, String)>,
    },
    Runs,
    Label,
    Bugs {
        next: Option<String>,
        pages: usize,
    },
    Done,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Went {
    /// There is more to read.
    On,
    Done,
    /// There is no such repository, or the token may not see it.
    NoRepository,
    /// The repository has no such tag.
    NoTag,
}

impl Reading {
    pub fn new(version: &str, place: &Releases, previous: Option<&str>, bug: &str) -> Self {
        Self {
            version: version.to_owned(),
            place: place.clone(),
            previous: previous.map(str::to_owned),
            bug: bug.to_owned(),
            history: History::default(),
            step: Step::Tags,
            hidden: Vec::new(),
        }
    }

    /// How far it is, in words: pull requests are by far the most calls.
    pub fn progress(&self) -> Option<(usize, usize)> {
        match self.step {
            Step::FirstCommit { at } => Some((at, self.history.pulls.len())),
            Step::Tags
            | Step::Release
            | Step::Commit { .. }
            | Step::Compare { .. }
            | Step::Pulls { .. }
            | Step::Deployments
            | Step::Statuses { .. }
            | Step::Runs
            | Step::Label
            | Step::Bugs { .. }
            | Step::Done => None,
        }
    }

    /// The tag whose commit is looked up next.
    pub(super) fn next_commit(&self) -> Step {
        let later = self.history.later.iter().find(|(_, at)| *at == DateTime::UNIX_EPOCH).map(|(tag, _)| tag);
        let before = self.history.before.as_ref().filter(|(_, sha)| sha.is_empty()).map(|(tag, _)| tag);
        let this = Some(&self.history.tag).filter(|_| self.history.sha.is_empty());
        match this.or(before).or(later) {
            Some(tag) => Step::Commit { tag: tag.clone() },
            None if self.history.before.is_some() => Step::Compare { page: 1 },
            None => Step::Deployments,
        }
    }
}
