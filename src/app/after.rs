//! The end of a retro and what comes after it: the themes it keeps, the short summary for stakeholders, and what
//! a named person says to a theme that keeps coming back.

use std::collections::BTreeMap;

use super::facts::{Fetched, Lookup};
use super::load::{self, done, known};
use super::{App, Failure, Outcome, Request, meeting};
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::recurring as stored_themes;
use crate::store::{Tx, directory, notes, responses, retros, settings};
use lookback_core::command::Next;
use lookback_core::ids::{NoteId, RetroId, TeamId, UserId};
use lookback_core::retro::recurring::{self, Answers, Escalation};
use lookback_core::retro::{Change, Decision, Phase, Refusal, Retro, finish};

/// Finishes a retro, or asks once.
pub async fn finish(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    id: RetroId,
    next: Option<&Next>,
    confirmed: bool,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, id).await?;
    let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
    let responses = responses::all(tx, retro.id, &app.vault()).await?;
    let around = meeting::Around::load(tx, &request.team, retro.clone()).await?;
    let ending = finish::Ending { context: around.context(), responses: &responses, confirmed };
    let mut decision = finish::finish(&ending, &caller, next, app.clock.now(), &mut || app.rng.id())?;
    if decision.changes.iter().any(|c| matches!(c, Change::Update(r) if r.phase == Phase::Closed)) {
        let settled = settle(tx, &request.team, &retro, &decision).await?;
        decision.changes.extend(settled.changes);
        decision.cards.extend(settled.cards);
    }
    done(Ok(decision))
}

/// What is kept of the notes, with those that the close of the survey adds at the same moment.
pub(super) async fn settle(tx: &mut Tx, team: &TeamId, retro: &Retro, decision: &Decision) -> sqlx::Result<Decision> {
    let mut said = notes::of_retro(tx, retro.id).await?;
    for change in &decision.changes {
        if let Change::CloseSurvey { notes, .. } = change {
            said.extend(notes.iter().cloned());
        }
    }
    let earlier = stored_themes::earlier(tx, team, retro).await?;
    let mut settings = settings::of_channel(tx, team, &retro.channel).await?;
    // Who is not in the channel could not answer, and should not read it.
    if let Some(user) = &settings.escalate_to {
        let person = directory::person(tx, team, user).await?;
        let here = directory::is_member(tx, team, &retro.channel, user).await?;
        settings.escalate_to = person.filter(|p| p.reachable() && here).map(|p| p.id);
    }
    Ok(recurring::settle(retro, &said, &earlier, &settings))
}

/// Retros that an earlier version finished kept no themes: those of the last ones are found now.
pub async fn keep_old(tx: &mut Tx, team: &TeamId) -> sqlx::Result<()> {
    for retro in retros::without_themes(tx, team).await? {
        let said = notes::of_retro(tx, retro.id).await?;
        let earlier = stored_themes::earlier(tx, team, &retro).await?;
        stored_themes::keep(tx, team, &retro.channel, retro.id, &recurring::kept(&said, &earlier)).await?;
    }
    Ok(())
}

/// The facilitator's word on the short summary.
pub async fn share(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (id, send): (RetroId, bool),
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, id).await?;
    let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
    let settings = settings::of_channel(tx, &request.team, &retro.channel).await?;
    done(finish::share(&retro, &settings.stakeholders, &caller, send))
}

async fn escalation_of(
    tx: &mut Tx,
    request: &Request,
    (retro, root): (RetroId, NoteId),
) -> Result<(Retro, Escalation), Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    let found = stored_themes::escalation(tx, &request.team, root, retro.id).await?;
    Ok((retro, found.ok_or(Refusal::OldButton)?))
}

/// Opens the four questions, or the choice of somebody else.
pub async fn escalation(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    about: (RetroId, NoteId),
    hand_on: bool,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let (retro, e) = escalation_of(tx, request, about).await?;
    let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
    recurring::may_answer(&e, &retro, &caller)?;
    let note = notes::by_id(tx, &request.team, e.root).await?.filter(|n| !n.hidden);
    let text = note.map(|n| n.text).ok_or(Refusal::NoSuchNote)?;
    let form = if hand_on {
        view::recurring::hand_on(&retro, &e, &text)
    } else {
        let before = stored_themes::last_said(tx, &request.team, e.root, &retro).await?;
        let known = e.answers.clone().or(before.and_then(|b| b.answers)).unwrap_or_default();
        view::recurring::questions(&retro, &e, &text, &known)
    };
    Ok(Outcome::Open(Box::new(form)))
}

/// The four answers.
pub async fn answered(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    about: (RetroId, NoteId),
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let (retro, e) = escalation_of(tx, request, about).await?;
    let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
    let text = |id: &str| lookback_core::text::unesc(&fields.get(id).cloned().unwrap_or_default());
    let answers =
        Answers { time: text("time"), responsible: text("responsible"), solvable: text("solvable"), why: text("why") };
    match recurring::answer(&e, &retro, &caller, answers) {
        Err(empty @ Refusal::EmptyAnswers) => Ok(super::forms::wrong_at("time", &empty)),
        other => done(other),
    }
}

/// Somebody else is named.
pub async fn handed_on(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    about: (RetroId, NoteId),
    fields: &BTreeMap<String, String>,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let (retro, e) = escalation_of(tx, request, about).await?;
    let caller = known!(app.caller_of(tx, request, &retro, fetched).await?);
    let to = UserId(fields.get(field::OWNER).cloned().unwrap_or_default());
    let to = known!(load::person(tx, request, &to, fetched).await?);
    let here = directory::is_member(tx, &request.team, &retro.channel, &to.id).await?;
    if !here && fetched.is_none() {
        return Ok(Outcome::Needs(Lookup::channel(&retro.channel)));
    }
    match recurring::hand_on(&e, &retro, &caller, (&to, here)) {
        Err(wrong @ (Refusal::NotAPerson(_) | Refusal::NotInChannel(_))) => {
            Ok(super::forms::wrong_at(field::OWNER, &wrong))
        }
        other => done(other),
    }
}
