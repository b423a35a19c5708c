//! The calls that put a message into Slack.

use serde::Deserialize;
use serde_json::{Value, json};

use super::canvas;
use super::failure::Kind;
use super::render::Thread;
use super::rendering::Payload;
use crate::bot::Bot;
use crate::calls;
use crate::rate_limits;
use crate::slack::client::CallError;
use crate::slack::view::Message;
use crate::store::cards::{self, Outgoing};
use lookback_core::ids::ChannelId;
use lookback_core::retro::Card;
use lookback_core::retro::message::{Content, Recipient, Way};

/// Where a message was put.
#[derive(Debug, Default)]
pub struct Sent {
    /// Its id; `None` for words that cannot be edited.
    pub ts: Option<String>,
    /// Its channel: for a DM Slack tells it only now.
    pub channel: Option<ChannelId>,
    pub gone: bool,
    /// A canvas that was made.
    pub canvas: Option<String>,
}

/// Which limits a row falls under: its method and whether it posts or changes.
pub fn kind(row: &Outgoing) -> Kind {
    match &row.content {
        Content::Reply(Recipient::Hook { .. } | Recipient::Ephemeral { .. }) => Kind::Fleeting,
        Content::Reply(Recipient::Dm { .. }) => Kind::PersonPost,
        Content::Reply(Recipient::Channel { .. }) => Kind::ChannelPost,
        // Showing it twice is showing it once.
        Content::Home(_) => Kind::Update,
        Content::Card(_) | Content::Reminder { .. } | Content::Assignment { .. } if row.ts.is_some() => Kind::Update,
        Content::Reminder { .. } | Content::Assignment { .. } | Content::File { .. } | Content::Chart { .. } => {
            Kind::PersonPost
        }
        Content::Card(Card::Canvas(_)) => Kind::Once,
        Content::Card(_) if row.content.dm_user().is_some() => Kind::PersonPost,
        Content::Card(_) => Kind::ChannelPost,
    }
}

/// The name under which a message can be found again: it tells nothing to whoever reads it.
pub fn wire_key(bot: &Bot, row: &Outgoing) -> String {
    bot.seal.tag(&format!("{}/{}", row.team, row.key))
}

#[derive(Deserialize)]
struct Posted {
    ts: String,
    channel: ChannelId,
}

/// What Slack says where messages cannot be deleted.
/// <https://docs.slack.dev/reference/methods/chat.delete>
const NO_DELETE: [&str; 3] = ["cant_delete_message", "compliance_exports_prevent_deletion", "restricted_action"];

/// Sends `payload`.
pub async fn send(bot: &Bot, row: &Outgoing, payload: Payload, thread: Thread) -> Result<Sent, CallError> {
    let thread = match thread {
        Thread::In(ts) => Some(ts),
        Thread::None | Thread::Later => None,
    };
    match payload {
        Payload::Message(message) => self::message(bot, row, message, thread).await,
        Payload::Gone => {
            let (Some(ts), Some(channel)) = (&row.ts, &row.posted_in) else { return Ok(Sent::default()) };
            let body = json!({"channel": channel, "ts": ts});
            match bot.slack.post::<Value>(&row.team, "chat.delete", &body).await {
                Ok(_) => {}
                // Where a workspace lets nothing be deleted, nothing is left to read.
                Err(CallError::Refused { code, .. }) if NO_DELETE.contains(&code.as_str()) => {
                    let empty = json!({"channel": channel, "ts": ts, "text": "–", "blocks": []});
                    bot.slack.post::<Value>(&row.team, "chat.update", &empty).await?;
                }
                Err(error) => return Err(error),
            }
            Ok(Sent { gone: true, ..Sent::default() })
        }
        Payload::Home(view) => {
            let Content::Home(user) = &row.content else { return Ok(Sent::default()) };
            let body = json!({"user_id": user, "view": view});
            bot.slack.post::<Value>(&row.team, "views.publish", &body).await.map(|_| Sent::default())
        }
        Payload::Chart { trend, to } => {
            // What Slack reads out: <https://docs.slack.dev/reference/methods/files.getUploadURLExternal>
            let alt = trend.alt(1000);
            let drawn = tokio::task::spawn_blocking(move || crate::chart::png(&trend)).await;
            match drawn {
                Ok(Ok(Some(bytes))) => {
                    file(bot, row, &File { name: "trends.png", bytes: &bytes, alt: &alt }, to, thread).await
                }
                Ok(Ok(None)) => Ok(Sent::default()),
                fault => {
                    tracing::error!(?fault, "a chart could not be drawn");
                    Err(CallError::refused("not_drawn"))
                }
            }
        }
        Payload::Canvas { channel, markdown, known } => {
            let canvas = canvas::put(bot, row, &channel, &markdown, known).await?;
            Ok(Sent { canvas, ..Sent::default() })
        }
        Payload::File { name, bytes, alt, to } => {
            file(bot, row, &File { name: &name, bytes: &bytes, alt: &alt }, to, thread).await
        }
    }
}

async fn message(bot: &Bot, row: &Outgoing, message: Message, thread: Option<String>) -> Result<Sent, CallError> {
    let blocks = if row.plain { Vec::new() } else { message.blocks };
    let mut body = json!({"text": message.text, "unfurl_links": false, "unfurl_media": false});
    let set = |body: &mut Value, key: &str, value: Value| {
        if let Some(map) = body.as_object_mut() {
            map.insert(key.to_owned(), value);
        }
    };
    if !blocks.is_empty() {
        set(&mut body, "blocks", json!(blocks));
    }
    let target = match &row.content {
        Content::Reply(Recipient::Hook { url, replace, .. }) => {
            set(&mut body, "response_type", json!("ephemeral"));
            set(&mut body, "replace_original", json!(replace));
            return bot.slack.respond(url, &body).await.map(|()| Sent::default());
        }
        Content::Reply(Recipient::Ephemeral { channel, user, thread }) => {
            let mut body = json!({"channel": channel, "user": user, "text": message.text});
            if !blocks.is_empty() {
                set(&mut body, "blocks", json!(blocks));
            }
            if let Some(ts) = thread {
                set(&mut body, "thread_ts", json!(ts));
            }
            return bot.slack.post::<Value>(&row.team, "chat.postEphemeral", &body).await.map(|_| Sent::default());
        }
        Content::Reply(Recipient::Dm { user }) => user.0.clone(),
        Content::Reply(Recipient::Channel { channel }) => channel.0.clone(),
        Content::Home(user)
        | Content::Reminder { owner: user, .. }
        | Content::Assignment { owner: user, .. }
        | Content::File { user, .. }
        | Content::Chart { user, .. } => user.0.clone(),
        Content::Card(_) => row.content.dm_user().map_or_else(|| row.lane.clone(), |user| user.0),
    };
    if let (Some(ts), Some(channel)) = (&row.ts, &row.posted_in) {
        // An update cannot take unfurl settings, and needs the channel's own id.
        let mut update = json!({"channel": channel, "ts": ts, "text": message.text});
        set(&mut update, "blocks", json!(blocks));
        bot.slack.post::<Value>(&row.team, "chat.update", &update).await?;
        return Ok(Sent::default());
    }
    set(&mut body, "channel", json!(target));
    set(&mut body, "metadata", json!({"event_type": "lookback", "event_payload": {"key": wire_key(bot, row)}}));
    if let Some(ts) = thread {
        set(&mut body, "thread_ts", json!(ts));
    }
    let posted = bot.slack.post(&row.team, "chat.postMessage", &body).await;
    // A file that goes as text: the wait is for this method, and not only for that of files.
    let posted: Posted = match row.content.way() {
        Way::File => calls::heard(bot, &row.team, "chat.postMessage", posted).await?,
        Way::Post | Way::Hook | Way::Ephemeral | Way::Canvas | Way::Home => posted?,
    };
    Ok(Sent { ts: Some(posted.ts), channel: Some(posted.channel), ..Sent::default() })
}

#[derive(Deserialize)]
struct UploadTo {
    upload_url: String,
    file_id: String,
}

/// A file to upload.
struct File<'a> {
    name: &'a str,
    bytes: &'a [u8],
    /// What a picture shows, in words; empty for a text.
    alt: &'a str,
}

/// Three calls; only the last can be seen, so a crash before it means: from the start.
async fn file(
    bot: &Bot,
    row: &Outgoing,
    file: &File<'_>,
    to: Option<ChannelId>,
    thread: Option<String>,
) -> Result<Sent, CallError> {
    let File { name, bytes, alt } = *file;
    let Some(channel) = to.filter(|_| bot.may(&row.team, "files:write") && !row.plain) else {
        // Without the scope the document is posted as text, which a message holds up to 40,000 of.
        // A picture is told in words.
        let words = if alt.is_empty() { String::from_utf8_lossy(bytes).into_owned() } else { alt.to_owned() };
        let text = lookback_core::text::cut(&lookback_core::text::esc(&words), 39_000);
        return message(bot, row, Message { text, blocks: Vec::new() }, thread).await;
    };
    let mut args = vec![("filename", name.to_owned()), ("length", bytes.len().to_string())];
    if !alt.is_empty() {
        args.push(("alt_txt", alt.to_owned()));
    }
    // An upload is invisible before its last call: an unclear answer is a failure, and nobody has to look for it.
    let to: UploadTo = calls::get(bot, &row.team, "files.getUploadURLExternal", rate_limits::TIER4, &args)
        .await
        .map_err(CallError::or_again)?;
    bot.slack.upload(&to.upload_url, bytes).await.map_err(CallError::or_again)?;
    remember_file(bot, row, &to.file_id).await.map_err(|_| CallError::NotSent)?;
    let mut body = json!({"files": [{"id": to.file_id, "title": name}], "channel_id": channel});
    if let (Some(ts), Some(map)) = (thread, body.as_object_mut()) {
        map.insert("thread_ts".to_owned(), json!(ts));
    }
    bot.slack.post::<Value>(&row.team, "files.completeUploadExternal", &body).await?;
    // The message of a file is not ours to edit; its file id stands for it.
    Ok(Sent { ts: Some(to.file_id), channel: Some(channel), ..Sent::default() })
}

async fn remember_file(bot: &Bot, row: &Outgoing, id: &str) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    cards::set_file(&mut tx, row, id).await?;
    tx.commit().await
}
