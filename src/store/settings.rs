//! Channels' defaults, and which key the database is sealed with.

use super::stored::{self, Corrupt, readable};
use super::{Tx, one_row};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::settings::Settings;

/// A channel's defaults; the built-in ones where it has none.
pub async fn of_channel(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Settings> {
    const SQL: &str = "select body from channel_config where team_id = $1 and channel_id = $2";
    let body: Option<String> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).optional_value().await?;
    body.map_or_else(|| Ok(Settings::default()), |body| Ok(read(channel, &body)?))
}

/// The defaults of each channel that has some.
pub async fn all(tx: &mut Tx) -> sqlx::Result<Vec<(TeamId, ChannelId, Settings)>> {
    const SQL: &str = "select team_id, channel_id, body from channel_config order by team_id, channel_id";
    let rows: Vec<(String, String, String)> = tx.query(SQL).fetch_all().await?;
    let row = |(team, channel, body): (String, String, String)| {
        let channel = ChannelId(channel);
        Ok((TeamId(team), channel.clone(), read(&channel, &body)?))
    };
    Ok(readable(rows.into_iter().map(row)))
}

fn read(channel: &ChannelId, body: &str) -> Result<Settings, Corrupt> {
    stored::Row::of("channel_config", channel).json("body", body)
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<(String, String)> = tx.query("select channel_id, body from channel_config").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(|(channel, body)| read(&ChannelId(channel), &body))))
}

/// Saves a channel's defaults.
pub async fn put(tx: &mut Tx, team: &TeamId, channel: &ChannelId, settings: &Settings) -> sqlx::Result<()> {
    const SQL: &str = "insert into channel_config (team_id, channel_id, body) values ($1, $2, $3) \
on conflict (team_id, channel_id) do update set body = excluded.body";
    let body = serde_json::to_string(settings).unwrap_or_default();
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(body).execute().await?;
    Ok(())
}

/// The mark of the key that this database is sealed with.
pub async fn key_mark(tx: &mut Tx) -> sqlx::Result<Option<String>> {
    tx.query("select key_mark from installation").optional_value().await
}

/// The database is sealed with another key from now on.
pub async fn change_key_mark(tx: &mut Tx, mark: &str) -> sqlx::Result<()> {
    const SQL: &str = "update installation set key_mark = $1";
    let done = tx.query(SQL).bind(mark).execute().await?;
    one_row(done)
}

/// Remembers the mark, once.
pub async fn set_key_mark(tx: &mut Tx, mark: &str) -> sqlx::Result<()> {
    const SQL: &str = "insert into installation (id, key_mark) values (1, $1)";
    tx.query(SQL).bind(mark).execute().await?;
    Ok(())
}
