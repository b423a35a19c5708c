//! The one way out by HTTP.
//!
//! Rules: a call ends with an answer or in one of two ways ([`NoAnswer`]); nothing is tried again and no redirect is
//! followed here; an answer of more than 16 MiB is none.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper_rustls::ConfigBuilderExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

type Https = hyper_rustls::HttpsConnector<HttpConnector>;

/// The largest answer that is read, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// How a call ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The other side has not seen it.
    #[error("not_sent")]
    NotSent,
    /// It may have happened, or not.
    #[error("unclear")]
    Unclear,
}

/// A client for one origin. Cheap to clone.
#[derive(Clone)]
pub struct Http {
    client: Client<Https, Full<Bytes>>,
    tls: Arc<rustls::ClientConfig>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// A client for addresses that begin with `base`: with TLS only, unless `base` is plain HTTP.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let tls = tls(base)?;
        let client = Client::builder(TokioExecutor::new()).build(connector(base, tls.clone()));
        Ok(Self { client, tls: Arc::new(tls) })
    }

    /// The same certificates, for a connection that is not HTTP.
    pub fn tls(&self) -> Arc<rustls::ClientConfig> {
        self.tls.clone()
    }

    /// One call that takes `patience` at most.
    pub async fn call(&self, request: Request<Full<Bytes>>, patience: Duration) -> Result<Answer, NoAnswer> {
        let answer = async {
            let answer = self.client.request(request).await;
            let answer = answer.map_err(|e| if e.is_connect() { NoAnswer::NotSent } else { NoAnswer::Unclear })?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LARGEST).collect().await.map_err(|_| NoAnswer::Unclear)?.to_bytes();
            Ok(Answer { status: head.status, headers: head.headers, body })
        };
        tokio::time::timeout(patience, answer).await.map_err(|_| NoAnswer::Unclear)?
    }
}

/// HTTP/1 with short fuses: a connection that died unheard must not swallow the calls after it.
fn connector(base: &str, tls: rustls::ClientConfig) -> Https {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(Duration::from_secs(5)));
    http.set_keepalive(Some(Duration::from_secs(20)));
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    http.set_tcp_user_timeout(Some(Duration::from_secs(20)));
    let builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls);
    let builder = if base.starts_with("https://") { builder.https_only() } else { builder.https_or_http() };
    builder.enable_http1().wrap_connector(http)
}

/// The certificates of this machine; none for a simulator on plain HTTP, so that none has to be installed.
fn tls(base: &str) -> anyhow::Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = if base.starts_with("https://") {
        builder.with_native_roots()?
    } else {
        builder.with_root_certificates(rustls::RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}
