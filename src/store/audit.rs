//! What the database still knows of who wrote what, counted and never shown.

use sqlx::FromRow;

use super::Tx;

/// One anonymous retro.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Anonymous {
    pub version: String,
    pub channel_id: String,
    pub phase: String,
    /// Its words are withheld until then.
    pub withheld_ms: Option<i64>,
    /// Sealed sheets.
    pub sheets: i64,
    pub notes: i64,
    /// Notes with an author: shared with a name, as their author chose.
    pub named: i64,
    /// Whether the file is still to be cleaned.
    pub scrubs: i64,
}

/// Every anonymous retro, the newest first.
pub async fn anonymous(tx: &mut Tx) -> sqlx::Result<Vec<Anonymous>> {
    const SQL: &str = "select r.version, r.channel_id, r.phase, r.withheld_ms, \
(select count(*) from sheet s where s.retro_id = r.id) as sheets, \
(select count(*) from note n where n.retro_id = r.id) as notes, \
(select count(*) from note n where n.retro_id = r.id and n.author is not null) as named, \
(select count(*) from due c where c.kind = 'cleaning' and c.number = r.id) as scrubs \
from retro r where r.is_anonymous = true order by r.started_ms desc, r.id";
    tx.query(SQL).fetch_all().await
}

/// Rows of one kind that tell, or could tell, who wrote what.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Trace {
    /// Its table.
    pub place: String,
    /// What the rows hold, in words.
    pub what: String,
    pub rows: i64,
    /// Since when the oldest is there: milliseconds since 1970.
    pub since_ms: i64,
}

/// Every such row, judged as of `now_ms`, when a server last ran. There should be none.
pub async fn traces(tx: &mut Tx, now_ms: i64) -> sqlx::Result<Vec<Trace>> {
    let kinds = of_retros().into_iter().chain(of_deliveries(now_ms));
    let sql = kinds.map(|kind| kind.sql()).collect::<Vec<_>>().join(" union all ");
    tx.query(sqlx::AssertSqlSafe(sql.clone())).fetch_all().await
}

/// How many kinds of rows [`traces`] looks for.
pub const KINDS: usize = 9 + 7;

/// One kind of rows to look for: `x` is the row, `r` its retro.
struct Kind {
    place: &'static str,
    what: &'static str,
    since: &'static str,
    from: &'static str,
    of: String,
}

impl Kind {
    fn new(place: &'static str, what: &'static str, since: &'static str, of: impl Into<String>) -> Self {
        Self { place, what, since, from: place, of: of.into() }
    }

    /// The rows of something else than the table that is named.
    fn from(self, from: &'static str) -> Self {
        Self { from, ..self }
    }

    fn sql(&self) -> String {
        let Self { place, what, since, from, of } = self;
        format!(
            "select '{place}' as place, '{what}' as what, count(*) as rows, min({since}) as since_ms from {from} x {} \
where {of} having count(*) > 0",
            if of.contains("r.") { "join retro r on r.id = x.retro_id" } else { "" }
        )
    }
}

fn of_retros() -> [Kind; 9] {
    const BEGUN: &str = "r.started_ms";
    const OPEN: &str = "r.is_anonymous = true and r.phase = 'collecting'";
    // The answers are mixed, or are never to be read.
    const OVER: &str = "r.is_anonymous = true and r.phase not in ('collecting', 'cancelled') and r.withheld_ms is null";
    [
        Kind::new("answer", "answers of an earlier version that can be read", BEGUN, "r.is_anonymous = true"),
        Kind::new("sheet", "sealed sheets of a survey that is over", BEGUN, OVER),
        Kind::new(
            "sheet",
            "surveys whose sealed sheets differ in length",
            BEGUN,
            "r.is_anonymous = true and x.low <> x.high",
        )
        .from(LENGTHS),
        Kind::new(
            "sheet",
            "surveys that have fewer sealed sheets than people asked",
            BEGUN,
            format!("{OPEN} and {FEWER}"),
        )
        .from("(select id as retro_id from retro)"),
        Kind::new("survey_key", "keys of a survey that is over", BEGUN, format!("{OVER} and x.is_doomed = false")),
        Kind::new(
            "participant",
            "marks of who wrote, in a survey that is over",
            BEGUN,
            format!("{OVER} and x.answer in ('written', 'nothing')"),
        ),
        Kind::new(
            "note",
            "notes that name their author while the survey is open",
            BEGUN,
            format!("{OPEN} and x.author is not null and x.link is null"),
        ),
        Kind::new(
            "vote",
            "votes that still name the voter outside the meeting",
            BEGUN,
            "r.is_anonymous = true and r.phase <> 'meeting'",
        ),
        Kind::new(
            "card",
            "DMs that asked authors about withheld words, though that is settled",
            "x.made_ms",
            format!(
                "x.key like 'share/%' and {OVER} and not exists (select 1 from due s where s.kind = 'cleaning' and s.number = r.id)"
            ),
        ),
    ]
}

fn of_deliveries(now_ms: i64) -> [Kind; 7] {
    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    [
        Kind::new(
            "card",
            "replies of the bot that were sent, with who got them and when",
            SENT,
            "x.key like 'reply/%' and x.state = 'idle' and x.sent >= x.wanted",
        ),
        Kind::new(
            "card",
            "replies of the bot that Slack refused, older than a week",
            SENT,
            format!("x.key like 'reply/%' and x.state = 'dead' and {SENT} < {}", now_ms - 9 * DAY),
        ),
        Kind::new(
            "due",
            "waiting commands that are not sealed",
            "x.made_ms",
            "x.kind = 'request' and x.sealed is null",
        ),
        Kind::new(
            "inbox",
            "deliveries from Slack with their exact time, not only their day",
            "x.at_ms",
            format!("x.at_ms % {DAY} <> 0"),
        ),
        Kind::new(
            "inbox",
            "deliveries that are older than three days",
            "x.at_ms",
            format!("x.at_ms < {}", now_ms - 5 * DAY),
        ),
        Kind::new(
            "inbox",
            "deliveries that hold the reply to a note without an author",
            "x.at_ms",
            "x.reply like '%without your name%'",
        ),
        Kind::new(
            "edit",
            "words of edited messages that are older than an hour",
            "x.at_ms",
            format!("x.body is not null and x.at_ms < {}", now_ms - 2 * HOUR),
        ),
    ]
}

const SENT: &str = "coalesce(x.started_ms, x.made_ms)";
const LENGTHS: &str =
    "(select retro_id, min(length(body)) as low, max(length(body)) as high from sheet group by retro_id)";
const FEWER: &str = "(select count(*) from sheet y where y.retro_id = r.id) < (select count(*) from participant y where y.retro_id = r.id)";

/// The texts of anonymous retros that have no author.
pub async fn nameless(tx: &mut Tx) -> sqlx::Result<Vec<String>> {
    const SQL: &str =
        "select n.body from note n join retro r on r.id = n.retro_id where r.is_anonymous = true and n.author is null";
    tx.query(SQL).values().await
}

/// People with texts that stand beside their name rightly.
pub async fn named(tx: &mut Tx) -> sqlx::Result<Vec<(String, String)>> {
    const SQL: &str = "select author, body from note where author is not null union select to_user, body from kudos";
    tx.query(SQL).fetch_all().await
}

/// Everybody who is known.
pub async fn people(tx: &mut Tx) -> sqlx::Result<Vec<String>> {
    tx.query("select user_id from person").values().await
}

/// The keys of surveys that are over, of which a server tried to destroy the files.
pub async fn doomed(tx: &mut Tx) -> sqlx::Result<Vec<String>> {
    const SQL: &str = "select k.file from survey_key k join due s on s.number = k.retro_id \
where s.kind = 'cleaning' and k.is_doomed = true and s.due_ms > 0";
    tx.query(SQL).values().await
}
