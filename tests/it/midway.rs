//! What happens to a meeting from outside while it is under way.

use chrono::Duration;
use lookback::ids::{ChannelId, UserId};
use lookback::store::{meetings, retros};

use crate::meeting::agenda;
use crate::themes::beside;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

async fn running(options: &str, stage: usize) -> World {
    let w = World::new(Transport::Http).await;
    agenda(&w, options).await;
    w.says(MARIA, "/retro meet").await;
    for _ in 1..stage {
        w.minutes(1).await;
        w.says(MARIA, "/retro next").await;
    }
    w
}

#[tokio::test]
async fn a_cancelled_meeting_leaves_nothing_in_sight() {
    let w = running("", 3).await;
    w.says(MARIA, "/retro cancel because the release was withdrawn").await;
    w.clicks(MARIA, RELEASES, "Cancel the retro").await;
    assert_eq!(w.sim.read(|s| s.messages.iter().filter(|m| m.text.contains("Backups took long")).count()), 0);
    let edits = w.calls("chat.update");
    w.minutes(5).await;
    assert_eq!(w.calls("chat.update"), edits, "no clock goes on");
    w.ends().await;
}

#[tokio::test]
async fn another_facilitator_moves_on_and_is_named() {
    let w = running("named", 2).await;
    w.says(MARIA, "/retro lead @noor").await;
    let named = w.sim.read(|s| {
        let stage = s.messages.iter().rfind(|m| m.text.starts_with("2 of 6")).unwrap();
        serde_json::json!(stage.blocks).to_string()
    });
    assert!(named.contains("For <@U02NOOR>, who facilitates:"), "{named}");
    w.minutes(1).await;
    assert!(w.clicks(SAM, RELEASES, "Next: What could be improved").await.contains("Only <@U02NOOR>"));
    w.clicks(NOOR, RELEASES, "Next: What could be improved").await;
    assert!(w.stage("3 of 6").contains("minutes left"));
    w.ends().await;
}

#[tokio::test]
async fn who_voted_is_forgotten_once_the_votes_are_counted() {
    let w = running("", 3).await;
    w.presses(JONAS, &beside(&w, "Alerts", "Upvote")).await;
    let app = w.bot().app.clone();
    let votes = async || {
        let mut tx = app.store.read().await.unwrap();
        let team = app.workspace.team_id.clone();
        let open = retros::open_in(&mut tx, &team, &ChannelId::from(RELEASES)).await.unwrap();
        meetings::votes_of(&mut tx, open[0].id, &UserId::from(JONAS)).await.unwrap().len()
    };
    assert_eq!(votes().await, 1);
    // The next stage counts those of this one.
    w.says(MARIA, "/retro next").await;
    assert_eq!(votes().await, 0);
    assert!(w.stage("3 of 6").contains("• Alerts at night 1 vote"));
    w.ends().await;
}

#[tokio::test]
async fn who_left_holds_nobody_up() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @maria @sam @noor async named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    w.clicks(NOOR, RELEASES, "Done or pass").await;
    w.sim.member(SAM, RELEASES, false).await;
    w.settle().await;
    w.clicks(MARIA, RELEASES, "Done or pass").await;
    w.advance(Duration::minutes(30)).await;
    assert!(w.stage("2 of 6").contains("Open until"), "{:?}", w.in_thread());
    w.ends().await;
}

#[tokio::test]
async fn an_abusive_answer_is_hidden_and_can_come_back() {
    let w = running("", 2).await;
    w.presses(SAM, &beside(&w, "Blue-green", "Why did this work?")).await;
    w.sends(SAM, &[("why", "Because somebody is an idiot")]).await;
    assert!(w.stage("2 of 6").contains("is an idiot"));
    w.opens(MARIA, RELEASES, "Hide a note").await;
    let form = w.form_words(MARIA);
    let at = form.find("insight-").unwrap();
    let value: String = form[at..].chars().take_while(|c| *c != '"').collect();
    w.sends(MARIA, &[("text", &value)]).await;
    assert!(!w.stage("2 of 6").contains("is an idiot"), "{}", w.stage("2 of 6"));
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("The answer is hidden, here and in the document."), "{}", w.last(MARIA, &dm));
    w.clicks(MARIA, &dm, "Show it again").await;
    assert!(w.stage("2 of 6").contains("is an idiot"));
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
    assert!(w.stage("1 of 6").contains("• Incidents: 0"), "{}", w.stage("1 of 6"));
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("2 of 6").contains("Nothing is noted here yet."));
    let dm = w.dm(PRIYA);
    w.clicks(PRIYA, &dm, "Share it").await;
    assert!(w.stage("2 of 6").contains("The rehearsal was worth it"), "{}", w.stage("2 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn two_meetings_in_one_channel_are_told_apart() {
    let w = running("named", 2).await;
    w.says(MARIA, "/retro start v3 named").await;
    w.says(MARIA, "/retro agenda v3").await;
    // A note goes to the meeting, not to the retro that was started last.
    assert!(w.says(SAM, "/retro note well Calm").await.contains("*v2.1.0*"));
    assert!(w.says(MARIA, "/retro extend 5m").await.contains("of *v2.1.0*"));
    w.says(MARIA, "/retro meet v3").await;
    let which = w.says(MARIA, "/retro next").await;
    assert!(which.contains("Several retros are open here") && which.contains("/retro next v2.1.0"), "{which}");
    w.minutes(1).await;
    assert!(w.says(MARIA, "/retro next v3").await.contains("“What went well” of *v3*"));
    assert!(w.says(MARIA, "/retro pause v2.1.0").await.contains("The clock stands"));
    w.ends().await;
}
