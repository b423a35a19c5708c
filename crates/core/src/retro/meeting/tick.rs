//! What moves a meeting without a word of its facilitator: its clock, its channel, and the people who leave.

use chrono::{DateTime, Utc};

use super::context::{MeetingContext, STOPPED, WARNING};
use super::days;
use super::moves::{advance, clock, invitations, resumed, shown, stopped, warned};
use crate::interaction::BlockAction;
use crate::model::meeting::Meeting;
use crate::model::retro::Retro;
use crate::retro::{Card, Change, Decision, DirectMessage, Reply, Step, Timer};
use crate::text::bold;

/// The channel was closed in mid-meeting: nobody can speak, so the clock stands.
pub fn archived(context: &MeetingContext<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = context.running() else { return Decision::default() };
    if meeting.paused.is_some() {
        return Decision::default();
    }
    let changed = stopped(meeting, None, now);
    Decision {
        timers: clock(context.retro, &changed, now),
        changes: vec![Change::Meeting { retro: context.retro.id, meeting: changed }],
        dms: vec![DirectMessage {
            to: context.retro.facilitator.clone(),
            about: format!("archived/{}/{}", context.retro.id, now.timestamp()),
            reply: Reply::new(format!(
                "<#{}> was archived during the meeting for {}, so I paused the timer. It resumes once the channel is unarchived.",
                context.retro.channel,
                bold(&context.retro.version)
            )),
        }],
        ..Decision::default()
    }
}

/// It was opened again: a clock that stood for that reason goes on.
pub fn reopened(context: &MeetingContext<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = context.running() else { return Decision::default() };
    if meeting.paused.is_none() || meeting.paused_by.is_some() {
        return Decision::default();
    }
    let changed = resumed(context, meeting, now);
    let mut decision = Decision::default();
    shown(&mut decision, context.retro, &changed, now);
    decision.changes.push(Change::Meeting { retro: context.retro.id, meeting: changed });
    decision
}

/// What the clock brings.
#[derive(Debug)]
pub enum Tick {
    Decided(Box<Decision>),
    /// The last stage of a meeting without a call is over: the retro is finished.
    Over,
}

/// The clock of a stage: minutes that are left, a word two minutes before the end; without a call the next stage.
pub fn tick(context: &MeetingContext<'_>, now: DateTime<Utc>) -> Tick {
    let retro = context.retro;
    let Ok(meeting) = context.running() else { return Tick::Decided(Box::default()) };
    let mut decision = Decision::default();
    if let Some(since) = meeting.paused {
        if meeting.paused_by.is_some() && now >= since + STOPPED {
            decision.dms.push(stopped_for_long(retro, meeting, since));
        }
        return Tick::Decided(Box::new(decision));
    }
    if retro.is_async {
        let open = days::working(context.hours, now, &retro.zone);
        if meeting.ends > now || open > now {
            // Back after a night: nothing opens before people are at work.
            decision.timers.push(Timer { retro: retro.id, step: Step::Stage, due: Some(meeting.ends.max(open)) });
            return Tick::Decided(Box::new(decision));
        }
        return if meeting.is_last() {
            Tick::Over
        } else {
            Tick::Decided(Box::new(advance(context, meeting, None, now)))
        };
    }
    shown(&mut decision, retro, meeting, now);
    let left = meeting.left(now);
    if meeting.is_forgotten(now) {
        decision.dms.push(forgotten(retro, meeting));
    }
    let long_enough = meeting.ends - meeting.opened > WARNING;
    // Once: a minute later it would be an edit that says nothing new.
    if left > WARNING / 2 && left <= WARNING && long_enough {
        decision.cards.push(Card::Warning { retro: retro.id, stage: meeting.at, given: meeting.given() });
    }
    Tick::Decided(Box::new(decision))
}

/// Nobody ended a stage for long: paused still from now on, and the facilitator is asked.
fn forgotten(retro: &Retro, meeting: &Meeting) -> DirectMessage {
    DirectMessage {
        to: retro.facilitator.clone(),
        about: format!("forgotten/{}/{}/{}", retro.id, meeting.at, meeting.given()),
        reply: Reply::new(format!(
            "The meeting for {} in <#{}> still stands at “{}”, long over its time. If it is over, finish it: that posts the summary.",
            bold(&retro.version),
            retro.channel,
            meeting.stage().title()
        ))
        .button("Finish", BlockAction::Finish { retro: retro.id }),
    }
}

/// A clock that somebody stopped a day ago: the facilitator is asked, once for each time.
fn stopped_for_long(retro: &Retro, meeting: &Meeting, since: DateTime<Utc>) -> DirectMessage {
    let reply = Reply::new(format!(
        "The meeting for {} in <#{}> stands at “{}” since its clock was stopped a day ago. Shall it go on, or is it over?",
        bold(&retro.version),
        retro.channel,
        meeting.stage().title()
    ))
    .button("Resume", BlockAction::Pause { retro: retro.id, stop: false })
    .button("Finish", BlockAction::Finish { retro: retro.id });
    DirectMessage { to: retro.facilitator.clone(), about: format!("stopped/{}/{}", retro.id, since.timestamp()), reply }
}

/// Somebody left: without a call a stage that waits for nobody any more closes early.
pub fn people_changed(context: &MeetingContext<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = context.running() else { return Decision::default() };
    let mut decision = Decision {
        cards: vec![Card::Stage { retro: context.retro.id, stage: meeting.at, page: 0 }],
        ..Decision::default()
    };
    if context.retro.is_async
        && let Some(ends) = days::early(context, meeting, now)
    {
        decision
            .changes
            .push(Change::Meeting { retro: context.retro.id, meeting: Meeting { ends, ..meeting.clone() } });
        decision.timers.push(Timer { retro: context.retro.id, step: Step::Stage, due: Some(ends) });
    }
    decision
}

/// The meeting is over with its retro: how long the last stage took is kept, its votes are counted, the clock is gone.
pub fn end(context: &MeetingContext<'_>, now: DateTime<Utc>) -> Decision {
    let Ok(meeting) = context.running() else { return Decision::default() };
    let mut took = meeting.took.clone();
    took.push(meeting.spent(now));
    let ended = Meeting { took, paused: None, paused_by: None, shown: Vec::new(), ..meeting.clone() };
    let retro = context.retro.id;
    Decision {
        changes: vec![Change::CountVotes { retro }, Change::Meeting { retro, meeting: ended }],
        cards: (0..=meeting.at)
            .map(|stage| Card::Stage { retro, stage, page: 0 })
            .chain(invitations(context, meeting))
            .chain([Card::Begun(retro)])
            .chain(warned(context.retro, meeting, now))
            .collect(),
        timers: [Step::Stage, Step::Invite].map(|step| Timer { retro, step, due: None }).to_vec(),
        ..Decision::default()
    }
}
