//! The words of a message, wherever they stand in it: an alert has them in its attachments, a document in its title.
//! <https://docs.slack.dev/messaging/formatting-message-text>, <https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments>

use serde_json::Value;

use lookback_core::text::esc;

/// More levels of blocks than Slack has.
const DEEPEST: usize = 8;

/// The words of a message in Slack's own spelling, a line each; empty where it has none.
pub fn of(message: &Value) -> String {
    let mut lines = Vec::new();
    let text = text(message, "text");
    // People see the blocks of an app's message; its text is for notifications. What people type is rich text, and the text
    // has it with its links and names.
    if text.is_empty() || list(message, "blocks").any(|block| self::text(block, "type") != "rich_text") {
        blocks(message, &mut lines);
    }
    lines.retain(|line| !line.trim().is_empty());
    if lines.is_empty() && !text.is_empty() {
        lines.push(text.to_owned());
    }
    for attachment in list(message, "attachments") {
        // What a link shows of its page is not said by anybody.
        let unfurled = attachment.get("from_url").is_some() && !lines.is_empty();
        if !unfurled {
            attached(attachment, &mut lines);
        }
    }
    if lines.is_empty() {
        lines.extend(list(message, "files").filter_map(|file| {
            let title = ["title", "name"].map(|key| self::text(file, key)).into_iter().find(|t| !t.is_empty());
            // A snippet, an e-mail, a voice message.
            let spoken = file.pointer("/transcription/preview/content").and_then(Value::as_str).unwrap_or_default();
            let inside = [self::text(file, "preview"), self::text(file, "plain_text"), spoken];
            let inside = inside.into_iter().find(|t| !t.is_empty());
            let words: Vec<String> = title.into_iter().chain(inside).map(esc).collect();
            (!words.is_empty()).then(|| words.join("\n"))
        }));
    }
    let mut seen = std::collections::BTreeSet::new();
    lines.retain(|line| !line.trim().is_empty() && seen.insert(line.clone()));
    lines.join("\n")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn attached(attachment: &Value, lines: &mut Vec<String>) {
    let before = lines.len();
    for key in ["pretext", "title", "text"] {
        lines.push(text(attachment, key).to_owned());
    }
    for field in list(attachment, "fields") {
        let (title, value) = (text(field, "title"), text(field, "value"));
        lines.push(if title.is_empty() { value.to_owned() } else { format!("{title}: {value}") });
    }
    blocks(attachment, lines);
    if lines.iter().skip(before).all(|line| line.is_empty()) {
        lines.push(text(attachment, "fallback").to_owned());
    }
}

fn blocks(value: &Value, lines: &mut Vec<String>) {
    for block in list(value, "blocks") {
        for key in ["text", "title"] {
            lines.extend(block.get(key).map(object));
        }
        lines.extend(list(block, "fields").map(object));
        let elements: Vec<String> = match text(block, "type") {
            "rich_text" => list(block, "elements").map(|e| rich(e, 0)).collect(),
            "context" => list(block, "elements").map(object).collect(),
            "table" => list(block, "rows").map(row).collect(),
            "image" => vec![esc(text(block, "alt_text"))],
            _ => Vec::new(),
        };
        lines.extend(elements);
    }
}

/// A row of a table: its cells, in their order.
fn row(cells: &Value) -> String {
    let cell = |cell: &Value| match text(cell, "type") {
        "rich_text" => list(cell, "elements").map(|e| rich(e, 0)).collect::<Vec<_>>().join(" "),
        _ => esc(text(cell, "text")),
    };
    cells.as_array().into_iter().flatten().map(cell).collect::<Vec<_>>().join(" | ")
}

/// A text object: plain text is not written in Slack's spelling.
fn object(value: &Value) -> String {
    let words = value.as_str().unwrap_or_else(|| text(value, "text"));
    if text(value, "type") == "plain_text" { esc(words) } else { words.to_owned() }
}

/// An element of rich text.
fn rich(element: &Value, depth: usize) -> String {
    if depth > DEEPEST {
        return String::new();
    }
    let inner = || {
        let lines = matches!(text(element, "type"), "rich_text_list");
        let parts: Vec<String> = list(element, "elements").map(|e| rich(e, depth + 1)).collect();
        parts.join(if lines { "\n" } else { "" })
    };
    match text(element, "type") {
        "text" => esc(element.get("text").and_then(Value::as_str).unwrap_or_default()),
        "link" => match text(element, "text") {
            "" => format!("<{}>", text(element, "url")),
            label => format!("<{}|{}>", text(element, "url"), esc(label)),
        },
        "user" => format!("<@{}>", text(element, "user_id")),
        "channel" => format!("<#{}>", text(element, "channel_id")),
        "usergroup" => format!("<!subteam^{}>", text(element, "usergroup_id")),
        "broadcast" => format!("<!{}>", text(element, "range")),
        "emoji" => format!(":{}:", text(element, "name")),
        "date" => esc(text(element, "fallback")),
        _ => inner(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of;

    #[test]
    fn the_words_are_found_wherever_they_stand() {
        let alert = json!({"subtype": "bot_message", "bot_id": "B1", "username": "deploybot", "text": "", "attachments": [{
            "id": 1, "color": "a30200", "fallback": "Deploy #481 of checkout failed after 12 min", "title": "Deploy #481",
            "title_link": "https://ci.example/481", "text": "checkout failed after 12 min: health check timed out"}]});
        assert_eq!(of(&alert), "Deploy #481\ncheckout failed after 12 min: health check timed out");
        for (message, words) in [
            (json!({"text": "hello", "files": [{"title": "graph"}]}), "hello"),
            (
                json!({"text": "", "files": [{"title": "graph", "name": "graph.png"}, {"name": "log.txt"}]}),
                "graph\nlog.txt",
            ),
            (
                json!({"text": "see <https://x.y>", "attachments": [{"from_url": "https://x.y", "title": "A page"}]}),
                "see <https://x.y>",
            ),
            (json!({"text": "", "attachments": [{"from_url": "https://x.y", "text": "shared words"}]}), "shared words"),
            (
                json!({"text": "Alert", "attachments": [{"title": "Disk", "fields": [{"title": "Host", "value": "db1"}]}]}),
                "Alert\nDisk\nHost: db1",
            ),
            (json!({"text": "", "attachments": [{"fallback": "only this"}]}), "only this"),
            (
                json!({"text": "", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "A & B"}},
                    {"type": "section", "text": {"type": "mrkdwn", "text": "*x*"}, "fields": [{"type": "mrkdwn", "text": "y"}]},
                    {"type": "context", "elements": [{"type": "mrkdwn", "text": "z"}, {"type": "image", "alt_text": "q"}]},
                    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "see "},
                        {"type": "link", "url": "https://x.y", "text": "it"}, {"type": "emoji", "name": "tada"}, {"type": "user", "user_id": "U1"}]}]}]}),
                "A &amp; B\n*x*\ny\nz\nsee <https://x.y|it>:tada:<@U1>",
            ),
            (
                json!({"text": "New alert", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Checkout down"}}]}),
                "Checkout down",
            ),
            (
                json!({"text": "This content can't be displayed.", "blocks": [{"type": "image", "image_url": "https://x.y"}]}),
                "This content can't be displayed.",
            ),
            (
                json!({"text": "typed <@U1>", "blocks": [{"type": "rich_text", "elements": [{"type": "text", "text": "typed"}]}]}),
                "typed <@U1>",
            ),
            (
                json!({"text": "", "blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]}]}),
                "a | b",
            ),
            (
                json!({"text": "", "files": [{"title": "Notes.txt", "mode": "snippet", "preview": "disk full"}]}),
                "Notes.txt\ndisk full",
            ),
            (json!({"text": ""}), ""),
            (json!(null), ""),
        ] {
            assert_eq!(of(&message), words, "{message}");
        }
    }
}
