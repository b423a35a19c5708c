//! What Lookback decides and writes. Pure: no database, no network, no clock, no randomness, no async.
//!
//! [`command`] and [`interaction`] read what people typed and pressed, [`retro`] decides what follows, [`export`] writes
//! documents. [`zone`] is the only room that knows time zones, [`text`] the only way out for what people typed.

#![cfg_attr(not(test), deny(clippy::too_many_lines, clippy::wildcard_enum_match_arm))]

pub mod command;
pub mod export;
pub mod ids;
pub mod interaction;
pub mod model;
pub mod retro;
pub mod scopes;
pub mod text;
pub mod zone;
