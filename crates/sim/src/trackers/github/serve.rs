//! The way of one call: its checks, its operation, and the answer as HTTP.

use axum::body::{Body as HttpBody, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::answer::{self, Answer, Body};
use super::ask::Ask;
use super::gate;
use super::state::State;
use super::table;

/// A call as it came.
pub struct Came<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub bytes: &'a Bytes,
    pub now: DateTime<Utc>,
}

/// What the journal keeps of an answer: never a token, and no files.
pub fn shown_body(answer: &Answer, operation: &str) -> Value {
    let Body::Json(body) = &answer.body else { return Value::Null };
    let mut body = body.clone();
    if operation.ends_with("/access_tokens")
        && let Some(token) = body.get_mut("token")
    {
        *token = json!("…");
    }
    body
}

/// GitHub's own word that there were too many calls.
pub fn limited(state: &State, seconds: Option<u64>, now: DateTime<Utc>) -> Answer {
    let Some(seconds) = seconds else { return gate::primary(now + Duration::seconds(60)) };
    let mut answer = gate::secondary(seconds);
    answer.headers.extend(gate::rates(state));
    answer
}

/// The body of a call that has one. GitHub does not look at its content type.
fn parsed(came: &Came) -> Result<Value, Box<Answer>> {
    if came.method == Method::GET || came.bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(came.bytes).map_err(|_| answer::refused(400, "Problems parsing JSON"))
}

pub fn run(state: &mut State, found: Option<&table::Found>, came: &Came) -> Answer {
    let mut answer = tried(state, found, came).unwrap_or_else(|refusal| *refusal);
    if gate::is_newer(came.headers) {
        answer.body = match answer.body {
            Body::Json(body) => Body::Json(newer(body)),
            other @ (Body::Nothing | Body::Raw(_) | Body::Text(_)) => other,
        };
    }
    let answer = tagged(answer, came);
    let is_free = came.uri.path() == "/rate_limit";
    if answer.status == 304 && !is_free {
        state.counts.used = state.counts.used.saturating_sub(1);
    }
    with_rates(state, answer)
}

fn with_rates(state: &State, mut answer: Answer) -> Answer {
    let is_counted = !answer.headers.iter().any(|(name, _)| *name == "x-ratelimit-remaining");
    if is_counted && state.counts.used > 0 && answer.status != 401 {
        answer.headers.extend(gate::rates(state));
    }
    answer
}

fn tried(state: &mut State, found: Option<&table::Found>, came: &Came) -> Result<Answer, Box<Answer>> {
    gate::headers(came.headers)?;
    let who = gate::who(state, came.headers, came.now)?;
    let found = found.ok_or_else(answer::not_found)?;
    let operation = found.operation();
    let needs = gate::Needs { operation: &operation, right: found.route.right, is_write: found.route.method != "GET" };
    if operation != "GET /rate_limit" {
        gate::count(state, needs, came.now)?;
    }
    let repo = found.repo(state, came.uri.query())?;
    gate::right(state, &who, state.repo(repo), needs)?;
    let query: Vec<(String, String)> = serde_urlencoded::from_str(came.uri.query().unwrap_or_default())
        .map_err(|_| answer::refused(400, "Bad Request"))?;
    let path = if repo == 0 { came.uri.path().to_owned() } else { format!("/repositories/{repo}{}", found.rest) };
    let ask = Ask {
        now: came.now,
        who,
        params: found.params.clone(),
        query,
        body: parsed(came)?,
        is_raw: gate::is_raw(came.headers),
        repo,
        path,
    };
    (found.route.run)(state, &ask)
}

/// What version 2026-03-10 leaves out. <https://docs.github.com/rest/about-the-rest-api/breaking-changes>
fn newer(body: Value) -> Value {
    match body {
        Value::Array(all) => Value::Array(all.into_iter().map(newer).collect()),
        Value::Object(mut map) => {
            if map.contains_key("assignees") {
                map.remove("assignee");
                map.remove("merge_commit_sha");
            }
            if map.contains_key("resources") {
                map.remove("rate");
            }
            Value::Object(map.into_iter().map(|(name, value)| (name, newer(value))).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// A read carries a tag; who has that version already gets 304, which costs nothing.
fn tagged(answer: Answer, came: &Came) -> Answer {
    let bytes = match &answer.body {
        Body::Json(body) => body.to_string().into_bytes(),
        Body::Raw(bytes) => bytes.clone(),
        Body::Nothing | Body::Text(_) => Vec::new(),
    };
    if came.method != Method::GET || answer.status != 200 || bytes.is_empty() {
        return answer;
    }
    let tag = format!("W/\"{}\"", hex::encode(ring::digest::digest(&ring::digest::SHA256, &bytes)));
    let given = came.headers.get("if-none-match").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_same = given.split(',').any(|one| one.trim().trim_start_matches("W/") == tag.trim_start_matches("W/"));
    if is_same { answer::nothing(304).with("etag", tag) } else { answer.with("etag", tag) }
}

/// The answer as HTTP. GitHub tells its time with each.
pub fn response(answer: &Answer, now: DateTime<Utc>) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kind, body) = match &answer.body {
        Body::Nothing => (None, HttpBody::empty()),
        Body::Json(body) => (Some("application/json; charset=utf-8"), HttpBody::from(body.to_string())),
        Body::Raw(bytes) => (Some("application/vnd.github.raw+json; charset=utf-8"), HttpBody::from(bytes.clone())),
        Body::Text(text) => (Some("text/html"), HttpBody::from(*text)),
    };
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut response = Response::builder().status(status).header("date", date);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    if let Some(kind) = kind {
        response = response.header("content-type", kind);
    }
    response.body(body).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
