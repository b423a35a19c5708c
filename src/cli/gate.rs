//! `lookback gate`: what is promised before a release, beside a running server.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

use super::token;
use crate::app::gate::look;
use crate::config::Place;
use crate::open;
use crate::store::{Tx, directory, releases, retros};
use lookback_clock::Clock;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::version;
use lookback_core::retro::gate::{Gate, Standing};

/// What was found.
#[derive(Debug)]
pub struct Found {
    pub gate: Gate,
    /// The names of owners by their ids.
    names: BTreeMap<String, String>,
}

impl Found {
    pub fn is_clear(&self) -> bool {
        self.gate.state == Standing::Clear
    }

    /// For a person.
    pub fn told(&self) -> String {
        let name = |id: &str| self.names.get(id).cloned().unwrap_or_else(|| "someone who left".to_owned());
        let lines = self.gate.lines(name).into_iter().map(|line| format!("\n  {line}"));
        format!("{}{}", self.gate.headline(), lines.collect::<String>())
    }
}

/// Looks at the gate of a release: in one channel, or in the only one that could be meant.
pub async fn examine(place: &Place, version: &str, channel: Option<&str>) -> anyhow::Result<Found> {
    let channel = channel.map(token::channel).transpose()?;
    let typed = version::read(version).with_context(|| format!("“{version}” is not a version"))?;
    let store = open::to_read(place).await?;
    let mut tx = store.read().await?;
    let workspace = directory::workspaces(&mut tx).await?.into_iter().next();
    let team = workspace.context("this database knows no workspace yet: run the bot once")?.team_id;
    let channel = the_channel(&mut tx, &team, &typed, channel).await?;
    let gate = look(&mut tx, &team, &channel, &typed, Clock::system().now()).await?;
    let mut names = BTreeMap::new();
    for promise in &gate.promises {
        let person = directory::person(&mut tx, &team, &UserId(promise.owner.clone())).await?;
        names.extend(person.map(|person| (promise.owner.clone(), person.name)));
    }
    drop(tx);
    store.close().await;
    Ok(Found { gate, names })
}

/// The channel that is meant: the one that is named, else the only one that knows the release, else the only one with
/// retros.
async fn the_channel(tx: &mut Tx, team: &TeamId, version: &str, named: Option<ChannelId>) -> anyhow::Result<ChannelId> {
    let all = retros::channels(tx, team).await?;
    if let Some(named) = named {
        // A slip in its id would be a gate that is always open.
        let is_known = all.contains(&named) || directory::channel(tx, team, &named).await?.is_some();
        return is_known
            .then_some(named)
            .context("the bot does not know this channel: check the id, and invite the bot with /invite @lookback");
    }
    let knowing = releases::channels(tx, team, version).await?;
    let candidates = if knowing.is_empty() { all } else { knowing };
    match candidates.as_slice() {
        [one] => Ok(one.clone()),
        [] => bail!("no channel has had a retro yet: name one with --channel"),
        many => {
            let many: Vec<&str> = many.iter().map(ChannelId::as_str).collect();
            bail!("several channels could be meant ({}): name one with --channel", many.join(", "))
        }
    }
}
