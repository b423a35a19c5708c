//! The meeting, live: stages and their clock, turns, notes, themes, and what is agreed.

use chrono::Duration;

use crate::themes::in_stage;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// A retro with its agenda, and with what people wrote.
pub async fn agenda(w: &World, options: &str) {
    w.says(MARIA, &format!("/retro start v2.1.0 {options}")).await;
    w.answers(
        SAM,
        &[(0, "Blue-green worked\nThe plan was clear"), (1, "The backup took long\nAlerts at night"), (4, "8")],
    )
    .await;
    w.answers(NOOR, &[(0, "blue green worked"), (1, "Backups took long"), (2, "Users loved it"), (4, "9")]).await;
    w.answers(PRIYA, &[(1, "Nobody knew who decides"), (3, "Rehearse the migration"), (4, "7")]).await;
    w.says(MARIA, "/retro agenda").await;
}

async fn six_stages(transport: Transport) {
    let w = World::new(transport).await;
    assert!(w.says(MARIA, "/retro meet").await.contains("No retro is open"));
    w.says(MARIA, "/retro start v2.1.0 named length:85").await;
    let early = w.says(MARIA, "/retro meet").await;
    assert!(early.contains("`/retro agenda` closes it, then `/retro meet`"), "{early}");
    w.answers(SAM, &[(0, "Blue-green worked")]).await;
    w.says(MARIA, "/retro agenda").await;
    assert!(w.says(MARIA, "/retro next").await.contains("hasn't started: `/retro meet`"));
    assert!(w.says(NOOR, "/retro meet").await.contains("Only <@U01MARIA>"));
    w.clicks(MARIA, RELEASES, "Start the meeting").await;
    let stage = w.stage("1 of 6: Release summary");
    assert!(
        stage.contains("*5 minutes left*, until 10:05 (Europe/Berlin)") && stage.contains("best job they could"),
        "{stage}"
    );
    assert!(w.says(MARIA, "/retro meet").await.contains("is running"));
    // The message counts the minutes down. Two minutes before the end there is a warning.
    let edits = w.calls("chat.update");
    w.minutes(2).await;
    assert!(w.stage("1 of 6").contains("*3 minutes left*"), "{}", w.stage("1 of 6"));
    assert_eq!(w.calls("chat.update") - edits, 2, "once a minute");
    w.minutes(1).await;
    assert_eq!(w.in_thread().iter().filter(|m| m.starts_with("2 minutes left for “Release summary”")).count(), 1);
    w.minutes(2).await;
    assert!(w.stage("1 of 6").contains("Time's up"));
    w.minutes(12).await;
    let over = w.stage("1 of 6");
    assert!(over.contains("*12 minutes over*"), "{over}");
    assert!(over.contains("What went well 17 instead of 20 min"), "{over}");
    // Only the facilitator moves on.
    assert!(w.clicks(NOOR, RELEASES, "Next: What went well").await.contains("Only <@U01MARIA>"));
    w.clicks(MARIA, RELEASES, "Next: What went well").await;
    let stage = w.stage("2 of 6: What went well");
    assert!(stage.contains("*17 minutes left*") && stage.contains("Blue-green worked"), "{stage}");
    assert!(w.stage("1 of 6").contains("It took 17 minutes; 5 were planned"));
    // More time is taken from later stages, and the answer says so.
    let said = w.clicks(MARIA, RELEASES, "+5 min").await;
    assert!(
        said.contains("now has 22 minutes left. Later stages are shorter to end on time: What could be improved"),
        "{said}"
    );
    assert!(w.says(MARIA, "/retro extend 300m").await.contains("at most 120 minutes"));
    // The clock is paused, and goes on.
    w.minutes(3).await;
    w.clicks(MARIA, RELEASES, "Pause").await;
    assert!(w.stage("2 of 6").contains("Paused, 19 minutes left."));
    w.minutes(60).await;
    assert!(w.stage("2 of 6").contains("Paused, 19 minutes left."));
    assert!(w.says(MARIA, "/retro pause").await.contains("already paused"));
    assert!(w.says(MARIA, "/retro resume").await.contains("Timer running again: 19 minutes left"));
    assert!(w.stage("2 of 6").contains("*19 minutes left*"));
    for title in ["3 of 6: What could", "4 of 6: Surprises", "5 of 6: Action items", "6 of 6: Celebrate wins"] {
        w.minutes(1).await;
        assert!(w.says(MARIA, "/retro next").await.contains("Now: “"));
        assert!(
            w.stage(title).contains("minutes left") || w.stage(title).contains("minute left"),
            "{}",
            w.stage(title)
        );
    }
    assert!(w.says(MARIA, "/retro next").await.contains("That was the last stage"));
    w.says(MARIA, "/retro finish").await;
    assert!(w.public(RELEASES).iter().any(|m| m.contains("retrospective: summary")));
    assert!(w.stage("6 of 6").contains("This stage is over"));
    let edits = w.calls("chat.update");
    w.minutes(5).await;
    assert_eq!(w.calls("chat.update"), edits, "no clock goes on after the end");
    w.ends().await;
}

#[tokio::test]
async fn six_stages_over_http() {
    six_stages(Transport::Http).await;
}

#[tokio::test]
async fn six_stages_over_socket_mode() {
    six_stages(Transport::Socket).await;
}

#[tokio::test]
async fn two_who_press_next_together_are_one_stage_further() {
    let w = World::new(Transport::Http).await;
    agenda(&w, "named").await;
    // Noor facilitates now. Maria may lead too, as a workspace admin.
    w.says(MARIA, "/retro lead @noor").await;
    w.says(MARIA, "/retro meet").await;
    let button = w.button(MARIA, RELEASES, "Next: What went well").unwrap();
    w.presses(MARIA, &button).await;
    let said = w.presses(NOOR, &button).await;
    assert_eq!(said, "<@U01MARIA> has already moved on: the current stage is “What went well” of *v2.1.0*.");
    assert!(w.stage("3 of 6").is_empty());
    // The same by command.
    w.says(MARIA, "/retro next").await;
    assert!(w.says(NOOR, "/retro next").await.contains("already moved on"));
    assert!(w.stage("4 of 6").is_empty());
    w.minutes(1).await;
    assert!(w.says(NOOR, "/retro next").await.contains("Now: “Surprises and learnings”"));
    // A button of a stage that is over says so.
    let old = w.presses(MARIA, &button).await;
    assert!(old.contains("<@U02NOOR> has already moved on: the current stage is “Surprises"), "{old}");
    w.ends().await;
}

#[tokio::test]
async fn killed_in_the_middle_of_a_stage_the_clock_is_right() {
    let mut w = World::new(Transport::Socket).await;
    agenda(&w, "named length:85").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    w.minutes(4).await;
    let before = w.in_thread().len();
    w.crash().await;
    w.settle().await;
    assert_eq!(w.in_thread().len(), before, "no message is doubled");
    w.minutes(1).await;
    assert!(w.stage("2 of 6").contains("*15 minutes left*"), "{}", w.stage("2 of 6"));
    // The bot is off past the warning and the end. No late warning comes, and the clock shows how late it is.
    w.away(Duration::minutes(20)).await;
    w.minutes(1).await;
    assert!(w.stage("2 of 6").contains("*6 minutes over*"), "{}", w.stage("2 of 6"));
    assert!(!w.in_thread().iter().any(|m| m.starts_with("2 minutes left")), "{:?}", w.in_thread());
    w.ends().await;
}

#[tokio::test]
async fn turns_are_taken_and_notes_count_where_names_are_shown() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0 @sam @noor @maria named").await;
    w.answers(SAM, &[(0, "Blue-green worked")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    assert!(!w.stage("1 of 6").contains("In turn"));
    w.says(MARIA, "/retro next").await;
    // The facilitator comes last.
    let stage = w.stage("2 of 6");
    assert!(stage.contains("Up next: <@") && stage.trim_end().ends_with("maria."), "{stage}");
    w.opens(SAM, RELEASES, "Add a note").await;
    w.sends(SAM, &[("text", "- the plan was clear\n- calm on-call")]).await;
    let stage = w.stage("2 of 6");
    assert!(stage.contains("the plan was clear") && stage.contains("calm on-call"), "{stage}");
    assert!(stage.contains("Up next: <@U02NOOR>, then maria."), "{stage}");
    assert!(w.clicks(NOOR, RELEASES, "Pass").await.contains("You're done with this stage"));
    assert!(w.stage("2 of 6").contains("Up next: <@U01MARIA>; everyone else has spoken."));
    w.replies(MARIA, "I agree with all of it").await;
    assert!(w.stage("2 of 6").contains("Everyone has had their say"), "{}", w.stage("2 of 6"));
    // The button of another stage does nothing.
    let button = w.button(SAM, RELEASES, "Pass").unwrap();
    w.says(MARIA, "/retro next").await;
    assert!(w.presses(SAM, &button).await.contains("That stage is over; the current one is “What could be improved”"));
    w.ends().await;
}

#[tokio::test]
async fn in_an_anonymous_retro_a_note_tells_nothing_of_its_writer() {
    let w = World::new(Transport::Http).await;
    agenda(&w, "").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    let turns = |s: &str| s.split("In turn").nth(1).unwrap_or_default().to_owned();
    let before = turns(&w.stage("2 of 6"));
    w.opens(SAM, RELEASES, "Add a note").await;
    assert!(w.form_words(SAM).contains("without your name; others may guess from the timing"));
    w.sends(SAM, &[("text", "The runbook was great")]).await;
    assert!(w.says(JONAS, "/retro note well The demo helped").await.contains("without your name"));
    let after = w.stage("2 of 6");
    assert!(after.contains("The runbook was great") && after.contains("The demo helped"), "{after}");
    assert_eq!(turns(&after), before, "whoever wrote still stands in the list");
    // Who presses Done, or replies in the thread, has been heard.
    w.clicks(SAM, RELEASES, "I'm done / Pass").await;
    let said = w.replies(JONAS, "well: the demo env was ready").await;
    assert!(said.contains("so people can see it's yours"), "{said}");
    let heard = turns(&w.stage("2 of 6"));
    assert!(!heard.contains("sam") && !heard.contains("jonas"), "{heard}");
    w.ends().await;
}

#[tokio::test]
async fn marked_replies_become_notes_and_are_followed() {
    let w = World::new(Transport::Socket).await;
    agenda(&w, "named").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    let said = w.replies(SAM, "note: the dashboards were great").await;
    assert!(said.contains("Noted under “What went well”"), "{said}");
    assert!(w.replies(NOOR, "improve: the handover was rough").await.contains("“What could be improved”"));
    assert_eq!(w.replies(NOOR, "just talking here").await, "");
    assert!(w.stage("2 of 6").contains("the dashboards were great"));
    let ts = |text: &str| {
        let text = text.to_owned();
        w.sim.read(move |s| s.messages.iter().find(|m| m.text == text).map(|m| m.ts.clone()).unwrap())
    };
    w.sim.rewrite(RELEASES, &ts("note: the dashboards were great"), Some("note: the new dashboards helped")).await;
    w.settle().await;
    let stage = w.stage("2 of 6");
    assert!(stage.contains("• the new dashboards helped") && !stage.contains("were great"), "{stage}");
    // Another mark moves the note to another category.
    let moved = ts("improve: the handover was rough");
    w.sim.rewrite(RELEASES, &moved, Some("well: the handover was smooth")).await;
    w.settle().await;
    assert!(w.stage("2 of 6").contains("the handover was smooth"));
    w.sim.rewrite(RELEASES, &moved, None).await;
    w.settle().await;
    assert!(!w.stage("2 of 6").contains("handover"));
    // Messages outside the thread are not read.
    w.says(SAM, "note: this is not in the thread").await;
    assert!(!w.stage("2 of 6").contains("not in the thread"));
    // A message that is added by its menu goes to the open stage.
    w.says(MARIA, "/retro next").await;
    let ts =
        w.sim.read(|s| s.messages.iter().find(|m| m.text.contains("this is not in")).map(|m| m.ts.clone()).unwrap());
    w.sim.shortcut(PRIYA, "add_to_retro", Some((RELEASES, &ts))).await;
    w.settle().await;
    assert!(w.stage("3 of 6").contains("this is not in the thread"), "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn the_channel_hears_of_the_meeting_and_status_says_where_it_is() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named length:60", 2).await;
    let begun = || w.public(RELEASES).into_iter().find(|m| m.starts_with("The meeting for *v2.1.0*")).unwrap();
    assert!(begun().contains("has started in <http") && begun().contains("six stages in 60 minutes"), "{}", begun());
    let said = w.says(PRIYA, "/retro status").await;
    assert!(said.contains("at “What went well” (2 of 6), with 14 minutes left."), "{said}");
    w.says(MARIA, "/retro status").await;
    assert!(w.button(MARIA, RELEASES, "Next stage").is_some());
    assert!(w.says(MARIA, "/retro extend abc").await.contains("“abc” is neither a length of time (5m"));
    assert!(w.says(MARIA, "/retro help resume").await.contains("`/retro pause"));
    // The warning before the end has the buttons.
    w.minutes(12).await;
    let warned =
        w.sim.read(|s| s.messages.iter().find(|m| m.text.contains("left for “What went well”")).unwrap().ts.clone());
    let (ts, ..) = w.button(MARIA, RELEASES, "+5 min").unwrap();
    assert_eq!(ts, warned);
    // Time that was given and not needed is given back.
    w.clicks(MARIA, RELEASES, "+5 min").await;
    assert!(!w.in_thread().iter().any(|m| m.contains("left for “What went well”")), "{:?}", w.in_thread());
    assert!(w.button(MARIA, RELEASES, "+5 min").unwrap().0 != warned);
    w.clicks(MARIA, RELEASES, "Next: What could be improved").await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("*18 minutes left*") && !stage.contains("instead of"), "{stage}");
    w.says(MARIA, "/retro finish").await;
    assert!(begun().contains("is over. It took place in <http"), "{}", begun());
    w.ends().await;
}
