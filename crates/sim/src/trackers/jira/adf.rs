//! The Atlassian Document Format, which descriptions and comments take: what is valid, and what it says as plain text.
//!
//! The rules are those of the published schema. What only an app or an upload can make (media, extensions, layouts,
//! synced blocks) is refused here, and so are marks of blocks.
//! <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>

use serde_json::{Map, Value};

/// An attribute takes this.
#[derive(Clone, Copy)]
enum Takes {
    Text,
    /// Text that is not empty.
    Filled,
    Number(f64, f64),
    Flag,
    Numbers,
    OneOf(&'static [&'static str]),
    /// `#` and six hex digits, or one of these names.
    Color(&'static [&'static str]),
}

#[derive(Clone, Copy)]
struct Attr {
    name: &'static str,
    takes: Takes,
    is_required: bool,
}

/// What a node of one type holds.
struct Rule {
    /// `None`: the node has no `attrs`.
    attrs: Option<Vec<Attr>>,
    /// `None`: the node has no `content`.
    content: Option<Content>,
}

struct Content {
    nodes: &'static [&'static str],
    /// How many there must be; `None` if `content` may be missing.
    least: Option<usize>,
}

const INLINE: &[&str] = &["text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "placeholder"];
const DOC: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "blockquote",
    "codeBlock",
    "panel",
    "rule",
    "taskList",
    "decisionList",
    "table",
    "expand",
    "blockCard",
];
const IN_CELL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "blockquote",
    "codeBlock",
    "panel",
    "rule",
    "taskList",
    "decisionList",
    "blockCard",
];
const IN_EXPAND: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "blockquote",
    "codeBlock",
    "panel",
    "rule",
    "taskList",
    "decisionList",
    "table",
    "blockCard",
];
const IN_PANEL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "blockCard",
    "codeBlock",
    "rule",
    "taskList",
    "decisionList",
];
const IN_ITEM: &[&str] = &["paragraph", "bulletList", "orderedList", "taskList", "codeBlock"];
const IN_QUOTE: &[&str] = &["paragraph", "bulletList", "orderedList", "codeBlock"];
const PANELS: &[&str] = &["info", "note", "tip", "warning", "error", "success", "custom"];
const STATUS_COLORS: &[&str] = &["neutral", "purple", "blue", "red", "yellow", "green"];

const fn may(name: &'static str, takes: Takes) -> Attr {
    Attr { name, takes, is_required: false }
}

const fn must(name: &'static str, takes: Takes) -> Attr {
    Attr { name, takes, is_required: true }
}

const LOCAL: Attr = may("localId", Takes::Text);
const ANY_NUMBER: Takes = Takes::Number(f64::MIN, f64::MAX);

fn block(attrs: &[Attr], nodes: &'static [&'static str], least: Option<usize>) -> Rule {
    Rule { attrs: Some([&[LOCAL], attrs].concat()), content: Some(Content { nodes, least }) }
}

fn leaf(attrs: &[Attr]) -> Rule {
    Rule { attrs: Some([&[LOCAL], attrs].concat()), content: None }
}

fn rule(kind: &str) -> Option<Rule> {
    let own_local =
        |attrs: &[Attr], nodes, least| Rule { attrs: Some(attrs.to_vec()), content: Some(Content { nodes, least }) };
    let item_state = must("state", Takes::OneOf(&["TODO", "DONE"]));
    let id = must("localId", Takes::Text);
    Some(match kind {
        "doc" => Rule { attrs: None, content: Some(Content { nodes: DOC, least: Some(0) }) },
        "paragraph" => block(&[], INLINE, None),
        "heading" => block(&[must("level", Takes::Number(1.0, 6.0))], INLINE, None),
        "bulletList" => block(&[], &["listItem"], Some(1)),
        "orderedList" => block(&[may("order", Takes::Number(0.0, f64::MAX))], &["listItem"], Some(1)),
        "listItem" => block(&[], IN_ITEM, Some(1)),
        "blockquote" => block(&[], IN_QUOTE, Some(1)),
        "codeBlock" => {
            let flags = [may("wrap", Takes::Flag), may("hideLineNumbers", Takes::Flag)];
            let names = [may("language", Takes::Text), may("uniqueId", Takes::Text)];
            block(&[flags, names].concat(), &["text"], None)
        }
        "panel" => {
            let looks = ["panelIcon", "panelIconId", "panelIconText", "panelColor"].map(|name| may(name, Takes::Text));
            block(&[&looks[..], &[must("panelType", Takes::OneOf(PANELS))]].concat(), IN_PANEL, Some(1))
        }
        "expand" => block(&[may("title", Takes::Text)], IN_EXPAND, Some(1)),
        "taskList" => own_local(&[id], &["taskItem", "taskList"], Some(1)),
        "taskItem" => own_local(&[id, item_state], INLINE, None),
        "decisionList" => own_local(&[id], &["decisionItem"], Some(1)),
        "decisionItem" => own_local(&[id, must("state", Takes::Text)], INLINE, None),
        "table" => table(),
        "tableRow" => block(&[], &["tableCell", "tableHeader"], Some(0)),
        "tableCell" | "tableHeader" => cell(),
        "rule" => leaf(&[]),
        "hardBreak" => leaf(&[may("text", Takes::OneOf(&["\n"]))]),
        "inlineCard" | "blockCard" => leaf(&[must("url", Takes::Text)]),
        "date" => leaf(&[must("timestamp", Takes::Filled)]),
        "emoji" => leaf(&[must("shortName", Takes::Text), may("id", Takes::Text), may("text", Takes::Text)]),
        "placeholder" => leaf(&[must("text", Takes::Text)]),
        "mention" => mention(),
        "status" => {
            let color = must("color", Takes::Color(STATUS_COLORS));
            leaf(&[must("text", Takes::Filled), color, may("style", Takes::Text)])
        }
        "text" => Rule { attrs: None, content: None },
        _ => return None,
    })
}

fn mention() -> Rule {
    let kinds = may("userType", Takes::OneOf(&["DEFAULT", "SPECIAL", "APP"]));
    leaf(&[must("id", Takes::Text), may("text", Takes::Text), may("accessLevel", Takes::Text), kinds])
}

fn table() -> Rule {
    let layouts = &["wide", "full-width", "center", "align-end", "align-start", "default"];
    let attrs = vec![
        may("displayMode", Takes::OneOf(&["default", "fixed"])),
        may("isNumberColumnEnabled", Takes::Flag),
        may("layout", Takes::OneOf(layouts)),
        may("localId", Takes::Filled),
        may("width", ANY_NUMBER),
    ];
    Rule { attrs: Some(attrs), content: Some(Content { nodes: &["tableRow"], least: Some(1) }) }
}

fn cell() -> Rule {
    let spans = [may("colspan", ANY_NUMBER), may("rowspan", ANY_NUMBER), may("colwidth", Takes::Numbers)];
    let looks = [may("background", Takes::Text), may("valign", Takes::OneOf(&["top", "middle", "bottom"]))];
    block(&[&spans[..], &looks[..]].concat(), IN_CELL, Some(0))
}

/// The attributes of a mark; `None` for a mark that there is not.
fn mark_attrs(kind: &str) -> Option<Vec<Attr>> {
    Some(match kind {
        "em" | "strong" | "strike" | "underline" | "code" => Vec::new(),
        "link" => {
            let more = ["title", "id", "collection", "occurrenceKey"].map(|name| may(name, Takes::Text));
            [&[must("href", Takes::Text)], &more[..]].concat()
        }
        "subsup" => vec![must("type", Takes::OneOf(&["sub", "sup"]))],
        "textColor" | "backgroundColor" => vec![must("color", Takes::Color(&[]))],
        "annotation" => {
            vec![must("id", Takes::Text), must("annotationType", Takes::OneOf(&["inlineComment"]))]
        }
        _ => return None,
    })
}

/// Says whether the value is a whole, valid document.
pub fn is_valid(document: &Value) -> bool {
    let version = document.get("version").and_then(Value::as_f64);
    document.get("type").and_then(Value::as_str) == Some("doc") && version == Some(1.0) && node(document)
}

fn node(value: &Value) -> bool {
    let Some(map) = value.as_object() else { return false };
    let Some(kind) = map.get("type").and_then(Value::as_str) else { return false };
    let Some(rule) = rule(kind) else { return false };
    let may_have = |key: &str| match key {
        "type" => true,
        "version" => kind == "doc",
        "text" => kind == "text",
        "marks" => matches!(kind, "text" | "paragraph" | "heading" | "codeBlock" | "expand" | "table"),
        "attrs" => rule.attrs.is_some(),
        "content" => rule.content.is_some(),
        _ => false,
    };
    map.keys().all(|key| may_have(key))
        && text_is_filled(kind, map)
        && marks(kind, map.get("marks"))
        && rule.attrs.is_none_or(|known| attrs(&known, map.get("attrs")))
        && rule.content.is_none_or(|content| children(kind, &content, map.get("content")))
}

/// A text node must not be empty.
fn text_is_filled(kind: &str, map: &Map<String, Value>) -> bool {
    kind != "text" || map.get("text").and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

fn children(kind: &str, content: &Content, value: Option<&Value>) -> bool {
    let Some(value) = value else { return content.least.is_none() };
    let Some(list) = value.as_array() else { return false };
    let fits = |child: &Value| {
        let of = child.get("type").and_then(Value::as_str).unwrap_or_default();
        let is_plain = child.get("marks").and_then(Value::as_array).is_none_or(Vec::is_empty);
        content.nodes.contains(&of) && node(child) && (kind != "codeBlock" || is_plain)
    };
    list.len() >= content.least.unwrap_or(0) && list.iter().all(fits)
}

fn marks(kind: &str, value: Option<&Value>) -> bool {
    let Some(value) = value else { return true };
    let Some(list) = value.as_array() else { return false };
    let names: Vec<&str> = list.iter().filter_map(|mark| mark.get("type").and_then(Value::as_str)).collect();
    // Code goes together with links and annotations only.
    let beside_code = |name: &&str| matches!(*name, "code" | "link" | "annotation");
    let is_mix = names.contains(&"code") && !names.iter().all(beside_code);
    (kind == "text" || list.is_empty()) && !is_mix && list.iter().all(mark)
}

fn mark(value: &Value) -> bool {
    let Some(map) = value.as_object() else { return false };
    let Some(known) = map.get("type").and_then(Value::as_str).and_then(mark_attrs) else { return false };
    let has_attrs = map.contains_key("attrs");
    let may_have = |key: &String| key == "type" || (key == "attrs" && !known.is_empty());
    map.keys().all(may_have) && (has_attrs || known.is_empty()) && attrs(&known, map.get("attrs"))
}

fn attrs(known: &[Attr], value: Option<&Value>) -> bool {
    let Some(value) = value else { return known.iter().all(|attr| !attr.is_required) };
    let Some(map) = value.as_object() else { return false };
    let is_known = |key: &String| known.iter().any(|attr| attr.name == key);
    let is_right = |attr: &Attr| map.get(attr.name).map_or(!attr.is_required, |value| takes(attr.takes, value));
    map.keys().all(is_known) && known.iter().all(is_right)
}

fn takes(takes: Takes, value: &Value) -> bool {
    match takes {
        Takes::Text => value.is_string(),
        Takes::Filled => value.as_str().is_some_and(|text| !text.is_empty()),
        Takes::Number(least, most) => value.as_f64().is_some_and(|n| n >= least && n <= most),
        Takes::Flag => value.is_boolean(),
        Takes::Numbers => value.as_array().is_some_and(|list| list.iter().all(Value::is_number)),
        Takes::OneOf(words) => value.as_str().is_some_and(|text| words.contains(&text)),
        Takes::Color(names) => value.as_str().is_some_and(|text| names.contains(&text) || is_color(text)),
    }
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit())
}

/// The words of a document as lines.
pub fn text(document: &Value) -> String {
    let mut out = String::new();
    write(document, &mut out);
    out.trim_end_matches('\n').to_owned()
}

fn write(value: &Value, out: &mut String) {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let attr = |name: &str| value.pointer(&format!("/attrs/{name}")).and_then(Value::as_str).unwrap_or_default();
    match kind {
        "text" => out.push_str(value.get("text").and_then(Value::as_str).unwrap_or_default()),
        "hardBreak" => out.push('\n'),
        "inlineCard" | "blockCard" => out.push_str(attr("url")),
        "mention" | "status" => out.push_str(attr("text")),
        "emoji" => out.push_str(attr("shortName")),
        _ => value.get("content").and_then(Value::as_array).into_iter().flatten().for_each(|child| write(child, out)),
    }
    if matches!(kind, "paragraph" | "heading" | "codeBlock" | "taskItem" | "decisionItem" | "blockCard") {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{is_valid, text};

    fn doc(content: &Value) -> Value {
        json!({"type": "doc", "version": 1, "content": content})
    }

    fn paragraph(inline: &Value) -> Value {
        doc(&json!([{"type": "paragraph", "content": inline}]))
    }

    #[test]
    fn takes_what_the_schema_takes() {
        let link = json!([{"type": "link", "attrs": {"href": "https://example.com/"}}]);
        let inline = json!([
            {"type": "text", "text": "See "},
            {"type": "text", "text": "this", "marks": link},
            {"type": "hardBreak"},
            {"type": "text", "text": "x", "marks": [{"type": "strong"}]},
        ]);
        assert!(is_valid(&paragraph(&inline)));
        assert_eq!(text(&paragraph(&inline)), "See this\nx");
        let item = json!({"type": "listItem", "content": [{"type": "paragraph"}]});
        assert!(is_valid(&doc(&json!([{"type": "bulletList", "content": [item]}]))));
        assert!(is_valid(&doc(&json!([]))));
    }

    #[test]
    fn refuses_what_the_schema_refuses() {
        let bad = [
            json!([{"type": "text", "text": ""}]),
            json!([{"type": "text"}]),
            json!([{"type": "text", "text": "x", "marks": [{"type": "link"}]}]),
            json!([{"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "strong"}]}]),
            json!([{"type": "text", "text": "x", "attrs": {}}]),
            json!([{"type": "paragraph"}]),
            json!([{"type": "hardbreak"}]),
            json!(["x"]),
        ];
        for inline in bad {
            assert!(!is_valid(&paragraph(&inline)), "{inline}");
        }
        assert!(!is_valid(&json!({"type": "doc", "content": []})));
        assert!(!is_valid(&json!({"type": "doc", "version": 1})));
        assert!(!is_valid(&doc(&json!([{"type": "text", "text": "x"}]))));
        assert!(!is_valid(&doc(&json!([{"type": "bulletList", "content": []}]))));
        assert!(!is_valid(&doc(&json!([{"type": "heading", "content": []}]))));
    }
}
