//! Several processes on one PostgreSQL: any of them answers, one sends, and another follows when it ends.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;
#[path = "common/postgres.rs"]
mod postgres;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{RELEASES, Server, program, run, slack};
use lookback_sim::workspace::Workspace;
use lookback_sim::{Delivery, Fault, Sim};
use serde_json::Value;
use sqlx::Connection as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A simulated Slack, a database, and a way in that asks one replica after the other.
struct Fleet {
    sim: Sim,
    url: String,
    folder: tempfile::TempDir,
    /// Where the replicas listen.
    listen: Vec<String>,
}

/// Passes each connection to the next replica that takes it.
async fn round_robin(replicas: Vec<String>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let next = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (replicas, next) = (replicas.clone(), next.clone());
            tokio::spawn(async move {
                for _ in 0..replicas.len() {
                    let replica = &replicas[next.fetch_add(1, Ordering::SeqCst) % replicas.len()];
                    let connect = tokio::net::TcpStream::connect(replica);
                    if let Ok(Ok(mut server)) = tokio::time::timeout(Duration::from_millis(300), connect).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                        return;
                    }
                }
            });
        }
    });
    address
}

impl Fleet {
    /// `None`, with a printed line, where PostgreSQL is not installed.
    async fn new(replicas: usize) -> Option<Self> {
        let server = postgres::server()?;
        Some(Self::on(server.database("template0"), replicas).await)
    }

    async fn on(url: String, replicas: usize) -> Self {
        let (sim, _) = slack().await;
        let listen: Vec<String> = (0..replicas).map(|_| common::free()).collect();
        let way_in = round_robin(listen.clone()).await;
        sim.deliver_by(Delivery::Http(format!("http://{way_in}/slack/events")));
        Self { sim, url, folder: tempfile::tempdir().unwrap(), listen }
    }

    /// How replica `n` is started.
    fn command(&self, n: usize) -> Command {
        let mut command = program(self.folder.path(), &self.sim, &self.listen[n], &["serve"]);
        command.env("DATABASE_URL", &self.url).env("LOOKBACK_KEY", KEY);
        command
    }

    async fn start(&self, n: usize) -> Server {
        Server::start(&mut self.command(n)).await
    }

    /// Somebody types a command; what they hear.
    async fn says(&self, user: &str, channel: &str, text: &str) -> String {
        let payload = self.sim.command_payload(user, channel, text);
        let ack = self.sim.once("slash_commands", &payload).await;
        let text = |ack: Value| ack.get("text").and_then(Value::as_str).map(str::to_owned);
        ack.ok().flatten().and_then(text).unwrap_or_default()
    }

    /// Waits until every retro of these versions has its kickoff and two surveys; how long that took.
    async fn arrives(&self, versions: &BTreeSet<String>) -> Duration {
        let began = Instant::now();
        for _ in 0..12 {
            let all = versions.clone();
            if self.sim.until(move |w| all.iter().all(|v| kickoffs(w, v) >= 1 && surveys(w, v) >= 2)).await {
                return began.elapsed();
            }
        }
        panic!("not everything arrives: {versions:?}");
    }

    /// Everything is there once.
    fn nothing_is_doubled(&self, versions: &BTreeSet<String>) {
        self.sim.read(|w| {
            for version in versions {
                assert_eq!((kickoffs(w, version), surveys(w, version)), (1, 2), "{version}");
            }
        });
    }
}

fn kickoffs(w: &Workspace, version: &str) -> usize {
    let words = format!("Retrospective of *{version}*");
    w.messages.iter().filter(|m| m.channel == RELEASES && m.text.contains(&words)).count()
}

fn surveys(w: &Workspace, version: &str) -> usize {
    let words = format!("*{version}*");
    w.messages.iter().filter(|m| m.text.contains("Six questions") && m.text.contains(&words)).count()
}

fn versions(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What an environment variable asks for, in place of what the usual run does.
fn asked(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// `LOOKBACK_KILLS` asks for more kills.
#[tokio::test(flavor = "multi_thread")]
async fn either_answers_one_sends_and_another_follows_when_it_is_killed() {
    let Some(fleet) = Fleet::new(2).await else { return };
    let mut sender = fleet.start(0).await;
    let mut other = fleet.start(1).await;
    let (mut all, mut took) = (BTreeSet::new(), Vec::new());
    for n in 0..asked("LOOKBACK_KILLS", 1) {
        for version in [format!("v{n}.1"), format!("v{n}.2")] {
            let said = fleet.says("U01MARIA", RELEASES, &format!("start {version} @sam @noor")).await;
            assert!(!said.contains("couldn't save"), "{said}");
            all.insert(version);
        }
        fleet.arrives(&all).await;
        sender.kill();
        let version = format!("v{n}.3");
        let said = fleet.says("U01MARIA", RELEASES, &format!("start {version} @sam @noor")).await;
        assert!(!said.contains("couldn't save"), "{said}");
        took.push(fleet.arrives(&versions(&[&version])).await);
        all.insert(version);
        let next = fleet.start(n % 2).await;
        sender = std::mem::replace(&mut other, next);
    }
    took.sort();
    let [first, middle, last] = [0, took.len() / 2, took.len() - 1].map(|n| took[n].as_secs_f64());
    println!("takeover after {} kills: {first:.1} to {last:.1} s, the middle one {middle:.1} s", took.len());
    assert!(last < 15.5, "{last}");
    // Stopped in order, it lets the next one follow at once.
    sender.stop();
    fleet.says("U01MARIA", RELEASES, "start w1 @sam @noor").await;
    let took = fleet.arrives(&versions(&["w1"])).await;
    println!("takeover after SIGTERM: {:.1} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(5), "{took:?}");
    other.stop();
    all.insert("w1".to_owned());
    fleet.nothing_is_doubled(&all);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_starts_on_an_empty_database_at_once_make_one_schema() {
    let Some(fleet) = Fleet::new(2).await else { return };
    let (mut first, mut second) = (fleet.command(0), fleet.command(1));
    let (first, second) = tokio::join!(Server::start(&mut first), Server::start(&mut second));
    fleet.says("U01MARIA", RELEASES, "start v1 @sam @noor").await;
    fleet.arrives(&versions(&["v1"])).await;
    fleet.nothing_is_doubled(&versions(&["v1"]));
    let mut sending = Vec::new();
    for listen in &fleet.listen {
        let shown = get(listen, "/metrics").await;
        sending.extend(shown.lines().filter(|line| line.starts_with("lookback_sending ")).map(str::to_owned));
    }
    sending.sort();
    assert_eq!(sending, ["lookback_sending 0", "lookback_sending 1"], "one of them sends");
    let logs = [first.stop(), second.stop()].concat();
    assert_eq!(logs.matches("another process is sending; this one takes requests").count(), 1, "{logs}");
}

/// Slack repeats a delivery while the first is under way: both replicas have it in the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_to_both_in_the_same_moment_is_handled_once() {
    let Some(fleet) = Fleet::new(2).await else { return };
    let servers = [fleet.start(0).await, fleet.start(1).await];
    // The channel is known from then on.
    fleet.says("U01MARIA", RELEASES, "start v1 named @sam @noor").await;
    fleet.arrives(&versions(&["v1"])).await;
    for n in 0..20 {
        let payload = fleet.sim.command_payload("U03SAM", RELEASES, &format!("note well moose number {n}"));
        let twice = [fleet.sim.once("slash_commands", &payload), fleet.sim.once("slash_commands", &payload)];
        let said = futures_util::future::join_all(twice).await;
        assert!(said.into_iter().all(|ack| ack.is_ok()), "both are acknowledged");
    }
    let server = postgres::server().unwrap();
    let name = fleet.url.rsplit('/').next().unwrap();
    let notes = server.sql(name, "select count(*), count(distinct body) from note where body like 'moose%'");
    assert_eq!(notes.trim(), "20|20");
    servers.into_iter().for_each(|server| drop(server.stop()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_refused_with_what_to_do() {
    let Some(fleet) = Fleet::new(1).await else { return };
    let server = postgres::server().unwrap();
    let name = fleet.url.rsplit('/').next().unwrap().to_owned();
    // A supervisor restarts the program after exit code 1, but not after 2.
    let ends = |url: &str, key: &str| run(fleet.command(0).env("DATABASE_URL", url).env("LOOKBACK_KEY", key));
    let refused = |url: &str, key: &str| {
        let (code, said) = ends(url, key);
        assert_eq!(code, 2, "{said}");
        assert!(!said.contains("s3cretpassword"), "{said}");
        said
    };
    // A role that may not create tables; no message may show its password.
    let empty = server.database("template0");
    for database in [name.as_str(), empty.rsplit('/').next().unwrap()] {
        server.sql(database, "revoke create on schema public from public");
    }
    server.sql(&name, &format!("create role poor_{name} login password 's3cretpassword'"));
    let poor = |url: &str| url.replace("postgres@", &format!("poor_{name}:s3cretpassword@"));
    let said = refused(&poor(&empty), KEY);
    assert!(said.contains("is not allowed to create tables: run `grant create on schema public to"), "{said}");
    for wrong in [fleet.url.replace("postgres@", "nobody:s3cretpassword@"), server.url("nosuch")] {
        let said = refused(&wrong, KEY);
        assert!(said.contains("PostgreSQL refuses the connection (") && !said.contains("at line"), "{said}");
    }
    let (code, said) = ends("postgres://postgres:s3cretpassword@127.0.0.1:1/none", KEY);
    assert!(code == 1 && said.contains("PostgreSQL cannot be reached: check the address"), "{code} {said}");
    assert!(!said.contains("s3cretpassword"), "{said}");
    let said = refused(&fleet.url, "");
    assert!(said.contains("LOOKBACK_KEY is not set, but PostgreSQL needs it"), "{said}");
    // Another program's database.
    let others = server.database("template0");
    server.sql(others.rsplit('/').next().unwrap(), "create table cats (name text)");
    let said = refused(&others, KEY);
    assert!(said.contains("this is the database of another program"), "{said}");
    fleet.start(0).await.stop();
    let said = refused(&poor(&fleet.url), KEY);
    assert!(said.contains("the tables in this database belong to the role postgres: connect as that role"), "{said}");
    let said = refused(&fleet.url, "another key that is at least 32 characters");
    assert!(said.contains("is not the one that this database is sealed with"), "{said}");
    // One that only reads.
    server.sql("postgres", &format!("alter database {name} set default_transaction_read_only = on"));
    let (code, said) = ends(&fleet.url, KEY);
    assert!(
        code == 1
            && said.contains("is read-only (it is a standby, or configured that way): set DATABASE_URL to the primary"),
        "{code} {said}"
    );
    server.sql("postgres", &format!("alter database {name} reset default_transaction_read_only"));
    // A newer version has been here, and this one cannot run on its schema.
    server.sql(&name, "update schema_needs set version = 999");
    let said = refused(&fleet.url, KEY);
    assert!(said.contains("a newer Lookback wrote this database (schema 999"), "{said}");
}

async fn get(listen: &str, path: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(listen).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

/// Waits until a process says that it takes requests.
async fn takes_requests(listen: &str) {
    shows(listen, "/readyz?for=requests", "HTTP/1.1 200").await;
}

/// Waits until an answer of a process has these words.
async fn shows(listen: &str, path: &str, words: &str) {
    let began = Instant::now();
    loop {
        let answer = get(listen, path).await;
        if answer.contains(words) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_moved_is_served_no_more_until_it_is_taken_in_use_again() {
    let Some(fleet) = Fleet::new(1).await else { return };
    let on_file = |args: &[&str]| {
        let mut command = program(fleet.folder.path(), &fleet.sim, &fleet.listen[0], args);
        command.env("LOOKBACK_KEY", KEY);
        command
    };
    Server::start(&mut on_file(&["serve"])).await.stop();
    let (code, said) = run(&mut on_file(&["move", "--to", &fleet.url]));
    assert!(code == 0 && said.contains("stays, but no server starts on it"), "{said}");
    let (code, said) = run(&mut on_file(&["serve"]));
    assert!(code != 0 && said.contains("this database was moved to postgres://"), "{said}");
    let copy = fleet.folder.path().join("copy.tar");
    for args in [vec!["doctor"], vec!["backup", copy.to_str().unwrap()], vec!["rotate-key"]] {
        let (code, said) = run(&mut on_file(&args));
        assert!(code != 0 && said.contains("this database was moved to postgres://"), "{args:?}: {said}");
    }
    let (code, said) = run(&mut on_file(&["restore", "--go-on"]));
    assert!(code == 0 && said.contains("do not start a server there again, or everything is sent twice"), "{said}");
    Server::start(&mut on_file(&["serve"])).await.stop();
}

/// Sends a process a signal.
fn signal(server: &Server, name: &str) {
    postgres::run(Command::new("kill").args(["-s", name, &server.0.id().to_string()]));
}

/// A process that was stopped for longer than its lease writes and sends nothing when it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_was_stopped_and_goes_on_doubles_nothing() {
    let Some(fleet) = Fleet::new(2).await else { return };
    let sender = fleet.start(0).await;
    let other = fleet.start(1).await;
    // It is stopped with calls under way.
    fleet.sim.latency(Duration::from_millis(150));
    let all: BTreeSet<String> = (0..4).map(|n| format!("v{n}")).collect();
    for version in &all {
        fleet.says("U01MARIA", RELEASES, &format!("start {version} @sam @noor")).await;
    }
    signal(&sender, "STOP");
    fleet.sim.latency(Duration::ZERO);
    let took = fleet.arrives(&all).await;
    println!("takeover after SIGSTOP: {:.1} s", took.as_secs_f64());
    signal(&sender, "CONT");
    takes_requests(&fleet.listen[0]).await;
    shows(&fleet.listen[0], "/metrics", "\nlookback_sending 0\n").await;
    shows(&fleet.listen[1], "/metrics", "\nlookback_sending 1\n").await;
    fleet.says("U01MARIA", RELEASES, "start v9 @sam @noor").await;
    fleet.arrives(&versions(&["v9"])).await;
    let log = sender.stop();
    other.stop();
    fleet.nothing_is_doubled(&all);
    fleet.nothing_is_doubled(&versions(&["v9"]));
    assert!(log.contains("this process no longer sends: another process does"), "{log}");
}

/// Somebody else holds the lock of all who write for longer than a lease lasts: neither process takes requests, none sends,
/// and both go on by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_can_be_saved_no_process_says_that_it_takes_requests() {
    let Some(fleet) = Fleet::new(2).await else { return };
    let servers = [fleet.start(0).await, fleet.start(1).await];
    let mut holder = sqlx::PgConnection::connect(&fleet.url).await.unwrap();
    sqlx::raw_sql("select pg_advisory_lock(1282371435)").execute(&mut holder).await.unwrap();
    for listen in &fleet.listen {
        shows(listen, "/readyz?for=requests", "nothing has been saved since").await;
        shows(listen, "/metrics", "\nlookback_sending 0\n").await;
    }
    holder.close().await.unwrap();
    for listen in &fleet.listen {
        takes_requests(listen).await;
    }
    fleet.says("U01MARIA", RELEASES, "start v1 @sam @noor").await;
    fleet.arrives(&versions(&["v1"])).await;
    fleet.nothing_is_doubled(&versions(&["v1"]));
    servers.into_iter().for_each(|server| drop(server.stop()));
}

/// A primary and a standby behind one address.
struct Cluster {
    bin: std::path::PathBuf,
    primary: postgres::Server,
    standby: Option<postgres::Server>,
    way: Way,
    url: String,
}

/// The way to the primary.
#[derive(Clone)]
struct Way {
    /// The folder whose socket connections are passed to.
    to: Arc<Mutex<std::path::PathBuf>>,
    /// Nothing is passed on.
    held: tokio::sync::watch::Sender<bool>,
    /// Ends all connections, without a word to either side.
    cut: Arc<tokio::sync::Notify>,
}

impl Way {
    async fn pass(&self, client: tokio::net::TcpStream) {
        let socket = self.to.lock().unwrap().join(".s.PGSQL.5432");
        let Ok(server) = tokio::net::UnixStream::connect(socket).await else { return };
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let (forth, back) = (self.flow(from_client, to_server), self.flow(from_server, to_client));
        tokio::select! {
            _ = forth => {}
            _ = back => {}
            () = self.cut.notified() => {}
        }
    }

    async fn flow(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> std::io::Result<()> {
        let (mut held, mut bytes) = (self.held.subscribe(), vec![0; 1 << 16]);
        loop {
            let read = from.read(&mut bytes).await?;
            if read == 0 {
                return Ok(());
            }
            let _ = held.wait_for(|held| !held).await;
            to.write_all(&bytes[..read]).await?;
        }
    }
}

const REPLICATED: [&str; 4] = ["fsync=on", "wal_level=replica", "hot_standby=on", "max_wal_senders=8"];

/// A standby that follows a server.
fn standby_of(server: &postgres::Server, bin: &Path) -> postgres::Server {
    let folder = postgres::folder(&postgres::memory());
    let mut copy = postgres::program(bin, "pg_basebackup");
    copy.arg("-D").arg(folder.path().join("data")).args(["-R", "-c", "fast", "-U", "postgres", "-h"]);
    postgres::run(copy.arg(server.folder.path()));
    postgres::Server::go_on(bin, folder, &REPLICATED)
}

/// Ends a server at once, with all that it has under way.
fn kill(server: &postgres::Server) {
    let pid = std::fs::read_to_string(server.folder.path().join("data/postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap();
    postgres::run(Command::new("kill").args(["-s", "QUIT", pid]));
    while Path::new("/proc").join(pid).exists() {
        std::thread::yield_now();
    }
}

impl Cluster {
    async fn new(synchronous: bool) -> Option<Self> {
        let bin = postgres::bin()?;
        let primary = postgres::Server::start(&bin, postgres::folder(&postgres::memory()), &REPLICATED);
        let to = Arc::new(Mutex::new(primary.folder.path().to_owned()));
        let way = Way { to, held: tokio::sync::watch::Sender::new(false), cut: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://postgres@{}/postgres?sslmode=disable", listener.local_addr().unwrap());
        let passes = way.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let passes = passes.clone();
                tokio::spawn(async move { passes.pass(client).await });
            }
        });
        let mut cluster = Self { bin, primary, standby: None, way, url };
        cluster.follow(synchronous);
        Some(cluster)
    }

    /// Makes a standby; with `synchronous` every commit waits for it.
    fn follow(&mut self, synchronous: bool) {
        let standby = standby_of(&self.primary, &self.bin);
        let names = if synchronous { "*" } else { "" };
        self.primary.sql("postgres", &format!("alter system set synchronous_standby_names = '{names}'"));
        self.primary.sql("postgres", "select pg_reload_conf()");
        self.standby = Some(standby);
    }

    /// The primary dies, and the standby takes its place.
    fn fails_over(&mut self) {
        let standby = self.standby.take().unwrap();
        kill(&self.primary);
        standby.sql("postgres", "select pg_promote(true, 30)");
        standby.sql("postgres", "alter system reset synchronous_standby_names");
        standby.sql("postgres", "select pg_reload_conf()");
        *self.way.to.lock().unwrap() = standby.folder.path().to_owned();
        self.primary = standby;
    }
}

/// What people who type notes without a break have seen.
#[derive(Default)]
struct Typed {
    number: AtomicUsize,
    refused: AtomicUsize,
    saved: Mutex<BTreeSet<String>>,
}

impl Typed {
    async fn go_on(&self, fleet: &Fleet) {
        loop {
            let note = format!("note number {}", self.number.fetch_add(1, Ordering::SeqCst));
            match fleet.says("U03SAM", RELEASES, &format!("note well {note}")).await {
                said if said.contains("Noted") => drop(self.saved.lock().unwrap().insert(note)),
                _ => drop(self.refused.fetch_add(1, Ordering::SeqCst)),
            }
        }
    }

    fn saved(&self) -> usize {
        self.saved.lock().unwrap().len()
    }
}

/// `LOOKBACK_NOTES` asks for more saved notes, with a failover every 5 to 40 seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_that_is_promoted_loses_and_doubles_nothing() {
    let Some(mut cluster) = Cluster::new(true).await else { return };
    let fleet = Arc::new(Fleet::on(cluster.url.clone(), 2).await);
    let servers = [fleet.start(0).await, fleet.start(1).await];
    let typed = Arc::new(Typed::default());
    let wanted = asked("LOOKBACK_NOTES", 0);
    let (mut started, mut round) = (BTreeSet::new(), 0);
    let mut people = tokio::task::JoinSet::new();
    while round < 2 || typed.saved() < wanted {
        let version = format!("v{round}");
        let said = fleet.says("U01MARIA", RELEASES, &format!("start {version} named @sam @noor")).await;
        assert!(!said.contains("couldn't save"), "{said}");
        started.insert(version);
        while people.len() < 4 {
            let (typed, fleet) = (typed.clone(), fleet.clone());
            people.spawn(async move { typed.go_on(&fleet).await });
        }
        let seconds = if wanted == 0 { 5 } else { 5 + round * 13 % 36 };
        let _ = tokio::time::timeout(Duration::from_secs(seconds), std::future::pending::<()>()).await;
        let moved = tokio::task::spawn_blocking(move || {
            cluster.fails_over();
            cluster.follow(true);
            cluster
        });
        cluster = moved.await.unwrap();
        round += 1;
        // Before the next one everything works again.
        let before = typed.saved();
        while typed.saved() < before + 5 {
            tokio::task::yield_now().await;
        }
    }
    people.shutdown().await;
    let took = fleet.arrives(&started).await;
    let kept = cluster.primary.sql("postgres", "select body from note where body like 'note number%' order by body");
    let kept: Vec<&str> = kept.lines().collect();
    let distinct: BTreeSet<&str> = kept.iter().copied().collect();
    let saved = typed.saved.lock().unwrap().clone();
    let lost: Vec<&String> = saved.iter().filter(|note| !distinct.contains(note.as_str())).collect();
    // Nothing is missing, so nobody is told so.
    assert!(fleet.sim.read(|w| !w.messages.iter().any(|m| m.text.contains("switched to a copy"))));
    println!(
        "failovers={round} saved={} not saved={} lost={} doubled={} all there after {:.1} s",
        saved.len(),
        typed.refused.load(Ordering::SeqCst),
        lost.len(),
        kept.len() - distinct.len(),
        took.as_secs_f64()
    );
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(distinct.len(), kept.len(), "none is doubled");
    fleet.nothing_is_doubled(&started);
    servers.into_iter().for_each(|server| drop(server.stop()));
}

/// The standby lacks that messages were sent: they are looked for in Slack, and found.
#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_standby_that_is_promoted_doubles_nothing() {
    let Some(mut cluster) = Cluster::new(false).await else { return };
    let fleet = Fleet::on(cluster.url.clone(), 2).await;
    let servers = [fleet.start(0).await, fleet.start(1).await];
    fleet.says("U01MARIA", RELEASES, "start v1 @sam @noor").await;
    fleet.arrives(&versions(&["v1"])).await;
    // Slack asks for a wait, so that the standby is cut off while the messages of v2 are still to be sent.
    fleet.sim.fault("chat.postMessage", Fault::RateLimit(5), 1000);
    fleet.says("U01MARIA", RELEASES, "start v2 @sam @noor").await;
    let standby = cluster.standby.as_ref().unwrap();
    while standby.sql("postgres", "select count(*) from backoff where method = 'chat.postMessage'").trim() != "1" {
        tokio::task::yield_now().await;
    }
    fleet.sim.clear_faults();
    standby.sql("postgres", "alter system set primary_conninfo = ''");
    standby.sql("postgres", "select pg_reload_conf()");
    fleet.arrives(&versions(&["v2"])).await;
    let began = Instant::now();
    cluster.fails_over();
    let is_saved = |said: &str| !said.contains("couldn't save") && !said.contains("still working");
    while !is_saved(&fleet.says("U01MARIA", RELEASES, "start v3 @sam @noor").await) {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing can be saved");
    }
    println!("a request is saved again {:.1} s after the failover", began.elapsed().as_secs_f64());
    fleet.arrives(&versions(&["v3"])).await;
    println!("a message leaves again {:.1} s after the failover", began.elapsed().as_secs_f64());
    // What is looked for is settled: no row is under way or in doubt, and none waits.
    let unsettled = "select count(*) from card where state in ('sending', 'doubt') or state = 'idle' and wanted > sent and ts is null";
    while cluster.primary.sql("postgres", unsettled).trim() != "0" {
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "{}",
            cluster.primary.sql("postgres", "select key, state, error from card")
        );
        tokio::task::yield_now().await;
    }
    fleet.nothing_is_doubled(&versions(&["v1", "v2", "v3"]));
    // Whoever led last is told once that something may be missing.
    let told = |w: &Workspace| w.messages.iter().filter(|m| m.text.contains("switched to a copy")).count();
    assert!(fleet.sim.until(move |w| told(w) == 1).await);
    let logs = servers.map(Server::stop).concat();
    assert!(logs.contains("the database failed over: if its standby was asynchronous"), "{logs}");
}

/// Sends all processes of a server a signal.
fn stop_or_go_on(server: &postgres::Server, signal: &str) {
    let pid = std::fs::read_to_string(server.folder.path().join("data/postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    postgres::run(Command::new("kill").args(["-s", signal, pid]).args(children.split_whitespace()));
}

/// What people type while the database stalls, is cut off, or waits for its standby is confirmed only if it is saved.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stalls_or_is_cut_off_confirms_nothing_false() {
    let Some(cluster) = Cluster::new(true).await else { return };
    let fleet = Fleet::on(cluster.url.clone(), 2).await;
    let servers = [fleet.start(0).await, fleet.start(1).await];
    fleet.says("U01MARIA", RELEASES, "start v1 named @sam @noor").await;
    fleet.arrives(&versions(&["v1"])).await;
    let (mut saved, mut number) = (BTreeSet::new(), 0);
    let standby = cluster.standby.as_ref().unwrap();
    for trouble in ["stall", "cut", "standby"] {
        match trouble {
            "stall" => drop(cluster.way.held.send(true)),
            "cut" => cluster.way.cut.notify_waiters(),
            _ => stop_or_go_on(standby, "STOP"),
        }
        if trouble != "cut" {
            number += 1;
            let said = fleet.says("U03SAM", RELEASES, &format!("note well note number {number}")).await;
            assert!(!said.contains("Noted"), "{trouble}: {said}");
            println!("{trouble}: {said}");
        }
        let _ = cluster.way.held.send(false);
        stop_or_go_on(standby, "CONT");
        let began = Instant::now();
        loop {
            number += 1;
            let note = format!("note number {number}");
            if fleet.says("U03SAM", RELEASES, &format!("note well {note}")).await.contains("Noted") {
                saved.insert(note);
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{trouble}: nothing can be saved");
        }
        println!("{trouble}: saved again after {:.1} s", began.elapsed().as_secs_f64());
        // A message leaves soon, so what wakes the sender is heard again.
        let version = format!("v-{trouble}");
        let said = fleet.says("U01MARIA", RELEASES, &format!("start {version} named @sam @noor")).await;
        assert!(!said.contains("couldn't save"), "{trouble}: {said}");
        let took = fleet.arrives(&versions(&[&version])).await;
        println!("{trouble}: messages arrived after {:.1} s", took.as_secs_f64());
        assert!(took < Duration::from_secs(20), "{trouble}: {took:?}");
    }
    let kept = cluster.primary.sql("postgres", "select body from note where body like 'note number%'");
    let kept: Vec<&str> = kept.lines().collect();
    assert!(saved.iter().all(|note| kept.contains(&note.as_str())), "{saved:?} {kept:?}");
    assert_eq!(kept.iter().collect::<BTreeSet<_>>().len(), kept.len(), "none is doubled");
    fleet.nothing_is_doubled(&versions(&["v1", "v-stall", "v-cut", "v-standby"]));
    servers.into_iter().for_each(|server| drop(server.stop()));
}

/// A standby that tells what it reads keeps deleted rows alive: they do not count as removed before it has gone on.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_counts_as_removed_while_a_standby_may_still_show_it() {
    let Some(cluster) = Cluster::new(false).await else { return };
    let store = lookback::store::Store::open(&cluster.url).await.unwrap();
    let standby = cluster.standby.as_ref().unwrap();
    for setting in ["hot_standby_feedback = on", "wal_receiver_status_interval = 1"] {
        standby.sql("postgres", &format!("alter system set {setting}"));
    }
    standby.sql("postgres", "select pg_reload_conf()");
    let mut reader = sqlx::PgConnection::connect(&standby.url("postgres")).await.unwrap();
    sqlx::raw_sql("begin isolation level repeatable read; select 1").execute(&mut reader).await.unwrap();
    let told = "select count(*) from pg_stat_replication where backend_xmin is not null";
    while cluster.primary.sql("postgres", told).trim() != "1" {
        tokio::task::yield_now().await;
    }
    cluster.primary.sql("postgres", "create table later (n int); drop table later");
    assert!(!store.scrub().await.unwrap());
    sqlx::raw_sql("rollback").execute(&mut reader).await.unwrap();
    assert!(store.scrub().await.unwrap());
}
