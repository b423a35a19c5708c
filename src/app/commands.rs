//! Lines that people type: each names its handler.

use super::cx::Cx;
use super::lookup::Lookup;
use super::outcome::{Failure, Outcome};
use super::{
    channel_settings, export, finish, help, history, items, meeting, new_items, notes, readings, releases, starting,
    status, survey, themes,
};
use crate::store;
use lookback_core::command::{self, Command, Filter, Line};
use lookback_core::ids::ChannelId;
use lookback_core::retro::{Caller, Refusal};

/// Handles a typed line.
pub async fn line(cx: &mut Cx<'_>, text: &str) -> Result<Outcome, Failure> {
    let Line { mut command, channel: named } =
        command::parse(text, cx.request.channel.is_some()).map_err(Refusal::from)?;
    let here = named.is_some() || cx.request.channel.is_some();
    if let Command::Help { .. } | Command::Overview = &command
        && !(here && command == Command::Overview)
    {
        let about = if let Command::Help { about } = &command { about.as_deref() } else { None };
        return Ok(Outcome::Done(help::help(about, &cx.workspace.scopes)));
    }
    let known = match named.or_else(|| cx.request.channel.clone()) {
        None => only_channel(cx, &command).await?,
        known => known,
    };
    let Some(channel) = known else { return without_channel(cx, &command).await };
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
    if !matches!(command, Command::Note { .. } | Command::Whys { .. } | Command::Kudos { .. }) {
        cx.facilitator_seen(&channel).await?;
    }
    run(cx, &channel, &caller, command).await
}

/// Runs a command of a member of the channel.
async fn run(cx: &mut Cx<'_>, channel: &ChannelId, caller: &Caller, command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Start(_) | Command::Help { .. } => Err(Refusal::Unknown.into()),
        Command::Overview => status::overview(cx, channel, caller).await,
        Command::Survey => survey::again(cx).await,
        Command::Status { version } => status::status(cx, channel, caller, version.as_deref()).await,
        Command::Nudge { version } => survey::nudge_command(cx, channel, caller, version.as_deref()).await,
        Command::Agenda { version } => survey::close_command(cx, channel, caller, version.as_deref()).await,
        Command::Note { category, text } => notes::add(cx, channel, caller, category, &text).await,
        Command::Notes => notes::list(cx, channel).await,
        Command::Kudos { to, what } => notes::kudos_to(cx, channel, caller, &to, &what).await,
        Command::Action(typed) => new_items::typed(cx, channel, caller, &typed, false).await,
        Command::Actions(filter) => items::list(cx, channel, caller, &filter).await,
        Command::Done { numbers, impact } => {
            items::each(cx, channel, caller, &numbers, &items::Change::Done(impact.as_deref())).await
        }
        Command::Drop { numbers, why } => items::each(cx, channel, caller, &numbers, &items::Change::Drop(&why)).await,
        Command::Snooze { numbers, until, why } => {
            let quiet = items::Quiet { until: &until, why: why.as_deref() };
            items::each(cx, channel, caller, &numbers, &items::Change::Snooze(quiet)).await
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
        Command::Data { version, refresh: false } => releases::command(cx, channel, version.as_deref()).await,
        Command::Data { version, refresh: true } => readings::refresh(cx, channel, version.as_deref()).await,
        Command::Trends => history::trends(cx, channel).await,
        Command::History => history::history(cx, channel, caller, None).await,
        Command::Config => channel_settings::open(cx, channel).await,
        Command::Lead { to } => finish::hand_over(cx, channel, caller, &to).await,
    }
}

/// In a DM: the one channel in which the caller owns open items with these numbers.
async fn only_channel(cx: &mut Cx<'_>, command: &Command) -> sqlx::Result<Option<ChannelId>> {
    let (Command::Done { numbers, .. } | Command::Drop { numbers, .. } | Command::Snooze { numbers, .. }) = command
    else {
        return Ok(None);
    };
    let user = cx.request.user.clone();
    let mine = store::items::of_owner(cx.tx, cx.team, &user, false).await?;
    let is_mine = |channel: &ChannelId, number: &i64| mine.iter().any(|i| i.channel == *channel && i.number == *number);
    let mut channels: Vec<ChannelId> = mine.iter().map(|i| i.channel.clone()).collect();
    channels.dedup();
    channels.retain(|channel| numbers.iter().all(|number| is_mine(channel, number)));
    Ok(if channels.len() == 1 { channels.pop() } else { None })
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
