//! The form for the figures that most releases have: each field as it is typed, read and shown.

use chrono::{DateTime, Utc};

use super::{Faults, Release, Row, Span, yaml};
use crate::retro::{Refusal, typed_date};
use crate::text::clean;
use crate::zone;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Deployed,
    LeadTime,
    Features,
    BugFixes,
    Breaking,
    Timeline,
    Incidents,
    Rollbacks,
    Hotfixes,
    Bugs,
    Business,
    Document,
}

impl At {
    /// All, in the order of the form.
    pub const ALL: [Self; 12] = [
        Self::Deployed,
        Self::LeadTime,
        Self::Timeline,
        Self::Features,
        Self::BugFixes,
        Self::Breaking,
        Self::Incidents,
        Self::Rollbacks,
        Self::Hotfixes,
        Self::Bugs,
        Self::Business,
        Self::Document,
    ];

    /// Names the field in the form.
    pub fn id(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::LeadTime => "lead_time",
            Self::Features => "features",
            Self::BugFixes => "bug_fixes",
            Self::Breaking => "breaking_changes",
            Self::Timeline => "timeline",
            Self::Incidents => "incidents",
            Self::Rollbacks => "rollbacks",
            Self::Hotfixes => "hotfixes",
            Self::Bugs => "bugs",
            Self::Business => "business",
            Self::Document => "document",
        }
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Deployed => "When did it go live?",
            Self::LeadTime => "Lead time, from the start of the work to production",
            Self::Features => "Features",
            Self::BugFixes => "Bug fixes",
            Self::Breaking => "Breaking changes",
            Self::Timeline => "Timeline: planned and actual",
            Self::Incidents => "Incidents",
            Self::Rollbacks => "Rollbacks",
            Self::Hotfixes => "Hotfixes",
            Self::Bugs => "Bugs found after the release",
            Self::Business => "Business impact",
            Self::Document => "Or everything at once, as YAML or JSON",
        }
    }

    /// A word of help.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Deployed => "2026-11-18 14:00, yesterday 15:00, or 36h ago",
            Self::LeadTime => "3 days",
            Self::Timeline => "A line each, such as: Database migration: 15 min -> 20 min",
            Self::Business => "+3% conversion rate",
            Self::Document => "Quality gates and the effect on users go here; this replaces what was there",
            Self::Features
            | Self::BugFixes
            | Self::Breaking
            | Self::Incidents
            | Self::Rollbacks
            | Self::Hotfixes
            | Self::Bugs => "A number; leave it empty if unknown",
        }
    }

    /// Whether it takes several lines.
    pub fn multiline(self) -> bool {
        matches!(self, Self::Timeline | Self::Document)
    }

    /// The most characters.
    pub fn longest(self) -> usize {
        match self {
            Self::Timeline | Self::Document => 3000,
            Self::Business => 500,
            Self::Deployed
            | Self::LeadTime
            | Self::Features
            | Self::BugFixes
            | Self::Breaking
            | Self::Incidents
            | Self::Rollbacks
            | Self::Hotfixes
            | Self::Bugs => 60,
        }
    }

    /// What a release holds there, as it can be typed.
    pub fn show(self, r: &Release, tz: &str) -> String {
        let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        match self {
            Self::Deployed => {
                r.deployed_at.map(|at| zone::local(at, tz).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
            }
            Self::LeadTime => r.lead_time.map(|t| t.to_string()).unwrap_or_default(),
            Self::Features => number(r.scope.features),
            Self::BugFixes => number(r.scope.bug_fixes),
            Self::Breaking => number(r.scope.breaking_changes),
            Self::Timeline => r.timeline.iter().map(line).collect::<Vec<_>>().join("\n"),
            Self::Incidents => number(r.incidents.total),
            Self::Rollbacks => number(r.incidents.rollbacks),
            Self::Hotfixes => number(r.incidents.hotfixes),
            Self::Bugs => number(r.incidents.post_release_bugs),
            Self::Business => r.impact.business.clone().unwrap_or_default(),
            Self::Document if r.is_empty() => String::new(),
            Self::Document => yaml(r),
        }
    }
}

/// `Database migration: 15 min -> 20 min`.
fn line(row: &Row) -> String {
    let planned = row.planned.map(|t| t.to_string()).unwrap_or_default();
    let actual = row.actual.map(|t| format!(" -> {t}")).unwrap_or_default();
    format!("{}: {planned}{actual}", row.phase)
}

/// Reads what was typed over `before`: the document where that was changed, else the fields that were.
pub fn read(
    before: &Release,
    typed: impl Fn(At) -> String,
    now: DateTime<Utc>,
    tz: &str,
) -> Result<Release, Vec<(At, Refusal)>> {
    let changed: Vec<At> = At::ALL
        .into_iter()
        .filter(|at| {
            let (new, old) = (typed(*at), at.show(before, tz));
            // What did not fit into its field was not shown there, so leaving it empty changes nothing.
            let hidden = old.chars().count() > at.longest() && new.trim().is_empty();
            !hidden && new.trim().replace("\r\n", "\n") != old.trim()
        })
        .collect();
    if changed.contains(&At::Document) {
        if changed.len() > 1 {
            return Err(vec![(At::Document, Refusal::FormOrDocument)]);
        }
        let text = typed(At::Document);
        if text.trim().is_empty() {
            return Ok(Release::of(&before.version));
        }
        return Release::read(&text, Some(&before.version)).map_err(|faults| vec![(At::Document, faults.into())]);
    }
    let (mut release, mut faults) = (before.clone(), Vec::new());
    for at in changed {
        if let Err(refusal) = set(&mut release, at, typed(at).trim(), now, tz) {
            faults.push((at, refusal));
        }
    }
    if faults.is_empty() { Ok(release) } else { Err(faults) }
}

fn set(r: &mut Release, at: At, typed: &str, now: DateTime<Utc>, tz: &str) -> Result<(), Refusal> {
    let count = || match typed {
        "" => Ok(None),
        n => n.parse::<u64>().ok().filter(|n| *n <= 1_000_000_000).map(Some).ok_or(Refusal::NotACount),
    };
    match at {
        At::Deployed if typed.is_empty() => r.deployed_at = None,
        At::Deployed => r.deployed_at = Some(deployed(typed, now, tz)?),
        At::LeadTime if typed.is_empty() => r.lead_time = None,
        At::LeadTime => r.lead_time = Some(span(typed)?),
        At::Features => r.scope.features = count()?,
        At::BugFixes => r.scope.bug_fixes = count()?,
        At::Breaking => r.scope.breaking_changes = count()?,
        At::Timeline => {
            r.timeline = typed.lines().filter(|l| !l.trim().is_empty()).map(row).collect::<Result<_, _>>()?
        }
        At::Incidents => r.incidents.total = count()?,
        At::Rollbacks => r.incidents.rollbacks = count()?,
        At::Hotfixes => r.incidents.hotfixes = count()?,
        At::Bugs => r.incidents.post_release_bugs = count()?,
        At::Business => r.impact.business = Some(clean(typed)).filter(|t| !t.is_empty()),
        At::Document => {}
    }
    Ok(())
}

fn deployed(typed: &str, now: DateTime<Utc>, tz: &str) -> Result<DateTime<Utc>, Refusal> {
    Ok(typed_date::read_past(typed, now, tz)?)
}

fn span(typed: &str) -> Result<Span, Refusal> {
    Span::read(typed).map_err(|why| Refusal::NotASpan(crate::text::cut(typed, 60), why))
}

fn row(line: &str) -> Result<Row, Refusal> {
    let bad = || Refusal::NotATimelineRow(crate::text::cut(line.trim(), 60));
    let (phase, times) = line.rsplit_once(':').ok_or_else(bad)?;
    let phase = clean(phase.trim());
    if phase.is_empty() || phase.chars().count() > 100 {
        return Err(bad());
    }
    let (planned, actual) = times.split_once("->").or_else(|| times.split_once('→')).unwrap_or((times, ""));
    let time = |t: &str| (!t.trim().is_empty()).then(|| span(t)).transpose();
    Ok(Row { phase, planned: time(planned)?, actual: time(actual)? })
}

impl From<Faults> for Refusal {
    fn from(faults: Faults) -> Self {
        Self::BadData(faults.shown(3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../../sim/src/v2.1.0.yaml");

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-20T10:00:00Z").unwrap().to_utc()
    }

    fn typed(before: &Release, fields: &[(At, &str)]) -> Result<Release, Vec<(At, Refusal)>> {
        let given = |at: At| {
            fields.iter().find(|(a, _)| *a == at).map_or_else(|| at.show(before, "Europe/Berlin"), |(_, t)| (*t).into())
        };
        read(before, given, now(), "Europe/Berlin")
    }

    #[test]
    fn a_form_that_is_sent_as_it_was_shown_changes_nothing() {
        for release in [Release::of("v2.1.0"), Release::read(EXAMPLE, None).unwrap()] {
            assert_eq!(typed(&release, &[]).unwrap(), release);
        }
    }

    #[test]
    fn fields_are_set_over_what_was_there_and_the_document_replaces_it() {
        let before = Release::read(EXAMPLE, None).unwrap();
        let after =
            typed(&before, &[(At::Incidents, "2"), (At::Deployed, "yesterday 15:00"), (At::Features, "")]).unwrap();
        assert_eq!((after.incidents.total, after.scope.features, after.scope.bug_fixes), (Some(2), None, Some(12)));
        assert_eq!(after.deployed_at.unwrap().to_rfc3339(), "2026-11-19T14:00:00+00:00");
        let lines = "Migration: step 2: 15 min → 20 min\nSmoke: -> 1h\nPlanning: 2 days";
        let after = typed(&before, &[(At::Timeline, lines)]).unwrap();
        assert_eq!(
            after.timeline.iter().map(line).collect::<Vec<_>>(),
            ["Migration: step 2: 15 min -> 20 min", "Smoke:  -> 1 hour", "Planning: 2 days"]
        );
        assert_eq!(typed(&before, &[(At::Document, "{\"lead_time\": \"2 days\"}")]).unwrap().timeline, []);
        assert!(typed(&before, &[(At::Document, "")]).unwrap().is_empty());
    }

    #[test]
    fn faults_stand_at_their_fields() {
        let before = Release::read(EXAMPLE, None).unwrap();
        let at = |fields: &[(At, &str)]| -> Vec<At> {
            typed(&before, fields).unwrap_err().into_iter().map(|f| f.0).collect()
        };
        assert_eq!(
            at(&[(At::Incidents, "-1"), (At::LeadTime, "3"), (At::Timeline, "no colon")]),
            [At::LeadTime, At::Timeline, At::Incidents]
        );
        assert_eq!(at(&[(At::Document, "x: 1"), (At::Bugs, "4")]), [At::Document]);
        assert_eq!(at(&[(At::Document, "x: 1")]), [At::Document]);
    }
}
