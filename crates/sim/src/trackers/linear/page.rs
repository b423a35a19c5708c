//! Pages of lists: <https://linear.app/developers/pagination>.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::filter::passes;
use super::refusal::Refusal;
use super::store::Store;
use super::thing::{Class, Node, Thing};
use super::view::field;

/// A page has so many entities at most, and [`SIZE`] where a query does not say.
const MOST: i64 = 250;
/// The size of a page where a query does not say.
pub const SIZE: i64 = 50;

/// A connection: the page of the list that the arguments ask for, newest first.
pub fn page(store: &Store, all: Vec<Thing>, args: &Map<String, Value>) -> Result<Thing, Refusal> {
    for unread in ["last", "before"] {
        if args.get(unread).is_some_and(|value| !value.is_null()) {
            return Err(Refusal::not_served(&format!("the argument \"{unread}\"")));
        }
    }
    let size = args.get("first").and_then(Value::as_i64).unwrap_or(SIZE);
    if size > MOST {
        return Err(Refusal::argument("first", "max", &format!("first must not be greater than {MOST}")));
    }
    if size < 1 {
        return Err(Refusal::argument("first", "min", "first must not be less than 1"));
    }
    let nodes = sorted(store, kept(store, all, args)?, args);
    let start = match args.get("after").and_then(Value::as_str) {
        None => 0,
        Some(after) => {
            let at = nodes.iter().position(|node| node.id == after);
            let unknown = || Refusal::argument("after", "isCursor", "after must be a cursor of this list");
            at.ok_or_else(unknown)? + 1
        }
    };
    let size = usize::try_from(size).unwrap_or_default();
    let shown: Vec<Node> = nodes.iter().skip(start).take(size).cloned().collect();
    let has_next = start + shown.len() < nodes.len();
    Ok(connection(&shown, start > 0, has_next))
}

/// The entities that pass the filter. Archived issues and people who left are in only on demand.
fn kept(store: &Store, all: Vec<Thing>, args: &Map<String, Value>) -> Result<Vec<Node>, Refusal> {
    let asks = |name: &str| args.get(name) == Some(&Value::Bool(true));
    let filter = args.get("filter").unwrap_or(&Value::Null);
    let mut kept = vec![];
    for thing in all {
        let Thing::One(node) = thing else { continue };
        let is_archived = node.class == Class::Issue && !leaf(store, &node, "archivedAt").is_null();
        let has_left = node.class == Class::User && leaf(store, &node, "active") == Value::Bool(false);
        if (is_archived && !asks("includeArchived")) || (has_left && !asks("includeDisabled")) {
            continue;
        }
        if passes(store, &node, filter)? {
            kept.push(node);
        }
    }
    Ok(kept)
}

fn sorted(store: &Store, mut nodes: Vec<Node>, args: &Map<String, Value>) -> Vec<Node> {
    let by = args.get("orderBy").and_then(Value::as_str).unwrap_or("createdAt");
    nodes.reverse();
    nodes.sort_by_key(|node| std::cmp::Reverse(leaf(store, node, by).as_str().unwrap_or_default().to_owned()));
    nodes
}

fn leaf(store: &Store, node: &Node, name: &str) -> Value {
    if let Some(Thing::Leaf(value)) = field(store, node, name) { value } else { Value::Null }
}

fn connection(nodes: &[Node], has_previous: bool, has_next: bool) -> Thing {
    let leaf = |value: Value| Thing::Leaf(value);
    let cursor = |node: Option<&Node>| leaf(json!(node.map(|node| &node.id)));
    let info = BTreeMap::from([
        ("hasNextPage", leaf(json!(has_next))),
        ("hasPreviousPage", leaf(json!(has_previous))),
        ("startCursor", cursor(nodes.first())),
        ("endCursor", cursor(nodes.last())),
    ]);
    let edge = |node: &Node| {
        Thing::Record(BTreeMap::from([("cursor", leaf(json!(node.id))), ("node", Thing::One(node.clone()))]))
    };
    Thing::Record(BTreeMap::from([
        ("nodes", Thing::Many(nodes.iter().cloned().map(Thing::One).collect())),
        ("edges", Thing::Many(nodes.iter().map(edge).collect())),
        ("pageInfo", Thing::Record(info)),
    ]))
}
