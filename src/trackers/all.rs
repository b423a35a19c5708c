//! The trackers that are set up, and how long each has to be left alone.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::github::{Changed, GitHub, Reading, Went};
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

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
}

/// A tracker is left alone for a while.
#[derive(Clone, Copy, Debug, Default)]
struct Pause {
    /// How often reading failed in a row, and how often writing did.
    reads: u32,
    writes: u32,
    /// One of both: that of the last failure.
    failed: u32,
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
        let answer = match tracker {
            Tracker::Jira => self.jira()?.whoami().await,
            Tracker::Linear => self.linear()?.whoami().await,
            Tracker::GitHub => self.github()?.whoami().await,
        };
        self.heard(tracker, Call::Read, answer)
    }

    /// What a place lacks for tickets.
    pub async fn check(&self, place: &Place) -> Result<Vec<Lack>, Fault> {
        let answer = match place {
            Place::Jira { project, kind } => self.jira()?.check(project, kind).await,
            Place::Linear { team } => self.linear()?.check(team).await,
            Place::GitHub(repository) => self.github()?.check(repository).await,
        };
        self.heard(place.tracker(), Call::Read, answer)
    }

    /// The account of whoever has this address there, if they can be given a ticket.
    pub async fn person(&self, place: &Place, email: &str) -> Result<Option<String>, Fault> {
        let answer = match place {
            Place::Jira { project, .. } => self.jira()?.person(project, email).await,
            Place::Linear { team } => self.linear()?.person(team, email).await,
            Place::GitHub(repository) => self.github()?.person(repository, email).await,
        };
        self.heard(place.tracker(), Call::Read, answer)
    }

    /// Whether an account can be given a ticket there.
    pub async fn can_own(&self, place: &Place, account: &str) -> Result<bool, Fault> {
        let answer = match place {
            Place::Jira { project, .. } => self.jira()?.can_own(project, account).await,
            Place::Linear { team } => self.linear()?.can_own(team, account).await,
            Place::GitHub(repository) => self.github()?.can_own(repository, account).await,
        };
        self.heard(place.tracker(), Call::Read, answer)
    }

    /// Makes a ticket that carries `marker`.
    pub async fn create(&self, place: &Place, draft: &Draft, marker: &str) -> Result<Issue, Fault> {
        let answer = match place {
            Place::Jira { project, kind } => self.jira()?.create(project, kind, draft, marker).await,
            Place::Linear { team } => self.linear()?.create(team, draft, marker).await,
            Place::GitHub(repository) => self.github()?.create(repository, draft, marker).await,
        };
        self.heard(place.tracker(), Call::Write, answer)
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
        let answer = match place {
            Place::Jira { .. } => self.jira()?.find(marker, since).await,
            Place::Linear { team } => self.linear()?.find(team, marker, since).await,
            Place::GitHub(repository) => self.github()?.find(repository, marker, since, until).await,
        };
        self.heard(place.tracker(), Call::Read, answer)
    }

    /// Tickets by their ids; `None`: deleted, or hidden from the token.
    pub async fn read(&self, tracker: Tracker, ids: &[String]) -> Result<BTreeMap<String, Option<Issue>>, Fault> {
        let answer = match tracker {
            Tracker::Jira => self.jira()?.read(ids).await,
            Tracker::Linear => self.linear()?.read(ids).await,
            Tracker::GitHub => self.github()?.read(ids).await,
        };
        self.heard(tracker, Call::Read, answer)
    }

    /// What changed in a repository since then.
    pub async fn changed(&self, repository: &Repository, since: DateTime<Utc>) -> Result<Changed, Fault> {
        let answer = self.github()?.changed(repository, since).await;
        self.heard(Tracker::GitHub, Call::Read, answer)
    }

    /// Makes the next call of the reading of a release.
    pub async fn read_on(&self, reading: &mut Reading) -> Result<Went, Fault> {
        let answer = self.github()?.read_on(reading).await;
        self.heard(Tracker::GitHub, Call::Read, answer)
    }

    /// Changes a ticket.
    pub async fn edit(&self, tracker: Tracker, id: &str, edit: &Edit, marker: &str) -> Result<(), Fault> {
        let answer = match tracker {
            Tracker::Jira => self.jira()?.edit(id, edit, marker).await,
            Tracker::Linear => self.linear()?.edit(id, edit, marker).await,
            Tracker::GitHub => self.github()?.edit(id, edit, marker).await,
        };
        self.heard(tracker, Call::Write, answer)
    }

    /// Closes or opens a ticket.
    pub async fn set_state(&self, tracker: Tracker, id: &str, to: Move) -> Result<Seen, Fault> {
        let answer = match tracker {
            Tracker::Jira => self.jira()?.set_state(id, to).await,
            Tracker::Linear => self.linear()?.set_state(id, to).await,
            Tracker::GitHub => self.github()?.set_state(id, to).await,
        };
        self.heard(tracker, Call::Write, answer)
    }

    /// Closes a ticket that was made twice.
    pub async fn retire(&self, tracker: Tracker, id: &str, elder: &Seen) -> Result<(), Fault> {
        let answer = match tracker {
            Tracker::Jira => self.jira()?.retire(id, elder).await,
            Tracker::Linear => self.linear()?.retire(id, elder).await,
            Tracker::GitHub => self.github()?.retire(id, elder).await,
        };
        self.heard(tracker, Call::Write, answer)
    }

    fn pauses<R>(&self, with: impl FnOnce(&mut BTreeMap<Tracker, Pause>) -> R) -> R {
        with(&mut self.pauses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Until when a tracker is left alone.
    pub fn paused_until(&self, tracker: Tracker, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.pauses(|pauses| pauses.get(&tracker).map(|pause| pause.until)).filter(|until| *until > now)
    }

    /// How often in a row the tracker has failed: its reads or its writes, whichever failed last.
    pub fn failed(&self, tracker: Tracker) -> u32 {
        self.pauses(|pauses| pauses.get(&tracker).map_or(0, |pause| pause.failed))
    }

    /// A tracker is left alone until then.
    pub fn pause(&self, tracker: Tracker, until: DateTime<Utc>) {
        self.pauses(|pauses| pauses.entry(tracker).or_default().until = until);
    }

    /// Counts a tracker's answer. Reads may go well while nothing can be written, so an answered read says nothing about
    /// writes.
    pub fn heard<T>(&self, tracker: Tracker, call: Call, answer: Result<T, Fault>) -> Result<T, Fault> {
        let has_failed = answer.as_ref().is_err_and(Fault::is_of_tracker);
        self.pauses(|pauses| {
            let pause = pauses.entry(tracker).or_default();
            match (has_failed, call) {
                (true, Call::Read) => {
                    pause.reads += 1;
                    pause.failed = pause.reads;
                }
                (true, Call::Write) => {
                    pause.writes += 1;
                    pause.failed = pause.writes;
                }
                (false, Call::Write) if answer.is_ok() => (pause.reads, pause.writes) = (0, 0),
                (false, Call::Read | Call::Write) => pause.reads = 0,
            }
        });
        answer
    }
}
