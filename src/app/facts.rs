//! Commands that need to ask Slack first: kept durably, acknowledged, asked, decided again.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{App, Intent, Request};
use crate::directory::{self, Unread};
use crate::outbox::{self, To};
use crate::store::{inbox, timers};
use lookback_core::ids::{ChannelId, UserId};
use lookback_core::retro::{Refusal, Reply, Step, Timer};

/// What has to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    channel: Option<ChannelId>,
    people: Vec<UserId>,
    groups: Vec<String>,
    #[serde(default)]
    message: Option<(ChannelId, String)>,
}

impl Lookup {
    /// A channel with its members.
    pub fn channel(id: &ChannelId) -> Self {
        Self { channel: Some(id.clone()), ..Self::default() }
    }

    /// A person.
    pub fn person(id: &UserId) -> Self {
        Self::default().and_person(id)
    }

    /// And a person.
    #[must_use]
    pub fn and_person(self, id: &UserId) -> Self {
        self.and_people(std::slice::from_ref(id))
    }

    /// And the text of a message.
    #[must_use]
    pub fn and_message(self, channel: &ChannelId, ts: &str) -> Self {
        Self { message: Some((channel.clone(), ts.to_owned())), ..self }
    }

    /// And people.
    #[must_use]
    pub fn and_people(mut self, ids: &[UserId]) -> Self {
        self.people.extend_from_slice(ids);
        self
    }

    /// And user groups.
    #[must_use]
    pub fn and_groups(mut self, ids: &[String]) -> Self {
        self.groups.extend_from_slice(ids);
        self
    }
}

/// A request that waits.
#[derive(Debug, Serialize, Deserialize)]
pub struct Errand {
    /// What was asked.
    pub request: Request,
    /// What it needs.
    pub need: Lookup,
}

/// What Slack said, beside what is in the directory now.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The row that is done with this.
    pub errand: i64,
    /// The people of each group.
    pub groups: BTreeMap<String, Vec<UserId>>,
    /// Groups cannot be seen.
    pub no_groups: bool,
    /// The text of the message that was asked for; `None` where it cannot be read.
    pub message: Option<String>,
}

/// Tries before the person is told that Slack is silent: with the backoff about half a minute.
const TRIES: i64 = 5;

/// A command that could not be done for so long is given up.
const LASTS: Duration = Duration::minutes(15);

impl App {
    /// Runs an errand: asks Slack, then handles the request with what it said.
    pub async fn run_errand(self: &Arc<Self>, row: inbox::Errand) -> sqlx::Result<()> {
        let Ok(errand) = serde_json::from_str::<Errand>(&row.request) else {
            tracing::error!("an errand of another version was dropped");
            return self.drop_errand(row.id).await;
        };
        let now = self.clock.now();
        match self.fetch(&errand).await {
            Ok(mut fetched) => {
                fetched.errand = row.id;
                self.handle(errand.request, Some(&fetched)).await.map(|_| ())
            }
            Err(Unread::Database(error)) => Err(error),
            Err(_) if now.timestamp_millis() - row.made_ms > LASTS.num_milliseconds() => {
                self.give_up(&row, &errand.request, &Refusal::SlackSilent, "too late").await
            }
            Err(Unread::Later(until)) => self.postpone(row.id, until.timestamp_millis(), false).await,
            Err(Unread::Silent) if row.attempts < TRIES => {
                let wait = Duration::seconds(1 << row.attempts.clamp(0, TRIES));
                self.postpone(row.id, (now + wait).timestamp_millis(), true).await
            }
            Err(Unread::Silent) => self.give_up(&row, &errand.request, &Refusal::SlackSilent, "silent").await,
            Err(Unread::Refused(code)) => self.give_up(&row, &errand.request, &Refusal::SlackSilent, &code).await,
        }
    }

    async fn fetch(&self, errand: &Errand) -> Result<Fetched, Unread> {
        let team = &errand.request.team;
        let mut fetched = Fetched::default();
        if let Some(channel) = &errand.need.channel {
            directory::channel(self, team, channel, errand.request.asked.timestamp_millis()).await?;
        }
        directory::know(self, team, &errand.need.people).await?;
        for group in &errand.need.groups {
            match directory::group(self, team, group).await {
                Ok(users) => {
                    fetched.groups.insert(group.clone(), users);
                }
                Err(Unread::Refused(_)) => fetched.no_groups = true,
                Err(other) => return Err(other),
            }
        }
        if let Some((channel, ts)) = &errand.need.message {
            fetched.message = match directory::message(self, team, channel, ts).await {
                Ok(text) => text,
                Err(Unread::Refused(code)) => {
                    tracing::info!(code, "a message could not be read");
                    None
                }
                Err(other) => return Err(other),
            };
        }
        Ok(fetched)
    }

    async fn postpone(&self, id: i64, due_ms: i64, failed: bool) -> sqlx::Result<()> {
        let mut tx = self.store.begin().await?;
        inbox::postpone_errand(&mut tx, id, due_ms, failed).await?;
        tx.commit().await
    }

    /// An errand failed on our side: it rests, and is given up after a while.
    pub async fn errand_failed(&self, row: &inbox::Errand) {
        let now = self.clock.now();
        let rest = now + Duration::seconds(1 << row.attempts.clamp(0, 8));
        let old = now.timestamp_millis() - row.made_ms > LASTS.num_milliseconds();
        let saved = match serde_json::from_str::<Errand>(&row.request) {
            Ok(errand) if old => self.give_up(row, &errand.request, &Refusal::NotSaved, "failed").await,
            _ if old => self.drop_errand(row.id).await,
            _ => self.postpone(row.id, rest.timestamp_millis(), true).await,
        };
        if saved.is_err() {
            // Nothing can be saved right now, so the rest is kept here.
            self.lanes.pause(self, now + Duration::seconds(5)).await;
        }
    }

    async fn drop_errand(&self, id: i64) -> sqlx::Result<()> {
        let mut tx = self.store.begin().await?;
        inbox::take_errand(&mut tx, id).await?;
        tx.commit().await
    }

    async fn give_up(&self, row: &inbox::Errand, request: &Request, why: &Refusal, code: &str) -> sqlx::Result<()> {
        tracing::warn!(code, "a command was given up");
        let mut tx = self.store.begin().await?;
        if inbox::take_errand(&mut tx, row.id).await? {
            // A retro that could not begin for Slack's silence begins later.
            if let Intent::Begin { retro } = request.ask {
                let due = Some(self.clock.now() + LASTS);
                timers::set(&mut tx, &request.team, &Timer { retro, step: Step::Begin, due }).await?;
                return tx.commit().await;
            }
            let sorry = Reply::new(why.to_string());
            let now_ms = self.clock.now().timestamp_millis();
            // By DM: a response_url may be long gone by now.
            outbox::reply(&mut tx, &request.team, &request.key, To::Dm { user: request.user.clone() }, &sorry, now_ms)
                .await?;
        }
        tx.commit().await
    }
}
