//! A meeting without a call: each stage has a working day, and everybody is invited once.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveDateTime, Utc};

use super::{Held, Meeting, round};
use crate::ids::UserId;
use crate::retro::agenda::Part;
use crate::retro::settings::Hours;
use crate::retro::survey::GRACE;
use crate::retro::{Card, Change, Decision, Step, Timer};
use crate::zone;

/// Days that are looked through for one with work.
const FAR: u64 = 62;

/// The first working moment at or after `at`, in the zone of the retro.
pub fn working(hours: &Hours, at: DateTime<Utc>, tz: &str) -> DateTime<Utc> {
    let local = zone::local(at, tz);
    match hours.next(local) {
        Some(next) if next == local => at,
        Some(next) => zone::instant(next, tz),
        None => at,
    }
}

/// When a stage that opens at `now` closes: what is only read lasts until the next working morning, the others until
/// the same hour of the next working day.
pub fn deadline(hours: &Hours, part: Part, now: DateTime<Utc>, tz: &str) -> DateTime<Utc> {
    let local = zone::local(now, tz);
    let next = (1..FAR).filter_map(|n| local.date().checked_add_days(Days::new(n))).find(|d| hours.is_working_day(*d));
    let Some(day) = next else { return now + Duration::days(1) };
    let at: NaiveDateTime = if part == Part::Summary {
        hours.next(day.and_time(chrono::NaiveTime::MIN)).unwrap_or(day.and_time(local.time()))
    } else {
        day.and_time(local.time())
    };
    working(hours, zone::instant(at, tz), tz)
}

/// When a stage closes that stood since `since` and had until `ends` then: it has as many working days left as it
/// had, until the same hour.
pub fn carried(
    hours: &Hours,
    (since, ends): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
    tz: &str,
) -> DateTime<Utc> {
    if ends <= since {
        return working(hours, now, tz);
    }
    let (since, hour) = (zone::local(since, tz).date(), zone::local(ends, tz).time());
    let after = |day: NaiveDate| (1..FAR).filter_map(move |n| day.checked_add_days(Days::new(n)));
    let last = zone::local(ends, tz).date();
    let left = after(since).take_while(|d| *d <= last).filter(|d| hours.is_working_day(*d)).count();
    let mut days = after(zone::local(now, tz).date()).filter(|d| hours.is_working_day(*d));
    let day = if left == 0 { Some(zone::local(now, tz).date()) } else { days.nth(left - 1) };
    let at = |day: Option<NaiveDate>| day.map(|d| zone::instant(d.and_time(hour), tz));
    let end = at(day).filter(|at| *at > now).or_else(|| at(days.next())).unwrap_or(now + (ends - now).abs());
    working(hours, end, tz)
}

/// Where all have been heard the stage closes early: after a moment to change one's mind, in working hours.
pub fn early(held: &Held<'_>, meeting: &Meeting, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let all = round::waiting(held, meeting).is_empty() && !meeting.stays;
    let at = working(held.hours, now + GRACE, &held.retro.zone);
    (all && meeting.paused.is_none() && at < meeting.ends).then_some(at)
}

/// Invites whoever is at work now and has not been heard, and says when to look again. At most one DM a stage.
pub fn invite(held: &Held<'_>, meeting: &Meeting, zones: &BTreeMap<UserId, String>, now: DateTime<Utc>) -> Decision {
    let mut decision = Decision::default();
    let mut again: Option<DateTime<Utc>> = None;
    if meeting.paused.is_some() {
        return decision;
    }
    let invited = |user: &UserId| {
        held.voices.iter().any(|v| v.part == meeting.at && v.user == *user && (v.invited || v.is_heard()))
    };
    for user in round::waiting(held, meeting).into_iter().filter(|u| !invited(u)) {
        let tz = zones.get(&user).unwrap_or(&held.retro.zone);
        let at = working(held.hours, now, tz);
        if at <= now {
            decision.changes.push(Change::Invited { retro: held.retro.id, part: meeting.at, user: user.clone() });
            decision.cards.push(Card::Invite { retro: held.retro.id, part: meeting.at, user });
        } else if at < meeting.ends {
            again = [Some(at), again].into_iter().flatten().min();
        }
    }
    decision.timers.push(Timer { retro: held.retro.id, step: Step::Invite, due: again });
    decision
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_has_a_working_day() {
        let hours = Hours::default();
        let shown =
            |part, at: &str| zone::show(deadline(&hours, part, at.parse().unwrap(), "Europe/Berlin"), "Europe/Berlin");
        // Monday 10:00 in Berlin, and Friday 10:00.
        assert_eq!(shown(Part::Summary, "2026-11-23T09:00:00Z"), "Tue 24 Nov 2026, 09:00 (Europe/Berlin)");
        assert_eq!(shown(Part::Well, "2026-11-24T08:00:00Z"), "Wed 25 Nov 2026, 09:00 (Europe/Berlin)");
        assert_eq!(shown(Part::Well, "2026-11-27T09:30:00Z"), "Mon 30 Nov 2026, 10:30 (Europe/Berlin)");
        // Saturday night opens nothing before Monday morning.
        let at = working(&hours, "2026-11-28T22:00:00Z".parse().unwrap(), "Europe/Berlin");
        assert_eq!(zone::show(at, "Europe/Berlin"), "Mon 30 Nov 2026, 09:00 (Europe/Berlin)");
    }
}
