//! The Home tab: what waits for one person, and how to begin.

use chrono::{DateTime, Utc};
use slack_morphism::prelude::{SlackBlock, SlackHomeView, SlackView};

use super::{blocks, reminder};
use lookback_core::interaction::BlockAction;
use lookback_core::model::item::{Item, State};
use lookback_core::model::participant::Answered;
use lookback_core::model::person::Person;
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::retro::{Button, rights};
use lookback_core::text::{bold, cut, esc};
use lookback_core::zone;

/// Action items on a page: each takes two of the hundred blocks that a Home tab may have.
const ITEMS: usize = 20;
/// Surveys and retros shown; `/retro status` has the others.
const RETROS: usize = 10;

/// What it shows.
#[derive(Debug)]
pub struct Home<'a> {
    pub person: &'a Person,
    /// They never had an action item.
    pub is_new: bool,
    /// Open surveys of theirs, the newest first, and how they answered.
    pub surveys: &'a [(Retro, Answered)],
    pub items: &'a [Item],
    /// The open retros of their channels.
    pub open: &'a [Retro],
    /// The page of the items, from 0.
    pub page: i64,
    /// The items are closed ones.
    pub done: bool,
    pub now: DateTime<Utc>,
}

fn button(label: &str, action: BlockAction) -> Button {
    Button { label: label.to_owned(), action }
}

/// Renders it, within a hundred blocks.
pub fn home(h: &Home<'_>) -> SlackView {
    let mut blocks = Vec::new();
    let waiting: Vec<&Retro> =
        h.surveys.iter().filter(|(_, answer)| *answer == Answered::Waiting).map(|(r, _)| r).collect();
    if h.is_new && h.surveys.is_empty() && h.open.is_empty() && !h.done {
        begin(&mut blocks);
        return SlackView::Home(SlackHomeView::new(blocks));
    }
    blocks.push(blocks::header("Surveys waiting for you"));
    if waiting.is_empty() {
        blocks.push(blocks::section("No surveys waiting."));
    }
    for retro in waiting.iter().take(RETROS) {
        let words = format!(
            "{} in <#{}> · about 2 minutes · closes {}",
            bold(&retro.version),
            retro.channel,
            zone::moment(retro.closes, &h.person.tz)
        );
        blocks
            .push(blocks::section_with(&words, &button("Answer the survey", BlockAction::Survey { retro: retro.id })));
    }
    items(h, &mut blocks);
    blocks.push(blocks::header("Open retros in your channels"));
    if h.open.is_empty() {
        blocks.push(blocks::section("None. Start one with `/retro start v2.1.0` in the release channel."));
    }
    for retro in h.open.iter().take(RETROS) {
        blocks.push(open(h, retro));
    }
    let more = (waiting.len().saturating_sub(RETROS)) + h.open.len().saturating_sub(RETROS);
    if more > 0 {
        blocks.push(blocks::context(&format!("+{more} more: type `/retro status` in their channels")));
    }
    blocks.extend(blocks::actions(&[button("Start a retro", BlockAction::StartForm)], false));
    SlackView::Home(SlackHomeView::new(blocks))
}

fn begin(blocks: &mut Vec<SlackBlock>) {
    blocks.push(blocks::header("Welcome to Lookback"));
    blocks.push(blocks::section(
        "I run release retrospectives: I survey everyone by DM, turn the answers into an agenda, track action items, and remind their owners.",
    ));
    blocks.push(blocks::section(
        "*Get started*\n1. Invite me to the release channel: `/invite @lookback`\n2. Type `/retro start v2.1.0` there, or press the button below\n3. Everyone gets a two-minute survey, and the agenda follows automatically",
    ));
    blocks.extend(blocks::actions(&[button("Start a retro", BlockAction::StartForm)], true));
    blocks.push(blocks::context("Your surveys, action items and open retros will show up here."));
}

fn items(h: &Home<'_>, blocks: &mut Vec<SlackBlock>) {
    let mut sorted: Vec<&Item> = h.items.iter().collect();
    if !h.done {
        sorted.sort_by_key(|i| {
            // What has no date yet comes last.
            let end = i.due.end(&i.zone);
            (end.is_none(), end, i.number)
        });
    }
    let pages = sorted.len().div_ceil(ITEMS).max(1);
    let page = usize::try_from(h.page).unwrap_or(0).min(pages - 1);
    let what = if h.done { "Your closed action items" } else { "Your action items" };
    let title = match pages {
        1 => format!("{what} ({})", sorted.len()),
        _ => format!("{what} ({}), page {} of {pages}", sorted.len(), page + 1),
    };
    blocks.push(blocks::header(&title));
    if sorted.is_empty() {
        blocks.push(blocks::section(if h.done { "No closed items." } else { "No open items." }));
    }
    for item in sorted.iter().skip(page * ITEMS).take(ITEMS) {
        if item.state == State::Open {
            let today = zone::local(h.now, &item.zone).date();
            blocks.push(blocks::section(&reminder::line(item, today)));
            blocks.push(reminder::acts(item));
        } else {
            let outcome = item.outcome.as_ref().map(|o| format!(": {}", esc(&cut(o, 200)))).unwrap_or_default();
            blocks.push(blocks::section(&format!("{} in <#{}>{outcome}", item.line_with_state(), item.channel)));
        }
    }
    let to = |label: &str, page: usize| {
        button(label, BlockAction::HomePage { page: u32::try_from(page).unwrap_or(0), done: h.done })
    };
    let earlier = (page > 0).then(|| to("Earlier", page.saturating_sub(1)));
    let later = (page + 1 < pages).then(|| to("Later", page + 1));
    let other = BlockAction::HomePage { page: 0, done: !h.done };
    let other = button(if h.done { "Show open ones" } else { "Show closed ones" }, other);
    let turns: Vec<Button> = earlier.into_iter().chain(later).chain([other]).collect();
    blocks.extend(blocks::actions(&turns, false));
}

/// One open retro with its next step.
fn open(h: &Home<'_>, retro: &Retro) -> SlackBlock {
    let leads = rights::leads(h.person, retro);
    let mine = h.surveys.iter().find(|(r, _)| r.id == retro.id).map(|(_, answer)| *answer);
    let at = format!("{} in <#{}>: ", bold(&retro.version), retro.channel);
    match retro.phase {
        Phase::Collecting if leads => blocks::section_with(
            &format!("{at}collecting answers until {}.", zone::moment(retro.closes, &h.person.tz)),
            &button("Close and post agenda", BlockAction::Agenda { retro: retro.id }),
        ),
        Phase::Collecting => {
            let words = format!("{at}collecting answers until {}.", zone::moment(retro.closes, &h.person.tz));
            match mine {
                Some(Answered::Written) => {
                    blocks::section_with(&words, &button("Change my answers", BlockAction::Survey { retro: retro.id }))
                }
                Some(_) => {
                    blocks::section_with(&words, &button("Answer the survey", BlockAction::Survey { retro: retro.id }))
                }
                None => blocks::section(&words),
            }
        }
        Phase::Agenda if leads => blocks::section_with(
            &format!("{at}the agenda is in the channel."),
            &button("Start the meeting", BlockAction::Meet { retro: retro.id }),
        ),
        Phase::Meeting if leads => blocks::section_with(
            &format!("{at}the meeting is running in the agenda's thread."),
            &button("Finish", BlockAction::Finish { retro: retro.id }),
        ),
        Phase::Meeting => blocks::section(&format!("{at}the meeting is running in the agenda's thread.")),
        Phase::Agenda | Phase::Scheduled | Phase::Closed | Phase::Cancelled => {
            blocks::section(&format!("{at}the agenda is in the channel."))
        }
    }
}
