//! A stage of the meeting in the agenda's thread: its time, its prompts, its themes, whose turn it is.
//!
//! Rule: what many people said stands on pages, each a message within Slack's limits; the first one has the clock and
//! the buttons of the meeting.

use slack_morphism::prelude::SlackBlock;

use super::blocks::Bit;
use super::stage_of::StageOf;
use super::{Message, agenda, blocks, theme, wins};
use lookback_core::ids::{RetroId, UserId};
use lookback_core::interaction::BlockAction;
use lookback_core::model::item::{Item, Priority, State};
use lookback_core::model::note::Category;
use lookback_core::model::stage::{STAGES, Stage};
use lookback_core::retro::Button;
use lookback_core::retro::action::{MOST_HIGH, Review};
use lookback_core::retro::agenda::{PRIME_DIRECTIVE, PRINCIPLES, Rating};
use lookback_core::retro::meeting::round;
use lookback_core::text::{count, cut, esc, mention};
use lookback_core::zone;

/// Themes on a page: a block each, of Slack's 50, and no more than can be looked over.
const THEMES: usize = 15;

/// Characters of the themes on a page: Slack refuses a message whose blocks hold too much text in all.
const PAGE: usize = 7000;

/// Items shown in the stage of action items.
const ITEMS: usize = 20;

/// People named who were not heard yet.
const NAMES: usize = 12;

/// Renders it, page by page; the first is always there.
pub fn pages(s: &StageOf<'_>) -> Vec<Message> {
    let rows: Vec<(Vec<SlackBlock>, String)> = s
        .stage()
        .categories()
        .iter()
        .flat_map(|category| s.record.themes(*category).into_iter().map(|t| theme::row(s, &t)).collect::<Vec<_>>())
        .collect();
    let mut stages: Vec<Vec<(Vec<SlackBlock>, String)>> = vec![Vec::new()];
    let mut size = 0;
    for row in rows {
        let weight = blocks::weight(&row.0);
        if let Some(last) = stages.last_mut()
            && (last.is_empty() || last.len() < THEMES && size + weight <= PAGE)
        {
            size += weight;
            last.push(row);
        } else {
            size = weight;
            stages.push(vec![row]);
        }
    }
    let all = stages.len();
    let title = format!("{} of {}: {}", s.at + 1, STAGES.len(), s.stage().title());
    stages
        .into_iter()
        .enumerate()
        .map(|(i, rows)| {
            if i == 0 {
                return first(s, &title, rows, all);
            }
            let head = format!("*{}*, page {} of {all}", s.stage().title(), i + 1);
            let mut message = Message { blocks: vec![blocks::section(&head)], text: head };
            add(&mut message, rows);
            message
        })
        .collect()
}

fn add(message: &mut Message, rows: Vec<(Vec<SlackBlock>, String)>) {
    for (blocks, text) in rows {
        message.blocks.extend(blocks);
        message.text.push_str(&text);
    }
    message.text = cut(&message.text, 3900);
}

/// How the clock of this stage stands.
fn clock(s: &StageOf<'_>) -> String {
    let m = s.meeting;
    let until = |at| zone::local(at, &s.retro.zone).format("%H:%M").to_string();
    if !s.is_open() {
        return match m.kept(s.at) {
            Some((took, planned)) if !s.retro.is_async => {
                let took = count(usize::try_from(took).unwrap_or(0), "minute", "minutes");
                format!("This stage is over. It took {took}; {planned} were planned.")
            }
            _ => "This stage is over.".to_owned(),
        };
    }
    let minutes = |n: i64| count(usize::try_from(n.abs()).unwrap_or(0), "minute", "minutes");
    let left = m.minutes_left(s.now);
    match (m.paused, s.retro.is_async) {
        (Some(_), true) => "Paused.".to_owned(),
        (Some(_), false) if left > 0 => format!("Paused, {} left.", minutes(left)),
        (Some(_), false) => "Paused; time's up.".to_owned(),
        (None, true) => {
            format!("Open until {}, or until everyone has had their say.", zone::moment(m.ends, &s.retro.zone))
        }
        (None, false) if left > 0 => format!("*{} left*, until {} ({}).", minutes(left), until(m.ends), s.retro.zone),
        (None, false) if left == 0 => "*Time's up*: Next, or 5 more minutes?".to_owned(),
        (None, false) if m.is_forgotten(s.now) => {
            format!("*Time ran out {}*: Next, or 5 more minutes?", zone::moment(m.ends, &s.retro.zone))
        }
        (None, false) => format!("*{} over*: Next, or 5 more minutes?", minutes(left)),
    }
}

fn first(s: &StageOf<'_>, title: &str, rows: Vec<(Vec<SlackBlock>, String)>, pages: usize) -> Message {
    let clock = clock(s);
    let led =
        if s.is_open() { format!("{clock} Facilitator: {}.", mention(&s.retro.facilitator)) } else { clock.clone() };
    let mut message =
        Message { blocks: vec![blocks::header(title), blocks::section(&led)], text: format!("{title}. {clock}") };
    if s.is_open() {
        message.blocks.extend(blocks::actions(&lead(s), true));
    }
    if s.is_open() && !s.retro.is_async {
        let shorter = s.meeting.shorter_text(s.now);
        if !shorter.is_empty() {
            message.blocks.push(blocks::context(&shorter));
            message.text.push_str(&format!(" {shorter}"));
        }
    }
    if s.is_open() {
        let prompts: Vec<blocks::Line> = prompts(s.stage()).iter().map(|p| vec![Bit::Text((*p).into())]).collect();
        message.blocks.push(blocks::rich(vec![blocks::list(prompts, false)]));
    }
    match s.stage() {
        Stage::Summary => summary(s, &mut message),
        Stage::Actions => items(s, &mut message),
        Stage::Wins => wins::add(s.retro, s.record, &mut message),
        Stage::Well | Stage::Improve | Stage::Surprises => {}
    }
    if rows.is_empty() && matches!(s.stage(), Stage::Well | Stage::Improve | Stage::Surprises) {
        say(&mut message, "No notes yet.");
    }
    if s.meeting.takes_votes(s.stage()) && s.is_live() && !rows.is_empty() {
        let words =
            "You each have 3 votes. Press Upvote again to take a vote back. Totals appear once the votes are counted.";
        message.blocks.push(blocks::context(words));
    }
    add(&mut message, rows);
    if pages > 1 {
        say(
            &mut message,
            if pages > 2 { "More themes in the next messages." } else { "More themes in the next message." },
        );
    }
    turns(s, &mut message);
    if s.is_open() {
        message.blocks.extend(blocks::actions(&own(s), false));
        message.blocks.extend(by_reply(s).map(blocks::context));
    }
    message.text = cut(&message.text, 3900);
    message
}

fn say(message: &mut Message, words: &str) {
    message.blocks.push(blocks::section(words));
    message.text.push_str(&format!("\n{words}"));
}

/// Questions that open a stage, as the release process asks them.
fn prompts(stage: Stage) -> &'static [&'static str] {
    match stage {
        Stage::Summary => &["What was planned, and what happened?", "What stands out in the figures?"],
        Stage::Well => &[
            "Which practices should we keep?",
            "What surprised you in a good way?",
            "Which tools or steps helped?",
            "Who should we thank? Type /retro kudos @who for …",
        ],
        Stage::Improve => &[
            "What caused friction or delay?",
            "Where did time or effort go to waste?",
            "Which risks did we miss?",
            "What would make the next release easier?",
        ],
        Stage::Surprises => &["What did we learn?", "Which assumptions were wrong?", "What would we do differently?"],
        Stage::Actions => &[
            "What will we do, who will do it, and by when?",
            "How will we know that it worked?",
            "Three to five things that get done beat ten that don't.",
        ],
        Stage::Wins => &["What are we proud of?", "Who should we thank? Type /retro kudos @who for …"],
    }
}

/// The frame of the whole meeting, and what happened.
fn summary(s: &StageOf<'_>, message: &mut Message) {
    let principles =
        PRINCIPLES.iter().map(|(word, why)| vec![Bit::Bold(format!("{word}: ")), Bit::Text((*why).into())]).collect();
    let mut rich = Vec::new();
    if s.is_open() {
        rich.push(blocks::list(principles, false));
        rich.push(blocks::paragraph(vec![Bit::Italic(PRIME_DIRECTIVE.into())]));
        message.text.push_str(&format!("\n{PRIME_DIRECTIVE}"));
    }
    if let Some(before) = s.record.before.as_ref().filter(|b| !b.items.is_empty()) {
        let said = format!("Since {}: {} of {} action items done", before.version, before.done(), before.items.len());
        rich.push(blocks::paragraph(vec![Bit::Text(format!("{said}."))]));
        message.text.push_str(&format!("\n{}.", esc(&said)));
    }
    if let Some(verdict) = s.record.facts.data.verdict() {
        rich.push(blocks::paragraph(vec![Bit::Bold("Overall: ".into()), Bit::Text(verdict.to_string())]));
        message.text.push_str(&format!("\nOverall: {}.", esc(&verdict.to_string())));
    }
    for Rating { label, score } in &s.record.ratings {
        rich.push(blocks::paragraph(vec![Bit::Bold(format!("{label}: ")), Bit::Text(score.to_string())]));
        message.text.push_str(&format!("\n{}: {score}.", esc(label)));
    }
    if !rich.is_empty() {
        message.blocks.push(blocks::rich(rich));
    }
}

/// What is agreed, by priority.
fn items(s: &StageOf<'_>, message: &mut Message) {
    if s.record.items.is_empty() {
        say(
            message,
            "No action items yet. Add one with the button, or with `/retro action Automate the smoke tests @sam by 2w high`.",
        );
        return;
    }
    let mut items: Vec<&Item> = s.record.items.iter().collect();
    items.sort_by_key(|i| (Priority::ALL.iter().position(|p| *p == i.priority), i.number));
    let lines: Vec<blocks::Line> = items.iter().take(ITEMS).map(|i| agenda::item_line(i)).collect();
    message.blocks.push(blocks::rich(vec![
        blocks::paragraph(vec![Bit::Bold("Agreed so far".into())]),
        blocks::list(lines, false),
    ]));
    message.text.push_str("\nAgreed so far:");
    for item in items.iter().take(ITEMS) {
        message.text.push_str(&format!("\n• {}", item.line()));
    }
    if items.len() > ITEMS {
        say(message, &format!("+{} more: `/retro actions`.", items.len() - ITEMS));
    }
    let high = items.iter().filter(|i| i.state == State::Open && i.priority == Priority::High).count();
    if high >= MOST_HIGH {
        say(message, &format!("{high} high-priority items is the limit. To add another, pick one that can wait."));
    }
}

fn name(s: &StageOf<'_>, user: &UserId) -> String {
    s.names.get(user).map_or_else(|| "somebody".to_owned(), |n| esc(n))
}

/// Who was not heard yet; only who is next is called by mention.
fn turns(s: &StageOf<'_>, message: &mut Message) {
    if !s.is_open() || !round::takes_turns(s.retro, s.stage()) {
        return;
    }
    let Some((next, rest)) = s.waiting.split_first() else {
        // Without a call that closes it, after a moment for second thoughts.
        let closes = (s.retro.is_async && !s.meeting.stays && s.meeting.paused.is_none())
            .then(|| format!(" It closes {}.", zone::moment(s.meeting.ends, &s.retro.zone)));
        say(message, &format!("Everyone has had their say in this stage.{}", closes.unwrap_or_default()));
        return;
    };
    if s.retro.is_async {
        // Everybody writes when they can: nobody is called.
        let all: Vec<String> = s.waiting.iter().take(NAMES).map(|u| name(s, u)).collect();
        let more = s.waiting.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return say(message, &format!("Still to hear from: {}{more}.", all.join(", ")));
    }
    let names: Vec<String> = rest.iter().take(NAMES).map(|u| name(s, u)).collect();
    let more = rest.len().saturating_sub(NAMES);
    let then = match (names.is_empty(), more) {
        (true, _) => "; everyone else has spoken.".to_owned(),
        (false, 0) => format!(", then {}.", names.join(", ")),
        (false, more) => format!(", then {} and {more} more.", names.join(", ")),
    };
    say(message, &format!("Up next: {}{then}", mention(next)));
}

/// How a reply becomes a note.
fn by_reply(s: &StageOf<'_>) -> Option<&'static str> {
    if !s.reads_threads {
        return None;
    }
    let has_button = !s.stage().categories().is_empty();
    Some(if s.retro.anonymous && has_button {
        "Reply in this thread with `well:`, `improve:`, `surprise:`, `change:`, `other:` or `note:` to add a note, or with `action:` to add an action item (both show your name), or press Add a note to stay anonymous."
    } else if s.retro.anonymous {
        "Reply in this thread with `well:`, `improve:`, `surprise:`, `change:`, `other:` or `note:` to add a note, or with `action:` to add an action item. Both show your name."
    } else {
        "Reply in this thread with `well:`, `improve:`, `surprise:`, `change:`, `other:` or `note:` to add a note, or with `action:` to add an action item."
    })
}

fn has_notes(s: &StageOf<'_>, category: Category) -> bool {
    s.record.notes.iter().any(|n| n.category == category)
}

/// What everybody can do here.
fn own(s: &StageOf<'_>) -> Vec<Button> {
    let (retro, at) = (s.retro.id, s.at);
    let button = |label: &str, action| Button { label: label.to_owned(), action };
    let mut all = Vec::new();
    let here = s.stage().categories().first();
    if let Some(category) = here.filter(|_| s.stage() != Stage::Actions) {
        all.push(button("Add a note", BlockAction::AddNote { retro, category: *category }));
    }
    if s.stage() == Stage::Summary && s.record.before.as_ref().is_some_and(Review::any_open) {
        all.push(button("Review open items", BlockAction::Review { retro }));
    }
    if s.stage() == Stage::Actions {
        let item =
            lookback_core::command::ActionText { retro: Some(retro), ..lookback_core::command::ActionText::default() };
        all.push(button("Add an action item", BlockAction::ActionForm { channel: s.retro.channel.clone(), item }));
        all.push(button("Add a note", BlockAction::AddNote { retro, category: Category::Change }));
    }
    for category in s.stage().categories().iter().filter(|category| has_notes(s, **category)) {
        let label = if *category == Category::Other { "Work on another thought" } else { "Work on a theme" };
        all.push(button(label, BlockAction::PickTheme { retro, category: *category }));
    }
    if s.stage() == Stage::Improve && !has_notes(s, Category::Improve) {
        all.push(button("5 Whys", BlockAction::Whys { retro, problem: None }));
    }
    if round::takes_turns(s.retro, s.stage()) {
        all.push(button(round::pass_label(s.retro), BlockAction::Pass { retro, at }));
    }
    all
}

/// What only the facilitator can do.
fn lead(s: &StageOf<'_>) -> Vec<Button> {
    let (retro, at) = (s.retro.id, s.at);
    let button = |label: &str, action| Button { label: label.to_owned(), action };
    let more = if s.retro.is_async { "+1 day" } else { "+5 min" };
    let mut lead = vec![next(retro, at), button(more, BlockAction::Extend { retro, at })];
    let stands = s.meeting.paused.is_some();
    lead.push(button(if stands { "Resume" } else { "Pause" }, BlockAction::Pause { retro, stop: !stands }));
    let categories: Vec<Category> =
        s.stage().categories().iter().copied().filter(|category| has_notes(s, *category)).collect();
    if s.meeting.takes_votes(s.stage()) && !categories.is_empty() {
        lead.push(button("Count votes", BlockAction::CountVotes { retro, at }));
    }
    for category in categories {
        let label = if category == Category::Other { "Arrange other thoughts" } else { "Arrange themes" };
        lead.push(button(label, BlockAction::Arrange { retro, category }));
    }
    lead
}

/// The button of the next stage; after the last one it finishes.
pub(super) fn next(retro: RetroId, at: usize) -> Button {
    match STAGES.get(at + 1) {
        Some((stage, _)) => {
            Button { label: format!("Next: {}", stage.title()), action: BlockAction::Next { retro, at } }
        }
        None => Button { label: "Finish".into(), action: BlockAction::Finish { retro } },
    }
}
