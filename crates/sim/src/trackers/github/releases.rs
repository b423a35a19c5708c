//! Releases and tags.
//! <https://docs.github.com/rest/releases/releases>

use super::answer::{Outcome, not_found, ok};
use super::ask::{Ask, Who, repo};
use super::gitdata::filled;
use super::page::paged_by;
use super::shapes_git;
use super::shapes_work as shapes;
use super::state::State;

/// Only who may push sees drafts.
fn sees_drafts(state: &State, ask: &Ask) -> bool {
    let can_push = state.repo(ask.repo).is_some_and(|r| r.can_push);
    let may = match &ask.who {
        Who::Nobody | Who::App => false,
        Who::Person => true,
        Who::Installation(granted) => granted.get("contents").is_some_and(|level| level == "write"),
    };
    can_push && may
}

/// `GET …/releases`: the newest commit first.
pub fn list(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let all = repo.records.releases.iter();
    let mut all: Vec<_> = all.filter(|r| r.published.is_some() || sees_drafts(state, ask)).collect();
    all.sort_by_key(|r| (r.created, r.id));
    all.reverse();
    paged_by(all, ask, &state.base, |release| shapes::release(state, repo, release))
}

/// `GET …/releases/tags/{tag}`: it finds no drafts.
pub fn by_tag(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let found = repo.records.releases.iter().find(|r| r.published.is_some() && r.tag == ask.param("tag"));
    ok(shapes::release(state, repo, found.ok_or_else(not_found)?))
}

/// `GET …/tags`: by name, the last one first.
pub fn tags(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let all = repo.git.refs.iter().filter_map(|(name, sha)| Some((name.strip_prefix("refs/tags/")?, sha)));
    let all: Vec<_> = all.rev().collect();
    paged_by(all, ask, &state.base, |(name, sha)| shapes::listed_tag(state, repo, name, repo.git.unwrapped(sha)))
}

/// `GET …/git/tags/{tag_sha}`: annotated ones alone.
pub fn git_tag(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    let sha = ask.param("tag_sha");
    ok(shapes::git_tag(state, repo, sha, repo.git.tag(sha).ok_or_else(not_found)?))
}

/// `GET …/commits/{commit_sha}/pulls`: the one that brought the commit; for one that is not on the default branch all
/// that hold it.
pub fn pulls_of(state: &mut State, ask: &Ask) -> Outcome {
    let repo = filled(state, ask)?;
    let name = ask.param("commit_sha");
    let unknown = || super::answer::refused(422, &format!("No commit found for SHA: {name}"));
    let sha = repo.git.resolve(name).ok_or_else(unknown)?;
    let pulls = || repo.issues.iter().filter(|i| i.is_here()).filter_map(|i| i.pull.as_ref().map(|p| (i, p)));
    let mut found: Vec<_> = pulls().filter(|(_, p)| p.landed.contains(&sha)).collect();
    let main = repo.git.branch(super::state::MAIN).unwrap_or_default();
    if found.is_empty() && !repo.git.ahead(main, &sha).is_empty() {
        found = pulls().filter(|(i, p)| i.is_open || p.merged_at.is_some()).collect();
        found.retain(|(i, p)| repo.git.ahead(shapes_git::base_of(repo, i, p), &repo.head(i, p)).contains(&sha));
    }
    paged_by(found, ask, &state.base, |(i, p)| shapes_git::listed_pull(state, repo, i, p))
}
