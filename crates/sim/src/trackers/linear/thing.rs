//! What a field can hold.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Organization,
    User,
    Team,
    State,
    Label,
    Issue,
    Attachment,
    Comment,
}

/// Names an entity of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub class: Class,
    pub id: String,
}

#[derive(Clone)]
pub enum Thing {
    Leaf(Value),
    One(Node),
    Many(Vec<Thing>),
    /// A payload, a page, or an edge of it.
    Record(BTreeMap<&'static str, Thing>),
}

/// An entity, or null.
pub fn one(class: Class, id: Option<&str>) -> Thing {
    match id {
        Some(id) => Thing::One(Node { class, id: id.to_owned() }),
        None => Thing::Leaf(Value::Null),
    }
}

pub fn many<'a>(class: Class, ids: impl Iterator<Item = &'a str>) -> Thing {
    Thing::Many(ids.map(|id| one(class, Some(id))).collect())
}

/// A time as Linear writes it, such as `2026-11-28T15:00:00.000Z`.
pub fn stamp(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}
