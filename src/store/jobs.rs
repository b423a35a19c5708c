//! Requests that wait until Slack has been asked (table `errand`).

use super::Tx;
use lookback_core::ids::TeamId;

/// A request that waits.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    /// Random.
    pub id: i64,
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    /// The request and what it needs to know, sealed.
    pub sealed: Vec<u8>,
    /// How often Slack was asked without an answer.
    pub attempts: i64,
    /// When it was asked, in milliseconds.
    pub made_ms: i64,
}

/// Keeps a request until Slack has been asked.
pub async fn put(tx: &mut Tx, team: &TeamId, id: i64, sealed: &[u8], now_ms: i64) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str = "insert into errand (id, team_id, request, sealed, due_ms, attempts, made_ms) values ($1, $2, '', $3, $4, 0, $4)";
    tx.query(SQL).bind(id).bind(team.as_str()).bind(sealed).bind(now_ms).execute().await?;
    Ok(())
}

/// What an earlier version kept readable: the id and the request.
pub async fn readable(tx: &mut Tx) -> sqlx::Result<Vec<(i64, String)>> {
    tx.query("select id, request from errand where sealed is null").fetch_all().await
}

/// Seals what was readable.
pub async fn seal(tx: &mut Tx, id: i64, sealed: &[u8]) -> sqlx::Result<()> {
    const SQL: &str = "update errand set sealed = $2, request = '' where id = $1";
    tx.query(SQL).bind(id).bind(sealed).execute().await?;
    tx.leaves_traces();
    Ok(())
}

/// The jobs that are due and were asked for since `since_ms`, oldest first.
pub async fn due(tx: &mut Tx, now_ms: i64, since_ms: i64) -> sqlx::Result<Vec<Job>> {
    const SQL: &str = "select id, team_id, sealed, attempts, made_ms from errand where due_ms <= $1 and made_ms >= $2 and is_aside = false and sealed is not null order by made_ms, id limit 20";
    tx.query(SQL).bind(now_ms).bind(since_ms).fetch_all().await
}

/// Tries a job again later, after a try that failed.
pub async fn postpone(tx: &mut Tx, id: i64, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update errand set due_ms = $2, attempts = attempts + 1 where id = $1";
    tx.query(SQL).bind(id).bind(due_ms).execute().await?;
    Ok(())
}

/// Sets a job aside: nothing waits behind it.
pub async fn set_aside(tx: &mut Tx, id: i64) -> sqlx::Result<()> {
    tx.query("update errand set is_aside = true where id = $1").bind(id).execute().await?;
    Ok(())
}

/// What was set aside before `before_ms` is of no use to anybody any more.
pub async fn forget_aside(tx: &mut Tx, before_ms: i64) -> sqlx::Result<()> {
    tx.query("delete from errand where is_aside = true and made_ms < $1").bind(before_ms).execute().await?;
    Ok(())
}

/// All of them, in the form in which this version keeps them.
pub async fn all(tx: &mut Tx) -> sqlx::Result<Vec<Job>> {
    tx.query("select id, team_id, sealed, attempts, made_ms from errand where sealed is not null").fetch_all().await
}

/// Takes a job away; `false` if somebody else did.
pub async fn take(tx: &mut Tx, id: i64) -> sqlx::Result<bool> {
    let done = tx.query("delete from errand where id = $1").bind(id).execute().await?;
    tx.leaves_traces();
    Ok(done == 1)
}
