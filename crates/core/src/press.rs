//! Every button and form of the bot as data: what a press means, and how it travels through Slack.
//!
//! Rule: a value names what is meant, it never grants a right; who may press is checked at the
//! press. Ids carry a version (`v1/…`), so that a button outlives an upgrade.

use serde::{Deserialize, Serialize};

use crate::command::{ActionText, Next, Start};
use crate::ids::{ChannelId, InsightId, NoteId, RetroId};
use crate::retro::closing::Share;
use crate::retro::note::Stage;

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "p", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Press {
    /// Opens the survey form.
    Survey {
        retro: RetroId,
    },
    NothingToAdd {
        retro: RetroId,
    },
    NotPart {
        retro: RetroId,
    },
    /// After an answer: deletes it. `absent`: I was not part of it; else: nothing to add.
    TakeBack {
        retro: RetroId,
        absent: bool,
    },
    Agenda {
        retro: RetroId,
    },
    Nudge {
        retro: RetroId,
    },
    /// Asks once while answers are still collected.
    Finish {
        retro: RetroId,
    },
    FinishNow {
        retro: RetroId,
        next: Option<Next>,
    },
    CancelNow {
        retro: RetroId,
        why: Option<String>,
    },
    /// Starts in spite of more than 50 people.
    StartEveryone {
        channel: ChannelId,
        start: Box<Start>,
    },
    /// Posts what Slack refused, or what could not be confirmed.
    PostAgain {
        retro: RetroId,
    },
    /// Opens the action item form with what was understood.
    ActionForm {
        channel: ChannelId,
        item: ActionText,
    },
    /// Uses what was typed in the DM of an anonymous retro.
    UseTyped {
        retro: RetroId,
    },
    /// An author's word on what was withheld.
    Share {
        retro: RetroId,
        how: Share,
    },
    /// Opens the form that hides a note.
    HideNote {
        retro: RetroId,
    },
    /// Moves a kept message to another stage.
    FileNote {
        note: NoteId,
        stage: Stage,
    },
    /// Another page of the Home tab.
    HomePage {
        page: u32,
        #[serde(default)]
        done: bool,
    },
    ShowNote {
        retro: RetroId,
        note: NoteId,
    },
    /// Opens the form for a new retro.
    StartForm,
    /// Opens the channel's defaults.
    Config {
        channel: ChannelId,
    },
    EditNote {
        note: NoteId,
    },
    DeleteNote {
        note: NoteId,
    },
    /// Something is to be done with an action item; most open a form.
    Item {
        channel: ChannelId,
        number: i64,
        act: ItemAct,
    },
    /// Keeps a weak action item as it is.
    KeepItem {
        channel: ChannelId,
        item: ActionText,
    },
    /// Opens the choice of the five items that stay of high priority.
    ChooseHigh {
        channel: ChannelId,
        number: i64,
    },
    /// The open items of the last retro, each with its buttons.
    Review {
        retro: RetroId,
    },
    /// Begins a scheduled retro.
    StartNow {
        retro: RetroId,
    },
    /// Asks until when a scheduled retro should wait.
    Later {
        retro: RetroId,
    },
    /// Asks why a release gets no retro.
    Skip {
        retro: RetroId,
    },
    /// Opens the form for the data of a release.
    Data {
        channel: ChannelId,
        version: String,
    },
    /// Opens the choice of the risks that came true.
    Risks {
        retro: RetroId,
    },
    /// Earlier retros of a channel than the one that started then (milliseconds).
    History {
        channel: ChannelId,
        before: i64,
    },
    /// Sends the short summary to the stakeholders' channels, or keeps it.
    SendSummary {
        retro: RetroId,
        send: bool,
    },
    /// Opens the four questions about what keeps coming back.
    Escalation {
        retro: RetroId,
        root: NoteId,
    },
    /// Opens the choice of somebody else for it.
    HandEscalation {
        retro: RetroId,
        root: NoteId,
    },
    /// Reminders that were held back after a long silence go out after all.
    Release,
    /// Begins the meeting.
    Meet {
        retro: RetroId,
    },
    /// Opens the stage after this one.
    Next {
        retro: RetroId,
        at: usize,
    },
    /// More time for this stage.
    Extend {
        retro: RetroId,
        at: usize,
    },
    /// Stops the clock, or lets it go on.
    Pause {
        retro: RetroId,
        stop: bool,
    },
    CountVotes {
        retro: RetroId,
        at: usize,
    },
    /// I have nothing (more) to say in this stage.
    Pass {
        retro: RetroId,
        at: usize,
    },
    /// Opens the form for a note.
    AddNote {
        retro: RetroId,
        stage: Stage,
    },
    /// Votes for the theme of this note, or takes the vote back.
    Upvote {
        retro: RetroId,
        note: NoteId,
    },
    /// Opens the questions about the theme of this note.
    Dig {
        retro: RetroId,
        note: NoteId,
    },
    /// Opens the action item form, with this note as its reason.
    Fix {
        retro: RetroId,
        note: NoteId,
    },
    /// Opens the 5 Whys.
    Whys {
        retro: RetroId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// Opens the action item form, with a root cause as its reason.
    Cause {
        retro: RetroId,
        insight: InsightId,
    },
    ShowInsight {
        retro: RetroId,
        insight: InsightId,
    },
    /// Opens the form that merges, splits, names and moves themes.
    Arrange {
        retro: RetroId,
        stage: Stage,
    },
    /// Sends the meeting as a calendar file.
    Calendar {
        retro: RetroId,
    },
}

/// What can be done with an action item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the labels say it")]
pub enum ItemAct {
    Done,
    Snooze,
    Date,
    Hand,
    Blocked,
    Drop,
    Edit,
    Take,
    Return,
}

impl ItemAct {
    /// What its button says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Snooze => "Snooze",
            Self::Date => "Change date",
            Self::Hand => "Hand over",
            Self::Blocked => "Blocked",
            Self::Drop => "Won't do",
            Self::Edit => "Edit",
            Self::Take => "Take it",
            Self::Return => "Return it",
        }
    }
}

/// The longest value that Slack keeps with a button.
/// <https://docs.slack.dev/reference/block-kit/block-elements/button-element>
pub const MAX_VALUE: usize = 2000;

impl Press {
    /// The `action_id`: the kind, with the version of this format.
    pub fn action_id(&self) -> String {
        let kind = serde_json::to_value(self)
            .ok()
            .and_then(|v| v.get("p").and_then(|p| p.as_str().map(str::to_owned)))
            .unwrap_or_default();
        format!("v1/{kind}")
    }

    /// What is asked before it is done; `None` for what can be taken back.
    pub fn question(&self) -> Option<&'static str> {
        match self {
            Self::Agenda { .. } => Some("The survey closes for good, and the agenda goes to the channel."),
            Self::SendSummary { send: true, .. } => Some("It is posted in the configured channels."),
            Self::StartNow { .. } => Some("Everybody is asked now, by DM."),
            Self::CountVotes { .. } => {
                Some("Nobody votes in this stage any more, and the themes stand by their votes.")
            }
            Self::Finish { .. } => Some("The retro is closed, and its summary goes to the channel."),
            Self::Share { how: Share::Named, .. } => Some("What you wrote is shown in the channel, with your name."),
            Self::Share { how: Share::Unnamed, .. } => {
                Some("What you wrote is shown in the channel without your name; others may guess.")
            }
            Self::Share { how: Share::KeepOut, .. } => Some("What you wrote is deleted, and nobody will read it."),
            Self::TakeBack { .. } => Some("What you wrote is deleted."),
            _ => None,
        }
    }

    /// The `value`, or `None` when it would not fit.
    pub fn value(&self) -> Option<String> {
        serde_json::to_string(self).ok().filter(|v| v.chars().count() <= MAX_VALUE)
    }

    /// Reads a pressed button; `None` for one of another version or app.
    pub fn read(action_id: &str, value: &str) -> Option<Self> {
        let press: Self = serde_json::from_str(value).ok()?;
        (press.action_id() == action_id.split('#').next()?).then_some(press)
    }
}

/// Which form was sent, and what it is about: a modal's `callback_id` and `private_metadata`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "f", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Form {
    Survey {
        retro: RetroId,
    },
    /// A new action item; `seen`: the weak words whose fault was shown, which may be kept so.
    Action {
        channel: ChannelId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<String>,
        /// The retro in whose meeting it is made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retro: Option<RetroId>,
    },
    Note {
        note: NoteId,
    },
    HideNote {
        retro: RetroId,
    },
    /// A new retro, from the shortcut or the Home tab.
    Start,
    Config {
        channel: ChannelId,
    },
    /// `dm`: it was opened from the DM or the Home tab, and is answered there.
    Item {
        channel: ChannelId,
        number: i64,
        act: ItemAct,
        dm: bool,
        /// Weak words whose fault was shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<String>,
    },
    ChooseHigh {
        channel: ChannelId,
        number: i64,
    },
    StartEveryone {
        channel: ChannelId,
        start: Box<Start>,
    },
    /// The data of a release; `seen` marks what was there when the form opened.
    Data {
        channel: ChannelId,
        version: String,
        seen: String,
    },
    Risks {
        retro: RetroId,
    },
    Later {
        retro: RetroId,
    },
    Skip {
        retro: RetroId,
    },
    Escalation {
        retro: RetroId,
        root: NoteId,
    },
    HandEscalation {
        retro: RetroId,
        root: NoteId,
    },
    /// A note in the meeting; `seen`: its writer was shown that it may read as blame.
    AddNote {
        retro: RetroId,
        stage: Stage,
        #[serde(default)]
        seen: bool,
    },
    Dig {
        retro: RetroId,
        note: NoteId,
    },
    Whys {
        retro: RetroId,
    },
    Arrange {
        retro: RetroId,
        stage: Stage,
    },
}

impl Form {
    /// What stands in `private_metadata` (at most 3,000 characters there).
    pub fn metadata(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether that is short enough for Slack.
    pub fn fits(&self) -> bool {
        self.metadata().chars().count() <= 3000
    }

    /// Reads it back.
    pub fn read(metadata: &str) -> Option<Self> {
        serde_json::from_str(metadata).ok()
    }
}
