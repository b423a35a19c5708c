//! Themes in the meeting: votes, arranging, what is found out, and what follows from it.

use crate::meeting::agenda;
use crate::world::{JONAS, MARIA, NOOR, PRIYA, RELEASES, SAM, Transport, World};
use lookback::store::{retros, votes};
use lookback_core::ids::{ChannelId, UserId};

/// A meeting that has reached this stage, counted from 1.
pub async fn in_stage(w: &World, options: &str, stage: usize) {
    agenda(w, options).await;
    w.says(MARIA, "/retro meet").await;
    for _ in 1..stage {
        w.minutes(1).await;
        w.says(MARIA, "/retro next").await;
    }
}

/// The button with this label, beside the theme that begins with these words.
pub fn beside(w: &World, words: &str, label: &str) -> (String, String, String, String) {
    w.sim.read(|s| {
        let all = s.messages.iter().rev().filter(|m| m.channel == RELEASES && m.thread_ts.is_some());
        all.into_iter()
            .find_map(|m| {
                let at = m.blocks.iter().position(|b| {
                    b.pointer("/text/text")
                        .and_then(|t| t.as_str())
                        .is_some_and(|t| t.starts_with(&format!("*{words}")))
                })?;
                let row = m.blocks.get(at)?;
                let of = |v: &serde_json::Value, k: &str| v[k].as_str().unwrap_or_default().to_owned();
                let found = Some(&row["accessory"]).filter(|e| e["text"]["text"] == label)?;
                Some((m.ts.clone(), of(row, "block_id"), of(found, "action_id"), of(found, "value")))
            })
            .unwrap_or_else(|| panic!("no “{label}” beside “{words}”"))
    })
}

/// Somebody chooses a theme of the stage, and what to do with it: the form of that is open then.
pub async fn works_on(w: &World, who: &str, words: &str, act: &str) {
    w.opens(who, RELEASES, "Work on a theme").await;
    let theme = option(w, who, words);
    let act = option(w, who, act);
    w.sends(who, &[("theme", &theme), ("act", &act)]).await;
    w.form(who).await;
}

/// The value of the option in the open form that begins with these words.
pub fn option(w: &World, who: &str, words: &str) -> String {
    let form: serde_json::Value = serde_json::from_str(&w.form_words(who)).unwrap();
    let list = |v: &serde_json::Value, key: &str| v[key].as_array().cloned().unwrap_or_default();
    let selects: Vec<_> = list(&form, "blocks").into_iter().map(|b| b["element"].clone()).collect();
    let groups = selects.iter().flat_map(|s| list(s, "option_groups"));
    let mut options = selects.iter().cloned().chain(groups).flat_map(|s| list(&s, "options"));
    let found = options.find(|o| o["text"]["text"].as_str().unwrap().starts_with(words));
    found.unwrap_or_else(|| panic!("{words} is not in the form"))["value"].as_str().unwrap().to_owned()
}

async fn votes(transport: Transport) {
    let w = World::new(transport).await;
    in_stage(&w, "", 3).await;
    let upvote = |w: &World, words: &str| beside(w, words, "Upvote");
    for words in ["Backups took", "Alerts", "Nobody"] {
        w.presses(JONAS, &upvote(&w, words)).await;
    }
    w.opens(MARIA, RELEASES, "Add a note").await;
    w.sends(MARIA, &[("text", "Too many approvals")]).await;
    let full = w.presses(JONAS, &upvote(&w, "Too many")).await;
    assert!(full.contains("You've used your three votes"), "{full}");
    let back = w.presses(JONAS, &upvote(&w, "Alerts")).await;
    assert_eq!(back, "Vote for “Alerts at night” removed; you have 1 vote left.");
    assert!(w.presses(JONAS, &upvote(&w, "Nobody")).await.contains("removed"));
    assert!(w.presses(JONAS, &upvote(&w, "Nobody")).await.contains("Voted for “Nobody knew who decides”"));
    w.presses(NOOR, &upvote(&w, "Nobody")).await;
    assert!(!w.stage("3 of 6").contains("vote "), "counts are hidden: {}", w.stage("3 of 6"));
    assert!(w.clicks(NOOR, RELEASES, "Count votes").await.contains("Only <@U01MARIA>"));
    w.clicks(MARIA, RELEASES, "Count votes").await;
    let stage = w.stage("3 of 6");
    let at = |words: &str| stage.find(words).unwrap_or_else(|| panic!("{words} is not in {stage}"));
    assert!(
        at("• Nobody knew who decides · 2 votes") < at("• Backups took long ×2 · 1 vote")
            && at("1 vote") < at("• Alerts")
    );
    let none = w.button(JONAS, RELEASES, "Upvote");
    assert!(none.is_none(), "{none:?}");
    // Who voted is forgotten. The counts stay.
    w.says(MARIA, "/retro finish").await;
    let file = w.sim.read(|s| s.messages.iter().find_map(|m| m.files.first().cloned())).expect("a document");
    assert!(file.text().contains("1. Nobody knew who decides (2 votes)"), "{}", file.text());
    w.ends().await;
}

#[tokio::test]
async fn votes_are_hidden_until_they_are_counted_over_http() {
    votes(Transport::Http).await;
}

#[tokio::test]
async fn votes_are_hidden_until_they_are_counted_over_socket_mode() {
    votes(Transport::Socket).await;
}

#[tokio::test]
async fn themes_are_merged_split_named_and_moved_by_who_leads() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    assert!(w.clicks(SAM, RELEASES, "Arrange themes").await.contains("Only <@U01MARIA>"));
    let id = |words: &str| option(&w, MARIA, words);
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    w.sends(MARIA, &[]).await;
    assert!(w.form_errors(MARIA)[0].1.contains("Please choose at least one theme"), "{:?}", w.form_errors(MARIA));
    // This vote is given first, so that the test sees it move with its note.
    w.presses(NOOR, &beside(&w, "Alerts", "Upvote")).await;
    let chosen = [id("Alerts at night"), id("Nobody knew")].join(",");
    w.sends(MARIA, &[("theme", &chosen), ("text", "On-call and roles")]).await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("• On-call and roles ×2"), "{stage}");
    w.opens(MARIA, RELEASES, "Arrange themes").await;
    let theme = id("Backups took long");
    let note = w.form_words(MARIA);
    let note: serde_json::Value = serde_json::from_str(&note).unwrap();
    let out = note["blocks"].as_array().unwrap().iter().find(|b| b["block_id"] == "out").unwrap();
    let out = out["element"]["options"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["text"]["text"] == "The backup took long")
        .unwrap();
    w.sends(MARIA, &[("theme", &theme), ("to", "surprise"), ("out", out["value"].as_str().unwrap())]).await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("• The backup took long") && !stage.contains("Backups took long"), "{stage}");
    w.says(MARIA, "/retro next").await;
    assert!(w.stage("4 of 6").contains("Backups took long"), "{}", w.stage("4 of 6"));
    assert!(w.stage("3 of 6").contains("• On-call and roles ×2 · 1 vote"), "{}", w.stage("3 of 6"));
    w.says(MARIA, "/retro finish").await;
    let summary = w.public(RELEASES).into_iter().find(|m| m.contains("retrospective: summary")).unwrap();
    assert!(summary.contains("On-call and roles ×2 · 1 vote"), "{summary}");
    w.ends().await;
}

#[tokio::test]
async fn the_questions_of_the_process_are_one_press_away() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 2).await;
    works_on(&w, SAM, "Blue-green", "Why did this work?").await;
    w.sends(SAM, &[("why", "")]).await;
    assert!(!w.form_errors(SAM).is_empty());
    w.sends(SAM, &[("why", "We rehearsed it twice")]).await;
    assert!(w.stage("2 of 6").contains("Why it worked: We rehearsed it twice."), "{}", w.stage("2 of 6"));
    w.says(MARIA, "/retro next").await;
    works_on(&w, NOOR, "Nobody knew", "Impact and cause").await;
    w.sends(NOOR, &[("impact", "Half an hour lost"), ("cause", "No decision log"), ("prevention", "Name a decider")])
        .await;
    let stage = w.stage("3 of 6");
    assert!(
        stage.contains("Impact: Half an hour lost. Root cause: No decision log. Prevention: Name a decider."),
        "{stage}"
    );
    // A complaint becomes an action item: the form has the note as its reason.
    works_on(&w, PRIYA, "Alerts at night", "What would fix it?").await;
    w.form(PRIYA).await;
    assert!(w.form_words(PRIYA).contains("Alerts at night"), "{}", w.form_words(PRIYA));
    w.sends(
        PRIYA,
        &[
            ("text", "Tune the alert thresholds to page below 99 %"),
            ("owner", NOOR),
            ("due", "1w"),
            ("priority", "high"),
        ],
    )
    .await;
    w.says(MARIA, "/retro next").await;
    w.minutes(1).await;
    w.says(MARIA, "/retro next").await;
    let stage = w.stage("5 of 6: Action items");
    assert!(stage.contains("Agreed so far:\n• *#1* Tune the alert thresholds"), "{stage}");
    w.says(MARIA, "/retro finish").await;
    let file = w.sim.read(|s| s.messages.iter().find_map(|m| m.files.first().cloned())).unwrap();
    for line in
        ["   - Why it worked: We rehearsed it twice", "   - Root cause: No decision log", "  - Why: Alerts at night"]
    {
        assert!(file.text().contains(line), "{line} is not in {}", file.text());
    }
    w.ends().await;
}

#[tokio::test]
async fn five_whys_lead_to_a_root_cause_and_its_action_item() {
    let w = World::new(Transport::Socket).await;
    assert!(w.says(SAM, "/retro whys it broke").await.contains("No retro is open"));
    in_stage(&w, "named", 3).await;
    // About a theme.
    w.says(SAM, "/retro whys").await;
    w.form(SAM).await;
    let theme = option(&w, SAM, "Backups took long");
    w.sends(SAM, &[("theme", &theme), ("why1", "The disk is slow"), ("cause", "Nobody owns capacity")]).await;
    assert!(w.form_errors(SAM).iter().any(|(field, _)| field == "why2"), "{:?}", w.form_errors(SAM));
    let whys = [("why1", "The disk is slow"), ("why2", "It was never measured"), ("cause", "Nobody owns capacity")];
    w.sends(SAM, &[&[("theme", theme.as_str())], &whys[..]].concat()).await;
    assert_eq!(w.last_alone(SAM), "Saved with its root cause: Nobody owns capacity. What would remove it?");
    let stage = w.stage("3 of 6");
    assert!(
        stage.contains("5 Whys: The disk is slow → It was never measured. Root cause: Nobody owns capacity."),
        "{stage}"
    );
    w.opens(SAM, RELEASES, "Make an action item").await;
    assert!(w.form_words(SAM).contains("Root cause: Nobody owns capacity"));
    w.sends(SAM, &[("text", "Write a capacity plan for the database with an owner"), ("owner", SAM), ("due", "2w")])
        .await;
    // By command, about something new. The problem becomes a note.
    w.says(NOOR, "/retro whys Migration took 33% longer than planned").await;
    w.sends(
        NOOR,
        &[
            ("why1", "More data than expected"),
            ("why2", "Staging is small"),
            ("why3", "To save cost"),
            ("cause", "No strategy for production-scale testing"),
        ],
    )
    .await;
    let stage = w.stage("3 of 6");
    assert!(stage.contains("• Migration took 33% longer than planned 5 Whys: More data than expected → Staging is small → To save cost."), "{stage}");
    // A message in a thread cannot open a form. A button opens it, filled in.
    let said = w.replies(PRIYA, "@lookback whys Alerts at night").await;
    assert_eq!(said, "The 5 Whys are in a form.");
    w.opens(PRIYA, RELEASES, "Open the form").await;
    assert!(w.form_words(PRIYA).contains("\"initial_value\":\"Alerts at night\""), "{}", w.form_words(PRIYA));
    w.says(MARIA, "/retro finish").await;
    let file = w.sim.read(|s| s.messages.iter().find_map(|m| m.files.first().cloned())).unwrap();
    assert!(file.text().contains("   - 5 Whys: Backups took long\n     - Why? The disk is slow\n     - Why? It was never measured\n     - Root cause: Nobody owns capacity"), "{}", file.text());
    w.ends().await;
}

#[tokio::test]
async fn blame_is_met_with_a_private_word_and_never_blocked() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    let said = w.says(PRIYA, "/retro note improve @sam forgot to run the migration").await;
    assert!(
        said.contains("Noted for *v2.1.0*") && said.contains("next to “forgot”") && said.contains("I kept it as it is"),
        "{said}"
    );
    assert!(w.stage("3 of 6").contains("@sam forgot to run the migration"));
    for other in [SAM, MARIA] {
        assert!(!w.seen(other, RELEASES).iter().any(|m| m.contains("can read as blame")), "{other} sees it");
    }
    w.opens(PRIYA, RELEASES, "Reword it").await;
    w.sends(PRIYA, &[("text", "The checklist had no line for the migration")]).await;
    assert!(w.stage("3 of 6").contains("The checklist had no line") && !w.stage("3 of 6").contains("forgot"));
    // The form shows the warning first. A second press saves the note.
    w.opens(JONAS, RELEASES, "Add a note").await;
    w.sends(JONAS, &[("text", "Noor broke the build")]).await;
    assert!(
        w.form_words(JONAS).contains("*Not saved yet.* It names a person next to “broke”"),
        "{}",
        w.form_words(JONAS)
    );
    assert!(!w.stage("3 of 6").contains("broke"));
    w.sends(JONAS, &[("text", "Noor broke the build")]).await;
    assert!(w.stage("3 of 6").contains("Noor broke the build"));
    // The same for a marked reply. Praise gets no warning.
    assert!(w.replies(SAM, "improve: it failed because of Jonas").await.contains("“because”"));
    assert!(!w.replies(SAM, "improve: Jonas noticed that alerts were late").await.contains("blame"));
    w.ends().await;
}

#[tokio::test]
async fn a_theme_of_signs_that_grow_in_writing_is_never_cut_in_one() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "named", 3).await;
    let signs = "&<>".repeat(400);
    let lines: Vec<String> = (0..6).map(|n| format!("zeppelin landed {signs}{n}")).collect();
    for line in &lines {
        w.opens(SAM, RELEASES, "Add a note").await;
        w.sends(SAM, &[("text", line)]).await;
    }
    let shown = w.sim.read(|s| {
        let all = s.messages.iter().flat_map(|m| m.blocks.iter());
        let texts = all.filter_map(|b| b.pointer("/text/text").and_then(|t| t.as_str()).map(str::to_owned));
        texts.filter(|t| t.contains("zeppelin")).collect::<Vec<_>>()
    });
    assert!(shown.len() == 1 && shown[0].contains("×6") && shown[0].contains("• +"), "{shown:?}");
    let bare = shown[0].replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    assert!(!bare.contains('&') && shown[0].chars().count() < 3000, "{}", shown[0]);
    w.ends().await;
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
async fn the_reply_to_five_whys_repeats_nothing_where_nobody_is_named() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 3).await;
    w.says(SAM, "/retro whys").await;
    w.form(SAM).await;
    let theme = option(&w, SAM, "Backups took long");
    let whys =
        [("theme", theme.as_str()), ("why1", "The disk"), ("why2", "Never measured"), ("cause", "Nobody owns it")];
    w.sends(SAM, &whys).await;
    let said = w.last_alone(SAM);
    assert!(said.contains("without your name") && !said.contains("Nobody owns it"), "{said}");
    assert!(w.button(SAM, RELEASES, "Make an action item").is_none());
    works_on(&w, SAM, "Backups", "What would fix it?").await;
    w.form(SAM).await;
    assert!(w.form_words(SAM).contains("Root cause: Nobody owns it"), "{}", w.form_words(SAM));
    w.ends().await;
}

#[tokio::test]
async fn votes_that_nobody_gave_are_not_counted_and_spent_ones_are_found() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 3).await;
    let said = w.clicks(MARIA, RELEASES, "Count votes").await;
    assert!(said.contains("No one has voted in this stage yet"), "{said}");
    w.says(SAM, "/retro note improve Too many meetings").await;
    for theme in ["Backups", "Alerts", "Nobody knew"] {
        w.presses(JONAS, &beside(&w, theme, "Upvote")).await;
    }
    let said = w.presses(JONAS, &beside(&w, "Too many", "Upvote")).await;
    assert!(said.contains("your three votes in this stage, on “") && said.contains("“Alerts at night”"), "{said}");
    w.ends().await;
}

#[tokio::test]
async fn who_voted_is_forgotten_once_the_votes_are_counted() {
    let w = World::new(Transport::Http).await;
    in_stage(&w, "", 3).await;
    w.presses(JONAS, &beside(&w, "Alerts", "Upvote")).await;
    let app = w.bot().bot.clone();
    let votes = async || {
        let mut tx = app.store.read().await.unwrap();
        let team = "T0PLAY".into();
        let open = retros::open_in(&mut tx, &team, &ChannelId::from(RELEASES)).await.unwrap();
        votes::of_person(&mut tx, open[0].id, &UserId::from(JONAS)).await.unwrap().len()
    };
    assert_eq!(votes().await, 1);
    // The votes are counted when the next stage opens.
    w.says(MARIA, "/retro next").await;
    assert_eq!(votes().await, 0);
    assert!(w.stage("3 of 6").contains("• Alerts at night · 1 vote"));
    w.ends().await;
}

#[tokio::test]
async fn the_agenda_has_the_top_themes_of_a_stage_and_its_thread_all_notes() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let notes = ["Backups", "Alerts", "Runbooks", "Approvals", "Dashboards", "Queues", "Certificates"];
    for note in notes {
        w.says(SAM, &format!("/retro note improve {note}")).await;
    }
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES)[1].clone();
    let shown = |text: &str| notes.iter().filter(|note| text.contains(**note)).count();
    assert!(shown(&agenda) == 5 && agenda.contains("+2 more (all in the thread)"), "{agenda}");
    let in_thread = w.sim.read(|s| {
        let replies = s.messages.iter().filter(|m| m.channel == RELEASES && m.thread_ts.is_some());
        replies.map(|m| m.text.clone()).collect::<Vec<_>>().join("\n")
    });
    assert_eq!(shown(&in_thread), notes.len(), "{in_thread}");
    w.ends().await;
}
