//! Durations as people write them: `2.5 days`, `35 min`, `1h30`, `2 hrs`, `1 day 4 h`.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

use serde::{Serialize, Serializer};

/// Minutes of work in a day, where days and hours stand in one sum.
const WORKING_DAY: Decimal = Decimal::from_parts(480, 0, 0, false, 0);

/// A duration in the units it was written in: what a day counts depends on what is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    weeks: Decimal,
    days: Decimal,
    minutes: Decimal,
}

/// Why a duration was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("is negative: a duration cannot be")]
    Negative,
    #[error("has no unit: write days, hours or minutes, such as 35 min")]
    NoUnit,
    /// `3 parsecs`, `2 months`.
    #[error("has a unit that I do not know: write weeks, days, h, min or s, such as 2.5 days or 1h30")]
    Unit,
    /// `1,000 min`, `1:30`.
    #[error("has two readings: write it as 1h30, 90 min or 2.5 days")]
    Ambiguous,
    #[error("is not a duration: write it as 2.5 days, 35 min, 1h30 or 2 hrs")]
    Not,
    #[error("is longer than ten years")]
    Long,
}

/// Days.
const LONGEST: Decimal = Decimal::from_parts(3660, 0, 0, false, 0);

impl Span {
    /// So many minutes.
    pub fn minutes(minutes: Decimal) -> Self {
        Self { minutes, ..Self::default() }
    }

    /// Reads a duration.
    pub fn read(text: &str) -> Result<Self, Unread> {
        // Three digits behind a point may be a thousand.
        if text.split(|c: char| !(c.is_ascii_digit() || c == '.')).any(is_thousand) {
            return Err(Unread::Ambiguous);
        }
        Self::kept(text)
    }

    /// Reads what was read before and kept.
    pub fn kept(text: &str) -> Result<Self, Unread> {
        let text = text.trim().to_lowercase().replace('\u{2212}', "-");
        if text.strip_prefix('-').is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit())) {
            return Err(Unread::Negative);
        }
        let mut rest = text.trim_start_matches(['~', '≈']).trim_start();
        let mut span = Self::default();
        let (mut some, mut after_hours) = (false, false);
        while !rest.is_empty() {
            let (number, after) = number(rest)?;
            let after = after.trim_start();
            let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at_checked(end).unwrap_or((after, ""));
            let known = Unit::read(unit);
            match known {
                Some(Unit::Week) => span.weeks += number,
                Some(Unit::Day) => span.days += number,
                Some(Unit::Hour) => span.minutes += number * Decimal::from(60),
                Some(Unit::Minute) => span.minutes += number,
                Some(Unit::Second) => span.minutes += number / Decimal::from(60),
                // `1h30`
                None if unit.is_empty() && after_hours && after.is_empty() => span.minutes += number,
                None if unit.is_empty() && (some || !after.is_empty()) => return Err(Unread::Not),
                None if unit.is_empty() => return Err(Unread::NoUnit),
                None => return Err(Unread::Unit),
            }
            (some, after_hours) = (true, known == Some(Unit::Hour));
            rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '.');
            rest = rest.strip_prefix("and ").unwrap_or(rest).trim_start();
        }
        if !some {
            return Err(Unread::Not);
        }
        if span.calendar() > LONGEST * Decimal::from(1440) { Err(Unread::Long) } else { Ok(span) }
    }

    /// Minutes of work: a day has eight hours, a week five days.
    pub fn working(self) -> Decimal {
        (self.weeks * Decimal::from(5) + self.days) * WORKING_DAY + self.minutes
    }

    /// Minutes on the clock: a day has 24 hours, a week seven days.
    pub fn calendar(self) -> Decimal {
        (self.weeks * Decimal::from(7) + self.days) * Decimal::from(1440) + self.minutes
    }

    /// Whether it is of hours and minutes alone.
    pub fn is_clock(self) -> bool {
        self.weeks.is_zero() && self.days.is_zero()
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { weeks: self.weeks + other.weeks, days: self.days + other.days, minutes: self.minutes + other.minutes }
    }
}

/// A number at the beginning, with the rest.
fn number(text: &str) -> Result<(Decimal, &str), Unread> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let digits = digits.trim_end_matches([',', '.']);
    if rest.starts_with(':') {
        return Err(Unread::Ambiguous);
    }
    // `1,000` is a thousand to some and one to others; `2,5` is two and a half.
    let digits = match digits.split_once(',') {
        Some((_, after)) if after.len() == 3 || after.contains([',', '.']) => return Err(Unread::Ambiguous),
        Some((before, after)) => format!("{before}.{after}"),
        None => digits.to_owned(),
    };
    match digits.parse::<Decimal>() {
        Ok(n) if n > Decimal::from(1_000_000_000) => Err(Unread::Long),
        Ok(n) => Ok((n, rest)),
        Err(_) => Err(Unread::Not),
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

impl Unit {
    /// As people spell it.
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "w" | "wk" | "wks" | "week" | "weeks" => Self::Week,
            "d" | "day" | "days" => Self::Day,
            "h" | "hr" | "hrs" | "hour" | "hours" => Self::Hour,
            "m" | "min" | "mins" | "minute" | "minutes" => Self::Minute,
            "s" | "sec" | "secs" | "second" | "seconds" => Self::Second,
            _ => return None,
        })
    }

    /// How many seconds it has, on the clock.
    pub(super) fn seconds(self) -> u32 {
        match self {
            Self::Week => 604_800,
            Self::Day => 86_400,
            Self::Hour => 3600,
            Self::Minute => 60,
            Self::Second => 1,
        }
    }
}

/// Whether digits with a point may be a thousand: `1.000` is one to some and a thousand to others.
pub(super) fn is_thousand(digits: &str) -> bool {
    digits.split_once('.').is_some_and(|(before, after)| {
        (1..=3).contains(&before.len()) && !before.starts_with('0') && after.split('.').all(|group| group.len() == 3)
    })
}

/// Rounded to so many digits, a half upwards.
pub(super) fn rounded(n: Decimal, digits: u32) -> Decimal {
    n.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

/// At most two decimals, none where they are zero.
pub(super) fn decimal(n: f64) -> String {
    let text = format!("{n:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn unit(n: Decimal, one: &str, many: &str) -> Option<String> {
    (!n.is_zero()).then(|| format!("{} {}", n.normalize(), if n == Decimal::ONE { one } else { many }))
}

/// As it can be read again: `2.5 days`, `35 min`, `1 h 40 min`, `3 hours`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minute, hour) = (Decimal::from(60), Decimal::from(3600));
        let seconds = rounded(self.minutes * minute, 0);
        let (hours, minutes) = ((seconds / hour).floor(), (seconds % hour / minute).floor());
        let alone = (seconds % hour).is_zero();
        let parts = [
            unit(self.weeks, "week", "weeks"),
            unit(self.days, "day", "days"),
            if alone { unit(hours, "hour", "hours") } else { unit(hours, "h", "h") },
            unit(minutes, "min", "min"),
            unit(seconds % minute, "s", "s"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { f.write_str("0 min") } else { f.write_str(&parts.join(" ")) }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::prelude::ToPrimitive as _;

    use super::*;

    #[test]
    fn tenths_of_days_add_up() {
        let sum = Span::read("0.1 days").unwrap().plus(Span::read("0.2 days").unwrap());
        assert_eq!(sum.to_string(), "0.3 days");
    }

    #[test]
    fn people_write_durations_in_many_ways() {
        for (text, shown, working) in [
            ("2 days", "2 days", 960.0),
            ("2.5 days", "2.5 days", 1200.0),
            ("2,5 days", "2.5 days", 1200.0),
            ("35 min", "35 min", 35.0),
            ("35min", "35 min", 35.0),
            ("1h30", "1 h 30 min", 90.0),
            ("1h 30m", "1 h 30 min", 90.0),
            ("1.5h", "1 h 30 min", 90.0),
            ("2 hrs", "2 hours", 120.0),
            ("1 hour", "1 hour", 60.0),
            ("90 Minutes", "1 h 30 min", 90.0),
            ("1 day 4 h", "1 day 4 hours", 720.0),
            ("1 day, 4 hours and 5 min", "1 day 4 h 5 min", 725.0),
            ("1 week", "1 week", 2400.0),
            ("90s", "1 min 30 s", 1.5),
            ("~20 min", "20 min", 20.0),
            ("0 min", "0 min", 0.0),
            ("0.125 h", "7 min 30 s", 7.5),
            ("1.5000 h", "1 h 30 min", 90.0),
        ] {
            let span = Span::read(text).unwrap();
            assert_eq!((span.to_string().as_str(), span.working().to_f64()), (shown, Some(working)), "{text}");
            assert_eq!(Span::read(shown), Ok(span), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_why() {
        for (text, why) in [
            ("-5 min", Unread::Negative),
            ("- 5 min", Unread::Negative),
            ("\u{2212}5 min", Unread::Negative),
            ("90", Unread::NoUnit),
            ("3 parsecs", Unread::Unit),
            ("2 months", Unread::Unit),
            ("1,000 min", Unread::Ambiguous),
            ("1.000 min", Unread::Ambiguous),
            ("12.500 h", Unread::Ambiguous),
            ("1.000.000 s", Unread::Ambiguous),
            ("1:30", Unread::Ambiguous),
            ("soon", Unread::Not),
            ("", Unread::Not),
            ("2 days 5", Unread::Not),
            ("1.2.3 h", Unread::Not),
            ("99999 days", Unread::Long),
            ("1e9 days", Unread::Unit),
        ] {
            assert_eq!(Span::read(text), Err(why), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_is_read_again(days in 0u16..3000, seconds in 0u32..90_000) {
            let (days, minutes) = (Decimal::from(days) / Decimal::from(4), Decimal::from(seconds) / Decimal::from(60));
            let span = Span { days, ..Span::minutes(minutes) };
            let again = Span::read(&span.to_string()).unwrap();
            proptest::prop_assert!((again.working() - span.working()).abs() < Decimal::new(2, 2), "{span} {again}");
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = Span::read(&text);
        }
    }
}
