//! The retro itself: what is decided, and why not. Pure: no async, no I/O, no clock, no randomness.
//!
//! Every function here takes the state, the request and the time, and returns a [`Decision`] (plain
//! data: what to save, which cards to render again, which timers to set, what to answer) or a
//! [`Refusal`] (a sentence that says what to do instead). Nothing here knows Slack's API.

pub mod action;
pub mod agenda;
pub mod closing;
pub mod due;
pub mod finish;
pub mod note;
pub mod nudge;
pub mod people;
pub mod questions;
pub mod record;
mod refusal;
pub mod release;
pub mod settings;
pub mod start;
pub mod status;
pub mod survey;
pub mod theme;
pub mod typed;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, NoteId, RetroId, UserId};
use crate::press::Press;
use action::Item;
use note::{Kudos, Note};
pub use refusal::Refusal;

/// Where a retro stands. Every move forward is a command, a button or a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The survey is open.
    Collecting,
    /// The survey is closed and the agenda stands in the channel.
    Agenda,
    /// Finished, with its summary.
    Closed,
    /// Called off; what was written is kept out of sight.
    Cancelled,
}

impl Phase {
    /// Neither closed nor cancelled.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Collecting | Self::Agenda)
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
#[serde(rename_all = "lowercase")]
pub enum Answered {
    /// Not yet.
    Waiting,
    /// With the form.
    Written,
    /// `Nothing to add`.
    Nothing,
    /// One of the two: which one is not kept once an anonymous survey is over.
    Done,
    /// `I was not part of it`: leaves the count.
    Absent,
    /// Slack refuses to deliver to this person: leaves the count.
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

/// What follows from a request: all of it is saved in one transaction before Slack hears "yes".
#[derive(Debug, Default)]
pub struct Decision {
    /// Rows to write.
    pub changes: Vec<Change>,
    /// Messages to render again.
    pub cards: Vec<Card>,
    /// Deadlines to set.
    pub timers: Vec<Timer>,
    /// What the caller is told; empty for a press whose card shows it.
    pub reply: Option<Reply>,
    /// What others are told, by DM.
    pub words: Vec<Word>,
}

/// Words to one person about something; about the same thing they go once.
#[derive(Clone, Debug)]
pub struct Word {
    /// To whom.
    pub to: UserId,
    /// What they are about, as a key.
    pub about: String,
    /// The words.
    pub reply: Reply,
}

impl Decision {
    /// Only words, no change.
    pub fn say(text: impl Into<String>) -> Self {
        Self { reply: Some(Reply::new(text)), ..Self::default() }
    }
}

/// One thing to save.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Change {
    Open {
        retro: Retro,
        participants: Vec<UserId>,
    },
    /// Guarded by `rev`.
    Update(Retro),
    /// What changed, of an item that is done.
    ItemOutcome {
        channel: ChannelId,
        number: i64,
        outcome: String,
    },
    Answered {
        retro: RetroId,
        user: UserId,
        answer: Answered,
    },
    /// One more copy of the survey DM was asked for.
    Copied {
        retro: RetroId,
        user: UserId,
    },
    /// This reminder went out.
    Nudged {
        retro: RetroId,
        user: UserId,
        nudges: nudge::Sent,
    },
    /// Replaces what this person wrote before.
    Sheet {
        retro: RetroId,
        sheet: survey::Sheet,
    },
    /// The survey is over: its sheets become notes and are gone, but for those that are `kept`.
    CloseSurvey {
        retro: RetroId,
        anonymous: bool,
        notes: Vec<Note>,
        scores: Vec<Vec<u8>>,
        kept: Vec<survey::Sheet>,
    },
    /// Nothing waits for an author any more: the last sheets and their key are destroyed.
    EndSurvey {
        retro: RetroId,
    },
    Scores {
        retro: RetroId,
        scores: Vec<Vec<u8>>,
    },
    FileNote {
        id: NoteId,
        stage: note::Stage,
    },
    HideNote {
        id: NoteId,
        hidden: bool,
    },
    Configure {
        channel: ChannelId,
        settings: Box<settings::Settings>,
    },
    /// The data of a release, in the place of what was there.
    Release {
        channel: ChannelId,
        release: Box<release::Release>,
    },
    /// The risks of its plan that came true.
    CameTrue {
        channel: ChannelId,
        version: String,
        risks: Vec<String>,
    },
    /// The channel's notes for the coming release belong to this one now.
    AdoptNotes {
        channel: ChannelId,
        retro: RetroId,
    },
    AddNote(Note),
    EditNote {
        id: NoteId,
        text: String,
    },
    DeleteNote(NoteId),
    AddKudos(Kudos),
    AddItem(Item),
    UpdateItem(Item),
    /// `before next release` has a day now, for every such open item of the channel; one that had a day
    /// after `after` already moves along.
    DueNextRelease {
        channel: ChannelId,
        day: chrono::NaiveDate,
        after: Option<chrono::NaiveDate>,
    },
}

/// A message the bot keeps: rendered from the state when it is sent, edited when it moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Card {
    Kickoff(RetroId),
    /// The survey DM; copy 0 is the first, the others are reminders and repeats of it.
    Survey {
        retro: RetroId,
        user: UserId,
        copy: u32,
        nudge: bool,
    },
    /// Asks an author whether to share what was withheld.
    Share {
        retro: RetroId,
        user: UserId,
    },
    Agenda(RetroId),
    /// The release in figures, in the agenda's thread.
    Facts(RetroId),
    /// "It is time": a word in the thread and to the facilitator.
    MeetingTime(RetroId),
    MeetingTimeDm {
        retro: RetroId,
        user: UserId,
    },
    Summary(RetroId),
    /// The whole document in the summary's thread.
    Document(RetroId),
    /// The facilitator hears that a message (by its key) did not reach the channel.
    Trouble {
        retro: RetroId,
        user: UserId,
        about: String,
    },
}

/// A deadline: at most one of each step for a retro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Of which retro.
    pub retro: RetroId,
    /// What happens then.
    pub step: Step,
    /// When; `None` takes the deadline away.
    pub due: Option<DateTime<Utc>>,
}

/// What a deadline does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The survey closes.
    Close,
    /// Everybody has answered and had time to edit: the survey closes.
    Grace,
    /// The meeting's hour.
    Meeting,
    /// Somebody who has not answered is reminded.
    Nudge,
    /// What was withheld and not shared is destroyed.
    Withheld,
}

/// What the caller is told, to nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// mrkdwn in which foreign text is already escaped; also the fallback.
    pub text: String,
    /// Buttons below it.
    pub buttons: Vec<Button>,
    /// Rows with a button of their own, shown before [`Reply::buttons`].
    pub rows: Vec<Row>,
    /// A table at the end; its lines stand in the text for who cannot see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<release::figures::Table>,
}

impl Reply {
    /// Words without buttons.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), buttons: Vec::new(), rows: Vec::new(), table: None }
    }

    /// The same with one more button.
    #[must_use]
    pub fn button(mut self, label: &str, press: Press) -> Self {
        self.buttons.push(Button { label: label.to_owned(), press });
        self
    }
}

/// One line of a list with its own buttons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// mrkdwn, escaped.
    pub text: String,
    /// Its buttons.
    pub buttons: Vec<Button>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What it does.
    pub press: Press,
}

/// What the core may know of the caller when it decides.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub person: people::Person,
    /// Whether they are in the channel that is spoken of.
    pub in_channel: bool,
}

impl Caller {
    /// Facilitators and workspace admins lead.
    pub fn leads(&self, retro: &Retro) -> bool {
        self.person.id == retro.facilitator || self.person.admin
    }

    /// Refuses who may not lead, naming who may.
    pub fn must_lead(&self, retro: &Retro) -> Result<(), Refusal> {
        if self.leads(retro) {
            Ok(())
        } else {
            Err(Refusal::FacilitatorOnly { facilitator: retro.facilitator.clone() })
        }
    }
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
    use super::*;

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
            rev: 1,
        }
    }
}
