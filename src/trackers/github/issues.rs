//! Issues filed, found again and looked at.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::client::GitHub;
use super::door::{Ask, next_page, read};
use super::issue::{HIGH, Id, Raw, body, comment, title};
use crate::trackers::{Fault, Issue, Problem};
use lookback_core::model::item::Priority;
use lookback_core::model::ticket::{Draft, Repository};

/// How far GitHub's clock may be behind the bot's.
const SKEW: TimeDelta = TimeDelta::minutes(10);

/// A search for a marker reads so many pages of 100 issues; beyond them nothing is certain.
const FIND_PAGES: usize = 100;

/// A look for changes reads so many pages.
const CHANGED_PAGES: usize = 10;

/// What may be left out of an issue, as its text tells it in words.
pub(super) struct Wishes {
    pub assignees: Option<Vec<String>>,
    pub labels: Option<Vec<String>>,
}

impl Wishes {
    pub fn put(&self, fields: &mut Map<String, Value>) {
        if let Some(assignees) = &self.assignees {
            fields.insert("assignees".to_owned(), json!(assignees));
        }
        if let Some(labels) = &self.labels {
            fields.insert("labels".to_owned(), json!(labels));
        }
    }

    /// Gives up what GitHub complains about; whether there was anything to give up.
    pub fn forgo(&mut self, problems: &[Problem]) -> bool {
        let about =
            |what: &str| problems.iter().any(|p| format!("{} {}", p.field, p.words).to_lowercase().contains(what));
        let assignees = about("assignee") && self.assignees.take().is_some();
        let labels = about("label") && self.labels.take().is_some();
        assignees || labels
    }
}

/// Issues that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub issues: Vec<Issue>,
    /// Set if there are more: changes were read up to this time.
    pub until: Option<DateTime<Utc>>,
}

impl GitHub {
    /// Files a ticket. What GitHub refuses of owner and labels is left out; without the right to push it drops both
    /// silently.
    /// <https://docs.github.com/rest/issues/issues#create-an-issue>
    pub async fn create(&self, repo: &Repository, draft: &Draft, marker: &str) -> Result<Issue, Fault> {
        let mut wishes = Wishes {
            assignees: draft.assignee.clone().map(|login| vec![login]),
            labels: Some(labels(draft)).filter(|l| !l.is_empty()),
        };
        loop {
            let mut fields = Map::new();
            fields.insert("title".to_owned(), json!(title(&draft.title)));
            fields.insert("body".to_owned(), json!(body(&draft.parts, marker)));
            wishes.put(&mut fields);
            let answer = self.answer(repo, &Ask::post(format!("/repos/{repo}/issues"), Value::Object(fields))).await?;
            if answer.status == StatusCode::GONE {
                return Err(Fault::Refused(vec![Problem::new("", "Issues are turned off")]));
            }
            match self.door.judged(answer) {
                Ok(answer) => return read::<Raw>(&answer)?.issue(),
                Err(Fault::Refused(problems)) if wishes.forgo(&problems) => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// The tickets with this marker that this account filed since then, elder first. The list of issues reads the
    /// database; GitHub's search would lag.
    /// <https://docs.github.com/rest/issues/issues#list-repository-issues>
    pub async fn find(
        &self,
        repo: &Repository,
        marker: &str,
        since: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> Result<Vec<Issue>, Fault> {
        let me = self.me().await?;
        let since = stamp(since - SKEW);
        let query =
            [("state", "all"), ("since", &since), ("creator", me), ("sort", "created"), ("direction", "asc"), PER_PAGE];
        let is_enough = |last: &Raw| until.is_some_and(|until| last.created_at > until + SKEW);
        let (all, is_whole) = self.list(repo, &query, FIND_PAGES, is_enough).await?;
        if !is_whole {
            return Err(Fault::Unclear);
        }
        let marker = comment(marker);
        let is_mine =
            |raw: &Raw| raw.is_issue() && raw.user.as_ref().is_some_and(|user| user.login.eq_ignore_ascii_case(me));
        let holds = |raw: &Raw| raw.body.as_ref().is_some_and(|body| body.contains(&marker));
        let mut found: Vec<Raw> = all.into_iter().filter(|raw| is_mine(raw) && holds(raw)).collect();
        found.sort_by_key(|raw| raw.created_at);
        found.iter().map(Raw::issue).collect()
    }

    /// How tickets stand now, by the ids that they were asked for; `None`: deleted, or hidden from this token. A ticket that
    /// GitHub fails to show is left out, unless it fails for each.
    pub async fn read(&self, ids: &[String]) -> Result<BTreeMap<String, Option<Issue>>, Fault> {
        let mut seen = BTreeMap::new();
        let mut failed = None;
        for id in ids {
            let found = match Id::read(id) {
                Some(id) => self.fetch(&id).await.and_then(|raw| raw.issue()),
                None => Err(Fault::Gone),
            };
            match found {
                Ok(issue) => _ = seen.insert(id.clone(), Some(issue)),
                Err(Fault::Gone) => _ = seen.insert(id.clone(), None),
                Err(fault @ (Fault::NotSent | Fault::Limited(_) | Fault::Token)) => return Err(fault),
                Err(fault @ (Fault::Unclear | Fault::Forbidden | Fault::Conflict | Fault::Refused(_))) => {
                    failed = Some(fault);
                }
            }
        }
        match failed {
            Some(fault) if seen.is_empty() => Err(fault),
            Some(_) | None => Ok(seen),
        }
    }

    /// The issues of a repository that changed since then, the oldest change first; at most 1000, counting pull requests.
    pub async fn changed(&self, repo: &Repository, since: DateTime<Utc>) -> Result<Changed, Fault> {
        let stamp = stamp(since);
        let query = [("state", "all"), ("since", &stamp), ("sort", "updated"), ("direction", "asc"), PER_PAGE];
        let (all, is_whole) = self.list(repo, &query, CHANGED_PAGES, |_| false).await?;
        // If more than so many changed within one second, the rest are skipped: the next look would find the same ones.
        let until = all.last().map(|last| last.updated_at.max(since + TimeDelta::seconds(1)));
        let issues: Result<_, Fault> = all.iter().filter(|raw| raw.is_issue()).map(Raw::issue).collect();
        Ok(Changed { issues: issues?, until: until.filter(|_| !is_whole) })
    }

    /// The issue, wherever it is now.
    pub(super) async fn fetch(&self, id: &Id) -> Result<Raw, Fault> {
        read(&self.send(&id.repo, &Ask::get(id.path())).await?)
    }

    /// Issues and pull requests of at most so many pages, until the last of a page is enough; whether that is all.
    async fn list(
        &self,
        repo: &Repository,
        query: &[(&str, &str)],
        pages: usize,
        is_enough: impl Fn(&Raw) -> bool + Send,
    ) -> Result<(Vec<Raw>, bool), Fault> {
        let query = serde_urlencoded::to_string(query).map_err(|_| Fault::NotSent)?;
        let mut next = Some(format!("/repos/{repo}/issues?{query}"));
        let mut all = Vec::new();
        for _ in 0..pages {
            let Some(at) = next else { break };
            let answer = self.send(repo, &Ask::get(at)).await?;
            let page: Vec<Raw> = read(&answer)?;
            next = next_page(&answer).filter(|_| !page.last().is_some_and(&is_enough));
            all.extend(page);
        }
        Ok((all, next.is_none()))
    }
}

const PER_PAGE: (&str, &str) = ("per_page", "100");

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The labels of a new ticket, each once.
fn labels(draft: &Draft) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let high = (draft.priority == Priority::High).then_some(HIGH);
    for label in draft.labels.iter().map(|label| label.trim()).chain(high) {
        // GitHub tells labels apart by their letters only.
        if !label.is_empty() && !all.iter().any(|l| l.to_lowercase() == label.to_lowercase()) {
            all.push(label.to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_complained_about_is_given_up() {
        let mut wishes = Wishes { assignees: Some(vec!["ben".into()]), labels: Some(vec!["retro".into()]) };
        assert!(!wishes.forgo(&[Problem::new("title", "is too long")]));
        assert!(wishes.forgo(&[Problem::new("assignees", "invalid")]));
        assert!(wishes.assignees.is_none() && wishes.labels.is_some());
        assert!(!wishes.forgo(&[Problem::new("assignees", "invalid")]));
        assert!(wishes.forgo(&[Problem::new("", "Label is too long")]));
    }

    #[test]
    fn labels_are_there_once() {
        let draft = Draft {
            title: String::new(),
            parts: Vec::new(),
            assignee: None,
            due: None,
            priority: Priority::High,
            labels: ["retro", "Needs care", " Retro ", ""].map(str::to_owned).to_vec(),
        };
        assert_eq!(labels(&draft), ["retro", "Needs care", "priority:high"]);
        assert_eq!(labels(&Draft { priority: Priority::Low, ..draft }), ["retro", "Needs care"]);
    }
}
