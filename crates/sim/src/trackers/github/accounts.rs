//! Who the caller is: the token's user, the app, its installations and their tokens; and what a repository allows.
//! <https://docs.github.com/rest/apps/apps>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use serde_json::{Value, json};

use super::answer::{Outcome, json as answer, not_found, ok, refused};
use super::ask::{Ask, Kind, checked, repo};
use super::jwt::APP_ID;
use super::page::paged;
use super::shapes::{self, merged, stamp};
use super::state::{BOT, Grant, INSTALLATION, State};

/// `GET /user`
pub fn user(state: &mut State, _ask: &Ask) -> Outcome {
    ok(state.user(BOT).map_or(Value::Null, |user| shapes::profile(state, user)))
}

/// `GET /users/{username}`
pub fn someone(state: &mut State, ask: &Ask) -> Outcome {
    ok(shapes::profile(state, state.user(ask.param("username")).ok_or_else(not_found)?))
}

/// `GET /app`
pub fn app(state: &mut State, _ask: &Ask) -> Outcome {
    ok(merged(shapes::app(state), json!({"installations_count": 1})))
}

/// `GET /repos/{owner}/{repo}`
pub fn repository(state: &mut State, ask: &Ask) -> Outcome {
    ok(shapes::full_repo(state, repo(state, ask)?))
}

fn installation_json(state: &State) -> Value {
    let at = "2026-01-01T00:00:00Z";
    let suspended = state.is_suspended.then_some(at);
    json!({
        "id": INSTALLATION, "account": shapes::user(state, "acme"), "repository_selection": "selected",
        "access_tokens_url": format!("{}/app/installations/{INSTALLATION}/access_tokens", state.base),
        "repositories_url": format!("{}/installation/repositories", state.base),
        "html_url": format!("{}/organizations/acme/settings/installations/{INSTALLATION}", state.base),
        "app_id": APP_ID, "app_slug": "lookback", "target_type": "Organization",
        "target_id": state.user("acme").map(|u| u.id), "permissions": shapes::permissions(), "events": shapes::EVENTS,
        "created_at": at, "updated_at": at, "single_file_name": null, "suspended_at": suspended,
        "suspended_by": if state.is_suspended { shapes::user(state, "maria-dev") } else { Value::Null },
    })
}

/// `GET /app/installations`
pub fn installations(state: &mut State, ask: &Ask) -> Outcome {
    paged(vec![installation_json(state)], ask, &state.base)
}

/// `GET /repos/{owner}/{repo}/installation`
pub fn installation(state: &mut State, ask: &Ask) -> Outcome {
    repo(state, ask)?;
    ok(installation_json(state))
}

/// Such as `ghs_4711_…`: longer than any fixed length that a client may assume.
pub fn fresh_token(state: &State) -> String {
    let part = || URL_SAFE_NO_PAD.encode([state.rng.key(), state.rng.key(), state.rng.key()].concat());
    format!("ghs_{APP_ID}_eyJhbGciOiJSUzI1NiJ9.{}.{}", part(), part())
}

/// `POST /app/installations/{installation_id}/access_tokens`: valid for an hour.
pub fn access_token(state: &mut State, ask: &Ask) -> Outcome {
    if ask.param("installation_id") != INSTALLATION.to_string() {
        return Err(not_found());
    }
    if state.is_suspended {
        return Err(refused(403, "This installation has been suspended"));
    }
    let mut permissions = shapes::permissions();
    if !ask.body.is_null() {
        ask.fields(&[("repositories", Kind::List), ("repository_ids", Kind::List), ("permissions", Kind::Object)])?;
        let too_much = || refused(422, "The permissions requested are not granted to this installation.");
        if let Some(wanted) = ask.body.get("permissions").and_then(Value::as_object) {
            let known = permissions.as_object().into_iter().flatten();
            let known: Vec<_> = known.map(|(name, _)| (name.as_str(), Kind::Text)).collect();
            checked(wanted, &known, "properties/permissions").map_err(|_| too_much())?;
            let fits = |(name, level): (&String, &Value)| level == "read" || permissions.get(name) == Some(level);
            if !wanted.iter().all(fits) {
                return Err(too_much());
            }
            permissions = merged(Value::Object(wanted.clone()), json!({"metadata": "read"}));
        }
        let names = ask.body.get("repositories").and_then(Value::as_array).into_iter().flatten();
        let is_ours = |name: &Value| {
            let full = format!("acme/{}", name.as_str().unwrap_or_default());
            state.named(&full).is_some_and(|r| !r.is_hidden)
        };
        if !names.into_iter().all(is_ours) {
            let words = "There is at least one repository that does not exist or is not accessible to the parent \
                installation.";
            return Err(refused(422, words));
        }
    }
    let until = ask.now + Duration::hours(1);
    let pairs = permissions.as_object().into_iter().flatten();
    let granted = pairs.map(|(name, level)| (name.clone(), level.as_str().unwrap_or_default().to_owned())).collect();
    let token = fresh_token(state);
    state.grants.push(Grant { token: token.clone(), until, permissions: granted });
    let body = json!({
        "token": token, "expires_at": stamp(until), "permissions": permissions, "repository_selection": "selected",
    });
    Ok(answer(201, body))
}

/// `GET /rate_limit`
pub fn rate_limit(state: &mut State, ask: &Ask) -> Outcome {
    let minute = Duration::minutes(1);
    let used = state.counts.used.min(5000);
    let reset = (state.counts.since.unwrap_or(ask.now) + Duration::hours(1)).timestamp();
    let core = json!({"limit": 5000, "remaining": 5000 - used, "reset": reset, "used": used});
    let searches = state.counts.searches.iter().filter(|at| ask.now - **at < minute).count().min(30);
    let end = (ask.now + minute).timestamp();
    let search = json!({"limit": 30, "remaining": 30 - searches, "reset": end, "used": searches});
    ok(json!({"resources": {"core": core, "search": search}, "rate": core}))
}
