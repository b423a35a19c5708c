//! A document is checked against the schema before it runs: <https://spec.graphql.org/October2021/#sec-Validation>.

use super::document::{Argument, Document, Field, Kind, Literal, Operation, Root, Selection};
use super::lexer::Position;
use super::literals::{Check, Use, check};
use super::refusal::Refusal;
use super::schema::Schema;

/// All that is wrong with a document.
pub fn refusals(document: &Document) -> Vec<Refusal> {
    let mut walk = Walk { document, check: Check::default(), spread: vec![] };
    for operation in &document.operations {
        if operation.name.is_none() && document.operations.len() > 1 {
            walk.wrong("This anonymous operation must be the only defined operation.", operation.at);
        }
        walk.operation(operation);
    }
    for fragment in &document.fragments {
        if !walk.spread.contains(&fragment.name.as_str()) {
            walk.wrong(&format!("Fragment \"{}\" is never used.", fragment.name), fragment.at);
        }
    }
    walk.check.refusals
}

struct Walk<'a> {
    document: &'a Document,
    check: Check,
    /// The names of all fragments that were spread.
    spread: Vec<&'a str>,
}

/// What a selection holds so far, and the fragments that lead to it.
#[derive(Default)]
struct Level<'a> {
    fields: Vec<&'a Field>,
    within: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn wrong(&mut self, message: &str, at: Position) {
        self.check.refusals.push(Refusal::invalid(message, at));
    }

    fn operation(&mut self, operation: &'a Operation) {
        let root = match operation.root {
            Root::Query => "Query",
            Root::Mutation => "Mutation",
        };
        self.check.uses.clear();
        self.selections(root, &operation.selections, &mut Level::default());
        self.declarations(operation);
        self.uses(operation);
    }

    /// The variables as the operation declares them.
    fn declarations(&mut self, operation: &'a Operation) {
        let of = operation.name.as_ref().map(|name| format!(" in operation \"{name}\"")).unwrap_or_default();
        let mut seen: Vec<&str> = vec![];
        for variable in &operation.variables {
            let name = variable.name.as_str();
            if seen.contains(&name) {
                self.wrong(&format!("There can be only one variable named \"${name}\"."), variable.at);
            }
            seen.push(name);
            let kind = variable.kind.name();
            if Schema::linear().get(kind).is_none() {
                self.wrong(&format!("Unknown type \"{kind}\"."), variable.at);
            } else if !Schema::linear().is_input(kind) {
                let message = format!("Variable \"${name}\" cannot be non-input type \"{}\".", variable.kind);
                self.wrong(&message, variable.at);
            }
            if let Some(default) = &variable.default {
                check(&mut self.check, &variable.kind, default, variable.at);
            }
            if !self.check.uses.iter().any(|one| one.name == name) {
                self.wrong(&format!("Variable \"${name}\" is never used{of}."), variable.at);
            }
        }
    }

    /// The variables as the operation uses them.
    fn uses(&mut self, operation: &'a Operation) {
        let by = operation.name.as_ref().map(|name| format!(" by operation \"{name}\"")).unwrap_or_default();
        for one in std::mem::take(&mut self.check.uses) {
            let name = &one.name;
            match operation.variables.iter().find(|variable| variable.name == *name) {
                None => self.wrong(&format!("Variable \"${name}\" is not defined{by}."), one.at),
                Some(variable) => {
                    let has_default = matches!(&variable.default, Some(value) if !matches!(value, Literal::Null));
                    if !fits(&variable.kind, &one, has_default) {
                        let (kind, place) = (&variable.kind, &one.kind);
                        let message = format!(
                            "Variable \"${name}\" of type \"{kind}\" used in position expecting type \"{place}\"."
                        );
                        self.wrong(&message, one.at);
                    }
                }
            }
        }
    }

    fn selections(&mut self, of: &str, selections: &'a [Selection], level: &mut Level<'a>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.conflicts(field, level);
                    level.fields.push(field);
                    self.field(of, field, &level.within);
                }
                Selection::Inline(inline) => {
                    if let Some(on) = inline.on.as_deref().filter(|on| *on != of) {
                        self.misplaced("", on, of, Position::default());
                    }
                    self.selections(of, &inline.selections, level);
                }
                Selection::Spread(spread) => {
                    let Some(fragment) = self.document.fragment(&spread.name) else {
                        self.wrong(&format!("Unknown fragment \"{}\".", spread.name), spread.at);
                        continue;
                    };
                    self.spread.push(&fragment.name);
                    if level.within.contains(&fragment.name.as_str()) {
                        self.wrong(&format!("Cannot spread fragment \"{}\" within itself.", spread.name), spread.at);
                    } else if fragment.on == of {
                        level.within.push(&fragment.name);
                        self.selections(of, &fragment.selections, level);
                        level.within.pop();
                    } else {
                        self.misplaced(&format!("\"{}\" ", fragment.name), &fragment.on, of, spread.at);
                    }
                }
            }
        }
    }

    fn misplaced(&mut self, fragment: &str, on: &str, of: &str, at: Position) {
        if Schema::linear().get(on).is_none() {
            return self.wrong(&format!("Unknown type \"{on}\"."), at);
        }
        let message = format!(
            "Fragment {fragment}cannot be spread here as objects of type \"{of}\" can never be of type \"{on}\"."
        );
        self.wrong(&message, at);
    }

    /// Two fields with one name in the answer must be the same. The stand-in does not merge selections.
    fn conflicts(&mut self, field: &'a Field, level: &Level<'a>) {
        let Some(other) = level.fields.iter().find(|other| other.key() == field.key()) else { return };
        let written = |of: &Field| of.arguments.iter().map(|a| format!("{}: {}", a.name, a.value)).collect::<Vec<_>>();
        let key = field.key();
        if other.name != field.name {
            let message = format!(
                "Fields \"{key}\" conflict because \"{}\" and \"{}\" are different fields. \
                 Use different aliases on the fields to fetch both if this was intentional.",
                other.name, field.name
            );
            self.wrong(&message, field.at);
        } else if written(other) != written(field) {
            let message = format!(
                "Fields \"{key}\" conflict because they have differing arguments. \
                 Use different aliases on the fields to fetch both if this was intentional."
            );
            self.wrong(&message, field.at);
        } else if !field.selections.is_empty() {
            self.check.refusals.push(Refusal::not_served(&format!("\"{key}\" twice in one selection")));
        }
    }

    fn field(&mut self, of: &str, field: &'a Field, within: &[&'a str]) {
        let name = &field.name;
        if name == "__typename" {
            return;
        }
        if name.starts_with("__") {
            return self.check.refusals.push(Refusal::not_served("introspection"));
        }
        let Some(known) = Schema::linear().field(of, name) else {
            return self.wrong(&format!("Cannot query field \"{name}\" on type \"{of}\"."), field.at);
        };
        self.arguments(of, field);
        let kind = known.kind.name();
        if Schema::linear().get(kind).is_none() {
            self.check.refusals.push(Refusal::not_served(&format!("the field \"{of}.{name}\"")));
        } else if Schema::linear().is_leaf(kind) {
            if !field.selections.is_empty() {
                let message = format!(
                    "Field \"{name}\" must not have a selection since type \"{}\" has no subfields.",
                    known.kind
                );
                self.wrong(&message, field.at);
            }
        } else if field.selections.is_empty() {
            let message = format!(
                "Field \"{name}\" of type \"{}\" must have a selection of subfields. \
                 Did you mean \"{name} {{ ... }}\"?",
                known.kind
            );
            self.wrong(&message, field.at);
        } else {
            let mut level = Level { fields: vec![], within: within.to_vec() };
            self.selections(kind, &field.selections, &mut level);
        }
    }

    fn arguments(&mut self, of: &str, field: &'a Field) {
        let Some(known) = Schema::linear().field(of, &field.name) else { return };
        let mut seen: Vec<&str> = vec![];
        for Argument { name, value, at } in &field.arguments {
            if seen.contains(&name.as_str()) {
                self.wrong(&format!("There can be only one argument named \"{name}\"."), *at);
            }
            seen.push(name);
            match known.arguments.get(name) {
                None => self.wrong(&format!("Unknown argument \"{name}\" on field \"{of}.{}\".", field.name), *at),
                Some(input) => check(&mut self.check, &input.kind, value, *at),
            }
        }
        for (name, input) in &known.arguments {
            if input.kind.is_required() && !input.has_default && !seen.contains(&name.as_str()) {
                let message = format!(
                    "Field \"{}\" argument \"{name}\" of type \"{}\" is required, but it was not provided.",
                    field.name, input.kind
                );
                self.wrong(&message, field.at);
            }
        }
    }
}

/// <https://spec.graphql.org/October2021/#IsVariableUsageAllowed()>
fn fits(variable: &Kind, place: &Use, has_default: bool) -> bool {
    if place.kind.is_required() && !variable.is_required() {
        return (has_default || place.has_default) && is_within(variable, place.kind.optional());
    }
    is_within(variable, &place.kind)
}

fn is_within(variable: &Kind, place: &Kind) -> bool {
    match (place, variable) {
        (Kind::Must(place), Kind::Must(variable)) => is_within(variable, place),
        (Kind::Must(_), Kind::Named(_) | Kind::List(_)) => false,
        (_, Kind::Must(variable)) => is_within(variable, place),
        (Kind::List(place), Kind::List(variable)) => is_within(variable, place),
        (Kind::Named(place), Kind::Named(variable)) => place == variable,
        (Kind::List(_), Kind::Named(_)) | (Kind::Named(_), Kind::List(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn wrongs(query: &str) -> Vec<String> {
        let all = refusals(&parse(query).unwrap());
        all.iter().map(|r| r.shown()["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn what_fits_passes() {
        for query in [
            "{ viewer { id __typename } }",
            "query($id: String!) { issue(id: $id) { ...F team { states(first: 50) { nodes { id type } } } } } fragment F on Issue { id ... on Issue { url } }",
            "query($ids: [ID!], $n: Int = 50) { issues(filter: {id: {in: $ids}}, first: $n, orderBy: updatedAt) { nodes { id } } }",
            "query($e: String) { users(filter: {email: {eqIgnoreCase: $e}}) { nodes { id } } }",
            "mutation($i: IssueCreateInput!) { issueCreate(input: $i) { success issue { id } } }",
            "{ a: viewer { id } b: viewer { id id } }",
        ] {
            assert_eq!(wrongs(query), Vec::<String>::new(), "{query}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (query, words) in [
            ("{ viewer { nope } }", "Cannot query field \"nope\" on type \"User\"."),
            ("{ viewer }", "must have a selection"),
            ("{ viewer { id { x } } }", "must not have a selection since type \"ID!\""),
            ("{ issue { id } }", "argument \"id\" of type \"String!\" is required"),
            ("{ issue(id: 3) { id } }", "String cannot represent a non string value: 3"),
            ("{ issue(id: \"a\", key: \"b\") { id } }", "Unknown argument \"key\" on field \"Query.issue\"."),
            (
                "query($id: ID!) { issue(id: $id) { id } }",
                "of type \"ID!\" used in position expecting type \"String!\".",
            ),
            (
                "query($id: String) { issue(id: $id) { id } }",
                "of type \"String\" used in position expecting type \"String!\".",
            ),
            ("query($ids: [ID]) { issues(filter: {id: {in: $ids}}) { nodes { id } } }", "expecting type \"[ID!]\"."),
            ("query Q { issue(id: $id) { id } }", "Variable \"$id\" is not defined by operation \"Q\"."),
            ("query Q($id: String!) { viewer { id } }", "Variable \"$id\" is never used in operation \"Q\"."),
            ("query($x: Nope) { viewer { id } }", "Unknown type \"Nope\"."),
            ("query($x: Issue) { viewer { id } }", "cannot be non-input type \"Issue\""),
            (
                "{ issues(filter: {nope: 1}) { nodes { id } } }",
                "Field \"nope\" is not defined by type \"IssueFilter\".",
            ),
            (
                "{ issues(orderBy: \"updatedAt\") { nodes { id } } }",
                "Enum \"PaginationOrderBy\" cannot represent non-enum value",
            ),
            ("{ issues(orderBy: title) { nodes { id } } }", "does not exist in \"PaginationOrderBy\" enum"),
            (
                "mutation { issueCreate(input: {title: \"x\"}) { success } }",
                "Field \"IssueCreateInput.teamId\" of required type \"String!\" was not provided.",
            ),
            (
                "mutation { issueCreate(input: {teamId: \"x\", dueDate: \"soon\"}) { success } }",
                "TimelessDate cannot represent value",
            ),
            ("{ viewer { ...F } }", "Unknown fragment \"F\"."),
            ("{ viewer { id } } fragment F on User { id }", "Fragment \"F\" is never used."),
            ("{ viewer { ...F } } fragment F on Team { id }", "can never be of type \"Team\""),
            ("{ viewer { ...F } } fragment F on User { ...F }", "within itself"),
            ("{ viewer { a: id a: name } }", "conflict because"),
            ("query A { viewer { id } } { viewer { id } }", "anonymous"),
        ] {
            let found = wrongs(query);
            assert!(found.iter().any(|w| w.contains(words)), "{query}: {found:?}");
        }
        assert!(wrongs("{ issue(id: \"a\") { cycle { id } } }")[0].contains("does not serve"));
    }
}
