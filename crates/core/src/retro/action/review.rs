//! Looking back: what became of the last retro's items, and of what is still open of older ones.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::ids::RetroId;
use crate::model::item::{Item, State};
use crate::text::{count, cut, esc, mention};

/// What a retro looks back on.
#[derive(Clone, Debug)]
pub struct Review {
    /// The version of the retro before.
    pub version: String,
    /// Its items, and whatever else was open when this one started; by number.
    pub items: Vec<Item>,
    /// The channel's retros up to this one, the oldest first.
    pub retros: Vec<RetroId>,
    /// What became of the figure that an item should move, by its number: plain text.
    pub moved: BTreeMap<i64, String>,
}

impl Review {
    /// How many are done.
    pub fn done(&self) -> usize {
        self.items.iter().filter(|i| i.state == State::Done).count()
    }

    /// Whether any is open.
    pub fn any_open(&self) -> bool {
        self.items.iter().any(|i| i.state == State::Open)
    }

    /// Those that are done first: they are celebrated; then what is open, then what was let go.
    pub fn in_order(&self) -> Vec<&Item> {
        let mut items: Vec<&Item> = self.items.iter().collect();
        items.sort_by_key(|i| {
            let rank = match i.state {
                State::Done => 0,
                State::Open => 1,
                State::Dropped => 2,
            };
            (rank, i.number)
        });
        items
    }

    /// How an open item got here: `12 days old, moved twice, third release`, and what became of the figure that it
    /// should move. Plain text.
    pub fn history(&self, item: &Item, now: DateTime<Utc>) -> String {
        let moved = self.moved.get(&item.number).cloned();
        [Some(self.age(item, now)).filter(|age| !age.is_empty()), moved]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    }

    fn age(&self, item: &Item, now: DateTime<Utc>) -> String {
        if item.state != State::Open {
            return String::new();
        }
        let days = usize::try_from((now - item.created).num_days()).unwrap_or(0);
        let mut parts = vec![match days {
            0 => "opened today".to_owned(),
            days => format!("open for {}", count(days, "day", "days")),
        }];
        match item.slipped {
            0 => {}
            1 => parts.push("moved once".to_owned()),
            2 => parts.push("moved twice".to_owned()),
            n => parts.push(format!("moved {n} times")),
        }
        let born = item.retro.and_then(|id| self.retros.iter().position(|r| *r == id));
        if let Some(releases) = born.map(|at| self.retros.len() - at).filter(|n| *n > 1 && days > 0) {
            parts.push(format!("across {releases} releases"));
        }
        parts.join(", ")
    }

    /// One item for the whole channel, escaped: whoever did it is named, who has not is not.
    pub fn public_line(&self, item: &Item, now: DateTime<Utc>) -> String {
        let words = format!("{} {}", item.name(), esc(&cut(&item.text, 200)));
        let outcome = item.outcome.as_ref().map(|o| format!(": {}", esc(&cut(o, 200)))).unwrap_or_default();
        let history = Some(esc(&self.history(item, now))).filter(|h| !h.is_empty());
        let history = history.map(|h| format!(" · {h}")).unwrap_or_default();
        match item.state {
            State::Done => format!("Done: {words} ({}){outcome}{history}", mention(&item.owner)),
            State::Dropped => format!("Dropped: {words}{outcome}"),
            State::Open if item.overdue(now) => format!("Overdue: {words} ({}){history}", item.due_phrase()),
            State::Open => format!("Open: {words} ({}){history}", item.due_phrase()),
        }
    }

    /// One item in words, escaped.
    pub fn line(&self, item: &Item, now: DateTime<Utc>) -> String {
        let what = match item.state {
            State::Done => "Done",
            State::Dropped => "Dropped",
            State::Open if item.overdue(now) => "Overdue",
            State::Open => "Open",
        };
        let outcome = item.outcome.as_ref().map(|o| format!(": {}", esc(&cut(o, 200)))).unwrap_or_default();
        let history = Some(esc(&self.history(item, now))).filter(|h| !h.is_empty());
        let history = history.map(|h| format!(" · {h}")).unwrap_or_default();
        format!("{what}: {}{outcome}{history}", item.line())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;
    use crate::model::item::Priority;

    #[test]
    fn an_open_item_tells_its_age_its_moves_and_its_releases() {
        let of =
            |retro, state, slipped| Item { retro: Some(RetroId(retro)), state, slipped, ..item("x", Priority::Low) };
        let review = Review {
            version: "v3".into(),
            items: vec![of(1, State::Open, 2), of(3, State::Dropped, 0), of(3, State::Done, 0)],
            retros: vec![RetroId(1), RetroId(3), RetroId(4)],
            moved: BTreeMap::new(),
        };
        let now = "2026-11-13T09:00:00Z".parse().unwrap();
        assert_eq!(review.history(&review.items[0], now), "open for 12 days, moved twice, across 3 releases");
        assert_eq!(review.history(&review.items[2], now), "");
        assert_eq!(
            review.in_order().iter().map(|i| i.state).collect::<Vec<_>>(),
            [State::Done, State::Open, State::Dropped]
        );
        assert_eq!((review.done(), review.any_open()), (1, true));
    }
}
