//! The search by JQL, which hears of changes late, and the bulk fetch, which reads the database.
//! <https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/>

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::adf;
use super::issues::{seen_issue, seen_project};
use super::jql::{self, Asker, By, Clause, Compared, Order, Place, Query};
use super::model::{Issue, Project, State};
use super::view::{View, chosen, zone};
use super::wire::{Ask, NO_ISSUE, Outcome, Reply, bad_payload, refused};

const UNBOUNDED: &str = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
const BAD_TOKEN: &str = "The provided next page token is invalid or expired.";
/// A page with fields is smaller than one of bare ids.
const PAGE_WITH_FIELDS: usize = 100;
const PAGE_OF_IDS: usize = 5000;
const BULK: usize = 100;
const RECONCILED: usize = 50;
/// A page token is good for a week.
const TOKEN_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What a search asks, from the query or from the body.
struct Wanted {
    jql: String,
    fields: Vec<String>,
    most: usize,
    token: Option<String>,
    /// These issues are read from the database.
    reconciled: Vec<i64>,
}

/// `GET /rest/api/3/search/jql`
pub fn by_query(state: &mut State, ask: &Ask) -> Outcome {
    let reconciled = ask.list("reconcileIssues");
    let reconciled: Result<Vec<i64>, Reply> =
        reconciled.iter().map(|id| id.parse::<i64>().map_err(|_| bad_payload())).collect();
    let wanted = Wanted {
        jql: ask.query("jql").unwrap_or_default().to_owned(),
        fields: ask.list("fields"),
        most: ask.count("maxResults", 50)?,
        token: ask.query("nextPageToken").filter(|token| !token.is_empty()).map(str::to_owned),
        reconciled: reconciled?,
    };
    search(state, ask, &wanted)
}

/// `POST /rest/api/3/search/jql`
pub fn by_body(state: &mut State, ask: &Ask) -> Outcome {
    let known =
        ["jql", "fields", "maxResults", "nextPageToken", "expand", "properties", "fieldsByKeys", "reconcileIssues"];
    let body = ask.object(&known)?;
    let part = |name: &str| body.get(name).filter(|value| !value.is_null());
    let text = |name: &str| part(name).map(|value| value.as_str().ok_or_else(bad_payload)).transpose();
    let list = |name: &str| part(name).map(|value| value.as_array().ok_or_else(bad_payload)).transpose();
    text("expand")?;
    list("properties")?;
    let most = part("maxResults").map(|value| value.as_u64().ok_or_else(bad_payload)).transpose()?;
    let numbers = list("reconcileIssues")?.into_iter().flatten();
    let reconciled: Result<Vec<i64>, Reply> = numbers.map(|id| id.as_i64().ok_or_else(bad_payload)).collect();
    let wanted = Wanted {
        jql: text("jql")?.unwrap_or_default().to_owned(),
        fields: strings(list("fields")?)?,
        most: most.and_then(|most| usize::try_from(most).ok()).unwrap_or(50),
        token: text("nextPageToken")?.map(str::to_owned),
        reconciled: reconciled?,
    };
    search(state, ask, &wanted)
}

fn strings(list: Option<&Vec<Value>>) -> Result<Vec<String>, Reply> {
    let all = list.into_iter().flatten();
    all.map(|value| value.as_str().map(str::to_owned).ok_or_else(bad_payload)).collect()
}

fn search(state: &State, ask: &Ask, wanted: &Wanted) -> Outcome {
    if wanted.reconciled.len() > RECONCILED {
        return Err(refused(400, "The number of issues to reconcile can't exceed 50."));
    }
    if wanted.most == 0 {
        return Err(refused(400, "The value of 'maxResults' must be greater than 0."));
    }
    let asker = Asker { now: ask.now, account: ask.is_bot.then_some(state.me.as_str()), zone: zone() };
    let query = jql::parse(&wanted.jql, &asker).map_err(|words| refused(400, &words))?;
    if query.clauses.is_empty() {
        return Err(refused(400, UNBOUNDED));
    }
    query.clauses.iter().try_for_each(|clause| exists(state, ask, clause)).map_err(|words| refused(400, &words))?;
    let mut found: Vec<&Issue> =
        known(state, ask, wanted).into_iter().filter(|issue| fits(state, issue, &query)).collect();
    found.sort_by(|a, b| order(&query.order, a, b));
    let start = wanted.token.as_deref().map_or(Ok(0), |token| read_token(token, &wanted.jql, ask))?;
    let is_bare = wanted.fields.iter().all(|field| field == "id");
    let most = wanted.most.min(if is_bare { PAGE_OF_IDS } else { PAGE_WITH_FIELDS });
    let end = start + most;
    let page = found.iter().skip(start).take(most);
    let issues: Vec<Map<String, Value>> = page.map(|issue| shown(state, ask, issue, &wanted.fields)).collect();
    let is_last = found.len() <= end;
    let mut out = json!({"issues": issues, "isLast": is_last});
    if let Some(map) = out.as_object_mut().filter(|_| !is_last) {
        map.insert("nextPageToken".to_owned(), json!(page_token(end, &wanted.jql, ask)));
    }
    Ok(Reply::json(200, out))
}

/// Without fields only the id comes back.
fn shown(state: &State, ask: &Ask, issue: &Issue, fields: &[String]) -> Map<String, Value> {
    let view = View { state, base: &ask.base };
    if fields.iter().all(|field| field == "id") {
        return [("id".to_owned(), json!(issue.id.to_string()))].into_iter().collect();
    }
    let picked = chosen(view.fields(issue), fields, "*navigable");
    if picked.is_empty() { view.named(issue) } else { view.issue(issue, picked) }
}

/// The issues as the index knows them now. Only the reconciled ones are read from the database.
fn known<'a>(state: &'a State, ask: &Ask, wanted: &Wanted) -> Vec<&'a Issue> {
    let mut out = BTreeMap::new();
    for version in state.versions.iter().filter(|version| version.at + state.lag <= ask.now) {
        out.insert(version.issue.id, &version.issue);
    }
    out.retain(|id, _| !state.unindexed.contains(id));
    for issue in state.issues.iter().filter(|issue| wanted.reconciled.contains(&issue.id)) {
        out.insert(issue.id, issue);
    }
    let sees = |issue: &&Issue| !issue.is_deleted && seen_project(state, ask, &issue.project).is_some();
    out.into_values().filter(sees).collect()
}

/// JQL takes key, name and id of a project, in any case.
fn is_called(project: &Project, name: &str) -> bool {
    [&project.key, &project.name, &project.id].into_iter().any(|of| of.eq_ignore_ascii_case(name))
}

/// One value that does not exist makes the whole query fail.
fn exists(state: &State, ask: &Ask, clause: &Clause) -> Result<(), String> {
    let missing =
        |value: &str, field: &str| Err(format!("The value '{value}' does not exist for the field '{field}'."));
    match clause {
        Clause::Project(names) => {
            let seen = || state.projects.iter().filter(|project| seen_project(state, ask, &project.id).is_some());
            let is_missing = |name: &&String| !seen().any(|project| is_called(project, name));
            names.iter().find(is_missing).map_or(Ok(()), |name| missing(name, "project"))
        }
        Clause::Key(keys) | Clause::Id(keys) => {
            let field = if matches!(clause, Clause::Key(_)) { "key" } else { "id" };
            match keys.iter().find(|key| seen_issue(state, ask, key).is_none()) {
                Some(key) => Err(format!("An issue with key '{key}' does not exist for field '{field}'.")),
                None => Ok(()),
            }
        }
        Clause::Creator(accounts) | Clause::Reporter(accounts) => {
            let field = if matches!(clause, Clause::Creator(_)) { "creator" } else { "reporter" };
            let is_unknown = |account: &&String| !account.is_empty() && state.person(account).is_none();
            accounts.iter().find(is_unknown).map_or(Ok(()), |account| missing(account, field))
        }
        Clause::Created(..) | Clause::Contains(..) | Clause::Labels(_) => Ok(()),
    }
}

fn fits(state: &State, issue: &Issue, query: &Query) -> bool {
    query.clauses.iter().all(|clause| match clause {
        Clause::Project(names) => {
            state.project(&issue.project).is_some_and(|project| names.iter().any(|name| is_called(project, name)))
        }
        Clause::Created(Compared::After, at) => issue.created > *at,
        Clause::Created(Compared::AtOrAfter, at) => issue.created >= *at,
        Clause::Created(Compared::Before, at) => issue.created < *at,
        Clause::Created(Compared::AtOrBefore, at) => issue.created <= *at,
        Clause::Contains(place, words) => contains(issue, *place, words),
        Clause::Labels(labels) => issue.labels.iter().any(|label| labels.contains(label)),
        Clause::Creator(accounts) => accounts.contains(&issue.creator),
        Clause::Reporter(accounts) => accounts.contains(&issue.reporter),
        Clause::Key(keys) | Clause::Id(keys) => {
            let is_it = |key: &String| state.issue(key).is_some_and(|found| found.id == issue.id);
            keys.iter().any(is_it)
        }
    })
}

/// All words must be there, as whole words.
fn contains(issue: &Issue, place: Place, words: &str) -> bool {
    let description = issue.description.as_ref().map(adf::text).unwrap_or_default();
    let text = match place {
        Place::Summary => issue.summary.clone(),
        Place::Description => description,
        Place::Text => {
            let comments = issue.comments.iter().map(|comment| adf::text(&comment.body));
            let all = [issue.summary.clone(), description].into_iter().chain(comments);
            all.chain(issue.custom.values().cloned()).collect::<Vec<_>>().join("\n")
        }
    };
    let held = jql::tokens_of(&text);
    let wanted = jql::tokens_of(words);
    !wanted.is_empty() && wanted.iter().all(|word| held.contains(word))
}

/// The newest come first unless the query says otherwise.
fn order(by: &[Order], a: &Issue, b: &Issue) -> Ordering {
    let compare = |order: &Order| {
        let found = match order.by {
            By::Created => a.created.cmp(&b.created),
            By::Key => number(a).cmp(&number(b)),
        };
        if order.is_descending { found.reverse() } else { found }
    };
    by.iter().map(compare).find(|found| found.is_ne()).unwrap_or_else(|| b.id.cmp(&a.id))
}

/// Keys sort by project, then by number.
fn number(issue: &Issue) -> (&str, i64) {
    let number = issue.key.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
    (&issue.project, number.unwrap_or_default())
}

/// A token belongs to one query.
fn page_token(at: usize, jql: &str, ask: &Ask) -> String {
    hex::encode(format!("{at}:{}:{jql}", ask.now.timestamp_millis()))
}

fn read_token(token: &str, jql: &str, ask: &Ask) -> Result<usize, Reply> {
    let read = || {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let (at, rest) = text.split_once(':')?;
        let (made, of) = rest.split_once(':')?;
        let is_fresh = ask.now.timestamp_millis() - made.parse::<i64>().ok()? <= TOKEN_MS;
        at.parse().ok().filter(|_| is_fresh && of == jql)
    };
    read().ok_or_else(|| refused(400, BAD_TOKEN))
}

/// `POST /rest/api/3/issue/bulkfetch`. One that is gone does not spoil the others.
pub fn bulk_fetch(state: &mut State, ask: &Ask) -> Outcome {
    let body = ask.object(&["issueIdsOrKeys", "fields", "fieldsByKeys", "expand", "properties"])?;
    let list = |name: &str| {
        let value = body.get(name).filter(|value| !value.is_null());
        value.map(|value| value.as_array().ok_or_else(bad_payload)).transpose()
    };
    list("expand")?;
    list("properties")?;
    let fields = strings(list("fields")?)?;
    let asked = strings(list("issueIdsOrKeys")?)?;
    if asked.is_empty() {
        return Err(refused(400, "issueIdsOrKeys must not be empty."));
    }
    if asked.len() > BULK {
        return Err(refused(400, &format!("The request can contain at most {BULK} issues.")));
    }
    let view = View { state, base: &ask.base };
    let mut issues = BTreeMap::new();
    let mut errors = Vec::new();
    for key in &asked {
        match seen_issue(state, ask, key) {
            Some(issue) => drop(issues.insert(issue.id, issue)),
            None => errors.push(json!({"id": key, "errorMessage": NO_ISSUE})),
        }
    }
    let show = |issue: &Issue| view.issue(issue, chosen(view.fields(issue), &fields, "*navigable"));
    let issues: Vec<Map<String, Value>> = issues.into_values().map(show).collect();
    Ok(Reply::json(200, json!({"issues": issues, "issueErrors": errors})))
}
