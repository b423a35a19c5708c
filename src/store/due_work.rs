//! What the engine has to do, in one question: it is asked after every commit.

use super::Tx;
use lookback_core::model::ticket::Tracker;

/// What is due now, and when to look again, in milliseconds. The `next` fields leave out work that is due already
/// but waits for something other than time: its lane, its parent or its pace.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DueWork {
    /// The first deadline, past or to come.
    pub timer: Option<i64>,
    /// The first action item to be looked at, past or to come.
    pub reminder: Option<i64>,
    /// The first channel to be looked through for what is long overdue.
    pub digest: Option<i64>,
    /// A request that waits for Slack is due.
    pub job: bool,
    pub next_job: Option<i64>,
    /// The file is to be cleaned.
    pub scrub: bool,
    pub next_scrub: Option<i64>,
    /// The first that is due in Jira, Linear and GitHub, past or to come.
    pub jira: Option<i64>,
    pub linear: Option<i64>,
    pub github: Option<i64>,
    /// A message can be sent, or must be looked for.
    pub message: bool,
    pub next_message: Option<i64>,
}

impl DueWork {
    /// The first that is due in a tracker, past or to come.
    pub fn in_tracker(&self, tracker: Tracker) -> Option<i64> {
        match tracker {
            Tracker::Jira => self.jira,
            Tracker::Linear => self.linear,
            Tracker::GitHub => self.github,
        }
    }
}

const WORK: &str = "select (select min(due_ms) from due where kind = 'deadline' and is_aside = false) as timer, \
(select min(due_ms) from due where kind = 'reminder' and is_aside = false) as reminder, \
(select min(due_ms) from due where kind = 'digest' and is_aside = false) as digest, \
(select min(due_ms) from due where kind = 'jira' and is_aside = false) as jira, \
(select min(due_ms) from due where kind = 'linear' and is_aside = false) as linear, \
(select min(due_ms) from due where kind = 'github' and is_aside = false) as github, \
exists (select 1 from due where kind = 'request' and due_ms <= $1 and is_aside = false) as job, \
(select min(due_ms) from due where kind = 'request' and due_ms > $1 and is_aside = false) as next_job, \
exists (select 1 from due where kind = 'cleaning' and due_ms <= $1 and is_aside = false) as scrub, \
(select min(due_ms) from due where kind = 'cleaning' and due_ms > $1 and is_aside = false) as next_scrub, \
exists (select 1 from card where is_aside = false and wanted > sent and state = 'idle' and due_ms <= $1 and (ts is not null or not exists \
(select 1 from parked_lane p where p.team_id = card.team_id and p.lane = card.lane and p.due_ms > $1))) \
or exists (select 1 from card where is_aside = false and state = 'doubt' and due_ms <= $1) as message, \
(select min(due_ms) from (select min(due_ms) as due_ms from card where is_aside = false and wanted > sent and state = 'idle' and due_ms > $1 \
union all select min(due_ms) from card where is_aside = false and state = 'doubt' and due_ms > $1 \
union all select min(due_ms) from parked_lane where due_ms > $1) c) as next_message";

/// Looks for it.
pub async fn due_work(tx: &mut Tx, now_ms: i64) -> sqlx::Result<DueWork> {
    tx.query(WORK).bind(now_ms).fetch_one().await
}

/// What was set aside is tried again.
pub async fn try_again(tx: &mut Tx) -> sqlx::Result<()> {
    const ALL: [&str; 2] = [
        "update due set is_aside = false, tries = 0 where is_aside = true",
        "update card set is_aside = false, attempts = 0 where is_aside = true",
    ];
    for sql in ALL {
        tx.query(sql).execute().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, jobs, notes, ready};

    /// How SQLite would read the rows.
    async fn plan(tx: &mut Tx, sql: &str) -> sqlx::Result<String> {
        let sql = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
        let rows: Vec<(i64, i64, i64, String)> =
            tx.query(sql).bind(1_i64).bind(1_i64).bind(1_i64).bind(1_i64).fetch_all().await.unwrap();
        Ok(rows.into_iter().map(|(.., step)| step).collect::<Vec<_>>().join("\n"))
    }

    #[tokio::test]
    async fn what_was_sent_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
        let mut tx = store.read().await.unwrap();
        // Each looks at the notes of one person, or of one theme.
        for sql in [notes::MINE, notes::FILE, notes::HIDE] {
            let steps = plan(&mut tx, sql).await.unwrap();
            assert!(!steps.contains("SCAN n") && !steps.contains("SCAN o"), "{steps}");
        }
        // Only the indexes of what waits are read, each at its beginning.
        let work = plan(&mut tx, WORK).await.unwrap();
        assert!(work.contains("card_waiting") && !work.contains("SCAN card"), "{work}");
        assert!(work.contains("due_next") && !work.contains("SCAN due"), "{work}");
        let request = plan(&mut tx, jobs::DUE).await.unwrap();
        assert!(request.contains("due_request") && !request.contains("TEMP B-TREE"), "{request}");
        // However much waits, the first of it is found in order, and from lane to lane.
        for sql in [ready::NEW, ready::CHANGES] {
            let ready = plan(&mut tx, sql).await.unwrap();
            assert!(ready.contains("_order (team_id=?") && ready.contains("_line (team_id=?"), "{ready}");
            assert!(!ready.contains("SEARCH c USING PRIMARY KEY") && !ready.contains("card_waiting"), "{ready}");
        }
    }
}
