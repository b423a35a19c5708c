//! The name of a release, as people and their devices type it.
//!
//! Rule: what a keyboard, a clipboard or formatting adds makes no other release: quotes, code ticks, signs that cannot be
//! seen, a dash that a phone made longer, the link that Slack made of it, the address of a release page.

use unicode_normalization::UnicodeNormalization as _;

use crate::text::clean;

/// The longest name, in characters.
pub const LONGEST: usize = 64;

/// What stands around a word and is no part of it.
const AROUND: &str = "\"'`´“”„‟‘’‚‛«»‹›()[]{}*~,;:!?|•=";

/// What people and tools write before a name.
const BEFORE: [&str; 7] = ["refs/tags/", "tags/", "origin/", "tag:", "tag=", "version:", "release:"];

/// Reads the name of a release; `None` for what is none.
pub fn read(text: &str) -> Option<String> {
    let around = |c: char| c.is_whitespace() || AROUND.contains(c);
    let text = text.trim_matches(around).trim_end_matches('.');
    // `[v2.1.0](https://…)` is a link of Markdown.
    let text = text.split_once("](").map_or(text, |(shown, _)| shown);
    let link = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let word = match link {
        Some(link) => of_link(link)?,
        None if is_address(text) || is_bare_address(text) => of_address(text)?,
        None => text.to_owned(),
    };
    // A file name of a Mac has its accents apart, and some keyboards type digits of full width.
    let plain: String = clean(&word).nfkc().filter_map(plain).collect();
    let plain = plain.trim_start_matches(around).trim_end_matches(|c: char| around(c) || "./\\-_".contains(c));
    // An underscore at both ends is formatting; at one it is part of a name.
    let name = if word.trim_end_matches(around).ends_with('_') { plain.trim_start_matches('_') } else { plain };
    let name = BEFORE.iter().fold(name, |name, before| without(name, before));
    // `#v2.1.0`, `@v2.1.0`; but `@scope/pkg@1.4.0` is a name.
    let number = name.strip_prefix(['#', '@']).filter(|rest| begins_with_number(rest));
    let name = number.unwrap_or(name);
    // `v.2.1.0`
    let name = match name.strip_prefix("v.").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        Some(rest) => format!("v{rest}"),
        None => name.to_owned(),
    };
    is_version(&name).then_some(name)
}

/// Drops what stands before a name, in any capitals.
fn without<'a>(name: &'a str, before: &str) -> &'a str {
    match name.split_at_checked(before.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(before) && !rest.is_empty() => rest,
        _ => name,
    }
}

fn begins_with_number(text: &str) -> bool {
    let rest = text.strip_prefix(['v', 'V']).unwrap_or(text);
    rest.starts_with(|c: char| c.is_ascii_digit())
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
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' => None,
        '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' => None,
        '\u{e0000}'..='\u{e007f}' => None,
        // The full stop of Chinese and Japanese keyboards.
        '\u{3002}' => Some('.'),
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
    let is_name = !shown.is_empty() && !is_address(shown) && !is_bare_address(shown);
    match (is_address(address), is_name) {
        // “Release” over the address of a release names nothing.
        (true, true) if shown.contains(|c: char| c.is_ascii_digit()) => Some(shown.to_owned()),
        (true, true) => of_address(address).or_else(|| Some(shown.to_owned())),
        (true, false) => of_address(address),
        // A person, a channel, a group.
        (false, _) => None,
    }
}

/// An address that was typed without its `https://`.
fn is_bare_address(word: &str) -> bool {
    let Some((host, path)) = word.split_once('/') else { return false };
    let is_host = host.split('.').count() > 1 && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c));
    is_host && of_address(&format!("https://{host}/{path}")).is_some()
}

/// The release of a page: `…/releases/tag/v2.1.0`, `…/tree/v2.1.0`, `…/-/releases/v2.1.0`. A name without a digit is
/// another page.
fn of_address(address: &str) -> Option<String> {
    const PAGES: [&str; 11] = [
        "/releases/tag/",
        "/releases/download/",
        "/releases/edit/",
        "/releases/expanded_assets/",
        "/releases/",
        "/archive/refs/tags/",
        "/src/tag/",
        "/commits/tag/",
        "/tags/",
        "/tree/",
        "/archive/",
    ];
    const FILES: [&str; 4] = [".tar.gz", ".tar.bz2", ".tgz", ".zip"];
    let path = address.split(['?', '#']).next()?.trim_end_matches('/');
    let (page, name) = PAGES.iter().find_map(|page| path.split_once(page).map(|(_, name)| (*page, name)))?;
    // A file of a release stands behind its name.
    let name = if page == "/releases/download/" { name.rsplit_once('/').map_or(name, |(name, _)| name) } else { name };
    let name = FILES.iter().find_map(|file| name.strip_suffix(file)).unwrap_or(name);
    // What follows the name is a part of its page; but a tag may hold a stroke.
    let is_number = |part: &&str| begins_with_number(part);
    let name = match name.split_once('/') {
        Some((first, _)) if page != "/releases/tag/" => Some(first).filter(is_number).unwrap_or(name),
        _ => name,
    };
    let name = url::form_urlencoded::parse(format!("v={}", name.replace('+', "%2B")).as_bytes()).next()?.1.into_owned();
    // Such pages exist for more than releases.
    let is_other =
        matches!(page, "/releases/" | "/tree/" | "/archive/") && !name.contains(|c: char| c.is_ascii_digit());
    (!is_other && !name.is_empty()).then_some(name)
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
            "tag:v2.1.0",
            "v.2.1.0",
            "Version:v2.1.0",
            "#v2.1.0",
            "@v2.1.0",
            "=v2.1.0",
            "refs/tags/v2.1.0",
            "origin/v2.1.0",
            "v2.1.0/",
            "v2.1.0\\",
            "v2.1.0 -",
            "v2.1.0--",
            "v2.1.0_",
            "v2.1.0|",
            "v2.1.0 •",
            "v2。1。0",
            "v2.1.0\u{2800}",
            "v2.1.0\u{e0061}",
            "github.com/acme/app/releases/tag/v2.1.0",
            "<http://github.com/acme/app/releases/tag/v2.1.0|github.com/acme/app/releases/tag/v2.1.0>",
            "(<https://github.com/acme/app/releases/tag/v2.1.0>)",
            "<https://github.com/acme/app/releases/tag/v2.1.0|v2.1.0>.",
            "<https://github.com/acme/app/releases/tag/v2.1.0|Release>",
            "[v2.1.0](https://github.com/acme/app/releases/tag/v2.1.0)",
            "https://github.com/acme/app/releases/download/v2.1.0/app.zip",
            "https://github.com/acme/app/archive/refs/tags/v2.1.0.zip",
            "https://github.com/acme/app/archive/refs/tags/v2.1.0.tar.gz",
            "https://github.com/acme/app/releases/edit/v2.1.0",
            "https://github.com/acme/app/releases/expanded_assets/v2.1.0",
            "https://gitlab.com/acme/app/-/releases/v2.1.0/evidences",
            "https://github.com/acme/app/tree/v2.1.0/docs",
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
            ("release/7", "release/7"),
            ("feature/x.y", "feature/x.y"),
            ("https://github.com/a/b/releases/tag/api/v1.2", "api/v1.2"),
            ("https://github.com/a/b/releases/tag/winter", "winter"),
            ("https://github.com/a/b/releases/download/app-2.1.0/app.zip", "app-2.1.0"),
            ("https://github.com/a/b/tree/release/1.2", "release/1.2"),
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
            "https://github.com/a/b/releases/new",
            "https://github.com/a/b/tree/main",
            "https://acme.com/blog/releases/we-are-hiring",
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
