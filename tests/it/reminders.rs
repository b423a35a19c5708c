//! Reminders of action items: when they come, what they say, and what their buttons do.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};

/// When reminders came to somebody, in their zone.
fn reminders(w: &World, who: &str, tz: &str) -> Vec<String> {
    let dm = w.dm(who);
    let stamps: Vec<String> = w.sim.read(|s| {
        s.seen_by(who, &dm)
            .filter(|m| {
                m.text.starts_with("You have 1 action item ")
                    || m.text.contains("action items due")
                    || m.text.contains("action items overdue")
                    || m.text.contains("All done here")
                    || m.text.contains("This reminder is out of date")
            })
            .map(|m| m.ts.clone())
            .collect()
    });
    let local = |ts: &String| -> NaiveDateTime {
        let seconds: i64 = ts.split('.').next().unwrap().parse().unwrap();
        lookback_core::zone::local(DateTime::<Utc>::from_timestamp(seconds, 0).unwrap(), tz)
    };
    stamps.iter().map(|ts| local(ts).format("%a %-d %b %H:%M").to_string()).collect()
}

#[tokio::test]
async fn an_owner_hears_once_a_day_on_the_days_of_the_schedule() {
    let w = World::new(Transport::Http).await;
    // Friday 20 November. Noor is in Berlin.
    w.says(MARIA, "/retro action Automate the smoke tests with Playwright @noor by 2026-12-04 high").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-03").await;
    let last = |w: &World| w.seen(NOOR, &w.dm(NOOR)).into_iter().rfind(|t| t.contains("due:")).expect("a reminder");
    w.advance(Duration::days(10)).await;
    let first = last(&w);
    assert!(first.contains("1 action item") && first.contains("Due in 3 days (Thu 3 Dec 2026)"), "{first}");
    w.advance(Duration::days(7)).await;
    let late = last(&w);
    assert!(late.contains("2 action items") && late.contains("3 days overdue") && late.contains("<#C01REL>"), "{late}");
    assert!(late.contains("high priority"), "{late}");
    w.advance(Duration::days(12)).await;
    let days =
        ["Mon 30 Nov", "Tue 1 Dec", "Wed 2 Dec", "Thu 3 Dec", "Fri 4 Dec", "Mon 7 Dec", "Thu 10 Dec", "Fri 11 Dec"];
    let expected: Vec<String> = days.iter().map(|d| format!("{d} 09:30")).collect();
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), expected);
    w.ends().await;
}

#[tokio::test]
async fn each_zone_and_each_channels_days_off_count() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("days_off", "sat, sun, 2026-12-03")]).await;
    // Sam is in New York. Thursday is off, so its reminder comes on Wednesday.
    w.says(MARIA, "/retro action Write the rollback runbook @sam by 2026-12-03").await;
    w.advance(Duration::days(15)).await;
    assert_eq!(reminders(&w, SAM, "America/New_York"), ["Mon 30 Nov 09:30", "Wed 2 Dec 09:30", "Fri 4 Dec 09:30"]);
    w.ends().await;
}

#[tokio::test]
async fn what_was_closed_or_moved_a_second_ago_is_not_said() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    // Monday 09:29:59 in Berlin.
    w.advance(Duration::days(2) + Duration::hours(23)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new());
    w.sim.advance("2026-11-23T08:29:59Z".parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    w.says(NOOR, "/retro done 1 it has 12 steps").await;
    w.sim.advance("2026-11-23T08:30:00Z".parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    w.settle().await;
    w.advance(Duration::days(10)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new());
    // After a new date no reminder comes twice, and none is lost.
    w.says(MARIA, "/retro action Rehearse the rollback @noor by 2026-12-10").await;
    w.advance(Duration::days(4) + Duration::hours(20)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Mon 7 Dec 09:30"]);
    w.opens(NOOR, &w.dm(NOOR), "Change date").await;
    w.sends(NOOR, &[("due", "2026-12-11")]).await;
    w.advance(Duration::days(4)).await;
    assert_eq!(
        reminders(&w, NOOR, "Europe/Berlin"),
        ["Mon 7 Dec 09:30", "Tue 8 Dec 09:30", "Thu 10 Dec 09:30", "Fri 11 Dec 09:30"]
    );
    w.ends().await;
}

#[tokio::test]
async fn the_buttons_of_a_reminder_do_what_they_say_and_it_shows() {
    let w = World::new(Transport::Socket).await;
    w.says(MARIA, "/retro start v1").await;
    for text in [
        "Automate the smoke tests with Playwright",
        "Write the rollback runbook",
        "Replace the flaky checkout test",
        "Rehearse the rollback",
        "Rotate the expired certificates",
    ] {
        w.says(MARIA, &format!("/retro action {text} @noor by 2026-11-24 high")).await;
    }
    w.advance(Duration::days(3)).await;
    let dm = w.dm(NOOR);
    let shown =
        || w.seen(NOOR, &w.dm(NOOR)).into_iter().rfind(|t| t.contains(" due:") || t.contains("settled")).unwrap();
    assert!(shown().contains("5 action items"), "{}", shown());
    w.opens(NOOR, &dm, "Done").await;
    w.sends(NOOR, &[("why", "they take 5 minutes")]).await;
    assert!(
        shown().contains("4 action items") && shown().contains("Playwright · done: they take 5 minutes"),
        "{}",
        shown()
    );
    // An item of high priority is not snoozed beyond its date without a reason.
    w.opens(NOOR, &dm, "Snooze").await;
    w.sends(NOOR, &[("due", "2026-12-02")]).await;
    assert!(w.form_errors(NOOR)[0].1.contains("say why it can wait"), "{:?}", w.form_errors(NOOR));
    w.sends(NOOR, &[("due", "2026-12-02"), ("why", "the vendor is away")]).await;
    assert!(shown().contains("snoozed until Wed 2 Dec 2026") && shown().contains("Due tomorrow"), "{}", shown());
    w.opens(NOOR, &dm, "Blocked").await;
    w.sends(NOOR, &[("why", "the vendor's key")]).await;
    assert!(shown().contains("blocked: the vendor's key"), "{}", shown());
    assert!(w.seen(MARIA, &w.dm(MARIA)).last().unwrap().contains("is blocked by: the vendor's key"));
    w.opens(NOOR, &dm, "Won't do").await;
    w.sends(NOOR, &[("why", "the tool was replaced")]).await;
    assert!(shown().contains("dropped: the tool was replaced"), "{}", shown());
    // The item stays with its owner until the other person takes it.
    w.opens(NOOR, &dm, "Hand over").await;
    w.sends(NOOR, &[("owner", SAM)]).await;
    assert!(w.last(SAM, &w.dm(SAM)).contains("would like you to take over"), "{}", w.last(SAM, &w.dm(SAM)));
    let take = w.button(SAM, &w.dm(SAM), "Accept").expect("a button");
    w.clicks(SAM, &w.dm(SAM), "Decline").await;
    assert!(w.last(NOOR, &dm).contains("It stays with you"), "{}", w.last(NOOR, &dm));
    // An item that was returned cannot be taken.
    w.presses_in(SAM, &w.dm(SAM), &take).await;
    assert!(w.last(SAM, &w.dm(SAM)).contains("no longer offered to you"), "{}", w.last(SAM, &w.dm(SAM)));
    w.minutes(1).await;
    w.opens(NOOR, &dm, "Hand over").await;
    w.sends(NOOR, &[("owner", SAM)]).await;
    w.clicks(SAM, &w.dm(SAM), "Accept").await;
    assert!(shown().contains(&format!("with <@{SAM}> now")), "{}", shown());
    assert!(w.last(NOOR, &dm).contains(&format!("<@{SAM}> took over")), "{}", w.last(NOOR, &dm));
    // Sam has the item now.
    assert!(w.says(SAM, "/retro actions mine").await.contains("(1)"));
    // A snoozed item is not reminded of.
    let before = reminders(&w, NOOR, "Europe/Berlin").len();
    w.advance(Duration::days(1)).await;
    assert!(
        !w.seen(NOOR, &dm).last().unwrap().contains("snoozed") || reminders(&w, NOOR, "Europe/Berlin").len() > before
    );
    w.ends().await;
}

#[tokio::test]
async fn what_is_a_week_overdue_is_told_on_mondays_by_name_and_not_by_mention() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    let digests =
        |w: &World| w.public(RELEASES).into_iter().filter(|t| t.contains("overdue for a week")).collect::<Vec<_>>();
    // Monday 30 November: six days overdue.
    w.advance(Duration::days(11)).await;
    assert!(digests(&w).is_empty());
    w.advance(Duration::days(7)).await;
    let said = digests(&w);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("noor") && !said[0].contains(&format!("<@{NOOR}>")), "{}", said[0]);
    assert!(said[0].contains("13 days overdue"), "{}", said[0]);
    let told = w.seen(MARIA, &w.dm(MARIA)).into_iter().filter(|t| t.contains("overdue for a week")).collect::<Vec<_>>();
    assert_eq!(told.len(), 1, "{told:?}");
    w.advance(Duration::days(7)).await;
    assert_eq!(digests(&w).len(), 2);
    w.says(NOOR, "/retro done 1").await;
    w.advance(Duration::days(14)).await;
    assert_eq!(digests(&w).len(), 2, "nothing is overdue any more");
    w.ends().await;
}

#[tokio::test]
async fn a_clock_that_leaps_asks_a_person_before_many_hear_of_it() {
    let w = World::crowd(30).await;
    w.says(MARIA, "/retro start v1").await;
    for n in 0..30 {
        w.says(MARIA, &format!("/retro action Move service number {n} to the new cluster <@U9{n:03}> by 2w")).await;
    }
    let heard = |w: &World| (0..30).filter(|n| !reminders(w, &format!("U9{n:03}"), "UTC").is_empty()).count();
    w.sim.advance(Duration::days(5 * 365)).await;
    w.settle().await;
    w.advance(Duration::days(9)).await;
    assert_eq!(heard(&w), 0);
    let dm = w.dm(MARIA);
    let asked = w.seen(MARIA, &dm).into_iter().filter(|t| t.contains("I won't send any until")).count();
    assert_eq!(asked, 1);
    w.clicks(MARIA, &dm, "Remind them from now on").await;
    w.advance(Duration::days(8)).await;
    assert_eq!(heard(&w), 30);
    assert!((0..30).all(|n| reminders(&w, &format!("U9{n:03}"), "UTC").len() <= 2));
    w.ends().await;
}

#[tokio::test]
async fn a_clock_put_right_again_needs_nobody() {
    let w = World::crowd(30).await;
    w.says(MARIA, "/retro start v1").await;
    for n in 0..30 {
        w.says(MARIA, &format!("/retro action Move service number {n} to the new cluster <@U9{n:03}> by 2026-12-04"))
            .await;
    }
    w.sim.advance(Duration::days(5 * 365)).await;
    w.settle().await;
    w.sim.advance(Duration::days(-5 * 365)).await;
    w.settle().await;
    w.advance(Duration::days(15)).await;
    // Three reminders: three days before, one day before, and on the day.
    assert_eq!(reminders(&w, "U9000", "UTC").len(), 3);
    // With the clock the pace of changes begins anew, so that Slack may say once that it is too fast.
    w.ends_refused(&["chat.update"]).await;
}

#[tokio::test]
async fn away_for_a_day_one_reminder_at_most_and_the_next_step_speaks() {
    let mut w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-26").await;
    // Monday's reminder is lost. Wednesday's is sent in the afternoon, when the bot is back.
    w.away(Duration::days(4)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new());
    w.away("2026-11-25T14:00:00Z".parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Wed 25 Nov 15:00"]);
    w.advance(Duration::days(1)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Wed 25 Nov 15:00", "Thu 26 Nov 09:30"]);
    w.ends().await;
}

#[tokio::test]
async fn an_outage_of_slack_ends_with_one_reminder_at_most() {
    let w = World::new(Transport::Http).await;
    // Both are due for a reminder on Monday 23 and Tuesday 24 November.
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    w.says(MARIA, "/retro action Rehearse the rollback @jonas by 2026-11-24").await;
    w.advance(Duration::hours(60)).await;
    w.sim.fault("chat.postMessage", lookback_sim::Fault::RateLimit(28 * 3600), 2);
    w.advance(Duration::hours(20)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new());
    w.says(JONAS, "/retro done 2").await;
    w.advance(Duration::hours(30)).await;
    // Monday's reminder was dropped. Tuesday's came on Tuesday, once Slack was back.
    let came = reminders(&w, NOOR, "Europe/Berlin");
    assert!(came.len() == 1 && came[0].starts_with("Tue 24 Nov 1"), "{came:?}");
    assert_eq!(reminders(&w, JONAS, "Europe/Berlin"), Vec::<String>::new(), "it was done meanwhile");
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn another_zone_neither_doubles_nor_loses_a_step() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    let moves = async |tz: &str| {
        w.sim.arrange(|s| s.people.iter_mut().filter(|p| p.id == NOOR).for_each(|p| p.tz = tz.to_owned()));
        let user = serde_json::json!({"type": "user_change", "user": {"id": NOOR, "name": "noor", "tz": tz}});
        w.sim.event(user).await;
        w.settle().await;
    };
    let until = async |at: &str| w.advance(at.parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    // Noor is reminded in Berlin on Monday at 09:30. An hour later she is in New York, where it is 04:30.
    until("2026-11-23T09:30:00Z").await;
    moves("America/New_York").await;
    until("2026-11-24T00:00:00Z").await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Mon 23 Nov 09:30"]);
    // On Tuesday at 02:00 UTC she is in Tokyo, where it is past 09:30. Tuesday's reminder is not lost.
    until("2026-11-24T02:00:00Z").await;
    moves("Asia/Tokyo").await;
    until("2026-11-25T02:00:00Z").await;
    assert_eq!(reminders(&w, NOOR, "Asia/Tokyo"), ["Mon 23 Nov 17:30", "Tue 24 Nov 11:00", "Wed 25 Nov 09:30"]);
    w.ends().await;
}

#[tokio::test]
async fn a_step_of_today_is_said_though_an_earlier_one_was_missed() {
    let mut w = World::new(Transport::Http).await;
    // Reminders are due on Monday 23, Wednesday 25 and Thursday 26. The bot is off from Friday to Wednesday 11:00.
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-26").await;
    w.away("2026-11-25T10:00:00Z".parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Wed 25 Nov 11:00"]);
    w.ends().await;
}

#[tokio::test]
async fn what_is_done_while_a_reminder_waits_for_slack_is_not_said() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    w.says(MARIA, "/retro action Rehearse the rollback @jonas by 2026-11-24").await;
    w.advance(Duration::hours(60)).await;
    w.sim.fault("chat.postMessage", lookback_sim::Fault::RateLimit(2 * 3600), 2);
    w.advance(Duration::hours(12)).await;
    // Monday 10:00: both reminders wait.
    w.says(JONAS, "/retro done 2").await;
    w.advance(Duration::hours(3)).await;
    assert_eq!((reminders(&w, NOOR, "Europe/Berlin").len(), reminders(&w, JONAS, "Europe/Berlin").len()), (1, 0));
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn a_bot_that_was_away_from_the_channel_hands_nothing_on() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 closes:2026-11-22").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    let bot = "U11LOOK";
    w.sim.member(bot, RELEASES, false).await;
    w.advance(Duration::hours(72)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new(), "nobody could press a button of it");
    w.sim.member(bot, RELEASES, true).await;
    w.advance(Duration::hours(24)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Tue 24 Nov 09:30"]);
    assert!(w.says(NOOR, "/retro actions mine").await.contains("(1)"));
    w.ends_refused(&["chat.postMessage"]).await;
}

#[tokio::test]
async fn the_words_of_an_item_mention_nobody_in_a_reminder() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Tell <!channel> & <https://evil.example|the docs> @noor by 2026-12-03").await;
    w.advance(Duration::days(12)).await;
    let dm = w.dm(NOOR);
    let seen = w.seen(NOOR, &dm).into_iter().filter(|t| t.contains(" due:")).collect::<Vec<_>>();
    assert!(!seen.is_empty());
    for said in seen {
        assert!(!said.contains("<!channel>") && !said.contains("<https://evil.example"), "{said}");
        assert!(said.contains("&amp;"), "{said}");
    }
    w.ends().await;
}

#[tokio::test]
async fn an_earlier_reminder_loses_its_buttons_when_the_next_one_comes() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-26").await;
    w.advance(Duration::days(7)).await;
    let dm = w.dm(NOOR);
    let (live, earlier): (Vec<_>, Vec<_>) = w.sim.read(|s| {
        let seen = s.seen_by(NOOR, &dm).filter(|m| {
            m.text.starts_with("You have 1 action item ") || m.text.contains("This reminder is out of date")
        });
        seen.map(|m| (m.text.clone(), m.blocks.iter().any(|b| b["type"] == "actions"))).partition(|(_, live)| *live)
    });
    assert!(live.len() == 1 && live[0].0.contains("1 day overdue"), "{live:?}");
    assert!(
        earlier.len() == 3 && earlier.iter().all(|(t, _)| t.contains("*#1* Write the rollback runbook")),
        "{earlier:?}"
    );
    w.ends().await;
}

#[tokio::test]
async fn what_is_overdue_for_more_than_a_week_is_one_reminder_on_monday() {
    let w = World::new(Transport::Http).await;
    // Three days of the week.
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    w.says(MARIA, "/retro action Tune the alert thresholds to 99 % @noor by 2026-11-26").await;
    w.says(MARIA, "/retro action Rehearse the database migration @noor by 2026-12-01").await;
    w.advance(Duration::days(20)).await;
    let before = reminders(&w, NOOR, "Europe/Berlin").len();
    w.advance(Duration::days(28)).await;
    let later: Vec<String> = reminders(&w, NOOR, "Europe/Berlin").split_off(before);
    assert_eq!(later, ["Mon 14 Dec 09:30", "Mon 21 Dec 09:30", "Mon 28 Dec 09:30", "Mon 4 Jan 09:30"]);
    w.ends().await;
}

#[tokio::test]
async fn thirty_owners_and_no_call_too_many() {
    let w = World::crowd(30).await;
    for n in 0..30 {
        w.says(MARIA, &format!("/retro action Move service number {n} to the new cluster <@U9{n:03}> by 2026-12-04"))
            .await;
    }
    w.advance(Duration::days(15)).await;
    assert_eq!(reminders(&w, "U9000", "UTC").len(), 3);
    w.ends().await;
}
