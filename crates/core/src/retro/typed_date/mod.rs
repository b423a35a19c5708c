//! Dates as people type them: `friday`, `next tue 15:00`, `2w`, `end of month`, `before next release`.
//!
//! Rule: a date with two readings is never guessed, and no word is passed over; the person is asked. The date that was
//! understood is echoed in full, and every date that the bot writes can be typed back.

mod calendar;
mod unread;
mod words;

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday};

use crate::model::settings::Settings;
use crate::zone;
use calendar::{Direction, weekday};
pub use unread::Unread;
use unread::{two, unknown};
use words::{Words, Zone};

/// A date as it was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// A day; the hour is the reader's default.
    Day(NaiveDate),
    /// A day and an hour, in the writer's zone.
    Time(NaiveDateTime),
    /// An instant: the writer named the zone, or said in how many hours.
    At(DateTime<Utc>),
    /// Before the channel's next release, whenever that is.
    NextRelease,
}

impl Spoken {
    /// The instant meant in `tz`; a bare day is read at `default`. `None` for the next release.
    pub fn instant(self, tz: &str, default: NaiveTime) -> Option<DateTime<Utc>> {
        match self {
            Self::Day(day) => Some(zone::instant(day.and_time(default), tz)),
            Self::Time(time) => Some(zone::instant(time, tz)),
            Self::At(at) => Some(at),
            Self::NextRelease => None,
        }
    }
}

/// What was typed beside a day that was picked from a calendar: nothing, or the hour. `None` where it is a date too.
pub fn with_day(typed: &str, picked: NaiveDate) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Some(picked.to_string());
    }
    let words = Words::of(typed)?;
    let is_hour = words.day.is_empty() && (words.hour.is_some() || words.day_end);
    is_hour.then(|| format!("{picked} {typed}"))
}

/// The hour of a typed date, such as `15:00`.
pub fn hour(typed: &str) -> Option<String> {
    let words = Words::of(typed.trim())?;
    words.hour.map(|hour| hour.format("%H:%M").to_string())
}

/// As [`read`], with the channel's sprints.
pub fn read_with(text: &str, now: DateTime<Utc>, tz: &str, settings: &Settings) -> Result<Spoken, Unread> {
    match read(text, now, tz) {
        Err(Unread::NoSprint(example)) => {
            let today = zone::local(now, tz).date();
            settings.next_sprint(today).map(Spoken::Day).ok_or(Unread::NoSprint(example))
        }
        other => other,
    }
}

/// Years that somebody may mean.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// Reads `text` as a time to come, for somebody in the zone `tz`.
pub fn read(text: &str, now: DateTime<Utc>, tz: &str) -> Result<Spoken, Unread> {
    let typed = text.trim();
    let found = Words::of(typed).ok_or_else(|| unknown(typed))?;
    let today = today(&found, now, tz);
    let words: Vec<&str> = found.day.iter().map(String::as_str).collect();
    let is_letters = |word: &&&str| LETTERS.contains(*word);
    if let (Some(letters), Some(_)) = (words.iter().find(is_letters), found.hour) {
        return Err(Unread::ZoneLetters(letters.to_uppercase()));
    }
    if is_m(&words) {
        return Err(Unread::MinutesOrMonths(crate::text::cut(typed, 40)));
    }
    // `monday 9.30`: a day that it is not may be an hour.
    if let (None, Some(hour)) = (found.hour, with_clock(typed))
        && let Err(Unread::OtherWeekday { .. }) = day_of(typed, &words, today, Direction::Ahead)
    {
        return read(&hour, now, tz);
    }
    let spoken = match words.as_slice() {
        ["before" | "until", "next", "release"] | ["next", "release"] => return Ok(Spoken::NextRelease),
        ["next" | "this", "sprint"] | ["end", "of", "sprint"] | ["end", "of", "next", "sprint"] => {
            return Err(Unread::NoSprint(today + Days::new(14)));
        }
        [] if found.hour.is_none() && !found.day_end => return Err(unknown(typed)),
        words => match (length(words, today), found.hour) {
            (Some(Span::After(length)), None) if !found.day_end => Spoken::At(now + length),
            (Some(Span::After(_)), _) => return Err(unknown(typed)),
            (Some(Span::Day(day)), hour) => at(day, hour, &found.zone, typed)?,
            (None, hour) => {
                let day = day_of(typed, words, today, Direction::Ahead)?.ok_or_else(|| unknown(typed))?;
                at(day, hour, &found.zone, typed)?
            }
        },
    };
    let (past, day) = match spoken {
        Spoken::Day(day) => (day < today, day),
        Spoken::Time(time) => (time <= zone::local(now, tz), time.date()),
        Spoken::At(at) => (at <= now, at.date_naive()),
        Spoken::NextRelease => (false, today),
    };
    match past {
        _ if !YEARS.contains(&day.year()) => Err(unknown(typed)),
        true => Err(Unread::Past(crate::text::cut(typed, 40))),
        false => Ok(spoken),
    }
}

/// Letters that name several zones, or a zone for half of the year only.
const LETTERS: [&str; 15] =
    ["est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "cet", "cest", "mez", "mesz", "bst", "ist", "et"];

/// Whether `m` stands behind a number, which is minutes to some and months to others: `2m`, `2 m`.
fn is_m(words: &[&str]) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    match words {
        ["in", rest @ ..] => is_m(rest),
        [one] => one.strip_suffix('m').is_some_and(digits),
        [number, "m"] => digits(number),
        _ => false,
    }
}

/// The text with its `9.30` as `9:30`; `None` where it has none.
fn with_clock(typed: &str) -> Option<String> {
    let is_clock = |word: &str| {
        let Some((hour, minute)) = word.split_once('.') else { return false };
        let number = |text: &str| text.parse::<u32>().ok();
        minute.len() == 2 && number(hour).is_some_and(|h| h < 24) && number(minute).is_some_and(|m| m < 60)
    };
    let words: Vec<&str> = typed.split_whitespace().collect();
    let clock = words.iter().find(|word| is_clock(word))?;
    Some(
        words
            .iter()
            .map(|w| if w == clock { w.replace('.', ":") } else { (*w).to_owned() })
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// Reads `text` as a time in the past (`deployed:`), for somebody in the zone `tz`. Lengths and weekdays count backwards;
/// a day without an hour means noon.
pub fn read_past(text: &str, now: DateTime<Utc>, tz: &str) -> Result<DateTime<Utc>, Unread> {
    let typed = text.trim();
    let found = Words::of(typed).filter(|found| !found.day_end).ok_or_else(|| unknown(typed))?;
    let today = today(&found, now, tz);
    if let (Some(letters), Some(_)) = (found.day.iter().find(|word| LETTERS.contains(&word.as_str())), found.hour) {
        return Err(Unread::ZoneLetters(letters.to_uppercase()));
    }
    let ago = |word: &&str| *word == "ago";
    let words: Vec<&str> = found.day.iter().map(String::as_str).filter(|word| !ago(word)).collect();
    let day = match words.as_slice() {
        [] if found.hour.is_some() => today,
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
            None => day_of(typed, words, today, Direction::Back)?.ok_or_else(|| unknown(typed))?,
        },
    };
    // Today without an hour can only mean earlier today.
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let hour = found.hour.unwrap_or(if day == today { zone::local(now, tz).time().min(noon) } else { noon });
    let at = match &found.zone {
        Some(zone) => zone.instant(day.and_time(hour)),
        None => zone::instant(day.and_time(hour), tz),
    };
    past(at, now, typed)
}

fn past(at: DateTime<Utc>, now: DateTime<Utc>, typed: &str) -> Result<DateTime<Utc>, Unread> {
    match at <= now {
        _ if !YEARS.contains(&at.year()) => Err(unknown(typed)),
        true => Ok(at),
        false => Err(Unread::Future(crate::text::cut(typed, 40))),
    }
}

/// The day it is where the hour was meant.
fn today(found: &Words, now: DateTime<Utc>, tz: &str) -> NaiveDate {
    found.zone.as_ref().map_or_else(|| zone::local(now, tz), |zone| zone.local(now)).date()
}

/// A zone means nothing without an hour.
fn at(day: NaiveDate, hour: Option<NaiveTime>, zone: &Option<Zone>, typed: &str) -> Result<Spoken, Unread> {
    match (hour, zone) {
        (Some(hour), Some(zone)) => Ok(Spoken::At(zone.instant(day.and_time(hour)))),
        (Some(hour), None) => Ok(Spoken::Time(day.and_time(hour))),
        (None, None) => Ok(Spoken::Day(day)),
        (None, Some(_)) => Err(unknown(typed)),
    }
}

/// A day by its name or date; `Ok(None)` for words that name none.
fn day_of(typed: &str, words: &[&str], today: NaiveDate, to: Direction) -> Result<Option<NaiveDate>, Unread> {
    Ok(Some(match words {
        [] | ["today"] => today,
        ["tomorrow" | "tmr" | "tmrw"] => today + Days::new(1),
        ["yesterday"] => today - Days::new(1),
        ["day", "after", "tomorrow"] => today + Days::new(2),
        ["day", "before", "yesterday"] => today - Days::new(2),
        ["eow"] | ["end", "of", "week"] | ["end", "of", "this", "week"] => return Err(end_of_week(typed, today)),
        ["end", "of", "next", "week"] => return Err(end_of_week(typed, today + Days::new(7))),
        ["eom"] => end_of_month(today, 0),
        ["eoq"] => end_of_month(today, 2 - today.month0() % 3),
        ["eoy"] => end_of_month(today, 11 - today.month0()),
        ["end", "of", rest @ ..] | ["last", "day", "of", rest @ ..] => return end_of(typed, rest, today, to),
        ["next", period @ ("week" | "month" | "quarter" | "year")] => {
            return Err(Unread::WhichDay(format!("next {period}"), today + Days::new(7)));
        }
        // A day of next week has one reading, where `next friday` may have two.
        ["next", "week", name] | [name, "next", "week"] | [name, "of", "next", "week"] if weekday(name).is_some() => {
            let monday = on_or_after(today + Days::new(1), Weekday::Mon);
            on_or_after(monday, weekday(name).unwrap_or(Weekday::Mon))
        }
        ["next", name] if weekday(name).is_some() => next_weekday(typed, weekday(name).unwrap_or(Weekday::Mon), today)?,
        [name] | ["this" | "coming", name] | ["this", "coming", name] if weekday(name).is_some() => {
            coming_weekday(typed, weekday(name).unwrap_or(Weekday::Mon), today)?
        }
        words => match words.iter().position(|word| matches!(*word, "from" | "after")) {
            Some(at) => {
                let (span, rest) = words.split_at(at);
                return from_another(typed, span, rest.get(1..).unwrap_or_default(), today, to);
            }
            None => return calendar::day(typed, words, today, to),
        },
    }))
}

/// `2 weeks from friday`: a length, and behind its `from` another day.
fn from_another(
    typed: &str,
    span: &[&str],
    rest: &[&str],
    today: NaiveDate,
    to: Direction,
) -> Result<Option<NaiveDate>, Unread> {
    if rest.is_empty() {
        return Ok(None);
    }
    let base = day_of(typed, rest, today, to)?;
    Ok(base.and_then(|base| match length(span, base)? {
        Span::Day(day) => Some(day),
        Span::After(_) => None,
    }))
}

/// Friday to some, Sunday to others.
fn end_of_week(typed: &str, day: NaiveDate) -> Unread {
    let friday = on_or_after(day, Weekday::Fri);
    two(typed, friday, on_or_after(day, Weekday::Sun))
}

/// `end of month`, `end of january 2027`.
fn end_of(typed: &str, rest: &[&str], today: NaiveDate, to: Direction) -> Result<Option<NaiveDate>, Unread> {
    Ok(Some(match rest {
        ["month"] | ["this", "month"] => end_of_month(today, 0),
        ["next", "month"] => end_of_month(today, 1),
        ["quarter"] | ["this", "quarter"] => end_of_month(today, 2 - today.month0() % 3),
        ["next", "quarter"] => end_of_month(today, 5 - today.month0() % 3),
        ["year"] | ["this", "year"] => end_of_month(today, 11 - today.month0()),
        ["next", "year"] => end_of_month(today, 23 - today.month0()),
        _ => match calendar::day(typed, rest, today.with_day(1).unwrap_or(today), to) {
            Err(Unread::WhichDay(_, first)) => end_of_month(first, 0),
            _ => return Ok(None),
        },
    }))
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

/// Numbers that people write out.
const NUMBERS: [&str; 13] =
    ["a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// `2w`, `in 2 weeks`, `4 days`, `36h`, `a week`, `two months`, `a fortnight`, `half an hour`; from `today` on.
fn length(words: &[&str], today: NaiveDate) -> Option<Span> {
    let words = match words {
        ["in", rest @ ..] | ["within", rest @ ..] | [rest @ .., "from", "now"] => rest,
        rest => rest,
    };
    let (number, unit) = match words {
        ["half", "an", "hour"] => (30, "min".to_owned()),
        ["fortnight"] => (1, "fortnight".to_owned()),
        [one] => {
            let digits: String = one.chars().take_while(char::is_ascii_digit).collect();
            let unit: String = one.chars().skip(digits.len()).collect();
            (digits.parse::<u32>().ok()?, unit)
        }
        [number, unit] => {
            let number = match number.parse() {
                Ok(number) => number,
                Err(_) if *number == "an" => 1,
                Err(_) => u32::try_from(NUMBERS.iter().position(|n| n == number)?.max(1)).ok()?,
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
        "fortnight" | "fortnights" => days(number * 14),
        "mo" | "month" | "months" => today.checked_add_months(Months::new(number)).map(Span::Day),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday 22 November 2026, 10:30 in Berlin.
    fn sunday() -> DateTime<Utc> {
        "2026-11-22T09:30:00Z".parse().unwrap()
    }

    const BERLIN: &str = "Europe/Berlin";

    fn shown(text: &str) -> String {
        shown_at(text, sunday())
    }

    fn shown_at(text: &str, now: DateTime<Utc>) -> String {
        match read(text, now, BERLIN) {
            Ok(Spoken::Day(day)) => day.to_string(),
            Ok(Spoken::Time(time)) => time.format("%Y-%m-%d %H:%M").to_string(),
            Ok(Spoken::At(at)) => zone::local(at, BERLIN).format("%Y-%m-%d %H:%M").to_string(),
            Ok(Spoken::NextRelease) => "next release".to_owned(),
            Err(Unread::OtherWeekday { day, .. }) => format!("{}!", day),
            Err(Unread::TwoReadings { readings, .. }) => format!("{}?{}", readings.0, readings.1),
            Err(Unread::Past(_) | Unread::Future(_)) => "past".to_owned(),
            Err(Unread::WhichDay(..)) => "which day".to_owned(),
            Err(Unread::NoSprint(_)) => "sprint".to_owned(),
            Err(Unread::MinutesOrMonths(_)) => "m?".to_owned(),
            Err(Unread::ZoneLetters(_)) => "zone?".to_owned(),
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
            ("36h", "2026-11-23 22:30"),
            ("90 min", "2026-11-22 12:00"),
            ("before next release", "next release"),
            ("before next release", "next release"),
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

    /// Wednesday 18 November 2026, 10:00 in Berlin.
    fn wednesday() -> DateTime<Utc> {
        "2026-11-18T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn dates_with_a_year_zones_and_words_of_several_words() {
        for (typed, meant) in [
            ("25/12/2027", "2027-12-25"),
            ("25.12.2027", "2027-12-25"),
            ("25-12-27", "2027-12-25"),
            ("2027/12/25", "2027-12-25"),
            ("1.12.2026", "2026-12-01"),
            ("1.12.", "2026-12-01?2027-01-12"),
            ("3/4/2027", "2027-03-04?2027-04-03"),
            ("25/12/x", "unknown"),
            ("25/12/2027/1", "unknown"),
            ("2026-12-04T15:00:00Z", "2026-12-04 16:00"),
            ("2026-12-07T15:00Z", "2026-12-07 16:00"),
            ("2026-12-01T15:00:00+05:30", "2026-12-01 10:30"),
            ("2026-12-01T15:00:00.250-0800", "2026-12-02 00:00"),
            ("2026-12-04 15:00 UTC", "2026-12-04 16:00"),
            ("friday 15:00 utc+2", "2026-11-20 14:00"),
            ("friday 15:00 (America/New_York)", "2026-11-20 21:00"),
            ("friday 15:00 EST", "zone?"),
            ("15:00 CET", "zone?"),
            ("2m", "m?"),
            ("in 10 M", "m?"),
            ("17 nov", "2026-11-17?2027-11-17"),
            ("17/11", "2026-11-17?2027-11-17"),
            ("nov 2", "2026-11-02?2027-11-02"),
            ("1 march", "2027-03-01"),
            ("1 august", "2027-08-01"),
            ("2026\u{2011}12\u{2011}01", "2026-12-01"),
            ("２０２６-12-01", "2026-12-01"),
            ("5 Dec 26", "2026-12-05"),
            ("monday?", "2026-11-23"),
            ("monday, please", "2026-11-23"),
            ("monday 9.30", "2026-11-23 09:30"),
            ("end of this week", "2026-11-20?2026-11-22"),
            ("friday utc", "unknown"),
            ("december", "which day"),
            ("Dec 2027", "which day"),
            ("2027-02", "which day"),
            ("December 5, 2026", "2026-12-05"),
            ("Dec 5th", "2026-12-05"),
            ("the 5th of December, 2026", "2026-12-05"),
            ("5-Dec-2026", "2026-12-05"),
            ("5 sept.", "2027-09-05"),
            ("29 feb", "2028-02-29"),
            ("the 5th", "2026-12-05"),
            ("5", "unknown"),
            ("Fri 4 Dec 2026", "2026-12-04"),
            ("Friday, December 4", "2026-12-04"),
            ("Fri 2026-12-04", "2026-12-04"),
            ("Fri 4/12", "2026-12-04"),
            ("Thu 4 Dec 2026", "2026-12-04!"),
            ("Sun 22 Nov 2026, 17:00 (Europe/Berlin)", "2026-11-22 17:00"),
            ("friday 5 pm", "2026-11-20 17:00"),
            ("5:30 p.m. on friday", "2026-11-20 17:30"),
            ("friday 15 pm", "unknown"),
            ("friday 17:00 18:00", "unknown"),
            ("day after tomorrow", "2026-11-20"),
            ("the day after tomorrow at noon", "2026-11-20 12:00"),
            ("friday eod", "2026-11-20"),
            ("end of day friday", "2026-11-20"),
            ("EOD", "2026-11-18"),
            ("tomorrow cob", "2026-11-19"),
            ("eod 15:00", "unknown"),
            ("end of january", "2027-01-31"),
            ("end of february 2028", "2028-02-29"),
            ("end of november", "2026-11-30"),
            ("the last day of next month", "2026-12-31"),
            ("end of next quarter", "2027-03-31"),
            ("end of next week", "2026-11-27?2026-11-29"),
            ("2 weeks from friday", "2026-12-04"),
            ("a week from tomorrow", "2026-11-26"),
            ("two weeks after 1 dec", "2026-12-15"),
            ("a fortnight", "2026-12-02"),
            ("half an hour", "2026-11-18 10:30"),
            ("friday next week", "2026-11-27"),
            ("friday.", "2026-11-20"),
            ("`friday`", "2026-11-20"),
            ("“friday”!", "2026-11-20"),
            ("friday\u{a0}15:00", "2026-11-20 15:00"),
            ("this coming friday", "2026-11-20"),
            ("5 dec or so", "unknown"),
            ("friday from", "unknown"),
            ("from friday", "unknown"),
        ] {
            assert_eq!(shown_at(typed, wednesday()), meant, "{typed}");
        }
        let late: DateTime<Utc> = "2027-01-31T09:00:00Z".parse().unwrap();
        assert_eq!(shown_at("13/01/2027", late), "past");
        assert_eq!(
            read("Thu 4 Dec 2026", wednesday(), BERLIN).unwrap_err().to_string(),
            "“Thu 4 Dec 2026” doesn't match: that date is Fri 4 Dec 2026. Please type the date, such as 2026-12-04."
        );
    }

    /// Every date that the bot writes can be typed back.
    #[test]
    fn what_is_shown_can_be_typed() {
        let mut at = wednesday() + Duration::hours(1);
        for step in 0..400 {
            let minute = at - Duration::seconds(at.timestamp() % 60);
            for tz in [BERLIN, "America/New_York", "Asia/Kolkata"] {
                assert_eq!(read(&zone::show(minute, tz), wednesday(), BERLIN), Ok(Spoken::At(minute)), "{tz}");
            }
            // What Slack shows in the place of the token of `zone::moment`.
            let local = zone::local(minute, BERLIN);
            let ending = match local.day() {
                1 | 21 | 31 => "st",
                2 | 22 => "nd",
                3 | 23 => "rd",
                _ => "th",
            };
            for time in ["%-I:%M %p", "%H:%M"] {
                let token = local.format(&format!("%A, %B %-d{ending}, %Y at {time}")).to_string();
                assert_eq!(read(&token, wednesday(), BERLIN), Ok(Spoken::Time(local)), "{token}");
            }
            let day = zone::local(at, BERLIN).date();
            assert_eq!(read(&zone::show_day(day), wednesday(), BERLIN), Ok(Spoken::Day(day)));
            at += Duration::hours(17 * (step % 5 + 1));
        }
    }

    #[test]
    fn a_picked_day_takes_an_hour_and_no_second_day() {
        let picked = NaiveDate::from_ymd_opt(2026, 12, 4).unwrap();
        for (typed, whole) in [
            ("", "2026-12-04"),
            (" 15:00 ", "2026-12-04 15:00"),
            ("5 pm", "2026-12-04 5 pm"),
            ("eod", "2026-12-04 eod"),
        ] {
            assert_eq!(with_day(typed, picked).as_deref(), Some(whole));
            assert!(read(whole, wednesday(), BERLIN).is_ok(), "{whole}");
        }
        for typed in ["friday", "friday 15:00", "2w", "before next release", "soon"] {
            assert_eq!(with_day(typed, picked), None, "{typed}");
        }
    }

    #[test]
    fn two_readings_are_asked_back() {
        assert_eq!(shown("sunday"), "2026-11-22?2026-11-29");
        assert_eq!(shown("3/4"), "2027-03-04?2027-04-03");
        assert_eq!(shown("end of week"), "2026-11-22?2026-11-27");
        assert_eq!(shown("next week"), "which day");
        let monday = sunday() + Duration::days(1);
        assert!(matches!(read("next tue", monday, BERLIN), Err(Unread::TwoReadings { .. })));
        assert_eq!(
            read("3/4", sunday(), BERLIN).unwrap_err().to_string(),
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
        let was = |text: &str| match read_past(text, sunday(), BERLIN) {
            Ok(at) => zone::local(at, BERLIN).format("%Y-%m-%d %H:%M").to_string(),
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
            ("2026-11-18T14:00Z", "2026-11-18 15:00"),
            ("2026-11-18T14:00:00+05:30", "2026-11-18 09:30"),
            ("12/11/2026", "2026-11-12 12:00"),
            ("3/4/2026", "two"),
            ("day before yesterday", "2026-11-20 12:00"),
            ("the 5th", "2026-11-05 12:00"),
            ("Wed 18 Nov 2026, 15:00 (Europe/Berlin)", "2026-11-18 15:00"),
            ("24 dec", "two"),
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
            let _ = read(&text, sunday(), BERLIN);
            let _ = read_past(&text, sunday(), BERLIN);
        }
    }
}
