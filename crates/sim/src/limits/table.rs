//! Slack publishes which objects and fields may stand where. These tables hold them and the rule of each field.

use self::Field::{May, Must};
use self::Rule::*;

pub type Fields = &'static [Field];
/// The `type` of an object names its shape. A shape lists the groups of fields that the object may have.
pub type Shapes = &'static [(&'static str, &'static [Fields])];

#[derive(Clone, Copy)]
pub enum Field {
    Must(&'static str, Rule),
    May(&'static str, Rule),
}

/// A value must follow its rule. Two numbers are the smallest and the largest number of characters, items or keys.
#[derive(Clone, Copy)]
pub enum Rule {
    Plain(usize),
    Text(usize),
    ImageOrText,
    Str(usize, usize),
    Like(&'static str, fn(&str) -> bool),
    OneOf(&'static [&'static str]),
    Bool,
    Number,
    Int(i64, i64),
    Map,
    Object(Fields),
    Keys(usize, usize, Fields),
    List(usize, usize, &'static Rule),
    Of(&'static [Shapes]),
    Blocks,
    /// The blocks inside a container, at most this many.
    Children(usize),
}

macro_rules! groups {
    ($($group:ident { $($need:ident $name:ident: $rule:expr),* })*) => {
        $(pub const $group: Fields = &[$($need(stringify!($name), $rule)),*];)*
    };
}

macro_rules! shapes {
    ($($table:ident: $($kind:ident [$($group:ident),*] { $($need:ident $name:ident: $rule:expr),* })*;)*) => {
        $(pub const $table: Shapes =
            &[$((stringify!($kind), &[$($group,)* &[$($need(stringify!($name), $rule)),*]])),*];)*
    };
}

pub const ANY: usize = usize::MAX;
pub const MARKDOWN: usize = 12_000;
// Slack publishes no number for `msg_blocks_too_long`. A user measured about this many characters, so this limit is an
// assumption: https://github.com/slackapi/bolt-js/issues/2509
pub const BLOCKS_TEXT: usize = 13_200;
// Slack says "250 KB" in https://docs.slack.dev/reference/methods/views.open. That can mean 250,000 or 256,000 bytes,
// and the table takes the smaller number.
pub const VIEW_BYTES: usize = 250_000;

pub const ID: Rule = Str(1, 255);
pub const WEB: Rule = Like("must be an http(s) URL, 3000 characters at most", is_web);
pub const LINK: Rule = Like("must be a URL, 3000 characters at most", is_link);
pub const NUMBER: Rule = Like("must be a number in a string", is_number);
pub const DATE: Rule = Like("must be a date YYYY-MM-DD", is_date);
pub const TIME: Rule = Like("must be a time HH:mm", is_time);
pub const NAME: Rule = Like("must start with a-z and go on with a-z, 0-9 or _", is_name);
pub const LOOK: Rule = OneOf(&["primary", "danger"]);
pub const TALKS: Rule = OneOf(&["im", "mpim", "private", "public"]);
pub const TRIGGER: Rule = OneOf(&["on_enter_pressed", "on_character_entered"]);

// https://docs.slack.dev/reference/block-kit/composition-objects
// Radio buttons and checkboxes have options with mrkdwn text (TICK). Overflow menus have options with a link (ITEM).
// The options of other elements have neither (PICK).
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
    // https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
    POINT { Must label: Str(1, 20), Must value: Number }
    SERIES { Must name: Str(1, 20), Must data: List(1, 20, &Object(POINT)) }
    AXIS { Must categories: List(1, 20, &Str(1, 20)), May x_label: Str(1, 50), May y_label: Str(1, 50) }
    LINES { Must series: List(1, 6, &Object(SERIES)), Must axis_config: Object(AXIS) }
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
    RAW_NUMBER: raw_number [] { Must value: Number, Must text: Str(1, ANY) };
    // Some sources say 6 series, others 12. The table takes the smaller number.
    CHARTS:
        pie [] { Must segments: List(1, 6, &Object(POINT)) }
        bar [LINES] {}
        area [LINES] {}
        line [LINES] {};

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
        // https://docs.slack.dev/reference/block-kit/blocks/data-table-block
        data_table [BLOCK] {
            Must caption: Str(1, ANY),
            Must rows: List(2, 101, &List(1, 20, &Of(&[RICH_TEXT, RAW_TEXT, RAW_NUMBER]))),
            May page_size: Int(1, 100), May row_header_column_index: Int(0, 19)
        }
        data_visualization [BLOCK] { Must title: Str(1, 50), Must chart: Of(&[CHARTS]) }
        // https://docs.slack.dev/reference/block-kit/blocks/container-block
        container [BLOCK] {
            Must title: Plain(150), Must child_blocks: Children(10), May subtitle: Text(150), May is_collapsible: Bool,
            May default_collapsed: Bool, May width: OneOf(&["narrow", "standard", "wide", "full"])
        }
        // https://docs.slack.dev/reference/block-kit/blocks/alert-block
        alert [BLOCK] {
            Must text: Text(3000), May level: OneOf(&["default", "info", "warning", "error", "success"])
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

pub fn is_web(s: &str) -> bool {
    is_link(s) && (s.starts_with("https://") || s.starts_with("http://"))
}

pub fn is_link(s: &str) -> bool {
    let (scheme, rest) = s.split_once(':').unwrap_or_default();
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    named && !rest.is_empty() && !s.contains(char::is_whitespace) && s.chars().count() <= 3000
}

pub fn is_number(s: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    s.chars().all(known) && s.parse::<f64>().is_ok()
}

pub fn is_name(s: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    s.starts_with(|c: char| c.is_ascii_lowercase()) && s.chars().all(known)
}

pub fn is_time(s: &str) -> bool {
    matches!(digits(s, ':', [2, 2]), Some([0..24, 0..60]))
}

pub fn is_date(s: &str) -> bool {
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

pub fn digits<const N: usize>(s: &str, between: char, sizes: [usize; N]) -> Option<[u32; N]> {
    let parts: Vec<&str> = s.split(between).collect();
    let digit = |c: char| c.is_ascii_digit();
    let mut pairs = parts.iter().zip(sizes);
    let shaped = pairs.all(|(part, size)| part.len() == size && part.chars().all(digit));
    let numbers: Option<Vec<u32>> = parts.iter().map(|part| part.parse().ok()).collect();
    numbers.filter(|_| shaped)?.try_into().ok()
}
