//! Retros and who takes part in them.

use sqlx::FromRow;

use super::retro_row::Row;
use super::stored::{self, Corrupt, readable};
use super::{Tx, ids, on, one_row};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::model::participant::{Answered, Participant};
use lookback_core::model::question::{Question, standard};
use lookback_core::model::retro::Retro;
use lookback_core::model::version;
use lookback_core::retro::recurring::WINDOW;
use lookback_core::retro::survey::Turnout;

const INSERT: &str = "insert into retro (id, team_id, channel_id, version, phase, facilitator, facilitator_seen_ms, \
is_anonymous, is_async, length_min, closes_ms, zone, meeting_ms, deployed_ms, previous_id, started_ms, threshold, questions, begins_ms, asked, rev) \
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1)";

/// The standard ones are not written out.
fn questions_text(asked: &[Question]) -> String {
    if asked == standard() { String::new() } else { serde_json::to_string(asked).unwrap_or_default() }
}

/// A new retro. Fails on a second open one of the same version in the channel.
pub async fn insert(tx: &mut Tx, team: &TeamId, r: &Retro) -> sqlx::Result<()> {
    on!(tx, c => sqlx::query(INSERT)
        .bind(r.id.0).bind(team.as_str()).bind(r.channel.as_str()).bind(&r.version).bind(stored::name(&r.phase)).bind(r.facilitator.as_str())
        .bind(r.facilitator_seen.timestamp_millis()).bind(r.anonymous).bind(r.is_async).bind(i64::from(r.length))
        .bind(r.closes.timestamp_millis()).bind(&r.zone).bind(r.meeting.map(|t| t.timestamp_millis()))
        .bind(r.deployed.map(|t| t.timestamp_millis())).bind(r.previous.map(|r| r.0)).bind(r.started.timestamp_millis())
        .bind(i64::try_from(r.threshold).unwrap_or(i64::MAX)).bind(questions_text(&r.questions))
        .bind(r.scheduled.as_ref().map(|s| s.begins.timestamp_millis())).bind(options_text(r))
        .execute(c).await)?;
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
    let done = on!(tx, c => sqlx::query(BEGIN)
        .bind(team.as_str()).bind(r.id.0).bind(stored::name(&r.phase)).bind(r.facilitator.as_str()).bind(r.facilitator_seen.timestamp_millis())
        .bind(r.anonymous).bind(r.is_async).bind(i64::from(r.length)).bind(r.closes.timestamp_millis()).bind(&r.zone)
        .bind(r.meeting.map(|t| t.timestamp_millis())).bind(r.deployed.map(|t| t.timestamp_millis())).bind(r.previous.map(|r| r.0))
        .bind(r.started.timestamp_millis()).bind(i64::try_from(r.threshold).unwrap_or(i64::MAX))
        .bind(questions_text(&r.questions)).bind(r.rev).execute(c).await)?;
    one_row(done.rows_affected())
}

const UPDATE: &str = "update retro set phase = $3, facilitator = $4, \
facilitator_seen_ms = case when facilitator = $4 and facilitator_seen_ms > $5 then facilitator_seen_ms else $5 end, closes_ms = $6, \
meeting_ms = $7, all_answered_ms = $8, nudged_ms = $9, ended_ms = $10, cancelled_because = $11, next_version = $12, \
next_day = $13, withheld_ms = $15, deployed_ms = $16, begins_ms = $17, asked = $18, shared = $19, rev = rev + 1 where team_id = $1 and id = $2 and rev = $14";

/// Saves a retro; fails if its `rev` moved meanwhile.
pub async fn update(tx: &mut Tx, team: &TeamId, r: &Retro) -> sqlx::Result<()> {
    let done = on!(tx, c => sqlx::query(UPDATE)
        .bind(team.as_str()).bind(r.id.0).bind(stored::name(&r.phase)).bind(r.facilitator.as_str()).bind(r.facilitator_seen.timestamp_millis())
        .bind(r.closes.timestamp_millis()).bind(r.meeting.map(|t| t.timestamp_millis()))
        .bind(r.all_answered.map(|t| t.timestamp_millis())).bind(r.nudged.map(|t| t.timestamp_millis()))
        .bind(r.ended.map(|t| t.timestamp_millis())).bind(&r.cancelled_because)
        .bind(r.next.as_ref().map(|n| n.version.clone())).bind(r.next.as_ref().and_then(|n| n.day).map(|d| d.to_string()))
        .bind(r.rev).bind(r.withheld.map(|t| t.timestamp_millis()))
        .bind(r.deployed.map(|t| t.timestamp_millis()))
        .bind(r.scheduled.as_ref().map(|s| s.begins.timestamp_millis())).bind(options_text(r))
        .bind(r.shared.map(|sent| if sent { "sent" } else { "kept" })).execute(c).await)?;
    one_row(done.rows_affected())
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
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(user.as_str()).bind(now_ms).execute(c).await)?;
    Ok(())
}

/// When the facilitator of a retro gave the last sign of life, where that is known better.
pub async fn last_seen(tx: &mut Tx, team: &TeamId, retro: RetroId, at_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update retro set facilitator_seen_ms = $3 where team_id = $1 and id = $2";
    on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(retro.0).bind(at_ms).execute(c).await)?;
    Ok(())
}

const BY_ID: &str = "select * from retro where team_id = $1 and id = $2";

/// One retro.
pub async fn by_id(tx: &mut Tx, team: &TeamId, id: RetroId) -> sqlx::Result<Option<Retro>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(BY_ID).bind(team.as_str()).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Retro::try_from).transpose()?)
}

const OPEN_IN: &str = "select * from retro where team_id = $1 and channel_id = $2 and phase in ('collecting', 'agenda', 'meeting') \
order by started_ms, id";

/// The open retros of a channel, oldest first.
pub async fn open_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Retro>> {
    let rows: Vec<Row> =
        on!(tx, c => sqlx::query_as(OPEN_IN).bind(team.as_str()).bind(channel.as_str()).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

/// The retros of a channel that wait to begin, the next one first.
pub async fn scheduled_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Retro>> {
    const SQL: &str =
        "select * from retro where team_id = $1 and channel_id = $2 and phase = 'scheduled' order by begins_ms, id";
    let rows: Vec<Row> =
        on!(tx, c => sqlx::query_as(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

const LAST: &str =
    "select * from retro where team_id = $1 and channel_id = $2 and version = $3 order by started_ms desc, id limit 1";

/// The newest retro of a version, whatever became of it.
pub async fn last_of(tx: &mut Tx, team: &TeamId, channel: &ChannelId, version: &str) -> sqlx::Result<Option<Retro>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(LAST).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_optional(c).await)?;
    Ok(row.map(Retro::try_from).transpose()?)
}

/// The retros of a version in any channel, the newest of each channel first.
pub async fn of_version(tx: &mut Tx, team: &TeamId, version: &str) -> sqlx::Result<Vec<Retro>> {
    const SQL: &str = "select * from retro r where team_id = $1 and exists (select 1 from release l where l.team_id = r.team_id \
and l.channel_id = r.channel_id and l.version = r.version and l.name_key = $2) and phase in ('collecting', 'agenda', 'meeting', 'closed') \
order by channel_id, started_ms desc, id limit 100";
    let rows: Vec<Row> =
        on!(tx, c => sqlx::query_as(SQL).bind(team.as_str()).bind(version::key(version)).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

const WITHOUT_THEMES: &str = "select * from (select r.*, row_number() over (partition by r.channel_id order by r.started_ms desc, r.id) as place \
from retro r where r.team_id = $1 and r.phase = 'closed') r where place <= $2 and not exists (select 1 from theme t where t.retro_id = r.id) \
and exists (select 1 from note n where n.retro_id = r.id and n.is_hidden = false and n.stage in ('improve', 'change')) order by started_ms, id";

/// Of the last finished retros of each channel those that kept no themes though they have some, the oldest first.
pub async fn without_themes(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<Retro>> {
    let rows: Vec<Row> =
        on!(tx, c => sqlx::query_as(WITHOUT_THEMES).bind(team.as_str()).bind(WINDOW).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

const LAST_CLOSED: &str = "select * from retro where team_id = $1 and channel_id = $2 and phase = 'closed' \
and ($3 is null or version = $3) order by ended_ms desc, id limit 1";

/// The last finished retro of a channel, of `version` where one is named.
pub async fn last_closed(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    version: Option<&str>,
) -> sqlx::Result<Option<Retro>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(LAST_CLOSED).bind(team.as_str()).bind(channel.as_str()).bind(version).fetch_optional(c).await)?;
    Ok(row.map(Retro::try_from).transpose()?)
}

const WAITING_FOR: &str = "select r.* from retro r join participant p on p.retro_id = r.id \
where p.user_id = $2 and r.team_id = $1 and r.phase = 'collecting' order by r.started_ms desc, r.id";

/// Open surveys in which `user` takes part, the newest first.
pub async fn surveys_of(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Vec<Retro>> {
    let rows: Vec<Row> =
        on!(tx, c => sqlx::query_as(WAITING_FOR).bind(team.as_str()).bind(user.as_str()).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}

/// Who facilitated in the channel, the last retro's first.
pub async fn facilitators(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "select facilitator from retro where team_id = $1 and channel_id = $2 and phase not in ('cancelled', 'scheduled') \
group by facilitator order by max(started_ms) desc limit 10";
    let rows: Vec<String> =
        on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all(c).await)?;
    Ok(ids(rows))
}

/// The channel's retros with their versions, the last one first.
pub async fn versions(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<(RetroId, String)>> {
    const SQL: &str = "select id, version from retro where team_id = $1 and channel_id = $2 and phase not in ('cancelled', 'scheduled') \
order by started_ms desc limit 20";
    let rows: Vec<(i64, String)> =
        on!(tx, c => sqlx::query_as(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(id, version)| (RetroId(id), version)).collect())
}

/// The channel's last hundred retros up to `retro`, the oldest first.
pub async fn until(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str = "select id from retro where team_id = $1 and channel_id = $2 and phase not in ('cancelled', 'scheduled') and started_ms <= $3 \
order by started_ms desc, id limit 100";
    let started = retro.started.timestamp_millis();
    let mut rows: Vec<i64> = on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).bind(retro.channel.as_str()).bind(started).fetch_all(c).await)?;
    rows.reverse();
    Ok(ids(rows))
}

/// Who facilitated in the workspace, the last retro's first.
pub async fn facilitators_of_team(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "select facilitator from retro where team_id = $1 and phase <> 'scheduled' group by facilitator order by max(started_ms) desc limit 20";
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).fetch_all(c).await)?;
    Ok(ids(rows))
}

/// Asks these people.
pub async fn add_participants(tx: &mut Tx, retro: RetroId, users: &[UserId]) -> sqlx::Result<()> {
    const SQL: &str = "insert into participant (retro_id, user_id, answer, copies) values ($1, $2, 'waiting', 0)";
    for user in users {
        on!(tx, c => sqlx::query(SQL).bind(retro.0).bind(user.as_str()).execute(c).await)?;
    }
    Ok(())
}

#[derive(FromRow)]
struct ParticipantRow {
    #[sqlx(try_from = "i64")]
    retro_id: RetroId,
    #[sqlx(try_from = "String")]
    user_id: UserId,
    answer: String,
    copies: i64,
    nudges: i64,
}

impl TryFrom<ParticipantRow> for Participant {
    type Error = Corrupt;

    fn try_from(r: ParticipantRow) -> Result<Self, Corrupt> {
        // Who takes part does not belong in a log.
        let at = stored::Row::of("participant", &r.retro_id);
        Ok(Self {
            answer: at.name("answer", &r.answer)?,
            copies: at.number("copies", r.copies)?,
            nudges: at.number("nudges", r.nudges)?,
            user: r.user_id,
        })
    }
}

/// Which reminders went out by themselves.
pub async fn set_nudges(tx: &mut Tx, retro: RetroId, user: &UserId, nudges: u8) -> sqlx::Result<()> {
    const SQL: &str = "update participant set nudges = $3 where retro_id = $1 and user_id = $2";
    let done =
        on!(tx, c => sqlx::query(SQL).bind(retro.0).bind(user.as_str()).bind(i64::from(nudges)).execute(c).await)?;
    one_row(done.rows_affected())
}

/// The survey is over: who wrote and who had nothing to add is the same from now on.
pub async fn forget_how_answered(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    const SQL: &str = "update participant set answer = 'done' where retro_id = $1 and answer in ('written', 'nothing')";
    on!(tx, c => sqlx::query(SQL).bind(retro.0).execute(c).await)?;
    Ok(())
}

/// Who takes part, by user id.
pub async fn participants(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Participant>> {
    const SQL: &str =
        "select retro_id, user_id, answer, copies, nudges from participant where retro_id = $1 order by user_id";
    let rows: Vec<ParticipantRow> = on!(tx, c => sqlx::query_as(SQL).bind(retro.0).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Participant::try_from)))
}

/// The participants without those who left the channel or the workspace. Nobody counts as out of the channel while
/// the bot does not know its members: it was out itself and has not read them again.
pub async fn present(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Vec<Participant>> {
    const SQL: &str = "select p.retro_id, p.user_id, p.answer, p.copies, p.nudges from participant p \
left join person q on q.team_id = $2 and q.user_id = p.user_id \
left join member m on m.team_id = $2 and m.channel_id = $3 and m.user_id = p.user_id \
where p.retro_id = $1 and coalesce(q.is_deleted, false) = false and (coalesce(m.is_present, true) = true or exists \
(select 1 from channel c where c.team_id = $2 and c.channel_id = $3 and c.read_ms = 0)) order by p.user_id";
    let rows: Vec<ParticipantRow> = on!(tx, c => sqlx::query_as(SQL).bind(retro.id.0).bind(team.as_str()).bind(retro.channel.as_str()).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Participant::try_from)))
}

/// `(answered, of those who count)`, without loading everybody.
pub async fn tally(tx: &mut Tx, retro: RetroId) -> sqlx::Result<(i64, i64)> {
    const SQL: &str = "select coalesce(sum(case when answer in ('written', 'nothing', 'done') then 1 else 0 end), 0), count(*) \
from participant where retro_id = $1 and answer not in ('absent', 'unreachable')";
    on!(tx, c => sqlx::query_as(SQL).bind(retro.0).fetch_one(c).await)
}

/// Whether this person has answered.
pub async fn set_answered(tx: &mut Tx, retro: RetroId, user: &UserId, answer: Answered) -> sqlx::Result<()> {
    const SQL: &str = "update participant set answer = $3 where retro_id = $1 and user_id = $2";
    let done =
        on!(tx, c => sqlx::query(SQL).bind(retro.0).bind(user.as_str()).bind(stored::name(&answer)).execute(c).await)?;
    one_row(done.rows_affected())
}

/// One more copy of the survey DM.
pub async fn add_copy(tx: &mut Tx, retro: RetroId, user: &UserId) -> sqlx::Result<()> {
    const SQL: &str = "update participant set copies = copies + 1 where retro_id = $1 and user_id = $2";
    let done = on!(tx, c => sqlx::query(SQL).bind(retro.0).bind(user.as_str()).execute(c).await)?;
    one_row(done.rows_affected())
}

/// One participant.
pub async fn participant(tx: &mut Tx, retro: RetroId, user: &UserId) -> sqlx::Result<Option<Participant>> {
    const SQL: &str =
        "select retro_id, user_id, answer, copies, nudges from participant where retro_id = $1 and user_id = $2";
    let row: Option<ParticipantRow> =
        on!(tx, c => sqlx::query_as(SQL).bind(retro.0).bind(user.as_str()).fetch_optional(c).await)?;
    Ok(row.map(Participant::try_from).transpose()?)
}

#[derive(FromRow)]
struct Asked {
    #[sqlx(flatten)]
    retro: Row,
    answer: Option<String>,
    copies: Option<i64>,
    nudges: Option<i64>,
    done: i64,
    everyone: i64,
}

const ASKED: &str = "select r.*, p.answer, p.copies, p.nudges, \
(select count(*) from participant d where d.retro_id = r.id and d.answer in ('written', 'nothing', 'done')) as done, \
(select count(*) from participant a where a.retro_id = r.id and a.answer not in ('absent', 'unreachable')) as everyone \
from retro r left join participant p on p.retro_id = r.id and p.user_id = $3 where r.team_id = $1 and r.id = $2";

/// A retro with one person in its survey and how far it is, in one question to the database.
pub async fn asked(tx: &mut Tx, team: &TeamId, id: RetroId, user: &UserId) -> sqlx::Result<Option<(Retro, Turnout)>> {
    let row: Option<Asked> =
        on!(tx, c => sqlx::query_as(ASKED).bind(team.as_str()).bind(id.0).bind(user.as_str()).fetch_optional(c).await)?;
    let Some(Asked { retro, answer, copies, nudges, done, everyone }) = row else { return Ok(None) };
    let me = match (answer, copies, nudges) {
        (Some(answer), Some(copies), Some(nudges)) => {
            let row = ParticipantRow { retro_id: id, user_id: user.clone(), answer, copies, nudges };
            Some(Participant::try_from(row)?)
        }
        _ => None,
    };
    let count = |n: i64| usize::try_from(n).unwrap_or(0);
    Ok(Some((retro.try_into()?, Turnout { me, done: count(done), all: count(everyone) })))
}

/// Keeps the scores, a list for each question that takes a number, already in ascending order.
pub async fn set_scores(tx: &mut Tx, team: &TeamId, retro: RetroId, scores: &[Vec<u8>]) -> sqlx::Result<()> {
    const SQL: &str = "update retro set scores = $3 where team_id = $1 and id = $2";
    let json = serde_json::to_string(scores).unwrap_or_default();
    let done = on!(tx, c => sqlx::query(SQL).bind(team.as_str()).bind(retro.0).bind(json).execute(c).await)?;
    one_row(done.rows_affected())
}

/// The scores, as [`set_scores`] took them.
pub async fn scores(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Vec<u8>>> {
    const SQL: &str = "select scores from retro where id = $1";
    let json: Option<String> = on!(tx, c => sqlx::query_scalar(SQL).bind(retro.0).fetch_optional(c).await)?;
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
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as("select * from retro").fetch_all(c).await)?;
    let scores: Vec<(i64, String)> = on!(tx, c => sqlx::query_as("select id, scores from retro").fetch_all(c).await)?;
    let people: Vec<ParticipantRow> = on!(tx, c => sqlx::query_as("select retro_id, user_id, answer, copies, nudges from participant").fetch_all(c).await)?;
    let mut found = stored::unreadable(rows.into_iter().map(Retro::try_from));
    found.extend(stored::unreadable(scores.iter().map(|(id, json)| read_scores(RetroId(*id), json))));
    found.extend(stored::unreadable(people.into_iter().map(Participant::try_from)));
    Ok(found)
}

/// The open retros of the channels that somebody is in, the newest first.
pub async fn open_for(tx: &mut Tx, team: &TeamId, user: &UserId) -> sqlx::Result<Vec<Retro>> {
    const SQL: &str = "select r.* from retro r join member m on m.team_id = r.team_id and m.channel_id = r.channel_id \
where r.team_id = $1 and m.user_id = $2 and m.is_present = true and r.phase in ('collecting', 'agenda', 'meeting') order by r.started_ms desc, r.id";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SQL).bind(team.as_str()).bind(user.as_str()).fetch_all(c).await)?;
    Ok(readable(rows.into_iter().map(Retro::try_from)))
}
