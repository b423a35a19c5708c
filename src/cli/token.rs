//! `lookback token`: makes, lists and revokes what lets a pipeline in, for one channel, on somebody's behalf.

use anyhow::{Context as _, ensure};

use crate::config::Place;
use crate::open;
use crate::store::directory;
use crate::store::tokens::{self, Token};
use crate::token::{API, GITHUB, github_secret, mark, read};
use lookback_clock::{Clock, Rng};
use lookback_core::ids::{ChannelId, UserId, is_id};

/// What is asked for.
#[derive(Debug)]
pub struct Wanted {
    /// The channel it is good for.
    pub channel: String,
    pub user: String,
    pub name: String,
    /// The secret of a GitHub webhook instead of a token.
    pub github: bool,
}

/// Checks the id of a channel.
pub fn channel(id: &str) -> anyhow::Result<ChannelId> {
    ensure!(
        is_id(id, &['C', 'G']),
        "“{id}” is not the id of a channel, such as C0123ABCD: copy it from the channel's details in Slack"
    );
    Ok(ChannelId(id.to_owned()))
}

/// Makes one; returns its id and what is to be shown once.
pub async fn create(place: &Place, wanted: &Wanted) -> anyhow::Result<(String, String)> {
    let channel = channel(&wanted.channel)?;
    ensure!(
        is_id(&wanted.user, &['U', 'W']),
        "“{}” is not the id of a person in Slack, such as U0123ABCD: copy it from their profile",
        wanted.user
    );
    let (clock, rng) = (Clock::system(), Rng::system());
    let (store, seal) = open::to_write(place, &rng).await?;
    let mut tx = store.begin().await?;
    let workspace = directory::workspaces(&mut tx).await?.into_iter().next();
    let workspace = workspace.context("this database knows no workspace yet: run the bot once")?;
    let user = UserId(wanted.user.clone());
    let known = directory::person(&mut tx, &workspace.team_id, &user).await?;
    ensure!(
        known.is_some_and(|p| p.reachable()),
        "I don't know {user} in this workspace: copy the member ID from their Slack profile. If the bot has only just started, wait a minute and try again"
    );
    let id = hex::encode(rng.key()).chars().take(12).collect::<String>();
    let (shown, mark) = if wanted.github {
        (github_secret(&seal, &id), String::new())
    } else {
        let secret = hex::encode(rng.key());
        let mark = mark(&secret);
        (format!("lb_{id}_{secret}"), mark)
    };
    let token = Token {
        id: id.clone(),
        team: workspace.team_id,
        channel,
        user,
        name: wanted.name.clone(),
        kind: if wanted.github { GITHUB } else { API }.to_owned(),
        mark,
        made_ms: clock.now().timestamp_millis(),
        revoked_ms: None,
    };
    tokens::insert(&mut tx, &token).await?;
    tx.commit().await?;
    store.close().await;
    Ok((id, shown))
}

/// All of them, without their secrets.
pub async fn list(place: &Place) -> anyhow::Result<Vec<Token>> {
    let store = open::to_read(place).await?;
    let mut tx = store.read().await?;
    let all = tokens::all(&mut tx).await?;
    drop(tx);
    store.close().await;
    Ok(all)
}

/// Revokes it: it fails from the next request on.
pub async fn revoke(place: &Place, id: &str) -> anyhow::Result<()> {
    let (store, _) = open::to_write(place, &Rng::system()).await?;
    let mut tx = store.begin().await?;
    let id = read(id).map_or(id, |(id, _)| id);
    let done = tokens::revoke(&mut tx, id, Clock::system().now().timestamp_millis()).await?;
    ensure!(done, "there is no token {id}: `lookback token list` shows them");
    tx.commit().await?;
    store.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_named_by_its_id() {
        assert!(channel("C0123").is_ok() && channel("#ops").is_err() && channel("c0123").is_err());
    }
}
