//! A message in doubt: it may have arrived. Somebody has to look.
//!
//! The history is read twice, some seconds apart; found means adopted, absent twice means sent again
//! with the same key, unreadable means: not sent again, and shown to the facilitator.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::failure::{self, Finding, Kind};
use super::render::{self, Thread};
use super::{answer, send};
use crate::bot::Bot;
use crate::calls::{self, History};
use crate::freeze::Unknown;
use crate::rate_limits;
use crate::slack::client::CallError;
use crate::store::cards::{self, Next, Outgoing};
use crate::store::{Tx, directory};
use lookback_core::ids::{ChannelId, UserId};
use lookback_core::retro::Card;
use lookback_core::retro::message::{Content, Wanted};

/// Pause between two looks; shorter where the process that sent it is gone.
const PAUSE: Duration = Duration::seconds(10);
const PAUSE_AFTER_DEATH: Duration = Duration::seconds(2);

/// How far before the call the history is read: the clock may have been ahead of Slack's when the call began. What is
/// found is known by its key, so that reading more does no harm.
const MARGIN: Duration = Duration::minutes(62);

/// With these codes no later look sees more.
const BLIND: [&str; 7] = [
    "missing_scope",
    "not_in_channel",
    "channel_not_found",
    "thread_not_found",
    "not_allowed_token_type",
    "no_permission",
    "access_denied",
];

/// What a look showed.
#[derive(Debug)]
pub enum Look {
    Found {
        ts: String,
        channel: ChannelId,
    },
    Absent,
    /// The history cannot be read with what was granted.
    Blind,
    Later(CallError),
}

/// Looks once and marks what becomes of the row, in a transaction that the caller commits.
pub async fn settle(bot: &Bot, row: &Outgoing) -> sqlx::Result<(Tx, Option<Finding>)> {
    let now = bot.clock.now();
    let kind = send::kind(row);
    let due_ms = now.timestamp_millis();
    let next = match kind {
        Kind::Update => Next::Again { due_ms, counted: false },
        Kind::Fleeting => Next::Dead,
        // It may be there, and that is enough.
        Kind::Once => return Ok((done(bot, row).await?, None)),
        Kind::ChannelPost | Kind::PersonPost => match look(bot, row).await? {
            Look::Found { ts, channel } => return Ok((adopt(bot, row, &ts, &channel).await?, None)),
            Look::Absent => absent(row, now),
            // The bot may just have been off, and nothing says that it is there.
            Look::Blind if in_unknown(bot, row).is_some_and(|unknown| !unknown.proven) => {
                Next::Again { due_ms, counted: false }
            }
            Look::Blind => Next::Dead,
            // For a quarter of an hour nobody could look: that will not get better by itself.
            Look::Later(CallError::Refused { .. }) if due_ms - looked_for_since(bot, row) > 900_000 => Next::Dead,
            Look::Later(error) => {
                let wait = match error {
                    CallError::Limited { after } => Duration::from_std(after).unwrap_or(PAUSE),
                    CallError::Refused { .. } | CallError::NotSent | CallError::Unclear => failure::SETTLE,
                };
                Next::Doubt { due_ms: (now + wait).timestamp_millis(), looks: row.looks }
            }
        },
    };
    let dead = next == Next::Dead;
    if dead {
        tracing::warn!(kind = super::kind_of(&row.key), "a message could not be confirmed and is not sent again");
    }
    let mut tx = bot.store.begin().await?;
    cards::mark(&mut tx, row, &next, if dead { "unconfirmed" } else { "" }).await?;
    if dead {
        answer::by_dm(bot, &mut tx, row).await?;
    }
    let found = if let Content::Card(card) = &row.content
        && dead
        && kind == Kind::ChannelPost
    {
        Some(Finding::ChannelRefused(card.clone()))
    } else {
        None
    };
    Ok((tx, found))
}

async fn done(bot: &Bot, row: &Outgoing) -> sqlx::Result<Tx> {
    let mut tx = bot.store.begin().await?;
    cards::mark_sent(&mut tx, row, None, None, None).await?;
    Ok(tx)
}

/// Since when it is looked for, in milliseconds.
fn looked_for_since(bot: &Bot, row: &Outgoing) -> i64 {
    in_unknown(bot, row).map_or(row.started_ms.unwrap_or_default(), |unknown| unknown.to_ms.max(row.made_ms))
}

/// The time in which a newer copy of the database may have posted this, where that is why it is looked for.
fn in_unknown(bot: &Bot, row: &Outgoing) -> Option<Unknown> {
    bot.freeze.unknown().filter(|unknown| row.started_ms == Some(unknown.from_ms))
}

/// It is not in the history: absent twice, it is sent again.
fn absent(row: &Outgoing, now: DateTime<Utc>) -> Next {
    let looks = row.looks + 1;
    if looks == 0 || looks >= 2 {
        return Next::Again { due_ms: now.timestamp_millis(), counted: false };
    }
    let pause = if row.looks < 0 { PAUSE_AFTER_DEATH } else { PAUSE };
    Next::Doubt { due_ms: (now + pause).timestamp_millis(), looks }
}

/// It is in the history: the row takes it as sent, and shows its newest state there.
async fn adopt(bot: &Bot, row: &Outgoing, ts: &str, channel: &ChannelId) -> sqlx::Result<Tx> {
    let now_ms = bot.now_ms();
    let mut tx = bot.store.begin().await?;
    if let Some(user) = row.content.dm_user() {
        directory::set_dm_channel(&mut tx, &row.team, &user, channel).await?;
    }
    cards::mark_sent(&mut tx, row, Some(ts), Some(channel), None).await?;
    let newer = match &row.content {
        // The message of a file is not ours to edit.
        Content::Card(Card::Document(_)) => None,
        Content::Card(card) => Some(Wanted::card(card, &ChannelId(row.lane.clone()))),
        Content::Reminder { owner, day } => Some(Wanted::reminder(owner, *day)),
        Content::Assignment { owner, message } => Some(Wanted::assignment(owner, message)),
        Content::Reply(_) | Content::Home(_) | Content::Chart { .. } | Content::File { .. } => None,
    };
    if let Some(wanted) = newer {
        cards::want(&mut tx, &row.team, &wanted, now_ms).await?;
    }
    Ok(tx)
}

async fn look(bot: &Bot, row: &Outgoing) -> sqlx::Result<Look> {
    let mut tx = bot.store.read().await?;
    let thread = render::thread(&mut tx, row).await?;
    let user = row.content.dm_user();
    let dm = match &user {
        Some(user) => directory::dm_channel(&mut tx, &row.team, user).await?,
        None => None,
    };
    drop(tx);
    let channel = match (&user, dm) {
        (None, _) => ChannelId(row.lane.clone()),
        (Some(_), Some(dm)) => dm,
        (Some(user), None) => match open_dm(bot, row, user).await {
            Ok(dm) => dm,
            Err(look) => return Ok(look),
        },
    };
    Ok(search(bot, row, &channel, &thread).await)
}

/// The DM with somebody to whom nothing was posted yet. Opening it needs `im:write`; without it the
/// person's id is tried, which some of Slack's methods take for the DM.
async fn open_dm(bot: &Bot, row: &Outgoing, user: &UserId) -> Result<ChannelId, Look> {
    #[derive(Deserialize)]
    struct Opened {
        channel: Id,
    }
    #[derive(Deserialize)]
    struct Id {
        id: ChannelId,
    }
    let body = serde_json::json!({"users": user});
    match calls::post::<Opened>(bot, &row.team, "conversations.open", rate_limits::TIER3, &body).await {
        Ok(opened) => Ok(opened.channel.id),
        Err(CallError::Refused { .. }) => Ok(ChannelId(user.0.clone())),
        Err(other) => Err(Look::Later(other)),
    }
}

async fn search(bot: &Bot, row: &Outgoing, channel: &ChannelId, thread: &Thread) -> Look {
    let ahead = bot.slack.time.skew().unwrap_or_default().min(Duration::zero());
    let since = lookback_core::zone::from_ms(row.started_ms.unwrap_or_default()) + ahead - MARGIN;
    let until = in_unknown(bot, row).map(|unknown| lookback_core::zone::from_ms(unknown.to_ms) + MARGIN);
    let key = send::wire_key(bot, row);
    let part = History {
        channel,
        thread: match thread {
            Thread::In(ts) => Some(ts.as_str()),
            Thread::None | Thread::Later => None,
        },
        since,
        until,
    };
    let mut cursor = String::new();
    loop {
        let page = match calls::history(bot, &row.team, &part, &cursor).await {
            Ok(page) => page,
            Err(CallError::Refused { code, .. }) if BLIND.contains(&code.as_str()) => return Look::Blind,
            Err(other) => return Look::Later(other),
        };
        let ours = |m: &&Value| {
            let named = m.pointer("/metadata/event_payload/key").and_then(Value::as_str) == Some(key.as_str());
            let file = row.file_id.as_deref().is_some_and(|id| {
                m.get("files")
                    .and_then(Value::as_array)
                    .is_some_and(|f| f.iter().any(|f| f.get("id").and_then(Value::as_str) == Some(id)))
            });
            named || file
        };
        if let Some(found) = page.messages.iter().find(ours) {
            // A file's message is not ours to edit: its file id stands for it.
            let ts = found.get("ts").and_then(Value::as_str).unwrap_or_default();
            let ts = row.file_id.as_deref().unwrap_or(ts).to_owned();
            return Look::Found { ts, channel: channel.clone() };
        }
        cursor = page.response_metadata.next_cursor;
        if cursor.is_empty() {
            return Look::Absent;
        }
    }
}
