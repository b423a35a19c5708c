//! What becomes of the items of an owner who is gone.

use std::collections::BTreeSet;

use chrono::Duration;

use super::leader::leader;
use super::save;
use crate::bot::Bot;
use crate::store::{Tx, items, reminders};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::item::Item;
use lookback_core::retro::action::orphan;

/// An owner is gone, from the workspace or from `channel`: their items go to the facilitator. Where there is none they
/// stand in the digest, and are looked at again in a week.
pub async fn orphaned(
    bot: &Bot,
    tx: &mut Tx,
    team: &TeamId,
    gone: &UserId,
    channel: Option<&ChannelId>,
) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let theirs = items::all_of_owner(tx, team, gone).await?;
    let channels: BTreeSet<ChannelId> =
        theirs.iter().map(|i| i.channel.clone()).filter(|c| channel.is_none_or(|only| only == c)).collect();
    for channel in channels {
        let items: Vec<&Item> = theirs.iter().filter(|i| i.channel == channel).collect();
        match leader(tx, team, &channel, Some(gone)).await? {
            Some(lead) => {
                let decision = orphan::left(gone, &channel, &items, &lead, now);
                save::save(bot, tx, team, decision).await?;
            }
            None => {
                // Somebody may facilitate in a week.
                for item in items {
                    reminders::look_again(tx, team, item, (now + Duration::days(7)).timestamp_millis()).await?;
                }
            }
        }
    }
    Ok(())
}
