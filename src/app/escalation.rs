//! A theme that keeps coming back, before a named person: four questions, or somebody else.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome, done};
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{notes, recurring as kept};
use lookback_core::ids::{NoteId, RetroId, UserId};
use lookback_core::model::escalation::{Answers, Escalation};
use lookback_core::model::retro::Retro;
use lookback_core::retro::{Caller, Refusal, recurring};
use lookback_core::text::unesc;

/// The escalation with its retro, and the caller as a member of its channel.
async fn of(cx: &mut Cx<'_>, retro: RetroId, root: NoteId) -> Result<(Retro, Escalation, Caller), Failure> {
    let retro = cx.retro(retro).await?;
    let found = kept::escalation(cx.tx, cx.team, root, retro.id).await?.ok_or(Refusal::OldButton)?;
    let caller = cx.member_of(&retro).await?;
    Ok((retro, found, caller))
}

/// The words of the theme.
async fn words(cx: &mut Cx<'_>, e: &Escalation) -> Result<String, Failure> {
    let note = notes::by_id(cx.tx, cx.team, e.root).await?.filter(|n| !n.hidden);
    Ok(note.map(|n| n.text).ok_or(Refusal::NoSuchNote)?)
}

/// Opens the four questions, with what was said before.
pub async fn open(cx: &mut Cx<'_>, retro: RetroId, root: NoteId) -> Result<Outcome, Failure> {
    let (retro, e, caller) = of(cx, retro, root).await?;
    caller.may_answer(&e.user, &retro)?;
    let text = words(cx, &e).await?;
    let before = kept::last_said(cx.tx, cx.team, e.root, &retro).await?;
    let known = e.answers.clone().or(before.and_then(|b| b.answers)).unwrap_or_default();
    Ok(Outcome::open(view::recurring::questions(&retro, &e, &text, &known)))
}

/// Opens the choice of somebody else.
pub async fn open_hand_on(cx: &mut Cx<'_>, retro: RetroId, root: NoteId) -> Result<Outcome, Failure> {
    let (retro, e, caller) = of(cx, retro, root).await?;
    caller.may_answer(&e.user, &retro)?;
    let text = words(cx, &e).await?;
    Ok(Outcome::open(view::recurring::hand_on(&retro, &e, &text)))
}

/// The four answers.
pub async fn answered(
    cx: &mut Cx<'_>,
    retro: RetroId,
    root: NoteId,
    fields: &BTreeMap<String, String>,
) -> Result<Outcome, Failure> {
    let (retro, e, caller) = of(cx, retro, root).await?;
    let text = |id: &str| unesc(&fields.get(id).cloned().unwrap_or_default());
    let answers =
        Answers { time: text("time"), responsible: text("responsible"), solvable: text("solvable"), why: text("why") };
    match recurring::answer(&e, &retro, &caller, answers) {
        Err(empty @ Refusal::EmptyAnswers) => Ok(Outcome::wrong_at("time", &empty)),
        other => done(other),
    }
}

/// Somebody else was named.
pub async fn handed_on(
    cx: &mut Cx<'_>,
    retro: RetroId,
    root: NoteId,
    fields: &BTreeMap<String, String>,
) -> Result<Outcome, Failure> {
    let (retro, e, caller) = of(cx, retro, root).await?;
    let to = UserId(fields.get(field::OWNER).cloned().unwrap_or_default());
    let (to, here) = cx.person_in(&retro.channel, &to).await?;
    match recurring::hand_on(&e, &retro, &caller, &to, here) {
        Err(wrong @ (Refusal::NotAPerson(_) | Refusal::NotInChannel(_))) => Ok(Outcome::wrong_at(field::OWNER, &wrong)),
        other => done(other),
    }
}
