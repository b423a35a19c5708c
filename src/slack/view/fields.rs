//! The fields of a form, each within Slack's limits.
//! <https://docs.slack.dev/reference/block-kit/blocks/input-block>

use slack_morphism::prelude::*;

use super::blocks::plain;
use crate::slack::inbound::PICKED;
use lookback_core::ids::{ChannelId, UserId};
use lookback_core::text::cut;

/// A text field of a form.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    pub id: &'a str,
    pub label: &'a str,
    pub initial: &'a str,
    pub max: usize,
    pub multiline: bool,
    pub optional: bool,
    pub hint: Option<&'a str>,
}

/// The `action_id` of every form field: its block names it.
pub const VALUE: &str = "value";

/// A text field.
pub fn text_field(f: &Field<'_>) -> SlackBlock {
    let mut element = SlackBlockPlainTextInputElement::new()
        .with_action_id(VALUE.into())
        .with_multiline(f.multiline)
        .with_max_length(f.max as u64);
    if !f.initial.is_empty() {
        element = element.with_initial_value(cut(f.initial, f.max));
    }
    input(f.id, f.label, element.into(), f.optional, f.hint)
}

/// A text field for a date, and a calendar beside it; either will do, so that Slack cannot ask for one of them.
pub fn date_fields(f: &Field<'_>) -> [SlackBlock; 2] {
    [text_field(&Field { optional: true, ..f.clone() }), day_field(f.id, "Or pick a day")]
}

/// A calendar beside the text field `id`.
pub fn day_field(id: &str, label: &str) -> SlackBlock {
    let picker = SlackBlockDatePickerElement::new().with_action_id(VALUE.into());
    input(&format!("{id}{PICKED}"), label, picker.into(), true, None)
}

/// The most options of a select, and of each group in one:
/// <https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element>
const OPTIONS: usize = 100;

type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// Many options, by the hundred.
fn groups(choices: Vec<Choice>) -> Vec<SlackBlockOptionGroup<SlackBlockPlainTextOnly>> {
    let heading = |i: usize, n: usize| plain(&format!("{} to {}", i * OPTIONS + 1, i * OPTIONS + n), 75);
    let group = |(i, part): (usize, &[Choice])| SlackBlockOptionGroup::new(heading(i, part.len()), part.to_vec());
    choices.chunks(OPTIONS).enumerate().map(group).collect()
}

/// A choice of one.
pub fn choice_field(
    id: &str,
    label: &str,
    options: &[(&str, &str)],
    initial: Option<&str>,
    optional: bool,
) -> SlackBlock {
    let choices: Vec<Choice> =
        options.iter().map(|(value, label)| SlackBlockChoiceItem::new(plain(label, 75), (*value).to_owned())).collect();
    let chosen = choices.iter().find(|c| Some(c.value.as_str()) == initial).cloned();
    let element = SlackBlockStaticSelectElement::new().with_action_id(VALUE.into());
    let mut element = if choices.len() > OPTIONS {
        element.with_option_groups(groups(choices))
    } else {
        element.with_options(choices)
    };
    if let Some(chosen) = chosen {
        element = element.with_initial_option(chosen);
    }
    input(id, label, element.into(), optional, None)
}

/// A choice of several, at most `most`.
pub fn several_field(id: &str, label: &str, options: &[(String, String)], most: u64) -> SlackBlock {
    let choices =
        options.iter().map(|(value, label)| SlackBlockChoiceItem::new(plain(label, 75), value.clone())).collect();
    let element = SlackBlockMultiStaticSelectElement::new()
        .with_action_id(VALUE.into())
        .with_options(choices)
        .with_max_selected_items(most);
    input(id, label, element.into(), false, None)
}

/// A choice of any number, some of them chosen already.
pub fn any_field(id: &str, label: &str, options: &[(String, String)], chosen: &[String]) -> SlackBlock {
    let choices: Vec<Choice> =
        options.iter().map(|(value, label)| SlackBlockChoiceItem::new(plain(label, 75), value.clone())).collect();
    let initial: Vec<_> = choices.iter().filter(|c| chosen.contains(&c.value)).cloned().collect();
    let element = SlackBlockMultiStaticSelectElement::new().with_action_id(VALUE.into());
    let mut element = if choices.len() > OPTIONS {
        element.with_option_groups(groups(choices))
    } else {
        element.with_options(choices)
    };
    if !initial.is_empty() {
        element = element.with_initial_options(initial);
    }
    input(id, label, element.into(), true, None)
}

/// A choice of one, under headings.
pub fn grouped_field(id: &str, label: &str, groups: &[(&str, Vec<(String, String)>)]) -> SlackBlock {
    let groups = groups
        .iter()
        .map(|(heading, options)| {
            let choices = options
                .iter()
                .map(|(value, label)| SlackBlockChoiceItem::new(plain(label, 75), value.clone()))
                .collect();
            SlackBlockOptionGroup::new(plain(heading, 75), choices)
        })
        .collect();
    let element = SlackBlockStaticSelectElement::new().with_action_id(VALUE.into()).with_option_groups(groups);
    input(id, label, element.into(), false, None)
}

/// A choice of one channel; where none is given Slack offers the one that is open.
pub fn channel_field(id: &str, label: &str, initial: Option<&ChannelId>) -> SlackBlock {
    let mut element = SlackBlockConversationsSelectElement::new().with_action_id(VALUE.into()).with_filter(channels());
    element = match initial {
        Some(channel) => element.with_initial_conversation(channel.0.clone().into()),
        None => element.with_default_to_current_conversation(true),
    };
    input(id, label, element.into(), false, None)
}

fn channels() -> SlackBlockConversationFilter {
    SlackBlockConversationFilter::new()
        .with_include(vec![SlackConversationFilterInclude::Public, SlackConversationFilterInclude::Private])
}

/// A choice of channels.
pub fn channels_field(id: &str, label: &str, initial: &[ChannelId]) -> SlackBlock {
    let mut element = SlackBlockMultiConversationsSelectElement::new().with_action_id(VALUE.into()).with_filter(
        SlackBlockConversationFilter::new()
            .with_include(vec![SlackConversationFilterInclude::Public, SlackConversationFilterInclude::Private]),
    );
    if !initial.is_empty() {
        element = element.with_initial_conversations(initial.iter().map(|c| c.0.clone().into()).collect());
    }
    input(id, label, element.into(), true, None)
}

/// A choice of a person.
pub fn person_field(id: &str, label: &str, initial: Option<&UserId>) -> SlackBlock {
    let mut element = SlackBlockUsersSelectElement::new().with_action_id(VALUE.into());
    if let Some(user) = initial {
        element = element.with_initial_user(user.0.clone());
    }
    input(id, label, element.into(), false, None)
}

/// A choice of a person, or of nobody.
pub fn maybe_person_field(id: &str, label: &str, initial: Option<&UserId>, hint: &str) -> SlackBlock {
    let mut element = SlackBlockUsersSelectElement::new().with_action_id(VALUE.into());
    if let Some(user) = initial {
        element = element.with_initial_user(user.0.clone());
    }
    input(id, label, element.into(), true, Some(hint))
}

fn input(id: &str, label: &str, element: SlackInputBlockElement, optional: bool, hint: Option<&str>) -> SlackBlock {
    let mut block = SlackInputBlock::new(plain(label, 2000), element).with_block_id(id.into()).with_optional(optional);
    if let Some(hint) = hint {
        block = block.with_hint(plain(hint, 2000));
    }
    block.into()
}
