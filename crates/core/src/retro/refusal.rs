//! Everything that is refused, each with the sentence that says what to do instead.

use chrono::{DateTime, Utc};

use super::typed_date::Unread;
use crate::command::Mistyped;
use crate::ids::UserId;
use crate::model::participant::NUDGE_PAUSE;
use crate::text::{esc, mention};
use crate::zone;

/// Nothing was changed, and this is why. The text goes to the caller as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Mistyped(#[from] Mistyped),
    #[error(transparent)]
    Date(#[from] Unread),
    #[error("Which channel? Please name it, for example `{0} in #releases`.")]
    WhichChannel(&'static str),
    #[error("I cannot find that channel, or you are not in it. Join it first, and invite me with `/invite @lookback`.")]
    NoChannel,
    #[error("I am not in this channel yet: type `/invite @lookback`, then try again.")]
    NotInvited,
    #[error("This channel is archived: unarchive it, or start the retro in another channel.")]
    Archived,
    #[error("Only members of the channel can do that: join it, then try again.")]
    NotAMember,
    #[error("Guests of another company take part when they are named in `/retro start`, but cannot run commands.")]
    External,
    #[error(
        "There is nobody to ask here: only bots and deactivated accounts were found. Name people, as in `/retro start v2.1.0 @maria`."
    )]
    NobodyToAsk,
    #[error("{0} is a bot or a deactivated account: please name a person.")]
    NotAPerson(String),
    #[error("I do not know {0}: pick the name from the list that Slack shows when you type @.")]
    UnknownPerson(String),
    #[error(
        "I cannot see who is in that group: name the people, or ask an admin whether I may see user groups (`usergroups:read`)."
    )]
    NoGroups,
    #[error("The survey would close {0}, which is in the past: choose a later time.")]
    ClosesInPast(String),
    #[error(
        "The meeting ({meeting}) would be before the survey closes ({closes}): choose a later meeting or an earlier close."
    )]
    MeetingBeforeClose { meeting: String, closes: String },
    #[error("`{0}` needs a date of its own; “before next release” does not fit here.")]
    NeedsDate(&'static str),
    #[error("I read only words: `/retro help` shows what I understand.")]
    OnlyWords,
    #[error(
        "I can only take words as an answer: type it here, or open the form. Your file stays in this conversation."
    )]
    NoWords,
    #[error("I cannot read that message any more: please type the command again.")]
    CommandGone,
    #[error("{0} Nothing was changed: I do all of them or none.")]
    NoneChanged(String),
    #[error("No retro is open in this channel. Start one with `/retro start v2.1.0`.")]
    NothingOpen,
    #[error("No retro of {version} is open in this channel.{open}")]
    NoSuchVersion { version: String, open: String },
    #[error("Several retros are open here: {0}. Please name one, for example `{1}`.")]
    WhichVersion(String, String),
    #[error("No survey is waiting for you.")]
    NoSurvey,
    #[error("Only {} or a workspace admin can do that. Ask them, or see `/retro help lead`.", mention(.facilitator))]
    FacilitatorOnly { facilitator: UserId },
    #[error("{} was active less than 24 hours ago, so only they or a workspace admin can hand the retro over.", mention(.facilitator))]
    LeadTooSoon { facilitator: UserId },
    #[error("After 24 hours without a sign of the facilitator you can take the retro yourself: `/retro lead @you`.")]
    LeadOnlyYourself,
    #[error("The survey of {} is closed, so this was not saved. You can still add a note: `/retro note improve …`.", esc(.0))]
    SurveyClosed(String),
    #[error(
        "You were not asked in this retro, so there is no survey for you. You can add a note: `/retro note improve …`."
    )]
    NotAsked,
    #[error("The retro of {version} is {state}, so there is nothing left to do here.", version = esc(.0), state = .1)]
    AlreadyOver(String, &'static str),
    #[error("The last reminder went out {}; the next can go from {}.", zone::show(*.last, .tz), zone::show(*.last + NUDGE_PAUSE, .tz))]
    NudgedAlready { last: DateTime<Utc>, tz: String },
    #[error("The survey of {} is closed, so nobody needs a reminder.", esc(.0))]
    NothingToAnswer(String),
    #[error("Only participants of this retro can take it over; ask one of them, or a workspace admin.")]
    LeadParticipants,
    #[error("{0} is not in this channel: invite them first, then hand the retro over.")]
    LeadOutsider(String),
    #[error(
        "Something that is needed for this cannot be read in the database, so nothing was changed. Please ask whoever runs me to look at `lookback doctor`."
    )]
    Unreadable,
    #[error(
        "This is taking longer than usual. I am still working on it and will tell you the result. Please do not send it again."
    )]
    Slow,
    #[error("Everybody has answered, so nobody needs a reminder.")]
    NobodyToNudge,
    #[error("The meeting of {} has not begun: `/retro meet` opens its first stage.", esc(.0))]
    NoMeetingYet(String),
    #[error("No meeting is under way in this channel. `/retro meet` begins one, once the agenda is posted.")]
    NoMeeting,
    #[error("The survey of {} is still open: `/retro agenda` closes it, then `/retro meet` begins the meeting.", esc(.0))]
    MeetBeforeAgenda(String),
    #[error("That stage is over; now it is “{0}”. The newest message of the thread has its buttons.")]
    StageOver(&'static str),
    #[error("That is more than a stage can take at once: please give {0} at most.")]
    TooMuchTime(&'static str),
    #[error("The themes of {} come with its agenda, once the survey is closed; until then `/retro note improve …` keeps a thought.", esc(.0))]
    NoThemesYet(String),
    #[error("That note is gone: look at the newest state of the message.")]
    NoSuchTheme,
    #[error("The votes of this stage are counted, so they stay as they are.")]
    VotesCounted,
    #[error("You have given your three votes in this stage, to {0}: press Upvote there again to take one back.")]
    NoVotesLeft(String),
    #[error("Nobody has voted in this stage yet: votes are counted once, and end with it.")]
    NoVotesYet,
    #[error("“{}” is neither a time such as 5m, 1h or 1d nor a retro that is open here.", esc(.0))]
    NoTimeNorVersion(String),
    #[error("The meeting of {} has no time yet: its facilitator says when it is.", esc(.0))]
    NoMeetingTime(String),
    #[error("Please fill this in: the problem, at least two whys, and the root cause.")]
    WhysNeedThis,
    #[error("Please choose themes, or notes that should leave theirs.")]
    NothingChosen,
    #[error("Please choose the theme to rename or move, or at least two to merge.")]
    WhichTheme,
    #[error("Please write at least one answer, or close this and press Nothing to add.")]
    EmptySurvey,
    #[error("Please keep this under {max} characters; it has {len}.")]
    TooLong { max: usize, len: usize },
    #[error(
        "Your answers for this retro are {} too long in total: please shorten this one.",
        crate::text::count(*.0, "character", "characters")
    )]
    SheetFull(usize),
    #[error("Please choose a number from 1 to 10.")]
    NotAScore,
    #[error("A survey has 2 to 10 questions, this would be {0}: one question a line.")]
    QuestionCount(usize),
    #[error("“{0}” has no question after the colon: write it, or leave the line out.")]
    EmptyQuestion(String),
    #[error("Please keep at least one question that takes words, such as `other: Any other thoughts?`.")]
    NoTextQuestion,
    #[error("Please give a number from {least} to {most}.")]
    NotInRange { least: u64, most: u64 },
    #[error("Please give hours as 09:00-18:00, at least one hour long.")]
    NotHours,
    #[error("“{0}” is neither a weekday nor a date: try sat, sun, 2026-12-24.")]
    NotADayOff(String),
    #[error("Please leave at least one working day in the week.")]
    NoWorkingDay,
    #[error("I do not know the time zone “{0}”: try Europe/Berlin or America/New_York.")]
    NoSuchZone(String),
    #[error("Please give the name of an emoji, such as :retro: or :bulb:.")]
    NotAnEmoji,
    #[error("Please give a day as 2026-11-16.")]
    NotADay,
    #[error("A sprint needs both its first day and its length in days; leave both empty for none.")]
    SprintNeedsBoth,
    #[error("Nothing of yours waits in the retro of {} any more.", esc(.0))]
    NothingWithheld(String),
    #[error("Nothing that you typed is waiting any more: type it again, or open the form.")]
    NothingTyped,
    #[error("This note is saved already.")]
    NoteUsed,
    #[error(
        "Your message was deleted, is older than two days, or is no longer a note: write it again with `/retro note`."
    )]
    NoteGone,
    #[error(
        "I cannot read that message here: use “Add to retro” in its menu, or ask an admin to grant `channels:history`."
    )]
    CannotReadMessage,
    #[error("A version has 1 to 64 characters and no spaces, such as v2.1.0.")]
    NotAVersion,
    #[error("There are no notes to hide yet.")]
    NothingToHide,
    #[error("A note needs some text.")]
    EmptyNote,
    #[error("That note is not yours to change, or it is gone.")]
    NoSuchNote,
    #[error("That is kind, but please recognise somebody else.")]
    OwnKudos,
    #[error("There is no action item #{0} in this channel: `/retro actions all` lists them.")]
    NoSuchItem(i64),
    #[error("Action item #{number} belongs to {}: ask them, or the facilitator.", mention(.owner))]
    NotYourItem { number: i64, owner: UserId },
    #[error(
        "Action item #{number} is of high priority and due {due}: say why it stays quiet beyond that, as in `/retro snooze {number} friday because …`."
    )]
    SnoozeNeedsWhy { number: i64, due: String },
    #[error("Please give a day that is still to come, such as friday, 3d or 2026-12-01.")]
    SnoozeNeedsDay,
    #[error("The retro of {} has no document yet: it comes with the agenda. `/retro export csv` has the action items.", esc(.0))]
    NothingToExport(String),
    #[error("What was written in the retro of {} was deleted at the end of the retention period. `/retro history` shows what is kept.", esc(.0))]
    Forgotten(String),
    #[error("Only somebody who facilitates retros, or a workspace admin, can do that.")]
    LeadersOnly,
    #[error("Please choose at most five items of high priority: with more, none is.")]
    TooManyHigh,
    #[error("{0} is not in this channel: invite them first, or choose somebody who is.")]
    NotInChannel(String),
    #[error("Action item #{number} belongs to {} already.", mention(.owner))]
    OwnsItAlready { number: i64, owner: UserId },
    #[error("Action item #{0} is not offered to you any more.")]
    NotOffered(i64),
    #[error("Action item #{number} is already {state}{}.", .by.as_ref().map(|by| format!(" (by {})", mention(by))).unwrap_or_default())]
    ItemClosed { number: i64, state: &'static str, by: Option<UserId> },
    #[error("{0} is the release of this retro: name the one after it.")]
    NextIsThis(String),
    #[error("Please change either the fields above or this document, not both at once.")]
    FormOrDocument,
    #[error("{0}")]
    BadData(String),
    #[error("Please give a whole number from 0 on, or leave it empty.")]
    NotACount,
    #[error("“{}” {}.", esc(.0), .1)]
    NotASpan(String, super::release::Unread),
    #[error("I could not read “{}” as a line of the timeline: write it as “Database migration: 15 min -> 20 min”.", esc(.0))]
    NotATimelineRow(String),
    #[error("The release data of {} was changed while you had the form open, so yours was not saved: open it again.", esc(.0))]
    DataChanged(String),
    #[error("Which release? Please name it, for example `/retro data v2.1.0`.")]
    DataOfWhich,
    #[error("The release data of {} has no plan with risks: add it as `plan:`, or with `lookback release import --plan`.", esc(.0))]
    NoRisks(String),
    #[error("The retro of {} has not begun yet: `/retro start {}` begins it now.", esc(.0), esc(.0))]
    NotBegun(String),
    #[error(
        "Please say why this release gets no retro, as in `/retro cancel because only texts changed`: the reason stands in the history."
    )]
    SkipNeedsWhy,
    #[error("Please answer at least one of the four questions.")]
    EmptyAnswers,
    #[error("The short summary of {} was {} already.", esc(.0), .1)]
    SharedAlready(String, &'static str),
    #[error("No channel is configured for the short summary: name one in `/retro config`.")]
    NoStakeholders,
    #[error("I could not save that just now, so nothing was changed. Please try again in a moment.")]
    NotSaved,
    #[error(
        "Slack did not answer my questions about this channel, so nothing was changed. Please try again in a few minutes."
    )]
    SlackSilent,
    #[error("This button belongs to an older version of Lookback. Type `/retro status` for a fresh one.")]
    OldButton,
    #[error("I did not understand that. `/retro help` lists what I can do.")]
    Unknown,
}
