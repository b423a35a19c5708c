//! Lookback runs the retrospective of a software release in the Slack channel where it happened.
//!
//! `ARCHITECTURE.md` shows the rooms from the top down, three paths through them, and the words.

#![cfg_attr(not(test), deny(clippy::too_many_lines, clippy::wildcard_enum_match_arm))]

pub mod app;
pub mod bot;
pub mod chart;
pub mod cli;
pub mod config;
pub mod decisions;
pub mod directory;
pub mod engine;
pub mod lanes;
pub mod open;
pub mod outbox;
pub mod pace;
pub mod playground;
pub mod records;
pub mod seal;
pub mod serve;
pub mod slack;
pub mod store;
pub mod token;

/// Sets up the log for a filter as `RUST_LOG` holds it. Libraries that print addresses with tickets, or
/// bodies, are held whatever is asked for: their connections' failures are told by [`serve`].
pub fn log(wanted: &str) {
    use tracing_subscriber::EnvFilter;
    const HELD: [&str; 6] = ["slack_morphism", "hyper", "hyper_util", "tungstenite", "tokio_tungstenite", "sqlx"];
    let ours = wanted.split(',').filter(|d| !HELD.iter().any(|context| d.trim().starts_with(context)));
    let filter = EnvFilter::try_new(ours.collect::<Vec<_>>().join(",")).unwrap_or_else(|_| EnvFilter::new("info"));
    let context =
        HELD.iter().map(|context| format!("{context}={}", if *context == "slack_morphism" { "off" } else { "warn" }));
    let filter = context.filter_map(|d| d.parse().ok()).fold(filter, EnvFilter::add_directive);
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .try_init();
}
