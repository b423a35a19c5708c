//! A transaction, and the one way to run a statement in it: on either database, with the same text.

use std::sync::Arc;

use futures_util::{Stream, TryStreamExt as _};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query as Statement;
use sqlx::sqlite::{SqliteArguments, SqliteQueryResult, SqliteRow};
use sqlx::{
    Either, Encode, Executor as _, FromRow, PgConnection, Postgres, SqlSafeStr, SqlStr, Sqlite, SqliteConnection,
    Transaction, Type,
};
use tokio::sync::Notify;

use super::news::{NOTIFY, News};
use super::postgres::PgTx;
use super::write::{Trip, Write};
use crate::seal::SurveyKey;
use lookback_core::ids::RetroId;

/// An open transaction: rolled back unless [`Tx::commit`] is called.
#[derive(Debug)]
pub struct Tx {
    driver: Driver,
    /// The survey key that was last opened, so that it is not fetched twice.
    pub(super) key: Option<(RetroId, Arc<SurveyKey>)>,
    /// The sheet that was last read, by its name.
    pub(super) sheet: Option<(RetroId, Vec<u8>)>,
    /// Rows were written that the engine has to see.
    wakes: bool,
    /// A row that linked a person to a time is deleted: the sender must be told.
    traces: bool,
    /// Lines for the log, once it is committed.
    tells: Vec<String>,
    /// The engine of this process.
    engine: Arc<Notify>,
}

#[derive(Debug)]
pub(super) enum Driver {
    /// SQLite, on a connection that cannot write.
    Read(Transaction<'static, Sqlite>),
    /// SQLite, on the connection that writes.
    Write(Write),
    Postgres(PgTx),
}

/// A value that a statement takes on either database.
pub(crate) trait Bind<'t>: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres> {}
impl<'t, T: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres>> Bind<'t> for T {}

/// What a row of either database is read as.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

/// A statement with the values bound so far.
#[must_use]
pub(crate) enum Query<'t> {
    Read(&'t mut SqliteConnection, Statement<'static, Sqlite, SqliteArguments>),
    /// With the number that its `$1` has.
    Write(sqlx::Result<&'t mut Write>, SqlStr, usize),
    Postgres(&'t mut PgTx, Statement<'static, Postgres, PgArguments>),
}

/// Fetches rows of `$query` by `$method` and reads each as a `T`.
macro_rules! fetch {
    ($query:expr, $method:ident) => {
        match $query {
            Query::Read(connection, query) => query.try_map(|row| T::from_row(&row)).$method(connection).await,
            Query::Write(write, sql, first) => {
                let write = write?;
                let Trip { connection, sql, values } = write.trip(sql, first)?;
                let query = sqlx::query_with(sql, values).try_map(|row| T::from_row(&row));
                let rows = query.$method(connection).await;
                write.arrived(rows).await
            }
            Query::Postgres(tx, query) => {
                let query = query.try_map(|row| T::from_row(&row));
                tx.within(async |connection: &mut PgConnection| query.$method(connection).await).await
            }
        }
    };
}

impl<'t> Query<'t> {
    /// Binds the next `$n`.
    pub fn bind<'v, T: Bind<'v>>(self, value: T) -> Self {
        match self {
            Self::Read(connection, query) => Self::Read(connection, query.bind(value)),
            Self::Write(write, sql, first) => {
                let bound = write.and_then(|write| write.bind(value).map(|()| write));
                Self::Write(bound, sql, first)
            }
            Self::Postgres(tx, query) => Self::Postgres(tx, query.bind(value)),
        }
    }

    /// Runs it; returns how many rows it changed.
    pub async fn execute(self) -> sqlx::Result<u64> {
        match self {
            Self::Read(connection, query) => Ok(query.execute(connection).await?.rows_affected()),
            Self::Write(write, sql, first) => {
                let write = write?;
                let Trip { connection, sql, values } = write.trip(sql, first)?;
                let changed = last_of(connection.fetch_many(sqlx::query_with(sql, values))).await;
                write.arrived(changed).await
            }
            Self::Postgres(tx, query) => {
                let run = async |connection: &mut PgConnection| query.execute(connection).await;
                Ok(tx.within(run).await?.rows_affected())
            }
        }
    }

    /// Runs it, at the latest with the commit: on SQLite it goes with the next statement that has an answer.
    pub async fn execute_later(self) -> sqlx::Result<()> {
        match self {
            Self::Write(write, sql, first) => {
                write?.put_off(sql, first);
                Ok(())
            }
            Self::Read(..) | Self::Postgres(..) => self.execute().await.map(|_| ()),
        }
    }

    pub async fn fetch_all<T: Row>(self) -> sqlx::Result<Vec<T>> {
        fetch!(self, fetch_all)
    }

    pub async fn fetch_optional<T: Row>(self) -> sqlx::Result<Option<T>> {
        fetch!(self, fetch_optional)
    }

    pub async fn fetch_one<T: Row>(self) -> sqlx::Result<T> {
        fetch!(self, fetch_one)
    }

    /// The only column of all rows.
    pub async fn values<T>(self) -> sqlx::Result<Vec<T>>
    where
        (T,): Row,
    {
        let rows: Vec<(T,)> = self.fetch_all().await?;
        Ok(rows.into_iter().map(|(value,)| value).collect())
    }

    /// The only column of a row that may be there.
    pub async fn optional_value<T>(self) -> sqlx::Result<Option<T>>
    where
        (T,): Row,
    {
        let row: Option<(T,)> = self.fetch_optional().await?;
        Ok(row.map(|(value,)| value))
    }

    /// The only column of the only row.
    pub async fn value<T>(self) -> sqlx::Result<T>
    where
        (T,): Row,
    {
        let (value,): (T,) = self.fetch_one().await?;
        Ok(value)
    }
}

/// How many rows the last statement changed: those before it went with it.
async fn last_of(
    mut results: impl Stream<Item = sqlx::Result<Either<SqliteQueryResult, SqliteRow>>> + Unpin,
) -> sqlx::Result<u64> {
    let mut changed = 0;
    while let Some(result) = results.try_next().await? {
        if let Either::Left(done) = result {
            changed = done.rows_affected();
        }
    }
    Ok(changed)
}

impl Tx {
    pub(super) fn new(driver: Driver, engine: Arc<Notify>) -> Self {
        Self { driver, key: None, sheet: None, wakes: false, traces: false, tells: Vec::new(), engine }
    }

    /// A statement; a constant, but for tests.
    pub(crate) fn query(&mut self, sql: impl SqlSafeStr) -> Query<'_> {
        match &mut self.driver {
            Driver::Read(tx) => Query::Read(tx, sqlx::query(sql)),
            Driver::Write(write) => {
                let first = write.first_value();
                Query::Write(Ok(write), sql.into_sql_str(), first)
            }
            Driver::Postgres(tx) => Query::Postgres(tx, sqlx::query(sql)),
        }
    }

    /// The connection of SQLite.
    pub(super) async fn sqlite(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        match &mut self.driver {
            Driver::Read(tx) => Ok(&mut **tx),
            Driver::Write(write) => write.whole_connection().await,
            Driver::Postgres(_) => Err(sqlx::Error::Protocol("this is not an SQLite database".to_owned())),
        }
    }

    /// The connection of PostgreSQL.
    pub(super) fn postgres(&mut self) -> sqlx::Result<&mut PgConnection> {
        match &mut self.driver {
            Driver::Postgres(tx) => tx.connection(),
            Driver::Read(_) | Driver::Write(_) => {
                Err(sqlx::Error::Protocol("this is not a PostgreSQL database".to_owned()))
            }
        }
    }

    /// Whether other processes may write in the same database.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.driver, Driver::Postgres(_))
    }

    /// The database's clock, in milliseconds since the epoch.
    pub(super) async fn now_ms(&mut self) -> sqlx::Result<i64> {
        // Not when the transaction began: it may have waited.
        const POSTGRES: &str = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        const SQLITE: &str = "select cast(unixepoch('subsec') * 1000 as integer)";
        let sql = if self.is_shared() { POSTGRES } else { SQLITE };
        self.query(sql).value().await
    }

    /// Which history of the database this is: promoting a standby begins a new one. A file has only one.
    /// <https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES>
    pub(super) async fn timeline(&mut self) -> sqlx::Result<i64> {
        // The first eight digits of the name of the log's file, in hex.
        const POSTGRES: &str = "select cast(cast(cast('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8) as bit(32)) as int4) as bigint)";
        if self.is_shared() { self.query(POSTGRES).value().await } else { Ok(0) }
    }

    /// Whether a commit waits for a standby, so that one that is promoted lacks nothing.
    pub(super) async fn is_synchronous(&mut self) -> sqlx::Result<bool> {
        const POSTGRES: &str = "select not pg_is_in_recovery() and current_setting('synchronous_standby_names') <> ''";
        if self.is_shared() { self.query(POSTGRES).value().await } else { Ok(true) }
    }

    /// Rows were written that the engine has to see.
    pub fn wake(&mut self) {
        self.wakes = true;
    }

    /// A row goes that named somebody beside a moment: what it leaves behind is to be removed soon.
    pub fn leaves_traces(&mut self) {
        match &self.driver {
            Driver::Write(write) => write.leaves_traces(),
            Driver::Postgres(_) => self.traces = true,
            Driver::Read(_) => {}
        }
    }

    /// A line for the log, once it is committed.
    pub fn tells(&mut self, line: String) {
        self.tells.push(line);
    }

    /// Tells the processes that use the same database, once it is committed.
    pub(super) async fn tell_others(&mut self, news: News) -> sqlx::Result<()> {
        if self.is_shared() {
            self.query(NOTIFY).bind(news.name()).execute().await?;
        }
        Ok(())
    }

    /// Makes it durable, and wakes the engine where it has to look: a turn for nothing costs as much as a request.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        let wakes = self.wakes;
        if wakes {
            self.tell_others(News::Work).await?;
        }
        if self.traces {
            self.tell_others(News::Traces).await?;
        }
        match self.driver {
            Driver::Read(tx) => tx.commit().await?,
            Driver::Write(write) => write.commit().await?,
            Driver::Postgres(tx) => tx.commit().await?,
        }
        if wakes {
            self.engine.notify_one();
        }
        for line in self.tells {
            tracing::info!("{line}");
        }
        Ok(())
    }
}
