//! Linear's published GraphQL schema: whether documents, their variables and the answers fit it.
//!
//! It is read here once more, so that a mistake of the stand-in's own reader shows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lookback::trackers::linear::queries;
use lookback_sim::trackers::Call;
use serde_json::{Map, Value};

static LINEAR: LazyLock<Schema> =
    LazyLock::new(|| Schema::read(include_str!("../../crates/sim/src/trackers/linear/schema.graphql")));
static HOOKS: LazyLock<Schema> =
    LazyLock::new(|| Schema::read(include_str!("../data/trackers/linear.webhooks.graphql")));

/// A type as it is written, such as `[ID!]!`.
type Type = String;

#[derive(Debug, Default)]
struct Field {
    kind: Type,
    arguments: BTreeMap<String, Type>,
}

#[derive(Debug, Default)]
struct Schema {
    /// Objects and inputs.
    types: BTreeMap<String, BTreeMap<String, Field>>,
    enums: BTreeMap<String, Vec<String>>,
}

/// What a document asks of a type.
#[derive(Debug, Default)]
struct Selection {
    name: String,
    arguments: BTreeMap<String, Given>,
    of: Vec<Selection>,
}

#[derive(Debug)]
enum Given {
    Variable(String),
    Object(BTreeMap<String, Given>),
    Literal(Value),
}

#[derive(Debug, Default)]
struct Document {
    root: String,
    variables: BTreeMap<String, Type>,
    selections: Vec<Selection>,
}

/// The words and signs of a text.
struct Words<'a>(std::iter::Peekable<std::vec::IntoIter<&'a str>>);

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        let mut words = Vec::new();
        for line in text.lines().map(|line| line.split(" @deprecated").next().unwrap()).filter(|l| !l.starts_with('#'))
        {
            let mut rest = line.trim_start();
            while let Some(first) = rest.chars().next() {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = if first == '"' {
                    rest[1..].find('"').unwrap() + 2
                } else if is_word(first) {
                    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
                } else {
                    1
                };
                words.push(&rest[..end]);
                rest = rest[end..].trim_start_matches([' ', ',']);
            }
        }
        Self(words.into_iter().peekable())
    }

    fn next(&mut self) -> &'a str {
        self.0.next().unwrap()
    }

    fn is(&mut self, word: &str) -> bool {
        self.0.next_if(|next| *next == word).is_some()
    }

    fn kind(&mut self) -> Type {
        let mut kind = String::new();
        if self.is("[") {
            kind = format!("[{}]", self.kind());
            assert!(self.is("]"));
        } else {
            kind.push_str(self.next());
        }
        if self.is("!") {
            kind.push('!');
        }
        kind
    }

    /// `(name: Type, …)`
    fn parameters(&mut self) -> BTreeMap<String, Type> {
        let mut all = BTreeMap::new();
        if self.is("(") {
            while !self.is(")") {
                self.is("$");
                let name = self.next().to_owned();
                assert!(self.is(":"));
                let mut kind = self.kind();
                if self.is("=") {
                    self.next();
                    // What has a default may be left out.
                    kind = kind.trim_end_matches('!').to_owned();
                }
                all.insert(name, kind);
            }
        }
        all
    }

    fn given(&mut self) -> Given {
        if self.is("$") {
            return Given::Variable(self.next().to_owned());
        }
        if self.is("{") {
            return Given::Object(self.arguments("}"));
        }
        let word = self.next();
        Given::Literal(serde_json::from_str(word).unwrap_or_else(|_| Value::String(word.to_owned())))
    }

    fn arguments(&mut self, end: &str) -> BTreeMap<String, Given> {
        let mut all = BTreeMap::new();
        while !self.is(end) {
            let name = self.next().to_owned();
            assert!(self.is(":"));
            all.insert(name, self.given());
        }
        all
    }

    fn selections(&mut self) -> Vec<Selection> {
        let mut all = Vec::new();
        if self.is("{") {
            while !self.is("}") {
                let name = self.next().to_owned();
                let arguments = if self.is("(") { self.arguments(")") } else { BTreeMap::new() };
                all.push(Selection { name, arguments, of: self.selections() });
            }
        }
        all
    }
}

impl Document {
    fn read(text: &str) -> Self {
        let mut words = Words::new(text);
        let root = if words.next() == "mutation" { "Mutation" } else { "Query" };
        words.next();
        let variables = words.parameters();
        Self { root: root.to_owned(), variables, selections: words.selections() }
    }
}

fn inner(kind: &str) -> Option<&str> {
    kind.strip_prefix('[')?.strip_suffix(']')
}

fn bare(kind: &str) -> &str {
    kind.trim_matches(['[', ']', '!'])
}

impl Schema {
    fn read(text: &str) -> Self {
        let mut schema = Self::default();
        let mut words = Words::new(text);
        while words.0.peek().is_some() {
            let what = words.next();
            let name = words.next().to_owned();
            while what != "scalar" && !words.is("{") {
                words.next();
            }
            match what {
                "scalar" => {}
                "enum" => {
                    let values = std::iter::from_fn(|| Some(words.next()).filter(|word| *word != "}"));
                    schema.enums.insert(name, values.map(str::to_owned).collect());
                }
                _ => {
                    let mut fields = BTreeMap::new();
                    while !words.is("}") {
                        let field = words.next().to_owned();
                        let arguments = words.parameters();
                        assert!(words.is(":"), "{name}.{field}");
                        let mut kind = words.kind();
                        if words.is("=") {
                            words.next();
                            kind = kind.trim_end_matches('!').to_owned();
                        }
                        fields.insert(field, Field { kind, arguments });
                    }
                    schema.types.insert(name, fields);
                }
            }
        }
        schema
    }

    /// Why what a document selects of a type does not fit.
    fn selections(&self, of: &str, selections: &[Selection], document: &Document) -> Vec<String> {
        let mut faults = Vec::new();
        let Some(fields) = self.types.get(of) else {
            return if selections.is_empty() { faults } else { vec![format!("{of} has no fields")] };
        };
        if selections.is_empty() {
            faults.push(format!("nothing is selected of {of}"));
        }
        for selection in selections {
            let Some(field) = fields.get(&selection.name) else {
                faults.push(format!("there is no {of}.{}", selection.name));
                continue;
            };
            faults.extend(self.arguments(&field.arguments, &selection.arguments, document));
            faults.extend(self.selections(bare(&field.kind), &selection.of, document));
        }
        faults
    }

    fn arguments(
        &self,
        known: &BTreeMap<String, Type>,
        given: &BTreeMap<String, Given>,
        document: &Document,
    ) -> Vec<String> {
        let missing = known.iter().filter(|(name, kind)| kind.ends_with('!') && !given.contains_key(*name));
        let mut faults: Vec<String> = missing.map(|(name, _)| format!("{name} is missing")).collect();
        for (name, given) in given {
            match known.get(name) {
                Some(kind) => faults.extend(self.argument(kind, given, document)),
                None => faults.push(format!("there is no {name}")),
            }
        }
        faults
    }

    fn argument(&self, kind: &str, given: &Given, document: &Document) -> Vec<String> {
        match given {
            Given::Literal(value) => self.value(kind, value),
            Given::Variable(name) => {
                let has = document.variables.get(name).map(String::as_str).unwrap_or_default();
                let fits = has == kind || has.trim_end_matches('!') == kind;
                if fits { Vec::new() } else { vec![format!("${name} is {has} and not {kind}")] }
            }
            Given::Object(parts) => {
                let Some(fields) = self.types.get(bare(kind)) else { return vec![format!("{kind} has no fields")] };
                let known = fields.iter().map(|(name, field)| (name.clone(), field.kind.clone())).collect();
                self.arguments(&known, parts, document)
            }
        }
    }

    /// Why a value, which is given or answered, is none of this type.
    fn value(&self, kind: &str, value: &Value) -> Vec<String> {
        let wrong = || vec![format!("{value} is no {kind}")];
        let Some(kind) = kind.strip_suffix('!') else {
            return if value.is_null() { Vec::new() } else { self.value(&format!("{kind}!"), value) };
        };
        if let Some(kind) = inner(kind) {
            let Some(all) = value.as_array() else { return wrong() };
            return all.iter().flat_map(|one| self.value(kind, one)).collect();
        }
        if let Some(values) = self.enums.get(kind) {
            let is_one = value.as_str().is_some_and(|value| values.iter().any(|one| one == value));
            return if is_one { Vec::new() } else { wrong() };
        }
        if let Some(fields) = self.types.get(kind) {
            let Some(map) = value.as_object() else { return wrong() };
            return self.object(fields, map);
        }
        let fits = match kind {
            "String" | "ID" | "DateTime" | "TimelessDate" | "UUID" => value.is_string(),
            "Int" => value.is_i64(),
            "Float" => value.is_number(),
            "Boolean" => value.is_boolean(),
            _ => !value.is_null(),
        };
        if fits { Vec::new() } else { wrong() }
    }

    /// A whole object: nothing that the type does not have, and all that it must have.
    fn object(&self, fields: &BTreeMap<String, Field>, map: &Map<String, Value>) -> Vec<String> {
        let unknown = map.keys().filter(|name| !fields.contains_key(*name)).map(|name| format!("there is no {name}"));
        let of_field =
            |(name, field): (&String, &Field)| self.value(&field.kind, map.get(name).unwrap_or(&Value::Null));
        unknown.chain(fields.iter().flat_map(of_field)).collect()
    }

    /// Why an answer is not what was selected.
    fn answer(&self, kind: &str, value: &Value, selections: &[Selection]) -> Vec<String> {
        if selections.is_empty() {
            return self.value(kind, value);
        }
        let Some(kind) = kind.strip_suffix('!') else {
            return if value.is_null() { Vec::new() } else { self.answer(&format!("{kind}!"), value, selections) };
        };
        if let (Some(kind), Some(all)) = (inner(kind), value.as_array()) {
            return all.iter().flat_map(|one| self.answer(kind, one, selections)).collect();
        }
        let (Some(map), Some(fields)) = (value.as_object(), self.types.get(kind)) else {
            return vec![format!("{value} is no {kind}")];
        };
        let mut faults = Vec::new();
        for selection in selections {
            let Some(field) = fields.get(&selection.name) else { continue };
            match map.get(&selection.name) {
                Some(value) => faults.extend(self.answer(&field.kind, value, &selection.of)),
                None => faults.push(format!("{} is missing", selection.name)),
            }
        }
        if map.len() != selections.len() {
            faults.push(format!("more was answered than selected of {kind}"));
        }
        faults
    }
}

/// Why a document does not fit Linear's schema.
pub fn document(text: &str) -> Vec<String> {
    let document = Document::read(text);
    LINEAR.selections(&document.root, &document.selections, &document)
}

/// Why a call to Linear or its answer is not as published.
pub fn linear(call: &Call) -> Vec<String> {
    let Some(text) = call.body["query"].as_str() else { return vec!["there is no document".to_owned()] };
    let mut faults = Vec::new();
    if !queries::ALL.contains(&text) {
        faults.push("the document is not in the list".to_owned());
    }
    let document = Document::read(text);
    faults.extend(LINEAR.selections(&document.root, &document.selections, &document));
    let variables = call.body["variables"].as_object().cloned().unwrap_or_default();
    faults.extend(
        variables
            .keys()
            .filter(|name| !document.variables.contains_key(*name))
            .map(|name| format!("${name} is too much")),
    );
    // What the stand-in refuses is checked by its refusal.
    let is_refused = call.answer.get("errors").is_some();
    if !is_refused {
        let of = |(name, kind): (&String, &Type)| LINEAR.value(kind, variables.get(name).unwrap_or(&Value::Null));
        faults.extend(document.variables.iter().flat_map(of));
    }
    if call.status == 0 || call.answer.is_null() {
        return faults;
    }
    if is_refused {
        let errors = call.answer["errors"].as_array().into_iter().flatten();
        let is_told = |error: &&Value| error["message"].is_string() && error.pointer("/extensions/code").is_some();
        faults.extend(errors.filter(|error| !is_told(error)).map(|error| format!("{error} says no code")));
    } else {
        faults.extend(LINEAR.answer(&format!("{}!", document.root), &call.answer["data"], &document.selections));
    }
    faults
}

/// Why a delivery of Linear is not as published.
pub fn linear_hook(body: &Value) -> Vec<String> {
    let of = |name: &str, value: &Value| HOOKS.value(&format!("{name}WebhookPayload!"), value);
    [of("Entity", body), of("Issue", &body["data"]), of("UserActor", &body["actor"])].concat()
}

#[test]
fn the_reader_of_the_schema_finds_what_is_wrong() {
    for good in queries::ALL {
        assert_eq!(document(good), Vec::<String>::new(), "{good}");
    }
    for wrong in [
        "query A { viewer { id nme } }",
        "query A { viewer }",
        "query A { viewer { id { x } } }",
        "query A { issue { id } }",
        "query A($id: ID!) { issue(id: $id) { id } }",
        "query A($id: String) { issue(id: $id) { id } }",
        "query A($id: String!) { issue(id: $id, x: 1) { id } }",
        "query A { issues(first: \"1\") { nodes { id } } }",
        "query A { issues(filter: { idd: { eq: 1 } }) { nodes { id } } }",
        "mutation A { issueCreate { success } }",
    ] {
        assert_ne!(document(wrong), Vec::<String>::new(), "{wrong}");
    }
}
