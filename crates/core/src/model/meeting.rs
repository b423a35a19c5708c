//! A meeting under way: every figure follows from instants that are saved, so a restart loses no minute.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::stage::{STAGES, Stage};
use crate::ids::UserId;
use crate::text::count;

/// The shortest time of a stage, in seconds. It also keeps half of its plan, however late the meeting is.
pub const LEAST: i64 = 60;

/// A stage that nobody ends is not counted on for longer than this.
const FORGOTTEN: Duration = Duration::minutes(30);

/// A meeting under way, or how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Which of [`STAGES`] it is in.
    pub at: usize,
    pub began: DateTime<Utc>,
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
    /// Marks of the notes with blame that whoever leads was shown before a meeting without a call ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<u64>,
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

    /// Seconds spent in this stage, without pauses. A stage that nobody ended counts at most `FORGOTTEN` beyond its
    /// given time.
    pub fn spent(&self, now: DateTime<Utc>) -> i64 {
        let seconds = (self.paused.unwrap_or(now) - self.opened).num_seconds() - self.stood;
        seconds.clamp(0, self.given().max(0) + FORGOTTEN.num_seconds())
    }

    /// Whether nobody has ended this stage for so long that its clock is not counted on.
    pub fn is_forgotten(&self, now: DateTime<Utc>) -> bool {
        self.left(now) <= -FORGOTTEN
    }

    /// Seconds for each stage from `at` on, once `gone` are spent. If earlier stages took longer, later ones are cut
    /// in proportion. Time that is saved goes back to them, up to what was planned.
    pub fn later(&self, at: usize, gone: i64) -> Vec<(usize, i64)> {
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
        let here = (given < planned).then(|| format!("This stage now has {given} minutes (planned: {planned})."));
        let stages: Vec<String> = self
            .shorter(now)
            .iter()
            .map(|(stage, before, now)| format!("{} {now} instead of {before} min", stage.title()))
            .collect();
        let (stages, late) = (stages.join(", "), self.late(now));
        let minutes = count(usize::try_from(late).unwrap_or(0), "minute", "minutes");
        let later = match (stages.is_empty(), late) {
            (true, 0) => None,
            (true, _) => Some(format!("The meeting will end {minutes} late.")),
            (false, 0) => Some(format!("Later stages are shorter to end on time: {stages}.")),
            (false, _) => {
                Some(format!("Later stages are shorter: {stages}. The meeting will still end {minutes} late."))
            }
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

/// What is known of one person in one stage: how often, never what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// The stage, as a place in [`crate::model::stage::STAGES`].
    pub stage: usize,
    pub user: UserId,
    /// Notes with a name, and replies in the thread.
    pub contributions: u32,
    /// They passed, or said that they are done.
    pub passed: bool,
    pub invited: bool,
}

impl Voice {
    /// Whether they had their turn.
    pub fn is_heard(&self) -> bool {
        self.contributions > 0 || self.passed
    }
}
