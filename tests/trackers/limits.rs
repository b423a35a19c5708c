//! How each tracker says that there were too many calls, that it is down, and that an app's token runs out.

use std::time::Duration;

use lookback::trackers::{Edit, Fault};
use lookback_core::model::ticket::Draft;
use lookback_sim::trackers::{self as sim, Desk};

use crate::world::{MARKER, World, draft, github_at, jira_at, linear_at, marker, repo};

fn limited(seconds: u64) -> Fault {
    Fault::Limited(Some(Duration::from_secs(seconds)))
}

#[tokio::test]
async fn each_tracker_says_too_many_calls_in_its_own_way() {
    let w = World::new().await;
    let (jira, linear, github) = (w.jira(), w.linear(), w.github());
    let said = |desk: &Desk, seconds| desk.fault("*", sim::Fault::Limited(seconds), 1);
    // Jira: 429 and `Retry-After`, which can be missing.
    for (seconds, is) in [(Some(7), limited(7)), (Some(99_999), limited(3600)), (None, Fault::Limited(None))] {
        said(w.sim.jira.desk(), seconds);
        assert_eq!(jira.create("OPS", "Task", &draft(), MARKER).await, Err(is.clone()));
        w.sim.jira.desk().fault("POST /rest/api/3/issue", sim::Fault::Limited(seconds), 1);
        assert_eq!(jira.create("OPS", "Task", &draft(), MARKER).await, Err(is));
    }
    // Linear: 400 and a code; the wait in a header of its own, in milliseconds since 1970.
    for (seconds, is) in [(Some(7), limited(7)), (None, limited(60))] {
        w.sim.linear.desk().fault("issueCreate", sim::Fault::Limited(seconds), 1);
        assert_eq!(linear.create("ENG", &draft(), MARKER).await, Err(is));
        assert_eq!(w.sim.linear.desk().journal().last().unwrap().status, 400);
    }
    // GitHub: 403; the secondary limit with `retry-after`, the primary one with the second of its end.
    for (seconds, is) in [(Some(7), limited(7)), (None, limited(61))] {
        said(w.sim.github.desk(), seconds);
        assert_eq!(github.create(&repo("shop"), &draft(), MARKER).await, Err(is));
        assert_eq!(w.sim.github.desk().journal().last().unwrap().status, 403);
    }
    assert!(w.sim.jira.shown().is_empty() && w.sim.linear.shown().is_empty() && w.sim.github.shown().is_empty());
}

#[tokio::test]
async fn the_limits_of_the_trackers_end_after_the_wait_that_they_ask_for() {
    let w = World::new().await;
    let github = w.github();
    let bare = Draft { labels: vec![], parts: vec![], ..draft() };
    for n in 1..=80 {
        github.create(&repo("shop"), &bare, &marker(n)).await.unwrap();
    }
    assert_eq!(github.create(&repo("shop"), &bare, &marker(81)).await, Err(limited(60)));
    assert!(github.read(&["acme/shop#1".into()]).await.is_ok(), "reads go on");
    w.later(61);
    github.create(&repo("shop"), &bare, &marker(81)).await.unwrap();

    let jira = w.jira();
    let id = jira.create("OPS", "Task", &draft(), MARKER).await.unwrap().id;
    let edit = Edit { title: Some("y".into()), ..Edit::default() };
    for _ in 0..20 {
        jira.edit(&id, &edit, MARKER).await.unwrap();
    }
    let Err(Fault::Limited(Some(wait))) = jira.edit(&id, &edit, MARKER).await else { panic!("no wait") };
    w.later(i64::try_from(wait.as_secs()).unwrap() + 1);
    jira.edit(&id, &edit, MARKER).await.unwrap();

    let linear = w.linear();
    w.sim.linear.limit_requests(3);
    for _ in 0..3 {
        linear.whoami().await.unwrap();
    }
    let Err(Fault::Limited(Some(wait))) = linear.whoami().await else { panic!("no wait") };
    assert!(wait <= Duration::from_secs(3600), "{wait:?}");
    w.later(i64::try_from(wait.as_secs()).unwrap() + 1);
    linear.whoami().await.unwrap();
}

#[tokio::test]
async fn a_doubt_is_told_from_what_was_not_sent_or_is_refused() {
    let w = World::new().await;
    for (n, fault, is_there) in [
        (1, sim::Fault::Status { code: 500, effect: true }, true),
        (2, sim::Fault::Status { code: 503, effect: false }, false),
        (3, sim::Fault::Lost { effect: true }, true),
        (4, sim::Fault::Lost { effect: false }, false),
    ] {
        let before = (w.sim.jira.shown().len(), w.sim.github.shown().len());
        w.sim.jira.desk().fault("POST /rest/api/3/issue", fault.clone(), 1);
        assert_eq!(w.jira().create("OPS", "Task", &draft(), &marker(n)).await, Err(Fault::Unclear), "{fault:?}");
        w.sim.github.desk().fault("POST /repos/{owner}/{repo}/issues", fault.clone(), 1);
        assert_eq!(w.github().create(&repo("shop"), &draft(), &marker(n)).await, Err(Fault::Unclear), "{fault:?}");
        let more = usize::from(is_there);
        assert_eq!((w.sim.jira.shown().len(), w.sim.github.shown().len()), (before.0 + more, before.1 + more));
    }
    // What fails before the create leaves no doubt about it.
    w.sim.jira.desk().fault("*", sim::Fault::Status { code: 502, effect: false }, 1);
    assert_eq!(w.jira().create("OPS", "Task", &draft(), MARKER).await, Err(Fault::NotSent));
    // Nobody listens there.
    let nowhere = "http://127.0.0.1:1";
    assert_eq!(jira_at(nowhere, "t").create("OPS", "Task", &draft(), MARKER).await, Err(Fault::NotSent));
    assert_eq!(linear_at(nowhere, "t").create("ENG", &draft(), MARKER).await, Err(Fault::NotSent));
    assert_eq!(github_at(nowhere, "t", &w.clock).create(&repo("shop"), &draft(), MARKER).await, Err(Fault::NotSent));
}

#[tokio::test]
async fn an_apps_token_is_renewed_before_it_runs_out() {
    let w = World::new().await;
    let app = w.app(&sim::github::APP_ID.to_string());
    let issued =
        || w.sim.github.desk().journal().iter().filter(|call| call.operation.ends_with("/access_tokens")).count();
    assert_eq!(app.whoami().await.map(|who| who.name), Ok("lookback[bot]".to_owned()));
    for (n, later, tokens) in [(1, 0, 1), (2, 54 * 60, 1), (3, 2 * 60, 2), (4, 61 * 60, 3)] {
        w.later(later);
        app.create(&repo("shop"), &draft(), &marker(n)).await.unwrap();
        assert_eq!(issued(), tokens, "{n}");
    }
    assert!(w.sim.github.desk().journal().iter().all(|call| call.status < 400), "no call was made with an old one");
    // A token that GitHub refuses before its time is replaced once.
    w.sim.github.expire();
    assert_eq!(app.create(&repo("shop"), &draft(), &marker(5)).await, Err(Fault::Token));
    assert_eq!(issued(), 4);
    w.sim.github.restore();
    app.create(&repo("shop"), &draft(), &marker(5)).await.unwrap();
    w.sim.github.suspend();
    assert_eq!(app.create(&repo("shop"), &draft(), &marker(6)).await, Err(Fault::Forbidden));
    w.sim.github.restore();
    let fresh = w.app(&sim::github::APP_ID.to_string());
    let tokens = "POST /app/installations/{installation_id}/access_tokens";
    w.sim.github.desk().fault(tokens, sim::Fault::Status { code: 502, effect: true }, 1);
    assert_eq!(fresh.create(&repo("shop"), &draft(), &marker(7)).await, Err(Fault::NotSent));
    let other = w.app("99");
    assert_eq!(other.whoami().await, Err(Fault::Token));
    assert_eq!(other.check(&repo("shop")).await, Err(Fault::Token));
}

/// Whatever goes wrong, a ticket that counts as filed is there, and one that counts as refused is not.
#[tokio::test]
async fn under_chaos_every_ticket_is_told_or_in_doubt() {
    let w = World::new().await;
    w.sim.github.no_limits();
    let faults = vec![
        (sim::Fault::Status { code: 500, effect: true }, 5),
        (sim::Fault::Lost { effect: true }, 5),
        (sim::Fault::Status { code: 503, effect: false }, 5),
        (sim::Fault::Limited(Some(1)), 5),
    ];
    for desk in [w.sim.jira.desk(), w.sim.linear.desk(), w.sim.github.desk()] {
        desk.chaos(7, faults.clone());
    }
    let (mut sure, mut doubt) = ([0; 3], [0; 3]);
    let (jira, linear, github) = (w.jira(), w.linear(), w.github());
    for n in 0..40 {
        let made = [
            jira.create("OPS", "Task", &draft(), &marker(n)).await,
            linear.create("ENG", &draft(), &marker(n)).await,
            github.create(&repo("shop"), &draft(), &marker(n)).await,
        ];
        for (at, made) in made.into_iter().enumerate() {
            sure[at] += usize::from(made.is_ok());
            doubt[at] += usize::from(made == Err(Fault::Unclear));
        }
    }
    let there = [w.sim.jira.shown().len(), w.sim.linear.shown().len(), w.sim.github.shown().len()];
    for at in 0..3 {
        assert!(
            sure[at] <= there[at] && there[at] <= sure[at] + doubt[at] && doubt[at] > 0,
            "{sure:?} {doubt:?} {there:?}"
        );
    }
}
