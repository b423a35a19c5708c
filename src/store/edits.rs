//! Changes of messages. Slack delivers them in any order, repeats them, and may deliver one before the message itself:
//! <https://docs.slack.dev/apis/events-api/#retries>

use super::Tx;
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
    let done =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(ts).bind(edited).bind(now_ms).execute().await?;
    Ok(done == 1)
}

/// Keeps what a message says now until the message itself comes.
pub async fn keep_words(tx: &mut Tx, team: &TeamId, channel: &ChannelId, ts: &str, words: &str) -> sqlx::Result<()> {
    const SQL: &str = "update edit set body = $4 where team_id = $1 and channel_id = $2 and ts = $3";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(ts).bind(words).execute().await?;
    Ok(())
}

/// What a message that has come says now, if it was changed first.
pub async fn words(tx: &mut Tx, team: &TeamId, channel: &ChannelId, ts: &str) -> sqlx::Result<Option<String>> {
    const SQL: &str = "select body from edit where team_id = $1 and channel_id = $2 and ts = $3 and body is not null";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(ts).optional_value().await
}

/// The message was handled, or deleted: its words are not kept here any longer.
pub async fn drop_words(tx: &mut Tx, team: &TeamId, channel: &ChannelId, ts: &str) -> sqlx::Result<()> {
    const SQL: &str = "update edit set body = null where team_id = $1 and channel_id = $2 and ts = $3";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(ts).execute().await?;
    Ok(())
}

/// Drops words from before `ms`: their message does not come any more.
pub async fn drop_words_before(tx: &mut Tx, ms: i64) -> sqlx::Result<()> {
    tx.query("update edit set body = null where at_ms < $1 and body is not null").bind(ms).execute().await?;
    Ok(())
}

/// Forgets changes from before `ms`: no delivery is repeated after so long.
pub async fn forget_before(tx: &mut Tx, ms: i64) -> sqlx::Result<()> {
    tx.query("delete from edit where at_ms < $1").bind(ms).execute().await?;
    Ok(())
}
