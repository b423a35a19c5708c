//! The end of a retro: closing, cancelling and handing it over, and the short summary for stakeholders.

use super::cx::Cx;
use super::meeting::LoadedMeeting;
use super::outcome::{Failure, Outcome, done};
use super::pick;
use super::settle::settle;
use crate::store::{responses, retros, settings};
use lookback_core::command::Next;
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::{Caller, Change, finish};

/// `finish`.
pub async fn command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    version: Option<&str>,
    next: Option<&Next>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, version, "finish").await?;
    finish(cx, retro.id, next, false).await
}

/// Finishes a retro, or asks once.
pub async fn finish(cx: &mut Cx<'_>, id: RetroId, next: Option<&Next>, confirmed: bool) -> Result<Outcome, Failure> {
    let retro = cx.retro(id).await?;
    let caller = cx.member_of(&retro).await?;
    let responses = responses::all(cx.tx, retro.id, &cx.bot.vault()).await?;
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro.clone()).await?;
    let ending = finish::Ending { context: loaded.context(), responses: &responses, confirmed };
    let decision = finish::finish(&ending, &caller, next, cx.now(), &mut || cx.bot.rng.id())?;
    if decision.changes.iter().any(|c| matches!(c, Change::Update(r) if r.phase == Phase::Closed)) {
        let settled = settle(cx.tx, cx.team, &retro, &decision).await?;
        return Ok(decision.and(settled).into());
    }
    Ok(decision.into())
}

/// `cancel`: asks for confirmation.
pub async fn cancel_command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
    why: Option<&str>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, version, "cancel").await?;
    cancel(cx, retro, caller, why, false).await
}

/// The answer to that question.
pub async fn cancel_pressed(cx: &mut Cx<'_>, retro: RetroId, why: Option<&str>) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    cancel(cx, retro, &caller, why, true).await
}

/// Cancels a retro, once that is confirmed.
pub async fn cancel(
    cx: &mut Cx<'_>,
    retro: Retro,
    caller: &Caller,
    why: Option<&str>,
    confirmed: bool,
) -> Result<Outcome, Failure> {
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro).await?;
    done(finish::cancel(&loaded.context(), caller, why, confirmed, cx.now()))
}

/// `lead`: hands the retro over.
pub async fn lead(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller, to: &UserId) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, None, "lead").await?;
    let (to, here) = cx.person_in(channel, to).await?;
    let people = retros::participants(cx.tx, retro.id).await?;
    done(finish::lead(&retro, &people, caller, &to, here, cx.now()))
}

/// The facilitator's word on the short summary.
pub async fn share(cx: &mut Cx<'_>, retro: RetroId, send: bool) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    let settings = settings::of_channel(cx.tx, cx.team, &retro.channel).await?;
    done(finish::share(&retro, &settings.stakeholders, &caller, send))
}
