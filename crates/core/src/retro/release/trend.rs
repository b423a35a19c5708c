//! Releases compared: what each figure did from one to the next, in words that know which way is better.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::figures::{days, short};
use super::gate::Better;
use super::order::Known;
use super::{Release, Span};
use crate::ids::ChannelId;
use crate::retro::table::{Cell, Chart, NONE, Series, Shape, Table, hundredths};
use crate::text::esc;

/// One release, as it stands in the comparison. What is not known is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    pub version: String,
    /// When it went out: the order of releases whose names have none.
    pub deployed: Option<DateTime<Utc>>,
    /// From the beginning of the work to production.
    pub lead_time: Option<Span>,
    /// What the deployment took: its phases in minutes and hours.
    pub deploy_time: Option<Span>,
    pub incidents: Option<u64>,
    /// The average of how smooth people found it, 1 to 10.
    pub smoothness: Option<f64>,
    /// What became of the action items of its retro.
    pub actions: Option<Actions>,
}

/// Action items of a retro.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    pub done: u32,
    /// Closed, or past their date: only these are compared, since the newest retro's cannot be done yet.
    pub due: u32,
    pub all: u32,
}

impl Point {
    /// The figures of a release.
    pub fn of(version: String, data: Option<&Release>, smoothness: Option<f64>, actions: Actions) -> Self {
        Self {
            version,
            deployed: data.and_then(|d| d.deployed_at),
            lead_time: data.and_then(|d| d.lead_time),
            deploy_time: data.and_then(Release::deploy_time),
            incidents: data.and_then(|d| d.incidents.total),
            smoothness,
            actions: (actions.all > 0).then_some(actions),
        }
    }

    /// Whether it certainly came after the other one.
    fn follows(&self, other: &Self) -> bool {
        let known = |p: &Self| Known::new(p.version.clone(), p.deployed, DateTime::UNIX_EPOCH);
        known(self).follows(&known(other))
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    LeadTime,
    DeployTime,
    Incidents,
    Smoothness,
    Actions,
}

impl Metric {
    /// All, in the order of the columns.
    pub const ALL: [Self; 5] = [Self::LeadTime, Self::DeployTime, Self::Incidents, Self::Smoothness, Self::Actions];

    /// The head of its column.
    pub fn label(self) -> &'static str {
        match self {
            Self::LeadTime => "Lead time",
            Self::DeployTime => "Deploy time",
            Self::Incidents => "Incidents",
            Self::Smoothness => "Smoothness",
            Self::Actions => "Actions done",
        }
    }

    /// What it is measured in, for a picture.
    pub fn unit(self) -> &'static str {
        match self {
            Self::LeadTime => "days",
            Self::DeployTime => "hours",
            Self::Incidents => "",
            Self::Smoothness => "of 10",
            Self::Actions => "%",
        }
    }

    fn better(self) -> Better {
        match self {
            Self::LeadTime | Self::DeployTime | Self::Incidents => Better::Lower,
            Self::Smoothness | Self::Actions => Better::Higher,
        }
    }

    /// Whether a figure got better: `Greater` where it did.
    fn step(self, from: f64, to: f64) -> Ordering {
        let (better, worse) = if self.better() == Better::Higher { (to, from) } else { (from, to) };
        if (from - to).abs() <= SAME { Ordering::Equal } else { better.total_cmp(&worse) }
    }

    /// As a number in [`Metric::unit`].
    pub fn value(self, p: &Point) -> Option<f64> {
        match self {
            Self::LeadTime => p.lead_time.map(days),
            Self::DeployTime => p.deploy_time.and_then(|t| (t.calendar() / Decimal::from(60)).to_f64()),
            #[expect(clippy::cast_precision_loss, reason = "nobody has so many incidents")]
            Self::Incidents => p.incidents.map(|n| n as f64),
            Self::Smoothness => p.smoothness,
            Self::Actions => p.actions.filter(|a| a.due > 0).map(|a| f64::from(a.done) / f64::from(a.due) * 100.0),
        }
    }

    /// As a cell.
    fn show(self, p: &Point) -> Option<String> {
        match self {
            Self::LeadTime => p.lead_time.map(|t| t.to_string()),
            Self::DeployTime => p.deploy_time.map(|t| t.to_string()),
            Self::Incidents => p.incidents.map(|n| n.to_string()),
            Self::Smoothness => p.smoothness.map(|s| format!("{s:.1}")),
            Self::Actions => p.actions.map(|a| format!("{} of {}", a.done, a.all)),
        }
    }
}

/// What a figure did. Of two releases only the last step is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Better with each of at least three releases.
    Improving,
    /// Better than in the release before.
    Better,
    /// As in the release before.
    Same,
    /// Worse than in the release before.
    Worse,
    /// Worse with each of at least three releases.
    Worsening,
}

/// Releases, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trend(pub Vec<Point>);

/// Releases in a chart: more would not be read.
const CHARTED: usize = 12;

/// Differences smaller than this are none.
const SAME: f64 = 1e-6;

/// What is said where there are no figures.
pub const NOTHING: &str = "There's nothing to compare yet: figures come from `/retro data` and from each retro.";

/// Where the picture of a trend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// There is nothing to draw.
    None,
    /// It follows where the words are.
    Here,
    InDm,
    /// The bot may not send files.
    NotGranted,
}

impl Trend {
    /// The trend of a channel in words, as mrkdwn.
    pub fn words_for(&self, channel: &ChannelId, picture: Picture) -> String {
        let mut words = format!("Releases in <#{channel}>, newest first.");
        if let Some(overall) = self.overall() {
            words.push_str(&format!(" Trend: {overall}."));
        }
        for line in self.lines() {
            words.push_str(&format!("\n• {}", esc(&line)));
        }
        words.push_str(match picture {
            Picture::None | Picture::Here => "",
            Picture::InDm => "\nThe picture is in your DM.",
            Picture::NotGranted => "\nI can't post the chart without the `files:write` scope.",
        });
        words
    }

    /// The releases that have this figure, the oldest first.
    fn known(&self, metric: Metric) -> Vec<(&Point, f64)> {
        self.0.iter().rev().filter_map(|p| Some((p, metric.value(p)?))).collect()
    }

    /// The newest release with the one before it, where their order is certain.
    pub fn last_two(&self) -> Option<(&Point, &Point)> {
        Some((self.0.first()?, self.0.get(1)?)).filter(|(now, before)| now.follows(before))
    }

    /// What a figure did; `None` where fewer than two releases have it, or their order is a guess.
    pub fn course(&self, metric: Metric) -> Option<Course> {
        let known = self.known(metric);
        if !known.iter().zip(known.iter().skip(1)).all(|((before, _), (after, _))| after.follows(before)) {
            return None;
        }
        let steps: Vec<Ordering> =
            known.iter().zip(known.iter().skip(1)).map(|((_, from), (_, to))| metric.step(*from, *to)).collect();
        let all = |step| steps.len() > 1 && steps.iter().all(|s| *s == step);
        Some(match steps.last()? {
            Ordering::Greater if all(Ordering::Greater) => Course::Improving,
            Ordering::Greater => Course::Better,
            Ordering::Equal => Course::Same,
            Ordering::Less if all(Ordering::Less) => Course::Worsening,
            Ordering::Less => Course::Worse,
        })
    }

    /// Whether a step of the figure went this way.
    fn ever(&self, metric: Metric, step: Ordering) -> bool {
        let known = self.known(metric);
        known.iter().zip(known.iter().skip(1)).any(|((_, from), (_, to))| metric.step(*from, *to) == step)
    }

    /// What a figure did, in words: `3 days, better with each release since v1.9.0 (5 days)`. The newest is compared with
    /// the one before, then with the one before that.
    pub fn words(&self, metric: Metric) -> Option<String> {
        let course = self.course(metric)?;
        let known = self.known(metric);
        let newest_first: Vec<&(&Point, f64)> = known.iter().rev().collect();
        let [(now, value), (before, _), earlier @ ..] = newest_first.as_slice() else { return None };
        let to = metric.show(now)?;
        let than = |p: &Point| Some(format!("{} ({})", p.version, metric.show(p)?));
        let judged = |(p, was): &&&(&Point, f64)| {
            let words = match metric.step(*was, *value) {
                Ordering::Greater => "better than",
                Ordering::Equal => "the same as",
                Ordering::Less => "worse than",
            };
            Some(format!(", {words} {}", than(p)?))
        };
        let then = || earlier.first().as_ref().and_then(judged).unwrap_or_default();
        let since = || known.first().and_then(|(first, _)| than(first));
        Some(match course {
            Course::Improving => format!("{to}, better with each release since {}", since()?),
            Course::Worsening => format!("{to}, worse with each release since {}", since()?),
            Course::Better => format!("{to}, better than {}{}", than(before)?, then()),
            Course::Same => format!("{to}, the same as {}{}", before.version, then()),
            Course::Worse => format!("{to}, worse than {}{}", than(before)?, then()),
        })
    }

    /// All figures that can be compared, a line each.
    pub fn lines(&self) -> Vec<String> {
        Metric::ALL.iter().filter_map(|m| Some(format!("{}: {}", m.label(), self.words(*m)?))).collect()
    }

    /// The whole in one line. `Improving with each release` is said only when it is so: of at least three releases
    /// some figure got better with each, and none ever got worse.
    pub fn overall(&self) -> Option<String> {
        // What the newest release does not have says nothing about it.
        let newest = self.0.first()?;
        let known = Metric::ALL.into_iter().filter(|m| m.value(newest).is_some());
        let courses: Vec<(Metric, Course)> = known.filter_map(|m| Some((m, self.course(m)?))).collect();
        if courses.is_empty() {
            return None;
        }
        let of = |wanted: [Course; 2]| -> Vec<String> {
            courses.iter().filter(|(_, c)| wanted.contains(c)).map(|(m, _)| m.label().to_lowercase()).collect()
        };
        let (better, worse) = (of([Course::Improving, Course::Better]), of([Course::Worsening, Course::Worse]));
        let any = |of: Course| courses.iter().any(|(_, c)| *c == of);
        let never = |step| !courses.iter().any(|(m, _)| self.ever(*m, step));
        Some(match (better.as_slice(), worse.as_slice()) {
            ([], []) => "Steady".to_owned(),
            (_, []) if any(Course::Improving) && never(Ordering::Less) => "Improving with each release".to_owned(),
            ([], _) if any(Course::Worsening) && never(Ordering::Greater) => {
                "Getting worse with each release".to_owned()
            }
            (_, []) => "Better than the release before".to_owned(),
            ([], _) => "Worse than the release before".to_owned(),
            _ => format!("Mixed (better: {}; worse: {})", better.join(", "), worse.join(", ")),
        })
    }

    /// The comparison, newest first; columns without any figure are left out.
    pub fn table(&self) -> Table {
        let shown: Vec<Metric> =
            Metric::ALL.into_iter().filter(|m| self.0.iter().any(|p| m.show(p).is_some())).collect();
        let heads = std::iter::once("Release".to_owned()).chain(shown.iter().map(|m| m.label().to_owned())).collect();
        let row = |p: &Point| {
            let cells = shown.iter().map(|m| m.show(p).unwrap_or_else(|| NONE.to_owned()));
            std::iter::once(p.version.clone()).chain(cells).map(Cell::Text).collect()
        };
        Table { caption: "Releases compared".to_owned(), heads, rows: self.0.iter().map(row).collect() }
    }

    /// A chart of each figure that two releases have and whose order is certain, the oldest release first.
    pub fn charts(&self) -> Vec<Chart> {
        let chart = |metric: &Metric| {
            self.course(*metric)?;
            let mut known = self.known(*metric);
            let known = known.split_off(known.len().saturating_sub(CHARTED));
            let unit = if metric.unit().is_empty() { String::new() } else { format!(" ({})", metric.unit()) };
            let values = known.iter().map(|(_, value)| hundredths(*value)).collect();
            Some(Chart {
                title: format!("{}{unit}", metric.label()),
                shape: Shape::Line,
                unit: metric.unit().to_owned(),
                categories: known.iter().map(|(p, _)| p.version.clone()).collect(),
                series: vec![Series { name: metric.label().to_owned(), hundredths: values }],
            })
        };
        Metric::ALL.iter().filter_map(chart).collect()
    }

    /// What the picture shows, for who cannot see it; at most `most` characters.
    pub fn alt(&self, most: usize) -> String {
        let lines: Vec<String> = Metric::ALL
            .iter()
            .filter(|m| self.course(**m).is_some())
            .map(|m| {
                let known = self.known(*m);
                let values: Vec<String> = known.iter().map(|(p, v)| format!("{} {}", p.version, short(*v))).collect();
                let unit = if m.unit().is_empty() { String::new() } else { format!(" in {}", m.unit()) };
                format!("{}{unit}: {}", m.label(), values.join(", "))
            })
            .collect();
        crate::text::cut(&lines.join(". "), most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(version: &str, lead: &str, deploy: &str, incidents: u64) -> Point {
        Point {
            version: version.into(),
            lead_time: Span::read(lead).ok(),
            deploy_time: Span::read(deploy).ok(),
            incidents: Some(incidents),
            ..Point::default()
        }
    }

    fn incidents(list: &[u64]) -> Trend {
        Trend(
            list.iter()
                .rev()
                .enumerate()
                .map(|(i, n)| Point {
                    version: format!("v{}", list.len() - i),
                    incidents: Some(*n),
                    ..Point::default()
                })
                .collect(),
        )
    }

    #[test]
    fn the_example_improves_with_each_release() {
        let trend = Trend(vec![
            point("v2.1.0", "3 days", "3 hours", 0),
            point("v2.0.0", "4 days", "4 hours", 1),
            point("v1.9.0", "5 days", "5 hours", 2),
        ]);
        assert_eq!(trend.overall().unwrap(), "Improving with each release");
        assert_eq!(
            trend.lines(),
            [
                "Lead time: 3 days, better with each release since v1.9.0 (5 days)",
                "Deploy time: 3 hours, better with each release since v1.9.0 (5 hours)",
                "Incidents: 0, better with each release since v1.9.0 (2)"
            ]
        );
        assert_eq!(trend.table().heads, ["Release", "Lead time", "Deploy time", "Incidents"]);
        assert_eq!(trend.table().lines()[2], "v1.9.0: lead time 5 days, deploy time 5 hours, incidents 2");
        let chart = &trend.charts()[1];
        assert_eq!((chart.title.as_str(), chart.categories.len()), ("Deploy time (hours)", 3));
        assert_eq!(chart.series[0].hundredths, [500, 400, 300]);
        assert_eq!(
            trend.alt(400),
            "Lead time in days: v1.9.0 5, v2.0.0 4, v2.1.0 3. Deploy time in hours: v1.9.0 5, v2.0.0 4, v2.1.0 3. Incidents: v1.9.0 2, v2.0.0 1, v2.1.0 0"
        );
    }

    #[test]
    fn improving_is_said_only_when_it_is_so() {
        for (list, course, overall) in [
            (&[2, 1, 0][..], Course::Improving, "Improving with each release"),
            (&[2, 1][..], Course::Better, "Better than the release before"),
            (&[2, 1, 1, 0][..], Course::Better, "Better than the release before"),
            (&[0, 0, 0][..], Course::Same, "Steady"),
            (&[2, 1, 1][..], Course::Same, "Steady"),
            (&[2, 3, 1][..], Course::Better, "Better than the release before"),
            (&[1, 2, 1][..], Course::Better, "Better than the release before"),
            (&[1, 0, 2][..], Course::Worse, "Worse than the release before"),
            (&[0, 1, 2][..], Course::Worsening, "Getting worse with each release"),
            (&[0, 1][..], Course::Worse, "Worse than the release before"),
        ] {
            let trend = incidents(list);
            assert_eq!(trend.course(Metric::Incidents), Some(course), "{list:?}");
            assert_eq!(trend.overall().unwrap(), overall, "{list:?}");
        }
        assert_eq!(incidents(&[1]).overall(), None);
        // The newest release is not judged by what it does not have.
        let mut unknown = incidents(&[2, 1, 0]);
        unknown.0.insert(0, Point { version: "v9".into(), ..Point::default() });
        assert_eq!((unknown.overall(), unknown.lines().len()), (None, 1));
        // One figure that got worse is enough.
        let mut mixed = Trend(vec![
            point("v3", "3 days", "3 h", 1),
            point("v2", "4 days", "4 h", 0),
            point("v1", "5 days", "5 h", 0),
        ]);
        assert_eq!(mixed.overall().unwrap(), "Mixed (better: lead time, deploy time; worse: incidents)");
        assert_eq!(mixed.words(Metric::Incidents).unwrap(), "1, worse than v2 (0), worse than v1 (0)");
        mixed.0[0].incidents = Some(0);
        assert_eq!(mixed.overall().unwrap(), "Improving with each release");
    }

    #[test]
    fn the_newest_release_is_compared_with_the_one_before() {
        let smooth = |list: &[(&str, f64)]| {
            let point = |(version, score): &(&str, f64)| Point {
                version: (*version).to_owned(),
                smoothness: Some(*score),
                ..Point::default()
            };
            Trend(list.iter().rev().map(point).collect())
        };
        let trend = smooth(&[("v1.9.0", 3.5), ("v2.0.0", 6.4), ("v2.1.0", 6.4)]);
        assert_eq!(trend.words(Metric::Smoothness).unwrap(), "6.4, the same as v2.0.0, better than v1.9.0 (3.5)");
        let trend = smooth(&[("v1.9.0", 8.0), ("v2.0.0", 5.0), ("v2.1.0", 6.4)]);
        assert_eq!(trend.words(Metric::Smoothness).unwrap(), "6.4, better than v2.0.0 (5.0), worse than v1.9.0 (8.0)");
        assert_eq!(trend.overall().unwrap(), "Better than the release before");
    }

    #[test]
    fn a_guessed_order_tells_no_trend() {
        let point = |version: &str, day: &str, incidents| Point {
            version: version.into(),
            deployed: format!("2026-{day}T10:00:00Z").parse().ok(),
            incidents: Some(incidents),
            ..Point::default()
        };
        let guessed = Trend(vec![point("autumn", "", 0), point("summer", "", 2)]);
        assert_eq!((guessed.overall(), guessed.lines(), guessed.last_two()), (None, Vec::new(), None));
        assert_eq!(guessed.alt(100), "");
        let dated = Trend(vec![point("autumn", "10-01", 0), point("summer", "07-01", 2)]);
        assert_eq!(dated.lines(), ["Incidents: 0, better than summer (2)"]);
    }
}
