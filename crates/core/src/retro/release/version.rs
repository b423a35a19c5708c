//! What the name of a release tells of its place among the others, and of its kind.
//!
//! Rule: where both names are [semantic versions](https://semver.org/spec/v2.0.0.html#spec-item-11), behind a package name
//! too, their order; else that of the schemes in use: [calendar versions](https://calver.org), four numbers, the words for
//! candidates of [Python](https://packaging.python.org/en/latest/specifications/version-specifiers/),
//! [Maven](https://maven.apache.org/pom.html#version-order-specification) and gems, sprints, weeks, quarters. Where a
//! name can be read in two ways, or semver says other than people mean (`rc10` before `rc2`), names do not tell.

use std::cmp::Ordering;

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

/// A name that has numbers in a known scheme.
#[derive(Clone, Debug)]
pub struct Name {
    /// What is released, in lower case: `my-app`, `@scope/pkg`; empty where the name is a number alone.
    family: String,
    /// The letters between its numbers: the `w` of `2026w47`.
    marks: String,
    numbers: Vec<u64>,
    stage: Stage,
    /// Where it is a semantic version.
    semver: Option<Version>,
}

/// What follows the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// It comes before the release: `-rc.1`.
    Before(Vec<Part>),
    Release,
    /// It comes after it: `.post1`, `-hotfix.1`.
    After(Vec<Part>),
    /// Schemes differ: `1.0.2k`, `2.1-3`.
    Either(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Number(u64),
    Word(String),
}

/// Words for the release itself.
const RELEASE: [&str; 4] = ["final", "release", "ga", "stable"];
/// Words for what comes after it.
const AFTER: [&str; 8] = ["post", "sp", "p", "hotfix", "hf", "fix", "patch", "rev"];
/// Words for what comes before it, with their order; those of order 0 have none among the others.
const BEFORE: [(&str, u8); 18] = [
    ("alpha", 1),
    ("a", 1),
    ("beta", 2),
    ("b", 2),
    ("milestone", 3),
    ("m", 3),
    ("rc", 4),
    ("c", 4),
    ("cr", 4),
    ("candidate", 4),
    ("dev", 0),
    ("nightly", 0),
    ("snapshot", 0),
    ("canary", 0),
    ("preview", 0),
    ("pre", 0),
    ("ea", 0),
    ("next", 0),
];
/// Letters that stand before the second number of a calendar version.
const MARKS: [&str; 6] = ["w", "kw", "cw", "q", "h", "s"];
/// The years that a calendar version begins with.
const YEARS: std::ops::RangeInclusive<u64> = 1990..=2199;

impl Name {
    /// Reads a name; `None` where it has no numbers in a known scheme.
    pub fn read(version: &str) -> Option<Self> {
        let starts = version.char_indices().scan(false, |after_digit, (at, c)| {
            let start = c.is_ascii_digit() && !*after_digit;
            *after_digit = c.is_ascii_digit();
            Some((at, start))
        });
        // A package may have a number in its name (`log4j-2.17.1`): the first place from which all can be read is it.
        starts.filter(|(_, start)| *start).find_map(|(at, _)| {
            let (head, rest) = version.split_at_checked(at)?;
            Self::from_numbers(family(head), rest)
        })
    }

    fn from_numbers(family: String, text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        // What follows + says how it was built.
        let plain = lower.split('+').next().unwrap_or_default();
        let (numbers, marks, rest) = numbers(plain)?;
        let stage = stage(rest)?;
        let first = *numbers.first()?;
        // `18-11-2026` has its year at the end: its numbers tell no order.
        let year_later = numbers.iter().skip(1).any(|n| YEARS.contains(n));
        if year_later && numbers.len() < 4 && !YEARS.contains(&first) {
            return None;
        }
        let semver = Version::parse(text).ok().filter(|_| marks.is_empty());
        Some(Self { family, marks, numbers, stage, semver })
    }

    /// Names of one scheme have an order; `2026.11` and `v2.9` have none.
    fn scheme(&self) -> (&str, &str, u8) {
        let first = self.numbers.first().copied().unwrap_or_default();
        let calendar = match first {
            year if YEARS.contains(&year) => 1,
            // As `20261118` writes a day.
            19_900_101..=21_991_231 => 2,
            _ => 0,
        };
        (&self.family, &self.marks, calendar)
    }

    fn number(&self, at: usize) -> u64 {
        self.numbers.get(at).copied().unwrap_or_default()
    }

    /// The order of two releases; `None` where their names do not tell.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        if self.scheme() != other.scheme() {
            return None;
        }
        let longest = self.numbers.len().max(other.numbers.len());
        let numbers = (0..longest).map(|at| self.number(at).cmp(&other.number(at))).find(|o| o.is_ne());
        if numbers.is_some() {
            return numbers;
        }
        let meant = self.stage.order(&other.stage);
        let semver = self.semver.as_ref().zip(other.semver.as_ref()).map(|(a, b)| a.cmp_precedence(b));
        match (semver, meant) {
            (Some(semver), Some(meant)) => (semver == meant).then_some(meant),
            (Some(order), None) | (None, Some(order)) => Some(order),
            (None, None) => None,
        }
        .filter(|order| order.is_ne())
    }

    /// Whether both have the same numbers, but one leaves its last zeros out.
    pub fn is_like(&self, other: &Self) -> bool {
        let longest = self.numbers.len().max(other.numbers.len());
        self.scheme() == other.scheme()
            && self.numbers.len() != other.numbers.len()
            && self.stage == other.stage
            && (0..longest).all(|at| self.number(at) == other.number(at))
    }

    pub fn is_candidate(&self) -> bool {
        let semver = self.semver.as_ref().is_some_and(|v| v.pre != Prerelease::EMPTY);
        match self.stage {
            Stage::Before(_) => true,
            Stage::Either(_) => semver,
            Stage::Release | Stage::After(_) => false,
        }
    }

    fn is_hotfix(&self) -> bool {
        let Stage::After(parts) = &self.stage else { return false };
        matches!(parts.first(), Some(Part::Word(word)) if ["hotfix", "hf", "fix", "patch"].contains(&word.as_str()))
    }
}

impl Stage {
    fn order(&self, other: &Self) -> Option<Ordering> {
        let place = |stage: &Self| match stage {
            Self::Before(_) => Some(0),
            Self::Release => Some(1),
            Self::After(_) => Some(2),
            Self::Either(_) => None,
        };
        match (self, other) {
            (Self::Before(a), Self::Before(b))
            | (Self::After(a), Self::After(b))
            | (Self::Either(a), Self::Either(b)) => parts_order(a, b),
            _ => Some(place(self)?.cmp(&place(other)?)),
        }
    }
}

fn parts_order(a: &[Part], b: &[Part]) -> Option<Ordering> {
    for (x, y) in a.iter().zip(b) {
        match (x, y) {
            (Part::Number(x), Part::Number(y)) if x != y => return Some(x.cmp(y)),
            (Part::Word(x), Part::Word(y)) if x != y => {
                let rank = |word: &str| BEFORE.iter().find(|(w, rank)| *w == word && *rank > 0).map(|(_, rank)| *rank);
                match (rank(x), rank(y)) {
                    _ if x.len() == 1 && y.len() == 1 => return Some(x.cmp(y)),
                    (Some(x), Some(y)) if x == y => {}
                    (Some(x), Some(y)) => return Some(x.cmp(&y)),
                    _ => return None,
                }
            }
            (Part::Number(_), Part::Word(_)) | (Part::Word(_), Part::Number(_)) => return None,
            (Part::Number(_), Part::Number(_)) | (Part::Word(_), Part::Word(_)) => {}
        }
    }
    Some(a.len().cmp(&b.len()))
}

/// What is released, from what stands before the numbers: `my-app-v`, `Release/`, `@scope/pkg@`.
fn family(head: &str) -> String {
    const SIGNS: [char; 8] = ['-', '_', '/', '@', '.', ':', '=', '#'];
    let mut family = head.to_lowercase();
    loop {
        let trimmed = family.trim_end_matches(SIGNS);
        let is_word = |rest: &str| rest.is_empty() || rest.ends_with(SIGNS);
        let named = ["version", "release", "ver", "rel", "v", "r"]
            .into_iter()
            .find_map(|word| trimmed.strip_suffix(word).filter(|rest| is_word(rest)))
            .unwrap_or(trimmed);
        if named == family {
            return family;
        }
        family = named.to_owned();
    }
}

/// The numbers at the beginning, the letters between them, and what follows.
fn numbers(text: &str) -> Option<(Vec<u64>, String, &str)> {
    let (first, mut rest) = number(text)?;
    let (mut numbers, mut marks) = (vec![first], String::new());
    // A dash separates numbers only where nothing else does: `2026-11-18`; `2.1-3` is the third build of 2.1.
    let mut sign = None;
    loop {
        let (separator, after) = match rest.chars().next() {
            Some(c @ ('.' | '-' | '_')) => (Some(c), rest.get(1..).unwrap_or_default()),
            _ => (None, rest),
        };
        let mark = after.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
        let is_mark = numbers.len() == 1 && MARKS.contains(&mark);
        let Some((found, left)) = number(if is_mark { after.get(mark.len()..)? } else { after }) else { break };
        let same = sign.is_none_or(|s| s == separator) && separator.is_some();
        if !is_mark && !same {
            break;
        }
        // A candidate of a semantic version: `1.2.3-4` has another sign, `1-2-3` the same.
        if !is_mark {
            sign = Some(separator);
        } else {
            marks.push_str(mark);
        }
        numbers.push(found);
        rest = left;
    }
    Some((numbers, marks, rest))
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest))
}

/// What follows the numbers; `None` for what belongs to no scheme.
fn stage(rest: &str) -> Option<Stage> {
    if rest.is_empty() {
        return Some(Stage::Release);
    }
    let joined = rest.trim_start_matches(['-', '.', '_', '~']);
    let parts = parts(joined)?;
    let word = match parts.first()? {
        Part::Number(_) => None,
        Part::Word(word) => Some(word.as_str()),
    };
    let before = word.is_some_and(|word| BEFORE.iter().any(|(w, _)| *w == word));
    let after = word.is_some_and(|word| AFTER.contains(&word));
    let is_known = before || after || word.is_some_and(|word| RELEASE.contains(&word));
    // Without a sign between: `rc1`, `p1`, and one letter (`1.0.2k`).
    let letter = parts.len() == 1 && word.is_some_and(|word| word.len() == 1);
    if joined.len() == rest.len() && !letter && (!is_known || parts.len() > 2) {
        return None;
    }
    // So many commits after the release: `2.1.0-5-g1f2e3d4`, as git describes them.
    let described = joined.split_once("-g").is_some_and(|(count, sha)| {
        count.parse::<u64>().is_ok() && sha.len() >= 4 && sha.chars().all(|c| c.is_ascii_hexdigit())
    });
    Some(match word {
        _ if described => Stage::After(parts),
        Some(word) if RELEASE.contains(&word) && parts.len() == 1 => Stage::Release,
        _ if before && !(letter && joined.len() == rest.len()) => Stage::Before(parts),
        _ if after => Stage::After(parts),
        _ => Stage::Either(parts),
    })
}

/// Words and numbers, parted by signs and where one meets the other.
fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    for piece in text.split(['.', '-', '_', '~']).filter(|p| !p.is_empty()) {
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            if !first.is_alphanumeric() {
                return None;
            }
            let is_digit = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != is_digit || !c.is_alphanumeric()).unwrap_or(rest.len());
            let (part, left) = rest.split_at_checked(end)?;
            parts.push(if is_digit { Part::Number(part.parse().ok()?) } else { Part::Word(part.to_owned()) });
            rest = left;
        }
    }
    Some(parts)
}

/// What kind of release `version` is after `previous`; `None` where the names do not tell.
pub fn kind(previous: Option<&str>, version: &str) -> Option<Kind> {
    let now = Name::read(version)?;
    if now.is_candidate() {
        return Some(Kind::Prerelease);
    }
    if now.is_hotfix() {
        return Some(Kind::Hotfix);
    }
    let before = Name::read(previous?)?;
    // The year of a calendar version is not its major number.
    let is_numbered = now.marks.is_empty() && now.scheme().2 == 0;
    if !is_numbered || now.order(&before) != Some(Ordering::Greater) {
        return None;
    }
    let first = (0..4).find(|at| now.number(*at) != before.number(*at));
    match first {
        Some(0) => Some(Kind::Major),
        Some(1) => Some(Kind::Minor),
        Some(2 | 3) => Some(Kind::Patch),
        // The release after its candidate: it is no smaller step than the numbers say, but they say none.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Option<Ordering> {
        let read = Name::read(a).zip(Name::read(b)).and_then(|(a, b)| a.order(&b));
        let back = Name::read(b).zip(Name::read(a)).and_then(|(b, a)| b.order(&a));
        assert_eq!(read, back.map(Ordering::reverse), "{a} {b}");
        read
    }

    #[test]
    fn names_of_one_scheme_sort_as_people_mean_them() {
        for chain in [
            // https://semver.org/spec/v2.0.0.html#spec-item-11
            &["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"][..],
            &["v1.9.0", "1.10.0", "V2.0"],
            &["my-app-v1.9.0", "my-app-v1.10.0-rc.1", "my-app-v1.10.0"],
            &["@scope/pkg@1.4.0", "@scope/pkg@1.10.0"],
            &["pkg/v1.2.3", "pkg/v1.10.0"],
            &["log4j-2.9.1", "log4j-2.17.1"],
            &["k8s-v1.9", "k8s-v1.31"],
            &["release-2.1.0", "Release/2.2", "rel_2.10"],
            &["my-app-release-1.0", "my-app-1.1"],
            &["2026.1", "2026.01.2", "2026.11"],
            &["2026-09-30", "2026-11-18"],
            &["20260930", "20261118", "20261118.2"],
            &["24.04", "24.10", "24.10.1"],
            &["2026w9", "2026-W47"],
            &["2026Q3", "2026-Q4"],
            &["26w47a", "26w47b", "26w48a"],
            &["120.0.6099.9", "120.0.6099.109"],
            &["1.0.dev3", "1.0", "1.0.post1"],
            &["1.0a1", "1.0b2", "1.0rc1", "1.0"],
            &["1.0-SNAPSHOT", "1.0.Final", "1.0.SP1"],
            &["1.0-M2", "1.0-RC1", "1.0-RELEASE"],
            &["1.0.0.pre.1", "1.0.0.pre.2", "1.0.0"],
            &["1.0.0.beta1", "1.0.0.rc1", "1.0.0"],
            &["1.0.2a", "1.0.2k"],
            &["9.8p1", "9.8p2", "9.9p1"],
            &["sprint-9", "sprint-10"],
            &["build-99", "build-100"],
            &["spring-2026", "spring-2027"],
            &["R9", "r24.1"],
        ] {
            for (at, a) in chain.iter().enumerate() {
                for b in &chain[at + 1..] {
                    assert_eq!(order(a, b), Some(Ordering::Less), "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_has_no_order() {
        for (a, b) in [
            ("autumn", "winter"),
            ("autumn-2026", "winter-2027"),
            ("18-11-2026", "02-12-2026"),
            ("18.11.2026", "02.12.2026"),
            ("Q4-2026", "Q1-2027"),
            ("nov-2026", "dec-2026"),
            ("a1b2c3d", "b2c3d4e"),
            ("3f2a1bc", "4e5d6c7"),
            ("v2.9.0", "2026.1"),
            ("2026.11", "20261118"),
            ("2026w47", "2026q4"),
            ("app-v1.0", "api-v1.1"),
            ("2.1", "2.1.0"),
            ("2.1.0+5", "2.1.0+6"),
            ("v2.1.0", "2.1.0"),
            // Semver says that a hotfix comes before its release, and rc10 before rc2.
            ("2.1.0", "2.1.0-hotfix.1"),
            ("2.1.0-rc2", "2.1.0-rc10"),
            ("2.1.0", "2.1.0-5-g1f2e3d4"),
            ("1.0.2", "1.0.2k"),
            ("2.1", "2.1-3"),
        ] {
            assert_eq!(order(a, b), None, "{a} {b}");
        }
    }

    #[test]
    fn the_kind_follows_from_the_numbers() {
        for (previous, version, found) in [
            (Some("v2.0.0"), "v2.1.0", Some(Kind::Minor)),
            (Some("v2.1.0"), "v3.0.0", Some(Kind::Major)),
            (Some("v2.1.0"), "v2.1.1", Some(Kind::Patch)),
            (Some("v2.1"), "v2.2", Some(Kind::Minor)),
            (Some("v2.1.0"), "v2.2.0-rc.1", Some(Kind::Prerelease)),
            (Some("app-v2.1.0"), "app-v2.2.0", Some(Kind::Minor)),
            (Some("1.2.3.4"), "1.2.3.5", Some(Kind::Patch)),
            (Some("v2.1.0"), "v2.1.0-hotfix.1", Some(Kind::Hotfix)),
            (None, "1.0rc1", Some(Kind::Prerelease)),
            (Some("app-v2.1.0"), "api-v2.2.0", None),
            (Some("2026.10"), "2026.11", None),
            (None, "v2.1.0", None),
            (Some("v2.1.0"), "v2.0.0", None),
            (Some("spring"), "autumn", None),
        ] {
            assert_eq!(kind(previous, version), found, "{previous:?} {version}");
        }
    }

    proptest::proptest! {
        #[test]
        fn semantic_versions_have_their_order_or_none(a in "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9](-[a-c0-9]{1,3}(\\.[a-c0-9]{1,3})?)?", b in "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9](-[a-c0-9]{1,3}(\\.[a-c0-9]{1,3})?)?") {
            if let (Ok(x), Ok(y)) = (Version::parse(&a), Version::parse(&b)) && let Some(found) = order(&a, &b) {
                proptest::prop_assert_eq!(x.cmp_precedence(&y), found, "{} {}", a, b);
            }
        }

        #[test]
        fn any_name_is_read_or_not(name in ".{0,40}", other in "[a-z@/]{0,5}[0-9.a-z-]{1,12}") {
            order(&name, &other);
        }
    }
}
