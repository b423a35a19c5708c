//! What Slack refuses: the published limits of Block Kit, messages and views. Pure. The tables list
//! everything that may stand anywhere; whatever they do not list is refused.

#![expect(clippy::indexing_slicing, reason = "serde_json gives null for what is not there")]

use std::collections::HashSet;
use std::fmt::Display;

use serde_json::Value;

use self::Field::{May, Must};
use self::Rule::*;

/// Where blocks stand: decides how many are allowed and which kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Slack's names")]
pub enum Surface {
    Message,
    Modal,
    Home,
}

/// One refusal: Slack's error code (as the Web API would answer) and the JSON pointer + sentence
/// naming the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Slack's error code.
    pub code: &'static str,
    /// Where, and what is wrong.
    pub detail: String,
}

type Check = Result<(), Fault>;
type Fields = &'static [Field];
/// Objects told apart by their `type`, each with the groups of fields it may carry.
type Shapes = &'static [(&'static str, &'static [Fields])];

#[derive(Clone, Copy)]
enum Field {
    Must(&'static str, Rule),
    May(&'static str, Rule),
}

/// What a value must be. Two numbers are the least and the most characters, items or keys.
#[derive(Clone, Copy)]
enum Rule {
    Plain(usize),
    Text(usize),
    ImageOrText,
    Str(usize, usize),
    Like(&'static str, fn(&str) -> bool),
    OneOf(&'static [&'static str]),
    Bool,
    Int(i64, i64),
    Map,
    Object(Fields),
    Keys(usize, usize, Fields),
    List(usize, usize, &'static Rule),
    Of(&'static [Shapes]),
    Blocks,
}

macro_rules! groups {
    ($($group:ident { $($need:ident $name:ident: $rule:expr),* })*) => {
        $(const $group: Fields = &[$($need(stringify!($name), $rule)),*];)*
    };
}

macro_rules! shapes {
    ($($table:ident: $($kind:ident [$($group:ident),*] { $($need:ident $name:ident: $rule:expr),* })*;)*) => {
        $(const $table: Shapes =
            &[$((stringify!($kind), &[$($group,)* &[$($need(stringify!($name), $rule)),*]])),*];)*
    };
}

const ANY: usize = usize::MAX;
const MARKDOWN: usize = 12_000;
// An assumption: Slack gives no number for `msg_blocks_too_long`; about this many characters were
// measured in https://github.com/slackapi/bolt-js/issues/2509
const BLOCKS_TEXT: usize = 13_200;
// "250 KB" in https://docs.slack.dev/reference/methods/views.open; this is its stricter reading.
const VIEW_BYTES: usize = 250_000;

const ID: Rule = Str(1, 255);
const WEB: Rule = Like("must be an http(s) URL, 3000 characters at most", is_web);
const LINK: Rule = Like("must be a URL, 3000 characters at most", is_link);
const NUMBER: Rule = Like("must be a number in a string", is_number);
const DATE: Rule = Like("must be a date YYYY-MM-DD", is_date);
const TIME: Rule = Like("must be a time HH:mm", is_time);
const NAME: Rule = Like("must start with a-z and go on with a-z, 0-9 or _", is_name);
const LOOK: Rule = OneOf(&["primary", "danger"]);
const TALKS: Rule = OneOf(&["im", "mpim", "private", "public"]);
const TRIGGER: Rule = OneOf(&["on_enter_pressed", "on_character_entered"]);

// https://docs.slack.dev/reference/block-kit/composition-objects
// Only radio buttons and checkboxes format their options (TICK), only overflow menus link them (ITEM).
groups! {
    TYPE { Must type: ID }
    BLOCK { May block_id: ID }
    ACTION { May action_id: ID }
    FOCUS { May focus_on_load: Bool }
    HOLDER { May placeholder: Plain(150) }
    MANY { May max_selected_items: Int(1, i64::MAX) }
    CONFIRM { May confirm: Object(DIALOG) }
    DIALOG { Must title: Plain(100), Must text: Plain(300), Must confirm: Plain(30), Must deny: Plain(30), May style: LOOK }
    DISPATCH { May dispatch_action_config: Object(TRIGGERS) }
    TRIGGERS { Must trigger_actions_on: List(1, 2, &TRIGGER) }
    PICK { Must text: Plain(75), Must value: Str(1, 150), May description: Plain(75) }
    TICK { Must text: Text(75), Must value: Str(1, 150), May description: Text(75) }
    ITEM { Must text: Plain(75), Must value: Str(1, 150), May description: Plain(75), May url: LINK }
    GROUP { Must label: Plain(75), Must options: List(1, 100, &Object(PICK)) }
    PICKS { May options: List(1, 100, &Object(PICK)), May option_groups: List(1, 100, &Object(GROUP)) }
    FILTER { May filter: Keys(1, 3, FILTERS) }
    FILTERS { May include: List(1, 4, &TALKS), May exclude_external_shared_channels: Bool, May exclude_bot_users: Bool }
    PICTURE { Must alt_text: Str(1, 2000), May image_url: WEB, May slack_file: Keys(1, 1, FILE) }
    FILE { May id: ID, May url: WEB }
    STYLE { May style: Object(FACES) }
    FACES { May bold: Bool, May italic: Bool, May strike: Bool, May code: Bool }
    BORDER { May border: Int(0, 1) }
    RUN { Must elements: List(1, ANY, &Of(&[WORDS, MENTIONS])) }
    RICH { Must elements: List(1, ANY, &Of(&[SECTION, PARTS])) }
    COLUMN { May align: OneOf(&["left", "center", "right"]), May is_wrapped: Bool }
    // https://api.slack.com/reference/surfaces/views
    VIEW {
        Must blocks: Blocks, May private_metadata: Str(0, 3000), May callback_id: Str(0, 255),
        May external_id: Str(0, 255)
    }
    // https://api.slack.com/reference/metadata
    METADATA { Must event_type: NAME, Must event_payload: Map }
}

shapes! {
    // https://docs.slack.dev/reference/block-kit/block-elements
    IMAGE: image [PICTURE] {};
    BUTTONS:
        button [ACTION, CONFIRM] {
            Must text: Plain(75), May value: Str(1, 2000), May url: LINK, May style: LOOK,
            May accessibility_label: Str(1, 75)
        }
        workflow_button [ACTION, CONFIRM] {
            Must text: Plain(75), Must workflow: Map, May style: LOOK, May accessibility_label: Str(1, 75)
        }
        overflow [ACTION, CONFIRM] { Must options: List(1, 5, &Object(ITEM)) };
    CHOICES:
        checkboxes [ACTION, CONFIRM, FOCUS] {
            Must options: List(1, 10, &Object(TICK)), May initial_options: List(1, 10, &Object(TICK))
        }
        radio_buttons [ACTION, CONFIRM, FOCUS] {
            Must options: List(1, 10, &Object(TICK)), May initial_option: Object(TICK)
        }
        static_select [ACTION, CONFIRM, FOCUS, HOLDER, PICKS] { May initial_option: Object(PICK) }
        multi_static_select [ACTION, CONFIRM, FOCUS, HOLDER, MANY, PICKS] {
            May initial_options: List(1, 100, &Object(PICK))
        }
        external_select [ACTION, CONFIRM, FOCUS, HOLDER] {
            May initial_option: Object(PICK), May min_query_length: Int(0, i64::MAX)
        }
        multi_external_select [ACTION, CONFIRM, FOCUS, HOLDER, MANY] {
            May initial_options: List(1, 100, &Object(PICK)), May min_query_length: Int(0, i64::MAX)
        }
        users_select [ACTION, CONFIRM, FOCUS, HOLDER] { May initial_user: ID }
        multi_users_select [ACTION, CONFIRM, FOCUS, HOLDER, MANY] { May initial_users: List(1, ANY, &ID) }
        channels_select [ACTION, CONFIRM, FOCUS, HOLDER] { May initial_channel: ID, May response_url_enabled: Bool }
        multi_channels_select [ACTION, CONFIRM, FOCUS, HOLDER, MANY] { May initial_channels: List(1, ANY, &ID) }
        conversations_select [ACTION, CONFIRM, FOCUS, HOLDER, FILTER] {
            May initial_conversation: ID, May default_to_current_conversation: Bool, May response_url_enabled: Bool
        }
        multi_conversations_select [ACTION, CONFIRM, FOCUS, HOLDER, MANY, FILTER] {
            May initial_conversations: List(1, ANY, &ID), May default_to_current_conversation: Bool
        }
        datepicker [ACTION, CONFIRM, FOCUS, HOLDER] { May initial_date: DATE }
        timepicker [ACTION, CONFIRM, FOCUS, HOLDER] { May initial_time: TIME, May timezone: ID };
    WIDE:
        datetimepicker [ACTION, CONFIRM, FOCUS] { May initial_date_time: Int(1_000_000_000, 9_999_999_999) }
        rich_text_input [FOCUS, HOLDER, DISPATCH] { Must action_id: ID, May initial_value: Of(&[RICH_TEXT]) };
    ENTRIES:
        plain_text_input [ACTION, FOCUS, HOLDER, DISPATCH] {
            May initial_value: Str(0, 3000), May multiline: Bool, May min_length: Int(0, 3000),
            May max_length: Int(1, 3000)
        }
        email_text_input [ACTION, FOCUS, HOLDER, DISPATCH] { May initial_value: Str(1, 3000) }
        url_text_input [ACTION, FOCUS, HOLDER, DISPATCH] { May initial_value: Str(1, 3000) }
        number_input [ACTION, FOCUS, HOLDER, DISPATCH] {
            Must is_decimal_allowed: Bool, May initial_value: NUMBER, May min_value: NUMBER, May max_value: NUMBER
        }
        file_input [ACTION] { May filetypes: List(1, ANY, &ID), May max_files: Int(1, 10) };

    // https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    WORDS:
        text [STYLE] { Must text: Str(1, ANY) }
        link [STYLE] { Must url: LINK, May text: Str(1, ANY), May unsafe: Bool };
    MENTIONS:
        user [STYLE] { Must user_id: ID }
        usergroup [STYLE] { Must usergroup_id: ID }
        channel [STYLE] { Must channel_id: ID }
        emoji [STYLE] { Must name: ID, May unicode: ID, May url: LINK }
        date [STYLE] {
            Must timestamp: Int(0, i64::MAX), Must format: Str(1, ANY), May url: LINK, May fallback: Str(1, ANY)
        }
        broadcast [STYLE] { Must range: OneOf(&["here", "channel", "everyone"]) }
        color [STYLE] { Must value: ID };
    SECTION: rich_text_section [RUN] {};
    PARTS:
        rich_text_quote [RUN, BORDER] {}
        rich_text_preformatted [BORDER] { Must elements: List(1, ANY, &Of(&[WORDS])), May language: ID }
        rich_text_list [BORDER] {
            Must style: OneOf(&["bullet", "ordered"]), Must elements: List(1, ANY, &Of(&[SECTION])),
            May indent: Int(0, 8), May offset: Int(0, i64::MAX)
        };
    RICH_TEXT: rich_text [RICH] {};
    RAW_TEXT: raw_text [] { Must text: Str(1, ANY) };

    // https://docs.slack.dev/reference/block-kit/blocks
    BLOCKS:
        section [BLOCK] {
            May text: Text(3000), May fields: List(1, 10, &Text(2000)), May expand: Bool,
            May accessory: Of(&[IMAGE, BUTTONS, CHOICES])
        }
        header [BLOCK] { Must text: Plain(150), May level: Int(1, 4) }
        divider [BLOCK] {}
        image [BLOCK, PICTURE] { May title: Plain(2000) }
        context [BLOCK] { Must elements: List(1, 10, &ImageOrText) }
        actions [BLOCK] { Must elements: List(1, 25, &Of(&[BUTTONS, CHOICES, WIDE])) }
        input [BLOCK] {
            Must label: Plain(2000), May hint: Plain(2000), May optional: Bool, May dispatch_action: Bool,
            Must element: Of(&[CHOICES, WIDE, ENTRIES])
        }
        rich_text [BLOCK, RICH] {}
        markdown [BLOCK] { Must text: Str(1, MARKDOWN) }
        table [BLOCK] {
            Must rows: List(1, 100, &List(1, 20, &Of(&[RICH_TEXT, RAW_TEXT]))),
            May column_settings: List(1, 20, &Object(COLUMN))
        }
        file [BLOCK] { Must external_id: ID, Must source: OneOf(&["remote"]) }
        video [BLOCK] {
            Must alt_text: Str(1, 2000), Must title: Plain(200), Must thumbnail_url: WEB, Must video_url: WEB,
            May title_url: WEB, May description: Plain(200), May author_name: Str(1, 50), May provider_name: ID,
            May provider_icon_url: WEB
        };
    VIEWS:
        home [VIEW] {}
        modal [VIEW] {
            Must title: Plain(24), May submit: Plain(24), May close: Plain(24), May clear_on_close: Bool,
            May notify_on_close: Bool, May submit_disabled: Bool
        };
}

/// Whether this kind of block or element may stand on this surface at all.
fn lives_on(kind: &str, surface: Surface) -> bool {
    match kind {
        "markdown" | "table" | "file" => surface == Surface::Message,
        "number_input" | "email_text_input" | "url_text_input" => surface == Surface::Modal,
        "file_input" => surface == Surface::Modal,
        "rich_text_input" => surface != Surface::Message,
        "datetimepicker" => surface != Surface::Home,
        _ => true,
    }
}

/// Checks the arguments of chat.postMessage / chat.update / chat.postEphemeral / a response_url
/// post / a command's reply body.
pub fn message(args: &Value) -> Result<(), Fault> {
    // A response_url post that only deletes its message says nothing.
    if args["delete_original"] == true {
        return Ok(());
    }
    let (text, markdown) = (words(args, "text")?, words(args, "markdown_text")?);
    let blocks = list(args, "blocks", "invalid_blocks_format")?;
    let attachments = list(args, "attachments", "invalid_attachments")?;
    let told = !text.trim().is_empty() || !blocks.is_empty();
    let mute = !told && markdown.trim().is_empty() && attachments.is_empty();
    // https://docs.slack.dev/reference/methods/chat.postMessage
    let both = told && !markdown.is_empty();
    let (long, crowd) = (markdown.chars().count() > MARKDOWN, attachments.len() > 100);
    let faults = [
        (mute, "no_text", "/text"),
        (both, "markdown_text_conflict", "/markdown_text"),
        (text.chars().count() > 40_000, "msg_too_long", "/text"),
        (long, "msg_too_long", "/markdown_text"),
        (crowd, "too_many_attachments", "/attachments"),
    ];
    for (found, code, at) in faults {
        coded(code, ensure(!found, at, code))?;
    }
    let mut walk = Walk::new(Surface::Message);
    walk.blocks("/blocks", blocks)?;
    for (i, attachment) in attachments.iter().enumerate() {
        let blocks = list(attachment, "blocks", "invalid_attachments")?;
        walk.blocks(&format!("/attachments/{i}/blocks"), blocks)?;
    }
    let metadata = &args["metadata"];
    // An empty object takes the metadata away.
    if metadata.is_null() || *metadata == Value::Object(Default::default()) {
        return Ok(());
    }
    let checked = walk.object("/metadata", metadata, &[METADATA]);
    coded("invalid_metadata_format", checked)
}

/// Checks a `view` object as given to views.open / views.push / views.update / views.publish or in a
/// response_action.
pub fn view(view: &Value) -> Result<(), Fault> {
    let size = sized("/view", view.to_string().len(), 0, VIEW_BYTES, "bytes");
    coded("view_too_large", size)?;
    let home = view["type"] == "home";
    let surface = if home { Surface::Home } else { Surface::Modal };
    let checked = Walk::new(surface).typed("/view", view, &[VIEWS]);
    coded("invalid_arguments", checked)
}

/// Checks a list of blocks on a surface.
pub fn blocks(blocks: &[Value], surface: Surface) -> Result<(), Fault> {
    let checked = Walk::new(surface).blocks("/blocks", blocks);
    match surface {
        Surface::Message => checked,
        Surface::Modal | Surface::Home => coded("invalid_arguments", checked),
    }
}

/// What must be remembered across one message or view.
struct Walk {
    surface: Surface,
    /// The pointer of the block being read.
    block: String,
    /// What may come once only, and has come.
    seen: HashSet<String>,
    markdown: usize,
    text: usize,
}

impl Walk {
    fn new(surface: Surface) -> Self {
        Self { surface, block: String::new(), seen: HashSet::new(), markdown: 0, text: 0 }
    }

    fn blocks(&mut self, at: &str, blocks: &[Value]) -> Check {
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

    fn rule(&mut self, at: &str, v: &Value, rule: Rule) -> Check {
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
        }
    }

    fn object(&mut self, at: &str, v: &Value, groups: &[&[Field]]) -> Check {
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

    fn typed(&mut self, at: &str, v: &Value, tables: &[Shapes]) -> Check {
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

    /// What may stand once only in a block, a message or a view.
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
        // Only input blocks call their element `element`.
        let asked = self.surface == Surface::Modal && at.ends_with("/element");
        let fine = asked || v["response_url_enabled"] != true;
        ensure(fine, at, "no `response_url_enabled` here")
    }

    /// Rules that tie several fields of one object together.
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
                let upload = v["element"]["type"] == "file_input";
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
            "modal" => {
                let sent = has("submit") || !self.seen.contains("input");
                ensure(sent, at, "an input block needs a submit button")
            }
            _ => Ok(()),
        }
    }
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
    // In rising order, so that each needs to be compared with the one before it only.
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

fn is_web(s: &str) -> bool {
    is_link(s) && (s.starts_with("https://") || s.starts_with("http://"))
}

fn is_link(s: &str) -> bool {
    let (scheme, rest) = s.split_once(':').unwrap_or_default();
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    named && !rest.is_empty() && !s.contains(char::is_whitespace) && s.chars().count() <= 3000
}

fn is_number(s: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    s.chars().all(known) && s.parse::<f64>().is_ok()
}

fn is_name(s: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    s.starts_with(|c: char| c.is_ascii_lowercase()) && s.chars().all(known)
}

fn is_time(s: &str) -> bool {
    matches!(digits(s, ':', [2, 2]), Some([0..24, 0..60]))
}

fn is_date(s: &str) -> bool {
    let Some([year, month, day]) = digits(s, '-', [4, 2, 2]) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn digits<const N: usize>(s: &str, between: char, sizes: [usize; N]) -> Option<[u32; N]> {
    let parts: Vec<&str> = s.split(between).collect();
    let digit = |c: char| c.is_ascii_digit();
    let mut pairs = parts.iter().zip(sizes);
    let shaped = pairs.all(|(part, size)| part.len() == size && part.chars().all(digit));
    let numbers: Option<Vec<u32>> = parts.iter().map(|part| part.parse().ok()).collect();
    numbers.filter(|_| shaped)?.try_into().ok()
}

fn length(v: &Value) -> usize {
    v.as_str().map_or(0, |s| s.chars().count())
}

/// The characters of every `text` inside, however deep.
fn text_length(v: &Value) -> usize {
    let inside: usize = match v {
        Value::Array(items) => items.iter().map(text_length).sum(),
        Value::Object(map) => map.values().map(text_length).sum(),
        _ => 0,
    };
    inside + length(&v["text"])
}

fn words<'a>(args: &'a Value, key: &str) -> Result<&'a str, Fault> {
    match &args[key] {
        Value::Null => Ok(""),
        Value::String(text) => Ok(text),
        _ => {
            let fault = fault(&format!("/{key}"), "must be a string");
            Err(with("invalid_arguments", fault))
        }
    }
}

fn list<'a>(args: &'a Value, key: &str, code: &'static str) -> Result<&'a [Value], Fault> {
    match &args[key] {
        Value::Null => Ok(&[]),
        given => array(&format!("/{key}"), given).map_err(|fault| with(code, fault)),
    }
}

fn array<'a>(at: &str, v: &'a Value) -> Result<&'a [Value], Fault> {
    let items = v.as_array().map(Vec::as_slice);
    items.ok_or_else(|| fault(at, "must be an array"))
}

fn sized(at: &str, size: usize, least: usize, most: usize, what: &str) -> Check {
    ensure(size >= least, at, format_args!("at least {least} {what}"))?;
    ensure(size <= most, at, format_args!("at most {most} {what}"))
}

fn ensure(ok: bool, at: &str, why: impl Display) -> Check {
    if ok { Ok(()) } else { Err(fault(at, why)) }
}

fn fault(at: &str, why: impl Display) -> Fault {
    Fault { code: "invalid_blocks", detail: format!("{why} [json-pointer:{at}]") }
}

fn unsupported(at: &str, kind: &str) -> Fault {
    let at = format!("{at}/type");
    fault(&at, format_args!("unsupported type: {kind}"))
}

fn with(code: &'static str, fault: Fault) -> Fault {
    Fault { code, ..fault }
}

fn coded(code: &'static str, check: Check) -> Check {
    check.map_err(|fault| with(code, fault))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(got: Check, code: &str, at: &str) {
        let fault = got.expect_err("must be refused");
        let named = fault.detail.ends_with(&format!("[json-pointer:{at}]"));
        assert!(fault.code == code && named, "{fault:?}");
    }

    /// Each value, given to this check, is refused with this code at this pointer.
    macro_rules! refused {
        ($($check:path: $value:tt => $code:literal $at:literal)*) => {
            $(refused($check(&json!($value)), $code, $at);)*
        };
    }

    /// Each block, alone in a message, is refused at this pointer below it.
    macro_rules! bad {
        ($($block:tt => $below:literal)*) => {
            $(refused(one(&json!($block)), "invalid_blocks", concat!("/blocks/0", $below));)*
        };
    }

    fn one(block: &Value) -> Check {
        blocks(std::slice::from_ref(block), Surface::Message)
    }

    fn in_modal(element: &Value) -> Check {
        view(&modal(input(element.clone())))
    }

    fn in_home(blocks: &Value) -> Check {
        view(&json!({"type": "home", "blocks": blocks}))
    }

    fn text(size: usize) -> Value {
        json!({"type": "plain_text", "text": "é".repeat(size)})
    }

    fn input(element: Value) -> Value {
        json!({"type": "input", "label": text(1), "element": element})
    }

    fn modal(block: Value) -> Value {
        json!({"type": "modal", "title": text(24), "submit": text(24), "blocks": [block]})
    }

    #[test]
    fn a_rich_message_passes() {
        let args = json!({"metadata": {"event_type": "retro_1", "event_payload": {"n": 1}}, "blocks": [
            {"type": "header", "text": text(150)},
            {"type": "section", "block_id": "a", "text": {"type": "mrkdwn", "text": "*x*", "verbatim": true},
             "accessory": {"type": "image", "image_url": "https://x.org/a.png", "alt_text": "a"}},
            {"type": "actions", "elements": [
                {"type": "button", "action_id": "go", "text": text(75), "value": "1", "style": "primary"},
                {"type": "datepicker", "action_id": "day", "initial_date": "2028-02-29"},
            ]},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "_by_"}]},
            {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "b", "style": {"bold": true}}]},
            ]}]},
            {"type": "table", "rows": [[{"type": "raw_text", "text": "A"}]]},
            input(json!({"type": "plain_text_input", "max_length": 2, "initial_value": "éé"})),
        ]});
        assert_eq!(message(&args), Ok(()));
        assert_eq!(message(&json!({"delete_original": true})), Ok(()));
    }

    #[test]
    fn a_message_says_something_of_fair_length() {
        refused! {
            message: {"text": " ", "blocks": []} => "no_text" "/text"
            message: {"text": 1} => "invalid_arguments" "/text"
            message: {"text": "x".repeat(40_001)} => "msg_too_long" "/text"
            message: {"text": "x", "blocks": "[]"} => "invalid_blocks_format" "/blocks"
            message: {"text": "x", "markdown_text": "y"} => "markdown_text_conflict" "/markdown_text"
        }
    }

    #[test]
    fn metadata_has_a_name_and_an_object() {
        refused! {
            message: {"text": "x", "metadata": {"event_type": "Retro", "event_payload": {}}}
                => "invalid_metadata_format" "/metadata/event_type"
            message: {"text": "x", "metadata": {"event_type": "retro", "event_payload": ""}}
                => "invalid_metadata_format" "/metadata/event_payload"
        }
    }

    #[test]
    fn unknown_types_and_fields_are_refused() {
        bad! {
            {"type": "dividr"} => "/type"
            {"type": "divider", "x": 1} => ""
            {"type": "section"} => ""
            {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": true}} => "/text"
            {"type": "context", "elements": [{"type": "button", "text": text(1)}]} => "/elements/0/type"
        }
    }

    #[test]
    fn a_header_is_short_and_plain() {
        bad! {
            {"type": "header", "text": text(151)} => "/text/text"
            {"type": "header", "text": text(0)} => "/text/text"
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}} => "/text/type"
        }
    }

    #[test]
    fn each_surface_has_its_number_of_blocks() {
        let many = |count| vec![json!({"type": "divider"}); count];
        assert_eq!(blocks(&many(50), Surface::Message), Ok(()));
        assert_eq!(blocks(&many(100), Surface::Home), Ok(()));
        let (message, modal) = (Surface::Message, Surface::Modal);
        refused(blocks(&many(51), message), "invalid_blocks", "/blocks");
        refused(blocks(&many(101), modal), "invalid_arguments", "/blocks");
    }

    #[test]
    fn ids_are_unique() {
        let button = json!({"type": "button", "action_id": "a", "text": text(1)});
        bad! { {"type": "actions", "elements": [button, button]} => "/elements/1/action_id" }
        let apart = json!({"type": "actions", "elements": [button]});
        assert_eq!(message(&json!({"blocks": [apart, apart]})), Ok(()));
        let block = json!({"type": "divider", "block_id": "a"});
        refused! { message: {"blocks": [block, block]} => "invalid_blocks" "/blocks/1/block_id" }
    }

    #[test]
    fn buttons_and_dialogs_keep_their_limits() {
        let ok = text(1);
        let dialog = json!({"title": ok, "text": ok, "confirm": text(31), "deny": ok});
        bad! {
            {"type": "actions", "elements": []} => "/elements"
            {"type": "actions", "elements": [{"type": "button", "text": text(76)}]} => "/elements/0/text/text"
            {"type": "actions", "elements": [{"type": "button", "text": text(1), "style": "default"}]}
                => "/elements/0/style"
            {"type": "actions", "elements": [{"type": "button", "text": text(1), "url": "/relative"}]}
                => "/elements/0/url"
            {"type": "actions", "elements": [{"type": "button", "text": text(1), "confirm": dialog}]}
                => "/elements/0/confirm/confirm/text"
        }
    }

    #[test]
    fn the_initial_option_is_one_of_the_options() {
        let option = json!({"text": text(1), "value": "a"});
        let other = json!({"text": text(1), "value": "b"});
        let select =
            |initial: &Value| input(json!({"type": "static_select", "options": [option], "initial_option": initial}));
        assert_eq!(one(&select(&option)), Ok(()));
        let many = json!({"type": "checkboxes", "options": vec![&option; 11]});
        bad! {
            (select(&other)) => "/element"
            (input(many)) => "/element/options"
        }
    }

    #[test]
    fn inputs_start_within_their_own_limits() {
        refused! {
            in_modal: {"type": "plain_text_input", "max_length": 2, "initial_value": "abc"}
                => "invalid_arguments" "/view/blocks/0/element"
            in_modal: {"type": "plain_text_input", "max_length": 3001}
                => "invalid_arguments" "/view/blocks/0/element/max_length"
            in_modal: {"type": "number_input", "is_decimal_allowed": false, "min_value": 5}
                => "invalid_arguments" "/view/blocks/0/element/min_value"
            in_modal: {"type": "number_input", "is_decimal_allowed": false, "min_value": "5", "max_value": "1"}
                => "invalid_arguments" "/view/blocks/0/element"
        }
        let number = json!({"type": "number_input", "is_decimal_allowed": true});
        assert_eq!(in_modal(&number), Ok(()));
    }

    #[test]
    fn dates_and_times_are_real() {
        assert!(is_date("2024-02-29") && is_date("2026-12-31") && is_time("00:00"));
        for wrong in ["2026-02-29", "2026-13-01", "2026-1-01", "2026-01-01-01", ""] {
            assert!(!is_date(wrong), "{wrong}");
        }
        for wrong in ["24:00", "9:00", "09:60", "09:00:00", ""] {
            assert!(!is_time(wrong), "{wrong}");
        }
        let picker = json!({"type": "timepicker", "initial_time": "9:00"});
        bad! { (input(picker)) => "/element/initial_time" }
    }

    #[test]
    fn images_need_a_source_and_a_description() {
        bad! {
            {"type": "image", "image_url": "https://x.org/a.png"} => ""
            {"type": "image", "image_url": "ftp://x.org/a.png", "alt_text": "a"} => "/image_url"
            {"type": "image", "alt_text": "a"} => ""
        }
    }

    #[test]
    fn rich_text_is_checked_to_the_leaves() {
        let rich = |leaf: Value| {
            let section = json!({"type": "rich_text_section", "elements": [leaf]});
            json!({"type": "rich_text", "elements": [section]})
        };
        bad! {
            (rich(json!({"type": "text", "text": ""}))) => "/elements/0/elements/0/text"
            (rich(json!({"type": "mrkdwn", "text": "x"}))) => "/elements/0/elements/0/type"
            (rich(json!({"type": "text", "text": "x", "style": {"loud": true}}))) => "/elements/0/elements/0/style"
        }
    }

    #[test]
    fn one_table_and_only_in_messages() {
        let cell = json!({"type": "raw_text", "text": "x"});
        let table = json!({"type": "table", "rows": [[cell]]});
        refused! {
            message: {"blocks": [table, table]} => "invalid_attachments" "/blocks/1"
            in_home: [table] => "invalid_arguments" "/view/blocks/0/type"
        }
        bad! { {"type": "table", "rows": [vec![cell; 21]]} => "/rows/0" }
    }

    #[test]
    fn the_text_of_all_blocks_is_limited() {
        let long = json!({"type": "section", "text": text(3000)});
        let half = json!({"type": "markdown", "text": "x".repeat(6001)});
        let four = json!({"blocks": [long, long, long, long]});
        assert_eq!(message(&four), Ok(()));
        assert_eq!(in_home(&json!([long, long, long, long, long])), Ok(()));
        refused! {
            message: {"blocks": [long, long, long, long, long]} => "msg_blocks_too_long" "/blocks/4"
            message: {"blocks": [half, half]} => "invalid_blocks" "/blocks/1"
        }
    }

    #[test]
    fn a_modal_has_a_short_title_and_a_submit_for_its_inputs() {
        let ask = input(json!({"type": "plain_text_input"}));
        assert_eq!(view(&modal(ask.clone())), Ok(()));
        refused! {
            view: {"type": "modal", "title": text(1), "blocks": [ask]} => "invalid_arguments" "/view"
            view: {"type": "modal", "title": text(25), "blocks": []} => "invalid_arguments" "/view/title/text"
            view: {"type": "dialog", "blocks": []} => "invalid_arguments" "/view/type"
        }
    }

    #[test]
    fn a_home_takes_some_inputs_and_one_focus() {
        let focus = input(json!({"type": "plain_text_input", "focus_on_load": true}));
        let email = input(json!({"type": "email_text_input"}));
        assert_eq!(in_home(&json!([focus])), Ok(()));
        refused! {
            in_home: [focus, focus] => "invalid_arguments" "/view/blocks/1/element"
            in_home: [email] => "invalid_arguments" "/view/blocks/0/element/type"
        }
    }

    #[test]
    fn a_view_is_limited_in_size_and_metadata() {
        let (long, huge) = ("x".repeat(3001), "x".repeat(250_000));
        refused! {
            view: {"type": "home", "blocks": [], "private_metadata": long}
                => "invalid_arguments" "/view/private_metadata"
            view: {"type": "home", "blocks": [], "private_metadata": huge} => "view_too_large" "/view"
        }
    }
}
