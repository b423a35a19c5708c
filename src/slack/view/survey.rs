//! The survey: the DM that asks, and the form that takes the answers.

use slack_morphism::prelude::SlackView;

use super::{Message, blocks, fields, newer};
use lookback_core::interaction::{BlockAction, Form};
use lookback_core::model::participant::{Answered, Participant};
use lookback_core::model::question::Kind;
use lookback_core::model::response::{Answer, MAX_ANSWER, Share};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::Button;
use lookback_core::retro::release::Facts;
use lookback_core::text::{bold, mention};
use lookback_core::zone;

/// What is asked for.
fn asked(r: &Retro, what: &str, closes: &str) -> String {
    format!(
        "{} would like your view on {what}.\n{} questions, about two minutes; one answer is enough. The survey closes {closes}.",
        mention(&r.facilitator),
        number(r.questions.len())
    )
}

/// The DM. `tz` is its reader's zone.
pub fn dm(r: &Retro, me: &Participant, copy: u32, channel: &str, tz: &str) -> Message {
    let what = format!("the {} release (<#{channel}>)", bold(&r.version));
    let closes = zone::moment(r.closes, tz);
    let (text, buttons) = match (r.phase, me.answer) {
        (Phase::Collecting, Answered::Waiting | Answered::Unreachable) => (
            if copy == 0 {
                asked(r, &what, &closes)
            } else {
                format!("Reminder: do you have two minutes for {what}? The survey closes {closes}.")
            },
            vec![
                ("Answer the survey", BlockAction::Survey { retro: r.id }),
                ("Nothing to add", BlockAction::NothingToAdd { retro: r.id }),
                ("I wasn't part of it", BlockAction::NotPart { retro: r.id }),
            ],
        ),
        (Phase::Collecting, Answered::Written | Answered::Done) => (
            format!("Thank you, your answers on {what} are saved. You can change them until {closes}."),
            vec![
                ("Change my answers", BlockAction::Survey { retro: r.id }),
                ("Nothing to add", BlockAction::TakeBack { retro: r.id, absent: false }),
                ("I wasn't part of it", BlockAction::TakeBack { retro: r.id, absent: true }),
            ],
        ),
        (Phase::Collecting, Answered::Nothing) => (
            format!(
                "Thanks! I've noted that you have nothing to add on {what}. You can change your mind until {closes}."
            ),
            vec![
                ("Answer after all", BlockAction::Survey { retro: r.id }),
                ("I wasn't part of it", BlockAction::NotPart { retro: r.id }),
            ],
        ),
        (Phase::Collecting, Answered::Absent) => (
            format!("Thanks for letting me know. Since you weren't part of {what}, I won't count you in."),
            vec![("Answer after all", BlockAction::Survey { retro: r.id })],
        ),
        (Phase::Scheduled, _) => (format!("The survey on {what} isn't open yet."), Vec::new()),
        (Phase::Cancelled, _) => {
            (format!("The retro on {what} was cancelled, so there is nothing to answer."), Vec::new())
        }
        (Phase::Agenda | Phase::Meeting | Phase::Closed, Answered::Written | Answered::Nothing | Answered::Done) => {
            (format!("The survey on {what} is closed. Thank you for taking part!"), Vec::new())
        }
        (Phase::Agenda | Phase::Meeting | Phase::Closed, _) => (format!("The survey on {what} is closed."), Vec::new()),
    };
    let asks = r.phase == Phase::Collecting && matches!(me.answer, Answered::Waiting | Answered::Unreachable);
    let buttons: Vec<Button> =
        buttons.into_iter().map(|(label, action)| Button { label: label.to_owned(), action }).collect();
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, true));
    let mut text = text;
    // A reminder does not say it again.
    if asks && copy == 0 {
        for line in std::iter::once(promise(r)).chain(by_typing(r)) {
            blocks.push(blocks::context(&line));
            text.push_str(&format!("\n{line}"));
        }
    }
    Message { text, blocks }
}

fn number(n: usize) -> String {
    const WORDS: [&str; 9] = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];
    n.checked_sub(2).and_then(|i| WORDS.get(i)).map_or_else(|| n.to_string(), |w| (*w).to_owned())
}

/// What the reader may rely on.
fn promise(r: &Retro) -> String {
    if r.anonymous {
        format!(
            "🔒 Anonymous. Your answers stay sealed until the survey closes and appear without your name. If fewer than {} people write something, I'll ask you before I share anything. People may still recognize your writing style.",
            r.threshold
        )
    } else {
        "Not anonymous: your name is shown next to your answers.".to_owned()
    }
}

/// Who would rather type can begin at once, where that leaves no trace that was not promised.
fn by_typing(r: &Retro) -> Option<String> {
    let first = r.questions.first().filter(|_| !r.anonymous)?;
    Some(format!("You can also just answer here. First question: {}", lookback_core::text::esc(&first.text)))
}

/// Asks an author whether to share what was withheld. `waits`: it is still to be said. `tz` is its reader's
/// zone.
pub fn share(r: &Retro, waits: bool, tz: &str) -> Message {
    let what = format!("the {} release (<#{}>)", bold(&r.version), r.channel);
    let (Some(until), true) = (r.withheld, waits) else {
        // Which way it went is not kept, so it is not said either.
        let text = format!("Thank you, that's settled for {what}.");
        return Message { blocks: vec![blocks::section(&text)], text };
    };
    let text = format!(
        "The survey on {what} is closed. Fewer than {} people wrote something, so others may guess which words are yours. I won't show them without your consent. Would you like to share them? If I don't hear from you, I'll delete them {}.",
        r.threshold,
        zone::moment(until, tz)
    );
    let action = |how| BlockAction::Share { retro: r.id, how };
    let buttons = [
        ("Share", action(Share::Unnamed)),
        ("Share with my name", action(Share::Named)),
        ("Don't share", action(Share::KeepOut)),
    ];
    let buttons: Vec<Button> = buttons.into_iter().map(|(l, action)| Button { label: l.to_owned(), action }).collect();
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, false));
    Message { text, blocks }
}

/// Names the field of a question.
pub fn field_id(question: usize) -> String {
    format!("q{question}")
}

/// Which question a field belongs to.
pub fn question_of(field: &str) -> Option<usize> {
    field.strip_prefix('q')?.parse().ok()
}

/// The form, with the facts before the questions, and with what was answered before.
pub fn form(r: &Retro, before: &[Answer], facts: &Facts) -> SlackView {
    let who = if r.anonymous {
        newer::info("Your answers are anonymous.")
    } else {
        newer::warning("Your name is shown next to your answers.")
    };
    let how = format!("{}. Write one thought per line. Please answer at least one question.", bold(&r.version));
    let mut blocks = vec![who, blocks::context(&how)];
    let (lines, _) = super::release::lines(facts, &r.zone);
    if !lines.is_empty() {
        blocks.push(blocks::rich(lines));
    }
    for (i, question) in r.questions.iter().enumerate() {
        let old = before.iter().find(|a| a.question == i).map_or("", |a| a.text.as_str());
        let id = field_id(i);
        blocks.push(match question.kind {
            Kind::Scale => {
                let options: Vec<(String, String)> = (1..=10u8)
                    .map(|n| {
                        let label = match n {
                            1 => "1: lowest".to_owned(),
                            10 => "10: highest".to_owned(),
                            n => n.to_string(),
                        };
                        (n.to_string(), label)
                    })
                    .collect();
                let options: Vec<(&str, &str)> = options.iter().map(|(v, l)| (v.as_str(), l.as_str())).collect();
                fields::choice_field(&id, &question.text, &options, Some(old), true)
            }
            Kind::Text(_) => fields::text_field(&fields::Field {
                id: &id,
                label: &question.text,
                initial: old,
                max: MAX_ANSWER,
                multiline: true,
                optional: true,
                hint: None,
            }),
        });
    }
    blocks::modal("Release survey", "Submit answers", "Cancel", &Form::Survey { retro: r.id }, blocks)
}
