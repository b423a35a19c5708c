//! Action items after the meeting: checked on the way in, reminded of, handed on, looked at again.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use lookback_sim::workspace::{Person, Workspace};

use crate::close::{home, presses_home};
use crate::world::*;

async fn world() -> World {
    World::new(Transport::Http).await
}

/// With so many more people in the channel, in UTC: `U9000`, `U9001` …
pub async fn crowd(count: usize) -> World {
    let mut ws = Workspace::example();
    for n in 0..count {
        let id = format!("U9{n:03}");
        ws.channels[0].members.push(id.clone());
        ws.people.push(Person { name: format!("p{n}"), tz: "UTC".into(), id, ..Person::default() });
    }
    World::with(Transport::Http, ws).await
}

/// When reminders came to somebody, in their zone.
fn reminders(w: &World, who: &str, tz: &str) -> Vec<String> {
    let dm = w.dm(who);
    let stamps: Vec<String> = w.sim.read(|s| {
        s.seen_by(who, &dm)
            .filter(|m| {
                m.text.contains("action item of yours")
                    || m.text.contains("action items of yours")
                    || m.text.contains("settled")
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
    let w = world().await;
    // Friday 20 November. Noor is in Berlin.
    w.says(MARIA, "/retro action Automate the smoke tests with Playwright @noor by 2026-12-04 high").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-12-03").await;
    w.advance(Duration::days(29)).await;
    let days = [
        "Mon 30 Nov",
        "Tue 1 Dec",
        "Wed 2 Dec",
        "Thu 3 Dec",
        "Fri 4 Dec",
        "Mon 7 Dec",
        "Thu 10 Dec",
        "Fri 11 Dec",
        "Thu 17 Dec",
        "Fri 18 Dec",
    ];
    let expected: Vec<String> = days.iter().map(|d| format!("{d} 09:30")).collect();
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), expected);
    let seen = w.seen(NOOR, &w.dm(NOOR));
    let of = |n: usize| seen.iter().filter(|t| t.contains("of yours:")).nth(n).unwrap().clone();
    assert!(of(0).contains("one action item") && of(0).contains("due in 3 days (Thu 3 Dec 2026)"), "{}", of(0));
    assert!(
        of(5).contains("2 action items") && of(5).contains("3 days overdue") && of(5).contains("<#C01REL>"),
        "{}",
        of(5)
    );
    assert!(of(5).contains("high priority"));
    w.ends().await;
}

#[tokio::test]
async fn each_zone_and_each_channels_days_off_count() {
    let w = world().await;
    w.says(MARIA, "/retro config").await;
    w.sends(MARIA, &[("days_off", "sat, sun, 2026-12-03")]).await;
    // Sam is in New York. Thursday is off, so the day before and the day itself are told on Wednesday.
    w.says(MARIA, "/retro action Write the rollback runbook @sam by 2026-12-03").await;
    w.advance(Duration::days(15)).await;
    assert_eq!(reminders(&w, SAM, "America/New_York"), ["Mon 30 Nov 09:30", "Wed 2 Dec 09:30", "Fri 4 Dec 09:30"]);
    w.ends().await;
}

#[tokio::test]
async fn what_was_closed_or_moved_a_second_ago_is_not_said() {
    let w = world().await;
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
    // A moved date neither doubles nor loses a step.
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
        || w.seen(NOOR, &w.dm(NOOR)).into_iter().rfind(|t| t.contains("of yours") || t.contains("settled")).unwrap();
    assert!(shown().contains("5 action items"), "{}", shown());
    w.opens(NOOR, &dm, "Done").await;
    w.sends(NOOR, &[("why", "they take 5 minutes")]).await;
    assert!(
        shown().contains("4 action items") && shown().contains("Playwright: done: they take 5 minutes"),
        "{}",
        shown()
    );
    // High priority and beyond its date: not without a reason.
    w.opens(NOOR, &dm, "Snooze").await;
    w.sends(NOOR, &[("due", "2026-12-02")]).await;
    assert!(w.form_errors(NOOR)[0].1.contains("say why it stays quiet"), "{:?}", w.form_errors(NOOR));
    w.sends(NOOR, &[("due", "2026-12-02"), ("why", "the vendor is away")]).await;
    assert!(shown().contains("snoozed until Wed 2 Dec 2026") && shown().contains("due tomorrow"), "{}", shown());
    w.opens(NOOR, &dm, "Blocked").await;
    w.sends(NOOR, &[("why", "the vendor's key")]).await;
    assert!(shown().contains("blocked by the vendor's key"), "{}", shown());
    assert!(w.seen(MARIA, &w.dm(MARIA)).last().unwrap().contains("is blocked by: the vendor's key"));
    w.opens(NOOR, &dm, "Won't do").await;
    w.sends(NOOR, &[("why", "the tool was replaced")]).await;
    assert!(shown().contains("won't be done: the tool was replaced"), "{}", shown());
    // Handed over, it stays with its owner until it is taken.
    w.opens(NOOR, &dm, "Hand over").await;
    w.sends(NOOR, &[("owner", SAM)]).await;
    assert!(w.last(SAM, &w.dm(SAM)).contains("asks you to take over"), "{}", w.last(SAM, &w.dm(SAM)));
    w.clicks(SAM, &w.dm(SAM), "Return it").await;
    assert!(w.last(NOOR, &dm).contains("it stays with you"), "{}", w.last(NOOR, &dm));
    // What was returned is not there to be taken any more.
    w.clicks(SAM, &w.dm(SAM), "Take it").await;
    assert!(w.last(SAM, &w.dm(SAM)).contains("not offered to you any more"), "{}", w.last(SAM, &w.dm(SAM)));
    w.opens(NOOR, &dm, "Hand over").await;
    w.sends(NOOR, &[("owner", SAM)]).await;
    w.clicks(SAM, &w.dm(SAM), "Take it").await;
    assert!(shown().contains(&format!("with <@{SAM}> now")), "{}", shown());
    assert!(w.last(NOOR, &dm).contains(&format!("<@{SAM}> took over")), "{}", w.last(NOOR, &dm));
    // Once taken, the button of the first offer is over.
    assert!(w.says(SAM, "/retro actions mine").await.contains("(1)"));
    // Quiet means quiet.
    let before = reminders(&w, NOOR, "Europe/Berlin").len();
    w.advance(Duration::days(1)).await;
    assert!(
        !w.seen(NOOR, &dm).last().unwrap().contains("snoozed") || reminders(&w, NOOR, "Europe/Berlin").len() > before
    );
    w.ends().await;
}

#[tokio::test]
async fn somebody_elses_done_asks_the_owner_and_two_at_once_close_it_once() {
    let w = world().await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 1w").await;
    let said = w.says(JONAS, "/retro done 1").await;
    assert!(said.contains(&format!("belongs to <@{NOOR}>: I asked")), "{said}");
    w.says(JONAS, "/retro done 1").await;
    let dm = w.dm(NOOR);
    assert_eq!(w.seen(NOOR, &dm).iter().filter(|t| t.contains("is done. Is it?")).count(), 1, "asked once a day");
    w.opens(NOOR, &dm, "Yes, it is done").await;
    // Meanwhile the facilitator closes it.
    w.says(MARIA, "/retro done 1 saw it").await;
    w.sends(NOOR, &[]).await;
    assert!(w.form_words(NOOR).contains(&format!("already done (by <@{MARIA}>)")), "{}", w.form_words(NOOR));
    w.ends().await;
}

#[tokio::test]
async fn a_weak_item_is_shown_what_is_missing_and_kept_only_by_choice() {
    let w = world().await;
    let said = w.says(MARIA, "/retro action Improve testing @noor by 2w").await;
    assert!(
        said.contains("not kept yet") && said.contains("a direction and no end") && said.contains("Playwright"),
        "{said}"
    );
    assert!(w.says(MARIA, "/retro actions").await.contains("none"));
    w.says(MARIA, "/retro action Improve testing @noor by 2w").await;
    w.clicks(MARIA, RELEASES, "Keep it as it is").await;
    assert!(w.says(MARIA, "/retro actions").await.contains("*#1* Improve testing"));
    // The other question about the same words keeps it no second time.
    w.clicks(MARIA, RELEASES, "Keep it as it is").await;
    assert!(w.says(MARIA, "/retro actions").await.contains("Open action items (1)"));
    // In the form: shown once more above it, then kept; other words are looked at anew.
    w.says(MARIA, "/retro action Fix monitoring @noor").await;
    w.sends(MARIA, &[("due", "2w")]).await;
    assert!(w.form_words(MARIA).contains("Not saved yet"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[("text", "Someone should look at it"), ("due", "2w")]).await;
    assert!(w.form_words(MARIA).contains("speaks of somebody"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[("text", "Add an alert for the queue depth of the importer"), ("due", "2w")]).await;
    assert!(w.last_alone(MARIA).contains("*#2* Add an alert"), "{}", w.last_alone(MARIA));
    // Nor does an edit slip through.
    w.says(MARIA, "/retro actions").await;
    w.opens(MARIA, RELEASES, "Edit").await;
    w.sends(MARIA, &[("text", "Fix things")]).await;
    assert!(w.form_words(MARIA).contains("Not saved yet"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[]).await;
    assert!(w.last_alone(MARIA).contains("Saved: *#1* Fix things"), "{}", w.last_alone(MARIA));
    // A group owns nothing.
    w.says(MARIA, "/retro action Rehearse the rollback <!subteam^S1|@qa> by 2w").await;
    w.form(MARIA).await;
    assert!(w.form_words(MARIA).contains("Who of @qa owns it?"), "{}", w.form_words(MARIA));
    w.ends().await;
}

#[tokio::test]
async fn the_sixth_of_high_priority_asks_which_five() {
    let w = world().await;
    w.says(MARIA, "/retro start v1").await;
    for n in 1..=5 {
        w.says(MARIA, &format!("/retro action Move service number {n} to the new cluster @noor by 2w high")).await;
    }
    let said = w.says(MARIA, "/retro action Rehearse the rollback @noor by 2w high").await;
    assert!(said.contains("sixth of high priority") && said.contains("medium"), "{said}");
    assert_eq!(w.says(JONAS, "/retro actions").await.matches(", high)").count(), 5);
    w.opens(MARIA, RELEASES, "Choose the five").await;
    w.sends(MARIA, &[("text", "2,3,4,5,6")]).await;
    let said = w.last_alone(MARIA);
    assert!(said.contains("Of high priority: *#2*, *#3*, *#4*, *#5*, *#6*"), "{said}");
    let all = w.says(MARIA, "/retro actions").await;
    assert_eq!(all.matches(", high)").count(), 5, "{all}");
    w.ends().await;
}

#[tokio::test]
async fn what_is_a_week_overdue_is_told_on_mondays_by_name_and_not_by_mention() {
    let w = world().await;
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
async fn items_of_somebody_who_left_go_to_the_facilitator() {
    let w = world().await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @sam by 1w").await;
    w.sim.member(SAM, RELEASES, false).await;
    w.settle().await;
    let dm = w.dm(MARIA);
    assert!(
        w.last(MARIA, &dm).contains(&format!("<@{SAM}> left, so 1 action item in <#C01REL> is with you now")),
        "{}",
        w.last(MARIA, &dm)
    );
    w.opens(MARIA, &dm, "Hand over").await;
    w.sends(MARIA, &[("owner", NOOR)]).await;
    w.clicks(NOOR, &w.dm(NOOR), "Take it").await;
    assert!(w.says(NOOR, "/retro actions mine").await.contains("(1)"));
    w.ends().await;
}

#[tokio::test]
async fn a_clock_that_leaps_asks_a_person_before_many_hear_of_it() {
    let w = crowd(30).await;
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
    let asked = w.seen(MARIA, &dm).into_iter().filter(|t| t.contains("Nothing is sent until")).count();
    assert_eq!(asked, 1);
    w.clicks(MARIA, &dm, "Remind them from now on").await;
    w.advance(Duration::days(8)).await;
    assert_eq!(heard(&w), 30);
    assert!((0..30).all(|n| reminders(&w, &format!("U9{n:03}"), "UTC").len() <= 2));
    w.ends().await;
}

#[tokio::test]
async fn a_clock_put_right_again_needs_nobody() {
    let w = crowd(30).await;
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
    // Three days before, one before, and on the day; Slack's own time stamps do not go back.
    assert_eq!(reminders(&w, "U9000", "UTC").len(), 3);
}

#[tokio::test]
async fn away_for_a_day_one_reminder_at_most_and_the_next_step_speaks() {
    let mut w = world().await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-26").await;
    // Monday's step is missed for good, Wednesday's is sent on return that afternoon.
    w.away(Duration::days(4)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new());
    w.away("2026-11-25T14:00:00Z".parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Wed 25 Nov 15:00"]);
    w.advance(Duration::days(1)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Wed 25 Nov 15:00", "Thu 26 Nov 09:30"]);
    w.ends().await;
}

#[tokio::test]
async fn the_next_retros_open_with_what_became_of_the_last() {
    let w = world().await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Automate the smoke tests with Playwright @noor by 2w").await;
    w.says(MARIA, "/retro action Write the rollback runbook @sam by 1w").await;
    w.says(MARIA, "/retro action Rehearse the rollback @jonas by 1w").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro finish").await;
    w.says(NOOR, "/retro done 1 they take 5 minutes").await;
    w.says(JONAS, "/retro drop 3 because the tool was replaced").await;
    // The owner moves the date twice.
    for due in ["2026-12-10", "2026-12-18"] {
        w.says(SAM, "/retro actions mine").await;
        w.opens(SAM, RELEASES, "Change date").await;
        w.sends(SAM, &[("due", due)]).await;
    }
    w.advance(Duration::days(12)).await;
    w.says(MARIA, "/retro start v2").await;
    let kickoff = w.public(RELEASES).last().unwrap().clone();
    assert!(kickoff.contains("1 of 3 done"), "{kickoff}");
    assert!(kickoff.contains("Done: *#1* Automate") && kickoff.contains("they take 5 minutes"), "{kickoff}");
    assert!(kickoff.contains("12 days old, moved twice, second release"), "{kickoff}");
    assert!(kickoff.contains("Dropped: *#3*") && kickoff.contains("the tool was replaced"), "{kickoff}");
    w.says(MARIA, "/retro agenda").await;
    assert!(w.public(RELEASES).last().unwrap().contains("moved twice, second release"));
    w.says(MARIA, "/retro action Move the backup window to the night @noor by 3w").await;
    w.says(MARIA, "/retro finish").await;
    w.says(MARIA, "/retro start v3").await;
    assert!(w.public(RELEASES).last().unwrap().contains("third release"), "{:?}", w.public(RELEASES).last());
    // One press, and each open one with its buttons; the kickoff follows.
    w.clicks(MARIA, RELEASES, "Review the open ones").await;
    assert!(w.last_alone(MARIA).contains("Open action items (2)"), "{}", w.last_alone(MARIA));
    w.opens(MARIA, RELEASES, "Done").await;
    w.sends(MARIA, &[("why", "it has 12 steps")]).await;
    let kickoff = w.public(RELEASES).last().unwrap().clone();
    assert!(kickoff.contains("Done: *#2* Write the rollback runbook"), "{kickoff}");
    let all = w.says(MARIA, "/retro actions all").await;
    assert!(
        all.contains("2 done on time, 0 late; 1 open, 0 overdue; 1 dropped") && all.contains("v1 2 of 3, v2 0 of 1"),
        "{all}"
    );
    w.ends().await;
}

#[tokio::test]
async fn the_home_tab_shows_what_is_closed_and_acts_on_what_is_open() {
    let w = world().await;
    w.sim.open_home(NOOR).await;
    w.settle().await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 1w").await;
    w.says(MARIA, "/retro action Rehearse the rollback @noor by 2w").await;
    w.says(NOOR, "/retro done 1 it has 12 steps").await;
    let shown = || home(&w, NOOR).to_string();
    assert!(shown().contains("Your action items (1)") && shown().contains("Hand over"), "{}", shown());
    presses_home(&w, NOOR, "Show closed ones").await;
    assert!(shown().contains("Your closed action items (1)") && shown().contains("it has 12 steps"), "{}", shown());
    presses_home(&w, NOOR, "Show open ones").await;
    presses_home(&w, NOOR, "Snooze").await;
    w.sends(NOOR, &[("due", "friday")]).await;
    // Friday on a Friday has two readings.
    assert!(w.form_errors(NOOR)[0].1.contains("could be"), "{:?}", w.form_errors(NOOR));
    w.sends(NOOR, &[("due", "next friday")]).await;
    assert!(shown().contains("snoozed until"), "{}", shown());
    w.ends().await;
}

/// A day's reminders for a thousand owners of ten items each leave as fast as the pace allows.
#[tokio::test]
async fn a_thousand_owners_are_reminded_as_fast_as_the_pace_allows() {
    const OWNERS: usize = 1000;
    let w = crowd(OWNERS).await;
    w.says(MARIA, "/retro start v1 @maria @noor").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 1w").await;
    let file = w.folder().join("test.db");
    let db = lookback::store::Store::open(&format!("sqlite://{}", file.display())).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let like =
        lookback::store::items::by_number(&mut tx, &"T0PLAY".into(), &RELEASES.into(), 1).await.unwrap().unwrap();
    for n in 0..OWNERS * 10 {
        let item = lookback_core::model::item::Item {
            number: 100 + i64::try_from(n).unwrap(),
            owner: format!("U9{:03}", n % OWNERS).as_str().into(),
            zone: "UTC".into(),
            due: lookback_core::model::item::Due::Day("2026-11-26".parse().unwrap()),
            ..like.clone()
        };
        lookback::store::items::insert(&mut tx, &"T0PLAY".into(), &item).await.unwrap();
    }
    tx.commit().await.unwrap();
    w.advance(Duration::hours(1)).await;
    // The wake-up costs the same, however many items wait: every part of its question is answered by an index.
    let mut tx = db.read().await.unwrap();
    let begun = std::time::Instant::now();
    for _ in 0..200 {
        lookback::store::due_work::due_work(&mut tx, w.clock.now().timestamp_millis()).await.unwrap();
    }
    println!("10,000 open items: {:.0} µs a wake-up", begun.elapsed().as_secs_f64() * 5000.0);
    drop(tx);
    // Monday 23 November, 09:30: three days before.
    w.sim.advance("2026-11-23T09:30:00Z".parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    w.settle().await;
    let sent = w.sim.read(|s| {
        let mut at: Vec<f64> = s
            .messages
            .iter()
            .filter(|m| m.text.contains("10 action items of yours"))
            .map(|m| m.ts.parse().unwrap())
            .collect();
        at.sort_by(f64::total_cmp);
        at
    });
    assert_eq!(sent.len(), OWNERS);
    let took = sent[OWNERS - 1] - sent[0];
    println!("{OWNERS} reminders of 10 items in {took:.0} s; the pace allows 250 s");
    assert!(took <= 250.0 * 1.1, "{took}");
    w.ends().await;
}

#[tokio::test]
async fn an_export_is_a_file_for_who_asked_and_no_formula_runs_in_it() {
    let w = world().await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action =HYPERLINK(\"http://x\";\"Automate the smoke tests\") @noor by 2w because \"quotes, and commas\"").await;
    w.says(MARIA, "/retro action Write the rollback runbook @sam before next release").await;
    assert!(w.says(JONAS, "/retro export md").await.contains("no document yet"));
    assert!(w.says(JONAS, "/retro export csv").await.contains("I sent you 2 action items of <#C01REL> by DM"));
    let dm = w.dm(JONAS);
    let files = |w: &World| -> Vec<(String, String)> {
        w.sim.read(|s| {
            s.messages
                .iter()
                .filter(|m| m.channel == dm)
                .flat_map(|m| m.files.clone())
                .map(|f| (f.title.clone(), f.text()))
                .collect()
        })
    };
    let (name, text) = files(&w).pop().unwrap();
    assert_eq!(name, "action-items.csv");
    assert!(text.starts_with("number,channel,text,owner,owner_id,due,zone,priority,state,why"), "{text}");
    assert!(
        text.contains(
            "\n1,C01REL,\"'=HYPERLINK(\"\"http://x\"\";\"\"Automate the smoke tests\"\")\",noor,U02NOOR,2026-12-04,"
        ),
        "{text}"
    );
    assert!(
        text.contains("before next release,America/New_York,medium,open")
            && text.contains("\"\"\"quotes, and commas\"\"\""),
        "{text}"
    );
    w.dms(JONAS, "export json in <#C01REL|releases>").await;
    let (_, text) = files(&w).pop().unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((json[0]["owner"].as_str(), json[1]["number"].as_i64()), (Some("noor"), Some(2)));
    w.says(MARIA, "/retro agenda").await;
    w.says(JONAS, "/retro export v1").await;
    assert!(files(&w).pop().unwrap().1.starts_with("# Retrospective: v1"));
    assert!(w.says("U06LENA", "/retro export csv json").await.contains("One file at a time"));
    w.ends().await;
}

#[tokio::test]
async fn an_outage_of_slack_ends_with_one_reminder_at_most() {
    let w = world().await;
    // Steps of both: Monday 23 and Tuesday 24 November.
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    w.says(MARIA, "/retro action Rehearse the rollback @jonas by 2026-11-24").await;
    w.advance(Duration::hours(60)).await;
    w.sim.fault("chat.postMessage", lookback_sim::Fault::RateLimit(28 * 3600), 1);
    w.advance(Duration::hours(20)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new());
    w.says(JONAS, "/retro done 2").await;
    w.advance(Duration::hours(30)).await;
    // Monday's was not sent on Tuesday; Tuesday's came once Slack was back, the same day.
    let came = reminders(&w, NOOR, "Europe/Berlin");
    assert!(came.len() == 1 && came[0].starts_with("Tue 24 Nov 1"), "{came:?}");
    assert_eq!(reminders(&w, JONAS, "Europe/Berlin"), Vec::<String>::new(), "it was done meanwhile");
    assert_eq!(w.stuck().await, Vec::<String>::new());
}

#[tokio::test]
async fn another_zone_neither_doubles_nor_loses_a_step() {
    let w = world().await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    let moves = async |tz: &str| {
        let user = serde_json::json!({"type": "user_change", "user": {"id": NOOR, "name": "noor", "tz": tz}});
        w.sim.event(user).await;
        w.settle().await;
    };
    let until = async |at: &str| w.advance(at.parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    // Reminded in Berlin on Monday at 09:30; an hour later she is in New York, where it is 04:30 of the same day.
    until("2026-11-23T09:30:00Z").await;
    moves("America/New_York").await;
    until("2026-11-24T00:00:00Z").await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Mon 23 Nov 09:30"]);
    // On to Tokyo at 02:00 UTC of Tuesday, where half past nine has passed: that day's step is not lost.
    until("2026-11-24T02:00:00Z").await;
    moves("Asia/Tokyo").await;
    until("2026-11-25T02:00:00Z").await;
    assert_eq!(reminders(&w, NOOR, "Asia/Tokyo"), ["Mon 23 Nov 17:30", "Tue 24 Nov 11:00", "Wed 25 Nov 09:30"]);
    w.ends().await;
}

#[tokio::test]
async fn an_owner_is_somebody_of_the_channel() {
    let w = world().await;
    w.sim.member("U07TOMAS", RELEASES, false).await;
    w.settle().await;
    let said = w.says(MARIA, "/retro action Write the rollback runbook <@U07TOMAS> by 1w").await;
    assert!(said.contains("is not in this channel"), "{said}");
    assert!(w.says(MARIA, "/retro actions").await.contains("none"));
    w.ends().await;
}

#[tokio::test]
async fn a_step_of_today_is_said_though_an_earlier_one_was_missed() {
    let mut w = world().await;
    // Steps: Monday 23, Wednesday 25, Thursday 26. Away from Friday to Wednesday 11:00.
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-26").await;
    w.away("2026-11-25T10:00:00Z".parse::<DateTime<Utc>>().unwrap() - w.clock.now()).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Wed 25 Nov 11:00"]);
    w.ends().await;
}

#[tokio::test]
async fn todays_facilitator_may_change_items_of_earlier_retros_and_what_changed_can_be_told_later() {
    let w = world().await;
    w.says(SAM, "/retro start v1").await;
    w.says(SAM, "/retro action Write the rollback runbook @jonas by 1w high").await;
    w.says(SAM, "/retro agenda").await;
    w.says(SAM, "/retro finish").await;
    // Between two retros the five are counted too.
    for n in 2..=5 {
        w.says(SAM, &format!("/retro action Move service number {n} to the new cluster @noor by 2w high")).await;
    }
    assert!(w.says(SAM, "/retro action Rehearse the rollback @noor by 2w high").await.contains("sixth"));
    w.says(SAM, "/retro actions").await;
    w.opens(SAM, RELEASES, "Edit").await;
    w.says(NOOR, "/retro start v2").await;
    assert!(w.says(PRIYA, "/retro drop 1 because no").await.contains("belongs to <@U05JONAS>"));
    w.clicks(NOOR, RELEASES, "Review the open ones").await;
    w.opens(NOOR, RELEASES, "Done").await;
    w.sends(NOOR, &[]).await;
    let said = w.says(NOOR, "/retro done 1 it has 12 steps").await;
    assert!(said.contains("kept for the next retro"), "{said}");
    assert!(w.says(NOOR, "/retro done 1 and more").await.contains("already done"));
    assert!(w.says(NOOR, "/retro actions all").await.contains("done: it has 12 steps"));
    // A reason for silence is kept.
    let said = w.says(NOOR, "/retro snooze 2 2027-01-11 because the vendor is away").await;
    assert!(said.contains("quiet until Mon 11 Jan 2027 because the vendor is away"), "{said}");
    assert!(w.says(NOOR, "/retro actions").await.contains("snoozed until Mon 11 Jan 2027 because the vendor is away"));
    w.ends().await;
}

#[tokio::test]
async fn what_is_done_while_a_reminder_waits_for_slack_is_not_said() {
    let w = world().await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    w.says(MARIA, "/retro action Rehearse the rollback @jonas by 2026-11-24").await;
    w.advance(Duration::hours(60)).await;
    w.sim.fault("chat.postMessage", lookback_sim::Fault::RateLimit(2 * 3600), 1);
    w.advance(Duration::hours(12)).await;
    // 10:00 on Monday: both wait.
    w.says(JONAS, "/retro done 2").await;
    w.advance(Duration::hours(3)).await;
    assert_eq!((reminders(&w, NOOR, "Europe/Berlin").len(), reminders(&w, JONAS, "Europe/Berlin").len()), (1, 0));
}

#[tokio::test]
async fn a_bot_that_was_away_from_the_channel_hands_nothing_on() {
    let w = world().await;
    w.says(MARIA, "/retro start v1").await;
    w.says(MARIA, "/retro action Write the rollback runbook @noor by 2026-11-24").await;
    let bot = "U11LOOK";
    w.sim.member(bot, RELEASES, false).await;
    w.advance(Duration::hours(72)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), Vec::<String>::new(), "nobody could press a button of it");
    w.sim.member(bot, RELEASES, true).await;
    w.advance(Duration::hours(24)).await;
    assert_eq!(reminders(&w, NOOR, "Europe/Berlin"), ["Tue 24 Nov 09:30"]);
    assert!(w.says(NOOR, "/retro actions mine").await.contains("(1)"));
}

#[tokio::test]
async fn an_hour_is_shown_and_read_in_the_zone_of_who_looks_at_it() {
    let w = world().await;
    w.says(SAM, "/retro start v1").await;
    // Maria in Berlin names 15:00; Sam in New York owns it, so it is kept as 09:00 there.
    let said = w.says(MARIA, "/retro action Write the rollback runbook @sam by 2026-12-01 15:00").await;
    assert!(said.contains("Tue 1 Dec 2026, 09:00 (America/New_York)"), "{said}");
    w.says(MARIA, "/retro actions").await;
    w.opens(MARIA, RELEASES, "Change date").await;
    assert!(w.form_words(MARIA).contains("2026-12-01 15:00"), "{}", w.form_words(MARIA));
    w.sends(MARIA, &[("due", "2026-12-02 15:00")]).await;
    assert!(w.last_alone(MARIA).contains("Wed 2 Dec 2026, 09:00 (America/New_York)"), "{}", w.last_alone(MARIA));
    w.ends().await;
}
