//! The meeting: its commands, its buttons, its clock, and what is said in its thread.

use std::collections::BTreeMap;

use chrono::Duration;

use super::facts::Fetched;
use super::load::{self, done, known};
use super::{App, Failure, Outcome, Request, after, captures, commands, export};
use crate::outbox;
use crate::slack::inbound::MessageEvent;
use crate::store::{Tx, cards, directory, inbox, meetings, notes, responses, retros, settings};
use lookback_core::command::Command;
use lookback_core::ids::{ChannelId, NoteId, RetroId, TeamId, UserId};
use lookback_core::interaction::BlockAction;
use lookback_core::retro::meeting::{self, MORE, Meeting, MeetingContext, Tick, Voice, days, round};
use lookback_core::retro::note::Category;
use lookback_core::retro::settings::Hours;
use lookback_core::retro::{Caller, Card, Decision, Participant, Phase, Refusal, Retro, capture, finish};

/// A retro with its meeting, read.
pub struct Around {
    retro: Retro,
    meeting: Option<Meeting>,
    people: Vec<Participant>,
    present: Vec<Participant>,
    voices: Vec<Voice>,
    kudos: Vec<i64>,
    hours: Hours,
}

impl Around {
    /// Reads it.
    pub async fn load(tx: &mut Tx, team: &TeamId, retro: Retro) -> sqlx::Result<Self> {
        Ok(Self {
            meeting: meetings::of_retro(tx, retro.id).await?,
            people: retros::participants(tx, retro.id).await?,
            present: retros::present(tx, team, &retro).await?,
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

/// The retro of a channel whose meeting is under way: the named version's, or the only one.
async fn pick(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    version: Option<&str>,
    command: &'static str,
) -> Result<Retro, Failure> {
    if version.is_some() {
        return load::pick(tx, request, channel, version, command).await;
    }
    let open = load::open_here(tx, request, channel).await?;
    let running: Vec<&Retro> = open.iter().filter(|r| r.phase == Phase::Meeting).collect();
    match running.as_slice() {
        [one] => Ok((*one).clone()),
        [] if open.len() > 1 => Err(Refusal::NoMeeting.into()),
        _ => load::pick(tx, request, channel, None, command).await,
    }
}

/// `meet`, `next`, `extend` and `pause`.
pub async fn command(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &Caller,
    command: &Command,
) -> Result<Outcome, Failure> {
    let now = app.clock.now();
    match command {
        Command::Meet { version } => {
            let retro = load::pick(tx, request, channel, version.as_deref(), "meet").await?;
            let around = Around::load(tx, &request.team, retro).await?;
            done(meeting::meet(&around.context(), caller, now))
        }
        Command::Next { version } => {
            let retro = pick(tx, request, channel, version.as_deref(), "next").await?;
            let around = Around::load(tx, &request.team, retro).await?;
            done(meeting::next(&around.context(), caller, None, now))
        }
        Command::Extend { minutes, version } => {
            let retro = match (pick(tx, request, channel, version.as_deref(), "extend 5m").await, version, minutes) {
                (Err(Failure::Refused(Refusal::NoSuchVersion { .. })), Some(word), None) => {
                    return Err(Refusal::NoTimeNorVersion(word.clone()).into());
                }
                (found, ..) => found?,
            };
            let around = Around::load(tx, &request.team, retro).await?;
            let by = minutes.map_or_else(|| more(&around.retro), |m| Duration::minutes(i64::from(m)));
            done(meeting::extend(&around.context(), caller, by, None, now))
        }
        Command::Pause { version, stop } => {
            let word = if *stop { "pause" } else { "resume" };
            let retro = pick(tx, request, channel, version.as_deref(), word).await?;
            let around = Around::load(tx, &request.team, retro).await?;
            done(meeting::pause(&around.context(), caller, *stop, now))
        }
        _ => Err(Refusal::Unknown.into()),
    }
}

/// What the button gives.
fn more(retro: &Retro) -> Duration {
    if retro.is_async { Duration::days(1) } else { MORE }
}

/// The buttons of a stage.
pub async fn press(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: RetroId,
    press: &BlockAction,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let now = app.clock.now();
    let retro = load::by_id(tx, request, retro).await?;
    let caller = known!(load::taking_part(app, tx, request, &retro, fetched).await?);
    let around = Around::load(tx, &request.team, retro).await?;
    let context = around.context();
    match press {
        BlockAction::Meet { .. } => done(meeting::meet(&context, &caller, now)),
        BlockAction::Next { at, .. } => done(meeting::next(&context, &caller, Some(*at), now)),
        BlockAction::Extend { at, .. } => done(meeting::extend(&context, &caller, more(&around.retro), Some(*at), now)),
        BlockAction::Pause { stop, .. } => done(meeting::pause(&context, &caller, *stop, now)),
        BlockAction::CountVotes { at, .. } => {
            let decision = meeting::count_votes(&context, &caller, *at)?;
            if !decision.changes.is_empty() && !meetings::has_votes(tx, around.retro.id).await? {
                return Err(Refusal::NoVotesYet.into());
            }
            done(Ok(decision))
        }
        BlockAction::Pass { at, .. } => {
            let mut decision = round::pass(&context, &caller, *at, now)?;
            decision.cards.extend(invitation(tx, request, &around, &caller.person.id).await?);
            done(Ok(decision))
        }
        _ => Err(Refusal::OldButton.into()),
    }
}

/// The invitation of somebody who was heard needs nothing any more.
async fn invitation(tx: &mut Tx, request: &Request, around: &Around, user: &UserId) -> sqlx::Result<Option<Card>> {
    let Some(meeting) = &around.meeting else { return Ok(None) };
    let card = Card::Invite { retro: around.retro.id, stage: meeting.at, user: user.clone() };
    let there = cards::by_key(tx, &request.team, &outbox::key(&card)).await?.is_some();
    Ok(there.then_some(card))
}

/// Somebody said something under their name: they were heard. In an anonymous retro only what everybody sees counts.
pub async fn heard(app: &App, tx: &mut Tx, request: &Request, retro: &Retro, words: u32) -> sqlx::Result<Decision> {
    if retro.phase != Phase::Meeting {
        return Ok(Decision::default());
    }
    let around = Around::load(tx, &request.team, retro.clone()).await?;
    let Some(meeting) = &around.meeting else { return Ok(Decision::default()) };
    let mut decision = round::heard(&around.context(), meeting, &request.user, (words, false), app.clock.now());
    decision.cards.extend(invitation(tx, request, &around, &request.user).await?);
    Ok(decision)
}

/// Where a note belongs that does not say so: to the stage of the meeting that is under way.
pub async fn stage_here(tx: &mut Tx, open: Option<&Retro>) -> sqlx::Result<Category> {
    let Some(retro) = open.filter(|r| r.phase == Phase::Meeting) else { return Ok(Category::Other) };
    let meeting = meetings::of_retro(tx, retro.id).await?;
    Ok(meeting.and_then(|m| m.stage().categories().first().copied()).unwrap_or(Category::Other))
}

/// A reply in the meeting's thread: its writer was heard, and what is marked becomes a note. No other word is kept.
pub async fn reply(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    (retro, ts, text): (RetroId, &str, &str),
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    if retro.phase != Phase::Meeting || notes::by_source(tx, &request.team, &retro.channel, ts).await?.is_some() {
        return done(Ok(Decision::default()));
    }
    if inbox::is_taken(tx, &request.team, &captures::gone_key(&retro.channel, ts)).await? {
        return done(Ok(Decision::default()));
    }
    let now_ms = app.clock.now().timestamp_millis();
    retros::facilitator_seen(tx, &request.team, &retro.channel, &request.user, now_ms).await?;
    let typed = text;
    let text = lookback_core::text::unesc(&load::with_names(tx, &request.team, text).await?);
    // Talk becomes an action item where it says so.
    if let Some(item) = capture::after(typed, "action") {
        return match commands::line(app, tx, request, &format!("action {item}"), fetched).await? {
            Outcome::Done(made) => done(Ok(both(made, said_something(app, tx, request, &retro).await?))),
            other => Ok(other),
        };
    }
    if capture::is_mark_alone(&text) {
        return Err(Refusal::EmptyNote.into());
    }
    if capture::marked(&text).is_none() {
        return done(Ok(said_something(app, tx, request, &retro).await?));
    }
    let caller = known!(load::taking_part(app, tx, request, &retro, fetched).await?);
    let here = stage_here(tx, Some(&retro)).await?;
    let names = directory::names_in(tx, &request.team, &retro.channel).await?;
    let names: Vec<&str> = names.values().map(String::as_str).collect();
    let said = (text.as_str(), app.workspace.link(&retro.channel, ts), ts);
    let Some(decision) = capture::from_reply(&retro, here, &caller, said, &names, NoteId(app.rng.id())) else {
        return done(Ok(Decision::default()));
    };
    done(Ok(both(decision, heard(app, tx, request, &retro, 1).await?)))
}

/// Whoever writes in the thread was heard, if they take part.
async fn said_something(app: &App, tx: &mut Tx, request: &Request, retro: &Retro) -> sqlx::Result<Decision> {
    let known = directory::person(tx, &request.team, &request.user).await?;
    let asked = retros::participant(tx, retro.id, &request.user).await?.is_some();
    let counts = known.is_some_and(|p| !p.bot && (asked || !p.external));
    if counts { heard(app, tx, request, retro, 1).await } else { Ok(Decision::default()) }
}

/// The meeting as a calendar file, to whoever asks for it.
pub async fn calendar(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    retro: RetroId,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let retro = load::by_id(tx, request, retro).await?;
    known!(load::taking_part(app, tx, request, &retro, fetched).await?);
    let mut link = None;
    for card in [Card::Agenda(retro.id), Card::Kickoff(retro.id)] {
        if let (None, Some(found)) = (&link, cards::by_key(tx, &request.team, &outbox::key(&card)).await?) {
            link = found.posted_in.zip(found.ts).map(|(channel, ts)| app.workspace.link(&channel, &ts));
        }
    }
    let now = app.clock.now();
    let channel = directory::channel(tx, &request.team, &retro.channel).await?.map(|c| c.name).unwrap_or_default();
    let Some(file) = lookback_core::export::calendar::event(&retro, &channel, link.as_deref(), now) else {
        return Err(Refusal::NoMeetingTime(retro.version.clone()).into());
    };
    let made = export::Made {
        name: lookback_core::text::file_name(&retro.version, "ics"),
        text: file,
        what: format!("the meeting of {} for your calendar", lookback_core::retro::bold(&retro.version)),
    };
    export::deliver(app, tx, request, &made).await
}

impl App {
    /// The clock of a meeting's stage.
    pub(super) async fn meeting_tick(&self, tx: &mut Tx, team: &TeamId, retro: Retro) -> sqlx::Result<Decision> {
        let now = self.clock.now();
        let around = Around::load(tx, team, retro).await?;
        match meeting::tick(&around.context(), now) {
            Tick::Decided(decision) => Ok(*decision),
            Tick::Over => {
                let responses = responses::all(tx, around.retro.id, &self.vault()).await?;
                let ending = finish::Ending { context: around.context(), responses: &responses, confirmed: true };
                let over = finish::over(&ending, None, now, &mut || self.rng.id());
                let Ok(mut decision) = over else { return Ok(Decision::default()) };
                let settled = after::settle(tx, team, &around.retro, &decision).await?;
                decision.changes.extend(settled.changes);
                decision.cards.extend(settled.cards);
                Ok(decision)
            }
        }
    }

    /// Invitations to a stage without a call.
    pub(super) async fn meeting_invites(&self, tx: &mut Tx, team: &TeamId, retro: Retro) -> sqlx::Result<Decision> {
        let around = Around::load(tx, team, retro).await?;
        let context = around.context();
        let Ok(meeting) = context.running() else { return Ok(Decision::default()) };
        let mut zones = BTreeMap::new();
        for person in &around.people {
            if let Some(found) = directory::person(tx, team, &person.user).await? {
                zones.insert(found.id, found.tz);
            }
        }
        Ok(days::invite(&context, meeting, &zones, self.clock.now()))
    }

    /// The channel of a meeting was archived, or opened again: its clock follows.
    pub(super) async fn meeting_channel(
        &self,
        tx: &mut Tx,
        team: &TeamId,
        channel: &ChannelId,
        archived: bool,
    ) -> sqlx::Result<()> {
        for id in meetings::running_in(tx, team, channel).await? {
            let Some(retro) = retros::by_id(tx, team, id).await? else { continue };
            let around = Around::load(tx, team, retro).await?;
            let now = self.clock.now();
            let decision = if archived {
                meeting::archived(&around.context(), now)
            } else {
                meeting::reopened(&around.context(), now)
            };
            self.save(tx, team, decision).await?;
        }
        Ok(())
    }

    /// Somebody left a channel or the workspace: its meetings wait for others now.
    pub(super) async fn meeting_people(
        &self,
        tx: &mut Tx,
        team: &TeamId,
        channel: Option<&ChannelId>,
    ) -> sqlx::Result<()> {
        for id in meetings::running(tx, team).await? {
            let Some(retro) = retros::by_id(tx, team, id).await? else { continue };
            if channel.is_none_or(|c| *c == retro.channel) {
                let around = Around::load(tx, team, retro).await?;
                self.save(tx, team, meeting::people_changed(&around.context(), self.clock.now())).await?;
            }
        }
        Ok(())
    }

    /// The meeting in whose thread something was said, if it is one.
    pub(super) async fn meeting_of_thread(&self, team: &TeamId, said: &MessageEvent) -> sqlx::Result<Option<Retro>> {
        let Some(thread) = said.thread_ts.as_deref().filter(|t| *t != said.ts) else { return Ok(None) };
        let channel = ChannelId(said.channel.clone());
        let mut tx = self.store.read().await?;
        for id in meetings::running_in(&mut tx, team, &channel).await? {
            let card = cards::by_key(&mut tx, team, &outbox::key(&Card::Agenda(id))).await?;
            if card.and_then(|c| c.ts).as_deref() == Some(thread) {
                return retros::by_id(&mut tx, team, id).await;
            }
        }
        Ok(None)
    }
}

/// Keeps what follows from both.
pub fn both(mut one: Decision, other: Decision) -> Decision {
    one.changes.extend(other.changes);
    one.cards.extend(other.cards);
    one.timers.extend(other.timers);
    one.words.extend(other.words);
    one
}

/// In the last stage a new recognition is read out at once.
pub async fn read_out(tx: &mut Tx, open: Option<&Retro>, id: i64, mut decision: Decision) -> sqlx::Result<Decision> {
    let Some(retro) = open.filter(|r| r.phase == Phase::Meeting) else { return Ok(decision) };
    if let Some(meeting) = meetings::of_retro(tx, retro.id).await?.filter(Meeting::is_last) {
        decision.cards.push(Card::Kudos { retro: retro.id, id });
        decision.cards.push(Card::Stage { retro: retro.id, stage: meeting.at, page: 0 });
    }
    Ok(decision)
}
