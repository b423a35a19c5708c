//! The one connection that writes, and the commit that those who wait for it share.
//!
//! A commit costs a disk sync, and the sync costs more than the work. So whoever finishes while others wait
//! for the connection does not commit: the next one goes on in the same transaction of SQLite's, and the last
//! of them commits for all. Each has a savepoint of its own, so that a failure takes back its own work alone,
//! and nobody is told "saved" before the shared commit has reached the disk. How a savepoint ends is said
//! together with what comes next: each statement is a trip to the connection's thread and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use prometheus_client::metrics::histogram::Histogram;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::metrics;
use lookback_clock::Stopwatch;

/// So many share a commit at most: the first of them waits for the last.
const MOST: usize = 32;

/// The writer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Mutex<Shared>>,
    waiting: AtomicUsize,
    /// The WAL may hold rows that are gone, and that named somebody beside a moment.
    traces: AtomicBool,
    /// How long commits take, in seconds.
    commits: Histogram,
}

#[derive(Debug)]
struct Shared {
    /// `None` once closed.
    connection: Option<SqliteConnection>,
    /// SQLite's transaction is open.
    open: bool,
    /// How the last savepoint is to end; `None` where there is none.
    last: Option<Last>,
    /// Who waits for the shared commit.
    members: Vec<oneshot::Sender<Result<(), String>>>,
    commits: Histogram,
}

/// How a savepoint ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Last {
    /// Its work is to be committed.
    Kept,
    /// It was left without a word, or failed: its work is to be taken back.
    Left,
}

/// Somebody who waits for the connection; counted as long as they do.
struct Ticket<'a>(&'a Writer);

impl<'a> Ticket<'a> {
    fn new(writer: &'a Writer) -> Self {
        writer.0.waiting.fetch_add(1, Ordering::SeqCst);
        Self(writer)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.0.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A piece of a shared transaction, with the connection to itself; taken back unless committed.
#[derive(Debug)]
pub struct Write {
    guard: Option<OwnedMutexGuard<Shared>>,
    writer: Writer,
    began: bool,
}

fn closed() -> sqlx::Error {
    sqlx::Error::PoolClosed
}

impl Shared {
    async fn run(&mut self, sql: &'static str) -> sqlx::Result<()> {
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        sqlx::query(sql).execute(connection).await.map(|_| ())
    }

    /// Opens a savepoint in the open transaction, or in a new one. A new one takes the write lock at once, because
    /// a read that turns into a write halfway would fail under load. A failure, such as a full disk, ends the whole
    /// transaction, and everybody who shares it is told.
    async fn open(&mut self) -> sqlx::Result<()> {
        let last = self.last;
        // Cleared before the statements run: if this future is dropped midway, some of them may have run anyway.
        // Kept work must not be rolled back then, and an extra savepoint does no harm. Abandoned work stays marked,
        // so the next caller rolls it back.
        if last == Some(Last::Kept) {
            self.last = None;
        }
        let was_open = std::mem::replace(&mut self.open, true);
        let opened = self
            .run(match (was_open, last) {
                (false, _) => "begin immediate; savepoint one",
                (true, None) => "savepoint one",
                (true, Some(Last::Kept)) => "release one; savepoint one",
                // The savepoint itself stays.
                (true, Some(Last::Left)) => "rollback to one",
            })
            .await;
        match &opened {
            Ok(()) => self.last = None,
            Err(error) => self.fail(error).await,
        }
        opened
    }

    async fn fail(&mut self, why: &sqlx::Error) {
        self.take_back().await;
        self.tell(&Err(why.to_string()));
    }

    /// Nobody waits for this transaction.
    async fn take_back(&mut self) {
        // It may be gone already.
        let _ = self.run("rollback").await;
        (self.open, self.last) = (false, None);
    }

    fn tell(&mut self, saved: &Result<(), String>) {
        for member in self.members.drain(..) {
            let _ = member.send(saved.clone());
        }
    }

    async fn commit(&mut self) -> sqlx::Result<()> {
        // A commit releases the savepoints too.
        let left = self.last == Some(Last::Left);
        let watch = Stopwatch::start();
        match self.run(if left { "rollback to one; commit" } else { "commit" }).await {
            Ok(()) => {
                self.commits.observe(watch.seconds());
                (self.open, self.last) = (false, None);
                self.tell(&Ok(()));
                Ok(())
            }
            Err(error) => {
                self.fail(&error).await;
                Err(error)
            }
        }
    }
}

impl Writer {
    /// Takes over a connection.
    pub fn new(connection: SqliteConnection) -> Self {
        let commits = metrics::seconds();
        let shared = Shared {
            connection: Some(connection),
            open: false,
            last: None,
            members: Vec::new(),
            commits: commits.clone(),
        };
        Self(Arc::new(Inner {
            shared: Arc::new(Mutex::new(shared)),
            waiting: AtomicUsize::new(0),
            traces: AtomicBool::new(true),
            commits,
        }))
    }

    /// How long commits take, in seconds.
    pub fn commits(&self) -> Histogram {
        self.0.commits.clone()
    }

    /// Whether the WAL may hold rows that are gone: at the start it may.
    pub fn has_traces(&self) -> bool {
        self.0.traces.load(Ordering::SeqCst)
    }

    fn waiting(&self) -> bool {
        self.0.waiting.load(Ordering::SeqCst) > 0
    }

    /// Waits for the connection. A caller that gives up leaves the open work to [`Self::settle`], which commits it.
    async fn lock(&self) -> OwnedMutexGuard<Shared> {
        struct Leaving<'a>(&'a Writer, bool);
        impl Drop for Leaving<'_> {
            fn drop(&mut self) {
                if !self.1 {
                    self.0.settle();
                }
            }
        }
        // Declared before the ticket, so it is dropped after it: by then this caller no longer counts as waiting.
        let mut leaving = Leaving(self, false);
        let ticket = Ticket::new(self);
        let guard = self.0.shared.clone().lock_owned().await;
        drop(ticket);
        leaving.1 = true;
        guard
    }

    /// Begins a piece of work that writes.
    pub async fn begin(&self) -> sqlx::Result<Write> {
        let guard = self.lock().await;
        // From here on it is taken back if it is dropped, even in the middle of these statements.
        let mut write = Write { guard: Some(guard), writer: self.clone(), began: false };
        let opened = write.guard.as_mut().ok_or_else(closed)?.open().await;
        if opened.is_err() {
            // Everything is taken back already.
            write.guard = None;
        }
        opened?;
        write.began = true;
        Ok(write)
    }

    /// Commits what is left open, in a task of its own, unless somebody comes who will.
    fn settle(&self) {
        let writer = self.clone();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let mut shared = writer.0.shared.clone().lock_owned().await;
            if writer.waiting() || !shared.open {
                return;
            }
            let ended = if shared.members.is_empty() {
                shared.take_back().await;
                Ok(())
            } else {
                shared.commit().await
            };
            if let Err(error) = ended {
                tracing::error!(%error, "a shared commit failed");
            }
        });
    }

    /// Moves everything into the file and empties the WAL; `false` where a reader was in the way.
    pub async fn checkpoint(&self) -> sqlx::Result<bool> {
        let mut shared = self.lock().await;
        if shared.open {
            shared.commit().await?;
        }
        self.0.traces.store(false, Ordering::SeqCst);
        let connection = shared.connection.as_mut().ok_or_else(closed)?;
        // Requests wait meanwhile, so it does not wait long for a reader.
        sqlx::query("pragma busy_timeout = 100").execute(&mut *connection).await?;
        let done: sqlx::Result<(i64, i64, i64)> =
            sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await;
        sqlx::query("pragma busy_timeout = 1200").execute(connection).await?;
        let emptied = done.map(|done| done.0 == 0);
        if !matches!(emptied, Ok(true)) {
            self.0.traces.store(true, Ordering::SeqCst);
        }
        emptied
    }

    /// Commits what is open, empties the WAL and closes the connection.
    ///
    /// SQLite removes the WAL at the last close of all, and somebody else may have the file open. A WAL left beside the
    /// file would be read as that of a copy put in its place. <https://sqlite.org/howtocorrupt.html>
    pub async fn close(&self) {
        let emptied = async {
            let mut shared = self.lock().await;
            if shared.open {
                shared.commit().await?;
            }
            // It writes, so it comes first. <https://sqlite.org/lang_analyze.html>
            let _ = shared.run("pragma optimize").await;
            drop(shared);
            self.checkpoint().await
        };
        match emptied.await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("a reader keeps the WAL from being emptied: copy it with the database, or neither")
            }
            Err(error) => tracing::warn!(%error, "the WAL could not be emptied: copy it with the database, or neither"),
        }
        if let Some(connection) = self.0.shared.clone().lock_owned().await.connection.take() {
            let _ = connection.close().await;
        }
    }
}

impl Write {
    /// A row goes that named somebody beside a moment: the WAL is to be emptied soon.
    pub fn leaves_traces(&self) {
        self.writer.0.traces.store(true, Ordering::SeqCst);
    }

    /// The connection.
    pub fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        self.guard.as_mut().and_then(|g| g.connection.as_mut()).ok_or_else(closed)
    }

    /// Makes it durable: at once, or with those who wait.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        let shared = self.guard.as_mut().ok_or_else(closed)?;
        shared.last = Some(Last::Kept);
        if self.writer.waiting() && shared.members.len() < MOST {
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
        // This commit runs in its own task: if it were dropped halfway, the others would never learn the result.
        let mut guard = self.guard.take().ok_or_else(closed)?;
        let done = tokio::spawn(async move { guard.commit().await });
        done.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            if self.began {
                guard.last = Some(Last::Left);
            }
            drop(guard);
            if !self.writer.waiting() {
                self.writer.settle();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn writer(folder: &tempfile::TempDir) -> Writer {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.path().join("x.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("create table t (n integer primary key)").execute(&mut connection).await.unwrap();
        Writer::new(connection)
    }

    async fn insert(writer: &Writer, n: i64) -> sqlx::Result<Write> {
        let mut write = writer.begin().await?;
        sqlx::query("insert into t values ($1)").bind(n).execute(write.connection()?).await?;
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
            let waits = tokio::spawn(async move { other.begin().await.map(|_| ()) });
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
            let mut torn = Box::pin(writer.begin());
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
}
