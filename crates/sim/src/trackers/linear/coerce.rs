//! Values get the types of the schema, as GraphQL's rules of input coercion say:
//! <https://spec.graphql.org/October2021/#sec-Input-Objects.Input-Coercion>.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};

use super::document::{Kind, Literal, Operation};
use super::refusal::Refusal;
use super::schema::{Input, Schema, Type};

/// The values of an operation's variables, coerced. A variable that was left out is not in it.
pub type Variables = Map<String, Value>;

/// All variables of an operation. Values of variables that it does not declare are ignored, as GraphQL wants it.
pub fn variables(operation: &Operation, given: &Map<String, Value>) -> Result<Variables, Refusal> {
    let mut all = Variables::new();
    for variable in &operation.variables {
        let (name, kind) = (&variable.name, &variable.kind);
        let default = variable.default.as_ref().and_then(|literal| json_of(literal, &Map::new()));
        match given.get(name).cloned().or(default) {
            None if kind.is_required() => {
                let message = format!("Variable \"${name}\" of required type \"{kind}\" was not provided.");
                return Err(Refusal::variable(&message));
            }
            None => {}
            Some(Value::Null) if kind.is_required() => {
                let message = format!("Variable \"${name}\" of non-null type \"{kind}\" must not be null.");
                return Err(Refusal::variable(&message));
            }
            Some(value) => {
                let coerced = coerced(kind, &value, name).map_err(|unfit| unfit.refusal(name))?;
                all.insert(name.clone(), coerced);
            }
        }
    }
    Ok(all)
}

/// The literal as JSON with its variables filled in; nothing for a variable without a value.
pub fn json_of(literal: &Literal, variables: &Variables) -> Option<Value> {
    Some(match literal {
        Literal::Variable(name) => variables.get(name)?.clone(),
        Literal::Int(number) => json!(number),
        Literal::Float(number) => json!(number),
        Literal::Text(text) | Literal::Name(text) => json!(text),
        Literal::Bool(value) => json!(value),
        Literal::Null => Value::Null,
        Literal::List(list) => list.iter().map(|one| json_of(one, variables).unwrap_or_default()).collect(),
        Literal::Object(fields) => {
            let known = fields.iter().filter_map(|f| Some((f.name.clone(), json_of(&f.value, variables)?)));
            Value::Object(known.collect())
        }
    })
}

/// A value that does not fit its type.
#[derive(Debug)]
pub struct Unfit {
    value: Value,
    path: String,
    message: String,
    is_served: bool,
}

impl Unfit {
    fn new(value: &Value, path: &str, message: String) -> Self {
        Self { value: value.clone(), path: path.to_owned(), message, is_served: true }
    }

    fn refusal(&self, variable: &str) -> Refusal {
        if !self.is_served {
            return Refusal::not_served(&self.message);
        }
        let place = if self.path == variable { String::new() } else { format!(" at \"{}\"", self.path) };
        let (value, message) = (&self.value, &self.message);
        Refusal::variable(&format!("Variable \"${variable}\" got invalid value {value}{place}; {message}"))
    }
}

/// The value with the lists that its type wants: a single value stands for a list of one.
pub fn coerced(kind: &Kind, value: &Value, path: &str) -> Result<Value, Unfit> {
    if value.is_null() {
        let message = format!("Expected non-nullable type \"{kind}\" not to be null.");
        return if kind.is_required() { Err(Unfit::new(value, path, message)) } else { Ok(Value::Null) };
    }
    match kind {
        Kind::Must(of) => coerced(of, value, path),
        Kind::List(of) => match value.as_array() {
            Some(list) => {
                let each = list.iter().enumerate().map(|(i, one)| coerced(of, one, &format!("{path}[{i}]")));
                each.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            None => Ok(Value::Array(vec![coerced(of, value, path)?])),
        },
        Kind::Named(name) => match Schema::linear().get(name) {
            Some(Type::Input(fields)) => object(name, fields, value, path),
            Some(Type::Scalar | Type::Enum(_)) => {
                leaf(name, value).map_err(|message| Unfit::new(value, path, message))?;
                Ok(if name == "Int" { json!(whole(value)) } else { value.clone() })
            }
            Some(Type::Object(_)) | None => {
                let message = format!("the input type \"{name}\"");
                Err(Unfit { value: Value::Null, path: path.to_owned(), message, is_served: false })
            }
        },
    }
}

fn object(name: &str, fields: &BTreeMap<String, Input>, value: &Value, path: &str) -> Result<Value, Unfit> {
    let Some(given) = value.as_object() else {
        return Err(Unfit::new(value, path, format!("Expected type \"{name}\" to be an object.")));
    };
    if let Some(unknown) = given.keys().find(|key| !fields.contains_key(*key)) {
        return Err(Unfit::new(value, path, format!("Field \"{unknown}\" is not defined by type \"{name}\".")));
    }
    let mut all = Map::new();
    for (key, field) in fields {
        let Some(one) = given.get(key) else {
            if field.kind.is_required() && !field.has_default {
                let message = format!("Field \"{key}\" of required type \"{}\" was not provided.", field.kind);
                return Err(Unfit::new(value, path, message));
            }
            continue;
        };
        all.insert(key.clone(), coerced(&field.kind, one, &format!("{path}.{key}"))?);
    }
    Ok(Value::Object(all))
}

/// Whether a value, which is not null, fits a scalar or an enum. The error is a sentence.
pub fn leaf(name: &str, value: &Value) -> Result<(), String> {
    if let Some(Type::Enum(values)) = Schema::linear().get(name) {
        let is_known = value.as_str().is_some_and(|text| values.iter().any(|known| known == text));
        return is_known.then_some(()).ok_or_else(|| format!("Value {value} does not exist in \"{name}\" enum."));
    }
    let text = value.as_str().unwrap_or_default();
    let fits = match name {
        "Int" => whole(value).is_some(),
        "Float" => value.is_number(),
        "ID" => value.is_string() || value.is_i64(),
        "Boolean" => value.is_boolean(),
        "JSON" => true,
        "JSONObject" => value.is_object(),
        "DateTime" | "DateTimeOrDuration" => moment(text, DateTime::UNIX_EPOCH).is_some(),
        "TimelessDate" => is_day(text),
        "TimelessDateOrDuration" => is_day(text) || text.parse::<jiff::Span>().is_ok(),
        _ => value.is_string(),
    };
    if fits {
        return Ok(());
    }
    Err(match name {
        "Int" => format!("Int cannot represent non-integer value: {value}"),
        "Float" => format!("Float cannot represent non numeric value: {value}"),
        "ID" => format!("ID cannot represent value: {value}"),
        "Boolean" => format!("Boolean cannot represent a non boolean value: {value}"),
        "String" => format!("String cannot represent a non string value: {value}"),
        "TimelessDate" | "TimelessDateOrDuration" => {
            format!("Expected type \"{name}\". {name} cannot represent value: {value}, it must be YYYY-MM-DD")
        }
        other => format!("Expected type \"{other}\". {other} cannot represent value: {value}"),
    })
}

/// JSON tells no whole number from one with a zero behind the point.
fn whole(value: &Value) -> Option<i32> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    format!("{number:.0}").parse().ok()
}

/// A civil day such as `2026-12-01`. Linear reads some more forms (`2026`); no client should rely on them.
fn is_day(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// The moment of a time stamp, of a day, or of a duration such as `-P2W` from now on.
pub fn moment(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    let span: jiff::Span = text.parse().ok()?;
    let from = jiff::Timestamp::from_millisecond(now.timestamp_millis()).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    DateTime::from_timestamp_millis(from.checked_add(span).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn given(query: &str, variables: Value) -> Result<Variables, String> {
        let document = parse(query).unwrap();
        super::variables(&document.operations[0], variables.as_object().unwrap())
            .map_err(|r| r.shown()["message"].as_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn variables_are_refused_in_graphql_s_words() {
        let create = "mutation($i: IssueCreateInput!) { issueCreate(input: $i) { success } }";
        let team = "0d1a8118-98ca-419e-9516-2fc6abfc62e4";
        let day = given(create, json!({"i": {"teamId": team, "dueDate": "tomorrow"}}));
        let words = "Variable \"$i\" got invalid value \"tomorrow\" at \"i.dueDate\"; Expected type \"TimelessDate\". \
                     TimelessDate cannot represent value: \"tomorrow\", it must be YYYY-MM-DD";
        assert_eq!(day.err().as_deref(), Some(words));
        assert!(given(create, json!({"i": {"teamId": team, "dueDate": "2026-02-30"}})).is_err());
        assert!(
            given(create, json!({"i": {"title": "x"}}))
                .unwrap_err()
                .contains("\"teamId\" of required type \"String!\"")
        );
        assert!(
            given(create, json!({"i": {"teamId": team, "name": 1}})).unwrap_err().contains("is not defined by type")
        );
        assert!(given(create, json!({"i": {"teamId": team, "priority": "2"}})).unwrap_err().contains("non-integer"));
        assert!(given(create, json!({})).unwrap_err().contains("was not provided"));
        assert!(given(create, json!({"i": null})).unwrap_err().contains("must not be null"));
        let one = given(create, json!({"i": {"teamId": team, "labelIds": "a"}})).unwrap();
        assert_eq!(one["i"]["labelIds"], json!(["a"]));
    }

    #[test]
    fn moments_are_stamps_days_and_durations() {
        let now = DateTime::parse_from_rfc3339("2026-11-28T15:00:00Z").unwrap().to_utc();
        assert_eq!(moment("-P1D", now).unwrap().to_rfc3339(), "2026-11-27T15:00:00+00:00");
        assert_eq!(moment("2026-11-28T16:00:00+01:00", now), Some(now));
        assert_eq!(moment("yesterday", now), None);
    }
}
