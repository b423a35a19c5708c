//! Deadlines that have come, decided by the same core.

use std::collections::BTreeMap;

use super::{delivery, meeting, pipeline, save};
use crate::bot::Bot;
use crate::faults::{self, Failed};
use crate::store::{Tx, cards, directory, due, participants, responses, retros, settings, stored, timers};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::participant::Participant;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Card, Decision, Step, nudge, schedule, status, survey_closing};

/// Does what the earliest deadline that has come asks for. Returns whether there was one.
pub async fn fire_next(bot: &Bot) -> sqlx::Result<bool> {
    let mut tx = bot.store.begin().await?;
    let Some(timer) = timers::due(&mut tx, bot.now_ms()).await? else { return Ok(false) };
    match faults::alone("deadline", fire(bot, &mut tx, &timer)).await {
        Ok(()) => {}
        Err(Failed::Database(error)) => return Err(error),
        Err(Failed::Row) => {
            drop(tx);
            tx = bot.store.begin().await?;
            fire_later(bot, &mut tx, &timer).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// A deadline failed: it is tried again, or set aside. Whoever leads the retro is then told.
async fn fire_later(bot: &Bot, tx: &mut Tx, timer: &timers::Due) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let step = timer.step();
    // What a later version may read is not tried again by this one.
    if let (Ok(_), Some(at)) = (&step, faults::again(timer.tries + 1, now)) {
        return due::put_off(tx, &timer.subject(), timer.due_ms, at.timestamp_millis()).await;
    }
    due::set_aside(tx, &timer.subject(), timer.due_ms).await?;
    let retro = stored::or_skip(retros::by_id(tx, &timer.team_id, timer.retro_id).await)?.flatten();
    if let (Ok(step), Some(retro)) = (step, retro) {
        let user = delivery::who_leads(tx, &timer.team_id, &retro).await?;
        let key = format!("failed/{}/{}", retro.id, stored::name(&step));
        let wanted = Wanted::reply(&key, Recipient::Dm { user }, &status::failed(&retro, step));
        cards::want(tx, &timer.team_id, &wanted, now.timestamp_millis()).await?;
    }
    Ok(())
}

async fn fire(bot: &Bot, tx: &mut Tx, timer: &timers::Due) -> sqlx::Result<()> {
    let step = timer.step()?;
    due::clear(tx, &timer.subject()).await?;
    if let Some(retro) = retros::by_id(tx, &timer.team_id, timer.retro_id).await?.filter(|r| still_holds(step, r)) {
        let decision = decide(bot, tx, &timer.team_id, retro, step).await?;
        save::save(bot, tx, &timer.team_id, decision).await?;
    }
    Ok(())
}

/// Whether a deadline means something in the phase that the retro is in.
fn still_holds(step: Step, retro: &Retro) -> bool {
    match step {
        Step::Withheld | Step::Notice | Step::Begin => true,
        Step::Close | Step::Grace => retro.phase == Phase::Collecting,
        Step::Nudge | Step::Meeting | Step::Stage | Step::Invite => retro.phase.is_open(),
    }
}

async fn decide(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: Retro, step: Step) -> sqlx::Result<Decision> {
    let now = bot.clock.now();
    match step {
        Step::Close | Step::Grace => {
            let people = participants::of_retro(tx, retro.id).await?;
            let responses = responses::all(tx, retro.id, &bot.vault()).await?;
            Ok(survey_closing::close(&retro, &people, &responses, now, &mut || bot.rng.id()))
        }
        Step::Nudge => {
            let people = participants::of_retro(tx, retro.id).await?;
            nudges(bot, tx, team, &retro, &people).await
        }
        Step::Withheld => {
            let responses = responses::all(tx, retro.id, &bot.vault()).await?;
            Ok(survey_closing::settle(&retro, &responses, &mut || bot.rng.id()))
        }
        Step::Notice => Ok(Decision { cards: schedule::notice(&retro).into_iter().collect(), ..Decision::default() }),
        Step::Begin => pipeline::begin(bot, tx, team, &retro).await,
        Step::Meeting => Ok(Decision {
            cards: vec![
                Card::MeetingTime(retro.id),
                Card::MeetingTimeDm { retro: retro.id, user: retro.facilitator.clone() },
            ],
            ..Decision::default()
        }),
        Step::Stage => meeting::tick(bot, tx, team, retro).await,
        Step::Invite => meeting::invites(bot, tx, team, retro).await,
    }
}

async fn nudges(
    bot: &Bot,
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    people: &[Participant],
) -> sqlx::Result<Decision> {
    let hours = settings::of_channel(tx, team, &retro.channel).await?.hours;
    let mut zones = BTreeMap::new();
    for person in people {
        if let Some(found) = directory::person(tx, team, &person.user).await? {
            zones.insert(found.id, found.tz);
        }
    }
    let zone_of = |user: &UserId| zones.get(user).unwrap_or(&retro.zone).clone();
    Ok(nudge::run(retro, people, &hours, zone_of, bot.clock.now()))
}
