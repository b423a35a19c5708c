//! Durations as people write them: `2.5 days`, `35 min`, `1h30`, `2 hrs`, `1 day 4 h`.

use std::fmt;

use serde::{Serialize, Serializer};

/// Minutes of work in a day, where days and hours stand in one sum.
pub const WORKING_DAY: f64 = 480.0;

/// A duration in the units it was written in: what a day counts depends on what is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    weeks: f64,
    days: f64,
    minutes: f64,
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
const LONGEST: f64 = 3660.0;

impl Span {
    /// So many minutes.
    pub fn minutes(minutes: f64) -> Self {
        Self { minutes, ..Self::default() }
    }

    /// Reads a duration.
    pub fn read(text: &str) -> Result<Self, Unread> {
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
            let hours = matches!(unit, "h" | "hr" | "hrs" | "hour" | "hours");
            match unit {
                "w" | "wk" | "wks" | "week" | "weeks" => span.weeks += number,
                "d" | "day" | "days" => span.days += number,
                _ if hours => span.minutes += number * 60.0,
                "m" | "min" | "mins" | "minute" | "minutes" => span.minutes += number,
                "s" | "sec" | "secs" | "second" | "seconds" => span.minutes += number / 60.0,
                // `1h30`
                "" if after_hours && after.is_empty() => span.minutes += number,
                "" if some || !after.is_empty() => return Err(Unread::Not),
                "" => return Err(Unread::NoUnit),
                _ => return Err(Unread::Unit),
            }
            (some, after_hours) = (true, hours);
            rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '.');
            rest = rest.strip_prefix("and ").unwrap_or(rest).trim_start();
        }
        if !some {
            return Err(Unread::Not);
        }
        if span.calendar() > LONGEST * 1440.0 { Err(Unread::Long) } else { Ok(span) }
    }

    /// Minutes of work: a day has eight hours, a week five days.
    pub fn working(self) -> f64 {
        (self.weeks * 5.0 + self.days) * WORKING_DAY + self.minutes
    }

    /// Minutes on the clock: a day has 24 hours, a week seven days.
    pub fn calendar(self) -> f64 {
        (self.weeks * 7.0 + self.days) * 1440.0 + self.minutes
    }

    /// Whether it is of hours and minutes alone.
    pub fn is_clock(self) -> bool {
        self.weeks == 0.0 && self.days == 0.0
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { weeks: self.weeks + other.weeks, days: self.days + other.days, minutes: self.minutes + other.minutes }
    }
}

/// A number at the beginning, with the rest.
fn number(text: &str) -> Result<(f64, &str), Unread> {
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
    match digits.parse::<f64>() {
        Ok(n) if n.is_finite() => Ok((n, rest)),
        _ => Err(Unread::Not),
    }
}

/// At most two decimals, none where they are zero.
pub(super) fn decimal(n: f64) -> String {
    let text = format!("{n:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn unit(n: f64, one: &str, many: &str) -> Option<String> {
    (n != 0.0).then(|| format!("{n} {}", if n == 1.0 { one } else { many }))
}

/// As it can be read again: `2.5 days`, `35 min`, `1 h 40 min`, `3 hours`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = (self.minutes * 60.0).round();
        let (hours, minutes) = ((seconds / 3600.0).floor(), (seconds % 3600.0 / 60.0).floor());
        let alone = minutes == 0.0 && seconds % 60.0 == 0.0;
        let parts = [
            unit(self.weeks, "week", "weeks"),
            unit(self.days, "day", "days"),
            if alone { unit(hours, "hour", "hours") } else { unit(hours, "h", "h") },
            unit(minutes, "min", "min"),
            unit((seconds % 60.0).round(), "s", "s"),
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
    use super::*;

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
        ] {
            let span = Span::read(text).unwrap();
            assert_eq!((span.to_string().as_str(), span.working()), (shown, working), "{text}");
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
            let span = Span { days: f64::from(days) / 4.0, ..Span::minutes(f64::from(seconds) / 60.0) };
            let again = Span::read(&span.to_string()).unwrap();
            proptest::prop_assert!((again.working() - span.working()).abs() < 0.02, "{span} {again}");
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = Span::read(&text);
        }
    }
}
