//! The one way to GitHub's API.
//!
//! Rules: a token goes to the origin of the settings only; one redirect is followed, within that origin; no call is made
//! again.

use axum::http::{HeaderValue, Method, StatusCode, header};
use chrono::{DateTime, Utc};
use http_body_util::Full;
use hyper::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::refusal::fault_of;
use crate::http::{Answer, Http};
use crate::trackers::{Fault, PATIENCE, Problem};
use lookback_clock::Clock;

/// <https://docs.github.com/rest/about-the-rest-api/api-versions>
const VERSION: &str = "2022-11-28";

/// A file as it is, for what is too large for JSON.
/// <https://docs.github.com/rest/repos/contents#get-repository-content>
pub const RAW: &str = "application/vnd.github.raw+json";

/// A call before it is made.
pub struct Ask {
    method: Method,
    /// The path within the API, or a whole address of it.
    at: String,
    accept: &'static str,
    body: Option<Value>,
    /// The mark of an answer that is at hand: GitHub sends it again only if it has changed.
    etag: Option<HeaderValue>,
}

impl Ask {
    fn new(method: Method, at: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, at: at.into(), accept: "application/vnd.github+json", body, etag: None }
    }

    pub fn get(at: impl Into<String>) -> Self {
        Self::new(Method::GET, at, None)
    }

    pub fn post(at: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, at, Some(body))
    }

    pub fn patch(at: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, at, Some(body))
    }

    pub fn delete(at: impl Into<String>) -> Self {
        Self::new(Method::DELETE, at, None)
    }

    /// The same, unless the answer still has this mark.
    pub fn unless(self, etag: Option<HeaderValue>) -> Self {
        Self { etag, ..self }
    }

    /// The same with another media type.
    pub fn accept(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Door {
    http: Http,
    base: Url,
    clock: Clock,
}

impl Door {
    /// The API at `base`, such as `https://api.github.com`.
    pub fn new(base: &str, clock: Clock) -> anyhow::Result<Self> {
        let base = Url::parse(base.trim_end_matches('/'))?;
        Ok(Self { http: Http::new(base.as_str())?, base, clock })
    }

    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The answer, whatever its status is.
    pub async fn send(&self, ask: &Ask, token: &SecretString) -> Result<Answer, Fault> {
        let url = self.address(&ask.at).ok_or_else(elsewhere)?;
        let answer = self.once(&url, ask, token).await?;
        let Some(to) = target(&answer) else { return Ok(answer) };
        let url = url.join(to).ok().filter(|url| self.is_ours(url)).ok_or_else(elsewhere)?;
        self.once(&url, ask, token).await
    }

    /// The answer if it is a success.
    pub fn judged(&self, answer: Answer) -> Result<Answer, Fault> {
        if answer.status.is_success() { Ok(answer) } else { Err(fault_of(&answer, self.now())) }
    }

    fn address(&self, at: &str) -> Option<Url> {
        let whole =
            if at.starts_with('/') { format!("{}{at}", self.base().trim_end_matches('/')) } else { at.to_owned() };
        Url::parse(&whole).ok().filter(|url| self.is_ours(url))
    }

    fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    async fn once(&self, url: &Url, ask: &Ask, token: &SecretString) -> Result<Answer, Fault> {
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
        let mut bearer = bearer.map_err(|_| Fault::Token)?;
        bearer.set_sensitive(true);
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(url.as_str())
            .header(header::AUTHORIZATION, bearer)
            .header(header::ACCEPT, ask.accept)
            .header(header::USER_AGENT, "lookback")
            .header("X-GitHub-Api-Version", VERSION);
        if let Some(etag) = &ask.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if ask.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = ask.body.as_ref().map(|body| Full::from(body.to_string())).unwrap_or_default();
        let request = request.body(body).map_err(|_| Fault::NotSent)?;
        Ok(self.http.call(request, PATIENCE).await?)
    }
}

fn elsewhere() -> Fault {
    Fault::Refused(vec![Problem::new("", "The address leads elsewhere.")])
}

/// Where a redirect leads. GitHub wants the same call repeated there, whatever its method, for each of these statuses.
/// <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects>
fn target(answer: &Answer) -> Option<&str> {
    let is_redirect = matches!(
        answer.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    is_redirect.then(|| answer.headers.get(header::LOCATION)?.to_str().ok())?
}

/// The address of the next page of a list.
/// <https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api>
pub fn next_page(answer: &Answer) -> Option<String> {
    let links = answer.headers.get(header::LINK)?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once('<')?;
    rest.split_once('>').map(|(url, _)| url.to_owned())
}

/// Reads a success. What is not as documented is unclear.
pub fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Fault> {
    serde_json::from_slice(&answer.body).map_err(|_| Fault::Unclear)
}

/// Text as part of a path; slashes stay.
pub fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn door() -> Door {
        Door::new("http://127.0.0.1:9/api/v3/", Clock::system()).unwrap()
    }

    #[test]
    fn addresses_stay_within_the_origin() {
        let address = |at: &str| door().address(at).map(|url| url.to_string());
        assert_eq!(address("/user").as_deref(), Some("http://127.0.0.1:9/api/v3/user"));
        assert!(address("http://127.0.0.1:9/repositories/1/issues?page=2").is_some());
        for at in ["http://127.0.0.1:8/x", "https://127.0.0.1:9/x", "http://evil.example/", "", "user"] {
            assert_eq!(address(at), None, "{at}");
        }
        assert!(!format!("{:?}", door()).contains("Bearer"));
    }

    #[test]
    fn the_next_page_is_in_the_links() {
        let next = |links: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("link", links.parse().unwrap());
            next_page(&Answer { status: StatusCode::OK, headers, body: Default::default() })
        };
        let both = "<https://a/?page=1>; rel=\"prev\", <https://a/?page=3>; rel=\"next\"";
        assert_eq!(next(both).as_deref(), Some("https://a/?page=3"));
        assert_eq!(next("<https://a/?page=1>; rel=\"first\""), None);
    }

    #[test]
    fn paths_are_escaped() {
        assert_eq!(escaped("docs/v2 ä?#.md"), "docs/v2%20%C3%A4%3F%23.md");
    }
}
