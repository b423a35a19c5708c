//! The history of a release, read from its repository call by call, so that a long reading can stop and continue later.
//!
//! <https://docs.github.com/rest/releases/releases>, <https://docs.github.com/rest/commits/commits#compare-two-commits>,
//! <https://docs.github.com/rest/pulls/pulls>, <https://docs.github.com/rest/deployments/deployments>,
//! <https://docs.github.com/rest/actions/workflow-runs>, <https://docs.github.com/rest/issues/issues>

use super::client::GitHub;
use super::commit::or_none;
use super::door::{escaped, next_page, read};
use super::raw;
use super::reading::{Reading, Step, Went};
use crate::trackers::Fault;
use chrono::{DateTime, SecondsFormat, Utc};
use lookback_core::model::ticket::Repository;
use lookback_core::retro::release::history::{Deployment, Run};
use lookback_core::retro::release::{changelog, tags};

/// Pages of a list: 10,000 commits, pull requests or issues.
const PAGES: usize = 100;

/// Deployments that are looked at one by one.
const DEPLOYMENTS: usize = 30;

impl GitHub {
    /// Makes the next call of a reading. After a fault the same call comes next.
    pub async fn read_on(&self, reading: &mut Reading) -> Result<Went, Fault> {
        let Some(repo) = Repository::read(&reading.place.repository) else { return Ok(Went::NoRepository) };
        match reading.step.clone() {
            Step::Tags => return self.tags(&repo, reading).await,
            Step::Release => {
                let path = format!("/repos/{repo}/releases/tags/{}", escaped(&reading.history.tag));
                let found: Option<raw::Release> = or_none(self.get(&repo, path).await)?;
                let found = found.filter(|r| !r.draft);
                let notes = found.as_ref().and_then(|r| r.body.as_deref()).unwrap_or_default();
                reading.history.notes = changelog::read(notes, &reading.history.tag, true).unwrap_or_default();
                reading.history.published = found.filter(|r| !r.prerelease).and_then(|r| r.published_at);
                reading.step = reading.next_commit();
            }
            Step::Commit { tag } => self.commit_of(&repo, reading, &tag).await?,
            Step::Compare { page } => self.compare(&repo, reading, page).await?,
            Step::Pulls { next, pages } => self.pulls(&repo, reading, next, pages).await?,
            Step::FirstCommit { at } => self.first_commit(&repo, reading, at).await?,
            Step::Deployments => self.deployments(&repo, reading).await?,
            Step::Statuses { waiting } => self.statuses(&repo, reading, waiting).await?,
            Step::Runs => self.runs(&repo, reading).await?,
            Step::Label => {
                let path = format!("/repos/{repo}/labels/{}", escaped(&reading.bug));
                let found = hidden(or_none(self.get::<raw::Label>(&repo, path).await), reading, "issues")?.flatten();
                let is_there = found.is_some() && reading.history.deployed().is_some();
                reading.history.bugs = is_there.then(Vec::new);
                reading.step = if is_there { Step::Bugs { next: None, pages: 0 } } else { Step::Done };
            }
            Step::Bugs { next, pages } => self.bugs(&repo, reading, next, pages).await?,
            Step::Done => {}
        }
        Ok(if reading.step == Step::Done { Went::Done } else { Went::On })
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, repo: &Repository, at: String) -> Result<T, Fault> {
        read(&self.fresh(repo, at).await?)
    }

    /// A page of a list, with the address of the next one.
    async fn page<T: serde::de::DeserializeOwned>(
        &self,
        repo: &Repository,
        at: String,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        let answer = self.fresh(repo, at).await?;
        Ok((read(&answer)?, next_page(&answer)))
    }

    async fn tags(&self, repo: &Repository, reading: &mut Reading) -> Result<Went, Fault> {
        let pattern = reading.place.tags.as_deref();
        let begins = pattern.and_then(|p| p.split('*').next()).unwrap_or_default();
        let path = format!("/repos/{repo}/git/matching-refs/tags/{}", escaped(begins));
        let refs: Vec<raw::Ref> = match self.get(repo, path).await {
            Ok(refs) => refs,
            // GitHub says so of an empty repository. <https://docs.github.com/rest/git/refs>
            Err(Fault::Conflict) => Vec::new(),
            Err(Fault::Gone | Fault::Forbidden) => return Ok(Went::NoRepository),
            Err(fault) => return Err(fault),
        };
        let names: Vec<&str> = refs.iter().filter_map(|r| r.name.strip_prefix("refs/tags/")).collect();
        let Some(found) = tags::around(&names, pattern, &reading.version, reading.previous.as_deref()) else {
            return Ok(Went::NoTag);
        };
        reading.history.tag = found.this;
        reading.history.before = found.before.map(|tag| (tag, String::new()));
        reading.history.later = found.later.into_iter().map(|tag| (tag, DateTime::UNIX_EPOCH)).collect();
        reading.step = Step::Release;
        Ok(Went::On)
    }

    async fn commit_of(&self, repo: &Repository, reading: &mut Reading, tag: &str) -> Result<(), Fault> {
        let path = format!("/repos/{repo}/commits/tags/{}", escaped(tag));
        let found: Option<raw::Commit> = or_none(self.get(repo, path).await)?;
        let history = &mut reading.history;
        match found {
            Some(commit) if history.tag == tag && history.sha.is_empty() => history.sha = commit.sha,
            Some(commit) => match &mut history.before {
                Some((before, sha)) if before == tag => *sha = commit.sha,
                Some(_) | None => {
                    let at = commit.commit.committed();
                    history.later.iter_mut().filter(|(later, _)| later == tag).for_each(|later| later.1 = at);
                }
            },
            // It was deleted meanwhile.
            None if history.tag == tag => return Err(Fault::Gone),
            None => {
                history.before = history.before.take().filter(|(before, _)| before != tag);
                history.later.retain(|(later, _)| later != tag);
            }
        }
        reading.step = reading.next_commit();
        Ok(())
    }

    /// Each page has a hundred commits, the oldest first.
    async fn compare(&self, repo: &Repository, reading: &mut Reading, page: usize) -> Result<(), Fault> {
        let Some((_, base)) = &reading.history.before else {
            reading.step = Step::Deployments;
            return Ok(());
        };
        let path = format!("/repos/{repo}/compare/{base}...{}?per_page=100&page={page}", reading.history.sha);
        let compared: Option<raw::Compared> = or_none(self.get(repo, path).await)?;
        // Histories without a common commit cannot be compared.
        let Some(compared) = compared else {
            reading.history.before = None;
            reading.step = Step::Deployments;
            return Ok(());
        };
        let is_last = compared.commits.is_empty() || page >= PAGES;
        reading.history.commits.extend(compared.commits.into_iter().map(raw::Commit::read));
        let is_whole = reading.history.commits.len() >= compared.total_commits;
        reading.step = match is_last || is_whole {
            true if reading.history.commits.is_empty() => Step::Deployments,
            true => Step::Pulls { next: None, pages: 0 },
            false => Step::Compare { page: page + 1 },
        };
        Ok(())
    }

    /// Closed pull requests, those that changed last first: one that was merged after the first commit has changed since.
    async fn pulls(
        &self,
        repo: &Repository,
        reading: &mut Reading,
        next: Option<String>,
        pages: usize,
    ) -> Result<(), Fault> {
        let first = || format!("/repos/{repo}/pulls?state=closed&sort=updated&direction=desc&per_page=100");
        let asked = self.page::<raw::Pull>(repo, next.unwrap_or_else(first)).await;
        let Some((found, next)) = hidden(asked, reading, "pull requests")? else {
            reading.step = Step::Deployments;
            return Ok(());
        };
        let history = &mut reading.history;
        let oldest = history.commits.iter().map(|commit| commit.at).min();
        let is_before = found.last().is_none_or(|last| oldest.is_none_or(|oldest| last.updated_at < oldest));
        for pull in found {
            let is_here = |sha: &String| history.commits.iter().any(|commit| commit.sha == *sha);
            let is_new = history.pulls.iter().all(|known| known.number != pull.number);
            let merged = pull.merged_at.and(pull.merge_commit_sha.as_ref()).filter(|sha| is_here(sha)).cloned();
            if let Some(sha) = merged.filter(|_| is_new) {
                history.pulls.push(pull.read(sha));
            }
        }
        reading.step = match next.filter(|_| !is_before && pages < PAGES) {
            Some(next) => Step::Pulls { next: Some(next), pages: pages + 1 },
            None => Step::FirstCommit { at: 0 },
        };
        Ok(())
    }

    /// The commits of a pull request: a squash does not tell when the first one was written.
    async fn first_commit(&self, repo: &Repository, reading: &mut Reading, at: usize) -> Result<(), Fault> {
        let Some(pull) = reading.history.pulls.get(at) else {
            reading.step = Step::Deployments;
            return Ok(());
        };
        let path = format!("/repos/{repo}/pulls/{}/commits?per_page=100", pull.number);
        let found: Vec<raw::Commit> = or_none(self.get(repo, path).await)?.unwrap_or_default();
        if let Some(pull) = reading.history.pulls.get_mut(at) {
            pull.first_commit = found.first().map(|first| first.commit.written());
            pull.commits = found.len();
            pull.last_subject = found.into_iter().next_back().map(|last| last.read().subject).unwrap_or_default();
        }
        reading.step = Step::FirstCommit { at: at + 1 };
        Ok(())
    }

    async fn deployments(&self, repo: &Repository, reading: &mut Reading) -> Result<(), Fault> {
        let path = format!("/repos/{repo}/deployments?per_page=100");
        let asked = self.get::<Vec<raw::Deployment>>(repo, path).await;
        let Some(newest) = hidden(asked, reading, "deployments")? else {
            reading.step = Step::Runs;
            return Ok(());
        };
        let path = format!("/repos/{repo}/deployments?sha={}&per_page=100", reading.history.sha);
        let of_tag: Vec<raw::Deployment> = self.get(repo, path).await?;
        let environment = raw::production(&of_tag);
        let since = of_tag.iter().map(|d| d.created_at).min();
        let mut waiting: Vec<(u64, String)> = Vec::new();
        // Those of the tag come first, then what came after, in which a way back would be.
        let after = newest.iter().filter(|d| since.is_some_and(|since| d.created_at > since));
        for deployment in of_tag.iter().chain(after) {
            let is_here = environment.as_ref() == Some(&deployment.environment);
            if is_here && waiting.iter().all(|(id, _)| *id != deployment.id) {
                waiting.push((deployment.id, deployment.sha.clone()));
            }
        }
        waiting.truncate(DEPLOYMENTS);
        reading.history.deployments = Some(Vec::new());
        reading.step = if waiting.is_empty() { Step::Runs } else { Step::Statuses { waiting } };
        Ok(())
    }

    async fn statuses(
        &self,
        repo: &Repository,
        reading: &mut Reading,
        mut waiting: Vec<(u64, String)>,
    ) -> Result<(), Fault> {
        if let Some((id, sha)) = waiting.first() {
            let path = format!("/repos/{repo}/deployments/{id}/statuses?per_page=100");
            let found: Option<Vec<raw::Status>> = or_none(self.get(repo, path).await)?;
            let mut statuses: Vec<_> =
                found.unwrap_or_default().into_iter().map(|status| (status.state, status.created_at)).collect();
            statuses.sort_by_key(|(_, at)| *at);
            let all = reading.history.deployments.get_or_insert_default();
            all.push(Deployment { sha: sha.clone(), statuses });
            waiting.remove(0);
        }
        let has_deployed = reading.history.deployments.iter().flatten().any(|d| d.sha == reading.history.sha);
        reading.step = match (waiting.is_empty(), has_deployed) {
            (false, _) => Step::Statuses { waiting },
            (true, true) => Step::Label,
            (true, false) => Step::Runs,
        };
        Ok(())
    }

    /// Runs of workflows that deploy by their name, for those who do not use deployments.
    async fn runs(&self, repo: &Repository, reading: &mut Reading) -> Result<(), Fault> {
        reading.step = Step::Label;
        let path = format!("/repos/{repo}/actions/runs?head_sha={}&status=success&per_page=100", reading.history.sha);
        let asked = or_none(self.get::<raw::Runs>(repo, path).await);
        let Some(found) = hidden(asked, reading, "workflow runs")?.flatten() else { return Ok(()) };
        let deploys = found.workflow_runs.into_iter().filter(raw::Run::deploys);
        let run = |run: raw::Run| Run { began: run.run_started_at.unwrap_or(run.created_at), ended: run.updated_at };
        reading.history.runs = deploys.map(run).collect();
        Ok(())
    }

    async fn bugs(
        &self,
        repo: &Repository,
        reading: &mut Reading,
        next: Option<String>,
        pages: usize,
    ) -> Result<(), Fault> {
        let since = reading.history.deployed().unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true);
        let query = [
            ("labels", reading.bug.as_str()),
            ("state", "all"),
            ("since", &since),
            ("sort", "created"),
            ("direction", "asc"),
            ("per_page", "100"),
        ];
        let query = serde_urlencoded::to_string(query).map_err(|_| Fault::NotSent)?;
        let at = next.unwrap_or_else(|| format!("/repos/{repo}/issues?{query}"));
        let (found, next) = self.page::<raw::Issue>(repo, at).await?;
        let opened = found.iter().filter(|issue| issue.pull_request.is_none()).map(|issue| issue.created_at);
        let bugs: Vec<DateTime<Utc>> = opened.collect();
        reading.history.bugs.get_or_insert_default().extend(bugs);
        reading.step = match next.filter(|_| pages < PAGES) {
            Some(next) => Step::Bugs { next: Some(next), pages: pages + 1 },
            None => Step::Done,
        };
        Ok(())
    }
}

/// What the token may not see is left out, and said.
fn hidden<T>(asked: Result<T, Fault>, reading: &mut Reading, what: &str) -> Result<Option<T>, Fault> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(Fault::Forbidden | Fault::Gone) => {
            reading.hidden.push(what.to_owned());
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}
