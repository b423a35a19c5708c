//! Lookback runs the retrospective of a software release in the Slack channel where it happened.
//!
//! `ARCHITECTURE.md` shows the rooms from the top down, three paths through them, and the words.

#![cfg_attr(not(test), deny(clippy::too_many_lines, clippy::wildcard_enum_match_arm))]

pub mod app;
pub mod bot;
pub mod calls;
pub mod chart;
pub mod chores;
pub mod cli;
pub mod config;
pub mod decisions;
pub mod directory;
pub mod engine;
pub mod faults;
pub mod freeze;
pub mod health;
pub mod lanes;
pub mod open;
pub mod outbox;
pub mod playground;
pub mod rate_limits;
pub mod records;
pub mod seal;
pub mod serve;
pub mod slack;
pub mod store;
pub mod token;

/// Sets up the log for a filter as `RUST_LOG` holds it. Libraries that print addresses with tickets, or
/// bodies, are held whatever is asked for: their connections' failures are told by [`serve`].
pub fn log(wanted: &str) {
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    const HELD: [&str; 6] = ["slack_morphism", "hyper", "hyper_util", "tungstenite", "tokio_tungstenite", "sqlx"];
    let ours = wanted.split(',').filter(|d| !HELD.iter().any(|library| d.trim().starts_with(library)));
    let held = |library: &'static str| {
        (library, if library == "slack_morphism" { LevelFilter::OFF } else { LevelFilter::WARN })
    };
    let filter = ours
        .collect::<Vec<_>>()
        .join(",")
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO))
        .with_targets(HELD.map(held));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}
