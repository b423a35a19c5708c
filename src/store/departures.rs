//! People who left and still stand in something that is open, however that was found out.

use super::{Tx, ids};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};

/// Surveys that wait for somebody who left.
pub async fn asked(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<(RetroId, UserId)>> {
    const SQL: &str = "select p.retro_id, p.user_id from person left_one \
join participant p on p.user_id = left_one.user_id join retro r on r.id = p.retro_id and r.team_id = left_one.team_id \
where left_one.team_id = $1 and left_one.is_deleted = true and p.answer = 'waiting' and r.phase = 'collecting' order by p.retro_id, p.user_id";
    let rows: Vec<(i64, String)> = tx.query(SQL).bind(team.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(retro, user)| (RetroId(retro), UserId(user))).collect())
}

/// Owners of open items who left.
pub async fn owners(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "select distinct i.owner from action_item i join person p on p.team_id = i.team_id and p.user_id = i.owner \
where i.team_id = $1 and i.state = 'open' and p.is_deleted = true order by i.owner";
    let rows: Vec<String> = tx.query(SQL).bind(team.as_str()).values().await?;
    Ok(ids(rows))
}

/// Open and scheduled retros whose facilitator left.
pub async fn led(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<RetroId>> {
    const SQL: &str = "select r.id from retro r join person p on p.team_id = r.team_id and p.user_id = r.facilitator \
where r.team_id = $1 and p.is_deleted = true and r.phase not in ('closed', 'cancelled') order by r.id";
    let rows: Vec<i64> = tx.query(SQL).bind(team.as_str()).values().await?;
    Ok(rows.into_iter().map(RetroId).collect())
}

/// The channels with open retros.
pub async fn channels(tx: &mut Tx, team: &TeamId) -> sqlx::Result<Vec<ChannelId>> {
    const SQL: &str = "select distinct channel_id from retro where team_id = $1 and phase not in ('closed', 'cancelled') order by channel_id";
    let rows: Vec<String> = tx.query(SQL).bind(team.as_str()).values().await?;
    Ok(ids(rows))
}
