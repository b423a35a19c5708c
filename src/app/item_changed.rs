//! What a new or changed action item changes elsewhere: the messages that show it, and the channel's weekly look.

use super::leader::channel_zone;
use super::request::{ReplyBy, Request};
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

/// Whether what was pressed shows by itself what becomes of an item: the owner's Home tab, or a message to them that is
/// kept up to date.
pub async fn is_shown_by_press(tx: &mut Tx, request: &Request, item: &Item) -> sqlx::Result<bool> {
    let (team, owner) = (&request.team, &item.owner);
    if request.user != *owner {
        return Ok(false);
    }
    let ts = match &request.reply_by {
        ReplyBy::Home => return Ok(true),
        ReplyBy::Hook { pressed: Some(ts), .. } => ts,
        ReplyBy::Hook { .. } | ReplyBy::Ack { .. } | ReplyBy::Ephemeral { .. } | ReplyBy::Dm | ReplyBy::Form => {
            return Ok(false);
        }
    };
    let reminders = reminders::shown_in(tx, team, &item.channel, item.number).await?;
    let assignments = assignments::shown_in(tx, team, &item.channel, item.number).await?;
    let shown = reminders.iter().filter(|(to, _)| to == owner).map(|(to, day)| Wanted::reminder(to, *day));
    let given = assignments.iter().filter(|(to, _)| to == owner).map(|(to, message)| Wanted::assignment(to, message));
    for wanted in shown.chain(given) {
        let message = cards::by_key(tx, team, &wanted.key).await?;
        if message.is_some_and(|m| m.ts.as_ref() == Some(ts)) {
            return Ok(true);
        }
    }
    Ok(false)
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
