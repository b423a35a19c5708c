//! How much there is of everything, for `/metrics`. Nobody is named.

use super::Tx;
use super::due::Kind;

/// Rows by a word, such as retros by phase.
pub type ByWord = Vec<(String, i64)>;

/// Retros by phase.
pub async fn retros(tx: &mut Tx) -> sqlx::Result<ByWord> {
    tx.query("select phase, count(*) from retro group by phase").fetch_all().await
}

/// Messages that are on their way, by state: `waiting`, `sending`, `doubt`, `dead`, `aside` (cannot be read or worded) and
/// `parked` (their channel takes none).
pub async fn messages(tx: &mut Tx) -> sqlx::Result<ByWord> {
    const SQL: &str = "select 'waiting', count(*) from card where wanted > sent and state = 'idle' and is_aside = false \
union all select 'sending', count(*) from card where state = 'sending' union all select 'doubt', count(*) from card where state = 'doubt' \
union all select 'dead', count(*) from card where state = 'dead' union all select 'aside', count(*) from card where wanted > sent and is_aside = true \
union all select 'parked', count(*) from card c where c.wanted > c.sent and c.state = 'idle' and c.ts is null \
and exists (select 1 from parked_lane p where p.team_id = c.team_id and p.lane = c.lane)";
    tx.query(SQL).fetch_all().await
}

/// Work whose time has come, by kind.
pub async fn due(tx: &mut Tx, now_ms: i64) -> sqlx::Result<ByWord> {
    const SQL: &str = "select kind, count(*) from due where due_ms <= $1 and is_aside = false group by kind";
    let counted: ByWord = tx.query(SQL).bind(now_ms).fetch_all().await?;
    Ok(of_each_kind(&counted))
}

/// Work that failed again and again and waits for the next start, by kind.
pub async fn aside(tx: &mut Tx) -> sqlx::Result<ByWord> {
    const SQL: &str = "select kind, count(*) from due where is_aside = true group by kind";
    let counted: ByWord = tx.query(SQL).fetch_all().await?;
    Ok(of_each_kind(&counted))
}

/// A figure that is nought is a figure too.
fn of_each_kind(counted: &ByWord) -> ByWord {
    let count = |kind: Kind| counted.iter().find(|(name, _)| name == kind.name()).map_or(0, |(_, count)| *count);
    Kind::ALL.map(|kind| (kind.name().to_owned(), count(kind))).into()
}
