//! The smaller forms: an action item, a note, a reason, a second look.

use slack_morphism::prelude::SlackView;

use super::kit;
use crate::command::{ActionText, Start};
use crate::ids::{ChannelId, NoteId};
use crate::press::Form;
use crate::retro::action::{MAX_TEXT, Priority};
use crate::retro::bold;
use crate::retro::note::MAX_NOTE;

/// Field names.
pub mod field {
    /// What to do, or the words of a note.
    pub const TEXT: &str = "text";
    /// Who does it.
    pub const OWNER: &str = "owner";
    /// By when.
    pub const DUE: &str = "due";
    /// How much it matters.
    pub const PRIORITY: &str = "priority";
    /// Why.
    pub const WHY: &str = "why";
}

fn text<'a>(id: &'a str, label: &'a str, initial: &'a str, max: usize) -> kit::Field<'a> {
    kit::Field { id, label, initial, max, multiline: false, optional: false, hint: None }
}

/// A new action item, with what was understood.
pub fn action(channel: &ChannelId, known: &ActionText) -> SlackView {
    let priorities = Priority::ALL.map(|p| (p.word(), p.word()));
    let blocks = vec![
        kit::text_field(&text(field::TEXT, "What will be done?", &known.text, MAX_TEXT)),
        kit::person_field(field::OWNER, "Who owns it?", known.owner.as_ref()),
        kit::text_field(&kit::Field {
            hint: Some("For example: friday, 2w, 2026-12-01, end of month, before next release"),
            ..text(field::DUE, "By when?", known.due.as_deref().unwrap_or_default(), 60)
        }),
        kit::choice_field(
            field::PRIORITY,
            "Priority",
            &priorities,
            Some(known.priority.unwrap_or(Priority::Medium).word()),
            false,
        ),
        kit::text_field(&kit::Field {
            optional: true,
            ..text(field::WHY, "Why?", known.why.as_deref().unwrap_or_default(), MAX_TEXT)
        }),
    ];
    kit::modal("Action item", "Add", "Cancel", &Form::Action { channel: channel.clone() }, blocks)
}

/// A note's words.
pub fn note(id: NoteId, words: &str) -> SlackView {
    let blocks =
        vec![kit::text_field(&kit::Field { multiline: true, ..text(field::TEXT, "Your note", words, MAX_NOTE) })];
    kit::modal("Edit note", "Save", "Cancel", &Form::Note { note: id }, blocks)
}

/// Why an item is dropped.
pub fn drop_item(channel: &ChannelId, number: i64) -> SlackView {
    let label = format!("Why will #{number} not be done?");
    let blocks = vec![kit::text_field(&text(field::WHY, &label, "", MAX_TEXT))];
    kit::modal("Won't do", "Drop it", "Cancel", &Form::Drop { channel: channel.clone(), number }, blocks)
}

/// So many people would be asked.
pub fn start_everyone(channel: &ChannelId, start: &Start, count: usize) -> SlackView {
    let blocks = vec![kit::section(&format!(
        "The retro of {} would send a survey to *{count} people* by DM. If that is too many, cancel and name people: `/retro start {} @maria @sam`.",
        bold(&start.version),
        crate::text::esc(&start.version)
    ))];
    let form = Form::StartEveryone { channel: channel.clone(), start: Box::new(start.clone()) };
    kit::modal("Ask everybody?", "Start the retro", "Cancel", &form, blocks)
}
