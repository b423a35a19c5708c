//! Between the network and the operations: reads a call, lets it through the gate, and writes the answer.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::gate::{self, Entrance};
use super::issues;
use super::model::State;
use super::routes::{Lost, Route};
use super::wire::{Ask, Outcome, Reply};

/// A call as the network brought it.
pub struct Incoming {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Where a call came in, and what opens there.
pub struct Door {
    pub entrance: Entrance,
    /// What `Authorization: Basic` must carry.
    pub credentials: String,
    pub cloud_id: &'static str,
}

/// Login, body, limit, then the operation.
pub fn serve(state: &mut State, call: &Incoming, route: &Route, door: &Door, now: DateTime<Utc>) -> Outcome {
    let header = call.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_bot = gate::login(state, door.entrance, header, &door.credentials)?;
    let base = match door.entrance {
        Entrance::Site => state.base.clone(),
        Entrance::Gateway => format!("{}/ex/jira/{}", state.base, door.cloud_id),
    };
    let query = url::form_urlencoded::parse(call.uri.query().unwrap_or_default().as_bytes());
    let query = query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let ask = Ask { params: route.params.clone(), query, body: read_body(call)?, is_bot, base, now };
    if route.writes_to_issue() {
        let issue = issues::seen_issue(state, &ask, ask.param(0)).map(|issue| issue.id);
        issue.map_or(Ok(()), |issue| gate::count_write(state, issue, now))?;
    }
    (route.serve)(state, &ask)
}

/// The answer to a call without an address.
pub fn unknown(call: &Incoming, lost: Lost) -> Reply {
    let (status, words) = match lost {
        Lost::NoAddress => (404, format!("null for uri: {}", call.uri.path())),
        Lost::WrongMethod => (405, "HTTP 405 Method Not Allowed".to_owned()),
    };
    Reply::json(status, json!({"message": words, "status-code": status}))
}

/// Jira tells its time with each answer.
pub fn response(reply: Reply, now: DateTime<Utc>) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match (reply.json, reply.text) {
        (Some(json), _) => {
            ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], json.to_string()).into_response()
        }
        (None, Some(text)) => ([(header::CONTENT_TYPE, "text/plain")], text).into_response(),
        (None, None) => StatusCode::NO_CONTENT.into_response(),
    };
    *response.status_mut() = status;
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for (name, value) in reply.headers.into_iter().chain([("date", date)]) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The body of a `POST` or a `PUT` must be JSON and say so.
fn read_body(call: &Incoming) -> Result<Value, Reply> {
    if call.method != Method::POST && call.method != Method::PUT {
        return Ok(Value::Null);
    }
    let kind = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Reply::json(415, json!({"message": "HTTP 415 Unsupported Media Type", "status-code": 415})));
    }
    let refused = |words: &str| Reply::json(400, json!({"errorMessages": [words]}));
    if call.body.is_empty() {
        return Err(refused("No content to map to Object due to end of input"));
    }
    let words = "There was an error parsing JSON. Check that your request body is valid.";
    serde_json::from_slice(&call.body).map_err(|_| refused(words))
}
