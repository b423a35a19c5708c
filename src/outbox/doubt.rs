//! A message in doubt: it may have arrived. Somebody has to look.
//!
//! The history is read twice, some seconds apart; found means adopted, absent twice means sent again
//! with the same key, unreadable means: not sent again, and shown to the facilitator.

use chrono::Duration;
use serde::Deserialize;
use serde_json::Value;

use super::render::{self, Thread};
use super::retry::{self, Kind};
use super::{What, recipient, send};
use crate::app::App;
use crate::outbox::pace;
use crate::slack::client::CallError;
use crate::store::cards::{self, Next, Outgoing};
use crate::store::directory;
use lookback_core::ids::{ChannelId, UserId};
use lookback_core::retro::Card;

/// Pause between two looks; shorter where the process that sent it is gone.
const PAUSE: Duration = Duration::seconds(10);
const PAUSE_AFTER_DEATH: Duration = Duration::seconds(2);

/// How far before the call the history is read: clocks differ.
const MARGIN: Duration = Duration::seconds(120);

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

fn limited(wait: Duration) -> CallError {
    CallError::Limited { after: wait.to_std().unwrap_or_default() }
}

/// What a look showed.
#[derive(Debug)]
pub enum Look {
    /// It is there.
    Found { ts: String, channel: ChannelId },
    /// It is not there.
    Absent,
    /// The history cannot be read with what was granted.
    Blind,
    /// Not now.
    Later(CallError),
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    response_metadata: Cursor,
}

#[derive(Default, Deserialize)]
struct Cursor {
    #[serde(default)]
    next_cursor: String,
}

/// Looks once and says what becomes of the row; `None` leaves it as it was found.
pub async fn settle(app: &App, o: &Outgoing) -> sqlx::Result<()> {
    let now = app.clock.now();
    let due = |wait: Duration| (now + wait).timestamp_millis();
    let after_death = o.looks < 0;
    let next = match send::kind(o) {
        Kind::Update => (Next::Again { due_ms: due(Duration::zero()), counted: false }, ""),
        Kind::Fleeting => (Next::Dead, "unconfirmed"),
        Kind::ChannelPost | Kind::PersonPost => match look(app, o).await? {
            Look::Found { ts, channel } => {
                let mut tx = app.store.begin().await?;
                if let Some(user) = recipient(o) {
                    directory::set_dm_channel(&mut tx, &o.team, user, &channel).await?;
                }
                cards::mark_sent(&mut tx, o, Some(&ts), Some(&channel), None).await?;
                // What was found is an older rendering: show the newest.
                if let What::Card(card) = &o.what
                    && !matches!(card, Card::Document(_))
                {
                    let lane = ChannelId(o.lane.clone());
                    super::want(&mut tx, &o.team, card, &lane, now.timestamp_millis()).await?;
                }
                if let What::Nag { owner, day } = &o.what {
                    super::want_nag(&mut tx, &o.team, owner, *day, now.timestamp_millis()).await?;
                }
                return tx.commit().await;
            }
            Look::Absent => {
                let looks = o.looks + 1;
                if looks == 0 || looks >= 2 {
                    (Next::Again { due_ms: due(Duration::zero()), counted: false }, "")
                } else {
                    let pause = if after_death { PAUSE_AFTER_DEATH } else { PAUSE };
                    (Next::Doubt { due_ms: due(pause), looks }, "")
                }
            }
            Look::Blind => (Next::Dead, "unconfirmed"),
            // For a quarter of an hour nobody could look: that will not get better by itself.
            Look::Later(CallError::Refused(_))
                if now.timestamp_millis() - o.started_ms.unwrap_or_default() > 900_000 =>
            {
                (Next::Dead, "unconfirmed")
            }
            Look::Later(error) => {
                let wait = match error {
                    CallError::Limited { after } => Duration::from_std(after).unwrap_or(PAUSE),
                    _ => retry::SETTLE,
                };
                (Next::Doubt { due_ms: due(wait), looks: o.looks }, "")
            }
        },
    };
    if next.0 == Next::Dead && next.1 == "unconfirmed" {
        tracing::warn!(kind = super::kind_of(&o.key), "a message could not be confirmed and is not sent again");
    }
    let mut tx = app.store.begin().await?;
    cards::mark(&mut tx, o, &next.0, next.1).await?;
    if let (Next::Dead, Kind::ChannelPost, What::Card(card)) = (&next.0, send::kind(o), &o.what) {
        app.channel_refused(&mut tx, &o.team, card).await?;
    }
    tx.commit().await
}

async fn look(app: &App, o: &Outgoing) -> sqlx::Result<Look> {
    let mut tx = app.store.read().await?;
    let thread = render::thread(&mut tx, o).await?;
    let dm = match recipient(o) {
        Some(user) => directory::dm_channel(&mut tx, &o.team, user).await?,
        None => None,
    };
    drop(tx);
    let channel = match (recipient(o), dm) {
        (None, _) => ChannelId(o.lane.clone()),
        (Some(_), Some(dm)) => dm,
        (Some(user), None) => match open_dm(app, o, user).await {
            Ok(dm) => dm,
            Err(look) => return Ok(look),
        },
    };
    Ok(search(app, o, &channel, &thread).await)
}

/// The DM with somebody to whom nothing was posted yet. Opening it needs `im:write`; without it the
/// person's id is tried, which some of Slack's methods take for the DM.
async fn open_dm(app: &App, o: &Outgoing, user: &UserId) -> Result<ChannelId, Look> {
    #[derive(Deserialize)]
    struct Opened {
        channel: Id,
    }
    #[derive(Deserialize)]
    struct Id {
        id: ChannelId,
    }
    match app.slack.post::<Opened>(&o.team, "conversations.open", &serde_json::json!({"users": user})).await {
        Ok(opened) => Ok(opened.channel.id),
        Err(CallError::Refused(_)) => Ok(ChannelId(user.0.clone())),
        Err(other) => Err(Look::Later(other)),
    }
}

async fn search(app: &App, o: &Outgoing, channel: &ChannelId, thread: &Thread) -> Look {
    let since = lookback_core::zone::from_ms(o.started_ms.unwrap_or_default()) - MARGIN;
    let key = send::wire_key(app, o);
    let mut cursor = String::new();
    loop {
        let mut args = vec![
            ("channel", channel.0.clone()),
            ("oldest", format!("{}.000000", since.timestamp())),
            ("include_all_metadata", "true".to_owned()),
            ("limit", "200".to_owned()),
        ];
        let method = match thread {
            Thread::In(ts) => {
                args.push(("ts", ts.clone()));
                "conversations.replies"
            }
            Thread::None | Thread::Later => "conversations.history",
        };
        if !cursor.is_empty() {
            args.push(("cursor", cursor));
        }
        if let Err(until) = app.lanes.take(app.clock.now(), &o.team, method, pace::TIER3) {
            return Look::Later(limited(until - app.clock.now()));
        }
        let page: Page = match app.slack.get(&o.team, method, &args).await {
            Ok(page) => page,
            Err(CallError::Refused(code)) if BLIND.contains(&code.as_str()) => return Look::Blind,
            Err(CallError::Limited { after }) => {
                let until = app.clock.now() + Duration::from_std(after).unwrap_or(PAUSE);
                app.lanes.remember_wait(&o.team, method, until);
                return Look::Later(CallError::Limited { after });
            }
            Err(other) => return Look::Later(other),
        };
        let ours = |m: &&Value| {
            let named = m.pointer("/metadata/event_payload/key").and_then(Value::as_str) == Some(key.as_str());
            let file = o.file_id.as_deref().is_some_and(|id| {
                m.get("files")
                    .and_then(Value::as_array)
                    .is_some_and(|f| f.iter().any(|f| f.get("id").and_then(Value::as_str) == Some(id)))
            });
            named || file
        };
        if let Some(found) = page.messages.iter().find(ours) {
            // A file's message is not ours to edit: its file id stands for it.
            let ts = found.get("ts").and_then(Value::as_str).unwrap_or_default();
            let ts = o.file_id.as_deref().unwrap_or(ts).to_owned();
            return Look::Found { ts, channel: channel.clone() };
        }
        cursor = page.response_metadata.next_cursor;
        if cursor.is_empty() {
            return Look::Absent;
        }
    }
}
