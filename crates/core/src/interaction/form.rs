//! What a form is for, and how it travels through Slack.

use serde::{Deserialize, Serialize};

use super::block_action::ItemAction;
use crate::ids::{ChannelId, NoteId, RetroId};
use crate::model::note::Category;
use crate::model::start::Start;

/// Where a form of an item was opened from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The DM or the Home tab, where it is answered too.
    pub dm: bool,
    /// A message or page that shows by itself what becomes of the item.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shown: bool,
}

/// Which form was sent, and what it is about: a modal's `callback_id` and `private_metadata`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "f")]
pub enum Form {
    #[serde(rename = "survey")]
    Survey { retro: RetroId },
    /// A new action item; `seen`: the weak words whose fault was shown, which may be kept so.
    #[serde(rename = "action")]
    Action {
        channel: ChannelId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<String>,
        /// The retro in whose meeting it is made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retro: Option<RetroId>,
    },
    #[serde(rename = "note")]
    Note { note: NoteId },
    #[serde(rename = "hide_note")]
    HideNote { retro: RetroId },
    /// A new retro, from the shortcut or the Home tab.
    #[serde(rename = "start")]
    Start,
    #[serde(rename = "config")]
    Config { channel: ChannelId },
    #[serde(rename = "item")]
    Item {
        channel: ChannelId,
        number: i64,
        #[serde(rename = "act")]
        action: ItemAction,
        #[serde(flatten)]
        opened: Opened,
        /// Weak words whose fault was shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<String>,
    },
    #[serde(rename = "choose_high")]
    ChooseHigh { channel: ChannelId, number: i64 },
    #[serde(rename = "start_everyone")]
    StartEveryone { channel: ChannelId, start: Box<Start> },
    /// The data of a release; `seen` marks what was there when the form opened.
    #[serde(rename = "data")]
    Data { channel: ChannelId, version: String, seen: String },
    #[serde(rename = "risks")]
    Risks { retro: RetroId },
    #[serde(rename = "later")]
    Later { retro: RetroId },
    #[serde(rename = "skip")]
    Skip { retro: RetroId },
    #[serde(rename = "escalation")]
    Escalation { retro: RetroId, root: NoteId },
    #[serde(rename = "hand_escalation")]
    HandEscalation { retro: RetroId, root: NoteId },
    /// A note in the meeting; `seen`: its writer was shown that it may read as blame.
    #[serde(rename = "add_note")]
    AddNote {
        retro: RetroId,
        #[serde(rename = "stage")]
        category: Category,
        #[serde(default)]
        seen: bool,
    },
    /// Which theme of a stage, and what to do with it.
    #[serde(rename = "pick_theme")]
    PickTheme {
        retro: RetroId,
        #[serde(rename = "stage")]
        category: Category,
    },
    #[serde(rename = "dig")]
    Dig { retro: RetroId, note: NoteId },
    #[serde(rename = "whys")]
    Whys { retro: RetroId },
    #[serde(rename = "arrange")]
    Arrange {
        retro: RetroId,
        #[serde(rename = "stage")]
        category: Category,
    },
}

impl Form {
    /// What stands in `private_metadata` (at most 3,000 characters there).
    pub fn metadata(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether that is short enough for Slack.
    pub fn fits(&self) -> bool {
        self.metadata().chars().count() <= 3000
    }

    /// Reads it back.
    pub fn read(metadata: &str) -> Option<Self> {
        serde_json::from_str(metadata).ok()
    }
}
