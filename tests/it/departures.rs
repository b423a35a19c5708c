//! People who leave: however it is found out, they leave the open counts, their items go on, and somebody leads.

use chrono::Duration;
use serde_json::json;

use crate::unreadable::count;
use crate::world::{JONAS, Left, MARIA, NOOR, RELEASES, SAM, Transport, World};
use lookback::store::erase;

/// Deactivates somebody in Slack; the bot hears of it only where `heard` says so.
pub async fn leaves(w: &World, user: &str, heard: bool) {
    w.sim.arrange(|s| s.people.iter_mut().filter(|p| p.id == user).for_each(|p| p.deleted = true));
    if heard {
        let gone = json!({"type": "user_change", "user": {"id": user, "name": "gone", "tz": "UTC", "deleted": true}});
        w.sim.event(gone).await;
        w.settle().await;
    }
}

#[tokio::test]
async fn who_left_is_waited_for_no_longer() {
    for heard in [true, false] {
        let w = World::new(Transport::Http).await;
        w.says(MARIA, "/retro start v1 @sam @noor @jonas closes:72h").await;
        w.says(MARIA, "/retro action Automate the smoke tests @sam by 2w").await;
        leaves(&w, SAM, heard).await;
        if !heard {
            // The daily reading finds out.
            w.advance(Duration::hours(26)).await;
        }
        let status = w.says(MARIA, "/retro status").await;
        assert!(
            status.contains("0 of 2") && status.contains(&format!("Slack cannot deliver to: <@{SAM}>")),
            "{heard}: {status}"
        );
        let dm = w.dm(MARIA);
        assert!(
            w.seen(MARIA, &dm).iter().any(|m| m.contains("Automate the smoke tests")),
            "{heard}: {:?}",
            w.seen(MARIA, &dm)
        );
        for user in [NOOR, JONAS] {
            let dm = w.dm(user);
            w.clicks(user, &dm, "Nothing to add").await;
        }
        w.minutes(15).await;
        assert!(w.public(RELEASES).iter().any(|m| m.starts_with("Agenda: ")), "{heard}: {:?}", w.public(RELEASES));
        // A message that was under way before anybody knew was refused.
        let refused = w.journal_errors().iter().any(|c| c.error.as_deref() == Some("user_disabled"));
        assert!(!refused || !heard);
        let stuck = w.stuck().await.len();
        w.ends_with(Left { refused: if refused { &["chat.postMessage"] } else { &[] }, stuck, ..Left::default() })
            .await;
    }
}

#[tokio::test]
async fn the_lead_of_somebody_who_left_is_offered_and_can_be_taken_at_once() {
    for heard in [true, false] {
        let w = World::new(Transport::Http).await;
        w.says(MARIA, "/retro start v1 @sam @noor closes:72h").await;
        leaves(&w, MARIA, heard).await;
        if !heard {
            w.advance(Duration::hours(26)).await;
        }
        let offered: Vec<&str> = [SAM, NOOR]
            .into_iter()
            .filter(|user| {
                let dm = w.dm(user);
                w.seen(user, &dm).iter().any(|m| m.contains("who facilitated the retro for *v1*"))
            })
            .collect();
        assert_eq!(offered.len(), 1, "{heard}");
        let said = w.says(offered[0], if offered[0] == SAM { "/retro lead @sam" } else { "/retro lead @noor" }).await;
        assert!(w.public(RELEASES)[0].contains(&format!("Facilitator: <@{}>", offered[0])), "{said}");
        w.ends().await;
    }
}

#[tokio::test]
async fn the_offer_does_not_keep_who_is_erased() {
    let w = World::new(Transport::Http).await;
    w.says(MARIA, "/retro start v1 @sam @noor closes:72h").await;
    leaves(&w, MARIA, true).await;
    const NAMED: &str = "select count(*) from card where key like 'reply/lead/%U01MARIA%'";
    // What was sent leaves no row.
    assert_eq!(count(&w, NAMED).await, 0);
    let bot = &w.bot().bot;
    let mut tx = bot.store.begin().await.unwrap();
    erase::person(&mut tx, &"T0PLAY".into(), &MARIA.into(), &"gone".into(), &bot.vault()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&w, NAMED).await, 0);
    w.ends().await;
}
