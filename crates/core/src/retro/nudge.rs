//! Reminders that go out by themselves: halfway and three hours before the close, in each person's
//! working hours, never more.

use chrono::{DateTime, Duration, Utc};

use super::{Card, Change, Decision, Step, Timer};
use crate::ids::UserId;
use crate::model::participant::{Answered, NUDGE_PAUSE, Participant, Sent};
use crate::model::retro::{Phase, Retro};
use crate::model::settings::Hours;
use crate::zone;

/// How long before the close the second one goes.
const BEFORE_CLOSE: Duration = Duration::hours(3);

const HALFWAY: Sent = 1;
const LAST: Sent = 2;

/// When `which` is due in the zone `tz`: moved to the next working hour before the close, else to the last
/// one before it; `None` where there is none in the survey's time.
fn due(retro: &Retro, which: Sent, hours: &Hours, tz: &str) -> Option<DateTime<Utc>> {
    let planned = match which {
        HALFWAY => retro.started + (retro.closes - retro.started) / 2,
        _ => retro.closes - BEFORE_CLOSE,
    };
    if planned <= retro.started {
        return None;
    }
    let local = zone::local(planned, tz);
    let next = hours.next(local).map(|t| if t == local { planned } else { zone::instant(t, tz) });
    let before = || hours.last_before(local).map(|t| zone::instant(t, tz)).filter(|at| *at > retro.started);
    next.filter(|at| *at < retro.closes).or_else(before)
}

/// Reminds whoever is due, and says when to look again. `zones` tells each person's zone.
pub fn run(
    retro: &Retro,
    people: &[Participant],
    hours: &Hours,
    zones: impl Fn(&UserId) -> String,
    now: DateTime<Utc>,
) -> Decision {
    let mut decision = Decision::default();
    let mut again: Option<DateTime<Utc>> = None;
    if retro.phase != Phase::Collecting {
        return decision;
    }
    for person in people.iter().filter(|p| p.answer == Answered::Waiting) {
        let tz = zones(&person.user);
        let open = [HALFWAY, LAST].into_iter().filter(|which| person.nudges & which == 0);
        let open: Vec<(Sent, DateTime<Utc>)> =
            open.filter_map(|which| Some((which, due(retro, which, hours, &tz)?))).collect();
        let over = open.iter().filter(|(_, at)| *at <= now).fold(0, |all, (which, _)| all | which);
        let mut coming: Vec<DateTime<Utc>> = open.iter().map(|(_, at)| *at).filter(|at| *at > now).collect();
        if over != 0 {
            let local = zone::local(now, &tz);
            let recent = retro.nudged.is_some_and(|at| now - at < NUDGE_PAUSE);
            if hours.holds(local) || recent {
                // Steps that meet are one, and a reminder by hand a moment ago counts too.
                decision.changes.push(Change::Nudged {
                    retro: retro.id,
                    user: person.user.clone(),
                    nudges: person.nudges | over,
                });
                if !recent {
                    decision.changes.push(Change::Copied { retro: retro.id, user: person.user.clone() });
                    let (user, copy) = (person.user.clone(), person.copies + 1);
                    decision.cards.push(Card::Survey { retro: retro.id, user, copy, nudge: true });
                }
            } else {
                // It was missed while the bot was away: the next working hour, if there is one.
                coming.extend(hours.next(local).map(|t| zone::instant(t, &tz)));
            }
        }
        again = coming.into_iter().filter(|at| *at < retro.closes).chain(again).min();
    }
    decision.timers.push(Timer { retro: retro.id, step: Step::Nudge, due: again });
    decision
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn retro(started: &str, closes: &str) -> Retro {
        super::super::tests::retro(at(started), at(closes))
    }

    #[test]
    fn halfway_and_three_hours_before_in_working_hours() {
        let hours = Hours::default();
        let shown = |r: &Retro, tz: &str| [HALFWAY, LAST].map(|w| due(r, w, &hours, tz).map(|d| d.to_rfc3339()));
        // Monday 09:00 to Wednesday 17:00 in Berlin.
        let r = retro("2026-11-23T08:00:00Z", "2026-11-25T16:00:00Z");
        assert_eq!(
            shown(&r, "Europe/Berlin"),
            [Some("2026-11-24T12:00:00+00:00".into()), Some("2026-11-25T13:00:00+00:00".into())]
        );
        // In Tokyo halfway is 21:00 and the last 22:00: the next morning at nine, and the last working hour.
        assert_eq!(
            shown(&r, "Asia/Tokyo"),
            [Some("2026-11-25T00:00:00+00:00".into()), Some("2026-11-25T08:00:00+00:00".into())]
        );
        // Friday to Sunday: both fall on the weekend, so Friday's last hour it is.
        let r = retro("2026-11-20T09:00:00Z", "2026-11-22T16:00:00Z");
        assert_eq!(
            shown(&r, "Europe/Berlin"),
            [Some("2026-11-20T16:00:00+00:00".into()), Some("2026-11-20T16:00:00+00:00".into())]
        );
        // Two hours: only halfway, and nothing at night.
        let r = retro("2026-11-23T08:00:00Z", "2026-11-23T10:00:00Z");
        assert_eq!(shown(&r, "Europe/Berlin"), [Some("2026-11-23T09:00:00+00:00".into()), None]);
        assert_eq!(shown(&r, "America/Los_Angeles"), [None, None]);
    }

    #[test]
    fn each_goes_once_and_those_that_meet_are_one() {
        let r = retro("2026-11-20T09:00:00Z", "2026-11-22T16:00:00Z");
        let person = |nudges| Participant { user: "U1".into(), answer: Answered::Waiting, copies: 0, nudges };
        let run =
            |nudges, now: &str| run(&r, &[person(nudges)], &Hours::default(), |_| "Europe/Berlin".into(), at(now));
        let first = run(0, "2026-11-20T16:00:00Z");
        assert_eq!(first.cards.len(), 1);
        assert!(matches!(first.changes[0], Change::Nudged { nudges: 3, .. }));
        assert!(run(3, "2026-11-20T16:01:00Z").cards.is_empty());
        assert_eq!(run(0, "2026-11-20T09:00:00Z").timers[0].due, Some(at("2026-11-20T16:00:00Z")));
        // Back on Saturday: there is no working hour left before the close.
        let late = run(0, "2026-11-21T09:00:00Z");
        assert!(late.cards.is_empty() && late.timers[0].due.is_none());
    }
}
