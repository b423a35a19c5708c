//! The only caller of Linear's API: one GraphQL document a call, at one address.
//!
//! Rules: the key goes to the address of the settings only, and into no log, error or Debug; nothing is tried again; a
//! redirect is followed once, and only within the same origin.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use http_body_util::Full;
use hyper::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::super::{Fault, PATIENCE};
use super::errors;
use crate::http::{Answer, Http};

/// Cheap to clone.
#[derive(Clone)]
pub struct Wire {
    http: Http,
    url: Url,
    /// The whole value of the header.
    key: SecretString,
}

impl Wire {
    /// For the API at `url`, such as `https://api.linear.app/graphql`.
    pub fn new(url: &str, key: &SecretString) -> anyhow::Result<Self> {
        let url = Url::parse(url.trim()).map_err(|_| anyhow::anyhow!("the address of Linear is no web address"))?;
        // A key of a person goes bare, a token of an app as a bearer's.
        // https://linear.app/developers/graphql#authentication
        let key = key.expose_secret().trim();
        let key = if key.starts_with("lin_oauth_") { format!("Bearer {key}") } else { key.to_owned() };
        // The error would hold the key.
        HeaderValue::from_str(&key).map_err(|_| anyhow::anyhow!("the key of Linear has signs that no key has"))?;
        Ok(Self { http: Http::new(url.as_str())?, url, key: key.into() })
    }

    /// Makes a call, and reads the `data` of its answer. A document that begins with `mutation` changes something.
    pub async fn call<T: DeserializeOwned>(&self, document: &str, variables: Value) -> Result<T, Fault> {
        let body = json!({ "query": document, "variables": variables });
        let body = Bytes::from(serde_json::to_vec(&body).map_err(|_| Fault::NotSent)?);
        let mut answer = self.post(&self.url, body.clone()).await?;
        if let Some(url) = self.elsewhere(&answer) {
            answer = self.post(&url, body).await?;
        }
        let data = errors::data_of(&answer, document.starts_with("mutation"))?;
        serde_json::from_value(data).map_err(|_| Fault::Unclear)
    }

    async fn post(&self, url: &Url, body: Bytes) -> Result<Answer, Fault> {
        let mut key = HeaderValue::from_str(self.key.expose_secret()).map_err(|_| Fault::NotSent)?;
        key.set_sensitive(true);
        let request = Request::post(url.as_str())
            .header(header::AUTHORIZATION, key)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "lookback")
            .body(Full::from(body))
            .map_err(|_| Fault::NotSent)?;
        Ok(self.http.call(request, PATIENCE).await?)
    }

    /// Where a redirect leads that keeps method and body. The others would turn the call into a reading one.
    fn elsewhere(&self, answer: &Answer) -> Option<Url> {
        if !matches!(answer.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
            return None;
        }
        let url = self.url.join(answer.headers.get(header::LOCATION)?.to_str().ok()?).ok()?;
        (url.origin() == self.url.origin()).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn only_the_same_origin_is_followed() {
        let wire = Wire::new("http://127.0.0.1:9/linear/graphql", &"lin_api_x".into()).unwrap();
        let leads = |status: u16, to: &str| {
            let headers = HeaderMap::from_iter([(header::LOCATION, to.parse().unwrap())]);
            let status = StatusCode::from_u16(status).unwrap();
            wire.elsewhere(&Answer { status, headers, body: Bytes::new() }).map(String::from)
        };
        let here = Some("http://127.0.0.1:9/v2".to_owned());
        assert_eq!((leads(307, "/v2"), leads(308, "http://127.0.0.1:9/v2")), (here.clone(), here));
        for (status, to) in [(302, "/v2"), (307, "http://127.0.0.1:8/v2"), (307, "https://127.0.0.1:9/"), (200, "/")] {
            assert_eq!(leads(status, to), None, "{status} {to}");
        }
    }

    #[test]
    fn a_wrong_setting_is_told_without_the_key() {
        let key = "lin_api_\u{1}secret";
        let error = Wire::new("https://api.linear.app/graphql", &key.into()).err().unwrap();
        assert!(!format!("{error:?}").contains("secret"));
        assert!(Wire::new("nowhere", &"k".into()).is_err());
    }

    #[test]
    fn only_a_token_of_an_app_is_a_bearers() {
        let sent = |key: &str| Wire::new("http://127.0.0.1:9", &key.into()).unwrap().key.expose_secret().to_owned();
        assert_eq!(sent("lin_api_x\n"), "lin_api_x");
        assert_eq!(sent("lin_oauth_x"), "Bearer lin_oauth_x");
        assert_eq!(sent("other"), "other");
    }
}
