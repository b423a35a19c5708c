//! Conversations with the bot in the simulated workspace.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod world;

mod again;
mod close;
mod commands;
mod days;
mod documents;
mod durable;
mod example;
mod flow;
mod follow;
mod hostile;
mod large;
mod meeting;
mod midway;
mod pipeline;
mod release;
mod safe;
mod samples;
mod second;
mod survey;
mod themes;
mod trends;
mod unreadable;
mod upgrade;
