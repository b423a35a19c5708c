//! Deadlines of retros.

use sqlx::FromRow;

use super::Tx;
use super::due::{self, Subject};
use super::stored::{self, Corrupt};
use lookback_core::ids::{RetroId, TeamId};
use lookback_core::retro::{Step, Timer};

/// Sets, moves or takes away a deadline.
pub async fn set(tx: &mut Tx, team: &TeamId, timer: &Timer) -> sqlx::Result<()> {
    let subject = Subject::deadline(team, timer.retro, &stored::name(&timer.step));
    match timer.due {
        Some(at) => due::set(tx, &subject, at.timestamp_millis()).await,
        None => due::clear(tx, &subject).await.map(|_| ()),
    }
}

/// A deadline that has come.
#[derive(Clone, Debug, FromRow)]
pub struct Due {
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    #[sqlx(rename = "number")]
    #[sqlx(try_from = "i64")]
    pub retro_id: RetroId,
    /// The stored name of what happens.
    step: String,
    pub due_ms: i64,
    /// How often it failed.
    pub tries: i64,
}

impl Due {
    /// What happens.
    pub fn step(&self) -> Result<Step, Corrupt> {
        let key = format!("{}, {}", self.retro_id, self.step);
        stored::Row::of("due", &key).name("step", &self.step)
    }

    /// What its row in `due` is about.
    pub fn subject(&self) -> Subject {
        Subject::deadline(&self.team_id, self.retro_id, &self.step)
    }
}

/// The earliest deadline that has come by `now_ms`.
pub async fn due(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Option<Due>> {
    const SQL: &str = "select team_id, number, step, due_ms, tries from due where kind = 'deadline' and due_ms <= $1 \
and is_aside = false order by due_ms, number, step limit 1";
    tx.query(SQL).bind(now_ms).fetch_optional().await
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    const SQL: &str = "select team_id, number, step, due_ms, tries from due where kind = 'deadline'";
    let rows: Vec<Due> = tx.query(SQL).fetch_all().await?;
    Ok(stored::unreadable(rows.iter().map(Due::step)))
}
