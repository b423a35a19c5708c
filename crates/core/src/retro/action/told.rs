//! What an owner hears when somebody else changes their item.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::ids::UserId;
use crate::model::item::{Due, Item, State};
use crate::retro::{Caller, DirectMessage, Reply};
use crate::text::{cut, esc, mention};
use crate::zone;

/// `*#4* Automate the smoke tests`, escaped.
pub(super) fn named(item: &Item) -> String {
    format!("{} {}", item.name(), esc(&cut(&item.text, 300)))
}

/// Words to somebody else about an item.
pub(super) fn direct_message(item: &Item, to: &UserId, what: &str, reply: Reply, now: DateTime<Utc>) -> DirectMessage {
    DirectMessage {
        to: to.clone(),
        about: format!("{what}/{}/{}/{}", item.channel, item.number, now.timestamp()),
        reply,
    }
}

/// One line to the owner about a change by somebody else; `None` where they made it themselves, or where nothing of it
/// shows.
pub(super) fn to_owner(before: &Item, after: &Item, caller: &Caller, now: DateTime<Utc>) -> Option<DirectMessage> {
    let by = &caller.person.id;
    if before.owner == *by || before.owner != after.owner {
        return None;
    }
    let (what, words) = words(before, after, &mention(by))?;
    Some(direct_message(before, &before.owner, what, Reply::new(words), now))
}

/// One message to each owner whose items are due on the day of the next release, which became known or moved; `by` named
/// it. What is due today is the reminder's to say.
pub fn due_with_release(items: &[Item], day: NaiveDate, by: Option<&UserId>, now: DateTime<Utc>) -> Vec<DirectMessage> {
    let is_news = |item: &&Item| {
        item.due != Due::NextRelease(Some(day)) && by != Some(&item.owner) && day > zone::local(now, &item.zone).date()
    };
    let mut owners: BTreeMap<&UserId, Vec<&Item>> = BTreeMap::new();
    for item in items.iter().filter(is_news) {
        owners.entry(&item.owner).or_default().push(item);
    }
    let told = owners.into_values().filter_map(|items| {
        let first = items.first()?;
        let planned = format!("The next release in <#{}> is planned for {}", first.channel, zone::show_day(day));
        let words = match items.as_slice() {
            [one] => format!("{planned}, so {} is due then.", named(one)),
            several => {
                let lines = several.iter().map(|item| format!("\n• {}", named(item)));
                format!("{planned}. These are due then:{}", lines.collect::<String>())
            }
        };
        Some(direct_message(first, &first.owner, "release", Reply::new(cut(&words, 2900)), now))
    });
    told.collect()
}

/// The kind of the change, and its words.
fn words(before: &Item, after: &Item, by: &str) -> Option<(&'static str, String)> {
    let here = |item: &Item| format!("{} in <#{}>", named(item), item.channel);
    let (was, is) = (here(before), here(after));
    let because = |why: &Option<String>| why.as_ref().map(|w| format!(": {}", esc(&cut(w, 200)))).unwrap_or_default();
    if before.state != after.state {
        return match after.state {
            State::Done => Some(("done", format!("{by} marked {was} as done{}.", because(&after.outcome)))),
            State::Dropped => Some(("dropped", format!("{by} dropped {was}{}.", because(&after.outcome)))),
            State::Open => None,
        };
    }
    let several = before.due != after.due && before.priority != after.priority;
    if several || before.text != after.text || before.why != after.why || before.metric != after.metric {
        let why = after.why.as_ref().map(|w| format!("\nWhy: {}", esc(&cut(w, 200)))).unwrap_or_default();
        let reads =
            format!("{by} edited your action item in <#{}>. It now reads: {}{why}", after.channel, after.line());
        return Some(("edited", reads));
    }
    if before.due != after.due {
        return Some(("moved", format!("{by} changed the due date of {is} to {}.", after.due_text())));
    }
    if before.priority != after.priority {
        return Some(("priority", format!("{by} changed the priority of {is} to {}.", after.priority.word())));
    }
    if let Some(until) = after.snoozed.filter(|_| before.snoozed != after.snoozed) {
        return Some(("snoozed", format!("{by} snoozed {is} until {}.", zone::show_day(until))));
    }
    if before.blocked != after.blocked {
        return Some(match &after.blocked {
            Some(_) => ("blocked", format!("{by} marked {is} as blocked{}.", because(&after.blocked))),
            None => ("unblocked", format!("{by} says {is} is no longer blocked.")),
        });
    }
    let to = after.offered.as_ref().filter(|_| before.offered != after.offered)?;
    Some(("offered", format!("{by} asked {} to take over {is}. It stays yours until they accept.", mention(to))))
}
