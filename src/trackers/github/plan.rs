//! A file of a repository, changed by a pull request: at most one open at a time, the same again is the same, and the base
//! branch is never written.
//! <https://docs.github.com/rest/pulls/pulls>

use serde::Deserialize;
use serde_json::json;

use super::client::GitHub;
use super::commit::{Change, Commit};
use super::door::{Ask, read};
use super::issue::{plain_body, title};
use crate::trackers::{Fault, Problem};
use lookback_core::model::ticket::Repository;

/// How the last line of the message of a commit of ours begins.
const TRAILER: &str = "Lookback-Plan: ";

/// What to propose.
#[derive(Clone, Copy)]
pub struct Proposal<'a> {
    pub repo: &'a Repository,
    /// The file, such as `docs/plans/v2.1.0.md`.
    pub path: &'a str,
    /// Such as `lookback/v2.1.0`; it must not be the default branch.
    pub branch: &'a str,
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// Of the commit; its last line is `Lookback-Plan: ` and the version. By it a branch is known as ours.
    pub message: &'a str,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// The file is so already.
    Same,
    /// There is no such file in the default branch.
    NoFile,
    /// The branch is there and its tip is not ours.
    Taken,
    Open {
        number: u64,
        url: String,
        is_new: bool,
    },
}

#[derive(Deserialize)]
struct Home {
    full_name: String,
    default_branch: String,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    html_url: String,
    title: String,
    #[serde(default)]
    body: Option<String>,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "ref")]
    branch: String,
    #[serde(default)]
    repo: Option<Name>,
}

#[derive(Deserialize)]
struct Name {
    full_name: String,
}

/// What becomes of the branch.
enum Step {
    Ready,
    Taken,
    NoFile,
}

/// A proposal with what it is built on.
struct Work<'a> {
    repo: Repository,
    base: String,
    tip: Commit,
    bytes: Vec<u8>,
    proposal: &'a Proposal<'a>,
}

fn refused(field: &str, words: &str) -> Fault {
    Fault::Refused(vec![Problem::new(field, words)])
}

fn already_exists(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.words.contains("already exists"))
}

/// The last line of a commit's message if it is a trailer of ours.
fn trailer(message: &str) -> Option<&str> {
    message.trim_end().lines().next_back().map(str::trim).filter(|line| line.starts_with(TRAILER))
}

impl GitHub {
    /// Has `patch` change the file at the tip of the default branch, and proposes the outcome. An error of `patch` is handed
    /// through. After a lost answer the same call again leads to the same pull request.
    pub async fn propose<E: Send>(
        &self,
        p: &Proposal<'_>,
        patch: impl Fn(&[u8]) -> Result<Vec<u8>, E> + Send,
    ) -> Result<Result<Proposed, E>, Fault> {
        if trailer(p.message).is_none() {
            return Err(refused("message", "The commit's message lacks its last line."));
        }
        let home: Home = read(&self.send(p.repo, &Ask::get(format!("/repos/{}", p.repo))).await?)?;
        if p.branch == home.default_branch {
            return Err(refused("branch", "The branch is the default branch."));
        }
        let repo = Repository::read(&home.full_name).ok_or(Fault::Unclear)?;
        let is_path = p.path.split('/').all(|name| !["", ".", ".."].contains(&name));
        let Some(tip) = self.tip(&repo, &home.default_branch).await?.filter(|_| is_path) else {
            return Ok(Ok(Proposed::NoFile));
        };
        let Some(old) = self.file(&repo, p.path, &tip.sha).await? else { return Ok(Ok(Proposed::NoFile)) };
        let bytes = match patch(&old) {
            Ok(bytes) if bytes == old => return Ok(Ok(Proposed::Same)),
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error)),
        };
        let work = Work { repo, base: home.default_branch, tip, bytes, proposal: p };
        Ok(Ok(match self.bring_branch(&work).await? {
            Step::Ready => self.open_pull(&work).await?,
            Step::Taken => Proposed::Taken,
            Step::NoFile => Proposed::NoFile,
        }))
    }

    /// Makes the branch hold the change, as one commit upon the base.
    async fn bring_branch(&self, work: &Work<'_>) -> Result<Step, Fault> {
        let (repo, p) = (&work.repo, work.proposal);
        let there = self.tip(repo, p.branch).await?;
        if let Some(there) = &there {
            if trailer(&there.message) != trailer(p.message) {
                return Ok(Step::Taken);
            }
            let is_upon_base = there.parents == [work.tip.sha.as_str()];
            if is_upon_base && self.file(repo, p.path, &there.sha).await?.as_ref() == Some(&work.bytes) {
                return Ok(Step::Ready);
            }
        }
        let Some(mode) = self.mode(repo, &work.tip.tree, p.path).await? else { return Ok(Step::NoFile) };
        let change = Change { path: p.path, mode: &mode, bytes: &work.bytes, message: p.message };
        let commit = self.commit(repo, &work.tip, &change).await?;
        if there.is_some() {
            self.force(repo, p.branch, &commit).await?;
            return Ok(Step::Ready);
        }
        match self.branch(repo, p.branch, &commit).await {
            Ok(()) => Ok(Step::Ready),
            // Somebody was faster, or the branch was not shown yet.
            Err(Fault::Refused(problems)) if already_exists(&problems) => {
                let there = self.tip(repo, p.branch).await?.ok_or(Fault::Refused(problems))?;
                if trailer(&there.message) != trailer(p.message) {
                    return Ok(Step::Taken);
                }
                self.force(repo, p.branch, &commit).await?;
                Ok(Step::Ready)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn open_pull(&self, work: &Work<'_>) -> Result<Proposed, Fault> {
        let p = work.proposal;
        if let Some(pull) = self.pull(work).await? {
            return self.renew_pull(work, pull).await;
        }
        let fields = json!({
            "title": title(p.title), "body": plain_body(p.body), "head": p.branch, "base": work.base,
        });
        let made = self.send(&work.repo, &Ask::post(format!("/repos/{}/pulls", work.repo), fields)).await;
        match made {
            Ok(answer) => {
                let pull: Pull = read(&answer)?;
                Ok(Proposed::Open { number: pull.number, url: pull.html_url, is_new: true })
            }
            // Somebody was faster, or the list was late.
            Err(Fault::Refused(problems)) if already_exists(&problems) => {
                let pull = self.pull(work).await?.ok_or(Fault::Refused(problems))?;
                self.renew_pull(work, pull).await
            }
            Err(fault) => Err(fault),
        }
    }

    /// The open pull request of the branch. Without an owner before the branch GitHub would list all.
    async fn pull(&self, work: &Work<'_>) -> Result<Option<Pull>, Fault> {
        let (repo, branch) = (&work.repo, work.proposal.branch);
        let head = format!("{}:{branch}", repo.owner);
        let query = serde_urlencoded::to_string([("state", "open"), ("head", &head), ("per_page", "100")]);
        let query = query.map_err(|_| Fault::NotSent)?;
        let answer = self.send(repo, &Ask::get(format!("/repos/{repo}/pulls?{query}"))).await?;
        let full_name = repo.to_string();
        let is_ours = |pull: &Pull| {
            let from = pull.head.repo.as_ref().map(|repo| repo.full_name.as_str());
            pull.head.branch == branch && from.is_some_and(|from| from.eq_ignore_ascii_case(&full_name))
        };
        Ok(read::<Vec<Pull>>(&answer)?.into_iter().find(is_ours))
    }

    async fn renew_pull(&self, work: &Work<'_>, pull: Pull) -> Result<Proposed, Fault> {
        let (title, body) = (title(work.proposal.title), plain_body(work.proposal.body));
        let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        if pull.title != title || lines(pull.body.as_deref().unwrap_or_default()) != lines(&body) {
            let at = format!("/repos/{}/pulls/{}", work.repo, pull.number);
            self.send(&work.repo, &Ask::patch(at, json!({"title": title, "body": body}))).await?;
        }
        Ok(Proposed::Open { number: pull.number, url: pull.html_url, is_new: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_commits_are_known_by_their_last_line() {
        assert_eq!(trailer("Add\n\nLookback-Plan: v1\n"), Some("Lookback-Plan: v1"));
        for message in ["", "Add", "Lookback-Plan: v1\n\nMore", "Merge branch 'main' into lookback/v1"] {
            assert_eq!(trailer(message), None, "{message}");
        }
    }
}
