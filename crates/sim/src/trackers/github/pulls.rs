//! Pull requests: made, read, listed, changed.
//! <https://docs.github.com/rest/pulls/pulls>

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, created, custom, invalid, misshapen, missing, not_found, ok};
use super::ask::{Ask, Kind, issue_mut, number, repo, repo_mut};
use super::issues::{body, fresh, title};
use super::page::paged_by;
use super::records::Origin;
use super::shapes_git;
use super::state::{Fate, Issue, Pull, Repo, State};

const RESOURCE: &str = "PullRequest";

fn found(repo: &Repo, number: u64) -> Result<&Issue, Box<Answer>> {
    repo.issue(number).filter(|i| i.pull.is_some() && i.fate == Fate::Here).ok_or_else(not_found)
}

fn shown(state: &State, ask: &Ask, number: u64) -> Result<Value, Box<Answer>> {
    let repo = repo(state, ask)?;
    let issue = found(repo, number)?;
    let pull = issue.pull.as_ref().ok_or_else(not_found)?;
    Ok(shapes_git::pull(state, repo, issue, pull))
}

/// `GET …/pulls/{pull_number}`
pub fn get(state: &mut State, ask: &Ask) -> Outcome {
    ok(shown(state, ask, number(ask, "pull_number")?)?)
}

fn word<'a>(ask: &'a Ask, name: &str, known: &[&'a str]) -> Result<&'a str, Box<Answer>> {
    let given = ask.query(name).unwrap_or(known.first().copied().unwrap_or_default());
    if known.contains(&given) { Ok(given) } else { Err(invalid(RESOURCE, name, &json!(given))) }
}

/// `GET …/pulls`: `head` filters only in the form `owner:branch`.
pub fn list(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let wanted = word(ask, "state", &["open", "closed", "all"])?;
    let sort = word(ask, "sort", &["created", "updated", "popularity", "long-running"])?;
    // The newest come first, unless the list is sorted by something else than age.
    let usual = if sort == "created" { "desc" } else { "asc" };
    let direction = if ask.query("direction").is_some() { word(ask, "direction", &["asc", "desc"])? } else { usual };
    let head = ask.query("head").and_then(|h| h.split_once(':'));
    let of_head = |pull: &Pull| {
        head.is_none_or(|(owner, name)| owner.eq_ignore_ascii_case(repo.head_owner(pull)) && name == pull.head)
    };
    let of_base = |pull: &Pull| ask.query("base").is_none_or(|base| base == pull.base);
    let in_state = |i: &&Issue| i.fate == Fate::Here && (wanted == "all" || i.is_open == (wanted == "open"));
    let pulls = repo.issues.iter().filter(in_state).filter_map(|i| i.pull.as_ref().map(|p| (i, p)));
    let mut pulls: Vec<_> = pulls.filter(|(_, p)| of_head(p) && of_base(p)).collect();
    pulls.sort_by_key(|(i, _)| if sort == "updated" { (i.updated, i.number) } else { (i.created, i.number) });
    if direction == "desc" {
        pulls.reverse();
    }
    paged_by(pulls, ask, &state.base, |(i, p)| shapes_git::listed_pull(state, repo, i, p))
}

/// `GET …/pulls/{pull_number}/commits`: oldest first, and 250 at most.
pub fn commits(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let issue = found(repo, number(ask, "pull_number")?)?;
    let pull = issue.pull.as_ref().ok_or_else(not_found)?;
    let mut all = repo.git.ahead(shapes_git::base_of(repo, issue, pull), &repo.head(issue, pull));
    all.truncate(250);
    paged_by(all, ask, &state.base, |sha| shapes_git::commit(state, repo, &sha))
}

/// `GET …/pulls/{pull_number}/reviews`: oldest first.
pub fn reviews(state: &mut State, ask: &Ask) -> Outcome {
    let repo = repo(state, ask)?;
    let issue = found(repo, number(ask, "pull_number")?)?;
    let all = issue.pull.iter().flat_map(|pull| &pull.reviews).collect();
    paged_by(all, ask, &state.base, |review| super::shapes_work::review(state, repo, issue, review))
}

/// The branch that `head` names: a bare name, or one behind the owner.
fn head_of<'a>(repo: &Repo, head: &'a str) -> Option<&'a str> {
    match head.split_once(':') {
        Some((owner, branch)) => owner.eq_ignore_ascii_case(&repo.owner).then_some(branch),
        None => Some(head),
    }
}

/// The two ends of a new pull request, checked.
fn ends(repo: &Repo, head: &str, base: &str) -> Result<Pull, Box<Answer>> {
    let bad = |field: &str| super::answer::failed(json!({"resource": RESOURCE, "field": field, "code": "invalid"}));
    let base_sha = repo.git.branch(base).ok_or_else(|| bad("base"))?.to_owned();
    let head = head_of(repo, head).ok_or_else(|| bad("head"))?;
    let head_sha = repo.git.branch(head).ok_or_else(|| bad("head"))?.to_owned();
    let is_same = |p: &Pull| p.origin == Origin::Here && p.head == head && p.base == base;
    if repo.issues.iter().any(|i| i.is_open && i.fate == Fate::Here && i.pull.as_ref().is_some_and(is_same)) {
        let words = format!("A pull request already exists for {}:{head}.", repo.owner);
        return Err(custom(RESOURCE, "", &words));
    }
    if repo.git.ahead(&base_sha, &head_sha).is_empty() {
        return Err(custom(RESOURCE, "", &format!("No commits between {base} and {head}")));
    }
    let (head, base) = (head.to_owned(), base.to_owned());
    let (draft, can_modify, origin) = (false, false, Origin::Here);
    let (merged_at, merge_sha, landed, reviews) = (None, None, Vec::new(), Vec::new());
    Ok(Pull { head, base, head_sha, base_sha, draft, can_modify, merged_at, merge_sha, landed, origin, reviews })
}

/// `POST …/pulls`
pub fn create(state: &mut State, ask: &Ask) -> Outcome {
    ask.fields(&[
        ("title", Kind::Text),
        ("head", Kind::Text),
        ("head_repo", Kind::Text),
        ("base", Kind::Text),
        ("body", Kind::Maybe),
        ("maintainer_can_modify", Kind::Flag),
        ("draft", Kind::Flag),
        ("issue", Kind::Number),
    ])?;
    if ask.has("issue") {
        return Err(misshapen("\"issue\" is not supported here."));
    }
    let (head, base) = (ask.need("head")?.to_owned(), ask.need("base")?.to_owned());
    let title = title(ask, RESOURCE)?.ok_or_else(|| missing(RESOURCE, "title"))?;
    let body = body(ask, RESOURCE)?.flatten();
    let flag = |name: &str| ask.body.get(name) == Some(&json!(true));
    let can_modify = flag("maintainer_can_modify");
    let pull = Pull { draft: flag("draft"), can_modify, ..ends(repo(state, ask)?, &head, &base)? };
    let made = fresh(state, ask.repo, title, ask.who.login(), ask.now).ok_or_else(not_found)?;
    let number = made.number;
    repo_mut(state, ask)?.issues.push(Issue { body, pull: Some(pull), ..made });
    created(shown(state, ask, number)?)
}

/// Refuses to open a pull request again whose branch is gone, or is not what it was.
fn reopens(repo: &Repo, issue: &Issue, pull: &Pull) -> Result<(), Box<Answer>> {
    let no = |why: String| Err(custom(RESOURCE, "state", &format!("state cannot be changed. {why}")));
    if pull.merged_at.is_some() {
        return no("The pull request cannot be reopened.".to_owned());
    }
    let Some(sha) = repo.git.branch(&pull.head) else {
        return no(format!("The {} branch has been deleted.", pull.head));
    };
    if !repo.git.ahead(sha, &pull.head_sha).is_empty() {
        return no(format!("The {} branch was force-pushed or recreated.", pull.head));
    }
    if pull.origin != Origin::Here {
        return no("The repository that submitted this pull request has been deleted.".to_owned());
    }
    let twin = |i: &&Issue| i.is_open && i.number != issue.number;
    let twin = repo
        .issues
        .iter()
        .filter(twin)
        .any(|i| i.pull.as_ref().is_some_and(|p| p.head == pull.head && p.base == pull.base));
    if twin {
        no(format!("There is already an open pull request from {} to {}.", pull.head, pull.base))
    } else {
        Ok(())
    }
}

/// `PATCH …/pulls/{pull_number}`
pub fn update(state: &mut State, ask: &Ask) -> Outcome {
    let number = number(ask, "pull_number")?;
    found(repo(state, ask)?, number)?;
    let texts = ["title", "state", "base"].map(|name| (name, Kind::Text));
    let others = [("body", Kind::Maybe), ("maintainer_can_modify", Kind::Flag)];
    ask.fields(&texts.into_iter().chain(others).collect::<Vec<_>>())?;
    let (title, body) = (title(ask, RESOURCE)?, body(ask, RESOURCE)?);
    let it = repo(state, ask)?;
    let issue = found(it, number)?;
    let pull = issue.pull.as_ref().ok_or_else(not_found)?;
    let turn = match ask.text("state") {
        None => None,
        Some("open") => Some(true).filter(|_| !issue.is_open),
        Some("closed") => Some(false).filter(|_| issue.is_open),
        Some(other) => return Err(invalid(RESOURCE, "state", &json!(other))),
    };
    if turn == Some(true) {
        reopens(it, issue, pull)?;
    }
    let base = ask.text("base").unwrap_or(&pull.base).to_owned();
    if it.git.branch(&base).is_none() {
        return Err(invalid(RESOURCE, "base", &json!(base)));
    }
    let head = it.head(issue, pull);
    let login = ask.who.login();
    let issue = issue_mut(state, ask, number)?;
    issue.title = title.unwrap_or_else(|| issue.title.clone());
    issue.body = body.unwrap_or_else(|| issue.body.clone());
    issue.updated = ask.now;
    if let Some(pull) = issue.pull.as_mut() {
        (pull.base, pull.head_sha) = (base, head);
    }
    match turn {
        Some(true) => issue.reopen(ask.now),
        Some(false) => issue.close("", login, ask.now),
        None => {}
    }
    ok(shown(state, ask, number)?)
}
