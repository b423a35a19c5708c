//! `status`: how far a retro is, and the buttons of its next step.

use chrono::{DateTime, Utc};

use super::{Button, Caller, Decision, Reply, Step};
use crate::ids::ChannelId;
use crate::interaction::BlockAction;
use crate::model::meeting::Meeting;
use crate::model::participant::{Answered, Participant, tally};
use crate::model::retro::{Phase, Retro};
use crate::model::stage::STAGES;
use crate::text::{bold, count, esc, mention};
use crate::zone;

/// What could not be confirmed as delivered, for the facilitator's eyes.
#[derive(Debug, Default)]
pub struct Delivery {
    /// Messages that may or may not have arrived (no history scope to look).
    pub unconfirmed: usize,
    /// Messages that Slack refused.
    pub refused: usize,
    /// Of both, those that can be sent again.
    pub again: usize,
    /// Messages that wait for a channel which takes none.
    pub waiting: usize,
}

/// A retro with what its status shows.
#[derive(Debug)]
pub struct Shown<'a> {
    pub retro: &'a Retro,
    pub people: &'a [Participant],
    pub caller: &'a Caller,
    pub link: Option<&'a str>,
    pub delivery: &'a Delivery,
    /// The meeting, once there is one.
    pub meeting: Option<&'a Meeting>,
    pub now: DateTime<Utc>,
}

/// Says how far it is; the facilitator also sees who has not answered, so that they can be helped.
pub fn show(shown: &Shown<'_>) -> Decision {
    let Shown { retro, people, caller, link, delivery, .. } = *shown;
    let tz = &caller.person.tz;
    let mut text = standing(shown);
    if let Some(link) = link {
        text.push_str(&format!(" <{link}|Open it>."));
    }
    if let (Some(at), Phase::Scheduled | Phase::Collecting | Phase::Agenda) = (retro.meeting, retro.phase) {
        text.push_str(&format!(" The meeting is {}.", zone::moment(at, tz)));
    }
    text.push_str(&format!(" Facilitator: {}.", mention(&retro.facilitator)));
    let leads = caller.leads(retro);
    if leads {
        text.push_str(&for_the_lead(shown));
    }
    let mut reply = Reply::new(text);
    reply.buttons = buttons(shown, leads);
    let id = retro.id;
    if leads && delivery.again + delivery.waiting > 0 {
        reply = reply.button("Send again", BlockAction::PostAgain { retro: id });
    }
    let mine = people.iter().find(|p| p.user == caller.person.id);
    if retro.phase == Phase::Collecting && mine.is_some_and(|p| p.answer == Answered::Waiting) {
        reply = reply.button("Answer the survey", BlockAction::Survey { retro: id });
    }
    Decision { reply: Some(reply), ..Decision::default() }
}

/// A channel without an open retro, or with several.
#[derive(Debug)]
pub struct Overview<'a> {
    /// Open ones, or those that begin by themselves.
    pub open: &'a [Retro],
    /// The last that was finished, with the link to its summary.
    pub last: Option<&'a Retro>,
    pub link: Option<&'a str>,
    /// Open action items.
    pub items: usize,
}

/// Where a channel stands, and its next step.
pub fn overview(channel: &Overview<'_>, tz: &str) -> Decision {
    if let [first, ..] = channel.open {
        let mut text = format!("{} are open in this channel:", count(channel.open.len(), "retro", "retros"));
        for retro in channel.open {
            let stands = match retro.phase {
                Phase::Collecting => format!("the survey closes {}", zone::moment(retro.closes, tz)),
                Phase::Agenda => "the agenda is ready".to_owned(),
                Phase::Meeting => "the meeting is running".to_owned(),
                Phase::Scheduled => {
                    let begins = retro.scheduled.as_ref().map(|s| zone::moment(s.begins, tz)).unwrap_or_default();
                    format!("starts {begins}")
                }
                Phase::Closed | Phase::Cancelled => "over".to_owned(),
            };
            text.push_str(&format!("\n• {}: {stands}", bold(&retro.version)));
        }
        text.push_str(&format!("\n`/retro status {}` shows more.", esc(&first.version)));
        return Decision::say(text);
    }
    let start = BlockAction::StartForm;
    let Some(last) = channel.last else {
        let text = "There are no retros in this channel yet. Start the first one with `/retro start v2.1.0`; `/retro help` shows what I can do.";
        return Decision { reply: Some(Reply::new(text).button("Start a retro", start)), ..Decision::default() };
    };
    let mut text = format!("No retro is open. The last one was {}", bold(&last.version));
    if let Some(ended) = last.ended {
        text.push_str(&format!(", finished {}", zone::show_day(zone::local(ended, tz).date())));
    }
    text.push('.');
    if let Some(link) = channel.link {
        text.push_str(&format!(" <{link}|Read its summary>."));
    }
    if channel.items > 0 {
        let items = count(channel.items, "action item is", "action items are");
        text.push_str(&format!(" {items} open: `/retro actions` lists them."));
    }
    text.push_str(" Start the next one with `/retro start` and its version.");
    Decision { reply: Some(Reply::new(text).button("Start a retro", start)), ..Decision::default() }
}

/// Where the retro stands, in a sentence or two.
fn standing(shown: &Shown<'_>) -> String {
    let Shown { retro, people, caller, meeting, now, .. } = *shown;
    let (done, all) = tally(people);
    let tz = &caller.person.tz;
    match retro.phase {
        Phase::Collecting => format!(
            "{}: collecting answers, {done} of {all} so far. The survey closes {}.",
            bold(&retro.version),
            zone::moment(retro.closes, tz)
        ),
        Phase::Agenda => format!(
            "{}: the agenda is in the channel, {done} of {all} answered. `/retro meet` starts the meeting, `/retro finish` posts the summary.",
            bold(&retro.version)
        ),
        Phase::Meeting => format!(
            "{}: the meeting is running, in the agenda's thread{}. `/retro next` opens its next stage, `/retro finish` posts the summary.",
            bold(&retro.version),
            meeting.map(|m| format!(", at {}", where_it_is(retro, m, now, tz))).unwrap_or_default()
        ),
        Phase::Scheduled => {
            let begins = retro.scheduled.as_ref().map(|s| zone::moment(s.begins, tz)).unwrap_or_default();
            format!("{}: starts automatically {begins}.", bold(&retro.version))
        }
        Phase::Closed => format!("{}: finished.", bold(&retro.version)),
        Phase::Cancelled => format!("{}: cancelled.", bold(&retro.version)),
    }
}

/// Who has not answered, and what did not arrive: only who leads the retro reads it.
fn for_the_lead(shown: &Shown<'_>) -> String {
    let Shown { retro, people, delivery, .. } = *shown;
    let mut text = String::new();
    for (answer, words) in [(Answered::Waiting, "Not answered yet"), (Answered::Unreachable, "Slack cannot deliver to")]
    {
        let names: Vec<String> = people.iter().filter(|p| p.answer == answer).map(|p| mention(&p.user)).collect();
        if !names.is_empty() && retro.phase == Phase::Collecting {
            let more = names.len().saturating_sub(30);
            let shown = names.iter().take(30).cloned().collect::<Vec<_>>().join(", ");
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&format!("\n{words}: {shown}{rest}."));
        }
    }
    if delivery.unconfirmed > 0 {
        let messages = count(delivery.unconfirmed, "message", "messages");
        text.push_str(&format!("\nI couldn't confirm that {messages} arrived, so I didn't send anything twice; `/retro nudge` reminds people who haven't answered."));
    }
    if delivery.refused > 0 {
        text.push_str(&format!("\nSlack refused {}.", count(delivery.refused, "message", "messages")));
    }
    if delivery.waiting > 0 {
        let messages = count(delivery.waiting, "message waits", "messages wait");
        text.push_str(&format!("\n{messages} for a channel that I can't post in."));
    }
    text
}

/// The buttons of the phase.
fn buttons(shown: &Shown<'_>, leads: bool) -> Vec<Button> {
    let Shown { retro, meeting, .. } = *shown;
    let id = retro.id;
    let mut reply = Reply::new("");
    match retro.phase {
        Phase::Collecting if leads => {
            reply = reply
                .button("Remind the others", BlockAction::Nudge { retro: id })
                .button("Close and post agenda", BlockAction::Agenda { retro: id });
        }
        Phase::Scheduled => {
            reply = reply.button("Start now", BlockAction::StartNow { retro: id });
            if leads {
                reply = reply
                    .button("Later", BlockAction::Later { retro: id })
                    .button("Skip", BlockAction::Skip { retro: id });
            }
        }
        Phase::Agenda if leads => {
            reply = reply
                .button("Start the meeting", BlockAction::Meet { retro: id })
                .button("Finish", BlockAction::Finish { retro: id });
        }
        Phase::Meeting if leads => {
            if let Some(m) = meeting.filter(|m| !m.is_last()) {
                reply = reply.button("Next stage", BlockAction::Next { retro: id, at: m.at });
            }
            reply = reply.button("Finish", BlockAction::Finish { retro: id });
        }
        Phase::Collecting | Phase::Agenda | Phase::Meeting | Phase::Closed | Phase::Cancelled => {}
    }
    reply.buttons
}

/// `“What went well” (2 of 6), with 12 minutes left`.
fn where_it_is(retro: &Retro, m: &Meeting, now: DateTime<Utc>, tz: &str) -> String {
    let left = usize::try_from(m.minutes_left(now)).unwrap_or(0);
    let clock = match (m.paused, retro.is_async, left) {
        (Some(_), ..) => "paused".to_owned(),
        (None, true, _) => format!("open until {}", zone::moment(m.ends, tz)),
        (None, false, 0) => "time's up".to_owned(),
        (None, false, left) => format!("with {} left", count(left, "minute", "minutes")),
    };
    format!("“{}” ({} of {}), {clock}", m.stage().title(), m.at + 1, STAGES.len())
}

/// What was refused or unconfirmed goes out again.
pub fn posted_again(count: u64) -> Decision {
    match count {
        0 => Decision::say("There is nothing to send again."),
        1 => Decision::say("I am sending 1 message again."),
        n => Decision::say(format!("I am sending {n} messages again.")),
    }
}

/// A deadline of the retro failed again and again on our side.
pub fn failed(retro: &Retro, step: Step) -> Reply {
    let version = bold(&retro.version);
    let what = match step {
        Step::Close | Step::Grace => format!("close the survey of {version}: please try `/retro agenda`"),
        Step::Nudge => format!("remind those who have not answered the survey of {version}: please try `/retro nudge`"),
        Step::Withheld => format!("end the questions to authors whose words of {version} are not shown yet"),
        Step::Notice => format!("announce the retro for {version}"),
        Step::Begin => format!("begin the retro for {version}: please try `/retro start`"),
        Step::Meeting => format!("say that the meeting for {version} begins: please tell the channel"),
        Step::Stage => format!("keep the time of the meeting for {version}: please go on with `/retro next`"),
        Step::Invite => format!("invite people to speak about {version}"),
    };
    Reply::new(format!("I couldn't {what}. Whoever runs me can find the cause in my log or with `lookback doctor`."))
}

/// A channel took no message of the retro for thirty days.
pub fn given_up(retro: &Retro, channel: &ChannelId) -> Reply {
    let text = format!(
        "I have not been able to post in <#{channel}> for 30 days, so I have stopped trying to post the retro for {} there. Once I can post there again, press the button.",
        bold(&retro.version)
    );
    Reply::new(text).button("Post it again", BlockAction::PostAgain { retro: retro.id })
}
