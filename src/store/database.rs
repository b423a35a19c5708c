//! The database in use: connecting, migrating, and the one way to a transaction.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use prometheus_client::metrics::histogram::Histogram;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::backup;
use super::schema::{
    self, BUSY, MIGRATIONS, OpenError, check_library, check_pages, check_schema, is_current, is_ours, newest_schema,
    read_only,
};
use super::writer::{Write, Writer};

/// The database in use. PostgreSQL becomes a second variant.
#[derive(Clone, Debug)]
enum Db {
    Sqlite { writer: Option<Writer>, readers: SqlitePool, file: Option<PathBuf> },
}

/// A handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Db);

/// An open transaction: rolled back unless [`Tx::commit`] is called.
#[derive(Debug)]
pub enum Tx {
    Read(Transaction<'static, Sqlite>),
    Write(Write),
}

/// Runs `$e` with `$c` bound to the connection of whichever database it is.
macro_rules! on {
    ($tx:expr, $c:ident => $e:expr) => {
        match $tx {
            $crate::store::database::Tx::Read(tx) => {
                let $c = &mut **tx;
                $e
            }
            $crate::store::database::Tx::Write(tx) => {
                let $c = tx.connection()?;
                $e
            }
        }
    };
}
pub(crate) use on;

impl Store {
    /// Opens (or makes) the database of `url`, checks it and brings it up to date; a copy is made before that.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if !url.starts_with("sqlite:") {
            return Err(OpenError::Address);
        }
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
            tracing::info!(copy = %copy.display(), "the database is brought up to date; a copy was made before");
        }
        if let Err(error) = MIGRATIONS.run(&mut writer).await {
            return Err(if let MigrateError::Execute(error) = error { named(error) } else { OpenError::Schema(error) });
        }
        if !is_marked {
            sqlx::query("pragma application_id = 1282371435").execute(&mut writer).await.map_err(named)?;
        }
        Self::with(writer, url).await
    }

    /// Opens an existing database that is up to date, beside a server: it is neither checked page by page nor changed.
    pub async fn beside(url: &str) -> Result<Self, OpenError> {
        let mut writer = SqliteConnection::connect_with(&to_write(url)?.create_if_missing(false)).await?;
        is_current(&mut writer).await?;
        Self::with(writer, url).await
    }

    async fn with(writer: SqliteConnection, url: &str) -> Result<Self, OpenError> {
        let readers = SqlitePoolOptions::new()
            .max_connections(3)
            .min_connections(0)
            // A file does not hang up.
            .test_before_acquire(false)
            .connect_with(to_write(url)?.read_only(true))
            .await?;
        Ok(Self(Db::Sqlite { writer: Some(Writer::new(writer)), readers, file: sqlite_file(url) }))
    }

    /// Opens an existing database to look at it: nothing can be written, and no lock keeps a server waiting.
    pub async fn look(url: &str) -> Result<Self, OpenError> {
        let readers = SqlitePoolOptions::new().max_connections(1).connect_with(read_only(url)?).await?;
        is_current(&mut *readers.acquire().await?).await?;
        Ok(Self(Db::Sqlite { writer: None, readers, file: sqlite_file(url) }))
    }

    /// A transaction that writes; those who wait at the same moment share one commit.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        match &self.0 {
            Db::Sqlite { writer: Some(writer), .. } => Ok(Tx::Write(writer.begin().await?)),
            Db::Sqlite { writer: None, .. } => Err(sqlx::Error::PoolClosed),
        }
    }

    /// A transaction that only reads.
    #[expect(
        clippy::disallowed_methods,
        reason = "readers are opened read-only, so a plain begin cannot turn into a write"
    )]
    pub async fn read(&self) -> sqlx::Result<Tx> {
        match &self.0 {
            Db::Sqlite { readers, .. } => Ok(Tx::Read(readers.begin().await?)),
        }
    }

    /// Moves everything into the file and empties the WAL; `false` where a reader was in the way.
    pub async fn checkpoint(&self) -> sqlx::Result<bool> {
        match &self.0 {
            Db::Sqlite { writer: Some(writer), .. } => writer.checkpoint().await,
            Db::Sqlite { writer: None, .. } => Ok(false),
        }
    }

    /// Whether the WAL may hold rows that are gone, and that named somebody beside a moment.
    pub fn has_traces(&self) -> bool {
        match &self.0 {
            Db::Sqlite { writer, .. } => writer.as_ref().is_some_and(Writer::has_traces),
        }
    }

    /// Bytes on the disk, with what is still in the WAL.
    pub fn bytes(&self) -> u64 {
        let size = |file: &Path| std::fs::metadata(file).map_or(0, |file| file.len());
        self.file().map_or(0, |file| {
            let mut wal = file.as_os_str().to_owned();
            wal.push("-wal");
            size(file) + size(Path::new(&wal))
        })
    }

    /// How long commits take, in seconds; `None` where nothing is written.
    pub fn commits(&self) -> Option<Histogram> {
        match &self.0 {
            Db::Sqlite { writer, .. } => writer.as_ref().map(Writer::commits),
        }
    }

    /// The file in which everything is kept, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Db::Sqlite { file, .. } => file.as_deref(),
        }
    }

    /// Whether a trivial read works (`/readyz`).
    pub async fn ping(&self) -> sqlx::Result<()> {
        let mut tx = self.read().await?;
        on!(&mut tx, c => sqlx::query("select 1").execute(c).await).map(|_| ())
    }

    /// Closes the connections, so that the WAL is folded into the file.
    pub async fn close(&self) {
        match &self.0 {
            Db::Sqlite { writer, readers, .. } => {
                readers.close().await;
                if let Some(writer) = writer {
                    writer.close().await;
                }
            }
        }
    }
}

impl Tx {
    /// Rows were written that the engine has to see.
    pub fn wake(&mut self) {
        if let Self::Write(tx) = self {
            tx.wakes = true;
        }
    }

    /// A row goes that named somebody beside a moment: the WAL is to be emptied soon.
    pub fn leaves_traces(&self) {
        if let Self::Write(tx) = self {
            tx.leaves_traces();
        }
    }

    /// A line for the log, once it is committed.
    pub fn tells(&mut self, line: String) {
        if let Self::Write(tx) = self {
            tx.tells.push(line);
        }
    }

    /// Whether the engine is to be woken after the commit: a turn for nothing costs as much as a request.
    pub fn wakes(&self) -> bool {
        matches!(self, Self::Write(tx) if tx.wakes)
    }

    /// Makes it durable.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Read(tx) => tx.commit().await,
            Self::Write(mut tx) => {
                let lines = std::mem::take(&mut tx.tells);
                tx.commit().await?;
                for line in lines {
                    tracing::info!("{line}");
                }
                Ok(())
            }
        }
    }
}

fn to_write(url: &str) -> sqlx::Result<SqliteConnectOptions> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged command must survive a power cut, not only a crash of the process.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
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
    let options = SqliteConnectOptions::from_str(url).ok()?;
    let path = options.get_filename().to_path_buf();
    (path.as_os_str() != ":memory:").then_some(path)
}

/// What is stored as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(Box::new(e)))
}

/// Rows of one column as ids.
pub(crate) fn ids<R, T: From<R>>(rows: Vec<R>) -> Vec<T> {
    rows.into_iter().map(T::from).collect()
}

/// A guarded update found no row, or more than one: somebody else was first.
pub(crate) fn one_row(affected: u64) -> sqlx::Result<()> {
    if affected == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

/// Looks at a database without changing it.
pub async fn peek(url: &str) -> Result<(), OpenError> {
    let mut connection = SqliteConnection::connect_with(&read_only(url)?).await?;
    check_library(&mut connection).await?;
    is_ours(&mut connection).await?;
    check_schema(&mut connection).await?;
    check_pages(&mut connection, "quick_check(1)").await
}
