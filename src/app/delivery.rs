//! What the outbox found out about a channel or a person, saved with the row that showed it.

use super::leader::leader;
use super::save;
use crate::bot::Bot;
use crate::outbox::failure::Finding;
use crate::store::{Tx, cards, directory, parked, participants, retros, stored};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::model::retro::Retro;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Card, status, survey};

/// Acts on a finding, in the transaction that marks its row.
pub async fn found(bot: &Bot, tx: &mut Tx, team: &TeamId, finding: &Finding) -> sqlx::Result<()> {
    match finding {
        Finding::ChannelRefused(card) => {
            let route = card.route();
            refused(bot, tx, team, route.retro, route.key).await
        }
        Finding::ChannelClosed { lane } => {
            for (retro, key) in parked::retros_in(tx, team, lane).await? {
                refused(bot, tx, team, retro, key).await?;
            }
            Ok(())
        }
        Finding::PersonUnreachable { user, survey } => {
            if let Some(retro) = survey {
                person_unreachable(bot, tx, team, *retro, user).await?;
            }
            // Slack knows whether they left: everybody is read anew.
            directory::set_people_read(tx, team, 0).await
        }
    }
}

/// A message did not reach the channel: whoever leads the retro is told, once for each.
async fn refused(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: RetroId, about: String) -> sqlx::Result<()> {
    let Some(retro) = retros::by_id(tx, team, retro).await? else { return Ok(()) };
    let user = who_leads(tx, team, &retro).await?;
    let card = Card::Trouble { retro: retro.id, user, about };
    if cards::by_key(tx, team, &card.key()).await?.is_none() {
        cards::want(tx, team, &Wanted::card(&card, &retro.channel), bot.now_ms()).await?;
    }
    Ok(())
}

/// The facilitator, or who led here before where Slack cannot deliver to the facilitator any more.
pub async fn who_leads(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<UserId> {
    let facilitator = directory::person(tx, team, &retro.facilitator).await?;
    if facilitator.is_none_or(|person| person.reachable()) {
        return Ok(retro.facilitator.clone());
    }
    let other = leader(tx, team, &retro.channel, Some(&retro.facilitator)).await?;
    Ok(other.map_or_else(|| retro.facilitator.clone(), |person| person.id))
}

/// Gives up the lanes that took nothing for thirty days, and tells whoever leads the retros there.
pub async fn give_up_lanes(bot: &Bot) -> sqlx::Result<()> {
    let now_ms = bot.now_ms();
    let mut tx = bot.store.read().await?;
    let over = parked::over(&mut tx, now_ms).await?;
    drop(tx);
    if over.is_empty() {
        return Ok(());
    }
    let mut tx = bot.store.begin().await?;
    for lane in &over {
        let team = &lane.team_id;
        for (retro, _) in parked::retros_in(&mut tx, team, &lane.lane).await? {
            let Some(retro) = stored::or_skip(retros::by_id(&mut tx, team, retro).await)?.flatten() else { continue };
            let user = who_leads(&mut tx, team, &retro).await?;
            let key = format!("given-up/{}/{}/{}", retro.id, lane.lane, lane.since_ms);
            let words = status::given_up(&retro, &ChannelId(lane.lane.clone()));
            let wanted = Wanted::reply(&key, Recipient::Dm { user }, &words);
            cards::want(&mut tx, team, &wanted, now_ms).await?;
        }
        parked::give_up(&mut tx, lane).await?;
    }
    tx.commit().await
}

/// Slack refuses to deliver to this person: they leave the count.
async fn person_unreachable(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: RetroId, user: &UserId) -> sqlx::Result<()> {
    let Some((retro, turnout)) = participants::asked(tx, team, retro, user).await? else { return Ok(()) };
    if let Some(decision) = survey::unreachable(&retro, &turnout, bot.clock.now()) {
        save::save(bot, tx, team, decision).await?;
    }
    Ok(())
}
