//! The agenda in the channel.

use chrono::{DateTime, Utc};
use slack_morphism::prelude::{SlackBlock, SlackRichTextElement};

use super::blocks::{Bit, Line};
use super::{Message, blocks, recurring};
use lookback_core::interaction::BlockAction;
use lookback_core::model::item::{Item, State};
use lookback_core::model::note::Note;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::stage::{STAGES, Stage};
use lookback_core::retro::action::Review;
use lookback_core::retro::agenda::{Rating, minutes};
use lookback_core::retro::record::Record;
use lookback_core::retro::theme::Theme;
use lookback_core::retro::{Button, survey_closing};
use lookback_core::text::{bold, cut, esc, mention};
use lookback_core::zone;

/// Themes shown for a stage; the others stand in the thread.
const THEMES: usize = 5;
/// Characters shown for a stage: Slack refuses a message whose blocks hold too much text in all.
const STAGE: usize = 1500;
/// Items shown of the retro before, and of this one.
const ITEMS: usize = 10;

/// What the agenda shows.
#[derive(Debug)]
pub struct Agenda<'a> {
    pub retro: &'a Retro,
    pub record: &'a Record,
    /// When it is shown: what is late by then says so.
    pub now: DateTime<Utc>,
}

/// Text in all blocks that is safe: Slack refuses more, at a number that it does not tell.
/// <https://docs.slack.dev/reference/methods/chat.postMessage> (`msg_blocks_too_long`)
pub(super) const MOST: usize = 12_000;

/// Renders it; where people said very much, each stage shows less of it.
pub fn agenda(a: &Agenda<'_>) -> Message {
    let full = rendered(a, STAGE);
    if blocks::weight(&full.blocks) <= MOST { full } else { rendered(a, STAGE / 3) }
}

fn rendered(a: &Agenda<'_>, most: usize) -> Message {
    let r = a.retro;
    if r.phase == Phase::Cancelled {
        let text = format!("The retrospective of {} was cancelled.", bold(&r.version));
        return Message { blocks: vec![blocks::section(&text)], text };
    }
    let mut blocks = vec![blocks::header(&format!("Agenda: retrospective of {}", r.version))];
    let mut text = format!("Agenda: retrospective of {}.", bold(&r.version));
    verdict(a, &mut blocks, &mut text);
    before(a, &mut blocks, &mut text);
    let mut rich: Vec<SlackRichTextElement> = Vec::new();
    for ((stage, _), minutes) in STAGES.iter().zip(minutes(r.length)) {
        section(a, *stage, minutes, most, &mut rich, &mut text);
    }
    blocks.push(blocks::rich(rich));
    let small = about(a);
    blocks.push(blocks::context(&small));
    text.push_str(&format!("\n{small}"));
    if r.phase.has_agenda() {
        let meet = Button { label: "Start the meeting".into(), action: BlockAction::Meet { retro: r.id } };
        let meet = Some(meet).filter(|_| r.phase == Phase::Agenda);
        let finish = Button { label: "Finish".into(), action: BlockAction::Finish { retro: r.id } };
        // During the meeting its last stage has it.
        let finish = Some(finish).filter(|_| r.phase == Phase::Agenda);
        let hide = Button { label: "Hide a note".into(), action: BlockAction::HideNote { retro: r.id } };
        let hide = Some(hide).filter(|_| !a.record.notes.is_empty());
        let review = Button { label: "Review open items".into(), action: BlockAction::Review { retro: r.id } };
        let review = Some(review).filter(|_| a.record.before.as_ref().is_some_and(Review::any_open));
        let data = Button {
            label: if a.record.facts.data.is_empty() { "Add release data" } else { "Release data" }.into(),
            action: BlockAction::Data { channel: r.channel.clone(), version: r.version.clone() },
        };
        let risks = Button { label: "Risks that came true".into(), action: BlockAction::Risks { retro: r.id } };
        let risks = Some(risks).filter(|_| !a.record.facts.plan().risks.is_empty());
        let buttons: Vec<Button> = [meet, finish, review, hide, Some(data), risks].into_iter().flatten().collect();
        blocks.extend(blocks::actions(&buttons, r.phase == Phase::Agenda));
    }
    Message { text: cut(&text, 3900), blocks }
}

/// How the release went: by its figures, and by what people say.
fn verdict(a: &Agenda<'_>, blocks: &mut Vec<SlackBlock>, text: &mut String) {
    let mut lines: Vec<String> = Vec::new();
    if let Some(verdict) = a.record.facts.data.verdict() {
        lines.push(format!("*Overall*: {}", esc(&verdict.to_string())));
    }
    let before: Vec<String> = a
        .record
        .trend
        .0
        .iter()
        .filter(|p| p.version != a.retro.version)
        .take(3)
        .filter_map(|p| Some(format!("{} {:.1}", esc(&p.version), p.smoothness?)))
        .collect();
    let mut before = (!before.is_empty()).then(|| format!(". Previous: {}", before.join(", ")));
    for Rating { label, score } in &a.record.ratings {
        lines.push(format!("*{}*: {score}{}", esc(label), before.take().unwrap_or_default()));
    }
    if a.retro.withheld.is_some() {
        lines.push(survey_closing::too_few(a.retro));
    } else if a.record.notes.is_empty() && a.retro.phase == Phase::Agenda {
        lines.push("No notes yet. Add one with `/retro note`, or press Finish if you don't need a meeting.".to_owned());
    }
    if !lines.is_empty() {
        blocks.push(blocks::section(&lines.join("\n")));
        text.push_str(&format!("\n{}", lines.join("\n").replace('*', "")));
    }
}

/// Whether there are notes that the agenda does not show.
pub(super) fn leaves_out(record: &Record) -> bool {
    STAGES.iter().any(|(stage, _)| {
        let themes: Vec<Theme<'_>> = stage.categories().iter().flat_map(|category| record.themes(*category)).collect();
        themes.len() > THEMES || themes.iter().any(|t| !t.below().is_empty())
    })
}

/// Small print: how long, who, how many, when.
fn about(a: &Agenda<'_>) -> String {
    let r = a.retro;
    let mut parts = Vec::new();
    if !r.is_async {
        parts.push(format!("{} minutes", r.length));
    }
    parts.push(format!("Facilitator: {}", mention(&r.facilitator)));
    parts.push(format!("{} of {} answered", a.record.tally.0, a.record.tally.1));
    let facts = a.record.facts.lines(&r.zone).into_iter().filter(|(label, _)| ["Type", "Deployed"].contains(label));
    parts.extend(facts.map(|(label, text)| format!("{label}: {}", esc(&text))));
    if let Some(at) = r.meeting {
        parts.push(format!("Meeting: {}", zone::moment(at, &r.zone)));
    }
    if r.is_async && r.phase != Phase::Closed {
        parts.push("No call: each stage stays open for one working day in the thread".to_owned());
    }
    if leaves_out(a.record) {
        parts.push("All notes are in the thread".to_owned());
    }
    parts.join(" · ")
}

/// What became of the last retro's action items.
fn before(a: &Agenda<'_>, blocks: &mut Vec<SlackBlock>, text: &mut String) {
    let Some(before) = a.record.before.as_ref().filter(|b| !b.items.is_empty()) else { return };
    let (items, done) = (before.in_order(), before.done());
    let title = format!("Since {}: {done} of {} action items done", before.version, items.len());
    blocks.push(blocks::section(&format!("*{}*", esc(&title))));
    text.push_str(&format!("\n{}.", esc(&title)));
    let state = |i: &Item| match i.state {
        State::Open if i.overdue(a.now) => "Overdue: ",
        State::Open => "Open: ",
        State::Done | State::Dropped => "",
    };
    let mut lines: Vec<Line> = items
        .iter()
        .take(ITEMS)
        .map(|i| [vec![Bit::Bold(state(i).into())], item_line(i), history(before, i, a.now)].concat())
        .collect();
    if items.len() > ITEMS {
        lines.push(vec![Bit::Italic(format!("+{} more: /retro actions", items.len() - ITEMS))]);
    }
    for item in items.iter().take(ITEMS) {
        text.push_str(&format!("\n• {}", before.line(item, a.now)));
    }
    blocks.push(blocks::rich(vec![blocks::list(lines, false)]));
}

/// How an open item got here.
fn history(before: &Review, item: &Item, now: DateTime<Utc>) -> Line {
    let history = before.history(item, now);
    if history.is_empty() { Vec::new() } else { vec![Bit::Italic(format!(" · {history}"))] }
}

/// `Done: #3 Automate the smoke tests (@maria, due …). It takes 5 minutes now.`
pub fn item_line(item: &Item) -> Line {
    let state = match item.state {
        State::Open => "",
        State::Done => "Done: ",
        State::Dropped => "Dropped: ",
    };
    let mut line = vec![Bit::Bold(state.to_owned()), Bit::Text(format!("#{} ", item.number))];
    match &item.ticket {
        Some(ticket) if ticket.is_gone => line.push(Bit::Text(format!("{} ", ticket.plain()))),
        Some(ticket) => {
            line.push(Bit::Link(ticket.url.clone(), ticket.key.clone()));
            line.push(Bit::Text(" ".to_owned()));
        }
        None => {}
    }
    line.extend([
        Bit::Text(format!("{} (", cut(&item.text, 140))),
        Bit::User(item.owner.clone()),
        Bit::Text(format!(", {}, {})", item.due_phrase(), item.priority.word())),
    ]);
    if let Some(outcome) = &item.outcome {
        line.push(Bit::Text(format!(": {}", cut(outcome, 100))));
    }
    line
}

fn section(
    a: &Agenda<'_>,
    stage: Stage,
    minutes: u32,
    most: usize,
    rich: &mut Vec<SlackRichTextElement>,
    text: &mut String,
) {
    let number = STAGES.iter().position(|(p, _)| *p == stage).unwrap_or_default() + 1;
    // Without a call a stage has a day, not minutes.
    let time = if a.retro.is_async { String::new() } else { format!(" · {minutes} min") };
    let title = format!("{number}. {}{time}", stage.title());
    rich.push(blocks::paragraph(vec![Bit::Bold(title.clone())]));
    text.push_str(&format!("\n{title}"));
    let found: Vec<Theme<'_>> = stage.categories().iter().flat_map(|category| a.record.themes(*category)).collect();
    themes(&found, most, rich, text);
    if stage == Stage::Improve {
        let (again, said) = recurring::seen(a.retro, &a.record.recurring);
        rich.extend(again);
        text.push_str(&said);
    }
    if stage == Stage::Actions {
        agreed(a, rich, text);
    }
}

/// The action items that were agreed so far.
fn agreed(a: &Agenda<'_>, rich: &mut Vec<SlackRichTextElement>, text: &mut String) {
    if a.record.items.is_empty() {
        return;
    }
    rich.push(blocks::paragraph(vec![Bit::Bold("Agreed so far".into())]));
    rich.push(blocks::list(a.record.items.iter().take(ITEMS).map(item_line).collect(), false));
    for item in a.record.items.iter().take(ITEMS) {
        text.push_str(&format!("\n• {}", item.line()));
    }
    if a.record.items.len() > ITEMS {
        rich.push(blocks::paragraph(vec![Bit::Italic(format!(
            "+{} more: /retro actions",
            a.record.items.len() - ITEMS
        ))]));
    }
}

fn themes(found: &[Theme<'_>], most: usize, rich: &mut Vec<SlackRichTextElement>, text: &mut String) {
    let mut lines: Vec<Line> = Vec::new();
    let (mut shown, mut spent) = (0, 0);
    for theme in found.iter().take(THEMES) {
        let words = cut(theme.words(), 240);
        spent += words.chars().count();
        if shown > 0 && spent > most {
            break;
        }
        shown += 1;
        let times = theme.marks();
        let link = theme
            .head
            .link
            .as_ref()
            .filter(|_| theme.name.is_none())
            .map(|l| format!(" <{l}|(message)>"))
            .unwrap_or_default();
        text.push_str(&format!("\n• {}{times}{link}", esc(&cut(&words, 120))));
        let who = if theme.name.is_some() { Vec::new() } else { by(theme.head) };
        lines.push([vec![Bit::Text(words)], who, vec![Bit::Bold(times)]].concat());
    }
    if found.len() > shown {
        let more = format!("+{} more (all in the thread)", found.len() - shown);
        text.push_str(&format!("\n• {more}"));
        lines.push(vec![Bit::Italic(more)]);
    }
    if !lines.is_empty() {
        rich.push(blocks::list(lines, false));
    }
}

/// Who said it, in a named retro, and where it was said, if it was kept from a message.
pub(super) fn by(note: &Note) -> Line {
    let author = note.author.as_ref().map(|user| vec![Bit::Text(" – ".into()), Bit::User(user.clone())]);
    let link = note.link.as_ref().map(|link| vec![Bit::Text(" ".into()), Bit::Link(link.clone(), "(message)".into())]);
    [author, link].into_iter().flatten().flatten().collect()
}
