//! The trackers deliver their webhooks to the bot.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::shown::Hook;

/// GitHub waits this long for an answer. The others get the same here.
/// <https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks>
const PATIENCE: Duration = Duration::from_secs(10);

/// Where webhooks go. Nobody has registered one at first.
#[derive(Clone, Debug, Default)]
pub struct Webhooks(Arc<OnceLock<String>>);

impl Webhooks {
    /// An administrator registers the bot's webhooks. The first address stays.
    pub fn register(&self, bot: &str) {
        let _ = self.0.set(bot.to_owned());
    }

    /// Delivers a webhook of the tracker with this word once. The result says whether the bot took it; without a registered address nothing is sent.
    pub async fn deliver(&self, tracker: &str, hook: Hook) -> bool {
        let Some(bot) = self.0.get() else { return false };
        let mut request = hyper::Request::post(format!("{bot}/api/v1/hooks/{tracker}"));
        for (name, value) in hook.headers {
            request = request.header(name, value);
        }
        let Ok(request) = request.body(Full::<Bytes>::from(hook.body)) else { return false };
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        match tokio::time::timeout(PATIENCE, client.request(request)).await {
            Ok(Ok(answer)) if answer.status().is_success() => true,
            Ok(Ok(answer)) => {
                tracing::warn!(tracker, status = answer.status().as_u16(), "the bot refused a webhook");
                false
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(tracker, "the bot did not answer a webhook");
                false
            }
        }
    }
}
