//! Slack's time, as its answers tell it, and since when none came. Machines have wrong clocks: a signature and the history
//! of a channel are measured on Slack's.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Duration, Utc};

use lookback_clock::Clock;

/// A difference that is not worth a word.
const SMALL: i64 = 60_000;

/// No answer has told it yet.
const UNKNOWN: i64 = i64::MIN;

/// This machine's clock, and how far it is from Slack's.
#[derive(Debug)]
pub struct SlackTime {
    clock: Clock,
    /// Slack's clock minus ours, in milliseconds.
    skew_ms: AtomicI64,
    /// Since when no call was answered by Slack, in milliseconds; [`UNKNOWN`] while calls are.
    silent_ms: AtomicI64,
    /// When Slack's time was last asked for, in milliseconds.
    asked_ms: AtomicI64,
}

impl SlackTime {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            skew_ms: AtomicI64::new(UNKNOWN),
            silent_ms: AtomicI64::new(UNKNOWN),
            asked_ms: AtomicI64::new(UNKNOWN),
        }
    }

    /// Takes the `Date` of an answer, which counts in seconds.
    pub fn heard(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|d| d.to_str().ok());
        let Some(date) = date.and_then(|d| DateTime::parse_from_rfc2822(d).ok()) else { return };
        let skew = date.timestamp_millis() - self.clock.now().timestamp_millis();
        let before = self.skew_ms.swap(skew, Ordering::Relaxed);
        let was = if before == UNKNOWN { 0 } else { before };
        if (skew - was).abs() > SMALL && skew.abs() > SMALL {
            let (seconds, which) = (skew.abs() / 1000, if skew > 0 { "behind" } else { "ahead of" });
            tracing::warn!("this machine's clock is {seconds} seconds {which} Slack's: set it by NTP");
        }
    }

    /// Whether Slack's time may be asked for: once in ten seconds, because anybody can send an old request.
    pub fn asks_anew(&self) -> bool {
        let now = self.clock.now().timestamp_millis();
        let before = self.asked_ms.swap(now, Ordering::Relaxed);
        before == UNKNOWN || (now - before).abs() >= 10_000
    }

    /// Slack answered a call, or did not.
    pub fn answered(&self, yes: bool) {
        let now = self.clock.now().timestamp_millis();
        if yes {
            self.silent_ms.store(UNKNOWN, Ordering::Relaxed);
        } else {
            let _ = self.silent_ms.compare_exchange(UNKNOWN, now, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Since when no call was answered.
    pub fn silent_since(&self) -> Option<DateTime<Utc>> {
        let ms = self.silent_ms.load(Ordering::Relaxed);
        DateTime::from_timestamp_millis(ms).filter(|_| ms != UNKNOWN)
    }

    /// Slack's clock minus ours, once an answer has told it.
    pub fn skew(&self) -> Option<Duration> {
        Some(self.skew_ms.load(Ordering::Relaxed)).filter(|ms| *ms != UNKNOWN).map(Duration::milliseconds)
    }

    /// The time at Slack, or this machine's while Slack's is not known.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now() + self.skew().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_how_far_the_clock_is_off() {
        let clock = Clock::standing("2026-11-20T09:00:00Z".parse().unwrap());
        let time = SlackTime::new(clock.clone());
        assert_eq!((time.skew(), time.now()), (None, clock.now()));
        let mut headers = HeaderMap::new();
        headers.insert("date", "nonsense".parse().unwrap());
        time.heard(&headers);
        assert_eq!(time.skew(), None);
        headers.insert("date", "Fri, 20 Nov 2026 08:50:00 GMT".parse().unwrap());
        time.heard(&headers);
        assert_eq!(time.skew(), Some(Duration::minutes(-10)));
        clock.advance(Duration::minutes(1));
        assert_eq!(time.now(), "2026-11-20T08:51:00Z".parse::<DateTime<Utc>>().unwrap());
    }
}
