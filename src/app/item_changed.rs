//! What a new or changed action item changes elsewhere: the reminders that show it, and the channel's weekly look.

use super::leader::channel_zone;
use crate::store::{Tx, cards, reminders, stored};
use lookback_core::ids::TeamId;
use lookback_core::model::item::{Item, State};
use lookback_core::retro::action::overdue;
use lookback_core::retro::message::Wanted;
use lookback_core::zone;

pub async fn item_changed(tx: &mut Tx, team: &TeamId, item: &Item, now_ms: i64) -> sqlx::Result<()> {
    for (owner, day) in reminders::shown_in(tx, team, &item.channel, item.number).await? {
        cards::want(tx, team, &Wanted::reminder(&owner, day), now_ms).await?;
    }
    if item.state == State::Open {
        let Some((tz, _)) = stored::or_skip(channel_zone(tx, team, &item.channel).await)? else { return Ok(()) };
        let next = overdue::next_digest(zone::from_ms(now_ms), &tz).timestamp_millis();
        reminders::want_digest(tx, team, &item.channel, next).await?;
    }
    Ok(())
}
