//! The root fields of queries and mutations.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::store::Store;
use super::thing::{Class, Node, Thing, one};
use super::view::{all, field};
use super::{extras, issues};

type Args = Map<String, Value>;

/// Reads.
pub fn query(store: &Store, name: &str, args: &Args) -> Result<Thing, Refusal> {
    match name {
        "viewer" => Ok(one(Class::User, Some(&store.bot))),
        "organization" => Ok(all(store, Class::Organization)),
        "issue" => {
            let id = args.get("id").and_then(Value::as_str).unwrap_or_default();
            let issue = store.visible(id).ok_or_else(|| Refusal::not_found("Issue"))?;
            Ok(one(Class::Issue, Some(&issue.id)))
        }
        "team" => entity(store, Class::Team, "Team", args),
        "user" => entity(store, Class::User, "User", args),
        "workflowState" => entity(store, Class::State, "WorkflowState", args),
        "issueLabel" => entity(store, Class::Label, "IssueLabel", args),
        "teams" => Ok(all(store, Class::Team)),
        "users" => Ok(all(store, Class::User)),
        "workflowStates" => Ok(all(store, Class::State)),
        "issueLabels" => Ok(all(store, Class::Label)),
        "issues" => Ok(all(store, Class::Issue)),
        other => Err(Refusal::not_served(&format!("\"{other}\""))),
    }
}

fn entity(store: &Store, class: Class, name: &str, args: &Args) -> Result<Thing, Refusal> {
    let id = args.get("id").and_then(Value::as_str).unwrap_or_default();
    let Thing::Many(known) = all(store, class) else { return Err(Refusal::not_found(name)) };
    let node = Node { class, id: id.to_owned() };
    let is_known = known.iter().any(|thing| matches!(thing, Thing::One(one) if *one == node));
    if is_known && field(store, &node, "id").is_some() { Ok(Thing::One(node)) } else { Err(Refusal::not_found(name)) }
}

/// Writes, if the key may.
pub fn mutation(store: &mut Store, name: &str, args: &Args) -> Result<Thing, Refusal> {
    if store.rights.is_read_only {
        return Err(Refusal::forbidden("Invalid scope: `write` required"));
    }
    if store.rights.forbidden.contains(name) {
        return Err(Refusal::forbidden("You don't have permission to perform this operation."));
    }
    match name {
        "issueCreate" => issues::create(store, args),
        "issueUpdate" => issues::update(store, args),
        "issueArchive" => issues::archive(store, args),
        "issueUnarchive" => issues::unarchive(store, args),
        "issueDelete" => issues::delete(store, args),
        "attachmentCreate" => extras::attachment(store, args),
        "commentCreate" => extras::comment(store, args),
        "issueLabelCreate" => extras::label(store, args),
        other => Err(Refusal::not_served(&format!("\"{other}\""))),
    }
}
