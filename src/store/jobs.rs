//! Requests that wait until Slack has been asked.

use super::Tx;
use super::due::{self, Subject};
use lookback_core::ids::TeamId;

/// A request that waits.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    /// Random.
    #[sqlx(rename = "number")]
    pub id: i64,
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    /// The request and what it needs to know, sealed.
    pub sealed: Vec<u8>,
    /// How often Slack was asked without an answer.
    #[sqlx(rename = "tries")]
    pub attempts: i64,
    /// When it was asked, in milliseconds.
    pub made_ms: i64,
    /// When it is tried next, in milliseconds.
    pub due_ms: i64,
}

impl Job {
    /// What its row in `due` is about.
    pub fn subject(&self) -> Subject {
        Subject::request(&self.team_id, self.id)
    }
}

/// Keeps a request until Slack has been asked.
pub async fn put(tx: &mut Tx, team: &TeamId, id: i64, sealed: &[u8], now_ms: i64) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str =
        "insert into due (team_id, kind, number, sealed, due_ms, made_ms) values ($1, 'request', $2, $3, $4, $4)";
    tx.query(SQL).bind(team.as_str()).bind(id).bind(sealed).bind(now_ms).execute().await?;
    Ok(())
}

/// What an earlier version kept readable: its workspace, its id, the request, and when it was made.
pub async fn readable(tx: &mut Tx) -> sqlx::Result<Vec<(String, i64, String, i64)>> {
    tx.query("select team_id, id, request, made_ms from old_errand").fetch_all().await
}

/// What was readable is sealed, and goes.
pub async fn readable_is_sealed(tx: &mut Tx) -> sqlx::Result<()> {
    if tx.query("delete from old_errand").execute().await? > 0 {
        tx.leaves_traces();
    }
    Ok(())
}

/// Seals a request anew.
pub async fn seal(tx: &mut Tx, id: i64, sealed: &[u8]) -> sqlx::Result<()> {
    const SQL: &str = "update due set sealed = $2 where kind = 'request' and number = $1";
    tx.query(SQL).bind(id).bind(sealed).execute().await?;
    tx.leaves_traces();
    Ok(())
}

/// The first that are due, found in the order of an index: thousands may wait.
pub const DUE: &str = "select number, team_id, sealed, tries, made_ms, due_ms from due where kind = 'request' and due_ms <= $1 \
and made_ms >= $2 and is_aside = false and sealed is not null order by made_ms, number limit 20";

/// The jobs that are due and were asked for since `since_ms`, oldest first.
pub async fn due(tx: &mut Tx, now_ms: i64, since_ms: i64) -> sqlx::Result<Vec<Job>> {
    tx.query(DUE).bind(now_ms).bind(since_ms).fetch_all().await
}

/// What was set aside before `before_ms` is of no use to anybody any more.
pub async fn forget_aside(tx: &mut Tx, before_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "delete from due where kind = 'request' and is_aside = true and made_ms < $1";
    tx.query(SQL).bind(before_ms).execute().await?;
    Ok(())
}

/// All requests that wait, those set aside too.
pub async fn all(tx: &mut Tx) -> sqlx::Result<Vec<Job>> {
    const SQL: &str =
        "select number, team_id, sealed, tries, made_ms, due_ms from due where kind = 'request' and sealed is not null";
    tx.query(SQL).fetch_all().await
}

/// Takes a job away; `false` if somebody else did.
pub async fn take(tx: &mut Tx, team: &TeamId, id: i64) -> sqlx::Result<bool> {
    tx.leaves_traces();
    due::clear(tx, &Subject::request(team, id)).await
}
