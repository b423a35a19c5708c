//! What holds on PostgreSQL in a way of its own.

use crate::databases;
use crate::unreadable::count;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};
use lookback::cli::audit;
use lookback::cli::check::Verdict;

/// PostgreSQL keeps with each row the transaction that wrote it, and replaced rows until they are cleaned away.
#[tokio::test]
async fn on_postgres_nothing_is_left_that_links_a_person_to_a_text() {
    let Some(w) = World::on_server(Transport::Http).await else { return };
    w.says(MARIA, "/retro start v1").await;
    for (who, text) in [(PRIYA, "priyas canary"), (SAM, "sams canary"), (NOOR, "noors canary"), (JONAS, "a canary")] {
        w.answers(who, &[(0, text), (1, text)]).await;
        w.minutes(3).await;
    }
    w.answers(SAM, &[(0, "sams canary"), (1, "sams second canary")]).await;
    let sheets: Vec<(Vec<u8>,)> = w.rows("select body from sheet").await;
    let keys: Vec<(Option<Vec<u8>>,)> = w.rows("select sealed from survey_key").await;
    let sealed: Vec<Vec<u8>> =
        sheets.into_iter().map(|(body,)| body).chain(keys.into_iter().filter_map(|k| k.0)).collect();
    let is_there = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    let before = databases::on_disk(&w.place().database_url);
    assert_eq!(sealed.iter().filter(|body| is_there(&before, &body[..24])).count(), sealed.len(), "they are found");
    assert!(!is_there(&before, b"canary"), "what is written is sealed");
    w.says(MARIA, "/retro agenda").await;
    w.minutes(2).await;
    let after = databases::on_disk(&w.place().database_url);
    assert_eq!(sealed.iter().filter(|body| is_there(&after, &body[..24])).count(), 0, "sealed answers or their key");
    assert!(is_there(&after, b"sams second canary"), "it is a note now");
    assert_eq!(count(&w, "select count(*) from survey_key").await + count(&w, "select count(*) from sheet").await, 0);
    // All notes are of one transaction, and lie in the order of their ids, which are random.
    assert_eq!(count(&w, "select count(distinct cast(xmin as text)) from note").await, 1);
    let places: Vec<(i64,)> = w.rows("select id from note order by ctid").await;
    assert!(places.len() > 4 && places.is_sorted(), "{places:?}");
    // In statistics nothing is left either.
    let values = "select count(*) from pg_stats where tablename in ('note', 'sheet', 'card') and attname in ('body', 'author', 'key', 'alias')";
    w.sql("analyze").await;
    assert_eq!(count(&w, values).await, 0);
    let checks = audit::anonymity(&w.place()).await.unwrap();
    assert!(checks.iter().all(|check| check.verdict != Verdict::Fail), "{checks:#?}");
    assert!(checks.iter().any(|check| check.detail.contains("WAL archives, standbys and backups")), "{checks:#?}");
    assert!(w.public(RELEASES)[1].contains("sams second canary"));
    w.ends().await;
}
