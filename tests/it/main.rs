//! Conversations with the bot in the simulated workspace.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod databases;
#[path = "../common/postgres.rs"]
mod postgres;
mod world;

mod action_items;
mod anonymity;
mod async_meeting;
mod attacker;
mod calendar;
mod commands;
mod cost_at_scale;
mod crash_recovery;
mod departures;
mod dm;
mod documents;
mod figures;
mod gate;
mod greeting;
mod home_tab;
mod hostile;
mod lanes;
mod lost_keys;
mod meeting;
mod meeting_changes;
mod meeting_clock;
mod meeting_notes;
mod meeting_transcript;
mod message_count;
mod messages;
mod metrics;
mod moving;
mod newer_blocks;
mod on_server;
mod owners;
mod pipeline;
mod recurring_themes;
mod release;
mod reminders;
mod restored;
mod retention;
mod retro_health;
mod samples;
mod sheets;
mod shortcuts;
mod side_paths;
mod simulation;
mod slack_outages;
mod slow_database;
mod sockets;
mod stakeholders;
mod survey;
mod themes;
mod tickets;
mod trends;
mod unreadable;
mod unseen_blame;
mod upgrade;
mod versions;
mod visible;
mod whole_retro;
mod words;
