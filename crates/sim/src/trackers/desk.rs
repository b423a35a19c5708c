//! What the simulated trackers have in common: the time, a journal of calls, and failures on demand.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use lookback_clock::{Clock, Rng};
use serde_json::Value;
use tokio::sync::watch;

/// A call can fail in these ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer has this status. `effect` says whether the call does its work all the same.
    Status {
        /// The answer has this HTTP status, for example 500 or 503.
        code: u16,
        /// The call does its work although it fails.
        effect: bool,
    },
    /// The connection breaks in the middle of the answer. `effect` says whether the call does its work.
    Lost {
        /// The call does its work although the answer is lost.
        effect: bool,
    },
    /// The tracker says in its own way that there were too many calls, and to wait this many seconds, if it says so.
    Limited(Option<u64>),
}

/// The journal keeps each call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The clock showed this time when the call arrived.
    pub at: DateTime<Utc>,
    /// The tracker's own name for it, such as `POST /rest/api/3/issue` or `issueCreate`, with `{…}` for what varies.
    pub operation: String,
    /// Its path with the query.
    pub path: String,
    /// The JSON of its body.
    pub body: Value,
    /// The answer's status; 0 where the answer was lost.
    pub status: u16,
    /// The JSON of the answer, where it has one.
    pub answer: Value,
}

/// Calls fail at random, each kind of fault with its chance in percent.
#[derive(Debug)]
struct Chaos {
    rng: Rng,
    faults: Vec<(Fault, i64)>,
}

#[derive(Debug, Default)]
struct Inner {
    faults: Vec<(String, Fault, u32)>,
    chaos: Option<Chaos>,
    journal: Vec<Call>,
}

/// Each tracker has one desk.
#[derive(Clone, Debug)]
pub struct Desk {
    clock: Clock,
    rng: Rng,
    revision: watch::Sender<u64>,
    inner: Arc<Mutex<Inner>>,
}

impl Desk {
    /// A desk without faults.
    pub fn new(clock: &Clock, rng: &Rng) -> Self {
        Self { clock: clock.clone(), rng: rng.clone(), revision: watch::channel(1).0, inner: Arc::default() }
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A random number.
    pub fn id(&self) -> i64 {
        self.rng.id()
    }

    fn with<R>(&self, f: impl FnOnce(&mut Inner) -> R) -> R {
        f(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next `times` calls of an operation fail so; `*` stands for each operation.
    pub fn fault(&self, operation: &str, fault: Fault, times: u32) {
        self.with(|inner| inner.faults.push((operation.to_owned(), fault, times)));
    }

    /// Every call fails with these chances in percent, from this seed on; an empty list ends it.
    pub fn chaos(&self, seed: u64, faults: Vec<(Fault, i64)>) {
        let chaos = (!faults.is_empty()).then(|| Chaos { rng: Rng::seeded(seed), faults });
        self.with(|inner| inner.chaos = chaos);
    }

    /// All faults that were asked for are taken back.
    pub fn heal(&self) {
        self.with(|inner| {
            inner.faults.clear();
            inner.chaos = None;
        });
    }

    /// The fault that this call gets, if any.
    pub fn takes(&self, operation: &str) -> Option<Fault> {
        self.with(|inner| {
            let at = inner.faults.iter().position(|(of, _, left)| *left > 0 && (of == "*" || of == operation));
            if let Some((_, fault, left)) = at.and_then(|at| inner.faults.get_mut(at)) {
                *left -= 1;
                return Some(fault.clone());
            }
            let chaos = inner.chaos.as_ref()?;
            let mut roll = chaos.rng.id() % 100;
            chaos.faults.iter().find_map(|(fault, chance)| {
                roll -= chance;
                (roll < 0).then(|| fault.clone())
            })
        })
    }

    /// The call goes into the journal. It may have changed something.
    pub fn note(&self, call: Call) {
        self.with(|inner| inner.journal.push(call));
        self.changed();
    }

    /// A person changed something.
    pub fn changed(&self) {
        self.revision.send_modify(|n| *n += 1);
    }

    /// The revision grows with each change, so a page knows when to draw itself again.
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// All calls so far.
    pub fn journal(&self) -> Vec<Call> {
        self.with(|inner| inner.journal.clone())
    }
}

/// The answer whose connection breaks in its middle.
pub fn lost() -> Response {
    let broken = futures_util::stream::iter([Ok::<_, std::io::Error>("{\"id\":"), Err(std::io::Error::other("gone"))]);
    let response = Response::builder().header("content-type", "application/json").body(Body::from_stream(broken));
    response.unwrap_or_else(|_| Response::new(Body::empty()))
}

/// An answer of a proxy in front of the tracker.
pub fn of_proxy(code: u16) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, "upstream trouble").into_response()
}
