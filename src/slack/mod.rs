//! Everything that knows Slack: what comes in, what goes out, and what it looks like.

mod address;
pub mod client;
pub mod event;
pub mod inbound;
pub mod json;
pub mod time;
pub mod view;
pub mod words;
