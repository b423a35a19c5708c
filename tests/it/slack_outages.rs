//! Slack loses answers, limits, refuses or is silent: nothing is lost, nothing is sent twice.

use chrono::Duration;

use crate::slow_database::Lock;
use crate::world::{JONAS, Left, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback_sim::Fault;

#[tokio::test]
async fn an_answer_that_is_lost_after_the_post_is_found_and_not_sent_again() {
    for fault in [
        Fault::LostAnswer,
        Fault::Status { code: 500, effect: true },
        Fault::Error { code: "internal_error", effect: true },
    ] {
        let w = World::new(Transport::Http).await;
        // The message is not in the history yet when the bot looks first.
        w.sim.history_lag(Duration::seconds(15));
        w.sim.fault("chat.postMessage", fault.clone(), 9);
        w.says(MARIA, "/retro start v1").await;
        w.says(MARIA, "/retro status").await;
        assert_eq!(w.public(RELEASES).len(), 1, "{fault:?}");
        assert_eq!(w.surveys(), [1; 8], "{fault:?}");
        w.answers(SAM, &[(0, "it can be edited")]).await;
        assert!(w.public(RELEASES)[0].contains("1 of 8"), "{fault:?}");
        // What stands in a thread is looked for in the thread.
        w.says(MARIA, "/retro agenda").await;
        w.sim.fault("chat.postMessage", fault.clone(), 9);
        w.says(MARIA, "/retro meet").await;
        w.says(MARIA, "/retro status").await;
        let stages =
            w.sim.read(|s| s.messages.iter().filter(|m| m.thread_ts.is_some() && m.text.starts_with("1 of")).count());
        assert_eq!(stages, 1, "{fault:?}");
        w.ends_refused(&["chat.postMessage"]).await;
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_behind_two_hundred_newer_messages() {
    let mut w = World::new(Transport::Http).await;
    w.left_alone();
    w.sim.fault("chat.postMessage", Fault::LostAnswer, 1);
    w.sim.say(MARIA, RELEASES, None, "/retro start v1 @sam").await;
    assert!(w.sim.until(|s| s.messages.iter().any(|m| m.text.contains("Retrospective of"))).await);
    // Slack shows the newest first, two hundred a page.
    for n in 0..205 {
        w.sim.say(SAM, RELEASES, None, &format!("message {n}")).await;
    }
    w.advance(Duration::minutes(5)).await;
    assert_eq!(w.public(RELEASES).iter().filter(|m| m.contains("Retrospective of")).count(), 1);
    let pages = w.calls("conversations.history");
    assert!(pages >= 2, "{pages}");
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn what_never_arrived_is_sent_again() {
    for fault in [Fault::Status { code: 503, effect: false }, Fault::Error { code: "fatal_error", effect: false }] {
        let w = World::new(Transport::Http).await;
        w.sim.fault("chat.postMessage", fault.clone(), 9);
        w.says(MARIA, "/retro start v1").await;
        assert_eq!(w.public(RELEASES).len(), 1, "{fault:?}");
        assert_eq!(w.surveys(), [1; 8], "{fault:?}");
        w.ends_refused(&["chat.postMessage"]).await;
    }
}

#[tokio::test]
async fn without_the_history_nothing_is_sent_twice_and_the_facilitator_sees_it() {
    let mut w = World::new(Transport::Http).await;
    for scope in ["channels:history", "groups:history", "im:history", "im:write"] {
        w.sim.grant(scope, false);
    }
    w.restart().await;
    w.sim.fault("chat.postMessage", Fault::LostAnswer, 3);
    w.says(MARIA, "/retro start v1").await;
    assert_eq!(w.public(RELEASES).len(), 1);
    assert!(w.surveys().iter().all(|n| *n <= 1));
    let said = w.says(MARIA, "/retro status").await;
    assert!(said.contains("I couldn't confirm that 3 messages arrived"), "{said}");
    // The facilitator hears that the kickoff is missing, and can post it again.
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("I couldn't confirm that a message"));
    w.sim.arrange(|s| s.messages.retain(|m| m.channel != RELEASES || m.visible_to.is_some()));
    w.clicks(MARIA, &dm, "Post it again").await;
    assert!(w.seen(MARIA, &dm).iter().any(|m| m == "I am sending 1 message again."));
    assert_eq!(w.public(RELEASES).len(), 1);
    let left = w.stuck().await;
    assert!(left.len() == 2 && left.iter().all(|row| row.starts_with("survey/")), "{left:?}");
    let refused = &["chat.postMessage", "conversations.history", "conversations.open"];
    w.ends_with(Left { refused, stuck: 2, ..Left::default() }).await;
}

#[tokio::test]
async fn a_limit_is_waited_out_even_across_a_restart() {
    let mut w = World::new(Transport::Http).await;
    w.sim.fault("chat.postMessage", Fault::RateLimit(120), 1);
    w.sim.say(MARIA, RELEASES, None, "/retro start v1").await;
    // Wait for the first 429.
    assert!(w.sim.until_called("chat.postMessage", 1).await);
    let limited = w.clock.now();
    w.restart().await;
    w.settle().await;
    let early = w
        .sim
        .journal()
        .into_iter()
        .filter(|c| c.method == "chat.postMessage" && c.error.is_none() && c.at < limited + Duration::seconds(120))
        .count();
    assert_eq!(early, 0);
    assert_eq!(w.surveys(), [1; 8]);
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn two_hundred_people_within_the_limits() {
    let w = World::crowd(192).await;
    w.says(MARIA, "/retro start v1").await;
    w.form(MARIA).await;
    let text = w.sim.read(|s| s.views[0].view.to_string());
    assert!(text.contains("*200 people*"), "{text}");
    let start = w.clock.now();
    w.sends(MARIA, &[]).await;
    let took = w.clock.now() - start;
    let dms = w.sim.read(|s| s.messages.iter().filter(|m| m.text.contains("Six questions")).count());
    assert_eq!(dms, 200);
    // 201 posts at 240 a minute.
    assert!(took <= Duration::seconds(55), "{took}");
    assert!(w.public(RELEASES)[0].contains("0 of 200"));
    let before = w.calls("chat.update");
    for n in 0..40 {
        let user = format!("U9{n:03}");
        let dm = w.dm(&user);
        let (ts, block, action, value) = w.button(&user, &dm, "Nothing to add").unwrap();
        w.sim
            .press(
                &user,
                lookback_sim::Place::Message { channel: dm, ts },
                &block,
                &action,
                serde_json::json!({"value": value}),
            )
            .await;
    }
    // A reply does not wait behind what is queued.
    let asked = w.clock.now();
    assert!(w.says(NOOR, "/retro status").await.contains("40 of 200"));
    w.settle().await;
    assert!(w.public(RELEASES)[0].contains("40 of 200"));
    assert!(w.calls("chat.update") - before <= 90, "{}", w.calls("chat.update") - before);
    let kickoff = w
        .sim
        .journal()
        .into_iter()
        .find(|c| c.method == "chat.update" && c.at >= asked && c.args["channel"] == RELEASES);
    assert!(kickoff.is_some_and(|c| c.at - asked <= Duration::seconds(3)), "the kickoff goes before the DMs");
    w.ends().await;
}

#[tokio::test]
async fn an_archived_channel_parks_and_goes_on() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:24h").await;
    w.sim.archive(RELEASES, true).await;
    w.advance(Duration::hours(30)).await;
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("I can't post in <#C01REL>"), "{}", w.last(MARIA, &dm));
    let told = w.seen(MARIA, &dm).iter().filter(|m| m.contains("I can't post")).count();
    assert_eq!(told, 1);
    assert_eq!(w.public(RELEASES).len(), 1);
    w.sim.archive(RELEASES, false).await;
    w.settle().await;
    let public = w.public(RELEASES);
    assert!(public.len() == 2 && public[0].contains("survey is closed"), "{public:?}");
    // The change of the kickoff is tried beside the agenda, or waits with it.
    let changed = w.journal_errors().iter().any(|c| c.method == "chat.update");
    w.ends_refused(if changed { &["chat.postMessage", "chat.update"] } else { &["chat.postMessage"] }).await;
}

#[tokio::test]
async fn a_form_that_opens_too_late_offers_the_button_again() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.sim.fault("views.open", Fault::Error { code: "expired_trigger_id", effect: false }, 1);
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "Answer the survey").await;
    assert!(w.sim.until(|s| s.messages.iter().any(|m| m.text.contains("Please try again"))).await);
    w.opens(SAM, &dm, "Open the form").await;
    w.sends(SAM, &[("q0", "at last")]).await;
    assert!(w.public(RELEASES)[0].contains("1 of 8"));
    w.ends_refused(&["views.open"]).await;
}

#[tokio::test]
async fn slack_is_silent_when_a_command_needs_it() {
    let w = World::new(Transport::Http).await;
    w.sim.fault("conversations.info", Fault::Status { code: 503, effect: false }, 20);
    w.says(MARIA, "/retro start v1").await;
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("Slack isn't answering me, so nothing was changed"), "{}", w.last(MARIA, &dm));
    assert_eq!(w.public(RELEASES).len(), 0);
    w.ends_refused(&["conversations.info"]).await;
}

#[tokio::test]
async fn an_event_that_was_not_heard_is_handled_when_it_comes_again() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let lookback_sim::Delivery::Http(url) = w.sim.delivery() else { panic!() };
    w.sim.deliver_by(lookback_sim::Delivery::Http("http://127.0.0.1:9/nobody".into()));
    w.sim.say(JONAS, RELEASES, None, "@lookback note improve It was heard late").await;
    w.sim.deliver_by(lookback_sim::Delivery::Http(url));
    w.advance(Duration::minutes(6)).await;
    assert!(w.says(JONAS, "/retro notes").await.contains("Your notes (1)"));
    w.restart().await;
    assert!(w.says(JONAS, "/retro notes").await.contains("It was heard late"));
    // Slack delivered it twice in vain.
    w.ends_with(Left { unacked: 2, ..Left::default() }).await;
}

#[tokio::test]
async fn a_refused_token_stops_the_sends_and_not_the_bot() {
    let w = World::new(Transport::Http).await;
    w.sim.fault("chat.postMessage", Fault::Error { code: "token_revoked", effect: false }, 1);
    w.says(MARIA, "/retro start v1").await;
    assert_eq!(w.calls("chat.postMessage"), 1, "no hot loop");
    w.advance(Duration::minutes(12)).await;
    assert_eq!(w.surveys(), [1; 8]);
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn six_hundred_sends_through_lost_answers_limits_and_a_late_history() {
    let w = World::crowd(192).await;
    w.sim.history_lag(Duration::seconds(9));
    let wait = Duration::seconds(20);
    w.sim.chaos(
        "chat.postMessage",
        7,
        &[
            (Fault::LostAnswer, 10),
            (Fault::Error { code: "internal_error", effect: true }, 5),
            (Fault::Status { code: 503, effect: false }, 5),
            (Fault::RateLimit(20), 5),
        ],
    );
    let began = w.clock.now();
    for version in ["v1", "v2", "v3"] {
        w.says(MARIA, &format!("/retro start {version} everyone")).await;
    }
    for _ in 0..20 {
        w.settle().await;
    }
    let took = w.clock.now() - began;
    let calls: Vec<_> = w.sim.journal().into_iter().filter(|c| c.method == "chat.postMessage").collect();
    for limited in calls.iter().filter(|c| c.error.as_deref().is_some_and(|e| e.contains("RateLimit"))) {
        let early = calls.iter().any(|c| c.at > limited.at && c.at < limited.at + wait);
        assert!(!early, "a call before Retry-After was over");
    }
    let keys: Vec<String> = w.sim.read(|s| {
        let key = |m: &lookback_sim::workspace::Message| {
            Some(m.metadata.as_ref()?.pointer("/event_payload/key")?.as_str()?.to_owned())
        };
        s.messages.iter().filter_map(key).collect()
    });
    let once: std::collections::BTreeSet<_> = keys.iter().collect();
    let faults = calls.iter().filter(|c| c.error.is_some()).count();
    println!(
        "sends={} faults={faults} lost={} doubled={} virtual={} min",
        keys.len(),
        603 - once.len(),
        keys.len() - once.len(),
        took.num_minutes()
    );
    assert_eq!((once.len(), keys.len()), (603, 603));
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn an_answer_whose_address_is_dead_goes_by_dm() {
    let w = World::new(Transport::Http).await;
    for address in [format!("{}/respond/none", w.sim.origin()), String::new(), "https://evil.example/x".to_owned()] {
        let mut payload = w.sim.command_payload(MARIA, RELEASES, &format!("start v{}", address.len()));
        payload["response_url"] = serde_json::json!(address);
        assert!(w.sim.once("slash_commands", &payload).await.is_ok());
        w.settle().await;
        let dm = w.dm(MARIA);
        let told =
            w.seen(MARIA, &dm).into_iter().filter(|m| m.contains(&format!("*v{}* is open", address.len()))).count();
        assert_eq!(told, 1, "{address}");
    }
    w.ends().await;
}

#[tokio::test]
async fn a_wrong_clock_of_the_bot_doubles_nothing_and_hears_everything() {
    for (transport, minutes) in [
        (Transport::Http, 60),
        (Transport::Http, -60),
        (Transport::Socket, 60),
        (Transport::Socket, -60),
        (Transport::Http, 4),
    ] {
        let mut w = World::skewed(transport, Duration::minutes(minutes)).await;
        w.sim.fault("chat.postMessage", Fault::LostAnswer, 4);
        w.says(MARIA, "/retro start v1").await;
        w.crash().await;
        w.minutes(3).await;
        assert_eq!(w.surveys(), [1; 8], "{transport:?} {minutes}");
        assert_eq!(w.public(RELEASES).len(), 1, "{transport:?} {minutes}");
        let dm = w.dm(SAM);
        w.clicks(SAM, &dm, "Nothing to add").await;
        assert!(w.public(RELEASES)[0].contains("1 of 8"), "{transport:?} {minutes}");
        w.ends_refused(&["chat.postMessage"]).await;
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_kills_no_message() {
    for code in [302, 403, 407, 408, 502] {
        let w = World::new(Transport::Http).await;
        w.sim.fault("chat.postMessage", Fault::Status { code, effect: false }, 12);
        w.says(MARIA, "/retro start v1").await;
        w.minutes(20).await;
        assert_eq!(w.surveys(), [1; 8], "{code}");
        assert_eq!(w.public(RELEASES).len(), 1, "{code}");
        w.ends_refused(&["chat.postMessage"]).await;
    }
}

#[tokio::test]
async fn an_answer_that_may_be_lost_comes_by_dm() {
    for fault in
        [Fault::LostAnswer, Fault::Status { code: 503, effect: false }, Fault::Status { code: 404, effect: false }]
    {
        let w = World::new(Transport::Http).await;
        w.sim.fault("response_url", fault.clone(), 1);
        w.says(MARIA, "/retro action Automate the smoke tests @sam by 2w").await;
        w.minutes(2).await;
        let dm = w.dm(MARIA);
        let all = [w.seen(MARIA, &dm), w.seen(MARIA, RELEASES)].concat();
        assert!(w.seen(MARIA, &dm).iter().any(|m| m.contains("Automate the smoke tests")), "{fault:?}: {all:?}");
        w.ends_refused(&["response_url"]).await;
    }
}

#[tokio::test]
async fn a_wait_that_slack_asked_for_holds_for_every_method_and_across_a_crash() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    // Forms: the second press brings the button at once, without a call.
    w.sim.fault("views.open", Fault::RateLimit(120), 1);
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "Answer the survey").await;
    assert!(w.sim.until(|s| s.messages.iter().any(|m| m.text.contains("Please try again"))).await);
    let opened = w.calls("views.open");
    w.crash().await;
    w.clicks(SAM, &dm, "Answer the survey").await;
    w.settle().await;
    assert_eq!(w.calls("views.open"), opened);
    w.minutes(3).await;
    w.opens(SAM, &dm, "Answer the survey").await;
    assert!(w.calls("views.open") > opened);
    // Reading who is in a channel.
    w.sim.fault("conversations.members", Fault::RateLimit(200), 1);
    w.sim.say(SAM, "C03OPS", None, "/retro start v7").await;
    w.crash().await;
    w.minutes(5).await;
    let calls = w.sim.journal();
    let limited = calls.iter().find(|c| c.method == "conversations.members" && c.error.is_some()).unwrap().at;
    let again = calls.iter().find(|c| c.method == "conversations.members" && c.at > limited).unwrap().at;
    assert!(again - limited >= Duration::seconds(200), "{}", again - limited);
    assert!(w.public("C03OPS").iter().any(|m| m.contains("v7")), "{:?}", w.public("C03OPS"));
    // An answer that was under way at the crash came by DM.
    let stuck = w.stuck().await;
    assert!(stuck.iter().all(|row| row.starts_with("reply/")), "{stuck:?}");
    w.ends_with(Left { refused: &["views.open", "conversations.members"], stuck: stuck.len(), ..Left::default() })
        .await;
}

/// What `/readyz` says.
async fn ready(w: &World) -> (u16, String) {
    w.http_now("GET", "/readyz", &[], b"").await
}

#[tokio::test]
async fn readiness_says_why_not() {
    let w = World::new(Transport::Http).await;
    assert_eq!(ready(&w).await, (200, "ready".to_owned()));
    let health: serde_json::Value = serde_json::from_str(&w.http("GET", "/healthz", &[], b"").await.1).unwrap();
    assert_eq!((&health["mode"], &health["version"]), (&"HTTP".into(), &env!("CARGO_PKG_VERSION").into()));
    // Another process holds the lock.
    let lock = Lock::take(&w).await;
    w.minutes(2).await;
    let (code, why) = ready(&w).await;
    assert!(code == 503 && why.contains("nothing has been saved since"), "{code} {why}");
    lock.let_go().await;
    w.minutes(2).await;
    assert_eq!(ready(&w).await.0, 200);
    // Slack is down.
    w.sim.fault("*", Fault::Status { code: 503, effect: false }, u32::MAX);
    w.sim.say(MARIA, RELEASES, None, "/retro start v1").await;
    for _ in 0..4 {
        w.bot().engine.quiet().await;
        w.clock.advance(Duration::seconds(30));
    }
    let (code, why) = ready(&w).await;
    assert!(code == 503 && why.contains("Slack has not answered since"), "{code} {why}");
    w.sim.clear_faults();
    w.minutes(10).await;
    assert_eq!(ready(&w).await, (200, "ready".to_owned()));
    // The token is refused.
    w.sim.fault("chat.postMessage", Fault::Error { code: "token_revoked", effect: false }, 1);
    w.says(MARIA, "/retro start v2").await;
    let (code, why) = ready(&w).await;
    assert!(code == 503 && why.contains("Slack does not accept the token"), "{code} {why}");
    w.advance(Duration::hours(1)).await;
    assert_eq!(ready(&w).await.0, 200);
    // A call in the channel never ends, so that what could go does not.
    let lane = w.bot().bot.lanes.take_lane(RELEASES).unwrap();
    w.says(MARIA, "/retro start v3").await;
    assert_eq!(ready(&w).await.0, 200);
    w.advance(Duration::minutes(30)).await;
    let (code, why) = ready(&w).await;
    assert!(code == 503 && why.contains("has waited for more than 15 minutes"), "{code} {why}");
    drop(lane);
    w.advance(Duration::minutes(30)).await;
    assert_eq!(ready(&w).await.0, 200);
    let refused: std::collections::BTreeSet<String> = w.journal_errors().into_iter().map(|c| c.method).collect();
    let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    let stuck = w.stuck().await;
    w.ends_with(Left { refused: &refused, stuck: stuck.len(), ..Left::default() }).await;
}

#[tokio::test]
async fn a_clock_that_is_put_right_is_not_held_against_slack() {
    let w = World::skewed(Transport::Http, Duration::minutes(20)).await;
    w.says(MARIA, "/retro start v1").await;
    w.put_right();
    // The first request is refused, and Slack's time is asked for.
    w.sim.say(SAM, RELEASES, None, "@lookback status").await;
    assert!(w.sim.until_called("auth.test", 2).await);
    let known = async {
        while w.bot().bot.slack.time.skew().is_none_or(|skew| skew.abs() > Duration::seconds(5)) {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(std::time::Duration::from_secs(10), known).await.is_ok());
    assert!(w.says(MARIA, "/retro status").await.contains("v1"));
    let unacked = w.sim.unacked();
    w.ends_with(Left { unacked, ..Left::default() }).await;
}
