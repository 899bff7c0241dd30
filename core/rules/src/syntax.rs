//! The tree of an expression as it was written, each part with its place.

use crate::diagnostic::Span;

/// An expression and where it stands.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) span: Span,
    pub(crate) node: Node,
}

/// What it is.
#[derive(Debug)]
pub(crate) enum Node {
    Bool(bool),
    Int(i64),
    Text(String),
    Name(String),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `receiver.name(arguments)` or `name(arguments)`.
    Call {
        receiver: Option<Box<Expr>>,
        name: String,
        name_span: Span,
        arguments: Vec<Expr>,
    },
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Compare(Compare),
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    #[inline]
    pub(crate) fn holds<T: Ord + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Compare::Equal => a == b,
            Compare::NotEqual => a != b,
            Compare::Less => a < b,
            Compare::LessOrEqual => a <= b,
            Compare::Greater => a > b,
            Compare::GreaterOrEqual => a >= b,
        }
    }

    /// The comparison with its sides exchanged.
    pub(crate) fn turned(self) -> Compare {
        match self {
            Compare::Less => Compare::Greater,
            Compare::LessOrEqual => Compare::GreaterOrEqual,
            Compare::Greater => Compare::Less,
            Compare::GreaterOrEqual => Compare::LessOrEqual,
            same => same,
        }
    }
}
