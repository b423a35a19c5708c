//! The JSON of milestones, releases, tags, deployments, runs of workflows, statuses, checks and reviews.
//! <https://docs.github.com/rest/releases/releases>

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::git::{Person, Tag};
use super::records::{CheckRun, CommitStatus, Deployment, DeploymentStatus, Release, Review, Run};
use super::shapes::{app, association, merged, page_url, repo, repo_url, stamp, user};
use super::shapes_git::unverified;
use super::state::{Issue, MAIN, PERSON, Repo, State};

pub fn release(state: &State, it: &Repo, release: &Release) -> Value {
    let (own, page) = (repo_url(state, it), page_url(state, it));
    let (id, tag) = (release.id, &release.tag);
    let is_draft = release.published.is_none();
    let url = format!("{own}/releases/{id}");
    // Nobody finds a draft by its tag.
    let html =
        if is_draft { format!("{page}/releases/tag/untagged-{id}") } else { format!("{page}/releases/tag/{tag}") };
    json!({
        "url": url, "assets_url": format!("{url}/assets"), "upload_url": format!("{url}/assets{{?name,label}}"),
        "html_url": html, "id": id, "author": user(state, PERSON), "node_id": format!("RE_{id}"), "tag_name": tag,
        "target_commitish": MAIN, "name": tag, "draft": is_draft, "immutable": false,
        "prerelease": release.is_prerelease, "created_at": stamp(release.created),
        "updated_at": stamp(release.published.unwrap_or(release.created)),
        "published_at": release.published.map(stamp), "assets": [],
        "tarball_url": (!is_draft).then(|| format!("{own}/tarball/{tag}")),
        "zipball_url": (!is_draft).then(|| format!("{own}/zipball/{tag}")), "body": release.body,
    })
}

/// A tag as the list of tags shows it: always with its commit.
pub fn listed_tag(state: &State, it: &Repo, name: &str, commit: &str) -> Value {
    let own = repo_url(state, it);
    json!({
        "name": name, "zipball_url": format!("{own}/zipball/refs/tags/{name}"),
        "tarball_url": format!("{own}/tarball/refs/tags/{name}"),
        "commit": {"sha": commit, "url": format!("{own}/commits/{commit}")},
        "node_id": format!("REF_{}", hex::encode(format!("refs/tags/{name}"))),
    })
}

/// An annotated tag as git knows it.
pub fn git_tag(state: &State, it: &Repo, sha: &str, tag: &Tag) -> Value {
    let own = repo_url(state, it);
    let Person { name, email, at } = &tag.tagger;
    json!({
        "node_id": format!("TA_{sha}"), "sha": sha, "url": format!("{own}/git/tags/{sha}"), "tag": tag.name,
        "message": tag.message, "tagger": {"name": name, "email": email, "date": stamp(*at)},
        "object": {"sha": tag.target, "type": "commit", "url": format!("{own}/git/commits/{}", tag.target)},
        "verification": unverified(),
    })
}

pub fn deployment(state: &State, it: &Repo, deployment: &Deployment) -> Value {
    let own = repo_url(state, it);
    let url = format!("{own}/deployments/{}", deployment.id);
    let updated = deployment.statuses.last().map_or(deployment.at, |s| s.at);
    json!({
        "url": url, "id": deployment.id, "node_id": format!("DE_{}", deployment.id), "task": "deploy",
        "original_environment": deployment.environment, "environment": deployment.environment, "description": null,
        "created_at": stamp(deployment.at), "updated_at": stamp(updated), "statuses_url": format!("{url}/statuses"),
        "repository_url": own, "creator": user(state, PERSON), "sha": deployment.sha, "ref": deployment.name,
        "payload": {}, "transient_environment": false,
        "production_environment": deployment.environment == "production", "performed_via_github_app": null,
    })
}

pub fn deployment_status(state: &State, it: &Repo, of: &Deployment, status: &DeploymentStatus) -> Value {
    let own = repo_url(state, it);
    let url = format!("{own}/deployments/{}", of.id);
    let log = format!("{}/actions", page_url(state, it));
    json!({
        "url": format!("{url}/statuses/{}", status.id), "id": status.id, "node_id": format!("DES_{}", status.id),
        "state": status.state, "creator": user(state, PERSON), "description": "", "environment": of.environment,
        "target_url": log, "created_at": stamp(status.at), "updated_at": stamp(status.at), "deployment_url": url,
        "repository_url": own, "environment_url": page_url(state, it), "log_url": log, "performed_via_github_app": null,
    })
}

fn simple_commit(it: &Repo, sha: &str) -> Value {
    let Some(commit) = it.git.commit(sha) else { return Value::Null };
    let person = |who: &Person| json!({"name": who.name, "email": who.email});
    json!({
        "id": sha, "tree_id": commit.tree, "message": commit.message, "timestamp": stamp(commit.committer.at),
        "author": person(&commit.author), "committer": person(&commit.committer),
    })
}

pub fn run(state: &State, it: &Repo, run: &Run) -> Value {
    let (own, page) = (repo_url(state, it), page_url(state, it));
    let url = format!("{own}/actions/runs/{}", run.id);
    let title = it.git.commit(&run.sha).and_then(|c| c.message.lines().next()).unwrap_or_default();
    let links = json!({
        "url": url, "html_url": format!("{page}/actions/runs/{}", run.id), "jobs_url": format!("{url}/jobs"),
        "logs_url": format!("{url}/logs"), "check_suite_url": format!("{own}/check-suites/{}", run.id),
        "artifacts_url": format!("{url}/artifacts"), "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"), "previous_attempt_url": null,
        "workflow_url": format!("{own}/actions/workflows/1"),
    });
    let file = run.name.to_lowercase().replace(' ', "-");
    let value = json!({
        "id": run.id, "name": run.name, "node_id": format!("WFR_{}", run.id), "head_branch": run.branch,
        "head_sha": run.sha, "path": format!(".github/workflows/{file}.yml"), "display_title": title,
        "run_number": run.number, "run_attempt": 1, "event": run.event, "status": run.status,
        "conclusion": run.conclusion, "workflow_id": 1, "check_suite_id": run.id,
        "check_suite_node_id": format!("CS_{}", run.id), "pull_requests": [], "created_at": stamp(run.started),
        "updated_at": stamp(run.updated), "actor": user(state, PERSON), "triggering_actor": user(state, PERSON),
        "run_started_at": stamp(run.started), "referenced_workflows": [], "head_commit": simple_commit(it, &run.sha),
        "repository": repo(state, it), "head_repository": repo(state, it),
    });
    merged(value, links)
}

pub fn status(state: &State, it: &Repo, status: &CommitStatus) -> Value {
    let by = user(state, &status.by);
    json!({
        "url": format!("{}/statuses/{}", repo_url(state, it), status.sha), "avatar_url": by.get("avatar_url"),
        "id": status.id, "node_id": format!("SC_{}", status.id), "state": status.state,
        "description": status.description, "target_url": status.target, "context": status.context,
        "created_at": stamp(status.at), "updated_at": stamp(status.at), "creator": by,
    })
}

pub fn check(state: &State, it: &Repo, check: &CheckRun) -> Value {
    let (own, page) = (repo_url(state, it), page_url(state, it));
    let url = format!("{own}/check-runs/{}", check.id);
    let time = |at: Option<DateTime<Utc>>| at.map(stamp);
    json!({
        "id": check.id, "head_sha": check.sha, "node_id": format!("CR_{}", check.id), "external_id": check.external,
        "url": url, "html_url": format!("{page}/runs/{}", check.id),
        "details_url": check.details.as_deref().unwrap_or("https://example.com"), "status": check.status,
        "conclusion": check.conclusion, "started_at": time(check.started), "completed_at": time(check.completed),
        "output": {
            "title": check.title, "summary": check.summary, "text": check.text, "annotations_count": 0,
            "annotations_url": format!("{url}/annotations"),
        },
        "name": check.name, "check_suite": {"id": check.id}, "app": app(state), "pull_requests": [],
    })
}

pub fn review(state: &State, it: &Repo, issue: &Issue, review: &Review) -> Value {
    let page = format!("{}/pull/{}#pullrequestreview-{}", page_url(state, it), issue.number, review.id);
    let pull = format!("{}/pulls/{}", repo_url(state, it), issue.number);
    json!({
        "id": review.id, "node_id": format!("PRR_{}", review.id), "user": user(state, &review.user), "body": "",
        "state": review.state, "html_url": page, "pull_request_url": pull,
        "author_association": association(&review.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull}}, "submitted_at": stamp(review.at),
        "commit_id": review.commit,
    })
}
