//! What an owner hears when an item becomes theirs, and when somebody else changes it; what a new facilitator hears.

use chrono::Duration;
use lookback_sim::Fault;

use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// What somebody was told by DM that has these words.
fn heard(w: &World, who: &str, words: &str) -> Vec<String> {
    w.seen(who, &w.dm(who)).into_iter().filter(|m| m.contains(words)).collect()
}

const NEW: &str = "new action item";

#[tokio::test]
async fn an_owner_hears_once_of_an_item_that_somebody_gave_them() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-04 high because two people had to guess")
        .await;
    let told = heard(&w, NOOR, NEW);
    assert_eq!(told.len(), 1, "{told:?}");
    for words in [
        "You have a new action item:",
        "*#1* Write the rollback runbook, due Fri 4 Dec 2026, high priority",
        &format!("from <@{MARIA}> in <#{RELEASES}>"),
        "Why: two people had to guess",
    ] {
        assert!(told[0].contains(words), "{words}: {}", told[0]);
    }
    // One's own item is no news.
    w.says(MARIA, "/retro action Rehearse the database migration @maria by 2w").await;
    assert_eq!(heard(&w, MARIA, NEW), Vec::<String>::new());
    w.ends().await;
}

#[tokio::test]
async fn the_pressed_message_shows_what_was_pressed() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-04").await;
    let dm = w.dm(NOOR);
    let before = w.seen(NOOR, &dm).len();
    w.clicks(NOOR, &dm, "Accept").await;
    assert_eq!(w.seen(NOOR, &dm).len(), before, "no more messages");
    assert!(heard(&w, NOOR, NEW)[0].contains("✅ accepted"), "{:?}", heard(&w, NOOR, NEW));
    assert!(w.button(NOOR, &dm, "Accept").is_none());
    w.opens(NOOR, &dm, "Change date").await;
    w.sends(NOOR, &[("due", "2026-12-08")]).await;
    assert_eq!(w.seen(NOOR, &dm).len(), before, "a form is answered by the message too");
    assert!(heard(&w, NOOR, NEW)[0].contains("due Tue 8 Dec 2026"), "{:?}", heard(&w, NOOR, NEW));
    w.opens(NOOR, &dm, "Hand over").await;
    w.sends(NOOR, &[("owner", SAM)]).await;
    let sams = w.seen(SAM, &w.dm(SAM)).len();
    w.clicks(SAM, &w.dm(SAM), "Accept").await;
    assert_eq!(w.seen(SAM, &w.dm(SAM)).len(), sams, "the question gave way to its answer");
    assert!(w.last(SAM, &w.dm(SAM)).contains("is yours now, due Tue 8 Dec 2026"), "{}", w.last(SAM, &w.dm(SAM)));
    assert!(w.button(SAM, &w.dm(SAM), "Accept").is_none());
    let settled = heard(&w, NOOR, &format!("*#1* is with <@{SAM}> now"));
    assert!(settled.len() == 1 && settled[0].starts_with("Nothing left to do here."), "{settled:?}");
    w.ends().await;
}

#[tokio::test]
async fn what_shows_no_change_is_answered_with_words() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2027-06-01").await;
    let dm = w.dm(NOOR);
    let accept = w.button(NOOR, &dm, "Accept").expect("a button");
    // After ten weeks the message is not kept up to date.
    w.advance(Duration::days(80)).await;
    let said = w.presses_in(NOOR, &dm, &accept).await;
    assert_eq!(said, "You accepted *#1* Write the rollback runbook, due Tue 1 Jun 2027.");
    // A list in the DM is not either.
    w.says(NOOR, "/retro action Tune the alert thresholds to 99 % @noor by 2027-06-02").await;
    w.dms(NOOR, "retro actions").await;
    w.opens(NOOR, &dm, "Done").await;
    let before = w.seen(NOOR, &dm).len();
    w.sends(NOOR, &[("why", "it rings less")]).await;
    assert_eq!(w.seen(NOOR, &dm).len(), before + 1);
    assert!(w.last(NOOR, &dm).contains("is done"), "{}", w.last(NOOR, &dm));
    w.ends().await;
}

#[tokio::test]
async fn owners_hear_which_items_the_next_release_makes_due() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1").await;
    let items = [
        "Write the rollback runbook @noor",
        "Rehearse the migration @noor",
        "Name a captain @maria",
        "Rotate the signing keys @sam",
    ];
    for what in items {
        w.says(MARIA, &format!("/retro action {what} before next release")).await;
    }
    w.says(MARIA, "/retro finish next:v2@2026-12-20").await;
    w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
    let planned = format!("The next release in <#{RELEASES}> is planned for Sun 20 Dec 2026");
    let told = heard(&w, NOOR, &planned);
    let lines = ". These are due then:\n• *#1* Write the rollback runbook\n• *#2* Rehearse the migration";
    assert_eq!(told, [format!("{planned}{lines}")]);
    assert_eq!(heard(&w, SAM, &planned), [format!("{planned}, so *#4* Rotate the signing keys is due then.")]);
    // Who named the day knows it; the messages with the items show it.
    assert_eq!(heard(&w, MARIA, &planned), Vec::<String>::new());
    assert!(heard(&w, NOOR, NEW)[0].contains("before next release (Sun 20 Dec 2026)"), "{:?}", heard(&w, NOOR, NEW));
    w.ends().await;
}

#[tokio::test]
async fn only_the_owner_accepts() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-04").await;
    let accept = w.button(NOOR, &w.dm(NOOR), "Accept").expect("a button");
    let said = w.presses_in(JONAS, RELEASES, &accept).await;
    assert!(said.contains(&format!("<@{NOOR}>")), "{said}");
    assert!(!heard(&w, NOOR, NEW)[0].contains("accepted"));
    w.says(NOOR, "/retro done 1").await;
    let said = w.presses_in(NOOR, &w.dm(NOOR), &accept).await;
    assert!(said.contains("is already done"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn the_items_of_a_meeting_are_one_message() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    for what in ["Write the rollback runbook", "Tune the alert thresholds to 99 %", "Rehearse the database migration"] {
        w.says(MARIA, &format!("/retro action {what} @noor by 2026-12-04")).await;
    }
    w.says(MARIA, "/retro action Move the smoke tests to the pipeline @sam by 2026-12-04").await;
    let told = heard(&w, NOOR, NEW);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("You have 3 new action items:") && told[0].contains("*#3*"), "{}", told[0]);
    assert_eq!(heard(&w, SAM, NEW).len(), 1);
    // The next day of a meeting without a call has its own, which rings again.
    w.advance(Duration::days(1)).await;
    w.says(MARIA, "/retro action Name a release captain for December @noor by 2026-12-04").await;
    assert_eq!(heard(&w, NOOR, NEW).len(), 2);
    w.ends().await;
}

#[tokio::test]
async fn what_is_closed_before_it_is_told_is_not_told() {
    let w = World::new(Transport::Http).await;
    // Slack takes no message for a while.
    w.sim.fault("chat.postMessage", Fault::RateLimit(1200), 1);
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-04").await;
    w.says(MARIA, "/retro drop 1 it exists").await;
    w.advance(Duration::minutes(30)).await;
    assert_eq!(heard(&w, NOOR, NEW), Vec::<String>::new());
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn an_owner_hears_one_line_of_each_change_by_somebody_else() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    for what in ["Write the rollback runbook", "Tune the alert thresholds to 99 %"] {
        w.says(MARIA, &format!("/retro action {what} @noor by 2026-12-04")).await;
    }
    let dm = w.dm(NOOR);
    let changes = [
        (
            "/retro snooze 1 until 2026-12-02",
            format!("<@{MARIA}> snoozed *#1* Write the rollback runbook in <#C01REL> until Wed 2 Dec 2026."),
        ),
        (
            "/retro done 1 it has 12 steps",
            format!("<@{MARIA}> marked *#1* Write the rollback runbook in <#C01REL> as done: it has 12 steps."),
        ),
        (
            "/retro drop 2 the alerts go away",
            format!("<@{MARIA}> dropped *#2* Tune the alert thresholds to 99 % in <#C01REL>: the alerts go away."),
        ),
    ];
    for (typed, words) in changes {
        let before = w.seen(NOOR, &dm).len();
        w.says(MARIA, typed).await;
        let seen = w.seen(NOOR, &dm);
        assert_eq!(seen.len(), before + 1, "{typed}: {seen:?}");
        assert!(seen.last().is_some_and(|m| m.contains(&words)), "{typed}: {:?}", seen.last());
    }
    w.says(MARIA, "/retro action Rehearse the database migration @noor by 2026-12-04").await;
    w.says(MARIA, "/retro actions").await;
    w.opens(MARIA, RELEASES, "Change date").await;
    let before = w.seen(NOOR, &dm).len();
    w.sends(MARIA, &[("due", "2026-12-08")]).await;
    let words = format!(
        "<@{MARIA}> changed the due date of *#3* Rehearse the database migration in <#C01REL> to Tue 8 Dec 2026."
    );
    assert!(w.last(NOOR, &dm).contains(&words), "{}", w.last(NOOR, &dm));
    assert_eq!(w.seen(NOOR, &dm).len(), before + 1);
    // One's own change is no news.
    w.says(NOOR, "/retro action Name a release captain for December @noor by 2026-12-04").await;
    let before = w.seen(NOOR, &dm).len();
    w.says(NOOR, "/retro done 4").await;
    assert_eq!(w.seen(NOOR, &dm).len(), before);
    w.ends().await;
}

#[tokio::test]
async fn a_new_facilitator_hears_where_it_stands_and_what_comes_next() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.dms(SAM, "nothing to add").await;
    w.says(MARIA, "/retro lead @priya").await;
    let told = w.last(PRIYA, &w.dm(PRIYA));
    assert!(
        told.contains(&format!("<@{MARIA}> made you the facilitator of the retro for *v1* in <#{RELEASES}>.")),
        "{told}"
    );
    assert!(told.contains("people have answered; the survey closes"), "{told}");
    w.clicks(PRIYA, &w.dm(PRIYA), "Close and post agenda").await;
    w.says(PRIYA, "/retro lead @maria").await;
    let told = w.last(MARIA, &w.dm(MARIA));
    assert!(told.contains("The agenda is in the channel; the meeting is the next step."), "{told}");
    w.clicks(MARIA, &w.dm(MARIA), "Start the meeting").await;
    w.says(MARIA, "/retro lead @priya").await;
    let told = w.last(PRIYA, &w.dm(PRIYA));
    assert!(told.contains("The meeting is running in the agenda's thread"), "{told}");
    // Taken after a day of silence: who led hears of it, and who took it reads where it stands.
    w.advance(Duration::hours(25)).await;
    let said = w.says(SAM, "/retro lead @sam").await;
    assert!(said.contains("The meeting is running in the agenda's thread"), "{said}");
    let told = w.last(PRIYA, &w.dm(PRIYA));
    assert!(
        told.contains(&format!("<@{SAM}> now facilitates the retro for *v1*. <@{SAM}> made that change")),
        "{told}"
    );
    w.ends().await;
}

#[tokio::test]
async fn a_change_weeks_later_shows_in_the_message_and_posts_no_other() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2027-03-01").await;
    w.advance(Duration::days(20)).await;
    w.says(NOOR, "/retro done 1 it has 12 steps").await;
    let told = heard(&w, NOOR, "done: it has 12 steps");
    assert!(told.len() == 1 && w.seen(NOOR, &w.dm(NOOR)).len() == 1, "{told:?}");
    // After ten weeks it is forgotten that it was told.
    w.says(MARIA, "/retro action Tune the alert thresholds to 99 % @noor by 2027-06-01").await;
    w.advance(Duration::days(80)).await;
    w.says(NOOR, "/retro done 2 it rings less").await;
    let told = heard(&w, NOOR, "Tune the alert thresholds");
    assert_eq!(told.iter().filter(|m| m.contains(NEW)).count(), 1, "{told:?}");
    w.ends().await;
}

#[tokio::test]
async fn a_refused_press_leaves_the_buttons_where_they_are() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-04").await;
    let noors = w.dm(NOOR);
    w.opens(NOOR, &noors, "Hand over").await;
    w.sends(NOOR, &[("owner", SAM)]).await;
    let sams = w.dm(SAM);
    w.sim.member(SAM, RELEASES, false).await;
    w.settle().await;
    w.clicks(SAM, &sams, "Accept").await;
    assert!(w.button(SAM, &sams, "Accept").is_some(), "{:?}", w.seen(SAM, &sams));
    w.sim.member(SAM, RELEASES, true).await;
    w.settle().await;
    w.clicks(SAM, &sams, "Accept").await;
    assert!(w.last(SAM, &sams).contains("is yours now") || heard(&w, SAM, "is yours now").len() == 1);
    w.ends().await;
}
