//! A database and the buttons of an earlier release go on working.

use chrono::Duration;

use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// A command that still waited for Slack when the old version stopped.
const WAITING: &str = r#"insert into errand (id, team_id, request, due_ms, attempts, made_ms) values (7, 'T0PLAY',
'{"request":{"team":"T0PLAY","user":"U02NOOR","channel":"C01REL","ask":{"Line":"start v3.0.0"},"answer":"Dm","trigger":null,"asked":"2026-11-20T09:00:00Z","key":"5d1f0c"},"need":{"channel":"C01REL","people":["U02NOOR"],"groups":[],"message":null}}',
0, 0, 1795165200000)"#;

async fn goes_on(transport: Transport) {
    let w = World::left_by("0.1.0", transport, WAITING).await;
    // The command that waited is done.
    assert!(w.public(RELEASES).iter().any(|m| m.contains("*v3.0.0*")), "{:?}", w.public(RELEASES));
    // A stage's buttons.
    assert!(w.stage("3 of 6").contains("The backup took an hour"), "{:?}", w.in_thread());
    w.clicks(NOOR, RELEASES, "Upvote").await;
    w.clicks(MARIA, RELEASES, "Next: Surprises and learnings").await;
    assert!(w.stage("4 of 6").contains("Users loved it"), "{:?}", w.in_thread());
    // One vote was given before the upgrade.
    assert!(w.stage("3 of 6").contains("2 votes"), "{}", w.stage("3 of 6"));
    // A sealed survey, and one that is still to be answered.
    let dm = w.dm(PRIYA);
    w.opens(PRIYA, &dm, "Change my answers").await;
    assert!(w.form_words(PRIYA).contains("early words"), "{}", w.form_words(PRIYA));
    w.sends(PRIYA, &[]).await;
    w.answers(JONAS, &[(0, "late words")]).await;
    // A button beside an action item.
    let listed = w.says(NOOR, "/retro actions").await;
    assert!(listed.contains("#1") && listed.contains("Automate the smoke tests"), "{listed}");
    w.opens(NOOR, RELEASES, "Done").await;
    w.sends(NOOR, &[("why", "they run in ten minutes")]).await;
    // Deadlines that were set.
    w.advance(Duration::days(4)).await;
    let agenda = w.public(RELEASES).into_iter().rfind(|m| m.starts_with("Agenda: ") && m.contains("*v2.2.0*"));
    assert!(agenda.is_some_and(|a| a.contains("#1") && a.contains("they run in ten minutes")));
    assert!(w.says(SAM, "/retro history").await.contains("v2.0.0"));
    w.ends().await;
}

#[tokio::test]
async fn a_database_and_the_buttons_of_the_first_release_go_on_over_http() {
    goes_on(Transport::Http).await;
}

#[tokio::test]
async fn a_database_and_the_buttons_of_the_first_release_go_on_over_socket_mode() {
    goes_on(Transport::Socket).await;
}
