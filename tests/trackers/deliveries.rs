//! The webhooks of the stand-ins: their shapes are the published ones, and their signatures hold.

use hmac::{Hmac, KeyInit as _, Mac as _};
use lookback_sim::trackers::{self as sim, Hook};
use serde_json::Value;
use sha2::Sha256;

use crate::world::{MARKER, World, draft, marker, owned_by, repo};
use crate::{graphql, published};

fn header<'a>(hook: &'a Hook, name: &str) -> &'a str {
    let found: Vec<&str> = hook.headers.iter().filter(|(of, _)| of == name).map(|(_, value)| value.as_str()).collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0]
}

/// The body of a delivery whose signature holds.
fn signed(hook: &Hook, name: &str, secret: &str) -> Value {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(hook.body.as_bytes());
    let hex = header(hook, name).trim_start_matches("sha256=").to_owned();
    assert!(mac.verify_slice(&hex::decode(hex).unwrap()).is_ok());
    serde_json::from_str(&hook.body).unwrap()
}

#[tokio::test]
async fn jiras_deliveries_are_as_published() {
    let w = World::new().await;
    let sim = &w.sim.jira;
    let id = w.jira().create("OPS", "Task", &draft(), MARKER).await.unwrap().id;
    let hooks = [
        ("jira:issue_created", sim.hook_of(&id, "created")),
        ("jira:issue_updated", sim.close(&id, "Won't Do")),
        ("jira:issue_updated", sim.reopen(&id)),
        ("jira:issue_updated", sim.edit_title(&id, "<!channel>")),
        ("jira:issue_updated", sim.move_to(&id, "WEB")),
        ("jira:issue_deleted", sim.delete(&id)),
    ];
    for (event, hook) in hooks {
        let hook = hook.unwrap();
        let body = signed(&hook, "x-hub-signature", sim::jira::SECRET);
        assert_eq!((body["webhookEvent"].as_str(), body["issue"]["id"].as_str()), (Some(event), Some(id.as_str())));
        assert_eq!(body["timestamp"], w.clock.now().timestamp_millis());
        assert!(!header(&hook, "x-atlassian-webhook-identifier").is_empty());
        assert_eq!(published::jira_hook(&body), Vec::<String>::new(), "{event}");
    }
}

#[tokio::test]
async fn linears_deliveries_are_as_published() {
    let w = World::new().await;
    let (sim, id) = (&w.sim.linear, marker(1));
    w.linear().create("ENG", &draft(), &id).await.unwrap();
    let hooks = [
        ("create", sim.hook_of(&id, "create")),
        ("update", sim.close(&id, "Canceled")),
        ("update", sim.reopen(&id)),
        ("update", sim.edit_title(&id, "<!channel>")),
        ("update", sim.move_to(&id, "SUP")),
        ("remove", sim.delete(&id)),
    ];
    for (action, hook) in hooks {
        let hook = hook.unwrap();
        let body = signed(&hook, "linear-signature", sim::linear::SECRET);
        assert_eq!((body["action"].as_str(), body["data"]["id"].as_str()), (Some(action), Some(id.as_str())));
        assert_eq!(body["updatedFrom"].is_object(), action == "update");
        let now = w.clock.now().timestamp_millis();
        assert_eq!(
            (&body["webhookTimestamp"], header(&hook, "linear-timestamp")),
            (&now.into(), now.to_string().as_str())
        );
        assert_eq!((header(&hook, "linear-event"), header(&hook, "linear-delivery").len()), ("Issue", 36));
        assert_eq!(graphql::linear_hook(&body), Vec::<String>::new(), "{action}");
    }
}

#[tokio::test]
async fn githubs_deliveries_are_as_published() {
    let w = World::new().await;
    let sim = &w.sim.github;
    let github = w.github();
    let id = github.create(&repo("shop"), &owned_by("ben-hub"), MARKER).await.unwrap().id;
    let other = github.create(&repo("shop"), &draft(), &marker(2)).await.unwrap().id;
    let hooks = [
        ("closed", sim.close(&id, "not_planned")),
        ("reopened", sim.reopen(&id)),
        ("closed", sim.close(&id, "duplicate")),
        ("reopened", sim.reopen(&id)),
        ("closed", sim.close(&id, "completed")),
        ("edited", sim.edit_title(&id, "<!channel>")),
        ("transferred", sim.move_to(&id, "acme/readonly")),
        ("deleted", sim.delete(&other)),
    ];
    for (action, hook) in hooks {
        let hook = hook.unwrap();
        let body = signed(&hook, "x-hub-signature-256", sim::github::SECRET);
        assert_eq!((body["action"].as_str(), header(&hook, "x-github-event")), (Some(action), "issues"));
        assert_eq!(header(&hook, "x-github-delivery").len(), 36);
        assert_eq!(published::github_hook(action, &body), Vec::<String>::new(), "{action}");
    }
}
