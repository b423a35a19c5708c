//! Deadlines.

use sqlx::FromRow;

use super::Tx;
use super::stored::{self, Corrupt};
use lookback_core::ids::{RetroId, TeamId};
use lookback_core::retro::{Step, Timer};

/// Sets, moves or takes away a deadline.
pub async fn set(tx: &mut Tx, team: &TeamId, timer: &Timer) -> sqlx::Result<()> {
    tx.wake();
    const CLEAR: &str = "delete from timer where retro_id = $1 and step = $2";
    const SET: &str = "insert into timer (team_id, retro_id, step, due_ms) values ($1, $2, $3, $4) \
on conflict (retro_id, step) do update set due_ms = excluded.due_ms, is_aside = false, tries = 0";
    let step = stored::name(&timer.step);
    match timer.due {
        Some(due) => {
            tx.query(SET)
                .bind(team.as_str())
                .bind(timer.retro.0)
                .bind(step)
                .bind(due.timestamp_millis())
                .execute()
                .await?;
        }
        None => {
            tx.query(CLEAR).bind(timer.retro.0).bind(step).execute().await?;
        }
    }
    Ok(())
}

/// A deadline that has come.
#[derive(Clone, Debug, FromRow)]
pub struct Due {
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    #[sqlx(try_from = "i64")]
    pub retro_id: RetroId,
    /// The stored name of what happens.
    step: String,
    due_ms: i64,
    /// How often it failed.
    pub tries: i64,
}

impl Due {
    /// What happens.
    pub fn step(&self) -> Result<Step, Corrupt> {
        let key = format!("{}, {}", self.retro_id, self.step);
        stored::Row::of("timer", &key).name("step", &self.step)
    }
}

/// The earliest deadline that has come by `now_ms`.
pub async fn due(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Option<Due>> {
    const SQL: &str = "select team_id, retro_id, step, due_ms, tries from timer where due_ms <= $1 and is_aside = false \
order by due_ms, retro_id, step limit 1";
    tx.query(SQL).bind(now_ms).fetch_optional().await
}

/// Takes a deadline away: whoever does decides what follows in the same transaction.
pub async fn take(tx: &mut Tx, due: &Due) -> sqlx::Result<()> {
    const SQL: &str = "delete from timer where retro_id = $1 and step = $2";
    tx.query(SQL).bind(due.retro_id.0).bind(&due.step).execute().await?;
    Ok(())
}

/// A deadline failed: it comes again at `due_ms`, unless somebody has moved it meanwhile.
pub async fn put_off(tx: &mut Tx, due: &Due, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str =
        "update timer set due_ms = $3, tries = tries + 1 where retro_id = $1 and step = $2 and due_ms = $4";
    tx.query(SQL).bind(due.retro_id.0).bind(&due.step).bind(due_ms).bind(due.due_ms).execute().await?;
    Ok(())
}

/// Sets a deadline aside: nothing waits behind it.
pub async fn set_aside(tx: &mut Tx, due: &Due) -> sqlx::Result<()> {
    const SQL: &str = "update timer set is_aside = true where retro_id = $1 and step = $2 and due_ms = $3";
    tx.query(SQL).bind(due.retro_id.0).bind(&due.step).bind(due.due_ms).execute().await?;
    Ok(())
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Due> = tx.query("select team_id, retro_id, step, due_ms, tries from timer").fetch_all().await?;
    Ok(stored::unreadable(rows.iter().map(Due::step)))
}
