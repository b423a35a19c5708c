//! Webhooks of trackers. Each only says that something changed: the state is read from the tracker, so a delivery that comes
//! late, twice or in another order changes nothing.
//!
//! Rule: nothing of a body is parsed before its signature holds.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answer::{Error, not_there, read};
use crate::app::pipeline::Refused;
use crate::app::readings::wanted as readings;
use crate::app::tickets::wanted;
use crate::bot::Bot;
use crate::config::trackers::Hooks;
use crate::serve::signature;
use lookback_core::model::ticket::Tracker;

/// How far the clock of a delivery of Linear may be from ours, both ways, in seconds.
/// <https://linear.app/developers/webhooks#securing-webhooks>
const MAX_SKEW: i64 = 60;

/// What takes webhooks of trackers.
#[derive(Clone, Debug)]
pub struct Taker {
    pub bot: Arc<Bot>,
    pub hooks: Arc<Hooks>,
}

/// Takes a delivery.
pub async fn take(
    State(taker): State<Taker>,
    Path(tracker): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let Some((tracker, secret)) = Tracker::from_word(&tracker).and_then(|t| Some((t, secret(&taker.hooks, t)?))) else {
        return Ok(not_there(StatusCode::NOT_FOUND));
    };
    let bot = &taker.bot;
    let body = read(body).await?;
    if !is_signed(tracker, secret, &headers, &body) {
        return Err(refused(bot, tracker));
    }
    // What is signed and cannot be read tells nothing that could be looked at.
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    if tracker == Tracker::Linear && !is_fresh(bot, &event) {
        return Err(refused(bot, tracker));
    }
    let ids = ids(tracker, &event);
    let mut found = wanted::look(bot, tracker, &ids).await.map_err(Refused::from)?;
    if let Some(repository) = release_of(tracker, &headers, &event) {
        found += readings::look(bot, repository).await.map_err(Refused::from)?;
    }
    Ok(axum::Json(json!({"looks_at": found})).into_response())
}

fn secret(hooks: &Hooks, tracker: Tracker) -> Option<&SecretString> {
    match tracker {
        Tracker::Jira => hooks.jira.as_ref(),
        Tracker::Linear => hooks.linear.as_ref(),
        Tracker::GitHub => hooks.github.as_ref(),
    }
}

fn refused(bot: &Bot, tracker: Tracker) -> Error {
    bot.metrics.refused("webhook");
    let what = format!("a webhook of {} is not signed with its secret, or is old", tracker.name());
    bot.troubles.signatures.happened(bot.clock.now(), &what);
    Refused::Signature.into()
}

/// <https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks>,
/// <https://linear.app/developers/webhooks#securing-webhooks>,
/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
fn is_signed(tracker: Tracker, secret: &SecretString, headers: &HeaderMap, body: &[u8]) -> bool {
    // Two headers of a name are ambiguous: refused.
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?.to_str().ok()?;
        all.next().is_none().then_some(first)
    };
    let secret = secret.expose_secret();
    match tracker {
        Tracker::Jira => one("x-hub-signature").is_some_and(|given| signature::of_github(secret, body, given)),
        Tracker::Linear => one("linear-signature").is_some_and(|given| signature::of_hex(secret, body, given)),
        Tracker::GitHub => one("x-hub-signature-256").is_some_and(|given| signature::of_github(secret, body, given)),
    }
}

/// Whether Linear sent it within the last minute, as the signed body says.
fn is_fresh(bot: &Bot, event: &Value) -> bool {
    let Some(sent) = event.get("webhookTimestamp").and_then(Value::as_i64) else { return false };
    (bot.clock.now().timestamp_millis().saturating_sub(sent)).saturating_abs() <= MAX_SKEW * 1000
}

/// The repository of a delivery that tells of a release, or of a deployment.
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads>
fn release_of<'e>(tracker: Tracker, headers: &HeaderMap, event: &'e Value) -> Option<&'e str> {
    let kind = headers.get("x-github-event").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let tells = match kind {
        "release" | "deployment_status" => true,
        "create" => event.get("ref_type").and_then(Value::as_str) == Some("tag"),
        _ => false,
    };
    event.pointer("/repository/full_name").and_then(Value::as_str).filter(|_| tracker == Tracker::GitHub && tells)
}

/// The tickets that a delivery is about, by the ids that are kept.
fn ids(tracker: Tracker, event: &Value) -> Vec<String> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    match tracker {
        Tracker::Jira => text("/issue/id").into_iter().collect(),
        Tracker::Linear => text("/data/id").into_iter().collect(),
        Tracker::GitHub => {
            let number = event.pointer("/issue/number").and_then(Value::as_u64);
            let id = text("/repository/full_name").zip(number).map(|(name, number)| format!("{name}#{number}"));
            id.into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_names_its_ticket() {
        let jira = json!({"webhookEvent": "jira:issue_updated", "issue": {"id": "10002", "key": "OPS-1"}});
        let linear = json!({"action": "update", "type": "Issue", "data": {"id": "2174add1"}});
        let github = json!({"action": "closed", "issue": {"number": 7}, "repository": {"full_name": "acme/shop"}});
        assert_eq!(ids(Tracker::Jira, &jira), ["10002"]);
        assert_eq!(ids(Tracker::Linear, &linear), ["2174add1"]);
        assert_eq!(ids(Tracker::GitHub, &github), ["acme/shop#7"]);
        for tracker in Tracker::ALL {
            assert!(ids(tracker, &json!({"zen": "x"})).is_empty() && ids(tracker, &Value::Null).is_empty());
        }
    }
}
