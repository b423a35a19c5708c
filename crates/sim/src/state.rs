//! The workspace and everything around it that changes, behind one lock.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lookback_clock::{Clock, Rng};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use crate::app;
use crate::faults::Fault;
use crate::workspace::{self, Workspace};

/// How far each person has read each channel: the `ts` of the last message that was shown to them.
#[derive(Debug, Default)]
pub struct Reading(std::sync::Mutex<HashMap<(String, String), String>>);

impl Reading {
    /// How far; empty for not at all.
    pub fn of(&self, key: &(String, String)) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned().unwrap_or_default()
    }

    /// It was shown up to `ts`.
    pub fn note(&self, key: (String, String), ts: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, ts.to_owned());
    }
}

/// A handle; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sim(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    clock: Clock,
    revision: watch::Sender<u64>,
    /// Where it listens: `http://127.0.0.1:4000`.
    origin: String,
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    pub ws: Workspace,
    pub delivery: Delivery,
    pub scopes: Vec<String>,
    pub faults: Vec<(String, Fault, u32)>,
    pub chaos: Option<Chaos>,
    pub copies: Copies,
    pub reading: Reading,
    /// Events that wait to be delivered in another order.
    pub held: Option<Vec<Value>>,
    /// Messages younger than this are not in the history yet.
    pub history_lag: chrono::Duration,
    /// How long a call takes, half of it before it is done.
    pub latency: std::time::Duration,
    pub journal: Vec<Call>,
    pub calls: HashMap<String, VecDeque<DateTime<Utc>>>,
    pub triggers: HashMap<String, Trigger>,
    pub hooks: HashMap<String, Hook>,
    pub uploads: HashMap<String, workspace::File>,
    pub sockets: Vec<mpsc::Sender<String>>,
    pub acks: HashMap<String, oneshot::Sender<Option<Value>>>,
    pub late: Vec<(DateTime<Utc>, Value)>,
    /// Deliveries that the bot did not acknowledge in three seconds.
    pub unacked: u32,
    pub serial: u64,
    pub last_ts: i64,
}

/// A Web API call as it came in.
#[derive(Clone, Debug)]
pub struct Call {
    /// When.
    pub at: DateTime<Utc>,
    /// Which method.
    pub method: String,
    /// With what.
    pub args: Value,
    /// The error it got; `None` for success.
    pub error: Option<String>,
}

/// Calls of a method that go wrong at random: each fault with its chance in percent.
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
    /// The message whose button was pressed.
    pub ts: Option<String>,
}

impl Sim {
    /// A workspace that listens at `origin`, with the scopes of the manifest.
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

    /// Reads the workspace.
    pub fn read<R>(&self, f: impl FnOnce(&Workspace) -> R) -> R {
        self.peek(|s| f(&s.ws))
    }

    /// Changes the workspace behind everybody's back (a test's arrangement).
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

    /// Grows with every change.
    pub fn revision(&self) -> u64 {
        *self.0.revision.borrow()
    }

    /// Waits until the workspace looks like this; `false` after ten seconds.
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

    /// The simulator's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// Moves the time forward.
    pub(crate) fn advance_clock(&self, by: chrono::Duration) {
        self.0.clock.advance(by);
    }

    /// Where it listens.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Every Web API call so far.
    pub fn journal(&self) -> Vec<Call> {
        self.peek(|s| s.journal.clone())
    }

    /// Deliveries that were not acknowledged in time.
    pub fn unacked(&self) -> u32 {
        self.peek(|s| s.unacked)
    }

    /// The next `times` calls of `method` (`*` for any) go wrong like this.
    pub fn fault(&self, method: &str, fault: Fault, times: u32) {
        self.with(|s| s.faults.push((method.to_owned(), fault, times)));
    }

    /// Calls of `method` go wrong at random from now on: each fault with its chance in percent.
    pub fn chaos(&self, method: &str, seed: u64, faults: &[(Fault, i64)]) {
        self.with(|s| {
            s.chaos = Some(Chaos { method: method.to_owned(), rng: Rng::seeded(seed), faults: faults.to_vec() })
        });
    }

    /// Every delivery from now on is repeated.
    pub fn copies(&self, copies: Copies) {
        self.with(|s| s.copies = copies);
    }

    /// Holds events back, until [`Sim::release`].
    pub fn hold(&self) {
        self.with(|s| s.held = Some(Vec::new()));
    }

    /// How long a message takes until the history shows it.
    pub fn history_lag(&self, lag: chrono::Duration) {
        self.with(|s| s.history_lag = lag);
    }

    /// How long every call of the Web API takes, in real time; half of it passes before the call is done.
    pub fn latency(&self, latency: std::time::Duration) {
        self.with(|s| s.latency = latency);
    }

    /// Takes a scope away, or gives it.
    pub fn grant(&self, scope: &str, granted: bool) {
        self.with(|s| {
            s.scopes.retain(|have| have != scope);
            if granted {
                s.scopes.push(scope.to_owned());
            }
        });
    }

    /// Where the bot is reached from now on.
    pub fn deliver_by(&self, delivery: Delivery) {
        self.with(|s| s.delivery = delivery);
    }

    /// Waits until a method was called; `false` after ten seconds.
    pub async fn until_called(&self, method: &str) -> bool {
        let mut changed = self.0.revision.subscribe();
        let seen = async {
            while !self.peek(|s| s.journal.iter().any(|c| c.method == method)) {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), seen).await.is_ok()
    }

    /// How the bot is reached.
    pub fn delivery(&self) -> Delivery {
        self.peek(|s| s.delivery.clone())
    }

    /// Waits until the bot holds a WebSocket; `false` after ten seconds.
    pub async fn connects(&self) -> bool {
        let mut changed = self.0.revision.subscribe();
        let seen = async {
            while !self.peek(|s| s.sockets.iter().any(|c| !c.is_closed())) {
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

    /// A message id: the time, made unique.
    pub(crate) fn ts(&mut self, now: DateTime<Utc>) -> String {
        self.last_ts = (self.last_ts + 1).max(now.timestamp_micros());
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    pub(crate) fn trigger(&mut self, user: &str, now: DateTime<Utc>) -> String {
        let id = format!("{}.{}.play", self.next(), now.timestamp_millis());
        self.triggers.insert(id.clone(), Trigger { user: user.to_owned(), at: now, used: false });
        id
    }
}

/// How Slack reaches the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// `POST` to this address.
    Http(String),
    /// Over the WebSocket that the bot opened.
    Socket,
}

/// How often a delivery is repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// So many times more.
    pub more: usize,
    /// Copies of an event get an id of their own, as they sometimes do.
    pub new_ids: bool,
}
