//! What was handled already, and commands that wait for facts.

use super::{Tx, on};
use lookback_core::ids::TeamId;

/// Takes a key for handling; `false` if it was taken before.
pub async fn take(tx: &mut Tx, team: &TeamId, key: &str, now_ms: i64) -> sqlx::Result<bool> {
    const SQL: &str =
        "insert into inbox (team_id, key, reply, at_ms) values ($1, $2, '', $3) on conflict (team_id, key) do nothing";
    let done = on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(key).bind(now_ms).execute(c).await)?;
    Ok(done.rows_affected() == 1)
}

/// Whether a key was taken.
pub async fn is_taken(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<bool> {
    const SQL: &str = "select count(*) from inbox where team_id = $1 and key = $2";
    let n: i64 = on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).bind(key).fetch_one(c).await)?;
    Ok(n > 0)
}

/// The answer that was given for a key.
pub async fn answer(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<String> {
    const SQL: &str = "select reply from inbox where team_id = $1 and key = $2";
    on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).bind(key).fetch_one(c).await)
}

/// Remembers what was answered, for copies of the same delivery.
pub async fn remember(tx: &mut Tx, team: &TeamId, key: &str, reply: &str) -> sqlx::Result<()> {
    const SQL: &str = "update inbox set reply = $3 where team_id = $1 and key = $2";
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(key).bind(reply).execute(c).await)?;
    Ok(())
}

/// Gives a key back: nothing was done yet.
pub async fn release(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<()> {
    const SQL: &str = "delete from inbox where team_id = $1 and key = $2";
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(key).execute(c).await)?;
    Ok(())
}

/// Forgets keys from before `ms`: no delivery is repeated after so long.
pub async fn forget_before(tx: &mut Tx, ms: i64) -> sqlx::Result<()> {
    on!(tx, c => sqlx::query("delete from inbox where at_ms < $1").bind(ms).execute(c).await)?;
    Ok(())
}

/// A command that waits for facts from Slack.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Errand {
    /// Random.
    pub id: i64,
    /// The workspace.
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    /// The request, as JSON.
    pub request: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was asked.
    pub made_ms: i64,
}

/// Keeps a command until its facts are there.
pub async fn put_errand(tx: &mut Tx, team: &TeamId, id: i64, request: &str, now_ms: i64) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str =
        "insert into errand (id, team_id, request, due_ms, attempts, made_ms) values ($1, $2, $3, $4, 0, $4)";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(team.as_str()).bind(request).bind(now_ms).execute(c).await)?;
    Ok(())
}

/// The errands that are due, oldest first.
pub async fn due_errands(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Vec<Errand>> {
    const SQL: &str =
        "select id, team_id, request, attempts, made_ms from errand where due_ms <= $1 order by made_ms, id limit 20";
    on!(tx, c => sqlx::query_as(SQL).bind(now_ms).fetch_all(c).await)
}

/// Tries an errand again later; `failed` counts as a try, waiting for the pace does not.
pub async fn postpone_errand(tx: &mut Tx, id: i64, due_ms: i64, failed: bool) -> sqlx::Result<()> {
    const SQL: &str = "update errand set due_ms = $2, attempts = attempts + $3 where id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(due_ms).bind(i64::from(failed)).execute(c).await)?;
    Ok(())
}

/// Takes an errand away; `false` if somebody else did.
pub async fn take_errand(tx: &mut Tx, id: i64) -> sqlx::Result<bool> {
    let done = on!(tx, c => sqlx::query("delete from errand where id = $1").bind(id).execute(c).await)?;
    Ok(done.rows_affected() == 1)
}
