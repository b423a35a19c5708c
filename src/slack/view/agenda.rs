//! The agenda in the channel.

use chrono::{DateTime, Utc};
use slack_morphism::prelude::{SlackBlock, SlackRichTextElement};

use super::blocks::{Bit, Line};
use super::{Message, blocks, recurring, release};
use lookback_core::interaction::BlockAction;
use lookback_core::model::item::{Item, State};
use lookback_core::model::note::{Category, Note};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::stage::{STAGES, Stage};
use lookback_core::retro::action::Review;
use lookback_core::retro::agenda::{PRIME_DIRECTIVE, PRINCIPLES, Rating, minutes};
use lookback_core::retro::record::Record;
use lookback_core::retro::theme::Theme;
use lookback_core::retro::{Button, survey_closing};
use lookback_core::text::{bold, cut, esc, mention};
use lookback_core::zone;

/// Themes shown for a stage; the rest is counted.
const THEMES: usize = 7;
/// Characters shown for a stage: Slack refuses a message whose blocks hold too much text in all.
const STAGE: usize = 1500;
/// Notes shown below a theme.
const ALSO: usize = 3;
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
const MOST: usize = 12_000;

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
    let when = match (r.meeting, r.is_async) {
        (Some(at), _) => format!(" The meeting is {}.", zone::show(at, &r.zone)),
        (None, true) => " There is no call: the stages are held in this thread, a working day each.".to_owned(),
        (None, false) => String::new(),
    };
    let withheld = if r.withheld.is_some() { format!(" {}", survey_closing::too_few(r)) } else { String::new() };
    let minutes_in_all =
        if r.is_async { "Facilitated".to_owned() } else { format!("{} minutes, facilitated", r.length) };
    let intro = format!(
        "{minutes_in_all} by {}. {} of {} answered.{when}{withheld}",
        mention(&r.facilitator),
        a.record.tally.0,
        a.record.tally.1
    );
    blocks.push(blocks::section(&intro));
    let mut text = format!("Agenda: retrospective of {}. {intro}", bold(&r.version));
    before(a, &mut blocks, &mut text);
    for ((stage, _), minutes) in STAGES.iter().zip(minutes(r.length)) {
        section(a, *stage, minutes, most, &mut blocks, &mut text);
    }
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

/// First, what became of the last retro's action items.
fn before(a: &Agenda<'_>, blocks: &mut Vec<SlackBlock>, text: &mut String) {
    let Some(before) = &a.record.before else { return };
    let (items, done) = (before.in_order(), before.done());
    let title = format!("First: the action items of {} ({done} of {} done)", before.version, items.len());
    blocks.push(blocks::header(&title));
    text.push_str(&format!("\n{}.", esc(&title)));
    if items.is_empty() {
        blocks.push(blocks::section("There were none."));
        return;
    }
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
        lines.push(vec![Bit::Italic(format!("and {} more: /retro actions", items.len() - ITEMS))]);
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
    let mut line = vec![
        Bit::Bold(state.to_owned()),
        Bit::Text(format!("#{} {} (", item.number, cut(&item.text, 140))),
        Bit::User(item.owner.clone()),
        Bit::Text(format!(", due {}, {})", item.due_text(), item.priority.word())),
    ];
    if let Some(outcome) = &item.outcome {
        line.push(Bit::Text(format!(": {}", cut(outcome, 100))));
    }
    line
}

fn section(a: &Agenda<'_>, stage: Stage, minutes: u32, most: usize, blocks: &mut Vec<SlackBlock>, text: &mut String) {
    let number = STAGES.iter().position(|(p, _)| *p == stage).unwrap_or_default() + 1;
    // Without a call a stage has a day, not minutes.
    let time = if a.retro.is_async { String::new() } else { format!(" · {minutes} min") };
    let title = format!("{number}. {}{time}", stage.title());
    blocks.push(blocks::header(&title));
    text.push_str(&format!("\n{title}"));
    let mut rich: Vec<SlackRichTextElement> = Vec::new();
    if stage == Stage::Summary {
        facts(a, &mut rich, text);
    }
    for category in stage.categories() {
        let found = a.record.themes(*category);
        if found.is_empty() {
            continue;
        }
        if stage == Stage::Actions || stage.categories().len() > 1 {
            rich.push(blocks::paragraph(vec![Bit::Bold(category.title().into())]));
        }
        themes(&found, most, &mut rich, text);
    }
    if stage == Stage::Improve {
        let (again, said) = recurring::seen(a.retro, &a.record.recurring);
        rich.extend(again);
        text.push_str(&said);
    }
    if stage == Stage::Actions {
        agreed(a, &mut rich, text);
    }
    if !rich.is_empty() {
        blocks.push(blocks::rich(rich));
    }
    blocks.push(blocks::context(stage.prompt()));
}

/// Facts before opinions: the release's figures, how smooth it was, its plan.
fn facts(a: &Agenda<'_>, rich: &mut Vec<SlackRichTextElement>, text: &mut String) {
    rich.push(blocks::list(
        PRINCIPLES.iter().map(|(word, why)| vec![Bit::Bold(format!("{word}: ")), Bit::Text((*why).into())]).collect(),
        false,
    ));
    rich.push(blocks::paragraph(vec![Bit::Italic(PRIME_DIRECTIVE.into())]));
    text.push_str(&format!(". {PRIME_DIRECTIVE}"));
    let (facts, said) = release::lines(&a.record.facts, &a.retro.zone);
    rich.extend(facts);
    text.push_str(&said);
    for Rating { label, score } in &a.record.ratings {
        rich.push(blocks::paragraph(vec![Bit::Bold(format!("{label}: ")), Bit::Text(score.to_string())]));
        text.push_str(&format!("\n{}: {score}.", esc(label)));
    }
    let before: Vec<String> = a
        .record
        .trend
        .0
        .iter()
        .filter(|p| p.version != a.retro.version)
        .take(3)
        .filter_map(|p| Some(format!("{} {:.1}", p.version, p.smoothness?)))
        .collect();
    if !before.is_empty() {
        let line = format!("How smooth the releases before were: {}", before.join(", "));
        rich.push(blocks::paragraph(vec![Bit::Text(line.clone())]));
        text.push_str(&format!("\n{}.", esc(&line)));
    }
    let spoken = a.record.notes.iter().filter(|n| matches!(n.category, Category::Improve | Category::Surprise));
    let (planned, said) = release::planned(&a.record.facts, &spoken.map(|n| n.text.as_str()).collect::<Vec<_>>());
    rich.extend(planned);
    text.push_str(&said);
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
            "and {} more: /retro actions",
            a.record.items.len() - ITEMS
        ))]));
    }
}

fn themes(found: &[Theme<'_>], most: usize, rich: &mut Vec<SlackRichTextElement>, text: &mut String) {
    let mut lines: Vec<Line> = Vec::new();
    let (mut shown, mut spent) = (0, 0);
    for theme in found.iter().take(THEMES) {
        let words = cut(theme.words(), 240);
        let below = theme.below();
        let also: Vec<String> = below.iter().take(ALSO).map(|n| cut(&n.text, 160)).collect();
        spent += words.chars().count() + also.iter().map(|w| w.chars().count()).sum::<usize>();
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
        let also: Vec<Line> = also.into_iter().zip(&below).map(|(w, n)| [vec![Bit::Text(w)], by(n)].concat()).collect();
        if !also.is_empty() {
            rich.push(blocks::list(std::mem::take(&mut lines), false));
            rich.push(blocks::sublist(also));
        }
    }
    if found.len() > shown {
        let more = format!("and {} more; the document at the end has them all", found.len() - shown);
        text.push_str(&format!("\n• {more}"));
        lines.push(vec![Bit::Italic(more)]);
    }
    if !lines.is_empty() {
        rich.push(blocks::list(lines, false));
    }
}

/// Who said it, in a named retro, and where it was said, if it was kept from a message.
fn by(note: &Note) -> Line {
    let author = note.author.as_ref().map(|user| vec![Bit::Text(" – ".into()), Bit::User(user.clone())]);
    let link = note.link.as_ref().map(|link| vec![Bit::Text(" ".into()), Bit::Link(link.clone(), "(message)".into())]);
    [author, link].into_iter().flatten().flatten().collect()
}
