//! A database that is older than the one that ran last: one that was put back from a backup, or a copied folder.
//!
//! Its retros would ask everybody again. So nothing leaves until a person says go on, and what may be in Slack already is
//! looked for before it is posted. Three things tell: the sign of life beside the database is younger than the one in it;
//! `lookback restore` says so; or messages of the bot are in Slack that the database cannot know.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use super::lost_keys;
use super::reminders::somebody;
use crate::bot::Bot;
use crate::calls::{self, History};
use crate::freeze::{Hold, Unknown};
use crate::slack::client::CallError;
use crate::store::runs::{self, Conversation, Runs};
use crate::store::{Tx, cards, directory, replies};
use lookback_core::ids::TeamId;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::restored;
use lookback_core::zone::from_ms;

/// Each claim of a message is a sign of life, and a call ends within ten seconds of it: so much later no message can have
/// come from a run that this database knows.
const SILENCE: Duration = Duration::seconds(20);

/// How soon an answer of Slack that did not come is asked for again.
const AGAIN: Duration = Duration::seconds(5);

/// Tries to read a conversation while Slack does not answer.
const TRIES: u32 = 60;

/// Pages of a history that are read: the newest come first.
const PAGES: usize = 5;

/// For how long after a restore old messages are looked for.
const REMEMBERED: Duration = Duration::days(30);

/// How far a standby may have been behind when it was promoted, and how long the promotion may take.
const BEHIND: Duration = Duration::minutes(15);

/// Whether a standby of the database was promoted since the last sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failover {
    None,
    /// Each commit had waited for it.
    Complete,
    /// It may lack what was saved last.
    MayLack,
}

/// At a start: whether messages may leave. Returns since when Slack has to be asked for messages of a newer copy.
pub async fn at_start(bot: &Bot, tx: &mut Tx, failover: Failover) -> sqlx::Result<Option<i64>> {
    let now_ms = bot.slack.time.now().timestamp_millis();
    let runs = runs::read(tx).await?;
    if let Some(frozen_ms) = runs.frozen_ms {
        // Where the clock was put back, time begins now.
        let frozen_ms = frozen_ms.min(bot.now_ms());
        let last_ms = runs.unknown.map_or(frozen_ms, |(from_ms, _)| from_ms);
        runs::freeze(tx, last_ms, frozen_ms).await?;
        let runs = Runs { frozen_ms: Some(frozen_ms), ..runs };
        ask(bot, tx, &runs).await?;
        follow(bot, &runs);
        return Ok(None);
    }
    let Some(last_ms) = runs.heartbeat_ms else { return Ok(None) };
    // A copy that was put back begins a new history too: one that is older than any standby is no failover.
    if failover != Failover::None && now_ms - last_ms <= BEHIND.num_milliseconds() {
        look_before_posting(bot, tx, last_ms - BEHIND.num_milliseconds()).await?;
        if failover == Failover::MayLack {
            // After that: this one is not in Slack yet.
            tell_what_may_lack(bot, tx, last_ms).await?;
        }
        return Ok(None);
    }
    let beside = bot.store.file().and_then(runs::last_beat_beside);
    if beside.is_some_and(|at| at > last_ms + SILENCE.num_milliseconds()) {
        let runs = freeze(bot, tx, last_ms).await?;
        follow(bot, &runs);
        return Ok(None);
    }
    if now_ms - last_ms <= SILENCE.num_milliseconds() {
        follow(bot, &runs);
        return Ok(None);
    }
    // What an earlier restore left unknown stays so.
    let before = runs.unknown.filter(|(_, to_ms)| now_ms - to_ms < REMEMBERED.num_milliseconds());
    let from_ms = before.map_or(last_ms, |(from_ms, _)| from_ms.min(last_ms));
    runs::doubt_unsent(tx, from_ms, bot.now_ms()).await?;
    let unknown = Unknown { from_ms, to_ms: now_ms, proven: before.is_some() };
    bot.freeze.set(Hold::Asking { since_ms: bot.now_ms() }, Some(unknown));
    Ok(Some(last_ms))
}

/// A standby that was promoted may lack what was done last. A message that may be in Slack already is looked for first.
async fn look_before_posting(bot: &Bot, tx: &mut Tx, from_ms: i64) -> sqlx::Result<()> {
    let (now_ms, slacks_ms) = (bot.now_ms(), bot.slack.time.now().timestamp_millis());
    tracing::warn!(
        "the database failed over: if its standby was asynchronous, the latest changes may be lost. The bot looks in Slack for messages since {} before it sends them",
        lookback_core::zone::from_ms(from_ms)
    );
    runs::doubt_unsent(tx, from_ms, now_ms).await?;
    runs::may_be_missing(tx, from_ms, slacks_ms).await?;
    let runs = runs::read(tx).await?;
    follow(bot, &runs);
    Ok(())
}

/// Says that the last moments may be missing, to whoever facilitated last.
async fn tell_what_may_lack(bot: &Bot, tx: &mut Tx, last_ms: i64) -> sqlx::Result<()> {
    for team in bot.workspaces.keys() {
        let Some(user) = somebody(tx, team).await? else { continue };
        let tz = directory::person(tx, team, &user).await?.map_or_else(|| "UTC".to_owned(), |person| person.tz);
        let words = restored::may_lack(from_ms(last_ms), &tz);
        let wanted = Wanted::reply(&format!("may_lack/{last_ms}"), Recipient::Dm { user }, &words);
        cards::want(tx, team, &wanted, bot.now_ms()).await?;
    }
    Ok(())
}

/// Sets what the database says.
fn follow(bot: &Bot, runs: &Runs) {
    let unknown = runs.unknown.map(|(from_ms, to_ms)| Unknown { from_ms, to_ms, proven: true });
    bot.freeze.set(runs.frozen_ms.map_or(Hold::Free, |since_ms| Hold::Frozen { since_ms }), unknown);
}

/// A newer copy ran after `last_ms`: nothing leaves, and whoever facilitated last is asked. Returns what the bot follows
/// once this is committed: [`look_again`] takes a database that does not say so for a person's word to go on.
async fn freeze(bot: &Bot, tx: &mut Tx, last_ms: i64) -> sqlx::Result<Runs> {
    let now_ms = bot.now_ms();
    runs::freeze(tx, last_ms, now_ms).await?;
    let runs = runs::read(tx).await?;
    ask(bot, tx, &runs).await?;
    Ok(runs)
}

/// Asks for a person's word once.
async fn ask(bot: &Bot, tx: &mut Tx, runs: &Runs) -> sqlx::Result<()> {
    let last_ms = runs.unknown.map_or_else(|| bot.now_ms(), |(from_ms, _)| from_ms);
    let frozen_ms = runs.frozen_ms.unwrap_or_else(|| bot.now_ms());
    tracing::error!(
        "a newer copy of this database has been in use: this one knows nothing after {}, and nothing is sent. Restore a newer backup, or run `lookback restore --go-on`",
        from_ms(last_ms)
    );
    runs::doubt_unsent(tx, last_ms, frozen_ms).await?;
    for team in bot.workspaces.keys() {
        let Some(user) = somebody(tx, team).await? else { continue };
        let tz = directory::person(tx, team, &user).await?.map_or_else(|| "UTC".to_owned(), |person| person.tz);
        let words = restored::question(from_ms(last_ms), &tz);
        let wanted = Wanted::reply(&format!("restored/{frozen_ms}"), Recipient::Dm { user }, &words);
        if !replies::is_known(tx, team, &wanted.key).await? {
            cards::want(tx, team, &wanted, bot.now_ms()).await?;
        }
    }
    Ok(())
}

/// Asks Slack whether a newer copy of the database posted anything; messages wait until then.
pub async fn ask_slack(bot: &Bot, last_ms: i64) -> sqlx::Result<()> {
    let Some(unknown) = bot.freeze.unknown() else { return Ok(()) };
    let mut proven = false;
    for team in bot.workspaces.keys() {
        proven |= posted_in(bot, team, Unknown { from_ms: last_ms, ..unknown }).await?;
    }
    if proven {
        let mut tx = bot.store.begin().await?;
        let runs = freeze(bot, &mut tx, last_ms).await?;
        tx.commit().await?;
        follow(bot, &runs);
    } else {
        let mut tx = bot.store.begin().await?;
        lost_keys::go_on(bot, &mut tx).await?;
        tx.commit().await?;
        bot.freeze.set(Hold::Free, Some(unknown));
    }
    bot.wake.notify_one();
    Ok(())
}

async fn posted_in(bot: &Bot, team: &TeamId, unknown: Unknown) -> sqlx::Result<bool> {
    let since = from_ms(unknown.from_ms) + SILENCE;
    let mut tx = bot.store.read().await?;
    let conversations = runs::conversations(&mut tx, team).await?;
    let unsettled = runs::unsettled(&mut tx, team).await?;
    drop(tx);
    let unsettled: BTreeSet<String> = unsettled.iter().map(|key| bot.seal.tag(&format!("{team}/{key}"))).collect();
    for conversation in conversations {
        for (ts, key) in own_messages(bot, team, &conversation, since).await {
            // One that is younger than this start was under way, or is its own.
            let is_before = ts.parse::<f64>().is_ok_and(|at| at * 1000.0 < unknown.to_ms as f64);
            let mut tx = bot.store.read().await?;
            if is_before && !unsettled.contains(&key) && !runs::knows(&mut tx, team, &ts).await? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// `ts` and key of the bot's own messages in a conversation; none where it cannot be read.
async fn own_messages(bot: &Bot, team: &TeamId, of: &Conversation, since: DateTime<Utc>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    let Some(me) = bot.workspace(team).map(|w| w.bot_user_id.as_str()) else { return found };
    let part = History { channel: &of.channel, thread: of.thread.as_deref(), since, until: None };
    for _ in 0..PAGES {
        let mut tried = 0;
        let page = loop {
            tried += 1;
            match calls::history(bot, team, &part, &cursor).await {
                Ok(page) => break page,
                Err(CallError::Refused { .. }) => return found,
                Err(CallError::NotSent | CallError::Unclear) if tried > TRIES => return found,
                Err(CallError::Limited { after }) => bot.wait_for_pace(calls::until(bot.clock.now(), after)).await,
                Err(CallError::NotSent | CallError::Unclear) => bot.wait_for_pace(bot.clock.now() + AGAIN).await,
            }
        };
        found.extend(page.messages.iter().filter_map(|message| own(message, me)));
        cursor = page.response_metadata.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    found
}

/// Another Lookback may post in the same channel: only what this bot's user wrote counts.
fn own(message: &Value, me: &str) -> Option<(String, String)> {
    let text = |at: &str| message.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let ours = text("/metadata/event_type")? == "lookback" && text("/user")? == me;
    let (ts, key) = (text("/ts")?, text("/metadata/event_payload/key")?);
    ours.then_some((ts, key))
}

/// While nothing leaves: looks whether a person said go on.
pub async fn look_again(bot: &Bot) -> sqlx::Result<()> {
    let mut tx = bot.store.read().await?;
    let runs = runs::read(&mut tx).await?;
    drop(tx);
    if runs.frozen_ms.is_none() {
        let mut tx = bot.store.begin().await?;
        lost_keys::go_on(bot, &mut tx).await?;
        tx.commit().await?;
        tracing::info!("messages leave again; what may be in Slack already is looked for first");
        follow(bot, &runs);
    }
    Ok(())
}
