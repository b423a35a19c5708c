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

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A simulated Slack, a database, and a way in that asks one replica after the other.
struct Fleet {
    sim: Sim,
    url: String,
    folder: tempfile::TempDir,
    /// Where the replicas listen.
    listen: Vec<String>,
}

/// A free address on loopback.
fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
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
        let listen: Vec<String> = (0..replicas).map(|_| free()).collect();
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

#[tokio::test(flavor = "multi_thread")]
async fn either_answers_one_sends_and_another_follows_when_it_is_killed() {
    let Some(fleet) = Fleet::new(2).await else { return };
    let sender = fleet.start(0).await;
    let other = fleet.start(1).await;
    for version in ["v1", "v2", "v3", "v4"] {
        let said = fleet.says("U01MARIA", RELEASES, &format!("start {version} @sam @noor")).await;
        assert!(!said.contains("couldn't save"), "{said}");
    }
    let first = versions(&["v1", "v2", "v3", "v4"]);
    fleet.arrives(&first).await;
    sender.kill();
    let said = fleet.says("U01MARIA", RELEASES, "start v5 @sam @noor").await;
    assert!(!said.contains("couldn't save"), "{said}");
    let took = fleet.arrives(&versions(&["v5"])).await;
    println!("takeover after a kill: {:.1} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(16), "{took:?}");
    // Stopped in order, it lets the next one follow at once.
    let sender = fleet.start(0).await;
    other.stop();
    fleet.says("U01MARIA", RELEASES, "start v6 @sam @noor").await;
    let took = fleet.arrives(&versions(&["v6"])).await;
    println!("takeover after SIGTERM: {:.1} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(5), "{took:?}");
    sender.stop();
    fleet.nothing_is_doubled(&versions(&["v1", "v2", "v3", "v4", "v5", "v6"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_starts_on_an_empty_database_at_once_make_one_schema() {
    let Some(fleet) = Fleet::new(2).await else { return };
    let (mut first, mut second) = (fleet.command(0), fleet.command(1));
    let (first, second) = tokio::join!(Server::start(&mut first), Server::start(&mut second));
    fleet.says("U01MARIA", RELEASES, "start v1 @sam @noor").await;
    fleet.arrives(&versions(&["v1"])).await;
    fleet.nothing_is_doubled(&versions(&["v1"]));
    let logs = [first.stop(), second.stop()].concat();
    assert_eq!(logs.matches("another process sends; this one takes requests").count(), 1, "{logs}");
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
    let refused = |url: &str, key: &str| {
        let (code, said) = run(fleet.command(0).env("DATABASE_URL", url).env("LOOKBACK_KEY", key));
        assert_ne!(code, 0, "{said}");
        said
    };
    // A role that may not make tables, with a password that stands nowhere.
    server.sql(
        &name,
        &format!("create role poor_{name} login password 's3cretpassword'; revoke create on schema public from public"),
    );
    let poor = fleet.url.replace("postgres@", &format!("poor_{name}:s3cretpassword@"));
    let said = refused(&poor, KEY);
    assert!(said.contains("may not make tables: run `grant create on schema public to"), "{said}");
    assert!(!said.contains("s3cretpassword"), "{said}");
    let said = refused("postgres://postgres:s3cretpassword@127.0.0.1:1/none", KEY);
    assert!(said.contains("PostgreSQL could not be reached at DATABASE_URL"), "{said}");
    assert!(!said.contains("s3cretpassword"), "{said}");
    let said = refused(&fleet.url, "");
    assert!(said.contains("LOOKBACK_KEY is not set, and with PostgreSQL it has to be"), "{said}");
    // Another program's database.
    let others = server.database("template0");
    server.sql(others.rsplit('/').next().unwrap(), "create table cats (name text)");
    let said = refused(&others, KEY);
    assert!(said.contains("this is the database of another program"), "{said}");
    fleet.start(0).await.stop();
    let said = refused(&fleet.url, "another key that is at least 32 characters");
    assert!(said.contains("is not the one that this database is sealed with"), "{said}");
    // One that only reads.
    server.sql("postgres", &format!("alter database {name} set default_transaction_read_only = on"));
    let said = refused(&fleet.url, KEY);
    assert!(said.contains("only reads (it is a standby, or set read-only): set DATABASE_URL to the primary"), "{said}");
    server.sql("postgres", &format!("alter database {name} reset default_transaction_read_only"));
    // A newer version has been here, and this one cannot run on its schema.
    server.sql(&name, "update schema_needs set version = 999");
    let said = refused(&fleet.url, KEY);
    assert!(said.contains("a newer Lookback wrote this database (schema 999"), "{said}");
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
    fleet.says("U01MARIA", RELEASES, "start v9 @sam @noor").await;
    fleet.arrives(&versions(&["v9"])).await;
    let log = sender.stop();
    other.stop();
    fleet.nothing_is_doubled(&all);
    fleet.nothing_is_doubled(&versions(&["v9"]));
    assert!(log.contains("the lease is lost: another process sends now"), "{log}");
}

/// A primary and a standby behind one address.
struct Cluster {
    bin: std::path::PathBuf,
    primary: postgres::Server,
    standby: Option<postgres::Server>,
    /// The folder whose socket connections are passed to.
    way: Arc<Mutex<std::path::PathBuf>>,
    url: String,
}

const REPLICATED: [&str; 4] = ["fsync=on", "wal_level=replica", "hot_standby=on", "max_wal_senders=8"];

/// A standby that follows a server.
fn standby_of(server: &postgres::Server, bin: &Path) -> postgres::Server {
    let folder = postgres::folder();
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
        let primary = postgres::Server::start(&bin, &REPLICATED);
        let way = Arc::new(Mutex::new(primary.folder.path().to_owned()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://postgres@{}/postgres?sslmode=disable", listener.local_addr().unwrap());
        let to = way.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let socket = to.lock().unwrap().join(".s.PGSQL.5432");
                tokio::spawn(async move {
                    if let Ok(mut server) = tokio::net::UnixStream::connect(socket).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
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
        *self.way.lock().unwrap() = standby.folder.path().to_owned();
        self.primary = standby;
    }
}

/// So many failovers in the usual run; `LOOKBACK_FAILOVERS` asks for others.
const FAILOVERS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_that_is_promoted_loses_and_doubles_nothing() {
    let Some(mut cluster) = Cluster::new(true).await else { return };
    let fleet = Fleet::on(cluster.url.clone(), 2).await;
    let servers = [fleet.start(0).await, fleet.start(1).await];
    let failovers = std::env::var("LOOKBACK_FAILOVERS").ok().and_then(|n| n.parse().ok()).unwrap_or(FAILOVERS);
    let (mut saved, mut started, mut tried, mut refused) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    for round in 0..failovers {
        let version = format!("v{round}");
        let said = fleet.says("U01MARIA", RELEASES, &format!("start {version} named @sam @noor")).await;
        assert!(!said.contains("couldn't save"), "{said}");
        started.insert(version);
        let load = async {
            loop {
                tried += 1;
                let note = format!("note number {tried}");
                match fleet.says("U03SAM", RELEASES, &format!("note well {note}")).await {
                    said if said.contains("Noted") => drop(saved.insert(note)),
                    _ => refused += 1,
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(3), load).await;
        let moved = tokio::task::spawn_blocking(move || {
            cluster.fails_over();
            cluster.follow(true);
            cluster
        });
        let mut moved = std::pin::pin!(moved);
        // People go on meanwhile.
        cluster = loop {
            tried += 1;
            let note = format!("note number {tried}");
            let typed = format!("note well {note}");
            tokio::select! {
                biased;
                cluster = &mut moved => break cluster.unwrap(),
                said = fleet.says("U03SAM", RELEASES, &typed) => match said {
                    said if said.contains("Noted") => drop(saved.insert(note)),
                    _ => refused += 1,
                },
            }
        };
    }
    let took = fleet.arrives(&started).await;
    let kept = cluster.primary.sql("postgres", "select body from note where body like 'note number%' order by body");
    let kept: Vec<&str> = kept.lines().collect();
    let lost: Vec<&String> = saved.iter().filter(|note| !kept.contains(&note.as_str())).collect();
    println!(
        "failovers={failovers} saved={} not saved={refused} lost={} all there after {:.1} s",
        saved.len(),
        lost.len(),
        took.as_secs_f64()
    );
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(kept.iter().collect::<BTreeSet<_>>().len(), kept.len(), "none is doubled");
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
    let logs = servers.map(Server::stop).concat();
    assert!(logs.contains("the database failed over: where its standby was asynchronous"), "{logs}");
}
