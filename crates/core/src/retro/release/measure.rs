//! The figure that people mean by a name, such as “smoke testing” or “deploy time”: before and after an action item.

use super::Release;
use crate::retro::likeness;

/// From this likeness of the words on a figure is meant.
const MEANT: f64 = 0.6;

/// The figure of `release` that `name` means: what it is called, and its value.
pub fn figure(release: &Release, name: &str) -> Option<(String, String)> {
    let r = release;
    let count = |n: Option<u64>| n.map(|n| n.to_string());
    let mut all: Vec<(String, Option<String>)> = vec![
        ("Lead time".into(), r.lead_time.map(|t| t.to_string())),
        ("Deploy time".into(), r.deploy_time().map(|t| t.to_string())),
        ("Incidents".into(), count(r.incidents.total)),
        ("Rollbacks".into(), count(r.incidents.rollbacks)),
        ("Hotfixes".into(), count(r.incidents.hotfixes)),
        ("Post-release bugs".into(), count(r.incidents.post_release_bugs)),
        ("Support tickets".into(), count(r.impact.support_tickets)),
        ("Sentiment".into(), r.impact.sentiment.as_ref().map(ToString::to_string)),
        ("Adoption".into(), r.impact.adoption.as_ref().map(ToString::to_string)),
    ];
    all.extend(r.timeline.iter().map(|row| (row.phase.clone(), row.actual.map(|t| t.to_string()))));
    all.extend(r.quality.iter().map(|g| (g.name.clone(), Some(g.value.to_string()))));
    let known = all.into_iter().filter_map(|(label, value)| Some((label, value?)));
    let likest = known.map(|(label, value)| (likeness::likeness(&label, name), label, value));
    let best = likest.fold(None, |best: Option<(f64, String, String)>, one| match best {
        Some(best) if best.0 >= one.0 => Some(best),
        _ => Some(one),
    });
    best.filter(|(likeness, ..)| *likeness >= MEANT).map(|(_, label, value)| (label, value))
}

/// `Smoke testing: 20 min in v2.0.0, 5 min now`; `None` where either release does not have it.
pub fn moved(name: &str, before: &Release, now: &Release) -> Option<String> {
    let (label, then) = figure(before, name)?;
    let (_, now) = figure(now, &label)?;
    Some(format!("{label}: {then} in {}, {now} now", before.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_by_the_words_that_people_use() {
        let read = |text: &str| Release::read(text, Some("v2.0.0")).unwrap();
        let before = read(
            "lead_time: 3 days\ntimeline: [{phase: Smoke testing, actual: 20 min}, {phase: Application deployment, planned: 30 min, actual: 25 min}]\nquality: [{name: Test coverage, value: 85%}]",
        );
        let now = read("timeline: [{phase: Smoke tests, actual: 5 min}]");
        let found = |name: &str| figure(&before, name).map(|(label, value)| format!("{label} {value}"));
        assert_eq!(found("smoke test duration"), Some("Smoke testing 20 min".into()));
        assert_eq!(found("deploy time"), Some("Deploy time 45 min".into()));
        assert_eq!(found("coverage of tests"), Some("Test coverage 85%".into()));
        assert_eq!(found("happiness"), None);
        assert_eq!(found("incidents"), None);
        assert_eq!(moved("smoke tests", &before, &now), Some("Smoke testing: 20 min in v2.0.0, 5 min now".into()));
        assert_eq!(moved("lead time", &before, &now), None);
    }
}
