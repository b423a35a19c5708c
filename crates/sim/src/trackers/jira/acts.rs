//! What a person does in Jira's own pages, and the webhook that Jira then sends.
//! <https://developer.atlassian.com/cloud/jira/platform/webhooks/>

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::model::{Category, Issue, State};
use super::view::View;

/// A change that a person makes.
#[derive(Clone, Copy)]
pub enum Act<'a> {
    /// To a status of category done, by the name of a resolution or of a status.
    Close(&'a str),
    Reopen,
    Delete,
    Title(&'a str),
    /// To the project with this key.
    Move(&'a str),
}

/// Where an issue stands: the ids of status and resolution.
struct Standing {
    status: String,
    resolution: Option<String>,
}

/// Does it. The result is the body of the webhook, or `None` if there is no such issue, or no such place to bring it to.
pub fn act(state: &mut State, id: &str, act: Act<'_>, now: DateTime<Utc>) -> Option<Value> {
    let before = state.issue(id)?.clone();
    match act {
        Act::Close(how) => stand(state, &before, &closed(state, &before, how)?, now),
        Act::Reopen => stand(state, &before, &reopened(state, &before)?, now),
        Act::Delete => {
            let told = told(state, &before, "deleted", &[], now)?;
            state.change(before.id, now, |issue| issue.is_deleted = true);
            Some(told)
        }
        Act::Title(title) => {
            state.change(before.id, now, |issue| title.clone_into(&mut issue.summary));
            let item = item("summary", "summary", None, None, Some(&before.summary), Some(title));
            tell(state, before.id, "issue_updated", &[item], now)
        }
        Act::Move(place) => moved(state, &before, place, now),
    }
}

fn stand(state: &mut State, before: &Issue, to: &Standing, now: DateTime<Utc>) -> Option<Value> {
    state.change(before.id, now, |issue| issue.stand(&to.status, to.resolution.clone(), now));
    let project = state.project(&before.project)?;
    let status = |id: &str| project.status(id).map(|status| status.name.as_str());
    let resolution = |id: Option<&String>| id.and_then(|id| project.resolution(id)).map(|of| of.name.as_str());
    let (old, new) = (before.resolution.as_ref(), to.resolution.as_ref());
    let mut items = vec![item(
        "status",
        "status",
        Some(&before.status),
        Some(&to.status),
        status(&before.status),
        status(&to.status),
    )];
    if old != new {
        let ids = (old.map(String::as_str), new.map(String::as_str));
        items.push(item("resolution", "resolution", ids.0, ids.1, resolution(old), resolution(new)));
    }
    tell(state, before.id, "issue_generic", &items, now)
}

fn closed(state: &State, issue: &Issue, how: &str) -> Option<Standing> {
    let project = state.project(&issue.project)?;
    let mut done = project.statuses.iter().filter(|status| status.category == Category::Done);
    let resolution = project.resolutions.iter().find(|resolution| resolution.name == how);
    let resolution = resolution.map(|resolution| resolution.id.clone());
    let status = if resolution.is_some() { done.next()? } else { done.find(|status| status.name == how)? };
    let sets = project.transitions.iter().find(|way| way.to == status.id).and_then(|way| way.sets.clone());
    Some(Standing { status: status.id.clone(), resolution: resolution.or(sets) })
}

/// Where the workflow lets it go from done, else to its start.
fn reopened(state: &State, issue: &Issue) -> Option<Standing> {
    let project = state.project(&issue.project)?;
    let mut ways = project.transitions.iter().filter(|way| way.from.is_empty() || way.from.contains(&issue.status));
    let is_open = |id: &str| project.status(id).is_some_and(|status| status.category != Category::Done);
    let way = ways.find(|way| is_open(&way.to));
    let status = way.map(|way| way.to.clone()).or_else(|| project.statuses.first().map(|first| first.id.clone()));
    Some(Standing { status: status?, resolution: None })
}

/// Id and old keys stay; the key is new, and the status is one of the same category.
fn moved(state: &mut State, before: &Issue, place: &str, now: DateTime<Utc>) -> Option<Value> {
    let from = state.project(&before.project)?.clone();
    let category = from.status(&before.status).map(|status| status.category);
    let kind = from.types.iter().find(|kind| kind.id == before.kind).map(|kind| kind.name.clone());
    let to = state.projects.iter_mut().find(|project| project.key == place)?;
    let key = format!("{}-{}", to.key, to.next);
    to.next += 1;
    let status = to.statuses.iter().find(|status| Some(status.category) == category).or_else(|| to.statuses.first());
    let status = status.map(|status| status.id.clone()).unwrap_or_default();
    let kind = to.types.iter().find(|of| Some(&of.name) == kind.as_ref()).or_else(|| to.types.first());
    let kind = kind.map(|kind| kind.id.clone()).unwrap_or_default();
    let keeps_resolution = before.resolution.as_ref().is_some_and(|id| to.resolution(id).is_some());
    let default_priority = to.default_priority.clone();
    let to = to.clone();
    state.change(before.id, now, |issue| {
        issue.old_keys.push(std::mem::replace(&mut issue.key, key.clone()));
        to.key.clone_into(&mut issue.project);
        issue.kind = kind;
        issue.status = status;
        if !keeps_resolution {
            issue.resolution = None;
        }
        let is_known = |id: &String| to.priorities.iter().any(|priority| priority.id == *id);
        issue.priority = issue.priority.take().filter(is_known).or(default_priority);
    });
    let items = [
        item("project", "project", Some(&from.id), Some(&to.id), Some(&from.name), Some(&to.name)),
        item("Key", "", None, None, Some(&before.key), Some(&key)),
    ];
    tell(state, before.id, "issue_moved", &items, now)
}

/// One line of a changelog. `Key` is no field, so it has no field id.
fn item(field: &str, id: &str, from: Option<&str>, to: Option<&str>, old: Option<&str>, new: Option<&str>) -> Value {
    let mut out =
        json!({"field": field, "fieldtype": "jira", "from": from, "fromString": old, "to": to, "toString": new});
    if let Some(map) = out.as_object_mut().filter(|_| !id.is_empty()) {
        map.insert("fieldId".to_owned(), json!(id));
    }
    out
}

fn tell(state: &State, id: i64, kind: &str, items: &[Value], now: DateTime<Utc>) -> Option<Value> {
    told(state, state.issue(&id.to_string())?, kind, items, now)
}

/// The body of the webhook about an issue as it is. `kind` is `created`, `updated`, `deleted`, or Jira's finer name of an update.
pub fn told(state: &State, issue: &Issue, kind: &str, items: &[Value], now: DateTime<Utc>) -> Option<Value> {
    let view = View { state, base: &state.base };
    let (event, fine) = match kind {
        "created" => ("jira:issue_created", "issue_created"),
        "deleted" => ("jira:issue_deleted", "issue_deleted"),
        "updated" => ("jira:issue_updated", "issue_updated"),
        fine if fine.starts_with("issue_") => ("jira:issue_updated", fine),
        _ => return None,
    };
    let actor = state.people.first().map(|person| view.person(person));
    let mut body = json!({
        "timestamp": now.timestamp_millis(),
        "webhookEvent": event,
        "issue_event_type_name": fine,
        "user": actor,
        "issue": view.issue(issue, view.fields(issue)),
    });
    if let Some(map) = body.as_object_mut().filter(|_| !items.is_empty()) {
        let id = (issue.id * 1000 + now.timestamp_millis() % 1000).to_string();
        map.insert("changelog".to_owned(), json!({"id": id, "items": items}));
    }
    Some(body)
}

/// `X-Hub-Signature` of a raw body.
pub fn signature(secret: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn signs_as_atlassian_does() {
        let wanted = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
        assert_eq!(signature("It's a Secret to Everybody", "Hello World!"), wanted);
    }
}
