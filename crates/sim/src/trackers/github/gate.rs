//! What every call must bring: its headers, a token that works, and a right; and the limits of calls.
//! <https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api>

use axum::http::HeaderMap;
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::answer::{Answer, Body, no_right, not_found, refused};
use super::ask::Who;
use super::jwt;
use super::state::{Repo, State};

/// The bot's fine-grained token.
pub const TOKEN: &str = "github_pat_playground";

const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];
const HOURLY: u64 = 5000;

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// Whether the caller wants a file as it is.
pub fn is_raw(headers: &HeaderMap) -> bool {
    let accept = header(headers, "accept").unwrap_or_default();
    ["application/vnd.github.raw+json", "application/vnd.github.v3.raw", "application/vnd.github.raw"].contains(&accept)
}

/// Whether the caller asked for the version that leaves some fields out.
pub fn is_newer(headers: &HeaderMap) -> bool {
    header(headers, "x-github-api-version") == Some("2026-03-10")
}

/// Refuses a call without `User-Agent`, with a version that is not there, or without one of GitHub's media types.
pub fn headers(headers: &HeaderMap) -> Result<(), Box<Answer>> {
    if header(headers, "user-agent").is_none_or(str::is_empty) {
        let words = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header \
            (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check \
            https://developer.github.com for other possible causes.\n";
        return Err(Box::new(Answer { status: 403, headers: Vec::new(), body: Body::Text(words) }));
    }
    if let Some(version) = header(headers, "x-github-api-version").filter(|v| !VERSIONS.contains(v)) {
        return Err(refused(
            400,
            &format!(
                "The version you specified in the \"X-GitHub-API-Version\" request header, \"{version}\", is not a \
                 supported version. The following versions are currently supported: \"2026-03-10\" (most recent), \
                 \"2022-11-28\"."
            ),
        ));
    }
    let accept = header(headers, "accept").unwrap_or_default();
    let known = ["application/vnd.github+json", "application/vnd.github.v3+json", "application/json"];
    if known.contains(&accept) || is_raw(headers) {
        return Ok(());
    }
    Err(refused(415, &format!("Unsupported 'Accept' header: '{accept}'. Must accept 'application/json'.")))
}

/// Who the token belongs to.
pub fn who(state: &State, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Who, Box<Answer>> {
    let Some(given) = header(headers, "authorization") else { return Ok(Who::Nobody) };
    let bad = || refused(401, "Bad credentials");
    let (scheme, token) = given.split_once(' ').ok_or_else(bad)?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    if !is_bearer && !scheme.eq_ignore_ascii_case("token") {
        return Err(bad());
    }
    // Only `Bearer` goes with a JSON Web Token.
    if is_bearer && jwt::looks_like(token) {
        jwt::check(token, now)?;
        return Ok(Who::App);
    }
    if state.is_expired {
        return Err(bad());
    }
    if token == TOKEN {
        return Ok(Who::Person);
    }
    let grant = state.grants.iter().find(|g| g.token == token && g.until > now).ok_or_else(bad)?;
    if state.is_suspended {
        return Err(refused(403, "This installation has been suspended"));
    }
    Ok(Who::Installation(grant.permissions.clone()))
}

/// What an operation asks of the caller.
#[derive(Clone, Copy, Debug)]
pub struct Needs<'a> {
    pub operation: &'a str,
    /// `app`, `user`, empty for nothing, or a permission such as `issues=write`. One of several is enough.
    pub right: &'a str,
    pub is_write: bool,
}

/// Refuses a caller who may not do this.
pub fn right(state: &State, who: &Who, repo: Option<&Repo>, needs: Needs) -> Result<(), Box<Answer>> {
    match (who, needs.right) {
        (Who::App, "app") => return Ok(()),
        (Who::Nobody, _) if repo.is_some() => return Err(not_found()),
        (Who::Nobody, _) => return Err(refused(401, "Requires authentication")),
        (Who::App, _) | (_, "app") => return Err(refused(401, "A JSON web token could not be decoded")),
        (Who::Installation(_), "user") => return Err(no_right(true, "")),
        (Who::Person | Who::Installation(_), _) => {}
    }
    let denied = || no_right(who.is_app(), needs.right);
    let rights = || needs.right.split("; ").filter_map(|right| right.split_once('='));
    let has = |permission: &str, level: &str| match who {
        _ if state.forbidden.iter().any(|f| f == permission) => false,
        Who::Installation(granted) => granted.get(permission).is_some_and(|have| have == level || have == "write"),
        Who::Person | Who::App | Who::Nobody => true,
    };
    let is_barred = state.forbidden.iter().any(|f| f == needs.operation);
    if is_barred || (rights().next().is_some() && !rights().any(|(permission, level)| has(permission, level))) {
        return Err(denied());
    }
    let Some(repo) = repo.filter(|_| needs.is_write) else { return Ok(()) };
    if repo.is_archived {
        return Err(refused(403, "Repository was archived so is read-only."));
    }
    let all = ["contents", "pull_requests", "statuses", "checks", "deployments"];
    let must_push = rights().any(|(permission, _)| all.contains(&permission));
    if must_push && !repo.can_push { Err(denied()) } else { Ok(()) }
}

/// The secondary limit. <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>
pub fn secondary(seconds: u64) -> Answer {
    let docs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits";
    let words = "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. \
        Please retry your request again later. If you reach out to GitHub Support for help, please include the \
        request ID.";
    super::answer::json(403, json!({"documentation_url": docs, "message": words}))
        .with("retry-after", seconds.to_string())
}

/// The primary limit is used up until then.
pub fn primary(until: DateTime<Utc>) -> Answer {
    let reset = until.timestamp().to_string();
    let mut answer = *refused(403, "API rate limit exceeded for user ID 1001.");
    let headers = [("x-ratelimit-limit", "5000".to_owned()), ("x-ratelimit-remaining", "0".to_owned())];
    answer.headers.extend(headers);
    answer.with("x-ratelimit-used", "5000").with("x-ratelimit-reset", reset).with("x-ratelimit-resource", "core")
}

/// Counts the call, and refuses it where there were too many.
pub fn count(state: &mut State, needs: Needs, now: DateTime<Utc>) -> Result<(), Box<Answer>> {
    let counts = &mut state.counts;
    let hour = Duration::hours(1);
    if counts.since.is_none_or(|since| now - since >= hour) {
        (counts.since, counts.used) = (Some(now), 0);
    }
    counts.used += 1;
    if counts.is_off {
        return Ok(());
    }
    if counts.used > HOURLY {
        return Err(Box::new(primary(counts.since.unwrap_or(now) + hour)));
    }
    if needs.operation.starts_with("GET /search/") {
        counts.searches.retain(|at| now - *at < Duration::minutes(1));
        if counts.searches.len() >= 30 {
            let until = counts.searches.front().map_or(now, |at| *at + Duration::minutes(1));
            let mut answer = primary(until);
            answer.headers.retain(|(name, _)| *name != "x-ratelimit-resource" && *name != "x-ratelimit-limit");
            return Err(Box::new(answer.with("x-ratelimit-resource", "search").with("x-ratelimit-limit", "30")));
        }
        counts.searches.push_back(now);
    }
    // What makes something: 80 a minute and 500 an hour.
    let creates = needs.operation.starts_with("POST /repos") || needs.operation.starts_with("PUT ");
    if creates {
        counts.creations.retain(|at| now - *at < hour);
        let minute = counts.creations.iter().filter(|at| now - **at < Duration::minutes(1)).count();
        if minute >= 80 || counts.creations.len() >= 500 {
            return Err(Box::new(secondary(60)));
        }
        counts.creations.push_back(now);
    }
    Ok(())
}

/// The headers that say how many calls are left.
pub fn rates(state: &State) -> Vec<(&'static str, String)> {
    let used = state.counts.used.min(HOURLY);
    let reset = state.counts.since.map_or(0, |since| (since + Duration::hours(1)).timestamp());
    vec![
        ("x-ratelimit-limit", HOURLY.to_string()),
        ("x-ratelimit-remaining", (HOURLY - used).to_string()),
        ("x-ratelimit-reset", reset.to_string()),
        ("x-ratelimit-used", used.to_string()),
        ("x-ratelimit-resource", "core".to_owned()),
    ]
}
