//! The end of a retro: finished or cancelled.

use chrono::{DateTime, Duration, Utc};

use super::unseen_blame::{self, Blamed};
use super::{
    Caller, Card, Change, Decision, DirectMessage, Refusal, Reply, Step, Timer, meeting, schedule, survey,
    survey_closing, typed_date,
};
use crate::command::Next;
use crate::ids::{ChannelId, UserId};
use crate::interaction::BlockAction;
use crate::model::meeting::Meeting;
use crate::model::participant::tally;
use crate::model::response::Response;
use crate::model::retro::{NextRelease, Phase, Retro};
use crate::model::settings::closing_hour;
use crate::model::version;
use crate::retro::meeting::MeetingContext;
use crate::text::{bold, esc};
use crate::zone;

/// A retro that is about to be finished.
#[derive(Debug)]
pub struct Ending<'a> {
    /// The retro with who was asked, and its meeting where there is one.
    pub context: MeetingContext<'a>,
    /// What people wrote, while the survey is open or something is withheld.
    pub responses: &'a [Response],
    /// The question was answered with yes.
    pub confirmed: bool,
    /// The names of the people of the channel.
    pub names: &'a [String],
    /// Notes with blame that would stand in the summary.
    pub blamed: Vec<Blamed>,
    /// A mark of those that the caller was shown.
    pub seen: u64,
}

/// `finish`: asks once while answers are collected, else closes and posts the summary.
pub fn finish(
    ending: &Ending<'_>,
    caller: &Caller,
    next: Option<&Next>,
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    let retro = ending.context.retro;
    caller.must_lead(retro)?;
    let next_release = next.map(|n| read_next(retro, n, caller, now)).transpose()?;
    if retro.phase == Phase::Collecting && !ending.confirmed {
        let (done, all) = tally(ending.context.people);
        let mut text = format!(
            "The survey for {} is still open ({done} of {all} answered). Finishing closes it and posts the agenda and the summary.",
            bold(&retro.version)
        );
        if survey_closing::withholds(retro, ending.responses) {
            text.push_str(&format!(
                " Fewer than {} people have written something so far. If you finish now, no one will see what they wrote, because I can't ask them first.",
                retro.threshold
            ));
        }
        let ask = Reply::new(text).button(
            "Close the survey and finish",
            BlockAction::FinishNow { retro: retro.id, next: next.cloned(), seen: 0 },
        );
        return Ok(Decision { reply: Some(ask), ..Decision::default() });
    }
    if let Some(asked) = asks_about_blame(ending, next, now, ids) {
        return Ok(asked);
    }
    let day = next_release.as_ref().and_then(|n| n.day);
    let mut decision = over(&ending.context, ending.responses, next_release, now, ids)?;
    if let Some(day) = day {
        let today = zone::local(now, &caller.person.tz).date();
        decision.changes.push(Change::DueNextRelease {
            channel: retro.channel.clone(),
            day,
            after: Some(today),
            by: Some(caller.person.id.clone()),
        });
    }
    decision.reply = Some(Reply::new(format!(
        "The retro for {} is finished. I'm posting the summary in the channel and the document in its thread. Thank you!",
        bold(&retro.version)
    )));
    Ok(decision)
}

/// Asks where the summary would show blame that whoever leads has not seen. A survey that is still open is closed first, and
/// withheld answers whose authors share them come into the agenda first: nobody sees them before.
fn asks_about_blame(
    ending: &Ending<'_>,
    next: Option<&Next>,
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Option<Decision> {
    let retro = ending.context.retro;
    let (before, blamed) = with_what_is_open(ending, now, ids)?;
    if blamed.is_empty() || unseen_blame::mark(&blamed) == ending.seen {
        return None;
    }
    let mut reply = unseen_blame::ask(retro, &blamed, next);
    if retro.phase == Phase::Collecting {
        reply.text = format!("The survey is closed, and I'm posting the agenda. {}", reply.text);
    }
    Some(Decision { reply: Some(reply), ..before })
}

/// For how long at most new notes with blame keep the last stage of a meeting without a call open.
const LONGEST: Duration = Duration::days(7);

/// The last stage of a meeting without a call is over: the retro is finished. Where notes with blame came since whoever
/// leads was shown them, the stage stays open until the next working day, so that they can hide them.
pub fn by_itself(
    ending: &Ending<'_>,
    lead: UserId,
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    let (retro, meeting) = (ending.context.retro, ending.context.running()?);
    let is_new = |b: &Blamed| !meeting.shown.contains(&b.mark());
    // Withheld answers are settled early only where they are what has to be seen.
    let noted = ending.blamed.iter().any(is_new);
    let found = if noted {
        Some((Decision::default(), ending.blamed.clone()))
    } else {
        with_what_is_open(ending, now, ids).filter(|(_, blamed)| blamed.iter().any(is_new))
    };
    let (mut decision, blamed) = match found {
        Some(found) if now < meeting.opened + LONGEST => found,
        _ => return over(&ending.context, ending.responses, None, now, ids),
    };
    let ends = meeting::days::deadline(ending.context.hours, now, &retro.zone);
    let shown = blamed.iter().map(Blamed::mark).collect();
    let later = Meeting { ends, stays: true, shown, ..meeting.clone() };
    decision.changes.push(Change::Meeting { retro: retro.id, meeting: later });
    decision.cards.push(Card::Stage { retro: retro.id, stage: meeting.at, page: 0 });
    decision.timers.push(Timer { retro: retro.id, step: Step::Stage, due: Some(ends) });
    decision.dms.push(DirectMessage {
        to: lead,
        about: unseen_blame::about(retro, now),
        reply: unseen_blame::before_the_end(retro, &blamed, ends),
    });
    Ok(decision)
}

/// Whether a decision finishes a retro.
pub fn finishes(decision: &Decision) -> bool {
    decision.changes.iter().any(|c| matches!(c, Change::Update(r) if r.phase == Phase::Closed))
}

/// The notes with blame that would stand in the summary, with those that become notes only at the end, and what makes
/// them so; `None` where nothing is open.
fn with_what_is_open(
    ending: &Ending<'_>,
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Option<(Decision, Vec<Blamed>)> {
    let retro = ending.context.retro;
    if !retro.phase.is_open() {
        return None;
    }
    let before = if retro.phase == Phase::Collecting {
        survey_closing::close(retro, ending.context.people, ending.responses, now, ids)
    } else if retro.withheld.is_some() {
        survey_closing::settle(retro, ending.responses, ids)
    } else {
        Decision::default()
    };
    let mut blamed = ending.blamed.clone();
    for change in &before.changes {
        let notes = if let Change::CloseSurvey { notes, .. } = change {
            notes.as_slice()
        } else if let Change::AddNote(note) = change {
            std::slice::from_ref(note)
        } else {
            &[]
        };
        blamed.extend(unseen_blame::find(notes, &[], ending.names));
    }
    Some((before, blamed))
}

/// The retro is over: what is open is closed, and the summary goes out.
pub fn over(
    context: &MeetingContext<'_>,
    responses: &[Response],
    next: Option<NextRelease>,
    now: DateTime<Utc>,
    ids: &mut dyn FnMut() -> i64,
) -> Result<Decision, Refusal> {
    let retro = context.retro;
    let mut decision = match retro.phase {
        Phase::Collecting => {
            let mut closed = survey_closing::close(retro, context.people, responses, now, ids);
            closed.changes.retain(|c| !matches!(c, Change::Update(_)));
            // Nobody can be asked about withheld words any more, so they are not kept.
            for change in &mut closed.changes {
                if let Change::CloseSurvey { kept, .. } = change {
                    kept.clear();
                }
            }
            closed.cards.retain(|c| !matches!(c, Card::Share { .. }));
            closed.timers.push(Timer { retro: retro.id, step: Step::Withheld, due: None });
            closed
        }
        Phase::Agenda | Phase::Meeting if retro.withheld.is_some() => {
            let mut ended = survey_closing::settle(retro, responses, ids);
            ended.changes.retain(|c| !matches!(c, Change::Update(_)));
            ended
        }
        Phase::Agenda | Phase::Meeting => Decision { cards: vec![Card::Agenda(retro.id)], ..Decision::default() },
        Phase::Scheduled => return Err(Refusal::NotBegun(retro.version.clone())),
        Phase::Closed => return Err(Refusal::AlreadyOver(retro.version.clone(), "finished")),
        Phase::Cancelled => return Err(Refusal::AlreadyOver(retro.version.clone(), "cancelled")),
    };
    let closed = Retro { phase: Phase::Closed, ended: Some(now), next, withheld: None, ..retro.clone() };
    decision.changes.push(Change::Update(closed));
    let met = meeting::end(context, now);
    decision.changes.extend(met.changes);
    decision.cards.extend(met.cards);
    decision.timers.extend(met.timers);
    let user = retro.facilitator.clone();
    decision.cards.extend([
        Card::Kickoff(retro.id),
        Card::Summary(retro.id),
        Card::Document(retro.id),
        Card::Canvas(retro.id),
        Card::Health { retro: retro.id, user: user.clone() },
        // Nothing is shown where no channel is configured.
        Card::Preview { retro: retro.id, user },
    ]);
    decision.timers.push(Timer { retro: retro.id, step: Step::Meeting, due: None });
    Ok(decision)
}

/// The facilitator's word on the short summary: it goes to these channels, or stays here.
pub fn share(retro: &Retro, channels: &[ChannelId], caller: &Caller, send: bool) -> Result<Decision, Refusal> {
    caller.must_lead(retro)?;
    if let Some(sent) = retro.shared {
        return Err(Refusal::SharedAlready(retro.version.clone(), if sent { "sent" } else { "held back" }));
    }
    // The release channel has the long form already.
    let channels: Vec<&ChannelId> = channels.iter().filter(|c| **c != retro.channel).collect();
    if retro.phase != Phase::Closed || channels.is_empty() {
        return Err(Refusal::NoStakeholders);
    }
    let mut cards = vec![Card::Preview { retro: retro.id, user: retro.facilitator.clone() }];
    if send {
        cards.extend(channels.iter().map(|c| Card::Short { retro: retro.id, channel: (*c).clone() }));
    }
    Ok(Decision {
        changes: vec![Change::Update(Retro { shared: Some(send), ..retro.clone() })],
        cards,
        ..Decision::default()
    })
}

fn read_next(retro: &Retro, next: &Next, caller: &Caller, now: DateTime<Utc>) -> Result<NextRelease, Refusal> {
    if version::is_same(&next.version, &retro.version) {
        return Err(Refusal::NextIsThis(esc(&next.version)));
    }
    let tz = &caller.person.tz;
    let day = next
        .date
        .as_deref()
        .map(|text| {
            let at = typed_date::read(text, now, tz)?.instant(tz, closing_hour());
            at.map(|at| zone::local(at, tz).date()).ok_or(Refusal::NeedsDate("next:"))
        })
        .transpose()?;
    Ok(NextRelease { version: next.version.clone(), day })
}

/// What a retro that is cancelled now loses.
fn what_is_lost(retro: &Retro) -> &'static str {
    if retro.phase == Phase::Collecting {
        "The survey closes, and no one will see the answers."
    } else {
        "It ends now, without a summary."
    }
}

/// `cancel`: asks for confirmation, then cancels. What was written is kept out of sight.
pub fn cancel(
    context: &MeetingContext<'_>,
    caller: &Caller,
    why: Option<&str>,
    confirmed: bool,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let MeetingContext { retro, people, .. } = *context;
    caller.must_lead(retro)?;
    match retro.phase {
        Phase::Closed => return Err(Refusal::AlreadyOver(retro.version.clone(), "finished")),
        Phase::Cancelled => return Err(Refusal::AlreadyOver(retro.version.clone(), "cancelled")),
        Phase::Scheduled if confirmed => return skip(retro, why, now),
        Phase::Scheduled => {
            let why = reason(why).ok_or(Refusal::SkipNeedsWhy)?;
            let ask = Reply::new(format!(
                "Skip the retro for {}? `/retro history` will show the reason. A pipeline can't start this retro again.",
                bold(&retro.version)
            ))
            .button("Skip the retro", BlockAction::CancelNow { retro: retro.id, why: Some(why) });
            return Ok(Decision { reply: Some(ask), ..Decision::default() });
        }
        Phase::Collecting | Phase::Agenda | Phase::Meeting if !confirmed => {
            let ask = Reply::new(format!("Cancel the retro for {}? {}", bold(&retro.version), what_is_lost(retro)))
                .button(
                    "Cancel the retro",
                    BlockAction::CancelNow { retro: retro.id, why: why.map(|w| crate::text::cut(w, 300)) },
                );
            return Ok(Decision { reply: Some(ask), ..Decision::default() });
        }
        Phase::Collecting | Phase::Agenda | Phase::Meeting => {}
    }
    let why = reason(why);
    let mut cards = vec![Card::Kickoff(retro.id)];
    if retro.phase.has_agenda() {
        cards.push(Card::Agenda(retro.id));
    }
    cards.extend(survey::all_surveys(retro, people));
    let cancelled =
        Retro { phase: Phase::Cancelled, ended: Some(now), cancelled_because: why, withheld: None, ..retro.clone() };
    let mut changes = vec![Change::Update(cancelled)];
    if retro.withheld.is_some() {
        // Nobody can share it any more. Everybody's message is looked at again, so that it tells nothing.
        changes.push(Change::EndSurvey { retro: retro.id });
        cards.extend(people.iter().map(|p| Card::Share { retro: retro.id, user: p.user.clone() }));
    }
    let timers = [Step::Close, Step::Grace, Step::Meeting, Step::Nudge, Step::Withheld].map(|step| Timer {
        retro: retro.id,
        step,
        due: None,
    });
    let met = meeting::end(context, now);
    changes.extend(met.changes);
    cards.extend(met.cards);
    if context.running().is_ok_and(Meeting::is_last) {
        cards.extend(context.kudos.iter().map(|id| Card::Kudos { retro: retro.id, id: *id }));
    }
    Ok(Decision {
        changes,
        cards,
        timers: timers.into_iter().chain(met.timers).collect(),
        reply: Some(Reply::new(format!("The retro for {} is cancelled.", bold(&retro.version)))),
        ..Decision::default()
    })
}

/// One that has not begun needs no second question, but a reason.
fn skip(retro: &Retro, why: Option<&str>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let why = reason(why).ok_or(Refusal::SkipNeedsWhy)?;
    let skipped = Retro {
        phase: Phase::Cancelled,
        ended: Some(now),
        scheduled: None,
        cancelled_because: Some(why),
        ..retro.clone()
    };
    Ok(Decision {
        changes: vec![Change::Update(skipped)],
        cards: schedule::notice(retro).into_iter().collect(),
        timers: schedule::no_timers(retro),
        reply: Some(Reply::new(format!(
            "The retro for {} is skipped; `/retro history` shows the reason.",
            bold(&retro.version)
        ))),
        ..Decision::default()
    })
}

fn reason(why: Option<&str>) -> Option<String> {
    why.map(|w| crate::text::cut(&crate::text::clean(w), 300)).filter(|w| !w.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retro::tests::{caller, retro};

    #[test]
    fn only_who_leads_sends_the_short_summary_and_once() {
        let now: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let closed = Retro { phase: Phase::Closed, ..retro(now, now) };
        let lead = caller(closed.facilitator.as_str());
        let channels = [ChannelId::from("C2")];
        assert!(matches!(share(&closed, &channels, &caller("U99"), true), Err(Refusal::FacilitatorOnly { .. })));
        assert_eq!(share(&closed, &channels, &lead, true).unwrap().cards.len(), 2);
        assert_eq!(share(&closed, &channels, &lead, false).unwrap().cards.len(), 1);
        assert!(matches!(share(&closed, &[], &lead, true), Err(Refusal::NoStakeholders)));
        let sent = Retro { shared: Some(true), ..closed };
        assert!(matches!(share(&sent, &channels, &lead, true), Err(Refusal::SharedAlready(..))));
    }
}
