//! Socket Mode: the same deliveries over a WebSocket that the bot opens, so that no port is open.
//!
//! slack-morphism keeps the connections; its raw listener hands over each text frame. A frame is
//! acknowledged when the listener returns, so the handler stores, commits and returns.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use slack_morphism::clients_manager::{SlackSocketModeClientsManager, SlackSocketModeClientsManagerFactory};
use slack_morphism::prelude::*;
use slack_morphism::{SlackSocketModeClientListener, SlackSocketModeWssClientId};
use tokio::sync::watch;

use crate::app::outcome::Ack;
use crate::app::receive::receive;
use crate::bot::Bot;
use crate::slack::inbound;

/// Connections held at once: while Slack refreshes one, the other takes the envelopes.
const CONNECTIONS: u32 = 2;

/// How long Slack's first greeting may take.
const GREETING: Duration = Duration::from_secs(5);

type Manager = Arc<dyn SlackSocketModeClientsManager + Send + Sync>;

/// Open connections; closed when shut down.
pub struct Sockets {
    manager: Manager,
    greeted: watch::Receiver<bool>,
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sockets")
    }
}

struct Listener {
    bot: Arc<Bot>,
    manager: std::sync::OnceLock<std::sync::Weak<dyn SlackSocketModeClientsManager + Send + Sync>>,
    greeted: watch::Sender<bool>,
}

impl Sockets {
    /// Connects with the bot-level token and hands what comes to `bot`.
    pub async fn connect(bot: Arc<Bot>, token: &SecretString) -> anyhow::Result<Self> {
        let client = bot.slack.morphism();
        let connector = client.http_api.connector.clone();
        let environment = Arc::new(SlackClientEventsListenerEnvironment::new(Arc::new(client)));
        let manager: Manager = connector.new_clients_manager(environment);
        let (tell, greeted) = watch::channel(false);
        let listener = Arc::new(Listener { bot, manager: std::sync::OnceLock::new(), greeted: tell });
        let _ = listener.manager.set(Arc::downgrade(&manager));
        let config = SlackClientSocketModeConfig::new()
            .with_max_connections_count(CONNECTIONS)
            .with_initial_backoff_in_seconds(1)
            .with_reconnect_timeout_in_seconds(10);
        let token = SlackApiToken::new(token.expose_secret().into());
        manager
            .register_new_token(&config, token, listener)
            .await
            .map_err(|_| anyhow::anyhow!("Socket Mode could not be set up"))?;
        let starting = manager.clone();
        tokio::spawn(async move { starting.start().await });
        Ok(Self { manager, greeted })
    }

    /// Waits for Slack's first greeting; `false` if none came in five seconds.
    pub async fn greeted(&self) -> bool {
        let mut greeted = self.greeted.clone();
        let hello = greeted.wait_for(|yes| *yes);
        matches!(tokio::time::timeout(GREETING, hello).await, Ok(Ok(_)))
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.manager.shutdown().await;
    }
}

impl Listener {
    async fn restart(&self, id: &SlackSocketModeWssClientId) {
        tracing::info!("a connection to Slack ended; it is opened again");
        let manager = self.manager.get().and_then(std::sync::Weak::upgrade);
        if let Some(manager) = manager {
            let id = id.clone();
            // The reconnect waits and retries; the frame that asked for it must not.
            tokio::spawn(async move { manager.restart_client(&id).await });
        }
    }
}

#[async_trait::async_trait]
impl SlackSocketModeClientListener for Listener {
    async fn on_message(&self, id: &SlackSocketModeWssClientId, body: String) -> Option<String> {
        let mut frame: Value = serde_json::from_str(&body).ok()?;
        let kind = frame.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "hello" => {
                self.greeted.send_replace(true);
                let held = frame.get("num_connections").and_then(Value::as_u64).unwrap_or_default();
                if held > u64::from(CONNECTIONS) {
                    tracing::warn!(
                        held,
                        ours = CONNECTIONS,
                        "Slack counts more connections than this process holds: another copy is running, or a dead one still takes envelopes"
                    );
                } else {
                    tracing::info!("connected to Slack");
                }
                None
            }
            "disconnect" => {
                self.restart(id).await;
                None
            }
            _ => {
                let envelope = frame.get("envelope_id")?.as_str()?.to_owned();
                let payload = frame.get_mut("payload").map(Value::take).unwrap_or_default();
                let answers = frame.get("accepts_response_payload").and_then(Value::as_bool).unwrap_or_default();
                let Ok(inbound) = inbound::from_socket(&kind, payload) else {
                    tracing::warn!(kind, "a payload could not be read");
                    return None;
                };
                match receive(&self.bot, inbound).await {
                    Ack::Unavailable => None,
                    Ack::Json(payload) if answers => {
                        Some(json!({"envelope_id": envelope, "payload": payload}).to_string())
                    }
                    Ack::Json(_) | Ack::Empty => Some(json!({"envelope_id": envelope}).to_string()),
                }
            }
        }
    }

    async fn on_error(&self, _error: Box<dyn std::error::Error + Send + Sync + 'static>) {
        // The text of the error may hold an address with a ticket.
        tracing::warn!("a Socket Mode connection failed; it is opened again");
    }

    async fn on_disconnect(&self, id: &SlackSocketModeWssClientId) {
        self.restart(id).await;
    }
}
