//! What every call of the simulated Jira needs: the question as it was read, and the answer with its words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// The words of Jira for an issue that is deleted or hidden.
pub const NO_ISSUE: &str = "Issue does not exist or you do not have permission to see it.";
const PAYLOAD: &str = "Invalid request payload. Refer to the REST API documentation and try again.";
const LOGIN: &str = "Client must be authenticated to access this resource.";

/// A call that got past login and reading.
pub struct Ask {
    /// What the path has at the places of `{…}`.
    pub params: Vec<String>,
    pub query: Vec<(String, String)>,
    /// `null` without a body.
    pub body: Value,
    /// The call carries the token; else it is anonymous.
    pub is_bot: bool,
    /// The address that the call came in by: the site's, or the gateway's.
    pub base: String,
    pub now: DateTime<Utc>,
}

pub struct Reply {
    pub status: u16,
    pub json: Option<Value>,
    /// A body that is no JSON.
    pub text: Option<String>,
    pub headers: Vec<(&'static str, String)>,
}

/// Both arms are answers; the second is a refusal, and nothing was changed.
pub type Outcome = Result<Reply, Reply>;

impl Ask {
    pub fn param(&self, at: usize) -> &str {
        self.params.get(at).map_or("", String::as_str)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that takes a comma-separated list and may be there several times.
    pub fn list(&self, name: &str) -> Vec<String> {
        let all = self.query.iter().filter(|(of, _)| of == name).flat_map(|(_, value)| value.split(','));
        all.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// A count out of the query. Err is the refusal of what is no number.
    pub fn count(&self, name: &str, default: usize) -> Result<usize, Reply> {
        let Some(value) = self.query(name) else { return Ok(default) };
        value.parse().map_err(|_| refused(400, &format!("The value '{value}' of '{name}' is not a valid number.")))
    }

    /// The body if it is an object that has no other keys than these.
    pub fn object(&self, known: &[&str]) -> Result<&Map<String, Value>, Reply> {
        let map = self.body.as_object().ok_or_else(bad_payload)?;
        if map.keys().all(|key| known.contains(&key.as_str())) { Ok(map) } else { Err(bad_payload()) }
    }
}

impl Reply {
    pub fn json(status: u16, json: Value) -> Self {
        Self { status, json: Some(json), text: None, headers: Vec::new() }
    }

    pub fn text(status: u16, text: &str) -> Self {
        Self { status, json: None, text: Some(text.to_owned()), headers: Vec::new() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, json: None, text: None, headers: Vec::new() }
    }
}

/// Refused with one sentence for the whole call.
pub fn refused(status: u16, words: &str) -> Reply {
    Reply::json(status, json!({"errorMessages": [words], "errors": {}}))
}

/// Refused with a sentence for each field.
pub fn refused_fields(errors: &BTreeMap<String, String>) -> Reply {
    Reply::json(400, json!({"errorMessages": [], "errors": errors}))
}

pub fn refused_field(status: u16, field: &str, words: &str) -> Reply {
    Reply::json(status, json!({"errorMessages": [], "errors": {field: words}}))
}

/// A body that does not fit the published shape.
pub fn bad_payload() -> Reply {
    Reply::json(400, json!({"errorMessages": [PAYLOAD]}))
}

/// The words for a field that the screen lacks.
pub fn off_screen(field: &str) -> String {
    format!("Field '{field}' cannot be set. It is not on the appropriate screen, or unknown.")
}

pub fn no_issue() -> Reply {
    refused(404, NO_ISSUE)
}

pub fn no_project(key: &str) -> Reply {
    refused(404, &format!("No project could be found with key '{key}'."))
}

/// Wrong or old token: plain text, not JSON.
pub fn no_login(site: &str) -> Reply {
    let realm: String = url::form_urlencoded::byte_serialize(site.as_bytes()).collect();
    let mut reply = Reply::text(401, LOGIN);
    reply.headers.push(("www-authenticate", format!("OAuth realm=\"{realm}\"")));
    reply.headers.push(("x-seraph-loginreason", "AUTHENTICATED_FAILED".to_owned()));
    reply
}

/// An anonymous caller cannot do this.
pub fn anonymous() -> Reply {
    refused(401, "You are not authenticated. Authentication required to perform this operation.")
}

/// Too many calls. Without `after` the answer says nothing of when to come back, as a gateway did in April 2026.
/// <https://developer.atlassian.com/cloud/jira/platform/rate-limiting/>
pub fn too_fast(reason: &str, after: Option<u64>, now: DateTime<Utc>) -> Reply {
    let mut reply = refused(429, "Rate limit exceeded.");
    let Some(after) = after else { return reply };
    let wait = i64::try_from(after).ok().and_then(chrono::Duration::try_seconds);
    let reset = wait.and_then(|wait| now.checked_add_signed(wait)).unwrap_or(now);
    reply.headers = vec![
        ("retry-after", after.to_string()),
        ("x-ratelimit-limit", if reason == "jira-per-issue-on-write" { "20" } else { "100" }.to_owned()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", reset.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("ratelimit-reason", reason.to_owned()),
    ];
    reply
}
