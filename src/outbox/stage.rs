//! The messages of a meeting, read from the state when they are sent.

use std::collections::BTreeMap;

use super::dispatcher::mark_of;
use super::record::record;
use super::render::Payload;
use crate::app::App;
use crate::slack::view::{self, Message};
use crate::store::cards::Outgoing;
use crate::store::{Tx, cards, directory, history, items, meetings, notes, retros, settings, timers};
use lookback_core::ids::UserId;
use lookback_core::retro::meeting::{MeetingContext, WARNING, days, round};
use lookback_core::retro::settings::Hours;
use lookback_core::retro::{Card, Phase, Retro, Step, Timer, health};
use lookback_core::zone;

/// A page of a stage. The first one brings those after it along: what has changed there is sent, what is too much is
/// taken out.
pub async fn payload(
    app: &App,
    tx: &mut Tx,
    o: &Outgoing,
    retro: &Retro,
    (stage, page): (usize, usize),
) -> sqlx::Result<Option<Payload>> {
    let record = record(tx, &o.team, retro, app.clock.now()).await?;
    let Some(meeting) = record.meeting.as_ref().filter(|m| m.at >= stage) else { return Ok(None) };
    if retro.phase == Phase::Cancelled {
        // What was said is kept out of sight.
        if page == 0 {
            follow(tx, o, retro, stage, &[], app.clock.now().timestamp_millis()).await?;
        }
        return Ok(o.ts.is_some().then_some(Payload::Gone));
    }
    let people = retros::present(tx, &o.team, retro).await?;
    let names: BTreeMap<UserId, String> = directory::names_in(tx, &o.team, &retro.channel).await?;
    let hours = Hours::default();
    let context = MeetingContext {
        retro,
        meeting: Some(meeting),
        people: &people,
        present: &people,
        voices: &record.voices,
        kudos: &[],
        hours: &hours,
    };
    let waiting = round::waiting(&context, meeting);
    let shown = view::stage::StageOf {
        retro,
        record: &record,
        meeting,
        at: stage,
        waiting: &waiting,
        names: &names,
        now: app.clock.now(),
    };
    let mut pages = view::stage::pages(&shown);
    if page == 0 {
        follow(tx, o, retro, stage, &pages, app.clock.now().timestamp_millis()).await?;
    }
    if page < pages.len() {
        return Ok(Some(Payload::Message(pages.swap_remove(page))));
    }
    Ok(o.ts.is_some().then_some(Payload::Gone))
}

async fn follow(
    tx: &mut Tx,
    o: &Outgoing,
    retro: &Retro,
    stage: usize,
    pages: &[Message],
    now_ms: i64,
) -> sqlx::Result<()> {
    let mut page = 1;
    loop {
        let card = Card::Stage { retro: retro.id, stage, page };
        let row = cards::by_key(tx, &o.team, &super::key(&card)).await?;
        let wanted = match (pages.get(page), &row) {
            (Some(message), Some(row)) => row.ts.is_none() || mark_of(row, message) != row.shown,
            (Some(_), None) => true,
            (None, Some(row)) => row.ts.is_some(),
            (None, None) => return Ok(()),
        };
        if wanted {
            super::want(tx, &o.team, &card, &retro.channel, now_ms).await?;
        }
        page += 1;
    }
}

/// The thread of a meeting is the agenda's: a stage's own message may still be on its way.
async fn thread_of(app: &App, tx: &mut Tx, o: &Outgoing, retro: &Retro) -> sqlx::Result<Option<String>> {
    let agenda = cards::by_key(tx, &o.team, &super::key(&Card::Agenda(retro.id))).await?;
    Ok(agenda.and_then(|c| Some(app.workspace.link(&c.posted_in?, &c.ts?))))
}

/// The other messages of a meeting.
pub async fn words(app: &App, tx: &mut Tx, o: &Outgoing, card: &Card, retro: &Retro) -> sqlx::Result<Option<Message>> {
    let meeting = meetings::of_retro(tx, retro.id).await?;
    let now = app.clock.now();
    Ok(match card {
        Card::Begun(_) if o.ts.is_none() && retro.phase != Phase::Meeting => None,
        Card::Begun(_) => Some(view::stage::begun(retro, thread_of(app, tx, o, retro).await?.as_deref())),
        // A word that comes too late is not said.
        Card::Warning { stage, given, .. } => {
            let current = meeting.filter(|m| m.at == *stage && m.given() == *given && m.paused.is_none());
            let current = current.filter(|_| retro.phase == Phase::Meeting);
            let due = |left| left > chrono::Duration::zero() && left <= WARNING;
            let left = current.filter(|m| due(m.left(now))).map(|m| m.minutes_left(now));
            (left.is_some() || o.ts.is_some()).then(|| view::stage::warning(retro, *stage, left))
        }
        // Nothing is read out of a retro that was called off.
        Card::Kudos { .. } if !matches!(retro.phase, Phase::Meeting | Phase::Closed) => None,
        Card::Kudos { id, .. } => {
            let kudos = notes::kudos_of(tx, retro.id).await?.into_iter().find(|k| k.id == *id);
            kudos.as_ref().map(view::wins::kudos)
        }
        Card::Invite { stage, user, .. } => {
            let Some(meeting) = meeting else { return Ok(None) };
            let voices = meetings::voices(tx, retro.id).await?;
            let heard = voices.iter().any(|v| v.stage == *stage && v.user == *user && v.is_heard());
            let waits = retro.phase == Phase::Meeting && meeting.at == *stage && !heard;
            let tz = directory::person(tx, &o.team, user).await?.map_or_else(|| retro.zone.clone(), |p| p.tz);
            let hours = settings::of_channel(tx, &o.team, &retro.channel).await?.hours;
            if o.ts.is_none() && !waits {
                return Ok(None);
            }
            // Late for its hour it is not begun: nobody is rung at night. They are asked when they work again.
            if o.ts.is_none() && !hours.holds(zone::local(now, &tz)) {
                meetings::not_invited(tx, retro.id, *stage, user).await?;
                // Looked at again with all the others, unless there is no working hour in sight.
                if days::working(&hours, now, &tz) > now {
                    let due = Some(now);
                    timers::set(tx, &o.team, &Timer { retro: retro.id, step: Step::Invite, due }).await?;
                }
                return Ok(None);
            }
            let link = thread_of(app, tx, o, retro).await?;
            Some(view::stage::invite(retro, &meeting, *stage, waits, link.as_deref(), &tz))
        }
        Card::Health { .. } => {
            if retro.phase != Phase::Closed {
                return Ok(None);
            }
            let record = record(tx, &o.team, retro, now).await?;
            let mut last = Vec::new();
            for id in history::closed_before(tx, &o.team, retro, health::LAST).await? {
                last.extend(items::of_retro(tx, &o.team, id).await?);
            }
            let text = health::look(retro, &record, &last, now).text(retro);
            Some(Message { blocks: vec![view::blocks::section(&text)], text })
        }
        _ => None,
    })
}
