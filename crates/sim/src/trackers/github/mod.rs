//! A strict stand-in for GitHub: issues, files, branches and pull requests by its REST API.
//!
//! Rule: what works here works at the real service, and what is wrong there fails here. Limits, rights, redirects and
//! texts of refusals are those of <https://docs.github.com/rest>.

mod accounts;
mod acts;
mod answer;
mod ask;
mod checks;
mod commits;
mod contents;
mod deploys;
mod events;
mod gate;
mod git;
mod gitdata;
mod history;
mod hooks;
mod issues;
mod jobs;
mod jwt;
mod labels;
mod landing;
mod page;
mod past;
mod pulls;
mod records;
mod releases;
mod search;
mod seed;
mod serve;
mod shapes;
mod shapes_git;
mod shapes_work;
mod state;
mod table;
mod text;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State as Held};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::any;
use chrono::{DateTime, Duration, Utc};
use lookback_clock::{Clock, Rng};
use serde_json::Value;

use hooks::Event;
use landing::Landing;
use serve::{Came, limited, response, run, shown_body};
use state::{Issue, Repo, State};

pub use gate::TOKEN;
pub use history::{Merged, ReleaseKind};
pub use hooks::SECRET;
pub use jobs::{End, Job, ShownCheck, ShownVerdict};
pub use jwt::{APP_ID, APP_KEY};
pub use landing::Proposal;
pub use records::{Origin, Way};

use super::{Call, Desk, Fault, Hook, Shown};

/// A handle to the simulated GitHub. All clones share one state.
#[derive(Clone, Debug)]
pub struct GitHub {
    state: Arc<Mutex<State>>,
    desk: Desk,
}

/// A pull request as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPull {
    /// Such as `acme/shop#3`; names it for [`GitHub::merge`] and [`GitHub::close_pull`].
    pub id: String,
    pub number: u64,
    pub title: String,
    pub text: String,
    /// The branch with the change.
    pub head: String,
    /// The branch that it is meant for.
    pub base: String,
    pub is_open: bool,
    pub is_merged: bool,
    /// Its address for people.
    pub url: String,
    /// The paths that it changes.
    pub files: Vec<String>,
}

impl GitHub {
    /// GitHub with the example team, at this address of its API, such as `http://127.0.0.1:4000/github`.
    pub fn new(clock: &Clock, rng: &Rng, base: &str) -> Self {
        let desk = Desk::new(clock, rng);
        let state = seed::state(base, rng, desk.now());
        Self { state: Arc::new(Mutex::new(state)), desk }
    }

    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Every address of the API.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/", any(call))
            .route("/{*path}", any(call))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone())
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A person does something; GitHub tells of it.
    fn act(&self, f: impl FnOnce(&mut State, DateTime<Utc>) -> Option<Value>) -> Option<Hook> {
        let now = self.desk.now();
        let hook = self.with(|state| {
            let body = f(state, now)?;
            Some(hooks::signed(state, &Event { name: "issues", body }))
        });
        self.desk.changed();
        hook
    }

    /// Closes the issue as `completed`, `not_planned` or `duplicate`. Ids are such as `acme/shop#1`.
    pub fn close(&self, id: &str, how: &str) -> Option<Hook> {
        self.act(|state, now| acts::close(state, id, how, now))
    }

    pub fn reopen(&self, id: &str) -> Option<Hook> {
        self.act(|state, now| acts::reopen(state, id, now))
    }

    pub fn delete(&self, id: &str) -> Option<Hook> {
        self.act(|state, _| acts::delete(state, id))
    }

    pub fn edit_title(&self, id: &str, title: &str) -> Option<Hook> {
        self.act(|state, now| acts::edit_title(state, id, title, now))
    }

    /// Transfers the issue to another repository, such as `acme/readonly`, where it gets a new id.
    pub fn move_to(&self, id: &str, place: &str) -> Option<Hook> {
        self.act(|state, now| acts::transfer(state, id, place, now))
    }

    /// A webhook about the issue as it is now, with any action; also for one that is deleted or transferred.
    pub fn hook_of(&self, id: &str, action: &str) -> Option<Hook> {
        self.act(|state, _| acts::told(state, id, action))
    }

    /// A person opens an issue; the result is its id.
    pub fn open(&self, repo: &str, login: &str, title: &str) -> Option<String> {
        let now = self.desk.now();
        let number = self.with(|state| acts::open(state, repo, login, title, now));
        self.desk.changed();
        number.map(|number| format!("{repo}#{number}"))
    }

    /// All issues in the order of their creation, without deleted and transferred ones, without pull requests, and
    /// without those that were there before the stand-in began.
    pub fn shown(&self) -> Vec<Shown> {
        self.with(|state| {
            let of = |repo: &Repo| repo.issues.iter().map(|i| (repo.full(), i.clone())).collect::<Vec<_>>();
            let mut all: Vec<_> = state.repos.iter().flat_map(of).collect();
            all.retain(|(_, i)| i.is_here() && i.pull.is_none() && !i.is_old);
            all.sort_by_key(|(_, i)| (i.created, i.id));
            all.iter().map(|(full, issue)| shown(full, issue)).collect()
        })
    }

    /// The texts of an issue's comments.
    pub fn comments(&self, id: &str) -> Vec<String> {
        self.with(|state| {
            let issue = state.locate(id).and_then(|(repo, number)| state.repo(repo)?.issue(number));
            issue.map(|i| i.comments.iter().map(|c| c.body.clone()).collect()).unwrap_or_default()
        })
    }

    /// The token and all installation tokens are refused from now on, with 401.
    pub fn expire(&self) {
        self.with(|state| state.is_expired = true);
    }

    /// Takes [`GitHub::expire`], [`GitHub::suspend`] and [`GitHub::forbid`] back.
    pub fn restore(&self) {
        self.with(|state| {
            (state.is_expired, state.is_suspended) = (false, false);
            state.forbidden.clear();
        });
    }

    /// The app's installation is suspended: 403.
    pub fn suspend(&self) {
        self.with(|state| state.is_suspended = true);
    }

    /// The token lacks a permission, such as `issues`, or may not call one operation, such as
    /// `POST /repos/{owner}/{repo}/pulls`.
    pub fn forbid(&self, what: &str) {
        self.with(|state| state.forbidden.push(what.to_owned()));
    }

    fn set(&self, repo: &str, f: impl FnOnce(&mut Repo)) {
        self.with(|state| {
            let id = state.named(repo).map(|r| r.id).unwrap_or_default();
            state.repo_mut(id).map(f);
        });
    }

    /// The repository is hidden from the token (404), or seen again.
    pub fn hide(&self, repo: &str, is_hidden: bool) {
        self.set(repo, |r| r.is_hidden = is_hidden);
    }

    /// The repository is archived: reads work, writes get 403.
    pub fn archive(&self, repo: &str) {
        self.set(repo, |r| r.is_archived = true);
    }

    /// Search does not know issues that are younger than this.
    pub fn lag(&self, seconds: i64) {
        self.with(|state| state.lag = Duration::seconds(seconds));
    }

    /// The list does not show issues that are younger than this.
    pub fn list_lag(&self, seconds: i64) {
        self.with(|state| state.list_lag = Duration::seconds(seconds));
    }

    /// Calls are not counted any more.
    pub fn no_limits(&self) {
        self.with(|state| state.counts.is_off = true);
    }

    /// Whom all texts mention: logins without `@`.
    pub fn mentions(&self) -> Vec<String> {
        self.with(|state| acts::mentions(state))
    }

    /// Such as `fixes #12`, out of the texts of pull requests and commits.
    pub fn closing_words(&self) -> Vec<String> {
        self.with(|state| acts::closing_words(state))
    }

    /// How many commits reached a default branch by the API.
    pub fn base_writes(&self) -> usize {
        self.with(|state| state.base_writes)
    }

    /// Merges an open pull request, such as `acme/shop#3`; false if there is none.
    pub fn merge(&self, id: &str) -> bool {
        let now = self.desk.now();
        let landing = Landing { way: Way::Merge, by: state::PERSON, at: now };
        let merged = self.with(|state| landing::merge(state, id, landing));
        self.desk.changed();
        merged.is_some()
    }

    /// Closes a pull request, such as `acme/shop#3`, without merging it. Its branch stays.
    pub fn close_pull(&self, id: &str) -> bool {
        let now = self.desk.now();
        let closed = self.with(|state| landing::close(state, id, now));
        self.desk.changed();
        closed.is_some()
    }

    /// Somebody's commit on the default branch; the result is its SHA.
    pub fn push_base(&self, repo: &str, path: &str, bytes: &[u8]) -> Option<String> {
        let now = self.desk.now();
        self.with(|state| acts::push(state, repo, path, bytes, now))
    }

    /// The bytes of a file on a branch.
    pub fn file(&self, repo: &str, branch: &str, path: &str) -> Option<Vec<u8>> {
        self.with(|state| {
            let git = &state.named(repo)?.git;
            let files = git.files_of(git.branch(branch)?);
            git.blob(&files.get(path)?.sha).map(<[u8]>::to_vec)
        })
    }

    /// All pull requests of a repository, oldest first, without those that were there before the stand-in began.
    pub fn pulls(&self, repo: &str) -> Vec<ShownPull> {
        self.with(|state| {
            let Some(repo) = state.named(repo) else { return Vec::new() };
            repo.issues.iter().filter(|i| !i.is_old).filter_map(|issue| shown_pull(state, repo, issue)).collect()
        })
    }

    /// The whole way of a call: a fault on demand, else its own answer; and its row in the journal.
    fn answer(&self, came: &Came) -> Response {
        let path = came.uri.path();
        let found = table::find(came.method.as_str(), path);
        let operation = found.as_ref().map_or_else(|| format!("{} {path}", came.method), table::Found::operation);
        let run = || self.with(|state| run(state, found.as_ref(), came));
        let fault = self.desk.takes(&operation);
        let (response, status, answer) = match &fault {
            None => {
                let answer = run();
                (response(&answer, came.now), answer.status, shown_body(&answer, &operation))
            }
            Some(Fault::Status { code, effect }) => {
                if *effect {
                    run();
                }
                (super::desk::of_proxy(*code), *code, Value::Null)
            }
            Some(Fault::Lost { effect }) => {
                if *effect {
                    run();
                }
                (super::desk::lost(), 0, Value::Null)
            }
            Some(Fault::Limited(seconds)) => {
                let answer = self.with(|state| limited(state, *seconds, came.now));
                (response(&answer, came.now), answer.status, shown_body(&answer, &operation))
            }
        };
        let body = serde_json::from_slice(came.bytes).unwrap_or_default();
        let path = came.uri.path_and_query().map_or_else(|| path.to_owned(), ToString::to_string);
        self.desk.note(Call { at: came.now, operation, path, body, status, answer });
        response
    }
}

fn shown(full: &str, issue: &Issue) -> Shown {
    let state = match (issue.is_open, issue.reason.as_deref()) {
        (true, _) => "Open",
        (false, Some("not_planned")) => "Closed as not planned",
        (false, Some("duplicate")) => "Closed as duplicate",
        (false, _) => "Closed",
    };
    let key = format!("{full}#{}", issue.number);
    Shown {
        id: key.clone(),
        key,
        title: issue.title.clone(),
        text: issue.body.clone().unwrap_or_default(),
        assignee: issue.assignees.first().cloned(),
        due: None,
        labels: issue.labels.clone(),
        state: state.to_owned(),
        resolution: None,
        is_closed: !issue.is_open,
    }
}

fn shown_pull(state: &State, repo: &Repo, issue: &Issue) -> Option<ShownPull> {
    let pull = issue.pull.as_ref()?;
    let head = repo.head(issue, pull);
    let base = if issue.is_open { repo.git.branch(&pull.base).unwrap_or(&pull.base_sha) } else { &pull.base_sha };
    let fork = repo.git.fork(base, &head).unwrap_or_default();
    Some(ShownPull {
        id: format!("{}#{}", repo.full(), issue.number),
        number: issue.number,
        title: issue.title.clone(),
        text: issue.body.clone().unwrap_or_default(),
        head: pull.head.clone(),
        base: pull.base.clone(),
        is_open: issue.is_open,
        is_merged: pull.merged_at.is_some(),
        url: format!("{}/pull/{}", shapes::page_url(state, repo), issue.number),
        files: repo.git.changes(&fork, &head).into_iter().map(|c| c.path).collect(),
    })
}

async fn call(Held(github): Held<GitHub>, method: Method, uri: Uri, headers: HeaderMap, bytes: Bytes) -> Response {
    let now = github.desk.now();
    github.answer(&Came { method: &method, uri: &uri, headers: &headers, bytes: &bytes, now })
}
