//! Lines that people type: load, let the core decide.

use super::facts::{Fetched, Lookup};
use super::load::{self, done, known};
use super::{
    App, Failure, Outcome, ReplyBy, Request, after, export, items as acts, meeting, past, releases, starting, themes,
};
use crate::outbox;
use crate::slack::view;
use crate::store::{Tx, cards, directory, items, meetings, notes, responses, retros, settings};
use lookback_core::command::{self, ActionText, Command, Filter, Line, START_OPTIONS, VERBS};
use lookback_core::ids::ChannelId;
use lookback_core::interaction::BlockAction;
use lookback_core::retro::{
    Card, Decision, Phase, Refusal, Reply, Retro, action, closing, finish, note, status, survey, typed,
};

/// Handles a typed line.
pub async fn line(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    text: &str,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let parsed = command::parse(text, request.channel.is_some()).map_err(Refusal::from);
    if request.answer == ReplyBy::Dm
        && (parsed.as_ref().is_err_and(|e| is_prose(text, e))
            || begins_like_a_meeting(text, parsed.as_ref().is_ok_and(|l| l.channel.is_some()))
            || typed::Steer::read(text).is_some())
        && let Some(outcome) = answer_typed(app, tx, request, text).await?
    {
        return Ok(outcome);
    }
    let Line { mut command, channel: named } = parsed?;
    if let Command::Help { about } = &command {
        return Ok(Outcome::Done(help(about.as_deref(), &app.workspace.scopes)));
    }
    let channel = named.or_else(|| request.channel.clone());
    if channel.is_none() {
        return without_channel(app, tx, request, &command, fetched).await;
    }
    let channel = channel.ok_or(Refusal::Unknown)?;
    // Who is in the channel is read again whenever a retro starts: events can be lost.
    if let (Command::Start(s), None) = (&command, fetched) {
        return Ok(Outcome::Needs(
            Lookup::channel(&channel).and_person(&request.user).and_people(&s.people).and_groups(&s.groups),
        ));
    }
    if let Command::Start(s) = &command {
        return starting::start(app, tx, request, &channel, s, fetched).await;
    }
    let caller = known!(load::member(tx, request, &channel, fetched).await?);
    let now = app.clock.now();
    for text in command.texts() {
        *text = load::with_names(tx, &request.team, text).await?;
    }
    retros::facilitator_seen(tx, &request.team, &channel, &request.user, now.timestamp_millis()).await?;
    match command {
        Command::Start(_) | Command::Help { .. } => Err(Refusal::Unknown.into()),
        Command::Survey => survey_again(tx, request).await,
        Command::Status { version } => {
            let retro = load::pick(tx, request, &channel, version.as_deref(), "status").await?;
            let people = retros::participants(tx, retro.id).await?;
            let link = link(app, tx, request, &retro).await?;
            let (unconfirmed, refused, in_channel) =
                cards::troubles(tx, &request.team, retro.id, retro.channel.as_str()).await?;
            let count = |n: i64| usize::try_from(n).unwrap_or(0);
            let delivery = status::Delivery {
                unconfirmed: count(unconfirmed),
                refused: count(refused),
                in_channel: count(in_channel),
            };
            let meeting = meetings::of_retro(tx, retro.id).await?;
            let at = (meeting.as_ref(), now);
            Ok(Outcome::Done(status::show(&retro, &people, &caller, link.as_deref(), &delivery, at)))
        }
        Command::Nudge { version } => {
            let retro = load::pick(tx, request, &channel, version.as_deref(), "nudge").await?;
            let people = retros::participants(tx, retro.id).await?;
            done(survey::nudge(&retro, &people, &caller, now))
        }
        Command::Agenda { version } => {
            let retro = load::pick(tx, request, &channel, version.as_deref(), "agenda").await?;
            let people = retros::participants(tx, retro.id).await?;
            let responses = responses::all(tx, retro.id, &app.vault()).await?;
            done(closing::by_hand(&retro, &people, &responses, &caller, now, &mut || app.rng.id()))
        }
        Command::Note { category, text } => {
            let public = matches!(request.answer, ReplyBy::Ephemeral { .. });
            let open = load::meant(tx, request, &channel, now).await?;
            let open = open.as_ref();
            let response = match open.filter(|r| r.anonymous && r.phase == Phase::Collecting) {
                Some(retro) => Some(responses::of_person(tx, retro.id, &request.user, &app.vault()).await?),
                None => None,
            };
            let names = directory::names_in(tx, &request.team, &channel).await?;
            let names: Vec<&str> = names.values().map(String::as_str).collect();
            let place = note::Place { channel: &channel, open, response, public, names: &names };
            let mut decision = note::add(place, &caller, category, &text, false, &mut || app.rng.id())?;
            if let Some(retro) = open.filter(|r| !r.anonymous) {
                decision = meeting::both(decision, meeting::heard(app, tx, request, retro, 1).await?);
            }
            done(Ok(decision))
        }
        Command::Notes => {
            let open = load::meant(tx, request, &channel, now).await?;
            let mine = notes::mine(tx, &request.team, &channel, &request.user).await?;
            Ok(Outcome::Done(note::list(&mine, open.is_some_and(|r| r.anonymous))))
        }
        Command::Kudos { to, what } => {
            let to = known!(load::person(tx, request, &to, fetched).await?);
            let open = load::meant(tx, request, &channel, now).await?;
            let id = app.rng.id();
            let decision = note::kudos(&channel, open.as_ref(), &caller, &to, &what, id)?;
            done(Ok(meeting::read_out(tx, open.as_ref(), id, decision).await?))
        }
        Command::Action(typed) => acts::typed(app, tx, request, &channel, &caller, (&typed, false), fetched).await,
        Command::Actions(filter) => list_items(app, tx, request, &channel, &caller, &filter).await,
        Command::Done { number, impact } => {
            let around = acts::Around::load(tx, request, &channel, number).await?;
            done(action::done(&around.at(), &caller, impact.as_deref(), now))
        }
        Command::Drop { number, why } => {
            let around = acts::Around::load(tx, request, &channel, number).await?;
            done(action::drop(&around.at(), &caller, &why, now))
        }
        Command::Snooze { number, until, why } => {
            let around = acts::Around::load(tx, request, &channel, number).await?;
            done(action::snooze(&around.at(), &caller, &until, why.as_deref(), now).map_err(|(_, refusal)| refusal))
        }
        Command::Finish { version, next } => {
            let retro = load::pick(tx, request, &channel, version.as_deref(), "finish").await?;
            after::finish(app, tx, request, retro.id, next.as_ref(), false, fetched).await
        }
        Command::Meet { .. } | Command::Next { .. } | Command::Extend { .. } | Command::Pause { .. } => {
            meeting::command(app, tx, request, &channel, &caller, &command).await
        }
        Command::Whys { problem } => themes::whys_command(tx, request, &channel, problem).await,
        Command::Cancel { version, why } => {
            let retro = load::pick(tx, request, &channel, version.as_deref(), "cancel").await?;
            let around = meeting::Around::load(tx, &request.team, retro).await?;
            done(finish::cancel(&around.context(), &caller, why.as_deref(), false, now))
        }
        Command::Export { version, format } => {
            export::export(app, tx, request, &channel, version.as_deref(), format).await
        }
        Command::Data { version } => releases::command(tx, request, &channel, &caller, version.as_deref()).await,
        Command::Trends => past::trends(app, tx, request, &channel).await,
        Command::History => past::history(app, tx, request, &channel, &caller, None).await,
        Command::Config => config(tx, request, &channel, &caller).await,
        Command::Lead { to } => {
            let retro = load::pick(tx, request, &channel, None, "lead").await?;
            let to = known!(load::person(tx, request, &to, fetched).await?);
            let people = retros::participants(tx, retro.id).await?;
            let here = directory::is_member(tx, &request.team, &channel, &to.id).await?;
            if !here && fetched.is_none() {
                return Ok(Outcome::Needs(Lookup::channel(&channel)));
            }
            done(finish::lead(&retro, &people, &caller, (&to, here), now))
        }
    }
}

/// In a DM: the survey and one's own items need no channel, the rest asks which.
async fn without_channel(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    command: &Command,
    fetched: Option<&Fetched>,
) -> Result<Outcome, Failure> {
    let ask = |verb| Err(Refusal::WhichChannel(verb).into());
    match command {
        Command::Survey => survey_again(tx, request).await,
        Command::Actions(Filter::Mine | Filter::Open) => {
            let person = known!(load::person(tx, request, &request.user, fetched).await?);
            let caller = lookback_core::retro::Caller { person, in_channel: true };
            let mine = items::of_owner(tx, &request.team, &request.user, false).await?;
            Ok(Outcome::Done(action::list(&mine, &Filter::Mine, &caller, false, app.clock.now())))
        }
        Command::Start(_) => ask("start v2.1.0"),
        Command::Status { .. } => ask("status"),
        Command::Nudge { .. } => ask("nudge"),
        Command::Agenda { .. } => ask("agenda"),
        Command::Note { .. } => ask("note well The rollback plan gave us calm"),
        Command::Notes => ask("notes"),
        Command::Kudos { .. } => ask("kudos @maria for the calm rollback"),
        Command::Action(_) => ask("action …"),
        Command::Actions(_) => ask("actions all"),
        Command::Done { .. } => ask("done 12"),
        Command::Drop { .. } => ask("drop 12 because …"),
        Command::Snooze { .. } => ask("snooze 12 friday"),
        Command::Meet { .. } => ask("meet"),
        Command::Next { .. } => ask("next"),
        Command::Extend { .. } => ask("extend 5m"),
        Command::Pause { .. } => ask("pause"),
        Command::Whys { .. } => ask("whys The migration took an hour"),
        Command::Finish { .. } => ask("finish"),
        Command::Lead { .. } => ask("lead @noor"),
        Command::Cancel { .. } => ask("cancel"),
        Command::Config => ask("config"),
        Command::Trends => ask("trends"),
        Command::History => ask("history"),
        Command::Data { .. } => ask("data v2.1.0"),
        Command::Export { .. } => ask("export csv"),
        Command::Help { .. } => Err(Refusal::Unknown.into()),
    }
}

/// Whether words that are no command are meant as words: a slip of a few words is a slip.
fn is_prose(text: &str, error: &Refusal) -> bool {
    let words = text.split_whitespace().count();
    let unknown = matches!(error, Refusal::Mistyped(command::Mistyped::Unknown(_)));
    !text.trim_start().starts_with("/retro") && (unknown || words > 3)
}

/// Answers begin with the words of the meeting's commands too: "Next sprint planning". Without a channel these say
/// nothing in a DM.
fn begins_like_a_meeting(text: &str, names_channel: bool) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().to_lowercase();
    !names_channel
        && words.next().is_some()
        && ["meet", "next", "extend", "pause", "resume", "whys"].contains(&first.as_str())
}

/// Words in the DM of somebody who is asked: an answer to the question that was begun, else to the survey
/// asked last. A command is always a command.
async fn answer_typed(app: &App, tx: &mut Tx, request: &Request, text: &str) -> Result<Option<Outcome>, Failure> {
    // A question that was begun goes on, even where another survey was asked since.
    let (mut begun, mut waiting) = (None, None);
    for retro in retros::surveys_of(tx, &request.team, &request.user).await? {
        let Some((retro, turnout)) = retros::asked(tx, &request.team, retro.id, &request.user).await? else { continue };
        let response = responses::of_person(tx, retro.id, &request.user, &app.vault()).await?;
        if typed::is_asked(&retro, &turnout, &response) {
            let found = if response.asking.is_some() { &mut begun } else { &mut waiting };
            found.get_or_insert((retro, turnout, response));
        }
    }
    let Some((retro, turnout, response)) = begun.or(waiting) else { return Ok(None) };
    let text = lookback_core::text::unesc(&load::with_names(tx, &request.team, text).await?);
    done(typed::reply(&retro, &turnout, response, &text, app.clock.now())).map(Some)
}

async fn survey_again(tx: &mut Tx, request: &Request) -> Result<Outcome, Failure> {
    let mine = retros::surveys_of(tx, &request.team, &request.user).await?;
    // In a channel its own survey is meant, elsewhere the one asked last.
    let here = mine.iter().find(|r| Some(&r.channel) == request.channel.as_ref());
    let retro = here.or(mine.first()).ok_or(Refusal::NoSurvey)?;
    let (retro, turnout) = retros::asked(tx, &request.team, retro.id, &request.user).await?.ok_or(Refusal::NoSurvey)?;
    let mut decision = survey::resend(&retro, &turnout)?;
    if request.answer == ReplyBy::Dm {
        // The survey itself is the answer there.
        decision.reply = None;
    }
    Ok(Outcome::Done(decision))
}

/// The link to a retro's kickoff, once it is posted.
pub async fn link(app: &App, tx: &mut Tx, request: &Request, retro: &Retro) -> sqlx::Result<Option<String>> {
    let card = cards::by_key(tx, &request.team, &outbox::key(&Card::Kickoff(retro.id))).await?;
    Ok(card.and_then(|c| Some(app.workspace.link(&c.posted_in?, &c.ts?))))
}

/// The channel's defaults, in a form where that is possible, else behind a button.
pub async fn config(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &lookback_core::retro::Caller,
) -> Result<Outcome, Failure> {
    may_configure(tx, request, channel, caller).await?;
    if request.trigger.is_some() && matches!(request.answer, ReplyBy::Ack { .. } | ReplyBy::Hook { .. }) {
        let settings = settings::of_channel(tx, &request.team, channel).await?;
        return Ok(Outcome::Open(Box::new(view::forms::config(channel, &settings))));
    }
    let reply = Reply::new("The channel's defaults are in a form.")
        .button("Open the form", BlockAction::Config { channel: channel.clone() });
    Ok(Outcome::Done(Decision { reply: Some(reply), ..Decision::default() }))
}

/// Checks the right to change the channel's defaults; returns its open retros.
pub async fn may_configure(
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &lookback_core::retro::Caller,
) -> Result<Vec<Retro>, Failure> {
    let open = retros::open_in(tx, &request.team, channel).await?;
    let last = retros::last_closed(tx, &request.team, channel, None).await?;
    let scheduled = retros::scheduled_in(tx, &request.team, channel).await?;
    let leaders: Vec<Retro> = open.iter().chain(&scheduled).cloned().collect();
    lookback_core::retro::settings::may_change(caller, &leaders, last.as_ref())?;
    Ok(open)
}

/// Opens the form where that is possible, else offers the button that does.
pub fn action_form(request: &Request, channel: &ChannelId, known: ActionText) -> Outcome {
    let direct = matches!(request.answer, ReplyBy::Ack { .. } | ReplyBy::Hook { .. });
    if direct && request.trigger.is_some() {
        return Outcome::Open(Box::new(view::items::action(channel, &known, None)));
    }
    let missing: Vec<&str> = [
        (known.text.is_empty(), "what to do"),
        (known.owner.is_none(), "an owner"),
        (known.due.is_none(), "a due date"),
    ]
    .into_iter()
    .filter_map(|(missing, word)| missing.then_some(word))
    .collect();
    let press = BlockAction::ActionForm { channel: channel.clone(), item: known.clone() };
    let press = if press.value().is_some() {
        press
    } else {
        BlockAction::ActionForm {
            channel: channel.clone(),
            item: ActionText { text: lookback_core::text::cut(&known.text, 200), why: None, ..known },
        }
    };
    let reply =
        Reply::new(format!("This action item still needs {}.", missing.join(" and "))).button("Fill it in", press);
    Outcome::Done(Decision { reply: Some(reply), ..Decision::default() })
}

async fn list_items(
    app: &App,
    tx: &mut Tx,
    request: &Request,
    channel: &ChannelId,
    caller: &lookback_core::retro::Caller,
    filter: &Filter,
) -> Result<Outcome, Failure> {
    let now = app.clock.now();
    let found = match filter {
        Filter::Version(version) => match retros::last_of(tx, &request.team, channel, version).await? {
            Some(retro) => items::of_retro(tx, &request.team, retro.id).await?,
            None => {
                return Err(Refusal::NoSuchVersion {
                    version: lookback_core::retro::bold(version),
                    open: String::new(),
                }
                .into());
            }
        },
        other => items::in_channel(tx, &request.team, channel, *other != Filter::All).await?,
    };
    let shown: Vec<action::Item> = found
        .into_iter()
        .filter(|i| match filter {
            Filter::Mine => i.owner == request.user,
            Filter::Overdue => i.overdue(now),
            Filter::Open | Filter::All | Filter::Version(_) => true,
        })
        .collect();
    let leads = acts::leads(tx, request, channel, caller).await?;
    let mut decision = action::list(&shown, filter, caller, leads, now);
    if let (Filter::All, Some(reply)) = (filter, decision.reply.as_mut()) {
        let retros = retros::versions(tx, &request.team, channel).await?;
        let figures = action::figures(&shown, &retros, now).show();
        reply.text = [figures, std::mem::take(&mut reply.text)].join("\n").trim().to_owned();
    }
    Ok(Outcome::Done(decision))
}

/// `help`: from the one table of commands.
fn help(about: Option<&str>, scopes: &str) -> Decision {
    let line = |v: &command::Verb| {
        let usage = if v.usage.is_empty() { String::new() } else { format!(" {}", lookback_core::text::esc(v.usage)) };
        format!("`/retro {}{usage}` {}", v.name, v.does)
    };
    let about = about.map(|word| match word.trim_start_matches('/') {
        "resume" => "pause",
        word => word,
    });
    if let Some(verb) = about.and_then(|word| VERBS.iter().find(|v| v.name == word)) {
        let mut text = format!("{}.\nExample: `/retro {}`", line(verb), verb.example);
        if verb.name == "start" {
            for (option, does) in START_OPTIONS {
                text.push_str(&format!("\n• `{}` {does}", lookback_core::text::esc(option)));
            }
        }
        return Decision::say(text);
    }
    let mut text =
        "I run the retrospective of a release. `/retro start v2.1.0` in the release channel begins one.".to_owned();
    for verb in &VERBS {
        text.push_str(&format!("\n• {}", line(verb)));
    }
    text.push_str("\nThe same words work after `@lookback`, also in a thread, and in my DM. `/retro help start` shows the options.");
    let off = lookback_core::scopes::off(scopes);
    if !off.is_empty() {
        let off: Vec<String> = off.iter().map(|(scope, what)| format!("{what} (`{scope}`)")).collect();
        text.push_str(&format!("\nOff in this workspace, because an admin did not grant it: {}.", off.join("; ")));
    }
    Decision::say(text)
}
