//! What the bot knows of its own health: whether it can save, hear and send.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};

/// Cheap to ask, empty after a start.
#[derive(Debug, Default)]
pub struct Health(Mutex<Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    unsaved_since: Option<DateTime<Utc>>,
    sent: Option<DateTime<Utc>>,
    sockets: u32,
    /// Since when no connection of Socket Mode is open.
    deaf: Option<DateTime<Utc>>,
    /// Events may have been missed: people and channels are read again.
    missed: bool,
    /// The process stops.
    stops: bool,
    /// This process is the one that sends.
    sends: bool,
}

/// So long a silence of Socket Mode costs no event: Slack sends it again.
const SHORT: Duration = Duration::seconds(30);

impl Health {
    fn with<R>(&self, f: impl FnOnce(&mut Known) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The minute's work was saved, or was not.
    pub fn saved(&self, ok: bool, now: DateTime<Utc>) {
        self.with(|known| known.unsaved_since = if ok { None } else { known.unsaved_since.or(Some(now)) });
    }

    /// Since when nothing can be saved.
    pub fn unsaved_since(&self) -> Option<DateTime<Utc>> {
        self.with(|known| known.unsaved_since)
    }

    /// The process stops: it takes nothing new soon.
    pub fn stop(&self) {
        self.with(|known| known.stops = true);
    }

    pub fn stops(&self) -> bool {
        self.with(|known| known.stops)
    }

    /// This process sends from now on, or no longer.
    pub fn sends(&self, yes: bool) {
        self.with(|known| known.sends = yes);
    }

    pub fn is_sending(&self) -> bool {
        self.with(|known| known.sends)
    }

    /// A message left.
    pub fn sent(&self, now: DateTime<Utc>) {
        self.with(|known| known.sent = Some(now));
    }

    /// When the last message left since the start.
    pub fn last_sent(&self) -> Option<DateTime<Utc>> {
        self.with(|known| known.sent)
    }

    /// Socket Mode is on, and no connection is open yet.
    pub fn listens(&self, now: DateTime<Utc>) {
        self.with(|known| known.deaf = Some(now));
    }

    /// A connection of Socket Mode was greeted; returns whether events may have been missed before it.
    pub fn greeted(&self, now: DateTime<Utc>) -> bool {
        self.with(|known| {
            known.sockets += 1;
            let deaf = known.deaf.take();
            known.missed |= deaf.is_some_and(|since| now - since > SHORT);
            known.missed
        })
    }

    /// A connection of Socket Mode ended.
    pub fn lost(&self, now: DateTime<Utc>) {
        self.with(|known| {
            known.sockets = known.sockets.saturating_sub(1);
            if known.sockets == 0 {
                known.deaf = Some(now);
            }
        });
    }

    /// Open connections of Socket Mode.
    pub fn sockets(&self) -> u32 {
        self.with(|known| known.sockets)
    }

    /// Since when nothing can be heard in Socket Mode.
    pub fn deaf_since(&self) -> Option<DateTime<Utc>> {
        self.with(|known| known.deaf)
    }

    /// Whether events may have been missed; asked once.
    pub fn takes_missed(&self) -> bool {
        self.with(|known| std::mem::take(&mut known.missed))
    }
}
