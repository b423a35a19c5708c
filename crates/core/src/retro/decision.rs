//! What follows from a request, as plain data: rows, messages, deadlines, and words for the caller.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::card::Card;
use super::table::{Chart, Table};
use crate::ids::{ChannelId, InsightId, NoteId, RetroId, ThemeId, UserId};
use crate::interaction::BlockAction;
use crate::model::assignment::Assignment;
use crate::model::escalation::Escalation;
use crate::model::item::Item;
use crate::model::meeting::Meeting;
use crate::model::note::{Category, Kudos, Note};
use crate::model::participant::{Answered, Sent};
use crate::model::response::Response;
use crate::model::retro::Retro;
use crate::model::settings::Settings;
use crate::model::theme::Insight;

/// What follows from a request: all of it is saved in one transaction before Slack hears "yes".
#[derive(Debug, Default)]
pub struct Decision {
    pub changes: Vec<Change>,
    /// Messages to render again.
    pub cards: Vec<Card>,
    pub timers: Vec<Timer>,
    /// What the caller is told; empty for a press whose card shows it.
    pub reply: Option<Reply>,
    /// What others are told, by DM.
    pub dms: Vec<DirectMessage>,
}

/// Words to one person about something; about the same thing they go once.
#[derive(Clone, Debug)]
pub struct DirectMessage {
    pub to: UserId,
    /// What they are about, as a key.
    pub about: String,
    pub reply: Reply,
}

impl Decision {
    /// Only words, no change.
    pub fn say(text: impl Into<String>) -> Self {
        Self { reply: Some(Reply::new(text)), ..Self::default() }
    }

    /// Whether it saves words whose author is not kept beside them.
    pub fn hides_author(&self) -> bool {
        self.changes.iter().any(|change| {
            matches!(change, Change::Response { .. } | Change::AddInsight { .. })
                || matches!(change, Change::AddNote(note) if note.author.is_none() && note.link.is_none())
        })
    }

    /// Whether it says something and does nothing.
    pub fn only_answers(&self) -> bool {
        self.changes.is_empty() && self.cards.is_empty() && self.timers.is_empty() && self.dms.is_empty()
    }

    /// The same with what follows from another decision; this one's reply is kept.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.changes.extend(other.changes);
        self.cards.extend(other.cards);
        self.timers.extend(other.timers);
        self.dms.extend(other.dms);
        self
    }
}

/// One thing to save.
#[derive(Debug)]
pub enum Change {
    Open {
        retro: Retro,
        participants: Vec<UserId>,
    },
    /// One that was scheduled opens. Guarded by `rev`.
    Begin {
        retro: Retro,
        participants: Vec<UserId>,
    },
    /// Guarded by `rev`.
    Update(Retro),
    /// Which release was named as the one before.
    Follows {
        channel: ChannelId,
        version: String,
        previous: String,
    },
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
        nudges: Sent,
    },
    /// Replaces what this person wrote before.
    Response {
        retro: RetroId,
        response: Response,
    },
    /// The survey is over: its sheets become notes and are gone, but for those that are `kept`.
    CloseSurvey {
        retro: RetroId,
        anonymous: bool,
        notes: Vec<Note>,
        scores: Vec<Vec<u8>>,
        kept: Vec<Response>,
    },
    /// The key of the survey is gone, and what was written with it: everybody gets a blank sheet.
    BlankSheets {
        retro: RetroId,
    },
    /// Nothing waits for an author any more: the last sheets and their key are destroyed.
    EndSurvey {
        retro: RetroId,
    },
    /// Scores of authors who shared what was withheld.
    MoreScores {
        retro: RetroId,
        scores: Vec<Vec<u8>>,
    },
    FileNote {
        id: NoteId,
        category: Category,
    },
    HideNote {
        id: NoteId,
        hidden: bool,
    },
    Configure {
        channel: ChannelId,
        settings: Box<Settings>,
    },
    /// The data of a release, replacing what was there, and who said what of it.
    Release {
        channel: ChannelId,
        release: Box<super::release::Release>,
        said: Vec<super::release::source::Said>,
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
    /// A finished retro's themes: the note that stands for each, and the first of its kind.
    KeepThemes {
        retro: RetroId,
        channel: ChannelId,
        themes: Vec<(NoteId, NoteId)>,
    },
    /// A theme is brought before somebody, or was answered.
    Escalate {
        channel: ChannelId,
        escalation: Escalation,
    },
    /// A meeting as it stands now. Guarded by its `rev`.
    Meeting {
        retro: RetroId,
        meeting: Meeting,
    },
    /// Somebody was heard in a stage: so many words more, or they passed.
    Heard {
        retro: RetroId,
        stage: usize,
        user: UserId,
        contributions: u32,
        passed: bool,
    },
    /// Somebody was invited to a stage.
    Invited {
        retro: RetroId,
        stage: usize,
        user: UserId,
    },
    /// An invitation came outside the person's working hours: it was not sent.
    NotInvited {
        retro: RetroId,
        stage: usize,
        user: UserId,
    },
    /// A note belongs to this theme now.
    Join {
        note: NoteId,
        theme: ThemeId,
    },
    NameTheme {
        retro: RetroId,
        theme: ThemeId,
        name: String,
    },
    /// What one theme has becomes the other's; its notes join by themselves.
    MergeTheme {
        from: ThemeId,
        into: ThemeId,
    },
    /// A vote is given, or taken back.
    Vote {
        retro: RetroId,
        theme: ThemeId,
        user: UserId,
        given: bool,
    },
    /// Votes for a theme that are not counted yet are given back.
    ClearVotes {
        theme: ThemeId,
    },
    /// Votes become numbers; who gave them is gone.
    CountVotes {
        retro: RetroId,
    },
    AddInsight {
        retro: RetroId,
        insight: Insight,
    },
    HideInsight {
        retro: RetroId,
        id: InsightId,
        hidden: bool,
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
    /// A closed item is open again.
    ReopenItem(Item),
    /// An item is somebody's by another person's word: they are told.
    Assign(Assignment),
    /// The owner accepts an item that was given to them.
    Accept {
        channel: ChannelId,
        number: i64,
        owner: UserId,
    },
    /// `before next release` has a day now, for every such open item of the channel; one that had a day
    /// after `after` already moves along.
    DueNextRelease {
        channel: ChannelId,
        day: chrono::NaiveDate,
        after: Option<chrono::NaiveDate>,
        /// Who named the day: their own items are no news to them.
        by: Option<UserId>,
    },
}

/// A deadline: at most one of each step for a retro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    pub retro: RetroId,
    pub step: Step,
    /// When; `None` takes the deadline away.
    pub due: Option<DateTime<Utc>>,
}

/// What a deadline does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// The channel is told that a retro begins by itself.
    #[serde(rename = "notice")]
    Notice,
    #[serde(rename = "begin")]
    Begin,
    #[serde(rename = "close")]
    Close,
    /// Everybody has answered and had time to edit: the survey closes.
    #[serde(rename = "grace")]
    Grace,
    /// The meeting's hour.
    #[serde(rename = "meeting")]
    Meeting,
    /// Somebody who has not answered is reminded.
    #[serde(rename = "nudge")]
    Nudge,
    /// What was withheld and not shared is destroyed.
    #[serde(rename = "withheld")]
    Withheld,
    /// The clock of the meeting's stage.
    #[serde(rename = "stage")]
    Stage,
    /// Somebody is invited to the meeting's stage.
    #[serde(rename = "invite")]
    Invite,
}

/// What the caller is told, to nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// mrkdwn in which foreign text is already escaped; also the fallback.
    pub text: String,
    pub buttons: Vec<Button>,
    /// Rows with a button of their own, shown before [`Reply::buttons`].
    pub rows: Vec<Row>,
    /// A table at the end; its lines stand in the text for who cannot see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Box<Table>>,
    /// Charts of what the table tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
}

impl Reply {
    /// Words without buttons.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), buttons: Vec::new(), rows: Vec::new(), table: None, charts: Vec::new() }
    }

    /// The same with one more button.
    #[must_use]
    pub fn button(mut self, label: &str, action: BlockAction) -> Self {
        self.buttons.push(Button { label: label.to_owned(), action });
        self
    }
}

/// One line of a list with its own buttons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// mrkdwn, escaped.
    pub text: String,
    pub buttons: Vec<Button>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub label: String,
    #[serde(rename = "press")]
    pub action: BlockAction,
}
