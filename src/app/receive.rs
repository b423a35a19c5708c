//! Deliveries, from either way in, to whoever handles them.

use std::sync::Arc;

use super::handle::answer;
use super::outcome::Ack;
use super::{events, request};
use crate::bot::Bot;
use crate::metrics::Delivery;
use crate::slack::inbound::Inbound;
use lookback_clock::Stopwatch;

/// Handles one delivery; returns what to acknowledge.
pub async fn receive(bot: &Arc<Bot>, inbound: Inbound) -> Ack {
    let (watch, kind) = (Stopwatch::start(), kind_of(&inbound));
    let ack = handled(bot, inbound).await;
    if let Some(kind) = kind {
        let result = if ack == Ack::Unavailable { "refused" } else { "acknowledged" };
        bot.metrics.deliveries.get_or_create(&Delivery { kind, result }).inc();
        bot.metrics.acknowledged.observe(watch.seconds());
    }
    ack
}

fn kind_of(inbound: &Inbound) -> Option<&'static str> {
    match inbound {
        Inbound::Command(_) => Some("command"),
        Inbound::Actions(_) => Some("action"),
        Inbound::Submission(_) => Some("submission"),
        Inbound::Shortcut(_) => Some("shortcut"),
        Inbound::Event(_) => Some("event"),
        Inbound::Challenge(_) | Inbound::Other => None,
    }
}

async fn handled(bot: &Arc<Bot>, inbound: Inbound) -> Ack {
    let now = bot.clock.now();
    let request = match inbound {
        Inbound::Command(command) => Some(request::command(command, &bot.seal, now)),
        Inbound::Actions(actions) => request::actions(*actions, &bot.seal, now),
        Inbound::Submission(submission) => request::submission(*submission, &bot.seal, now),
        Inbound::Shortcut(shortcut) => request::shortcut(*shortcut, &bot.seal, now),
        Inbound::Event(event) => return events::receive(bot, *event).await,
        Inbound::Challenge(_) | Inbound::Other => None,
    };
    match request {
        Some(request) => answer(bot, request).await,
        None => Ack::Empty,
    }
}
