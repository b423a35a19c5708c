//! HTTP: what Slack posts to `/slack/events`, and the probes of an operator.
//!
//! Rule: at most 1 MiB is read, and nothing of it is parsed before its signature holds.
//! <https://api.slack.com/authentication/verifying-requests-from-slack>

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::outcome::Ack;
use crate::app::receive::{ready as is_ready, receive};
use crate::bot::Bot;
use crate::slack::inbound::{self, Inbound};

/// The largest body that is read.
pub const MAX_BODY: usize = 1 << 20;

/// How far a request's clock may be from ours, both ways, in seconds.
const MAX_SKEW: i64 = 300;

/// The routes of an operator and of pipelines, and Slack's where a signing secret is set (HTTP mode).
pub fn routes(bot: Arc<Bot>, signing: Option<SecretString>) -> Router {
    let mut router =
        Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready)).with_state(bot.clone());
    if let Some(secret) = signing {
        let slack = Router::new().route("/slack/events", post(events)).with_state((bot.clone(), Arc::new(secret)));
        router = router.merge(slack);
    }
    router = router.layer(RequestBodyLimitLayer::new(MAX_BODY));
    // What is too large is refused there in the API's own words.
    router = router.merge(super::api::routes(bot));
    router.layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5)))
}

async fn ready(State(bot): State<Arc<Bot>>) -> Response {
    match is_ready(&bot).await {
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
    if !signed(&headers, &body, &secret, bot.clock.now()) {
        tracing::warn!("refused a request without a valid signature");
        return StatusCode::UNAUTHORIZED.into_response();
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

/// Whether the signature of the raw bytes holds and is at most five minutes off. The clock is ours to
/// pass in, which is why this is not slack-morphism's verifier.
fn signed(headers: &HeaderMap, body: &[u8], secret: &SecretString, now: DateTime<Utc>) -> bool {
    // Two headers of a name are ambiguous: refused.
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?.to_str().ok()?;
        all.next().is_none().then_some(first)
    };
    let (Some(stamp), Some(signature)) = (one("x-slack-request-timestamp"), one("x-slack-signature")) else {
        return false;
    };
    let digits = !stamp.is_empty() && stamp.chars().all(|c| c.is_ascii_digit());
    let Some(sent) = stamp.parse::<i64>().ok().filter(|_| digits) else { return false };
    if now.timestamp().checked_sub(sent).is_none_or(|d| d.abs() > MAX_SKEW) {
        return false;
    }
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
    let mac = mac.chain_update(b"v0:").chain_update(stamp.as_bytes()).chain_update(b":").chain_update(body);
    let expected = format!("v0={}", hex::encode(mac.finalize().into_bytes()));
    expected.as_bytes().ct_eq(signature.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    // The example of Slack's page on verifying requests.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const STAMP: i64 = 1_531_420_618;
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn check(stamp: &str, signature: &str, body: &[u8], skew: i64) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("X-Slack-Request-Timestamp", HeaderValue::from_str(stamp).unwrap());
        headers.insert("X-Slack-Signature", HeaderValue::from_str(signature).unwrap());
        signed(&headers, body, &SECRET.into(), lookback_core::zone::from_ms((STAMP + skew) * 1000))
    }

    #[test]
    fn slacks_own_example_holds() {
        let stamp = STAMP.to_string();
        for skew in [0, 299, 300, -299, -300] {
            assert!(check(&stamp, SIGNATURE, BODY.as_bytes(), skew), "{skew}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let stamp = STAMP.to_string();
        for skew in [301, -301, 100_000, i64::MAX / 2000] {
            assert!(!check(&stamp, SIGNATURE, BODY.as_bytes(), skew), "{skew}");
        }
        for stamp in [
            "",
            "x",
            "-1531420618",
            "+1531420618",
            " 1531420618",
            "1531420618.0",
            "9223372036854775807",
            "99999999999999999999",
            "1531420619",
        ] {
            assert!(!check(stamp, SIGNATURE, BODY.as_bytes(), 0), "{stamp}");
        }
        for signature in [
            "",
            "v0=",
            "v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            &SIGNATURE.to_uppercase(),
            SIGNATURE.strip_suffix('3').unwrap(),
            &format!("{SIGNATURE}0"),
        ] {
            assert!(!check(&stamp, signature, BODY.as_bytes(), 0), "{signature}");
        }
        for i in 0..BODY.len() {
            let mut body = BODY.as_bytes().to_vec();
            body[i] ^= 1;
            assert!(!check(&stamp, SIGNATURE, &body, 0), "byte {i}");
        }
        let mut twice = HeaderMap::new();
        twice.append("x-slack-request-timestamp", HeaderValue::from_static("1531420618"));
        twice.append("x-slack-signature", HeaderValue::from_static(SIGNATURE));
        twice.append("x-slack-signature", HeaderValue::from_static(SIGNATURE));
        assert!(!signed(&twice, BODY.as_bytes(), &SECRET.into(), lookback_core::zone::from_ms(STAMP * 1000)));
        assert!(!signed(
            &HeaderMap::new(),
            BODY.as_bytes(),
            &SECRET.into(),
            lookback_core::zone::from_ms(STAMP * 1000)
        ));
    }
}
