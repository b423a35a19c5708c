//! Deployments, runs of workflows, and the app's word on a deployment that waits for it.
//! <https://docs.github.com/rest/deployments/deployments>

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, invalid, json as answer, misshapen, no_right, not_found, nothing, ok, refused};
use super::ask::{Ask, Kind, number, repo, repo_mut};
use super::page::{Page, paged_by};
use super::records::{Deployment, Run, Verdict};
use super::shapes_work as shapes;
use super::state::{Repo, State};

/// `none` stands for no filter.
fn fits(ask: &Ask, name: &str, value: &str) -> bool {
    ask.query(name).is_none_or(|wanted| wanted == "none" || wanted == value)
}

/// `GET …/deployments`: newest first.
pub fn list(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let is_wanted = |d: &&Deployment| {
        let fits = |name: &str, value: &str| fits(ask, name, value);
        fits("sha", &d.sha) && fits("ref", &d.name) && fits("environment", &d.environment) && fits("task", "deploy")
    };
    let mut all: Vec<_> = repo.records.deployments.iter().filter(is_wanted).collect();
    all.sort_by_key(|d| (d.at, d.id));
    all.reverse();
    paged_by(all, ask, &state.base, |d| shapes::deployment(state, repo, d))
}

fn found<'a>(repo: &'a Repo, ask: &Ask) -> Result<&'a Deployment, Box<Answer>> {
    let id = number(ask, "deployment_id")?;
    repo.records.deployments.iter().find(|d| d.id == id).ok_or_else(not_found)
}

/// `GET …/deployments/{deployment_id}`
pub fn get(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    ok(shapes::deployment(state, repo, found(repo, ask)?))
}

/// `GET …/deployments/{deployment_id}/statuses`: newest first.
pub fn statuses(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let deployment = found(repo, ask)?;
    let all = deployment.statuses.iter().rev().collect();
    paged_by(all, ask, &state.base, |s| shapes::deployment_status(state, repo, deployment, s))
}

/// The first and the last second that a filter such as `>=2026-11-18` or `2026-11-01..2026-11-18` takes.
fn span(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let start = |text: &str| match text.parse::<NaiveDate>() {
        Ok(day) => Some(day.and_time(chrono::NaiveTime::MIN).and_utc()),
        Err(_) => DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()),
    };
    // A day lasts to its last second.
    let end = |text: &str| {
        let whole = if text.parse::<NaiveDate>().is_ok() { TimeDelta::days(1) } else { TimeDelta::seconds(1) };
        start(text).map(|at| at + whole - TimeDelta::nanoseconds(1))
    };
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let nano = TimeDelta::nanoseconds(1);
    if let Some((from, to)) = text.split_once("..") {
        let from = if from == "*" { Some(first) } else { start(from) };
        return Some((from?, if to == "*" { Some(last) } else { end(to) }?));
    }
    if let Some(rest) = text.strip_prefix(">=") {
        return Some((start(rest)?, last));
    }
    if let Some(rest) = text.strip_prefix("<=") {
        return Some((first, end(rest)?));
    }
    if let Some(rest) = text.strip_prefix('>') {
        return Some((end(rest)? + nano, last));
    }
    if let Some(rest) = text.strip_prefix('<') {
        return Some((first, start(rest)? - nano));
    }
    Some((start(text)?, end(text)?))
}

const STATES: [&str; 14] = [
    "completed",
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "skipped",
    "stale",
    "success",
    "timed_out",
    "in_progress",
    "queued",
    "requested",
    "waiting",
    "pending",
];

/// `GET …/actions/runs`: newest first; at most 1,000 where it is filtered.
pub fn runs(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let wrong = |name: &str| invalid("WorkflowRun", name, &json!(ask.query(name)));
    let created = ask.query("created").map(|text| span(text).ok_or_else(|| wrong("created"))).transpose()?;
    if ask.query("status").is_some_and(|s| !STATES.contains(&s)) {
        return Err(wrong("status"));
    }
    let same = |name: &str, value: &str| ask.query(name).is_none_or(|wanted| wanted == value);
    let in_state = |run: &Run| same("status", &run.status) || ask.query("status") == run.conclusion.as_deref();
    let is_wanted = |run: &&Run| {
        same("head_sha", &run.sha)
            && same("event", &run.event)
            && same("branch", &run.branch)
            && same("actor", super::state::PERSON)
            && in_state(run)
            && created.is_none_or(|(from, to)| from <= run.started && run.started <= to)
    };
    let mut all: Vec<_> = repo.records.runs.iter().filter(is_wanted).collect();
    all.sort_by_key(|run| (run.started, run.id));
    all.reverse();
    let filters = ["actor", "branch", "check_suite_id", "created", "event", "head_sha", "status"];
    if filters.iter().any(|name| ask.query(name).is_some()) {
        all.truncate(1000);
    }
    let (page, total) = (Page::of(ask), all.len());
    let rows: Vec<Value> = page.cut(all).into_iter().map(|run| shapes::run(state, repo, run)).collect();
    Ok(page.linked(answer(200, json!({"total_count": total, "workflow_runs": rows})), ask, &state.base, total))
}

/// `POST …/actions/runs/{run_id}/deployment_protection_rule`: the app alone.
pub fn protection_rule(state: &mut State, ask: &Ask) -> Outcome {
    if !ask.who.is_app() {
        return Err(no_right(false, "deployments=write"));
    }
    let id = number(ask, "run_id")?;
    let repo = repo_mut(state, ask)?;
    let run = repo.records.runs.iter_mut().find(|run| run.id == id).ok_or_else(not_found)?;
    ask.fields(&[("environment_name", Kind::Text), ("state", Kind::Text), ("comment", Kind::Text)])?;
    let environment = ask.need("environment_name")?;
    let comment = ask.text("comment").unwrap_or_default().to_owned();
    // assumption: the words of this refusal; the documentation has none.
    let none = "There are no pending deployment requests to approve or reject for this environment.";
    let gate = run.gates.iter_mut().find(|g| g.environment == environment && g.verdict.is_none());
    let gate = gate.ok_or_else(|| refused(422, none))?;
    let is_approved = match ask.text("state") {
        // Without a state the comment is a report on the way.
        None if ask.has("comment") => return Ok(nothing(204)),
        Some("approved") => true,
        Some("rejected") => false,
        None => return Err(misshapen("\"state\" wasn't supplied.")),
        Some(other) => return Err(misshapen(&format!("{other} is not a member of [\"approved\", \"rejected\"]."))),
    };
    gate.verdict = Some(Verdict { is_approved, comment });
    run.updated = ask.now;
    if !is_approved {
        (run.status, run.conclusion) = ("completed".to_owned(), Some("failure".to_owned()));
    } else if run.gates.iter().all(|g| g.verdict.is_some()) {
        run.status = "in_progress".to_owned();
    }
    Ok(nothing(204))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_days_or_moments_is_read() {
        let takes = |text: &str, at: &str| {
            let (from, to) = span(text).unwrap();
            let at: DateTime<Utc> = at.parse().unwrap();
            from <= at && at <= to
        };
        let noon = "2026-11-18T12:00:00Z";
        for text in [
            "2026-11-18",
            ">=2026-11-18",
            "<=2026-11-18",
            "2026-11-01..2026-11-18",
            "*..2026-11-18",
            "2026-11-18T12:00:00Z..*",
            ">2026-11-17",
            "<2026-11-19",
        ] {
            assert!(takes(text, noon), "{text}");
        }
        for text in [">2026-11-18", "<2026-11-18", "2026-11-19..2026-11-20", ">2026-11-18T12:00:00Z"] {
            assert!(!takes(text, noon), "{text}");
        }
        assert!(span("yesterday").is_none() && span("a..b").is_none());
    }
}
