//! What a database file has to be: whole, ours, and of a version that this program knows.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteConnectOptions;

/// Why a database cannot be used; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not an address of a database that is known.
    #[error(
        "this is not a database address: use sqlite://lookback.db for a file, or postgres://user:password@host/database, and percent-encode special characters in the password, for example %40 for @"
    )]
    Address,
    #[error("PostgreSQL cannot be reached: check the address and whether the server is running ({})", message(.0))]
    Unreachable(#[source] sqlx::Error),
    #[error(
        "PostgreSQL refuses the connection ({}): check the user, the database name and the password (in the address, in PGPASSWORD, or in ~/.pgpass, which must have mode 0600)",
        message(.0)
    )]
    Refused(#[source] sqlx::Error),
    #[error("the server runs PostgreSQL {0}: upgrade it to 15 or later")]
    Server(i64),
    #[error("this PostgreSQL is read-only (it is a standby, or configured that way): set DATABASE_URL to the primary")]
    Standby,
    #[error(
        "the role is not allowed to create tables: run `grant create on schema public to <role>` in this database, or make the role the owner of the database; nothing was changed"
    )]
    NoRight,
    #[error("the tables in this database belong to the role {0}: connect as that role; nothing was changed")]
    OfAnother(String),
    #[error("the SQLite library is {0}, but 3.51.3 or later is needed (earlier ones can corrupt a WAL database)")]
    Library(String),
    #[error("the database cannot be brought up to date: {0}. Restore a backup")]
    Schema(#[from] sqlx::migrate::MigrateError),
    #[error(
        "a newer Lookback wrote this database (schema {needs}; this program knows {knows}): start that version, or restore the copy made before the upgrade; nothing was changed"
    )]
    TooNew { needs: i64, knows: i64 },
    #[error("an earlier Lookback wrote this database: run `lookback serve` once to upgrade it")]
    TooOld,
    #[error("the copy before the upgrade could not be made: {0}. Make room beside the database; nothing was changed")]
    Copy(#[source] CopyError),
    #[error(
        "{0} cannot be written: give its user the right to write the file and its folder, or look whether the disk is mounted read-only"
    )]
    ReadOnly(String),
    #[error("this is the database of another program: set DATABASE_URL to another database; nothing was changed")]
    Foreign,
    #[error("there is no Lookback data in it")]
    Empty,
    #[error("the database is damaged ({0}): restore the last backup; nothing was changed")]
    Damaged(String),
    #[error("the database could not be opened: {0}")]
    Database(#[from] sqlx::Error),
}

impl OpenError {
    /// Whether the error may pass by itself: the server may start, or a standby may be promoted.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Standby)
    }
}

/// The server's message, without the line number of its source code that the server adds.
pub fn message(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// Why no copy was made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{file} cannot be written: {error}")]
    File { file: String, error: std::io::Error },
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("the copy is not whole: {0}")]
    Damaged(Box<OpenError>),
}

/// How long a statement waits for another process: well below the time within which a person is answered.
pub(super) const BUSY: Duration = Duration::from_millis(1200);

/// The schema's changes, in the order of their numbers.
pub(super) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate::Migrator {
    // A newer version's additions do no harm: `check_schema` refuses those that would.
    ignore_missing: true,
    ..sqlx::migrate!("migrations/sqlite")
};

pub(super) fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// How many of the changes the database has; 0 for an empty one.
pub(super) async fn version(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    const TABLE: &str = "select count(*) from sqlite_schema where name = '_sqlx_migrations'";
    let there: i64 = sqlx::query_scalar(TABLE).fetch_one(&mut *connection).await?;
    if there == 0 {
        return Ok(0);
    }
    sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(connection).await
}

/// Refuses a database of a version that this program cannot run on.
pub(super) async fn check_schema(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let needs: i64 = sqlx::query_scalar("pragma user_version").fetch_one(connection).await?;
    let knows = newest_schema();
    if needs > knows { Err(OpenError::TooNew { needs, knows }) } else { Ok(()) }
}

pub(super) async fn is_current(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    is_ours(connection).await?;
    check_schema(connection).await?;
    if version(connection).await? < newest_schema() { Err(OpenError::TooOld) } else { Ok(()) }
}

/// Reads pages for damage; `how` is a pragma that answers with a line for each fault.
pub(super) async fn check_pages(connection: &mut SqliteConnection, how: &str) -> Result<(), OpenError> {
    let check = sqlx::AssertSqlSafe(format!("pragma {how}"));
    let damage: String = sqlx::query_scalar(check).fetch_one(connection).await?;
    if damage == "ok" { Ok(()) } else { Err(OpenError::Damaged(damage)) }
}

pub(super) fn read_only(url: &str) -> sqlx::Result<SqliteConnectOptions> {
    Ok(SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false).busy_timeout(BUSY))
}

/// The WAL-reset corruption bug was mended in 3.51.3: <https://sqlite.org/releaselog/3_51_3.html>
pub(super) async fn check_library(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(connection).await?;
    let stages: Vec<u32> = version.split('.').filter_map(|p| p.parse().ok()).collect();
    if stages.as_slice() < [3, 51, 3].as_slice() { Err(OpenError::Library(version)) } else { Ok(()) }
}

/// The mark of our databases in the header of the file: "Look", read as a number.
/// <https://sqlite.org/pragma.html#pragma_application_id>
pub(super) const APPLICATION: i64 = 1_282_371_435;

/// Refuses the database of another program. One of ours had no mark before; returns whether it has.
pub(super) async fn is_ours(connection: &mut SqliteConnection) -> Result<bool, OpenError> {
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
