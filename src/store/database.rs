//! The database in use: SQLite or PostgreSQL, and the one way to a transaction.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::Notify;

use super::lease::{self, Fence};
use super::news::Listener;
use super::postgres::Pg;
use super::schema::OpenError;
use super::sqlite::Sqlite;
use super::tx::{Driver, Tx};
use super::write::Write;
use crate::config::is_postgres;
use lookback_clock::{Stopwatch, pause};

/// How soon a transaction that could not begin is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(200);

#[derive(Clone, Debug)]
enum Db {
    Sqlite(Sqlite),
    Postgres(Pg),
}

/// A handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    /// Wakes the engine after a commit.
    engine: Arc<Notify>,
    /// The fence, if this is the sender's handle.
    fence: Option<Fence>,
}

impl Store {
    fn of(db: Db) -> Self {
        Self { db, engine: Arc::default(), fence: None }
    }

    /// Opens (or makes) the database of `url`, checks it and brings it up to date.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if is_postgres(url) {
            return Ok(Self::of(Db::Postgres(Pg::open(url).await?)));
        }
        if !url.starts_with("sqlite:") {
            return Err(OpenError::Address);
        }
        Ok(Self::of(Db::Sqlite(Sqlite::open(url).await?)))
    }

    /// Opens an existing database that is up to date, beside a server: it is neither checked page by page nor changed.
    pub async fn beside(url: &str) -> Result<Self, OpenError> {
        if is_postgres(url) {
            return Ok(Self::of(Db::Postgres(Pg::beside(url).await?)));
        }
        Ok(Self::of(Db::Sqlite(Sqlite::beside(url).await?)))
    }

    /// Opens an existing database to look at it: no lock keeps a server waiting.
    pub async fn look(url: &str) -> Result<Self, OpenError> {
        if is_postgres(url) {
            return Ok(Self::of(Db::Postgres(Pg::beside(url).await?)));
        }
        Ok(Self::of(Db::Sqlite(Sqlite::look(url).await?)))
    }

    /// A transaction that writes: one after the other. On SQLite those who wait at the same moment share one commit.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        let driver = match &self.db {
            Db::Sqlite(Sqlite { writer: Some(writer), .. }) => Driver::Write(Write::begin(writer).await?),
            Db::Sqlite(Sqlite { writer: None, .. }) => return Err(sqlx::Error::PoolClosed),
            Db::Postgres(pg) => Driver::Postgres(pg.begin().await?),
        };
        let mut tx = Tx::new(driver, self.engine.clone());
        if let Some(fence) = self.fence.as_ref().filter(|_| self.is_shared())
            && !lease::holds(&mut tx, fence).await?
        {
            return Err(sqlx::Error::Protocol("another process sends now: it has taken over the lease".to_owned()));
        }
        Ok(tx)
    }

    /// As [`Store::begin`], for what must not be lost: a shared database may be briefly unreachable or locked, so this
    /// retries for up to `patience`.
    pub async fn begin_within(&self, patience: Duration) -> sqlx::Result<Tx> {
        let since = Stopwatch::start();
        loop {
            match self.begin().await {
                // Another process sends now.
                Err(error @ sqlx::Error::Protocol(_)) => return Err(error),
                Err(_) if self.is_shared() && since.elapsed() < patience => pause(TRY_AGAIN).await,
                begun => return begun,
            }
        }
    }

    /// The same database for whoever sends: no transaction that writes begins once another process has taken over.
    pub fn fenced(&self, fence: Fence) -> Self {
        Self { fence: Some(fence), ..self.clone() }
    }

    /// Whether several processes may use the database at once.
    pub fn is_shared(&self) -> bool {
        matches!(self.db, Db::Postgres(_))
    }

    /// Tells what commits of other processes wake, where there may be any.
    pub async fn listener(&self) -> sqlx::Result<Option<Listener>> {
        match &self.db {
            Db::Sqlite(_) => Ok(None),
            Db::Postgres(pg) => pg.listener().await.map(Some),
        }
    }

    /// A transaction that only reads.
    #[expect(
        clippy::disallowed_methods,
        reason = "readers are opened read-only, so a plain begin cannot turn into a write"
    )]
    pub async fn read(&self) -> sqlx::Result<Tx> {
        let driver = match &self.db {
            Db::Sqlite(sqlite) => Driver::Read(sqlite.readers.begin().await?),
            Db::Postgres(pg) => Driver::Postgres(pg.read().await?),
        };
        Ok(Tx::new(driver, self.engine.clone()))
    }

    /// What a commit wakes.
    pub fn engine(&self) -> Arc<Notify> {
        self.engine.clone()
    }

    /// Removes what deleted rows left behind: SQLite empties its WAL, PostgreSQL writes the tables concerned anew.
    /// `false` where a reader was in the way.
    pub async fn scrub(&self) -> sqlx::Result<bool> {
        match &self.db {
            Db::Sqlite(sqlite) => sqlite.checkpoint().await,
            Db::Postgres(pg) => pg.scrub().await,
        }
    }

    /// As [`Store::scrub`], at little cost, where deleted rows may have named somebody beside a moment; on PostgreSQL
    /// their bytes stay until others take their place.
    pub async fn scrub_traces(&self) -> sqlx::Result<()> {
        match &self.db {
            Db::Sqlite(Sqlite { writer: Some(writer), .. }) if writer.has_traces() => {
                writer.checkpoint().await.map(|_| ())
            }
            Db::Sqlite(_) => Ok(()),
            Db::Postgres(pg) => pg.vacuum().await,
        }
    }

    /// A process of a newer version has changed the schema.
    pub fn has_new_schema(&self) {
        match &self.db {
            Db::Sqlite(_) => {}
            Db::Postgres(pg) => pg.has_new_schema(),
        }
    }

    /// Another process left what [`Store::scrub_traces`] removes.
    pub fn has_traces(&self) {
        if let Db::Postgres(pg) = &self.db {
            pg.has_traces();
        }
    }

    /// How many deleted and replaced rows may still lie in pages; `None` for a file, whose pages can be looked at.
    pub async fn dead_rows(&self) -> sqlx::Result<Option<i64>> {
        match &self.db {
            Db::Sqlite(_) => Ok(None),
            Db::Postgres(pg) => pg.dead_rows().await.map(Some),
        }
    }

    /// Bytes on the disk.
    pub async fn bytes(&self) -> sqlx::Result<u64> {
        match &self.db {
            Db::Sqlite(sqlite) => Ok(sqlite.bytes()),
            Db::Postgres(_) => {
                let bytes: i64 =
                    self.read().await?.query("select pg_database_size(current_database())").value().await?;
                Ok(bytes.unsigned_abs())
            }
        }
    }

    /// How long commits take, in seconds; `None` where nothing is written.
    pub fn commits(&self) -> Option<Histogram> {
        match &self.db {
            Db::Sqlite(sqlite) => sqlite.writer.as_ref().map(|writer| writer.commits()),
            Db::Postgres(pg) => Some(pg.commits()),
        }
    }

    /// The file in which everything is kept, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.db {
            Db::Sqlite(sqlite) => sqlite.file.as_deref(),
            Db::Postgres(_) => None,
        }
    }

    /// Whether a trivial read works, of a database that takes writes too (`/readyz`).
    pub async fn takes_writes(&self) -> sqlx::Result<bool> {
        const POSTGRES: &str =
            "select not pg_is_in_recovery() and current_setting('default_transaction_read_only') = 'off'";
        let sql = if self.is_shared() { POSTGRES } else { "select true" };
        self.read().await?.query(sql).value().await
    }

    /// Closes the connections.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite(sqlite) => sqlite.close().await,
            Db::Postgres(pg) => pg.close().await,
        }
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
