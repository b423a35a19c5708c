//! Close at hand: messages that are kept, shortcuts, the Home tab, the greeting, scopes that were not granted.

use chrono::Duration;
use serde_json::Value;

use crate::world::{JONAS, MARIA, NOOR, RELEASES, SAM, Transport, World};

async fn world() -> World {
    World::new(Transport::Socket).await
}

/// Somebody says something in the release channel; its ts.
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
    let w = world().await;
    let ts = said(&w, SAM, "The rollback took two minutes & nobody noticed").await;
    let told = keeps(&w, NOOR, &ts).await;
    assert!(told.contains("Kept for the coming retro") && told.contains("shows who wrote it"), "{told}");
    // Forty people react to it with the channel's emoji: it is one note.
    for n in 0..40 {
        w.sim.react(if n % 2 == 0 { SAM } else { JONAS }, RELEASES, &ts, "retro").await;
    }
    w.settle().await;
    let again = keeps(&w, JONAS, &ts).await;
    assert!(again.contains("kept already, under “Other thoughts”"), "{again}");
    w.says(MARIA, "/retro start v1").await;
    // By emoji, into the open retro; another emoji keeps nothing.
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
    // What becomes of the messages becomes of the notes.
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
    let mut w = world().await;
    let top = said(&w, SAM, "Top").await;
    w.sim.say(NOOR, RELEASES, Some(&top), "A reply in the thread").await;
    let reply = w.sim.read(|s| s.messages.iter().rfind(|m| m.user == NOOR).map(|m| m.ts.clone())).unwrap();
    w.sim.react(SAM, RELEASES, &reply, "retro").await;
    w.settle().await;
    assert!(w.last_alone(SAM).contains("Kept for the coming retro"), "{}", w.last_alone(SAM));
    // The scope is taken away in the middle of it.
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
    assert_eq!(w.stuck().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_action_item_is_made_of_a_message() {
    let w = world().await;
    let ts = said(&w, SAM, "We should\nautomate the smoke tests").await;
    w.sim.shortcut(NOOR, "make_action_item", Some((RELEASES, &ts))).await;
    w.sends(NOOR, &[("owner", SAM), ("due", "2w")]).await;
    // Words of a talk are seldom an action item yet: what is missing is shown, and they may be kept.
    let shown = w.form_words(NOOR);
    assert!(shown.contains("Not saved yet") && shown.contains("say what the owner will do"), "{shown}");
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
    let w = world().await;
    w.sim.shortcut(MARIA, "start_retro", None).await;
    w.sends(MARIA, &[("channel", RELEASES), ("version", "v 1"), ("closes", "friday")]).await;
    assert_eq!(w.form_errors(MARIA)[0].0, "version");
    w.sends(MARIA, &[("channel", RELEASES), ("version", "v1"), ("closes", "someday")]).await;
    assert_eq!(w.form_errors(MARIA)[0].0, "closes");
    w.sends(MARIA, &[("channel", RELEASES), ("version", "v1"), ("closes", "3d"), ("names", "named")]).await;
    let dm = w.dm(MARIA);
    assert!(
        w.seen(MARIA, &dm).iter().any(|m| m.contains("The retro of *v1* is open. 8 people")),
        "{:?}",
        w.seen(MARIA, &dm)
    );
    assert!(w.public(RELEASES)[0].contains("with names"));
    w.ends().await;
}

pub fn home(w: &World, who: &str) -> Value {
    w.sim.read(|s| s.homes.iter().find(|(u, _)| u == who).map(|(_, v)| v.clone())).unwrap_or_default()
}

fn words(view: &Value) -> String {
    view.to_string().replace("\\n", " ")
}

pub async fn presses_home(w: &World, who: &str, label: &str) {
    let view = home(w, who);
    let blocks = view["blocks"].as_array().unwrap().clone();
    let found = blocks.iter().find_map(|b| {
        let inside = b["elements"].as_array().cloned().unwrap_or_default().into_iter().chain([b["accessory"].clone()]);
        let e = inside.into_iter().find(|e| e["text"]["text"] == label)?;
        Some((b["block_id"].as_str()?.to_owned(), e["action_id"].as_str()?.to_owned(), e["value"].as_str()?.to_owned()))
    });
    let (block, action, value) = found.unwrap_or_else(|| panic!("no {label} in {}", words(&view)));
    w.sim.press_home(who, &block, &action, &value).await;
    w.settle().await;
}

#[tokio::test]
async fn the_home_tab_shows_what_waits_and_follows_what_happens() {
    let w = world().await;
    w.sim.open_home(SAM).await;
    w.settle().await;
    assert!(words(&home(&w, SAM)).contains("How to begin"), "{}", home(&w, SAM));
    // Nobody else's tab is touched before they open it.
    w.says(MARIA, "/retro start v1").await;
    assert!(words(&home(&w, SAM)).contains("*v1* in <#C01REL>, two minutes") && home(&w, NOOR).is_null());
    presses_home(&w, SAM, "Answer the survey").await;
    w.sends(SAM, &[("q0", "fine")]).await;
    assert!(words(&home(&w, SAM)).contains("None: thank you.") && words(&home(&w, SAM)).contains("Change my answers"));
    w.says(MARIA, "/retro action Write the runbook @sam by 2w").await;
    assert!(words(&home(&w, SAM)).contains("Write the runbook"));
    presses_home(&w, SAM, "Done").await;
    w.sends(SAM, &[("why", "it has 12 steps now")]).await;
    assert!(!words(&home(&w, SAM)).contains("Write the runbook"));
    // The next step of a retro stands there for who leads it.
    w.sim.open_home(MARIA).await;
    w.settle().await;
    presses_home(&w, MARIA, "Close and post agenda").await;
    assert!(
        words(&home(&w, MARIA)).contains("\"Start the meeting\"")
            && !words(&home(&w, SAM)).contains("\"Start the meeting\"")
    );
    presses_home(&w, MARIA, "Start the meeting").await;
    presses_home(&w, MARIA, "Finish").await;
    assert!(words(&home(&w, MARIA)).contains("How to begin") && words(&home(&w, SAM)).contains("How to begin"));
    // A person who is not in the channel sees nothing of it.
    w.says(MARIA, "/retro start v2").await;
    w.sim.member(SAM, RELEASES, false).await;
    w.sim.open_home(SAM).await;
    w.settle().await;
    assert!(!words(&home(&w, SAM)).contains("collecting answers"));
    w.ends().await;
}

#[tokio::test]
async fn forty_five_items_are_paged_within_a_hundred_blocks() {
    let w = world().await;
    for n in 0..45 {
        w.says(MARIA, &format!("/retro action Task number {n} @sam by 2026-12-{:02}", 1 + n % 28)).await;
    }
    w.sim.open_home(SAM).await;
    w.settle().await;
    let blocks = |w: &World| home(w, SAM)["blocks"].as_array().unwrap().len();
    assert!(words(&home(&w, SAM)).contains("Your action items (45), page 1 of 3") && blocks(&w) <= 100);
    assert!(words(&home(&w, SAM)).contains("Task number 0 ") && !words(&home(&w, SAM)).contains("Task number 27 "));
    presses_home(&w, SAM, "Later").await;
    presses_home(&w, SAM, "Later").await;
    assert!(words(&home(&w, SAM)).contains("page 3 of 3") && !words(&home(&w, SAM)).contains("\"Later\""));
    presses_home(&w, SAM, "Earlier").await;
    assert!(words(&home(&w, SAM)).contains("page 2 of 3"));
    w.ends().await;
}

#[tokio::test]
async fn an_invitation_is_greeted_once() {
    let w = world().await;
    let bot = w.sim.read(|s| s.bot_user.clone());
    w.sim.member(&bot, RELEASES, false).await;
    w.sim.copies(lookback_sim::Copies { more: 2, new_ids: true });
    w.sim.member(&bot, RELEASES, true).await;
    w.settle().await;
    let hello = w.public(RELEASES);
    assert!(hello.len() == 1 && hello[0].starts_with("Hello! I run the retrospective"), "{hello:?}");
    w.advance(Duration::hours(1)).await;
    assert_eq!(w.public(RELEASES).len(), 1);
    w.ends().await;
}
