//! One ticket an item, whatever happens.

use chrono::Duration;
use lookback_core::model::ticket::Tracker;
use lookback_sim::trackers::Fault;

use super::board::{Act, act, create, desk, files, files_in, filing_in, open, shown, writes};
use crate::world::{MARIA, NOOR, RELEASES, SAM, Transport, World};

async fn a_retro_is_filed(transport: Transport, tracker: Tracker) {
    let w = World::tracking(transport).await;
    files(&w, tracker).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    w.answers(SAM, &[(0, "smooth")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w high because they take two hours").await;
    w.says(MARIA, "/retro action Rehearse the rollback @sam by next release").await;
    w.says(MARIA, "/retro action Write the runbook of the importer @maria by 1w").await;
    w.says(MARIA, "/retro done 3").await;
    // Items of an open retro wait for its end.
    assert!(shown(&w, tracker).is_empty());
    w.says(MARIA, "/retro finish").await;
    let tickets = shown(&w, tracker);
    let [tests, rollback] = tickets.as_slice() else { panic!("{tickets:?}") };
    assert_eq!(tests.title, "Automate the smoke tests");
    for words in ["they take two hours", "Owner: noor", "Fri 4 Dec 2026", "v2.1.0", "Open in Slack"] {
        assert!(tests.text.contains(words), "{words}: {}", tests.text);
    }
    assert!(tests.labels.contains(&"retro".to_owned()), "{:?}", tests.labels);
    assert_eq!(rollback.due, None, "{rollback:?}");
    if tracker != Tracker::GitHub {
        assert_eq!(tests.due.as_deref(), Some("2026-12-04"));
    }
    // The key stands beside the item: in the list, the summary, the document's data.
    let list = w.says(MARIA, "/retro actions").await;
    assert!(list.contains(&format!("|{}>", tests.key)) && list.contains(&format!("|{}>", rollback.key)), "{list}");
    w.says(MARIA, "/retro actions all").await;
    let blocks = w.sim.read(|s| s.seen_by(MARIA, RELEASES).last().map(|m| serde_json::to_string(&m.blocks).unwrap()));
    let blocks = blocks.unwrap();
    let label = format!("\"text\":\"{}\",\"type\":\"link\"", tests.key);
    assert!(blocks.contains("data_table") && blocks.contains(&label), "{label} in {blocks}");
    let summary = w.public(RELEASES).into_iter().find(|m| m.contains("retrospective: summary")).unwrap();
    assert!(summary.contains(&format!("|{}>", tests.key)) && summary.contains(&rollback.key), "{summary}");
    w.says(MARIA, "/retro export csv").await;
    let csv = w.sim.read(|s| s.messages.iter().flat_map(|m| &m.files).next_back().map(|f| f.text().to_owned()));
    assert!(csv.unwrap().contains(&tests.key));
    // Nothing of it is said in the release channel, and finishing again files nothing.
    assert!(w.public(RELEASES).iter().all(|m| !m.contains("ticket")), "{:?}", w.public(RELEASES));
    w.says(MARIA, "/retro finish").await;
    w.advance(Duration::days(2)).await;
    assert_eq!(shown(&w, tracker).len(), 2);
    w.ends().await;
}

#[tokio::test]
async fn a_finished_retro_is_filed_in_jira() {
    a_retro_is_filed(Transport::Http, Tracker::Jira).await;
}

#[tokio::test]
async fn a_finished_retro_is_filed_in_linear() {
    a_retro_is_filed(Transport::Socket, Tracker::Linear).await;
}

#[tokio::test]
async fn a_finished_retro_is_filed_in_github() {
    a_retro_is_filed(Transport::Socket, Tracker::GitHub).await;
}

#[tokio::test]
async fn without_an_open_retro_an_item_is_filed_at_once() {
    for tracker in Tracker::ALL {
        let w = filing_in(tracker).await;
        w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
        assert_eq!(shown(&w, tracker).len(), 1, "{tracker:?}");
        // Without a tracker nothing is filed, and what is filed stays.
        w.says(MARIA, "/retro config").await;
        w.sends(MARIA, &[("tickets", "none")]).await;
        w.says(MARIA, "/retro action Rehearse the rollback @sam by 2w").await;
        assert_eq!(shown(&w, tracker).len(), 1);
        w.ends().await;
    }
}

/// The call that makes a ticket fails so; one ticket is there in the end.
async fn one_ticket_after(tracker: Tracker, fault: Fault) {
    let w = filing_in(tracker).await;
    w.trackers.jira.lag(30);
    desk(&w, tracker).fault(create(tracker), fault.clone(), 1);
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
    for _ in 0..30 {
        w.passes(Duration::seconds(10)).await;
    }
    assert_eq!(open(&w, tracker).len(), 1, "{tracker:?} {fault:?}");
    let list = w.says(MARIA, "/retro actions").await;
    assert!(list.contains(&format!("|{}>", open(&w, tracker)[0].key)), "{tracker:?} {fault:?}: {list}");
    w.advance(Duration::hours(30)).await;
    assert_eq!(shown(&w, tracker).len(), 1, "{tracker:?} {fault:?}");
    w.ends().await;
}

#[tokio::test]
async fn a_call_that_failed_makes_one_ticket_in_the_end() {
    for tracker in Tracker::ALL {
        for fault in [
            Fault::Lost { effect: true },
            Fault::Lost { effect: false },
            Fault::Status { code: 500, effect: true },
            Fault::Status { code: 503, effect: false },
            Fault::Limited(Some(30)),
            Fault::Limited(None),
        ] {
            one_ticket_after(tracker, fault).await;
        }
    }
}

#[tokio::test]
async fn a_crash_in_the_middle_of_the_call_makes_no_second_ticket() {
    for tracker in Tracker::ALL {
        let mut w = filing_in(tracker).await;
        // The answer is lost, and the process dies before it looks.
        desk(&w, tracker).fault(create(tracker), Fault::Lost { effect: true }, 1);
        w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
        w.sql("update ticket set filing = 'sending', doubts = 0").await;
        w.crash().await;
        for _ in 0..30 {
            w.passes(Duration::seconds(10)).await;
        }
        assert_eq!(shown(&w, tracker).len(), 1, "{tracker:?}");
        w.ends().await;
    }
}

#[tokio::test]
async fn a_double_that_an_index_showed_too_late_is_closed_by_a_sweep() {
    let w = filing_in(Tracker::Jira).await;
    desk(&w, Tracker::Jira).fault(create(Tracker::Jira), Fault::Lost { effect: true }, 1);
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
    let elder = shown(&w, Tracker::Jira).remove(0);
    // The index does not know it for hours.
    assert!(w.trackers.jira.index_never(&elder.id));
    for _ in 0..30 {
        w.passes(Duration::seconds(10)).await;
    }
    assert_eq!(shown(&w, Tracker::Jira).len(), 2);
    // Somebody's own copy of it is left alone.
    let copy = w.trackers.jira.clone_issue(&elder.id).unwrap();
    w.trackers.jira.index(&elder.id);
    w.advance(Duration::hours(2)).await;
    let tickets = shown(&w, Tracker::Jira);
    let closed: Vec<bool> = tickets.iter().map(|t| t.is_closed).collect();
    assert_eq!(closed, [false, true, false], "{tickets:?}");
    assert_eq!(tickets[2].id, copy);
    let comments = w.trackers.jira.comments(&tickets[1].id);
    assert!(comments.iter().any(|c| c.contains(&format!("see {}", elder.key))), "{comments:?}");
    // The elder is kept here too, and the facilitator hears of it.
    let list = w.says(MARIA, "/retro actions").await;
    assert!(list.contains(&format!("|{}>", elder.key)) && list.contains("Automate"), "{list}");
    w.advance(Duration::days(2)).await;
    assert_eq!(open(&w, Tracker::Jira).len(), 2);
    w.ends().await;
}

#[tokio::test]
async fn what_was_done_while_a_tracker_was_down_is_not_filed() {
    for tracker in Tracker::ALL {
        let w = filing_in(tracker).await;
        desk(&w, tracker).fault("*", Fault::Status { code: 503, effect: false }, 1000);
        w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
        w.says(MARIA, "/retro action Rehearse the rollback @sam by 2w").await;
        w.says(MARIA, "/retro done 1").await;
        desk(&w, tracker).heal();
        w.minutes(20).await;
        let tickets = shown(&w, tracker);
        assert_eq!(tickets.iter().map(|t| t.title.as_str()).collect::<Vec<_>>(), ["Rehearse the rollback"]);
        w.ends().await;
    }
}

#[tokio::test]
async fn settings_are_checked_when_they_are_saved() {
    let w = World::tracking(Transport::Http).await;
    w.says(MARIA, "/retro config").await;
    for (tracker, to, why) in [
        ("jira", "NOPE", "Jira has no project NOPE"),
        ("jira", "OPS/Saga", "the project has no such issue type. It has: "),
        ("jira", "REQ", "needs a field that I can't fill in: Team"),
        ("jira", "not a key!", "Name a Jira project"),
        ("linear", "NOPE", "Linear has no team NOPE"),
        ("github", "acme/hidden", "GitHub has no repository acme/hidden"),
        ("github", "acme/quiet", "Issues are turned off in acme/quiet"),
        ("github", "shop", "Name a GitHub repository"),
    ] {
        // The form stays open until it is right.
        w.sends(MARIA, &[("tickets", tracker), ("tickets_to", to)]).await;
        let errors = w.form_errors(MARIA);
        let told = errors.iter().any(|(field, said)| field == "tickets_to" && said.contains(why));
        assert!(told, "{to}: {errors:?} {}", w.last_alone(MARIA));
    }
    // A token that may not push is worth a word, and no refusal.
    w.sends(MARIA, &[("tickets", "github"), ("tickets_to", "acme/readonly")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Saved") && said.contains("drops labels and assignees"), "{said}");
    // Without an answer it is saved.
    desk(&w, Tracker::Jira).fault("*", Fault::Status { code: 503, effect: false }, 100);
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("tickets", "jira"), ("tickets_to", "WEB")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Jira hasn't answered yet"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_channel_without_trackers_sees_nothing_of_them() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro config").await;
    let form = w.form_words(MARIA);
    assert!(!form.contains("Ticket") && !form.contains("Who is who"), "{form}");
    w.sends(MARIA, &[("length", "45")]).await;
    assert_eq!(w.http("POST", "/api/v1/hooks/jira", &[], b"{}").await.0, 404);
    w.ends().await;
}

#[tokio::test]
async fn hostile_words_mention_nobody_and_close_nothing() {
    let w = filing_in(Tracker::GitHub).await;
    let words = "Fixes #1 for @maria-dev <!-- x --> [a](http://b) closes acme/shop#2";
    w.says(MARIA, &format!("/retro action {words} @noor by 2w because resolves #3 and @ben-hub")).await;
    let said = w.last_alone(MARIA);
    if said.contains("isn't saved yet") {
        w.clicks(MARIA, RELEASES, "Keep it as it is").await;
    }
    assert_eq!(shown(&w, Tracker::GitHub).len(), 1, "{said}");
    assert_eq!(w.trackers.github.mentions(), Vec::<String>::new());
    assert_eq!(w.trackers.github.closing_words(), Vec::<String>::new());
    w.ends().await;
}

#[tokio::test]
async fn a_hostile_tracker_brings_no_mention_back() {
    let w = filing_in(Tracker::Jira).await;
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
    let ticket = shown(&w, Tracker::Jira).remove(0);
    w.trackers.jira.edit_title(&ticket.id, "<!channel> <https://evil.example|bank>");
    act(&w, Tracker::Jira, &ticket.id, Act::WontDo);
    w.minutes(10).await;
    for user in [MARIA, NOOR, SAM] {
        for channel in [RELEASES.to_owned(), w.dm(user)] {
            assert!(w.seen(user, &channel).iter().all(|m| !m.contains("<!channel>") && !m.contains("evil")));
        }
    }
    w.ends().await;
}

#[tokio::test]
async fn several_trackers_serve_several_channels_at_once() {
    let w = World::tracking(Transport::Socket).await;
    files_in(&w, Tracker::Linear, "eng").await;
    w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w").await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("tickets", "jira"), ("tickets_to", "web/task")]).await;
    w.says(MARIA, "/retro action Rehearse the rollback @sam by 2w").await;
    let (linear, jira) = (shown(&w, Tracker::Linear), shown(&w, Tracker::Jira));
    assert_eq!((linear.len(), jira.len()), (1, 1), "{linear:?} {jira:?}");
    // What was filed elsewhere is still followed.
    act(&w, Tracker::Linear, &linear[0].id, Act::Done);
    w.minutes(6).await;
    assert!(w.says(MARIA, "/retro actions").await.contains("Open action items (1)"));
    assert!(writes(&w, Tracker::GitHub).is_empty());
    w.ends().await;
}

#[tokio::test]
async fn an_owner_is_assigned_by_address_or_by_the_channels_table() {
    // Nobody else is: Noor cannot be assigned there, and is named in the text.
    let w = filing_in(Tracker::Jira).await;
    for (n, who) in ["@maria", "@noor"].into_iter().enumerate() {
        w.says(MARIA, &format!("/retro action Move the service number {n} to the new cluster {who} by 2w")).await;
    }
    let owners: Vec<Option<String>> = shown(&w, Tracker::Jira).into_iter().map(|t| t.assignee).collect();
    assert_eq!(owners, [Some("Maria".to_owned()), None]);
    w.ends().await;
    let w = filing_in(Tracker::Linear).await;
    w.says(MARIA, "/retro action Automate the smoke tests @maria by 2w").await;
    assert_eq!(shown(&w, Tracker::Linear)[0].assignee.as_deref(), Some("Maria"));
    w.ends().await;
    // On GitHub an address is seldom public: the table names the login, of whoever can be assigned.
    let w = filing_in(Tracker::GitHub).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("accounts", "sam@example.com = ben-hub\n<mailto:noor@example.com|noor@example.com> = @sam-dev")])
        .await;
    for (n, who) in ["@sam", "@noor", "@maria"].into_iter().enumerate() {
        w.says(MARIA, &format!("/retro action Move the service number {n} to the new cluster {who} by 2w")).await;
        w.minutes(1).await;
    }
    let owners: Vec<Option<String>> = shown(&w, Tracker::GitHub).into_iter().map(|t| t.assignee).collect();
    assert_eq!(owners, [Some("ben-hub".to_owned()), None, Some("maria-dev".to_owned())]);
    w.ends().await;
}
