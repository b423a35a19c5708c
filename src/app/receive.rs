//! Deliveries, from either way in, to whoever handles them.

use std::sync::Arc;

use super::handle::answer;
use super::outcome::Ack;
use super::{events, request};
use crate::bot::Bot;
use crate::slack::inbound::Inbound;

/// Handles one delivery; returns what to acknowledge.
pub async fn receive(bot: &Arc<Bot>, inbound: Inbound) -> Ack {
    let now = bot.clock.now();
    let request = match inbound {
        Inbound::Command(command) => Some(request::command(command, now)),
        Inbound::Actions(actions) => request::actions(*actions, now),
        Inbound::Submission(submission) => request::submission(*submission, now),
        Inbound::Shortcut(shortcut) => request::shortcut(*shortcut, now),
        Inbound::Event(event) => return events::receive(bot, *event).await,
        Inbound::Challenge(_) | Inbound::Other => None,
    };
    match request {
        Some(request) => answer(bot, request).await,
        None => Ack::Empty,
    }
}
