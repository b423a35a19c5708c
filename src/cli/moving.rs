//! `lookback move --to postgres://…`: a database file into an empty PostgreSQL.
//!
//! Everything is copied in one transaction and counted; the keys of open surveys come along, sealed by `LOOKBACK_KEY`.
//! The file stays but is no longer served: two copies in use would post everything twice. The file is frozen before the
//! commit in PostgreSQL, so a command killed in between leaves no copy in use rather than two.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;

use super::rotate_key::{belongs_to, nothing_in_doubt};
use crate::config::{Place, fault_of_address, is_postgres, without_password};
use crate::open;
use crate::seal::{Seal, Vault};
use crate::store::copying::{self, Copied, CopyingError};
use crate::store::{self, OpenError, Store, counts, responses, runs};
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
            format!("{rows} rows are now in {}, and every table has as many rows as in {file}.", self.to),
            "For every process, set DATABASE_URL to the new address and LOOKBACK_KEY to the key you gave this command."
                .to_owned(),
        ];
        lines.push(match &self.keys {
            Some(keys) => format!(
                "{file} stays, but no server starts on it. Once the new database is in use, delete {file} and the keys in {}: together they open the answers of open surveys.",
                keys.display()
            ),
            None => format!("{file} stays, but no server starts on it. Delete {file} once the new database is in use."),
        });
        lines.extend(self.hooks.iter().map(|id| {
            format!(
                "The secret of GitHub webhook {id} has changed: revoke its token and make a new one with `lookback token create --github`."
            )
        }));
        lines.join("\n")
    }
}

/// Moves the database of `place` to the address `to`.
pub async fn to(place: &Place, to: &str) -> anyhow::Result<Moved> {
    ensure!(
        is_postgres(to),
        "--to must be the address of a PostgreSQL database, such as postgres://user:password@host/database"
    );
    if let Some(fault) = fault_of_address(to) {
        bail!("the address after --to {fault}");
    }
    let file = store::sqlite_file(&place.database_url)
        .context("DATABASE_URL does not name a file: set it to the database file you want to move")?;
    ensure!(file.exists(), "there is no database at {}: check DATABASE_URL", file.display());
    let secret = place.key.clone().context(
        "LOOKBACK_KEY is not set, but PostgreSQL needs it: set it to what the key file holds, or to a new key, for example from `openssl rand -hex 32`",
    )?;
    let lock = open::lock(&file).context("stop the server before you move its database")?;
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
                "{} holds data of an earlier Lookback version: name an empty database; nothing was copied",
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
    // A parameter names no other database.
    let database = |address: &str| address.split('?').next().map(str::to_owned);
    if let Some(other) = moved.as_ref().filter(|moved| database(moved) != database(to)) {
        bail!("this database was already moved to {other}: to move it elsewhere, run `lookback restore --go-on` first");
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
    let tables = match tables.await {
        Err(CopyingError::NotEmpty(_)) if moved.is_some() => {
            let retros = |counted: counts::ByWord| counted.iter().map(|(_, n)| *n).sum::<i64>();
            ensure!(
                retros(counts::retros(&mut tx).await?) >= retros(counts::retros(&mut old).await?),
                "{to} holds data, but not the data of this file: empty that database, and run this command again"
            );
            bail!(
                "{to} has everything already: an earlier run of this command moved it. Set DATABASE_URL to this address"
            )
        }
        tables => tables?,
    };
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
        format!("{to} may not have received everything: run the same command again, or `lookback restore --go-on` to keep using the file")
    })?;
    Ok((tables, if before.seal.mark() == after.seal.mark() { Vec::new() } else { hooks }))
}
