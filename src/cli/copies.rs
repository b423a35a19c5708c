//! `lookback backup` and `lookback restore`: copies of the database, out of it and back into its place.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;
use sqlx::Connection as _;

use crate::config::{Place, is_postgres};
use crate::keys;
use crate::open;
use crate::store::{self, Store, backup, runs};
use lookback_clock::{Clock, Rng};

/// A copy that was made, and its size.
#[derive(Debug, Serialize)]
pub struct Copied {
    pub file: PathBuf,
    pub bytes: u64,
}

/// Writes a checked copy to `to`, beside a running server too.
pub async fn backup(place: &Place, to: &Path) -> anyhow::Result<Copied> {
    let database = database(place)?;
    ensure!(!to.exists(), "{} is there already: name another file", to.display());
    let store = open::to_read(place).await?;
    // Otherwise a timer could back up a file for years that nobody uses any more.
    let moved = open::not_moved(&store).await;
    store.close().await;
    moved?;
    copy(&database, to).await
}

/// Copies and shows how far it is.
async fn copy(from: &Path, to: &Path) -> anyhow::Result<Copied> {
    let mut connection = backup::connect(from).await?;
    let all = backup::size(&mut connection).await?;
    let part = backup::partial(to);
    let clock = Clock::system();
    let shows = std::io::stderr().is_terminal();
    let show = |done: u64| {
        if shows {
            eprint!("\r{} of {} MB", done >> 20, all >> 20);
        }
    };
    {
        let mut copying = std::pin::pin!(backup::copy(&mut connection, to));
        loop {
            tokio::select! {
                done = &mut copying => break done?,
                () = clock.wait_until(clock.now() + chrono::Duration::milliseconds(200)) => {
                    show(std::fs::metadata(&part).map_or(0, |file| file.len()).min(all));
                }
            }
        }
    }
    if shows {
        eprint!("\r\x1b[K");
    }
    connection.close().await?;
    Ok(Copied { file: to.to_owned(), bytes: std::fs::metadata(to)?.len() })
}

fn database(place: &Place) -> anyhow::Result<PathBuf> {
    ensure!(
        !is_postgres(&place.database_url),
        "DATABASE_URL names a PostgreSQL database: back it up and restore it with PostgreSQL's own tools, such as pg_dump or a base backup; after a restore `lookback restore --go-on` lets messages leave again"
    );
    store::sqlite_file(&place.database_url).context("DATABASE_URL names no file: there is nothing to copy")
}

/// What was put in place.
#[derive(Debug, Serialize)]
pub struct Restored {
    pub file: PathBuf,
    /// Where the database that was there is kept.
    pub kept: Option<PathBuf>,
}

/// Puts a copy in the place of the database; the server is stopped meanwhile.
pub async fn restore(place: &Place, from: &Path) -> anyhow::Result<Restored> {
    let file = database(place)?;
    ensure!(from.exists(), "there is no file {}", from.display());
    ensure!(
        !file.exists() || std::fs::canonicalize(from)? != std::fs::canonicalize(&file)?,
        "{} is the database itself: name a backup of it",
        from.display()
    );
    if let Err(error) = backup::check(from).await {
        bail!("{} is not restored: {error}", from.display());
    }
    let is_new = !file.exists();
    let lock = open::lock(&file)?;
    if is_new {
        // It was made to be locked; until the copy takes its place there is no database.
        std::fs::remove_file(&file)?;
    }
    let keys = keys::KeyDir::of(&file, place.key_dir.as_deref());
    ensure!(
        !keys.is_changing(),
        "a change of keys was interrupted: start `lookback serve` once to finish it, or, if the server does not start, move {} away; then restore again",
        keys.changing().display()
    );
    let part = backup::with_ending(&file, "restoring");
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    copy(from, &part).await?;
    if let Err(error) = freeze(place, &file, &part).await {
        for left in [part.clone(), side(&part, "-wal"), side(&part, "-shm")] {
            let _ = std::fs::remove_file(left);
        }
        return Err(error);
    }
    give_to_owner(&file, &part)?;
    let kept = if is_new { None } else { Some(keep(place, &file).await?) };
    std::fs::rename(&part, &file)?;
    backup::sync_folder(&file)?;
    drop(lock);
    Ok(Restored { file, kept })
}

/// The server may run as another user than whoever restores: the new file belongs to the owner of the old one, or of the
/// folder.
fn give_to_owner(file: &Path, part: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    keys::give_to_owner(part, if file.exists() { file } else { folder })
        .with_context(|| format!("{} cannot be given to the owner of the database", part.display()))
}

/// The copy is brought up to date, belongs to the key, and starts frozen.
async fn freeze(place: &Place, file: &Path, part: &Path) -> anyhow::Result<()> {
    let store = Store::open(&format!("sqlite://{}", part.display())).await?;
    // A copy of an earlier version has another one made of it here; the backup itself is kept.
    for copy in backup::old_copies(part) {
        std::fs::remove_file(copy)?;
    }
    let done = async {
        open::seal(&store, place, Some(file), &Rng::system()).await?;
        let now_ms = Clock::system().now().timestamp_millis();
        let mut tx = store.begin().await?;
        let last_ms = runs::last_sign(&mut tx).await?.unwrap_or(now_ms);
        runs::freeze(&mut tx, last_ms, now_ms).await?;
        tx.commit().await?;
        anyhow::Ok(())
    };
    let done = done.await;
    store.close().await;
    done
}

/// Keeps the database that is there under another name. What its WAL holds is folded into it; where it is damaged, the
/// WAL is kept beside it.
async fn keep(place: &Place, file: &Path) -> anyhow::Result<PathBuf> {
    // The last connection that is closed folds it in.
    if let Ok(store) = Store::beside(&place.database_url).await {
        store.close().await;
    }
    let stamp = Clock::system().now().format("%Y%m%d-%H%M%S");
    let name = |n: u32| match n {
        1 => backup::with_ending(file, &format!("replaced-{stamp}")),
        n => backup::with_ending(file, &format!("replaced-{stamp}-{n}")),
    };
    // Two in one second must both be kept.
    let kept = (1..).map(name).find(|kept| !kept.exists()).context("no name is free")?;
    std::fs::hard_link(file, &kept).or_else(|_| std::fs::copy(file, &kept).map(|_| ()))?;
    for ending in ["-wal", "-shm"] {
        let from = side(file, ending);
        if from.exists() {
            std::fs::rename(&from, side(&kept, ending))?;
        }
    }
    Ok(kept)
}

/// `lookback.db` as `lookback.db-wal`.
fn side(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// What `restore --go-on` found.
#[derive(Debug, Serialize)]
pub struct WentOn {
    pub was_frozen: bool,
    /// The address that everything was moved to before.
    pub moved_to: Option<String>,
}

/// Lets messages leave again, although a newer copy of the database has run.
pub async fn go_on(place: &Place) -> anyhow::Result<WentOn> {
    let (store, _) = open::to_go_on(place, &Rng::system()).await?;
    let mut tx = store.begin().await?;
    let moved_to = runs::moved_to(&mut tx).await?;
    let was_frozen = runs::go_on(&mut tx, Clock::system().now().timestamp_millis()).await?;
    tx.commit().await?;
    store.close().await;
    Ok(WentOn { was_frozen, moved_to })
}
