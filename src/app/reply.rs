//! How words and forms reach the person who asked.

use std::sync::Arc;

use serde_json::{Value, json};
use slack_morphism::prelude::SlackView;

use super::{Ack, App, Intent, ReplyBy, Request};
use crate::outbox::{self, To};
use crate::slack::client::FORM_PATIENCE;
use crate::slack::view;
use crate::store::{Tx, cards, retros};
use lookback_core::command::Command;
use lookback_core::interaction::{BlockAction, Form};
use lookback_core::retro::{Card, Refusal, Reply};

/// The answer in an acknowledgement.
fn in_ack(reply: &Reply) -> Ack {
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

/// While Slack is asked for facts.
pub fn one_moment(by: &ReplyBy) -> Ack {
    match by {
        ReplyBy::Ack { .. } => in_ack(&Reply::new("One moment: I am looking up who is in this channel.")),
        _ => Ack::Empty,
    }
}

/// It was not done, or not in time.
pub fn sorry(by: &ReplyBy, refusal: &Refusal) -> Ack {
    let words = refusal.to_string();
    let title = if *refusal == Refusal::Slow { "Still working" } else { "Not saved" };
    match by {
        ReplyBy::Ack { .. } => in_ack(&Reply::new(words)),
        // Pushed above the form, so that what was typed is still there.
        ReplyBy::Form => Ack::Json(json!({"response_action": "push", "view": view::blocks::notice(title, &words)})),
        _ => Ack::Unavailable,
    }
}

impl App {
    /// Says `reply` to who asked: in the acknowledgement where that is still to come, else by a row
    /// of the outbox in the same transaction.
    pub(super) async fn say(
        &self,
        tx: &mut Tx,
        request: &Request,
        reply: Option<Reply>,
        late: bool,
        now_ms: i64,
    ) -> sqlx::Result<Ack> {
        let Some(reply) = reply else { return Ok(Ack::Empty) };
        let to = match &request.answer {
            ReplyBy::Ack { .. } if !late => return Ok(in_ack(&reply)),
            ReplyBy::Ack { response_url } => self::hook(request, response_url, false),
            ReplyBy::Hook { response_url, replace } => self::hook(request, response_url, *replace),
            ReplyBy::Ephemeral { channel, thread } => {
                To::Ephemeral { channel: channel.clone(), user: request.user.clone(), thread: thread.clone() }
            }
            ReplyBy::Form => form_place(tx, request).await?,
            ReplyBy::Dm | ReplyBy::Home => To::Dm { user: request.user.clone() },
        };
        outbox::reply(tx, &request.team, &request.key, to, &reply, now_ms).await?;
        Ok(Ack::Empty)
    }

    /// Opens a form beside the envelope loop. When that fails the person gets the button to press
    /// again. This is the one call that is not a row: its trigger would not outlive the queue.
    pub(super) fn open_form(self: &Arc<Self>, request: &Request, view: SlackView) {
        let (app, request) = (self.clone(), request.clone());
        tokio::spawn(async move {
            let trigger = request.trigger.clone().unwrap_or_default();
            let body = json!({"trigger_id": trigger, "view": view});
            let opened = app.slack.post_within::<Value>(&request.team, "views.open", &body, FORM_PATIENCE).await;
            let Err(error) = opened else { return };
            tracing::warn!(code = error.code(), "a form did not open");
            let mut again = Reply::new(match &request.ask {
                Intent::Line(line) if line.trim_start().starts_with("start") => {
                    "The question whether to ask so many people did not open in time: add `everyone` to the command, or name the people."
                }
                _ => "The form did not open in time. Please try again.",
            });
            if let Some(press) = press_again(&request) {
                again = again.button("Open the form", press);
            }
            if let Err(error) = app.say_later(&request, again).await {
                tracing::error!(%error, "a reply could not be saved");
            }
        });
    }

    async fn say_later(&self, request: &Request, reply: Reply) -> sqlx::Result<()> {
        let mut tx = self.store.begin().await?;
        self.say(&mut tx, request, Some(reply), true, self.clock.now().timestamp_millis()).await?;
        tx.commit().await?;
        self.wake.notify_one();
        Ok(())
    }
}

fn hook(request: &Request, url: &str, replace: bool) -> To {
    let user = request.user.clone();
    if url.is_empty() { To::Dm { user } } else { To::Hook { url: url.to_owned(), replace, user } }
}

/// A form has no address to answer to: the thread of the meeting that is under way there, its channel, or the DM.
async fn form_place(tx: &mut Tx, request: &Request) -> sqlx::Result<To> {
    let user = request.user.clone();
    let (channel, running) = match (&request.ask, form_channel(&request.ask)) {
        // An item that was made in a meeting.
        (Intent::Form { form: Form::Action { retro, .. }, .. }, Some(channel)) => (channel, *retro),
        (_, Some(channel)) => (channel, None),
        (
            Intent::Form { form: Form::Dig { retro, .. } | Form::Whys { retro } | Form::Arrange { retro, .. }, .. },
            None,
        ) => match retros::by_id(tx, &request.team, *retro).await? {
            Some(found) => (found.channel, Some(found.id)),
            None => return Ok(To::Dm { user }),
        },
        _ => return Ok(To::Dm { user }),
    };
    let thread = match running {
        Some(id) => cards::by_key(tx, &request.team, &outbox::key(&Card::Agenda(id))).await?.and_then(|c| c.ts),
        None => None,
    };
    Ok(To::Ephemeral { channel, user, thread })
}

fn form_channel(ask: &Intent) -> Option<lookback_core::ids::ChannelId> {
    match ask {
        Intent::Form {
            form:
                Form::Action { channel, .. }
                | Form::Config { channel }
                | Form::Data { channel, .. }
                | Form::Item { channel, dm: false, .. }
                | Form::ChooseHigh { channel, .. }
                | Form::StartEveryone { channel, .. },
            ..
        } => Some(channel.clone()),
        _ => None,
    }
}

fn press_again(request: &Request) -> Option<BlockAction> {
    let press = match &request.ask {
        Intent::BlockAction(press) => press.clone(),
        Intent::Line(line) => match lookback_core::command::parse(line, request.channel.is_some()).ok()?.command {
            Command::Action(item) => BlockAction::ActionForm { channel: request.channel.clone()?, item },
            Command::Config => BlockAction::Config { channel: request.channel.clone()? },
            Command::Data { version: Some(version) } => {
                BlockAction::Data { channel: request.channel.clone()?, version }
            }
            _ => return None,
        },
        Intent::Capture { .. }
        | Intent::ItemFrom { .. }
        | Intent::StartForm
        | Intent::Form { .. }
        | Intent::Reply { .. }
        | Intent::Begin { .. }
        | Intent::Unknown => return None,
    };
    press.value().is_some().then_some(press)
}
