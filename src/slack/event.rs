//! Events, as Slack sends them: messages, members, reactions, the Home tab.

use serde::Deserialize;
use serde_json::{Value, json};

use super::words;

/// The message of a shortcut, or of an edit.
#[derive(Debug, Deserialize)]
pub struct Pointed {
    #[serde(default)]
    pub ts: String,
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub subtype: String,
    #[serde(default)]
    pub attachments: Vec<Value>,
    #[serde(default)]
    pub blocks: Vec<Value>,
    #[serde(default)]
    pub files: Vec<Value>,
    /// The thread in which it stands.
    pub thread_ts: Option<String>,
    /// When its words were changed last.
    pub edited: Option<Edited>,
}

impl Pointed {
    /// Its words, wherever they stand in it.
    pub fn words(&self) -> String {
        let Self { text, attachments, blocks, files, .. } = self;
        words::of(&json!({"text": text, "attachments": attachments, "blocks": blocks, "files": files}))
    }
}

/// When a message was changed.
#[derive(Debug, Deserialize)]
pub struct Edited {
    #[serde(default)]
    pub ts: String,
}

/// An event with the workspace it was delivered for.
#[derive(Debug)]
pub struct Event {
    pub team: String,
    pub event_id: String,
    pub kind: EventKind,
}

/// <https://docs.slack.dev/reference/events>
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    AppMention(MessageEvent),
    Message(MessageEvent),
    MemberJoinedChannel(MemberEvent),
    MemberLeftChannel(MemberEvent),
    ChannelArchive {
        channel: String,
    },
    GroupArchive {
        channel: String,
    },
    ChannelUnarchive {
        channel: String,
    },
    GroupUnarchive {
        channel: String,
    },
    ChannelIdChanged {
        old_channel_id: String,
        new_channel_id: String,
    },
    UserChange {
        user: Value,
    },
    AppHomeOpened {
        user: String,
        channel: String,
        #[serde(default)]
        tab: String,
    },
    ReactionAdded {
        user: String,
        #[serde(default)]
        reaction: String,
        item: ReactedTo,
        #[serde(default)]
        event_ts: String,
    },
    TokensRevoked,
    AppUninstalled,
    #[serde(other)]
    Other,
}

/// What somebody reacted to; a file has no `ts`.
#[derive(Debug, Deserialize)]
pub struct ReactedTo {
    #[serde(default)]
    pub channel: String,
    #[serde(default)]
    pub ts: String,
}

/// Somebody came or went.
#[derive(Debug, Deserialize)]
pub struct MemberEvent {
    pub user: String,
    pub channel: String,
    #[serde(default)]
    pub event_ts: String,
}

impl MemberEvent {
    /// When, in milliseconds; `None` where Slack does not say.
    pub fn at_ms(&self) -> Option<i64> {
        let (seconds, rest) = self.event_ts.split_once('.').unwrap_or((&self.event_ts, "0"));
        let millis: String = rest.chars().chain("000".chars()).take(3).collect();
        Some(seconds.parse::<i64>().ok()?.checked_mul(1000)? + millis.parse::<i64>().ok()?)
    }
}

#[derive(Debug, Deserialize)]
pub struct MessageEvent {
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub ts: String,
    #[serde(default)]
    pub channel: String,
    pub thread_ts: Option<String>,
    pub bot_id: Option<String>,
    pub subtype: Option<String>,
    pub channel_type: Option<String>,
    /// What an edited message says now.
    pub message: Option<Pointed>,
    /// What it said before.
    pub previous_message: Option<Pointed>,
    #[serde(default)]
    pub files: Vec<Value>,
    /// Which message was deleted.
    pub deleted_ts: Option<String>,
}
