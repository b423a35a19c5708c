//! The clock of a meeting that is paused, archived, or left standing.

use chrono::Duration;

use crate::meeting::agenda;
use crate::themes::in_stage;
use crate::world::{MARIA, RELEASES, SAM, Transport, World};

#[tokio::test]
async fn a_pause_brings_no_second_warning() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named length:85", 2).await;
    w.minutes(18).await;
    let is_word = |m: &&String| m.contains("left for “What went well”");
    let warned = |w: &World| w.in_thread().iter().filter(is_word).count();
    assert_eq!(warned(&w), 1);
    w.says(MARIA, "/retro pause").await;
    w.minutes(5).await;
    w.says(MARIA, "/retro resume").await;
    w.minutes(1).await;
    assert_eq!(warned(&w), 1);
    // More time brings a second warning. The pause is not counted as time of the stage.
    w.clicks(MARIA, RELEASES, "+5 min").await;
    assert_eq!(warned(&w), 0, "the first one went with its time");
    w.minutes(4).await;
    assert_eq!(warned(&w), 1);
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("2 of 6").contains("It took 23 minutes; 20 were planned"), "{}", w.stage("2 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_meeting_that_nobody_ends_asks_its_facilitator_once() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named length:30", 1).await;
    w.minutes(60).await;
    let dm = w.dm(MARIA);
    let asked = w.seen(MARIA, &dm).into_iter().filter(|m| m.contains("still stands at “Release summary”")).count();
    assert_eq!(asked, 1);
    let edits = w.calls("chat.update");
    w.minutes(10).await;
    assert_eq!(w.calls("chat.update"), edits, "its clock is not counted on");
    w.clicks(MARIA, &dm, "Finish").await;
    assert!(w.public(RELEASES).iter().any(|m| m.contains("retrospective: summary")));
    w.ends().await;
}

#[tokio::test]
async fn an_archived_channel_stops_the_clock() {
    let w = World::new(Transport::Socket).await;
    agenda(&w, "named length:85").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    w.minutes(4).await;
    w.sim.archive(RELEASES, true).await;
    w.settle().await;
    let dm = w.dm(MARIA);
    let told = w.seen(MARIA, &dm);
    assert!(
        told.iter().any(|m| m.contains("was archived during the meeting for *v2.1.0*, so I paused the timer")),
        "{told:?}"
    );
    w.minutes(40).await;
    w.sim.archive(RELEASES, false).await;
    w.settle().await;
    assert!(w.stage("2 of 6").contains("*16 minutes left*"), "{}", w.stage("2 of 6"));
    w.minutes(1).await;
    assert!(w.stage("2 of 6").contains("*15 minutes left*"));
    // A clock that a person stopped stays stopped.
    w.says(MARIA, "/retro pause").await;
    w.sim.archive(RELEASES, true).await;
    w.settle().await;
    w.sim.archive(RELEASES, false).await;
    w.settle().await;
    assert!(w.stage("2 of 6").contains("Paused"));
    w.ends().await;
}

#[tokio::test]
async fn a_meeting_that_was_left_standing_takes_no_notes() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.advance(Duration::hours(48)).await;
    w.says(MARIA, "/retro start v3 named").await;
    assert!(w.says(SAM, "/retro note improve The alarm was late").await.contains("Noted for *v3*"));
    assert!(!w.stage("2 of 6").contains("The alarm"));
    let stage = w.stage("2 of 6");
    assert!(stage.contains("*Time ran out Fri 20 Nov 2026, 10:"), "{stage}");
    // The next stages are not shorter for it.
    w.says(MARIA, "/retro next v2.1.0").await;
    assert!(w.stage("3 of 6").contains("*9 minutes left*"), "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_clock_that_was_stopped_for_a_day_is_asked_about_once() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.says(MARIA, "/retro pause").await;
    let dm = w.dm(MARIA);
    let asked = || w.seen(MARIA, &dm).iter().filter(|m| m.contains("its clock was stopped a day ago")).count();
    w.advance(Duration::hours(23)).await;
    assert_eq!(asked(), 0);
    w.advance(Duration::hours(60)).await;
    assert_eq!(asked(), 1);
    w.clicks(MARIA, &dm, "Resume").await;
    assert!(w.stage("2 of 6").contains("minutes left"), "{}", w.stage("2 of 6"));
    w.ends().await;
}
