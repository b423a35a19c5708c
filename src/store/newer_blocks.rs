//! What a workspace answered to kinds of blocks that not every one takes.

use super::Tx;
use lookback_core::ids::TeamId;

/// The last answer to a kind of block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its type in Block Kit.
    pub kind: String,
    /// Refused, or else taken.
    pub is_refused: bool,
}

/// The answers that still count.
pub async fn answers(tx: &mut Tx, team: &TeamId, now_ms: i64) -> sqlx::Result<Vec<Answered>> {
    const SQL: &str = "select kind, is_refused from newer_block where team_id = $1 and until_ms > $2";
    let rows: Vec<(String, bool)> = tx.query(SQL).bind(team.as_str()).bind(now_ms).fetch_all().await?;
    Ok(rows.into_iter().map(|(kind, is_refused)| Answered { kind, is_refused }).collect())
}

/// Remembers an answer until `until_ms`.
pub async fn remember(tx: &mut Tx, team: &TeamId, answered: &Answered, until_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into newer_block (team_id, kind, is_refused, until_ms) values ($1, $2, $3, $4) \
on conflict (team_id, kind) do update set is_refused = excluded.is_refused, until_ms = excluded.until_ms";
    let Answered { kind, is_refused } = answered;
    tx.query(SQL).bind(team.as_str()).bind(kind).bind(is_refused).bind(until_ms).execute().await?;
    Ok(())
}
