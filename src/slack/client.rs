//! The only caller of Slack's Web API.
//!
//! Rules: a call ends in one of five ways ([`CallError`] has the other four), and no error carries a body: answers and
//! tokens never reach a log. Only Slack says no, by `ok: false` and a code: whatever a proxy says in its place was not
//! sent, or is unclear. No retries here, no redirects, ten seconds at most.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use http_body_util::Full;
use hyper::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use url::Url;

use super::time::SlackTime;
use super::{address, json};
use crate::http::{Answer, Http, NoAnswer};
use crate::lease::Lease;
use lookback_clock::Clock;
use lookback_core::ids::TeamId;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long opening a form may take: its trigger lives three seconds.
pub const FORM_PATIENCE: Duration = Duration::from_millis(2500);

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Slack says no, with this code.
    #[error("{code}")]
    Refused {
        code: String,
        /// The places of the blocks at fault, where Slack names them.
        blocks: Vec<usize>,
    },
    /// Too many calls of this method.
    #[error("ratelimited")]
    Limited { after: Duration },
    /// Slack has not seen it.
    #[error("not_sent")]
    NotSent,
    /// It may have happened, or not.
    #[error("unclear")]
    Unclear,
}

impl CallError {
    /// Slack says no, with this code.
    pub fn refused(code: &str) -> Self {
        Self::Refused { code: code.to_owned(), blocks: Vec::new() }
    }

    /// Of a call that may be made again whatever became of it: an unclear answer is as good as none.
    pub fn or_again(self) -> Self {
        if self == Self::Unclear { Self::NotSent } else { self }
    }

    /// Which of the four ways it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Limited { .. } => "limited",
            Self::NotSent => "not_sent",
            Self::Unclear => "unclear",
        }
    }

    /// Slack's error code, where it gave one.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Limited { .. } => "ratelimited",
            Self::NotSent => "not_sent",
            Self::Unclear => "unclear",
        }
    }
}

impl From<NoAnswer> for CallError {
    fn from(no: NoAnswer) -> Self {
        match no {
            NoAnswer::NotSent => Self::NotSent,
            NoAnswer::Unclear => Self::Unclear,
        }
    }
}

/// Codes with which the write may have happened all the same.
/// <https://docs.slack.dev/reference/methods/chat.postMessage>
const UNCLEAR: [&str; 5] =
    ["fatal_error", "internal_error", "service_unavailable", "request_timeout", "ratelimited_unclear"];

/// What `auth.test` tells of a token.
#[derive(Debug, serde::Deserialize)]
pub struct Identity {
    pub team_id: TeamId,
    #[serde(default)]
    pub team: String,
    /// `https://acme.slack.com/`.
    #[serde(default)]
    pub url: String,
    pub user_id: lookback_core::ids::UserId,
    /// What the token may do, from the header `x-oauth-scopes`.
    #[serde(skip)]
    pub scopes: String,
}

fn untrusted() -> CallError {
    CallError::refused("untrusted_url")
}

/// A client for all workspaces: the token is chosen from the workspace, here and nowhere else. Cheap to clone.
#[derive(Clone)]
pub struct Slack {
    http: Http,
    api_url: String,
    tokens: BTreeMap<TeamId, SecretString>,
    /// What lets this client call, where only one process may.
    lease: Option<Lease>,
    /// Slack's time, known from its answers.
    pub time: Arc<SlackTime>,
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").field("api_url", &self.api_url).finish_non_exhaustive()
    }
}

impl Slack {
    /// A client for `api_url`, without a token yet.
    pub fn new(api_url: &str, clock: Clock) -> anyhow::Result<Self> {
        let http = Http::new(api_url)?;
        let api_url = api_url.trim_end_matches('/').to_owned();
        Ok(Self { http, api_url, tokens: BTreeMap::new(), lease: None, time: Arc::new(SlackTime::new(clock)) })
    }

    /// The same client for whoever sends: no call begins that may last longer than the lease.
    pub fn with_lease(&self, lease: Lease) -> Self {
        Self { lease: Some(lease), ..self.clone() }
    }

    /// Asks Slack whose token this is, and uses it for that workspace.
    pub async fn sign_in(&mut self, token: &SecretString) -> Result<Identity, CallError> {
        let identity = self.identify(token).await?;
        self.tokens.insert(identity.team_id.clone(), token.clone());
        Ok(identity)
    }

    /// `auth.test`.
    pub async fn identify(&self, token: &SecretString) -> Result<Identity, CallError> {
        let request = json(&format!("{}/auth.test", self.api_url), Some(token), &serde_json::json!({}))?;
        let answer = self.call(request, PATIENCE).await;
        let mut identity: Identity = self.read(&answer)?;
        let scopes = answer.ok().and_then(|a| a.headers.get("x-oauth-scopes")?.to_str().ok().map(str::to_owned));
        identity.scopes = scopes.unwrap_or_default();
        Ok(identity)
    }

    /// The address of a new Socket Mode connection. <https://docs.slack.dev/reference/methods/apps.connections.open>
    pub async fn open_socket(&self, token: &SecretString) -> Result<Url, CallError> {
        #[derive(serde::Deserialize)]
        struct Opened {
            url: String,
        }
        let request = json(&format!("{}/apps.connections.open", self.api_url), Some(token), &serde_json::json!({}))?;
        let answer = self.call(request, PATIENCE).await;
        let opened: Opened = self.read(&answer)?;
        address::trusted_socket(&self.api_url, &opened.url).ok_or_else(untrusted)
    }

    /// Opens a WebSocket. The error may hold the address, and so a ticket: it is not for the log.
    pub async fn connect(
        &self,
        url: &Url,
    ) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Box<tokio_tungstenite::tungstenite::Error>> {
        let tls = Connector::Rustls(self.http.tls());
        let opened = connect_async_tls_with_config(url.as_str(), None, true, Some(tls)).await;
        opened.map(|(stream, _)| stream).map_err(Box::new)
    }

    fn token(&self, team: &TeamId) -> Result<&SecretString, CallError> {
        self.tokens.get(team).ok_or_else(|| CallError::refused("not_authed"))
    }

    /// A method that takes JSON.
    pub async fn post<R: DeserializeOwned>(
        &self,
        team: &TeamId,
        method: &str,
        body: &impl Serialize,
    ) -> Result<R, CallError> {
        self.post_within(team, method, body, PATIENCE).await
    }

    /// A method that takes JSON, within another time.
    pub async fn post_within<R: DeserializeOwned>(
        &self,
        team: &TeamId,
        method: &str,
        body: &impl Serialize,
        patience: Duration,
    ) -> Result<R, CallError> {
        let request = json(&format!("{}/{method}", self.api_url), Some(self.token(team)?), body)?;
        let answer = self.call(request, patience).await;
        self.read(&answer)
    }

    /// A method that reads: its arguments go into the address.
    pub async fn get<R: DeserializeOwned>(
        &self,
        team: &TeamId,
        method: &str,
        args: &[(&str, String)],
    ) -> Result<R, CallError> {
        let query = serde_urlencoded::to_string(args).map_err(|_| CallError::NotSent)?;
        let request = Request::get(format!("{}/{method}?{query}", self.api_url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token(team)?.expose_secret()))
            .body(Full::default())
            .map_err(|_| CallError::NotSent)?;
        let answer = self.call(request, PATIENCE).await;
        self.read(&answer)
    }

    /// Posts to a `response_url`, if it is one of Slack's.
    /// <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>
    pub async fn respond(&self, url: &str, body: &Value) -> Result<(), CallError> {
        let url = address::trusted(&self.api_url, url, "hooks.slack.com").ok_or_else(untrusted)?;
        let answer = self.call(json(url.as_str(), None, body)?, PATIENCE).await?;
        match answer.status {
            // The address was used five times, or is older than half an hour.
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(CallError::refused("expired_url")),
            _ => done(&answer),
        }
    }

    /// Uploads the bytes of a file to the address that Slack gave for it.
    pub async fn upload(&self, url: &str, bytes: &[u8]) -> Result<(), CallError> {
        let url = address::trusted(&self.api_url, url, "files.slack.com").ok_or_else(untrusted)?;
        let request = Request::post(url.as_str())
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(Full::from(bytes.to_vec()))
            .map_err(|_| CallError::NotSent)?;
        done(&self.call(request, PATIENCE).await?)
    }

    /// Reads what came back of a method, and notes whether Slack answered, and when.
    fn read<R: DeserializeOwned>(&self, answer: &Result<Answer, CallError>) -> Result<R, CallError> {
        let said = match answer {
            Ok(answer) => read(answer),
            Err(error) => Err(error.clone()),
        };
        let is_slacks = !matches!(said, Err(CallError::NotSent | CallError::Unclear));
        self.time.answered(is_slacks);
        if let (true, Ok(answer)) = (is_slacks, answer) {
            self.time.heard(&answer.headers);
        }
        said
    }

    /// Whether a call may begin: the lease of whoever sends has to outlast it.
    pub fn may_call(&self) -> bool {
        self.outlasts(PATIENCE)
    }

    fn outlasts(&self, patience: Duration) -> bool {
        self.lease.as_ref().is_none_or(|lease| lease.left() >= patience)
    }

    /// The one way to Slack.
    async fn call(&self, request: Request<Full<Bytes>>, patience: Duration) -> Result<Answer, CallError> {
        if !self.outlasts(patience) {
            return Err(CallError::NotSent);
        }
        Ok(self.http.call(request, patience).await?)
    }
}

fn json(url: &str, token: Option<&SecretString>, body: &impl Serialize) -> Result<Request<Full<Bytes>>, CallError> {
    let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
    }
    let body = serde_json::to_vec(body).map_err(|_| CallError::NotSent)?;
    request.body(Full::from(body)).map_err(|_| CallError::NotSent)
}

/// Reads the answer of a method.
fn read<R: DeserializeOwned>(answer: &Answer) -> Result<R, CallError> {
    let body: Value = json::read(&answer.body).unwrap_or_default();
    let ok = body.get("ok").and_then(Value::as_bool);
    let code = body.get("error").and_then(Value::as_str);
    match (ok, code) {
        (Some(true), _) if answer.status.is_success() => serde_json::from_value(body).map_err(|_| CallError::Unclear),
        _ if answer.status == StatusCode::TOO_MANY_REQUESTS => Err(limited(answer)),
        (Some(false), Some("ratelimited" | "rate_limited")) => Err(limited(answer)),
        (Some(false), Some(code)) if UNCLEAR.contains(&code) => Err(CallError::Unclear),
        (Some(false), Some(code)) => Err(CallError::Refused { code: code.to_owned(), blocks: at_fault(&body) }),
        _ => Err(not_slack(answer.status)),
    }
}

/// Reads an answer that is plain text where all is well. What is wrong with blocks may be told in plain text too:
/// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors>
fn done(answer: &Answer) -> Result<(), CallError> {
    let told = std::str::from_utf8(&answer.body).unwrap_or_default().trim();
    if answer.status.is_client_error() && matches!(told, "invalid_blocks" | "invalid_blocks_format") {
        return Err(CallError::refused(told));
    }
    if answer.status.is_success() && !answer.body.starts_with(b"{") {
        Ok(())
    } else {
        read::<Value>(answer).map(|_| ())
    }
}

/// The blocks whose kind an answer refuses by a JSON pointer, such as `[json-pointer:/blocks/3/type]`. A pointer that goes
/// deeper is about the block's content: it becomes `usize::MAX`, where no block is. Of the sentence around it nothing is kept: it may
/// hold words of the message.
/// <https://docs.slack.dev/reference/methods/chat.postMessage>
fn at_fault(body: &Value) -> Vec<usize> {
    let told = body.pointer("/response_metadata/messages").or_else(|| body.get("errors"));
    let place = |text: &str| {
        let (_, pointer) = text.rsplit_once("json-pointer:")?;
        let (_, rest) = pointer.trim_end_matches(']').split_once("/blocks/")?;
        match rest.strip_suffix("/type").unwrap_or(rest).parse() {
            Ok(at) => Some(at),
            Err(_) => Some(usize::MAX),
        }
    };
    told.and_then(Value::as_array).into_iter().flatten().filter_map(|m| place(m.as_str()?)).collect()
}

fn limited(answer: &Answer) -> CallError {
    let after = answer.headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    CallError::Limited { after: Duration::from_secs(after.unwrap_or(1)) }
}

/// An answer in which Slack says nothing. A proxy that refuses or redirects has sent nothing on; one that waited in vain,
/// and a page in the place of an answer, leave open what Slack did.
fn not_slack(status: StatusCode) -> CallError {
    let refused = status.is_client_error() || status.is_redirection();
    if refused && status != StatusCode::REQUEST_TIMEOUT { CallError::NotSent } else { CallError::Unclear }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn only_slack_says_no() {
        let said = |status: u16, body: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", "7".parse().unwrap());
            let status = StatusCode::from_u16(status).unwrap();
            read::<Value>(&Answer { status, headers, body: Bytes::from(body.to_owned()) })
        };
        let no = |code: &str| Err(CallError::refused(code));
        let pointed = r#"{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] unsupported type: data_table [json-pointer:/blocks/3/type]"]}}"#;
        assert_eq!(said(200, pointed), Err(CallError::Refused { code: "invalid_blocks".into(), blocks: vec![3] }));
        let deeper = pointed.replace("/blocks/3/type", "/blocks/3/rows/0/1/text");
        assert_eq!(
            said(200, &deeper),
            Err(CallError::Refused { code: "invalid_blocks".into(), blocks: vec![usize::MAX] })
        );
        assert!(said(200, r#"{"ok":true}"#).is_ok());
        assert_eq!(said(200, r#"{"ok":false,"error":"is_archived"}"#), no("is_archived"));
        assert_eq!(said(403, r#"{"ok":false,"error":"invalid_auth"}"#), no("invalid_auth"));
        let limited = Err(CallError::Limited { after: Duration::from_secs(7) });
        assert_eq!(said(429, "<html>"), limited);
        assert_eq!(said(200, r#"{"ok":false,"error":"ratelimited"}"#), limited);
        for status in [302, 400, 401, 403, 404, 407, 413, 451] {
            assert_eq!(said(status, "<html>"), Err(CallError::NotSent), "{status}");
        }
        for status in [200, 408, 500, 502, 503, 504] {
            assert_eq!(said(status, "<html>"), Err(CallError::Unclear), "{status}");
        }
        for cut in ["", r#"{"ok":tr"#, r#"{"error":"x"}"#, "null", r#"{"ok":false}"#] {
            assert_eq!(said(200, cut), Err(CallError::Unclear), "{cut}");
        }
        assert_eq!(said(500, r#"{"ok":true}"#), Err(CallError::Unclear));
        assert_eq!(said(200, r#"{"ok":false,"error":"fatal_error"}"#), Err(CallError::Unclear));
    }
}
