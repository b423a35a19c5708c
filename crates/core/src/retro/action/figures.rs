//! How a channel follows through: what became of its items, and how long it took.

use chrono::{DateTime, Utc};

use crate::ids::RetroId;
use crate::model::item::{Item, State};
use crate::text::{count, esc};

/// What became of a channel's items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Done by their due date (or without one).
    pub on_time: usize,
    pub late: usize,
    pub open: usize,
    /// Open and past their date.
    pub overdue: usize,
    pub dropped: usize,
    /// Days from made to done, the one in the middle.
    pub median_days: Option<f64>,
    /// Of each retro, the oldest first: its version, items done, all items.
    pub trend: Vec<(String, usize, usize)>,
}

/// Retros shown in the trend.
const TREND: usize = 5;

/// Counts. `retros` are the channel's, the newest first, with their versions.
pub fn figures(items: &[Item], retros: &[(RetroId, String)], now: DateTime<Utc>) -> Figures {
    let mut f = Figures::default();
    let mut took: Vec<f64> = Vec::new();
    for item in items {
        match (item.state, item.closed) {
            (State::Open, _) if item.overdue(now) => f.overdue += 1,
            (State::Open, _) => f.open += 1,
            (State::Dropped, _) => f.dropped += 1,
            (State::Done, closed) => {
                let closed = closed.unwrap_or(item.created);
                let late = item.due.end(&item.zone).is_some_and(|end| closed >= end);
                *(if late { &mut f.late } else { &mut f.on_time }) += 1;
                let seconds = i32::try_from((closed - item.created).num_seconds().max(0)).unwrap_or(i32::MAX);
                took.push(f64::from(seconds) / 86_400.0);
            }
        }
    }
    took.sort_by(f64::total_cmp);
    let (lower, upper) = (took.get(took.len().saturating_sub(1) / 2), took.get(took.len() / 2));
    f.median_days = lower.zip(upper).map(|(a, b)| f64::midpoint(*a, *b));
    let of = |id: RetroId| items.iter().filter(move |i| i.retro == Some(id));
    let trend = retros.iter().filter(|(id, _)| of(*id).next().is_some()).take(TREND);
    f.trend = trend
        .map(|(id, version)| (version.clone(), of(*id).filter(|i| i.state == State::Done).count(), of(*id).count()))
        .collect();
    f.trend.reverse();
    f
}

impl Figures {
    /// In words; nothing where there are no items.
    pub fn show(&self) -> String {
        let all = self.on_time + self.late + self.open + self.overdue + self.dropped;
        if all == 0 {
            return String::new();
        }
        let mut out = format!(
            "Follow-through in this channel: {}: {} done on time, {} late; {} open, {} overdue; {} dropped.",
            count(all, "item", "items"),
            self.on_time,
            self.late,
            self.open,
            self.overdue,
            self.dropped
        );
        if let Some(days) = self.median_days {
            out.push_str(&format!(" Median time to done: {}.", days_text(days)));
        }
        if self.trend.len() > 1 {
            let shown: Vec<String> =
                self.trend.iter().map(|(version, done, all)| format!("{} {done} of {all}", esc(version))).collect();
            out.push_str(&format!(" Done by release: {}.", shown.join(", ")));
        }
        out
    }
}

fn days_text(days: f64) -> String {
    if days < 1.0 {
        "a day".to_owned()
    } else {
        let rounded = format!("{days:.0}");
        if rounded == "1" { "1 day".to_owned() } else { format!("{rounded} days") }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;
    use crate::model::item::{Due, Priority};

    #[test]
    fn counts_what_became_of_them() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let due = |day: &str| Due::Day(day.parse().unwrap());
        let base = || item("x", Priority::Medium);
        let done = |day: &str, closed: &str| Item {
            state: State::Done,
            due: due(day),
            closed: Some(at(closed)),
            retro: Some(RetroId(1)),
            ..base()
        };
        let items = [
            done("2026-11-10", "2026-11-10T23:59:00Z"),
            done("2026-11-10", "2026-11-11T00:00:00Z"),
            done("2026-11-10", "2026-11-03T09:00:00Z"),
            Item { state: State::Dropped, ..base() },
            Item { due: due("2026-11-19"), retro: Some(RetroId(2)), ..base() },
            Item { due: due("2026-11-20"), ..base() },
        ];
        let retros = [(RetroId(2), "v2".to_owned()), (RetroId(1), "v1".to_owned())];
        let f = figures(&items, &retros, at("2026-11-20T12:00:00Z"));
        assert_eq!((f.on_time, f.late, f.open, f.overdue, f.dropped), (2, 1, 1, 1, 1));
        assert!((f.median_days.unwrap() - 9.62).abs() < 0.01, "{f:?}");
        assert_eq!(f.trend, [("v1".to_owned(), 3, 3), ("v2".to_owned(), 0, 1)]);
        assert!(f.show().contains("2 done on time, 1 late; 1 open, 1 overdue; 1 dropped"), "{}", f.show());
        assert_eq!(Figures::default().show(), "");
    }
}
