//! A channel's defaults, and when people work.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

use super::question::{self, Question};
use super::ticket::{Place, Tracker};
use crate::ids::{ChannelId, UserId};

/// Fewer authors than this are never shown unasked; a channel may ask for more.
pub const LEAST_THRESHOLD: usize = 3;

/// A channel's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub questions: Vec<Question>,
    /// Minutes of a meeting, 30 to 120.
    pub length: u32,
    /// Working days from the start to the close of a survey, 1 to 30.
    pub window_days: u64,
    /// Hours that a release should have been out before people are asked, 0 to 720.
    pub soak_hours: i64,
    /// Anonymous where `start` does not say.
    pub anonymous: bool,
    /// See [`super::retro::Retro::threshold`].
    pub threshold: usize,
    /// When people may be reminded.
    pub hours: Hours,
    /// The zone of the channel; `None`: the facilitator's.
    pub zone: Option<String>,
    /// The name of the reaction that captures a message.
    pub emoji: String,
    /// Channels for the short summary.
    pub stakeholders: Vec<ChannelId>,
    /// Contact for recurring issues; `None`: the facilitator.
    pub escalate_to: Option<UserId>,
    /// The first day of a sprint, and its length in days.
    pub sprint: Option<(NaiveDate, u64)>,
    /// Where action items are filed.
    #[serde(skip_serializing_if = "Tickets::is_default")]
    pub tickets: Tickets,
    /// Where the figures of releases come from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<Releases>,
    /// What their labels mean.
    #[serde(skip_serializing_if = "ReleaseLabels::is_default")]
    pub release_labels: ReleaseLabels,
    /// Where retrospectives are put by a pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanFile>,
}

/// Where a channel's action items are filed as tickets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tickets {
    /// `None`: nowhere.
    pub tracker: Option<Tracker>,
    /// Such as `OPS/Task`, `ENG` or `acme/shop`.
    pub to: String,
    pub labels: Vec<String>,
    /// Accounts of people whom their e-mail does not find there: `ben@example.com`, `ben-hub`.
    pub accounts: Vec<(String, String)>,
}

impl Default for Tickets {
    fn default() -> Self {
        Self { tracker: None, to: String::new(), labels: vec!["retro".to_owned()], accounts: Vec::new() }
    }
}

impl Tickets {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The place, where one is chosen.
    pub fn place(&self) -> Option<Place> {
        Place::read(self.tracker?, &self.to)
    }

    /// The account of somebody with this address, as the channel's table has it.
    pub fn account(&self, email: &str) -> Option<&str> {
        let found = self.accounts.iter().find(|(address, _)| address.eq_ignore_ascii_case(email.trim()));
        found.map(|(_, account)| account.as_str())
    }
}

/// A repository whose tags are the releases of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Releases {
    /// `owner/repo`.
    pub repository: String,
    /// What stands before and after the version in a tag: `api-v*`; `None`: nothing but a `v`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<String>,
}

/// The labels of pull requests and issues that say what a change is; their case does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReleaseLabels {
    pub feature: Vec<String>,
    pub fix: Vec<String>,
    pub breaking: Vec<String>,
    /// Of issues that report a fault.
    pub bug: String,
}

impl Default for ReleaseLabels {
    fn default() -> Self {
        let all = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            feature: all(&["feature", "enhancement"]),
            fix: all(&["fix", "bug", "bugfix"]),
            breaking: all(&["breaking", "breaking-change", "breaking change"]),
            bug: "bug".to_owned(),
        }
    }
}

impl ReleaseLabels {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A release plan in a repository of GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// `owner/repo`.
    pub repository: String,
    /// The path of the file, in which `{version}` stands for the release.
    pub path: String,
}

impl PlanFile {
    /// The file of a release.
    pub fn of(&self, version: &str) -> String {
        self.path.replace("{version}", version)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            questions: question::standard(),
            length: LENGTH,
            window_days: 2,
            soak_hours: 48,
            anonymous: true,
            threshold: LEAST_THRESHOLD,
            hours: Hours::default(),
            zone: None,
            emoji: "retro".to_owned(),
            stakeholders: Vec::new(),
            escalate_to: None,
            sprint: None,
            tickets: Tickets::default(),
            repositories: Vec::new(),
            release_labels: ReleaseLabels::default(),
            plan: None,
        }
    }
}

/// Working hours and days off, in each person's own zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Minutes after midnight at which the day begins.
    pub from: u32,
    pub to: u32,
    /// Days of the week without work, Monday is 0.
    pub weekend: Vec<u8>,
    pub holidays: Vec<NaiveDate>,
}

impl Default for Hours {
    fn default() -> Self {
        Self { from: 9 * 60, to: 18 * 60, weekend: vec![5, 6], holidays: Vec::new() }
    }
}

impl Hours {
    /// Whether somebody works on that day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        let weekday = u8::try_from(day.weekday().num_days_from_monday()).unwrap_or(0);
        !self.weekend.contains(&weekday) && !self.holidays.contains(&day)
    }

    /// The `n`th working day after `day`; that many days later where nobody works within a year.
    pub fn working_day_after(&self, day: NaiveDate, n: u64) -> NaiveDate {
        let days = (1..366).filter_map(|later| day.checked_add_days(Days::new(later)));
        let nth = days.filter(|d| self.is_working_day(*d)).nth(usize::try_from(n.saturating_sub(1)).unwrap_or(0));
        nth.or(day.checked_add_days(Days::new(n))).unwrap_or(day)
    }

    /// Whether that is within working hours.
    pub fn holds(&self, at: NaiveDateTime) -> bool {
        (self.from..self.to).contains(&(at.hour() * 60 + at.minute())) && self.is_working_day(at.date())
    }

    /// The first working moment at or after `at`; `None` if there is none within two months.
    pub fn next(&self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        if self.holds(at) {
            return Some(at);
        }
        let days = (0..62).filter_map(|n| at.date().checked_add_days(Days::new(n)));
        days.filter(|d| self.is_working_day(*d)).map(|d| d.and_time(time(self.from))).find(|t| *t >= at)
    }

    /// The beginning of the last working hour before `at`; `None` if there is none within two months.
    pub fn last_before(&self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        let days = (0..62).filter_map(|n| at.date().checked_sub_days(Days::new(n)));
        let hour = time(self.to.saturating_sub(60).max(self.from));
        days.filter(|d| self.is_working_day(*d)).map(|d| d.and_time(hour)).find(|t| *t < at)
    }
}

fn time(minutes: u32) -> NaiveTime {
    NaiveTime::from_num_seconds_from_midnight_opt(minutes * 60, 0).unwrap_or_default()
}

/// Meeting length in minutes when none is named.
pub const LENGTH: u32 = 60;

/// Without an hour a retro begins at nine in the morning.
pub fn opening_hour() -> NaiveTime {
    NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default()
}

/// Without an hour a survey closes at five in the afternoon.
pub fn closing_hour() -> NaiveTime {
    NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default()
}
