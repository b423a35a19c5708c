//! Votes for themes: who gave them is kept until they are counted.

use super::{Tx, ids};
use lookback_core::ids::{RetroId, ThemeId, UserId};

/// Gives a vote, or takes it back.
pub async fn set(tx: &mut Tx, retro: RetroId, theme: ThemeId, user: &UserId, given: bool) -> sqlx::Result<()> {
    const GIVE: &str =
        "insert into vote (topic_id, user_id, retro_id) values ($1, $2, $3) on conflict (topic_id, user_id) do nothing";
    const TAKE: &str = "delete from vote where topic_id = $1 and user_id = $2 and retro_id = $3";
    let sql = if given { GIVE } else { TAKE };
    tx.query(sql).bind(theme.0).bind(user.as_str()).bind(retro.0).execute().await?;
    Ok(())
}

/// Votes for a theme are given back, those that are counted too.
pub async fn clear(tx: &mut Tx, theme: ThemeId) -> sqlx::Result<()> {
    const OPEN: &str = "delete from vote where topic_id = $1";
    const COUNTED: &str = "update topic set votes = 0 where id = $1";
    tx.query(OPEN).bind(theme.0).execute().await?;
    tx.query(COUNTED).bind(theme.0).execute().await?;
    Ok(())
}

/// The votes of a retro become numbers; who gave them is gone. Returns whether there were any.
pub async fn count(tx: &mut Tx, retro: RetroId) -> sqlx::Result<bool> {
    const COUNT: &str = "insert into topic (id, retro_id, votes) select topic_id, retro_id, count(*) from vote where retro_id = $1 \
group by topic_id, retro_id on conflict (id) do update set votes = topic.votes + excluded.votes";
    const GONE: &str = "delete from vote where retro_id = $1";
    tx.query(COUNT).bind(retro.0).execute().await?;
    let gone = tx.query(GONE).bind(retro.0).execute().await?;
    Ok(gone > 0)
}

/// Whether anybody votes for a theme of a retro, until the votes are counted.
pub async fn any(tx: &mut Tx, retro: RetroId) -> sqlx::Result<bool> {
    const SQL: &str = "select count(*) from vote where retro_id = $1";
    let n: i64 = tx.query(SQL).bind(retro.0).value().await?;
    Ok(n > 0)
}

/// The themes somebody votes for, until the votes are counted.
pub async fn of_person(tx: &mut Tx, retro: RetroId, user: &UserId) -> sqlx::Result<Vec<ThemeId>> {
    const SQL: &str = "select topic_id from vote where retro_id = $1 and user_id = $2 order by topic_id";
    let rows: Vec<i64> = tx.query(SQL).bind(retro.0).bind(user.as_str()).values().await?;
    Ok(ids(rows))
}
