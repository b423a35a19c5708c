//! Opens the database with the key that it is sealed with: for the server, and for commands beside it.

use std::path::Path;

use anyhow::ensure;
use secrecy::SecretString;

use crate::config::Place;
use crate::seal::{Seal, Vault};
use crate::store::{self, Store, directory, releases, responses, settings};
use lookback_clock::Rng;

/// Opens the database beside a running server.
pub async fn beside_a_server(place: &Place, rng: &Rng) -> anyhow::Result<(Store, Seal)> {
    let file = store::sqlite_file(&place.database_url);
    if let Some(file) = &file {
        ensure!(file.exists(), "there is no database at {}: check DATABASE_URL, or run the bot once", file.display());
    }
    let store = Store::open(&place.database_url).await?;
    let seal = seal(&store, place.key.as_ref(), file.as_deref(), rng).await?;
    Ok((store, seal))
}

/// Whether nothing was ever kept in this database, so that it has no key yet.
async fn is_new(store: &Store) -> sqlx::Result<bool> {
    let mut tx = store.read().await?;
    Ok(settings::key_mark(&mut tx).await?.is_none() && directory::workspaces(&mut tx).await?.is_empty())
}

/// The key that this database is sealed with. One of another database is refused: it would open nothing, and
/// seal what nobody else can open.
pub async fn seal(store: &Store, key: Option<&SecretString>, file: Option<&Path>, rng: &Rng) -> anyhow::Result<Seal> {
    let seal = match (key, file) {
        (Some(key), _) => Seal::new(key.clone()),
        (None, Some(file)) => Seal::beside(file, is_new(store).await?, rng)?,
        (None, None) => Seal::new(hex::encode(rng.key()).into()),
    };
    let mut tx = store.begin().await?;
    match settings::key_mark(&mut tx).await? {
        Some(mark) => anyhow::ensure!(
            mark == seal.mark(),
            "the key (LOOKBACK_KEY, or the key file beside the database) belongs to another database: put back the one this database was made with; nothing was changed"
        ),
        None => settings::set_key_mark(&mut tx, &seal.mark()).await?,
    }
    // What an earlier version kept in another way.
    responses::seal_old(&mut tx, &Vault { seal: &seal, rng }).await?;
    releases::know_old(&mut tx).await?;
    tx.commit().await?;
    Ok(seal)
}
