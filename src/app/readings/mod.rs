//! The figures of a release from its repository: read when a retro starts, when GitHub tells of the release, when
//! somebody asks, and once more at the end of the soak.
//!
//! Rule: a reading is cut into pieces of a few calls. Between them it lies in the database, so that it goes on after a
//! restart, and tickets do not wait for it.

pub mod wanted;

use std::collections::BTreeMap;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use self::wanted::want;
use super::cx::Cx;
use super::leader::leader;
use super::outcome::{Failure, Outcome};
use super::releases::Around;
use super::{pick, save};
use crate::app::tickets::trouble;
use crate::bot::Bot;
use crate::store::readings::Wish;
use crate::store::tickets::Due;
use crate::store::{Tx, cards, due, readings, releases, retros, settings};
use crate::trackers::github::{Reading, Went};
use lookback_core::ids::{ChannelId, UserId};
use lookback_core::model::settings::{Releases, Settings};
use lookback_core::model::ticket::Tracker;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::release::given;
use lookback_core::retro::release::report::{self, Place};
use lookback_core::retro::release::source::{self, Figure, Source};
use lookback_core::retro::{Decision, Refusal, Reply};

/// Calls in one piece.
const CALLS: usize = 50;

/// So many pull requests later somebody who waits hears how far it is.
const TOLD_EVERY: usize = 500;

/// How long after the end of the soak it is read once more: lists of GitHub lag by seconds.
const SETTLED: Duration = Duration::minutes(5);

/// A reading of all repositories of a channel.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    /// Those that wait.
    waiting: Vec<Releases>,
    reading: Option<Reading>,
    found: Vec<Found>,
}

/// What one repository told.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    repository: String,
    /// `None`: it has none for this release.
    tag: Option<String>,
    is_hidden: bool,
    hidden: Vec<String>,
    figures: BTreeMap<Figure, String>,
}

/// `data refresh`.
pub async fn refresh(cx: &mut Cx<'_>, channel: &ChannelId, version: Option<&str>) -> Result<Outcome, Failure> {
    let (caller, open) = cx.may_configure(channel).await?;
    let version = match version {
        Some(version) => releases::spelled(cx.tx, cx.team, channel, version).await?,
        None if open.is_empty() && retros::scheduled_in(cx.tx, cx.team, channel).await?.is_empty() => {
            retros::last_closed(cx.tx, cx.team, channel, None).await?.ok_or(Refusal::DataOfWhich)?.version
        }
        None => pick::pick(cx, channel, None, "data refresh").await?.version,
    };
    if !cx.bot.trackers.has(Tracker::GitHub) {
        return Err(Refusal::NoGitHub.into());
    }
    let asked_by = caller.person.id.clone();
    let wish = Wish { channel, version: &version, asked_by: Some(&asked_by) };
    if !want(cx.bot, cx.tx, cx.team, wish).await? {
        return Err(Refusal::NoRepository.into());
    }
    let named = settings::of_channel(cx.tx, cx.team, channel).await?.repositories;
    let named: Vec<String> = named.into_iter().map(|place| place.repository).collect();
    Ok(Outcome::Done(Decision::say(report::begins(&version, &named))))
}

/// The next piece of a reading.
pub async fn step(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    let (team, channel) = (&due.team_id, &due.channel_id);
    let mut tx = bot.store.begin().await?;
    let row = readings::of(&mut tx, team, channel, due.number).await?;
    let settings = settings::of_channel(&mut tx, team, channel).await?;
    let Some(row) = row else {
        due::clear(&mut tx, &due.subject()).await?;
        return tx.commit().await;
    };
    if settings.repositories.is_empty() {
        // What was read so far names people.
        readings::done(&mut tx, team, channel, &row, bot.now_ms()).await?;
        due::clear(&mut tx, &due.subject()).await?;
        return tx.commit().await;
    }
    let previous = releases::before(&mut tx, team, channel, &row.version).await?;
    drop(tx);
    // What a later version kept is read from the beginning.
    let kept = row.progress.as_deref().and_then(|state| serde_json::from_str(state).ok());
    let mut state =
        kept.unwrap_or_else(|| State { waiting: settings.repositories.clone(), reading: None, found: Vec::new() });
    let before = state.reading.as_ref().and_then(Reading::progress).map_or(0, |(read, _)| read);
    for _ in 0..CALLS {
        let Some(mut reading) = state.reading.take().or_else(|| next(&mut state, &row, previous.as_deref(), &settings))
        else {
            return finish(bot, due, &row, state).await;
        };
        match bot.trackers.read_on(&mut reading).await {
            Ok(Went::On) => state.reading = Some(reading),
            Ok(went) => state.found.push(found(reading, went, &settings, bot)),
            Err(fault) if fault.is_of_tracker() => {
                state.reading = Some(reading);
                keep(bot, due, &row, &state, None).await?;
                return trouble::happened(bot, due, &fault).await;
            }
            Err(fault) => {
                tracing::warn!(fault = %fault, "a release could not be read from GitHub");
                state.found.push(found(reading, Went::NoRepository, &settings, bot));
            }
        }
    }
    keep(bot, due, &row, &state, Some(before)).await
}

/// The next repository.
fn next(state: &mut State, row: &readings::Row, previous: Option<&str>, settings: &Settings) -> Option<Reading> {
    let place = (!state.waiting.is_empty()).then(|| state.waiting.remove(0))?;
    Some(Reading::new(&row.version, &place, previous, &settings.release_labels.bug))
}

fn found(reading: Reading, went: Went, settings: &Settings, bot: &Bot) -> Found {
    let soak = Duration::hours(settings.soak_hours);
    let is_read = went == Went::Done;
    Found {
        repository: reading.place.repository,
        tag: is_read.then(|| reading.history.tag.clone()),
        is_hidden: went == Went::NoRepository,
        hidden: reading.hidden,
        figures: match is_read {
            true => reading.history.figures(&settings.release_labels, soak, bot.clock.now()),
            false => BTreeMap::new(),
        },
    }
}

/// Keeps how far it is; whoever waits hears of it now and then.
async fn keep(bot: &Bot, due: &Due, row: &readings::Row, state: &State, before: Option<usize>) -> sqlx::Result<()> {
    let mut tx = bot.store.begin().await?;
    let json = serde_json::to_string(state).unwrap_or_default();
    readings::keep(&mut tx, &due.team_id, &due.channel_id, &row.version, &json).await?;
    if let (Some(before), Some((read, of)), Some(user)) =
        (before, state.reading.as_ref().and_then(Reading::progress), &row.asked_by)
        && read / TOLD_EVERY > before / TOLD_EVERY
    {
        let key = format!("reading/{}/{}/{read}", due.number, row.done_ms.unwrap_or(0));
        tell(bot, &mut tx, due, &UserId(user.clone()), &key, &report::progress(&row.version, read, of)).await?;
    }
    tx.commit().await
}

/// All is read: the figures are kept, and whoever asked hears of them.
async fn finish(bot: &Bot, due: &Due, row: &readings::Row, state: State) -> sqlx::Result<()> {
    let (now, team, channel) = (bot.clock.now(), &due.team_id, &due.channel_id);
    let mut tx = bot.store.begin().await?;
    let around = Around::load(&mut tx, team, channel, &row.version, "UTC").await?;
    let figures = together(&state.found);
    let shown = around.shown(&row.version);
    let told = source::told(&shown, &around.said, Source::GitHub, &figures, now);
    if !told.said.is_empty() {
        let given = given::told(&around.place(), &told, now);
        save::save(bot, &mut tx, team, Decision { reply: None, ..given.decision }).await?;
    }
    let places: Vec<Place> = state.found.into_iter().map(place).collect();
    let words = report::report(&row.version, &places, &told, &around.tz);
    let key = format!("reading/{}/{}", due.number, now.timestamp_millis());
    match &row.asked_by {
        Some(user) => tell(bot, &mut tx, due, &UserId(user.clone()), &key, &words).await?,
        // Nobody asked: what people have seen already is told when it moved.
        None if !told.changed.is_empty() || !told.differ.is_empty() => {
            if let Some(lead) = leader(&mut tx, team, channel, None).await? {
                let to = Recipient::Dm { user: lead.id };
                cards::want(&mut tx, team, &Wanted::reply(&key, to, &words), now.timestamp_millis()).await?;
            }
        }
        None => {}
    }
    readings::done(&mut tx, team, channel, row, now.timestamp_millis()).await?;
    let soaked = told.release.deployed_at.map(|at| at + Duration::hours(around.settings.soak_hours) + SETTLED);
    let again = soaked.filter(|at| *at > now).map(|at| at.timestamp_millis());
    due::done(&mut tx, &due.subject(), due.due_ms, again).await?;
    // A fault on the way is over; without a ticket nothing else would say so.
    trouble::answers(bot, &mut tx, team, Tracker::GitHub).await?;
    tx.commit().await
}

fn place(found: Found) -> Place {
    let Found { repository, tag, is_hidden, hidden, .. } = found;
    match tag {
        Some(tag) => Place::Read { repository, tag, hidden },
        None if is_hidden => Place::NoRepository { repository },
        None => Place::NoTag { repository },
    }
}

/// The figures of several repositories: counts are added where each that has the release knows them, times are those of
/// the last deployment. How many people there are in all cannot be told from counts.
fn together(found: &[Found]) -> BTreeMap<Figure, String> {
    let read: Vec<&Found> = found.iter().filter(|found| found.tag.is_some()).collect();
    let [_, _, ..] = read.as_slice() else { return read.first().map(|one| one.figures.clone()).unwrap_or_default() };
    let last = read.iter().max_by_key(|found| found.figures.get(&Figure::DeployedAt));
    let mut all = BTreeMap::new();
    for figure in Figure::ALL {
        let value = match figure {
            Figure::DeployedAt | Figure::DeployTime | Figure::LeadTime => {
                last.and_then(|last| last.figures.get(&figure)).cloned()
            }
            Figure::Contributors => None,
            Figure::Features
            | Figure::BugFixes
            | Figure::BreakingChanges
            | Figure::Rollbacks
            | Figure::Hotfixes
            | Figure::Bugs => {
                let counts = read.iter().map(|found| found.figures.get(&figure)?.parse::<u64>().ok());
                counts.sum::<Option<u64>>().map(|sum| sum.to_string())
            }
        };
        all.extend(value.map(|value| (figure, value)));
    }
    all
}

/// A word to whoever asked, where they asked.
async fn tell(bot: &Bot, tx: &mut Tx, due: &Due, user: &UserId, key: &str, words: &Reply) -> sqlx::Result<()> {
    let to = Recipient::Ephemeral { channel: due.channel_id.clone(), user: user.clone(), thread: None };
    cards::want(tx, &due.team_id, &Wanted::reply(key, to, words), bot.now_ms()).await
}
