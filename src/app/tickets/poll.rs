//! Looks for tickets that were closed, opened, moved or deleted there, for whoever has no webhook or missed one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use super::trouble;
use crate::bot::Bot;
use crate::store::due::{self, Subject};
use crate::store::tickets::{self, Due, Known};
use crate::store::tracker_troubles;
use crate::trackers::{Fault, Issue, Lack};
use lookback_core::model::item::State;
use lookback_core::model::ticket::{Place, Repository, Tracker};
use lookback_core::zone::from_ms;

/// How long after it was closed here a ticket may be opened there.
const CLOSED: Duration = Duration::days(90);

/// How soon a look that was not whole is continued: GitHub limits calls by the hour.
const SOON: Duration = Duration::minutes(1);

/// Clocks differ, so each look starts this long before the previous one.
const OVERLAP: Duration = Duration::minutes(2);

/// Tickets of GitHub that are read one by one in a turn: what was deleted or moved shows in no list of changes.
const ONE_BY_ONE: usize = 20;

/// Marks what differs to be read again, and comes again after its time.
pub async fn poll(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    let (now, team, tracker) = (bot.clock.now(), &due.team_id, due.tracker);
    let every = Duration::from_std(bot.trackers.poll).unwrap_or(Duration::minutes(5));
    let mut tx = bot.store.begin().await?;
    let known = tickets::to_read(&mut tx, team, tracker, (now - CLOSED).timestamp_millis()).await?;
    if known.is_empty() {
        due::clear(&mut tx, &Subject::poll(team, tracker)).await?;
        return tx.commit().await;
    }
    drop(tx);
    let read = match tracker {
        Tracker::Jira | Tracker::Linear => {
            let ids: Vec<String> = known.iter().filter_map(|known| known.ticket.remote.clone()).collect();
            bot.trackers.read(tracker, &ids).await.map(|read| (read, None))
        }
        Tracker::GitHub => changed(bot, &known, since(due, every), now.timestamp() / every.num_seconds().max(1)).await,
    };
    let (read, more) = match read {
        Ok(read) => read,
        // The next look begins where this one should have begun.
        Err(fault) if fault.is_of_tracker() => {
            let mut tx = bot.store.begin().await?;
            due::put_off(&mut tx, &due.subject(), due.due_ms, (now + every).timestamp_millis()).await?;
            tx.commit().await?;
            return trouble::happened(bot, due, &fault).await;
        }
        Err(fault) => {
            tracing::warn!(tracker = tracker.word(), fault = %fault, "changes of tickets could not be read");
            let mut tx = bot.store.begin().await?;
            due::put_off(&mut tx, &due.subject(), due.due_ms, (now + every).timestamp_millis()).await?;
            return tx.commit().await;
        }
    };
    let hidden = hidden(bot, &known, &read).await;
    let mut tx = bot.store.begin().await?;
    for known in known.iter().filter(|known| hidden.contains(&known.ticket.place)) {
        trouble::hidden(bot, &mut tx, due, &known.ticket.place, &known.ticket.channel).await?;
    }
    let is_found =
        |known: &&Known| known.ticket.remote.as_ref().is_some_and(|id| matches!(read.get(id), Some(Some(_))));
    let found: BTreeSet<&Place> = known.iter().filter(is_found).map(|known| &known.ticket.place).collect();
    for place in found {
        tracker_troubles::settle(&mut tx, team, place).await?;
    }
    let is_seen = |known: &&Known| !hidden.contains(&known.ticket.place);
    for known in known.iter().filter(is_seen).filter(|known| differs(known, &read)) {
        due::set(&mut tx, &tickets::subject(team, &known.ticket), now.timestamp_millis()).await?;
    }
    // What did not fit into one look is continued soon.
    let (since, next) = more.map_or((now - OVERLAP, now + every), |until| (until, now + SOON));
    tickets::poll_at(&mut tx, team, tracker, since.timestamp_millis(), next.timestamp_millis()).await?;
    trouble::answers(bot, &mut tx, team, tracker).await?;
    tx.commit().await
}

/// The places that show none of several tickets, and cannot be seen themselves: the token has lost them.
async fn hidden(bot: &Bot, known: &[Known], read: &BTreeMap<String, Option<Issue>>) -> BTreeSet<Place> {
    let mut places: BTreeMap<&Place, (usize, bool)> = BTreeMap::new();
    for known in known {
        if let Some(found) = known.ticket.remote.as_ref().and_then(|id| read.get(id)) {
            let (missing, any) = places.entry(&known.ticket.place).or_default();
            *missing += usize::from(found.is_none());
            *any |= found.is_some();
        }
    }
    let mut hidden = BTreeSet::new();
    for (place, _) in places.into_iter().filter(|(_, (missing, any))| *missing > 1 && !any) {
        if bot.trackers.check(place).await.is_ok_and(|lacks| lacks.contains(&Lack::NoSuchPlace)) {
            hidden.insert(place.clone());
        }
    }
    hidden
}

/// From when on changes are looked for. The first look comes after the first filing.
fn since(due: &Due, every: Duration) -> DateTime<Utc> {
    if due.since_ms == 0 { from_ms(due.due_ms) - every - OVERLAP } else { from_ms(due.since_ms) }
}

/// Whether a ticket is not as it was last seen. One that was not read is.
fn differs(known: &Known, read: &BTreeMap<String, Option<Issue>>) -> bool {
    let Some(id) = &known.ticket.remote else { return false };
    match read.get(id) {
        None => false,
        Some(None) => true,
        Some(Some(issue)) => {
            let stood = known.ticket.stands.unwrap_or(State::Open);
            issue.id != *id
                || issue.seen.key != known.key
                || issue.seen.url != known.url
                || issue.seen.standing.state() != stood
        }
    }
}

/// What changed in the repositories since then, and some that did not: others in each turn. Also returns the time up to
/// which changes were read, if there are more.
async fn changed(
    bot: &Bot,
    known: &[Known],
    since: DateTime<Utc>,
    turn: i64,
) -> Result<(BTreeMap<String, Option<Issue>>, Option<DateTime<Utc>>), Fault> {
    let (mut read, mut more) = (BTreeMap::new(), None);
    let repositories: BTreeSet<&Repository> =
        known.iter().filter_map(|k| if let Place::GitHub(r) = &k.ticket.place { Some(r) } else { None }).collect();
    for repository in repositories {
        match bot.trackers.changed(repository, since).await {
            Ok(changed) => {
                read.extend(changed.issues.into_iter().map(|issue| (issue.id.clone(), Some(issue))));
                more = more.into_iter().chain(changed.until).min();
            }
            // Its tickets are read one by one: they may have moved.
            Err(Fault::Gone | Fault::Forbidden) => {}
            Err(fault) => return Err(fault),
        }
    }
    let ids: Vec<String> = known.iter().filter_map(|known| known.ticket.remote.clone()).collect();
    let first = usize::try_from(turn).unwrap_or(0).wrapping_mul(ONE_BY_ONE) % ids.len().max(1);
    let some: Vec<String> = ids.iter().cycle().skip(first).take(ONE_BY_ONE.min(ids.len())).cloned().collect();
    read.extend(bot.trackers.read(Tracker::GitHub, &some).await?);
    Ok((read, more))
}
