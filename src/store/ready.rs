//! Which messages may leave now, at a cost that does not grow with what waits.
//!
//! In each lane, one message is next. Two searches find the lanes. The first reads the first 128 messages in order of
//! priority. The second goes from lane to lane, because a single lane may fill the first search. So the order of priority
//! holds within those 128 messages, and no lane waits forever.

use super::Tx;
use super::cards::{Found, Row};
use lookback_core::ids::TeamId;
use lookback_core::retro::message::Way;

/// `$these` tells which messages are meant, `$go` which of them may leave, `$open` which lanes `l` are open.
///
/// The query jumps from each lane to the next and skips the rows between: <https://wiki.postgresql.org/wiki/Loose_indexscan>.
/// PostgreSQL's statistics of a table may be a minute old, and ten thousand messages may have been added since. So the statement
/// leaves the planner few choices: each order is that of an index, and a scalar subquery cannot become a join that reads the
/// whole table. <https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-STATISTICS>
/// A plus before a column keeps SQLite from an index that would read all rows:
/// <https://sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_>
macro_rules! first_in_lanes {
    ($these:literal, $go:literal, $open:literal, $limit:literal) => {
        concat!(
            "with recursive lanes (lane) as (select * from (select c.lane from card c where ",
            $these,
            " order by c.lane, c.priority, c.made_ms, c.key limit 1) first union all select (select c.lane from card c where ",
            $these,
            " and c.lane > l.lane order by c.lane, c.priority, c.made_ms, c.key limit 1) from lanes l where l.lane is not null), ",
            "in_order (lane) as (select c.lane from (select c.* from card c where ",
            $these,
            " order by c.priority, c.made_ms, c.key limit 128) c where ",
            $go,
            " group by c.lane order by min(c.priority * 100000000000000 + c.made_ms) limit 32), ",
            "by_lane (lane) as (select l.lane from lanes l where l.lane is not null and ",
            $open,
            " and (select c.key from card c where ",
            $these,
            " and c.lane = l.lane and ",
            $go,
            " order by c.priority, c.made_ms, c.key limit 1) is not null limit 32), ",
            "near (lane) as (select lane from in_order union select lane from by_lane), ",
            "heads (key) as materialized (select (select c.key from card c where ",
            $these,
            " and c.lane = n.lane and ",
            $go,
            " order by c.priority, c.made_ms, c.key limit 1) from near n) ",
            "select card.* from heads h join card on card.team_id = $1 and card.key = h.key ",
            "order by card.priority, card.made_ms, card.key limit ",
            $limit
        )
    };
}

/// New messages: neither in a parked lane, nor with a parent still to be posted.
pub const NEW: &str = first_in_lanes!(
    "c.team_id = $1 and c.state = 'idle' and c.wanted > c.sent and c.is_aside = false and c.ts is null and c.way = $2",
    "+c.due_ms <= $3 and (select p.lane from parked_lane p where p.team_id = $1 and p.lane = c.lane and p.due_ms > $3) is null \
and (select p.key from card p where p.team_id = $1 and p.key = c.parent and p.ts is null and p.is_aside = false \
and p.state <> 'dead' and not (p.state = 'idle' and p.sent >= p.wanted)) is null",
    "(select p.lane from parked_lane p where p.team_id = $1 and p.lane = l.lane and p.due_ms > $3) is null",
    "$4"
);

/// Changes of what was posted: a channel that takes no new messages may take them.
pub const CHANGES: &str = first_in_lanes!(
    "c.team_id = $1 and c.state = 'idle' and c.wanted > c.sent and c.is_aside = false and c.ts is not null",
    "+c.due_ms <= $2",
    "true",
    "$3"
);

/// What may leave first in its lane, of the messages with this way: `None` asks for changes of what was posted.
pub async fn ready(tx: &mut Tx, team: &TeamId, way: Option<Way>, now_ms: i64, limit: i64) -> sqlx::Result<Found> {
    let rows: Vec<Row> = match way {
        Some(way) => tx.query(NEW).bind(team.as_str()).bind(way.name()).bind(now_ms).bind(limit).fetch_all().await?,
        None => tx.query(CHANGES).bind(team.as_str()).bind(now_ms).bind(limit).fetch_all().await?,
    };
    Ok(rows.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, cards, parked};
    use lookback_core::ids::UserId;
    use lookback_core::retro::Reply;
    use lookback_core::retro::message::{Recipient, Wanted};

    async fn want(tx: &mut Tx, to: &str, n: i64) {
        let wanted =
            Wanted::reply(&format!("{to}/{n:04}"), Recipient::Dm { user: UserId(to.into()) }, &Reply::new("x"));
        cards::want(tx, &"T1".into(), &wanted, n).await.unwrap();
    }

    async fn keys(tx: &mut Tx, now_ms: i64) -> Vec<String> {
        let found = ready(tx, &"T1".into(), Some(Way::Post), now_ms, 64).await.unwrap();
        found.rows.into_iter().map(|row| row.key).collect()
    }

    #[tokio::test]
    async fn many_messages_of_one_lane_hide_no_other_lane() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for n in 0..40 {
            want(&mut tx, "U2", n).await;
        }
        want(&mut tx, "Z9", 50).await;
        for n in 700..740 {
            want(&mut tx, &format!("V{n}"), n).await;
        }
        let found = keys(&mut tx, 1000).await;
        assert_eq!(found.iter().take(3).collect::<Vec<_>>(), ["reply/U2/0000", "reply/Z9/0050", "reply/V700/0700"]);
    }

    #[tokio::test]
    async fn a_lane_that_fills_the_first_look_holds_up_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for n in 0..600 {
            want(&mut tx, "U2", n).await;
        }
        for n in 700..740 {
            want(&mut tx, &format!("V{n}"), n).await;
        }
        want(&mut tx, "U1", 999).await;
        let found = keys(&mut tx, 1000).await;
        assert_eq!(found.first().map(String::as_str), Some("reply/U2/0000"));
        assert_eq!(found.last().map(String::as_str), Some("reply/U1/0999"));
        assert_eq!(found.len(), 32, "{found:?}");
        // What waits in a parked lane is not due before the lane is.
        parked::park(&mut tx, &"T1".into(), "U2", "is_archived", 1000, 5000).await.unwrap();
        let work = crate::store::due_work::due_work(&mut tx, 1000).await.unwrap();
        assert!(work.message && work.next_message == Some(5000));
        assert!(keys(&mut tx, 1000).await.iter().all(|key| !key.contains("U2")));
        parked::unpark(&mut tx, &"T1".into(), "U2").await.unwrap();
        assert_eq!(keys(&mut tx, 1000).await.first().map(String::as_str), Some("reply/U2/0000"));
    }
}
