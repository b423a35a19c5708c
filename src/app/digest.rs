//! The weekly look at what is long overdue in a channel.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::leader::channel_zone;
use crate::bot::Bot;
use crate::faults::{self, Failed};
use crate::store::reminders::{self, Digest};
use crate::store::{Tx, cards, directory, due};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::retro::action::overdue;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::zone;

/// Looks through a channel for what is long overdue, once a week. Returns whether there was one to do.
pub async fn digest_next(bot: &Bot) -> sqlx::Result<bool> {
    let mut tx = bot.store.begin().await?;
    let now = bot.clock.now();
    let Some(digest) = reminders::due_digest(&mut tx, now.timestamp_millis()).await? else { return Ok(false) };
    let Digest { team_id: team, channel_id: channel, due_ms, tries } = &digest;
    due::clear(&mut tx, &digest.subject()).await?;
    match faults::alone("digest", look_through(bot, &mut tx, team, channel, *due_ms)).await {
        Ok(()) => {}
        Err(Failed::Database(error)) => return Err(error),
        Err(Failed::Row) => {
            drop(tx);
            tx = bot.store.begin().await?;
            match faults::again(tries + 1, now) {
                Some(at) => due::put_off(&mut tx, &digest.subject(), *due_ms, at.timestamp_millis()).await?,
                None => due::set_aside(&mut tx, &digest.subject(), *due_ms).await?,
            }
        }
    }
    tx.commit().await?;
    Ok(true)
}

async fn look_through(bot: &Bot, tx: &mut Tx, team: &TeamId, channel: &ChannelId, due_ms: i64) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let (tz, lead) = channel_zone(tx, team, channel).await?;
    let today = zone::local(now, &tz).date();
    // One that was missed for more than its day waits for the next week.
    let missed = zone::local(zone::from_ms(due_ms), &tz).date() != today;
    let open = directory::channel(tx, team, channel).await?.is_none_or(|c| c.member && !c.archived);
    if open && !missed {
        tell(tx, team, channel, lead, today, now.timestamp_millis()).await?;
    }
    if reminders::any_open(tx, team, channel).await? {
        let next = overdue::next_digest(now, &tz).timestamp_millis();
        reminders::want_digest(tx, team, channel, next).await?;
    }
    Ok(())
}

/// Tells the channel and its facilitator what is long overdue, if anything is.
async fn tell(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    lead: Option<UserId>,
    today: NaiveDate,
    now_ms: i64,
) -> sqlx::Result<()> {
    let late = reminders::overdue_in(tx, team, channel, overdue::until(today)).await?;
    if late.is_empty() {
        return Ok(());
    }
    let mut names = BTreeMap::new();
    for item in &late {
        let person = directory::person(tx, team, &item.owner).await?;
        names.insert(item.owner.clone(), person.map(|p| p.name).unwrap_or_default());
    }
    let name = |owner: &UserId| names.get(owner).cloned().unwrap_or_default();
    let to = Recipient::Channel { channel: channel.clone() };
    let digest = Wanted::reply(&format!("digest/{channel}/{today}"), to, &overdue::digest(&late, name, today));
    cards::want(tx, team, &digest, now_ms).await?;
    if let Some(user) = lead {
        let told = overdue::for_facilitator(&late, channel, today);
        let told = Wanted::reply(&format!("late/{channel}/{today}"), Recipient::Dm { user }, &told);
        cards::want(tx, team, &told, now_ms).await?;
    }
    Ok(())
}
