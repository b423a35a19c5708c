//! A call as its operation sees it: who asks, for what, with which fields; and the check of the fields' types.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::answer::{Answer, misshapen, not_found};
use super::state::{APP, BOT, Issue, Repo, State};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Nobody,
    /// The fine-grained token.
    Person,
    /// An installation of the app, with its permissions.
    Installation(BTreeMap<String, String>),
    /// The app itself, by JWT.
    App,
}

impl Who {
    pub fn login(&self) -> &'static str {
        match self {
            Self::Nobody | Self::Person => BOT,
            Self::Installation(_) | Self::App => APP,
        }
    }

    pub fn is_app(&self) -> bool {
        matches!(self, Self::Installation(_) | Self::App)
    }
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub now: DateTime<Utc>,
    pub who: Who,
    /// The varying parts of the path, decoded.
    pub params: Vec<(&'static str, String)>,
    pub query: Vec<(String, String)>,
    pub body: Value,
    /// The caller wants a file as it is.
    pub is_raw: bool,
    /// The repository's id; 0 where the address names none.
    pub repo: u64,
    /// The path for the header `Link`, with the repository's id.
    pub path: String,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A text or null.
    Maybe,
    Number,
    Flag,
    List,
    Object,
    Any,
}

impl Kind {
    fn fits(self, value: &Value) -> Result<(), &'static str> {
        let (fits, name) = match self {
            Self::Text => (value.is_string(), "a string"),
            Self::Maybe => (value.is_string() || value.is_null(), "a string"),
            Self::Number => (value.is_u64(), "an integer"),
            Self::Flag => (value.is_boolean(), "a boolean"),
            Self::List => (value.is_array(), "an array"),
            Self::Object => (value.is_object(), "an object"),
            Self::Any => (true, ""),
        };
        if fits { Ok(()) } else { Err(name) }
    }
}

impl Ask {
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str()).unwrap_or_default()
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        self.body.get(name).is_some()
    }

    /// The field, or "wasn't supplied".
    pub fn need(&self, name: &str) -> Result<&str, Box<Answer>> {
        self.text(name).ok_or_else(|| misshapen(&format!("\"{name}\" wasn't supplied.")))
    }

    /// The body is an object of these fields and no others.
    pub fn fields(&self, known: &[(&str, Kind)]) -> Result<(), Box<Answer>> {
        let Some(body) = self.body.as_object() else {
            return Err(misshapen(&format!("For 'links/0/schema', {} is not an object.", shown(&self.body))));
        };
        checked(body, known, "properties")
    }
}

fn shown(value: &Value) -> String {
    if value.is_null() { "nil".to_owned() } else { value.to_string() }
}

/// An object holds these fields and no others. `at` is where the object is, for the refusal.
pub fn checked(body: &Map<String, Value>, known: &[(&str, Kind)], at: &str) -> Result<(), Box<Answer>> {
    for (name, value) in body {
        let Some((_, kind)) = known.iter().find(|(n, _)| n == name) else {
            return Err(misshapen(&format!("\"{name}\" is not a permitted key.")));
        };
        if let Err(wanted) = kind.fits(value) {
            return Err(misshapen(&format!("For '{at}/{name}', {} is not {wanted}.", shown(value))));
        }
    }
    Ok(())
}

/// The repository that the call is about.
pub fn repo<'a>(state: &'a State, ask: &Ask) -> Result<&'a Repo, Box<Answer>> {
    state.repo(ask.repo).ok_or_else(not_found)
}

pub fn repo_mut<'a>(state: &'a mut State, ask: &Ask) -> Result<&'a mut Repo, Box<Answer>> {
    state.repo_mut(ask.repo).ok_or_else(not_found)
}

pub fn issue_mut<'a>(state: &'a mut State, ask: &Ask, number: u64) -> Result<&'a mut Issue, Box<Answer>> {
    repo_mut(state, ask)?.issue_mut(number).ok_or_else(not_found)
}

/// The number in the path.
pub fn number(ask: &Ask, name: &str) -> Result<u64, Box<Answer>> {
    ask.param(name).parse().map_err(|_| not_found())
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Body, refused};
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_refused_in_the_words_of_the_schema() {
        let known = [("title", Kind::Text), ("labels", Kind::List), ("body", Kind::Maybe)];
        let check = |body: Value| checked(body.as_object().unwrap(), &known, "properties").err().map(|a| a.body);
        let words = |text: &str| Some(refused(422, &format!("Invalid request.\n\n{text}")).body);
        assert_eq!(check(json!({"title": "a", "labels": [], "body": null})), None);
        assert_eq!(check(json!({"due": 1})), words("\"due\" is not a permitted key."));
        assert_eq!(check(json!({"labels": "x"})), words("For 'properties/labels', \"x\" is not an array."));
        assert!(matches!(check(json!({"title": null})), Some(Body::Json(_))));
    }
}
