//! How words and forms reach the person who asked.

use std::sync::Arc;

use serde_json::{Value, json};
use slack_morphism::prelude::SlackView;

use super::outcome::Ack;
use super::request::{Intent, ReplyBy, Request};
use crate::bot::Bot;
use crate::calls;
use crate::newer_blocks;
use crate::slack::client::CallError;
use crate::slack::view;
use crate::store::{Tx, cards, retros};
use lookback_core::command::{self, Command};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::interaction::{BlockAction, Form, Opened};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Card, Refusal, Reply};

/// The answer in an acknowledgement.
pub fn in_ack(reply: &Reply) -> Ack {
    let message = view::reply::reply(reply);
    let mut body = json!({"response_type": "ephemeral", "text": message.text});
    if let (false, Some(map)) = (message.blocks.is_empty(), body.as_object_mut()) {
        map.insert("blocks".to_owned(), json!(message.blocks));
    }
    Ack::Json(body)
}

/// The acknowledgement that the inbox kept.
pub fn stored(text: &str) -> Ack {
    serde_json::from_str::<Value>(text).map_or(Ack::Empty, Ack::Json)
}

/// It was not done.
pub fn sorry(by: &ReplyBy) -> Ack {
    let words = Refusal::NotSaved.to_string();
    match by {
        ReplyBy::Ack { .. } => in_ack(&Reply::new(words)),
        // Pushed above the form, so that what was typed is still there.
        ReplyBy::Form => {
            Ack::Json(json!({"response_action": "push", "view": view::blocks::notice("Not saved", &words)}))
        }
        ReplyBy::Hook { .. } | ReplyBy::Ephemeral { .. } | ReplyBy::Dm | ReplyBy::Home => Ack::Unavailable,
    }
}

/// It is still worked on; what became of it is told by a message. An event is not acknowledged: Slack sends it again, and
/// its handler is the same.
pub fn still_working(request: &Request) -> Ack {
    let words = Refusal::Slow.to_string();
    match &request.reply_by {
        ReplyBy::Ack { .. } => in_ack(&Reply::new(words)),
        ReplyBy::Form => {
            Ack::Json(json!({"response_action": "push", "view": view::blocks::notice("Still working", &words)}))
        }
        ReplyBy::Hook { .. } | ReplyBy::Ephemeral { .. } | ReplyBy::Dm | ReplyBy::Home if request.trigger.is_some() => {
            Ack::Empty
        }
        ReplyBy::Hook { .. } | ReplyBy::Ephemeral { .. } | ReplyBy::Dm | ReplyBy::Home => Ack::Unavailable,
    }
}

/// What is said after "still working" where a request has no words of its own.
pub fn done(request: &Request) -> Option<Reply> {
    match &request.reply_by {
        ReplyBy::Ack { .. } | ReplyBy::Form => Some(Reply::new("Saved now. Thanks for waiting.")),
        // What was pressed shows it.
        ReplyBy::Hook { .. } | ReplyBy::Ephemeral { .. } | ReplyBy::Dm | ReplyBy::Home => None,
    }
}

/// Says `reply` to who asked: in the acknowledgement where that is still to come (not `late`), else by a row of the
/// outbox in the same transaction.
pub async fn say(bot: &Bot, tx: &mut Tx, request: &Request, reply: Option<Reply>, late: bool) -> sqlx::Result<Ack> {
    let Some(reply) = reply else { return Ok(Ack::Empty) };
    let to = match &request.reply_by {
        ReplyBy::Ack { .. } if !late && view::reply::is_plain(&reply) => return Ok(in_ack(&reply)),
        ReplyBy::Ack { response_url } => hook(&request.user, response_url, false),
        ReplyBy::Hook { response_url, replace, .. } => hook(&request.user, response_url, *replace),
        ReplyBy::Ephemeral { channel, thread } => {
            Recipient::Ephemeral { channel: channel.clone(), user: request.user.clone(), thread: thread.clone() }
        }
        ReplyBy::Form => form_place(tx, request).await?,
        ReplyBy::Dm | ReplyBy::Home => Recipient::Dm { user: request.user.clone() },
    };
    cards::want(tx, &request.team, &Wanted::reply(&request.key, to, &reply), bot.now_ms()).await?;
    Ok(Ack::Empty)
}

/// Opens a form beside the envelope loop. When that fails the person gets the button to press again. This is the one
/// call that is not a row: its trigger would not outlive the queue.
/// <https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses>
pub fn open_form(bot: &Arc<Bot>, request: &Request, view: SlackView) {
    let (bot, request) = (bot.clone(), request.clone());
    tokio::spawn(async move {
        let trigger = request.trigger.clone().unwrap_or_default();
        let opened = opened(&bot, &request.team, &trigger, view).await;
        let Err(error) = opened else { return };
        tracing::warn!(code = error.code(), "a form did not open");
        if let Err(error) = say_later(&bot, &request, not_opened(&request)).await {
            tracing::error!(%error, "a reply could not be saved");
        }
    });
}

/// A form as the workspace takes it, and whether it is known to take it so.
async fn fitted(bot: &Bot, team: &TeamId, view: SlackView) -> sqlx::Result<(SlackView, bool)> {
    let (mut tx, now_ms) = (bot.store.read().await?, bot.now_ms());
    let view = newer_blocks::fit_form(&mut tx, team, view, now_ms).await?;
    let known = newer_blocks::are_taken(&mut tx, team, &newer_blocks::kinds_of_form(&view), now_ms).await?;
    Ok((view, known))
}

/// Opens a form, with the older form of what the workspace refuses: the trigger of a refused form is still good. What is
/// learned of the workspace is saved afterwards, and changes nothing about the form.
async fn opened(bot: &Bot, team: &TeamId, trigger: &str, view: SlackView) -> Result<(), CallError> {
    let (view, known) = match fitted(bot, team, view.clone()).await {
        Ok(fitted) => fitted,
        Err(_) => (newer_blocks::older_form(view), true),
    };
    let first = calls::open_form(bot, team, &json!({"trigger_id": trigger, "view": view})).await;
    let kinds = newer_blocks::kinds_of_form(&view);
    let is_news = first.is_err() || !known;
    if kinds.iter().all(Option::is_none) || !newer_blocks::may_be_about(&first) || !is_news {
        return first;
    }
    let opened = match &first {
        Ok(()) => Ok(()),
        Err(_) => {
            let older = newer_blocks::older_form(view);
            calls::open_form(bot, team, &json!({"trigger_id": trigger, "view": older})).await
        }
    };
    if opened.is_ok() {
        let saved = newer_blocks::learn(bot, team, &kinds, &first).await;
        if let Err(error) = saved {
            tracing::error!(%error, "what a workspace takes could not be saved");
        }
    }
    opened
}

/// What is said where a form did not open, with the button that opens it.
fn not_opened(request: &Request) -> Reply {
    let starts = matches!(&request.intent, Intent::Command(line) | Intent::Typed { text: line, .. } if line.trim_start().starts_with("start"));
    let words = if starts {
        "The confirmation didn't open in time: add `everyone` to the command, or name the people."
    } else {
        "The form didn't open in time. Please try again."
    };
    match opens_again(request) {
        Some(action) => Reply::new(words).button("Open the form", action),
        None => Reply::new(words),
    }
}

/// The request, answered below the pressed message of a DM: a refusal must not take the buttons of what was not done.
pub fn beside(request: &Request) -> Request {
    let mut request = request.clone();
    if let (None, ReplyBy::Hook { replace, .. }) = (&request.channel, &mut request.reply_by) {
        *replace = false;
    }
    request
}

/// As [`say`], in a transaction of its own.
pub async fn say_later(bot: &Bot, request: &Request, reply: Reply) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    say(bot, &mut tx, request, Some(reply), true).await?;
    tx.commit().await
}

fn hook(user: &UserId, url: &str, replace: bool) -> Recipient {
    let user = user.clone();
    if url.is_empty() { Recipient::Dm { user } } else { Recipient::Hook { url: url.to_owned(), replace, user } }
}

/// A form has no address to answer to: the thread of the meeting that is under way there, its channel, or the DM.
async fn form_place(tx: &mut Tx, request: &Request) -> sqlx::Result<Recipient> {
    let user = request.user.clone();
    let Intent::Form { form, .. } = &request.intent else { return Ok(Recipient::Dm { user }) };
    let (channel, meeting) = match form {
        Form::Action { channel, retro, .. } => (Some(channel.clone()), *retro),
        Form::Config { channel }
        | Form::Data { channel, .. }
        | Form::Item { channel, opened: Opened { dm: false, .. }, .. }
        | Form::ChooseHigh { channel, .. }
        | Form::StartEveryone { channel, .. } => (Some(channel.clone()), None),
        Form::Dig { retro, .. }
        | Form::Whys { retro }
        | Form::Arrange { retro, .. }
        | Form::PickTheme { retro, .. } => {
            let found = retros::by_id(tx, &request.team, *retro).await?;
            (found.map(|r| r.channel), Some(*retro))
        }
        Form::Item { opened: Opened { dm: true, .. }, .. }
        | Form::Survey { .. }
        | Form::Note { .. }
        | Form::HideNote { .. }
        | Form::Start
        | Form::Risks { .. }
        | Form::Later { .. }
        | Form::Skip { .. }
        | Form::Escalation { .. }
        | Form::HandEscalation { .. }
        | Form::AddNote { .. } => (None, None),
    };
    let Some(channel) = channel else { return Ok(Recipient::Dm { user }) };
    let thread = match meeting {
        Some(retro) => cards::by_key(tx, &request.team, &Card::Agenda(retro).key()).await?.and_then(|c| c.ts),
        None => None,
    };
    Ok(Recipient::Ephemeral { channel, user, thread })
}

/// The button that opens the form of a request again; `None` where there is none, or its value would not fit.
fn opens_again(request: &Request) -> Option<BlockAction> {
    let action = match &request.intent {
        Intent::BlockAction(action) => action.clone(),
        Intent::Command(line) | Intent::Typed { text: line, .. } => form_of(line, request.channel.clone())?,
        Intent::Capture { .. }
        | Intent::ItemFrom { .. }
        | Intent::StartForm
        | Intent::Form { .. }
        | Intent::Edited { .. }
        | Intent::Reply { .. }
        | Intent::Begin { .. }
        | Intent::Unknown => return None,
    };
    action.value().is_some().then_some(action)
}

/// The button that opens the form which a command opens.
fn form_of(line: &str, channel: Option<ChannelId>) -> Option<BlockAction> {
    let here = channel.is_some();
    let command = command::parse(line, here).ok()?.command;
    if let Command::Action(item) = command {
        return Some(BlockAction::ActionForm { channel: channel?, item });
    }
    if let Command::Data { version: Some(version), refresh: false } = command {
        return Some(BlockAction::Data { channel: channel?, version });
    }
    (command == Command::Config).then_some(BlockAction::Config { channel: channel? })
}
