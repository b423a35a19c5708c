//! Replies: words to one person or channel, said once.
//!
//! Rule: a reply that was sent leaves no row. It would hold a person beside the moment in which they did something, and a
//! note that appeared in that moment would have an author.

use super::{Tx, inbox, one_row, parked};
use lookback_core::ids::TeamId;

/// Whether a reply with this key waits, or was sent in the last days.
pub async fn is_known(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<bool> {
    const SQL: &str = "select count(*) from card where team_id = $1 and key = $2";
    let waits: i64 = tx.query(SQL).bind(team.as_str()).bind(key).value().await?;
    Ok(waits > 0 || was_said(tx, team, key).await?)
}

/// Whether a reply with this key was sent in the last days. Its row is gone then: it named a person beside a moment.
pub(super) async fn was_said(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<bool> {
    Ok(inbox::before(tx, team, &said(key)).await?.is_some())
}

/// What is kept of a reply that was sent.
fn said(key: &str) -> String {
    crate::seal::digest(&format!("said/{key}"))
}

/// How much longer it is kept that something was said which nobody asked for: so that it is not said again for a week.
const DAYS_UNASKED: i64 = 5 * 86_400_000;

/// Whether a reply answers a request: its key is that of the request, which is a digest.
fn is_answer(key: &str) -> bool {
    let name = key.strip_prefix("reply/").unwrap_or(key);
    name.split('/').next().is_some_and(|name| name.len() == 64 && name.chars().all(|c| c.is_ascii_hexdigit()))
}

/// A reply is never changed: only that it was said is kept, by the day.
pub(super) async fn sent(tx: &mut Tx, team: &TeamId, key: &str, lane: &str, made_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "delete from card where team_id = $1 and key = $2 and state in ('sending', 'doubt')";
    let done = tx.query(SQL).bind(team.as_str()).bind(key).execute().await?;
    one_row(done)?;
    let rest = if is_answer(key) { 0 } else { DAYS_UNASKED };
    inbox::take(tx, team, &said(key), made_ms + rest).await?;
    tx.leaves_traces();
    parked::unpark(tx, team, lane).await
}

/// Replies that were refused are of no use after some days. Messages with items, whose buttons are pressed later too, are
/// kept for ten weeks; what they show is forgotten with them, so that a later change does not post them anew.
pub async fn forget(tx: &mut Tx, before_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "delete from card where retro_id is null and coalesce(started_ms, made_ms) < case when key like 'nag/%' or key like 'assignment/%' then cast($2 as bigint) else $1 end \
and (state = 'dead' or is_aside = true or state = 'idle' and sent >= wanted)";
    const WEEKS: i64 = 9 * 7 * 86_400_000;
    const SHOWN: &str = "delete from assignment where not exists (select 1 from card c where c.team_id = assignment.team_id \
and c.key = 'assignment/' || assignment.owner || '/' || assignment.message)";
    tx.query(SQL).bind(before_ms).bind(before_ms - WEEKS).execute().await?;
    tx.query(SHOWN).execute().await?;
    Ok(())
}
