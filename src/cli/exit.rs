//! The exit code of a server that could not start. A supervisor starts the program again after 1 and not after 2
//! (`RestartPreventExitStatus=2` in `deploy/lookback.service`), so 2 is only for what a person has to change.

use std::io::ErrorKind;
use std::process::ExitCode;

use sqlx::error::DatabaseError;

/// SQLite's codes for what may pass by itself: busy, locked, out of memory, an error of the disk, a full disk.
/// <https://sqlite.org/rescode.html>
const MAY_PASS: [i32; 5] = [5, 6, 7, 10, 13];

/// An error with its causes, without what a cause repeats.
pub fn words(error: &anyhow::Error) -> String {
    let mut said = String::new();
    // "operation would block" tells a person nothing.
    let would_block = |cause: &&(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::WouldBlock)
    };
    for cause in error.chain().filter(|cause| !would_block(cause)).map(ToString::to_string) {
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

/// 1 for what may pass by itself, 2 for everything else.
pub fn code(error: &anyhow::Error) -> ExitCode {
    let passes = error.chain().any(|cause| {
        let of_database = cause.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
        of_database.is_some_and(of_database_passes) || cause.downcast_ref().is_some_and(of_system_passes)
    });
    if passes { ExitCode::FAILURE } else { ExitCode::from(2) }
}

fn of_database_passes(error: &dyn DatabaseError) -> bool {
    // The lower eight bits of an extended code are the code.
    error.code().and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| MAY_PASS.contains(&(code & 0xff)))
}

fn of_system_passes(error: &std::io::Error) -> bool {
    use ErrorKind::{AddrInUse, Interrupted, QuotaExceeded, ResourceBusy, StorageFull, TimedOut, WouldBlock};
    [AddrInUse, Interrupted, QuotaExceeded, ResourceBusy, StorageFull, TimedOut, WouldBlock].contains(&error.kind())
}
