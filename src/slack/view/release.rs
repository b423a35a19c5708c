//! The release in figures: its lines, its table, and the form that takes them.

use slack_morphism::prelude::{SlackBlock, SlackRichTextElement, SlackView};

use super::agenda::MOST;
use super::blocks::{Bit, Line};
use super::fields::Field;
use super::forms::text;
use super::{Message, blocks, fields, newer};
use lookback_core::ids::ChannelId;
use lookback_core::interaction::Form;
use lookback_core::model::note::{Category, Note};
use lookback_core::model::retro::Retro;
use lookback_core::retro::likeness;
use lookback_core::retro::record::Record;
use lookback_core::retro::release::{Facts, Release, form, plan};
use lookback_core::text::{bold, count, cut, esc, mention};

/// Assumptions and risks shown, and characters of each.
const PLANNED: usize = 5;
const ITEM: usize = 140;

/// Gates shown.
const GATES: usize = 25;

/// The lines as rich text, and as fallback; nothing where nothing is known.
pub fn lines(facts: &Facts, tz: &str) -> (Vec<SlackRichTextElement>, String) {
    let lines = facts.lines(tz);
    if lines.is_empty() {
        return (Vec::new(), String::new());
    }
    let text = lines.iter().map(|(label, text)| format!("\n• {label}: {}", esc(&cut(text, 250)))).collect();
    let rows = lines
        .into_iter()
        .map(|(label, text)| vec![Bit::Bold(format!("{label}: ")), Bit::Text(cut(&text, 250))])
        .collect();
    (vec![blocks::list(rows, false)], text)
}

/// What the plan assumed and feared, and which of `notes` sound like it.
pub fn planned(facts: &Facts, notes: &[&str]) -> (Vec<SlackRichTextElement>, String) {
    let (mut rich, mut text) = (Vec::new(), String::new());
    if let Some(address) = facts.data.plan.as_ref().filter(|p| plan::is_address(p)) {
        rich.push(blocks::paragraph(vec![
            Bit::Bold("Release plan: ".into()),
            Bit::Link(address.clone(), cut(address, 80)),
        ]));
        text.push_str(&format!("\nRelease plan: {}", esc(address)));
    }
    let plan = facts.plan();
    list("Assumptions in the plan", &plan.assumptions, |_| (false, None), &mut rich, &mut text);
    let known: Vec<_> =
        if plan.risks.is_empty() { Vec::new() } else { notes.iter().map(|n| likeness::stems(n)).collect() };
    let heard = |risk: &str| {
        let mine = likeness::stems(risk);
        let like = known.iter().zip(notes).find(|(n, _)| likeness::alike(&mine, n) > SOUNDS_LIKE).map(|(_, n)| n);
        let true_now = facts.came_true.iter().any(|r| r == risk);
        (true_now, like.filter(|_| !true_now).map(|n| cut(n, 80)))
    };
    list("Risks in the plan", &plan.risks, heard, &mut rich, &mut text);
    (rich, text)
}

fn list(
    heading: &str,
    items: &[String],
    heard: impl Fn(&str) -> (bool, Option<String>),
    rich: &mut Vec<SlackRichTextElement>,
    text: &mut String,
) {
    if items.is_empty() {
        return;
    }
    text.push_str(&format!("\n{heading}:"));
    let mut lines: Vec<Line> = Vec::new();
    for item in items.iter().take(PLANNED) {
        let (came_true, like) = heard(item);
        let mark = if came_true { "Came true: " } else { "" };
        let like = like.map(|n| format!(" (similar note: “{n}”)")).unwrap_or_default();
        text.push_str(&format!("\n• {mark}{}{}", esc(&cut(item, ITEM)), esc(&like)));
        lines.push(vec![Bit::Bold(mark.into()), Bit::Text(cut(item, ITEM)), Bit::Italic(like)]);
    }
    if items.len() > PLANNED {
        lines.push(vec![Bit::Italic(format!("+{} more in the plan", items.len() - PLANNED))]);
    }
    rich.push(blocks::paragraph(vec![Bit::Bold(heading.into())]));
    rich.push(blocks::list(lines, false));
}

/// From this likeness on a note is said to sound like a risk.
const SOUNDS_LIKE: f64 = 0.45;

/// The release in figures, and all notes where the agenda leaves some out, in its thread; `None` where there is neither.
pub fn figures(retro: &Retro, record: &Record) -> Option<Message> {
    let facts = &record.facts;
    let notes = if super::agenda::leaves_out(record) { record.notes.as_slice() } else { &[] };
    let timeline = facts.data.timeline_table();
    let gates = &facts.data.quality;
    let (lines, said) = self::lines(facts, &retro.zone);
    let spoken = record.notes.iter().filter(|n| matches!(n.category, Category::Improve | Category::Surprise));
    let (planned, plan_said) = self::planned(facts, &spoken.map(|n| n.text.as_str()).collect::<Vec<_>>());
    // When it went live and of which kind it is, the agenda says.
    let said_before = ["Type", "Deployed", "Overall"];
    let has_more = facts.lines(&retro.zone).iter().any(|(label, _)| !said_before.contains(label));
    let has_figures = timeline.is_some() || !gates.is_empty() || !planned.is_empty() || has_more;
    if !has_figures && notes.is_empty() {
        return None;
    }
    let lines = if has_figures { lines } else { Vec::new() };
    let said = if has_figures { said } else { String::new() };
    let title = if has_figures { "in figures" } else { "notes" };
    let mut text = format!("{} {title}", bold(&retro.version));
    let mut blocks = vec![blocks::header(&format!("{} {title}", retro.version))];
    if !lines.is_empty() {
        blocks.push(blocks::rich(lines));
        text.push_str(&said);
    }
    if !gates.is_empty() {
        let mut lines: Vec<Line> = Vec::new();
        for gate in gates.iter().take(GATES) {
            let passed = match gate.passed() {
                Some(true) => "passed: ",
                Some(false) => "failed: ",
                None => "",
            };
            text.push_str(&format!("\n• {passed}{} {}", esc(&gate.name), esc(&gate.shown())));
            lines.push(vec![Bit::Bold(passed.into()), Bit::Text(format!("{} {}", gate.name, gate.shown()))]);
        }
        blocks.push(blocks::rich(vec![
            blocks::paragraph(vec![Bit::Bold("Quality gates".into())]),
            blocks::list(lines, false),
        ]));
    }
    if let Some(timeline) = timeline {
        let lines: String = timeline.mrkdwn_lines().iter().map(|l| format!("\n• {l}")).collect();
        text.push_str("\nPlanned and actual:");
        text.push_str(&lines);
        blocks.extend(facts.data.timeline_chart().as_ref().and_then(newer::chart));
        blocks.push(blocks::section("*Planned and actual*"));
        let plan = blocks::weight(&[blocks::rich(planned.clone())]);
        newer::add_table(&mut blocks, &timeline, MOST.saturating_sub(plan));
    }
    if !planned.is_empty() {
        blocks.push(blocks::rich(planned));
        text.push_str(&plan_said);
    }
    let room = MOST.saturating_sub(blocks::weight(&blocks));
    all_notes(notes, room, &mut blocks, &mut text);
    Some(Message { text: cut(&text, 3900), blocks })
}

/// Every note, by category, in `room` characters: folded, since the agenda shows what weighs most.
fn all_notes(notes: &[Note], room: usize, blocks: &mut Vec<SlackBlock>, text: &mut String) {
    let (mut spent, mut left_out) = (0, 0);
    for category in Category::ALL {
        let mut lines: Vec<String> = Vec::new();
        for note in notes.iter().filter(|n| n.category == category) {
            let words = cut(&note.text, 300);
            let author = note.author.as_ref().map(|user| format!(" – {}", mention(user))).unwrap_or_default();
            let link = note.link.as_ref().map(|link| format!(" <{link}|(message)>")).unwrap_or_default();
            let line = format!("• {}{author}{link}", esc(&words));
            // The title of its part counts too.
            spent += line.chars().count() + if lines.is_empty() { 60 } else { 1 };
            if spent > room {
                left_out += 1;
                continue;
            }
            text.push_str(&format!("\n• {}", esc(&words)));
            lines.push(line);
        }
        if !lines.is_empty() {
            let title = format!("{} ({})", category.title(), count(lines.len(), "note", "notes"));
            blocks.push(newer::folded(&title, &blocks::paragraphs(&lines)));
        }
    }
    if left_out > 0 {
        blocks.push(blocks::context(&format!("+{left_out} more in the document at the end")));
    }
}

/// They were taken away again.
pub fn no_figures(retro: &Retro) -> Message {
    let text = format!("There are no figures or notes of {} any more.", bold(&retro.version));
    Message { blocks: vec![blocks::section(&text)], text }
}

/// The form for the common figures, with a field for the whole document.
pub fn data(channel: &ChannelId, release: &Release, seen: &str, tz: &str) -> SlackView {
    let mut blocks = vec![blocks::context(&format!(
        "The figures of {}, shown before the discussion. All of them are optional. Times are in {tz}.",
        bold(&release.version)
    ))];
    for at in form::At::ALL {
        let shown = at.show(release, tz);
        let fits = shown.chars().count() <= at.longest();
        let shown = if fits { shown.as_str() } else { "" };
        let hint = if fits { at.hint() } else { "The current value is too long to show; what you enter replaces it" };
        let field = Field {
            optional: true,
            multiline: at.multiline(),
            hint: Some(hint),
            ..text(at.id(), at.label(), shown, at.longest())
        };
        blocks.push(fields::text_field(&field));
        if at == form::At::Deployed {
            blocks.push(fields::day_field(at.id(), "Or pick a day, and type just the time above"));
        }
    }
    let form = Form::Data { channel: channel.clone(), version: release.version.clone(), seen: seen.to_owned() };
    blocks::modal("Release data", "Save", "Cancel", &form, blocks)
}

/// Names a risk in the form: its words, since the plan may be another one by the time it is sent.
pub fn mark_of(risk: &str) -> String {
    crate::seal::digest(risk)
}

/// Which risks of the plan came true.
pub fn risks(retro: &Retro, facts: &Facts) -> SlackView {
    let plan = facts.plan();
    let options: Vec<(String, String)> = plan.risks.iter().map(|risk| (mark_of(risk), cut(risk, 75))).collect();
    let chosen: Vec<String> = options
        .iter()
        .zip(&plan.risks)
        .filter(|(_, risk)| facts.came_true.contains(risk))
        .map(|((value, _), _)| value.clone())
        .collect();
    let blocks = vec![
        blocks::section(&format!("Which risks from the plan of {} came true?", bold(&retro.version))),
        fields::any_field(super::forms::field::TEXT, "Risks", &options, &chosen),
    ];
    blocks::modal("Risks", "Save", "Cancel", &Form::Risks { retro: retro.id }, blocks)
}
