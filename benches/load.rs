//! `cargo bench --bench load`: the real program over HTTP against the simulated Slack, and a bare server
//! beside it (signature checked, one durable commit, nothing else) in the same run.
//!
//! Rates are what one machine does with the client on the same cores; compare rows of one run.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, and measures the wall clock"
)]

mod client;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};

use client::{Forms, PEOPLE, Server, closed, free, machine, ms, open, program, slack};
use lookback::store::inbox;
use lookback_sim::{SIGNING_SECRET, Sim};

/// How long each closed loop runs.
const SPAN: Duration = Duration::from_secs(4);

/// How many times latency is measured, one server after the other, so that a pause of the machine in one round does not count.
const ROUNDS: usize = 5;

/// What is measured, then a figure for each server.
type Row = (String, [String; 3]);

fn none() -> String {
    "-".to_owned()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|a| a == "--bare") {
        return bare(&args[2], &args[3]).await;
    }
    if args.iter().any(|a| a == "--test") {
        return;
    }
    println!("{}", machine());
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let mut rows: Vec<Row> = starts(&sim, &listen).await;

    let bot = [Server::start(&mut program(folder.path(), &sim, &listen), &listen).await];
    let idle = bot[0].rss();
    rows.push(surveys(&sim).await);
    let forms = Forms::new(client::retro(&sim));
    let (other, third) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plain = [bare_server(other.path()).await];
    let bolt: Vec<Server> = bolt(third.path()).await.into_iter().collect();
    // Everybody answers once, so that what follows is the steady state.
    closed(&bot, 8, Duration::from_secs(1), &forms).await;
    for parallel in [1, 8, 32] {
        let mut figures = Vec::new();
        for servers in [bot.as_slice(), &plain, &bolt] {
            figures.push(if servers.is_empty() {
                (none(), none())
            } else {
                let (rate, cpu) = closed(servers, parallel, SPAN, &forms).await;
                (format!("{rate:.0}"), format!("{cpu:.0}"))
            });
        }
        let (rates, cpus): (Vec<String>, Vec<String>) = figures.into_iter().unzip();
        let rates = rates.try_into().unwrap();
        rows.push((format!("acknowledged submissions a second, {parallel} in parallel"), rates));
        if parallel == 32 {
            rows.push(("CPU for each, µs".into(), cpus.try_into().unwrap()));
        }
    }
    let mut peak = bot[0].rss();
    for rate in [200, 1000] {
        // Bolt is not asked for more than it can do.
        let third: &[Server] = if rate == 200 { &bolt } else { &[] };
        let mut rounds: [Vec<(f64, f64)>; 3] = Default::default();
        for _ in 0..ROUNDS {
            for (rounds, servers) in rounds.iter_mut().zip([bot.as_slice(), &plain, third]) {
                if !servers.is_empty() {
                    rounds.push(open(servers, rate, &forms).await);
                }
            }
        }
        let figures = rounds.map(middle);
        peak = peak.max(bot[0].rss());
        rows.push((
            format!("time from due to acknowledged at {rate} a second, p50 / p99 ms, median of {ROUNDS} rounds"),
            figures,
        ));
    }
    rows.push(("resident memory idle, MB".into(), [format!("{idle:.1}"), none(), none()]));
    let of_bolt = bolt.first().map_or_else(none, |bolt| format!("{:.1}", bolt.rss()));
    rows.push((
        "resident memory under load, MB".into(),
        [format!("{peak:.1}"), format!("{:.1}", plain[0].rss()), of_bolt],
    ));
    println!("\n| | lookback | bare server | Bolt for JavaScript |\n|---|---|---|---|");
    for (what, [ours, bare, bolt]) in rows {
        println!("| {what} | {ours} | {bare} | {bolt} |");
    }
}

/// The median of the rounds' p50 and the median of their p99.
fn middle(rounds: Vec<(f64, f64)>) -> String {
    let (mut halves, mut most): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
    halves.sort_by(f64::total_cmp);
    most.sort_by(f64::total_cmp);
    match (halves.get(halves.len() / 2), most.get(most.len() / 2)) {
        (Some(half), Some(most)) => format!("{half:.1} / {most:.1}"),
        _ => none(),
    }
}

/// From the start of the process to its first acknowledged command, the middle of nine.
async fn starts(sim: &Sim, listen: &str) -> Vec<Row> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        let fresh = tempfile::tempdir().unwrap();
        for starts in [&mut first, &mut again] {
            let begun = Instant::now();
            Server::start(&mut program(fresh.path(), sim, listen), listen).await;
            starts.push(begun.elapsed());
        }
    }
    let row = |(what, mut starts): (&str, Vec<Duration>)| {
        starts.sort();
        let what = format!("start with {what} to first acknowledged command, ms");
        (what, [format!("{:.0}", ms(starts[4])), none(), none()])
    };
    [("an empty folder", first), ("a database", again)].into_iter().map(row).collect()
}

/// Starts a retro, and waits until everybody has a survey.
async fn surveys(sim: &Sim) -> Row {
    let begun = Instant::now();
    sim.say("U01MARIA", "C01REL", None, "/retro start v1 everyone").await;
    client::dms(sim, *PEOPLE).await;
    let took = begun.elapsed().as_secs_f64();
    // Four a second is the pace, after the first; the kickoff goes before them.
    let best = 0.25 * f64::from(u32::try_from(*PEOPLE).unwrap());
    let what = format!("{} survey DMs, s (best possible {best:.1})", *PEOPLE);
    (what, [format!("{took:.1} ({:.2}×)", took / best), none(), none()])
}

/// This program again, as the bare server.
async fn bare_server(folder: &Path) -> Server {
    let listen = free();
    let mut command = Command::new(std::env::current_exe().unwrap());
    Server::start(command.args(["--bare", &listen]).arg(folder.join("bare.db")), &listen).await
}

/// A survey bot on Bolt for JavaScript; `None`, with a printed line, where it is not installed.
async fn bolt(folder: &Path) -> Option<Server> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/bolt");
    if !home.join("node_modules/better-sqlite3/build").exists() {
        println!("Bolt is not compared: run `npm install` in benches/bolt (Node 20 or later)");
        return None;
    }
    let listen = free();
    let port = listen.rsplit(':').next().unwrap();
    let mut command = Command::new("node");
    command.arg(home.join("server.js")).arg(port).arg(folder.join("bolt.db")).arg(SIGNING_SECRET);
    Some(Server::start(&mut command, &listen).await)
}

/// Signature checked, one durable row, nothing else; handlers share commits as the program's do.
async fn bare(listen: &str, file: &str) {
    let store = lookback::store::Store::open(&format!("sqlite://{file}")).await.unwrap();
    let handle = move |headers: HeaderMap, body: Bytes| {
        let store = store.clone();
        async move {
            let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
            let mac = Hmac::<sha2::Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
            let mac = mac.chain_update(format!("v0:{}:", text("x-slack-request-timestamp"))).chain_update(&body);
            let signature = hex::decode(text("x-slack-signature").trim_start_matches("v0=")).unwrap_or_default();
            if mac.verify_slice(&signature).is_err() {
                return axum::http::StatusCode::UNAUTHORIZED;
            }
            let key = lookback::seal::digest(&String::from_utf8_lossy(&body));
            let mut tx = store.begin().await.unwrap();
            let team = "T1".into();
            assert!(inbox::before(&mut tx, &team, &key).await.unwrap().is_none(), "each comes once");
            inbox::take(&mut tx, &team, &key, 0).await.unwrap();
            tx.commit().await.unwrap();
            axum::http::StatusCode::OK
        }
    };
    let routes = axum::Router::new().route("/slack/events", axum::routing::post(handle));
    let listener = tokio::net::TcpListener::bind(listen).await.unwrap();
    axum::serve(listener, routes).await.unwrap();
}
