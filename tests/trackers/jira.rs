//! Jira: tickets filed, owned, found, followed and closed.

use lookback::trackers::{Edit, Fault, Lack, Move, Problem};
use lookback_core::model::item::Priority;
use lookback_core::model::ticket::{Draft, Part, Standing};
use lookback_sim::trackers::{self as sim, Shown};
use serde_json::{Value, json};

use crate::world::{HOSTILE, MARKER, World, at, calls, day, draft, jira_at, marker, owned_by};

const CREATE: &str = "POST /rest/api/3/issue";

impl World {
    fn in_jira(&self, id: &str) -> Shown {
        self.shown(&self.sim.jira.shown(), id)
    }

    fn account(&self, name: &str) -> String {
        self.sim.jira.account_of(&format!("{name}@example.com")).unwrap()
    }

    /// What the last create in Jira sent.
    fn sent(&self) -> Value {
        let journal = self.sim.jira.desk().journal();
        journal.iter().rev().find(|call| call.operation == CREATE).unwrap().body["fields"].clone()
    }

    async fn file(&self, project: &str) -> String {
        self.jira().create(project, "Task", &draft(), MARKER).await.unwrap().id
    }

    async fn stands(&self, id: &str) -> Option<Standing> {
        let read = self.jira().read(&[id.to_owned()]).await.unwrap();
        read[id].as_ref().map(|issue| issue.seen.standing.clone())
    }
}

fn dropped(word: &str) -> Standing {
    Standing::Dropped(word.to_owned())
}

#[tokio::test]
async fn a_ticket_has_every_field_that_its_project_has() {
    let w = World::new().await;
    let sam = w.account("sam");
    let issue = w.jira().create("OPS", "Task", &owned_by(&sam), MARKER).await.unwrap();
    assert_eq!((issue.seen.key.as_str(), &issue.seen.standing), ("OPS-1", &Standing::Open));
    assert_eq!(issue.seen.url, format!("{}/jira/browse/OPS-1", w.origin));
    let shown = w.in_jira(&issue.id);
    assert_eq!((shown.title.as_str(), shown.assignee.as_deref()), ("Automate the smoke tests", Some("Sam")));
    assert_eq!(
        (shown.due.as_deref(), shown.labels.join(" ").as_str()),
        (Some("2026-12-01"), "retro two-words priority-high")
    );
    assert!(shown.text.starts_with("Why: two hours lost\nOwner: Maria"), "{}", shown.text);
    assert!(shown.text.contains("Open in Slack") && shown.text.contains("(lookback6f1c000000004000800000000000abcd)"));
    assert_eq!(w.sent()["priority"], json!({"id": "2"}));
    w.file("LOC").await;
    assert_eq!(w.sent()["priority"], json!({"id": "2"}), "High is Hoch there");
}

#[tokio::test]
async fn fields_off_the_screen_are_left_out() {
    let w = World::new().await;
    let web = w.jira().create("WEB", "task", &owned_by(&w.account("sam")), MARKER).await.unwrap();
    let shown = w.in_jira(&web.id);
    assert_eq!((shown.due, shown.labels.len(), shown.assignee.as_deref()), (None, 3, Some("Sam")));
    assert!(w.sent().get("duedate").is_none() && w.sent().get("priority").is_none());
    let id = w.file("OPS").await;
    let edit = Edit {
        title: Some("New".into()),
        due: Some(day("2027-01-01")),
        priority: Some(Priority::Low),
        ..Edit::default()
    };
    for field in ["duedate", "priority", "labels", "assignee"] {
        w.sim.jira.remove_field("OPS", field);
        w.jira().create("OPS", "Task", &owned_by(&w.account("sam")), MARKER).await.unwrap();
        assert!(w.sent().get(field).is_none(), "{field}");
        w.jira().edit(&id, &edit, MARKER).await.unwrap();
    }
    assert_eq!((w.in_jira(&id).title.as_str(), w.in_jira(&id).due.as_deref()), ("New", Some("2026-12-01")));
}

/// At no hour of no zone is it the day before or after.
#[tokio::test]
async fn a_due_date_is_the_same_civil_day() {
    let w = World::new().await;
    for (n, now, due) in [
        (1, "2026-11-28T23:59:00Z", "2027-02-28"),
        (2, "2026-12-31T00:01:00Z", "2026-12-31"),
        (3, "2028-02-28T23:00:00Z", "2028-02-29"),
    ] {
        w.clock.advance(at(now) - w.clock.now());
        let dated = Draft { due: day(due), ..draft() };
        let jira = w.jira().create("OPS", "Task", &dated, MARKER).await.unwrap().id;
        let linear = w.linear().create("ENG", &dated, &marker(n)).await.unwrap().id;
        let shown = || (w.in_jira(&jira).due, w.shown(&w.sim.linear.shown(), &linear).due);
        assert_eq!(shown(), (Some(due.to_owned()), Some(due.to_owned())));
        for next in [day("2027-01-01"), day("2024-02-29"), None] {
            let edit = Edit { due: Some(next), ..Edit::default() };
            w.jira().edit(&jira, &edit, MARKER).await.unwrap();
            w.linear().edit(&linear, &edit, &marker(n)).await.unwrap();
            let next = next.map(|day| day.to_string());
            assert_eq!(shown(), (next.clone(), next));
        }
    }
}

#[tokio::test]
async fn an_owner_is_one_active_person_who_can_be_assigned() {
    let w = World::new().await;
    let (jira, sam, noor) = (w.jira(), w.account("sam"), w.account("noor"));
    assert_eq!(jira.person("OPS", "SAM@example.com").await, Ok(Some(sam.clone())));
    // Noor cannot be assigned there, Ben is not active, and the others are no whole addresses.
    for email in ["noor@example.com", "ben@example.com", "x@example.com", "sam", "sam@example.co", "", "@"] {
        assert_eq!(jira.person("OPS", email).await, Ok(None), "{email}");
    }
    assert_eq!(jira.person("WEB", "noor@example.com").await, Ok(Some(noor.clone())));
    for (account, can) in [(&sam, true), (&noor, false), (&w.account("ben"), false), (&String::new(), false)] {
        assert_eq!(jira.can_own("OPS", account).await, Ok(can), "{account}");
    }
    assert_eq!(jira.person("NO", "sam@example.com").await, Err(Fault::Gone));
    // The address is hidden, and still found; or not even that.
    w.sim.jira.hide_email(&sam);
    assert_eq!(jira.person("OPS", "sam@example.com").await, Ok(Some(sam.clone())));
    w.sim.jira.bury_email(&sam);
    assert_eq!(jira.person("OPS", "sam@example.com").await, Ok(None));
    // The settings name the account, and the token may not see accounts: a create tells.
    w.sim.jira.hide_people();
    assert_eq!(jira.person("WEB", "noor@example.com").await, Ok(None));
    assert_eq!(jira.can_own("OPS", &noor).await, Ok(true));
    for account in [&noor, &w.account("ben"), &"nobody".to_owned()] {
        let issue = jira.create("OPS", "Task", &owned_by(account), MARKER).await.unwrap();
        let shown = w.in_jira(&issue.id);
        assert_eq!(
            (shown.assignee, shown.due.as_deref(), shown.labels.len()),
            (None, Some("2026-12-01"), 3),
            "{account}"
        );
    }
}

#[tokio::test]
async fn what_people_typed_stays_text() {
    let w = World::new().await;
    for text in
        [HOSTILE.to_owned(), "🦀\n\"".repeat(20_000), " ".into(), String::new(), "\n\na\n\t\nb".into(), "x".repeat(256)]
    {
        let title = if text.trim().is_empty() { "x".to_owned() } else { text.clone() };
        let link = Part::Link { label: text.clone(), url: "https://a.example/b".into() };
        let draft = Draft { title, parts: vec![Part::Text(text.clone()), link], ..draft() };
        let issue = w.jira().create("OPS", "Task", &draft, MARKER).await.unwrap();
        let shown = w.in_jira(&issue.id);
        assert!(
            shown.title.encode_utf16().count() <= 255 && !shown.title.contains(['\n', '\r', '\u{202e}']),
            "{}",
            shown.title
        );
        assert!(shown.text.contains("(lookback6f1c000000004000800000000000abcd)"), "the marker outlives every cut");
        let sent = w.sent()["description"].to_string();
        assert_eq!(sent.matches("\"marks\"").count(), 1, "only the link is one: {sent}");
        assert!(sent.contains("\"href\":\"https://a.example/b\"") && !sent.contains("mention\""));
        let edit = Edit { title: Some(draft.title.clone()), parts: Some(draft.parts.clone()), ..Edit::default() };
        w.jira().edit(&issue.id, &edit, MARKER).await.unwrap();
        w.later(3);
    }
    assert!(w.sim.jira.shown()[0].text.contains("Ask @maria-dev and @acme/ops, fixes #1"), "it is all there");
}

#[tokio::test]
async fn what_a_project_lacks_is_named() {
    let w = World::new().await;
    let jira = w.jira();
    let required = |name: &str| vec![Lack::Required(vec![name.to_owned()])];
    for (project, lacks) in [
        ("OPS", vec![]),
        ("WEB", vec![]),
        ("STEP", vec![]),
        ("LOC", vec![]),
        ("REQ", required("Team")),
        ("NO", vec![Lack::NoSuchPlace]),
    ] {
        assert_eq!(jira.check(project, "Task").await, Ok(lacks), "{project}");
    }
    assert_eq!(
        jira.check("WEB", "Story").await,
        Ok(vec![Lack::NoSuchKind { have: vec!["Task".into(), "Bug".into()] }])
    );
    let team = Problem::new("Team", "Team is required.");
    assert_eq!(jira.create("REQ", "Task", &draft(), MARKER).await, Err(Fault::Refused(vec![team])));
    assert_eq!(jira.create("NO", "Task", &draft(), MARKER).await, Err(Fault::Gone));
    assert!(matches!(jira.create("OPS", "Epic", &draft(), MARKER).await, Err(Fault::Refused(_))));
    w.sim.jira.require("WEB", "Squad");
    assert_eq!(jira.check("WEB", "Task").await, Ok(required("Squad")));
    assert!(calls(w.sim.jira.desk(), 0).iter().all(|operation| operation != CREATE), "nothing of it was tried");
    for right in ["CREATE_ISSUES", "ASSIGN_ISSUES"] {
        w.sim.jira.forbid("OPS", right);
    }
    let may_not = |what: &str| Lack::MayNot(what.to_owned());
    assert_eq!(jira.check("OPS", "Task").await, Ok(vec![may_not("create issues"), may_not("assign issues")]));
    assert_eq!(jira.create("OPS", "Task", &draft(), MARKER).await, Err(Fault::Gone));
}

#[tokio::test]
async fn a_ticket_is_taken_through_the_workflow_of_its_project() {
    let w = World::new().await;
    for (project, done, wont) in [
        ("OPS", "Done", dropped("Won't Do")),
        ("WEB", "Done", dropped("Won't Do")),
        // It has no end but this one, three steps away.
        ("STEP", "Done", Standing::Done),
        ("LOC", "Erledigt", dropped("Wird nicht erledigt")),
    ] {
        let (jira, id) = (w.jira(), w.file(project).await);
        for (to, is) in [
            (Move::Reopen, Standing::Open),
            (Move::Done, Standing::Done),
            (Move::Reopen, Standing::Open),
            (Move::Drop, wont),
        ] {
            assert_eq!(jira.set_state(&id, to).await.map(|seen| seen.standing), Ok(is.clone()), "{project} {to:?}");
            assert_eq!(w.stands(&id).await, Some(is.clone()));
            if to == Move::Done {
                assert_eq!(w.in_jira(&id).state, done);
            }
            let from = w.sim.jira.desk().journal().len();
            assert_eq!(jira.set_state(&id, to).await.map(|seen| seen.standing), Ok(is));
            assert!(
                calls(w.sim.jira.desk(), from).iter().all(|operation| operation.starts_with("GET ")),
                "{project} {to:?}"
            );
            w.later(3);
        }
        assert_eq!(jira.set_state(&id, Move::Reopen).await.map(|seen| seen.standing), Ok(Standing::Open), "{project}");
    }
    let id = w.file("OPS").await;
    w.sim.jira.forbid("OPS", "TRANSITION_ISSUES");
    assert!(matches!(w.jira().set_state(&id, Move::Done).await, Err(Fault::Refused(why)) if why[0].field == "status"));
    assert_eq!(w.jira().set_state("99999", Move::Done).await, Err(Fault::Gone));
}

#[tokio::test]
async fn what_people_do_there_is_read_by_its_id() {
    let w = World::new().await;
    let id = w.file("OPS").await;
    for (how, is) in [("Done", Standing::Done), ("Won't Do", dropped("Won't Do")), ("Duplicate", dropped("Duplicate"))]
    {
        w.sim.jira.close(&id, how).unwrap();
        assert_eq!(w.stands(&id).await, Some(is), "{how}");
        w.sim.jira.reopen(&id).unwrap();
        assert_eq!(w.stands(&id).await, Some(Standing::Open));
    }
    w.sim.jira.move_to(&id, "STEP").unwrap();
    let (gone, hidden) = (w.file("OPS").await, w.file("LOC").await);
    w.sim.jira.delete(&gone).unwrap();
    w.sim.jira.hide_project("LOC");
    let ids: Vec<String> = (1..=250).map(|n| n.to_string()).chain([&id, &gone, &hidden].map(Clone::clone)).collect();
    let read = w.jira().read(&[ids, vec!["a b".into(), String::new()]].concat()).await.unwrap();
    assert_eq!(read.len(), 255);
    let there: Vec<_> = read.values().flatten().map(|issue| issue.seen.key.as_str()).collect();
    assert_eq!(there, ["STEP-1"], "by its id, under its new key");
    for (id, key) in [(&gone, "deleted"), (&hidden, "hidden")] {
        assert_eq!(w.jira().set_state(id, Move::Done).await, Err(Fault::Gone), "{key}");
        let edit = Edit { title: Some("x".into()), ..Edit::default() };
        assert_eq!(w.jira().edit(id, &edit, MARKER).await, Err(Fault::Gone), "{key}");
    }
}

#[tokio::test]
async fn a_double_is_found_by_its_marker_once_the_index_knows_it() {
    let w = World::new().await;
    let (jira, since) = (w.jira(), w.since());
    w.sim.jira.desk().fault(CREATE, sim::Fault::Lost { effect: true }, 1);
    assert_eq!(jira.create("OPS", "Task", &draft(), MARKER).await, Err(Fault::Unclear));
    assert_eq!(w.sim.jira.shown().len(), 1);
    assert_eq!(jira.find(MARKER, since).await, Ok(vec![]), "the index lags");
    w.later(6);
    let found = jira.find(MARKER, since).await.unwrap();
    assert_eq!(found.len(), 1);
    // A person's copy has the marker in its text, too.
    w.sim.jira.clone_issue(&found[0].id).unwrap();
    let younger = jira.create("WEB", "Task", &draft(), MARKER).await.unwrap();
    w.sim.jira.index_never(&younger.id);
    w.later(600);
    assert_eq!(jira.find(MARKER, since).await, Ok(found.clone()));
    w.sim.jira.index(&younger.id);
    assert_eq!(jira.find(MARKER, since).await, Ok(vec![found[0].clone(), younger.clone()]), "the elder first");
    w.sim.jira.move_to(&found[0].id, "STEP").unwrap();
    w.later(6);
    assert_eq!(jira.find(MARKER, since).await.unwrap()[0].seen.key, "STEP-1");
    // What was made before, or carries another marker, is another ticket.
    assert_eq!(jira.find(MARKER, w.clock.now() + chrono::TimeDelta::days(2)).await, Ok(vec![]));
    assert_eq!(jira.find(&marker(1), since).await, Ok(vec![]));
    for _ in 0..2 {
        jira.retire(&younger.id, &found[0].seen).await.unwrap();
        assert_eq!(w.sim.jira.comments(&younger.id), ["Filed twice by an error, see OPS-1."]);
    }
    assert!(w.in_jira(&younger.id).is_closed && !w.in_jira(&found[0].id).is_closed);
}

#[tokio::test]
async fn an_edit_writes_only_what_changed() {
    let w = World::new().await;
    let (jira, id) = (w.jira(), w.jira().create("OPS", "Task", &owned_by(&w.account("sam")), MARKER).await.unwrap().id);
    let from = w.sim.jira.desk().journal().len();
    jira.edit(&id, &Edit::default(), MARKER).await.unwrap();
    assert_eq!(calls(w.sim.jira.desk(), from), [""; 0]);
    let title = Edit { title: Some("New".into()), ..Edit::default() };
    jira.edit(&id, &title, MARKER).await.unwrap();
    assert_eq!(w.sim.jira.desk().journal().last().unwrap().body, json!({"fields": {"summary": "New"}}));
    let parts = Some(vec![Part::Text("Other".into())]);
    let all = Edit { parts, assignee: Some(None), due: Some(None), priority: Some(Priority::Low), ..title };
    jira.edit(&id, &all, MARKER).await.unwrap();
    let shown = w.in_jira(&id);
    assert_eq!((shown.assignee, shown.due, shown.labels.join(" ").as_str()), (None, None, "retro two-words"));
    w.later(6);
    assert_eq!(jira.find(MARKER, w.since()).await.unwrap().len(), 1, "the marker stays");
    for (name, is) in [("sam", Some("Sam")), ("noor", None)] {
        let owner = Edit { assignee: Some(Some(w.account(name))), ..Edit::default() };
        jira.edit(&id, &owner, MARKER).await.unwrap();
        assert_eq!(w.in_jira(&id).assignee.as_deref(), is, "whoever cannot be assigned leaves it to nobody");
    }
}

#[tokio::test]
async fn a_token_that_ran_out_is_never_an_empty_list() {
    let w = World::new().await;
    let id = w.file("OPS").await;
    w.later(6);
    w.sim.jira.expire();
    let wrong = jira_at(&format!("{}/jira", w.origin), "another");
    for jira in [w.jira(), wrong] {
        assert_eq!(jira.whoami().await, Err(Fault::Token));
        assert_eq!(jira.check("NO", "Task").await, Err(Fault::Token));
        assert_eq!(jira.read(std::slice::from_ref(&id)).await, Err(Fault::Token));
        assert_eq!(jira.find(MARKER, w.since()).await, Err(Fault::Token));
        assert_eq!(jira.person("OPS", "sam@example.com").await, Err(Fault::Token));
        assert_eq!(jira.create("OPS", "Task", &draft(), MARKER).await, Err(Fault::Token));
        assert_eq!(jira.set_state(&id, Move::Done).await, Err(Fault::Token));
        w.sim.jira.renew();
    }
    assert_eq!(w.sim.jira.shown().len(), 1);
}

#[tokio::test]
async fn a_token_with_scopes_works_at_the_gateway_and_links_lead_to_the_site() {
    let w = World::new().await;
    w.sim.jira.scoped();
    assert_eq!(w.jira().whoami().await, Err(Fault::Token));
    let gateway = jira_at(&format!("{}/jira/ex/jira/{}", w.origin, sim::jira::CLOUD_ID), sim::jira::TOKEN);
    let issue = gateway.create("OPS", "Task", &draft(), MARKER).await.unwrap();
    assert_eq!(issue.seen.url, format!("{}/jira/browse/OPS-1", w.origin));
}
