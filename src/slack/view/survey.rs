//! The survey: the DM that asks, and the form that takes the answers.

use slack_morphism::prelude::SlackView;

use super::{Message, kit};
use crate::press::{Form, Press};
use crate::retro::survey::{Answer, Kind, MAX_ANSWER, QUESTIONS};
use crate::retro::{Answered, Button, Participant, Phase, Retro, bold, mention};
use crate::zone;

/// The DM. `tz` is its reader's zone.
pub fn dm(r: &Retro, me: &Participant, copy: u32, channel: &str, tz: &str) -> Message {
    let what = format!("the retrospective of {} in <#{channel}>", bold(&r.version));
    let (text, buttons) = match (r.phase, me.answer) {
        (Phase::Collecting, Answered::Waiting | Answered::Unreachable) => (
            format!(
                "{} {what}.\nSix questions, about two minutes, none of them mandatory: one answer is enough. {}\nIt closes {}.",
                if copy == 0 {
                    format!("{} asks you for your view in", mention(&r.facilitator))
                } else {
                    "Your view is still welcome in".to_owned()
                },
                promise(r.anonymous),
                zone::show(r.closes, tz)
            ),
            vec![
                ("Answer the survey", Press::Survey { retro: r.id }),
                ("Nothing to add", Press::NothingToAdd { retro: r.id }),
                ("I was not part of it", Press::NotPart { retro: r.id }),
            ],
        ),
        (Phase::Collecting, Answered::Written) => (
            format!(
                "Thank you, your answers for {what} are saved. You can read and change them until {}.",
                zone::show(r.closes, tz)
            ),
            vec![
                ("Change my answers", Press::Survey { retro: r.id }),
                ("Nothing to add", Press::TakeBack { retro: r.id, absent: false }),
                ("I was not part of it", Press::TakeBack { retro: r.id, absent: true }),
            ],
        ),
        (Phase::Collecting, Answered::Nothing) => (
            format!(
                "Thank you: you have nothing to add for {what}. You can still change your mind until {}.",
                zone::show(r.closes, tz)
            ),
            vec![
                ("Answer after all", Press::Survey { retro: r.id }),
                ("I was not part of it", Press::NotPart { retro: r.id }),
            ],
        ),
        (Phase::Collecting, Answered::Absent) => (
            format!("Thank you: you were not part of {what}, so you are not counted."),
            vec![("Answer after all", Press::Survey { retro: r.id })],
        ),
        (Phase::Cancelled, _) => (format!("No survey is needed any more: {what} was cancelled."), Vec::new()),
        (Phase::Agenda | Phase::Closed, Answered::Written | Answered::Nothing) => {
            (format!("The survey for {what} is closed. Thank you for taking part."), Vec::new())
        }
        (Phase::Agenda | Phase::Closed, _) => (format!("The survey for {what} is closed."), Vec::new()),
    };
    let buttons: Vec<Button> =
        buttons.into_iter().map(|(label, press)| Button { label: label.to_owned(), press }).collect();
    let mut blocks = vec![kit::section(&text)];
    blocks.extend(kit::actions(&buttons, true));
    Message { text, blocks }
}

/// What the reader may rely on, in a sentence.
fn promise(anonymous: bool) -> &'static str {
    if anonymous {
        "It is anonymous: your words are read by the channel without your name, but the way you write may still tell who you are."
    } else {
        "It is not anonymous: your name stands beside your answers."
    }
}

/// Names the field of a question.
pub fn field_id(question: usize) -> String {
    format!("q{question}")
}

/// Which question a field belongs to.
pub fn question_of(field: &str) -> Option<usize> {
    field.strip_prefix('q')?.parse().ok().filter(|q| *q < QUESTIONS.len())
}

/// The form, with what was answered before.
pub fn form(r: &Retro, before: &[Answer]) -> SlackView {
    let mut blocks = vec![kit::context(&format!(
        "{}: {} One line is one thought. Please fill in at least one.",
        bold(&r.version),
        if r.anonymous { "anonymous." } else { "your name stands beside your answers." }
    ))];
    for (i, question) in QUESTIONS.iter().enumerate() {
        let old = before.iter().find(|a| a.question == i).map_or("", |a| a.text.as_str());
        let id = field_id(i);
        blocks.push(match question.kind {
            Kind::Scale => {
                let options: Vec<(String, String)> = (1..=10u8)
                    .map(|n| {
                        let label = match n {
                            1 => "1: very rough".to_owned(),
                            10 => "10: very smooth".to_owned(),
                            n => n.to_string(),
                        };
                        (n.to_string(), label)
                    })
                    .collect();
                let options: Vec<(&str, &str)> = options.iter().map(|(v, l)| (v.as_str(), l.as_str())).collect();
                kit::choice_field(&id, question.text, &options, Some(old), true)
            }
            Kind::Text(_) => kit::text_field(&kit::Field {
                id: &id,
                label: question.text,
                initial: old,
                max: MAX_ANSWER,
                multiline: true,
                optional: true,
                hint: None,
            }),
        });
    }
    kit::modal("Release survey", "Send", "Cancel", &Form::Survey { retro: r.id }, blocks)
}
