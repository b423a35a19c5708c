//! Linear's errors: message, code, type, and the HTTP status that each of them has.
//! <https://linear.app/developers/graphql#errors>

use std::fmt;

use serde_json::{Map, Value, json};

use super::lexer::{Position, Wrong};

/// An error of the answer. Its Debug shows the code alone, because messages quote what people wrote.
#[derive(Clone)]
pub struct Refusal {
    message: String,
    extensions: Value,
    path: Vec<String>,
    at: Option<Position>,
    status: u16,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({} {})", self.status, self.code())
    }
}

impl Refusal {
    fn new(status: u16, message: &str, extensions: Value) -> Self {
        Self { message: message.to_owned(), extensions, path: vec![], at: None, status }
    }

    fn with_place(mut self, at: Position) -> Self {
        self.at = Some(at);
        self
    }

    /// A root field refused its input: HTTP 200, and the refusal in the body.
    pub fn input(message: &str, presentable: &str) -> Self {
        let extensions = json!({
            "code": "INPUT_ERROR", "type": "invalid input", "statusCode": 400, "userError": true,
            "userPresentableMessage": presentable,
        });
        Self::new(200, message, extensions)
    }

    /// An argument has the right type and a wrong value. The code differs from that of [`Refusal::input`].
    pub fn argument(property: &str, rule: &str, presentable: &str) -> Self {
        let extensions = json!({
            "code": "INVALID_INPUT", "type": "invalid input", "statusCode": 400, "userError": true,
            "userPresentableMessage": format!("{presentable}."),
            "validationErrors": [{"property": property, "constraints": {rule: presentable}}],
        });
        Self::new(200, "Argument Validation Error", extensions)
    }

    /// State and team do not belong together.
    pub fn discrepancy() -> Self {
        let message = "Discrepancy between issue team and state, cycle or project.";
        let extensions = json!({
            "code": "INVALID_INPUT", "type": "invalid input", "statusCode": 400, "userError": true,
            "userPresentableMessage": message,
        });
        Self::new(200, message, extensions)
    }

    /// There is none, or the key may not see it.
    pub fn not_found(what: &str) -> Self {
        Self::input(&format!("Entity not found: {what}"), &format!("Could not find referenced {what}."))
    }

    pub fn forbidden(message: &str) -> Self {
        let extensions = json!({
            "code": "FORBIDDEN", "type": "forbidden", "statusCode": 403, "userError": true,
            "userPresentableMessage": "You don't have permission to perform this operation.",
        });
        Self::new(200, message, extensions)
    }

    /// The real service has it, the stand-in has not.
    pub fn not_served(what: &str) -> Self {
        let message = format!("The simulated Linear does not serve {what}.");
        Self::new(400, &message, json!({"code": "NOT_SERVED", "type": "other", "userError": false}))
    }

    /// The document does not fit the schema.
    pub fn invalid(message: &str, at: Position) -> Self {
        let extensions = json!({"code": "GRAPHQL_VALIDATION_FAILED", "type": "graphql error", "userError": true});
        Self::new(400, message, extensions).with_place(at)
    }

    pub fn syntax(wrong: &Wrong) -> Self {
        let extensions = json!({"code": "GRAPHQL_PARSE_FAILED", "type": "graphql error", "userError": true});
        Self::new(400, &wrong.message, extensions).with_place(wrong.at)
    }

    /// A variable has a wrong value.
    pub fn variable(message: &str) -> Self {
        Self::new(400, message, json!({"code": "BAD_USER_INPUT", "type": "graphql error"}))
    }

    pub fn operation(message: &str) -> Self {
        Self::new(400, message, json!({"code": "OPERATION_RESOLUTION_FAILURE", "type": "graphql error"}))
    }

    /// The body of the request is no request.
    pub fn request(message: &str) -> Self {
        Self::new(400, message, json!({"code": "BAD_REQUEST", "type": "graphql error"}))
    }

    pub fn unauthenticated() -> Self {
        Self::new(401, "Authentication required, not authenticated", Self::authentication())
    }

    pub fn bearer() -> Self {
        let message = "It looks like you're trying to use an API key as a Bearer token. \
                       Remove the Bearer prefix from the Authorization header.";
        Self::new(400, message, Self::authentication())
    }

    fn authentication() -> Value {
        json!({
            "code": "AUTHENTICATION_ERROR", "type": "authentication error", "statusCode": 401, "userError": true,
            "userPresentableMessage": "You need to authenticate to access this operation.",
        })
    }

    /// `limit` requests are allowed in an hour.
    /// <https://linear.app/developers/rate-limiting>
    pub fn limited(limit: i64) -> Self {
        let presentable = format!("Rate limit exceeded. Only {limit} requests are allowed per 1 hour.");
        let extensions = json!({
            "code": "RATELIMITED", "type": "ratelimited", "statusCode": 429, "userError": true,
            "userPresentableMessage": presentable,
        });
        Self::new(400, "Rate limit exceeded", extensions)
    }

    pub fn too_complex(points: i64, most: i64) -> Self {
        let presentable =
            format!("The query is too complex. Complexity: {points}. Maximum allowed complexity: {most}.");
        let mut refusal = Self::input("Query too complex", &presentable);
        refusal.status = 400;
        refusal
    }

    /// The root field that refused, where none was named before.
    pub fn of_field(mut self, key: &str, at: Position) -> Self {
        self.path = vec![key.to_owned()];
        self.at = self.at.or(Some(at));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn code(&self) -> &str {
        self.extensions.get("code").and_then(Value::as_str).unwrap_or_default()
    }

    /// The error in the answer.
    pub fn shown(&self) -> Value {
        let mut map = Map::new();
        map.insert("message".to_owned(), json!(self.message));
        if !self.path.is_empty() {
            map.insert("path".to_owned(), json!(self.path));
        }
        if let Some(at) = self.at {
            map.insert("locations".to_owned(), json!([{"line": at.line, "column": at.column}]));
        }
        map.insert("extensions".to_owned(), self.extensions.clone());
        Value::Object(map)
    }
}

/// The body of the answer. All root fields of the schema must have a value, so one refusal takes all data away. A
/// request that never ran has no data at all.
pub fn body(refusals: &[Refusal]) -> Value {
    let errors: Vec<Value> = refusals.iter().map(Refusal::shown).collect();
    if refusals.iter().all(|refusal| refusal.status == 200) {
        return json!({"errors": errors, "data": null});
    }
    json!({"errors": errors})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_has_null_data_and_a_refused_request_none() {
        let found = body(&[Refusal::not_found("Issue").of_field("issue", Position { line: 1, column: 3 })]);
        assert_eq!(found["data"], Value::Null);
        assert!(found.as_object().unwrap().contains_key("data"));
        assert_eq!(found["errors"][0]["message"], "Entity not found: Issue");
        assert_eq!(found["errors"][0]["path"], json!(["issue"]));
        assert!(!body(&[Refusal::unauthenticated()]).as_object().unwrap().contains_key("data"));
        assert_eq!(format!("{:?}", Refusal::variable("secret words")), "Refusal(400 BAD_USER_INPUT)");
    }
}
