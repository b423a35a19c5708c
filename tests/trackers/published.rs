//! The published descriptions of the trackers' APIs, and whether calls and answers fit them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use lookback_sim::trackers::Call;
use serde_json::{Map, Value, json};

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../data/trackers/", $name))
    };
}

static JIRA: LazyLock<Api> = LazyLock::new(|| Api::new(data!("jira.openapi.json"), false));
static GITHUB: LazyLock<Api> = LazyLock::new(|| Api::new(data!("github.openapi.json"), true));
static GITHUB_HOOKS: LazyLock<Api> = LazyLock::new(|| Api::new(data!("github.webhooks.json"), true));
static ADF: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(data!("adf.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// An OpenAPI document.
struct Api {
    doc: Value,
    /// Jira's times have no colon in their zone, which the format that it claims for them needs.
    has_right_formats: bool,
    /// By the place of their schema in the document.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// A part of a place in a document.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// As JSON Schema says it: OpenAPI 3.0 marks what may be null by a word of its own.
fn nullable(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(nullable).collect(),
        Value::Object(map) => {
            let is_nullable = map.get("nullable") == Some(&json!(true));
            let map: Map<String, Value> = map.into_iter().map(|(name, value)| (name, nullable(value))).collect();
            let plain = Value::Object(map);
            if is_nullable { json!({"anyOf": [{"type": "null"}, plain]}) } else { plain }
        }
        other => other,
    }
}

impl Api {
    fn new(text: &str, has_right_formats: bool) -> Self {
        let doc = nullable(serde_json::from_str(text).unwrap());
        Self { doc, has_right_formats, validators: Mutex::default() }
    }

    /// What lies at a place, behind any reference.
    fn at(&self, place: &str) -> Option<(String, &Value)> {
        let mut place = place.to_owned();
        loop {
            let value = self.doc.pointer(&place)?;
            match value.get("$ref").and_then(Value::as_str) {
                Some(to) => place = to.trim_start_matches('#').to_owned(),
                None => return Some((place, value)),
            }
        }
    }

    /// Why a value does not fit the schema at a place of the document.
    fn faults(&self, place: &str, value: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators.entry(place.to_owned()).or_insert_with(|| {
            let mut schema = self.doc.clone();
            let version = schema["openapi"].as_str().unwrap_or_default();
            let draft = if version.starts_with("3.0") { Draft::Draft4 } else { Draft::Draft202012 };
            let place = place.replace('{', "%7B").replace('}', "%7D");
            schema["allOf"] = json!([{"$ref": format!("#{place}")}]);
            let options = jsonschema::options().with_draft(draft).should_validate_formats(self.has_right_formats);
            Arc::new(options.build(&schema).unwrap())
        });
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
    }

    /// The names that a schema has for the properties of an object; `None`: it takes any.
    fn names(&self, place: &str) -> Option<BTreeSet<String>> {
        let (place, schema) = self.at(place)?;
        let mut names: BTreeSet<String> =
            schema["properties"].as_object().into_iter().flatten().map(|p| p.0.clone()).collect();
        for group in ["oneOf", "anyOf", "allOf"] {
            for at in 0..schema[group].as_array().map_or(0, Vec::len) {
                names.extend(self.names(&format!("{place}/{group}/{at}")).unwrap_or_default());
            }
        }
        (!names.is_empty()).then_some(names)
    }

    /// The operation's parameters of the query, by their names, each with its place.
    fn parameters(&self, operation: &str) -> BTreeMap<String, (String, bool)> {
        let list = format!("{operation}/parameters");
        let count = self.doc.pointer(&list).and_then(Value::as_array).map_or(0, Vec::len);
        let all = (0..count).filter_map(|at| self.at(&format!("{list}/{at}")));
        let in_query = all.filter(|(_, parameter)| parameter["in"] == "query");
        let named = |(place, parameter): (String, &Value)| {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            (name, (format!("{place}/schema"), parameter["required"] == json!(true)))
        };
        in_query.map(named).collect()
    }

    fn check_query(&self, operation: &str, path: &str) -> Vec<String> {
        let known = self.parameters(operation);
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let given: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut faults: Vec<String> = Vec::new();
        for (name, text) in &given {
            let Some((place, _)) = known.get(name) else {
                faults.push(format!("there is no parameter {name}"));
                continue;
            };
            // A list stands in the query as one text, with commas.
            let is_list = self.at(place).is_some_and(|(_, schema)| schema["type"] == "array");
            let list = || text.split(',').map(|one| json!(one)).collect::<Value>();
            let readings = [json!(text), serde_json::from_str(text).unwrap_or_default(), list()];
            let fits = readings.iter().any(|reading| self.faults(place, reading).is_empty());
            // GitHub takes a span such as `>=2026-11-18` for it, and describes a moment:
            // https://docs.github.com/search-github/getting-started-with-searching-on-github/understanding-the-search-syntax#query-for-dates
            let is_span = name == "created";
            if !fits && !is_list && !is_span {
                faults.push(format!("{name}={text}"));
            }
        }
        let is_missing = |name: &String| !given.iter().any(|(given, _)| given == name);
        faults.extend(
            known
                .iter()
                .filter(|(name, (_, must))| *must && is_missing(name))
                .map(|(name, _)| format!("{name} is missing")),
        );
        faults
    }

    fn check_body(&self, operation: &str, body: &Value) -> Vec<String> {
        let place = format!("{operation}/requestBody/content/application~1json/schema");
        let Some((place, _)) = self.at(&place) else {
            return if body.is_null() { Vec::new() } else { vec!["it takes no body".to_owned()] };
        };
        let must = self.doc.pointer(&format!("{operation}/requestBody/required")) == Some(&json!(true));
        if body.is_null() {
            return if must { vec!["the body is missing".to_owned()] } else { Vec::new() };
        }
        let mut faults = self.faults(&place, body);
        // A field that nobody knows is dropped there without a word.
        if let (Some(known), Some(map)) = (self.names(&place), body.as_object()) {
            faults.extend(
                map.keys().filter(|name| !known.contains(*name)).map(|name| format!("there is no field {name}")),
            );
        }
        faults
    }

    /// `None`: this status is not described.
    fn check_answer(&self, operation: &str, call: &Call) -> Option<Vec<String>> {
        let (place, answer) = self.at(&format!("{operation}/responses/{}", call.status))?;
        let Some(kinds) = answer["content"].as_object() else { return Some(Vec::new()) };
        let kind = ["application/json", "application/scim+json"].into_iter().find(|kind| kinds.contains_key(*kind));
        let Some(kind) = kind else { return Some(Vec::new()) };
        Some(self.faults(&format!("{place}/content/{}/schema", escaped(kind)), &call.answer))
    }
}

/// The place of an operation, such as `POST /repos/{owner}/{repo}/issues`.
fn place(operation: &str) -> String {
    let (method, path) = operation.split_once(' ').unwrap_or_default();
    format!("/paths/{}/{}", escaped(path), method.to_lowercase())
}

/// Whether the answer was lost, or came from a proxy in front of the tracker.
fn is_broken(call: &Call) -> bool {
    call.status == 0 || (call.answer.is_null() && call.status >= 400)
}

fn check(api: &Api, call: &Call, is_known_refusal: impl Fn(&Call) -> bool) -> Vec<String> {
    let at = place(&call.operation);
    if api.doc.pointer(&at).is_none() {
        return vec!["it is not published".to_owned()];
    }
    let mut faults = api.check_query(&at, &call.path);
    faults.extend(api.check_body(&at, &call.body));
    if is_broken(call) {
        return faults;
    }
    match api.check_answer(&at, call) {
        Some(wrong) => faults.extend(wrong),
        None if is_known_refusal(call) => {}
        None => faults.push(format!("status {} is not published", call.status)),
    }
    faults
}

/// Why a call to Jira or its answer is not as published.
pub fn jira(call: &Call) -> Vec<String> {
    let is_errors = |call: &Call| {
        let is_said = ["errorMessages", "errors"].iter().any(|name| call.answer.get(name).is_some());
        // `429` is described on another page: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
        let is_usual = [400, 401, 403, 404, 429].contains(&call.status);
        is_usual && (call.answer.is_null() || is_said || call.answer.get("message").is_some())
    };
    let mut faults = check(&JIRA, call, is_errors);
    // The screen of an edit has fields of other shapes.
    if call.operation.ends_with("/editmeta") {
        return faults;
    }
    let texts = ["/fields/description", "/body"].map(|at| call.body.pointer(at));
    let issues = call.answer["issues"].as_array().into_iter().flatten().chain([&call.answer]);
    let shown = issues.clone().map(|issue| issue.pointer("/fields/description"));
    let comments = call.answer["comments"].as_array().into_iter().flatten().map(|comment| comment.get("body"));
    let documents = texts.into_iter().chain(shown).chain(comments).flatten().filter(|text| !text.is_null());
    faults.extend(documents.flat_map(adf));
    for issue in issues {
        faults.extend(jira_fields(issue));
    }
    faults
}

/// The description of an issue leaves the shapes of its fields open.
fn jira_fields(issue: &Value) -> Vec<String> {
    let shapes = [("status", "StatusDetails"), ("creator", "UserDetails"), ("assignee", "UserDetails")];
    let fault = |(field, shape): (&str, &str)| {
        let value = issue.pointer(&format!("/fields/{field}")).filter(|value| value.is_object());
        value.map(|value| JIRA.faults(&format!("/components/schemas/{shape}"), value)).unwrap_or_default()
    };
    shapes.into_iter().flat_map(fault).collect()
}

/// Why a text is no document in Atlassian's format.
pub fn adf(document: &Value) -> Vec<String> {
    ADF.iter_errors(document).map(|error| format!("text: {error} at {}", error.instance_path())).collect()
}

/// Why an issue in a delivery of Jira is not as published. The delivery itself is described in words only.
pub fn jira_hook(body: &Value) -> Vec<String> {
    let issue = JIRA.faults("/components/schemas/IssueBean", &body["issue"]);
    let user = JIRA.faults("/components/schemas/UserDetails", &body["user"]);
    // An old or new value that is none is null in a delivery, as the page shows it, and not left out.
    // https://developer.atlassian.com/cloud/jira/platform/webhooks/
    let mut log = body["changelog"].clone();
    let items = log.get_mut("items").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        item.retain(|_, value| !value.is_null());
    }
    let log = if log.is_null() { Vec::new() } else { JIRA.faults("/components/schemas/Changelog", &log) };
    [issue, user, log, jira_fields(&body["issue"])].concat()
}

/// Why a call to GitHub or its answer is not as published.
pub fn github(call: &Call) -> Vec<String> {
    // A file as it is stands in the journal without its bytes.
    if call.operation.ends_with("/contents/{path}") && call.status == 200 && call.answer.is_null() {
        return check(&GITHUB, &Call { status: 0, ..call.clone() }, |_| true);
    }
    // What each call can be answered with is told apart from the operations:
    // https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
    let is_error = |call: &Call| {
        // Any read can be answered so: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
        if call.status == 304 {
            return call.operation.starts_with("GET ") && call.answer.is_null();
        }
        let is_usual = [301, 307, 401, 403, 404, 409, 422, 429].contains(&call.status);
        is_usual && GITHUB.faults("/components/schemas/basic-error", &call.answer).is_empty()
    };
    check(&GITHUB, &Call { answer: without_nulls(call.answer.clone()), ..call.clone() }, is_error)
}

/// GitHub's description of pull requests leaves out two nulls: a label can lack its description, and a fork that was
/// deleted is none.
fn without_nulls(mut answer: Value) -> Value {
    let is_list = answer.is_array();
    let all = if is_list { answer.as_array_mut().unwrap().iter_mut().collect() } else { vec![&mut answer] };
    for pull in all.into_iter().filter(|row| row.get("merge_commit_sha").is_some()) {
        for label in pull["labels"].as_array_mut().into_iter().flatten().filter(|l| l["description"].is_null()) {
            label["description"] = json!("");
        }
        if pull["head"]["repo"].is_null() {
            pull["head"]["repo"] = pull["base"]["repo"].clone();
        }
    }
    answer
}

/// Why a delivery of GitHub about an issue is not as published.
pub fn github_hook(action: &str, body: &Value) -> Vec<String> {
    github_event(&format!("issues-{action}"), body)
}

/// Why a delivery of GitHub, such as `release-published` or `push`, is not as published.
pub fn github_event(event: &str, body: &Value) -> Vec<String> {
    let place = format!("/webhooks/{event}/post/requestBody/content/application~1json/schema");
    match GITHUB_HOOKS.at(&place) {
        Some((place, _)) => GITHUB_HOOKS.faults(&place, body),
        None => vec![format!("there is no delivery {event}")],
    }
}

mod tests {
    use super::*;

    fn call(operation: &str, path: &str, body: Value, status: u16, answer: Value) -> Call {
        let (operation, path) = (operation.to_owned(), path.to_owned());
        Call { at: chrono::DateTime::UNIX_EPOCH, operation, path, body, status, answer }
    }

    fn is_wrong(of: fn(&Call) -> Vec<String>, good: &Call, change: impl FnOnce(&mut Call)) -> bool {
        assert_eq!(of(good), Vec::<String>::new());
        let mut wrong = good.clone();
        change(&mut wrong);
        !of(&wrong).is_empty()
    }

    #[test]
    fn what_jira_would_refuse_is_found() {
        let doc = json!({"type": "doc", "version": 1, "content": []});
        let body = json!({"fields": {"summary": "x", "description": doc}});
        let good =
            call("POST /rest/api/3/issue", "/x", body, 201, json!({"id": "1", "key": "A-1", "self": "http://a/1"}));
        let is_wrong = |change: fn(&mut Call)| is_wrong(jira, &good, change);
        assert!(is_wrong(|call| call.path.push_str("?x=1")));
        assert!(is_wrong(|call| call.path.push_str("?updateHistory=maybe")));
        assert!(is_wrong(|call| call.body["field"] = json!({})));
        assert!(is_wrong(|call| call.body["fields"] = json!([])));
        assert!(is_wrong(|call| call.body["fields"]["description"] = json!("plain")));
        assert!(is_wrong(|call| call.body["fields"]["description"]["content"] = json!([{"type": "text", "text": ""}])));
        assert!(is_wrong(|call| call.body = Value::Null));
        assert!(is_wrong(|call| call.answer["id"] = json!(1)));
        assert!(is_wrong(|call| call.answer["name"] = json!("x")));
        assert!(is_wrong(|call| call.status = 302));
        assert!(is_wrong(|call| call.operation.push_str("/x")));
    }

    #[test]
    fn what_github_would_refuse_is_found() {
        let no = json!({"message": "Not Found", "documentation_url": "https://docs.github.com/rest"});
        let path = "/repos/a/b/issues?state=all&per_page=100&labels=a,b&since=2026-11-28T15%3A00%3A00Z";
        let good = call("GET /repos/{owner}/{repo}/issues", path, Value::Null, 404, no.clone());
        let is_wrong_list = |change: fn(&mut Call)| is_wrong(github, &good, change);
        assert!(is_wrong_list(|call| call.path.push_str("&state=done")));
        assert!(is_wrong_list(|call| call.path.push_str("&since=today")));
        assert!(is_wrong_list(|call| call.path.push_str("&until=x")));
        assert!(is_wrong_list(|call| call.body = json!({"a": 1})));
        assert!(is_wrong_list(|call| call.status = 200));
        assert!(is_wrong_list(|call| call.answer = json!({"message": 7})));
        assert!(is_wrong_list(|call| call.status = 418));
        let search = call("GET /search/users", "/search/users?q=a", Value::Null, 403, no.clone());
        assert!(is_wrong(github, &search, |call| call.path = "/search/users".to_owned()), "q is missing");
        let body = json!({"title": "x", "body": null, "assignees": ["a"], "state_reason": "not_planned"});
        let edit = call("PATCH /repos/{owner}/{repo}/issues/{issue_number}", "/x", body, 404, no);
        let is_wrong_edit = |change: fn(&mut Call)| is_wrong(github, &edit, change);
        assert!(is_wrong_edit(|call| call.body["assignees"] = json!("a")));
        assert!(is_wrong_edit(|call| call.body["state_reason"] = json!("done")));
        assert!(is_wrong_edit(|call| call.body["due"] = json!("2026-12-01")));
        assert_ne!(github_hook("closed", &json!({"action": "closed"})), Vec::<String>::new());
        assert_ne!(github_hook("opened", &json!({})), Vec::<String>::new());
    }
}
