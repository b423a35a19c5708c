//! A filed ticket: what changed there comes back, and what changed here is written there.
//!
//! Rule: it is read before it is written, so what came from there is never written back.

use chrono::Duration;

use super::about::{About, gone};
use super::filing::{put_off, rest, sweep};
use super::trouble;
use crate::app::save;
use crate::bot::Bot;
use crate::store::tickets::Due;
use crate::store::{Tx, due, retros, tickets};
use crate::trackers::{Edit, Fault, Issue, Move, Problem};
use lookback_core::model::item::State;
use lookback_core::model::ticket::{Draft, Filing, Told};
use lookback_core::retro::action::ticket::{back, pace};

/// Tries of a write that the tracker refuses; the next change of the item begins anew.
const TRIES: i64 = 24;

/// Reads it, takes what changed there, and writes what changed here.
pub async fn follow(bot: &Bot, due: &Due, about: About) -> sqlx::Result<()> {
    let now = bot.clock.now();
    if pace::sweep_at(&about.ticket).is_some_and(|at| at <= now) {
        return sweep(bot, due, about).await;
    }
    let Some(id) = about.ticket.remote.clone() else { return settle(bot, due).await };
    let read = bot.trackers.read(about.tracker(), std::slice::from_ref(&id)).await;
    let issue = match read {
        Ok(mut read) => match read.remove(&id) {
            Some(issue) => issue,
            // It could not be read this time.
            None => return put_off(bot, due, &about, &Fault::Conflict).await,
        },
        Err(fault) => return put_off(bot, due, &about, &fault).await,
    };
    let Some(issue) = issue else { return gone(bot, due).await };
    let Some((about, write)) = take(bot, due, &issue).await? else { return Ok(()) };
    let kept = match write_there(bot, &about, &write).await {
        Ok(stands) => written(bot, due, write, stands).await,
        Err(fault) if fault.is_of_tracker() => put_off(bot, due, &about, &fault).await,
        Err(fault) => {
            trouble::unwritten(bot, &about, &fault).await?;
            if due.tries >= TRIES { settle(bot, due).await } else { put_off(bot, due, &about, &fault).await }
        }
    };
    rest(bot, about.tracker()).await;
    kept
}

/// Nothing is to be done until something changes.
async fn settle(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    if let Some(about) = About::load(&mut tx, due).await? {
        about.settle(&mut tx, due.due_ms, None).await?;
    }
    tx.commit().await
}

/// What is to be written.
struct Write {
    edit: Edit,
    /// The owner is another one now.
    owner: bool,
    to: Option<Move>,
    told: Told,
    marker: String,
}

impl Write {
    /// How many writes it is.
    fn count(&self) -> u32 {
        1 + u32::from(self.to.is_some())
    }
}

/// Takes over what changed there. Returns what has to be written, if anything has.
async fn take(bot: &Bot, due: &Due, issue: &Issue) -> sqlx::Result<Option<(About, Write)>> {
    let now = bot.clock.now();
    let mut tx = bot.store.begin().await?;
    let Some(mut about) = About::load(&mut tx, due).await?.filter(|about| about.ticket.filing == Filing::Filed) else {
        return Ok(None);
    };
    about.is(bot, &mut tx, issue).await?;
    if let Some(after) = back::after(&about.item, about.ticket.stands, &issue.seen, now) {
        let open = retros::open_in(&mut tx, &about.team, &about.item.channel).await?;
        let decision = back::decision(&about.item, after.clone(), &open);
        save::save(bot, &mut tx, &about.team, decision).await?;
        if after.state == State::Done {
            ask_what_changed(&mut tx, &about, now.timestamp_millis()).await?;
        }
        about.item = after;
    }
    about.ticket.stands = Some(issue.seen.standing.state());
    let (draft, told) = about.draft(bot, &mut tx).await?;
    let Some(write) = differs(&about, draft, told) else {
        about.settle(&mut tx, due.due_ms, None).await?;
        trouble::answers(bot, &mut tx, &about.team, about.tracker()).await?;
        tx.commit().await?;
        return Ok(None);
    };
    if now - about.ticket.hour >= Duration::hours(1) {
        (about.ticket.hour, about.ticket.writes) = (now, 0);
    }
    if about.ticket.writes + write.count() > pace::WRITES {
        let at = about.ticket.hour + Duration::hours(1);
        tracing::warn!(tracker = about.tracker().word(), "a ticket changes too often; the rest waits for an hour");
        about.settle(&mut tx, due.due_ms, Some(at.timestamp_millis())).await?;
        tx.commit().await?;
        return Ok(None);
    }
    // It stays due: what a crash leaves unwritten is compared again.
    tickets::save(&mut tx, &about.team, &about.ticket).await?;
    tx.commit().await?;
    Ok(Some((about, write)))
}

/// The owner is asked when a reminder would come.
async fn ask_what_changed(tx: &mut Tx, about: &About, now_ms: i64) -> sqlx::Result<()> {
    let item = due::Subject::reminder(&about.team, &about.item.channel, about.item.number);
    due::set(tx, &item, now_ms).await
}

/// What is not yet written there; `None`: nothing.
fn differs(about: &About, draft: Draft, told: Told) -> Option<Write> {
    // Of what is closed only the state is written, unless all has to be written anew.
    let closed = about.ticket.told.clone().filter(|_| !about.is_open()).map(|_| told.clone());
    let before = closed.or_else(|| about.ticket.told.clone()).unwrap_or_default();
    let stands = about.ticket.stands.unwrap_or(State::Open);
    let to = back::has_to_close(about.item.state, stands).map(|close| match (close, about.item.state) {
        (true, State::Dropped) => Move::Drop,
        (true, State::Open | State::Done) => Move::Done,
        (false, _) => Move::Reopen,
    });
    let edit = Edit {
        title: (before.title != told.title).then_some(draft.title),
        parts: (before.text != told.text).then_some(draft.parts),
        assignee: None,
        due: (before.due != told.due).then_some(draft.due),
        priority: (before.priority != told.priority).then_some(draft.priority),
    };
    let owner = before.owner != told.owner;
    let marker = about.ticket.marker.clone();
    (owner || to.is_some() || edit != Edit::default()).then_some(Write { edit, owner, to, told, marker })
}

/// Writes it; returns how the ticket stands then, where that was to change.
async fn write_there(bot: &Bot, about: &About, write: &Write) -> Result<Option<State>, Fault> {
    let Some(id) = about.ticket.remote.as_deref() else { return Err(Fault::Gone) };
    let mut edit = write.edit.clone();
    if write.owner {
        edit.assignee = Some(about.account(bot).await?);
    }
    if edit != Edit::default() {
        bot.trackers.edit(about.tracker(), id, &edit, &write.marker).await?;
    }
    let Some(to) = write.to else { return Ok(None) };
    let stands = bot.trackers.set_state(about.tracker(), id, to).await?.standing.state();
    if back::has_to_close(about.item.state, stands).is_some() {
        // A rule of the tracker has moved it back.
        return Err(Fault::Refused(vec![Problem::new("status", "it does not stay in that status")]));
    }
    Ok(Some(stands))
}

/// It is written: what has changed since is written next.
async fn written(bot: &Bot, due: &Due, write: Write, stands: Option<State>) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    let Some(mut about) = About::load(&mut tx, due).await?.filter(|about| about.ticket.marker == write.marker) else {
        return Ok(());
    };
    let write_count = write.count();
    // Of a closed item only the state was written.
    about.ticket.told =
        if about.ticket.told.is_some() && !about.is_open() { about.ticket.told } else { Some(write.told) };
    // Writes that failed are not counted: pauses limit them.
    about.ticket.writes += write_count;
    about.ticket.stands = stands.or(about.ticket.stands);
    let (draft, told) = about.draft(bot, &mut tx).await?;
    let again = differs(&about, draft, told).map(|_| bot.now_ms());
    about.settle(&mut tx, due.due_ms, again).await?;
    trouble::written(&mut tx, &about).await?;
    trouble::over(bot, &mut tx, &about).await?;
    tx.commit().await
}
