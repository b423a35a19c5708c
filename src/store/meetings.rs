//! Meetings: the clock, who was heard, and what people did with themes.

use sqlx::FromRow;

use super::stored::{self, Corrupt, readable};
use super::{Tx, ids, one_row};
use lookback_core::ids::{ChannelId, InsightId, NoteId, RetroId, TeamId, ThemeId, UserId};
use lookback_core::model::meeting::{Meeting, Voice};
use lookback_core::model::theme::{Insight, ThemeData};

/// Saves a meeting as it stands; fails if its `rev` moved meanwhile.
pub async fn put(tx: &mut Tx, team: &TeamId, retro: RetroId, meeting: &Meeting) -> sqlx::Result<()> {
    const SQL: &str = "insert into meeting (retro_id, team_id, body, rev) values ($1, $2, $3, 1) \
on conflict (retro_id) do update set body = excluded.body, rev = meeting.rev + 1 where meeting.rev = $4";
    let body = serde_json::to_string(meeting).unwrap_or_default();
    let done = tx.query(SQL).bind(retro.0).bind(team.as_str()).bind(body).bind(meeting.rev).execute().await?;
    one_row(done)
}

/// The meeting of a retro, once there is or was one.
pub async fn of_retro(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Option<Meeting>> {
    const SQL: &str = "select body, rev from meeting where retro_id = $1";
    let row: Option<(String, i64)> = tx.query(SQL).bind(retro.0).fetch_optional().await?;
    let Some((body, rev)) = row else { return Ok(None) };
    Ok(Some(Meeting { rev, ..stored::Row::of("meeting", &retro).json("body", &body)? }))
}

/// The retros of a channel whose meeting is under way.
pub async fn running_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str =
        "select id from retro where team_id = $1 and channel_id = $2 and phase = 'meeting' order by started_ms, id";
    let rows: Vec<i64> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).values().await?;
    Ok(ids(rows))
}

/// The retros of a workspace whose meeting is under way.
pub async fn running(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str = "select m.retro_id from meeting m join retro r on r.id = m.retro_id where m.team_id = $1 and r.phase = 'meeting' order by m.retro_id";
    let rows: Vec<i64> = tx.query(SQL).bind(team.as_str()).values().await?;
    Ok(ids(rows))
}

#[derive(FromRow)]
struct VoiceRow {
    #[sqlx(rename = "part")]
    stage: i64,
    #[sqlx(try_from = "String")]
    user_id: UserId,
    words: i64,
    has_passed: bool,
    is_invited: bool,
}

/// Who was heard in a meeting, stage by stage.
pub async fn voices(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Voice>> {
    const SQL: &str =
        "select part, user_id, words, has_passed, is_invited from voice where retro_id = $1 order by part, user_id";
    let rows: Vec<VoiceRow> = tx.query(SQL).bind(retro.0).fetch_all().await?;
    let voice = |r: VoiceRow| {
        let at = stored::Row::of("voice", &retro);
        Ok(Voice {
            stage: at.number("part", r.stage)?,
            contributions: at.number("words", r.words)?,
            user: r.user_id,
            passed: r.has_passed,
            invited: r.is_invited,
        })
    };
    Ok(readable(rows.into_iter().map(voice)))
}

fn place(stage: usize) -> i64 {
    i64::try_from(stage).unwrap_or(i64::MAX)
}

/// Somebody was heard.
pub async fn heard(
    tx: &mut Tx,
    retro: RetroId,
    stage: usize,
    user: &UserId,
    contributions: u32,
    passed: bool,
) -> sqlx::Result<()> {
    const SQL: &str = "insert into voice (retro_id, part, user_id, words, has_passed) values ($1, $2, $3, $4, $5) \
on conflict (retro_id, part, user_id) do update set words = voice.words + excluded.words, \
has_passed = case when excluded.has_passed then true else voice.has_passed end";
    tx.query(SQL)
        .bind(retro.0)
        .bind(place(stage))
        .bind(user.as_str())
        .bind(i64::from(contributions))
        .bind(passed)
        .execute()
        .await?;
    Ok(())
}

/// Somebody was invited.
pub async fn invited(tx: &mut Tx, retro: RetroId, stage: usize, user: &UserId) -> sqlx::Result<()> {
    const SQL: &str = "insert into voice (retro_id, part, user_id, is_invited) values ($1, $2, $3, true) \
on conflict (retro_id, part, user_id) do update set is_invited = true";
    tx.query(SQL).bind(retro.0).bind(place(stage)).bind(user.as_str()).execute().await?;
    Ok(())
}

/// Their invitation came too late for their working hours and was not sent.
pub async fn not_invited(tx: &mut Tx, retro: RetroId, stage: usize, user: &UserId) -> sqlx::Result<()> {
    const SQL: &str = "update voice set is_invited = false where retro_id = $1 and part = $2 and user_id = $3";
    tx.query(SQL).bind(retro.0).bind(place(stage)).bind(user.as_str()).execute().await?;
    Ok(())
}

/// A note belongs to a theme from now on.
pub async fn join(tx: &mut Tx, team: &TeamId, note: NoteId, theme: ThemeId) -> sqlx::Result<()> {
    const SQL: &str = "update note set topic_id = $3 where team_id = $1 and id = $2";
    let done = tx.query(SQL).bind(team.as_str()).bind(note.0).bind(theme.0).execute().await?;
    one_row(done)
}

/// Gives a theme a name.
pub async fn name(tx: &mut Tx, retro: RetroId, theme: ThemeId, name: &str) -> sqlx::Result<()> {
    const SQL: &str = "insert into topic (id, retro_id, name) values ($1, $2, $3) \
on conflict (id) do update set name = excluded.name";
    tx.query(SQL).bind(theme.0).bind(retro.0).bind(name).execute().await?;
    Ok(())
}

/// What one theme has becomes the other's: its name where that has none, its votes, what was found out. Who voted
/// for both has one vote back.
pub async fn merge(tx: &mut Tx, from: ThemeId, into: ThemeId) -> sqlx::Result<()> {
    const MOVED: [&str; 3] = [
        "insert into topic (id, retro_id, name, votes) select $2, retro_id, name, votes from topic where id = $1 \
on conflict (id) do update set name = coalesce(topic.name, excluded.name), votes = topic.votes + excluded.votes",
        "insert into vote (topic_id, user_id, retro_id) select $2, user_id, retro_id from vote where topic_id = $1 \
on conflict (topic_id, user_id) do nothing",
        "update insight set topic_id = $2 where topic_id = $1",
    ];
    const GONE: [&str; 2] = ["delete from topic where id = $1", "delete from vote where topic_id = $1"];
    for sql in MOVED {
        tx.query(sql).bind(from.0).bind(into.0).execute().await?;
    }
    for sql in GONE {
        tx.query(sql).bind(from.0).execute().await?;
    }
    Ok(())
}

/// Keeps what was found out about a theme.
pub async fn add_insight(tx: &mut Tx, retro: RetroId, i: &Insight) -> sqlx::Result<()> {
    const SQL: &str = "insert into insight (id, retro_id, topic_id, body) values ($1, $2, $3, $4)";
    let body = serde_json::to_string(&i.found).unwrap_or_default();
    tx.query(SQL).bind(i.id.0).bind(retro.0).bind(i.theme.0).bind(body).execute().await?;
    shuffle_insights(tx, retro).await
}

/// As [`super::notes::shuffle`] does with notes.
async fn shuffle_insights(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    const ALL: &str = "select id, topic_id, body, is_hidden from insight where retro_id = $1 order by id";
    const OUT: &str = "delete from insight where retro_id = $1";
    const BACK: &str = "insert into insight (id, retro_id, topic_id, body, is_hidden) values ($1, $2, $3, $4, $5)";
    let rows: Vec<(i64, i64, String, bool)> = tx.query(ALL).bind(retro.0).fetch_all().await?;
    tx.query(OUT).bind(retro.0).execute().await?;
    for (id, theme, body, is_hidden) in rows {
        tx.query(BACK).bind(id).bind(retro.0).bind(theme).bind(body).bind(is_hidden).execute().await?;
    }
    Ok(())
}

/// Takes what was found out of sight, or back.
pub async fn hide_insight(tx: &mut Tx, retro: RetroId, id: InsightId, hidden: bool) -> sqlx::Result<()> {
    const SQL: &str = "update insight set is_hidden = $2 where id = $1 and retro_id = $3";
    let done = tx.query(SQL).bind(id.0).bind(hidden).bind(retro.0).execute().await?;
    one_row(done)
}

/// Whether this was found out in that retro, hidden or not.
pub async fn has_insight(tx: &mut Tx, retro: RetroId, id: InsightId) -> sqlx::Result<bool> {
    const SQL: &str = "select count(*) from insight where id = $1 and retro_id = $2";
    let n: i64 = tx.query(SQL).bind(id.0).bind(retro.0).value().await?;
    Ok(n > 0)
}

/// What people gave to the themes of a retro, but for what is hidden.
pub async fn kept(tx: &mut Tx, retro: RetroId) -> sqlx::Result<ThemeData> {
    const THEMES: &str = "select id, name, votes from topic where retro_id = $1";
    const INSIGHTS: &str =
        "select id, topic_id, body from insight where retro_id = $1 and is_hidden = false order by id";
    let rows: Vec<(i64, Option<String>, i64)> = tx.query(THEMES).bind(retro.0).fetch_all().await?;
    let mut kept = ThemeData::default();
    for (id, name, votes) in rows {
        let id = ThemeId(id);
        if let Some(name) = name {
            kept.names.insert(id, name);
        }
        kept.votes.insert(id, stored::Row::of("topic", &id).number("votes", votes)?);
    }
    let rows: Vec<(i64, i64, String)> = tx.query(INSIGHTS).bind(retro.0).fetch_all().await?;
    kept.insights = readable(rows.into_iter().map(insight));
    Ok(kept)
}

fn insight((id, theme, body): (i64, i64, String)) -> Result<Insight, Corrupt> {
    let found = stored::Row::of("insight", &id).json("body", &body)?;
    Ok(Insight { id: InsightId(id), theme: ThemeId(theme), found })
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let meetings: Vec<(i64, String)> = tx.query("select retro_id, body from meeting").fetch_all().await?;
    let insights: Vec<(i64, i64, String)> = tx.query("select id, topic_id, body from insight").fetch_all().await?;
    let meeting = |(id, body): &(i64, String)| stored::Row::of("meeting", id).json::<Meeting>("body", body);
    let mut found = stored::unreadable(meetings.iter().map(meeting));
    found.extend(stored::unreadable(insights.into_iter().map(insight)));
    Ok(found)
}
