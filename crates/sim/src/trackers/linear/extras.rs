//! Attachments, comments and labels are made.

use serde_json::{Map, Value, json};

use super::input::Given;
use super::issues::{conflict, payload, team};
use super::refusal::Refusal;
use super::store::{Attachment, Comment, Label, Store};
use super::thing::{Class, Thing, one};

type Args = Map<String, Value>;

fn issue(store: &Store, given: &Given<'_>) -> Result<String, Refusal> {
    let name = given.text("issueId").unwrap_or_default();
    let issue = store.visible(name).ok_or_else(|| Refusal::not_found("Issue"))?;
    Ok(issue.id.clone())
}

/// `attachmentCreate`: the same address at the same issue renews what is there.
pub fn attachment(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    let given = Given::new(args, &["id", "issueId", "metadata", "subtitle", "title", "url"])?;
    let own = given.own_id()?;
    let (title, url) = (given.filled("title")?, given.filled("url")?);
    let issue = issue(store, &given)?;
    let now = store.now();
    let fresh = Attachment {
        id: own.map(str::to_owned).unwrap_or_else(|| store.uuid()),
        issue: issue.clone(),
        title: title.to_owned(),
        subtitle: given.text("subtitle").map(str::to_owned),
        url: url.to_owned(),
        metadata: given.value("metadata").cloned().unwrap_or_else(|| json!({})),
        created: now,
        updated: now,
    };
    let id_is_taken = store.attachments.iter().any(|one| one.id == fresh.id);
    let known = store.attachments.iter_mut().find(|one| one.issue == issue && one.url == url);
    let id = match known {
        Some(known) => {
            let (id, created) = (known.id.clone(), known.created);
            *known = Attachment { id: id.clone(), created, ..fresh };
            id
        }
        None if id_is_taken => return Err(conflict("Attachment", &fresh.id)),
        None => {
            let id = fresh.id.clone();
            store.attachments.push(fresh);
            id
        }
    };
    if let Some(issue) = store.issue_mut(&issue) {
        issue.updated = now;
    }
    Ok(payload(store, "attachment", one(Class::Attachment, Some(&id))))
}

/// `commentCreate`, on issues only.
pub fn comment(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    let given = Given::new(args, &["body", "id", "issueId"])?;
    let own = given.own_id()?;
    let body = given.filled("body")?.to_owned();
    let issue = issue(store, &given)?;
    if let Some(id) = own.filter(|id| store.comments.iter().any(|one| one.id == *id)) {
        return Err(conflict("Comment", id));
    }
    let comment =
        Comment { id: own.map(str::to_owned).unwrap_or_else(|| store.uuid()), issue, body, created: store.now() };
    let id = comment.id.clone();
    if let Some(issue) = store.issue_mut(&comment.issue) {
        issue.updated = comment.created;
    }
    store.comments.push(comment);
    Ok(payload(store, "comment", one(Class::Comment, Some(&id))))
}

/// `issueLabelCreate`. A name can be there once in the workspace, and once in each team.
pub fn label(store: &mut Store, args: &Args) -> Result<Thing, Refusal> {
    let given = Given::new(args, &["color", "id", "isGroup", "name", "parentId", "teamId"])?;
    let own = given.own_id()?;
    let name = given.filled("name")?.to_owned();
    let color = given.text("color").unwrap_or("#95a2b3").to_owned();
    if color.len() != 7 || !color.starts_with('#') || !color.chars().skip(1).all(|c| c.is_ascii_hexdigit()) {
        return Err(Refusal::argument("color", "isHexColor", "color must be a hexadecimal color"));
    }
    let its_team = match given.id("teamId")? {
        Some(id) => Some(team(store, id)?.id.clone()),
        None => None,
    };
    let parent = given.id("parentId")?.map(str::to_owned);
    if let Some(id) = &parent {
        let parent = store.label(id).ok_or_else(|| Refusal::not_found("IssueLabel"))?;
        if !parent.is_group {
            return Err(Refusal::input("parent label is not a group", "The parent label is not a group."));
        }
    }
    if let Some(id) = own.filter(|id| store.label(id).is_some()) {
        return Err(conflict("IssueLabel", id));
    }
    // A team also has the labels of the workspace, so their names are taken there, too.
    let is_taken = store.labels.iter().any(|label| {
        let is_near = label.team == its_team || label.team.is_none() || its_team.is_none();
        is_near && label.name.eq_ignore_ascii_case(&name)
    });
    if is_taken {
        let place = its_team.as_deref().and_then(|id| store.team(id)).map(|team| format!("team {}", team.name));
        let place = place.unwrap_or_else(|| "the workspace".to_owned());
        return Err(Refusal::input("duplicate label name", &format!("Label \"{name}\" already exists in {place}.")));
    }
    let is_group = given.value("isGroup").and_then(Value::as_bool).unwrap_or_default();
    let id = own.map(str::to_owned).unwrap_or_else(|| store.uuid());
    let created = store.now();
    store.labels.push(Label { id: id.clone(), team: its_team, name, color, is_group, parent, created });
    Ok(payload(store, "issueLabel", one(Class::Label, Some(&id))))
}
