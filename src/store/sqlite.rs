//! SQLite: a file, the connection that writes, and those that read.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use super::backup;
use super::schema::{
    self, BUSY, MIGRATIONS, OpenError, check_library, check_pages, check_schema, is_current, is_ours, newest_schema,
    read_only,
};
use super::writer::{Checkpoints, Writer};

/// A database file in use; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// `None` where it is only looked at.
    pub writer: Option<Writer>,
    pub readers: SqlitePool,
    /// `None` in memory.
    pub file: Option<PathBuf>,
}

impl Sqlite {
    /// Opens (or makes) the database of `url`, checks it and brings it up to date; a copy is made before that.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let file = sqlite_file(url);
        if file.as_ref().is_some_and(|file| file.exists()) {
            // Before anything of it is changed: already the journal's mode stands in the file.
            let mut reader = SqliteConnection::connect_with(&read_only(url)?).await?;
            is_ours(&mut reader).await?;
            reader.close().await?;
        }
        if let Some(file) = &file {
            make_private(file)?;
        }
        let named = |error| match &file {
            Some(file) => is_read_only(file, error),
            None => OpenError::Database(error),
        };
        let mut writer = SqliteConnection::connect_with(&to_write(url)?).await.map_err(named)?;
        check_library(&mut writer).await?;
        check_pages(&mut writer, "quick_check(1)").await?;
        let is_marked = is_ours(&mut writer).await?;
        check_schema(&mut writer).await?;
        let version = schema::version(&mut writer).await?;
        if let Some(file) = file.as_ref().filter(|_| version > 0 && version < newest_schema()) {
            let copy = backup::before_upgrade(file, version);
            backup::copy(&mut writer, &copy).await.map_err(OpenError::Copy)?;
            tracing::info!(copy = %copy.display(), "upgrading the database; a copy was made first");
        }
        // All in one: the database is brought up to date whole or not at all, and waits for the disk once.
        let mut tx = writer.begin_with("begin immediate").await.map_err(named)?;
        if let Err(error) = MIGRATIONS.run(&mut *tx).await {
            return Err(if let MigrateError::Execute(error) = error { named(error) } else { OpenError::Schema(error) });
        }
        if !is_marked {
            sqlx::query("pragma application_id = 1282371435").execute(&mut *tx).await.map_err(named)?;
        }
        tx.commit().await.map_err(named)?;
        sqlx::raw_sql(SERVING).execute(&mut writer).await?;
        let (wanted, told) = mpsc::channel(1);
        let task = tokio::spawn(make_checkpoints(to_write(url)?.create_if_missing(false), told));
        Self::with(writer, url, file.is_some().then_some(Checkpoints { wanted, task })).await
    }

    /// Opens an existing database that is up to date, beside a server: it is neither checked page by page nor changed.
    pub async fn beside(url: &str) -> Result<Self, OpenError> {
        let mut writer = SqliteConnection::connect_with(&to_write(url)?.create_if_missing(false)).await?;
        is_current(&mut writer).await?;
        Self::with(writer, url, None).await
    }

    async fn with(writer: SqliteConnection, url: &str, checkpoints: Option<Checkpoints>) -> Result<Self, OpenError> {
        let readers = SqlitePoolOptions::new()
            .max_connections(3)
            .min_connections(0)
            // A file does not hang up.
            .test_before_acquire(false)
            .connect_with(to_write(url)?.read_only(true))
            .await?;
        Ok(Self { writer: Some(Writer::new(writer, checkpoints)), readers, file: sqlite_file(url) })
    }

    /// Opens an existing database to look at it: nothing can be written, and no lock keeps a server waiting.
    pub async fn look(url: &str) -> Result<Self, OpenError> {
        let readers = SqlitePoolOptions::new().max_connections(1).connect_with(read_only(url)?).await?;
        is_current(&mut *readers.acquire().await?).await?;
        Ok(Self { writer: None, readers, file: sqlite_file(url) })
    }

    /// Moves everything into the file and empties the WAL; `false` where a reader was in the way.
    pub async fn checkpoint(&self) -> sqlx::Result<bool> {
        match &self.writer {
            Some(writer) => writer.checkpoint().await,
            None => Ok(false),
        }
    }

    /// Bytes on the disk, with what is still in the WAL.
    pub fn bytes(&self) -> u64 {
        let size = |file: &Path| std::fs::metadata(file).map_or(0, |file| file.len());
        self.file.as_deref().map_or(0, |file| {
            let mut wal = file.as_os_str().to_owned();
            wal.push("-wal");
            size(file) + size(Path::new(&wal))
        })
    }

    /// Closes the connections, so that the WAL is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }
}

/// A commit makes a checkpoint only if [`make_checkpoints`] falls behind by 40 MB of pages.
/// <https://sqlite.org/pragma.html#pragma_wal_autocheckpoint>
///
/// SQLite writes what a savepoint would restore to a temporary file once it exceeds 64 KiB, and a shared commit has many
/// savepoints. <https://sqlite.org/tempfiles.html#statement_journal_files> Migrations keep that file: their changes may not
/// fit into memory.
const SERVING: &str = "pragma wal_autocheckpoint = 10000; pragma temp_store = memory";

/// Moves what was committed from the WAL into the file, on a connection of its own. SQLite would do it in every thousandth
/// page's commit, and whoever waits for that one would wait for hundreds of pages. <https://sqlite.org/wal.html#ckpt>
async fn make_checkpoints(options: SqliteConnectOptions, mut wanted: mpsc::Receiver<Option<oneshot::Sender<()>>>) {
    let mut connection = None;
    while let Some(tell) = wanted.recv().await {
        let moved = async {
            let connection = match &mut connection {
                Some(connection) => connection,
                none => none.insert(SqliteConnection::connect_with(&options).await?),
            };
            sqlx::query("pragma wal_checkpoint(passive)").execute(connection).await
        };
        if let Err(error) = moved.await {
            tracing::warn!(%error, "could not move the WAL into the database; a later commit does it");
        }
        if let Some(tell) = tell {
            let _ = tell.send(());
        }
    }
    if let Some(connection) = connection {
        let _ = connection.close().await;
    }
}

/// Prepared statements that a connection keeps: more than all that the program has, so that none is parsed twice. Those that
/// are put off come in several orders.
const STATEMENTS: usize = 1000;

fn to_write(url: &str) -> sqlx::Result<SqliteConnectOptions> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged command must survive a power cut, not only a crash of the process.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .pragma("secure_delete", "on"))
}

/// SQLite says "attempt to write a readonly database" and names no file. <https://sqlite.org/rescode.html#readonly>
fn is_read_only(file: &Path, error: sqlx::Error) -> OpenError {
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        Some(8) => OpenError::ReadOnly(file.display().to_string()),
        _ => OpenError::Database(error),
    }
}

/// A database is for its owner alone: a new one is made so, and one that others can read is changed. SQLite gives its side
/// files the same mode.
fn make_private(file: &Path) -> sqlx::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(sqlx::Error::Io(error)),
        _ => {}
    }
    #[cfg(unix)]
    for ending in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        close_to_others(Path::new(&name))?;
    }
    Ok(())
}

#[cfg(unix)]
fn close_to_others(file: &Path) -> sqlx::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(found) = std::fs::metadata(file) else { return Ok(()) };
    if found.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    let name = file.display();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).map_err(|error| {
        let what = format!("{name} can be read by others ({error}): run `chmod 600 {name}`");
        sqlx::Error::Io(std::io::Error::new(error.kind(), what))
    })?;
    tracing::warn!("{name} could be read by others; now only its owner can");
    Ok(())
}

/// The file behind a `sqlite:` address, if it is one.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    if !url.starts_with("sqlite:") {
        return None;
    }
    let options = SqliteConnectOptions::from_str(url).ok()?;
    let path = options.get_filename().to_path_buf();
    (path.as_os_str() != ":memory:").then_some(path)
}

/// Looks at a database without changing it.
pub async fn peek(url: &str) -> Result<(), OpenError> {
    let mut connection = SqliteConnection::connect_with(&read_only(url)?).await?;
    check_library(&mut connection).await?;
    is_ours(&mut connection).await?;
    check_schema(&mut connection).await?;
    check_pages(&mut connection, "quick_check(1)").await
}
