//! The published schema as a table, read from the extract `schema.graphql` beside this file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::document::Kind;
use super::lexer::{Token, Wrong};
use super::parse::Parser;

static LINEAR: LazyLock<Schema> = LazyLock::new(|| parse(include_str!("schema.graphql")).unwrap_or_default());

/// An argument of a field, or a field of an input object.
#[derive(Debug)]
pub struct Input {
    pub kind: Kind,
    pub has_default: bool,
}

#[derive(Debug)]
pub struct Output {
    pub kind: Kind,
    pub arguments: BTreeMap<String, Input>,
}

#[derive(Debug)]
pub enum Type {
    Scalar,
    Enum(Vec<String>),
    Object(BTreeMap<String, Output>),
    Input(BTreeMap<String, Input>),
}

/// The types by name. Fields may have a type that is not here: the stand-in does not serve them.
#[derive(Debug, Default)]
pub struct Schema(BTreeMap<String, Type>);

impl Schema {
    pub fn linear() -> &'static Self {
        &LINEAR
    }

    pub fn get(&self, name: &str) -> Option<&Type> {
        self.0.get(name)
    }

    /// The field of an object; `__typename` is none.
    pub fn field(&self, object: &str, field: &str) -> Option<&Output> {
        match self.get(object)? {
            Type::Object(fields) => fields.get(field),
            Type::Scalar | Type::Enum(_) | Type::Input(_) => None,
        }
    }

    /// Whether the name is a type that variables and arguments can have.
    pub fn is_input(&self, name: &str) -> bool {
        self.get(name).is_some_and(|kind| !matches!(kind, Type::Object(_)))
    }

    /// Whether a field of this type has no selection.
    pub fn is_leaf(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Type::Scalar | Type::Enum(_)))
    }
}

fn parse(text: &str) -> Result<Schema, Wrong> {
    let mut parser = Parser::new(text)?;
    let built_in = ["Boolean", "Float", "ID", "Int", "String"];
    let mut types: BTreeMap<String, Type> = built_in.map(|name| (name.to_owned(), Type::Scalar)).into();
    while parser.peek() != Token::End {
        let what = parser.name()?;
        let name = parser.name()?;
        let kind = match what.as_str() {
            "scalar" => Type::Scalar,
            "enum" => Type::Enum(values(&mut parser)?),
            "input" => Type::Input(braced(&mut parser, input)?),
            "type" => {
                while matches!(parser.peek(), Token::Name(_) | Token::Mark('&')) {
                    parser.skip();
                }
                Type::Object(braced(&mut parser, output)?)
            }
            _ => return parser.wrong("Unexpected definition."),
        };
        types.insert(name, kind);
    }
    Ok(Schema(types))
}

fn values(parser: &mut Parser) -> Result<Vec<String>, Wrong> {
    parser.demand('{')?;
    let mut all = vec![];
    while !parser.takes('}') {
        all.push(parser.name()?);
        directives(parser)?;
    }
    Ok(all)
}

fn braced<T>(parser: &mut Parser, one: impl Fn(&mut Parser) -> Result<T, Wrong>) -> Result<BTreeMap<String, T>, Wrong> {
    parser.demand('{')?;
    let mut all = BTreeMap::new();
    while !parser.takes('}') {
        let name = parser.name()?;
        all.insert(name, one(parser)?);
        directives(parser)?;
    }
    Ok(all)
}

fn input(parser: &mut Parser) -> Result<Input, Wrong> {
    parser.demand(':')?;
    let kind = parser.kind()?;
    let has_default = parser.takes('=');
    if has_default {
        parser.literal()?;
    }
    Ok(Input { kind, has_default })
}

fn output(parser: &mut Parser) -> Result<Output, Wrong> {
    let mut arguments = BTreeMap::new();
    if parser.takes('(') {
        while !parser.takes(')') {
            let name = parser.name()?;
            arguments.insert(name, input(parser)?);
        }
    }
    parser.demand(':')?;
    Ok(Output { kind: parser.kind()?, arguments })
}

fn directives(parser: &mut Parser) -> Result<(), Wrong> {
    while parser.takes('@') {
        parser.name()?;
        if parser.takes('(') {
            while !parser.takes(')') {
                parser.skip();
                if parser.peek() == Token::End {
                    return parser.wrong("Unterminated directive.");
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extract_is_read() {
        assert!(parse(include_str!("schema.graphql")).is_ok());
        let schema = Schema::linear();
        assert_eq!(schema.field("Query", "issue").map(|f| f.kind.to_string()), Some("Issue!".into()));
        assert_eq!(schema.field("Query", "issue").map(|f| f.arguments["id"].kind.to_string()), Some("String!".into()));
        assert!(
            schema.is_input("IssueCreateInput") && schema.is_input("PaginationOrderBy") && !schema.is_input("Issue")
        );
        assert!(schema.is_leaf("TimelessDate") && !schema.is_leaf("Cycle"));
    }
}
