//! Reminders of action items: what is to be planned or said, and what was.

use chrono::NaiveDate;
use sqlx::FromRow;

use super::due::{self, Subject};
use super::items::Row;
use super::stored::{self, Corrupt, readable};
use super::{Tx, ids};
use lookback_core::ids::{ChannelId, TeamId, UserId};
use lookback_core::model::item::Item;

/// An item whose moment has come.
#[derive(Clone, Debug)]
pub struct Due {
    pub team: TeamId,
    pub item: Item,
    /// The day that was planned; `None`: to be planned, from `since_ms` on.
    pub day: Option<NaiveDate>,
    /// The day of the last reminder.
    pub last: Option<NaiveDate>,
    /// When it was to be looked at.
    pub since_ms: i64,
    /// How often that failed.
    pub tries: i64,
}

#[derive(FromRow)]
struct DueRow {
    #[sqlx(flatten)]
    item: Row,
    #[sqlx(try_from = "String")]
    team_id: TeamId,
    nag_day: Option<String>,
    nagged_day: Option<String>,
    due_ms: i64,
    tries: i64,
}

/// The `nag_day` of a reminder that is held back.
const HELD: &str = "held";

/// Items to be looked at by now, those that wait longest first.
pub async fn due(tx: &mut Tx, now_ms: i64, limit: i64) -> sqlx::Result<Vec<Due>> {
    const SQL: &str = "select i.*, d.due_ms, d.tries from due d join action_item i on i.team_id = d.team_id \
and i.channel_id = d.channel_id and i.number = d.number where d.kind = 'reminder' and d.due_ms <= $1 and d.is_aside = false \
order by d.due_ms limit $2";
    let rows: Vec<DueRow> = tx.query(SQL).bind(now_ms).bind(limit).fetch_all().await?;
    let mut due = Vec::new();
    for r in rows {
        let (team, channel, number, seen_ms) = (r.team_id.clone(), r.item.channel_id.clone(), r.item.number, r.due_ms);
        match Due::try_from(r) {
            Ok(item) => due.push(item),
            Err(corrupt) => {
                stored::log(&corrupt);
                due::set_aside(tx, &Subject::reminder(&team, &channel, number), seen_ms).await?;
            }
        }
    }
    Ok(due)
}

impl TryFrom<DueRow> for Due {
    type Error = Corrupt;

    fn try_from(r: DueRow) -> Result<Self, Corrupt> {
        let item = Item::try_from(r.item)?;
        let key = format!("{}, #{}", item.channel, item.number);
        let at = stored::Row::of("action_item", &key);
        // What was held back has no day.
        let day = at.day("nag_day", r.nag_day.as_deref().filter(|day| *day != HELD))?;
        let last = at.day("nagged_day", r.nagged_day.as_deref())?;
        Ok(Self { team: r.team_id, item, day, last, since_ms: r.due_ms, tries: r.tries })
    }
}

/// Plans the next one; `None`: nothing is to come.
pub async fn plan(tx: &mut Tx, team: &TeamId, item: &Item, next: Option<(NaiveDate, i64)>) -> sqlx::Result<()> {
    let subject = Subject::reminder(team, &item.channel, item.number);
    match next {
        Some((_, at_ms)) => due::set(tx, &subject, at_ms).await?,
        None => drop(due::clear(tx, &subject).await?),
    }
    set_day(tx, team, item, next.map(|(day, _)| day)).await
}

async fn set_day(tx: &mut Tx, team: &TeamId, item: &Item, day: Option<NaiveDate>) -> sqlx::Result<()> {
    const SQL: &str = "update action_item set nag_day = $4 where team_id = $1 and channel_id = $2 and number = $3";
    let row = tx.query(SQL).bind(team.as_str()).bind(item.channel.as_str()).bind(item.number);
    row.bind(day.map(|day| day.to_string())).execute().await.map(|_| ())
}

/// Looks at the item again at `ms`, because nothing can be said about it now.
pub async fn look_again(tx: &mut Tx, team: &TeamId, item: &Item, ms: i64) -> sqlx::Result<()> {
    due::set(tx, &Subject::reminder(team, &item.channel, item.number), ms).await?;
    set_day(tx, team, item, None).await
}

/// Plans everything again that lies ahead: the clock was set back, so the old plans are wrong.
pub async fn plan_all_again(tx: &mut Tx, now_ms: i64) -> sqlx::Result<()> {
    const DAYS: &str = "update action_item set nag_day = null where exists (select 1 from due d where d.kind = 'reminder' \
and d.team_id = action_item.team_id and d.channel_id = action_item.channel_id and d.number = action_item.number and d.due_ms > $1)";
    const DUE: &str = "update due set due_ms = case when kind = 'digest' then 0 else $1 end \
where kind in ('reminder', 'digest') and due_ms > $1";
    tx.wake();
    tx.query(DAYS).bind(now_ms).execute().await?;
    tx.query(DUE).bind(now_ms).execute().await?;
    Ok(())
}

/// The item stands in the reminder of that day.
pub async fn said(tx: &mut Tx, team: &TeamId, item: &Item, day: NaiveDate) -> sqlx::Result<()> {
    const NAG: &str =
        "insert into nag (team_id, owner, day, channel_id, number) values ($1, $2, $3, $4, $5) on conflict do nothing";
    const ITEM: &str = "update action_item set nagged_day = $4 where team_id = $1 and channel_id = $2 and number = $3";
    let day = day.to_string();
    tx.query(NAG)
        .bind(team.as_str())
        .bind(item.owner.as_str())
        .bind(&day)
        .bind(item.channel.as_str())
        .bind(item.number)
        .execute()
        .await?;
    tx.query(ITEM).bind(team.as_str()).bind(item.channel.as_str()).bind(item.number).bind(&day).execute().await?;
    Ok(())
}

/// The items of the reminder of an owner and day, the first due first.
pub async fn items_of(tx: &mut Tx, team: &TeamId, owner: &UserId, day: NaiveDate) -> sqlx::Result<Vec<Item>> {
    const SQL: &str = "select i.* from nag n join action_item i on i.team_id = n.team_id and i.channel_id = n.channel_id \
and i.number = n.number where n.team_id = $1 and n.owner = $2 and n.day = $3 order by i.due, i.channel_id, i.number";
    let rows: Vec<Row> =
        tx.query(SQL).bind(team.as_str()).bind(owner.as_str()).bind(day.to_string()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// The day of the reminder before that of `day`.
pub async fn before(tx: &mut Tx, team: &TeamId, owner: &UserId, day: NaiveDate) -> sqlx::Result<Option<NaiveDate>> {
    const SQL: &str = "select max(day) from nag where team_id = $1 and owner = $2 and day < $3";
    let found: Option<String> =
        tx.query(SQL).bind(team.as_str()).bind(owner.as_str()).bind(day.to_string()).value().await?;
    Ok(found.and_then(|day| day.parse().ok()))
}

/// Whether a later reminder of this owner has been posted.
pub async fn has_followed(tx: &mut Tx, team: &TeamId, owner: &UserId, day: NaiveDate) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from nag n join card c on c.team_id = n.team_id and c.key = 'nag/' || n.owner || '/' || n.day \
where n.team_id = $1 and n.owner = $2 and n.day > $3)";
    tx.query(SQL).bind(team.as_str()).bind(owner.as_str()).bind(day.to_string()).value().await
}

/// The last reminders that show an item, at most three: older ones are not looked at any more.
pub async fn shown_in(
    tx: &mut Tx,
    team: &TeamId,
    channel: &ChannelId,
    number: i64,
) -> sqlx::Result<Vec<(UserId, NaiveDate)>> {
    const SQL: &str =
        "select owner, day from nag where team_id = $1 and channel_id = $2 and number = $3 order by day desc limit 3";
    let rows: Vec<(String, String)> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number).fetch_all().await?;
    let row = |(owner, day): (String, String)| {
        let key = format!("{channel}, #{number}");
        let at = stored::Row::of("nag", &key);
        let day = at.day("day", Some(&day))?.ok_or_else(|| at.corrupt("day"))?;
        Ok((UserId(owner), day))
    };
    Ok(readable(rows.into_iter().map(row)))
}

/// Somebody's hours are others now: what was planned is looked at again.
pub async fn look_again_owner(tx: &mut Tx, team: &TeamId, owner: &UserId, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update due set due_ms = $3 where team_id = $1 and kind = 'reminder' and exists (select 1 from action_item i \
where i.team_id = $1 and i.channel_id = due.channel_id and i.number = due.number and i.owner = $2 and i.state = 'open')";
    tx.wake();
    tx.query(SQL).bind(team.as_str()).bind(owner.as_str()).bind(now_ms).execute().await?;
    Ok(())
}

/// A channel's days off are others now: its items are planned anew.
pub async fn plan_again(tx: &mut Tx, team: &TeamId, channel: &ChannelId, now_ms: i64) -> sqlx::Result<()> {
    const DAYS: &str = "update action_item set nag_day = null where team_id = $1 and channel_id = $2 and state = 'open' \
and exists (select 1 from due d where d.team_id = $1 and d.kind = 'reminder' and d.channel_id = $2 and d.number = action_item.number)";
    const DUE: &str =
        "update due set due_ms = $3, is_aside = false where team_id = $1 and channel_id = $2 and kind = 'reminder'";
    tx.wake();
    tx.query(DAYS).bind(team.as_str()).bind(channel.as_str()).execute().await?;
    tx.query(DUE).bind(team.as_str()).bind(channel.as_str()).bind(now_ms).execute().await?;
    Ok(())
}

/// How many owners were to be told something before `ms` and have not been.
pub async fn missed_owners(tx: &mut Tx, team: &TeamId, ms: i64) -> sqlx::Result<i64> {
    const SQL: &str = "select count(distinct i.owner) from due d join action_item i on i.team_id = d.team_id \
and i.channel_id = d.channel_id and i.number = d.number where d.team_id = $1 and d.kind = 'reminder' and d.due_ms < $2 \
and d.is_aside = false and i.nag_day is not null";
    tx.query(SQL).bind(team.as_str()).bind(ms).value().await
}

/// Holds back what was to be said before `ms`.
pub async fn hold(tx: &mut Tx, team: &TeamId, ms: i64, now_ms: i64) -> sqlx::Result<()> {
    const ITEMS: &str = "update action_item set nag_day = 'held' where team_id = $1 and exists (select 1 from due d \
where d.team_id = $1 and d.kind = 'reminder' and d.channel_id = action_item.channel_id and d.number = action_item.number and d.due_ms < $2)";
    const DUE: &str = "delete from due where team_id = $1 and kind = 'reminder' and due_ms < $2";
    const BRAKE: &str = "insert into brake (team_id, since_ms) values ($1, $2) on conflict (team_id) do nothing";
    tx.query(ITEMS).bind(team.as_str()).bind(ms).execute().await?;
    tx.query(DUE).bind(team.as_str()).bind(ms).execute().await?;
    tx.query(BRAKE).bind(team.as_str()).bind(now_ms).execute().await?;
    Ok(())
}

/// Lets it go on; `false` where nothing was held back.
pub async fn resume(tx: &mut Tx, team: &TeamId, now_ms: i64) -> sqlx::Result<bool> {
    const DUE: &str = "insert into due (team_id, kind, channel_id, number, due_ms) select team_id, 'reminder', channel_id, number, $2 \
from action_item where team_id = $1 and state = 'open' and nag_day = 'held' \
on conflict (team_id, kind, channel_id, number, step) do update set due_ms = excluded.due_ms";
    const ITEMS: &str =
        "update action_item set nag_day = null where team_id = $1 and state = 'open' and nag_day = 'held'";
    tx.wake();
    tx.query(DUE).bind(team.as_str()).bind(now_ms).execute().await?;
    tx.query(ITEMS).bind(team.as_str()).execute().await?;
    let gone = tx.query("delete from brake where team_id = $1").bind(team.as_str()).execute().await?;
    Ok(gone > 0)
}

/// Workspaces whose reminders were held back at a time that is still to come: the clock was put right.
pub async fn held_too_early(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Vec<TeamId>> {
    let rows: Vec<String> = tx.query("select team_id from brake where since_ms > $1").bind(now_ms).values().await?;
    Ok(ids(rows))
}

/// The channel is looked through at `due_ms`, unless it already is before.
pub async fn want_digest(tx: &mut Tx, team: &TeamId, channel: &ChannelId, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into due (team_id, kind, channel_id, due_ms) values ($1, 'digest', $2, $3) \
on conflict (team_id, kind, channel_id, number, step) \
do update set due_ms = case when due.due_ms < excluded.due_ms then due.due_ms else excluded.due_ms end";
    tx.wake();
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(due_ms).execute().await?;
    Ok(())
}

/// A channel that is to be looked through.
#[derive(Clone, Debug, FromRow)]
pub struct Digest {
    #[sqlx(try_from = "String")]
    pub team_id: TeamId,
    #[sqlx(try_from = "String")]
    pub channel_id: ChannelId,
    pub due_ms: i64,
    /// How often that failed.
    pub tries: i64,
}

impl Digest {
    /// What its row in `due` is about.
    pub fn subject(&self) -> Subject {
        Subject::digest(&self.team_id, &self.channel_id)
    }
}

/// The first channel that is to be looked through by now.
pub async fn due_digest(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Option<Digest>> {
    const SQL: &str = "select team_id, channel_id, due_ms, tries from due where kind = 'digest' and due_ms <= $1 \
and is_aside = false order by due_ms limit 1";
    tx.query(SQL).bind(now_ms).fetch_optional().await
}

/// A channel's open items that were due by `day`, the longest overdue first.
pub async fn overdue_in(tx: &mut Tx, team: &TeamId, channel: &ChannelId, day: NaiveDate) -> sqlx::Result<Vec<Item>> {
    const SQL: &str = "select * from action_item where team_id = $1 and channel_id = $2 and state = 'open' and due <> 'next' \
and replace(due, 'next:', '') < $3 order by replace(due, 'next:', ''), number";
    let after = day.succ_opt().unwrap_or(day).to_string();
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(after).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Item::try_from)))
}

/// The zone of the channel's last item.
pub async fn zone_of(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Option<String>> {
    const SQL: &str =
        "select zone from action_item where team_id = $1 and channel_id = $2 order by number desc limit 1";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).optional_value().await
}

/// Whether a channel has open items.
pub async fn any_open(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<bool> {
    const SQL: &str =
        "select exists (select 1 from action_item where team_id = $1 and channel_id = $2 and state = 'open')";
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).value().await
}
