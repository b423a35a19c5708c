//! Messages in doubt: a call was under way when its process ended, or its answer never came.

use super::Tx;
use super::cards::{Found, Row};
use lookback_core::ids::TeamId;

/// What must be looked for in the history now.
pub async fn due(tx: &mut Tx, now_ms: i64, limit: i64) -> sqlx::Result<Found> {
    const SQL: &str =
        "select * from card where state = 'doubt' and is_aside = false and due_ms <= $1 order by due_ms, key limit $2";
    let rows: Vec<Row> = tx.query(SQL).bind(now_ms).bind(limit).fetch_all().await?;
    Ok(rows.into())
}

/// Whether a message is still in doubt.
pub async fn is_still_in_doubt(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<bool> {
    const SQL: &str = "select count(*) from card where team_id = $1 and key = $2 and state = 'doubt'";
    let found: i64 = tx.query(SQL).bind(team.as_str()).bind(key).value().await?;
    Ok(found > 0)
}

/// At startup: a message that was being sent when the process ended may have arrived, so it is in doubt. A
/// negative `looks` selects the short pause, because no call can still be under way.
pub async fn recover(tx: &mut Tx, due_ms: i64) -> sqlx::Result<u64> {
    const SQL: &str = "update card set state = 'doubt', due_ms = $1, looks = -2 where state = 'sending'";
    tx.query(SQL).bind(due_ms).execute().await
}

/// A call whose result was never saved is in doubt: none lasts a minute.
pub async fn sweep(tx: &mut Tx, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str =
        "update card set state = 'doubt', due_ms = $1, looks = 0 where state = 'sending' and started_ms < $1 - 60000";
    tx.query(SQL).bind(now_ms).execute().await?;
    Ok(())
}

/// How many messages may be in Slack without our knowing.
pub async fn count(tx: &mut Tx) -> sqlx::Result<i64> {
    const SQL: &str = "select count(*) from card where state in ('sending', 'doubt') and is_aside = false";
    tx.query(SQL).value().await
}
