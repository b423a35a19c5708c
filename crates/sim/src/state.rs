//! One lock protects the workspace and all else that changes. A [`Sim`] is a handle to it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use crate::app;
use crate::faults::Fault;
use crate::workspace::{self, Workspace};
use lookback_clock::{Clock, Rng};

/// The page counts unread messages. This record therefore holds, for each person and channel, the `ts` of the last
/// message that the page showed.
#[derive(Debug, Default)]
pub(crate) struct Reading(std::sync::Mutex<HashMap<(String, String), String>>);

impl Reading {
    /// The person has read the channel up to this `ts`. It is empty if the person has read nothing.
    pub fn of(&self, user: &str, channel: &str) -> String {
        let key = (user.to_owned(), channel.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned().unwrap_or_default()
    }

    /// The page showed the person the channel up to `ts`.
    pub fn note(&self, user: &str, channel: &str, ts: &str) {
        let key = (user.to_owned(), channel.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, ts.to_owned());
    }
}

/// A `Sim` is a handle to the simulator. All clones share one workspace.
#[derive(Clone, Debug)]
pub struct Sim(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    clock: Clock,
    revision: watch::Sender<u64>,
    /// The simulator listens at this address, such as `http://127.0.0.1:4000`.
    origin: String,
}

/// The workspace and the simulator's own records change under one lock.
#[derive(Debug)]
pub(crate) struct State {
    pub ws: Workspace,
    pub delivery: Delivery,
    pub scopes: Vec<String>,
    pub faults: Vec<(String, Fault, u32)>,
    pub chaos: Option<Chaos>,
    pub copies: Copies,
    pub reading: Reading,
    /// A test holds these events back, so that it can deliver them in another order.
    pub held: Option<Vec<Value>>,
    /// The history does not show messages that are younger than this.
    pub history_lag: chrono::Duration,
    /// The workspace's plan has no canvases.
    pub no_canvases: bool,
    /// The workspace refuses blocks of these kinds.
    pub unknown_blocks: Vec<String>,
    /// A call takes this long. The method runs after half of the time.
    pub latency: std::time::Duration,
    pub journal: Vec<Call>,
    pub calls: HashMap<String, VecDeque<DateTime<Utc>>>,
    pub triggers: HashMap<String, Trigger>,
    pub hooks: HashMap<String, Hook>,
    pub uploads: HashMap<String, workspace::File>,
    pub sockets: Vec<mpsc::Sender<String>>,
    pub acks: HashMap<String, oneshot::Sender<Option<Value>>>,
    pub late: Vec<(DateTime<Utc>, Value, u32)>,
    /// The bot did not acknowledge this many deliveries in time.
    pub unacked: u32,
    pub serial: u64,
    pub last_ts: i64,
}

/// The journal keeps each call of the Web API and each post to a response URL.
#[derive(Clone, Debug)]
pub struct Call {
    /// The simulator's clock showed this time when the call arrived.
    pub at: DateTime<Utc>,
    /// The method has this name. A post to a response URL has the name `response_url`.
    pub method: String,
    /// The arguments come from the query, the form or the JSON body.
    pub args: Value,
    /// The caller got this error. A call that succeeded has `None`.
    pub error: Option<String>,
}

/// Calls of one method fail at random. Each fault has its chance in percent.
#[derive(Debug)]
pub(crate) struct Chaos {
    pub method: String,
    pub rng: Rng,
    pub faults: Vec<(Fault, i64)>,
}

#[derive(Debug)]
pub(crate) struct Trigger {
    pub user: String,
    pub at: DateTime<Utc>,
    pub used: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub user: String,
    pub channel: String,
    pub thread_ts: Option<String>,
    pub at: DateTime<Utc>,
    pub uses: u32,
    /// The person pressed a button of this message. A response can replace it.
    pub ts: Option<String>,
}

impl Hook {
    /// The new hook belongs to no thread and to no message.
    pub(crate) fn new(user: &str, channel: &str, at: DateTime<Utc>) -> Self {
        Self { user: user.to_owned(), channel: channel.to_owned(), thread_ts: None, at, uses: 0, ts: None }
    }
}

impl Sim {
    /// The simulator starts with all scopes of the manifest. Its addresses begin with `origin`.
    pub fn new(ws: Workspace, clock: Clock, origin: &str, delivery: Delivery) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State {
                ws,
                delivery,
                scopes: app::scopes().into_iter().map(str::to_owned).collect(),
                faults: Vec::new(),
                chaos: None,
                copies: Copies::default(),
                reading: Reading::default(),
                held: None,
                history_lag: chrono::Duration::zero(),
                no_canvases: false,
                unknown_blocks: Vec::new(),
                latency: std::time::Duration::ZERO,
                journal: Vec::new(),
                calls: HashMap::new(),
                triggers: HashMap::new(),
                hooks: HashMap::new(),
                uploads: HashMap::new(),
                sockets: Vec::new(),
                acks: HashMap::new(),
                late: Vec::new(),
                unacked: 0,
                serial: 0,
                last_ts: 0,
            }),
            clock,
            revision: watch::channel(1).0,
            origin: origin.to_owned(),
        }))
    }

    /// The caller reads the workspace under the lock.
    pub fn read<R>(&self, f: impl FnOnce(&Workspace) -> R) -> R {
        self.peek(|s| f(&s.ws))
    }

    /// A test prepares the workspace. The bot gets no events for these changes.
    pub fn arrange<R>(&self, f: impl FnOnce(&mut Workspace) -> R) -> R {
        self.with(|s| f(&mut s.ws))
    }

    pub(crate) fn peek<R>(&self, f: impl FnOnce(&State) -> R) -> R {
        f(&self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        let out = f(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.revision.send_modify(|n| *n += 1);
        out
    }

    /// The revision grows with each change, so the page knows when to draw itself again.
    pub fn revision(&self) -> u64 {
        *self.0.revision.borrow()
    }

    /// The caller waits until `looks` is true of the workspace. The result is `false` if ten seconds pass first.
    pub async fn until(&self, looks: impl Fn(&Workspace) -> bool) -> bool {
        let mut changed = self.0.revision.subscribe();
        let seen = async {
            while !self.read(&looks) {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), seen).await.is_ok()
    }

    /// The simulator's clock shows this time. It differs from the real time.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// The clock moves forward, and nothing else happens.
    pub(crate) fn advance_clock(&self, by: chrono::Duration) {
        self.0.clock.advance(by);
    }

    /// The simulator listens at this address.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// The journal holds each call so far, the oldest first.
    pub fn journal(&self) -> Vec<Call> {
        self.peek(|s| s.journal.clone())
    }

    /// The bot did not acknowledge this many deliveries in time.
    pub fn unacked(&self) -> u32 {
        self.peek(|s| s.unacked)
    }

    /// The next `times` calls of `method` fail with this fault. `*` stands for all methods.
    pub fn fault(&self, method: &str, fault: Fault, times: u32) {
        self.with(|s| s.faults.push((method.to_owned(), fault, times)));
    }

    /// The faults that tests asked for end.
    pub fn clear_faults(&self) {
        self.with(|s| s.faults.clear());
    }

    /// All WebSockets break.
    pub fn drop_sockets(&self) {
        self.with(|s| s.sockets.clear());
    }

    /// Slack asks the bot to replace its WebSockets, as it does every few hours.
    pub async fn renew_sockets(&self) {
        let frame = serde_json::json!({"type": "disconnect", "reason": "refresh_requested"}).to_string();
        for socket in self.with(|s| std::mem::take(&mut s.sockets)) {
            let _ = socket.send(frame.clone()).await;
        }
    }

    /// Calls of `method`, or of all methods (`*`), fail at random from now on. Each fault has its chance in percent.
    pub fn chaos(&self, method: &str, seed: u64, faults: &[(Fault, i64)]) {
        self.with(|s| {
            s.chaos = Some(Chaos { method: method.to_owned(), rng: Rng::seeded(seed), faults: faults.to_vec() })
        });
    }

    /// The simulator repeats each delivery from now on.
    pub fn copies(&self, copies: Copies) {
        self.with(|s| s.copies = copies);
    }

    /// The simulator holds events back until [`Sim::release`] delivers them.
    pub fn hold(&self) {
        self.with(|s| s.held = Some(Vec::new()));
    }

    /// The history shows a message only after this time.
    pub fn history_lag(&self, lag: chrono::Duration) {
        self.with(|s| s.history_lag = lag);
    }

    /// The workspace's plan has no canvases, as the free one.
    pub fn no_canvases(&self) {
        self.with(|s| s.no_canvases = true);
    }

    /// The workspace refuses blocks of these kinds, as older ones do.
    pub fn unknown_blocks(&self, kinds: &[&str]) {
        self.with(|s| s.unknown_blocks = kinds.iter().map(|kind| (*kind).to_owned()).collect());
    }

    /// Each call of the Web API takes this long in real time. The method runs after half of the time.
    pub fn latency(&self, latency: std::time::Duration) {
        self.with(|s| s.latency = latency);
    }

    /// An administrator grants the bot a scope, or takes it away.
    pub fn grant(&self, scope: &str, granted: bool) {
        self.with(|s| {
            s.scopes.retain(|have| have != scope);
            if granted {
                s.scopes.push(scope.to_owned());
            }
        });
    }

    /// The simulator reaches the bot in this way from now on.
    pub fn deliver_by(&self, delivery: Delivery) {
        self.with(|s| s.delivery = delivery);
    }

    /// The caller waits until the bot has called `method` so many times. The result is `false` if ten seconds pass first.
    pub async fn until_called(&self, method: &str, times: usize) -> bool {
        self.becomes(|s| s.journal.iter().filter(|c| c.method == method).count() >= times).await
    }

    /// The simulator reaches the bot in this way.
    pub fn delivery(&self) -> Delivery {
        self.peek(|s| s.delivery.clone())
    }

    /// The caller waits until the bot has an open WebSocket. The result is `false` if ten seconds pass first.
    pub async fn connects(&self) -> bool {
        self.sockets(1).await
    }

    /// The caller waits until the bot has this many open WebSockets. The result is `false` if ten seconds pass first.
    pub async fn sockets(&self, count: usize) -> bool {
        self.becomes(|s| s.sockets.iter().filter(|c| !c.is_closed()).count() >= count).await
    }

    async fn becomes(&self, so: impl Fn(&State) -> bool) -> bool {
        let mut changed = self.0.revision.subscribe();
        let seen = async {
            while !self.peek(&so) {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), seen).await.is_ok()
    }
}

impl State {
    pub(crate) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Slack identifies a message by its time, the `ts`. A later call always gets a greater `ts`.
    pub(crate) fn ts(&mut self, now: DateTime<Utc>) -> String {
        self.last_ts = (self.last_ts + 1).max(now.timestamp_micros());
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    pub(crate) fn trigger(&mut self, user: &str, now: DateTime<Utc>) -> String {
        let id = format!("{}.{}.play", self.next(), now.timestamp_millis());
        self.triggers.insert(id.clone(), Trigger { user: user.to_owned(), at: now, used: false });
        id
    }

    /// The function stores the hook and returns its response URL.
    pub(crate) fn hook(&mut self, origin: &str, hook: Hook) -> String {
        let id = format!("h{}", self.next());
        self.hooks.insert(id.clone(), hook);
        format!("{origin}/respond/{id}")
    }
}

/// Slack reaches the bot in one of two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Slack sends a `POST` to this address.
    Http(String),
    /// Slack sends an envelope on a WebSocket that the bot opened.
    Socket,
}

/// Slack can deliver the same thing several times. A test asks for such copies with this value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// The bot gets this many copies besides the first delivery.
    pub more: usize,
    /// Each copy of an event has its own event id. The bot can then not recognise the copy by the id.
    pub new_ids: bool,
}
