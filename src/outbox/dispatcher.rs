//! Claims what is ready, sends it, and marks what became of it.

use chrono::{DateTime, Duration, Utc};

use super::failure::{self, Finding, Tell};
use super::render::{self, Thread};
use super::rendering::{Payload, mark_of};
use super::{answer, doubt, send};
use crate::bot::Bot;
use crate::calls;
use crate::decisions;
use crate::faults::{self, Failed};
use crate::freeze::{Hold, Unknown};
use crate::lanes::LaneGuard;
use crate::metrics;
use crate::newer_blocks;
use crate::rate_limits::{self, Rate, Wait};
use crate::slack::client::CallError;
use crate::slack::view::newer::Newer;
use crate::store::cards::{self, Found, Next, Outgoing};
use crate::store::{Tx, backoff, canvases, directory, in_doubt, ready, runs};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::retro::card::Priority;
use lookback_core::retro::message::{Content, Way};

/// Lanes looked at in one go. Those that cannot go are few: a call is under way in them, or was within the last second.
const LOOK: i64 = 64;

/// Calls under way at once.
pub const AT_ONCE: usize = 8;

/// For how long what Slack said is kept while it cannot be saved: a message whose result is lost has to be looked for, and
/// some that nobody can find are said again.
const KEPT: std::time::Duration = std::time::Duration::from_secs(10);

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
    /// The kinds of its blocks, by their places.
    kinds: Vec<Option<Newer>>,
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

/// How a message leaves now: `None` for an update of what was posted.
fn way(row: &Outgoing) -> Option<Way> {
    row.ts.is_none().then(|| row.content.way())
}

fn method(way: Option<Way>) -> &'static str {
    match way {
        None => "chat.update",
        Some(Way::Hook) => "response_url",
        Some(Way::Ephemeral) => "chat.postEphemeral",
        Some(Way::Post) => "chat.postMessage",
        Some(Way::File) => "files.completeUploadExternal",
        Some(Way::Canvas) => "canvases.edit",
        Some(Way::Home) => "views.publish",
    }
}

/// The buckets of a workspace out of which a message takes its call.
fn shared_buckets(team: &TeamId, way: Option<Way>) -> Vec<(String, Rate)> {
    let rate = match way {
        None => rate_limits::TIER3,
        Some(Way::Ephemeral | Way::Home) => rate_limits::TIER4,
        Some(Way::Canvas) => rate_limits::TIER2,
        Some(Way::Hook) => return Vec::new(),
        Some(Way::Post | Way::File) => return vec![(format!("{team}/post"), rate_limits::WORKSPACE)],
    };
    vec![(format!("{team}/{}", method(way)), rate)]
}

/// All buckets that a row takes a call out of.
fn buckets(row: &Outgoing) -> Vec<(String, Rate)> {
    let mut buckets = shared_buckets(&row.team, way(row));
    if matches!(way(row), Some(Way::Post | Way::File)) {
        buckets.push((format!("{}/post/{}", row.team, row.lane), rate_limits::CHANNEL));
    }
    buckets
}

/// What may leave first in each lane: only ways whose pace has a call left are asked for, so that nothing that has to
/// wait stands before what can go.
async fn heads(bot: &Bot, tx: &mut Tx, claimed: &mut Claimed) -> sqlx::Result<Found> {
    let now = bot.clock.now();
    let mut heads = Found::default();
    for team in bot.workspaces.keys() {
        if let Some(until) = bot.lanes.silent_until(team, now) {
            claimed.again_at(until);
            continue;
        }
        match bot.freeze.hold() {
            Hold::Free => {}
            Hold::Asking { since_ms } | Hold::Frozen { since_ms } => {
                let found = cards::answers(tx, team, since_ms, now.timestamp_millis()).await?;
                heads.rows.extend(found.rows);
                heads.unreadable.extend(found.unreadable);
                continue;
            }
        }
        for way in [None].into_iter().chain(Way::ALL.map(Some)) {
            match bot.lanes.has_call(now, team, method(way), &shared_buckets(team, way)) {
                Err(until) => claimed.again_at(until),
                Ok(()) => {
                    let found = ready::ready(tx, team, way, now.timestamp_millis(), LOOK).await?;
                    heads.rows.extend(found.rows);
                    heads.unreadable.extend(found.unreadable);
                }
            }
        }
    }
    heads.rows.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(heads)
}

/// Replies first, then channels, then DMs; posts before updates.
fn order(row: &Outgoing) -> (Priority, bool, i64, &str) {
    (row.content.priority(), row.ts.is_some(), row.made_ms, &row.key)
}

/// Claims up to `room` rows: each is marked and rendered in one transaction.
pub async fn claim(bot: &Bot, room: usize) -> sqlx::Result<Claimed> {
    let now = bot.clock.now();
    let mut claimed = Claimed::default();
    let mut tx = bot.store.read().await?;
    let doubtful = match bot.freeze.hold() {
        Hold::Free => in_doubt::due(&mut tx, now.timestamp_millis(), 8).await?,
        Hold::Asking { .. } | Hold::Frozen { .. } => Found::default(),
    };
    let ready = heads(bot, &mut tx, &mut claimed).await?;
    drop(tx);
    let unreadable = [doubtful.unreadable, ready.unreadable].concat();
    if !unreadable.is_empty() {
        set_aside(bot, &unreadable).await?;
        claimed.settled = true;
    }
    for row in doubtful.rows {
        if claimed.tasks.len() < room
            && bot.lanes.silent_until(&row.team, now).is_none()
            && let Some(lane) = bot.lanes.take_lane(&row.lane)
        {
            // It was read before its lane was taken: another look may have settled it meanwhile.
            let mut tx = bot.store.read().await?;
            if in_doubt::is_still_in_doubt(&mut tx, &row.team, &row.key).await? {
                claimed.tasks.push(Task::Look(Box::new(row), lane));
            }
        }
    }
    let mut wanted = Vec::new();
    for row in ready.rows {
        if claimed.tasks.len() + wanted.len() >= room {
            break;
        }
        // One at a time in a lane, so that they arrive in order.
        let Some(lane) = bot.lanes.take_lane(&row.lane) else { continue };
        match bot.lanes.take_calls(now, &row.team, method(way(&row)), &buckets(&row)) {
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
    if bot.freeze.hold() == Hold::Free {
        runs::beat(&mut tx, bot.slack.time.now().timestamp_millis()).await?;
    }
    for (row, lane) in wanted {
        let thread = render::thread(&mut tx, &row).await?;
        if let Some(unknown) = bot.freeze.unknown()
            && may_be_there(&mut tx, &row, unknown, now_ms).await?
        {
            runs::look_first(&mut tx, &row, unknown.from_ms, now_ms).await?;
            claimed.settled = true;
            continue;
        }
        if thread == Thread::Later || !cards::claim(&mut tx, &row, now_ms).await? {
            continue;
        }
        let worded = async {
            let rendered = render::render(bot, &mut tx, &row).await?;
            decisions::save(&mut tx, &row.team, &rendered.follows, &bot.vault(), now_ms).await?;
            Ok(rendered)
        };
        let rendered = match faults::alone("message", worded).await {
            Ok(rendered) => rendered,
            Err(Failed::Database(error)) => return Err(error),
            Err(Failed::Row) => {
                // The others are claimed again, without it.
                drop(tx);
                claimed.tasks.clear();
                claimed.settled = true;
                return cannot_be_rendered(bot, &row).await;
            }
        };
        let Some(mut payload) = rendered.payload else {
            cards::mark_sent(&mut tx, &row, None, None, row.shown.as_deref()).await?;
            claimed.settled = true;
            continue;
        };
        let (kinds, shown) = fit(&mut tx, &row, &mut payload, now_ms).await?;
        if row.ts.is_some() && shown.is_some() && shown == row.shown {
            cards::mark_sent(&mut tx, &row, None, None, shown.as_deref()).await?;
            claimed.settled = true;
        } else {
            claimed.tasks.push(Task::Send(Box::new(Sending { row, payload, shown, thread, lane, kinds })));
        }
    }
    tx.commit().await
}

/// Gives a message the blocks that its workspace takes; returns their kinds, and the mark of what it shows.
async fn fit(
    tx: &mut Tx,
    row: &Outgoing,
    payload: &mut Payload,
    now_ms: i64,
) -> sqlx::Result<(Vec<Option<Newer>>, Option<String>)> {
    let Payload::Message(message) = payload else { return Ok((Vec::new(), None)) };
    let blocks = std::mem::take(&mut message.blocks);
    message.blocks = newer_blocks::fit(tx, &row.team, blocks, now_ms).await?;
    Ok((newer_blocks::kinds(&message.blocks), mark_of(row, message)))
}

/// For how long what belongs to no retro is looked for first, after a time that the database knows nothing of: reminders
/// and digests have a key of their day.
const DAY: i64 = 24 * 3_600_000;

/// Whether a newer copy of the database may have posted this.
async fn may_be_there(tx: &mut Tx, row: &Outgoing, unknown: Unknown, now_ms: i64) -> sqlx::Result<bool> {
    let is_first = row.ts.is_none() && row.started_ms.is_none();
    let is_post = match row.content.way() {
        Way::Post | Way::File | Way::Canvas => true,
        Way::Hook | Way::Ephemeral | Way::Home => false,
    };
    let is_old = match &row.content {
        Content::Card(_) => runs::is_of_before(tx, row, unknown.to_ms).await?,
        Content::Reminder { .. } => now_ms < unknown.to_ms + DAY,
        // An assignment made before is in doubt already; a new item is news to its owner.
        Content::Assignment { .. }
        | Content::Reply(_)
        | Content::Home(_)
        | Content::Chart { .. }
        | Content::File { .. } => false,
    };
    Ok(is_first && is_post && is_old)
}

/// A message that cannot be worded is tried again later, and set aside in the end.
async fn cannot_be_rendered(bot: &Bot, row: &Outgoing) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    match faults::again(row.attempts + 1, bot.clock.now()) {
        Some(at) => cards::put_off(&mut tx, row, at.timestamp_millis()).await?,
        None => cards::set_aside(&mut tx, &row.team, &row.key).await?,
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
    let Sending { row, payload, shown, thread, lane, kinds } = sending;
    let sent = send::send(bot, &row, payload, thread).await;
    let result = sent.as_ref().map_or_else(CallError::kind, |_| "sent");
    bot.metrics.sends.get_or_create(&metrics::Sent { method: method(way(&row)), result }).inc();
    let mut tx = bot.store.begin_within(KEPT).await?;
    let found = match sent {
        Ok(sent) if sent.gone => {
            cards::mark_gone(&mut tx, &row).await?;
            None
        }
        Ok(sent) => {
            bot.health.sent(bot.clock.now());
            if let (Some(user), Some(dm)) = (row.content.dm_user(), &sent.channel) {
                directory::set_dm_channel(&mut tx, &row.team, &user, dm).await?;
            }
            if let Some(canvas) = &sent.canvas {
                canvases::set(&mut tx, &row.team, &ChannelId(row.lane.clone()), canvas).await?;
            }
            cards::mark_sent(&mut tx, &row, sent.ts.as_deref(), sent.channel.as_ref(), shown.as_deref()).await?;
            None
        }
        Err(error) if failure::is_given_up(&row, send::kind(&row), &error) => {
            tracing::info!(code = error.code(), "the document is not in the channel's canvas");
            cards::mark_sent(&mut tx, &row, None, None, None).await?;
            None
        }
        // Its older form goes at once.
        Err(error) if !row.plain && newer_blocks::refused(&mut tx, &row.team, &kinds, &error, bot.now_ms()).await? => {
            let next = Next::Again { due_ms: bot.now_ms(), counted: false };
            cards::mark(&mut tx, &row, &next, error.code()).await?;
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
        method = method(way(row)),
        code = error.code(),
        "a message was not delivered"
    );
    if let CallError::Limited { after } = error {
        bot.metrics.retry_after.inc_by(after.as_secs_f64());
        let wait = Wait { since: now, until: calls::until(now, *after) };
        bot.lanes.retry_after(&row.team, method(way(row)), wait);
        backoff::set(tx, &row.team, method(way(row)), wait).await?;
    }
    cards::mark(tx, row, &verdict.next, error.code()).await?;
    if verdict.next == Next::Dead {
        answer::by_dm(bot, tx, row).await?;
    }
    if verdict.tell == Tell::TokenRefused {
        tracing::error!(
            "Slack does not accept the token: nothing is sent for ten minutes. Check SLACK_BOT_TOKEN with `lookback doctor`"
        );
        bot.lanes.silence(&row.team, Wait { since: now, until: now + SILENCE });
    }
    Ok(failure::finding(row, &verdict))
}
