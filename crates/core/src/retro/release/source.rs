//! Where a figure of a release comes from. A person's word wins over a source, and a source never overwrites it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Release, Row, Span};
use crate::zone;

/// A figure that a source can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Figure {
    #[serde(rename = "deployed_at")]
    DeployedAt,
    #[serde(rename = "features")]
    Features,
    #[serde(rename = "bug_fixes")]
    BugFixes,
    #[serde(rename = "breaking_changes")]
    BreakingChanges,
    #[serde(rename = "contributors")]
    Contributors,
    #[serde(rename = "deploy_time")]
    DeployTime,
    #[serde(rename = "lead_time")]
    LeadTime,
    #[serde(rename = "rollbacks")]
    Rollbacks,
    #[serde(rename = "hotfixes")]
    Hotfixes,
    #[serde(rename = "post_release_bugs")]
    Bugs,
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    #[serde(rename = "person")]
    Person,
    /// What is derived from what people do there.
    #[serde(rename = "github")]
    GitHub,
    /// What people wrote for people, so that it goes before what is derived.
    #[serde(rename = "changelog")]
    Changelog,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "typed",
            Self::GitHub => "GitHub",
            Self::Changelog => "changelog",
        }
    }

    /// The greater one wins: with two sources of one rank a figure would change with each word.
    fn rank(self) -> u8 {
        match self {
            Self::Person => 2,
            Self::Changelog => 1,
            Self::GitHub => 0,
        }
    }
}

/// What somebody or something says of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub figure: Figure,
    pub source: Source,
    /// As a document has it; `None`: a person took it away.
    pub value: Option<String>,
    pub at: DateTime<Utc>,
}

/// The phase that a source's deploy time stands in.
const DEPLOYMENT: &str = "Deployment";

impl Figure {
    pub const ALL: [Self; 10] = [
        Self::DeployedAt,
        Self::Features,
        Self::BugFixes,
        Self::BreakingChanges,
        Self::Contributors,
        Self::DeployTime,
        Self::LeadTime,
        Self::Rollbacks,
        Self::Hotfixes,
        Self::Bugs,
    ];

    /// In a sentence: `the bug fixes`.
    pub fn label(self) -> &'static str {
        match self {
            Self::DeployedAt => "time of deployment",
            Self::Features => "features",
            Self::BugFixes => "bug fixes",
            Self::BreakingChanges => "breaking changes",
            Self::Contributors => "contributors",
            Self::DeployTime => "deploy time",
            Self::LeadTime => "lead time",
            Self::Rollbacks => "rollbacks",
            Self::Hotfixes => "hotfixes",
            Self::Bugs => "post-release bugs",
        }
    }

    /// The line of the facts in which it stands.
    pub fn line(self) -> &'static str {
        match self {
            Self::DeployedAt => "Deployed",
            Self::Features | Self::BugFixes | Self::BreakingChanges | Self::Contributors => "Scope",
            Self::DeployTime => "Deploy time",
            Self::LeadTime => "Lead time",
            Self::Rollbacks | Self::Hotfixes | Self::Bugs => "Incidents",
        }
    }

    fn count(self, release: &mut Release) -> Option<&mut Option<u64>> {
        match self {
            Self::Features => Some(&mut release.scope.features),
            Self::BugFixes => Some(&mut release.scope.bug_fixes),
            Self::BreakingChanges => Some(&mut release.scope.breaking_changes),
            Self::Contributors => Some(&mut release.scope.contributors),
            Self::Rollbacks => Some(&mut release.incidents.rollbacks),
            Self::Hotfixes => Some(&mut release.incidents.hotfixes),
            Self::Bugs => Some(&mut release.incidents.post_release_bugs),
            Self::DeployedAt | Self::DeployTime | Self::LeadTime => None,
        }
    }

    /// What a release says of it, as a document has it.
    pub fn of(self, release: &Release) -> Option<String> {
        let span = |span: Option<Span>| span.map(|span| span.to_string());
        match self {
            Self::DeployedAt => release.deployed_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            Self::LeadTime => span(release.lead_time),
            // Phases that people typed are a deploy time of their own.
            Self::DeployTime => span(release.deploy_time()),
            Self::Features
            | Self::BugFixes
            | Self::BreakingChanges
            | Self::Contributors
            | Self::Rollbacks
            | Self::Hotfixes
            | Self::Bugs => self.count(&mut release.clone()).and_then(|count| *count).map(|n| n.to_string()),
        }
    }

    /// Puts it into a release; `None` takes it out. A value that cannot be read changes nothing.
    pub fn put(self, release: &mut Release, value: Option<&str>) {
        match self {
            Self::DeployedAt => match value.map(str::parse) {
                None => release.deployed_at = None,
                Some(Ok(at)) => release.deployed_at = Some(at),
                Some(Err(_)) => {}
            },
            Self::LeadTime => match value.map(Span::kept) {
                None => release.lead_time = None,
                Some(Ok(span)) => release.lead_time = Some(span),
                Some(Err(_)) => {}
            },
            Self::DeployTime => {
                release.timeline.retain(|row| row.phase != DEPLOYMENT || row.planned.is_some());
                if let Some(Ok(actual)) = value.map(Span::kept) {
                    release.timeline.push(Row { phase: DEPLOYMENT.to_owned(), planned: None, actual: Some(actual) });
                }
            }
            Self::Features
            | Self::BugFixes
            | Self::BreakingChanges
            | Self::Contributors
            | Self::Rollbacks
            | Self::Hotfixes
            | Self::Bugs => {
                if let Some(count) = self.count(release) {
                    *count = value.and_then(|value| value.parse().ok());
                }
            }
        }
    }
}

/// What was said of a figure: a person's word, and what a source says.
fn of(said: &[Said], figure: Figure) -> (Option<&Said>, Option<&Said>) {
    let all = || said.iter().filter(move |s| s.figure == figure);
    let person = all().find(|s| s.source == Source::Person);
    (person, all().filter(|s| s.source != Source::Person).max_by_key(|s| s.source.rank()))
}

/// What a person gave: `shown` is what they saw, `given` what they sent. Returns the release as it is from now on, and what
/// is remembered as their word. In a document what is left out is not said; in the form it was taken away.
pub fn person(
    shown: &Release,
    given: Release,
    said: &[Said],
    is_form: bool,
    now: DateTime<Utc>,
) -> (Release, Vec<Said>) {
    let (mut release, mut words) = (given, Vec::new());
    for figure in Figure::ALL {
        let (before, typed) = (figure.of(shown), figure.of(&release));
        let (person, source) = of(said, figure);
        if before == typed || source.is_none() && person.is_none() {
            continue;
        }
        if typed.is_none() && !is_form && person.is_none() {
            figure.put(&mut release, before.as_deref());
            continue;
        }
        words.push(Said { figure, source: Source::Person, value: typed, at: now });
    }
    (release, words)
}

/// What a source did to a release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// The release as it is from now on.
    pub release: Release,
    /// What is remembered of it.
    pub said: Vec<Said>,
    /// Figures that were not known before.
    pub filled: Vec<Figure>,
    /// Figures that the source had given otherwise: the value before, and now.
    pub changed: Vec<(Figure, String, String)>,
    /// Figures of which a person says something else: their word, and the source's.
    pub differ: Vec<(Figure, String, String)>,
}

/// A source tells its figures: what a person said stays as it is.
pub fn told(
    shown: &Release,
    said: &[Said],
    source: Source,
    figures: &BTreeMap<Figure, String>,
    now: DateTime<Utc>,
) -> Told {
    let mut told = Told { release: shown.clone(), ..Told::default() };
    for figure in Figure::ALL {
        let Some(value) = figures.get(&figure) else { continue };
        let (person, _) = of(said, figure);
        let before = said.iter().find(|s| s.figure == figure && s.source == source);
        let is_known = said.iter().any(|s| s.figure == figure && s.source != Source::Person);
        let outranked = said.iter().any(|s| s.figure == figure && s.source.rank() > source.rank());
        let shown = figure.of(shown);
        told.said.push(Said { figure, source, value: Some(value.clone()), at: now });
        let typed = match person {
            Some(person) => Some(person.value.clone()),
            // It was there before any source spoke: a person gave it.
            None if shown.is_some() && !is_known => {
                told.said.push(Said { figure, source: Source::Person, value: shown.clone(), at: now });
                Some(shown.clone())
            }
            None => None,
        };
        if let Some(typed) = typed {
            let typed = typed.unwrap_or_default();
            let is_news = before.is_none_or(|before| before.value.as_ref() != Some(value));
            if typed != *value && is_news {
                told.differ.push((figure, typed, value.clone()));
            }
            continue;
        }
        if outranked {
            continue;
        }
        figure.put(&mut told.release, Some(value));
        match shown {
            None => told.filled.push(figure),
            Some(before) if before != *value => told.changed.push((figure, before, value.clone())),
            Some(_) => {}
        }
    }
    told
}

/// Where the figures of a line come from: `GitHub, 18 Nov 14:02`; `None` where people typed all of them.
pub fn beside(said: &[Said], release: &Release, line: &str, tz: &str) -> Option<String> {
    let here = Figure::ALL.into_iter().filter(|f| f.line() == line && f.of(release).is_some());
    let (mut sources, mut typed) = (BTreeMap::new(), Vec::new());
    for figure in here {
        match of(said, figure) {
            (None, Some(source)) => {
                let at = sources.entry(source.source).or_insert(source.at);
                *at = source.at.max(*at);
            }
            (Some(_), Some(_)) => typed.push(figure.label()),
            (_, None) => {}
        }
    }
    let mut words: Vec<String> = sources
        .into_iter()
        .map(|(source, at)| format!("{}, {}", source.name(), zone::local(at, tz).format("%-d %b %H:%M")))
        .collect();
    if !typed.is_empty() {
        words.push(format!("typed: {}", typed.join(", ")));
    }
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Release {
        Release::read(text, Some("v2.1.0")).unwrap()
    }

    fn now() -> DateTime<Utc> {
        "2026-11-20T13:02:00Z".parse().unwrap()
    }

    fn github(figures: &[(Figure, &str)]) -> BTreeMap<Figure, String> {
        figures.iter().map(|(figure, value)| (*figure, (*value).to_owned())).collect()
    }

    fn all() -> BTreeMap<Figure, String> {
        github(&[
            (Figure::DeployedAt, "2026-11-18T14:00:00Z"),
            (Figure::Features, "8"),
            (Figure::BugFixes, "12"),
            (Figure::BreakingChanges, "0"),
            (Figure::Contributors, "6"),
            (Figure::DeployTime, "25 min"),
            (Figure::LeadTime, "2.9 days"),
            (Figure::Rollbacks, "0"),
            (Figure::Hotfixes, "0"),
            (Figure::Bugs, "3"),
        ])
    }

    #[test]
    fn a_source_fills_all_of_its_figures_and_they_are_read_back() {
        let told = told(&Release::of("v2.1.0"), &[], Source::GitHub, &all(), now());
        assert_eq!(told.filled, Figure::ALL);
        for figure in Figure::ALL {
            assert_eq!(figure.of(&told.release).as_ref(), all().get(&figure), "{figure:?}");
        }
        assert_eq!(Release::kept(&told.release.json()).unwrap(), told.release);
        assert_eq!(
            beside(&told.said, &told.release, "Scope", "Europe/Berlin").as_deref(),
            Some("GitHub, 20 Nov 14:02")
        );
        // The same again changes nothing.
        let again = super::told(&told.release, &told.said, Source::GitHub, &all(), now());
        assert_eq!((again.release, again.filled, again.changed, again.differ), (told.release, vec![], vec![], vec![]));
    }

    #[test]
    fn a_person_wins_and_a_later_source_says_what_it_says() {
        let first = told(&Release::of("v2.1.0"), &[], Source::GitHub, &all(), now());
        let typed = Release {
            scope: super::super::Scope { features: Some(9), ..first.release.scope },
            ..first.release.clone()
        };
        let (release, words) = person(&first.release, typed, &first.said, true, now());
        assert_eq!(
            words.iter().map(|w| (w.figure, w.value.as_deref())).collect::<Vec<_>>(),
            [(Figure::Features, Some("9"))]
        );
        let said: Vec<Said> = first.said.iter().chain(&words).cloned().collect();
        let later = github(&[(Figure::Features, "7"), (Figure::BugFixes, "13")]);
        let second = told(&release, &said, Source::GitHub, &later, now());
        assert_eq!((second.release.scope.features, second.release.scope.bug_fixes), (Some(9), Some(13)));
        assert_eq!(second.changed, [(Figure::BugFixes, "12".into(), "13".into())]);
        assert_eq!(second.differ, [(Figure::Features, "9".into(), "7".into())]);
        assert_eq!(beside(&said, &release, "Scope", "UTC").as_deref(), Some("GitHub, 20 Nov 13:02; typed: features"));
    }

    #[test]
    fn a_changelog_goes_before_what_is_derived() {
        let first = told(&Release::of("v2.1.0"), &[], Source::GitHub, &all(), now());
        let counted = github(&[(Figure::Features, "7")]);
        let second = told(&first.release, &first.said, Source::Changelog, &counted, now());
        assert_eq!(second.changed, [(Figure::Features, "8".into(), "7".into())]);
        let said: Vec<Said> = first.said.into_iter().chain(second.said).collect();
        let third = told(&second.release, &said, Source::GitHub, &github(&[(Figure::Features, "10")]), now());
        assert_eq!((third.release.scope.features, third.changed, third.differ), (Some(7), vec![], vec![]));
    }

    #[test]
    fn what_was_there_before_a_source_is_a_persons() {
        let typed = release("scope: {features: 5}\ntimeline: [{phase: Rollout, actual: 40 min}]");
        let first = told(&typed, &[], Source::GitHub, &all(), now());
        assert_eq!(first.release.scope.features, Some(5));
        assert_eq!(first.release.timeline, typed.timeline, "typed phases are the deploy time");
        assert!(first.said.iter().any(|s| s.source == Source::Person && s.figure == Figure::Features));
    }

    #[test]
    fn a_document_leaves_out_what_it_does_not_know_and_a_form_takes_it_away() {
        let first = told(&Release::of("v2.1.0"), &[], Source::GitHub, &all(), now());
        let document = release("quality: [{name: Coverage, value: 85%}]");
        let (kept, words) = person(&first.release, document.clone(), &first.said, false, now());
        assert_eq!((kept.scope, kept.lead_time, words), (first.release.scope, first.release.lead_time, vec![]));
        assert_eq!(kept.quality.len(), 1);
        let (emptied, words) = person(&first.release, document, &first.said, true, now());
        assert_eq!((emptied.scope.features, words.len()), (None, Figure::ALL.len()));
        // It stays away when the source speaks again.
        let said: Vec<Said> = first.said.into_iter().chain(words).collect();
        assert_eq!(told(&emptied, &said, Source::GitHub, &all(), now()).release.scope.features, None);
    }
}
