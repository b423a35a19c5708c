//! Text of other people on its way to Slack or to a document: the one way out.
//!
//! Rule: a string that a person typed reaches a message only through [`esc`] (mrkdwn, fallback
//! text), a plain or rich-text element (which Slack does not parse; see `slack::view::blocks`), or
//! [`markdown`] (documents). Nothing is ever cut by byte.

use crate::ids::UserId;

/// Escapes `&`, `<` and `>`, the three characters that Slack asks for, after [`clean`]: mentions,
/// links, channel names and dates become what they look like.
/// <https://docs.slack.dev/messaging/formatting-message-text>
pub fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// Undoes [`esc`]'s three entities: Slack sends what people type with them.
pub fn unesc(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Drops control characters and the marks that reorder the text around them (bidirectional
/// overrides and isolates); letters of every script, emoji and line breaks stay.
pub fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter(|c| {
            *c == '\n'
                || *c == '\t'
                || !(c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        })
        .collect()
}

/// At most `max` characters, the last being `…` where something was cut.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// One line of Markdown that shows `text` and nothing else: no links, no HTML, no headings.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '&' => out.push_str("&amp;"),
            '#' | '+' | '-' | '=' if out.is_empty() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // A bare address would become a link in most renderers.
    out.replace("://", "\\://").replace("www.", "www\\.")
}

/// `retrospective-v2.1.0.md`: what no file system likes is replaced.
pub fn file_name(version: &str, ending: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    format!("retrospective-{}.{ending}", version.chars().map(safe).collect::<String>())
}

/// `1 answer`, `2 answers`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `*v2.1.0*`, escaped.
pub fn bold(version: &str) -> String {
    format!("*{}*", esc(version))
}

/// What the id of a person who was erased begins with.
pub const GONE: &str = "gone-";

/// `<https://…|OPS-12>`, escaped. A bar would end the label.
/// <https://docs.slack.dev/messaging/formatting-message-text#linking-urls>
pub fn link(address: &str, label: &str) -> String {
    format!("<{}|{}>", esc(address), esc(label).replace('|', "¦"))
}

/// `<@U1>`; somebody who was erased has no name.
pub fn mention(user: &UserId) -> String {
    if user.as_str().starts_with(GONE) { "someone who left".to_owned() } else { format!("<@{}>", user.as_str()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mentions_and_links_become_text() {
        assert_eq!(esc("<!channel> <https://evil|bank> &lt;"), "&lt;!channel&gt; &lt;https://evil|bank&gt; &amp;lt;");
        assert_eq!(clean("a\u{202e}b\u{0}c\r\nd"), "abc\nd");
    }

    #[test]
    fn markdown_has_no_link_and_no_heading() {
        assert_eq!(markdown("# [x](https://e) <b>"), "\\# \\[x\\](https\\://e) \\<b\\>");
    }

    proptest! {
        #[test]
        fn nothing_active_survives(text in any::<String>()) {
            let out = esc(&text);
            prop_assert!(!out.contains('<') && !out.contains('>'));
            prop_assert_eq!(unesc(&out), clean(&text));
            prop_assert!(cut(&text, 7).chars().count() <= 7);
        }
    }
}
