//! Zone rules: the only room that knows time zones. Instants are UTC, civil times carry an IANA name.
//!
//! jiff answers with the system's tz database or its bundled one (2026); chrono stays the vocabulary
//! everywhere else.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

fn zone(name: &str) -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC)
}

/// An instant from milliseconds since the epoch; out of range becomes the epoch.
pub fn from_ms(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// Whether `name` is a zone of the tz database.
pub fn is_known(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

/// The wall-clock reading of `at` in `tz`; UTC where the zone is unknown.
pub fn local(at: DateTime<Utc>, tz: &str) -> NaiveDateTime {
    let stamp = jiff::Timestamp::from_millisecond(at.timestamp_millis()).unwrap_or_default();
    let civil = zone(tz).to_datetime(stamp);
    let date = NaiveDate::from_ymd_opt(
        i32::from(civil.year()),
        u32::from(civil.month().unsigned_abs()),
        u32::from(civil.day().unsigned_abs()),
    );
    let time = NaiveTime::from_hms_opt(
        u32::from(civil.hour().unsigned_abs()),
        u32::from(civil.minute().unsigned_abs()),
        u32::from(civil.second().unsigned_abs()),
    );
    match (date, time) {
        (Some(date), Some(time)) => date.and_time(time),
        _ => at.naive_utc(),
    }
}

/// The instant at which the clocks of `tz` show `local`. In a gap (spring) the clocks jump over
/// it: the instant after the jump is taken; in a fold (autumn) the first of the two.
pub fn instant(local: NaiveDateTime, tz: &str) -> DateTime<Utc> {
    let civil = jiff::civil::DateTime::new(
        i16::try_from(local.year()).unwrap_or(i16::MAX),
        i8::try_from(local.month()).unwrap_or(1),
        i8::try_from(local.day()).unwrap_or(1),
        i8::try_from(local.hour()).unwrap_or(0),
        i8::try_from(local.minute()).unwrap_or(0),
        i8::try_from(local.second()).unwrap_or(0),
        0,
    );
    let Ok(civil) = civil else {
        return local.and_utc();
    };
    match zone(tz).to_ambiguous_timestamp(civil).compatible() {
        Ok(stamp) => from_ms(stamp.as_millisecond()),
        Err(_) => local.and_utc(),
    }
}

/// `Tue 1 Dec 2026, 17:00 (Europe/Berlin)`: a full date as people are shown it.
pub fn show(at: DateTime<Utc>, tz: &str) -> String {
    format!("{} ({tz})", local(at, tz).format("%a %-d %b %Y, %H:%M"))
}

/// A moment, as mrkdwn: each reader sees it in their own zone, and where that cannot be, as it is written in `tz`.
/// <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>
pub fn moment(at: DateTime<Utc>, tz: &str) -> String {
    format!("<!date^{}^{{date_long}} at {{time}}|{}>", at.timestamp(), show(at, tz))
}

/// `Tue 1 Dec 2026`.
pub fn show_day(day: NaiveDate) -> String {
    day.format("%a %-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn gap_and_fold_have_one_answer() {
        // Berlin: clocks jump from 02:00 to 03:00 on 28 March 2027, and back on 31 October 2027.
        let gap = instant(at("2027-03-28 02:30"), "Europe/Berlin");
        assert_eq!(local(gap, "Europe/Berlin"), at("2027-03-28 03:30"));
        let fold = instant(at("2027-10-31 02:30"), "Europe/Berlin");
        assert_eq!(fold.naive_utc(), at("2027-10-31 00:30"));
    }

    #[test]
    fn unknown_zone_reads_as_utc() {
        let noon = at("2026-11-22 12:00").and_utc();
        assert_eq!(local(noon, "Mars/Olympus"), at("2026-11-22 12:00"));
        assert!(!is_known("Mars/Olympus") && is_known("America/New_York"));
    }

    #[test]
    fn shown_with_weekday_year_and_zone() {
        let noon = at("2026-12-01 16:00").and_utc();
        assert_eq!(show(noon, "Europe/Berlin"), "Tue 1 Dec 2026, 17:00 (Europe/Berlin)");
    }
}
