//! How Linear says no.
//!
//! Rules: `errors` is read before the HTTP status, because Linear answers a refusal with 200 or 400, and too many calls
//! with 400 (<https://linear.app/developers/rate-limiting>). A value that was sent is never kept: it may hold people's words.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use chrono::DateTime;
use serde_json::Value;

use super::super::{Fault, Problem, of_status, retry_after};
use crate::http::Answer;

/// The `data` of an answer. `is_write` says whether the call changes something.
pub fn data_of(answer: &Answer, is_write: bool) -> Result<Value, Fault> {
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let data = body.get_mut("data").map(Value::take).unwrap_or_default();
    let errors = body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if errors.is_empty() {
        return match (answer.status.is_success(), data.is_object()) {
            (true, true) => Ok(data),
            (true, false) => Err(Fault::Unclear),
            (false, _) => Err(of_http(answer)),
        };
    }
    // An error below a result is no refusal: the write is done, and only its answer is in part unreadable.
    let is_done = data.as_object().is_some_and(|roots| roots.values().any(|root| !root.is_null()));
    if is_write && is_done {
        return Err(Fault::Unclear);
    }
    Err(merged(errors.iter().map(|error| of_error(error, answer)).collect()))
}

/// One fault out of several: a doubt outweighs all, and problems are told together.
fn merged(faults: Vec<Fault>) -> Fault {
    if faults.contains(&Fault::Unclear) {
        return Fault::Unclear;
    }
    let mut all = Vec::new();
    for fault in faults {
        match fault {
            Fault::Refused(problems) => all.extend(problems),
            other @ (Fault::NotSent
            | Fault::Unclear
            | Fault::Limited(_)
            | Fault::Token
            | Fault::Forbidden
            | Fault::Gone
            | Fault::Conflict) => return other,
        }
    }
    Fault::Refused(all)
}

/// An answer without a word of Linear's.
fn of_http(answer: &Answer) -> Fault {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => Fault::Limited(wait(&answer.headers)),
        // It says nothing about an issue: Linear tells that with a body.
        status if status.is_redirection() || matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) => {
            Fault::Refused(vec![Problem::new("", "there is no Linear API at this address")])
        }
        _ => of_status(answer),
    }
}

fn of_error(error: &Value, answer: &Answer) -> Fault {
    let extension = |name: &str| error.pointer(&format!("/extensions/{name}")).and_then(Value::as_str);
    let code = extension("code").unwrap_or_default();
    let kind = extension("type").unwrap_or_default();
    let is_users = error.pointer("/extensions/userError").and_then(Value::as_bool) == Some(true);
    match (code, kind) {
        ("RATELIMITED", _) => Fault::Limited(wait(&answer.headers)),
        ("AUTHENTICATION_ERROR", _) => Fault::Token,
        ("FORBIDDEN", _) => Fault::Forbidden,
        ("INPUT_ERROR" | "INVALID_INPUT" | "BAD_USER_INPUT", _) => refusal(error),
        ("GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED", _) => refusal(error),
        ("INTERNAL_SERVER_ERROR", _) => Fault::Unclear,
        // https://github.com/linear/linear/blob/master/packages/sdk/src/error.ts
        (_, "ratelimited") => Fault::Limited(wait(&answer.headers)),
        (_, "authentication error") => Fault::Token,
        (_, "forbidden") => Fault::Forbidden,
        (_, "invalid input" | "user error" | "graphql error" | "usage limit exceeded") => refusal(error),
        (_, "internal error" | "lock timeout" | "network error") => Fault::Unclear,
        _ if answer.status.is_success() && is_users => refusal(error),
        _ if answer.status.is_success() => Fault::Unclear,
        _ => match of_http(answer) {
            Fault::Refused(_) => refusal(error),
            other @ (Fault::NotSent
            | Fault::Unclear
            | Fault::Limited(_)
            | Fault::Token
            | Fault::Forbidden
            | Fault::Gone
            | Fault::Conflict) => other,
        },
    }
}

/// What Linear refuses, mostly out of its words: few errors name the field.
fn refusal(error: &Value) -> Fault {
    let text = |at: &str| error.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let message = text("/message");
    let presented = text("/extensions/userPresentableMessage");
    if let Some(rest) = message.strip_prefix("Entity not found") {
        let entity = rest.trim_start_matches([':', ' ']).split(|c: char| !c.is_alphanumeric()).next();
        return match entity.unwrap_or_default() {
            "User" => Fault::Refused(vec![Problem::new("assigneeId", presented)]),
            "IssueLabel" | "Label" => Fault::Refused(vec![Problem::new("labelIds", presented)]),
            "Issue" | "Team" | "" => Fault::Gone,
            other => Fault::Refused(vec![Problem::new(other, presented)]),
        };
    }
    let is_there = presented.starts_with("Entity") && presented.contains("already exists");
    if message.to_ascii_lowercase().starts_with("conflict on insert") || is_there {
        return Fault::Conflict;
    }
    // `Variable "$input" got invalid value "…" at "input.dueDate"; …`
    if let Some((_, rest)) = message.split_once("got invalid value") {
        let path = rest.rsplit_once("at \"").and_then(|(_, path)| path.split('"').next()).unwrap_or_default();
        return Fault::Refused(vec![Problem::new(field_in(path), "Linear does not take this value")]);
    }
    let words = if presented.is_empty() { message } else { presented };
    let property = text("/extensions/validationErrors/0/property");
    let field = [property, message, presented].into_iter().map(field_in).find(|field| !field.is_empty());
    let field = field.unwrap_or_default();
    Fault::Refused(vec![Problem::new(field, words)])
}

/// The field of an issue that a text is about; empty where it names none.
fn field_in(text: &str) -> &'static str {
    // Somebody, or a label, that is "not in the team" is not a trouble with the team: the order counts.
    const NAMES: [(&str, &str); 9] = [
        ("assignee", "assigneeId"),
        ("label", "labelIds"),
        ("duedate", "dueDate"),
        ("due date", "dueDate"),
        ("priority", "priority"),
        ("title", "title"),
        ("description", "description"),
        ("stateid", "stateId"),
        ("teamid", "teamId"),
    ];
    let text = text.to_lowercase();
    NAMES.iter().find(|(name, _)| text.contains(name)).map(|(_, field)| *field).unwrap_or_default()
}

/// How long to wait after too many calls: as told in seconds, or until the limit that is used up is free again.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    const HOUR: Duration = Duration::from_secs(3600);
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let used_up = |limit: &&str| text(&format!("x-ratelimit-{limit}-remaining")) == Some("0");
    let until = || {
        let limit = ["requests", "complexity", "endpoint-requests"].into_iter().find(used_up).unwrap_or("requests");
        // In milliseconds since the epoch. https://linear.app/developers/rate-limiting
        let reset: i64 = text(&format!("x-ratelimit-{limit}-reset"))?.parse().ok()?;
        let date = DateTime::parse_from_rfc2822(text(header::DATE.as_str())?).ok()?;
        let millis = u64::try_from(reset.checked_sub(date.timestamp_millis())?).ok()?;
        // No limit is longer than an hour: what is further away comes from another clock.
        Some(Duration::from_millis(millis)).filter(|wait| !wait.is_zero() && *wait <= HOUR)
    };
    retry_after(headers).or_else(until)
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str, headers: &[(&'static str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers, body: Bytes::from(body.to_owned()) }
    }

    fn said(status: u16, message: &str, extensions: &Value) -> Fault {
        let error = json!({ "message": message, "extensions": extensions });
        let body = json!({ "errors": [error], "data": null }).to_string();
        data_of(&answer(status, &body, &[]), true).unwrap_err()
    }

    fn input(message: &str, presented: &str) -> Fault {
        let extensions = json!({ "code": "INPUT_ERROR", "type": "invalid input", "userError": true,
            "statusCode": 400, "userPresentableMessage": presented });
        let fault = said(200, message, &extensions);
        assert_eq!(fault, said(400, message, &extensions));
        fault
    }

    #[test]
    fn the_code_tells_whatever_the_status_is() {
        for status in [200, 400, 401, 403] {
            let code = |code: &str| said(status, "no", &json!({ "code": code }));
            assert_eq!(code("RATELIMITED"), Fault::Limited(None));
            assert_eq!(code("AUTHENTICATION_ERROR"), Fault::Token);
            assert_eq!(code("FORBIDDEN"), Fault::Forbidden);
            assert_eq!(code("INTERNAL_SERVER_ERROR"), Fault::Unclear);
            let refused = Fault::Refused(vec![Problem::new("", "no")]);
            assert_eq!(code("GRAPHQL_VALIDATION_FAILED"), refused);
        }
        assert_eq!(said(400, "no", &json!({ "type": "ratelimited" })), Fault::Limited(None));
        assert_eq!(said(401, "no", &json!({})), Fault::Token);
        assert_eq!(said(400, "no", &json!({ "code": "NEW" })), Fault::Refused(vec![Problem::new("", "no")]));
        assert_eq!(said(200, "no", &json!({ "code": "NEW" })), Fault::Unclear);
        assert_eq!(said(503, "no", &json!({})), Fault::Unclear);
    }

    #[test]
    fn an_answer_without_errors_is_told_by_its_status() {
        let http = |status, body| data_of(&answer(status, body, &[]), true);
        assert_eq!(http(200, r#"{"data":{"a":1}}"#), Ok(json!({ "a": 1 })));
        assert_eq!(http(200, r#"{"data":{"a":1},"errors":[]}"#), Ok(json!({ "a": 1 })));
        for body in ["", "<html>", "null", "[]", r#"{"data":null}"#, r#"{"da"#, r#"{"data":[]}"#] {
            assert_eq!(http(200, body), Err(Fault::Unclear), "{body}");
        }
        for (status, fault) in [(401, Fault::Token), (403, Fault::Forbidden), (429, Fault::Limited(None))] {
            assert_eq!(http(status, "<html>"), Err(fault));
        }
        for status in [301, 404, 410] {
            assert!(matches!(http(status, "<html>"), Err(Fault::Refused(_))), "{status}");
        }
        for status in [408, 500, 502, 503, 504] {
            assert_eq!(http(status, r#"{"data":{"a":1}}"#), Err(Fault::Unclear), "{status}");
        }
    }

    #[test]
    fn what_is_done_is_not_taken_for_refused() {
        let body = r#"{"data":{"issueCreate":{"issue":null}},"errors":[{"extensions":{"code":"FORBIDDEN"}}]}"#;
        assert_eq!(data_of(&answer(200, body, &[]), true), Err(Fault::Unclear));
        assert_eq!(data_of(&answer(200, body, &[]), false), Err(Fault::Forbidden));
        let body = r#"{"data":{"issueCreate":null},"errors":[{"extensions":{"code":"FORBIDDEN"}}]}"#;
        assert_eq!(data_of(&answer(200, body, &[]), true), Err(Fault::Forbidden));
        let body =
            r#"{"errors":[{"extensions":{"code":"FORBIDDEN"}},{"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#;
        assert_eq!(data_of(&answer(200, body, &[]), true), Err(Fault::Unclear));
    }

    #[test]
    fn a_refusal_names_the_field() {
        let refused = |field: &str, words: &str| Fault::Refused(vec![Problem::new(field, words)]);
        assert_eq!(input("conflict on insert of Issue", "Entity Issue with id x already exists."), Fault::Conflict);
        assert_eq!(input("Entity not found: Issue - Could not find referenced Issue.", "No."), Fault::Gone);
        assert_eq!(input("Entity not found: Team", ""), Fault::Gone);
        assert_eq!(input("Entity not found: User", "No user."), refused("assigneeId", "No user."));
        assert_eq!(input("Argument Validation Error", "title is too long"), refused("title", "title is too long"));
        let words = "assigneeId must be a UUID.";
        assert_eq!(input(&format!("Argument Validation Error - {words}"), words), refused("assigneeId", words));
        let words = "The assignee is not a member of the team.";
        assert_eq!(input(words, ""), refused("assigneeId", words));
        let words = "The label is not part of the team.";
        assert_eq!(input("invalid input", words), refused("labelIds", words));
        assert_eq!(input("Something else", ""), refused("", "Something else"));
        let by_name = json!({ "code": "INVALID_INPUT", "validationErrors": [{ "property": "dueDate" }] });
        assert_eq!(said(200, "Argument Validation Error", &by_name), refused("dueDate", "Argument Validation Error"));
    }

    #[test]
    fn a_value_that_was_sent_is_not_kept() {
        let said = |message: &str| said(400, message, &json!({ "code": "BAD_USER_INPUT", "type": "graphql error" }));
        let fault = said(r#"Variable "$i" got invalid value "Fire Bob" at "i.dueDate"; Expected type "TimelessDate"."#);
        assert_eq!(fault, Fault::Refused(vec![Problem::new("dueDate", "Linear does not take this value")]));
        let fault = said(r#"Variable "$i" got invalid value "my title"; Expected type."#);
        assert_eq!(fault, Fault::Refused(vec![Problem::new("", "Linear does not take this value")]));
    }

    #[test]
    fn the_wait_is_told_in_seconds_or_by_the_reset() {
        let wait = |headers: &[(&'static str, &str)]| wait(&answer(400, "", headers).headers);
        let date = ("date", "Sat, 28 Nov 2026 15:00:00 GMT");
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let reset = ("x-ratelimit-requests-reset", "1795878002000");
        assert_eq!(wait(&[date, reset]), seconds(2));
        assert_eq!(wait(&[date, reset, ("retry-after", "7")]), seconds(7));
        assert_eq!(wait(&[("retry-after", "999999")]), seconds(3600));
        let complexity = ("x-ratelimit-complexity-reset", "1795878009000");
        assert_eq!(wait(&[date, reset, complexity]), seconds(2));
        assert_eq!(wait(&[date, reset, complexity, ("x-ratelimit-complexity-remaining", "0")]), seconds(9));
        for nonsense in ["1795877999000", "1795878000000", "1795882000000", "x", "", "-1", "9223372036854775807"] {
            assert_eq!(wait(&[date, ("x-ratelimit-requests-reset", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(wait(&[reset]), None);
        assert_eq!(wait(&[]), None);
    }
}
