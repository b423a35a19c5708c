//! What the outbox found out about a channel or a person, saved with the row that showed it.

use super::save;
use crate::bot::Bot;
use crate::outbox::failure::Finding;
use crate::store::{Tx, cards, retros};
use lookback_core::ids::{RetroId, TeamId, UserId};
use lookback_core::retro::message::Wanted;
use lookback_core::retro::{Card, survey};

/// Acts on a finding, in the transaction that marks its row.
pub async fn found(bot: &Bot, tx: &mut Tx, team: &TeamId, finding: &Finding) -> sqlx::Result<()> {
    match finding {
        Finding::ChannelRefused(card) => channel_refused(bot, tx, team, card).await,
        Finding::PersonUnreachable { retro, user } => person_unreachable(bot, tx, team, *retro, user).await,
    }
}

/// A message did not reach the channel: the facilitator hears of it, once for each.
async fn channel_refused(bot: &Bot, tx: &mut Tx, team: &TeamId, card: &Card) -> sqlx::Result<()> {
    let route = card.route();
    let Some(retro) = retros::by_id(tx, team, route.retro).await? else { return Ok(()) };
    let card = Card::Trouble { retro: retro.id, user: retro.facilitator.clone(), about: route.key };
    if cards::by_key(tx, team, &card.key()).await?.is_none() {
        cards::want(tx, team, &Wanted::card(&card, &retro.channel), bot.now_ms()).await?;
    }
    Ok(())
}

/// Slack refuses to deliver to this person: they leave the count.
async fn person_unreachable(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: RetroId, user: &UserId) -> sqlx::Result<()> {
    let Some((retro, turnout)) = retros::asked(tx, team, retro, user).await? else { return Ok(()) };
    if let Some(decision) = survey::unreachable(&retro, &turnout, bot.clock.now()) {
        save::save(bot, tx, team, decision).await?;
    }
    Ok(())
}
