//! `lookback forget-user`: what an operator does when a person asks to be forgotten.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{bail, ensure};
use serde::Serialize;

use crate::app;
use crate::config::Place;
use crate::open;
use crate::seal::{Seal, Vault};
use crate::store::erase::{self, Erased};
use crate::store::{Store, backup, directory};
use lookback_clock::Rng;
use lookback_core::ids::UserId;
use lookback_core::text::{GONE, count};

/// What was forgotten, and where it is not.
#[derive(Debug, Serialize)]
pub struct Forgotten {
    #[serde(flatten)]
    pub erased: Erased,
    /// Copies of the database that still name the person.
    pub copies: Vec<PathBuf>,
}

impl Forgotten {
    /// What the operator reads: what is gone, and what is left to do.
    pub fn told(&self, user: &str) -> String {
        let (rows, items) = self.erased.counted();
        let mut told = format!(
            "{user} is erased: {rows} deleted or made anonymous, {items} to their facilitator.\nWhat others wrote about them in their own words is left, and so are Slack's own messages."
        );
        if self.erased.sealed > 0 {
            told.push_str(&format!(
                "\nThe keys of {} are missing, so no one can read what they wrote there. Should you find the keys, run this again.",
                count(usize::try_from(self.erased.sealed).unwrap_or(usize::MAX), "open survey", "open surveys")
            ));
        }
        if !self.copies.is_empty() {
            let copies: Vec<String> = self.copies.iter().map(|copy| copy.display().to_string()).collect();
            told.push_str("\nThese copies of the database may still name them; delete those you do not need:\n  ");
            told.push_str(&copies.join("\n  "));
        }
        told
    }
}

/// Erases a person, beside a running server too; asks first unless `yes`.
pub async fn user(place: &Place, user: &str, yes: bool) -> anyhow::Result<Forgotten> {
    let valid = user.starts_with(['U', 'W']) && user.chars().all(|c| c.is_ascii_alphanumeric()) && user.len() > 2;
    ensure!(valid, "“{user}” is not the id of a person in Slack, such as U0123ABCD: copy it from their profile");
    let rng = Rng::system();
    let (store, seal) = open::to_write(place, &rng).await?;
    let user = UserId(user.to_owned());
    if !yes {
        ask(&store, &seal, &rng, &user).await?;
    }
    let erased = erase(&store, &seal, &rng, &user, true).await?;
    // Where a running server is in the way it does the rest.
    if let Err(error) = store.scrub().await {
        tracing::warn!(%error, "traces of the deleted rows remain: the next start removes them");
    }
    let copies = store.file().map(backup::copies).unwrap_or_default();
    store.close().await;
    Ok(Forgotten { erased, copies })
}

/// Says what would be done, and waits for a yes.
async fn ask(store: &Store, seal: &Seal, rng: &Rng, user: &UserId) -> anyhow::Result<()> {
    let (rows, items) = erase(store, seal, rng, user, false).await?.counted();
    println!(
        "{user} will be erased: {rows} deleted or made anonymous, {items} to their facilitator. This cannot be undone."
    );
    ensure!(std::io::stdin().is_terminal(), "nothing was changed: add --yes to erase them without a question");
    print!("Type yes to go on: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        bail!("nothing was changed");
    }
    Ok(())
}

/// Erases them in one transaction; `keep` says whether it is kept, or was only done to be counted.
async fn erase(store: &Store, seal: &Seal, rng: &Rng, user: &UserId, keep: bool) -> anyhow::Result<Erased> {
    // Nobody: the name tells nothing, and no two are the same.
    let gone = UserId(format!("{GONE}{}", rng.id()));
    let vault = Vault { seal, rng };
    let mut all = Erased::default();
    let mut tx = store.begin().await?;
    let mut known = false;
    for workspace in directory::workspaces(&mut tx).await? {
        known |= erase::knows(&mut tx, &workspace.team_id, user).await?;
        let one = erase::person(&mut tx, &workspace.team_id, user, &gone, &vault).await?;
        let waiting = app::jobs::forget_user(&mut tx, &workspace.team_id, user, &vault).await?;
        all.rows += one.rows + waiting;
        all.handed_on += one.handed_on;
        all.sealed += one.sealed;
    }
    ensure!(known, "this database does not know {user}: copy the id from their profile in Slack; nothing was changed");
    if keep {
        tx.commit().await?;
    }
    Ok(all)
}
