//! The retrospective in the release plan, by a pull request.

use anyhow::{Context as _, bail};

use super::trouble;
use crate::app::leader::leader;
use crate::bot::Bot;
use crate::records;
use crate::store::tickets::{self, Due};
use crate::store::{Tx, cards, directory, due, retention, retros, settings};
use crate::trackers::all::{Call, Trackers};
use crate::trackers::github::{Proposal, Proposed};
use crate::trackers::{Fault, Problem};
use lookback_core::export::plan as file;
use lookback_core::ids::{RetroId, TeamId};
use lookback_core::model::retro::Retro;
use lookback_core::model::settings::PlanFile;
use lookback_core::model::ticket::{Repository, Tracker};
use lookback_core::retro::action::ticket::{pace, words};
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_core::retro::{Card, Reply};

/// Tries while others write to the repository at the same moment.
const TRIES: i64 = 5;

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It says so already.
    Same,
    /// The pull request, and whether it is new.
    Open { url: String, is_new: bool },
    /// It could not be done, and this is why: plain text.
    Not(String),
}

/// What is to be written into which file.
#[derive(Debug)]
pub struct Wish {
    file: PlanFile,
    version: String,
    body: String,
}

impl Wish {
    /// Reads it; `None` where the channel names no plan, or what was said is deleted.
    pub async fn load(
        tx: &mut Tx,
        team: &TeamId,
        retro: &Retro,
        now: chrono::DateTime<chrono::Utc>,
    ) -> sqlx::Result<Option<Self>> {
        let Some(file) = settings::of_channel(tx, team, &retro.channel).await?.plan else { return Ok(None) };
        if retention::is_forgotten(tx, team, retro.id).await? {
            return Ok(None);
        }
        let body = records::document(tx, team, retro, now, |d| d.section()).await?;
        Ok(Some(Self { file, version: retro.version.clone(), body }))
    }

    /// `owner/repo:docs/plans/v2.1.0.md`.
    pub fn shown(&self) -> String {
        format!("{}:{}", self.file.repository, self.file.of(&self.version))
    }
}

/// The branch of a version: what no name of a branch may hold is replaced.
/// <https://git-scm.com/docs/git-check-ref-format>
fn branch(version: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+') { c } else { '-' };
    let name: String = version.chars().map(safe).collect();
    let name = name.replace("..", "-").trim_matches('.').to_owned();
    format!("lookback/{}", name.strip_suffix(".lock").unwrap_or(&name))
}

/// Proposes it: the same again leads to the same pull request.
pub async fn propose(trackers: &Trackers, wish: &Wish) -> Result<Outcome, Fault> {
    let path = wish.file.of(&wish.version);
    let Some(repository) = Repository::read(&wish.file.repository) else {
        return Ok(Outcome::Not(format!("{} is no repository", wish.file.repository)));
    };
    let branch = branch(&wish.version);
    let version: String = wish.version.chars().filter(|c| !c.is_control() && *c != '@' && *c != '#').collect();
    let title = format!("Retrospective of {version}");
    let body = format!(
        "Fills in the section `## {}` of `{}`. Nothing else in the file changes.\n",
        file::NAME,
        path.replace('`', "'")
    );
    let message = format!("Retrospective of {version}\n\nLookback-Plan: {version} {path}");
    let proposal =
        Proposal { repo: &repository, path: &path, branch: &branch, title: &title, body: &body, message: &message };
    let answer = trackers.github()?.propose(&proposal, |plan| file::patch(plan, &wish.body)).await;
    let proposed = trackers.heard(Tracker::GitHub, Call::Write, answer)?;
    Ok(match proposed {
        Ok(Proposed::Same) => Outcome::Same,
        Ok(Proposed::Open { url, is_new, .. }) => Outcome::Open { url, is_new },
        Ok(Proposed::NoFile) => {
            Outcome::Not("there is no such file: add it, or change “Release plan” in /retro config".to_owned())
        }
        Ok(Proposed::Taken) => {
            Outcome::Not(format!("the branch {branch} holds a commit that I did not make: delete or rename it"))
        }
        Err(unfit) => Outcome::Not(unfit.to_string()),
    })
}

/// Proposes what is due, and tells the facilitator.
pub async fn step(bot: &Bot, due: &Due) -> sqlx::Result<()> {
    let now = bot.clock.now();
    let mut tx = bot.store.begin().await?;
    let retro = retros::by_id(&mut tx, &due.team_id, RetroId(due.number)).await?;
    let wish = match &retro {
        Some(retro) => Wish::load(&mut tx, &due.team_id, retro, now).await?,
        None => None,
    };
    let (Some(retro), Some(wish)) = (retro, wish) else {
        due::clear(&mut tx, &due.subject()).await?;
        return tx.commit().await;
    };
    drop(tx);
    let outcome = match propose(&bot.trackers, &wish).await {
        Ok(outcome) => outcome,
        Err(fault) if fault.is_of_tracker() => return trouble::happened(bot, due, &fault).await,
        // Somebody wrote at the same moment.
        Err(Fault::Conflict) if due.tries < TRIES => {
            let mut tx = bot.store.begin().await?;
            let at = now + pace::pause_refused(1);
            due::put_off(&mut tx, &due.subject(), due.due_ms, at.timestamp_millis()).await?;
            return tx.commit().await;
        }
        Err(fault) => Outcome::Not(why(&fault)),
    };
    let mut tx = bot.store.begin().await?;
    match outcome {
        Outcome::Same => {}
        Outcome::Open { url, .. } => {
            if tickets::keep_plan_request(&mut tx, retro.id, &url).await? {
                tell(bot, &mut tx, &due.team_id, &retro, &url, &words::plan(&retro, &url)).await?;
                let summary = Card::Summary(retro.id);
                cards::want(&mut tx, &due.team_id, &Wanted::card(&summary, &retro.channel), bot.now_ms()).await?;
            }
        }
        Outcome::Not(why) => {
            tell(bot, &mut tx, &due.team_id, &retro, "no", &words::no_plan(&retro, &wish.shown(), &why)).await?;
        }
    }
    due::clear(&mut tx, &due.subject()).await?;
    trouble::answers(bot, &mut tx, &due.team_id, due.tracker).await?;
    tx.commit().await
}

/// Why GitHub refuses, in plain text.
pub fn why(fault: &Fault) -> String {
    match fault {
        Fault::Gone => "GitHub has no such repository, or my token is not allowed to see it".to_owned(),
        Fault::Forbidden => {
            "my token is not allowed to write there: it needs write access to contents and pull requests".to_owned()
        }
        Fault::Refused(problems) => {
            let said: Vec<&str> = problems.iter().map(|Problem { words, .. }| words.as_str()).collect();
            format!("GitHub refuses it: {}", said.join("; "))
        }
        Fault::Token => format!("GitHub refuses {}", words::credentials(Tracker::GitHub)),
        Fault::NotSent | Fault::Unclear | Fault::Conflict | Fault::Limited(_) => {
            "GitHub does not take it now".to_owned()
        }
    }
}

/// A word to the facilitator, once for each `about`.
async fn tell(bot: &Bot, tx: &mut Tx, team: &TeamId, retro: &Retro, about: &str, reply: &Reply) -> sqlx::Result<()> {
    let lead = directory::person(tx, team, &retro.facilitator).await?.filter(|lead| lead.reachable());
    let here = directory::is_member(tx, team, &retro.channel, &retro.facilitator).await?;
    let lead = match lead.filter(|_| here) {
        Some(lead) => Some(lead),
        None => leader(tx, team, &retro.channel, None).await?,
    };
    let Some(user) = lead.map(|lead| lead.id) else { return Ok(()) };
    let key = format!("plan/{}/{about}", retro.id);
    cards::want(tx, team, &Wanted::reply(&key, Recipient::Dm { user }, reply), bot.now_ms()).await
}

/// As `lookback plan pr` asks for it, beside a running server. Returns what became of it, and the file.
pub async fn by_hand(trackers: &Trackers, wish: Option<Wish>) -> anyhow::Result<(Outcome, String)> {
    let wish = wish.context("this channel names no release plan, or what was written was deleted at the end of the retention period: set “Release plan” in `/retro config`")?;
    let shown = wish.shown();
    match propose(trackers, &wish).await {
        Ok(Outcome::Not(why)) => bail!("{shown} was left as it is: {why}"),
        Ok(outcome) => Ok((outcome, shown)),
        Err(Fault::NotSent) => bail!("GitHub was not reached: check the network and GITHUB_API_URL, then try again"),
        Err(Fault::Unclear) => {
            bail!("GitHub did not answer as it should: try again; that opens no second pull request for {shown}")
        }
        Err(fault) => bail!("{shown} was left as it is: {}", why(&fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_has_a_name_that_git_takes() {
        for (version, name) in [
            ("v2.1.0", "lookback/v2.1.0"),
            ("2026/11 (b)", "lookback/2026-11--b-"),
            ("a..b", "lookback/a-b"),
            (".x.lock", "lookback/x"),
        ] {
            assert_eq!(branch(version), name);
        }
    }
}
