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
pub mod closing;
mod decision;
pub mod due;
pub mod finish;
pub mod greeting;
pub mod health;
pub mod history;
pub mod likeness;
pub mod meeting;
pub mod message;
pub mod note;
pub mod nudge;
pub mod people;
pub mod questions;
pub mod record;
pub mod recurring;
mod refusal;
pub mod release;
pub mod rights;
pub mod schedule;
pub mod settings;
pub mod start;
pub mod status;
pub mod survey;
pub mod theme;
pub mod typed;
pub mod which;
pub mod wins;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, RetroId, UserId};
pub use card::Card;
pub use decision::{Button, Change, Decision, DirectMessage, Reply, Row, Step, Timer};
pub use refusal::Refusal;
pub use rights::Caller;

/// Where a retro stands. Every move forward is a command, a button or a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// A pipeline asked for it; it begins by itself.
    #[serde(rename = "scheduled")]
    Scheduled,
    /// The survey is open.
    #[serde(rename = "collecting")]
    Collecting,
    /// The survey is closed and the agenda stands in the channel.
    #[serde(rename = "agenda")]
    Agenda,
    /// The stages are held in the agenda's thread.
    #[serde(rename = "meeting")]
    Meeting,
    /// Finished, with its summary.
    #[serde(rename = "closed")]
    Closed,
    /// Called off; what was written is kept out of sight.
    #[serde(rename = "cancelled")]
    Cancelled,
}

impl Phase {
    /// Begun, and neither closed nor cancelled.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Collecting | Self::Agenda | Self::Meeting)
    }

    /// The survey is closed, its agenda stands in the channel, and it is not over.
    pub fn has_agenda(self) -> bool {
        matches!(self, Self::Agenda | Self::Meeting)
    }
}

/// One retrospective of one release in one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retro {
    /// Random, so that it tells nothing.
    pub id: RetroId,
    /// The release channel.
    pub channel: ChannelId,
    /// The release, as typed.
    pub version: String,
    /// Where it stands.
    pub phase: Phase,
    /// Who started it, or took it over.
    pub facilitator: UserId,
    /// When the facilitator last did something here.
    pub facilitator_seen: DateTime<Utc>,
    /// Names are never shown beside answers. Fixed at the start.
    pub anonymous: bool,
    /// In an anonymous retro: words of fewer people than this are not shown without asking them. Fixed at
    /// the start.
    pub threshold: usize,
    /// What the survey asks. Fixed at the start.
    pub questions: Vec<questions::Question>,
    /// Until when authors may share what was withheld; `None` where nothing is.
    pub withheld: Option<DateTime<Utc>>,
    /// The stages are held in the thread, without a call.
    pub is_async: bool,
    /// Minutes of the meeting, 30 to 120.
    pub length: u32,
    /// When the survey closes by itself.
    pub closes: DateTime<Utc>,
    /// The zone in which its times are shown: the starter's.
    pub zone: String,
    /// When the meeting is.
    pub meeting: Option<DateTime<Utc>>,
    /// When the release went out.
    pub deployed: Option<DateTime<Utc>>,
    /// The retro before this one in the channel.
    pub previous: Option<RetroId>,
    /// When it was started.
    pub started: DateTime<Utc>,
    /// When everybody had answered; the survey closes [`survey::GRACE`] after it.
    pub all_answered: Option<DateTime<Utc>>,
    /// When the last nudge by hand went out.
    pub nudged: Option<DateTime<Utc>>,
    /// When it was closed or cancelled.
    pub ended: Option<DateTime<Utc>>,
    /// Why it was cancelled.
    pub cancelled_because: Option<String>,
    /// The release after this one, where `finish` named it.
    pub next: Option<NextRelease>,
    /// When it begins and with what, where a pipeline asked for it.
    pub scheduled: Option<schedule::Scheduled>,
    /// What became of the short summary for the stakeholders' channels: whether it was sent; `None` while that is open.
    pub shared: Option<bool>,
    /// Grows with every change; an update that finds another number lost a race.
    pub rev: i64,
}

/// `next:v2.2.0@2026-12-20`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRelease {
    /// Its version.
    pub version: String,
    /// Its day.
    pub day: Option<chrono::NaiveDate>,
}

/// Who is asked, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub user: UserId,
    /// What became of it.
    pub answer: Answered,
    /// How many copies of the survey DM went out after the first (nudges, `/retro survey`).
    pub copies: u32,
    /// Which reminders went out by themselves.
    pub nudges: nudge::Sent,
}

/// Whether a participant has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answered {
    /// Not yet.
    #[serde(rename = "waiting")]
    Waiting,
    /// With the form.
    #[serde(rename = "written")]
    Written,
    /// `Nothing to add`.
    #[serde(rename = "nothing")]
    Nothing,
    /// One of the two: which one is not kept once an anonymous survey is over.
    #[serde(rename = "done")]
    Done,
    /// `I was not part of it`: leaves the count.
    #[serde(rename = "absent")]
    Absent,
    /// Slack refuses to deliver to this person: leaves the count.
    #[serde(rename = "unreachable")]
    Unreachable,
}

/// `6 of 8`: who has answered, of those who count.
pub fn tally(participants: &[Participant]) -> (usize, usize) {
    let counts = |p: &&Participant| !matches!(p.answer, Answered::Absent | Answered::Unreachable);
    let all = participants.iter().filter(counts).count();
    let done = participants
        .iter()
        .filter(|p| matches!(p.answer, Answered::Written | Answered::Nothing | Answered::Done))
        .count();
    (done, all)
}

/// `*v2.1.0*`, escaped.
pub fn bold(version: &str) -> String {
    format!("*{}*", crate::text::esc(version))
}

/// What the id of a person who was erased begins with.
pub const GONE: &str = "gone-";

/// `<@U1>`; somebody who was erased has no name.
pub fn mention(user: &UserId) -> String {
    if user.as_str().starts_with(GONE) { "somebody who left".to_owned() } else { format!("<@{}>", user.as_str()) }
}

#[cfg(test)]
mod tests {
    use super::note::{Category, Note};
    use super::people::Person;
    use super::*;
    use crate::ids::NoteId;

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
            questions: questions::standard(),
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
