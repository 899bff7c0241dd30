//! From the tree to what runs: names and types are checked, constants are computed, and whatever can be seen
//! to go wrong is said here, with its place, and not when a payment is waiting.

mod calls;

use crate::compile::{Scalar, Truth};
use crate::diagnostic::{Diagnostic, Span};
use crate::run::{Unknown, arithmetic};
use crate::schema::{Schema, Type, Value};
use crate::syntax::{Binary, Compare, Expr, Node};
use tg_text::nearest;

/// A checked expression.
pub(super) enum Checked {
    Truth(Truth),
    Scalar(Scalar, Type),
}

type Checks<T> = Result<T, Diagnostic>;

/// The rule's expression, which must be true or false.
pub(crate) fn check(schema: &Schema, expr: &Expr) -> Checks<Truth> {
    let truth = Checker { schema }.truth(expr)?;
    if let Truth::Const(always) = truth {
        let (zh, en) = if always { ("成立", "true") } else { ("不成立", "false") };
        return Err(Diagnostic::new(
            "R16",
            expr.span,
            format!("这条规则永远{zh}"),
            format!("this rule is always {en}"),
        ));
    }
    Ok(truth)
}

pub(super) struct Checker<'a> {
    schema: &'a Schema,
}

impl Checker<'_> {
    fn any(&self, expr: &Expr) -> Checks<Checked> {
        let scalar = |s, kind| Ok(Checked::Scalar(s, kind));
        let truth = |t| Ok(Checked::Truth(t));
        match &expr.node {
            Node::Bool(b) => truth(Truth::Const(*b)),
            Node::Int(n) => scalar(Scalar::Int(*n), Type::Int),
            Node::Text(t) => scalar(Scalar::Text(t.clone()), Type::Text),
            Node::Name(name) => self.field(name, expr.span),
            Node::Not(inner) => truth(match self.truth(inner)? {
                Truth::Const(b) => Truth::Const(!b),
                other => Truth::Not(Box::new(other)),
            }),
            Node::Negative(inner) => self.negative(inner),
            Node::Binary(Binary::And, a, b) => self.chain(a, b, false).map(Checked::Truth),
            Node::Binary(Binary::Or, a, b) => self.chain(a, b, true).map(Checked::Truth),
            Node::Binary(Binary::Compare(compare), a, b) => {
                self.compare(*compare, a, b, expr.span).map(Checked::Truth)
            }
            Node::Binary(operator, a, b) => self.arithmetic(*operator, a, b, expr.span),
            Node::In(what, entries) => self.contained(what, entries).map(Checked::Truth),
            Node::Choice(condition, a, b) => self.choice(condition, a, b, expr.span),
            Node::Call { receiver, name, name_span, arguments } => {
                self.call(receiver.as_deref(), name, *name_span, arguments, expr.span)
            }
        }
    }

    pub(super) fn truth(&self, expr: &Expr) -> Checks<Truth> {
        match self.any(expr)? {
            Checked::Truth(truth) => Ok(truth),
            Checked::Scalar(_, kind) => Err(wrong_type(expr.span, Type::Bool, kind)),
        }
    }

    pub(super) fn scalar(&self, expr: &Expr) -> Checks<(Scalar, Type)> {
        match self.any(expr)? {
            Checked::Scalar(scalar, kind) => Ok((scalar, kind)),
            Checked::Truth(_) => {
                let found = Diagnostic::new(
                    "R07",
                    expr.span,
                    "真假值不能计算或比较大小",
                    "true or false can't be calculated with",
                );
                Err(found)
            }
        }
    }

    /// A scalar of one type.
    pub(super) fn of_type(&self, expr: &Expr, expected: Type) -> Checks<Scalar> {
        match self.any(expr)? {
            Checked::Scalar(scalar, kind) if kind == expected => Ok(scalar),
            Checked::Scalar(_, kind) => Err(wrong_type(expr.span, expected, kind)),
            Checked::Truth(_) => Err(wrong_type(expr.span, expected, Type::Bool)),
        }
    }

    pub(super) fn field(&self, name: &str, span: Span) -> Checks<Checked> {
        let Some((number, field)) = self.schema.find(name) else {
            let found =
                Diagnostic::new("R05", span, format!("没有字段 {name}"), format!("there is no field {name}"));
            let near = nearest(name, self.schema.fields().iter().map(|f| f.name.as_str()));
            return Err(match near {
                Some(near) => found.help(format!("您是否想写 {near}？"), format!("did you mean {near} ?")),
                None => found.help("可用字段见 tillguard rules fields", "tillguard rules fields lists them"),
            });
        };
        Ok(match field.kind {
            Type::Bool => Checked::Truth(Truth::Field(number)),
            kind => Checked::Scalar(Scalar::Field(number), kind),
        })
    }

    fn negative(&self, inner: &Expr) -> Checks<Checked> {
        let (scalar, kind) = self.scalar(inner)?;
        if kind == Type::Text {
            return Err(wrong_type(inner.span, Type::Int, kind));
        }
        let scalar = match scalar {
            Scalar::Int(n) => Scalar::Int(-n),
            Scalar::Money(minor, currency) => Scalar::Money(-minor, currency),
            Scalar::Duration(n) => Scalar::Duration(-n),
            other => Scalar::Negative(Box::new(other)),
        };
        Ok(Checked::Scalar(scalar, kind))
    }

    /// `a && b` or `a || b`, with chains laid flat and constants taken out.
    fn chain(&self, a: &Expr, b: &Expr, any: bool) -> Checks<Truth> {
        let mut parts = Vec::new();
        for side in [a, b] {
            match self.truth(side)? {
                Truth::Const(decides) if decides == any => return Ok(Truth::Const(any)),
                Truth::Const(_) => {}
                Truth::All(inner) if !any => parts.extend(inner),
                Truth::Any(inner) if any => parts.extend(inner),
                other => parts.push(other),
            }
        }
        Ok(match (parts.len(), any) {
            (0, _) => Truth::Const(!any),
            (1, _) => parts.remove(0),
            (_, true) => Truth::Any(parts),
            (_, false) => Truth::All(parts),
        })
    }

    fn compare(&self, compare: Compare, a: &Expr, b: &Expr, span: Span) -> Checks<Truth> {
        let equality = matches!(compare, Compare::Equal | Compare::NotEqual);
        let ((a, a_type), (b, b_type)) = match (self.any(a)?, self.any(b)?) {
            (Checked::Truth(a), Checked::Truth(b)) if equality => {
                return Ok(Truth::Same(compare == Compare::Equal, Box::new(a), Box::new(b)));
            }
            (Checked::Scalar(s, s_type), Checked::Scalar(t, t_type)) => ((s, s_type), (t, t_type)),
            (Checked::Truth(_), Checked::Scalar(_, kind)) => {
                return Err(wrong_type(b.span, Type::Bool, kind));
            }
            (Checked::Scalar(_, kind), Checked::Truth(_)) => {
                return Err(wrong_type(b.span, kind, Type::Bool));
            }
            (Checked::Truth(_), Checked::Truth(_)) => {
                let found =
                    Diagnostic::new("R08", span, "真假值不能比较大小", "true and false have no order");
                return Err(found);
            }
        };
        if a_type != b_type {
            return Err(not_comparable(span, a_type, b_type));
        }
        if let (Some(x), Some(y)) = (constant(&a), constant(&b)) {
            let holds = match (x, y) {
                (Value::Money { currency: x, .. }, Value::Money { currency: y, .. }) if x != y => {
                    return Err(cannot_compute(Unknown::TwoCurrencies, span));
                }
                (Value::Money { minor: x, .. }, Value::Money { minor: y, .. }) => compare.holds(&x, &y),
                (Value::Int(x) | Value::Duration(x), Value::Int(y) | Value::Duration(y)) => {
                    compare.holds(&x, &y)
                }
                (Value::Text(x), Value::Text(y)) => compare.holds(x, y),
                _ => false,
            };
            return Ok(Truth::Const(holds));
        }
        Ok(match (a, b) {
            (Scalar::Field(f), Scalar::Int(n) | Scalar::Duration(n)) => Truth::NumberField(compare, f, n),
            (Scalar::Int(n) | Scalar::Duration(n), Scalar::Field(f)) => {
                Truth::NumberField(compare.turned(), f, n)
            }
            (Scalar::Field(f), Scalar::Money(n, c)) => Truth::MoneyField(compare, f, n, c),
            (Scalar::Money(n, c), Scalar::Field(f)) => Truth::MoneyField(compare.turned(), f, n, c),
            (a, b) => Truth::Compare(compare, Box::new(a), Box::new(b)),
        })
    }

    fn arithmetic(&self, operator: Binary, a: &Expr, b: &Expr, span: Span) -> Checks<Checked> {
        let ((x, x_type), (y, y_type)) = (self.scalar(a)?, self.scalar(b)?);
        let kind = match (operator, x_type, y_type) {
            (_, Type::Int, Type::Int) => Type::Int,
            (Binary::Add | Binary::Subtract, Type::Money, Type::Money) => Type::Money,
            (Binary::Add | Binary::Subtract, Type::Duration, Type::Duration) => Type::Duration,
            (Binary::Multiply | Binary::Divide, Type::Money, Type::Int) => Type::Money,
            (Binary::Multiply, Type::Int, Type::Money) => Type::Money,
            (Binary::Multiply | Binary::Divide, Type::Duration, Type::Int) => Type::Duration,
            (Binary::Multiply, Type::Int, Type::Duration) => Type::Duration,
            _ => return Err(not_computable(span, x_type, y_type)),
        };
        if matches!(operator, Binary::Divide | Binary::Remainder) && matches!(y, Scalar::Int(0)) {
            return Err(cannot_compute(Unknown::DividedByZero, b.span));
        }
        if let (Some(u), Some(v)) = (constant(&x), constant(&y)) {
            let value = arithmetic(operator, u, v).map_err(|why| cannot_compute(why, span))?;
            let scalar = match value {
                Value::Money { minor, currency } => Scalar::Money(minor, currency),
                Value::Duration(n) => Scalar::Duration(n),
                Value::Int(n) => Scalar::Int(n),
                // Nothing else was let through above.
                _ => Scalar::Int(0),
            };
            return Ok(Checked::Scalar(scalar, kind));
        }
        Ok(Checked::Scalar(Scalar::Arithmetic(operator, Box::new(x), Box::new(y)), kind))
    }

    fn contained(&self, what: &Expr, entries: &[Expr]) -> Checks<Truth> {
        let (scalar, kind) = self.scalar(what)?;
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        for entry in entries {
            let (value, value_type) = self.scalar(entry)?;
            if value_type != kind {
                return Err(wrong_type(entry.span, kind, value_type));
            }
            match value {
                Scalar::Int(n) | Scalar::Duration(n) => numbers.push(n),
                Scalar::Text(t) => texts.push(t),
                _ => {
                    let found = Diagnostic::new(
                        "R13",
                        entry.span,
                        "列表里只能是整数、时长或文本常量",
                        "a list holds whole numbers, durations or texts that are constants",
                    );
                    return Err(found);
                }
            }
        }
        numbers.sort_unstable();
        texts.sort_unstable();
        Ok(match kind {
            Type::Text => Truth::InTexts(Box::new(scalar), texts.into()),
            Type::Money => {
                let found =
                    Diagnostic::new("R13", what.span, "金额不能用 in", "money can't stand on the left of in");
                return Err(found);
            }
            _ => Truth::InNumbers(Box::new(scalar), numbers.into()),
        })
    }

    fn choice(&self, condition: &Expr, a: &Expr, b: &Expr, span: Span) -> Checks<Checked> {
        let condition = Box::new(self.truth(condition)?);
        match (self.any(a)?, self.any(b)?) {
            (Checked::Truth(a), Checked::Truth(b)) => {
                Ok(Checked::Truth(Truth::Choice(condition, Box::new(a), Box::new(b))))
            }
            (Checked::Scalar(a, x), Checked::Scalar(b, y)) if x == y => {
                Ok(Checked::Scalar(Scalar::Choice(condition, Box::new(a), Box::new(b)), x))
            }
            (Checked::Scalar(_, x), Checked::Scalar(_, y)) => Err(not_comparable(span, x, y)),
            (Checked::Truth(_), Checked::Scalar(_, kind)) => Err(wrong_type(b.span, Type::Bool, kind)),
            (Checked::Scalar(_, kind), Checked::Truth(_)) => Err(wrong_type(b.span, kind, Type::Bool)),
        }
    }
}

fn constant(scalar: &Scalar) -> Option<Value<'_>> {
    match scalar {
        Scalar::Int(n) => Some(Value::Int(*n)),
        Scalar::Money(minor, currency) => Some(Value::Money { minor: *minor, currency: *currency }),
        Scalar::Duration(n) => Some(Value::Duration(*n)),
        Scalar::Text(text) => Some(Value::Text(text)),
        _ => None,
    }
}

fn wrong_type(span: Span, expected: Type, found: Type) -> Diagnostic {
    let (e, f) = (expected.name(), found.name());
    let problem = Diagnostic::new(
        "R07",
        span,
        format!("这里应为{}，却是{}", e.zh, f.zh),
        format!("expected {}, found {}", e.en, f.en),
    );
    match (expected, found) {
        (Type::Bool, Type::Int) => {
            problem.help("与一个数比较，如 > 0", "compare it with a number, as in > 0")
        }
        (Type::Text, Type::Int) => problem.help("文本加引号，如 \"051\"", "put text into quotes: \"051\""),
        _ => problem,
    }
}

fn not_comparable(span: Span, a: Type, b: Type) -> Diagnostic {
    let (x, y) = (a.name(), b.name());
    let problem = Diagnostic::new(
        "R08",
        span,
        format!("{}与{}不能比较", x.zh, y.zh),
        format!("{} and {} can't be compared", x.en, y.en),
    );
    with_units(problem, a, b)
}

fn not_computable(span: Span, a: Type, b: Type) -> Diagnostic {
    let (x, y) = (a.name(), b.name());
    let problem = Diagnostic::new(
        "R08",
        span,
        format!("{}与{}不能这样计算", x.zh, y.zh),
        format!("{} and {} can't be calculated with like this", x.en, y.en),
    );
    with_units(problem, a, b)
}

/// What is usually meant where a plain number stands beside a quantity.
fn with_units(problem: Diagnostic, a: Type, b: Type) -> Diagnostic {
    match (a, b) {
        (Type::Money, Type::Int) | (Type::Int, Type::Money) => {
            problem.help("金额写作 money(\"100\", \"CNY\")", "write an amount as money(\"100\", \"CNY\")")
        }
        (Type::Duration, Type::Int) | (Type::Int, Type::Duration) => {
            problem.help("时长写作 duration(\"10m\")", "write a length of time as duration(\"10m\")")
        }
        (Type::Text, Type::Int) | (Type::Int, Type::Text) => {
            problem.help("文本加引号，如 \"051\"", "put text into quotes: \"051\"")
        }
        _ => problem,
    }
}

fn cannot_compute(why: Unknown, span: Span) -> Diagnostic {
    match why {
        Unknown::DividedByZero => Diagnostic::new("R10", span, "除以零", "a division by zero"),
        Unknown::TwoCurrencies => Diagnostic::new(
            "R09",
            span,
            "两种货币的金额不能相加或比较",
            "money of two currencies can't be added or compared",
        ),
        Unknown::TooLarge | Unknown::Absent(_) => {
            Diagnostic::new("R10", span, "结果超出 64 位整数", "the result does not fit in 64 bits")
        }
    }
}
