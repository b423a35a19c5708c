//! What is to be done by itself, and when: deadlines, reminders, weekly digests, requests that wait for Slack, and
//! cleaning. One kind of row for all; messages have a table of their own (`cards.rs`).
//!
//! Only whoever sends takes these rows and marks them. Work that fails is tried again later, and set aside in the end, so
//! that nothing waits behind it.

use super::Tx;
use super::tx::Query;
use lookback_core::ids::{ChannelId, RetroId, TeamId};
use lookback_core::model::ticket::Tracker;

/// The kinds of work that is done by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Deadline,
    Reminder,
    Digest,
    Request,
    Cleaning,
    /// Something in a tracker: a kind for each, so that none waits behind another.
    Ticket(Tracker),
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Deadline,
        Self::Reminder,
        Self::Digest,
        Self::Request,
        Self::Cleaning,
        Self::Ticket(Tracker::Jira),
        Self::Ticket(Tracker::Linear),
        Self::Ticket(Tracker::GitHub),
    ];

    /// What the column `kind` holds.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Reminder => "reminder",
            Self::Digest => "digest",
            Self::Request => "request",
            Self::Cleaning => "cleaning",
            Self::Ticket(tracker) => tracker.word(),
        }
    }
}

/// The steps in a tracker, as they are stored.
pub const TICKET: &str = "ticket";
pub const POLL: &str = "poll";
pub const PLAN: &str = "plan";
pub const READING: &str = "reading";

/// What a row is about: its primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub team: TeamId,
    pub kind: Kind,
    channel: String,
    number: i64,
    step: String,
}

impl Subject {
    fn new(team: &TeamId, kind: Kind, channel: &str, number: i64, step: &str) -> Self {
        Self { team: team.clone(), kind, channel: channel.to_owned(), number, step: step.to_owned() }
    }

    /// `step` is the stored name of what happens then.
    pub fn deadline(team: &TeamId, retro: RetroId, step: &str) -> Self {
        Self::new(team, Kind::Deadline, "", retro.0, step)
    }

    pub fn reminder(team: &TeamId, channel: &ChannelId, item: i64) -> Self {
        Self::new(team, Kind::Reminder, channel.as_str(), item, "")
    }

    pub fn digest(team: &TeamId, channel: &ChannelId) -> Self {
        Self::new(team, Kind::Digest, channel.as_str(), 0, "")
    }

    /// The ticket of an item.
    pub fn ticket(team: &TeamId, tracker: Tracker, channel: &ChannelId, item: i64) -> Self {
        Self::new(team, Kind::Ticket(tracker), channel.as_str(), item, TICKET)
    }

    /// The look for tickets that were closed or changed there.
    pub fn poll(team: &TeamId, tracker: Tracker) -> Self {
        Self::new(team, Kind::Ticket(tracker), "", 0, POLL)
    }

    /// The pull request of a retro.
    pub fn plan(team: &TeamId, retro: RetroId) -> Self {
        Self::new(team, Kind::Ticket(Tracker::GitHub), "", retro.0, PLAN)
    }

    /// The reading of a release from its repository.
    pub fn reading(team: &TeamId, channel: &ChannelId, number: i64) -> Self {
        Self::new(team, Kind::Ticket(Tracker::GitHub), channel.as_str(), number, READING)
    }

    pub fn request(team: &TeamId, id: i64) -> Self {
        Self::new(team, Kind::Request, "", id, "")
    }
}

/// A statement about this row: `$1` to `$5` are what it is about.
fn about<'t>(tx: &'t mut Tx, sql: &'static str, what: &Subject) -> Query<'t> {
    let Subject { team, kind, channel, number, step } = what;
    tx.query(sql).bind(team.as_str()).bind(kind.name()).bind(channel).bind(number).bind(step)
}

/// Sets when it is due; one that was set aside is tried again.
pub async fn set(tx: &mut Tx, what: &Subject, due_ms: i64) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str = "insert into due (team_id, kind, channel_id, number, step, due_ms) values ($1, $2, $3, $4, $5, $6) \
on conflict (team_id, kind, channel_id, number, step) do update set due_ms = excluded.due_ms, tries = 0, is_aside = false";
    about(tx, SQL, what).bind(due_ms).execute().await.map(|_| ())
}

/// Sets when it is due, unless it is waiting already.
pub async fn set_if_none(tx: &mut Tx, what: &Subject, due_ms: i64) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str = "insert into due (team_id, kind, channel_id, number, step, due_ms) values ($1, $2, $3, $4, $5, $6) \
on conflict (team_id, kind, channel_id, number, step) do nothing";
    about(tx, SQL, what).bind(due_ms).execute().await.map(|_| ())
}

/// It is done: it comes again at `due_ms`, or not at all, unless somebody has moved it from `seen_ms` meanwhile.
pub async fn done(tx: &mut Tx, what: &Subject, seen_ms: i64, due_ms: Option<i64>) -> sqlx::Result<()> {
    const AGAIN: &str = "update due set due_ms = $7, tries = 0 \
where team_id = $1 and kind = $2 and channel_id = $3 and number = $4 and step = $5 and due_ms = $6";
    const GONE: &str = "delete from due \
where team_id = $1 and kind = $2 and channel_id = $3 and number = $4 and step = $5 and due_ms = $6";
    match due_ms {
        Some(due_ms) => about(tx, AGAIN, what).bind(seen_ms).bind(due_ms).execute().await.map(|_| ()),
        None => about(tx, GONE, what).bind(seen_ms).execute().await.map(|_| ()),
    }
}

/// It could not be done now: what waits behind it comes first. One that was moved to later meanwhile stays there.
pub async fn wait_until(tx: &mut Tx, what: &Subject, until_ms: i64, now_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update due set due_ms = $6 \
where team_id = $1 and kind = $2 and channel_id = $3 and number = $4 and step = $5 and due_ms <= $7";
    about(tx, SQL, what).bind(until_ms).bind(now_ms).execute().await.map(|_| ())
}

/// Sets when it is due after it failed so often.
pub async fn set_tries(tx: &mut Tx, what: &Subject, due_ms: i64, tries: i64) -> sqlx::Result<()> {
    tx.wake();
    const SQL: &str = "update due set due_ms = $6, tries = $7 \
where team_id = $1 and kind = $2 and channel_id = $3 and number = $4 and step = $5";
    about(tx, SQL, what).bind(due_ms).bind(tries).execute().await.map(|_| ())
}

/// Takes it away; `false` if somebody else did.
pub async fn clear(tx: &mut Tx, what: &Subject) -> sqlx::Result<bool> {
    const SQL: &str =
        "delete from due where team_id = $1 and kind = $2 and channel_id = $3 and number = $4 and step = $5";
    Ok(about(tx, SQL, what).execute().await? == 1)
}

/// It failed, or cannot be done yet: it comes again at `due_ms`, unless somebody has moved it from `seen_ms` meanwhile.
pub async fn put_off(tx: &mut Tx, what: &Subject, seen_ms: i64, due_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update due set due_ms = $7, tries = tries + 1 \
where team_id = $1 and kind = $2 and channel_id = $3 and number = $4 and step = $5 and due_ms = $6";
    about(tx, SQL, what).bind(seen_ms).bind(due_ms).execute().await.map(|_| ())
}

/// Sets it aside until the next start, so that nothing waits behind it, unless somebody has moved it from `seen_ms`
/// meanwhile.
pub async fn set_aside(tx: &mut Tx, what: &Subject, seen_ms: i64) -> sqlx::Result<()> {
    const SQL: &str = "update due set is_aside = true \
where team_id = $1 and kind = $2 and channel_id = $3 and number = $4 and step = $5 and due_ms = $6";
    about(tx, SQL, what).bind(seen_ms).execute().await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, timers};

    #[tokio::test]
    async fn what_was_moved_meanwhile_stays_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let deadline = Subject::deadline(&"T1".into(), RetroId(1), "close_survey");
        set(&mut tx, &deadline, 100).await.unwrap();
        set(&mut tx, &deadline, 200).await.unwrap();
        set_aside(&mut tx, &deadline, 100).await.unwrap();
        put_off(&mut tx, &deadline, 100, 900).await.unwrap();
        assert!(timers::due(&mut tx, 199).await.unwrap().is_none());
        assert_eq!(timers::due(&mut tx, 200).await.unwrap().map(|due| (due.due_ms, due.tries)), Some((200, 0)));
        set_aside(&mut tx, &deadline, 200).await.unwrap();
        assert!(timers::due(&mut tx, 200).await.unwrap().is_none());
    }
}
