//! A method answers with an object, or refuses the call.

use serde_json::{Map, Value};

use super::limits;

pub type Answer = Result<Map<String, Value>, Refusal>;

/// Slack refuses a call with an error code. Where blocks are at fault, a sentence with a JSON pointer says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub detail: Option<String>,
}

impl From<&str> for Refusal {
    fn from(code: &str) -> Self {
        Self { code: code.to_owned(), detail: None }
    }
}

impl From<String> for Refusal {
    fn from(code: String) -> Self {
        Self { code, detail: None }
    }
}

impl From<limits::Fault> for Refusal {
    fn from(fault: limits::Fault) -> Self {
        Self { code: fault.code.to_owned(), detail: Some(fault.detail) }
    }
}

pub fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

pub fn text<'a>(args: &'a Value, name: &str) -> Option<&'a str> {
    args.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
}

pub fn need<'a>(args: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    text(args, name).ok_or_else(|| "invalid_arguments".into())
}
