//! `lookback forget-user`: what an operator does when a person asks to be forgotten.

use crate::config::Place;
use crate::open;
use crate::seal::Vault;
use crate::store::directory;
use crate::store::erase::{self, Erased};
use lookback_clock::Rng;
use lookback_core::ids::UserId;

/// Erases a person, beside a running server too.
pub async fn user(place: &Place, user: &str) -> anyhow::Result<Erased> {
    let valid = user.starts_with(['U', 'W']) && user.chars().all(|c| c.is_ascii_alphanumeric()) && user.len() > 2;
    anyhow::ensure!(
        valid,
        "“{user}” is not the id of a person in Slack, such as U0123ABCD: copy it from their profile"
    );
    let rng = Rng::system();
    let (store, seal) = open::to_write(place, &rng).await?;
    let mut tx = store.begin().await?;
    let mut all = Erased::default();
    // Nobody: the name tells nothing, and no two are the same.
    let gone = UserId(format!("{}{}", lookback_core::text::GONE, rng.id()));
    for workspace in directory::workspaces(&mut tx).await? {
        let vault = Vault { seal: &seal, rng: &rng };
        let one = erase::person(&mut tx, &workspace.team_id, &UserId(user.to_owned()), &gone, &vault).await?;
        all = Erased { rows: all.rows + one.rows, handed_on: all.handed_on + one.handed_on };
    }
    tx.commit().await?;
    // Where a running server is in the way it does the rest.
    store.checkpoint().await?;
    store.close().await;
    Ok(all)
}
