//! What keeps trackers from taking tickets, until it is over: each trouble is told once.

use super::Tx;
use lookback_core::ids::{TeamId, UserId};
use lookback_core::model::ticket::{Place, Tracker};

/// A trouble that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is in trouble: the tracker itself (empty), its token, or a place.
    pub about: String,
    pub since_ms: i64,
    /// Who was told.
    pub told: Option<UserId>,
    /// The reasons that were told.
    pub reasons: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    about: String,
    since_ms: i64,
    told: Option<String>,
    reasons: String,
}

impl From<Row> for Trouble {
    fn from(row: Row) -> Self {
        let Row { about, since_ms, told, reasons } = row;
        // Reasons that cannot be read are told once more.
        let reasons = serde_json::from_str(&reasons).unwrap_or_default();
        Self { about, since_ms, told: told.map(UserId), reasons }
    }
}

/// What is in trouble where the token is.
pub const TOKEN: &str = "token";

/// It is in trouble, from the first time on; returns since when, and who was told.
pub async fn begin(tx: &mut Tx, team: &TeamId, tracker: Tracker, about: &str, now_ms: i64) -> sqlx::Result<Trouble> {
    const SQL: &str = "insert into tracker_trouble (team_id, tracker, about, since_ms) values ($1, $2, $3, $4) \
on conflict (team_id, tracker, about) do nothing";
    const READ: &str = "select about, since_ms, told, reasons from tracker_trouble \
where team_id = $1 and tracker = $2 and about = $3";
    tx.query(SQL).bind(team.as_str()).bind(tracker.word()).bind(about).bind(now_ms).execute().await?;
    let row: Row = tx.query(READ).bind(team.as_str()).bind(tracker.word()).bind(about).fetch_one().await?;
    Ok(row.into())
}

/// This person was told, with the reasons that stand in `trouble`.
pub async fn tell(tx: &mut Tx, team: &TeamId, tracker: Tracker, trouble: &Trouble, to: &UserId) -> sqlx::Result<()> {
    const SQL: &str =
        "update tracker_trouble set told = $4, reasons = $5 where team_id = $1 and tracker = $2 and about = $3";
    let row = tx.query(SQL).bind(team.as_str()).bind(tracker.word()).bind(&trouble.about).bind(to.as_str());
    row.bind(serde_json::to_string(&trouble.reasons).unwrap_or_default()).execute().await.map(|_| ())
}

/// The troubles of a tracker.
pub async fn all(tx: &mut Tx, team: &TeamId, tracker: Tracker) -> sqlx::Result<Vec<Trouble>> {
    const SQL: &str =
        "select about, since_ms, told, reasons from tracker_trouble where team_id = $1 and tracker = $2 order by about";
    let rows: Vec<Row> = tx.query(SQL).bind(team.as_str()).bind(tracker.word()).fetch_all().await?;
    Ok(rows.into_iter().map(Trouble::from).collect())
}

/// It is over.
pub async fn over(tx: &mut Tx, team: &TeamId, tracker: Tracker, about: &str) -> sqlx::Result<()> {
    const SQL: &str = "delete from tracker_trouble where team_id = $1 and tracker = $2 and about = $3";
    tx.query(SQL).bind(team.as_str()).bind(tracker.word()).bind(about).execute().await.map(|_| ())
}

/// The trouble of a place is over once nothing waits for it: until then a ticket that is refused again is no news.
pub async fn settle(tx: &mut Tx, team: &TeamId, place: &Place) -> sqlx::Result<()> {
    const SQL: &str = "delete from tracker_trouble where team_id = $1 and tracker = $2 and about = $3 \
and not exists (select 1 from ticket t where t.team_id = $1 and t.tracker = $2 and t.place = $3 \
and t.filing in ('to_file', 'sending', 'doubt'))";
    let row = tx.query(SQL).bind(team.as_str()).bind(place.tracker().word()).bind(place.to_string());
    row.execute().await.map(|_| ())
}
