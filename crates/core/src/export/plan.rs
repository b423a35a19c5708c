//! Fills the `## Retrospective` section of somebody else's Markdown. Pure.
//!
//! Rule: outside the section every byte stays as it was, whatever it is: line ends, a missing last one, bytes that
//! are not UTF-8. Only headings that Markdown itself takes for headings count, so code, comments, quotes and lists
//! are left in peace.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::retro::release::plan::options;

/// The name of the section.
pub const NAME: &str = "Retrospective";

/// The largest plan that is taken, in bytes.
pub const LARGEST: usize = 10_000_000;

/// Why a plan was left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("there is no section “## Retrospective”: add that line where the retrospective should stand")]
    NoSection,
    #[error("there are several sections “## Retrospective”, on lines {}: keep one of them", .0.iter().map(usize::to_string).collect::<Vec<_>>().join(" and "))]
    Several(Vec<usize>),
    #[error("it is a binary file (byte {0} is NUL): is it the right file?")]
    Binary(usize),
    /// It is too large to be a plan.
    #[error("it has {0} bytes, and a plan has at most {LARGEST}: is it the right file?")]
    Large(usize),
}

/// The plan with `body` as the content of its section.
pub fn patch(plan: &[u8], body: &str) -> Result<Vec<u8>, Unfit> {
    if plan.len() > LARGEST {
        return Err(Unfit::Large(plan.len()));
    }
    if let Some(at) = plan.iter().position(|b| *b == 0) {
        return Err(Unfit::Binary(at + 1));
    }
    let text = readable(plan);
    let section = section(&text)?;
    let end = line_end(&text, section.start);
    let mut out = plan.get(..section.start).unwrap_or_default().to_vec();
    // A heading that ends the file has no line end yet.
    if !out.ends_with(b"\n") && !out.ends_with(b"\r") {
        out.extend_from_slice(end.as_bytes());
    }
    let last = section.end >= plan.len();
    let mut lines: Vec<&str> = vec![""];
    lines.extend(body.trim_end().lines());
    // An indented heading after a list would become part of the list.
    if text.as_bytes().get(section.end) == Some(&b' ') {
        lines.extend(["", "<!-- -->"]);
    }
    let kept: Vec<&[u8]> = section.kept.iter().filter_map(|range| plan.get(range.clone())).collect();
    for line in lines {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(end.as_bytes());
    }
    for (i, definition) in kept.iter().enumerate() {
        if i == 0 {
            out.extend_from_slice(end.as_bytes());
        }
        out.extend_from_slice(definition.trim_ascii_end());
        out.extend_from_slice(end.as_bytes());
    }
    if last {
        let ended = plan.ends_with(b"\n") || plan.ends_with(b"\r");
        if !ended {
            out.truncate(out.len() - end.len());
        }
    } else {
        out.extend_from_slice(end.as_bytes());
        out.extend_from_slice(plan.get(section.end..).unwrap_or_default());
    }
    Ok(out)
}

/// As text of the same length: what is not UTF-8, and a byte order mark, is replaced byte by byte.
fn readable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").map_or(bytes, |rest| {
        out.push_str("   ");
        rest
    });
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return out;
            }
            Err(error) => {
                let (valid, broken) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
                out.push_str(&String::from_utf8_lossy(valid));
                let bad = error.error_len().unwrap_or(broken.len());
                out.extend(std::iter::repeat_n('?', bad));
                rest = broken.get(bad..).unwrap_or_default();
            }
        }
    }
}

struct Section {
    /// The first byte below the heading.
    start: usize,
    /// The first byte after the section: the next heading of its level or above, or the end.
    end: usize,
    /// Definitions of links and footnotes within it: the rest of the plan may use them.
    kept: Vec<std::ops::Range<usize>>,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of pulldown-cmark")]
fn section(text: &str) -> Result<Section, Unfit> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut ends: Vec<(usize, usize)> = Vec::new();
    // What a heading stands in: one in a list or a quote is part of that.
    let (mut depth, mut title, mut level) = (0usize, String::new(), None);
    let mut notes: Vec<std::ops::Range<usize>> = Vec::new();
    let mut parser = Parser::new_ext(text, options() | Options::ENABLE_FOOTNOTES).into_offset_iter();
    for (event, range) in parser.by_ref() {
        match event {
            Event::Start(Tag::Heading { level: at, .. }) if depth == 0 => {
                level = Some(at);
                title.clear();
            }
            Event::End(TagEnd::Heading(_)) => {
                let Some(at) = level.take() else { continue };
                if at > HeadingLevel::H2 {
                    continue;
                }
                if at == HeadingLevel::H2 && title.trim().eq_ignore_ascii_case(NAME) {
                    found.push((range.start, range.end));
                }
                ends.push((range.start, range.end));
            }
            Event::Text(t) | Event::Code(t) if level.is_some() => title.push_str(&t),
            Event::Start(Tag::FootnoteDefinition(_)) => {
                if depth == 0 {
                    notes.push(range);
                }
                depth += 1;
            }
            Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::Item) => depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item | TagEnd::FootnoteDefinition) => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    let (heading, start) = match found.as_slice() {
        [] => return Err(Unfit::NoSection),
        [one] => *one,
        several => return Err(Unfit::Several(several.iter().map(|(at, _)| line_of(text, *at)).collect())),
    };
    let start = below(text, start);
    let next = ends.iter().map(|(at, _)| *at).find(|at| *at > heading);
    // A heading may be indented: its line begins before it.
    let end = next.map_or(text.len(), |at| line_start(text, at)).max(start);
    let mut kept: Vec<std::ops::Range<usize>> = parser
        .reference_definitions()
        .iter()
        .map(|(_, def)| def.span.clone())
        .chain(notes)
        .filter(|span| span.start >= start && span.end <= end)
        .collect();
    kept.sort_by_key(|span| span.start);
    Ok(Section { start, end, kept })
}

/// The first byte after the line in which `at` stands, or at `at` if a line begins there.
fn below(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    if before.ends_with(b"\n") || (before.ends_with(b"\r") && text.as_bytes().get(at) != Some(&b'\n')) {
        return at;
    }
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    match rest.iter().position(|b| matches!(b, b'\n' | b'\r')) {
        Some(n) if rest.get(n) == Some(&b'\r') && rest.get(n + 1) == Some(&b'\n') => at + n + 2,
        Some(n) => at + n + 1,
        None => text.len(),
    }
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(0, |n| n + 1)
}

/// From 1.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default().replace("\r\n", "\n");
    before.matches(['\n', '\r']).count() + 1
}

/// How lines end at the heading, else in most of the file.
fn line_end(text: &str, at: usize) -> &'static str {
    let before = text.get(..at).unwrap_or_default();
    if before.ends_with("\r\n") {
        return "\r\n";
    }
    if before.ends_with('\n') {
        return "\n";
    }
    if before.ends_with('\r') {
        return "\r";
    }
    let crlf = text.matches("\r\n").count();
    let lf = text.matches('\n').count() - crlf;
    let cr = text.matches('\r').count() - crlf;
    if crlf > lf && crlf >= cr {
        "\r\n"
    } else if cr > lf {
        "\r"
    } else {
        "\n"
    }
}
