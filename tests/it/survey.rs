//! The survey beyond its form: typed answers, reminders, a channel's own defaults.

use chrono::Duration;

use crate::world::{HUMANS, JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};
use lookback_sim::workspace::Workspace;

#[tokio::test]
async fn in_a_named_retro_a_reply_is_the_answer_to_the_question_that_is_asked() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 named").await;
    let dm = w.dm(SAM);
    assert!(w.seen(SAM, &dm)[0].contains("just answer here. First question: What went well"), "{:?}", w.seen(SAM, &dm));
    let said = w.dms(SAM, "The rollback plan gave us calm & time").await;
    assert!(said.contains("Question 2 of 6: What could have been better?"), "{said}");
    assert!(w.public(RELEASES)[0].contains("1 of 8 answered"));
    w.dms(SAM, "wrong words").await;
    let said = w.dms(SAM, "back").await;
    assert!(said.contains("Question 2 of 6") && said.contains("replaces"), "{said}");
    w.dms(SAM, "note that the backup took an hour").await;
    let said = w.dms(SAM, "skip").await;
    assert!(said.contains("Question 4 of 6"), "{said}");
    w.dms(SAM, "Skip").await;
    let said = w.dms(SAM, "very smooth").await;
    assert!(said.contains("whole number from 1 to 10"), "{said}");
    assert!(w.dms(SAM, "7").await.contains("Question 6 of 6"));
    let said = w.dms(SAM, "done").await;
    assert!(said.contains("Your 3 answers are saved"), "{said}");
    // The survey is answered, so words are commands again.
    assert!(w.dms(SAM, "thanks").await.contains("I don't know “thanks”"));
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(
        agenda.contains("calm &amp; time")
            && agenda.contains("note that the backup")
            && !agenda.contains("wrong words"),
        "{agenda}"
    );
    assert!(agenda.contains("7.0/10"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn in_an_anonymous_retro_typed_words_wait_sealed_for_a_word_on_them() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(SAM);
    let said = w.dms(SAM, "canary typed").await;
    assert!(said.contains("stays in this conversation under your name"), "{said}");
    assert!(w.public(RELEASES)[0].contains("0 of 8 answered"));
    let (_, _, _, value) = w.button(SAM, &dm, "Use what I typed").unwrap();
    assert!(!value.contains("canary") && w.button(SAM, &dm, "Open the form").is_some());
    assert!(!w.on_disk().contains("canary typed"), "typed words can be read in the file");
    let said = w.clicks(SAM, &dm, "Use what I typed").await;
    assert!(said.contains("Question 2 of 6"), "{said}");
    assert!(w.public(RELEASES)[0].contains("1 of 8 answered"));
    let said = w.clicks(SAM, &dm, "Use what I typed").await;
    assert!(said.contains("Nothing is waiting to be saved"), "{said}");
    for who in [NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("canary typed"));
    w.ends().await;
}

#[tokio::test]
async fn with_two_surveys_open_a_reply_belongs_to_the_one_asked_last() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.advance(Duration::minutes(5)).await;
    w.says(MARIA, "/retro start v2 named").await;
    w.dms(SAM, "about the second").await;
    w.dms(SAM, "done").await;
    assert!(w.public(RELEASES)[1].contains("1 of 8 answered") && w.public(RELEASES)[0].contains("0 of 8"));
    w.dms(SAM, "about the first").await;
    assert!(w.public(RELEASES)[0].contains("1 of 8 answered"));
    w.ends().await;
}

/// How many DMs of the survey each person got.
fn asked(w: &World) -> Vec<usize> {
    HUMANS.iter().map(|u| w.seen(u, &w.dm(u)).iter().filter(|m| m.contains("the *v1* release (<#")).count()).collect()
}

#[tokio::test]
async fn reminders_go_halfway_and_before_the_close_in_each_ones_hours_and_never_more() {
    // Friday 10:00 in Berlin; the survey closes on Wednesday at 17:00 there.
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 closes:wed").await;
    let dm = w.dm(JONAS);
    w.clicks(JONAS, &dm, "Nothing to add").await;
    // Halfway is Monday 01:30 in Berlin. People are reminded at nine in their own zone.
    w.advance(Duration::hours(2 * 24 + 22)).await;
    let berlin_and_york = |w: &World| [0, 1, 2, 4, 5].map(|i| asked(w)[i]);
    assert_eq!(berlin_and_york(&w), [1; 5]);
    w.advance(Duration::hours(2)).await;
    assert_eq!((asked(&w)[0], asked(&w)[2], asked(&w)[4]), (2, 1, 1), "Berlin is reminded, New York sleeps");
    // Somebody who moves is not asked twice.
    let moved =
        serde_json::json!({"type": "user_change", "user": {"id": NOOR, "name": "noor", "tz": "America/New_York"}});
    w.sim.event(moved).await;
    w.advance(Duration::hours(6)).await;
    assert_eq!((asked(&w)[0], asked(&w)[1], asked(&w)[2], asked(&w)[4]), (2, 2, 2, 1));
    let dm = w.dm(PRIYA);
    w.clicks(PRIYA, &dm, "Nothing to add").await;
    w.advance(Duration::days(3)).await;
    assert!(w.public(RELEASES)[1].contains("Agenda"));
    assert_eq!((asked(&w)[0], asked(&w)[3], asked(&w)[4]), (3, 2, 1));
    assert!(asked(&w).iter().all(|n| *n <= 3), "{:?}", asked(&w));
    // The reminders went by DM only.
    assert_eq!(w.public(RELEASES).len(), 2);
    w.ends().await;
}

#[tokio::test]
async fn a_channel_has_its_own_defaults_and_an_open_survey_keeps_its_questions() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 @sam @noor").await;
    let refused = w.says(SAM, "/retro config").await;
    assert!(refused.contains("Only <@U01MARIA> or a workspace admin"), "{refused}");
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("questions", "Only one"), ("length", "45")]).await;
    assert_eq!(
        w.form_errors(MARIA),
        [("questions".to_owned(), "A survey has 2 to 10 questions, one per line; this has 1.".to_owned())]
    );
    w.sends(
        MARIA,
        &[
            ("questions", "well: What helped?\nscale: How calm was it?\nWhat else?"),
            ("length", "45"),
            ("window", "5"),
            ("anonymous", "named"),
            ("zone", "Asia/Tokyo"),
            ("sprint_start", "2026-11-16"),
            ("sprint_days", "14"),
        ],
    )
    .await;
    assert!(w.last_alone(MARIA).contains("An open retro keeps its questions"), "{}", w.last_alone(MARIA));
    let dm = w.dm(SAM);
    w.opens(SAM, &dm, "Answer the survey").await;
    let form = w.sim.read(|s| s.views.last().map(|v| v.view.to_string())).unwrap();
    assert!(form.contains("What surprised you?") && !form.contains("What helped?"), "the open survey changed");
    w.sends(SAM, &[("q0", "fine")]).await;

    let said = w.says(MARIA, "/retro start v2").await;
    assert!(said.contains("closes Fri 27 Nov 2026, 17:00 (Asia/Tokyo)"), "{said}");
    let dm = w.dm(SAM);
    let asked = w.seen(SAM, &dm).pop().unwrap();
    assert!(
        asked.contains("Three questions") && asked.contains("Not anonymous") && asked.contains("What helped?"),
        "{asked}"
    );
    w.answers(SAM, &[(0, "good tea"), (1, "9"), (2, "nothing")]).await;
    w.says(MARIA, "/retro agenda v2").await;
    let agenda = w.public(RELEASES).pop().unwrap();
    assert!(
        agenda.contains("good tea") && agenda.contains("How calm was it: 9.0/10") && agenda.contains("45 minutes"),
        "{agenda}"
    );
    let said = w.says(MARIA, "/retro action Rehearse the rollback @sam by next sprint").await;
    assert!(said.contains("due Mon 30 Nov 2026"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_mention_gets_a_button_to_the_form_of_the_defaults() {
    let w = World::with(Transport::Http, Workspace::example()).await;
    w.says(MARIA, "<@U11LOOK> config").await;
    let w = w;
    w.opens(MARIA, RELEASES, "Open the form").await;
    w.sends(MARIA, &[("emoji", ":bulb:")]).await;
    assert!(w.last_alone(MARIA).contains("Saved"), "{}", w.last_alone(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn a_question_that_was_begun_goes_on_and_a_slip_is_no_answer() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.dms(SAM, "first of the first").await;
    w.advance(Duration::minutes(5)).await;
    w.says(MARIA, "/retro start v2 named").await;
    let said = w.dms(SAM, "second of the first").await;
    assert!(said.contains("Question 3 of 6"), "{said}");
    w.dms(SAM, "done").await;
    for slip in ["/retro stauts", "retro done twelve", "Retro note hello"] {
        let said = w.dms(SAM, slip).await;
        assert!(!said.contains("Question") && !said.is_empty(), "{slip}: {said}");
    }
    assert!(w.public(RELEASES)[1].contains("0 of 8 answered"), "a slip was taken for an answer");
    w.says(MARIA, "/retro agenda v1").await;
    assert!(w.public(RELEASES)[2].contains("second of the first"), "{:?}", w.public(RELEASES));
    w.ends().await;
}

#[tokio::test]
async fn nothing_to_add_takes_no_note_away() {
    let w = World::new(Transport::Socket).await;
    w.says(SAM, "/retro note improve an early thought").await;
    w.says(MARIA, "/retro start v1").await;
    w.says(SAM, "/retro note well a late thought").await;
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "Nothing to add").await;
    for who in [NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("an early thought") && agenda.contains("a late thought"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn an_answer_may_begin_like_a_command_of_the_meeting() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor named").await;
    let said = w.dms(SAM, "Next sprint planning was clear").await;
    assert!(!said.contains("version") && !said.contains("Which channel"), "{said}");
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("Next sprint planning was clear"), "{:?}", w.public(RELEASES));
    w.ends().await;
}

#[tokio::test]
async fn nobody_is_asked_for_a_retro_that_was_called_off_meanwhile() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro status").await;
    w.left_alone();
    // Slack takes nothing for ten minutes.
    w.sim.fault("chat.postMessage", lookback_sim::Fault::RateLimit(600), 1);
    w.sim.say(MARIA, RELEASES, None, "/retro start v1").await;
    w.settle().await;
    w.says(MARIA, "/retro cancel").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    w.advance(Duration::minutes(20)).await;
    assert_eq!(w.surveys().iter().sum::<usize>(), 0);
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn trivial_answers_count_and_appear_nowhere() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(SAM, &[(0, "Nothing."), (1, "n/a"), (4, "8")]).await;
    w.answers(NOOR, &[(0, "-"), (4, "6")]).await;
    w.answers(JONAS, &[(0, "No incidents\nnothing"), (4, "7")]).await;
    assert!(w.public(RELEASES)[0].contains("3 of 8"), "{:?}", w.public(RELEASES));
    // One person wrote something: the threshold is not reached by words that say nothing.
    let said = w.says(MARIA, "/retro agenda").await;
    assert!(said.contains("Fewer than 3 people wrote something"), "{said}");
    assert!(w.public(RELEASES)[1].contains("7.0/10, 6 to 8 (3 scores)"), "{:?}", w.public(RELEASES)[1]);
    let asked = |who: &str| w.button(who, &w.dm(who), "Share").is_some();
    assert!(asked(JONAS) && !asked(SAM) && !asked(NOOR));
    w.clicks(JONAS, &w.dm(JONAS), "Share").await;
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("No incidents"), "{agenda}");
    assert!(
        !agenda.to_lowercase().contains("nothing") && !agenda.contains("n/a") && !agenda.contains("• -"),
        "{agenda}"
    );
    w.ends().await;
}

#[tokio::test]
async fn steering_words_are_read_as_the_bot_prints_them() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.dms(SAM, "`Skip`").await;
    assert!(w.last(SAM, &w.dm(SAM)).contains("Question 2 of 6"), "{}", w.last(SAM, &w.dm(SAM)));
    assert!(w.dms(SAM, "“back”").await.contains("Question 1 of 6"));
    assert!(w.dms(SAM, "*done*").await.contains("Nothing is saved yet"));
    for (typed, score) in [("8/10", 8), ("8 of 10", 8), ("9 out of 10.", 9), ("7.", 7), ("`10`", 10)] {
        w.says(MARIA, "/retro start v2 named").await;
        for _ in 0..4 {
            w.dms(NOOR, "skip").await;
        }
        let said = w.dms(NOOR, typed).await;
        assert!(said.contains("Saved for *v2*"), "{typed}: {said}");
        w.says(MARIA, "/retro agenda v2").await;
        let agenda = w.public(RELEASES).into_iter().rfind(|m| m.starts_with("Agenda")).unwrap();
        assert!(agenda.contains(&format!("{score}.0/10")), "{typed}: {agenda}");
        w.says(MARIA, "/retro cancel v2").await;
        w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    }
    w.ends().await;
}
