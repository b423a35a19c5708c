//! The order of releases: by semantic version where they have one, after them the others by name.
//!
//! <https://semver.org/spec/v2.0.0.html#spec-item-11>

use semver::{Prerelease, Version};
use serde::{Deserialize, Serialize};

/// What kind of release it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Major,
    Minor,
    Patch,
    Hotfix,
    Prerelease,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Major, Self::Minor, Self::Patch, Self::Hotfix, Self::Prerelease];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::Hotfix => "hotfix",
            Self::Prerelease => "prerelease",
        }
    }
}

/// `v2.1.0`, `2.1`, `release-2.1.0-rc.1`.
fn read(version: &str) -> Option<Version> {
    let text = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let named = version.len() - text.len();
    // A name with a number in it is no version: `sprint7`, but for `v7` and `release-7`.
    let head = version.get(..named)?.to_lowercase();
    if !matches!(head.trim_end_matches(['-', '_', '/']), "" | "v" | "version" | "release" | "rel" | "r") {
        return None;
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at_checked(end)?;
    // `2026-11-18` is a day.
    if !core.contains('.') && rest.starts_with('-') {
        return None;
    }
    let parts: Vec<&str> = core.split('.').collect();
    let full = match parts.len() {
        1 => format!("{core}.0.0"),
        2 => format!("{core}.0"),
        3 => core.to_owned(),
        _ => return None,
    };
    // Leading zeros (`2026.01`) are no fault here.
    let full: Vec<String> = full
        .split('.')
        .map(|p| p.trim_start_matches('0'))
        .map(|p| if p.is_empty() { "0" } else { p }.to_owned())
        .collect();
    Version::parse(&format!("{}{rest}", full.join("."))).ok()
}

/// A key that sorts, as text by its bytes, in the order of releases. Stored, so that the newest are found
/// without reading the others.
pub fn sort_key(version: &str) -> String {
    let Some(v) = read(version) else { return format!("a {}", natural(version)) };
    let pre = if v.pre == Prerelease::EMPTY {
        // A release comes after its candidates.
        "~".to_owned()
    } else {
        let part = |p: &str| {
            if p.chars().all(|c| c.is_ascii_digit()) { format!("0{:0>20}", p) } else { format!("1{p}") }
        };
        v.pre.split('.').map(part).collect::<Vec<_>>().join(" ")
    };
    format!("b {:020}.{:020}.{:020} {pre}", v.major, v.minor, v.patch)
}

/// A name in which numbers sort as numbers: `sprint-9` before `sprint-10`.
fn natural(name: &str) -> String {
    let (mut out, mut digits) = (String::new(), String::new());
    for c in name.chars().chain(['\u{0}']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            out.push_str(&format!("{digits:0>20}"));
            digits.clear();
        }
        out.push(c);
    }
    out.trim_end_matches('\u{0}').to_lowercase()
}

/// What kind of release `version` is after `previous`; `None` where the numbers do not tell.
pub fn kind(previous: Option<&str>, version: &str) -> Option<Kind> {
    let now = read(version)?;
    if now.pre != Prerelease::EMPTY {
        return Some(Kind::Prerelease);
    }
    let before = read(previous?)?;
    if now.major > before.major {
        Some(Kind::Major)
    } else if now.major == before.major && now.minor > before.minor {
        Some(Kind::Minor)
    } else if (now.major, now.minor) == (before.major, before.minor) && now.patch > before.patch {
        Some(Kind::Patch)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_sort_as_semver_says() {
        let mut order = [
            "2.1.0",
            "v2.0.10",
            "v2.0.9",
            "2.1.0-rc.2",
            "2.1.0-rc.10",
            "2.1.0-alpha",
            "v10.0",
            "v9",
            "sprint-7",
            "2.1.0-rc.1",
            "Release-2.2",
            "2026.01",
            "autumn",
            "sprint-10",
            "2026-11-18",
        ];
        order.sort_by_key(|v| sort_key(v));
        assert_eq!(
            order,
            [
                "2026-11-18",
                "autumn",
                "sprint-7",
                "sprint-10",
                "v2.0.9",
                "v2.0.10",
                "2.1.0-alpha",
                "2.1.0-rc.1",
                "2.1.0-rc.2",
                "2.1.0-rc.10",
                "2.1.0",
                "Release-2.2",
                "v9",
                "v10.0",
                "2026.01"
            ]
        );
    }

    #[test]
    fn the_kind_follows_from_the_numbers() {
        for (previous, version, found) in [
            (Some("v2.0.0"), "v2.1.0", Some(Kind::Minor)),
            (Some("v2.1.0"), "v3.0.0", Some(Kind::Major)),
            (Some("v2.1.0"), "v2.1.1", Some(Kind::Patch)),
            (Some("v2.1"), "v2.2", Some(Kind::Minor)),
            (Some("v2.1.0"), "v2.2.0-rc.1", Some(Kind::Prerelease)),
            (None, "v2.1.0", None),
            (Some("v2.1.0"), "v2.0.0", None),
            (Some("spring"), "autumn", None),
        ] {
            assert_eq!(kind(previous, version), found, "{previous:?} {version}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_key_orders_as_the_versions_do(a in "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9](-[a-c0-9]{1,3}(\\.[a-c0-9]{1,3})?)?", b in "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9](-[a-c0-9]{1,3}(\\.[a-c0-9]{1,3})?)?") {
            if let (Some(x), Some(y)) = (read(&a), read(&b)) {
                proptest::prop_assert_eq!(x.cmp_precedence(&y), sort_key(&a).cmp(&sort_key(&b)), "{} {}", a, b);
            }
        }
    }
}
