//! Messages that did not arrive: `/retro status` counts them, and they can be sent again.

use super::{Tx, parked};
use lookback_core::ids::{RetroId, TeamId};

/// What was refused is sent after all. What could not be confirmed is sent only in `lane`, a channel in which somebody
/// looked. Returns how many go.
pub async fn revive(tx: &mut Tx, team: &TeamId, retro: RetroId, lane: &str, now_ms: i64) -> sqlx::Result<u64> {
    tx.wake();
    const DEAD: &str = "update card set state = 'idle', due_ms = $3, attempts = 0, is_plain = false, wanted = wanted + 1 \
where team_id = $1 and retro_id = $2 and state = 'dead' and (lane = $4 or error <> 'unconfirmed')";
    const PARKED: &str = "update parked_lane set due_ms = $3 where team_id = $1 and lane in (select lane from card \
where team_id = $1 and retro_id = $2 and state = 'idle' and wanted > sent)";
    const WAITING: &str = "update card set due_ms = $3 where team_id = $1 and lane in (select lane from card \
where team_id = $1 and retro_id = $2 and state = 'idle' and wanted > sent) and state = 'idle' and wanted > sent \
and ts is null and due_ms > $3 and exists (select 1 from parked_lane p where p.team_id = $1 and p.lane = card.lane)";
    let waiting = parked::waiting(tx, team, retro).await?;
    tx.query(WAITING).bind(team.as_str()).bind(retro.0).bind(now_ms).execute().await?;
    tx.query(PARKED).bind(team.as_str()).bind(retro.0).bind(now_ms).execute().await?;
    let dead = tx.query(DEAD).bind(team.as_str()).bind(retro.0).bind(now_ms).bind(lane).execute().await?;
    Ok(waiting + dead)
}

/// Whether a message waits for its channel (`Some(true)`), was refused or not confirmed (`Some(false)`), or
/// is all right.
pub async fn trouble(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<Option<bool>> {
    const SQL: &str = "select state from card c where team_id = $1 and key = $2 and (state = 'dead' \
or wanted > sent and exists (select 1 from parked_lane p where p.team_id = $1 and p.lane = c.lane))";
    let state: Option<String> = tx.query(SQL).bind(team.as_str()).bind(key).optional_value().await?;
    Ok(state.map(|state| state != "dead"))
}

/// `(unconfirmed, refused, of these to be sent again)` messages of a retro; as [`revive`] counts them.
pub async fn troubles(tx: &mut Tx, team: &TeamId, retro: RetroId, lane: &str) -> sqlx::Result<(i64, i64, i64)> {
    const SQL: &str = "select coalesce(sum(case when error = 'unconfirmed' then 1 else 0 end), 0), \
coalesce(sum(case when error <> 'unconfirmed' then 1 else 0 end), 0), \
coalesce(sum(case when lane = $3 or error <> 'unconfirmed' then 1 else 0 end), 0) \
from card where team_id = $1 and retro_id = $2 and state = 'dead'";
    tx.query(SQL).bind(team.as_str()).bind(retro.0).bind(lane).fetch_one().await
}

/// Messages that are not where they should be: refused, parked, or claimed and not marked.
pub async fn stuck(tx: &mut Tx) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select key || ' ' || state || ' ' || coalesce(error, '') from card where state <> 'idle' \
union all select key || ' parked ' || p.error from card c join parked_lane p on p.team_id = c.team_id and p.lane = c.lane \
where c.state = 'idle' and c.wanted > c.sent order by 1";
    tx.query(SQL).values().await
}
