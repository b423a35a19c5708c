//! Reading what is stored: a value that cannot be read is an error that names its table, column and row.
//!
//! Rule: such a row stops itself alone. A list leaves it out, a queue sets it aside, a request that needs it is
//! refused; nothing takes a default in its place. Rows that are set aside are tried again at the next start, when a
//! newer version may be able to read them. `lookback doctor` lists them.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::{LazyLock, Mutex, PoisonError};

use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value in the database that this version cannot read. What it holds is never told: it may be somebody's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}.{column} of the row {row} cannot be read")]
pub struct Corrupt {
    pub table: &'static str,
    pub column: &'static str,
    pub row: String,
}

impl From<Corrupt> for sqlx::Error {
    fn from(corrupt: Corrupt) -> Self {
        Self::Decode(Box::new(corrupt))
    }
}

/// The row that an error is about, if it is about one that cannot be read.
pub fn corrupt(error: &sqlx::Error) -> Option<&Corrupt> {
    if let sqlx::Error::Decode(source) = error { source.downcast_ref() } else { None }
}

/// A row that is being read.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'static str,
    key: &'a dyn Key,
}

/// What names a row in its table.
pub trait Key: Display + std::fmt::Debug {}
impl<T: Display + std::fmt::Debug> Key for T {}

impl<'a> Row<'a> {
    /// The row `key` of `table`.
    pub fn of(table: &'static str, key: &'a dyn Key) -> Self {
        Self { table, key }
    }

    /// The error about one of its columns.
    pub fn corrupt(&self, column: &'static str) -> Corrupt {
        Corrupt { table: self.table, column, row: self.key.to_string() }
    }

    /// The variant of an enum, by its stored name.
    pub fn name<T: DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T, Corrupt> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| self.corrupt(column))
    }

    /// What is stored as JSON.
    pub fn json<T: DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T, Corrupt> {
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    /// A day, as `2026-12-01`.
    pub fn day(&self, column: &'static str, text: Option<&str>) -> Result<Option<NaiveDate>, Corrupt> {
        text.map(|t| t.parse().map_err(|_| self.corrupt(column))).transpose()
    }

    /// A number that is not negative, or small.
    pub fn number<T: TryFrom<i64>>(&self, column: &'static str, number: i64) -> Result<T, Corrupt> {
        T::try_from(number).map_err(|_| self.corrupt(column))
    }
}

/// The stored name of a variant.
pub fn name<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What was read, or `None` where it cannot be read: that is logged, and stops nothing else.
pub fn or_skip<T>(read: sqlx::Result<T>) -> sqlx::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) => match corrupt(&error) {
            Some(corrupt) => {
                log(corrupt);
                Ok(None)
            }
            None => Err(error),
        },
    }
}

/// The rows of a list that can be read; the others are left out, and logged.
pub fn readable<T>(rows: impl IntoIterator<Item = Result<T, Corrupt>>) -> Vec<T> {
    rows.into_iter().filter_map(|row| row.inspect_err(log).ok()).collect()
}

/// Those that cannot be read.
pub fn unreadable<T>(rows: impl IntoIterator<Item = Result<T, Corrupt>>) -> Vec<Corrupt> {
    rows.into_iter().filter_map(Result::err).collect()
}

/// Logs a row that cannot be read, once for each start of the program.
pub fn log(corrupt: &Corrupt) {
    static LOGGED: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);
    let words = corrupt.to_string();
    if LOGGED.lock().unwrap_or_else(PoisonError::into_inner).insert(words.clone()) {
        tracing::error!("{words}: nothing else waits for it; `lookback doctor` lists such rows");
    }
}
