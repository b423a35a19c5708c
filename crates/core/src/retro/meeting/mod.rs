//! The meeting: six stages in the agenda's thread, each with its time.
//!
//! Rule: everything follows from instants that are saved, so that a restart loses no minute. Only a facilitator moves
//! a live meeting on; what a stage takes longer is taken from the later ones in proportion. An async one moves on by
//! itself, in working hours ([`days`]).

pub mod days;
mod moves;
pub mod round;
mod tick;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::agenda::{STAGES, Stage};
use super::settings::Hours;
use super::{Participant, Phase, Refusal, Retro, bold};
use crate::ids::UserId;
use crate::text::count;
pub use moves::{count_votes, extend, meet, next, pause};
pub use round::Voice;
pub use tick::{Tick, archived, end, people_changed, reopened, tick};

/// How long before the end of a stage a word is said.
pub const WARNING: Duration = Duration::minutes(2);

/// What the button gives.
pub const MORE: Duration = Duration::minutes(5);

/// The least that is left to a stage, in seconds; and half of what was planned, however long the ones before it took.
const LEAST: i64 = 60;

/// A clock that was stopped for so long may be forgotten.
const STOPPED: Duration = Duration::days(1);

/// A stage that nobody ends is not counted on for longer than this.
const FORGOTTEN: Duration = Duration::minutes(30);

/// A meeting under way, or how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Which of [`STAGES`] it is in.
    pub at: usize,
    /// When it began.
    pub began: DateTime<Utc>,
    /// When this stage opened.
    pub opened: DateTime<Utc>,
    /// When this stage's time is over; while the clock stands, as it was then.
    pub ends: DateTime<Utc>,
    /// Since when the clock stands.
    pub paused: Option<DateTime<Utc>>,
    /// Who stopped it; `None` where the channel was closed.
    pub paused_by: Option<UserId>,
    /// Who moved it here; `None`: it moved by itself.
    pub moved_by: Option<UserId>,
    /// Seconds of this stage in which the clock stood.
    pub stood: i64,
    /// The votes of this stage are counted.
    pub counted: bool,
    /// More time was given after all were heard: it does not close early.
    pub stays: bool,
    /// Seconds that each stage should take.
    pub planned: Vec<i64>,
    /// Seconds that each stage took, those that are over.
    pub took: Vec<i64>,
    /// Grows with every change; not part of what is kept.
    #[serde(skip)]
    pub rev: i64,
}

impl Meeting {
    /// The stage it is in.
    pub fn stage(&self) -> Stage {
        STAGES.get(self.at).map_or(Stage::Wins, |(stage, _)| *stage)
    }

    /// Whether it is in its last stage.
    pub fn is_last(&self) -> bool {
        self.at + 1 >= STAGES.len()
    }

    /// Whether people sit in it now, as far as its clock tells: not long past its time, nor long since it was stopped.
    pub fn is_attended(&self, now: DateTime<Utc>) -> bool {
        now < self.paused.unwrap_or(self.ends) + FORGOTTEN
    }

    /// What is left of this stage: negative once it is over its time.
    pub fn left(&self, now: DateTime<Utc>) -> Duration {
        self.ends - self.paused.unwrap_or(now)
    }

    /// Seconds that this stage was given so far; a pause gives none.
    pub fn given(&self) -> i64 {
        (self.ends - self.opened).num_seconds() - self.stood
    }

    /// What is left in whole minutes, begun ones counted; negative once it is over.
    pub fn minutes_left(&self, now: DateTime<Utc>) -> i64 {
        let left = self.left(now).num_seconds();
        if left > 0 { (left + 59) / 60 } else { left / 60 }
    }

    /// Seconds spent in this stage while the clock went; a stage that was left standing counts no longer than until it
    /// was taken for forgotten.
    fn spent(&self, now: DateTime<Utc>) -> i64 {
        let seconds = (self.paused.unwrap_or(now) - self.opened).num_seconds() - self.stood;
        seconds.clamp(0, self.given().max(0) + FORGOTTEN.num_seconds())
    }

    /// Whether nobody has ended this stage for so long that its clock is not counted on.
    pub fn is_forgotten(&self, now: DateTime<Utc>) -> bool {
        self.left(now) <= -FORGOTTEN
    }

    /// Seconds for each stage from `at` on, once `gone` are spent: what the earlier ones took longer is taken from the
    /// later ones in proportion, and what is left over is given back up to what was planned.
    fn later(&self, at: usize, gone: i64) -> Vec<(usize, i64)> {
        let later = || self.planned.iter().enumerate().skip(at);
        let (wanted, left) = (later().map(|(_, s)| s).sum::<i64>(), (self.planned.iter().sum::<i64>() - gone).max(0));
        let share = |s: i64| if wanted > left { (s * left / wanted).max(s / 2).max(LEAST) } else { s };
        later().map(|(i, seconds)| (i, share(*seconds))).collect()
    }

    /// Seconds that are spent by the end of this stage.
    fn gone(&self, now: DateTime<Utc>) -> i64 {
        self.took.iter().sum::<i64>() + self.spent(now).max(self.given())
    }

    /// Seconds for each stage after this one.
    pub fn plan(&self, now: DateTime<Utc>) -> Vec<(usize, i64)> {
        self.later(self.at + 1, self.gone(now))
    }

    /// Minutes that the meeting ends late, as far as can be told now.
    fn late(&self, now: DateTime<Utc>) -> i64 {
        let whole = self.gone(now) + self.plan(now).iter().map(|(_, s)| s).sum::<i64>();
        rounded(whole - self.planned.iter().sum::<i64>()).max(0)
    }

    /// The stages that get less than was planned, with the minutes of both: before, now.
    pub fn shorter(&self, now: DateTime<Utc>) -> Vec<(Stage, i64, i64)> {
        let planned = |i: usize| self.planned.get(i).copied().unwrap_or_default();
        self.plan(now)
            .into_iter()
            .filter_map(|(i, seconds)| Some((STAGES.get(i)?.0, begun(planned(i)), begun(seconds))))
            .filter(|(_, before, now)| now < before)
            .collect()
    }

    /// The same as a sentence, with this stage where it is shorter too; empty where nothing changes.
    pub fn shorter_text(&self, now: DateTime<Utc>) -> String {
        let planned = begun(self.planned.get(self.at).copied().unwrap_or_default());
        let given = begun(self.given());
        let here = (given < planned).then(|| format!("This stage has {given} instead of {planned} minutes."));
        let stages: Vec<String> = self
            .shorter(now)
            .iter()
            .map(|(stage, before, now)| format!("{} {now} instead of {before} min", stage.title()))
            .collect();
        let (stages, late) = (stages.join(", "), self.late(now));
        let minutes = count(usize::try_from(late).unwrap_or(0), "minute", "minutes");
        let later = match (stages.is_empty(), late) {
            (true, 0) => None,
            (true, _) => Some(format!("The meeting ends {minutes} late.")),
            (false, 0) => Some(format!("To end in time, later stages are shorter: {stages}.")),
            (false, _) => Some(format!("Later stages are shorter: {stages}. The meeting still ends {minutes} late.")),
        };
        here.into_iter().chain(later).collect::<Vec<_>>().join(" ")
    }

    /// What a stage that is over took, in minutes, and what was planned.
    pub fn kept(&self, at: usize) -> Option<(i64, i64)> {
        Some((rounded(*self.took.get(at)?).max(1), rounded(*self.planned.get(at)?)))
    }

    /// Whether its stage is voted on: votes are counted when it moves on, or by hand.
    pub fn takes_votes(&self, stage: Stage) -> bool {
        self.stage() == stage && !stage.categories().is_empty() && !self.counted
    }
}

/// Minutes, begun ones counted, as [`Meeting::minutes_left`] does.
fn begun(seconds: i64) -> i64 {
    (seconds + 59) / 60
}

fn rounded(seconds: i64) -> i64 {
    (seconds + 30) / 60
}

/// A meeting with what is around it.
#[derive(Debug)]
pub struct MeetingContext<'a> {
    /// The retro.
    pub retro: &'a Retro,
    /// The meeting, once there is one.
    pub meeting: Option<&'a Meeting>,
    /// Who was asked.
    pub people: &'a [Participant],
    /// Those of them who are still there.
    pub present: &'a [Participant],
    /// Who was heard.
    pub voices: &'a [Voice],
    /// Recognition, by the row: it is read out in the last stage.
    pub kudos: &'a [i64],
    /// The channel's working hours.
    pub hours: &'a Hours,
}

impl<'a> MeetingContext<'a> {
    /// Who has not been heard in the stage that `meeting` is in, in turn.
    pub fn waiting(&self, meeting: &Meeting) -> Vec<UserId> {
        round::waiting(self.retro, meeting, self.present, self.voices)
    }

    /// The meeting, where it is under way.
    pub fn running(&self) -> Result<&'a Meeting, Refusal> {
        match (self.retro.phase, self.meeting) {
            (Phase::Meeting, Some(meeting)) => Ok(meeting),
            (Phase::Collecting, _) => Err(Refusal::MeetBeforeAgenda(self.retro.version.clone())),
            (Phase::Agenda, _) => Err(Refusal::NoMeetingYet(self.retro.version.clone())),
            (Phase::Scheduled, _) => Err(Refusal::NotBegun(self.retro.version.clone())),
            (Phase::Cancelled, _) => Err(Refusal::AlreadyOver(self.retro.version.clone(), "cancelled")),
            _ => Err(Refusal::AlreadyOver(self.retro.version.clone(), "finished")),
        }
    }
}

/// `“What could be improved” (*v2.1.0*)`.
fn stage_of(retro: &Retro, stage: Stage) -> String {
    format!("“{}” of {}", stage.title(), bold(&retro.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-24T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(minutes)
    }

    fn meeting() -> Meeting {
        let planned: Vec<i64> = super::super::agenda::minutes(85).iter().map(|m| i64::from(*m) * 60).collect();
        Meeting {
            at: 1,
            began: at(0),
            opened: at(5),
            ends: at(25),
            paused: None,
            paused_by: None,
            moved_by: None,
            stood: 0,
            counted: false,
            stays: false,
            planned,
            took: vec![300],
            rev: 1,
        }
    }

    #[test]
    fn an_overrun_is_taken_from_later_stages_in_proportion() {
        let m = meeting();
        assert!(m.shorter(at(20)).is_empty(), "it has not been longer yet");
        // Twelve minutes over: 60 minutes of stages have 48.
        let minutes: Vec<i64> = m.plan(at(37)).iter().map(|(_, s)| s / 60).collect();
        assert_eq!(minutes, [20, 8, 16, 4]);
        assert_eq!(
            m.shorter_text(at(37)),
            "To end in time, later stages are shorter: What could be improved 20 instead of 25 min, Surprises and learnings 8 instead of 10 min, Action items 16 instead of 20 min, Celebrate wins 4 instead of 5 min."
        );
        // However late it is, each has half of its minutes, and that it will be late is said.
        let late = Meeting { took: vec![2400], ..meeting() };
        assert_eq!(late.plan(at(500)).iter().map(|(_, s)| *s).collect::<Vec<_>>(), [750, 300, 600, 150]);
        assert!(
            late.shorter_text(at(500)).ends_with("The meeting still ends 35 minutes late."),
            "{}",
            late.shorter_text(at(500))
        );
        let last = Meeting { at: 5, took: vec![1000; 5], opened: at(83), ends: at(88), ..meeting() };
        assert_eq!(last.shorter_text(at(84)), "The meeting ends 3 minutes late.");
        // A stage that was left over a weekend counts half an hour more than it was given.
        assert_eq!(meeting().spent(at(4000)), 50 * 60);
        // A stage that ends early makes nothing longer.
        let early = Meeting { at: 2, took: vec![300, 60], opened: at(6), ends: at(31), ..m };
        assert_eq!(early.plan(at(7)).iter().map(|(_, s)| s / 60).collect::<Vec<_>>(), [10, 20, 5]);
    }

    #[test]
    fn a_clock_that_is_always_late_says_its_word_once_and_in_time() {
        let hours = Hours::default();
        let retro = Retro { phase: Phase::Meeting, ..crate::retro::tests::retro(at(0), at(0)) };
        let m = Meeting { opened: at(5), ends: at(25), ..meeting() };
        let context = MeetingContext {
            retro: &retro,
            meeting: Some(&m),
            people: &[],
            present: &[],
            voices: &[],
            kudos: &[],
            hours: &hours,
        };
        let (mut now, mut said, mut ticks) = (at(5), Vec::new(), 0);
        while now < at(25) {
            now += Duration::milliseconds(170);
            let Tick::Decided(decision) = tick(&context, now) else { unreachable!() };
            if decision.cards.iter().any(|c| matches!(c, crate::retro::Card::Warning { .. })) {
                said.push(m.left(now).num_seconds());
            }
            now = decision.timers.iter().find_map(|t| t.due).unwrap();
            ticks += 1;
        }
        assert_eq!((said, ticks), (vec![119], 20));
        // Pauses of broken seconds change nothing of what was given.
        let caller = crate::retro::tests::caller("U1");
        let mut m = m.clone();
        for (from, milliseconds) in [(10, 700), (16, 600)] {
            m = Meeting { paused: Some(at(from)), paused_by: Some("U1".into()), ..m };
            let context = MeetingContext {
                meeting: Some(&m),
                retro: &retro,
                people: &[],
                present: &[],
                voices: &[],
                kudos: &[],
                hours: &hours,
            };
            let decision =
                pause(&context, &caller, false, at(from + 5) + Duration::milliseconds(milliseconds)).unwrap();
            let resumed = decision.changes.into_iter().find_map(|c| match c {
                crate::retro::Change::Meeting { meeting, .. } => Some(meeting),
                _ => None,
            });
            m = resumed.unwrap();
        }
        assert_eq!(m.given(), 20 * 60);
    }

    #[test]
    fn minutes_left_count_begun_ones_and_stand_while_it_is_paused() {
        let m = meeting();
        assert_eq!(m.minutes_left(at(5)), 20);
        assert_eq!(m.minutes_left(at(5) + Duration::seconds(1)), 20);
        assert_eq!(m.minutes_left(at(24) + Duration::seconds(59)), 1);
        assert_eq!((m.minutes_left(at(25)), m.minutes_left(at(28))), (0, -3));
        let paused = Meeting { paused: Some(at(15)), ..m };
        assert_eq!(paused.minutes_left(at(900)), 10);
    }
}
