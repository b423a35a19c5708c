//! Slack publishes limits for Block Kit, messages and views. This module refuses what Slack would refuse. Its tables
//! list all objects and fields that are allowed, and everything else is refused. The functions are pure.

mod fault;
mod table;
mod walk;

use serde_json::Value;

pub use fault::Fault;
use fault::*;
use table::*;
pub use walk::Surface;
use walk::Walk;

/// A message must keep Slack's limits. The function checks the arguments of chat.postMessage, chat.update and
/// chat.postEphemeral, posts to a response_url, and the body that acknowledges a command.
pub fn message(args: &Value) -> Result<(), Fault> {
    // A post to a response_url may only delete its message. Such a post needs no text.
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
    // An empty object removes the metadata, so it needs no further fields.
    if metadata.is_null() || *metadata == Value::Object(Default::default()) {
        return Ok(());
    }
    let checked = walk.object("/metadata", metadata, &[METADATA]);
    coded("invalid_metadata_format", checked)
}

/// A view must keep Slack's limits. The function checks a view for views.open, views.push, views.update and
/// views.publish, and the view of a response_action.
pub fn view(view: &Value) -> Result<(), Fault> {
    let size = sized("/view", view.to_string().len(), 0, VIEW_BYTES, "bytes");
    coded("view_too_large", size)?;
    let home = view["type"] == "home";
    let surface = if home { Surface::Home } else { Surface::Modal };
    let checked = Walk::new(surface).typed("/view", view, &[VIEWS]);
    coded("invalid_arguments", checked)
}

/// A workspace does not know all kinds of blocks. It refuses a message or a view with an unknown kind.
pub fn known(args: &Value, unknown: &[String]) -> Result<(), Fault> {
    let (at, code) =
        if args.get("type").is_some() { ("/view/blocks", "invalid_arguments") } else { ("/blocks", "invalid_blocks") };
    let blocks = args.get("blocks").and_then(Value::as_array).into_iter().flatten().enumerate();
    for (i, block) in blocks {
        let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
        if unknown.iter().any(|u| u == kind) {
            return Err(with(code, unsupported(&format!("{at}/{i}"), kind)));
        }
    }
    Ok(())
}

/// Each surface has its own limits for blocks. The function checks a list of blocks against them.
pub fn blocks(blocks: &[Value], surface: Surface) -> Result<(), Fault> {
    let checked = Walk::new(surface).blocks("/blocks", blocks);
    match surface {
        Surface::Message => checked,
        Surface::Modal | Surface::Home => coded("invalid_arguments", checked),
    }
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

    fn data_table(rows: usize, columns: usize) -> Value {
        let cell = json!({"type": "raw_text", "text": "x"});
        json!({"type": "data_table", "caption": "All", "rows": vec![vec![cell; columns]; rows]})
    }

    #[test]
    fn a_data_table_has_a_head_a_caption_and_even_rows() {
        assert_eq!(message(&json!({"blocks": [data_table(101, 2), data_table(2, 20)]})), Ok(()));
        let mut uneven = data_table(3, 2);
        uneven["rows"][2].as_array_mut().unwrap().pop();
        let mut rich = data_table(2, 1);
        rich["rows"][0][0] = json!({"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]});
        let mut nameless = data_table(2, 1);
        nameless.as_object_mut().unwrap().remove("caption");
        let mut beside = data_table(2, 1);
        beside["row_header_column_index"] = json!(1);
        bad! {
            (data_table(1, 1)) => "/rows"
            (data_table(102, 1)) => "/rows"
            (data_table(2, 21)) => "/rows/0"
            (uneven) => "/rows"
            (rich) => "/rows/0"
            (nameless) => ""
            (beside) => "/row_header_column_index"
        }
        refused! { in_home: [data_table(2, 1)] => "invalid_arguments" "/view/blocks/0/type" }
    }

    fn chart(names: &[&str], categories: &[&str], labels: &[&str]) -> Value {
        let data: Vec<Value> = labels.iter().map(|label| json!({"label": label, "value": 1.5})).collect();
        let series: Vec<Value> = names.iter().map(|name| json!({"name": name, "data": data})).collect();
        json!({"type": "data_visualization", "title": "Lead time", "chart": {
            "type": "line", "series": series, "axis_config": {"categories": categories, "y_label": "days"}}})
    }

    #[test]
    fn a_chart_has_as_many_points_as_categories_and_a_message_two_charts() {
        let fine = chart(&["a", "b"], &["v1", "v2"], &["v2", "v1"]);
        assert_eq!(message(&json!({"blocks": [fine, fine]})), Ok(()));
        refused! { message: {"blocks": [fine, fine, fine]} => "invalid_blocks" "/blocks/2" }
        let mut long = fine.clone();
        long["title"] = json!("x".repeat(51));
        let pie = |value: i32| {
            json!({"type": "data_visualization", "title": "x", "chart": {
            "type": "pie", "segments": [{"label": "a", "value": value}]}})
        };
        assert_eq!(one(&pie(1)), Ok(()));
        bad! {
            (long) => "/title"
            (chart(&["a"; 7], &["v1"], &["v1"])) => "/chart/series"
            (chart(&["a", "a"], &["v1"], &["v1"])) => "/chart/series"
            (chart(&["a"], &["v1", "v1"], &["v1", "v1"])) => "/chart/axis_config/categories"
            (chart(&["a"], &["v1", "v2"], &["v1"])) => "/chart/series/0/data"
            (chart(&["a"], &["a version of 21 chars"], &["x"])) => "/chart/axis_config/categories/0"
            (pie(0)) => "/chart"
        }
    }

    #[test]
    fn a_container_holds_ten_blocks_of_known_kinds() {
        let section = json!({"type": "section", "text": text(1)});
        let container = |child: &Value, count: usize| {
            json!({"type": "container", "title": text(150), "is_collapsible": true,
                "default_collapsed": true, "child_blocks": vec![child; count]})
        };
        assert_eq!(one(&container(&section, 10)), Ok(()));
        let rich = json!({"type": "rich_text", "elements": []});
        bad! {
            (container(&section, 0)) => "/child_blocks"
            (container(&section, 11)) => "/child_blocks"
            (container(&rich, 1)) => "/child_blocks/0/type"
        }
    }

    #[test]
    fn an_alert_stands_in_forms_alone() {
        let alert = json!({"type": "alert", "level": "warning", "text": text(1)});
        assert_eq!(view(&modal(alert.clone())), Ok(()));
        bad! { (alert) => "/type" }
        refused! { in_home: [alert] => "invalid_arguments" "/view/blocks/0/type" }
        let loud = json!({"type": "alert", "level": "loud", "text": text(1)});
        refused! { view: (modal(loud)) => "invalid_arguments" "/view/blocks/0/level" }
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
