//! Releases one after the other: by their names where these tell, else by when they went out.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use super::version::Name;

/// What the order of a release depends on.
#[derive(Clone, Debug)]
pub struct Known {
    pub version: String,
    /// When it went out, or will.
    pub deployed: Option<DateTime<Utc>>,
    /// When it was first heard of.
    pub known: DateTime<Utc>,
    name: Option<Name>,
}

impl Known {
    /// A release of this name.
    pub fn new(version: String, deployed: Option<DateTime<Utc>>, known: DateTime<Utc>) -> Self {
        Self { name: Name::read(&version), version, deployed, known }
    }

    fn by_name(&self, other: &Self) -> Option<Ordering> {
        self.name.as_ref()?.order(other.name.as_ref()?)
    }

    /// Whether it certainly came after the other one.
    pub fn follows(&self, other: &Self) -> bool {
        let by_day = || Some(self.deployed?.cmp(&other.deployed?));
        self.by_name(other).or_else(by_day) == Some(Ordering::Greater)
    }
}

/// The oldest first. Where neither names nor days tell, in the order in which they were heard of; [`Known::follows`]
/// tells what is certain.
pub fn sort(mut releases: Vec<Known>) -> Vec<Known> {
    releases.sort_by_key(|r| (r.deployed.unwrap_or(r.known), r.known));
    let mut sorted: Vec<Known> = Vec::new();
    for release in releases {
        let later = sorted.iter().position(|r| release.by_name(r) == Some(Ordering::Less));
        sorted.insert(later.unwrap_or(sorted.len()), release);
    }
    sorted
}

/// The release that may be meant by this name, which the channel does not know: `2.1.0` by `2.1`, `release-2.1.0` or
/// `v2.1,0`.
pub fn alike(known: &[Known], version: &str) -> Option<String> {
    if known.iter().any(|r| r.version == version) {
        return None;
    }
    let (name, rough) = (Name::read(version), rough(version));
    let is_like = |r: &&Known| r.name.as_ref().zip(name.as_ref()).is_some_and(|(a, b)| a.is_like(b));
    let reads_alike = |r: &&Known| !rough.0.is_empty() && self::rough(&r.version) == rough;
    let alike = known.iter().rfind(is_like).or_else(|| known.iter().rfind(reads_alike));
    alike.map(|r| r.version.clone())
}

/// The numbers of a name without zeros around them, and its words but for those that only say that it is a release.
fn rough(version: &str) -> (Vec<String>, Vec<String>) {
    const EMPTY: [&str; 9] = ["v", "ver", "version", "rel", "release", "releases", "tag", "tags", "refs"];
    let lower = version.to_lowercase();
    let (mut numbers, mut words): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for part in lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (run, tail) = rest.split_at(end);
            rest = tail;
            if digits {
                numbers.push(run.trim_start_matches('0').to_owned());
            } else if !EMPTY.contains(&run) {
                words.push(run.to_owned());
            }
        }
    }
    while numbers.last().is_some_and(String::is_empty) {
        numbers.pop();
    }
    (numbers, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(releases: &[(&str, &str)]) -> Vec<Known> {
        let read = |(at, (version, day)): (usize, &(&str, &str))| {
            let first = DateTime::from_timestamp(at as i64, 0).unwrap();
            let deployed = (!day.is_empty()).then(|| format!("{day}T10:00:00Z").parse().unwrap());
            Known::new((*version).to_owned(), deployed, first)
        };
        releases.iter().enumerate().map(read).collect()
    }

    #[test]
    fn names_come_first_and_days_tell_the_rest() {
        for (given, order) in [
            (&[("v2.1.0", ""), ("v2.0.0", "")][..], "v2.0.0 v2.1.0"),
            (&[("autumn", "2026-11-02"), ("summer", "2026-08-02")], "summer autumn"),
            // A mended old line stays with its line.
            (&[("v2.0.5", "2026-11-09"), ("v2.1.0", "2026-11-02"), ("v2.0.0", "2026-10-01")], "v2.0.0 v2.0.5 v2.1.0"),
            (&[("v9", "2026-10-01"), ("sprint-10", "2026-11-01"), ("v10", "2026-12-01")], "v9 sprint-10 v10"),
            (&[("18-11-2026", "2026-11-18"), ("02-12-2026", "2026-12-02")], "18-11-2026 02-12-2026"),
            (&[("spring", ""), ("autumn", "")], "spring autumn"),
            (&[("2.1.0", "2026-11-01"), ("2.1.0-hotfix.1", "2026-11-03")], "2.1.0 2.1.0-hotfix.1"),
            (&[("2.9", "2026-11-01"), ("2026.1", "2026-11-03")], "2.9 2026.1"),
        ] {
            let sorted = sort(known(given));
            let found: Vec<&str> = sorted.iter().map(|r| r.version.as_str()).collect();
            assert_eq!(found.join(" "), order);
        }
    }

    #[test]
    fn a_guess_is_not_certain() {
        let certain = |given: &[(&str, &str)]| {
            let sorted = sort(known(given));
            sorted[1].follows(&sorted[0])
        };
        assert!(certain(&[("v2.1.0", ""), ("v2.0.0", "")]));
        assert!(certain(&[("spring", "2026-03-02"), ("autumn", "2026-10-02")]));
        assert!(!certain(&[("spring", ""), ("autumn", "2026-10-02")]));
        assert!(!certain(&[("spring", "2026-10-02"), ("autumn", "2026-10-02")]));
        assert!(!certain(&[("2.1", ""), ("2.1.0", "")]));
    }

    proptest::proptest! {
        #[test]
        fn no_release_stands_before_one_that_it_follows_by_name(versions in proptest::collection::vec("v?[0-3]\\.[0-3](-rc[0-3]|\\.[0-9])?|[a-c]-[0-9]", 1..12)) {
            let given: Vec<(&str, &str)> = versions.iter().map(|v| (v.as_str(), "")).collect();
            let sorted = sort(known(&given));
            for (at, a) in sorted.iter().enumerate() {
                for b in &sorted[at..] {
                    proptest::prop_assert_ne!(a.by_name(b), Some(Ordering::Greater), "{:?} {:?}", a.version, b.version);
                }
            }
        }
    }

    #[test]
    fn a_name_that_reads_like_a_known_one_is_asked() {
        let channel = known(&[("v2.1.0", ""), ("api-v1.0", "")]);
        for typed in ["2.1", "v02.01.00", "v2.1,0", "v2,1,0", "release-2.1.0", "release/2.1.0", "V2_1_0"] {
            assert_eq!(alike(&channel, typed).as_deref(), Some("v2.1.0"), "{typed}");
        }
        assert_eq!(alike(&channel, "api-v1").as_deref(), Some("api-v1.0"));
        for other in ["v2.1.0-rc.1", "web-v2.1.0", "v1.0", "v21.0", "v2.1.1", "v2.1.0", "winter"] {
            assert_eq!(alike(&channel, other), None, "{other}");
        }
    }
}
