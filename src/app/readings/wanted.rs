//! When a release is read.

use crate::bot::Bot;
use crate::store::readings::{self, Wish};
use crate::store::{Tx, retros, settings};
use lookback_core::ids::TeamId;
use lookback_core::model::ticket::Tracker;

/// A release is to be read now, where the channel has a repository and GitHub is set up.
pub async fn want(bot: &Bot, tx: &mut Tx, team: &TeamId, wish: Wish<'_>) -> sqlx::Result<bool> {
    if !bot.trackers.has(Tracker::GitHub) || settings::of_channel(tx, team, wish.channel).await?.repositories.is_empty()
    {
        return Ok(false);
    }
    readings::want(tx, team, wish, bot.rng.id(), bot.now_ms()).await?;
    Ok(true)
}

/// GitHub tells that something happened in a repository: the releases whose retro is open or planned are read again.
/// Returns how many there are.
pub async fn look(bot: &Bot, repository: &str) -> sqlx::Result<usize> {
    // Most deliveries are of no retro: they cost a read.
    let mut tx = bot.store.read().await?;
    let mut found = Vec::new();
    for (team, channel, settings) in settings::all(&mut tx).await? {
        let is_named = settings.repositories.iter().any(|p| p.repository.eq_ignore_ascii_case(repository));
        if is_named && bot.workspace(&team).is_some() {
            let retros = retros::open_in(&mut tx, &team, &channel).await?;
            let planned = retros::scheduled_in(&mut tx, &team, &channel).await?;
            found.extend(retros.into_iter().chain(planned).map(|retro| (team.clone(), retro)));
        }
    }
    drop(tx);
    if found.is_empty() {
        return Ok(0);
    }
    let mut tx = bot.store.begin().await?;
    for (team, retro) in &found {
        want(bot, &mut tx, team, Wish::of(retro)).await?;
    }
    tx.commit().await?;
    Ok(found.len())
}
