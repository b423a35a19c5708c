//! A meeting without a call: each stage has a working day, and everybody is invited once.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};

use crate::ids::UserId;
use crate::model::meeting::Meeting;
use crate::model::settings::Hours;
use crate::retro::meeting::context::MeetingContext;
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

/// When a stage that opens at `now` closes: at the same hour of the next working day, counted from the first moment at
/// which people work.
pub fn deadline(hours: &Hours, now: DateTime<Utc>, tz: &str) -> DateTime<Utc> {
    let local = zone::local(working(hours, now, tz), tz);
    let next = (1..FAR).filter_map(|n| local.date().checked_add_days(Days::new(n))).find(|d| hours.is_working_day(*d));
    let end = next.map_or(now + Duration::days(1), |day| zone::instant(day.and_time(local.time()), tz));
    working(hours, end, tz)
}

/// When a stage closes that stood since `since` and had until `ends` then: it has as many working days left as it
/// had, until the same hour.
pub fn carried(
    hours: &Hours,
    since: DateTime<Utc>,
    ends: DateTime<Utc>,
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
    let today = Some(zone::local(now, tz).date()).filter(|d| hours.is_working_day(*d));
    let day = if left == 0 { today } else { days.nth(left - 1) };
    let at = |day: Option<NaiveDate>| day.map(|d| zone::instant(d.and_time(hour), tz));
    let end = at(day).filter(|at| *at > now).or_else(|| at(days.next())).unwrap_or(now + (ends - now).abs());
    working(hours, end, tz)
}

/// Where all have been heard the stage closes early: after a moment to change one's mind, in working hours.
pub fn early(context: &MeetingContext<'_>, meeting: &Meeting, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let all = context.waiting(meeting).is_empty() && !meeting.stays;
    let at = working(context.hours, now + GRACE, &context.retro.zone);
    (all && meeting.paused.is_none() && at < meeting.ends).then_some(at)
}

/// Invites whoever is at work now and has not been heard, and says when to look again. At most one DM a stage.
pub fn invite(
    context: &MeetingContext<'_>,
    meeting: &Meeting,
    zones: &BTreeMap<UserId, String>,
    now: DateTime<Utc>,
) -> Decision {
    let mut decision = Decision::default();
    let mut again: Option<DateTime<Utc>> = None;
    if meeting.paused.is_some() {
        return decision;
    }
    let invited = |user: &UserId| {
        context.voices.iter().any(|v| v.stage == meeting.at && v.user == *user && (v.invited || v.is_heard()))
    };
    for user in context.waiting(meeting).into_iter().filter(|u| !invited(u)) {
        let tz = zones.get(&user).unwrap_or(&context.retro.zone);
        let at = working(context.hours, now, tz);
        if at <= now {
            decision.changes.push(Change::Invited { retro: context.retro.id, stage: meeting.at, user: user.clone() });
            decision.cards.push(Card::Invite { retro: context.retro.id, stage: meeting.at, user });
        } else if at < meeting.ends {
            again = [Some(at), again].into_iter().flatten().min();
        }
    }
    decision.timers.push(Timer { retro: context.retro.id, step: Step::Invite, due: again });
    decision
}

#[cfg(test)]
mod tests {
    use super::*;

    const TZ: &str = "Europe/Berlin";

    fn at(at: &str) -> DateTime<Utc> {
        at.parse().unwrap()
    }

    #[test]
    fn a_stage_has_a_working_day() {
        let hours = Hours::default();
        let shown = |from: &str| zone::show(deadline(&hours, at(from), TZ), TZ);
        // Monday and Friday at 10:00 and 10:30 in Berlin; on Saturday nobody works before Monday morning.
        assert_eq!(shown("2026-11-23T09:00:00Z"), "Tue 24 Nov 2026, 10:00 (Europe/Berlin)");
        assert_eq!(shown("2026-11-27T09:30:00Z"), "Mon 30 Nov 2026, 10:30 (Europe/Berlin)");
        assert_eq!(shown("2026-11-28T15:00:00Z"), "Tue 1 Dec 2026, 09:00 (Europe/Berlin)");
        assert_eq!(
            zone::show(working(&hours, at("2026-11-28T22:00:00Z"), TZ), TZ),
            "Mon 30 Nov 2026, 09:00 (Europe/Berlin)"
        );
    }

    #[test]
    fn a_clock_that_stood_keeps_its_working_days() {
        let hours = Hours::default();
        let shown =
            |since: &str, ends: &str, now: &str| zone::show(carried(&hours, at(since), at(ends), at(now), TZ), TZ);
        // From Friday noon until Monday 09:00 is one morning, after the weekend too.
        let friday = "2026-11-27T11:00:00Z";
        assert_eq!(
            shown(friday, "2026-11-30T08:00:00Z", "2026-11-30T08:00:00Z"),
            "Tue 1 Dec 2026, 09:00 (Europe/Berlin)"
        );
        // Within a day, and what would be past by now.
        let (ten, five) = ("2026-11-24T09:00:00Z", "2026-11-24T16:00:00Z");
        assert_eq!(shown(ten, five, "2026-11-26T08:00:00Z"), "Thu 26 Nov 2026, 17:00 (Europe/Berlin)");
        assert_eq!(shown(ten, five, "2026-11-26T16:30:00Z"), "Fri 27 Nov 2026, 17:00 (Europe/Berlin)");
        assert_eq!(shown(ten, five, "2026-11-28T09:00:00Z"), "Mon 30 Nov 2026, 17:00 (Europe/Berlin)");
        // Nothing was left.
        assert_eq!(shown(five, ten, "2026-11-26T08:00:00Z"), "Thu 26 Nov 2026, 09:00 (Europe/Berlin)");
    }
}
