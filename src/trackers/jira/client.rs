//! The only caller of Jira's REST API.
//!
//! Rules: the token goes to the origin of the settings only; one redirect is followed, within that origin; nothing is
//! tried again here; no fault carries a body.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{Method, StatusCode, header};
use base64::Engine as _;
use http_body_util::Full;
use hyper::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use crate::config::trackers::Jira as Settings;
use crate::http::{Answer, Http};
use crate::trackers::{Fault, PATIENCE, Problem, of_status, retry_after};

/// What `GET myself` tells of an account.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Myself {
    pub account_id: String,
    #[serde(default)]
    pub display_name: String,
}

/// A client of one site. Cheap to clone.
#[derive(Clone)]
pub struct Jira {
    http: Http,
    base: Url,
    /// The value of the header `Authorization`.
    login: SecretString,
    /// The account id of the token.
    account: Arc<OnceCell<String>>,
    /// The address of the site for people, without a slash at its end.
    site: Arc<OnceCell<String>>,
}

impl std::fmt::Debug for Jira {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jira").field("host", &self.base.host_str().unwrap_or_default()).finish_non_exhaustive()
    }
}

/// What a call does, whatever its method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    Writes,
}

/// Of a call that only reads and that comes before a write: without its answer nothing was written.
pub fn unsent(fault: Fault) -> Fault {
    if fault == Fault::Unclear { Fault::NotSent } else { fault }
}

impl Jira {
    /// A client that has not called yet. Fails where the base is no web address.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let base = Url::parse(settings.base.trim())?;
        anyhow::ensure!(matches!(base.scheme(), "http" | "https") && base.has_host(), "not a web address");
        let login = format!("{}:{}", settings.email.trim(), settings.token.expose_secret().trim());
        let login = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(login));
        Ok(Self {
            http: Http::new(base.as_str())?,
            base,
            login: SecretString::from(login),
            account: Arc::default(),
            site: Arc::default(),
        })
    }

    /// Whose token it is; asked each time.
    pub(super) async fn myself(&self) -> Result<Myself, Fault> {
        self.get(&["myself"], &[]).await
    }

    /// The account id of the token; asked once.
    pub(super) async fn account(&self) -> Result<String, Fault> {
        let asked = async { self.myself().await.map(|myself| myself.account_id) };
        self.account.get_or_try_init(|| asked).await.cloned()
    }

    /// The address of the site for people, without a slash at its end; asked once. A gateway knows it only from `serverInfo`.
    pub(super) async fn site(&self) -> Result<String, Fault> {
        #[derive(serde::Deserialize)]
        struct Info {
            #[serde(default, rename = "baseUrl")]
            base_url: String,
        }
        if let Some(site) = self.site.get() {
            return Ok(site.clone());
        }
        let info: Result<Info, Fault> = self.get(&["serverInfo"], &[]).await;
        match info {
            Ok(info) if is_web(&info.base_url) => {
                let site = info.base_url.trim_end_matches('/').to_owned();
                Ok(self.site.get_or_init(|| async { site }).await.clone())
            }
            Ok(_) | Err(Fault::Gone | Fault::Forbidden | Fault::Refused(_)) => {
                Ok(self.base.as_str().trim_end_matches('/').to_owned())
            }
            Err(fault) => Err(fault),
        }
    }

    /// A call that reads: its arguments go into the address.
    pub(super) async fn get<R: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<R, Fault> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        json(&self.call(&Method::GET, &url, None, Effect::Reads).await?)
    }

    /// A call that reads although its arguments go into a body.
    pub(super) async fn ask<R: DeserializeOwned>(&self, path: &[&str], body: &Value) -> Result<R, Fault> {
        json(&self.call(&Method::POST, &self.url(path), Some(body), Effect::Reads).await?)
    }

    /// A call that writes; its answer is a success.
    pub(super) async fn write(&self, method: &Method, path: &[&str], body: &Value) -> Result<Answer, Fault> {
        self.call(method, &self.url(path), Some(body), Effect::Writes).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["rest", "api", "3"]).extend(path);
        }
        url
    }

    async fn call(&self, method: &Method, url: &Url, body: Option<&Value>, effect: Effect) -> Result<Answer, Fault> {
        let answer = self.send(method, url, body).await?;
        if answer.status.is_success() && !(effect == Effect::Reads && is_stranger(&answer)) {
            return Ok(answer);
        }
        let fault = fault(&answer, effect);
        // Jira answers a stranger with 404, too, where it shows nothing to strangers.
        if fault == Fault::Gone && self.is_locked_out().await { Err(Fault::Token) } else { Err(fault) }
    }

    /// Whether Jira refuses the token, asked where only an account has an answer.
    async fn is_locked_out(&self) -> bool {
        let answer = self.send(&Method::GET, &self.url(&["myself"]), None).await;
        answer.is_ok_and(|answer| answer.status == StatusCode::UNAUTHORIZED || is_stranger(&answer))
    }

    async fn send(&self, method: &Method, url: &Url, body: Option<&Value>) -> Result<Answer, Fault> {
        let answer = self.once(method, url, body).await?;
        match elsewhere(method, url, &answer) {
            Some(there) => self.once(method, &there, body).await,
            None => Ok(answer),
        }
    }

    async fn once(&self, method: &Method, url: &Url, body: Option<&Value>) -> Result<Answer, Fault> {
        let request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::AUTHORIZATION, self.login.expose_secret())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "lookback");
        let request = match body {
            Some(body) => {
                let body = serde_json::to_vec(body).map_err(|_| Fault::NotSent)?;
                request.header(header::CONTENT_TYPE, "application/json").body(Full::from(body))
            }
            None => request.body(Full::<Bytes>::default()),
        };
        Ok(self.http.call(request.map_err(|_| Fault::NotSent)?, PATIENCE).await?)
    }
}

/// Where an answer sends this call: within the same origin, and with the same method only.
fn elsewhere(method: &Method, url: &Url, answer: &Answer) -> Option<Url> {
    let keeps = match answer.status {
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::GET,
        _ => false,
    };
    let there = url.join(answer.headers.get(header::LOCATION)?.to_str().ok()?).ok()?;
    (keeps && there.origin() == url.origin()).then_some(there)
}

/// Whether Jira took the caller for a stranger, because the login failed.
/// <https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/>
fn is_stranger(answer: &Answer) -> bool {
    let reason = answer.headers.get("x-seraph-loginreason").and_then(|reason| reason.to_str().ok());
    reason.is_some_and(|reason| reason.contains("AUTHENTICATED_FAILED") || reason.contains("AUTHENTICATION_DENIED"))
}

fn json<R: DeserializeOwned>(answer: &Answer) -> Result<R, Fault> {
    serde_json::from_slice(&answer.body).map_err(|_| Fault::Unclear)
}

fn is_web(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty())
}

/// What an answer without a success means.
fn fault(answer: &Answer, effect: Effect) -> Fault {
    if is_stranger(answer) {
        return Fault::Token;
    }
    let wait = retry_after(&answer.headers);
    // https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ : some 503 say when to come back.
    if effect == Effect::Reads && answer.status == StatusCode::SERVICE_UNAVAILABLE && wait.is_some() {
        return Fault::Limited(wait);
    }
    let is_unseen = matches!(answer.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
        || (effect == Effect::Reads && answer.status.is_redirection());
    if is_unseen {
        return Fault::Refused(vec![Problem::new("", "Jira has another address than the one in the settings")]);
    }
    match of_status(answer) {
        Fault::Refused(_) => Fault::Refused(problems(&answer.body)),
        said @ (Fault::NotSent
        | Fault::Unclear
        | Fault::Limited(_)
        | Fault::Token
        | Fault::Forbidden
        | Fault::Gone
        | Fault::Conflict) => said,
    }
}

/// What Jira says is wrong. A field is named by its id, such as `duedate`.
fn problems(body: &[u8]) -> Vec<Problem> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields = body.get("errors").and_then(Value::as_object).into_iter().flatten();
    let fields = fields.map(|(field, words)| Problem::new(field, words.as_str().unwrap_or_default()));
    let messages = body.get("errorMessages").and_then(Value::as_array).into_iter().flatten();
    let messages = messages.filter_map(Value::as_str).map(|words| {
        // Jira tells it of an assignee with or without the field's name.
        let field = if words.contains("cannot be assigned") { "assignee" } else { "" };
        Problem::new(field, words)
    });
    fields.chain(messages).take(20).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::HeaderMap;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers: HeaderMap = pairs.collect();
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from(body.to_owned()) }
    }

    fn jira(base: &str) -> Jira {
        let settings = Settings { base: base.into(), email: "me@example.com".into(), token: "secret-token".into() };
        assert!(!format!("{settings:?}").contains("secret-token"));
        Jira::new(&settings).unwrap()
    }

    #[test]
    fn an_address_is_built_below_the_base_and_debug_shows_no_secret() {
        for base in ["http://127.0.0.1:1/ex/jira/c1", "http://127.0.0.1:1/ex/jira/c1/"] {
            let jira = jira(base);
            assert_eq!(jira.url(&["issue", "a/b"]).as_str(), "http://127.0.0.1:1/ex/jira/c1/rest/api/3/issue/a%2Fb");
            let shown = format!("{jira:?}");
            assert!(!shown.contains("secret") && !shown.contains("Basic") && !shown.contains("example.com"), "{shown}");
        }
        let ftp = Settings { base: "ftp://x".into(), email: String::new(), token: "t".into() };
        assert!(Jira::new(&ftp).is_err());
    }

    #[test]
    fn a_redirect_is_followed_within_the_origin_only() {
        let from = Url::parse("https://a.example/x/rest/api/3/issue").unwrap();
        let goes = |method: Method, status: u16, to: &str| {
            elsewhere(&method, &from, &answer(status, &[("location", to)], "")).map(|url| url.to_string())
        };
        assert_eq!(goes(Method::POST, 307, "/y").as_deref(), Some("https://a.example/y"));
        assert_eq!(goes(Method::GET, 302, "https://a.example/z").as_deref(), Some("https://a.example/z"));
        for there in ["https://b.example/y", "http://a.example/y", "https://a.example:444/y", "//b.example/y"] {
            assert_eq!(goes(Method::GET, 308, there), None, "{there}");
        }
        assert_eq!(goes(Method::POST, 302, "/y"), None);
        assert_eq!(goes(Method::GET, 200, "/y"), None);
    }

    #[test]
    fn a_fault_is_in_doubt_only_where_a_write_may_have_happened() {
        let wait = [("retry-after", "7")];
        let said = |status: u16, effect| fault(&answer(status, &wait, "upstream"), effect);
        for status in [302, 500, 502, 503, 504, 408] {
            assert_eq!(said(status, Effect::Writes), Fault::Unclear, "{status}");
        }
        let limited = Fault::Limited(Some(Duration::from_secs(7)));
        assert_eq!((said(503, Effect::Reads), said(429, Effect::Writes)), (limited.clone(), limited));
        assert_eq!(said(401, Effect::Reads), Fault::Token);
        assert_eq!(said(409, Effect::Writes), Fault::Conflict);
        assert!(matches!(said(307, Effect::Writes), Fault::Refused(_)));
        assert!(matches!(said(302, Effect::Reads), Fault::Refused(_)));
        let stranger = answer(404, &[("x-seraph-loginreason", "AUTHENTICATED_FAILED")], "");
        assert_eq!(fault(&stranger, Effect::Reads), Fault::Token);
    }

    #[test]
    fn a_refusal_names_the_fields() {
        let body =
            r#"{"errorMessages":["User 'x' cannot be assigned issues.","No."],"errors":{"duedate":"Bad.\nDay"}}"#;
        let problem = |field: &str, words: &str| Problem { field: field.into(), words: words.into() };
        assert_eq!(
            fault(&answer(400, &[], body), Effect::Writes),
            Fault::Refused(vec![
                problem("duedate", "Bad. Day"),
                problem("assignee", "User 'x' cannot be assigned issues."),
                problem("", "No."),
            ])
        );
        for odd in ["", "[]", r#"{"errors":[1],"errorMessages":7}"#] {
            assert_eq!(fault(&answer(422, &[], odd), Effect::Writes), Fault::Refused(vec![]), "{odd}");
        }
    }
}
