//! Dates of the calendar: `2026-12-01`, `Fri 4 Dec 2026`, `December 5, 2026`, `25/12/2027`.
//!
//! Rule: every word counts. A month alone names no day, and numbers that half of the world reads the other way round
//! are asked back, unless only one of the two can be meant.

use chrono::{Datelike, Months, NaiveDate, Weekday};

use super::unread::{Unread, two};

/// Whether a time to come is meant, or one that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ahead,
    Back,
}

/// A date as it was typed, each part at most once.
#[derive(Debug, Default)]
struct Parts {
    weekday: Option<Weekday>,
    day: Option<u32>,
    /// It was written as `5th`.
    is_ordinal: bool,
    month: Option<u32>,
    year: Option<i32>,
    /// Two numbers that are day and month, in whichever order.
    pair: Option<(u32, u32)>,
}

/// The day that these words name; `Ok(None)` where they name none.
pub fn day(text: &str, words: &[&str], today: NaiveDate, to: Direction) -> Result<Option<NaiveDate>, Unread> {
    let Some(parts) = parts(words) else { return Ok(None) };
    let candidates: Vec<NaiveDate> = match &parts {
        Parts { pair: Some((a, b)), year, .. } => {
            let both = [dated(*a, *b, *year, today, to), dated(*b, *a, *year, today, to)];
            both.into_iter().flatten().collect()
        }
        Parts { day: Some(day), month: Some(month), year, .. } => {
            dated(*month, *day, *year, today, to).into_iter().collect()
        }
        Parts { day: None, month: Some(month), year, .. } => {
            let first = dated(*month, 1, *year, today, to);
            return first.map_or(Ok(None), |first| Err(Unread::WhichDay(crate::text::cut(text, 40), first)));
        }
        // `the 5th`: of this month, or of the next.
        Parts { day: Some(day), is_ordinal: true, month: None, year: None, .. } => {
            numbered(*day, today, to).into_iter().collect()
        }
        Parts { .. } => return Ok(None),
    };
    let found = one_of(text, candidates, parts.weekday, today, to)?;
    // `19 nov` on 20 November: the day that has just gone by is more likely meant than one in a year.
    match found {
        Some(day) if parts.year.is_none() && parts.weekday.is_none() && (day - today).num_days().abs() > FAR => {
            let years = if to == Direction::Ahead { -1 } else { 1 };
            match day.with_year(day.year() + years) {
                Some(other) => Err(two(text, day, other)),
                None => Ok(found),
            }
        }
        _ => Ok(found),
    }
}

/// A date without a year that is more days away than this may belong to the year before, or to the next.
const FAR: i64 = 300;

/// The one day that can be meant.
fn one_of(
    text: &str,
    mut days: Vec<NaiveDate>,
    weekday: Option<Weekday>,
    today: NaiveDate,
    to: Direction,
) -> Result<Option<NaiveDate>, Unread> {
    days.sort();
    days.dedup();
    if let (Some(weekday), Some(first)) = (weekday, days.first().copied()) {
        days.retain(|day| day.weekday() == weekday);
        if days.is_empty() {
            return Err(Unread::OtherWeekday { text: crate::text::cut(text, 40), day: first });
        }
    }
    // A reading that lies the wrong way is none, as long as there is another.
    let fits = |day: &NaiveDate| match to {
        Direction::Ahead => *day >= today,
        Direction::Back => *day <= today,
    };
    if days.iter().any(fits) {
        days.retain(fits);
    }
    match days.as_slice() {
        [one, other] => Err(two(text, *one, *other)),
        [one, ..] => Ok(Some(*one)),
        [] => Ok(None),
    }
}

/// A day of a month: of the year that was typed, else the nearest in that direction.
fn dated(month: u32, day: u32, year: Option<i32>, today: NaiveDate, to: Direction) -> Option<NaiveDate> {
    if let Some(year) = year {
        return NaiveDate::from_ymd_opt(year, month, day);
    }
    // 29 February may be some years away.
    let years: Vec<i32> = match to {
        Direction::Ahead => (today.year()..=today.year() + 8).collect(),
        Direction::Back => (today.year() - 8..=today.year()).rev().collect(),
    };
    let fits = |found: &NaiveDate| if to == Direction::Ahead { *found >= today } else { *found <= today };
    years.into_iter().filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)).find(fits)
}

/// The next such day of a month, or the last.
fn numbered(day: u32, today: NaiveDate, to: Direction) -> Option<NaiveDate> {
    let first = today.with_day(1)?;
    let months: Vec<Option<NaiveDate>> = match to {
        Direction::Ahead => (0..3).map(|n| first.checked_add_months(Months::new(n))).collect(),
        Direction::Back => (0..3).map(|n| first.checked_sub_months(Months::new(n))).collect(),
    };
    let fits = |found: &NaiveDate| if to == Direction::Ahead { *found >= today } else { *found <= today };
    months.into_iter().flatten().filter_map(|month| month.with_day(day)).find(fits)
}

/// `None` where a word is no part of a date, or a part comes twice.
fn parts(words: &[&str]) -> Option<Parts> {
    let mut parts = Parts::default();
    for word in words.iter().filter(|w| **w != "of") {
        add(&mut parts, word)?;
    }
    Some(parts)
}

fn add(parts: &mut Parts, word: &str) -> Option<()> {
    if let Some(weekday) = weekday(word) {
        return set(&mut parts.weekday, weekday);
    }
    if let Some(month) = month(word) {
        return set(&mut parts.month, month);
    }
    if let Some(day) = ordinal(word) {
        parts.is_ordinal = true;
        return set(&mut parts.day, day);
    }
    let pieces: Vec<&str> = word.split(['/', '.', '-']).collect();
    match pieces.as_slice() {
        [number] if number.len() == 4 => set(&mut parts.year, year(number)?),
        // Without a month a bare number is no day: `5` may be anything.
        [number] if number.len() == 2 && parts.day.is_some() && parts.month.is_some() => {
            set(&mut parts.year, year(number)?)
        }
        [number] if number.len() <= 2 => set(&mut parts.day, number.parse().ok()?),
        [y, m] if y.len() == 4 => {
            set(&mut parts.year, year(y)?)?;
            set(&mut parts.month, m.parse().ok().filter(|m| (1..=12).contains(m))?)
        }
        [y, m, d] if y.len() == 4 => {
            set(&mut parts.year, year(y)?)?;
            set(&mut parts.month, m.parse().ok()?)?;
            set(&mut parts.day, d.parse().ok()?)
        }
        // `5-dec-2026`
        [_, m, ..] if month(m).is_some() => pieces.iter().try_for_each(|piece| add(parts, piece)),
        [a, b] if !word.contains('-') => set(&mut parts.pair, (a.parse().ok()?, b.parse().ok()?)),
        [a, b, y] => {
            set(&mut parts.pair, (a.parse().ok()?, b.parse().ok()?))?;
            set(&mut parts.year, year(y)?)
        }
        _ => None,
    }
}

fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    if part.is_some() {
        None
    } else {
        *part = Some(value);
        Some(())
    }
}

/// `2026`, `26`.
fn year(word: &str) -> Option<i32> {
    let number: i32 = word.parse().ok()?;
    match word.len() {
        4 => Some(number),
        2 => Some(2000 + number),
        _ => None,
    }
}

/// `1st`, `22nd`.
fn ordinal(word: &str) -> Option<u32> {
    ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| word.strip_suffix(end)?.parse().ok())
        .filter(|day| (1..=31).contains(day))
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// `dec`, `sept`, `december`.
pub fn month(word: &str) -> Option<u32> {
    let at = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    u32::try_from(at + 1).ok()
}

/// `mon`, `monday`, and what else people write: `tues`, `weds`, `thur`, `thurs`.
pub fn weekday(word: &str) -> Option<Weekday> {
    match word {
        "tues" => Some(Weekday::Tue),
        "weds" => Some(Weekday::Wed),
        "thur" | "thurs" => Some(Weekday::Thu),
        other => other.parse().ok(),
    }
}
