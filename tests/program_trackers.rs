//! The program and trackers: what `doctor` says of them, and a release plan as a pull request.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{RELEASES, Server, bare, program, run, slack};
use serde_json::Value;

use lookback::store::{Store, settings, tickets, tracker_troubles};
use lookback_clock::{Clock, Rng};
use lookback_core::ids::{ChannelId, TeamId};
use lookback_core::model::settings::{PlanFile, Settings, Tickets};
use lookback_core::model::ticket::{Filing, Place, Ticket, Tracker};
use lookback_core::zone;
use lookback_sim::Sim;
use lookback_sim::trackers::{Fault, Trackers, github, jira, linear};

const SECRETS: [&str; 3] = [jira::TOKEN, linear::KEY, github::TOKEN];

/// The simulated trackers, and their origin.
async fn trackers() -> (Trackers, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let trackers = Trackers::new(&Clock::system(), &Rng::seeded(1), &origin);
    let routes = trackers.routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (trackers, origin)
}

/// The settings of all three.
fn with<'a>(command: &'a mut Command, origin: &str) -> &'a mut Command {
    command.envs([("JIRA_EMAIL", jira::EMAIL), ("JIRA_API_TOKEN", jira::TOKEN), ("LINEAR_API_KEY", linear::KEY)]);
    command.env("JIRA_BASE_URL", format!("{origin}/jira")).env("LINEAR_API_URL", format!("{origin}/linear/graphql"));
    with_github(command, origin)
}

fn with_github<'a>(command: &'a mut Command, origin: &str) -> &'a mut Command {
    command.env("GITHUB_TOKEN", github::TOKEN).env("GITHUB_API_URL", format!("{origin}/github"))
}

/// A line of what `doctor` says.
#[track_caller]
fn has(said: &str, verdict: &str, what: &str, detail: &str) {
    let start = format!("{verdict:<4}  {what:<12} ");
    let found = said.lines().filter_map(|line| line.strip_prefix(&start)).any(|line| line.contains(detail));
    assert!(found, "{start}{detail}\n{said}");
    assert!(SECRETS.iter().all(|secret| !said.contains(secret)), "a secret is shown");
}

/// The database of a server in this folder.
async fn store(folder: &Path) -> Store {
    Store::beside(&format!("sqlite://{}", folder.join("lookback.db").display())).await.unwrap()
}

/// Saves the defaults of the release channel.
async fn save(folder: &Path, defaults: &Settings) {
    let store = store(folder).await;
    let mut tx = store.begin().await.unwrap();
    settings::put(&mut tx, &TeamId::from("T0PLAY"), &ChannelId::from(RELEASES), defaults).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

fn files_in(tracker: Tracker, to: &str) -> Settings {
    let tickets = Tickets { tracker: Some(tracker), to: to.to_owned(), ..Tickets::default() };
    Settings { tickets, ..Settings::default() }
}

/// Maria says something in the release channel, and it has its effect.
async fn does(sim: &Sim, line: &str, then: &'static str) {
    sim.say("U01MARIA", RELEASES, None, line).await;
    assert!(sim.until(move |w| w.messages.iter().any(|m| m.text.contains(then))).await, "{line}");
}

/// An item that waits for its ticket, in a place that refused it.
fn waits(place: Place) -> Ticket {
    Ticket {
        channel: ChannelId::from(RELEASES),
        number: 1,
        place,
        filing: Filing::ToFile,
        marker: "7d0c1f0e-5a57-4d1b-8f44-1f0d2a9c3b11".to_owned(),
        begun: None,
        called: None,
        filed: None,
        doubts: 0,
        looks: 0,
        remote: None,
        stands: None,
        told: None,
        writes: 0,
        hour: zone::from_ms(0),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_asks_each_tracker_who_it_is_also_without_slack() {
    let (trackers, origin) = trackers().await;
    let folder = tempfile::tempdir().unwrap();
    let doctor = |more: &[(&str, &str)]| {
        let mut command = bare(folder.path());
        with(command.arg("doctor"), &origin).envs(more.iter().copied());
        run(&mut command)
    };
    let (code, said) = doctor(&[]);
    assert_eq!(code, 1, "{said}");
    has(&said, "FAIL", "settings", "SLACK_BOT_TOKEN is missing");
    for tracker in Tracker::ALL {
        has(&said, "ok", tracker.name(), "as ");
    }
    has(
        &said,
        "ok",
        "webhooks",
        "off: without JIRA_WEBHOOK_SECRET, LINEAR_WEBHOOK_SECRET, GITHUB_WEBHOOK_SECRET closed",
    );
    let (_, said) = doctor(&[
        ("JIRA_API_TOKEN", "wrong-token"),
        ("LINEAR_API_KEY", "wrong-key"),
        ("GITHUB_API_URL", "http://127.0.0.1:9"),
        ("GITHUB_WEBHOOK_SECRET", "a-secret-of-a-hook"),
        ("TRACKER_POLL", "2m"),
    ]);
    has(&said, "FAIL", "Jira", "Jira refuses JIRA_EMAIL and JIRA_API_TOKEN: ");
    has(&said, "FAIL", "Linear", "Linear refuses LINEAR_API_KEY: ");
    has(&said, "FAIL", "GitHub", "GitHub was not reached: check the network and GITHUB_API_URL");
    has(&said, "ok", "webhooks", "on: /api/v1/hooks/github; without JIRA_WEBHOOK_SECRET, LINEAR_WEBHOOK_SECRET closed");
    has(&said, "ok", "webhooks", "within 2 min");
    assert!(!said.contains("wrong-") && !said.contains("a-secret-of-a-hook"), "{said}");
    trackers.linear.desk().fault("*", Fault::Limited(Some(7)), 1);
    trackers.github.desk().fault("*", Fault::Status { code: 503, effect: false }, 1);
    let (_, said) = doctor(&[]);
    has(&said, "note", "Linear", "not looked at: Linear says that there are too many calls");
    has(&said, "FAIL", "GitHub", "GitHub did not answer as it should");
    // Half a set is wrong settings, and nothing is asked.
    let (code, said) = doctor(&[("JIRA_EMAIL", "")]);
    assert!(code == 1 && said.contains("JIRA_EMAIL is missing") && !said.contains("Linear       as"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "doctor changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_looks_at_the_places_of_channels_and_says_what_waits_and_why() {
    let (_trackers, origin) = trackers().await;
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&mut program(folder.path(), &sim, &listen, &["serve"])).await;
    does(&sim, "/retro start v2.1.0 @sam named", "Retrospective of").await;
    server.kill();
    let doctor = |args: &[&str]| {
        let mut command = program(folder.path(), &sim, &listen, &["doctor"]);
        run(with(command.args(args), &origin))
    };
    save(folder.path(), &files_in(Tracker::Jira, "OPS")).await;
    let (code, said) = doctor(&[]);
    assert_eq!(code, 0, "{said}");
    has(&said, "ok", "Jira", "#releases: OPS accepts tickets");
    // A remark is none that fails.
    save(folder.path(), &files_in(Tracker::GitHub, "acme/readonly")).await;
    let (code, said) = doctor(&[]);
    assert_eq!(code, 0, "{said}");
    has(&said, "note", "GitHub", "#releases: My token has no write access to acme/readonly");
    let plan = PlanFile { repository: "acme/none".into(), path: "docs/plans/{version}.md".into() };
    save(folder.path(), &Settings { plan: Some(plan), ..files_in(Tracker::Jira, "NOPE") }).await;
    let (code, said) = doctor(&[]);
    assert_eq!(code, 1, "{said}");
    has(&said, "FAIL", "Jira", "#releases: Jira has no project NOPE");
    has(&said, "FAIL", "GitHub", "#releases, the release plan: GitHub has no repository acme/none");
    // Without the settings of its tracker a channel's tickets wait, and that is told.
    let (code, said) = run(&mut program(folder.path(), &sim, &listen, &["doctor"]));
    assert_eq!(code, 0, "{said}");
    has(&said, "note", "Jira", "the action items of #releases go to NOPE, but Jira is not set up");
    has(&said, "note", "GitHub", "the release plan of #releases is in acme/none, but GitHub is not set up");
    assert!(!said.contains("webhooks"), "{said}");

    save(folder.path(), &files_in(Tracker::Jira, "OPS")).await;
    let (store, team) = (store(folder.path()).await, TeamId::from("T0PLAY"));
    let mut tx = store.begin().await.unwrap();
    tickets::want(&mut tx, &team, &waits(Place::read(Tracker::Jira, "OPS").unwrap()), 0).await.unwrap();
    tracker_troubles::begin(&mut tx, &team, Tracker::Linear, "", 1_796_000_000_000).await.unwrap();
    // Nothing waits there.
    tracker_troubles::begin(&mut tx, &team, Tracker::GitHub, "acme/none", 1_796_000_000_000).await.unwrap();
    tx.commit().await.unwrap();
    let (code, said) = doctor(&[]);
    assert_eq!(code, 0, "{said}");
    has(&said, "note", "Jira", "1 action item waits for its ticket; the server files what waits");
    has(
        &said,
        "note",
        "Linear",
        "no action item waits for its ticket: Linear accepted nothing from the server; this began ",
    );
    has(
        &said,
        "note",
        "GitHub",
        "no action item waits for its ticket: acme/none showed none of its tickets, or refused one",
    );
    let mut tx = store.begin().await.unwrap();
    tracker_troubles::begin(&mut tx, &team, Tracker::Jira, "OPS", 1_796_000_000_000).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let (code, said) = doctor(&["--json"]);
    assert_eq!(code, 1, "{said}");
    let checks: Vec<Value> = serde_json::from_str(&said).unwrap();
    let failed: Vec<&Value> = checks.iter().filter(|check| check["verdict"] == "fail").collect();
    let why = "1 action item waits for its ticket: OPS refused a ticket; this began ";
    assert!(failed.len() == 1 && failed[0]["detail"].as_str().is_some_and(|said| said.starts_with(why)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retrospective_goes_into_its_plan_by_a_pull_request() {
    const PLAN: &str = "docs/plans/v2.1.0.md";
    let (trackers, origin) = trackers().await;
    let (sim, listen) = slack().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&mut program(folder.path(), &sim, &listen, &["serve"])).await;
    // Nothing of Slack is needed.
    let pr = |more: &[&str]| {
        let mut command = bare(folder.path());
        run(with_github(command.args(["plan", "pr", "--release", "v2.1.0"]).args(more), &origin))
    };
    let (code, said) = pr(&[]);
    assert!(code == 1 && said.contains("there is no retro for v2.1.0"), "{code} {said}");
    does(&sim, "/retro start v2.1.0 @sam named", "Retrospective of").await;
    let (code, said) = pr(&[]);
    assert!(code == 1 && said.contains("has no document yet: it comes with the agenda"), "{code} {said}");
    does(&sim, "/retro note well The secret walrus", "Noted").await;
    does(&sim, "/retro agenda", "Agenda").await;
    let (code, said) = pr(&[]);
    assert!(code == 1 && said.contains("names no release plan"), "{code} {said}");
    let (code, said) = run(bare(folder.path()).args(["plan", "pr", "--release", "v2.1.0"]));
    assert!(code == 2 && said.contains("GITHUB_TOKEN is missing, and so is GITHUB_APP_ID"), "{code} {said}");

    let plan = PlanFile { repository: "acme/shop".into(), path: "docs/plans/{version}.md".into() };
    save(folder.path(), &Settings { plan: Some(plan), ..Settings::default() }).await;
    trackers.github.desk().fault("*", Fault::Status { code: 503, effect: false }, 1);
    let (code, said) = pr(&[]);
    assert!(code == 1 && said.contains("GitHub did not answer as it should: try again"), "{code} {said}");
    let (code, said) = pr(&["--channel", RELEASES]);
    let pulls = trackers.github.pulls("acme/shop");
    assert_eq!(pulls.len(), 1);
    let pull = pulls.first().unwrap();
    assert_eq!(
        (code, said.trim()),
        (0, format!("The retrospective of v2.1.0 is in a pull request: {}", pull.url).as_str())
    );
    assert_eq!(pull.files, [PLAN]);
    assert_eq!(trackers.github.base_writes(), 0);
    let (before, after) = ("# Release v2.1.0\n\n## Scope", "## Sign-off\n\n- [ ] Product\n- [ ] Support\n");
    let text = String::from_utf8(trackers.github.file("acme/shop", "lookback/v2.1.0", PLAN).unwrap()).unwrap();
    assert!(text.starts_with(before) && text.contains("The secret walrus") && text.ends_with(after), "{text}");

    let (code, said) = pr(&["--json"]);
    let told: Value = serde_json::from_str(&said).unwrap();
    let file = format!("acme/shop:{PLAN}");
    assert_eq!((code, told), (0, serde_json::json!({"url": pull.url, "created": false, "file": file})));
    assert!(trackers.github.merge(&pull.id));
    let (code, said) = pr(&[]);
    assert_eq!((code, said.trim()), (0, format!("{file}: the retrospective of v2.1.0 is up to date").as_str()));
    let (code, said) = pr(&["--json"]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, told), (0, serde_json::json!({"url": null, "created": false, "file": file})));
    assert_eq!(trackers.github.pulls("acme/shop").len(), 1);
    server.stop();
}
