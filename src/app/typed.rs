//! Messages in the bot's DM: answers to a survey that waits, and commands.

use super::commands;
use super::cx::Cx;
use super::lookup::Lookup;
use super::outcome::{Failure, Outcome, done};
use super::request::without_mention;
use super::survey;
use crate::store::responses::Mine;
use lookback_core::command::{self, Meant};
use lookback_core::ids::{ChannelId, RetroId};
use lookback_core::retro::typed_answers::{self, Edited, Steer};
use lookback_core::retro::{Decision, Refusal};
use lookback_core::text::unesc;

/// A message that somebody wrote in the DM.
pub struct Said<'a> {
    pub dm: &'a ChannelId,
    pub ts: &'a str,
    pub text: &'a str,
    /// A file came with it.
    pub has_file: bool,
}

/// Takes it: as the answer to the survey that waits, or as a command.
pub async fn said(cx: &mut Cx<'_>, said: &Said<'_>) -> Result<Outcome, Failure> {
    let meant = command::meant(said.text);
    let asked = if meant == Meant::Command { None } else { survey::asked(cx).await? };
    let Some(Mine { retro, turnout, response }) = asked else {
        return if said.text.trim().is_empty() {
            Err(Refusal::OnlyWords.into())
        } else {
            commands::line(cx, said.text).await
        };
    };
    if said.text.trim().is_empty() {
        return Err(Refusal::NoWords.into());
    }
    let text = unesc(&cx.with_names(said.text).await?);
    if meant == Meant::Either {
        return done(typed_answers::ask_which(&retro, response, &text, said.dm, said.ts));
    }
    let mut decision = typed_answers::reply(&retro, &turnout, response, &text, cx.now())?;
    let file = said.has_file.then_some("Only your words are taken: the file stays in this conversation.");
    let like_command = command::is_like_command(said.text) && Steer::read(said.text).is_none();
    let like_command = like_command.then_some("If that was a command, put `retro` before it.");
    if let Some(reply) = &mut decision.reply {
        for hint in [file, like_command].into_iter().flatten() {
            reply.text = format!("{}\n{hint}", reply.text);
        }
    }
    Ok(Outcome::Done(decision))
}

/// `It is a command`: the message is read again, because a button keeps no words.
pub async fn run(cx: &mut Cx<'_>, retro: RetroId, dm: &ChannelId, ts: &str) -> Result<Outcome, Failure> {
    let user = &cx.request.user;
    cx.must_ask(Lookup::person(user).and_message(dm, ts))?;
    let text = cx.fetched.and_then(|f| f.message.clone()).ok_or(Refusal::CommandGone)?;
    let text = without_mention(&text, cx.workspace.bot_user_id.as_str());
    let plain = unesc(&cx.with_names(&text).await?);
    let kept = match survey::mine(cx, retro).await {
        Ok(Mine { retro, response, .. }) => typed_answers::was_command(&retro, response, &plain)?,
        Err(_) => Decision::default(),
    };
    let outcome = commands::line(cx, &text).await?;
    if let Outcome::Done(decision) = outcome { Ok(Outcome::Done(decision.and(kept))) } else { Ok(outcome) }
}

/// A message was changed: the answer that had its words has the new ones.
pub async fn edited(cx: &mut Cx<'_>, before: &str, after: &str) -> Result<Outcome, Failure> {
    let (before, after) = (unesc(&cx.with_names(before).await?), unesc(&cx.with_names(after).await?));
    let change = Edited { before: &before, after: &after };
    for asked in survey::open_surveys(cx).await? {
        let Mine { retro, turnout, response } = asked;
        if let Some(decided) = typed_answers::edited(&retro, &turnout, response, &change) {
            return done(decided);
        }
    }
    Ok(Outcome::nothing())
}
