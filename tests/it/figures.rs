//! The figures of a release from its repository: nobody typed them, and what somebody types stays.

use chrono::Duration;
use lookback_core::model::ticket::Tracker;
use lookback_sim::trackers::Fault;
use lookback_sim::trackers::github::{Proposal, ReleaseKind, Way};

use crate::tickets::board::desk;
use crate::world::{MARIA, RELEASES, SAM, Transport, World};
use lookback::cli::release::import_changelog;

async fn watching(repositories: &str) -> World {
    let w = World::tracking(Transport::Http).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("repositories", repositories)]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Changed: Repositories."), "{said}");
    w
}

/// What the release data of a version says, as YAML.
async fn data(w: &World, version: &str) -> String {
    let body: Vec<(Option<String>,)> = w.rows(&format!("select body from release where version = '{version}'")).await;
    body.into_iter().next().and_then(|(body,)| body).unwrap_or_default()
}

#[tokio::test]
async fn a_retro_starts_with_figures_that_nobody_typed() {
    for transport in [Transport::Http, Transport::Socket] {
        let w = World::tracking(transport).await;
        w.says(MARIA, "/retro config").await;
        w.sends(MARIA, &[("repositories", "acme/shop")]).await;
        w.says(MARIA, "/retro start v2.1.0 @sam").await;
        w.minutes(1).await;
        let body = data(&w, "v2.1.0").await;
        for figure in [
            "\"deployed_at\": \"2026-11-18T14:00:00Z\"",
            "\"features\": 8",
            "\"bug_fixes\": 12",
            "\"breaking_changes\": 0",
            "\"actual\": \"25 min\"",
            "\"lead_time\": \"3 days\"",
            "\"rollbacks\": 0",
            "\"hotfixes\": 0",
            "\"post_release_bugs\": 3",
        ] {
            assert!(body.contains(figure), "{figure} in {body}");
        }
        // The agenda shows them with their source.
        w.answers(SAM, &[(0, "smooth")]).await;
        w.says(MARIA, "/retro agenda").await;
        let shown = w.public(RELEASES).join("\n");
        for line in [
            "Lead time: 3 days (GitHub, 20 Nov 10:",
            "8 features, 12 bug fixes, 0 breaking changes",
            "3 post-release bugs (GitHub",
        ] {
            assert!(shown.contains(line), "{line} in {shown}");
        }
        w.ends().await;
    }
}

#[tokio::test]
async fn what_a_person_types_stays_and_a_later_change_is_told() {
    let w = watching("acme/shop").await;
    w.says(MARIA, "/retro start v2.1.0 @sam").await;
    w.minutes(1).await;
    w.says(MARIA, "/retro data v2.1.0").await;
    w.sends(MARIA, &[("features", "9"), ("bugs", "5")]).await;
    // Another bug within the soak.
    w.trackers.github.open_at("acme/shop", "sam-dev", "One more", &["bug"], w.clock.now());
    w.minutes(1).await;
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.minutes(1).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Post-release bugs: GitHub says 4. Your 5 stays.") && !said.contains("Features"), "{said}");
    let body = data(&w, "v2.1.0").await;
    assert!(body.contains("\"features\": 9") && body.contains("\"post_release_bugs\": 5"), "{body}");
    // Once more: nothing of it is news.
    w.says(MARIA, "/retro data refresh").await;
    w.minutes(1).await;
    assert!(!w.last_alone(MARIA).contains("Your 5 stays"), "{}", w.last_alone(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn a_monorepo_and_versions_named_otherwise() {
    let w = watching("acme/mono api-v*").await;
    w.says(MARIA, "/retro data refresh 1.5.0").await;
    w.minutes(1).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("acme/mono at api-v1.5.0"), "{said}");
    assert!(said.contains("• Lead time:") && !said.contains("web"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn what_is_not_there_or_not_seen_is_said() {
    let w = watching("acme/shop").await;
    w.says(MARIA, "/retro data refresh v9.9.9").await;
    w.minutes(1).await;
    assert!(w.last_alone(MARIA).contains("acme/shop has no tag for *v9.9.9* yet."), "{}", w.last_alone(MARIA));
    w.trackers.github.forbid("deployments");
    w.trackers.github.forbid("actions");
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.minutes(1).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("My token may not see deployments, workflow runs of acme/shop"), "{said}");
    assert!(said.contains("• Features: 8") && !said.contains("Deploy time") && !said.contains("Rollbacks"), "{said}");
    w.trackers.github.restore();
    w.trackers.github.hide("acme/shop", true);
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.minutes(1).await;
    assert!(w.last_alone(MARIA).contains("GitHub has no repository acme/shop"), "{}", w.last_alone(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn without_a_repository_or_without_github_it_is_said() {
    let w = World::tracking(Transport::Http).await;
    let said = w.says(MARIA, "/retro data refresh v2.1.0").await;
    assert!(said.contains("name one under “Repositories” in `/retro config`"), "{said}");
    w.ends().await;
    let w = World::new(Transport::Http).await;
    assert!(w.says(MARIA, "/retro data refresh v2.1.0").await.contains("GitHub isn't set up here"));
    w.ends().await;
}

#[tokio::test]
async fn a_reading_goes_on_after_faults_and_a_restart() {
    let mut w = watching("acme/shop").await;
    desk(&w, Tracker::GitHub).chaos(
        3,
        vec![
            (Fault::Lost { effect: false }, 10),
            (Fault::Status { code: 502, effect: false }, 10),
            (Fault::Limited(Some(5)), 5),
        ],
    );
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.restart().await;
    w.minutes(20).await;
    desk(&w, Tracker::GitHub).heal();
    w.minutes(20).await;
    let body = data(&w, "v2.1.0").await;
    assert!(body.contains("\"features\": 8") && body.contains("\"post_release_bugs\": 3"), "{body}");
    // The trouble is over: the next blip, weeks later, is not an outage of weeks.
    let troubles: Vec<(i64,)> = w.rows("select count(*) from tracker_trouble").await;
    assert_eq!(troubles, [(0,)]);
    w.ends().await;
}

#[tokio::test]
async fn a_webhook_of_a_deployment_reads_the_open_retros_again() {
    let w = watching("acme/shop").await;
    w.says(MARIA, "/retro start v2.1.0 @sam").await;
    w.minutes(1).await;
    // Production goes back to v2.0.0.
    let at = w.clock.now();
    let id = w.trackers.github.deploy("acme/shop", "v2.0.0", "production", &[("in_progress", at)]).unwrap();
    let hook = w.trackers.github.deployed("acme/shop", id, "success", at + Duration::seconds(30)).unwrap();
    let headers: Vec<(&str, &str)> = hook.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    w.minutes(1).await;
    let (status, _) = w.http("POST", "/api/v1/hooks/github", &headers, hook.body.as_bytes()).await;
    assert_eq!(status, 200);
    w.minutes(1).await;
    assert!(data(&w, "v2.1.0").await.contains("\"rollbacks\": 1"), "{}", data(&w, "v2.1.0").await);
    let dm = w.seen(MARIA, &w.dm(MARIA)).join("\n");
    assert!(dm.contains("• Rollbacks: 0 → 1"), "{dm}");
    w.ends().await;
}

/// A repository with so many pull requests between v1.0.0 and v1.1.0.
fn large(w: &World, pulls: i64) {
    let began = w.clock.now() - Duration::days(30);
    let github = &w.trackers.github;
    let first = github.new_repo("acme/large", began).unwrap();
    github.tag("acme/large", "v1.0.0", &first);
    for n in 0..pulls {
        let merged = began + Duration::minutes(10 * (n + 1));
        let title = if n % 3 == 0 { "feat: something new" } else { "fix: something old" };
        let of = Proposal::new(&format!("{title} {n}"), "sam-dev", merged - Duration::hours(5));
        github.merged_pull("acme/large", &of, Way::Squash, merged).unwrap();
    }
    let head = github.head("acme/large").unwrap();
    github.tag("acme/large", "v1.1.0", &head);
    github.release("acme/large", "v1.1.0", ReleaseKind::Final, w.clock.now() - Duration::hours(60));
}

#[tokio::test]
async fn three_thousand_pull_requests_are_read_within_the_limits() {
    let w = watching("acme/large").await;
    large(&w, 3000);
    desk(&w, Tracker::GitHub).fault(
        "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits",
        Fault::Limited(Some(90)),
        2,
    );
    let before = desk(&w, Tracker::GitHub).journal().len();
    w.says(MARIA, "/retro data refresh v1.1.0").await;
    // A ticket does not wait for all of it.
    w.minutes(10).await;
    let calls = desk(&w, Tracker::GitHub).journal()[before..].to_vec();
    let body = data(&w, "v1.1.0").await;
    assert!(body.contains("\"features\": 1000") && body.contains("\"bug_fixes\": 2000"), "{body}");
    let refused = calls.iter().filter(|call| call.status == 403 || call.status == 429).count();
    println!("3,000 pull requests: {} calls, {refused} refused", calls.len());
    assert!(calls.len() <= 3100 && refused == 2, "{} calls, {refused} refused", calls.len());
    // Whoever asked heard how far it is.
    let told = w.seen(MARIA, RELEASES);
    assert!(told.iter().any(|m| m.contains("of 3000 pull requests of *v1.1.0*")), "{told:?}");
    assert!(w.last_alone(MARIA).contains("• Features: 1000"), "{}", w.last_alone(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn asking_again_costs_nothing() {
    let w = watching("acme/shop").await;
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.minutes(1).await;
    let before = desk(&w, Tracker::GitHub).journal().len();
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.minutes(1).await;
    let again: Vec<u16> = desk(&w, Tracker::GitHub).journal()[before..].iter().map(|call| call.status).collect();
    assert!(again.len() > 20 && again.iter().all(|status| *status == 304), "{again:?}");
    assert!(w.last_alone(MARIA).contains("nothing changed."), "{}", w.last_alone(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn a_changelog_goes_before_github_and_after_people() {
    let w = watching("acme/shop").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("CHANGELOG.md");
    let log = "# Changelog\n\n## [2.1.0] - 2026-11-18\n### Added\n- One\n- Two\n### Fixed\n- Three\n";
    std::fs::write(&file, log).unwrap();
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.minutes(1).await;
    w.says(MARIA, "/retro data v2.1.0").await;
    w.sends(MARIA, &[("bug_fixes", "11")]).await;
    let imported = import_changelog(&w.place(), &file, "2.1.0", RELEASES).await.unwrap();
    assert_eq!((imported.version.as_str(), imported.changed), ("v2.1.0", vec!["scope.features: 8 → 2".to_owned()]));
    w.says(MARIA, "/retro data refresh v2.1.0").await;
    w.minutes(1).await;
    let body = data(&w, "v2.1.0").await;
    assert!(body.contains("\"features\": 2") && body.contains("\"bug_fixes\": 11"), "{body}");
    let missing = import_changelog(&w.place(), &file, "v9.9.9", RELEASES).await.unwrap_err().to_string();
    assert!(missing.contains("CHANGELOG.md: nothing was imported: it has no section for v9.9.9"), "{missing}");
    w.ends().await;
}

#[tokio::test]
async fn when_it_went_out_is_a_persons_word_too() {
    let w = watching("acme/shop").await;
    w.says(MARIA, "/retro start v2.1.0 @sam deployed:2026-11-18T15:30:00Z").await;
    w.minutes(1).await;
    let body = data(&w, "v2.1.0").await;
    assert!(body.contains("\"deployed_at\": \"2026-11-18T15:30:00Z\"") && body.contains("\"features\": 8"), "{body}");
    let dm = w.seen(MARIA, &w.dm(MARIA)).join("\n");
    assert!(
        dm.contains(
            "GitHub says Wed 18 Nov 2026, 15:00 (Europe/Berlin). Your Wed 18 Nov 2026, 16:30 (Europe/Berlin) stays."
        ),
        "{dm}"
    );
    w.ends().await;
}
