//! Releases compared: what each figure did from one to the next, in words that know which way is better.

use super::figures::{NONE, Table, days, short};
use super::gate::Better;
use super::{Release, Span};
use crate::ids::ChannelId;
use crate::text::esc;

/// One release, as it stands in the comparison. What is not known is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    pub version: String,
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
            lead_time: data.and_then(|d| d.lead_time),
            deploy_time: data.and_then(Release::deploy_time),
            incidents: data.and_then(|d| d.incidents.total),
            smoothness,
            actions: (actions.all > 0).then_some(actions),
        }
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

    /// As a number in [`Metric::unit`].
    pub fn value(self, p: &Point) -> Option<f64> {
        match self {
            Self::LeadTime => p.lead_time.map(days),
            Self::DeployTime => p.deploy_time.map(|t| t.calendar() / 60.0),
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

/// What a figure did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Better with each release.
    Improving,
    /// Never worse, and better in the end.
    Better,
    Steady,
    /// Better than the first in the end, with steps back.
    Unsteady,
    /// As the first in the end, with ups and downs.
    Back,
    /// Worse than the first in the end.
    Worse,
    Worsening,
}

/// Releases, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trend(pub Vec<Point>);

/// Differences smaller than this are none.
const SAME: f64 = 1e-6;

/// What is said where there are no figures.
pub const NOTHING: &str = "There is nothing to compare yet: figures come with `/retro data`, and with each retro.";

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
        let mut words = format!("Releases of <#{channel}>, the newest first.");
        if let Some(overall) = self.overall() {
            words.push_str(&format!(" Trend: {overall}."));
        }
        for line in self.lines() {
            words.push_str(&format!("\n• {}", esc(&line)));
        }
        words.push_str(match picture {
            Picture::None | Picture::Here => "",
            Picture::InDm => "\nThe picture is in your DM.",
            Picture::NotGranted => {
                "\nThere is no picture, because an admin did not grant me to send files (`files:write`)."
            }
        });
        words
    }

    /// The releases that have this figure, the oldest first.
    fn known(&self, metric: Metric) -> Vec<(&Point, f64)> {
        self.0.iter().rev().filter_map(|p| Some((p, metric.value(p)?))).collect()
    }

    /// What a figure did; `None` where fewer than two releases have it.
    pub fn course(&self, metric: Metric) -> Option<Course> {
        let known = self.known(metric);
        let sign = if metric.better() == Better::Higher { 1.0 } else { -1.0 };
        let gain = |from: f64, to: f64| (to - from) * sign;
        let steps: Vec<f64> =
            known.iter().zip(known.iter().skip(1)).map(|((_, from), (_, to))| gain(*from, *to)).collect();
        let whole = gain(known.first()?.1, known.last().filter(|_| !steps.is_empty())?.1);
        Some(if steps.iter().all(|s| *s > SAME) {
            Course::Improving
        } else if steps.iter().all(|s| *s < -SAME) {
            Course::Worsening
        } else if steps.iter().all(|s| s.abs() <= SAME) {
            Course::Steady
        } else if whole > SAME && steps.iter().all(|s| *s >= -SAME) {
            Course::Better
        } else if whole > SAME {
            Course::Unsteady
        } else if whole < -SAME {
            Course::Worse
        } else {
            Course::Back
        })
    }

    /// What a figure did, in words: `improving with each release (5 days, 4 days, 3 days)`.
    pub fn words(&self, metric: Metric) -> Option<String> {
        let course = self.course(metric)?;
        let known = self.known(metric);
        let (first, last) = (known.first()?.0, known.last()?.0);
        let (from, to) = (metric.show(first)?, metric.show(last)?);
        let (since, now) = (&first.version, &last.version);
        let two = known.len() == 2;
        Some(match course {
            Course::Improving if two => format!("better than in {since} ({from}, {to} in {now})"),
            Course::Improving => format!("improving with each release (from {from} in {since} to {to})"),
            Course::Better => format!("improving (from {from} in {since} to {to})"),
            Course::Steady => format!("steady at {to}"),
            Course::Unsteady => format!("better than in {since}, with steps back between (from {from} to {to})"),
            Course::Back => format!("as in {since} ({to}), with ups and downs between"),
            Course::Worse => format!("worse than in {since} (from {from} to {to})"),
            Course::Worsening if two => format!("worse than in {since} ({from}, {to} in {now})"),
            Course::Worsening => format!("getting worse with each release (from {from} in {since} to {to})"),
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
        let all = |of: &[Course]| courses.iter().all(|(_, c)| of.contains(c));
        let any = |of: Course| courses.iter().any(|(_, c)| *c == of);
        let three = Metric::ALL.iter().any(|m| self.known(*m).len() >= 3);
        let of = |wanted: &[Course]| -> Vec<String> {
            courses.iter().filter(|(_, c)| wanted.contains(c)).map(|(m, _)| m.label().to_lowercase()).collect()
        };
        Some(if any(Course::Improving) && all(&[Course::Improving, Course::Better, Course::Steady]) {
            if three { "Improving with each release".to_owned() } else { "Better than the release before".to_owned() }
        } else if all(&[Course::Steady]) {
            "Steady".to_owned()
        } else if any(Course::Worsening) && all(&[Course::Worsening, Course::Worse, Course::Steady]) {
            if three {
                "Getting worse with each release".to_owned()
            } else {
                "Worse than the release before".to_owned()
            }
        } else {
            let better = of(&[Course::Improving, Course::Better, Course::Unsteady]);
            let worse = of(&[Course::Worse, Course::Worsening]);
            let part =
                |list: Vec<String>, word: &str| (!list.is_empty()).then(|| format!("{word}: {}", list.join(", ")));
            let parts: Vec<String> = [part(better, "better"), part(worse, "worse")].into_iter().flatten().collect();
            if parts.is_empty() { "Mixed".to_owned() } else { format!("Mixed ({})", parts.join("; ")) }
        })
    }

    /// The comparison, newest first; columns without any figure are left out.
    pub fn table(&self) -> Table {
        let shown: Vec<Metric> =
            Metric::ALL.into_iter().filter(|m| self.0.iter().any(|p| m.show(p).is_some())).collect();
        let heads = std::iter::once("Release".to_owned()).chain(shown.iter().map(|m| m.label().to_owned())).collect();
        let row = |p: &Point| {
            let cells = shown.iter().map(|m| m.show(p).unwrap_or_else(|| NONE.to_owned()));
            std::iter::once(p.version.clone()).chain(cells).collect()
        };
        Table { heads, rows: self.0.iter().map(row).collect() }
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
                .map(|(i, n)| Point { version: format!("v{i}"), incidents: Some(*n), ..Point::default() })
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
                "Lead time: improving with each release (from 5 days in v1.9.0 to 3 days)",
                "Deploy time: improving with each release (from 5 hours in v1.9.0 to 3 hours)",
                "Incidents: improving with each release (from 2 in v1.9.0 to 0)"
            ]
        );
        assert_eq!(trend.table().heads, ["Release", "Lead time", "Deploy time", "Incidents"]);
        assert_eq!(trend.table().rows[2], ["v1.9.0", "5 days", "5 hours", "2"]);
        assert_eq!(
            trend.alt(400),
            "Lead time in days: v1.9.0 5, v2.0.0 4, v2.1.0 3. Deploy time in hours: v1.9.0 5, v2.0.0 4, v2.1.0 3. Incidents: v1.9.0 2, v2.0.0 1, v2.1.0 0"
        );
    }

    #[test]
    fn improving_is_said_only_when_it_is_so() {
        for (list, course, overall) in [
            (&[2, 1, 0][..], Course::Improving, "Improving with each release"),
            (&[2, 1][..], Course::Improving, "Better than the release before"),
            (&[2, 1, 1, 0][..], Course::Better, "Mixed (better: incidents)"),
            (&[0, 0, 0][..], Course::Steady, "Steady"),
            (&[2, 3, 1][..], Course::Unsteady, "Mixed (better: incidents)"),
            (&[1, 2, 1][..], Course::Back, "Mixed"),
            (&[1, 0, 2][..], Course::Worse, "Mixed (worse: incidents)"),
            (&[0, 1, 2][..], Course::Worsening, "Getting worse with each release"),
            (&[0, 1][..], Course::Worsening, "Worse than the release before"),
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
        let mut mixed =
            Trend(vec![point("c", "3 days", "3 h", 1), point("b", "4 days", "4 h", 0), point("a", "5 days", "5 h", 0)]);
        assert_eq!(mixed.overall().unwrap(), "Mixed (better: lead time, deploy time; worse: incidents)");
        mixed.0[0].incidents = Some(0);
        assert_eq!(mixed.overall().unwrap(), "Improving with each release");
    }
}
