//! Release data that is given, by people or by a source: kept, replacing what was there, with what follows from it.

use chrono::{DateTime, Utc};

use super::order::Known;
use super::source::{self, Said, Told};
use super::{Release, changes};
use crate::ids::ChannelId;
use crate::model::retro::{Phase, Retro};
use crate::model::settings::Settings;
use crate::model::stage::{STAGES, Stage};
use crate::model::version;
use crate::retro::{Card, Change, Decision, Reply, schedule};
use crate::text::{bold, cut, esc};
use crate::zone;

/// What is known around release data when it is given.
#[derive(Debug)]
pub struct Place<'a> {
    pub channel: &'a ChannelId,
    /// What was given for this release before.
    pub before: Option<&'a Release>,
    /// Who said what of it.
    pub said: &'a [Said],
    /// The newest retro of this release.
    pub retro: Option<&'a Retro>,
    /// The last retro of the channel that was finished.
    pub last: Option<&'a Retro>,
    /// The release before this one.
    pub previous: Option<&'a str>,
    pub settings: &'a Settings,
    pub tz: &'a str,
}

/// What became of it.
#[derive(Debug)]
pub struct Given {
    /// The release, as the channel writes it.
    pub version: String,
    pub decision: Decision,
    pub first: bool,
    /// What changed since, in plain text, a line each.
    pub changed: Vec<String>,
    /// When the retro that waits for the release starts, if that moved.
    pub starts: Option<DateTime<Utc>>,
}

/// Takes the data of a release from a person. What a form leaves empty is taken away; what a document leaves out is not
/// said.
pub fn take(place: &Place<'_>, release: Release, is_form: bool, now: DateTime<Utc>) -> Given {
    let nothing = Release::of(&release.version);
    let shown = place.before.unwrap_or(&nothing);
    let (release, words) = source::person(shown, release, place.said, is_form, now);
    keep(place, release, words, now)
}

/// Takes what a source told of a release.
pub fn told(place: &Place<'_>, told: &Told, now: DateTime<Utc>) -> Given {
    keep(place, told.release.clone(), told.said.clone(), now)
}

fn keep(place: &Place<'_>, release: Release, words: Vec<Said>, now: DateTime<Utc>) -> Given {
    let nothing = Release::of(&release.version);
    let changed = changes(place.before.unwrap_or(&nothing), &release);
    let first = place.before.is_none();
    let mut decision = Decision::default();
    if changed.is_empty() && !first {
        let said = format!("Nothing changed: {} already has this release data.", bold(&release.version));
        let mut decision = Decision::say(said);
        if !words.is_empty() {
            decision.changes.push(change(place, &release, words));
        }
        return Given { version: release.version, decision, first, changed, starts: None };
    }
    let said = format!(
        "The release data for {} is saved{}.{}",
        bold(&release.version),
        if first { "" } else { ", replacing what was there" },
        said(place, &release, first, &changed),
    );
    let mut said = cut(&said, 2900);
    let mut starts = None;
    decision.changes.extend(next_release(place, &release, now));
    if let Some(retro) = place.retro {
        let deployed = release.deployed_at.filter(|at| *at <= now && retro.deployed != Some(*at));
        if let (Some(_), true) = (deployed, retro.phase.is_open()) {
            decision.changes.push(Change::Update(Retro { deployed, ..retro.clone() }));
        }
        let moved = release.deployed_at.and_then(|at| schedule::deployed_at(retro, at, place.settings, now));
        if let Some((moved, timers)) = moved {
            starts = moved.scheduled.as_ref().map(|s| s.begins);
            if let Some(at) = starts {
                said.push_str(&format!("\nIts retro starts automatically {}.", zone::moment(at, &retro.zone)));
            }
            // What the channel was told already is put right.
            decision.cards.extend(schedule::notice(retro));
            decision.changes.push(Change::Update(moved));
            decision.timers = timers;
        }
        decision.cards.extend(shown_in(retro));
    }
    decision.reply = Some(Reply::new(said));
    decision.changes.push(change(place, &release, words));
    Given { version: release.version, decision, first, changed, starts }
}

fn change(place: &Place<'_>, release: &Release, said: Vec<Said>) -> Change {
    Change::Release { channel: place.channel.clone(), release: Box::new(release.clone()), said }
}

/// The messages in which the figures of a release stand.
pub fn shown_in(retro: &Retro) -> Vec<Card> {
    match retro.phase {
        Phase::Collecting => vec![Card::Kickoff(retro.id)],
        Phase::Agenda => vec![Card::Agenda(retro.id), Card::Facts(retro.id)],
        Phase::Meeting => {
            let figures =
                STAGES.iter().enumerate().filter(|(_, (part, _))| matches!(part, Stage::Summary | Stage::Wins));
            let stages = figures.map(|(stage, _)| Card::Stage { retro: retro.id, stage, page: 0 });
            [Card::Agenda(retro.id), Card::Facts(retro.id)].into_iter().chain(stages).collect()
        }
        Phase::Closed => vec![Card::Agenda(retro.id), Card::Facts(retro.id), Card::Summary(retro.id), preview(retro)],
        Phase::Scheduled | Phase::Cancelled => Vec::new(),
    }
}

fn preview(retro: &Retro) -> Card {
    Card::Preview { retro: retro.id, user: retro.facilitator.clone() }
}

fn said(place: &Place<'_>, release: &Release, first: bool, changed: &[String]) -> String {
    let lines: Vec<String> = if first {
        let facts = release.facts(place.previous, place.tz);
        facts.into_iter().map(|(label, text)| format!("{label}: {text}")).collect()
    } else {
        changed.to_vec()
    };
    let list: String = lines.iter().take(20).map(|l| format!("\n• {}", esc(&cut(l, 200)))).collect();
    let more = if lines.len() > 20 { format!("\n• and {} more", lines.len() - 20) } else { String::new() };
    let head = if first || lines.is_empty() { "" } else { " Changed:" };
    format!("{head}{list}{more}")
}

/// The day of the release that is to come next is what `before next release` waits for.
fn next_release(place: &Place<'_>, release: &Release, now: DateTime<Utc>) -> Option<Change> {
    let day = zone::local(release.deployed_at?, place.tz).date();
    let today = zone::local(now, place.tz).date();
    let last = place.last?;
    let named = last.next.as_ref().is_some_and(|n| version::is_same(&n.version, &release.version));
    let this = Known::new(release.version.clone(), release.deployed_at, now);
    let later = this.follows(&Known::new(last.version.clone(), last.deployed, last.started));
    let comes = place.retro.is_none_or(|r| r.phase == Phase::Scheduled) && (named || later) && day >= today;
    comes.then(|| Change::DueNextRelease { channel: place.channel.clone(), day, after: Some(today), by: None })
}
