//! A person fills in or presses the controls of blocks. This file builds the JSON that Slack would send for it.
//!
//! Rule: the browser names only a control and the chosen values. All else comes from the blocks of the workspace, so a
//! browser cannot forge it. <https://docs.slack.dev/reference/block-kit/block-elements>

#![expect(clippy::indexing_slicing, reason = "serde_json gives null for what is not there")]

use serde_json::{Value, json};

/// Slack sends the content of a modal as `view.state.values`. The form's fields have names like `block_id|action_id`.
/// <https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload>
pub fn state_values(view: &Value, fields: &[(String, String)]) -> Value {
    let mut state = json!({});
    for block in list(view, "blocks") {
        for element in elements(block).filter(|e| string(e, "type") != "button") {
            let (block, action) = (string(block, "block_id"), string(element, "action_id"));
            let name = format!("{block}|{action}");
            let given = fields.iter().filter(|field| field.0 == name);
            let given: Vec<&str> = given.map(|field| field.1.as_str()).collect();
            if let Some(value) = answer(element, &given) {
                state[block][action] = value;
            }
        }
    }
    state
}

/// A press on an element becomes an action. The result is `None` if the blocks have no such element.
pub fn action(blocks: &[Value], block: &str, action: &str, given: &[&str]) -> Option<Value> {
    let block = blocks.iter().find(|b| string(b, "block_id") == block)?;
    let element = elements(block).find(|e| string(e, "action_id") == action)?;
    answer(element, given)
}

/// The page has controls for some kinds of elements only.
pub fn is_known(element: &Value) -> bool {
    answer(element, &[]).is_some()
}

fn answer(element: &Value, given: &[&str]) -> Option<Value> {
    let kind = string(element, "type");
    let key = match kind {
        "button" => return Some(press(element)),
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => "value",
        "datepicker" => "selected_date",
        "timepicker" => "selected_time",
        "static_select" | "radio_buttons" | "overflow" => "selected_option",
        "users_select" => "selected_user",
        "channels_select" => "selected_channel",
        "conversations_select" => "selected_conversation",
        "multi_static_select" | "checkboxes" => "selected_options",
        "multi_users_select" => "selected_users",
        "multi_channels_select" => "selected_channels",
        "multi_conversations_select" => "selected_conversations",
        _ => return None,
    };
    let given = given.iter().filter(|value| !value.is_empty());
    let mut given = given.filter_map(|value| match key {
        "selected_option" | "selected_options" => options(element).find(|o| string(o, "value") == *value).cloned(),
        // Browsers send the line breaks of a text area as CR LF, but Slack sends LF.
        _ => Some(json!(value.replace("\r\n", "\n"))),
    });
    // Slack sends a list for a key in the plural, and one value or null for another key.
    let value: Value = if key.ends_with('s') { given.collect() } else { given.next().unwrap_or_default() };
    Some(json!({"type": kind, key: value}))
}

fn press(button: &Value) -> Value {
    let mut press = json!({"type": "button", "text": button["text"]});
    if let Some(value) = button.get("value") {
        press["value"] = value.clone();
    }
    press
}

/// A block holds its elements in one of three fields. Elements without a control get no answer later.
fn elements(block: &Value) -> impl Iterator<Item = &Value> {
    let single = block.get("element").or(block.get("accessory"));
    single.into_iter().chain(list(block, "elements"))
}

/// An element lists its options directly or in groups. The iterator returns them all in one sequence.
pub fn options(element: &Value) -> impl Iterator<Item = &Value> {
    let groups = list(element, "option_groups").iter();
    let grouped = groups.flat_map(|group| list(group, "options"));
    list(element, "options").iter().chain(grouped)
}

/// The string at a key is empty if the value has no such string.
pub fn string<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// The list at a key is empty if the value has no such list.
pub fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(value: &str) -> Value {
        json!({"text": {"type": "plain_text", "text": value}, "value": value})
    }

    fn input(kind: &str) -> Value {
        let options = [option("a"), option("b")];
        let element = json!({"type": kind, "action_id": "x", "options": options});
        json!({"type": "input", "block_id": kind, "element": element})
    }

    fn answer_of(kind: &str, given: &str) -> Value {
        let field = |value: &str| (format!("{kind}|x"), value.to_owned());
        let fields: Vec<_> = given.split(' ').map(field).collect();
        state_values(&json!({"blocks": [input(kind)]}), &fields)[kind]["x"].clone()
    }

    #[test]
    fn values_have_the_shapes_of_slack() {
        let (a, b) = (option("a"), option("b"));
        for (kind, given, key, expected) in [
            ("plain_text_input", "a\r\nb", "value", json!("a\nb")),
            ("plain_text_input", "", "value", Value::Null),
            ("number_input", "3", "value", json!("3")),
            ("static_select", "b", "selected_option", b.clone()),
            ("static_select", "z", "selected_option", Value::Null),
            ("radio_buttons", "", "selected_option", Value::Null),
            ("checkboxes", "a b", "selected_options", json!([a, b])),
            ("checkboxes", "", "selected_options", json!([])),
            ("datepicker", "2026-03-02", "selected_date", json!("2026-03-02")),
            ("timepicker", "09:30", "selected_time", json!("09:30")),
            ("users_select", "U1", "selected_user", json!("U1")),
            ("multi_users_select", "U1", "selected_users", json!(["U1"])),
        ] {
            assert_eq!(answer_of(kind, given), json!({"type": kind, key: expected}));
        }
    }

    #[test]
    fn a_modal_answers_for_all_its_controls_and_for_nothing_else() {
        let accessory = json!({"type": "users_select", "action_id": "who"});
        let view = json!({"blocks": [
            {"type": "section", "block_id": "s", "accessory": accessory},
            {"type": "actions", "block_id": "b", "elements": [{"type": "button", "action_id": "go"}]},
            {"type": "context", "block_id": "c", "elements": [{"type": "mrkdwn", "text": "x"}]},
        ]});
        let fields = [("s|who".to_owned(), "U2".to_owned()), ("x|y".to_owned(), "z".to_owned())];
        let expected = json!({"s": {"who": {"type": "users_select", "selected_user": "U2"}}});
        assert_eq!(state_values(&view, &fields), expected);
    }

    #[test]
    fn a_button_is_pressed_with_the_value_it_was_given() {
        let text = json!({"type": "plain_text", "text": "Go"});
        let go = json!({"type": "button", "action_id": "go", "text": text, "value": "7"});
        let blocks = [json!({"type": "actions", "block_id": "b", "elements": [go]})];
        let expected = json!({"type": "button", "text": text, "value": "7"});
        assert_eq!(action(&blocks, "b", "go", &["forged"]), Some(expected));
        assert_eq!(action(&blocks, "b", "gone", &[]), None);
    }
}
