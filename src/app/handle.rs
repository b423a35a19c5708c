//! One request from its arrival to its acknowledgement, in one transaction.
//!
//! Load what the core needs, let it decide, save the decision with its messages and deadlines, remember what was
//! answered, commit, acknowledge. Nothing is sent from here, except a form (see [`reply::open_form`]).

use std::sync::Arc;

use serde_json::{Value, json};
use slack_morphism::prelude::SlackView;

use super::cx::Cx;
use super::late::{self, Answering};
use super::lookup::{self, Fetched, Job, Lookup};
use super::outcome::{Ack, Failure, Outcome};
use super::request::{Intent, ReplyBy, Request};
use super::tickets::check::{self, Checking};
use super::{block_actions, captures, commands, forms, meeting, reply, save, starting, typed};
use crate::bot::Bot;
use crate::newer_blocks;
use crate::slack::view;
use crate::store::responses::{self, Delivery, Mine};
use crate::store::{Tx, inbox, jobs, stored};
use lookback_core::interaction::Form;
use lookback_core::retro::{Decision, Refusal, Reply};

/// Handles one request within two seconds.
pub async fn answer(bot: &Arc<Bot>, request: Request) -> Ack {
    if bot.workspace(&request.team).is_none() {
        tracing::warn!("a request of another workspace was ignored");
        return Ack::Empty;
    }
    let answering = Arc::new(Answering::default());
    // In a task of its own: giving up the wait must not tear a commit, and a fault stays in it.
    let handling = tokio::spawn({
        let (bot, request, answering) = (bot.clone(), request.clone(), answering.clone());
        async move { handle(&bot, request, Asked::Now(&answering)).await }
    });
    late::wait(bot, request, &answering, handling).await
}

/// How a request comes to its handler.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// Somebody waits for the acknowledgement.
    Now(&'a Answering),
    /// Slack was asked first, and says this; the acknowledgement is long gone.
    Later(&'a Fetched),
}

impl<'a> Asked<'a> {
    fn fetched(self) -> Option<&'a Fetched> {
        match self {
            Self::Now(_) => None,
            Self::Later(fetched) => Some(fetched),
        }
    }
}

/// Loads, decides, saves and commits.
pub async fn handle(bot: &Arc<Bot>, request: Request, asked: Asked<'_>) -> sqlx::Result<Ack> {
    let Some(workspace) = bot.workspace(&request.team) else { return Ok(Ack::Empty) };
    let fetched = asked.fetched();
    let checking = check_places(bot, &request, asked).await;
    let mut tx = bot.store.begin().await?;
    let (before, mine) = arrive(bot, &mut tx, &request, fetched).await?;
    if let Some(before) = before {
        // The first delivery may still wait for its commit. This one shares it, so nobody is told before it is saved.
        tx.commit().await?;
        return Ok(before);
    }
    let (team, checks) = (&request.team, checking.as_slice());
    let cx = Cx { bot, workspace, team, tx: &mut tx, request: &request, fetched, mine, checks };
    let decided = decide(cx).await.map_err(refused_if_corrupt);
    let concluded = match decided {
        Ok(outcome) => conclude(bot, &mut tx, &request, outcome, fetched.is_some()).await?,
        Err(Failure::Database(error)) => return Err(error),
        Err(Failure::Needs(lookup)) => wait_for(bot, &mut tx, &request, lookup).await?,
        // A sent form has no line to say it in: its window does.
        Err(Failure::Refused(refusal)) if request.reply_by == ReplyBy::Form && fetched.is_none() => {
            let words = refusal.to_string();
            let notice = Outcome::Notice(Box::new(view::blocks::notice("Not saved", &words)));
            let concluded = conclude(bot, &mut tx, &request, notice, false).await?;
            Concluded { in_ack: Some(Reply::new(words)), ..concluded }
        }
        Err(Failure::Refused(refusal)) => {
            let request = reply::beside(&request);
            conclude(bot, &mut tx, &request, Outcome::say(refusal.to_string()), fetched.is_some()).await?
        }
    };
    let Concluded { ack, in_ack, form, settled } = concluded;
    // A form that is still to open, and a lookup, have words of their own later.
    let late_words = || in_ack.clone().or_else(|| reply::done(&request)).filter(|_| settled);
    let waits = match asked {
        Asked::Now(answering) if answering.commits() => Some(answering),
        Asked::Now(_) => {
            reply::say(bot, &mut tx, &late::as_late(&request), late_words(), true).await?;
            None
        }
        Asked::Later(_) => None,
    };
    tx.commit().await?;
    // A form that stays open was not saved.
    if ack == Ack::Empty {
        checking.into_iter().for_each(|checking| checking.tell(bot, &request.team, &request.user));
    }
    // The commit took so long that "still working" was said meanwhile.
    if waits.is_some_and(|answering| !answering.answers())
        && let Some(words) = late_words()
    {
        late::promise(bot, &request, words);
    }
    if let Some(view) = form {
        reply::open_form(bot, &request, *view);
    }
    Ok(ack)
}

/// Asks the trackers that a sent form names, before any transaction: none waits for a tracker.
async fn check_places(bot: &Arc<Bot>, request: &Request, asked: Asked<'_>) -> Vec<Checking> {
    match (&request.intent, asked) {
        (Intent::Form { form: Form::Config { channel }, fields }, Asked::Now(_)) => {
            check::begin(bot, channel, fields).await
        }
        _ => Vec::new(),
    }
}

/// What cannot be read is refused: it was met while reading, so nothing is written yet.
fn refused_if_corrupt(failure: Failure) -> Failure {
    match failure {
        Failure::Database(error) => match stored::corrupt(&error) {
            Some(corrupt) => {
                stored::log(corrupt);
                Refusal::Unreadable.into()
            }
            None => Failure::Database(error),
        },
        Failure::Refused(_) | Failure::Needs(_) => failure,
    }
}

/// Takes the request for handling. Returns what was answered, if it was handled before, and what an answer to a survey
/// needs: that is read in the same trip to the database.
async fn arrive(
    bot: &Bot,
    tx: &mut Tx,
    request: &Request,
    fetched: Option<&Fetched>,
) -> sqlx::Result<(Option<Ack>, Option<Mine>)> {
    let Request { team, user, key, .. } = request;
    if let Some(fetched) = fetched {
        // The job ends in the transaction that does what it asked for.
        let is_ours = jobs::take(tx, team, fetched.job).await?;
        return Ok(((!is_ours).then_some(Ack::Empty), None));
    }
    let (before, mine) = if let Intent::Form { form: Form::Survey { retro }, .. } = &request.intent {
        match responses::at_arrival(tx, &Delivery { team, user, key }, *retro, &bot.vault()).await {
            // Its handler reads it again, and says so.
            Err(error) if stored::corrupt(&error).is_some() => (inbox::before(tx, team, key).await?, None),
            arrived => arrived?,
        }
    } else {
        (inbox::before(tx, team, key).await?, None)
    };
    if before.is_none() {
        inbox::take(tx, team, key, bot.now_ms()).await?;
    }
    Ok((before.map(|said| reply::stored(&said)), mine))
}

/// Lets the handler of the request decide.
async fn decide(mut cx: Cx<'_>) -> Result<Outcome, Failure> {
    let cx = &mut cx;
    let request = cx.request;
    match &request.intent {
        Intent::Command(line) => commands::line(cx, line).await,
        Intent::Typed { dm, ts, text, has_file } => {
            typed::said(cx, &typed::Said { dm, ts, text, has_file: *has_file }).await
        }
        Intent::Edited { before, after } => typed::edited(cx, before, after).await,
        Intent::BlockAction(action) => block_actions::pressed(cx, action).await,
        Intent::Form { form, fields } => forms::sent(cx, form, fields).await,
        Intent::StartForm => Ok(Outcome::open(view::forms::start(request.channel.as_ref()))),
        Intent::Capture { channel, ts, text } => {
            captures::keep(cx, &captures::Message { channel, ts, text: text.as_deref() }).await
        }
        Intent::ItemFrom { channel, text, ts } => {
            captures::item(cx, &captures::Message { channel, ts, text: Some(text) }).await
        }
        Intent::Reply { retro, ts, text } => meeting::reply(cx, *retro, ts, text).await,
        Intent::Begin { retro } => starting::begin(cx, *retro).await,
        Intent::Unknown => Err(Refusal::OldButton.into()),
    }
}

/// What is acknowledged, and what follows the commit.
struct Concluded {
    ack: Ack,
    /// The words in the acknowledgement, for who has to hear them another way.
    in_ack: Option<Reply>,
    form: Option<Box<SlackView>>,
    /// Nothing more follows than this.
    settled: bool,
}

impl Concluded {
    fn ack(ack: Ack) -> Self {
        Self { ack, in_ack: None, form: None, settled: true }
    }
}

/// Saves an outcome, and remembers what is acknowledged for copies of the same delivery.
async fn conclude(bot: &Bot, tx: &mut Tx, request: &Request, outcome: Outcome, late: bool) -> sqlx::Result<Concluded> {
    let concluded = match outcome {
        Outcome::Done(decision) => {
            let hides_author = decision.hides_author();
            let is_answer = decision.only_answers();
            let concluded = finish(bot, tx, request, decision, late).await?;
            if hides_author && concluded.ack != Ack::Empty {
                // Its words name the stage, and perhaps a word of what was written: too much to outlive it.
                remember(tx, request, &reply::in_ack(&Reply::new("That is saved.")), late).await?;
                return Ok(concluded);
            }
            if is_answer && !late && matches!(concluded.ack, Ack::Json(_)) {
                // It is made anew for a copy of the delivery: a list holds what people wrote.
                inbox::give_back(tx, &request.team, &request.key).await?;
                return Ok(concluded);
            }
            concluded
        }
        Outcome::Open(view) => return Ok(Concluded { form: Some(view), settled: false, ..Concluded::ack(Ack::Empty) }),
        // Once acknowledged there is no form any more in which a fault could be shown.
        Outcome::Wrong(errors) if late => {
            let words = errors.into_values().collect::<Vec<_>>().join(" ");
            finish(bot, tx, request, Decision::say(words), late).await?
        }
        Outcome::Wrong(errors) => {
            let words = errors.values().cloned().collect::<Vec<_>>().join(" ");
            let ack = Ack::Json(json!({"response_action": "errors", "errors": errors}));
            Concluded { in_ack: Some(Reply::new(words)), ..Concluded::ack(ack) }
        }
        Outcome::Again(view) => {
            // Nothing was done: a copy of the delivery is asked the same again, and what was typed is not kept.
            inbox::give_back(tx, &request.team, &request.key).await?;
            let view = newer_blocks::fit_acknowledged(tx, &request.team, *view, bot.now_ms()).await?;
            let ack = Ack::Json(json!({"response_action": "update", "view": view}));
            let asks = Reply::new(
                "Nothing is saved yet, because I have a question first. Please submit the form again to see it.",
            );
            return Ok(Concluded { in_ack: Some(asks), ..Concluded::ack(ack) });
        }
        Outcome::Notice(view) => Concluded::ack(Ack::Json(json!({"response_action": "push", "view": view}))),
    };
    remember(tx, request, &concluded.ack, late).await?;
    Ok(concluded)
}

async fn finish(bot: &Bot, tx: &mut Tx, request: &Request, decision: Decision, late: bool) -> sqlx::Result<Concluded> {
    // The Home tab shows what changed by itself.
    let shown = request.reply_by == ReplyBy::Home && !decision.changes.is_empty();
    let said = save::save(bot, tx, &request.team, decision).await?.filter(|_| !shown);
    let ack = reply::say(bot, tx, request, said.clone(), late).await?;
    let in_ack = said.filter(|_| ack != Ack::Empty);
    Ok(Concluded { in_ack, ..Concluded::ack(ack) })
}

async fn remember(tx: &mut Tx, request: &Request, ack: &Ack, late: bool) -> sqlx::Result<()> {
    let Ack::Json(said) = ack else { return Ok(()) };
    if late { Ok(()) } else { inbox::remember(tx, &request.team, &request.key, &Value::to_string(said)).await }
}

/// Keeps the request until Slack has been asked.
async fn wait_for(bot: &Bot, tx: &mut Tx, request: &Request, lookup: Lookup) -> sqlx::Result<Concluded> {
    let job = Job { request: request.clone(), lookup };
    lookup::put(bot, tx, &job).await?;
    // Slack mostly answers at once, so nothing is said before what follows.
    Ok(Concluded { settled: false, ..Concluded::ack(Ack::Empty) })
}
