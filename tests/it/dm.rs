//! What people type, send and change in the bot's DM while a survey waits for an answer.

use serde_json::{Value, json};

use crate::unreadable::count;
use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};

/// Short answers as people give them.
const SHORT: [&str; 60] = [
    "Nothing",
    "No incidents",
    "Start planning earlier",
    "Help from support was great",
    "Lookback was a pain",
    "No",
    "Fine",
    "All good",
    "Meetings",
    "Next sprint planning",
    "Done is better than perfect",
    "Status page was down",
    "Export took ages",
    "Data was missing",
    "Note to self: test more",
    "Notes were clear",
    "Lead was great",
    "Pause between deploys",
    "Extend the freeze",
    "Cancel fewer meetings",
    "Action items were followed up",
    "Actions speak louder",
    "Agenda was clear",
    "Survey was short",
    "Drop the legacy job",
    "Snooze the noisy alerts",
    "Trends look good",
    "History repeats",
    "Config drift",
    "Kudos to the team",
    "Meet earlier",
    "Finish line was clear",
    "Whys were useful",
    "Nudge people less",
    "Retro was fun",
    "The retro was fun",
    "retrospectives help",
    "Backups",
    "Backlog grooming",
    "Skip-level reviews",
    "Doneness criteria",
    "Rollback plan",
    "CI",
    "👍",
    ":tada:",
    "Tests!",
    "More pairing",
    "Slow builds",
    "too many approvals",
    "Great demo",
    "2 of 3 alerts were noise",
    "100%",
    "v2.1.0 was late",
    "“quotes”",
    "Well, it worked",
    "improve: the docs",
    "Stop the line",
    "End-to-end tests",
    "Thanks everyone",
    "list of owners was stale",
];

async fn short_answers(named: bool) {
    let w = World::crowd(SHORT.len()).await;
    w.says(MARIA, &format!("/retro start v1 everyone {}", if named { "named" } else { "anonymous" })).await;
    for (n, answer) in SHORT.iter().enumerate() {
        let who = format!("U9{n:03}");
        let said = w.dms(&who, answer).await;
        if named {
            assert!(said.contains("Saved for *v1*. Question 2 of 6"), "{answer}: {said}");
        } else {
            let dm = w.dm(&who);
            w.clicks(&who, &dm, "Use what I typed").await;
            assert!(w.last(&who, &dm).contains("Saved for *v1*. Question 2 of 6"), "{answer}: {}", w.last(&who, &dm));
        }
    }
    let written = "select count(*) from participant where answer = 'written'";
    assert_eq!(count(&w, written).await, SHORT.len() as i64);
    w.says(MARIA, "/retro agenda").await;
    // What says nothing appears nowhere.
    for answer in SHORT.iter().filter(|a| !["Nothing", "No"].contains(a)) {
        let found = count(&w, &format!("select count(*) from note where body = '{answer}'")).await;
        assert_eq!(found, 1, "{answer}");
    }
    w.ends().await;
}

#[tokio::test]
async fn sixty_short_answers_are_kept_in_a_named_retro() {
    short_answers(true).await;
}

#[tokio::test]
async fn sixty_short_answers_are_kept_in_an_anonymous_retro() {
    short_answers(false).await;
}

async fn commands_and_answers(transport: Transport) {
    let w = World::new(transport).await;
    w.says(MARIA, "/retro start v1 named").await;
    // A phone begins with a capital.
    w.dms(MARIA, "Retro start v7.7 named in #releases").await;
    let dm = w.dm(MARIA);
    assert!(w.seen(MARIA, &dm).iter().any(|m| m.contains("The retro for *v7.7* is open")), "{:?}", w.seen(MARIA, &dm));
    assert!(w.dms(SAM, "RETRO actions mine").await.contains("action items"));
    assert!(w.dms(SAM, "<@U11LOOK> actions mine").await.contains("action items"));
    // What can be both is asked, and answered with either button.
    let dm = w.dm(SAM);
    let said = w.dms(SAM, "Retro start was late").await;
    assert!(said.contains("Is “Retro start was late” your answer to “") && said.contains("or a command?"), "{said}");
    let command = w.button(SAM, &dm, "It is a command").unwrap();
    w.clicks(SAM, &dm, "It is my answer").await;
    assert!(w.last(SAM, &dm).contains("Saved for *v7.7*. Question 2 of 6"), "{}", w.last(SAM, &dm));
    w.presses_in(SAM, &dm, &command).await;
    assert!(w.last(SAM, &dm).contains("I don't know the option “late”"), "{}", w.last(SAM, &dm));
    w.dms(SAM, "`skip`").await;
    let said = w.dms(SAM, "“skip”").await;
    assert!(said.contains("Skipped. Question 4 of 6"), "{said}");
    // A command that was asked about is no answer any more.
    let dm = w.dm(NOOR);
    w.dms(NOOR, "Retro notes please").await;
    w.clicks(NOOR, &dm, "It is a command").await;
    assert!(w.last(NOOR, &dm).contains("I didn't understand “please”"), "{}", w.last(NOOR, &dm));
    w.dms(NOOR, "Calm rollback").await;
    w.says(MARIA, "/retro agenda v7.7").await;
    let agenda = w.public(RELEASES).pop().unwrap();
    assert!(agenda.contains("Retro start was late") && agenda.contains("Calm rollback"), "{agenda}");
    assert!(!agenda.contains("Retro notes please"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn commands_and_answers_are_told_apart_over_http() {
    commands_and_answers(Transport::Http).await;
}

#[tokio::test]
async fn commands_and_answers_are_told_apart_over_socket_mode() {
    commands_and_answers(Transport::Socket).await;
}

/// A message of Sam's in the DM, as Slack reports it.
async fn sends(w: &World, more: Value) -> String {
    let dm = w.dm(SAM);
    let ts = format!("{}.000200", w.clock.now().timestamp());
    let mut event =
        json!({"type": "message", "channel": dm, "channel_type": "im", "user": SAM, "ts": ts, "event_ts": ts});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    w.sim.event(event).await;
    w.settle().await;
    w.last(SAM, &dm)
}

fn graph() -> Value {
    json!([{"id": "F0EXAMPLE1", "name": "graph.png", "title": "graph", "mimetype": "image/png", "mode": "hosted"}])
}

#[tokio::test]
async fn a_picture_with_words_and_a_me_line_are_answers() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let said = sends(&w, json!({"subtype": "file_share", "text": "The dashboards were clear", "files": graph()})).await;
    assert!(said.contains("Saved for *v1*. Question 2 of 6"), "{said}");
    assert!(said.contains("Only your words are taken: the file stays in this conversation."), "{said}");
    w.minutes(1).await;
    let said = sends(&w, json!({"subtype": "file_share", "text": "", "files": graph()})).await;
    assert!(said.contains("I can only use text as an answer"), "{said}");
    w.minutes(1).await;
    let said = sends(&w, json!({"subtype": "me_message", "text": "would test earlier"})).await;
    assert!(said.contains("Saved for *v1*. Question 3 of 6"), "{said}");
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("The dashboards were clear") && agenda.contains("would test earlier"), "{agenda}");
    // Without a survey a file is answered too.
    w.minutes(1).await;
    let said = sends(&w, json!({"subtype": "file_share", "text": "", "files": graph()})).await;
    assert!(said.contains("I can only read text"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_picture_with_words_is_asked_about_in_an_anonymous_retro() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let said = sends(&w, json!({"subtype": "file_share", "text": "The dashboards were clear", "files": graph()})).await;
    assert!(said.contains("or open the form?"), "{said}");
    let dm = w.dm(SAM);
    assert!(w.button(SAM, &dm, "Open the form").is_some() && w.button(SAM, &dm, "Use what I typed").is_some());
    w.ends().await;
}

#[tokio::test]
async fn an_edit_of_a_typed_answer_changes_the_answer() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let dm = w.dm(SAM);
    w.dms(SAM, "The dashboards were claer").await;
    let ts = w.ts_of("The dashboards were claer");
    w.sim.rewrite(&dm, &ts, Some("The dashboards were clear")).await;
    w.settle().await;
    assert!(w.last(SAM, &dm).contains("Your answer to “What went well in this release?” is changed too."));
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("were clear") && !agenda.contains("claer"), "{agenda}");
    // Once the survey is closed nothing is changed, and other messages are nobody's business.
    w.sim.rewrite(&dm, &ts, Some("Something else")).await;
    w.settle().await;
    assert!(!w.last(SAM, &dm).contains("changed too: Something"));
    w.ends().await;
}

#[tokio::test]
async fn a_typed_answer_that_is_deleted_is_gone() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 named").await;
    let dm = w.dm(SAM);
    w.dms(SAM, "The dashboards were a mess").await;
    w.dms(SAM, "The alerts were late").await;
    let ts = w.ts_of("The dashboards were a mess");
    w.sim.rewrite(&dm, &ts, None).await;
    w.settle().await;
    assert!(w.last(SAM, &dm).contains("Your answer to “What went well in this release?” is deleted too."));
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("alerts were late") && !agenda.contains("a mess"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn the_whole_warning_comes_once_and_nothing_typed_goes_in_silence() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(SAM);
    let first = w.dms(SAM, "The dashboards were clear").await;
    assert!(first.contains("stays in this conversation under your name"), "{first}");
    let second = w.dms(SAM, "and fast").await;
    assert!(!second.contains("stays in this conversation") && second.contains("Use what you typed"), "{second}");
    w.clicks(SAM, &dm, "Use what I typed").await;
    w.dms(SAM, "Something else").await;
    let said = w.dms(SAM, "skip this one, please").await;
    assert!(said.contains("Question 3 of 6") && said.contains("isn't saved"), "{said}");
    // A press on an older message finds nothing that waits.
    let said = w.clicks(SAM, &dm, "Use what I typed").await;
    assert!(said.contains("Nothing is waiting to be saved"), "{said}");
    for who in [NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("The dashboards were clear") && agenda.contains("and fast"), "{agenda}");
    assert!(!agenda.contains("Something else"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn a_message_that_is_taken_away_for_its_name_leaves_the_answer() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(SAM);
    w.dms(SAM, "The dashboards were a mess").await;
    w.clicks(SAM, &dm, "Use what I typed").await;
    let ts = w.ts_of("The dashboards were a mess");
    w.sim.rewrite(&dm, &ts, None).await;
    w.settle().await;
    for who in [NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("a mess"), "{}", w.public(RELEASES)[1]);
    w.ends().await;
}

#[tokio::test]
async fn no_score_is_an_answer_too() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named @sam @noor").await;
    for _ in 0..4 {
        w.dms(SAM, "skip").await;
    }
    assert!(w.dms(SAM, "8").await.contains("Saved for *v1*"));
    w.dms(SAM, "back").await;
    let said = w.dms(SAM, "n/a").await;
    assert!(said.contains("Saved without a score. Question 6 of 6"), "{said}");
    for _ in 0..4 {
        w.dms(NOOR, "skip").await;
    }
    w.dms(NOOR, "n/a").await;
    assert!(w.public(RELEASES)[0].contains("2 of 2 answered"), "{}", w.public(RELEASES)[0]);
    w.says(MARIA, "/retro agenda").await;
    assert!(!w.public(RELEASES)[1].contains("/10"), "{}", w.public(RELEASES)[1]);
    w.ends().await;
}

#[tokio::test]
async fn a_number_in_the_dm_means_the_only_item_of_ones_own_with_it() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-04").await;
    let said = w.dms(NOOR, "retro done 1 it has 12 steps").await;
    assert!(said.contains("*#1* Write the rollback runbook is done"), "{said}");
    // Somebody else's number says nothing without a channel.
    w.says(MARIA, "/retro action Rehearse the migration @noor by 2026-12-04").await;
    let said = w.dms(SAM, "retro done 2").await;
    assert!(said.contains("Which channel?"), "{said}");
    w.ends().await;
}
