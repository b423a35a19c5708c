//! `start`: gathers what the core needs to know of the channel and its people.

use chrono::{DateTime, Utc};

use super::commands::link;
use super::facts::{Fetched, Lookup};
use super::forms::wrong_at;
use super::load::{self, known};
use super::{App, Failure, Outcome, ReplyBy, Request};
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{Tx, directory, notes, releases, retros, settings};
use lookback_core::command::Start;
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::interaction::BlockAction;
use lookback_core::retro::{Change, Decision, Refusal, Reply, Step, Timer, due, schedule, start};

/// Decides a start with the facts that Slack just gave.
pub async fn start(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    s: &Start,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let caller = known!(load::caller(tx, request, channel, fetched).await?);
    let found = directory::channel(tx, &request.team, channel).await?.filter(|c| c.member || c.archived);
    let Some(found) = found else {
        return Err(
            if request.channel.as_ref() == Some(channel) { Refusal::NotInvited } else { Refusal::NoChannel }.into()
        );
    };
    if !caller.in_channel && request.channel.as_ref() != Some(channel) {
        return Err(Refusal::NoChannel.into());
    }
    start::may_start(&found, &caller)?;
    let mut asked = Vec::new();
    let mut unknown = Vec::new();
    if !s.groups.is_empty() && fetched.is_some_and(|f| f.no_groups) {
        return Err(Refusal::NoGroups.into());
    }
    let grouped = fetched.into_iter().flat_map(|f| f.groups.values().flatten());
    for user in s.people.iter().chain(grouped) {
        match directory::person(tx, &request.team, user).await? {
            Some(person) => asked.push(person),
            None if s.people.contains(user) => unknown.push(user.clone()),
            None => {}
        }
    }
    if s.people.is_empty() && s.groups.is_empty() {
        asked = directory::members(tx, &request.team, channel).await?;
    }
    let same = retros::open_in(tx, &request.team, channel).await?.into_iter().find(|r| r.version == s.version);
    let same = match same {
        Some(retro) => {
            let link = link(app, tx, request, &retro).await?;
            Some((retro, link))
        }
        None => None,
    };
    let previous = retros::last_closed(tx, &request.team, channel, s.previous.as_deref()).await?;
    let settings = settings::of_channel(tx, &request.team, channel).await?;
    let coming = notes::coming(tx, &request.team, channel).await?;
    let scheduled = retros::scheduled_in(tx, &request.team, channel).await?;
    let scheduled = scheduled.into_iter().find(|r| r.version == s.version);
    let data = releases::of(tx, &request.team, channel, &s.version).await?;
    let facts = start::Facts { channel: found, asked, unknown, same, previous, settings, scheduled, data, coming };
    let now = app.clock.now();
    match start::decide(&facts, &caller, s, now, RetroId(app.rng.id()))? {
        Ok(decision) => Ok(Outcome::Done(decision)),
        Err(start::TooMany(count)) => {
            let young = now - request.asked < chrono::Duration::milliseconds(2500);
            let form = lookback_core::interaction::Form::StartEveryone {
                channel: channel.clone(),
                start: Box::new(s.clone()),
            };
            if young && request.trigger.is_some() && matches!(request.answer, ReplyBy::Ack { .. }) && form.fits() {
                return Ok(Outcome::Open(Box::new(view::forms::start_everyone(channel, s, count))));
            }
            let press = BlockAction::StartEveryone { channel: channel.clone(), start: Box::new(s.clone()) };
            let words = format!(
                "That would send a survey to {count} people by DM. Add `everyone` to the command, or name the people to ask."
            );
            let reply = Reply::new(words);
            let reply = if press.value().is_some() { reply.button("Ask all of them", press) } else { reply };
            Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
        }
    }
}

/// A scheduled retro begins now, because somebody pressed the button.
pub async fn now(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    id: RetroId,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, id).await?;
    let scheduled = schedule::waiting(&retro)?;
    let s = &scheduled.start;
    if fetched.is_none() {
        let need =
            Lookup::channel(&retro.channel).and_person(&request.user).and_people(&s.people).and_groups(&s.groups);
        return Ok(Outcome::Needs(need));
    }
    let outcome = start(app, tx, request, &retro.channel, &now_out(s, app.clock.now()), fetched).await?;
    // Who was named leads it, whoever presses the button; unless they are not there any more.
    let planned = directory::person(tx, &request.team, &retro.facilitator).await?;
    let here = directory::is_member(tx, &request.team, &retro.channel, &retro.facilitator).await?;
    if planned.is_some_and(|p| p.reachable()) && here { Ok(led_by(outcome, &retro.facilitator)) } else { Ok(outcome) }
}

/// Somebody begins it before it was to be deployed: that it was planned for later is no matter then.
fn now_out(s: &Start, now: DateTime<Utc>) -> Start {
    let out = |text: &String| DateTime::parse_from_rfc3339(text).is_ok_and(|at| at <= now);
    Start { deployed: s.deployed.clone().filter(out), ..s.clone() }
}

/// The same by itself, on behalf of its facilitator. What keeps it from beginning is told, and it is tried again a day
/// later, so that it neither begins unseen nor is forgotten.
pub async fn begin(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    id: RetroId,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, id).await?;
    let now = app.clock.now();
    let Ok(scheduled) = schedule::waiting(&retro) else { return Ok(Outcome::Done(Decision::default())) };
    if scheduled.begins > now {
        // It was put off meanwhile.
        let timer = Timer { retro: retro.id, step: Step::Begin, due: Some(scheduled.begins) };
        return Ok(Outcome::Done(Decision { timers: vec![timer], ..Decision::default() }));
    }
    // Who has left since it was asked for does not hold it up.
    let mut s = scheduled.start.clone();
    let mut people = Vec::new();
    for user in &s.people {
        let known = directory::person(tx, &request.team, user).await?;
        people.extend(known.filter(|p| p.reachable()).map(|p| p.id));
    }
    let named = !s.people.is_empty();
    s.people = people;
    let outcome = if named && s.people.is_empty() && s.groups.is_empty() {
        Err(Refusal::NobodyToAsk.into())
    } else {
        start(app, tx, request, &retro.channel, &s, fetched).await
    };
    let why = match outcome {
        Ok(Outcome::Done(decision)) if decision.changes.iter().any(|c| matches!(c, Change::Begin { .. })) => {
            return Ok(led_by(Outcome::Done(decision), &request.user));
        }
        Ok(Outcome::Done(decision)) => decision.reply.unwrap_or_else(|| Reply::new("")),
        Err(Failure::Refused(why)) => Reply::new(why.to_string()),
        other => return other,
    };
    Ok(Outcome::Done(schedule::held_up(&retro, why, now)))
}

/// Who leads it.
fn led_by(outcome: Outcome, facilitator: &UserId) -> Outcome {
    let Outcome::Done(mut decision) = outcome else { return outcome };
    for change in &mut decision.changes {
        if let Change::Begin { retro, .. } = change {
            retro.facilitator = facilitator.clone();
        }
    }
    Outcome::Done(decision)
}

/// The same, now that so many people are to be asked.
pub async fn everyone(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    start: &Start,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    if fetched.is_none() {
        let need =
            Lookup::channel(channel).and_person(&request.user).and_people(&start.people).and_groups(&start.groups);
        return Ok(Outcome::Needs(need));
    }
    let start = Start { everyone: true, ..start.clone() };
    self::start(app, tx, request, channel, &start, fetched).await
}

/// The form of the shortcut: the same words as the command, each with its fault at its field.
pub async fn from_form(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    text: &impl Fn(&str) -> String,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let channel = ChannelId(text(field::CHANNEL));
    let version = text(field::VERSION).trim().to_owned();
    if version.is_empty() || version.contains(char::is_whitespace) || version.starts_with(['<', '@']) {
        return Ok(wrong_at(field::VERSION, &Refusal::NotAVersion));
    }
    let given = |id: &str| Some(text(id).trim().to_owned()).filter(|t| !t.is_empty());
    let start = Start {
        version: lookback_core::text::clean(&version),
        closes: given(field::CLOSES).map(|t| t.to_lowercase()),
        meeting: given(field::MEETING).map(|t| t.to_lowercase()),
        anonymous: text(field::NAMES) == "anonymous",
        named: text(field::NAMES) == "named",
        ..Start::default()
    };
    // Dates are read once before Slack is asked, so that a fault stands at its field.
    let zone = directory::person(tx, &request.team, &request.user).await?.map_or_else(|| "UTC".to_owned(), |p| p.tz);
    let settings = settings::of_channel(tx, &request.team, &channel).await?;
    let local = lookback_core::zone::local(app.clock.now(), &zone);
    for (id, typed) in [(field::CLOSES, &start.closes), (field::MEETING, &start.meeting)] {
        if let Some(Err(unread)) = typed.as_ref().map(|t| due::read_with(t, local, &settings)) {
            return Ok(wrong_at(id, &unread.into()));
        }
    }
    if fetched.is_none() {
        return Ok(Outcome::Needs(Lookup::channel(&channel).and_person(&request.user)));
    }
    self::start(app, tx, request, &channel, &start, fetched).await
}
