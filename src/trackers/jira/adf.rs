//! Texts in the Atlassian Document Format, and the marker in them.
//! <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>
//!
//! Rule: what people typed is the text of a `text` node and nothing else, so it cannot become a link, a mention or markup.

use serde_json::{Value, json};

use lookback_core::model::ticket::{Part, Seen};
use lookback_core::text::{clean, cut};

/// The longest description that Jira takes. It counts characters; the whole JSON stays below it here, which is less.
const LONGEST: usize = 32_767;

/// The marker as one word that Jira's search takes as a whole: `lookback` and the 32 hexadecimal digits of the UUID.
pub fn word(marker: &str) -> String {
    let hex: String = marker.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("lookback{}", hex.to_ascii_lowercase())
}

/// A description of these parts, with the marker in its last paragraph. Texts are cut where it gets too long.
pub fn description(parts: &[Part], marker: &str) -> Value {
    let mut most = LONGEST;
    loop {
        let mut content: Vec<Value> = parts.iter().filter_map(|part| paragraph(part, most)).collect();
        content.push(json!({"type": "paragraph", "content": [text(&format!("Filed by Lookback ({})", word(marker)))]}));
        let whole = document(content);
        if most == 0 || whole.to_string().encode_utf16().count() <= LONGEST {
            return whole;
        }
        most = most * 3 / 4;
    }
}

/// The comment on a double.
pub fn double(elder: &Seen) -> Value {
    let link = linked(&elder.key, &elder.url);
    let content = vec![text("Filed twice by an error, see "), link, text(".")];
    document(vec![json!({"type": "paragraph", "content": content})])
}

/// All text of a document, in one piece.
pub fn text_of(document: &Value) -> String {
    match document {
        Value::String(text) => text.clone(),
        Value::Object(node) => {
            let own = node.get("text").and_then(Value::as_str).unwrap_or_default();
            own.to_owned() + &node.get("content").map(text_of).unwrap_or_default()
        }
        Value::Array(nodes) => nodes.iter().map(text_of).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

fn document(content: Vec<Value>) -> Value {
    json!({"type": "doc", "version": 1, "content": content})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn linked(label: &str, url: &str) -> Value {
    json!({"type": "text", "text": label, "marks": [{"type": "link", "attrs": {"href": url}}]})
}

/// A part, its words cut at `most` characters; `None` where nothing is to be seen of it.
fn paragraph(part: &Part, most: usize) -> Option<Value> {
    let content = match part {
        Part::Text(words) => lines(&cut(clean(words).trim(), most)),
        Part::Link { label, url } => {
            let label = clean(label).replace(['\n', '\t'], " ");
            let label = cut(if label.trim().is_empty() { url } else { label.trim() }, most);
            let is_web = url.starts_with("https://") || url.starts_with("http://");
            let node = if is_web && !url.contains(char::is_whitespace) { linked(&label, url) } else { text(&label) };
            if label.is_empty() { Vec::new() } else { vec![node] }
        }
    };
    (most > 0 && !content.is_empty()).then(|| json!({"type": "paragraph", "content": content}))
}

/// A `text` node must not be empty and holds no line break of its own.
fn lines(words: &str) -> Vec<Value> {
    let mut nodes = Vec::new();
    for (at, line) in words.split('\n').enumerate() {
        if at > 0 {
            nodes.push(json!({"type": "hardBreak"}));
        }
        if !line.is_empty() {
            nodes.push(text(line));
        }
    }
    if words.is_empty() { Vec::new() } else { nodes }
}

#[cfg(test)]
mod tests {
    use lookback_core::model::ticket::Standing;

    use super::*;

    const MARKER: &str = "6F1C0000-0000-4000-8000-00000000abcd";

    fn said(words: &str) -> Part {
        Part::Text(words.to_owned())
    }

    #[test]
    fn typed_words_are_text_and_nothing_else() {
        let link = Part::Link { label: "The retro".into(), url: "https://acme.slack.com/archives/C1/p1".into() };
        let evil = Part::Link { label: "x".into(), url: "javascript:alert(1)".into() };
        let parts = [said("Why: [~admin] {code}\r\n\n@here https://evil.example"), said(" \n "), said(""), link, evil];
        let marker = "Filed by Lookback (lookback6f1c000000004000800000000000abcd)";
        let is = json!({"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [
                {"type": "text", "text": "Why: [~admin] {code}"}, {"type": "hardBreak"}, {"type": "hardBreak"},
                {"type": "text", "text": "@here https://evil.example"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "The retro",
                "marks": [{"type": "link", "attrs": {"href": "https://acme.slack.com/archives/C1/p1"}}]}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "x"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": marker}]},
        ]});
        assert_eq!(description(&parts, MARKER), is);
        assert!(text_of(&is).contains(&word(MARKER)));
    }

    #[test]
    fn a_long_text_is_cut_and_the_marker_stays() {
        for parts in [vec![said(&"🦀\n\"".repeat(20_000))], vec![said("a"); 2_000], vec![said("why\u{0} not?"); 3]] {
            let whole = description(&parts, MARKER);
            assert!(whole.to_string().encode_utf16().count() <= LONGEST);
            assert!(text_of(&whole).ends_with(&format!("({})", word(MARKER))));
            assert!(!whole.to_string().contains("\"text\":\"\""));
        }
    }

    #[test]
    fn a_double_names_its_elder() {
        let elder = Seen::new("OPS-12", "https://acme.example/browse/OPS-12", Standing::Open).unwrap();
        let comment = double(&elder);
        assert_eq!(text_of(&comment), "Filed twice by an error, see OPS-12.");
        assert!(comment.to_string().contains(r#""href":"https://acme.example/browse/OPS-12""#));
    }
}
