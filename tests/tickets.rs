//! The program as a process beside simulated trackers: killed while it files, and what its log tells.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "other tests use all of it")]
mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{RELEASES, Server, program, slack};
use lookback_clock::{Clock, Rng, pause};
use lookback_core::model::ticket::Tracker;
use lookback_sim::Sim;
use lookback_sim::trackers::{Desk, Fault, Shown, Trackers, github, jira, linear};
use sqlx::{Connection as _, SqliteConnection};

/// Items that are filed while the process is killed.
const ITEMS: usize = 30;

/// Trackers on the wall clock, and their address.
async fn trackers() -> (Trackers, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let trackers = Trackers::new(&Clock::system(), &Rng::seeded(5), &origin);
    let routes = trackers.routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    trackers.github.no_limits();
    (trackers, origin)
}

fn serve(folder: &Path, sim: &Sim, listen: &str, origin: &str) -> Command {
    let mut command = program(folder, sim, listen, &["serve"]);
    command
        .env("JIRA_BASE_URL", format!("{origin}/jira"))
        .env("JIRA_EMAIL", jira::EMAIL)
        .env("JIRA_API_TOKEN", jira::TOKEN)
        .env("LINEAR_API_URL", format!("{origin}/linear/graphql"))
        .env("LINEAR_API_KEY", linear::KEY)
        .env("GITHUB_API_URL", format!("{origin}/github"))
        .env("GITHUB_TOKEN", github::TOKEN)
        .env("LINEAR_WEBHOOK_SECRET", linear::SECRET);
    command
}

async fn database(folder: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", folder.join("lookback.db").display())).await.unwrap()
}

/// The release channel files its items there.
async fn files_in(folder: &Path, tracker: Tracker, to: &str) {
    const SQL: &str = "insert into channel_config (team_id, channel_id, body) select team_id, $1, $2 from workspace where true \
on conflict (team_id, channel_id) do update set body = excluded.body";
    let body = format!(r#"{{"tickets":{{"tracker":"{}","to":"{to}"}}}}"#, tracker.word());
    sqlx::query(SQL).bind(RELEASES).bind(body).execute(&mut database(folder).await).await.unwrap();
}

fn shown(trackers: &Trackers, tracker: Tracker) -> Vec<Shown> {
    match tracker {
        Tracker::Jira => trackers.jira.shown(),
        Tracker::Linear => trackers.linear.shown(),
        Tracker::GitHub => trackers.github.shown(),
    }
}

fn desk(trackers: &Trackers, tracker: Tracker) -> &Desk {
    match tracker {
        Tracker::Jira => trackers.jira.desk(),
        Tracker::Linear => trackers.linear.desk(),
        Tracker::GitHub => trackers.github.desk(),
    }
}

/// Waits until every item has its ticket, five minutes at most.
async fn all_filed(folder: &Path, items: usize) -> bool {
    for _ in 0..600 {
        let (filed,): (i64,) = sqlx::query_as("select count(*) from ticket where filing = 'filed'")
            .fetch_one(&mut database(folder).await)
            .await
            .unwrap();
        if usize::try_from(filed).unwrap() == items {
            return true;
        }
        pause(Duration::from_millis(500)).await;
    }
    false
}

async fn killed_while_it_files(tracker: Tracker, to: &str) {
    let (sim, listen) = slack().await;
    let (trackers, origin) = trackers().await;
    let folder = tempfile::tempdir().unwrap();
    let seed = u64::try_from(Rng::system().id()).unwrap();
    let rng = Rng::seeded(seed);
    Server::start(&mut serve(folder.path(), &sim, &listen, &origin)).await.stop();
    files_in(folder.path(), tracker, to).await;
    let (mut kills, mut items) = (0, 0);
    while items < ITEMS {
        let server = Server::start(&mut serve(folder.path(), &sim, &listen, &origin)).await;
        for _ in 0..5 {
            items += 1;
            let line = format!("action Move the service number {items} to the new cluster @sam by 2w");
            let payload = sim.command_payload("U01MARIA", RELEASES, &line);
            sim.once("slash_commands", &payload).await.unwrap();
        }
        // At any moment of the filing.
        let moment = Duration::from_millis(u64::try_from(rng.id()).unwrap() % 150);
        pause(moment).await;
        server.kill();
        kills += 1;
    }
    let server = Server::start(&mut serve(folder.path(), &sim, &listen, &origin)).await;
    assert!(all_filed(folder.path(), ITEMS).await, "not every item has its ticket, seed {seed}");
    server.stop();
    let mut by_title: BTreeMap<String, usize> = BTreeMap::new();
    for ticket in shown(&trackers, tracker).into_iter().filter(|ticket| !ticket.is_closed) {
        *by_title.entry(ticket.title).or_default() += 1;
    }
    let doubled = by_title.values().filter(|n| **n > 1).count();
    println!(
        "{}: kills={kills} items={ITEMS} lost={} doubled={doubled}, seed {seed}",
        tracker.name(),
        ITEMS - by_title.len()
    );
    assert_eq!((by_title.len(), doubled), (ITEMS, 0), "seed {seed}: {by_title:?}");
}

/// `LOOKBACK_KILLED=jira` (or github) takes that tracker: their doubts last a minute or two.
#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_while_thirty_items_are_filed_loses_and_doubles_none() {
    let named = std::env::var("LOOKBACK_KILLED").ok();
    match named.as_deref().and_then(Tracker::from_word).unwrap_or(Tracker::Linear) {
        Tracker::Jira => killed_while_it_files(Tracker::Jira, "OPS").await,
        Tracker::Linear => killed_while_it_files(Tracker::Linear, "ENG").await,
        Tracker::GitHub => killed_while_it_files(Tracker::GitHub, "acme/shop").await,
    }
}

async fn the_log_is_silent_of(tracker: Tracker, to: &str) {
    let (sim, listen) = slack().await;
    let (trackers, origin) = trackers().await;
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let mut command = serve(folder.path(), &sim, &listen, &origin);
        Server::start(command.env("RUST_LOG", "lookback=trace,hyper=info")).await
    };
    start().await.stop();
    files_in(folder.path(), tracker, to).await;
    let server = start().await;
    // A limit, an error, a refused login, and then it works.
    desk(&trackers, tracker).fault("*", Fault::Limited(Some(1)), 1);
    desk(&trackers, tracker).fault("*", Fault::Status { code: 503, effect: false }, 1);
    desk(&trackers, tracker).fault("*", Fault::Status { code: 401, effect: false }, 1);
    sim.say("U01MARIA", RELEASES, None, "/retro action Feed the secret walrus @sam by 2w").await;
    let failed = |calls: &[lookback_sim::trackers::Call]| calls.iter().filter(|call| call.status >= 400).count();
    for _ in 0..60 {
        if failed(&desk(&trackers, tracker).journal()) >= 3 {
            break;
        }
        pause(Duration::from_millis(500)).await;
    }
    let mut log = server.stop();
    // A start tries at once.
    let server = start().await;
    assert!(all_filed(folder.path(), 1).await, "{tracker:?}: {log}");
    log.push_str(&server.stop());
    assert!(log.contains("a tracker failed; it is asked again later"), "{tracker:?}: {log}");
    let basic =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{}:{}", jira::EMAIL, jira::TOKEN));
    for hidden in [jira::TOKEN, linear::KEY, linear::SECRET, github::TOKEN, jira::EMAIL, &basic, "walrus"] {
        assert!(!log.contains(hidden), "{tracker:?}: {hidden}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_of_jira_stands_in_the_log() {
    the_log_is_silent_of(Tracker::Jira, "OPS").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_of_linear_stands_in_the_log() {
    the_log_is_silent_of(Tracker::Linear, "ENG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_of_github_stands_in_the_log() {
    the_log_is_silent_of(Tracker::GitHub, "acme/shop").await;
}
