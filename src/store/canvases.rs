//! Canvases that the bot made for channels.

use super::Tx;
use lookback_core::ids::{ChannelId, TeamId};

/// The canvas of a channel; `None` where the bot made none.
pub async fn of(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Option<String>> {
    const SQL: &str = "select canvas_id from canvas where team_id = $1 and channel_id = $2";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).optional_value().await
}

/// The bot made this one.
pub async fn set(tx: &mut Tx, team: &TeamId, channel: &ChannelId, canvas: &str) -> sqlx::Result<()> {
    const SQL: &str = "insert into canvas (team_id, channel_id, canvas_id) values ($1, $2, $3) \
on conflict (team_id, channel_id) do update set canvas_id = excluded.canvas_id";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(canvas).execute().await?;
    Ok(())
}

/// People deleted it.
pub async fn forget(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<()> {
    const SQL: &str = "delete from canvas where team_id = $1 and channel_id = $2";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).execute().await?;
    Ok(())
}
