//! Whether this process may send: only while its lease in the database lasts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lookback_clock::Stopwatch;

/// The lease of whoever sends, as this process knows it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Began before the lease was asked for, so that it ends here before it ends in the database. `None`: it never ends.
    renewed: Option<Arc<Mutex<Stopwatch>>>,
    lasts: Duration,
}

impl Lease {
    /// Of a database that no other process uses.
    pub fn for_ever() -> Self {
        Self { renewed: None, lasts: Duration::MAX }
    }

    /// One that was asked for when `since` was started.
    pub fn new(since: Stopwatch, lasts: Duration) -> Self {
        Self { renewed: Some(Arc::new(Mutex::new(since))), lasts }
    }

    /// It was renewed, as asked for when `since` was started.
    pub fn renew(&self, since: Stopwatch) {
        if let Some(renewed) = &self.renewed {
            *renewed.lock().unwrap_or_else(PoisonError::into_inner) = since;
        }
    }

    /// How long it still lasts.
    pub fn left(&self) -> Duration {
        self.renewed.as_ref().map_or(Duration::MAX, |renewed| {
            let since = *renewed.lock().unwrap_or_else(PoisonError::into_inner);
            self.lasts.saturating_sub(since.elapsed())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_by_itself_and_one_of_a_file_never() {
        let lease = Lease::new(Stopwatch::start(), Duration::from_secs(12));
        assert!(lease.left() > Duration::from_secs(11));
        lease.renew(Stopwatch::start());
        assert!(lease.left() <= Duration::from_secs(12));
        assert_eq!(Lease::new(Stopwatch::start(), Duration::ZERO).left(), Duration::ZERO);
        assert_eq!(Lease::for_ever().left(), Duration::MAX);
    }
}
