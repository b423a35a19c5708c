//! The messages of a meeting, read from the state when they are sent.

use std::collections::BTreeMap;

use super::rendering::{Payload, Rendered, Rendering, mark_of};
use crate::slack::view::{self, Message};
use crate::store::{cards, directory, history, items, meetings, notes, participants, settings};
use lookback_core::ids::UserId;
use lookback_core::model::retro::Phase;
use lookback_core::retro::meeting::{WARNING, days, round};
use lookback_core::retro::{Card, Change, Decision, Step, Timer, health as of_retro};
use lookback_core::zone;

/// A page of a stage. With the first page come those after it: what has changed there is shown anew, and pages that are
/// not needed any more are taken out.
pub async fn stage(r: &mut Rendering<'_>, stage: usize, page: usize) -> sqlx::Result<Rendered> {
    let record = r.record().await?;
    let Some(meeting) = record.meeting.as_ref().filter(|m| m.at >= stage) else { return Ok(Rendered::default()) };
    let mut pages = Vec::new();
    // What was said in a retro that was called off is kept out of sight.
    if r.retro.phase != Phase::Cancelled {
        let people = participants::present(r.tx, &r.row.team, r.retro).await?;
        let names: BTreeMap<UserId, String> = directory::names_in(r.tx, &r.row.team, &r.retro.channel).await?;
        let waiting = round::waiting(r.retro, meeting, &people, &record.voices);
        pages = view::stage::pages(&view::stage_of::StageOf {
            retro: r.retro,
            record: &record,
            meeting,
            at: stage,
            waiting: &waiting,
            names: &names,
            reads_threads: ["channels:history", "groups:history"].iter().any(|scope| r.bot.may(&r.row.team, scope)),
            now: r.now,
        });
    }
    let cards = if page == 0 { later_pages(r, stage, &pages).await? } else { Vec::new() };
    let payload = if page < pages.len() {
        Some(Payload::Message(pages.swap_remove(page)))
    } else {
        r.posted.then_some(Payload::Gone)
    };
    Ok(Rendered { payload, follows: Decision { cards, ..Decision::default() } })
}

/// The pages after the first one that are to be shown anew, posted, or taken out.
async fn later_pages(r: &mut Rendering<'_>, stage: usize, pages: &[Message]) -> sqlx::Result<Vec<Card>> {
    let mut changed = Vec::new();
    let mut page = 1;
    loop {
        let card = Card::Stage { retro: r.retro.id, stage, page };
        let row = cards::by_key(r.tx, &r.row.team, &card.key()).await?;
        let wanted = match (pages.get(page), &row) {
            (Some(message), Some(row)) => row.ts.is_none() || mark_of(row, message) != row.shown,
            (Some(_), None) => true,
            (None, Some(row)) => row.ts.is_some(),
            (None, None) => return Ok(changed),
        };
        if wanted {
            changed.push(card);
        }
        page += 1;
    }
}

/// The thread of a meeting is the agenda's: a stage's own message may still be on its way.
async fn thread_of(r: &mut Rendering<'_>) -> sqlx::Result<Option<String>> {
    r.link_to(&Card::Agenda(r.retro.id)).await
}

/// The channel hears that the meeting has begun.
pub async fn begun(r: &mut Rendering<'_>) -> sqlx::Result<Option<Message>> {
    if !r.posted && r.retro.phase != Phase::Meeting {
        return Ok(None);
    }
    let link = thread_of(r).await?;
    Ok(Some(view::meeting::begun(r.retro, link.as_deref())))
}

/// The word before the end of a stage; one that comes too late is not said.
pub async fn warning(r: &mut Rendering<'_>, stage: usize, given: i64) -> sqlx::Result<Option<Payload>> {
    let meeting = meetings::of_retro(r.tx, r.retro.id).await?;
    let current = meeting.filter(|m| m.at == stage && m.given() == given && m.paused.is_none());
    let current = current.filter(|_| r.retro.phase == Phase::Meeting);
    let due = |left| left > chrono::Duration::zero() && left <= WARNING;
    let left = current.filter(|m| due(m.left(r.now))).map(|m| m.minutes_left(r.now));
    // One whose time is over would stand in the thread for nothing.
    let gone = r.posted.then_some(Payload::Gone);
    Ok(left.map(|left| Payload::Message(view::meeting::warning(r.retro, stage, left))).or(gone))
}

/// Kudos, read out; nothing is read out of a retro that was called off.
pub async fn kudos(r: &mut Rendering<'_>, id: i64) -> sqlx::Result<Option<Payload>> {
    match r.retro.phase {
        Phase::Cancelled => Ok(r.posted.then_some(Payload::Gone)),
        Phase::Meeting | Phase::Closed => {
            let kudos = notes::kudos_of(r.tx, r.retro.id).await?.into_iter().find(|k| k.id == id);
            Ok(kudos.as_ref().map(view::wins::kudos).map(Payload::Message))
        }
        Phase::Scheduled | Phase::Collecting | Phase::Agenda => Ok(None),
    }
}

/// An invitation to a stage without a call. At night it is put off: nobody is rung then, and the person is invited with
/// the others when they work again.
pub async fn invite(r: &mut Rendering<'_>, stage: usize, user: &UserId) -> sqlx::Result<Rendered> {
    let Some(meeting) = meetings::of_retro(r.tx, r.retro.id).await? else { return Ok(Rendered::default()) };
    let voices = meetings::voices(r.tx, r.retro.id).await?;
    let heard = voices.iter().any(|v| v.stage == stage && v.user == *user && v.is_heard());
    let waits = r.retro.phase == Phase::Meeting && meeting.at == stage && !heard;
    if !r.posted && !waits {
        return Ok(Rendered::default());
    }
    let tz = r.zone_of(user).await?;
    let hours = settings::of_channel(r.tx, &r.row.team, &r.retro.channel).await?.hours;
    if !r.posted && !hours.holds(zone::local(r.now, &tz)) {
        let look = Timer { retro: r.retro.id, step: Step::Invite, due: Some(r.now) };
        // Where no working hour is in sight there is nothing to look for.
        let in_sight = days::working(&hours, r.now, &tz) > r.now;
        let follows = Decision {
            changes: vec![Change::NotInvited { retro: r.retro.id, stage, user: user.clone() }],
            timers: in_sight.then_some(look).into_iter().collect(),
            ..Decision::default()
        };
        return Ok(Rendered { payload: None, follows });
    }
    let link = thread_of(r).await?;
    let message = view::meeting::invite(r.retro, &meeting, stage, waits, link.as_deref(), &tz);
    Ok(Rendered::only(Some(Payload::Message(message))))
}

/// How the retro itself went, for who facilitated it.
pub async fn health(r: &mut Rendering<'_>) -> sqlx::Result<Option<Message>> {
    if r.retro.phase != Phase::Closed {
        return Ok(None);
    }
    let record = r.record().await?;
    let mut last = Vec::new();
    for id in history::closed_before(r.tx, &r.row.team, r.retro, of_retro::LAST).await? {
        last.extend(items::of_retro(r.tx, &r.row.team, id).await?);
    }
    let text = of_retro::look(r.retro, &record, &last, r.now).text(r.retro);
    Ok(Some(Message { blocks: vec![view::blocks::section(&text)], text }))
}
