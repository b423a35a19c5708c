//! What a button does, and how it travels through Slack.

use serde::{Deserialize, Serialize};

use crate::command::{ActionText, Next};
use crate::ids::{ChannelId, InsightId, NoteId, RetroId};
use crate::model::note::Category;
use crate::model::response::Share;
use crate::model::start::Start;

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "p")]
pub enum BlockAction {
    #[serde(rename = "survey")]
    Survey { retro: RetroId },
    #[serde(rename = "nothing_to_add")]
    NothingToAdd { retro: RetroId },
    #[serde(rename = "not_part")]
    NotPart { retro: RetroId },
    /// After an answer: deletes it. `absent`: I wasn't part of it; else: nothing to add.
    #[serde(rename = "take_back")]
    TakeBack { retro: RetroId, absent: bool },
    #[serde(rename = "agenda")]
    Agenda { retro: RetroId },
    #[serde(rename = "nudge")]
    Nudge { retro: RetroId },
    /// Asks once while answers are still collected.
    #[serde(rename = "finish")]
    Finish { retro: RetroId },
    #[serde(rename = "finish_now")]
    FinishNow {
        retro: RetroId,
        next: Option<Next>,
        /// A mark of the notes with blame that were shown; with others it asks again.
        #[serde(default, skip_serializing_if = "is_zero")]
        seen: u64,
    },
    /// Hides a note with blame, and asks again whether to finish.
    #[serde(rename = "hide_blame")]
    HideBlame { retro: RetroId, said: Said, next: Option<Next> },
    #[serde(rename = "cancel_now")]
    CancelNow { retro: RetroId, why: Option<String> },
    /// Starts in spite of more than 50 people.
    #[serde(rename = "start_everyone")]
    StartEveryone { channel: ChannelId, start: Box<Start> },
    /// Starts what was asked about first.
    #[serde(rename = "start_again")]
    StartAgain { channel: ChannelId, start: Box<Start> },
    /// Posts what Slack refused, or what could not be confirmed.
    #[serde(rename = "post_again")]
    PostAgain { retro: RetroId },
    /// Opens the action item form with what was understood.
    #[serde(rename = "action_form")]
    ActionForm { channel: ChannelId, item: ActionText },
    /// Uses what was typed in the DM of an anonymous retro.
    #[serde(rename = "use_typed")]
    UseTyped { retro: RetroId },
    /// Keeps the note that was typed in this message of the DM; its words are read from Slack again.
    #[serde(rename = "use_typed_note")]
    UseTypedNote { retro: RetroId, dm: ChannelId, ts: String },
    /// Runs the command that was typed in this message of the DM while the survey waited.
    #[serde(rename = "run_typed")]
    RunTyped { retro: RetroId, dm: ChannelId, ts: String },
    /// An author's word on what was withheld.
    #[serde(rename = "share")]
    Share { retro: RetroId, how: Share },
    /// Opens the form that hides a note.
    #[serde(rename = "hide_note")]
    HideNote { retro: RetroId },
    /// Moves a kept message to another stage.
    #[serde(rename = "file_note")]
    FileNote {
        note: NoteId,
        #[serde(rename = "stage")]
        category: Category,
    },
    /// Opens the choice of a theme of a stage, and what to do with it.
    #[serde(rename = "pick_theme")]
    PickTheme {
        retro: RetroId,
        #[serde(rename = "stage")]
        category: Category,
    },
    /// Another page of the Home tab.
    #[serde(rename = "home_page")]
    HomePage {
        page: u32,
        #[serde(default)]
        done: bool,
    },
    #[serde(rename = "show_note")]
    ShowNote { retro: RetroId, note: NoteId },
    /// Opens the form for a new retro.
    #[serde(rename = "start_form")]
    StartForm,
    /// Opens the channel's defaults.
    #[serde(rename = "config")]
    Config { channel: ChannelId },
    #[serde(rename = "edit_note")]
    EditNote { note: NoteId },
    #[serde(rename = "delete_note")]
    DeleteNote { note: NoteId },
    /// Something is to be done with an action item; most open a form.
    #[serde(rename = "item")]
    Item {
        channel: ChannelId,
        number: i64,
        #[serde(rename = "act")]
        action: ItemAction,
    },
    /// Keeps a weak action item as it is.
    #[serde(rename = "keep_item")]
    KeepItem { channel: ChannelId, item: ActionText },
    /// Opens the choice of the five items that stay of high priority.
    #[serde(rename = "choose_high")]
    ChooseHigh { channel: ChannelId, number: i64 },
    /// The open items of the last retro, each with its buttons.
    #[serde(rename = "review")]
    Review { retro: RetroId },
    /// Begins a scheduled retro.
    #[serde(rename = "start_now")]
    StartNow { retro: RetroId },
    /// Asks until when a scheduled retro should wait.
    #[serde(rename = "later")]
    Later { retro: RetroId },
    /// Asks why a release gets no retro.
    #[serde(rename = "skip")]
    Skip { retro: RetroId },
    /// Opens the form for the data of a release.
    #[serde(rename = "data")]
    Data { channel: ChannelId, version: String },
    /// Opens the choice of the risks that came true.
    #[serde(rename = "risks")]
    Risks { retro: RetroId },
    /// Earlier retros of a channel than the one that started then (milliseconds).
    #[serde(rename = "history")]
    History { channel: ChannelId, before: i64 },
    /// Sends the short summary to the stakeholders' channels, or keeps it.
    #[serde(rename = "send_summary")]
    SendSummary { retro: RetroId, send: bool },
    /// Opens the four questions about what keeps coming back.
    #[serde(rename = "escalation")]
    Escalation { retro: RetroId, root: NoteId },
    /// Opens the choice of somebody else for it.
    #[serde(rename = "hand_escalation")]
    HandEscalation { retro: RetroId, root: NoteId },
    /// Reminders that were held back after a long silence go out after all.
    #[serde(rename = "release")]
    ResumeReminders,
    /// A database that is older than the one that ran last is used after all.
    #[serde(rename = "go_on")]
    GoOn,
    #[serde(rename = "meet")]
    Meet { retro: RetroId },
    /// Opens the stage after this one.
    #[serde(rename = "next")]
    Next { retro: RetroId, at: usize },
    /// More time for this stage.
    #[serde(rename = "extend")]
    Extend { retro: RetroId, at: usize },
    /// Stops the clock, or lets it go on.
    #[serde(rename = "pause")]
    Pause { retro: RetroId, stop: bool },
    #[serde(rename = "count_votes")]
    CountVotes { retro: RetroId, at: usize },
    /// I have nothing (more) to say in this stage.
    #[serde(rename = "pass")]
    Pass { retro: RetroId, at: usize },
    /// Opens the form for a note.
    #[serde(rename = "add_note")]
    AddNote {
        retro: RetroId,
        #[serde(rename = "stage")]
        category: Category,
    },
    /// Votes for the theme of this note, or takes the vote back.
    #[serde(rename = "upvote")]
    Upvote { retro: RetroId, note: NoteId },
    /// Opens the questions about the theme of this note.
    #[serde(rename = "dig")]
    Dig { retro: RetroId, note: NoteId },
    /// Opens the action item form, with this note as its reason.
    #[serde(rename = "fix")]
    Fix { retro: RetroId, note: NoteId },
    /// Opens the 5 Whys.
    #[serde(rename = "whys")]
    Whys {
        retro: RetroId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// Opens the action item form, with a root cause as its reason.
    #[serde(rename = "cause")]
    Cause { retro: RetroId, insight: InsightId },
    #[serde(rename = "show_insight")]
    ShowInsight { retro: RetroId, insight: InsightId },
    /// Opens the form that merges, splits, names and moves themes.
    #[serde(rename = "arrange")]
    Arrange {
        retro: RetroId,
        #[serde(rename = "stage")]
        category: Category,
    },
    /// Sends the meeting as a calendar file.
    #[serde(rename = "calendar")]
    Calendar { retro: RetroId },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What can be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    #[serde(rename = "note")]
    Note(NoteId),
    /// An answer to the questions about a theme.
    #[serde(rename = "answer")]
    Answer(InsightId),
}

/// What can be done with an action item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemAction {
    /// The owner says yes to an item that somebody gave them.
    #[serde(rename = "accept")]
    Accept,
    #[serde(rename = "done")]
    Done,
    #[serde(rename = "snooze")]
    Snooze,
    #[serde(rename = "date")]
    Date,
    #[serde(rename = "hand")]
    Hand,
    #[serde(rename = "blocked")]
    Blocked,
    #[serde(rename = "drop")]
    Drop,
    #[serde(rename = "edit")]
    Edit,
    #[serde(rename = "take")]
    Take,
    #[serde(rename = "return")]
    Return,
    /// Its ticket is gone: it gets a new one.
    #[serde(rename = "file")]
    FileAgain,
}

impl ItemAction {
    /// What its button says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Done => "Done",
            Self::Snooze => "Snooze",
            Self::Date => "Change date",
            Self::Hand => "Hand over",
            Self::Blocked => "Blocked",
            Self::Drop => "Won't do",
            Self::Edit => "Edit",
            Self::Take => "Accept",
            Self::Return => "Decline",
            Self::FileAgain => "File again",
        }
    }
}

/// The longest value that Slack keeps with a button.
/// <https://docs.slack.dev/reference/block-kit/block-elements/button-element>
pub const MAX_VALUE: usize = 2000;

/// What is asked before something is done that cannot be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Names the act.
    pub title: &'static str,
    /// What is lost, or who sees it.
    pub text: &'static str,
}

const CLOSE: Confirmation = Confirmation {
    title: "Close the survey?",
    text: "No one can answer after this. I'll post the agenda in the channel.",
};
const SEND: Confirmation =
    Confirmation { title: "Send the summary?", text: "It is posted in the configured channels." };
const START: Confirmation =
    Confirmation { title: "Start the retro now?", text: "Everyone asked gets the survey by DM." };
const COUNT: Confirmation =
    Confirmation { title: "Count the votes?", text: "Voting ends in this stage, and the themes are sorted by votes." };
const FINISH: Confirmation =
    Confirmation { title: "Finish the retro?", text: "It closes, and the summary goes to the channel." };
const TAKE_BACK: Confirmation = Confirmation { title: "Delete your answers?", text: "What you wrote is deleted." };

fn sharing(how: Share) -> Confirmation {
    let (title, text) = match how {
        Share::Named => ("Share with your name?", "Your words appear in the channel with your name."),
        Share::Unnamed => (
            "Share without your name?",
            "Your words appear in the channel without your name. Others may guess who wrote them.",
        ),
        Share::KeepOut => ("Keep your words private?", "I'll delete them. No one will read them."),
    };
    Confirmation { title, text }
}

impl BlockAction {
    /// The `action_id`: the kind, with the version of this format.
    pub fn action_id(&self) -> String {
        let kind = serde_json::to_value(self)
            .ok()
            .and_then(|v| v.get("p").and_then(|p| p.as_str().map(str::to_owned)))
            .unwrap_or_default();
        format!("v1/{kind}")
    }

    /// What is asked before it is done; `None` for what can be taken back.
    pub fn confirmation(&self) -> Option<Confirmation> {
        match self {
            Self::Agenda { .. } => Some(CLOSE),
            Self::SendSummary { send: true, .. } => Some(SEND),
            Self::StartNow { .. } => Some(START),
            Self::CountVotes { .. } => Some(COUNT),
            Self::Finish { .. } => Some(FINISH),
            Self::Share { how, .. } => Some(sharing(*how)),
            Self::TakeBack { .. } => Some(TAKE_BACK),
            Self::SendSummary { send: false, .. }
            | Self::Survey { .. }
            | Self::NothingToAdd { .. }
            | Self::NotPart { .. }
            | Self::Nudge { .. }
            | Self::FinishNow { .. }
            | Self::HideBlame { .. }
            | Self::CancelNow { .. }
            | Self::StartEveryone { .. }
            | Self::StartAgain { .. }
            | Self::PostAgain { .. }
            | Self::ActionForm { .. }
            | Self::UseTyped { .. }
            | Self::UseTypedNote { .. }
            | Self::RunTyped { .. }
            | Self::HideNote { .. }
            | Self::FileNote { .. }
            | Self::HomePage { .. }
            | Self::ShowNote { .. }
            | Self::StartForm
            | Self::Config { .. }
            | Self::EditNote { .. }
            | Self::DeleteNote { .. }
            | Self::Item { .. }
            | Self::KeepItem { .. }
            | Self::ChooseHigh { .. }
            | Self::Review { .. }
            | Self::Later { .. }
            | Self::Skip { .. }
            | Self::Data { .. }
            | Self::Risks { .. }
            | Self::History { .. }
            | Self::Escalation { .. }
            | Self::HandEscalation { .. }
            | Self::ResumeReminders
            | Self::GoOn
            | Self::Meet { .. }
            | Self::Next { .. }
            | Self::Extend { .. }
            | Self::Pause { .. }
            | Self::Pass { .. }
            | Self::AddNote { .. }
            | Self::Upvote { .. }
            | Self::Dig { .. }
            | Self::Fix { .. }
            | Self::Whys { .. }
            | Self::Cause { .. }
            | Self::ShowInsight { .. }
            | Self::Arrange { .. }
            | Self::PickTheme { .. }
            | Self::Calendar { .. } => None,
        }
    }

    /// The `value`, or `None` when it would not fit.
    pub fn value(&self) -> Option<String> {
        serde_json::to_string(self).ok().filter(|v| v.chars().count() <= MAX_VALUE)
    }

    /// Reads a pressed button; `None` for one of another version or app.
    pub fn read(action_id: &str, value: &str) -> Option<Self> {
        let action: Self = serde_json::from_str(value).ok()?;
        (action.action_id() == action_id.split('#').next()?).then_some(action)
    }
}
