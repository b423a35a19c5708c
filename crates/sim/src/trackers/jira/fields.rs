//! What a create, an edit or a transition wants to set: read against the screen, with Jira's words for what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::adf;
use super::model::{Field, FieldKind, Issue, Person, Project};
use super::wire::{Reply, bad_payload, off_screen, refused, refused_fields};

/// One field gets a new value.
pub enum Change {
    Summary(String),
    Description(Option<Value>),
    Reporter(String),
    Assignee(Option<String>),
    /// The id of a priority.
    Priority(String),
    Due(Option<String>),
    Labels(Vec<String>),
    /// The id of the custom field, and its text.
    Custom(String, Option<String>),
}

/// Why a value cannot be set.
enum Wrong {
    Words(String),
    /// A document that is none; Jira does not name the field.
    Document,
}

/// Fields are set in this project by somebody who sees these people.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    pub project: &'a Project,
    pub people: &'a [Person],
    /// The labels as they are.
    pub labels: &'a [String],
    /// The screen of a create: it has project and issue type, which are read elsewhere.
    pub is_create: bool,
}

impl Change {
    pub fn apply(self, issue: &mut Issue) {
        match self {
            Self::Summary(summary) => issue.summary = summary,
            Self::Description(description) => issue.description = description,
            Self::Reporter(account) => issue.reporter = account,
            Self::Assignee(account) => issue.assignee = account,
            Self::Priority(id) => issue.priority = Some(id),
            Self::Due(due) => issue.due = due,
            Self::Labels(labels) => issue.labels = labels,
            Self::Custom(id, Some(text)) => drop(issue.custom.insert(id, text)),
            Self::Custom(id, None) => drop(issue.custom.remove(&id)),
        }
    }
}

/// Reads `fields` and `update` of a body. The refusal names each field that is wrong.
pub fn changes(screen: Screen<'_>, body: &Map<String, Value>) -> Result<Vec<Change>, Reply> {
    let fields = part(body, "fields")?;
    let update = part(body, "update")?;
    let mut errors = BTreeMap::new();
    let mut out = Vec::new();
    let names: BTreeSet<&String> = fields.keys().chain(update.keys()).collect();
    for name in names {
        let is_elsewhere = screen.is_create && matches!(name.as_str(), "project" | "issuetype");
        // An edit ignores it: only a transition changes the status.
        let is_ignored = !screen.is_create && name == "status" && fields.contains_key(name);
        if is_elsewhere || is_ignored {
            continue;
        }
        match change(screen, name, fields.get(name), update.get(name)) {
            Ok(change) => out.push(change),
            Err(Wrong::Words(words)) => drop(errors.insert(name.clone(), words)),
            Err(Wrong::Document) => return Err(refused(400, "INVALID_INPUT")),
        }
    }
    if screen.is_create {
        missing(screen.project, &fields, &update, &mut errors);
    }
    if errors.is_empty() { Ok(out) } else { Err(refused_fields(&errors)) }
}

fn part(body: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, Reply> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(_) => Err(bad_payload()),
    }
}

/// Names the required fields that a create leaves out.
fn missing(
    project: &Project,
    fields: &Map<String, Value>,
    update: &Map<String, Value>,
    errors: &mut BTreeMap<String, String>,
) {
    let is_empty = |value: Option<&Value>| value.is_none_or(|value| value.is_null() || value == "");
    for field in project.screen().filter(|field| field.is_required && !field.has_default) {
        let is_set = !is_empty(fields.get(&field.id)) || update.contains_key(&field.id);
        if is_set || matches!(field.kind, FieldKind::Project | FieldKind::IssueType) {
            continue;
        }
        let words = match field.kind {
            FieldKind::Summary => "You must specify a summary of the issue.".to_owned(),
            FieldKind::Project
            | FieldKind::IssueType
            | FieldKind::Description
            | FieldKind::Reporter
            | FieldKind::Assignee
            | FieldKind::Priority
            | FieldKind::Due
            | FieldKind::Labels
            | FieldKind::Text => format!("{} is required.", field.name),
        };
        errors.entry(field.id.clone()).or_insert(words);
    }
}

fn change(screen: Screen<'_>, name: &str, set: Option<&Value>, update: Option<&Value>) -> Result<Change, Wrong> {
    let is_settable =
        |field: &&Field| field.id == name && !matches!(field.kind, FieldKind::Project | FieldKind::IssueType);
    let may_edit = screen.is_create || screen.project.may("EDIT_ISSUES");
    let field = screen.project.screen().find(is_settable).filter(|_| may_edit);
    let Some(field) = field else { return Err(Wrong::Words(off_screen(name))) };
    match (set, update) {
        (Some(_), Some(_)) => Err(Wrong::Words(format!("Field '{name}' cannot appear in both 'fields' and 'update'."))),
        (Some(value), None) => read(screen, field, value),
        (None, Some(operations)) => operate(screen, field, operations),
        (None, None) => Err(Wrong::Words(off_screen(name))),
    }
}

/// The operations of `update`: `set`, and for labels `add` and `remove`, too.
fn operate(screen: Screen<'_>, field: &Field, operations: &Value) -> Result<Change, Wrong> {
    let bad =
        || Wrong::Words("The operations of a field must be a list of objects with one operation each.".to_owned());
    let operations = operations.as_array().filter(|list| !list.is_empty()).ok_or_else(bad)?;
    let mut labels = screen.labels.to_vec();
    let mut last = None;
    for operation in operations {
        let map = operation.as_object().filter(|map| map.len() == 1).ok_or_else(bad)?;
        let (verb, value) = map.iter().next().ok_or_else(bad)?;
        let label = || read_label(value);
        match (verb.as_str(), field.kind == FieldKind::Labels) {
            ("set", true) => labels = read_labels(value)?,
            ("set", false) => last = Some(read(screen, field, value)?),
            ("add", true) => labels.push(label()?),
            ("remove", true) => {
                let gone = label()?;
                labels.retain(|label| *label != gone);
            }
            _ => return Err(Wrong::Words(format!("Field '{}' does not support operation '{verb}'", field.id))),
        }
    }
    Ok(last.unwrap_or_else(|| Change::Labels(once_each(labels))))
}

/// Labels are a set.
fn once_each(labels: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    labels.into_iter().for_each(|label| {
        if !out.contains(&label) {
            out.push(label);
        }
    });
    out
}

fn read(screen: Screen<'_>, field: &Field, value: &Value) -> Result<Change, Wrong> {
    match field.kind {
        FieldKind::Summary => read_summary(value).map(Change::Summary),
        FieldKind::Description => read_document(value).map(Change::Description),
        FieldKind::Reporter => {
            let account = account(value).and_then(|account| screen.people.iter().find(|of| of.account == account));
            let wrong = || Wrong::Words("The reporter specified is not a user.".to_owned());
            account.map(|person| Change::Reporter(person.account.clone())).ok_or_else(wrong)
        }
        FieldKind::Assignee => {
            read_assignee(screen.project, screen.people, value).map(Change::Assignee).map_err(Wrong::Words)
        }
        FieldKind::Priority => read_priority(screen.project, value).map(Change::Priority),
        FieldKind::Due => read_due(value).map(Change::Due),
        FieldKind::Labels => read_labels(value).map(|labels| Change::Labels(once_each(labels))),
        FieldKind::Text if field.is_required && value.is_null() => {
            Err(Wrong::Words(format!("{} is required.", field.name)))
        }
        FieldKind::Text if value.is_null() => Ok(Change::Custom(field.id.clone(), None)),
        FieldKind::Text => match value.as_str() {
            Some(text) => Ok(Change::Custom(field.id.clone(), Some(text.to_owned()))),
            None => Err(Wrong::Words("Operation value must be a string".to_owned())),
        },
        FieldKind::Project | FieldKind::IssueType => Err(Wrong::Words(off_screen(&field.id))),
    }
}

/// Jira counts UTF-16 units.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

fn read_summary(value: &Value) -> Result<String, Wrong> {
    let wrong = |words: &str| Err(Wrong::Words(words.to_owned()));
    match value.as_str() {
        None if value.is_null() => wrong("You must specify a summary of the issue."),
        None => wrong("Operation value must be a string"),
        Some(text) if text.trim().is_empty() => wrong("You must specify a summary of the issue."),
        Some(text) if text.contains(['\n', '\r']) => {
            wrong("The summary is invalid because it contains newline characters.")
        }
        Some(text) if length(text) > 255 => wrong("Summary can't exceed 255 characters."),
        Some(text) => Ok(text.to_owned()),
    }
}

fn read_document(value: &Value) -> Result<Option<Value>, Wrong> {
    if value.is_null() {
        return Ok(None);
    }
    if value.get("type").and_then(Value::as_str) != Some("doc") {
        let words = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
        return Err(Wrong::Words(words.to_owned()));
    }
    if !adf::is_valid(value) {
        return Err(Wrong::Document);
    }
    if length(&adf::text(value)) > 32_767 {
        let words = "The entered text is too long. It exceeds the allowed limit of 32,767 characters.";
        return Err(Wrong::Words(words.to_owned()));
    }
    Ok(Some(value.clone()))
}

/// Names and e-mail addresses are refused. <https://developer.atlassian.com/cloud/jira/platform/deprecation-notice-user-privacy-api-migration-guide/>
fn account(value: &Value) -> Option<&str> {
    value.get("accountId").or_else(|| value.get("id")).and_then(Value::as_str)
}

/// An object with an account id, or `null` for nobody. Err has the words.
pub fn read_assignee(project: &Project, people: &[Person], value: &Value) -> Result<Option<String>, String> {
    if value.is_null() || value.get("accountId") == Some(&Value::Null) {
        return Ok(None);
    }
    let Some(account) = account(value) else { return Err("specify a valid value for assignee".to_owned()) };
    // The default assignee; these projects have nobody as that.
    if account == "-1" {
        return Ok(None);
    }
    let is_active = people.iter().any(|person| person.account == account && person.is_active);
    if is_active && project.assignable.iter().any(|of| of == account) {
        return Ok(Some(account.to_owned()));
    }
    Err(format!("User '{account}' cannot be assigned issues."))
}

fn read_priority(project: &Project, value: &Value) -> Result<String, Wrong> {
    let part = |name: &str| value.get(name).and_then(Value::as_str);
    let (kind, given) = match (part("id"), part("name")) {
        (Some(id), _) => ("id", id),
        (None, Some(name)) => ("name", name),
        (None, None) => {
            return Err(Wrong::Words("Could not find valid 'id' or 'name' in priority object.".to_owned()));
        }
    };
    let found = project.priorities.iter().find(|of| given == if kind == "id" { &of.id } else { &of.name });
    let wrong = || Wrong::Words(format!("Priority {kind} '{given}' is not valid"));
    found.map(|priority| priority.id.clone()).ok_or_else(wrong)
}

/// A civil day, or `null`.
fn read_due(value: &Value) -> Result<Option<String>, Wrong> {
    let wrong = |words: String| Err(Wrong::Words(words));
    match value.as_str() {
        None if value.is_null() => Ok(None),
        None => wrong("Operation value must be a string".to_owned()),
        Some(text) => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(day) if text.len() == 10 => Ok(Some(day.to_string())),
            Ok(_) | Err(_) => wrong(format!("Error parsing date string: {text}")),
        },
    }
}

fn read_labels(value: &Value) -> Result<Vec<String>, Wrong> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let list = value.as_array().ok_or_else(|| Wrong::Words("data was not an array".to_owned()))?;
    list.iter().map(read_label).collect()
}

fn read_label(value: &Value) -> Result<String, Wrong> {
    let wrong = |words: String| Err(Wrong::Words(words));
    match value.as_str() {
        None => wrong("string expected at index 0".to_owned()),
        Some("") => wrong("The label '' is empty.".to_owned()),
        Some(text) if text.contains(char::is_whitespace) => {
            wrong(format!("The label '{text}' contains spaces which is invalid."))
        }
        Some(text) if length(text) > 255 => wrong(format!("The label '{text}' exceeds the limit of 255 characters.")),
        Some(text) => Ok(text.to_owned()),
    }
}
