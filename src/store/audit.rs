//! What the database still knows of who wrote what, counted and never shown.

use sqlx::FromRow;

use super::{Tx, on};

/// One anonymous retro.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Anonymous {
    pub version: String,
    pub channel_id: String,
    pub phase: String,
    /// Its words are withheld until then.
    pub withheld_ms: Option<i64>,
    pub responses: i64,
    /// Whether there is a key that opens them.
    pub keys: i64,
    pub notes: i64,
    /// Notes with an author: shared with a name, as their author chose.
    pub named: i64,
    /// People of whom it is still known whether they wrote or had nothing to add.
    pub told_apart: i64,
    /// Whether the file is still to be cleaned.
    pub scrubs: i64,
    /// Rows of an earlier version that can be read.
    pub readable: i64,
}

/// Every anonymous retro, the newest first.
pub async fn anonymous(tx: &mut Tx) -> sqlx::Result<Vec<Anonymous>> {
    const SQL: &str = "select r.version, r.channel_id, r.phase, r.withheld_ms, \
(select count(*) from sheet s where s.retro_id = r.id) as responses, \
(select count(*) from survey_key k where k.retro_id = r.id and k.is_doomed = 0) as keys, \
(select count(*) from note n where n.retro_id = r.id) as notes, \
(select count(*) from note n where n.retro_id = r.id and n.author is not null) as named, \
(select count(*) from participant p where p.retro_id = r.id and p.answer in ('written', 'nothing')) as told_apart, \
(select count(*) from scrub c where c.retro_id = r.id) as scrubs, \
(select count(*) from answer a where a.retro_id = r.id) as readable \
from retro r where r.is_anonymous = 1 order by r.started_ms desc, r.id";
    on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)
}
