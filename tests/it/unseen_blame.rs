//! Before the summary is posted, whoever leads alone sees the notes that name somebody beside words of blame.

use chrono::Duration;

use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

const BLAME: &str = "Sam broke the deploy again";
const ASKED: &str = "in a way that can read as blame";

/// The summary as its readers see it, with its blocks; empty while there is none.
fn summary(w: &World) -> String {
    let is_it = |m: &&lookback_sim::workspace::Message| {
        m.channel == RELEASES && m.text.contains("release retrospective: summary")
    };
    w.sim.read(|s| {
        s.messages.iter().filter(is_it).map(|m| format!("{} {}", m.text, serde_json::json!(m.blocks))).collect()
    })
}

/// Whether these words stand in a message or a block that all can see.
fn in_public(w: &World, words: &str) -> bool {
    w.sim.read(|s| {
        let seen = s.messages.iter().filter(|m| m.channel == RELEASES && m.visible_to.is_none());
        seen.map(|m| format!("{} {}", m.text, serde_json::json!(m.blocks))).any(|m| m.contains(words))
    })
}

#[tokio::test]
async fn notes_with_blame_are_shown_to_the_facilitator_alone_before_the_summary() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.answers(JONAS, &[(1, BLAME)]).await;
    w.answers(NOOR, &[(0, "Sam was a great help with the rollback")]).await;
    w.says(MARIA, "/retro agenda").await;
    let said = w.says(MARIA, "/retro finish").await;
    assert!(said.contains("I haven't posted the summary for *v1* yet: 1 note names someone"), "{said}");
    assert!(said.contains(BLAME) && !said.contains("great help"), "{said}");
    for other in [JONAS, NOOR, SAM] {
        assert!(!w.seen(other, RELEASES).iter().any(|m| m.contains(ASKED)), "{other} sees it");
    }
    assert_eq!(summary(&w), "");
    let before = w.seen(MARIA, RELEASES).len();
    w.clicks(MARIA, RELEASES, "Hide").await;
    assert_eq!(w.seen(MARIA, RELEASES).len(), before, "the question gave way");
    assert!(w.last_alone(MARIA).contains("No other note of *v1* names someone"), "{}", w.last_alone(MARIA));
    assert!(!in_public(&w, BLAME), "the agenda shows it no more");
    w.clicks(MARIA, RELEASES, "Finish and post summary").await;
    assert!(w.last_alone(MARIA).contains("*v1* is finished"), "{}", w.last_alone(MARIA));
    assert!(!in_public(&w, BLAME) && summary(&w).contains("great help"), "{}", summary(&w));
    w.ends().await;
}

#[tokio::test]
async fn what_was_seen_may_stay_and_what_came_later_asks_again() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.answers(JONAS, &[(1, BLAME)]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish next:v2@2026-12-20").await;
    let finish = w.button(MARIA, RELEASES, "Finish and post summary").expect("a button");
    // A note comes while the question waits.
    w.says(PRIYA, "/retro note improve Jonas forgot the rollback plan").await;
    let said = w.presses(MARIA, &finish).await;
    let said = if said.is_empty() { w.last_alone(MARIA) } else { said };
    assert!(said.contains("2 notes name someone") && said.contains("Jonas forgot"), "{said}");
    w.clicks(MARIA, RELEASES, "Finish and post summary").await;
    assert!(w.last_alone(MARIA).contains("*v1* is finished"), "{}", w.last_alone(MARIA));
    assert!(in_public(&w, BLAME), "its writer stands for it, and the facilitator let it stand");
    assert!(in_public(&w, "v2"), "the next release was kept");
    w.ends().await;
}

#[tokio::test]
async fn an_open_survey_is_closed_first_so_that_nobody_reads_it_before() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    for who in [JONAS, NOOR, PRIYA] {
        w.answers(who, &[(1, if who == JONAS { BLAME } else { "The backup took long" })]).await;
    }
    let said = w.says(MARIA, "/retro finish").await;
    assert!(said.contains("is still open") && !said.contains(BLAME), "{said}");
    w.clicks(MARIA, RELEASES, "Close the survey and finish").await;
    assert!(w.last_alone(MARIA).contains(BLAME), "{}", w.last_alone(MARIA));
    assert!(w.says(MARIA, "/retro status").await.contains("agenda"));
    assert_eq!(summary(&w), "");
    w.clicks(MARIA, RELEASES, "Hide").await;
    w.clicks(MARIA, RELEASES, "Finish and post summary").await;
    assert!(!in_public(&w, BLAME) && !summary(&w).is_empty());
    w.ends().await;
}

#[tokio::test]
async fn a_meeting_without_a_call_shows_them_as_its_last_stage_opens() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @maria @sam @jonas named async").await;
    w.answers(JONAS, &[(1, BLAME)]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    for _ in 0..5 {
        w.says(MARIA, "/retro next").await;
    }
    let dm = w.dm(MARIA);
    let asked = w.seen(MARIA, &dm).into_iter().filter(|m| m.contains(ASKED)).collect::<Vec<_>>();
    assert!(asked.len() == 1 && asked[0].contains(BLAME), "{asked:?}");
    // Whoever is given the lead now sees them too.
    w.says(MARIA, "/retro lead @sam").await;
    assert!(w.seen(SAM, &w.dm(SAM)).iter().any(|m| m.contains(ASKED)), "{:?}", w.seen(SAM, &w.dm(SAM)));
    w.clicks(SAM, &w.dm(SAM), "Hide").await;
    w.advance(Duration::days(5)).await;
    assert!(!in_public(&w, BLAME) && !summary(&w).is_empty(), "{:?}", w.public(RELEASES));
    w.ends().await;
}

#[tokio::test]
async fn blame_of_the_last_hours_of_a_meeting_without_a_call_is_seen_before_the_summary() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1 @maria @sam @jonas named async").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    for _ in 0..5 {
        w.says(MARIA, "/retro next").await;
    }
    let asked = |w: &World| w.seen(MARIA, &w.dm(MARIA)).into_iter().filter(|m| m.contains(ASKED)).collect::<Vec<_>>();
    assert_eq!(asked(&w), Vec::<String>::new());
    w.says(JONAS, &format!("/retro note improve {BLAME}")).await;
    // The stage opened on a Friday.
    w.advance(Duration::days(3)).await;
    let told = asked(&w);
    assert!(told.len() == 1 && told[0].contains(BLAME) && told[0].contains("goes out by itself when"), "{told:?}");
    assert_eq!(summary(&w), "", "the stage stays open");
    // Nothing new came: it is not asked again.
    w.advance(Duration::days(4)).await;
    assert_eq!(asked(&w).len(), 1);
    assert!(summary(&w).contains(BLAME), "{}", summary(&w));
    w.ends().await;
}

#[tokio::test]
async fn only_who_leads_hides_and_a_finished_retro_asks_nothing() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.answers(JONAS, &[(1, BLAME)]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    let hide = w.button(MARIA, RELEASES, "Hide").expect("a button");
    w.presses(SAM, &hide).await;
    assert!(in_public(&w, BLAME), "a forged press hides nothing");
    w.says(MARIA, "/retro finish").await;
    w.clicks(MARIA, RELEASES, "Finish and post summary").await;
    let said = w.says(MARIA, "/retro finish v1").await;
    assert!(!said.contains(ASKED), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn what_an_author_shares_at_the_end_is_seen_first() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.answers(JONAS, &[(1, BLAME)]).await;
    w.answers(NOOR, &[(1, "The backup took long")]).await;
    // Two authors: their words are withheld. One shares, the other is silent.
    w.says(MARIA, "/retro agenda").await;
    w.clicks(JONAS, &w.dm(JONAS), "Share").await;
    let said = w.says(MARIA, "/retro finish").await;
    assert!(said.contains(BLAME) && summary(&w).is_empty(), "{said}");
    w.clicks(MARIA, RELEASES, "Hide").await;
    w.clicks(MARIA, RELEASES, "Finish and post summary").await;
    assert!(!in_public(&w, BLAME) && !summary(&w).is_empty());
    w.ends().await;
}

#[tokio::test]
async fn a_note_that_changed_after_it_was_shown_is_shown_again() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.says(PRIYA, "/retro note improve Jonas forgot the rollback plan").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    let finish = w.button(MARIA, RELEASES, "Finish and post summary").expect("a button");
    // One goes and another comes: as many as before, and not the same.
    w.says(PRIYA, "/retro notes").await;
    w.clicks(PRIYA, RELEASES, "Delete").await;
    w.says(PRIYA, "/retro note improve Sam broke the staging database").await;
    w.presses(MARIA, &finish).await;
    assert!(w.last_alone(MARIA).contains("Sam broke the staging database"), "{}", w.last_alone(MARIA));
    assert_eq!(summary(&w), "");
    w.ends().await;
}
