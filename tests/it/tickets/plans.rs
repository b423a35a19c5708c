//! The retrospective in the release plan, by a pull request.

use chrono::Duration;
use lookback_core::model::ticket::Tracker;
use lookback_sim::trackers::Fault;

use super::board::desk;
use crate::world::{MARIA, RELEASES, SAM, Transport, World};

const FILE: &str = "docs/plans/v2.1.0.md";

async fn planned(to: &str) -> World {
    let w = World::tracking(Transport::Http).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("plan", to)]).await;
    assert!(w.last_alone(MARIA).contains("Changed: Release plan"), "{}", w.last_alone(MARIA));
    w
}

async fn finishes(w: &World) {
    w.says(MARIA, "/retro start v2.1.0 @sam").await;
    w.answers(SAM, &[(0, "smooth, thanks @maria-dev, fixes #1")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
}

#[tokio::test]
async fn a_finished_retro_is_one_pull_request() {
    let w = planned("acme/shop:docs/plans/{version}.md").await;
    let before = w.trackers.github.file("acme/shop", "main", FILE).unwrap();
    finishes(&w).await;
    let pulls = w.trackers.github.pulls("acme/shop");
    let [pull] = pulls.as_slice() else { panic!("{pulls:?}") };
    assert_eq!((pull.head.as_str(), pull.files.as_slice()), ("lookback/v2.1.0", [FILE.to_owned()].as_slice()));
    let after = w.trackers.github.file("acme/shop", "lookback/v2.1.0", FILE).unwrap();
    let (before, after) = (String::from_utf8(before).unwrap(), String::from_utf8(after).unwrap());
    let head = |text: &str| text.split("## Retrospective").next().unwrap().to_owned();
    assert_eq!(head(&before), head(&after));
    assert!(after.contains("sam (1 of 1 answered the survey)"), "{after}");
    assert!(before.ends_with("- [ ] Support\n") && after.ends_with("- [ ] Support\n"), "{after}");
    assert_eq!(w.trackers.github.base_writes(), 0);
    assert_eq!((w.trackers.github.mentions(), w.trackers.github.closing_words()), (Vec::new(), Vec::new()));
    // The facilitator and the summary have its address; the release channel hears nothing else of it.
    let dm = w.dm(MARIA);
    assert!(w.seen(MARIA, &dm).iter().any(|m| m.contains(&pull.url)), "{:?}", w.seen(MARIA, &dm));
    let public = w.public(RELEASES);
    let summary = public.iter().find(|m| m.contains("retrospective: summary")).unwrap();
    assert!(summary.contains(&pull.url), "{summary}");
    w.advance(Duration::days(1)).await;
    assert_eq!(w.trackers.github.pulls("acme/shop").len(), 1);
    w.ends().await;
}

#[tokio::test]
async fn a_plan_without_its_file_or_section_is_told_once() {
    for (to, why) in
        [("acme/shop:docs/none/{version}.md", "there is no such file"), ("acme/shop:README.md", "there is no section")]
    {
        let w = planned(to).await;
        finishes(&w).await;
        w.advance(Duration::hours(5)).await;
        let dm = w.dm(MARIA);
        let told: Vec<String> = w.seen(MARIA, &dm).into_iter().filter(|m| m.contains("couldn't put")).collect();
        assert!(told.len() == 1 && told[0].contains(why), "{to}: {told:?}");
        assert!(w.trackers.github.pulls("acme/shop").is_empty());
        w.ends().await;
    }
}

#[tokio::test]
async fn the_repository_of_a_plan_is_looked_at_when_it_is_saved() {
    let w = World::tracking(Transport::Http).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("plan", "acme/hidden:docs/plans/{version}.md")]).await;
    let [(field, why)] = w.form_errors(MARIA).try_into().unwrap();
    assert_eq!(field, "plan");
    assert!(why.contains("GitHub has no repository acme/hidden, or my token is not allowed to see it"), "{why}");
    // A plan needs no issues.
    w.sends(MARIA, &[("plan", "acme/quiet:docs/plans/{version}.md")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Changed: Release plan.") && !said.contains("Issues are turned off"), "{said}");
    // Without an answer it is saved.
    desk(&w, Tracker::GitHub).fault("*", Fault::Status { code: 502, effect: false }, 100);
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("plan", "acme/shop:docs/plans/{version}.md")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("GitHub hasn't answered yet: I'll tell you here what it says about acme/shop."), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_repository_that_is_hidden_later_is_told() {
    let w = planned("acme/shop:docs/plans/{version}.md").await;
    w.trackers.github.hide("acme/shop", true);
    finishes(&w).await;
    let dm = w.dm(MARIA);
    let told: Vec<String> = w.seen(MARIA, &dm).into_iter().filter(|m| m.contains("couldn't put")).collect();
    assert!(told.len() == 1 && told[0].contains("no such repository"), "{told:?}");
    w.ends().await;
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_pull_request() {
    let w = planned("acme/shop:docs/plans/{version}.md").await;
    for operation in ["POST /repos/{owner}/{repo}/pulls", "POST /repos/{owner}/{repo}/git/refs"] {
        desk(&w, Tracker::GitHub).fault(operation, Fault::Lost { effect: true }, 1);
    }
    finishes(&w).await;
    w.minutes(5).await;
    let pulls = w.trackers.github.pulls("acme/shop");
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!(w.trackers.github.base_writes(), 0);
    w.ends().await;
}
