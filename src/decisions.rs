//! Saves what the core decided: rows, messages and deadlines, in the transaction of the caller.

use std::collections::BTreeMap;

use crate::seal::Vault;
use crate::store::{self, Tx, cards, directory, retros, timers};
use lookback_core::ids::{ChannelId, RetroId, TeamId};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Card, Change, Decision};
use lookback_core::text::GONE;

/// Saves everything of a decision but its reply, which is for whoever asked.
pub async fn save(tx: &mut Tx, team: &TeamId, decision: &Decision, vault: &Vault<'_>, now_ms: i64) -> sqlx::Result<()> {
    let mut channels: BTreeMap<RetroId, ChannelId> = BTreeMap::new();
    for change in &decision.changes {
        if let Change::Open { retro, .. } | Change::Begin { retro, .. } | Change::Update(retro) = change {
            channels.insert(retro.id, retro.channel.clone());
        }
        store::apply(tx, team, change, vault, now_ms).await?;
    }
    // All notes stand below the agenda: what changes in one changes in the other.
    let below = decision
        .cards
        .iter()
        .filter_map(|card| if let Card::Agenda(retro) = card { Some(Card::Facts(*retro)) } else { None });
    let below: Vec<Card> = below.filter(|card| !decision.cards.contains(card)).collect();
    for card in decision.cards.iter().chain(&below) {
        let retro = card.route().retro;
        let channel = match channels.get(&retro) {
            Some(channel) => channel.clone(),
            None => {
                let Some(found) = retros::by_id(tx, team, retro).await? else { continue };
                channels.insert(retro, found.channel.clone());
                found.channel
            }
        };
        cards::want(tx, team, &Wanted::card(card, &channel), now_ms).await?;
    }
    for dm in &decision.dms {
        // Slack refuses words to somebody who has left, or was forgotten.
        let left = directory::person(tx, team, &dm.to).await?.is_some_and(|p| !p.reachable());
        if left || dm.to.as_str().starts_with(GONE) {
            continue;
        }
        let key = format!("word/{}/{}", dm.to, dm.about);
        let wanted = Wanted::reply(&key, Recipient::Dm { user: dm.to.clone() }, &dm.reply);
        cards::want(tx, team, &wanted, now_ms).await?;
    }
    for timer in &decision.timers {
        timers::set(tx, team, timer).await?;
    }
    Ok(())
}
