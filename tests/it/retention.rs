//! What people wrote goes once time's up; what a team goes on with stays.

use chrono::Duration;

use crate::world::{MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};
use lookback::store::{cards, replies};
use lookback_core::ids::TeamId;
use lookback_core::retro::Reply;
use lookback_core::retro::message::{Recipient, Wanted};

async fn a_closed_retro(w: &World, version: &str, words: &str) {
    w.says(MARIA, &format!("/retro start {version} named")).await;
    w.answers(SAM, &[(0, words), (3, "The staging database was too small")]).await;
    w.answers(NOOR, &[(0, "Calm release")]).await;
    w.says(NOOR, "/retro kudos @sam for patience with zebras").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
}

#[tokio::test]
async fn what_was_written_goes_and_what_goes_on_stays() {
    let mut w = World::new(Transport::Http).await;
    w.keeps_for(30);
    a_closed_retro(&w, "v1", "A walrus came by").await;
    w.says(MARIA, "/retro action Double the staging disk @priya by 2027-03-01").await;
    w.says(MARIA, "/retro action Write the runbook @sam by 2026-12-01").await;
    w.says(SAM, "/retro done 2").await;
    w.away(Duration::days(29)).await;
    assert!(w.on_disk().contains("walrus"), "a day too early");
    a_closed_retro(&w, "v2", "A heron came by").await;
    w.away(Duration::days(2)).await;
    w.minutes(3).await;
    let disk = w.on_disk();
    assert!(!disk.contains("walrus") && disk.contains("heron"));
    let history = w.says(MARIA, "/retro history").await;
    assert!(history.contains("v1") && history.contains("answered 2 of 8"), "{history}");
    let open = w.says(PRIYA, "/retro actions").await;
    assert!(open.contains("Double the staging disk"), "{open}");
    let refused = w.says(MARIA, "/retro export v1").await;
    assert!(refused.contains("What was written in the retro for v1 was deleted"), "{refused}");
    let plan = w.folder().join("plan.md");
    std::fs::write(&plan, "# Plan\n\n## Retrospective\n\nas it was\n").unwrap();
    let patched = lookback::cli::documents::patch(&w.place(), &plan, "v1", None, false).await.unwrap_err();
    assert!(patched.to_string().contains("the plan is left as it is"), "{patched}");
    // What came back in v2 is still known to come back.
    a_closed_retro(&w, "v3", "An ibis came by").await;
    let agenda = w.public(RELEASES).into_iter().rev().find(|m| m.starts_with("Agenda")).unwrap();
    assert!(agenda.contains("v1") && agenda.contains("v2"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn a_cancelled_retro_is_kept_for_a_month() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.says(SAM, "/retro note well A walrus came by").await;
    w.says(MARIA, "/retro cancel v1 because it was withdrawn").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    w.away(Duration::days(29)).await;
    assert!(w.on_disk().contains("walrus"));
    w.away(Duration::days(2)).await;
    w.minutes(3).await;
    assert!(!w.on_disk().contains("walrus"));
    assert!(w.says(MARIA, "/retro history").await.contains("it was withdrawn"));
    w.ends().await;
}

#[tokio::test]
async fn nothing_unsent_is_removed_and_no_weekly_look_comes_late() {
    let w = World::new(Transport::Http).await;
    let (store, team, now) = (&w.bot().bot.store, TeamId("T0PLAY".into()), w.clock.now());
    let wants = async |key: &str, text: &str, age: Duration| {
        let to = Recipient::Channel { channel: RELEASES.into() };
        let mut tx = store.begin().await.unwrap();
        let made = (now - age).timestamp_millis();
        cards::want(&mut tx, &team, &Wanted::reply(key, to, &Reply::new(text)), made).await.unwrap();
        replies::forget(&mut tx, now.timestamp_millis()).await.unwrap();
        tx.commit().await.unwrap();
    };
    wants("digest/C01REL/2026-11-18", "Late for long", Duration::hours(25)).await;
    wants("digest/C01REL/2026-11-19", "Late for a while", Duration::hours(23)).await;
    wants("answer", "What was asked in summer", Duration::days(100)).await;
    w.settle().await;
    let public = w.public(RELEASES);
    assert_eq!(public, ["What was asked in summer", "Late for a while"], "{public:?}");
    w.ends().await;
}
