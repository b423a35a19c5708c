//! The JSON of people, repositories, issues, labels and comments.
//! <https://docs.github.com/rest/issues/issues>

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::records::Milestone;
use super::state::{APP, Comment, Issue, Label, MAIN, PERSON, Repo, State, User};

/// Addresses of a repository, each with what follows the repository's own address.
const REPO_URLS: [(&str, &str); 38] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
    ("svn_url", ""),
];

const USER_URLS: [(&str, &str); 10] = [
    ("url", ""),
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
];

/// GitHub writes times without fractions of a second.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Puts the members of `more` into `value`.
pub fn merged(mut value: Value, more: Value) -> Value {
    if let (Some(map), Value::Object(more)) = (value.as_object_mut(), more) {
        map.extend(more);
    }
    value
}

pub fn repo_url(state: &State, repo: &Repo) -> String {
    format!("{}/repos/{}", state.base, repo.full())
}

/// The address for people.
pub fn page_url(state: &State, repo: &Repo) -> String {
    format!("{}/{}", state.base, repo.full())
}

fn user_of(state: &State, user: &User) -> Value {
    // An app's login ends in `[bot]`, and its page is that of the app.
    let own = format!("{}/users/{}", state.base, user.login.replace('[', "%5B").replace(']', "%5D"));
    let page = match user.login.strip_suffix("[bot]") {
        Some(app) => format!("{}/apps/{app}", state.base),
        None => format!("{}/{}", state.base, user.login),
    };
    let mut map: Map<String, Value> =
        USER_URLS.iter().map(|(n, end)| ((*n).into(), json!(format!("{own}{end}")))).collect();
    let more = json!({
        "login": user.login, "id": user.id, "node_id": format!("U_{}", user.id), "type": user.kind,
        "avatar_url": format!("{}/avatars/u/{}", state.base, user.id), "gravatar_id": "",
        "html_url": page, "user_view_type": "public", "site_admin": false,
    });
    map.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(map)
}

/// A person, by login; null for nobody.
pub fn user(state: &State, login: &str) -> Value {
    state.user(login).map_or(Value::Null, |user| user_of(state, user))
}

/// A person with what their page shows.
pub fn profile(state: &State, user: &User) -> Value {
    let at = "2020-01-01T00:00:00Z";
    let more = json!({
        "name": user.name, "email": user.email, "company": null, "blog": "", "location": null, "hireable": null,
        "bio": null, "twitter_username": null, "notification_email": user.email, "public_repos": 0, "public_gists": 0, "followers": 0,
        "following": 0, "created_at": at, "updated_at": at,
    });
    merged(user_of(state, user), more)
}

/// What of a repository does not change.
fn constants() -> Value {
    json!({
        "private": true, "description": null, "fork": false, "homepage": null, "size": 1, "stargazers_count": 0,
        "watchers_count": 0, "language": null, "has_projects": true, "has_downloads": true, "has_wiki": true,
        "has_pages": false, "has_discussions": false, "forks_count": 0, "mirror_url": null, "disabled": false,
        "license": null, "allow_forking": false, "is_template": false, "web_commit_signoff_required": false,
        "topics": [], "visibility": "private", "forks": 0, "watchers": 0,
    })
}

/// A repository as webhooks and pull requests show it.
pub fn repo(state: &State, repo: &Repo) -> Value {
    let (own, page) = (repo_url(state, repo), page_url(state, repo));
    let open = repo.issues.iter().filter(|i| i.is_open).count();
    let mut map: Map<String, Value> =
        REPO_URLS.iter().map(|(n, end)| ((*n).into(), json!(format!("{own}{end}")))).collect();
    let more = json!({
        "id": repo.id, "node_id": format!("R_{}", repo.id), "name": repo.name, "full_name": repo.full(),
        "owner": user(state, &repo.owner), "html_url": page, "has_issues": repo.has_issues, "archived": repo.is_archived,
        "default_branch": MAIN, "open_issues": open, "open_issues_count": open,
        "created_at": stamp(repo.created), "updated_at": stamp(repo.created), "pushed_at": stamp(repo.created),
        "git_url": format!("git://github.com/{}.git", repo.full()),
        "ssh_url": format!("git@github.com:{}.git", repo.full()), "clone_url": format!("{page}.git"),
    });
    map.extend(more.as_object().cloned().unwrap_or_default());
    merged(Value::Object(map), constants())
}

/// A repository as its own address shows it.
pub fn full_repo(state: &State, it: &Repo) -> Value {
    let push = it.can_push;
    let more = json!({
        "permissions": {"admin": false, "maintain": false, "push": push, "triage": push, "pull": true},
        "network_count": 0, "subscribers_count": 0, "organization": user(state, &it.owner), "temp_clone_token": "",
        "allow_squash_merge": true, "allow_merge_commit": true, "allow_rebase_merge": true,
        "allow_auto_merge": false, "delete_branch_on_merge": false, "allow_update_branch": false,
    });
    merged(repo(state, it), more)
}

pub fn label(state: &State, repo: &Repo, label: &Label) -> Value {
    let name = label.name.replace(' ', "%20");
    json!({
        "id": label.id, "node_id": format!("LA_{}", label.id), "url": format!("{}/labels/{name}", repo_url(state, repo)),
        "name": label.name, "color": label.color, "default": false, "description": label.description,
    })
}

pub fn labels(state: &State, repo: &Repo, issue: &Issue) -> Vec<Value> {
    issue.labels.iter().filter_map(|name| repo.label(name)).map(|l| label(state, repo, l)).collect()
}

fn reactions(url: &str) -> Value {
    json!({
        "url": format!("{url}/reactions"), "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "hooray": 0, "confused": 0,
        "heart": 0, "rocket": 0, "eyes": 0,
    })
}

/// `MEMBER` for people; an app or a bot is none.
pub fn association(login: &str) -> &'static str {
    if login.ends_with("[bot]") { "NONE" } else { "MEMBER" }
}

/// The app, where it wrote something.
fn via(state: &State, login: &str) -> Value {
    if login == APP { app(state) } else { Value::Null }
}

/// The app itself.
pub fn app(state: &State) -> Value {
    json!({
        "id": super::jwt::APP_ID, "slug": "lookback", "client_id": "Iv23liLookback", "node_id": "A_4711",
        "owner": user(state, "acme"), "name": "Lookback", "description": "", "external_url": "https://example.com",
        "html_url": format!("{}/apps/lookback", state.base), "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z", "permissions": permissions(), "events": EVENTS,
    })
}

/// What the app hears of.
pub const EVENTS: [&str; 8] = [
    "create",
    "deployment_protection_rule",
    "deployment_status",
    "issues",
    "milestone",
    "pull_request",
    "push",
    "release",
];

/// What the app may do.
pub fn permissions() -> Value {
    json!({
        "actions": "read", "checks": "write", "contents": "write", "deployments": "write", "issues": "write",
        "metadata": "read", "pull_requests": "write", "statuses": "write",
    })
}

pub fn issue(state: &State, repo: &Repo, issue: &Issue) -> Value {
    let (own, page) = (repo_url(state, repo), page_url(state, repo));
    let url = format!("{own}/issues/{}", issue.number);
    let kind = if issue.pull.is_some() { "pull" } else { "issues" };
    let people: Vec<_> = issue.assignees.iter().map(|login| user(state, login)).collect();
    let value = json!({
        "url": url, "repository_url": own, "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"),
        "html_url": format!("{page}/{kind}/{}", issue.number), "id": issue.id, "node_id": format!("I_{}", issue.id),
        "number": issue.number, "title": issue.title, "user": user(state, &issue.user),
        "labels": labels(state, repo, issue), "state": if issue.is_open { "open" } else { "closed" }, "locked": false,
        "assignee": people.first().cloned().unwrap_or_default(), "assignees": people, "milestone": milestone_of(state, repo, issue),
        "comments": issue.comments.len(), "created_at": stamp(issue.created), "updated_at": stamp(issue.updated),
        "closed_at": issue.closed.map(stamp), "author_association": association(&issue.user),
        "active_lock_reason": null, "body": issue.body, "reactions": reactions(&url),
        "closed_by": issue.closed_by.as_deref().map(|login| user(state, login)),
        "timeline_url": format!("{url}/timeline"), "performed_via_github_app": via(state, &issue.user),
        "state_reason": issue.reason,
    });
    let Some(pull) = &issue.pull else { return value };
    let page = format!("{page}/pull/{}", issue.number);
    let part = json!({
        "url": format!("{own}/pulls/{}", issue.number), "html_url": page, "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"), "merged_at": pull.merged_at.map(stamp),
    });
    merged(value, json!({"pull_request": part, "draft": pull.draft}))
}

pub fn comment(state: &State, repo: &Repo, issue: &Issue, comment: &Comment) -> Value {
    let own = repo_url(state, repo);
    let url = format!("{own}/issues/comments/{}", comment.id);
    let kind = if issue.pull.is_some() { "pull" } else { "issues" };
    let page = format!("{}/{kind}/{}#issuecomment-{}", page_url(state, repo), issue.number, comment.id);
    json!({
        "url": url, "html_url": page, "issue_url": format!("{own}/issues/{}", issue.number), "id": comment.id,
        "node_id": format!("IC_{}", comment.id), "user": user(state, &comment.user),
        "created_at": stamp(comment.at), "updated_at": stamp(comment.at), "body": comment.body,
        "author_association": association(&comment.user), "reactions": reactions(&url),
        "performed_via_github_app": via(state, &comment.user),
    })
}

pub fn milestone(state: &State, it: &Repo, milestone: &Milestone) -> Value {
    let (own, page) = (repo_url(state, it), page_url(state, it));
    let number = milestone.number;
    let url = format!("{own}/milestones/{number}");
    let of_it = |is_open: bool| {
        it.issues.iter().filter(|i| i.milestone == Some(number) && i.is_open == is_open && i.is_here()).count()
    };
    json!({
        "url": url, "html_url": format!("{page}/milestone/{number}"), "labels_url": format!("{url}/labels"),
        "id": milestone.id, "node_id": format!("MI_{}", milestone.id), "number": number, "title": milestone.title,
        "description": null, "creator": user(state, PERSON), "open_issues": of_it(true), "closed_issues": of_it(false),
        "state": if milestone.closed.is_some() { "closed" } else { "open" }, "created_at": stamp(milestone.created),
        "updated_at": stamp(milestone.closed.unwrap_or(milestone.created)), "due_on": milestone.due.map(stamp),
        "closed_at": milestone.closed.map(stamp),
    })
}

/// The milestone of an issue, or null.
pub fn milestone_of(state: &State, it: &Repo, issue: &Issue) -> Value {
    let found = issue.milestone.and_then(|number| it.records.milestone(number));
    found.map_or(Value::Null, |found| milestone(state, it, found))
}
