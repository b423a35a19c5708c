//! How many messages a retro sends, and how many reminders somebody gets who ignores them.
//! `cargo test --test it message_count -- --nocapture` prints the counts.

use std::collections::BTreeMap;

use chrono::Duration;

use crate::world::{HUMANS, JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// Messages by the place where they stand; an edit is none.
type Counts = BTreeMap<&'static str, usize>;

/// DMs that are counted by themselves: what tells an owner of an item that somebody else gave them.
const GIVEN: &str = "new action item";

fn counts(w: &World) -> Counts {
    let mut counts = Counts::new();
    for call in w.sim.journal().iter().filter(|c| c.error.is_none()) {
        let text = |key: &str| call.args[key].as_str().unwrap_or_default().to_owned();
        let in_channel = |channel: &str| channel == RELEASES;
        let place = match call.method.as_str() {
            "chat.postMessage" if !in_channel(&text("channel")) && text("text").contains(GIVEN) => {
                "DM: an item is yours"
            }
            "chat.postMessage" if !in_channel(&text("channel")) => "DM",
            "chat.postMessage" if text("thread_ts").is_empty() => "channel",
            "chat.postMessage" => "thread",
            "files.completeUploadExternal" => "file",
            _ => continue,
        };
        *counts.entry(place).or_default() += 1;
    }
    let private = w.sim.read(|s| s.messages.iter().filter(|m| m.visible_to.is_some()).count());
    counts.insert("only for one", private);
    counts
}

/// Eight people, six of whom answer, a call with all stages, notes and four action items.
async fn a_retro_of_eight() -> Counts {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    for (n, who) in HUMANS.into_iter().take(6).enumerate() {
        w.answers(who, &[(0, "Blue-green worked"), (1, &format!("Wish number {n} of the team"))]).await;
    }
    w.advance(Duration::hours(60)).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    for stage in 0..5 {
        w.minutes(6).await;
        if stage == 3 {
            for (who, what) in [
                (NOOR, "Automate the smoke tests of the importer"),
                (NOOR, "Rehearse the database migration with real data"),
                (SAM, "Write a capacity plan for the staging disk"),
                (PRIYA, "Add an alert for the queue depth of the importer"),
            ] {
                w.says(MARIA, &format!("/retro action {what} <@{who}> by 2w")).await;
            }
        }
        w.says(MARIA, "/retro next").await;
    }
    w.minutes(6).await;
    w.says(MARIA, "/retro finish").await;
    let counts = counts(&w);
    w.ends().await;
    counts
}

/// Three people without a call, of whom two write something.
async fn a_retro_without_a_call() -> Counts {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, &format!("/retro start v2.1.0 <@{MARIA}> <@{SAM}> <@{NOOR}> async named closes:2026-11-22")).await;
    w.answers(SAM, &[(0, "Blue-green worked"), (1, "The backup took long")]).await;
    w.answers(NOOR, &[(0, "The plan was clear"), (1, "Alerts at night")]).await;
    w.advance(Duration::hours(72)).await;
    w.says(MARIA, "/retro meet").await;
    w.advance(Duration::days(11)).await;
    let counts = counts(&w);
    w.ends().await;
    counts
}

/// Thirty days in which an owner ignores two items that are due in a week.
async fn a_month_of_two_ignored_items() -> Counts {
    let w = World::new(Transport::Http).await;
    for what in ["Automate the smoke tests of the importer", "Rehearse the database migration with real data"] {
        w.says(JONAS, &format!("/retro action {what} <@{JONAS}> by 1w")).await;
    }
    let before = counts(&w);
    w.advance(Duration::days(30)).await;
    let mut counts = counts(&w);
    for (place, count) in &mut counts {
        *count -= before.get(place).copied().unwrap_or_default();
    }
    w.ends().await;
    counts
}

#[tokio::test]
async fn a_retro_sends_few_messages() {
    let (eight, without, ignored) =
        tokio::join!(a_retro_of_eight(), a_retro_without_a_call(), a_month_of_two_ignored_items());
    // No kind of message may become more.
    let most = [
        (
            "eight people",
            &eight,
            &[("channel", 4), ("thread", 10), ("DM", 9), ("DM: an item is yours", 3), ("only for one", 13)][..],
        ),
        ("without a call", &without, &[("channel", 4), ("thread", 6), ("DM", 23), ("only for one", 2)]),
        ("two ignored items", &ignored, &[("channel", 2), ("DM", 6), ("only for one", 0)]),
    ];
    for (what, counts, most) in most {
        println!("{what}: {counts:?}");
        for (place, most) in most {
            let sent = counts.get(place).copied().unwrap_or_default();
            assert!(sent <= *most, "{what}: {sent} messages in “{place}”, {most} were enough before");
        }
    }
}
