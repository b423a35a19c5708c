//! Odd Markdown of other people: the section is filled, every other byte stays as it was.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use lookback_core::export::plan::{Unfit, patch};

const BODY: &str = "**Meeting Date**: today\n\n### What Went Well ✅\n\n1. Calm\n";

/// A plan in which `⟦…⟧` marks what the section holds; without a mark at its end it runs to the end of the file.
struct Plan(&'static str, Vec<u8>);

fn text(name: &'static str, plan: &str) -> Plan {
    Plan(name, plan.as_bytes().to_vec())
}

fn plans() -> Vec<Plan> {
    let crlf = |plan: &str| plan.replace('\n', "\r\n");
    let cr = |plan: &str| plan.replace('\n', "\r");
    let bytes = |parts: &[&[u8]]| parts.concat();
    vec![
        text(
            "the template of the release process",
            "# Release Plan v2.1.0\n\n## Timeline\n\n| a | b |\n|---|---|\n\n## Retrospective\n⟦\n**Meeting Date**: [Date]\n**Participants**: [List]\n\n### Release Summary\n- Deployment Success: [Success]\n\n⟧## Appendix\n\nEnd.\n",
        ),
        text("the section alone", "## Retrospective\n⟦⟧"),
        text("without a last line end", "# Plan\n\n## Retrospective\n⟦old⟧"),
        text("a heading that ends the file", "# Plan\n\n## Retrospective⟦⟧"),
        text("the last section", "# Plan\n\n## Retrospective\n⟦\nold\n\n\n⟧"),
        text("an empty section", "## Retrospective\n⟦⟧## Next\n"),
        text("nested headings", "## Retrospective\n⟦### A\n#### B\n##### C\n###### D\n⟧## Next\n"),
        text("a heading above", "# Part one\n## Retrospective\n⟦x\n⟧# Part two\ny\n"),
        Plan("Windows line ends", crlf("# Plan\n\n## Retrospective\n⟦\nold\n\n⟧## Next\nx\n").into_bytes()),
        Plan("Windows line ends without a last one", crlf("# Plan\n## Retrospective\n⟦old⟧").into_bytes()),
        Plan("old Macintosh line ends", cr("# Plan\n\n## Retrospective\n⟦\nold\n\n⟧## Next\nx\n").into_bytes()),
        text("mixed line ends", "# Plan\r\n\r\nText\n\n## Retrospective\r\n⟦old\r\n\n⟧## Next\nx\r\ny\n"),
        text("mixed line ends, the heading ends with one", "# Plan\r\n\r\na\r\n## Retrospective\n⟦old\r\n⟧## Next\r\n"),
        text(
            "a code fence with the heading in it",
            "# Plan\n\n```markdown\n## Retrospective\n```\n\n## Retrospective\n⟦x\n⟧## Next\n",
        ),
        text("a fence of tildes", "~~~\n## Retrospective\n~~~\n## Retrospective\n⟦⟧"),
        text("a fence within the section", "## Retrospective\n⟦```\n## Not a heading\n```\nrest\n⟧## Next\n"),
        text(
            "a longer fence around a shorter one",
            "````\n```\n## Retrospective\n```\n````\n\n## Retrospective\n⟦a\n⟧",
        ),
        text("indented code", "# Plan\n\n    ## Retrospective\n\n## Retrospective\n⟦x\n⟧## Next\n"),
        text(
            "a comment",
            "<!--\n## Retrospective\n-->\n\n## Retrospective\n⟦<!-- fill this in\n## Not a heading\n-->\n⟧## Next\n",
        ),
        text("a quote", "> ## Retrospective\n> said\n\n## Retrospective\n⟦> ## Quoted\n\n⟧## Next\n"),
        text("a list", "- item\n\n  ## Retrospective\n\n## Retrospective\n⟦x\n⟧"),
        text("underlined headings", "Plan\n====\n\nRetrospective\n-------------\n⟦\nold\n\nDeeper\n\n⟧Next\n----\nx\n"),
        text("a closing sequence", "## Retrospective ##\n⟦old\n⟧## Next ##\n"),
        text("in capitals", "## RETROSPECTIVE\n⟦old\n⟧## Next\n"),
        text("in bold", "## **Retrospective**\n⟦old\n⟧## Next\n"),
        text("indented by three", "   ## Retrospective\n⟦old\n⟧   ## Next\n"),
        text("spaces at the end", "## Retrospective   \n⟦old\n⟧## Next   \n"),
        text(
            "other sections that name it",
            "## Retrospective notes\nkeep\n\n## Before the Retrospective\nkeep\n\n## Retrospective\n⟦x\n⟧",
        ),
        text("front matter", "---\ntitle: Plan\n# Retrospective\n---\n\n## Retrospective\n⟦x\n⟧## Next\n"),
        text("a rule is no front matter", "# Plan\n\n---\n\n## Retrospective\n⟦x\n\n---\n\n⟧## Next\n"),
        text(
            "HTML around it",
            "<details>\n<summary>More</summary>\n\n## Retrospective\n⟦x\n\n⟧## Next\n\n</details>\n",
        ),
        text("an HTML heading", "<h2>Retrospective</h2>\n\n## Retrospective\n⟦x\n⟧"),
        text("other scripts", "# 計画 🚀\n\n## Ретроспектива\nне эта\n\n## Retrospective\n⟦古い\n⟧## 次\n終わり\n"),
        text("emoji and combining marks", "# e\u{301}👩‍👩‍👧\n## Retrospective\n⟦x\n⟧## 👋🏽\n"),
        Plan("a byte order mark", bytes(&[b"\xef\xbb\xbf## Retrospective\n", "⟦x\n⟧".as_bytes(), b"## Next\n"])),
        Plan(
            "Latin-1",
            bytes(&[
                b"# Gr\xfc\xdfe\n\n## Retrospective\n",
                "⟦".as_bytes(),
                b"alt \xe4\n",
                "⟧".as_bytes(),
                b"## N\xe4chste\n\xff\xfe\n",
            ]),
        ),
        Plan("a cut character at the end", bytes(&[b"## Retrospective\n", "⟦x\n⟧".as_bytes(), b"## Next\n\xe2\x82"])),
        text("tabs", "#\tPlan\n\n##\tRetrospective\n⟦\told\n⟧##\tNext\n"),
        text(
            "a table",
            "| Retrospective |\n|---|\n| ## Retrospective |\n\n## Retrospective\n⟦| a |\n|---|\n| ## b |\n\n⟧## Next\n",
        ),
        text("an escaped heading", "\\## Retrospective\n\n## Retrospective\n⟦\\## Not one\n⟧## Next\n"),
        text("seven signs are no heading", "####### Retrospective\n\n## Retrospective\n⟦x\n\n##Next\n\n⟧## Next\n"),
        text("links defined before", "[a]: https://a.example\n\nSee [a].\n\n## Retrospective\n⟦x\n⟧## Next\n[a]\n"),
        text("trailing blank lines", "# Plan\n\n## Retrospective\n⟦x\n\n\n\n⟧## Next\n\n\n\n"),
        text("a paragraph above without a blank line", "text\n## Retrospective\n⟦text\n⟧## Next\ntext\n"),
        text("code in the heading", "## `Retrospective`\n⟦x\n⟧"),
    ]
}

fn find(bytes: &[u8], mark: &str) -> usize {
    bytes.windows(mark.len()).position(|w| w == mark.as_bytes()).unwrap()
}

#[test]
fn every_byte_outside_the_section_stays() {
    let plans = plans();
    assert!(plans.len() >= 40, "{}", plans.len());
    for Plan(name, marked) in plans {
        let (open, close) = (find(&marked, "⟦"), find(&marked, "⟧"));
        let before = &marked[..open];
        let inside = &marked[open + "⟦".len()..close];
        let after = &marked[close + "⟧".len()..];
        let plan = [before, inside, after].concat();
        let filled = patch(&plan, BODY).unwrap_or_else(|e| panic!("{name}: {e}"));
        let shown = || String::from_utf8_lossy(&filled).into_owned();
        assert!(filled.starts_with(before), "{name}: {}", shown());
        assert!(filled.ends_with(after), "{name}: {}", shown());
        let section = &filled[before.len()..filled.len() - after.len()];
        let section = String::from_utf8(section.to_vec()).unwrap();
        // The section is filled, with the line ends of its heading.
        let end = match before {
            b if b.ends_with(b"\r\n") => "\r\n",
            b if b.ends_with(b"\r") => "\r",
            _ => "\n",
        };
        let section = section.replace(&format!("{end}{end}<!-- -->"), "");
        let lines: Vec<&str> = section.trim().split(end).collect();
        assert_eq!(lines, BODY.trim().split('\n').collect::<Vec<_>>(), "{name}: {section:?}");
        assert!(end != "\n" || !section.contains('\r'), "{name}: {section:?}");
        // The last line end is as it was.
        let ended = |b: &[u8]| b.ends_with(b"\n") || b.ends_with(b"\r");
        assert_eq!(ended(&filled), ended(&plan), "{name}: {}", shown());
        assert_eq!(patch(&filled, BODY).unwrap(), filled, "{name}: not the same when done again");
        // Another body changes only the section.
        let other = patch(&filled, "other").unwrap();
        assert!(other.starts_with(before) && other.ends_with(after), "{name}");
        assert_eq!(patch(&other, BODY).unwrap(), filled, "{name}: not the way back");
    }
}

#[test]
fn definitions_that_others_use_are_kept() {
    let plan = "See [the board] and this[^1].\n\n## Retrospective\n\nold [the board]\n\n[the board]: https://board.example \"Board\"\n\n[^1]: A note.\n\n[Other]: <https://other.example>\n";
    let filled = String::from_utf8(patch(plan.as_bytes(), BODY).unwrap()).unwrap();
    assert!(!filled.contains("old"), "{filled}");
    for definition in
        ["[the board]: https://board.example \"Board\"\n", "[^1]: A note.\n", "[Other]: <https://other.example>\n"]
    {
        assert!(filled.contains(definition), "{filled}");
    }
    assert_eq!(patch(filled.as_bytes(), BODY).unwrap(), filled.as_bytes());
}

#[test]
fn what_cannot_be_filled_is_refused_with_its_place() {
    let unfit = |plan: &[u8]| patch(plan, BODY).unwrap_err().to_string();
    assert_eq!(
        unfit(b"# Plan\r\n\r\n## Retrospective\r\nx\r\n## Next\r\n\r\n## Retrospective\r\n"),
        "there are several sections “## Retrospective”, on lines 3 and 7: keep one of them"
    );
    for plan in [
        "# Plan\n",
        "",
        "# Retrospective\n",
        "### Retrospective\n",
        "```\n## Retrospective\n```\n",
        "Retrospective\n====\n",
    ] {
        assert_eq!(patch(plan.as_bytes(), BODY), Err(Unfit::NoSection), "{plan}");
    }
    assert_eq!(unfit(b"## Retrospective\n\0"), "it is a binary file (byte 18 is NUL): is it the right file?");
    assert_eq!(patch(&vec![b'x'; 50_000_000], BODY), Err(Unfit::Large(50_000_000)));
}

proptest::proptest! {
    #[test]
    fn nothing_outside_moves(
        before in "([ -~]{0,12}(\n|\r\n)){0,6}",
        inside in "([a-z #>`-]{0,12}\n){0,4}",
        after in "([ -~]{0,12}(\n|\r\n)){0,6}",
        end in proptest::sample::select(vec!["\n", "\r\n"]),
    ) {
        let plan = format!("{before}\n## Retrospective{end}{inside}\n# Next\n{after}");
        if let Ok(filled) = patch(plan.as_bytes(), BODY) {
            let filled = String::from_utf8(filled).unwrap();
            let head = format!("{before}\n## Retrospective{end}");
            // What stands before may itself open a code block or name the section, and a code block that is opened
            // inside goes on to the end of the file: then nothing of this holds.
            if filled.starts_with(&head) && !inside.contains("```") {
                proptest::prop_assert!(filled.ends_with(&after), "{filled:?}");
            }
            proptest::prop_assert_eq!(patch(filled.as_bytes(), BODY).unwrap(), filled.as_bytes());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(plan in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
        let plan = [&plan[..], b"\n\n## Retrospective\n", &plan[..]].concat();
        if let Ok(filled) = patch(&plan, BODY) {
            proptest::prop_assert_eq!(patch(&filled, BODY).unwrap(), filled);
        }
    }
}
