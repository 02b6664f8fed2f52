//! Answers a SELECT: joins its tables, keeps the rows that meet its condition, orders them and takes the
//! first.

use std::cmp::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use sqlparser::ast::{BinaryOperator, Expr};

use super::catalogue;
use super::erp::{Column, Erp, Table};
use super::error::ServerError;
use super::expression::{Condition, Node, Parameter, Scope, Typed};
use super::server::Server;
use super::statement::{self, Named, Plain};
use super::types::SqlType;
use super::value::{Value, order};

/// Answers a statement.
pub(super) fn run(
    erp: &Mutex<Erp>,
    server: &Server,
    text: &str,
    parameters: &[Parameter],
) -> Result<Table, ServerError> {
    let plain = statement::read(text)?;
    let mut scope = Scope { columns: Vec::new(), parameters, server };
    let rows = joined(erp, &plain, &mut scope)?;
    let condition = plain.condition.as_ref().map(|condition| scope.condition(condition)).transpose()?;
    let items = select_list(&scope, &plain)?;
    let keys = plain
        .order
        .iter()
        .map(|(expr, descending)| Ok((key(&scope, &plain, expr)?, *descending)))
        .collect::<Result<Vec<_>, ServerError>>()?;

    let mut chosen = Vec::new();
    for row in rows.iter() {
        if condition.as_ref().map_or(Ok(Some(true)), |condition| condition.holds(row))? == Some(true) {
            let keys = keys.iter().map(|(node, _)| node.evaluate(row)).collect::<Result<Vec<_>, _>>()?;
            chosen.push((keys, row));
        }
    }
    chosen.sort_by(|(a, _), (b, _)| by_keys(&keys, a, b));
    if let Some((quantity, ties)) = &plain.top {
        let mut taken = number_of_rows(&scope, quantity)?;
        if *ties && (1..chosen.len()).contains(&taken) {
            let last = chosen[taken - 1].0.clone();
            taken += chosen[taken..]
                .iter()
                .take_while(|(values, _)| by_keys(&keys, values, &last).is_eq())
                .count();
        }
        chosen.truncate(taken);
    }
    let rows = chosen
        .iter()
        .map(|(_, row)| items.iter().map(|(node, _)| node.evaluate(row)).collect::<Result<Vec<_>, _>>());
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(Table { columns: items.into_iter().map(|(_, column)| column).collect(), rows })
}

/// Joins the tables of a statement. Adds their columns to the scope.
fn joined(erp: &Mutex<Erp>, plain: &Plain, scope: &mut Scope<'_>) -> Result<Rows, ServerError> {
    let mut rows = Rows::One;
    for (named, on) in &plain.tables {
        let table = table(erp, named, plain, scope)?;
        scope.columns.extend(table.columns.iter().map(|column| (named.alias.clone(), column.clone())));
        let on = on.as_ref().map(|on| scope.condition(on)).transpose()?;
        rows = rows.join(table, on.as_ref())?;
        if plain.tables.len() > 1 {
            rows = rows.that_may_meet(scope, plain.condition.as_ref())?;
        }
    }
    Ok(rows)
}

/// The select list. Each expression comes with the column of the answer that it fills.
fn select_list(scope: &Scope<'_>, plain: &Plain) -> Result<Vec<(Node, Column)>, ServerError> {
    let mut items = Vec::new();
    for (expr, name) in &plain.items {
        let item = scope.value(expr)?;
        let nullable = if let Node::Column(i) = &item.node { scope.columns[*i].1.nullable } else { true };
        items.push((item.node, Column { name: name.clone(), ty: item.ty, nullable }));
    }
    Ok(items)
}

/// Compares two rows by the values of their keys. Each key says whether its order is descending.
fn by_keys(keys: &[(Node, bool)], a: &[Value], b: &[Value]) -> Ordering {
    let each = a
        .iter()
        .zip(b)
        .zip(keys)
        .map(|((a, b), (_, descending))| if *descending { order(b, a) } else { order(a, b) });
    each.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The number of rows that `TOP` takes.
fn number_of_rows(scope: &Scope<'_>, quantity: &Expr) -> Result<usize, ServerError> {
    let number = match scope.value(quantity)?.cast_to(SqlType::BigInt)?.node {
        Node::Value(Value::Int(number)) => usize::try_from(number).ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        ServerError::new(
            1060,
            15,
            "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.",
        )
    })
}

/// The rows of the tables that are joined so far.
enum Rows {
    /// There is no table yet: one row without columns.
    One,
    Of(Arc<Table>),
    Joined(Vec<Vec<Value>>),
}

impl Rows {
    fn iter(&self) -> Box<dyn Iterator<Item = &[Value]> + '_> {
        match self {
            Self::One => Box::new(std::iter::once([].as_slice())),
            Self::Of(table) => Box::new(table.rows.iter().map(Vec::as_slice)),
            Self::Joined(rows) => Box::new(rows.iter().map(Vec::as_slice)),
        }
    }

    fn join(self, table: Arc<Table>, on: Option<&Condition>) -> Result<Self, ServerError> {
        if matches!(self, Self::One) && on.is_none() {
            return Ok(Self::Of(table));
        }
        let mut joined = Vec::new();
        for left in self.iter() {
            for right in &table.rows {
                let row: Vec<Value> = left.iter().chain(right).cloned().collect();
                if on.map_or(Ok(Some(true)), |on| on.holds(&row))? == Some(true) {
                    joined.push(row);
                }
            }
        }
        Ok(Self::Joined(joined))
    }

    /// Leaves out the rows that already fail a part of the condition, so that fewer are joined with the next
    /// table.
    fn that_may_meet(self, scope: &Scope<'_>, condition: Option<&Expr>) -> Result<Self, ServerError> {
        let mut parts = Vec::new();
        conjuncts(condition, &mut parts);
        // Parts that name tables which come later do not compile yet.
        let parts: Vec<Condition> = parts.into_iter().filter_map(|part| scope.condition(part).ok()).collect();
        let mut kept = Vec::new();
        'rows: for row in self.iter() {
            for part in &parts {
                if part.holds(row)? != Some(true) {
                    continue 'rows;
                }
            }
            kept.push(row.to_vec());
        }
        Ok(Self::Joined(kept))
    }
}

fn conjuncts<'a>(condition: Option<&'a Expr>, parts: &mut Vec<&'a Expr>) {
    match condition {
        Some(Expr::Nested(inner)) => conjuncts(Some(inner), parts),
        Some(Expr::BinaryOp { left, op: BinaryOperator::And, right }) => {
            conjuncts(Some(left), parts);
            conjuncts(Some(right), parts);
        }
        other => parts.extend(other),
    }
}

fn table(
    erp: &Mutex<Erp>,
    named: &Named,
    plain: &Plain,
    scope: &Scope<'_>,
) -> Result<Arc<Table>, ServerError> {
    let mut erp = erp.lock().unwrap_or_else(PoisonError::into_inner);
    let unknown = || ServerError::no_object(&format!("{}.{}", named.schema, named.name));
    match (named.schema.to_ascii_lowercase().as_str(), named.name.to_ascii_lowercase().as_str()) {
        ("information_schema", "columns") => {
            let only =
                plain.condition.as_ref().and_then(|condition| equal_to(scope, condition, "TABLE_NAME"));
            Ok(Arc::new(catalogue::columns(&mut erp, only.as_deref())?))
        }
        ("sys", view) => Ok(Arc::new(catalogue::sys(&mut erp, view)?.ok_or_else(unknown)?)),
        (schema, table) => {
            let source = erp.source(schema, table)?.ok_or_else(unknown)?;
            erp.table(source)
        }
    }
}

/// The text that a column must equal to meet a condition, if there is one.
fn equal_to(scope: &Scope<'_>, condition: &Expr, column: &str) -> Option<String> {
    match condition {
        Expr::Nested(inner) => equal_to(scope, inner, column),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            equal_to(scope, left, column).or_else(|| equal_to(scope, right, column))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let name = match left.as_ref() {
                Expr::Identifier(name) => Some(name),
                Expr::CompoundIdentifier(names) => names.last(),
                _ => None,
            };
            name.filter(|name| name.value.eq_ignore_ascii_case(column))?;
            match scope.value(right).ok()?.node {
                Node::Value(Value::Text(units)) => {
                    Some(String::from_utf16_lossy(&units).trim_end().to_owned())
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The expression to order by. A name may be one of the select list.
fn key(scope: &Scope<'_>, plain: &Plain, expr: &Expr) -> Result<Node, ServerError> {
    let listed = |name: &str| {
        plain
            .items
            .iter()
            .find(|(item, alias)| alias.eq_ignore_ascii_case(name) && !matches!(item, Expr::Identifier(_)))
    };
    let key: Typed = match expr {
        Expr::Identifier(name) if listed(&name.value).is_some() => {
            scope.value(listed(&name.value).map_or(expr, |(item, _)| item))?
        }
        expr => scope.value(expr)?,
    };
    if key.ty.is_legacy() {
        let message = "The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.";
        return Err(ServerError::new(306, 16, message));
    }
    if matches!(key.node, Node::Value(_)) {
        return Err(ServerError::new(408, 16, "A constant expression was encountered in the ORDER BY list."));
    }
    Ok(key.node)
}
