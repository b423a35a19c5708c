//! Second thoughts in a meeting: what is taken back, moved, put off, delivered twice or left standing.

use chrono::Duration;
use lookback_sim::{Copies, Fault};

use crate::themes::{beside, in_stage, option};
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};

fn agenda_text(w: &World) -> String {
    w.public(RELEASES).into_iter().find(|m| m.starts_with("Agenda")).expect("an agenda")
}

/// The `ts` of somebody's message that begins so.
fn ts_of(w: &World, words: &str) -> String {
    w.sim.read(|s| s.messages.iter().rfind(|m| m.text.starts_with(words)).map(|m| m.ts.clone())).expect("a message")
}

#[tokio::test]
async fn what_is_taken_back_is_read_nowhere() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0 named").await;
    w.says(SAM, "/retro note improve The zebra crossing was closed").await;
    w.says(NOOR, "I saw a giraffe").await;
    let giraffe = ts_of(&w, "I saw a giraffe");
    w.sim.shortcut(NOOR, "add_to_retro", Some((RELEASES, &giraffe))).await;
    w.settle().await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    assert!(agenda_text(&w).contains("zebra") && agenda_text(&w).contains("giraffe"), "{}", agenda_text(&w));
    // Its stage is still to come: nothing but the agenda shows it.
    w.says(SAM, "/retro notes").await;
    w.clicks(SAM, RELEASES, "Delete").await;
    assert!(!agenda_text(&w).contains("zebra"), "{}", agenda_text(&w));
    w.sim.rewrite(RELEASES, &giraffe, None).await;
    w.settle().await;
    assert!(!agenda_text(&w).contains("giraffe"), "{}", agenda_text(&w));
    w.ends().await;
}

#[tokio::test]
async fn what_was_found_out_stays_with_a_note_that_moves_or_comes_back() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.replies(SAM, "improve: The zebra crossing was closed").await;
    w.presses(NOOR, &beside(&w, "The zebra", "Impact and cause")).await;
    w.sends(NOOR, &[("cause", "No sign")]).await;
    assert!(w.stage("3 of 6").contains("zebra crossing was closed Root cause: No sign."), "{}", w.stage("3 of 6"));
    // Hidden, and shown again.
    w.opens(MARIA, RELEASES, "Hide a note").await;
    let value = option_of(&w, "The zebra");
    w.sends(MARIA, &[("text", &value)]).await;
    assert!(!w.stage("3 of 6").contains("No sign"));
    let dm = w.dm(MARIA);
    w.clicks(MARIA, &dm, "Show it again").await;
    assert!(w.stage("3 of 6").contains("zebra crossing was closed Root cause: No sign."), "{}", w.stage("3 of 6"));
    // Its writer puts it elsewhere.
    w.sim.rewrite(RELEASES, &ts_of(&w, "improve: The zebra"), Some("surprise: The zebra crossing was closed")).await;
    w.settle().await;
    assert!(!w.stage("3 of 6").contains("zebra"));
    w.minutes(1).await;
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("4 of 6").contains("zebra crossing was closed Root cause: No sign."), "{}", w.stage("4 of 6"));
    w.ends().await;
}

/// A choice of the open form, in groups or not, by how its words begin.
fn option_of(w: &World, words: &str) -> String {
    let form: serde_json::Value = serde_json::from_str(&w.form_words(MARIA)).unwrap();
    let groups = form["blocks"].as_array().unwrap().iter().flat_map(|b| b["element"]["option_groups"].as_array());
    let mut options = groups.flatten().flat_map(|g| g["options"].as_array().cloned().unwrap_or_default());
    let found = options.find(|o| o["text"]["text"].as_str().unwrap().starts_with(words));
    found.expect("an option")["value"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_theme_whose_notes_all_leave_it_keeps_its_name_with_one() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    let theme = option(&w, MARIA, "Backups took long");
    w.sends(MARIA, &[("theme", &theme), ("text", "Backups")]).await;
    assert!(w.stage("3 of 6").contains("• Backups ×2"), "{}", w.stage("3 of 6"));
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    let theme = option(&w, MARIA, "Backups ×2");
    let out = [option(&w, MARIA, "Backups took long"), option(&w, MARIA, "The backup took long")].join(",");
    w.sends(MARIA, &[("theme", &theme), ("out", &out)]).await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("• Backups\n") && !stage.contains("×2"), "{stage}");
    w.ends().await;
}

#[tokio::test]
async fn words_that_were_kept_whole_have_no_mark() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.says(SAM, "Change: rolled back the flagg").await;
    let ts = ts_of(&w, "Change:");
    w.sim.shortcut(NOOR, "add_to_retro", Some((RELEASES, &ts))).await;
    w.settle().await;
    w.sim.rewrite(RELEASES, &ts, Some("Change: rolled back the flag")).await;
    w.settle().await;
    assert!(w.stage("3 of 6").contains("• Change: rolled back the flag"), "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_form_that_is_shown_again_is_shown_to_copies_too() {
    let w = World::new(Transport::Socket).await;
    in_stage(&w, "named", 3).await;
    w.opens(JONAS, RELEASES, "Add a note").await;
    w.sim.copies(Copies { more: 2, new_ids: true });
    w.sends(JONAS, &[("text", "Noor broke the build")]).await;
    assert!(w.form_words(JONAS).contains("*Not saved yet.*"), "{}", w.form_words(JONAS));
    w.sends(JONAS, &[("text", "Noor broke the build")]).await;
    assert_eq!(w.stage("3 of 6").matches("Noor broke the build").count(), 1, "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_late_answer_of_a_finished_retro_is_hidden_with_a_word_about_its_file() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.presses(SAM, &beside(&w, "Blue-green", "Why did this work?")).await;
    w.sends(SAM, &[("why", "Somebody is an idiot")]).await;
    w.opens(MARIA, RELEASES, "Hide a note").await;
    let form = w.form_words(MARIA);
    let value = format!("insight-{}", form.split("insight-").nth(1).unwrap().split('"').next().unwrap());
    w.says(MARIA, "/retro finish").await;
    w.sends(MARIA, &[("text", &value)]).await;
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("delete that file there"), "{}", w.last(MARIA, &dm));
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
async fn a_meeting_that_was_left_standing_takes_no_notes() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.advance(Duration::hours(48)).await;
    w.says(MARIA, "/retro start v3 named").await;
    assert!(w.says(SAM, "/retro note improve The alarm was late").await.contains("Noted for *v3*"));
    assert!(!w.stage("2 of 6").contains("The alarm"));
    let stage = w.stage("2 of 6");
    assert!(stage.contains("*Its time is over since Fri 20 Nov 2026, 10:"), "{stage}");
    // Its next stages are not punished for it.
    w.says(MARIA, "/retro next v2.1.0").await;
    assert!(w.stage("3 of 6").contains("*9 minutes left*"), "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_clock_that_was_stopped_for_a_day_is_asked_about_once() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 2).await;
    w.says(MARIA, "/retro pause").await;
    let dm = w.dm(MARIA);
    let asked = || w.seen(MARIA, &dm).iter().filter(|m| m.contains("its clock was stopped a day ago")).count();
    w.advance(Duration::hours(23)).await;
    assert_eq!(asked(), 0);
    w.advance(Duration::hours(60)).await;
    assert_eq!(asked(), 1);
    w.clicks(MARIA, &dm, "Resume").await;
    assert!(w.stage("2 of 6").contains("minutes left"), "{}", w.stage("2 of 6"));
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
    assert!(w.stage("2 of 6").contains("Not heard yet"), "{}", w.stage("2 of 6"));
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
        w.clicks(who, RELEASES, "Done or pass").await;
    }
    w.sim.member(SAM, RELEASES, false).await;
    w.settle().await;
    assert!(
        w.stage("1 of 6")
            .contains("Everybody has been heard in this stage. It closes Fri 20 Nov 2026, 10:10 (Europe/Berlin)."),
        "{}",
        w.stage("1 of 6")
    );
    // Time for second thoughts is not taken back because a bystander leaves, nor by a pause.
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
    // It would have closed on Monday; on Saturday of the next week nobody moves it.
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
    assert_eq!(w.stuck().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_reply_to_five_whys_repeats_nothing_where_nobody_is_named() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 3).await;
    w.opens(SAM, RELEASES, "5 Whys").await;
    let theme = option(&w, SAM, "Backups took long");
    let whys =
        [("theme", theme.as_str()), ("why1", "The disk"), ("why2", "Never measured"), ("cause", "Nobody owns it")];
    w.sends(SAM, &whys).await;
    let said = w.last_alone(SAM);
    assert!(said.contains("without your name") && !said.contains("Nobody owns it"), "{said}");
    assert!(w.button(SAM, RELEASES, "Make an action item").is_none());
    w.presses(SAM, &beside(&w, "Backups", "What would fix it?")).await;
    w.form(SAM).await;
    assert!(w.form_words(SAM).contains("Root cause: Nobody owns it"), "{}", w.form_words(SAM));
    w.ends().await;
}

#[tokio::test]
async fn votes_that_nobody_gave_are_not_counted_and_spent_ones_are_found() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 3).await;
    let said = w.clicks(MARIA, RELEASES, "Count the votes").await;
    assert!(said.contains("Nobody has voted in this stage yet"), "{said}");
    w.says(SAM, "/retro note improve Too many meetings").await;
    for theme in ["Backups", "Alerts", "Nobody knew"] {
        w.presses(JONAS, &beside(&w, theme, "Upvote")).await;
    }
    let said = w.presses(JONAS, &beside(&w, "Too many", "Upvote")).await;
    assert!(said.contains("your three votes in this stage, to “") && said.contains("“Alerts at night”"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn a_reply_may_be_an_action_item_and_a_mark_needs_words() {
    let w = World::new(Transport::Socket).await;
    in_stage(&w, "named", 5).await;
    let said = w.replies(SAM, "action: Page when the error rate passes 1 % @noor by 2w high").await;
    assert!(said.contains("#1"), "{said}");
    assert!(w.stage("5 of 6").contains("Page when the error rate passes 1 % (<@U02NOOR>"), "{}", w.stage("5 of 6"));
    let said = w.replies(SAM, "action: Page when the error rate passes 2 %").await;
    assert!(said.contains("owner"), "{said}");
    assert!(w.replies(SAM, "well:").await.contains("needs some text"), "{}", w.last_alone(SAM));
    assert_eq!(w.replies(SAM, "By the way: good tea").await, "");
    // A form that was asked for keeps the retro of the thread, though another meeting is newer.
    let thread = w.thread(RELEASES);
    for typed in ["start v9 named", "agenda v9", "meet v9"] {
        w.says(MARIA, &format!("/retro {typed}")).await;
    }
    w.sim.say(JONAS, RELEASES, Some(&thread), "action: Write the runbook for rollbacks").await;
    w.settle().await;
    assert!(w.last_alone(JONAS).contains("owner"), "{}", w.last_alone(JONAS));
    w.opens(JONAS, RELEASES, "Fill it in").await;
    w.sends(JONAS, &[("owner", JONAS), ("due", "2w")]).await;
    assert!(w.says(MARIA, "/retro actions v2.1.0").await.contains("runbook for rollbacks"));
    w.ends().await;
}

#[tokio::test]
async fn the_channel_hears_of_the_meeting_and_status_says_where_it_is() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named length:60", 2).await;
    let begun = || w.public(RELEASES).into_iter().find(|m| m.starts_with("The meeting of *v2.1.0*")).unwrap();
    assert!(begun().contains("has begun, in <http") && begun().contains("six stages in 60 minutes"), "{}", begun());
    let said = w.says(PRIYA, "/retro status").await;
    assert!(said.contains("at “What went well” (2 of 6), with 14 minutes left."), "{said}");
    w.says(MARIA, "/retro status").await;
    assert!(w.button(MARIA, RELEASES, "Next stage").is_some());
    assert!(w.says(MARIA, "/retro extend abc").await.contains("“abc” is neither a time such as 5m"));
    assert!(w.says(MARIA, "/retro help resume").await.contains("`/retro pause"));
    // The word before the end has the buttons.
    w.minutes(12).await;
    let warned =
        w.sim.read(|s| s.messages.iter().find(|m| m.text.contains("left for “What went well”")).unwrap().ts.clone());
    let (ts, ..) = w.button(MARIA, RELEASES, "+5 min").unwrap();
    assert_eq!(ts, warned);
    // What was given and not needed is given back; the word has done its work.
    w.clicks(MARIA, RELEASES, "+5 min").await;
    assert!(w.in_thread().contains(&"The time of “What went well” (*v2.1.0*) was nearly over.".to_owned()));
    assert!(w.button(MARIA, RELEASES, "+5 min").unwrap().0 != warned);
    w.clicks(MARIA, RELEASES, "Next: What could be improved").await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("*18 minutes left*") && !stage.contains("instead of"), "{stage}");
    w.says(MARIA, "/retro finish").await;
    assert!(begun().contains("is over; it was held in <http"), "{}", begun());
    w.ends().await;
}

#[tokio::test]
async fn a_reply_that_was_deleted_before_it_came_becomes_no_note() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.sim.hold();
    w.sim.say(SAM, RELEASES, Some(&w.thread(RELEASES)), "improve: The zebra crossing was closed").await;
    w.sim.rewrite(RELEASES, &ts_of(&w, "improve: The zebra"), None).await;
    w.sim.release().await;
    w.settle().await;
    assert!(!w.stage("3 of 6").contains("zebra"), "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_meeting_is_exported_for_programs() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named meeting:2026-11-24T15:00 length:60", 2).await;
    w.presses(JONAS, &beside(&w, "Blue-green", "Upvote")).await;
    w.minutes(3).await;
    w.says(MARIA, "/retro next").await;
    w.says(MARIA, "/retro finish").await;
    let export = lookback::cli::documents::export(&w.place(), "v2.1.0", None, lookback_core::command::Format::Json)
        .await
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&export.text).unwrap();
    assert_eq!(json["meeting"], "2026-11-24T14:00:00Z");
    assert!(json["held"]["began"].as_str().unwrap().starts_with("2026-11-20T09:00:"), "{}", json["held"]);
    assert_eq!(
        json["held"]["stages"][1],
        serde_json::json!({"stage": "What went well", "took_minutes": 3, "planned_minutes": 14})
    );
    let theme = serde_json::json!({"stage": "well", "text": "Blue-green worked", "notes": 2, "votes": 1, "found": []});
    assert_eq!(json["themes"][0], theme);
    w.ends().await;
}

#[tokio::test]
async fn an_action_item_by_reply_counts_as_having_been_heard() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @maria @sam async named").await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    assert!(w.stage("1 of 6").contains("Not heard yet: sam, maria"), "{}", w.stage("1 of 6"));
    w.replies(SAM, "action: Page when the error rate passes 1 % @noor by 2w high").await;
    assert!(w.stage("1 of 6").contains("Not heard yet: maria"), "{}", w.stage("1 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_note_takes_along_only_what_is_its_own() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.replies(SAM, "improve: The zebra crossing was closed").await;
    w.presses(NOOR, &beside(&w, "The zebra", "Impact and cause")).await;
    w.sends(NOOR, &[("cause", "No sign")]).await;
    w.presses(NOOR, &beside(&w, "The zebra", "Upvote")).await;
    // One like it comes later; then the first moves away.
    w.replies(JONAS, "improve: The zebra crossing closed").await;
    assert!(w.stage("3 of 6").contains("×2"));
    w.sim
        .rewrite(
            RELEASES,
            &ts_of(&w, "improve: The zebra crossing was"),
            Some("surprise: The zebra crossing was closed"),
        )
        .await;
    w.settle().await;
    w.clicks(MARIA, RELEASES, "Count the votes").await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("• The zebra crossing closed · 1 vote Root cause: No sign."), "{stage}");
    // Where it stands already it stays, with all it has.
    w.says(SAM, "The giraffe was late").await;
    let ts = ts_of(&w, "The giraffe");
    w.sim.shortcut(SAM, "add_to_retro", Some((RELEASES, &ts))).await;
    w.settle().await;
    assert!(
        w.clicks(SAM, RELEASES, "What could be improved")
            .await
            .contains("It is under “What could be improved” already.")
    );
    w.ends().await;
}

#[tokio::test]
async fn an_item_is_answered_where_it_was_typed() {
    let w = World::new(Transport::Http).await;
    crate::meeting::agenda(&w, "named").await;
    let answered_in = async |typed: &str, thread: Option<String>| {
        w.sim.say(JONAS, RELEASES, thread.as_deref(), typed).await;
        w.settle().await;
        w.opens(JONAS, RELEASES, "Fill it in").await;
        w.sends(JONAS, &[("owner", JONAS), ("due", "2w")]).await;
        w.sim.read(|s| s.seen_by(JONAS, RELEASES).last().map(|m| (m.text.clone(), m.thread_ts.clone())).unwrap())
    };
    let (said, place) = answered_in("@lookback action Write the runbook for rollbacks", None).await;
    assert!(said.contains("*#1*") && place.is_none(), "{said} {place:?}");
    let thread = Some(w.thread(RELEASES));
    let (said, place) = answered_in("@lookback action Write the runbook for backups", thread.clone()).await;
    assert!(said.contains("*#2*") && place == thread, "{said} {place:?}");
    w.ends().await;
}
