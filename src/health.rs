//! What the bot knows of its own health: whether it can save and send.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Cheap to ask, empty after a start.
#[derive(Debug, Default)]
pub struct Health(Mutex<Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    unsaved_since: Option<DateTime<Utc>>,
    sent: Option<DateTime<Utc>>,
}

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

    /// A message left.
    pub fn sent(&self, now: DateTime<Utc>) {
        self.with(|known| known.sent = Some(now));
    }

    /// When the last message left since the start.
    pub fn last_sent(&self) -> Option<DateTime<Utc>> {
        self.with(|known| known.sent)
    }
}
