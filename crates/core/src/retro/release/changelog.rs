//! What a release consists of, counted in a changelog or in release notes.
//!
//! Read are the sections of Keep a Changelog (<https://keepachangelog.com/en/1.1.0/>), those that tools make of Conventional
//! Commits, and the notes that GitHub generates.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::history::{Change, is_breaking, of_subject};
use super::plan::options;
use super::source::Figure;
use crate::model::version;

/// Why nothing was counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("it has no section for {0}: check the version")]
    NoSection(String),
    #[error("its section for {0} does not say which changes are features and which are fixes")]
    NoKinds(String),
}

/// What the items below a heading are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Below {
    Kind(Change),
    Breaking,
    /// The heading says nothing: each item may say it itself.
    Unsaid,
}

fn below(heading: &str) -> Below {
    let words: String = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect::<String>().to_lowercase();
    let is = |all: &[&str]| all.iter().any(|word| words.split_whitespace().any(|part| part == *word));
    // GitHub's notes begin with “What's Changed” and end with “New Contributors”.
    if is(&["contributors"]) {
        Below::Kind(Change::Other)
    } else if is(&["whats"]) {
        Below::Unsaid
    } else if is(&["breaking"]) {
        Below::Breaking
    } else if is(&["added", "features", "feature", "new", "enhancements", "enhancement"]) {
        Below::Kind(Change::Feature)
    } else if is(&["fixed", "fixes", "fix", "bug", "bugs", "bugfixes", "security"]) {
        Below::Kind(Change::Fix)
    } else if is(&["changed", "deprecated", "removed", "documentation", "maintenance", "dependencies"]) {
        Below::Kind(Change::Other)
    } else {
        Below::Unsaid
    }
}

/// Whether a heading names this version: `## [2.1.0] - 2026-11-18`, `# v2.1.0 (2026-11-18)`.
fn names(heading: &str, wanted: &str) -> bool {
    heading
        .split([' ', '(', '[', ']', ')', ','])
        .filter(|word| !word.is_empty())
        .any(|word| version::is_same(word, wanted))
}

/// What is gathered of one section.
#[derive(Default)]
struct Section {
    kinds: Vec<Change>,
    breaking: usize,
}

impl Section {
    fn item(&mut self, text: &str, below: Below) {
        let says = is_breaking(text) || text.to_lowercase().trim_start_matches(['[', '(']).starts_with("breaking");
        if says || below == Below::Breaking {
            self.breaking += 1;
        }
        match below {
            Below::Kind(kind) => self.kinds.push(kind),
            // It stands among the features or the fixes, too.
            Below::Breaking => {}
            Below::Unsaid => self.kinds.extend(of_subject(text)),
        }
    }
}

/// Counts what a changelog says of a release. Release notes without a heading of a version are about this one as a whole.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of pulldown-cmark")]
pub fn read(markdown: &str, wanted: &str, is_notes: bool) -> Result<BTreeMap<Figure, String>, Unread> {
    let mut found: Option<Section> = is_notes.then(Section::default);
    // The level of the heading that names the version, while its section lasts.
    let mut inside: Option<HeadingLevel> = is_notes.then_some(HeadingLevel::H1);
    let (mut heading, mut text) = (None, String::new());
    let (mut here, mut depth, mut counted) = (Below::Unsaid, 0_usize, false);
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some(level);
                text.clear();
            }
            Event::End(TagEnd::Heading(_)) => {
                let Some(level) = heading.take() else { continue };
                if names(&text, wanted) && !is_notes {
                    // A version stands once; what follows under the same name is not counted again.
                    inside = found.is_none().then_some(level);
                    found.get_or_insert_default();
                    here = Below::Unsaid;
                } else if inside.is_some_and(|of| level <= of) && !is_notes {
                    inside = None;
                } else {
                    here = below(&text);
                }
                text.clear();
            }
            Event::Start(Tag::List(_)) => {
                // What stands before a list within an item is the item.
                if depth == 1 && !counted && inside.is_some() {
                    found.iter_mut().for_each(|section| section.item(text.trim(), here));
                    counted = true;
                }
                depth += 1;
            }
            Event::End(TagEnd::List(_)) => depth = depth.saturating_sub(1),
            Event::Start(Tag::Item) if depth == 1 => {
                text.clear();
                counted = false;
            }
            Event::End(TagEnd::Item) if depth == 1 => {
                if inside.is_some() && !counted {
                    found.iter_mut().for_each(|section| section.item(text.trim(), here));
                }
                text.clear();
            }
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push('\n'),
            _ => {}
        }
    }
    let section = found.ok_or_else(|| Unread::NoSection(wanted.to_owned()))?;
    if section.kinds.iter().all(|kind| *kind == Change::Other) && section.breaking == 0 {
        return Err(Unread::NoKinds(wanted.to_owned()));
    }
    let of = |kind: Change| section.kinds.iter().filter(|found| **found == kind).count().to_string();
    Ok(BTreeMap::from([
        (Figure::Features, of(Change::Feature)),
        (Figure::BugFixes, of(Change::Fix)),
        (Figure::BreakingChanges, section.breaking.to_string()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(markdown: &str, version: &str) -> Result<[u64; 3], Unread> {
        let found = read(markdown, version, false)?;
        Ok([Figure::Features, Figure::BugFixes, Figure::BreakingChanges].map(|f| found[&f].parse().unwrap()))
    }

    const KEPT: &str = "# Changelog\n\n## [Unreleased]\n### Added\n- Not yet\n\n## [2.1.0] - 2026-11-18\n\n### Added\n- Invoices as PDF\n  - with a logo\n- Search\n\n### Changed\n- **Breaking**: the API pages\n\n### Fixed\n- Totals with two vouchers\n\n### Security\n* A header\n\n## [2.0.0] - 2026-10-28\n### Added\n- Old\n";

    #[test]
    fn keep_a_changelog_is_counted_by_its_sections() {
        for version in ["2.1.0", "v2.1.0"] {
            assert_eq!(counts(KEPT, version), Ok([2, 2, 1]), "{version}");
        }
        assert_eq!(counts(KEPT, "2.0.0"), Ok([1, 0, 0]));
        assert_eq!(counts(KEPT, "2.2.0"), Err(Unread::NoSection("2.2.0".into())));
        assert_eq!(counts("## 2.1.0\nJust words.\n", "2.1.0"), Err(Unread::NoKinds("2.1.0".into())));
        assert_eq!(counts("## 2.1.0\n### Changed\n- x\n", "2.1.0"), Err(Unread::NoKinds("2.1.0".into())));
    }

    #[test]
    fn what_tools_make_of_conventional_commits_is_counted() {
        let text = "# [2.1.0](https://github.com/acme/shop/compare/v2.0.0...v2.1.0) (2026-11-18)\n\n### Bug Fixes\n\n* **cart:** totals ([#12](https://x))\n\n### Features\n\n* **search:** suggestions\n* invoices\n\n### BREAKING CHANGES\n\n* **api:** pages begin at 1\n\n# [2.0.0](https://x) (2026-10-28)\n\n### Features\n\n* old\n";
        assert_eq!(counts(text, "v2.1.0"), Ok([2, 1, 1]));
    }

    #[test]
    fn the_notes_of_github_are_counted() {
        let notes = "## What's Changed\n* feat(search): suggestions by @sam in https://github.com/acme/shop/pull/1003\n* fix(cart)!: totals by @ben in https://x\n* Update the docs by @noor in https://x\n\n## New Contributors\n* @gil made their first contribution in https://x\n\n**Full Changelog**: https://x\n";
        let found = read(notes, "v2.1.0", true).unwrap();
        assert_eq!(
            [&found[&Figure::Features], &found[&Figure::BugFixes], &found[&Figure::BreakingChanges]],
            ["1", "1", "1"]
        );
        let labelled = "## What's Changed\n### Exciting New Features 🎉\n* Suggestions by @sam\n### Other Changes\n* Totals by @ben\n";
        let found = read(labelled, "v2.1.0", true).unwrap();
        assert_eq!([&found[&Figure::Features], &found[&Figure::BugFixes]], ["1", "0"]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,80}") {
            let _ = read(&text, "v1", false);
        }
    }
}
