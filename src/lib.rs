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
pub mod http;
mod keys;
pub mod lanes;
pub mod lease;
pub mod log;
pub mod metrics;
pub mod newer_blocks;
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
pub mod trackers;
