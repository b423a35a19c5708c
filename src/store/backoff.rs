//! The waits that Slack asked for (`Retry-After`): they hold across restarts.

use super::{Tx, on};
use lookback_core::ids::TeamId;

/// Slack asked us to wait with this method until then.
pub async fn set(tx: &mut Tx, team: &TeamId, method: &str, until_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into backoff (team_id, method, until_ms) values ($1, $2, $3) on conflict (team_id, method) \
do update set until_ms = case when backoff.until_ms > excluded.until_ms then backoff.until_ms else excluded.until_ms end";
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(method).bind(until_ms).execute(c).await)?;
    Ok(())
}

/// The waits that still hold.
pub async fn all(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Vec<(TeamId, String, i64)>> {
    const SQL: &str = "select team_id, method, until_ms from backoff where until_ms > $1";
    let rows: Vec<(String, String, i64)> = on!(tx, c => sqlx::query_as(SQL).bind(now_ms).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(team, method, until)| (TeamId(team), method, until)).collect())
}
