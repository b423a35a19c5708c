//! Messages on their way: one row each, with the revision wanted and the revision sent.
//!
//! A row is `idle` (to be sent once `wanted > sent`), `sending` (a call is under way, or was when the
//! process died), `doubt` (it may have arrived: somebody has to look) or `dead` (refused for good). What stands in the
//! lane of a channel that takes no messages waits with it (`parked.rs`).

use sqlx::FromRow;

use super::stored::{self, Corrupt, readable};
use super::{Tx, one_row, parked, replies};
use lookback_core::ids::{ChannelId, RetroId, TeamId, UserId};
use lookback_core::retro::message::{Content, Wanted, Way};

/// One message.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub team: TeamId,
    /// Derived from what it is about, so that making it again finds it.
    pub key: String,
    /// What it shows or carries.
    pub content: Content,
    /// A reply's words as JSON.
    pub body: Option<String>,
    /// Messages of a lane leave in order, one at a time: a channel, or a person.
    pub lane: String,
    /// The revision that is wanted.
    pub wanted: i64,
    /// Tries since the last success.
    pub attempts: i64,
    /// When the last call began, in milliseconds.
    pub started_ms: Option<i64>,
    /// Looks into the history since it is in doubt.
    pub looks: i64,
    /// Blocks were refused: send the text alone.
    pub plain: bool,
    /// Its Slack id, once posted.
    pub ts: Option<String>,
    /// The channel it was posted in.
    pub posted_in: Option<ChannelId>,
    /// The uploaded file, before it is shared.
    pub file_id: Option<String>,
    /// A mark of what it shows, where that is known.
    pub shown: Option<String>,
    /// When it was first wanted, in milliseconds.
    pub made_ms: i64,
    /// From when on it may go, in milliseconds.
    pub due_ms: i64,
}

#[derive(FromRow)]
pub(super) struct Row {
    #[sqlx(try_from = "String")]
    team_id: TeamId,
    key: String,
    what: String,
    body: Option<String>,
    lane: String,
    wanted: i64,
    attempts: i64,
    started_ms: Option<i64>,
    looks: i64,
    is_plain: bool,
    ts: Option<String>,
    posted_in: Option<String>,
    file_id: Option<String>,
    shown: Option<String>,
    made_ms: i64,
    due_ms: i64,
}

impl Row {
    fn outgoing(self) -> Result<Outgoing, Corrupt> {
        Ok(Outgoing {
            content: stored::Row::of("card", &kind_and_id(&self.key)).json("what", &self.what)?,
            team: self.team_id,
            key: self.key,
            body: self.body,
            lane: self.lane,
            wanted: self.wanted,
            attempts: self.attempts,
            started_ms: self.started_ms,
            looks: self.looks,
            plain: self.is_plain,
            ts: self.ts,
            posted_in: self.posted_in.map(ChannelId),
            file_id: self.file_id,
            shown: self.shown,
            made_ms: self.made_ms,
            due_ms: self.due_ms,
        })
    }
}

/// Wants one more revision of a message; makes its row at the first time. A refused post stays
/// refused, an update of it that was refused is tried again.
pub async fn want(tx: &mut Tx, team: &TeamId, w: &Wanted, now_ms: i64) -> sqlx::Result<()> {
    if matches!(w.content, Content::Reply(_)) && replies::was_said(tx, team, &w.key).await? {
        return Ok(());
    }
    tx.wake();
    // A new one is due at once, whatever the clocks of other processes say. A change waits from now on.
    const SQL: &str = "insert into card (team_id, key, what, body, retro_id, lane, priority, wanted, sent, state, attempts, due_ms, looks, is_plain, made_ms, \
parent, way) values ($1, $2, $3, $4, $5, $6, $7, 1, 0, 'idle', 0, 0, 0, false, $8, $9, $10) on conflict (team_id, key) do update set wanted = card.wanted + 1, is_aside = false, \
what = case when card.is_aside = true then excluded.what else card.what end, \
due_ms = case when card.state = 'idle' and card.attempts = 0 then $8 else card.due_ms end, \
is_plain = case when card.state = 'idle' and card.attempts = 0 then false else card.is_plain end, \
state = case when card.state = 'dead' and (card.ts is not null or card.key like 'home/%') then 'idle' else card.state end returning wanted";
    let content = serde_json::to_string(&w.content).unwrap_or_default();
    let parent = match &w.content {
        Content::Card(card) => card.route().under.map(|parent| parent.key()),
        Content::Reply(_)
        | Content::Home(_)
        | Content::Reminder { .. }
        | Content::Assignment { .. }
        | Content::Chart { .. }
        | Content::File { .. } => None,
    };
    let wanted: i64 = tx
        .query(SQL)
        .bind(team.as_str())
        .bind(&w.key)
        .bind(content)
        .bind(&w.body)
        .bind(w.retro.map(|r| r.0))
        .bind(&w.lane)
        .bind(w.content.priority().number())
        .bind(now_ms)
        .bind(parent)
        .bind(w.content.way().name())
        .value()
        .await?;
    if wanted == 1 && w.content.way() == Way::Post && w.content.dm_user().is_none() {
        parked::try_now(tx, team, &w.lane, now_ms).await?;
    }
    Ok(())
}

/// A key without people: whom a message is for does not belong in a log.
fn kind_and_id(key: &str) -> String {
    let is_number = |part: &&str| part.chars().all(|c| c.is_ascii_digit());
    let mut parts = key.split('/');
    let kind = parts.next().unwrap_or_default();
    parts.next().filter(is_number).map_or_else(|| kind.to_owned(), |id| format!("{kind}/{id}"))
}

/// Messages that were looked for.
#[derive(Debug, Default)]
pub struct Found {
    pub rows: Vec<Outgoing>,
    /// The keys of those that cannot: to be set aside.
    pub unreadable: Vec<(TeamId, String)>,
}

impl From<Vec<Row>> for Found {
    fn from(rows: Vec<Row>) -> Self {
        let mut found = Self::default();
        for row in rows {
            let (team, key) = (row.team_id.clone(), row.key.clone());
            match row.outgoing() {
                Ok(row) => found.rows.push(row),
                Err(corrupt) => {
                    stored::log(&corrupt);
                    found.unreadable.push((team, key));
                }
            }
        }
        found
    }
}

/// Sets a message aside: nothing waits behind it.
pub async fn set_aside(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<()> {
    const SQL: &str = "update card set is_aside = true, state = case when state = 'sending' then 'idle' else state end \
where team_id = $1 and key = $2";
    tx.query(SQL).bind(team.as_str()).bind(key).execute().await?;
    Ok(())
}

/// A message could not be worded: it is tried again at `due_ms`.
pub async fn put_off(tx: &mut Tx, o: &Outgoing, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str =
        "update card set attempts = attempts + 1, due_ms = $3 where team_id = $1 and key = $2 and state = 'idle'";
    tx.query(SQL).bind(o.team.as_str()).bind(&o.key).bind(due_ms).execute().await?;
    Ok(())
}

/// Rows that cannot be read.
pub async fn unreadable(tx: &mut Tx) -> sqlx::Result<Vec<Corrupt>> {
    let rows: Vec<Row> = tx.query("select * from card").fetch_all().await?;
    Ok(stored::unreadable(rows.into_iter().map(Row::outgoing)))
}

/// One message by its key; one that cannot be read is as good as none.
pub async fn by_key(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<Option<Outgoing>> {
    const SQL: &str = "select * from card where team_id = $1 and key = $2";
    let row: Option<Row> = tx.query(SQL).bind(team.as_str()).bind(key).fetch_optional().await?;
    Ok(readable(row.map(Row::outgoing)).pop())
}

/// Whether nothing should wait for a message: it was refused for good or set aside, or there was nothing to say.
pub async fn will_not_come(tx: &mut Tx, team: &TeamId, key: &str) -> sqlx::Result<bool> {
    const SQL: &str = "select count(*) from card where team_id = $1 and key = $2 and ts is null \
and (state = 'dead' or is_aside = true or (state = 'idle' and sent >= wanted))";
    let n: i64 = tx.query(SQL).bind(team.as_str()).bind(key).value().await?;
    Ok(n > 0)
}

/// Claims a message for sending: written before the call, so that a crash leaves a trace. What it shows is not known
/// from then on, until the call is confirmed.
pub async fn claim(tx: &mut Tx, o: &Outgoing, now_ms: i64) -> sqlx::Result<bool> {
    const SQL: &str = "update card set state = 'sending', attempts = attempts + 1, started_ms = $4, looks = 0, shown = null \
where team_id = $1 and key = $2 and state = 'idle' and wanted = $3";
    let done = tx.query(SQL).bind(o.team.as_str()).bind(&o.key).bind(o.wanted).bind(now_ms).execute().await?;
    Ok(done == 1)
}

/// It arrived (or needs no sending any more): `sent` is the revision that was rendered, `shown` a mark of it where
/// it is known.
pub async fn mark_sent(
    tx: &mut Tx,
    o: &Outgoing,
    ts: Option<&str>,
    posted_in: Option<&ChannelId>,
    shown: Option<&str>,
) -> sqlx::Result<()> {
    if matches!(o.content, Content::Reply(_)) {
        return replies::sent(tx, &o.team, &o.key, &o.lane, o.made_ms).await;
    }
    const SQL: &str = "update card set state = 'idle', attempts = 0, looks = 0, sent = $3, ts = coalesce($4, ts), \
posted_in = coalesce($5, posted_in), shown = $6, body = null, error = null, due_ms = 0 where team_id = $1 and key = $2 and state in ('sending', 'doubt')";
    let done = tx
        .query(SQL)
        .bind(o.team.as_str())
        .bind(&o.key)
        .bind(o.wanted)
        .bind(ts)
        .bind(posted_in.map(ChannelId::as_str))
        .bind(shown)
        .execute()
        .await?;
    one_row(done)?;
    if ts.is_some() { parked::unpark(tx, &o.team, &o.lane).await } else { Ok(()) }
}

/// It was taken out of the channel; wanted again it is posted anew.
pub async fn mark_gone(tx: &mut Tx, o: &Outgoing) -> sqlx::Result<()> {
    const SQL: &str = "update card set state = 'idle', attempts = 0, looks = 0, sent = $3, ts = null, shown = null, \
error = null, due_ms = 0 where team_id = $1 and key = $2 and state in ('sending', 'doubt')";
    let done = tx.query(SQL).bind(o.team.as_str()).bind(&o.key).bind(o.wanted).execute().await?;
    one_row(done)
}

/// What becomes of a message that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again from `due_ms`; `counted` says whether it was a failure of ours.
    Again {
        due_ms: i64,
        counted: bool,
    },
    /// As [`Next::Again`], with the text alone.
    Plain {
        due_ms: i64,
    },
    /// As [`Next::Again`], as a new message.
    Anew {
        due_ms: i64,
    },
    /// Look into the history from `due_ms`.
    Doubt {
        due_ms: i64,
        looks: i64,
    },
    /// The channel refuses: its lane waits from `now_ms` on, and is tried again at `due_ms`.
    Parked {
        now_ms: i64,
        due_ms: i64,
    },
    Dead,
}

/// Saves what became of a message; `error` is a code, never a body.
pub async fn mark(tx: &mut Tx, o: &Outgoing, next: &Next, error: &str) -> sqlx::Result<()> {
    const SQL: &str = "update card set state = $3, due_ms = $4, looks = $5, attempts = case when $6 then attempts else 0 end, \
is_plain = case when $7 then true else is_plain end, ts = case when $8 then null else ts end, \
file_id = case when $8 then null else file_id end, error = $9, body = case when $3 = 'dead' then null else body end \
where team_id = $1 and key = $2 and state in ('sending', 'doubt')";
    let (state, due, looks, counted, plain, anew) = match next {
        Next::Again { due_ms, counted } => ("idle", *due_ms, 0, *counted, false, false),
        Next::Plain { due_ms } => ("idle", *due_ms, 0, true, true, false),
        Next::Anew { due_ms } => ("idle", *due_ms, 0, true, false, true),
        Next::Doubt { due_ms, looks } => ("doubt", *due_ms, *looks, true, false, false),
        Next::Parked { now_ms, due_ms } => {
            parked::park(tx, &o.team, &o.lane, error, *now_ms, *due_ms).await?;
            ("idle", 0, 0, false, false, false)
        }
        Next::Dead => ("dead", 0, 0, true, false, false),
    };
    let done = tx
        .query(SQL)
        .bind(o.team.as_str())
        .bind(&o.key)
        .bind(state)
        .bind(due)
        .bind(looks)
        .bind(counted)
        .bind(plain)
        .bind(anew)
        .bind(error)
        .execute()
        .await?;
    one_row(done)
}

/// A message whose words go another way.
pub async fn forget(tx: &mut Tx, o: &Outgoing) -> sqlx::Result<()> {
    const SQL: &str = "delete from card where team_id = $1 and key = $2";
    tx.query(SQL).bind(o.team.as_str()).bind(&o.key).execute().await?;
    Ok(())
}

/// The file is uploaded, and about to be shared.
pub async fn set_file(tx: &mut Tx, o: &Outgoing, file_id: &str) -> sqlx::Result<()> {
    const SQL: &str = "update card set file_id = $3 where team_id = $1 and key = $2 and state in ('sending', 'doubt')";
    let done = tx.query(SQL).bind(o.team.as_str()).bind(&o.key).bind(file_id).execute().await?;
    one_row(done)
}

/// Answers to what people asked after `since_ms`: the only messages that leave while the database is frozen.
pub async fn answers(tx: &mut Tx, team: &TeamId, since_ms: i64, now_ms: i64) -> sqlx::Result<Found> {
    const SQL: &str = "select * from card where team_id = $1 and state = 'idle' and wanted > sent and is_aside = false \
and due_ms <= $3 and key like 'reply/%' and made_ms >= $2 order by made_ms, key limit 64";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(since_ms).bind(now_ms).fetch_all().await?;
    Ok(rows.into())
}

/// Who was asked about withheld words.
pub async fn asked_to_share(tx: &mut Tx, retro: RetroId) -> sqlx::Result<Vec<UserId>> {
    const SQL: &str = "select lane from card where retro_id = $1 and key like 'share/%' order by lane";
    let users: Vec<String> = tx.query(SQL).bind(retro.0).values().await?;
    Ok(users.into_iter().map(UserId).collect())
}

/// Forgets who was asked about withheld words, once these messages show their final text. Returns how many
/// do not show it yet.
pub async fn forget_shares(tx: &mut Tx, retro: RetroId) -> sqlx::Result<i64> {
    const FORGET: &str = "delete from card where retro_id = $1 and key like 'share/%' \
and (state = 'dead' or is_aside = true or state = 'idle' and sent >= wanted)";
    const LEFT: &str = "select count(*) from card where retro_id = $1 and key like 'share/%'";
    tx.query(FORGET).bind(retro.0).execute().await?;
    tx.query(LEFT).bind(retro.0).value().await
}
