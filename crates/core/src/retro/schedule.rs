//! A retro that a pipeline asked for: it begins by itself when the release has been out for long enough.
//!
//! Rule: the channel hears of it a day ahead, people are asked in working hours, and one that nobody wants is
//! kept with its reason.

use chrono::{DateTime, Duration, Utc};

use super::{Caller, Card, Change, Decision, Refusal, Reply, Step, Timer, typed_date};
use crate::ids::{ChannelId, RetroId, UserId};
use crate::interaction::BlockAction;
use crate::model::person::Person;
use crate::model::retro::{Phase, Retro, Scheduled};
use crate::model::settings::{Settings, closing_hour, opening_hour};
use crate::model::start::Start;
use crate::text::{GONE, bold};
use crate::zone;

/// How long before it begins the channel is told.
pub const AHEAD: Duration = Duration::days(1);

/// What a pipeline asks for.
#[derive(Debug)]
pub struct Asked<'a> {
    pub channel: &'a ChannelId,
    pub start: &'a Start,
    /// When the release went out, or will; now where it is not said.
    pub deployed: Option<DateTime<Utc>>,
    pub facilitator: &'a UserId,
    pub tz: &'a str,
    pub settings: &'a Settings,
    /// The newest retro of this release, whatever became of it.
    pub before: Option<&'a Retro>,
}

/// Whether somebody else has to lead it: who was named has left, or was erased. `planned` is what is known of them.
pub fn needs_stand_in(retro: &Retro, planned: Option<&Person>) -> bool {
    retro.facilitator.as_str().starts_with(GONE) || planned.is_some_and(|p| !p.reachable())
}

/// Plans it; `None` where there is, or was, one already.
pub fn plan(a: &Asked<'_>, now: DateTime<Utc>, id: RetroId) -> Result<Option<(Retro, Decision)>, Refusal> {
    if a.before.is_some() {
        return Ok(None);
    }
    let tz = a.settings.zone.clone().unwrap_or_else(|| a.tz.to_owned());
    let local = zone::local(now, &tz);
    let soaked = a.deployed.unwrap_or(now) + Duration::hours(a.settings.soak_hours);
    let begins = in_working_hours(soaked.max(now), &tz, a.settings);
    // The dates are read as they will be at the beginning, because nobody can be asked back then.
    let read = |option, text: &Option<String>| -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(text) = text else { return Ok(None) };
        let spoken = typed_date::read_with(text, begins, &tz, a.settings)?;
        spoken.instant(&tz, closing_hour()).ok_or(Refusal::NeedsDate(option)).map(Some)
    };
    let (closes, meeting) = (read("closes:", &a.start.closes)?, read("meeting:", &a.start.meeting)?);
    if let Some(closes) = closes.filter(|at| *at <= begins) {
        return Err(Refusal::ClosesInPast(zone::show(closes, &tz)));
    }
    if let Some((meeting, closes)) = meeting.zip(closes).filter(|(meeting, closes)| meeting < closes) {
        return Err(Refusal::MeetingBeforeClose { meeting: zone::show(meeting, &tz), closes: zone::show(closes, &tz) });
    }
    let start = Start { deployed: a.deployed.map(|at| at.to_rfc3339()), ..a.start.clone() };
    let retro = Retro {
        id,
        channel: a.channel.clone(),
        version: a.start.version.clone(),
        phase: Phase::Scheduled,
        facilitator: a.facilitator.clone(),
        facilitator_seen: now,
        anonymous: !a.start.named && (a.start.anonymous || a.settings.anonymous),
        threshold: a.settings.threshold,
        questions: a.settings.questions.clone(),
        withheld: None,
        is_async: a.start.is_async,
        length: a.start.length.unwrap_or(a.settings.length),
        closes: begins,
        zone: tz.clone(),
        meeting: None,
        deployed: a.deployed.filter(|at| *at <= now),
        previous: None,
        started: now,
        all_answered: None,
        nudged: None,
        ended: None,
        cancelled_because: None,
        next: None,
        scheduled: Some(Scheduled { begins, start }),
        shared: None,
        rev: 0,
    };
    let mut changes = vec![Change::Open { retro: retro.clone(), participants: Vec::new() }];
    let (day, today) = (a.deployed.map(|at| zone::local(at, &tz).date()), local.date());
    if let Some(day) = day.filter(|day| *day >= today) {
        changes.push(Change::DueNextRelease { channel: a.channel.clone(), day, after: Some(today), by: None });
    }
    let decision = Decision { changes, timers: timers(&retro, a.settings, now), ..Decision::default() };
    Ok(Some((retro, decision)))
}

fn in_working_hours(at: DateTime<Utc>, tz: &str, settings: &Settings) -> DateTime<Utc> {
    let moved = settings.hours.next(zone::local(at, tz)).map(|local| zone::instant(local, tz));
    moved.unwrap_or(at).max(at)
}

/// The word to the channel, and the beginning.
fn timers(retro: &Retro, settings: &Settings, now: DateTime<Utc>) -> Vec<Timer> {
    let Some(Scheduled { begins, .. }) = retro.scheduled else { return Vec::new() };
    let ahead = zone::local(begins - AHEAD, &retro.zone);
    // Nobody reads a notice on a day off, so it goes out in the last working hour before.
    let ahead = if settings.hours.holds(ahead) { Some(ahead) } else { settings.hours.last_before(ahead) };
    let notice = ahead.map_or(begins - AHEAD, |local| zone::instant(local, &retro.zone)).max(now);
    let timer = |step, due| Timer { retro: retro.id, step, due };
    vec![timer(Step::Notice, (notice < begins).then_some(notice)), timer(Step::Begin, Some(begins))]
}

/// It could not begin: `why` is told to who leads it, and it is tried again a day later.
pub fn held_up(retro: &Retro, why: Reply, now: DateTime<Utc>) -> Decision {
    let Ok(waiting) = waiting(retro) else { return Decision::default() };
    let begins = now + AHEAD;
    let moved = Retro { scheduled: Some(Scheduled { begins, start: waiting.start.clone() }), ..retro.clone() };
    let text = format!(
        "The retro for {} in <#{}> couldn't start automatically. {} I'll try again {}; `/retro start {}` there starts it sooner.",
        bold(&retro.version),
        retro.channel,
        why.text,
        zone::moment(begins, &retro.zone),
        crate::text::esc(&retro.version)
    );
    Decision {
        // The channel is told at once: that is a day ahead.
        timers: vec![
            Timer { retro: retro.id, step: Step::Notice, due: Some(now) },
            Timer { retro: retro.id, step: Step::Begin, due: Some(begins) },
        ],
        changes: vec![Change::Update(moved)],
        cards: notice(retro).into_iter().collect(),
        reply: Some(Reply { text, ..why }),
        ..Decision::default()
    }
}

/// The release time has changed, so the retro begins when the release has been out for long enough.
pub fn deployed_at(
    retro: &Retro,
    at: DateTime<Utc>,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Option<(Retro, Vec<Timer>)> {
    let waiting = waiting(retro).ok()?;
    let text = at.to_rfc3339();
    if waiting.start.deployed.as_ref() == Some(&text) {
        return None;
    }
    let soaked = (at + Duration::hours(settings.soak_hours)).max(now);
    let begins = in_working_hours(soaked, &retro.zone, settings);
    let start = Start { deployed: Some(text), ..waiting.start.clone() };
    let moved = Retro {
        deployed: Some(at).filter(|at| *at <= now),
        scheduled: Some(Scheduled { begins, start }),
        ..retro.clone()
    };
    let timers = timers(&moved, settings, now);
    Some((moved, timers))
}

/// The word to the channel about a retro that waits; `None` for one that does not.
pub fn notice(retro: &Retro) -> Option<Card> {
    let begins = retro.scheduled.as_ref()?.begins.timestamp();
    Some(Card::Notice { retro: retro.id, begins })
}

/// The release of a retro that waits was withdrawn: the channel is asked whether the retro is still wanted.
pub fn withdrawn(retro: &Retro) -> Result<Reply, Refusal> {
    let waiting = waiting(retro)?;
    let text = format!(
        "Release {} was withdrawn on GitHub. Do you still want the retro? It starts {} unless you postpone or skip it.",
        bold(&retro.version),
        zone::moment(waiting.begins, &retro.zone)
    );
    let reply = Reply::new(text).button("Start now", BlockAction::StartNow { retro: retro.id });
    let reply = reply.button("Later", BlockAction::Later { retro: retro.id });
    Ok(reply.button("Skip", BlockAction::Skip { retro: retro.id }))
}

/// What ends with the waiting.
pub fn no_timers(retro: &Retro) -> Vec<Timer> {
    [Step::Notice, Step::Begin].map(|step| Timer { retro: retro.id, step, due: None }).to_vec()
}

/// `Later`: begins at another time.
pub fn later(
    retro: &Retro,
    caller: &Caller,
    when: &str,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let waiting = waiting(retro)?;
    caller.must_lead(retro)?;
    let tz = &caller.person.tz;
    let at = typed_date::read_with(when, now, tz, settings)?
        .instant(tz, opening_hour())
        .ok_or(Refusal::NeedsDate("later"))?;
    if at <= now {
        return Err(typed_date::Unread::Past(when.to_owned()).into());
    }
    let moved = Retro { scheduled: Some(Scheduled { begins: at, start: waiting.start.clone() }), ..retro.clone() };
    let said = format!("The retro for {} starts {}.", bold(&retro.version), zone::moment(at, &retro.zone));
    Ok(Decision {
        timers: timers(&moved, settings, now),
        changes: vec![Change::Update(moved)],
        cards: notice(retro).into_iter().collect(),
        reply: Some(Reply::new(said)),
        ..Decision::default()
    })
}

/// Whether it still waits to begin.
pub fn waiting(retro: &Retro) -> Result<&Scheduled, Refusal> {
    let scheduled = retro.scheduled.as_ref().filter(|_| retro.phase == Phase::Scheduled);
    scheduled.ok_or_else(|| {
        let state = match retro.phase {
            Phase::Scheduled | Phase::Collecting | Phase::Agenda | Phase::Meeting => "open",
            Phase::Closed => "finished",
            Phase::Cancelled => "cancelled",
        };
        Refusal::AlreadyOver(retro.version.clone(), state)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn planned(deployed: &str, now: &str) -> (DateTime<Utc>, Vec<Timer>) {
        let start = Start { version: "v2.1.0".into(), ..Start::default() };
        let (channel, who, settings) = (ChannelId::from("C1"), UserId::from("U1"), Settings::default());
        let asked = Asked {
            channel: &channel,
            start: &start,
            deployed: Some(at(deployed)),
            facilitator: &who,
            tz: "Europe/Berlin",
            settings: &settings,
            before: None,
        };
        let (retro, decision) = plan(&asked, at(now), RetroId(1)).unwrap().unwrap();
        (retro.scheduled.unwrap().begins, decision.timers)
    }

    #[test]
    fn it_begins_after_the_soak_in_working_hours_and_says_so_a_day_ahead() {
        // Wednesday 14:00 UTC and two days is Friday 15:00 in Berlin.
        let (begins, timers) = planned("2026-11-18T14:00:00Z", "2026-11-18T14:05:00Z");
        assert_eq!(begins, at("2026-11-20T14:00:00Z"));
        assert_eq!(timers[0].due, Some(at("2026-11-19T14:00:00Z")));
        // Thursday evening and two days is Saturday: Monday at nine, told on Friday.
        let (begins, timers) = planned("2026-11-19T18:00:00Z", "2026-11-19T18:05:00Z");
        assert_eq!(begins, at("2026-11-23T08:00:00Z"));
        assert_eq!(timers[0].due, Some(at("2026-11-20T16:00:00Z")));
        // Long out already: now, without a word ahead.
        let (begins, timers) = planned("2026-11-02T10:00:00Z", "2026-11-18T14:05:00Z");
        assert_eq!(begins, at("2026-11-18T14:05:00Z"));
        assert_eq!((timers[0].due, timers[1].due), (None, Some(begins)));
        // Nearly out: told at once.
        let (_, timers) = planned("2026-11-16T16:00:00Z", "2026-11-18T14:05:00Z");
        assert_eq!(timers[0].due, Some(at("2026-11-18T14:05:00Z")));
    }
}
