//! `lookback token`: what lets a pipeline in, for one channel, on somebody's behalf.
//!
//! Rule: what is kept does not let in. Of a token its digest is kept; a webhook's secret follows from the
//! installation's key and the token's id, so that nothing is kept at all.

use anyhow::{Context as _, ensure};

use crate::config::Place;
use crate::seal::{Seal, digest};
use crate::serve;
use crate::store::directory;
use crate::store::tokens::{self, Token};
use crate::store::{self, Store};
use lookback_clock::{Clock, Rng};
use lookback_core::ids::{ChannelId, UserId};

/// A bearer token of the API.
pub const API: &str = "api";
/// The secret of a webhook.
pub const GITHUB: &str = "github";

/// `lb_<id>_<secret>`.
pub fn read(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("lb_")?.split_once('_').filter(|(id, secret)| !id.is_empty() && secret.len() >= 32)
}

/// What is kept of a token's secret.
pub fn mark(secret: &str) -> String {
    digest(&format!("token/{secret}"))
}

/// The secret of a webhook.
pub fn github_secret(seal: &Seal, id: &str) -> String {
    seal.tag(&format!("github/{id}"))
}

/// What is asked for.
#[derive(Debug)]
pub struct Wanted {
    /// The channel it is good for.
    pub channel: String,
    /// On whose behalf it acts.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// The secret of a GitHub webhook instead of a token.
    pub github: bool,
}

/// Opens the database beside a running server.
pub async fn open(place: &Place, rng: &Rng) -> anyhow::Result<(Store, Seal)> {
    let file = store::sqlite_file(&place.database_url);
    if let Some(file) = &file {
        ensure!(file.exists(), "there is no database at {}: check DATABASE_URL, or run the bot once", file.display());
    }
    let store = Store::open(&place.database_url).await?;
    let seal = serve::seal(&store, place.key.as_ref(), file.as_deref(), rng).await?;
    Ok((store, seal))
}

/// Checks the id of a channel.
pub fn channel(id: &str) -> anyhow::Result<ChannelId> {
    ensure!(
        lookback_core::ids::is_id(id, &['C', 'G']),
        "“{id}” is not the id of a channel, such as C0123ABCD: copy it from the channel's details in Slack"
    );
    Ok(ChannelId(id.to_owned()))
}

/// Makes one; returns its id and what is to be shown once.
pub async fn create(place: &Place, wanted: &Wanted) -> anyhow::Result<(String, String)> {
    let channel = channel(&wanted.channel)?;
    ensure!(
        lookback_core::ids::is_id(&wanted.user, &['U', 'W']),
        "“{}” is not the id of a person in Slack, such as U0123ABCD: copy it from their profile",
        wanted.user
    );
    let (clock, rng) = (Clock::system(), Rng::system());
    let (store, seal) = open(place, &rng).await?;
    let mut tx = store.begin().await?;
    let workspace = directory::workspaces(&mut tx).await?.into_iter().next();
    let workspace = workspace.context("this database knows no workspace yet: run the bot once")?;
    let user = UserId(wanted.user.clone());
    let known = directory::person(&mut tx, &workspace.team_id, &user).await?;
    ensure!(
        known.is_some_and(|p| p.reachable()),
        "{user} is nobody that the bot knows in this workspace: copy the id from their profile in Slack"
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

/// All of them, without what lets in.
pub async fn list(place: &Place) -> anyhow::Result<Vec<Token>> {
    let (store, _) = open(place, &Rng::system()).await?;
    let mut tx = store.read().await?;
    let all = tokens::all(&mut tx).await?;
    drop(tx);
    store.close().await;
    Ok(all)
}

/// Takes its right away, from the next request on.
pub async fn revoke(place: &Place, id: &str) -> anyhow::Result<()> {
    let (store, _) = open(place, &Rng::system()).await?;
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
    fn a_token_has_an_id_and_a_secret() {
        let secret = "s".repeat(64);
        assert_eq!(read(&format!("lb_abc_{secret}")), Some(("abc", secret.as_str())));
        for wrong in ["", "lb_", "lb_abc", "lb__x", "lb_abc_short", "xoxb-1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert!(channel("C0123").is_ok() && channel("#ops").is_err() && channel("c0123").is_err());
    }
}
