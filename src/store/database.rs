//! The database in use: connecting, migrating, and the one way to a transaction.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::writer::{Write, Writer};

/// The database in use. PostgreSQL becomes a second variant.
#[derive(Clone, Debug)]
enum Db {
    Sqlite { writer: Option<Writer>, readers: SqlitePool },
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

/// Why a database cannot be used; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not an address this version knows.
    #[error("DATABASE_URL must start with sqlite:// in this version (for example sqlite://lookback.db)")]
    Address,
    #[error("the SQLite library is {0}, but 3.51.3 or later is needed (earlier ones can corrupt a WAL database)")]
    Library(String),
    /// A newer Lookback, or another program, made it.
    #[error(
        "the database cannot be brought up to date: {0}. If a newer Lookback wrote it, use that version; otherwise restore a backup"
    )]
    Schema(#[from] sqlx::migrate::MigrateError),
    #[error("this is the database of another program: set DATABASE_URL to another file; nothing was changed")]
    Foreign,
    #[error("the database is damaged ({0}): restore the last backup; nothing was changed")]
    Damaged(String),
    #[error("the database could not be opened: {0}")]
    Database(#[from] sqlx::Error),
}

/// How long a statement waits for another process: well below the time within which a person is answered.
const BUSY: Duration = Duration::from_millis(1200);

impl Store {
    /// Opens (or makes) the database of `url`, checks it and brings it up to date.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if !url.starts_with("sqlite:") {
            return Err(OpenError::Address);
        }
        if let Some(file) = sqlite_file(url) {
            make_private(&file)?;
        }
        if sqlite_file(url).is_some_and(|file| file.exists()) {
            // Before anything of it is changed: already the journal's mode stands in the file.
            let options = SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false);
            let mut reader = SqliteConnection::connect_with(&options).await?;
            is_ours(&mut reader).await?;
            reader.close().await?;
        }
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged command must survive a power cut, not only a crash of the process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .optimize_on_close(true, None)
            .pragma("secure_delete", "on");
        let mut writer = SqliteConnection::connect_with(&options).await?;
        check_library(&mut writer).await?;
        let damage: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut writer).await?;
        if damage != "ok" {
            return Err(OpenError::Damaged(damage));
        }
        let is_marked = is_ours(&mut writer).await?;
        sqlx::migrate!("migrations/sqlite").run(&mut writer).await?;
        if !is_marked {
            sqlx::query("pragma application_id = 1282371435").execute(&mut writer).await?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(3)
            .min_connections(0)
            // A file does not hang up.
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self(Db::Sqlite { writer: Some(Writer::new(writer)), readers }))
    }

    /// Opens an existing database to look at it; nothing can be written.
    pub async fn look(url: &str) -> sqlx::Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false);
        let readers = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        Ok(Self(Db::Sqlite { writer: None, readers }))
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

    /// Whether a trivial read works (`/readyz`).
    pub async fn ping(&self) -> sqlx::Result<()> {
        let mut tx = self.read().await?;
        on!(&mut tx, c => sqlx::query("select 1").execute(c).await).map(|_| ())
    }

    /// Closes the connections, so that the WAL is folded into the file.
    pub async fn close(&self) {
        match &self.0 {
            Db::Sqlite { writer, readers } => {
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

    /// Whether the engine is to be woken after the commit: a turn for nothing costs as much as a request.
    pub fn wakes(&self) -> bool {
        matches!(self, Self::Write(tx) if tx.wakes)
    }

    /// Makes it durable.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Read(tx) => tx.commit().await,
            Self::Write(tx) => tx.commit().await,
        }
    }
}

/// A new database is for its owner alone; SQLite gives its side files the same mode.
fn make_private(file: &std::path::Path) -> sqlx::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(sqlx::Error::Io(error)),
        _ => Ok(()),
    }
}

/// The WAL-reset corruption bug was mended in 3.51.3: <https://sqlite.org/releaselog/3_51_3.html>
async fn check_library(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(connection).await?;
    let stages: Vec<u32> = version.split('.').filter_map(|p| p.parse().ok()).collect();
    if stages.as_slice() < [3, 51, 3].as_slice() { Err(OpenError::Library(version)) } else { Ok(()) }
}

/// The file behind a `sqlite:` address, if it is one.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options = SqliteConnectOptions::from_str(url).ok()?;
    let path = options.get_filename().to_path_buf();
    (path.as_os_str() != ":memory:").then_some(path)
}

/// The mark of our databases in the header of the file: "Look", read as a number.
/// <https://sqlite.org/pragma.html#pragma_application_id>
const APPLICATION: i64 = 1_282_371_435;

/// Refuses the database of another program. One of ours had no mark before; returns whether it has.
async fn is_ours(connection: &mut SqliteConnection) -> Result<bool, OpenError> {
    let mark: i64 = sqlx::query_scalar("pragma application_id").fetch_one(&mut *connection).await?;
    let tables: i64 =
        sqlx::query_scalar("select count(*) from sqlite_schema where type = 'table' and name <> '_sqlx_migrations'")
            .fetch_one(&mut *connection)
            .await?;
    let ours: i64 = sqlx::query_scalar("select count(*) from sqlite_schema where name = 'retro'")
        .fetch_one(&mut *connection)
        .await?;
    match mark {
        APPLICATION => Ok(true),
        0 if tables == 0 || ours == 1 => Ok(false),
        _ => Err(OpenError::Foreign),
    }
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
    let options = SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    check_library(&mut connection).await?;
    let damage: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut connection).await?;
    if damage == "ok" { Ok(()) } else { Err(OpenError::Damaged(damage)) }
}
