//! Themes that come back release after release: flagged, then somebody is asked what would help.

use chrono::Duration;

use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};
use lookback::store::{notes, retros};
use lookback_core::model::retro::{Phase, Retro};

/// A retro in which three people say what could be better, up to its agenda.
pub async fn agenda_of(w: &World, version: &str, wishes: [&str; 3]) -> String {
    w.says(MARIA, &format!("/retro start {version}")).await;
    for (who, wish) in [MARIA, NOOR, SAM].into_iter().zip(wishes) {
        w.answers(who, &[(1, wish)]).await;
    }
    w.says(MARIA, "/retro agenda").await;
    w.public(RELEASES).into_iter().rfind(|m| m.starts_with("Agenda: ")).unwrap()
}

pub async fn finished(w: &World) {
    w.says(MARIA, "/retro finish").await;
    w.advance(Duration::days(1)).await;
}

async fn the_ladder(transport: Transport) {
    let w = World::new(transport).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("escalate", PRIYA)]).await;
    let agenda =
        agenda_of(&w, "v1.9.0", ["The backup took an hour", "Alerts were noisy", "Nobody knew the runbook"]).await;
    assert!(!agenda.contains("Seen before"), "{agenda}");
    finished(&w).await;
    // The second time it is flagged, with a link to the first.
    let agenda = agenda_of(&w, "v2.0.0", ["Backups took an hour again", "The UI is slow", "Too few reviewers"]).await;
    let seen = agenda.lines().find(|l| l.contains("was raised in")).unwrap();
    assert!(
        seen.starts_with("• “Backups took an hour again” was raised in <http://")
            && seen.contains("|v1.9.0> and now, for the 2nd time."),
        "{seen}"
    );
    assert_eq!(agenda.matches("was raised in").count(), 1, "{agenda}");
    finished(&w).await;
    assert!(!w.seen(PRIYA, &w.dm(PRIYA)).iter().any(|m| m.contains("four short questions")));
    // The third time a named person is asked, when the retro is finished.
    let agenda = agenda_of(&w, "v2.1.0", ["The backup took an hour", "Docs are old", "Long queue"]).await;
    assert!(
        agenda.contains("|v1.9.0>, <http://")
            && agenda.contains("|v2.0.0> and now, for the 3rd time; I'll ask for a decision after this retro."),
        "{agenda}"
    );
    finished(&w).await;
    let dm = w.dm(PRIYA);
    let asked = w.seen(PRIYA, &dm).into_iter().find(|m| m.contains("four short questions")).unwrap();
    assert!(
        asked.contains("“The backup took an hour” came up in the retros of v1.9.0, v2.0.0 and *v2.1.0*"),
        "{asked}"
    );
    w.opens(PRIYA, &dm, "Answer the four questions").await;
    w.sends(PRIYA, &[]).await;
    assert_eq!(w.form_errors(PRIYA), [("time".to_owned(), "Please answer at least one.".to_owned())]);
    w.sends(PRIYA, &[("time", "One day a sprint"), ("why", "The disk is <old>")]).await;
    assert!(
        w.seen(PRIYA, &dm)
            .iter()
            .any(|m| m.contains("• dedicated time: One day a sprint\n• persists because: The disk is &lt;old&gt;"))
    );
    // The fourth time, the agenda and the document show what was answered.
    let agenda = agenda_of(&w, "v2.2.0", ["Backups took an hour", "b", "c"]).await;
    assert!(agenda.contains("for the 4th time"), "{agenda}");
    assert!(
        agenda.contains("Earlier answer: dedicated time: One day a sprint; persists because: The disk is &lt;old&gt;."),
        "{agenda}"
    );
    finished(&w).await;
    let document = w.sim.read(|s| s.messages.iter().rev().find_map(|m| m.files.first().cloned())).unwrap().text();
    assert!(document.contains("Seen before:\n\n- Backups took an hour: raised in v1.9.0, v2.0.0, v2.1.0 and now, for the 4th time\n  - dedicated time: One day a sprint\n"), "{document}");
    w.ends().await;
}

#[tokio::test]
async fn what_keeps_coming_back_climbs_a_ladder_over_http() {
    the_ladder(Transport::Http).await;
}

#[tokio::test]
async fn what_keeps_coming_back_climbs_a_ladder_over_socket_mode() {
    the_ladder(Transport::Socket).await;
}

#[tokio::test]
async fn somebody_else_is_named() {
    let w = World::new(Transport::Http).await;
    for (version, x, y) in [("v1", "Coffee", "Rain"), ("v2", "Lights", "Chairs"), ("v3", "Windows", "Parking")] {
        agenda_of(&w, version, ["The backup took an hour", x, y]).await;
        finished(&w).await;
    }
    // The channel has no named person, so the facilitator is asked, who names one.
    let dm = w.dm(MARIA);
    w.opens(MARIA, &dm, "Ask someone else").await;
    w.sends(MARIA, &[("owner", "U10BUILD")]).await;
    assert!(w.form_errors(MARIA)[0].1.contains("is a bot"), "{:?}", w.form_errors(MARIA));
    w.sends(MARIA, &[("owner", JONAS)]).await;
    assert!(w.seen(MARIA, &dm).iter().any(|m| m.contains("I asked <@U05JONAS> about “The backup took an hour”")));
    assert!(w.seen(JONAS, &w.dm(JONAS)).iter().any(|m| m.contains("four short questions")));
    w.ends().await;
}

#[tokio::test]
async fn retros_of_an_earlier_version_are_looked_back_at_too() {
    let mut w = World::new(Transport::Http).await;
    agenda_of(&w, "v1", ["The backup took an hour", "x", "y"]).await;
    // The retro is finished as an earlier version did it, without themes.
    let app = &w.bot().bot;
    let team = "T0PLAY".into();
    let mut tx = app.store.begin().await.unwrap();
    let open = retros::open_in(&mut tx, &team, &RELEASES.into()).await.unwrap().remove(0);
    let ended = Some(open.started);
    retros::update(&mut tx, &team, &Retro { phase: Phase::Closed, ended, ..open }).await.unwrap();
    tx.commit().await.unwrap();
    w.restart().await;
    w.advance(Duration::days(3)).await;
    let agenda = agenda_of(&w, "v2", ["Backups took an hour", "a", "b"]).await;
    assert!(agenda.contains("“Backups took an hour” was raised in v1 and now, for the 2nd time."), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn what_is_hidden_is_not_looked_back_at() {
    let w = World::new(Transport::Http).await;
    agenda_of(&w, "v1", ["The backup took an hour", "x", "y"]).await;
    finished(&w).await;
    let app = &w.bot().bot;
    let team = "T0PLAY".into();
    let mut tx = app.store.begin().await.unwrap();
    let last = retros::last_closed(&mut tx, &team, &RELEASES.into(), None).await.unwrap().unwrap();
    for note in notes::of_retro(&mut tx, last.id).await.unwrap() {
        notes::hide(&mut tx, &team, note.id, true).await.unwrap();
    }
    tx.commit().await.unwrap();
    let agenda = agenda_of(&w, "v2", ["Backups took an hour", "a", "b"]).await;
    assert!(!agenda.contains("Seen before"), "{agenda}");
    w.ends().await;
}
