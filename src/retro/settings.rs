//! A channel's defaults, as `/retro config` shows and takes them. Without any the built-in ones serve.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};
use serde::{Deserialize, Serialize};

use super::questions::{self, Question};
use super::{Caller, Change, Decision, Refusal, Reply, Retro, start};
use crate::ids::ChannelId;
use crate::text::esc;
use crate::zone;

/// Fewer authors than this are never shown unasked; a channel may ask for more.
pub const LEAST_THRESHOLD: usize = 3;

/// A channel's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What the survey asks.
    pub questions: Vec<Question>,
    /// Minutes of a meeting, 30 to 120.
    pub length: u32,
    /// Days from the start to the close of a survey, 1 to 30.
    pub window_days: u64,
    /// Hours that a release should have been out before people are asked, 0 to 720.
    pub soak_hours: i64,
    /// Anonymous where `start` does not say.
    pub anonymous: bool,
    /// See [`Retro::threshold`].
    pub threshold: usize,
    /// When people may be reminded.
    pub hours: Hours,
    /// The zone of the channel; `None`: the facilitator's.
    pub zone: Option<String>,
    /// The name of the reaction that captures a message.
    pub emoji: String,
    /// Channels that get the short summary.
    pub stakeholders: Vec<ChannelId>,
    /// The first day of a sprint, and its length in days.
    pub sprint: Option<(NaiveDate, u64)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            questions: questions::standard(),
            length: start::LENGTH,
            window_days: 2,
            soak_hours: 48,
            anonymous: true,
            threshold: LEAST_THRESHOLD,
            hours: Hours::default(),
            zone: None,
            emoji: "retro".to_owned(),
            stakeholders: Vec::new(),
            sprint: None,
        }
    }
}

/// Working hours and days off, in each person's own zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Minutes after midnight at which the day begins.
    pub from: u32,
    /// And ends.
    pub to: u32,
    /// Days of the week without work, Monday is 0.
    pub weekend: Vec<u8>,
    /// Other days without work.
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

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    Questions,
    Length,
    Window,
    Soak,
    Anonymous,
    Threshold,
    Hours,
    DaysOff,
    Zone,
    Emoji,
    Stakeholders,
    SprintStart,
    SprintDays,
}

impl Field {
    /// All, in the order of the form.
    pub const ALL: [Self; 13] = [
        Self::Questions,
        Self::Length,
        Self::Window,
        Self::Soak,
        Self::Anonymous,
        Self::Threshold,
        Self::Hours,
        Self::DaysOff,
        Self::Zone,
        Self::Emoji,
        Self::Stakeholders,
        Self::SprintStart,
        Self::SprintDays,
    ];

    /// Names the field in the form.
    pub fn id(self) -> &'static str {
        match self {
            Self::Questions => "questions",
            Self::Length => "length",
            Self::Window => "window",
            Self::Soak => "soak",
            Self::Anonymous => "anonymous",
            Self::Threshold => "threshold",
            Self::Hours => "hours",
            Self::DaysOff => "days_off",
            Self::Zone => "zone",
            Self::Emoji => "emoji",
            Self::Stakeholders => "stakeholders",
            Self::SprintStart => "sprint_start",
            Self::SprintDays => "sprint_days",
        }
    }
}

impl Settings {
    /// What a field holds, as it can be typed.
    pub fn show(&self, field: Field) -> String {
        match field {
            Field::Questions => questions::write(&self.questions),
            Field::Length => self.length.to_string(),
            Field::Window => self.window_days.to_string(),
            Field::Soak => self.soak_hours.to_string(),
            Field::Anonymous => if self.anonymous { "anonymous" } else { "named" }.to_owned(),
            Field::Threshold => self.threshold.to_string(),
            Field::Hours => format!("{}-{}", clock(self.hours.from), clock(self.hours.to)),
            Field::DaysOff => {
                let weekend = self.hours.weekend.iter().filter_map(|d| DAYS.get(usize::from(*d)));
                let days: Vec<String> = weekend
                    .map(|d| (*d).to_owned())
                    .chain(self.hours.holidays.iter().map(NaiveDate::to_string))
                    .collect();
                days.join(", ")
            }
            Field::Zone => self.zone.clone().unwrap_or_default(),
            Field::Emoji => format!(":{}:", self.emoji),
            Field::Stakeholders => self.stakeholders.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(","),
            Field::SprintStart => self.sprint.map(|(day, _)| day.to_string()).unwrap_or_default(),
            Field::SprintDays => self.sprint.map(|(_, days)| days.to_string()).unwrap_or_default(),
        }
    }

    /// The first day of the sprint after the one of `today`.
    pub fn next_sprint(&self, today: NaiveDate) -> Option<NaiveDate> {
        let (first, length) = self.sprint?;
        if today < first {
            return Some(first);
        }
        let gone = u64::try_from((today - first).num_days()).ok()? / length;
        first.checked_add_days(Days::new((gone + 1) * length))
    }
}

fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Reads the form; an empty field means the default.
pub fn read(get: impl Fn(Field) -> String) -> Result<Settings, (Field, Refusal)> {
    let mut s = Settings::default();
    let text = |field| get(field).trim().to_owned();
    let given = |field| Some(text(field)).filter(|t| !t.is_empty());
    let number = |field, least: u64, most: u64| match given(field) {
        None => Ok(None),
        Some(typed) => match typed.parse::<u64>() {
            Ok(n) if (least..=most).contains(&n) => Ok(Some(n)),
            _ => Err((field, Refusal::NotInRange { least, most })),
        },
    };
    if let Some(typed) = given(Field::Questions) {
        s.questions = questions::read(&typed).map_err(|e| (Field::Questions, e))?;
    }
    if let Some(n) = number(Field::Length, 30, 120)? {
        s.length = u32::try_from(n).unwrap_or(start::LENGTH);
    }
    if let Some(n) = number(Field::Window, 1, 30)? {
        s.window_days = n;
    }
    if let Some(n) = number(Field::Soak, 0, 720)? {
        s.soak_hours = i64::try_from(n).unwrap_or(48);
    }
    s.anonymous = given(Field::Anonymous).is_none_or(|t| t != "named");
    if let Some(n) = number(Field::Threshold, LEAST_THRESHOLD as u64, 50)? {
        s.threshold = usize::try_from(n).unwrap_or(LEAST_THRESHOLD);
    }
    if let Some(typed) = given(Field::Hours) {
        (s.hours.from, s.hours.to) = hours(&typed).ok_or((Field::Hours, Refusal::NotHours))?;
    }
    // A week without a day off is possible: the field is then empty.
    (s.hours.weekend, s.hours.holidays) = days_off(&text(Field::DaysOff)).map_err(|e| (Field::DaysOff, e))?;
    if let Some(typed) = given(Field::Zone) {
        if !zone::is_known(&typed) {
            return Err((Field::Zone, Refusal::NoSuchZone(esc(&crate::text::cut(&typed, 60)))));
        }
        s.zone = Some(typed);
    }
    if let Some(typed) = given(Field::Emoji) {
        let name = typed.trim_matches(':').to_lowercase();
        let fits =
            !name.is_empty() && name.len() <= 100 && name.chars().all(|c| c.is_alphanumeric() || "_-+'".contains(c));
        if !fits {
            return Err((Field::Emoji, Refusal::NotAnEmoji));
        }
        s.emoji = name;
    }
    s.stakeholders = text(Field::Stakeholders).split(',').filter(|c| !c.is_empty()).map(ChannelId::from).collect();
    s.sprint = match (given(Field::SprintStart), number(Field::SprintDays, 1, 90)?) {
        (None, None) => None,
        (Some(day), length) => {
            let day = day.parse().map_err(|_| (Field::SprintStart, Refusal::NotADay))?;
            Some((day, length.ok_or((Field::SprintDays, Refusal::SprintNeedsBoth))?))
        }
        (None, Some(_)) => return Err((Field::SprintStart, Refusal::SprintNeedsBoth)),
    };
    Ok(s)
}

/// `09:00-18:00`, in minutes after midnight.
fn hours(typed: &str) -> Option<(u32, u32)> {
    let (from, to) = typed.split_once(['-', '–'])?;
    let minutes = |t: &str| {
        let t = t.trim();
        let time =
            NaiveTime::parse_from_str(t, "%H:%M").or_else(|_| NaiveTime::parse_from_str(&format!("{t}:00"), "%H:%M"));
        time.ok().map(|t| t.num_seconds_from_midnight() / 60)
    };
    let to = if to.trim() == "24:00" { 24 * 60 } else { minutes(to)? };
    let from = minutes(from)?;
    (from + 60 <= to).then_some((from, to))
}

fn days_off(typed: &str) -> Result<(Vec<u8>, Vec<NaiveDate>), Refusal> {
    let (mut weekend, mut holidays) = (Vec::new(), Vec::new());
    for word in typed.split([',', ';', ' ', '\n']).map(str::trim).filter(|w| !w.is_empty()) {
        if let Ok(day) = word.parse::<Weekday>() {
            weekend.push(u8::try_from(day.num_days_from_monday()).unwrap_or(0));
        } else {
            holidays.push(word.parse().map_err(|_| Refusal::NotADayOff(esc(&crate::text::cut(word, 40))))?);
        }
    }
    weekend.sort_unstable();
    weekend.dedup();
    holidays.sort_unstable();
    holidays.dedup();
    if weekend.len() == 7 {
        return Err(Refusal::NoWorkingDay);
    }
    Ok((weekend, holidays))
}

/// Whether this person may change the channel's defaults: workspace admins, and who facilitates an open
/// retro or did the last one; before the first retro anybody in the channel.
pub fn may_change(caller: &Caller, open: &[Retro], last: Option<&Retro>) -> Result<(), Refusal> {
    let mut leaders = open.iter().chain(last);
    match leaders.next() {
        Some(first) if !caller.leads(first) && !leaders.any(|r| caller.leads(r)) => {
            Err(Refusal::FacilitatorOnly { facilitator: first.facilitator.clone() })
        }
        _ => Ok(()),
    }
}

/// Saves the channel's defaults.
pub fn change(channel: &ChannelId, settings: Settings, open: &[Retro]) -> Decision {
    let mut said = "Saved. These are this channel's defaults from now on.".to_owned();
    if !open.is_empty() {
        said.push_str(" A retro that is open keeps its questions, its length and what was promised to its people.");
    }
    Decision {
        changes: vec![Change::Configure { channel: channel.clone(), settings: Box::new(settings) }],
        reply: Some(Reply::new(said)),
        ..Decision::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(field: Field, typed: &str) -> Result<Settings, (Field, Refusal)> {
        read(|f| if f == field { typed.to_owned() } else { Settings::default().show(f) })
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let own = Settings {
            sprint: "2026-11-16".parse().ok().map(|d| (d, 14)),
            zone: Some("Asia/Tokyo".into()),
            stakeholders: vec!["C1".into(), "C2".into()],
            hours: Hours { from: 480, to: 990, weekend: vec![4, 5], holidays: vec!["2026-12-24".parse().unwrap()] },
            ..Settings::default()
        };
        assert_eq!(read(|f| own.show(f)).unwrap(), own);
        assert_eq!(read(|f| Settings::default().show(f)).unwrap(), Settings::default());
    }

    #[test]
    fn faults_stand_at_their_field() {
        for (field, typed) in [
            (Field::Questions, "one"),
            (Field::Length, "20"),
            (Field::Window, "0"),
            (Field::Soak, "a day"),
            (Field::Threshold, "2"),
            (Field::Hours, "18:00-09:00"),
            (Field::DaysOff, "mon tue wed thu fri sat sun"),
            (Field::DaysOff, "christmas"),
            (Field::Zone, "Mars/Olympus"),
            (Field::Emoji, "<!here>"),
            (Field::SprintStart, "soon"),
            (Field::SprintDays, "14"),
        ] {
            let at = with(field, typed).unwrap_err().0;
            let both = [field, Field::SprintStart];
            assert!(both.contains(&at), "{field:?} {typed} {at:?}");
        }
    }

    #[test]
    fn sprints_follow_each_other() {
        let s = Settings { sprint: "2026-11-16".parse().ok().map(|d| (d, 14)), ..Settings::default() };
        let next = |day: &str| s.next_sprint(day.parse().unwrap()).unwrap().to_string();
        assert_eq!(next("2026-11-20"), "2026-11-30");
        assert_eq!(next("2026-11-30"), "2026-12-14");
        assert_eq!(next("2026-11-01"), "2026-11-16");
    }
}
