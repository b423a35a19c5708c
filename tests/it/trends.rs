//! Several releases: compared, listed, drawn.

use chrono::Duration;

use crate::world::{MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// A release with its figures, a retro of three people and an action item of noor's.
pub async fn release_of(w: &World, version: &str, lead: &str, deploy: &str, incidents: u32, score: &str) {
    w.says(MARIA, &format!("/retro start {version}")).await;
    w.says(MARIA, "/retro data").await;
    let data = format!(
        "lead_time: {lead}\ntimeline: [{{phase: Deployment, planned: 2.5 hrs, actual: {deploy}}}]\nincidents: {{total: {incidents}, rollbacks: 0}}\n"
    );
    w.sends(MARIA, &[("document", &data)]).await;
    for who in [MARIA, NOOR, SAM] {
        w.answers(who, &[(0, "calm"), (4, score)]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, &format!("/retro action Automate the smoke test of {version} @noor by 2w")).await;
    w.says(MARIA, "/retro finish").await;
    w.advance(Duration::days(3)).await;
}

/// Three releases of the release process, one after the other.
pub async fn three_releases(w: &World) {
    release_of(w, "v1.9.0", "5 days", "5 hours", 2, "6").await;
    release_of(w, "v2.0.0", "4 days", "4 hours", 1, "7").await;
    release_of(w, "v2.1.0", "3 days", "3 hours", 0, "8").await;
    w.says(NOOR, "/retro done 1 it takes minutes").await;
}

async fn compared(transport: Transport) {
    let w = World::new(transport).await;
    assert!(w.says(PRIYA, "/retro trends").await.contains("nothing to compare yet"));
    assert!(w.says(PRIYA, "/retro history").await.contains("There are no retros in this channel yet"));
    three_releases(&w).await;
    let said = w.says(PRIYA, "/retro trends").await;
    assert!(said.contains("• Lead time: 3 days, better with each release since v1.9.0 (5 days)"), "{said}");
    assert!(said.contains("• Smoothness: 8.0, better with each release since v1.9.0 (6.0)"), "{said}");
    // Items that are not due yet are not compared.
    assert!(!said.contains("• Actions done:"), "{said}");
    assert!(said.contains("Trend: Improving with each release."), "{said}");
    let rows =
        "• v2.1.0: lead time 3 days, deploy time 3 hours, incidents 0, smoothness 8.0, actions done 0 of 1\n• v2.0.0: ";
    assert!(said.contains(rows), "{said}");
    let (picture, channel) = w.sim.read(|s| {
        let m = s.messages.iter().rfind(|m| m.files.iter().any(|f| f.is_png())).expect("a picture");
        (m.files[0].clone(), m.channel.clone())
    });
    assert_eq!(channel, w.dm(PRIYA));
    assert!(picture.alt.starts_with("Lead time in days: v1.9.0 5, v2.0.0 4, v2.1.0 3."), "{}", picture.alt);
    // An item of v2.1.0 is overdue now, so that figure is worse.
    w.says(NOOR, "/retro done 2").await;
    w.advance(Duration::days(12)).await;
    let said = w.says(PRIYA, "/retro trends").await;
    assert!(said.contains("• Actions done: 0 of 1, worse than v2.0.0 (1 of 1), worse than v1.9.0 (1 of 1)"), "{said}");
    assert!(
        said.contains("Trend: Mixed (better: lead time, deploy time, incidents, smoothness; worse: actions done)"),
        "{said}"
    );
    w.says(NOOR, "/retro done 3").await;
    let said = w.says(SAM, "/retro history").await;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[1].starts_with("• v2.1.0: finished") && lines[3].starts_with("• v1.9.0: finished"), "{said}");
    assert!(lines[1].contains("answered 3 of 8, smoothness 8.0, actions done 1 of 1"), "{said}");
    assert!(
        lines[1].contains("|kickoff>") && lines[1].contains("|agenda>") && lines[1].contains("|summary>"),
        "{said}"
    );
    w.ends().await;
}

#[tokio::test]
async fn releases_are_compared_over_http() {
    compared(Transport::Http).await;
}

#[tokio::test]
async fn releases_are_compared_over_socket_mode() {
    compared(Transport::Socket).await;
}

#[tokio::test]
async fn a_long_history_has_pages_and_reasons() {
    let w = World::new(Transport::Http).await;
    for n in 0..12 {
        w.says(MARIA, &format!("/retro start v1.{n} @sam")).await;
        w.says(MARIA, &format!("/retro cancel v1.{n} because of <reason> {n}")).await;
        w.clicks(MARIA, RELEASES, "Cancel the retro").await;
        w.advance(Duration::hours(1)).await;
    }
    let said = w.says(SAM, "/retro history").await;
    assert!(said.contains("v1.11: cancelled Fri 20 Nov 2026: of &lt;reason&gt; 11"), "{said}");
    assert_eq!(said.matches("• v1.").count(), 10, "{said}");
    let said = w.clicks(SAM, RELEASES, "Earlier ones").await;
    assert!(said.starts_with("Earlier ones:") && said.contains("v1.0:") && said.contains("v1.1:"), "{said}");
    assert_eq!(said.matches("• v1.").count(), 2, "{said}");
    w.ends().await;
}

#[tokio::test]
async fn without_the_right_to_send_files_the_figures_stand_in_words() {
    let mut w = World::new(Transport::Http).await;
    w.sim.grant("files:write", false);
    w.restart().await;
    three_releases(&w).await;
    let said = w.says(PRIYA, "/retro trends").await;
    assert!(said.contains("I can't post the chart") && said.contains("v1.9.0"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_figure_that_an_item_should_move_is_shown_before_and_after() {
    let w = World::new(Transport::Http).await;
    release_of(&w, "v1.9.0", "5 days", "5 hours", 2, "6").await;
    w.says(MARIA, "/retro action").await;
    let item = [
        ("text", "Cache the build images of the pipeline"),
        ("owner", NOOR),
        ("due", "2w"),
        ("metric", "deploy time <3h>"),
    ];
    w.sends(MARIA, &item).await;
    w.says(MARIA, "/retro start v2.0.0").await;
    w.says(MARIA, "/retro data").await;
    w.sends(MARIA, &[("document", "timeline: [{phase: Deployment, planned: 2.5 hrs, actual: 3h}]")]).await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES).into_iter().rfind(|m| m.starts_with("Agenda: ")).unwrap();
    let line = agenda.lines().find(|l| l.contains("Cache the build images")).unwrap();
    assert!(line.ends_with("Deploy time: 5 hours in v1.9.0, 3 hours now"), "{line}");
    w.ends().await;
}
