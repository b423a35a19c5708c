//! What deleted rows leave behind in the pages of PostgreSQL, and its end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::postgres::Pg;
use lookback_clock::{Stopwatch, pause};

/// Tables whose deleted rows could tell who wrote what, or when.
const TRACED: [&str; 13] = [
    "sheet",
    "survey_key",
    "vote",
    "voice",
    "participant",
    "note",
    "insight",
    "kudos",
    "card",
    "due",
    "inbox",
    "edit",
    "topic",
];

/// How long to wait until nobody can see deleted rows: longer than a standby takes to tell what it reads.
const SEEN_FOR: Duration = Duration::from_secs(12);

impl Pg {
    /// Writes the tables anew whose deleted rows could tell who wrote what: a plain vacuum leaves their bytes in the pages.
    /// Others wait for some milliseconds meanwhile. `false` where somebody has a table in use, or may still see the rows:
    /// <https://www.postgresql.org/docs/current/sql-vacuum.html>
    pub async fn scrub(&self) -> sqlx::Result<bool> {
        // Of its own, so that no setting of it stays behind.
        let mut connection = self.pool.acquire().await?.detach();
        // Rows that somebody may still see would be taken along.
        if !nobody_sees_deleted_rows(&mut connection).await? {
            return Ok(false);
        }
        // A large table takes longer than any other statement may. Whoever waits behind it for a table must not give up.
        sqlx::raw_sql("set statement_timeout = 0; set lock_timeout = 200").execute(&mut connection).await?;
        let done = write_anew(&mut connection).await;
        connection.close().await?;
        done
    }

    /// Frees the room of deleted rows, so that others take it soon.
    pub async fn vacuum(&self) -> sqlx::Result<()> {
        if !self.traces.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let done = async {
            let mut connection = self.pool.acquire().await?;
            for table in TRACED {
                vacuum(&mut connection, table).await?;
            }
            Ok(())
        };
        let done = done.await;
        if done.is_err() {
            self.has_traces();
        }
        done
    }

    /// How many deleted and replaced rows may lie in the pages of the tables that [`Pg::scrub`] writes anew, as the server
    /// counts them.
    pub async fn dead_rows(&self) -> sqlx::Result<i64> {
        const SQL: &str =
            "select cast(coalesce(sum(n_dead_tup), 0) as bigint) from pg_stat_user_tables where relname = any($1)";
        sqlx::query_scalar(SQL).bind(TRACED.as_slice()).fetch_one(&mut *self.pool.acquire().await?).await
    }
}

/// Frees the room of a table's deleted rows.
async fn vacuum(connection: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    let vacuum = sqlx::AssertSqlSafe(format!("vacuum {table}"));
    sqlx::raw_sql(vacuum).execute(connection).await.map(|_| ())
}

async fn write_anew(connection: &mut PgConnection) -> sqlx::Result<bool> {
    for table in TRACED {
        let vacuum = sqlx::AssertSqlSafe(format!("vacuum (full) {table}"));
        match sqlx::raw_sql(vacuum).execute(&mut *connection).await {
            // The server counts deleted rows anew with a plain one alone.
            Ok(_) => match self::vacuum(connection, table).await {
                Err(error) if is_in_use(&error) => return Ok(false),
                done => done?,
            },
            Err(error) if is_in_use(&error) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Waits until no row that is deleted now can be seen any more: every transaction that writes, in any database of the
/// server, began later, and so did those that read in this one, on a standby that tells (`hot_standby_feedback`, every
/// ten seconds), in a replication slot, or prepared. Readers and standbys of other roles are visible only with
/// `pg_read_all_stats`.
async fn nobody_sees_deleted_rows(connection: &mut PgConnection) -> sqlx::Result<bool> {
    const NOW: &str = "select cast(cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as bigint)";
    const SEEN: &str = "select cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) < $1 \
or exists (select 1 from (select backend_xmin as oldest from pg_stat_activity \
where datname = current_database() and pid <> pg_backend_pid() \
union all select backend_xmin from pg_stat_replication \
union all select xmin from pg_replication_slots \
union all select transaction from pg_prepared_xacts where database = current_database()) held \
where age(oldest) > age(cast(cast(mod($1, 4294967296) as text) as xid)))";
    let now: i64 = sqlx::query_scalar(NOW).fetch_one(&mut *connection).await?;
    let began = Stopwatch::start();
    let mut wait = Duration::from_millis(20);
    while began.elapsed() < SEEN_FOR {
        let is_seen: bool = sqlx::query_scalar(SEEN).bind(now).fetch_one(&mut *connection).await?;
        if !is_seen {
            return Ok(true);
        }
        pause(wait).await;
        wait = (wait * 2).min(Duration::from_secs(1));
    }
    Ok(false)
}

/// lock_not_available: somebody has the table in use.
fn is_in_use(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("55P03"))
}
