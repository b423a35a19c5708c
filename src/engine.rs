//! The one loop that moves things: deadlines, errands, messages. Everything it needs is in rows, so
//! it can be stopped anywhere and started again.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::app::App;
use crate::outbox::dispatcher::{self, AT_ONCE};
use crate::store::{cards, due_work, inbox, responses, scrub};
use lookback_core::ids::RetroId;
use lookback_core::zone::from_ms;

/// How long what was handled is remembered: longer than Slack repeats anything.
const MEMORY: Duration = Duration::days(7);

/// How often rows are put right that time has overtaken.
const SWEEP: Duration = Duration::minutes(1);

/// How soon the file is cleaned again after a try that did not get everything.
const SCRUB_AGAIN: Duration = Duration::seconds(5);

/// The longest the loop rests.
const IDLE: Duration = SWEEP;

/// How soon after a start messages in doubt are looked for.
const AFTER_START: Duration = Duration::seconds(3);

/// Where the outbox stands when nothing can be done right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// When the next message can go or must be looked for.
    pub next_message: Option<DateTime<Utc>>,
}

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    ask: mpsc::Sender<oneshot::Sender<Quiet>>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Engine {
    /// Recovers what a crash left in doubt, and starts.
    pub async fn start(app: Arc<App>) -> sqlx::Result<Self> {
        let now = app.clock.now();
        let mut tx = app.store.begin().await?;
        let doubtful = cards::recover(&mut tx, (now + AFTER_START).timestamp_millis()).await?;
        scrub::hurry(&mut tx).await?;
        for (team, method, until) in cards::backoffs(&mut tx, now.timestamp_millis()).await? {
            app.lanes.remember_wait(&team, &method, from_ms(until));
        }
        tx.commit().await?;
        if doubtful > 0 {
            tracing::info!(doubtful, "messages were under way when the last run ended; looking for them");
        }
        let (ask, asked) = mpsc::channel(1);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(app, asked, stopped));
        Ok(Self { ask, stop, task })
    }

    /// Returns once nothing is under way and nothing can be done right now.
    pub async fn quiet(&self) -> Quiet {
        let (tell, told) = oneshot::channel();
        let sent = self.ask.send(tell).await;
        match (sent, told.await) {
            (Ok(()), Ok(quiet)) => quiet,
            _ => Quiet { next_message: None },
        }
    }

    /// Finishes what is under way, takes nothing new.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        if self.task.await.is_err() {
            tracing::error!("the engine ended by a fault");
        }
    }

    /// Ends at once, as a crash would: what is under way is left in doubt.
    pub async fn crash(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn run(app: Arc<App>, mut asked: mpsc::Receiver<oneshot::Sender<Quiet>>, mut stopped: oneshot::Receiver<()>) {
    let mut work = JoinSet::new();
    let mut waiting: Vec<oneshot::Sender<Quiet>> = Vec::new();
    let mut errands = std::collections::BTreeSet::new();
    let (mut forgot, mut swept) = (None, None);
    let starting = app.clone();
    work.spawn(async move {
        if crate::directory::refresh(&starting, &starting.workspace.team_id).await.is_err() {
            tracing::info!("not everybody could be read at the start; people are read when they are needed");
        }
        None
    });
    loop {
        let now = app.clock.now();
        if swept.is_none_or(|at: DateTime<Utc>| (now - at).abs() >= SWEEP) {
            let back = swept.is_some_and(|at| at - now >= Duration::hours(1));
            swept = Some(now);
            sweep(&app, now, back).await;
        }
        // A fault in one turn must not end the loop on which every message depends.
        let turn = AssertUnwindSafe(turn(&app, &mut work, &mut errands)).catch_unwind().await;
        let turn = turn.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed));
        let (busy, next, next_message) = match turn {
            Ok(turn) => (turn.did, turn.next, turn.next_message),
            Err(error) => {
                tracing::error!(%error, "a turn of the engine failed; trying again in a second");
                (false, Some(app.clock.now() + Duration::seconds(1)), None)
            }
        };
        if busy {
            continue;
        }
        let (paused, goes_on) = app.lanes.waiting();
        let next_message = [next_message, goes_on].into_iter().flatten().min();
        if work.len() <= paused {
            for tell in waiting.drain(..) {
                let _ = tell.send(Quiet { next_message });
            }
        }
        let now = app.clock.now();
        if forgot.is_none_or(|at: DateTime<Utc>| (now - at).abs() > Duration::hours(6)) {
            forgot = Some(now);
            forget(&app, now).await;
        }
        let wait = app.clock.wait_until(next.unwrap_or(now + IDLE).min(now + IDLE));
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(done) = work.join_next(), if !work.is_empty() => finished(done, &mut errands),
            Some(tell) = asked.recv() => waiting.push(tell),
            () = app.wake.notified() => {}
            () = wait => {}
        }
    }
    // What only waits for its pace stays in its rows.
    while work.len() > app.lanes.waiting().0
        && let Some(done) = work.join_next().await
    {
        finished(done, &mut errands);
    }
    work.shutdown().await;
}

fn finished(done: Result<Option<i64>, tokio::task::JoinError>, errands: &mut std::collections::BTreeSet<i64>) {
    match done {
        Ok(Some(errand)) => {
            errands.remove(&errand);
        }
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "a task ended by a fault"),
    }
}

struct Turn {
    /// Something was done: look again at once.
    did: bool,
    /// When to look again by itself.
    next: Option<DateTime<Utc>>,
    /// The same, for messages alone.
    next_message: Option<DateTime<Utc>>,
}

async fn turn(
    app: &Arc<App>,
    work: &mut JoinSet<Option<i64>>,
    errands: &mut std::collections::BTreeSet<i64>,
) -> sqlx::Result<Turn> {
    let now = app.clock.now();
    let now_ms = now.timestamp_millis();
    let mut tx = app.store.read().await?;
    let glance = due_work::glance(&mut tx, now_ms).await?;
    let due_errands = if glance.errand { inbox::due_errands(&mut tx, now_ms).await? } else { Vec::new() };
    let remains = if glance.scrub { scrub::due(&mut tx, now_ms).await? } else { Vec::new() };
    drop(tx);
    // A deadline that cannot be saved is told at the end: what is ready to be sent must not wait for it.
    let fired = if glance.timer.is_some_and(|at| at <= now_ms) { app.fire_next().await } else { Ok(false) };
    let nagged = if glance.nag.is_some_and(|at| at <= now_ms) { app.nag_next().await } else { Ok(false) };
    let digested = if glance.digest.is_some_and(|at| at <= now_ms) { app.digest_next().await } else { Ok(false) };
    for errand in due_errands {
        // Each at most once at a time; the set is this loop's own, the row is the truth.
        if errands.len() < AT_ONCE && errands.insert(errand.id) {
            let (app, id) = (app.clone(), errand.id);
            work.spawn(async move {
                // In a task of its own, so that a fault in it is heard and not repeated for ever.
                let (inner, row) = (app.clone(), errand.clone());
                let failed = match tokio::spawn(async move { inner.run_errand(row).await }).await {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(fault) => Some(fault.to_string()),
                };
                if let Some(error) = failed {
                    tracing::error!(error, "an errand failed");
                    app.errand_failed(&errand).await;
                }
                Some(id)
            });
        }
    }
    let room = (AT_ONCE * 2).saturating_sub(work.len());
    let claimed = if room > 0 && glance.message {
        dispatcher::claim(app, room.min(AT_ONCE)).await?
    } else {
        dispatcher::Claimed::default()
    };
    let mut did = claimed.settled;
    for job in claimed.jobs {
        did = true;
        let app = app.clone();
        work.spawn(async move {
            dispatcher::run(app, job).await;
            None
        });
    }
    // Before what may have failed: what is sealed must go, whatever else is wrong.
    did |= scrub(app, &remains, now).await?;
    did |= fired? | nagged? | digested?;
    let next_message = [claimed.again, glance.next_message.map(from_ms)].into_iter().flatten().min();
    let again = (!remains.is_empty()).then_some(now + SCRUB_AGAIN);
    let errand = [glance.next_errand, glance.next_scrub].into_iter().flatten().min().map(from_ms);
    let deadlines = [glance.timer, glance.nag, glance.digest].into_iter().flatten();
    let timer = deadlines.filter(|ms| *ms > now_ms).min().map(from_ms);
    let next = [next_message, timer, errand, again].into_iter().flatten().min();
    let next_message = [next_message, errand].into_iter().flatten().min();
    Ok(Turn { did, next, next_message })
}

/// Cleans the file after surveys that are over, until nothing is left in it, its WAL and its free pages.
/// Deleted rows are overwritten as they go (`secure_delete`); what they looked like before stands in the WAL.
async fn scrub(app: &App, retros: &[RetroId], now: DateTime<Utc>) -> sqlx::Result<bool> {
    if retros.is_empty() {
        return Ok(false);
    }
    let again_ms = (now + SCRUB_AGAIN).timestamp_millis();
    let mut left = BTreeMap::new();
    let mut tx = app.store.begin().await?;
    for retro in retros {
        // While authors are still asked, their messages are needed.
        let open = responses::is_open(&mut tx, *retro).await?;
        left.insert(*retro, if open { 0 } else { cards::forget_shares(&mut tx, *retro).await? });
        // Whatever happens now: it is tried again.
        scrub::postpone(&mut tx, *retro, again_ms).await?;
    }
    tx.commit().await?;
    if !app.store.checkpoint().await? {
        tracing::info!("the WAL could not be emptied yet; trying again");
        return Ok(false);
    }
    let mut tx = app.store.begin().await?;
    for (retro, _) in left.iter().filter(|(_, left)| **left == 0) {
        scrub::done(&mut tx, *retro, again_ms).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn sweep(app: &App, now: DateTime<Utc>, back: bool) {
    let done = async {
        let mut tx = app.store.begin().await?;
        cards::sweep(&mut tx, now.timestamp_millis()).await?;
        tx.commit().await
    };
    if let Err(error) = done.await {
        tracing::error!(%error, "rows could not be put right");
    }
    if let Err(error) = app.release_early(back).await {
        tracing::error!(%error, "reminders that were held back could not be looked at");
    }
}

async fn forget(app: &App, now: DateTime<Utc>) {
    let before = (now - MEMORY).timestamp_millis();
    let done = async {
        let mut tx = app.store.begin().await?;
        inbox::forget_before(&mut tx, before).await?;
        cards::forget_replies(&mut tx, before).await?;
        tx.commit().await
    };
    if let Err(error) = done.await {
        tracing::error!(%error, "old rows were not removed");
    }
}
