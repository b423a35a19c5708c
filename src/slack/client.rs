//! The only caller of Slack's Web API.
//!
//! Rule: a call ends in one of four ways ([`CallError`] has the other three), and no error carries a
//! body: answers and tokens never reach a log. No retries here, no redirects, ten seconds at most.

use std::collections::BTreeMap;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;
use slack_morphism::{ClientResult, SlackClientApiCallContext, SlackClientHttpConnector};
use url::Url;

use lookback_core::ids::TeamId;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long opening a form may take: its trigger lives three seconds.
pub const FORM_PATIENCE: Duration = Duration::from_millis(2500);

type Https = hyper_rustls::HttpsConnector<HttpConnector>;
type Morphism = SlackClient<SlackClientHyperConnector<Https>>;

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("{0}")]
    Refused(String),
    /// Too many calls of this method.
    #[error("ratelimited")]
    Limited { after: Duration },
    #[error("not_sent")]
    NotSent,
    /// It may have happened, or not.
    #[error("unclear")]
    Unclear,
}

impl CallError {
    /// Slack's error code, where it gave one.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(code) => code,
            Self::Limited { .. } => "ratelimited",
            Self::NotSent => "not_sent",
            Self::Unclear => "unclear",
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
    /// Slack's clock minus ours, in seconds, from the header `date`.
    #[serde(skip)]
    pub skew: Option<i64>,
}

/// A client for all workspaces: the token is chosen from the workspace, here and nowhere else.
pub struct Slack {
    client: Morphism,
    raw: Client<Https, Full<axum::body::Bytes>>,
    api_url: String,
    tokens: BTreeMap<TeamId, SlackApiToken>,
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").field("api_url", &self.api_url).finish_non_exhaustive()
    }
}

impl Slack {
    /// A client for `api_url`, without a token yet.
    pub fn new(api_url: &str) -> anyhow::Result<Self> {
        let connector = connector(api_url)?;
        let api_url = api_url.trim_end_matches('/').to_owned();
        let morphism = SlackClientHyperConnector::with_connector(connector.clone()).with_slack_api_url(&api_url);
        let raw = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client: SlackClient::new(morphism), raw, api_url, tokens: BTreeMap::new() })
    }

    /// Asks Slack whose token this is, and uses it for that workspace.
    pub async fn sign_in(&mut self, token: &SecretString) -> Result<Identity, CallError> {
        let identity = self.identify(token).await?;
        self.tokens.insert(identity.team_id.clone(), SlackApiToken::new(token.expose_secret().into()));
        Ok(identity)
    }

    /// `auth.test`, with the headers that slack-morphism does not hand over.
    pub async fn identify(&self, token: &SecretString) -> Result<Identity, CallError> {
        let request = hyper::Request::post(format!("{}/auth.test", self.api_url))
            .header("authorization", format!("Bearer {}", token.expose_secret()))
            .header("content-type", "application/json; charset=utf-8")
            .body(Full::from("{}"))
            .map_err(|_| CallError::NotSent)?;
        let answer = tokio::time::timeout(PATIENCE, self.raw.request(request)).await.map_err(|_| CallError::Unclear)?;
        let answer = answer.map_err(|e| if e.is_connect() { CallError::NotSent } else { CallError::Unclear })?;
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        if answer.status().as_u16() == 429 {
            let after = header("retry-after").and_then(|s| s.parse().ok()).unwrap_or(1);
            return Err(CallError::Limited { after: Duration::from_secs(after) });
        }
        let scopes = header("x-oauth-scopes").unwrap_or_default();
        let date = header("date").and_then(|d| chrono::DateTime::parse_from_rfc2822(&d).ok());
        let body = answer.into_body().collect().await.map_err(|_| CallError::Unclear)?.to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).map_err(|_| CallError::Unclear)?;
        if body.get("ok") != Some(&serde_json::Value::Bool(true)) {
            return Err(refused(body.get("error").and_then(|e| e.as_str()).unwrap_or("unknown_error")));
        }
        let mut identity: Identity = serde_json::from_value(body).map_err(|_| CallError::Unclear)?;
        identity.scopes = scopes;
        identity.skew = date.map(|d| d.timestamp());
        Ok(identity)
    }

    /// Whether a Socket Mode connection could be opened with this app-level token.
    pub async fn socket_mode_works(&self, token: &SecretString) -> Result<(), CallError> {
        let token = SlackApiToken::new(token.expose_secret().into());
        let session = self.client.open_session(&token);
        let nothing = serde_json::json!({});
        let call = session.http_session_api.http_post::<_, serde_json::Value>("apps.connections.open", &nothing, None);
        tokio::time::timeout(PATIENCE, call).await.map_err(|_| CallError::Unclear)?.map(|_| ()).map_err(failure)
    }

    fn token(&self, team: &TeamId) -> Result<&SlackApiToken, CallError> {
        self.tokens.get(team).ok_or_else(|| CallError::Refused("not_authed".to_owned()))
    }

    /// A method that takes JSON.
    pub async fn post<R: DeserializeOwned + Send>(
        &self,
        team: &TeamId,
        method: &str,
        body: &(impl Serialize + Send + Sync),
    ) -> Result<R, CallError> {
        self.post_within(team, method, body, PATIENCE).await
    }

    /// A method that takes JSON, within another time.
    pub async fn post_within<R: DeserializeOwned + Send>(
        &self,
        team: &TeamId,
        method: &str,
        body: &(impl Serialize + Send + Sync),
        patience: Duration,
    ) -> Result<R, CallError> {
        let session = self.client.open_session(self.token(team)?);
        let call = session.http_session_api.http_post(method, body, None);
        tokio::time::timeout(patience, call).await.map_err(|_| CallError::Unclear)?.map_err(failure)
    }

    /// A method that reads: its arguments go into the address.
    pub async fn get<R: DeserializeOwned + Send>(
        &self,
        team: &TeamId,
        method: &str,
        args: &[(&str, String)],
    ) -> Result<R, CallError> {
        let session = self.client.open_session(self.token(team)?);
        let args: Vec<(&str, Option<&String>)> = args.iter().map(|(k, v)| (*k, Some(v))).collect();
        let call = session.http_session_api.http_get(method, &args, None);
        tokio::time::timeout(PATIENCE, call).await.map_err(|_| CallError::Unclear)?.map_err(failure)
    }

    /// Posts to a `response_url`, if it is one of Slack's.
    pub async fn respond(&self, url: &str, body: &serde_json::Value) -> Result<(), CallError> {
        let url = self.trusted(url, "hooks.slack.com")?;
        let span = tracing::Span::none();
        plain(self.client.http_api.connector.http_post_uri(url, body, without_token(&span))).await
    }

    /// Uploads the bytes of a file to the address that Slack gave for it.
    pub async fn upload(&self, url: &str, bytes: &[u8]) -> Result<(), CallError> {
        let url = self.trusted(url, "files.slack.com")?;
        let (span, kind) = (tracing::Span::none(), "application/octet-stream".to_owned());
        plain(self.client.http_api.connector.http_post_uri_binary(url, kind, bytes, without_token(&span))).await
    }

    /// An address that a payload named: https on exactly `host`, without user or port; or
    /// the origin of `SLACK_API_URL`, which points to a simulator when it is set.
    fn trusted(&self, address: &str, host: &str) -> Result<Url, CallError> {
        let untrusted = || CallError::Refused("untrusted_url".to_owned());
        let url = Url::parse(address).map_err(|_| untrusted())?;
        let api = Url::parse(&self.api_url).map_err(|_| untrusted())?;
        let plain = url.username().is_empty() && url.password().is_none();
        let slack = url.scheme() == "https" && url.port().is_none() && url.host_str() == Some(host);
        let simulated = api.host_str() != Some("slack.com") && url.origin() == api.origin();
        if plain && (slack || simulated) { Ok(url) } else { Err(untrusted()) }
    }

    /// The connection that Socket Mode listens on.
    pub fn morphism(&self) -> Morphism {
        self.client.clone()
    }
}

fn without_token(span: &tracing::Span) -> SlackClientApiCallContext<'_> {
    SlackClientApiCallContext { rate_control_params: None, token: None, tracing_span: span, is_sensitive_url: true }
}

/// Awaits a call whose good answer is plain text (`ok`), not JSON.
async fn plain(call: impl Future<Output = ClientResult<serde_json::Value>>) -> Result<(), CallError> {
    match tokio::time::timeout(PATIENCE, call).await.map_err(|_| CallError::Unclear)? {
        Ok(_) | Err(SlackClientError::ProtocolError(_)) => Ok(()),
        Err(error) => Err(failure(error)),
    }
}

/// HTTP/1 with short fuses: a connection that died unheard must not swallow the calls after it.
fn connector(api_url: &str) -> anyhow::Result<Https> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(Duration::from_secs(5)));
    http.set_keepalive(Some(Duration::from_secs(20)));
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    http.set_tcp_user_timeout(Some(Duration::from_secs(20)));
    if api_url.starts_with("https://") {
        let tls = hyper_rustls::HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        return Ok(tls.https_only().enable_http1().wrap_connector(http));
    }
    // A simulator on plain HTTP: no certificate is ever needed, so none has to be installed.
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http))
}

fn refused(code: &str) -> CallError {
    if UNCLEAR.contains(&code) { CallError::Unclear } else { CallError::Refused(code.to_owned()) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of slack-morphism")]
fn failure(error: SlackClientError) -> CallError {
    match error {
        SlackClientError::ApiError(e) if e.code == "ratelimited" || e.code == "rate_limited" => {
            CallError::Limited { after: Duration::from_secs(1) }
        }
        SlackClientError::ApiError(e) => refused(&e.code),
        SlackClientError::RateLimitError(e) => {
            CallError::Limited { after: e.retry_after.unwrap_or(Duration::from_secs(1)) }
        }
        SlackClientError::HttpProtocolError(e) => {
            let connecting = e
                .cause
                .as_ref()
                .and_then(|c| c.downcast_ref::<hyper_util::client::legacy::Error>())
                .is_some_and(hyper_util::client::legacy::Error::is_connect);
            if connecting { CallError::NotSent } else { CallError::Unclear }
        }
        // A 4xx is Slack's web server refusing before any method ran.
        SlackClientError::HttpError(e) if e.status_code.is_client_error() => {
            CallError::Refused(format!("http_{}", e.status_code.as_u16()))
        }
        _ => CallError::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slacks_own_addresses_are_trusted() {
        let slack = Slack::new("https://slack.com/api").unwrap();
        let ok = |url: &str| slack.trusted(url, "hooks.slack.com").is_ok();
        assert!(ok("https://hooks.slack.com/commands/T1/2/x"));
        for url in [
            "http://hooks.slack.com/x",
            "https://hooks.slack.com.evil.com/x",
            "https://evilslack.com/x",
            "https://hooks.slack.com:444/x",
            "https://u@hooks.slack.com/x",
            "https://hooks.slack.com@evil.com/x",
            "https://slack.com/x",
            "https://169.254.169.254/latest",
            "https://[::ffff:169.254.169.254]/",
            "file:///etc/passwd",
            "",
            "https://hooks.slack.com./x",
            "https://127.0.0.1/",
            "//hooks.slack.com/x",
        ] {
            assert!(!ok(url), "{url}");
        }
        let simulated = Slack::new("http://127.0.0.1:9/api").unwrap();
        assert!(simulated.trusted("http://127.0.0.1:9/respond/1", "hooks.slack.com").is_ok());
        assert!(simulated.trusted("http://127.0.0.1:10/respond/1", "hooks.slack.com").is_err());
    }
}
