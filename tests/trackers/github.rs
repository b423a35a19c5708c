//! GitHub: issues filed, owned, found, followed and closed, by a token and by an app.

use std::collections::BTreeSet;

use lookback::trackers::github::GitHub;
use lookback::trackers::{Edit, Fault, Lack, Move, Problem};
use lookback_core::model::item::Priority;
use lookback_core::model::ticket::{Draft, Part, Standing};
use lookback_sim::trackers::{self as sim, Shown};

use crate::world::{HOSTILE, MARKER, World, calls, draft, github_at, marker, owned_by, repo};

const CREATE: &str = "POST /repos/{owner}/{repo}/issues";

impl World {
    fn in_github(&self, id: &str) -> Shown {
        self.shown(&self.sim.github.shown(), id)
    }

    async fn open(&self, github: &GitHub, n: u32) -> String {
        github.create(&repo("shop"), &draft(), &marker(n)).await.unwrap().id
    }
}

fn dropped(word: &str) -> Standing {
    Standing::Dropped(word.to_owned())
}

#[tokio::test]
async fn an_issue_has_every_field_that_github_has() {
    for (github, w) in [(0, World::new().await), (1, World::new().await)] {
        let github = w.githubs()[github].clone();
        let issue = github.create(&repo("shop"), &owned_by("ben-hub"), MARKER).await.unwrap();
        assert_eq!((issue.id.as_str(), issue.seen.key.as_str()), ("acme/shop#1", "acme/shop#1"));
        assert_eq!(issue.seen.standing, Standing::Open);
        let shown = w.in_github("acme/shop#1");
        assert_eq!((shown.title.as_str(), shown.assignee.as_deref()), ("Automate the smoke tests", Some("ben-hub")));
        assert_eq!(shown.labels, ["retro", "two words", "priority:high"]);
        let text = "Why: two hours lost  \nOwner: Maria\n\n[Open in Slack](https://acme.slack.com/archives/C1/p1)";
        assert_eq!(shown.text, format!("{text}\n\n<!-- lookback:{MARKER} -->"));
    }
}

#[tokio::test]
async fn what_github_refuses_or_drops_of_owner_and_labels_is_left_out() {
    let w = World::new().await;
    for github in w.githubs() {
        for account in ["sam-dev", "nobody-at-all"] {
            let id = github.create(&repo("shop"), &owned_by(account), MARKER).await.unwrap().id;
            let shown = w.in_github(&id);
            assert_eq!((shown.assignee, shown.labels.len()), (None, 3), "{account}");
        }
        let long = Draft { labels: vec!["l".repeat(80)], ..owned_by("ben-hub") };
        let id = github.create(&repo("shop"), &long, MARKER).await.unwrap().id;
        assert_eq!((w.in_github(&id).assignee.as_deref(), w.in_github(&id).labels.len()), (Some("ben-hub"), 0));
        // Without the right to push GitHub drops both without a word.
        let id = github.create(&repo("readonly"), &owned_by("ben-hub"), MARKER).await.unwrap().id;
        assert!(id.starts_with("acme/readonly#"), "{id}");
        let id = github.create(&repo("old-name"), &draft(), MARKER).await.unwrap().id;
        assert!(id.starts_with("acme/shop#"), "a renamed repository is followed: {id}");
    }
}

#[tokio::test]
async fn an_owner_shows_the_address_in_public_and_can_be_assigned() {
    let w = World::new().await;
    for github in w.githubs() {
        for (email, is) in [
            ("Maria@Example.com", Some("maria-dev")),
            ("ben@example.com", None),
            ("example.com", None),
            ("a b@c", None),
        ] {
            assert_eq!(github.person(&repo("shop"), email).await, Ok(is.map(str::to_owned)), "{email}");
        }
        for (login, can) in [("ben-hub", true), ("BEN-HUB", true), ("sam-dev", false), ("no body", false), ("", false)]
        {
            assert_eq!(github.can_own(&repo("shop"), login).await, Ok(can), "{login}");
        }
    }
}

#[tokio::test]
async fn what_a_repository_lacks_is_named() {
    let w = World::new().await;
    for (github, is_app) in w.githubs().into_iter().zip([false, true]) {
        let labels = if is_app { vec![] } else { vec![Lack::NoLabels] };
        for (name, lacks) in [
            ("shop", vec![]),
            ("old-name", vec![]),
            ("readonly", labels),
            ("quiet", vec![Lack::IssuesOff]),
            ("hidden", vec![Lack::NoSuchPlace]),
            ("none", vec![Lack::NoSuchPlace]),
        ] {
            assert_eq!(github.check(&repo(name)).await, Ok(lacks), "{name}");
        }
        let off = Fault::Refused(vec![Problem::new("", "Issues are turned off")]);
        assert_eq!(github.create(&repo("quiet"), &draft(), MARKER).await, Err(off));
        assert_eq!(github.create(&repo("hidden"), &draft(), MARKER).await, Err(Fault::Gone));
    }
    w.sim.github.forbid("issues");
    assert_eq!(w.github().check(&repo("shop")).await, Ok(vec![Lack::MayNot("see issues".into())]));
    assert_eq!(w.github().create(&repo("shop"), &draft(), MARKER).await, Err(Fault::Forbidden));
    w.sim.github.restore();
    w.sim.github.archive("acme/shop");
    assert_eq!(w.github().check(&repo("shop")).await, Ok(vec![Lack::Archived]));
    assert_eq!(w.github().create(&repo("shop"), &draft(), MARKER).await, Err(Fault::Forbidden));
}

#[tokio::test]
async fn what_people_typed_mentions_and_closes_nothing() {
    let w = World::new().await;
    let github = w.github();
    for text in [
        HOSTILE.to_owned(),
        "*ä".repeat(60_000),
        "x".repeat(256),
        "t".repeat(400),
        format!("<!-- lookback:{} -->", marker(9)),
    ] {
        let parts =
            vec![Part::Text(text.clone()), Part::Link { label: text.clone(), url: "https://a.example/b".into() }];
        let issue = github
            .create(&repo("shop"), &Draft { title: text.clone(), parts: parts.clone(), ..draft() }, MARKER)
            .await
            .unwrap();
        let shown = w.in_github(&issue.id);
        assert!(shown.title.chars().count() <= 256 && shown.text.chars().count() <= 65_536);
        assert!(shown.text.ends_with(&format!("<!-- lookback:{MARKER} -->")), "the marker outlives every cut");
        let edit = Edit { title: Some(text), parts: Some(parts), ..Edit::default() };
        github.edit(&issue.id, &edit, MARKER).await.unwrap();
    }
    assert_eq!(w.sim.github.mentions(), [""; 0]);
    assert_eq!(github.find(&repo("shop"), &marker(9), w.since(), None).await, Ok(vec![]), "nobody types a marker");
    assert_eq!(github.find(&repo("shop"), MARKER, w.since(), None).await.unwrap().len(), 5);
    let text = w.in_github("acme/shop#1").text;
    for live in ["@maria", "#1", "[a]", "<img", "https://evil", "www.", "\n#", "\n-", "\n|", "\u{202e}", "\u{0}"] {
        assert!(!text.contains(live), "{live:?} in {text}");
    }
}

#[tokio::test]
async fn a_ticket_is_closed_and_opened_with_its_reason() {
    let w = World::new().await;
    for (n, github) in (1..).zip(w.githubs()) {
        let id = w.open(&github, n).await;
        for (to, is) in [
            (Move::Reopen, Standing::Open),
            (Move::Done, Standing::Done),
            // GitHub ignores the reason unless the state changes with it.
            (Move::Drop, dropped("not planned")),
            (Move::Done, Standing::Done),
            (Move::Reopen, Standing::Open),
            (Move::Drop, dropped("not planned")),
        ] {
            assert_eq!(github.set_state(&id, to).await.map(|seen| seen.standing), Ok(is.clone()), "{to:?}");
            let from = w.sim.github.desk().journal().len();
            assert_eq!(github.set_state(&id, to).await.map(|seen| seen.standing), Ok(is), "{to:?}");
            assert!(calls(w.sim.github.desk(), from).iter().all(|operation| operation.starts_with("GET ")));
        }
        w.sim.github.reopen(&id).unwrap();
        w.sim.github.close(&id, "duplicate").unwrap();
        assert_eq!(
            github.set_state(&id, Move::Drop).await.map(|seen| seen.standing),
            Ok(dropped("duplicate")),
            "a person's word stays"
        );
    }
}

#[tokio::test]
async fn what_people_do_there_is_read_by_number_and_by_what_changed() {
    let w = World::new().await;
    for (n, github) in [1, 11].into_iter().zip(w.githubs()) {
        let (moved, gone, stays) =
            (w.open(&github, n).await, w.open(&github, n + 1).await, w.open(&github, n + 2).await);
        w.later(60);
        let then = w.clock.now();
        w.sim.github.move_to(&moved, "acme/readonly").unwrap();
        w.sim.github.delete(&gone).unwrap();
        w.sim.github.close(&stays, "not_planned").unwrap();
        let ids =
            [moved.clone(), gone.clone(), stays.clone(), "acme/hidden#1".into(), "acme/none#1".into(), "x".into()];
        let read = github.read(&ids).await.unwrap();
        let here = read[&moved].clone().unwrap();
        assert!(here.id.starts_with("acme/readonly#") && here.seen.key == here.id, "{here:?}");
        assert_eq!(read[&stays].as_ref().unwrap().seen.standing, dropped("not planned"));
        assert_eq!(read.values().flatten().count(), 2);
        let changed = github.changed(&repo("shop"), then).await.unwrap();
        assert_eq!(changed.issues.iter().map(|issue| &issue.id).collect::<Vec<_>>(), [&stays]);
        // A ticket that was transferred is written where it is now.
        assert_eq!(github.set_state(&moved, Move::Done).await.map(|seen| seen.key), Ok(here.id.clone()));
        let edit = Edit { title: Some("Moved".into()), ..Edit::default() };
        github.edit(&moved, &edit, &marker(n)).await.unwrap();
        assert_eq!((w.in_github(&here.id).title.as_str(), w.in_github(&here.id).is_closed), ("Moved", true));
        assert_eq!(github.edit(&gone, &edit, &marker(n)).await, Err(Fault::Gone));
        assert_eq!(github.set_state(&gone, Move::Done).await, Err(Fault::Gone));
    }
}

#[tokio::test]
async fn a_double_is_found_by_its_marker_in_the_list_of_the_account() {
    let w = World::new().await;
    for (n, github) in [1, 11].into_iter().zip(w.githubs()) {
        w.sim.github.list_lag(0);
        w.sim.github.desk().fault(CREATE, sim::Fault::Lost { effect: true }, 1);
        assert_eq!(github.create(&repo("shop"), &draft(), &marker(n)).await, Err(Fault::Unclear));
        let found = github.find(&repo("shop"), &marker(n), w.clock.now(), None).await.unwrap();
        assert_eq!(found.len(), 1);
        let elder = found[0].clone();
        w.later(5);
        w.sim.github.list_lag(30);
        let younger = github.create(&repo("shop"), &draft(), &marker(n)).await.unwrap();
        w.sim.github.open("acme/shop", "maria-dev", "Another");
        assert_eq!(
            github.find(&repo("shop"), &marker(n), w.since(), None).await,
            Ok(vec![]),
            "the list lags, once in a while"
        );
        w.later(30);
        assert_eq!(
            github.find(&repo("old-name"), &marker(n), w.since(), None).await,
            Ok(vec![elder.clone(), younger.clone()])
        );
        assert_eq!(github.find(&repo("shop"), &marker(n + 1), w.since(), None).await, Ok(vec![]));
        for _ in 0..2 {
            github.retire(&younger.id, &elder.seen).await.unwrap();
            let comments = w.sim.github.comments(&younger.id);
            assert_eq!(comments.len(), 1, "{comments:?}");
            assert!(comments[0].starts_with("Filed twice by an error, see acme/shop#\u{200b}"), "{comments:?}");
        }
        assert_eq!(w.in_github(&younger.id).state, "Closed as not planned");
        assert!(!w.in_github(&elder.id).is_closed);
    }
}

#[tokio::test]
async fn a_marker_is_found_beyond_the_first_page() {
    let w = World::new().await;
    w.sim.github.no_limits();
    let github = w.github();
    for n in 1..=205 {
        github.create(&repo("shop"), &Draft { parts: vec![], labels: vec![], ..draft() }, &marker(n)).await.unwrap();
    }
    for n in [1, 101, 205] {
        assert_eq!(github.find(&repo("shop"), &marker(n), w.since(), None).await.unwrap().len(), 1, "{n}");
    }
    let changed = github.changed(&repo("shop"), w.since()).await.unwrap();
    assert_eq!((changed.issues.len(), changed.until), (205, None));
}

#[tokio::test]
async fn more_changes_than_one_look_reads_are_read_by_the_next() {
    let w = World::new().await;
    w.sim.github.no_limits();
    let github = w.github();
    let small = Draft { parts: vec![], labels: vec![], assignee: None, ..draft() };
    for n in 1..=1010 {
        github.create(&repo("shop"), &small, &marker(n)).await.unwrap();
        w.later(1);
    }
    let first = github.changed(&repo("shop"), w.since()).await.unwrap();
    assert_eq!(first.issues.len(), 1000);
    let rest = github.changed(&repo("shop"), first.until.unwrap()).await.unwrap();
    assert_eq!(rest.until, None);
    let all: BTreeSet<&String> = first.issues.iter().chain(&rest.issues).map(|issue| &issue.id).collect();
    assert_eq!(all.len(), 1010);
}

#[tokio::test]
async fn an_edit_writes_only_what_changed() {
    let w = World::new().await;
    for (n, github) in (1..).zip(w.githubs()) {
        let id = github.create(&repo("shop"), &owned_by("ben-hub"), &marker(n)).await.unwrap().id;
        let from = w.sim.github.desk().journal().len();
        github.edit(&id, &Edit { due: Some(None), ..Edit::default() }, &marker(n)).await.unwrap();
        assert_eq!(calls(w.sim.github.desk(), from), [""; 0], "GitHub has no date");
        let owner = Edit { assignee: Some(Some("maria-dev".into())), priority: Some(Priority::Low), ..Edit::default() };
        let text = Edit { title: Some("New".into()), parts: Some(vec![Part::Text("n".into())]), ..owner };
        github.edit(&id, &text, &marker(n)).await.unwrap();
        let shown = w.in_github(&id);
        assert_eq!((shown.title.as_str(), shown.assignee.as_deref()), ("New", Some("maria-dev")));
        assert_eq!(
            (shown.text, shown.labels.join(", ").as_str()),
            (format!("n\n\n<!-- lookback:{} -->", marker(n)), "retro, two words")
        );
        let refused =
            Edit { assignee: Some(Some("sam-dev".into())), priority: Some(Priority::High), ..Edit::default() };
        github.edit(&id, &refused, &marker(n)).await.unwrap();
        let shown = w.in_github(&id);
        assert_eq!((shown.assignee, shown.labels.len()), (None, 3), "the owner before is the owner no more");
        github
            .edit(&id, &Edit { assignee: Some(None), priority: Some(Priority::Medium), ..Edit::default() }, &marker(n))
            .await
            .unwrap();
        assert_eq!(w.in_github(&id).labels.len(), 2);
    }
}

#[tokio::test]
async fn a_token_that_ran_out_is_never_an_empty_list() {
    let w = World::new().await;
    let id = w.open(&w.github(), 1).await;
    w.sim.github.expire();
    let wrong = github_at(&format!("{}/github", w.origin), "another", &w.clock);
    let [token, app] = w.githubs();
    for github in [token, app, wrong] {
        assert_eq!(github.check(&repo("shop")).await, Err(Fault::Token));
        assert_eq!(github.read(std::slice::from_ref(&id)).await, Err(Fault::Token));
        assert_eq!(github.changed(&repo("shop"), w.since()).await, Err(Fault::Token));
        assert_eq!(github.person(&repo("shop"), "maria@example.com").await, Err(Fault::Token));
        assert_eq!(github.can_own(&repo("shop"), "ben-hub").await, Err(Fault::Token));
        assert_eq!(github.create(&repo("shop"), &draft(), &marker(2)).await, Err(Fault::Token));
        assert_eq!(github.set_state(&id, Move::Done).await, Err(Fault::Token));
        // The app itself is known by its key, and its list is asked with the token.
        assert_eq!(github.find(&repo("shop"), &marker(1), w.since(), None).await, Err(Fault::Token));
    }
    assert_eq!(w.sim.github.shown().len(), 1);
}
