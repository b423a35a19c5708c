//! What keeps coming back: in the agenda, in a named person's DM, and the four questions.

use slack_morphism::prelude::{SlackRichTextElement, SlackView};

use super::blocks::{Bit, Line};
use super::forms::{field, text};
use super::{Message, blocks, fields};
use lookback_core::interaction::{BlockAction, Form};
use lookback_core::model::escalation::{Answers, Escalation, QUESTIONS};
use lookback_core::model::retro::Retro;
use lookback_core::retro::Button;
use lookback_core::retro::recurring::{ESCALATES, LONGEST, Recurring};
use lookback_core::text::{bold, cut, esc, mention};

/// Shown in an agenda.
const SHOWN: usize = 3;
/// Earlier releases named of each, the last ones.
const RELEASES: usize = 4;

/// The themes that earlier retros had too, as rich text and as fallback.
pub fn seen(retro: &Retro, again: &[Recurring]) -> (Vec<SlackRichTextElement>, String) {
    if again.is_empty() {
        return (Vec::new(), String::new());
    }
    let mut text = "\nSeen before:".to_owned();
    let mut lines: Vec<Line> = Vec::new();
    for r in again.iter().take(SHOWN) {
        let words = cut(&r.text, 160);
        let then = if r.times() >= ESCALATES && retro.phase.has_agenda() {
            "; I'll ask for a decision after this retro"
        } else {
            ""
        };
        let said = r.said.as_ref().map(said).unwrap_or_default();
        let skipped = r.seen.len().saturating_sub(RELEASES);
        let links: Vec<String> = r
            .seen
            .iter()
            .skip(skipped)
            .map(|(_, version, link)| match link {
                Some(link) => format!("<{link}|{}>", esc(version)),
                None => esc(version),
            })
            .collect();
        text.push_str(&format!(
            "\n• “{}” was raised in {} and now, {}{then}.{}",
            esc(&words),
            links.join(", "),
            r.ordinal(),
            esc(&said)
        ));
        let mut line = vec![Bit::Text(format!("“{words}” was raised in "))];
        for (i, (_, version, link)) in r.seen.iter().skip(skipped).enumerate() {
            line.push(Bit::Text(if i > 0 { ", ".into() } else { String::new() }));
            line.push(match link {
                Some(link) => Bit::Link(link.clone(), version.clone()),
                None => Bit::Text(version.clone()),
            });
        }
        line.extend([
            Bit::Text(" and now, ".into()),
            Bit::Bold(r.ordinal()),
            Bit::Text(format!("{then}.")),
            Bit::Italic(said),
        ]);
        lines.push(line);
    }
    if again.len() > SHOWN {
        lines.push(vec![Bit::Italic(format!("and {} more", again.len() - SHOWN))]);
    }
    (vec![blocks::paragraph(vec![Bit::Bold("Seen before".into())]), blocks::list(lines, false)], text)
}

/// ` MessageEvent to it: dedicated time: one day a sprint; persists because …`
fn said(e: &Escalation) -> String {
    let lines: Vec<String> =
        e.answers.iter().flat_map(Answers::lines).map(|(what, text)| format!("{what}: {}", cut(text, 100))).collect();
    if lines.is_empty() { String::new() } else { format!(" Earlier answer: {}.", lines.join("; ")) }
}

/// The DM of the named person. `words`: the theme; `versions`: where it came up before.
pub fn escalation(retro: &Retro, e: &Escalation, words: &str, versions: &str) -> Message {
    let what = format!(
        "“{}” came up in the retros of {} and {} in <#{}>",
        esc(&cut(words, 300)),
        esc(versions),
        bold(&retro.version),
        retro.channel
    );
    // Who is named after somebody else answered is asked all the same.
    let answered = e.answers.is_some() && e.answered_by.as_ref().is_none_or(|by| *by == e.user);
    let others = if answered { String::new() } else { said(e) };
    let text = if answered {
        let lines: Vec<String> = e
            .answers
            .iter()
            .flat_map(Answers::lines)
            .map(|(what, text)| format!("\n• {what}: {}", esc(&cut(text, LONGEST))))
            .collect();
        let by = e.answered_by.as_ref().map(|user| format!(" ({})", mention(user))).unwrap_or_default();
        format!("{what}. This is the answer{by}; it's shown if it comes up again:{}", lines.concat())
    } else {
        format!(
            "{what}. It may need a decision rather than another action item: four short questions can help. Your answers are shown the next time it comes up.{}",
            esc(&others)
        )
    };
    let (retro, root) = (retro.id, e.root);
    let label = if answered { "Change the answers" } else { "Answer the four questions" };
    let buttons = [
        Button { label: label.into(), action: BlockAction::Escalation { retro, root } },
        Button { label: "Ask someone else".into(), action: BlockAction::HandEscalation { retro, root } },
    ];
    let mut blocks = vec![blocks::section(&text)];
    blocks.extend(blocks::actions(&buttons, !answered));
    Message { text, blocks }
}

/// Who was named before somebody else was.
pub fn handed(retro: &Retro, e: &Escalation, words: &str) -> Message {
    let text = format!(
        "I asked {} about “{}”, for the retro for {}. Thank you.",
        mention(&e.user),
        esc(&cut(words, 300)),
        bold(&retro.version)
    );
    Message { blocks: vec![blocks::section(&text)], text }
}

/// The four questions.
pub fn questions(retro: &Retro, e: &Escalation, words: &str, known: &Answers) -> SlackView {
    let mut blocks = vec![blocks::section(&format!("What keeps coming back: “{}”", esc(&cut(words, 300))))];
    for ((id, question), answer) in QUESTIONS.into_iter().zip(known.in_order()) {
        blocks.push(fields::text_field(&fields::Field {
            optional: true,
            multiline: true,
            ..text(id, question, answer, LONGEST)
        }));
    }
    let form = Form::Escalation { retro: retro.id, root: e.root };
    blocks::modal("Four questions", "Save", "Cancel", &form, blocks)
}

/// Who else.
pub fn hand_on(retro: &Retro, e: &Escalation, words: &str) -> SlackView {
    let blocks = vec![
        blocks::section(&format!("Who could say more about “{}”?", esc(&cut(words, 300)))),
        fields::person_field(field::OWNER, "Who?", None),
    ];
    blocks::modal(
        "Ask someone else",
        "Ask them",
        "Cancel",
        &Form::HandEscalation { retro: retro.id, root: e.root },
        blocks,
    )
}
