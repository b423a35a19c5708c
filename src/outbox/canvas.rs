//! The calls that put a document into the canvas of a channel.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::bot::Bot;
use crate::calls;
use crate::rate_limits;
use crate::slack::client::CallError;
use crate::store::canvases;
use crate::store::cards::Outgoing;
use lookback_core::ids::ChannelId;

/// What Slack says of a canvas that people deleted.
/// <https://docs.slack.dev/reference/methods/canvases.edit>
const NO_CANVAS: [&str; 2] = ["canvas_not_found", "canvas_deleted"];

/// A part at the top of the canvas that the bot made (`known`), or a new canvas. A channel has one canvas at most; one of
/// people's own stays as it is. Returns the canvas that was made.
/// <https://docs.slack.dev/reference/methods/conversations.canvases.create>
pub(super) async fn put(
    bot: &Bot,
    row: &Outgoing,
    channel: &ChannelId,
    markdown: &str,
    known: Option<String>,
) -> Result<Option<String>, CallError> {
    let content = json!({"type": "markdown", "markdown": markdown});
    let gone = known.clone();
    if let Some(canvas) = known {
        let changes = json!([{"operation": "insert_at_start", "document_content": content}]);
        let body = json!({"canvas_id": canvas, "changes": changes});
        match bot.slack.post::<Value>(&row.team, "canvases.edit", &body).await {
            Err(CallError::Refused { code, .. }) if NO_CANVAS.contains(&code.as_str()) => {
                forget(bot, row, channel).await.map_err(|_| CallError::NotSent)?;
            }
            edited => return edited.map(|_| None),
        }
    }
    // Nothing is made yet, so this can be asked again. Slack may still name a canvas that was just deleted.
    let there = of_channel(bot, row, channel).await.map_err(CallError::or_again)?;
    if there.is_some_and(|(id, _)| Some(&id) != gone.as_ref()) {
        tracing::info!("the channel has a canvas of people's own, so the document is a file only");
        return Ok(None);
    }
    #[derive(Deserialize)]
    struct Made {
        canvas_id: String,
    }
    let body = json!({"channel_id": channel, "document_content": content});
    let made = bot.slack.post::<Made>(&row.team, "conversations.canvases.create", &body).await;
    match made {
        Ok(made) => Ok(Some(made.canvas_id)),
        // There was none a moment ago: one that has content now was made by this call. People's new ones are empty.
        Err(CallError::Unclear) => match of_channel(bot, row, channel).await {
            Ok(Some((made, false))) if Some(&made) != gone.as_ref() => Ok(Some(made)),
            Ok(Some(_)) => Ok(None),
            Ok(None) => Err(CallError::NotSent),
            Err(_) => Err(CallError::Unclear),
        },
        Err(refused) => Err(refused),
    }
}

/// The canvas that a channel has, whoever made it, and whether it is empty.
/// <https://docs.slack.dev/reference/objects/conversation-object>
async fn of_channel(bot: &Bot, row: &Outgoing, channel: &ChannelId) -> Result<Option<(String, bool)>, CallError> {
    let args = [("channel", channel.0.clone())];
    let info: Value = calls::get(bot, &row.team, "conversations.info", rate_limits::TIER3, &args).await?;
    let canvas = info.pointer("/channel/properties/canvas");
    let id = canvas.and_then(|c| c.get("file_id")).and_then(Value::as_str);
    let is_empty = canvas.and_then(|c| c.get("is_empty")).and_then(Value::as_bool).unwrap_or_default();
    Ok(id.map(|id| (id.to_owned(), is_empty)))
}

async fn forget(bot: &Bot, row: &Outgoing, channel: &ChannelId) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    canvases::forget(&mut tx, &row.team, channel).await?;
    tx.commit().await
}
