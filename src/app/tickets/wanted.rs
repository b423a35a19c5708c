//! Which items get a ticket, and when one is looked at.

use crate::bot::Bot;
use crate::store::due::{self, Subject};
use crate::store::{Tx, items, retros, settings, tickets, tracker_troubles};
use lookback_clock::Rng;
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::item::{Item, State};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::settings::Settings;
use lookback_core::model::ticket::{Filing, Place, Ticket, Tracker};
use lookback_core::zone::from_ms;

/// A marker: a UUID of random bits, version 4. <https://www.rfc-editor.org/rfc/rfc9562#section-5.4>
fn marker(rng: &Rng) -> String {
    let key = rng.key();
    let mut bytes: [u8; 16] = std::array::from_fn(|at| key.get(at).copied().unwrap_or_default());
    if let Some(version) = bytes.get_mut(6) {
        *version = (*version & 0x0f) | 0x40;
    }
    if let Some(variant) = bytes.get_mut(8) {
        *variant = (*variant & 0x3f) | 0x80;
    }
    let hex = hex::encode(bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

fn ticket(rng: &Rng, item: &Item, place: Place) -> Ticket {
    Ticket {
        channel: item.channel.clone(),
        number: item.number,
        place,
        filing: Filing::ToFile,
        marker: marker(rng),
        begun: None,
        called: None,
        filed: None,
        doubts: 0,
        looks: 0,
        remote: None,
        stands: None,
        told: None,
        writes: 0,
        hour: from_ms(0),
    }
}

/// Where a channel's items are filed, if the tracker is set up here.
async fn place_of(bot: &Bot, tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Option<Place>> {
    if bot.trackers.set_up().is_empty() {
        return Ok(None);
    }
    let place = settings::of_channel(tx, team, channel).await?.tickets.place();
    Ok(place.filter(|place| bot.trackers.has(place.tracker())))
}

/// A new item gets its ticket at once, unless a retro is open that it waits for.
pub async fn added(bot: &Bot, tx: &mut Tx, team: &TeamId, item: &Item, now_ms: i64) -> sqlx::Result<()> {
    let Some(place) = place_of(bot, tx, team, &item.channel).await? else { return Ok(()) };
    let open = match item.retro {
        Some(id) => retros::by_id(tx, team, id).await?.is_some_and(|retro| retro.phase.is_open()),
        None => !retros::open_in(tx, team, &item.channel).await?.is_empty(),
    };
    if open || item.state != State::Open {
        return Ok(());
    }
    tickets::want(tx, team, &ticket(&bot.rng, item, place), now_ms).await.map(|_| ())
}

/// A channel files elsewhere now, or nowhere: what waits for its first call goes with it.
pub async fn configured(
    bot: &Bot,
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    settings: &Settings,
    now_ms: i64,
) -> sqlx::Result<()> {
    let place = settings.tickets.place();
    for waiting in tickets::untouched(tx, team, channel).await? {
        if place.as_ref() == Some(&waiting.place) {
            continue;
        }
        tickets::forget(tx, team, &waiting).await?;
        tracker_troubles::settle(tx, team, &waiting.place).await?;
        if let (Some(place), Some(item)) = (&place, items::by_number(tx, team, channel, waiting.number).await?) {
            tickets::want(tx, team, &ticket(&bot.rng, &item, place.clone()), now_ms).await?;
        }
    }
    Ok(())
}

/// An item changed: what of it is shown in its ticket is written there.
pub async fn changed(tx: &mut Tx, team: &TeamId, item: &Item, now_ms: i64) -> sqlx::Result<()> {
    let Some(ticket) = tickets::of_item(tx, team, &item.channel, item.number).await? else { return Ok(()) };
    match ticket.filing {
        Filing::ToFile | Filing::Filed => due::set(tx, &tickets::subject(team, &ticket), now_ms).await,
        // What is under way or in doubt is settled first, and compared then.
        Filing::Sending | Filing::InDoubt | Filing::Gone => Ok(()),
    }
}

/// A retro is over: its open items get their tickets, and its plan a pull request where it was finished.
pub async fn finished(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: &Retro, now_ms: i64) -> sqlx::Result<()> {
    if let Some(place) = place_of(bot, tx, team, &retro.channel).await? {
        for item in items::of_retro(tx, team, retro.id).await?.iter().filter(|item| item.state == State::Open) {
            tickets::want(tx, team, &ticket(&bot.rng, item, place.clone()), now_ms).await?;
        }
    }
    let plan = settings::of_channel(tx, team, &retro.channel).await?.plan;
    if plan.is_some() && retro.phase == Phase::Closed && bot.trackers.has(Tracker::GitHub) {
        due::set(tx, &Subject::plan(team, retro.id), now_ms).await?;
    }
    Ok(())
}

/// The ticket of an item is gone, and somebody asks for a new one. Returns where it goes; `None` where none is gone.
pub async fn file_again(
    bot: &Bot,
    tx: &mut Tx,
    team: &TeamId,
    item: &Item,
    now_ms: i64,
) -> sqlx::Result<Option<Tracker>> {
    let Some(gone) = tickets::of_item(tx, team, &item.channel, item.number).await? else { return Ok(None) };
    if gone.filing != Filing::Gone {
        return Ok(None);
    }
    let place = place_of(bot, tx, team, &item.channel).await?.unwrap_or_else(|| gone.place.clone());
    let tracker = place.tracker();
    if !bot.trackers.has(tracker) {
        return Ok(None);
    }
    tickets::forget(tx, team, &gone).await?;
    items::show_ticket(tx, team, &item.channel, item.number, None).await?;
    tickets::want(tx, team, &ticket(&bot.rng, item, place), now_ms).await?;
    Ok(Some(tracker))
}

/// A webhook says that something changed: the tickets with these ids are read now. Returns how many there are.
pub async fn look(bot: &Bot, tracker: Tracker, ids: &[String]) -> sqlx::Result<usize> {
    // Most deliveries are of others' tickets: they cost a read.
    let mut tx = bot.store.read().await?;
    let mut ours = Vec::new();
    for id in ids {
        ours.extend(tickets::of_remote(&mut tx, tracker, id).await?);
    }
    drop(tx);
    ours.retain(|(team, ..)| bot.workspace(team).is_some());
    if ours.is_empty() {
        return Ok(0);
    }
    let mut tx = bot.store.begin().await?;
    for (team, channel, number) in &ours {
        due::set(&mut tx, &Subject::ticket(team, tracker, channel, *number), bot.now_ms()).await?;
    }
    tx.commit().await?;
    Ok(ours.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_a_uuid_of_version_4() {
        let rng = Rng::seeded(1);
        for _ in 0..100 {
            let marker = marker(&rng);
            let parts: Vec<&str> = marker.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{marker}");
            assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{marker}");
        }
    }
}
