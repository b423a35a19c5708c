//! The input of a mutation, read with Linear's own rules beyond the types.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::store::{is_uuid, is_uuid_v4};

/// The fields of an `input` argument. A field that is null counts as given: it takes the value away.
pub struct Given<'a>(Option<&'a Map<String, Value>>);

impl<'a> Given<'a> {
    /// `served` are the fields that the stand-in minds.
    pub fn new(args: &'a Map<String, Value>, served: &[&str]) -> Result<Self, Refusal> {
        let given = args.get("input").and_then(Value::as_object);
        let unread =
            given.into_iter().flatten().find(|(key, value)| !value.is_null() && !served.contains(&key.as_str()));
        match unread {
            Some((key, _)) => Err(Refusal::not_served(&format!("the input \"{key}\""))),
            None => Ok(Self(given)),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0?.get(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(Value::as_str)
    }

    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.get(name).filter(|value| !value.is_null())
    }

    /// A text that must not be empty.
    pub fn filled(&self, name: &str) -> Result<&'a str, Refusal> {
        match self.text(name).filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok(text),
            None => Err(Refusal::argument(name, "isNotEmpty", &format!("{name} should not be empty"))),
        }
    }

    /// The id of an entity, if one is given.
    pub fn id(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.text(name) {
            Some(id) if !is_uuid(id) => Err(Refusal::argument(name, "isUuid", &format!("{name} must be a UUID"))),
            id => Ok(id),
        }
    }

    /// The id that the client made for the new entity. The schema wants a UUID of version 4.
    pub fn own_id(&self) -> Result<Option<&'a str>, Refusal> {
        match self.text("id") {
            Some(id) if !is_uuid_v4(id) => Err(Refusal::argument("id", "isUuid", "id must be a UUID")),
            id => Ok(id),
        }
    }

    /// A list of ids, if one is given.
    pub fn ids(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(list) = self.value(name).and_then(Value::as_array) else { return Ok(None) };
        let ids: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if ids.iter().all(|id| is_uuid(id)) {
            return Ok(Some(ids));
        }
        Err(Refusal::argument(name, "isUuid", &format!("each value in {name} must be a UUID")))
    }

    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub fn priority(&self) -> Result<Option<i64>, Refusal> {
        match self.value("priority").and_then(Value::as_i64) {
            Some(number) if number > 4 => {
                Err(Refusal::argument("priority", "max", "priority must not be greater than 4"))
            }
            Some(number) if number < 0 => Err(Refusal::argument("priority", "min", "priority must not be less than 0")),
            number => Ok(number),
        }
    }
}
