//! What GitHub means when it refuses a call.
//! <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api>

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::http::Answer;
use crate::trackers::{Fault, Problem, of_status, retry_after};

/// GitHub asks for a minute at least where it names no time.
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
const MINUTE: Duration = Duration::from_secs(60);

/// No wait is longer.
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    message: String,
    /// Objects or plain texts.
    errors: Vec<Value>,
}

/// Why a call failed. `now` is the bot's own time, for an answer without a date.
pub fn fault_of(answer: &Answer, now: DateTime<Utc>) -> Fault {
    let told: Told = serde_json::from_slice(&answer.body).unwrap_or_default();
    let may_be_limit = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
    if let (true, Some(wait)) = (may_be_limit, wait(answer, &told.message, now)) {
        return Fault::Limited(Some(wait));
    }
    if answer.status.is_redirection() {
        return Fault::Refused(vec![Problem::new("", "The address leads elsewhere.")]);
    }
    let fault = of_status(answer);
    if matches!(fault, Fault::Refused(_)) { Fault::Refused(problems(&told)) } else { fault }
}

/// How long to wait; `None` for a refusal that is no limit.
fn wait(answer: &Answer, message: &str, now: DateTime<Utc>) -> Option<Duration> {
    if answer.headers.contains_key(header::RETRY_AFTER) {
        return Some(retry_after(&answer.headers).unwrap_or(MINUTE));
    }
    if text(&answer.headers, "x-ratelimit-remaining") == Some("0") {
        let reset = text(&answer.headers, "x-ratelimit-reset").and_then(|at| at.parse::<i64>().ok());
        let date = text(&answer.headers, "date").and_then(|at| DateTime::parse_from_rfc2822(at).ok());
        let now = date.map_or(now, |date| date.to_utc());
        // The second of the reset itself is still too early.
        let left = reset.and_then(|reset| u64::try_from(reset - now.timestamp() + 1).ok());
        return Some(left.map_or(MINUTE, |left| Duration::from_secs(left.max(1)).min(HOUR)));
    }
    let message = message.to_lowercase();
    let is_limit = ["rate limit", "abuse detection"].iter().any(|words| message.contains(words));
    (is_limit || answer.status == StatusCode::TOO_MANY_REQUESTS).then_some(MINUTE)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// The field and the words of each error; the value that was sent is left out, as it may be a person's.
fn problems(told: &Told) -> Vec<Problem> {
    let errors: Vec<Problem> = told.errors.iter().map(problem).collect();
    if errors.is_empty() { vec![Problem::new("", &told.message)] } else { errors }
}

fn problem(error: &Value) -> Problem {
    let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let field = match (part("resource"), part("field")) {
        ("Label", _) => "labels",
        (_, field) => field,
    };
    let words = match (error.as_str(), part("message")) {
        (Some(words), _) => words.to_owned(),
        (None, "") => part("code").replace('_', " "),
        (None, message) => message.to_owned(),
    };
    Problem::new(field, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Fault {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, headers: map, body: body.to_owned().into() };
        fault_of(&answer, DateTime::from_timestamp(1000, 0).unwrap())
    }

    fn limited(seconds: u64) -> Fault {
        Fault::Limited(Some(Duration::from_secs(seconds)))
    }

    #[test]
    fn a_limit_has_many_faces() {
        let none = ("x-ratelimit-remaining", "0");
        for status in [403, 429] {
            assert_eq!(of(status, &[("retry-after", "7")], ""), limited(7));
            assert_eq!(of(status, &[("retry-after", "soon")], ""), limited(60));
            assert_eq!(of(status, &[none, ("x-ratelimit-reset", "1030")], "{}"), limited(31));
            assert_eq!(of(status, &[none, ("x-ratelimit-reset", "900")], "{}"), limited(60));
            assert_eq!(of(status, &[none, ("x-ratelimit-reset", "99999")], "{}"), limited(3600));
            let date = ("date", "Thu, 01 Jan 1970 00:20:00 GMT");
            assert_eq!(of(status, &[none, ("x-ratelimit-reset", "1230"), date], "{}"), limited(31));
            assert_eq!(
                of(status, &[("x-ratelimit-remaining", "9")], r#"{"message":"exceeded a Secondary Rate limit"}"#),
                limited(60)
            );
        }
        assert_eq!(of(429, &[], "<html>"), limited(60));
        assert_eq!(of(403, &[], r#"{"message":"Resource not accessible by integration"}"#), Fault::Forbidden);
        assert_eq!(of(404, &[none], ""), Fault::Gone);
    }

    #[test]
    fn a_refusal_names_the_field() {
        let refused = |field: &str, words: &str| Fault::Refused(vec![Problem::new(field, words)]);
        let error = |error: &str| of(422, &[], &format!(r#"{{"message":"Validation Failed","errors":[{error}]}}"#));
        assert_eq!(
            error(r#"{"value":"ben","resource":"Issue","field":"assignees","code":"invalid"}"#),
            refused("assignees", "invalid")
        );
        assert_eq!(error(r#"{"resource":"Label","field":"name","code":"invalid"}"#), refused("labels", "invalid"));
        assert_eq!(error(r#"{"code":"custom","message":"No commits"}"#), refused("", "No commits"));
        assert_eq!(error(r#""title is too long""#), refused("", "title is too long"));
        assert_eq!(of(422, &[], r#"{"message":"Reference already exists"}"#), refused("", "Reference already exists"));
        assert_eq!(of(400, &[], "<html>"), refused("", ""));
    }

    #[test]
    fn the_rest_goes_by_its_status() {
        assert_eq!(of(401, &[], ""), Fault::Token);
        assert_eq!(of(410, &[], ""), Fault::Gone);
        assert_eq!(of(409, &[], ""), Fault::Conflict);
        assert!(matches!(of(302, &[], ""), Fault::Refused(_)));
        for status in [408, 500, 502, 503] {
            assert_eq!(of(status, &[("retry-after", "7")], ""), Fault::Unclear);
        }
    }
}
