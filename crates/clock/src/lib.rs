//! The only room that reads the wall clock or makes random numbers; everybody else is handed them.
//!
//! `clippy.toml` forbids `Utc::now` and `rand` elsewhere, so the playground can move time and a test
//! never sleeps.

#![cfg_attr(not(test), deny(clippy::too_many_lines, clippy::wildcard_enum_match_arm))]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use rand::Rng as _;
use tokio::sync::watch;

/// Tells the time and waits for it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    /// Wall clock plus an offset in milliseconds that the playground moves.
    Running { offset: AtomicI64, moved: watch::Sender<()> },
    /// Stands still until it is moved: milliseconds since the epoch.
    Standing { at: AtomicI64, moved: watch::Sender<()> },
}

impl Clock {
    /// The wall clock.
    pub fn system() -> Self {
        Self(Arc::new(Inner::Running { offset: AtomicI64::new(0), moved: watch::channel(()).0 }))
    }

    /// A clock that runs like the wall clock but reads `at` now.
    pub fn running_from(at: DateTime<Utc>) -> Self {
        let clock = Self::system();
        clock.advance(at - clock.now());
        clock
    }

    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn standing(at: DateTime<Utc>) -> Self {
        Self(Arc::new(Inner::Standing { at: AtomicI64::new(at.timestamp_millis()), moved: watch::channel(()).0 }))
    }

    /// The current instant, cut to milliseconds: that is what the database keeps.
    pub fn now(&self) -> DateTime<Utc> {
        let ms = match &*self.0 {
            Inner::Running { offset, .. } => wall_ms() + offset.load(Ordering::SeqCst),
            Inner::Standing { at, .. } => at.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(ms).unwrap_or_default()
    }

    /// Moves the clock by `by` (forward or back) and wakes whoever waits.
    pub fn advance(&self, by: Duration) {
        let (cell, moved) = match &*self.0 {
            Inner::Running { offset, moved } => (offset, moved),
            Inner::Standing { at, moved } => (at, moved),
        };
        cell.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        moved.send_replace(());
    }

    /// Returns once [`Clock::now`] has reached `at`, or the clock was moved by hand: the caller
    /// looks again either way.
    pub async fn wait_until(&self, at: DateTime<Utc>) {
        let (moved, runs) = match &*self.0 {
            Inner::Running { moved, .. } => (moved, true),
            Inner::Standing { moved, .. } => (moved, false),
        };
        let mut moved = moved.subscribe();
        let left = at - self.now();
        let Ok(left) = left.to_std() else { return };
        if runs {
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = moved.changed() => {}
            }
        } else {
            // The sender lives as long as `self`, so this ends only when the clock moves.
            let _ = moved.changed().await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn wall_ms() -> i64 {
    Utc::now().timestamp_millis()
}

/// Measures how long something takes, on a clock that nobody moves.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }

    /// The time since the start.
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}

/// Waits on the same clock: for what other machines count on, whatever hour a playground shows.
pub async fn pause(time: std::time::Duration) {
    tokio::time::sleep(time).await;
}

/// Makes row ids and secrets. Seeded in tests, so that a transcript is the same each time.
#[derive(Clone)]
pub struct Rng(Arc<std::sync::Mutex<rand::rngs::StdRng>>);

impl std::fmt::Debug for Rng {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rng")
    }
}

impl Rng {
    /// Seeded by the operating system.
    pub fn system() -> Self {
        let mut rng: rand::rngs::StdRng = rand::make_rng();
        let _ = rng.next_u64();
        Self(Arc::new(std::sync::Mutex::new(rng)))
    }

    /// The same numbers for the same seed.
    pub fn seeded(seed: u64) -> Self {
        use rand::SeedableRng;
        Self(Arc::new(std::sync::Mutex::new(rand::rngs::StdRng::seed_from_u64(seed))))
    }

    /// A row id: random, so that it tells nothing about order, and within 53 bits, so that it
    /// survives JSON.
    pub fn id(&self) -> i64 {
        let n = self.with(|rng| rng.next_u64()) >> 11;
        i64::try_from(n).unwrap_or(i64::MAX).max(1)
    }

    /// 32 random bytes, for a key.
    pub fn key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        self.with(|rng| rng.fill_bytes(&mut key));
        key
    }

    fn with<R>(&self, f: impl FnOnce(&mut rand::rngs::StdRng) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
