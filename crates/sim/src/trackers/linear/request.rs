//! The request: who asks, and what.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::document::{Document, Operation};
use super::flatten::fields;
use super::refusal::Refusal;

/// A GraphQL request: <https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>.
#[derive(Default)]
pub struct Request {
    pub query: String,
    pub variables: Map<String, Value>,
    operation: Option<String>,
}

/// The key stands bare in the header: <https://linear.app/developers/graphql#personal-api-keys>.
pub fn authenticate(headers: &HeaderMap, key: &str) -> Result<(), Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given == key {
        return Ok(());
    }
    let bearer = given.strip_prefix("Bearer ").unwrap_or_default();
    Err(if bearer.starts_with("lin_api_") { Refusal::bearer() } else { Refusal::unauthenticated() })
}

impl Request {
    pub fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Refusal> {
        let missing = || Refusal::request("POST body missing, invalid Content-Type, or JSON object has no keys.");
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = kind.split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/json") {
            return Err(missing());
        }
        let body: Map<String, Value> = serde_json::from_slice(body).map_err(|_| missing())?;
        if body.is_empty() {
            return Err(missing());
        }
        if let Some(unknown) = body.keys().find(|key| !["query", "variables", "operationName"].contains(&key.as_str()))
        {
            return Err(Refusal::request(&format!("The body has the unknown key \"{unknown}\".")));
        }
        let empty =
            || Refusal::request("GraphQL operations must contain a non-empty `query` or a `persistedQuery` extension.");
        let query = body.get("query").and_then(Value::as_str).filter(|query| !query.is_empty()).ok_or_else(empty)?;
        let variables = match body.get("variables") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(map)) => map.clone(),
            Some(_) => return Err(Refusal::request("`variables` in a POST body must be an object if provided.")),
        };
        let operation = match body.get("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name.clone()),
            Some(_) => return Err(Refusal::request("`operationName` in a POST body must be a string if provided.")),
        };
        Ok(Self { query: query.to_owned(), variables, operation })
    }

    /// The operation that the request means.
    pub fn operation<'a>(&self, document: &'a Document) -> Result<&'a Operation, Refusal> {
        let Some(name) = &self.operation else {
            return match document.operations.as_slice() {
                [only] => Ok(only),
                [] => Err(Refusal::operation("Must provide an operation.")),
                _ => Err(Refusal::operation("Must provide operation name if query contains multiple operations.")),
            };
        };
        let found = document.operations.iter().find(|operation| operation.name.as_ref() == Some(name));
        found.ok_or_else(|| Refusal::operation(&format!("Unknown operation named \"{name}\".")))
    }

    /// The names of the root fields that it asks for.
    pub fn roots(&self, document: &Document) -> Vec<String> {
        let Ok(operation) = self.operation(document) else { return vec![] };
        fields(document, &operation.selections).into_iter().map(|field| field.name.clone()).collect()
    }
}
