//! The retro itself: what is decided, and why not. Pure: no async, no I/O, no clock, no randomness.
//!
//! Every function here takes the state, the request and the time, and returns a [`Decision`] (plain
//! data: what to save, which cards to render again, which timers to set, what to answer) or a
//! [`Refusal`] (a sentence that says what to do instead). Nothing here knows Slack's API.

pub mod action;
pub mod agenda;
pub mod blame;
pub mod capture;
pub mod card;
mod decision;
pub mod finish;
pub mod gate;
pub mod greeting;
pub mod health;
pub mod history;
pub mod lead;
pub mod likeness;
pub mod meeting;
pub mod message;
pub mod note;
pub mod nudge;
pub mod questions;
pub mod record;
pub mod recurring;
mod refusal;
pub mod release;
pub mod restored;
pub mod rights;
pub mod schedule;
pub mod settings;
pub mod start;
pub mod status;
pub mod survey;
pub mod survey_closing;
pub mod table;
pub mod theme;
pub mod typed_answers;
pub mod typed_date;
pub mod unseen_blame;
pub mod which;
pub mod wins;

pub use card::Card;
pub use decision::{Button, Change, Decision, DirectMessage, Reply, Row, Step, Timer};
pub use refusal::Refusal;
pub use rights::Caller;

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::ids::{NoteId, RetroId};
    use crate::model::note::{Category, Note};
    use crate::model::person::Person;
    use crate::model::question::standard;
    use crate::model::retro::{Phase, Retro};

    /// An anonymous retro in its survey.
    pub fn retro(started: DateTime<Utc>, closes: DateTime<Utc>) -> Retro {
        Retro {
            id: RetroId(1),
            channel: "C1".into(),
            version: "v2.1.0".into(),
            phase: Phase::Collecting,
            facilitator: "U1".into(),
            facilitator_seen: started,
            anonymous: true,
            threshold: 3,
            questions: standard(),
            withheld: None,
            is_async: false,
            length: 60,
            closes,
            zone: "Europe/Berlin".into(),
            meeting: None,
            deployed: None,
            previous: None,
            started,
            all_answered: None,
            nudged: None,
            ended: None,
            cancelled_because: None,
            next: None,
            scheduled: None,
            shared: None,
            rev: 1,
        }
    }

    /// A note of nobody, in no theme.
    pub fn note(id: i64, category: Category, text: &str) -> Note {
        Note {
            id: NoteId(id),
            channel: "C1".into(),
            retro: None,
            category,
            author: None,
            text: text.into(),
            link: None,
            source: None,
            hidden: false,
            theme: None,
        }
    }

    /// Somebody in the channel; `U1` leads [`retro`].
    pub fn caller(id: &str) -> Caller {
        let person = Person {
            id: id.into(),
            name: String::new(),
            tz: "UTC".into(),
            bot: false,
            deleted: false,
            external: false,
            admin: false,
        };
        Caller { person, in_channel: true }
    }
}
