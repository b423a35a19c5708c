//! The Web API checks token, scope and rate limit before it runs a method. Faults that a test asked for come in here
//! too. Response URLs, uploads and permalinks have addresses of their own.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::state::Hook;
use super::workspace::Message;
use super::{APP_TOKEN, BOT_TOKEN, Call, Fault, Sim, answer, limits, methods};

/// Each method has a name, scopes of which one is enough, and a number of calls that its tier allows in a minute.
/// <https://docs.slack.dev/apis/web-api/rate-limits>
const METHODS: [(&str, &[&str], usize); 20] = [
    ("auth.test", &[], 600),
    ("apps.connections.open", &[], 5),
    ("chat.postMessage", &["chat:write"], 300),
    ("chat.update", &["chat:write"], 50),
    ("chat.delete", &["chat:write"], 50),
    ("chat.postEphemeral", &["chat:write"], 100),
    ("views.open", &[], 100),
    ("views.publish", &[], 100),
    ("users.info", &["users:read"], 100),
    ("users.list", &["users:read"], 20),
    ("conversations.info", &["channels:read", "groups:read"], 50),
    ("conversations.members", &["channels:read", "groups:read"], 100),
    ("conversations.history", &["channels:history", "groups:history", "im:history"], 50),
    ("conversations.replies", &["channels:history", "groups:history", "im:history"], 50),
    ("conversations.open", &["im:write"], 50),
    ("usergroups.users.list", &["usergroups:read"], 20),
    ("conversations.canvases.create", &["canvases:write"], 20),
    ("canvases.edit", &["canvases:write"], 50),
    ("files.getUploadURLExternal", &["files:write"], 100),
    ("files.completeUploadExternal", &["files:write"], 100),
];

/// A failed call gets one of these answers instead of the answer of its method.
enum Failure {
    /// Slack refuses the call with this error code.
    Refused(answer::Refusal),
    /// The caller has used up its calls. It must wait this many seconds.
    Limited(i64),
    /// A test asked for this fault.
    Injected(Fault),
}

impl Failure {
    fn refused(code: &str) -> Self {
        Self::Refused(code.into())
    }

    /// The journal notes the failure with these words.
    fn noted(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.code.clone(),
            Self::Limited(_) => "ratelimited".to_owned(),
            Self::Injected(fault) => fault.noted(),
        }
    }

    fn response(&self) -> Response {
        match self {
            Self::Refused(refusal) => Json(refused(refusal)).into_response(),
            Self::Limited(after) => {
                let body = Json(json!({"ok": false, "error": "ratelimited"}));
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", after.to_string())], body).into_response()
            }
            Self::Injected(fault) => fault.response(),
        }
    }
}

/// Slack names the blocks at fault in the metadata of its answer.
/// <https://docs.slack.dev/reference/methods/chat.postMessage>
fn refused(refusal: &answer::Refusal) -> Value {
    let mut body = json!({"ok": false, "error": refusal.code});
    if let (Some(detail), Some(map)) = (&refusal.detail, body.as_object_mut()) {
        map.insert("errors".into(), json!([detail]));
        map.insert("response_metadata".into(), json!({"messages": [format!("[ERROR] {detail}")]}));
    }
    body
}

/// The client calls `/api/{method}`: with `POST` and JSON or a form, or with `GET` and a query.
pub async fn call(
    State(sim): State<Sim>,
    Path(method): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // The network takes time. A test uses this real wait to kill a process in the middle of a call.
    let latency = sim.peek(|s| s.latency) / 2;
    tokio::time::sleep(latency).await;
    let answer = answer(&sim, method, query, &headers, &body);
    tokio::time::sleep(latency).await;
    answer
}

fn answer(sim: &Sim, method: String, query: BTreeMap<String, String>, headers: &HeaderMap, body: &Bytes) -> Response {
    let args = arguments(query, headers, body);
    let at = sim.now();
    let (response, error) = match outcome(sim, &method, headers, &args) {
        Ok(response) => (response, None),
        Err(failure) => (failure.response(), Some(failure.noted())),
    };
    sim.with(|s| s.journal.push(Call { at, method, args, error }));
    response
}

/// Slack checks method, token, scope and rate limit in this order. The method runs only when all checks pass.
fn outcome(sim: &Sim, method: &str, headers: &HeaderMap, args: &Value) -> Result<Response, Failure> {
    let known = METHODS.into_iter().find(|(name, _, _)| *name == method);
    let (name, scopes, per_minute) = known.ok_or_else(|| Failure::refused("unknown_method"))?;
    check_token(name, headers)?;
    let granted = sim.peek(|s| s.scopes.join(","));
    if !scopes.is_empty() && !scopes.iter().any(|s| granted.split(',').any(|g| g == *s)) {
        return Err(Failure::refused("missing_scope"));
    }
    if let Some(after) = sim.limited(name, args, per_minute) {
        return Err(Failure::Limited(after));
    }
    if let Some(fault) = sim.next_fault(name) {
        if fault.has_effect() {
            let _ = methods::run(sim, name, args);
        }
        return Err(Failure::Injected(fault));
    }
    let mut answer = methods::run(sim, name, args).map_err(Failure::Refused)?;
    answer.insert("ok".to_owned(), json!(true));
    Ok(([("x-oauth-scopes", granted)], Json(Value::Object(answer))).into_response())
}

/// `apps.connections.open` needs the app-level token. All other methods need the bot token.
fn check_token(method: &str, headers: &HeaderMap) -> Result<(), Failure> {
    let given = headers.get("authorization").and_then(|v| v.to_str().ok());
    let token = given.and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
    let wanted = if method == "apps.connections.open" { APP_TOKEN } else { BOT_TOKEN };
    match token {
        "" => Err(Failure::refused("not_authed")),
        token if token == wanted => Ok(()),
        _ => Err(Failure::refused("invalid_auth")),
    }
}

fn arguments(query: BTreeMap<String, String>, headers: &HeaderMap, body: &Bytes) -> Value {
    let kind = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        return serde_json::from_slice(body).unwrap_or(Value::Null);
    }
    let form: BTreeMap<String, String> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    let all: Map<String, Value> = query.into_iter().chain(form).map(|(k, v)| (k, Value::String(v))).collect();
    Value::Object(all)
}

impl Sim {
    /// A test can make a method fail at random. Otherwise the call gets the next fault that a test asked for, if any.
    fn next_fault(&self, method: &str) -> Option<Fault> {
        self.with(|s| {
            if let Some(chaos) = s.chaos.as_ref().filter(|c| c.method == "*" || c.method == method) {
                let mut left = chaos.rng.id() % 100;
                return chaos.faults.iter().find_map(|(fault, percent)| {
                    left -= percent;
                    (left < 0).then(|| fault.clone())
                });
            }
            let at = s.faults.iter().position(|(m, _, n)| *n > 0 && (m == "*" || m == method))?;
            let (_, fault, left) = s.faults.get_mut(at)?;
            *left -= 1;
            Some(fault.clone())
        })
    }

    /// The function counts the call. If it is one too many, the result is the number of seconds to wait.
    fn limited(&self, method: &str, args: &Value, per_minute: usize) -> Option<i64> {
        let now = self.now();
        let minute = chrono::Duration::minutes(1);
        // Slack allows one message a second in a channel. Short bursts may go faster, so the limit is three messages in
        // three seconds.
        let channel = args.get("channel").and_then(Value::as_str).unwrap_or_default();
        let lanes =
            [(method.to_owned(), per_minute, minute), (format!("{method}/{channel}"), 3, chrono::Duration::seconds(3))];
        let lanes: &[_] = if method == "chat.postMessage" { &lanes } else { lanes.get(..1).unwrap_or_default() };
        self.with(|s| {
            for (name, most, window) in lanes {
                let calls = s.calls.entry(name.clone()).or_default();
                while calls.front().is_some_and(|at| now - *at >= *window) {
                    calls.pop_front();
                }
                if calls.len() >= *most {
                    let free = calls.front().map_or(now, |at| *at + *window);
                    return Some((free - now).num_seconds() + 1);
                }
            }
            for (name, _, _) in lanes {
                s.calls.entry(name.clone()).or_default().push_back(now);
            }
            None
        })
    }
}

/// The bot posts to `/respond/{id}`, a response_url, to write or replace a message. The address works five times and
/// for half an hour.
/// <https://docs.slack.dev/interactivity/handling-user-interaction>
pub async fn respond(State(sim): State<Sim>, Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    let now = sim.now();
    let hook = sim.with(|s| {
        let hook = s.hooks.get_mut(&id)?;
        hook.uses += 1;
        Some(hook.clone())
    });
    let Some(hook) = hook else { return (StatusCode::NOT_FOUND, "no such hook").into_response() };
    let usable = hook.uses <= 5 && now - hook.at <= chrono::Duration::minutes(30);
    let refused = if usable {
        let checked = limits::message(&body).and_then(|()| sim.peek(|s| limits::known(&body, &s.unknown_blocks)));
        checked.err().map(answer::Refusal::from)
    } else {
        Some("used_url".into())
    };
    let fault = sim.next_fault("response_url");
    let error = fault.as_ref().map(Fault::noted).or(refused.as_ref().map(|r| r.code.clone()));
    sim.with(|s| s.journal.push(Call { at: now, method: "response_url".to_owned(), args: body.clone(), error }));
    match (fault, refused) {
        (Some(fault), refused) => {
            if fault.has_effect() && refused.is_none() {
                show_response(&sim, &hook, &body);
            }
            fault.response()
        }
        (None, Some(used)) if used.code == "used_url" => (StatusCode::NOT_FOUND, used.code).into_response(),
        (None, Some(wrong)) => (StatusCode::BAD_REQUEST, Json(self::refused(&wrong))).into_response(),
        (None, None) => {
            show_response(&sim, &hook, &body);
            "ok".into_response()
        }
    }
}

fn show_response(sim: &Sim, hook: &Hook, body: &Value) {
    let now = sim.now();
    let replace = body.get("replace_original").and_then(Value::as_bool).unwrap_or_default();
    let public = body.get("response_type").and_then(Value::as_str) == Some("in_channel");
    sim.with(|s| {
        let text = body.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        let blocks: Vec<Value> = body.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
        let blocks = super::methods::with_ids(blocks, s);
        let old = hook.ts.as_deref().filter(|_| replace);
        if let Some(message) =
            s.ws.messages.iter_mut().find(|m| old == Some(m.ts.as_str()) && m.channel == hook.channel)
        {
            message.text = text;
            message.blocks = blocks;
            return;
        }
        let message = Message {
            channel: hook.channel.clone(),
            ts: s.ts(now),
            user: s.ws.bot_user.clone(),
            text,
            blocks,
            thread_ts: hook.thread_ts.clone(),
            visible_to: (!public).then(|| hook.user.clone()),
            ..Message::default()
        };
        s.ws.messages.push(message);
    });
}

/// The bot posts the bytes of a file to `/upload/{id}`, an address that the Web API gave it.
pub async fn upload(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Response {
    let known = sim.with(|s| s.uploads.get_mut(&id).map(|file| file.bytes = body.to_vec()));
    match known {
        Some(()) => format!("OK - {}", body.len()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A permalink leads to the page, which opens the message's channel and its thread.
pub async fn permalink(Path((channel, message)): Path<(String, String)>) -> Response {
    let safe: String = channel.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits: String = message.chars().filter(char::is_ascii_digit).collect();
    let (seconds, micros) = digits.split_at_checked(10).unwrap_or((&digits, ""));
    axum::response::Redirect::to(&format!("/?in={safe}&at={seconds}.{micros}")).into_response()
}
