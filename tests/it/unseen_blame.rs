//! Before the summary is posted, whoever leads alone sees the notes that name a person beside words of blame.

use chrono::Duration;

use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

const BLAME: &str = "Sam broke the deploy again";
const ASKED: &str = "next to words of blame";

fn summaries(w: &World) -> Vec<String> {
    w.public(RELEASES).into_iter().filter(|m| m.contains("Retrospective of") && m.contains("finished")).collect()
}

fn in_public(w: &World, words: &str) -> bool {
    w.public(RELEASES).iter().any(|m| m.contains(words))
}

#[tokio::test]
async fn notes_with_blame_are_shown_to_the_facilitator_alone_before_the_summary() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.answers(JONAS, &[(1, BLAME)]).await;
    w.answers(NOOR, &[(0, "Sam was a great help with the rollback")]).await;
    w.says(MARIA, "/retro agenda").await;
    let said = w.says(MARIA, "/retro finish").await;
    assert!(said.contains("The summary of *v1* is not posted yet: 1 note names a person"), "{said}");
    assert!(said.contains(BLAME) && !said.contains("great help"), "{said}");
    for other in [JONAS, NOOR, SAM] {
        assert!(!w.seen(other, RELEASES).iter().any(|m| m.contains(ASKED)), "{other} sees it");
    }
    assert_eq!(w.sim.read(|s| s.messages.iter().filter(|m| m.text.contains("is finished")).count()), 0);
    let before = w.seen(MARIA, RELEASES).len();
    w.clicks(MARIA, RELEASES, "Hide").await;
    assert_eq!(w.seen(MARIA, RELEASES).len(), before, "the question gave way");
    assert!(w.last_alone(MARIA).contains("No other note of *v1* names a person"), "{}", w.last_alone(MARIA));
    assert!(!in_public(&w, BLAME), "the agenda shows it no more");
    w.clicks(MARIA, RELEASES, "Finish and post summary").await;
    assert!(w.last_alone(MARIA).contains("*v1* is finished"), "{}", w.last_alone(MARIA));
    assert!(!in_public(&w, BLAME) && in_public(&w, "great help"));
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
    assert!(said.contains("2 notes name a person") && said.contains("Jonas forgot"), "{said}");
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
    assert!(summaries(&w).is_empty());
    w.clicks(MARIA, RELEASES, "Hide").await;
    w.clicks(MARIA, RELEASES, "Finish and post summary").await;
    assert!(!in_public(&w, BLAME));
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
    w.clicks(MARIA, &dm, "Hide").await;
    w.advance(Duration::days(5)).await;
    assert!(!in_public(&w, BLAME), "{:?}", w.public(RELEASES));
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
