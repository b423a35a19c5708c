//! A fault says what Slack refuses and why. The small checks of this file return faults.

use std::fmt::Display;

use serde_json::Value;

/// Slack refuses a message or a view for this reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The Web API would answer with this error code.
    pub code: &'static str,
    /// A sentence says what is wrong, and a JSON pointer says where.
    pub detail: String,
}

pub type Check = Result<(), Fault>;

pub fn length(v: &Value) -> usize {
    v.as_str().map_or(0, |s| s.chars().count())
}

/// The function counts the characters of each `text` in the value, at all depths.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
pub fn text_length(v: &Value) -> usize {
    let inside: usize = match v {
        Value::Array(items) => items.iter().map(text_length).sum(),
        Value::Object(map) => map.values().map(text_length).sum(),
        _ => 0,
    };
    inside + length(&v["text"])
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
pub fn words<'a>(args: &'a Value, key: &str) -> Result<&'a str, Fault> {
    match &args[key] {
        Value::Null => Ok(""),
        Value::String(text) => Ok(text),
        _ => {
            let fault = fault(&format!("/{key}"), "must be a string");
            Err(with("invalid_arguments", fault))
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of serde_json")]
pub fn list<'a>(args: &'a Value, key: &str, code: &'static str) -> Result<&'a [Value], Fault> {
    match &args[key] {
        Value::Null => Ok(&[]),
        given => array(&format!("/{key}"), given).map_err(|fault| with(code, fault)),
    }
}

pub fn array<'a>(at: &str, v: &'a Value) -> Result<&'a [Value], Fault> {
    let items = v.as_array().map(Vec::as_slice);
    items.ok_or_else(|| fault(at, "must be an array"))
}

pub fn sized(at: &str, size: usize, least: usize, most: usize, what: &str) -> Check {
    ensure(size >= least, at, format_args!("at least {least} {what}"))?;
    ensure(size <= most, at, format_args!("at most {most} {what}"))
}

pub fn ensure(ok: bool, at: &str, why: impl Display) -> Check {
    if ok { Ok(()) } else { Err(fault(at, why)) }
}

pub fn fault(at: &str, why: impl Display) -> Fault {
    Fault { code: "invalid_blocks", detail: format!("{why} [json-pointer:{at}]") }
}

pub fn unsupported(at: &str, kind: &str) -> Fault {
    let at = format!("{at}/type");
    fault(&at, format_args!("unsupported type: {kind}"))
}

pub fn with(code: &'static str, fault: Fault) -> Fault {
    Fault { code, ..fault }
}

pub fn coded(code: &'static str, check: Check) -> Check {
    check.map_err(|fault| with(code, fault))
}
