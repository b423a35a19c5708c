//! The program itself: its settings, its signals, and what survives `kill -9`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{RELEASES, Server, bare, program, run, slack};
use serde_json::Value;

use lookback::store::{Store, notes};
use lookback_clock::Rng;
use lookback_core::ids::{ChannelId, TeamId};
use lookback_sim::workspace::Workspace;
use lookback_sim::{APP_TOKEN, BOT_TOKEN, Sim};

async fn serve(folder: &Path, sim: &Sim, listen: &str) -> Server {
    Server::start(&mut program(folder, sim, listen, &["serve"])).await
}

#[test]
fn wrong_settings_are_named_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = run(bare(folder.path()).arg("serve").env("LISTEN_ADDR", "nowhere"));
    assert_eq!(code, 2, "{said}");
    for part in [
        "SLACK_BOT_TOKEN is missing",
        "SLACK_APP_TOKEN is missing, and so is SLACK_SIGNING_SECRET",
        "LISTEN_ADDR is not an address",
        "api.slack.com/apps",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, said) = run(bare(folder.path()).args(["serve", "--config", "none.toml"]));
    assert!(code == 2 && said.contains("none.toml cannot be read"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let (code, said) = run(bare(folder.path()).args(["playground", "--listen", "0.0.0.0:0"]));
    assert!(code == 2 && said.contains("loopback"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_what_is_missing() {
    let (sim, _) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let doctor = |token: &str| {
        let mut command = bare(folder.path());
        command
            .arg("doctor")
            .env("SLACK_BOT_TOKEN", token)
            .env("SLACK_APP_TOKEN", APP_TOKEN)
            .env("SLACK_API_URL", format!("{}/api", sim.origin()));
        run(&mut command)
    };
    let (code, said) = doctor(BOT_TOKEN);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("workspace Playground (T0PLAY)") && said.contains("a connection can be opened"), "{said}");
    sim.grant("users:read", false);
    sim.grant("files:write", false);
    let (code, said) = doctor(BOT_TOKEN);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("missing: users:read")
            && said.contains("files:write is not granted, so this is off: the document as a file"),
        "{said}"
    );
    let (code, said) = doctor("xoxb-wrong");
    assert!(code == 1 && said.contains("refuses SLACK_BOT_TOKEN (invalid_auth)"), "{said}");
    let (code, said) = run(bare(folder.path()).args(["doctor", "--json"]));
    let checks: Value = serde_json::from_str(&said).unwrap();
    assert!(code == 1 && checks[0]["verdict"] == "fail", "{said}");
    assert!(!said.contains("xoxb-wrong"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "doctor changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_a_database_and_one_workspace_a_database() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let first = serve(folder.path(), &sim, &listen).await;
    let second = &mut program(folder.path(), &sim, "127.0.0.1:0", &["serve"]);
    let (code, said) = run(second);
    assert!(code == 1 && said.contains("another lookback already serves"), "{said}");
    // Under another name it is the same database.
    #[cfg(target_os = "linux")]
    {
        let elsewhere = tempfile::tempdir().unwrap();
        let (file, symlink, hard) =
            (folder.path().join("lookback.db"), elsewhere.path().join("a.db"), folder.path().join("b.db"));
        std::os::unix::fs::symlink(&file, &symlink).unwrap();
        std::fs::hard_link(&file, &hard).unwrap();
        let _ = std::fs::remove_file(folder.path().join("lookback.lock"));
        for name in [symlink, hard.clone()] {
            let mut third = program(folder.path(), &sim, "127.0.0.1:0", &["serve"]);
            let (code, said) = run(third.env("DATABASE_URL", format!("sqlite://{}", name.display())));
            assert!(code == 1 && said.contains("another lookback already serves"), "{said}");
        }
        std::fs::remove_file(hard).unwrap();
    }
    // After SIGTERM it finishes what is under way, within ten seconds.
    let asked = Instant::now();
    first.stop();
    assert!(asked.elapsed() < Duration::from_secs(10));
    sim.arrange(|w| w.team = "T9OTHER".into());
    let (code, said) = run(second);
    assert!(code == 2 && said.contains("this database belongs to the workspace Playground (T0PLAY)"), "{said}");
    sim.grant("chat:write", false);
    let (code, said) = run(second);
    assert!(code == 2 && said.contains("the token lacks chat:write"), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = folder.path().join("keys/lookback.key");
        for file in [key, folder.path().join("lookback.db")] {
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_served_and_slack_is_not_in_socket_mode() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let mut child = bare(folder.path())
        .arg("serve")
        .envs([("SLACK_BOT_TOKEN", BOT_TOKEN), ("SLACK_APP_TOKEN", APP_TOKEN), ("LISTEN_ADDR", listen.as_str())])
        .env("SLACK_API_URL", format!("{}/api", sim.origin()))
        .spawn()
        .unwrap();
    assert!(sim.connects().await);
    let get = async |path: &str, method: &str| {
        use http_body_util::Empty;
        let client: hyper_util::client::legacy::Client<_, Empty<axum::body::Bytes>> =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let request =
            hyper::Request::builder().method(method).uri(format!("http://{listen}{path}")).body(Empty::new()).unwrap();
        client.request(request).await.unwrap().status().as_u16()
    };
    assert_eq!(get("/healthz", "GET").await, 200);
    assert_eq!(get("/readyz", "GET").await, 200);
    assert_eq!(get("/slack/events", "POST").await, 404);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut wrong = bare(folder.path());
    wrong.arg("serve").envs([
        ("SLACK_BOT_TOKEN", BOT_TOKEN),
        ("SLACK_APP_TOKEN", "xapp-wrong"),
        ("LISTEN_ADDR", listen.as_str()),
    ]);
    let (code, said) = run(wrong.env("SLACK_API_URL", format!("{}/api", sim.origin())));
    assert!(code == 2 && said.contains("Slack refuses SLACK_APP_TOKEN (invalid_auth)"), "{said}");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut wrong = bare(elsewhere.path());
    wrong.arg("serve").envs([
        ("SLACK_BOT_TOKEN", "xoxb-wrong"),
        ("SLACK_APP_TOKEN", APP_TOKEN),
        ("LISTEN_ADDR", listen.as_str()),
    ]);
    let (code, said) = run(wrong.env("SLACK_API_URL", format!("{}/api", sim.origin())));
    assert!(code == 2 && said.contains("Slack refuses SLACK_BOT_TOKEN (invalid_auth)"), "{said}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing is touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_whether_a_person_has_to_change_something() {
    use sqlx::Connection as _;
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    // A port in use may be free in a moment.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let (code, said) = run(program(folder.path(), &sim, &listen, &["serve"]).env("LISTEN_ADDR", &port));
    assert!(code == 1 && said.contains("cannot be used"), "{code} {said}");
    // So may a lock that another process holds.
    serve(folder.path(), &sim, &listen).await.stop();
    let file = folder.path().join("lookback.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("begin immediate").execute(&mut other).await.unwrap();
    let (code, said) = run(&mut program(folder.path(), &sim, &listen, &["serve"]));
    assert!(code == 1 && said.contains("locked"), "{code} {said}");
    sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    // The database of another program is another matter, and is left as it is.
    let foreign = tempfile::tempdir().unwrap();
    let file = foreign.path().join("lookback.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("create table recipe (id integer)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let before = std::fs::read(&file).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let (code, said) = run(&mut program(foreign.path(), &sim, &listen, &["serve"]));
    assert!(std::fs::read(&file).unwrap() == before);
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777,
        0o644
    );
    assert!(code == 2 && said.contains("the database of another program"), "{code} {said}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_is_heard_while_slack_is_down() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &sim, &listen, &["serve"]);
    let mut child = command.env("SLACK_API_URL", "http://127.0.0.1:9/api").spawn().unwrap();
    let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut log, &mut line).unwrap();
    assert!(line.contains("Slack does not answer"), "{line}");
    let asked = Instant::now();
    assert!(std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(asked.elapsed() < Duration::from_secs(5));
}

/// What became of some kills.
#[derive(Clone, Copy, Default)]
struct Killed {
    kills: usize,
    acknowledged: usize,
    starts: usize,
}

/// Kills in a plain run, and in a part of a long one.
const KILLS: usize = 30;
const PART: usize = 100;

/// `LOOKBACK_KILLS=10000 cargo test --test program kill_nine -- --nocapture` kills on until there were so many in all: it
/// adds up in `target/kills.txt`, and may be stopped and started again. A failure is told with its seed, and not added.
#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_at_any_moment_loses_and_doubles_nothing() {
    let Some(all) = std::env::var("LOOKBACK_KILLS").ok().and_then(|n| n.parse::<usize>().ok()) else {
        killed(KILLS).await;
        return;
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kills.txt");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let numbers: Vec<usize> = before.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let mut sum = match numbers[..] {
        [kills, acknowledged, starts] => Killed { kills, acknowledged, starts },
        _ => Killed::default(),
    };
    while sum.kills < all {
        let part = killed(PART.min(all - sum.kills)).await;
        sum.kills += part.kills;
        sum.acknowledged += part.acknowledged;
        sum.starts += part.starts;
        std::fs::write(&file, format!("{} {} {}", sum.kills, sum.acknowledged, sum.starts)).unwrap();
        println!(
            "in all: kills={} acknowledged={} starts={} lost=0 doubled=0",
            sum.kills, sum.acknowledged, sum.starts
        );
    }
}

async fn killed(kills: usize) -> Killed {
    let (sim, listen) = slack().await;
    sim.latency(Duration::from_millis(60));
    let folder = tempfile::tempdir().unwrap();
    // Each run has its own moments. A failure prints the seed.
    let rng = Rng::system();
    let seed = u64::try_from(rng.id()).unwrap();
    let rng = Rng::seeded(seed);
    let (mut acked, mut started, mut tried) = (BTreeSet::new(), BTreeSet::new(), 0);
    for round in 0..kills {
        let server = serve(folder.path(), &sim, &listen).await;
        let moment = Duration::from_millis(u64::try_from(rng.id()).unwrap() % 400);
        let load = async {
            if round % 3 == 0 {
                let version = format!("v{round}");
                let payload = sim.command_payload("U01MARIA", RELEASES, &format!("start {version} @sam @noor"));
                if sim.once("slash_commands", &payload).await.is_ok() {
                    started.insert(version);
                }
            }
            loop {
                tried += 1;
                let note = format!("note number {tried}");
                let payload = sim.command_payload("U03SAM", "C03OPS", &format!("note well {note}"));
                if sim.once("slash_commands", &payload).await.is_ok_and(|a| {
                    a.is_some_and(|a| a.get("text").and_then(Value::as_str).is_some_and(|t| t.contains("Noted")))
                }) {
                    acked.insert(note);
                }
            }
        };
        let _ = tokio::time::timeout(moment, load).await;
        server.kill();
    }
    let began = Instant::now();
    let server = serve(folder.path(), &sim, &listen).await;
    let kickoffs = |w: &Workspace, v: &str| {
        w.messages
            .iter()
            .filter(|m| m.channel == RELEASES && m.text.contains(&format!("Retrospective of *{v}*")))
            .count()
    };
    let surveys = |w: &Workspace, v: &str| {
        w.messages.iter().filter(|m| m.text.contains("Six questions") && m.text.contains(&format!("*{v}*"))).count()
    };
    let expected = started.clone();
    let mut drained = false;
    for _ in 0..6 {
        let all = expected.clone();
        if sim.until(move |w| all.iter().all(|v| kickoffs(w, v) >= 1 && surveys(w, v) >= 2)).await {
            drained = true;
            break;
        }
    }
    let took = began.elapsed();
    server.kill();
    if !drained {
        let mut methods: std::collections::BTreeMap<String, usize> = Default::default();
        for call in sim.journal() {
            *methods.entry(format!("{} {}", call.method, call.error.unwrap_or_default())).or_default() += 1;
        }
        println!("{methods:#?}");
    }
    sim.read(|w| {
        for version in &started {
            assert_eq!((kickoffs(w, version), surveys(w, version)), (1, 2), "{version}, seed {seed}");
        }
        let keys: Vec<String> = w
            .messages
            .iter()
            .filter_map(|m| m.metadata.as_ref()?.pointer("/event_payload/key")?.as_str().map(str::to_owned))
            .collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "a message was posted twice, seed {seed}");
    });
    assert!(drained, "not everything arrived, seed {seed}");
    let store = Store::open(&format!("sqlite://{}", folder.path().join("lookback.db").display())).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let kept: Vec<String> = notes::mine(&mut tx, &TeamId::from("T0PLAY"), &ChannelId::from("C03OPS"), &"U03SAM".into())
        .await
        .unwrap()
        .into_iter()
        .map(|n| n.text)
        .collect();
    let lost: Vec<_> = acked.iter().filter(|n| !kept.contains(n)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}, seed {seed}");
    assert_eq!(kept.iter().collect::<BTreeSet<_>>().len(), kept.len(), "saved twice, seed {seed}");
    println!(
        "kills={kills} acknowledged={} starts={} lost=0 doubled=0 drained in {:.1} s, seed {seed}",
        acked.len(),
        started.len(),
        took.as_secs_f32()
    );
    Killed { kills, acknowledged: acked.len(), starts: started.len() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_beside_the_server_and_restored_after_it() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let lookback = |args: &[&str]| run(&mut program(folder.path(), &sim, &listen, args));
    let (code, said) = lookback(&["backup", "copy.db"]);
    assert!(code == 1 && said.contains("there is no database at"), "{said}");
    let server = serve(folder.path(), &sim, &listen).await;
    let (code, said) = lookback(&["backup", "copy.db"]);
    assert!(code == 0 && said.contains("copy.db holds the whole database"), "{said}");
    let (code, said) = lookback(&["restore", "copy.db"]);
    assert!(code == 1 && said.contains("stop it first"), "{said}");
    server.stop();
    let (code, said) = lookback(&["restore", "copy.db", "--json"]);
    let restored: Value = serde_json::from_str(&said).unwrap();
    assert!(code == 0 && restored["kept"].as_str().is_some_and(|kept| folder.path().join(kept).exists()), "{said}");
    let log = serve(folder.path(), &sim, &listen).await.stop();
    assert!(
        log.contains("a newer copy of this database has been in use") && log.contains("lookback restore --go-on"),
        "{log}"
    );
    let (code, said) = lookback(&["restore", "--go-on"]);
    assert!(code == 0 && said.contains("Messages leave again"), "{said}");
    let log = serve(folder.path(), &sim, &listen).await.stop();
    assert!(!log.contains("a newer copy"), "{log}");
    // Onto a new machine, with the key.
    let new = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("copy.db"), new.path().join("copy.db")).unwrap();
    let mut elsewhere = program(new.path(), &sim, &listen, &["restore", "copy.db"]);
    let (code, said) = run(&mut elsewhere);
    assert!(code == 1 && said.contains("put the file back") && !new.path().join("lookback.db").exists(), "{said}");
    std::fs::copy(folder.path().join("keys/lookback.key"), new.path().join("lookback.key")).unwrap();
    let (code, said) = run(&mut elsewhere);
    assert!(code == 0 && !said.contains("is kept as"), "{said}");
    serve(new.path(), &sim, &listen).await.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_leaves_a_copy_and_a_newer_database_is_refused() {
    use sqlx::Connection as _;
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lookback.db");
    serve(folder.path(), &sim, &listen).await.stop();
    let sql = async |sql: &'static str| {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
        let mut database = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    };
    // A newer version's additions do no harm, unless it says so.
    sql("insert into _sqlx_migrations values (999, 'newer', '2026-01-01', 1, x'00', 1)").await;
    serve(folder.path(), &sim, &listen).await.stop();
    sql("pragma user_version = 999").await;
    for args in [&["serve"][..], &["doctor"], &["token", "list"], &["forget-user", "U03SAM"]] {
        let (code, said) = run(&mut program(folder.path(), &sim, &listen, args));
        assert!(code != 0 && said.contains("a newer Lookback wrote this database (schema 999"), "{args:?} {said}");
    }
    // What an earlier release left is brought up to date by the server alone.
    std::fs::remove_file(&file).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut database = sqlx::SqliteConnection::connect_with(&options.foreign_keys(false)).await.unwrap();
    sqlx::raw_sql(include_str!("data/stored/0.1.0/database.sql")).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let key = ("LOOKBACK_KEY", "0123456789abcdef0123456789abcdef");
    let (code, said) = run(program(folder.path(), &sim, &listen, &["token", "list"]).envs([key]));
    assert!(code == 1 && said.contains("run `lookback serve` once"), "{said}");
    Server::start(program(folder.path(), &sim, &listen, &["serve"]).envs([key])).await.stop();
    // Restored, it sends nothing by itself, though it knows no sign of life.
    let (code, said) = run(program(folder.path(), &sim, &listen, &["restore", "lookback.db.schema-7"]).envs([key]));
    assert_eq!(code, 0, "{said}");
    let log = Server::start(program(folder.path(), &sim, &listen, &["serve"]).envs([key])).await.stop();
    assert!(log.contains("a newer copy of this database has been in use"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_a_retros_life_and_names_nobody() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &sim, &listen, &["serve"]);
    let server = Server::start(command.env("LOG_FORMAT", "json").env("RUST_LOG", "loud")).await;
    let does = async |line: &str, then: &'static str| {
        sim.say("U01MARIA", RELEASES, None, line).await;
        assert!(sim.until(move |w| w.messages.iter().any(|m| m.text.contains(then))).await, "{line}");
    };
    does("/retro start v1\u{7} @sam named", "Retrospective of").await;
    does("/retro note well The secret walrus", "Noted").await;
    does("/retro agenda", "Agenda").await;
    does("/retro action Write the runbook @sam by 2030-01-01", "Write the runbook").await;
    does("/retro finish", "retrospective: summary").await;
    let log = server.stop();
    let lines: Vec<Value> =
        log.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
    let said: Vec<&str> = lines.iter().filter_map(|l| l["message"].as_str()).collect();
    for part in [
        "RUST_LOG is not valid",
        "ready",
        "began; participants: 1",
        "has its agenda",
        "action item #1 of C01REL was created",
        "a request that waited for Slack was handled",
        "stopping",
    ] {
        assert!(said.iter().any(|s| s.contains(part)), "{part}: {said:#?}");
    }
    for hidden in ["U01MARIA", "U03SAM", "walrus", "runbook", BOT_TOKEN] {
        assert!(!log.contains(hidden), "{hidden}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_writes_checked_settings_that_only_their_owner_can_read() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let setup = |bot_token: &str| {
        let mut command = bare(folder.path());
        command.arg("setup").env("SLACK_API_URL", format!("{}/api", sim.origin()));
        run(command.env("SLACK_BOT_TOKEN", bot_token).env("SLACK_APP_TOKEN", APP_TOKEN))
    };
    let (code, said) = setup("xoxb-wrong");
    assert!(code == 1 && said.contains("Slack refuses SLACK_BOT_TOKEN (invalid_auth)"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    let (code, said) = setup(BOT_TOKEN);
    assert!(code == 0 && said.contains("https://api.slack.com/apps?new_app=1&manifest_yaml="), "{said}");
    assert!(said.contains("workspace Playground (T0PLAY)") && said.contains("/invite @lookback"), "{said}");
    assert!(!said.contains(BOT_TOKEN) && !said.contains(APP_TOKEN), "{said}");
    let file = folder.path().join("lookback.toml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (code, said) = setup(BOT_TOKEN);
    assert!(code == 1 && said.contains("is there already"), "{said}");
    // Without a terminal nothing can be typed.
    let (code, said) = run(bare(folder.path()).args(["setup", "--config", "other.toml"]));
    assert!(code == 1 && said.contains("SLACK_BOT_TOKEN is missing"), "{said}");
    // The settings are right, are shown without secrets, and serve.
    let (code, said) = run(bare(folder.path()).args(["config", "check"]).env("LISTEN_ADDR", &listen));
    assert!(code == 0 && said.contains("file         (set)") && said.contains("environment  127.0.0.1:"), "{said}");
    assert!(!said.contains(BOT_TOKEN) && !said.contains(APP_TOKEN), "{said}");
    assert!(said.contains("default      sqlite://lookback.db") && !said.contains("Note:"), "{said}");
    // What works, and is better put right.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (code, said) = run(bare(folder.path()).args(["config", "check"]).env("RUST_LOG", "lots"));
        assert!(code == 0 && said.contains("Note: RUST_LOG is not valid"), "{said}");
        assert!(said.contains("Note: lookback.toml holds secrets and can be read by others: run `chmod 600"), "{said}");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let (code, said) = run(bare(folder.path()).args(["config", "check", "--json"]).env("RETENTION", "soon"));
    assert!(code == 2 && said.contains("RETENTION is not a number of days"), "{said}");
    let server = Server::start(bare(folder.path()).arg("serve").env("LISTEN_ADDR", &listen)).await;
    let (code, said) = run(bare(folder.path()).arg("doctor").env("LISTEN_ADDR", &listen));
    assert!(code == 0 && said.contains("a Lookback answers at") && said.contains("can be written"), "{said}");
    let ready = || run(bare(folder.path()).arg("ready").env("LISTEN_ADDR", &listen));
    assert_eq!(ready(), (0, "ready\n".to_owned()));
    server.stop();
    let (code, said) = ready();
    assert!(code == 1 && said.contains("nothing answers at"), "{said}");
}

#[test]
fn completions_and_the_manual_follow_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let (code, said) = run(bare(folder.path()).args(["completions", shell]));
        assert!(code == 0 && said.contains("forget-user") && said.contains("backup"), "{shell}");
    }
    let (code, said) = run(bare(folder.path()).arg("man"));
    assert!(code == 0 && said.contains(".TH lookback") && said.contains("playground"), "{said}");
}

/// Whoever opens a thousand connections and says half a word takes no file from the bot's own work.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_half_open_connections_do_not_stop_the_bots_own_work() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use std::io::{Read as _, Write as _};
    let (sim, listen) = slack().await;
    sim.deliver_by(lookback_sim::Delivery::Socket);
    let folder = tempfile::tempdir().unwrap();
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).unwrap();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 1024 && exec \"$0\" serve", env!("CARGO_BIN_EXE_lookback")]);
    command.env_clear().current_dir(folder.path()).stderr(std::process::Stdio::piped());
    command.env("LOOKBACK_KEY_DIR", folder.path().join("keys")).env("SLACK_API_URL", format!("{}/api", sim.origin()));
    command.envs([("SLACK_BOT_TOKEN", BOT_TOKEN), ("SLACK_APP_TOKEN", APP_TOKEN), ("LISTEN_ADDR", listen.as_str())]);
    let server = Server::start(&mut command).await;
    assert!(sim.connects().await);
    let half = || {
        let mut stream = std::net::TcpStream::connect(&listen).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").unwrap();
        stream
    };
    let began = Instant::now();
    let held: Vec<std::net::TcpStream> = (0..1000).map(|_| half()).collect();
    // Its database is opened anew, and Slack is called.
    sim.say("U01MARIA", RELEASES, None, "/retro start v1 <@U03SAM> <@U02NOOR>").await;
    let asked = |w: &Workspace| w.messages.iter().filter(|m| m.text.contains("Six questions")).count() == 2;
    assert!(sim.until(asked).await, "{}", server.stop());
    let (_, said) = run(&mut program(folder.path(), &sim, &listen, &["audit", "anonymity"]));
    assert!(said.contains("The survey is open"), "{said}");
    // The first ones are hung up on, and whoever waits is served.
    let mut whole = std::net::TcpStream::connect(&listen).unwrap();
    whole.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    whole.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    whole.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    println!("half-open=1000 files=1024 served after {:.1} s", began.elapsed().as_secs_f32());
    drop(held);
    let log = server.stop();
    assert!(!log.contains("Too many open files"), "{log}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_others_can_read_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), &sim, &listen).await.stop();
    let file = folder.path().join("lookback.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let log = serve(folder.path(), &sim, &listen).await.stop();
    assert!(log.contains("could be read by others"), "{log}");
    for entry in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
    }
}

/// Under systemd commands are root's, and the server is not.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_root_makes_belongs_to_the_owner_of_the_data() {
    use std::os::unix::fs::MetadataExt as _;
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can give files away");
        return;
    }
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), &sim, &listen).await.stop();
    for entry in ["", "lookback.db", "keys", "keys/lookback.key"] {
        std::os::unix::fs::chown(folder.path().join(entry), Some(65534), Some(65534)).unwrap();
    }
    let (code, said) = run(&mut program(folder.path(), &sim, &listen, &["rotate-key"]));
    assert!(code == 0, "{said}");
    assert_eq!(std::fs::metadata(folder.path().join("keys/lookback.key")).unwrap().uid(), 65534);
}

/// Other sites' pages are open in the same browser: they may neither call the playground nor open its socket.
#[tokio::test(flavor = "multi_thread")]
async fn the_playground_answers_this_machine_alone() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let listen = common::free();
    let mut child = bare(folder.path()).args(["playground", "--listen", &listen]).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line.contains("is ready")));
    let asks = |request: &str, host: &str, origin: &str| {
        let mut stream = std::net::TcpStream::connect(&listen).unwrap();
        let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let more = if request.contains("/socket") { upgrade } else { "connection: close\r\ncontent-length: 0\r\n" };
        write!(stream, "{request} HTTP/1.1\r\nhost: {host}\r\nuser-agent: test\r\n{origin}{more}\r\n").unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        String::from_utf8_lossy(&head[9..]).into_owned()
    };
    // The command that it prints does its work.
    let printed = lines.by_ref().map_while(Result::ok).find(|line| line.contains("DATABASE_URL=")).unwrap();
    let (url, command) = printed.trim().split_once(' ').unwrap();
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    let (code, said) = run(bare(folder.path())
        .args(&args)
        .env_remove("LOOKBACK_KEY_DIR")
        .env("DATABASE_URL", url.trim_start_matches("DATABASE_URL=")));
    assert!(code == 0 && said.contains("Authorization: Bearer"), "{said}");
    let foreign = "origin: https://evil.test\r\n";
    for request in [
        "GET /socket?ticket=play",
        "POST /api/chat.postMessage",
        "POST /respond/1",
        "POST /upload/1",
        "GET /jira/rest/api/3/myself",
        "POST /linear/graphql",
        "GET /github/user",
        "GET /",
    ] {
        assert_eq!(asks(request, "evil.test", ""), "403", "{request}: another name for this machine");
        let expected = if request == "GET /" { "200" } else { "403" };
        assert_eq!(asks(request, &listen, foreign), expected, "{request}: from another site's page");
        assert_ne!(asks(request, &listen, ""), "403", "{request}: the bot's own");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_ends_with_what_it_found() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let gate = |args: &[&str]| {
        let all: Vec<&str> = std::iter::once("gate").chain(args.iter().copied()).collect();
        run(&mut program(folder.path(), &sim, &listen, &all))
    };
    let (code, said) = gate(&["v2.2.0"]);
    assert!(code == 2 && said.contains("there is no database at"), "{code}: {said}");
    let server = serve(folder.path(), &sim, &listen).await;
    let (code, said) = gate(&["v2.2.0"]);
    assert!(code == 2 && said.contains("no channel has had a retro yet"), "{code}: {said}");
    let does = async |line: &str, then: &'static str| {
        sim.say("U01MARIA", RELEASES, None, line).await;
        assert!(sim.until(move |w| w.messages.iter().any(|m| m.text.contains(then))).await, "{line}");
    };
    does("/retro start v2.1.0 @sam named", "Retrospective of").await;
    let (code, said) = gate(&["v2.2.0"]);
    assert!(code == 0 && said.contains("Before v2.2.0: nothing is open."), "{code}: {said}");
    does("/retro action Write the runbook of the importer @sam before next release high", "Write the runbook").await;
    let (code, said) = gate(&["2.2.0"]);
    assert!(code == 1 && said.contains("1 promise open, 1 of them high"), "{code}: {said}");
    let (code, said) = gate(&["v2.2.0", "--json"]);
    let found: Value = serde_json::from_str(&said).unwrap();
    assert!(code == 1 && found["promises"][0]["reasons"] == serde_json::json!(["before_release", "high"]), "{said}");
    for (args, why) in [
        (["v2.2.0", "--channel", "C0NOBODY1"].as_slice(), "the bot does not know this channel"),
        (&["a b"], "is not a version"),
    ] {
        let (code, said) = gate(args);
        assert!(code == 2 && said.contains(why), "{code}: {said}");
    }
    server.stop();
}
