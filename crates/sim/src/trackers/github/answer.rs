//! What a call of the simulated GitHub is answered with, and the words of its refusals.
//! <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api>

use serde_json::{Value, json};

const DOCS: &str = "https://docs.github.com/rest";

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Nothing,
    Json(Value),
    /// A file as it is, with the media type `raw`.
    Raw(Vec<u8>),
    /// Plain text, which GitHub's front door answers with.
    Text(&'static str),
}

/// An answer before it becomes HTTP. The names of headers are in lower case.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

/// A call succeeds or is refused; both are answers.
pub type Outcome = Result<Answer, Box<Answer>>;

impl Answer {
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub fn json(status: u16, body: Value) -> Answer {
    Answer { status, headers: Vec::new(), body: Body::Json(body) }
}

pub fn ok(body: Value) -> Outcome {
    Ok(json(200, body))
}

/// 201; the header `Location` names the new thing by its own `url`.
pub fn created(body: Value) -> Outcome {
    let url = body.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(json(201, body).with("location", url))
}

pub fn nothing(status: u16) -> Answer {
    Answer { status, headers: Vec::new(), body: Body::Nothing }
}

pub fn refused(status: u16, message: &str) -> Box<Answer> {
    Box::new(json(status, json!({"message": message, "documentation_url": DOCS, "status": status.to_string()})))
}

pub fn not_found() -> Box<Answer> {
    refused(404, "Not Found")
}

/// 422 with one entry in `errors`.
pub fn failed(error: Value) -> Box<Answer> {
    let body = json!({
        "message": "Validation Failed", "errors": [error], "documentation_url": DOCS, "status": "422",
    });
    Box::new(json(422, body))
}

/// 422: the field holds something that cannot be.
pub fn invalid(resource: &str, field: &str, value: &Value) -> Box<Answer> {
    failed(json!({"value": value, "resource": resource, "field": field, "code": "invalid"}))
}

/// 422: the field is missing.
pub fn missing(resource: &str, field: &str) -> Box<Answer> {
    failed(json!({"resource": resource, "code": "missing_field", "field": field}))
}

/// 422 in the tracker's own words; `field` may be empty.
pub fn custom(resource: &str, field: &str, message: &str) -> Box<Answer> {
    let mut error = json!({"resource": resource, "code": "custom", "message": message});
    if let (false, Some(map)) = (field.is_empty(), error.as_object_mut()) {
        map.insert("field".to_owned(), json!(field));
    }
    failed(error)
}

/// 422: the body does not fit the schema of the call.
pub fn misshapen(what: &str) -> Box<Answer> {
    refused(422, &format!("Invalid request.\n\n{what}"))
}

/// 301 or 307 to the address that took the place of this one.
pub fn moved(status: u16, url: &str) -> Box<Answer> {
    let docs = "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects";
    let body = json!({"message": "Moved Permanently", "url": url, "documentation_url": docs});
    Box::new(json(status, body).with("location", url))
}

/// 403: the token lacks a right. `needs` says which, such as `issues=write`.
pub fn no_right(of_app: bool, needs: &str) -> Box<Answer> {
    let whom = if of_app { "integration" } else { "personal access token" };
    let answer = refused(403, &format!("Resource not accessible by {whom}"));
    Box::new(answer.with("x-accepted-github-permissions", needs))
}
