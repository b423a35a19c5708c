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
    #[error(
        "Where should tickets go? Name a Jira project by its key, such as `OPS`, or with an issue type: `OPS/Task`."
    )]
    NotAProject,
    #[error("Where should tickets go? Name a Linear team by its identifier, such as `ENG`.")]
    NotATeam,
    #[error("Where should tickets go? Name a GitHub repository, such as `acme/shop`.")]
    NotARepository,
    #[error("Please name at most 10 labels, separated by commas, each of at most 50 characters.")]
    NotLabels,
    #[error("“{0}” is not a pair such as `ben@example.com = ben-hub`: write one pair on each line.")]
    NotAnAccount(String),
    #[error(
        "Name the repository and the path of the file with a colon between them, such as `acme/shop:docs/plan.md`."
    )]
    NotAPlan,
    #[error(transparent)]
    Mistyped(#[from] Mistyped),
    #[error(transparent)]
    Date(#[from] Unread),
    #[error("Which channel? Please name it, for example `{0} in #releases`.")]
    WhichChannel(&'static str),
    #[error("I can't find that channel, or you're not in it. Join it first, and invite me with `/invite @lookback`.")]
    NoChannel,
    #[error("I'm not in this channel yet: type `/invite @lookback`, then try again.")]
    NotInvited,
    #[error("This channel is archived: unarchive it, or start the retro in another channel.")]
    Archived,
    #[error("Only members of the channel can do that: join it, then try again.")]
    NotAMember,
    #[error("People from other companies can take part if `/retro start` names them, but they can't run commands.")]
    External,
    #[error(
        "There is no one to ask: I found only bots and deactivated accounts. Name people, as in `/retro start v2.1.0 @maria`."
    )]
    NobodyToAsk,
    #[error("{0} is a bot or a deactivated account: please name a person.")]
    NotAPerson(String),
    #[error("I don't know {0}: pick the name from the list that Slack shows when you type @.")]
    UnknownPerson(String),
    #[error("I can't see who is in that group: name the people, or ask an admin to grant `usergroups:read`.")]
    NoGroups,
    #[error("The survey would close {0}, which is in the past: please choose a later time.")]
    ClosesInPast(String),
    #[error(
        "The meeting ({meeting}) is before the survey closes ({closes}): please choose a later meeting or an earlier close."
    )]
    MeetingBeforeClose { meeting: String, closes: String },
    #[error("`{0}` needs a date; “before next release” doesn't work here.")]
    NeedsDate(&'static str),
    #[error("You typed a date and picked a day. Please keep only one of them.")]
    TypedAndPicked,
    #[error("I can only read text: `/retro help` shows what I understand.")]
    OnlyWords,
    #[error("I can only use text as an answer: type it here, or open the form. Your file stays in this conversation.")]
    NoWords,
    #[error("I can't read that message anymore. Please type the command again.")]
    CommandGone,
    #[error("{0} Nothing was changed. Fix that part and send the whole command again.")]
    NoneChanged(String),
    #[error("No retro is open in this channel. Start one with `/retro start v2.1.0`.")]
    NothingOpen,
    #[error("There is no document in this channel yet: the first one follows with a retro's agenda.")]
    NoDocument,
    #[error("No retro for {version} exists in this channel.{open}")]
    NoSuchVersion { version: String, open: String },
    #[error("Several retros are open or scheduled here: {0}. Please name one, as in `{1}`.")]
    WhichVersion(String, String),
    #[error("No survey is waiting for you.")]
    NoSurvey,
    #[error("Only {} or a workspace admin can do that. Ask them, or see `/retro help lead`.", mention(.facilitator))]
    FacilitatorOnly { facilitator: UserId },
    #[error("{} was active in the last 24 hours, so only they or a workspace admin can hand the retro over.", mention(.facilitator))]
    LeadTooSoon { facilitator: UserId },
    #[error(
        "Only the facilitator or a workspace admin can choose someone else. You can take the retro yourself: `/retro lead @you`."
    )]
    LeadOnlyYourself,
    #[error("The survey for {} is closed, so this wasn't saved. You can still add a note: `/retro note improve …`.", esc(.0))]
    SurveyClosed(String),
    #[error("You're not in this survey. You can still add a note: `/retro note improve …`.")]
    NotAsked,
    #[error("The retro for {version} is already {state}.", version = esc(.0), state = .1)]
    AlreadyOver(String, &'static str),
    #[error("The last reminder went out {}; you can send the next one from {}.", zone::show(*.last, .tz), zone::show(*.last + NUDGE_PAUSE, .tz))]
    NudgedAlready { last: DateTime<Utc>, tz: String },
    #[error("The survey for {} is closed, so no one needs a reminder.", esc(.0))]
    NothingToAnswer(String),
    #[error("Only participants of this retro can take it over; ask one of them, or a workspace admin.")]
    LeadParticipants,
    #[error("{0} is not in this channel: invite them first, then hand the retro over.")]
    LeadOutsider(String),
    #[error(
        "Something went wrong on my side, so nothing was changed. Please ask whoever runs me to check `lookback doctor`."
    )]
    Unreadable,
    #[error(
        "This is taking longer than usual. I'm still working on it and will tell you the result. Please don't send it again."
    )]
    Slow,
    #[error("Everyone has answered, so no one needs a reminder.")]
    NobodyToNudge,
    #[error("The meeting for {} hasn't started: `/retro meet` starts it.", esc(.0))]
    NoMeetingYet(String),
    #[error("No meeting is running in this channel. Once the agenda is posted, `/retro meet` starts one.")]
    NoMeeting,
    #[error("The survey for {} is still open: `/retro agenda` closes it, then `/retro meet` starts the meeting.", esc(.0))]
    MeetBeforeAgenda(String),
    #[error("That stage is over; the current one is “{0}”. Use the buttons in the newest message of the thread.")]
    StageOver(&'static str),
    #[error("You can extend a stage by at most {0} at a time.")]
    TooMuchTime(&'static str),
    #[error("The themes for {} come with the agenda, after the survey closes. Until then, `/retro note improve …` keeps a thought.", esc(.0))]
    NoThemesYet(String),
    #[error("That note is no longer there. Please choose another one.")]
    NoSuchTheme,
    #[error("The votes in this stage have been counted and can't be changed.")]
    VotesCounted,
    #[error("You've used your three votes in this stage, on {0}: press Upvote on one of them again to take it back.")]
    NoVotesLeft(String),
    #[error("No one has voted in this stage yet.")]
    NoVotesYet,
    #[error("“{}” is neither a length of time (5m, 1h, 1d) nor an open retro.", esc(.0))]
    NoTimeNorVersion(String),
    #[error("The meeting for {} isn't scheduled yet: ask the facilitator to set a time.", esc(.0))]
    NoMeetingTime(String),
    #[error("Please fill this in: the problem, at least two whys, and the root cause.")]
    WhysNeedThis,
    #[error("Please choose at least one theme.")]
    NothingChosen,
    #[error("Please choose the theme to rename or move, or at least two to merge.")]
    WhichTheme,
    #[error("Please answer at least one question, or close this form and press “Nothing to add”.")]
    EmptySurvey,
    #[error("Please keep this under {max} characters; it has {len}.")]
    TooLong { max: usize, len: usize },
    #[error(
        "Your answers for this retro are {} over the limit in total: please shorten this one.",
        crate::text::count(*.0, "character", "characters")
    )]
    SheetFull(usize),
    #[error("Please give one whole number from 1 to 10, such as 8.")]
    NotAScore,
    #[error("A survey has 2 to 10 questions, one per line; this has {0}.")]
    QuestionCount(usize),
    #[error("“{0}” has no question after the colon: please write one, or remove the line.")]
    EmptyQuestion(String),
    #[error("Please keep at least one question that people answer in words, such as `other: Any other thoughts?`.")]
    NoTextQuestion,
    #[error("Please give a number from {least} to {most}.")]
    NotInRange { least: u64, most: u64 },
    #[error("Please write the hours as 09:00-18:00, at least one hour long.")]
    NotHours,
    #[error("I can't read “{0}” as a weekday or a date: try sat, sun, 2026-12-24.")]
    NotADayOff(String),
    #[error("Please leave at least one working day in the week.")]
    NoWorkingDay,
    #[error("I don't know the time zone “{0}”: try Europe/Berlin or America/New_York.")]
    NoSuchZone(String),
    #[error("Please enter the name of an emoji, such as :retro: or :bulb:.")]
    NotAnEmoji,
    #[error("Please write the day as 2026-11-16.")]
    NotADay,
    #[error("A sprint needs a first day and a length in days; leave both empty for none.")]
    SprintNeedsBoth,
    #[error("You've already decided for the retro for {}.", esc(.0))]
    NothingWithheld(String),
    #[error("This note is saved already.")]
    NoteUsed,
    #[error(
        "Your message was deleted, is older than two days, or is no longer a note: write it again with `/retro note`."
    )]
    NoteGone,
    #[error("I can't read that message: use “Add to retro” in its menu, or ask an admin to grant `channels:history`.")]
    CannotReadMessage,
    #[error("A version has 1 to 64 characters and no spaces, such as v2.1.0.")]
    NotAVersion,
    #[error("There are no notes to hide yet.")]
    NothingToHide,
    #[error("A note needs some text.")]
    EmptyNote,
    #[error("Nothing is saved yet: please send each note as a separate message.")]
    SeveralNotes,
    #[error("That note isn't yours, or it's gone.")]
    NoSuchNote,
    #[error("That's kind, but please thank someone else.")]
    OwnKudos,
    #[error("There's no action item #{0} in this channel: `/retro actions all` lists them.")]
    NoSuchItem(i64),
    #[error("Action item #{number} belongs to {}: ask them, or the facilitator.", mention(.owner))]
    NotYourItem { number: i64, owner: UserId },
    #[error("Action item #{number} is high priority and due {due}: please say why it can wait.")]
    SnoozeNeedsWhy { number: i64, due: String },
    #[error("Please choose a day in the future, such as friday, 3d or 2026-12-01.")]
    SnoozeNeedsDay,
    #[error("The retro for {} has no document yet: it comes with the agenda. `/retro export csv` exports the action items.", esc(.0))]
    NothingToExport(String),
    #[error("What was written in the retro for {} was deleted at the end of the retention period. `/retro history` shows what is kept.", esc(.0))]
    Forgotten(String),
    #[error("Only someone who facilitates retros, or a workspace admin, can do that.")]
    LeadersOnly,
    #[error("Please choose at most five high-priority items.")]
    TooManyHigh,
    #[error("{0} is not in this channel: invite them first, or choose someone who is.")]
    NotInChannel(String),
    #[error("Action item #{number} already belongs to {}.", mention(.owner))]
    OwnsItAlready { number: i64, owner: UserId },
    #[error("Action item #{0} is no longer offered to you.")]
    NotOffered(i64),
    #[error("Action item #{number} is already {state}{}.", .by.as_ref().map(|by| format!(" (by {})", mention(by))).unwrap_or_default())]
    ItemClosed { number: i64, state: &'static str, by: Option<UserId> },
    #[error("{0} is the release of this retro: please name the next one.")]
    NextIsThis(String),
    #[error("Please change either the fields above or this document, not both at once.")]
    FormOrDocument,
    #[error("{0}")]
    BadData(String),
    #[error("Please enter a whole number, or leave it empty.")]
    NotACount,
    #[error("“{}” {}.", esc(.0), .1)]
    NotASpan(String, super::release::Unread),
    #[error("I can't read “{}” as a line of the timeline: write it as “Database migration: 15 min -> 20 min”.", esc(.0))]
    NotATimelineRow(String),
    #[error("Someone changed the release data for {} while your form was open, so yours wasn't saved: please open it again.", esc(.0))]
    DataChanged(String),
    #[error("Which release? Please name it, as in `/retro data v2.1.0`.")]
    DataOfWhich,
    #[error("GitHub isn't set up here, so there is nothing to refresh: ask whoever runs me to set `GITHUB_TOKEN`.")]
    NoGitHub,
    #[error(
        "This channel has no repository, so there is nothing to refresh: name one under “Repositories” in `/retro config`."
    )]
    NoRepository,
    #[error("I can't read “{0}”: write one repository per line, such as `acme/shop` or `acme/mono api-v*`.")]
    NotRepositories(String),
    #[error(
        "I can't read “{0}”: write one line each for `feature`, `fix`, `breaking` and `bug`, such as `feature: enhancement, feature`."
    )]
    NotReleaseLabels(String),
    #[error("The release data for {} has no plan with risks: add one as `plan:`, or with `lookback release import --plan`.", esc(.0))]
    NoRisks(String),
    #[error("The retro for {} hasn't started yet: `/retro start {}` starts it now.", esc(.0), esc(.0))]
    NotBegun(String),
    #[error(
        "Please say why you're skipping this retro, as in `/retro cancel because only wording changed`: `/retro history` shows the reason."
    )]
    SkipNeedsWhy,
    #[error("Please answer at least one.")]
    EmptyAnswers,
    #[error("The short summary of {} was already {}.", esc(.0), .1)]
    SharedAlready(String, &'static str),
    #[error("No channel is configured for the short summary: name one in `/retro config`.")]
    NoStakeholders,
    #[error("I couldn't save that, so nothing was changed. Please try again in a moment.")]
    NotSaved,
    #[error("Slack isn't answering me, so nothing was changed. Please try again in a few minutes.")]
    SlackSilent,
    #[error("This button has expired. Type `/retro status` for a new one.")]
    OldButton,
    #[error("I didn't understand that. `/retro help` lists what I can do.")]
    Unknown,
}
