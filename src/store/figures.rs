//! What people and sources said of the figures of a release.

use super::Tx;
use super::stored::{self, Corrupt, readable};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::retro::release::source::Said;
use lookback_core::zone::from_ms;

#[derive(sqlx::FromRow)]
struct Row {
    figure: String,
    source: String,
    value: Option<String>,
    said_ms: i64,
}

impl TryFrom<Row> for Said {
    type Error = Corrupt;

    fn try_from(row: Row) -> Result<Self, Corrupt> {
        let at = stored::Row::of("release_figure", &row.figure);
        Ok(Self {
            figure: at.name("figure", &row.figure)?,
            source: at.name("source", &row.source)?,
            value: row.value,
            at: from_ms(row.said_ms),
        })
    }
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> = tx.query("select figure, source, value, said_ms from release_figure").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(Said::try_from)))
}

/// What was said of a release.
pub async fn of(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Vec<Said>> {
    const SQL: &str = "select figure, source, value, said_ms from release_figure \
where team_id = $1 and channel_id = $2 and version = $3 order by figure, source";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Said::try_from)))
}

/// Remembers what was said: each source has one word for a figure, its last.
pub async fn say(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str, said: &[Said]) -> sqlx::Result<()> {
    const SQL: &str = "insert into release_figure (team_id, channel_id, version, figure, source, value, said_ms) \
values ($1, $2, $3, $4, $5, $6, $7) on conflict (team_id, channel_id, version, figure, source) \
do update set value = excluded.value, said_ms = excluded.said_ms";
    for word in said {
        let row = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version);
        let row = row.bind(stored::name(&word.figure)).bind(stored::name(&word.source)).bind(&word.value);
        row.bind(word.at.timestamp_millis()).execute().await?;
    }
    Ok(())
}
