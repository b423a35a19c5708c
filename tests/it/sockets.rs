//! Socket Mode: connections are renewed, break, and are not opened more often than Slack lets them.

use chrono::Duration;

use crate::world::{MARIA, Transport, World};
use lookback_sim::Fault;

#[tokio::test]
async fn four_starts_in_eight_seconds_leave_nobody_deaf() {
    let mut w = World::new(Transport::Socket).await;
    for _ in 0..3 {
        w.clock.advance(Duration::seconds(2));
        w.crash().await;
    }
    let checks = usize::from(w.is_file());
    assert_eq!(w.calls("apps.connections.open"), 4 + checks, "one for each start, and the check before a new file");
    assert!(w.says(MARIA, "/retro help").await.contains("/retro start"));
    w.minutes(2).await;
    assert!(w.sim.sockets(w.connections()).await, "the second connection follows");
    assert_eq!(w.journal_errors().len(), 0);
    w.ends().await;
}

#[tokio::test]
async fn a_wait_that_slack_asks_for_holds_for_sockets_and_across_a_start() {
    let mut w = World::new(Transport::Socket).await;
    w.minutes(1).await;
    assert!(w.sim.sockets(w.connections()).await);
    w.minutes(1).await;
    w.sim.fault("apps.connections.open", Fault::RateLimit(200), 1000);
    let opened = w.calls("apps.connections.open");
    w.sim.drop_sockets();
    assert!(w.sim.until_called("apps.connections.open", opened + 1).await);
    let limited = w.clock.now();
    w.minutes(1).await;
    let calls = w.calls("apps.connections.open");
    let (status, why) = w.http("GET", "/readyz", &[], b"").await;
    assert!(status == 503 && why.contains("had no connection"), "{status} {why}");
    w.crash_deaf().await;
    w.minutes(1).await;
    assert_eq!(w.calls("apps.connections.open"), calls, "nobody calls before the wait is over");
    w.sim.clear_faults();
    w.minutes(3).await;
    assert!(w.sim.connects().await);
    assert!(w.clock.now() - limited >= Duration::seconds(200));
    assert!(w.says(MARIA, "/retro help").await.contains("/retro start"));
    assert_eq!(w.http("GET", "/readyz", &[], b"").await.0, 200);
    w.ends_refused(&["apps.connections.open"]).await;
}

/// A wait that was kept by a clock an hour ahead lasted that hour longer.
#[tokio::test]
async fn a_clock_that_is_put_right_makes_no_wait_longer() {
    for restarts in [false, true] {
        let mut w = World::skewed(Transport::Socket, Duration::hours(1)).await;
        w.minutes(1).await;
        assert!(w.sim.sockets(w.connections()).await);
        w.sim.fault("apps.connections.open", Fault::RateLimit(200), 1000);
        let opened = w.calls("apps.connections.open");
        w.sim.drop_sockets();
        assert!(w.sim.until_called("apps.connections.open", opened + 1).await);
        w.minutes(1).await;
        w.put_right();
        w.sim.clear_faults();
        if restarts {
            w.crash_deaf().await;
        }
        assert!(w.holds_sockets(w.connections()).await, "restarts: {restarts}");
        assert!(w.says(MARIA, "/retro help").await.contains("/retro start"));
        w.ends_refused(&["apps.connections.open"]).await;
    }
}

#[tokio::test]
async fn connections_that_slack_renews_lose_nothing() {
    let w = World::new(Transport::Socket).await;
    w.minutes(1).await;
    assert!(w.sim.sockets(w.connections()).await);
    for round in 0..3 {
        w.minutes(1).await;
        w.sim.renew_sockets().await;
        assert!(w.sim.connects().await, "round {round}");
        assert!(w.says(MARIA, "/retro help").await.contains("/retro start"), "round {round}");
    }
    w.ends().await;
}
