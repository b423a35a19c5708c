//! Issue properties: what a create, an edit or a call of its own may store.

use std::collections::BTreeMap;

use serde_json::Value;

use super::wire::{Reply, bad_payload, refused};

/// Reads `properties` of a body: a list of objects with key and value.
pub fn read(value: Option<&Value>) -> Result<BTreeMap<String, Value>, Reply> {
    let mut out = BTreeMap::new();
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(out) };
    for property in value.as_array().ok_or_else(bad_payload)? {
        let map = property.as_object().filter(|map| map.keys().all(|key| key == "key" || key == "value"));
        let map = map.ok_or_else(bad_payload)?;
        let key = map.get("key").and_then(Value::as_str).ok_or_else(bad_payload)?;
        let value = map.get("value").cloned().unwrap_or_default();
        check(key, &value)?;
        out.insert(key.to_owned(), value);
    }
    Ok(out)
}

/// Err is the refusal of a key or a value that is too long.
pub fn check(key: &str, value: &Value) -> Result<(), Reply> {
    if key.is_empty() || key.chars().count() > 255 {
        return Err(refused(400, "The property key cannot be longer than 255 characters."));
    }
    if value.to_string().chars().count() > 32_768 {
        return Err(refused(400, "The property value cannot be longer than 32768 characters."));
    }
    Ok(())
}
