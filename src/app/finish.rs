//! The end of a retro: closing, cancelling and handing it over, and the short summary for stakeholders.

use super::cx::Cx;
use super::meeting::LoadedMeeting;
use super::outcome::{Failure, Outcome, done};
use super::settle::settle;
use super::unseen_blame::{blamed, handed_over};
use super::{notes, pick};
use crate::store::{participants, responses, settings};
use lookback_core::command::Next;
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::interaction::Said;
use lookback_core::model::retro::Retro;
use lookback_core::retro::unseen_blame::ask;
use lookback_core::retro::{Caller, Decision, Refusal, Reply, finish, lead};

/// `finish`.
pub async fn command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    version: Option<&str>,
    next: Option<&Next>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, version, "finish").await?;
    finish(cx, retro.id, next, Checked::default()).await
}

/// What the caller has answered and seen already.
#[derive(Clone, Copy, Debug, Default)]
struct Checked {
    /// The question was answered with yes.
    confirmed: bool,
    /// A mark of the notes with blame that they were shown.
    seen: u64,
}

/// The button that finishes.
pub async fn pressed(cx: &mut Cx<'_>, id: RetroId) -> Result<Outcome, Failure> {
    finish(cx, id, None, Checked::default()).await
}

/// A question before the end was answered with yes, after the notes with blame of this mark were shown.
pub async fn answered(cx: &mut Cx<'_>, id: RetroId, next: Option<&Next>, seen: u64) -> Result<Outcome, Failure> {
    finish(cx, id, next, Checked { confirmed: true, seen }).await
}

/// Finishes a retro, or asks first.
async fn finish(cx: &mut Cx<'_>, id: RetroId, next: Option<&Next>, checked: Checked) -> Result<Outcome, Failure> {
    let retro = cx.retro(id).await?;
    let caller = cx.member_of(&retro).await?;
    let responses = responses::all(cx.tx, retro.id, &cx.bot.vault()).await?;
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro.clone()).await?;
    let names = cx.names_in(&retro.channel).await?;
    let blamed = blamed(cx.tx, &retro, &names).await?;
    let Checked { confirmed, seen } = checked;
    let (context, responses, names) = (loaded.context(), &responses[..], &names[..]);
    let ending = finish::Ending { context, responses, confirmed, names, blamed, seen };
    let decision = finish::finish(&ending, &caller, next, cx.now(), &mut || cx.bot.rng.id())?;
    if finish::finishes(&decision) {
        let settled = settle(cx.tx, cx.team, &retro, &decision).await?;
        return Ok(decision.and(settled).into());
    }
    Ok(decision.into())
}

/// Hides a note with blame, and asks again whether to finish.
pub async fn hide_blame(cx: &mut Cx<'_>, id: RetroId, said: Said, next: Option<&Next>) -> Result<Outcome, Failure> {
    let retro = cx.retro(id).await?;
    // Before anything is looked up: what is left of the list is for whoever leads now.
    cx.leader(&retro).await?;
    let names = cx.names_in(&retro.channel).await?;
    let mut left = blamed(cx.tx, &retro, &names).await?;
    left.retain(|b| b.said != said);
    let mut hidden = match notes::hide_said(cx, retro.clone(), said).await {
        Ok(Outcome::Done(hidden)) => hidden,
        // Its writer has deleted it meanwhile.
        Err(Failure::Refused(Refusal::NoSuchNote)) => Decision::default(),
        other => return other,
    };
    if retro.phase.is_open() {
        let asked = ask(&retro, &left, next);
        let again = hidden.reply.take().map(|reply| reply.buttons).unwrap_or_default();
        hidden.reply = Some(Reply { buttons: [asked.buttons.clone(), again].concat(), ..asked });
    }
    Ok(hidden.into())
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
pub async fn hand_over(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller, to: &UserId) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, None, "lead").await?;
    let (to, here) = cx.person_in(channel, to).await?;
    let people = participants::of_retro(cx.tx, retro.id).await?;
    let decision = lead::lead(&retro, &people, caller, &to, here, cx.now())?;
    let handed = Retro { facilitator: to.id, ..retro };
    Ok(handed_over(cx.tx, cx.team, &handed, decision, cx.now()).await?.into())
}

/// The facilitator's word on the short summary.
pub async fn share(cx: &mut Cx<'_>, retro: RetroId, send: bool) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.member_of(&retro).await?;
    let settings = settings::of_channel(cx.tx, cx.team, &retro.channel).await?;
    done(finish::share(&retro, &settings.stakeholders, &caller, send))
}
