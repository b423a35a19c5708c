//! A simulated Jira Cloud site, as strict as the real one.
//!
//! Rule: a program that is wrong at Jira fails here, too. Words, shapes and statuses are Jira's; an address that Jira
//! has and this one does not is an error.

mod acts;
mod adf;
mod fields;
mod gate;
mod http;
mod issues;
mod jql;
mod meta;
mod model;
mod notes;
mod people;
mod properties;
mod routes;
mod search;
mod seed;
mod transitions;
mod view;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use chrono::Duration;
use lookback_clock::{Clock, Rng};
use serde_json::{Value, json};

use acts::Act;
use gate::Entrance;
use http::{Door, Incoming};
use model::{Category, Field, FieldKind, Issue, Person, Project, State};
use routes::Route;
use wire::Reply;

use super::{Call, Desk, Fault, Hook, Shown};

/// The account of the token has this address.
pub const EMAIL: &str = "lookback@example.com";
/// The site accepts this token and no other.
pub const TOKEN: &str = "jira-playground-token";
/// The site signs its webhooks with this secret.
pub const SECRET: &str = "jira-hook-secret";
/// The site's id at the gateway.
pub const CLOUD_ID: &str = "1324a887-45db-1bf4-1e99-ef0ff456d421";

/// A site. A clone is the same site.
#[derive(Clone, Debug)]
pub struct Jira {
    desk: Desk,
    state: Arc<Mutex<State>>,
}

impl Jira {
    /// The site of the example team at this address, such as `http://127.0.0.1:4000/jira`, without an issue.
    pub fn new(clock: &Clock, rng: &Rng, base: &str) -> Self {
        Self { desk: Desk::new(clock, rng), state: Arc::new(Mutex::new(seed::state(base, EMAIL))) }
    }

    /// Time, faults and journal.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Serves `/rest/api/3/…` of the site, and the same below `/ex/jira/{cloudId}`.
    pub fn routes(&self) -> Router {
        let jira = self.clone();
        let serve = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let answer = jira.answer(&Incoming { method, uri, headers, body });
            std::future::ready(answer)
        };
        Router::new().route("/{*path}", axum::routing::any(serve))
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, call: &Incoming) -> Response {
        let path = call.uri.path();
        if path == "/_edge/tenant_info" {
            return axum::Json(json!({"cloudId": CLOUD_ID})).into_response();
        }
        let inner = path.strip_prefix(&format!("/ex/jira/{CLOUD_ID}"));
        let entrance = if inner.is_some() { Entrance::Gateway } else { Entrance::Site };
        let route = match routes::find(call.method.as_str(), inner.unwrap_or(path)) {
            Ok(route) => route,
            Err(lost) => {
                let reply = http::unknown(call, lost);
                self.note(call, call.method.as_str(), &reply);
                return http::response(reply, self.desk.now());
            }
        };
        let fault = self.desk.takes(route.operation);
        let (reply, response) = match fault {
            None => (self.serve(call, &route, entrance), None),
            Some(Fault::Status { code, effect }) => {
                if effect {
                    self.serve(call, &route, entrance);
                }
                (Reply::empty(code), Some(super::desk::of_proxy(code)))
            }
            Some(Fault::Lost { effect }) => {
                if effect {
                    self.serve(call, &route, entrance);
                }
                (Reply::empty(0), Some(super::desk::lost()))
            }
            Some(Fault::Limited(after)) => (wire::too_fast("jira-burst-based", after, self.desk.now()), None),
        };
        self.note(call, route.operation, &reply);
        response.unwrap_or_else(|| http::response(reply, self.desk.now()))
    }

    fn serve(&self, call: &Incoming, route: &Route, entrance: Entrance) -> Reply {
        let door = Door { entrance, credentials: gate::credentials(EMAIL, TOKEN), cloud_id: CLOUD_ID };
        self.with(|state| http::serve(state, call, route, &door, self.desk.now())).unwrap_or_else(|refusal| refusal)
    }

    /// The journal has no headers, so no token gets in.
    fn note(&self, call: &Incoming, operation: &str, reply: &Reply) {
        self.desk.note(Call {
            at: self.desk.now(),
            operation: operation.to_owned(),
            path: call.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            body: serde_json::from_slice(&call.body).unwrap_or_default(),
            status: reply.status,
            answer: reply.json.clone().unwrap_or_default(),
        });
    }
}

/// What a person does in Jira's own pages. An issue is named by its id or its key. Each gives the webhook that Jira
/// sends then, or `None` if there is no such issue.
impl Jira {
    /// Closes it. `how` is the name of a resolution or of a status, such as `Done` or `Won't Do`; `None` for a name that
    /// the project lacks.
    pub fn close(&self, id: &str, how: &str) -> Option<Hook> {
        self.act(id, Act::Close(how))
    }

    pub fn reopen(&self, id: &str) -> Option<Hook> {
        self.act(id, Act::Reopen)
    }

    pub fn delete(&self, id: &str) -> Option<Hook> {
        self.act(id, Act::Delete)
    }

    pub fn edit_title(&self, id: &str, title: &str) -> Option<Hook> {
        self.act(id, Act::Title(title))
    }

    /// Moves it to the project with this key.
    pub fn move_to(&self, id: &str, project: &str) -> Option<Hook> {
        self.act(id, Act::Move(project))
    }

    /// The webhook of an issue as it is. `action` is `created`, `updated` or `deleted`.
    pub fn hook_of(&self, id: &str, action: &str) -> Option<Hook> {
        let now = self.desk.now();
        let body = self.with(|state| acts::told(state, state.issue(id)?, action, &[], now))?;
        Some(self.hook(&body))
    }

    fn act(&self, id: &str, act: Act<'_>) -> Option<Hook> {
        let now = self.desk.now();
        let body = self.with(|state| acts::act(state, id, act, now))?;
        self.desk.changed();
        Some(self.hook(&body))
    }

    fn hook(&self, body: &Value) -> Hook {
        let body = body.to_string();
        let headers = [
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("user-agent", "Atlassian Webhook HTTP Client".to_owned()),
            ("x-atlassian-webhook-identifier", self.uuid()),
            ("x-atlassian-webhook-flow", "Primary".to_owned()),
            ("x-hub-signature", acts::signature(SECRET, &body)),
        ];
        Hook { headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(), body }
    }

    fn uuid(&self) -> String {
        let (a, b) = (self.desk.id(), self.desk.id());
        let low = b & 0xffff_ffff_ffff;
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{low:012x}",
            a & 0xffff_ffff,
            a >> 32 & 0xffff,
            a >> 48 & 0xfff,
            b >> 48 & 0xfff
        )
    }

    /// Sam clones it: a new issue with the same words. The result is its id.
    pub fn clone_issue(&self, id: &str) -> Option<String> {
        let now = self.desk.now();
        self.with(|state| {
            let issue = state.issue(id)?.clone();
            let creator = state.people.get(1)?.account.clone();
            let number = state.number();
            let project = state.projects.iter_mut().find(|project| project.key == issue.project)?;
            let key = format!("{}-{}", project.key, project.next);
            project.next += 1;
            let status = project.statuses.first()?.id.clone();
            let summary = format!("CLONE - {}", issue.summary);
            let mut clone = Issue { id: number, key, summary, creator, created: now, updated: now, ..issue };
            clone.stand(&status, None, now);
            clone.old_keys.clear();
            clone.comments.clear();
            clone.properties.clear();
            state.add(clone);
            Some(number.to_string())
        })
    }

    /// All issues in the order of their creation, without the deleted ones.
    pub fn shown(&self) -> Vec<Shown> {
        self.with(|state| {
            let living = state.issues.iter().filter(|issue| !issue.is_deleted);
            living.filter_map(|issue| shown(state, issue)).collect()
        })
    }

    /// The comments of an issue as plain text, the oldest first.
    pub fn comments(&self, id: &str) -> Vec<String> {
        let text = |issue: &Issue| issue.comments.iter().map(|comment| adf::text(&comment.body)).collect();
        self.with(|state| state.issue(id).map(text).unwrap_or_default())
    }
}

fn shown(state: &State, issue: &Issue) -> Option<Shown> {
    let project = state.project(&issue.project)?;
    let status = project.status(&issue.status)?;
    Some(Shown {
        id: issue.id.to_string(),
        key: issue.key.clone(),
        title: issue.summary.clone(),
        text: issue.description.as_ref().map(adf::text).unwrap_or_default(),
        assignee: issue.assignee.as_deref().and_then(|id| state.person(id)).map(|person| person.name.clone()),
        due: issue.due.clone(),
        labels: issue.labels.clone(),
        state: status.name.clone(),
        resolution: issue.resolution.as_ref().and_then(|id| project.resolution(id)).map(|of| of.name.clone()),
        is_closed: status.category == Category::Done,
    })
}

/// What can be different at a site.
impl Jira {
    /// The search hears of a change after so many seconds; 5 unless said otherwise.
    pub fn lag(&self, seconds: i64) {
        self.with(|state| state.lag = Duration::seconds(seconds));
    }

    /// The search does not know this issue until [`Jira::index`]. The result says whether there is such an issue.
    pub fn index_never(&self, id: &str) -> bool {
        self.with(|state| {
            let id = state.issue(id).map(|issue| issue.id);
            id.is_some_and(|id| state.unindexed.insert(id))
        })
    }

    /// The search knows this issue again.
    pub fn index(&self, id: &str) {
        self.with(|state| {
            let id = state.issue(id).map(|issue| issue.id);
            id.map(|id| state.unindexed.remove(&id));
        });
    }

    /// The token ran out.
    pub fn expire(&self) {
        self.with(|state| state.is_expired = true);
    }

    /// The token is good again.
    pub fn renew(&self) {
        self.with(|state| state.is_expired = false);
    }

    /// The token has scopes: it works at the gateway only.
    pub fn scoped(&self) {
        self.with(|state| state.is_scoped = true);
    }

    /// The token must not do this in the project, such as `CREATE_ISSUES`. Without `BROWSE_PROJECTS` it is hidden.
    pub fn forbid(&self, project: &str, permission: &str) {
        self.project(project, |project| project.forbidden.insert(permission.to_owned()));
    }

    /// Takes [`Jira::forbid`] back.
    pub fn permit(&self, project: &str, permission: &str) {
        self.project(project, |project| project.forbidden.remove(permission));
    }

    /// Nobody but its members sees the project now, and the bot is none.
    pub fn hide_project(&self, project: &str) {
        self.forbid(project, "BROWSE_PROJECTS");
    }

    /// The account may not browse users: searches for people find nobody, without an error.
    pub fn hide_people(&self) {
        self.with(|state| state.may_browse_users = false);
    }

    /// Answers do not tell the person's address any more; a search by it still finds the person.
    pub fn hide_email(&self, account: &str) {
        self.person(account, |person| person.is_email_hidden = true);
    }

    /// As [`Jira::hide_email`], and a search by the address does not find the person.
    pub fn bury_email(&self, account: &str) {
        self.person(account, |person| person.is_email_buried = true);
    }

    /// The account id of the person with this address.
    pub fn account_of(&self, email: &str) -> Option<String> {
        self.with(|state| state.people.iter().find(|of| of.email == email).map(|person| person.account.clone()))
    }

    /// The person cannot be assigned in the project any more.
    pub fn unassignable(&self, project: &str, account: &str) {
        self.project(project, |project| project.assignable.retain(|of| of != account));
    }

    /// A create must have this text field from now on. The result is its id, or `None` if there is no such project.
    pub fn require(&self, project: &str, field_name: &str) -> Option<String> {
        let id = self.with(|state| format!("customfield_{}", state.number()));
        let field = Field {
            id: id.clone(),
            name: field_name.to_owned(),
            kind: FieldKind::Text,
            is_required: true,
            has_default: false,
        };
        self.project(project, |project| project.fields.push(field)).then_some(id)
    }

    /// Takes a field from the screens of the project, such as `duedate`.
    pub fn remove_field(&self, project: &str, field_id: &str) {
        self.project(project, |project| project.fields.retain(|field| field.id != field_id));
    }

    fn project<R>(&self, key: &str, change: impl FnOnce(&mut Project) -> R) -> bool {
        self.with(|state| state.projects.iter_mut().find(|project| project.key == key).map(change).is_some())
    }

    fn person(&self, account: &str, change: impl FnOnce(&mut Person)) -> bool {
        self.with(|state| state.people.iter_mut().find(|person| person.account == account).map(change).is_some())
    }
}
