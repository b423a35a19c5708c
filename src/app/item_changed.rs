//! What a new or changed action item changes elsewhere: the messages that show it, and the channel's weekly look.

use super::leader::channel_zone;
use crate::store::{Tx, assignments, cards, reminders, stored};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::item::{Item, State};
use lookback_core::retro::action::overdue;
use lookback_core::retro::message::Wanted;
use lookback_core::zone;

/// The messages that show an item are shown anew.
pub async fn show_again(tx: &mut Tx, team: &TeamId, channel: &ChannelId, number: i64, now_ms: i64) -> sqlx::Result<()> {
    for (owner, day) in reminders::shown_in(tx, team, channel, number).await? {
        cards::want(tx, team, &Wanted::reminder(&owner, day), now_ms).await?;
    }
    for (owner, message) in assignments::shown_in(tx, team, channel, number).await? {
        cards::want(tx, team, &Wanted::assignment(&owner, &message), now_ms).await?;
    }
    Ok(())
}

pub async fn item_changed(tx: &mut Tx, team: &TeamId, item: &Item, now_ms: i64) -> sqlx::Result<()> {
    show_again(tx, team, &item.channel, item.number, now_ms).await?;
    if item.state == State::Open {
        let Some((tz, _)) = stored::or_skip(channel_zone(tx, team, &item.channel).await)? else { return Ok(()) };
        let next = overdue::next_digest(zone::from_ms(now_ms), &tz).timestamp_millis();
        reminders::want_digest(tx, team, &item.channel, next).await?;
    }
    Ok(())
}
