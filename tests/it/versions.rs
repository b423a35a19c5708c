//! Names of releases, as people and their devices type them, and their order.

use chrono::Duration;

use crate::world::{MARIA, RELEASES, Transport, World};

async fn one_release(transport: Transport) {
    let w = World::new(transport).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    let surveys = w.surveys().len();
    for typed in ["“v2.1.0”", "`v2.1.0`", "2.1.0", "V2.1.0", "<https://github.com/acme/app/releases/tag/v2.1.0>"] {
        let said = w.says(MARIA, &format!("/retro start {typed}")).await;
        assert!(said.contains("The retro for *v2.1.0* is already open"), "{typed}: {said}");
        let said = w.says(MARIA, &format!("/retro status {typed}")).await;
        assert!(said.contains("v2.1.0"), "{typed}: {said}");
    }
    assert_eq!(w.surveys().len(), surveys);
    // Nearly the same name asks.
    let said = w.says(MARIA, "/retro start 2.1 everyone").await;
    assert!(said.contains("This channel has a release *v2.1.0*. Is *2.1* the same?"), "{said}");
    w.clicks(MARIA, RELEASES, "Yes, v2.1.0").await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("The retro for *v2.1.0* is already open"), "{said}");
    // A finished one asks once, with its summary.
    w.says(MARIA, "/retro agenda 2.1.0").await;
    w.says(MARIA, "/retro finish 2.1.0 next:2.2.0@2026-12-20").await;
    let said = w.says(MARIA, "/retro start 2.1.0").await;
    assert!(said.contains("There was already a retro for *v2.1.0*. <http"), "{said}");
    assert!(said.contains("|Read its summary>. Start a second one?"), "{said}");
    w.clicks(MARIA, RELEASES, "Start another retro").await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("The retro for *v2.1.0* is open."), "{said}");
    w.says(MARIA, "/retro cancel").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    let said = w.says(MARIA, "/retro start 2.1").await;
    assert!(said.contains("Is *2.1* the same?"), "{said}");
    w.clicks(MARIA, RELEASES, "No, start 2.1").await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("The retro for *2.1* is open."), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn what_devices_add_makes_no_other_release_over_http() {
    one_release(Transport::Http).await;
}

#[tokio::test]
async fn what_devices_add_makes_no_other_release_over_socket_mode() {
    one_release(Transport::Socket).await;
}

/// Gives the figures of a release by the form.
async fn data(w: &World, version: &str, deployed: &str, lead: &str) {
    w.says(MARIA, &format!("/retro data {version}")).await;
    let deployed = if deployed.is_empty() { String::new() } else { format!("deployed_at: {deployed}T10:00:00Z\n") };
    w.sends(MARIA, &[("document", &format!("version: {version}\n{deployed}lead_time: {lead}\n"))]).await;
    assert!(w.last_alone(MARIA).contains("is saved"), "{}", w.last_alone(MARIA));
}

async fn trends(w: &World) -> String {
    w.says(MARIA, "/retro trends").await
}

#[tokio::test]
async fn a_package_has_the_order_of_its_versions() {
    let w = World::new(Transport::Http).await;
    data(&w, "my-app-v1.9.0", "2026-11-02", "2 days").await;
    data(&w, "my-app-v1.10.0-rc.1", "2026-11-04", "4 days").await;
    data(&w, "my-app-v1.10.0", "2026-11-06", "6 days").await;
    let said = trends(&w).await;
    assert!(said.contains("Lead time: 6 days, worse with each release since my-app-v1.9.0 (2 days)"), "{said}");
    let places: Vec<_> = ["• my-app-v1.10.0:", "• my-app-v1.10.0-rc.1:", "• my-app-v1.9.0:"]
        .map(|row| said.find(row).unwrap_or_else(|| panic!("{row} in {said}")))
        .to_vec();
    assert!(places.is_sorted(), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn days_tell_the_order_where_names_do_not_and_nothing_is_guessed() {
    let w = World::new(Transport::Http).await;
    data(&w, "winter", "2026-11-02", "6 days").await;
    data(&w, "autumn", "2026-09-02", "4 days").await;
    let said = trends(&w).await;
    assert!(said.contains("Lead time: 6 days, worse than autumn (4 days)"), "{said}");
    data(&w, "spring", "", "9 days").await;
    let said = trends(&w).await;
    assert!(said.contains("• spring: lead time 9 days") && !said.contains("Trend:"), "{said}");
    assert!(!said.contains("worse") && !said.contains("better"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_release_without_a_retro_tells_only_the_kind() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1.0.0 deployed:2026-11-10").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 1w").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    w.advance(Duration::days(1)).await;
    // By the order of names 1.0.0 is before it, and it would be a major release.
    w.says(MARIA, "/retro start v2.1.0 previous:2.0.0").await;
    w.says(MARIA, "/retro data v2.1.0").await;
    w.sends(MARIA, &[("document", "version: v2.1.0\nlead_time: 3 days\n")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("minor"), "{said}");
    // What became of the last retro's items is told all the same.
    assert!(w.public(RELEASES).iter().any(|m| m.contains("v2.1.0") && m.contains("rollback runbook")));
    w.ends().await;
}
