//! Dates as people type them: `friday`, `next tue 15:00`, `2w`, `end of month`, `before next release`.
//!
//! Rule: a date with two readings is never guessed; the person is asked. The date that was understood is echoed
//! in full. Everything here is civil time in the writer's zone; [`Spoken::instant`] makes it an instant.

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday};

use crate::model::settings::Settings;
use crate::zone;

/// A date as it was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// A day; the hour is the reader's default.
    Day(NaiveDate),
    /// A day and an hour.
    Time(NaiveDateTime),
    /// So many hours or minutes from now.
    After(Duration),
    /// Before the channel's next release, whenever that is.
    NextRelease,
}

/// Why a date was not taken; the text says what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// Two days fit.
    #[error("“{typed}” could be {} or {}: please type the date, such as {}.", zone::show_day(.readings.0), zone::show_day(.readings.1), .readings.0, typed = crate::text::esc(text))]
    TwoReadings {
        text: String,
        /// The two days, earlier first.
        readings: Box<(NaiveDate, NaiveDate)>,
    },
    /// A week or month without a day.
    #[error("“{typed}” does not say which day: please type the date, such as {day}.", typed = crate::text::esc(.0), day = .1)]
    WhichDay(String, NaiveDate),
    /// The channel has no sprints that Lookback knows of.
    #[error("I do not know this channel's sprints: please type a date, such as {0}.")]
    NoSprint(NaiveDate),
    #[error("“{}” is in the past: please type a date that is still to come.", crate::text::esc(.0))]
    Past(String),
    #[error("“{}” is still to come: please type when it was, such as 2026-11-18 14:00 or 36h (ago).", crate::text::esc(.0))]
    Future(String),
    #[error("I could not read “{}” as a date: try 2026-12-01, friday, next tue 15:00, tomorrow, 2w or end of month.", crate::text::esc(.0))]
    Unknown(String),
}

impl Spoken {
    /// The instant meant in `tz`; a bare day is read at `default`. `None` for the next release.
    pub fn instant(self, now: DateTime<Utc>, tz: &str, default: NaiveTime) -> Option<DateTime<Utc>> {
        match self {
            Self::Day(day) => Some(zone::instant(day.and_time(default), tz)),
            Self::Time(time) => Some(zone::instant(time, tz)),
            Self::After(length) => Some(now + length),
            Self::NextRelease => None,
        }
    }
}

/// As [`read`], with the channel's sprints.
pub fn read_with(text: &str, now: NaiveDateTime, settings: &Settings) -> Result<Spoken, Unread> {
    match read(text, now) {
        Err(Unread::NoSprint(example)) => {
            settings.next_sprint(now.date()).map(Spoken::Day).ok_or(Unread::NoSprint(example))
        }
        other => other,
    }
}

/// Reads `text` as a time to come; `now` is the wall clock of the person who wrote it.
pub fn read(text: &str, now: NaiveDateTime) -> Result<Spoken, Unread> {
    let typed = text.trim();
    let (words, hour) = split_hour(typed);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let spoken = match (words.as_slice(), hour) {
        ([word], None) if iso_time(word).is_some() => Spoken::Time(iso_time(word).unwrap_or(now)),
        ([], None) => return Err(unknown(typed)),
        (["before" | "until", "next", "release"] | ["next", "release"], _) => return Ok(Spoken::NextRelease),
        (["next" | "this", "sprint"] | ["end", "of", "sprint"] | ["end", "of", "next", "sprint"], _) => {
            return Err(Unread::NoSprint(now.date() + Days::new(14)));
        }
        (["next", period @ ("week" | "month" | "quarter" | "year")], _) => {
            return Err(Unread::WhichDay(format!("next {period}"), now.date() + Days::new(7)));
        }
        (words, hour) => match (length(words, now.date()), hour) {
            (Some(Span::After(length)), None) => Spoken::After(length),
            (Some(Span::After(_)), Some(_)) => return Err(unknown(typed)),
            (Some(Span::Day(day)), hour) => at(day, hour),
            (None, hour) => at(coming_day(typed, words, now)?, hour),
        },
    };
    let past = match spoken {
        Spoken::Day(day) => day < now.date(),
        Spoken::Time(time) => time <= now,
        Spoken::After(length) => length <= Duration::zero(),
        Spoken::NextRelease => false,
    };
    let year = match spoken {
        Spoken::Day(day) => day.year(),
        Spoken::Time(time) => time.year(),
        Spoken::After(_) | Spoken::NextRelease => now.year(),
    };
    match past {
        _ if !YEARS.contains(&year) => Err(unknown(typed)),
        true => Err(Unread::Past(crate::text::cut(typed, 40))),
        false => Ok(spoken),
    }
}

/// Years that somebody may mean.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// Reads `text` as a time in the past (`deployed:`). Lengths and weekdays count backwards; a day without an
/// hour means noon.
pub fn read_past(text: &str, now: NaiveDateTime) -> Result<NaiveDateTime, Unread> {
    let typed = text.trim();
    let (words, hour) = split_hour(typed);
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|w| *w != "ago").collect();
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let today = now.date();
    let day = match words.as_slice() {
        [word] if iso_time(word).is_some() => return past(iso_time(word).unwrap_or(now), now, typed),
        [] if hour.is_some() => today,
        ["last", name] | [name] if weekday(name).is_some() => {
            let coming = on_or_after(today, weekday(name).unwrap_or(Weekday::Mon));
            if coming == today && words.len() == 1 {
                return Err(two(typed, today, today - Days::new(7)));
            }
            coming - Days::new(7)
        }
        ["in" | "within", ..] | [.., "from", "now"] => return Err(Unread::Future(crate::text::cut(typed, 40))),
        words => match length(words, today) {
            Some(Span::After(length)) => return past(now - length, now, typed),
            Some(Span::Day(day)) => today - (day - today),
            None => {
                // `18 nov` without a year is the last one here, where elsewhere it is the next.
                let day = coming_day(typed, words, now)?;
                let this_year = format!("{}", day.year());
                let dated = words.iter().any(|w| w.contains(&this_year)) || weekday_or_word(words);
                if day > today && !dated { day - Months::new(12) } else { day }
            }
        },
    };
    // Today without an hour can only mean earlier today.
    let hour = hour.unwrap_or(if day == today { now.time().min(noon) } else { noon });
    past(day.and_time(hour), now, typed)
}

/// `tomorrow`, `end of month`: not a date of the calendar.
fn weekday_or_word(words: &[&str]) -> bool {
    !words.iter().any(|w| w.chars().any(|c| c.is_ascii_digit()))
}

fn past(time: NaiveDateTime, now: NaiveDateTime, typed: &str) -> Result<NaiveDateTime, Unread> {
    match time <= now {
        _ if !YEARS.contains(&time.year()) => Err(unknown(typed)),
        true => Ok(time),
        false => Err(Unread::Future(crate::text::cut(typed, 40))),
    }
}

fn unknown(typed: &str) -> Unread {
    Unread::Unknown(crate::text::cut(typed, 40))
}

fn at(day: NaiveDate, hour: Option<NaiveTime>) -> Spoken {
    hour.map_or(Spoken::Day(day), |hour| Spoken::Time(day.and_time(hour)))
}

/// The words in lower case without the small ones, and the hour that stands last.
fn split_hour(typed: &str) -> (Vec<String>, Option<NaiveTime>) {
    let lower = typed.to_lowercase().replace(',', " ");
    let mut words: Vec<String> = lower.split_whitespace().filter(|w| *w != "the").map(str::to_owned).collect();
    if words.len() > 1 && words.first().is_some_and(|w| matches!(w.as_str(), "by" | "on" | "until")) {
        words.remove(0);
    }
    let hour = words.last().and_then(|w| time_of_day(w));
    if hour.is_some() {
        words.pop();
        words.pop_if(|w| w == "at");
    }
    (words, hour)
}

/// A day by its name or date.
fn coming_day(typed: &str, words: &[&str], now: NaiveDateTime) -> Result<NaiveDate, Unread> {
    let today = now.date();
    Ok(match words {
        [] | ["today" | "eod"] | ["end", "of", "day"] => today,
        ["tomorrow" | "tmr"] => today + Days::new(1),
        ["yesterday"] => today - Days::new(1),
        ["eow"] | ["end", "of", "week"] => {
            let friday = on_or_after(today, Weekday::Fri);
            return Err(two(typed, friday, on_or_after(today, Weekday::Sun)));
        }
        ["eom"] | ["end", "of", "month"] => end_of_month(today, 0),
        ["end", "of", "next", "month"] => end_of_month(today, 1),
        ["eoq"] | ["end", "of", "quarter"] => end_of_month(today, 2 - today.month0() % 3),
        ["eoy"] | ["end", "of", "year"] => end_of_month(today, 11 - today.month0()),
        ["next", name] => match weekday(name) {
            Some(day) => next_weekday(typed, day, today)?,
            None => return Err(unknown(typed)),
        },
        [name] | ["this", name] if weekday(name).is_some() => {
            coming_weekday(typed, weekday(name).unwrap_or(Weekday::Mon), today)?
        }
        rest => calendar_day(typed, rest, now)?.ok_or_else(|| unknown(typed))?,
    })
}

fn two(text: &str, a: NaiveDate, b: NaiveDate) -> Unread {
    Unread::TwoReadings { text: crate::text::cut(text, 40), readings: Box::new((a.min(b), a.max(b))) }
}

/// `2026-12-01T15:00`.
fn iso_time(word: &str) -> Option<NaiveDateTime> {
    let word = word.trim_end_matches('z');
    ["%Y-%m-%dt%H:%M:%S", "%Y-%m-%dt%H:%M"].iter().find_map(|form| NaiveDateTime::parse_from_str(word, form).ok())
}

/// `15:00`, `3pm`, `noon`.
fn time_of_day(word: &str) -> Option<NaiveTime> {
    if word == "noon" {
        return NaiveTime::from_hms_opt(12, 0, 0);
    }
    if let Ok(time) = NaiveTime::parse_from_str(word, "%H:%M") {
        return Some(time);
    }
    let (clock, add) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(clock), _) => (clock, 0),
        (_, Some(clock)) => (clock, 12),
        _ => return None,
    };
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, "0"));
    let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse().ok()?);
    (1..=12).contains(&hour).then(|| NaiveTime::from_hms_opt(hour % 12 + add, minute, 0))?
}

fn weekday(word: &str) -> Option<Weekday> {
    // chrono reads `mon` and `monday`; people write `tues`, `weds`, `thur`, `thurs` too.
    match word {
        "tues" => Some(Weekday::Tue),
        "weds" => Some(Weekday::Wed),
        "thur" | "thurs" => Some(Weekday::Thu),
        other => other.parse().ok(),
    }
}

fn on_or_after(day: NaiveDate, wanted: Weekday) -> NaiveDate {
    let ahead = (7 + wanted.num_days_from_monday() - day.weekday().num_days_from_monday()) % 7;
    day + Days::new(u64::from(ahead))
}

/// `friday`: the one to come; on a Friday that could be today or in a week.
fn coming_weekday(text: &str, wanted: Weekday, today: NaiveDate) -> Result<NaiveDate, Unread> {
    let day = on_or_after(today, wanted);
    if day == today { Err(two(text, today, today + Days::new(7))) } else { Ok(day) }
}

/// `next tue`: Tuesday of next week. While this week's Tuesday is still ahead, half of the world
/// means that one, so it is asked back.
fn next_weekday(text: &str, wanted: Weekday, today: NaiveDate) -> Result<NaiveDate, Unread> {
    let ahead = on_or_after(today, wanted);
    if ahead == today {
        return Ok(today + Days::new(7));
    }
    let same_week = wanted.num_days_from_monday() > today.weekday().num_days_from_monday();
    if same_week { Err(two(text, ahead, ahead + Days::new(7))) } else { Ok(ahead) }
}

fn end_of_month(day: NaiveDate, months_ahead: u32) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day) + Months::new(months_ahead);
    first + Months::new(1) - Days::new(1)
}

enum Span {
    Day(NaiveDate),
    After(Duration),
}

/// `2w`, `in 2 weeks`, `4 days`, `36h`, `a week`, `two months`.
fn length(words: &[&str], today: NaiveDate) -> Option<Span> {
    let words = match words {
        ["in", rest @ ..] | ["within", rest @ ..] | [rest @ .., "from", "now"] => rest,
        rest => rest,
    };
    let (number, unit) = match words {
        [one] => {
            let digits: String = one.chars().take_while(char::is_ascii_digit).collect();
            let unit: String = one.chars().skip(digits.len()).collect();
            (digits.parse::<u32>().ok()?, unit)
        }
        [number, unit] => {
            let named = ["a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
            let number = match number.parse() {
                Ok(number) => number,
                Err(_) if *number == "an" => 1,
                Err(_) => u32::try_from(named.iter().position(|n| n == number)?.max(1)).ok()?,
            };
            (number, (*unit).to_owned())
        }
        _ => return None,
    };
    if number > 10_000 {
        return None;
    }
    let days = |n: u32| today.checked_add_days(Days::new(u64::from(n))).map(Span::Day);
    match unit.as_str() {
        "m" | "min" | "mins" | "minute" | "minutes" => Some(Span::After(Duration::minutes(number.into()))),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(Span::After(Duration::hours(number.into()))),
        "d" | "day" | "days" => days(number),
        "w" | "wk" | "wks" | "week" | "weeks" => days(number * 7),
        "mo" | "month" | "months" => today.checked_add_months(Months::new(number)).map(Span::Day),
        _ => None,
    }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `2026-12-01`, `1 dec`, `dec 1st 2026`. Slashes and dots are refused: half of the world reads
/// them the other way round.
fn calendar_day(text: &str, words: &[&str], now: NaiveDateTime) -> Result<Option<NaiveDate>, Unread> {
    if let [word] = words {
        if let Ok(day) = NaiveDate::parse_from_str(word, "%Y-%m-%d") {
            return Ok(Some(day));
        }
        let parts: Vec<Option<u32>> = word.split(['/', '.']).map(|p| p.parse().ok()).collect();
        if let [Some(a), Some(b), ..] = parts.as_slice() {
            return both_ways(text, *a, *b, now.date());
        }
    }
    let month = words.iter().any(|w| MONTHS.iter().any(|m| w.starts_with(m)));
    if !month {
        return Ok(None);
    }
    let plain: Vec<String> = words.iter().map(|w| without_ordinal(w)).filter(|w| w != "of").collect();
    let has_year = plain.iter().any(|w| w.len() == 4 && w.chars().all(|c| c.is_ascii_digit()));
    let found = interim::parse_date_string(&plain.join(" "), now.and_utc(), interim::Dialect::Uk);
    let Ok(found) = found else { return Ok(None) };
    let day = found.date_naive();
    // Without a year the day to come is meant.
    Ok(Some(if has_year || day >= now.date() { day } else { day + Months::new(12) }))
}

/// `1st` → `1`.
fn without_ordinal(word: &str) -> String {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if is_number { digits.to_owned() } else { word.to_owned() }
}

/// `3/4` is 3 April to some and 4 March to others; `25/12` can only be one day.
fn both_ways(text: &str, a: u32, b: u32, today: NaiveDate) -> Result<Option<NaiveDate>, Unread> {
    let coming = |month, day| {
        let this = NaiveDate::from_ymd_opt(today.year(), month, day)?;
        if this >= today { Some(this) } else { NaiveDate::from_ymd_opt(today.year() + 1, month, day) }
    };
    match (coming(a, b), coming(b, a)) {
        (Some(one), Some(other)) if one != other => Err(two(text, one, other)),
        (one, other) => Ok(one.or(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday 22 November 2026, 10:30.
    fn sunday() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(10, 30, 0).unwrap()
    }

    fn shown(text: &str) -> String {
        match read(text, sunday()) {
            Ok(Spoken::Day(day)) => day.to_string(),
            Ok(Spoken::Time(time)) => time.format("%Y-%m-%d %H:%M").to_string(),
            Ok(Spoken::After(length)) => format!("+{}m", length.num_minutes()),
            Ok(Spoken::NextRelease) => "next release".to_owned(),
            Err(Unread::TwoReadings { readings, .. }) => format!("{}?{}", readings.0, readings.1),
            Err(Unread::Past(_) | Unread::Future(_)) => "past".to_owned(),
            Err(Unread::WhichDay(..)) => "which day".to_owned(),
            Err(Unread::NoSprint(_)) => "sprint".to_owned(),
            Err(Unread::Unknown(_)) => "unknown".to_owned(),
        }
    }

    #[test]
    fn what_people_type() {
        for (typed, meant) in [
            ("2026-12-01", "2026-12-01"),
            ("2026-12-01 15:00", "2026-12-01 15:00"),
            ("2026-12-01T15:00", "2026-12-01 15:00"),
            ("friday", "2026-11-27"),
            ("Fri 9am", "2026-11-27 09:00"),
            ("next tue 15:00", "2026-11-24 15:00"),
            ("next friday", "2026-11-27"),
            ("tomorrow", "2026-11-23"),
            ("today", "2026-11-22"),
            ("tomorrow 5pm", "2026-11-23 17:00"),
            ("tomorrow at noon", "2026-11-23 12:00"),
            ("in 2 weeks", "2026-12-06"),
            ("2w", "2026-12-06"),
            ("2 weeks", "2026-12-06"),
            ("a week", "2026-11-29"),
            ("three days", "2026-11-25"),
            ("in a month", "2026-12-22"),
            ("end of month", "2026-11-30"),
            ("end of the month", "2026-11-30"),
            ("eoq", "2026-12-31"),
            ("end of year", "2026-12-31"),
            ("4d", "2026-11-26"),
            ("36h", "+2160m"),
            ("90 min", "+90m"),
            ("before next release", "next release"),
            ("before the next release", "next release"),
            ("next sprint", "sprint"),
            ("1 dec", "2026-12-01"),
            ("Dec 1st", "2026-12-01"),
            ("1st of December 2026", "2026-12-01"),
            ("1 march", "2027-03-01"),
            ("18:00", "2026-11-22 18:00"),
            ("by friday", "2026-11-27"),
            ("25/12", "2026-12-25"),
        ] {
            assert_eq!(shown(typed), meant, "{typed}");
        }
    }

    #[test]
    fn two_readings_are_asked_back() {
        assert_eq!(shown("sunday"), "2026-11-22?2026-11-29");
        assert_eq!(shown("3/4"), "2027-03-04?2027-04-03");
        assert_eq!(shown("end of week"), "2026-11-22?2026-11-27");
        assert_eq!(shown("next week"), "which day");
        let monday = sunday() + Duration::days(1);
        assert!(matches!(read("next tue", monday), Err(Unread::TwoReadings { .. })));
        assert_eq!(
            read("3/4", sunday()).unwrap_err().to_string(),
            "“3/4” could be Thu 4 Mar 2027 or Sat 3 Apr 2027: please type the date, such as 2027-03-04."
        );
    }

    #[test]
    fn nonsense_and_the_past_are_refused() {
        for typed in ["asap", "", "soon", "Q1", "2026-02-30", "99999999999w", "日本語", "next", "friday friday", "-3d"]
        {
            assert_eq!(shown(typed), "unknown", "{typed}");
        }
        assert_eq!(shown("2026-11-21"), "past");
        assert_eq!(shown("yesterday"), "past");
        assert_eq!(shown("0h"), "past");
        assert_eq!(shown("+262142-12-31"), "unknown");
        assert_eq!(shown("12:00 <!channel>"), "unknown");
    }

    #[test]
    fn what_was_is_read_backwards() {
        let was = |text: &str| match read_past(text, sunday()) {
            Ok(time) => time.format("%Y-%m-%d %H:%M").to_string(),
            Err(Unread::Future(_)) => "future".to_owned(),
            Err(Unread::TwoReadings { .. }) => "two".to_owned(),
            Err(_) => "unknown".to_owned(),
        };
        for (typed, meant) in [
            ("2026-11-18T14:00", "2026-11-18 14:00"),
            ("2026-11-18 14:00", "2026-11-18 14:00"),
            ("36h", "2026-11-20 22:30"),
            ("2d", "2026-11-20 12:00"),
            ("2 days ago", "2026-11-20 12:00"),
            ("1w", "2026-11-15 12:00"),
            ("friday", "2026-11-20 12:00"),
            ("last friday 15:00", "2026-11-20 15:00"),
            ("yesterday", "2026-11-21 12:00"),
            ("today", "2026-11-22 10:30"),
            ("09:00", "2026-11-22 09:00"),
            ("11:00", "future"),
            ("tomorrow", "future"),
            ("in 2 days", "future"),
            ("18 nov", "2026-11-18 12:00"),
            ("24 dec", "2025-12-24 12:00"),
            ("2026-12-24", "future"),
            ("sunday", "two"),
            ("soon", "unknown"),
            ("+262142-12-31", "unknown"),
        ] {
            assert_eq!(was(typed), meant, "{typed}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in ".{0,40}") {
            let _ = read(&text, sunday());
        }
    }
}
