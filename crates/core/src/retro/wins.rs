//! What is truly good in a release's figures: nothing that only was as planned, nothing that is a matter of taste.

use super::release::gate::Gate;
use super::release::trend::{Metric, Trend};
use super::release::{Facts, Release};
use crate::text::count;

/// The good figures, in a sentence each; none where none is good.
pub fn figures(version: &str, facts: &Facts, trend: &Trend) -> Vec<String> {
    let data = &facts.data;
    let mut out = Vec::new();
    // "Zero rollbacks" beside two incidents would be a joke at somebody's cost.
    if data.incidents.total == Some(0) {
        let also: Vec<&str> = [(data.incidents.rollbacks, "no rollback"), (data.incidents.hotfixes, "no hotfix")]
            .into_iter()
            .filter(|(n, _)| *n == Some(0))
            .map(|(_, word)| word)
            .collect();
        let also = if also.is_empty() { String::new() } else { format!(", {}", also.join(", ")) };
        out.push(format!("Zero incidents{also}"));
    }
    out.extend(
        data.deployment()
            .and_then(|t| Some((t.variance().filter(|v| *v < 0)?, t)))
            .map(|(v, t)| format!("The deployment took {} instead of {}: {}% faster", t.actual, t.planned, v.abs())),
    );
    out.extend(data.quality.iter().filter(|g| is_win(g)).map(|g| format!("{}: {}", g.name, g.shown())));
    out.extend(tickets(data));
    if let Some(line) = trend.0.first().filter(|p| p.version == version).and_then(|_| better(trend)) {
        out.push(line);
    }
    out
}

/// Whether the figure improved and missed no target. A target that was met without improvement is no news.
fn is_win(gate: &Gate) -> bool {
    let moved = gate.moved().is_some_and(|(better, _)| better == Some(true));
    moved && gate.passed() != Some(false)
}

fn tickets(data: &Release) -> Option<String> {
    let (now, before) = (data.impact.support_tickets?, data.impact.support_tickets_baseline?);
    let fewer = before.checked_sub(now).filter(|n| *n > 0)?;
    let fewer = usize::try_from(fewer).unwrap_or(usize::MAX);
    let fewer = count(fewer, "fewer support ticket", "fewer support tickets");
    Some(format!("{fewer} than before ({now}, was {before})"))
}

/// What got better since the release before.
fn better(trend: &Trend) -> Option<String> {
    let (now, before) = trend.last_two()?;
    let words = |m: Metric| {
        let (now, was) = (m.value(now)?, m.value(before)?);
        let better = match m {
            Metric::Smoothness | Metric::Actions => now > was,
            Metric::LeadTime | Metric::DeployTime | Metric::Incidents => now < was,
        };
        better.then(|| m.label().to_lowercase())
    };
    // Items that are not due yet say nothing.
    let parts: Vec<String> = [Metric::LeadTime, Metric::DeployTime, Metric::Incidents, Metric::Smoothness]
        .into_iter()
        .filter_map(words)
        .collect();
    (!parts.is_empty()).then(|| format!("Better than in {}: {}", before.version, parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Facts {
        Facts { data: Release::read(text, None).unwrap(), ..Facts::default() }
    }

    #[test]
    fn only_what_is_good_is_celebrated() {
        let good = read(
            "version: v2.1.0\nincidents: {total: 0, rollbacks: 0, post_release_bugs: 3}\nquality:\n  - {name: Critical vulnerabilities, value: 0, target: 0}\n  - {name: p95, value: 440ms, baseline: 450ms, better: lower}\n  - {name: Size, value: 12 MB, baseline: 10 MB, better: lower}\nimpact: {support_tickets: 48, support_tickets_baseline: 50}",
        );
        assert_eq!(
            figures("v2.1.0", &good, &Trend::default()),
            [
                "Zero incidents, no rollback",
                "p95: 440ms (baseline 450ms: 2% better)",
                "2 fewer support tickets than before (48, was 50)"
            ]
        );
        let bad = read(
            "version: v2\nincidents: {total: 2, rollbacks: 0}\nimpact: {support_tickets: 60, support_tickets_baseline: 50}",
        );
        assert_eq!(figures("v2", &bad, &Trend::default()), Vec::<String>::new());
        assert_eq!(figures("v3", &Facts::default(), &Trend::default()), Vec::<String>::new());
    }
}
