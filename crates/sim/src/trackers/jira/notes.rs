//! What hangs on an issue: comments, remote links and properties.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::adf;
use super::issues::{found, found_project};
use super::model::{Comment, Link, State};
use super::properties;
use super::view::View;
use super::wire::{Ask, Outcome, Reply, bad_payload, refused, refused_field, refused_fields};

/// `POST /rest/api/3/issue/{issueIdOrKey}/comment`
pub fn comment(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let body = ask.object(&["body", "visibility", "properties", "parentId"])?;
    let Some(text) = body.get("body").filter(|body| body.get("type").and_then(Value::as_str) == Some("doc")) else {
        return Err(refused_field(400, "comment", "Comment body is not valid!"));
    };
    if !adf::is_valid(text) {
        return Err(refused(400, "INVALID_INPUT"));
    }
    if adf::text(text).trim().is_empty() {
        return Err(refused_field(400, "comment", "Comment body can not be empty!"));
    }
    if !found_project(state, &issue)?.may("ADD_COMMENTS") {
        let name = state.person(&state.me).map_or("", |person| person.name.as_str());
        return Err(refused(400, &format!("{name}, you do not have the permission to comment on this issue.")));
    }
    let comment = Comment { id: state.number(), author: state.me.clone(), body: text.clone(), at: ask.now };
    let shown = View { state, base: &ask.base }.comment(&issue, &comment);
    state.change(issue.id, ask.now, |issue| issue.comments.push(comment));
    Ok(Reply::json(201, shown))
}

/// `POST /rest/api/3/issue/{issueIdOrKey}/remotelink`
pub fn link(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let body = ask.object(&["globalId", "application", "relationship", "object"])?;
    if !found_project(state, &issue)?.may("LINK_ISSUES") {
        return Err(refused(403, "No Link Issue Permission for issue."));
    }
    let object = body.get("object").filter(|object| object.is_object());
    let Some(object) = object else { return Err(refused_field(400, "object", "'object' is required.")) };
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let empty = ["url", "title"].into_iter().filter(|name| text(name).is_empty());
    let words = |name: &str| (name.to_owned(), format!("'{name}' is required."));
    let errors: BTreeMap<String, String> = empty.map(words).collect();
    let global_id = body.get("globalId").filter(|id| !id.is_null()).map(|id| id.as_str().map(str::to_owned));
    match global_id {
        Some(None) => return Err(bad_payload()),
        Some(Some(ref id)) if id.chars().count() > 255 => {
            return Err(refused_field(400, "globalId", "'globalId' can't exceed 255 characters."));
        }
        Some(Some(_)) | None => {}
    }
    if !errors.is_empty() {
        return Err(refused_fields(&errors));
    }
    let global_id = global_id.flatten();
    let old = issue.links.iter().find(|link| link.global_id.is_some() && link.global_id == global_id);
    let (status, id) = old.map_or_else(|| (201, state.number()), |link| (200, link.id));
    let link = Link { id, global_id, sent: ask.body.clone() };
    state.change(issue.id, ask.now, |issue| {
        issue.links.retain(|link| link.id != id);
        issue.links.push(link);
    });
    let address = format!("{}/rest/api/3/issue/{}/remotelink/{id}", ask.base, issue.id);
    Ok(Reply::json(status, json!({"id": id, "self": address})))
}

/// `GET /rest/api/3/issue/{issueIdOrKey}/comment`
pub fn comments(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let start = ask.count("startAt", 0)?;
    let most = ask.count("maxResults", 100)?.min(100);
    let view = View { state, base: &ask.base };
    let page = issue.comments.iter().skip(start).take(most).map(|comment| view.comment(&issue, comment));
    let page: Vec<Value> = page.collect();
    let shown = json!({"startAt": start, "maxResults": most, "total": issue.comments.len(), "comments": page});
    Ok(Reply::json(200, shown))
}

/// `GET /rest/api/3/issue/{issueIdOrKey}/remotelink`
pub fn links(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let address = |link: &Link| format!("{}/rest/api/3/issue/{}/remotelink/{}", ask.base, issue.id, link.id);
    let show = |link: &Link| {
        let part = |name: &str| link.sent.get(name).cloned().unwrap_or_default();
        let mut shown = json!({"id": link.id, "self": address(link), "object": part("object")});
        for name in ["globalId", "application", "relationship"] {
            if let Some(map) = shown.as_object_mut().filter(|_| !part(name).is_null()) {
                map.insert(name.to_owned(), part(name));
            }
        }
        shown
    };
    let Some(wanted) = ask.query("globalId") else {
        return Ok(Reply::json(200, issue.links.iter().map(show).collect()));
    };
    let link = issue.links.iter().find(|link| link.global_id.as_deref() == Some(wanted));
    let words = "The remote link with the given global id does not exist.";
    link.map(|link| Reply::json(200, show(link))).ok_or_else(|| refused(404, words))
}

/// `GET /rest/api/3/issue/{issueIdOrKey}/properties`
pub fn property_keys(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let address = |key: &str| {
        let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        format!("{}/rest/api/3/issue/{}/properties/{key}", ask.base, issue.id)
    };
    let keys = issue.properties.keys().map(|key| json!({"self": address(key), "key": key}));
    Ok(Reply::json(200, json!({"keys": keys.collect::<Value>()})))
}

/// `GET /rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}`
pub fn property(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    let key = ask.param(1);
    let value = issue.properties.get(key);
    let value = value.ok_or_else(|| refused(404, &format!("The property with key '{key}' does not exist.")))?;
    Ok(Reply::json(200, json!({"key": key, "value": value})))
}

/// `PUT /rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}`
pub fn set_property(state: &mut State, ask: &Ask) -> Outcome {
    let issue = found(state, ask)?;
    if !found_project(state, &issue)?.may("EDIT_ISSUES") {
        return Err(refused(403, "You do not have permission to edit this issue."));
    }
    let key = ask.param(1);
    properties::check(key, &ask.body)?;
    let status = if issue.properties.contains_key(key) { 200 } else { 201 };
    state.change(issue.id, ask.now, |issue| drop(issue.properties.insert(key.to_owned(), ask.body.clone())));
    Ok(Reply::empty(status))
}
