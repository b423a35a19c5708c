//! Projects and their create screens, and what Jira has taken away.

use serde_json::{Value, json};

use super::issues::seen_project;
use super::model::{Project, State};
use super::view::View;
use super::wire::{Ask, Outcome, Reply, no_project, refused};

/// `GET /rest/api/3/project/{projectIdOrKey}`
pub fn project(state: &mut State, ask: &Ask) -> Outcome {
    let key = ask.param(0);
    let project = seen_project(state, ask, key).ok_or_else(|| no_project(key))?;
    let view = View { state, base: &ask.base };
    let mut shown = view.project(project);
    let types: Value = project.types.iter().map(|kind| view.issue_type(kind)).collect();
    if let Some(map) = shown.as_object_mut() {
        map.insert("issueTypes".to_owned(), types);
    }
    Ok(Reply::json(200, shown))
}

/// Who may not create issues there is told that there is no such project.
fn creatable<'a>(state: &'a State, ask: &Ask) -> Result<&'a Project, Reply> {
    let key = ask.param(0);
    let project = seen_project(state, ask, key).filter(|project| project.may("CREATE_ISSUES"));
    project.ok_or_else(|| no_project(key))
}

/// A page of values, at most 200 of them.
fn page(ask: &Ask, name: &str, all: &[Value]) -> Outcome {
    let start = ask.count("startAt", 0)?;
    let most = ask.count("maxResults", 50)?.min(200);
    let values: Vec<&Value> = all.iter().skip(start).take(most).collect();
    Ok(Reply::json(200, json!({"startAt": start, "maxResults": most, "total": all.len(), name: values})))
}

/// `GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes`
pub fn issue_types(state: &mut State, ask: &Ask) -> Outcome {
    let project = creatable(state, ask)?;
    let view = View { state, base: &ask.base };
    let all: Vec<Value> = project.types.iter().map(|kind| view.issue_type(kind)).collect();
    page(ask, "issueTypes", &all)
}

/// `GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}`
pub fn fields(state: &mut State, ask: &Ask) -> Outcome {
    let project = creatable(state, ask)?;
    let kind = ask.param(1);
    if !project.types.iter().any(|of| of.id == kind) {
        return Err(refused(404, &format!("No issue type could be found with id '{kind}'.")));
    }
    let view = View { state, base: &ask.base };
    let shown = project.screen().map(|field| {
        let mut shown = view.field(project, field);
        shown.insert("fieldId".to_owned(), json!(field.id));
        Value::Object(shown)
    });
    let all: Vec<Value> = shown.collect();
    page(ask, "fields", &all)
}

/// The search with pages by number, and the metadata of all projects at once.
/// <https://developer.atlassian.com/changelog/#CHANGE-2046>, <https://developer.atlassian.com/changelog/#CHANGE-1304>
pub fn gone(_: &mut State, _: &Ask) -> Outcome {
    let words = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.";
    let guide = "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046";
    Err(refused(410, &format!("{words} {guide}")))
}

/// See [`gone`].
pub fn gone_meta(_: &mut State, _: &Ask) -> Outcome {
    let words = "The requested API has been removed. Please use";
    Err(refused(410, &format!("{words} /rest/api/3/issue/createmeta/{{projectIdOrKey}}/issuetypes instead.")))
}
