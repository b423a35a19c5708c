//! Branches, commits, and what lies between two of them.
//! <https://docs.github.com/rest/commits/commits#compare-two-commits>

use chrono::DateTime;
use serde_json::json;

use super::answer::{Answer, Outcome, json as json_answer, not_found, ok, refused};
use super::ask::{Ask, repo};
use super::git::Between;
use super::page::{Page, paged_by};
use super::shapes::{page_url, repo_url};
use super::shapes_git;
use super::state::{MAIN, Repo, State};

/// `GET …/branches/{branch}`
pub fn branch(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let name = ask.param("branch");
    let sha = repo.git.branch(name).ok_or_else(|| refused(404, "Branch not found"))?;
    ok(shapes_git::branch(state, repo, name, sha))
}

fn resolved(repo: &Repo, name: &str) -> Result<String, Box<Answer>> {
    let own = format!("{}:", repo.owner);
    repo.git.resolve(name.strip_prefix(&own).unwrap_or(name)).ok_or_else(not_found)
}

/// `GET …/compare/{basehead}`: oldest first; files on the first page only.
pub fn compare(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let (base_name, head_name) = ask.param("basehead").split_once("...").ok_or_else(not_found)?;
    let (base, head) = (resolved(repo, base_name)?, resolved(repo, head_name)?);
    let Between { fork, ahead, behind } = repo.git.between(&base, &head);
    let none = || refused(404, &format!("No common ancestor between {base_name} and {head_name}."));
    let fork = fork.ok_or_else(none)?;
    let status = match (ahead.is_empty(), behind.is_empty()) {
        (true, true) => "identical",
        (false, true) => "ahead",
        (true, false) => "behind",
        (false, false) => "diverged",
    };
    let is_paged = ask.query("page").is_some() || ask.query("per_page").is_some();
    let page = Page::of(ask);
    let total = ahead.len();
    let shown: Vec<_> =
        if is_paged { page.cut(ahead) } else { ahead.into_iter().skip(total.saturating_sub(250)).collect() };
    let files = if page.number == 1 { repo.git.changes(&fork, &head) } else { Vec::new() };
    let files: Vec<_> = files.iter().take(300).map(|c| shapes_git::file(state, repo, c, &head)).collect();
    let (own, site) = (repo_url(state, repo), page_url(state, repo));
    let span = format!("{base_name}...{head_name}");
    let commits: Vec<_> = shown.iter().map(|sha| shapes_git::commit(state, repo, sha)).collect();
    let body = json!({
        "url": format!("{own}/compare/{span}"), "html_url": format!("{site}/compare/{span}"),
        "permalink_url": format!("{site}/compare/{base}...{head}"), "diff_url": format!("{site}/compare/{span}.diff"),
        "patch_url": format!("{site}/compare/{span}.patch"), "base_commit": shapes_git::commit(state, repo, &base),
        "merge_base_commit": shapes_git::commit(state, repo, &fork), "status": status, "ahead_by": total,
        "behind_by": behind.len(), "total_commits": total, "commits": commits, "files": files,
    });
    let answer = json_answer(200, body);
    Ok(if is_paged { page.linked(answer, ask, &state.base, total) } else { answer })
}

/// `GET …/commits`: newest first.
pub fn list(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    if repo.git.refs.is_empty() {
        return Err(refused(409, "Git Repository is empty."));
    }
    let head = resolved(repo, ask.query("sha").unwrap_or(MAIN))?;
    let time = |name: &str| {
        let at = ask.query(name).map(DateTime::parse_from_rfc3339).transpose();
        at.map_err(|_| refused(400, "Bad Request"))
    };
    let (since, until) = (time("since")?, time("until")?);
    let is_then = |sha: &String| {
        let at = repo.git.commit(sha).map(|c| c.committer.at).unwrap_or_default();
        since.is_none_or(|since| at >= since) && until.is_none_or(|until| at <= until)
    };
    let touches = |sha: &String| {
        let Some(path) = ask.query("path") else { return true };
        let parent = repo.git.commit(sha).and_then(|c| c.parents.first().cloned()).unwrap_or_default();
        let changes = repo.git.changes(&parent, sha);
        changes.iter().any(|c| c.path.starts_with(path))
    };
    let mut all = repo.git.history(&head);
    all.retain(|sha| is_then(sha) && touches(sha));
    paged_by(all, ask, &state.base, |sha| shapes_git::commit(state, repo, &sha))
}

/// `GET …/commits/{ref}`
pub fn get(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let name = ask.param("ref");
    let sha = resolved(repo, name).map_err(|_| refused(422, &format!("No commit found for SHA: {name}")))?;
    ok(shapes_git::whole_commit(state, repo, &sha))
}
