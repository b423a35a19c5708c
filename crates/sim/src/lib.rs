//! A simulated Slack workspace: for a newcomer's first minute, and for every test.
//!
//! Rule: the real client speaks to it over real HTTP and WebSocket, and it is as strict as Slack
//! (signatures, scopes, limits, triggers, three seconds); what it cannot do it refuses by name.

mod acts;
mod app;
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
mod web_api;
pub mod workspace;

pub use acts::Place;
pub use faults::Fault;
pub use state::{Call, Copies, Delivery, Reading, Sim};
pub(crate) use state::{Hook, State};

/// The bot token that the simulator accepts.
pub const BOT_TOKEN: &str = "xoxb-playground";
/// The app-level token that the simulator accepts.
pub const APP_TOKEN: &str = "xapp-playground";
/// The secret with which it signs.
pub const SIGNING_SECRET: &str = "playground-signing-secret";
