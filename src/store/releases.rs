//! Releases: their data, and their order.

use chrono::{DateTime, Utc};

use super::{Tx, figures, ids, stored};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::version;
use lookback_core::retro::release::Release;
use lookback_core::retro::release::order::{self, Known};
use lookback_core::retro::release::source::Said;
use lookback_core::zone::from_ms;

/// A release of this name is known in the channel from now on. `deployed`: when its retro says that it went out.
pub async fn know(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    name: &str,
    deployed: Option<DateTime<Utc>>,
    now_ms: i64,
) -> sqlx::Result<()> {
    const SQL: &str = "insert into release (team_id, channel_id, version, name_key, known_ms, deployed_ms) \
values ($1, $2, $3, $4, $5, $6) on conflict (team_id, channel_id, version) \
do update set deployed_ms = coalesce(release.deployed_ms, excluded.deployed_ms)";
    let deployed_ms = deployed.map(|at| at.timestamp_millis());
    tx.query(SQL)
        .bind(team.as_str())
        .bind(channel.as_str())
        .bind(name)
        .bind(version::key(name))
        .bind(now_ms)
        .bind(deployed_ms)
        .execute()
        .await?;
    Ok(())
}

/// Keeps the data of a release, replacing what was there, and who said what of it.
pub async fn put(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    release: &Release,
    said: &[Said],
    now_ms: i64,
) -> sqlx::Result<()> {
    tx.wake();
    know(tx, team, channel, &release.version, None, now_ms).await?;
    const SQL: &str = "update release set body = $4, plan = $5, deployed_ms = coalesce($6, deployed_ms) \
where team_id = $1 and channel_id = $2 and version = $3";
    let deployed_ms = release.deployed_at.map(|at| at.timestamp_millis());
    // A plan is long, and most of those who read the figures do not need it.
    let body = Release { plan: None, ..release.clone() }.json();
    tx.query(SQL)
        .bind(team.as_str())
        .bind(channel.as_str())
        .bind(&release.version)
        .bind(body)
        .bind(&release.plan)
        .bind(deployed_ms)
        .execute()
        .await?;
    figures::say(tx, team, channel, &release.version, said).await
}

/// How the channel writes a release that somebody typed: as its first writer did, or as it was typed where it is new.
pub async fn spelled(tx: &mut Tx, team: &TeamId, channel: &ChannelId, typed: &str) -> sqlx::Result<String> {
    const SQL: &str = "select version from release where team_id = $1 and channel_id = $2 and name_key = $3 \
order by version <> $4, known_ms, version limit 1";
    let found: Option<String> = tx
        .query(SQL)
        .bind(team.as_str())
        .bind(channel.as_str())
        .bind(version::key(typed))
        .bind(typed)
        .optional_value()
        .await?;
    Ok(found.unwrap_or_else(|| typed.to_owned()))
}

/// The channels that know a release of this name.
pub async fn channels(tx: &mut Tx, team: &TeamId, version: &str) -> sqlx::Result<Vec<ChannelId>> {
    const SQL: &str =
        "select distinct channel_id from release where team_id = $1 and name_key = $2 order by channel_id";
    let rows: Vec<String> = tx.query(SQL).bind(team.as_str()).bind(version::key(version)).values().await?;
    Ok(ids(rows))
}

/// Keeps which release was named as the one before this.
pub async fn set_previous(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    version: &str,
    previous: &str,
) -> sqlx::Result<()> {
    const SQL: &str = "update release set previous = $4 where team_id = $1 and channel_id = $2 and version = $3";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).bind(previous).execute().await?;
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
    let row: Option<(String, Option<String>)> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_optional().await?;
    let Some((body, plan)) = row else { return Ok(None) };
    Ok(read(&body).map(|data| Release { plan, ..data }))
}

/// Releases of a channel that are put in order: those that were heard of last. Who asks sees twelve of them.
const ORDERED: i64 = 50;

/// The newest releases of a channel, the oldest of them first; with `until` those around it.
pub async fn in_order(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    until: Option<&str>,
) -> sqlx::Result<Vec<Known>> {
    let newest = heard_of(tx, team, channel, i64::MAX).await?;
    let Some(until) = until.filter(|until| newest.iter().all(|r| r.version != *until)) else { return Ok(newest) };
    const SQL: &str = "select known_ms from release where team_id = $1 and channel_id = $2 and version = $3";
    let known_ms: Option<i64> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(until).optional_value().await?;
    heard_of(tx, team, channel, known_ms.unwrap_or(i64::MAX)).await
}

async fn heard_of(tx: &mut Tx, team: &TeamId, channel: &ChannelId, until_ms: i64) -> sqlx::Result<Vec<Known>> {
    const SQL: &str = "select version, deployed_ms, known_ms from release where team_id = $1 and channel_id = $2 \
and known_ms <= $3 order by known_ms desc, version desc limit $4";
    let rows: Vec<(String, Option<i64>, i64)> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(until_ms).bind(ORDERED).fetch_all().await?;
    let known = |(version, deployed, known): (String, Option<i64>, i64)| {
        Known::new(version, deployed.map(from_ms), from_ms(known))
    };
    Ok(order::sort(rows.into_iter().map(known).collect()))
}

/// The release before this one: the one that was named, else the one before it in their order where that is certain.
pub async fn before(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Option<String>> {
    const SQL: &str =
        "select previous from release where team_id = $1 and channel_id = $2 and version = $3 and previous is not null";
    let named: Option<String> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).optional_value().await?;
    if named.is_some() {
        return Ok(named);
    }
    let known = in_order(tx, team, channel, Some(version)).await?;
    let pair = known.windows(2).find_map(|pair| match pair {
        [before, this] if this.version == version && this.follows(before) => Some(before.version.clone()),
        _ => None,
    });
    Ok(pair)
}

/// A release with what its last retro came to.
#[derive(Debug, sqlx::FromRow)]
pub struct Compared {
    pub version: String,
    /// Its data; see [`read`].
    pub body: Option<String>,
    /// When it went out, Unix milliseconds.
    pub deployed_ms: Option<i64>,
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

const COMPARED: &str = "select l.version, l.body, l.deployed_ms, r.questions, r.scores, \
(select count(*) from action_item i where i.retro_id = r.id and i.state = 'done') as done, \
(select count(*) from action_item i where i.retro_id = r.id) as items, \
(select count(*) from action_item i where i.retro_id = r.id and i.state = 'open' and i.due >= $4) as waiting \
from release l left join retro r on r.id = (select q.id from retro q where q.team_id = l.team_id and q.channel_id = l.channel_id \
and q.version = l.version and q.phase in ('collecting', 'agenda', 'meeting', 'closed') order by q.started_ms desc, q.id limit 1) \
where l.team_id = $1 and l.channel_id = $2 and l.version = $3 and (l.body is not null or r.id is not null)";

/// The newest releases up to `until`, in their order, the newest first; at most `limit`. `today` says what is due: what
/// waits for the next release sorts after every day.
pub async fn compared(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    until: Option<&str>,
    limit: usize,
    today: &str,
) -> sqlx::Result<Vec<Compared>> {
    let known = in_order(tx, team, channel, until).await?;
    let later = known.into_iter().rev().skip_while(|r| until.is_some_and(|until| r.version != until));
    let mut found = Vec::new();
    for release in later {
        let row: Option<Compared> = tx
            .query(COMPARED)
            .bind(team.as_str())
            .bind(channel.as_str())
            .bind(&release.version)
            .bind(today)
            .fetch_optional()
            .await?;
        found.extend(row);
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

/// The risks of its plan that came true.
pub async fn came_true(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select came_true from release where team_id = $1 and channel_id = $2 and version = $3";
    let json: Option<String> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).optional_value().await?;
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
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(version).bind(json).execute().await?;
    Ok(())
}

/// Retros that an earlier version started have no release yet.
pub async fn know_old(tx: &mut Tx) -> sqlx::Result<()> {
    const SQL: &str = "select team_id, channel_id, version, min(started_ms), max(deployed_ms) from retro r where not exists \
(select 1 from release l where l.team_id = r.team_id and l.channel_id = r.channel_id and l.version = r.version) group by 1, 2, 3";
    let rows: Vec<(String, String, String, i64, Option<i64>)> = tx.query(SQL).fetch_all().await?;
    for (team, channel, version, started_ms, deployed_ms) in rows {
        know(tx, &TeamId(team), &ChannelId(channel), &version, deployed_ms.map(from_ms), started_ms).await?;
    }
    Ok(())
}
