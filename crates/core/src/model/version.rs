//! The name of a release, as people and their devices type it.
//!
//! Rule: what a keyboard, a clipboard or formatting adds makes no other release: quotes, code ticks, signs that cannot be
//! seen, a dash that a phone made longer, the link that Slack made of it, the address of a release page.

use unicode_normalization::UnicodeNormalization as _;

use crate::text::clean;

/// The longest name, in characters.
pub const LONGEST: usize = 64;

/// What stands around a word and is no part of it.
const AROUND: &str = "\"'`´“”„‟‘’‚‛«»‹›()[]{}*~,;:!?";

/// Reads the name of a release; `None` for what is none.
pub fn read(text: &str) -> Option<String> {
    let text = text.trim();
    let link = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let word = match link {
        Some(link) => of_link(link)?,
        None if is_address(text) => of_address(text)?,
        None => text.to_owned(),
    };
    // A file name of a Mac has its accents apart, and some keyboards type digits of full width.
    let plain: String = clean(&word).nfkc().filter_map(plain).collect();
    // An underscore at both ends is formatting; at one it is part of a name.
    let plain = plain.trim_matches(|c: char| c.is_whitespace() || AROUND.contains(c)).trim_end_matches('.');
    let plain = plain.strip_prefix('_').and_then(|rest| rest.strip_suffix('_')).unwrap_or(plain);
    is_version(plain).then(|| plain.to_owned())
}

/// What two spellings of one release have in common: it has no `v` before its number, and no capitals. A phone makes
/// `V2.1.0` of `v2.1.0`.
pub fn key(version: &str) -> String {
    let lower = version.to_ascii_lowercase();
    let number = lower.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    number.map_or(lower.clone(), str::to_owned)
}

/// Whether both are names of one release.
pub fn is_same(a: &str, b: &str) -> bool {
    key(a) == key(b)
}

/// 1 to 64 characters, without spaces and what cannot be seen.
pub fn is_version(text: &str) -> bool {
    let length = text.chars().count();
    (1..=LONGEST).contains(&length) && !text.contains(char::is_whitespace) && clean(text) == text
}

/// The sign as a release has it; `None` for one that nobody can see.
fn plain(c: char) -> Option<char> {
    match c {
        // Soft hyphen, spaces without a width, joiners, variation selectors.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' => None,
        // Hyphens that do not break, the dashes of phones, the minus sign.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        other => Some(other),
    }
}

fn is_address(word: &str) -> bool {
    word.get(..8).is_some_and(|start| {
        let start = start.to_lowercase();
        start.starts_with("http://") || start.starts_with("https://")
    })
}

/// A link as Slack writes it: `https://…|shown`, `mailto:app@1.2.3|app@1.2.3`.
fn of_link(link: &str) -> Option<String> {
    let (address, shown) = link.split_once('|').unwrap_or((link, ""));
    if let Some(mail) = address.strip_prefix("mailto:") {
        return Some(if shown.is_empty() { mail } else { shown }.to_owned());
    }
    match (is_address(address), is_address(shown)) {
        (true, false) if !shown.is_empty() => Some(shown.to_owned()),
        (true, _) => of_address(address),
        // A person, a channel, a group.
        (false, _) => None,
    }
}

/// The release of a page: `…/releases/tag/v2.1.0`, `…/tree/v2.1.0`, `…/-/releases/v2.1.0`.
fn of_address(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next()?.trim_end_matches('/');
    const BEFORE: [&str; 6] = ["/releases/tag/", "/releases/", "/tags/", "/tree/", "/src/tag/", "/commits/tag/"];
    let name = BEFORE.iter().find_map(|before| path.split_once(before).map(|(_, name)| name))?;
    let name = url::form_urlencoded::parse(format!("v={}", name.replace('+', "%2B")).as_bytes()).next()?.1.into_owned();
    (!name.is_empty() && name != "latest").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_devices_add_makes_no_other_release() {
        for typed in [
            "v2.1.0",
            "“v2.1.0”",
            "`v2.1.0`",
            "'v2.1.0'",
            "«v2.1.0»",
            "„v2.1.0“",
            "*v2.1.0*",
            "_v2.1.0_",
            "(v2.1.0)",
            "v2.1.0.",
            "v2.1.0,",
            "v2.1.0:",
            " v2.1.0\u{a0}",
            "\u{feff}v2.1.0",
            "v2.1.0\u{200b}",
            "v2\u{ad}.1.0",
            "ｖ２．１．０",
            "https://github.com/acme/app/releases/tag/v2.1.0",
            "<https://github.com/acme/app/releases/tag/v2.1.0>",
            "<https://github.com/acme/app/releases/tag/v2.1.0|v2.1.0>",
            "https://gitlab.com/acme/app/-/releases/v2.1.0/",
            "https://GitHub.com/acme/app/tree/v2.1.0?tab=readme#top",
            "<http://v2.1.0|v2.1.0>",
        ] {
            assert_eq!(read(typed).as_deref(), Some("v2.1.0"), "{typed:?}");
        }
        for (typed, name) in [
            ("v2.1.0–rc.1", "v2.1.0-rc.1"),
            ("v2.1.0\u{2011}rc.1", "v2.1.0-rc.1"),
            ("<mailto:my-app@1.2.3|my-app@1.2.3>", "my-app@1.2.3"),
            ("@scope/pkg@1.4.0", "@scope/pkg@1.4.0"),
            ("https://github.com/a/b/releases/tag/%40scope%2Fpkg%401.4.0", "@scope/pkg@1.4.0"),
            ("https://github.com/a/b/releases/tag/v1.0.0+build.5", "v1.0.0+build.5"),
            ("release_1", "release_1"),
            ("2026.11", "2026.11"),
            ("Größe-1", "Größe-1"),
            ("Gro\u{308}ße-1", "Größe-1"),
        ] {
            assert_eq!(read(typed).as_deref(), Some(name), "{typed:?}");
        }
        for typed in [
            "",
            "“”",
            "a b",
            "<@U01MARIA>",
            "<#C01REL|releases>",
            "https://example.com/x",
            "https://github.com/a/b/releases/latest",
            "\u{200b}",
        ] {
            assert_eq!(read(typed), None, "{typed:?}");
        }
        assert_eq!(read(&"x".repeat(65)), None);
    }

    #[test]
    fn a_leading_v_and_capitals_make_no_other_release() {
        for (a, b) in [("v2.1.0", "2.1.0"), ("V2.1.0", "v2.1.0"), ("Release-7", "release-7"), ("v7", "7")] {
            assert!(is_same(a, b), "{a} {b}");
        }
        for (a, b) in [("2.1", "2.1.0"), ("vault", "ault"), ("v2.1.0", "v2.1.0-rc.1"), ("2.1.0", "2.1.0+5")] {
            assert!(!is_same(a, b), "{a} {b}");
        }
    }
}
