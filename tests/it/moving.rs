//! A database file moves into PostgreSQL in the middle of a survey.

use crate::postgres;
use crate::unreadable::count;
use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback::store::{Store, runs};

const OTHER_KEY: &str = "another key of at least thirty-two characters";

/// A survey goes on where it was, with the key of the file or with a new one.
async fn moves(mut w: World, key: &str) {
    let server = postgres::server().unwrap();
    w.says(MARIA, "/retro start v0 named @maria @sam").await;
    w.answers(SAM, &[(0, "Deploys were calm")]).await;
    w.says(MARIA, "/retro agenda v0").await;
    w.says(MARIA, "/retro finish v0").await;
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
    w.says(MARIA, "/retro start v1 closes:6h").await;
    w.answers(SAM, &[(0, "sams canary")]).await;
    w.answers(NOOR, &[(0, "noors canary")]).await;
    let (file, url) = (w.place().database_url, server.database("template0"));
    let posts = w.calls("chat.postMessage");
    let moved = w.moves_to(&url, key).await.unwrap();
    assert!(moved.tables.iter().any(|t| t.table == "action_item" && t.rows == 1), "{:?}", moved.tables);
    assert!(moved.told().contains("each table has as many as in"), "{}", moved.told());
    assert_eq!(w.calls("chat.postMessage"), posts, "nothing is said twice");
    w.answers(JONAS, &[(0, "jonas' canary")]).await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES).into_iter().rfind(|m| m.starts_with("Agenda")).unwrap();
    for words in ["sams canary", "noors canary", "jonas' canary"] {
        assert!(agenda.contains(words), "{agenda}");
    }
    w.minutes(2).await;
    assert_eq!(count(&w, "select count(*) from survey_key").await, 0);
    assert!(w.says(NOOR, "/retro actions").await.contains("Automate the smoke tests"));
    assert!(w.says(MARIA, "/retro history").await.contains("v0"));
    // The file sends nothing any more.
    let old = Store::look(&file).await.unwrap();
    assert!(runs::read(&mut old.read().await.unwrap()).await.unwrap().frozen_ms.is_some());
    w.ends().await;
}

#[tokio::test]
async fn a_survey_goes_on_in_its_new_place() {
    if postgres::server().is_some() {
        moves(World::file(Transport::Http).await, "0123456789abcdef0123456789abcdef").await;
    }
}

#[tokio::test]
async fn a_survey_goes_on_with_a_new_key() {
    if postgres::server().is_some() {
        moves(World::file_with_key_file(Transport::Socket).await, OTHER_KEY).await;
    }
}

#[tokio::test]
async fn only_an_empty_database_is_moved_into() {
    let Some(server) = postgres::server() else { return };
    let mut w = World::file(Transport::Http).await;
    let key = "0123456789abcdef0123456789abcdef";
    let wrong = w.moves_to("sqlite://other.db", key).await.unwrap_err().to_string();
    assert!(wrong.contains("--to takes the address of a PostgreSQL"), "{wrong}");
    let url = server.database("template0");
    let mut other = World::file(Transport::Http).await;
    other.moves_to(&url, key).await.unwrap();
    let refused = w.moves_to(&url, key).await.unwrap_err().to_string();
    assert!(refused.contains("has rows already: name an empty database"), "{refused}");
    w.says(MARIA, "/retro start v1 named").await;
    assert!(w.public(RELEASES)[0].contains("v1"), "the file is in use as before");
    for world in [w, other] {
        world.ends().await;
    }
}
