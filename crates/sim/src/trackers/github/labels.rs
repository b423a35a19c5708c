//! Labels and assignees as a caller writes them, and the labels of an issue.
//! <https://docs.github.com/rest/issues/labels>

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, created, invalid, misshapen, not_found, nothing, ok, refused};
use super::ask::{Ask, Kind, issue_mut, number, repo, repo_mut};
use super::page::paged;
use super::shapes;
use super::state::{Fate, Label, Repo, State};

/// A label's name has at most this many characters.
const LONGEST: usize = 50;

/// The names of a list of labels: texts, or objects with a `name`.
pub fn names(list: &Value) -> Result<Vec<String>, Box<Answer>> {
    let mut names: Vec<String> = Vec::new();
    for (at, one) in list.as_array().into_iter().flatten().enumerate() {
        let name = one.as_str().or_else(|| one.get("name").and_then(Value::as_str));
        let wrong = || misshapen(&format!("For 'properties/labels/{at}', {one} is not a string."));
        let name = name.ok_or_else(wrong)?.trim();
        if name.is_empty() || name.chars().count() > LONGEST {
            return Err(invalid("Label", "name", &json!(name)));
        }
        if !names.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The labels by the names that the repository has for them; unknown ones are made.
pub fn made(state: &mut State, repo: u64, names: Vec<String>) -> Vec<String> {
    let mut known = Vec::new();
    for name in names {
        let id = state.next();
        let Some(repo) = state.repo_mut(repo) else { continue };
        if let Some(label) = repo.label(&name) {
            known.push(label.name.clone());
            continue;
        }
        repo.labels.push(Label { id, name: name.clone(), color: "ededed".to_owned(), description: None });
        known.push(name);
    }
    known
}

/// People who can be assigned, or 422 that names the one who cannot.
pub fn people(state: &State, repo: &Repo, list: &Value) -> Result<Vec<String>, Box<Answer>> {
    let mut logins: Vec<String> = Vec::new();
    for (at, one) in list.as_array().into_iter().flatten().enumerate() {
        let wrong = || misshapen(&format!("For 'properties/assignees/{at}', {one} is not a string."));
        let login = one.as_str().ok_or_else(wrong)?;
        let can = repo.assignable.iter().any(|a| a.eq_ignore_ascii_case(login));
        let Some(user) = state.user(login).filter(|_| can) else { return Err(invalid("Issue", "assignees", one)) };
        if !logins.contains(&user.login) {
            logins.push(user.login.clone());
        }
    }
    // GitHub takes ten at most and leaves out the others.
    logins.truncate(10);
    Ok(logins)
}

/// Refuses an issue that is not here (any more).
pub fn here(state: &State, ask: &Ask, number: u64) -> Result<(), Box<Answer>> {
    let repo = repo(state, ask)?;
    if !repo.has_issues {
        return Err(refused(410, "Issues are disabled for this repo"));
    }
    match repo.issue(number).ok_or_else(not_found)?.fate {
        Fate::Here => Ok(()),
        Fate::Deleted => Err(refused(410, "This issue was deleted")),
        Fate::Moved(to, new) => {
            let seen = state.repo(to).filter(|r| !r.is_hidden).ok_or_else(not_found)?;
            Err(super::answer::moved(301, &format!("{}/repositories/{}/issues/{new}", state.base, seen.id)))
        }
    }
}

fn of_issue(state: &State, ask: &Ask, number: u64) -> Result<Vec<Value>, Box<Answer>> {
    let repo = repo(state, ask)?;
    let issue = repo.issue(number).ok_or_else(not_found)?;
    Ok(shapes::labels(state, repo, issue))
}

/// `GET …/issues/{issue_number}/labels`
pub fn list(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    paged(of_issue(state, ask, number)?, ask, &state.base)
}

fn may_label(state: &State, ask: &Ask) -> Result<(), Box<Answer>> {
    if repo(state, ask)?.can_push {
        return Ok(());
    }
    Err(super::answer::no_right(ask.who.is_app(), "issues=write; pull_requests=write"))
}

/// `POST …/issues/{issue_number}/labels`: an object with `labels`, or a bare list.
pub fn add(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    may_label(state, ask)?;
    let list = if ask.body.is_array() {
        ask.body.clone()
    } else {
        ask.fields(&[("labels", Kind::List)])?;
        ask.body.get("labels").cloned().ok_or_else(|| misshapen("\"labels\" wasn't supplied."))?
    };
    let names = made(state, ask.repo, names(&list)?);
    let issue = issue_mut(state, ask, number)?;
    let new: Vec<_> = names.into_iter().filter(|name| !issue.labels.contains(name)).collect();
    issue.labels.extend(new);
    issue.updated = ask.now;
    ok(Value::Array(of_issue(state, ask, number)?))
}

/// `DELETE …/issues/{issue_number}/labels/{name}`
pub fn remove(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "issue_number")?;
    here(state, ask, number)?;
    may_label(state, ask)?;
    let issue = issue_mut(state, ask, number)?;
    let count = issue.labels.len();
    issue.labels.retain(|l| !l.eq_ignore_ascii_case(ask.param("name")));
    if issue.labels.len() == count {
        return Err(refused(404, "Label does not exist"));
    }
    issue.updated = ask.now;
    ok(Value::Array(of_issue(state, ask, number)?))
}

/// `GET …/labels`
pub fn of_repo(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let all = repo.labels.iter().map(|l| shapes::label(state, repo, l)).collect();
    paged(all, ask, &state.base)
}

/// `GET …/labels/{name}`
pub fn get(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let label = repo.label(ask.param("name")).ok_or_else(not_found)?;
    ok(shapes::label(state, repo, label))
}

/// `POST …/labels`
pub fn create(state: &mut State, ask: &Ask) -> Outcome {
    ask.fields(&[("name", Kind::Text), ("color", Kind::Text), ("description", Kind::Maybe)])?;
    may_label(state, ask)?;
    let name = ask.need("name")?.trim().to_owned();
    let name = names(&json!([name]))?.pop().unwrap_or_default();
    let color = ask.text("color").unwrap_or("ededed").to_owned();
    if color.len() != 6 || !color.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(invalid("Label", "color", &json!(color)));
    }
    if repo(state, ask)?.label(&name).is_some() {
        return Err(super::answer::failed(json!({"resource": "Label", "code": "already_exists", "field": "name"})));
    }
    let label = Label { id: state.next(), name, color, description: ask.text("description").map(str::to_owned) };
    repo_mut(state, ask)?.labels.push(label.clone());
    created(shapes::label(state, repo(state, ask)?, &label))
}

/// `GET …/assignees`
pub fn assignees(state: &mut State, ask: &Ask) -> Outcome {
    let all = repo(state, ask)?.assignable.iter().map(|login| shapes::user(state, login)).collect();
    paged(all, ask, &state.base)
}

/// `GET …/assignees/{assignee}`: 204 or 404.
pub fn can_assign(state: &mut State, ask: &Ask) -> Outcome {
    let login = ask.param("assignee");
    let can = repo(state, ask)?.assignable.iter().any(|a| a.eq_ignore_ascii_case(login));
    if can { Ok(nothing(204)) } else { Err(not_found()) }
}
