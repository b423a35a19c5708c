//! Reminders of action items as their hour comes: one DM an owner and day, and a hold for a clock that leaps.
//!
//! What is due is read from rows, decided by the core, and saved with its messages in one transaction; a reminder is
//! worded when it leaves, so that what was closed a second ago is not in it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::leader::leader;
use super::owners;
use crate::bot::Bot;
use crate::faults::{self, Failed};
use crate::store::due::{self, Subject};
use crate::store::reminders::{self, Due};
use crate::store::{Tx, cards, directory, items, retros, settings};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::item::State;
use lookback_core::retro::action::ticket::words;
use lookback_core::retro::action::{hold, reminder};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::zone::{self, from_ms};

/// Items looked at in one transaction.
const AT_ONCE: i64 = 100;

/// Looks at items whose moment has come. Returns whether there were any.
pub async fn remind_next(bot: &Bot) -> sqlx::Result<bool> {
    let now = bot.clock.now();
    let mut tx = bot.store.begin().await?;
    let due = reminders::due(&mut tx, now.timestamp_millis(), AT_ONCE).await?;
    if due.is_empty() {
        // What could not be read was set aside.
        tx.commit().await?;
        return Ok(false);
    }
    let teams: BTreeSet<TeamId> = due.iter().map(|d| d.team.clone()).collect();
    for team in teams {
        if hold_back(&mut tx, &team, now).await? {
            tx.commit().await?;
            return Ok(true);
        }
    }
    for d in &due {
        match faults::alone("reminder", remind(bot, &mut tx, d, now)).await {
            Ok(()) => {}
            Err(Failed::Database(error)) => return Err(error),
            Err(Failed::Row) => {
                drop(tx);
                tx = bot.store.begin().await?;
                remind_later(&mut tx, d, now).await?;
                // The others are looked at again, in a transaction of their own.
                break;
            }
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// A reminder failed: it is tried again, or set aside. Whoever leads in the channel is then told.
async fn remind_later(tx: &mut Tx, d: &reminders::Due, now: DateTime<Utc>) -> sqlx::Result<()> {
    let Due { team, item, .. } = d;
    let subject = Subject::reminder(team, &item.channel, item.number);
    if let Some(at) = faults::again(d.tries + 1, now) {
        return due::put_off(tx, &subject, d.since_ms, at.timestamp_millis()).await;
    }
    due::set_aside(tx, &subject, d.since_ms).await?;
    if let Some(lead) = leader(tx, team, &item.channel, None).await? {
        let key = format!("unreminded/{}/{}", item.channel, item.number);
        let wanted = Wanted::reply(&key, Recipient::Dm { user: lead.id }, &reminder::failed(item));
        cards::want(tx, team, &wanted, now.timestamp_millis()).await?;
    }
    Ok(())
}

async fn remind(bot: &Bot, tx: &mut Tx, d: &reminders::Due, now: DateTime<Utc>) -> sqlx::Result<()> {
    let (team, item) = (&d.team, &d.item);
    if item.state != State::Open {
        return ask_what_changed(tx, d, now).await;
    }
    let owner = directory::person(tx, team, &item.owner).await?;
    let place = directory::channel(tx, team, &item.channel).await?;
    // Where the bot is not, nobody could press a button.
    let open = place.as_ref().is_none_or(|c| c.member && !c.archived);
    let known = directory::channel_read(tx, team, &item.channel).await? > 0;
    let left = open && known && !directory::is_member(tx, team, &item.channel, &item.owner).await?;
    if left || owner.as_ref().is_some_and(|o| !o.reachable()) {
        return owners::orphaned(bot, tx, team, &item.owner, Some(&item.channel)).await;
    }
    let tz = owner.map_or_else(|| item.zone.clone(), |o| o.tz);
    let hours = settings::of_channel(tx, team, &item.channel).await?.hours;
    let mine = items::of_owner(tx, team, &item.owner, false).await?;
    let weekly = reminder::is_weekly(&mine, zone::local(now, &tz).date());
    let planned = reminder::Planned { day: d.day, last: d.last, since: from_ms(d.since_ms), weekly };
    let step = reminder::step(item, &planned, &hours, &tz, now);
    if let Some(day) = step.say.filter(|_| open) {
        reminders::said(tx, team, item, day).await?;
        // The one before loses its buttons: its words are of another day.
        if let Some(earlier) = reminders::before(tx, team, &item.owner, day).await? {
            cards::want(tx, team, &Wanted::reminder(&item.owner, earlier), now.timestamp_millis()).await?;
        }
        cards::want(tx, team, &Wanted::reminder(&item.owner, day), now.timestamp_millis()).await?;
    }
    reminders::plan(tx, team, item, step.next.map(|(day, at)| (day, at.timestamp_millis()))).await
}

/// An item was closed in its tracker: in the place of a reminder its owner is asked what changed.
async fn ask_what_changed(tx: &mut Tx, d: &reminders::Due, now: DateTime<Utc>) -> sqlx::Result<()> {
    let (team, item) = (&d.team, &d.item);
    let owner = directory::person(tx, team, &item.owner).await?;
    let here = directory::is_member(tx, team, &item.channel, &item.owner).await?;
    let lacks = item.state == State::Done && item.outcome.is_none();
    let Some(owner) = owner.filter(|owner| owner.reachable() && here && lacks) else {
        return reminders::plan(tx, team, item, None).await;
    };
    let hours = settings::of_channel(tx, team, &item.channel).await?.hours;
    let closed = item.closed.unwrap_or(now);
    match reminder::hour_after(closed, &hours, &owner.tz).filter(|(_, at)| *at > now) {
        Some(later) => {
            let (day, at) = later;
            reminders::plan(tx, team, item, Some((day, at.timestamp_millis()))).await
        }
        None => {
            let key = format!("what-changed/{}/{}/{}", item.channel, item.number, closed.timestamp());
            let wanted = Wanted::reply(&key, Recipient::Dm { user: owner.id }, &words::what_changed(item));
            cards::want(tx, team, &wanted, now.timestamp_millis()).await?;
            reminders::plan(tx, team, item, None).await
        }
    }
}

/// Holds reminders back where too many people would hear of what was due long ago; a person is asked. Returns whether
/// it did.
async fn hold_back(tx: &mut Tx, team: &TeamId, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let long_ago = (now - hold::LONG_AGO).timestamp_millis();
    let owners = reminders::missed_owners(tx, team, long_ago).await?;
    if !hold::holds_back(owners) {
        return Ok(false);
    }
    let now_ms = now.timestamp_millis();
    reminders::hold(tx, team, long_ago, now_ms).await?;
    tracing::warn!(owners, "reminders are held back: they were due more than 30 days ago; a person is asked");
    if let Some(user) = somebody(tx, team).await? {
        let wanted = Wanted::reply(&format!("brake/{now_ms}"), Recipient::Dm { user }, &hold::question(owners));
        cards::want(tx, team, &wanted, now_ms).await?;
    }
    Ok(true)
}

/// Who facilitated last in the workspace and can still be reached.
pub async fn somebody(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Option<UserId>> {
    for user in retros::facilitators_of_team(tx, team).await? {
        if directory::person(tx, team, &user).await?.is_some_and(|p| p.reachable()) {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// Reminders that were held back at a time which is still to come go on: the clock was wrong then. `set_back`: the clock
/// was put back just now, so everything is planned anew.
pub async fn clock_put_right(bot: &Bot, set_back: bool) -> sqlx::Result<()> {
    let now_ms = bot.now_ms();
    let mut tx = bot.store.begin().await?;
    for team in reminders::held_too_early(&mut tx, now_ms).await? {
        reminders::resume(&mut tx, &team, now_ms).await?;
    }
    if set_back {
        reminders::plan_all_again(&mut tx, now_ms).await?;
    }
    tx.commit().await
}
