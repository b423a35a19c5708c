//! Statuses and checks of commits.
//! <https://docs.github.com/rest/commits/statuses>

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, created, custom, misshapen, not_found, ok, refused};
use super::ask::{Ask, Kind, checked, number, repo, repo_mut};
use super::records::{CheckRun, CommitStatus};
use super::shapes_work as shapes;
use super::state::State;

/// A commit has at most this many statuses of one context.
const MOST: usize = 1000;

fn one_of<'a>(ask: &'a Ask, name: &str, known: &[&str]) -> Result<Option<&'a str>, Box<Answer>> {
    match ask.text(name) {
        Some(given) if !known.contains(&given) => {
            let words = format!("For 'properties/{name}', {given} is not a member of {}.", json!(known));
            Err(misshapen(&words))
        }
        given => Ok(given),
    }
}

/// `POST …/statuses/{sha}`
pub fn status(state: &mut State, ask: &Ask) -> Outcome {
    let it = repo(state, ask)?;
    ask.fields(&[
        ("state", Kind::Text),
        ("target_url", Kind::Maybe),
        ("description", Kind::Maybe),
        ("context", Kind::Text),
    ])?;
    let word = one_of(ask, "state", &["error", "failure", "pending", "success"])?;
    let word = word.ok_or_else(|| misshapen("\"state\" wasn't supplied."))?.to_owned();
    let sha = ask.param("sha").to_owned();
    if it.git.commit(&sha).is_none() {
        return Err(refused(422, &format!("No commit found for SHA: {sha}")));
    }
    if ask.text("description").is_some_and(|text| text.chars().count() > 140) {
        return Err(custom("Status", "description", "description is too long (maximum is 140 characters)"));
    }
    if ask.text("target_url").is_some_and(|url| !url.is_empty() && !url.starts_with("http")) {
        return Err(custom("Status", "target_url", "target_url must use http(s) scheme"));
    }
    let context = ask.text("context").unwrap_or("default").to_owned();
    let same = it.records.statuses.iter().filter(|s| s.sha == sha && s.context.eq_ignore_ascii_case(&context));
    if same.count() >= MOST {
        let words = "This SHA and context has reached the maximum number of statuses.";
        return Err(custom("Status", "base", words));
    }
    let text = |name: &str| ask.text(name).map(str::to_owned);
    let made = CommitStatus {
        id: state.next(),
        sha,
        state: word,
        context,
        description: text("description"),
        target: text("target_url"),
        by: ask.who.login().to_owned(),
        at: ask.now,
    };
    repo_mut(state, ask)?.records.statuses.push(made.clone());
    created(shapes::status(state, repo(state, ask)?, &made))
}

const TEXTS: [&str; 8] =
    ["name", "head_sha", "details_url", "external_id", "status", "started_at", "conclusion", "completed_at"];
const ENDS: [&str; 7] = ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];

/// Only an app writes checks.
fn of_app(ask: &Ask) -> Result<(), Box<Answer>> {
    if ask.who.is_app() { Ok(()) } else { Err(refused(403, "You must authenticate via a GitHub App.")) }
}

fn time(ask: &Ask, name: &str) -> Result<Option<DateTime<Utc>>, Box<Answer>> {
    let given = ask.text(name).map(DateTime::parse_from_rfc3339).transpose();
    let given = given.map_err(|_| misshapen(&format!("For 'properties/{name}', it is not a date-time.")))?;
    Ok(given.map(|at| at.to_utc()))
}

/// Puts the fields of a call into a check.
fn written(ask: &Ask, check: CheckRun) -> Result<CheckRun, Box<Answer>> {
    let texts = TEXTS.map(|name| (name, Kind::Text));
    let others = [("output", Kind::Object), ("actions", Kind::List)];
    ask.fields(&texts.into_iter().chain(others).collect::<Vec<_>>())?;
    let status = one_of(ask, "status", &["queued", "in_progress", "completed"])?;
    let conclusion = one_of(ask, "conclusion", &ENDS)?;
    let ended = time(ask, "completed_at")?;
    if conclusion.is_none() && (status == Some("completed") || ended.is_some()) {
        return Err(misshapen("\"conclusion\" wasn't supplied."));
    }
    let text = |name: &str, old: Option<String>| ask.text(name).map(str::to_owned).or(old);
    let mut new = CheckRun {
        name: text("name", Some(check.name.clone())).unwrap_or_default(),
        details: text("details_url", check.details.clone()),
        external: text("external_id", check.external.clone()),
        started: time(ask, "started_at")?.or(check.started),
        status: status.map_or(check.status.clone(), str::to_owned),
        ..check
    };
    if let Some(conclusion) = conclusion {
        (new.status, new.conclusion) = ("completed".to_owned(), Some(conclusion.to_owned()));
        new.completed = Some(ended.unwrap_or(ask.now));
    } else if status.is_some() {
        (new.conclusion, new.completed) = (None, None);
    }
    if let Some(output) = ask.body.get("output").and_then(Value::as_object) {
        told(output, &mut new)?;
    }
    Ok(new)
}

fn told(output: &Map<String, Value>, check: &mut CheckRun) -> Result<(), Box<Answer>> {
    let texts = ["title", "summary", "text"].map(|name| (name, Kind::Text));
    let lists = [("annotations", Kind::List), ("images", Kind::List)];
    checked(output, &texts.into_iter().chain(lists).collect::<Vec<_>>(), "properties/output")?;
    let text = |name: &str| output.get(name).and_then(Value::as_str).map(str::to_owned);
    for name in ["title", "summary"] {
        if text(name).is_none() {
            return Err(misshapen(&format!("\"{name}\" wasn't supplied.")));
        }
    }
    if ["summary", "text"].iter().any(|name| text(name).is_some_and(|t| t.chars().count() > 65_535)) {
        return Err(misshapen("Only 65535 characters are allowed."));
    }
    (check.title, check.summary, check.text) = (text("title"), text("summary"), text("text"));
    Ok(())
}

/// `POST …/check-runs`
pub fn create(state: &mut State, ask: &Ask) -> Outcome {
    of_app(ask)?;
    let it = repo(state, ask)?;
    let blank = CheckRun {
        id: 0,
        sha: ask.text("head_sha").unwrap_or_default().to_owned(),
        name: String::new(),
        external: None,
        details: None,
        status: "queued".to_owned(),
        conclusion: None,
        started: Some(ask.now),
        completed: None,
        title: None,
        summary: None,
        text: None,
    };
    let check = written(ask, blank)?;
    ask.need("name")?;
    let sha = ask.need("head_sha")?;
    if it.git.commit(sha).is_none() {
        return Err(refused(422, &format!("No commit found for SHA: {sha}")));
    }
    let check = CheckRun { id: state.next(), ..check };
    repo_mut(state, ask)?.records.checks.push(check.clone());
    created(shapes::check(state, repo(state, ask)?, &check))
}

/// `PATCH …/check-runs/{check_run_id}`
pub fn update(state: &mut State, ask: &Ask) -> Outcome {
    of_app(ask)?;
    let id = number(ask, "check_run_id")?;
    let old = repo(state, ask)?.records.checks.iter().find(|c| c.id == id).ok_or_else(not_found)?.clone();
    if ask.has("head_sha") {
        return Err(misshapen("\"head_sha\" is not a permitted key."));
    }
    let new = written(ask, old)?;
    let all = &mut repo_mut(state, ask)?.records.checks;
    *all.iter_mut().find(|c| c.id == id).ok_or_else(not_found)? = new.clone();
    ok(shapes::check(state, repo(state, ask)?, &new))
}
