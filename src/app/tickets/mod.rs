//! Action items on their way to the tracker where the team works, and what comes back from it.
//!
//! Rule: a marker is saved before the first call, and what a call may have done is looked for by that marker before it is
//! made again. No transaction is open while a tracker is asked.

mod about;
pub mod check;
mod filing;
mod follow;
pub mod plan;
mod poll;
pub mod trouble;
pub mod wanted;

use std::sync::Arc;

use self::about::About;
use crate::app::readings;
use crate::bot::Bot;
use crate::faults::{self, Failed};
use crate::freeze::Hold;
use crate::store::due;
use crate::store::tickets::{self, Due};
use lookback_core::model::ticket::Tracker;
use lookback_core::retro::action::ticket::pace::{self, Step};

/// Does the first thing that is due in a tracker. One at a time: trackers ask for it, and GitHub limits
/// concurrent calls. <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>
pub async fn work(bot: &Arc<Bot>, tracker: Tracker) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let waits = bot.trackers.paused_until(tracker, now).is_some();
    if waits || !bot.slack.may_call() || bot.freeze.hold() != Hold::Free {
        return Ok(());
    }
    let mut tx = bot.store.begin().await?;
    let Some(due) = tickets::due(&mut tx, tracker, now.timestamp_millis()).await? else { return Ok(()) };
    drop(tx);
    match faults::alone("ticket", one(bot, &due)).await {
        Ok(()) => Ok(()),
        Err(Failed::Database(error)) => Err(error),
        Err(Failed::Row) => later(bot, &due).await,
    }
}

/// A row failed: it is tried again, or set aside.
async fn later(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    let subject = due.subject();
    match faults::again(due.tries + 1, bot.clock.now()) {
        Some(at) => due::put_off(&mut tx, &subject, due.due_ms, at.timestamp_millis()).await?,
        None => due::set_aside(&mut tx, &subject, due.due_ms).await?,
    }
    tx.commit().await
}

async fn one(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    match due.step.as_str() {
        due::POLL => poll::poll(bot, due).await,
        due::PLAN => plan::step(bot, due).await,
        due::READING => readings::step(bot, due).await,
        _ => ticket(bot, due).await,
    }
}

/// The next step of a ticket.
async fn ticket(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    let about = About::load(&mut tx, due).await?;
    let Some(about) = about.filter(|about| about.tracker() == due.tracker) else {
        due::clear(&mut tx, &due.subject()).await?;
        return tx.commit().await;
    };
    match pace::next(about.ticket.filing, about.item.state) {
        Step::Forget => {
            tickets::forget(&mut tx, &due.team_id, &about.ticket).await?;
            trouble::dropped(&mut tx, &about).await?;
            about.show_summary(bot, &mut tx).await?;
            tx.commit().await
        }
        Step::Rest => {
            due::clear(&mut tx, &due.subject()).await?;
            tx.commit().await
        }
        Step::File => {
            drop(tx);
            filing::file(bot, due, about).await
        }
        Step::Look => {
            drop(tx);
            filing::look(bot, due, about).await
        }
        Step::Follow => {
            drop(tx);
            follow::follow(bot, due, about).await
        }
    }
}
