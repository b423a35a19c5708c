//! Claims what is ready, sends it, and marks what became of it.

use chrono::{DateTime, Duration, Utc};

use super::failure::{self, Finding, Kind, Tell};
use super::render::{self, Thread};
use super::rendering::{Payload, mark_of};
use super::{doubt, send};
use crate::bot::Bot;
use crate::decisions;
use crate::lanes::LaneGuard;
use crate::rate_limits::{self, Rate};
use crate::slack::client::CallError;
use crate::store::cards::{self, Next, Outgoing};
use crate::store::{Tx, directory, stored};
use lookback_core::ids::TeamId;
use lookback_core::retro::Card;
use lookback_core::retro::message::{Content, Recipient, Wanted};

/// Rows looked at in one go: enough to find work behind lanes that wait.
const LOOK: i64 = 100;

/// Calls under way at once.
pub const AT_ONCE: usize = 8;

/// For how long nothing is sent to a workspace that does not accept the token.
const SILENCE: Duration = Duration::minutes(10);

/// A claimed row, and what is to be done with it.
#[derive(Debug)]
pub enum Task {
    Send(Box<Sending>),
    /// It may have arrived: to look for.
    Look(Box<Outgoing>, LaneGuard),
}

/// A row that is to be sent.
#[derive(Debug)]
pub struct Sending {
    row: Outgoing,
    payload: Payload,
    shown: Option<String>,
    thread: Thread,
    lane: LaneGuard,
}

/// What a claim found.
#[derive(Debug, Default)]
pub struct Claimed {
    pub tasks: Vec<Task>,
    /// Rows were settled that had nothing to say.
    pub settled: bool,
    /// When to claim again, where something waits for its pace.
    pub again: Option<DateTime<Utc>>,
}

impl Claimed {
    fn again_at(&mut self, at: DateTime<Utc>) {
        self.again = Some(self.again.map_or(at, |again| again.min(at)));
    }
}

/// A row that is marked in a transaction still open: what follows from `found` is saved with it.
#[derive(Debug)]
pub struct Marked {
    /// The workspace of the row.
    pub team: TeamId,
    pub tx: Tx,
    pub found: Option<Finding>,
    /// The lane is in use until the commit.
    pub lane: LaneGuard,
}

fn method(row: &Outgoing) -> &'static str {
    match (&row.content, send::kind(row)) {
        (Content::Reply(Recipient::Hook { .. }), _) => "response_url",
        (Content::Home(_), _) => "views.publish",
        (Content::Reply(Recipient::Ephemeral { .. }), _) => "chat.postEphemeral",
        (_, Kind::Update) => "chat.update",
        (Content::Card(Card::Document(_)) | Content::File { .. } | Content::Chart { .. }, _) => {
            "files.completeUploadExternal"
        }
        _ => "chat.postMessage",
    }
}

/// The buckets that a row takes a call out of.
fn buckets(row: &Outgoing) -> Vec<(String, Rate)> {
    let team = &row.team;
    match method(row) {
        "chat.update" => vec![(format!("{team}/chat.update"), rate_limits::TIER3)],
        "chat.postEphemeral" => vec![(format!("{team}/chat.postEphemeral"), rate_limits::TIER4)],
        "views.publish" => vec![(format!("{team}/views.publish"), rate_limits::TIER4)],
        "response_url" => Vec::new(),
        _ => vec![
            (format!("{team}/post/{}", row.lane), rate_limits::CHANNEL),
            (format!("{team}/post"), rate_limits::WORKSPACE),
        ],
    }
}

/// Claims up to `room` rows: each is marked and rendered in one transaction.
pub async fn claim(bot: &Bot, room: usize) -> sqlx::Result<Claimed> {
    let now = bot.clock.now();
    let mut claimed = Claimed::default();
    let mut tx = bot.store.read().await?;
    let doubtful = cards::doubtful(&mut tx, now.timestamp_millis(), 8).await?;
    let found = cards::ready(&mut tx, now.timestamp_millis(), LOOK).await?;
    let mut ready = Vec::new();
    for row in found.rows {
        // What waits for its parent takes no place in the pace.
        if render::thread(&mut tx, &row).await? != Thread::Later {
            ready.push(row);
        }
    }
    drop(tx);
    let unreadable = [doubtful.unreadable, found.unreadable].concat();
    if !unreadable.is_empty() {
        set_aside(bot, &unreadable).await?;
        claimed.settled = true;
    }
    let speaks = |row: &Outgoing, claimed: &mut Claimed| match bot.lanes.silent_until(&row.team, now) {
        Some(until) => {
            claimed.again_at(until);
            false
        }
        None => true,
    };
    for row in doubtful.rows {
        if claimed.tasks.len() < room
            && speaks(&row, &mut claimed)
            && let Some(lane) = bot.lanes.take_lane(&row.lane)
        {
            claimed.tasks.push(Task::Look(Box::new(row), lane));
        }
    }
    let mut wanted = Vec::new();
    for row in ready {
        if claimed.tasks.len() + wanted.len() >= room {
            break;
        }
        if !speaks(&row, &mut claimed) {
            continue;
        }
        // One at a time in a lane, so that they arrive in order.
        let Some(lane) = bot.lanes.take_lane(&row.lane) else { continue };
        match bot.lanes.take_calls(now, &row.team, method(&row), &buckets(&row)) {
            Ok(()) => wanted.push((row, lane)),
            Err(until) => claimed.again_at(until),
        }
    }
    if !wanted.is_empty() {
        mark_claimed(bot, wanted, &mut claimed).await?;
    }
    Ok(claimed)
}

/// Sets messages aside that cannot be read.
async fn set_aside(bot: &Bot, unreadable: &[(TeamId, String)]) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    for (team, key) in unreadable {
        cards::set_aside(&mut tx, team, key).await?;
    }
    tx.commit().await
}

/// Marks rows as being sent and renders them, all in one transaction.
async fn mark_claimed(bot: &Bot, wanted: Vec<(Outgoing, LaneGuard)>, claimed: &mut Claimed) -> sqlx::Result<()> {
    let now_ms = bot.now_ms();
    let mut tx = bot.store.begin().await?;
    for (row, lane) in wanted {
        let thread = render::thread(&mut tx, &row).await?;
        if thread == Thread::Later || !cards::claim(&mut tx, &row, now_ms).await? {
            continue;
        }
        let rendered = match render::render(bot, &mut tx, &row).await {
            Ok(rendered) => rendered,
            Err(error) => {
                let Some(corrupt) = stored::corrupt(&error) else { return Err(error) };
                stored::log(corrupt);
                cards::set_aside(&mut tx, &row.team, &row.key).await?;
                claimed.settled = true;
                continue;
            }
        };
        decisions::save(&mut tx, &row.team, &rendered.follows, &bot.vault(), now_ms).await?;
        let Some(payload) = rendered.payload else {
            cards::mark_sent(&mut tx, &row, None, None, row.shown.as_deref()).await?;
            claimed.settled = true;
            continue;
        };
        let shown = match &payload {
            Payload::Message(message) => mark_of(&row, message),
            Payload::Gone | Payload::Home(_) | Payload::File { .. } | Payload::Chart { .. } => None,
        };
        if row.ts.is_some() && shown.is_some() && shown == row.shown {
            cards::mark_sent(&mut tx, &row, None, None, shown.as_deref()).await?;
            claimed.settled = true;
        } else {
            claimed.tasks.push(Task::Send(Box::new(Sending { row, payload, shown, thread, lane })));
        }
    }
    tx.commit().await
}

/// Does one task up to its commit.
pub async fn run(bot: &Bot, task: Task) -> sqlx::Result<Marked> {
    match task {
        Task::Send(sending) => deliver(bot, *sending).await,
        Task::Look(row, lane) => {
            let (tx, found) = doubt::settle(bot, &row).await?;
            Ok(Marked { team: row.team, tx, found, lane })
        }
    }
}

async fn deliver(bot: &Bot, sending: Sending) -> sqlx::Result<Marked> {
    let Sending { row, payload, shown, thread, lane } = sending;
    let sent = send::send(bot, &row, payload, thread).await;
    let mut tx = bot.store.begin().await?;
    let found = match sent {
        Ok(sent) if sent.gone => {
            cards::mark_gone(&mut tx, &row).await?;
            None
        }
        Ok(sent) => {
            if let (Some(user), Some(dm)) = (row.content.dm_user(), &sent.channel) {
                directory::set_dm_channel(&mut tx, &row.team, &user, dm).await?;
            }
            cards::mark_sent(&mut tx, &row, sent.ts.as_deref(), sent.channel.as_ref(), shown.as_deref()).await?;
            None
        }
        Err(error) => failed(bot, &mut tx, &row, &error).await?,
    };
    Ok(Marked { team: row.team, tx, found, lane })
}

/// Marks a row that was not delivered.
async fn failed(bot: &Bot, tx: &mut Tx, row: &Outgoing, error: &CallError) -> sqlx::Result<Option<Finding>> {
    let now = bot.clock.now();
    let verdict = failure::verdict(row, send::kind(row), error, now);
    tracing::warn!(
        kind = super::kind_of(&row.key),
        method = method(row),
        code = error.code(),
        "a message was not delivered"
    );
    if let CallError::Limited { after } = error {
        let until = now + Duration::from_std(*after).unwrap_or(Duration::minutes(1));
        bot.lanes.retry_after(&row.team, method(row), until);
        cards::set_backoff(tx, &row.team, method(row), until.timestamp_millis()).await?;
    }
    cards::mark(tx, row, &verdict.next, error.code()).await?;
    if let (Content::Reply(Recipient::Hook { user, .. }), Next::Dead, CallError::Refused(_)) =
        (&row.content, &verdict.next, error)
        && let Some(words) = row.body.as_deref().and_then(|b| serde_json::from_str(b).ok())
    {
        // Slack takes no more replies at this address: it lasts half an hour and five uses. The words go by DM.
        // https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
        let wanted = Wanted::reply(&format!("{}/dm", row.key), Recipient::Dm { user: user.clone() }, &words);
        cards::want(tx, &row.team, &wanted, now.timestamp_millis()).await?;
    }
    if verdict.tell == Tell::TokenRefused {
        tracing::error!(
            "Slack does not accept the token: nothing is sent for ten minutes. Check SLACK_BOT_TOKEN with `lookback doctor`"
        );
        bot.lanes.silence(&row.team, now + SILENCE);
    }
    Ok(failure::finding(row, &verdict))
}
