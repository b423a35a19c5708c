//! What people write while a survey is open. The only room that knows who wrote what.
//!
//! Rule: nothing outside this file reads the `answer` table, and [`destroy`] empties it at the close.

use super::{Tx, on};
use crate::ids::{RetroId, UserId};
use crate::retro::survey::Answer;

/// Replaces what this person wrote.
pub async fn replace(tx: &mut Tx, retro: RetroId, user: &UserId, answers: &[Answer]) -> sqlx::Result<()> {
    const CLEAR: &str = "delete from answer where retro_id = $1 and user_id = $2";
    const INSERT: &str = "insert into answer (retro_id, user_id, question, body) values ($1, $2, $3, $4)";
    on!(tx, c => sqlx::query(CLEAR).bind(retro).bind(user).execute(c).await)?;
    for answer in answers {
        let question = i64::try_from(answer.question).unwrap_or(i64::MAX);
        on!(tx, c => sqlx::query(INSERT).bind(retro).bind(user).bind(question).bind(&answer.text).execute(c).await)?;
    }
    Ok(())
}

/// What this person wrote, to fill the form in again.
pub async fn of_person(tx: &mut Tx, retro: RetroId, user: &UserId) -> sqlx::Result<Vec<Answer>> {
    const SQL: &str = "select question, body from answer where retro_id = $1 and user_id = $2 order by question";
    let rows: Vec<(i64, String)> = on!(tx, c => sqlx::query_as(SQL).bind(retro).bind(user).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(q, text)| Answer { question: usize::try_from(q).unwrap_or(usize::MAX), text }).collect())
}

/// Everything, for the close.
pub async fn all(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<(UserId, Answer)>> {
    const SQL: &str = "select user_id, question, body from answer where retro_id = $1 order by user_id, question";
    let rows: Vec<(UserId, i64, String)> = on!(tx, c => sqlx::query_as(SQL).bind(retro).fetch_all(c).await)?;
    Ok(rows
        .into_iter()
        .map(|(user, q, text)| (user, Answer { question: usize::try_from(q).unwrap_or(usize::MAX), text }))
        .collect())
}

/// The survey is closed: who wrote what is gone.
pub async fn destroy(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    const SQL: &str = "delete from answer where retro_id = $1";
    on!(tx, c => sqlx::query(SQL).bind(retro).execute(c).await)?;
    Ok(())
}
