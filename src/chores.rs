//! What the engine does now and then, beside what is due: rows are put right that time has overtaken, the server saves
//! that it runs, and what nobody repeats any more is removed.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use crate::app::{delivery, reminders};
use crate::bot::Bot;
use crate::calls;
use crate::freeze::Hold;
use crate::seal::Found;
use crate::store::{backup, edits, in_doubt, inbox, jobs, replies, responses, retention, runs};

/// How long what was handled is remembered: longer than Slack repeats anything.
const MEMORY: Duration = Duration::days(3);

/// How long the words of a message that has not come yet are kept.
const WORDS: Duration = Duration::hours(1);

/// How long what was written in a cancelled retro is kept.
const CANCELLED: Duration = Duration::days(30);

/// Retros that are removed in a minute.
const AT_ONCE: i64 = 20;

/// How long reminders are told apart: their messages have buttons so long.
const REMINDERS: Duration = Duration::weeks(10);

/// How long a copy from before an upgrade is kept: it still holds what was erased since.
const COPIES: Duration = Duration::days(30);

/// How often what is too old is removed.
const FORGET: Duration = Duration::hours(6);

/// How often rows are put right that time has overtaken.
const SWEEP: Duration = Duration::minutes(1);

/// How often the age of what is known of people is checked.
const LOOK_AT_AGE: Duration = Duration::hours(1);

/// Puts rows right that time has overtaken, and saves that the server runs.
async fn save_minute(bot: &Bot, now: DateTime<Utc>) -> sqlx::Result<()> {
    let beat_ms = bot.slack.time.now().timestamp_millis();
    // Until it is known whether a newer copy ran, the last sign of life stands.
    let beats = bot.freeze.hold() == Hold::Free;
    let mut tx = bot.store.begin().await?;
    in_doubt::sweep(&mut tx, now.timestamp_millis()).await?;
    edits::drop_words_before(&mut tx, (now - WORDS).timestamp_millis()).await?;
    if beats {
        runs::beat(&mut tx, beat_ms).await?;
    }
    tx.commit().await?;
    match bot.store.file().filter(|_| beats) {
        Some(file) => runs::beat_beside(file, beat_ms).map_err(sqlx::Error::Io),
        None => Ok(()),
    }
}

/// The last sign of life of a server that stops in order.
pub async fn last_beat(bot: &Bot) {
    if let Err(error) = save_minute(bot, bot.clock.now()).await {
        tracing::warn!(%error, "the last sign of life could not be saved");
    }
}

/// Removes what people wrote in retros whose time is over, some each minute. The time is Slack's: a clock that leaps must
/// not remove anything.
async fn forget_retros(bot: &Bot) -> sqlx::Result<()> {
    if bot.slack.time.skew().is_none() {
        return Ok(());
    }
    let now = bot.slack.time.now();
    let before = |period: Duration| (now - period).timestamp_millis();
    let mut tx = bot.store.read().await?;
    let over = retention::over(&mut tx, bot.retention.map(before), before(CANCELLED), AT_ONCE).await?;
    drop(tx);
    for (team, retro) in over {
        let forgotten = async {
            let mut tx = bot.store.begin().await?;
            retention::forget(&mut tx, &team, retro, &bot.vault(), bot.now_ms()).await?;
            tx.commit().await
        };
        match forgotten.await {
            Ok(()) => {
                tracing::info!(%retro, "what people wrote in a retro was deleted at the end of the retention period")
            }
            Err(error) => tracing::error!(%error, %retro, "what people wrote in a retro could not be deleted"),
        }
    }
    Ok(())
}

/// Destroys keys that no survey has: one was made for a start that was not saved, or a restore took its survey away.
async fn forget_keys(bot: &Bot, now: DateTime<Utc>) -> sqlx::Result<()> {
    let Some(keys) = bot.seal.keys().filter(|_| bot.freeze.hold() == Hold::Free) else { return Ok(()) };
    // While this holds the database nobody else makes a key.
    let mut tx = bot.store.begin().await?;
    let known = responses::key_names(&mut tx).await?;
    for name in keys.names().iter().filter(|name| !known.contains(*name)) {
        // One that this installation cannot open belongs to another.
        if matches!(bot.vault().key_of(name, None), Ok(Found::Key(_))) {
            bot.seal.destroy(name)?;
            keys.remove(name)?;
        }
    }
    keys.forget(now.into());
    Ok(())
}

/// Removes copies from before an upgrade that are older than `before`.
fn forget_copies(database: &Path, before: DateTime<Utc>) {
    for copy in backup::old_copies(database) {
        let made = std::fs::metadata(&copy).and_then(|copy| copy.modified());
        if made.is_ok_and(|made| DateTime::<Utc>::from(made) < before)
            && let Err(error) = std::fs::remove_file(&copy)
        {
            tracing::warn!(%error, copy = %copy.display(), "an old copy from before an upgrade could not be removed");
        }
    }
}

/// What is done now and then.
#[derive(Debug, Default)]
pub struct Chores {
    swept: Option<DateTime<Utc>>,
    read: Option<DateTime<Utc>>,
    forgot: Option<DateTime<Utc>>,
}

impl Chores {
    /// Puts rows right that time has overtaken, and reminders after a jump of the clock.
    pub async fn sweep(&mut self, bot: &Arc<Bot>) {
        let now = bot.clock.now();
        if self.swept.is_some_and(|at| (now - at).abs() < SWEEP) {
            return;
        }
        let set_back = self.swept.is_some_and(|at| at - now >= Duration::hours(1));
        self.swept = Some(now);
        if let Err(error) = bot.store.scrub_traces().await {
            tracing::warn!(%error, "could not remove the traces of deleted rows");
        }
        let done = save_minute(bot, now).await;
        bot.health.saved(done.is_ok(), now);
        if let Err(error) = done {
            tracing::error!(%error, "this minute's housekeeping failed");
        }
        if bot.freeze.hold() != Hold::Free {
            return;
        }
        if let Err(error) = forget_retros(bot).await {
            tracing::error!(%error, "retros whose time is over could not be removed");
        }
        if let Err(error) = delivery::give_up_lanes(bot).await {
            tracing::error!(%error, "a channel that refuses messages could not be given up");
        }
        if bot.slack.time.silent_since().is_some() {
            let bot = bot.clone();
            tokio::spawn(async move {
                for team in bot.workspaces.keys() {
                    calls::probe(&bot, team).await;
                }
            });
        }
        if let Err(error) = reminders::clock_put_right(bot, set_back).await {
            tracing::error!(%error, "reminders that were held back could not be looked at");
        }
    }

    /// Whether it is time to look how long ago people were read; the start does it by itself.
    pub fn reads_people(&mut self, bot: &Bot) -> bool {
        let now = bot.clock.now();
        let is_time = self.read.is_some_and(|at| (now - at).abs() >= LOOK_AT_AGE);
        if is_time || self.read.is_none() {
            self.read = Some(now);
        }
        is_time
    }

    /// Forgets what nobody repeats any more.
    pub async fn forget(&mut self, bot: &Bot) {
        let now = bot.clock.now();
        if self.forgot.is_some_and(|at| (now - at).abs() <= FORGET) {
            return;
        }
        self.forgot = Some(now);
        let before = (now - MEMORY).timestamp_millis();
        let done = async {
            let mut tx = bot.store.begin().await?;
            inbox::forget_before(&mut tx, before).await?;
            edits::forget_before(&mut tx, before).await?;
            replies::forget(&mut tx, before).await?;
            jobs::forget_aside(&mut tx, before).await?;
            retention::forget_reminders(&mut tx, (now - REMINDERS).date_naive()).await?;
            tx.commit().await
        };
        if let Err(error) = done.await {
            tracing::error!(%error, "old rows were not removed");
        }
        if let Err(error) = forget_keys(bot, now).await {
            tracing::error!(%error, "keys that no survey has could not be destroyed");
        }
        if let Some(file) = bot.store.file() {
            forget_copies(file, now - COPIES);
        }
    }
}
