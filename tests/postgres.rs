//! PostgreSQL beside SQLite: one text for both, and the same tables.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/postgres.rs"]
mod postgres;

use std::collections::BTreeSet;
use std::path::Path;

use lookback::config::Place;
use lookback::open;
use lookback::store::lease::{self, LASTS, Taken};
use lookback::store::{Store, participants, ready, scrub, tokens};
use lookback_clock::Rng;
use lookback_core::ids::RetroId;
use sqlx::Connection as _;

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let Some(server) = postgres::server() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (sqlite, pg) = (format!("sqlite://{}", folder.path().join("a.db").display()), server.database("template0"));
    Store::open(&sqlite).await.unwrap().close().await;
    Store::open(&pg).await.unwrap().close().await;
    let mut sqlite = sqlx::SqliteConnection::connect(&sqlite).await.unwrap();
    let mut pg = sqlx::PgConnection::connect(&pg).await.unwrap();
    type Column = (String, String, String, bool);
    let of_sqlite: Vec<Column> = sqlx::query_as(
        "select t.name, c.name, lower(c.type), c.\"notnull\" or c.pk > 0 from pragma_table_list t join pragma_table_info(t.name) c \
where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> '_sqlx_migrations' order by 1, 2",
    )
    .fetch_all(&mut sqlite)
    .await
    .unwrap();
    let of_postgres: Vec<Column> = sqlx::query_as(
        "select cast(table_name as text), cast(column_name as text), cast(data_type as text), is_nullable = 'NO' \
from information_schema.columns where table_schema = 'public' and table_name not in ('_sqlx_migrations', 'schema_needs') \
order by table_name collate \"C\", column_name collate \"C\"",
    )
    .fetch_all(&mut pg)
    .await
    .unwrap();
    let is_flag = |name: &str| name.starts_with("is_") || name.starts_with("has_") || name == "home_done";
    let expected = of_sqlite.into_iter().map(|(table, name, kind, filled)| {
        let kind = match kind.as_str() {
            "integer" if is_flag(&name) => "boolean",
            "integer" => "bigint",
            "blob" => "bytea",
            other => other,
        };
        (table, name.clone(), kind.to_owned(), filled)
    });
    assert_eq!(of_postgres, expected.collect::<Vec<_>>());
    let unordered: Vec<String> = sqlx::query_scalar(
        "select table_name || '.' || column_name from information_schema.columns where table_schema = 'public' \
and data_type = 'text' and coalesce(collation_name, '') <> 'C' and table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut pg)
    .await
    .unwrap();
    assert!(unordered.is_empty(), "text is compared by its bytes, as in SQLite: {unordered:?}");
}

#[test]
fn the_changes_of_both_databases_have_the_same_names() {
    let names = |folder: &str| -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn what_was_due_before_the_table_due_is_due_after_it() {
    let Some(server) = postgres::server() else { return };
    let url = server.database("template0");
    let (_, database) = url.rsplit_once('/').unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let at = files.iter().position(|file| file.ends_with("0023_due.sql")).unwrap();
    for file in &files[..at] {
        server.sql(database, &std::fs::read_to_string(file).unwrap());
    }
    let retro = "insert into retro (id, team_id, channel_id, version, phase, facilitator, facilitator_seen_ms, is_anonymous, is_async, \
length_min, closes_ms, zone, started_ms, rev) values (7, 'T1', 'C1', 'v1', 'collecting', 'U1', 0, true, false, 30, 0, 'UTC', 0, 1)";
    let item = "insert into action_item (team_id, channel_id, number, body, owner, due, zone, priority, state, created_ms, nag_ms, nag_tries) \
values ('T1', 'C1', 3, 'x', 'U1', 'next', 'UTC', 'high', 'open', 0, 20, 1)";
    let rows = [
        retro,
        item,
        "insert into timer (team_id, retro_id, step, due_ms, tries, is_aside) values ('T1', 7, 'close', 10, 2, true)",
        "insert into digest (team_id, channel_id, due_ms) values ('T1', 'C1', 30)",
        "insert into scrub (retro_id, due_ms) values (7, 50)",
        "insert into errand (id, team_id, request, due_ms, attempts, made_ms, sealed) values (9, 'T1', '', 40, 4, 39, '\\x01')",
        "insert into errand (id, team_id, request, due_ms, attempts, made_ms) values (8, 'T1', 'readable', 40, 0, 38)",
    ];
    server.sql(database, &rows.join(";\n"));
    server.sql(database, &std::fs::read_to_string(&files[at]).unwrap());
    let due = "select team_id, kind, channel_id, number, step, due_ms, tries, is_aside, made_ms, sealed from due order by due_ms";
    let expected = "T1|deadline||7|close|10|2|t|0|\nT1|reminder|C1|3||20|1|f|0|\nT1|digest|C1|0||30|0|f|0|\n\
T1|request||9||40|4|f|39|\\x01\nT1|cleaning||7||50|0|f|0|\n";
    assert_eq!(server.sql(database, due), expected);
    assert_eq!(server.sql(database, "select id, request from old_errand"), "8|readable\n");
}

/// A database of ours with one workspace; its name on the server, its address and a way in.
async fn with_workspace(server: &postgres::Server) -> (String, String, Store) {
    let url = server.database("template0");
    let store = Store::open(&url).await.unwrap();
    let name = url.rsplit('/').next().unwrap().to_owned();
    server.sql(
        &name,
        "insert into workspace (team_id, name, url, bot_user_id, scopes) values ('T1', 'x', 'x', 'U1', '')",
    );
    (name, url, store)
}

async fn take(store: &Store, sender: &str) -> Taken {
    let mut tx = store.begin().await.unwrap();
    let taken = lease::take(&mut tx, &"T1".into(), sender).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

#[tokio::test]
async fn a_fence_holds_in_one_history_of_the_database_alone() {
    let Some(server) = postgres::server() else { return };
    let (name, _, store) = with_workspace(server).await;
    let Taken::Ours { fence, failed_over: false } = take(&store, "a").await else { unreachable!("nobody has it") };
    let sender = store.fenced(fence);
    drop(sender.begin().await.unwrap());
    // A standby that did not know of it was promoted, and has given the same number again.
    server.sql(&name, "update workspace set timeline = timeline + 1");
    let refused = sender.begin().await.unwrap_err().to_string();
    assert!(refused.contains("it has taken over the lease"), "{refused}");
    assert!(matches!(take(&store, "a").await, Taken::Ours { failed_over: true, .. }));
}

#[tokio::test]
async fn a_lease_that_ends_in_an_hour_is_believed_for_its_usual_time() {
    let Some(server) = postgres::server() else { return };
    let (name, _, store) = with_workspace(server).await;
    let hour =
        "update workspace set sender = 'b', lease_until_ms = extract(epoch from now() + interval '1 hour') * 1000";
    server.sql(&name, hour);
    for _ in 0..2 {
        assert!(matches!(take(&store, "a").await, Taken::Held(left) if left <= LASTS));
    }
    let left = "select lease_until_ms - extract(epoch from now()) * 1000 <= 12000 from workspace";
    assert_eq!(server.sql(&name, left).trim(), "t");
}

#[tokio::test]
async fn nothing_is_saved_after_a_statement_that_failed() {
    let Some(server) = postgres::server() else { return };
    let (_, _, store) = with_workspace(server).await;
    let mut tx = store.begin().await.unwrap();
    // There is no such retro.
    participants::add(&mut tx, RetroId(1), &["U1".into()]).await.unwrap_err();
    assert!(tx.commit().await.unwrap_err().to_string().contains("nothing is saved"));
}

#[tokio::test]
async fn of_two_keys_at_the_first_start_one_is_refused() {
    let Some(server) = postgres::server() else { return };
    for _ in 0..5 {
        let url = server.database("template0");
        let place = |key: &str| Place { database_url: url.clone(), key: Some(key.repeat(32).into()), key_dir: None };
        let (a, b) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
        let (first, second, rng) = (place("a"), place("b"), Rng::system());
        let (first, second) = tokio::join!(open::seal(&a, &first, None, &rng), open::seal(&b, &second, None, &rng));
        assert_ne!(first.is_ok(), second.is_ok());
    }
}

/// A newer version adds a column beside a running process.
#[tokio::test]
async fn a_column_that_is_added_costs_no_request_where_it_is_told_and_few_where_it_is_not() {
    let Some(server) = postgres::server() else { return };
    let (name, _, store) = with_workspace(server).await;
    let read = async || tokens::all(&mut store.read().await.unwrap()).await.map(|_| ());
    for _ in 0..10 {
        read().await.unwrap();
    }
    server.sql(&name, "alter table token add column a text");
    store.has_new_schema();
    for _ in 0..10 {
        read().await.unwrap();
    }
    server.sql(&name, "alter table token add column b text");
    let mut failed = 0;
    // Which connection serves a read is chance: one that knows the old columns fails once, and the others with it are closed.
    for _ in 0..30 {
        failed += i32::from(read().await.is_err());
    }
    assert!(failed <= 2, "{failed}");
}

#[tokio::test]
async fn what_is_to_be_cleaned_during_a_cleaning_is_cleaned_after_it() {
    let Some(server) = postgres::server() else { return };
    let (name, _, store) = with_workspace(server).await;
    let retro = "insert into retro (id, team_id, channel_id, version, phase, facilitator, facilitator_seen_ms, is_anonymous, is_async, \
length_min, closes_ms, zone, started_ms, rev) values (7, 'T1', 'C1', 'v1', 'meeting', 'U1', 0, true, false, 30, 0, 'UTC', 0, 1)";
    server.sql(&name, retro);
    let mut tx = store.begin().await.unwrap();
    scrub::want_soon(&mut tx, RetroId(7), 0).await.unwrap();
    assert!(scrub::due(&mut tx, 59_000).await.unwrap().is_empty(), "more may come");
    assert_eq!(scrub::due(&mut tx, 60_000).await.unwrap(), [RetroId(7)]);
    scrub::postpone(&mut tx, RetroId(7), 65_000).await.unwrap();
    scrub::want_soon(&mut tx, RetroId(7), 62_000).await.unwrap();
    scrub::done(&mut tx, RetroId(7), 65_000).await.unwrap();
    assert_eq!(scrub::due(&mut tx, 65_000).await.unwrap(), [RetroId(7)]);
}

/// PostgreSQL's statistics of a table may be a minute old.
#[tokio::test]
async fn a_plan_for_an_empty_table_stays_fast_after_ten_thousand_new_messages() {
    let Some(server) = postgres::server() else { return };
    let (name, _, _store) = with_workspace(server).await;
    let columns = "team_id, key, what, lane, priority, wanted, sent, state, attempts, due_ms, looks, is_plain, made_ms, way, parent, ts";
    let rest = "1, 0, 'idle', 0, 0, 0, false";
    let looks = "execute ready('T1', 'post', 1000000, 64);\n".repeat(7);
    let found = server.sql(
        &name,
        &format!(
            "prepare ready (text, text, bigint, bigint) as {};\n{looks}\
insert into card ({columns}) select 'T1', 'kickoff/' || n, 'x', 'C1', 1, {rest}, n, 'post', null, '1.' || n from generate_series(1, 50) n;\n\
insert into card ({columns}) select 'T1', n || '/' || u, 'x', 'U' || u, 2, {rest}, n * 300 + u, 'post', 'kickoff/' || n, null \
from generate_series(1, 50) n, generate_series(1, 200) u;\n\
explain (analyze, buffers, costs off, timing off, summary off) execute ready('T1', 'post', 1000000, 64);",
            ready::NEW
        ),
    );
    let plan = found.lines().skip_while(|line| !line.starts_with("Limit (actual rows=")).collect::<Vec<_>>();
    assert!(plan.first().is_some_and(|line| line.starts_with("Limit (actual rows=60")), "{found}");
    let pages = plan.get(1).and_then(|line| line.trim().strip_prefix("Buffers: shared hit=")?.split(' ').next());
    let pages: u32 = pages.unwrap().parse().unwrap();
    assert!(pages < 30_000, "{pages} pages\n{}", plan.join("\n"));
}
