//! Readings of releases from their repositories: how far each is, and when it was done.

use super::Tx;
use super::due::{self, Subject};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::retro::Retro;

/// A reading as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    pub version: String,
    /// How far it is, as JSON; `None`: it has not begun.
    pub progress: Option<String>,
    /// Who is told when it is done.
    pub asked_by: Option<String>,
    /// When it was last done, Unix milliseconds.
    pub done_ms: Option<i64>,
}

/// A release that is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub channel: &'a ChannelId,
    pub version: &'a str,
    /// Who is told when it is done.
    pub asked_by: Option<&'a UserId>,
}

impl<'a> Wish<'a> {
    /// Of a retro, for which nobody asked.
    pub fn of(retro: &'a Retro) -> Self {
        Self { channel: &retro.channel, version: &retro.version, asked_by: None }
    }
}

/// A release is to be read at `due_ms`, from the beginning. `number` is what a new row is called.
pub async fn want(tx: &mut Tx, team: &TeamId, wish: Wish<'_>, number: i64, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into release_reading (team_id, channel_id, version, number, asked_by) values ($1, $2, $3, $4, $5) \
on conflict (team_id, channel_id, version) do update set progress = null, asked_by = coalesce(excluded.asked_by, release_reading.asked_by) \
returning number";
    let Wish { channel, version, asked_by } = wish;
    let row = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).bind(number);
    let number: i64 = row.bind(asked_by.map(UserId::as_str)).value().await?;
    due::set(tx, &Subject::reading(team, channel, number), due_ms).await
}

/// A reading by the number of its row.
pub async fn of(tx: &mut Tx, team: &TeamId, channel: &ChannelId, number: i64) -> sqlx::Result<Option<Row>> {
    const SQL: &str = "select version, progress, asked_by, done_ms from release_reading \
where team_id = $1 and channel_id = $2 and number = $3";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number).fetch_optional().await
}

/// Keeps how far a reading is.
pub async fn keep(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str, state: &str) -> sqlx::Result<()> {
    const SQL: &str =
        "update release_reading set progress = $4 where team_id = $1 and channel_id = $2 and version = $3";
    let row = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version);
    row.bind(state).execute().await.map(|_| ())
}

/// A reading is done: nothing of it is kept but when that was. Somebody else who asked meanwhile is told by the next one.
pub async fn done(tx: &mut Tx, team: &TeamId, channel: &ChannelId, row: &Row, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update release_reading set progress = null, done_ms = $4, \
asked_by = case when asked_by = $5 then null else asked_by end where team_id = $1 and channel_id = $2 and version = $3";
    let done = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(&row.version);
    done.bind(now_ms).bind(&row.asked_by).execute().await.map(|_| ())
}
