//! Action items: checked on the way in, owned, handed on, reviewed in the next retro, exported.

use chrono::Duration;

use crate::meeting::agenda;
use crate::themes::{in_stage, works_on};
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

#[tokio::test]
async fn a_weak_item_is_shown_what_is_missing_and_kept_only_by_choice() {
    let w = World::new(Transport::Http).await;
    let said = w.says(MARIA, "/retro action Improve testing @noor by 2w").await;
    assert!(
        said.contains("isn't saved yet")
            && said.contains("a direction, not a finish line")
            && said.contains("Playwright"),
        "{said}"
    );
    assert!(w.says(MARIA, "/retro actions").await.contains("none"));
    w.says(MARIA, "/retro action Improve testing @noor by 2w").await;
    w.clicks(MARIA, RELEASES, "Keep it as it is").await;
    assert!(w.says(MARIA, "/retro actions").await.contains("*#1* Improve testing"));
    // The same words were asked about twice. The second button does not add the item again.
    w.clicks(MARIA, RELEASES, "Keep it as it is").await;
    assert!(w.says(MARIA, "/retro actions").await.contains("Open action items (1)"));
    // The form shows what is missing, then keeps the item. Changed words are checked again.
    w.says(MARIA, "/retro action Fix monitoring @noor").await;
    w.sends(MARIA, &[("due", "2w")]).await;
    assert!(w.form_words(MARIA).contains("Not saved yet"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[("text", "Someone should look at it"), ("due", "2w")]).await;
    assert!(w.form_words(MARIA).contains("Start with what the owner will do"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[("text", "Add an alert for the queue depth of the importer"), ("due", "2w")]).await;
    assert!(w.last_alone(MARIA).contains("*#2* Add an alert"), "{}", w.last_alone(MARIA));
    // An edit is checked too.
    w.says(MARIA, "/retro actions").await;
    w.opens(MARIA, RELEASES, "Edit").await;
    w.sends(MARIA, &[("text", "Fix things")]).await;
    assert!(w.form_words(MARIA).contains("Not saved yet"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[]).await;
    assert!(w.last_alone(MARIA).contains("Saved: *#1* Fix things"), "{}", w.last_alone(MARIA));
    // A user group cannot own an item.
    w.says(MARIA, "/retro action Rehearse the rollback <!subteam^S1|@qa> by 2w").await;
    w.form(MARIA).await;
    assert!(w.form_words(MARIA).contains("Who in @qa owns it?"), "{}", w.form_words(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn an_owner_is_somebody_of_the_channel() {
    let w = World::new(Transport::Http).await;
    w.sim.member("U07TOMAS", RELEASES, false).await;
    w.settle().await;
    let said = w.says(MARIA, "/retro action Write the rollback runbook <@U07TOMAS> by 1w").await;
    assert!(said.contains("is not in this channel"), "{said}");
    assert!(w.says(MARIA, "/retro actions").await.contains("none"));
    w.ends().await;
}

#[tokio::test]
async fn the_sixth_of_high_priority_asks_which_five() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    for n in 1..=5 {
        w.says(MARIA, &format!("/retro action Move service number {n} to the new cluster @noor by 2w high")).await;
    }
    let said = w.says(MARIA, "/retro action Rehearse the rollback @noor by 2w high").await;
    assert!(said.contains("sixth high-priority item") && said.contains("medium"), "{said}");
    assert_eq!(w.says(JONAS, "/retro actions").await.matches(", high)").count(), 5);
    w.opens(MARIA, RELEASES, "Choose the five").await;
    w.sends(MARIA, &[("text", "2,3,4,5,6")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("High priority: *#2*, *#3*, *#4*, *#5*, *#6*"), "{said}");
    let all = w.says(MARIA, "/retro actions").await;
    assert_eq!(all.matches(", high)").count(), 5, "{all}");
    w.ends().await;
}

#[tokio::test]
async fn an_hour_is_shown_and_read_in_the_zone_of_who_looks_at_it() {
    let w = World::new(Transport::Http).await;
    w.says(SAM, "/retro start v1").await;
    // Maria types 15:00 in Berlin. Sam, the owner, is in New York, where that is 09:00.
    let said = w.says(MARIA, "/retro action Write the rollback runbook @sam by 2026-12-01 15:00").await;
    assert!(said.contains("Tue 1 Dec 2026, 09:00 (America/New_York)"), "{said}");
    w.says(MARIA, "/retro actions").await;
    w.opens(MARIA, RELEASES, "Change date").await;
    assert!(w.form_words(MARIA).contains("2026-12-01 15:00"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[("due", "2026-12-02 15:00")]).await;
    assert!(w.last_alone(MARIA).contains("Wed 2 Dec 2026, 09:00 (America/New_York)"), "{}", w.last_alone(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn somebody_elses_done_asks_the_owner_and_two_at_once_close_it_once() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 1w").await;
    let said = w.says(JONAS, "/retro done 1").await;
    assert!(said.contains(&format!("belongs to <@{NOOR}>: I asked")), "{said}");
    w.says(JONAS, "/retro done 1").await;
    let dm = w.dm(NOOR);
    assert_eq!(w.seen(NOOR, &dm).iter().filter(|t| t.contains("is done. Is it?")).count(), 1, "asked once a day");
    w.opens(NOOR, &dm, "Yes, it's done").await;
    // The facilitator closes the item while the form is open.
    w.says(MARIA, "/retro done 1 saw it").await;
    w.sends(NOOR, &[]).await;
    assert!(w.form_words(NOOR).contains(&format!("already done (by <@{MARIA}>)")), "{}", w.form_words(NOOR));
    w.ends().await;
}

#[tokio::test]
async fn items_of_somebody_who_left_go_to_the_facilitator() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @sam by 1w").await;
    w.sim.member(SAM, RELEASES, false).await;
    w.settle().await;
    let dm = w.dm(MARIA);
    assert!(
        w.last(MARIA, &dm).contains(&format!("<@{SAM}> left, so 1 action item in <#C01REL> is with you now")),
        "{}",
        w.last(MARIA, &dm)
    );
    w.opens(MARIA, &dm, "Hand over").await;
    w.sends(MARIA, &[("owner", NOOR)]).await;
    w.clicks(NOOR, &w.dm(NOOR), "Accept").await;
    assert!(w.says(NOOR, "/retro actions mine").await.contains("(1)"));
    w.ends().await;
}

#[tokio::test]
async fn todays_facilitator_may_change_items_of_earlier_retros_and_what_changed_can_be_told_later() {
    let w = World::new(Transport::Http).await;
    w.says(SAM, "/retro start v1").await;
    w.says(SAM, "/retro action Write the rollback runbook @jonas by 1w high").await;
    w.says(SAM, "/retro agenda").await;
    w.says(SAM, "/retro finish").await;
    // The limit of five holds between two retros too.
    for n in 2..=5 {
        w.says(SAM, &format!("/retro action Move service number {n} to the new cluster @noor by 2w high")).await;
    }
    assert!(w.says(SAM, "/retro action Rehearse the rollback @noor by 2w high").await.contains("sixth"));
    w.says(SAM, "/retro actions").await;
    w.opens(SAM, RELEASES, "Edit").await;
    w.says(NOOR, "/retro start v2").await;
    assert!(w.says(PRIYA, "/retro drop 1 because no").await.contains("belongs to <@U05JONAS>"));
    w.says(NOOR, "/retro actions").await;
    w.opens(NOOR, RELEASES, "Done").await;
    w.sends(NOOR, &[]).await;
    let said = w.says(NOOR, "/retro done 1 it has 12 steps").await;
    assert!(said.contains("saved for the next retro"), "{said}");
    assert!(w.says(NOOR, "/retro done 1 and more").await.contains("already done"));
    assert!(w.says(NOOR, "/retro actions all").await.contains("done: it has 12 steps"));
    // The reason of a snooze is kept.
    let said = w.says(NOOR, "/retro snooze 2 2027-01-11 because the vendor is away").await;
    assert!(said.contains("snoozed until Mon 11 Jan 2027 because the vendor is away"), "{said}");
    assert!(
        w.says(NOOR, "/retro actions").await.contains("snoozed until Mon 11 Jan 2027 (reason: the vendor is away)")
    );
    w.ends().await;
}

#[tokio::test]
async fn the_next_retros_open_with_what_became_of_the_last() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Automate the smoke tests with Playwright @noor by 2w").await;
    w.says(MARIA, "/retro action Write the rollback runbook @sam by 1w").await;
    w.says(MARIA, "/retro action Rehearse the rollback @jonas by 1w").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    w.says(NOOR, "/retro done 1 they take 5 minutes").await;
    w.says(JONAS, "/retro drop 3 because the tool was replaced").await;
    // The owner moves the date twice.
    for due in ["2026-12-10", "2026-12-18"] {
        w.says(SAM, "/retro actions mine").await;
        w.opens(SAM, RELEASES, "Change date").await;
        w.sends(SAM, &[("due", due)]).await;
    }
    w.advance(Duration::days(12)).await;
    w.says(MARIA, "/retro start v2").await;
    let kickoff = w.public(RELEASES).last().unwrap().clone();
    assert!(kickoff.contains("1 of 3 action items done"), "{kickoff}");
    assert!(kickoff.contains("Done: *#1* Automate") && kickoff.contains("they take 5 minutes"), "{kickoff}");
    assert!(kickoff.contains("open for 12 days, moved twice, across 2 releases"), "{kickoff}");
    assert!(kickoff.contains("Dropped: *#3*") && kickoff.contains("the tool was replaced"), "{kickoff}");
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES).last().unwrap().contains("moved twice, across 2 releases"));
    w.says(MARIA, "/retro action Move the backup window to the night @noor by 3w").await;
    w.says(MARIA, "/retro finish").await;
    w.says(MARIA, "/retro start v3").await;
    assert!(w.public(RELEASES).last().unwrap().contains("across 3 releases"), "{:?}", w.public(RELEASES).last());
    // One press lists the open items with their buttons. The kickoff is updated.
    w.says(MARIA, "/retro actions").await;
    assert!(w.last_alone(MARIA).contains("Open action items (2)"), "{}", w.last_alone(MARIA));
    w.opens(MARIA, RELEASES, "Done").await;
    w.sends(MARIA, &[("why", "it has 12 steps")]).await;
    let kickoff = w.public(RELEASES).last().unwrap().clone();
    assert!(kickoff.contains("Done: *#2* Write the rollback runbook"), "{kickoff}");
    let all = w.says(MARIA, "/retro actions all").await;
    assert!(
        all.contains("2 done on time, 0 late; 1 open, 0 overdue; 1 dropped") && all.contains("v1 2 of 3, v2 0 of 1"),
        "{all}"
    );
    w.ends().await;
}

#[tokio::test]
async fn an_export_is_a_file_for_who_asked_and_no_formula_runs_in_it() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action =HYPERLINK(\"http://x\";\"Automate the smoke tests\") @noor by 2w because \"quotes, and commas\"").await;
    w.says(MARIA, "/retro action Write the rollback runbook @sam before next release").await;
    assert!(w.says(JONAS, "/retro export md").await.contains("no document yet"));
    assert!(w.says(JONAS, "/retro export csv").await.contains("I sent you 2 action items of <#C01REL> by DM"));
    let dm = w.dm(JONAS);
    let files = |w: &World| -> Vec<(String, String)> {
        w.sim.read(|s| {
            s.messages
                .iter()
                .filter(|m| m.channel == dm)
                .flat_map(|m| m.files.clone())
                .map(|f| (f.title.clone(), f.text()))
                .collect()
        })
    };
    let (name, text) = files(&w).pop().unwrap();
    assert_eq!(name, "action-items.csv");
    assert!(text.starts_with("number,channel,text,owner,owner_id,due,zone,priority,state,why"), "{text}");
    assert!(
        text.contains(
            "\n1,C01REL,\"'=HYPERLINK(\"\"http://x\"\";\"\"Automate the smoke tests\"\")\",noor,U02NOOR,2026-12-04,"
        ),
        "{text}"
    );
    assert!(
        text.contains("before next release,America/New_York,medium,open")
            && text.contains("\"\"\"quotes, and commas\"\"\""),
        "{text}"
    );
    w.dms(JONAS, "export json in <#C01REL|releases>").await;
    let (_, text) = files(&w).pop().unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((json[0]["owner"].as_str(), json[1]["number"].as_i64()), (Some("noor"), Some(2)));
    w.says(MARIA, "/retro agenda").await;
    w.says(JONAS, "/retro export v1").await;
    assert!(files(&w).pop().unwrap().1.starts_with("# Retrospective: v1"));
    assert!(w.says("U06LENA", "/retro export csv json").await.contains("One file at a time"));
    w.ends().await;
}

#[tokio::test]
async fn an_item_of_a_meeting_belongs_to_it() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.says(MARIA, "/retro start v3 named").await;
    w.says(MARIA, "/retro agenda v3").await;
    w.says(MARIA, "/retro meet v3").await;
    works_on(&w, PRIYA, "Alerts at night", "What would fix it?").await;
    let item = [("text", "Tune the alert thresholds to page below 99 %"), ("owner", NOOR), ("due", "1w")];
    w.sends(PRIYA, &item).await;
    assert!(w.says(MARIA, "/retro actions v2.1.0").await.contains("Tune the alert thresholds"));
    assert!(!w.says(MARIA, "/retro actions v3").await.contains("Tune the alert thresholds"));
    w.ends().await;
}

#[tokio::test]
async fn an_item_is_answered_where_it_was_typed() {
    let w = World::new(Transport::Http).await;
    agenda(&w, "named").await;
    let answered_in = async |typed: &str, thread: Option<String>| {
        w.sim.say(JONAS, RELEASES, thread.as_deref(), typed).await;
        w.settle().await;
        w.opens(JONAS, RELEASES, "Fill it in").await;
        w.sends(JONAS, &[("owner", JONAS), ("due", "2w")]).await;
        w.sim.read(|s| s.seen_by(JONAS, RELEASES).last().map(|m| (m.text.clone(), m.thread_ts.clone())).unwrap())
    };
    let (said, place) = answered_in("@lookback action Write the runbook for rollbacks", None).await;
    assert!(said.contains("*#1*") && place.is_none(), "{said} {place:?}");
    let thread = Some(w.thread(RELEASES));
    let (said, place) = answered_in("@lookback action Write the runbook for backups", thread.clone()).await;
    assert!(said.contains("*#2*") && place == thread, "{said} {place:?}");
    w.ends().await;
}

/// A day can be picked in the place of every typed date, with the hour beside it; two dates are asked back.
#[tokio::test]
async fn a_day_is_picked_instead_of_typed() {
    for transport in [Transport::Http, Transport::Socket] {
        let w = World::new(transport).await;
        w.says(MARIA, "/retro action Add an alert for the queue depth of the importer @noor").await;
        w.sends(MARIA, &[("due", "friday"), ("due-day", "2026-12-08")]).await;
        assert_eq!(
            w.form_errors(MARIA),
            [("due".to_owned(), "You typed a date and picked a day. Please keep only one of them.".to_owned())]
        );
        w.sends(MARIA, &[("due-day", "2026-12-08")]).await;
        assert!(w.last_alone(MARIA).contains("due Tue 8 Dec 2026"), "{}", w.last_alone(MARIA));
        // The date that stands in the form gives way; an hour belongs to the day.
        w.says(NOOR, "/retro actions").await;
        w.opens(NOOR, RELEASES, "Change date").await;
        w.sends(NOOR, &[("due-day", "2026-12-10")]).await;
        assert!(w.says(NOOR, "/retro actions").await.contains("due Thu 10 Dec 2026"));
        w.opens(NOOR, RELEASES, "Edit").await;
        w.sends(NOOR, &[("due", "15:00"), ("due-day", "2026-12-11")]).await;
        assert!(w.says(NOOR, "/retro actions").await.contains("due Fri 11 Dec 2026, 15:00"));
        // Neither is asked for at its field.
        w.opens(NOOR, RELEASES, "Change date").await;
        w.sends(NOOR, &[("due", "")]).await;
        assert_eq!(w.form_errors(NOOR).len(), 1, "{:?}", w.form_errors(NOOR));
        w.ends().await;
    }
}

/// The other forms with dates.
#[tokio::test]
async fn a_day_is_picked_for_a_start_a_release_and_a_sprint() {
    let w = World::new(Transport::Http).await;
    w.sim.shortcut(MARIA, "start_retro", None).await;
    w.settle().await;
    let fields = [("channel", RELEASES), ("version", "v1"), ("closes-day", "2026-11-24"), ("meeting", "15:00")];
    w.sends(MARIA, &[&fields[..], &[("meeting-day", "2026-11-25")]].concat()).await;
    let kickoff = w.public(RELEASES)[0].clone();
    assert!(
        kickoff.contains("The survey closes Tue 24 Nov 2026") && kickoff.contains("Meeting: Wed 25 Nov 2026, 15:00"),
        "{kickoff}"
    );
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("deployed", "14:00"), ("deployed-day", "2026-11-18")]).await;
    assert!(w.last_alone(MARIA).contains("Wed 18 Nov 2026, 14:00"), "{}", w.last_alone(MARIA));
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("sprint_start-day", "2026-11-16")]).await;
    assert!(w.says(MARIA, "/retro config").await.is_empty());
    assert!(w.form_words(MARIA).contains("2026-11-16"), "{}", w.form_words(MARIA));
    w.ends().await;
}
