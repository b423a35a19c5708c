//! Items that somebody else made an owner's, and the messages that told them.

use sqlx::FromRow;

use super::Tx;
use super::items::Row;
use super::stored::readable;
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::assignment::Assignment;
use lookback_core::model::item::Item;

/// Saves who is told of an item; one that stands already stays as it is.
pub async fn put(tx: &mut Tx, team: &TeamId, a: &Assignment) -> sqlx::Result<()> {
    const SQL: &str = "insert into assignment (team_id, channel_id, number, owner, from_user, message, is_accepted) \
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    tx.query(SQL)
        .bind(team.as_str())
        .bind(a.channel.as_str())
        .bind(a.number)
        .bind(a.owner.as_str())
        .bind(a.from.as_str())
        .bind(&a.message)
        .bind(a.accepted)
        .execute()
        .await?;
    Ok(())
}

/// The owner accepts an item.
pub async fn accept(tx: &mut Tx, team: &TeamId, channel: &ChannelId, number: i64, owner: &UserId) -> sqlx::Result<()> {
    const SQL: &str = "update assignment set is_accepted = true where team_id = $1 and channel_id = $2 and number = $3 and owner = $4";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number).bind(owner.as_str()).execute().await?;
    Ok(())
}

#[derive(FromRow)]
struct AssignedRow {
    #[sqlx(flatten)]
    item: Row,
    from_user: String,
    is_accepted: bool,
}

/// An item in the message that told its owner.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub item: Item,
    /// Who gave it to them.
    pub from: UserId,
    /// The owner pressed Accept.
    pub accepted: bool,
}

/// The items of a message, in the order in which they were made.
pub async fn of_message(tx: &mut Tx, team: &TeamId, owner: &UserId, message: &str) -> sqlx::Result<Vec<Assigned>> {
    const SQL: &str = "select i.*, a.from_user, a.is_accepted from assignment a join action_item i on i.team_id = a.team_id \
and i.channel_id = a.channel_id and i.number = a.number where a.team_id = $1 and a.owner = $2 and a.message = $3 order by i.channel_id, i.number";
    let rows: Vec<AssignedRow> =
        tx.query(SQL).bind(team.as_str()).bind(owner.as_str()).bind(message).fetch_all().await?;
    let assigned = |r: AssignedRow| {
        let (from, accepted) = (UserId(r.from_user), r.is_accepted);
        Item::try_from(r.item).map(|item| Assigned { item, from, accepted })
    };
    Ok(readable(rows.into_iter().map(assigned)))
}

/// The messages that show an item: whom they told, and their names.
pub async fn shown_in(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    number: i64,
) -> sqlx::Result<Vec<(UserId, String)>> {
    const SQL: &str = "select owner, message from assignment where team_id = $1 and channel_id = $2 and number = $3";
    let rows: Vec<(String, String)> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number).fetch_all().await?;
    Ok(rows.into_iter().map(|(owner, message)| (UserId(owner), message)).collect())
}
