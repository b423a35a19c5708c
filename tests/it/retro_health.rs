//! How the retro itself went, for its facilitator alone.

use crate::meeting::agenda;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

#[tokio::test]
async fn the_facilitator_alone_hears_how_the_retro_went() {
    let w = World::new(Transport::Http).await;
    agenda(&w, "named length:60").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    for text in ["well: one", "well: two", "just talk", "more talk", "and more"] {
        w.replies(MARIA, text).await;
    }
    w.replies(JONAS, "hm").await;
    w.minutes(36).await;
    for _ in 0..4 {
        w.minutes(8).await;
        w.says(MARIA, "/retro next").await;
    }
    w.says(MARIA, "/retro action Automate the smoke tests with Playwright @sam by 2w high").await;
    w.says(MARIA, "/retro action Tune the alerts to page below 99 % @noor before next release").await;
    w.says(MARIA, "/retro finish").await;
    let dm = w.dm(MARIA);
    let told = w
        .seen(MARIA, &dm)
        .into_iter()
        .find(|m| m.starts_with("Here's how the retro for *v2.1.0* itself went"))
        .expect("health");
    for line in [
        "Only you can see this.",
        "• Participation: 3 of 8 answered (38%).",
        "• Balance: 5 notes on what went well, 4 notes on what could be better.",
        "• Action items: 2, all with an owner, 1 with a date; 1 high priority.",
        "• Share of voice: 5 of 6 notes and messages were yours; 2 people wrote.",
        "• Time: 68 of 60 minutes.",
        "*Next time:* Few people answered",
    ] {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    for who in [SAM, NOOR, PRIYA] {
        assert!(!w.seen(who, &w.dm(who)).iter().any(|m| m.contains("itself went")));
    }
    assert!(!w.public(RELEASES).iter().any(|m| m.contains("itself went")));
    w.ends().await;
}
