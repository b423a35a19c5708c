//! Blocks of 2026: where a workspace takes them, and where it refuses them.

use chrono::Duration;
use serde_json::Value;

use crate::trends::three_releases;
use crate::world::{MARIA, PRIYA, RELEASES, SAM, Transport, World};
use lookback::store::newer_blocks::{self, Answered};
use lookback_sim::Fault;

/// The types of the blocks of the newest message that somebody sees with these words.
fn kinds(w: &World, who: &str, words: &str) -> Vec<String> {
    let found = w.sim.read(|s| s.seen_by(who, RELEASES).filter(|m| m.text.contains(words)).last().cloned());
    let found = found.unwrap_or_else(|| panic!("no “{words}” in {:?}", w.seen(who, RELEASES)));
    found.blocks.iter().map(|block| block["type"].as_str().unwrap_or_default().to_owned()).collect()
}

/// How often Slack refused blocks.
fn refusals(w: &World) -> usize {
    w.sim.journal().iter().filter(|c| c.error.as_deref().is_some_and(|e| e.starts_with("invalid_"))).count()
}

async fn shown(transport: Transport) {
    let w = World::new(transport).await;
    three_releases(&w).await;
    let said = w.says(PRIYA, "/retro trends").await;
    assert!(said.contains("• v2.1.0: lead time 3 days"), "the figures stand in words too: {said}");
    let trends = ["section", "data_visualization", "data_visualization", "data_table"];
    assert_eq!(kinds(&w, PRIYA, "• v2.1.0: lead time"), trends);
    w.says(SAM, "/retro history").await;
    assert_eq!(kinds(&w, SAM, "Retros in this channel"), ["section", "data_table"]);
    w.says(SAM, "/retro actions all").await;
    assert_eq!(kinds(&w, SAM, "All action items"), ["section", "data_table"]);
    assert_eq!(refusals(&w), 0);
    w.ends().await;
}

#[tokio::test]
async fn charts_and_tables_over_http() {
    shown(Transport::Http).await;
}

#[tokio::test]
async fn charts_and_tables_over_socket_mode() {
    shown(Transport::Socket).await;
}

/// Each refused kind has its older form; the others stay, and the workspace is not asked again for a week.
#[tokio::test]
async fn what_is_refused_is_remembered_for_a_week_and_for_its_kind_alone() {
    let mut w = World::new(Transport::Http).await;
    three_releases(&w).await;
    w.sim.unknown_blocks(&["data_visualization"]);
    w.says(PRIYA, "/retro trends").await;
    assert_eq!(kinds(&w, PRIYA, "• v2.1.0: lead time"), ["section", "data_table"]);
    assert_eq!(refusals(&w), 1);
    w.restart().await;
    w.says(SAM, "/retro trends").await;
    assert_eq!(kinds(&w, SAM, "• v2.1.0: lead time"), ["section", "data_table"]);
    assert_eq!(refusals(&w), 1, "it is remembered, also after a restart");
    w.sim.unknown_blocks(&["data_table", "data_visualization"]);
    w.says(SAM, "/retro history").await;
    assert_eq!(kinds(&w, SAM, "Retros in this channel"), ["section", "table"]);
    assert_eq!(refusals(&w), 2);
    w.away(Duration::days(8)).await;
    w.sim.unknown_blocks(&[]);
    w.says(SAM, "/retro trends").await;
    assert!(kinds(&w, SAM, "• v2.1.0: lead time").contains(&"data_visualization".to_owned()));
    assert_eq!(refusals(&w), 2);
    w.ends_refused(&["response_url"]).await;
}

/// Where Slack does not say which block it is, all newer ones get their older form.
#[tokio::test]
async fn a_refusal_without_a_place_is_for_all_newer_blocks() {
    let w = World::new(Transport::Socket).await;
    three_releases(&w).await;
    w.sim.fault("response_url", Fault::Error { code: "invalid_blocks", effect: false }, 1);
    w.says(PRIYA, "/retro trends").await;
    assert_eq!(kinds(&w, PRIYA, "• v2.1.0: lead time"), ["section", "table"]);
    w.ends_refused(&["response_url"]).await;
}

/// The figures in the agenda's thread, with all notes folded below them.
#[tokio::test]
async fn a_message_in_the_channel_folds_and_draws() {
    for refused in [&[][..], &["container", "data_visualization", "data_table"]] {
        let w = World::new(Transport::Http).await;
        w.sim.unknown_blocks(refused);
        w.says(MARIA, "/retro start v2.1.0 named @maria @sam").await;
        w.says(MARIA, "/retro data").await;
        let data = "timeline: [{phase: Migration, planned: 15 min, actual: 20 min}, {phase: Rollout, planned: 30 min, actual: 25 min}]";
        w.sends(MARIA, &[("document", data)]).await;
        for n in 0..7 {
            w.says(SAM, &format!("/retro note improve Alert number {n} was noise for <@{MARIA}> & all")).await;
        }
        w.says(MARIA, "/retro agenda").await;
        let kinds = w.sim.read(|s| {
            let m = s.messages.iter().find(|m| m.text.contains("in figures")).expect("the figures");
            m.blocks.iter().map(|b| b["type"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        });
        let is = |kind: &str| kinds.iter().any(|k| k == kind);
        if refused.is_empty() {
            assert!(is("container") && is("data_visualization") && is("data_table"), "{kinds:?}");
            assert_eq!(refusals(&w), 0);
        } else {
            assert!(!is("container") && !is("data_visualization") && is("table") && is("header"), "{kinds:?}");
            assert!((1..=3).contains(&refusals(&w)), "{}", refusals(&w));
        }
        let said = w.public(RELEASES).into_iter().find(|m| m.contains("in figures")).unwrap();
        assert!(said.contains("Migration: planned 15 min, actual 20 min") && said.contains("Alert number 6"), "{said}");
        if refused.is_empty() { w.ends().await } else { w.ends_refused(&["chat.postMessage"]).await }
    }
}

/// A form whose warning is refused opens all the same, and so does what an acknowledgement shows, where nobody would hear
/// of a refusal: there a warning stands only once the workspace has taken one.
#[tokio::test]
async fn a_form_warns_in_the_way_that_the_workspace_takes() {
    for (refused, opened, next) in [(&[][..], "alert", "alert"), (&["alert"], "section", "section")] {
        for transport in [Transport::Http, Transport::Socket] {
            let w = World::new(transport).await;
            w.sim.unknown_blocks(refused);
            w.says(MARIA, "/retro start v1").await;
            // Nothing is known yet.
            w.says(MARIA, "/retro action Fix monitoring @noor").await;
            w.sends(MARIA, &[("due", "2w")]).await;
            assert_eq!(warned(&w), ("section".to_owned(), true));
            w.sends(MARIA, &[]).await;
            w.opens(MARIA, RELEASES, "Answer the survey").await;
            assert_eq!(warned(&w), (opened.to_owned(), false));
            w.sends(MARIA, &[("q0", "All was calm")]).await;
            w.says(MARIA, "/retro action Fix alerting @noor").await;
            w.sends(MARIA, &[("due", "2w")]).await;
            assert_eq!(warned(&w), (next.to_owned(), true));
            assert_eq!(w.form_errors(MARIA), []);
            if refused.is_empty() { w.ends().await } else { w.ends_refused(&["views.open"]).await }
        }
    }
}

/// A workspace that took a warning may refuse the next one: the form opens all the same.
#[tokio::test]
async fn a_form_opens_where_what_was_taken_is_refused_now() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.opens(SAM, RELEASES, "Answer the survey").await;
    w.sim.unknown_blocks(&["alert"]);
    w.opens(MARIA, RELEASES, "Answer the survey").await;
    assert_eq!(warned(&w), ("section".to_owned(), false));
    // It is saved after the form has opened, beside it.
    let refused = Answered { kind: "alert".to_owned(), is_refused: true };
    let app = w.bot().bot.clone();
    loop {
        let mut tx = app.store.read().await.unwrap();
        if newer_blocks::answers(&mut tx, &"T0PLAY".into(), app.now_ms()).await.unwrap().contains(&refused) {
            break;
        }
        tokio::task::yield_now().await;
    }
    w.opens(PRIYA, RELEASES, "Answer the survey").await;
    assert_eq!(refusals(&w), 1, "it is remembered");
    w.ends_refused(&["views.open"]).await;
}

/// The first block of Maria's open form, and whether it says that nothing is saved yet.
fn warned(w: &World) -> (String, bool) {
    let view: Value = serde_json::from_str(&w.form_words(MARIA)).unwrap();
    let first = &view["blocks"][0];
    (first["type"].as_str().unwrap().to_owned(), first.to_string().contains("Not saved yet"))
}
