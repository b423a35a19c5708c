//! Notes and kudos: adding, listing, editing, filing and hiding them.

use chrono::{DateTime, Duration, Utc};

use super::cx::Cx;
use super::lookup::Lookup;
use super::outcome::{Failure, Outcome, done};
use super::request::{Intent, ReplyBy, used_key, without_mention};
use super::{meeting, pick, survey, themes};
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{inbox, meetings, notes, retros};
use lookback_core::command::{self, Command, Line};
use lookback_core::ids::{ChannelId, NoteId, RetroId, UserId};
use lookback_core::interaction::Said;
use lookback_core::model::note::{Category, Note};
use lookback_core::model::retro::Retro;
use lookback_core::retro::note::{self, NewNote};
use lookback_core::retro::{Caller, Decision, Refusal, capture};
use lookback_core::text::mention;

/// How old a typed note may be that is used: so long its use is remembered.
const LASTS: Duration = Duration::days(2);

/// `note`. One that was typed in the DM of an anonymous retro is asked about first.
pub async fn add(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    category: Category,
    text: &str,
) -> Result<Outcome, Failure> {
    let open = pick::said_to(cx, channel).await?;
    match (&cx.request.intent, &open) {
        (Intent::Typed { dm, ts, .. }, Some(retro)) if retro.anonymous => {
            Ok(note::ask_first(retro, text, dm, ts)?.into())
        }
        _ => keep(cx, channel, open, caller, category, text).await,
    }
}

/// `Use what I typed`: the message is read again, because nothing of it was kept.
pub async fn use_typed(cx: &mut Cx<'_>, retro: RetroId, dm: &ChannelId, ts: &str) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let channel = retro.channel.clone();
    cx.must_ask(Lookup::channel(&channel).and_person(&cx.request.user).and_message(dm, ts))?;
    themes::must_be_open(&retro)?;
    let used = used_key(&cx.bot.seal, dm, ts);
    if inbox::before(cx.tx, cx.team, &used).await?.is_some() {
        return Err(Refusal::NoteUsed.into());
    }
    let is_old = !is_newer(ts, cx.bot.slack.time.now() - LASTS);
    let text = cx.fetched.and_then(|f| f.message.clone()).filter(|_| !is_old).ok_or(Refusal::NoteGone)?;
    match command::parse(&without_mention(&text, cx.workspace.bot_user_id.as_str()), false) {
        Ok(Line { command: Command::Note { category, text }, channel: Some(named) }) if named == channel => {
            let caller = cx.member(&channel).await?;
            let text = cx.with_names(&text).await?;
            let kept = keep(cx, &channel, Some(retro), &caller, category, &text).await?;
            // The button stays, and a second press is no second note.
            inbox::take(cx.tx, cx.team, &used, cx.bot.now_ms()).await?;
            Ok(kept)
        }
        // It was deleted, or is no note any more.
        _ => Err(Refusal::NoteGone.into()),
    }
}

/// Whether a message was written since then, by its `ts`: seconds, a point, and what makes it the only one.
fn is_newer(ts: &str, since: DateTime<Utc>) -> bool {
    ts.split('.').next().and_then(|seconds| seconds.parse().ok()).is_some_and(|at: i64| at >= since.timestamp())
}

/// Keeps a note: in `open`, else for the channel's coming retro.
async fn keep(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    open: Option<Retro>,
    caller: &Caller,
    category: Category,
    text: &str,
) -> Result<Outcome, Failure> {
    let public = matches!(cx.request.reply_by, ReplyBy::Ephemeral { .. });
    let response = match &open {
        Some(retro) => survey::unsealed(cx, retro).await?,
        None => None,
    };
    let names = cx.names_in(channel).await?;
    let open = open.as_ref();
    let new = NewNote { channel, open, response, public, names: &names, category, text, seen: false };
    let mut decision = note::add(new, caller, &mut || cx.bot.rng.id())?;
    if let Some(retro) = open.filter(|r| !r.anonymous) {
        decision = decision.and(meeting::heard(cx, retro).await?);
    }
    Ok(decision.into())
}

/// `notes`: the caller's.
pub async fn list(cx: &mut Cx<'_>, channel: &ChannelId) -> Result<Outcome, Failure> {
    let open = pick::said_to(cx, channel).await?;
    let mine = notes::mine(cx.tx, cx.team, channel, &cx.request.user).await?;
    Ok(note::list(&mine, open.is_some_and(|r| r.anonymous)).into())
}

/// `kudos`, for one person or several.
pub async fn kudos_to(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    to: &[UserId],
    what: &str,
) -> Result<Outcome, Failure> {
    let mut all = Decision::default();
    for user in to {
        let one = kudos(cx, channel, caller, user, what).await?;
        all = Decision { reply: one.reply.clone(), ..all }.and(one);
    }
    if to.len() > 1 {
        let names: Vec<String> = to.iter().map(mention).collect();
        let open = pick::said_to(cx, channel).await?;
        all.reply = Some(note::lovely(open.as_ref(), &names.join(" and "), what));
    }
    Ok(all.into())
}

/// Kudos for one person.
async fn kudos(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    to: &UserId,
    what: &str,
) -> Result<Decision, Failure> {
    let to = cx.person(to).await?;
    let open = pick::said_to(cx, channel).await?;
    let id = cx.bot.rng.id();
    let decision = note::kudos(channel, open.as_ref(), caller, &to, what, id)?;
    Ok(meeting::read_out(cx, open.as_ref(), id, decision).await?)
}

/// A note with the retro that it belongs to, if it has one, and the caller as a member of its channel.
async fn note_of(cx: &mut Cx<'_>, id: NoteId) -> Result<(Note, Option<Retro>, Caller), Failure> {
    let note = notes::by_id(cx.tx, cx.team, id).await?.ok_or(Refusal::NoSuchNote)?;
    let caller = cx.member(&note.channel).await?;
    let retro = match note.retro {
        Some(id) => retros::by_id(cx.tx, cx.team, id).await?,
        None => None,
    };
    Ok((note, retro, caller))
}

/// Opens the form that edits a note.
pub async fn open(cx: &mut Cx<'_>, id: NoteId) -> Result<Outcome, Failure> {
    let (note, retro, caller) = note_of(cx, id).await?;
    let note = note::editable(Some(&note), retro.as_ref(), &caller)?;
    Ok(Outcome::open(view::forms::note(note.id, &note.text)))
}

/// The form was sent.
pub async fn edited(cx: &mut Cx<'_>, id: NoteId, text: &str) -> Result<Outcome, Failure> {
    let (note, retro, caller) = note_of(cx, id).await?;
    match note::edit(Some(&note), retro.as_ref(), &caller, text) {
        Err(refusal @ (Refusal::EmptyNote | Refusal::TooLong { .. })) => Ok(Outcome::wrong_at(field::TEXT, &refusal)),
        other => done(other),
    }
}

/// Deletes a note.
pub async fn delete(cx: &mut Cx<'_>, id: NoteId) -> Result<Outcome, Failure> {
    let (note, retro, caller) = note_of(cx, id).await?;
    done(note::delete(Some(&note), retro.as_ref(), &caller))
}

/// Moves a captured message to another category.
pub async fn file(cx: &mut Cx<'_>, id: NoteId, category: Category) -> Result<Outcome, Failure> {
    let (note, retro, _) = note_of(cx, id).await?;
    let filed = capture::file(Some(&note), retro.as_ref(), category)?;
    Ok(themes::settled(cx.bot, cx.tx, retro.as_ref(), &note, filed).await?.into())
}

/// Opens the choice of a note to hide.
pub async fn open_hide(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    cx.leader(&retro).await?;
    let said = notes::of_retro(cx.tx, retro.id).await?;
    if said.is_empty() {
        return Err(Refusal::NothingToHide.into());
    }
    let found = meetings::kept(cx.tx, retro.id).await?.insights;
    Ok(Outcome::open(view::forms::hide_note(&retro, &said, &found)))
}

/// A note, or an answer about a theme, was chosen to be hidden.
pub async fn hide(cx: &mut Cx<'_>, retro: RetroId, chosen: &str) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let insight = chosen.strip_prefix(view::forms::INSIGHT).and_then(|id| id.parse().ok());
    match (insight, chosen.parse()) {
        (Some(insight), _) => hide_said(cx, retro, Said::Answer(insight)).await,
        (None, Ok(note)) => hide_said(cx, retro, Said::Note(note)).await,
        (None, Err(_)) => Err(Refusal::NoSuchNote.into()),
    }
}

/// Hides a note, or an answer about a theme.
pub async fn hide_said(cx: &mut Cx<'_>, retro: Retro, said: Said) -> Result<Outcome, Failure> {
    let caller = cx.member_of(&retro).await?;
    match said {
        Said::Answer(insight) => themes::hide(cx, retro, &caller, insight).await,
        Said::Note(id) => {
            let note = notes::by_id(cx.tx, cx.team, id).await?;
            done(note::hide(note.as_ref(), &retro, &caller, true))
        }
    }
}

/// A hidden note is shown again.
pub async fn show(cx: &mut Cx<'_>, retro: RetroId, note: NoteId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    let note = notes::by_id(cx.tx, cx.team, note).await?;
    done(note::hide(note.as_ref(), &retro, &caller, false))
}
