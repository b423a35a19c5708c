//! Socket Mode: the same deliveries over WebSockets that the bot opens, so that no port is open. Two are held: while Slack
//! renews one, the other takes the envelopes. <https://docs.slack.dev/apis/events-api/using-socket-mode>
//!
//! A frame is acknowledged after its handler has committed. Each call for an address goes through the one door
//! (`calls.rs`), so that a wait that Slack asks for holds here too, also after a restart.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::app::outcome::Ack;
use crate::app::receive::receive;
use crate::bot::Bot;
use crate::calls;
use crate::slack::client::CallError;
use crate::slack::{inbound, json as payload};

/// Connections held at once by a process that is alone: one goes on while the other is renewed.
const ALONE: u32 = 2;

/// The same where several processes serve one database: any of them takes what comes.
const TOGETHER: u32 = 1;

/// The number of connections Slack allows per app:
/// <https://docs.slack.dev/apis/events-api/using-socket-mode#connections>
const ALLOWED: u32 = 10;

/// How long Slack's first greeting may take.
const GREETING: Duration = Duration::from_secs(5);

/// The second connection is opened so long after the first greeting: a bot that is started again and again must not use
/// up the few connections that Slack lets it open in a minute.
const SECOND: chrono::Duration = chrono::Duration::seconds(10);

/// How often the other side is asked for a sign of life, and how long it may be silent.
const PING: Duration = Duration::from_secs(30);
const SILENT: Duration = Duration::from_secs(75);

/// How long a connection may take to open, and how long one that Slack renews stays beside the new one.
const OPENING: Duration = Duration::from_secs(10);
const LEAVING: Duration = Duration::from_secs(15);

/// How long the handlers of a connection that ends may take to acknowledge.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The longest pause between two tries, in seconds.
const LONGEST: i64 = 30;

/// How long is waited after Slack refused the token: a person has to put it right.
const REFUSED: chrono::Duration = chrono::Duration::minutes(1);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What Slack said to the first connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// Nothing yet.
    Nothing,
    Hello,
    /// It refuses the token, with this code.
    Refused(String),
}

/// Open connections; closed when shut down.
#[derive(Debug)]
pub struct Sockets {
    first: watch::Receiver<First>,
    stop: watch::Sender<bool>,
    held: Vec<JoinHandle<()>>,
}

/// What both connections share.
struct Shared {
    bot: Arc<Bot>,
    token: SecretString,
    first: watch::Sender<First>,
    stopped: watch::Receiver<bool>,
}

impl Sockets {
    /// Opens the connections with the app-level token, and keeps them open; hands what comes to `bot`.
    pub fn connect(bot: Arc<Bot>, token: &SecretString) -> Self {
        let (tell, first) = watch::channel(First::Nothing);
        let (stop, stopped) = watch::channel(false);
        bot.health.listens(bot.clock.now());
        let shared = Arc::new(Shared { bot, token: token.clone(), first: tell, stopped });
        let connections = if shared.bot.store.is_shared() { TOGETHER } else { ALONE };
        let held = (0..connections).map(|nth| tokio::spawn(hold(shared.clone(), nth))).collect();
        Self { first, stop, held }
    }

    /// Waits for Slack's first word, five seconds at most.
    pub async fn first(&self) -> First {
        let mut first = self.first.clone();
        let heard = first.wait_for(|first| *first != First::Nothing);
        let heard = tokio::time::timeout(GREETING, heard).await;
        heard.ok().and_then(Result::ok).map_or(First::Nothing, |first| first.clone())
    }

    /// Closes the connections once what came over them is acknowledged.
    pub async fn close(self) {
        self.stop.send_replace(true);
        for held in self.held {
            let _ = held.await;
        }
    }
}

/// Keeps one connection open until it is told to stop.
async fn hold(shared: Arc<Shared>, nth: u32) {
    let mut stopped = shared.stopped.clone();
    // One that Slack renews stays for a moment beside the new one.
    let mut open = JoinSet::new();
    tokio::select! {
        _ = stopped.wait_for(|yes| *yes) => {}
        () = keep_open(&shared, nth, &mut open) => {}
    }
    while open.join_next().await.is_some() {}
}

async fn keep_open(shared: &Arc<Shared>, nth: u32, connections: &mut JoinSet<()>) {
    let bot = &shared.bot;
    if nth > 0 {
        let _ = shared.first.subscribe().wait_for(|first| *first == First::Hello).await;
        rest(bot, SECOND).await;
    }
    let mut failed = 0;
    loop {
        match open(shared).await {
            Ok(stream) => {
                let (leaves, left) = tokio::sync::oneshot::channel();
                let mut listening = Listening { shared: shared.clone(), leaves: Some(leaves), greeted: false };
                while connections.try_join_next().is_some() {}
                connections.spawn(async move { listening.listen(stream).await });
                // The sender goes with the connection, so that this ends in any case.
                failed = if left.await.is_ok() { 0 } else { failed + 1 };
            }
            Err(Some(wait)) => rest(bot, wait).await,
            Err(None) => failed += 1,
        }
        if failed > 0 {
            let longest = (1 << (failed - 1).min(5)).min(LONGEST) * 1000;
            let jitter = bot.rng.id() % (longest / 2);
            rest(bot, chrono::Duration::milliseconds(longest / 2 + jitter)).await;
        }
    }
}

async fn rest(bot: &Bot, wait: chrono::Duration) {
    let until = bot.clock.now() + wait;
    // A clock that was set back does not make it longer.
    while bot.clock.now() < until && until - bot.clock.now() <= wait {
        bot.clock.wait_until(until).await;
    }
}

/// Opens a connection; else how long Slack wants to be left alone, where it says so.
async fn open(shared: &Shared) -> Result<Stream, Option<chrono::Duration>> {
    let bot = &shared.bot;
    let url = match calls::socket(bot, &shared.token).await {
        Ok(url) => url,
        Err(CallError::Limited { after }) => {
            tracing::info!(seconds = after.as_secs(), "waiting before a new connection: Slack allows few in a minute");
            return Err(Some(calls::until(bot.clock.now(), after) - bot.clock.now()));
        }
        Err(CallError::Refused { code, .. }) => {
            tracing::error!(code, "Slack refuses a connection: check SLACK_APP_TOKEN with `lookback doctor`");
            shared.first.send_if_modified(|first| {
                let is_first = *first == First::Nothing;
                if is_first {
                    *first = First::Refused(code);
                }
                is_first
            });
            return Err(Some(REFUSED));
        }
        Err(CallError::NotSent | CallError::Unclear) => {
            bot.troubles.sockets.happened(bot.clock.now(), &"Slack cannot be reached");
            return Err(None);
        }
    };
    // Neither the address nor the error is told: the address holds a ticket.
    match tokio::time::timeout(OPENING, bot.slack.connect(&url)).await {
        Ok(Ok(stream)) => {
            bot.troubles.sockets.over(bot.clock.now());
            Ok(stream)
        }
        Ok(Err(_)) | Err(_) => {
            tracing::warn!("a Socket Mode connection could not be opened; trying again");
            Err(None)
        }
    }
}

/// One connection, from its greeting to its end.
struct Listening {
    shared: Arc<Shared>,
    /// Tells that another connection is to take this one's place.
    leaves: Option<tokio::sync::oneshot::Sender<()>>,
    greeted: bool,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let bot = &self.shared.bot;
        if self.greeted {
            bot.health.lost(bot.clock.now());
        }
    }
}

impl Listening {
    async fn listen(&mut self, stream: Stream) {
        let (mut out, mut frames) = stream.split();
        let (answers, mut to_send) = mpsc::unbounded_channel();
        let mut handlers = JoinSet::new();
        let mut stopped = self.shared.stopped.clone();
        let mut ping = tokio::time::interval(PING);
        let (mut silent_from, mut until) = (tokio::time::Instant::now(), None);
        loop {
            let leaving = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                frame = next(&mut frames) => {
                    let Some(frame) = frame else { break };
                    silent_from = tokio::time::Instant::now();
                    match frame {
                        Message::Text(text) => {
                            if self.frame(text.as_str(), &mut handlers, &answers) {
                                until = Some(silent_from + LEAVING);
                            }
                        }
                        Message::Ping(body) => { let _ = answers.send(Message::Pong(body)); }
                        Message::Close(_) => break,
                        Message::Binary(_) | Message::Pong(_) | Message::Frame(_) => {}
                    }
                }
                Some(answer) = to_send.recv() => if out.send(answer).await.is_err() { break },
                Some(_) = handlers.join_next(), if !handlers.is_empty() => {}
                _ = ping.tick() => {
                    let is_dead = silent_from.elapsed() > SILENT;
                    if is_dead || out.send(Message::Ping(Bytes::from_static(b"lookback"))).await.is_err() { break }
                }
                () = told(&mut stopped) => break,
                () = leaving => break,
            }
        }
        drop(answers);
        let _ = tokio::time::timeout(LAST_WORDS, last_words(&mut out, handlers, to_send)).await;
        if self.greeted && self.leaves.is_some() && !*stopped.borrow() {
            tracing::info!("a connection to Slack ended; it is opened again");
        }
        // One that Slack had greeted did not fail: the next is opened at once.
        if let Some(leaves) = self.leaves.take().filter(|_| self.greeted) {
            let _ = leaves.send(());
        }
    }

    /// Takes one frame; returns whether Slack is about to end the connection.
    fn frame(&mut self, text: &str, handlers: &mut JoinSet<()>, answers: &mpsc::UnboundedSender<Message>) -> bool {
        let Ok(mut frame) = payload::read::<Value>(text.as_bytes()) else { return false };
        let kind = frame.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "hello" => {
                self.hello(frame.get("num_connections").and_then(Value::as_u64).unwrap_or_default());
                false
            }
            "disconnect" => {
                if let Some(leaves) = self.leaves.take() {
                    let _ = leaves.send(());
                }
                true
            }
            _ => {
                let (bot, answers) = (self.shared.bot.clone(), answers.clone());
                handlers.spawn(async move {
                    if let Some(answer) = envelope(&bot, &kind, &mut frame).await {
                        let _ = answers.send(Message::text(answer));
                    }
                });
                false
            }
        }
    }

    fn hello(&mut self, counted: u64) {
        self.shared.first.send_replace(First::Hello);
        let bot = &self.shared.bot;
        if !std::mem::replace(&mut self.greeted, true) && bot.health.greeted(bot.clock.now()) {
            // Slack repeats an event for some minutes only.
            bot.wake.notify_one();
        }
        if bot.store.is_shared() && counted > u64::from(ALLOWED) {
            tracing::warn!(counted, "Slack counts more than the ten connections it allows: stop some of the processes");
        } else if !bot.store.is_shared() && counted > u64::from(ALONE) {
            tracing::warn!(
                counted,
                ours = ALONE,
                "Slack counts more connections than this process holds: another copy is running, or a lost connection still receives events"
            );
        } else {
            tracing::info!("connected to Slack");
        }
    }
}

async fn next(frames: &mut SplitStream<Stream>) -> Option<Message> {
    frames.next().await?.ok()
}

async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|yes| *yes).await;
}

/// Sends what the handlers that are under way have to say, then closes.
async fn last_words(
    out: &mut SplitSink<Stream, Message>,
    mut handlers: JoinSet<()>,
    mut to_send: mpsc::UnboundedReceiver<Message>,
) {
    while handlers.join_next().await.is_some() {}
    while let Some(answer) = to_send.recv().await {
        if out.send(answer).await.is_err() {
            return;
        }
    }
    let _ = out.close().await;
}

/// Handles one delivery; returns the acknowledgement, or `None` where Slack should send it again.
async fn envelope(bot: &Arc<Bot>, kind: &str, frame: &mut Value) -> Option<String> {
    let id = frame.get("envelope_id")?.as_str()?.to_owned();
    let payload = frame.get_mut("payload").map(Value::take).unwrap_or_default();
    let answers = frame.get("accepts_response_payload").and_then(Value::as_bool).unwrap_or_default();
    let Ok(inbound) = inbound::from_socket(kind, payload) else {
        tracing::warn!(kind, "a payload could not be read");
        return None;
    };
    match receive(bot, inbound).await {
        Ack::Unavailable => None,
        Ack::Json(payload) if answers => Some(json!({"envelope_id": id, "payload": payload}).to_string()),
        Ack::Json(_) | Ack::Empty => Some(json!({"envelope_id": id}).to_string()),
    }
}
