//! How the retro itself went, for its facilitator alone: figures, and one suggestion that fits them.
//!
//! The suggestions answer the challenges that the release process lists: a team that does not speak up, a session that
//! turns into complaints, items that never get done, the same issues every time, no time for it.

use super::action::MOST_HIGH;
use super::meeting::round::{self, Share};
use super::record::Record;
use crate::model::item::{Due, Item, Priority, State};
use crate::model::meeting::Meeting;
use crate::model::note::Category;
use crate::model::retro::Retro;
use crate::text::{bold, count};

/// Retros whose items are looked at for follow-through.
pub const LAST: usize = 3;

/// Below this share of answers a team may not feel safe, or may not have had the time.
const FEW: f64 = 0.6;

/// Above this share of complaints among what was said a session is one-sided.
const COMPLAINTS: f64 = 0.7;

/// Above this share of the talk somebody dominates it, where at least [`TALK`] things were said.
const DOMINATES: f64 = 0.5;
const TALK: u32 = 6;

/// Below this share of done items follow-through is the matter.
const DONE: f64 = 0.5;

/// Minutes over the planned time from which on it is said.
const OVER: i64 = 10;

/// How it went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// How many answered the survey, of how many.
    pub answered: (usize, usize),
    /// Notes that praise, and notes that ask for better.
    pub balance: (usize, usize),
    /// Items with an owner and a real date, of all; and open ones of high priority.
    pub dated: (usize, usize, usize),
    /// Items of the last retros that are done, of all that were due.
    pub followed: (usize, usize),
    /// Who said how much in the meeting; `None` where there was none.
    pub share: Option<Share>,
    /// Minutes that the meeting took, and was planned for; only of one that was held live.
    pub time: Option<(i64, i64)>,
    /// Themes that came up for the 3rd time or more.
    pub recurring: usize,
}

fn part(of: usize, all: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
    (all > 0).then(|| of as f64 / all as f64)
}

/// Counts. `last` are the items of the last retros before this one.
pub fn look(retro: &Retro, record: &Record, last: &[Item], now: chrono::DateTime<chrono::Utc>) -> Health {
    let number = |n: i64| usize::try_from(n).unwrap_or(0);
    let of = |categories: &[Category]| record.notes.iter().filter(|n| categories.contains(&n.category)).count();
    let real: Vec<&Item> = record.items.iter().filter(|i| i.state != State::Dropped).collect();
    let due: Vec<&Item> =
        last.iter().filter(|i| i.state == State::Done || i.state == State::Open && i.overdue(now)).collect();
    Health {
        answered: (number(record.tally.0), number(record.tally.1)),
        balance: (of(&[Category::Well]), of(&[Category::Improve])),
        dated: (
            real.iter().filter(|i| !matches!(i.due, Due::NextRelease(None))).count(),
            real.len(),
            real.iter().filter(|i| i.state == State::Open && i.priority == Priority::High).count(),
        ),
        followed: (due.iter().filter(|i| i.state == State::Done).count(), due.len()),
        share: record.meeting.as_ref().map(|_| round::share(retro, &record.voices)),
        time: record.meeting.as_ref().filter(|_| !retro.is_async).map(kept),
        recurring: record.recurring.iter().filter(|r| r.times() >= super::recurring::ESCALATES).count(),
    }
}

fn kept(m: &Meeting) -> (i64, i64) {
    let minutes = |seconds: &[i64]| (seconds.iter().sum::<i64>() + 30) / 60;
    (minutes(&m.took), minutes(&m.planned))
}

impl Health {
    /// The figures, a line each.
    pub fn lines(&self, retro: &Retro) -> Vec<String> {
        let mut out = Vec::new();
        let percent =
            |of: usize, all: usize| part(of, all).map(|p| format!(" ({:.0}%)", p * 100.0)).unwrap_or_default();
        let (done, all) = self.answered;
        out.push(format!("Participation: {done} of {all} answered{}.", percent(done, all)));
        let (well, improve) = self.balance;
        out.push(format!(
            "Balance: {} on what went well, {} on what could be better.",
            count(well, "note", "notes"),
            count(improve, "note", "notes")
        ));
        let (dated, items, high) = self.dated;
        out.push(match items {
            0 => "Action items: none.".to_owned(),
            _ => format!("Action items: {items}, all with an owner, {dated} with a date; {high} high priority."),
        });
        let (followed, due) = self.followed;
        if due > 0 {
            out.push(format!(
                "Follow-through: {followed} of {due} items of the last retros that were due are done{}.",
                percent(followed, due)
            ));
        }
        if let Some(share) = self.share {
            out.push(match (share.all, retro.anonymous) {
                (0, true) => "Share of voice: no one wrote in the thread (anonymous notes aren't counted).".to_owned(),
                (0, false) => "Share of voice: no one wrote in the meeting.".to_owned(),
                (all, anonymous) => format!(
                    "Share of voice: {} of {all} {} were yours; {} {}.",
                    share.facilitator,
                    if anonymous { "messages in the thread" } else { "notes and messages" },
                    count(share.people, "person", "people"),
                    if anonymous {
                        "wrote there, and notes without a name are not counted for anybody"
                    } else {
                        "wrote"
                    }
                ),
            });
        }
        if let Some((took, planned)) = self.time {
            out.push(format!("Time: {took} of {planned} minutes."));
        }
        out
    }

    /// One suggestion: the first challenge of the process that the figures show.
    pub fn suggestion(&self) -> &'static str {
        let below = |(of, all): (usize, usize), least: f64| part(of, all).is_some_and(|p| p < least);
        let (well, improve) = self.balance;
        let complaints = part(improve, well + improve).is_some_and(|p| p > COMPLAINTS) && well + improve >= 5;
        let dominated =
            self.share.is_some_and(|s| s.all >= TALK && f64::from(s.facilitator) > DOMINATES * f64::from(s.all));
        if self.followed.1 >= 2 && below(self.followed, DONE) {
            "Few action items get finished. Agree on three at most, give owners time for them, and plan them into the next sprint."
        } else if self.recurring > 0 {
            "The same issue keeps coming back. Give one person time to fix the cause, or note why you'll live with it."
        } else if below(self.answered, FEW) {
            "Few people answered. Ask about one specific moment, and share a mistake of your own first."
        } else if complaints {
            "Most of it was complaints. Ask “What would fix it?” each time, and open with what went well."
        } else if dominated {
            "You spoke more than everyone else combined. Ask, wait, and let someone else read out the themes."
        } else if self.dated.2 > MOST_HIGH || self.dated.1 > 7 {
            "That's a lot for one release. Three to five items that get done are worth more."
        } else if self.dated.1 == 0 && improve > 0 {
            "Nothing was agreed. Pick the theme with the most votes and write down its smallest next step."
        } else if self.time.is_some_and(|(took, planned)| took > planned + OVER) {
            "It took longer than planned. With a good survey, 30 to 45 minutes is enough."
        } else if self.time.is_some_and(|(took, planned)| took * 4 < planned) {
            "It was over in a fraction of its time. If the survey says it all, press Finish at the agenda and skip the meeting."
        } else {
            "That went well. Start the next one with what became of these items, and celebrate the finished ones."
        }
    }

    /// Both, as a message to the facilitator.
    pub fn text(&self, retro: &Retro) -> String {
        let lines: String = self.lines(retro).iter().map(|l| format!("\n• {l}")).collect();
        format!(
            "Here's how the retro for {} itself went. Only you can see this.{lines}\n*Next time:* {}",
            bold(&retro.version),
            self.suggestion()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_suggestion_fits_the_figures() {
        let good = Health {
            answered: (7, 8),
            balance: (6, 6),
            dated: (3, 3, 2),
            followed: (3, 4),
            share: Some(Share { facilitator: 3, all: 12, people: 5 }),
            time: Some((62, 60)),
            recurring: 0,
        };
        let said = |h: Health| h.suggestion().split('.').next().unwrap().to_owned();
        assert!(said(good.clone()).starts_with("That went well"));
        assert_eq!(said(Health { followed: (0, 2), ..good.clone() }), "Few action items get finished");
        assert_eq!(said(Health { recurring: 1, ..good.clone() }), "The same issue keeps coming back");
        assert_eq!(said(Health { answered: (3, 8), ..good.clone() }), "Few people answered");
        assert_eq!(said(Health { balance: (1, 9), ..good.clone() }), "Most of it was complaints");
        assert_eq!(
            said(Health { share: Some(Share { facilitator: 7, all: 12, people: 3 }), ..good.clone() }),
            "You spoke more than everyone else combined"
        );
        assert_eq!(said(Health { dated: (9, 9, 2), ..good.clone() }), "That's a lot for one release");
        assert_eq!(said(Health { dated: (0, 0, 0), ..good.clone() }), "Nothing was agreed");
        assert_eq!(said(Health { time: Some((90, 60)), ..good.clone() }), "It took longer than planned");
        assert_eq!(said(Health { time: Some((5, 60)), ..good }), "It was over in a fraction of its time");
    }
}
