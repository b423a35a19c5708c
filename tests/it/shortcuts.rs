//! Shortcuts: a message becomes a note or an action item, and a retro is started from anywhere.

use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};

/// Somebody types in the release channel; returns the `ts`.
async fn said(w: &World, who: &str, text: &str) -> String {
    w.says(who, text).await;
    w.sim.read(|s| s.messages.iter().rfind(|m| m.user == who).map(|m| m.ts.clone())).unwrap()
}

async fn keeps(w: &World, who: &str, ts: &str) -> String {
    w.sim.shortcut(who, "add_to_retro", Some((RELEASES, ts))).await;
    w.settle().await;
    w.last_alone(who)
}

#[tokio::test]
async fn a_message_is_kept_once_with_its_link_also_before_a_retro_exists() {
    let w = World::new(Transport::Socket).await;
    let ts = said(&w, SAM, "The rollback took two minutes & nobody noticed").await;
    let told = keeps(&w, NOOR, &ts).await;
    assert!(told.contains("Kept for the next retro") && told.contains("people can see who wrote it"), "{told}");
    // Forty reactions with the channel's emoji make no second note.
    for n in 0..40 {
        w.sim.react(if n % 2 == 0 { SAM } else { JONAS }, RELEASES, &ts, "retro").await;
    }
    w.settle().await;
    let again = keeps(&w, JONAS, &ts).await;
    assert!(again.contains("already kept under “Other thoughts”"), "{again}");
    w.says(MARIA, "/retro start v1").await;
    // The channel's emoji keeps a message for the open retro. Another emoji does not.
    let second = said(&w, NOOR, "Thread about the alerts").await;
    w.sim.react(SAM, RELEASES, &second, "thumbsup").await;
    w.settle().await;
    w.sim.react(SAM, RELEASES, &second, "retro::skin-tone-2").await;
    w.settle().await;
    assert!(w.last_alone(SAM).contains("Kept for *v1*"), "{}", w.last_alone(SAM));
    w.clicks(SAM, RELEASES, "What could be improved").await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = || w.public(RELEASES).into_iter().find(|m| m.contains("Agenda")).unwrap();
    let link = format!("/archives/{RELEASES}/p{}", ts.replace('.', ""));
    assert!(agenda().contains("two minutes &amp; nobody noticed <http") && agenda().contains(&link), "{}", agenda());
    assert_eq!(agenda().matches("two minutes").count(), 1);
    let improve = agenda().find("3. What could be improved").unwrap();
    assert!(agenda().find("Thread about the alerts").unwrap() > improve);
    // When a message is edited or deleted, its note is too.
    w.sim.rewrite(RELEASES, &second, Some("Thread about the loud alerts")).await;
    w.settle().await;
    assert!(agenda().contains("the loud alerts"), "{}", agenda());
    w.sim.rewrite(RELEASES, &ts, None).await;
    w.settle().await;
    assert!(!agenda().contains("two minutes"), "{}", agenda());
    w.says(MARIA, "/retro finish").await;
    let file = w.sim.read(|s| s.messages.iter().find_map(|m| m.files.first().map(|f| f.text()))).unwrap();
    assert!(file.contains("Thread about the loud alerts ([message](http"), "{file}");
    w.ends().await;
}

#[tokio::test]
async fn a_message_of_a_thread_is_read_and_without_the_scope_the_menu_is_named() {
    let mut w = World::new(Transport::Socket).await;
    let top = said(&w, SAM, "Top").await;
    w.sim.say(NOOR, RELEASES, Some(&top), "A reply in the thread").await;
    let reply = w.sim.read(|s| s.messages.iter().rfind(|m| m.user == NOOR).map(|m| m.ts.clone())).unwrap();
    w.sim.react(SAM, RELEASES, &reply, "retro").await;
    w.settle().await;
    assert!(w.last_alone(SAM).contains("Kept for the next retro"), "{}", w.last_alone(SAM));
    // The scope is taken away while the bot runs.
    w.sim.grant("channels:history", false);
    w.sim.grant("groups:history", false);
    w.sim.grant("im:history", false);
    w.sim.react(JONAS, RELEASES, &top, "retro").await;
    w.settle().await;
    assert!(w.last_alone(JONAS).contains("use “Add to retro” in its menu"), "{}", w.last_alone(JONAS));
    assert!(keeps(&w, JONAS, &top).await.contains("Kept for"));
    w.restart().await;
    let help = w.says(SAM, "/retro help").await;
    assert!(help.contains("Off in this workspace") && help.contains("channels:history"), "{help}");
    w.ends_refused(&["conversations.history"]).await;
}

#[tokio::test]
async fn an_action_item_is_made_of_a_message() {
    let w = World::new(Transport::Socket).await;
    let ts = said(&w, SAM, "We should\nautomate the smoke tests").await;
    w.sim.shortcut(NOOR, "make_action_item", Some((RELEASES, &ts))).await;
    w.sends(NOOR, &[("owner", SAM), ("due", "2w")]).await;
    // The form shows what the message lacks as an action item. It can be kept all the same.
    let shown = w.form_words(NOOR);
    assert!(shown.contains("Not saved yet") && shown.contains("Start with what the owner will do"), "{shown}");
    w.sends(NOOR, &[("owner", SAM), ("due", "2w")]).await;
    assert!(
        w.last_alone(NOOR).contains("We should automate the smoke tests (<@U03SAM>, due Fri 4 Dec 2026"),
        "{}",
        w.last_alone(NOOR)
    );
    let why = w.says(NOOR, "/retro actions all").await;
    assert!(why.contains("smoke tests"), "{why}");
    w.ends().await;
}

#[tokio::test]
async fn the_global_shortcut_starts_a_retro_and_faults_stand_at_their_field() {
    let w = World::new(Transport::Socket).await;
    w.sim.shortcut(MARIA, "start_retro", None).await;
    w.sends(MARIA, &[("channel", RELEASES), ("version", "v 1"), ("closes", "friday")]).await;
    assert_eq!(w.form_errors(MARIA)[0].0, "version");
    w.sends(MARIA, &[("channel", RELEASES), ("version", "v1"), ("closes", "someday")]).await;
    assert_eq!(w.form_errors(MARIA)[0].0, "closes");
    w.sends(MARIA, &[("channel", RELEASES), ("version", "v1"), ("closes", "3d"), ("names", "named")]).await;
    let dm = w.dm(MARIA);
    assert!(
        w.seen(MARIA, &dm).iter().any(|m| m.contains("The retro for *v1* is open. I'm asking 8 people")),
        "{:?}",
        w.seen(MARIA, &dm)
    );
    assert!(w.public(RELEASES)[0].contains("with names"));
    w.ends().await;
}

/// A deploy bot's message, whose words stand in its attachment.
fn alert(w: &World) -> String {
    w.sim.arrange(|s| {
        let ts = format!("{}.000300", w.clock.now().timestamp());
        s.messages.push(lookback_sim::workspace::Message {
            channel: RELEASES.into(),
            ts: ts.clone(),
            user: "U10BUILD".into(),
            attachments: vec![serde_json::json!({"id": 1, "color": "a30200", "fallback": "Deploy #481 failed",
                "title": "Deploy #481", "text": "checkout failed after 12 min: health check timed out"})],
            ..lookback_sim::workspace::Message::default()
        });
        ts
    })
}

#[tokio::test]
async fn an_alert_is_kept_with_what_it_says() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let first = alert(&w);
    w.sim.react(SAM, RELEASES, &first, "retro").await;
    w.settle().await;
    w.minutes(1).await;
    let second = alert(&w);
    assert!(keeps(&w, NOOR, &second).await.contains("Kept for *v1*"));
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES).into_iter().find(|m| m.contains("Agenda")).unwrap();
    assert!(agenda.contains("checkout failed after 12 min: health check timed out"), "{agenda}");
    assert!(!agenda.contains("without words"), "{agenda}");
    w.ends().await;
}

#[tokio::test]
async fn codes_of_slack_are_shown_as_people_see_them() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    let text = "<!subteam^S0GROUP01|@release-team> called <tel:+4930123456|+49 30 123456> about <https://ci.example/1|the build> \
in <#C01REL> <!date^1795881078^{date_short}|20 Nov> <!here> <mailto:a@b.example|a@b.example> <https://x.example> <@U0NOBODY>";
    let ts = said(&w, SAM, "a message").await;
    w.sim.rewrite(RELEASES, &ts, Some(text)).await;
    keeps(&w, NOOR, &ts).await;
    w.says(MARIA, "/retro agenda").await;
    let agenda = w.public(RELEASES).into_iter().find(|m| m.contains("Agenda")).unwrap();
    let shown =
        "@release-team called +49 30 123456 about the build (https://ci.example/1) in #releases 20 Nov @here a@b.";
    assert!(agenda.contains(shown), "{agenda}");
    w.says(MARIA, "/retro finish").await;
    let file = w.sim.read(|s| s.messages.iter().find_map(|m| m.files.first().map(|f| f.text()))).unwrap();
    assert!(file.contains("a@b.example") && file.contains("@somebody") && !file.contains("subteam"), "{file}");
    w.ends().await;
}

#[tokio::test]
async fn an_emoji_code_in_rich_text_is_an_emoji() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 named").await;
    w.answers(SAM, &[(0, ":tada: the rollout at 10:30:45 was calm :wave::skin-tone-2:")]).await;
    w.says(MARIA, "/retro agenda").await;
    let blocks = w.sim.read(|s| {
        let agenda = s.messages.iter().find(|m| m.text.contains("Agenda")).unwrap();
        serde_json::json!(agenda.blocks).to_string()
    });
    for element in [
        "{\"name\":\"tada\",\"type\":\"emoji\"}",
        "{\"name\":\"wave::skin-tone-2\",\"type\":\"emoji\"}",
        " the rollout at 10:30:45 was calm ",
    ] {
        assert!(blocks.contains(element), "{element}: {blocks}");
    }
    w.ends().await;
}
