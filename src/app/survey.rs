//! The survey: its form, its buttons, typed answers, and its close.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::outcome::{Failure, Outcome, done};
use super::pick;
use super::request::ReplyBy;
use crate::records;
use crate::slack::view;
use crate::store::responses::{self, Mine};
use crate::store::{participants, retros};
use lookback_core::ids::{ChannelId, RetroId};
use lookback_core::model::participant::Answered;
use lookback_core::model::response::{Answer, Response, Share};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::{Caller, Refusal, survey, survey_closing, typed_answers};

/// What the caller wrote in a survey, with all that an answer needs.
pub async fn mine(cx: &mut Cx<'_>, retro: RetroId) -> Result<Mine, Failure> {
    if let Some(mine) = cx.mine.take_if(|mine| mine.retro.id == retro) {
        return Ok(mine);
    }
    let mine = responses::mine(cx.tx, cx.team, retro, &cx.request.user, &cx.bot.vault()).await?;
    Ok(mine.ok_or(Refusal::OldButton)?)
}

/// The caller's own response, while the survey of an anonymous retro is open: a note waits on it.
pub async fn unsealed(cx: &mut Cx<'_>, retro: &Retro) -> sqlx::Result<Option<Response>> {
    if !(retro.anonymous && retro.phase == Phase::Collecting) {
        return Ok(None);
    }
    responses::of_person(cx.tx, retro.id, &cx.request.user, &cx.bot.vault()).await.map(Some)
}

/// Opens the form, with what was written before.
pub async fn open(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let Mine { retro, turnout, response } = mine(cx, retro).await?;
    survey::open_for(&retro, &turnout)?;
    let facts = records::facts(cx.tx, cx.team, &retro).await?;
    Ok(Outcome::open(view::survey::form(&retro, &response.answers, &facts)))
}

/// The form was sent.
pub async fn sent(cx: &mut Cx<'_>, retro: RetroId, fields: &BTreeMap<String, String>) -> Result<Outcome, Failure> {
    let Mine { retro, turnout, response: before } = mine(cx, retro).await?;
    survey::open_for(&retro, &turnout)?;
    let answer =
        |(id, text): (&String, &String)| Some(Answer { question: view::survey::question_of(id)?, text: text.clone() });
    match survey::check(&retro.questions, fields.iter().filter_map(answer).collect()) {
        Ok(answers) => {
            let longest = answers.iter().max_by_key(|a| a.text.chars().count()).map_or(0, |a| a.question);
            match survey::submit(&retro, &turnout, before, answers, cx.now()) {
                Err(full @ Refusal::SheetFull(_)) => Ok(Outcome::wrong_at(&view::survey::field_id(longest), &full)),
                decided => done(decided),
            }
        }
        Err(wrong) => Ok(Outcome::wrong_at(&view::survey::field_id(wrong.question), &wrong.refusal)),
    }
}

/// `Nothing to add` or `I wasn't part of it`; `take_back` deletes what was written before.
pub async fn without_words(
    cx: &mut Cx<'_>,
    retro: RetroId,
    answer: Answered,
    take_back: bool,
) -> Result<Outcome, Failure> {
    let Mine { retro, turnout, response: before } = mine(cx, retro).await?;
    done(survey::without_words(&retro, &turnout, before, answer, take_back, cx.now()))
}

/// The caller's open surveys, the newest first.
pub async fn open_surveys(cx: &mut Cx<'_>) -> Result<Vec<Mine>, Failure> {
    let mut surveys = Vec::new();
    for retro in retros::surveys_of(cx.tx, cx.team, &cx.request.user).await? {
        surveys.extend(responses::mine(cx.tx, cx.team, retro.id, &cx.request.user, &cx.bot.vault()).await?);
    }
    Ok(surveys)
}

/// The survey that waits for words in the DM: the one whose question was begun, even where another was asked since, else
/// the one asked last.
pub async fn asked(cx: &mut Cx<'_>) -> Result<Option<Mine>, Failure> {
    let mut surveys = open_surveys(cx).await?;
    surveys.retain(|s| typed_answers::is_asked(&s.retro, &s.turnout, &s.response));
    let at = surveys.iter().position(|s| s.response.asking.is_some()).unwrap_or(0);
    Ok(surveys.into_iter().nth(at))
}

/// `Use what I typed`.
pub async fn use_typed(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let Mine { retro, turnout, response } = mine(cx, retro).await?;
    done(typed_answers::use_typed(&retro, &turnout, response, cx.now()))
}

/// `survey`: sends it again. In a channel its own survey is meant, elsewhere the one asked last.
pub async fn again(cx: &mut Cx<'_>) -> Result<Outcome, Failure> {
    let mine = retros::surveys_of(cx.tx, cx.team, &cx.request.user).await?;
    let here = mine.iter().find(|r| Some(&r.channel) == cx.request.channel.as_ref());
    let retro = here.or(mine.first()).ok_or(Refusal::NoSurvey)?;
    let asked = participants::asked(cx.tx, cx.team, retro.id, &cx.request.user).await?;
    let (retro, turnout) = asked.ok_or(Refusal::NoSurvey)?;
    let mut decision = survey::resend(&retro, &turnout)?;
    if cx.request.reply_by == ReplyBy::Dm {
        // The survey itself is the answer there.
        decision.reply = None;
    }
    Ok(Outcome::Done(decision))
}

/// `nudge`.
pub async fn nudge_command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, version, "nudge").await?;
    nudge(cx, &retro, caller).await
}

/// The button that reminds.
pub async fn nudge_pressed(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    nudge(cx, &retro, &caller).await
}

async fn nudge(cx: &mut Cx<'_>, retro: &Retro, caller: &Caller) -> Result<Outcome, Failure> {
    let people = participants::of_retro(cx.tx, retro.id).await?;
    done(survey::nudge(retro, &people, caller, cx.now()))
}

/// `agenda`: closes the survey.
pub async fn close_command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, version, "agenda").await?;
    close(cx, &retro, caller).await
}

/// The button that closes the survey.
pub async fn close_pressed(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    close(cx, &retro, &caller).await
}

async fn close(cx: &mut Cx<'_>, retro: &Retro, caller: &Caller) -> Result<Outcome, Failure> {
    let people = participants::of_retro(cx.tx, retro.id).await?;
    let responses = responses::all(cx.tx, retro.id, &cx.bot.vault()).await?;
    done(survey_closing::by_hand(retro, &people, &responses, caller, cx.now(), &mut || cx.bot.rng.id()))
}

/// An author's word on what was withheld.
pub async fn share(cx: &mut Cx<'_>, retro: RetroId, how: Share) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let responses = responses::all(cx.tx, retro.id, &cx.bot.vault()).await?;
    done(survey_closing::share(&retro, &responses, &cx.request.user, how, &mut || cx.bot.rng.id()))
}
