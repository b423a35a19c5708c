//! Messages on their way out: what each carries, and in which order it leaves.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::card::{Audience, Card, Priority};
use super::decision::Reply;
use crate::ids::{ChannelId, RetroId, UserId};

/// What a message carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A message that is kept and edited.
    #[serde(rename = "card")]
    Card(Card),
    #[serde(rename = "reply")]
    Reply(Recipient),
    /// The Home tab of a person.
    #[serde(rename = "home")]
    Home(UserId),
    /// What an owner is reminded of on a day.
    #[serde(rename = "nag")]
    Reminder {
        owner: UserId,
        /// The civil day in the owner's zone.
        day: NaiveDate,
    },
    /// What tells an owner of items that somebody else gave them.
    #[serde(rename = "assignment")]
    Assignment {
        owner: UserId,
        /// Its name: items with the same name stand in one message.
        message: String,
    },
    /// The trend of a channel as a picture, for one person.
    #[serde(rename = "chart")]
    Chart {
        user: UserId,
        /// The channel whose releases are compared.
        channel: ChannelId,
    },
    /// A file for one person; its text is the message's body.
    #[serde(rename = "file")]
    File {
        user: UserId,
        /// Its name, with its ending.
        name: String,
    },
}

/// Whom a reply reaches, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipient {
    /// Whoever ran a command or pressed a button, by its `response_url`; by DM where that is no longer good. `replace`
    /// puts the reply in the place of the pressed message.
    #[serde(rename = "hook")]
    Hook { url: String, replace: bool, user: UserId },
    #[serde(rename = "ephemeral")]
    Ephemeral { channel: ChannelId, user: UserId, thread: Option<String> },
    #[serde(rename = "dm")]
    Dm { user: UserId },
    #[serde(rename = "channel")]
    Channel { channel: ChannelId },
}

/// The call that sends a message the first time: each has a pace of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// To a `response_url`.
    Hook,
    Ephemeral,
    Post,
    File,
    /// A part of a canvas, which is no message.
    Canvas,
    Home,
}

impl Way {
    pub const ALL: [Self; 6] = [Self::Hook, Self::Ephemeral, Self::Post, Self::File, Self::Canvas, Self::Home];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Ephemeral => "ephemeral",
            Self::Post => "post",
            Self::File => "file",
            Self::Canvas => "canvas",
            Self::Home => "home",
        }
    }
}

impl Content {
    /// How it is sent the first time.
    pub fn way(&self) -> Way {
        match self {
            Self::Reply(Recipient::Hook { .. }) => Way::Hook,
            Self::Reply(Recipient::Ephemeral { .. }) => Way::Ephemeral,
            Self::Card(Card::Canvas(_)) => Way::Canvas,
            Self::Card(Card::Document(_)) | Self::File { .. } | Self::Chart { .. } => Way::File,
            Self::Card(_)
            | Self::Reply(Recipient::Dm { .. } | Recipient::Channel { .. })
            | Self::Reminder { .. }
            | Self::Assignment { .. } => Way::Post,
            Self::Home(_) => Way::Home,
        }
    }

    /// The person who gets it by DM; `None` for what a channel sees, and for words that are not kept.
    pub fn dm_user(&self) -> Option<UserId> {
        match self {
            Self::Card(card) => match card.route().audience {
                Audience::Person(user) => Some(user),
                Audience::Channel | Audience::OtherChannel(_) => None,
            },
            Self::Reply(Recipient::Dm { user })
            | Self::Reminder { owner: user, .. }
            | Self::Assignment { owner: user, .. }
            | Self::File { user, .. }
            | Self::Chart { user, .. } => Some(user.clone()),
            Self::Reply(Recipient::Hook { .. } | Recipient::Ephemeral { .. } | Recipient::Channel { .. })
            | Self::Home(_) => None,
        }
    }

    /// When it leaves, compared with others.
    pub fn priority(&self) -> Priority {
        match self {
            Self::Reply(_) => Priority::Reply,
            Self::Card(card) => card.route().priority,
            Self::File { .. } | Self::Chart { .. } | Self::Assignment { .. } => Priority::Single,
            Self::Reminder { .. } => Priority::Bulk,
            Self::Home(_) => Priority::Home,
        }
    }
}

/// A message to be sent, or sent again.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Names the message; wanting the same key again sends a new state of it.
    pub key: String,
    pub content: Content,
    /// A reply as JSON, or the text of a file.
    pub body: Option<String>,
    pub retro: Option<RetroId>,
    /// The lane: its messages leave one at a time and in order. A channel, a person, or one reply.
    pub lane: String,
}

impl Wanted {
    /// A card, to be rendered anew; `channel` is its retro's.
    pub fn card(card: &Card, channel: &ChannelId) -> Self {
        let route = card.route();
        let lane = match route.audience {
            Audience::Channel => channel.0.clone(),
            Audience::Person(user) => user.0,
            Audience::OtherChannel(other) => other.0,
        };
        Self { key: route.key, content: Content::Card(card.clone()), body: None, retro: Some(route.retro), lane }
    }

    /// Words, once for each `key`.
    pub fn reply(key: &str, to: Recipient, reply: &Reply) -> Self {
        let lane = match &to {
            Recipient::Hook { .. } => format!("hook/{key}"),
            Recipient::Ephemeral { channel, user, .. } => format!("{channel}/{user}"),
            Recipient::Dm { user } => user.0.clone(),
            Recipient::Channel { channel } => channel.0.clone(),
        };
        let body = serde_json::to_string(reply).ok();
        Self { key: format!("reply/{key}"), content: Content::Reply(to), body, retro: None, lane }
    }

    /// Somebody's Home tab, to be shown anew.
    pub fn home(user: &UserId) -> Self {
        let key = format!("home/{user}");
        Self { lane: key.clone(), key, content: Content::Home(user.clone()), body: None, retro: None }
    }

    /// The reminder of an owner and a day, to be sent or shown anew.
    pub fn reminder(owner: &UserId, day: NaiveDate) -> Self {
        let content = Content::Reminder { owner: owner.clone(), day };
        Self { key: format!("nag/{owner}/{day}"), content, body: None, retro: None, lane: owner.0.clone() }
    }

    /// What tells an owner of items that somebody else gave them, to be sent or shown anew.
    pub fn assignment(owner: &UserId, message: &str) -> Self {
        let content = Content::Assignment { owner: owner.clone(), message: message.to_owned() };
        Self { key: format!("assignment/{owner}/{message}"), content, body: None, retro: None, lane: owner.0.clone() }
    }

    /// The trend of a channel as a picture.
    pub fn chart(key: &str, user: &UserId, channel: &ChannelId) -> Self {
        let content = Content::Chart { user: user.clone(), channel: channel.clone() };
        Self { key: format!("chart/{key}"), content, body: None, retro: None, lane: user.0.clone() }
    }

    /// A file with this text.
    pub fn file(key: &str, user: &UserId, name: &str, text: &str) -> Self {
        let content = Content::File { user: user.clone(), name: name.to_owned() };
        Self { key: format!("file/{key}"), content, body: Some(text.to_owned()), retro: None, lane: user.0.clone() }
    }
}
