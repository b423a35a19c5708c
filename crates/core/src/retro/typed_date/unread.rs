//! Why a date was not taken.

use chrono::NaiveDate;

use crate::zone;

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
    /// The day of the week is not that of the date.
    #[error("“{typed}” doesn't match: that date is {}. Please type the date, such as {day}.", zone::show_day(*.day), typed = crate::text::esc(text))]
    OtherWeekday { text: String, day: NaiveDate },
    /// A week or month without a day.
    #[error("“{typed}” does not say which day: please type the date, such as {day}.", typed = crate::text::esc(.0), day = .1)]
    WhichDay(String, NaiveDate),
    /// The channel has no sprints that Lookback knows of.
    #[error("I don't know this channel's sprints: please type a date, such as {0}.")]
    NoSprint(NaiveDate),
    #[error("“{}” could be minutes or months: please type it out, such as 2 months.", crate::text::esc(.0))]
    MinutesOrMonths(String),
    #[error("“{}” names several time zones: use one such as Europe/Berlin or +01:00, or leave it out for your own.", crate::text::esc(.0))]
    ZoneLetters(String),
    #[error("“{}” is in the past: please type a future date.", crate::text::esc(.0))]
    Past(String),
    #[error("“{}” is in the future: please type when it was, such as 2026-11-18 14:00 or 36h ago.", crate::text::esc(.0))]
    Future(String),
    #[error("I can't read “{}” as a date: try 2026-12-01, friday, next tue 15:00, tomorrow, 2w or end of month.", crate::text::esc(.0))]
    Unknown(String),
}

/// Neither a date nor words for one.
pub fn unknown(typed: &str) -> Unread {
    Unread::Unknown(crate::text::cut(typed, 40))
}

/// Two days fit.
pub fn two(text: &str, a: NaiveDate, b: NaiveDate) -> Unread {
    Unread::TwoReadings { text: crate::text::cut(text, 40), readings: Box::new((a.min(b), a.max(b))) }
}
