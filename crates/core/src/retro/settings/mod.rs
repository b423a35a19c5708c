//! A channel's defaults, as `/retro config` shows and takes them. Without any the built-in ones serve.

use chrono::{Days, NaiveDate, NaiveTime, Timelike, Weekday};

mod field;
mod sources;

pub use self::field::Field;
pub use self::sources::plan;
use self::sources::{accounts, labels, read_place, release_labels, repositories, show_labels, show_place};
use super::{Change, Decision, Refusal, Reply, questions};
use crate::ids::{ChannelId, UserId};
use crate::model::retro::Retro;
use crate::model::settings::{LEAST_THRESHOLD, LENGTH, ReleaseLabels, Settings};
use crate::model::ticket::Tracker;
use crate::text::{cut, esc};
use crate::zone;

/// The choice of no tracker.
pub const NO_TICKETS: &str = "none";

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

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
            Field::Escalate => self.escalate_to.as_ref().map(|u| u.0.clone()).unwrap_or_default(),
            Field::SprintStart => self.sprint.map(|(day, _)| day.to_string()).unwrap_or_default(),
            Field::SprintDays => self.sprint.map(|(_, days)| days.to_string()).unwrap_or_default(),
            Field::Tickets => self.tickets.tracker.map_or(NO_TICKETS, Tracker::word).to_owned(),
            Field::TicketsTo => self.tickets.to.clone(),
            Field::TicketLabels => self.tickets.labels.join(", "),
            Field::Accounts => {
                let lines = self.tickets.accounts.iter().map(|(email, account)| format!("{email} = {account}"));
                lines.collect::<Vec<_>>().join("\n")
            }
            Field::Repositories => self.repositories.iter().map(show_place).collect::<Vec<_>>().join("\n"),
            Field::ReleaseLabels if self.release_labels == ReleaseLabels::default() => String::new(),
            Field::ReleaseLabels => show_labels(&self.release_labels),
            Field::Plan => self.plan.as_ref().map(|p| format!("{}:{}", p.repository, p.path)).unwrap_or_default(),
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

/// What is wrong in a form, each at its field.
pub type Faults = Vec<(Field, Refusal)>;

/// Reads the form; an empty field means the default. All faults are found at once.
pub fn read(get: impl Fn(Field) -> String) -> Result<Settings, Faults> {
    let mut s = Settings::default();
    let mut faults = Faults::new();
    for field in Field::ALL {
        if let Err(refusal) = read_field(&mut s, field, get(field).trim()) {
            faults.push((field, refusal));
        }
    }
    match read_sprint(get(Field::SprintStart).trim(), get(Field::SprintDays).trim()) {
        Ok(sprint) => s.sprint = sprint,
        Err(fault) => faults.push(fault),
    }
    match read_place(get(Field::Tickets).trim(), get(Field::TicketsTo).trim()) {
        Ok((tracker, to)) => (s.tickets.tracker, s.tickets.to) = (tracker, to),
        Err(fault) => faults.push(fault),
    }
    if faults.is_empty() { Ok(s) } else { Err(faults) }
}

fn number(typed: &str, least: u64, most: u64) -> Result<u64, Refusal> {
    typed.parse().ok().filter(|n| (least..=most).contains(n)).ok_or(Refusal::NotInRange { least, most })
}

fn read_field(s: &mut Settings, field: Field, typed: &str) -> Result<(), Refusal> {
    // A week without a day off is possible: the field is then empty.
    if typed.is_empty() && field != Field::DaysOff {
        return Ok(());
    }
    match field {
        Field::Questions => s.questions = questions::read(typed)?,
        Field::Length => s.length = u32::try_from(number(typed, 30, 120)?).unwrap_or(LENGTH),
        Field::Window => s.window_days = number(typed, 1, 30)?,
        Field::Soak => s.soak_hours = i64::try_from(number(typed, 0, 720)?).unwrap_or(48),
        Field::Anonymous => s.anonymous = typed != "named",
        Field::Threshold => {
            s.threshold = usize::try_from(number(typed, LEAST_THRESHOLD as u64, 50)?).unwrap_or(LEAST_THRESHOLD);
        }
        Field::Hours => (s.hours.from, s.hours.to) = hours(typed).ok_or(Refusal::NotHours)?,
        Field::DaysOff => (s.hours.weekend, s.hours.holidays) = days_off(typed)?,
        Field::Zone if zone::is_known(typed) => s.zone = Some(typed.to_owned()),
        Field::Zone => return Err(Refusal::NoSuchZone(esc(&cut(typed, 60)))),
        Field::Emoji => s.emoji = emoji(typed).ok_or(Refusal::NotAnEmoji)?,
        Field::Stakeholders => {
            s.stakeholders = typed.split(',').filter(|c| !c.is_empty()).map(ChannelId::from).collect();
        }
        Field::Escalate => s.escalate_to = Some(UserId::from(typed)),
        Field::TicketLabels => s.tickets.labels = labels(typed)?,
        Field::Accounts => s.tickets.accounts = accounts(typed)?,
        Field::Repositories => s.repositories = repositories(typed)?,
        Field::ReleaseLabels => s.release_labels = release_labels(typed)?,
        Field::Plan => s.plan = Some(plan(typed).ok_or(Refusal::NotAPlan)?),
        // Fields that go together.
        Field::SprintStart | Field::SprintDays | Field::Tickets | Field::TicketsTo => {}
    }
    Ok(())
}

fn emoji(typed: &str) -> Option<String> {
    let name = typed.trim_matches(':').to_lowercase();
    let fits = !name.is_empty() && name.len() <= 100 && name.chars().all(|c| c.is_alphanumeric() || "_-+'".contains(c));
    fits.then_some(name)
}

fn read_sprint(start: &str, days: &str) -> Result<Option<(NaiveDate, u64)>, (Field, Refusal)> {
    match (start, days) {
        ("", "") => Ok(None),
        ("", _) => Err((Field::SprintStart, Refusal::SprintNeedsBoth)),
        (_, "") => Err((Field::SprintDays, Refusal::SprintNeedsBoth)),
        (start, days) => {
            let day = start.parse().map_err(|_| (Field::SprintStart, Refusal::NotADay))?;
            Ok(Some((day, number(days, 1, 90).map_err(|e| (Field::SprintDays, e))?)))
        }
    }
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
            holidays.push(word.parse().map_err(|_| Refusal::NotADayOff(esc(&cut(word, 40))))?);
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

/// Saves the channel's defaults, and says which of them changed.
pub fn change(channel: &ChannelId, before: &Settings, settings: Settings, open: &[Retro]) -> Decision {
    let changed: Vec<&str> =
        Field::ALL.into_iter().filter(|f| before.show(*f) != settings.show(*f)).map(Field::label).collect();
    if changed.is_empty() {
        return Decision::say("Nothing changed: these are already this channel's defaults.");
    }
    let mut said = format!("Saved as this channel's defaults. Changed: {}.", changed.join(", "));
    if !open.is_empty() {
        said.push_str(" An open retro keeps its questions, its length and its anonymity.");
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
    use crate::model::settings::Hours;

    fn with(field: Field, typed: &str) -> Result<Settings, Faults> {
        read(|f| if f == field { typed.to_owned() } else { Settings::default().show(f) })
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let own = Settings {
            sprint: "2026-11-16".parse().ok().map(|d| (d, 14)),
            zone: Some("Asia/Tokyo".into()),
            stakeholders: vec!["C1".into(), "C2".into()],
            escalate_to: Some("U1".into()),
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
            let faults = with(field, typed).unwrap_err();
            let [(at, _)] = faults.as_slice() else { panic!("{field:?} {typed} {faults:?}") };
            // A start without a length is told at the length, and the other way round.
            let other = if field == Field::SprintDays { Field::SprintStart } else { Field::SprintDays };
            let pair = [Field::SprintStart, Field::SprintDays].contains(&field);
            assert_eq!(*at, if pair { other } else { field }, "{typed}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_what_changed_is_named() {
        let faults = read(|f| match f {
            Field::Length => "20".into(),
            Field::Zone => "Mars/Olympus".into(),
            Field::SprintDays => "14".into(),
            other => Settings::default().show(other),
        });
        let at: Vec<Field> = faults.unwrap_err().into_iter().map(|(f, _)| f).collect();
        assert_eq!(at, [Field::Length, Field::Zone, Field::SprintStart]);
        let before = Settings::default();
        let said = |s: Settings| change(&"C1".into(), &before, s, &[]).reply.unwrap().text;
        assert!(said(Settings { length: 90, soak_hours: 1, ..before.clone() }).contains("Changed: Length"));
        assert!(said(before.clone()).starts_with("Nothing changed"));
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
