//! Messages that are kept for the retro: by shortcut, by emoji; and what becomes of them in Slack.

use std::sync::Arc;

use super::cx::{Cx, with_names};
use super::lookup::Lookup;
use super::outcome::{Failure, Outcome};
use super::request::{Intent, ReplyBy, Request, gone_key};
use super::{meeting, new_items, pick, save, themes};
use crate::bot::Bot;
use crate::slack::event::{MessageEvent, ReactedTo};
use crate::store::{edits, inbox, meetings, notes, retros, settings, stored};
use lookback_core::command::ActionText;
use lookback_core::ids::{ChannelId, NoteId, TeamId, UserId};
use lookback_core::model::settings::Settings;
use lookback_core::retro::action::MAX_TEXT;
use lookback_core::retro::{Refusal, capture};
use lookback_core::text::{clean, cut, unesc};

/// How old the words of a message that is kept may be.
const FRESH: chrono::Duration = chrono::Duration::seconds(60);

/// A message that somebody pointed at.
#[derive(Debug)]
pub struct Message<'a> {
    pub channel: &'a ChannelId,
    pub ts: &'a str,
    /// Its words, where they came along.
    pub text: Option<&'a str>,
}

/// Keeps a message for the channel's open retro, or for its coming one.
pub async fn keep(cx: &mut Cx<'_>, m: &Message<'_>) -> Result<Outcome, Failure> {
    let before = notes::by_source(cx.tx, cx.team, m.channel, m.ts).await?;
    if m.text.is_none() && before.is_none() {
        // Everything that may be missing in one go.
        let lookup = Lookup::channel(m.channel).and_person(&cx.request.user);
        cx.must_ask(lookup.and_message(m.channel, m.ts))?;
    }
    cx.member(m.channel).await?;
    let text = match (m.text, &before) {
        (Some(text), _) => text.to_owned(),
        (None, Some(_)) => String::new(),
        (None, None) => cx.fetched.and_then(|f| f.message.clone()).ok_or(Refusal::CannotReadMessage)?,
    };
    if before.is_none() {
        // The words are of this moment, so that a change from before it is in them.
        let read = (cx.bot.slack.time.now() - FRESH).timestamp();
        edits::take(cx.tx, cx.team, m.channel, m.ts, &format!("{read}.000000"), cx.bot.now_ms()).await?;
    }
    let text = unesc(&cx.with_names(&text).await?);
    let open = pick::said_to(cx, m.channel).await?;
    let captured = capture::Captured {
        channel: m.channel,
        open: open.as_ref(),
        before: before.as_ref(),
        text: &text,
        link: cx.workspace.link(m.channel, m.ts),
        source: m.ts,
        by_emoji: m.text.is_none(),
        category: meeting::category_here(cx, open.as_ref()).await?,
    };
    Ok(capture::capture(&captured, NoteId(cx.bot.rng.id())).into())
}

/// `Make an action item`: the form, with the message's words and its link.
pub async fn item(cx: &mut Cx<'_>, m: &Message<'_>) -> Result<Outcome, Failure> {
    cx.member(m.channel).await?;
    let text = unesc(&cx.with_names(m.text.unwrap_or_default()).await?);
    let words = clean(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    let known = ActionText {
        text: cut(&words, MAX_TEXT),
        why: Some(format!("said in {}", cx.workspace.link(m.channel, m.ts))),
        ..ActionText::default()
    };
    Ok(new_items::form_or_button(cx, m.channel, known))
}

/// A reaction as a request, if it is the channel's emoji that keeps a message.
pub async fn reacted(
    bot: &Bot,
    team: &TeamId,
    user: String,
    reaction: &str,
    item: ReactedTo,
    event_ts: &str,
) -> sqlx::Result<Option<Request>> {
    let ours = bot.workspace(team).is_none_or(|w| w.bot_user_id.as_str() == user);
    if item.ts.is_empty() || item.channel.is_empty() || ours {
        return Ok(None);
    }
    let channel = ChannelId(item.channel);
    let mut tx = bot.store.read().await?;
    let settings = stored::or_skip(settings::of_channel(&mut tx, team, &channel).await)?;
    let Some(Settings { emoji, .. }) = settings else { return Ok(None) };
    // A skin tone follows the name: `thumbsup::skin-tone-2`.
    if reaction.split("::").next() != Some(emoji.as_str()) {
        return Ok(None);
    }
    Ok(Some(Request {
        team: team.clone(),
        key: bot.seal.once(&format!("reaction/{user}/{channel}/{}/{event_ts}", item.ts)),
        user: UserId(user),
        intent: Intent::Capture { channel: channel.clone(), ts: item.ts, text: None },
        reply_by: ReplyBy::Ephemeral { channel: channel.clone(), thread: None },
        channel: Some(channel),
        trigger: None,
        asked: bot.clock.now(),
    }))
}

/// A message was edited or deleted: what was kept of it follows. Nothing else of it is read.
pub async fn follow(bot: &Arc<Bot>, team: &TeamId, said: MessageEvent) -> sqlx::Result<()> {
    let channel = ChannelId(said.channel);
    // A deletion does not tell whether it was of a reply.
    let is_reply = said.message.as_ref().is_none_or(|now| now.thread_ts.is_some());
    let (ts, change) = match (said.subtype.as_deref(), said.message, said.deleted_ts) {
        // What is left of a deleted message that has replies.
        (Some("message_changed"), Some(now), _) if now.subtype == "tombstone" => (now.ts, None),
        // A change without its time (an unfurled link) changes no words.
        (Some("message_changed"), Some(now), _) => match &now.edited {
            Some(edited) => (now.ts.clone(), Some((now.words(), edited.ts.clone()))),
            None => return Ok(()),
        },
        (Some("message_deleted"), _, Some(ts)) => (ts, None),
        _ => return Ok(()),
    };
    let mut tx = bot.store.read().await?;
    let known = notes::by_source(&mut tx, team, &channel, &ts).await?.is_some();
    // The event of a reply may still be on its way, or wait for Slack.
    let early = !known && is_reply && !meetings::running_in(&mut tx, team, &channel).await?.is_empty();
    drop(tx);
    if !known && !early {
        return Ok(());
    }
    let now_ms = bot.now_ms();
    let mut tx = bot.store.begin().await?;
    let text = match change {
        Some((_, edited)) if !edits::take(&mut tx, team, &channel, &ts, &edited, now_ms).await? => return Ok(()),
        Some((text, _)) => Some(text),
        None => None,
    };
    let Some(note) = notes::by_source(&mut tx, team, &channel, &ts).await? else {
        match text {
            // Only what is meant for the retro is kept: other talk is nobody's business.
            Some(text) => {
                let meant = capture::marked(&text).is_some() || capture::action(&text).is_some();
                edits::keep_words(&mut tx, team, &channel, &ts, if meant { &text } else { "" }).await?;
            }
            // What was deleted becomes no note.
            None => {
                edits::drop_words(&mut tx, team, &channel, &ts).await?;
                inbox::take(&mut tx, team, &gone_key(&bot.seal, &channel, &ts), now_ms).await?;
            }
        }
        return tx.commit().await;
    };
    let retro = match note.retro {
        Some(id) => retros::by_id(&mut tx, team, id).await?,
        None => None,
    };
    let text = match text {
        Some(text) => Some(unesc(&with_names(&mut tx, team, &text).await?)),
        None => None,
    };
    let decision = capture::follow(&note, retro.as_ref(), text.as_deref());
    let decision = themes::settled(bot, &mut tx, retro.as_ref(), &note, decision).await?;
    save::save(bot, &mut tx, team, decision).await?;
    tx.commit().await
}
