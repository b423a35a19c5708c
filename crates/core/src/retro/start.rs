//! `start`: who is asked, until when, and what the channel is told.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use super::release::Release;
use super::{Caller, Card, Change, Decision, Refusal, Reply, Step, Timer, rights, schedule, typed_date};
use crate::ids::{RetroId, UserId};
use crate::interaction::BlockAction;
use crate::model::note::Note;
use crate::model::person::{Channel, Person};
use crate::model::response::Response;
use crate::model::retro::{Phase, Retro};
use crate::model::settings::{Settings, closing_hour};
use crate::model::start::Start;
use crate::text::{bold, cut, mention};
use crate::zone;

/// More people than this are only asked after a second look.
pub const MANY: usize = 50;

/// What must be known before a retro can start.
#[derive(Debug)]
pub struct Facts {
    /// The channel, freshly read.
    pub channel: Channel,
    /// Members of the channel, or the people and groups that were named.
    pub asked: Vec<Person>,
    /// Named people that Slack does not know.
    pub unknown: Vec<UserId>,
    /// The open retro of the same version, with the link to its kickoff.
    pub same: Option<(Retro, Option<String>)>,
    /// The last finished retro of the same version, with the link to its summary.
    pub finished: Option<(Retro, Option<String>)>,
    /// A release of the channel that the version may stand for.
    pub alike: Option<String>,
    /// The retro before this one: the named one, or the last that was finished.
    pub previous: Option<Retro>,
    pub settings: Settings,
    /// The same retro, waiting to begin by itself.
    pub scheduled: Option<Retro>,
    /// What is known of the release.
    pub data: Option<Release>,
    /// What was noted for this retro before it began.
    pub coming: Vec<Note>,
}

/// What a start comes to.
#[derive(Debug)]
pub enum Started {
    Decided(Box<Decision>),
    /// So many people would be asked that somebody has to say yes first.
    TooMany(usize),
    /// Another retro of the same release, or another release, may not be what is meant.
    Asks(Box<Reply>),
}

/// Decides a start.
pub fn decide(facts: &Facts, caller: &Caller, s: &Start, now: DateTime<Utc>, id: RetroId) -> Result<Started, Refusal> {
    rights::may_start(&facts.channel, caller)?;
    if let Some((open, link)) = &facts.same {
        let link = link.as_ref().map(|l| format!(" <{l}|Open it>.")).unwrap_or_default();
        return Ok(Started::Decided(Box::new(Decision::say(format!(
            "The retro for {} is already open in this channel.{link}",
            bold(&open.version)
        )))));
    }
    if !s.again
        && facts.scheduled.is_none()
        && let Some(asks) = asks(facts, s)
    {
        return Ok(Started::Asks(Box::new(asks)));
    }
    let asked = participants(facts, s)?;
    if asked.len() > MANY && !s.everyone {
        return Ok(Started::TooMany(asked.len()));
    }
    // The channel was told the hours of a scheduled retro in its zone, whoever presses Start now.
    let tz = facts.scheduled.as_ref().map_or_else(|| caller.person.tz.clone(), |r| r.zone.clone());
    let times = Times::read(s, now, &tz, facts)?;
    let retro = Retro {
        id: facts.scheduled.as_ref().map_or(id, |r| r.id),
        channel: facts.channel.id.clone(),
        version: s.version.clone(),
        phase: Phase::Collecting,
        facilitator: caller.person.id.clone(),
        facilitator_seen: now,
        // The channel was told in advance: it stays anonymous unless `named` was typed; the threshold never drops.
        anonymous: s.anonymous
            || !s.named && facts.scheduled.as_ref().map_or(facts.settings.anonymous, |r| r.anonymous),
        threshold: facts.scheduled.as_ref().map_or(0, |r| r.threshold).max(facts.settings.threshold),
        questions: facts.settings.questions.clone(),
        withheld: None,
        is_async: s.is_async,
        length: s.length.unwrap_or(facts.settings.length),
        closes: times.closes,
        zone: facts.settings.zone.clone().unwrap_or_else(|| tz.clone()),
        meeting: times.meeting,
        deployed: times.deployed,
        previous: facts.previous.as_ref().map(|r| r.id),
        started: now,
        all_answered: None,
        nudged: None,
        ended: None,
        cancelled_because: None,
        next: None,
        scheduled: None,
        shared: None,
        rev: facts.scheduled.as_ref().map_or(0, |r| r.rev),
    };
    let mut decision = open(retro, asked, &times, facts, now);
    decision.changes.extend(s.previous.as_ref().map(|previous| Change::Follows {
        channel: facts.channel.id.clone(),
        version: s.version.clone(),
        previous: previous.clone(),
    }));
    Ok(Started::Decided(Box::new(decision)))
}

/// What is asked before it starts.
fn asks(facts: &Facts, s: &Start) -> Option<Reply> {
    let start = |version: &str, again| BlockAction::StartAgain {
        channel: facts.channel.id.clone(),
        start: Box::new(Start { version: version.to_owned(), again, ..s.clone() }),
    };
    let (text, buttons) = if let Some((finished, link)) = &facts.finished {
        let link = link.as_ref().map(|l| format!(" <{l}|Read its summary>.")).unwrap_or_default();
        let text = format!("There was already a retro for {}.{link} Start a second one?", bold(&finished.version));
        (text, vec![("Start another retro".to_owned(), start(&finished.version, true))])
    } else {
        let known = facts.alike.as_ref()?;
        let text = format!("This channel has a release {}. Is {} the same?", bold(known), bold(&s.version));
        let yes = (format!("Yes, {}", cut(known, 40)), start(known, false));
        (text, vec![yes, (format!("No, start {}", cut(&s.version, 40)), start(&s.version, true))])
    };
    if buttons.iter().any(|(_, action)| action.value().is_none()) {
        return Some(Reply::new(format!(
            "{text} To continue, type the command again with a group instead of so many names."
        )));
    }
    Some(buttons.into_iter().fold(Reply::new(text), |reply, (label, action)| reply.button(&label, action)))
}

fn participants(facts: &Facts, s: &Start) -> Result<Vec<UserId>, Refusal> {
    if let Some(nobody) = facts.unknown.first() {
        return Err(Refusal::UnknownPerson(mention(nobody)));
    }
    if let Some(person) = facts.asked.iter().find(|p| s.people.contains(&p.id) && !p.reachable()) {
        return Err(Refusal::NotAPerson(mention(&person.id)));
    }
    // People of other companies take part only when they are named.
    let asked: BTreeSet<&UserId> = facts
        .asked
        .iter()
        .filter(|p| p.reachable() && (!p.external || s.people.contains(&p.id)))
        .map(|p| &p.id)
        .collect();
    if asked.is_empty() { Err(Refusal::NobodyToAsk) } else { Ok(asked.into_iter().cloned().collect()) }
}

struct Times {
    closes: DateTime<Utc>,
    meeting: Option<DateTime<Utc>>,
    deployed: Option<DateTime<Utc>>,
    /// The close was moved to the end of the soak.
    moved: bool,
}

impl Times {
    fn read(s: &Start, now: DateTime<Utc>, tz: &str, facts: &Facts) -> Result<Self, Refusal> {
        let settings = &facts.settings;
        let typed = s.deployed.as_deref().map(|text| typed_date::read_past(text, now, tz)).transpose()?;
        let known = facts.data.as_ref().and_then(|d| d.deployed_at).filter(|at| *at <= now);
        let deployed = typed.or(known);
        let meeting = s.meeting.as_deref().map(|text| date("meeting:", text, now, tz, settings)).transpose()?;
        let mut closes = match &s.closes {
            Some(text) => date("closes:", text, now, tz, settings)?,
            None => default_close(settings, meeting, now, tz),
        };
        if closes <= now {
            return Err(Refusal::ClosesInPast(zone::show(closes, tz)));
        }
        let soaked = deployed.map(|at| at + Duration::hours(settings.soak_hours)).filter(|end| closes < *end);
        closes = soaked.unwrap_or(closes);
        if let Some(at) = meeting.filter(|at| *at < closes) {
            return Err(Refusal::MeetingBeforeClose { meeting: zone::show(at, tz), closes: zone::show(closes, tz) });
        }
        Ok(Self { closes, meeting, deployed, moved: soaked.is_some() })
    }
}

/// Some working days later at 17:00 in the channel's zone; an hour before a meeting that is sooner.
fn default_close(settings: &Settings, meeting: Option<DateTime<Utc>>, now: DateTime<Utc>, tz: &str) -> DateTime<Utc> {
    let tz = settings.zone.as_deref().unwrap_or(tz);
    let day = settings.hours.working_day_after(zone::local(now, tz).date(), settings.window_days);
    let closes = zone::instant(day.and_time(closing_hour()), tz);
    let sooner = meeting.map(|at| at - Duration::hours(1)).filter(|at| *at < closes && *at > now);
    sooner.unwrap_or(closes)
}

fn date(
    option: &'static str,
    text: &str,
    now: DateTime<Utc>,
    tz: &str,
    settings: &Settings,
) -> Result<DateTime<Utc>, Refusal> {
    typed_date::read_with(text, now, tz, settings)?.instant(tz, closing_hour()).ok_or(Refusal::NeedsDate(option))
}

fn open(retro: Retro, asked: Vec<UserId>, times: &Times, facts: &Facts, now: DateTime<Utc>) -> Decision {
    let mut said = format!(
        "The retro for {} is open. I'm asking {} by DM; the survey closes {}.",
        bold(&retro.version),
        crate::text::count(asked.len(), "person", "people"),
        zone::moment(retro.closes, &retro.zone),
    );
    if times.moved {
        said.push_str(&format!(
            " I moved the close so that the release has been live for {} hours by then.",
            facts.settings.soak_hours
        ));
    }
    if retro.anonymous && asked.len() < retro.threshold {
        said.push_str(&format!(
            " With fewer than {} people, others could guess who wrote what, so I won't show anything without its author's consent.",
            retro.threshold
        ));
    }
    let missing = missing(&retro, facts, now);
    if let Some(at) = retro.meeting {
        said.push_str(&format!(" The meeting is {}.", zone::moment(at, &retro.zone)));
    }
    let mut reply = Reply::new(said);
    if !missing.is_empty() {
        reply.text.push_str(&format!("\n{}", missing.join(" ")));
        let action = BlockAction::Data { channel: retro.channel.clone(), version: retro.version.clone() };
        reply = reply.button("Add release data", action);
    }
    let id = retro.id;
    let mut cards = vec![Card::Kickoff(id)];
    cards.extend(asked.iter().map(|user| Card::Survey { retro: id, user: user.clone(), copy: 0, nudge: false }));
    let timers = vec![
        Timer { retro: id, step: Step::Close, due: Some(retro.closes) },
        Timer { retro: id, step: Step::Meeting, due: retro.meeting },
        // Looks at once when the first reminder is due.
        Timer { retro: id, step: Step::Nudge, due: Some(now) },
    ];
    let channel = retro.channel.clone();
    let today = zone::local(now, &retro.zone).date();
    let noted = if retro.anonymous { sealed(id, &facts.coming) } else { Vec::new() };
    let mut changes = Vec::new();
    let mut timers = timers;
    if facts.scheduled.is_some() {
        cards.extend(facts.scheduled.as_ref().and_then(schedule::notice));
        timers.extend(schedule::no_timers(&retro));
        changes.push(Change::Begin { retro, participants: asked });
    } else {
        changes.push(Change::Open { retro, participants: asked });
    }
    changes.extend(noted);
    changes.extend([
        Change::AdoptNotes { channel: channel.clone(), retro: id },
        // What was due before this release is due now.
        Change::DueNextRelease { channel, day: today, after: None, by: None },
    ]);
    Decision { changes, cards, timers, reply: Some(reply), ..Decision::default() }
}

/// What the retro still lacks: a release that has been out for long enough, and its figures.
fn missing(retro: &Retro, facts: &Facts, now: DateTime<Utc>) -> Vec<String> {
    let soak = Duration::hours(facts.settings.soak_hours);
    let planned = facts.data.as_ref().and_then(|d| d.deployed_at).filter(|at| *at > now);
    let date = retro.deployed.is_none() && planned.is_none();
    let figures = facts.data.as_ref().is_none_or(|d| Release { deployed_at: None, ..d.clone() }.is_empty());
    let out = match (retro.deployed, planned) {
        (None, Some(at)) => {
            Some(format!("{} isn't out yet (planned {}).", bold(&retro.version), zone::moment(at, &retro.zone)))
        }
        (Some(at), _) if now < at + soak => Some(format!(
            "It went live {} ago; waiting the full {} hours gives better answers.",
            crate::text::count(usize::try_from((now - at).num_hours()).unwrap_or(0), "hour", "hours"),
            facts.settings.soak_hours
        )),
        (None, None) | (Some(_), _) => None,
    };
    let still = match (date, figures) {
        (true, true) => Some("Still missing: deployment date and release figures.".to_owned()),
        (true, false) => Some("Still missing: deployment date.".to_owned()),
        (false, true) => Some("Still missing: release figures.".to_owned()),
        (false, false) => None,
    };
    out.into_iter().chain(still).collect()
}

/// Moves notes from before an anonymous retro to their author's sheet; the close mixes them with the rest. A
/// captured message stays a note, because its link already identifies it.
fn sealed(retro: RetroId, coming: &[Note]) -> Vec<Change> {
    let mut responses: Vec<Response> = Vec::new();
    let mut changes = Vec::new();
    for note in coming.iter().filter(|n| n.link.is_none()) {
        let Some(author) = &note.author else { continue };
        let at = responses.iter().position(|s| s.user == *author).unwrap_or_else(|| {
            responses.push(Response::of(author));
            responses.len() - 1
        });
        if let Some(response) = responses.get_mut(at) {
            response.notes.push((note.category, note.text.clone()));
        }
        changes.push(Change::DeleteNote(note.id));
    }
    changes.extend(responses.into_iter().map(|response| Change::Response { retro, response }));
    changes
}
