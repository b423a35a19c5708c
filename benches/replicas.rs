//! `cargo bench --bench replicas`: the program on SQLite, and as one and as two processes on PostgreSQL, in one run. After
//! `--` it takes the names of parts: load, starts, messages, commands.
//!
//! PostgreSQL is started here, on the disk that SQLite uses, with `fsync` and `synchronous_commit` on. Client, simulated
//! Slack, database and program share the cores: compare columns of one run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, and measures the wall clock"
)]

mod client;
#[path = "../tests/common/postgres.rs"]
#[expect(dead_code, reason = "tests use the rest")]
mod postgres;

use std::process::Command;
use std::time::Duration;

use client::{Forms, PEOPLE, Server, closed, free, machine, open, program, slack};
use lookback_sim::{Fault, Sim};

/// How long each closed loop runs.
const SPAN: Duration = Duration::from_secs(4);
/// How long an idle process is watched, and how long one that sends.
const WATCHED: Duration = Duration::from_secs(30);
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// So many processes share a database of this server; without one, a single process has its SQLite file.
#[derive(Clone, Copy)]
struct Layout<'a> {
    database: Option<&'a postgres::Server>,
    processes: usize,
}

/// Processes that serve a simulated Slack.
struct Fleet<'a> {
    layout: Layout<'a>,
    sim: Sim,
    servers: Vec<Server>,
    name: String,
    _folder: tempfile::TempDir,
}

impl<'a> Fleet<'a> {
    async fn start(layout: Layout<'a>) -> Self {
        let (sim, listen) = slack().await;
        let folder = tempfile::tempdir().unwrap();
        let url = layout.database.map(|server| server.database("template0"));
        let mut servers = Vec::new();
        for listen in [listen].into_iter().chain(std::iter::repeat_with(free)).take(layout.processes) {
            let mut command = program(folder.path(), &sim, &listen);
            if let Some(url) = &url {
                command.env("DATABASE_URL", url).env("LOOKBACK_KEY", KEY);
            }
            servers.push(Server::start(&mut command, &listen).await);
        }
        let name = url.and_then(|url| Some(url.rsplit_once('/')?.1.to_owned())).unwrap_or_default();
        Self { layout, sim, servers, name, _folder: folder }
    }

    async fn says(&self, text: &str) {
        self.sim.say("U01MARIA", "C01REL", None, text).await;
    }

    /// Seconds of CPU of all its processes.
    fn cpu(&self) -> f64 {
        self.servers.iter().map(Server::cpu).sum()
    }

    /// Seconds of CPU of the database's processes.
    fn cpu_of_database(&self) -> f64 {
        self.layout.database.map_or(0.0, |server| {
            let pid = std::fs::read_to_string(server.folder.path().join("data/postmaster.pid")).unwrap();
            let pid: u32 = pid.lines().next().unwrap().parse().unwrap();
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
            let children = children.split_whitespace().filter_map(|pid| client::cpu_of(pid.parse().unwrap()));
            client::cpu_of(pid).unwrap().iter().sum::<f64>() + children.map(|cpu| cpu[0] + cpu[1]).sum::<f64>()
        })
    }

    /// Statements that the database has run for it.
    fn statements(&self) -> f64 {
        self.layout.database.map_or(0.0, |server| {
            let sql = format!(
                "select coalesce(sum(s.calls), 0) from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = '{}'",
                self.name
            );
            server.sql("postgres", &sql).trim().parse().unwrap()
        })
    }

    /// Waits until it does little more than to send: until it took less than a twentieth of a core for two seconds.
    async fn settles(&self) {
        loop {
            let before = self.cpu();
            tokio::time::sleep(Duration::from_secs(2)).await;
            if self.cpu() - before < 0.1 {
                return;
            }
        }
    }

    /// Messages that have arrived.
    fn arrived(&self) -> usize {
        self.sim.read(|w| w.messages.len())
    }
}

/// A figure, after what it is.
type Figures = Vec<(String, String)>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let bin = postgres::bin().unwrap_or_else(|| panic!("this needs PostgreSQL"));
    let folder = postgres::folder(&std::env::temp_dir());
    let settings = ["fsync=on", "shared_preload_libraries=pg_stat_statements"];
    let server = postgres::Server::start(&bin, folder, &settings);
    server.sql("postgres", "create extension pg_stat_statements");
    println!("{}; {}", machine(), version(&bin));
    let layouts = [(None, 1), (Some(&server), 1), (Some(&server), 2)];
    let mut columns = Vec::new();
    for (database, processes) in layouts {
        let layout = Layout { database, processes };
        let mut column = Figures::new();
        if is_asked("load") {
            column.extend(load(layout).await);
        }
        if is_asked("starts") {
            column.extend(starts(layout).await);
        }
        if is_asked("messages") {
            column.extend(messages(layout).await);
        }
        if is_asked("commands") {
            column.extend(commands(layout).await);
        }
        for (what, figure) in &column {
            eprintln!("{what}: {figure}");
        }
        columns.push(column);
    }
    println!("\n| | SQLite | PostgreSQL, one process | two processes |\n|---|---|---|---|");
    for n in 0..columns[0].len() {
        let figures: Vec<&str> = columns.iter().map(|column| column[n].1.as_str()).collect();
        println!("| {} | {} |", columns[0][n].0, figures.join(" | "));
    }
}

/// Whether this part was asked for: all are where none is named.
fn is_asked(part: &str) -> bool {
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    named.is_empty() || named.iter().any(|name| name == part)
}

fn version(bin: &std::path::Path) -> String {
    let told = Command::new(bin.join("postgres")).arg("--version").output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

/// Idle, then under forms.
async fn load(layout: Layout<'_>) -> Figures {
    let fleet = Fleet::start(layout).await;
    let mut figures = Figures::new();
    fleet.says("/retro start v1 everyone").await;
    client::dms(&fleet.sim, *PEOPLE).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (cpu, statements) = (fleet.cpu(), fleet.statements());
    tokio::time::sleep(WATCHED).await;
    let each = WATCHED.as_secs_f64() * layout.processes as f64;
    let (cpu, statements) = ((fleet.cpu() - cpu) / each, (fleet.statements() - statements) / each);
    figures.push(("idle: CPU of each process, % of a core".into(), format!("{:.2}", cpu * 100.0)));
    figures.push(("idle: statements a second of each process".into(), of_database(layout, format!("{statements:.1}"))));
    let memory = fleet.servers.iter().map(Server::rss).sum::<f64>() / layout.processes as f64;
    figures.push(("idle: resident memory of each process, MB".into(), format!("{memory:.1}")));
    let forms = Forms::new(client::retro(&fleet.sim));
    closed(&fleet.servers, 8, Duration::from_secs(1), &forms).await;
    for parallel in [8, 32] {
        let before = fleet.cpu_of_database();
        let (rate, cpu) = closed(&fleet.servers, parallel, SPAN, &forms).await;
        let database = (fleet.cpu_of_database() - before) * 1e6 / (rate * SPAN.as_secs_f64());
        figures.push((format!("submissions a second, {parallel} in parallel"), format!("{rate:.0}")));
        figures.push(("CPU for each, µs".into(), format!("{cpu:.0}")));
        figures.push(("CPU of the database for each, µs".into(), of_database(layout, format!("{database:.0}"))));
    }
    for rate in [100, 200] {
        let (half, most) = open(&fleet.servers, rate, &forms).await;
        let what = format!("acknowledgement at {rate} a second from when it was due, p50 / p99 ms");
        figures.push((what, format!("{half:.1} / {most:.1}")));
    }
    figures
}

fn of_database(layout: Layout<'_>, figure: String) -> String {
    if layout.database.is_some() { figure } else { "-".to_owned() }
}

/// Forty retros of two people start while Slack takes no message.
async fn starts(layout: Layout<'_>) -> Figures {
    let fleet = Fleet::start(layout).await;
    fleet.says("/retro start v1 @sam @noor").await;
    client::dms(&fleet.sim, 2).await;
    fleet.sim.fault("chat.postMessage", Fault::RateLimit(600), u32::MAX);
    fleet.says("/retro start v2 @sam @noor").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = fleet.cpu();
    for n in 0..40 {
        fleet.says(&format!("/retro start v3.{n} @sam @noor")).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let cpu = (fleet.cpu() - before) * 1e3 / 40.0;
    vec![("start of a retro for two people, ms of CPU".into(), format!("{cpu:.1}"))]
}

/// What it costs to send a message (a survey or a kickoff), first while few messages wait and then while many do.
async fn messages(layout: Layout<'_>) -> Figures {
    let mut figures = Figures::new();
    for retros in [1, 10_000 / *PEOPLE] {
        let fleet = Fleet::start(layout).await;
        for n in 0..retros {
            fleet.says(&format!("/retro start v{n} everyone")).await;
        }
        fleet.settles().await;
        let (sent, cpu, database) = (fleet.arrived(), fleet.cpu(), fleet.cpu_of_database());
        tokio::time::sleep(WATCHED).await;
        let sent = (fleet.arrived() - sent) as f64;
        let figure = |cpu: f64| format!("{:.2} ({sent} sent)", cpu * 1e3 / sent);
        let waiting = retros * *PEOPLE;
        figures.push((format!("a message sent while {waiting} wait, ms of CPU"), figure(fleet.cpu() - cpu)));
        let database = of_database(layout, figure(fleet.cpu_of_database() - database));
        figures.push(("the same, of the database".into(), database));
    }
    figures
}

/// What it costs to take a note while few and while many commands wait for facts from Slack.
async fn commands(layout: Layout<'_>) -> Figures {
    let mut figures = Figures::new();
    for waiting in [10, 5000] {
        let fleet = Fleet::start(layout).await;
        fleet.says("/retro start v1 named @sam @noor").await;
        client::dms(&fleet.sim, 2).await;
        fleet.sim.fault("conversations.members", Fault::RateLimit(3600), u32::MAX);
        fleet.sim.fault("users.info", Fault::RateLimit(3600), u32::MAX);
        for n in 0..waiting {
            fleet.says(&format!("/retro start v2.{n} everyone")).await;
        }
        fleet.settles().await;
        let (cpu, database) = (fleet.cpu(), fleet.cpu_of_database());
        for n in 0..400 {
            fleet.says(&format!("/retro note well the build was quick {n}")).await;
        }
        let figure = |cpu: f64| format!("{:.2}", cpu * 1e3 / 400.0);
        figures.push((format!("a note while {waiting} commands wait, ms of CPU"), figure(fleet.cpu() - cpu)));
        let database = of_database(layout, figure(fleet.cpu_of_database() - database));
        figures.push(("the same, of the database".into(), database));
    }
    figures
}
