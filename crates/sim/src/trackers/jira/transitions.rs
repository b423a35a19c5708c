//! The ways that an issue can go from where it stands.

use serde_json::{Map, Value, json};

use super::issues::seen_issue;
use super::model::{Category, Issue, Project, State, Transition};
use super::view::View;
use super::wire::{Ask, Outcome, Reply, bad_payload, no_issue, off_screen, refused, refused_field};

/// The words of Jira for a way that is not there.
const ILLEGAL: &str = "It seems that you have tried to perform an illegal workflow operation.";

/// The ways of the token from where the issue stands; none without the right to use them.
fn ways<'a>(project: &'a Project, issue: &'a Issue) -> impl Iterator<Item = &'a Transition> {
    let is_open = |way: &&Transition| way.from.is_empty() || way.from.contains(&issue.status);
    project.transitions.iter().filter(|_| project.may("TRANSITION_ISSUES")).filter(is_open)
}

fn found(state: &State, ask: &Ask) -> Result<(Issue, Project), Reply> {
    let issue = seen_issue(state, ask, ask.param(0)).ok_or_else(no_issue)?;
    let project = state.project(&issue.project).ok_or_else(no_issue)?;
    Ok((issue.clone(), project.clone()))
}

/// `GET /rest/api/3/issue/{issueIdOrKey}/transitions`
pub fn list(state: &mut State, ask: &Ask) -> Outcome {
    let (issue, project) = found(state, ask)?;
    let with_fields = ask.list("expand").iter().any(|name| name == "transitions.fields");
    let is_meant = |way: &&Transition| ask.query("transitionId").is_none_or(|id| id == way.id);
    let view = View { state, base: &ask.base };
    let all = ways(&project, &issue).filter(is_meant).map(|way| view.transition(&project, way, with_fields));
    Ok(Reply::json(200, json!({"expand": "transitions", "transitions": all.collect::<Value>()})))
}

/// `POST /rest/api/3/issue/{issueIdOrKey}/transitions`
pub fn take(state: &mut State, ask: &Ask) -> Outcome {
    let (issue, project) = found(state, ask)?;
    let body = ask.object(&["transition", "fields", "update", "historyMetadata", "properties"])?;
    let id = match body.get("transition").and_then(|transition| transition.get("id")) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        Some(_) => return Err(bad_payload()),
        None => return Err(refused(400, "Missing 'transition' identifier")),
    };
    let way = ways(&project, &issue).find(|way| way.id == id).ok_or_else(|| refused(400, ILLEGAL))?;
    let resolution = resolution(&project, way, body)?;
    let to = way.to.clone();
    // Without a post function Jira keeps the old resolution; these workflows clear it on the way back.
    let is_done = project.status(&to).is_some_and(|status| status.category == Category::Done);
    let resolution = resolution.filter(|_| is_done);
    state.change(issue.id, ask.now, |issue| issue.stand(&to, resolution, ask.now));
    Ok(Reply::empty(204))
}

/// Only the fields of the transition's screen can be set, and a required one must be.
fn resolution(project: &Project, way: &Transition, body: &Map<String, Value>) -> Result<Option<String>, Reply> {
    let part = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(_) => Err(bad_payload()),
    };
    let (fields, update) = (part("fields")?, part("update")?);
    let is_off = |name: &&String| !way.has_screen || *name != "resolution";
    if let Some(name) = fields.keys().find(is_off).or_else(|| update.keys().next()) {
        return Err(refused_field(400, name, &off_screen(name)));
    }
    if !way.has_screen {
        return Ok(way.sets.clone());
    }
    let Some(given) = fields.get("resolution").filter(|given| !given.is_null()) else {
        return Err(refused_field(400, "resolution", "Resolution is required."));
    };
    let word = |name: &str| given.get(name).and_then(Value::as_str);
    let (kind, word) = match (word("id"), word("name")) {
        (Some(id), _) => ("id", id),
        (None, Some(name)) => ("name", name),
        (None, None) => {
            let words = "Could not find valid 'id' or 'name' in resolution object.";
            return Err(refused_field(400, "resolution", words));
        }
    };
    let chosen = project.resolutions.iter().find(|of| word == if kind == "id" { &of.id } else { &of.name });
    let wrong = || refused_field(400, "resolution", &format!("Resolution {kind} '{word}' is not valid"));
    chosen.map(|resolution| Some(resolution.id.clone())).ok_or_else(wrong)
}
