//! The one connection that writes, and the commit that those who wait for it share.
//!
//! A commit costs a disk sync, and the sync costs more than the work. So whoever finishes while others wait
//! for the connection does not commit: the next one goes on in the same transaction of SQLite's, and the last
//! of them commits for all. Each has a savepoint of its own, so that a failure takes back its own work alone,
//! and nobody is told "saved" before the shared commit has reached the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use prometheus_client::metrics::histogram::Histogram;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Connection as _, Sqlite, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::metrics;
use lookback_clock::Stopwatch;

/// The number of pieces of work between checkpoints.
const CHECKPOINT: usize = 200;

/// So many share a commit at most: the first of them waits for the last.
pub const MOST: usize = 32;

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

/// The connection, and the transaction that is shared.
#[derive(Debug)]
pub struct Shared {
    /// `None` once closed.
    pub connection: Option<SqliteConnection>,
    /// SQLite's transaction is open.
    pub open: bool,
    /// What somebody left behind without a word; the next one clears it away.
    pub left: Option<Left>,
    /// Who waits for the shared commit.
    pub members: Vec<oneshot::Sender<Result<(), String>>>,
    commits: Histogram,
    /// So many pieces of work were committed since the last checkpoint.
    since: usize,
    /// Who is told that it is time for one; `None` where SQLite has to see to it alone.
    checkpoints: Option<Checkpoints>,
}

/// Whoever moves what was committed from the WAL into the file.
#[derive(Debug)]
pub struct Checkpoints {
    /// Each may name who is told when it is done.
    pub wanted: mpsc::Sender<Option<oneshot::Sender<()>>>,
    pub task: JoinHandle<()>,
}

/// What was left behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Left {
    /// A savepoint: its work is to be taken back.
    Savepoint,
    /// Nobody knows whether there is one, because it was left in the middle of a trip that opens or ends it.
    Torn,
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

/// The database was closed.
pub fn closed() -> sqlx::Error {
    sqlx::Error::PoolClosed
}

/// What those hear who share a transaction in which a statement was torn.
pub fn torn() -> sqlx::Error {
    sqlx::Error::Protocol("another request stopped in the middle of a statement".to_owned())
}

/// Takes back the work of a savepoint, and ends it.
const BACK: &str = "rollback to one; release one";

impl Shared {
    async fn run(&mut self, sql: &'static str) -> sqlx::Result<()> {
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        sqlx::query(sql).execute(connection).await.map(|_| ())
    }

    /// What opens a savepoint, in the open transaction or in a new one. A new one takes the write lock at once, because
    /// a read that turns into a write halfway would fail under load.
    pub fn opening(&mut self) -> &'static str {
        match (std::mem::replace(&mut self.open, true), self.left.take()) {
            (false, _) => "begin immediate; savepoint one; ",
            (true, None) => "savepoint one; ",
            // The savepoint itself stays.
            (true, Some(Left::Savepoint | Left::Torn)) => "rollback to one; ",
        }
    }

    /// A trip that opens or ends a savepoint failed.
    pub async fn clear(&mut self, why: &sqlx::Error) {
        // Without members it began the transaction too, or may as well end it.
        // A full disk, for one, ends the whole transaction. <https://sqlite.org/lang_transaction.html>
        if self.members.is_empty() || self.run(BACK).await.is_err() {
            self.fail(why).await;
        }
    }

    /// Takes the transaction back; everybody who shares it is told.
    pub async fn fail(&mut self, why: &sqlx::Error) {
        self.take_back().await;
        self.tell(&Err(why.to_string()));
    }

    async fn take_back(&mut self) {
        // It may be gone already.
        let _ = self.run("rollback").await;
        (self.open, self.left) = (false, None);
    }

    fn tell(&mut self, saved: &Result<(), String>) {
        for member in self.members.drain(..) {
            let _ = member.send(saved.clone());
        }
    }

    async fn commit(&mut self) -> sqlx::Result<()> {
        let sql = match self.left {
            None => "commit",
            // A commit releases the savepoints too.
            Some(Left::Savepoint) => "rollback to one; commit",
            Some(Left::Torn) => {
                self.fail(&torn()).await;
                return Err(torn());
            }
        };
        self.commit_by(sqlx::query(sql)).await
    }

    /// Commits by this statement, and tells everybody who shares the transaction.
    pub async fn commit_by(&mut self, sql: sqlx::query::Query<'static, Sqlite, SqliteArguments>) -> sqlx::Result<()> {
        let watch = Stopwatch::start();
        let done = match self.connection.as_mut() {
            Some(connection) => sql.execute(connection).await,
            None => Err(closed()),
        };
        match done {
            Ok(_) => {
                self.commits.observe(watch.seconds());
                self.since += self.members.len() + 1;
                if self.since >= CHECKPOINT
                    && let Some(checkpoints) = &self.checkpoints
                {
                    // One that is under way goes on first.
                    let _ = checkpoints.wanted.try_send(None);
                    self.since = 0;
                }
                (self.open, self.left) = (false, None);
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
    pub fn new(connection: SqliteConnection, checkpoints: Option<Checkpoints>) -> Self {
        let commits = metrics::seconds();
        let shared = Shared {
            connection: Some(connection),
            open: false,
            left: None,
            members: Vec::new(),
            commits: commits.clone(),
            since: 0,
            checkpoints,
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

    /// The WAL holds rows that are gone from now on.
    pub fn leaves_traces(&self) {
        self.0.traces.store(true, Ordering::SeqCst);
    }

    /// Whether the WAL may hold rows that are gone: at the start it may.
    pub fn has_traces(&self) -> bool {
        self.0.traces.load(Ordering::SeqCst)
    }

    /// Whether somebody waits for the connection.
    pub fn waiting(&self) -> bool {
        self.0.waiting.load(Ordering::SeqCst) > 0
    }

    /// Waits for the connection. A caller that gives up leaves the open work to [`Self::settle`], which commits it.
    pub async fn lock(&self) -> OwnedMutexGuard<Shared> {
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

    /// Commits what is left open, in a task of its own, unless somebody comes who will.
    pub fn settle(&self) {
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
        self.checkpoint_beside_others().await;
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

    /// Moves what it can while others go on, so that they wait for the rest alone.
    async fn checkpoint_beside_others(&self) {
        let wanted = self.0.shared.lock().await.checkpoints.as_ref().map(|checkpoints| checkpoints.wanted.clone());
        if let Some(wanted) = wanted {
            let (tell, told) = oneshot::channel();
            if wanted.send(Some(tell)).await.is_ok() {
                let _ = told.await;
            }
        }
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
            let checkpoints = shared.checkpoints.take();
            drop(shared);
            if let Some(Checkpoints { wanted, task }) = checkpoints {
                drop(wanted);
                let _ = task.await;
            }
            self.checkpoint().await
        };
        match emptied.await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("a reader keeps the WAL from being emptied: copy it with the database, or neither")
            }
            Err(error) => tracing::warn!(%error, "the WAL could not be emptied: copy it with the database, or neither"),
        }
        let mut shared = self.0.shared.clone().lock_owned().await;
        // Whoever came meanwhile is told before the connection goes.
        if shared.open
            && let Err(error) = shared.commit().await
        {
            tracing::warn!(%error, "a shared commit failed");
        }
        if let Some(connection) = shared.connection.take() {
            let _ = connection.close().await;
        }
    }
}
