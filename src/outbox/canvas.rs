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
    if of_channel(bot, row, channel).await?.is_some() {
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
        // There was none a moment ago: the one that is there now was made by this call.
        Err(CallError::Unclear) => match of_channel(bot, row, channel).await {
            Ok(Some(made)) => Ok(Some(made)),
            Ok(None) => Err(CallError::NotSent),
            Err(_) => Err(CallError::Unclear),
        },
        Err(refused) => Err(refused),
    }
}

/// The canvas that a channel has, whoever made it.
/// <https://docs.slack.dev/reference/objects/conversation-object>
async fn of_channel(bot: &Bot, row: &Outgoing, channel: &ChannelId) -> Result<Option<String>, CallError> {
    let args = [("channel", channel.0.clone())];
    let info: Value = calls::get(bot, &row.team, "conversations.info", rate_limits::TIER3, &args).await?;
    Ok(info.pointer("/channel/properties/canvas/file_id").and_then(Value::as_str).map(str::to_owned))
}

async fn forget(bot: &Bot, row: &Outgoing, channel: &ChannelId) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    canvases::forget(&mut tx, &row.team, channel).await?;
    tx.commit().await
}
