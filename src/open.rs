//! Opens the database with the key that it is sealed with: for the server, and for commands beside it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use crate::config::Place;
use crate::keys::{self, KeyDir};
use crate::seal::{Seal, Vault};
use crate::store::{self, Store, backup, directory, jobs, releases, responses, runs, settings};
use lookback_clock::Rng;
use lookback_core::ids::TeamId;

/// Opens the database for a command that only reads: no lock keeps a server waiting.
pub async fn to_read(place: &Place) -> anyhow::Result<Store> {
    there_is(place)?;
    Ok(Store::look(&place.database_url).await?)
}

/// Opens the database for a command that writes a little, beside a running server too.
pub async fn to_write(place: &Place, rng: &Rng) -> anyhow::Result<(Store, Seal)> {
    let (store, seal) = to_go_on(place, rng).await?;
    not_moved(&store).await?;
    Ok((store, seal))
}

/// Refuses a file that was moved: nobody would see what is saved there.
pub async fn not_moved(store: &Store) -> anyhow::Result<()> {
    let moved = runs::moved_to(&mut store.read().await?).await?;
    match moved {
        None => Ok(()),
        Some(to) => bail!(
            "this database was moved to {to}: set DATABASE_URL to that address. To use this file again, first stop every server on the new database, then run `lookback restore --go-on`"
        ),
    }
}

/// As [`to_write`], one that was moved too.
pub async fn to_go_on(place: &Place, rng: &Rng) -> anyhow::Result<(Store, Seal)> {
    let file = there_is(place)?;
    let store = Store::beside(&place.database_url).await?;
    let seal = key(&store, place, file.as_deref(), rng).await?;
    Ok((store, seal))
}

fn there_is(place: &Place) -> anyhow::Result<Option<PathBuf>> {
    let file = store::sqlite_file(&place.database_url);
    if let Some(file) = &file {
        let there = file.try_exists().with_context(|| format!("{} cannot be looked at", file.display()))?;
        ensure!(there, "there is no database at {}: check DATABASE_URL, or run the bot once", file.display());
    }
    Ok(file)
}

/// Whether nothing was ever kept in this database, so that it has no key yet.
async fn is_new(store: &Store) -> sqlx::Result<bool> {
    let mut tx = store.read().await?;
    Ok(settings::key_mark(&mut tx).await?.is_none() && directory::workspaces(&mut tx).await?.is_empty())
}

/// The key that this database is sealed with. One of another database is refused: it would open nothing, and
/// seal what nobody else can open.
async fn key(store: &Store, place: &Place, file: Option<&Path>, rng: &Rng) -> anyhow::Result<Seal> {
    let mut tx = store.read().await?;
    let mark = settings::key_mark(&mut tx).await?;
    drop(tx);
    let seal = match file {
        Some(file) => {
            let keys = KeyDir::of(file, place.key_dir.as_deref());
            let next = match (&place.key, &mark) {
                (None, Some(mark)) => Seal::next(&keys, mark)?,
                _ => None,
            };
            match next {
                Some(next) => next,
                None => Seal::open(place.key.clone(), keys, is_new(store).await?, rng)?,
            }
        }
        // Nothing lies beside it, so nothing but the setting can be the key.
        None if store.is_shared() => {
            let key = place.key.clone().context("LOOKBACK_KEY is not set, but PostgreSQL needs it: set it to the same 32 characters or more for every process, for example from `openssl rand -hex 32`")?;
            Seal::new(key, None)
        }
        None => Seal::new(place.key.clone().unwrap_or_else(|| hex::encode(rng.key()).into()), None),
    };
    belongs(mark, &seal)?;
    Ok(seal)
}

/// Refuses the key of another database, which has this mark.
fn belongs(mark: Option<String>, seal: &Seal) -> anyhow::Result<()> {
    ensure!(
        mark.is_none_or(|mark| mark == seal.mark()),
        "the key (LOOKBACK_KEY, or the key file) is not the one that this database is sealed with: put back the key of its day, an older one if `rotate-key` was run since; nothing was changed"
    );
    Ok(())
}

/// The key of a database that was opened to be looked at.
pub async fn existing_key(store: &Store, place: &Place) -> anyhow::Result<Seal> {
    key(store, place, store.file(), &Rng::system()).await
}

/// As the server opens it: a new database remembers its key, and what an earlier version kept in another way is changed.
/// `file` is where the database will be found, which is not where a copy lies.
pub async fn seal(store: &Store, place: &Place, file: Option<&Path>, rng: &Rng) -> anyhow::Result<Seal> {
    let seal = key(store, place, file, rng).await?;
    if let Some(keys) = seal.keys() {
        keys.move_in().with_context(|| {
            format!(
                "the key file cannot be moved to {}: set LOOKBACK_KEY_DIR to a folder for keys alone",
                keys.folder().display()
            )
        })?;
    }
    // A copy that is not in its place yet may belong to another key than the database does.
    if file == store.file() {
        settle(&seal, rng, place.key.is_none())?;
    }
    let vault = Vault { seal: &seal, rng };
    let mut tx = store.begin().await?;
    // Asked again where nobody else writes: the first process of another key, or a change of keys, may have come between.
    match settings::key_mark(&mut tx).await? {
        None => settings::set_key_mark(&mut tx, &seal.mark()).await?,
        mark => belongs(mark, &seal)?,
    }
    if let Some(keys) = seal.keys().filter(|keys| !keys.folder().exists()) {
        ensure!(
            responses::key_names(&mut tx).await?.is_empty(),
            "the key folder {} is missing, and open surveys have their keys in it: put it back, or make an empty one, and everyone in these surveys is asked again; nothing was changed",
            keys.folder().display()
        );
    }
    responses::move_keys(&mut tx, &vault).await?;
    let readable = responses::seal_old(&mut tx, &vault).await?;
    for (team, id, text, made_ms) in jobs::readable(&mut tx).await? {
        jobs::put(&mut tx, &TeamId(team), id, &vault.seal_job(id, text.into_bytes()), made_ms).await?;
    }
    jobs::readable_is_sealed(&mut tx).await?;
    releases::know_old(&mut tx).await?;
    // Before the commit: after it nothing tells any more that the copies can be read.
    if let Some(file) = file.filter(|_| readable) {
        forget_copies(file)?;
    }
    tx.commit().await?;
    Ok(seal)
}

/// Destroys the copies from before an upgrade: the answers of an open survey can be read in them.
fn forget_copies(database: &Path) -> anyhow::Result<()> {
    for copy in backup::old_copies(database) {
        let wiped = std::fs::OpenOptions::new().write(true).open(&copy).and_then(keys::wipe);
        wiped.and_then(|()| std::fs::remove_file(&copy)).with_context(|| {
            format!("{} holds answers that can be read, and cannot be removed: remove it", copy.display())
        })?;
        tracing::warn!("{} is removed: answers of an open survey could be read in it", copy.display());
    }
    Ok(())
}

/// Ends a change of keys: files that wait for their place take it where they belong to this key, and go where they do not.
pub fn settle(seal: &Seal, rng: &Rng, in_file: bool) -> anyhow::Result<()> {
    let Some(keys) = seal.keys() else { return Ok(()) };
    let vault = Vault { seal, rng };
    let is_it = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| seal.is(text.trim()));
    let settled = keys.settle(|name, content| match name {
        Some(name) => vault.opens(name, content),
        None => in_file && is_it(content),
    });
    settled.with_context(|| format!("the keys in {} cannot be put in their places", keys.folder().display()))
}

/// Only one server for a database: two would send everything twice. The file itself is locked, not a name beside it, so
/// that a symbolic link, a hard link or a deleted file of a lock lets no second one in. A row could not do that: through
/// a hard link SQLite looks for a WAL of another name, and does not see what the first one wrote.
/// <https://sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file>
///
/// The lock ends with the process, however it ends. Let it go after the database is closed.
pub fn lock(database: &Path) -> anyhow::Result<std::fs::File> {
    let path = lock_file(database);
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).with_context(|| {
        format!("{} cannot be opened for writing: is its folder there, and writable?", path.display())
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        // The other one may be about to stop.
        Err(_) => Err(anyhow::Error::new(std::io::Error::from(ErrorKind::WouldBlock))
            .context(format!("another lookback already serves {}: stop it first", database.display()))),
    }
}

/// On Linux `flock` and SQLite's own locks do not see each other, and a file can have both; elsewhere they may, so that
/// a file beside the database is locked. <https://man7.org/linux/man-pages/man2/flock.2.html>
fn lock_file(database: &Path) -> PathBuf {
    if cfg!(target_os = "linux") {
        return database.to_owned();
    }
    std::fs::canonicalize(database).unwrap_or_else(|_| database.to_owned()).with_extension("lock")
}
