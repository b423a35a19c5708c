//! Leaky buckets of requests and of complexity: <https://linear.app/developers/rate-limiting>.

use chrono::{DateTime, Utc};

/// One query may cost so many points.
pub const MOST_COMPLEX: i64 = 10_000;

/// What was used leaks away within an hour.
const WINDOW_MS: f64 = 3_600_000.0;

#[derive(Clone, Debug)]
struct Bucket {
    limit: i64,
    used: f64,
    at: DateTime<Utc>,
}

impl Bucket {
    fn leak(&mut self, now: DateTime<Utc>) {
        let passed = number((now - self.at).num_milliseconds().max(0));
        self.used = (self.used - passed / WINDOW_MS * number(self.limit)).max(0.0);
        self.at = now;
    }

    /// Whole calls that are left.
    fn left(&self) -> i64 {
        whole((number(self.limit) - self.used).max(0.0))
    }

    /// Then it is full again, in milliseconds of the epoch.
    fn reset(&self) -> i64 {
        let wait = if self.limit > 0 { self.used / number(self.limit) * WINDOW_MS } else { WINDOW_MS };
        self.at.timestamp_millis() + whole(wait.ceil())
    }
}

/// The buckets of the key.
#[derive(Clone, Debug)]
pub struct Limits {
    requests: Bucket,
    complexity: Bucket,
}

impl Limits {
    /// The limits of a personal key.
    pub fn new(now: DateTime<Utc>) -> Self {
        let bucket = |limit| Bucket { limit, used: 0.0, at: now };
        Self { requests: bucket(2_500), complexity: bucket(3_000_000) }
    }

    /// From now on so many requests an hour.
    pub fn set_requests(&mut self, limit: i64) {
        self.requests = Bucket { limit, used: 0.0, at: self.requests.at };
    }

    pub fn requests(&self) -> i64 {
        self.requests.limit
    }

    /// Counts a request; false if it is one too many.
    pub fn takes(&mut self, now: DateTime<Utc>) -> bool {
        self.requests.leak(now);
        self.complexity.leak(now);
        let is_free = self.requests.left() >= 1 && self.complexity.left() >= 1;
        if is_free {
            self.requests.used += 1.0;
        }
        is_free
    }

    /// Counts the points of a query.
    pub fn pays(&mut self, points: i64) {
        self.complexity.used += number(points);
    }

    /// The headers of an answer to a query of so many points.
    pub fn headers(&self, points: i64) -> Vec<(&'static str, String)> {
        let (requests, complexity) = (&self.requests, &self.complexity);
        vec![
            ("x-complexity", points.to_string()),
            ("x-ratelimit-requests-limit", requests.limit.to_string()),
            ("x-ratelimit-requests-remaining", requests.left().to_string()),
            ("x-ratelimit-requests-reset", requests.reset().to_string()),
            ("x-ratelimit-complexity-limit", complexity.limit.to_string()),
            ("x-ratelimit-complexity-remaining", complexity.left().to_string()),
            ("x-ratelimit-complexity-reset", complexity.reset().to_string()),
        ]
    }

    /// The headers of a refusal: nothing is left until then.
    pub fn exhausted(&self, until: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let mut headers = self.headers(1);
        for (name, value) in &mut headers {
            match *name {
                "x-ratelimit-requests-remaining" => *value = "0".to_owned(),
                "x-ratelimit-requests-reset" => *value = until.timestamp_millis().to_string(),
                _ => {}
            }
        }
        headers
    }
}

/// Counts here stay far below 2^52, so nothing is lost.
fn number(count: i64) -> f64 {
    i32::try_from(count).map_or(f64::from(i32::MAX), f64::from)
}

/// The count without what is behind the point.
fn whole(number: f64) -> i64 {
    format!("{:.0}", number.floor()).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;

    #[test]
    fn a_bucket_leaks() {
        let now = DateTime::UNIX_EPOCH;
        let mut limits = Limits::new(now);
        limits.set_requests(2);
        assert!(limits.takes(now) && limits.takes(now) && !limits.takes(now));
        let later = now + Duration::minutes(31);
        assert!(limits.takes(later) && !limits.takes(later));
        limits.pays(100);
        let headers = limits.headers(100);
        assert!(headers.contains(&("x-ratelimit-requests-remaining", "0".into())));
        assert!(headers.contains(&("x-ratelimit-complexity-remaining", "2999900".into())));
        assert!(limits.exhausted(later).contains(&("x-ratelimit-requests-reset", "1860000".into())));
    }
}
