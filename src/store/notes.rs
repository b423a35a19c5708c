//! Notes and kudos.

use sqlx::FromRow;

use super::stored::{self, Corrupt, readable};
use super::{Tx, one_row};
use lookback_core::ids::{ChannelId, NoteId, RetroId, TeamId, ThemeId, UserId};
use lookback_core::model::note::{Category, Kudos, Note};

#[derive(FromRow)]
struct Row {
    #[sqlx(try_from = "i64")]
    id: NoteId,
    #[sqlx(try_from = "String")]
    channel_id: ChannelId,
    retro_id: Option<i64>,
    #[sqlx(rename = "stage")]
    category: String,
    author: Option<String>,
    body: String,
    link: Option<String>,
    source_ts: Option<String>,
    is_hidden: bool,
    topic_id: Option<i64>,
}

/// A row with its workspace.
#[derive(FromRow)]
struct Whole {
    team_id: String,
    #[sqlx(flatten)]
    row: Row,
}

impl TryFrom<Row> for Note {
    type Error = Corrupt;

    fn try_from(r: Row) -> Result<Self, Corrupt> {
        Ok(Self {
            id: r.id,
            channel: r.channel_id,
            retro: r.retro_id.map(RetroId),
            category: stored::Row::of("note", &r.id).name("stage", &r.category)?,
            author: r.author.map(UserId),
            text: r.body,
            link: r.link,
            source: r.source_ts,
            hidden: r.is_hidden,
            theme: r.topic_id.map(ThemeId),
        })
    }
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> = tx.query("select * from note").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(Note::try_from)))
}

/// A new note.
pub async fn insert(tx: &mut Tx, team: &TeamId, n: &Note) -> sqlx::Result<()> {
    const SQL: &str = "insert into note (id, team_id, channel_id, retro_id, stage, author, body, link, source_ts, topic_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.query(SQL)
        .bind(n.id.0)
        .bind(team.as_str())
        .bind(n.channel.as_str())
        .bind(n.retro.map(|r| r.0))
        .bind(stored::name(&n.category))
        .bind(n.author.as_ref().map(UserId::as_str))
        .bind(&n.text)
        .bind(&n.link)
        .bind(&n.source)
        .bind(n.theme.map(|t| t.0))
        .execute()
        .await?;
    Ok(())
}

/// Takes the notes of a retro out and puts them back in the order of their random ids, so that their places in the file
/// do not tell the order of writing.
pub async fn shuffle(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    const ALL: &str = "select * from note where retro_id = $1 order by id";
    const OUT: &str = "delete from note where retro_id = $1";
    const BACK: &str = "insert into note (id, team_id, channel_id, retro_id, stage, author, body, link, source_ts, is_hidden, topic_id) \
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let rows: Vec<Whole> = tx.query(ALL).bind(retro.0).fetch_all().await?;
    tx.query(OUT).bind(retro.0).execute().await?;
    for Whole { team_id, row: r } in rows {
        tx.query(BACK)
            .bind(r.id.0)
            .bind(team_id)
            .bind(r.channel_id.as_str())
            .bind(r.retro_id)
            .bind(r.category)
            .bind(r.author)
            .bind(r.body)
            .bind(r.link)
            .bind(r.source_ts)
            .bind(r.is_hidden)
            .bind(r.topic_id)
            .execute()
            .await?;
    }
    Ok(())
}

/// The notes of a retro that are not hidden, in an order that follows from their words alone.
pub async fn of_retro(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Note>> {
    const SQL: &str = "select * from note where retro_id = $1 and is_hidden = false order by stage, body, id";
    let rows: Vec<Row> = tx.query(SQL).bind(retro.0).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Note::try_from)))
}

pub(super) const MINE: &str = "select n.* from note n left join retro r on r.id = n.retro_id where n.team_id = $1 \
and n.channel_id = $2 and n.author = $3 and (n.retro_id is null or r.phase in ('collecting', 'agenda', 'meeting')) order by n.stage, n.body, n.id";

/// The notes of `author` in the channel's open retros, and for its coming one.
pub async fn mine(tx: &mut Tx, team: &TeamId, channel: &ChannelId, author: &UserId) -> sqlx::Result<Vec<Note>> {
    let rows: Vec<Row> =
        tx.query(MINE).bind(team.as_str()).bind(channel.as_str()).bind(author.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Note::try_from)))
}

/// One note.
pub async fn by_id(tx: &mut Tx, team: &TeamId, id: NoteId) -> sqlx::Result<Option<Note>> {
    const SQL: &str = "select * from note where team_id = $1 and id = $2";
    let row: Option<Row> = tx.query(SQL).bind(team.as_str()).bind(id.0).fetch_optional().await?;
    Ok(row.map(Note::try_from).transpose()?)
}

/// New words for a note.
pub async fn edit(tx: &mut Tx, team: &TeamId, id: NoteId, text: &str) -> sqlx::Result<()> {
    const SQL: &str = "update note set body = $3 where team_id = $1 and id = $2";
    let done = tx.query(SQL).bind(team.as_str()).bind(id.0).bind(text).execute().await?;
    one_row(done)
}

pub(super) const FILE: &str = "update note set stage = $3, topic_id = case when exists (select 1 from note o \
where o.topic_id = note.topic_id and o.id <> note.id and o.is_hidden = false) then null else topic_id end \
where team_id = $1 and id = $2 returning topic_id";

/// Moves a note to another stage: it leaves its theme, or takes it along where it stands alone in it. Votes are
/// counted by stage: whoever gave one there has it back.
pub async fn file(tx: &mut Tx, team: &TeamId, id: NoteId, category: Category) -> sqlx::Result<()> {
    let alone: Option<i64> =
        tx.query(FILE).bind(team.as_str()).bind(id.0).bind(stored::name(&category)).value().await?;
    match alone {
        Some(theme) => super::votes::clear(tx, ThemeId(theme)).await,
        None => Ok(()),
    }
}

/// The note that keeps this message.
pub async fn by_source(tx: &mut Tx, team: &TeamId, channel: &ChannelId, ts: &str) -> sqlx::Result<Option<Note>> {
    const SQL: &str = "select * from note where team_id = $1 and channel_id = $2 and source_ts = $3";
    let row: Option<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(ts).fetch_optional().await?;
    Ok(row.map(Note::try_from).transpose()?)
}

pub(super) const HIDE: &str = "update note set is_hidden = $3, topic_id = case when exists (select 1 from note o \
where o.topic_id = note.topic_id and o.is_hidden = false and o.stage <> note.stage) then null else topic_id end \
where team_id = $1 and id = $2";

/// Takes a note out of sight, or back.
pub async fn hide(tx: &mut Tx, team: &TeamId, id: NoteId, hidden: bool) -> sqlx::Result<()> {
    // Its theme may stand in another stage by the time it comes back.
    let done = tx.query(HIDE).bind(team.as_str()).bind(id.0).bind(hidden).execute().await?;
    one_row(done)
}

/// What was noted for the channel's coming retro.
pub async fn coming(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Note>> {
    const SQL: &str = "select * from note where team_id = $1 and channel_id = $2 and retro_id is null order by id";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Note::try_from)))
}

/// Removes a note; with its author it still stands in the WAL until that is emptied.
pub async fn delete(tx: &mut Tx, team: &TeamId, id: NoteId) -> sqlx::Result<()> {
    const SQL: &str = "delete from note where team_id = $1 and id = $2";
    tx.leaves_traces();
    let done = tx.query(SQL).bind(team.as_str()).bind(id.0).execute().await?;
    one_row(done)
}

/// The channel's notes and kudos for its coming retro now belong to `retro`; in an anonymous one
/// they lose their author.
pub async fn adopt(tx: &mut Tx, team: &TeamId, channel: &ChannelId, retro: RetroId) -> sqlx::Result<()> {
    const NOTES: &str = "update note set retro_id = $3, author = case when (select is_anonymous from retro where id = $3) = true \
then null else author end where team_id = $1 and channel_id = $2 and retro_id is null";
    const KUDOS: &str = "update kudos set retro_id = $3 where team_id = $1 and channel_id = $2 and retro_id is null";
    tx.query(NOTES).bind(team.as_str()).bind(channel.as_str()).bind(retro.0).execute().await?;
    tx.query(KUDOS).bind(team.as_str()).bind(channel.as_str()).bind(retro.0).execute().await?;
    tx.leaves_traces();
    Ok(())
}

#[derive(FromRow)]
struct KudosRow {
    id: i64,
    #[sqlx(try_from = "String")]
    channel_id: ChannelId,
    retro_id: Option<i64>,
    #[sqlx(try_from = "String")]
    to_user: UserId,
    body: String,
}

/// New recognition.
pub async fn insert_kudos(tx: &mut Tx, team: &TeamId, k: &Kudos) -> sqlx::Result<()> {
    const SQL: &str =
        "insert into kudos (id, team_id, channel_id, retro_id, to_user, body) values ($1, $2, $3, $4, $5, $6)";
    tx.query(SQL)
        .bind(k.id)
        .bind(team.as_str())
        .bind(k.channel.as_str())
        .bind(k.retro.map(|r| r.0))
        .bind(k.to.as_str())
        .bind(&k.text)
        .execute()
        .await?;
    Ok(())
}

/// The recognition of a retro.
pub async fn kudos_of(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Kudos>> {
    const SQL: &str = "select * from kudos where retro_id = $1 order by id";
    let rows: Vec<KudosRow> = tx.query(SQL).bind(retro.0).fetch_all().await?;
    Ok(rows
        .into_iter()
        .map(|r| Kudos { id: r.id, channel: r.channel_id, retro: r.retro_id.map(RetroId), to: r.to_user, text: r.body })
        .collect())
}
