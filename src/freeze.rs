//! Whether messages may leave. They may not while the database is older than the one that ran last, as after a restore
//! from a backup: a person decides then. They wait, too, for the moments in which a start finds that out.

use std::sync::{Mutex, PoisonError};

/// What holds messages back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    #[default]
    Free,
    /// Slack is asked whether a newer copy of the database ran; since then, in milliseconds.
    Asking { since_ms: i64 },
    /// One did; since then, in milliseconds, a person's word is waited for.
    Frozen { since_ms: i64 },
}

/// The time that the database knows nothing of, in milliseconds on Slack's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub from_ms: i64,
    pub to_ms: i64,
    /// A newer copy ran in it; else the bot may just have been off.
    pub proven: bool,
}

/// Cheap to ask; set from the database at a start.
#[derive(Debug, Default)]
pub struct Freeze(Mutex<(Hold, Option<Unknown>)>);

impl Freeze {
    fn with<R>(&self, f: impl FnOnce(&mut (Hold, Option<Unknown>)) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn hold(&self) -> Hold {
        self.with(|state| state.0)
    }

    pub fn set(&self, hold: Hold, unknown: Option<Unknown>) {
        self.with(|state| *state = (hold, unknown));
    }

    pub fn unknown(&self) -> Option<Unknown> {
        self.with(|state| state.1)
    }
}
