//! The meeting: its commands, its buttons, its clock, and what is said in its thread.

use std::collections::BTreeMap;

use chrono::Duration;

use super::cx::Cx;
use super::outcome::{Failure, Outcome, done};
use super::request::gone_key;
use super::settle::settle;
use super::{delivery, export, new_items, pick, save, unseen_blame};
use crate::bot::Bot;
use crate::slack::event::MessageEvent;
use crate::store::{
    Tx, cards, directory, edits, inbox, meetings, notes, participants, responses, retros, settings, stored, votes,
};
use lookback_core::command;
use lookback_core::export::calendar;
use lookback_core::ids::{ChannelId, NoteId, RetroId, TeamId, UserId};
use lookback_core::model::meeting::{Meeting, Voice};
use lookback_core::model::note::Category;
use lookback_core::model::participant::Participant;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::settings::Hours;
use lookback_core::retro::meeting::{self, MORE, MeetingContext, Tick, days, round};
use lookback_core::retro::{Caller, Card, Decision, Refusal, capture, finish};
use lookback_core::text::{bold, file_name, unesc};

/// A retro with its meeting, read.
pub struct LoadedMeeting {
    retro: Retro,
    meeting: Option<Meeting>,
    people: Vec<Participant>,
    present: Vec<Participant>,
    voices: Vec<Voice>,
    kudos: Vec<i64>,
    hours: Hours,
}

impl LoadedMeeting {
    /// Reads it.
    pub async fn load(tx: &mut Tx, team: &TeamId, retro: Retro) -> sqlx::Result<Self> {
        Ok(Self {
            meeting: meetings::of_retro(tx, retro.id).await?,
            people: participants::of_retro(tx, retro.id).await?,
            present: participants::present(tx, team, &retro).await?,
            voices: meetings::voices(tx, retro.id).await?,
            kudos: notes::kudos_of(tx, retro.id).await?.into_iter().map(|k| k.id).collect(),
            hours: settings::of_channel(tx, team, &retro.channel).await?.hours,
            retro,
        })
    }

    /// As the core takes it.
    pub fn context(&self) -> MeetingContext<'_> {
        MeetingContext {
            retro: &self.retro,
            meeting: self.meeting.as_ref(),
            people: &self.people,
            present: &self.present,
            voices: &self.voices,
            kudos: &self.kudos,
            hours: &self.hours,
        }
    }
}

/// `meet`.
pub async fn meet_command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick(cx, channel, version, "meet").await?;
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro).await?;
    done(meeting::meet(&loaded.context(), caller, cx.now()))
}

/// `next`.
pub async fn next_command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
) -> Result<Outcome, Failure> {
    let retro = pick::pick_meeting(cx, channel, version, "next").await?;
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro).await?;
    let opens = meeting::next(&loaded.context(), caller, None, cx.now())?;
    Ok(unseen_blame::before_the_end(cx.tx, cx.team, &loaded.retro, opens, cx.now()).await?.into())
}

/// `extend 5m`.
pub async fn extend_command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    minutes: Option<u32>,
    version: Option<&str>,
) -> Result<Outcome, Failure> {
    let retro = match (pick::pick_meeting(cx, channel, version, "extend 5m").await, version, minutes) {
        (Err(Failure::Refused(Refusal::NoSuchVersion { .. })), Some(word), None) => {
            return Err(Refusal::NoTimeNorVersion(word.to_owned()).into());
        }
        (found, ..) => found?,
    };
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro).await?;
    let by = minutes.map_or_else(|| more(&loaded.retro), |m| Duration::minutes(i64::from(m)));
    done(meeting::extend(&loaded.context(), caller, by, None, cx.now()))
}

/// `pause` and `resume`.
pub async fn pause_command(
    cx: &mut Cx<'_>,
    channel: &ChannelId,
    caller: &Caller,
    version: Option<&str>,
    stop: bool,
) -> Result<Outcome, Failure> {
    let word = if stop { "pause" } else { "resume" };
    let retro = pick::pick_meeting(cx, channel, version, word).await?;
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro).await?;
    done(meeting::pause(&loaded.context(), caller, stop, cx.now()))
}

/// What the button gives.
fn more(retro: &Retro) -> Duration {
    if retro.is_async { Duration::days(1) } else { MORE }
}

/// The caller as who takes part in a meeting, and the meeting.
async fn taking_part(cx: &mut Cx<'_>, retro: RetroId) -> Result<(Caller, LoadedMeeting), Failure> {
    let retro = cx.retro(retro).await?;
    let caller = cx.taking_part(&retro).await?;
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro).await?;
    Ok((caller, loaded))
}

/// The button that begins the meeting.
pub async fn meet(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    done(meeting::meet(&loaded.context(), &caller, cx.now()))
}

/// The button that opens the stage after `at`.
pub async fn next(cx: &mut Cx<'_>, retro: RetroId, at: usize) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    let opens = meeting::next(&loaded.context(), &caller, Some(at), cx.now())?;
    Ok(unseen_blame::before_the_end(cx.tx, cx.team, &loaded.retro, opens, cx.now()).await?.into())
}

/// The button that gives the stage `at` more time.
pub async fn extend(cx: &mut Cx<'_>, retro: RetroId, at: usize) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    done(meeting::extend(&loaded.context(), &caller, more(&loaded.retro), Some(at), cx.now()))
}

/// The button that stops the clock, or lets it go on.
pub async fn pause(cx: &mut Cx<'_>, retro: RetroId, stop: bool) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    done(meeting::pause(&loaded.context(), &caller, stop, cx.now()))
}

/// The button that counts the votes of the stage `at`.
pub async fn count_votes(cx: &mut Cx<'_>, retro: RetroId, at: usize) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    let any = votes::any(cx.tx, loaded.retro.id).await?;
    done(meeting::count_votes(&loaded.context(), &caller, at, any))
}

/// `Pass`.
pub async fn pass(cx: &mut Cx<'_>, retro: RetroId, at: usize) -> Result<Outcome, Failure> {
    let (caller, loaded) = taking_part(cx, retro).await?;
    let mut decision = round::pass(&loaded.context(), &caller, at, cx.now())?;
    decision.cards.extend(invitation(cx, &loaded, &caller.person.id).await?);
    Ok(decision.into())
}

/// The invitation of somebody who was heard needs nothing any more.
async fn invitation(cx: &mut Cx<'_>, loaded: &LoadedMeeting, user: &UserId) -> sqlx::Result<Option<Card>> {
    let Some(meeting) = &loaded.meeting else { return Ok(None) };
    let card = Card::Invite { retro: loaded.retro.id, stage: meeting.at, user: user.clone() };
    let there = cards::by_key(cx.tx, cx.team, &card.key()).await?.is_some();
    Ok(there.then_some(card))
}

/// The caller said something under their name: they were heard. In an anonymous retro only what everybody sees counts.
pub async fn heard(cx: &mut Cx<'_>, retro: &Retro) -> sqlx::Result<Decision> {
    if retro.phase != Phase::Meeting {
        return Ok(Decision::default());
    }
    let loaded = LoadedMeeting::load(cx.tx, cx.team, retro.clone()).await?;
    let Some(meeting) = &loaded.meeting else { return Ok(Decision::default()) };
    let user = &cx.request.user;
    let mut decision = round::heard(&loaded.context(), meeting, user, 1, false, cx.now());
    decision.cards.extend(invitation(cx, &loaded, user).await?);
    Ok(decision)
}

/// Where a note belongs that does not say so: to the stage of the meeting that is under way.
pub async fn category_here(cx: &mut Cx<'_>, open: Option<&Retro>) -> sqlx::Result<Category> {
    let Some(retro) = open.filter(|r| r.phase == Phase::Meeting) else { return Ok(Category::Other) };
    let meeting = meetings::of_retro(cx.tx, retro.id).await?;
    Ok(meeting.and_then(|m| m.stage().categories().first().copied()).unwrap_or(Category::Other))
}

/// A reply in the meeting's thread: its writer was heard, and what is marked becomes a note. No other word is kept.
pub async fn reply(cx: &mut Cx<'_>, retro: RetroId, ts: &str, text: &str) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    let kept = notes::by_source(cx.tx, cx.team, &retro.channel, ts).await?.is_some();
    let gone = inbox::before(cx.tx, cx.team, &gone_key(&cx.bot.seal, &retro.channel, ts)).await?.is_some();
    if retro.phase != Phase::Meeting || kept || gone {
        return Ok(Outcome::nothing());
    }
    let changed = edits::words(cx.tx, cx.team, &retro.channel, ts).await?;
    let outcome = said_in_thread(cx, &retro, ts, changed.as_deref().unwrap_or(text)).await?;
    // Only now: where Slack has to be asked first, the words are needed once more.
    edits::drop_words(cx.tx, cx.team, &retro.channel, ts).await?;
    Ok(outcome)
}

async fn said_in_thread(cx: &mut Cx<'_>, retro: &Retro, ts: &str, text: &str) -> Result<Outcome, Failure> {
    cx.facilitator_seen(&retro.channel).await?;
    // Talk becomes an action item where it says so.
    if let Some(item) = capture::action(text) {
        return action_item(cx, retro, item).await;
    }
    let text = unesc(&cx.with_names(text).await?);
    if capture::is_mark_alone(&text) {
        return Err(Refusal::EmptyNote.into());
    }
    if capture::is_several(&text) {
        return Err(Refusal::SeveralNotes.into());
    }
    if capture::marked(&text).is_none() {
        return Ok(said_something(cx, retro).await?.into());
    }
    let caller = cx.taking_part(retro).await?;
    let here = category_here(cx, Some(retro)).await?;
    let names = cx.names_in(&retro.channel).await?;
    let said = capture::Said { text: &text, link: cx.workspace.link(&retro.channel, ts), ts };
    let id = NoteId(cx.bot.rng.id());
    match capture::from_reply(retro, here, &caller, said, &names, id) {
        Some(decision) => Ok(decision.and(heard(cx, retro).await?).into()),
        None => Ok(Outcome::nothing()),
    }
}

/// `action: …` in the thread: as the command, said in the retro's channel.
async fn action_item(cx: &mut Cx<'_>, retro: &Retro, words: &str) -> Result<Outcome, Failure> {
    let mut item = command::action_item(words).map_err(Refusal::from)?;
    let caller = cx.member(&retro.channel).await?;
    for text in item.texts() {
        *text = cx.with_names(text).await?;
    }
    match new_items::typed(cx, &retro.channel, &caller, &item, false).await? {
        Outcome::Done(made) => Ok(made.and(said_something(cx, retro).await?).into()),
        other @ (Outcome::Open(_) | Outcome::Wrong(_) | Outcome::Again(_) | Outcome::Notice(_)) => Ok(other),
    }
}

/// Whoever writes in the thread was heard, if they take part.
async fn said_something(cx: &mut Cx<'_>, retro: &Retro) -> sqlx::Result<Decision> {
    let user = &cx.request.user;
    let known = directory::person(cx.tx, cx.team, user).await?;
    let asked = participants::one(cx.tx, retro.id, user).await?.is_some();
    let counts = known.is_some_and(|p| !p.bot && (asked || !p.external));
    if counts { heard(cx, retro).await } else { Ok(Decision::default()) }
}

/// The meeting as a calendar file, to whoever asks for it.
pub async fn calendar(cx: &mut Cx<'_>, retro: RetroId) -> Result<Outcome, Failure> {
    let retro = cx.retro(retro).await?;
    cx.taking_part(&retro).await?;
    let mut link = cx.link_to(&Card::Agenda(retro.id)).await?;
    if link.is_none() {
        link = cx.link_to(&Card::Kickoff(retro.id)).await?;
    }
    let channel = directory::channel(cx.tx, cx.team, &retro.channel).await?.map(|c| c.name).unwrap_or_default();
    let Some(file) = calendar::event(&retro, &channel, link.as_deref(), cx.now()) else {
        return Err(Refusal::NoMeetingTime(retro.version.clone()).into());
    };
    let made = export::Made {
        name: file_name(&retro.version, "ics"),
        text: file,
        what: format!("the meeting for {} for your calendar", bold(&retro.version)),
    };
    export::deliver(cx, &made).await
}

/// In the last stage new kudos are read out at once.
pub async fn read_out(
    cx: &mut Cx<'_>,
    open: Option<&Retro>,
    id: i64,
    mut decision: Decision,
) -> sqlx::Result<Decision> {
    let Some(retro) = open.filter(|r| r.phase == Phase::Meeting) else { return Ok(decision) };
    if let Some(meeting) = meetings::of_retro(cx.tx, retro.id).await?.filter(Meeting::is_last) {
        decision.cards.push(Card::Kudos { retro: retro.id, id });
        decision.cards.push(Card::Stage { retro: retro.id, stage: meeting.at, page: 0 });
    }
    Ok(decision)
}

/// The clock of a meeting's stage.
pub async fn tick(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: Retro) -> sqlx::Result<Decision> {
    let now = bot.clock.now();
    let loaded = LoadedMeeting::load(tx, team, retro).await?;
    match meeting::tick(&loaded.context(), now) {
        Tick::Decided(decision) => unseen_blame::before_the_end(tx, team, &loaded.retro, *decision, now).await,
        Tick::Over => {
            let responses = responses::all(tx, loaded.retro.id, &bot.vault()).await?;
            let names: Vec<String> =
                directory::names_in(tx, team, &loaded.retro.channel).await?.into_values().collect();
            let blamed = unseen_blame::blamed(tx, &loaded.retro, &names).await?;
            let lead = delivery::who_leads(tx, team, &loaded.retro).await?;
            let (context, responses, names) = (loaded.context(), &responses[..], &names[..]);
            let ending = finish::Ending { context, responses, confirmed: true, names, blamed, seen: 0 };
            let Ok(decision) = finish::by_itself(&ending, lead, now, &mut || bot.rng.id()) else {
                return Ok(Decision::default());
            };
            if !finish::finishes(&decision) {
                return Ok(decision);
            }
            let settled = settle(tx, team, &loaded.retro, &decision).await?;
            Ok(decision.and(settled))
        }
    }
}

/// Invitations to a stage without a call.
pub async fn invites(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: Retro) -> sqlx::Result<Decision> {
    let loaded = LoadedMeeting::load(tx, team, retro).await?;
    let context = loaded.context();
    let Ok(meeting) = context.running() else { return Ok(Decision::default()) };
    let mut zones = BTreeMap::new();
    for person in &loaded.people {
        if let Some(found) = directory::person(tx, team, &person.user).await? {
            zones.insert(found.id, found.tz);
        }
    }
    Ok(days::invite(&context, meeting, &zones, bot.clock.now()))
}

/// The channel of a meeting was archived, or opened again: its clock follows.
pub async fn channel_changed(
    bot: &Bot,
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    archived: bool,
) -> sqlx::Result<()> {
    let now = bot.clock.now();
    for id in meetings::running_in(tx, team, channel).await? {
        let Some(Some(retro)) = stored::or_skip(retros::by_id(tx, team, id).await)? else { continue };
        let Some(loaded) = stored::or_skip(LoadedMeeting::load(tx, team, retro).await)? else { continue };
        let context = loaded.context();
        let decision = if archived { meeting::archived(&context, now) } else { meeting::reopened(&context, now) };
        save::save(bot, tx, team, decision).await?;
    }
    Ok(())
}

/// Somebody left a channel or the workspace: its meetings wait for others now.
pub async fn people_changed(bot: &Bot, tx: &mut Tx, team: &TeamId, channel: Option<&ChannelId>) -> sqlx::Result<()> {
    for id in meetings::running(tx, team).await? {
        let Some(Some(retro)) = stored::or_skip(retros::by_id(tx, team, id).await)? else { continue };
        if channel.is_none_or(|c| *c == retro.channel) {
            let Some(loaded) = stored::or_skip(LoadedMeeting::load(tx, team, retro).await)? else { continue };
            let decision = meeting::people_changed(&loaded.context(), bot.clock.now());
            save::save(bot, tx, team, decision).await?;
        }
    }
    Ok(())
}

/// The meeting in whose thread something was said, if it is one.
pub async fn of_thread(bot: &Bot, team: &TeamId, said: &MessageEvent) -> sqlx::Result<Option<Retro>> {
    let Some(thread) = said.thread_ts.as_deref().filter(|t| *t != said.ts) else { return Ok(None) };
    let channel = ChannelId(said.channel.clone());
    let mut tx = bot.store.read().await?;
    for id in meetings::running_in(&mut tx, team, &channel).await? {
        let card = cards::by_key(&mut tx, team, &Card::Agenda(id).key()).await?;
        if card.and_then(|c| c.ts).as_deref() == Some(thread) {
            return retros::by_id(&mut tx, team, id).await;
        }
    }
    Ok(None)
}
