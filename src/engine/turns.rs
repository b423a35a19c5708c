//! The one loop that moves things: deadlines, jobs, messages.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot, watch};

use super::work::{Ended, SCRUB_AGAIN, Work};
use crate::app::restored::{self, Failover};
use crate::app::{self, digest, lost_keys, reminders, timers};
use crate::bot::Bot;
use crate::chores::{self, Chores};
use crate::directory;
use crate::freeze::Hold;
use crate::outbox::dispatcher::{self, AT_ONCE};
use crate::store::{Tx, backoff, due_work, in_doubt, jobs, scrub, tickets};
use lookback_core::zone::from_ms;

/// How old what is known of people may be, at a start and in a running bot.
const AGE_AT_START: Duration = Duration::hours(6);
const AGE: Duration = Duration::hours(24);

/// Slack repeats an event within so long a time: nothing is missed by a start.
const SHORT: Duration = Duration::minutes(5);

/// The same after a time in which events may have been missed.
const AGE_AFTER_SILENCE: Duration = Duration::seconds(30);

/// How soon, while nothing leaves, a word of the operator is looked for.
const LOOK_FOR_A_WORD: Duration = Duration::seconds(5);

/// The longest the loop rests.
const IDLE: Duration = Duration::minutes(1);

/// How long calls under way may take when a process stops that another can follow.
const HANDOVER: std::time::Duration = std::time::Duration::from_secs(4);

/// How soon after a start messages in doubt are looked for.
const AFTER_START: Duration = Duration::seconds(3);

/// Those who want to know when nothing can be done right now.
pub type Asked = mpsc::Receiver<oneshot::Sender<Quiet>>;

/// Where the outbox stands when nothing can be done right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// When the next message can go or must be looked for.
    pub next_message: Option<DateTime<Utc>>,
}

/// Recovers what the last sender left in doubt. Returns since when Slack has to be asked for messages of a newer copy.
pub async fn recover(bot: &Bot, tx: &mut Tx, failover: Failover) -> sqlx::Result<Option<i64>> {
    let now = bot.clock.now();
    due_work::try_again(tx).await?;
    let asks_since = restored::at_start(bot, tx, failover).await?;
    if bot.freeze.hold() == Hold::Free {
        lost_keys::go_on(bot, tx).await?;
    }
    tickets::recover(tx, now.timestamp_millis()).await?;
    let doubtful = in_doubt::recover(tx, (now + AFTER_START).timestamp_millis()).await?;
    scrub::hurry(tx).await?;
    for (team, method, wait) in backoff::all(tx, now.timestamp_millis()).await? {
        bot.lanes.retry_after(&team, &method, wait);
    }
    if doubtful > 0 {
        tracing::info!(doubtful, "messages were under way when the last run ended; looking for them");
    }
    Ok(asks_since)
}

/// Does what is due until `stopped`, and then finishes what is under way.
pub async fn run(bot: Arc<Bot>, asks_since: Option<i64>, asked: &mut Asked, stopped: &mut watch::Receiver<bool>) {
    let mut work = Work::default();
    let mut waiting: Vec<oneshot::Sender<Quiet>> = Vec::new();
    let mut chores = Chores::default();
    work.tasks.spawn(refresh(bot.clone(), age_at_start(&bot)));
    if let Some(since_ms) = asks_since {
        work.tasks.spawn(ask_slack(bot.clone(), since_ms));
    }
    loop {
        chores.sweep(&bot).await;
        if bot.health.takes_missed() {
            work.tasks.spawn(refresh(bot.clone(), AGE_AFTER_SILENCE));
        } else if chores.reads_people(&bot) {
            work.tasks.spawn(refresh(bot.clone(), AGE));
        }
        // A fault in one turn must not end the loop on which every message depends.
        let turn = AssertUnwindSafe(turn(&bot, &mut work)).catch_unwind().await;
        let turn = turn.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed));
        if turn.is_ok() {
            bot.troubles.engine.over(bot.clock.now());
        }
        let turn = turn.unwrap_or_else(|error| {
            bot.troubles.engine.happened(bot.clock.now(), &error);
            Turn { did: false, next: Some(bot.clock.now() + Duration::seconds(1)), next_message: None }
        });
        if turn.did {
            continue;
        }
        let (paused, goes_on) = bot.lanes.waiting();
        // What waits for the renewal of the lease can go in a moment.
        if work.tasks.len() <= paused && bot.slack.may_call() {
            let quiet = Quiet { next_message: [turn.next_message, goes_on].into_iter().flatten().min() };
            for tell in waiting.drain(..) {
                let _ = tell.send(quiet);
            }
        }
        chores.forget(&bot).await;
        let now = bot.clock.now();
        let wait = bot.clock.wait_until(turn.next.unwrap_or(now + IDLE).min(now + IDLE));
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            Some(done) = work.tasks.join_next(), if !work.tasks.is_empty() => work.finished(done),
            Some(tell) = asked.recv() => waiting.push(tell),
            () = bot.wake.notified() => {}
            () = wait => {}
        }
    }
    if bot.store.is_shared() {
        // Another process waits to follow; it looks for what did not end in time.
        let _ = tokio::time::timeout(HANDOVER, work.ends(&bot)).await;
    } else {
        work.ends(&bot).await;
    }
    work.tasks.shutdown().await;
    chores::last_beat(&bot).await;
}

/// How old what is known of people may be at a start: no older than the time in which events may have been missed.
fn age_at_start(bot: &Bot) -> Duration {
    let away = bot.freeze.unknown().map(|unknown| Duration::milliseconds(unknown.to_ms - unknown.from_ms));
    away.filter(|away| *away > SHORT).map_or(AGE_AT_START, |away| away.min(AGE_AT_START))
}

/// Reads everybody of every workspace again, and who is in channels with open retros, if that was longer ago than `age`:
/// events may have been missed. Those who left are taken out of what is open.
async fn refresh(bot: Arc<Bot>, age: Duration) -> Ended {
    for team in bot.workspaces.keys() {
        if directory::refresh(&bot, team, age).await.is_err() {
            tracing::info!("not everyone could be read; people are read when they are needed");
        }
        if let Err(error) = app::departures::after_reading(&bot, team, age).await {
            tracing::error!(%error, "those who left could not be taken out of what is open");
        }
    }
    Ended::Other
}

/// Asks Slack whether this database is the newest, until it is known.
async fn ask_slack(bot: Arc<Bot>, since_ms: i64) -> Ended {
    while let Err(error) = restored::ask_slack(&bot, since_ms).await {
        tracing::error!(%error, "could not check whether a newer copy of the database was in use; trying again");
        bot.wait_for_pace(bot.clock.now() + Duration::seconds(1)).await;
    }
    Ended::Other
}

struct Turn {
    /// Something was done: look again at once.
    did: bool,
    /// When to look again by itself.
    next: Option<DateTime<Utc>>,
    /// The same, for messages alone.
    next_message: Option<DateTime<Utc>>,
}

async fn turn(bot: &Arc<Bot>, work: &mut Work) -> sqlx::Result<Turn> {
    let now = bot.clock.now();
    let now_ms = now.timestamp_millis();
    let mut tx = bot.store.read().await?;
    let due = due_work::due_work(&mut tx, now_ms).await?;
    let hold = bot.freeze.hold();
    // What people ask now is looked up; what the copy holds waits for the same word as messages.
    let jobs_since = match hold {
        Hold::Free => i64::MIN,
        Hold::Asking { since_ms } | Hold::Frozen { since_ms } => since_ms,
    };
    let jobs_wait = bot.lanes.lookups_until(now);
    // A call that the lease would not outlast is not begun: what is to be called waits for its renewal, which wakes the loop.
    let may_call = bot.slack.may_call();
    let due_jobs = if may_call && due.job && jobs_wait.is_none() {
        jobs::due(&mut tx, now_ms, jobs_since).await?
    } else {
        Vec::new()
    };
    let remains = if due.scrub { scrub::due(&mut tx, now_ms).await? } else { Vec::new() };
    drop(tx);
    // A deadline that failed returns its error last, because messages that are ready must not wait for it.
    let has_come = |at: Option<i64>| at.is_some_and(|at| at <= now_ms);
    let free = hold == Hold::Free;
    if let Hold::Frozen { .. } = hold {
        restored::look_again(bot).await?;
    }
    let fired = if free && has_come(due.timer) { timers::fire_next(bot).await } else { Ok(false) };
    let reminded = if free && has_come(due.reminder) { reminders::remind_next(bot).await } else { Ok(false) };
    let digested = if free && has_come(due.digest) { digest::digest_next(bot).await } else { Ok(false) };
    for row in due_jobs {
        work.run_job(bot, row);
    }
    let room = (AT_ONCE * 2).saturating_sub(work.tasks.len());
    let claimed = if may_call && room > 0 && due.message {
        dispatcher::claim(bot, room.min(AT_ONCE)).await?
    } else {
        dispatcher::Claimed::default()
    };
    let mut did = claimed.settled || !claimed.tasks.is_empty();
    let clean_again = (!remains.is_empty()).then_some(now + SCRUB_AGAIN);
    for task in claimed.tasks {
        work.run_message(bot, task);
    }
    // Before those errors are returned: the traces of a survey must go even if something else failed.
    work.run_cleaning(bot, remains, now);
    let trackers = if free && may_call { work.run_trackers(bot, &due, now) } else { None };
    did |= fired? | reminded? | digested?;
    let first = |times: &[Option<DateTime<Utc>>]| times.iter().copied().flatten().min();
    let (job, cleaning) = (due.next_job.map(from_ms), due.next_scrub.map(from_ms));
    let jobs_wait = jobs_wait.or_else(|| bot.lanes.lookups_until(now));
    // A cleaning that is tried again soon has not ended; one that waits for more to clean has not begun.
    let cleans = cleaning.filter(|at| *at <= now + SCRUB_AGAIN);
    let next_message = first(&[claimed.again, jobs_wait, due.next_message.map(from_ms), job, cleans]);
    let deadlines = [due.timer, due.reminder, due.digest].into_iter().flatten().filter(|ms| *ms > now_ms);
    let look_again = matches!(hold, Hold::Frozen { .. }).then_some(now + LOOK_FOR_A_WORD);
    let next = first(&[next_message, trackers, deadlines.min().map(from_ms), cleaning, clean_again, look_again]);
    Ok(Turn { did, next, next_message })
}
