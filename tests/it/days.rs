//! The meeting without a call, over days; and the bad days of meetings.

use chrono::Duration;

use crate::meeting::agenda;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

/// The bot's messages in somebody's DM that begin so.
fn invitations(w: &World, who: &str) -> Vec<String> {
    let dm = w.dm(who);
    w.seen(who, &dm).into_iter().filter(|m| m.starts_with('“')).collect()
}

async fn five_days(transport: Transport) {
    // Friday 10:00; the survey is closed on Monday.
    let w = World::new(transport).await;
    w.says(MARIA, "/retro start v2.1.0 @maria @sam @noor async named").await;
    w.answers(SAM, &[(0, "Blue-green worked"), (1, "The backup took long")]).await;
    w.answers(NOOR, &[(0, "blue green worked"), (1, "Alerts at night")]).await;
    w.advance(Duration::hours(72)).await;
    assert!(
        w.public(RELEASES)[1].contains("the stages are held in this thread, a working day each"),
        "{:?}",
        w.public(RELEASES)
    );
    // Monday 10:00.
    let said = w.says(MARIA, "/retro meet").await;
    assert!(
        said.contains("each stage has a working day, the first until Tue 24 Nov 2026, 10:00 (Europe/Berlin)"),
        "{said}"
    );
    let stage = w.stage("1 of 6");
    assert!(
        stage.contains("Open until Tue 24 Nov 2026, 10:00") && stage.contains("Not heard yet: noor, sam, maria."),
        "{stage}"
    );
    // One invitation each, in their own working hours.
    assert_eq!((invitations(&w, NOOR).len(), invitations(&w, MARIA).len(), invitations(&w, SAM).len()), (1, 1, 0));
    w.advance(Duration::hours(5)).await;
    assert_eq!(invitations(&w, SAM).len(), 1, "nine o'clock in New York");
    assert!(
        invitations(&w, SAM)[0]
            .contains("“Release summary” of the retrospective of *v2.1.0* in <#C01REL> is open until Tue 24 Nov 2026")
    );
    let dm = w.dm(SAM);
    w.clicks(SAM, &dm, "Done or pass").await;
    assert!(invitations(&w, NOOR)[0].contains("|Open the thread>"), "{:?}", invitations(&w, NOOR));
    assert!(!w.public(RELEASES)[1].contains(" min"), "days, not minutes: {:?}", w.public(RELEASES)[1]);
    assert!(invitations(&w, SAM)[0].contains("needs nothing from you any more"));
    // Tuesday 10:00 it moves on by itself.
    w.advance(Duration::hours(17)).await;
    assert!(w.stage("2 of 6").is_empty());
    w.advance(Duration::hours(2)).await;
    let stage = w.stage("2 of 6: What went well");
    assert!(stage.contains("Open until Wed 25 Nov 2026, 10:00"), "{stage}");
    assert!(w.stage("1 of 6").contains("This stage is over."));
    assert_eq!((invitations(&w, NOOR).len(), invitations(&w, SAM).len()), (2, 1));
    // All have been heard by Tuesday noon: it closes early, after ten minutes.
    w.opens(SAM, RELEASES, "Add a note").await;
    w.sends(SAM, &[("text", "The plan was clear")]).await;
    w.replies(NOOR, "well: support was briefed").await;
    let dm = w.dm(MARIA);
    w.clicks(MARIA, &dm, "Done or pass").await;
    assert!(w.stage("2 of 6").contains("Everybody has been heard"), "{}", w.stage("2 of 6"));
    assert!(w.stage("3 of 6").is_empty());
    w.advance(Duration::minutes(30)).await;
    let stage = w.stage("3 of 6: What could");
    // 10:10 on Tuesday, so until 10:10 on Wednesday.
    assert!(stage.contains("Open until Wed 25 Nov 2026, 1"), "{stage}");
    // More time is a working day.
    let said = w.clicks(MARIA, RELEASES, "+1 day").await;
    assert!(said.contains("is open until Thu 26 Nov 2026"), "{said}");
    // Right after it moved by itself a Next would skip a stage by accident.
    assert!(w.says(MARIA, "/retro next").await.contains("It moved on by itself: now it is “What could be improved”"));
    w.minutes(1).await;
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("4 of 6").contains("Open until Wed 25 Nov 2026"));
    // Everybody says so late in the evening: nothing opens before the morning.
    w.advance(Duration::hours(10)).await;
    for who in [MARIA, SAM, NOOR] {
        let dm = w.dm(who);
        w.clicks(who, &dm, "Done or pass").await;
    }
    w.advance(Duration::hours(6)).await;
    assert!(w.stage("5 of 6").is_empty(), "nothing opens at night");
    w.advance(Duration::hours(8)).await;
    assert!(w.stage("5 of 6").contains("Open until Thu 26 Nov 2026"), "{}", w.stage("5 of 6"));
    assert_eq!(invitations(&w, NOOR).len(), 5);
    w.says(MARIA, "/retro action Run the backups in parallel, under 30 minutes @noor by 2w").await;
    // Thursday the last stage opens; on Friday it ends by itself, with the same summary.
    w.advance(Duration::hours(24)).await;
    assert!(w.stage("6 of 6").contains("Open until Fri 27 Nov 2026"), "{}", w.stage("6 of 6"));
    w.says(SAM, "/retro kudos @noor for the calm rollback").await;
    assert!(w.in_thread().iter().any(|m| m == "Kudos to <@U02NOOR> for the calm rollback."), "{:?}", w.in_thread());
    w.advance(Duration::hours(25)).await;
    let summary = w.public(RELEASES).into_iter().find(|m| m.contains("retrospective: summary")).expect("a summary");
    assert!(
        summary.contains("Fri 27 Nov 2026. 2 of 3 people") && summary.contains("Run the backups in parallel"),
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
    // Friday 10:00 until Monday 09:00; off until the night to Tuesday.
    w.away(Duration::hours(24 * 3 + 14)).await;
    assert!(w.stage("2 of 6").is_empty() && w.stage("1 of 6").contains("Open until"), "{:?}", w.in_thread());
    w.advance(Duration::hours(10)).await;
    assert!(w.stage("2 of 6").contains("Open until Wed 25 Nov 2026, 09:00"), "{}", w.stage("2 of 6"));
    // A clock that stands opens nothing, and invites nobody.
    w.says(MARIA, "/retro pause").await;
    w.advance(Duration::hours(48)).await;
    assert!(w.stage("3 of 6").is_empty() && w.stage("2 of 6").contains("The clock stands."));
    w.says(MARIA, "/retro resume").await;
    assert!(w.stage("2 of 6").contains("Open until Fri 27 Nov 2026, 09:00"), "{}", w.stage("2 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn an_archived_channel_stops_the_clock() {
    let w = World::new(Transport::Socket).await;
    agenda(&w, "named length:85").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    w.minutes(4).await;
    w.sim.archive(RELEASES, true).await;
    w.settle().await;
    let dm = w.dm(MARIA);
    let told = w.seen(MARIA, &dm);
    assert!(
        told.iter().any(|m| m.contains("was archived in the middle of the meeting of *v2.1.0*, so its clock stands")),
        "{told:?}"
    );
    w.minutes(40).await;
    w.sim.archive(RELEASES, false).await;
    w.settle().await;
    assert!(w.stage("2 of 6").contains("*16 minutes left*"), "{}", w.stage("2 of 6"));
    w.minutes(1).await;
    assert!(w.stage("2 of 6").contains("*15 minutes left*"));
    // One that somebody stopped stays as it is.
    w.says(MARIA, "/retro pause").await;
    w.sim.archive(RELEASES, true).await;
    w.settle().await;
    w.sim.archive(RELEASES, false).await;
    w.settle().await;
    assert!(w.stage("2 of 6").contains("The clock stands"));
    w.ends().await;
}

#[tokio::test]
async fn forty_people_and_three_hundred_notes_fit_on_pages() {
    let w = crate::follow::crowd(40).await;
    w.says(MARIA, "/retro start v2.1.0 named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    w.minutes(1).await;
    w.says(MARIA, "/retro next").await;
    // Three hundred different things, long and short.
    for batch in 0..30 {
        let lines: Vec<String> = (0..10)
            .map(|n| format!("{} {}", word(batch * 10 + n), word(9000 + batch * 10 + n).repeat(1 + n % 7 * 6)))
            .collect();
        w.opens(SAM, RELEASES, "Add a note").await;
        w.sends(SAM, &[("text", &lines.join("\n"))]).await;
    }
    let pages =
        || w.in_thread().into_iter().filter(|m| m.starts_with("*What could be improved*, page")).collect::<Vec<_>>();
    let all = pages();
    assert!(all.len() >= 19 && all[0].contains(&format!("page 2 of {}", all.len() + 1)), "{} pages", all.len());
    assert!(w.stage("3 of 6").contains(&format!("stand on {} pages below", all.len())));
    // What is too much after a merge is taken out.
    let ids = w.sim.read(|s| {
        let mut ids = Vec::new();
        for m in s.messages.iter().filter(|m| m.thread_ts.is_some()) {
            for b in &m.blocks {
                for e in b["elements"].as_array().into_iter().flatten().filter(|e| e["text"]["text"] == "Upvote") {
                    let value: serde_json::Value = serde_json::from_str(e["value"].as_str().unwrap()).unwrap();
                    ids.push(value["note"].to_string());
                }
            }
        }
        ids
    });
    assert_eq!(ids.len(), 300);
    // Every theme can be chosen in a form, in groups of a hundred.
    w.opens(SAM, RELEASES, "5 Whys").await;
    let whys =
        [("theme", ids[299].as_str()), ("why1", "No alarm"), ("why2", "No owner"), ("cause", "Nobody was asked")];
    w.sends(SAM, &whys).await;
    assert!(w.in_thread().iter().any(|m| m.contains("Root cause: Nobody was asked")));
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    w.sends(MARIA, &[("theme", &ids.join(",")), ("text", "Everything")]).await;
    assert_eq!(pages(), Vec::<String>::new());
    assert!(w.stage("3 of 6").contains("• Everything ×300"), "{}", w.stage("3 of 6"));
    assert_eq!(w.calls("chat.delete"), all.len());
    // They come back when they are needed.
    let out: Vec<&str> = ids.iter().map(String::as_str).take(40).collect();
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    w.sends(MARIA, &[("out", &out.join(","))]).await;
    assert!((2..=4).contains(&pages().len()), "{:?}", pages());
    w.ends().await;
}

/// A word that is like no other.
fn word(n: usize) -> String {
    let letters = "bcdfghjklmnpqrstvwxz".chars().collect::<Vec<_>>();
    let mut n = n + 400;
    let mut out = String::new();
    while n > 0 {
        out.push(letters[n % 20]);
        out.push(['a', 'o', 'u'][n % 3]);
        n /= 20;
    }
    out
}

#[tokio::test]
async fn the_facilitator_alone_hears_how_the_retro_went() {
    let w = World::new(Transport::Http).await;
    agenda(&w, "named length:60").await;
    w.says(MARIA, "/retro meet").await;
    w.says(MARIA, "/retro next").await;
    for text in ["well: one", "well: two", "just talk", "more talk", "and more"] {
        w.replies(MARIA, text).await;
    }
    w.replies(JONAS, "hm").await;
    w.minutes(36).await;
    for _ in 0..4 {
        w.minutes(8).await;
        w.says(MARIA, "/retro next").await;
    }
    w.says(MARIA, "/retro action Automate the smoke tests with Playwright @sam by 2w high").await;
    w.says(MARIA, "/retro action Tune the alerts to page below 99 % @noor before next release").await;
    w.says(MARIA, "/retro finish").await;
    let dm = w.dm(MARIA);
    let told = w
        .seen(MARIA, &dm)
        .into_iter()
        .find(|m| m.starts_with("How the retro of *v2.1.0* itself went"))
        .expect("health");
    for line in [
        "Only you see this.",
        "• Participation: 3 of 8 answered (38 %).",
        "• Balance: 5 notes on what went well, 4 notes on what could be better.",
        "• Action items: 2, each with an owner, 1 with a date; 1 of high priority.",
        "• Share of voice: 5 of 6 notes and messages were yours; 2 people wrote.",
        "• Time: 68 of 60 minutes.",
        "*For the next one:* Few people answered",
    ] {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    for who in [SAM, NOOR, PRIYA] {
        assert!(!w.seen(who, &w.dm(who)).iter().any(|m| m.contains("itself went")));
    }
    assert!(!w.public(RELEASES).iter().any(|m| m.contains("itself went")));
    w.ends().await;
}

async fn calendar(transport: Transport) {
    let w = World::new(transport).await;
    w.says(MARIA, "/retro start v2.1.0;x closes:tomorrow meeting:2026-11-24T15:00 length:45").await;
    let said = w.clicks(SAM, RELEASES, "Add to my calendar").await;
    assert!(said.contains("I sent you the meeting of *v2.1.0;x* for your calendar by DM"), "{said}");
    let (file, channel) = w.sim.read(|s| {
        let m = s.messages.iter().find(|m| !m.files.is_empty()).expect("a file");
        (m.files[0].clone(), m.channel.clone())
    });
    assert_eq!((channel, file.title.as_str()), (w.dm(SAM), "retrospective-v2.1.0-x.ics"));
    // Long lines are folded.
    let text = file.text().replace("\r\n ", "");
    for line in [
        "BEGIN:VCALENDAR\r\n",
        "DTSTART:20261124T140000Z\r\n",
        "DTEND:20261124T144500Z\r\n",
        "SUMMARY:Retrospective of v2.1.0\\;x\r\n",
        "/archives/C01REL/p",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
    assert!(file.text().lines().all(|l| l.len() <= 75), "{}", file.text());
    // Once the agenda is there the link is its; a meeting without a time has no button.
    w.says(MARIA, "/retro agenda").await;
    w.clicks(NOOR, RELEASES, "Add to my calendar").await;
    let later = w.sim.read(|s| s.messages.iter().rfind(|m| !m.files.is_empty()).map(|m| m.files[0].text())).unwrap();
    let agenda = w.thread(RELEASES).replace('.', "");
    assert!(later.replace("\r\n ", "").contains(&format!("/archives/C01REL/p{agenda}")), "{later}");
    w.says(MARIA, "/retro start v3").await;
    w.ends().await;
}

#[tokio::test]
async fn the_kickoff_offers_the_meeting_as_a_file_over_http() {
    calendar(Transport::Http).await;
}

#[tokio::test]
async fn the_kickoff_offers_the_meeting_as_a_file_over_socket_mode() {
    calendar(Transport::Socket).await;
}
