//! The values that a document holds are checked against the types of their places.

use super::coerce;
use super::document::{Argument, Kind, Literal};
use super::lexer::Position;
use super::refusal::Refusal;
use super::schema::{Schema, Type};

/// A place where a variable stands.
pub struct Use {
    pub name: String,
    /// The type of the place.
    pub kind: Kind,
    pub has_default: bool,
    pub at: Position,
}

/// What the checks found.
#[derive(Default)]
pub struct Check {
    pub refusals: Vec<Refusal>,
    pub uses: Vec<Use>,
}

impl Check {
    fn wrong(&mut self, message: &str, at: Position) {
        self.refusals.push(Refusal::invalid(message, at));
    }
}

/// A literal in a place without a default.
pub fn check(found: &mut Check, kind: &Kind, literal: &Literal, at: Position) {
    if let Literal::Variable(name) = literal {
        let one = Use { name: name.clone(), kind: kind.clone(), has_default: false, at };
        return found.uses.push(one);
    }
    match (kind, literal) {
        (Kind::Must(_), Literal::Null) => {
            found.wrong(&format!("Expected value of type \"{kind}\", found null."), at);
        }
        (_, Literal::Null) => {}
        (Kind::Must(of), _) => check(found, of, literal, at),
        (Kind::List(of), Literal::List(list)) => list.iter().for_each(|one| check(found, of, one, at)),
        (Kind::List(of), _) => check(found, of, literal, at),
        (Kind::Named(name), _) => named(found, name, literal, at),
    }
}

fn named(found: &mut Check, name: &str, literal: &Literal, at: Position) {
    match (Schema::linear().get(name), literal) {
        (Some(Type::Input(_)), Literal::Object(fields)) => object(found, name, fields, at),
        (Some(Type::Input(_)), _) => {
            found.wrong(&format!("Expected value of type \"{name}\", found {literal}."), at);
        }
        (Some(Type::Enum(values)), Literal::Name(value)) => {
            if !values.contains(value) {
                found.wrong(&format!("Value \"{value}\" does not exist in \"{name}\" enum."), at);
            }
        }
        (Some(Type::Enum(_)), _) => {
            found.wrong(&format!("Enum \"{name}\" cannot represent non-enum value: {literal}."), at);
        }
        (Some(Type::Scalar), _) => {
            let is_other = match literal {
                Literal::Name(_) => true,
                Literal::Float(_) => name == "Int",
                Literal::Variable(_) | Literal::Int(_) | Literal::Text(_) | Literal::Bool(_) => false,
                Literal::Null | Literal::List(_) | Literal::Object(_) => false,
            };
            let value = coerce::json_of(literal, &serde_json::Map::new()).unwrap_or_default();
            match coerce::leaf(name, &value) {
                Ok(()) if !is_other => {}
                Ok(()) => found.wrong(&format!("{name} cannot represent value: {literal}"), at),
                Err(message) => found.wrong(&message, at),
            }
        }
        (Some(Type::Object(_)) | None, _) => {
            found.refusals.push(Refusal::not_served(&format!("the input type \"{name}\"")));
        }
    }
}

fn object(found: &mut Check, name: &str, given: &[Argument], at: Position) {
    let Some(Type::Input(fields)) = Schema::linear().get(name) else { return };
    for argument in given {
        let key = &argument.name;
        if given.iter().filter(|other| other.name == *key).count() > 1 {
            found.wrong(&format!("There can be only one input field named \"{key}\"."), argument.at);
        }
        match fields.get(key) {
            Some(field) => check(found, &field.kind, &argument.value, argument.at),
            None => found.wrong(&format!("Field \"{key}\" is not defined by type \"{name}\"."), argument.at),
        }
    }
    for (key, field) in fields {
        if field.kind.is_required() && !field.has_default && !given.iter().any(|one| one.name == *key) {
            let kind = &field.kind;
            found.wrong(&format!("Field \"{name}.{key}\" of required type \"{kind}\" was not provided."), at);
        }
    }
}
