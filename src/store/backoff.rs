//! The waits that Slack asked for (`Retry-After`): they hold across restarts.

use super::Tx;
use crate::rate_limits::Wait;
use lookback_core::ids::TeamId;
use lookback_core::zone::from_ms;

/// Slack asked us to wait with this method. A wait that ends later stays, unless it was asked for by a clock that is
/// set back since.
pub async fn set(tx: &mut Tx, team: &TeamId, method: &str, wait: Wait) -> sqlx::Result<()> {
    const SQL: &str = "insert into backoff (team_id, method, since_ms, until_ms) values ($1, $2, $3, $4) \
on conflict (team_id, method) do update set since_ms = excluded.since_ms, until_ms = excluded.until_ms \
where backoff.until_ms < excluded.until_ms or backoff.since_ms > excluded.since_ms";
    let (since, until) = (wait.since.timestamp_millis(), wait.until.timestamp_millis());
    tx.query(SQL).bind(team.as_str()).bind(method).bind(since).bind(until).execute().await?;
    Ok(())
}

/// The waits that still hold.
pub async fn all(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Vec<(TeamId, String, Wait)>> {
    const SQL: &str = "select team_id, method, since_ms, until_ms from backoff where until_ms > $1";
    let rows: Vec<(String, String, i64, i64)> = tx.query(SQL).bind(now_ms).fetch_all().await?;
    let wait = |since, until| Wait { since: from_ms(since), until: from_ms(until) };
    Ok(rows.into_iter().map(|(team, method, since, until)| (TeamId(team), method, wait(since, until))).collect())
}
