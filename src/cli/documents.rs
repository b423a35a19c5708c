//! `lookback plan patch`, `lookback plan pr` and `lookback export`: documents beside a running server.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use serde::Serialize;

use super::token;
use crate::app::export::{Made, make};
use crate::app::tickets::plan::{Outcome, Wish, by_hand};
use crate::config::{self, Place};
use crate::store::{Store, Tx, directory, retention, retros};
use crate::trackers::all::Trackers;
use crate::{open, records};
use lookback_clock::Clock;
use lookback_core::command::Format;
use lookback_core::export::plan::{self, LARGEST};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::retro::{Phase, Retro};
use lookback_core::model::version;

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patched {
    Written,
    Same,
    /// It would have been written: it was only looked at.
    Would,
}

async fn look(place: &Place) -> anyhow::Result<(Store, TeamId)> {
    let store = open::to_read(place).await?;
    let mut tx = store.read().await?;
    let workspace = directory::workspaces(&mut tx).await?.into_iter().next();
    let team = workspace.context("this database knows no workspace yet: run the bot once")?.team_id;
    drop(tx);
    Ok((store, team))
}

/// The retro of a release: in one channel, or in the only one that has it.
async fn find(tx: &mut Tx, team: &TeamId, version: &str, channel: Option<&ChannelId>) -> anyhow::Result<Retro> {
    let typed = version::read(version).with_context(|| format!("“{version}” is not a version"))?;
    let mut found = retros::of_version(tx, team, &typed).await?;
    found.retain(|r| channel.is_none_or(|c| r.channel == *c));
    let mut channels: Vec<&str> = found.iter().map(|r| r.channel.as_str()).collect();
    channels.dedup();
    if channels.len() > 1 {
        bail!("{version} has a retro in several channels ({}): name one with --channel", channels.join(", "));
    }
    // One that was begun again has no document yet: the finished one has.
    let written = |r: &Retro| r.phase.has_agenda() || r.phase == Phase::Closed;
    let at = found.iter().position(written).unwrap_or(0);
    let retro = found.into_iter().nth(at);
    retro.with_context(|| format!("there is no retro for {version}: check the version, as `/retro history` shows it"))
}

/// As [`find`], with what can be put into a plan.
async fn with_document(
    tx: &mut Tx,
    team: &TeamId,
    version: &str,
    channel: Option<&ChannelId>,
) -> anyhow::Result<Retro> {
    let retro = find(tx, team, version, channel).await?;
    ensure!(
        retro.phase.has_agenda() || retro.phase == Phase::Closed,
        "the retro for {version} has no document yet: it comes with the agenda"
    );
    ensure!(
        !retention::is_forgotten(tx, team, retro.id).await?,
        "what was written in the retro for {version} was deleted at the end of the retention period: the plan is left as it is"
    );
    Ok(retro)
}

/// Fills the section `## Retrospective` of a release plan; with `check` it is only looked at.
pub async fn patch(
    place: &Place,
    file: &Path,
    version: &str,
    channel: Option<&str>,
    check: bool,
) -> anyhow::Result<Patched> {
    let channel = channel.map(token::channel).transpose()?;
    let shown = file.display().to_string();
    // Links are followed: the plan is what they point to.
    let file = file.canonicalize().with_context(|| format!("{shown} cannot be read"))?;
    let about = std::fs::metadata(&file).with_context(|| format!("{shown} cannot be read"))?;
    ensure!(about.is_file(), "{shown} is not a file");
    ensure!(about.len() <= LARGEST as u64, "{shown}: {}", plan::Unfit::Large(usize::try_from(about.len())?));
    let before = std::fs::read(&file).with_context(|| format!("{shown} cannot be read"))?;
    let (store, team) = look(place).await?;
    let mut tx = store.read().await?;
    let retro = with_document(&mut tx, &team, version, channel.as_ref()).await?;
    let body = records::document(&mut tx, &team, &retro, Clock::system().now(), |d| d.section()).await?;
    drop(tx);
    store.close().await;
    let after = plan::patch(&before, &body).map_err(|why| anyhow::anyhow!("{shown}: {why}"))?;
    if after == before {
        return Ok(Patched::Same);
    }
    if check {
        return Ok(Patched::Would);
    }
    ensure!(!about.permissions().readonly(), "{shown} is read-only: make it writable, then try again");
    write(&file, &before, &after).with_context(|| format!("{shown} was left as it was"))?;
    Ok(Patched::Written)
}

/// Puts the new content in the place of the old at once: whoever reads sees one or the other.
fn write(file: &Path, before: &[u8], after: &[u8]) -> anyhow::Result<()> {
    let folder = file.parent().context("it has no folder")?;
    let mut new = tempfile::NamedTempFile::new_in(folder).context("its folder cannot be written to")?;
    new.write_all(after)?;
    new.as_file().set_permissions(std::fs::metadata(file)?.permissions())?;
    new.as_file().sync_all()?;
    ensure!(std::fs::read(file)? == before, "someone else changed it just now: try again");
    new.persist(file)?;
    // The name is as durable as the content.
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// What became of a plan on GitHub.
#[derive(Debug, Serialize)]
pub struct Proposed {
    /// The address of the pull request; `None`: the plan says it already.
    pub url: Option<String>,
    /// Whether it is new.
    pub created: bool,
    /// Such as `acme/shop:docs/plans/v2.1.0.md`.
    pub file: String,
}

impl Proposed {
    /// For a person.
    pub fn told(&self, release: &str) -> String {
        match &self.url {
            Some(url) => format!("The retrospective of {release} is in a pull request: {url}"),
            None => format!("{}: the retrospective of {release} is up to date", self.file),
        }
    }
}

/// Fills the section `## Retrospective` of the plan that the channel names, by a pull request.
pub async fn propose(
    place: &Place,
    settings: &config::Trackers,
    version: &str,
    channel: Option<&str>,
) -> anyhow::Result<Proposed> {
    let channel = channel.map(token::channel).transpose()?;
    let clock = Clock::system();
    let trackers = Trackers::new(settings, &clock)?;
    let (store, team) = look(place).await?;
    let mut tx = store.read().await?;
    let retro = with_document(&mut tx, &team, version, channel.as_ref()).await?;
    let wish = Wish::load(&mut tx, &team, &retro, clock.now()).await?;
    drop(tx);
    store.close().await;
    let (outcome, file) = by_hand(&trackers, wish).await?;
    Ok(match outcome {
        Outcome::Open { url, is_new } => Proposed { url: Some(url), created: is_new, file },
        Outcome::Same => Proposed { url: None, created: false, file },
        Outcome::Not(why) => bail!("{file} was left as it is: {why}"),
    })
}

/// Makes a file of a release's retro.
pub async fn export(place: &Place, version: &str, channel: Option<&str>, format: Format) -> anyhow::Result<Made> {
    let channel = channel.map(token::channel).transpose()?;
    let (store, team) = look(place).await?;
    let mut tx = store.read().await?;
    let retro = find(&mut tx, &team, version, channel.as_ref()).await?;
    let channel = retro.channel.clone();
    let made = make(&mut tx, &team, &channel, Some(retro), format, Clock::system().now()).await;
    drop(tx);
    store.close().await;
    made.map_err(|why| anyhow::anyhow!("{}", lookback_core::text::unesc(&why.to_string()).replace('`', "")))
}
