//! Which process sends: one at a time for a workspace, by a lease with a fence.
//!
//! The lease expires by itself on the database's clock, so that another process follows one that dies. Each process
//! that takes over raises the fence: a process that was paused and resumes after its lease has expired writes nothing.
//! A fence is valid in one timeline of the database only: a promoted standby may not know it and may give its number
//! again. What it was sending then is in doubt, because Slack cannot check a fence. A file's lock ensures that only one
//! process uses it, so nobody waits for its lease.

use std::time::Duration;

use super::{News, Tx};
use lookback_core::ids::TeamId;

/// How long a lease lasts, unless it is renewed.
pub const LASTS: Duration = Duration::from_secs(12);

/// Tells whoever has the lease from those who had it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    pub team: TeamId,
    number: i64,
    /// The history of the database in which it was taken.
    timeline: i64,
}

/// What a try to take the lease found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is ours, with this fence. A standby may have been promoted since the last sender: what that one did last may be
    /// missing.
    Ours { fence: Fence, failed_over: bool },
    /// Another process holds it for this much longer.
    Held(Duration),
}

fn lasts_ms() -> i64 {
    i64::try_from(LASTS.as_millis()).unwrap_or(i64::MAX)
}

/// Takes the lease, if nobody has it. The caller commits, whatever was found.
pub async fn take(tx: &mut Tx, team: &TeamId, sender: &str) -> sqlx::Result<Taken> {
    const READ: &str = "select sender, lease_until_ms, timeline from workspace where team_id = $1";
    const TAKE: &str = "update workspace set sender = $2, lease_until_ms = $3, timeline = $4, fence = fence + 1 \
where team_id = $1 returning fence";
    let now_ms = tx.now_ms().await?;
    let timeline = tx.timeline().await?;
    let (before, until_ms, seen): (Option<String>, i64, i64) = tx.query(READ).bind(team.as_str()).fetch_one().await?;
    let left_ms = until_ms - now_ms;
    // It may be this process that had it.
    if left_ms > 0 && tx.is_shared() && before.is_none_or(|name| name != sender) {
        if left_ms > lasts_ms() {
            // The clock was set back, or that of a promoted standby is behind.
            const SQL: &str = "update workspace set lease_until_ms = $2 where team_id = $1";
            tx.query(SQL).bind(team.as_str()).bind(now_ms + lasts_ms()).execute().await?;
        }
        return Ok(Taken::Held(Duration::from_millis(u64::try_from(left_ms.min(lasts_ms())).unwrap_or(0))));
    }
    // A file that is moved or copied must not say that somebody sends.
    let until_ms = if tx.is_shared() { now_ms + lasts_ms() } else { 0 };
    let taken = tx.query(TAKE).bind(team.as_str()).bind(sender).bind(until_ms).bind(timeline);
    let fence = Fence { team: team.clone(), number: taken.value().await?, timeline };
    Ok(Taken::Ours { fence, failed_over: seen != 0 && seen != timeline })
}

/// Keeps the lease; `false` where another process has taken it, or a standby was promoted.
pub async fn renew(tx: &mut Tx, fence: &Fence) -> sqlx::Result<bool> {
    const SQL: &str = "update workspace set lease_until_ms = $2 where team_id = $1";
    if !holds(tx, fence).await? {
        return Ok(false);
    }
    let until_ms = tx.now_ms().await? + lasts_ms();
    tx.query(SQL).bind(fence.team.as_str()).bind(until_ms).execute().await?;
    Ok(true)
}

/// Whether a standby that is promoted now would lack nothing; `None` where one has just been.
pub async fn loses_nothing(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Option<bool>> {
    const SQL: &str = "select timeline from workspace where team_id = $1";
    let seen: i64 = tx.query(SQL).bind(team.as_str()).value().await?;
    if tx.timeline().await? == seen { tx.is_synchronous().await.map(Some) } else { Ok(None) }
}

/// Lets another process take over at once.
pub async fn release(tx: &mut Tx, fence: &Fence) -> sqlx::Result<()> {
    if holds(tx, fence).await? {
        tx.query("update workspace set lease_until_ms = 0 where team_id = $1")
            .bind(fence.team.as_str())
            .execute()
            .await?;
    }
    tx.tell_others(News::Lease).await
}

/// Lets whoever comes next take over at once, in every workspace.
pub async fn end_all(tx: &mut Tx) -> sqlx::Result<()> {
    tx.query("update workspace set lease_until_ms = 0").execute().await?;
    Ok(())
}

/// Whether this fence is still the newest, in the history of the database in which it was taken.
pub(super) async fn holds(tx: &mut Tx, fence: &Fence) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from workspace where team_id = $1 and fence = $2 and timeline = $3)";
    let is_newest = tx.query(SQL).bind(fence.team.as_str()).bind(fence.number).bind(fence.timeline).value().await?;
    Ok(is_newest && tx.timeline().await? == fence.timeline)
}
