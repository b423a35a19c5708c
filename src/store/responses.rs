//! What people write while a survey is open, sealed. The only room that reads sheets and survey keys.
//!
//! Rule: a sheet's row tells nothing without the survey's key: its name is a keyed tag of the person, its
//! body is sealed and padded, there is no time stamp. The key is itself sealed with the installation's,
//! which is not in the database, and goes with the last sheet: then nobody can tell any more who wrote what.

use std::sync::Arc;

use super::writer::Write;
use super::{Tx, ids, on, stored};
use crate::seal::{SurveyKey, Vault};
use lookback_core::ids::{RetroId, TeamId, UserId};
use lookback_core::model::response::{Answer, Response};

/// The survey's key; `None` where nothing was written yet, or the survey is over.
async fn key(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<Option<Arc<SurveyKey>>> {
    const SQL: &str = "select body from survey_key where retro_id = $1";
    if let Tx::Write(Write { key: Some((of, key)), .. }) = tx
        && *of == retro
    {
        return Ok(Some(key.clone()));
    }
    let body: Option<Vec<u8>> = on!(tx, c => sqlx::query_scalar(SQL).bind(retro.0).fetch_optional(c).await)?;
    let Some(body) = body else { return Ok(None) };
    let key = vault.open_key(&retro.to_string(), &body).ok_or_else(|| unopened("survey_key", retro))?;
    Ok(Some(keep(tx, retro, key)))
}

/// Remembered for the rest of the transaction.
fn keep(tx: &mut Tx, retro: RetroId, key: SurveyKey) -> Arc<SurveyKey> {
    let key = Arc::new(key);
    if let Tx::Write(write) = tx {
        write.key = Some((retro, key.clone()));
    }
    key
}

/// The start compares the key with the database, so this is damage.
fn unopened(table: &'static str, retro: RetroId) -> sqlx::Error {
    stored::Row::of(table, &retro).corrupt("body").into()
}

async fn key_or_new(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<Arc<SurveyKey>> {
    const SQL: &str = "insert into survey_key (retro_id, body) values ($1, $2)";
    if let Some(key) = key(tx, retro, vault).await? {
        return Ok(key);
    }
    let (key, body) = vault.new_key(&retro.to_string());
    on!(tx, c => sqlx::query(SQL).bind(retro.0).bind(body).execute(c).await)?;
    Ok(keep(tx, retro, key))
}

/// Replaces what this person wrote; a blank sheet leaves no row.
pub async fn put(tx: &mut Tx, retro: RetroId, response: &Response, vault: &Vault<'_>) -> sqlx::Result<()> {
    const PUT: &str = "insert into sheet (retro_id, alias, body) values ($1, $2, $3) \
on conflict (retro_id, alias) do update set body = excluded.body";
    const CLEAR: &str = "delete from sheet where retro_id = $1 and alias = $2";
    if response.is_blank() {
        if let Some(key) = key(tx, retro, vault).await? {
            let alias = key.alias(response.user.as_str());
            on!(tx, c => sqlx::query(CLEAR).bind(retro.0).bind(alias).execute(c).await)?;
        }
        return Ok(());
    }
    let key = key_or_new(tx, retro, vault).await?;
    let alias = key.alias(response.user.as_str());
    let text = serde_json::to_vec(response).unwrap_or_default();
    let body = vault.seal(&key, &alias, text);
    on!(tx, c => sqlx::query(PUT).bind(retro.0).bind(alias).bind(body).execute(c).await)?;
    Ok(())
}

fn read(key: &SurveyKey, retro: RetroId, alias: &[u8], body: &[u8]) -> sqlx::Result<Response> {
    let text = key.open(alias, body).and_then(|text| serde_json::from_slice(&text).ok());
    text.ok_or_else(|| unopened("sheet", retro))
}

/// What this person wrote; an empty sheet where there is nothing.
pub async fn of_person(tx: &mut Tx, retro: RetroId, user: &UserId, vault: &Vault<'_>) -> sqlx::Result<Response> {
    const SQL: &str = "select body from sheet where retro_id = $1 and alias = $2";
    let Some(key) = key(tx, retro, vault).await? else { return Ok(Response::of(user)) };
    let alias = key.alias(user.as_str());
    let body: Option<Vec<u8>> =
        on!(tx, c => sqlx::query_scalar(SQL).bind(retro.0).bind(&alias).fetch_optional(c).await)?;
    body.map_or_else(|| Ok(Response::of(user)), |body| read(&key, retro, &alias, &body))
}

/// Everything, for the close.
pub async fn all(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<Vec<Response>> {
    const SQL: &str = "select alias, body from sheet where retro_id = $1 order by alias";
    let Some(key) = key(tx, retro, vault).await? else { return Ok(Vec::new()) };
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => sqlx::query_as(SQL).bind(retro.0).fetch_all(c).await)?;
    rows.into_iter().map(|(alias, body)| read(&key, retro, &alias, &body)).collect()
}

/// The survey is closed: only `kept` is left, and without any the key is gone too.
pub async fn close(tx: &mut Tx, retro: RetroId, kept: &[Response], vault: &Vault<'_>) -> sqlx::Result<()> {
    const SHEETS: &str = "delete from sheet where retro_id = $1";
    const KEY: &str = "delete from survey_key where retro_id = $1";
    on!(tx, c => sqlx::query(SHEETS).bind(retro.0).execute(c).await)?;
    if kept.is_empty() {
        on!(tx, c => sqlx::query(KEY).bind(retro.0).execute(c).await)?;
        if let Tx::Write(write) = tx {
            write.key = None;
        }
    }
    for response in kept {
        put(tx, retro, response, vault).await?;
    }
    Ok(())
}

/// Whether anything sealed is left of a survey.
pub async fn is_open(tx: &mut Tx, retro: RetroId) -> sqlx::Result<bool> {
    const SQL: &str = "select count(*) from survey_key where retro_id = $1";
    let keys: i64 = on!(tx, c => sqlx::query_scalar(SQL).bind(retro.0).fetch_one(c).await)?;
    Ok(keys > 0)
}

/// Surveys in which this person may have a sheet: open ones, and those whose words are withheld.
pub async fn keyed(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str = "select k.retro_id from survey_key k join retro r on r.id = k.retro_id where r.team_id = $1 order by k.retro_id";
    let rows: Vec<i64> = on!(tx, c => sqlx::query_scalar(SQL).bind(team.as_str()).fetch_all(c).await)?;
    Ok(ids(rows))
}

/// Seals what an earlier version kept readable in open surveys.
pub async fn seal_old(tx: &mut Tx, vault: &Vault<'_>) -> sqlx::Result<()> {
    const OLD: &str = "select retro_id, user_id, question, body from answer order by retro_id, user_id, question";
    let rows: Vec<(i64, String, i64, String)> = on!(tx, c => sqlx::query_as(OLD).fetch_all(c).await)?;
    let mut open: Option<(RetroId, Response)> = None;
    let mut whole = Vec::new();
    for (retro, user, question, text) in rows {
        let (retro, user) = (RetroId(retro), UserId(user));
        if open.as_ref().is_none_or(|(r, s)| *r != retro || s.user != user) {
            whole.extend(open.replace((retro, Response::of(&user))));
        }
        if let (Some((_, response)), Ok(question)) = (&mut open, usize::try_from(question)) {
            response.answers.push(Answer { question, text });
        }
    }
    whole.extend(open);
    for (retro, response) in &whole {
        put(tx, *retro, response, vault).await?;
        super::scrub::want(tx, *retro).await?;
    }
    on!(tx, c => sqlx::query("delete from answer").execute(c).await)?;
    Ok(())
}
