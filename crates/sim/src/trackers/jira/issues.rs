//! Issues: create, read, edit, assign and delete.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields::{Change, Screen, changes, read_assignee};
use super::model::{Issue, Project, State};
use super::properties;
use super::view::{View, chosen};
use super::wire::{Ask, Outcome, Reply, anonymous, bad_payload, no_issue, refused, refused_field};

const PARTS: &[&str] = &["fields", "update", "transition", "properties", "historyMetadata"];

/// The project with exactly this key or id, if the caller sees it.
pub fn seen_project<'a>(state: &'a State, ask: &Ask, id_or_key: &str) -> Option<&'a Project> {
    let is_meant = |project: &&Project| project.key == id_or_key || project.id == id_or_key;
    let sees = |project: &&Project| ask.is_bot && project.may("BROWSE_PROJECTS");
    state.projects.iter().find(is_meant).filter(sees)
}

/// The issue, if the caller sees it.
pub fn seen_issue<'a>(state: &'a State, ask: &Ask, id_or_key: &str) -> Option<&'a Issue> {
    state.issue(id_or_key).filter(|issue| seen_project(state, ask, &issue.project).is_some())
}

pub fn found(state: &State, ask: &Ask) -> Result<Issue, Reply> {
    seen_issue(state, ask, ask.param(0)).cloned().ok_or_else(no_issue)
}

pub fn found_project(state: &State, issue: &Issue) -> Result<Project, Reply> {
    state.project(&issue.project).cloned().ok_or_else(no_issue)
}

/// `POST /rest/api/3/issue`
pub fn create(state: &mut State, ask: &Ask) -> Outcome {
    if !ask.is_bot {
        return Err(anonymous());
    }
    let body = ask.object(PARTS)?;
    // Real Jira can make an issue in another status; nobody needs that here.
    if body.get("transition").is_some_and(|transition| !transition.is_null()) {
        return Err(bad_payload());
    }
    let (project, kind) = place(state, ask, body.get("fields"))?;
    if !project.may("CREATE_ISSUES") {
        return Err(refused(403, "You do not have permission to create issues in this project."));
    }
    let screen = Screen { project: &project, people: &state.people, labels: &[], is_create: true };
    let changes = changes(screen, body)?;
    let properties = properties::read(body.get("properties"))?;
    let issue = Issue { properties, ..new(state, ask, &project, kind) };
    let (id, key) = (issue.id, issue.key.clone());
    let issue = changes.into_iter().fold(issue, |mut issue, change: Change| {
        change.apply(&mut issue);
        issue
    });
    state.add(issue);
    let address = format!("{}/rest/api/3/issue/{id}", ask.base);
    Ok(Reply::json(201, json!({"id": id.to_string(), "key": key, "self": address})))
}

/// The project and the id of the issue type that a create names.
fn place(state: &State, ask: &Ask, fields: Option<&Value>) -> Result<(Project, String), Reply> {
    let part = |field: &str, name: &str| fields.and_then(|fields| fields.get(field)?.get(name)?.as_str());
    if fields.and_then(|fields| fields.get("project")).is_none_or(Value::is_null) {
        return Err(refused_field(400, "project", "Specify a valid project ID or key"));
    }
    let project = part("project", "id").or_else(|| part("project", "key")).and_then(|of| seen_project(state, ask, of));
    let Some(project) = project else { return Err(refused_field(400, "project", "valid project is required")) };
    if fields.and_then(|fields| fields.get("issuetype")).is_none_or(Value::is_null) {
        return Err(refused_field(400, "issuetype", "Specify an issue type"));
    }
    let (id, name) = (part("issuetype", "id"), part("issuetype", "name"));
    let is_meant = |id: Option<&str>, name: Option<&str>, given_id: &str, given_name: &str| match (id, name) {
        (Some(id), _) => id == given_id,
        (None, name) => name == Some(given_name),
    };
    let kind = project.types.iter().find(|kind| is_meant(id, name, &kind.id, &kind.name));
    let kind = kind.ok_or_else(|| refused_field(400, "issuetype", "Specify a valid issue type"))?;
    Ok((project.clone(), kind.id.clone()))
}

/// An issue without words, with the next key of its project.
fn new(state: &mut State, ask: &Ask, project: &Project, kind: String) -> Issue {
    let id = state.number();
    if let Some(project) = state.projects.iter_mut().find(|of| of.key == project.key) {
        project.next += 1;
    }
    Issue {
        id,
        key: format!("{}-{}", project.key, project.next),
        old_keys: Vec::new(),
        project: project.key.clone(),
        kind,
        summary: String::new(),
        description: None,
        assignee: None,
        reporter: state.me.clone(),
        creator: state.me.clone(),
        due: None,
        priority: project.default_priority.clone(),
        labels: Vec::new(),
        status: project.statuses.first().map(|status| status.id.clone()).unwrap_or_default(),
        resolution: None,
        resolved: None,
        created: ask.now,
        updated: ask.now,
        custom: BTreeMap::new(),
        comments: Vec::new(),
        links: Vec::new(),
        properties: BTreeMap::new(),
        is_deleted: false,
    }
}

/// `GET /rest/api/3/issue/{issueIdOrKey}`
pub fn read(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    Ok(Reply::json(200, shown(state, ask, &issue)))
}

fn shown(state: &State, ask: &Ask, issue: &Issue) -> Value {
    let view = View { state, base: &ask.base };
    let mut out = view.issue(issue, chosen(view.fields(issue), &ask.list("fields"), "*all"));
    let wanted = ask.list("properties");
    if !wanted.is_empty() {
        let is_wanted = |key: &str| wanted.iter().any(|of| of == key || of == "*all");
        let held = issue.properties.iter().filter(|(key, _)| is_wanted(key));
        let held: Map<String, Value> = held.map(|(key, value)| (key.clone(), value.clone())).collect();
        out.insert("properties".to_owned(), Value::Object(held));
    }
    Value::Object(out)
}

/// `PUT /rest/api/3/issue/{issueIdOrKey}`
pub fn edit(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let body = ask.object(PARTS)?;
    let project = found_project(state, &issue)?;
    let screen = Screen { project: &project, people: &state.people, labels: &issue.labels, is_create: false };
    let changes = changes(screen, body)?;
    let properties = properties::read(body.get("properties"))?;
    state.change(issue.id, ask.now, |issue| {
        changes.into_iter().for_each(|change| change.apply(issue));
        issue.properties.extend(properties);
    });
    if ask.query("returnIssue") != Some("true") {
        return Ok(Reply::empty(204));
    }
    let issue = found(state, ask)?;
    Ok(Reply::json(200, shown(state, ask, &issue)))
}

/// `GET /rest/api/3/issue/{issueIdOrKey}/editmeta`
pub fn edit_meta(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let project = found_project(state, &issue)?;
    let view = View { state, base: &ask.base };
    let is_settable = |id: &str| project.may("EDIT_ISSUES") && id != "project" && id != "issuetype";
    let fields = project.screen().filter(|field| is_settable(&field.id));
    let fields: Map<String, Value> =
        fields.map(|field| (field.id.clone(), Value::Object(view.field(&project, field)))).collect();
    Ok(Reply::json(200, json!({"fields": fields})))
}

/// `DELETE /rest/api/3/issue/{issueIdOrKey}`
pub fn delete(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    if !found_project(state, &issue)?.may("DELETE_ISSUES") {
        return Err(refused(403, "You do not have permission to delete issues in this project."));
    }
    state.change(issue.id, ask.now, |issue| issue.is_deleted = true);
    Ok(Reply::empty(204))
}

/// `PUT /rest/api/3/issue/{issueIdOrKey}/assignee`
pub fn assign(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let body =
        ask.object(&["accountId", "name", "key", "self", "displayName", "active", "emailAddress", "accountType"])?;
    let project = found_project(state, &issue)?;
    if !project.may("ASSIGN_ISSUES") {
        return Err(refused(403, "You do not have permission to assign issues."));
    }
    if body.contains_key("name") || body.contains_key("key") {
        return Err(refused(400, "'accountId' must be the only user identifying query parameter in GDPR strict mode."));
    }
    let account = body.get("accountId").cloned().unwrap_or_default();
    let wanted = read_assignee(&project, &state.people, &json!({"accountId": account}));
    let account = wanted.map_err(|words| refused_field(400, "assignee", &words))?;
    state.change(issue.id, ask.now, |issue| issue.assignee = account);
    Ok(Reply::empty(204))
}
