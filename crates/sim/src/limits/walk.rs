//! A walk visits each field of a message or a view and checks it against the tables.

use std::collections::HashSet;

use serde_json::Value;

use super::fault::*;
use super::table::Field::{May, Must};
use super::table::Rule::*;
use super::table::*;

/// Blocks stand on a surface. The surface decides how many blocks are allowed, and of which kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    Message,
    Modal,
    Home,
}

/// Slack allows some kinds of blocks and elements on some surfaces only.
fn lives_on(kind: &str, surface: Surface) -> bool {
    match kind {
        "markdown" | "table" | "file" => surface == Surface::Message,
        "data_table" | "data_visualization" | "container" => surface == Surface::Message,
        "alert" => surface == Surface::Modal,
        "number_input" | "email_text_input" | "url_text_input" => surface == Surface::Modal,
        "file_input" => surface == Surface::Modal,
        "rich_text_input" => surface != Surface::Message,
        "datetimepicker" => surface != Surface::Home,
        _ => true,
    }
}

/// Some limits apply to a message or a view as a whole. A walk remembers what they need.
pub struct Walk {
    surface: Surface,
    /// The walk is inside the block at this JSON pointer.
    block: String,
    /// These ids and elements may occur only once, and the walk has met them.
    seen: HashSet<String>,
    markdown: usize,
    text: usize,
    charts: usize,
}

impl Walk {
    pub fn new(surface: Surface) -> Self {
        Self { surface, block: String::new(), seen: HashSet::new(), markdown: 0, text: 0, charts: 0 }
    }

    pub fn blocks(&mut self, at: &str, blocks: &[Value]) -> Check {
        let message = self.surface == Surface::Message;
        let most = if message { 50 } else { 100 };
        sized(at, blocks.len(), 0, most, "items")?;
        for (i, block) in blocks.iter().enumerate() {
            self.block = format!("{at}/{i}");
            self.typed(&self.block.clone(), block, &[BLOCKS])?;
            self.text += text_length(block);
            let fits = !message || self.text <= BLOCKS_TEXT;
            let fits = ensure(fits, &self.block, "the blocks' text is too long in all");
            coded("msg_blocks_too_long", fits)?;
        }
        Ok(())
    }

    /// A container holds blocks. The page of Slack lists more kinds than its live check accepts, so this takes those that
    /// are in both lists.
    fn children(&mut self, at: &str, blocks: &[Value], most: usize) -> Check {
        sized(at, blocks.len(), 1, most, "items")?;
        for (i, block) in blocks.iter().enumerate() {
            let (at, kind) = (format!("{at}/{i}"), block["type"].as_str().unwrap_or_default());
            let fits =
                ["actions", "context", "divider", "header", "image", "section", "table", "video"].contains(&kind);
            if !fits {
                return Err(unsupported(&at, kind));
            }
            self.typed(&at, block, &[BLOCKS])?;
        }
        Ok(())
    }

    pub fn rule(&mut self, at: &str, v: &Value, rule: Rule) -> Check {
        match rule {
            Plain(most) => self.text(at, v, most, &["plain_text"]),
            ImageOrText if v["type"] == "image" => self.typed(at, v, &[IMAGE]),
            ImageOrText => self.rule(at, v, Text(3000)),
            Text(most) => self.text(at, v, most, &["plain_text", "mrkdwn"]),
            Str(least, most) => {
                ensure(v.is_string(), at, "must be a string")?;
                sized(at, length(v), least, most, "characters")
            }
            Like(what, fits) => ensure(v.as_str().is_some_and(fits), at, what),
            OneOf(names) => {
                let known = v.as_str().is_some_and(|name| names.contains(&name));
                ensure(known, at, format_args!("must be one of {names:?}"))
            }
            Bool => ensure(v.is_boolean(), at, "must be a boolean"),
            Int(least, most) => {
                let inside = v.as_i64().is_some_and(|n| (least..=most).contains(&n));
                ensure(inside, at, format_args!("must be from {least} to {most}"))
            }
            Map => ensure(v.is_object(), at, "must be an object"),
            Object(fields) => self.object(at, v, &[fields]),
            Keys(least, most, fields) => {
                self.object(at, v, &[fields])?;
                let count = v.as_object().map_or(0, |map| map.len());
                sized(at, count, least, most, "keys")
            }
            List(least, most, each) => {
                let items = array(at, v)?;
                sized(at, items.len(), least, most, "items")?;
                let mut items = items.iter().enumerate();
                items.try_for_each(|(i, item)| self.rule(&format!("{at}/{i}"), item, *each))
            }
            Of(tables) => self.typed(at, v, tables),
            Blocks => self.blocks(at, array(at, v)?),
            Number => ensure(v.as_f64().is_some_and(f64::is_finite), at, "must be a number"),
            Children(most) => self.children(at, array(at, v)?, most),
        }
    }

    pub fn object(&mut self, at: &str, v: &Value, groups: &[&[Field]]) -> Check {
        let Some(map) = v.as_object() else {
            return Err(fault(at, "must be an object"));
        };
        let mut known = HashSet::new();
        for field in groups.iter().copied().flatten() {
            let (Must(name, rule) | May(name, rule)) = *field;
            known.insert(name);
            if let Some(value) = map.get(name) {
                self.rule(&format!("{at}/{name}"), value, rule)?;
            } else if matches!(field, Must(..)) {
                return Err(fault(at, format_args!("missing required field: {name}")));
            }
        }
        match map.keys().find(|key| !known.contains(key.as_str())) {
            Some(key) => Err(fault(at, format_args!("no such field: {key}"))),
            None => Ok(()),
        }
    }

    fn text(&mut self, at: &str, v: &Value, most: usize, kinds: &[&str]) -> Check {
        let kind = v["type"].as_str().unwrap_or_default();
        if !kinds.contains(&kind) {
            return Err(unsupported(at, kind));
        }
        let mrkdwn = kind == "mrkdwn";
        let extra = May(if mrkdwn { "verbatim" } else { "emoji" }, Bool);
        self.object(at, v, &[TYPE, &[Must("text", Str(1, most)), extra]])
    }

    pub fn typed(&mut self, at: &str, v: &Value, tables: &[Shapes]) -> Check {
        let kind = v["type"].as_str().unwrap_or_default();
        let mut shapes = tables.iter().copied().flatten();
        let shape = shapes.find(|(name, _)| *name == kind && lives_on(kind, self.surface));
        let Some((_, groups)) = shape else {
            return Err(unsupported(at, kind));
        };
        self.object(at, v, &[&[TYPE][..], *groups].concat())?;
        self.once(at, v)?;
        self.across(at, v, kind)
    }

    /// A block id may occur once in a message or view, an action id once in a block, and a focus once in all.
    fn once(&mut self, at: &str, v: &Value) -> Check {
        for (key, scope) in [("block_id", ""), ("action_id", self.block.as_str())] {
            if let Some(id) = v[key].as_str() {
                let new = self.seen.insert(format!("{scope} {key} {id}"));
                ensure(new, &format!("{at}/{key}"), "already exists")?;
            }
        }
        if v["focus_on_load"] == true {
            let first = self.seen.insert("focus".to_owned());
            ensure(first, at, "`focus_on_load` is set on another element too")?;
        }
        // Slack allows `response_url_enabled` in input blocks of a modal only.
        // Only an input block has a field `element`.
        let asked = self.surface == Surface::Modal && at.ends_with("/element");
        let fine = asked || v["response_url_enabled"] != true;
        ensure(fine, at, "no `response_url_enabled` here")
    }

    /// Some rules concern several fields of one object. The table cannot express them.
    fn across(&mut self, at: &str, v: &Value, kind: &str) -> Check {
        let has = |key: &str| v.get(key).is_some();
        match kind {
            "section" => ensure(has("text") || has("fields"), at, "has no text or fields"),
            "image" => {
                let one = has("image_url") != has("slack_file");
                ensure(one, at, "must have image_url or slack_file")
            }
            "static_select" | "multi_static_select" => {
                let one = has("options") != has("option_groups");
                ensure(one, at, "must have options or option_groups")?;
                chosen(at, v)
            }
            "radio_buttons" | "checkboxes" => chosen(at, v),
            "plain_text_input" => lengths(at, v),
            "number_input" => numbers(at, v),
            "input" => {
                self.seen.insert("input".to_owned());
                let upload = v.pointer("/element/type").is_some_and(|kind| kind == "file_input");
                let quiet = !upload || v["dispatch_action"] != true;
                ensure(quiet, at, "no dispatch_action with a file_input")
            }
            "markdown" => {
                self.markdown += length(&v["text"]);
                let fits = self.markdown <= MARKDOWN;
                ensure(fits, at, "all markdown blocks together are too long")
            }
            "table" => {
                // https://docs.slack.dev/reference/block-kit/blocks/table-block
                let first = self.seen.insert("table".to_owned());
                let first = ensure(first, at, "only_one_table_allowed");
                coded("invalid_attachments", first)?;
                sized(at, text_length(&v["rows"]), 0, 10_000, "characters")
            }
            "data_table" => data_table(at, v),
            "data_visualization" => {
                self.charts += 1;
                // https://github.com/vercel/chat/pull/696
                ensure(self.charts <= 2, at, "at most 2 charts in a message")
            }
            "bar" | "area" | "line" => series(at, v),
            "pie" => {
                let sizes = v["segments"].as_array().into_iter().flatten().filter_map(|s| s["value"].as_f64());
                ensure(sizes.min_by(f64::total_cmp).is_some_and(|least| least > 0.0), at, "segments must be positive")
            }
            "modal" => {
                let sent = has("submit") || !self.seen.contains("input");
                ensure(sent, at, "an input block needs a submit button")
            }
            _ => Ok(()),
        }
    }
}

/// The first row has the heads, and all rows have as many cells as it has.
fn data_table(at: &str, v: &Value) -> Check {
    let rows: Vec<&Vec<Value>> = v["rows"].as_array().into_iter().flatten().filter_map(Value::as_array).collect();
    let (first, at_rows) = (rows.first().copied(), format!("{at}/rows"));
    let plain = first.into_iter().flatten().all(|cell| cell["type"] != "rich_text");
    ensure(plain, &format!("{at_rows}/0"), "the header takes no rich_text")?;
    let wide = first.map_or(0, Vec::len);
    ensure(rows.iter().all(|row| row.len() == wide), &at_rows, "all rows need the same number of cells")?;
    let index = v["row_header_column_index"].as_u64().unwrap_or_default();
    ensure(index < wide as u64, &format!("{at}/row_header_column_index"), "there is no such column")?;
    sized(at, text_length(&v["rows"]), 0, 10_000, "characters")
}

/// The names of series differ, and each series has one point for each category.
fn series(at: &str, v: &Value) -> Check {
    let names: Vec<&str> = v["series"].as_array().into_iter().flatten().filter_map(|s| s["name"].as_str()).collect();
    let apart = names.iter().collect::<HashSet<_>>().len() == names.len();
    ensure(apart, &format!("{at}/series"), "the names of series must be unique")?;
    let listed = v.pointer("/axis_config/categories").and_then(Value::as_array);
    let listed = listed.into_iter().flatten().filter_map(Value::as_str);
    let listed: Vec<&str> = listed.collect();
    let known: HashSet<&str> = listed.iter().copied().collect();
    ensure(known.len() == listed.len(), &format!("{at}/axis_config/categories"), "categories must be unique")?;
    for (i, one) in v["series"].as_array().into_iter().flatten().enumerate() {
        let labels: Vec<&str> =
            one["data"].as_array().into_iter().flatten().filter_map(|p| p["label"].as_str()).collect();
        let same = labels.len() == listed.len() && labels.iter().copied().collect::<HashSet<_>>() == known;
        ensure(same, &format!("{at}/series/{i}/data"), "labels must match the categories")?;
    }
    Ok(())
}

fn chosen(at: &str, v: &Value) -> Check {
    let groups = v["option_groups"].as_array().into_iter().flatten();
    let lists = groups.map(|group| &group["options"]).chain([&v["options"]]);
    let offered: Vec<&Value> = lists.filter_map(Value::as_array).flatten().collect();
    let many = v["initial_options"].as_array().into_iter().flatten();
    let mut initial = v.get("initial_option").into_iter().chain(many);
    let same = initial.all(|option| offered.contains(&option));
    ensure(same, at, "must start with one of its own options")
}

fn lengths(at: &str, v: &Value) -> Check {
    let most = v["max_length"].as_u64().unwrap_or(3000);
    let least = v["min_length"].as_u64().unwrap_or(0);
    ensure(least <= most, at, "`min_length` is more than `max_length`")?;
    let fits = length(&v["initial_value"]) as u64 <= most;
    ensure(fits, at, "`initial_value` is longer than `max_length`")
}

fn numbers(at: &str, v: &Value) -> Check {
    let mut floor = f64::NEG_INFINITY;
    // The values must rise in this order, so a comparison with the value before is enough.
    for key in ["min_value", "initial_value", "max_value"] {
        let Some(text) = v[key].as_str() else {
            continue;
        };
        let whole = v["is_decimal_allowed"] == true || !text.contains('.');
        ensure(whole, at, format_args!("`{key}` must be a whole number"))?;
        let number = text.parse().unwrap_or(f64::NAN);
        ensure(number >= floor, at, format_args!("`{key}` is too small"))?;
        floor = number;
    }
    Ok(())
}
