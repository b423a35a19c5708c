//! Work that fails: one bad row stops itself alone.
//!
//! Rule: whatever is done because its time has come runs inside [`alone`], in a transaction of its own. Where the row is at
//! fault it is tried again later, and set aside in the end. The log tells of each failure, and whoever leads is told of a
//! deadline or a reminder that is set aside. Where the database fails, no row is blamed.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use chrono::{DateTime, Duration, Utc};
use futures_util::FutureExt as _;

use crate::store::stored;

/// How work failed.
#[derive(Debug)]
pub enum Failed {
    /// With this row, whatever else is done.
    Row,
    /// Nothing can be read or saved right now.
    Database(sqlx::Error),
}

/// Tries before a row is set aside.
const TRIES: i64 = 5;

/// When a row is tried again after it failed `tries` times; `None`: no more.
pub fn again(tries: i64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (tries < TRIES).then(|| now + Duration::minutes(1 << (2 * (tries.clamp(1, TRIES) - 1))))
}

/// Does the work of one row; `what` names its kind for the log, without a person.
pub async fn alone<T>(what: &'static str, work: impl Future<Output = sqlx::Result<T>>) -> Result<T, Failed> {
    let error = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error,
        // The panic itself was printed where it happened.
        Err(_) => {
            tracing::error!(what, "a rule failed; the row is tried again later, and nothing else waits for it");
            return Err(Failed::Row);
        }
    };
    if let Some(corrupt) = stored::corrupt(&error) {
        stored::log(corrupt);
        return Err(Failed::Row);
    }
    if !is_of_row(&error) {
        return Err(Failed::Database(error));
    }
    tracing::error!(what, "a row could not be handled; it is tried again later, and nothing else waits for it");
    Err(Failed::Row)
}

/// Whether the row is at fault: what it holds cannot be read, or breaks a rule of the database.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of sqlx")]
fn is_of_row(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.is_unique_violation() || error.is_foreign_key_violation() || error.is_check_violation()
        }
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_)
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::TypeNotFound { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_and_a_bad_row_stop_themselves_alone() {
        let panicked = alone("test", async { if true { panic!("a rule fails") } else { Ok(()) } }).await;
        assert!(matches!(panicked, Err(Failed::Row)));
        let bad = alone("test", async { Err::<(), _>(sqlx::Error::RowNotFound) }).await;
        assert!(matches!(bad, Err(Failed::Row)));
        let down = alone("test", async { Err::<(), _>(sqlx::Error::PoolClosed) }).await;
        assert!(matches!(down, Err(Failed::Database(_))));
    }

    #[test]
    fn a_row_is_tried_five_times_within_two_hours() {
        let now = DateTime::default();
        let waits: Vec<_> = (1..7).map(|tries| again(tries, now).map(|at| (at - now).num_minutes())).collect();
        assert_eq!(waits, [Some(1), Some(4), Some(16), Some(64), None, None]);
    }
}
