//! Deadlines.

use sqlx::FromRow;

use super::retros::{as_word, word};
use super::{Tx, on};
use lookback_core::ids::{RetroId, TeamId};
use lookback_core::retro::{Step, Timer};

/// Sets, moves or takes away a deadline.
pub async fn set(tx: &mut Tx, team: &TeamId, timer: &Timer) -> sqlx::Result<()> {
    tx.wake();
    const CLEAR: &str = "delete from timer where retro_id = $1 and step = $2";
    const SET: &str = "insert into timer (team_id, retro_id, step, due_ms) values ($1, $2, $3, $4) \
on conflict (retro_id, step) do update set due_ms = excluded.due_ms";
    let step = as_word(&timer.step);
    match timer.due {
        Some(due) => {
            on!(tx, c => sqlx::query(SET).bind(team.as_str()).bind(timer.retro.0).bind(step).bind(due.timestamp_millis()).execute(c).await)?;
        }
        None => {
            on!(tx, c => sqlx::query(CLEAR).bind(timer.retro.0).bind(step).execute(c).await)?;
        }
    }
    Ok(())
}

/// A deadline that has come.
#[derive(Clone, Debug)]
pub struct Due {
    /// The workspace.
    pub team: TeamId,
    /// Of which retro.
    pub retro: RetroId,
    /// What happens.
    pub step: Step,
}

#[derive(FromRow)]
struct Row {
    #[sqlx(try_from = "String")]
    team_id: TeamId,
    #[sqlx(try_from = "i64")]
    retro_id: RetroId,
    step: String,
}

/// The earliest deadline that has come by `now_ms`, taken away in the same breath: whoever gets it
/// decides what follows in the same transaction.
pub async fn take_due(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Option<Due>> {
    const SQL: &str =
        "select team_id, retro_id, step from timer where due_ms <= $1 order by due_ms, retro_id, step limit 1";
    const TAKE: &str = "delete from timer where retro_id = $1 and step = $2 and due_ms <= $3";
    let row: Option<Row> = on!(tx, c => sqlx::query_as(SQL).bind(now_ms).fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(None) };
    let taken = on!(tx, c => sqlx::query(TAKE).bind(row.retro_id.0).bind(&row.step).bind(now_ms).execute(c).await)?;
    let step = word(&row.step).filter(|_| taken.rows_affected() == 1);
    Ok(step.map(|step| Due { team: row.team_id, retro: row.retro_id, step }))
}
