//! The exit code of a server that could not start. A supervisor starts the program again after 1 and not after 2
//! (`RestartPreventExitStatus=2` in `deploy/lookback.service`), so 2 is only for what a person has to change.

use std::io::ErrorKind;
use std::process::ExitCode;

use sqlx::postgres::PgDatabaseError;

use crate::store::{OpenError, message};

/// SQLite's codes for what may pass by itself: busy, locked, out of memory, an error of the disk, a full disk.
/// <https://sqlite.org/rescode.html>
const MAY_PASS: [i32; 5] = [5, 6, 7, 10, 13];

/// PostgreSQL's errors that may pass by themselves: connection, a standby, a rollback, resources, locks, an operator.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const MAY_PASS_THERE: [&str; 6] = ["08", "25006", "40", "53", "55", "57"];

/// An error with its causes, without what a cause repeats.
pub fn words(error: &anyhow::Error) -> String {
    let mut said = String::new();
    // "operation would block" tells a person nothing.
    let would_block = |cause: &&(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::WouldBlock)
    };
    for cause in error.chain().filter(|cause| !would_block(cause)) {
        let of_database = cause.downcast_ref::<sqlx::Error>();
        let cause = of_database.map_or_else(|| cause.to_string(), message);
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
        // The causes below a server's error only add a line number of the server's source code.
        if of_database.is_some_and(|error| error.as_database_error().is_some()) {
            break;
        }
    }
    said
}

/// 1 for what may pass by itself, 2 for everything else.
pub fn code(error: &anyhow::Error) -> ExitCode {
    let passes = error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(of_database_passes)
            || cause.downcast_ref().is_some_and(OpenError::may_pass)
            || cause.downcast_ref().is_some_and(of_system_passes)
    });
    if passes { ExitCode::FAILURE } else { ExitCode::from(2) }
}

fn of_database_passes(error: &sqlx::Error) -> bool {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return true;
    }
    let Some(error) = error.as_database_error() else { return false };
    let Some(code) = error.code() else { return false };
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        return MAY_PASS_THERE.iter().any(|class| code.starts_with(class));
    }
    // The lower eight bits of an extended code are the code.
    code.parse::<i32>().is_ok_and(|code| MAY_PASS.contains(&(code & 0xff)))
}

fn of_system_passes(error: &std::io::Error) -> bool {
    use ErrorKind::{AddrInUse, Interrupted, QuotaExceeded, ResourceBusy, StorageFull, TimedOut, WouldBlock};
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof};
    use ErrorKind::{HostUnreachable, NetworkDown, NetworkUnreachable};
    let here = [AddrInUse, Interrupted, QuotaExceeded, ResourceBusy, StorageFull, TimedOut, WouldBlock];
    let connection = [BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof];
    let network = [HostUnreachable, NetworkDown, NetworkUnreachable];
    here.iter().chain(&connection).chain(&network).any(|kind| *kind == error.kind())
}
