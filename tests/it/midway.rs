//! What happens to a meeting from outside while it is under way.

use chrono::Duration;
use lookback::store::{meetings, retros};
use lookback_core::ids::{ChannelId, UserId};

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
    let app = w.bot().bot.clone();
    let votes = async || {
        let mut tx = app.store.read().await.unwrap();
        let team = "T0PLAY".into();
        let open = retros::open_in(&mut tx, &team, &ChannelId::from(RELEASES)).await.unwrap();
        meetings::votes_of(&mut tx, open[0].id, &UserId::from(JONAS)).await.unwrap().len()
    };
    assert_eq!(votes().await, 1);
    // The next stage counts those of this one.
    w.says(MARIA, "/retro next").await;
    assert_eq!(votes().await, 0);
    assert!(w.stage("3 of 6").contains("• Alerts at night · 1 vote"));
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
    let value = format!("insight-{}", form.split("insight-").nth(1).unwrap().split('"').next().unwrap());
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
    // In a thread the words mean its own meeting.
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

/// Whether these words stand anywhere in the database or its WAL.
fn lies_in_the_file(w: &World, words: &str) -> bool {
    let files = std::fs::read_dir(w.folder()).unwrap().map(|e| std::fs::read(e.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(words.len()).any(|b| b == words.as_bytes()))
}

#[tokio::test]
async fn a_draft_that_was_never_saved_lies_nowhere() {
    let w = running("", 3).await;
    w.opens(SAM, RELEASES, "Add a note").await;
    w.sends(SAM, &[("text", "Noor broke the zebra crossing")]).await;
    assert!(w.form_words(SAM).contains("*Not saved yet.*"));
    assert!(!lies_in_the_file(&w, "zebra crossing"), "what was typed is kept");
    w.ends().await;
}

#[tokio::test]
async fn a_message_that_did_not_change_is_not_sent_again() {
    let w = running("named", 2).await;
    w.replies(SAM, "well: calm").await;
    // The agenda follows now; a second time there is nothing new.
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
async fn an_item_of_a_meeting_belongs_to_it() {
    let w = running("named", 3).await;
    w.says(MARIA, "/retro start v3 named").await;
    w.says(MARIA, "/retro agenda v3").await;
    w.says(MARIA, "/retro meet v3").await;
    w.presses(PRIYA, &beside(&w, "Alerts at night", "What would fix it?")).await;
    let item = [("text", "Tune the alert thresholds to page below 99 %"), ("owner", NOOR), ("due", "1w")];
    w.sends(PRIYA, &item).await;
    assert!(w.says(MARIA, "/retro actions v2.1.0").await.contains("Tune the alert thresholds"));
    assert!(!w.says(MARIA, "/retro actions v3").await.contains("Tune the alert thresholds"));
    w.ends().await;
}

#[tokio::test]
async fn a_note_that_moves_alone_leaves_its_theme() {
    let w = running("named", 3).await;
    w.replies(SAM, "improve: Backups took very long").await;
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    let theme = crate::themes::option(&w, MARIA, "Backups took");
    w.sends(MARIA, &[("theme", &theme), ("text", "Backups")]).await;
    let ts = w.sim.read(|s| s.messages.iter().find(|m| m.text.starts_with("improve:")).map(|m| m.ts.clone()).unwrap());
    w.sim.rewrite(RELEASES, &ts, Some("well: Backups took very long and worked")).await;
    w.settle().await;
    assert!(
        !w.stage("2 of 6").contains("Backups ×") && w.stage("2 of 6").contains("• Backups took very long and worked")
    );
    assert!(w.stage("3 of 6").contains("• Backups ×2"), "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_meeting_that_nobody_ends_asks_its_facilitator_once() {
    let w = running("named length:30", 1).await;
    w.minutes(60).await;
    let dm = w.dm(MARIA);
    let asked = w.seen(MARIA, &dm).into_iter().filter(|m| m.contains("still stands at “Release summary”")).count();
    assert_eq!(asked, 1);
    let edits = w.calls("chat.update");
    w.minutes(10).await;
    assert_eq!(w.calls("chat.update"), edits, "its clock is not counted on");
    w.clicks(MARIA, &dm, "Finish").await;
    assert!(w.public(RELEASES).iter().any(|m| m.contains("retrospective: summary")));
    w.ends().await;
}

#[tokio::test]
async fn an_answer_may_begin_like_a_command_of_the_meeting() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor named").await;
    let said = w.dms(SAM, "Next sprint planning was clear").await;
    assert!(!said.contains("version") && !said.contains("Which channel"), "{said}");
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES)[1].contains("Next sprint planning was clear"), "{:?}", w.public(RELEASES));
    w.ends().await;
}

#[tokio::test]
async fn a_pause_brings_no_second_warning() {
    let w = running("named length:85", 2).await;
    w.minutes(18).await;
    let is_word =
        |m: &&String| m.contains("left for “What went well”") || m.starts_with("The time of “What went well”");
    let warned = |w: &World| w.in_thread().iter().filter(is_word).count();
    assert_eq!(warned(&w), 1);
    w.says(MARIA, "/retro pause").await;
    w.minutes(5).await;
    w.says(MARIA, "/retro resume").await;
    w.minutes(1).await;
    assert_eq!(warned(&w), 1);
    // More time brings another; what it took counts no pause.
    w.clicks(MARIA, RELEASES, "+5 min").await;
    w.minutes(4).await;
    assert_eq!(warned(&w), 2);
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("2 of 6").contains("It took 23 of 20 minutes."), "{}", w.stage("2 of 6"));
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
    assert!(w.clicks("W0EXT", RELEASES, "Pass").await.contains("goes on without waiting for you"));
    w.ends().await;
}
