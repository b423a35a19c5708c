//! What webhooks say of releases, tags, milestones, deployments and pull requests.
//! <https://docs.github.com/webhooks/webhook-events-and-payloads>

use serde_json::{Value, json};

use super::git::Person;
use super::hooks::{Event, organization};
use super::records::{Deployment, Milestone, Release, Run};
use super::shapes::{self, merged, stamp};
use super::shapes_git;
use super::shapes_work as work;
use super::state::{INSTALLATION, Issue, MAIN, PERSON, Repo, State};

/// An event with what all events of a repository say.
fn event(state: &State, repo: &Repo, name: &'static str, more: Value) -> Event {
    let body = json!({
        "repository": shapes::repo(state, repo), "organization": organization(state, &repo.owner),
        "sender": shapes::user(state, PERSON),
    });
    Event { name, body: merged(body, more) }
}

/// The action is such as `published`, `released`, `edited` or `deleted`.
pub fn release(state: &State, repo: &Repo, release: &Release, action: &str) -> Event {
    let said = json!({"action": action, "release": work::release(state, repo, release)});
    let changes = if action == "edited" { json!({"changes": {"body": {"from": ""}}}) } else { json!({}) };
    event(state, repo, "release", merged(said, changes))
}

pub fn milestone(state: &State, repo: &Repo, milestone: &Milestone) -> Event {
    let action = if milestone.closed.is_some() { "closed" } else { "created" };
    let said = json!({"action": action, "milestone": shapes::milestone(state, repo, milestone)});
    event(state, repo, "milestone", said)
}

/// The newest status of a deployment.
pub fn deployment_status(state: &State, repo: &Repo, deployment: &Deployment) -> Option<Event> {
    let status = work::deployment_status(state, repo, deployment, deployment.statuses.last()?);
    let said = json!({
        "action": "created", "deployment_status": status, "deployment": work::deployment(state, repo, deployment),
        "check_run": null, "workflow": null, "workflow_run": null,
    });
    Some(event(state, repo, "deployment_status", said))
}

pub fn pull_closed(state: &State, repo: &Repo, issue: &Issue) -> Option<Event> {
    let pull = shapes_git::pull(state, repo, issue, issue.pull.as_ref()?);
    Some(event(state, repo, "pull_request", json!({"action": "closed", "number": issue.number, "pull_request": pull})))
}

/// A deployment to an environment waits for the word of the app.
pub fn gate(state: &State, repo: &Repo, run: &Run, deployment: &Deployment) -> Event {
    let own = shapes::repo_url(state, repo);
    let said = json!({
        "action": "requested", "environment": deployment.environment, "event": run.event,
        "deployment_callback_url": format!("{own}/actions/runs/{}/deployment_protection_rule", run.id),
        "deployment": work::deployment(state, repo, deployment), "pull_requests": [],
        "installation": {"id": INSTALLATION, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uNTAwMQ=="},
    });
    event(state, repo, "deployment_protection_rule", said)
}

/// What a tag named before and names now; `None` stands for "not there".
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
}

fn pushed_commit(state: &State, repo: &Repo, sha: &str) -> Value {
    let Some(commit) = repo.git.commit(sha) else { return Value::Null };
    let person = |who: &Person| json!({"name": who.name, "email": who.email});
    json!({
        "id": sha, "tree_id": commit.tree, "distinct": true, "message": commit.message,
        "timestamp": stamp(commit.committer.at), "author": person(&commit.author),
        "url": format!("{}/commit/{sha}", shapes::page_url(state, repo)), "committer": person(&commit.committer),
        "added": [], "removed": [], "modified": [],
    })
}

/// A tag is pushed; of a new one GitHub tells twice.
pub fn tag(state: &State, repo: &Repo, name: &str, turn: Turn) -> Vec<Event> {
    let zero = "0".repeat(40);
    let (before, after) = (turn.before.unwrap_or(&zero), turn.after.unwrap_or(&zero));
    let is_new = turn.before.is_none();
    let page = shapes::page_url(state, repo);
    let owner = shapes::user(state, PERSON);
    let said = json!({
        "ref": format!("refs/tags/{name}"), "before": before, "after": after, "created": is_new,
        "deleted": turn.after.is_none(), "forced": !is_new,
        "base_ref": (is_new && repo.git.branch(MAIN) == Some(after)).then(|| format!("refs/heads/{MAIN}")),
        "compare": format!("{page}/compare/{name}"), "commits": [],
        "head_commit": pushed_commit(state, repo, repo.git.unwrapped(after)),
        "pusher": {"name": PERSON, "email": owner.get("email").cloned().unwrap_or_default()},
    });
    let mut all = vec![event(state, repo, "push", said)];
    if is_new {
        let said = json!({
            "ref": name, "ref_type": "tag", "master_branch": MAIN, "description": null, "pusher_type": "user",
        });
        all.push(event(state, repo, "create", said));
    }
    all
}
