//! The database as its operator has it: its key, its audit, the erasure of a person, an upgrade, and the log.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use common::{RELEASES, Server, run, slack};
use serde_json::{Value, json};
use sqlx::Connection as _;

use lookback_sim::{Place, Sim};

const ASKED: [&str; 3] = ["U03SAM", "U02NOOR", "U05JONAS"];

/// A folder for data, and beside it one for keys.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let both = tempfile::tempdir().unwrap();
        std::fs::create_dir(both.path().join("data")).unwrap();
        Self(both)
    }

    /// Of the data.
    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn keys(&self) -> std::path::PathBuf {
        self.0.path().join("data-keys")
    }
}

/// The program, with everything in its log, and its keys where it puts them unless it is told otherwise.
fn program(folder: &Path, sim: &Sim, listen: &str, args: &[&str]) -> Command {
    let mut command = common::program(folder, sim, listen, args);
    command.env("RUST_LOG", "trace").env_remove("LOOKBACK_KEY_DIR");
    command
}

async fn serve(folder: &Path, sim: &Sim, listen: &str) -> Server {
    Server::start(&mut program(folder, sim, listen, &["serve"])).await
}

async fn presses(sim: &Sim, who: &str, label: &str) {
    let found = sim.read(|w| {
        w.messages.iter().rev().find_map(|m| {
            let here = w.channel(&m.channel).is_some_and(|c| c.im_user.as_deref() == Some(who));
            let block = m.blocks.iter().filter(|_| here).find_map(|b| {
                let all = b["elements"].as_array()?.clone();
                let e = all.into_iter().find(|e| e["text"]["text"] == label)?;
                let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
                Some((text(&b["block_id"]), text(&e["action_id"]), text(&e["value"])))
            })?;
            Some((m.channel.clone(), m.ts.clone(), block))
        })
    });
    let (channel, ts, (block, action, value)) = found.unwrap();
    sim.press(who, Place::Message { channel, ts }, &block, &action, json!({"value": value})).await;
}

async fn answers(sim: &Sim, who: &str, text: &str) {
    assert!(
        sim.until(|w| w
            .messages
            .iter()
            .any(|m| w.channel(&m.channel).is_some_and(|c| c.im_user.as_deref() == Some(who))))
            .await
    );
    presses(sim, who, "Answer the survey").await;
    assert!(sim.until(|w| w.views.iter().any(|v| v.user == who)).await);
    let id = sim.read(|w| w.views.iter().find(|v| v.user == who).map(|v| v.id.clone())).unwrap();
    sim.submit(who, &id, json!({"q0": {"value": {"type": "plain_text_input", "value": text}}})).await;
}

/// A whole anonymous survey; returns the log.
async fn survey(folder: &Path, sim: &Sim, listen: &str) -> String {
    let server = serve(folder, sim, listen).await;
    sim.say("U01MARIA", RELEASES, None, "/retro start v1 <@U03SAM> <@U02NOOR> <@U05JONAS>").await;
    for who in ASKED {
        answers(sim, who, &format!("canary-{who}")).await;
    }
    let (code, said) = run(&mut program(folder, sim, listen, &["audit", "anonymity"]));
    assert!(code == 0 && said.contains("The survey is open: 11 sheets are sealed"), "{said}");
    sim.say("U01MARIA", RELEASES, None, "/retro agenda").await;
    assert!(sim.until(|w| w.messages.iter().any(|m| m.text.contains("Agenda") && m.text.contains("canary"))).await);
    server.stop()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_that_there_is_nothing_to_see() {
    let (sim, listen) = slack().await;
    let folder = Folder::new();
    let log = survey(&folder.path(), &sim, &listen).await;
    assert!(!log.contains("canary") && log.contains("ready"), "answers are in the log at trace level");
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["audit", "anonymity"]));
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("The answers are mixed: 3 notes are kept, and no sealed sheet")
            && said.contains("No row tells who wrote")
            && said.contains("all overwritten"),
        "{said}"
    );
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["audit", "anonymity", "--json"]));
    let checks: Vec<Value> = serde_json::from_str(&said).unwrap();
    assert!(code == 0 && checks.iter().all(|c| c["verdict"] == "ok"), "{said}");
    // The audit finds a database that gives something away.
    let mut lookback = std::fs::read(folder.path().join("lookback.db")).unwrap();
    let size = usize::from(u16::from_be_bytes([lookback[16], lookback[17]]));
    let pages = u32::try_from(lookback.len() / size).unwrap();
    lookback.extend(vec![7; size]);
    lookback[28..32].copy_from_slice(&(pages + 1).to_be_bytes());
    lookback[32..36].copy_from_slice(&(pages + 1).to_be_bytes());
    lookback[36..40].copy_from_slice(&1u32.to_be_bytes());
    std::fs::write(folder.path().join("lookback.db"), &lookback).unwrap();
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["audit", "anonymity"]));
    assert!(code == 1 && said.contains("free pages hold old data"), "{said}");
}

/// Rows of each kind that could tell who wrote, by the table and the words in which the audit names them.
const TRACES: [(&str, &str, &str); 16] = [
    ("answer", "can be read", "insert into answer values (?1, 'U03SAM', 0, 'words')"),
    ("sheet", "of a survey that is over", "insert into sheet values (1, ?1, x'01', x'02')"),
    (
        "sheet",
        "differ in length",
        "update retro set phase = 'collecting'; insert into sheet values (1, ?1, x'01', x'02'), (2, ?1, x'03', x'0405'), (3, ?1, x'04', x'02')",
    ),
    (
        "sheet",
        "fewer sealed sheets than people",
        "update retro set phase = 'collecting'; insert into sheet values (1, ?1, x'01', x'02')",
    ),
    ("survey_key", "keys of a survey that is over", "insert into survey_key (file, retro_id) values ('name', ?1)"),
    ("participant", "marks of who wrote", "update participant set answer = 'written'"),
    ("note", "name their author", "update retro set phase = 'collecting'; update note set author = 'U03SAM'"),
    ("vote", "still name the voter", "insert into vote select id, 'U03SAM', ?1 from note limit 1"),
    (
        "card",
        "asked authors about withheld",
        "insert into card select team_id, 'share/1/U03SAM', what, body, ?1, lane, priority, 1, 1, 'idle', 0, 0, ?2, 0, 0, null, null, null, null, ?2, shown, 0, null, way from card limit 1",
    ),
    (
        "card",
        "replies of the bot",
        "insert into card select team_id, 'reply/1', what, body, null, lane, priority, 1, 1, 'idle', 0, 0, ?2, 0, 0, null, null, null, null, ?2, shown, 0, null, way from card limit 1",
    ),
    (
        "card",
        "that Slack refused",
        "insert into card select team_id, 'reply/1', what, body, null, lane, priority, 1, 0, 'dead', 0, 0, ?2 - 10 * 86400000, 0, 0, null, null, null, null, ?2, shown, 0, null, way from card limit 1",
    ),
    (
        "due",
        "are not sealed",
        "insert into due (team_id, kind, number, due_ms, made_ms) values ('T0PLAY', 'request', 1, ?2, ?2)",
    ),
    ("inbox", "exact time", "insert into inbox values ('T0PLAY', 'key', '', ?2 - ?2 % 86400000 + 1)"),
    (
        "inbox",
        "older than three days",
        "insert into inbox values ('T0PLAY', 'key', '', ?2 - ?2 % 86400000 - 8 * 86400000)",
    ),
    (
        "inbox",
        "a note without an author",
        "insert into inbox values ('T0PLAY', 'key', 'Noted without your name.', ?2 - ?2 % 86400000)",
    ),
    ("edit", "older than an hour", "insert into edit values ('T0PLAY', 'C01REL', '1.1', '1.2', 'words', ?2)"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_names_each_kind_of_trace_by_its_table_and_age() {
    let (sim, listen) = slack().await;
    let folder = Folder::new();
    survey(&folder.path(), &sim, &listen).await;
    let database = folder.path().join("lookback.db");
    let whole = std::fs::read(&database).unwrap();
    let old = lookback_clock::Clock::system().now() - chrono::Duration::days(3);
    for (table, words, sql) in TRACES {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&database).foreign_keys(false);
        let mut database_of = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let retro: i64 = sqlx::query_scalar("select id from retro").fetch_one(&mut database_of).await.unwrap();
        let sql = sql.replace("?1", &retro.to_string()).replace("?2", &old.timestamp_millis().to_string());
        let sql = format!("{sql}; update retro set started_ms = {}", old.timestamp_millis());
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut database_of).await.unwrap();
        database_of.close().await.unwrap();
        let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["audit", "anonymity"]));
        let line = said.lines().find(|line| line.contains(&format!("table {table}")) && line.contains(words));
        assert!(code == 1 && line.is_some_and(|line| line.contains(" days old: ")), "{table}, {words}: {code} {said}");
        std::fs::write(&database, &whole).unwrap();
        for beside in ["lookback.db-wal", "lookback.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(beside));
        }
    }
    // What a server would have removed is no fault of a copy that lay about for a week.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&database);
    let mut copy = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let day = old.timestamp_millis() / 86_400_000 * 86_400_000;
    let sql = format!(
        "insert into inbox values ('T0PLAY', 'key', '', {day} - 8 * 86400000); update installation set heartbeat_ms = {day} - 7 * 86400000"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut copy).await.unwrap();
    copy.close().await.unwrap();
    // The same in the WAL, and a key that every copy of the data takes along.
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["audit", "anonymity"]));
    assert!(code == 0 && said.contains("It is outside the data folder"), "{said}");
    std::fs::write(folder.path().join("lookback.db-wal"), b"T0PLAYC01RELimproveU03SAMcanary-U03SAM").unwrap();
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["audit", "anonymity"]));
    assert!(code == 1 && said.contains("It shows the author of 1 note"), "{said}");
    let mut inside = program(&folder.path(), &sim, &listen, &["audit", "anonymity"]);
    std::fs::create_dir(folder.path().join("inside")).unwrap();
    std::fs::copy(folder.keys().join("lookback.key"), folder.path().join("inside/lookback.key")).unwrap();
    let (code, said) = run(inside.env("LOOKBACK_KEY_DIR", folder.path().join("inside")));
    assert!(code == 1 && said.contains("is in the data folder") && said.contains("set LOOKBACK_KEY_DIR"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_erased_to_the_last_byte() {
    let (sim, listen) = slack().await;
    let folder = Folder::new();
    survey(&folder.path(), &sim, &listen).await;
    let server = serve(&folder.path(), &sim, &listen).await;
    sim.say("U01MARIA", RELEASES, None, "/retro action Write it down <@U03SAM> by 2w").await;
    sim.say("U01MARIA", RELEASES, None, "/retro kudos <@U03SAM> for the calm").await;
    // While the server runs.
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["forget-user", "U0NOPE"]));
    assert!(code == 1 && said.contains("this database does not know U0NOPE"), "{said}");
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["forget-user", "U03SAM"]));
    assert!(code == 1 && said.contains("U03SAM will be erased: ") && said.contains("--yes"), "{said}");
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["forget-user", "U03SAM", "--yes"]));
    assert!(code == 0 && said.contains("U03SAM is erased") && said.contains("1 open action item"), "{said}");
    server.stop();
    std::fs::remove_dir_all(folder.keys()).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        // What other people wrote stays.
        let text = String::from_utf8_lossy(&bytes).replace("canary-U03SAM", "");
        assert!(!text.contains("U03SAM"), "{} still names the person", path.display());
    }
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["forget-user", "sam"]));
    assert!(code == 1 && said.contains("is not the id of a person"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_fit_is_refused_and_nothing_is_destroyed() {
    let (sim, listen) = slack().await;
    let (folder, other) = (Folder::new(), Folder::new());
    for folder in [&folder, &other] {
        serve(&folder.path(), &sim, &listen).await.stop();
    }
    let key = folder.keys().join("lookback.key");
    let good = std::fs::read(&key).unwrap();
    let refused = |words: &str| {
        let before = std::fs::read(folder.path().join("lookback.db")).unwrap();
        let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["serve"]));
        assert!(code == 2 && said.contains(words) && said.contains("nothing was changed"), "{said}");
        assert_eq!(before, std::fs::read(folder.path().join("lookback.db")).unwrap());
    };
    std::fs::remove_file(&key).unwrap();
    refused("put the file back");
    assert!(!key.exists());
    std::fs::copy(other.keys().join("lookback.key"), &key).unwrap();
    refused("is not the one that this database is sealed with");
    std::fs::write(&key, "short").unwrap();
    refused("cut short");
    std::fs::write(&key, &good).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        refused("run `chmod 600");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    serve(&folder.path(), &sim, &listen).await.stop();
}

/// The first version left a database with an open survey. Its survey goes on, and its answers are sealed.
#[tokio::test(flavor = "multi_thread")]
async fn answers_of_an_earlier_version_are_sealed_at_the_upgrade() {
    use sqlx::{Connection as _, Executor as _};
    let (sim, listen) = slack().await;
    let folder = Folder::new();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("lookback.db").display());
    let mut old = sqlx::SqliteConnection::connect(&url).await.unwrap();
    // The database after migration 1, with rows in it.
    let first = sqlx::migrate::Migrator::new(first_migration(&folder.path())).await.unwrap();
    first.run(&mut old).await.unwrap();
    old.execute(include_str!("data/0001_rows.sql")).await.unwrap();
    old.close().await.unwrap();
    // The first version made its key file too.
    let other = Folder::new();
    serve(&other.path(), &sim, &listen).await.stop();
    std::fs::copy(other.keys().join("lookback.key"), folder.path().join("lookback.key")).unwrap();
    let server = serve(&folder.path(), &sim, &listen).await;
    let store = lookback::store::Store::look(&url).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let found = lookback::store::audit::anonymous(&mut tx).await.unwrap();
    assert_eq!(found[0].sheets, 3 + 8, "{found:?}");
    assert_eq!(
        lookback::store::backup::old_copies(&folder.path().join("lookback.db")),
        Vec::<std::path::PathBuf>::new()
    );
    assert_eq!(lookback::store::audit::traces(&mut tx, 0).await.unwrap(), Vec::new());
    let retro = lookback::store::retros::by_id(&mut tx, &"T0PLAY".into(), lookback_core::ids::RetroId(7))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((retro.questions.len(), retro.threshold), (6, 3));
    drop(tx);
    store.close().await;
    sim.say("U01MARIA", RELEASES, None, "/retro agenda").await;
    assert!(sim.until(|w| w.messages.iter().any(|m| m.text.contains("an old answer of sam"))).await);
    server.stop();
    let file = std::fs::read(folder.path().join("lookback.db")).unwrap();
    let times = String::from_utf8_lossy(&file).matches("an old answer of sam").count();
    assert_eq!(times, 1, "only the note is left");
}

fn first_migration(folder: &Path) -> std::path::PathBuf {
    let only = folder.join("first");
    std::fs::create_dir(&only).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite/0001_first.sql");
    std::fs::copy(from, only.join("0001_first.sql")).unwrap();
    only
}

/// The server is killed while the survey closes. The answers are then all sealed or all mixed. In the end the file is
/// clean.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_the_close_leaves_it_sealed_or_mixed() {
    let (mut sealed, mut mixed) = (0, 0);
    // How long a close takes that nobody kills.
    let mut whole = std::time::Duration::ZERO;
    for round in 0..=16u32 {
        let (sim, listen) = slack().await;
        let folder = Folder::new();
        let server = serve(&folder.path(), &sim, &listen).await;
        sim.say("U01MARIA", RELEASES, None, "/retro start v1 <@U03SAM> <@U02NOOR> <@U05JONAS>").await;
        for who in ASKED {
            answers(&sim, who, &format!("canary-{who}")).await;
        }
        if round == 0 {
            let began = Instant::now();
            sim.say("U01MARIA", RELEASES, None, "/retro agenda").await;
            whole = began.elapsed();
            server.stop();
            continue;
        }
        let other = sim.clone();
        let mut close = tokio::spawn(async move { other.say("U01MARIA", RELEASES, None, "/retro agenda").await });
        // The kills are spread over the close and the cleaning after it.
        let until = whole * (round - 1) / 10;
        let ended = tokio::time::timeout(until, &mut close).await;
        server.kill();
        if ended.is_err() {
            close.abort();
        }
        let url = format!("sqlite://{}", folder.path().join("lookback.db").display());
        let store = lookback::store::Store::look(&url).await.unwrap();
        let mut tx = store.read().await.unwrap();
        let found = lookback::store::audit::anonymous(&mut tx).await.unwrap().remove(0);
        assert_eq!(lookback::store::audit::traces(&mut tx, 0).await.unwrap(), Vec::new(), "round {round}");
        drop(tx);
        store.close().await;
        match found.phase.as_str() {
            "collecting" => {
                assert_eq!((found.sheets, found.notes), (3 + 8, 0), "round {round}: {found:?}");
                sealed += 1;
            }
            _ => {
                assert_eq!((found.sheets, found.notes, found.named), (0, 3, 0), "round {round}: {found:?}");
                mixed += 1;
            }
        }
        // After a restart the survey can be closed again, and the file ends clean.
        let server = serve(&folder.path(), &sim, &listen).await;
        sim.say("U01MARIA", RELEASES, None, "/retro agenda").await;
        assert!(sim.until(|w| w.messages.iter().any(|m| m.text.contains("Agenda") && m.text.contains("canary"))).await);
        server.stop();
        let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["audit", "anonymity"]));
        assert!(code == 0 && said.contains("mixed: 3 notes"), "round {round}: {said}");
    }
    println!("kills=16 sealed={sealed} mixed={mixed}");
    assert!(sealed > 0 && mixed > 0, "all kills fell on one side of the close");
}

/// All files of a folder, by name.
fn files(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    files.map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(f).unwrap())).collect()
}

fn put(folder: &Path, files: &std::collections::BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_can_be_changed_and_a_kill_in_between_does_no_harm() {
    let (sim, listen) = slack().await;
    let folder = Folder::new();
    let keys = folder.keys();
    let server = serve(&folder.path(), &sim, &listen).await;
    sim.say("U01MARIA", RELEASES, None, "/retro start v1 <@U03SAM> <@U02NOOR> <@U05JONAS>").await;
    for who in ASKED {
        answers(&sim, who, &format!("canary-{who}")).await;
    }
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["rotate-key"]));
    assert!(code == 1 && said.contains("stop it first"), "{said}");
    server.stop();
    let database = folder.path().join("lookback.db");
    let (before, old) = (std::fs::read(&database).unwrap(), files(&keys));
    let (code, said) = run(&mut program(&folder.path(), &sim, &listen, &["rotate-key"]));
    assert!(code == 0 && said.contains("holds a new key"), "{said}");
    let (after, new) = (std::fs::read(&database).unwrap(), files(&keys));
    assert!(old.keys().eq(new.keys()) && old.iter().all(|(name, key)| new[name] != *key), "{:?}", new.keys());
    let next = |files: &std::collections::BTreeMap<String, Vec<u8>>| -> std::collections::BTreeMap<String, Vec<u8>> {
        files.iter().map(|(name, key)| (format!("{name}.next"), key.clone())).collect()
    };
    let halfway = |at: usize| -> std::collections::BTreeMap<String, Vec<u8>> {
        let renamed = new.iter().filter(|(name, _)| at == 1 && name.contains("survey"));
        let renamed: std::collections::BTreeMap<_, _> = renamed.map(|(n, k)| (n.clone(), k.clone())).collect();
        let mut all = next(&new);
        all.retain(|name, _| !renamed.contains_key(name.trim_end_matches(".next")));
        all.extend(old.iter().map(|(n, k)| (n.clone(), k.clone())));
        all.extend(renamed);
        all
    };
    // A kill before the database knew of it, right after that, and while files took their names.
    for (db, at, key) in [(&before, 0, &old), (&after, 0, &new), (&after, 1, &new)] {
        std::fs::write(&database, db).unwrap();
        put(&keys, &halfway(at));
        // A restore now would leave one of the two databases without its key.
        let backup = folder.path().join("backup.db");
        std::fs::write(&backup, &before).unwrap();
        let (code, said) =
            run(program(&folder.path(), &sim, &listen, &["restore"]).arg(folder.path().join("backup.db")));
        assert!(code == 1 && said.contains("a change of keys was interrupted: start `lookback serve` once"), "{said}");
        let server = serve(&folder.path(), &sim, &listen).await;
        server.stop();
        assert_eq!(files(&keys), *key);
    }
    let server = serve(&folder.path(), &sim, &listen).await;
    sim.say("U01MARIA", RELEASES, None, "/retro agenda").await;
    assert!(sim.until(|w| w.messages.iter().any(|m| m.text.contains("Agenda") && m.text.contains("canary"))).await);
    server.stop();
    // With a key from the environment.
    let (first, second) = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210");
    let other = Folder::new();
    let mut server = program(&other.path(), &sim, &listen, &["serve"]);
    crate::common::Server::start(server.env("LOOKBACK_KEY", first)).await.stop();
    let rotate = |new: &[(&str, &str)]| {
        run(program(&other.path(), &sim, &listen, &["rotate-key"]).env("LOOKBACK_KEY", first).envs(new.iter().copied()))
    };
    let (code, said) = rotate(&[]);
    assert!(code == 1 && said.contains("LOOKBACK_NEW_KEY is not set"), "{said}");
    let (code, said) = rotate(&[("LOOKBACK_NEW_KEY", first)]);
    assert!(code == 1 && said.contains("choose another"), "{said}");
    let (code, said) = rotate(&[("LOOKBACK_NEW_KEY", second)]);
    assert!(code == 0 && said.contains("set LOOKBACK_KEY to it"), "{said}");
    let (code, said) = run(program(&other.path(), &sim, &listen, &["serve"]).env("LOOKBACK_KEY", first));
    assert!(code == 2 && said.contains("is not the one that this database is sealed with"), "{said}");
    let mut server = program(&other.path(), &sim, &listen, &["serve"]);
    crate::common::Server::start(server.env("LOOKBACK_KEY", second)).await.stop();
}
