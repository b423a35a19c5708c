//! The parser of documents and of types: <https://spec.graphql.org/October2021/#sec-Document>.

use super::document::{
    Argument, Document, Field, Fragment, Inline, Kind, Literal, Operation, Root, Selection, Spread, Variable,
};
use super::lexer::{Placed, Position, Token, Wrong, tokens};

/// Values and selections may be nested so deep; deeper ones are refused before they use up the stack.
const DEEPEST: usize = 40;

/// The parser of documents and of types.
pub struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
}

impl Parser {
    pub fn new(text: &str) -> Result<Self, Wrong> {
        Ok(Self { tokens: tokens(text)?, next: 0, depth: 0 })
    }

    fn placed(&self) -> Placed {
        let end = Placed { token: Token::End, at: Position::default() };
        self.tokens.get(self.next).or(self.tokens.last()).cloned().unwrap_or(end)
    }

    pub fn peek(&self) -> Token {
        self.placed().token
    }

    pub fn at(&self) -> Position {
        self.placed().at
    }

    pub fn skip(&mut self) {
        self.next += 1;
    }

    pub fn wrong<T>(&self, message: &str) -> Result<T, Wrong> {
        Err(Wrong { message: format!("Syntax Error: {message}"), at: self.at() })
    }

    /// Takes the mark if it comes next.
    pub fn takes(&mut self, mark: char) -> bool {
        let is_next = self.peek() == Token::Mark(mark);
        if is_next {
            self.skip();
        }
        is_next
    }

    pub fn demand(&mut self, mark: char) -> Result<(), Wrong> {
        if self.takes(mark) {
            return Ok(());
        }
        self.wrong(&format!("Expected \"{mark}\", found {}.", self.peek().shown()))
    }

    pub fn name(&mut self) -> Result<String, Wrong> {
        let Token::Name(name) = self.peek() else {
            return self.wrong(&format!("Expected Name, found {}.", self.peek().shown()));
        };
        self.skip();
        Ok(name)
    }

    pub fn kind(&mut self) -> Result<Kind, Wrong> {
        self.nested(|this| {
            let kind = if this.takes('[') {
                let of = this.kind()?;
                this.demand(']')?;
                Kind::List(Box::new(of))
            } else {
                Kind::Named(this.name()?)
            };
            Ok(if this.takes('!') { Kind::Must(Box::new(kind)) } else { kind })
        })
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Wrong>) -> Result<T, Wrong> {
        if self.depth >= DEEPEST {
            return self.wrong("Document contains too many levels.");
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    pub fn literal(&mut self) -> Result<Literal, Wrong> {
        self.nested(|this| {
            let token = this.peek();
            let shown = token.shown();
            this.skip();
            Ok(match token {
                Token::Int(number) => Literal::Int(number),
                Token::Float(number) => Literal::Float(number),
                Token::Text(text) => Literal::Text(text),
                Token::Name(name) => match name.as_str() {
                    "true" => Literal::Bool(true),
                    "false" => Literal::Bool(false),
                    "null" => Literal::Null,
                    _ => Literal::Name(name),
                },
                Token::Mark('$') => Literal::Variable(this.name()?),
                Token::Mark('[') => {
                    let mut list = vec![];
                    while !this.takes(']') {
                        list.push(this.literal()?);
                    }
                    Literal::List(list)
                }
                Token::Mark('{') => {
                    let mut fields = vec![];
                    while !this.takes('}') {
                        fields.push(this.argument()?);
                    }
                    Literal::Object(fields)
                }
                Token::Mark(_) | Token::Spread | Token::End => {
                    this.next -= 1;
                    return this.wrong(&format!("Unexpected {shown}."));
                }
            })
        })
    }

    fn argument(&mut self) -> Result<Argument, Wrong> {
        let at = self.at();
        let name = self.name()?;
        self.demand(':')?;
        Ok(Argument { name, value: self.literal()?, at })
    }

    fn selections(&mut self) -> Result<Vec<Selection>, Wrong> {
        self.nested(|this| {
            this.demand('{')?;
            let mut all = vec![this.selection()?];
            while !this.takes('}') {
                all.push(this.selection()?);
            }
            Ok(all)
        })
    }

    fn selection(&mut self) -> Result<Selection, Wrong> {
        let at = self.at();
        if self.peek() == Token::Spread {
            self.skip();
            return match self.peek() {
                Token::Name(name) if name != "on" => {
                    self.skip();
                    Ok(Selection::Spread(Spread { name, at }))
                }
                Token::Name(_) => {
                    self.skip();
                    let on = Some(self.name()?);
                    Ok(Selection::Inline(Inline { on, selections: self.selections()? }))
                }
                Token::Int(_) | Token::Float(_) | Token::Text(_) | Token::Mark(_) | Token::Spread | Token::End => {
                    Ok(Selection::Inline(Inline { on: None, selections: self.selections()? }))
                }
            };
        }
        let first = self.name()?;
        let (alias, name) = if self.takes(':') { (Some(first), self.name()?) } else { (None, first) };
        let mut arguments = vec![];
        if self.takes('(') {
            arguments.push(self.argument()?);
            while !self.takes(')') {
                arguments.push(self.argument()?);
            }
        }
        let selections = if self.peek() == Token::Mark('{') { self.selections()? } else { vec![] };
        Ok(Selection::Field(Field { alias, name, arguments, selections, at }))
    }

    fn variables(&mut self) -> Result<Vec<Variable>, Wrong> {
        let mut all = vec![];
        if !self.takes('(') {
            return Ok(all);
        }
        loop {
            let at = self.at();
            self.demand('$')?;
            let name = self.name()?;
            self.demand(':')?;
            let kind = self.kind()?;
            let default = if self.takes('=') { Some(self.literal()?) } else { None };
            all.push(Variable { name, kind, default, at });
            if self.takes(')') {
                return Ok(all);
            }
        }
    }

    fn definition(&mut self, document: &mut Document) -> Result<(), Wrong> {
        let at = self.at();
        if self.peek() == Token::Mark('{') {
            let selections = self.selections()?;
            document.operations.push(Operation { root: Root::Query, name: None, variables: vec![], selections, at });
            return Ok(());
        }
        let word = self.peek();
        let Token::Name(ref keyword) = word else { return self.wrong(&format!("Unexpected {}.", word.shown())) };
        self.skip();
        if keyword == "fragment" {
            let name = self.name()?;
            if self.name()? != "on" {
                return self.wrong("Expected \"on\".");
            }
            let on = self.name()?;
            document.fragments.push(Fragment { name, on, selections: self.selections()?, at });
            return Ok(());
        }
        let root = match keyword.as_str() {
            "query" => Root::Query,
            "mutation" => Root::Mutation,
            _ => {
                self.next -= 1;
                return self.wrong(&format!("Unexpected {}.", word.shown()));
            }
        };
        let name = if matches!(self.peek(), Token::Name(_)) { Some(self.name()?) } else { None };
        let variables = self.variables()?;
        let selections = self.selections()?;
        document.operations.push(Operation { root, name, variables, selections, at });
        Ok(())
    }
}

/// Directives and subscriptions are no part of what the stand-in reads: they count as syntax errors.
pub fn parse(text: &str) -> Result<Document, Wrong> {
    let mut parser = Parser::new(text)?;
    let mut document = Document::default();
    parser.definition(&mut document)?;
    while parser.peek() != Token::End {
        parser.definition(&mut document)?;
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_fields_aliases_and_fragments_are_read() {
        let text = "query Q($a: [String!]! = [\"x\"], $n: Int) { t: team(id: $a) { ...F ... on Team { id } } } fragment F on Team { key }";
        let document = parse(text).unwrap();
        let operation = &document.operations[0];
        assert_eq!(operation.name.as_deref(), Some("Q"));
        assert_eq!(operation.variables[0].kind.to_string(), "[String!]!");
        assert_eq!(operation.variables[0].kind.name(), "String");
        let Selection::Field(team) = &operation.selections[0] else { panic!() };
        assert_eq!((team.key(), team.name.as_str(), team.selections.len()), ("t", "team", 2));
        assert_eq!(document.fragment("F").map(|f| f.on.as_str()), Some("Team"));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for bad in [
            "",
            "{",
            "{}",
            "{ a( }",
            "{ a() }",
            "query Q( { a }",
            "nope { a }",
            "{ a @skip(if: true) }",
            "subscription { a }",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&format!("{}a{}", "{a".repeat(60), "}".repeat(60))).is_err());
        assert_eq!(parse("{ a( }").err().map(|w| w.message), Some("Syntax Error: Expected Name, found \"}\".".into()));
    }
}
