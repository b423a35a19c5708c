//! The tags of a repository: which one is a release, which is the one before it, and which came after.

use std::cmp::Ordering;

use super::version::Name;
use crate::model::version;

/// Later tags that are told: a hotfix is among the next ones.
const LATER: usize = 5;

/// The tags around a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    pub this: String,
    /// `None`: their names do not tell.
    pub before: Option<String>,
    /// The next few with a greater version, the next one first.
    pub later: Vec<String>,
}

/// The version in a tag, such as `1.5.0` in `api-v1.5.0` by the pattern `api-v*`.
fn version_in<'a>(tag: &'a str, pattern: Option<&str>) -> Option<&'a str> {
    let Some((head, tail)) = pattern.and_then(|pattern| pattern.split_once('*')) else { return Some(tag) };
    tag.strip_prefix(head)?.strip_suffix(tail).filter(|version| !version.is_empty())
}

/// Finds a release among tags. `previous` is the one before it, where a person named it.
pub fn around(tags: &[&str], pattern: Option<&str>, version: &str, previous: Option<&str>) -> Option<Tags> {
    let all: Vec<(&str, &str)> = tags.iter().filter_map(|tag| Some((*tag, version_in(tag, pattern)?))).collect();
    let named = |wanted: &str| {
        let same = all.iter().find(|(tag, of)| *tag == wanted || version::is_same(of, wanted));
        // `2.1` here is `v2.1.0` there, if nothing else could be meant.
        let like = || {
            let name = Name::read(wanted)?;
            let mut alike = all.iter().filter(|(_, of)| Name::read(of).is_some_and(|other| other.is_like(&name)));
            alike.next().filter(|_| alike.next().is_none())
        };
        same.or_else(like).copied()
    };
    let (this, of) = named(version)?;
    let is_candidate = |of: &str| Name::read(of).is_some_and(|name| name.is_candidate());
    let name = Name::read(of);
    let order = |other: &str| name.as_ref()?.order(&Name::read(other)?);
    let smaller: Vec<(&str, &str)> = all
        .iter()
        .copied()
        .filter(|(_, other)| order(other) == Some(Ordering::Greater))
        .filter(|(_, other)| is_candidate(of) || !is_candidate(other))
        .collect();
    let before = previous.and_then(named).or_else(|| first(&smaller, Ordering::Greater)).map(|(tag, _)| tag.to_owned());
    let mut greater: Vec<(&str, &str)> =
        all.iter().copied().filter(|(_, other)| order(other) == Some(Ordering::Less)).collect();
    let mut later = Vec::new();
    while let Some(next) = first(&greater, Ordering::Less).filter(|_| later.len() < LATER) {
        greater.retain(|tag| *tag != next);
        later.push(next.0.to_owned());
    }
    Some(Tags { this: this.to_owned(), before: before.filter(|before| before != this), later })
}

/// The one that comes before all others in this direction. Names have no total order, so that they cannot be sorted.
fn first<'a>(tags: &[(&'a str, &'a str)], direction: Ordering) -> Option<(&'a str, &'a str)> {
    let compare = |a: &str, b: &str| Name::read(a).zip(Name::read(b)).and_then(|(a, b)| a.order(&b));
    tags.iter().copied().reduce(|best, tag| if compare(tag.1, best.1) == Some(direction) { tag } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_found_among_tags() {
        let tags = ["v1.9.0", "v2.0.0", "v2.1.0-rc.1", "v2.1.0", "v2.1.1", "v2.10.0", "nightly"];
        for typed in ["v2.1.0", "2.1.0", "V2.1.0", "2.1"] {
            let found = around(&tags, None, typed, None).unwrap();
            assert_eq!((found.this.as_str(), found.before.as_deref()), ("v2.1.0", Some("v2.0.0")), "{typed}");
            assert_eq!(found.later, ["v2.1.1", "v2.10.0"]);
        }
        // A candidate follows the release, or the candidate before it.
        assert_eq!(around(&tags, None, "v2.1.0-rc.1", None).unwrap().before.as_deref(), Some("v2.0.0"));
        assert_eq!(around(&tags, None, "v2.1.0", Some("1.9.0")).unwrap().before.as_deref(), Some("v1.9.0"));
        assert_eq!(around(&tags, None, "v3.0.0", None), None);
        assert_eq!(around(&tags, None, "nightly", None).unwrap().before, None);
        assert_eq!(around(&tags, None, "v1.9.0", None).unwrap().before, None);
    }

    #[test]
    fn a_monorepo_has_a_pattern() {
        let tags = ["api-v1.4.0", "api-v1.5.0", "web-v3.0.0", "web-v1.4.9"];
        for typed in ["1.5.0", "v1.5.0", "api-v1.5.0"] {
            let found = around(&tags, Some("api-v*"), typed, None).unwrap();
            assert_eq!((found.this.as_str(), found.before.as_deref()), ("api-v1.5.0", Some("api-v1.4.0")), "{typed}");
        }
        assert_eq!(around(&tags, Some("api-v*"), "3.0.0", None), None);
    }
}
