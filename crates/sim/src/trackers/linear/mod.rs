//! A simulated Linear, as strict as the real one about its schema, its errors and its limits.
//!
//! `POST /graphql` is its one address. People act in its web page by the methods of [`Linear`].

mod coerce;
mod cost;
mod document;
mod execute;
mod extras;
mod filter;
mod flatten;
mod hook;
mod http;
mod input;
mod issues;
mod lexer;
mod limits;
mod literals;
mod page;
mod parse;
mod refusal;
mod request;
mod roots;
mod schema;
mod seed;
mod service;
mod store;
mod thing;
mod validate;
mod view;

use axum::Router;
use axum::routing::post;
use chrono::Duration;
use lookback_clock::{Clock, Rng};

use super::{Desk, Hook, Shown};
use service::Service;
use store::{Issue, State, Store};

pub use hook::SECRET;
pub use http::KEY;

/// A handle to the workspace. Copies mean the same workspace.
///
/// An issue goes by its id or by its identifier, such as `ENG-1`.
#[derive(Clone, Debug)]
pub struct Linear(Service);

impl Linear {
    /// The example team's workspace. Its web page is at `base`, such as `http://127.0.0.1:4000/linear`.
    pub fn new(clock: &Clock, rng: &Rng, base: &str) -> Self {
        let mut store = Store::empty(clock, rng, base);
        seed::fill(&mut store);
        Self(Service::new(Desk::new(clock, rng), store))
    }

    /// Serves `/graphql`.
    pub fn routes(&self) -> Router {
        Router::new().route("/graphql", post(http::graphql)).with_state(self.0.clone())
    }

    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// All issues in the order in which they were made, without those in the trash.
    pub fn shown(&self) -> Vec<Shown> {
        self.0.with(|store| store.issues.iter().filter(|issue| !issue.is_trashed).map(|i| shown(store, i)).collect())
    }

    /// A person puts the issue into the state of this name, such as `Done`, `Canceled` or `Duplicate`.
    pub fn close(&self, id: &str, how: &str) -> Option<Hook> {
        self.put_into(id, |state| state.name == how)
    }

    /// A person puts the issue back to work.
    pub fn reopen(&self, id: &str) -> Option<Hook> {
        self.put_into(id, |state| state.kind == "unstarted")
    }

    /// A person throws the issue into the trash, where the API still reads it by its id.
    pub fn delete(&self, id: &str) -> Option<Hook> {
        self.0.act(|store| {
            let now = store.now();
            let throw = |issue: &mut Issue| {
                issue.is_trashed = true;
                issue.archived = Some(now);
            };
            let (issue, _) = change(store, id, throw)?;
            Some(hook::hook(store, &issue, "remove", None))
        })
    }

    /// The trash loses the issue for good. False: there is none.
    pub fn purge(&self, id: &str) -> bool {
        self.0.with(|store| {
            let Some(id) = store.find(id).map(|issue| issue.id.clone()) else { return false };
            store.issues.retain(|issue| issue.id != id);
            store.attachments.retain(|one| one.issue != id);
            store.comments.retain(|one| one.issue != id);
            true
        })
    }

    /// A person gives the issue another title.
    pub fn edit_title(&self, id: &str, title: &str) -> Option<Hook> {
        self.0.act(|store| {
            let (issue, old) = change(store, id, |issue| title.clone_into(&mut issue.title))?;
            Some(hook::hook(store, &issue, "update", Some(&old)))
        })
    }

    /// A person moves the issue to the team with this key. It keeps its id and gets another identifier.
    pub fn move_to(&self, id: &str, team: &str) -> Option<Hook> {
        self.0.act(|store| {
            let to = store.teams.iter().find(|one| one.key == team)?.clone();
            let mut issue = store.find(id)?.clone();
            let old = issue.clone();
            issues::change_team(store, &mut issue, &to);
            issues::save(store, issue);
            Some(hook::hook(store, store.issue(&old.id)?, "update", Some(&old)))
        })
    }

    /// A delivery about the issue as it is. `action` is `create`, `update` or `remove`.
    pub fn hook_of(&self, id: &str, action: &str) -> Option<Hook> {
        self.0.with(|store| Some(hook::hook(store, store.find(id)?, action, None)))
    }

    /// Lists show an issue only so many seconds after it was made. Linear's lists do not lag, so it is 0 at first.
    pub fn lag(&self, seconds: i64) {
        self.0.with(|store| store.lag = Duration::try_seconds(seconds).unwrap_or_default());
    }

    /// The key is not valid any more, until [`Linear::renew`].
    pub fn expire(&self) {
        self.0.with(|store| store.rights.is_expired = true);
    }

    /// The key is valid, may write, and may do all that was forbidden. Hidden teams stay hidden.
    pub fn renew(&self) {
        self.0.with(|store| {
            store.rights.is_expired = false;
            store.rights.is_read_only = false;
            store.rights.forbidden.clear();
        });
    }

    /// The key may read only.
    pub fn read_only(&self) {
        self.0.with(|store| store.rights.is_read_only = true);
    }

    /// The key may not use this mutation, such as `issueLabelCreate`.
    pub fn forbid(&self, mutation: &str) {
        self.0.with(|store| store.rights.forbidden.insert(mutation.to_owned()));
    }

    /// The key does not see the team with this key, nor anything in it.
    pub fn hide(&self, team: &str) {
        self.0.with(|store| {
            let ids: Vec<String> = store.teams.iter().filter(|t| t.key == team).map(|t| t.id.clone()).collect();
            store.hidden.extend(ids);
        });
    }

    /// The key sees the team with this key.
    pub fn reveal(&self, team: &str) {
        self.0.with(|store| {
            let ids: Vec<String> = store.teams.iter().filter(|t| t.key == team).map(|t| t.id.clone()).collect();
            store.hidden.retain(|id| !ids.contains(id));
        });
    }

    /// From now on people outside of a team can be assigned to its issues, or not: no source tells what Linear does.
    pub fn assign_outsiders(&self, can: bool) {
        self.0.with(|store| store.rights.has_open_teams = can);
    }

    /// The key has so many requests an hour; 2,500 at first.
    pub fn limit_requests(&self, an_hour: i64) {
        self.0.with(|store| store.limits.set_requests(an_hour));
    }

    /// The team gets another state at the end, perhaps of a type that nobody knows. False: there is no such team.
    pub fn add_state(&self, team: &str, name: &str, kind: &str) -> bool {
        self.0.with(|store| {
            let Some(team) = store.teams.iter().find(|one| one.key == team).map(|one| one.id.clone()) else {
                return false;
            };
            let last = store.states_of(&team).last().map_or(0, |state| state.position);
            let (name, kind) = (name.to_owned(), kind.to_owned());
            store.states.push(State { id: store.uuid(), team, name, kind, position: last + 1 });
            true
        })
    }

    /// The id of a person by e-mail address.
    pub fn person(&self, email: &str) -> Option<String> {
        self.0.with(|store| store.users.iter().find(|user| user.email == email).map(|user| user.id.clone()))
    }

    fn put_into(&self, id: &str, fits: impl Fn(&State) -> bool) -> Option<Hook> {
        self.0.act(|store| {
            let team = store.find(id)?.team.clone();
            let state = store.states_of(&team).into_iter().find(|state| fits(state))?.id.clone();
            let (mut issue, old) = change(store, id, |issue| issue.state.clone_from(&state))?;
            issues::stamp_state(store, &mut issue);
            issues::save(store, issue.clone());
            Some(hook::hook(store, &issue, "update", Some(&old)))
        })
    }
}

/// The issue after a change, and before it.
fn change(store: &mut Store, id: &str, by: impl FnOnce(&mut Issue)) -> Option<(Issue, Issue)> {
    let old = store.find(id)?.clone();
    let mut issue = old.clone();
    by(&mut issue);
    issues::save(store, issue);
    Some((store.issue(&old.id)?.clone(), old))
}

fn shown(store: &Store, issue: &Issue) -> Shown {
    let state = store.state(&issue.state);
    Shown {
        id: issue.id.clone(),
        key: store.identifier(issue),
        title: issue.title.clone(),
        text: issue.description.clone().unwrap_or_default(),
        assignee: issue.assignee.as_deref().and_then(|id| store.user(id)).map(|user| user.name.clone()),
        due: issue.due.clone(),
        labels: issue.labels.iter().filter_map(|id| store.label(id)).map(|label| label.name.clone()).collect(),
        state: state.map(|state| state.name.clone()).unwrap_or_default(),
        resolution: None,
        is_closed: state.is_some_and(State::is_closed),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::Value;

    use super::*;

    #[test]
    fn people_act_and_linear_tells_of_it() {
        let linear = Linear::new(&Clock::standing(DateTime::UNIX_EPOCH), &Rng::seeded(1), "http://x/");
        let args = serde_json::json!({"input": {"teamId": store::fixed("team ENG"), "title": "Smoke tests!"}});
        linear.0.with(|store| issues::create(store, args.as_object().unwrap())).map(|_| ()).unwrap();
        let id = linear.shown()[0].id.clone();
        let body = |hook: Option<Hook>| serde_json::from_str::<Value>(&hook.unwrap().body).unwrap();
        let closed = body(linear.close(&id, "Canceled"));
        assert_eq!((&closed["action"], &closed["data"]["state"]["type"]), (&"update".into(), &"canceled".into()));
        assert_eq!(closed["updatedFrom"]["stateId"], store::fixed("state ENG Backlog"));
        assert!(linear.shown()[0].is_closed && linear.close(&id, "Nope").is_none());
        assert_eq!(body(linear.reopen(&id))["data"]["canceledAt"], Value::Null);
        let moved = body(linear.move_to(&id, "SUP"));
        assert_eq!(moved["url"], "http://x/example/issue/SUP-1/smoke-tests");
        assert_eq!(body(linear.edit_title("SUP-1", "Other"))["updatedFrom"]["title"], "Smoke tests!");
        assert_eq!(body(linear.delete(&id))["action"], "remove");
        assert!(linear.shown().is_empty() && linear.hook_of(&id, "update").is_some());
        assert!(linear.purge(&id) && !linear.purge(&id) && linear.hook_of(&id, "update").is_none());
        assert!(linear.add_state("ENG", "Odd", "odd") && !linear.add_state("NO", "Odd", "odd"));
        assert!(!format!("{linear:?}").contains(KEY));
    }
}
