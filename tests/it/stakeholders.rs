//! The short summary for people outside the channel.

use chrono::Duration;

use crate::recurring_themes::{agenda_of, finished};
use crate::world::{Left, MARIA, Transport, World};

async fn stakeholders(transport: Transport) {
    let w = World::new(transport).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("stakeholders", "C03OPS,C02GEN")]).await;
    agenda_of(&w, "v2.1.0", ["Slow backups", "Noisy alerts", "Old docs"]).await;
    w.says(MARIA, "/retro note well Blue-green worked").await;
    w.says(MARIA, "/retro action Automate the smoke test suite @noor by 2w").await;
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("incidents", "0"), ("business", "+3% conversion")]).await;
    w.says(MARIA, "/retro finish next:v2.2.0").await;
    let dm = w.dm(MARIA);
    let preview = w.seen(MARIA, &dm).into_iter().find(|m| m.contains("This is the short summary")).unwrap();
    for part in [
        "Blue-green worked",
        "Automate the smoke test suite",
        "+3% conversion",
        "no incidents",
        "Next retrospective: after v2.2.0.",
    ] {
        assert!(preview.contains(part), "{part} is not in {preview}");
    }
    assert!(!preview.contains("U02NOOR") && !preview.contains("Slow backups"), "{preview}");
    assert_eq!(w.public("C03OPS"), Vec::<String>::new());
    w.clicks(MARIA, &dm, "Send").await;
    let sent = w.public("C03OPS");
    assert!(sent.len() == 1 && sent[0].contains("|Read the full summary>."), "{sent:?}");
    let seen = w.seen(MARIA, &dm).join("\n");
    assert!(seen.contains("Sending the short summary of *v2.1.0* to <#C03OPS>, <#C02GEN>. Thank you."), "{seen}");
    // The bot is not in the other channel, and the facilitator hears so.
    assert!(seen.contains("I can't post in <#C02GEN>"), "{seen}");
    // The message to the channel without the bot waits.
    w.ends_with(Left { refused: &["chat.postMessage"], stuck: 1, ..Left::default() }).await;
}

#[tokio::test]
async fn stakeholders_get_the_short_form_when_the_facilitator_says_so_over_http() {
    stakeholders(Transport::Http).await;
}

#[tokio::test]
async fn stakeholders_get_the_short_form_when_the_facilitator_says_so_over_socket_mode() {
    stakeholders(Transport::Socket).await;
}

#[tokio::test]
async fn the_short_form_can_be_kept_here() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("stakeholders", "C03OPS")]).await;
    agenda_of(&w, "v1", ["a", "b", "c"]).await;
    finished(&w).await;
    let dm = w.dm(MARIA);
    w.clicks(MARIA, &dm, "Don't send").await;
    assert!(w.seen(MARIA, &dm).iter().any(|m| m.contains("wasn't sent")));
    w.advance(Duration::days(1)).await;
    assert_eq!(w.public("C03OPS"), Vec::<String>::new());
    w.ends().await;
}
