//! The runs of the server on this database: the last sign of life, and what follows where a newer copy has run.

use std::path::{Path, PathBuf};

use super::cards::Outgoing;
use super::{Tx, tickets};
use lookback_core::ids::{ChannelId, TeamId};

/// What the database knows of the runs on it; times in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// When a server last saved that it runs, on Slack's time.
    pub heartbeat_ms: Option<i64>,
    /// Since when nothing leaves, because a newer copy of this database has run.
    pub frozen_ms: Option<i64>,
    /// Messages of this time may be in Slack and not here.
    pub unknown: Option<(i64, i64)>,
}

/// What the database knows of the runs on it.
pub async fn read(tx: &mut Tx) -> sqlx::Result<Runs> {
    const SQL: &str = "select heartbeat_ms, frozen_ms, unknown_from_ms, unknown_to_ms from installation where id = 1";
    type Row = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let row: Option<Row> = tx.query(SQL).fetch_optional().await?;
    let (heartbeat_ms, frozen_ms, from, to) = row.unwrap_or_default();
    Ok(Runs { heartbeat_ms, frozen_ms, unknown: from.zip(to) })
}

/// A server runs. A clock that was put back does not put this back: the sign of life beside the database would look newer.
pub async fn beat(tx: &mut Tx, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str =
        "update installation set heartbeat_ms = case when heartbeat_ms > $1 then heartbeat_ms else $1 end where id = 1";
    tx.query(SQL).bind(now_ms).execute().await?;
    Ok(())
}

/// The last moment that the database knows of: the sign of life, or the last call where an earlier version kept none.
pub async fn last_sign(tx: &mut Tx) -> sqlx::Result<Option<i64>> {
    const SQL: &str =
        "select coalesce((select heartbeat_ms from installation where id = 1), (select max(started_ms) from card))";
    tx.query(SQL).value().await
}

/// A newer copy of this database ran after `last_ms`: nothing leaves until a person says go on.
pub async fn freeze(tx: &mut Tx, last_ms: i64, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update installation set frozen_ms = $2, \
unknown_from_ms = case when unknown_from_ms < $1 then unknown_from_ms else $1 end, unknown_to_ms = $2 where id = 1";
    tx.query(SQL).bind(last_ms).bind(now_ms).execute().await?;
    Ok(())
}

/// A standby was promoted: what was done from `from_ms` to `to_ms` may be in Slack and not here.
pub async fn may_be_missing(tx: &mut Tx, from_ms: i64, to_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update installation set unknown_from_ms = $1, unknown_to_ms = $2 where id = 1";
    tx.query(SQL).bind(from_ms).bind(to_ms).execute().await?;
    Ok(())
}

/// A person said go on; returns whether anything was frozen.
pub async fn go_on(tx: &mut Tx, now_ms: i64) -> sqlx::Result<bool> {
    tx.wake();
    const SQL: &str = "update installation set frozen_ms = null, moved_to = null, unknown_to_ms = $1, heartbeat_ms = $1 \
where id = 1 and frozen_ms is not null";
    let done = tx.query(SQL).bind(now_ms).execute().await?;
    Ok(done > 0)
}

/// Where this database was moved to, without a password; `None` if it was not.
pub async fn moved_to(tx: &mut Tx) -> sqlx::Result<Option<String>> {
    let moved = tx.query("select moved_to from installation where id = 1").optional_value().await?;
    Ok(moved.flatten())
}

/// This database was moved there, and is frozen: nothing of it is served.
pub async fn set_moved_to(tx: &mut Tx, to: &str) -> sqlx::Result<()> {
    tx.query("update installation set moved_to = $1 where id = 1").bind(to).execute().await?;
    Ok(())
}

/// After a time that the database knows nothing of: what is still to be posted may be in Slack already. It is looked for
/// from `from_ms` on, once. Only what was wanted before `before_ms` is meant.
pub async fn doubt_unsent(tx: &mut Tx, from_ms: i64, before_ms: i64) -> sqlx::Result<u64> {
    const SQL: &str = "update card set state = 'doubt', started_ms = $1, looks = -1, due_ms = 0 \
where state = 'idle' and wanted > sent and ts is null and way in ('post', 'file') and made_ms < $2";
    tickets::doubt_unfiled(tx).await?;
    tx.query(SQL).bind(from_ms).bind(before_ms).execute().await
}

/// A message that is about to be posted is looked for first: see [`doubt_unsent`].
pub async fn look_first(tx: &mut Tx, o: &Outgoing, from_ms: i64, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update card set state = 'doubt', started_ms = $3, looks = -1, due_ms = $4 \
where team_id = $1 and key = $2 and state = 'idle'";
    tx.query(SQL).bind(o.team.as_str()).bind(&o.key).bind(from_ms).bind(now_ms).execute().await?;
    Ok(())
}

/// Whether a message belongs to what was there before `before_ms`: a retro that had begun, or no retro at all.
pub async fn is_of_before(tx: &mut Tx, o: &Outgoing, before_ms: i64) -> sqlx::Result<bool> {
    const SQL: &str = "select not exists (select 1 from card c join retro r on r.id = c.retro_id \
where c.team_id = $1 and c.key = $2 and r.started_ms > $3)";
    tx.query(SQL).bind(o.team.as_str()).bind(&o.key).bind(before_ms).value().await
}

/// Keys of messages that were under way, or are looked for.
pub async fn unsettled(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select key from card where team_id = $1 and state in ('sending', 'doubt') and attempts > 0";
    tx.query(SQL).bind(team.as_str()).values().await
}

/// The same sign of life beside the database: it stays where the database alone is put back from a backup.
pub fn beat_beside(database: &Path, now_ms: i64) -> std::io::Result<()> {
    let file = beside(database);
    let part = super::backup::partial(&file);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(&part)?, format!("{now_ms}\n").as_bytes())?;
    std::fs::rename(part, file)
}

/// The sign of life beside the database; `None` where there is none, or none that can be read.
pub fn last_beat_beside(database: &Path) -> Option<i64> {
    std::fs::read_to_string(beside(database)).ok()?.trim().parse().ok()
}

fn beside(database: &Path) -> PathBuf {
    database.with_extension("heartbeat")
}

/// A conversation in which a newer copy may have posted: a channel or DM, or a thread in it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Conversation {
    #[sqlx(try_from = "String")]
    pub channel: ChannelId,
    pub thread: Option<String>,
}

/// Where to look for messages of a newer copy: channels of open retros, the threads of their agendas, and where this
/// copy posted last.
pub async fn conversations(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<Conversation>> {
    const SQL: &str = "select channel_id as channel, null as thread from retro where team_id = $1 and phase in ('collecting', 'agenda', 'meeting') \
union select c.posted_in, c.ts from card c join retro r on r.id = c.retro_id where c.team_id = $1 and c.key = 'agenda/' || r.id \
and r.phase in ('agenda', 'meeting') and c.ts is not null and c.posted_in is not null \
union select posted_in, null from (select posted_in from card where team_id = $1 and ts is not null and posted_in is not null and started_ms is not null \
order by started_ms desc limit 10) c";
    tx.query(SQL).bind(team.as_str()).fetch_all().await
}

/// Whether a message with this `ts` is known here.
pub async fn knows(tx: &mut Tx, team: &TeamId, ts: &str) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from card where team_id = $1 and ts = $2)";
    tx.query(SQL).bind(team.as_str()).bind(ts).value().await
}
