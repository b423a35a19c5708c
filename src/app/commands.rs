//! Lines that people type: each names its handler.

use super::cx::Cx;
use super::lookup::Lookup;
use super::outcome::{Failure, Outcome};
use super::request::ReplyBy;
use super::{
    channel_settings, export, finish, help, history, items, meeting, new_items, notes, releases, starting, status,
    survey, themes,
};
use crate::store;
use lookback_core::command::{self, Command, Filter, Line, Mistyped};
use lookback_core::ids::ChannelId;
use lookback_core::retro::{Caller, Refusal, typed_answers};

/// Handles a typed line.
pub async fn line(cx: &mut Cx<'_>, text: &str) -> Result<Outcome, Failure> {
    let parsed = command::parse(text, cx.request.channel.is_some());
    if cx.request.reply_by == ReplyBy::Dm
        && may_be_an_answer(text, parsed.as_ref())
        && let Some(outcome) = survey::answer_typed(cx, text).await?
    {
        return Ok(outcome);
    }
    let Line { mut command, channel: named } = parsed.map_err(Refusal::from)?;
    if let Command::Help { about } = &command {
        return Ok(Outcome::Done(help::help(about.as_deref(), &cx.workspace.scopes)));
    }
    let Some(channel) = named.or_else(|| cx.request.channel.clone()) else {
        return without_channel(cx, &command).await;
    };
    for version in command.versions() {
        *version = store::releases::spelled(cx.tx, cx.team, &channel, version).await?;
    }
    if let Command::Start(start) = &command {
        // Who is in the channel is read again whenever a retro starts: events can be lost.
        let people = Lookup::channel(&channel).and_person(&cx.request.user).and_people(&start.people);
        cx.must_ask(people.and_groups(&start.groups))?;
        return starting::start(cx, &channel, start).await;
    }
    let caller = cx.member(&channel).await?;
    for text in command.texts() {
        *text = cx.with_names(text).await?;
    }
    // What may be nameless is no sign of life: its moment would tell who wrote it.
    if !matches!(command, Command::Note { .. } | Command::Whys { .. }) {
        cx.facilitator_seen(&channel).await?;
    }
    run(cx, &channel, &caller, command).await
}

/// Runs a command of a member of the channel.
async fn run(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller, command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Start(_) | Command::Help { .. } => Err(Refusal::Unknown.into()),
        Command::Survey => survey::again(cx).await,
        Command::Status { version } => status::status(cx, channel, caller, version.as_deref()).await,
        Command::Nudge { version } => survey::nudge_command(cx, channel, caller, version.as_deref()).await,
        Command::Agenda { version } => survey::close_command(cx, channel, caller, version.as_deref()).await,
        Command::Note { category, text } => notes::add(cx, channel, caller, category, &text).await,
        Command::Notes => notes::list(cx, channel).await,
        Command::Kudos { to, what } => notes::kudos(cx, channel, caller, &to, &what).await,
        Command::Action(typed) => new_items::typed(cx, channel, caller, &typed, false).await,
        Command::Actions(filter) => items::list(cx, channel, caller, &filter).await,
        Command::Done { number, impact } => items::done(cx, channel, caller, number, impact.as_deref()).await,
        Command::Drop { number, why } => items::drop(cx, channel, caller, number, &why).await,
        Command::Snooze { number, until, why } => {
            items::snooze(cx, channel, caller, number, &items::Quiet { until: &until, why: why.as_deref() }).await
        }
        Command::Finish { version, next } => finish::command(cx, channel, version.as_deref(), next.as_ref()).await,
        Command::Meet { version } => meeting::meet_command(cx, channel, caller, version.as_deref()).await,
        Command::Next { version } => meeting::next_command(cx, channel, caller, version.as_deref()).await,
        Command::Extend { minutes, version } => {
            meeting::extend_command(cx, channel, caller, minutes, version.as_deref()).await
        }
        Command::Pause { version, stop } => meeting::pause_command(cx, channel, caller, version.as_deref(), stop).await,
        Command::Whys { problem } => themes::whys_command(cx, channel, problem).await,
        Command::Cancel { version, why } => {
            finish::cancel_command(cx, channel, caller, version.as_deref(), why.as_deref()).await
        }
        Command::Export { version, format } => export::export(cx, channel, version.as_deref(), format).await,
        Command::Data { version } => releases::command(cx, channel, version.as_deref()).await,
        Command::Trends => history::trends(cx, channel).await,
        Command::History => history::history(cx, channel, caller, None).await,
        Command::Config => channel_settings::open(cx, channel).await,
        Command::Lead { to } => finish::lead(cx, channel, caller, &to).await,
    }
}

/// In a DM: the survey and one's own items need no channel, the rest asks which.
async fn without_channel(cx: &mut Cx<'_>, command: &Command) -> Result<Outcome, Failure> {
    if *command == Command::Survey {
        return survey::again(cx).await;
    }
    if let Command::Actions(Filter::Mine | Filter::Open) = command {
        return items::mine(cx).await;
    }
    Err(Refusal::WhichChannel(command.example()).into())
}

/// Whether words in the DM may be an answer to a survey. A few mistyped words are a mistyped command. But an answer
/// can begin like a command of the meeting ("Next sprint planning"), which means nothing without a channel.
fn may_be_an_answer(text: &str, parsed: Result<&Line, &Mistyped>) -> bool {
    typed_answers::Steer::read(text).is_some()
        || match parsed {
            Ok(line) => line.channel.is_none() && begins_like_a_meeting(text),
            Err(error) => is_prose(text, error) || begins_like_a_meeting(text),
        }
}

/// Whether words that are no command are meant as words.
fn is_prose(text: &str, error: &Mistyped) -> bool {
    let words = text.split_whitespace().count();
    !text.trim_start().starts_with("/retro") && (matches!(error, Mistyped::Unknown(_)) || words > 3)
}

fn begins_like_a_meeting(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().to_lowercase();
    words.next().is_some() && ["meet", "next", "extend", "pause", "resume", "whys"].contains(&first.as_str())
}
