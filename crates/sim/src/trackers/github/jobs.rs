//! What machines do: workflows run, deployments wait, and commits get statuses and checks.

use chrono::{DateTime, TimeDelta, Utc};

use super::records::{Deployment, DeploymentStatus, Gate, Run};
use super::state::{Grant, MAIN};
use super::{GitHub, Hook, events, hooks};

/// A run of a workflow.
#[derive(Clone, Debug)]
pub struct Job {
    /// Of the workflow, such as `Deploy`.
    pub name: String,
    /// What started it, such as `push` or `release`.
    pub event: String,
    pub started: DateTime<Utc>,
    /// When and how it ended, such as `success`. One without an end is in progress.
    pub end: Option<End>,
}

/// The end of a run.
#[derive(Clone, Debug)]
pub struct End {
    pub at: DateTime<Utc>,
    pub conclusion: String,
}

/// A status or a check of a commit, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCheck {
    /// The context of a status, or the name of a check.
    pub name: String,
    /// Such as `success`; of a check its conclusion, or its state until it has one.
    pub state: String,
    /// The description of a status, or the title of a check.
    pub text: String,
    /// The summary of a check.
    pub summary: String,
    /// Where it leads to.
    pub url: String,
}

/// What the app said of a deployment that waited for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownVerdict {
    pub is_approved: bool,
    pub comment: String,
}

impl GitHub {
    /// A fresh token of the app's installation with all that the app may do, valid for an hour.
    pub fn app_token(&self) -> String {
        let until = self.desk.now() + TimeDelta::hours(1);
        self.with(|state| {
            let permissions = super::shapes::permissions();
            let pairs = permissions.as_object().into_iter().flatten();
            let permissions = pairs.map(|(name, level)| (name.clone(), level.as_str().unwrap_or_default().to_owned()));
            let (token, permissions) = (super::accounts::fresh_token(state), permissions.collect());
            state.grants.push(Grant { token: token.clone(), until, permissions });
            token
        })
    }

    /// A workflow runs on a commit; the result is the run's id.
    pub fn run(&self, repo: &str, sha: &str, job: &Job) -> Option<u64> {
        let done = self.with(|state| {
            let id = state.next();
            let it = state.named(repo).filter(|r| r.git.commit(sha).is_some())?.id;
            let runs = &mut state.repo_mut(it)?.records.runs;
            let (status, conclusion) = match &job.end {
                Some(end) => ("completed", Some(end.conclusion.clone())),
                None => ("in_progress", None),
            };
            runs.push(Run {
                id,
                number: u64::try_from(runs.len()).unwrap_or_default() + 1,
                sha: sha.to_owned(),
                name: job.name.clone(),
                branch: MAIN.to_owned(),
                event: job.event.clone(),
                status: status.to_owned(),
                conclusion,
                started: job.started,
                updated: job.end.as_ref().map_or(job.started, |end| end.at),
                gates: Vec::new(),
            });
            Some(id)
        });
        self.desk.changed();
        done
    }

    /// A run waits for the word of the app before it deploys to an environment. The delivery asks for it.
    pub fn waits(&self, repo: &str, run: u64, environment: &str, at: DateTime<Utc>) -> Option<Hook> {
        let hook = self.with(|state| {
            let (id, first) = (state.next(), state.next());
            let it = state.named(repo)?.id;
            let records = &mut state.repo_mut(it)?.records;
            let found = records.runs.iter_mut().find(|r| r.id == run)?;
            (found.status, found.conclusion) = ("waiting".to_owned(), None);
            found.gates.push(Gate { environment: environment.to_owned(), verdict: None });
            let waiting = DeploymentStatus { id: first, state: "queued".to_owned(), at };
            let (sha, name) = (found.sha.clone(), found.branch.clone());
            let environment = environment.to_owned();
            records.deployments.push(Deployment { id, sha, name, environment, at, statuses: vec![waiting] });
            let it = state.named(repo)?;
            let (found, deployment) = (it.records.runs.iter().find(|r| r.id == run)?, it.records.deployments.last()?);
            Some(hooks::signed(state, &events::gate(state, it, found, deployment)))
        });
        self.desk.changed();
        hook
    }

    /// What the app said of a run that waited to deploy to an environment.
    pub fn verdict(&self, repo: &str, run: u64, environment: &str) -> Option<ShownVerdict> {
        self.with(|state| {
            let run = state.named(repo)?.records.runs.iter().find(|r| r.id == run)?;
            let said = run.gates.iter().find(|g| g.environment == environment)?.verdict.clone()?;
            Some(ShownVerdict { is_approved: said.is_approved, comment: said.comment })
        })
    }

    /// The newest status of each context, and the checks, of a commit.
    pub fn checks(&self, repo: &str, sha: &str) -> Vec<ShownCheck> {
        self.with(|state| {
            let Some(repo) = state.named(repo) else { return Vec::new() };
            let of_it: Vec<_> = repo.records.statuses.iter().filter(|s| s.sha == sha).collect();
            let is_newest = |at: usize| {
                let later = of_it.iter().skip(at + 1);
                of_it.get(at).is_some_and(|s| later.clone().all(|l| !l.context.eq_ignore_ascii_case(&s.context)))
            };
            let newest = of_it.iter().enumerate().filter(|(at, _)| is_newest(*at));
            let statuses = newest.map(|(_, s)| ShownCheck {
                name: s.context.clone(),
                state: s.state.clone(),
                text: s.description.clone().unwrap_or_default(),
                summary: String::new(),
                url: s.target.clone().unwrap_or_default(),
            });
            let checks = repo.records.checks.iter().filter(|c| c.sha == sha).map(|c| ShownCheck {
                name: c.name.clone(),
                state: c.conclusion.clone().unwrap_or_else(|| c.status.clone()),
                text: c.title.clone().unwrap_or_default(),
                summary: c.summary.clone().unwrap_or_default(),
                url: c.details.clone().unwrap_or_default(),
            });
            statuses.chain(checks).collect()
        })
    }
}
