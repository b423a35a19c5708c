//! Who takes part in a retro, and whether they answered; never what.

use sqlx::FromRow;

use super::retro_row;
use super::stored::{self, Corrupt, readable};
use super::{Tx, one_row};
use lookback_core::ids::{RetroId, TeamId, UserId};
use lookback_core::model::participant::{Answered, Participant};
use lookback_core::model::retro::Retro;
use lookback_core::retro::survey::Turnout;

/// Asks these people.
pub async fn add(tx: &mut Tx, retro: RetroId, users: &[UserId]) -> sqlx::Result<()> {
    const SQL: &str = "insert into participant (retro_id, user_id, answer, copies) values ($1, $2, 'waiting', 0)";
    for user in users {
        tx.query(SQL).bind(retro.0).bind(user.as_str()).execute().await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    #[sqlx(try_from = "i64")]
    retro_id: RetroId,
    #[sqlx(try_from = "String")]
    user_id: UserId,
    answer: String,
    copies: i64,
    nudges: i64,
}

impl TryFrom<Row> for Participant {
    type Error = Corrupt;

    fn try_from(r: Row) -> Result<Self, Corrupt> {
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
    let done = tx.query(SQL).bind(retro.0).bind(user.as_str()).bind(i64::from(nudges)).execute().await?;
    one_row(done)
}

/// The survey is over: who wrote and who had nothing to add is the same from now on.
pub async fn forget_how_answered(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    const SQL: &str = "update participant set answer = 'done' where retro_id = $1 and answer in ('written', 'nothing')";
    tx.query(SQL).bind(retro.0).execute().await?;
    Ok(())
}

/// Who takes part, by user id.
pub async fn of_retro(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Participant>> {
    const SQL: &str =
        "select retro_id, user_id, answer, copies, nudges from participant where retro_id = $1 order by user_id";
    let rows: Vec<Row> = tx.query(SQL).bind(retro.0).fetch_all().await?;
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
    let rows: Vec<Row> =
        tx.query(SQL).bind(retro.id.0).bind(team.as_str()).bind(retro.channel.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Participant::try_from)))
}

/// `(answered, of those who count)`, without loading everybody.
pub async fn tally(tx: &mut Tx, retro: RetroId) -> sqlx::Result<(i64, i64)> {
    const SQL: &str = "select coalesce(sum(case when answer in ('written', 'nothing', 'done') then 1 else 0 end), 0), count(*) \
from participant where retro_id = $1 and answer not in ('absent', 'unreachable')";
    tx.query(SQL).bind(retro.0).fetch_one().await
}

/// Whether this person has answered.
pub async fn set_answered(tx: &mut Tx, retro: RetroId, user: &UserId, answer: Answered) -> sqlx::Result<()> {
    const SQL: &str = "update participant set answer = $3 where retro_id = $1 and user_id = $2";
    let done = tx.query(SQL).bind(retro.0).bind(user.as_str()).bind(stored::name(&answer)).execute().await?;
    one_row(done)
}

/// One more copy of the survey DM.
pub async fn add_copy(tx: &mut Tx, retro: RetroId, user: &UserId) -> sqlx::Result<()> {
    const SQL: &str = "update participant set copies = copies + 1 where retro_id = $1 and user_id = $2";
    let done = tx.query(SQL).bind(retro.0).bind(user.as_str()).execute().await?;
    one_row(done)
}

/// One participant.
pub async fn one(tx: &mut Tx, retro: RetroId, user: &UserId) -> sqlx::Result<Option<Participant>> {
    const SQL: &str =
        "select retro_id, user_id, answer, copies, nudges from participant where retro_id = $1 and user_id = $2";
    let row: Option<Row> = tx.query(SQL).bind(retro.0).bind(user.as_str()).fetch_optional().await?;
    Ok(row.map(Participant::try_from).transpose()?)
}

/// A retro with one person in its survey and how far it is.
#[derive(FromRow)]
pub(super) struct Asked {
    #[sqlx(flatten)]
    retro: retro_row::Row,
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

impl Asked {
    pub(super) fn read(self, id: RetroId, user: &UserId) -> Result<(Retro, Turnout), Corrupt> {
        let Self { retro, answer, copies, nudges, done, everyone } = self;
        let me = match (answer, copies, nudges) {
            (Some(answer), Some(copies), Some(nudges)) => {
                let row = Row { retro_id: id, user_id: user.clone(), answer, copies, nudges };
                Some(Participant::try_from(row)?)
            }
            _ => None,
        };
        let count = |n: i64| usize::try_from(n).unwrap_or(0);
        Ok((retro.try_into()?, Turnout { me, done: count(done), all: count(everyone) }))
    }
}

/// A retro with one person in its survey and how far it is, in one question to the database.
pub async fn asked(tx: &mut Tx, team: &TeamId, id: RetroId, user: &UserId) -> sqlx::Result<Option<(Retro, Turnout)>> {
    let row: Option<Asked> =
        tx.query(ASKED).bind(team.as_str()).bind(id.0).bind(user.as_str()).fetch_optional().await?;
    Ok(row.map(|row| row.read(id, user)).transpose()?)
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> =
        tx.query("select retro_id, user_id, answer, copies, nudges from participant").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(Participant::try_from)))
}
