//! The few Block Kit shapes this bot uses, each within Slack's limits.
//! <https://docs.slack.dev/reference/block-kit/blocks>

use slack_morphism::prelude::*;

use super::emoji::{self, Piece};
use lookback_core::ids::UserId;
use lookback_core::interaction::BlockAction;
use lookback_core::retro::Button;
use lookback_core::text::{clean, cut, esc};

/// A heading.
pub fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(plain(text, 150)).into()
}

/// A paragraph of mrkdwn in which foreign text is escaped. `verbatim` keeps Slack from making
/// mentions of what people typed.
pub fn section(mrkdwn: &str) -> SlackBlock {
    SlackSectionBlock::new().with_text(md(mrkdwn)).into()
}

/// A paragraph with one button beside it.
pub fn section_with(mrkdwn: &str, button: &Button) -> SlackBlock {
    SlackSectionBlock::new().with_text(md(mrkdwn)).with_accessory(self::button(button, false, 0).into()).into()
}

/// Labels with their values, in two columns; ten to a block.
/// <https://docs.slack.dev/reference/block-kit/blocks/section-block>
pub fn fields(pairs: &[(String, String)]) -> Vec<SlackBlock> {
    let field = |(label, value): &(String, String)| {
        let text = format!("*{}*\n{}", esc(label), esc(&cut(value, 300)));
        SlackBlockText::MarkDown(SlackBlockMarkDownText::new(cut(&text, 2000)).with_verbatim(true))
    };
    pairs.chunks(10).map(|ten| SlackSectionBlock::new().with_fields(ten.iter().map(field).collect()).into()).collect()
}

/// Lines as few paragraphs, each as long as a section may be, broken between lines: a link must not be cut.
pub fn paragraphs(lines: &[impl AsRef<str>]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for line in lines.iter().map(AsRef::as_ref) {
        match parts.last_mut() {
            Some(part) if part.chars().count() + line.chars().count() < 2900 => {
                part.push('\n');
                part.push_str(line);
            }
            _ => parts.push(line.to_owned()),
        }
    }
    parts
}

/// Small print.
pub fn context(mrkdwn: &str) -> SlackBlock {
    let text: SlackContextBlockElement = SlackBlockMarkDownText::new(cut(mrkdwn, 3000)).with_verbatim(true).into();
    SlackContextBlock::new(vec![text]).into()
}

/// How much text blocks hold in all, in characters.
pub fn weight(blocks: &[SlackBlock]) -> usize {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
    fn of(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Object(map) => {
                let own = map.get("text").and_then(serde_json::Value::as_str).map_or(0, |t| t.chars().count());
                own + map.values().map(of).sum::<usize>()
            }
            serde_json::Value::Array(list) => list.iter().map(of).sum(),
            _ => 0,
        }
    }
    serde_json::to_value(blocks).map_or(0, |v| of(&v))
}

/// A line across.
pub fn divider() -> SlackBlock {
    SlackDividerBlock::new().into()
}

fn md(mrkdwn: &str) -> SlackBlockText {
    SlackBlockMarkDownText::new(cut(mrkdwn, 3000)).with_verbatim(true).into()
}

/// Plain text, cut to what the place holds.
pub fn plain(text: &str, max: usize) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(cut(text, max)).into()
}

/// A row of buttons, the first of them marked; nothing for none.
pub fn actions(buttons: &[Button], primary: bool) -> Option<SlackBlock> {
    if buttons.is_empty() {
        return None;
    }
    let elements = buttons
        .iter()
        .enumerate()
        .map(|(i, b)| SlackActionBlockElement::Button(button(b, primary && i == 0, i)))
        .collect();
    Some(SlackActionsBlock::new(elements).into())
}

/// A row of buttons, with the rarer ones in a menu behind them.
pub fn actions_and_menu(buttons: &[Button], menu: &[Button]) -> SlackBlock {
    let mut elements: Vec<SlackActionBlockElement> =
        buttons.iter().enumerate().map(|(i, b)| SlackActionBlockElement::Button(button(b, false, i))).collect();
    // An option holds 150 characters.
    let option = |b: &Button| Some(SlackBlockChoiceItem::new(plain(&b.label, 75), b.action.value()?));
    let options: Vec<SlackBlockChoiceItem<SlackBlockPlainTextOnly>> = menu.iter().filter_map(option).collect();
    if let Some(first) = menu.first() {
        let id = format!("{}#menu", first.action.action_id());
        elements
            .push(SlackActionBlockElement::Overflow(SlackBlockOverflowElement::new(options).with_action_id(id.into())));
    }
    SlackActionsBlock::new(elements).into()
}

/// Action ids must differ within a block, so the position follows the kind.
fn button(b: &Button, primary: bool, at: usize) -> SlackBlockButtonElement {
    let id = format!("{}#{at}", b.action.action_id());
    let mut element = SlackBlockButtonElement::new(plain(&b.label, 75)).with_action_id(id.into());
    if let Some(value) = b.action.value() {
        element = element.with_value(value);
    }
    if let Some(asked) = b.action.confirmation() {
        let text: SlackBlockText = SlackBlockPlainText::new(cut(asked.text, 300)).into();
        let confirm =
            SlackBlockConfirmItem::new(plain(asked.title, 100), text, plain(&b.label, 30), plain("Cancel", 30));
        element = element.with_confirm(confirm);
    }
    if matches!(b.action, BlockAction::CancelNow { .. }) {
        return element.with_style(SlackBlockButtonStyle::Danger);
    }
    // Of these answers none is recommended.
    let is_choice = matches!(b.action, BlockAction::Share { .. } | BlockAction::FileNote { .. });
    if primary && !is_choice { element.with_style(SlackBlockButtonStyle::Primary) } else { element }
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub enum Bit {
    Text(String),
    Bold(String),
    Italic(String),
    User(UserId),
    /// Its name, without colons.
    Emoji(String),
    /// An address of Slack's own or of a ticket, and its label.
    Link(String, String),
}

/// A line of a list.
pub type Line = Vec<Bit>;

/// A bullet or numbered list. Rich text is not parsed by Slack: foreign text stays text.
pub fn list(lines: Vec<Line>, numbered: bool) -> SlackRichTextElement {
    let style = if numbered { SlackRichTextListStyle::Ordered } else { SlackRichTextListStyle::Bullet };
    let items = lines.into_iter().map(|line| SlackRichTextListElement::Section(rich_section(line))).collect();
    SlackRichTextList::new(style, items).into()
}

/// The same, one step further in.
pub fn sublist(lines: Vec<Line>) -> SlackRichTextElement {
    let items = lines.into_iter().map(|line| SlackRichTextListElement::Section(rich_section(line))).collect();
    SlackRichTextList::new(SlackRichTextListStyle::Bullet, items).with_indent(1).into()
}

/// A paragraph of rich text.
pub fn paragraph(line: Line) -> SlackRichTextElement {
    rich_section(line).into()
}

/// A block of rich text.
pub fn rich(elements: Vec<SlackRichTextElement>) -> SlackBlock {
    SlackRichTextBlock::new(elements).into()
}

fn rich_section(line: Line) -> SlackRichTextSection {
    let mut bits: Vec<SlackRichTextInlineElement> = line.into_iter().flat_map(emoji_apart).filter_map(inline).collect();
    if bits.is_empty() {
        bits.push("–".into());
    }
    SlackRichTextSection::new(bits)
}

/// Slack shows a code such as `:tada:` in a text element as letters: it has an element of its own.
/// <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block#emoji-element-type>
fn emoji_apart(bit: Bit) -> Vec<Bit> {
    let apart = |text: &str, words: fn(String) -> Bit| -> Vec<Bit> {
        let bit = |piece| match piece {
            Piece::Words(text) => words(text),
            Piece::Emoji(name) => Bit::Emoji(name),
        };
        emoji::split(text).into_iter().map(bit).collect()
    };
    match bit {
        Bit::Text(text) => apart(&text, Bit::Text),
        Bit::Bold(text) => apart(&text, Bit::Bold),
        Bit::Italic(text) => apart(&text, Bit::Italic),
        Bit::Emoji(_) | Bit::User(_) | Bit::Link(..) => vec![bit],
    }
}

fn inline(bit: Bit) -> Option<SlackRichTextInlineElement> {
    let text = |t: String| Some(SlackRichTextText::new(clean(&t))).filter(|t| !t.text.is_empty());
    Some(match bit {
        Bit::Text(t) => text(t)?.into(),
        Bit::Bold(t) => text(t)?.bold().into(),
        Bit::Italic(t) => text(t)?.italic().into(),
        Bit::User(user) if user.as_str().starts_with(lookback_core::text::GONE) => {
            text(lookback_core::text::mention(&user))?.into()
        }
        Bit::Link(address, label) => {
            SlackRichTextLink::new(url::Url::parse(&address).ok()?.into()).with_text(label).into()
        }
        Bit::Emoji(name) => SlackRichTextEmoji::new(name.into()).into(),
        Bit::User(user) => SlackRichTextUser::new(user.0.into()).into(),
    })
}

/// A modal with a form. `title`, `submit` and `close` hold 24 characters.
pub fn modal(
    title: &str,
    submit: &str,
    close: &str,
    form: &lookback_core::interaction::Form,
    blocks: Vec<SlackBlock>,
) -> SlackView {
    SlackView::Modal(
        SlackModalView::new(plain(title, 24), blocks)
            .with_submit(plain(submit, 24))
            .with_close(plain(close, 24))
            .with_callback_id("v1".into())
            .with_private_metadata(form.metadata()),
    )
}

/// A modal that only says something.
pub fn notice(title: &str, mrkdwn: &str) -> SlackView {
    SlackView::Modal(SlackModalView::new(plain(title, 24), vec![section(mrkdwn)]).with_close(plain("Close", 24)))
}
