//! A channel can have one canvas, which the bot or people made.
//! <https://docs.slack.dev/surfaces/canvases>

use serde_json::{Map, Value, json};

use super::State;
use super::answer::{Answer, Refusal, need, object};
use super::workspace::Canvas;

/// Slack takes this many bytes of Markdown.
const MOST: usize = 1_048_576;

fn content(value: &Value) -> Result<String, Refusal> {
    let content = value.get("document_content").ok_or("invalid_arguments")?;
    let markdown = need(content, "markdown")?;
    let is_markdown = content.get("type").is_some_and(|kind| kind == "markdown");
    if is_markdown && markdown.len() <= MOST { Ok(markdown.to_owned()) } else { Err("invalid_arguments".into()) }
}

pub fn create(s: &mut State, args: &Value) -> Answer {
    let channel = need(args, "channel_id")?.to_owned();
    let inside = s.ws.channel(&channel).is_some_and(|c| c.members.contains(&s.ws.bot_user));
    if !inside {
        return Err("channel_not_found".into());
    }
    if s.no_canvases {
        return Err("team_tier_cannot_create_channel_canvases".into());
    }
    if s.ws.canvases.iter().any(|c| c.channel == channel) {
        return Err("channel_canvas_already_exists".into());
    }
    let markdown = content(args)?;
    let id = format!("F{}", s.next());
    s.ws.canvases.push(Canvas { id: id.clone(), channel, by_bot: true, markdown });
    Ok(object(json!({"canvas_id": id})))
}

pub fn edit(s: &mut State, args: &Value) -> Answer {
    let id = need(args, "canvas_id")?;
    let changes = args.get("changes").and_then(Value::as_array).ok_or("invalid_arguments")?;
    let canvas = s.ws.canvases.iter_mut().find(|c| c.id == id).ok_or("canvas_not_found")?;
    if !canvas.by_bot {
        return Err("restricted_action".into());
    }
    for change in changes {
        if need(change, "operation")? != "insert_at_start" {
            return Err("invalid_arguments".into());
        }
        canvas.markdown = format!("{}\n{}", content(change)?, canvas.markdown);
    }
    Ok(Map::new())
}
