//! A database that is a newer copy of this database has been in use: nothing leaves before somebody says so, and nothing twice.

use chrono::Duration;

use crate::world::{HUMANS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback::app::restored;
use lookback::cli::copies;
use lookback::freeze::Hold;
use lookback::store::{backup, runs};
use lookback_sim::Fault;
use lookback_sim::workspace::Workspace;

/// A copy is taken while the survey's messages leave; then the retro goes on to its end.
async fn with_an_old_copy(transport: Transport) -> (World, std::path::PathBuf) {
    let w = World::file(transport).await;
    w.says(NOOR, "/retro action Turn the page @sam by 2026-11-23").await;
    w.minutes(2).await;
    // Slack posts the first of them and answers late.
    w.sim.latency(std::time::Duration::from_secs(1));
    w.sim.say(MARIA, RELEASES, None, "/retro start v1").await;
    let posted = |s: &Workspace| s.messages.iter().any(|m| m.text.contains("Retrospective of"));
    assert!(w.sim.until(posted).await);
    let copy = w.copies().await;
    w.sim.latency(std::time::Duration::ZERO);
    w.settle().await;
    w.minutes(1).await;
    assert_eq!(w.surveys(), [1; 8]);
    w.answers(SAM, &[(0, "all of it")]).await;
    w.answers(NOOR, &[(0, "most of it")]).await;
    w.answers(MARIA, &[(0, "some of it")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    w.advance(Duration::days(4)).await;
    (w, copy)
}

fn told(w: &World) -> Vec<usize> {
    HUMANS.iter().map(|who| w.seen(who, &w.dm(who)).len()).collect()
}

/// Nothing left but the question; after the word of `go_on` nothing comes twice.
async fn goes_on(w: World, before: (usize, Vec<usize>)) {
    let dm = w.dm(MARIA);
    let mut expected = before.1;
    expected[0] += 1;
    w.advance(Duration::hours(3)).await;
    assert_eq!((w.public(RELEASES).len(), told(&w)), (before.0, expected), "only the question leaves");
    assert!(w.last(MARIA, &dm).contains("Everything since Fri 20 Nov 2026"), "{}", w.last(MARIA, &dm));
    let (status, why) = w.http("GET", "/readyz", &[], b"").await;
    assert!(status == 503 && why.contains("a newer copy of this database has been in use"), "{why}");
    // Commands are answered meanwhile, but nobody hears of them.
    assert!(w.says(SAM, "/retro status").await.contains("v1"));
    assert_eq!(w.public(RELEASES).len(), before.0);
    w.clicks(MARIA, &dm, "Continue").await;
    let said = w.seen(MARIA, &dm);
    assert!(said.iter().any(|m| m.contains("I'm back.")), "{said:#?}");
    // The key of the survey was destroyed when it closed.
    assert!(said.last().unwrap().contains("It stays closed"), "{said:#?}");
    w.advance(Duration::hours(1)).await;
    assert_eq!(w.surveys(), [1; 8], "nobody is asked twice");
    let public = w.public(RELEASES);
    assert_eq!(public.iter().filter(|m| m.contains("Retrospective of *v1*")).count(), 1, "{public:#?}");
    assert_eq!(public.iter().filter(|m| m.starts_with("Agenda")).count(), 1, "{public:#?}");
    w.says(MARIA, "/retro finish").await;
    let keys: Vec<_> = w.sim.read(|s| {
        let key = |m: &lookback_sim::workspace::Message| m.metadata.as_ref()?.pointer("/event_payload/key").cloned();
        s.messages.iter().filter_map(key).map(|k| k.to_string()).collect()
    });
    let once: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(once.len(), keys.len(), "a message was posted twice");
    w.ends().await;
}

#[tokio::test]
async fn a_copied_folder_is_known_by_what_stands_in_slack() {
    for transport in [Transport::Http, Transport::Socket] {
        let (mut w, copy) = with_an_old_copy(transport).await;
        let before = (w.public(RELEASES).len(), told(&w));
        w.puts_back(&copy, true).await;
        goes_on(w, before).await;
    }
}

/// The engine takes a database that does not say "frozen" for a person's word to go on: it must not look before the commit.
#[tokio::test]
async fn freezing_is_not_taken_for_a_word_to_go_on() {
    let (mut w, copy) = with_an_old_copy(Transport::Http).await;
    w.puts_back(&copy, true).await;
    w.minutes(5).await;
    let bot = w.bot().bot.clone();
    let unknown = bot.freeze.unknown().unwrap();
    let mut tx = bot.store.begin().await.unwrap();
    assert!(runs::go_on(&mut tx, unknown.to_ms).await.unwrap());
    tx.commit().await.unwrap();
    bot.freeze.set(Hold::Asking { since_ms: bot.now_ms() }, Some(unknown));
    let mut asks = std::pin::pin!(restored::ask_slack(&bot, unknown.from_ms));
    let is_frozen = || matches!(bot.freeze.hold(), Hold::Frozen { .. });
    while futures_util::poll!(asks.as_mut()).is_pending() {
        assert!(!is_frozen(), "the database does not say so yet");
        tokio::task::yield_now().await;
    }
    assert!(is_frozen());
    w.left_alone();
}

#[tokio::test]
async fn a_database_alone_is_known_by_the_sign_of_life_beside_it() {
    let (mut w, copy) = with_an_old_copy(Transport::Http).await;
    let before = (w.public(RELEASES).len(), told(&w));
    w.sim.fault("conversations.history", Fault::Error { code: "missing_scope", effect: false }, 100);
    w.puts_back(&copy, false).await;
    w.sim.clear_faults();
    goes_on(w, before).await;
}

#[tokio::test]
async fn the_operators_word_is_enough_and_it_outlasts_a_restart() {
    let (mut w, copy) = with_an_old_copy(Transport::Http).await;
    w.puts_back(&copy, true).await;
    let before = w.public(RELEASES).len();
    w.restart().await;
    w.crash().await;
    assert_eq!(w.public(RELEASES).len(), before);
    let dm = w.dm(MARIA);
    assert_eq!(w.seen(MARIA, &dm).iter().filter(|m| m.contains("older backup")).count(), 1, "asked once");
    assert!(copies::go_on(&w.place()).await.unwrap().was_frozen);
    w.minutes(1).await;
    assert_eq!(w.surveys(), [1; 8]);
    // What the copy does not know is not forgotten by a pause.
    w.away(Duration::minutes(3)).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    w.advance(Duration::hours(2)).await;
    assert_eq!(w.surveys(), [1; 8]);
    let public = w.public(RELEASES);
    for start in ["Agenda", "Retrospective of *v1*"] {
        assert_eq!(public.iter().filter(|m| m.starts_with(start)).count(), 1, "{start}: {public:#?}");
    }
    assert!(!copies::go_on(&w.place()).await.unwrap().was_frozen, "nothing is held back any more");
    assert!(w.clicks(MARIA, &dm, "Continue").await.contains("already back"));
    w.ends().await;
}

/// A WAL left beside the file would be read as the copy's.
#[tokio::test]
async fn a_stopped_server_leaves_no_wal_while_somebody_else_has_the_file_open() {
    let (mut w, copy) = with_an_old_copy(Transport::Http).await;
    let mut reader = backup::connect(&w.folder().join("test.db")).await.unwrap();
    assert!(backup::size(&mut reader).await.unwrap() > 0);
    w.puts_back(&copy, true).await;
    assert!(w.says(SAM, "/retro status").await.contains("v1"));
    drop(reader);
    w.left_alone();
}

#[tokio::test]
async fn a_bot_that_was_only_off_asks_nobody() {
    let mut w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:24h").await;
    w.away(Duration::days(3)).await;
    assert!(w.public(RELEASES).iter().any(|m| m.starts_with("Agenda")));
    assert!(!w.seen(MARIA, &w.dm(MARIA)).iter().any(|m| m.contains("older backup")));
    // Without the right to read, too.
    w.sim.fault("conversations.history", Fault::Error { code: "missing_scope", effect: false }, 100);
    w.says(MARIA, "/retro start v2 @sam closes:24h").await;
    w.away(Duration::days(3)).await;
    assert_eq!(w.public(RELEASES).iter().filter(|m| m.starts_with("Agenda")).count(), 2);
    w.sim.clear_faults();
    w.ends_refused(&["conversations.history"]).await;
}

#[tokio::test]
async fn a_backup_is_restored_and_starts_frozen() {
    let mut w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.minutes(2).await;
    let file = w.folder().join("backup.db");
    let copied = copies::backup(&w.place(), &file).await.unwrap();
    assert!(copied.bytes > 10_000);
    let again = copies::backup(&w.place(), &file).await.unwrap_err().to_string();
    assert!(again.contains("is there already"), "{again}");
    w.says(MARIA, "/retro cancel v1 because wrong").await;
    let running = copies::restore(&w.place(), &file).await.unwrap_err().to_string();
    assert!(running.contains("stop it first"), "{running}");
    let place = w.place();
    let restored = w.stopped_for(async { copies::restore(&place, &file).await.unwrap() }).await;
    assert!(restored.kept.is_some_and(|kept| kept.exists()));
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("older backup"), "{}", w.last(MARIA, &dm));
    w.clicks(MARIA, &dm, "Continue").await;
    assert_eq!(w.surveys(), [1; 8]);
    assert!(w.says(MARIA, "/retro status").await.contains("v1"));
    w.ends().await;
}

#[tokio::test]
async fn two_restores_in_one_second_keep_both_databases() {
    let mut w = World::file(Transport::Http).await;
    let copy = w.copies().await;
    let place = w.place();
    let both = async {
        let first = copies::restore(&place, &copy).await.unwrap().kept.unwrap();
        (first, copies::restore(&place, &copy).await.unwrap().kept.unwrap())
    };
    let (first, second) = w.stopped_for(both).await;
    assert!(first != second && first.exists() && second.exists());
    let rows = |checks: Vec<lookback::cli::check::Check>, what: &str| {
        let found = checks.into_iter().find(|check| check.what == what);
        found.map(|check| format!("{:?} {}", check.verdict, check.detail)).unwrap_or_default()
    };
    let none = std::path::Path::new("none.toml");
    let said = rows(lookback::cli::doctor::examine(Ok(w.config()), none).await, "messages");
    assert!(said.starts_with("Fail") && said.contains("lookback restore --go-on"), "{said}");
    let mut other = w.config();
    other.place.key = Some("fedcba9876543210fedcba9876543210".into());
    let said = rows(lookback::cli::doctor::examine(Ok(other), none).await, "key");
    assert!(said.starts_with("Fail") && said.contains("is not the one that this database is sealed with"), "{said}");
    // A copy lies where `forget-user` looks for copies, whatever its name is.
    let found = lookback::store::backup::copies(&w.folder().join("test.db"));
    assert!([&copy, &first, &second].iter().all(|copy| found.contains(copy)), "{found:?}");
    copies::go_on(&place).await.unwrap();
    w.ends().await;
}

#[tokio::test]
async fn what_is_no_backup_is_not_restored() {
    let w = World::file(Transport::Http).await;
    let try_it = async |bytes: &[u8]| {
        let file = w.folder().join("bad.db");
        std::fs::write(&file, bytes).unwrap();
        copies::restore(&w.place(), &file).await.unwrap_err().to_string()
    };
    assert!(try_it(b"").await.contains("there is no Lookback data in it"));
    let itself = copies::restore(&w.place(), &w.folder().join("test.db")).await.unwrap_err().to_string();
    assert!(itself.contains("is the database itself"), "{itself}");
    assert!(try_it(b"not a database at all, only some words of no use").await.contains("is not restored"));
    let whole = std::fs::read(w.copies().await).unwrap();
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    assert!(try_it(&torn).await.contains("is not restored"));
    let mut newer = whole;
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    let said = try_it(&newer).await;
    assert!(said.contains("a newer Lookback wrote this database (schema 999"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn an_owner_is_not_told_again_of_an_item_after_a_restore() {
    let mut w = World::file(Transport::Http).await;
    // Slack takes no message for a while: the copy is taken before the owner is told, or was tried to be told.
    w.sim.fault("chat.postMessage", Fault::RateLimit(1200), 1);
    w.says(MARIA, "/retro action Tune the alert thresholds to 99 % @sam by 2026-12-04").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-04").await;
    let copy = w.copies().await;
    w.advance(Duration::minutes(30)).await;
    let told = |w: &World| w.seen(NOOR, &w.dm(NOOR)).iter().filter(|m| m.contains("new action item")).count();
    assert_eq!(told(&w), 1);
    w.advance(Duration::hours(3)).await;
    w.puts_back(&copy, false).await;
    assert!(copies::go_on(&w.place()).await.unwrap().was_frozen);
    w.advance(Duration::hours(2)).await;
    assert_eq!(told(&w), 1);
    w.ends_refused(&["chat.postMessage"]).await;
}
