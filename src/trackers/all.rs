//! The trackers that are set up, and how long each has to be left alone.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::github::GitHub;
use super::jira::Jira;
use super::linear::Linear;
use super::{Edit, Fault, Issue, Lack, Move, Whoami};
use crate::config::trackers as config;
use lookback_clock::Clock;
use lookback_core::model::ticket::{Draft, Place, Repository, Seen, Tracker};

/// What a process has of trackers.
#[derive(Debug, Default)]
pub struct Trackers {
    jira: Option<Jira>,
    linear: Option<Linear>,
    github: Option<GitHub>,
    /// How often tickets that were closed there are looked for.
    pub poll: Duration,
    pauses: Mutex<BTreeMap<Tracker, Pause>>,
}

/// A tracker is left alone for a while.
#[derive(Clone, Copy, Debug)]
struct Pause {
    /// How often it failed in a row.
    tries: u32,
    until: DateTime<Utc>,
}

impl Trackers {
    /// Clients for what the settings name.
    pub fn new(settings: &config::Trackers, clock: &Clock) -> anyhow::Result<Self> {
        Ok(Self {
            jira: settings.jira.as_ref().map(Jira::new).transpose()?,
            linear: settings.linear.as_ref().map(Linear::new).transpose()?,
            github: settings.github.as_ref().map(|github| GitHub::new(github, clock.clone())).transpose()?,
            poll: settings.poll,
            pauses: Mutex::default(),
        })
    }

    /// Whether a tracker is set up.
    pub fn has(&self, tracker: Tracker) -> bool {
        match tracker {
            Tracker::Jira => self.jira.is_some(),
            Tracker::Linear => self.linear.is_some(),
            Tracker::GitHub => self.github.is_some(),
        }
    }

    /// Those that are set up.
    pub fn set_up(&self) -> Vec<Tracker> {
        Tracker::ALL.into_iter().filter(|tracker| self.has(*tracker)).collect()
    }

    fn jira(&self) -> Result<&Jira, Fault> {
        self.jira.as_ref().ok_or(Fault::NotSent)
    }

    fn linear(&self) -> Result<&Linear, Fault> {
        self.linear.as_ref().ok_or(Fault::NotSent)
    }

    /// GitHub's client.
    pub fn github(&self) -> Result<&GitHub, Fault> {
        self.github.as_ref().ok_or(Fault::NotSent)
    }

    /// Whose token it is.
    pub async fn whoami(&self, tracker: Tracker) -> Result<Whoami, Fault> {
        match tracker {
            Tracker::Jira => self.jira()?.whoami().await,
            Tracker::Linear => self.linear()?.whoami().await,
            Tracker::GitHub => self.github()?.whoami().await,
        }
    }

    /// What a place lacks for tickets.
    pub async fn check(&self, place: &Place) -> Result<Vec<Lack>, Fault> {
        match place {
            Place::Jira { project, kind } => self.jira()?.check(project, kind).await,
            Place::Linear { team } => self.linear()?.check(team).await,
            Place::GitHub(repository) => self.github()?.check(repository).await,
        }
    }

    /// The account of whoever has this address there, if they can be given a ticket.
    pub async fn person(&self, place: &Place, email: &str) -> Result<Option<String>, Fault> {
        match place {
            Place::Jira { project, .. } => self.jira()?.person(project, email).await,
            Place::Linear { team } => self.linear()?.person(team, email).await,
            Place::GitHub(repository) => self.github()?.person(repository, email).await,
        }
    }

    /// Whether an account can be given a ticket there.
    pub async fn can_own(&self, place: &Place, account: &str) -> Result<bool, Fault> {
        match place {
            Place::Jira { project, .. } => self.jira()?.can_own(project, account).await,
            Place::Linear { team } => self.linear()?.can_own(team, account).await,
            Place::GitHub(repository) => self.github()?.can_own(repository, account).await,
        }
    }

    /// Makes a ticket that carries `marker`.
    pub async fn create(&self, place: &Place, draft: &Draft, marker: &str) -> Result<Issue, Fault> {
        match place {
            Place::Jira { project, kind } => self.jira()?.create(project, kind, draft, marker).await,
            Place::Linear { team } => self.linear()?.create(team, draft, marker).await,
            Place::GitHub(repository) => self.github()?.create(repository, draft, marker).await,
        }
    }

    /// The tickets that carry `marker` and were made by this account since then, the elder first.
    /// GitHub has to read all that was made since then: `until`, where it is known, bounds that.
    pub async fn find(
        &self,
        place: &Place,
        marker: &str,
        since: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> Result<Vec<Issue>, Fault> {
        match place {
            Place::Jira { .. } => self.jira()?.find(marker, since).await,
            Place::Linear { team } => self.linear()?.find(team, marker, since).await,
            Place::GitHub(repository) => self.github()?.find(repository, marker, since, until).await,
        }
    }

    /// Tickets by their ids; `None`: deleted, or hidden from the token.
    pub async fn read(&self, tracker: Tracker, ids: &[String]) -> Result<BTreeMap<String, Option<Issue>>, Fault> {
        match tracker {
            Tracker::Jira => self.jira()?.read(ids).await,
            Tracker::Linear => self.linear()?.read(ids).await,
            Tracker::GitHub => self.github()?.read(ids).await,
        }
    }

    /// What changed in a repository since then.
    pub async fn changed(&self, repository: &Repository, since: DateTime<Utc>) -> Result<Vec<Issue>, Fault> {
        self.github()?.changed(repository, since).await
    }

    /// Changes a ticket.
    pub async fn edit(&self, tracker: Tracker, id: &str, edit: &Edit, marker: &str) -> Result<(), Fault> {
        match tracker {
            Tracker::Jira => self.jira()?.edit(id, edit, marker).await,
            Tracker::Linear => self.linear()?.edit(id, edit, marker).await,
            Tracker::GitHub => self.github()?.edit(id, edit, marker).await,
        }
    }

    /// Closes or opens a ticket.
    pub async fn set_state(&self, tracker: Tracker, id: &str, to: Move) -> Result<Seen, Fault> {
        match tracker {
            Tracker::Jira => self.jira()?.set_state(id, to).await,
            Tracker::Linear => self.linear()?.set_state(id, to).await,
            Tracker::GitHub => self.github()?.set_state(id, to).await,
        }
    }

    /// Closes a ticket that was made twice.
    pub async fn retire(&self, tracker: Tracker, id: &str, elder: &Seen) -> Result<(), Fault> {
        match tracker {
            Tracker::Jira => self.jira()?.retire(id, elder).await,
            Tracker::Linear => self.linear()?.retire(id, elder).await,
            Tracker::GitHub => self.github()?.retire(id, elder).await,
        }
    }

    fn pauses<R>(&self, with: impl FnOnce(&mut BTreeMap<Tracker, Pause>) -> R) -> R {
        with(&mut self.pauses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Until when a tracker is left alone.
    pub fn paused_until(&self, tracker: Tracker, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.pauses(|pauses| pauses.get(&tracker).map(|pause| pause.until)).filter(|until| *until > now)
    }

    /// How often a tracker has failed in a row, with this time.
    pub fn failed(&self, tracker: Tracker) -> u32 {
        self.pauses(|pauses| pauses.get(&tracker).map_or(0, |pause| pause.tries)) + 1
    }

    /// A tracker is left alone until then, after it failed so often in a row.
    pub fn pause(&self, tracker: Tracker, tries: u32, until: DateTime<Utc>) {
        self.pauses(|pauses| pauses.insert(tracker, Pause { tries, until }));
    }

    /// A tracker answers.
    pub fn answers(&self, tracker: Tracker) {
        self.pauses(|pauses| pauses.remove(&tracker));
    }
}
