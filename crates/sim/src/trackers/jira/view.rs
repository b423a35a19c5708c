//! How the simulated Jira shows people, projects, fields, transitions and issues in its answers and webhooks.

use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::model::{Category, Comment, Field, FieldKind, Issue, Named, Person, Project, State, Status, Transition};

/// The accounts of the site live in this zone, and Jira writes times with its offset.
const ZONE: &str = "America/New_York";
const EXPAND: &str = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations";

/// Shows the state to callers of one address.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub state: &'a State,
    /// The address that the `self` links start with.
    pub base: &'a str,
}

pub fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

/// Such as `2026-11-28T10:00:00.000-0500`.
pub fn time(at: DateTime<Utc>) -> String {
    let at = jiff::Timestamp::from_millisecond(at.timestamp_millis()).unwrap_or_default();
    at.to_zoned(zone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%z").to_string()
}

fn category(category: Category) -> (i64, &'static str, &'static str, &'static str) {
    match category {
        Category::New => (2, "new", "blue-gray", "To Do"),
        Category::Indeterminate => (4, "indeterminate", "yellow", "In Progress"),
        Category::Done => (3, "done", "green", "Done"),
    }
}

impl View<'_> {
    fn at(&self, path: &str) -> String {
        format!("{}/rest/api/3/{path}", self.base)
    }

    pub fn person(&self, person: &Person) -> Value {
        let account: String = url::form_urlencoded::byte_serialize(person.account.as_bytes()).collect();
        let email = if person.is_email_hidden || person.is_email_buried { "" } else { &person.email };
        json!({
            "self": self.at(&format!("user?accountId={account}")),
            "accountId": person.account,
            "accountType": "atlassian",
            "emailAddress": email,
            "avatarUrls": {},
            "displayName": person.name,
            "active": person.is_active,
            "timeZone": ZONE,
        })
    }

    fn account(&self, account: Option<&str>) -> Value {
        account.and_then(|account| self.state.person(account)).map_or(Value::Null, |person| self.person(person))
    }

    pub fn project(&self, project: &Project) -> Value {
        json!({
            "self": self.at(&format!("project/{}", project.id)),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": project.is_team_managed,
            "style": if project.is_team_managed { "next-gen" } else { "classic" },
            "isPrivate": false,
            "avatarUrls": {},
        })
    }

    pub fn issue_type(&self, kind: &Named) -> Value {
        json!({
            "self": self.at(&format!("issuetype/{}", kind.id)),
            "id": kind.id,
            "name": kind.name,
            "description": "",
            "iconUrl": "",
            "subtask": false,
            "hierarchyLevel": 0,
        })
    }

    fn priority(&self, priority: &Named) -> Value {
        json!({"self": self.at(&format!("priority/{}", priority.id)), "iconUrl": "", "name": priority.name, "id": priority.id})
    }

    fn resolution(&self, resolution: &Named) -> Value {
        json!({
            "self": self.at(&format!("resolution/{}", resolution.id)),
            "id": resolution.id,
            "name": resolution.name,
            "description": "",
        })
    }

    fn status_category(&self, of: Category) -> Value {
        let (id, key, color, name) = category(of);
        json!({"self": self.at(&format!("statuscategory/{id}")), "id": id, "key": key, "colorName": color, "name": name})
    }

    pub fn status(&self, status: &Status) -> Value {
        json!({
            "self": self.at(&format!("status/{}", status.id)),
            "id": status.id,
            "name": status.name,
            "description": "",
            "iconUrl": "",
            "statusCategory": self.status_category(status.category),
        })
    }

    /// A field of a screen, without the key that createmeta adds.
    pub fn field(&self, project: &Project, field: &Field) -> Map<String, Value> {
        let (schema_type, operations): (&str, &[&str]) = match field.kind {
            FieldKind::Project => ("project", &["set"]),
            FieldKind::IssueType => ("issuetype", &[]),
            FieldKind::Summary | FieldKind::Description | FieldKind::Text => ("string", &["set"]),
            FieldKind::Reporter | FieldKind::Assignee => ("user", &["set"]),
            FieldKind::Priority => ("priority", &["set"]),
            FieldKind::Due => ("date", &["set"]),
            FieldKind::Labels => ("array", &["add", "set", "remove"]),
        };
        let mut schema = json!({"type": schema_type});
        let number = field.id.strip_prefix("customfield_").and_then(|id| id.parse::<i64>().ok());
        set(&mut schema, "items", (field.kind == FieldKind::Labels).then(|| json!("string")));
        set(&mut schema, "system", number.is_none().then(|| json!(field.id)));
        set(&mut schema, "customId", number.map(|number| json!(number)));
        let text_field = "com.atlassian.jira.plugin.system.customfieldtypes:textfield";
        set(&mut schema, "custom", number.map(|_| json!(text_field)));
        let mut out = json!({
            "required": field.is_required,
            "schema": schema,
            "name": field.name,
            "key": field.id,
            "hasDefaultValue": field.has_default,
            "operations": operations,
        });
        set(&mut out, "allowedValues", self.allowed(project, field.kind));
        let default = project.priorities.iter().find(|of| Some(&of.id) == project.default_priority.as_ref());
        let default = default.filter(|_| field.kind == FieldKind::Priority && field.has_default);
        set(&mut out, "defaultValue", default.map(|priority| self.priority(priority)));
        let search = match field.kind {
            FieldKind::Labels => Some(format!("{}/rest/api/1.0/labels/suggest?query=", self.base)),
            FieldKind::Reporter => Some(self.at("user/recommend?context=Reporter&issueKey=&query=")),
            FieldKind::Assignee => Some(self.at("user/assignable/search?project=&query=")),
            FieldKind::Project
            | FieldKind::IssueType
            | FieldKind::Summary
            | FieldKind::Description
            | FieldKind::Priority
            | FieldKind::Due
            | FieldKind::Text => None,
        };
        set(&mut out, "autoCompleteUrl", search.map(Value::from));
        as_map(out)
    }

    fn allowed(&self, project: &Project, kind: FieldKind) -> Option<Value> {
        match kind {
            FieldKind::Project => Some(json!([self.project(project)])),
            FieldKind::IssueType => Some(project.types.iter().map(|kind| self.issue_type(kind)).collect()),
            FieldKind::Priority => Some(project.priorities.iter().map(|priority| self.priority(priority)).collect()),
            FieldKind::Summary
            | FieldKind::Description
            | FieldKind::Reporter
            | FieldKind::Assignee
            | FieldKind::Due
            | FieldKind::Labels
            | FieldKind::Text => None,
        }
    }

    pub fn transition(&self, project: &Project, transition: &Transition, with_fields: bool) -> Value {
        let to = project.status(&transition.to).map_or(Value::Null, |status| self.status(status));
        let mut out = json!({
            "id": transition.id,
            "name": transition.name,
            "to": to,
            "hasScreen": transition.has_screen,
            "isGlobal": transition.from.is_empty(),
            "isInitial": false,
            "isAvailable": true,
            "isConditional": false,
            "isLooped": false,
        });
        if with_fields {
            let allowed: Value = project.resolutions.iter().map(|resolution| self.resolution(resolution)).collect();
            let resolution = json!({
                "required": true,
                "schema": {"type": "resolution", "system": "resolution"},
                "name": "Resolution",
                "key": "resolution",
                "operations": ["set"],
                "allowedValues": allowed,
                "hasDefaultValue": false,
            });
            let fields = if transition.has_screen { json!({"resolution": resolution}) } else { json!({}) };
            set(&mut out, "fields", Some(fields));
        }
        out
    }

    pub fn comment(&self, issue: &Issue, comment: &Comment) -> Value {
        let author = self.account(Some(&comment.author));
        json!({
            "self": self.at(&format!("issue/{}/comment/{}", issue.id, comment.id)),
            "id": comment.id.to_string(),
            "author": author,
            "body": comment.body,
            "updateAuthor": author,
            "created": time(comment.at),
            "updated": time(comment.at),
            "jsdPublic": true,
        })
    }

    fn comments(&self, issue: &Issue) -> Value {
        let all: Vec<Value> = issue.comments.iter().map(|comment| self.comment(issue, comment)).collect();
        json!({
            "comments": all,
            "self": self.at(&format!("issue/{}/comment", issue.id)),
            "maxResults": issue.comments.len(),
            "total": issue.comments.len(),
            "startAt": 0,
        })
    }

    /// All fields of an issue.
    pub fn fields(&self, issue: &Issue) -> Map<String, Value> {
        let Some(project) = self.state.project(&issue.project) else { return Map::new() };
        let status = project.status(&issue.status);
        let kind = project.types.iter().find(|kind| kind.id == issue.kind);
        let priority = project.priorities.iter().find(|of| Some(&of.id) == issue.priority.as_ref());
        let resolution = issue.resolution.as_deref().and_then(|id| project.resolution(id));
        let mut out = as_map(json!({
            "summary": issue.summary,
            "description": issue.description,
            "issuetype": kind.map(|kind| self.issue_type(kind)),
            "project": self.project(project),
            "status": status.map(|status| self.status(status)),
            "statusCategory": status.map(|status| self.status_category(status.category)),
            "priority": priority.map(|priority| self.priority(priority)),
            "labels": issue.labels,
            "duedate": issue.due,
            "assignee": self.account(issue.assignee.as_deref()),
            "reporter": self.account(Some(&issue.reporter)),
            "creator": self.account(Some(&issue.creator)),
            "resolution": resolution.map(|resolution| self.resolution(resolution)),
            "resolutiondate": issue.resolved.map(time),
            "created": time(issue.created),
            "updated": time(issue.updated),
            "comment": self.comments(issue),
        }));
        let custom = project.fields.iter().filter(|field| field.kind == FieldKind::Text);
        out.extend(custom.map(|field| (field.id.clone(), json!(issue.custom.get(&field.id)))));
        out
    }

    /// An issue with the fields that were asked for.
    pub fn issue(&self, issue: &Issue, fields: Map<String, Value>) -> Map<String, Value> {
        let mut out = self.named(issue);
        out.insert("fields".to_owned(), Value::Object(fields));
        out
    }

    /// An issue without its fields.
    pub fn named(&self, issue: &Issue) -> Map<String, Value> {
        as_map(json!({
            "expand": EXPAND,
            "id": issue.id.to_string(),
            "self": self.at(&format!("issue/{}", issue.id)),
            "key": issue.key,
        }))
    }
}

/// Keeps the fields that a caller asked for: names, `*all`, `*navigable`, and what it does not want after a minus.
pub fn chosen(fields: Map<String, Value>, asked: &[String], default: &str) -> Map<String, Value> {
    let has_plain = asked.iter().any(|name| !name.starts_with('-'));
    let asked: Vec<&str> = asked.iter().map(String::as_str).chain((!has_plain).then_some(default)).collect();
    let is_wanted = |name: &str| {
        asked.iter().any(|of| match *of {
            "*all" => true,
            "*navigable" => name != "comment",
            of => of == name,
        })
    };
    let is_unwanted = |name: &str| asked.iter().any(|of| of.strip_prefix('-') == Some(name));
    fields.into_iter().filter(|(name, _)| is_wanted(name) && !is_unwanted(name)).collect()
}

fn set(value: &mut Value, key: &str, to: Option<Value>) {
    if let (Some(map), Some(to)) = (value.as_object_mut(), to) {
        map.insert(key.to_owned(), to);
    }
}

fn as_map(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde_json::{Map, json};

    use super::{chosen, time};

    #[test]
    fn times_have_the_accounts_offset() {
        let at = DateTime::<Utc>::from_timestamp_millis(1_795_878_000_007).unwrap();
        assert_eq!(time(at), "2026-11-28T10:00:00.007-0500");
    }

    #[test]
    fn picks_fields() {
        let all: Map<_, _> =
            ["summary", "status", "comment"].map(|name| (name.to_owned(), json!(1))).into_iter().collect();
        let names = |asked: &[&str], default: &str| {
            let asked: Vec<String> = asked.iter().map(|&name| name.to_owned()).collect();
            chosen(all.clone(), &asked, default).keys().cloned().collect::<Vec<_>>().join(",")
        };
        assert_eq!(names(&["status"], "*all"), "status");
        assert_eq!(names(&["-status"], "*navigable"), "summary");
        assert_eq!(names(&["*all", "-comment"], "*all"), "status,summary");
        assert_eq!(names(&[], "*all"), "comment,status,summary");
    }
}
