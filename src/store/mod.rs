//! The database: connecting, migrating, and the one door to a transaction.
//!
//! Rule: [`Store::begin`] is the only way to write (`begin immediate`, one writer), functions of the
//! files below take a [`Tx`], and every statement is a constant that also runs on PostgreSQL.
//! Instants are milliseconds since the epoch, UTC.

pub mod audit;
pub mod cards;
pub mod directory;
pub mod due_work;
pub mod erase;
pub mod history;
pub mod inbox;
pub mod items;
pub mod jobs;
pub mod meetings;
pub mod notes;
pub mod recurring;
pub mod releases;
pub mod reminders;
pub mod responses;
pub mod retros;
pub mod scrub;
pub mod settings;
pub mod timers;
pub mod tokens;
mod writer;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};
use writer::{Write, Writer};

use crate::seal::Vault;
use lookback_core::ids::TeamId;
use lookback_core::retro::Change;

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
    /// SQLite, only reading.
    Read(Transaction<'static, Sqlite>),
    /// SQLite.
    Write(Write),
}

/// Runs `$e` with `$c` bound to the connection of whichever database it is.
macro_rules! on {
    ($tx:expr, $c:ident => $e:expr) => {
        match $tx {
            $crate::store::Tx::Read(tx) => {
                let $c = &mut **tx;
                $e
            }
            $crate::store::Tx::Write(tx) => {
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
    /// The library is too old.
    #[error("the SQLite library is {0}, but 3.51.3 or later is needed (earlier ones can corrupt a WAL database)")]
    Library(String),
    /// A newer Lookback, or another program, made it.
    #[error(
        "the database cannot be brought up to date: {0}. If a newer Lookback wrote it, use that version; otherwise restore a backup"
    )]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// Damaged pages.
    #[error("the database is damaged ({0}): restore the last backup; nothing was changed")]
    Damaged(String),
    /// Anything else.
    #[error("the database could not be opened: {0}")]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Opens (or makes) the database of `url`, checks it and brings it up to date.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if !url.starts_with("sqlite:") {
            return Err(OpenError::Address);
        }
        if let Some(file) = sqlite_file(url) {
            make_private(&file)?;
        }
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged command must survive a power cut, not only a crash of the process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(2))
            .optimize_on_close(true, None)
            .pragma("secure_delete", "on");
        let mut writer = SqliteConnection::connect_with(&options).await?;
        check_library(&mut writer).await?;
        let damage: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut writer).await?;
        if damage != "ok" {
            return Err(OpenError::Damaged(damage));
        }
        sqlx::migrate!("migrations/sqlite").run(&mut writer).await?;
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
    fn wake(&mut self) {
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

/// Saves one change that the core decided.
pub async fn apply(tx: &mut Tx, team: &TeamId, change: &Change, vault: &Vault<'_>, now_ms: i64) -> sqlx::Result<()> {
    match change {
        Change::Open { retro, participants } => {
            retros::insert(tx, team, retro).await?;
            releases::know(tx, team, &retro.channel, &retro.version).await?;
            retros::add_participants(tx, retro.id, participants).await
        }
        Change::Begin { retro, participants } => {
            retros::begin(tx, team, retro).await?;
            retros::add_participants(tx, retro.id, participants).await
        }
        Change::Update(retro) => retros::update(tx, team, retro).await,
        Change::Answered { retro, user, answer } => retros::set_answered(tx, *retro, user, *answer).await,
        Change::Copied { retro, user } => retros::add_copy(tx, *retro, user).await,
        Change::Nudged { retro, user, nudges } => retros::set_nudges(tx, *retro, user, *nudges).await,
        Change::Response { retro, response } => responses::put(tx, *retro, response, vault).await,
        Change::CloseSurvey { retro, anonymous, notes, scores, kept } => {
            responses::close(tx, *retro, kept, vault).await?;
            retros::set_scores(tx, team, *retro, scores).await?;
            if *anonymous {
                retros::forget_how_answered(tx, *retro).await?;
            }
            for note in notes {
                notes::insert(tx, team, note).await?;
            }
            scrub::want(tx, *retro).await
        }
        Change::EndSurvey { retro } => {
            responses::close(tx, *retro, &[], vault).await?;
            scrub::want(tx, *retro).await
        }
        Change::Scores { retro, scores } => retros::set_scores(tx, team, *retro, scores).await,
        Change::FileNote { id, category } => notes::file(tx, team, *id, *category).await,
        Change::HideNote { id, hidden } => notes::hide(tx, team, *id, *hidden).await,
        Change::Configure { channel, settings } => {
            self::settings::put(tx, team, channel, settings).await?;
            reminders::plan_again(tx, team, channel, now_ms).await
        }
        Change::Release { channel, release } => releases::put(tx, team, channel, release).await,
        Change::CameTrue { channel, version, risks } => {
            releases::set_came_true(tx, team, channel, version, risks).await
        }
        Change::AdoptNotes { channel, retro } => notes::adopt(tx, team, channel, *retro).await,
        Change::KeepThemes { retro, channel, themes } => recurring::keep(tx, team, channel, *retro, themes).await,
        Change::Escalate { channel, escalation } => recurring::escalate(tx, team, channel, escalation).await,
        Change::Meeting { retro, meeting } => meetings::put(tx, team, *retro, meeting).await,
        Change::Heard { retro, stage, user, contributions, passed } => {
            meetings::heard(tx, *retro, *stage, user, *contributions, *passed).await
        }
        Change::Invited { retro, stage, user } => meetings::invited(tx, *retro, *stage, user).await,
        Change::NotInvited { retro, stage, user } => meetings::not_invited(tx, *retro, *stage, user).await,
        Change::Join { note, theme } => meetings::join(tx, team, *note, *theme).await,
        Change::NameTheme { retro, theme, name } => meetings::name(tx, *retro, *theme, name).await,
        Change::MergeTheme { from, into } => meetings::merge(tx, *from, *into).await,
        Change::Vote { retro, theme, user, given } => meetings::vote(tx, *retro, *theme, user, *given).await,
        Change::ClearVotes { theme } => meetings::clear_votes(tx, *theme).await,
        Change::CountVotes { retro } => {
            if meetings::count_votes(tx, *retro).await? {
                // Who voted is gone from the file too.
                scrub::want(tx, *retro).await?;
            }
            Ok(())
        }
        Change::AddInsight { retro, insight } => {
            // It is nobody's: nothing is left behind that names its writer.
            scrub::want(tx, *retro).await?;
            meetings::add_insight(tx, *retro, insight).await
        }
        Change::HideInsight { retro, id, hidden } => meetings::hide_insight(tx, *retro, *id, *hidden).await,
        Change::AddNote(note) => {
            // A nameless note leaves nothing behind that names its writer.
            if let (Some(retro), None, None) = (note.retro, &note.author, &note.link) {
                scrub::want(tx, retro).await?;
            }
            notes::insert(tx, team, note).await
        }
        Change::EditNote { id, text } => notes::edit(tx, team, *id, text).await,
        Change::DeleteNote(id) => notes::delete(tx, team, *id).await,
        Change::AddKudos(kudos) => notes::insert_kudos(tx, team, kudos).await,
        Change::AddItem(item) => items::insert(tx, team, item).await,
        Change::ItemOutcome { channel, number, outcome } => {
            items::set_outcome(tx, team, channel, *number, outcome).await
        }
        Change::UpdateItem(item) => items::update(tx, team, item, now_ms).await,
        Change::DueNextRelease { channel, day, after } => {
            items::due_next_release(tx, team, channel, *day, *after, now_ms).await
        }
    }
}

/// Looks at a database without changing it.
pub async fn peek(url: &str) -> Result<(), OpenError> {
    let options = SqliteConnectOptions::from_str(url)?.read_only(true).create_if_missing(false);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    check_library(&mut connection).await?;
    let damage: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut connection).await?;
    if damage == "ok" { Ok(()) } else { Err(OpenError::Damaged(damage)) }
}
