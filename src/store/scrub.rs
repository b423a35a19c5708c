//! Surveys that may have left traces in the file. The row of a survey stays until no trace is left.

use super::{Tx, ids};
use lookback_core::ids::RetroId;

/// The file is to be cleaned after this survey.
pub async fn want(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str = "insert into due (team_id, kind, number, due_ms) select team_id, 'cleaning', id, 0 from retro where id = $1 \
on conflict (team_id, kind, channel_id, number, step) do update set due_ms = 0";
    tx.query(SQL).bind(retro.0).execute().await?;
    Ok(())
}

/// How long cleaning on PostgreSQL waits for more work: it rewrites whole tables.
const TOGETHER: i64 = 60_000;

/// The file is to be cleaned after one of many pieces of work, such as a note: at once on SQLite, for all within a minute on
/// PostgreSQL.
pub async fn want_soon(tx: &mut Tx, retro: RetroId, now_ms: i64) -> sqlx::Result<()> {
    if !tx.is_shared() {
        return want(tx, retro).await;
    }
    tx.wake();
    // It changes in any case, so that a cleaning that is under way does not take the row with it.
    const SQL: &str = "insert into due (team_id, kind, number, due_ms) select team_id, 'cleaning', id, $2 from retro where id = $1 \
on conflict (team_id, kind, channel_id, number, step) do update set due_ms = case when due.due_ms <= $2 then due.due_ms - 1 else $2 end";
    tx.query(SQL).bind(retro.0).bind(now_ms + TOGETHER).execute().await?;
    Ok(())
}

/// All are tried at once: the last run ended in the middle of it.
pub async fn hurry(tx: &mut Tx) -> sqlx::Result<()> {
    tx.query("update due set due_ms = 0 where kind = 'cleaning'").execute().await?;
    Ok(())
}

/// The surveys to clean after by now.
pub async fn due(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str =
        "select number from due where kind = 'cleaning' and due_ms <= $1 and is_aside = false order by number";
    let rows: Vec<i64> = tx.query(SQL).bind(now_ms).values().await?;
    Ok(ids(rows))
}

/// Puts the next try off until `due_ms`.
pub async fn postpone(tx: &mut Tx, retro: RetroId, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update due set due_ms = $2 where kind = 'cleaning' and number = $1";
    tx.query(SQL).bind(retro.0).bind(due_ms).execute().await?;
    Ok(())
}

/// Removes the row: no trace is left. The row stays if [`want`] was called after it was put off until `due_ms`.
pub async fn done(tx: &mut Tx, retro: RetroId, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "delete from due where kind = 'cleaning' and number = $1 and due_ms = $2";
    tx.query(SQL).bind(retro.0).bind(due_ms).execute().await?;
    Ok(())
}
