//! A GraphQL document as a tree: <https://spec.graphql.org/October2021/#sec-Document>.

use std::fmt;

use super::lexer::Position;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Named(String),
    List(Box<Kind>),
    Must(Box<Kind>),
}

impl Kind {
    /// The name in the middle of it.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(of) | Self::Must(of) => of.name(),
        }
    }

    pub fn is_required(&self) -> bool {
        matches!(self, Self::Must(_))
    }

    /// The same without its `!`.
    pub fn optional(&self) -> &Self {
        match self {
            Self::Must(of) => of,
            Self::Named(_) | Self::List(_) => self,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::List(of) => write!(f, "[{of}]"),
            Self::Must(of) => write!(f, "{of}!"),
        }
    }
}

pub enum Literal {
    Variable(String),
    Int(i64),
    Float(f64),
    Text(String),
    Bool(bool),
    Null,
    Name(String),
    List(Vec<Literal>),
    Object(Vec<Argument>),
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
            Self::Name(name) => f.write_str(name),
            Self::List(list) => {
                let all: Vec<String> = list.iter().map(Self::to_string).collect();
                write!(f, "[{}]", all.join(", "))
            }
            Self::Object(fields) => {
                let all: Vec<String> = fields.iter().map(|field| format!("{}: {}", field.name, field.value)).collect();
                write!(f, "{{{}}}", all.join(", "))
            }
        }
    }
}

/// An argument of a field, or a field of an input object.
pub struct Argument {
    pub name: String,
    pub value: Literal,
    pub at: Position,
}

pub struct Field {
    pub alias: Option<String>,
    pub name: String,
    pub arguments: Vec<Argument>,
    pub selections: Vec<Selection>,
    pub at: Position,
}

impl Field {
    /// The answer has the field under this name.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

pub enum Selection {
    Field(Field),
    Spread(Spread),
    Inline(Inline),
}

/// `...Name`
pub struct Spread {
    pub name: String,
    pub at: Position,
}

/// `... on Type { }`
pub struct Inline {
    pub on: Option<String>,
    pub selections: Vec<Selection>,
}

pub struct Fragment {
    pub name: String,
    pub on: String,
    pub selections: Vec<Selection>,
    pub at: Position,
}

pub struct Variable {
    pub name: String,
    pub kind: Kind,
    pub default: Option<Literal>,
    pub at: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Query,
    Mutation,
}

pub struct Operation {
    pub root: Root,
    pub name: Option<String>,
    pub variables: Vec<Variable>,
    pub selections: Vec<Selection>,
    pub at: Position,
}

#[derive(Default)]
pub struct Document {
    pub operations: Vec<Operation>,
    pub fragments: Vec<Fragment>,
}

impl Document {
    pub fn fragment(&self, name: &str) -> Option<&Fragment> {
        self.fragments.iter().find(|fragment| fragment.name == name)
    }
}
