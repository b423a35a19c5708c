//! What lies about for an attacker, and what it says of who wrote a text.

use sqlx::{Connection as _, Row as _};

use super::Written;
use crate::world::World;

/// What lies about at one moment.
pub struct Loot {
    pub bytes: String,
    /// The cells of each row of each table, as text.
    rows: Vec<Vec<String>>,
    people: Vec<String>,
}

impl Loot {
    pub async fn take(w: &World, people: &[String]) -> Self {
        let bytes = w.on_disk();
        let copy = w.copies().await;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&copy);
        let mut database = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar("select name from sqlite_schema where type = 'table'")
            .fetch_all(&mut database)
            .await
            .unwrap();
        let mut rows = Vec::new();
        for table in tables {
            let columns: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                "select 'cast(\"' || name || '\" as text)' from pragma_table_info('{table}')"
            )))
            .fetch_all(&mut database)
            .await
            .unwrap();
            let sql = format!("select {} from \"{table}\"", columns.join(", "));
            let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut database).await.unwrap();
            rows.extend(found.iter().map(|row| {
                let cell = |i| row.try_get_raw(i).ok().and_then(|_| row.try_get_unchecked::<Vec<u8>, _>(i).ok());
                (0..columns.len())
                    .map(|i| cell(i).map_or_else(String::new, |b| String::from_utf8_lossy(&b).into_owned()))
                    .collect()
            }));
        }
        database.close().await.unwrap();
        std::fs::remove_file(copy).unwrap();
        Self { bytes, rows, people: people.to_vec() }
    }

    fn person_in(&self, cell: &str) -> Option<usize> {
        self.people.iter().position(|id| cell.contains(id.as_str()))
    }

    /// The person whose id lies nearest to the text, within a page.
    pub fn neighbour(&self, text: &str) -> Option<usize> {
        const PAGE: usize = 4096;
        let near = |from: usize, to: usize| {
            let (mut from, mut to) = (from, to.min(self.bytes.len()));
            while !self.bytes.is_char_boundary(from) {
                from -= 1;
            }
            while !self.bytes.is_char_boundary(to) {
                to += 1;
            }
            self.bytes.get(from..to).unwrap_or_default()
        };
        let found = self.bytes.match_indices(text).flat_map(|(at, _)| {
            let (before, after) = (near(at.saturating_sub(PAGE), at), near(at + text.len(), at + text.len() + PAGE));
            let people = self.people.iter().enumerate();
            people
                .flat_map(|(who, id)| {
                    let left = before.rfind(id.as_str()).map(|i| before.len() - i);
                    let right = after.find(id.as_str());
                    [left, right].into_iter().flatten().map(move |far| (far, who)).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        });
        found.min().map(|(_, who)| who)
    }

    /// The person in a row that has the text, or the id of the row that has it.
    pub fn beside(&self, text: &str) -> Option<usize> {
        let keys = self.keys(text);
        let mut about =
            self.rows.iter().filter(|row| row.iter().any(|cell| cell.contains(text) || keys.contains(&cell)));
        about.find_map(|row| row.iter().find_map(|cell| self.person_in(cell)))
    }

    /// The person who did something at the time that stands in a row of the text.
    pub fn by_time_of_row(&self, text: &Written, gestures: &[Written]) -> Option<usize> {
        let keys = self.keys(&text.mark);
        let (from, to) = (gestures.first()?.at, gestures.last()?.at);
        let about =
            self.rows.iter().filter(|row| row.iter().any(|cell| cell.contains(&text.mark) || keys.contains(&cell)));
        let mut times = about.flatten().filter_map(|cell| cell.parse::<i64>().ok()).filter(|t| (from..=to).contains(t));
        let time = times.next()?;
        gestures.iter().min_by_key(|g| (g.at - time).abs()).map(|g| g.author)
    }

    /// The person of a row whose time is the moment at which the words appeared.
    pub fn by_moment(&self, at: i64) -> Option<usize> {
        let far = |row: &Vec<String>| {
            let times = row.iter().filter_map(|cell| cell.parse::<i64>().ok());
            times.map(|time| (time - at).abs()).min().filter(|far| *far <= 2000)
        };
        let people = self.rows.iter().filter_map(|row| Some((far(row)?, row.iter().find_map(|c| self.person_in(c))?)));
        people.min().map(|(_, who)| who)
    }

    /// The person of whom a digest is kept of a message that they typed when the words appeared.
    pub fn by_digest(&self, typed: &[(usize, String, String)], at: i64) -> Option<usize> {
        let near = typed.iter().filter(|(_, _, ts)| {
            let seconds: f64 = ts.parse().unwrap();
            #[expect(clippy::cast_precision_loss, reason = "within 2,000 ms")]
            let far = (seconds * 1000.0 - at as f64).abs();
            far <= 2000.0
        });
        let digests = near.flat_map(|(who, dm, ts)| {
            ["message", "used"].map(|what| (*who, lookback::seal::digest(&format!("{what}/{dm}/{ts}"))))
        });
        digests.into_iter().find(|(_, digest)| self.bytes.contains(digest.as_str())).map(|(who, _)| who)
    }

    /// The person in a line of the log about the text, or about the row that has it.
    pub fn in_log(&self, log: &str, text: &str) -> Option<usize> {
        let keys = self.keys(text);
        let mut lines = log.lines().filter(|l| l.contains(text) || keys.iter().any(|key| l.contains(key.as_str())));
        lines.find_map(|line| self.person_in(line))
    }

    /// What names the rows that have the text: ids, not small numbers.
    pub fn keys(&self, text: &str) -> Vec<&String> {
        let of = self.rows.iter().filter(|row| row.iter().any(|cell| cell.contains(text)));
        of.filter_map(|row| row.first()).filter(|key| key.len() > 8).collect()
    }
}
