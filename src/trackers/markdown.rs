//! The text of a ticket as Markdown, for GitHub and Linear.
//!
//! Rule: what people typed is shown as they typed it and does nothing: no mention, no link to an issue, no closing word, no
//! address, no HTML, no heading, list, table or code. Line breaks stay.

use lookback_core::model::ticket::Part;
use lookback_core::text::clean;

/// Has no width and is no letter. A backslash would not do: both trackers look for mentions and numbers in the text that
/// the backslash was taken from.
const GAP: char = '\u{200b}';

/// The parts as paragraphs; empty ones are left out.
pub fn body(parts: &[Part]) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Text(text) => inert(text),
        Part::Link { label, url } => link(label, url),
    });
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// A link of ours; only its label where the address is no web address.
fn link(label: &str, url: &str) -> String {
    let label = inert_line(clean(label).replace(['\n', '\t'], " ").trim());
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return label;
    }
    // <https://spec.commonmark.org/0.31.2/#link-destination>
    let mut safe = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '(' => safe.push_str("%28"),
            ')' => safe.push_str("%29"),
            '<' => safe.push_str("%3C"),
            '>' => safe.push_str("%3E"),
            '\\' => safe.push_str("%5C"),
            '&' => safe.push_str("&amp;"),
            c => safe.push(c),
        }
    }
    if label.is_empty() { String::new() } else { format!("[{label}]({safe})") }
}

/// Words that people typed. Two spaces at the end of a line keep its break in every dialect.
fn inert(text: &str) -> String {
    let text = clean(text);
    let lines: Vec<String> = text.lines().map(|line| inert_line(line.replace('\t', " ").trim())).collect();
    let mut out = String::with_capacity(text.len());
    for (line, next) in lines.iter().zip(lines.iter().skip(1).map(Some).chain([None])) {
        out.push_str(line);
        match next {
            Some(next) if line.is_empty() || next.is_empty() => out.push('\n'),
            Some(_) => out.push_str("  \n"),
            None => {}
        }
    }
    out.trim_matches('\n').to_owned()
}

/// One line without white space around it.
fn inert_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / 8);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let rest = chars.as_str();
        let until = line.get(..line.len().saturating_sub(rest.len())).unwrap_or_default();
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => {
                if is_markup(c, until, rest) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        if is_live(c, until, rest) {
            out.push(GAP);
        }
    }
    out
}

/// Whether a character would format the text: anywhere, or as the beginning of a line (heading, underline, list, table).
/// `until` ends with it, `rest` follows.
fn is_markup(c: char, until: &str, rest: &str) -> bool {
    let is_first = until.len() == c.len_utf8();
    match c {
        '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => true,
        '#' | '+' | '-' | '=' | ':' => is_first,
        '.' | ')' => {
            let number = until.strip_suffix(c).unwrap_or_default();
            let ends_word = !rest.starts_with(|c: char| !c.is_whitespace());
            ends_word && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether a character would make what follows a mention, a number of an issue or an address.
/// <https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls>
fn is_live(c: char, until: &str, rest: &str) -> bool {
    match c {
        '@' | '#' => rest.starts_with(|c: char| !c.is_whitespace()),
        ':' => rest.starts_with("//"),
        'w' | 'W' => rest.starts_with('.') && before(until, "www").is_some(),
        '-' => {
            let word = before(until, "gh-");
            let is_word = word.is_some_and(|w| !w.ends_with(|c: char| c.is_ascii_alphanumeric()));
            is_word && rest.starts_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// What stands before `end`, if the text ends so in whatever case.
fn before<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len())?;
    text.get(at..)?.eq_ignore_ascii_case(end).then(|| text.get(..at))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        body(&[Part::Text(text.to_owned())]).replace(GAP, "^")
    }

    #[test]
    fn nothing_that_people_type_is_live() {
        for (typed, is) in [
            ("ask @ben and @acme/ops", "ask @^ben and @^acme/ops"),
            ("ben@example.com", "ben@^example.com"),
            ("meet @ 5, C# too", "meet @ 5, C# too"),
            ("fixes #12", "fixes #^12"),
            ("closes acme/shop#3, GH-4 gh-5", "closes acme/shop#^3, GH-^4 gh-^5"),
            ("high-5 UTF-8", "high-5 UTF-8"),
            ("see https://evil.example/x?a&b", "see https:^//evil.example/x?a&amp;b"),
            ("HTTP://a WWW.b www.c mailto:d@e", "HTTP:^//a WWW^.b www^.c mailto:d@^e"),
            ("<img src=x> <!-- lookback:1 --> &lt;", "&lt;img src=x&gt; &lt;!-- lookback:1 --&gt; &amp;lt;"),
            ("[a](b) ![c][d]", "\\[a\\](b) !\\[c\\]\\[d\\]"),
            ("`a` *b* _c_ ~~d~~ e|f \\g", "\\`a\\` \\*b\\* \\_c\\_ \\~\\~d\\~\\~ e\\|f \\\\g"),
        ] {
            assert_eq!(of(typed), is, "{typed}");
        }
    }

    #[test]
    fn a_line_does_not_begin_a_block() {
        for (typed, is) in [
            ("# a", "\\# a"),
            ("##a", "\\#^#^a"),
            ("a\n===", "a  \n\\==="),
            ("a\n---", "a  \n\\---"),
            ("- a\n+ b\n* c", "\\- a  \n\\+ b  \n\\* c"),
            ("1. a\n23) b\n4.", "1\\. a  \n23\\) b  \n4\\."),
            ("1.5 hours (2) v2.1.0", "1.5 hours (2) v2.1.0"),
            ("a\n:-:", "a  \n\\:-:"),
            ("```\nrm\n~~~", "\\`\\`\\`  \nrm  \n\\~\\~\\~"),
            ("    code\n\tcode", "code  \ncode"),
            ("> quote", "&gt; quote"),
        ] {
            assert_eq!(of(typed), is, "{typed}");
        }
    }

    #[test]
    fn line_breaks_and_paragraphs_stay() {
        assert_eq!(of("\n a\r\nb\n\n\u{202e}c \n"), "a  \nb\n\nc");
        let parts = [Part::Text("a".into()), Part::Text(" \n ".into()), Part::Text("b".into())];
        assert_eq!(body(&parts), "a\n\nb");
        assert_eq!(body(&[]), "");
        assert_eq!(of("größer 漢字 👩‍👩‍👧"), "größer 漢字 👩‍👩‍👧");
    }

    #[test]
    fn links_are_ours() {
        let of = |label: &str, url: &str| {
            let part = Part::Link { label: label.to_owned(), url: url.to_owned() };
            body(&[part]).replace(GAP, "^")
        };
        assert_eq!(of("Item #3", "https://a.example/x?b=1#c"), "[Item #^3](https://a.example/x?b=1#c)");
        assert_eq!(of("a]\n(b", "https://a/(b)\\<c>"), "[a\\] (b](https://a/%28b%29%5C%3Cc%3E)");
        for url in ["javascript:alert(1)", "https://a b", "", "ftp://a"] {
            assert_eq!(of("a", url), "a", "{url}");
        }
        assert_eq!(of("", "https://a"), "");
    }
}
