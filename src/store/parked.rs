//! Channels that take no messages. The lane waits as a whole, so that what stands in it costs nothing, and is tried
//! again now and then, in case nobody tells us that the channel has opened.

use super::Tx;
use lookback_core::ids::{RetroId, TeamId};

/// How long a lane is retried, in milliseconds.
const LASTS: i64 = 30 * 86_400_000;

/// The lane waits from `now_ms` on, and is tried again at `due_ms`; `error` is Slack's code.
pub async fn park(tx: &mut Tx, team: &TeamId, lane: &str, error: &str, now_ms: i64, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into parked_lane (team_id, lane, since_ms, due_ms, error) values ($1, $2, $3, $4, $5) \
on conflict (team_id, lane) do update set due_ms = excluded.due_ms, error = excluded.error";
    // What stands in it is not looked at before.
    const MESSAGES: &str = "update card set due_ms = $3 where team_id = $1 and lane = $2 and state = 'idle' and wanted > sent \
and ts is null and due_ms < $3";
    tx.query(SQL).bind(team.as_str()).bind(lane).bind(now_ms).bind(due_ms).bind(error).execute().await?;
    tx.query(MESSAGES).bind(team.as_str()).bind(lane).bind(due_ms).execute_later().await
}

/// Somebody wants a new message there: it is tried at once.
pub async fn try_now(tx: &mut Tx, team: &TeamId, lane: &str, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update parked_lane set due_ms = $3 where team_id = $1 and lane = $2 and due_ms > $3";
    const MESSAGES: &str = "update card set due_ms = $3 where team_id = $1 and lane = $2 and state = 'idle' and wanted > sent \
and ts is null and due_ms > $3";
    if tx.query(SQL).bind(team.as_str()).bind(lane).bind(now_ms).execute().await? > 0 {
        tx.query(MESSAGES).bind(team.as_str()).bind(lane).bind(now_ms).execute_later().await?;
    }
    Ok(())
}

/// The channel opened again: what waited goes on.
pub async fn unpark(tx: &mut Tx, team: &TeamId, lane: &str) -> sqlx::Result<()> {
    const SQL: &str = "delete from parked_lane where team_id = $1 and lane = $2";
    const MESSAGES: &str =
        "update card set due_ms = 0 where team_id = $1 and lane = $2 and state = 'idle' and wanted > sent";
    if tx.query(SQL).bind(team.as_str()).bind(lane).execute().await? > 0 {
        tx.query(MESSAGES).bind(team.as_str()).bind(lane).execute().await?;
        tx.wake();
    }
    Ok(())
}

/// How many messages of a retro wait in parked lanes.
pub async fn waiting(tx: &mut Tx, team: &TeamId, retro: RetroId) -> sqlx::Result<u64> {
    const SQL: &str = "select count(*) from card c join parked_lane p on p.team_id = c.team_id and p.lane = c.lane \
where c.team_id = $1 and c.retro_id = $2 and c.state = 'idle' and c.wanted > c.sent";
    let n: i64 = tx.query(SQL).bind(team.as_str()).bind(retro.0).value().await?;
    Ok(n.unsigned_abs())
}

/// The retros with messages that wait in a lane, each with the key of the first.
pub async fn retros_in(tx: &mut Tx, team: &TeamId, lane: &str) -> sqlx::Result<Vec<(RetroId, String)>> {
    const SQL: &str = "select retro_id, key from (select retro_id, key, row_number() over (partition by retro_id \
order by priority, made_ms, key) as place from card where team_id = $1 and lane = $2 and retro_id is not null and ts is null \
and state = 'idle' and wanted > sent) c where place = 1 order by retro_id";
    let rows: Vec<(i64, String)> = tx.query(SQL).bind(team.as_str()).bind(lane).fetch_all().await?;
    Ok(rows.into_iter().map(|(retro, key)| (RetroId(retro), key)).collect())
}

/// A lane that is given up: it took no message for thirty days.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GivenUp {
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    pub lane: String,
    pub since_ms: i64,
}

/// The lanes that have waited long enough.
pub async fn over(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Vec<GivenUp>> {
    const SQL: &str = "select team_id, lane, since_ms from parked_lane where since_ms <= $1";
    tx.query(SQL).bind(now_ms - LASTS).fetch_all().await
}

/// Gives a lane up: what waits in it is refused for good, until somebody asks for it.
pub async fn give_up(tx: &mut Tx, lane: &GivenUp) -> sqlx::Result<()> {
    const DEAD: &str = "update card set state = 'dead', body = null, error = (select error from parked_lane p where p.team_id = $1 and p.lane = $2) \
where team_id = $1 and lane = $2 and state = 'idle' and wanted > sent";
    tx.query(DEAD).bind(lane.team_id.as_str()).bind(&lane.lane).execute().await?;
    unpark(tx, &lane.team_id, &lane.lane).await
}
