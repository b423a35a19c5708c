//! The meeting without a call, over days: its stages, invitations, and who has been heard.

use chrono::Duration;

use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback_sim::Fault;

/// The invitations in somebody's DM.
fn invitations(w: &World, who: &str) -> Vec<String> {
    let dm = w.dm(who);
    w.seen(who, &dm).into_iter().filter(|m| m.starts_with('“') || m.starts_with("You're done with")).collect()
}

async fn five_days(transport: Transport) {
    // Friday 10:00; the survey is closed on Monday.
    let w = World::new(transport).await;
    w.says(MARIA, "/retro start v2.1.0 @maria @sam @noor async named closes:2026-11-22").await;
    w.answers(SAM, &[(0, "Blue-green worked"), (1, "The backup took long")]).await;
    w.answers(NOOR, &[(0, "blue green worked"), (1, "Alerts at night")]).await;
    w.advance(Duration::hours(72)).await;
    assert!(
        w.public(RELEASES)[1].contains("each stage stays open for one working day in the thread"),
        "{:?}",
        w.public(RELEASES)
    );
    // Monday 10:00.
    let said = w.says(MARIA, "/retro meet").await;
    assert!(
        said.contains("each stage is open for a working day, the first until Tue 24 Nov 2026, 10:00 (Europe/Berlin)"),
        "{said}"
    );
    let stage = w.stage("1 of 6");
    assert!(
        stage.contains("Open until Tue 24 Nov 2026, 10:00") && stage.contains("Still to hear from: noor, sam, maria."),
        "{stage}"
    );
    // One invitation each, in their own working hours.
    assert_eq!((invitations(&w, NOOR).len(), invitations(&w, MARIA).len(), invitations(&w, SAM).len()), (1, 1, 0));
    w.advance(Duration::hours(5)).await;
    assert_eq!(invitations(&w, SAM).len(), 1, "nine o'clock in New York");
    assert!(
        invitations(&w, SAM)[0]
            .contains("“Release summary” in the retro for *v2.1.0* in <#C01REL> is open until Tue 24 Nov 2026")
    );
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "I'm done / Pass").await;
    assert!(invitations(&w, NOOR)[0].contains("|Open the thread>"), "{:?}", invitations(&w, NOOR));
    assert!(!w.public(RELEASES)[1].contains(" min"), "days, not minutes: {:?}", w.public(RELEASES)[1]);
    assert!(invitations(&w, SAM)[0].starts_with("You're done with “Release summary”"));
    // On Tuesday at 10:00 the meeting moves on by itself.
    w.advance(Duration::hours(17)).await;
    assert!(w.stage("2 of 6").is_empty());
    w.advance(Duration::hours(2)).await;
    let stage = w.stage("2 of 6: What went well");
    assert!(stage.contains("Open until Wed 25 Nov 2026, 10:00"), "{stage}");
    assert!(w.stage("1 of 6").contains("This stage is over."));
    assert_eq!((invitations(&w, NOOR).len(), invitations(&w, SAM).len()), (2, 1));
    // Everybody has been heard by Tuesday noon, so the stage closes after ten minutes.
    w.opens(SAM, RELEASES, "Add a note").await;
    w.sends(SAM, &[("text", "The plan was clear")]).await;
    w.replies(NOOR, "well: support was briefed").await;
    let dm = w.dm(MARIA);
    w.clicks(MARIA, &dm, "I'm done / Pass").await;
    assert!(w.stage("2 of 6").contains("Everyone has had their say"), "{}", w.stage("2 of 6"));
    assert!(w.stage("3 of 6").is_empty());
    w.advance(Duration::minutes(30)).await;
    let stage = w.stage("3 of 6: What could");
    // The next stage lasts until the same time on Wednesday.
    assert!(stage.contains("Open until Wed 25 Nov 2026, 1"), "{stage}");
    // More time is a working day.
    let said = w.clicks(MARIA, RELEASES, "+1 day").await;
    assert!(said.contains("is open until Thu 26 Nov 2026"), "{said}");
    // A `next` right after that would skip a stage by accident, so it is refused.
    assert!(
        w.says(MARIA, "/retro next")
            .await
            .contains("It moved on automatically: the current stage is “What could be improved”")
    );
    w.minutes(1).await;
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("4 of 6").contains("Open until Wed 25 Nov 2026"));
    // Everybody is done late in the evening. The next stage opens in the morning.
    w.advance(Duration::hours(10)).await;
    for who in [MARIA, SAM, NOOR] {
        let dm = w.dm(who);
        w.clicks(who, &dm, "I'm done / Pass").await;
    }
    w.advance(Duration::hours(6)).await;
    assert!(w.stage("5 of 6").is_empty(), "nothing opens at night");
    w.advance(Duration::hours(8)).await;
    assert!(w.stage("5 of 6").contains("Open until Thu 26 Nov 2026"), "{}", w.stage("5 of 6"));
    assert_eq!(invitations(&w, NOOR).len(), 5);
    w.says(MARIA, "/retro action Run the backups in parallel, under 30 minutes @noor by 2w").await;
    // On Thursday the last stage opens. On Friday the meeting ends by itself, with a summary.
    w.advance(Duration::hours(24)).await;
    assert!(w.stage("6 of 6").contains("Open until Fri 27 Nov 2026"), "{}", w.stage("6 of 6"));
    w.says(SAM, "/retro kudos @noor for the calm rollback").await;
    assert!(w.in_thread().iter().any(|m| m == "Kudos to <@U02NOOR> for the calm rollback."), "{:?}", w.in_thread());
    w.advance(Duration::hours(25)).await;
    let summary = w.public(RELEASES).into_iter().find(|m| m.contains("retrospective: summary")).expect("a summary");
    assert!(
        summary.contains("Fri 27 Nov 2026 · 2 of 3 people") && summary.contains("Run the backups in parallel"),
        "{summary}"
    );
    assert_eq!(
        (invitations(&w, SAM).len(), invitations(&w, NOOR).len()),
        (4, 6),
        "one a stage, and none to who was heard before"
    );
    let edits = w.calls("chat.update");
    w.advance(Duration::hours(5)).await;
    assert_eq!(w.calls("chat.update"), edits);
    w.ends().await;
}

#[tokio::test]
async fn five_days_without_a_call_over_http() {
    five_days(Transport::Http).await;
}

#[tokio::test]
async fn five_days_without_a_call_over_socket_mode() {
    five_days(Transport::Socket).await;
}

#[tokio::test]
async fn back_at_night_nothing_opens_before_the_morning() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor async").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    // The stage is open from Friday 10:00 to Monday 09:00. The bot is off until the night to Tuesday.
    w.away(Duration::hours(24 * 3 + 14)).await;
    assert!(w.stage("2 of 6").is_empty() && w.stage("1 of 6").contains("Open until"), "{:?}", w.in_thread());
    w.advance(Duration::hours(10)).await;
    assert!(w.stage("2 of 6").contains("Open until Wed 25 Nov 2026, 09:00"), "{}", w.stage("2 of 6"));
    // A paused meeting opens no stage and invites nobody.
    w.says(MARIA, "/retro pause").await;
    w.advance(Duration::hours(48)).await;
    assert!(w.stage("3 of 6").is_empty() && w.stage("2 of 6").contains("Paused."));
    w.says(MARIA, "/retro resume").await;
    assert!(w.stage("2 of 6").contains("Open until Fri 27 Nov 2026, 09:00"), "{}", w.stage("2 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn who_left_holds_nobody_up() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @maria @sam @noor async named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    w.clicks(NOOR, RELEASES, "I'm done / Pass").await;
    w.sim.member(SAM, RELEASES, false).await;
    w.settle().await;
    w.clicks(MARIA, RELEASES, "I'm done / Pass").await;
    w.advance(Duration::minutes(30)).await;
    assert!(w.stage("2 of 6").contains("Open until"), "{:?}", w.in_thread());
    w.ends().await;
}

#[tokio::test]
async fn nobody_is_missed_while_the_channel_is_unread() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor async named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    let bot = w.sim.read(|s| s.bot_user.clone());
    for joins in [false, true] {
        w.sim.member(&bot, RELEASES, joins).await;
        w.settle().await;
    }
    let invited = |who: &str| {
        let dm = w.dm(who);
        w.seen(who, &dm).iter().filter(|m| m.starts_with("“What went well”")).count()
    };
    w.advance(Duration::hours(24 * 3 + 6)).await;
    assert!(w.stage("2 of 6").contains("Still to hear from"), "{}", w.stage("2 of 6"));
    assert_eq!((invited(SAM), invited(NOOR)), (1, 1));
    w.ends().await;
}

#[tokio::test]
async fn who_leaves_last_ends_a_stage_but_not_one_that_was_given_more_time() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @maria @sam @noor @jonas async named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    for who in [MARIA, NOOR, JONAS] {
        w.clicks(who, RELEASES, "I'm done / Pass").await;
    }
    w.sim.member(SAM, RELEASES, false).await;
    w.settle().await;
    assert!(
        w.stage("1 of 6")
            .contains("Everyone has had their say in this stage. It closes Fri 20 Nov 2026, 10:10 (Europe/Berlin)."),
        "{}",
        w.stage("1 of 6")
    );
    // More time stays when somebody leaves, and after a pause.
    assert!(w.clicks(MARIA, RELEASES, "+1 day").await.contains("is open until Mon 23 Nov 2026, 10:10"));
    w.sim.member(JONAS, RELEASES, false).await;
    w.says(MARIA, "/retro pause").await;
    w.says(MARIA, "/retro resume").await;
    w.advance(Duration::hours(3)).await;
    assert!(w.stage("2 of 6").is_empty(), "{:?}", w.in_thread());
    w.advance(Duration::hours(24 * 3)).await;
    assert!(w.stage("2 of 6").contains("Open until"), "{:?}", w.in_thread());
    w.ends().await;
}

#[tokio::test]
async fn more_time_for_a_stage_that_is_over_begins_now() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor async").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    // The stage would have closed on Monday. On Saturday of the next week it has not moved on.
    w.away(Duration::hours(24 * 8)).await;
    let said = w.says(MARIA, "/retro extend 1d").await;
    assert!(said.contains("is open until Tue 1 Dec 2026"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn an_invitation_that_comes_too_late_in_the_day_is_sent_the_next() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @noor async named").await;
    w.says(MARIA, "/retro agenda").await;
    w.sim.fault("chat.postMessage", Fault::RateLimit(12 * 3600), 1);
    w.says(MARIA, "/retro meet").await;
    let dm = w.dm(NOOR);
    let invited = || w.seen(NOOR, &dm).iter().filter(|m| m.starts_with('“')).count();
    w.advance(Duration::hours(14)).await;
    assert_eq!(invited(), 0, "nobody is rung at night");
    w.advance(Duration::hours(24 * 2 + 9)).await;
    assert_eq!(invited(), 1, "{:?}", w.seen(NOOR, &dm));
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn an_action_item_by_reply_counts_as_having_been_heard() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @maria @sam async named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    assert!(w.stage("1 of 6").contains("Still to hear from: sam, maria"), "{}", w.stage("1 of 6"));
    w.replies(SAM, "action: Page when the error rate passes 1 % @noor by 2w high").await;
    assert!(w.stage("1 of 6").contains("Still to hear from: maria"), "{}", w.stage("1 of 6"));
    w.ends().await;
}
