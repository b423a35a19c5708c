//! How fast calls may go: token buckets below Slack's published limits. Pure.
//! <https://docs.slack.dev/apis/web-api/rate-limits>
//!
//! Each burst plus a minute's refill stays within the published number, so that no window of a minute
//! exceeds it. For posts the buckets start with a single token: a bot that restarts again and again cannot
//! burst each time.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};

/// A limit: so many at once, and so many a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What is there at the start.
    pub start: u32,
    /// The most that can be saved up.
    pub burst: u32,
    pub per_minute: u32,
}

/// One message a second in a channel or DM.
pub const CHANNEL: Rate = Rate { start: 1, burst: 1, per_minute: 60 };
/// "Several hundred messages a minute" for a workspace.
pub const WORKSPACE: Rate = Rate { start: 1, burst: 10, per_minute: 240 };
/// Methods with 100 and more a minute.
pub const TIER4: Rate = Rate { start: 10, burst: 10, per_minute: 90 };
/// Methods with 50 and more a minute.
pub const TIER3: Rate = Rate { start: 5, burst: 5, per_minute: 45 };
/// Methods with 20 and more a minute.
pub const TIER2: Rate = Rate { start: 4, burst: 4, per_minute: 16 };

/// New Socket Mode connections: Slack lets few be opened in a minute, and does not say how many at once.
pub const SOCKETS: Rate = Rate { start: 2, burst: 2, per_minute: 2 };

#[derive(Debug)]
struct Bucket {
    tokens: i64,
    at: DateTime<Utc>,
}

/// Time to leave something alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl Wait {
    /// Its end, while it holds. It is over where the clock was set back to before its start: otherwise it would last as
    /// much longer. Where Slack still needs it, Slack says so again.
    pub fn holds(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.since <= now + LATE && now < self.until).then_some(self.until)
    }
}

/// Moments that are read before something is waited for may come later than others by so much: no clock was set back.
const LATE: Duration = Duration::seconds(2);

/// Buckets by name, and waits that Slack asked for.
#[derive(Debug, Default)]
pub struct Pace {
    buckets: HashMap<String, Bucket>,
    waits: HashMap<String, Wait>,
}

impl Bucket {
    /// Thousandths of a token at `now`.
    fn tokens(&self, now: DateTime<Utc>, rate: &Rate) -> i64 {
        // A clock that was set back: as after a start.
        if now + LATE < self.at {
            return i64::from(rate.start) * 1000;
        }
        let refill =
            (now - self.at).max(Duration::zero()).num_milliseconds().saturating_mul(i64::from(rate.per_minute)) / 60;
        (self.tokens + refill).min(i64::from(rate.burst) * 1000)
    }
}

impl Pace {
    /// Whether every bucket has a token, or when to ask again.
    pub fn has(&self, now: DateTime<Utc>, method: &str, wanted: &[(String, Rate)]) -> Result<(), DateTime<Utc>> {
        if let Some(until) = self.waits.get(method).and_then(|wait| wait.holds(now)) {
            return Err(until);
        }
        let mut wait = None;
        for (name, rate) in wanted {
            let tokens = self.buckets.get(name).map_or(i64::from(rate.start) * 1000, |b| b.tokens(now, rate));
            if tokens < 1000 {
                // Rounded up, so that the bucket is full enough by then.
                let ms = ((1000 - tokens) * 60 + i64::from(rate.per_minute) - 1) / i64::from(rate.per_minute);
                wait = wait.max(Some(now + Duration::milliseconds(ms)));
            }
        }
        wait.map_or(Ok(()), Err)
    }

    /// Takes one token of every bucket, or none and says when to ask again.
    pub fn take(&mut self, now: DateTime<Utc>, method: &str, wanted: &[(String, Rate)]) -> Result<(), DateTime<Utc>> {
        self.has(now, method, wanted)?;
        for (name, rate) in wanted {
            let bucket =
                self.buckets.entry(name.clone()).or_insert(Bucket { tokens: i64::from(rate.start) * 1000, at: now });
            let at = if now + LATE < bucket.at { now } else { now.max(bucket.at) };
            *bucket = Bucket { tokens: bucket.tokens(now, rate) - 1000, at };
        }
        // A full bucket is the same as no bucket. Dropping it keeps one per person from piling up.
        if self.buckets.len() > 2000 {
            self.buckets.retain(|_, b| now - b.at < Duration::minutes(2));
        }
        Ok(())
    }

    /// Slack asked to wait with this method.
    pub fn wait(&mut self, method: &str, wait: Wait) {
        let longer =
            self.waits.get(method).and_then(|known| known.holds(wait.since)).is_some_and(|end| end > wait.until);
        if !longer {
            self.waits.insert(method.to_owned(), wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_posts_take_no_longer_than_the_limit_asks() {
        let start = lookback_core::zone::from_ms(0);
        let (mut pace, mut now, mut sent) = (Pace::default(), start, Vec::new());
        while sent.len() < 200 {
            let lane = format!("ch/{}", sent.len());
            match pace.take(now, "chat.postMessage", &[(lane, CHANNEL), ("ws".into(), WORKSPACE)]) {
                Ok(()) => sent.push(now),
                Err(until) => {
                    assert!(until > now);
                    now = until;
                }
            }
        }
        // Each lane's own second runs beside the others', so only the workspace's pace counts.
        assert!((now - start).num_seconds() <= 250, "{}", now - start);
        for window in sent.windows(251) {
            assert!(window[250] - window[0] >= Duration::minutes(1));
        }
    }

    #[test]
    fn retry_after_is_obeyed() {
        let now = lookback_core::zone::from_ms(1_000_000);
        let mut pace = Pace::default();
        let wait = |seconds| Wait { since: now, until: now + Duration::seconds(seconds) };
        pace.wait("chat.update", wait(30));
        pace.wait("chat.update", wait(10));
        assert_eq!(pace.take(now, "chat.update", &[]), Err(now + Duration::seconds(30)));
        assert_eq!(pace.take(now + Duration::seconds(30), "chat.update", &[]), Ok(()));
        // A moment that was read before the wait began.
        assert_eq!(pace.take(now - Duration::milliseconds(900), "chat.update", &[]), Err(now + Duration::seconds(30)));
        // A clock that was an hour ahead, and is put right.
        assert_eq!(pace.take(now - Duration::hours(1), "chat.update", &[]), Ok(()));
    }
}
