//! What moves things by itself, in whichever process sends. Everything it needs is in rows, so it can be stopped anywhere
//! and started again, here or elsewhere.

mod turns;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::{Notify, mpsc, oneshot};

use self::turns::Asked;
pub use self::turns::Quiet;
use crate::bot::Bot;
use crate::freeze::Hold;
use crate::lease::Lease;
use crate::store::lease::{self, LASTS, NEWS_OF_LEASE, Taken};
use crate::store::{NEWS_OF_TRACES, Store, runs};
use lookback_clock::{Stopwatch, pause};
use lookback_core::ids::TeamId;

/// How often the lease is renewed.
const RENEW: Duration = Duration::from_secs(3);

/// How soon something that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The engine of a process: it runs while this process sends, and waits while another does.
#[derive(Debug)]
pub struct Engine {
    ask: mpsc::Sender<oneshot::Sender<Quiet>>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
    hears: Option<tokio::task::JoinHandle<()>>,
}

/// The right to send, and the bot that has it.
struct Held {
    bot: Arc<Bot>,
    /// The database without the fence.
    store: Store,
    team: TeamId,
    fence: i64,
    lease: Lease,
    asks_since: Option<i64>,
}

impl Engine {
    /// Starts. Where no other process sends, this one does from now on: what a crash left in doubt is recovered.
    pub async fn start(bot: Arc<Bot>) -> sqlx::Result<Self> {
        let held = match take(&bot).await? {
            Take::Ours(held) => Some(*held),
            Take::Held(_) => {
                tracing::info!("another process sends; this one takes requests, and takes over when that one ends");
                None
            }
        };
        let (ask, asked) = mpsc::channel(1);
        let (stop, stopped) = oneshot::channel();
        let freed = Arc::new(Notify::new());
        let hears = bot.store.is_shared().then(|| tokio::spawn(hear(bot.clone(), freed.clone())));
        let task = tokio::spawn(supervise(bot, held, freed, asked, stopped));
        Ok(Self { ask, stop, task, hears })
    }

    /// Returns once nothing is under way here and nothing can be done right now.
    pub async fn quiet(&self) -> Quiet {
        let (tell, told) = oneshot::channel();
        let sent = self.ask.send(tell).await;
        match (sent, told.await) {
            (Ok(()), Ok(quiet)) => quiet,
            _ => Quiet { next_message: None },
        }
    }

    /// Finishes what is under way, takes nothing new, and lets another process take over.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        if self.task.await.is_err() {
            tracing::error!("the engine ended by a fault");
        }
        self.hears.iter().for_each(tokio::task::JoinHandle::abort);
    }

    /// Ends at once, as a crash would: what is under way is left in doubt.
    pub async fn crash(self) {
        self.hears.iter().for_each(tokio::task::JoinHandle::abort);
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn supervise(
    bot: Arc<Bot>,
    mut held: Option<Held>,
    freed: Arc<Notify>,
    mut asked: Asked,
    mut stopped: oneshot::Receiver<()>,
) {
    loop {
        let held = match held.take() {
            Some(held) => held,
            None => match wait(&bot, &freed, &mut asked, &mut stopped).await {
                Some(held) => held,
                None => return,
            },
        };
        let stopped_in_order = tokio::select! {
            () = turns::run(held.bot.clone(), held.asks_since, &mut asked, &mut stopped) => true,
            () = keep(&held) => false,
        };
        if stopped_in_order {
            release(&held).await;
            return;
        }
        tracing::warn!("the lease is lost: another process sends now, or the database failed over");
    }
}

/// What a try to become the one who sends found.
enum Take {
    Ours(Box<Held>),
    Held(Duration),
}

async fn take(bot: &Arc<Bot>) -> sqlx::Result<Take> {
    let Some(team) = bot.workspaces.keys().next().cloned() else { return Err(sqlx::Error::RowNotFound) };
    let since = Stopwatch::start();
    let mut tx = bot.store.begin().await?;
    let taken = lease::take(&mut tx, &team, &bot.name).await?;
    let (fence, failed_over) = match taken {
        Taken::Ours { fence, failed_over } => (fence, failed_over),
        Taken::Held(left) => return Ok(Take::Held(left)),
    };
    let lease = if bot.store.is_shared() { Lease::new(since, LASTS) } else { Lease::for_ever() };
    let whole = bot.store.clone();
    let (store, slack) = (bot.store.fenced(&team, fence), bot.slack.with_lease(lease.clone()));
    let bot = Arc::new(Bot { store, slack, ..Bot::clone(bot) });
    // With the lease: once its timeline is saved, nothing tells any more that the database failed over.
    let asks_since = turns::recover(&bot, &mut tx, failed_over).await?;
    tx.commit().await?;
    Ok(Take::Ours(Box::new(Held { bot, store: whole, team, fence, lease, asks_since })))
}

/// Waits until nobody else sends; `None` where this process stops first.
async fn wait(bot: &Arc<Bot>, freed: &Notify, asked: &mut Asked, stopped: &mut oneshot::Receiver<()>) -> Option<Held> {
    loop {
        let again = match take(bot).await {
            Ok(Take::Ours(held)) => {
                tracing::info!("this process sends from now on");
                return Some(*held);
            }
            Ok(Take::Held(left)) => left,
            Err(error) => {
                tracing::warn!(%error, "whether another process sends could not be read; trying again");
                AGAIN
            }
        };
        let again = pause(again);
        tokio::pin!(again);
        loop {
            tokio::select! {
                biased;
                _ = &mut *stopped => return None,
                Some(tell) = asked.recv() => drop(tell.send(Quiet { next_message: None })),
                () = freed.notified() => break,
                () = &mut again => break,
            }
        }
    }
}

/// Renews the lease, and saves that the bot runs; returns once it is lost.
async fn keep(held: &Held) {
    let Held { bot, lease, .. } = held;
    if !bot.store.is_shared() {
        return std::future::pending().await;
    }
    loop {
        pause(RENEW).await;
        let since = Stopwatch::start();
        match renew(held).await {
            Ok(true) => lease.renew(since),
            Ok(false) => return,
            Err(error) if lease.left().is_zero() => {
                tracing::warn!(%error, "the lease could not be renewed");
                return;
            }
            Err(_) => {}
        }
    }
}

async fn renew(held: &Held) -> sqlx::Result<bool> {
    let Held { bot, store, team, fence, .. } = held;
    let mut tx = store.begin().await?;
    let renewed = lease::renew(&mut tx, team, *fence).await?;
    // Until it is known whether a newer copy ran, the last sign of life stands.
    if renewed && bot.freeze.hold() == Hold::Free {
        runs::beat(&mut tx, bot.slack.time.now().timestamp_millis()).await?;
    }
    tx.commit().await?;
    Ok(renewed)
}

async fn release(held: &Held) {
    let released = async {
        let mut tx = held.bot.store.begin().await?;
        lease::release(&mut tx, &held.team, held.fence).await?;
        tx.commit().await
    };
    if held.bot.store.is_shared()
        && let Err(error) = released.await
    {
        tracing::warn!(%error, "the lease could not be given back: another process takes over when it ends");
    }
}

/// Passes on what commits of other processes tell. What is lost while the connection is down, a poll finds.
async fn hear(bot: Arc<Bot>, freed: Arc<Notify>) {
    loop {
        let heard = async {
            let Some(mut listener) = bot.store.listener().await? else { return Ok(()) };
            // What was told before it listened is lost.
            bot.wake.notify_one();
            bot.store.has_traces();
            pass_on(&mut listener, &bot, &freed).await
        };
        if let Err(error) = heard.await {
            tracing::warn!(%error, "the database tells no news; trying again");
        }
        pause(AGAIN).await;
    }
}

async fn pass_on(listener: &mut PgListener, bot: &Bot, freed: &Notify) -> sqlx::Result<()> {
    loop {
        let news = listener.recv().await?;
        match news.payload() {
            NEWS_OF_LEASE => freed.notify_one(),
            NEWS_OF_TRACES => bot.store.has_traces(),
            _ => bot.wake.notify_one(),
        }
    }
}
