//! PostgreSQL: connections, the order of those who write, and what a database has to be.
//!
//! Only one transaction writes at a time, as on SQLite: each takes a database lock first, so what it read stays true
//! until the commit, whichever process runs it. A workspace never needs more than that: Slack takes some hundred
//! messages a minute. Within a process those who wait stand in a queue of ours, so that they hold no connections.

use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::news::{Listener, NOTIFY, News};
use super::schema::OpenError;
use crate::metrics;
use lookback_clock::Stopwatch;

/// Connections of a replica at most: one writes, the others read.
const CONNECTIONS: u32 = 8;

/// How long to wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(2);

/// A connection that was idle for longer than this is tested before use.
const RESTED: Duration = Duration::from_secs(5);

/// How long the lock of those who write is waited for, and how long a statement may run: a person is answered within
/// three seconds, and nothing here needs longer than a few milliseconds.
const LIMITS: [(&str, &str); 5] = [
    ("lock_timeout", "1200"),
    ("statement_timeout", "5000"),
    // A replica that stops in the middle of a transaction must not keep the others from writing.
    ("idle_in_transaction_session_timeout", "5000"),
    // Our statements take a few milliseconds, and compiling a large one takes a hundred.
    // <https://www.postgresql.org/docs/current/jit-decision.html>
    ("jit", "off"),
    // It is set by some hosts, and a write would be acknowledged before it is safe.
    ("synchronous_commit", "on"),
];

/// How long that test may take: one that gets no answer must not use up the time of a request.
const PING: Duration = Duration::from_millis(500);

/// How long to wait for an answer from the server: longer than any limit of the server's own.
const ANSWER: Duration = Duration::from_secs(6);

/// Names the lock of those who write: "Look", read as a number, as in SQLite's files.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>
const BEGIN_TO_WRITE: &str = "begin; select pg_advisory_xact_lock(1282371435)";
const BEGIN_TO_MIGRATE: &str = "set lock_timeout = 0; set statement_timeout = 0; select pg_advisory_lock(1282371435)";

/// The schema's changes, in the order of their numbers: as those of SQLite.
pub(super) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate::Migrator {
    // A newer version's additions do no harm: `needs` refuses those that would.
    ignore_missing: true,
    ..sqlx::migrate!("migrations/postgres")
};

/// A database of PostgreSQL; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pg {
    pub(super) pool: PgPool,
    /// Of this process, one writes at a time.
    turn: Arc<Mutex<()>>,
    commits: Histogram,
    /// Rows that linked a person to a time may have been deleted, and their bytes may still be there.
    pub(super) traces: Arc<AtomicBool>,
    /// Connections from before are closed: a newer version has changed the schema.
    schema: Arc<std::sync::Mutex<Option<Stopwatch>>>,
}

/// A transaction; taken back unless committed.
#[derive(Debug)]
pub struct PgTx {
    /// `None` once committed.
    connection: Option<PoolConnection<Postgres>>,
    /// Where it writes.
    writes: Option<(OwnedMutexGuard<()>, Histogram)>,
    /// A statement failed: the server takes everything back at the commit, and answers as if it were fine.
    /// <https://www.postgresql.org/docs/current/sql-commit.html>
    failed: bool,
    schema: Arc<std::sync::Mutex<Option<Stopwatch>>>,
}

impl Pg {
    /// Opens the database, and brings it up to date.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let mut connection = PgConnection::connect_with(&options(url)?).await.map_err(not_connected)?;
        check(&mut connection).await?;
        if schema(&mut connection).await?.is_none_or(|has| has < newest()) {
            // Whoever comes second waits for the first, and longer than a statement may take. Older processes that write
            // wait too: what they had under way would be missed by a change that moves rows.
            sqlx::raw_sql(BEGIN_TO_MIGRATE).execute(&mut connection).await?;
            MIGRATIONS.run(&mut connection).await.map_err(not_migrated)?;
            sqlx::query(NOTIFY).bind(News::Schema.name()).execute(&mut connection).await?;
        }
        connection.close().await?;
        Self::connect(url)
    }

    /// Opens an existing database that is up to date.
    pub async fn beside(url: &str) -> Result<Self, OpenError> {
        let mut connection = PgConnection::connect_with(&options(url)?).await.map_err(not_connected)?;
        check(&mut connection).await?;
        let schema = schema(&mut connection).await?;
        connection.close().await?;
        match schema {
            None => Err(OpenError::Empty),
            Some(has) if has < newest() => Err(OpenError::TooOld),
            Some(_) => Self::connect(url),
        }
    }

    fn connect(url: &str) -> Result<Self, OpenError> {
        let schema: Arc<std::sync::Mutex<Option<Stopwatch>>> = Arc::default();
        let changed = schema.clone();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            // One that was just in use is there; a proxy may have cut one that was not.
            .test_before_acquire(false)
            .before_acquire(move |connection, seen| {
                let of_before = changed_within(&changed, seen.age);
                Box::pin(async move {
                    if of_before {
                        return Ok(false);
                    }
                    if seen.idle_for > RESTED {
                        let alive = tokio::time::timeout(PING, connection.ping()).await;
                        alive.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options(url)?);
        let traces = Arc::new(AtomicBool::new(true));
        Ok(Self { pool, turn: Arc::default(), commits: metrics::seconds(), traces, schema })
    }

    /// A transaction that writes: it waits for its turn.
    pub async fn begin(&self) -> sqlx::Result<PgTx> {
        let turn = self.turn.clone().lock_owned().await;
        self.open_with(BEGIN_TO_WRITE, Some((turn, self.commits.clone()))).await
    }

    /// A transaction that only reads, and sees one moment.
    pub async fn read(&self) -> sqlx::Result<PgTx> {
        self.open_with("begin isolation level repeatable read read only", None).await
    }

    async fn open_with(
        &self,
        begin: &'static str,
        writes: Option<(OwnedMutexGuard<()>, Histogram)>,
    ) -> sqlx::Result<PgTx> {
        let since = Stopwatch::start();
        let mut tx = PgTx { connection: None, writes, failed: false, schema: self.schema.clone() };
        loop {
            tx.connection = Some(self.pool.acquire().await?);
            let begun = tx.within(async |connection: &mut PgConnection| sqlx::raw_sql(begin).execute(connection).await);
            match begun.await {
                // It had died unheard, so nothing has begun: the next one is taken.
                Err(error) if is_gone(&error) && since.elapsed() < ACQUIRE => {
                    tx.connection.iter_mut().for_each(PoolConnection::close_on_drop);
                    (tx.connection, tx.failed) = (None, false);
                }
                begun => return begun.map(|_| tx),
            }
        }
    }

    /// Rows that linked a person to a time were deleted.
    pub fn has_traces(&self) {
        self.traces.store(true, Ordering::SeqCst);
    }

    /// A newer version has changed the schema.
    pub fn has_new_schema(&self) {
        *self.schema.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stopwatch::start());
    }

    /// How long commits take, in seconds.
    pub fn commits(&self) -> Histogram {
        self.commits.clone()
    }

    /// Hears what commits of all replicas tell.
    pub async fn listener(&self) -> sqlx::Result<Listener> {
        Listener::new(PgListener::connect_with(&self.pool).await?).await
    }

    pub async fn close(&self) {
        // One that died unheard must not keep the process from ending.
        let _ = tokio::time::timeout(ANSWER, self.pool.close()).await;
    }
}

/// Whether the schema was changed since a connection of this age was made: what it knows of tables is out of date.
fn changed_within(changed: &std::sync::Mutex<Option<Stopwatch>>, age: Duration) -> bool {
    changed.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|since| since.elapsed() < age)
}

impl PgTx {
    /// Runs a statement. One that gets no answer costs its connection, because nobody can tell where it stands.
    pub(super) async fn within<R>(
        &mut self,
        run: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<R>,
    ) -> sqlx::Result<R> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        match tokio::time::timeout(ANSWER, run(connection)).await {
            Ok(answer) => {
                if let Err(sqlx::Error::Database(error)) = &answer {
                    self.failed = true;
                    // "cached plan must not change result type": the schema is newer than the connection.
                    if error.code().as_deref() == Some("0A000") {
                        *self.schema.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stopwatch::start());
                    }
                }
                answer
            }
            Err(_) => {
                connection.close_on_drop();
                self.connection = None;
                Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
            }
        }
    }

    /// The connection, for statements that may take longer than a request can wait.
    pub(super) fn connection(&mut self) -> sqlx::Result<&mut PgConnection> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Makes it durable.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        if self.failed {
            return Err(sqlx::Error::Protocol("a statement failed, so nothing is saved".to_owned()));
        }
        let watch = Stopwatch::start();
        self.within(async |connection: &mut PgConnection| sqlx::raw_sql("commit").execute(connection).await).await?;
        self.connection = None;
        if let Some((_, commits)) = &self.writes {
            commits.observe(watch.seconds());
        }
        Ok(())
    }
}

impl Drop for PgTx {
    fn drop(&mut self) {
        let (Some(mut connection), Ok(runtime)) = (self.connection.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move {
            let ended = tokio::time::timeout(ANSWER, sqlx::raw_sql("rollback").execute(&mut *connection)).await;
            if !matches!(ended, Ok(Ok(_))) {
                connection.close_on_drop();
            }
        });
    }
}

/// Whether a connection has ended: unheard, or because the server stops.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn is_gone(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        Some(error) => matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03")),
        None => matches!(error, sqlx::Error::Io(_)),
    }
}

fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    // Its errors may repeat a part of the address, and with it a password.
    let options = PgConnectOptions::from_str(url).map_err(|_| OpenError::Address)?;
    Ok(options.application_name("lookback").options(LIMITS))
}

fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The newest change that a database of ours has; `None` for an empty one. Refuses one that this program cannot run on.
async fn schema(connection: &mut PgConnection) -> Result<Option<i64>, OpenError> {
    // The information schema hides the tables of other roles.
    const TABLES: &str = "select cast(c.relname as text), cast(pg_get_userbyid(c.relowner) as text), \
pg_has_role(c.relowner, 'usage') from pg_class c join pg_namespace n on n.oid = c.relnamespace \
where n.nspname = current_schema() and c.relkind = 'r'";
    const MAY_CREATE: &str = "select coalesce(has_schema_privilege(current_schema(), 'create'), false)";
    let tables: Vec<(String, String, bool)> = sqlx::query_as(TABLES).fetch_all(&mut *connection).await?;
    if let Some((_, owner, false)) = tables.iter().find(|(table, ..)| table == "_sqlx_migrations") {
        return Err(OpenError::OfAnother(owner.clone()));
    }
    if tables.is_empty() && !sqlx::query_scalar(MAY_CREATE).fetch_one(&mut *connection).await? {
        return Err(OpenError::NoRight);
    }
    let has = |name: &str| tables.iter().any(|(table, ..)| table == name);
    match (tables.len(), has("_sqlx_migrations")) {
        (0, _) => return Ok(None),
        (_, true) if has("schema_needs") => {}
        // Another process makes the schema just now, or was stopped while it did.
        (tables, true) if tables == 1 || has("retro") => return Ok(None),
        _ => return Err(OpenError::Foreign),
    }
    const VERSIONS: &str =
        "select (select max(version) from schema_needs), (select coalesce(max(version), 0) from _sqlx_migrations)";
    let (needs, has): (i64, i64) = sqlx::query_as(VERSIONS).fetch_one(connection).await?;
    let knows = newest();
    if needs > knows { Err(OpenError::TooNew { needs, knows }) } else { Ok(Some(has)) }
}

/// Refuses a server on which nothing can be saved.
async fn check(connection: &mut PgConnection) -> Result<(), OpenError> {
    const SQL: &str = "select pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on', \
cast(current_setting('server_version_num') as bigint)";
    let (is_read_only, version): (bool, i64) = sqlx::query_as(SQL).fetch_one(connection).await?;
    if version < OLDEST_SERVER {
        return Err(OpenError::Server(version / 10_000));
    }
    if is_read_only { Err(OpenError::Standby) } else { Ok(()) }
}

/// The oldest release that is tried, as PostgreSQL numbers it.
const OLDEST_SERVER: i64 = 150_000;

/// A wrong password or a missing database does not fix itself.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn not_connected(error: sqlx::Error) -> OpenError {
    let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default();
    if code.starts_with("28") || ["3D000", "42501"].contains(&code.as_ref()) {
        OpenError::Refused(error)
    } else {
        OpenError::Unreachable(error)
    }
}

fn not_migrated(error: MigrateError) -> OpenError {
    let (MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) = &error else {
        return OpenError::Schema(error);
    };
    // insufficient_privilege: <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    let code = cause.as_database_error().and_then(|e| e.code());
    if code.as_deref() == Some("42501") { OpenError::NoRight } else { OpenError::Schema(error) }
}
