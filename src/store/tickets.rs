//! The tickets of action items, and what of them is due.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::due::{self, Subject};
use super::stored::{self, Corrupt, readable};
use super::{Tx, one_row};
use lookback_core::ids::{ChannelId, RetroId, TeamId};
use lookback_core::model::ticket::{Place, Ticket, Tracker};
use lookback_core::retro::action::ticket::pace;
use lookback_core::zone::from_ms;

#[derive(FromRow)]
struct Row {
    channel_id: String,
    number: i64,
    tracker: String,
    place: String,
    filing: String,
    marker: String,
    begun_ms: Option<i64>,
    called_ms: Option<i64>,
    filed_ms: Option<i64>,
    doubts: i64,
    looks: i64,
    remote_id: Option<String>,
    standing: Option<String>,
    told: Option<String>,
    writes: i64,
    hour_ms: i64,
}

impl TryFrom<Row> for Ticket {
    type Error = Corrupt;

    fn try_from(r: Row) -> Result<Self, Corrupt> {
        let key = format!("{}, #{}", r.channel_id, r.number);
        let at = stored::Row::of("ticket", &key);
        let tracker: Tracker = at.name("tracker", &r.tracker)?;
        Ok(Self {
            place: Place::read(tracker, &r.place).ok_or_else(|| at.corrupt("place"))?,
            filing: at.name("filing", &r.filing)?,
            doubts: at.number("doubts", r.doubts)?,
            looks: at.number("looks", r.looks)?,
            stands: r.standing.as_deref().map(|word| at.name("standing", word)).transpose()?,
            told: r.told.as_deref().map(|told| at.json("told", told)).transpose()?,
            writes: at.number("writes", r.writes)?,
            channel: ChannelId(r.channel_id),
            number: r.number,
            marker: r.marker,
            begun: r.begun_ms.map(from_ms),
            called: r.called_ms.map(from_ms),
            filed: r.filed_ms.map(from_ms),
            remote: r.remote_id,
            hour: from_ms(r.hour_ms),
        })
    }
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> = tx.query("select * from ticket").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(Ticket::try_from)))
}

/// What its row in `due` is about.
pub fn subject(team: &TeamId, ticket: &Ticket) -> Subject {
    Subject::ticket(team, ticket.place.tracker(), &ticket.channel, ticket.number)
}

/// A new ticket is to be filed now; `false` where the item has one already.
pub async fn want(tx: &mut Tx, team: &TeamId, ticket: &Ticket, now_ms: i64) -> sqlx::Result<bool> {
    const SQL: &str = "insert into ticket (team_id, channel_id, number, tracker, place, filing, marker) \
values ($1, $2, $3, $4, $5, $6, $7) on conflict (team_id, channel_id, number) do nothing";
    let row = tx.query(SQL).bind(team.as_str()).bind(ticket.channel.as_str()).bind(ticket.number);
    let row = row.bind(ticket.place.tracker().word()).bind(ticket.place.to_string());
    let is_new = row.bind(stored::name(&ticket.filing)).bind(&ticket.marker).execute().await? == 1;
    if is_new {
        due::set(tx, &subject(team, ticket), now_ms).await?;
    }
    Ok(is_new)
}

/// The ticket of an item.
pub async fn of_item(tx: &mut Tx, team: &TeamId, channel: &ChannelId, number: i64) -> sqlx::Result<Option<Ticket>> {
    const SQL: &str = "select * from ticket where team_id = $1 and channel_id = $2 and number = $3";
    let row: Option<Row> =
        tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(number).fetch_optional().await?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// Saves a ticket, if its marker is still the same: it was not filed anew meanwhile.
pub async fn save(tx: &mut Tx, team: &TeamId, ticket: &Ticket) -> sqlx::Result<()> {
    const SQL: &str = "update ticket set filing = $4, begun_ms = $5, doubts = $6, looks = $7, remote_id = $8, standing = $9, \
told = $10, writes = $11, hour_ms = $12, place = $14, \
filed_ms = $15, called_ms = $16 where team_id = $1 and channel_id = $2 and number = $3 and marker = $13";
    let told = ticket.told.as_ref().and_then(|told| serde_json::to_string(told).ok());
    let ms = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_millis());
    let row = tx.query(SQL).bind(team.as_str()).bind(ticket.channel.as_str()).bind(ticket.number);
    let row = row.bind(stored::name(&ticket.filing)).bind(ms(ticket.begun)).bind(i64::from(ticket.doubts));
    let row = row.bind(i64::from(ticket.looks)).bind(&ticket.remote);
    let row = row.bind(ticket.stands.map(|state| stored::name(&state))).bind(told).bind(i64::from(ticket.writes));
    let row = row.bind(ticket.hour.timestamp_millis()).bind(&ticket.marker).bind(ticket.place.to_string());
    one_row(row.bind(ms(ticket.filed)).bind(ms(ticket.called)).execute().await?)
}

/// The item gets no ticket.
pub async fn forget(tx: &mut Tx, team: &TeamId, ticket: &Ticket) -> sqlx::Result<()> {
    const SQL: &str = "delete from ticket where team_id = $1 and channel_id = $2 and number = $3";
    tx.query(SQL).bind(team.as_str()).bind(ticket.channel.as_str()).bind(ticket.number).execute().await?;
    due::clear(tx, &subject(team, ticket)).await.map(|_| ())
}

/// What is due in a tracker.
#[derive(Clone, Debug)]
pub struct Due {
    pub tracker: Tracker,
    pub team_id: TeamId,
    pub channel_id: ChannelId,
    pub number: i64,
    /// The stored name of the step.
    pub step: String,
    pub due_ms: i64,
    /// How often it failed.
    pub tries: i64,
    /// Of a look for changes: from when on it looks; 0 for the first.
    pub since_ms: i64,
}

impl Due {
    /// What the row is about.
    pub fn subject(&self) -> Subject {
        let tracker = self.tracker;
        match self.step.as_str() {
            due::POLL => Subject::poll(&self.team_id, tracker),
            due::PLAN => Subject::plan(&self.team_id, RetroId(self.number)),
            due::READING => Subject::reading(&self.team_id, &self.channel_id, self.number),
            _ => Subject::ticket(&self.team_id, tracker, &self.channel_id, self.number),
        }
    }
}

/// The first that is due in a tracker by now.
pub async fn due(tx: &mut Tx, tracker: Tracker, now_ms: i64) -> sqlx::Result<Option<Due>> {
    const SQL: &str = "select team_id, channel_id, number, step, due_ms, tries, made_ms from due where kind = $1 and due_ms <= $2 \
and is_aside = false order by due_ms, team_id, channel_id, number, step limit 1";
    let row: Option<(String, String, i64, String, i64, i64, i64)> =
        tx.query(SQL).bind(tracker.word()).bind(now_ms).fetch_optional().await?;
    Ok(row.map(|(team, channel, number, step, due_ms, tries, made_ms)| {
        let (team_id, channel_id) = (TeamId(team), ChannelId(channel));
        Due { tracker, team_id, channel_id, number, step, due_ms, tries, since_ms: made_ms }
    }))
}

/// Looks at `due_ms` for what changed from `since_ms` on.
pub async fn poll_at(tx: &mut Tx, team: &TeamId, tracker: Tracker, since_ms: i64, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update due set due_ms = $3, made_ms = $4, tries = 0, is_aside = false \
where team_id = $1 and kind = $2 and step = 'poll'";
    let row = tx.query(SQL).bind(team.as_str()).bind(tracker.word());
    row.bind(due_ms).bind(since_ms).execute().await.map(|_| ())
}

/// A call was under way when the last run ended: nobody knows what became of it. What was refused is tried again.
pub async fn recover(tx: &mut Tx, now_ms: i64) -> sqlx::Result<()> {
    const DOUBT: &str =
        "update ticket set filing = 'doubt', doubts = doubts + 1, looks = 0 where filing = 'sending' and tracker = $1";
    const LOOK: &str = "update due set due_ms = $2, tries = 0, is_aside = false where kind = $1 and step = 'ticket' \
and exists (select 1 from ticket t where t.team_id = due.team_id and t.channel_id = due.channel_id and t.number = due.number \
and t.filing = 'sending')";
    const DUE: &str = "update due set due_ms = $1, tries = 0, is_aside = false where step = 'ticket' and due_ms > $1 \
and exists (select 1 from ticket t where t.team_id = due.team_id and t.channel_id = due.channel_id and t.number = due.number \
and t.filing = 'to_file')";
    for tracker in Tracker::ALL {
        let wait = pace::look_after(tracker, 0).map_or(0, |wait| wait.num_milliseconds());
        tx.query(LOOK).bind(tracker.word()).bind(now_ms + wait).execute().await?;
        tx.query(DOUBT).bind(tracker.word()).execute().await?;
    }
    tx.query(DUE).bind(now_ms).execute().await.map(|_| ())
}

/// After a time that the database knows nothing of: what is still to be filed may be there already. It is looked for first.
pub async fn doubt_unfiled(tx: &mut Tx) -> sqlx::Result<()> {
    const DUE: &str = "update due set due_ms = 0, tries = 0, is_aside = false where step = 'ticket' \
and exists (select 1 from ticket t where t.team_id = due.team_id and t.channel_id = due.channel_id and t.number = due.number \
and t.filing = 'to_file')";
    // When the newer copy called is not known.
    const SQL: &str =
        "update ticket set filing = 'doubt', doubts = doubts + 1, looks = 0, called_ms = null where filing = 'to_file'";
    tx.query(DUE).execute().await?;
    tx.query(SQL).execute().await.map(|_| ())
}

/// Tickets with this id there: a webhook or an answer names them.
pub async fn of_remote(tx: &mut Tx, tracker: Tracker, remote: &str) -> sqlx::Result<Vec<(TeamId, ChannelId, i64)>> {
    const SQL: &str = "select team_id, channel_id, number from ticket where tracker = $1 and remote_id = $2 \
order by team_id, channel_id, number";
    let rows: Vec<(String, String, i64)> = tx.query(SQL).bind(tracker.word()).bind(remote).fetch_all().await?;
    Ok(rows.into_iter().map(|(team, channel, number)| (TeamId(team), ChannelId(channel), number)).collect())
}

/// A filed ticket as it was last seen.
#[derive(Clone, Debug)]
pub struct Known {
    pub ticket: Ticket,
    pub key: String,
    pub url: String,
}

#[derive(FromRow)]
struct KnownRow {
    #[sqlx(flatten)]
    ticket: Row,
    ticket_key: Option<String>,
    ticket_url: Option<String>,
}

/// Filed tickets whose item is open, or was closed after `since_ms`.
pub async fn to_read(tx: &mut Tx, team: &TeamId, tracker: Tracker, since_ms: i64) -> sqlx::Result<Vec<Known>> {
    const SQL: &str = "select t.*, i.ticket_key, i.ticket_url from ticket t join action_item i on i.team_id = t.team_id and i.channel_id = t.channel_id \
and i.number = t.number where t.team_id = $1 and t.tracker = $2 and t.filing = 'filed' and (i.state = 'open' or i.closed_ms >= $3) \
order by t.channel_id, t.number";
    let rows: Vec<KnownRow> = tx.query(SQL).bind(team.as_str()).bind(tracker.word()).bind(since_ms).fetch_all().await?;
    let known = |row: KnownRow| {
        let (key, url) = (row.ticket_key.unwrap_or_default(), row.ticket_url.unwrap_or_default());
        Ok(Known { ticket: Ticket::try_from(row.ticket)?, key, url })
    };
    Ok(readable(rows.into_iter().map(known)))
}

/// The tickets of a channel that are not there yet, as far as is known.
pub async fn untouched(tx: &mut Tx, team: &TeamId, channel: &ChannelId) -> sqlx::Result<Vec<Ticket>> {
    const SQL: &str =
        "select * from ticket where team_id = $1 and channel_id = $2 and filing = 'to_file' order by number";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).fetch_all().await?;
    Ok(readable(rows.into_iter().map(Ticket::try_from)))
}

/// How many items wait for their ticket in a tracker.
pub async fn waiting(tx: &mut Tx, team: &TeamId, tracker: Tracker) -> sqlx::Result<i64> {
    const SQL: &str =
        "select count(*) from ticket where team_id = $1 and tracker = $2 and filing in ('to_file', 'sending', 'doubt')";
    tx.query(SQL).bind(team.as_str()).bind(tracker.word()).value().await
}

/// How many of them wait for one in this place.
pub async fn waiting_in(tx: &mut Tx, team: &TeamId, tracker: Tracker, place: &str) -> sqlx::Result<i64> {
    const SQL: &str = "select count(*) from ticket where team_id = $1 and tracker = $2 and place = $3 \
and filing in ('to_file', 'sending', 'doubt')";
    tx.query(SQL).bind(team.as_str()).bind(tracker.word()).bind(place).value().await
}

/// Whether items of a retro wait for their ticket.
pub async fn any_waiting_of(tx: &mut Tx, team: &TeamId, retro: RetroId) -> sqlx::Result<bool> {
    const SQL: &str = "select exists (select 1 from ticket t join action_item i on i.team_id = t.team_id \
and i.channel_id = t.channel_id and i.number = t.number where t.team_id = $1 and i.retro_id = $2 \
and t.filing in ('to_file', 'sending', 'doubt'))";
    tx.query(SQL).bind(team.as_str()).bind(retro.0).value().await
}

/// The filed tickets of a channel's open items that are due before its next release are looked at now: it has a day.
pub async fn look_at_next_release(tx: &mut Tx, team: &TeamId, channel: &ChannelId, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "insert into due (team_id, kind, channel_id, number, step, due_ms) \
select t.team_id, t.tracker, t.channel_id, t.number, 'ticket', $3 from ticket t join action_item i on i.team_id = t.team_id \
and i.channel_id = t.channel_id and i.number = t.number where t.team_id = $1 and t.channel_id = $2 and t.filing = 'filed' \
and i.state = 'open' and i.due like 'next%' \
on conflict (team_id, kind, channel_id, number, step) do update set due_ms = excluded.due_ms, tries = 0, is_aside = false";
    tx.wake();
    tx.query(SQL).bind(team.as_str()).bind(channel.as_str()).bind(now_ms).execute().await.map(|_| ())
}

/// The pull request of a retro's plan.
pub async fn plan_request(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Option<String>> {
    tx.query("select url from plan_request where retro_id = $1").bind(retro.0).optional_value().await
}

/// Remembers it; `false` where it is known already.
pub async fn keep_plan_request(tx: &mut Tx, retro: RetroId, url: &str) -> sqlx::Result<bool> {
    const SQL: &str = "insert into plan_request (retro_id, url) values ($1, $2) \
on conflict (retro_id) do update set url = excluded.url where plan_request.url <> excluded.url";
    Ok(tx.query(SQL).bind(retro.0).bind(url).execute().await? == 1)
}
