//! Issues: made, read, listed, changed; and their comments.
//! <https://docs.github.com/rest/issues/issues>

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::answer::{
    Answer, Outcome, created, custom, failed, invalid, misshapen, missing, no_right, not_found, ok, refused,
};
use super::ask::{Ask, Kind, issue_mut, number, repo, repo_mut};
use super::labels::{here, made, names, people};
use super::page::{paged, paged_by};
use super::shapes;
use super::state::{Comment, Fate, Issue, Repo, State};

const LONGEST_TITLE: usize = 256;
/// Of bodies and comments, in characters.
const LONGEST_TEXT: usize = 65_536;

/// A title, which may be a number as well, checked.
pub fn title(ask: &Ask, resource: &str) -> Result<Option<String>, Box<Answer>> {
    let given = match ask.body.get("title") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(other @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) => {
            return Err(misshapen(&format!("For 'properties/title', {other} is not a string.")));
        }
    };
    if given.trim().is_empty() {
        return Err(missing(resource, "title"));
    }
    if given.chars().count() > LONGEST_TITLE {
        return Err(custom(resource, "title", "title is too long (maximum is 256 characters)"));
    }
    Ok(Some(given.trim().to_owned()))
}

/// A body, if one is given; `Some(None)` takes it away.
pub fn body(ask: &Ask, resource: &str) -> Result<Option<Option<String>>, Box<Answer>> {
    if ask.text("body").is_some_and(|b| b.chars().count() > LONGEST_TEXT) {
        return Err(custom(resource, "body", "body is too long (maximum is 65536 characters)"));
    }
    Ok(ask.has("body").then(|| ask.text("body").map(str::to_owned)))
}

/// What needs the right to push. GitHub leaves it out silently for who cannot.
/// <https://docs.github.com/rest/issues/issues#create-an-issue>
struct Marks {
    labels: Option<Vec<String>>,
    assignees: Option<Vec<String>>,
    /// `Some(None)` takes it away.
    milestone: Option<Option<u64>>,
}

fn marks(state: &mut State, ask: &Ask) -> Result<Marks, Box<Answer>> {
    let repo = repo(state, ask)?;
    if !repo.can_push {
        return Ok(Marks { labels: None, assignees: None, milestone: None });
    }
    let mut assignees = ask.body.get("assignees").map(|list| people(state, repo, list)).transpose()?;
    match ask.body.get("assignee") {
        None => {}
        Some(one) if one.as_str().is_none_or(str::is_empty) => assignees = Some(Vec::new()),
        Some(one) => assignees = Some(people(state, repo, &json!([one]))?),
    }
    // The example team has no issue types.
    if let Some(value) = ask.body.get("type").filter(|v| !v.is_null()) {
        return Err(invalid("Issue", "type", value));
    }
    let milestone = match ask.body.get("milestone") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(value) => {
            let found = value.as_u64().and_then(|number| repo.records.milestone(number));
            Some(Some(found.ok_or_else(|| invalid("Issue", "milestone", value))?.number))
        }
    };
    let labels = ask.body.get("labels").map(names).transpose()?.map(|names| made(state, ask.repo, names));
    Ok(Marks { labels, assignees, milestone })
}

const SHARED: [(&str, Kind); 8] = [
    ("title", Kind::Any),
    ("body", Kind::Maybe),
    ("assignee", Kind::Maybe),
    ("milestone", Kind::Any),
    ("labels", Kind::List),
    ("assignees", Kind::List),
    ("issue_field_values", Kind::List),
    ("type", Kind::Any),
];

/// A fresh issue with the next number, also where a person opens one in the browser.
pub fn fresh(state: &mut State, repo: u64, title: String, user: &str, at: DateTime<Utc>) -> Option<Issue> {
    let id = state.next();
    let repo = state.repo_mut(repo)?;
    repo.last_number += 1;
    // The numbers of what was there before the stand-in began are taken.
    while repo.issues.iter().any(|i| i.number == repo.last_number) {
        repo.last_number += 1;
    }
    Some(Issue {
        id,
        number: repo.last_number,
        title,
        body: None,
        user: user.to_owned(),
        labels: Vec::new(),
        assignees: Vec::new(),
        is_open: true,
        reason: None,
        comments: Vec::new(),
        created: at,
        updated: at,
        closed: None,
        closed_by: None,
        fate: Fate::Here,
        pull: None,
        milestone: None,
        is_old: false,
    })
}

/// `POST …/issues`
pub fn create(state: &mut State, ask: &Ask) -> Outcome {
    if !repo(state, ask)?.has_issues {
        return Err(refused(410, "Issues are disabled for this repo"));
    }
    ask.fields(&SHARED)?;
    let title = title(ask, "Issue")?.ok_or_else(|| missing("Issue", "title"))?;
    let body = body(ask, "Issue")?.flatten();
    let marks = marks(state, ask)?;
    let made = fresh(state, ask.repo, title, ask.who.login(), ask.now).ok_or_else(not_found)?;
    let labels = marks.labels.unwrap_or_default();
    let milestone = marks.milestone.flatten();
    let issue = Issue { body, labels, assignees: marks.assignees.unwrap_or_default(), milestone, ..made };
    repo_mut(state, ask)?.issues.push(issue.clone());
    created(shapes::issue(state, repo(state, ask)?, &issue))
}

fn shown(state: &State, ask: &Ask, number: u64) -> Outcome {
    let repo = repo(state, ask)?;
    ok(shapes::issue(state, repo, repo.issue(number).ok_or_else(not_found)?))
}

/// `GET …/issues/{issue_number}`
pub fn get(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    shown(state, ask, number)
}

/// Whether the state changes, and to what.
fn turn(ask: &Ask) -> Result<Option<bool>, Box<Answer>> {
    let reason = ask.body.get("state_reason").filter(|r| !r.is_null());
    if let Some(reason) = reason {
        let known = ["completed", "not_planned", "duplicate", "reopened"];
        if !known.iter().any(|k| reason == k) {
            return Err(invalid("Issue", "state_reason", reason));
        }
    }
    match ask.text("state") {
        None => Ok(None),
        Some("open") if reason.is_none_or(|r| r == "reopened") => Ok(Some(true)),
        Some("closed") if reason.is_none_or(|r| r != "reopened") => Ok(Some(false)),
        Some("open" | "closed") => Err(invalid("Issue", "state_reason", reason.unwrap_or(&Value::Null))),
        Some(other) => Err(invalid("Issue", "state", &json!(other))),
    }
}

/// `PATCH …/issues/{issue_number}`: labels and assignees replace; the reason counts only when the state changes.
pub fn update(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    let own = [("state", Kind::Text), ("state_reason", Kind::Maybe), ("duplicate_issue_id", Kind::Number)];
    ask.fields(&SHARED.iter().copied().chain(own).collect::<Vec<_>>())?;
    let (title, body, turn) = (title(ask, "Issue")?, body(ask, "Issue")?, turn(ask)?);
    let (can_push, login) = (repo(state, ask)?.can_push, ask.who.login());
    if !can_push && issue_mut(state, ask, number)?.user != login {
        return Err(no_right(ask.who.is_app(), "issues=write"));
    }
    let marks = marks(state, ask)?;
    repo_mut(state, ask)?.freeze(number);
    let issue = issue_mut(state, ask, number)?;
    let before = (issue.title.clone(), issue.body.clone(), issue.labels.clone(), issue.assignees.clone());
    issue.title = title.unwrap_or_else(|| before.0.clone());
    issue.body = body.unwrap_or_else(|| before.1.clone());
    issue.labels = marks.labels.unwrap_or_else(|| before.2.clone());
    issue.assignees = marks.assignees.unwrap_or_else(|| before.3.clone());
    let milestone = issue.milestone;
    issue.milestone = marks.milestone.unwrap_or(milestone);
    let is_same = milestone == issue.milestone
        && before.0 == issue.title
        && before.1 == issue.body
        && before.2 == issue.labels
        && before.3 == issue.assignees;
    if !is_same {
        issue.updated = ask.now;
    }
    match turn {
        Some(true) if !issue.is_open => issue.reopen(ask.now),
        Some(false) if issue.is_open => {
            issue.close(ask.text("state_reason").unwrap_or("completed"), login, ask.now);
        }
        Some(_) | None => {}
    }
    shown(state, ask, number)
}

/// A value of a query that must be one of these.
fn one_of<'a>(ask: &'a Ask, name: &str, known: &[&'a str]) -> Result<&'a str, Box<Answer>> {
    let first = known.first().copied().unwrap_or_default();
    let given = ask.query(name).unwrap_or(first);
    if known.contains(&given) { Ok(given) } else { Err(invalid("Issue", name, &json!(given))) }
}

fn matches(issue: &Issue, ask: &Ask, since: Option<DateTime<Utc>>) -> bool {
    let has = |name: &str| issue.labels.iter().any(|l| l.eq_ignore_ascii_case(name.trim()));
    let labels = ask.query("labels").is_none_or(|l| l.split(',').filter(|n| !n.trim().is_empty()).all(has));
    let creator = ask.query("creator").is_none_or(|c| issue.user.eq_ignore_ascii_case(c));
    let assignee = match ask.query("assignee") {
        None => true,
        Some("none") => issue.assignees.is_empty(),
        Some("*") => !issue.assignees.is_empty(),
        Some(login) => issue.assignees.iter().any(|a| a.eq_ignore_ascii_case(login)),
    };
    let milestone = match ask.query("milestone") {
        None => true,
        Some("none") => issue.milestone.is_none(),
        Some("*") => issue.milestone.is_some(),
        Some(number) => issue.milestone.is_some_and(|m| m.to_string() == number),
    };
    // GitHub compares whole seconds.
    let recent = since.is_none_or(|at| issue.updated.timestamp() >= at.timestamp());
    labels && creator && assignee && milestone && recent
}

/// `GET …/issues`: pull requests are in it, too.
pub fn list(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    if !repo.has_issues {
        return Err(refused(410, "Issues are disabled for this repo"));
    }
    let wanted = one_of(ask, "state", &["open", "closed", "all"])?;
    let sort = one_of(ask, "sort", &["created", "updated", "comments"])?;
    let direction = one_of(ask, "direction", &["desc", "asc"])?;
    let at = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let since = ask.query("since").map(at).transpose();
    let since = since.map_err(|_| invalid("Issue", "since", &json!(ask.query("since"))))?;
    if let Some(login) = ask.query("creator").filter(|login| state.user(login).is_none()) {
        return Err(invalid("Issue", "creator", &json!(login)));
    }
    let has = |number: &str| number.parse().is_ok_and(|number| repo.records.milestone(number).is_some());
    if let Some(number) = ask.query("milestone").filter(|m| !["none", "*"].contains(m) && !has(m)) {
        return Err(invalid("Issue", "milestone", &json!(number)));
    }
    let visible = |i: &&Issue| i.fate == Fate::Here && ask.now - i.created >= state.list_lag;
    let in_state = |i: &&Issue| wanted == "all" || i.is_open == (wanted == "open");
    let found = repo.issues.iter().filter(visible).filter(in_state).filter(|i| matches(i, ask, since));
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|i| match sort {
        "updated" => (i.updated.timestamp(), i.number),
        "comments" => (i64::try_from(i.comments.len()).unwrap_or_default(), i.number),
        _ => (i.created.timestamp(), i.number),
    });
    if direction == "desc" {
        found.reverse();
    }
    paged_by(found, ask, &state.base, |i| shapes::issue(state, repo, i))
}

/// `GET …/milestones`: the one that is due first comes first.
pub fn milestones(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let wanted = one_of(ask, "state", &["open", "closed", "all"])?;
    let sort = one_of(ask, "sort", &["due_on", "completeness"])?;
    let direction = one_of(ask, "direction", &["asc", "desc"])?;
    let all = repo.records.milestones.iter();
    let mut all: Vec<_> = all.filter(|m| wanted == "all" || m.closed.is_none() == (wanted == "open")).collect();
    let done = |number: u64| {
        let of_it = || repo.issues.iter().filter(|i| i.milestone == Some(number) && i.is_here());
        of_it().filter(|i| !i.is_open).count() * 100 / of_it().count().max(1)
    };
    all.sort_by_key(|m| match sort {
        "completeness" => (i64::try_from(done(m.number)).unwrap_or_default(), m.number),
        _ => (m.due.map_or(i64::MAX, |at| at.timestamp()), m.number),
    });
    if direction == "desc" {
        all.reverse();
    }
    paged_by(all, ask, &state.base, |m| super::shapes::milestone(state, repo, m))
}

/// `GET …/issues/{issue_number}/comments`
pub fn comments(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    let repo = repo(state, ask)?;
    let issue = repo.issue(number).ok_or_else(not_found)?;
    paged(issue.comments.iter().map(|c| shapes::comment(state, repo, issue, c)).collect(), ask, &state.base)
}

/// `POST …/issues/{issue_number}/comments`
pub fn comment(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    ask.fields(&[("body", Kind::Text)])?;
    let text = ask.need("body")?.to_owned();
    if text.trim().is_empty() {
        return Err(missing("IssueComment", "body"));
    }
    if text.chars().count() > LONGEST_TEXT {
        let words = "Body is too long (maximum is 65536 characters)";
        let error = json!({"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": words});
        return Err(failed(error));
    }
    let comment = Comment { id: state.next(), user: ask.who.login().to_owned(), body: text, at: ask.now };
    let issue = issue_mut(state, ask, number)?;
    issue.comments.push(comment.clone());
    issue.updated = ask.now;
    let repo: &Repo = repo(state, ask)?;
    created(shapes::comment(state, repo, repo.issue(number).ok_or_else(not_found)?, &comment))
}

/// `POST …/issues/{issue_number}/assignees`: who cannot be assigned is left out silently.
pub fn assign(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    ask.fields(&[("assignees", Kind::List)])?;
    let it = repo(state, ask)?;
    if !it.can_push {
        return Err(no_right(ask.who.is_app(), "issues=write"));
    }
    let asked = ask.body.get("assignees").and_then(Value::as_array).cloned().unwrap_or_default();
    let new: Vec<_> = asked.iter().filter_map(|one| people(state, it, &json!([one])).ok()).flatten().collect();
    let issue = issue_mut(state, ask, number)?;
    issue.assignees.extend(new);
    issue.assignees.sort();
    issue.assignees.dedup();
    issue.updated = ask.now;
    let answer = shown(state, ask, number)?;
    Ok(Answer { status: 201, ..answer })
}
