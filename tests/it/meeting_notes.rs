//! Notes in a meeting: taken back, moved, hidden, reworded, or too many for one message.

use crate::themes::{beside, in_stage, option, works_on};
use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback_sim::Copies;

fn agenda_text(w: &World) -> String {
    w.public(RELEASES).into_iter().find(|m| m.starts_with("Agenda")).expect("an agenda")
}

#[tokio::test]
async fn what_is_taken_back_is_read_nowhere() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v2.1.0 named").await;
    w.says(SAM, "/retro note improve The zebra crossing was closed").await;
    w.says(NOOR, "I saw a giraffe").await;
    let giraffe = w.ts_of("I saw a giraffe");
    w.sim.shortcut(NOOR, "add_to_retro", Some((RELEASES, &giraffe))).await;
    w.settle().await;
    w.says(MARIA, "/retro agenda").await;
    w.says(MARIA, "/retro meet").await;
    assert!(agenda_text(&w).contains("zebra") && agenda_text(&w).contains("giraffe"), "{}", agenda_text(&w));
    // Its stage is still to come, so only the agenda shows it.
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
    works_on(&w, NOOR, "The zebra", "Impact and cause").await;
    w.sends(NOOR, &[("cause", "No sign")]).await;
    assert!(w.stage("3 of 6").contains("zebra crossing was closed Root cause: No sign."), "{}", w.stage("3 of 6"));
    // The note is hidden, and shown again.
    w.opens(MARIA, RELEASES, "Hide a note").await;
    let value = option(&w, MARIA, "The zebra");
    w.sends(MARIA, &[("text", &value)]).await;
    assert!(!w.stage("3 of 6").contains("No sign"));
    let dm = w.dm(MARIA);
    w.clicks(MARIA, &dm, "Show it again").await;
    assert!(w.stage("3 of 6").contains("zebra crossing was closed Root cause: No sign."), "{}", w.stage("3 of 6"));
    // Its author moves it to another category.
    w.sim.rewrite(RELEASES, &w.ts_of("improve: The zebra"), Some("surprise: The zebra crossing was closed")).await;
    w.settle().await;
    assert!(!w.stage("3 of 6").contains("zebra"));
    w.minutes(1).await;
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("4 of 6").contains("zebra crossing was closed Root cause: No sign."), "{}", w.stage("4 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn words_that_were_kept_whole_have_no_mark() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.says(SAM, "Change: rolled back the flagg").await;
    let ts = w.ts_of("Change:");
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
    works_on(&w, SAM, "Blue-green", "Why did this work?").await;
    w.sends(SAM, &[("why", "Somebody is an idiot")]).await;
    w.opens(MARIA, RELEASES, "Hide a note").await;
    let form = w.form_words(MARIA);
    let value = format!("insight-{}", form.split("insight-").nth(1).unwrap().split('"').next().unwrap());
    w.says(MARIA, "/retro finish").await;
    w.sends(MARIA, &[("text", &value)]).await;
    let dm = w.dm(MARIA);
    assert!(w.last(MARIA, &dm).contains("please delete that file"), "{}", w.last(MARIA, &dm));
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
    // The form belongs to the retro of the thread, though another meeting is newer.
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
async fn a_reply_that_was_deleted_before_it_came_becomes_no_note() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.sim.hold();
    w.sim.say(SAM, RELEASES, Some(&w.thread(RELEASES)), "improve: The zebra crossing was closed").await;
    w.sim.rewrite(RELEASES, &w.ts_of("improve: The zebra"), None).await;
    w.sim.release().await;
    w.settle().await;
    assert!(!w.stage("3 of 6").contains("zebra"), "{}", w.stage("3 of 6"));
    w.ends().await;
}

#[tokio::test]
async fn a_note_takes_along_only_what_is_its_own() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.replies(SAM, "improve: The zebra crossing was closed").await;
    works_on(&w, NOOR, "The zebra", "Impact and cause").await;
    w.sends(NOOR, &[("cause", "No sign")]).await;
    w.presses(NOOR, &beside(&w, "The zebra", "Upvote")).await;
    // A similar note is added. Then the first one moves to another category.
    w.replies(JONAS, "improve: The zebra crossing closed").await;
    assert!(w.stage("3 of 6").contains("×2"));
    w.sim
        .rewrite(RELEASES, &w.ts_of("improve: The zebra crossing was"), Some("surprise: The zebra crossing was closed"))
        .await;
    w.settle().await;
    w.clicks(MARIA, RELEASES, "Count votes").await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("• The zebra crossing closed · 1 vote Root cause: No sign."), "{stage}");
    // A note that is moved to its own category stays there.
    w.says(SAM, "The giraffe was late").await;
    let ts = w.ts_of("The giraffe");
    w.sim.shortcut(SAM, "add_to_retro", Some((RELEASES, &ts))).await;
    w.settle().await;
    assert!(
        w.clicks(SAM, RELEASES, "What could be improved")
            .await
            .contains("It's already under “What could be improved”.")
    );
    w.ends().await;
}

#[tokio::test]
async fn an_abusive_answer_is_hidden_and_can_come_back() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 2).await;
    works_on(&w, SAM, "Blue-green", "Why did this work?").await;
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
async fn a_draft_that_was_never_saved_lies_nowhere() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 3).await;
    w.opens(SAM, RELEASES, "Add a note").await;
    w.sends(SAM, &[("text", "Noor broke the zebra crossing")]).await;
    assert!(w.form_words(SAM).contains("*Not saved yet.*"));
    assert!(!w.on_disk().contains("zebra crossing"), "what was typed is kept");
    w.ends().await;
}

#[tokio::test]
async fn a_note_that_moves_alone_leaves_its_theme() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    w.replies(SAM, "improve: Backups took very long").await;
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    let theme = option(&w, MARIA, "Backups took");
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
async fn forty_people_and_three_hundred_notes_fit_on_pages() {
    let w = World::crowd(40).await;
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
    assert!(w.stage("3 of 6").contains("More themes in the next messages."));
    // After a merge the empty pages are deleted.
    let ids = w.sim.read(|s| {
        let mut ids = Vec::new();
        for m in s.messages.iter().filter(|m| m.thread_ts.is_some()) {
            for b in &m.blocks {
                for e in [&b["accessory"]].into_iter().filter(|e| e["text"]["text"] == "Upvote") {
                    let value: serde_json::Value = serde_json::from_str(e["value"].as_str().unwrap()).unwrap();
                    ids.push(value["note"].to_string());
                }
            }
        }
        ids
    });
    assert_eq!(ids.len(), 300);
    // The form offers every theme, in groups of a hundred.
    w.says(SAM, "/retro whys").await;
    w.form(SAM).await;
    let whys =
        [("theme", ids[299].as_str()), ("why1", "No alarm"), ("why2", "No owner"), ("cause", "Nobody was asked")];
    w.sends(SAM, &whys).await;
    assert!(w.in_thread().iter().any(|m| m.contains("Root cause: Nobody was asked")));
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    w.sends(MARIA, &[("theme", &ids.join(",")), ("text", "Everything")]).await;
    assert_eq!(pages(), Vec::<String>::new());
    assert!(w.stage("3 of 6").contains("• Everything ×300"), "{}", w.stage("3 of 6"));
    assert_eq!(w.calls("chat.delete"), all.len());
    // The pages come back when they are needed.
    let out: Vec<&str> = ids.iter().map(String::as_str).take(40).collect();
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    w.sends(MARIA, &[("out", &out.join(","))]).await;
    assert!((2..=4).contains(&pages().len()), "{:?}", pages());
    w.ends().await;
}

/// A made-up word, different for each number.
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
async fn changes_in_any_order_leave_the_newest_words() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    let thread = w.thread(RELEASES);
    w.replies(SAM, "improve: The alpha release was rushed").await;
    let ts = w.ts_of("improve: The alpha");
    // Two changes arrive in the wrong order.
    w.sim.hold();
    w.sim.rewrite(RELEASES, &ts, Some("improve: The alpha release was hurried")).await;
    w.sim.rewrite(RELEASES, &ts, Some("improve: The alpha release was fast")).await;
    w.sim.release().await;
    w.settle().await;
    assert!(w.stage("3 of 6").contains("alpha release was fast"), "{}", w.stage("3 of 6"));
    // A change arrives before its message; so does one that makes talk of it.
    w.sim.hold();
    w.sim.say(SAM, RELEASES, Some(&thread), "improve: The beta was late").await;
    w.sim.rewrite(RELEASES, &w.ts_of("improve: The beta"), Some("improve: The beta was two days late")).await;
    w.sim.say(SAM, RELEASES, Some(&thread), "improve: The gamma was late").await;
    w.sim.rewrite(RELEASES, &w.ts_of("improve: The gamma"), Some("never mind the gamma")).await;
    w.sim.release().await;
    w.settle().await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("beta was two days late") && !stage.contains("beta was late"), "{stage}");
    assert!(!stage.contains("gamma"), "{stage}");
    // What was read when a message was kept is newer than a change from before.
    let said = "The delta was early";
    w.sim.say(NOOR, RELEASES, None, "The delta was soon").await;
    let ts = w.ts_of("The delta");
    w.sim.hold();
    w.sim.rewrite(RELEASES, &ts, Some(said)).await;
    w.minutes(2).await;
    w.sim.shortcut(NOOR, "add_to_retro", Some((RELEASES, &ts))).await;
    w.sim.rewrite(RELEASES, &ts, Some("The delta was very early")).await;
    w.sim.release().await;
    w.settle().await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("delta was very early"), "{stage}");
    w.ends().await;
}

#[tokio::test]
async fn a_mark_is_read_as_people_print_it_and_several_notes_are_sent_one_by_one() {
    let w = World::new(Transport::Socket).await;
    in_stage(&w, "named", 3).await;
    let notes = |w: &World| w.stage("3 of 6").matches('•').count();
    let before = notes(&w);
    for typed in
        ["`improve`: the disk was full", "- improve: nobody knew the runbook", "Improvements： the queue was slow"]
    {
        w.replies(SAM, typed).await;
        assert!(w.last_alone(SAM).contains("Noted under “What could be improved”"), "{typed}: {}", w.last_alone(SAM));
    }
    assert!(notes(&w) > before, "{}", w.stage("3 of 6"));
    let many = w.stage("3 of 6");
    for typed in ["improve: one thing\nwell: another", "improve:\n- one thing\n- another"] {
        w.replies(SAM, typed).await;
        assert!(w.last_alone(SAM).contains("each note as a separate message"), "{typed}: {}", w.last_alone(SAM));
    }
    w.replies(SAM, "improve: n/a").await;
    assert_eq!(w.stage("3 of 6"), many);
    w.ends().await;
}
