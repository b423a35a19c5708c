//! What rendering is given and gives back.
//!
//! Rule: rendering reads. What follows from it is returned as a decision, and saved by the caller.

use chrono::{DateTime, Utc};
use slack_morphism::prelude::SlackView;

use crate::bot::Bot;
use crate::records;
use crate::slack::view::Message;
use crate::store::cards::Outgoing;
use crate::store::{Tx, cards, directory};
use lookback_core::ids::{ChannelId, UserId};
use lookback_core::model::retro::Retro;
use lookback_core::retro::message::Content;
use lookback_core::retro::release::trend::Trend;
use lookback_core::retro::{Card, Decision};

/// What a row sends.
#[derive(Debug)]
pub enum Payload {
    Message(Message),
    /// Nothing any more: the message is taken out.
    Gone,
    Home(Box<SlackView>),
    /// A file for a thread, or for a DM.
    File {
        name: String,
        bytes: Vec<u8>,
        alt: String,
        to: Option<ChannelId>,
    },
    /// A part of the channel's canvas, as Markdown; `known`: the canvas that the bot made before.
    Canvas {
        channel: ChannelId,
        markdown: String,
        known: Option<String>,
    },
    /// A picture that is still to be drawn: not while a transaction is open.
    Chart {
        trend: Trend,
        to: Option<ChannelId>,
    },
}

/// What a row shows now.
#[derive(Debug, Default)]
pub struct Rendered {
    /// `None`: there is nothing to say any more.
    pub payload: Option<Payload>,
    /// What is to be saved because of it: other messages to be shown anew, what is put off.
    pub follows: Decision,
}

impl Rendered {
    /// Only a payload.
    pub fn only(payload: Option<Payload>) -> Self {
        Self { payload, follows: Decision::default() }
    }
}

/// A mark of what a channel's message shows: equal marks need no edit. Of what one person is shown nothing is kept.
pub fn mark_of(row: &Outgoing, message: &Message) -> Option<String> {
    if !matches!(row.content, Content::Card(_)) || row.content.dm_user().is_some() {
        return None;
    }
    let blocks = serde_json::to_string(&message.blocks).ok()?;
    Some(crate::seal::digest(&format!("{}\n{}\n{blocks}", row.plain, message.text)))
}

/// A card that is rendered, with its retro.
pub struct Rendering<'a> {
    pub bot: &'a Bot,
    /// The transaction that claimed it.
    pub tx: &'a mut Tx,
    pub row: &'a Outgoing,
    pub retro: &'a Retro,
    /// It was posted before: the message is there to be edited.
    pub posted: bool,
    pub now: DateTime<Utc>,
}

impl Rendering<'_> {
    /// The zone of a person; the retro's where they are not known.
    pub async fn zone_of(&mut self, user: &UserId) -> sqlx::Result<String> {
        let person = directory::person(self.tx, &self.row.team, user).await?;
        Ok(person.map_or_else(|| self.retro.zone.clone(), |p| p.tz))
    }

    /// Everything about the retro.
    pub async fn record(&mut self) -> sqlx::Result<lookback_core::retro::record::Record> {
        records::record(self.tx, &self.row.team, self.retro, self.now).await
    }

    /// The address of another card's message, once it is posted.
    pub async fn link_to(&mut self, card: &Card) -> sqlx::Result<Option<String>> {
        let found = cards::by_key(self.tx, &self.row.team, &card.key()).await?;
        Ok(found.and_then(|c| self.bot.link(&self.row.team, &c.posted_in?, &c.ts?)))
    }
}
