//! What the engine has under way beside its loop: messages, requests that wait for Slack, trackers, cleaning.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tokio::task::JoinSet;

use crate::app;
use crate::app::delivery;
use crate::bot::Bot;
use crate::outbox::dispatcher::{self, AT_ONCE};
use crate::store::due_work::DueWork;
use crate::store::{cards, jobs, responses, scrub, stored};
use lookback_core::ids::RetroId;
use lookback_core::model::ticket::Tracker;
use lookback_core::zone::from_ms;

/// How soon the file is cleaned again after a try that did not get everything.
pub const SCRUB_AGAIN: Duration = Duration::seconds(5);

/// Which kind of task has ended, so that the next of its kind may begin.
pub enum Ended {
    Job(i64),
    Cleaning,
    Tracker(Tracker),
    Other,
}

/// Tasks under way, and which of them there must not be twice.
#[derive(Default)]
pub struct Work {
    pub tasks: JoinSet<Ended>,
    jobs: BTreeSet<i64>,
    cleans: bool,
    trackers: BTreeSet<Tracker>,
}

impl Work {
    pub fn finished(&mut self, done: Result<Ended, tokio::task::JoinError>) {
        match done {
            Ok(Ended::Job(job)) => {
                self.jobs.remove(&job);
            }
            Ok(Ended::Cleaning) => self.cleans = false,
            Ok(Ended::Tracker(tracker)) => {
                self.trackers.remove(&tracker);
            }
            Ok(Ended::Other) => {}
            Err(error) => tracing::error!(%error, "a task ended by a fault"),
        }
    }

    /// Waits for what is under way; what only waits for its pace stays in its rows.
    pub async fn ends(&mut self, bot: &Bot) {
        while self.tasks.len() > bot.lanes.waiting().0
            && let Some(done) = self.tasks.join_next().await
        {
            self.finished(done);
        }
    }

    /// Runs a job, but never twice at once: this set tells what runs, and the row tells what is left to do.
    pub fn run_job(&mut self, bot: &Arc<Bot>, row: jobs::Job) {
        if self.jobs.len() >= AT_ONCE || !self.jobs.insert(row.id) {
            return;
        }
        let bot = bot.clone();
        self.tasks.spawn(async move {
            // In a task of its own, so that a fault in it is heard and not repeated for ever.
            let running = tokio::spawn({
                let (bot, row) = (bot.clone(), row.clone());
                async move { app::jobs::run(&bot, row).await }
            });
            let failed = match running.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(fault) => Some(fault.to_string()),
            };
            if let Some(error) = failed {
                tracing::error!(error, "a job failed");
                app::jobs::failed(&bot, &row).await;
            }
            Ended::Job(row.id)
        });
    }

    /// Does what is due in a tracker: one task for each, beside all else. Returns when a tracker that is left alone is
    /// asked again.
    pub fn run_trackers(&mut self, bot: &Arc<Bot>, due: &DueWork, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut next = None;
        for tracker in bot.trackers.set_up() {
            let Some(at) = due.in_tracker(tracker).map(from_ms) else { continue };
            let at = bot.trackers.paused_until(tracker, now).map_or(at, |until| until.max(at));
            if at > now {
                next = next.into_iter().chain([at]).min();
            } else if self.trackers.insert(tracker) {
                let bot = bot.clone();
                self.tasks.spawn(async move {
                    // In a task of its own, so that a fault in it does not stop the tracker for good.
                    let working = tokio::spawn({
                        let bot = bot.clone();
                        async move { app::tickets::work(&bot, tracker).await }
                    });
                    let failed = match working.await {
                        Ok(Ok(())) => None,
                        Ok(Err(error)) => Some(error.to_string()),
                        Err(fault) => Some(fault.to_string()),
                    };
                    if let Some(error) = failed {
                        tracing::error!(error, tracker = tracker.word(), "what is due in a tracker could not be done");
                        bot.wait_for_pace(bot.clock.now() + Duration::seconds(1)).await;
                    }
                    Ended::Tracker(tracker)
                });
            }
        }
        next
    }

    /// Sends a message, or looks for one; what it showed is saved with it.
    pub fn run_message(&mut self, bot: &Arc<Bot>, task: dispatcher::Task) {
        let bot = bot.clone();
        self.tasks.spawn(async move {
            if let Err(error) = send(&bot, task).await {
                // The row still says `sending`: it is looked for in a minute.
                tracing::error!(%error, "the result of a call could not be saved");
            }
            Ended::Other
        });
    }

    /// Cleans after surveys that are over, beside all else: PostgreSQL takes its time.
    pub fn run_cleaning(&mut self, bot: &Arc<Bot>, retros: Vec<RetroId>, now: DateTime<Utc>) {
        if retros.is_empty() || self.cleans {
            return;
        }
        self.cleans = true;
        let bot = bot.clone();
        self.tasks.spawn(async move {
            // In a task of its own, so that a fault in it is no end of all cleaning.
            let cleaning = tokio::spawn({
                let bot = bot.clone();
                async move { scrub(&bot, &retros, now).await }
            });
            match cleaning.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "could not remove the traces of deleted rows"),
                Err(fault) => tracing::error!(%fault, "could not remove the traces of deleted rows"),
            }
            Ended::Cleaning
        });
    }
}

async fn send(bot: &Bot, task: dispatcher::Task) -> sqlx::Result<()> {
    let dispatcher::Marked { team, mut tx, found, lane } = dispatcher::run(bot, task).await?;
    if let Some(finding) = found {
        // Where the retro cannot be read, the message is marked all the same.
        stored::or_skip(delivery::found(bot, &mut tx, &team, &finding).await)?;
    }
    tx.commit().await?;
    drop(lane);
    Ok(())
}

/// Cleans the file after surveys that are over, until nothing is left in it, its WAL and its free pages.
/// Deleted rows are overwritten in the file (`secure_delete`), but the WAL still holds their old content.
async fn scrub(bot: &Bot, retros: &[RetroId], now: DateTime<Utc>) -> sqlx::Result<()> {
    let again_ms = (now + SCRUB_AGAIN).timestamp_millis();
    let (mut left, mut keys) = (BTreeMap::new(), Vec::new());
    let mut tx = bot.store.begin().await?;
    for retro in retros {
        // While authors are still asked, their messages are needed.
        let open = responses::is_open(&mut tx, *retro).await?;
        left.insert(*retro, if open { 0 } else { cards::forget_shares(&mut tx, *retro).await? });
        keys.extend(responses::doomed(&mut tx, *retro).await?.into_iter().map(|key| (*retro, key)));
        // Whatever happens now: it is tried again.
        scrub::postpone(&mut tx, *retro, again_ms).await?;
    }
    tx.commit().await?;
    keys.retain(|(retro, key)| {
        let destroyed = bot.seal.destroy(key);
        if let Err(error) = &destroyed {
            tracing::error!(%error, %retro, "the key of a survey that is over could not be destroyed; trying again");
            left.insert(*retro, 1);
        }
        destroyed.is_ok()
    });
    let mut tx = bot.store.begin().await?;
    for (_, key) in &keys {
        responses::destroyed(&mut tx, key).await?;
    }
    tx.commit().await?;
    if !bot.store.scrub().await? {
        tracing::info!("could not remove the traces of deleted rows yet; trying again");
        return Ok(());
    }
    let mut tx = bot.store.begin().await?;
    for (retro, _) in left.iter().filter(|(_, left)| **left == 0) {
        scrub::done(&mut tx, *retro, again_ms).await?;
    }
    tx.commit().await
}
