//! This crate simulates a Slack workspace. A newcomer tries the bot in it, and every test runs against it.
//!
//! Rule: the bot's real client talks to the simulator over real HTTP and a real WebSocket. The simulator is as strict
//! as Slack about signatures, scopes, limits, triggers and the three seconds to answer. It answers a method that it
//! does not have with an error.

#![cfg_attr(not(test), deny(clippy::too_many_lines, clippy::wildcard_enum_match_arm))]

mod acts;
mod answer;
mod app;
mod canvases;
mod deliver;
mod faults;
mod gestures;
pub mod limits;
mod methods;
pub mod page;
mod routes;
mod socket;
mod state;
mod story;
pub mod trackers;
mod web_api;
pub mod workspace;

pub use acts::Place;
pub use faults::Fault;
pub use state::{Call, Copies, Delivery, Sim};
pub(crate) use state::{Hook, Reading, State};

/// The simulator accepts this bot token and no other.
pub const BOT_TOKEN: &str = "xoxb-playground";
/// The simulator accepts this app-level token and no other.
pub const APP_TOKEN: &str = "xapp-playground";
/// The simulator signs its HTTP deliveries with this secret, so the bot must be configured with it.
pub const SIGNING_SECRET: &str = "playground-signing-secret";
