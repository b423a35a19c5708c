//! The door for every call that is not a message: it goes within its pace, and when Slack asks for a wait, nothing calls
//! that method again before its end, also after a restart. Messages keep their pace in `outbox/dispatcher.rs`.
//! <https://docs.slack.dev/apis/web-api/rate-limits>

use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::bot::Bot;
use crate::rate_limits::{self, Rate, Wait};
use crate::slack::client::{CallError, FORM_PATIENCE};
use crate::store::backoff;
use lookback_core::ids::{ChannelId, TeamId};

/// A method that reads.
pub async fn get<R: DeserializeOwned>(
    bot: &Bot,
    team: &TeamId,
    method: &str,
    rate: Rate,
    args: &[(&str, String)],
) -> Result<R, CallError> {
    may_call(bot, team, method, rate)?;
    let answer = bot.slack.get(team, method, args).await;
    heard(bot, team, method, answer).await
}

/// A method that takes JSON.
pub async fn post<R: DeserializeOwned>(
    bot: &Bot,
    team: &TeamId,
    method: &str,
    rate: Rate,
    body: &impl Serialize,
) -> Result<R, CallError> {
    may_call(bot, team, method, rate)?;
    let answer = bot.slack.post(team, method, body).await;
    heard(bot, team, method, answer).await
}

/// A part of what was said in a channel, or in one of its threads.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    pub channel: &'a ChannelId,
    /// The `ts` of the message that the thread hangs on.
    pub thread: Option<&'a str>,
    pub since: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
}

/// A page of a history, as Slack gives it.
#[derive(Debug, Deserialize)]
pub struct Page {
    #[serde(default)]
    pub messages: Vec<Value>,
    #[serde(default)]
    pub response_metadata: Cursor,
}

/// Where the next page begins; empty on the last.
#[derive(Debug, Default, Deserialize)]
pub struct Cursor {
    #[serde(default)]
    pub next_cursor: String,
}

/// Reads a page of a history, the newest messages first, with their metadata.
/// <https://docs.slack.dev/reference/methods/conversations.history>
pub async fn history(bot: &Bot, team: &TeamId, part: &History<'_>, cursor: &str) -> Result<Page, CallError> {
    let second = |at: DateTime<Utc>| format!("{}.000000", at.timestamp());
    let mut args = vec![
        ("channel", part.channel.0.clone()),
        ("oldest", second(part.since)),
        ("include_all_metadata", "true".to_owned()),
        ("limit", "200".to_owned()),
    ];
    args.extend(part.until.map(|until| ("latest", second(until))));
    args.extend(part.thread.map(|ts| ("ts", ts.to_owned())));
    if !cursor.is_empty() {
        args.push(("cursor", cursor.to_owned()));
    }
    let method = if part.thread.is_some() { "conversations.replies" } else { "conversations.history" };
    get(bot, team, method, rate_limits::TIER3, &args).await
}

/// Asks Slack for nothing, to see whether it answers and what time it is there.
pub async fn probe(bot: &Bot, team: &TeamId) {
    let _ = post::<Value>(bot, team, "auth.test", rate_limits::TIER4, &serde_json::json!({})).await;
}

/// Opens a form: within the life of its trigger.
pub async fn open_form(bot: &Bot, team: &TeamId, body: &Value) -> Result<(), CallError> {
    const METHOD: &str = "views.open";
    may_call(bot, team, METHOD, rate_limits::TIER4)?;
    let answer = bot.slack.post_within::<Value>(team, METHOD, body, FORM_PATIENCE).await;
    heard(bot, team, METHOD, answer).await.map(|_| ())
}

/// The address of a new Socket Mode connection. It belongs to the app, so that its waits are kept with its first workspace.
pub async fn socket(bot: &Bot, token: &SecretString) -> Result<Url, CallError> {
    const METHOD: &str = "apps.connections.open";
    let Some(team) = bot.workspaces.keys().next() else { return Err(CallError::NotSent) };
    may_call(bot, team, METHOD, rate_limits::SOCKETS)?;
    let answer = bot.slack.open_socket(token).await;
    heard(bot, team, METHOD, answer).await
}

/// When a call that is limited now may go.
pub fn until(now: DateTime<Utc>, after: std::time::Duration) -> DateTime<Utc> {
    now + Duration::from_std(after).unwrap_or(Duration::minutes(1))
}

fn may_call(bot: &Bot, team: &TeamId, method: &str, rate: Rate) -> Result<(), CallError> {
    let now = bot.clock.now();
    let wait = |until: DateTime<Utc>| CallError::Limited { after: (until - now).to_std().unwrap_or_default() };
    bot.lanes.take_call(now, team, method, rate).map_err(wait)
}

/// Keeps the wait that Slack asked for, if it did.
pub async fn heard<R>(bot: &Bot, team: &TeamId, method: &str, answer: Result<R, CallError>) -> Result<R, CallError> {
    if let Err(CallError::Limited { after }) = &answer {
        bot.metrics.retry_after.inc_by(after.as_secs_f64());
        let now = bot.clock.now();
        let wait = Wait { since: now, until: until(now, *after) };
        bot.lanes.retry_after(team, method, wait);
        let saved = async {
            let mut tx = bot.store.begin().await?;
            backoff::set(&mut tx, team, method, wait).await?;
            tx.commit().await
        };
        if let Err(error) = saved.await {
            tracing::warn!(%error, method, "a wait that Slack asked for could not be saved; it holds until the next start");
        }
    }
    answer
}
