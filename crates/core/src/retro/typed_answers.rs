//! Answers typed in the DM: one question after the other, with `skip`, `back` and `done`.
//!
//! Rule: in a named retro a reply is the answer to the question that is asked. In an anonymous one Slack
//! keeps a typed reply in its own history under the author's name, so the person is told and asked first;
//! meanwhile the words wait on the sealed sheet, never in a button.

use chrono::{DateTime, Utc};

use super::survey::{self, Turnout};
use super::{Change, Decision, Refusal, Reply};
use crate::ids::ChannelId;
use crate::interaction::BlockAction;
use crate::model::participant::Answered;
use crate::model::question::Kind;
use crate::model::response::{Answer, MAX_ANSWER, Response, is_trivial};
use crate::model::retro::Retro;
use crate::text::{bold, clean, cut, esc};

/// Whether the DM is waiting for this person's words: they have not answered yet, or were asked the next
/// question.
pub fn is_asked(retro: &Retro, turnout: &Turnout, response: &Response) -> bool {
    let waiting = survey::open_for(retro, turnout).is_ok_and(|p| p.answer == Answered::Waiting);
    waiting || response.asking.is_some()
}

/// The words that steer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    Skip,
    Back,
    Done,
}

impl Steer {
    /// Reads one.
    pub fn read(text: &str) -> Option<Self> {
        let around = |c: char| c.is_whitespace() || !c.is_alphanumeric();
        let plain = text.trim_matches(around).to_lowercase().replace(['\'', '’', ','], "");
        let words: Vec<&str> =
            plain.split_whitespace().filter(|w| !matches!(*w, "please" | "pls" | "thanks")).collect();
        Some(match words.as_slice() {
            ["skip" | "next" | "pass"] | ["skip", "it" | "this" | "that"] | ["next", "question" | "one"] => Self::Skip,
            ["skip", "this" | "the" | "that", "one" | "question"] | ["skip", "question"] => Self::Skip,
            ["back"] | ["go", "back"] => Self::Back,
            ["done"] | ["all", "done"] | ["im", "done"] | ["i", "am", "done"] | ["skip", "all"] => Self::Done,
            _ => return None,
        })
    }
}

/// Somebody typed in the DM while they are asked.
pub fn reply(
    retro: &Retro,
    turnout: &Turnout,
    response: Response,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    survey::open_for(retro, turnout)?;
    if let Some(steer) = Steer::read(text) {
        return Ok(self::steer(retro, response, steer));
    }
    if retro.anonymous {
        return hold(retro, response, text);
    }
    answer(retro, turnout, response, text, now)
}

/// Keeps the words until the person has said what to do with them. A second message is added to the first.
fn hold(retro: &Retro, mut response: Response, text: &str) -> Result<Decision, Refusal> {
    keep(&mut response, text)?;
    let question = response.asking.and_then(|at| retro.questions.get(at)).map_or_else(String::new, |q| esc(&q.text));
    // The whole warning once; what is said too often is not read.
    let words = if std::mem::replace(&mut response.told, true) {
        format!("Use what you typed as the answer to “{question}”, or open the form, which doesn't leave your name?")
    } else {
        format!(
            "The retro for {} is anonymous, but what you type here stays in this conversation under your name. The form doesn't leave your name. Use what you typed as the answer to “{question}”, or open the form?",
            bold(&retro.version)
        )
    };
    let said = Reply::new(words)
        .button("Open the form", BlockAction::Survey { retro: retro.id })
        .button("Use what I typed", BlockAction::UseTyped { retro: retro.id });
    Ok(Decision { changes: vec![survey::kept(retro, response)?], reply: Some(said), ..Decision::default() })
}

/// Adds words to those that wait.
fn keep(response: &mut Response, text: &str) -> Result<(), Refusal> {
    let words = match &response.typed {
        Some(before) => format!("{before}\n{}", clean(text).trim()),
        None => clean(text).trim().to_owned(),
    };
    let len = words.chars().count();
    if len > MAX_ANSWER {
        return Err(Refusal::TooLong { max: MAX_ANSWER, len });
    }
    response.typed = Some(words);
    response.asking = response.asking.or(Some(0));
    Ok(())
}

/// What was typed fits a command and an answer: who typed it says which. `dm`, `ts`: the message, from which a command is
/// read again.
pub fn ask_which(
    retro: &Retro,
    mut response: Response,
    text: &str,
    dm: &ChannelId,
    ts: &str,
) -> Result<Decision, Refusal> {
    let question = retro.questions.get(response.asking.unwrap_or(0)).map_or_else(String::new, |q| esc(&q.text));
    let shown = esc(&cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), 100));
    keep(&mut response, text)?;
    let mut said = format!("Is “{shown}” your answer to “{question}”, or a command?");
    if retro.anonymous {
        said.push_str(" What you type here stays in this conversation under your name; the form leaves no name.");
    }
    let mut reply = Reply::new(said)
        .button("It is my answer", BlockAction::UseTyped { retro: retro.id })
        .button("It is a command", BlockAction::RunTyped { retro: retro.id, dm: dm.clone(), ts: ts.to_owned() });
    if retro.anonymous {
        reply = reply.button("Open the form", BlockAction::Survey { retro: retro.id });
    }
    Ok(Decision { changes: vec![survey::kept(retro, response)?], reply: Some(reply), ..Decision::default() })
}

/// It was a command: it waits no longer as an answer.
pub fn was_command(retro: &Retro, mut response: Response, text: &str) -> Result<Decision, Refusal> {
    let Some(typed) = response.typed.take() else { return Ok(Decision::default()) };
    let rest = typed.strip_suffix(clean(text).trim()).unwrap_or(&typed).trim();
    response.typed = Some(rest.to_owned()).filter(|rest| !rest.is_empty());
    Ok(Decision { changes: vec![survey::kept(retro, response)?], ..Decision::default() })
}

/// A message in the DM was changed or deleted (`after` is empty): an answer that had its words follows; `None` where none
/// had.
pub fn edited(
    retro: &Retro,
    turnout: &Turnout,
    mut response: Response,
    change: &Edited<'_>,
) -> Option<Result<Decision, Refusal>> {
    let plain = |text: &str| clean(text).trim().to_owned();
    let (before, after) = (plain(change.before), plain(change.after));
    if before.is_empty() || before == after {
        return None;
    }
    if response.typed.as_deref() == Some(before.as_str()) {
        response.typed = Some(after).filter(|after| !after.is_empty());
        return Some(survey::kept(retro, response).map(|kept| Decision { changes: vec![kept], ..Decision::default() }));
    }
    let answered = |a: &Answer| {
        let kind = retro.questions.get(a.question).map(|q| q.kind);
        a.text == before || kind.and_then(|k| survey::check_one(k, &before).ok().flatten()).as_ref() == Some(&a.text)
    };
    let at = response.answers.iter().rposition(answered)?;
    // Whoever deletes the message to remove their name still wants the answer.
    if after.is_empty() && retro.anonymous {
        return None;
    }
    let question = retro.questions.get(response.answers.get(at)?.question)?;
    let changed = move || {
        survey::open_for(retro, turnout)?;
        if after.is_empty() {
            response.answers.remove(at);
            let said = format!("Your answer to “{}” is deleted too.", esc(&question.text));
            let changes = vec![survey::kept(retro, response)?];
            return Ok(Decision { changes, reply: Some(Reply::new(said)), ..Decision::default() });
        }
        let text = survey::check_one(question.kind, &after)?.ok_or(Refusal::EmptySurvey)?;
        if let Some(answer) = response.answers.get_mut(at) {
            answer.text = text;
        }
        let said = format!("Your answer to “{}” is changed too.", esc(&question.text));
        let changes = vec![survey::kept(retro, response)?];
        Ok(Decision { changes, reply: Some(Reply::new(said)), ..Decision::default() })
    };
    Some(changed())
}

/// What a message said before it was changed, and what it says now.
#[derive(Debug)]
pub struct Edited<'a> {
    pub before: &'a str,
    pub after: &'a str,
}

/// `Use what I typed`.
pub fn use_typed(
    retro: &Retro,
    turnout: &Turnout,
    mut response: Response,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    survey::open_for(retro, turnout)?;
    let Some(text) = response.typed.take() else {
        let words = "Nothing is waiting to be saved: what you typed is saved already, or was skipped.";
        let reply = Reply::new(words).button("Open the form", BlockAction::Survey { retro: retro.id });
        return Ok(Decision { reply: Some(reply), ..Decision::default() });
    };
    match answer(retro, turnout, response.clone(), &text, now) {
        Err(refusal) => {
            // It does not fit the question; what was typed does not wait any longer.
            let changes = vec![Change::Response { retro: retro.id, response }];
            Ok(Decision { changes, reply: Some(Reply::new(refusal.to_string())), ..Decision::default() })
        }
        decided => decided,
    }
}

fn answer(
    retro: &Retro,
    turnout: &Turnout,
    mut response: Response,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let at = response.asking.unwrap_or(0);
    let question = retro.questions.get(at).ok_or(Refusal::Unknown)?;
    // No score is an answer too.
    if question.kind == Kind::Scale && is_trivial(text) {
        response.answers.retain(|a| a.question != at);
        let mut decision = survey::mark(retro, turnout, Answered::Written, now)?;
        decision.reply = Some(ask(retro, &mut response, at + 1, "Saved without a score."));
        decision.changes.push(survey::kept(retro, response)?);
        return Ok(decision);
    }
    let Some(text) = survey::check_one(question.kind, text)? else { return Err(Refusal::EmptySurvey) };
    response.answers.retain(|a| a.question != at);
    response.answers.push(Answer { question: at, text });
    response.answers.sort_by_key(|a| a.question);
    let mut decision = survey::mark(retro, turnout, Answered::Written, now)?;
    let said = ask(retro, &mut response, at + 1, &format!("Saved for {}.", bold(&retro.version)));
    decision.changes.push(survey::kept(retro, response)?);
    decision.reply = Some(said);
    Ok(decision)
}

fn steer(retro: &Retro, mut response: Response, steer: Steer) -> Decision {
    let at = response.asking.unwrap_or(0);
    // What waited for a word is left behind with its question.
    let left = response.typed.take().is_some();
    let mut said = match steer {
        Steer::Skip => ask(retro, &mut response, at + 1, "Skipped."),
        Steer::Back => {
            ask(retro, &mut response, at.saturating_sub(1), "Going back: what you type now replaces your answer.")
        }
        Steer::Done => {
            let count = retro.questions.len();
            ask(retro, &mut response, count, "All right.")
        }
    };
    if left {
        said.text.push_str("\nWhat you typed without pressing “Use what I typed” isn't saved.");
    }
    Decision { changes: vec![Change::Response { retro: retro.id, response }], reply: Some(said), ..Decision::default() }
}

/// Asks the next question, or says that this was the last.
fn ask(retro: &Retro, response: &mut Response, at: usize, first: &str) -> Reply {
    if let Some(question) = retro.questions.get(at) {
        response.asking = Some(at);
        return Reply::new(format!(
            "{first} Question {} of {}: {}\nType your answer, or `skip`, `back` or `done`.",
            at + 1,
            retro.questions.len(),
            esc(&question.text)
        ));
    }
    response.asking = None;
    let survey = BlockAction::Survey { retro: retro.id };
    if response.answers.is_empty() {
        return Reply::new(format!("{first} Nothing is saved yet."))
            .button("Answer the survey", survey)
            .button("Nothing to add", BlockAction::NothingToAdd { retro: retro.id });
    }
    let answers = crate::text::count(response.answers.len(), "answer is", "answers are");
    Reply::new(format!("{first} Your {answers} saved; you can change them until the survey closes. Thank you!"))
        .button("Change my answers", survey)
}
