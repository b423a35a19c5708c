//! People who left the workspace. An event says so, a refused message, or the daily reading of everybody: each has the
//! same effect, because what is open is compared with who is there.

use chrono::Duration;

use super::leader::leader;
use super::{meeting, owners, save};
use crate::bot::Bot;
use crate::directory::Unread;
use crate::store::{Tx, cards, departures, directory, participants, replies, retros, stored};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::retro::Retro;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{lead, survey};

/// After everybody was read: reads who is in the channels with open retros, if that was longer ago than `age`, and takes
/// those who left out of what is open.
pub async fn after_reading(bot: &Bot, team: &TeamId, age: Duration) -> sqlx::Result<()> {
    let mut tx = bot.store.read().await?;
    let channels = departures::channels(&mut tx, team).await?;
    drop(tx);
    let asked = (bot.clock.now() - age).timestamp_millis();
    for channel in channels {
        match crate::directory::channel(bot, team, &channel, asked).await {
            Ok(()) => {}
            Err(Unread::Database(error)) => return Err(error),
            Err(Unread::Later(_) | Unread::Silent | Unread::Refused(_)) => {
                tracing::info!("who is in a channel could not be read; it is read when it is needed");
            }
        }
    }
    let mut tx = bot.store.begin().await?;
    settle(bot, &mut tx, team).await?;
    tx.commit().await
}

/// Takes those who left out of open counts, hands their items on, and offers the lead of their retros to somebody.
pub async fn settle(bot: &Bot, tx: &mut Tx, team: &TeamId) -> sqlx::Result<()> {
    for (retro, user) in departures::asked(tx, team).await? {
        let Some((retro, turnout)) = stored::or_skip(participants::asked(tx, team, retro, &user).await)?.flatten()
        else {
            continue;
        };
        if let Some(decision) = survey::unreachable(&retro, &turnout, bot.clock.now()) {
            save::save(bot, tx, team, decision).await?;
        }
    }
    for user in departures::owners(tx, team).await? {
        owners::orphaned(bot, tx, team, &user, None).await?;
    }
    for retro in departures::led(tx, team).await? {
        if let Some(retro) = stored::or_skip(retros::by_id(tx, team, retro).await)?.flatten() {
            offer_lead(bot, tx, team, &retro).await?;
        }
    }
    meeting::people_changed(bot, tx, team, None).await
}

/// Somebody who is there is told that nobody leads a retro: again after a week, when the first message is forgotten.
async fn offer_lead(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<()> {
    let key = format!("lead/{}/{}", retro.id, retro.facilitator);
    let Some(user) = successor(tx, team, retro).await? else { return Ok(()) };
    let wanted = Wanted::reply(&key, Recipient::Dm { user }, &lead::lead_offer(retro));
    if replies::is_known(tx, team, &wanted.key).await? {
        return Ok(());
    }
    cards::want(tx, team, &wanted, bot.now_ms()).await?;
    // The lead of somebody who left can be taken at once.
    retros::last_seen(tx, team, retro.id, (bot.clock.now() - lead::ABSENT).timestamp_millis()).await
}

/// Who led here before, or else somebody who takes part.
async fn successor(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Option<UserId>> {
    if let Some(person) = leader(tx, team, &retro.channel, Some(&retro.facilitator)).await? {
        return Ok(Some(person.id));
    }
    for participant in participants::present(tx, team, retro).await? {
        let person = directory::person(tx, team, &participant.user).await?;
        if person.is_some_and(|person| person.reachable() && !person.external && person.id != retro.facilitator) {
            return Ok(Some(participant.user));
        }
    }
    Ok(None)
}
