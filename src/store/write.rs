//! A piece of work that writes: a savepoint of its own in the transaction that the writer shares.
//!
//! Each statement is a trip to the connection's thread and back. So what needs no answer is put off until the next
//! statement that does, or the end, and goes with it: how a savepoint begins and ends, and most of what is written.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Encode, SqlSafeStr, SqlStr, Sqlite, SqliteConnection, Type};
use tokio::sync::{OwnedMutexGuard, oneshot};

use super::writer::{Left, MOST, Shared, Writer, closed, torn};

/// A piece of a shared transaction, with the connection to itself; taken back unless committed.
#[derive(Debug)]
pub struct Write {
    /// `None` once it has ended, or failed as a whole.
    guard: Option<OwnedMutexGuard<Shared>>,
    writer: Writer,
    savepoint: Savepoint,
    /// What goes with the next trip, with its values; its `$n` count them.
    put_off: String,
    values: SqliteArguments,
}

/// Where the savepoint of a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Savepoint {
    /// The first statement opens it.
    None,
    Open,
    /// A statement that opens or ends it is under way.
    Changes,
}

/// A statement on its way: the connection, and all that goes with it.
pub struct Trip<'w> {
    pub connection: &'w mut SqliteConnection,
    pub sql: SqlStr,
    pub values: SqliteArguments,
}

impl Write {
    /// Begins a piece of work that writes.
    pub async fn begin(writer: &Writer) -> sqlx::Result<Self> {
        let mut guard = writer.lock().await;
        if guard.connection.is_none() {
            return Err(closed());
        }
        if guard.left == Some(Left::Torn) {
            guard.fail(&torn()).await;
        }
        let (put_off, values) = Default::default();
        Ok(Self { guard: Some(guard), writer: writer.clone(), savepoint: Savepoint::None, put_off, values })
    }

    /// A row goes that named somebody beside a moment: the WAL is to be emptied soon.
    pub fn leaves_traces(&self) {
        self.writer.leaves_traces();
    }

    fn shared(&mut self) -> sqlx::Result<&mut Shared> {
        self.guard.as_deref_mut().ok_or_else(closed)
    }

    /// The number that `$1` of the next statement has.
    pub fn first_value(&self) -> usize {
        self.values.len()
    }

    /// The next value of the next statement.
    pub fn bind<'v, T: Encode<'v, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> sqlx::Result<()> {
        self.values.add(value).map_err(sqlx::Error::Encode)
    }

    /// A statement that needs no answer: it goes with the next one, at the latest with the commit.
    pub fn put_off(&mut self, sql: impl SqlSafeStr, first: usize) {
        self.put_off.push_str(numbered(sql.into_sql_str(), first).as_str());
        self.put_off.push_str("; ");
    }

    /// Sends a statement on its way. [`Self::arrived`] must hear how it went.
    pub fn trip(&mut self, sql: impl SqlSafeStr, first: usize) -> sqlx::Result<Trip<'_>> {
        let sql = numbered(sql.into_sql_str(), first);
        let (put_off, values) = (std::mem::take(&mut self.put_off), std::mem::take(&mut self.values));
        let opening = match self.savepoint {
            Savepoint::None => {
                self.savepoint = Savepoint::Changes;
                self.shared()?.opening()
            }
            Savepoint::Open | Savepoint::Changes => "",
        };
        let sql = if opening.is_empty() && put_off.is_empty() {
            sql
        } else {
            // Constants of the program, one after the other.
            AssertSqlSafe(format!("{opening}{put_off}{}", sql.as_str())).into_sql_str()
        };
        Ok(Trip { connection: self.connection()?, sql, values })
    }

    /// Hears how a trip went.
    pub async fn arrived<T>(&mut self, result: sqlx::Result<T>) -> sqlx::Result<T> {
        let changes = std::mem::replace(&mut self.savepoint, Savepoint::Open) == Savepoint::Changes;
        // A row that cannot be read is no failure of the database.
        if let Err(error @ sqlx::Error::Database(_)) = &result
            && changes
        {
            // Whether there is a savepoint is not known, so this piece of work is over.
            self.savepoint = Savepoint::Changes;
            self.shared()?.clear(error).await;
            self.savepoint = Savepoint::None;
            self.leave();
        }
        result
    }

    fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        self.shared()?.connection.as_mut().ok_or_else(closed)
    }

    /// The connection, for what is no single statement: with all that was put off behind it.
    pub async fn whole_connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        self.run("select 1").await?;
        self.connection()
    }

    /// Ends it; the next caller, or a separate task, commits what others are waiting for.
    fn leave(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        match self.savepoint {
            Savepoint::None => {}
            Savepoint::Open => guard.left = Some(Left::Savepoint),
            Savepoint::Changes => guard.left = Some(Left::Torn),
        }
        let open = guard.open;
        drop(guard);
        if open && !self.writer.waiting() {
            self.writer.settle();
        }
    }

    async fn run(&mut self, sql: &'static str) -> sqlx::Result<()> {
        let Trip { connection, sql, values } = self.trip(sql, 0)?;
        let done = sqlx::query_with(sql, values).execute(connection).await;
        self.arrived(done).await.map(|_| ())
    }

    /// Makes it durable: at once, or with those who wait.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        if self.put_off.is_empty() && !self.shared()?.open {
            return Ok(());
        }
        // Asked once: who joins the others must have sent everything before.
        let waiting = self.writer.waiting();
        let shares = waiting || !self.shared()?.members.is_empty();
        if shares && (self.savepoint == Savepoint::Open || !self.put_off.is_empty()) {
            // If this fails, the others still commit theirs.
            if self.savepoint == Savepoint::Open {
                self.savepoint = Savepoint::Changes;
            }
            self.run("release one").await?;
            self.savepoint = Savepoint::None;
        }
        let shared = self.shared()?;
        if waiting && shared.members.len() < MOST {
            let (tell, told) = oneshot::channel();
            shared.members.push(tell);
            // The next one goes on in the same transaction, and whoever is last commits for all.
            self.guard = None;
            if !self.writer.waiting() {
                self.writer.settle();
            }
            return match told.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(why)) => Err(sqlx::Error::Protocol(why)),
                Err(_) => Err(sqlx::Error::WorkerCrashed),
            };
        }
        let Trip { sql, values, .. } = self.trip("commit", 0)?;
        let last = sqlx::query_with(sql, values);
        // This commit runs in its own task: if it were dropped halfway, the others would never learn the result.
        let mut guard = self.guard.take().ok_or_else(closed)?;
        let done = tokio::spawn(async move { guard.commit_by(last).await });
        done.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The statement with `$1` as the value after the first `before` ones.
fn numbered(sql: SqlStr, before: usize) -> SqlStr {
    if before == 0 {
        return sql;
    }
    let mut parts = sql.as_str().split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        out.push('$');
        match number.parse::<usize>() {
            Ok(n) => out.push_str(&(n + before).to_string()),
            Err(_) => out.push_str(number),
        }
        out.push_str(rest);
    }
    AssertSqlSafe(out).into_sql_str()
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;

    async fn writer(folder: &tempfile::TempDir) -> Writer {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.path().join("x.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("create table t (n integer primary key)").execute(&mut connection).await.unwrap();
        Writer::new(connection, None)
    }

    async fn insert(writer: &Writer, n: i64) -> sqlx::Result<Write> {
        let mut write = Write::begin(writer).await?;
        write.bind(n)?;
        let Trip { connection, sql, values } = write.trip("insert into t values ($1)", 0)?;
        let done = sqlx::query_with(sql, values).execute(connection).await;
        write.arrived(done).await?;
        Ok(write)
    }

    /// What another connection sees.
    async fn seen(folder: &tempfile::TempDir) -> Vec<i64> {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("x.db")).read_only(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query_scalar("select n from t order by n").fetch_all(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn each_saves_its_own_and_a_failure_takes_back_its_own_alone() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        let mut work = tokio::task::JoinSet::<sqlx::Result<()>>::new();
        for n in 0..200 {
            let writer = writer.clone();
            work.spawn(async move {
                let write = insert(&writer, n).await?;
                match n % 5 {
                    // Left without a word.
                    0 | 1 => drop(write),
                    _ => write.commit().await?,
                }
                Ok(())
            });
            if n % 7 == 0 {
                tokio::task::yield_now().await;
            }
        }
        while let Some(done) = work.join_next().await {
            done.unwrap().unwrap();
        }
        let expected: Vec<i64> = (0..200).filter(|n| n % 5 > 1).collect();
        assert_eq!(seen(&folder).await, expected);
    }

    #[tokio::test]
    async fn whoever_is_told_saved_can_be_seen_by_others_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        let mut work = tokio::task::JoinSet::new();
        for n in 0..100 {
            let writer = writer.clone();
            work.spawn(async move {
                let write = insert(&writer, n).await.unwrap();
                if n % 10 == 3 {
                    return None;
                }
                write.commit().await.unwrap();
                Some(n)
            });
        }
        while let Some(done) = work.join_next().await {
            if let Some(n) = done.unwrap() {
                assert!(seen(&folder).await.contains(&n));
            }
        }
        assert_eq!(seen(&folder).await.len(), 90);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_nobody_without_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        for n in 0..50 {
            let first = insert(&writer, n).await.unwrap();
            let other = writer.clone();
            let waits = tokio::spawn(async move { Write::begin(&other).await.map(|_| ()) });
            while !writer.waiting() {
                tokio::task::yield_now().await;
            }
            let (saved, _) = tokio::join!(first.commit(), async { waits.abort() });
            saved.unwrap();
            assert!(seen(&folder).await.contains(&n));
        }
    }

    #[tokio::test]
    async fn what_was_left_is_taken_back_though_the_next_begin_is_torn() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        for n in 0..60 {
            let left = insert(&writer, n).await.unwrap();
            let mut torn = Box::pin(insert(&writer, 2000 + n));
            assert!(futures_util::poll!(&mut torn).is_pending(), "it waits for the connection");
            drop(left);
            // From now on it is its turn: stopped before, at and after its first statement.
            for _ in 0..n % 6 {
                if futures_util::poll!(&mut torn).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(torn);
            insert(&writer, 1000 + n).await.unwrap().commit().await.unwrap();
        }
        let expected: Vec<i64> = (1000..1060).collect();
        assert_eq!(seen(&folder).await, expected);
    }

    #[tokio::test]
    async fn who_shares_a_commit_with_a_torn_statement_is_told_the_truth() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        let mut saved = 0;
        for n in 0..60 {
            let first = insert(&writer, n).await.unwrap();
            let mut torn = Box::pin(insert(&writer, 2000 + n));
            assert!(futures_util::poll!(&mut torn).is_pending(), "it waits for the connection");
            let mut first = Box::pin(first.commit());
            for _ in 0..20 {
                assert!(futures_util::poll!(&mut first).is_pending(), "it waits for the shared commit");
                tokio::task::yield_now().await;
            }
            for _ in 0..n % 6 {
                if futures_util::poll!(&mut torn).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(torn);
            let told = first.await.is_ok();
            saved += i32::from(told);
            assert_eq!(seen(&folder).await.contains(&n), told, "{n}");
        }
        assert!(saved > 0);
        assert!(seen(&folder).await.iter().all(|n| *n < 2000));
    }

    #[tokio::test]
    async fn what_was_put_off_goes_with_the_next_or_with_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        let mut write = Write::begin(&writer).await.unwrap();
        for n in [1_i64, 2] {
            let first = write.first_value();
            write.bind(n).unwrap();
            write.put_off("insert into t values ($1)", first);
        }
        let first = write.first_value();
        write.bind(10_i64).unwrap();
        let Trip { connection, sql, values } = write.trip("select count(*) from t where n < $1", first).unwrap();
        let counted: sqlx::Result<i64> = sqlx::query_scalar_with(sql, values).fetch_one(connection).await;
        assert_eq!(write.arrived(counted).await.unwrap(), 2);
        let first = write.first_value();
        write.bind(3_i64).unwrap();
        write.put_off("insert into t values ($1)", first);
        write.commit().await.unwrap();
        assert_eq!(seen(&folder).await, [1, 2, 3]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn what_was_put_off_is_saved_whoever_comes_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        let mut work = tokio::task::JoinSet::new();
        for task in 0..4_i64 {
            let writer = writer.clone();
            work.spawn(async move {
                for n in 0..3000 {
                    let mut write = Write::begin(&writer).await.unwrap();
                    let first = write.first_value();
                    write.bind(task * 3000 + n).unwrap();
                    write.put_off("insert into t values ($1)", first);
                    write.commit().await.unwrap();
                }
            });
        }
        work.join_all().await;
        assert_eq!(seen(&folder).await, (0..12000).collect::<Vec<i64>>());
    }

    #[tokio::test]
    async fn what_was_put_off_and_fails_takes_back_its_own_work_alone() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        insert(&writer, 0).await.unwrap().commit().await.unwrap();
        let mut work = tokio::task::JoinSet::new();
        for n in 1..100_i64 {
            let writer = writer.clone();
            work.spawn(async move {
                let mut write = Write::begin(&writer).await.unwrap();
                for n in [n, if n % 3 == 0 { 0 } else { n + 1000 }] {
                    let first = write.first_value();
                    write.bind(n).unwrap();
                    write.put_off("insert into t values ($1)", first);
                }
                assert_eq!(write.commit().await.is_ok(), n % 3 != 0, "{n}");
            });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap();
        }
        let kept = |n: &i64| n % 3 != 0;
        let expected: Vec<i64> =
            std::iter::once(0).chain((1..100).filter(kept)).chain((1..100).filter(kept).map(|n| n + 1000)).collect();
        assert_eq!(seen(&folder).await, expected);
    }

    #[tokio::test]
    async fn a_first_statement_that_fails_leaves_the_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        insert(&writer, 0).await.unwrap().commit().await.unwrap();
        let first = insert(&writer, 1).await.unwrap();
        let other = writer.clone();
        let fails = tokio::spawn(async move { insert(&other, 0).await.map(|_| ()) });
        while !writer.waiting() {
            tokio::task::yield_now().await;
        }
        first.commit().await.unwrap();
        assert!(fails.await.unwrap().is_err());
        assert_eq!(seen(&folder).await, [0, 1]);
        insert(&writer, 2).await.unwrap().commit().await.unwrap();
        assert_eq!(seen(&folder).await, [0, 1, 2]);
    }
}
