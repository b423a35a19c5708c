//! The fields of the workspace's entities under their names in the schema.

use serde_json::{Value, json};

use super::store::{Attachment, Comment, Issue, Label, State, Store, Team, User};
use super::thing::{Class, Node, Thing, many, one, stamp};

/// The value of a field. None: the stand-in does not keep this one.
pub fn field(store: &Store, node: &Node, name: &str) -> Option<Thing> {
    let id = &node.id;
    match node.class {
        Class::Organization => organization(store, name),
        Class::User => user(store, store.user(id)?, name),
        Class::Team => team(store, store.team(id)?, name),
        Class::State => state(store, store.state(id)?, name),
        Class::Label => label(store, store.label(id)?, name),
        Class::Issue => issue(store, store.issue(id)?, name),
        Class::Attachment => attachment(store.attachments.iter().find(|one| one.id == *id)?, store, name),
        Class::Comment => comment(store.comments.iter().find(|one| one.id == *id)?, store, name),
    }
}

/// All entities of a class that the key may see, in the order in which they were made.
pub fn all(store: &Store, class: Class) -> Thing {
    match class {
        Class::Organization => one(class, Some(&store.organization)),
        Class::User => many(class, store.users.iter().map(|user| user.id.as_str())),
        Class::Team => many(class, store.teams.iter().filter(|team| store.sees(&team.id)).map(|team| team.id.as_str())),
        Class::State => {
            many(class, store.states.iter().filter(|state| store.sees(&state.team)).map(|state| state.id.as_str()))
        }
        Class::Label => labels(store, |_| true),
        Class::Issue => issues(store, |_| true),
        Class::Attachment => many(class, store.attachments.iter().map(|one| one.id.as_str())),
        Class::Comment => many(class, store.comments.iter().map(|one| one.id.as_str())),
    }
}

fn labels(store: &Store, belongs: impl Fn(&Label) -> bool) -> Thing {
    let seen = |label: &&Label| label.team.as_ref().is_none_or(|team| store.sees(team));
    let ids = store.labels.iter().filter(seen).filter(|label| belongs(label)).map(|label| label.id.as_str());
    many(Class::Label, ids)
}

fn issues(store: &Store, belongs: impl Fn(&Issue) -> bool) -> Thing {
    let now = store.now();
    let seen = |issue: &&Issue| store.sees(&issue.team) && issue.created + store.lag <= now;
    let ids = store.issues.iter().filter(seen).filter(|issue| belongs(issue)).map(|issue| issue.id.as_str());
    many(Class::Issue, ids)
}

fn leaf(value: Value) -> Option<Thing> {
    Some(Thing::Leaf(value))
}

fn organization(store: &Store, name: &str) -> Option<Thing> {
    match name {
        "id" => leaf(json!(store.organization)),
        "name" => leaf(json!("Example")),
        "urlKey" => leaf(json!("example")),
        "userCount" => leaf(json!(store.users.len())),
        "createdAt" | "updatedAt" => leaf(stamp(store.began)),
        "archivedAt" => leaf(Value::Null),
        "users" => Some(all(store, Class::User)),
        "teams" => Some(all(store, Class::Team)),
        "labels" => Some(labels(store, |label| label.team.is_none())),
        _ => None,
    }
}

fn user(store: &Store, user: &User, name: &str) -> Option<Thing> {
    let is_me = user.id == store.bot;
    match name {
        "id" => leaf(json!(user.id)),
        "name" | "displayName" => leaf(json!(user.name)),
        "email" => leaf(json!(user.email)),
        "active" | "isAssignable" | "isMentionable" => leaf(json!(user.is_active)),
        "isMe" => leaf(json!(is_me)),
        "admin" | "guest" | "owner" | "app" => leaf(json!(false)),
        "url" => leaf(json!(format!("{}/example/profiles/{}", store.base, user.name.to_lowercase()))),
        "timezone" => leaf(json!("Etc/UTC")),
        "createdAt" | "updatedAt" => leaf(stamp(store.began)),
        "archivedAt" => leaf(Value::Null),
        "organization" => Some(all(store, Class::Organization)),
        "assignedIssues" => Some(issues(store, |issue| issue.assignee.as_ref() == Some(&user.id))),
        "createdIssues" => Some(issues(store, |issue| issue.creator == user.id)),
        "teams" => {
            let its = store.teams.iter().filter(|team| store.sees(&team.id) && team.members.contains(&user.id));
            Some(many(Class::Team, its.map(|team| team.id.as_str())))
        }
        _ => None,
    }
}

fn team(store: &Store, team: &Team, name: &str) -> Option<Thing> {
    let states = store.states_of(&team.id);
    let first = |kind: &str| states.iter().find(|state| state.kind == kind).map(|state| state.id.as_str());
    match name {
        "id" => leaf(json!(team.id)),
        "key" => leaf(json!(team.key)),
        "name" | "displayName" => leaf(json!(team.name)),
        "description" | "archivedAt" => leaf(Value::Null),
        "private" => leaf(json!(team.is_private)),
        "visibility" => leaf(json!(if team.is_private { "private" } else { "public" })),
        "triageEnabled" => leaf(json!(team.has_triage)),
        "timezone" => leaf(json!("Etc/UTC")),
        "createdAt" | "updatedAt" => leaf(stamp(store.began)),
        "issueCount" => leaf(json!(store.issues.iter().filter(|issue| issue.team == team.id).count())),
        "organization" => Some(all(store, Class::Organization)),
        "defaultIssueState" => Some(one(Class::State, first("backlog"))),
        "triageIssueState" => Some(one(Class::State, first("triage").filter(|_| team.has_triage))),
        "states" => Some(many(Class::State, states.iter().map(|state| state.id.as_str()))),
        "labels" => Some(labels(store, |label| label.team.as_ref() == Some(&team.id))),
        "members" => Some(many(Class::User, team.members.iter().map(String::as_str))),
        "issues" => Some(issues(store, |issue| issue.team == team.id)),
        _ => None,
    }
}

fn state(store: &Store, state: &State, name: &str) -> Option<Thing> {
    match name {
        "id" => leaf(json!(state.id)),
        "name" => leaf(json!(state.name)),
        "type" => leaf(json!(state.kind)),
        "position" => leaf(json!(state.position)),
        "color" => leaf(json!("#95a2b3")),
        "description" | "archivedAt" => leaf(Value::Null),
        "createdAt" | "updatedAt" => leaf(stamp(store.began)),
        "team" => Some(one(Class::Team, Some(&state.team))),
        "issues" => Some(issues(store, |issue| issue.state == state.id)),
        _ => None,
    }
}

fn label(store: &Store, label: &Label, name: &str) -> Option<Thing> {
    match name {
        "id" => leaf(json!(label.id)),
        "name" => leaf(json!(label.name)),
        "color" => leaf(json!(label.color)),
        "isGroup" => leaf(json!(label.is_group)),
        "description" | "archivedAt" | "retiredAt" => leaf(Value::Null),
        "createdAt" | "updatedAt" => leaf(stamp(label.created)),
        "parent" => Some(one(Class::Label, label.parent.as_deref())),
        "children" => Some(labels(store, |child| child.parent.as_ref() == Some(&label.id))),
        "team" => Some(one(Class::Team, label.team.as_deref())),
        "issues" => Some(issues(store, |issue| issue.labels.contains(&label.id))),
        "organization" => Some(all(store, Class::Organization)),
        _ => None,
    }
}

fn issue(store: &Store, issue: &Issue, name: &str) -> Option<Thing> {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| leaf(at.map(stamp).unwrap_or_default());
    match name {
        "id" => leaf(json!(issue.id)),
        "identifier" => leaf(json!(store.identifier(issue))),
        "number" => leaf(json!(issue.number)),
        "title" => leaf(json!(issue.title)),
        "description" => leaf(json!(issue.description)),
        "priority" => leaf(json!(issue.priority)),
        "priorityLabel" => leaf(json!(priority(issue.priority))),
        "dueDate" => leaf(json!(issue.due)),
        "url" => leaf(json!(store.url(issue))),
        "branchName" => leaf(json!(store.identifier(issue).to_lowercase())),
        "createdAt" => leaf(stamp(issue.created)),
        "updatedAt" => leaf(stamp(issue.updated)),
        "startedAt" => time(issue.started),
        "completedAt" => time(issue.completed),
        "canceledAt" => time(issue.canceled),
        "archivedAt" => time(issue.archived),
        "trashed" => leaf(if issue.is_trashed { json!(true) } else { Value::Null }),
        "estimate" | "parent" => leaf(Value::Null),
        "labelIds" => leaf(json!(issue.labels)),
        "previousIdentifiers" => leaf(json!(issue.previous)),
        "team" => Some(one(Class::Team, Some(&issue.team))),
        "state" => Some(one(Class::State, Some(&issue.state))),
        "creator" => Some(one(Class::User, Some(&issue.creator))),
        "assignee" => Some(one(Class::User, issue.assignee.as_deref())),
        "labels" => Some(many(Class::Label, issue.labels.iter().map(String::as_str))),
        "subscribers" => Some(many(Class::User, issue.subscribers.iter().map(String::as_str))),
        "attachments" => {
            let its = store.attachments.iter().filter(|one| one.issue == issue.id);
            Some(many(Class::Attachment, its.map(|one| one.id.as_str())))
        }
        "comments" => {
            let its = store.comments.iter().filter(|one| one.issue == issue.id);
            Some(many(Class::Comment, its.map(|one| one.id.as_str())))
        }
        _ => None,
    }
}

/// The words for a priority.
pub fn priority(number: i64) -> &'static str {
    match number {
        1 => "Urgent",
        2 => "High",
        3 => "Medium",
        4 => "Low",
        _ => "No priority",
    }
}

fn attachment(attachment: &Attachment, store: &Store, name: &str) -> Option<Thing> {
    match name {
        "id" => leaf(json!(attachment.id)),
        "title" => leaf(json!(attachment.title)),
        "subtitle" => leaf(json!(attachment.subtitle)),
        "url" => leaf(json!(attachment.url)),
        "metadata" => leaf(attachment.metadata.clone()),
        "createdAt" => leaf(stamp(attachment.created)),
        "updatedAt" => leaf(stamp(attachment.updated)),
        "archivedAt" | "sourceType" | "source" => leaf(Value::Null),
        "issue" => Some(one(Class::Issue, Some(&attachment.issue))),
        "creator" => Some(one(Class::User, Some(&store.bot))),
        _ => None,
    }
}

fn comment(comment: &Comment, store: &Store, name: &str) -> Option<Thing> {
    match name {
        "id" => leaf(json!(comment.id)),
        "body" => leaf(json!(comment.body)),
        "issueId" => leaf(json!(comment.issue)),
        "createdAt" | "updatedAt" => leaf(stamp(comment.created)),
        "archivedAt" | "parent" | "parentId" => leaf(Value::Null),
        "url" => {
            let issue = store.issue(&comment.issue).map(|issue| store.url(issue)).unwrap_or_default();
            let end: String = comment.id.chars().take(8).collect();
            leaf(json!(format!("{issue}#comment-{end}")))
        }
        "issue" => Some(one(Class::Issue, Some(&comment.issue))),
        "user" => Some(one(Class::User, Some(&store.bot))),
        _ => None,
    }
}
