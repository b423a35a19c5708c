//! Requests that wait for Slack: it is asked, and the request is decided again with what it said.

use std::sync::Arc;

use chrono::Duration;

use super::handle::{Asked, handle};
use super::lookup::{self, Fetched, Job};
use super::request::{Intent, Request};
use crate::bot::Bot;
use crate::directory::{self, Unread};
use crate::rate_limits::Wait;
use crate::seal::Vault;
use crate::store::stored::{self, Corrupt};
use crate::store::{Tx, cards, due, jobs, timers};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Refusal, Reply, Step, Timer};

/// Tries before the person is told that Slack is silent: with the backoff about half a minute.
const TRIES: i64 = 5;

/// A request that could not be done for so long is given up.
const LASTS: Duration = Duration::minutes(15);

/// Asks Slack, then handles the request with what it said.
pub async fn run(bot: &Arc<Bot>, row: jobs::Job) -> sqlx::Result<()> {
    let Some(job) = lookup::opened(&row, &bot.vault()) else {
        stored::log(&unreadable(&row));
        return set_aside(bot, &row).await;
    };
    let now = bot.clock.now();
    match fetch(bot, &job).await {
        Ok(mut fetched) => {
            fetched.job = row.id;
            handle(bot, job.request, Asked::Later(&fetched)).await?;
            let seconds = (bot.clock.now().timestamp_millis() - row.made_ms) / 1000;
            tracing::info!(seconds, "a request that waited for Slack was handled");
            Ok(())
        }
        Err(Unread::Database(error)) => Err(error),
        Err(_) if now.timestamp_millis() - row.made_ms > LASTS.num_milliseconds() => {
            give_up(bot, &row, &job.request, &Refusal::SlackSilent, "too late").await
        }
        // It stays first in the row, and nobody behind it is tried before.
        Err(Unread::Later(until)) => {
            bot.lanes.lookups_wait(Wait { since: now, until });
            Ok(())
        }
        Err(Unread::Silent) if row.attempts < TRIES => {
            let wait = Duration::seconds(1 << row.attempts.clamp(0, TRIES));
            postpone(bot, &row, (now + wait).timestamp_millis()).await
        }
        Err(Unread::Silent) => give_up(bot, &row, &job.request, &Refusal::SlackSilent, "silent").await,
        Err(Unread::Refused(code)) => give_up(bot, &row, &job.request, &Refusal::SlackSilent, &code).await,
    }
}

async fn fetch(bot: &Bot, job: &Job) -> Result<Fetched, Unread> {
    let team = &job.request.team;
    let mut fetched = Fetched::default();
    if let Some(channel) = &job.lookup.channel {
        directory::channel(bot, team, channel, job.request.asked.timestamp_millis()).await?;
    }
    directory::know(bot, team, &job.lookup.people).await?;
    for group in &job.lookup.groups {
        match directory::group(bot, team, group).await {
            Ok(users) => {
                fetched.groups.insert(group.clone(), users);
            }
            Err(Unread::Refused(_)) => fetched.no_groups = true,
            Err(other) => return Err(other),
        }
    }
    if let Some((channel, ts)) = &job.lookup.message {
        fetched.message = match directory::message(bot, team, channel, ts).await {
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

async fn postpone(bot: &Bot, row: &jobs::Job, due_ms: i64) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    due::put_off(&mut tx, &row.subject(), row.due_ms, due_ms).await?;
    tx.commit().await
}

/// A job failed on our side: it rests, and is given up after a while.
pub async fn failed(bot: &Bot, row: &jobs::Job) {
    let now = bot.clock.now();
    let rest = now + Duration::seconds(1 << row.attempts.clamp(0, 8));
    let old = now.timestamp_millis() - row.made_ms > LASTS.num_milliseconds();
    let saved = match lookup::opened(row, &bot.vault()) {
        Some(job) if old => give_up(bot, row, &job.request, &Refusal::NotSaved, "failed").await,
        None => set_aside(bot, row).await,
        Some(_) => postpone(bot, row, rest.timestamp_millis()).await,
    };
    if saved.is_err() {
        // Nothing can be saved right now, so the rest is kept here.
        bot.wait_for_pace(now + Duration::seconds(5)).await;
    }
}

/// The error about a job that cannot be read.
fn unreadable(row: &jobs::Job) -> Corrupt {
    stored::Row::of("due", &row.id).corrupt("sealed")
}

/// The jobs that cannot be read.
pub async fn all_unreadable(tx: &mut Tx, vault: &Vault<'_>) -> sqlx::Result<Vec<Corrupt>> {
    let rows = jobs::all(tx).await?;
    Ok(rows.iter().filter(|row| lookup::opened(row, vault).is_none()).map(unreadable).collect())
}

/// Removes the requests in which `user` is named: everything of a person is forgotten.
pub async fn forget_user(tx: &mut Tx, team: &TeamId, user: &UserId, vault: &Vault<'_>) -> sqlx::Result<u64> {
    let quoted = format!("\"{user}\"");
    let names = |row: &jobs::Job| {
        let text = vault.open_job(row.id, &row.sealed).unwrap_or_default();
        row.team_id == *team && String::from_utf8_lossy(&text).contains(&quoted)
    };
    let mut gone = 0;
    for row in jobs::all(tx).await?.iter().filter(|row| names(row)) {
        gone += u64::from(jobs::take(tx, &row.team_id, row.id).await?);
    }
    Ok(gone)
}

async fn set_aside(bot: &Bot, row: &jobs::Job) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    due::set_aside(&mut tx, &row.subject(), row.due_ms).await?;
    tx.commit().await
}

async fn give_up(bot: &Bot, row: &jobs::Job, request: &Request, why: &Refusal, code: &str) -> sqlx::Result<()> {
    tracing::warn!(code, "a command was given up");
    let mut tx = bot.store.begin().await?;
    if jobs::take(&mut tx, &row.team_id, row.id).await? {
        // A retro that could not begin for Slack's silence begins later.
        if let Intent::Begin { retro } = request.intent {
            let due = Some(bot.clock.now() + LASTS);
            timers::set(&mut tx, &request.team, &Timer { retro, step: Step::Begin, due }).await?;
            return tx.commit().await;
        }
        // By DM: a response_url may be long gone by now.
        let to = Recipient::Dm { user: request.user.clone() };
        let wanted = Wanted::reply(&request.key, to, &Reply::new(why.to_string()));
        cards::want(&mut tx, &request.team, &wanted, bot.now_ms()).await?;
    }
    tx.commit().await
}
