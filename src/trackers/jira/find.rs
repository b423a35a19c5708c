//! How tickets are found by their marker, and read by their ids.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::adf::{text_of, word};
use super::client::Jira;
use super::standing::{FIELDS, read};
use crate::trackers::{Fault, Issue};

/// How many tickets one call reads at most.
/// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-bulkfetch-post>
const BATCH: usize = 100;

/// How many pages of a search are read. A marker is in one or two tickets.
const PAGES: usize = 10;

/// How far Jira's clock may be off ours.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// A page of a search.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    issues: Vec<Value>,
    #[serde(default)]
    next_page_token: Option<String>,
    #[serde(default)]
    is_last: Option<bool>,
}

/// A batch that was asked for by ids.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fetched {
    #[serde(default)]
    issues: Vec<Value>,
    #[serde(default)]
    issue_errors: Vec<Value>,
}

impl Jira {
    /// Tickets with this marker that this account made at or after `since`, the elder first. The search lags behind by
    /// seconds to minutes: <https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile>
    pub async fn find(&self, marker: &str, since: DateTime<Utc>) -> Result<Vec<Issue>, Fault> {
        let (site, account) = (self.site().await?, self.account().await?);
        let mut found: Vec<(DateTime<Utc>, Issue)> = Vec::new();
        let word = word(marker);
        // Jira reads the time in the zone of the account, so this looks a day further back. There is no clause for the project:
        // the ticket may have been moved, and one for a project that is gone fails.
        let day_before = (since - TimeDelta::days(1)).format("%Y-%m-%d %H:%M");
        let jql = format!("text ~ \"{word}\" AND created >= \"{day_before}\"");
        let mut after = None;
        for _ in 0..PAGES {
            let page = self.page(&jql, after.as_deref()).await?;
            for bean in &page.issues {
                found.extend(ours(&site, &account, &word, bean));
            }
            after = page.next_page_token.filter(|_| page.is_last != Some(true));
            if after.is_none() {
                break;
            }
        }
        if found.is_empty() {
            // An empty list is what a stranger gets, too.
            self.myself().await?;
        }
        found.retain(|(created, _)| *created >= since - SKEW);
        found.sort_by(|(at, one), (then, other)| at.cmp(then).then_with(|| number(&one.id).cmp(&number(&other.id))));
        Ok(found.into_iter().map(|(_, issue)| issue).collect())
    }

    /// A page of a search: the first, or the one after a token.
    async fn page(&self, jql: &str, after: Option<&str>) -> Result<Found, Fault> {
        let mut body = json!({
            "jql": jql,
            "fields": ["status", "resolution", "description", "creator", "created"],
            "maxResults": 50,
        });
        if let (Some(body), Some(after)) = (body.as_object_mut(), after) {
            body.insert("nextPageToken".to_owned(), json!(after));
        }
        self.ask(&["search", "jql"], &body).await
    }

    /// Where the tickets of these ids stand; `None` of one that is deleted or hidden. One whose answer cannot be read is left out.
    pub async fn read(&self, ids: &[String]) -> Result<BTreeMap<String, Option<Issue>>, Fault> {
        let is_id = |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let (asked, odd): (BTreeSet<&str>, BTreeSet<&str>) = ids.iter().map(String::as_str).partition(|id| is_id(id));
        let mut all: BTreeMap<String, Option<Issue>> = odd.into_iter().map(|id| (id.to_owned(), None)).collect();
        if asked.is_empty() {
            return Ok(all);
        }
        let site = self.site().await?;
        let asked: Vec<&str> = asked.into_iter().collect();
        let mut batches: Vec<&[&str]> = asked.chunks(BATCH).collect();
        while let Some(batch) = batches.pop() {
            match self.fetch(&site, batch).await {
                Ok(read) => all.extend(read),
                // One id at fault must not hide the state of the others.
                Err(Fault::Refused(_)) if batch.len() > 1 => {
                    let (some, others) = batch.split_at(batch.len() / 2);
                    batches.extend([some, others]);
                }
                Err(Fault::Refused(_)) => all.extend(batch.iter().map(|id| ((*id).to_owned(), None))),
                Err(fault) => return Err(fault),
            }
        }
        if all.values().any(Option::is_none) {
            // To a stranger every ticket is hidden.
            self.myself().await?;
        }
        Ok(all)
    }

    /// One batch. An id of which nothing readable came back is left out.
    async fn fetch(&self, site: &str, ids: &[&str]) -> Result<BTreeMap<String, Option<Issue>>, Fault> {
        let body = json!({"issueIdsOrKeys": ids, "fields": FIELDS});
        let fetched: Fetched = self.ask(&["issue", "bulkfetch"], &body).await?;
        let missing: BTreeSet<&str> =
            fetched.issue_errors.iter().filter_map(|error| error.get("id")?.as_str()).collect();
        let mut states = BTreeMap::new();
        for id in ids {
            let is_it =
                |bean: &&Value| ["id", "key"].iter().any(|name| bean.get(name).and_then(Value::as_str) == Some(*id));
            let state = match fetched.issues.iter().find(is_it) {
                Some(bean) => read(site, bean).map(Some),
                None if missing.contains(id) => Some(None),
                None => self.alone(site, id).await?,
            };
            states.extend(state.map(|state| ((*id).to_owned(), state)));
        }
        Ok(states)
    }

    /// One ticket of which a batch says nothing at all: only a call for it alone tells that it is gone.
    async fn alone(&self, site: &str, id: &str) -> Result<Option<Option<Issue>>, Fault> {
        let bean: Result<Value, Fault> = self.get(&["issue", id], &[("fields", &FIELDS.join(","))]).await;
        match bean {
            Ok(bean) => Ok(read(site, &bean).map(Some)),
            Err(Fault::Gone) => Ok(Some(None)),
            Err(fault) => Err(fault),
        }
    }
}

/// A ticket of a search and when it was made, if this account made it and its description holds the word. A person's copy
/// of it holds the word, too.
fn ours(site: &str, account: &str, word: &str, bean: &Value) -> Option<(DateTime<Utc>, Issue)> {
    let fields = bean.get("fields")?;
    let is_ours = fields.pointer("/creator/accountId")?.as_str()? == account;
    let holds = text_of(fields.get("description")?).contains(word);
    let created = time(fields.get("created")?.as_str()?)?;
    if is_ours && holds { Some((created, read(site, bean)?)) } else { None }
}

/// Jira writes `2026-11-28T15:00:00.000+0000`.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let read = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").or_else(|_| DateTime::parse_from_rfc3339(text));
    read.ok().map(|time| time.to_utc())
}

fn number(id: &str) -> u64 {
    id.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_and_a_mention_are_not_ours() {
        let bean = |creator: &str, text: &str| {
            json!({"id": "7", "key": "OPS-7", "fields": {
                "status": {"name": "To Do", "statusCategory": {"key": "new"}}, "resolution": null,
                "creator": {"accountId": creator}, "created": "2026-11-28T15:00:00.000+0100",
                "description": {"type": "doc", "version": 1, "content": [
                    {"type": "paragraph", "content": [{"type": "text", "text": text}]}]}}})
        };
        let of = |bean: &Value| ours("https://a.example", "me", "lookbackab", bean);
        let (created, issue) = of(&bean("me", "Filed by Lookback (lookbackab)")).unwrap();
        assert_eq!((created.to_rfc3339().as_str(), issue.seen.key.as_str()), ("2026-11-28T14:00:00+00:00", "OPS-7"));
        assert_eq!(of(&bean("you", "Filed by Lookback (lookbackab)")), None);
        assert_eq!(of(&bean("me", "lookback ab")), None);
        assert_eq!(of(&json!({"id": "7"})), None);
    }
}
