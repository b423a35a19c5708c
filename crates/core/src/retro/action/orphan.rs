//! Items whose owner is gone: they go to the facilitator, who can hand them on.

use chrono::{DateTime, Utc};

use super::owned_by;
use crate::ids::{ChannelId, UserId};
use crate::interaction::ItemAction;
use crate::model::item::Item;
use crate::model::person::Person;
use crate::retro::{Change, Decision, DirectMessage, Reply, Row};
use crate::text::{count, mention};

/// Items with buttons in the message.
const ROWS: usize = 10;

/// `gone` left, so the items that they owned in one channel go to `lead`.
pub fn left(gone: &UserId, channel: &ChannelId, items: &[&Item], lead: &Person, now: DateTime<Utc>) -> Decision {
    let one = items.len() == 1;
    let mut told = Reply::new(format!(
        "{} left, so {} in <#{channel}> {} with you now. Please hand {} over, or drop what won't be done.",
        mention(gone),
        count(items.len(), "action item", "action items"),
        if one { "is" } else { "are" },
        if one { "it" } else { "them" }
    ));
    let moved: Vec<Item> = items.iter().map(|item| owned_by(item, lead)).collect();
    let buttons = [ItemAction::Hand, ItemAction::Date, ItemAction::Done, ItemAction::Drop];
    told.rows = moved.iter().take(ROWS).map(|i| Row { text: i.line(), buttons: i.buttons(&buttons) }).collect();
    let about = format!("left/{gone}/{channel}/{}", now.timestamp());
    Decision {
        changes: moved.into_iter().map(Change::UpdateItem).collect(),
        dms: vec![DirectMessage { to: lead.id.clone(), about, reply: told }],
        ..Decision::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retro::action::tests::due_on;
    use crate::retro::tests::caller;

    #[test]
    fn the_facilitator_gets_the_items_and_hears_of_it_once() {
        let (one, two) = (due_on(1, "2026-12-01"), due_on(2, "2026-12-02"));
        let decision = left(&"U2".into(), &"C1".into(), &[&one, &two], &caller("U1").person, DateTime::default());
        let owners: Vec<&str> = decision
            .changes
            .iter()
            .filter_map(|c| if let Change::UpdateItem(i) = c { Some(i.owner.as_str()) } else { None })
            .collect();
        assert_eq!(owners, ["U1", "U1"]);
        assert_eq!(decision.dms.len(), 1);
        assert_eq!(
            decision.dms[0].reply.text,
            "<@U2> left, so 2 action items in <#C1> are with you now. Please hand them over, or drop what won't be done."
        );
    }
}
