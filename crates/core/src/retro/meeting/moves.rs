//! What moves a meeting: begin, next, more time, pause, the clock, and the end.

use chrono::{DateTime, Duration, Utc};

use super::{Held, LEAST, Meeting, WARNING, days, round, stage_of};
use crate::ids::UserId;
use crate::press::Press;
use crate::retro::agenda::{PARTS, Part, minutes};
use crate::retro::{Caller, Card, Change, Decision, Phase, Refusal, Reply, Retro, Step, Timer, Word, bold, mention};
use crate::text::count;
use crate::zone;

/// Two people who press Next within this time mean the same step.
const TOGETHER: Duration = Duration::seconds(10);

/// The most that a stage is lengthened by at once.
const MOST: Duration = Duration::minutes(120);

/// And without a call, in days.
const MOST_DAYS: i64 = 14;

/// A clock that was stopped for so long may be forgotten.
const STOPPED: Duration = Duration::days(1);

/// `meet`: opens the first stage in the agenda's thread.
pub fn meet(held: &Held<'_>, caller: &Caller, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let retro = held.retro;
    caller.must_lead(retro)?;
    match (retro.phase, held.meeting) {
        (Phase::Agenda, _) => {}
        (Phase::Meeting, Some(m)) => {
            return Ok(Decision::say(format!(
                "The meeting of {} is under way, in the agenda's thread: “{}”.",
                bold(&retro.version),
                m.part().title()
            )));
        }
        (Phase::Collecting, _) => return Err(Refusal::MeetBeforeAgenda(retro.version.clone())),
        (Phase::Scheduled, _) => return Err(Refusal::NotBegun(retro.version.clone())),
        (Phase::Cancelled, _) => return Err(Refusal::AlreadyOver(retro.version.clone(), "cancelled")),
        _ => return Err(Refusal::AlreadyOver(retro.version.clone(), "finished")),
    }
    let planned: Vec<i64> = minutes(retro.length).iter().map(|m| i64::from(*m) * 60).collect();
    let first = planned.first().copied().unwrap_or(LEAST);
    let ends =
        if retro.is_async { days::deadline(held.hours, now, &retro.zone) } else { now + Duration::seconds(first) };
    let meeting = Meeting {
        at: 0,
        began: now,
        opened: now,
        ends,
        paused: None,
        paused_by: None,
        moved_by: Some(caller.person.id.clone()),
        stood: 0,
        counted: false,
        stays: false,
        planned,
        took: Vec::new(),
        rev: 0,
    };
    let how = if retro.is_async {
        format!("each stage has a working day, the first until {}", zone::show(ends, &retro.zone))
    } else {
        format!("six stages in {} minutes, and only you or a workspace admin move them on", retro.length)
    };
    let mut decision = Decision {
        changes: vec![Change::Update(Retro { phase: Phase::Meeting, ..retro.clone() })],
        cards: vec![
            Card::Kickoff(retro.id),
            Card::Agenda(retro.id),
            Card::Begun(retro.id),
            // What offered to start it has done its work.
            Card::MeetingTime(retro.id),
            Card::MeetingTimeDm { retro: retro.id, user: retro.facilitator.clone() },
        ],
        timers: vec![Timer { retro: retro.id, step: Step::Meeting, due: None }],
        reply: Some(Reply::new(format!(
            "The meeting of {} begins in the agenda's thread: {how}.",
            bold(&retro.version)
        ))),
        ..Decision::default()
    };
    shown(&mut decision, retro, &meeting, now);
    decision.changes.push(Change::Meeting { retro: retro.id, meeting });
    Ok(decision)
}

/// The invitations to this stage that went out: they say until when it is open, or that it is not any more.
fn invitations(held: &Held<'_>, meeting: &Meeting) -> Vec<Card> {
    let invited = held.voices.iter().filter(|v| v.part == meeting.at && v.invited);
    invited.map(|v| Card::Invite { retro: held.retro.id, part: v.part, user: v.user.clone() }).collect()
}

/// The word that the stage as it was is nearly over, where it may have been said: it needs no buttons any more.
fn warned(retro: &Retro, meeting: &Meeting, now: DateTime<Utc>) -> Option<Card> {
    let said = !retro.is_async && meeting.left(now) <= WARNING;
    said.then(|| Card::Warning { retro: retro.id, part: meeting.at, given: meeting.given() })
}

/// The message of the stage, its clock, and whom to invite.
fn shown(decision: &mut Decision, retro: &Retro, meeting: &Meeting, now: DateTime<Utc>) {
    decision.cards.push(Card::Stage { retro: retro.id, part: meeting.at, page: 0 });
    decision.timers.extend(clock(retro, meeting, now));
}

/// The deadlines of a meeting as it stands: none while the clock stands.
fn clock(retro: &Retro, meeting: &Meeting, now: DateTime<Utc>) -> Vec<Timer> {
    let timer = |step, due| Timer { retro: retro.id, step, due };
    if let Some(since) = meeting.paused {
        // Whoever stopped it may forget to let it go on. A channel that was closed is opened again by somebody.
        let ask = meeting.paused_by.is_some().then_some(since + STOPPED).filter(|at| *at > now);
        return vec![timer(Step::Stage, ask), timer(Step::Invite, None)];
    }
    if retro.is_async {
        return vec![timer(Step::Stage, Some(meeting.ends)), timer(Step::Invite, Some(now))];
    }
    let left = meeting.left(now);
    // The next moment at which the minutes that are left change, to the millisecond: what comes late is made up for.
    let rest = left.num_milliseconds().rem_euclid(60_000);
    let wait = Duration::milliseconds(if rest == 0 { 60_000 } else { rest });
    vec![timer(Step::Stage, (!meeting.is_forgotten(now)).then_some(now + wait))]
}

/// `next`: from which stage a button was pressed; a command says nothing of that.
pub fn next(held: &Held<'_>, caller: &Caller, from: Option<usize>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let retro = held.retro;
    caller.must_lead(retro)?;
    let meeting = held.running()?;
    let by_other = meeting.moved_by.as_ref() != Some(&caller.person.id);
    let late = from.map_or(by_other && now - meeting.opened < TOGETHER, |from| from != meeting.at);
    if late {
        let who = meeting.moved_by.as_ref().map_or_else(
            || "It moved on by itself".to_owned(),
            |who| {
                if *who == caller.person.id {
                    "You moved it on already".to_owned()
                } else {
                    format!("{} moved it on already", mention(who))
                }
            },
        );
        return Ok(Decision::say(format!("{who}: now it is {}.", stage_of(retro, meeting.part()))));
    }
    if meeting.is_last() {
        let last = Reply::new("That was the last stage. Finishing posts the summary.")
            .button("Finish", Press::Finish { retro: retro.id });
        return Ok(Decision { reply: Some(last), ..Decision::default() });
    }
    let mut decision = advance(held, meeting, Some(&caller.person.id), now);
    decision.reply = from.is_none().then(|| {
        let part = PARTS.get(meeting.at + 1).map_or(Part::Wins, |(part, _)| *part);
        Reply::new(format!("Now: {}.", stage_of(retro, part)))
    });
    Ok(decision)
}

/// Closes a stage and opens the next one: its votes are counted.
fn advance(held: &Held<'_>, meeting: &Meeting, by: Option<&UserId>, now: DateTime<Utc>) -> Decision {
    let retro = held.retro;
    let at = meeting.at + 1;
    let mut took = meeting.took.clone();
    took.push(meeting.spent(now));
    let part = PARTS.get(at).map_or(Part::Wins, |(part, _)| *part);
    // What it was given and did not need is given back.
    let seconds = meeting.later(at, took.iter().sum()).first().map_or(LEAST, |(_, s)| *s);
    let ends =
        if retro.is_async { days::deadline(held.hours, now, &retro.zone) } else { now + Duration::seconds(seconds) };
    let opened = Meeting {
        at,
        opened: now,
        ends,
        paused: None,
        paused_by: None,
        moved_by: by.cloned(),
        stood: 0,
        counted: false,
        stays: false,
        took,
        ..meeting.clone()
    };
    let mut decision = Decision {
        changes: vec![Change::CountVotes { retro: retro.id }],
        cards: vec![Card::Stage { retro: retro.id, part: meeting.at, page: 0 }],
        ..Decision::default()
    };
    decision.cards.extend(invitations(held, meeting));
    decision.cards.extend(warned(retro, meeting, now));
    shown(&mut decision, retro, &opened, now);
    if part == Part::Wins {
        decision.cards.extend(held.kudos.iter().map(|id| Card::Kudos { retro: retro.id, id: *id }));
    }
    decision.changes.push(Change::Meeting { retro: retro.id, meeting: opened });
    decision
}

/// `extend`: more time for this stage.
pub fn extend(
    held: &Held<'_>,
    caller: &Caller,
    by: Duration,
    from: Option<usize>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let retro = held.retro;
    caller.must_lead(retro)?;
    let meeting = held.running()?;
    if from.is_some_and(|from| from != meeting.at) {
        return Err(Refusal::StageOver(meeting.part().title()));
    }
    let ends = if retro.is_async {
        if by > Duration::days(MOST_DAYS) {
            return Err(Refusal::TooMuchTime("14 days"));
        }
        // A day more is a working day more, and it ends in working hours.
        let days = by.num_days();
        let from = meeting.ends.max(meeting.paused.unwrap_or(now));
        let whole = (0..days).fold(from, |at, _| days::deadline(held.hours, at, &retro.zone));
        days::working(held.hours, whole + (by - Duration::days(days)), &retro.zone)
    } else {
        if by > MOST {
            return Err(Refusal::TooMuchTime("120 minutes"));
        }
        // What is over already starts again from now.
        meeting.ends.max(meeting.paused.unwrap_or(now)) + by
    };
    // Given after all were heard it is for second thoughts: it is not taken back because all were heard.
    let stays = meeting.stays || round::waiting(held, meeting).is_empty();
    let longer = Meeting { ends, stays, ..meeting.clone() };
    let said = if retro.is_async {
        format!("{} is open until {}.", stage_of(retro, meeting.part()), zone::show(ends, &retro.zone))
    } else {
        let minutes = usize::try_from(longer.minutes_left(now).max(0)).unwrap_or(0);
        let words =
            format!("{} has {} left now.", stage_of(retro, meeting.part()), count(minutes, "minute", "minutes"));
        [words, longer.shorter_text(now)].join(" ").trim().to_owned()
    };
    let mut decision =
        Decision { reply: Some(Reply::new(said)), cards: invitations(held, meeting), ..Decision::default() };
    decision.cards.extend(warned(retro, meeting, now));
    // A minute or two more: the word before the end is due already.
    decision.cards.extend(warned(retro, &longer, now).filter(|_| longer.left(now) > Duration::zero()));
    shown(&mut decision, retro, &longer, now);
    decision.changes.push(Change::Meeting { retro: retro.id, meeting: longer });
    Ok(decision)
}

/// `pause` and `resume`: stops the clock, or lets it go on.
pub fn pause(held: &Held<'_>, caller: &Caller, stop: bool, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let retro = held.retro;
    caller.must_lead(retro)?;
    let meeting = held.running()?;
    if stop == meeting.paused.is_some() {
        let state = if stop { "stands already" } else { "goes on already" };
        return Ok(Decision::say(format!("The clock of {} {state}.", stage_of(retro, meeting.part()))));
    }
    let changed = if stop { stopped(meeting, Some(&caller.person.id), now) } else { resumed(held, meeting, now) };
    let said = if stop { "The clock stands. Resume, or `/retro resume`, lets it go on." } else { "The clock goes on." };
    let mut decision =
        Decision { reply: Some(Reply::new(said)), cards: invitations(held, meeting), ..Decision::default() };
    shown(&mut decision, retro, &changed, now);
    decision.changes.push(Change::Meeting { retro: retro.id, meeting: changed });
    Ok(decision)
}

/// The votes of this stage are counted and shown; nobody votes in it any more.
pub fn count_votes(held: &Held<'_>, caller: &Caller, from: usize) -> Result<Decision, Refusal> {
    let retro = held.retro;
    caller.must_lead(retro)?;
    let meeting = held.running()?;
    if from != meeting.at {
        return Err(Refusal::StageOver(meeting.part().title()));
    }
    if !meeting.takes_votes(meeting.part()) {
        return Ok(Decision::say("The votes of this stage are counted already."));
    }
    Ok(Decision {
        changes: vec![
            Change::CountVotes { retro: retro.id },
            Change::Meeting { retro: retro.id, meeting: Meeting { counted: true, ..meeting.clone() } },
        ],
        cards: vec![Card::Stage { retro: retro.id, part: meeting.at, page: 0 }],
        ..Decision::default()
    })
}

fn stopped(meeting: &Meeting, by: Option<&UserId>, now: DateTime<Utc>) -> Meeting {
    Meeting { paused: Some(now), paused_by: by.cloned(), ..meeting.clone() }
}

fn resumed(held: &Held<'_>, meeting: &Meeting, now: DateTime<Utc>) -> Meeting {
    // In whole seconds, as it is kept: what a stage was given stays the same.
    let stood = Duration::seconds(meeting.paused.map_or(0, |since| (now - since).num_seconds()));
    let mut ends = meeting.ends + stood;
    if let (true, Some(since)) = (held.retro.is_async, meeting.paused) {
        ends = days::carried(held.hours, (since, meeting.ends), now, &held.retro.zone);
        let goes_on = Meeting { ends, paused: None, ..meeting.clone() };
        ends = days::early(held, &goes_on, now).unwrap_or(ends);
    }
    Meeting { ends, paused: None, paused_by: None, stood: meeting.stood + stood.num_seconds(), ..meeting.clone() }
}

/// The channel was closed in mid-meeting: nobody can speak, so the clock stands.
pub fn archived(held: &Held<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = held.running() else { return Decision::default() };
    if meeting.paused.is_some() {
        return Decision::default();
    }
    let changed = stopped(meeting, None, now);
    Decision {
        timers: clock(held.retro, &changed, now),
        changes: vec![Change::Meeting { retro: held.retro.id, meeting: changed }],
        words: vec![Word {
            to: held.retro.facilitator.clone(),
            about: format!("archived/{}/{}", held.retro.id, now.timestamp()),
            reply: Reply::new(format!(
                "<#{}> was archived in the middle of the meeting of {}, so its clock stands. It goes on by itself once the channel is unarchived.",
                held.retro.channel,
                bold(&held.retro.version)
            )),
        }],
        ..Decision::default()
    }
}

/// It was opened again: a clock that stood for that reason goes on.
pub fn reopened(held: &Held<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = held.running() else { return Decision::default() };
    if meeting.paused.is_none() || meeting.paused_by.is_some() {
        return Decision::default();
    }
    let changed = resumed(held, meeting, now);
    let mut decision = Decision::default();
    shown(&mut decision, held.retro, &changed, now);
    decision.changes.push(Change::Meeting { retro: held.retro.id, meeting: changed });
    decision
}

/// What the clock brings.
#[derive(Debug)]
pub enum Tick {
    /// Rows and messages.
    Decided(Box<Decision>),
    /// The last stage of a meeting without a call is over: the retro is finished.
    Over,
}

/// The clock of a stage: minutes that are left, a word two minutes before the end; without a call the next stage.
pub fn tick(held: &Held<'_>, now: DateTime<Utc>) -> Tick {
    let retro = held.retro;
    let Ok(meeting) = held.running() else { return Tick::Decided(Box::default()) };
    let mut decision = Decision::default();
    if let Some(since) = meeting.paused {
        if meeting.paused_by.is_some() && now >= since + STOPPED {
            decision.words.push(stopped_for_long(retro, meeting, since));
        }
        return Tick::Decided(Box::new(decision));
    }
    if retro.is_async {
        let open = days::working(held.hours, now, &retro.zone);
        if meeting.ends > now || open > now {
            // Back after a night: nothing opens before people are at work.
            decision.timers.push(Timer { retro: retro.id, step: Step::Stage, due: Some(meeting.ends.max(open)) });
            return Tick::Decided(Box::new(decision));
        }
        return if meeting.is_last() { Tick::Over } else { Tick::Decided(Box::new(advance(held, meeting, None, now))) };
    }
    shown(&mut decision, retro, meeting, now);
    let left = meeting.left(now);
    if meeting.is_forgotten(now) {
        decision.words.push(forgotten(retro, meeting));
    }
    let long_enough = meeting.ends - meeting.opened > WARNING;
    // Once: a minute later it would be an edit that says nothing new.
    if left > WARNING / 2 && left <= WARNING && long_enough {
        decision.cards.push(Card::Warning { retro: retro.id, part: meeting.at, given: meeting.given() });
    }
    Tick::Decided(Box::new(decision))
}

/// Nobody ended a stage for long: its clock stands still from now on, and the facilitator is asked.
fn forgotten(retro: &Retro, meeting: &Meeting) -> Word {
    Word {
        to: retro.facilitator.clone(),
        about: format!("forgotten/{}/{}/{}", retro.id, meeting.at, meeting.given()),
        reply: Reply::new(format!(
            "The meeting of {} in <#{}> still stands at “{}”, long over its time. If it is over, finish it: that posts the summary.",
            bold(&retro.version),
            retro.channel,
            meeting.part().title()
        ))
        .button("Finish", Press::Finish { retro: retro.id }),
    }
}

/// A clock that somebody stopped a day ago: the facilitator is asked, once for each time.
fn stopped_for_long(retro: &Retro, meeting: &Meeting, since: DateTime<Utc>) -> Word {
    let reply = Reply::new(format!(
        "The meeting of {} in <#{}> stands at “{}” since its clock was stopped a day ago. Shall it go on, or is it over?",
        bold(&retro.version),
        retro.channel,
        meeting.part().title()
    ))
    .button("Resume", Press::Pause { retro: retro.id, stop: false })
    .button("Finish", Press::Finish { retro: retro.id });
    Word { to: retro.facilitator.clone(), about: format!("stopped/{}/{}", retro.id, since.timestamp()), reply }
}

/// Somebody left: without a call a stage that waits for nobody any more closes early.
pub fn people_changed(held: &Held<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = held.running() else { return Decision::default() };
    let mut decision = Decision {
        cards: vec![Card::Stage { retro: held.retro.id, part: meeting.at, page: 0 }],
        ..Decision::default()
    };
    if held.retro.is_async
        && let Some(ends) = days::early(held, meeting, now)
    {
        decision.changes.push(Change::Meeting { retro: held.retro.id, meeting: Meeting { ends, ..meeting.clone() } });
        decision.timers.push(Timer { retro: held.retro.id, step: Step::Stage, due: Some(ends) });
    }
    decision
}

/// The meeting is over with its retro: how long the last stage took is kept, its votes are counted, the clock is gone.
pub fn end(held: &Held<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = held.running() else { return Decision::default() };
    let mut took = meeting.took.clone();
    took.push(meeting.spent(now));
    let ended = Meeting { took, paused: None, paused_by: None, ..meeting.clone() };
    let retro = held.retro.id;
    Decision {
        changes: vec![Change::CountVotes { retro }, Change::Meeting { retro, meeting: ended }],
        cards: (0..=meeting.at)
            .map(|part| Card::Stage { retro, part, page: 0 })
            .chain(invitations(held, meeting))
            .chain([Card::Begun(retro)])
            .chain(warned(held.retro, meeting, now))
            .collect(),
        timers: [Step::Stage, Step::Invite].map(|step| Timer { retro, step, due: None }).to_vec(),
        ..Decision::default()
    }
}
