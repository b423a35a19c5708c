//! Webhooks: <https://linear.app/developers/webhooks>.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::super::Hook;
use super::store::{Issue, Store, fixed};
use super::thing::stamp;
use super::view::priority;

/// Linear makes the secret of a webhook itself. This is the stand-in's.
pub const SECRET: &str = "linear-hook-secret";

/// The delivery that tells of an issue. `old` is the issue before a change.
pub fn hook(store: &Store, issue: &Issue, action: &str, old: Option<&Issue>) -> Hook {
    let now = store.now();
    let person = store.user(&store.person);
    let name = person.map(|person| person.name.as_str()).unwrap_or_default();
    let mut body = json!({
        "action": action,
        "actor": {
            "id": store.person, "name": name, "email": person.map(|person| &person.email), "type": "user",
            "url": format!("{}/example/profiles/{}", store.base, name.to_lowercase()),
        },
        "createdAt": stamp(now),
        "data": data(store, issue),
        "url": store.url(issue),
        "type": "Issue",
        "organizationId": store.organization,
        "webhookTimestamp": now.timestamp_millis(),
        "webhookId": fixed("webhook"),
    });
    if let (Some(old), Some(map)) = (old, body.as_object_mut()) {
        map.insert("updatedFrom".to_owned(), Value::Object(changes(issue, old)));
    }
    let body = body.to_string();
    let headers = [
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("user-agent", "Linear-Webhook".to_owned()),
        ("linear-delivery", store.uuid()),
        ("linear-event", "Issue".to_owned()),
        ("linear-timestamp", now.timestamp_millis().to_string()),
        ("linear-signature", signature(SECRET, &body)),
    ];
    Hook { body, headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
}

/// The HMAC of the raw body, in hexadecimal digits.
fn signature(secret: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn data(store: &Store, issue: &Issue) -> Value {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(stamp).unwrap_or_default();
    let state = store.state(&issue.state);
    let team = store.team(&issue.team);
    let labels = issue.labels.iter().filter_map(|id| store.label(id));
    let labels: Vec<Value> = labels
        .map(|label| json!({"id": label.id, "color": label.color, "name": label.name, "parentId": label.parent}))
        .collect();
    let mut data = json!({
        "id": issue.id,
        "createdAt": stamp(issue.created),
        "updatedAt": stamp(issue.updated),
        "archivedAt": time(issue.archived),
        "number": issue.number,
        "title": issue.title,
        "description": issue.description,
        "priority": issue.priority,
        "priorityLabel": priority(issue.priority),
        "sortOrder": 0,
        "prioritySortOrder": 0,
        "reactionData": [],
        "dueDate": issue.due,
        "startedAt": time(issue.started),
        "completedAt": time(issue.completed),
        "canceledAt": time(issue.canceled),
        "labelIds": issue.labels,
        "teamId": issue.team,
        "stateId": issue.state,
        "creatorId": issue.creator,
        "assigneeId": issue.assignee,
        "previousIdentifiers": issue.previous,
        "identifier": store.identifier(issue),
        "url": store.url(issue),
        "subscriberIds": issue.subscribers,
        "state": state.map(|state| json!({"id": state.id, "color": "#95a2b3", "name": state.name, "type": state.kind})),
        "team": team.map(|team| json!({"id": team.id, "key": team.key, "name": team.name})),
        "labels": labels,
    });
    if let Some(map) = data.as_object_mut().filter(|_| issue.is_trashed) {
        map.insert("trashed".to_owned(), json!(true));
    }
    data
}

/// The old values of what changed.
fn changes(issue: &Issue, old: &Issue) -> Map<String, Value> {
    let pairs = [
        ("stateId", json!(old.state), json!(issue.state)),
        ("teamId", json!(old.team), json!(issue.team)),
        ("number", json!(old.number), json!(issue.number)),
        ("title", json!(old.title), json!(issue.title)),
        ("labelIds", json!(old.labels), json!(issue.labels)),
        ("completedAt", json!(old.completed.map(stamp)), json!(issue.completed.map(stamp))),
        ("canceledAt", json!(old.canceled.map(stamp)), json!(issue.canceled.map(stamp))),
        ("archivedAt", json!(old.archived.map(stamp)), json!(issue.archived.map(stamp))),
    ];
    let changed = pairs.into_iter().filter(|(_, old, new)| old != new).map(|(name, old, _)| (name.to_owned(), old));
    changed.chain([("updatedAt".to_owned(), stamp(old.updated))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256_in_hex() {
        // Atlassian publishes this vector for the same algorithm:
        // https://developer.atlassian.com/cloud/jira/platform/webhooks/
        let expected = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
        assert_eq!(signature("It's a Secret to Everybody", "Hello World!"), expected);
    }
}
