//! What was handled already, and what was said already: by a name that tells nothing, and by the day.
//!
//! Rule: a row outlives what it is about, so it holds no moment. A delivery in the millisecond in which a note appeared
//! would name its author.

use super::Tx;
use lookback_core::ids::TeamId;

const DAY_MS: i64 = 86_400_000;

/// The answer that was given for a key; `None` where it was not taken yet.
pub async fn before(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<Option<String>> {
    const SQL: &str = "select reply from inbox where team_id = $1 and key = $2";
    tx.query(SQL).bind(team.as_str()).bind(key).optional_value().await
}

/// Takes a key: whatever comes under it from now on was handled before.
pub async fn take(tx: &mut Tx, team: &TeamId, key: &str, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str =
        "insert into inbox (team_id, key, reply, at_ms) values ($1, $2, '', $3) on conflict (team_id, key) do nothing";
    let day_ms = now_ms - now_ms.rem_euclid(DAY_MS);
    tx.query(SQL).bind(team.as_str()).bind(key).bind(day_ms).execute_later().await
}

/// Remembers what was answered, for copies of the same delivery.
pub async fn remember(tx: &mut Tx, team: &TeamId, key: &str, reply: &str) -> sqlx::Result<()> {
    const SQL: &str = "update inbox set reply = $3 where team_id = $1 and key = $2";
    tx.query(SQL).bind(team.as_str()).bind(key).bind(reply).execute_later().await
}

/// Gives a key back: nothing was done yet.
pub async fn give_back(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<()> {
    const SQL: &str = "delete from inbox where team_id = $1 and key = $2";
    tx.query(SQL).bind(team.as_str()).bind(key).execute_later().await
}

/// Forgets keys of days that began before `ms`: nothing is repeated after so long.
pub async fn forget_before(tx: &mut Tx, ms: i64) -> sqlx::Result<()> {
    tx.query("delete from inbox where at_ms < $1").bind(ms).execute().await?;
    Ok(())
}
