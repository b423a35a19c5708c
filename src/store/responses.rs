//! What people write while a survey is open, sealed. The only room that reads sheets and survey keys.
//!
//! Rule: a sheet's row tells nothing without the survey's key: its name is a keyed tag of the person, its
//! body is sealed and as long as every other, there is no time stamp, and everybody who is asked has one from the start on.
//! The key lies outside the data folder. The rows go first, then the key is destroyed, then its row goes: repeated after a
//! crash until nobody can tell any more who wrote what.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::Arc;

use sqlx::FromRow;

use super::participants;
use super::{Tx, ids, stored};
use crate::seal::{Found, NewKey, SurveyKey, Vault};
use lookback_core::ids::{RetroId, TeamId, UserId};
use lookback_core::model::response::{Answer, Response};
use lookback_core::model::retro::Retro;
use lookback_core::retro::survey::Turnout;

/// The survey's key; `None` where nothing was written yet, or the survey is over.
async fn key(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<Option<Arc<SurveyKey>>> {
    if let Some((of, key)) = &tx.key
        && *of == retro
    {
        return Ok(Some(key.clone()));
    }
    const SQL: &str = "select file, sealed from survey_key where retro_id = $1 and is_doomed = false";
    let kept: Option<(String, Option<Vec<u8>>)> = tx.query(SQL).bind(retro.0).fetch_optional().await?;
    let Some((name, sealed)) = kept else { return Ok(None) };
    Ok(Some(opened(tx, retro, &name, sealed.as_deref(), vault)?))
}

/// Opens the key of this name; `sealed` is what the database keeps of it.
fn opened(
    tx: &mut Tx,
    retro: RetroId,
    name: &str,
    sealed: Option<&[u8]>,
    vault: &Vault<'_>,
) -> sqlx::Result<Arc<SurveyKey>> {
    match vault.key_of(name, sealed)? {
        Found::Key(key) => {
            vault.remember(retro, name);
            Ok(keep(tx, retro, key))
        }
        Found::Destroyed | Found::Missing => Err(unopened("survey_key", retro)),
    }
}

/// Remembered for the rest of the transaction.
fn keep(tx: &mut Tx, retro: RetroId, key: Arc<SurveyKey>) -> Arc<SurveyKey> {
    tx.key = Some((retro, key.clone()));
    key
}

/// The start looks for every key, so this is damage.
fn unopened(table: &'static str, retro: RetroId) -> sqlx::Error {
    stored::Row::of(table, &retro).corrupt("body").into()
}

async fn key_or_new(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<Arc<SurveyKey>> {
    if let Some(key) = key(tx, retro, vault).await? {
        return Ok(key);
    }
    // Its file is there before the row: one without a row is destroyed later.
    let new = vault.new_key()?;
    know(tx, retro, &new).await?;
    Ok(keep(tx, retro, new.key))
}

async fn know(tx: &mut Tx, retro: RetroId, new: &NewKey) -> sqlx::Result<()> {
    const SQL: &str = "insert into survey_key (file, retro_id, sealed) values ($1, $2, $3)";
    tx.query(SQL).bind(&new.name).bind(retro.0).bind(&new.sealed).execute().await?;
    Ok(())
}

/// Sheets beside those of the people who are asked: others may leave a note, and nobody can count who did.
const SPARE: usize = 8;

/// A blank sheet for everybody who is asked, before anybody writes. Called again when somebody is asked later.
pub async fn lay_out(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<()> {
    let written = all(tx, retro, vault).await?;
    write_all(tx, retro, &written, vault).await
}

/// Replaces what this person wrote, in its place. Whoever is not asked and writes takes a spare sheet.
pub async fn put(tx: &mut Tx, retro: RetroId, response: &Response, vault: &Vault<'_>) -> sqlx::Result<()> {
    const SQL: &str = "update sheet set body = $3 where retro_id = $1 and alias = $2";
    if let Some(key) = key(tx, retro, vault).await? {
        let alias = key.alias(response.user.as_str());
        let body = vault.seal(&key, &alias, response.packed());
        if tx.sheet.as_ref().is_some_and(|(of, name)| (*of, name) == (retro, &alias)) {
            // It was read in this transaction, so it is there.
            return tx.query(SQL).bind(retro.0).bind(alias).bind(body).execute_later().await;
        }
        let done = tx.query(SQL).bind(retro.0).bind(alias).bind(body).execute().await?;
        if done > 0 {
            return Ok(());
        }
    }
    if response.is_blank() {
        return Ok(());
    }
    let mut written = all(tx, retro, vault).await?;
    written.push(response.clone());
    write_all(tx, retro, &written, vault).await
}

/// Writes all sheets of a survey anew, in the order of their names: an order that tells nothing.
async fn write_all(tx: &mut Tx, retro: RetroId, written: &[Response], vault: &Vault<'_>) -> sqlx::Result<()> {
    const ASKED: &str = "select user_id from participant where retro_id = $1";
    const CLEAR: &str = "delete from sheet where retro_id = $1";
    const PUT: &str = "insert into sheet (retro_id, alias, body) values ($1, $2, $3)";
    let key = key_or_new(tx, retro, vault).await?;
    let asked: Vec<String> = tx.query(ASKED).bind(retro.0).values().await?;
    let asked: BTreeSet<UserId> = asked.into_iter().map(UserId).collect();
    let spare = SPARE.saturating_sub(written.iter().filter(|r| !asked.contains(&r.user)).count());
    let blank = asked.iter().filter(|user| written.iter().all(|r| r.user != **user)).cloned();
    // No person has such an id.
    let blank = blank.chain((0..spare).map(|n| UserId(format!("spare/{n}"))));
    let sheets = written.iter().cloned().chain(blank.map(|user| Response::of(&user)));
    let mut sheets: Vec<_> = sheets.map(|response| (key.alias(response.user.as_str()), response)).collect();
    sheets.sort_by(|(a, _), (b, _)| a.cmp(b));
    tx.query(CLEAR).bind(retro.0).execute().await?;
    for (alias, response) in sheets {
        let body = vault.seal(&key, &alias, response.packed());
        tx.query(PUT).bind(retro.0).bind(alias).bind(body).execute().await?;
    }
    Ok(())
}

fn read(key: &SurveyKey, retro: RetroId, alias: &[u8], body: &[u8]) -> sqlx::Result<Response> {
    let text = key.open(alias, body).and_then(|packed| Response::unpacked(&packed));
    text.ok_or_else(|| unopened("sheet", retro))
}

/// What this person wrote; an empty sheet where there is nothing.
pub async fn of_person(tx: &mut Tx, retro: RetroId, user: &UserId, vault: &Vault<'_>) -> sqlx::Result<Response> {
    const SQL: &str = "select body from sheet where retro_id = $1 and alias = $2";
    let Some(key) = key(tx, retro, vault).await? else { return Ok(Response::of(user)) };
    let alias = key.alias(user.as_str());
    let body: Option<Vec<u8>> = tx.query(SQL).bind(retro.0).bind(&alias).optional_value().await?;
    read_sheet(tx, &key, retro, user, alias, body)
}

/// All of one person in a survey.
#[derive(Debug)]
pub struct Mine {
    pub retro: Retro,
    pub turnout: Turnout,
    pub response: Response,
}

#[derive(FromRow)]
struct MineRow {
    #[sqlx(flatten)]
    asked: participants::Asked,
    file: Option<String>,
    sealed: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
    said: Option<String>,
}

/// As `participants::asked`, with the sheet under the name `$4`, and what was said for the delivery `$5`.
const MINE: &str = "select r.*, p.answer, p.copies, p.nudges, \
(select count(*) from participant d where d.retro_id = r.id and d.answer in ('written', 'nothing', 'done')) as done, \
(select count(*) from participant a where a.retro_id = r.id and a.answer not in ('absent', 'unreachable')) as everyone, \
k.file, k.sealed, (select s.body from sheet s where s.retro_id = r.id and s.alias = $4) as body, \
(select i.reply from inbox i where i.team_id = $1 and i.key = $5) as said \
from retro r left join participant p on p.retro_id = r.id and p.user_id = $3 \
left join survey_key k on k.retro_id = r.id and k.is_doomed = false where r.team_id = $1 and r.id = $2";

/// What this person wrote in the survey of `retro`, in one question to the database.
pub async fn mine(
    tx: &mut Tx,
    team: &TeamId,
    retro: RetroId,
    user: &UserId,
    vault: &Vault<'_>,
) -> sqlx::Result<Option<Mine>> {
    Ok(at_arrival(tx, &Delivery { team, user, key: "" }, retro, vault).await?.1)
}

/// A delivery of Slack's, by the name under which it is handled once.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    pub team: &'a TeamId,
    pub user: &'a UserId,
    pub key: &'a str,
}

/// As [`mine`], with the answer that was given for this delivery before, if it is a copy.
pub async fn at_arrival(
    tx: &mut Tx,
    of: &Delivery<'_>,
    retro: RetroId,
    vault: &Vault<'_>,
) -> sqlx::Result<(Option<String>, Option<Mine>)> {
    let remembered = vault.remembered(retro);
    let alias = remembered.as_ref().map(|(_, key)| key.alias(of.user.as_str()));
    let query = tx.query(MINE).bind(of.team.as_str()).bind(retro.0).bind(of.user.as_str());
    let row: Option<MineRow> = query.bind(&alias).bind(of.key).fetch_optional().await?;
    let Some(MineRow { asked, file, sealed, body, said }) = row else {
        return Ok((super::inbox::before(tx, of.team, of.key).await?, None));
    };
    let (retro, turnout) = asked.read(retro, of.user)?;
    let response = match (file, remembered, alias) {
        (None, ..) => Response::of(of.user),
        (Some(file), Some((name, key)), Some(alias)) if file == name => {
            keep(tx, retro.id, key.clone());
            read_sheet(tx, &key, retro.id, of.user, alias, body)?
        }
        (Some(file), ..) => {
            opened(tx, retro.id, &file, sealed.as_deref(), vault)?;
            of_person(tx, retro.id, of.user, vault).await?
        }
    };
    Ok((said, Some(Mine { retro, turnout, response })))
}

/// Reads a sheet, if there is one.
fn read_sheet(
    tx: &mut Tx,
    key: &SurveyKey,
    retro: RetroId,
    user: &UserId,
    alias: Vec<u8>,
    body: Option<Vec<u8>>,
) -> sqlx::Result<Response> {
    let Some(body) = body else { return Ok(Response::of(user)) };
    let response = read(key, retro, &alias, &body)?;
    tx.sheet = Some((retro, alias));
    Ok(response)
}

/// Everything that was written, for the close.
pub async fn all(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<Vec<Response>> {
    const SQL: &str = "select alias, body from sheet where retro_id = $1 order by alias";
    let Some(key) = key(tx, retro, vault).await? else { return Ok(Vec::new()) };
    let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.query(SQL).bind(retro.0).fetch_all().await?;
    let read = rows.into_iter().map(|(alias, body)| read(&key, retro, &alias, &body));
    read.filter(|response| !response.as_ref().is_ok_and(Response::is_blank)).collect()
}

/// The survey is closed: only `kept` is left, and without any the sheets are gone, and the key is to be destroyed.
pub async fn close(tx: &mut Tx, retro: RetroId, kept: &[Response], vault: &Vault<'_>) -> sqlx::Result<()> {
    if kept.is_empty() { end(tx, retro).await } else { write_all(tx, retro, kept, vault).await }
}

async fn end(tx: &mut Tx, retro: RetroId) -> sqlx::Result<()> {
    const SHEETS: &str = "delete from sheet where retro_id = $1";
    const KEY: &str = "update survey_key set is_doomed = true where retro_id = $1";
    for sql in [SHEETS, KEY] {
        tx.query(sql).bind(retro.0).execute().await?;
    }
    (tx.key, tx.sheet) = (None, None);
    Ok(())
}

/// Keys to destroy now that what they opened is gone.
pub async fn doomed(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select file from survey_key where retro_id = $1 and is_doomed = true";
    tx.query(SQL).bind(retro.0).values().await
}

/// This key was destroyed.
pub async fn destroyed(tx: &mut Tx, name: &str) -> sqlx::Result<()> {
    const SQL: &str = "delete from survey_key where file = $1 and is_doomed = true";
    tx.query(SQL).bind(name).execute().await?;
    Ok(())
}

/// The names of all keys.
pub async fn key_names(tx: &mut Tx) -> sqlx::Result<BTreeSet<String>> {
    let names: Vec<String> = tx.query("select file from survey_key").values().await?;
    Ok(names.into_iter().collect())
}

/// The keys are kept in the database, where no folder keeps them: `before` opens each, and `after` seals it anew.
pub async fn take_in_keys(tx: &mut Tx, before: &Vault<'_>, after: &Vault<'_>) -> sqlx::Result<()> {
    const ALL: &str = "select file, sealed from survey_key";
    const PUT: &str = "update survey_key set sealed = $2 where file = $1";
    tx.query("delete from survey_key where is_doomed = true").execute().await?;
    let all: Vec<(String, Option<Vec<u8>>)> = tx.query(ALL).fetch_all().await?;
    for (name, sealed) in all {
        // One that is missing or damaged is told at the start, as ever.
        let found = match before.key_of(&name, sealed.as_deref()) {
            Err(error) if error.kind() == ErrorKind::InvalidData => Found::Missing,
            found => found?,
        };
        if let Found::Key(key) = found {
            tx.query(PUT).bind(&name).bind(after.sealed(&name, &key)).execute().await?;
        }
    }
    Ok(())
}

/// Surveys whose key is gone, and whether it was destroyed at a close that this database does not know of.
pub async fn lost(tx: &mut Tx, vault: &Vault<'_>) -> sqlx::Result<Vec<(TeamId, RetroId, bool)>> {
    const SQL: &str = "select r.team_id, k.retro_id, k.file, k.sealed from survey_key k join retro r on r.id = k.retro_id where k.is_doomed = false";
    let rows: Vec<(String, i64, String, Option<Vec<u8>>)> = tx.query(SQL).fetch_all().await?;
    let mut lost = Vec::new();
    for (team, retro, name, sealed) in rows {
        let found = match vault.key_of(&name, sealed.as_deref()) {
            // The installation's key is the right one, so this file is of another time, or damaged.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                tracing::error!(%error, %retro, "the key of a survey does not open");
                Found::Missing
            }
            found => found?,
        };
        match found {
            Found::Key(_) => {}
            gone @ (Found::Destroyed | Found::Missing) => {
                lost.push((TeamId(team), RetroId(retro), matches!(gone, Found::Destroyed)));
            }
        }
    }
    Ok(lost)
}

/// The key is gone, and with it what was written: everybody gets a blank sheet under a new one.
pub async fn begin_again(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<()> {
    end(tx, retro).await?;
    lay_out(tx, retro, vault).await
}

/// Whether anything sealed is left of a survey.
pub async fn is_open(tx: &mut Tx, retro: RetroId) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from survey_key where retro_id = $1 and is_doomed = false)";
    tx.query(SQL).bind(retro.0).value().await
}

/// Surveys in which this person may have a sheet: open ones, and those whose words are withheld.
pub async fn keyed(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str = "select k.retro_id from survey_key k join retro r on r.id = k.retro_id \
where r.team_id = $1 and k.is_doomed = false order by k.retro_id";
    let rows: Vec<i64> = tx.query(SQL).bind(team.as_str()).values().await?;
    Ok(ids(rows))
}

/// Moves the keys of an earlier version out of the database.
pub async fn move_keys(tx: &mut Tx, vault: &Vault<'_>) -> sqlx::Result<()> {
    let rows: Vec<(i64, Vec<u8>)> = tx.query("select retro_id, body from old_survey_key").fetch_all().await?;
    for (retro, sealed) in rows {
        let retro = RetroId(retro);
        let key = vault.adopt(&retro.to_string(), &sealed)?.ok_or_else(|| unopened("old_survey_key", retro))?;
        know(tx, retro, &key).await?;
        super::scrub::want(tx, retro).await?;
    }
    tx.query("delete from old_survey_key").execute().await?;
    Ok(())
}

/// Seals what an earlier version kept readable in open surveys, and writes its sheets anew. Returns whether answers could
/// be read.
pub async fn seal_old(tx: &mut Tx, vault: &Vault<'_>) -> sqlx::Result<bool> {
    // A survey has all its sheets, or none of this version yet.
    const OPEN: &str = "select id from retro r where (phase = 'collecting' or exists (select 1 from survey_key where retro_id = r.id and is_doomed = false)) \
and not exists (select 1 from sheet where retro_id = r.id)";
    let open: Vec<i64> = tx.query(OPEN).values().await?;
    for retro in ids(open) {
        let mut written = old_sheets(tx, retro, vault).await?;
        written.extend(old_answers(tx, retro).await?);
        write_all(tx, retro, &written, vault).await?;
        super::scrub::want(tx, retro).await?;
    }
    tx.query("delete from old_sheet").execute().await?;
    let readable = tx.query("delete from answer").execute().await?;
    Ok(readable > 0)
}

async fn old_sheets(tx: &mut Tx, retro: RetroId, vault: &Vault<'_>) -> sqlx::Result<Vec<Response>> {
    const SQL: &str = "select alias, body from old_sheet where retro_id = $1";
    let Some(key) = key(tx, retro, vault).await? else { return Ok(Vec::new()) };
    let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.query(SQL).bind(retro.0).fetch_all().await?;
    let read = |(alias, body): (Vec<u8>, Vec<u8>)| serde_json::from_slice(&key.open(&alias, &body)?).ok();
    rows.into_iter().map(|row| read(row).ok_or_else(|| unopened("old_sheet", retro))).collect()
}

async fn old_answers(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<Response>> {
    const SQL: &str = "select user_id, question, body from answer where retro_id = $1 order by user_id, question";
    let rows: Vec<(String, i64, String)> = tx.query(SQL).bind(retro.0).fetch_all().await?;
    let mut responses: Vec<Response> = Vec::new();
    for (user, question, text) in rows {
        let user = UserId(user);
        if responses.last().is_none_or(|r| r.user != user) {
            responses.push(Response::of(&user));
        }
        if let (Some(response), Ok(question)) = (responses.last_mut(), usize::try_from(question)) {
            response.answers.push(Answer { question, text });
        }
    }
    Ok(responses)
}
