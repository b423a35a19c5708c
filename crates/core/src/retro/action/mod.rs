//! Action items: specific text, one owner, a due date, a priority, a reason.

mod change;
mod figures;
pub mod hold;
mod list;
mod make;
pub mod orphan;
pub mod overdue;
pub mod reminder;
mod review;
pub mod specific;
pub mod ticket;
mod told;

use super::{Card, Refusal};
use crate::model::retro::{Phase, Retro};
use crate::model::stage::{STAGES, Stage};
use crate::text::clean;
pub use change::{
    Edit, ItemContext, accept, block, change_date, done, drop, edit, give_back, offer, owned_by, snooze, take,
};
pub use figures::{Figures, figures};
pub use list::list;
pub use make::{Field, MOST_HIGH, Made, NewItemContext, choose_high, create, make, weak};
pub use review::Review;
pub use told::due_with_release;

/// The longest text of an item, in characters.
pub const MAX_TEXT: usize = 500;

/// Text as it is kept.
fn checked(text: &str) -> Result<String, Refusal> {
    let text = clean(text).trim().to_owned();
    match text.chars().count() {
        0 => Err(Refusal::EmptyNote),
        1..=MAX_TEXT => Ok(text),
        len => Err(Refusal::TooLong { max: MAX_TEXT, len }),
    }
}

fn optional(text: Option<&str>) -> Result<Option<String>, Refusal> {
    text.filter(|t| !t.trim().is_empty()).map(checked).transpose()
}

/// The message in which the items of a retro stand, once its agenda is there.
pub(in crate::retro) fn shown_in(retro: &Retro) -> Option<Card> {
    match retro.phase {
        Phase::Agenda => Some(Card::Agenda(retro.id)),
        Phase::Meeting => {
            let stage = STAGES.iter().position(|(stage, _)| *stage == Stage::Actions)?;
            Some(Card::Stage { retro: retro.id, stage, page: 0 })
        }
        Phase::Scheduled | Phase::Collecting | Phase::Closed | Phase::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::model::item::{Due, Item, Priority, State};

    pub fn item(text: &str, priority: Priority) -> Item {
        Item {
            channel: "C1".into(),
            number: 1,
            retro: None,
            text: text.to_owned(),
            owner: "U1".into(),
            due: Due::NextRelease(None),
            zone: "UTC".to_owned(),
            priority,
            why: None,
            metric: None,
            snoozed: None,
            snoozed_because: None,
            blocked: None,
            offered: None,
            slipped: 0,
            state: State::Open,
            outcome: None,
            closed_by: None,
            created: "2026-11-01T09:00:00Z".parse().unwrap(),
            closed: None,
            ticket: None,
        }
    }

    /// An open item with this number, due on this day.
    pub fn due_on(number: i64, day: &str) -> Item {
        let due = Due::Day(day.parse().unwrap());
        Item { number, due, ..item("Automate the smoke tests", Priority::Medium) }
    }
}
