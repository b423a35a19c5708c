//! What a tracker's word changes here: only the state comes back.

use chrono::{DateTime, Utc};

use super::super::shown_in;
use crate::model::item::{Item, State};
use crate::model::retro::Retro;
use crate::model::ticket::{Seen, Standing};
use crate::retro::{Change, Decision};

/// The item after its ticket was closed or opened there; `None` where nothing changes. `stood` is how it stood when it
/// was last read or written.
pub fn after(item: &Item, stood: Option<State>, seen: &Seen, now: DateTime<Utc>) -> Option<Item> {
    let stands = seen.standing.state();
    if stood == Some(stands) {
        return None;
    }
    match (item.state, &seen.standing) {
        (State::Open, Standing::Done) => {
            Some(Item { state: State::Done, closed: Some(now), closed_by: None, offered: None, ..item.clone() })
        }
        (State::Open, Standing::Dropped(word)) => {
            let outcome = Some(if word.is_empty() {
                format!("closed in {}", seen.key)
            } else {
                format!("closed as {word} in {}", seen.key)
            });
            Some(Item {
                state: State::Dropped,
                outcome,
                closed: Some(now),
                closed_by: None,
                offered: None,
                ..item.clone()
            })
        }
        // It was filed as open, so this was opened by somebody there.
        (State::Done | State::Dropped, Standing::Open) if stood.is_some() => {
            Some(Item { state: State::Open, outcome: None, closed: None, closed_by: None, ..item.clone() })
        }
        (State::Open, Standing::Open) | (State::Done | State::Dropped, _) => None,
    }
}

/// What follows from it; `open` are the open retros of the channel, whose agendas show the item.
pub fn decision(before: &Item, after: Item, open: &[Retro]) -> Decision {
    let cards = open.iter().filter_map(shown_in).collect();
    let change = match (before.state, after.state) {
        (State::Done | State::Dropped, State::Open) => Change::ReopenItem(after),
        (State::Open | State::Done | State::Dropped, _) => Change::UpdateItem(after),
    };
    Decision { changes: vec![change], cards, ..Decision::default() }
}

/// Whether a ticket has to be closed (`true`) or opened (`false`) there: only open and closed have to agree.
pub fn has_to_close(item: State, stands: State) -> Option<bool> {
    let is_open = |state: State| state == State::Open;
    (is_open(item) != is_open(stands)).then(|| is_open(stands))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::item as tests_item;
    use super::*;
    use crate::model::item::Priority;

    fn seen(standing: Standing) -> Seen {
        Seen::new("OPS-1", "https://x.example/OPS-1", standing).unwrap()
    }

    #[test]
    fn only_a_change_there_changes_something_here() {
        let now = DateTime::default();
        let open = tests_item("x", Priority::Low);
        let done = after(&open, Some(State::Open), &seen(Standing::Done), now).unwrap();
        assert_eq!((done.state, done.outcome.as_deref()), (State::Done, None));
        let word = Standing::Dropped("Won't Do".into());
        let dropped = after(&open, Some(State::Open), &seen(word), now).unwrap();
        assert_eq!((dropped.state, dropped.outcome.as_deref()), (State::Dropped, Some("closed as Won't Do in OPS-1")));
        assert_eq!(after(&dropped, Some(State::Dropped), &seen(Standing::Open), now).unwrap().state, State::Open);
        // What was written by us is no news, and what is closed on both sides stays as it is.
        assert_eq!(after(&open, Some(State::Done), &seen(Standing::Done), now), None);
        assert_eq!(after(&done, Some(State::Open), &seen(Standing::Dropped(String::new())), now), None);
        // Done here, and not written there yet: an open ticket is no word against it.
        assert_eq!(after(&done, Some(State::Open), &seen(Standing::Open), now), None);
    }

    #[test]
    fn closed_and_open_have_to_agree() {
        assert_eq!(has_to_close(State::Done, State::Open), Some(true));
        assert_eq!(has_to_close(State::Open, State::Done), Some(false));
        assert_eq!(has_to_close(State::Dropped, State::Done), None);
    }
}
