//! What follows from release data: variance, totals, pass or fail, and one line of verdict.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::span::{decimal, rounded};
use super::version::{self, Kind};
use super::{Release, Row, Span};
use crate::retro::table::{Cell, Chart, NONE, Series, Shape, Table, hundredths};
use crate::text::count;
use crate::zone;

/// Planned and actual of several rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Total {
    /// How long they should have taken.
    pub planned: Span,
    pub actual: Span,
    /// How many rows are in it: those that have both.
    pub rows: usize,
}

/// By how many percent the actual differs from the planned, rounded; `None` where either is missing or nothing
/// was planned. A day counts as one of work.
pub fn variance(planned: Option<Span>, actual: Option<Span>) -> Option<i64> {
    let (planned, actual) = (planned?.working(), actual?.working());
    let ratio = (actual - planned).checked_div(planned)?.checked_mul(Decimal::ONE_HUNDRED)?;
    rounded(ratio, 0).to_i64()
}

/// `+25%`, `−17%`, `0%`.
pub fn signed(percent: i64) -> String {
    match percent {
        0 => "0%".to_owned(),
        more if more > 0 => format!("+{more}%"),
        less => format!("\u{2212}{}%", less.abs()),
    }
}

impl Row {
    /// See [`variance`].
    pub fn variance(&self) -> Option<i64> {
        variance(self.planned, self.actual)
    }

    /// Of minutes and hours alone: part of the deployment itself.
    fn is_deployment(&self) -> bool {
        self.planned.or(self.actual).is_some_and(Span::is_clock)
    }
}

impl Total {
    fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<Self> {
        rows.filter_map(|r| r.planned.zip(r.actual)).fold(None, |total, (planned, actual)| {
            let Total { planned: p, actual: a, rows } =
                total.unwrap_or(Total { planned: Span::default(), actual: Span::default(), rows: 0 });
            Some(Total { planned: p.plus(planned), actual: a.plus(actual), rows: rows + 1 })
        })
    }

    /// See [`variance`].
    pub fn variance(&self) -> Option<i64> {
        variance(Some(self.planned), Some(self.actual))
    }

    /// With days turned into hours of work.
    fn in_hours(self) -> Self {
        Self { planned: Span::minutes(self.planned.working()), actual: Span::minutes(self.actual.working()), ..self }
    }
}

/// `1 h 40 min (planned 1 h 30 min, +11%)`.
impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.variance().map(|v| format!(", {}", signed(v))).unwrap_or_default();
        write!(f, "{} (planned {}{by})", self.actual, self.planned)
    }
}

fn or_none(text: Option<impl ToString>) -> String {
    text.map_or_else(|| NONE.to_owned(), |t| t.to_string())
}

/// How it went, going by the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub went: Went,
    pub because: Vec<String>,
}

/// How a release went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// No incident, rollback or hotfix, every gate passed, and the deployment at most [`MOST_OVER`] longer than
    /// planned; of these what is known.
    Smoothly,
    Mixed,
    /// It was rolled back, or had [`MANY_INCIDENTS`].
    Roughly,
}

/// So many percent over the plan are still smooth.
pub const MOST_OVER: i64 = 25;

/// So many incidents make a release rough.
pub const MANY_INCIDENTS: u64 = 3;

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.went {
            Went::Smoothly => "smooth",
            Went::Mixed => "mixed",
            Went::Roughly => "rough",
        };
        write!(f, "{word} by the numbers ({})", self.because.join(", "))
    }
}

fn none_or(n: u64, one: &str, many: &str) -> String {
    if n == 0 { format!("no {many}") } else { count(usize::try_from(n).unwrap_or(usize::MAX), one, many) }
}

impl Release {
    /// The rows of minutes and hours: what the deployment took.
    pub fn deployment(&self) -> Option<Total> {
        Total::of(self.timeline.iter().filter(|r| r.is_deployment()))
    }

    /// What the deployment took, whether it was planned or not.
    pub fn deploy_time(&self) -> Option<Span> {
        let took = self.timeline.iter().filter(|r| r.is_deployment()).filter_map(|r| r.actual);
        took.fold(None, |sum: Option<Span>, t| Some(sum.unwrap_or_default().plus(t)))
    }

    /// All rows in hours of work; `None` where that is the same as [`Release::deployment`].
    pub fn working_time(&self) -> Option<Total> {
        let all = Total::of(self.timeline.iter())?;
        Some(all.in_hours()).filter(|_| self.deployment().is_none_or(|d| d.rows < all.rows))
    }

    /// The totals, each with what it counts.
    pub fn totals(&self) -> Vec<(String, Total)> {
        let deployment = self.deployment().map(|t| {
            let what = format!("Deployment window ({} in minutes and hours)", count(t.rows, "phase", "phases"));
            (what, t)
        });
        let working = self.working_time().map(|t| {
            let what = format!("Total effort (all {}, 8-hour days)", count(t.rows, "phase", "phases"));
            (what, t)
        });
        [deployment, working].into_iter().flatten().collect()
    }

    /// The timeline with variance and totals; `None` without one.
    pub fn timeline_table(&self) -> Option<Table> {
        if self.timeline.is_empty() {
            return None;
        }
        let rows = self
            .timeline
            .iter()
            .map(|r| [r.phase.clone(), or_none(r.planned), or_none(r.actual), or_none(r.variance().map(signed))]);
        let totals = self
            .totals()
            .into_iter()
            .map(|(what, t)| [what, t.planned.to_string(), t.actual.to_string(), or_none(t.variance().map(signed))]);
        let heads = ["Phase", "Planned", "Actual", "Variance"].map(str::to_owned).to_vec();
        let rows = rows.chain(totals).map(|cells| cells.map(Cell::Text).to_vec()).collect();
        Some(Table { caption: "Planned and actual".to_owned(), heads, rows })
    }

    /// The phases that have both, side by side: those of the deployment where there are several, since beside a phase of
    /// days one of minutes cannot be seen. `None` for fewer than two.
    pub fn timeline_chart(&self) -> Option<Chart> {
        let both = |r: &&Row| r.planned.is_some() && r.actual.is_some();
        let mut rows: Vec<&Row> = self.timeline.iter().filter(|r| r.is_deployment()).filter(both).collect();
        let (unit, minutes) = if rows.len() >= 2 { ("minutes", 1) } else { ("hours", 60) };
        if rows.len() < 2 {
            rows = self.timeline.iter().filter(both).collect();
        }
        let values = |of: fn(&Row) -> Option<Span>| -> Vec<i64> {
            let value = |r: &&Row| Some(hundredths((of(r)?.working() / Decimal::from(minutes)).to_f64()?));
            rows.iter().filter_map(value).collect()
        };
        let series = |name: &str, of| Series { name: name.to_owned(), hundredths: values(of) };
        (rows.len() >= 2).then(|| Chart {
            title: format!("Planned and actual ({unit})"),
            shape: Shape::Bar,
            unit: unit.to_owned(),
            categories: rows.iter().map(|r| r.phase.clone()).collect(),
            series: vec![series("Planned", |r| r.planned), series("Actual", |r| r.actual)],
        })
    }

    /// How many gates passed, of how many that can be judged.
    pub fn gates(&self) -> (usize, usize) {
        let judged: Vec<bool> = self.quality.iter().filter_map(super::gate::Gate::passed).collect();
        (judged.iter().filter(|p| **p).count(), judged.len())
    }

    /// What kind of release it is: as given, else by the numbers.
    pub fn kind_after(&self, previous: Option<&str>) -> Option<Kind> {
        self.kind.or_else(|| version::kind(previous, &self.version))
    }

    /// How it went; `None` where the figures do not tell.
    pub fn verdict(&self) -> Option<Verdict> {
        let i = &self.incidents;
        let (passed, judged) = self.gates();
        let over = self.deployment().and_then(|t| t.variance());
        if i.total.is_none() && i.rollbacks.is_none() && judged == 0 {
            return None;
        }
        let mut because = Vec::new();
        because.extend(i.total.map(|n| none_or(n, "incident", "incidents")));
        because.extend(i.rollbacks.map(|n| none_or(n, "rollback", "rollbacks")));
        because.extend(i.hotfixes.filter(|n| *n > 0).map(|n| none_or(n, "hotfix", "hotfixes")));
        if judged > 0 {
            because.push(format!("{passed} of {} passed", count(judged, "quality gate", "quality gates")));
        }
        because.extend(over.map(|v| match v {
            0 => "the deployment was on time".to_owned(),
            v if v > 0 => format!("the deployment was {v}% slower than planned"),
            v => format!("the deployment was {}% faster than planned", -v),
        }));
        let none = |n: Option<u64>| n.unwrap_or(0) == 0;
        let went = if !none(i.rollbacks) || i.total.is_some_and(|n| n >= MANY_INCIDENTS) {
            Went::Roughly
        } else if none(i.total) && none(i.hotfixes) && passed == judged && over.is_none_or(|v| v <= MOST_OVER) {
            Went::Smoothly
        } else {
            Went::Mixed
        };
        Some(Verdict { went, because })
    }

    /// The release in lines: a label and plain text each. `previous` is the release before it, `tz` where its
    /// times are shown.
    pub fn facts(&self, previous: Option<&str>, tz: &str) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        out.extend(self.deployed_at.map(|at| ("Deployed", zone::show(at, tz))));
        out.extend(self.kind_after(previous).map(|k| ("Type", format!("{} release", k.word()))));
        let s = &self.scope;
        let scope = [
            s.features.map(|n| counted(n, "feature", "features")),
            s.bug_fixes.map(|n| counted(n, "bug fix", "bug fixes")),
            s.breaking_changes.map(|n| counted(n, "breaking change", "breaking changes")),
            s.contributors.map(|n| counted(n, "contributor", "contributors")),
        ];
        out.extend(joined(scope).map(|t| ("Scope", t)));
        match self.deployment() {
            Some(total) => out.push(("Deployment window", total.to_string())),
            None => out.extend(self.deploy_time().map(|took| ("Deploy time", took.to_string()))),
        }
        out.extend(self.working_time().map(|t| ("Total effort (8-hour days)", t.to_string())));
        out.extend(self.lead_time.map(|t| ("Lead time", t.to_string())));
        let (passed, judged) = self.gates();
        if judged > 0 {
            let failed: Vec<String> = self
                .quality
                .iter()
                .filter(|g| g.passed() == Some(false))
                .map(|g| format!("{} {}", g.name, g.shown()))
                .collect();
            let failed = if failed.is_empty() { String::new() } else { format!("; failed: {}", failed.join("; ")) };
            out.push(("Quality gates", format!("{passed} of {judged} passed{failed}")));
        }
        let i = &self.incidents;
        let incidents = [
            i.total.map(|n| if n == 0 { "none".to_owned() } else { n.to_string() }),
            i.rollbacks.map(|n| none_or(n, "rollback", "rollbacks")),
            i.hotfixes.map(|n| none_or(n, "hotfix", "hotfixes")),
            i.post_release_bugs.map(|n| none_or(n, "post-release bug", "post-release bugs")),
        ];
        let note = i.note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
        out.extend(joined(incidents).map(|t| ("Incidents", format!("{t}{note}"))));
        let m = &self.impact;
        let tickets = m.support_tickets.map(|n| {
            let before = m.support_tickets_baseline.map(|b| format!(" (baseline {b})")).unwrap_or_default();
            format!("{}{before}", counted(n, "support ticket", "support tickets"))
        });
        let users = [
            tickets,
            m.sentiment.as_ref().map(|a| format!("{a} positive feedback")),
            m.adoption.as_ref().map(|a| format!("{a} of users tried the new features")),
        ];
        out.extend(joined(users).map(|t| ("Users", t)));
        out.extend(m.business.clone().map(|t| ("Business impact", t)));
        out.extend(self.verdict().map(|v| ("Overall", v.to_string())));
        out
    }
}

fn counted(n: u64, one: &str, many: &str) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), one, many)
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A duration in days on the clock, for a column in which releases are compared.
pub fn days(span: Span) -> f64 {
    (span.calendar() / Decimal::from(1440)).to_f64().unwrap_or_default()
}

/// With two decimals at most.
pub fn short(n: f64) -> String {
    decimal(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../../sim/src/v2.1.0.yaml");

    #[test]
    fn the_example_gives_the_figures_of_the_release_process() {
        let r = Release::read(EXAMPLE, None).unwrap();
        let variances: Vec<String> = r.timeline.iter().filter_map(Row::variance).map(signed).collect();
        assert_eq!(variances, ["+25%", "+17%", "+33%", "−17%", "+33%"]);
        let totals: Vec<String> = r.totals().into_iter().map(|(what, t)| format!("{what}: {t}")).collect();
        assert_eq!(
            totals,
            [
                "Deployment window (4 phases in minutes and hours): 1 h 40 min (planned 1 h 30 min, +11%)",
                "Total effort (all 5 phases, 8-hour days): 21 h 40 min (planned 17 h 30 min, +24%)"
            ]
        );
        let facts: Vec<String> =
            r.facts(Some("v2.0.0"), "UTC").into_iter().map(|(label, text)| format!("{label}: {text}")).collect();
        insta::assert_snapshot!(facts.join("\n"), @r"
        Deployed: Wed 18 Nov 2026, 14:00 (UTC)
        Type: minor release
        Scope: 8 features, 12 bug fixes, 0 breaking changes
        Deployment window: 1 h 40 min (planned 1 h 30 min, +11%)
        Total effort (8-hour days): 21 h 40 min (planned 17 h 30 min, +24%)
        Lead time: 3 days
        Quality gates: 3 of 3 passed
        Incidents: none, no rollbacks, no hotfixes, 3 post-release bugs (all low severity)
        Users: 48 support tickets (baseline 50), 85% positive feedback, 18% of users tried the new features
        Business impact: +3% conversion rate
        Overall: smooth by the numbers (no incidents, no rollbacks, 3 of 3 quality gates passed, the deployment was 11% slower than planned)
        ");
        insta::assert_snapshot!(r.timeline_table().unwrap().lines().join("\n"), @r"
        Planning: planned 2 days, actual 2.5 days, variance +25%
        Pre-deployment: planned 30 min, actual 35 min, variance +17%
        Database migration: planned 15 min, actual 20 min, variance +33%
        Application deployment: planned 30 min, actual 25 min, variance −17%
        Smoke testing: planned 15 min, actual 20 min, variance +33%
        Deployment window (4 phases in minutes and hours): planned 1 h 30 min, actual 1 h 40 min, variance +11%
        Total effort (all 5 phases, 8-hour days): planned 17 h 30 min, actual 21 h 40 min, variance +24%
        ");
    }

    #[test]
    fn the_verdict_follows_from_the_figures() {
        let went = |text: &str| {
            let r = Release::read(&format!("version: v1\n{text}"), None).unwrap();
            r.verdict().map(|v| v.went)
        };
        assert_eq!(went(""), None);
        assert_eq!(went("lead_time: 3 days"), None);
        assert_eq!(went("incidents: {total: 0}"), Some(Went::Smoothly));
        assert_eq!(went("incidents: {total: 1}"), Some(Went::Mixed));
        assert_eq!(went("incidents: {total: 3}"), Some(Went::Roughly));
        assert_eq!(went("incidents: {total: 0, rollbacks: 1}"), Some(Went::Roughly));
        assert_eq!(went("incidents: {total: 0, hotfixes: 1}"), Some(Went::Mixed));
        assert_eq!(went("incidents: {total: 0}\nquality: [{name: x, value: 1, target: 0}]"), Some(Went::Mixed));
        let over = "incidents: {total: 0}\ntimeline: [{phase: a, planned: 1h, actual: 2h}]";
        assert_eq!(went(over), Some(Went::Mixed));
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let r = Release::read(
            "version: v1\ntimeline: [{phase: a, planned: 1h}, {phase: b, planned: 0 min, actual: 5 min}]",
            None,
        )
        .unwrap();
        assert_eq!(r.timeline.iter().map(Row::variance).collect::<Vec<_>>(), [None, None]);
        assert_eq!(r.deployment().map(|t| t.rows), Some(1));
        assert_eq!(r.working_time().map(|t| t.rows), None);
        assert_eq!(Release::of("v1").facts(None, "UTC"), []);
    }
}
