//! Filters of lists: <https://linear.app/developers/filtering>.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::coerce::moment;
use super::refusal::Refusal;
use super::store::Store;
use super::thing::{Node, Thing};
use super::view::field;

/// Whether an entity passes a filter.
pub fn passes(store: &Store, node: &Node, filter: &Value) -> Result<bool, Refusal> {
    let Some(filter) = filter.as_object() else { return Ok(true) };
    for (key, wanted) in filter {
        let does = match key.as_str() {
            "and" => each(store, node, wanted)?.into_iter().all(|one| one),
            "or" => each(store, node, wanted)?.into_iter().any(|one| one),
            // An entity is there, so it is not null.
            "null" => wanted != &Value::Bool(true),
            _ => {
                let held = field(store, node, key);
                let unknown = || Refusal::not_served(&format!("the filter \"{key}\""));
                holds(store, &held.ok_or_else(unknown)?, wanted)?
            }
        };
        if !does {
            return Ok(false);
        }
    }
    Ok(true)
}

fn each(store: &Store, node: &Node, filters: &Value) -> Result<Vec<bool>, Refusal> {
    let filters = filters.as_array().map(Vec::as_slice).unwrap_or_default();
    filters.iter().map(|filter| passes(store, node, filter)).collect()
}

fn holds(store: &Store, held: &Thing, wanted: &Value) -> Result<bool, Refusal> {
    let Some(rules) = wanted.as_object() else { return Ok(true) };
    match held {
        Thing::Leaf(value) => compare(value, rules, store.now()),
        Thing::One(node) => passes(store, node, wanted),
        Thing::Many(all) => collection(store, all, rules),
        Thing::Record(_) => Ok(false),
    }
}

/// `some`, `every` and `length`. Without them some element must pass.
fn collection(store: &Store, all: &[Thing], rules: &Map<String, Value>) -> Result<bool, Refusal> {
    let count = |filter: &Value| -> Result<usize, Refusal> {
        let nodes = all.iter().filter_map(|thing| if let Thing::One(node) = thing { Some(node) } else { None });
        let passed = nodes.map(|node| passes(store, node, filter)).collect::<Result<Vec<_>, _>>()?;
        Ok(passed.into_iter().filter(|one| *one).count())
    };
    let mut direct = Map::new();
    for (key, rule) in rules {
        let does = match key.as_str() {
            "some" => count(rule)? > 0,
            "every" => count(rule)? == all.len(),
            "length" => match rule.as_object() {
                Some(rules) => compare(&Value::from(all.len()), rules, store.now())?,
                None => true,
            },
            _ => {
                direct.insert(key.clone(), rule.clone());
                true
            }
        };
        if !does {
            return Ok(false);
        }
    }
    Ok(direct.is_empty() || count(&Value::Object(direct))? > 0)
}

fn compare(value: &Value, rules: &Map<String, Value>, now: DateTime<Utc>) -> Result<bool, Refusal> {
    for (rule, wanted) in rules {
        if wanted.is_null() && rule != "eq" && rule != "neq" {
            continue;
        }
        if !one_rule(value, rule, wanted, now)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn one_rule(value: &Value, rule: &str, wanted: &Value, now: DateTime<Utc>) -> Result<bool, Refusal> {
    let equal = |other: &Value| order(value, other, now) == Some(Ordering::Equal);
    let listed = || wanted.as_array().is_some_and(|list| list.iter().any(equal));
    let by_order = |fits: fn(Ordering) -> bool| order(value, wanted, now).is_some_and(fits);
    let (text, part) = (value.as_str().unwrap_or_default(), wanted.as_str().unwrap_or_default());
    let (small, small_part) = (text.to_lowercase(), part.to_lowercase());
    Ok(match rule {
        "eq" => equal(wanted),
        "neq" => !equal(wanted),
        "in" => listed(),
        "nin" => !listed(),
        "null" => wanted == &Value::Bool(value.is_null()),
        "gt" => by_order(Ordering::is_gt),
        "gte" => by_order(Ordering::is_ge),
        "lt" => by_order(Ordering::is_lt),
        "lte" => by_order(Ordering::is_le),
        "notContains" => !text.contains(part),
        "notContainsIgnoreCase" => !small.contains(&small_part),
        "notStartsWith" => !text.starts_with(part),
        "notEndsWith" => !text.ends_with(part),
        "neqIgnoreCase" => small != small_part,
        // Null has no text.
        "contains"
        | "containsIgnoreCase"
        | "containsIgnoreCaseAndAccent"
        | "startsWith"
        | "startsWithIgnoreCase"
        | "endsWith"
        | "eqIgnoreCase"
            if value.is_null() =>
        {
            false
        }
        "contains" => text.contains(part),
        "containsIgnoreCase" | "containsIgnoreCaseAndAccent" => small.contains(&small_part),
        "startsWith" => text.starts_with(part),
        "startsWithIgnoreCase" => small.starts_with(&small_part),
        "endsWith" => text.ends_with(part),
        "eqIgnoreCase" => small == small_part,
        // A condition on an entity that is not there.
        _ if value.is_null() => false,
        other => return Err(Refusal::not_served(&format!("the comparison \"{other}\""))),
    })
}

/// Times are compared as moments, whatever zone they are written in.
fn order(value: &Value, other: &Value, now: DateTime<Utc>) -> Option<Ordering> {
    match (value, other) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => {
            let is_time = |text: &str| text.len() > 10 && text.ends_with('Z');
            match (moment(a, now).filter(|_| is_time(a)), moment(b, now)) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => Some(a.cmp(b)),
            }
        }
        (a, b) => (a == b).then_some(Ordering::Equal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(value: Value, rules: Value) -> bool {
        let now = moment("2026-11-28T15:00:00.000Z", DateTime::UNIX_EPOCH).unwrap();
        compare(&value, rules.as_object().unwrap(), now).unwrap()
    }

    #[test]
    fn comparisons_know_case_time_and_null() {
        assert!(rule(json!("Maria@Example.com"), json!({"eqIgnoreCase": "maria@example.com"})));
        assert!(!rule(json!("Maria"), json!({"eq": "maria"})));
        assert!(rule(json!("2026-11-28T14:59:00.000Z"), json!({"gt": "2026-11-28T15:30:00+01:00"})));
        assert!(rule(json!("2026-11-28T14:59:00.000Z"), json!({"gt": "-PT2M", "lt": "2026-11-29"})));
        assert!(rule(Value::Null, json!({"null": true})) && !rule(json!("x"), json!({"null": true})));
        assert!(!rule(Value::Null, json!({"email": {"eq": "x"}})));
        assert!(rule(json!(2), json!({"in": [1, 2], "lte": 2})) && !rule(json!(2), json!({"nin": [2]})));
    }
}
