//! `/readyz`: whether the bot can save, reach Slack and send; else why not, in words for an operator.

use chrono::{DateTime, Duration, Utc};

use crate::app::request::PATIENCE;
use crate::bot::Bot;
use crate::freeze::Hold;
use crate::store::ready::ready as ready_messages;
use lookback_core::retro::message::Way;
use lookback_core::zone::from_ms;

/// How long Slack may be silent.
const SILENT: Duration = Duration::minutes(1);

/// How long a message that could go may wait while no other leaves.
const WAITS: Duration = Duration::minutes(15);

/// Lanes looked at of each way.
const HEADS: i64 = 64;

/// How long saving must have failed: a process that has to wait for a lock once still takes requests.
const UNSAVED: Duration = Duration::seconds(3);

/// `Ok` where a request of a person can be saved here; else why not. A click that meets no process is lost, so that nothing
/// else takes one out of a load balancer.
pub async fn takes_requests(bot: &Bot) -> Result<(), String> {
    if bot.health.stops() {
        return Err("this process is stopping".to_owned());
    }
    match tokio::time::timeout(PATIENCE, bot.store.takes_writes()).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return Err("the database is read-only: set DATABASE_URL to the primary".to_owned()),
        Ok(Err(error)) => return Err(format!("the database does not answer: {error}")),
        Err(_) => return Err("the database does not answer in time".to_owned()),
    }
    match bot.health.unsaved_since() {
        Some(since) if bot.clock.now() - since >= UNSAVED => {
            Err(format!("nothing has been saved since {since}: look for a full disk, a lock or a read-only file"))
        }
        Some(_) | None => Ok(()),
    }
}

/// `Ok`, or the first reason why not.
pub async fn ready(bot: &Bot) -> Result<(), String> {
    takes_requests(bot).await?;
    let now = bot.clock.now();
    match bot.freeze.hold() {
        Hold::Free => {}
        Hold::Asking { .. } => {
            return Err("checking with Slack whether a newer copy of this database was in use".to_owned());
        }
        Hold::Frozen { .. } => {
            return Err(
                "a newer copy of this database has been in use, and nothing is sent: restore a newer backup, or run `lookback restore --go-on`"
                    .to_owned(),
            );
        }
    }
    for team in bot.workspaces.keys() {
        if bot.lanes.silent_until(team, now).is_some() {
            return Err("Slack does not accept the token: check SLACK_BOT_TOKEN with `lookback doctor`".to_owned());
        }
    }
    if let Some(since) = bot.slack.time.silent_since().filter(|since| now - *since >= SILENT) {
        return Err(format!("Slack has not answered since {since}"));
    }
    if let Some(since) = bot.health.deaf_since().filter(|since| now - *since >= SILENT) {
        return Err(format!(
            "Slack has had no connection to this bot since {since}: look for SLACK_APP_TOKEN in the log"
        ));
    }
    match waiting(bot).await {
        Ok(false) => Ok(()),
        Ok(true) => Err("a message that could go has waited for more than 15 minutes".to_owned()),
        Err(error) => Err(format!("the database does not answer: {error}")),
    }
}

/// Whether a message that could go waits too long, although none leaves.
async fn waiting(bot: &Bot) -> sqlx::Result<bool> {
    let now = bot.clock.now();
    if bot.health.last_sent().is_some_and(|sent| now - sent < SILENT) {
        return Ok(false);
    }
    Ok(oldest(bot).await?.is_some_and(|since| now - since >= WAITS))
}

/// Since when the oldest message waits that could go; `None` where none does.
pub async fn oldest(bot: &Bot) -> sqlx::Result<Option<DateTime<Utc>>> {
    let now_ms = bot.now_ms();
    let mut oldest = None;
    let mut tx = bot.store.read().await?;
    for team in bot.workspaces.keys() {
        for way in [None].into_iter().chain(Way::ALL.map(Some)) {
            let found = ready_messages(&mut tx, team, way, now_ms, HEADS).await?;
            let since = found.rows.iter().map(|row| row.due_ms.max(row.made_ms)).min();
            oldest = [oldest, since].into_iter().flatten().min();
        }
    }
    Ok(oldest.map(from_ms))
}
