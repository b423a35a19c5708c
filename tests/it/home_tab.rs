//! The Home tab: what waits for a person, and its buttons.

use serde_json::Value;

use crate::world::{MARIA, NOOR, RELEASES, SAM, Transport, World};

fn words(view: &Value) -> String {
    view.to_string().replace("\\n", " ")
}

#[tokio::test]
async fn the_home_tab_shows_what_waits_and_follows_what_happens() {
    let w = World::new(Transport::Socket).await;
    w.sim.open_home(SAM).await;
    w.settle().await;
    assert!(words(&w.home(SAM)).contains("Get started"), "{}", w.home(SAM));
    // A tab is published only after its person has opened it.
    w.says(MARIA, "/retro start v1").await;
    assert!(words(&w.home(SAM)).contains("*v1* in <#C01REL> · about 2 minutes") && w.home(NOOR).is_null());
    w.presses_home(SAM, "Answer the survey").await;
    w.sends(SAM, &[("q0", "fine")]).await;
    assert!(words(&w.home(SAM)).contains("No surveys waiting.") && words(&w.home(SAM)).contains("Change my answers"));
    w.says(MARIA, "/retro action Write the runbook @sam by 2w").await;
    assert!(words(&w.home(SAM)).contains("Write the runbook"));
    w.presses_home(SAM, "Done").await;
    w.sends(SAM, &[("why", "it has 12 steps now")]).await;
    assert!(!words(&w.home(SAM)).contains("Write the runbook"));
    // The facilitator finds the next step of the retro there.
    w.sim.open_home(MARIA).await;
    w.settle().await;
    w.presses_home(MARIA, "Close and post agenda").await;
    assert!(
        words(&w.home(MARIA)).contains("\"Start the meeting\"")
            && !words(&w.home(SAM)).contains("\"Start the meeting\"")
    );
    w.presses_home(MARIA, "Start the meeting").await;
    w.presses_home(MARIA, "Finish").await;
    assert!(words(&w.home(MARIA)).contains("Get started"));
    // Whoever had an action item once is not new.
    assert!(!words(&w.home(SAM)).contains("Get started") && words(&w.home(SAM)).contains("Show closed ones"));
    // Somebody who is not in the channel sees nothing of the retro.
    w.says(MARIA, "/retro start v2").await;
    w.sim.member(SAM, RELEASES, false).await;
    w.sim.open_home(SAM).await;
    w.settle().await;
    assert!(!words(&w.home(SAM)).contains("collecting answers"));
    w.ends().await;
}

#[tokio::test]
async fn forty_five_items_are_paged_within_a_hundred_blocks() {
    let w = World::new(Transport::Socket).await;
    for n in 0..45 {
        w.says(MARIA, &format!("/retro action Task number {n} @sam by 2026-12-{:02}", 1 + n % 28)).await;
    }
    w.sim.open_home(SAM).await;
    w.settle().await;
    let blocks = |w: &World| w.home(SAM)["blocks"].as_array().unwrap().len();
    assert!(words(&w.home(SAM)).contains("Your action items (45), page 1 of 3") && blocks(&w) <= 100);
    assert!(words(&w.home(SAM)).contains("Task number 0 ") && !words(&w.home(SAM)).contains("Task number 27 "));
    w.presses_home(SAM, "Later").await;
    w.presses_home(SAM, "Later").await;
    assert!(words(&w.home(SAM)).contains("page 3 of 3") && !words(&w.home(SAM)).contains("\"Later\""));
    w.presses_home(SAM, "Earlier").await;
    assert!(words(&w.home(SAM)).contains("page 2 of 3"));
    w.ends().await;
}

#[tokio::test]
async fn the_home_tab_shows_what_is_closed_and_acts_on_what_is_open() {
    let w = World::new(Transport::Http).await;
    w.sim.open_home(NOOR).await;
    w.settle().await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 1w").await;
    w.says(MARIA, "/retro action Rehearse the rollback @noor by 2w").await;
    w.says(NOOR, "/retro done 1 it has 12 steps").await;
    let shown = || w.home(NOOR).to_string();
    assert!(shown().contains("Your action items (1)") && shown().contains("Hand over"), "{}", shown());
    w.presses_home(NOOR, "Show closed ones").await;
    assert!(shown().contains("Your closed action items (1)") && shown().contains("it has 12 steps"), "{}", shown());
    w.presses_home(NOOR, "Show open ones").await;
    w.presses_home(NOOR, "Snooze").await;
    w.sends(NOOR, &[("due", "friday")]).await;
    // On a Friday, “friday” has two readings.
    assert!(w.form_errors(NOOR)[0].1.contains("could be"), "{:?}", w.form_errors(NOOR));
    w.sends(NOOR, &[("due", "next friday")]).await;
    assert!(shown().contains("snoozed until"), "{}", shown());
    w.ends().await;
}
