//! Who the caller is, what it may do, and who else is there.

use serde_json::{Map, Value, json};

use super::issues::{seen_issue, seen_project};
use super::model::{Person, Project, State};
use super::view::{View, time};
use super::wire::{Ask, Outcome, Reply, no_issue, no_login, no_project, refused};

/// The permissions that the simulated site knows: key, id and name.
const PERMISSIONS: [(&str, &str, &str); 11] = [
    ("BROWSE_PROJECTS", "10", "Browse Projects"),
    ("CREATE_ISSUES", "11", "Create Issues"),
    ("EDIT_ISSUES", "12", "Edit Issues"),
    ("ASSIGN_ISSUES", "13", "Assign Issues"),
    ("ADD_COMMENTS", "15", "Add Comments"),
    ("DELETE_ISSUES", "16", "Delete Issues"),
    ("ASSIGNABLE_USER", "17", "Assignable User"),
    ("LINK_ISSUES", "21", "Link Issues"),
    ("MODIFY_REPORTER", "30", "Modify Reporter"),
    ("TRANSITION_ISSUES", "46", "Transition Issues"),
    ("ADMINISTER_PROJECTS", "23", "Administer Projects"),
];
/// Rights on the site, not in a project.
const GLOBAL: [(&str, &str, &str); 2] =
    [("ADMINISTER", "0", "Administer Jira"), ("USER_PICKER", "27", "Browse users and groups")];
/// The bot's account is no administrator.
const NEVER: [&str; 2] = ["ADMINISTER", "ADMINISTER_PROJECTS"];

/// `GET /rest/api/3/myself`
pub fn myself(state: &mut State, ask: &Ask) -> Outcome {
    let me = state.person(&state.me).filter(|_| ask.is_bot);
    let me = me.ok_or_else(|| no_login(&state.base))?;
    let mut shown = View { state, base: &ask.base }.person(me);
    if let Some(map) = shown.as_object_mut() {
        map.insert("locale".to_owned(), json!("en_US"));
    }
    Ok(Reply::json(200, shown))
}

/// `GET /rest/api/3/serverInfo`. Links for people need its `baseUrl`: a gateway's address opens nothing in a browser.
pub fn server(state: &mut State, ask: &Ask) -> Outcome {
    Ok(Reply::json(
        200,
        json!({
            "baseUrl": state.base,
            "displayUrl": state.base,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_300,
            "buildDate": "2026-11-20T10:00:00.000+0000",
            "serverTime": time(ask.now),
            "scmInfo": "f00",
            "serverTitle": "Jira",
        }),
    ))
}

/// `GET /rest/api/3/mypermissions`
pub fn permissions(state: &mut State, ask: &Ask) -> Outcome {
    let wanted = ask.list("permissions");
    if wanted.is_empty() {
        return Err(refused(400, "The 'permissions' query parameter is required."));
    }
    let project = asked_project(state, ask)?;
    let mut out = Map::new();
    for key in wanted {
        let in_project = PERMISSIONS.iter().find(|(of, _, _)| *of == key);
        let known = in_project.or_else(|| GLOBAL.iter().find(|(of, _, _)| *of == key));
        let Some((key, id, name)) = known else {
            return Err(refused(400, &format!("The permission key '{key}' does not exist.")));
        };
        let is_granted = match (in_project, project) {
            (None, _) => *key == "USER_PICKER" && state.may_browse_users,
            (Some(_), Some(project)) => project.may(key),
            (Some(_), None) => state.projects.iter().any(|project| project.may(key)),
        };
        let kind = if in_project.is_some() { "PROJECT" } else { "GLOBAL" };
        let has = ask.is_bot && is_granted && !NEVER.contains(key);
        let shown = json!({"id": id, "key": key, "name": name, "type": kind, "description": "", "havePermission": has});
        out.insert((*key).to_owned(), shown);
    }
    Ok(Reply::json(200, json!({"permissions": out})))
}

/// The project that the question names by itself or by an issue.
fn asked_project<'a>(state: &'a State, ask: &Ask) -> Result<Option<&'a Project>, Reply> {
    if let Some(key) = ask.query("projectId").or_else(|| ask.query("projectKey")) {
        return seen_project(state, ask, key).map(Some).ok_or_else(|| no_project(key));
    }
    let Some(key) = ask.query("issueId").or_else(|| ask.query("issueKey")) else { return Ok(None) };
    let issue = seen_issue(state, ask, key).ok_or_else(no_issue)?;
    Ok(state.project(&issue.project))
}

/// A query that is a whole address is compared with addresses only; another one with the start of names and addresses.
fn matches(person: &Person, query: &str) -> bool {
    let query = query.to_lowercase();
    let email = person.email.to_lowercase();
    let is_address = query.contains('@');
    let by_email = !person.is_email_buried && if is_address { email == query } else { email.starts_with(&query) };
    let by_name = || person.name.to_lowercase().split(' ').any(|word| word.starts_with(&query));
    by_email || (!is_address && by_name())
}

/// A page of the people that fit. Who may not browse users gets an empty list, not an error.
fn page<'a>(state: &State, ask: &Ask, people: impl Iterator<Item = &'a Person>) -> Outcome {
    if ask.query("username").is_some() {
        return Err(refused(400, "The query parameter 'username' is not supported in GDPR strict mode."));
    }
    let start = ask.count("startAt", 0)?;
    let most = ask.count("maxResults", 50)?.min(1000);
    let may_see = ask.is_bot && state.may_browse_users;
    let fits = |person: &&Person| {
        ask.query("accountId").is_none_or(|account| account == person.account)
            && ask.query("query").is_none_or(|query| matches(person, query))
    };
    let view = View { state, base: &ask.base };
    let found: Value =
        people.filter(|_| may_see).filter(fits).skip(start).take(most).map(|person| view.person(person)).collect();
    Ok(Reply::json(200, found))
}

/// `GET /rest/api/3/user/search`. Accounts that are not active are in it, too.
pub fn search(state: &mut State, ask: &Ask) -> Outcome {
    let has = |name: &str| ask.query(name).is_some_and(|value| !value.is_empty());
    if !has("query") && !has("accountId") && !has("property") {
        return Err(refused(400, "A query parameter is required: 'query', 'accountId' or 'property'."));
    }
    page(state, ask, state.people.iter().filter(|_| ask.query("property").is_none()))
}

/// `GET /rest/api/3/user/assignable/search`
pub fn assignable(state: &mut State, ask: &Ask) -> Outcome {
    let project = if let Some(key) = ask.query("project") {
        seen_project(state, ask, key).ok_or_else(|| no_project(key))?
    } else if let Some(key) = ask.query("issueKey").or_else(|| ask.query("issueId")) {
        let issue = seen_issue(state, ask, key).ok_or_else(no_issue)?;
        state.project(&issue.project).ok_or_else(no_issue)?
    } else {
        return Err(refused(400, "Either the 'project' or the 'issueKey' query parameter must be provided"));
    };
    let may_own = |person: &&Person| person.is_active && project.assignable.contains(&person.account);
    page(state, ask, state.people.iter().filter(may_own))
}
