//! Slack delivers to the bot by signed HTTP or by an envelope on the WebSocket. The bot has three seconds to
//! acknowledge. Slack repeats an event that the bot did not acknowledge.

use std::time::Duration;

use axum::body::Bytes;
use chrono::Utc;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::oneshot;

use super::{SIGNING_SECRET, Sim};
use crate::state::Delivery;

/// The bot has this long to acknowledge a delivery.
const PATIENCE: Duration = Duration::from_secs(3);

/// The bot acknowledged with a body or without one. `Err` says that it did not acknowledge in time.
pub type Acked = Result<Option<Value>, NoAck>;

/// The bot did not acknowledge a delivery in time, or answered it with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAck;

impl Sim {
    /// Slack delivers a command or an interaction once. A test may ask for further copies. Then the last answer counts,
    /// as if the network had lost the earlier ones.
    pub(crate) async fn deliver(&self, kind: &'static str, payload: Value) -> Acked {
        let copies = self.peek(|s| s.copies);
        let mut acked = self.once(kind, &payload).await;
        for _ in 0..copies.more {
            acked = self.once(kind, &payload).await;
        }
        if acked.is_err() {
            self.with(|s| s.unacked += 1);
        }
        acked
    }

    /// The simulator delivers the events that it held back. The newest event comes first, so the order is wrong.
    pub async fn release(&self) {
        for event in self.with(|s| s.held.take()).unwrap_or_default().into_iter().rev() {
            self.event(event).await;
        }
    }

    /// Slack delivers an event. If the bot does not acknowledge it, Slack repeats it at once, after one minute and
    /// after five minutes.
    pub async fn event(&self, event: Value) {
        let now = self.now();
        if self.with(|s| s.held.as_mut().map(|h| h.push(event.clone())).is_some()) {
            return;
        }
        let (payload, copies) = self.with(|s| {
            let id = format!("Ev{}", s.next());
            let team = s.ws.team.clone();
            let payload = json!({
                "type": "event_callback", "token": "deprecated", "team_id": team, "api_app_id": "A0LOOK", "event": event,
                "event_id": id, "event_time": now.timestamp(), "is_ext_shared_channel": false,
                "authorizations": [{"enterprise_id": null, "team_id": team, "user_id": s.ws.bot_user, "is_bot": true, "is_enterprise_install": false}],
            });
            (payload, s.copies)
        });
        let mut heard = self.once("events_api", &payload).await.is_ok();
        for n in 0..copies.more {
            let mut copy = payload.clone();
            if let (true, Some(map)) = (copies.new_ids, copy.as_object_mut()) {
                map.insert(
                    "event_id".into(),
                    json!(format!("{}-{n}", payload.get("event_id").and_then(Value::as_str).unwrap_or_default())),
                );
            }
            let _ = self.attempt("events_api", &copy, 1).await;
        }
        if !heard {
            heard = self.attempt("events_api", &payload, 1).await.is_ok();
        }
        if !heard {
            self.with(|s| {
                s.unacked += 1;
                s.late.push((now + chrono::Duration::minutes(1), payload.clone(), 2));
                s.late.push((now + chrono::Duration::minutes(5), payload, 3));
            });
        }
    }

    /// The simulator repeats the events that have become due. An acknowledgement ends the repetition of an event.
    pub(crate) async fn deliver_late(&self) {
        let now = self.now();
        let due: Vec<(Value, u32)> = self.with(|s| {
            let (due, rest): (Vec<_>, Vec<_>) = s.late.drain(..).partition(|(at, ..)| *at <= now);
            s.late = rest;
            due.into_iter().map(|(_, payload, retry)| (payload, retry)).collect()
        });
        for (payload, retry) in due {
            if self.attempt("events_api", &payload, retry).await.is_ok() {
                let id = payload.get("event_id").cloned();
                self.with(|s| s.late.retain(|(_, p, _)| p.get("event_id") != id.as_ref()));
            }
        }
    }

    /// The simulator delivers a payload once, by the way that is set.
    pub async fn once(&self, kind: &'static str, payload: &Value) -> Acked {
        self.attempt(kind, payload, 0).await
    }

    /// The same, with the number of the repetition, as Slack tells it: <https://docs.slack.dev/apis/events-api/#retries>
    async fn attempt(&self, kind: &'static str, payload: &Value, retry: u32) -> Acked {
        match self.peek(|s| s.delivery.clone()) {
            Delivery::Http(url) => {
                let (content_type, body) = as_http(kind, payload);
                post(&url, content_type, body, self.now(), retry).await
            }
            Delivery::Socket => self.envelope(kind, payload, retry).await,
        }
    }

    async fn envelope(&self, kind: &str, payload: &Value, retry: u32) -> Acked {
        let (tell, told) = oneshot::channel();
        let (frame, socket) = self.with(|s| {
            let id = format!("env-{}", s.next());
            s.acks.insert(id.clone(), tell);
            s.sockets.retain(|c| !c.is_closed());
            let mut frame = json!({"envelope_id": id, "type": kind, "payload": payload, "accepts_response_payload": kind != "events_api"});
            if let (true, Some(map)) = (kind == "events_api", frame.as_object_mut()) {
                map.insert("retry_attempt".into(), json!(retry));
                map.insert("retry_reason".into(), json!(if retry == 0 { "" } else { REASON }));
            }
            // Slack may send an envelope on any connection, so the simulator uses all of them in turn.
            let at = usize::try_from(s.serial).unwrap_or(0) % s.sockets.len().max(1);
            (frame, s.sockets.get(at).cloned())
        });
        let socket = socket.ok_or(NoAck)?;
        socket.send(frame.to_string()).await.map_err(|_| NoAck)?;
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(Ok(answer)) => Ok(answer),
            _ => Err(NoAck),
        }
    }
}

/// Why a delivery is repeated: the bot did not answer in time, or not with 200.
const REASON: &str = "http_error";

/// A delivery over HTTP has a content type and a body, which depend on its kind.
pub fn as_http(kind: &str, payload: &Value) -> (&'static str, String) {
    match kind {
        "slash_commands" => {
            let fields: Vec<(&String, &str)> =
                payload.as_object().into_iter().flatten().map(|(k, v)| (k, v.as_str().unwrap_or_default())).collect();
            ("application/x-www-form-urlencoded", serde_urlencoded::to_string(fields).unwrap_or_default())
        }
        "interactive" => {
            let fields = [("payload", payload.to_string())];
            ("application/x-www-form-urlencoded", serde_urlencoded::to_string(fields).unwrap_or_default())
        }
        _ => ("application/json", payload.to_string()),
    }
}

/// Slack signs a body together with the time in seconds. The bot refuses a delivery whose signature is wrong.
pub fn signature(secret: &str, stamp: i64, body: &str) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    let mac = mac.chain_update(format!("v0:{stamp}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

async fn post(url: &str, content_type: &str, body: String, now: chrono::DateTime<Utc>, retry: u32) -> Acked {
    let stamp = now.timestamp();
    let signed = signature(SIGNING_SECRET, stamp, &body);
    let mut request = hyper::Request::post(url)
        .header("content-type", content_type)
        .header("x-slack-request-timestamp", stamp.to_string())
        .header("x-slack-signature", signed);
    if retry > 0 {
        request = request.header("x-slack-retry-num", retry).header("x-slack-retry-reason", REASON);
    }
    let request = request.body(Full::<Bytes>::from(body)).map_err(|_| NoAck)?;
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer =
        tokio::time::timeout(PATIENCE, client.request(request)).await.map_err(|_| NoAck)?.map_err(|_| NoAck)?;
    if !answer.status().is_success() {
        return Err(NoAck);
    }
    let body = answer.into_body().collect().await.map_err(|_| NoAck)?.to_bytes();
    if body.is_empty() { Ok(None) } else { serde_json::from_slice(&body).map(Some).map_err(|_| NoAck) }
}
