//! The signatures of what comes in over HTTP.
//!
//! Rule: they are of the raw bytes, compared in constant time, and asked before anything of a body is parsed.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How far a request's clock may be from ours, both ways, in seconds.
const MAX_SKEW: i64 = 300;

/// What a signature shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    Valid,
    Wrong,
    /// It is Slack's, and too far from now.
    Stale {
        seconds: i64,
    },
}

/// Whether Slack's signature of the raw bytes holds and is at most five minutes off. The clock is ours to
/// pass in, which is why this is not slack-morphism's verifier.
pub fn of_slack(headers: &HeaderMap, body: &[u8], secret: &SecretString, now: DateTime<Utc>) -> Signature {
    // Two headers of a name are ambiguous: refused.
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?.to_str().ok()?;
        all.next().is_none().then_some(first)
    };
    let (Some(stamp), Some(signature)) = (one("x-slack-request-timestamp"), one("x-slack-signature")) else {
        return Signature::Wrong;
    };
    let digits = !stamp.is_empty() && stamp.chars().all(|c| c.is_ascii_digit());
    let Some(sent) = stamp.parse::<i64>().ok().filter(|_| digits) else { return Signature::Wrong };
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return Signature::Wrong };
    let mac = mac.chain_update(b"v0:").chain_update(stamp.as_bytes()).chain_update(b":").chain_update(body);
    let expected = format!("v0={}", hex::encode(mac.finalize().into_bytes()));
    if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
        return Signature::Wrong;
    }
    let seconds = now.timestamp().saturating_sub(sent);
    if seconds.saturating_abs() > MAX_SKEW { Signature::Stale { seconds } } else { Signature::Valid }
}

/// Whether a signature in hex of the raw bytes holds, as Linear makes it.
/// <https://linear.app/developers/webhooks#securing-webhooks>
pub fn of_hex(secret: &str, body: &[u8], signature: &str) -> bool {
    let Ok(given) = hex::decode(signature) else { return false };
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.chain_update(body).verify_slice(&given).is_ok()
}

/// Whether a signature of the raw bytes holds, as GitHub and Jira make it.
/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
pub fn of_github(secret: &str, body: &[u8], signature: &str) -> bool {
    signature.strip_prefix("sha256=").is_some_and(|hex| of_hex(secret, body, hex))
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
        of_slack(&headers, body, &SECRET.into(), lookback_core::zone::from_ms((STAMP + skew) * 1000))
            == Signature::Valid
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
        let now = lookback_core::zone::from_ms(STAMP * 1000);
        assert_eq!(of_slack(&twice, BODY.as_bytes(), &SECRET.into(), now), Signature::Wrong);
        assert_eq!(of_slack(&HeaderMap::new(), BODY.as_bytes(), &SECRET.into(), now), Signature::Wrong);
    }

    #[test]
    fn a_webhook_is_signed_as_github_says() {
        // The example of GitHub's page on validating deliveries.
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(of_github("It's a Secret to Everybody", b"Hello, World!", signature));
        assert!(!of_github("It's a Secret to Everybody", b"Hello, World?", signature));
        assert!(!of_github("It's a Secret to Everybody", b"Hello, World!", "sha256="));
        assert!(!of_github("It's a Secret to Everybody", b"Hello, World!", ""));
    }

    /// Atlassian's own example, and a delivery of each tracker as its documentation describes it.
    #[test]
    fn the_deliveries_of_the_trackers_are_signed_as_they_say() {
        let vectors = include_str!("../../tests/data/trackers/webhook.vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        for (name, at) in [
            ("atlassian", "/signature"),
            ("jira", "/headers/x-hub-signature"),
            ("linear", "/headers/linear-signature"),
            ("github", "/headers/x-hub-signature-256"),
        ] {
            let vector = &vectors[name];
            let text = |at: &str| vector.pointer(at).and_then(serde_json::Value::as_str).unwrap();
            let holds = if name == "linear" { of_hex } else { of_github };
            let (secret, body) = (text("/secret"), text("/body").as_bytes());
            assert!(holds(secret, body, text(at)), "{name}");
            assert!(!holds("another", body, text(at)), "{name}");
            assert!(!holds(secret, &[body, b" "].concat(), text(at)), "{name}");
            let other = if name == "linear" { of_github } else { of_hex };
            assert!(!other(secret, body, text(at)), "{name}");
        }
    }
}
