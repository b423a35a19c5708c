//! The meeting: six stages in the agenda's thread, each with its time.
//!
//! Rule: everything follows from instants that are saved, so that a restart loses no minute. Only a facilitator moves
//! a live meeting on; what a stage takes longer is taken from the later ones in proportion. An async one moves on by
//! itself, in working hours ([`days`]).

mod context;
pub mod days;
mod moves;
pub mod round;
mod tick;

pub use context::{MORE, MeetingContext, WARNING};
pub use moves::{count_votes, extend, meet, next, pause};
pub use tick::{Tick, archived, end, people_changed, reopened, tick};

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};

    use super::*;
    use crate::model::meeting::Meeting;
    use crate::model::retro::{Phase, Retro};
    use crate::model::settings::Hours;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-24T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(minutes)
    }

    fn meeting() -> Meeting {
        let planned: Vec<i64> = super::super::agenda::minutes(85).iter().map(|m| i64::from(*m) * 60).collect();
        Meeting {
            at: 1,
            began: at(0),
            opened: at(5),
            ends: at(25),
            paused: None,
            paused_by: None,
            moved_by: None,
            stood: 0,
            counted: false,
            stays: false,
            planned,
            took: vec![300],
            shown: Vec::new(),
            rev: 1,
        }
    }

    #[test]
    fn an_overrun_is_taken_from_later_stages_in_proportion() {
        let m = meeting();
        assert!(m.shorter(at(20)).is_empty(), "it has not been longer yet");
        // Twelve minutes over: 60 minutes of stages have 48.
        let minutes: Vec<i64> = m.plan(at(37)).iter().map(|(_, s)| s / 60).collect();
        assert_eq!(minutes, [20, 8, 16, 4]);
        assert_eq!(
            m.shorter_text(at(37)),
            "Later stages are shorter to end on time: What could be improved 20 instead of 25 min, Surprises and learnings 8 instead of 10 min, Action items 16 instead of 20 min, Celebrate wins 4 instead of 5 min."
        );
        // However late it is, each has half of its minutes, and that it will be late is said.
        let late = Meeting { took: vec![2400], ..meeting() };
        assert_eq!(late.plan(at(500)).iter().map(|(_, s)| *s).collect::<Vec<_>>(), [750, 300, 600, 150]);
        assert!(
            late.shorter_text(at(500)).ends_with("The meeting will still end 35 minutes late."),
            "{}",
            late.shorter_text(at(500))
        );
        let last = Meeting { at: 5, took: vec![1000; 5], opened: at(83), ends: at(88), ..meeting() };
        assert_eq!(last.shorter_text(at(84)), "The meeting will end 3 minutes late.");
        // A stage that was left over a weekend counts half an hour more than it was given.
        assert_eq!(meeting().spent(at(4000)), 50 * 60);
        // A stage that ends early makes nothing longer.
        let early = Meeting { at: 2, took: vec![300, 60], opened: at(6), ends: at(31), ..m };
        assert_eq!(early.plan(at(7)).iter().map(|(_, s)| s / 60).collect::<Vec<_>>(), [10, 20, 5]);
    }

    #[test]
    fn a_clock_that_is_always_late_says_its_word_once_and_in_time() {
        let hours = Hours::default();
        let retro = Retro { phase: Phase::Meeting, ..crate::retro::tests::retro(at(0), at(0)) };
        let m = Meeting { opened: at(5), ends: at(25), ..meeting() };
        let context = MeetingContext {
            retro: &retro,
            meeting: Some(&m),
            people: &[],
            present: &[],
            voices: &[],
            kudos: &[],
            hours: &hours,
        };
        let (mut now, mut said, mut ticks) = (at(5), Vec::new(), 0);
        while now < at(25) {
            now += Duration::milliseconds(170);
            let Tick::Decided(decision) = tick(&context, now) else { unreachable!() };
            if decision.cards.iter().any(|c| matches!(c, crate::retro::Card::Warning { .. })) {
                said.push(m.left(now).num_seconds());
            }
            now = decision.timers.iter().find_map(|t| t.due).unwrap();
            ticks += 1;
        }
        assert_eq!((said, ticks), (vec![119], 20));
        // Pauses of broken seconds change nothing of what was given.
        let caller = crate::retro::tests::caller("U1");
        let mut m = m.clone();
        for (from, milliseconds) in [(10, 700), (16, 600)] {
            m = Meeting { paused: Some(at(from)), paused_by: Some("U1".into()), ..m };
            let context = MeetingContext {
                meeting: Some(&m),
                retro: &retro,
                people: &[],
                present: &[],
                voices: &[],
                kudos: &[],
                hours: &hours,
            };
            let decision =
                pause(&context, &caller, false, at(from + 5) + Duration::milliseconds(milliseconds)).unwrap();
            let resumed = decision.changes.into_iter().find_map(|c| match c {
                crate::retro::Change::Meeting { meeting, .. } => Some(meeting),
                _ => None,
            });
            m = resumed.unwrap();
        }
        assert_eq!(m.given(), 20 * 60);
    }

    #[test]
    fn minutes_left_count_begun_ones_and_stand_while_it_is_paused() {
        let m = meeting();
        assert_eq!(m.minutes_left(at(5)), 20);
        assert_eq!(m.minutes_left(at(5) + Duration::seconds(1)), 20);
        assert_eq!(m.minutes_left(at(24) + Duration::seconds(59)), 1);
        assert_eq!((m.minutes_left(at(25)), m.minutes_left(at(28))), (0, -3));
        let paused = Meeting { paused: Some(at(15)), ..m };
        assert_eq!(paused.minutes_left(at(900)), 10);
    }
}
