//! HTTP: what Slack posts to `/slack/events`, and the probes of an operator.
//!
//! Rule: at most 1 MiB is read, and nothing of it is parsed before its signature holds.
//! <https://api.slack.com/authentication/verifying-requests-from-slack>

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use secrecy::SecretString;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::signature::{self, Signature};
use super::{metrics, ready};
use crate::app::outcome::Ack;
use crate::app::receive::receive;
use crate::bot::Bot;
use crate::calls;
use crate::config::trackers::Hooks;
use crate::slack::inbound::{self, Inbound};

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The largest body that is read.
pub const MAX_BODY: usize = 1 << 20;

/// The routes of an operator and of pipelines, and Slack's where a signing secret is set (HTTP mode).
pub fn routes(bot: Arc<Bot>, signing: Option<SecretString>, hooks: Hooks) -> Router {
    let mode = if signing.is_some() { "HTTP" } else { "Socket Mode" };
    let mut router = Router::new()
        .route("/healthz", get(move || async move { healthy(mode) }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(move |state| measured(state, mode)))
        .with_state(bot.clone());
    if let Some(secret) = signing {
        let slack = Router::new().route("/slack/events", post(events)).with_state((bot.clone(), Arc::new(secret)));
        router = router.merge(slack);
    }
    router = router.layer(RequestBodyLimitLayer::new(MAX_BODY));
    let patience = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5));
    // What is too large or too slow is refused there in the API's own words.
    let api = super::api::routes(bot, hooks).layer(patience).layer(map_response(super::api::too_slow));
    router.layer(patience).merge(api)
}

/// The program runs; which one, and how it hears.
fn healthy(mode: &str) -> Response {
    let version = env!("CARGO_PKG_VERSION");
    axum::Json(serde_json::json!({"status": "ok", "version": version, "mode": mode})).into_response()
}

async fn measured(State(bot): State<Arc<Bot>>, mode: &'static str) -> Response {
    match metrics::text(&bot, mode).await {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer").into_response()
        }
    }
}

/// `for=requests` asks only whether requests can be taken.
#[derive(serde::Deserialize)]
struct Readiness {
    #[serde(rename = "for", default)]
    of: String,
}

async fn readiness(State(bot): State<Arc<Bot>>, Query(asked): Query<Readiness>) -> Response {
    let ready = match asked.of.as_str() {
        "" => ready::ready(&bot).await,
        "requests" => ready::takes_requests(&bot).await,
        _ => {
            let why = "unknown value of `for`: use for=requests, or leave it out";
            return (StatusCode::BAD_REQUEST, why).into_response();
        }
    };
    match ready {
        Ok(()) => "ready".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
    }
}

async fn events(
    State((bot, secret)): State<(Arc<Bot>, Arc<SecretString>)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // Slack probes a command's address unsigned; nothing else of such a body is looked at.
    if is_ssl_check(&headers, &body) {
        return StatusCode::OK.into_response();
    }
    match signature::of_slack(&headers, &body, &secret, bot.slack.time.now()) {
        Signature::Valid => {}
        Signature::Wrong => {
            bot.metrics.refused("signature");
            bot.troubles.signatures.happened(bot.clock.now(), &"it is not signed with SLACK_SIGNING_SECRET");
            return StatusCode::UNAUTHORIZED.into_response();
        }
        Signature::Stale { seconds } => {
            bot.metrics.refused("signature");
            let side = if seconds > 0 { "ago" } else { "in the future" };
            tracing::warn!(
                "refused a request signed {} seconds {side}: an old one that is sent again, or this machine's clock was changed",
                seconds.saturating_abs()
            );
            // Slack's time is asked anew, so that a clock that was put right is not held against Slack.
            if bot.slack.time.asks_anew() {
                tokio::spawn(async move {
                    for team in bot.workspaces.keys() {
                        calls::probe(&bot, team).await;
                    }
                });
            }
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Ok(inbound) = inbound::from_http(kind, &body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if let Inbound::Challenge(text) = inbound {
        return text.into_response();
    }
    match receive(&bot, inbound).await {
        Ack::Empty => StatusCode::OK.into_response(),
        Ack::Json(value) => axum::Json(value).into_response(),
        // Slack sends an event again after this.
        Ack::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn is_ssl_check(headers: &HeaderMap, body: &Bytes) -> bool {
    !headers.contains_key("x-slack-signature") && body.len() < 1024 && body.starts_with(b"ssl_check=1")
}
