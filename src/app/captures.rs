//! Messages that are kept for the retro: by shortcut, by emoji; and what becomes of them in Slack.

use std::sync::Arc;

use super::commands;
use super::facts::{Fetched, Lookup};
use super::load::{self, known};
use super::{Ack, App, Failure, Intent, Outcome, ReplyBy, Request, meeting, themes};
use crate::seal::digest;
use crate::slack::inbound::{MessageEvent, ReactedTo};
use crate::store::{Tx, inbox, meetings, notes, retros, settings};
use lookback_core::command::ActionText;
use lookback_core::ids::{ChannelId, NoteId, TeamId, UserId};
use lookback_core::retro::{Refusal, capture};

/// A message that somebody pointed at.
#[derive(Debug)]
pub struct Message<'a> {
    /// Where.
    pub channel: &'a ChannelId,
    /// Which.
    pub ts: &'a str,
    /// Its words, where they came along.
    pub text: Option<&'a str>,
}

/// Keeps a message for the channel's open retro, or for its coming one.
pub async fn keep(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    m: &Message<'_>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let before = notes::by_source(tx, &request.team, m.channel, m.ts).await?;
    if let (None, None, None) = (m.text, &before, fetched) {
        // Everything that may be missing in one go.
        let need = Lookup::channel(m.channel).and_person(&request.user);
        return Ok(Outcome::Needs(need.and_message(m.channel, m.ts)));
    }
    known!(load::member(tx, request, m.channel, fetched).await?);
    let text = match (m.text, &before) {
        (Some(text), _) => text.to_owned(),
        (None, Some(_)) => String::new(),
        (None, None) => fetched.and_then(|f| f.message.clone()).ok_or(Refusal::CannotReadMessage)?,
    };
    let text = lookback_core::text::unesc(&load::with_names(tx, &request.team, &text).await?);
    let open = load::meant(tx, request, m.channel, app.clock.now()).await?;
    let captured = capture::Captured {
        channel: m.channel,
        open: open.as_ref(),
        before: before.as_ref(),
        text: &text,
        link: app.workspace.link(m.channel, m.ts),
        source: m.ts,
        by_emoji: m.text.is_none(),
        category: meeting::stage_here(tx, open.as_ref()).await?,
    };
    Ok(Outcome::Done(capture::capture(&captured, NoteId(app.rng.id()))))
}

/// `Make an action item`: the form, with the message's words and its link.
pub async fn item(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (channel, ts, text): (&ChannelId, &str, &str),
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    known!(load::member(tx, request, channel, fetched).await?);
    let text = lookback_core::text::unesc(&load::with_names(tx, &request.team, text).await?);
    let words = lookback_core::text::clean(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    let known = ActionText {
        text: lookback_core::text::cut(&words, lookback_core::retro::action::MAX_TEXT),
        why: Some(format!("said in {}", app.workspace.link(channel, ts))),
        ..ActionText::default()
    };
    Ok(commands::action_form(request, channel, known))
}

/// Somebody reacted: with the channel's emoji that keeps the message.
pub async fn reacted(
    app: &Arc<App>,
    team: TeamId,
    (user, reaction): (String, String),
    item: ReactedTo,
    event_ts: String,
) -> Ack {
    if item.ts.is_empty() || item.channel.is_empty() || user == app.workspace.bot_user_id.0 {
        return Ack::Empty;
    }
    let channel = ChannelId(item.channel);
    let wanted = async {
        let mut tx = app.store.read().await?;
        sqlx::Result::<String>::Ok(settings::of_channel(&mut tx, &team, &channel).await?.emoji)
    };
    match wanted.await {
        // A skin tone follows the name: `thumbsup::skin-tone-2`.
        Ok(emoji) if reaction.split("::").next() != Some(emoji.as_str()) => return Ack::Empty,
        Ok(_) => {}
        Err(error) => {
            tracing::error!(%error, "a reaction was not read");
            return Ack::Unavailable;
        }
    }
    let request = Request {
        team,
        key: digest(&format!("reaction/{user}/{channel}/{}/{event_ts}", item.ts)),
        user: UserId(user),
        ask: Intent::Capture { channel: channel.clone(), ts: item.ts, text: None },
        answer: ReplyBy::Ephemeral { channel: channel.clone(), thread: None },
        channel: Some(channel),
        trigger: None,
        asked: app.clock.now(),
    };
    app.answer(request).await
}

/// Names a message that somebody wrote, and all deliveries of it.
pub fn key_of(channel: &ChannelId, ts: &str) -> String {
    digest(&format!("message/{channel}/{ts}"))
}

/// Names a message that was deleted before it was handled.
pub fn gone_key(channel: &ChannelId, ts: &str) -> String {
    digest(&format!("gone/{channel}/{ts}"))
}

/// A message was edited or deleted: what was kept of it follows. Nothing else of it is read.
pub async fn follow(app: &App, team: &TeamId, said: MessageEvent) -> sqlx::Result<()> {
    let channel = ChannelId(said.channel);
    let (ts, text) = match (said.subtype.as_deref(), said.message, said.deleted_ts) {
        // What is left of a deleted message that has replies.
        (Some("message_changed"), Some(now), _) if now.subtype == "tombstone" => (now.ts, None),
        (Some("message_changed"), Some(now), _) => (now.ts, Some(now.text)),
        (Some("message_deleted"), _, Some(ts)) => (ts, None),
        _ => return Ok(()),
    };
    let mut tx = app.store.read().await?;
    let known = notes::by_source(&mut tx, team, &channel, &ts).await?.is_some();
    let gone_early = !known && text.is_none() && !meetings::running_in(&mut tx, team, &channel).await?.is_empty();
    drop(tx);
    if gone_early {
        // The event of the message may still be on its way, or wait for facts: what was deleted becomes no note.
        let mut tx = app.store.begin().await?;
        inbox::take(&mut tx, team, &gone_key(&channel, &ts), app.clock.now().timestamp_millis()).await?;
        return tx.commit().await;
    }
    if !known {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    let Some(note) = notes::by_source(&mut tx, team, &channel, &ts).await? else { return Ok(()) };
    let retro = match note.retro {
        Some(id) => retros::by_id(&mut tx, team, id).await?,
        None => None,
    };
    let text = match text {
        Some(text) => Some(lookback_core::text::unesc(&load::with_names(&mut tx, team, &text).await?)),
        None => None,
    };
    let decision = capture::follow(&note, retro.as_ref(), text.as_deref());
    let decision = themes::settled(app, &mut tx, (retro.as_ref(), Some(&note)), decision).await?;
    app.save(&mut tx, team, decision).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}
