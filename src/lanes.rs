//! Which lanes are in use, how fast calls may go, and which workspaces have to be left alone for a while.
//!
//! A lane is a channel, a person or one reply: its messages leave one at a time, in order. A restart starts it
//! empty; the waits that Slack asked for are read back from the database.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::rate_limits::{Pace, Rate, Wait};
use lookback_core::ids::TeamId;

/// Lanes, pace and waits; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lanes(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    pace: Pace,
    busy: HashSet<String>,
    /// For each task that waits for its pace, the moment at which it goes on.
    waits: Vec<DateTime<Utc>>,
    /// Workspaces whose token was refused: nothing is sent there.
    silent: HashMap<TeamId, Wait>,
    /// No lookup begins: the pace of one of their methods is used up.
    lookups: Option<Wait>,
}

/// A lane in use; free again when this is dropped, however the task ended.
#[derive(Debug)]
pub struct LaneGuard(Lanes, String);

impl Drop for LaneGuard {
    fn drop(&mut self) {
        self.0.with(|m| m.busy.remove(&self.1));
    }
}

impl Lanes {
    fn with<R>(&self, f: impl FnOnce(&mut Memory) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a lane, unless it is in use.
    pub fn take_lane(&self, lane: &str) -> Option<LaneGuard> {
        self.with(|m| m.busy.insert(lane.to_owned())).then(|| LaneGuard(self.clone(), lane.to_owned()))
    }

    /// A task waits for its pace until then.
    pub fn waits_until(&self, until: DateTime<Utc>) {
        self.with(|m| m.waits.push(until));
    }

    /// The task goes on.
    pub fn goes_on(&self, until: DateTime<Utc>) {
        self.with(|m| {
            let at = m.waits.iter().position(|w| *w == until);
            at.map(|at| m.waits.swap_remove(at));
        });
    }

    /// How many tasks wait for their pace, and the first moment at which one goes on.
    pub fn waiting(&self) -> (usize, Option<DateTime<Utc>>) {
        self.with(|m| (m.waits.len(), m.waits.iter().min().copied()))
    }

    /// Slack's `Retry-After` for a method: obeyed here, and read back after a restart.
    pub fn retry_after(&self, team: &TeamId, method: &str, wait: Wait) {
        self.with(|m| m.pace.wait(&format!("{team}/{method}"), wait));
    }

    /// Takes a call of `method` out of these buckets, or says from when there is one.
    pub fn take_calls(
        &self,
        now: DateTime<Utc>,
        team: &TeamId,
        method: &str,
        buckets: &[(String, Rate)],
    ) -> Result<(), DateTime<Utc>> {
        self.with(|m| m.pace.take(now, &format!("{team}/{method}"), buckets))
    }

    /// Whether these buckets have a call of `method` left, or when they will.
    pub fn has_call(
        &self,
        now: DateTime<Utc>,
        team: &TeamId,
        method: &str,
        buckets: &[(String, Rate)],
    ) -> Result<(), DateTime<Utc>> {
        self.with(|m| m.pace.has(now, &format!("{team}/{method}"), buckets))
    }

    /// Takes a call of a method that has a bucket of its own.
    pub fn take_call(&self, now: DateTime<Utc>, team: &TeamId, method: &str, rate: Rate) -> Result<(), DateTime<Utc>> {
        self.take_calls(now, team, method, &[(format!("{team}/{method}"), rate)])
    }

    /// Lookups wait for their pace: in order, and without being tried one after the other.
    pub fn lookups_wait(&self, wait: Wait) {
        self.with(|m| {
            let known = m.lookups.filter(|known| known.holds(wait.since).is_some_and(|end| end < wait.until));
            m.lookups = known.or(Some(wait));
        });
    }

    /// Until when lookups wait.
    pub fn lookups_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.with(|m| m.lookups).and_then(|wait| wait.holds(now))
    }

    /// Nothing is sent in this workspace for a while.
    pub fn silence(&self, team: &TeamId, wait: Wait) {
        self.with(|m| m.silent.insert(team.clone(), wait));
    }

    /// Until when nothing is sent in this workspace.
    pub fn silent_until(&self, team: &TeamId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.with(|m| m.silent.get(team).copied()).and_then(|wait| wait.holds(now))
    }
}
