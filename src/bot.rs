//! What every room above is given: the database, the time, Slack, and the installation's secret.
//!
//! Rule: nothing here knows what is done with it. This file imports rooms below and none above.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::freeze::Freeze;
use crate::health::Health;
use crate::lanes::Lanes;
use crate::log::Troubles;
use crate::metrics::Metrics;
use crate::seal::{Seal, Vault};
use crate::slack::client::Slack;
use crate::store::Store;
use crate::store::directory::Workspace;
use crate::trackers::all::Trackers;
use lookback_clock::{Clock, Rng};
use lookback_core::ids::{ChannelId, TeamId};

/// One for a process.
#[derive(Clone, Debug)]
pub struct Bot {
    /// The name of this process, which shows which process sends.
    pub name: String,
    pub store: Store,
    pub clock: Clock,
    pub rng: Rng,
    pub slack: Slack,
    /// The installation's secret.
    pub seal: Arc<Seal>,
    /// The workspaces that this process serves.
    pub workspaces: Arc<BTreeMap<TeamId, Workspace>>,
    /// Which lanes are in use, and the pace of calls.
    pub lanes: Lanes,
    /// Whether it can save and send.
    pub health: Arc<Health>,
    /// What is counted for `/metrics`.
    pub metrics: Arc<Metrics>,
    /// Troubles that last: each is told once a minute.
    pub troubles: Arc<Troubles>,
    /// Whether messages may leave.
    pub freeze: Arc<Freeze>,
    /// How long what was written in a closed retro is kept; `None`: for ever.
    pub retention: Option<chrono::Duration>,
    /// The trackers that are set up.
    pub trackers: Arc<Trackers>,
    /// Wakes the engine, as commits do.
    pub wake: Arc<Notify>,
}

impl Bot {
    /// The time now, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    /// What sealed rows are sealed and opened with.
    pub fn vault(&self) -> Vault<'_> {
        Vault { seal: &self.seal, rng: &self.rng }
    }

    /// A workspace that this process serves.
    pub fn workspace(&self, team: &TeamId) -> Option<&Workspace> {
        self.workspaces.get(team)
    }

    /// Whether the token of a workspace has this scope.
    pub fn may(&self, team: &TeamId, scope: &str) -> bool {
        self.workspace(team).is_some_and(|w| w.may(scope))
    }

    /// The address of a message.
    pub fn link(&self, team: &TeamId, channel: &ChannelId, ts: &str) -> Option<String> {
        self.workspace(team).map(|w| w.link(channel, ts))
    }

    /// Waits for the pace, in a way that the engine can see.
    pub async fn wait_for_pace(&self, until: DateTime<Utc>) {
        struct Waits<'a>(&'a Bot, DateTime<Utc>);
        impl Drop for Waits<'_> {
            fn drop(&mut self) {
                self.0.lanes.goes_on(self.1);
            }
        }
        self.lanes.waits_until(until);
        // Whoever stops waiting is counted no more.
        let _waits = Waits(self, until);
        self.wake.notify_one();
        self.clock.wait_until(until).await;
    }
}
