//! The gate before a release: for a pipeline, for a terminal, and never of another channel.

use chrono::Duration;
use serde_json::Value;

use crate::pipeline::token_for;
use crate::world::{MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback::cli::gate::{Found, examine};

const GENERAL: &str = "C02GEN";

/// A retro in which two people miss the same thing.
async fn retro(w: &World, version: &str, finish: &str) {
    w.says(MARIA, &format!("/retro start {version} @sam @noor --named")).await;
    w.answers(SAM, &[(1, "Manual smoke tests took two hours")]).await;
    w.answers(NOOR, &[(1, "Manual smoke tests took the whole morning")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, finish).await;
}

async fn asks(w: &World, token: &str, channel: &str, version: &str) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let path = format!("/api/v1/channels/{channel}/gate/{version}");
    let (status, body) = w.http("GET", &path, &[("authorization", &bearer)], b"").await;
    (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

async fn at_the_terminal(w: &World, version: &str) -> Found {
    examine(&w.place(), version, Some(RELEASES)).await.unwrap()
}

#[tokio::test]
async fn what_is_promised_before_a_release_is_told() {
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    let (status, gate) = asks(&w, &token, RELEASES, "v2.1.0").await;
    assert_eq!((status, &gate["state"]), (200, &"clear".into()), "{gate}");
    retro(&w, "v2.0.0", "/retro finish").await;
    w.says(MARIA, "/retro action Rehearse the rollback in staging @sam before next release").await;
    w.says(MARIA, "/retro action Tune the alert thresholds of the shop @noor by 20w").await;
    w.says(MARIA, "/retro action Split the database of orders @noor by 20w high because it locks").await;
    w.advance(Duration::days(1)).await;
    let (_, gate) = asks(&w, &token, RELEASES, "v2.1.0").await;
    let numbers =
        |gate: &Value| gate["promises"].as_array().unwrap().iter().map(|p| p["number"].clone()).collect::<Vec<_>>();
    assert_eq!((&gate["state"], numbers(&gate)), (&"open".into(), vec![3.into(), 1.into()]), "{gate}");
    assert_eq!(gate["promises"][1]["reasons"], serde_json::json!(["before_release"]));
    let said = at_the_terminal(&w, "2.1.0").await.told();
    assert!(
        said.starts_with("Before v2.1.0: 2 promises open, 1 of them high.") || said.starts_with("Before 2.1.0: 2"),
        "{said}"
    );
    assert!(said.contains("#1 Rehearse the rollback in staging (sam, before next release"), "{said}");
    // What is done stands in nobody's way.
    w.says(MARIA, "/retro done 1").await;
    w.says(MARIA, "/retro drop 3 because the vendor did it").await;
    assert!(at_the_terminal(&w, "v2.1.0").await.is_clear());
    w.ends().await;
}

#[tokio::test]
async fn what_came_up_twice_is_told_until_something_was_done_about_it() {
    let w = World::new(Transport::Http).await;
    retro(&w, "v2.0.0", "/retro finish").await;
    w.advance(Duration::days(7)).await;
    assert!(at_the_terminal(&w, "v2.1.0").await.is_clear(), "once is no pattern");
    retro(&w, "v2.1.0", "/retro finish next:v2.2.0@2027-03-01").await;
    let said = at_the_terminal(&w, "v2.2.0").await.told();
    assert!(
        said.contains("no promise open; 1 issue came up twice") && said.contains("Came up twice: Manual smoke"),
        "{said}"
    );
    w.says(MARIA, "/retro action Automate the manual smoke tests @sam by 1w because they took two hours").await;
    // Before the day of the release it is a promise, too.
    assert!(at_the_terminal(&w, "v2.2.0").await.told().contains("#1 Automate"), "an item by 1w is due before 1 March");
    w.says(MARIA, "/retro done 1").await;
    let found = at_the_terminal(&w, "v2.2.0").await;
    assert!(!found.told().contains("#1"), "{}", found.told());
    w.ends().await;
}

#[tokio::test]
async fn another_channel_is_another_gate() {
    let w = World::new(Transport::Http).await;
    let (_, token) = token_for(&w, RELEASES, false).await;
    retro(&w, "v2.0.0", "/retro finish").await;
    w.says(MARIA, "/retro action Rehearse the rollback in staging @sam before next release").await;
    assert_eq!(asks(&w, &token, RELEASES, "v2.1.0").await.1["state"], "open");
    assert_eq!(asks(&w, &token, GENERAL, "v2.1.0").await.0, 403);
    assert_eq!(asks(&w, "lb_nobody", RELEASES, "v2.1.0").await.0, 401);
    // Without a channel it is the only one with a retro; a slip in its id is no clear gate.
    assert!(!examine(&w.place(), "v2.1.0", None).await.unwrap().is_clear());
    let wrong = examine(&w.place(), "v2.1.0", Some("C0NOBODY1")).await.unwrap_err().to_string();
    assert!(wrong.contains("does not know this channel"), "{wrong}");
    w.ends().await;
}
