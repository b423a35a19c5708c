//! Releases: their data, and their order.

use super::{Tx, on, stored};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::retro::release::{Release, version};

/// A release of this name is known in the channel from now on.
pub async fn know(tx: &mut Tx, team: &TeamId, channel: &ChannelId, name: &str) -> sqlx::Result<()> {
    const SQL: &str = "insert into release (team_id, channel_id, version, sort) values ($1, $2, $3, $4) \
on conflict (team_id, channel_id, version) do nothing";
    let sort = version::sort_key(name);
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(name).bind(sort).execute(c).await)?;
    Ok(())
}

/// Keeps the data of a release in the place of what was there.
pub async fn put(tx: &mut Tx, team: &TeamId, channel: &ChannelId, release: &Release) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str = "insert into release (team_id, channel_id, version, sort, body, plan) values ($1, $2, $3, $4, $5, $6) \
on conflict (team_id, channel_id, version) do update set body = excluded.body, plan = excluded.plan";
    let sort = version::sort_key(&release.version);
    // A plan is long, and most of those who read the figures do not need it.
    let body = Release { plan: None, ..release.clone() }.json();
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(&release.version).bind(sort).bind(body)
        .bind(&release.plan).execute(c).await)?;
    Ok(())
}

/// What is kept is what was read before: if it cannot be read, a later version wrote it.
pub fn read(body: &str) -> Option<Release> {
    let release = Release::kept(body);
    if let Err(faults) = &release {
        tracing::error!(faults = faults.0.len(), "release data of another version of Lookback cannot be read");
    }
    release.ok()
}

/// The data of a release; `None` where none was given.
pub async fn of(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Option<Release>> {
    const SQL: &str =
        "select body, plan from release where team_id = $1 and channel_id = $2 and version = $3 and body is not null";
    let row: Option<(String, Option<String>)> = on!(tx, c => sqlx::query_as(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_optional(c).await)?;
    let Some((body, plan)) = row else { return Ok(None) };
    Ok(read(&body).map(|data| Release { plan, ..data }))
}

/// The release before this one, in the order of versions.
pub async fn before(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Option<String>> {
    const SQL: &str = "select version from release where team_id = $1 and channel_id = $2 and sort < $3 and sort >= $4 \
order by sort desc limit 1";
    let sort = version::sort_key(version);
    // A name is not compared with a number.
    let kind = sort.chars().next().unwrap_or('a').to_string();
    on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).bind(channel.as_str()).bind(sort).bind(kind).fetch_optional(c).await)
}

/// A release with what its last retro came to.
#[derive(Debug, sqlx::FromRow)]
pub struct Compared {
    pub version: String,
    /// Its data; see [`read`].
    pub body: Option<String>,
    /// What its survey asked, as JSON; `None` without a retro.
    pub questions: Option<String>,
    /// The scores, as JSON.
    pub scores: Option<String>,
    /// Action items that were done.
    pub done: i64,
    pub items: i64,
    /// Those that are open, and not due yet.
    pub waiting: i64,
}

const COMPARED: &str = "select l.version, l.body, r.questions, r.scores, \
(select count(*) from action_item i where i.retro_id = r.id and i.state = 'done') as done, \
(select count(*) from action_item i where i.retro_id = r.id) as items, \
(select count(*) from action_item i where i.retro_id = r.id and i.state = 'open' and i.due >= $5) as waiting \
from release l left join retro r on r.id = (select q.id from retro q where q.team_id = l.team_id and q.channel_id = l.channel_id \
and q.version = l.version and q.phase in ('collecting', 'agenda', 'meeting', 'closed') order by q.started_ms desc, q.id limit 1) \
where l.team_id = $1 and l.channel_id = $2 and l.sort <= $3 and (l.body is not null or r.id is not null) \
order by l.sort desc limit $4";

/// The newest releases up to `until`, in the order of versions, the newest first; at most `limit`. `today` says what
/// is due: what waits for the next release sorts after every day.
pub async fn compared(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    until: Option<&str>,
    limit: i64,
    today: &str,
) -> sqlx::Result<Vec<Compared>> {
    let until = until.map_or_else(|| "c".to_owned(), version::sort_key);
    on!(tx, c => sqlx::query_as(COMPARED).bind(team.as_str()).bind(channel.as_str()).bind(until).bind(limit).bind(today)
        .fetch_all(c).await)
}

/// The risks of its plan that came true.
pub async fn came_true(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select came_true from release where team_id = $1 and channel_id = $2 and version = $3";
    let json: Option<String> = on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_optional(c).await)?;
    let key = format!("{channel}, {version}");
    match json.as_deref() {
        None | Some("") => Ok(Vec::new()),
        Some(json) => Ok(stored::Row::of("release", &key).json("came_true", json)?),
    }
}

/// Keeps which risks came true.
pub async fn set_came_true(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    version: &str,
    risks: &[String],
) -> sqlx::Result<()> {
    const SQL: &str = "update release set came_true = $4 where team_id = $1 and channel_id = $2 and version = $3";
    let json = serde_json::to_string(risks).unwrap_or_default();
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).bind(json).execute(c).await)?;
    Ok(())
}

/// Retros that an earlier version started have no release yet.
pub async fn know_old(tx: &mut Tx) -> sqlx::Result<()> {
    const SQL: &str = "select distinct team_id, channel_id, version from retro r where not exists \
(select 1 from release l where l.team_id = r.team_id and l.channel_id = r.channel_id and l.version = r.version)";
    let rows: Vec<(String, String, String)> = on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?;
    for (team, channel, version) in rows {
        know(tx, &TeamId(team), &ChannelId(channel), &version).await?;
    }
    Ok(())
}
