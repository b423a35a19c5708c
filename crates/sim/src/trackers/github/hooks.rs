//! Webhooks, signed as GitHub signs them; and those about issues.
//! <https://docs.github.com/webhooks/webhook-events-and-payloads#issues>

use ring::hmac;
use serde_json::{Value, json};

use super::super::Hook;
use super::shapes::{self, merged};
use super::state::{Fate, Issue, PERSON, Repo, State};

/// The secret that the webhook is set up with.
pub const SECRET: &str = "github-hook-secret";

/// What happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Such as `issues`, for the header.
    pub name: &'static str,
    pub body: Value,
}

pub fn organization(state: &State, login: &str) -> Value {
    let url = format!("{}/orgs/{login}", state.base);
    json!({
        "login": login, "id": state.user(login).map(|u| u.id), "node_id": format!("O_{login}"), "url": url,
        "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"),
        "hooks_url": format!("{url}/hooks"), "issues_url": format!("{url}/issues"),
        "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("{}/avatars/{login}", state.base), "description": null,
    })
}

/// What an `issues` event says; `more` is what only some actions have.
pub fn event(state: &State, repo: &Repo, issue: &Issue, action: &str, more: Value) -> Value {
    let body = json!({
        "action": action, "issue": shapes::issue(state, repo, issue), "repository": shapes::repo(state, repo),
        "organization": organization(state, &repo.owner), "sender": shapes::user(state, PERSON),
    });
    merged(body, more)
}

/// The new place of a transferred issue, as the old one's event tells it.
pub fn transferred(state: &State, repo: &Repo, issue: &Issue) -> Option<Value> {
    let Fate::Moved(to, number) = issue.fate else { return None };
    let to = state.repo(to)?;
    let new = shapes::issue(state, to, to.issue(number)?);
    let changes = json!({"changes": {"new_issue": new, "new_repository": shapes::repo(state, to)}});
    Some(event(state, repo, issue, "transferred", changes))
}

fn signature(kind: hmac::Algorithm, body: &str) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(kind, SECRET.as_bytes()), body.as_bytes()))
}

/// A random UUID, version 4.
fn uuid(key: [u8; 32]) -> String {
    let text = hex::encode(key);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// The delivery of an event.
pub fn signed(state: &State, event: &Event) -> Hook {
    let body = event.body.to_string();
    let repo = event.body.pointer("/repository/id").map(Value::to_string).unwrap_or_default();
    let headers = [
        ("accept", "*/*".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("user-agent", "GitHub-Hookshot/044aadd".to_owned()),
        ("x-github-delivery", uuid(state.rng.key())),
        ("x-github-event", event.name.to_owned()),
        ("x-github-hook-id", "12345678".to_owned()),
        ("x-github-hook-installation-target-id", repo),
        ("x-github-hook-installation-target-type", "repository".to_owned()),
        ("x-hub-signature", format!("sha1={}", signature(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &body))),
        ("x-hub-signature-256", format!("sha256={}", signature(hmac::HMAC_SHA256, &body))),
    ];
    Hook { headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(), body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_an_hmac_of_the_body() {
        // Computed with `openssl dgst -sha256 -hmac github-hook-secret`.
        let expected = "d6dded64a1dd9c2dcf3585ca648080c55871f0b4c13cdbf1b66245857f0322c4";
        assert_eq!(signature(hmac::HMAC_SHA256, "Hello World!"), expected);
    }

    #[test]
    fn a_uuid_has_its_form() {
        assert_eq!(uuid([0xff; 32]), "ffffffff-ffff-4fff-afff-ffffffffffff");
    }
}
