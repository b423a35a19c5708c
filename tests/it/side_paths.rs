//! What the bot keeps for a while beside answers and notes: nothing of it puts a person beside a moment or a text.

use chrono::Duration;
use serde_json::json;

use crate::unreadable::count;
use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback_sim::Fault;

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn a_command_that_waits_for_slack_is_sealed() {
    let mut w = World::new(Transport::Http).await;
    w.left_alone();
    w.sim.fault("conversations.members", Fault::RateLimit(30), 1);
    w.sim.say(SAM, RELEASES, None, "/retro note improve a waiting canary").await;
    w.bot().engine.quiet().await;
    assert_eq!(count(&w, "select count(*) from due where kind = 'request'").await, 1);
    assert!(!w.on_disk().contains("a waiting canary"), "it can be read while it waits");
    // It survives a crash, and is done in the end.
    w.crash().await;
    w.advance(Duration::minutes(2)).await;
    assert!(w.says(SAM, "/retro notes").await.contains("a waiting canary"));
    w.ends_refused(&["conversations.members"]).await;
}

#[tokio::test]
async fn an_answer_that_was_sent_leaves_no_row() {
    let w = World::new(Transport::Http).await;
    // The first command waits for Slack, and is answered late.
    let late = w.says(SAM, "/retro note improve something").await;
    assert!(late.contains("Noted for the next retro"), "{late}");
    w.says(MARIA, "/retro start v1 named").await;
    w.says(MARIA, "/retro action Write it down <@U03SAM> by 2w").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    assert_eq!(count(&w, "select count(*) from card where key like 'reply/%'").await, 0);
    // The same words are not said again.
    let again = lookback_core::retro::message::Wanted::reply(
        "once",
        lookback_core::retro::message::Recipient::Dm { user: SAM.into() },
        &lookback_core::retro::Reply::new("Only once"),
    );
    for _ in 0..2 {
        let mut tx = w.bot().bot.store.begin().await.unwrap();
        lookback::store::cards::want(&mut tx, &"T0PLAY".into(), &again, w.clock.now().timestamp_millis())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        w.bot().bot.wake.notify_one();
        w.settle().await;
    }
    let dm = w.dm(SAM);
    assert_eq!(w.seen(SAM, &dm).iter().filter(|m| m.contains("Only once")).count(), 1);
    // After a week nothing of it is left; of answers to what was asked, after three days.
    assert!(count(&w, "select count(*) from inbox").await > 1);
    w.advance(Duration::days(4)).await;
    assert_eq!(count(&w, "select count(*) from inbox").await, 2, "what nobody asked for is not said again");
    w.advance(Duration::days(5)).await;
    let mut tx = w.bot().bot.store.read().await.unwrap();
    assert!(!lookback::store::replies::is_known(&mut tx, &"T0PLAY".into(), "reply/once").await.unwrap());
    drop(tx);
    w.ends().await;
}

#[tokio::test]
async fn what_is_kept_of_a_delivery_tells_no_moment_and_no_word() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let said = w.says(SAM, "/retro note improve Jonas always breaks the build").await;
    assert!(said.contains("What could be improved") && said.contains("“breaks”"), "{said}");
    for who in [SAM, NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    let at = format!("select count(*) from inbox where at_ms % {DAY} <> 0").leak();
    assert_eq!(count(&w, at).await, 0);
    assert_eq!(count(&w, "select count(*) from inbox where reply like '%improved%' or reply like '%breaks%'").await, 0);
    w.says(MARIA, "/retro agenda").await;
    w.ends().await;
}

#[tokio::test]
async fn a_list_of_somebodys_notes_is_not_kept_with_its_delivery() {
    let w = World::new(Transport::Http).await;
    w.says(SAM, "/retro note improve an early canary").await;
    let payload = w.sim.command_payload(SAM, RELEASES, "notes");
    let first = w.sim.once("slash_commands", &payload).await.unwrap().unwrap();
    assert!(first.to_string().contains("an early canary"));
    assert_eq!(w.sim.once("slash_commands", &payload).await.unwrap().unwrap(), first, "a copy is answered too");
    assert_eq!(count(&w, "select count(*) from inbox where reply like '%early canary%'").await, 0);
    w.ends().await;
}

#[tokio::test]
async fn the_facilitators_sign_of_life_does_not_tell_when_they_wrote() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    for who in [SAM, NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    w.minutes(7).await;
    let seen = "select max(facilitator_seen_ms) from retro";
    let before = count(&w, seen).await;
    w.says(MARIA, "/retro note well a quiet word").await;
    w.opens(MARIA, RELEASES, "Add a note").await;
    w.sends(MARIA, &[("text", "another")]).await;
    assert_eq!(count(&w, seen).await, before);
    w.says(MARIA, "/retro status").await;
    assert!(count(&w, seen).await > before);
    w.ends().await;
}

#[tokio::test]
async fn what_is_kept_of_a_message_cannot_be_guessed() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(SAM);
    w.says_in(SAM, &dm, "retro note improve a typed canary in #releases").await;
    w.clicks(SAM, &dm, "Use what I typed").await;
    let ts = w.ts_of("retro note improve a typed canary");
    for what in ["message", "used", "gone"] {
        let guessed = lookback::seal::digest(&format!("{what}/{dm}/{ts}"));
        assert!(!w.on_disk().contains(&guessed), "{what}");
    }
    w.ends().await;
}

#[tokio::test]
async fn a_typed_note_is_used_for_the_retro_it_was_typed_for() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(NOOR);
    let long = "x".repeat(3499);
    let said = w.says_in(NOOR, &dm, &format!("retro note well {long} in #releases")).await;
    assert!(said.contains("keep this under 3000"), "{said}");
    w.says_in(NOOR, &dm, "retro note well a canary in #releases").await;
    let button = w.button(NOOR, &dm, "Use what I typed").unwrap();
    w.says(MARIA, "/retro cancel").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    w.says(MARIA, "/retro start v2 named").await;
    w.presses_in(NOOR, &dm, &button).await;
    assert!(w.last(NOOR, &dm).contains("for v1 is already over"), "{}", w.last(NOOR, &dm));
    assert_eq!(count(&w, "select count(*) from note").await, 0);
    w.ends().await;
}

#[tokio::test]
async fn an_old_message_is_no_note_any_more() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:7d").await;
    let dm = w.dm(NOOR);
    w.says_in(NOOR, &dm, "retro note well a canary in #releases").await;
    w.advance(Duration::hours(50)).await;
    w.clicks(NOOR, &dm, "Use what I typed").await;
    assert!(w.last(NOOR, &dm).contains("no longer a note"), "{}", w.last(NOOR, &dm));
    w.ends().await;
}

#[tokio::test]
async fn a_repeated_delivery_of_a_sealed_note_hears_that_it_is_saved() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let payload = w.sim.command_payload(SAM, RELEASES, "note improve the alerts were loud");
    let said =
        |answer: Option<serde_json::Value>| answer.unwrap_or(json!({}))["text"].as_str().unwrap_or("").to_owned();
    let first = said(w.sim.once("slash_commands", &payload).await.unwrap());
    let again = said(w.sim.once("slash_commands", &payload).await.unwrap());
    assert!(first.contains("Noted for"), "{first}");
    assert_eq!(again, "That is saved.");
    w.ends().await;
}

#[tokio::test]
async fn the_wal_is_emptied_within_a_minute_after_an_answer() {
    let w = World::file(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.says(MARIA, "/retro action Write it down <@U03SAM> by 2w").await;
    w.advance(Duration::minutes(2)).await;
    let wal = std::fs::read(w.folder().join("test.db-wal")).unwrap();
    assert!(!String::from_utf8_lossy(&wal).contains("reply/"), "answers are left in the WAL");
    w.ends().await;
}

#[tokio::test]
async fn a_note_typed_in_the_dm_of_an_anonymous_retro_is_asked_about_first() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(SAM);
    for (words, kept) in [
        ("retro note improve a typed canary in <#C01REL>", true),
        ("Retro note well second canary in <#C01REL>", false),
    ] {
        let asked = w.says_in(SAM, &dm, words).await;
        assert!(asked.contains("under your name") && asked.contains("not saved yet"), "{asked}");
        let button = w.button(SAM, &dm, "Use what I typed").unwrap();
        assert!(!w.on_disk().contains("canary"), "nothing is kept before");
        if !kept {
            w.sim.arrange(|s| s.messages.retain(|m| m.text != words));
        }
        w.presses_in(SAM, &dm, &button).await;
        let said = w.last(SAM, &dm);
        assert_eq!(said.contains("without your name. It stays sealed"), kept, "{said}");
        assert_eq!(said.contains("Your message was deleted"), !kept, "{said}");
        if kept {
            w.presses_in(SAM, &dm, &button).await;
            assert!(w.last(SAM, &dm).contains("saved already"), "a second press is no second note");
        }
    }
    assert!(!w.on_disk().contains("canary"), "it is sealed");
    for who in [NOOR, JONAS] {
        w.answers(who, &[(0, "fine")]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    assert_eq!(w.public(RELEASES)[1].matches("a typed canary").count(), 1);
    assert!(!w.public(RELEASES)[1].contains("second canary"));
    // A note after the survey is asked about too; in a named retro nobody is.
    let dm = w.dm(NOOR);
    assert!(w.says_in(NOOR, &dm, "lookback note well a third canary in <#C01REL>").await.contains("not saved yet"));
    w.says(MARIA, "/retro finish").await;
    w.says(MARIA, "/retro start v2 named").await;
    assert!(w.says_in(NOOR, &dm, "retro note well a fourth canary in <#C01REL>").await.contains("Noted for *v2*"));
    w.ends().await;
}
