//! Which process sends: one at a time for a workspace, by a lease with a fence.
//!
//! The lease ends by itself on the database's clock, so that a process that dies is followed by another. The fence is
//! counted up by each that takes over: a process that was stopped, and goes on after its lease has ended, writes nothing.
//! What it was sending then is in doubt, because Slack cannot check a fence.
//! A file has one process alone, which its lock sees to, so that its lease is never waited for.

use std::time::Duration;

use super::Tx;
use lookback_core::ids::TeamId;

/// How long a lease lasts, unless it is renewed.
pub const LASTS: Duration = Duration::from_secs(12);

/// What a try to take the lease found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is ours, with this fence. A standby may have been promoted since the last sender: what that one did last may be
    /// missing.
    Ours { fence: i64, failed_over: bool },
    /// Another process has it for so long.
    Held(Duration),
}

/// What other processes are told when nobody has the lease.
pub const NEWS_OF_LEASE: &str = "lease";

fn lasts_ms() -> i64 {
    i64::try_from(LASTS.as_millis()).unwrap_or(i64::MAX)
}

/// Takes the lease, if nobody has it.
pub async fn take(tx: &mut Tx, team: &TeamId, sender: &str) -> sqlx::Result<Taken> {
    const READ: &str = "select sender, lease_until_ms, timeline from workspace where team_id = $1";
    const TAKE: &str = "update workspace set sender = $2, lease_until_ms = $3, timeline = $4, fence = fence + 1 \
where team_id = $1 returning fence";
    let now_ms = tx.now_ms().await?;
    let timeline = tx.timeline().await?;
    let (before, until_ms, seen): (Option<String>, i64, i64) = tx.query(READ).bind(team.as_str()).fetch_one().await?;
    let left_ms = u64::try_from(until_ms - now_ms).unwrap_or(0);
    // A process of the same name is this one, or one that this one follows in the same container.
    if left_ms > 0 && tx.is_shared() && before.is_none_or(|name| name != sender) {
        return Ok(Taken::Held(Duration::from_millis(left_ms)));
    }
    // A file that is moved or copied must not say that somebody sends.
    let until_ms = if tx.is_shared() { now_ms + lasts_ms() } else { 0 };
    let taken = tx.query(TAKE).bind(team.as_str()).bind(sender).bind(until_ms).bind(timeline);
    let fence = taken.value().await?;
    Ok(Taken::Ours { fence, failed_over: seen != 0 && seen != timeline })
}

/// Keeps the lease; `false` where another process has taken it, or a standby was promoted.
pub async fn renew(tx: &mut Tx, team: &TeamId, fence: i64) -> sqlx::Result<bool> {
    const SQL: &str = "update workspace set lease_until_ms = $3 where team_id = $1 and fence = $2 and timeline = $4";
    let (now_ms, timeline) = (tx.now_ms().await?, tx.timeline().await?);
    let renewed = tx.query(SQL).bind(team.as_str()).bind(fence).bind(now_ms + lasts_ms()).bind(timeline);
    Ok(renewed.execute().await? == 1)
}

/// Lets another process take over at once.
pub async fn release(tx: &mut Tx, team: &TeamId, fence: i64) -> sqlx::Result<()> {
    const SQL: &str = "update workspace set lease_until_ms = 0 where team_id = $1 and fence = $2";
    tx.query(SQL).bind(team.as_str()).bind(fence).execute().await?;
    tx.tell_others(NEWS_OF_LEASE).await
}

/// Lets whoever comes next take over at once, in every workspace.
pub async fn end_all(tx: &mut Tx) -> sqlx::Result<()> {
    tx.query("update workspace set lease_until_ms = 0").execute().await?;
    Ok(())
}

/// Whether this fence is still the newest, in the history of the database that its holder saw.
pub(super) async fn holds(tx: &mut Tx, team: &TeamId, fence: i64) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from workspace where team_id = $1 and fence = $2 and timeline = $3)";
    let timeline = tx.timeline().await?;
    tx.query(SQL).bind(team.as_str()).bind(fence).bind(timeline).value().await
}
