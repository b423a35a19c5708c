//! The log: one line for each event of a retro's life, each message that was not delivered, and each trouble.
//!
//! Rule: no words of people, no token, and no person's id in a line about an answer, a share or a sealed note.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// Libraries that print addresses with tickets, or bodies: they are held whatever is asked for. Their connections'
/// failures are told by the rooms that use them.
const HELD: [&str; 6] = ["slack_morphism", "hyper", "hyper_util", "tungstenite", "tokio_tungstenite", "sqlx"];

/// Sets up the log for a filter as `RUST_LOG` holds it.
pub fn start(wanted: &str, format: LogFormat) {
    let (filter, wrong) = filter(wanted);
    let started = match format {
        LogFormat::Text => {
            let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
            let lines = fmt::layer().with_ansi(is_terminal).with_writer(std::io::stderr);
            tracing_subscriber::registry().with(lines).with(filter).try_init()
        }
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
            tracing_subscriber::registry().with(lines.with_writer(std::io::stderr)).with(filter).try_init()
        }
    };
    if let (Ok(()), Some(why)) = (started, wrong) {
        tracing::warn!("{}", used_instead(&why));
    }
}

/// What is said of a filter that cannot be read; `None` for one that can.
pub fn not_understood(wanted: &str) -> Option<String> {
    filter(wanted).1.map(|why| used_instead(&why))
}

fn used_instead(why: &str) -> String {
    format!(
        "RUST_LOG is not valid ({why}), so `info` is used: set it to a level or filter, such as `warn` or `lookback=debug,warn`"
    )
}

/// How often a trouble that lasts is told again.
const AGAIN: Duration = Duration::minutes(1);

/// Without another case for so long it is over.
const OVER: Duration = Duration::minutes(2);

/// A trouble that may last, and come thousands of times a minute: it is told when it begins, then once a minute with how
/// long it has lasted and how often it came, and when it is over.
#[derive(Debug)]
pub struct Trouble {
    what: &'static str,
    lasts: Mutex<Option<Lasts>>,
}

#[derive(Clone, Copy, Debug)]
struct Lasts {
    since: DateTime<Utc>,
    last: DateTime<Utc>,
    told: DateTime<Utc>,
    times: u64,
}

impl Trouble {
    const fn new(what: &'static str) -> Self {
        Self { what, lasts: Mutex::new(None) }
    }

    /// It happened; `why` holds no words of people.
    pub fn happened(&self, now: DateTime<Utc>, why: &impl Display) {
        let mut lasts = self.lasts.lock().unwrap_or_else(PoisonError::into_inner);
        match lasts.as_mut().filter(|lasts| (now - lasts.last).abs() < OVER) {
            None => {
                *lasts = Some(Lasts { since: now, last: now, told: now, times: 1 });
                tracing::error!(%why, "{}", self.what);
            }
            Some(lasts) => {
                lasts.times += 1;
                lasts.last = now;
                if (now - lasts.told).abs() >= AGAIN {
                    lasts.told = now;
                    let minutes = (now - lasts.since).num_minutes();
                    tracing::error!(%why, minutes, times = lasts.times, "still: {}", self.what);
                }
            }
        }
    }

    /// It works again.
    pub fn over(&self, now: DateTime<Utc>) {
        let mut lasts = self.lasts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lasts) = lasts.take() {
            let seconds = (now - lasts.since).num_seconds();
            tracing::info!(seconds, times = lasts.times, "solved: {}", self.what);
        }
    }
}

/// The troubles that may come in large numbers.
#[derive(Debug)]
pub struct Troubles {
    pub saving: Trouble,
    pub slow: Trouble,
    pub engine: Trouble,
    pub signatures: Trouble,
    pub tokens: Trouble,
    pub sockets: Trouble,
    pub news: Trouble,
}

impl Default for Troubles {
    fn default() -> Self {
        Self {
            saving: Trouble::new("requests from people cannot be saved"),
            slow: Trouble::new("the database does not answer in time"),
            engine: Trouble::new(
                "due work, or the check for which process sends, fails; this process tries again every second",
            ),
            signatures: Trouble::new("requests come without a valid signature, and are refused"),
            tokens: Trouble::new("requests to the API come without a valid token, and are refused"),
            sockets: Trouble::new("no Socket Mode connection can be opened; it is tried again"),
            news: Trouble::new(
                "commits of other processes cannot be heard, so messages may leave a minute late; this process tries again",
            ),
        }
    }
}

/// The filter, and why what was wanted cannot be had.
fn filter(wanted: &str) -> (Targets, Option<String>) {
    let ours: Vec<&str> = wanted.split(',').map(str::trim).filter(|d| !HELD.iter().any(|h| d.starts_with(h))).collect();
    let held = |library: &'static str| {
        (library, if library == "slack_morphism" { LevelFilter::OFF } else { LevelFilter::WARN })
    };
    // A bare word is taken for a part of a program, and everything else would be silent.
    let is_unknown = |d: &&&str| !d.contains('=') && !d.starts_with("lookback") && d.parse::<LevelFilter>().is_err();
    let parsed = match ours.iter().find(is_unknown) {
        Some(word) => Err(format!("“{}” is not a log level", word.escape_debug())),
        None => ours.join(",").parse::<Targets>().map_err(|error| error.to_string()),
    };
    let (filter, wrong) = match parsed {
        Ok(filter) => (filter, None),
        Err(why) => (Targets::new().with_default(LevelFilter::INFO), Some(why)),
    };
    (filter.with_targets(HELD.map(held)), wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_told_and_info_is_used() {
        for wanted in ["info", "warn,lookback=debug", "off", "lookback::engine", "2", "WARN"] {
            assert_eq!(filter(wanted).1, None, "{wanted}");
        }
        for wanted in ["loud", "lookback=loud", "info;debug"] {
            let (filter, wrong) = filter(wanted);
            assert!(wrong.is_some() && filter.would_enable("lookback::engine", &tracing::Level::INFO), "{wanted}");
        }
    }

    #[test]
    fn libraries_that_print_secrets_are_held() {
        let (filter, _) = filter("trace,hyper=trace,slack_morphism=trace");
        assert!(!filter.would_enable("hyper", &tracing::Level::DEBUG));
        assert!(!filter.would_enable("slack_morphism", &tracing::Level::ERROR));
        assert!(filter.would_enable("lookback", &tracing::Level::TRACE));
    }
}
