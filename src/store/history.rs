//! The retros that a channel has held.

use sqlx::FromRow;

use super::retro_row::Row;
use super::retros::read_scores;
use super::stored::readable;
use super::{Tx, ids};
use lookback_core::ids::{ChannelId, RetroId, TeamId};
use lookback_core::model::retro::Retro;

/// One retro of a channel's history.
#[derive(Debug)]
pub struct Past {
    pub retro: Retro,
    /// The scores, a list for each question that takes a number.
    pub scores: Vec<Vec<u8>>,
    pub answered: i64,
    pub everyone: i64,
    /// Action items that were done.
    pub done: i64,
    pub items: i64,
}

#[derive(FromRow)]
struct PastRow {
    #[sqlx(flatten)]
    retro: Row,
    scores: String,
    answered: i64,
    everyone: i64,
    done: i64,
    items: i64,
}

const HISTORY: &str = "select r.*, \
(select count(*) from participant p where p.retro_id = r.id and p.answer in ('written', 'nothing', 'done')) as answered, \
(select count(*) from participant p where p.retro_id = r.id and p.answer not in ('absent', 'unreachable')) as everyone, \
(select count(*) from action_item i where i.retro_id = r.id and i.state = 'done') as done, \
(select count(*) from action_item i where i.retro_id = r.id) as items \
from retro r where r.team_id = $1 and r.channel_id = $2 and r.started_ms < $3 order by r.started_ms desc, r.id limit $4";

/// The retros of a channel that started before `before_ms`, the newest first, whatever became of them.
pub async fn history(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    before_ms: i64,
    limit: i64,
) -> sqlx::Result<Vec<Past>> {
    let rows: Vec<PastRow> =
        tx.query(HISTORY).bind(team.as_str()).bind(channel.as_str()).bind(before_ms).bind(limit).fetch_all().await?;
    let past = |r: PastRow| {
        let retro = Retro::try_from(r.retro)?;
        let scores = read_scores(retro.id, &r.scores)?;
        Ok(Past { scores, retro, answered: r.answered, everyone: r.everyone, done: r.done, items: r.items })
    };
    Ok(readable(rows.into_iter().map(past)))
}

/// The last finished retros of the channel before this one.
pub async fn closed_before(tx: &mut Tx, team: &TeamId, retro: &Retro, last: usize) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str = "select id from retro where team_id = $1 and channel_id = $2 and phase = 'closed' and started_ms < $3 and id <> $4 \
order by started_ms desc, id limit $5";
    let (started, last) = (retro.started.timestamp_millis(), i64::try_from(last).unwrap_or(0));
    let rows: Vec<i64> = tx
        .query(SQL)
        .bind(team.as_str())
        .bind(retro.channel.as_str())
        .bind(started)
        .bind(retro.id.0)
        .bind(last)
        .values()
        .await?;
    Ok(ids(rows))
}
