//! The day of the next release became known: who is told, and which messages follow.

use std::collections::BTreeSet;

use super::item_changed::show_again;
use crate::store::{Tx, directory, items};
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::item::Item;
use lookback_core::retro::{Change, Decision, action};
use lookback_core::zone;

/// Before a decision is saved: the items that get the day, and words to their owners in the decision.
pub async fn tell(tx: &mut Tx, team: &TeamId, decision: &mut Decision, now_ms: i64) -> sqlx::Result<Vec<Item>> {
    let mut all = Vec::new();
    for change in &decision.changes {
        let Change::DueNextRelease { channel, day, after, by } = change else { continue };
        let found = items::before_next_release(tx, team, channel, *after).await?;
        // When the retro of that release starts, its kickoff names the items.
        if after.is_some() {
            let mut here = Vec::new();
            for item in &found {
                // Whoever left the channel reads nothing of it any more.
                if directory::is_member(tx, team, channel, &item.owner).await? {
                    here.push(item.clone());
                }
            }
            decision.dms.extend(action::due_with_release(&here, *day, by.as_ref(), zone::from_ms(now_ms)));
        }
        all.extend(found);
    }
    Ok(all)
}

/// After it: the messages that show these items follow. Returns their owners.
pub async fn show(tx: &mut Tx, team: &TeamId, items: &[Item], now_ms: i64) -> sqlx::Result<BTreeSet<UserId>> {
    for item in items {
        show_again(tx, team, &item.channel, item.number, now_ms).await?;
    }
    Ok(items.iter().map(|item| item.owner.clone()).collect())
}
