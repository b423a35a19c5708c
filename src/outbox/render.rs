//! From a row to what is sent, read from the state at that moment. `None`: nothing to say any more.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use slack_morphism::prelude::SlackView;

use super::record::{before, facts, record, trend};
use super::{What, parent_of, stage};
use crate::app::App;
use crate::slack::view::{self, Message};
use crate::store::cards::Outgoing;
use crate::store::recurring as stored_themes;
use crate::store::{Tx, cards, directory, items, notes, reminders, responses, retros, settings};
use lookback_core::export::markdown::Document;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::retro::action::State;
use lookback_core::retro::people::Person;
use lookback_core::retro::release::trend::Trend;
use lookback_core::retro::{Card, Phase, Reply, Retro};
use lookback_core::zone;

/// What a row sends.
#[derive(Debug)]
pub enum Payload {
    /// A message.
    Message(Message),
    /// Nothing any more: the message is taken out.
    Gone,
    /// A Home tab.
    Home(Box<SlackView>),
    /// A file for a thread.
    File { name: String, bytes: Vec<u8>, alt: String, to: Option<ChannelId> },
    /// A picture that is still to be drawn: not while a transaction is open.
    Chart { trend: Trend, to: Option<ChannelId> },
}

/// A word that comes too late is not said.
const MEETING_WORD_LASTS: Duration = Duration::hours(1);

/// Renders `o`; `None` if it need not be sent.
pub async fn payload(app: &App, tx: &mut Tx, o: &Outgoing) -> sqlx::Result<Option<Payload>> {
    let message = match &o.what {
        What::Reply(_) => {
            o.body.as_deref().and_then(|b| serde_json::from_str::<Reply>(b).ok()).map(|r| view::reply::reply(&r))
        }
        What::Home(user) => return home(app, tx, &o.team, user).await,
        What::File { user, name } => {
            let Some(text) = o.body.clone() else { return Ok(None) };
            // The words before it told where that is.
            let to = directory::dm_channel(tx, &o.team, user).await?;
            return Ok(Some(Payload::File { name: name.clone(), bytes: text.into_bytes(), alt: String::new(), to }));
        }
        What::Chart { user, channel } => return chart(app, tx, &o.team, user, channel).await,
        What::Nag { owner, day } => nag(app, tx, o, owner, *day).await?,
        What::Card(card) => {
            let Some(retro) = retros::by_id(tx, &o.team, super::retro_of(card)).await? else { return Ok(None) };
            if let Card::Document(_) = card {
                let (name, text) =
                    document(tx, &o.team, &retro, app.clock.now(), |d| (d.file_name("md"), d.render())).await?;
                return Ok(Some(Payload::File {
                    name,
                    bytes: text.into_bytes(),
                    alt: String::new(),
                    to: Some(retro.channel),
                }));
            }
            if let Card::Stage { stage, page, .. } = card {
                return stage::payload(app, tx, o, &retro, (*stage, *page)).await;
            }
            if let (Card::Kudos { .. }, Phase::Cancelled) = (card, retro.phase) {
                // What was read out is kept out of sight with the rest.
                return Ok(o.ts.is_some().then_some(Payload::Gone));
            }
            self::card(app, tx, o, card, &retro).await?
        }
    };
    Ok(message.map(Payload::Message))
}

async fn card(app: &App, tx: &mut Tx, o: &Outgoing, card: &Card, retro: &Retro) -> sqlx::Result<Option<Message>> {
    let never_posted = o.ts.is_none();
    Ok(match card {
        Card::Notice { begins, .. } => {
            let current = retro.scheduled.as_ref().is_some_and(|s| s.begins.timestamp() == *begins);
            // Wanted first on its day; what was said already is put right.
            if never_posted && (retro.phase != Phase::Scheduled || !current) {
                return Ok(None);
            }
            Some(view::kickoff::notice(retro, current))
        }
        Card::Kickoff(_) => {
            let (done, all) = retros::tally(tx, retro.id).await?;
            let before = before(tx, &o.team, retro).await?;
            let now = app.clock.now();
            let scope = ["channels:history", "groups:history"].into_iter().any(|s| app.workspace.may(s));
            let kickoff =
                view::kickoff::Kickoff { retro, done, all, before: before.as_ref(), now, reads_threads: scope };
            Some(view::kickoff::kickoff(&kickoff))
        }
        Card::Survey { user, copy, nudge, .. } => {
            let Some(me) = retros::participant(tx, retro.id, user).await? else { return Ok(None) };
            // A survey that nobody needs any more is not begun, nor is a reminder to who has just answered.
            let answered = me.answer != lookback_core::retro::Answered::Waiting;
            if never_posted && (retro.phase != Phase::Collecting || answered && (*copy == 0 || *nudge)) {
                return Ok(None);
            }
            let tz = directory::person(tx, &o.team, user).await?.map_or_else(|| retro.zone.clone(), |p| p.tz);
            Some(view::survey::dm(retro, &me, *copy, retro.channel.as_str(), &tz))
        }
        Card::Share { user, .. } => {
            let waits = !responses::of_person(tx, retro.id, user, &app.vault()).await?.is_blank();
            let tz = directory::person(tx, &o.team, user).await?.map_or_else(|| retro.zone.clone(), |p| p.tz);
            (waits || !never_posted).then(|| view::survey::share(retro, waits, &tz))
        }
        Card::Agenda(_) => {
            if never_posted && matches!(retro.phase, Phase::Collecting | Phase::Cancelled) {
                return Ok(None);
            }
            let record = record(tx, &o.team, retro, app.clock.now()).await?;
            Some(view::agenda::agenda(&view::agenda::Agenda { retro, record: &record, now: app.clock.now() }))
        }
        Card::Facts(_) => {
            if never_posted && !(retro.phase.has_agenda() || retro.phase == Phase::Closed) {
                return Ok(None);
            }
            let facts = facts(tx, &o.team, retro).await?;
            view::release::figures(retro, &facts).or_else(|| (!never_posted).then(|| view::release::no_figures(retro)))
        }
        Card::MeetingTime(_) | Card::MeetingTimeDm { .. } => {
            let late = retro.meeting.is_none_or(|at| app.clock.now() > at + MEETING_WORD_LASTS);
            (!late && retro.phase.is_open()).then(|| view::kickoff::meeting_time(retro))
        }
        Card::Summary(_) => {
            let record = record(tx, &o.team, retro, app.clock.now()).await?;
            Some(view::summary::summary(&view::summary::Summary { retro, record: &record }))
        }
        Card::Preview { .. } => {
            let settings = settings::of_channel(tx, &o.team, &retro.channel).await?;
            let mut channels = settings.stakeholders;
            channels.retain(|c| *c != retro.channel);
            if channels.is_empty() || never_posted && retro.shared.is_some() {
                return Ok(None);
            }
            let record = record(tx, &o.team, retro, app.clock.now()).await?;
            Some(view::summary::preview(&view::summary::Summary { retro, record: &record }, &channels))
        }
        Card::Short { .. } => {
            let record = record(tx, &o.team, retro, app.clock.now()).await?;
            let summary = cards::by_key(tx, &o.team, &super::key(&Card::Summary(retro.id))).await?;
            let link = summary.and_then(|s| Some(app.workspace.link(&s.posted_in?, &s.ts?)));
            Some(view::summary::short(&view::summary::Summary { retro, record: &record }, link.as_deref()))
        }
        Card::Escalation { root, user, .. } => {
            let Some(e) = stored_themes::escalation(tx, &o.team, *root, retro.id).await? else { return Ok(None) };
            let Some(note) = notes::by_id(tx, &o.team, *root).await?.filter(|n| !n.hidden) else { return Ok(None) };
            if e.user != *user {
                return Ok((!never_posted).then(|| view::recurring::handed(retro, &e, &note.text)));
            }
            let mut versions = stored_themes::versions(tx, &o.team, *root, retro).await?;
            versions.retain(|v| *v != retro.version);
            Some(view::recurring::escalation(retro, &e, &note.text, &versions.join(", ")))
        }
        Card::Trouble { about, .. } => {
            let waits = cards::trouble(tx, &o.team, about).await?;
            // One of a stakeholders' channel names it.
            let channel = about.strip_prefix("short/").and_then(|rest| rest.split_once('/')).map(|(_, c)| c);
            let channel = channel.unwrap_or(retro.channel.as_str());
            waits.map(|waits| view::kickoff::trouble(retro, channel, waits))
        }
        Card::Begun(_) | Card::Warning { .. } | Card::Kudos { .. } | Card::Invite { .. } | Card::Health { .. } => {
            stage::words(app, tx, o, card, retro).await?
        }
        Card::Stage { .. } | Card::Document(_) => None,
    })
}

/// A picture of the trend; without the right to send files there is nothing to send.
async fn chart(
    app: &App,
    tx: &mut Tx,
    team: &TeamId,
    user: &UserId,
    channel: &ChannelId,
) -> sqlx::Result<Option<Payload>> {
    let to = directory::dm_channel(tx, team, user).await?;
    if !app.workspace.may("files:write") || to.is_none() {
        return Ok(None);
    }
    let trend = trend(tx, team, channel, None, app.clock.now()).await?;
    Ok((!trend.lines().is_empty()).then_some(Payload::Chart { trend, to }))
}

async fn home(app: &App, tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Option<Payload>> {
    // Somebody new may not have been read from Slack yet.
    let unknown = || Person {
        id: user.clone(),
        name: String::new(),
        tz: "UTC".to_owned(),
        bot: false,
        deleted: false,
        external: false,
        admin: false,
    };
    let person = directory::person(tx, team, user).await?.unwrap_or_else(unknown);
    let (page, done) = directory::home_page(tx, team, user).await?.unwrap_or_default();
    let mut surveys = Vec::new();
    for retro in retros::surveys_of(tx, team, user).await? {
        if let Some(me) = retros::participant(tx, retro.id, user).await? {
            surveys.push((retro, me.answer));
        }
    }
    let open = retros::open_for(tx, team, user).await?;
    let items = items::of_owner(tx, team, user, done).await?;
    let home = view::home::Home {
        person: &person,
        surveys: &surveys,
        items: &items,
        open: &open,
        page,
        done,
        now: app.clock.now(),
    };
    Ok(Some(Payload::Home(Box::new(view::home::home(&home)))))
}

/// A reminder that is late for its day is not begun, nor one of which everything was done meanwhile.
async fn nag(app: &App, tx: &mut Tx, o: &Outgoing, owner: &UserId, day: NaiveDate) -> sqlx::Result<Option<Message>> {
    let Some(person) = directory::person(tx, &o.team, owner).await? else { return Ok(None) };
    let today = zone::local(app.clock.now(), &person.tz).date();
    let mut items = reminders::items_of(tx, &o.team, owner, day).await?;
    if o.ts.is_none() {
        items.retain(|i| i.state == State::Open && i.owner == *owner && i.snoozed.is_none_or(|until| until <= today));
        if today != day || items.is_empty() || !person.reachable() {
            return Ok(None);
        }
    }
    Ok(Some(view::reminder::reminder(owner, &items, today)))
}

/// The document of a retro, as `write` writes it.
pub async fn document<R>(
    tx: &mut Tx,
    team: &TeamId,
    retro: &Retro,
    now: DateTime<Utc>,
    write: impl FnOnce(&Document<'_>) -> R,
) -> sqlx::Result<R> {
    let participants = retros::participants(tx, retro.id).await?;
    let record = record(tx, team, retro, now).await?;
    let mut names = BTreeMap::new();
    let mentioned: Vec<&UserId> = participants
        .iter()
        .map(|p| &p.user)
        .chain([&retro.facilitator])
        .chain(record.items.iter().map(|i| &i.owner))
        .chain(record.before.iter().flat_map(|b| b.items.iter().map(|i| &i.owner)))
        .chain(record.kudos.iter().map(|k| &k.to))
        .chain(record.notes.iter().filter_map(|n| n.author.as_ref()))
        .collect();
    for user in mentioned {
        if !names.contains_key(user)
            && let Some(person) = directory::person(tx, team, user).await?
        {
            names.insert(user.clone(), person.name);
        }
    }
    let document = Document { retro, participants: &participants, record: &record, names: &names };
    Ok(write(&document))
}

/// Where the thread of a card is: its parent's `ts`.
#[derive(Debug, PartialEq, Eq)]
pub enum Thread {
    /// Not in a thread.
    None,
    /// In this one.
    In(String),
    /// The parent is still on its way.
    Later,
}

/// Looks up the parent of `o`.
pub async fn thread(tx: &mut Tx, o: &Outgoing) -> sqlx::Result<Thread> {
    let What::Card(card) = &o.what else { return Ok(Thread::None) };
    let Some(parent) = parent_of(card) else { return Ok(Thread::None) };
    let key = super::key(&parent);
    match cards::by_key(tx, &o.team, &key).await? {
        Some(Outgoing { ts: Some(ts), .. }) => Ok(Thread::In(ts)),
        Some(_) if !cards::will_not_come(tx, &o.team, &key).await? => Ok(Thread::Later),
        // The parent was refused, or there is none: better beside it than nowhere.
        _ => Ok(Thread::None),
    }
}
