//! From a document to a [`Release`]: every fault by key, line and column, all of them at once.

use chrono::DateTime;

use rust_decimal::Decimal;

use super::gate::{Amount, Better, Gate, Odd, Target, Test};
use super::tree::{self, At, Node, Value};
use super::{Fault, Faults, Impact, Incidents, Kind, Release, Row, Scope, Span, Wrong};
use crate::model::version;

/// The longest document, in characters.
pub const LONGEST: usize = 200_000;

/// The most rows of a list: a table in Slack has a hundred.
const MOST_ROWS: usize = 90;

/// The longest address of a plan.
const ADDRESS: usize = 1000;

/// The longest name, and the longest note.
const NAME: usize = 100;
const NOTE: usize = 500;

/// Every key by the part of the document in which it may stand, as the published schema has them too.
pub const KEYS: [(&str, &[&str]); 6] = [
    (
        "",
        &["version", "deployed_at", "type", "scope", "timeline", "quality", "incidents", "impact", "lead_time", "plan"],
    ),
    ("scope", &["features", "bug_fixes", "breaking_changes", "contributors"]),
    ("timeline", &["phase", "planned", "actual"]),
    ("quality", &["name", "value", "target", "baseline", "better"]),
    ("incidents", &["total", "rollbacks", "hotfixes", "post_release_bugs", "note"]),
    ("impact", &["support_tickets", "support_tickets_baseline", "sentiment", "adoption", "business"]),
];

impl Release {
    /// Reads a document in YAML or JSON. `expected` is the version that its address names, if it does: the
    /// document may then leave its own out, but not contradict.
    pub fn read(text: &str, expected: Option<&str>) -> Result<Self, Faults> {
        let at = At { line: 1, column: 1 };
        let length = text.chars().count();
        if length > LONGEST {
            return Err(Faults(vec![Fault { at, key: String::new(), wrong: Wrong::TooLong(length) }]));
        }
        let wrong = |text| Fault { at, key: "version".to_owned(), wrong: Wrong::Version(crate::text::cut(text, 70)) };
        let expected = expected.map(|typed| version::read(typed).ok_or_else(|| Faults(vec![wrong(typed)])));
        parse(text, expected.transpose()?.as_deref(), false)
    }

    /// Reads what was read before and kept: as JSON it may be longer than what was given.
    pub fn kept(json: &str) -> Result<Self, Faults> {
        parse(json, None, true)
    }
}

fn parse(text: &str, expected: Option<&str>, kept: bool) -> Result<Release, Faults> {
    let root = tree::read(text).map_err(|fault| Faults(vec![fault]))?;
    let mut faults = Vec::new();
    let root = Stage::open(&Place { path: "", kind: "", kept }, &root, &mut faults);
    let release = root.and_then(|root| release(root, expected));
    faults.sort_by_key(|f| f.at);
    match release.filter(|_| faults.is_empty()) {
        Some(release) => Ok(release),
        None => Err(Faults(faults)),
    }
}

/// Years in which a release can go out: others are a slip, and beyond what calendars reckon with.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// An instant of these years.
pub fn is_sensible(at: chrono::DateTime<chrono::Utc>) -> bool {
    YEARS.contains(&chrono::Datelike::year(&at))
}

/// One part of a document with its keys.
struct Stage<'a, 'f> {
    path: String,
    at: At,
    map: &'a [(String, At, Node)],
    faults: &'f mut Vec<Fault>,
    /// It was read before: what has two readings was asked about then.
    kept: bool,
}

/// Where a part stands, and what it is.
struct Place<'p> {
    path: &'p str,
    kind: &'p str,
    kept: bool,
}

impl<'a, 'f> Stage<'a, 'f> {
    /// Opens `node` as a part of its kind ([`KEYS`]); refuses the keys that it does not have.
    fn open(place: &Place<'_>, node: &'a Node, faults: &'f mut Vec<Fault>) -> Option<Self> {
        let Place { path, kind, kept } = *place;
        let Value::Map(map) = &node.value else {
            if !matches!(node.value, Value::Scalar(None)) || path.is_empty() {
                let wrong = Wrong::Shape("a list of keys with values, such as `version: v2.1.0`");
                faults.push(Fault { at: node.at, key: path.to_owned(), wrong });
            }
            return None;
        };
        let known = KEYS.iter().find(|(k, _)| *k == kind).map_or(&[][..], |(_, keys)| keys);
        let mut part = Self { path: path.to_owned(), at: node.at, map, faults, kept };
        for (key, at, _) in map {
            if let Some(unseen) = tree::unseen(key) {
                let plain: String = key.chars().filter(|c| tree::unseen(&c.to_string()).is_none()).collect();
                part.fault(*at, &crate::text::cut(plain.trim(), 60), Wrong::Unseen(unseen));
            } else if !known.contains(&key.as_str()) {
                let near = known.iter().copied().max_by(|a, b| alike(key, a).total_cmp(&alike(key, b)));
                let wrong = match near.filter(|n| alike(key, n) >= 0.75) {
                    Some(near) => Wrong::Unknown(near),
                    None => Wrong::UnknownHere(known.join(", ")),
                };
                part.fault(*at, &crate::text::cut(key, 60), wrong);
            }
        }
        Some(part)
    }

    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn fault(&mut self, at: At, key: &str, wrong: Wrong) {
        let key = self.path(key);
        self.faults.push(Fault { at, key, wrong });
    }

    fn node(&self, key: &str) -> Option<&'a Node> {
        self.map.iter().find(|(k, ..)| k == key).map(|(.., node)| node)
    }

    /// The text of `key`; null is as if it were not there.
    fn text(&mut self, key: &str, longest: usize) -> Option<(&'a str, At)> {
        let node = self.node(key)?;
        match &node.value {
            Value::Scalar(None) => None,
            Value::Scalar(Some(text)) if text.trim().is_empty() => None,
            Value::Scalar(Some(text)) if text.chars().count() > longest => {
                self.fault(node.at, key, Wrong::Words(text.chars().count(), longest));
                None
            }
            Value::Scalar(Some(text)) => Some((text.trim(), node.at)),
            Value::Map(_) | Value::List(_) => {
                self.fault(node.at, key, Wrong::Shape("one value"));
                None
            }
        }
    }

    /// As [`Stage::text`], read by `read`.
    fn read<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let (text, at) = self.text(key, NAME)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.fault(at, key, wrong);
                None
            }
        }
    }

    fn words(&mut self, key: &str, longest: usize) -> Option<String> {
        self.text(key, longest).map(|(text, _)| crate::text::clean(text))
    }

    fn count(&mut self, key: &str) -> Option<u64> {
        self.read(key, |text| match text.parse::<u64>() {
            Ok(n) if n <= 1_000_000_000 => Ok(n),
            _ if text.starts_with('-') && text.len() > 1 => Err(Wrong::Negative(text.to_owned())),
            _ => Err(Wrong::Count(text.to_owned())),
        })
    }

    fn span(&mut self, key: &str) -> Option<Span> {
        let read = if self.kept { Span::kept } else { Span::read };
        self.read(key, |text| read(text).map_err(|why| Wrong::Span(text.to_owned(), why)))
    }

    fn percent(&mut self, key: &str) -> Option<Amount> {
        self.read(key, |text| match Amount::read(text) {
            Some(a) if a.number.is_sign_negative() && !a.number.is_zero() => Err(Wrong::Negative(text.to_owned())),
            Some(a) if a.unit == "%" && a.number <= Decimal::ONE_HUNDRED => Ok(a),
            _ => Err(Wrong::Percent(text.to_owned())),
        })
    }

    /// The rows of a list, each as its own part.
    fn rows<T>(&mut self, key: &str, kind: &str, mut each: impl FnMut(&mut Stage<'a, '_>) -> Option<T>) -> Vec<T> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let list = match &node.value {
            Value::List(list) if list.len() <= MOST_ROWS => list,
            Value::List(list) => {
                self.fault(node.at, key, Wrong::Rows(list.len(), MOST_ROWS));
                return Vec::new();
            }
            Value::Scalar(None) => return Vec::new(),
            Value::Scalar(_) | Value::Map(_) => {
                self.fault(node.at, key, Wrong::Shape("a list, a row each"));
                return Vec::new();
            }
        };
        let path = self.path(key);
        let mut out = Vec::new();
        for (i, row) in list.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let place = Place { path: &path, kind, kept: self.kept };
            out.extend(Stage::open(&place, row, self.faults).and_then(|mut part| each(&mut part)));
        }
        out
    }

    /// A part within this one.
    fn part<T: Default>(&mut self, key: &str, each: impl FnOnce(&mut Stage<'a, '_>) -> T) -> T {
        let Some(node) = self.node(key) else { return T::default() };
        let path = self.path(key);
        let place = Place { path: &path, kind: key, kept: self.kept };
        Stage::open(&place, node, self.faults).map_or_else(T::default, |mut part| each(&mut part))
    }

    /// What every row needs.
    fn name(&mut self, key: &str) -> Option<String> {
        let name = self.words(key, NAME);
        if name.is_none() && !self.faults.iter().any(|f| f.key == self.path(key)) {
            self.fault(self.at, key, Wrong::Missing);
        }
        name
    }
}

fn alike(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(&a.to_lowercase(), b)
}

fn release(mut root: Stage<'_, '_>, expected: Option<&str>) -> Option<Release> {
    let version = version_of(&mut root, expected)?;
    let deployed_at = root.read("deployed_at", |text| {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| Wrong::Time(text.to_owned()))?;
        Some(at.to_utc()).filter(|at| is_sensible(*at)).ok_or_else(|| Wrong::Time(text.to_owned()))
    });
    let kind = root.read("type", |text| {
        let found = Kind::ALL.into_iter().find(|k| text.eq_ignore_ascii_case(k.word()));
        found.ok_or_else(|| Wrong::OneOf(text.to_owned(), "major, minor, patch, hotfix, prerelease"))
    });
    let scope = root.part("scope", |p| Scope {
        features: p.count("features"),
        bug_fixes: p.count("bug_fixes"),
        breaking_changes: p.count("breaking_changes"),
        contributors: p.count("contributors"),
    });
    let timeline = root.rows("timeline", "timeline", |p| {
        let (phase, planned, actual) = (p.name("phase"), p.span("planned"), p.span("actual"));
        Some(Row { phase: phase?, planned, actual })
    });
    let quality = root.rows("quality", "quality", gate);
    let incidents = root.part("incidents", |p| Incidents {
        total: p.count("total"),
        rollbacks: p.count("rollbacks"),
        hotfixes: p.count("hotfixes"),
        post_release_bugs: p.count("post_release_bugs"),
        note: p.words("note", NOTE),
    });
    let impact = root.part("impact", |p| Impact {
        support_tickets: p.count("support_tickets"),
        support_tickets_baseline: p.count("support_tickets_baseline"),
        sentiment: p.percent("sentiment"),
        adoption: p.percent("adoption"),
        business: p.words("business", NOTE),
    });
    let lead_time = root.span("lead_time");
    let plan = root.text("plan", LONGEST).map(|(text, at)| (text.to_owned(), at));
    if let Some((_, at)) = plan.as_ref().filter(|(p, _)| super::plan::is_address(p) && p.chars().count() > ADDRESS) {
        root.fault(*at, "plan", Wrong::Words(plan.as_ref().map_or(0, |(p, _)| p.chars().count()), ADDRESS));
    }
    let plan = plan.map(|(text, _)| text);
    Some(Release { version, deployed_at, kind, scope, timeline, quality, incidents, impact, lead_time, plan })
}

fn version_of(root: &mut Stage<'_, '_>, expected: Option<&str>) -> Option<String> {
    let given = root.text("version", LONGEST);
    match (given, expected) {
        (None, Some(expected)) => Some(expected.to_owned()),
        (None, None) => {
            root.fault(root.at, "version", Wrong::NoVersion);
            None
        }
        (Some((text, at)), expected) => {
            let shown = crate::text::cut(text, 70);
            match (version::read(text), expected) {
                (None, _) => root.fault(at, "version", Wrong::Version(shown)),
                (Some(version), Some(expected)) if !version::is_same(expected, &version) => {
                    root.fault(at, "version", Wrong::OtherVersion(shown, crate::text::cut(expected, 70)));
                }
                (Some(version), _) => return Some(version),
            }
            // The rest is looked at all the same.
            Some(String::new())
        }
    }
}

fn gate(p: &mut Stage<'_, '_>) -> Option<Gate> {
    let kept = p.kept;
    let plain = |text: &str| match Amount::has_two_readings(text) && !kept {
        true => Err(Wrong::Thousand(text.to_owned())),
        false => Ok(()),
    };
    let amount = |text: &str| {
        plain(text)?;
        Amount::read(text).ok_or_else(|| Wrong::Amount(text.to_owned()))
    };
    let name = p.name("name");
    let value = p.read("value", amount);
    if value.is_none() && p.node("value").is_none() {
        p.fault(p.at, "value", Wrong::Missing);
    }
    let better = p.read("better", |text| match text.to_lowercase().as_str() {
        "lower" => Ok(Better::Lower),
        "higher" => Ok(Better::Higher),
        _ => Err(Wrong::OneOf(text.to_owned(), "lower, higher")),
    });
    let target = p.read("target", |text| {
        plain(text)?;
        let (test, amount) = Target::read(text).ok_or_else(|| Wrong::Target(text.to_owned()))?;
        let test = match (test, better) {
            (Some(test), _) => test,
            (None, Some(Better::Lower)) => Test::AtMost,
            (None, Some(Better::Higher)) => Test::AtLeast,
            // Nothing is below none.
            (None, None) if amount.number.is_zero() => Test::Exactly,
            (None, None) => return Err(Wrong::Direction(text.to_owned())),
        };
        Ok(Target { test, amount })
    });
    let baseline = p.read("baseline", amount);
    let gate = Gate { name: name?, value: value?, target, baseline, better };
    let (key, wrong) = match gate.check() {
        Ok(()) => return Some(gate),
        Err(Odd::TargetUnit) => {
            let target = gate.target.as_ref().map_or_else(String::new, ToString::to_string);
            ("target", Wrong::Unit(target, gate.value.to_string()))
        }
        Err(odd) => {
            let before = gate.baseline.as_ref().map_or_else(String::new, ToString::to_string);
            let unit = odd == Odd::BaselineUnit;
            ("baseline", if unit { Wrong::Unit(before, gate.value.to_string()) } else { Wrong::Direction(before) })
        }
    };
    let at = p.node(key).map_or(p.at, |n| n.at);
    p.fault(at, key, wrong);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../../sim/src/v2.1.0.yaml");

    fn faults(text: &str) -> String {
        Release::read(text, None).unwrap_err().to_string()
    }

    #[test]
    fn the_example_is_read_and_read_again_from_what_is_kept() {
        let release = Release::read(EXAMPLE, Some("v2.1.0")).unwrap();
        assert_eq!((release.timeline.len(), release.quality.len(), release.scope.bug_fixes), (5, 3, Some(12)));
        assert_eq!(Release::read(&release.json(), None).unwrap(), release);
        assert_eq!(Release::read(&super::super::yaml(&release), None).unwrap(), release);
    }

    #[test]
    fn every_fault_is_told_with_key_line_and_column() {
        let text = "version: v2.1.0\nscop: {features: 8}\ntimeline:\n  - {phase: Planning, planned: -2 days, actual: 3 parsecs}\n  - {planned: 1h}\nincidents: {total: -1, rolbacks: 0, hotfixes: few}\nimpact: {sentiment: 85, adoption: 120%}\nquality:\n  - {name: p95, value: 440ms, target: \">= 80%\"}\n  - {name: coverage, value: 85%, target: 80%}\ndeployed_at: yesterday\ntype: huge\nlead_time: 3\n";
        assert_eq!(
            faults(text),
            "line 2, column 1: `scop` is not a key of release data. Did you mean `scope`?\n\
line 4, column 32: `timeline[0].planned` “-2 days” is negative: a duration cannot be.\n\
line 4, column 49: `timeline[0].actual` “3 parsecs” has a unit that I do not know: write weeks, days, h, min or s, such as 2.5 days or 1h30.\n\
line 5, column 5: `timeline[1].phase` is missing: every row needs it.\n\
line 6, column 20: `incidents.total` “-1” is negative: it cannot be.\n\
line 6, column 24: `incidents.rolbacks` is not a key of release data. Did you mean `rollbacks`?\n\
line 6, column 47: `incidents.hotfixes` “few” is not a whole number from 0 on.\n\
line 7, column 21: `impact.sentiment` “85” is not a percentage: write it as 85%.\n\
line 7, column 35: `impact.adoption` “120%” is not a percentage: write it as 85%.\n\
line 9, column 39: `quality[0].target` “>= 80%” has another unit than the value 440ms: give both in the same unit.\n\
line 10, column 42: `quality[1].target` “80%” does not say which way is better: write \">= 80%\" or \"<= 80%\", or add `better: lower`.\n\
line 11, column 14: `deployed_at` “yesterday” is not a time with its zone: write it as 2026-11-18T14:00:00Z.\n\
line 12, column 7: `type` “huge” is not one of major, minor, patch, hotfix, prerelease.\n\
line 13, column 12: `lead_time` “3” has no unit: write days, hours or minutes, such as 35 min."
        );
    }

    #[test]
    fn the_version_must_be_one_and_the_same() {
        assert!(faults("scope: {features: 1}").contains("`version` is missing"));
        assert!(faults("version: a b").contains("is not a version"));
        assert!(faults("- a").contains("should be a list of keys"));
        let other = Release::read("version: v2.0.0\nx: 1", Some("v2.1.0")).unwrap_err();
        assert_eq!(
            other.to_string().lines().next().unwrap(),
            "line 1, column 10: `version` says v2.0.0, but the data is for v2.1.0: give the same version in both places."
        );
        assert_eq!(other.0.len(), 2);
        assert_eq!(Release::read("lead_time: 3 days", Some("v1")).unwrap().version, "v1");
        // What nobody can see is no part of it.
        assert_eq!(Release::read("version: “v1”", Some("\u{202e}v1")).unwrap().version, "v1");
        for odd in ["a b", "", "a\nb"] {
            assert!(Release::read("lead_time: 3 days", Some(odd)).is_err(), "{odd:?}");
        }
        assert!(faults("version: v1\ndeployed_at: 9999-01-01T00:00:00Z").contains("deployed_at"));
        assert!(faults(&"x".repeat(LONGEST + 1)).contains("at most 200000"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(version: v1\n)?[a-z_]{0,12}: \\PC{0,30}\n\\PC{0,30}") {
            let _ = Release::read(&text, None);
        }
    }
}
