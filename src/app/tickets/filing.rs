//! Filing an item: one ticket, whatever happens.

use chrono::Duration;

use super::about::{About, gone};
use super::trouble;
use crate::bot::Bot;
use crate::store::due;
use crate::store::tickets::{self, Due};
use crate::trackers::{Fault, Issue};
use lookback_core::model::ticket::{Draft, Filing, Ticket, Tracker};
use lookback_core::retro::action::ticket::pace::{self, Step};
use lookback_core::retro::action::ticket::words;

/// How long a call may be under way before it counts as lost with its process.
const LEASE: Duration = Duration::minutes(2);

/// Clocks of the tracker and of this machine may differ by so much.
const SKEW: Duration = Duration::minutes(10);

/// A call that went unanswered has ended by then.
const PATIENCE: Duration = Duration::minutes(1);

/// Makes the ticket.
pub async fn file(bot: &Bot, due: &Due, about: About) -> sqlx::Result<()> {
    let account = match about.account(bot).await {
        Ok(account) => account,
        // Whoever cannot be asked about is named in the text.
        Err(Fault::Forbidden | Fault::Gone | Fault::Conflict | Fault::Refused(_)) => None,
        Err(fault) => return not_made(bot, due, about, fault).await,
    };
    let Some((about, draft)) = begin(bot, &about, due, account).await? else { return Ok(()) };
    let tracker = about.tracker();
    let answer = bot.trackers.create(&about.ticket.place, &draft, &about.ticket.marker).await;
    let kept = match answer {
        Ok(issue) => made(bot, due, about, &issue).await,
        Err(Fault::Unclear) => {
            in_doubt(bot, due, about).await?;
            trouble::happened(bot, due, &Fault::Unclear).await
        }
        // Only Linear takes an id with a create: elsewhere a conflict does not mean that the ticket exists.
        Err(Fault::Conflict) if tracker == Tracker::Linear => is_there(bot, due, about).await,
        Err(fault) => not_made(bot, due, about, fault).await,
    };
    rest(bot, tracker).await;
    kept
}

/// Leaves a tracker alone after a write for as long as it asks for.
pub async fn rest(bot: &Bot, tracker: Tracker) {
    if let Some(pause) = pace::after_write(tracker) {
        bot.wait_for_pace(bot.clock.now() + pause).await;
    }
}

/// Marks the call before it is made; `None` where the item or its ticket changed meanwhile.
async fn begin(bot: &Bot, before: &About, due: &Due, account: Option<String>) -> sqlx::Result<Option<(About, Draft)>> {
    let now = bot.clock.now();
    let mut tx = bot.store.begin().await?;
    let Some(mut about) = About::load(&mut tx, due).await? else { return Ok(None) };
    let is_same = about.ticket.marker == before.ticket.marker && about.item.owner == before.item.owner;
    if !is_same || pace::next(about.ticket.filing, about.item.state) != Step::File {
        return Ok(None);
    }
    let (draft, told) = about.draft(bot, &mut tx).await?;
    let draft = Draft { assignee: account, ..draft };
    about.ticket.filing = Filing::Sending;
    about.ticket.begun = about.ticket.begun.or(Some(now));
    about.ticket.called = Some(now);
    about.ticket.told = Some(told);
    about.keep(&mut tx, Some((now + LEASE).timestamp_millis())).await?;
    tx.commit().await?;
    Ok(Some((about, draft)))
}

/// There is a ticket.
async fn made(bot: &Bot, due: &Due, mut about: About, issue: &Issue) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let mut tx = bot.store.begin().await?;
    about.ticket.filing = Filing::Filed;
    about.ticket.filed = Some(now);
    about.ticket.looks = 0;
    about.ticket.stands = Some(lookback_core::model::item::State::Open);
    // It is read once more where the item may have changed, or where it may have been closed there already.
    let latest = About::load(&mut tx, due).await?;
    let (_, wanted) = about.draft(bot, &mut tx).await?;
    let changed = latest.is_none_or(|latest| !latest.is_open() || latest.item != about.item);
    let again = changed || about.ticket.told.as_ref() != Some(&wanted);
    // The ticket's row says so before the key is shown: what waits is counted from it.
    about.ticket.remote = Some(issue.id.clone());
    about.keep(&mut tx, again.then(|| now.timestamp_millis())).await?;
    about.is(bot, &mut tx, issue).await?;
    let tracker = about.tracker();
    due::set_if_none(&mut tx, &due::Subject::poll(&about.team, tracker), poll_at(bot)).await?;
    trouble::over(bot, &mut tx, &about).await?;
    tx.commit().await?;
    Ok(())
}

fn poll_at(bot: &Bot) -> i64 {
    let every = Duration::from_std(bot.trackers.poll).unwrap_or(Duration::minutes(5));
    (bot.clock.now() + every).timestamp_millis()
}

/// The tracker has a ticket with this marker already: it only has to be read. One that was made and deleted since is gone.
async fn is_there(bot: &Bot, due: &Due, about: About) -> sqlx::Result<()> {
    match find_called(bot, &about).await {
        Ok(found) => match found.first() {
            Some(issue) => made(bot, due, about, issue).await,
            None => gone(bot, due).await,
        },
        Err(_) => in_doubt(bot, due, about).await,
    }
}

/// Nobody knows whether the call made it: it is looked for.
async fn in_doubt(bot: &Bot, due: &Due, mut about: About) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let mut tx = bot.store.begin().await?;
    about.ticket.filing = Filing::InDoubt;
    about.ticket.doubts += 1;
    about.ticket.looks = 0;
    let at = now + pace::look_after(about.tracker(), 0).unwrap_or_default();
    about.keep(&mut tx, Some(at.timestamp_millis())).await?;
    tx.commit().await?;
    tracing::info!(tracker = about.tracker().word(), number = due.number, "a ticket is in doubt; it is looked for");
    Ok(())
}

/// The call made nothing.
async fn not_made(bot: &Bot, due: &Due, mut about: About, fault: Fault) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    about.ticket.filing = Filing::ToFile;
    tickets::save(&mut tx, &about.team, &about.ticket).await?;
    // A tracker that is left alone holds the row back; a refusal waits by itself, so that other items go on.
    let now = bot.clock.now();
    let at = if fault.is_of_tracker() { now } else { now + pace::pause_refused(due.tries + 1) };
    due::set_tries(&mut tx, &about.subject(), at.timestamp_millis(), due.tries + 1).await?;
    tx.commit().await?;
    if fault.is_of_tracker() {
        trouble::happened(bot, due, &fault).await
    } else {
        trouble::refused(bot, &about, &fault).await
    }
}

/// What the last call has made.
async fn find_called(bot: &Bot, about: &About) -> Result<Vec<Issue>, Fault> {
    let Ticket { place, marker, called, .. } = &about.ticket;
    let since = called.unwrap_or(about.item.created - SKEW);
    bot.trackers.find(place, marker, since, called.map(|called| called + PATIENCE)).await
}

/// Looks for a ticket that a call may have made.
pub async fn look(bot: &Bot, due: &Due, mut about: About) -> sqlx::Result<()> {
    let now = bot.clock.now();
    // The process ended in the middle of the call.
    if about.ticket.filing == Filing::Sending {
        return in_doubt(bot, due, about).await;
    }
    let found = match find_called(bot, &about).await {
        Ok(found) => found,
        Err(fault) => return not_found(bot, due, about, fault).await,
    };
    // Another one is closed by a sweep.
    if let Some(elder) = found.first() {
        return made(bot, due, about, elder).await;
    }
    about.ticket.looks += 1;
    let after = pace::look_after(about.tracker(), about.ticket.looks);
    if after.is_none() {
        // It was never made.
        about.ticket.filing = Filing::ToFile;
    }
    let mut tx = bot.store.begin().await?;
    about.keep(&mut tx, Some((now + after.unwrap_or_default()).timestamp_millis())).await?;
    tx.commit().await
}

/// The look failed. A place that can no longer be seen is told; what is done here meanwhile needs no ticket there.
async fn not_found(bot: &Bot, due: &Due, about: About, fault: Fault) -> sqlx::Result<()> {
    put_off(bot, due, &about, &fault).await?;
    if fault.is_of_tracker() {
        return Ok(());
    }
    trouble::refused(bot, &about, &fault).await?;
    if !about.is_open() {
        let mut tx = bot.store.begin().await?;
        tickets::forget(&mut tx, &about.team, &about.ticket).await?;
        trouble::dropped(&mut tx, &about).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// A call that changes nothing, or may be made again, failed.
pub async fn put_off(bot: &Bot, due: &Due, about: &About, fault: &Fault) -> sqlx::Result<()> {
    if fault.is_of_tracker() {
        return trouble::happened(bot, due, fault).await;
    }
    let mut tx = bot.store.begin().await?;
    let at = bot.clock.now() + pace::pause_refused(due.tries + 1);
    due::put_off(&mut tx, &about.subject(), due.due_ms, at.timestamp_millis()).await?;
    tx.commit().await
}

/// An index showed a second ticket only after all waiting: the younger one is closed. Whatever comes of it, the ticket is
/// read next.
pub async fn sweep(bot: &Bot, due: &Due, mut about: About) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let since = about.ticket.begun.unwrap_or(about.item.created) - SKEW;
    let found = match bot.trackers.find(&about.ticket.place, &about.ticket.marker, since, None).await {
        Ok(found) => found,
        Err(fault) if fault.is_of_tracker() => return put_off(bot, due, &about, &fault).await,
        Err(_) => Vec::new(),
    };
    let mut retired = Vec::new();
    if let Some((elder, others)) = found.split_first() {
        for double in others {
            match bot.trackers.retire(about.tracker(), &double.id, &elder.seen).await {
                Ok(()) => retired.push(double.seen.key.clone()),
                Err(fault) if fault.is_of_tracker() => return put_off(bot, due, &about, &fault).await,
                Err(_) => {}
            }
        }
    }
    let mut tx = bot.store.begin().await?;
    about.ticket.looks += 1;
    if let Some(elder) = found.first().filter(|_| !retired.is_empty()) {
        if about.ticket.remote.as_ref() != Some(&elder.id) {
            // The younger one was kept until now: the elder is written anew.
            about.ticket.told = None;
            about.ticket.stands = Some(elder.seen.standing.state());
        }
        about.is(bot, &mut tx, elder).await?;
        let told = words::twice(&about.item, &elder.seen.key, &retired.join(", "));
        about.tell(bot, &mut tx, &format!("twice/{}", about.ticket.looks), &told).await?;
    }
    about.keep(&mut tx, Some(now.timestamp_millis())).await?;
    tx.commit().await
}
