//! The JSON of commits, branches, comparisons and pull requests.
//! <https://docs.github.com/rest/pulls/pulls>

use serde_json::{Value, json};

use super::git::{Between, Change, Commit, Git, Person};
use super::records::{Origin, Records};
use super::shapes::{association, labels, merged, milestone_of, page_url, repo, repo_url, stamp, user};
use super::state::{Issue, Pull, Repo, State};

pub fn unverified() -> Value {
    json!({"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null})
}

fn person(who: &Person) -> Value {
    json!({"name": who.name, "email": who.email, "date": stamp(who.at)})
}

/// A commit as git knows it.
pub fn git_commit(state: &State, repo: &Repo, sha: &str, commit: &Commit) -> Value {
    let (own, page) = (repo_url(state, repo), page_url(state, repo));
    let parent = |sha: &String| json!({"sha": sha, "url": format!("{own}/git/commits/{sha}"), "html_url": format!("{page}/commit/{sha}")});
    json!({
        "sha": sha, "node_id": format!("C_{sha}"), "url": format!("{own}/git/commits/{sha}"),
        "html_url": format!("{page}/commit/{sha}"), "author": person(&commit.author),
        "committer": person(&commit.committer), "message": commit.message,
        "tree": {"sha": commit.tree, "url": format!("{own}/git/trees/{}", commit.tree)},
        "parents": commit.parents.iter().map(parent).collect::<Vec<_>>(), "verification": unverified(),
    })
}

/// A commit with the people whose addresses it carries; null where an address belongs to nobody.
pub fn commit(state: &State, repo: &Repo, sha: &str) -> Value {
    let Some(commit) = repo.git.commit(sha) else { return Value::Null };
    let (own, page) = (repo_url(state, repo), page_url(state, repo));
    let known = |who: &Person| state.by_email(&who.email).map(|u| user(state, &u.login));
    let parent = |sha: &String| json!({"sha": sha, "url": format!("{own}/commits/{sha}"), "html_url": format!("{page}/commit/{sha}")});
    json!({
        "sha": sha, "node_id": format!("C_{sha}"), "url": format!("{own}/commits/{sha}"),
        "html_url": format!("{page}/commit/{sha}"), "comments_url": format!("{own}/commits/{sha}/comments"),
        "author": known(&commit.author), "committer": known(&commit.committer),
        "parents": commit.parents.iter().map(parent).collect::<Vec<_>>(),
        "commit": {
            "author": person(&commit.author), "committer": person(&commit.committer), "message": commit.message,
            "tree": {"sha": commit.tree, "url": format!("{own}/git/trees/{}", commit.tree)},
            "url": format!("{own}/git/commits/{sha}"), "comment_count": 0, "verification": unverified(),
        },
    })
}

/// Lines that came and went, told from what both texts begin and end with.
struct Lines {
    added: usize,
    removed: usize,
}

fn lines(repo: &Repo, change: &Change) -> Lines {
    let bytes = |sha: &Option<String>| sha.as_deref().and_then(|s| repo.git.blob(s)).unwrap_or_default();
    let old: Vec<_> = bytes(&change.before).split_inclusive(|b| *b == b'\n').collect();
    let new: Vec<_> = bytes(&change.after).split_inclusive(|b| *b == b'\n').collect();
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    Lines { added: new.len() - start - end, removed: old.len() - start - end }
}

/// A commit as its own address shows it: with its files, of which GitHub shows 300 on a page.
pub fn whole_commit(state: &State, repo: &Repo, sha: &str) -> Value {
    let parent = repo.git.commit(sha).and_then(|c| c.parents.first()).map(String::as_str).unwrap_or_default();
    let changes = repo.git.changes(parent, sha);
    let counts: Vec<_> = changes.iter().map(|c| lines(repo, c)).collect();
    let added: usize = counts.iter().map(|c| c.added).sum();
    let removed: usize = counts.iter().map(|c| c.removed).sum();
    let files: Vec<_> = changes.iter().take(300).map(|c| file(state, repo, c, sha)).collect();
    let stats = json!({"additions": added, "deletions": removed, "total": added + removed});
    merged(commit(state, repo, sha), json!({"stats": stats, "files": files}))
}

/// A file that a comparison names.
pub fn file(state: &State, repo: &Repo, change: &Change, head: &str) -> Value {
    let page = page_url(state, repo);
    let status = match (&change.before, &change.after) {
        (None, _) => "added",
        (_, None) => "removed",
        (Some(_), Some(_)) => "modified",
    };
    let path = &change.path;
    let count = lines(repo, change);
    json!({
        "sha": change.after.as_ref().or(change.before.as_ref()), "filename": path, "status": status,
        "additions": count.added, "deletions": count.removed, "changes": count.added + count.removed,
        "blob_url": format!("{page}/blob/{head}/{path}"), "raw_url": format!("{page}/raw/{head}/{path}"),
        "contents_url": format!("{}/contents/{path}?ref={head}", repo_url(state, repo)),
    })
}

pub fn branch(state: &State, it: &Repo, name: &str, sha: &str) -> Value {
    let own = format!("{}/branches/{name}", repo_url(state, it));
    let is_protected = it.is_protected && name == super::state::MAIN;
    json!({
        "name": name, "commit": commit(state, it, sha), "protected": is_protected,
        "_links": {"self": own, "html": format!("{}/tree/{name}", page_url(state, it))},
        "protection": {
            "enabled": is_protected,
            "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
        },
        "protection_url": format!("{own}/protection"),
    })
}

pub fn reference(state: &State, repo: &Repo, name: &str, sha: &str) -> Value {
    let own = repo_url(state, repo);
    let kind = if repo.git.tag(sha).is_some() { "tag" } else { "commit" };
    json!({
        "ref": name, "node_id": format!("REF_{}", hex::encode(name)), "url": format!("{own}/git/{name}"),
        "object": {"type": kind, "sha": sha, "url": format!("{own}/git/{kind}s/{sha}")},
    })
}

fn end(state: &State, it: &Repo, branch: &str, sha: &str) -> Value {
    json!({
        "label": format!("{}:{branch}", it.owner), "ref": branch, "sha": sha, "user": user(state, &it.owner),
        "repo": repo(state, it),
    })
}

/// The end with the change, which may lie in a fork, or in one that was deleted.
fn head_end(state: &State, it: &Repo, pull: &Pull, sha: &str) -> Value {
    let owner = match &pull.origin {
        Origin::Here => return end(state, it, &pull.head, sha),
        Origin::Fork(owner) | Origin::Gone(owner) => owner,
    };
    let from = if matches!(pull.origin, Origin::Gone(_)) { Value::Null } else { fork(state, it, owner) };
    json!({
        "label": format!("{owner}:{}", pull.head), "ref": pull.head, "sha": sha, "user": user(state, owner),
        "repo": from,
    })
}

/// The fork of a repository that belongs to somebody else.
fn fork(state: &State, it: &Repo, owner: &str) -> Value {
    let like = Repo {
        id: it.id * 1000 + state.user(owner).map_or(0, |u| u.id % 1000),
        owner: owner.to_owned(),
        name: it.name.clone(),
        is_hidden: it.is_hidden,
        is_archived: false,
        has_issues: false,
        can_push: false,
        is_protected: false,
        assignable: Vec::new(),
        labels: Vec::new(),
        issues: Vec::new(),
        last_number: 0,
        created: it.created,
        git: Git::default(),
        records: Records::default(),
    };
    merged(repo(state, &like), json!({"fork": true}))
}

fn links(own: &str, page: &str, issue: &Issue, head: &str) -> Value {
    let number = issue.number;
    let href = |href: String| json!({"href": href});
    json!({
        "self": href(format!("{own}/pulls/{number}")), "html": href(format!("{page}/pull/{number}")),
        "issue": href(format!("{own}/issues/{number}")), "comments": href(format!("{own}/issues/{number}/comments")),
        "review_comments": href(format!("{own}/pulls/{number}/comments")),
        "review_comment": href(format!("{own}/pulls/comments{{/number}}")),
        "commits": href(format!("{own}/pulls/{number}/commits")), "statuses": href(format!("{own}/statuses/{head}")),
    })
}

/// The base's commit: where its branch is now, or where it was when the pull request was closed.
pub fn base_of<'a>(it: &'a Repo, issue: &Issue, pull: &'a Pull) -> &'a str {
    let live = issue.is_open.then(|| it.git.branch(&pull.base)).flatten();
    live.unwrap_or(&pull.base_sha)
}

/// A pull request as the list shows it.
pub fn listed_pull(state: &State, it: &Repo, issue: &Issue, pull: &Pull) -> Value {
    let (own, page) = (repo_url(state, it), page_url(state, it));
    let head = it.head(issue, pull);
    let (url, html) = (format!("{own}/pulls/{}", issue.number), format!("{page}/pull/{}", issue.number));
    let people: Vec<_> = issue.assignees.iter().map(|login| user(state, login)).collect();
    let base = base_of(it, issue, pull);
    let more = json!({
        "url": url, "id": issue.id, "node_id": format!("PR_{}", issue.id), "html_url": html,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
        "issue_url": format!("{own}/issues/{}", issue.number), "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"), "statuses_url": format!("{own}/statuses/{head}"),
        "review_comment_url": format!("{own}/pulls/comments{{/number}}"),
        "comments_url": format!("{own}/issues/{}/comments", issue.number),
    });
    let value = json!({
        "number": issue.number, "state": if issue.is_open { "open" } else { "closed" }, "locked": false,
        "title": issue.title, "user": user(state, &issue.user), "body": issue.body,
        "labels": labels(state, it, issue), "milestone": milestone_of(state, it, issue), "active_lock_reason": null,
        "created_at": stamp(issue.created), "updated_at": stamp(issue.updated), "closed_at": issue.closed.map(stamp),
        "merged_at": pull.merged_at.map(stamp), "merge_commit_sha": pull.merge_sha,
        "assignee": people.first().cloned().unwrap_or_default(), "assignees": people, "requested_reviewers": [],
        "requested_teams": [], "draft": pull.draft, "head": head_end(state, it, pull, &head), "base": end(state, it, &pull.base, base),
        "_links": links(&own, &page, issue, &head), "author_association": association(&issue.user), "auto_merge": null,
    });
    merged(value, more)
}

/// A pull request as its own address shows it.
pub fn pull(state: &State, it: &Repo, issue: &Issue, pull: &Pull) -> Value {
    let head = it.head(issue, pull);
    let Between { fork, ahead, .. } = it.git.between(base_of(it, issue, pull), &head);
    let fork = fork.unwrap_or_default();
    let changes = it.git.changes(&fork, &head);
    let counts: Vec<_> = changes.iter().map(|c| lines(it, c)).collect();
    let is_merged = pull.merged_at.is_some();
    let more = json!({
        "merged": is_merged, "mergeable": if is_merged { Value::Null } else { json!(true) },
        "rebaseable": if is_merged { Value::Null } else { json!(true) },
        "mergeable_state": if is_merged { "unknown" } else { "clean" },
        "merged_by": issue.closed_by.as_deref().filter(|_| is_merged).map(|login| user(state, login)),
        "comments": issue.comments.len(), "review_comments": 0, "maintainer_can_modify": pull.can_modify,
        "commits": ahead.len(), "changed_files": changes.len(),
        "additions": counts.iter().map(|c| c.added).sum::<usize>(),
        "deletions": counts.iter().map(|c| c.removed).sum::<usize>(),
    });
    merged(listed_pull(state, it, issue, pull), more)
}
