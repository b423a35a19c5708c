//! What changes around a meeting that is under way: who leads, who takes part, other meetings, a cancellation.

use crate::themes::in_stage;
use crate::world::{MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

#[tokio::test]
async fn a_cancelled_meeting_leaves_nothing_in_sight() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 3).await;
    w.says(MARIA, "/retro cancel because the release was withdrawn").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    assert_eq!(w.sim.read(|s| s.messages.iter().filter(|m| m.text.contains("Backups took long")).count()), 0);
    let edits = w.calls("chat.update");
    w.minutes(5).await;
    assert_eq!(w.calls("chat.update"), edits, "no clock goes on");
    w.ends().await;
}

#[tokio::test]
async fn what_was_read_out_goes_with_a_meeting_that_is_called_off() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0 named").await;
    w.says(SAM, "/retro kudos @noor for the calm rollback").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    for _ in 0..5 {
        w.minutes(1).await;
        w.says(MARIA, "/retro next").await;
    }
    assert!(w.in_thread().iter().any(|m| m.starts_with("Kudos to")), "{:?}", w.in_thread());
    w.says(MARIA, "/retro cancel").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    assert!(!w.public(RELEASES).iter().any(|m| m.contains("calm rollback")), "{:?}", w.public(RELEASES));
    w.ends().await;
}

#[tokio::test]
async fn another_facilitator_moves_on_and_is_named() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.says(MARIA, "/retro lead @noor").await;
    let named = w.sim.read(|s| {
        let stage = s.messages.iter().rfind(|m| m.text.starts_with("2 of 6")).unwrap();
        serde_json::json!(stage.blocks).to_string()
    });
    assert!(named.contains("Facilitator: <@U02NOOR>."), "{named}");
    w.minutes(1).await;
    assert!(w.clicks(SAM, RELEASES, "Next: What could be improved").await.contains("Only <@U02NOOR>"));
    w.clicks(NOOR, RELEASES, "Next: What could be improved").await;
    assert!(w.stage("3 of 6").contains("minutes left"));
    w.ends().await;
}

#[tokio::test]
async fn figures_and_shared_words_that_come_late_are_shown() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v2.1.0").await;
    w.answers(PRIYA, &[(0, "The rehearsal was worth it")]).await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro data v2.1.0").await;
    w.sends(MARIA, &[("incidents", "0")]).await;
    assert!(w.stage("1 of 6").contains("(no incidents)"), "{}", w.stage("1 of 6"));
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("2 of 6").contains("No notes yet."));
    let dm = w.dm(PRIYA);
    w.clicks(PRIYA, &dm, "Share").await;
    assert!(w.stage("2 of 6").contains("The rehearsal was worth it"), "{}", w.stage("2 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn two_meetings_in_one_channel_are_told_apart() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.says(MARIA, "/retro start v3 named").await;
    w.says(MARIA, "/retro agenda v3").await;
    // A note goes to the retro in its meeting, not to the one started last.
    assert!(w.says(SAM, "/retro note well Calm").await.contains("*v2.1.0*"));
    assert!(w.says(MARIA, "/retro extend 5m").await.contains("of *v2.1.0*"));
    w.says(MARIA, "/retro meet v3").await;
    let which = w.says(MARIA, "/retro next").await;
    assert!(
        which.contains("Several retros are open or scheduled here") && which.contains("/retro next v2.1.0"),
        "{which}"
    );
    w.minutes(1).await;
    assert!(w.says(MARIA, "/retro next v3").await.contains("“What went well” of *v3*"));
    assert!(w.says(MARIA, "/retro pause v2.1.0").await.contains("Timer paused"));
    // A command in a thread belongs to the meeting of that thread.
    let first = w.sim.read(|s| s.messages.iter().find(|m| m.text.starts_with("Agenda")).unwrap().ts.clone());
    for (thread, version) in [(first, "*v2.1.0*"), (w.thread(RELEASES), "*v3*")] {
        let said = async |who, text: &str| {
            w.sim.say(who, RELEASES, Some(&thread), text).await;
            w.settle().await;
            w.last_alone(who)
        };
        assert!(said(SAM, "@lookback note improve The alerts were loud").await.contains(version), "{version}");
        assert!(said(MARIA, "@lookback extend 2m").await.contains(version), "{version}");
        let item = said(SAM, "@lookback action Add an alert that fires at 1 % errors @sam by 2w").await;
        assert!(item.contains("#") && !item.contains("Several"), "{item}");
    }
    let of = async |version: &str| w.says(MARIA, &format!("/retro actions {version}")).await;
    assert!(of("v2.1.0").await.contains("#1") && !of("v2.1.0").await.contains("#2"), "{}", of("v2.1.0").await);
    w.ends().await;
}

#[tokio::test]
async fn a_message_that_did_not_change_is_not_sent_again() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.replies(SAM, "well: calm").await;
    // This updates the agenda. The second time nothing changes.
    w.says(MARIA, "/retro lead @maria").await;
    let edits = w.calls("chat.update");
    w.replies(SAM, "I agree").await;
    w.says(MARIA, "/retro lead @maria").await;
    assert_eq!(w.calls("chat.update") - edits, 0);
    w.says(MARIA, "/retro lead @noor").await;
    assert!(w.calls("chat.update") - edits >= 3, "kickoff, agenda and stages name who leads");
    w.ends().await;
}

#[tokio::test]
async fn people_of_another_company_who_were_named_take_part() {
    let mut ws = lookback_sim::workspace::Workspace::example();
    let guest = lookback_sim::workspace::Person {
        id: "W0EXT".into(),
        name: "ext".into(),
        tz: "Europe/Berlin".into(),
        other_team: Some("T0OTHER".into()),
        ..Default::default()
    };
    ws.channels[0].members.push(guest.id.clone());
    ws.people.push(guest);
    let w = World::with(Transport::Http, ws).await;
    w.says(MARIA, "/retro start v1 @maria @ext named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    assert!(w.clicks("W0EXT", RELEASES, "Pass").await.contains("You're done with this stage"));
    w.ends().await;
}
