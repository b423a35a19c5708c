//! Retros.

use super::retro_row::Row;
use super::stored::{self, Corrupt, readable};
use super::{Tx, ids, one_row};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::model::question::{Question, standard};
use lookback_core::model::retro::Retro;
use lookback_core::model::version;
use lookback_core::retro::recurring::WINDOW;

const INSERT: &str = "insert into retro (id, team_id, channel_id, version, phase, facilitator, facilitator_seen_ms, \
is_anonymous, is_async, length_min, closes_ms, zone, meeting_ms, deployed_ms, previous_id, started_ms, threshold, questions, begins_ms, asked, rev) \
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1)";

/// The standard ones are not written out.
fn questions_text(asked: &[Question]) -> String {
    if asked == standard() { String::new() } else { serde_json::to_string(asked).unwrap_or_default() }
}

/// A new retro. Fails on a second open one of the same version in the channel.
pub async fn insert(tx: &mut Tx, team: &TeamId, r: &Retro) -> sqlx::Result<()> {
    tx.query(INSERT)
        .bind(r.id.0)
        .bind(team.as_str())
        .bind(r.channel.as_str())
        .bind(&r.version)
        .bind(stored::name(&r.phase))
        .bind(r.facilitator.as_str())
        .bind(r.facilitator_seen.timestamp_millis())
        .bind(r.anonymous)
        .bind(r.is_async)
        .bind(i64::from(r.length))
        .bind(r.closes.timestamp_millis())
        .bind(&r.zone)
        .bind(r.meeting.map(|t| t.timestamp_millis()))
        .bind(r.deployed.map(|t| t.timestamp_millis()))
        .bind(r.previous.map(|r| r.0))
        .bind(r.started.timestamp_millis())
        .bind(i64::try_from(r.threshold).unwrap_or(i64::MAX))
        .bind(questions_text(&r.questions))
        .bind(r.scheduled.as_ref().map(|s| s.begins.timestamp_millis()))
        .bind(options_text(r))
        .execute()
        .await?;
    Ok(())
}

fn options_text(r: &Retro) -> Option<String> {
    r.scheduled.as_ref().and_then(|s| serde_json::to_string(&s.start).ok())
}

const BEGIN: &str = "update retro set phase = $3, facilitator = $4, facilitator_seen_ms = $5, is_anonymous = $6, is_async = $7, \
length_min = $8, closes_ms = $9, zone = $10, meeting_ms = $11, deployed_ms = $12, previous_id = $13, started_ms = $14, \
threshold = $15, questions = $16, begins_ms = null, asked = null, rev = rev + 1 \
where team_id = $1 and id = $2 and rev = $17 and phase = 'scheduled'";

/// A scheduled retro opens; fails if its `rev` moved meanwhile.
pub async fn begin(tx: &mut Tx, team: &TeamId, r: &Retro) -> sqlx::Result<()> {
    let done = tx
        .query(BEGIN)
        .bind(team.as_str())
        .bind(r.id.0)
        .bind(stored::name(&r.phase))
        .bind(r.facilitator.as_str())
        .bind(r.facilitator_seen.timestamp_millis())
        .bind(r.anonymous)
        .bind(r.is_async)
        .bind(i64::from(r.length))
        .bind(r.closes.timestamp_millis())
        .bind(&r.zone)
        .bind(r.meeting.map(|t| t.timestamp_millis()))
        .bind(r.deployed.map(|t| t.timestamp_millis()))
        .bind(r.previous.map(|r| r.0))
        .bind(r.started.timestamp_millis())
        .bind(i64::try_from(r.threshold).unwrap_or(i64::MAX))
        .bind(questions_text(&r.questions))
        .bind(r.rev)
        .execute()
        .await?;
    one_row(done)
}

const UPDATE: &str = "update retro set phase = $3, facilitator = $4, \
facilitator_seen_ms = case when facilitator = $4 and facilitator_seen_ms > $5 then facilitator_seen_ms else $5 end, closes_ms = $6, \
meeting_ms = $7, all_answered_ms = $8, nudged_ms = $9, ended_ms = $10, cancelled_because = $11, next_version = $12, \
next_day = $13, withheld_ms = $15, deployed_ms = $16, begins_ms = $17, asked = $18, shared = $19, rev = rev + 1 where team_id = $1 and id = $2 and rev = $14";

/// Saves a retro; fails if its `rev` moved meanwhile.
pub async fn update(tx: &mut Tx, team: &TeamId, r: &Retro) -> sqlx::Result<()> {
    let done = tx
        .query(UPDATE)
        .bind(team.as_str())
        .bind(r.id.0)
        .bind(stored::name(&r.phase))
        .bind(r.facilitator.as_str())
        .bind(r.facilitator_seen.timestamp_millis())
        .bind(r.closes.timestamp_millis())
        .bind(r.meeting.map(|t| t.timestamp_millis()))
        .bind(r.all_answered.map(|t| t.timestamp_millis()))
        .bind(r.nudged.map(|t| t.timestamp_millis()))
        .bind(r.ended.map(|t| t.timestamp_millis()))
        .bind(&r.cancelled_because)
        .bind(r.next.as_ref().map(|n| n.version.clone()))
        .bind(r.next.as_ref().and_then(|n| n.day).map(|d| d.to_string()))
        .bind(r.rev)
        .bind(r.withheld.map(|t| t.timestamp_millis()))
        .bind(r.deployed.map(|t| t.timestamp_millis()))
        .bind(r.scheduled.as_ref().map(|s| s.begins.timestamp_millis()))
        .bind(options_text(r))
        .bind(r.shared.map(|sent| if sent { "sent" } else { "kept" }))
        .execute()
        .await?;
    one_row(done)
}

/// The facilitator gave a sign of life.
pub async fn facilitator_seen(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    user: &UserId,
    now_ms: i64,
) -> sqlx::Result<()> {
    const SQL: &str = "update retro set facilitator_seen_ms = $4 where team_id = $1 and channel_id = $2 \
and facilitator = $3 and phase in ('collecting', 'agenda', 'meeting')";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(user.as_str()).bind(now_ms).execute().await?;
    Ok(())
}

/// When the facilitator of a retro gave the last sign of life, where that is known better.
pub async fn last_seen(tx: &mut Tx, team: &TeamId, retro: RetroId, at_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update retro set facilitator_seen_ms = $3 where team_id = $1 and id = $2";
    tx.query(SQL).bind(team.as_str()).bind(retro.0).bind(at_ms).execute().await?;
    Ok(())
}

const BY_ID: &str = "select * from retro where team_id = $1 and id = $2";

/// One retro.
pub async fn by_id(tx: &mut Tx, team: &TeamId, id: RetroId) -> sqlx::Result<Option<Retro>> {
    let row: Option<Row> = tx.query(BY_ID).bind(team.as_str()).bind(id.0).fetch_optional().await?;
    Ok(row.map(Retro::try_from).transpose()?)
}

const OPEN_IN: &str = "select * from retro where team_id = $1 and channel_id = $2 and phase in ('collecting', 'agenda', 'meeting') \
order by started_ms, id";

/// The open retros of a channel, oldest first.
pub async fn open_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Retro>> {
    let rows: Vec<Row> = tx.query(OPEN_IN).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

/// The retros of a channel that wait to begin, the next one first.
pub async fn scheduled_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Retro>> {
    const SQL: &str = "select * from retro where team_id = $1 and channel_id = $2 and phase = 'scheduled' order by coalesce(begins_ms, 0), id";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

const LAST: &str =
    "select * from retro where team_id = $1 and channel_id = $2 and version = $3 order by started_ms desc, id limit 1";

/// The newest retro of a version, whatever became of it.
pub async fn last_of(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Option<Retro>> {
    let row: Option<Row> =
        tx.query(LAST).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_optional().await?;
    Ok(row.map(Retro::try_from).transpose()?)
}

/// The retros of a version in any channel, the newest of each channel first.
pub async fn of_version(tx: &mut Tx, team: &TeamId, version: &str) -> sqlx::Result<Vec<Retro>> {
    const SQL: &str = "select * from retro r where team_id = $1 and exists (select 1 from release l where l.team_id = r.team_id \
and l.channel_id = r.channel_id and l.version = r.version and l.name_key = $2) and phase in ('collecting', 'agenda', 'meeting', 'closed') \
order by channel_id, started_ms desc, id limit 100";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(version::key(version)).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

const WITHOUT_THEMES: &str = "select * from (select r.*, row_number() over (partition by r.channel_id order by r.started_ms desc, r.id) as place \
from retro r where r.team_id = $1 and r.phase = 'closed') r where place <= $2 and not exists (select 1 from theme t where t.retro_id = r.id) \
and exists (select 1 from note n where n.retro_id = r.id and n.is_hidden = false and n.stage in ('improve', 'change')) order by started_ms, id";

/// Of the last finished retros of each channel those that kept no themes though they have some, the oldest first.
pub async fn without_themes(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<Retro>> {
    let rows: Vec<Row> = tx.query(WITHOUT_THEMES).bind(team.as_str()).bind(WINDOW).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

const LAST_CLOSED: &str = "select * from retro where team_id = $1 and channel_id = $2 and phase = 'closed' \
and (cast($3 as text) is null or version = $3) order by ended_ms desc, id limit 1";

/// The last finished retro of a channel, of `version` where one is named.
pub async fn last_closed(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    version: Option<&str>,
) -> sqlx::Result<Option<Retro>> {
    let row: Option<Row> =
        tx.query(LAST_CLOSED).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_optional().await?;
    Ok(row.map(Retro::try_from).transpose()?)
}

/// The channels that have had a retro.
pub async fn channels(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<ChannelId>> {
    const SQL: &str =
        "select distinct channel_id from retro where team_id = $1 and phase <> 'cancelled' order by channel_id";
    let rows: Vec<String> = tx.query(SQL).bind(team.as_str()).values().await?;
    Ok(ids(rows))
}

/// The last two finished retros of a channel, the newest first.
pub async fn last_two(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Retro>> {
    const SQL: &str = "select * from retro where team_id = $1 and channel_id = $2 and phase = 'closed' \
order by coalesce(ended_ms, started_ms) desc, id limit 2";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

const WAITING_FOR: &str = "select r.* from retro r join participant p on p.retro_id = r.id \
where p.user_id = $2 and r.team_id = $1 and r.phase = 'collecting' order by r.started_ms desc, r.id";

/// Open surveys in which `user` takes part, the newest first.
pub async fn surveys_of(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Vec<Retro>> {
    let rows: Vec<Row> = tx.query(WAITING_FOR).bind(team.as_str()).bind(user.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

/// Who facilitated in the channel, the last retro's first.
pub async fn facilitators(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "select facilitator from retro where team_id = $1 and channel_id = $2 and phase not in ('cancelled', 'scheduled') \
group by facilitator order by max(started_ms) desc, facilitator limit 10";
    let rows: Vec<String> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).values().await?;
    Ok(ids(rows))
}

/// The channel's retros with their versions, the last one first.
pub async fn versions(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<(RetroId, String)>> {
    const SQL: &str = "select id, version from retro where team_id = $1 and channel_id = $2 and phase not in ('cancelled', 'scheduled') \
order by started_ms desc limit 20";
    let rows: Vec<(i64, String)> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(id, version)| (RetroId(id), version)).collect())
}

/// The channel's last hundred retros up to `retro`, the oldest first.
pub async fn until(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str = "select id from retro where team_id = $1 and channel_id = $2 and phase not in ('cancelled', 'scheduled') and started_ms <= $3 \
order by started_ms desc, id limit 100";
    let started = retro.started.timestamp_millis();
    let mut rows: Vec<i64> =
        tx.query(SQL).bind(team.as_str()).bind(retro.channel.as_str()).bind(started).values().await?;
    rows.reverse();
    Ok(ids(rows))
}

/// Who facilitated in the workspace, the last retro's first.
pub async fn facilitators_of_team(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "select facilitator from retro where team_id = $1 and phase <> 'scheduled' group by facilitator order by max(started_ms) desc, facilitator limit 20";
    let rows: Vec<String> = tx.query(SQL).bind(team.as_str()).values().await?;
    Ok(ids(rows))
}

/// Keeps the scores, a list for each question that takes a number, already in ascending order.
pub async fn set_scores(tx: &mut Tx, team: &TeamId, retro: RetroId, scores: &[Vec<u8>]) -> sqlx::Result<()> {
    const SQL: &str = "update retro set scores = $3 where team_id = $1 and id = $2";
    let json = serde_json::to_string(scores).unwrap_or_default();
    let done = tx.query(SQL).bind(team.as_str()).bind(retro.0).bind(json).execute().await?;
    one_row(done)
}

/// The scores, as [`set_scores`] took them.
pub async fn scores(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Vec<u8>>> {
    const SQL: &str = "select scores from retro where id = $1";
    let json: Option<String> = tx.query(SQL).bind(retro.0).optional_value().await?;
    Ok(json.map_or(Ok(Vec::new()), |json| read_scores(retro, &json))?)
}

pub(super) fn read_scores(retro: RetroId, json: &str) -> Result<Vec<Vec<u8>>, Corrupt> {
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let at = stored::Row::of("retro", &retro);
    // The first release kept one list.
    at.json("scores", json).or_else(|_| at.json::<Vec<u8>>("scores", json).map(|scores| vec![scores]))
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> = tx.query("select * from retro").fetch_all().await?;
    let scores: Vec<(i64, String)> = tx.query("select id, scores from retro").fetch_all().await?;
    let mut found = stored::unreadable(rows.into_iter().map(Retro::try_from));
    found.extend(stored::unreadable(scores.iter().map(|(id, json)| read_scores(RetroId(*id), json))));
    Ok(found)
}

/// The open retros of the channels that somebody is in, the newest first.
pub async fn open_for(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Vec<Retro>> {
    const SQL: &str = "select r.* from retro r join member m on m.team_id = r.team_id and m.channel_id = r.channel_id \
where r.team_id = $1 and m.user_id = $2 and m.is_present = true and r.phase in ('collecting', 'agenda', 'meeting') order by r.started_ms desc, r.id";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(user.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}
