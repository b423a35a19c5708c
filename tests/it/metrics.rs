//! What an operator sees of the bot.

use chrono::Duration;

use crate::world::{HUMANS, MARIA, RELEASES, SAM, Transport, World};
use lookback_sim::Fault;

/// The value of a metric, with its labels.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|l| l.rsplit_once(' ').is_some_and(|(left, _)| left == name));
    line.and_then(|l| l.rsplit_once(' ')?.1.parse().ok()).unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

#[tokio::test]
async fn metrics_tell_what_the_bot_does_and_name_nobody() {
    for transport in [Transport::Http, Transport::Socket] {
        let w = World::new(transport).await;
        w.sim.fault("chat.postMessage", Fault::RateLimit(7), 1);
        w.says(MARIA, "/retro start v1").await;
        w.answers(SAM, &[(0, "words of Sam")]).await;
        w.minutes(1).await;
        let (status, text) = w.http("GET", "/metrics", &[], b"").await;
        assert_eq!(status, 200);
        assert!(text.ends_with("# EOF\n"), "{text}");
        for (name, expected) in [
            ("lookback_retros{phase=\"collecting\"}", 1.0),
            ("lookback_deliveries_total{kind=\"command\",result=\"acknowledged\"}", 1.0),
            ("lookback_deliveries_total{kind=\"submission\",result=\"acknowledged\"}", 1.0),
            ("lookback_sends_total{method=\"chat.postMessage\",result=\"limited\"}", 1.0),
            ("lookback_sends_total{method=\"chat.postMessage\",result=\"sent\"}", 9.0),
            ("lookback_retry_after_seconds_total", 7.0),
            ("lookback_messages{state=\"waiting\"}", 0.0),
            ("lookback_messages{state=\"doubt\"}", 0.0),
            ("lookback_messages{state=\"dead\"}", 0.0),
            ("lookback_due{kind=\"deadline\"}", 0.0),
            ("lookback_answers_again_total", 0.0),
            ("lookback_oldest_message_seconds", 0.0),
            ("lookback_clock_ahead_seconds", 0.0),
            ("lookback_ready", 1.0),
            ("lookback_frozen", 0.0),
        ] {
            assert_eq!(value(&text, name), expected, "{name}");
        }
        assert_eq!(value(&text, "lookback_sockets") > 0.0, transport == Transport::Socket);
        assert!(value(&text, "lookback_database_bytes") > 100_000.0);
        assert!(value(&text, "lookback_database_sync_seconds_count") > 5.0);
        assert!(value(&text, "lookback_acknowledgement_seconds_count") >= 2.0);
        for id in HUMANS.into_iter().chain([RELEASES, "T0PLAY", "v1", "Sam"]) {
            assert!(!text.contains(&format!("\"{id}\"")) && !text.contains("words of Sam"), "{id}");
        }
        w.ends_refused(&["chat.postMessage"]).await;
    }
}

#[tokio::test]
async fn an_answer_that_was_said_again_is_counted() {
    let w = World::new(Transport::Http).await;
    w.sim.fault("response_url", Fault::Status { code: 503, effect: false }, 1);
    w.says(MARIA, "/retro start v1").await;
    w.advance(Duration::minutes(5)).await;
    let (_, text) = w.http("GET", "/metrics", &[], b"").await;
    assert_eq!(value(&text, "lookback_answers_again_total"), 1.0);
    w.ends_refused(&["response_url"]).await;
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_ask_for_what_there_is() {
    let w = World::new(Transport::Socket).await;
    w.sim.fault("chat.postMessage", Fault::RateLimit(1), 1);
    w.says(MARIA, "/retro start v1").await;
    let (_, text) = w.http("GET", "/metrics", &[], b"").await;
    for file in [include_str!("../../deploy/alerts.yaml"), include_str!("../../deploy/dashboard.json")] {
        let mut asked = 0;
        let words = file.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in words.filter(|word| word.starts_with("lookback_")) {
            assert!(text.contains(&format!("\n{name}")), "there is no {name}");
            asked += 1;
        }
        assert!(asked > 4);
    }
    w.ends_refused(&["chat.postMessage"]).await;
}
