//! YAML or JSON as a tree in which everything knows its line and column. JSON is read as the YAML that it is.
//!
//! References (`*x`) and tags are refused: release data needs neither, and both can make a small text large.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{Fault, Wrong};

/// Release data has three levels.
const DEEPEST: usize = 16;

/// No part of the document has so many.
const MOST_KEYS: usize = 100;

/// A place in the text, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    pub at: At,
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text or a number, as written; `None` for null.
    Scalar(Option<String>),
    Map(Vec<(String, At, Node)>),
    List(Vec<Node>),
}

/// Reads one document.
pub fn read(text: &str) -> Result<Node, Fault> {
    let json = text.trim_start().starts_with('{');
    // JSON writes what is beyond the basic plane as two escapes, which YAML does not know.
    let joined = if json { join_surrogates(text) } else { without_fence(text) };
    document(&joined, json).map_err(|mut fault| {
        // What is missing at the end is missing on the last line, not below it.
        let lines: Vec<&str> = joined.trim_end_matches(['\n', '\r']).split('\n').collect();
        if let Some(last) = lines.last().filter(|_| fault.at.line > lines.len()) {
            fault.at = At { line: lines.len(), column: last.trim_end_matches('\r').chars().count() + 1 };
        }
        fault
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of saphyr-parser")]
fn document(text: &str, json: bool) -> Result<Node, Fault> {
    let mut events = Events { parser: Parser::new_from_str(text), json };
    let mut node = None;
    loop {
        let (event, at) = events.next()?;
        match event {
            Event::StreamEnd => return node.ok_or(fault(At { line: 1, column: 1 }, Wrong::Empty)),
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            Event::DocumentStart(_) if node.is_some() => return Err(fault(at, Wrong::TwoDocuments)),
            Event::DocumentStart(_) => {
                let (event, at) = events.next()?;
                node = Some(events.node(event, at, 0)?);
            }
            _ => return Err(fault(at, Wrong::Syntax("unexpected content".into()))),
        }
    }
}

/// A value without quotes, and without what nobody sees: marks of no width, and spaces that do not break as plain ones.
fn visible(text: &str) -> String {
    let plain = |c| match c {
        '\u{200b}' | '\u{2060}' | '\u{feff}' => None,
        '\u{a0}' | '\u{202f}' | '\u{2007}' => Some(' '),
        c => Some(c),
    };
    text.chars().filter_map(plain).collect()
}

/// What nobody sees in a key, by its name.
pub fn unseen(key: &str) -> Option<&'static str> {
    key.chars().find_map(|c| match c {
        '\u{a0}' | '\u{202f}' | '\u{2007}' => Some("non-breaking spaces"),
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => Some("invisible characters"),
        '\u{ad}' => Some("soft hyphens"),
        '\u{2000}'..='\u{200a}' | '\u{3000}' => Some("unusual spaces"),
        _ => None,
    })
}

fn fault(at: At, wrong: Wrong) -> Fault {
    Fault { at, key: String::new(), wrong }
}

struct Events<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    json: bool,
}

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, At), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, At { line: span.start.line().max(1), column: span.start.col() + 1 })),
            Some(Err(error)) => {
                let at = At { line: error.marker().line().max(1), column: error.marker().col() + 1 };
                Err(fault(at, Wrong::Syntax(self.explain(error.info()))))
            }
            None => Ok((Event::StreamEnd, At { line: 1, column: 1 })),
        }
    }

    /// The parser's words, with what to do where that is known.
    fn explain(&self, info: &str) -> String {
        if info.contains("simple key") {
            return "a key needs a colon and a space before its value, such as `lead_time: 3 days`".to_owned();
        }
        let hint = if info.starts_with("tab") || info.contains(" tab") {
            "; use spaces, not tabs"
        } else if info.contains("block scalar") {
            "; a value that begins with > or | needs quotes, such as \">= 80%\""
        } else if info.contains("unexpected character") || info.contains("mapping values are not allowed") {
            "; a value with : @ ` or % at its beginning needs quotes"
        } else if info.contains("end of stream") || info.contains("expected ',' or") {
            if self.json { "; is the end of the file missing?" } else { "; is a bracket or a quote not closed?" }
        } else {
            ""
        };
        format!("{info}{hint}")
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of saphyr-parser")]
    fn node(&mut self, event: Event<'a>, at: At, depth: usize) -> Result<Node, Fault> {
        // Each level is a call: a small text could be deeper than the stack.
        if depth > DEEPEST {
            return Err(fault(at, Wrong::Syntax("this is nested too deeply".into())));
        }
        let value = match event {
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                return Err(fault(at, Wrong::Tag));
            }
            Event::Alias(_) => return Err(fault(at, Wrong::Reference)),
            Event::Scalar(text, style, ..) => {
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let plain = style == ScalarStyle::Plain;
                Value::Scalar((!null).then(|| if plain { visible(&text) } else { text.into_owned() }))
            }
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Value::List(list),
                        (event, at) => list.push(self.node(event, at, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut map: Vec<(String, At, Node)> = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    let key = match event {
                        Event::MappingEnd => break Value::Map(map),
                        Event::Scalar(text, _, _, None) => text.into_owned(),
                        _ => return Err(fault(at, Wrong::Syntax("a key has to be a word".into()))),
                    };
                    if map.len() > MOST_KEYS {
                        return Err(fault(at, Wrong::Syntax("there are too many keys here".into())));
                    }
                    if map.iter().any(|(k, ..)| *k == key) {
                        return Err(Fault { at, key, wrong: Wrong::Twice });
                    }
                    let (event, inner) = self.next()?;
                    let node = self.node(event, inner, depth + 1)?;
                    map.push((key, at, node));
                }
            }
            _ => return Err(fault(at, Wrong::Syntax("something is missing here".into()))),
        };
        Ok(Node { at, value })
    }
}

/// A block copied from a chat or a wiki has its fence around it. Its lines stay, empty, so that places are right.
fn without_fence(text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let is_some = |line: &&str| !line.trim().is_empty();
    let ends = [lines.iter().position(is_some), lines.iter().rposition(is_some)];
    let indent = |line: &str| line.len() - line.trim_start().len();
    // A fence that stands deeper belongs to a text over several lines.
    let outermost = ends[0].and_then(|at| lines.get(at)).map_or(0, |first| indent(first));
    for at in ends.into_iter().flatten() {
        let is_fence = |line: &&mut &str| indent(line) <= outermost && line.trim_start().starts_with("```");
        if let Some(line) = lines.get_mut(at).filter(is_fence) {
            *line = "";
        }
    }
    lines.join("\n")
}

/// `\ud83d\ude00` as the one escape that YAML has for it.
fn join_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let unit = |from: usize| escape.get(from..from + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let pair = match (unit(2), escape.get(6..8), unit(8)) {
            (Some(high), Some("\\u"), Some(low)) => char::decode_utf16([high, low]).next().and_then(Result::ok),
            _ => None,
        };
        // An escaped backslash before it makes it text.
        let escaped = before.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        match pair.filter(|c| u32::from(*c) > 0xffff && !escaped) {
            Some(c) => {
                out.push(c);
                rest = escape.get(12..).unwrap_or("");
            }
            None => {
                out.push_str("\\u");
                rest = escape.get(2..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn json_and_yaml_are_read_alike_with_places() {
        for text in ["{\n\t\"a\": [\"x\", null, \"\\ud83d\\ude00\"]}", "\n\ta: [x, ~, 😀]".replace('\t', "").as_str()]
        {
            let Value::Map(map) = read(text).unwrap().value else { panic!() };
            let [(key, at, Node { value: Value::List(list), .. })] = map.as_slice() else { panic!() };
            assert_eq!((key.as_str(), at.line), ("a", 2));
            let texts: Vec<Option<&str>> = list
                .iter()
                .map(|n| match &n.value {
                    Value::Scalar(t) => t.as_deref(),
                    _ => panic!(),
                })
                .collect();
            assert_eq!(texts, [Some("x"), None, Some("😀")]);
        }
    }

    #[test]
    fn what_cannot_be_read_says_where_and_what_to_do() {
        assert!(wrong("a: {b: 1").starts_with("line 1, column 9: "), "{}", wrong("a: {b: 1"));
        assert!(wrong("a: [1\r\n\r\n").starts_with("line 1, column 6: "), "{}", wrong("a: [1\r\n\r\n"));
        assert!(wrong("a: \"x").contains("is a bracket or a quote not closed?"));
        assert!(wrong("a:\n  target: >= 80%").starts_with("line 2, column 11: "));
        assert!(wrong("a:\n  target: >= 80%").contains("needs quotes"));
        assert_eq!(
            wrong("a: &x [1]\nb: *x"),
            "line 2, column 4: references (*) are not read here: write the value out."
        );
        assert_eq!(wrong("a: 1\n---\nb: 2"), "line 2, column 1: a second document begins here: one release at a time.");
        assert_eq!(wrong("a: 1\na: 2"), "line 2, column 1: `a` stands twice: keep one of them.");
        for deep in ["[", "- ", "? ", "a: {", "{a: "] {
            let said = wrong(&deep.repeat(50_000));
            assert!(
                said.contains("recursion") || said.contains("too deeply") || said.contains("cannot be read"),
                "{said}"
            );
        }
        assert!(wrong(&"- ".repeat(100_000)).contains("too deeply"));
        assert!(wrong("").contains("empty"));
        assert!(read("```yaml\nversion: v2.1.0\n```\n").is_ok());
        assert!(read("  ```yaml\n  version: v2.1.0\n  ```\n").is_ok());
        let plan = read("version: v2.1.0\nplan: |-\n  a\n  ```\n").unwrap();
        assert!(format!("{plan:?}").contains("a\\n```"), "{plan:?}");
        assert!(wrong("\n```\na: 1\na: 2\n```").starts_with("line 4, column 1: "));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,60}") {
            let _ = read(&text);
        }
    }
}
