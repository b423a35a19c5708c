//! `lookback rotate-key`: a new key for the installation, in the place of the old one.
//!
//! Everything that the old key seals is sealed again beside what is there, then the database remembers the new key, then the
//! new files take the names of the old ones. What was handled in the last days is known by the old key alone; a server that was
//! stopped has nothing under way that could come again. A start finishes what a kill left of it, or takes it back.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{Place, is_postgres};
use crate::open;
use crate::seal::{Seal, Vault};
use crate::store::lease::{self, Taken};
use crate::store::{self, Store, Tx, directory, in_doubt, jobs, responses, scrub, settings, tokens};
use crate::token::GITHUB;
use lookback_clock::Rng;

/// A key that was made new.
#[derive(Debug)]
pub struct Rotated {
    /// Where it lies; `None` where it is `LOOKBACK_KEY`.
    pub file: Option<PathBuf>,
    /// The ids of tokens for GitHub webhooks: their secrets follow from the key.
    pub hooks: Vec<String>,
}

/// Changes the key; `new` is for an installation whose key is `LOOKBACK_KEY`.
pub async fn rotate(place: &Place, new: Option<SecretString>) -> anyhow::Result<Rotated> {
    if is_postgres(&place.database_url) {
        return on_server(place, new).await;
    }
    let file = store::sqlite_file(&place.database_url).context("DATABASE_URL names no file")?;
    ensure!(file.exists(), "there is no database at {}: check DATABASE_URL", file.display());
    let lock = open::lock(&file)?;
    let rng = Rng::system();
    let store = Store::open(&place.database_url).await?;
    open::not_moved(&store).await?;
    let seal = open::seal(&store, place, Some(&file), &rng).await?;
    let keys = seal.keys().context("the keys lie in no folder")?.clone();
    let secret = match (&place.key, new) {
        (Some(old), new) => checked(old, new)?,
        (None, Some(_)) => bail!("the key is a file, so LOOKBACK_NEW_KEY is not used: unset it"),
        (None, None) => hex::encode(rng.key()).into(),
    };
    let sealed = seal_again(&store, &seal, &secret, place.key.is_none(), &rng).await;
    store.close().await;
    let next = Seal::new(secret, Some(keys.clone()));
    let hooks = sealed?;
    open::settle(&next, &rng, place.key.is_none())?;
    drop(lock);
    Ok(Rotated { file: place.key.is_none().then(|| keys.installation()), hooks })
}

/// The new key, where the old one is `LOOKBACK_KEY`.
fn checked(old: &SecretString, new: Option<SecretString>) -> anyhow::Result<SecretString> {
    let new =
        new.context("LOOKBACK_NEW_KEY is not set: set it to a new key, for example from `openssl rand -hex 32`")?;
    ensure!(new.expose_secret().chars().count() >= 32, "LOOKBACK_NEW_KEY is too short: use at least 32 characters");
    ensure!(new.expose_secret() != old.expose_secret(), "LOOKBACK_NEW_KEY is the same as LOOKBACK_KEY: choose another");
    Ok(new)
}

/// The same where the database keeps the keys of surveys: in one transaction, while no process runs.
async fn on_server(place: &Place, new: Option<SecretString>) -> anyhow::Result<Rotated> {
    let rng = Rng::system();
    let (store, seal) = open::to_write(place, &rng).await?;
    let old = place.key.as_ref().context("LOOKBACK_KEY is not set: set it to the current key")?;
    let next = Seal::new(checked(old, new)?, None);
    let (before, after) = (Vault { seal: &seal, rng: &rng }, Vault { seal: &next, rng: &rng });
    let mut tx = store.begin().await?;
    for workspace in directory::workspaces(&mut tx).await? {
        match lease::take(&mut tx, &workspace.team_id, "rotate-key").await? {
            Taken::Ours { failed_over: false, .. } => {}
            // Only the next start tells which messages have to be looked for.
            Taken::Ours { failed_over: true, .. } => bail!(
                "a standby of this database was promoted after it was last served: run `lookback serve` until /readyz answers 200, stop it, and try again"
            ),
            Taken::Held(_) => {
                bail!("a process is serving this database: stop every process, wait 15 seconds, and try again")
            }
        }
    }
    nothing_in_doubt(&mut tx).await?;
    responses::take_in_keys(&mut tx, &before, &after).await?;
    let hooks = belongs_to(&mut tx, &before, &after).await?;
    lease::end_all(&mut tx).await?;
    for workspace in directory::workspaces(&mut tx).await? {
        // The old key opens what the deleted rows hold. What the try below leaves, the next start removes.
        for retro in responses::keyed(&mut tx, &workspace.team_id).await? {
            scrub::want(&mut tx, retro).await?;
        }
    }
    tx.commit().await?;
    if !matches!(store.scrub().await, Ok(true)) {
        tracing::warn!("data that the old key opens is still in the pages: the next start tries again to remove it");
    }
    store.close().await;
    Ok(Rotated { file: None, hooks })
}

/// Seals everything with the new key too, and has the database remember it. Returns the tokens whose secrets change.
async fn seal_again(
    store: &Store,
    seal: &Seal,
    secret: &SecretString,
    in_file: bool,
    rng: &Rng,
) -> anyhow::Result<Vec<String>> {
    let keys = seal.keys().context("the keys lie in no folder")?;
    let next = Seal::new(secret.clone(), Some(keys.clone()));
    let (before, after) = (Vault { seal, rng }, Vault { seal: &next, rng });
    let mut tx = store.begin().await?;
    nothing_in_doubt(&mut tx).await?;
    if in_file {
        keys.put_next(None, format!("{}\n", secret.expose_secret()).as_bytes())?;
    }
    for name in responses::key_names(&mut tx).await? {
        after.seal_again(&before, &name)?;
    }
    let hooks = belongs_to(&mut tx, &before, &after).await?;
    tx.commit().await?;
    Ok(hooks)
}

/// The database belongs to another key from now on: requests that wait are sealed with it. Returns the tokens whose secrets
/// change.
pub async fn belongs_to(tx: &mut Tx, before: &Vault<'_>, after: &Vault<'_>) -> sqlx::Result<Vec<String>> {
    for job in jobs::all(tx).await? {
        if let Some(text) = before.open_job(job.id, &job.sealed) {
            jobs::seal(tx, job.id, &after.seal_job(job.id, text)).await?;
        }
    }
    settings::change_key_mark(tx, &after.seal.mark()).await?;
    let is_hook = |token: &tokens::Token| token.kind == GITHUB && token.revoked_ms.is_none();
    Ok(tokens::all(tx).await?.into_iter().filter(is_hook).map(|token| token.id).collect())
}

/// Messages that may be in Slack are known there by the key of their day.
pub async fn nothing_in_doubt(tx: &mut Tx) -> anyhow::Result<()> {
    ensure!(
        in_doubt::count(tx).await? == 0,
        "some messages may already be in Slack, and only the old key can recognize them: run `lookback serve` until /readyz answers 200, stop it, and try again"
    );
    Ok(())
}
