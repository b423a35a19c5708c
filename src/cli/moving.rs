//! `lookback move --to postgres://…`: a database file into an empty PostgreSQL.
//!
//! Everything is copied in one transaction and counted; the keys of open surveys come along, sealed by `LOOKBACK_KEY`. The
//! file stays, and is not served any more: two copies in use would say everything twice. That is saved before the commit in
//! PostgreSQL, so that a command that is killed in between leaves none in use rather than two.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;

use super::rotate_key::{belongs_to, nothing_in_doubt};
use crate::config::{Place, is_postgres, without_password};
use crate::open;
use crate::seal::{Seal, Vault};
use crate::store::copying::{self, Copied};
use crate::store::{self, OpenError, Store, responses, runs};
use lookback_clock::{Clock, Rng};

/// What was moved.
#[derive(Debug, Serialize)]
pub struct Moved {
    /// The file, which stays.
    pub file: PathBuf,
    /// The new address, without its password.
    pub to: String,
    pub tables: Vec<Copied>,
    /// Where the keys of the file lie; `None` where there is no such folder.
    pub keys: Option<PathBuf>,
    /// The ids of tokens for GitHub webhooks whose secrets changed with the key.
    pub hooks: Vec<String>,
}

impl Moved {
    /// What was done, and what is to be done now.
    pub fn told(&self) -> String {
        let rows: i64 = self.tables.iter().map(|table| table.rows).sum();
        let file = self.file.display();
        let mut lines = vec![
            format!("{rows} rows are in {} now, and each table has as many as in {file}.", self.to),
            "Set DATABASE_URL to the new address for every process, and LOOKBACK_KEY to the key of this command."
                .to_owned(),
        ];
        lines.push(match &self.keys {
            Some(keys) => format!(
                "{file} stays and is not served any more. Once the new database is in use, remove it and the keys in {}: with both, answers of open surveys can be read.",
                keys.display()
            ),
            None => format!("{file} stays and is not served any more. Remove it once the new database is in use."),
        });
        lines.extend(self.hooks.iter().map(|id| {
            format!(
                "The secret of the GitHub webhook {id} is another one now: revoke it, and make a new one with `lookback token create --github`."
            )
        }));
        lines.join("\n")
    }
}

/// Moves the database of `place` to the address `to`.
pub async fn to(place: &Place, to: &str) -> anyhow::Result<Moved> {
    ensure!(is_postgres(to), "--to takes the address of a PostgreSQL, such as postgres://user:password@host/database");
    let file = store::sqlite_file(&place.database_url)
        .context("DATABASE_URL names no file: set it to the database that is to be moved")?;
    ensure!(file.exists(), "there is no database at {}: check DATABASE_URL", file.display());
    let secret = place.key.clone().context(
        "LOOKBACK_KEY is not set, and with PostgreSQL it has to be: set it to what the key file holds, or to a new key, for example from `openssl rand -hex 32`",
    )?;
    let lock = open::lock(&file).context("stop the server before its database is moved")?;
    let rng = Rng::system();
    let from = Store::open(&place.database_url).await?;
    let before = key_of_file(&from, place, &file, &rng).await?;
    is_empty(to).await?;
    let new = Store::open(to).await?;
    let after = Seal::new(secret, None);
    let vaults = [Vault { seal: &before, rng: &rng }, Vault { seal: &after, rng: &rng }];
    let done = copy(&from, &new, &vaults, &without_password(to)).await;
    new.close().await;
    from.close().await;
    drop(lock);
    let (tables, hooks) = done?;
    let keys = before.keys().map(|keys| keys.folder().to_owned()).filter(|folder| folder.exists());
    Ok(Moved { file, to: without_password(to), tables, keys, hooks })
}

/// Refuses a database of an earlier version: it must not be brought up to date only to be refused.
async fn is_empty(to: &str) -> anyhow::Result<()> {
    match Store::beside(to).await {
        Ok(store) => {
            store.close().await;
            Ok(())
        }
        Err(OpenError::Empty) => Ok(()),
        Err(OpenError::TooOld) => {
            bail!(
                "{} is in use by an earlier Lookback: name an empty database; nothing was copied",
                without_password(to)
            )
        }
        Err(error) => Err(error.into()),
    }
}

/// The key of the file: `LOOKBACK_KEY`, or else the key file.
async fn key_of_file(from: &Store, place: &Place, file: &Path, rng: &Rng) -> anyhow::Result<Seal> {
    if let Ok(seal) = open::seal(from, place, Some(file), rng).await {
        return Ok(seal);
    }
    open::seal(from, &Place { key: None, ..place.clone() }, Some(file), rng).await
}

async fn copy(
    from: &Store,
    new: &Store,
    [before, after]: &[Vault<'_>; 2],
    to: &str,
) -> anyhow::Result<(Vec<Copied>, Vec<String>)> {
    let shows = std::io::stderr().is_terminal();
    let mut old = from.begin().await?;
    let moved = runs::moved_to(&mut old).await?;
    if let Some(other) = moved.as_ref().filter(|moved| *moved != to) {
        bail!("this database was moved to {other}: run `lookback restore --go-on` first to use it again");
    }
    if before.seal.mark() != after.seal.mark() {
        nothing_in_doubt(&mut old).await?;
    }
    let mut tx = new.begin().await?;
    let tables = copying::copy(&mut old, &mut tx, |done| {
        if shows && done.rows > 0 {
            eprintln!("{:<16} {:>9} rows", done.table, done.rows);
        }
    });
    let tables = tables.await?;
    responses::take_in_keys(&mut tx, before, after).await?;
    let hooks = belongs_to(&mut tx, before, after).await?;
    let now_ms = Clock::system().now().timestamp_millis();
    if moved.is_some() {
        // An earlier try ended before its commit: what it froze is the file.
        runs::go_on(&mut tx, now_ms).await?;
    }
    let last_ms = runs::last_sign(&mut old).await?.unwrap_or(now_ms);
    runs::freeze(&mut old, last_ms, now_ms).await?;
    runs::set_moved_to(&mut old, to).await?;
    old.commit().await?;
    tx.commit().await.with_context(|| {
        format!("whether {to} has everything now is not known: run the same command again, or `lookback restore --go-on` to stay with the file")
    })?;
    Ok((tables, if before.seal.mark() == after.seal.mark() { Vec::new() } else { hooks }))
}
