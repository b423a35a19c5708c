//! What an operator does with the database: its key, its audit, erasing a person, an upgrade, and the log.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lookback_clock::Clock;
use lookback_sim::workspace::Workspace;
use lookback_sim::{BOT_TOKEN, Delivery, Place, SIGNING_SECRET, Sim};
use serde_json::{Value, json};

const RELEASES: &str = "C01REL";
const ASKED: [&str; 3] = ["U03SAM", "U02NOOR", "U05JONAS"];

/// A simulated Slack on the wall clock, and the address at which the bot listens.
async fn slack() -> (Sim, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let bot = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let to = Delivery::Http(format!("http://{bot}/slack/events"));
    let sim = Sim::new(Workspace::example(), Clock::system(), &origin, to);
    let routes = sim.slack_routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (sim, bot)
}

fn program(folder: &Path, sim: &Sim, listen: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookback"));
    command.env_clear().current_dir(folder).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("SLACK_BOT_TOKEN", BOT_TOKEN).env("SLACK_SIGNING_SECRET", SIGNING_SECRET).env("LISTEN_ADDR", listen);
    command.env("SLACK_API_URL", format!("{}/api", sim.origin())).env("RUST_LOG", "trace");
    command
}

fn run(mut command: Command) -> (i32, String) {
    let done = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    (done.status.code().unwrap_or(-1), said)
}

/// A running server, and a thread that keeps its log.
struct Server(Child, std::thread::JoinHandle<String>);

impl Server {
    async fn start(folder: &Path, sim: &Sim, listen: &str) -> Self {
        let mut child = program(folder, sim, listen, &["serve"]).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (tell, told) = tokio::sync::oneshot::channel();
        let keeper = std::thread::spawn(move || {
            let (mut all, mut tell) = (String::new(), Some(tell));
            for line in log.lines().map_while(Result::ok) {
                if line.contains(" ready ") {
                    tell.take().map(|tell| tell.send(()));
                }
                all.push_str(&line);
                all.push('\n');
            }
            all
        });
        if told.await.is_err() {
            panic!("the server ended before it was ready: {}", keeper.join().unwrap());
        }
        Self(child, keeper)
    }

    /// Stops it; returns its log.
    fn stop(mut self) -> String {
        assert!(Command::new("kill").arg(self.0.id().to_string()).status().unwrap().success());
        self.0.wait().unwrap();
        self.1.join().unwrap()
    }
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
    let server = Server::start(folder, sim, listen).await;
    sim.say("U01MARIA", RELEASES, None, "/retro start v1 <@U03SAM> <@U02NOOR> <@U05JONAS>").await;
    for who in ASKED {
        answers(sim, who, &format!("canary-{who}")).await;
    }
    let (code, said) = run(program(folder, sim, listen, &["audit", "anonymity"]));
    assert!(code == 0 && said.contains("The survey is open: 3 sheets are sealed"), "{said}");
    sim.say("U01MARIA", RELEASES, None, "/retro agenda").await;
    assert!(sim.until(|w| w.messages.iter().any(|m| m.text.contains("Agenda") && m.text.contains("canary"))).await);
    server.stop()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_that_there_is_nothing_to_see() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let log = survey(folder.path(), &sim, &listen).await;
    assert!(!log.contains("canary") && log.contains("ready"), "answers are in the log at trace level");
    let (code, said) = run(program(folder.path(), &sim, &listen, &["audit", "anonymity"]));
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("Mixed: 3 notes, no sealed sheet, no key") && said.contains("all of them overwritten"),
        "{said}"
    );
    let (code, said) = run(program(folder.path(), &sim, &listen, &["audit", "anonymity", "--json"]));
    let checks: Vec<Value> = serde_json::from_str(&said).unwrap();
    assert!(code == 0 && checks.iter().all(|c| c["verdict"] == "ok"), "{said}");
    // A database that does tell is found out.
    let mut lookback = std::fs::read(folder.path().join("lookback.db")).unwrap();
    let size = usize::from(u16::from_be_bytes([lookback[16], lookback[17]]));
    let pages = u32::try_from(lookback.len() / size).unwrap();
    lookback.extend(vec![7; size]);
    lookback[28..32].copy_from_slice(&(pages + 1).to_be_bytes());
    lookback[32..36].copy_from_slice(&(pages + 1).to_be_bytes());
    lookback[36..40].copy_from_slice(&1u32.to_be_bytes());
    std::fs::write(folder.path().join("lookback.db"), &lookback).unwrap();
    let (code, said) = run(program(folder.path(), &sim, &listen, &["audit", "anonymity"]));
    assert!(code == 1 && said.contains("free pages hold old data"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_erased_to_the_last_byte() {
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    survey(folder.path(), &sim, &listen).await;
    let server = Server::start(folder.path(), &sim, &listen).await;
    sim.say("U01MARIA", RELEASES, None, "/retro action Write it down <@U03SAM> by 2w").await;
    sim.say("U01MARIA", RELEASES, None, "/retro kudos <@U03SAM> for the calm").await;
    // Beside the running server.
    let (code, said) = run(program(folder.path(), &sim, &listen, &["forget-user", "U03SAM"]));
    assert!(code == 0 && said.contains("U03SAM is erased") && said.contains("1 open action item"), "{said}");
    server.stop();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        // What others wrote is theirs.
        let text = String::from_utf8_lossy(&bytes).replace("canary-U03SAM", "");
        assert!(!text.contains("U03SAM"), "{} still names the person", path.display());
    }
    let (code, said) = run(program(folder.path(), &sim, &listen, &["forget-user", "sam"]));
    assert!(code == 2 && said.contains("is not the id of a person"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_fit_is_refused_and_nothing_is_destroyed() {
    let (sim, listen) = slack().await;
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&folder, &other] {
        Server::start(folder.path(), &sim, &listen).await.stop();
    }
    let key = folder.path().join("lookback.key");
    let good = std::fs::read(&key).unwrap();
    let refused = |words: &str| {
        let before = std::fs::read(folder.path().join("lookback.db")).unwrap();
        let (code, said) = run(program(folder.path(), &sim, &listen, &["serve"]));
        assert!(code == 2 && said.contains(words) && said.contains("nothing was changed"), "{said}");
        assert_eq!(before, std::fs::read(folder.path().join("lookback.db")).unwrap());
    };
    std::fs::remove_file(&key).unwrap();
    refused("put the file back");
    assert!(!key.exists());
    std::fs::copy(other.path().join("lookback.key"), &key).unwrap();
    refused("belongs to another database");
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
    Server::start(folder.path(), &sim, &listen).await.stop();
}

/// A database that the first version left with a survey open: everything in it goes on, sealed.
#[tokio::test(flavor = "multi_thread")]
async fn answers_of_an_earlier_version_are_sealed_at_the_upgrade() {
    use sqlx::{Connection as _, Executor as _};
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("lookback.db").display());
    let mut old = sqlx::SqliteConnection::connect(&url).await.unwrap();
    // The state after migration 1, as the migrator leaves it, with rows.
    let first = sqlx::migrate::Migrator::new(first_migration(folder.path())).await.unwrap();
    first.run(&mut old).await.unwrap();
    old.execute(include_str!("data/0001_rows.sql")).await.unwrap();
    old.close().await.unwrap();
    // The first version made its key file too.
    let other = tempfile::tempdir().unwrap();
    Server::start(other.path(), &sim, &listen).await.stop();
    std::fs::copy(other.path().join("lookback.key"), folder.path().join("lookback.key")).unwrap();
    let server = Server::start(folder.path(), &sim, &listen).await;
    let store = lookback::store::Store::look(&url).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let found = lookback::store::audit::anonymous(&mut tx).await.unwrap();
    assert_eq!((found[0].readable, found[0].responses, found[0].keys), (0, 3, 1), "{found:?}");
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

/// Killed at any moment of the close: afterwards it is either still sealed or all mixed, and in the end clean.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_the_close_leaves_it_sealed_or_mixed() {
    let (mut sealed, mut mixed) = (0, 0);
    for round in 0..16u32 {
        let (sim, listen) = slack().await;
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::start(folder.path(), &sim, &listen).await;
        sim.say("U01MARIA", RELEASES, None, "/retro start v1 <@U03SAM> <@U02NOOR> <@U05JONAS>").await;
        for who in ASKED {
            answers(&sim, who, &format!("canary-{who}")).await;
        }
        let other = sim.clone();
        let mut close = tokio::spawn(async move { other.say("U01MARIA", RELEASES, None, "/retro agenda").await });
        // The kills are spread over the close and the cleaning after it; the last ones come when it is acknowledged.
        let until = std::time::Duration::from_micros(u64::from(round) * 1500);
        let ended = tokio::time::timeout(until, &mut close).await;
        server.0.kill().unwrap();
        server.0.wait().unwrap();
        if ended.is_err() {
            close.abort();
        }
        let url = format!("sqlite://{}", folder.path().join("lookback.db").display());
        let store = lookback::store::Store::look(&url).await.unwrap();
        let mut tx = store.read().await.unwrap();
        let found = lookback::store::audit::anonymous(&mut tx).await.unwrap().remove(0);
        drop(tx);
        store.close().await;
        match found.phase.as_str() {
            "collecting" => {
                assert_eq!((found.responses, found.keys, found.notes), (3, 1, 0), "round {round}: {found:?}");
                sealed += 1;
            }
            _ => {
                assert_eq!((found.responses, found.keys, found.notes), (0, 0, 3), "round {round}: {found:?}");
                assert_eq!((found.named, found.told_apart), (0, 0), "round {round}: {found:?}");
                mixed += 1;
            }
        }
        // Back again it goes on: the close can be asked for once more, and the file ends clean.
        let server = Server::start(folder.path(), &sim, &listen).await;
        sim.say("U01MARIA", RELEASES, None, "/retro agenda").await;
        assert!(sim.until(|w| w.messages.iter().any(|m| m.text.contains("Agenda") && m.text.contains("canary"))).await);
        server.stop();
        let (code, said) = run(program(folder.path(), &sim, &listen, &["audit", "anonymity"]));
        assert!(code == 0 && said.contains("Mixed: 3 notes"), "round {round}: {said}");
    }
    println!("kills=16 sealed={sealed} mixed={mixed}");
    assert!(sealed > 0 && mixed > 0, "all kills fell on one side of the close");
}
