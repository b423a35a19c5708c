//! Who answers a request when the database is slow: the handler in its acknowledgement, or, once Slack cannot wait any
//! longer, "still working", and the handler by a message of its own. Only one of them answers in the acknowledgement, and what is said is true.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::outcome::Ack;
use super::reply;
use super::request::{PATIENCE, Request};
use crate::bot::Bot;
use lookback_core::retro::{Refusal, Reply};

/// How much longer is waited for a commit that has begun: Slack waits three seconds in all.
const COMMIT: Duration = Duration::from_millis(700);

/// Tries to save the words for somebody who was promised an answer, while the database takes nothing.
const TRIES: u32 = 9;

const OPEN: u8 = 0;
const COMMITTING: u8 = 1;
const ANSWERED: u8 = 2;
const LATE: u8 = 3;

/// Who answers: the handler and whoever waits for it share this.
#[derive(Debug, Default)]
pub struct Answering(AtomicU8);

impl Answering {
    fn moves(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// The handler is about to commit; `false`: its words must go into the same commit, since nobody waits any more.
    pub fn commits(&self) -> bool {
        self.moves(OPEN, COMMITTING)
    }

    /// The handler has committed, and its words stand in the acknowledgement; `false`: nobody waits for that any more.
    pub fn answers(&self) -> bool {
        self.moves(COMMITTING, ANSWERED)
    }

    fn is_committing(&self) -> bool {
        self.0.load(Ordering::SeqCst) == COMMITTING
    }

    /// Slack cannot wait any longer; `false`: the handler has answered in this moment.
    fn gives_up(&self) -> bool {
        self.moves(OPEN, LATE) || self.moves(COMMITTING, LATE)
    }
}

/// What a handler came to.
type Handled = sqlx::Result<Ack>;

/// Waits for the handler as long as Slack can wait, and says what is true then.
pub async fn wait(bot: &Arc<Bot>, request: Request, answering: &Answering, mut handling: JoinHandle<Handled>) -> Ack {
    let mut handled = tokio::time::timeout(PATIENCE, &mut handling).await;
    if handled.is_err() && answering.is_committing() {
        handled = tokio::time::timeout(COMMIT, &mut handling).await;
    }
    let handled = match handled {
        Ok(handled) => handled,
        Err(_) if answering.gives_up() => {
            let now = bot.clock.now();
            bot.troubles.slow.happened(now, &"a request takes longer than two seconds");
            let bot = bot.clone();
            let ack = reply::still_working(&request);
            tokio::spawn(async move {
                let failed = flat(handling.await);
                if let Err(why) = failed {
                    not_saved(&bot, &request, &why).await;
                }
            });
            return ack;
        }
        Err(_) => handling.await,
    };
    match flat(handled) {
        Ok(ack) => {
            bot.troubles.saving.over(bot.clock.now());
            ack
        }
        Err(why) => {
            bot.troubles.saving.happened(bot.clock.now(), &why);
            reply::sorry(&request.reply_by)
        }
    }
}

fn flat(handled: Result<Handled, tokio::task::JoinError>) -> Result<Ack, String> {
    match handled {
        Ok(Ok(ack)) => Ok(ack),
        Ok(Err(error)) => Err(error.to_string()),
        // The panic itself was printed where it happened.
        Err(_) => Err("a rule failed".to_owned()),
    }
}

/// Somebody was told that it is worked on, and it was not saved.
async fn not_saved(bot: &Arc<Bot>, request: &Request, why: &str) {
    bot.troubles.saving.happened(bot.clock.now(), &why);
    // Slack repeats an event that nobody acknowledged, and so does its handler.
    if request.trigger.is_none() {
        return;
    }
    keep_promise(bot, request, Reply::new(Refusal::NotSaved.to_string())).await;
}

/// The same request, for what is said after "still working": its own answer may still come, under its own key.
pub fn as_late(request: &Request) -> Request {
    Request { key: format!("{}/late", request.key), ..request.clone() }
}

/// Says what became of a request that somebody was promised to hear of.
pub fn promise(bot: &Arc<Bot>, request: &Request, words: Reply) {
    let (bot, request) = (bot.clone(), request.clone());
    tokio::spawn(async move { keep_promise(&bot, &request, words).await });
}

async fn keep_promise(bot: &Arc<Bot>, request: &Request, words: Reply) {
    let request = as_late(request);
    for tried in 0..TRIES {
        match reply::say_later(bot, &request, words.clone()).await {
            Ok(()) => return,
            Err(_) => bot.clock.wait_until(bot.clock.now() + chrono::Duration::seconds(1 << tried)).await,
        }
    }
    tracing::error!("someone could not be told what became of their request");
}
