//! Themes of finished retros, and what was said to those that keep coming back.

use sqlx::FromRow;

use super::Tx;
use super::stored::{self, Corrupt};
use lookback_core::ids::{ChannelId, NoteId, RetroId, TeamId, UserId};
use lookback_core::model::escalation::Escalation;
use lookback_core::model::retro::Retro;
use lookback_core::retro::recurring::{Earlier, WINDOW};

/// Keeps the themes of a retro: the note that stands for each, and the first of its kind.
pub async fn keep(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    retro: RetroId,
    themes: &[(NoteId, NoteId)],
) -> sqlx::Result<()> {
    const SQL: &str = "insert into theme (team_id, channel_id, retro_id, note_id, root) values ($1, $2, $3, $4, $5) \
on conflict (retro_id, note_id) do nothing";
    for (note, root) in themes {
        tx.query(SQL)
            .bind(team.as_str())
            .bind(channel.as_str())
            .bind(retro.0)
            .bind(note.0)
            .bind(root.0)
            .execute()
            .await?;
    }
    Ok(())
}

const EARLIER: &str = "select t.retro_id, r.version, t.root, n.body from (select id, version, started_ms from retro \
where team_id = $1 and channel_id = $2 and phase = 'closed' and started_ms < $3 and id <> $4 order by started_ms desc, id limit $5) r \
join theme t on t.retro_id = r.id join note n on n.id = t.note_id and n.is_hidden = false order by r.started_ms, r.id, t.note_id";

/// The themes of the last finished retros before this one, the oldest first; without what was hidden since.
pub async fn earlier(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Vec<Earlier>> {
    let started = retro.started.timestamp_millis();
    let rows: Vec<(i64, String, i64, String)> = tx
        .query(EARLIER)
        .bind(team.as_str())
        .bind(retro.channel.as_str())
        .bind(started)
        .bind(retro.id.0)
        .bind(WINDOW)
        .fetch_all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|(retro, version, root, text)| Earlier { retro: RetroId(retro), version, root: NoteId(root), text })
        .collect())
}

/// The themes that came up in both retros, as the newer one says them; without what was hidden since.
pub async fn in_both(tx: &mut Tx, newer: RetroId, older: RetroId) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select n.body from theme t join note n on n.id = t.note_id and n.is_hidden = false where t.retro_id = $1 \
and exists (select 1 from theme o where o.retro_id = $2 and o.root = t.root) order by t.note_id";
    tx.query(SQL).bind(newer.0).bind(older.0).values().await
}

#[derive(FromRow)]
struct Row {
    #[sqlx(try_from = "i64")]
    root: NoteId,
    #[sqlx(try_from = "i64")]
    retro_id: RetroId,
    #[sqlx(try_from = "String")]
    user_id: UserId,
    answers: Option<String>,
    answered_by: Option<String>,
}

impl TryFrom<Row> for Escalation {
    type Error = Corrupt;

    fn try_from(r: Row) -> Result<Self, Corrupt> {
        let key = format!("{}, {}", r.root, r.retro_id);
        let at = stored::Row::of("escalation", &key);
        Ok(Self {
            root: r.root,
            retro: r.retro_id,
            user: r.user_id,
            answers: r.answers.map(|a| at.json("answers", &a)).transpose()?,
            answered_by: r.answered_by.map(UserId),
        })
    }
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> = tx.query("select * from escalation").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(Escalation::try_from)))
}

/// Brings a theme before somebody, or keeps what they said.
pub async fn escalate(tx: &mut Tx, team: &TeamId, channel: &ChannelId, e: &Escalation) -> sqlx::Result<()> {
    const SQL: &str = "insert into escalation (team_id, channel_id, root, retro_id, user_id, answers, answered_by) \
values ($1, $2, $3, $4, $5, $6, $7) on conflict (root, retro_id) do update set user_id = excluded.user_id, \
answers = excluded.answers, answered_by = excluded.answered_by";
    let answers = e.answers.as_ref().and_then(|a| serde_json::to_string(a).ok());
    tx.query(SQL)
        .bind(team.as_str())
        .bind(channel.as_str())
        .bind(e.root.0)
        .bind(e.retro.0)
        .bind(e.user.as_str())
        .bind(answers)
        .bind(e.answered_by.as_ref().map(UserId::as_str))
        .execute()
        .await?;
    Ok(())
}

/// The releases whose retros had a theme, up to `retro`, the oldest first.
pub async fn versions(tx: &mut Tx, team: &TeamId, root: NoteId, retro: &Retro) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select version from (select distinct r.id, r.version, r.started_ms from theme t join retro r on r.id = t.retro_id \
where t.team_id = $1 and t.channel_id = $2 and t.root = $3 and r.started_ms <= $4) v order by started_ms, id";
    let started = retro.started.timestamp_millis();
    tx.query(SQL).bind(team.as_str()).bind(retro.channel.as_str()).bind(root.0).bind(started).values().await
}

/// One of them.
pub async fn escalation(tx: &mut Tx, team: &TeamId, root: NoteId, retro: RetroId) -> sqlx::Result<Option<Escalation>> {
    const SQL: &str = "select * from escalation where team_id = $1 and root = $2 and retro_id = $3";
    let row: Option<Row> = tx.query(SQL).bind(team.as_str()).bind(root.0).bind(retro.0).fetch_optional().await?;
    Ok(row.map(Escalation::try_from).transpose()?)
}

/// What was said to a theme the last time, before this retro.
pub async fn last_said(tx: &mut Tx, team: &TeamId, root: NoteId, retro: &Retro) -> sqlx::Result<Option<Escalation>> {
    const SQL: &str = "select e.* from escalation e join retro r on r.id = e.retro_id where e.team_id = $1 and e.root = $2 \
and e.answers is not null and r.started_ms < $3 order by r.started_ms desc limit 1";
    let started = retro.started.timestamp_millis();
    let row: Option<Row> = tx.query(SQL).bind(team.as_str()).bind(root.0).bind(started).fetch_optional().await?;
    Ok(row.map(Escalation::try_from).transpose()?)
}
