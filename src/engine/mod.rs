//! What moves things by itself, in whichever process sends. Everything it needs is in rows, so it can be stopped anywhere
//! and started again, here or elsewhere.

mod turns;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use self::turns::Asked;
pub use self::turns::Quiet;
use crate::app::restored::Failover;
use crate::bot::Bot;
use crate::freeze::Hold;
use crate::lease::Lease;
use crate::store::lease::{self, Fence, LASTS, Taken};
use crate::store::{News, Store, Tx, runs};
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
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
    hears: Option<tokio::task::JoinHandle<()>>,
}

/// The right to send, and the bot that has it.
struct Held {
    bot: Arc<Bot>,
    /// The database without the fence.
    store: Store,
    fence: Fence,
    lease: Lease,
    asks_since: Option<i64>,
    standby: Standby,
}

/// Whether a standby lacked nothing when this process last asked.
type Standby = Arc<AtomicBool>;

impl Engine {
    /// Starts. Where no other process sends, this one does from now on: what a crash left in doubt is recovered.
    pub async fn start(bot: Arc<Bot>) -> sqlx::Result<Self> {
        let standby = Standby::default();
        let held = match take(&bot, &standby).await? {
            Take::Ours(held) => {
                if bot.store.is_shared() {
                    tracing::info!("this process is now sending");
                }
                Some(*held)
            }
            Take::Held(_) => {
                tracing::info!(
                    "another process is sending; this one takes requests, and takes over when the other stops"
                );
                None
            }
        };
        let (ask, asked) = mpsc::channel(1);
        let (stop, stopped) = watch::channel(false);
        let freed = Arc::new(Notify::new());
        let hears = bot.store.is_shared().then(|| tokio::spawn(hear(bot.clone(), freed.clone())));
        let task = tokio::spawn(supervise(bot, held, standby, freed, asked, stopped));
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
        let _ = self.stop.send(true);
        if self.task.await.is_err() {
            tracing::error!("the engine stopped because of a fault");
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
    standby: Standby,
    freed: Arc<Notify>,
    mut asked: Asked,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let held = match held.take() {
            Some(held) => held,
            None => match wait(&bot, &standby, &freed, &mut asked, &mut stopped).await {
                Some(held) => held,
                None => return,
            },
        };
        let sends = Sends::begin(&bot);
        let stopped_in_order = tokio::select! {
            () = turns::run(held.bot.clone(), held.asks_since, &mut asked, &mut stopped) => true,
            () = keep(&held) => false,
        };
        if stopped_in_order {
            release(&held).await;
            return;
        }
        drop(sends);
        tracing::warn!(
            "this process no longer sends: another process does, the database failed over, or the database does not answer"
        );
        // What this process knew as the sender no longer applies: from now on it only takes requests.
        bot.freeze.set(Hold::Free, None);
    }
}

/// This process sends until this is dropped, also by a fault.
struct Sends<'a>(&'a Bot);

impl<'a> Sends<'a> {
    fn begin(bot: &'a Bot) -> Self {
        bot.health.sends(true);
        Self(bot)
    }
}

impl Drop for Sends<'_> {
    fn drop(&mut self) {
        self.0.health.sends(false);
    }
}

/// What a try to become the one who sends found.
enum Take {
    Ours(Box<Held>),
    Held(Duration),
}

async fn take(bot: &Arc<Bot>, standby: &Standby) -> sqlx::Result<Take> {
    let Some(team) = bot.workspaces.keys().next().cloned() else { return Err(sqlx::Error::RowNotFound) };
    let since = Stopwatch::start();
    let mut tx = bot.store.begin().await?;
    let taken = lease::take(&mut tx, &team, &bot.name).await?;
    let (fence, failed_over) = match taken {
        Taken::Ours { fence, failed_over } => (fence, failed_over),
        Taken::Held(left) => {
            ask_standby(&mut tx, &team, standby).await?;
            tx.commit().await?;
            return Ok(Take::Held(left));
        }
    };
    let lease = if bot.store.is_shared() { Lease::new(since, LASTS) } else { Lease::for_ever() };
    let whole = bot.store.clone();
    let (store, slack) = (bot.store.fenced(fence.clone()), bot.slack.with_lease(lease.clone()));
    let bot = Arc::new(Bot { store, slack, ..Bot::clone(bot) });
    let failover = match (failed_over, standby.load(Ordering::SeqCst)) {
        (false, _) => Failover::None,
        (true, true) => Failover::Complete,
        (true, false) => Failover::MayLack,
    };
    let loses_nothing = lease::loses_nothing(&mut tx, &team).await?;
    // With the lease: once its timeline is saved, nothing tells any more that the database failed over.
    let asks_since = turns::recover(&bot, &mut tx, failover).await?;
    tx.commit().await?;
    if let Some(nothing) = loses_nothing {
        standby.store(nothing, Ordering::SeqCst);
    }
    Ok(Take::Ours(Box::new(Held { bot, store: whole, fence, lease, asks_since, standby: standby.clone() })))
}

/// Keeps whether a standby lacks nothing now.
async fn ask_standby(tx: &mut Tx, team: &TeamId, standby: &Standby) -> sqlx::Result<()> {
    if let Some(nothing) = lease::loses_nothing(tx, team).await? {
        standby.store(nothing, Ordering::SeqCst);
    }
    Ok(())
}

/// Waits until nobody else sends; `None` where this process stops first.
async fn wait(
    bot: &Arc<Bot>,
    standby: &Standby,
    freed: &Notify,
    asked: &mut Asked,
    stopped: &mut watch::Receiver<bool>,
) -> Option<Held> {
    loop {
        if *stopped.borrow() {
            return None;
        }
        let taken = take(bot, standby).await;
        bot.health.saved(taken.is_ok(), bot.clock.now());
        if taken.is_ok() {
            bot.troubles.engine.over(bot.clock.now());
        }
        let held_for = match taken {
            Ok(Take::Ours(held)) => {
                tracing::info!("this process is now sending");
                return Some(*held);
            }
            Ok(Take::Held(left)) => Some(left),
            Err(error) => {
                bot.troubles.engine.happened(bot.clock.now(), &error);
                // What the try found out was not saved.
                bot.freeze.set(Hold::Free, None);
                None
            }
        };
        let again = async {
            match held_for {
                // The lease follows the database's clock, not the bot's.
                Some(left) => pause(left).await,
                None => bot.clock.wait_until(bot.clock.now() + AGAIN).await,
            }
        };
        tokio::pin!(again);
        loop {
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return None,
                () = freed.notified() => break,
                () = &mut again => break,
                Some(tell) = asked.recv() => drop(tell.send(Quiet { next_message: None })),
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
    let mut next = RENEW;
    loop {
        pause(next).await;
        let since = Stopwatch::start();
        next = match renew(held).await {
            Ok(true) => {
                let waited_for = !bot.slack.may_call();
                lease.renew(since);
                if waited_for {
                    bot.wake.notify_one();
                }
                RENEW
            }
            Ok(false) => return,
            Err(error) if lease.left().is_zero() => {
                tracing::warn!(%error, "the lease could not be renewed");
                return;
            }
            Err(_) => AGAIN,
        };
    }
}

async fn renew(held: &Held) -> sqlx::Result<bool> {
    let Held { bot, store, fence, standby, .. } = held;
    let mut tx = store.begin().await?;
    let renewed = lease::renew(&mut tx, fence).await?;
    // Until it is known whether a newer copy ran, the last sign of life stands.
    if renewed && bot.freeze.hold() == Hold::Free {
        runs::beat(&mut tx, bot.slack.time.now().timestamp_millis()).await?;
    }
    ask_standby(&mut tx, &fence.team, standby).await?;
    tx.commit().await?;
    Ok(renewed)
}

async fn release(held: &Held) {
    let released = async {
        let mut tx = held.bot.store.begin().await?;
        lease::release(&mut tx, &held.fence).await?;
        tx.commit().await
    };
    if held.bot.store.is_shared()
        && let Err(error) = released.await
    {
        tracing::warn!(%error, "could not release the lease: another process takes over when it expires");
    }
}

/// Passes on what commits of other processes tell. Polling finds what is lost while the connection is down.
async fn hear(bot: Arc<Bot>, freed: Arc<Notify>) {
    loop {
        let heard = async {
            let Some(mut listener) = bot.store.listener().await? else { return Ok(()) };
            bot.troubles.news.over(bot.clock.now());
            // What was told before it listened is lost.
            pass_on(News::Missed, &bot, &freed);
            loop {
                pass_on(listener.next().await?, &bot, &freed);
            }
        };
        let heard: sqlx::Result<()> = heard.await;
        if let Err(error) = heard {
            bot.troubles.news.happened(bot.clock.now(), &error);
        }
        pause(AGAIN).await;
    }
}

fn pass_on(news: News, bot: &Bot, freed: &Notify) {
    match news {
        News::Work => bot.wake.notify_one(),
        News::Lease => freed.notify_one(),
        News::Traces => bot.store.has_traces(),
        News::Schema => bot.store.has_new_schema(),
        News::Missed => {
            freed.notify_one();
            bot.store.has_traces();
            bot.wake.notify_one();
        }
    }
}
