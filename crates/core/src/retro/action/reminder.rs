//! On which days an owner hears of an item, and when the next one is. Pure.
//!
//! Rule: three days before, one day before, on the day, then 1, 3 and 7 days after, then weekly; at 09:30 in
//! the owner's zone, on working days. Once all of an owner's open items are more than a week overdue, or blocked, they
//! speak on Mondays only. A step on a day off moves to the working day before it (up to the due
//! day) or after it (once overdue); steps that meet are one. A day fires once: what counts is the civil day,
//! so a jump of the clocks or another zone neither doubles nor loses it.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc, Weekday};

use crate::model::item::{Item, State};
use crate::model::settings::Hours;
use crate::retro::Reply;
use crate::text::{cut, esc, mention};
use crate::zone;

/// Days before the due day.
const BEFORE: [u64; 3] = [3, 1, 0];
/// So many days after it the schedule ends, and the reminders may become weekly.
const WEEK: i64 = 7;
/// Days after it; then every seven more.
const AFTER: [u64; 3] = [1, 3, 7];
/// The longest run of days off that is looked through.
const DAYS_OFF: u64 = 366;

/// The hour of the day.
fn hour() -> NaiveTime {
    NaiveTime::from_hms_opt(9, 30, 0).unwrap_or_default()
}

/// Reminding of an item failed again and again on our side: who leads the channel hears of it.
pub fn failed(item: &Item) -> Reply {
    Reply::new(format!(
        "I couldn't remind {} of *#{}* {}: please tell them. Whoever runs me can find the cause in my log or with `lookback doctor`.",
        mention(&item.owner),
        item.number,
        esc(&cut(&item.text, 200))
    ))
}

/// When a reminder of `day` goes out in the zone `tz`.
pub fn at(day: NaiveDate, tz: &str) -> DateTime<Utc> {
    zone::instant(day.and_time(hour()), tz)
}

/// The first hour of reminders at or after `since` on a working day.
pub fn hour_after(since: DateTime<Utc>, hours: &Hours, tz: &str) -> Option<(NaiveDate, DateTime<Utc>)> {
    let today = zone::local(since, tz).date();
    let on = |day: NaiveDate| (day, at(day, tz));
    let first = on(working_day_after(today, hours)?);
    if first.1 >= since { Some(first) } else { working_day_after(today.succ_opt()?, hours).map(on) }
}

fn working_day_before(day: NaiveDate, hours: &Hours) -> Option<NaiveDate> {
    (0..DAYS_OFF).filter_map(|n| day.checked_sub_days(Days::new(n))).find(|d| hours.is_working_day(*d))
}

fn working_day_after(day: NaiveDate, hours: &Hours) -> Option<NaiveDate> {
    (0..DAYS_OFF).filter_map(|n| day.checked_add_days(Days::new(n))).find(|d| hours.is_working_day(*d))
}

/// The first day after `after` on which the schedule of `due` speaks.
fn step_after(due: NaiveDate, hours: &Hours, after: NaiveDate) -> Option<NaiveDate> {
    let before = BEFORE.iter().filter_map(|n| working_day_before(due.checked_sub_days(Days::new(*n))?, hours));
    // Weeks that are long over need no look; one run of days off may push a step far ahead.
    let gone = u64::try_from((after - due).num_days()).unwrap_or(0).saturating_sub(DAYS_OFF) / 7;
    let weekly = (gone.max(2)..).map(|weeks| weeks * 7).take_while(|n| *n < 1_000_000);
    let overdue = AFTER.into_iter().chain(weekly);
    let overdue = overdue.map_while(|n| working_day_after(due.checked_add_days(Days::new(n))?, hours));
    before.chain(overdue).find(|day| *day > after)
}

/// The first day after `after` on which the owner hears of the item; `None` for one that is closed, or has
/// no day yet. While it is snoozed nothing is said, and it speaks again on the day until which it is.
pub fn next_day(item: &Item, hours: &Hours, after: NaiveDate) -> Option<NaiveDate> {
    if item.state != State::Open {
        return None;
    }
    let due = item.due.day()?;
    let Some(until) = item.snoozed else { return step_after(due, hours, after) };
    let awake = working_day_after(until, hours).filter(|day| *day > after);
    let step = step_after(due, hours, after.max(until.pred_opt()?));
    awake.into_iter().chain(step).min()
}

/// The next nag: its day and its instant. `since` is the moment from which it is looked for (a step that it
/// had passed already is not said again), `last` the day of the last one.
pub fn next(
    item: &Item,
    hours: &Hours,
    tz: &str,
    since: DateTime<Utc>,
    last: Option<NaiveDate>,
) -> Option<(NaiveDate, DateTime<Utc>)> {
    let yesterday = zone::local(since, tz).date().pred_opt()?;
    let mut after = last.map_or(yesterday, |last| last.max(yesterday));
    loop {
        let day = next_day(item, hours, after)?;
        let at = at(day, tz);
        if at > since {
            return Some((day, at));
        }
        after = day;
    }
}

/// What was planned for an item, as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// The civil day of the next reminder; `None`: it is still to be planned.
    pub day: Option<NaiveDate>,
    /// The civil day of the last one.
    pub last: Option<NaiveDate>,
    /// From when on it is to be planned.
    pub since: DateTime<Utc>,
    /// All open items of the owner speak on one weekday: see [`is_weekly`].
    pub weekly: bool,
}

/// Whether the owner of these open items hears of them on one weekday: each is more than a week overdue, blocked, or
/// quiet anyway.
pub fn is_weekly(items: &[Item], today: NaiveDate) -> bool {
    let waits = |i: &Item| i.blocked.is_some() || i.due.day().is_none_or(|due| (today - due).num_days() > WEEK);
    let sleeps = |i: &Item| i.snoozed.is_some_and(|until| until > today);
    items.iter().any(waits) && items.iter().all(|i| waits(i) || sleeps(i))
}

/// The first Monday after `after` on which an item speaks weekly, or the next working day where that one is off.
fn weekly_day(item: &Item, hours: &Hours, after: NaiveDate) -> Option<NaiveDate> {
    if item.state != State::Open {
        return None;
    }
    let begins = item.due.day()?.checked_sub_days(Days::new(BEFORE[0]))?;
    let from = item.snoozed.map_or(begins, |until| until.max(begins)).max(after.succ_opt()?);
    let monday = from.week(Weekday::Mon).checked_first_day()?;
    let mondays = (0..DAYS_OFF).filter_map(|week| monday.checked_add_days(Days::new(week * 7)));
    mondays.filter_map(|day| working_day_after(day, hours)).find(|day| *day >= from)
}

/// As [`step`], for an item that speaks weekly.
fn weekly_step(item: &Item, planned: &Planned, hours: &Hours, tz: &str, now: DateTime<Utc>) -> Step {
    let on = |day: NaiveDate| (day, at(day, tz));
    let Some(yesterday) = zone::local(now, tz).date().pred_opt() else { return Step { say: None, next: None } };
    let after = planned.last.map_or(yesterday, |last| last.max(yesterday));
    // One that was made after today's hour speaks next week.
    let missed = |day: NaiveDate| planned.day.is_none() && at(day, tz) <= planned.since;
    let first = weekly_day(item, hours, after);
    let day = first.and_then(|day| if missed(day) { weekly_day(item, hours, day) } else { Some(day) });
    match day {
        Some(day) if at(day, tz) <= now => Step { say: Some(day), next: weekly_day(item, hours, day).map(on) },
        later => Step { say: None, next: later.map(on) },
    }
}

/// What becomes of an item whose moment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The owner hears of it on this day, which is now.
    pub say: Option<NaiveDate>,
    /// The next reminder: its day and its instant.
    pub next: Option<(NaiveDate, DateTime<Utc>)>,
}

/// Looks at an item whose moment has come. A step whose day is over is skipped; the next step replaces it, and may
/// be due today.
pub fn step(item: &Item, planned: &Planned, hours: &Hours, tz: &str, now: DateTime<Utc>) -> Step {
    if planned.weekly {
        return weekly_step(item, planned, hours, tz, now);
    }
    let today = zone::local(now, tz).date();
    let mut next_up = match planned.day {
        Some(day) => Some((day, at(day, tz))),
        None => next(item, hours, tz, planned.since, planned.last),
    };
    if next_up.is_some_and(|(day, _)| day < today) {
        let midnight = zone::instant(today.and_time(NaiveTime::MIN), tz);
        next_up = next(item, hours, tz, midnight, planned.last);
    }
    match next_up {
        Some((day, at)) if at <= now => Step { say: Some(day), next: next(item, hours, tz, now, Some(day)) },
        later => Step { say: None, next: later },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::item;
    use super::*;
    use crate::model::item::{Due, Priority};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The days on which an item due on `due` speaks, from `from` on.
    fn days(due: &str, hours: &Hours, from: &str, count: usize) -> Vec<String> {
        let item = Item { due: Due::Day(day(due)), ..item("x", Priority::Medium) };
        let mut after = day(from);
        let mut out = Vec::new();
        while out.len() < count
            && let Some(next) = next_day(&item, hours, after)
        {
            out.push(next.format("%a %-d %b").to_string());
            after = next;
        }
        out
    }

    #[test]
    fn the_schedule_of_the_contract() {
        let every_day = Hours { weekend: Vec::new(), ..Hours::default() };
        assert_eq!(
            days("2026-12-10", &every_day, "2026-11-01", 8),
            [
                "Mon 7 Dec",
                "Wed 9 Dec",
                "Thu 10 Dec",
                "Fri 11 Dec",
                "Sun 13 Dec",
                "Thu 17 Dec",
                "Thu 24 Dec",
                "Thu 31 Dec"
            ]
        );
    }

    #[test]
    fn days_off_move_a_step_back_before_and_on_after() {
        let hours = Hours::default();
        // Due on a Monday: the day before is Sunday, so Friday speaks once for both.
        assert_eq!(
            days("2026-12-07", &hours, "2026-11-01", 5),
            ["Fri 4 Dec", "Mon 7 Dec", "Tue 8 Dec", "Thu 10 Dec", "Mon 14 Dec"]
        );
        // Due on a Saturday: the day itself is said on Friday; after that Monday takes two steps.
        assert_eq!(
            days("2026-12-05", &hours, "2026-11-01", 6),
            ["Wed 2 Dec", "Fri 4 Dec", "Mon 7 Dec", "Tue 8 Dec", "Mon 14 Dec", "Mon 21 Dec"]
        );
        let christmas =
            Hours { holidays: ["2026-12-24", "2026-12-25", "2026-12-28"].map(day).to_vec(), ..Hours::default() };
        assert_eq!(
            days("2026-12-24", &christmas, "2026-12-01", 4),
            ["Mon 21 Dec", "Wed 23 Dec", "Tue 29 Dec", "Thu 31 Dec"]
        );
    }

    #[test]
    fn a_week_later_they_speak_on_mondays() {
        let hours = Hours { holidays: vec![day("2026-12-28")], ..Hours::default() };
        let overdue = |due: &str| Item { due: Due::Day(day(due)), ..item("x", Priority::Medium) };
        let today = day("2026-12-16");
        let (old, new) = (overdue("2026-12-08"), overdue("2026-12-10"));
        let blocked = Item { blocked: Some("a key".into()), ..new.clone() };
        assert!(is_weekly(std::slice::from_ref(&old), today) && is_weekly(&[old.clone(), blocked], today));
        assert!(!is_weekly(&[old.clone(), new], today) && !is_weekly(&[], today));
        let asleep = Item { snoozed: Some(day("2026-12-20")), ..overdue("2026-12-18") };
        assert!(is_weekly(&[old.clone(), asleep.clone()], today) && !is_weekly(&[asleep], today));
        // Planned for Tuesday by the schedule; it speaks on Monday, or on Tuesday where Monday is off.
        let mut now: DateTime<Utc> = "2026-12-15T08:31:00Z".parse().unwrap();
        let (mut last, mut said) = (None, Vec::new());
        for _ in 0..4 {
            let planned =
                Planned { day: Some(zone::local(now, "Europe/Berlin").date()), last, since: now, weekly: true };
            let step = step(&old, &planned, &hours, "Europe/Berlin", now);
            said.extend(step.say.map(|d| d.format("%a %-d %b").to_string()));
            last = step.say.or(last);
            now = step.next.unwrap().1;
        }
        assert_eq!(said, ["Mon 21 Dec", "Tue 29 Dec", "Mon 4 Jan"]);
    }

    #[test]
    fn a_snoozed_one_is_quiet_until_its_day() {
        let snoozed =
            Item { due: Due::Day(day("2026-12-10")), snoozed: Some(day("2026-12-12")), ..item("x", Priority::Medium) };
        let hours = Hours::default();
        // The 12th is a Saturday.
        assert_eq!(next_day(&snoozed, &hours, day("2026-12-01")), Some(day("2026-12-14")));
        assert_eq!(next_day(&snoozed, &hours, day("2026-12-14")), Some(day("2026-12-17")));
        let closed = Item { state: State::Done, ..snoozed };
        assert_eq!(next_day(&closed, &hours, day("2026-12-01")), None);
    }

    #[test]
    fn years_later_it_is_still_found_at_once() {
        let old = Item { due: Due::Day(day("2026-12-10")), ..item("x", Priority::Medium) };
        let next = next_day(&old, &Hours::default(), day("2191-01-01")).unwrap();
        assert!(next > day("2191-01-01") && next < day("2191-01-12"), "{next}");
    }

    /// Every zone around every jump of its clocks from 2024 to 2037: each day fires once, at half past nine.
    #[test]
    fn around_every_jump_of_the_clocks_each_day_fires_once() {
        let hours = Hours::default();
        let at_utc = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (from, to) = (at_utc("2024-01-01T00:00:00Z"), at_utc("2038-01-01T00:00:00Z"));
        let mut jumps = 0;
        for name in jiff::tz::db().available() {
            let tz = jiff::tz::TimeZone::get(name.as_str()).unwrap();
            let following: Vec<DateTime<Utc>> = tz
                .following(jiff::Timestamp::from_second(from.timestamp()).unwrap())
                .map(|t| crate::zone::from_ms(t.timestamp().as_millisecond()))
                .take_while(|t| *t < to)
                .collect();
            for jump in following {
                jumps += 1;
                let civil = zone::local(jump, name.as_str()).date();
                let item = Item { due: Due::Day(civil), ..item("x", Priority::Medium) };
                let mut now = jump - chrono::Duration::days(9);
                let until = jump + chrono::Duration::days(16);
                let mut fired: Vec<NaiveDate> = Vec::new();
                while let Some((day, at)) = next(&item, &hours, name.as_str(), now, fired.last().copied()) {
                    if at > until {
                        break;
                    }
                    let shown = zone::local(at, name.as_str());
                    assert_eq!((shown.date(), shown.time()), (day, hour()), "{name} {jump}");
                    fired.push(day);
                    now = at;
                }
                let mut expected = Vec::new();
                let mut after = zone::local(jump - chrono::Duration::days(9), name.as_str()).date();
                while let Some(day) = next_day(&item, &hours, after).filter(|d| at(*d, name.as_str()) <= until) {
                    expected.push(day);
                    after = day;
                }
                assert_eq!(fired, expected, "{name} {jump}");
            }
        }
        println!("{jumps} jumps of the clocks");
        assert!(jumps > 2000, "{jumps}");
    }

    proptest! {
        /// Whatever day it is due, off and looked at from: the days are working days, in order, none twice,
        /// and each but the first follows within the steps of the schedule.
        #[test]
        fn days_are_working_days_in_order(due in 0_u64..5000, weekend in prop::collection::vec(0_u8..7, 0..4), off in prop::collection::vec(0_u64..60, 0..20), from in -40_i64..400) {
            let due = day("2024-01-01") + Days::new(due);
            let hours = Hours { weekend, holidays: off.iter().map(|n| due - Days::new(20) + Days::new(*n)).collect(), ..Hours::default() };
            let item = Item { due: Due::Day(due), ..item("x", Priority::Medium) };
            let mut after = due + chrono::Duration::days(from);
            let mut last = None;
            for _ in 0..20 {
                let Some(next) = next_day(&item, &hours, after) else { break };
                prop_assert!(next > after && hours.is_working_day(next));
                if let Some(last) = last {
                    let gap: i64 = (next - last as NaiveDate).num_days();
                    prop_assert!(gap <= 7 + 60 || next <= due);
                }
                last = Some(next);
                after = next;
            }
            prop_assert!(last.is_some() || hours.weekend.len() >= 7);
        }
    }
}
