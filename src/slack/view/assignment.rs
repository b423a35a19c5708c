//! What tells an owner of the items that somebody else gave them.

use super::reminder::settled;
use super::{Message, blocks};
use lookback_core::ids::UserId;
use lookback_core::interaction::ItemAction;
use lookback_core::model::item::{Item, Priority};
use lookback_core::text::{cut, esc, mention};

/// Items shown with buttons: each takes two of the fifty blocks of a message.
const SHOWN: usize = 15;

/// An item in it.
#[derive(Debug)]
pub struct Given<'a> {
    pub item: &'a Item,
    /// Who gave it to the owner.
    pub from: &'a UserId,
    /// The owner pressed Accept.
    pub accepted: bool,
}

impl Given<'_> {
    fn line(&self) -> String {
        let item = self.item;
        let high = if item.priority == Priority::High { ", high priority" } else { "" };
        let due = item.due_phrase();
        let why = item.why.as_ref().map(|w| format!("\nWhy: {}", esc(&cut(w, 200)))).unwrap_or_default();
        let accepted = if self.accepted { " · ✅ accepted" } else { "" };
        format!(
            "{} {}, {due}{high} · from {} in <#{}>{}{accepted}{why}",
            item.name(),
            esc(&cut(&item.text, 300)),
            mention(self.from),
            item.channel,
            item.asides()
        )
    }

    fn acts(&self) -> &'static [ItemAction] {
        // An owner who offered it to somebody else has nothing to accept.
        if self.accepted || self.item.offered.is_some() {
            &[ItemAction::Date, ItemAction::Hand]
        } else {
            &[ItemAction::Accept, ItemAction::Date, ItemAction::Hand]
        }
    }
}

/// Renders it for its owner.
pub fn assignment(owner: &UserId, given: &[Given<'_>]) -> Message {
    let open = given.iter().filter(|g| settled(g.item, owner).is_none()).count();
    let head = match (open, given.len()) {
        (0, _) => "Nothing left to do here. Thank you!".to_owned(),
        (_, 1) => "You have a new action item:".to_owned(),
        (_, n) => format!("You have {n} new action items:"),
    };
    let mut text = head.clone();
    let mut blocks = vec![blocks::section(&head)];
    for g in given.iter().take(SHOWN) {
        let shown = settled(g.item, owner);
        let line = shown.clone().unwrap_or_else(|| g.line());
        text.push_str(&format!("\n• {line}"));
        blocks.push(blocks::section(&line));
        if shown.is_none() {
            blocks.extend(blocks::actions(&g.item.buttons(g.acts()), false));
        }
    }
    if given.len() > SHOWN {
        let more = format!("+{} more on my Home tab", given.len() - SHOWN);
        text.push_str(&format!("\n{more}"));
        blocks.push(blocks::context(&more));
    }
    // An update holds 4,000 characters of it.
    Message { text: cut(&text, 3000), blocks }
}
