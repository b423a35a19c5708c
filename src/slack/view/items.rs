//! The forms of an action item: a new one, and what is done with one.

use slack_morphism::prelude::{SlackBlock, SlackView};

use super::forms::{field, text};
use super::{blocks, fields, newer};
use lookback_core::command::ActionText;
use lookback_core::ids::ChannelId;
use lookback_core::interaction::{Form, ItemAction, Opened};
use lookback_core::model::item::{Item, Priority};
use lookback_core::retro::action::specific::{self, Weakness};
use lookback_core::retro::action::{Edit, MAX_TEXT, MOST_HIGH};
use lookback_core::text::{cut, esc};

/// Asks for a figure.
const METRIC: &str = "Which release figure should it improve?";

const DATES: &str = "Type a date or pick one below: friday, 2w, 2026-12-01, end of month, before next release";

fn due(label: &str, initial: &str) -> [SlackBlock; 2] {
    fields::date_fields(&fields::Field { hint: Some(DATES), ..text(field::DUE, label, initial, 60) })
}

fn maybe<'a>(id: &'a str, label: &'a str, initial: Option<&'a String>, hint: Option<&'a str>) -> fields::Field<'a> {
    fields::Field { optional: true, hint, ..text(id, label, initial.map_or("", String::as_str), MAX_TEXT) }
}

fn priority(of: Priority) -> SlackBlock {
    let priorities = Priority::ALL.map(|p| (p.word(), p.word()));
    fields::choice_field(field::PRIORITY, "Priority", &priorities, Some(of.word()), false)
}

/// A new action item, with what was understood; `weak` is said above it.
pub fn action(channel: &ChannelId, known: &ActionText, weak: Option<Weakness>) -> SlackView {
    let owner = match &known.group {
        Some(group) => format!("Who in {} owns it? (one person)", lookback_core::text::unesc(group)),
        None => "Who owns it?".to_owned(),
    };
    let mut blocks = Vec::new();
    if let Some(weak) = weak {
        blocks.push(said(weak, &known.text, "Add"));
    }
    blocks.extend([
        fields::text_field(&text(field::TEXT, "What needs to be done?", &known.text, MAX_TEXT)),
        fields::person_field(field::OWNER, &owner, known.owner.as_ref()),
    ]);
    blocks.extend(due("By when?", known.due.as_deref().unwrap_or_default()));
    blocks.extend([
        priority(known.priority.unwrap_or(Priority::Medium)),
        fields::text_field(&maybe(field::WHY, "Why?", known.why.as_ref(), None)),
        fields::text_field(&maybe(
            field::METRIC,
            METRIC,
            known.metric.as_ref(),
            Some("For example: lead time, incidents"),
        )),
    ]);
    let seen = weak.map(|_| known.text.clone());
    blocks::modal(
        "Action item",
        "Add",
        "Cancel",
        &Form::Action { channel: channel.clone(), seen, retro: known.retro },
        blocks,
    )
}

fn said(weak: Weakness, text: &str, button: &str) -> SlackBlock {
    newer::warning(&format!(
        "*Not saved yet.* {} For example: “{}.”\nTo keep it as it is, press {button} again.",
        weak.missing(),
        specific::example(text)
    ))
}

/// The edit form again, as it was sent, with what is missing above it.
pub fn weak_edit(item: &Item, e: &Edit, opened: Opened, weak: Weakness) -> SlackView {
    let mut blocks = vec![
        said(weak, &e.text, "Save"),
        fields::text_field(&text(field::TEXT, "What needs to be done?", &e.text, MAX_TEXT)),
    ];
    blocks.extend(due("By when?", &e.due));
    blocks.extend([
        priority(e.priority.unwrap_or(item.priority)),
        fields::text_field(&maybe(field::WHY, "Why?", e.why.as_ref(), None)),
        fields::text_field(&maybe(field::METRIC, METRIC, e.metric.as_ref(), None)),
    ]);
    let (channel, number, seen) = (item.channel.clone(), item.number, Some(e.text.clone()));
    blocks::modal(
        "Edit action item",
        "Save",
        "Cancel",
        &Form::Item { channel, number, action: ItemAction::Edit, opened, seen },
        blocks,
    )
}

/// What is to be done with an item; `None` where a press is enough. An hour is shown, and read, in the zone of
/// whoever looks at it.
pub fn item(item: &Item, action: ItemAction, opened: Opened, tz: &str) -> Option<SlackView> {
    let about = blocks::section(&format!("{} {}, {}", item.name(), esc(&cut(&item.text, 300)), item.due_phrase()));
    let typed = item.due.typed_in(&item.zone, tz);
    let (title, submit, fields) = match action {
        ItemAction::Done => (
            "Done",
            "Done",
            vec![fields::text_field(&fields::Field {
                multiline: true,
                ..maybe(
                    field::WHY,
                    "What changed?",
                    None,
                    Some("One sentence for the next retro, such as: the tests now take 5 minutes"),
                )
            })],
        ),
        ItemAction::Drop => (
            "Won't do",
            "Won't do",
            vec![fields::text_field(&fields::Field { multiline: true, ..text(field::WHY, "Why not?", "", MAX_TEXT) })],
        ),
        ItemAction::Snooze => {
            let beyond = "Required to snooze a high-priority item past its due date";
            let mut fields = due("Snooze until when?", "").to_vec();
            fields.push(fields::text_field(&maybe(field::WHY, "Why?", None, Some(beyond))));
            ("Snooze", "Snooze", fields)
        }
        ItemAction::Date => ("Change date", "Save", due("By when?", &typed).to_vec()),
        ItemAction::Hand => (
            "Hand over",
            "Ask them",
            vec![
                fields::person_field(field::OWNER, "Who takes it over?", None),
                blocks::context("I'll ask them. The item stays with its owner until they accept."),
            ],
        ),
        ItemAction::Blocked => (
            "Blocked",
            "Save",
            vec![fields::text_field(&maybe(
                field::WHY,
                "What's blocking it?",
                item.blocked.as_ref(),
                Some("I'll tell the facilitator. Clear this field to unblock the item."),
            ))],
        ),
        ItemAction::Edit => ("Edit action item", "Save", every_field(item, &typed)),
        ItemAction::Accept | ItemAction::Take | ItemAction::Return | ItemAction::FileAgain => return None,
    };
    let blocks = [vec![about], fields].concat();
    let form = Form::Item { channel: item.channel.clone(), number: item.number, action, opened, seen: None };
    Some(blocks::modal(title, submit, "Cancel", &form, blocks))
}

/// Everything that can be edited. `typed`: its due date as somebody would type it.
fn every_field(item: &Item, typed: &str) -> Vec<SlackBlock> {
    let mut fields = vec![fields::text_field(&text(field::TEXT, "What needs to be done?", &item.text, MAX_TEXT))];
    fields.extend(due("By when?", typed));
    fields.extend([
        priority(item.priority),
        fields::text_field(&maybe(field::WHY, "Why?", item.why.as_ref(), None)),
        fields::text_field(&maybe(field::METRIC, METRIC, item.metric.as_ref(), None)),
    ]);
    fields
}

/// Which five stay of high priority, of those that are and the one that would be the sixth.
pub fn choose_high(channel: &ChannelId, number: i64, among: &[Item]) -> SlackView {
    let options: Vec<(String, String)> =
        among.iter().map(|i| (i.number.to_string(), format!("#{} {}", i.number, i.text))).collect();
    let blocks = vec![
        blocks::section("Five high-priority items is the limit. The others become medium."),
        fields::several_field(field::TEXT, "Which five stay high?", &options, MOST_HIGH as u64),
    ];
    let form = Form::ChooseHigh { channel: channel.clone(), number };
    blocks::modal("High priority", "Save", "Cancel", &form, blocks)
}
