//! A delivery of Slack's as the request that it is: who asks what, where, and how to answer.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::seal::Seal;
use crate::slack::inbound::{Actions, Command, Shortcut, Submission};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::interaction::{BlockAction, Form, ItemAction};

/// How long a request may wait for the database before the person is told.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What a person asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    pub team: TeamId,
    pub user: UserId,
    /// Where; `None` in a DM.
    pub channel: Option<ChannelId>,
    #[serde(rename = "ask")]
    pub intent: Intent,
    #[serde(rename = "answer")]
    pub reply_by: ReplyBy,
    /// Opens a form; valid three seconds from `asked`.
    pub trigger: Option<String>,
    pub asked: DateTime<Utc>,
    /// Names this delivery and all its copies.
    pub key: String,
}

/// The ways to ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Intent {
    #[serde(rename = "Line")]
    Command(String),
    /// A message in the DM: a command, or an answer.
    #[serde(rename = "Typed")]
    Typed {
        dm: ChannelId,
        ts: String,
        text: String,
        /// A file came with it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        has_file: bool,
    },
    /// A message in the DM was changed.
    #[serde(rename = "Edited")]
    Edited { before: String, after: String },
    #[serde(rename = "Press")]
    BlockAction(BlockAction),
    #[serde(rename = "Form")]
    Form { form: Form, fields: BTreeMap<String, String> },
    /// The shortcut that opens the form for a new retro.
    #[serde(rename = "StartForm")]
    StartForm,
    /// Keep this message for the retro; `text` where it came along.
    #[serde(rename = "Capture")]
    Capture { channel: ChannelId, ts: String, text: Option<String> },
    /// Make an action item of this message.
    #[serde(rename = "ItemFrom")]
    ItemFrom { channel: ChannelId, ts: String, text: String },
    /// Said in the thread of a meeting.
    #[serde(rename = "Reply")]
    Reply { retro: RetroId, ts: String, text: String },
    /// A scheduled retro begins by itself.
    #[serde(rename = "Begin")]
    Begin { retro: RetroId },
    /// A button of another version.
    #[serde(rename = "Unknown")]
    Unknown,
}

/// The ways to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplyBy {
    /// In the acknowledgement; by `response_url` once that is gone.
    #[serde(rename = "Ack")]
    Ack { response_url: String },
    #[serde(rename = "Hook")]
    Hook {
        response_url: String,
        replace: bool,
        /// The message that was pressed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pressed: Option<String>,
    },
    #[serde(rename = "Ephemeral")]
    Ephemeral { channel: ChannelId, thread: Option<String> },
    #[serde(rename = "Dm")]
    Dm,
    /// The Home tab shows it; what it cannot show goes by DM.
    #[serde(rename = "Home")]
    Home,
    /// In the acknowledgement of a sent form.
    #[serde(rename = "Form")]
    Form,
}

/// Names a gesture and all its copies: by its trigger, which Slack makes anew for each; `else_by` where
/// it has none. Never by what was written: that would link an author to it.
fn semantic_key(seal: &Seal, trigger: &str, else_by: &str) -> String {
    seal.once(&if trigger.is_empty() { format!("gesture/{else_by}") } else { format!("trigger/{trigger}") })
}

/// A typed command.
pub fn command(c: Command, seal: &Seal, now: DateTime<Utc>) -> Request {
    let dm = c.channel_name == "directmessage" || c.channel_id.starts_with('D');
    Request {
        team: TeamId(c.team_id),
        user: UserId(c.user_id),
        channel: (!dm).then_some(ChannelId(c.channel_id)),
        intent: Intent::Command(c.text),
        reply_by: ReplyBy::Ack { response_url: c.response_url.clone() },
        key: semantic_key(seal, &c.trigger_id, &c.response_url),
        trigger: Some(c.trigger_id).filter(|t| !t.is_empty()),
        asked: now,
    }
}

/// A pressed button; `None` for what is no button of ours.
pub fn actions(a: Actions, seal: &Seal, now: DateTime<Utc>) -> Option<Request> {
    let team = TeamId(a.installation()?.to_owned());
    let action = a.actions.first()?;
    let value = action.selected_option.as_ref().map_or(&action.value, |chosen| &chosen.value);
    let pressed = BlockAction::read(&action.action_id, value);
    let channel = a.container.channel_id.clone().or(a.channel.map(|c| c.id));
    let key = semantic_key(seal, &a.trigger_id, &format!("{}/{}/{}", a.user.id, action.action_id, action.action_ts));
    // A question that was answered gives way to its answer; a list stays.
    let answers = matches!(
        pressed,
        Some(
            BlockAction::FinishNow { .. }
                | BlockAction::HideBlame { .. }
                | BlockAction::CancelNow { .. }
                | BlockAction::StartEveryone { .. }
                | BlockAction::StartAgain { .. }
                | BlockAction::KeepItem { .. }
        )
    );
    // A question in a DM is a message of its own, which gives way too.
    let taken = matches!(pressed, Some(BlockAction::Item { action: ItemAction::Take | ItemAction::Return, .. }));
    let in_dm = channel.as_deref().is_some_and(|c| c.starts_with('D'));
    let asked = matches!(pressed, Some(BlockAction::FinishNow { .. } | BlockAction::HideBlame { .. }));
    let replace = answers && a.container.is_ephemeral || (taken || asked) && in_dm;
    let user = UserId(a.user.id);
    let reply_by = match (a.response_url.is_empty(), &channel) {
        (false, _) => ReplyBy::Hook { response_url: a.response_url, replace, pressed: a.container.message_ts },
        _ if a.view.as_ref().is_some_and(|v| v.kind == "home") => ReplyBy::Home,
        (true, Some(channel)) if !channel.starts_with('D') => {
            ReplyBy::Ephemeral { channel: ChannelId(channel.clone()), thread: a.container.thread_ts }
        }
        (true, _) => ReplyBy::Dm,
    };
    Some(Request {
        team,
        user,
        channel: channel.filter(|c| !c.starts_with('D')).map(ChannelId),
        intent: pressed.map_or(Intent::Unknown, Intent::BlockAction),
        reply_by,
        trigger: Some(a.trigger_id).filter(|t| !t.is_empty()),
        asked: now,
        key,
    })
}

/// A shortcut; `None` for one of another version.
pub fn shortcut(s: Shortcut, seal: &Seal, now: DateTime<Utc>) -> Option<Request> {
    let team = TeamId(s.installation()?.to_owned());
    let at = s.channel.zip(s.message).map(|(channel, message)| (ChannelId(channel.id), message));
    let channel = at.as_ref().map(|(channel, _)| channel.clone());
    let intent = match (s.callback_id.as_str(), at) {
        (START_RETRO, _) => Intent::StartForm,
        (ADD_TO_RETRO, Some((channel, m))) => Intent::Capture { channel, text: Some(m.words()), ts: m.ts },
        (MAKE_ACTION_ITEM, Some((channel, m))) => Intent::ItemFrom { channel, text: m.words(), ts: m.ts },
        _ => return None,
    };
    let reply_by = if s.response_url.is_empty() {
        ReplyBy::Dm
    } else {
        ReplyBy::Hook { response_url: s.response_url, replace: false, pressed: None }
    };
    Some(Request {
        team,
        key: semantic_key(seal, &s.trigger_id, &format!("{}/{}/{}", s.user.id, s.callback_id, s.action_ts)),
        user: UserId(s.user.id),
        channel,
        intent,
        reply_by,
        trigger: Some(s.trigger_id).filter(|t| !t.is_empty()),
        asked: now,
    })
}

/// The shortcuts of the manifest, by their `callback_id`.
pub const START_RETRO: &str = "start_retro";
/// Keeps a message.
pub const ADD_TO_RETRO: &str = "add_to_retro";
/// Makes an action item of a message.
pub const MAKE_ACTION_ITEM: &str = "make_action_item";

/// A sent form.
pub fn submission(s: Submission, seal: &Seal, now: DateTime<Utc>) -> Option<Request> {
    let team = TeamId(s.installation()?.to_owned());
    let fields = s.view.entries();
    let intent = Form::read(&s.view.private_metadata).map_or(Intent::Unknown, |form| Intent::Form { form, fields });
    Some(Request {
        team,
        user: UserId(s.user.id),
        channel: None,
        intent,
        reply_by: ReplyBy::Form,
        key: semantic_key(seal, &s.trigger_id, &format!("{}/{}", s.view.id, now.timestamp_millis())),
        trigger: Some(s.trigger_id).filter(|t| !t.is_empty()),
        asked: now,
    })
}

/// Names a message that somebody wrote, and all deliveries of it.
pub fn message_key(seal: &Seal, channel: &ChannelId, ts: &str) -> String {
    seal.once(&format!("message/{channel}/{ts}"))
}

/// Names a message that was deleted before it was handled.
pub fn gone_key(seal: &Seal, channel: &ChannelId, ts: &str) -> String {
    seal.once(&format!("gone/{channel}/{ts}"))
}

/// Names a typed note that was used.
pub fn used_key(seal: &Seal, dm: &ChannelId, ts: &str) -> String {
    seal.once(&format!("used/{dm}/{ts}"))
}

/// Drops `<@BOT>` where it stands first or last; in mid-sentence what follows it counts.
pub fn without_mention(text: &str, bot: &str) -> String {
    let text = text.trim_start();
    for mention in [format!("<@{bot}>"), format!("<@{bot}|")] {
        if let Some(rest) = text.strip_prefix(&mention) {
            let rest = if mention.ends_with('|') { rest.split_once('>').map_or(rest, |(_, r)| r) } else { rest };
            return rest.trim_start_matches([':', ',']).trim().to_owned();
        }
    }
    let Some((before, rest)) = text.split_once(&format!("<@{bot}>")) else { return text.trim().to_owned() };
    let rest = rest.trim().trim_start_matches([':', ',', '.', '!', '?']).trim();
    if rest.is_empty() { before.trim().to_owned() } else { rest.to_owned() }
}
