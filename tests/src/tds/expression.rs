//! Expressions of statements. They are compiled once, with the columns that they may name, and then evaluated
//! for each row. Conditions are true, false or unknown, as in SQL.

mod functions;

use std::cmp::Ordering;

use sqlparser::ast::{BinaryOperator, CastKind, Expr, UnaryOperator, Value as Literal};

use self::functions::Function;
use super::cast::cast_typed;
use super::erp::Column;
use super::error::ServerError;
use super::numbers::exact_of;
use super::server::Server;
use super::types::SqlType;
use super::value::{Value, compare};

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    /// The name, with its `@`.
    pub(super) name: String,
    pub(super) ty: SqlType,
    pub(super) value: Value,
}

/// What an expression may name.
pub(super) struct Scope<'a> {
    /// The columns of the tables so far, each with the name that the statement gives its table.
    pub(super) columns: Vec<(String, Column)>,
    pub(super) parameters: &'a [Parameter],
    /// What functions tell about the server.
    pub(super) server: &'a Server,
}

/// An expression with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) node: Node,
    pub(super) ty: SqlType,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Value(Value),
    Column(usize),
    Cast { value: Box<Typed>, to: SqlType },
    Call { function: Function, arguments: Vec<Typed> },
}

#[derive(Debug)]
pub(super) enum Condition {
    Compare { left: Node, right: Node, holds: fn(Ordering) -> bool },
    IsNull(Node),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

impl Scope<'_> {
    /// Compiles an expression that gives a value.
    pub(super) fn value(&self, expr: &Expr) -> Result<Typed, ServerError> {
        let typed = match expr {
            Expr::Nested(inner) => self.value(inner)?,
            Expr::Identifier(name) if name.value.starts_with('@') && name.quote_style.is_none() => {
                self.parameter(&name.value)?
            }
            Expr::Identifier(name) => self.column(None, &name.value)?,
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [.., table, name] => self.column(Some(&table.value), &name.value)?,
                _ => return Err(ServerError::not_done(expr)),
            },
            Expr::Value(value) => literal(&value.value)?,
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => negative(&self.value(expr)?)?,
            Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None } => {
                let to = SqlType::parse(&data_type.to_string())?;
                Typed { node: Node::Cast { value: Box::new(self.value(expr)?), to }, ty: to }
            }
            Expr::Function(call) => functions::compile(self, call)?,
            Expr::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
                functions::typed(Function::Trim { left: true, right: true }, vec![self.value(expr)?])?
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for: Some(length), .. } => {
                functions::typed(
                    Function::Substring,
                    vec![self.value(expr)?, self.value(from)?, self.value(length)?],
                )?
            }
            _ => return Err(ServerError::not_done(format!("the expression {expr}"))),
        };
        typed.folded()
    }

    /// Compiles a condition.
    pub(super) fn condition(&self, expr: &Expr) -> Result<Condition, ServerError> {
        let both = |left: &Expr, right: &Expr| {
            Ok::<_, ServerError>((Box::new(self.condition(left)?), Box::new(self.condition(right)?)))
        };
        match expr {
            Expr::Nested(inner) => self.condition(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                both(left, right).map(|(left, right)| Condition::And(left, right))
            }
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
                both(left, right).map(|(left, right)| Condition::Or(left, right))
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                Ok(Condition::Not(Box::new(self.condition(expr)?)))
            }
            Expr::IsNull(value) => Ok(Condition::IsNull(self.value(value)?.node)),
            Expr::IsNotNull(value) => {
                Ok(Condition::Not(Box::new(Condition::IsNull(self.value(value)?.node))))
            }
            Expr::BinaryOp { left, op, right } => {
                let holds: fn(Ordering) -> bool = match op {
                    BinaryOperator::Eq => Ordering::is_eq,
                    BinaryOperator::NotEq => Ordering::is_ne,
                    BinaryOperator::Lt => Ordering::is_lt,
                    BinaryOperator::LtEq => Ordering::is_le,
                    BinaryOperator::Gt => Ordering::is_gt,
                    BinaryOperator::GtEq => Ordering::is_ge,
                    _ => return Err(ServerError::not_done(format!("the operator {op}"))),
                };
                self.comparison(left, right, holds)
            }
            Expr::Between { expr, negated: false, low, high } => {
                let (low, high) = (
                    self.comparison(expr, low, Ordering::is_ge)?,
                    self.comparison(expr, high, Ordering::is_le)?,
                );
                Ok(Condition::And(Box::new(low), Box::new(high)))
            }
            Expr::InList { expr, list, negated: false } if !list.is_empty() => {
                let mut any = list.iter().map(|item| self.comparison(expr, item, Ordering::is_eq));
                let first = any.next().unwrap_or_else(|| Err(ServerError::not_done("an empty list")))?;
                any.try_fold(first, |all, one| Ok(Condition::Or(Box::new(all), Box::new(one?))))
            }
            _ => Err(ServerError::not_done(format!("the condition {expr}"))),
        }
    }

    fn comparison(
        &self,
        left: &Expr,
        right: &Expr,
        holds: fn(Ordering) -> bool,
    ) -> Result<Condition, ServerError> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        if left.ty.is_legacy() || right.ty.is_legacy() {
            let (a, b) = (left.ty.name(), right.ty.name());
            return Err(ServerError::new(
                402,
                16,
                format!("The data types {a} and {b} are incompatible in a comparison."),
            ));
        }
        let common = left.ty.common(right.ty);
        Ok(Condition::Compare { left: left.cast_to(common)?.node, right: right.cast_to(common)?.node, holds })
    }

    fn parameter(&self, name: &str) -> Result<Typed, ServerError> {
        let found = self.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name));
        let parameter = found.ok_or_else(|| {
            ServerError::new(137, 15, format!("Must declare the scalar variable \"{name}\"."))
        })?;
        Ok(Typed { node: Node::Value(parameter.value.clone()), ty: parameter.ty })
    }

    fn column(&self, table: Option<&str>, name: &str) -> Result<Typed, ServerError> {
        let named = |(alias, column): &(String, Column)| {
            column.name.eq_ignore_ascii_case(name)
                && table.is_none_or(|table| alias.eq_ignore_ascii_case(table))
        };
        let mut found = self.columns.iter().enumerate().filter(|(_, column)| named(column));
        match (found.next(), found.next()) {
            (Some((i, (_, column))), None) => Ok(Typed { node: Node::Column(i), ty: column.ty }),
            (None, _) => Err(ServerError::new(207, 16, format!("Invalid column name '{name}'."))),
            _ => Err(ServerError::new(209, 16, format!("Ambiguous column name '{name}'."))),
        }
    }
}

impl Typed {
    /// The expression, converted to another type.
    pub(super) fn cast_to(self, to: SqlType) -> Result<Self, ServerError> {
        if self.ty == to {
            return Ok(self);
        }
        Self { node: Node::Cast { value: Box::new(self), to }, ty: to }.folded()
    }

    /// Replaces an expression that needs no row by its value.
    fn folded(self) -> Result<Self, ServerError> {
        let constant = match &self.node {
            Node::Value(_) | Node::Column(_) => return Ok(self),
            Node::Cast { value, .. } => matches!(value.node, Node::Value(_)),
            Node::Call { arguments, .. } => {
                arguments.iter().all(|argument| matches!(argument.node, Node::Value(_)))
            }
        };
        Ok(if constant { Self { node: Node::Value(self.node.evaluate(&[])?), ty: self.ty } } else { self })
    }
}

impl Node {
    /// The value of the expression for a row.
    pub(super) fn evaluate(&self, row: &[Value]) -> Result<Value, ServerError> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Column(i) => Ok(row[*i].clone()),
            Self::Cast { value, to } => cast_typed(&value.node.evaluate(row)?, value.ty, *to),
            Self::Call { function, arguments } => {
                let values = arguments
                    .iter()
                    .map(|argument| argument.node.evaluate(row))
                    .collect::<Result<Vec<_>, _>>()?;
                function.call(&values)
            }
        }
    }

    /// Like [`Self::evaluate`], but without a copy of a value that is already there.
    fn with<T>(&self, row: &[Value], read: impl FnOnce(&Value) -> T) -> Result<T, ServerError> {
        match self {
            Self::Value(value) => Ok(read(value)),
            Self::Column(i) => Ok(read(&row[*i])),
            node => node.evaluate(row).map(|value| read(&value)),
        }
    }
}

impl Condition {
    /// Whether the condition holds for a row. `None` means unknown.
    pub(super) fn holds(&self, row: &[Value]) -> Result<Option<bool>, ServerError> {
        Ok(match self {
            Self::Compare { left, right, holds } => left.with(row, |left| {
                right.with(row, |right| match (left, right) {
                    (Value::Null, _) | (_, Value::Null) => None,
                    (left, right) => Some(holds(compare(left, right))),
                })
            })??,
            Self::IsNull(node) => Some(node.with(row, |value| *value == Value::Null)?),
            Self::Not(inner) => inner.holds(row)?.map(|holds| !holds),
            Self::And(left, right) => match left.holds(row)? {
                Some(false) => Some(false),
                left => match right.holds(row)? {
                    Some(false) => Some(false),
                    right => left.zip(right).map(|_| true),
                },
            },
            Self::Or(left, right) => match left.holds(row)? {
                Some(true) => Some(true),
                left => match right.holds(row)? {
                    Some(true) => Some(true),
                    right => left.zip(right).map(|_| false),
                },
            },
        })
    }
}

fn literal(value: &Literal) -> Result<Typed, ServerError> {
    let text = |text: &str, ty| Typed { node: Node::Value(Value::text(text)), ty };
    let length = |text: &str| Some(text.encode_utf16().count().clamp(1, 4000) as u16);
    Ok(match value {
        Literal::Null => Typed { node: Node::Value(Value::Null), ty: SqlType::Int },
        Literal::SingleQuotedString(string) => text(string, SqlType::VarChar(length(string))),
        Literal::NationalStringLiteral(string) => text(string, SqlType::NVarChar(length(string))),
        Literal::HexStringLiteral(digits) => {
            let bytes = hex::decode(digits)
                .map_err(|_| ServerError::new(102, 15, format!("Incorrect syntax near '0x{digits}'.")))?;
            Typed { node: Node::Value(Value::Bytes(bytes)), ty: SqlType::VarBinary(None) }
        }
        Literal::Number(number, _) => match (number.parse::<i32>(), exact_of(number)) {
            (Ok(number), _) => Typed { node: Node::Value(Value::Int(number.into())), ty: SqlType::Int },
            (_, Some((units, scale))) => Typed {
                node: Node::Value(Value::Exact { units, scale }),
                ty: SqlType::Numeric { precision: 38, scale },
            },
            _ => {
                let number = number
                    .parse()
                    .map_err(|_| ServerError::new(102, 15, format!("Incorrect syntax near '{number}'.")))?;
                Typed { node: Node::Value(Value::Float(number)), ty: SqlType::Float }
            }
        },
        _ => return Err(ServerError::not_done(format!("the literal {value}"))),
    })
}

fn negative(of: &Typed) -> Result<Typed, ServerError> {
    let value = match &of.node {
        Node::Value(Value::Int(number)) => Value::Int(-number),
        Node::Value(Value::Exact { units, scale }) => Value::Exact { units: -units, scale: *scale },
        Node::Value(Value::Float(number)) => Value::Float(-number),
        _ => return Err(ServerError::not_done("arithmetic")),
    };
    Ok(Typed { node: Node::Value(value), ty: of.ty })
}
