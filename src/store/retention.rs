//! What goes once time's up. Nothing that is still to be sent is ever removed.

use super::{Tx, responses, scrub};
use crate::seal::Vault;
use lookback_core::ids::{RetroId, TeamId, UserId};
use lookback_core::text::GONE;

/// Retros past their retention: closed ones that ended before `closed_ms`, if there is such a time, and cancelled
/// ones that ended before `cancelled_ms`; the oldest first.
pub async fn over(
    tx: &mut Tx,
    closed_ms: Option<i64>,
    cancelled_ms: i64,
    limit: i64,
) -> sqlx::Result<Vec<(TeamId, RetroId)>> {
    const SQL: &str = "select team_id, id from retro where forgotten_ms is null and phase = 'cancelled' and ended_ms < $1 \
union all select team_id, id from retro where forgotten_ms is null and phase = 'closed' and ended_ms < $2 order by 2 limit $3";
    let closed_ms = closed_ms.unwrap_or(i64::MIN);
    let rows: Vec<(String, i64)> = tx.query(SQL).bind(cancelled_ms).bind(closed_ms).bind(limit).fetch_all().await?;
    Ok(rows.into_iter().map(|(team, retro)| (TeamId(team), RetroId(retro))).collect())
}

/// Removes what people wrote in a retro, its meeting and its messages. Its line in the history, its figures, its action
/// items and the words of themes that kept coming back stay, without the people; open items keep their owner.
pub async fn forget(tx: &mut Tx, team: &TeamId, retro: RetroId, vault: &Vault<'_>, now_ms: i64) -> sqlx::Result<()> {
    let nobody = || UserId(format!("{GONE}{}", vault.rng.id()));
    const PEOPLE: &str = "select user_id from participant where retro_id = $1";
    const PERSON: &str = "update participant set user_id = $3 where retro_id = $1 and user_id = $2";
    const WRITTEN: [&str; 12] = [
        "delete from vote where retro_id = $1",
        "delete from voice where retro_id = $1",
        "delete from insight where retro_id = $1",
        "delete from topic where retro_id = $1",
        "delete from kudos where retro_id = $1",
        "delete from meeting where retro_id = $1",
        "delete from due where kind = 'deadline' and number = $1",
        "delete from card where retro_id = $1 and (state = 'dead' or is_aside = true or state = 'idle' and sent >= wanted)",
        "delete from assignment where (team_id, channel_id, number) in (select team_id, channel_id, number from action_item \
where retro_id = $1 and state <> 'open')",
        // A theme that came once is of no use to later retros any more.
        "delete from theme where retro_id = $1 and not exists (select 1 from theme o where o.root = theme.root and o.retro_id <> $1)",
        "delete from note where retro_id = $1 and not exists (select 1 from theme t where t.retro_id = $1 and t.note_id = note.id or t.root = note.id)",
        "update note set author = null, link = null, source_ts = null, topic_id = null where retro_id = $1",
    ];
    const ITEMS: &str =
        "update action_item set owner = $2, closed_by = null, offered = null where retro_id = $1 and state <> 'open'";
    const ESCALATIONS: &str =
        "update escalation set user_id = $2, answered_by = null, answers = null where retro_id = $1";
    const MARK: &str = "update retro set asked = null, forgotten_ms = $3 where team_id = $1 and id = $2";
    let people: Vec<String> = tx.query(PEOPLE).bind(retro.0).values().await?;
    for user in people {
        tx.query(PERSON).bind(retro.0).bind(user).bind(nobody().as_str()).execute().await?;
    }
    responses::close(tx, retro, &[], vault).await?;
    for sql in WRITTEN {
        tx.query(sql).bind(retro.0).execute().await?;
    }
    for sql in [ITEMS, ESCALATIONS] {
        tx.query(sql).bind(retro.0).bind(nobody().as_str()).execute().await?;
    }
    tx.query(MARK).bind(team.as_str()).bind(retro.0).bind(now_ms).execute().await?;
    scrub::want(tx, retro).await
}

/// Whether what people wrote in a retro was removed.
pub async fn is_forgotten(tx: &mut Tx, team: &TeamId, retro: RetroId) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from retro where team_id = $1 and id = $2 and forgotten_ms is not null)";
    tx.query(SQL).bind(team.as_str()).bind(retro.0).value().await
}

/// Which reminders named which items before `day`: their messages are gone by then.
pub async fn forget_reminders(tx: &mut Tx, day: chrono::NaiveDate) -> sqlx::Result<()> {
    tx.query("delete from nag where day < $1").bind(day.to_string()).execute().await?;
    Ok(())
}
