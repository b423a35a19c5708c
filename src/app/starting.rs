//! `start`: gathers what the core needs to know of the channel and its people.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::cx::Cx;
use super::lookup::Lookup;
use super::outcome::{Failure, Outcome};
use super::request::ReplyBy;
use crate::slack::view;
use crate::slack::view::forms::field;
use crate::store::{directory, notes, releases, retros, settings, stored};
use lookback_core::ids::{ChannelId, RetroId, UserId};
use lookback_core::interaction::{BlockAction, Form};
use lookback_core::model::person::Person;
use lookback_core::model::start::Start;
use lookback_core::model::version;
use lookback_core::retro::release::order;
use lookback_core::retro::rights::may_start;
use lookback_core::retro::start::{self, Started};
use lookback_core::retro::{Caller, Card, Change, Decision, Refusal, Reply, Step, Timer, schedule, typed_date};

/// Decides a start with the facts that Slack just gave.
pub async fn start(cx: &mut Cx<'_>, channel: &ChannelId, s: &Start) -> Result<Outcome, Failure> {
    let caller = cx.caller(channel).await?;
    let facts = facts(cx, channel, &caller, s).await?;
    match start::decide(&facts, &caller, s, cx.now(), RetroId(cx.bot.rng.id()))? {
        Started::Decided(decision) => Ok(Outcome::Done(*decision)),
        Started::TooMany(count) => Ok(too_many(cx, channel, s, count)),
        Started::Asks(asks) => Ok(Outcome::Done(Decision { reply: Some(*asks), ..Decision::default() })),
    }
}

/// Everything that a start depends on.
async fn facts(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller, s: &Start) -> Result<start::Facts, Failure> {
    let here = cx.request.channel.as_ref() == Some(channel);
    let found = directory::channel(cx.tx, cx.team, channel).await?.filter(|c| c.member || c.archived);
    let Some(found) = found else {
        return Err(if here { Refusal::NotInvited } else { Refusal::NoChannel }.into());
    };
    if !caller.in_channel && !here {
        return Err(Refusal::NoChannel.into());
    }
    may_start(&found, caller)?;
    let (asked, unknown) = people(cx, channel, s).await?;
    let open = retros::open_in(cx.tx, cx.team, channel).await?;
    let same = match open.into_iter().find(|r| r.version == s.version) {
        Some(retro) => {
            let link = cx.link_to(&Card::Kickoff(retro.id)).await?;
            Some((retro, link))
        }
        None => None,
    };
    let finished = match retros::last_closed(cx.tx, cx.team, channel, Some(&s.version)).await? {
        Some(retro) => {
            let link = cx.link_to(&Card::Summary(retro.id)).await?;
            Some((retro, link))
        }
        None => None,
    };
    let known = releases::in_order(cx.tx, cx.team, channel, None).await?;
    let previous = match &s.previous {
        Some(version) => retros::last_closed(cx.tx, cx.team, channel, Some(version)).await?,
        None => None,
    };
    // A release without a retro tells only what kind of release follows it.
    let previous = match previous {
        Some(previous) => Some(previous),
        None => retros::last_closed(cx.tx, cx.team, channel, None).await?,
    };
    let scheduled = retros::scheduled_in(cx.tx, cx.team, channel).await?;
    Ok(start::Facts {
        channel: found,
        asked,
        unknown,
        same,
        finished,
        alike: order::alike(&known, &s.version),
        previous,
        settings: settings::of_channel(cx.tx, cx.team, channel).await?,
        scheduled: scheduled.into_iter().find(|r| r.version == s.version),
        data: releases::of(cx.tx, cx.team, channel, &s.version).await?,
        coming: notes::coming(cx.tx, cx.team, channel).await?,
    })
}

/// Who is asked: the people that were named, or everybody in the channel; and who of those named is nobody.
async fn people(cx: &mut Cx<'_>, channel: &ChannelId, s: &Start) -> Result<(Vec<Person>, Vec<UserId>), Failure> {
    if s.people.is_empty() && s.groups.is_empty() {
        return Ok((directory::members(cx.tx, cx.team, channel).await?, Vec::new()));
    }
    if !s.groups.is_empty() && cx.fetched.is_some_and(|f| f.no_groups) {
        return Err(Refusal::NoGroups.into());
    }
    let (mut asked, mut unknown) = (Vec::new(), Vec::new());
    let grouped = cx.fetched.into_iter().flat_map(|f| f.groups.values().flatten());
    for user in s.people.iter().chain(grouped) {
        match directory::person(cx.tx, cx.team, user).await? {
            Some(person) => asked.push(person),
            None if s.people.contains(user) => unknown.push(user.clone()),
            None => {}
        }
    }
    Ok((asked, unknown))
}

/// A question whether to ask so many people: a form while the trigger lives, else a button.
fn too_many(cx: &Cx<'_>, channel: &ChannelId, s: &Start, count: usize) -> Outcome {
    let young = cx.now() - cx.request.asked < Duration::milliseconds(2500);
    let direct = cx.request.trigger.is_some() && matches!(cx.request.reply_by, ReplyBy::Ack { .. });
    let form = Form::StartEveryone { channel: channel.clone(), start: Box::new(s.clone()) };
    if young && direct && form.fits() {
        return Outcome::open(view::forms::start_everyone(channel, s, count));
    }
    let action = BlockAction::StartEveryone { channel: channel.clone(), start: Box::new(s.clone()) };
    let reply = Reply::new(format!(
        "This would send a survey to {count} people by DM. Add `everyone` to the command, or name the people to ask."
    ));
    let reply = if action.value().is_some() { reply.button("Ask all of them", action) } else { reply };
    Outcome::Done(Decision { reply: Some(reply), ..Decision::default() })
}

/// What a start has to know first: who is in the channel now, and who was named.
fn lookup(cx: &Cx<'_>, channel: &ChannelId, s: &Start) -> Lookup {
    Lookup::channel(channel).and_person(&cx.request.user).and_people(&s.people).and_groups(&s.groups)
}

/// A scheduled retro begins now, because somebody pressed the button.
pub async fn now(cx: &mut Cx<'_>, id: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(id).await?;
    let scheduled = schedule::waiting(&retro)?;
    let s = &scheduled.start;
    cx.must_ask(lookup(cx, &retro.channel, s))?;
    let outcome = start(cx, &retro.channel, &now_out(s, cx.now())).await?;
    // Who was named leads it, whoever presses the button; unless they are not there any more.
    let planned = directory::person(cx.tx, cx.team, &retro.facilitator).await?;
    let here = directory::is_member(cx.tx, cx.team, &retro.channel, &retro.facilitator).await?;
    if planned.is_some_and(|p| p.reachable()) && here { Ok(led_by(outcome, &retro.facilitator)) } else { Ok(outcome) }
}

/// Drops a deployment time that is still ahead: somebody begins the retro early, so the old plan no longer counts.
fn now_out(s: &Start, now: DateTime<Utc>) -> Start {
    let out = |text: &String| DateTime::parse_from_rfc3339(text).is_ok_and(|at| at <= now);
    Start { deployed: s.deployed.clone().filter(out), ..s.clone() }
}

/// Begins a scheduled retro by itself, on behalf of its facilitator. If something prevents it, the facilitator is
/// told and it is tried again a day later, so that it is not forgotten.
pub async fn begin(cx: &mut Cx<'_>, id: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(id).await?;
    let now = cx.now();
    let Ok(scheduled) = schedule::waiting(&retro) else { return Ok(Outcome::nothing()) };
    if scheduled.begins > now {
        // It was put off meanwhile.
        let timer = Timer { retro: retro.id, step: Step::Begin, due: Some(scheduled.begins) };
        return Ok(Outcome::Done(Decision { timers: vec![timer], ..Decision::default() }));
    }
    // Who has left since it was asked for does not hold it up.
    let mut s = scheduled.start.clone();
    let mut people = Vec::new();
    for user in &s.people {
        let known = directory::person(cx.tx, cx.team, user).await?;
        people.extend(known.filter(|p| p.reachable()).map(|p| p.id));
    }
    let named = !s.people.is_empty();
    s.people = people;
    let outcome = if named && s.people.is_empty() && s.groups.is_empty() {
        Err(Refusal::NobodyToAsk.into())
    } else {
        start(cx, &retro.channel, &s).await
    };
    let why = match outcome {
        Ok(Outcome::Done(decision)) if decision.changes.iter().any(|c| matches!(c, Change::Begin { .. })) => {
            return Ok(led_by(Outcome::Done(decision), &cx.request.user));
        }
        Ok(Outcome::Done(decision)) => decision.reply.unwrap_or_else(|| Reply::new("")),
        Err(Failure::Refused(why)) => Reply::new(why.to_string()),
        Err(Failure::Database(error)) => {
            let Some(corrupt) = stored::corrupt(&error) else { return Err(error.into()) };
            stored::log(corrupt);
            Reply::new(Refusal::Unreadable.to_string())
        }
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
pub async fn everyone(cx: &mut Cx<'_>, channel: &ChannelId, start: &Start) -> Result<Outcome, Failure> {
    cx.must_ask(lookup(cx, channel, start))?;
    let start = Start { everyone: true, ..start.clone() };
    self::start(cx, channel, &start).await
}

/// What was asked about first is wanted.
pub async fn again(cx: &mut Cx<'_>, channel: &ChannelId, start: &Start) -> Result<Outcome, Failure> {
    cx.must_ask(lookup(cx, channel, start))?;
    self::start(cx, channel, start).await
}

/// The form of the shortcut: the same words as the command, each with its fault at its field.
pub async fn from_form(cx: &mut Cx<'_>, fields: &BTreeMap<String, String>) -> Result<Outcome, Failure> {
    let text = |id: &str| fields.get(id).map(|t| t.trim()).unwrap_or_default();
    let channel = ChannelId(text(field::CHANNEL).to_owned());
    let Some(version) = version::read(text(field::VERSION)) else {
        return Ok(Outcome::wrong_at(field::VERSION, &Refusal::NotAVersion));
    };
    let version = releases::spelled(cx.tx, cx.team, &channel, &version).await?;
    let given = |id: &str| Some(text(id).to_lowercase()).filter(|t| !t.is_empty());
    let start = Start {
        version,
        closes: given(field::CLOSES),
        meeting: given(field::MEETING),
        anonymous: text(field::NAMES) == "anonymous",
        named: text(field::NAMES) == "named",
        ..Start::default()
    };
    // Dates are read once before Slack is asked, so that a fault stands at its field.
    let person = directory::person(cx.tx, cx.team, &cx.request.user).await?;
    let tz = person.map_or_else(|| "UTC".to_owned(), |p| p.tz);
    let settings = settings::of_channel(cx.tx, cx.team, &channel).await?;
    for (id, typed) in [(field::CLOSES, &start.closes), (field::MEETING, &start.meeting)] {
        if let Some(Err(unread)) = typed.as_ref().map(|t| typed_date::read_with(t, cx.now(), &tz, &settings)) {
            return Ok(Outcome::wrong_at(id, &unread.into()));
        }
    }
    cx.must_ask(Lookup::channel(&channel).and_person(&cx.request.user))?;
    self::start(cx, &channel, &start).await
}
