//! Action items.

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::FromRow;

use super::due::{self, Subject};
use super::stored::{self, Corrupt, readable};
use super::{Tx, one_row, tickets};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::model::item::{Due, Item, State, TicketLink};
use lookback_core::model::retro::Retro;
use lookback_core::zone::from_ms;

#[derive(FromRow)]
pub(super) struct Row {
    #[sqlx(try_from = "String")]
    pub channel_id: ChannelId,
    pub number: i64,
    retro_id: Option<i64>,
    body: String,
    #[sqlx(try_from = "String")]
    owner: UserId,
    due: String,
    zone: String,
    priority: String,
    why: Option<String>,
    metric: Option<String>,
    snoozed: Option<String>,
    snoozed_because: Option<String>,
    blocked: Option<String>,
    offered: Option<String>,
    slipped: i64,
    state: String,
    outcome: Option<String>,
    closed_by: Option<String>,
    created_ms: i64,
    closed_ms: Option<i64>,
    ticket_key: Option<String>,
    ticket_url: Option<String>,
    is_ticket_gone: bool,
}

impl TryFrom<Row> for Item {
    type Error = Corrupt;

    fn try_from(r: Row) -> Result<Self, Corrupt> {
        let key = format!("{}, #{}", r.channel_id, r.number);
        let at = stored::Row::of("action_item", &key);
        Ok(Self {
            due: read_due(&r.due).ok_or_else(|| at.corrupt("due"))?,
            priority: at.name("priority", &r.priority)?,
            snoozed: at.day("snoozed", r.snoozed.as_deref())?,
            slipped: at.number("slipped", r.slipped)?,
            state: at.name("state", &r.state)?,
            channel: r.channel_id,
            number: r.number,
            retro: r.retro_id.map(RetroId),
            text: r.body,
            owner: r.owner,
            zone: r.zone,
            why: r.why,
            metric: r.metric,
            snoozed_because: r.snoozed_because,
            blocked: r.blocked,
            offered: r.offered.map(UserId),
            outcome: r.outcome,
            closed_by: r.closed_by.map(UserId),
            created: from_ms(r.created_ms),
            closed: r.closed_ms.map(from_ms),
            ticket: r.ticket_key.zip(r.ticket_url).map(|(key, url)| TicketLink { key, url, is_gone: r.is_ticket_gone }),
        })
    }
}

fn read_due(text: &str) -> Option<Due> {
    match (text, text.strip_prefix("next:")) {
        ("next", _) => Some(Due::NextRelease(None)),
        (_, Some(day)) => day.parse().ok().map(|day| Due::NextRelease(Some(day))),
        _ => {
            let day = text.parse().map(Due::Day);
            day.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").map(Due::Time)).ok()
        }
    }
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> = tx.query("select * from action_item").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(Item::try_from)))
}

fn write_due(due: Due) -> String {
    match due {
        Due::Day(day) => day.to_string(),
        Due::Time(time) => time.format("%Y-%m-%dT%H:%M").to_string(),
        Due::NextRelease(None) => "next".to_owned(),
        Due::NextRelease(Some(day)) => format!("next:{day}"),
    }
}

/// The next free number of the channel.
pub async fn next_number(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<i64> {
    const SQL: &str = "select coalesce(max(number), 0) + 1 from action_item where team_id = $1 and channel_id = $2";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).value().await
}

/// A new item. Its reminders are planned from `created` on.
pub async fn insert(tx: &mut Tx, team: &TeamId, i: &Item) -> sqlx::Result<()> {
    const SQL: &str = "insert into action_item (team_id, channel_id, number, retro_id, body, owner, due, zone, priority, why, \
state, outcome, closed_by, created_ms, closed_ms, metric, snoozed, blocked, offered, slipped, snoozed_because) \
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
    tx.wake();
    tx.query(SQL)
        .bind(team.as_str())
        .bind(i.channel.as_str())
        .bind(i.number)
        .bind(i.retro.map(|r| r.0))
        .bind(&i.text)
        .bind(i.owner.as_str())
        .bind(write_due(i.due))
        .bind(&i.zone)
        .bind(stored::name(&i.priority))
        .bind(&i.why)
        .bind(stored::name(&i.state))
        .bind(&i.outcome)
        .bind(i.closed_by.as_ref().map(UserId::as_str))
        .bind(i.created.timestamp_millis())
        .bind(i.closed.map(|t| t.timestamp_millis()))
        .bind(&i.metric)
        .bind(i.snoozed.map(|d| d.to_string()))
        .bind(&i.blocked)
        .bind(i.offered.as_ref().map(UserId::as_str))
        .bind(i64::from(i.slipped))
        .bind(&i.snoozed_because)
        .execute()
        .await?;
    look_at(tx, team, i, i.created.timestamp_millis()).await
}

/// Saves an item that was open, and has its reminders planned anew from `now_ms` on (or from one that is
/// due this moment); fails if somebody closed it first.
pub async fn update(tx: &mut Tx, team: &TeamId, i: &Item, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update action_item set body = $4, owner = $5, due = $6, zone = $7, priority = $8, why = $9, state = $10, \
outcome = $11, closed_by = $12, closed_ms = $13, metric = $14, snoozed = $15, blocked = $16, offered = $17, slipped = $18, \
snoozed_because = $19, nag_day = null where team_id = $1 and channel_id = $2 and number = $3 and state = 'open'";
    tx.wake();
    let done = tx
        .query(SQL)
        .bind(team.as_str())
        .bind(i.channel.as_str())
        .bind(i.number)
        .bind(&i.text)
        .bind(i.owner.as_str())
        .bind(write_due(i.due))
        .bind(&i.zone)
        .bind(stored::name(&i.priority))
        .bind(&i.why)
        .bind(stored::name(&i.state))
        .bind(&i.outcome)
        .bind(i.closed_by.as_ref().map(UserId::as_str))
        .bind(i.closed.map(|t| t.timestamp_millis()))
        .bind(&i.metric)
        .bind(i.snoozed.map(|d| d.to_string()))
        .bind(&i.blocked)
        .bind(i.offered.as_ref().map(UserId::as_str))
        .bind(i64::from(i.slipped))
        .bind(&i.snoozed_because)
        .execute()
        .await?;
    one_row(done)?;
    match i.state {
        State::Open => look_at(tx, team, i, now_ms).await,
        State::Done | State::Dropped => {
            due::clear(tx, &Subject::reminder(team, &i.channel, i.number)).await.map(|_| ())
        }
    }
}

/// A closed item is open again; its reminders are planned anew from `now_ms` on.
pub async fn reopen(tx: &mut Tx, team: &TeamId, i: &Item, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update action_item set state = 'open', outcome = null, closed_by = null, closed_ms = null, nag_day = null \
where team_id = $1 and channel_id = $2 and number = $3 and state <> 'open'";
    tx.wake();
    let done = tx.query(SQL).bind(team.as_str()).bind(i.channel.as_str()).bind(i.number).execute().await?;
    one_row(done)?;
    look_at(tx, team, i, now_ms).await
}

/// The ticket that is shown beside an item.
pub async fn show_ticket(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    number: i64,
    ticket: Option<&TicketLink>,
) -> sqlx::Result<()> {
    const SQL: &str = "update action_item set ticket_key = $4, ticket_url = $5, is_ticket_gone = $6 \
where team_id = $1 and channel_id = $2 and number = $3";
    let row = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number);
    let row = row.bind(ticket.map(|ticket| &ticket.key)).bind(ticket.map(|ticket| &ticket.url));
    row.bind(ticket.is_some_and(|ticket| ticket.is_gone)).execute().await.map(|_| ())
}

/// Its reminders are planned from `at_ms` on; one that is due by then already stays due.
async fn look_at(tx: &mut Tx, team: &TeamId, i: &Item, at_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into due (team_id, kind, channel_id, number, due_ms) values ($1, 'reminder', $2, $3, $4) \
on conflict (team_id, kind, channel_id, number, step) do update set is_aside = false, \
due_ms = case when due.due_ms <= $4 then due.due_ms - 1 else $4 end";
    tx.query(SQL).bind(team.as_str()).bind(i.channel.as_str()).bind(i.number).bind(at_ms).execute().await.map(|_| ())
}

/// What changed, of an item that is done and says nothing of it yet.
pub async fn set_outcome(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    number: i64,
    outcome: &str,
) -> sqlx::Result<()> {
    const SQL: &str = "update action_item set outcome = $4 where team_id = $1 and channel_id = $2 and number = $3 \
and state = 'done' and outcome is null";
    let done = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number).bind(outcome).execute().await?;
    one_row(done)
}

/// An open item of the same words and owner.
pub async fn same(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    owner: &UserId,
    text: &str,
) -> sqlx::Result<Option<i64>> {
    const SQL: &str = "select number from action_item where team_id = $1 and channel_id = $2 and owner = $3 and body = $4 \
and state = 'open' order by number desc limit 1";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(owner.as_str()).bind(text).optional_value().await
}

/// One item by its number.
pub async fn by_number(tx: &mut Tx, team: &TeamId, channel: &ChannelId, number: i64) -> sqlx::Result<Option<Item>> {
    const SQL: &str = "select * from action_item where team_id = $1 and channel_id = $2 and number = $3";
    let row: Option<Row> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number).fetch_optional().await?;
    Ok(row.map(Item::try_from).transpose()?)
}

/// The items of a channel; only open ones where `open` says so. By number.
pub async fn in_channel(tx: &mut Tx, team: &TeamId, channel: &ChannelId, open: bool) -> sqlx::Result<Vec<Item>> {
    const SQL: &str = "select * from action_item where team_id = $1 and channel_id = $2 and (not $3 or state = 'open') order by number";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(open).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// A person's open items in the channels that they are in, by number; or (`closed`) the last hundred that are
/// closed, the latest first.
pub async fn of_owner(tx: &mut Tx, team: &TeamId, owner: &UserId, closed: bool) -> sqlx::Result<Vec<Item>> {
    const CLOSED: &str = "select i.* from action_item i join member m on m.team_id = i.team_id and m.channel_id = i.channel_id \
and m.user_id = i.owner and m.is_present = true where i.team_id = $1 and i.owner = $2 and i.state <> 'open' order by coalesce(i.closed_ms, 0) desc, \
i.channel_id, i.number limit 100";
    const SQL: &str = "select i.* from action_item i join member m on m.team_id = i.team_id and m.channel_id = i.channel_id \
and m.user_id = i.owner and m.is_present = true where i.team_id = $1 and i.owner = $2 and i.state = 'open' order by i.channel_id, i.number";
    let sql = if closed { CLOSED } else { SQL };
    let rows: Vec<Row> = tx.query(sql).bind(team.as_str()).bind(owner.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// Whether somebody ever owned an item.
pub async fn has_had(tx: &mut Tx, team: &TeamId, owner: &UserId) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from action_item where team_id = $1 and owner = $2)";
    tx.query(SQL).bind(team.as_str()).bind(owner.as_str()).value().await
}

/// A person's open items in all channels, also those that they left.
pub async fn all_of_owner(tx: &mut Tx, team: &TeamId, owner: &UserId) -> sqlx::Result<Vec<Item>> {
    const SQL: &str =
        "select * from action_item where team_id = $1 and owner = $2 and state = 'open' order by channel_id, number";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(owner.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// What was made before a retro and is open, or was closed only after it started; by number.
pub async fn carried_over(tx: &mut Tx, team: &TeamId, retro: &Retro) -> sqlx::Result<Vec<Item>> {
    const SQL: &str = "select * from action_item where team_id = $1 and channel_id = $2 and created_ms <= $3 \
and (retro_id is null or retro_id <> $4) and (state = 'open' or closed_ms >= $3) order by number";
    let started = retro.started.timestamp_millis();
    let rows: Vec<Row> = tx
        .query(SQL)
        .bind(team.as_str())
        .bind(retro.channel.as_str())
        .bind(started)
        .bind(retro.id.0)
        .fetch_all()
        .await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// The items of a retro, by number.
pub async fn of_retro(tx: &mut Tx, team: &TeamId, retro: RetroId) -> sqlx::Result<Vec<Item>> {
    const SQL: &str = "select * from action_item where team_id = $1 and retro_id = $2 order by number, channel_id";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(retro.0).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// The open items of a channel that are due before its next release, by number: those without a day, and those with a
/// day later than `after`.
pub async fn before_next_release(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    after: Option<NaiveDate>,
) -> sqlx::Result<Vec<Item>> {
    const SQL: &str = "select * from action_item where team_id = $1 and channel_id = $2 and state = 'open' \
and (due = 'next' or (due like 'next:%' and due > $3)) order by number";
    let rows: Vec<Row> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(later_than(after)).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// What a due date of the next release is compared with. Dates of this form compare as text; nothing is later than
/// `next:9999`.
fn later_than(after: Option<NaiveDate>) -> String {
    after.map_or_else(|| "next:9999".to_owned(), |day| write_due(Due::NextRelease(Some(day))))
}

/// Gives every open `before next release` of the channel its day. One that has a day already moves along
/// if that is later than `after`; what is due stays due.
pub async fn due_next_release(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    day: NaiveDate,
    after: Option<NaiveDate>,
    now_ms: i64,
) -> sqlx::Result<()> {
    const REMINDERS: &str = "insert into due (team_id, kind, channel_id, number, due_ms) \
select team_id, 'reminder', channel_id, number, $4 from action_item where team_id = $1 and channel_id = $2 and state = 'open' \
and (due = 'next' or (due like 'next:%' and due > $3)) \
on conflict (team_id, kind, channel_id, number, step) do update set due_ms = excluded.due_ms, tries = 0, is_aside = false";
    const ITEMS: &str = "update action_item set due = $4, nag_day = null where team_id = $1 and channel_id = $2 and state = 'open' \
and (due = 'next' or (due like 'next:%' and due > $3))";
    let (due, later) = (write_due(Due::NextRelease(Some(day))), later_than(after));
    tx.wake();
    let reminders = tx.query(REMINDERS).bind(team.as_str()).bind(channel.as_str()).bind(&later);
    reminders.bind(now_ms).execute().await?;
    let items = tx.query(ITEMS).bind(team.as_str()).bind(channel.as_str()).bind(&later);
    items.bind(due).execute().await?;
    tickets::look_at_next_release(tx, team, channel, now_ms).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use lookback_core::model::item::Priority;

    #[tokio::test]
    async fn an_item_is_read_as_it_was_inserted_and_updated() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
        let team = TeamId("T1".into());
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let item = |letter: &str, n: u32, state: State| Item {
            channel: "C1".into(),
            number: 1,
            retro: None,
            text: format!("{letter} text"),
            owner: UserId(format!("U{letter}")),
            due: Due::Day(day(&format!("2026-12-0{n}"))),
            zone: format!("{letter}/zone"),
            priority: if n == 1 { Priority::High } else { Priority::Low },
            why: Some(format!("{letter} why")),
            metric: Some(format!("{letter} metric")),
            snoozed: Some(day(&format!("2026-11-0{n}"))),
            snoozed_because: Some(format!("{letter} because")),
            blocked: Some(format!("{letter} blocked")),
            offered: Some(UserId(format!("UO{letter}"))),
            slipped: n,
            state,
            outcome: Some(format!("{letter} outcome")),
            closed_by: Some(UserId(format!("UC{letter}"))),
            created: from_ms(1000),
            closed: Some(from_ms(i64::from(n) * 1_000_000)),
            // Its own statement writes it.
            ticket: None,
        };
        let (first, second) = (item("a", 1, State::Open), item("b", 2, State::Done));
        let mut tx = store.begin().await.unwrap();
        insert(&mut tx, &team, &first).await.unwrap();
        let read = by_number(&mut tx, &team, &first.channel, 1).await.unwrap();
        assert_eq!(read, Some(first));
        update(&mut tx, &team, &second, 5000).await.unwrap();
        let read = by_number(&mut tx, &team, &second.channel, 1).await.unwrap();
        assert_eq!(read, Some(second));
    }
}
