//! The page turns Block Kit into HTML.
//!
//! Rule: the page drops nothing silently. A notice stands in the place of a block or an element that the page cannot
//! show. <https://docs.slack.dev/reference/block-kit>

#![expect(clippy::indexing_slicing, reason = "serde_json gives null for what is not there")]

use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value, json};

use super::answers::{is_known, list, options, string as s};
use super::mrkdwn;
use crate::Place;
use crate::workspace::{ChannelKind, Workspace};

/// The HTML of a block depends on the place of the block and on the person who looks at it.
pub struct Stage<'a> {
    /// The workspace gives the names, and the people and channels to choose from.
    pub space: &'a Workspace,
    /// The person with this id looks at the page.
    pub me: &'a str,
    /// The blocks stand in this message or view. The inputs of a modal belong to the form `modal-form`.
    pub place: &'a Place,
    /// A press without JavaScript returns to this address.
    pub back: &'a str,
    /// The bot reported these errors of a modal. The key is the block_id.
    pub errors: Option<&'a Map<String, Value>>,
}

impl Stage<'_> {
    /// A mrkdwn text becomes HTML. The workspace's names replace the ids.
    pub fn mrkdwn(&self, text: &str) -> Markup {
        mrkdwn::html(text, &|id| if id.starts_with('!') { self.date(id) } else { self.name(id) })
    }

    /// The blocks of a message or a view become HTML in their order.
    pub fn blocks(&self, blocks: &[Value]) -> Markup {
        html! { @for block in blocks { (self.block(block, s(block, "block_id"))) } }
    }

    fn name(&self, id: &str) -> Option<String> {
        let mut people = self.space.people.iter().map(|p| (&p.id, &p.name));
        let mut channels = self.space.channels.iter().map(|c| (&c.id, &c.name));
        let found = people.find(|p| p.0 == id).or(channels.find(|c| c.0 == id));
        found.map(|(_, name)| name.clone())
    }

    /// A date token has the words for the zone of the person who looks at the page.
    fn date(&self, token: &str) -> Option<String> {
        let reader = self.space.people.iter().find(|p| p.id == self.me)?;
        super::date::words(token, &reader.tz)
    }

    fn in_modal(&self) -> bool {
        matches!(self.place, Place::View { .. })
    }

    fn text(&self, object: &Value) -> Markup {
        match s(object, "type") {
            "mrkdwn" => self.mrkdwn(s(object, "text")),
            _ => mrkdwn::plain(s(object, "text")),
        }
    }

    fn block(&self, block: &Value, id: &str) -> Markup {
        let inner = list(block, "elements");
        html! { @match s(block, "type") {
            "section" => div.section {
                div.body {
                    @if block["text"].is_object() { div { (self.text(&block["text"])) } }
                    @if block["fields"].is_array() {
                        div.fields { @for f in list(block, "fields") { div { (self.text(f)) } } }
                    }
                }
                @if block["accessory"].is_object() { (self.element(&block["accessory"], id)) }
            },
            "header" => h3.header { (self.text(&block["text"])) },
            "divider" => { hr; },
            "image" => p { (picture(block)) },
            "actions" => div.actions { @for e in inner { (self.element(e, id)) } },
            "context" => div.context {
                @for e in inner {
                    @if s(e, "type") == "image" { (picture(e)) } @else { span { (self.text(e)) } }
                }
            },
            "input" if self.in_modal() => (self.field(block, id)),
            "input" => div.field { (self.text(&block["label"])) (self.element(&block["element"], id)) },
            "rich_text" => @for part in inner { (self.rich(part)) },
            "table" => (self.table(block)),
            "data_table" => (self.data_table(block)),
            "data_visualization" => (super::chart::figure(block)),
            "container" => details.container open[block["default_collapsed"] != true] {
                summary { (self.text(&block["title"])) }
                (self.blocks(list(block, "child_blocks")))
            },
            "alert" => div.alert.(s(block, "level")) role="note" { (self.text(&block["text"])) },
            "markdown" => pre.markdown { (s(block, "text")) },
            kind => (unsupported(kind)),
        } }
    }

    fn table(&self, block: &Value) -> Markup {
        let columns = list(block, "column_settings");
        html! { div.table role="group" aria-label="Table" tabindex="0" { table {
            @for (i, row) in list(block, "rows").iter().enumerate() { tr {
                @for (j, cell) in row.as_array().into_iter().flatten().enumerate() {
                    @let align = columns.get(j).map_or("", |column| s(column, "align"));
                    @if i == 0 { th.(align) scope="col" { (self.cell(cell)) } }
                    @else { td.(align) { (self.cell(cell)) } }
                }
            } }
        } } }
    }

    /// The page shows all rows at once, where Slack shows a few and lets people turn the pages and sort.
    fn data_table(&self, block: &Value) -> Markup {
        let names = block["row_header_column_index"].as_u64().unwrap_or_default();
        let caption = s(block, "caption");
        html! { div.table role="group" aria-label=(caption) tabindex="0" { table {
            caption { (caption) }
            @for (i, row) in list(block, "rows").iter().enumerate() { tr {
                @for (j, cell) in (0u64..).zip(row.as_array().into_iter().flatten()) {
                    @if i == 0 { th scope="col" { (self.cell(cell)) } }
                    @else if j == names { th scope="row" { (self.cell(cell)) } }
                    @else { td { (self.cell(cell)) } }
                }
            } }
        } } }
    }

    fn cell(&self, cell: &Value) -> Markup {
        html! {
            @if cell["elements"].is_array() {
                @for part in list(cell, "elements") { (self.rich(part)) }
            } @else { (s(cell, "text")) }
        }
    }

    fn rich(&self, part: &Value) -> Markup {
        let inner = list(part, "elements");
        let start = part["offset"].as_u64().unwrap_or_default().saturating_add(1);
        let indent = format!("indent-{}", part["indent"].as_u64().unwrap_or_default());
        let items = || html! { @for item in inner { li { (self.rich(item)) } } };
        let runs = || html! { @for e in inner { (self.run(e)) } };
        html! { @match s(part, "type") {
            "rich_text_section" => div.rich { (runs()) },
            "rich_text_preformatted" => pre { (runs()) },
            "rich_text_quote" => blockquote.rich { (runs()) },
            "rich_text_list" if s(part, "style") == "ordered" => ol.(indent) start=(start) { (items()) },
            "rich_text_list" => ul.(indent) { (items()) },
            kind => (unsupported(kind)),
        } }
    }

    fn run(&self, e: &Value) -> Markup {
        let named = |id: &str| self.name(id).unwrap_or(id.to_owned());
        let (text, url) = (s(e, "text"), s(e, "url"));
        let label = if text.is_empty() { url } else { text };
        let plain = html! { @match s(e, "type") {
            "text" => (text),
            "link" => (mrkdwn::link(url, label).unwrap_or_else(|| html! { (label) })),
            "user" => (mrkdwn::badge('@', &named(s(e, "user_id")))),
            "usergroup" => (mrkdwn::badge('@', s(e, "usergroup_id"))),
            "channel" => (mrkdwn::badge('#', &named(s(e, "channel_id")))),
            "broadcast" => (mrkdwn::badge('@', s(e, "range"))),
            "emoji" => (mrkdwn::plain(&format!(":{}:", s(e, "name")))),
            "date" => (s(e, "fallback")),
            kind => (unsupported(kind)),
        } };
        let tags = [("code", "code"), ("bold", "strong"), ("italic", "em"), ("strike", "s")];
        let worn = tags.iter().filter(|(style, _)| e["style"][style] == true);
        worn.fold(plain, |PreEscaped(inner), (_, tag)| PreEscaped(format!("<{tag}>{inner}</{tag}>")))
    }

    /// An input block of a modal shows its label, its control, its hint and its error.
    fn field(&self, block: &Value, id: &str) -> Markup {
        let element = &block["element"];
        let name = format!("{id}|{}", s(element, "action_id"));
        let error = self.errors.and_then(|all| all.get(id)?.as_str());
        let required = block["optional"] != true;
        let control = self.control(element, &name, required, Some(error.is_some()));
        let spot = (block["dispatch_action"] == true).then(|| self.spot(element, id).to_string());
        let group = matches!(s(element, "type"), "radio_buttons" | "checkboxes");
        html! { div.field.wrong[error.is_some()] id={ "field-" (id) } data-press=[spot] {
            @let label = html! {
                (self.text(&block["label"]))
                @if !required { span.optional { " (optional)" } }
            };
            @if group { fieldset data-required[required] { legend { (label) } (control) } }
            @else { label for=(name) { (label) } (control) }
            @if block["hint"].is_object() { p.hint id={ (name) "-hint" } { (self.text(&block["hint"])) } }
            @if let Some(error) = error { p.error id={ (name) "-error" } role="alert" { (error) } }
        } }
    }

    /// A press or a choice outside of an input block reaches the bot at once, so the element is its own form. In a
    /// modal the value also belongs to the modal's state, so only a button is its own form there.
    fn element(&self, element: &Value, block: &str) -> Markup {
        let kind = s(element, "type");
        let name = format!("{block}|{}", s(element, "action_id"));
        let spot = self.spot(element, block);
        let confirm = &element["confirm"];
        let question = ["title", "text"].map(|part| s(&confirm[part], "text"));
        let question = confirm.is_object().then(|| question.join("\n\n"));
        html! {
            @if kind == "image" { (picture(element)) }
            @else if !is_known(element) { (unsupported(kind)) }
            @else if self.in_modal() && kind != "button" {
                div.control id={ "control-" (name) } data-press=(spot.to_string()) {
                    (self.control(element, &name, false, None))
                }
            } @else {
                form.press method="post" action="/page/press" data-confirm=[question] {
                    @for (field, value) in spot.as_object().into_iter().flatten() {
                        (hidden(field, value.as_str().unwrap_or_default()))
                    }
                    (hidden("back", self.back))
                    @if kind == "button" { (button(element)) } @else {
                        (self.control(element, "input", false, None))
                        noscript { button type="submit" { "OK" } }
                    }
                }
            }
        }
    }

    /// The form of a press names the place, the person and the element.
    fn spot(&self, element: &Value, block: &str) -> Value {
        let mut spot = match self.place {
            Place::View { id } => json!({"view": id}),
            Place::Message { channel, ts } => json!({"channel": channel, "ts": ts}),
        };
        spot["as"] = json!(self.me);
        spot["block_id"] = json!(block);
        spot["action_id"] = json!(s(element, "action_id"));
        spot
    }

    /// A control lets the person enter or choose values. `field` is `None` outside of an input block. In an input block
    /// it says whether the block has an error.
    fn control(&self, element: &Value, name: &str, required: bool, field: Option<bool>) -> Markup {
        let kind = s(element, "type");
        let form = self.in_modal().then_some("modal-form");
        let about = field.map(|_| format!("{name}-hint {name}-error"));
        let (id, about) = (field.map(|_| name), about.as_deref());
        let wrong = field.filter(|wrong| *wrong).map(|_| "true");
        let chosen = initial(element);
        let first = chosen.first().copied().unwrap_or_default();
        let hint = element["placeholder"]["text"].as_str();
        let title = hint.or(Some("Choose")).filter(|_| field.is_none());
        let [most, least] = ["max_length", "min_length"].map(|key| element[key].as_u64());
        let [min, max] = ["min_value", "max_value"].map(|key| element[key].as_str());
        let step = (element["is_decimal_allowed"] == true).then_some("any");
        let focus = element["focus_on_load"] == true;
        html! { @match kind {
            "plain_text_input" if element["multiline"] == true => {
                textarea id=[id] name=(name) form=[form] rows="4" maxlength=[most] minlength=[least]
                    placeholder=[hint] required[required] autofocus[focus] aria-label=[title]
                    aria-describedby=[about] aria-invalid=[wrong] { (first) }
            },
            "radio_buttons" | "checkboxes" => @for option in options(element) {
                @let (value, one) = (s(option, "value"), kind == "radio_buttons");
                label.choice {
                    input type=(if one { "radio" } else { "checkbox" }) name=(name) form=[form]
                        value=(value) checked[chosen.contains(&value)] required[required && one]
                        aria-describedby=[about] aria-invalid=[wrong];
                    span {
                        (self.text(&option["text"]))
                        @if let Some(more) = option.get("description") { small { (self.text(more)) } }
                    }
                }
            },
            _ if kind.contains("select") || kind == "overflow" => {
                @let many = kind.starts_with("multi_");
                select id=[id] name=(name) form=[form] multiple[many] required[required]
                    autofocus[focus] aria-label=[title] aria-describedby=[about] aria-invalid=[wrong] {
                    @if !many { option value="" { (hint.unwrap_or(if kind == "overflow" { "More…" } else { "Choose…" })) } }
                    @for (value, label) in self.choices(element, kind.trim_start_matches("multi_")) {
                        option value=(value) selected[chosen.contains(&value)] { (label) }
                    }
                }
            },
            _ => {
                @let shape = [("number_input", "number"), ("email_text_input", "email"),
                    ("url_text_input", "url"), ("datepicker", "date"), ("timepicker", "time")];
                @let shape = shape.iter().find(|(of, _)| *of == kind).map_or("text", |found| found.1);
                input type=(shape) id=[id] name=(name) form=[form] value=(first) placeholder=[hint]
                    maxlength=[most] minlength=[least] min=[min] max=[max] step=[step]
                    required[required] autofocus[focus] autocomplete="off" aria-label=[title]
                    aria-describedby=[about] aria-invalid=[wrong];
            }
        } }
    }

    /// A select offers people, channels that the person may see, or its own options. The kind of the select decides it.
    fn choices<'v>(&'v self, element: &'v Value, kind: &str) -> Vec<(&'v str, Markup)> {
        let people = self.space.people.iter();
        let rooms = self.space.channels.iter();
        match kind {
            "users_select" => {
                people.filter(|p| !p.is_bot && !p.deleted).map(|p| (p.id.as_str(), html! { (p.name) })).collect()
            }
            "channels_select" | "conversations_select" => rooms
                .filter(|c| match c.kind {
                    ChannelKind::Public => !c.archived,
                    ChannelKind::Private => !c.archived && c.members.iter().any(|m| m == self.me),
                    ChannelKind::Im => false,
                })
                .map(|c| (c.id.as_str(), html! { "#" (c.name) }))
                .collect(),
            _ => options(element).map(|o| (s(o, "value"), self.text(&o["text"]))).collect(),
        }
    }
}

/// A form sends this field, but the page does not show it.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

fn button(element: &Value) -> Markup {
    let (label, style) = (s(&element["text"], "text"), s(element, "style"));
    html! {
        @if let Some(link) = mrkdwn::link(s(element, "url"), label) { span.button.(style) { (link) } }
        @else {
            button.(style) type="submit" aria-label=[element["accessibility_label"].as_str()] {
                (mrkdwn::plain(label))
            }
        }
    }
}

/// The page loads nothing from other sites, so it shows the alternative text of an image.
fn picture(image: &Value) -> Markup {
    html! { span.picture role="img" aria-label=(s(image, "alt_text")) { "🖼 " (s(image, "alt_text")) } }
}

fn unsupported(kind: &str) -> Markup {
    html! { span.unsupported { "unsupported block: " (kind) } }
}

/// An element sets its first values in a field that begins with `initial_`.
fn initial(element: &Value) -> Vec<&str> {
    let fields = element.as_object().into_iter().flatten();
    let fields = fields.filter(|(key, _)| key.starts_with("initial_"));
    let values = fields.flat_map(|(_, value)| match value.as_array() {
        Some(many) => many.iter().collect(),
        None => vec![value],
    });
    values.filter_map(|value| value.get("value").unwrap_or(value).as_str()).collect()
}
