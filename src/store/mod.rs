//! All SQL, a file for each table or kind of row; `database.rs` connects and migrates.
//!
//! Rule: [`Store::begin`] is the only way to write (`begin immediate`, one writer), functions of the
//! files below take a [`Tx`], and every statement is a constant that also runs on PostgreSQL.
//! Instants are milliseconds since the epoch, UTC.

mod apply;
pub mod assignments;
pub mod audit;
pub mod backoff;
pub mod backup;
pub mod canvases;
pub mod cards;
pub mod copying;
pub mod counts;
mod database;
pub mod departures;
pub mod directory;
pub mod due;
pub mod due_work;
pub mod edits;
pub mod erase;
pub mod figures;
pub mod history;
pub mod in_doubt;
pub mod inbox;
pub mod items;
pub mod jobs;
pub mod lease;
pub mod meetings;
pub mod newer_blocks;
mod news;
pub mod notes;
pub mod parked;
pub mod participants;
mod postgres;
pub mod readings;
pub mod ready;
pub mod recurring;
pub mod releases;
pub mod reminders;
pub mod replies;
pub mod responses;
pub mod retention;
mod retro_row;
pub mod retros;
pub mod runs;
mod schema;
pub mod scrub;
pub mod settings;
mod sqlite;
pub mod stored;
pub mod tickets;
pub mod timers;
pub mod tokens;
pub mod tracker_troubles;
mod tx;
pub mod undelivered;
mod vacuum;
pub mod votes;
mod write;
mod writer;

pub use apply::apply;
pub use database::Store;
pub(crate) use database::{ids, json, one_row};
pub use news::{Listener, News};
pub use schema::{OpenError, message};
pub use sqlite::{peek, sqlite_file};
pub use tx::Tx;

/// Every row that this version cannot read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<stored::Corrupt>> {
    let mut found = retros::unreadable(tx).await?;
    found.extend(participants::unreadable(tx).await?);
    found.extend(items::unreadable(tx).await?);
    found.extend(tickets::unreadable(tx).await?);
    found.extend(figures::unreadable(tx).await?);
    found.extend(notes::unreadable(tx).await?);
    found.extend(meetings::unreadable(tx).await?);
    found.extend(recurring::unreadable(tx).await?);
    found.extend(settings::unreadable(tx).await?);
    found.extend(timers::unreadable(tx).await?);
    found.extend(cards::unreadable(tx).await?);
    Ok(found)
}
