//! What people see of a message or a form, as lines of text.

use serde_json::Value;

use crate::world::written;
use lookback_sim::workspace::Message;

pub fn list(value: &Value, key: &str) -> Vec<Value> {
    value[key].as_array().cloned().unwrap_or_default()
}

/// The words of a text object, a button, a field or a piece of rich text.
pub fn words(value: &Value) -> String {
    let said = |at: &str| value.pointer(at).and_then(Value::as_str).map(str::to_owned);
    match value["type"].as_str().unwrap_or_default() {
        "button" => format!("[{}]", said("/text/text").unwrap()),
        "user" => format!("<@{}>", said("/user_id").unwrap()),
        "link" => format!("<{}|{}>", said("/url").unwrap(), said("/text").unwrap_or_default()),
        "rich_text" => list(value, "elements").iter().map(words).collect::<Vec<_>>().join("\n"),
        "rich_text_list" => {
            list(value, "elements").iter().map(|e| format!("• {}", words(e))).collect::<Vec<_>>().join("\n")
        }
        "rich_text_section" => list(value, "elements").iter().map(words).collect(),
        "overflow" | "static_select" | "multi_static_select" => {
            let options: Vec<String> = list(value, "options").iter().map(words).collect();
            format!("[{} ▾ {}]", said("/placeholder/text").unwrap_or_default(), options.join(" / "))
        }
        "datepicker" => "[calendar]".to_owned(),
        "users_select" | "conversations_select" | "multi_conversations_select" => "[choose]".to_owned(),
        "plain_text_input" => format!("[{}]", said("/placeholder/text").unwrap_or_default()),
        _ => said("/text/text").or_else(|| said("/text")).unwrap_or_else(|| panic!("no words in {value}")),
    }
}

/// The lines of a block.
fn lines(block: &Value) -> String {
    let all = |key: &str| list(block, key).iter().map(words).collect::<Vec<_>>();
    let part = |key: &str| block.get(key).map(words);
    match block["type"].as_str().unwrap() {
        "divider" => "---".to_owned(),
        "header" => format!("# {}", words(block)),
        "context" | "actions" => all("elements").join(" "),
        "input" => {
            let optional = if block["optional"] == true { " (optional)" } else { "" };
            let hint = part("hint").map(|h| format!("\n({h})")).unwrap_or_default();
            format!("{}{optional}: {}{hint}", words(&block["label"]), words(&block["element"]))
        }
        "data_table" => {
            let row = |row: &Value| row.as_array().unwrap().iter().map(words).collect::<Vec<_>>().join(" | ");
            let rows: Vec<String> = list(block, "rows").iter().map(row).collect();
            format!("Table: {}\n{}", block["caption"].as_str().unwrap(), rows.join("\n"))
        }
        "data_visualization" => format!("Chart: {}", block["title"].as_str().unwrap()),
        "container" => format!("▸ {}\n{}", words(&block["title"]), all_lines(&list(block, "child_blocks"))),
        "alert" => format!("{} {}", if block["level"] == "warning" { "⚠" } else { "ℹ" }, words(block)),
        "section" => {
            [part("text"), part("accessory")].into_iter().flatten().chain(all("fields")).collect::<Vec<_>>().join("\n")
        }
        _ => words(block),
    }
}

pub fn all_lines(blocks: &[Value]) -> String {
    written(&blocks.iter().map(lines).collect::<Vec<_>>().join("\n"))
}

/// A message, or its fallback where it has no blocks.
pub fn message(m: &Message) -> String {
    if m.blocks.is_empty() { written(&m.text) } else { all_lines(&m.blocks) }
}

/// A form: its title, its blocks and its buttons.
pub fn form(view: &Value) -> String {
    let blocks = all_lines(&list(view, "blocks"));
    let button = |key: &str| view.get(key).map(|text| format!(" [{}]", words(text))).unwrap_or_default();
    format!("# {}\n{blocks}\n{}", words(&view["title"]), format!("{}{}", button("close"), button("submit")).trim())
}
