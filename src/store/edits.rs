//! Changes of messages. Slack delivers them in any order, repeats them, and may deliver one before the message itself:
//! <https://docs.slack.dev/apis/events-api/#retries>

use super::{Tx, on};
use lookback_core::ids::{ChannelId, TeamId};

/// Takes the change of a message; `false` if one as new or newer was heard before. `edited` is Slack's time of it.
pub async fn take(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    ts: &str,
    edited: &str,
    now_ms: i64,
) -> sqlx::Result<bool> {
    const SQL: &str = "insert into edit (team_id, channel_id, ts, edited, at_ms) values ($1, $2, $3, $4, $5) \
on conflict (team_id, channel_id, ts) do update set edited = excluded.edited, at_ms = excluded.at_ms where excluded.edited > edit.edited";
    let done = on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(ts).bind(edited).bind(now_ms).execute(c).await)?;
    Ok(done.rows_affected() == 1)
}

/// Keeps what a message says now until the message itself comes.
pub async fn keep_words(tx: &mut Tx, team: &TeamId, channel: &ChannelId, ts: &str, words: &str) -> sqlx::Result<()> {
    const SQL: &str = "update edit set body = $4 where team_id = $1 and channel_id = $2 and ts = $3";
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(ts).bind(words).execute(c).await)?;
    Ok(())
}

/// What a message that has come says now, if it was changed first; the words are not kept here any longer.
pub async fn take_words(tx: &mut Tx, team: &TeamId, channel: &ChannelId, ts: &str) -> sqlx::Result<Option<String>> {
    const READ: &str = "select body from edit where team_id = $1 and channel_id = $2 and ts = $3 and body is not null";
    const CLEAR: &str = "update edit set body = null where team_id = $1 and channel_id = $2 and ts = $3";
    let words: Option<String> = on!(tx, c => sqlx::query_scalar(READ).bind(team.as_str()).bind(channel.as_str()).bind(ts).fetch_optional(c).await)?;
    if words.is_some() {
        on!(tx, c => sqlx::query(CLEAR).bind(team.as_str()).bind(channel.as_str()).bind(ts).execute(c).await)?;
    }
    Ok(words)
}

/// Forgets changes from before `ms`, because no delivery is repeated after so long, and words from before `words_ms`.
pub async fn forget_before(tx: &mut Tx, ms: i64, words_ms: i64) -> sqlx::Result<()> {
    on!(tx, c => sqlx::query("delete from edit where at_ms < $1").bind(ms).execute(c).await)?;
    on!(tx, c => sqlx::query("update edit set body = null where at_ms < $1").bind(words_ms).execute(c).await)?;
    Ok(())
}
