//! Linear: issues filed, owned, read, followed and closed.

use lookback::trackers::{Edit, Fault, Lack, Move};
use lookback_core::model::item::Priority;
use lookback_core::model::ticket::{Draft, Part, Standing};
use lookback_sim::trackers::{self as sim, Shown};

use crate::world::{HOSTILE, World, calls, day, draft, linear_at, marker, owned_by};

impl World {
    fn in_linear(&self, id: &str) -> Shown {
        self.shown(&self.sim.linear.shown(), id)
    }

    fn user(&self, name: &str) -> String {
        self.sim.linear.person(&format!("{name}@example.com")).unwrap()
    }
}

#[tokio::test]
async fn an_issue_has_every_field() {
    let w = World::new().await;
    let issue = w.linear().create("ENG", &owned_by(&w.user("maria")), &marker(1)).await.unwrap();
    assert_eq!((issue.id, issue.seen.key.as_str(), issue.seen.standing), (marker(1), "ENG-1", Standing::Open));
    assert_eq!(issue.seen.url, format!("{}/linear/example/issue/ENG-1/automate-the-smoke-tests", w.origin));
    let shown = w.in_linear(&marker(1));
    assert_eq!((shown.title.as_str(), shown.assignee.as_deref()), ("Automate the smoke tests", Some("Maria")));
    assert_eq!((shown.due.as_deref(), shown.labels.join(", ").as_str()), (Some("2026-12-01"), "retro, two words"));
    assert_eq!(
        shown.text,
        "Why: two hours lost  \nOwner: Maria\n\n[Open in Slack](https://acme.slack.com/archives/C1/p1)"
    );
    let sent = w.sim.linear.desk().journal().last().unwrap().body["variables"]["input"]["priority"].clone();
    assert_eq!(sent, 2);
    assert_eq!(w.linear().create("ENG", &draft(), &marker(1)).await, Err(Fault::Conflict), "it cannot be there twice");
    // A team with a triage takes it there.
    w.linear().create("SUP", &draft(), &marker(2)).await.unwrap();
    assert_eq!(w.in_linear(&marker(2)).state, "Triage");
}

#[tokio::test]
async fn what_linear_refuses_of_owner_and_labels_is_left_out() {
    let w = World::new().await;
    let labels = |names: &[&str]| Draft {
        labels: names.iter().map(|name| (*name).to_owned()).collect(),
        ..owned_by(&w.user("maria"))
    };
    // One name is another of the same, one is made, and a group is none.
    let l = w.linear();
    l.create("ENG", &labels(&["retro", " Retro", "new one", "Area"]), &marker(1)).await.unwrap();
    assert_eq!(w.in_linear(&marker(1)).labels, ["retro", "new one"]);
    l.create("ENG", &labels(&["Build", "Docs"]), &marker(2)).await.unwrap();
    assert_eq!((w.in_linear(&marker(2)).labels.len(), w.in_linear(&marker(2)).assignee.as_deref()), (0, Some("Maria")));
    w.sim.linear.forbid("issueLabelCreate");
    l.create("ENG", &labels(&["retro", "never made"]), &marker(3)).await.unwrap();
    assert_eq!(w.in_linear(&marker(3)).labels, ["retro"]);
    for (n, account) in (4..).zip([w.user("noor"), w.user("ben"), marker(99), "ben-hub".into()]) {
        l.create("ENG", &owned_by(&account), &marker(n)).await.unwrap();
        let shown = w.in_linear(&marker(n));
        assert_eq!((shown.assignee, shown.due.as_deref()), (None, Some("2026-12-01")), "{account}");
    }
    w.sim.linear.assign_outsiders(true);
    l.create("ENG", &owned_by(&w.user("noor")), &marker(9)).await.unwrap();
    assert_eq!(w.in_linear(&marker(9)).assignee.as_deref(), Some("Noor"));
}

#[tokio::test]
async fn an_owner_is_an_active_person() {
    let w = World::new().await;
    for (email, is) in
        [("MARIA@example.com", Some(w.user("maria"))), ("ben@example.com", None), ("x@example.com", None), ("", None)]
    {
        assert_eq!(w.linear().person("ENG", email).await, Ok(is), "{email}");
    }
    for (account, can) in
        [(w.user("maria"), true), (w.user("noor"), false), (w.user("ben"), false), ("maria-hub".into(), false)]
    {
        assert_eq!(w.linear().can_own("ENG", &account).await, Ok(can), "{account}");
    }
}

#[tokio::test]
async fn what_a_team_lacks_is_named() {
    let w = World::new().await;
    assert_eq!(w.linear().check("ENG").await, Ok(vec![]));
    // The key may not see the one, and there is no other.
    for team in ["SEC", "NO"] {
        assert_eq!(w.linear().check(team).await, Ok(vec![Lack::NoSuchPlace]), "{team}");
        assert_eq!(w.linear().create(team, &draft(), &marker(1)).await, Err(Fault::Gone), "{team}");
    }
    w.sim.linear.read_only();
    assert!(matches!(w.linear().check("ENG").await.unwrap().as_slice(), [Lack::MayNot(_)]));
    assert_eq!(w.linear().create("ENG", &draft(), &marker(1)).await, Err(Fault::Forbidden));
    assert!(w.sim.linear.shown().is_empty());
}

#[tokio::test]
async fn what_people_typed_does_nothing() {
    let w = World::new().await;
    for (n, text) in (1..).zip([HOSTILE.to_owned(), "ж\n".repeat(20_000), "x".repeat(256)]) {
        let parts = vec![Part::Text(text.clone())];
        w.linear().create("ENG", &Draft { title: text, parts, ..draft() }, &marker(n)).await.unwrap();
        assert!(w.in_linear(&marker(n)).title.chars().count() <= 256);
    }
    let text = w.in_linear(&marker(1)).text;
    for live in ["@maria", "#1", "[a]", "<", "https://", "\n#", "\n-", "\n|", "\u{202e}", "\u{0}"] {
        assert!(!text.contains(live), "{live:?} in {text}");
    }
    assert!(text.contains("größer 漢字") && text.contains("👩‍👩‍👧") && text.lines().count() >= 6, "{text}");
}

#[tokio::test]
async fn a_state_is_the_first_of_its_type() {
    let w = World::new().await;
    let l = w.linear();
    for (n, team) in [(1, "ENG"), (2, "SUP")] {
        l.create(team, &draft(), &marker(n)).await.unwrap();
        for (to, state) in [(Move::Done, "Done"), (Move::Drop, "Canceled"), (Move::Reopen, "Todo")] {
            let seen = l.set_state(&marker(n), to).await.unwrap();
            assert_eq!(w.in_linear(&marker(n)).state, state, "{team} {to:?}");
            let from = w.sim.linear.desk().journal().len();
            assert_eq!(l.set_state(&marker(n), to).await, Ok(seen));
            assert_eq!(calls(w.sim.linear.desk(), from), ["issue"], "nothing is written twice");
        }
    }
    w.sim.linear.close(&marker(1), "Duplicate").unwrap();
    let seen = l.set_state(&marker(1), Move::Drop).await.unwrap();
    assert_eq!(seen.standing, Standing::Dropped("Duplicate".into()), "a person's word stays");
    // A type that nobody knows is not taken for an end.
    w.sim.linear.add_state("SUP", "Odd", "odd");
    w.sim.linear.close(&marker(2), "Odd").unwrap();
    assert_eq!(l.read(&[marker(2)]).await.unwrap()[&marker(2)].as_ref().unwrap().seen.standing, Standing::Open);
}

#[tokio::test]
async fn issues_are_read_by_their_ids() {
    let w = World::new().await;
    let l = w.linear();
    for n in 1..=105 {
        l.create(if n == 4 { "SUP" } else { "ENG" }, &Draft { labels: vec![], ..draft() }, &marker(n)).await.unwrap();
    }
    w.sim.linear.move_to(&marker(1), "SUP").unwrap();
    w.sim.linear.delete(&marker(2)).unwrap();
    w.sim.linear.delete(&marker(3)).unwrap();
    assert!(w.sim.linear.purge(&marker(3)));
    w.sim.linear.hide("SUP");
    let ids: Vec<String> = (1..=106).map(marker).chain(["x".into()]).collect();
    let none = |read: &std::collections::BTreeMap<String, Option<_>>| {
        read.iter()
            .filter(|(_, issue): &(_, &Option<lookback::trackers::Issue>)| issue.is_none())
            .map(|(id, _)| id.clone())
            .collect::<Vec<_>>()
    };
    let read = l.read(&ids).await.unwrap();
    assert_eq!(none(&read), [marker(1), marker(2), marker(3), marker(4), marker(106), "x".into()]);
    w.sim.linear.reveal("SUP");
    let read = l.read(&ids).await.unwrap();
    assert_eq!((read.len(), none(&read)), (107, vec![marker(2), marker(3), marker(106), "x".into()]));
    assert_eq!(read[&marker(1)].as_ref().unwrap().seen.key, "SUP-2", "by its id, under its new key");
    assert_eq!(l.set_state(&marker(1), Move::Done).await.map(|seen| seen.standing), Ok(Standing::Done));
    for n in [2, 3] {
        assert_eq!(l.set_state(&marker(n), Move::Done).await, Err(Fault::Gone), "{n}");
    }
    // In the trash its id is taken still, so it counts as filed; and no list is asked that may lag.
    w.sim.linear.lag(600);
    for (n, count) in [(2, 1), (3, 0), (5, 1), (106, 0)] {
        assert_eq!(l.find("ENG", &marker(n), w.since()).await.unwrap().len(), count, "{n}");
    }
}

#[tokio::test]
async fn an_edit_writes_only_what_changed_and_a_double_is_closed() {
    let w = World::new().await;
    let l = w.linear();
    let elder = l.create("ENG", &draft(), &marker(1)).await.unwrap();
    l.edit(&marker(1), &Edit::default(), &marker(1)).await.unwrap();
    assert_eq!(calls(w.sim.linear.desk(), 0).last().map(String::as_str), Some("issueCreate"));
    let owner = Edit {
        assignee: Some(Some(w.user("maria"))),
        priority: Some(Priority::Low),
        due: Some(day("2027-03-01")),
        ..Edit::default()
    };
    l.edit(&marker(1), &owner, &marker(1)).await.unwrap();
    let shown = w.in_linear(&marker(1));
    assert_eq!((shown.assignee.as_deref(), shown.due.as_deref()), (Some("Maria"), Some("2027-03-01")));
    let refused = Edit {
        title: Some("New".into()),
        parts: Some(vec![Part::Text("p".into())]),
        assignee: Some(Some(w.user("noor"))),
        due: Some(None),
        ..Edit::default()
    };
    l.edit(&marker(1), &refused, &marker(1)).await.unwrap();
    let shown = w.in_linear(&marker(1));
    assert_eq!((shown.title.as_str(), shown.text.as_str(), shown.assignee, shown.due), ("New", "p", None, None));
    l.create("ENG", &draft(), &marker(2)).await.unwrap();
    l.retire(&marker(2), &elder.seen).await.unwrap();
    assert_eq!(w.in_linear(&marker(2)).state, "Canceled");
    let comment = w.sim.linear.desk().journal().into_iter().find(|call| call.operation == "commentCreate").unwrap();
    assert!(
        comment.body["variables"]["input"]["body"].as_str().unwrap().starts_with("Filed twice by an error, see ENG-1.")
    );
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_id() {
    let w = World::new().await;
    let (l, desk) = (w.linear(), w.sim.linear.desk());
    for (n, fault, is_there) in [
        (1, sim::Fault::Lost { effect: true }, true),
        (2, sim::Fault::Lost { effect: false }, false),
        (3, sim::Fault::Status { code: 500, effect: true }, true),
        (4, sim::Fault::Status { code: 503, effect: false }, false),
    ] {
        desk.fault("issueCreate", fault, 1);
        assert_eq!(l.create("ENG", &draft(), &marker(n)).await, Err(Fault::Unclear), "{n}");
        assert_eq!(l.find("ENG", &marker(n), w.since()).await.unwrap().len(), usize::from(is_there), "{n}");
        let again = l.create("ENG", &draft(), &marker(n)).await.map(|issue| issue.id);
        assert_eq!(again, if is_there { Err(Fault::Conflict) } else { Ok(marker(n)) });
    }
    assert_eq!(w.sim.linear.shown().len(), 4);
    // What fails before the create leaves no doubt about it.
    for (operation, fault) in
        [("*", sim::Fault::Status { code: 503, effect: false }), ("issueLabels", sim::Fault::Lost { effect: false })]
    {
        desk.fault(operation, fault, 1);
        assert_eq!(l.create("ENG", &draft(), &marker(9)).await, Err(Fault::NotSent), "{operation}");
    }
    desk.fault("issue", sim::Fault::Status { code: 502, effect: false }, 1);
    assert_eq!(l.find("ENG", &marker(9), w.since()).await, Err(Fault::Unclear), "no answer is no empty list");
}

#[tokio::test]
async fn a_key_that_ran_out_is_never_an_empty_list() {
    let w = World::new().await;
    w.linear().create("ENG", &draft(), &marker(1)).await.unwrap();
    w.sim.linear.expire();
    let url = format!("{}/linear/graphql", w.origin);
    for l in [w.linear(), linear_at(&url, "another"), linear_at(&url, "lin_oauth_another")] {
        assert_eq!(l.whoami().await, Err(Fault::Token));
        assert_eq!(l.check("ENG").await, Err(Fault::Token));
        assert_eq!(l.read(&[marker(1)]).await, Err(Fault::Token));
        assert_eq!(l.find("ENG", &marker(1), w.since()).await, Err(Fault::Token));
        assert_eq!(l.person("ENG", "maria@example.com").await, Err(Fault::Token));
        assert_eq!(l.create("ENG", &draft(), &marker(2)).await, Err(Fault::Token));
        assert_eq!(l.set_state(&marker(1), Move::Done).await, Err(Fault::Token));
        w.sim.linear.renew();
    }
}
