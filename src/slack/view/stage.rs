//! A stage of the meeting in the agenda's thread: its time, its prompts, its themes, whose turn it is.
//!
//! Rule: what many people said stands on pages, each a message within Slack's limits; the first one has the clock and
//! the buttons of the meeting.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use slack_morphism::prelude::SlackBlock;

use super::kit::Bit;
use super::{Message, agenda, kit, release, theme, wins};
use lookback_core::ids::{RetroId, UserId};
use lookback_core::press::Press;
use lookback_core::retro::action::{Item, MOST_HIGH, Priority, Review, State};
use lookback_core::retro::agenda::{PARTS, PRIME_DIRECTIVE, PRINCIPLES, Part, Rating};
use lookback_core::retro::meeting::{Meeting, round};
use lookback_core::retro::note::Stage;
use lookback_core::retro::record::Record;
use lookback_core::retro::{Button, Phase, Retro, bold, mention};
use lookback_core::text::{count, cut, esc};
use lookback_core::zone;

/// Themes on a page: two blocks each, of Slack's 50.
const THEMES: usize = 15;

/// Characters of the themes on a page: Slack refuses a message whose blocks hold too much text in all.
const PAGE: usize = 7000;

/// Items shown in the stage of action items.
const ITEMS: usize = 20;

/// People named who were not heard yet.
const NAMES: usize = 12;

/// What a stage shows.
#[derive(Debug)]
pub struct StageOf<'a> {
    /// The retro.
    pub retro: &'a Retro,
    /// What it holds.
    pub record: &'a Record,
    /// The meeting.
    pub meeting: &'a Meeting,
    /// Which of [`PARTS`].
    pub at: usize,
    /// Who was not heard yet, in turn.
    pub waiting: &'a [UserId],
    /// Names of people.
    pub names: &'a BTreeMap<UserId, String>,
    /// When it is shown.
    pub now: DateTime<Utc>,
}

impl StageOf<'_> {
    pub(super) fn part(&self) -> Part {
        PARTS.get(self.at).map_or(Part::Wins, |(part, _)| *part)
    }

    /// It is the stage that is open.
    pub(super) fn is_open(&self) -> bool {
        self.retro.phase == Phase::Meeting && self.meeting.at == self.at
    }

    /// Notes can still be worked on.
    pub(super) fn is_live(&self) -> bool {
        self.retro.phase == Phase::Meeting
    }
}

/// Renders it, page by page; the first is always there.
pub fn pages(s: &StageOf<'_>) -> Vec<Message> {
    let rows: Vec<(Vec<SlackBlock>, String)> = s
        .part()
        .stages()
        .iter()
        .flat_map(|stage| s.record.topics(*stage).into_iter().map(|t| theme::row(s, *stage, &t)).collect::<Vec<_>>())
        .collect();
    let mut parts: Vec<Vec<(Vec<SlackBlock>, String)>> = vec![Vec::new()];
    let mut size = 0;
    for row in rows {
        let weight = kit::weight(&row.0);
        if let Some(last) = parts.last_mut()
            && (last.is_empty() || last.len() < THEMES && size + weight <= PAGE)
        {
            size += weight;
            last.push(row);
        } else {
            size = weight;
            parts.push(vec![row]);
        }
    }
    let all = parts.len();
    let title = format!("{} of {}: {}", s.at + 1, PARTS.len(), s.part().title());
    parts
        .into_iter()
        .enumerate()
        .map(|(i, rows)| {
            if i == 0 {
                return first(s, &title, rows, all);
            }
            let head = format!("*{}*, page {} of {all}", s.part().title(), i + 1);
            let mut message = Message { blocks: vec![kit::section(&head)], text: head };
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
                format!("This stage is over. It took {took} of {planned} minutes.")
            }
            _ => "This stage is over.".to_owned(),
        };
    }
    let minutes = |n: i64| count(usize::try_from(n.abs()).unwrap_or(0), "minute", "minutes");
    let left = m.minutes_left(s.now);
    match (m.paused, s.retro.is_async) {
        (Some(_), true) => "The clock stands.".to_owned(),
        (Some(_), false) if left > 0 => format!("The clock stands, with {} left.", minutes(left)),
        (Some(_), false) => "The clock stands; the time of this stage is over.".to_owned(),
        (None, true) => {
            format!("Open until {}, or until everybody has had their say.", zone::show(m.ends, &s.retro.zone))
        }
        (None, false) if left > 0 => format!("*{} left*, until {} ({}).", minutes(left), until(m.ends), s.retro.zone),
        (None, false) if left == 0 => "*The time of this stage is over*: Next, or 5 more minutes?".to_owned(),
        (None, false) if m.is_forgotten(s.now) => {
            format!("*Its time is over since {}*: Next, or 5 more minutes?", zone::show(m.ends, &s.retro.zone))
        }
        (None, false) => format!("*{} over its time*: Next, or 5 more minutes?", minutes(left)),
    }
}

fn first(s: &StageOf<'_>, title: &str, rows: Vec<(Vec<SlackBlock>, String)>, pages: usize) -> Message {
    let clock = clock(s);
    let mut message =
        Message { blocks: vec![kit::header(title), kit::section(&clock)], text: format!("{title}. {clock}") };
    if s.is_open() && !s.retro.is_async {
        let shorter = s.meeting.shorter_text(s.now);
        if !shorter.is_empty() {
            message.blocks.push(kit::context(&shorter));
            message.text.push_str(&format!(" {shorter}"));
        }
    }
    if s.is_open() {
        let prompts: Vec<kit::Line> = prompts(s.part()).iter().map(|p| vec![Bit::Text((*p).into())]).collect();
        message.blocks.push(kit::rich(vec![kit::list(prompts, false)]));
    }
    match s.part() {
        Part::Summary => summary(s, &mut message),
        Part::Actions => items(s, &mut message),
        Part::Wins => wins::add(s.retro, s.record, &mut message),
        Part::Well | Part::Improve | Part::Surprises => {}
    }
    if rows.is_empty() && matches!(s.part(), Part::Well | Part::Improve | Part::Surprises) {
        say(&mut message, "Nothing is noted here yet.");
    }
    if s.meeting.takes_votes(s.part()) && s.is_live() && !rows.is_empty() {
        let words = "Everybody has three votes in this stage: press Upvote, and again to take a vote back. Votes are shown once they are counted.";
        message.blocks.push(kit::context(words));
    }
    add(&mut message, rows);
    if pages > 1 {
        say(&mut message, &format!("The other themes stand on {} below.", count(pages - 1, "page", "pages")));
    }
    turns(s, &mut message);
    buttons(s, &mut message);
    message.text = cut(&message.text, 3900);
    message
}

fn say(message: &mut Message, words: &str) {
    message.blocks.push(kit::section(words));
    message.text.push_str(&format!("\n{words}"));
}

/// Questions that open a stage, as the release process asks them.
fn prompts(part: Part) -> &'static [&'static str] {
    match part {
        Part::Summary => &["What was planned, and what happened?", "What stands out in the figures?"],
        Part::Well => &[
            "Which practices should we keep?",
            "What surprised you in a good way?",
            "Which tools or steps helped?",
            "Whom should we thank? /retro kudos @who for …",
        ],
        Part::Improve => &[
            "What caused friction or delay?",
            "Where did time or effort go to waste?",
            "Which risks did we miss?",
            "What would make the next release easier?",
        ],
        Part::Surprises => &["What did we learn?", "Which assumptions were wrong?", "What would we do differently?"],
        Part::Actions => &[
            "What will we do, who does it, by when?",
            "How shall we know that it worked?",
            "Three to five things that get done beat ten that do not.",
        ],
        Part::Wins => &["What are we proud of?", "Whom should we thank? /retro kudos @who for …"],
    }
}

/// The frame of the whole meeting, and what happened.
fn summary(s: &StageOf<'_>, message: &mut Message) {
    let principles =
        PRINCIPLES.iter().map(|(word, why)| vec![Bit::Bold(format!("{word}: ")), Bit::Text((*why).into())]).collect();
    let mut rich = vec![kit::list(principles, false), kit::paragraph(vec![Bit::Italic(PRIME_DIRECTIVE.into())])];
    message.text.push_str(&format!("\n{PRIME_DIRECTIVE}"));
    if let Some(before) = s.record.before.as_ref().filter(|b| !b.items.is_empty()) {
        let said = format!(
            "{} of {} action items of {} and still open ones are done; the agenda lists them",
            before.done(),
            before.items.len(),
            before.version
        );
        rich.push(kit::paragraph(vec![Bit::Text(format!("{said}."))]));
        message.text.push_str(&format!("\n{}.", esc(&said)));
    }
    let (facts, said) = release::lines(&s.record.facts, &s.retro.zone);
    rich.extend(facts);
    message.text.push_str(&said);
    for Rating { label, score } in &s.record.ratings {
        rich.push(kit::paragraph(vec![Bit::Bold(format!("{label}: ")), Bit::Text(score.to_string())]));
        message.text.push_str(&format!("\n{}: {score}.", esc(label)));
    }
    message.blocks.push(kit::rich(rich));
}

/// What is agreed, by priority.
fn items(s: &StageOf<'_>, message: &mut Message) {
    if s.record.items.is_empty() {
        say(
            message,
            "Nothing is agreed yet: `/retro action Automate the smoke tests @sam by 2w high` writes it down, or press the button.",
        );
        return;
    }
    let mut items: Vec<&Item> = s.record.items.iter().collect();
    items.sort_by_key(|i| (Priority::ALL.iter().position(|p| *p == i.priority), i.number));
    let lines: Vec<kit::Line> = items.iter().take(ITEMS).map(|i| agenda::item_line(i)).collect();
    message.blocks.push(kit::rich(vec![
        kit::paragraph(vec![Bit::Bold("Agreed so far, by priority".into())]),
        kit::list(lines, false),
    ]));
    message.text.push_str("\nAgreed so far, by priority:");
    for item in items.iter().take(ITEMS) {
        message.text.push_str(&format!("\n• {}", item.line()));
    }
    if items.len() > ITEMS {
        say(message, &format!("and {} more: `/retro actions`.", items.len() - ITEMS));
    }
    let high = items.iter().filter(|i| i.state == State::Open && i.priority == Priority::High).count();
    if high >= MOST_HIGH {
        say(
            message,
            &format!(
                "{high} are of high priority. With more than {MOST_HIGH} none is: what else matters as much, and what can wait?"
            ),
        );
    }
}

fn name(s: &StageOf<'_>, user: &UserId) -> String {
    s.names.get(user).map_or_else(|| "somebody".to_owned(), |n| esc(n))
}

/// Who was not heard yet; only who is next is called by mention.
fn turns(s: &StageOf<'_>, message: &mut Message) {
    if !s.is_open() || !round::takes_turns(s.retro, s.part()) {
        return;
    }
    let Some((next, rest)) = s.waiting.split_first() else {
        // Without a call that closes it, after a moment for second thoughts.
        let closes = (s.retro.is_async && !s.meeting.stays && s.meeting.paused.is_none())
            .then(|| format!(" It closes {}.", zone::show(s.meeting.ends, &s.retro.zone)));
        say(message, &format!("Everybody has been heard in this stage.{}", closes.unwrap_or_default()));
        return;
    };
    if s.retro.is_async {
        // Everybody writes when they can: nobody is called.
        let all: Vec<String> = s.waiting.iter().take(NAMES).map(|u| name(s, u)).collect();
        let more = s.waiting.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return say(message, &format!("Not heard yet: {}{more}.", all.join(", ")));
    }
    let names: Vec<String> = rest.iter().take(NAMES).map(|u| name(s, u)).collect();
    let more = rest.len().saturating_sub(NAMES);
    let then = match (names.is_empty(), more) {
        (true, _) => "; everybody else has been heard.".to_owned(),
        (false, 0) => format!(". Then: {}.", names.join(", ")),
        (false, more) => format!(". Then: {} and {more} more.", names.join(", ")),
    };
    say(message, &format!("In turn: {}{then}", mention(next)));
}

fn buttons(s: &StageOf<'_>, message: &mut Message) {
    if !s.is_open() {
        return;
    }
    let (retro, at) = (s.retro.id, s.at);
    let button = |label: &str, press| Button { label: label.to_owned(), press };
    let mut all = Vec::new();
    let here = s.part().stages().first();
    if let Some(stage) = here.filter(|_| s.part() != Part::Actions) {
        all.push(button("Add a note", Press::AddNote { retro, stage: *stage }));
    }
    if s.part() == Part::Summary && s.record.before.as_ref().is_some_and(Review::any_open) {
        all.push(button("Review open items", Press::Review { retro }));
    }
    if s.part() == Part::Improve {
        all.push(button("5 Whys", Press::Whys { retro, problem: None }));
    }
    if s.part() == Part::Actions {
        let item =
            lookback_core::command::ActionText { retro: Some(retro), ..lookback_core::command::ActionText::default() };
        all.push(button("Add an action item", Press::ActionForm { channel: s.retro.channel.clone(), item }));
        all.push(button("Add a note", Press::AddNote { retro, stage: Stage::Change }));
    }
    if round::takes_turns(s.retro, s.part()) {
        all.push(button(round::pass_label(s.retro), Press::Pass { retro, at }));
    }
    message.blocks.extend(kit::actions(&all, false));
    message.blocks.push(kit::context(&format!("For {}, who facilitates:", mention(&s.retro.facilitator))));
    let mut lead = vec![next(retro, at)];
    if s.retro.is_async {
        lead.push(button("+1 day", Press::Extend { retro, at }));
    } else {
        lead.push(button("+5 min", Press::Extend { retro, at }));
    }
    let stands = s.meeting.paused.is_some();
    lead.push(button(if stands { "Resume" } else { "Pause" }, Press::Pause { retro, stop: !stands }));
    let themes = s.part().stages().iter().any(|stage| s.record.notes.iter().any(|n| n.stage == *stage));
    if s.meeting.takes_votes(s.part()) && themes {
        lead.push(button("Count the votes", Press::CountVotes { retro, at }));
    }
    if themes {
        for stage in s.part().stages().iter().filter(|st| s.record.notes.iter().any(|n| n.stage == **st)) {
            let label = if *stage == Stage::Other { "Arrange other thoughts" } else { "Arrange themes" };
            lead.push(button(label, Press::Arrange { retro, stage: *stage }));
        }
    }
    message.blocks.extend(kit::actions(&lead, true));
}

/// The button of the next stage; after the last one it finishes.
fn next(retro: RetroId, at: usize) -> Button {
    match PARTS.get(at + 1) {
        Some((part, _)) => Button { label: format!("Next: {}", part.title()), press: Press::Next { retro, at } },
        None => Button { label: "Finish".into(), press: Press::Finish { retro } },
    }
}

/// The word in the channel: where the meeting is held, and that it is over.
pub fn begun(retro: &Retro, link: Option<&str>) -> Message {
    let what = format!("The meeting of {}", bold(&retro.version));
    let thread = link.map_or_else(|| "the agenda's thread".to_owned(), |l| format!("<{l}|the agenda's thread>"));
    let text = match (retro.phase, retro.is_async) {
        (Phase::Meeting, false) => {
            format!(
                "{what} has begun, in {thread}: six stages in {} minutes. Everybody can add notes there.",
                retro.length
            )
        }
        (Phase::Meeting, true) => {
            format!(
                "{what} has begun, in {thread}: each stage is open for a working day. Add notes whenever it suits you."
            )
        }
        (Phase::Cancelled, _) => format!("{what} was called off."),
        _ => format!("{what} is over; it was held in {thread}."),
    };
    Message { blocks: vec![kit::section(&text)], text }
}

/// Two minutes are left, or less; `None`: that was so, and its buttons have done their work.
pub fn warning(retro: &Retro, at: usize, left: Option<i64>) -> Message {
    let part = PARTS.get(at).map_or(Part::Wins, |(part, _)| *part);
    let what = format!("“{}” ({})", part.title(), bold(&retro.version));
    let Some(left) = left else {
        let text = format!("The time of {what} was nearly over.");
        return Message { blocks: vec![kit::section(&text)], text };
    };
    let left = count(usize::try_from(left).unwrap_or(0), "minute", "minutes");
    let text = format!("{left} left for {what}.");
    // The stage's own buttons may stand far above by now.
    let more = Button { label: "+5 min".into(), press: Press::Extend { retro: retro.id, at } };
    let mut blocks = vec![kit::section(&text)];
    blocks.push(kit::context(&format!("For {}, who facilitates:", mention(&retro.facilitator))));
    blocks.extend(kit::actions(&[next(retro.id, at), more], true));
    Message { blocks, text }
}

/// A stage without a call waits for somebody's word. `waits`: it still does.
pub fn invite(retro: &Retro, meeting: &Meeting, at: usize, waits: bool, link: Option<&str>, tz: &str) -> Message {
    let part = PARTS.get(at).map_or(Part::Wins, |(part, _)| *part);
    let what = format!("“{}” of the retrospective of {} in <#{}>", part.title(), bold(&retro.version), retro.channel);
    let text = if waits {
        let link = link.map(|l| format!(" <{l}|Open the thread>.")).unwrap_or_default();
        let ask = match part {
            Part::Summary => "Please read it",
            Part::Actions => "Please look at what is agreed, and add what is missing",
            Part::Wins => "Please look in, and thank somebody",
            Part::Well | Part::Improve | Part::Surprises => "Please add your thoughts",
        };
        format!("{what} is open until {}. {ask}; two minutes are enough.{link}", zone::show(meeting.ends, tz))
    } else {
        format!("{what} needs nothing from you any more. Thank you.")
    };
    let mut buttons = Vec::new();
    if waits {
        if let Some(stage) = part.stages().first() {
            buttons
                .push(Button { label: "Add a note".into(), press: Press::AddNote { retro: retro.id, stage: *stage } });
        }
        buttons.push(Button { label: round::pass_label(retro).into(), press: Press::Pass { retro: retro.id, at } });
    }
    let mut blocks = vec![kit::section(&text)];
    blocks.extend(kit::actions(&buttons, true));
    Message { text, blocks }
}
