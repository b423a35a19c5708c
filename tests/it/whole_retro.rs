//! A whole retro, from one line to the summary, over both transports.

use chrono::Duration;

use crate::world::{HUMANS, JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

async fn whole(transport: Transport) {
    let w = World::new(transport).await;
    let said = w.says(MARIA, "/retro start v2.1.0").await;
    assert!(
        said.contains("*v2.1.0* is open")
            && said.contains("I'm asking 8 people")
            && said.contains("Tue 24 Nov 2026, 17:00 (Europe/Berlin)"),
        "{said}"
    );
    for user in HUMANS {
        assert!(w.seen(user, &w.dm(user)).iter().any(|m| m.contains("Six questions")), "{user}");
    }
    assert_eq!(w.public(RELEASES).len(), 1);

    w.answers(MARIA, &[(0, "Deployment went smoothly\nScope was clear"), (1, "The backup took an hour"), (4, "8")])
        .await;
    w.answers(NOOR, &[(0, "smooth deploy"), (1, "Backups took an hour"), (4, "6")]).await;
    w.answers(SAM, &[(2, "Users loved it"), (3, "Rehearse the migration"), (5, "Thanks all")]).await;
    assert!(w.public(RELEASES)[0].contains("3 of 8 answered"), "{:?}", w.public(RELEASES));
    let dm = w.dm(PRIYA);
    w.clicks(PRIYA, &dm, "I wasn't part of it").await;
    assert!(w.public(RELEASES)[0].contains("3 of 7 answered"));
    let dm = w.dm(JONAS);
    w.clicks(JONAS, &dm, "Nothing to add").await;
    assert!(w.public(RELEASES)[0].contains("4 of 7 answered"));

    let said = w.says(MARIA, "/retro agenda").await;
    assert!(said.contains("4 of 7 people answered") && said.contains("You can still add a thought"), "{said}");
    let agenda = w.public(RELEASES)[1].clone();
    assert!(agenda.contains("smooth deploy ×2") && agenda.contains("Backups took an hour ×2"), "{agenda}");
    assert!(agenda.contains("7.0/10, 6 to 8 (2 scores)"), "{agenda}");

    let said = w.says(MARIA, "/retro action Automate the smoke tests @noor by 2w high because they are slow").await;
    assert_eq!(said, "Added *#1* Automate the smoke tests (<@U02NOOR>, due Fri 4 Dec 2026, high).");
    w.says(SAM, "/retro kudos @priya for the calm rollback").await;
    w.says(MARIA, "/retro finish next:v2.2.0@2026-12-20").await;
    let public = w.public(RELEASES);
    let summary = public.iter().find(|m| m.contains("retrospective: summary")).expect("a summary");
    for part in [
        "What went well ✅",
        "smooth deploy ×2",
        "Key learnings",
        "Users loved it",
        "#1",
        "due Fri 4 Dec 2026",
        "<@U04PRIYA> for the calm rollback",
        "Thank you",
        "after v2.2.0, planned for Sun 20 Dec 2026",
    ] {
        assert!(summary.contains(part), "{part} is not in {summary}");
    }
    let (thread, file) = w.sim.read(|s| {
        let m = s.messages.iter().find(|m| !m.files.is_empty()).expect("a document");
        (m.thread_ts.clone(), m.files[0].clone())
    });
    assert_eq!(
        thread,
        w.sim.read(|s| s.messages.iter().find(|m| m.text.contains("retrospective: summary")).map(|m| m.ts.clone()))
    );
    assert_eq!(file.title, "retrospective-v2.1.0.md");
    insta::allow_duplicates! { insta::assert_snapshot!("document", file.text()) };
    insta::allow_duplicates! { insta::assert_snapshot!("channel", w.public(RELEASES).join("\n\n")) };
    w.ends().await;
}

#[tokio::test]
async fn from_one_line_to_the_summary_over_http() {
    whole(Transport::Http).await;
}

#[tokio::test]
async fn from_one_line_to_the_summary_over_socket_mode() {
    whole(Transport::Socket).await;
}

#[tokio::test]
async fn the_survey_closes_at_its_deadline() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:36h").await;
    w.answers(SAM, &[(0, "fine")]).await;
    w.advance(Duration::hours(35)).await;
    assert_eq!(w.public(RELEASES).len(), 1);
    w.advance(Duration::hours(2)).await;
    assert!(w.public(RELEASES)[1].contains("Agenda: retrospective of *v1*"));
    let dm = w.dm(SAM);
    assert!(w.seen(SAM, &dm)[0].contains("is closed. Thank you for taking part"));
    w.ends().await;
}

#[tokio::test]
async fn it_closes_ten_minutes_after_everyone_has_answered() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor named").await;
    w.answers(SAM, &[(0, "fine")]).await;
    w.answers(NOOR, &[(1, "slow")]).await;
    w.advance(Duration::minutes(8)).await;
    assert_eq!(w.public(RELEASES).len(), 1);
    w.advance(Duration::minutes(3)).await;
    assert!(w.public(RELEASES)[1].contains("Agenda"));
    w.ends().await;
}
