//! The database is locked by another process: each person hears exactly one of "done", "not saved" and "still working",
//! and it is true.

use lookback::app::handle;
use lookback::app::request::{Intent, ReplyBy, Request};
use sqlx::Connection as _;

use crate::world::{Left, MARIA, RELEASES, SAM, Transport, World};

/// Another process that writes, and takes its time.
pub enum Lock {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Lock {
    pub async fn take(w: &World) -> Self {
        let url = w.place().database_url;
        if w.is_file() {
            let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
            sqlx::raw_sql("begin immediate").execute(&mut other).await.unwrap();
            return Self::Sqlite(other);
        }
        let mut other = sqlx::PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("begin; select pg_advisory_xact_lock(1282371435)").execute(&mut other).await.unwrap();
        Self::Postgres(other)
    }

    pub async fn let_go(self) {
        match self {
            Self::Sqlite(other) => other.close().await.unwrap(),
            Self::Postgres(other) => other.close().await.unwrap(),
        }
    }
}

fn text(ack: &Option<serde_json::Value>) -> String {
    ack.as_ref().and_then(|a| a["text"].as_str()).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_command_is_true() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let lock = Lock::take(&w).await;
    // They wait one behind the other: the first hear soon that nothing was saved, the last that it is worked on.
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..4 {
        let sim = w.sim.clone();
        let payload = sim.command_payload(SAM, RELEASES, &format!("note well the moose number {n}"));
        waiting.spawn(async move { (n, text(&sim.once("slash_commands", &payload).await.unwrap())) });
    }
    let mut said: Vec<(usize, String)> = waiting.join_all().await;
    said.sort();
    lock.let_go().await;
    for _ in 0..12 {
        w.advance(chrono::Duration::minutes(1)).await;
    }
    let kept = w.says(SAM, "/retro notes").await;
    let later = [w.seen(SAM, RELEASES), w.seen(SAM, &w.dm(SAM))].concat();
    let not_saved = said.iter().filter(|(_, s)| s.contains("couldn't save")).count();
    let working = said.iter().filter(|(_, s)| s.contains("still working")).count();
    assert!(not_saved >= 1 && working >= 1 && not_saved + working == 4, "{said:?}");
    let (mut saved, mut failed) = (0, 0);
    for (n, first) in &said {
        let is_kept = kept.contains(&format!("moose number {n}"));
        if first.contains("couldn't save") {
            assert!(!is_kept, "{n}: {first}");
        } else if is_kept {
            saved += 1;
        } else {
            failed += 1;
        }
    }
    assert_eq!(later.iter().filter(|m| m.contains("Noted")).count(), saved, "{later:#?}");
    assert_eq!(later.iter().filter(|m| m.contains("couldn't save")).count(), failed, "{later:#?}");
    w.crash().await;
    w.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_saved_never_says_that_it_was_not() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let dm = w.dm(SAM);
    w.opens(SAM, &dm, "Answer the survey").await;
    let id = w.form(SAM).await;
    let writer = w.bot().bot.store.begin().await.unwrap();
    // Its turn comes after Slack could not wait any longer.
    let sending = {
        let (sim, id) = (w.sim.clone(), id.clone());
        let values = serde_json::json!({"q0": {"answer": {"type": "plain_text_input", "value": "The moose was calm"}}});
        tokio::spawn(async move { sim.submit(SAM, &id, values).await })
    };
    assert!(w.sim.until(|s| s.views.iter().any(|v| v.view.to_string().contains("still working"))).await);
    drop(writer);
    // Whoever comes next comes after it.
    w.bot().bot.store.begin().await.unwrap().commit().await.unwrap();
    sending.await.unwrap();
    w.settle().await;
    let told = w.seen(SAM, &dm);
    assert!(!told.iter().any(|m| m.contains("couldn't save")), "{told:#?}");
    assert!(told.iter().any(|m| m.contains("Saved now") || m.contains("Thank")), "{told:#?}");
    assert!(w.public(RELEASES)[0].contains("1 of 8 answered"));
    w.ends_with(Left::default()).await;
}

/// A shared commit is not done yet: whoever waits for it hears nothing.
#[tokio::test]
async fn nobody_hears_that_it_is_saved_before_the_shared_commit() {
    let w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let bot = w.bot().bot.clone();
    let first = bot.store.begin().await.unwrap();
    let request = Request {
        team: "T0PLAY".into(),
        user: SAM.into(),
        channel: Some(RELEASES.into()),
        intent: Intent::Command("note well the moose".into()),
        reply_by: ReplyBy::Ack { response_url: String::new() },
        trigger: None,
        asked: w.clock.now(),
        key: "moose".into(),
    };
    let turns = async || {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    // The request waits for the connection, and behind it somebody else does.
    let answered = tokio::spawn({
        let bot = bot.clone();
        async move { handle::answer(&bot, request).await }
    });
    turns().await;
    let behind = tokio::spawn({
        let store = bot.store.clone();
        async move { store.begin().await.unwrap() }
    });
    turns().await;
    drop(first);
    // The request has written, and its commit is that of the last.
    let last = behind.await.unwrap();
    turns().await;
    assert!(!answered.is_finished(), "{:?}", answered.await);
    last.commit().await.unwrap();
    assert!(format!("{:?}", answered.await.unwrap()).contains("Noted for"));
    w.ends().await;
}
