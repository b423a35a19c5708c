//! Every button and form of the bot as data: what a press means, and how it travels through Slack.
//!
//! Rule: a value names what is meant, it never grants a right; who may press is checked at the
//! press. Ids carry a version (`v1/…`), so that a button outlives an upgrade.

mod block_action;
mod form;

pub use block_action::{BlockAction, ItemAction, MAX_VALUE, Said};
pub use form::{Form, Opened};
