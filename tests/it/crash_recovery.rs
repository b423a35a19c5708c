//! The bot is killed, or away: nothing acknowledged is lost, nothing is sent twice.

use chrono::Duration;

use crate::world::{MARIA, RELEASES, SAM, Transport, World};
use lookback::store::{cards, in_doubt, replies};
use lookback_core::ids::TeamId;
use lookback_core::retro::Reply;
use lookback_core::retro::message::{Recipient, Wanted};
use lookback_sim::Fault;
use lookback_sim::workspace::Workspace;

#[tokio::test]
async fn a_crash_at_any_call_loses_and_doubles_nothing() {
    // The process dies at a different call each time.
    for at in 0..14 {
        let mut w = World::new(Transport::Http).await;
        w.sim.fault("chat.postMessage", Fault::Status { code: 500, effect: at % 2 == 0 }, 1);
        w.sim.say(MARIA, RELEASES, None, "/retro start v1 named").await;
        let calls = w.calls("chat.postMessage");
        let arrived = w.sim.until(|_| true).await;
        assert!(arrived);
        for _ in 0..at {
            tokio::task::yield_now().await;
        }
        w.crash().await;
        w.settle().await;
        assert!(w.calls("chat.postMessage") >= calls);
        assert_eq!(w.public(RELEASES).len(), 1, "crash {at}");
        assert_eq!(w.surveys(), [1; 8], "crash {at}");
        w.answers(SAM, &[(0, "kept")]).await;
        w.crash().await;
        w.says(MARIA, "/retro agenda").await;
        w.crash().await;
        w.settle().await;
        let public = w.public(RELEASES);
        assert!(public.len() == 2 && public[1].contains("kept"), "crash {at}: {public:?}");
        w.ends_refused(&["chat.postMessage"]).await;
    }
}

#[tokio::test]
async fn a_crash_between_the_post_and_its_answer_is_settled_by_looking() {
    let mut w = World::new(Transport::Http).await;
    // Slack posts the message and answers late. The process dies in between.
    w.sim.latency(std::time::Duration::from_secs(2));
    w.sim.say(MARIA, RELEASES, None, "/retro start v1 @sam").await;
    let posted = |s: &Workspace| s.messages.iter().any(|m| m.text.contains("Retrospective of"));
    assert!(w.sim.until(posted).await);
    w.sim.latency(std::time::Duration::ZERO);
    w.crash().await;
    w.settle().await;
    assert_eq!(w.public(RELEASES).len(), 1);
    assert_eq!(w.surveys().iter().sum::<usize>(), 1);
    assert!(w.sim.journal().iter().any(|c| c.method == "conversations.history"), "somebody looked");
    w.answers(SAM, &[(0, "it is ours to edit")]).await;
    assert!(w.public(RELEASES)[0].contains("1 of 1"));
    w.ends().await;
}

#[tokio::test]
async fn deadlines_pass_while_the_bot_is_away() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:24h").await;
    w.answers(SAM, &[(0, "good")]).await;
    let before = w.clock.now();
    w.restart().await;
    w.clock.advance(Duration::days(3));
    w.restart().await;
    assert!(w.clock.now() - before >= Duration::days(3));
    w.settle().await;
    assert_eq!(w.public(RELEASES).len(), 2, "one agenda");
    // The clock goes back. Nothing is done twice.
    w.clock.advance(Duration::days(-2));
    w.restart().await;
    w.advance(Duration::days(3)).await;
    assert_eq!(w.public(RELEASES).len(), 2);
    w.ends().await;
}

#[tokio::test]
async fn a_clock_that_leaps_takes_no_row_from_under_a_call() {
    let w = World::new(Transport::Http).await;
    let (store, team, now) = (&w.bot().bot.store, TeamId("T0PLAY".into()), w.clock.now().timestamp_millis());
    let key = "reply/leap";
    let wanted = Wanted::reply("leap", Recipient::Dm { user: MARIA.into() }, &Reply::new("Hello"));
    let mut tx = store.begin().await.unwrap();
    cards::want(&mut tx, &team, &wanted, now).await.unwrap();
    let row = cards::by_key(&mut tx, &team, key).await.unwrap().unwrap();
    assert!(cards::claim(&mut tx, &row, now).await.unwrap());
    // The call is under way, and two weeks pass at once.
    let later = now + 14 * 86_400_000;
    replies::forget(&mut tx, later).await.unwrap();
    in_doubt::sweep(&mut tx, later).await.unwrap();
    cards::set_file(&mut tx, &row, "F1").await.unwrap();
    cards::mark_sent(&mut tx, &row, Some("1.1"), None, None).await.unwrap();
    // What was sent is forgotten in its time.
    replies::forget(&mut tx, later).await.unwrap();
    assert!(cards::by_key(&mut tx, &team, key).await.unwrap().is_none());
    drop(tx);
    w.ends().await;
}

#[tokio::test]
async fn an_answer_that_was_under_way_at_a_crash_comes_by_dm() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    let (team, now) = (TeamId("T0PLAY".into()), w.clock.now().timestamp_millis());
    let url = "http://127.0.0.1:9/respond/1".to_owned();
    let to = Recipient::Hook { url, replace: false, user: MARIA.into() };
    let mut tx = w.bot().bot.store.begin().await.unwrap();
    cards::want(&mut tx, &team, &Wanted::reply("answer", to, &Reply::new("Saved for you.")), now).await.unwrap();
    let row = cards::by_key(&mut tx, &team, "reply/answer").await.unwrap().unwrap();
    assert!(cards::claim(&mut tx, &row, now).await.unwrap());
    tx.commit().await.unwrap();
    w.crash().await;
    w.minutes(2).await;
    let dm = w.dm(MARIA);
    assert_eq!(w.seen(MARIA, &dm).iter().filter(|m| m.contains("Saved for you.")).count(), 1);
    w.ends().await;
}
