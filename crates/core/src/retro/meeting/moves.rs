//! What people do to move a meeting: begin, next, more time, pause, and counting the votes.

use chrono::{DateTime, Duration, Utc};

use super::context::{MeetingContext, STOPPED, WARNING, stage_of};
use super::days;
use crate::ids::UserId;
use crate::interaction::BlockAction;
use crate::model::meeting::{LEAST, Meeting};
use crate::model::retro::{Phase, Retro};
use crate::model::stage::{STAGES, Stage};
use crate::retro::agenda::minutes;
use crate::retro::{Caller, Card, Change, Decision, Refusal, Reply, Step, Timer};
use crate::text::{bold, count, mention};
use crate::zone;

/// Two people who press Next within this time mean the same step.
const TOGETHER: Duration = Duration::seconds(10);

/// The most that a stage is lengthened by at once.
const MOST: Duration = Duration::minutes(120);

/// And without a call, in days.
const MOST_DAYS: i64 = 14;

/// `meet`: opens the first stage in the agenda's thread.
pub fn meet(context: &MeetingContext<'_>, caller: &Caller, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let retro = context.retro;
    caller.must_lead(retro)?;
    match (retro.phase, context.meeting) {
        (Phase::Agenda, _) => {}
        (Phase::Meeting, Some(m)) => {
            return Ok(Decision::say(format!(
                "The meeting for {} is running in the agenda's thread: “{}”.",
                bold(&retro.version),
                m.stage().title()
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
        if retro.is_async { days::deadline(context.hours, now, &retro.zone) } else { now + Duration::seconds(first) };
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
        shown: Vec::new(),
        rev: 0,
    };
    let how = if retro.is_async {
        format!("each stage is open for a working day, the first until {}", zone::moment(ends, &retro.zone))
    } else {
        format!("six stages in {} minutes", retro.length)
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
            "The meeting for {} starts in the agenda's thread: {how}.",
            bold(&retro.version)
        ))),
        ..Decision::default()
    };
    shown(&mut decision, retro, &meeting, now);
    decision.changes.push(Change::Meeting { retro: retro.id, meeting });
    Ok(decision)
}

/// The invitations to this stage that went out: they say until when it is open, or that it is not any more.
pub(super) fn invitations(context: &MeetingContext<'_>, meeting: &Meeting) -> Vec<Card> {
    let invited = context.voices.iter().filter(|v| v.stage == meeting.at && v.invited);
    invited.map(|v| Card::Invite { retro: context.retro.id, stage: v.stage, user: v.user.clone() }).collect()
}

/// The word that the stage as it was is nearly over, where it may have been said: it needs no buttons any more.
pub(super) fn warned(retro: &Retro, meeting: &Meeting, now: DateTime<Utc>) -> Option<Card> {
    let said = !retro.is_async && meeting.left(now) <= WARNING;
    said.then(|| Card::Warning { retro: retro.id, stage: meeting.at, given: meeting.given() })
}

/// The message of the stage, its clock, and whom to invite.
pub(super) fn shown(decision: &mut Decision, retro: &Retro, meeting: &Meeting, now: DateTime<Utc>) {
    decision.cards.push(Card::Stage { retro: retro.id, stage: meeting.at, page: 0 });
    decision.timers.extend(clock(retro, meeting, now));
}

/// The deadlines of a meeting as it stands: none while the clock stands.
pub(super) fn clock(retro: &Retro, meeting: &Meeting, now: DateTime<Utc>) -> Vec<Timer> {
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
pub fn next(
    context: &MeetingContext<'_>,
    caller: &Caller,
    from: Option<usize>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let retro = context.retro;
    caller.must_lead(retro)?;
    let meeting = context.running()?;
    let by_other = meeting.moved_by.as_ref() != Some(&caller.person.id);
    let late = from.map_or(by_other && now - meeting.opened < TOGETHER, |from| from != meeting.at);
    if late {
        let who = meeting.moved_by.as_ref().map_or_else(
            || "It moved on automatically".to_owned(),
            |who| {
                if *who == caller.person.id {
                    "You've already moved on".to_owned()
                } else {
                    format!("{} has already moved on", mention(who))
                }
            },
        );
        return Ok(Decision::say(format!("{who}: the current stage is {}.", stage_of(retro, meeting.stage()))));
    }
    if meeting.is_last() {
        let last = Reply::new("That was the last stage. Press Finish to post the summary.")
            .button("Finish", BlockAction::Finish { retro: retro.id });
        return Ok(Decision { reply: Some(last), ..Decision::default() });
    }
    let mut decision = advance(context, meeting, Some(&caller.person.id), now);
    decision.reply = from.is_none().then(|| {
        let stage = STAGES.get(meeting.at + 1).map_or(Stage::Wins, |(stage, _)| *stage);
        Reply::new(format!("Now: {}.", stage_of(retro, stage)))
    });
    Ok(decision)
}

/// Closes a stage and opens the next one: its votes are counted.
pub(super) fn advance(
    context: &MeetingContext<'_>,
    meeting: &Meeting,
    by: Option<&UserId>,
    now: DateTime<Utc>,
) -> Decision {
    let retro = context.retro;
    let at = meeting.at + 1;
    let mut took = meeting.took.clone();
    took.push(meeting.spent(now));
    let stage = STAGES.get(at).map_or(Stage::Wins, |(stage, _)| *stage);
    // What it was given and did not need is given back.
    let seconds = meeting.later(at, took.iter().sum()).first().map_or(LEAST, |(_, s)| *s);
    let ends =
        if retro.is_async { days::deadline(context.hours, now, &retro.zone) } else { now + Duration::seconds(seconds) };
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
        cards: vec![Card::Stage { retro: retro.id, stage: meeting.at, page: 0 }],
        ..Decision::default()
    };
    decision.cards.extend(invitations(context, meeting));
    decision.cards.extend(warned(retro, meeting, now));
    shown(&mut decision, retro, &opened, now);
    if stage == Stage::Wins {
        decision.cards.extend(context.kudos.iter().map(|id| Card::Kudos { retro: retro.id, id: *id }));
    }
    decision.changes.push(Change::Meeting { retro: retro.id, meeting: opened });
    decision
}

/// `extend`: more time for this stage.
pub fn extend(
    context: &MeetingContext<'_>,
    caller: &Caller,
    by: Duration,
    from: Option<usize>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let retro = context.retro;
    caller.must_lead(retro)?;
    let meeting = context.running()?;
    if from.is_some_and(|from| from != meeting.at) {
        return Err(Refusal::StageOver(meeting.stage().title()));
    }
    let ends = if retro.is_async {
        if by > Duration::days(MOST_DAYS) {
            return Err(Refusal::TooMuchTime("14 days"));
        }
        // A day more is a working day more, and it ends in working hours.
        let days = by.num_days();
        let from = meeting.ends.max(meeting.paused.unwrap_or(now));
        let whole = (0..days).fold(from, |at, _| days::deadline(context.hours, at, &retro.zone));
        days::working(context.hours, whole + (by - Duration::days(days)), &retro.zone)
    } else {
        if by > MOST {
            return Err(Refusal::TooMuchTime("120 minutes"));
        }
        // What is over already starts again from now.
        meeting.ends.max(meeting.paused.unwrap_or(now)) + by
    };
    // Given after all were heard it is for second thoughts: it is not taken back because all were heard.
    let stays = meeting.stays || context.waiting(meeting).is_empty();
    let longer = Meeting { ends, stays, ..meeting.clone() };
    let said = if retro.is_async {
        format!("{} is open until {}.", stage_of(retro, meeting.stage()), zone::moment(ends, &retro.zone))
    } else {
        let minutes = usize::try_from(longer.minutes_left(now).max(0)).unwrap_or(0);
        let words =
            format!("{} now has {} left.", stage_of(retro, meeting.stage()), count(minutes, "minute", "minutes"));
        [words, longer.shorter_text(now)].join(" ").trim().to_owned()
    };
    let mut decision =
        Decision { reply: Some(Reply::new(said)), cards: invitations(context, meeting), ..Decision::default() };
    decision.cards.extend(warned(retro, meeting, now));
    // A minute or two more: the word before the end is due already.
    decision.cards.extend(warned(retro, &longer, now).filter(|_| longer.left(now) > Duration::zero()));
    shown(&mut decision, retro, &longer, now);
    decision.changes.push(Change::Meeting { retro: retro.id, meeting: longer });
    Ok(decision)
}

/// `pause` and `resume`: stops the clock, or lets it go on.
pub fn pause(
    context: &MeetingContext<'_>,
    caller: &Caller,
    stop: bool,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let retro = context.retro;
    caller.must_lead(retro)?;
    let meeting = context.running()?;
    if stop == meeting.paused.is_some() {
        let state = if stop { "already paused" } else { "already running" };
        return Ok(Decision::say(format!("The timer of {} is {state}.", stage_of(retro, meeting.stage()))));
    }
    let changed = if stop { stopped(meeting, Some(&caller.person.id), now) } else { resumed(context, meeting, now) };
    let left = usize::try_from(changed.minutes_left(now).max(0)).unwrap_or(0);
    let said = match (stop, retro.is_async) {
        (true, _) => "Timer paused. Press Resume or type `/retro resume`.".to_owned(),
        (false, true) => format!("Running again: open until {}.", zone::moment(changed.ends, &retro.zone)),
        (false, false) => format!("Timer running again: {} left.", count(left, "minute", "minutes")),
    };
    let mut decision =
        Decision { reply: Some(Reply::new(said)), cards: invitations(context, meeting), ..Decision::default() };
    shown(&mut decision, retro, &changed, now);
    decision.changes.push(Change::Meeting { retro: retro.id, meeting: changed });
    Ok(decision)
}

/// The votes of this stage are counted and shown; nobody votes in it any more.
pub fn count_votes(
    context: &MeetingContext<'_>,
    caller: &Caller,
    from: usize,
    any_votes: bool,
) -> Result<Decision, Refusal> {
    let retro = context.retro;
    caller.must_lead(retro)?;
    let meeting = context.running()?;
    if from != meeting.at {
        return Err(Refusal::StageOver(meeting.stage().title()));
    }
    if !meeting.takes_votes(meeting.stage()) {
        return Ok(Decision::say("The votes in this stage have already been counted."));
    }
    if !any_votes {
        return Err(Refusal::NoVotesYet);
    }
    Ok(Decision {
        changes: vec![
            Change::CountVotes { retro: retro.id },
            Change::Meeting { retro: retro.id, meeting: Meeting { counted: true, ..meeting.clone() } },
        ],
        cards: vec![Card::Stage { retro: retro.id, stage: meeting.at, page: 0 }],
        ..Decision::default()
    })
}

pub(super) fn stopped(meeting: &Meeting, by: Option<&UserId>, now: DateTime<Utc>) -> Meeting {
    Meeting { paused: Some(now), paused_by: by.cloned(), ..meeting.clone() }
}

pub(super) fn resumed(context: &MeetingContext<'_>, meeting: &Meeting, now: DateTime<Utc>) -> Meeting {
    // In whole seconds, as it is kept: what a stage was given stays the same.
    let stood = Duration::seconds(meeting.paused.map_or(0, |since| (now - since).num_seconds()));
    let mut ends = meeting.ends + stood;
    if let (true, Some(since)) = (context.retro.is_async, meeting.paused) {
        ends = days::carried(context.hours, since, meeting.ends, now, &context.retro.zone);
        let goes_on = Meeting { ends, paused: None, ..meeting.clone() };
        ends = days::early(context, &goes_on, now).unwrap_or(ends);
    }
    Meeting { ends, paused: None, paused_by: None, stood: meeting.stood + stood.num_seconds(), ..meeting.clone() }
}
