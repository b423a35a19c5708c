//! What people do in GitHub's own web page: close, open again, delete, rename and transfer issues; and push.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::git::{Person, Words};
use super::hooks::{event, transferred};
use super::issues::fresh;
use super::labels::made;
use super::state::{Fate, Issue, MAIN, PERSON, Repo, State};
use super::text;

/// An issue that is here, with its repository's id and its number.
pub fn found(state: &State, id: &str) -> Option<At> {
    let (repo, number) = state.locate(id)?;
    let issue = state.repo(repo)?.issue(number)?;
    (issue.fate == Fate::Here).then_some(At { repo, number })
}

#[derive(Clone, Copy)]
pub struct At {
    pub repo: u64,
    pub number: u64,
}

impl At {
    fn issue(self, state: &mut State) -> Option<&mut Issue> {
        state.repo_mut(self.repo)?.issue_mut(self.number)
    }

    fn event(self, state: &State, action: &str, more: Value) -> Option<Value> {
        let repo = state.repo(self.repo)?;
        Some(event(state, repo, repo.issue(self.number)?, action, more))
    }
}

/// Closes an issue as `completed`, `not_planned` or `duplicate`; nothing happens if it is closed.
pub fn close(state: &mut State, id: &str, how: &str, now: DateTime<Utc>) -> Option<Value> {
    let at = found(state, id)?;
    state.repo_mut(at.repo)?.freeze(at.number);
    let issue = at.issue(state).filter(|i| i.is_open && ["completed", "not_planned", "duplicate"].contains(&how))?;
    issue.close(how, PERSON, now);
    at.event(state, "closed", json!({}))
}

pub fn reopen(state: &mut State, id: &str, now: DateTime<Utc>) -> Option<Value> {
    let at = found(state, id)?;
    at.issue(state).filter(|i| !i.is_open)?.reopen(now);
    at.event(state, "reopened", json!({}))
}

pub fn delete(state: &mut State, id: &str) -> Option<Value> {
    let at = found(state, id)?;
    let event = at.event(state, "deleted", json!({}));
    at.issue(state)?.fate = Fate::Deleted;
    event
}

pub fn edit_title(state: &mut State, id: &str, title: &str, now: DateTime<Utc>) -> Option<Value> {
    let at = found(state, id)?;
    let issue = at.issue(state)?;
    let old = std::mem::replace(&mut issue.title, title.to_owned());
    issue.updated = now;
    at.event(state, "edited", json!({"changes": {"title": {"from": old}}}))
}

/// Transfers an issue to a repository, such as `acme/readonly`. There it gets a new number and a new id.
pub fn transfer(state: &mut State, id: &str, place: &str, now: DateTime<Utc>) -> Option<Value> {
    let at = found(state, id)?;
    let to = state.named(place).filter(|to| to.id != at.repo)?.id;
    let old = at.issue(state)?.clone();
    let made = fresh(state, to, old.title.clone(), &old.user, now)?;
    let dest = state.repo_mut(to)?;
    let number = made.number;
    let labels = old.labels.iter().filter_map(|name| dest.label(name)).map(|l| l.name.clone()).collect();
    dest.issues.push(Issue { id: made.id, number, labels, updated: now, ..old });
    at.issue(state)?.fate = Fate::Moved(to, number);
    let repo = state.repo(at.repo)?;
    transferred(state, repo, repo.issue(at.number)?)
}

/// An event about an issue as it is now, with any action.
pub fn told(state: &State, id: &str, action: &str) -> Option<Value> {
    let (repo, number) = state.locate(id)?;
    let repo = state.repo(repo)?;
    let issue = repo.issue(number)?;
    let more = match action {
        "transferred" => return transferred(state, repo, issue),
        "edited" => json!({"changes": {}}),
        "assigned" | "unassigned" => {
            let login = issue.assignees.first().map_or(PERSON, String::as_str);
            json!({"assignee": super::shapes::user(state, login)})
        }
        _ => json!({}),
    };
    Some(event(state, repo, issue, action, more))
}

/// A person opens an issue; the result is its number.
pub fn open(state: &mut State, repo: &str, login: &str, title: &str, now: DateTime<Utc>) -> Option<u64> {
    let repo = state.named(repo)?.id;
    let issue = fresh(state, repo, title.to_owned(), login, now)?;
    let number = issue.number;
    state.repo_mut(repo)?.issues.push(issue);
    Some(number)
}

/// An issue or pull request gets a label, which is made where the repository has none like it.
pub fn label(state: &mut State, id: &str, label: &str, now: DateTime<Utc>) -> Option<()> {
    let at = found(state, id)?;
    let names = made(state, at.repo, vec![label.to_owned()]);
    let issue = at.issue(state)?;
    let new = names.into_iter().filter(|name| !issue.labels.contains(name)).collect::<Vec<_>>();
    issue.labels.extend(new);
    issue.updated = issue.updated.max(now);
    Some(())
}

/// An issue or pull request gets a milestone, or loses it.
pub fn plan(state: &mut State, id: &str, number: Option<u64>, now: DateTime<Utc>) -> Option<()> {
    let at = found(state, id)?;
    let records = &state.repo(at.repo)?.records;
    if number.is_some_and(|number| records.milestone(number).is_none()) {
        return None;
    }
    let issue = at.issue(state)?;
    (issue.milestone, issue.updated) = (number, issue.updated.max(now));
    Some(())
}

fn person(now: DateTime<Utc>) -> Person {
    Person { name: "Maria".to_owned(), email: "maria@example.com".to_owned(), at: now }
}

/// Somebody's commit on the default branch; the result is its SHA.
pub fn push(state: &mut State, repo: &str, path: &str, bytes: &[u8], now: DateTime<Utc>) -> Option<String> {
    let id = state.named(repo)?.id;
    let words = Words { message: format!("Change {path}"), author: person(now), committer: person(now) };
    Some(state.repo_mut(id)?.git.write(MAIN, path, bytes, words))
}

/// Every text that GitHub reads, with whether it is Markdown: bodies, comments and the titles of pull requests, which
/// become messages of merge commits.
fn texts(repo: &Repo) -> Vec<Text> {
    let mut all = Vec::new();
    let mut add = |text: &str, is_markdown: bool, of_pull: bool| {
        all.push(Text { text: text.to_owned(), is_markdown, of_pull });
    };
    for issue in repo.issues.iter().filter(|i| i.fate == Fate::Here) {
        let is_pull = issue.pull.is_some();
        add(issue.body.as_deref().unwrap_or_default(), true, is_pull);
        issue.comments.iter().for_each(|c| add(&c.body, true, false));
        if is_pull {
            add(&issue.title, false, true);
        }
    }
    for message in repo.git.messages() {
        add(message, false, true);
    }
    all
}

struct Text {
    text: String,
    is_markdown: bool,
    /// It can close issues.
    of_pull: bool,
}

/// Whom the texts of all repositories mention.
pub fn mentions(state: &State) -> Vec<String> {
    state.repos.iter().flat_map(texts).flat_map(|t| text::mentions(&t.text, t.is_markdown)).collect()
}

/// What the texts of all pull requests and commits would close.
pub fn closing_words(state: &State) -> Vec<String> {
    let texts = state.repos.iter().flat_map(texts).filter(|t| t.of_pull);
    texts.flat_map(|t| text::closing(&t.text, t.is_markdown)).collect()
}
