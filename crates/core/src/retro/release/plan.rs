//! The release plan, as Markdown: what it assumed, and which risks it saw.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::text::cut;

/// What a plan says that can be looked back at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// What might have happened.
    pub risks: Vec<String>,
}

/// As many of each are shown.
const MOST: usize = 20;
/// Characters of each.
const LONGEST: usize = 200;

/// What Markdown is read with: what people write in plans, nothing that changes what a heading is.
pub fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
}

/// Whether a plan is the address of one: it cannot be looked into then.
pub fn is_address(plan: &str) -> bool {
    (plan.starts_with("https://") || plan.starts_with("http://")) && !plan.contains(char::is_whitespace)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Assumptions,
    Risks,
}

/// Reads the lists and tables below headings that speak of assumptions and risks.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of pulldown-cmark")]
pub fn read(markdown: &str) -> Plan {
    let mut plan = Plan::default();
    let mut section: Option<(Kind, HeadingLevel)> = None;
    // The text that is being gathered, and for what.
    let mut text = String::new();
    let (mut heading, mut depth, mut in_head) = (None, 0usize, false);
    let mut cells: Vec<String> = Vec::new();
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some(level);
                text.clear();
            }
            Event::End(TagEnd::Heading(_)) => {
                let Some(level) = heading.take() else { continue };
                if section.is_none_or(|(_, of)| level <= of) {
                    section = kind(&text).map(|kind| (kind, level));
                }
                text.clear();
            }
            Event::Start(Tag::Item) => {
                depth += 1;
                if depth == 1 {
                    text.clear();
                }
            }
            Event::End(TagEnd::Item) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    plan.take(section, &text);
                    text.clear();
                }
            }
            // What stands deeper is told in one line with what it belongs to.
            Event::Start(Tag::List(_) | Tag::Paragraph) if depth > 0 && !text.is_empty() => text.push_str(": "),
            Event::Start(Tag::TableHead) => in_head = true,
            Event::End(TagEnd::TableHead) => {
                in_head = false;
                cells.clear();
            }
            Event::Start(Tag::TableCell) => text.clear(),
            Event::End(TagEnd::TableCell) => cells.push(std::mem::take(&mut text)),
            Event::End(TagEnd::TableRow) if !in_head => {
                plan.take(section, named(&cells));
                cells.clear();
            }
            Event::Text(t) | Event::Code(t) => text.push_str(&t),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    plan
}

impl Plan {
    fn take(&mut self, section: Option<(Kind, HeadingLevel)>, text: &str) {
        let list = match section {
            Some((Kind::Assumptions, _)) => &mut self.assumptions,
            Some((Kind::Risks, _)) => &mut self.risks,
            None => return,
        };
        let text = crate::text::clean(text).replace(['\n', '\t'], " ");
        let text = cut(text.trim().trim_end_matches(':').trim_end(), LONGEST);
        if !text.is_empty() && list.len() < MOST && !list.contains(&text) {
            list.push(text);
        }
    }
}

/// What a section is about.
fn kind(heading: &str) -> Option<Kind> {
    let words: Vec<String> = heading.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let has = |stem: &str| words.iter().any(|w| w.trim_end_matches('s') == stem);
    if has("assumption") {
        Some(Kind::Assumptions)
    } else if has("risk") {
        Some(Kind::Risks)
    } else {
        None
    }
}

/// The cell that names a row: the first that is not its number.
fn named(cells: &[String]) -> &str {
    let is_number = |cell: &&String| {
        let cell = cell.trim().trim_start_matches(['#', 'R', 'r', 'A', 'a', '-']);
        cell.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    cells.iter().find(|c| !is_number(c)).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_tables_below_their_headings_are_found() {
        let plan = read(
            "# Plan v2.1.0\n\n- not this\n\n## 3. Assumptions\n\n1. Staging has *production* data\n2. [x] Nobody deploys on Friday\n   - not even ops\n\n### Deeper\n- still an assumption\n\n## Risks & Mitigations\n\n| # | Risk | Impact |\n|---|---|---|\n| R1 | Migration is slow | high |\n| 2 | `smoke` tests flake | low |\n\n```\n## Risks\n- no risk\n```\n\n## Timeline\n- nor this\n",
        );
        assert_eq!(
            plan.assumptions,
            ["Staging has production data", "Nobody deploys on Friday: not even ops", "still an assumption"]
        );
        assert_eq!(plan.risks, ["Migration is slow", "smoke tests flake"]);
        assert_eq!(read("no headings\n- a"), Plan::default());
        assert!(is_address("https://wiki/plan.md") && !is_address("# Plan\nhttps://wiki"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(# Risks\n)?[\\PC\n|#-]{0,80}") {
            let _ = read(&text);
        }
    }
}
