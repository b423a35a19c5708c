//! The reminder of an owner and day: one message, however many items and channels.

use chrono::NaiveDate;

use super::{Message, blocks};
use lookback_core::ids::UserId;
use lookback_core::interaction::ItemAction;
use lookback_core::model::item::{Item, State};
use lookback_core::text::{count, cut, esc, mention};

/// Items shown with buttons: each takes two of the fifty blocks of a message.
const SHOWN: usize = 15;

/// The buttons of an item.
const ACTS: [ItemAction; 2] = [ItemAction::Done, ItemAction::Snooze];
/// What stands in its menu.
const MORE: [ItemAction; 4] = [ItemAction::Date, ItemAction::Hand, ItemAction::Blocked, ItemAction::Drop];

/// What an owner can do with an item.
pub(super) fn acts(item: &Item) -> slack_morphism::prelude::SlackBlock {
    blocks::actions_and_menu(&item.buttons(&ACTS), &item.buttons(&MORE))
}

/// When it is due, seen from `today`.
fn when(item: &Item, today: NaiveDate) -> String {
    let Some(due) = item.due.day() else { return "due before next release".to_owned() };
    let days = |n: i64| count(usize::try_from(n).unwrap_or(0), "day", "days");
    match (due - today).num_days() {
        0 => format!("due today ({})", item.due_text()),
        1 => format!("due tomorrow ({})", item.due_text()),
        n if n > 1 => format!("due in {} ({})", days(n), item.due_text()),
        n => format!("{} overdue (was due {})", days(-n), item.due_text()),
    }
}

/// An item before its owner: the date first.
pub(super) fn line(item: &Item, today: NaiveDate) -> String {
    let high = if item.priority == lookback_core::model::item::Priority::High { ", high priority" } else { "" };
    format!(
        "*{}*{high} · {} {} in <#{}>{}",
        capital(&when(item, today)),
        item.name(),
        esc(&cut(&item.text, 300)),
        item.channel,
        item.asides()
    )
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What became of an item that needs no button any more.
pub(super) fn settled(item: &Item, owner: &UserId) -> Option<String> {
    // Its words are no longer for them: they may have left the channel.
    if item.owner != *owner {
        return Some(format!("{} is with {} now", item.name(), mention(&item.owner)));
    }
    let what = match item.state {
        State::Done => "done",
        State::Dropped => "dropped",
        State::Open => return None,
    };
    let outcome = item.outcome.as_ref().map(|o| format!(": {}", esc(&cut(o, 200)))).unwrap_or_default();
    Some(format!("{} {} · {what}{outcome}", item.name(), esc(&cut(&item.text, 300))))
}

/// One that a later reminder followed: what it named, without buttons.
pub fn earlier(owner: &UserId, items: &[Item]) -> Message {
    let head = "This reminder is out of date. Your open items are on my Home tab.".to_owned();
    let line = |item: &Item| {
        let open = || format!("{} {}, {}{}", item.name(), esc(&cut(&item.text, 300)), item.due_phrase(), item.asides());
        format!("• {}", settled(item, owner).unwrap_or_else(open))
    };
    let lines: Vec<String> = items.iter().take(SHOWN).map(line).collect();
    let text = [head, lines.join("\n")].join("\n");
    Message { blocks: vec![blocks::context(&cut(&text, 3000))], text: cut(&text, 3000) }
}

/// Renders it for its owner.
pub fn reminder(owner: &UserId, items: &[Item], today: NaiveDate) -> Message {
    let open: Vec<&Item> = items.iter().filter(|i| settled(i, owner).is_none()).collect();
    let late = open.iter().filter(|i| i.due.day().is_some_and(|due| due < today)).count();
    let word = match late {
        0 => "due",
        late if late == open.len() => "overdue",
        _ => "due or overdue",
    };
    let head = match open.len() {
        0 => "Nothing left to do here. Thank you!".to_owned(),
        n => format!("You have {} {word}:", count(n, "action item", "action items")),
    };
    let mut text = head.clone();
    let mut blocks = vec![blocks::section(&head)];
    // What is open first; what is settled only has to be seen.
    let (rest, first): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|i| settled(i, owner).is_some());
    for item in first.into_iter().chain(rest).take(SHOWN) {
        let shown = settled(item, owner);
        let line = shown.clone().unwrap_or_else(|| line(item, today));
        text.push_str(&format!("\n• {line}"));
        let why = item.why.as_ref().filter(|_| shown.is_none());
        let why = why.map(|w| format!("\nWhy: {}", esc(&cut(w, 200)))).unwrap_or_default();
        blocks.push(blocks::section(&format!("{line}{why}")));
        if shown.is_none() {
            blocks.push(acts(item));
        }
    }
    if items.len() > SHOWN {
        let more = format!("+{} more on my Home tab", items.len() - SHOWN);
        text.push_str(&format!("\n{more}"));
        blocks.push(blocks::context(&more));
    }
    // An update holds 4,000 characters of it.
    Message { text: cut(&text, 3000), blocks }
}
