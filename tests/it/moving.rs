//! A database file moves into PostgreSQL in the middle of a survey.

use crate::postgres;
use crate::unreadable::count;
use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback::cli::{copies, rotate_key};
use lookback::open;
use lookback::store::{Store, runs};
use lookback_clock::Rng;

const OTHER_KEY: &str = "another key of at least thirty-two characters";
const NEXT_KEY: &str = "the next key of at least thirty-two characters";

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
    let (file, url) = (w.place(), server.database("template0"));
    let posts = w.calls("chat.postMessage");
    let moved = w.moves_to(&url, key).await.unwrap();
    assert!(moved.tables.iter().any(|t| t.table == "action_item" && t.rows == 1), "{:?}", moved.tables);
    assert!(moved.told().contains("every table has as many rows as in"), "{}", moved.told());
    assert_eq!(w.calls("chat.postMessage"), posts, "nothing is said twice");
    // The file is out of use.
    let old = open::to_write(&file, &Rng::system()).await.unwrap_err().to_string();
    assert!(old.contains("this database was moved to postgres://"), "{old}");
    let to = tempfile::tempdir().unwrap();
    let copied = copies::backup(&file, &to.path().join("copy.db")).await.unwrap_err().to_string();
    assert!(copied.contains("this database was moved to postgres://"), "{copied}");
    let rotated = rotate_key::rotate(&file, file.key.as_ref().map(|_| NEXT_KEY.into())).await.unwrap_err().to_string();
    assert!(rotated.contains("this database was moved to postgres://"), "{rotated}");
    let again = lookback::config::Place { key: Some(key.into()), ..file };
    let again = lookback::cli::moving::to(&again, &url).await.unwrap_err().to_string();
    assert!(again.contains("has everything already"), "{again}");
    // The key changes, in the middle of the survey; while a process serves the database it does not.
    let name = url.rsplit('/').next().unwrap();
    let place = w.place();
    let busy = rotate_key::rotate(&place, Some(NEXT_KEY.into())).await.unwrap_err().to_string();
    assert!(busy.contains("a process is serving this database: stop every process"), "{busy}");
    w.rotates_key(NEXT_KEY).await.unwrap();
    let old = open::to_write(&place, &Rng::system()).await.unwrap_err().to_string();
    assert!(old.contains("is not the one that this database is sealed with"), "{old}");
    // A standby that was promoted is found by a start alone.
    server.sql(name, "update workspace set timeline = 77, lease_until_ms = 0");
    let again = rotate_key::rotate(&w.place(), Some(key.to_uppercase().into())).await.unwrap_err().to_string();
    assert!(again.contains("a standby of this database was promoted"), "{again}");
    w.restart().await;
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
    assert!(wrong.contains("--to must be the address of a PostgreSQL"), "{wrong}");
    let url = server.database("template0");
    let mut other = World::file(Transport::Http).await;
    other.moves_to(&url, key).await.unwrap();
    let refused = w.moves_to(&url, key).await.unwrap_err().to_string();
    assert!(refused.contains("already holds Lookback data"), "{refused}");
    w.says(MARIA, "/retro start v1 named").await;
    assert!(w.public(RELEASES)[0].contains("v1"), "the file is in use as before");
    for world in [w, other] {
        world.ends().await;
    }
}

/// The command was killed after it froze the file, and before the new database was committed.
#[tokio::test]
async fn a_move_that_was_interrupted_is_run_again() {
    let Some(server) = postgres::server() else { return };
    let mut w = World::file(Transport::Http).await;
    let (key, url, file) = ("0123456789abcdef0123456789abcdef", server.database("template0"), w.place());
    w.says(MARIA, "/retro start v1 named").await;
    let frozen = async {
        let store = Store::open(&file.database_url).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        runs::freeze(&mut tx, 1, 1).await.unwrap();
        runs::set_moved_to(&mut tx, &url).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let elsewhere = lookback::cli::moving::to(&file, &server.database("template0")).await.unwrap_err().to_string();
        assert!(elsewhere.contains("this database was already moved to"), "{elsewhere}");
        let place = lookback::config::Place { key: Some(key.into()), ..file.clone() };
        lookback::cli::moving::to(&place, &url).await.unwrap()
    };
    w.stopped_in(&url, key, frozen).await;
    w.answers(SAM, &[(0, "sams canary")]).await;
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES).into_iter().any(|m| m.contains("sams canary")));
    w.ends().await;
}
