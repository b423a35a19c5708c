//! Claims what is ready, sends it, and marks what became of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};

use super::pace::{self, Pace, Rate};
use super::render::{self, Payload, Thread};
use super::retry::{self, Kind, Tell, Verdict};
use super::{To, What, send};
use crate::app::App;
use crate::slack::client::CallError;
use crate::slack::view::Message;
use crate::store::cards::{self, Next, Outgoing};
use crate::store::directory;
use lookback_core::ids::TeamId;
use lookback_core::retro::Card;

/// Rows looked at in one go: enough to find work behind lanes that wait.
const LOOK: i64 = 100;

/// Calls under way at once.
pub const AT_ONCE: usize = 8;

/// What the dispatcher remembers between two claims; nothing that matters.
#[derive(Clone, Debug, Default)]
pub struct Lanes(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    pace: Pace,
    busy: HashSet<String>,
    /// Tasks that wait for their pace, and until when.
    waits: Vec<DateTime<Utc>>,
    /// The token was refused: nothing is sent until then.
    silent_until: Option<DateTime<Utc>>,
}

/// A lane in use; free again when this is dropped, however the task ended.
#[derive(Debug)]
pub struct LaneGuard(Lanes, String);

impl Drop for LaneGuard {
    fn drop(&mut self) {
        self.0.with(|m| m.busy.remove(&self.1));
    }
}

/// A claimed row with what it sends.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Job {
    /// To send.
    Send { row: Outgoing, payload: Payload, shown: Option<String>, thread: Thread, context: LaneGuard },
    /// To look for.
    Look { row: Outgoing, context: LaneGuard },
}

/// What a claim found.
#[derive(Debug, Default)]
pub struct Claimed {
    /// To do now.
    pub jobs: Vec<Job>,
    /// Rows were settled that had nothing to say.
    pub settled: bool,
    /// When to claim again, where something waits for its pace.
    pub again: Option<DateTime<Utc>>,
}

impl Lanes {
    fn with<R>(&self, f: impl FnOnce(&mut Memory) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a lane, if nobody holds it.
    pub fn hold(&self, lane: &str) -> Option<LaneGuard> {
        self.with(|m| m.busy.insert(lane.to_owned())).then(|| LaneGuard(self.clone(), lane.to_owned()))
    }

    /// Waits for the pace, in a way that the engine can see.
    pub async fn pause(&self, app: &App, until: DateTime<Utc>) {
        self.with(|m| m.waits.push(until));
        app.wake.notify_one();
        app.clock.wait_until(until).await;
        self.with(|m| {
            let at = m.waits.iter().position(|w| *w == until);
            at.map(|at| m.waits.swap_remove(at));
        });
    }

    /// How many tasks wait for their pace, and the first moment at which one goes on.
    pub fn waiting(&self) -> (usize, Option<DateTime<Utc>>) {
        self.with(|m| (m.waits.len(), m.waits.iter().min().copied()))
    }

    /// A wait that Slack asked for, read back after a restart.
    pub fn remember_wait(&self, team: &TeamId, method: &str, until: DateTime<Utc>) {
        self.with(|m| m.pace.wait(&format!("{team}/{method}"), until));
    }

    /// Takes a place for a call outside the outbox (reading members and people).
    pub fn take(&self, now: DateTime<Utc>, team: &TeamId, method: &str, rate: Rate) -> Result<(), DateTime<Utc>> {
        let name = format!("{team}/{method}");
        self.with(|m| m.pace.take(now, &name, &[(name.clone(), rate)]))
    }
}

fn method(o: &Outgoing) -> &'static str {
    match (&o.what, send::kind(o)) {
        (What::Reply(To::Hook { .. }), _) => "response_url",
        (What::Home(_), _) => "views.publish",
        (What::Reply(To::Ephemeral { .. }), _) => "chat.postEphemeral",
        (_, Kind::Update) => "chat.update",
        (What::Card(Card::Document(_)) | What::File { .. } | What::Chart { .. }, _) => "files.completeUploadExternal",
        _ => "chat.postMessage",
    }
}

fn limits(o: &Outgoing) -> Vec<(String, Rate)> {
    let team = &o.team;
    match method(o) {
        "chat.update" => vec![(format!("{team}/chat.update"), pace::TIER3)],
        "chat.postEphemeral" => vec![(format!("{team}/chat.postEphemeral"), pace::TIER4)],
        "views.publish" => vec![(format!("{team}/views.publish"), pace::TIER4)],
        "response_url" => Vec::new(),
        _ => vec![(format!("{team}/post/{}", o.lane), pace::CHANNEL), (format!("{team}/post"), pace::WORKSPACE)],
    }
}

/// Claims up to `room` rows: each is marked and rendered in one transaction.
pub async fn claim(app: &App, room: usize) -> sqlx::Result<Claimed> {
    let now = app.clock.now();
    let now_ms = now.timestamp_millis();
    let mut claimed = Claimed::default();
    if let Some(until) = app.lanes.with(|m| m.silent_until.filter(|u| *u > now)) {
        claimed.again = Some(until);
        return Ok(claimed);
    }
    let mut tx = app.store.read().await?;
    let doubtful = cards::doubtful(&mut tx, now_ms, 8).await?;
    let mut ready = Vec::new();
    for row in cards::ready(&mut tx, now_ms, LOOK).await? {
        // What waits for its parent takes no place in the pace.
        if render::thread(&mut tx, &row).await? != Thread::Later {
            ready.push(row);
        }
    }
    drop(tx);
    for row in doubtful {
        if claimed.jobs.len() < room
            && let Some(context) = app.lanes.hold(&row.lane)
        {
            claimed.jobs.push(Job::Look { row, context });
        }
    }
    let mut later =
        |until: DateTime<Utc>| claimed.again = Some(claimed.again.map_or(until, |a: DateTime<Utc>| a.min(until)));
    let mut wanted = Vec::new();
    for row in ready {
        if claimed.jobs.len() + wanted.len() >= room {
            break;
        }
        // One at a time in a lane, so that they arrive in order.
        let Some(context) = app.lanes.hold(&row.lane) else { continue };
        let name = format!("{}/{}", row.team, method(&row));
        match app.lanes.with(|m| m.pace.take(now, &name, &limits(&row))) {
            Ok(()) => wanted.push((row, context)),
            Err(until) => later(until),
        }
    }
    if wanted.is_empty() {
        return Ok(claimed);
    }
    let mut tx = app.store.begin().await?;
    for (row, context) in wanted {
        let thread = render::thread(&mut tx, &row).await?;
        if thread == Thread::Later || !cards::claim(&mut tx, &row, now_ms).await? {
            continue;
        }
        match render::payload(app, &mut tx, &row).await? {
            Some(payload) => {
                let shown = match &payload {
                    Payload::Message(message) => mark_of(&row, message),
                    _ => None,
                };
                if row.ts.is_some() && shown.is_some() && shown == row.shown {
                    cards::mark_sent(&mut tx, &row, None, None, shown.as_deref()).await?;
                    claimed.settled = true;
                } else {
                    claimed.jobs.push(Job::Send { row, payload, shown, thread, context });
                }
            }
            None => {
                cards::mark_sent(&mut tx, &row, None, None, row.shown.as_deref()).await?;
                claimed.settled = true;
            }
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// What a channel's message is to show, as a mark. Of what one person is shown nothing is kept.
pub fn mark_of(row: &Outgoing, message: &Message) -> Option<String> {
    if !matches!(row.what, What::Card(_)) || super::recipient(row).is_some() {
        return None;
    }
    let blocks = serde_json::to_string(&message.blocks).ok()?;
    Some(crate::seal::digest(&format!("{}\n{}\n{blocks}", row.plain, message.text)))
}

/// Does one job to its end.
pub async fn run(app: Arc<App>, job: Job) {
    let (done, _held) = match job {
        Job::Send { row, payload, shown, thread, context } => {
            (deliver(&app, row, (payload, shown), thread).await, context)
        }
        Job::Look { row, context } => (super::doubt::settle(&app, &row).await, context),
    };
    if let Err(error) = done {
        // The row still says `sending`: it is looked for in a minute.
        tracing::error!(%error, "the result of a call could not be saved");
    }
}

async fn deliver(
    app: &App,
    row: Outgoing,
    (payload, shown): (Payload, Option<String>),
    thread: Thread,
) -> sqlx::Result<()> {
    let sent = send::send(app, &row, payload, thread).await;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    match sent {
        Ok(sent) if sent.gone => cards::mark_gone(&mut tx, &row).await?,
        Ok(sent) => {
            if let (Some(user), Some(dm)) = (super::recipient(&row), &sent.channel) {
                directory::set_dm_channel(&mut tx, &row.team, user, dm).await?;
            }
            cards::mark_sent(&mut tx, &row, sent.ts.as_deref(), sent.channel.as_ref(), shown.as_deref()).await?;
        }
        Err(error) => {
            let verdict = retry::verdict(&row, send::kind(&row), &error, now);
            tracing::warn!(
                kind = super::kind_of(&row.key),
                method = method(&row),
                code = error.code(),
                "a message was not delivered"
            );
            if let CallError::Limited { after } = &error {
                let until = now + Duration::from_std(*after).unwrap_or(Duration::minutes(1));
                app.lanes.remember_wait(&row.team, method(&row), until);
                cards::set_backoff(&mut tx, &row.team, method(&row), until.timestamp_millis()).await?;
            }
            cards::mark(&mut tx, &row, &verdict.next, error.code()).await?;
            if let (What::Reply(To::Hook { user, .. }), Next::Dead, CallError::Refused(_)) =
                (&row.what, &verdict.next, &error)
                && let Some(words) = row.body.as_deref().and_then(|b| serde_json::from_str(b).ok())
            {
                // Half an hour or five uses later the address is dead; the words are not.
                let (key, to) = (format!("{}/dm", row.key), To::Dm { user: user.clone() });
                super::reply(&mut tx, &row.team, &key, to, &words, now.timestamp_millis()).await?;
            }
            tell(app, &mut tx, &row, &verdict, now).await?;
        }
    }
    tx.commit().await
}

async fn tell(
    app: &App,
    tx: &mut crate::store::Tx,
    row: &Outgoing,
    verdict: &Verdict,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    match (verdict.tell, &row.what) {
        (Tell::TokenRefused, _) => {
            tracing::error!(
                "Slack does not accept the token: nothing is sent for ten minutes. Check SLACK_BOT_TOKEN with `lookback doctor`"
            );
            app.lanes.with(|m| m.silent_until = Some(now + Duration::minutes(10)));
            Ok(())
        }
        (Tell::Facilitator, What::Card(card)) => app.channel_refused(tx, &row.team, card).await,
        (Tell::Unreachable, What::Card(Card::Survey { retro, user, copy: 0, .. })) if verdict.next == Next::Dead => {
            app.person_unreachable(tx, &row.team, *retro, user, now).await
        }
        _ => Ok(()),
    }
}
