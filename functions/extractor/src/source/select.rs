//! SELECT statements: explicit columns of one table, conditions on single columns, keyset pages.

use warehouse::sources::Source;

use super::Cell;

/// How a database spells its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
}

/// A condition on a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The column is NULL.
    IsNull(&'static str),
    /// The column is not NULL.
    NotNull(&'static str),
    /// The column is at least this.
    AtLeast(&'static str, Cell),
    /// The column is more than this.
    Above(&'static str, Cell),
    /// The column is less than this.
    Below(&'static str, Cell),
    /// The column is this; NULL equals NULL.
    Is(&'static str, Cell),
    /// The column, as text without the blanks around it, begins with this text, and is no longer where `whole`.
    Reads {
        /// The column.
        column: &'static str,
        /// The text.
        text: String,
        /// Whether it is all of the text.
        whole: bool,
    },
    /// One of these holds.
    Any(Vec<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
}

/// A SELECT over one table.
#[derive(Clone, Debug)]
pub struct Select {
    /// The table.
    pub source: &'static Source,
    /// The columns to read.
    pub columns: Vec<&'static str>,
    /// What rows must meet.
    pub conditions: Vec<Condition>,
    /// The columns to order by; together with `after` they make a keyset page.
    pub order: Vec<&'static str>,
    /// Only rows that come after these values in that order.
    pub after: Option<Vec<Cell>>,
    /// How many rows at most.
    pub limit: usize,
}

/// A statement's text with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text; values stand in it as parameters only.
    pub text: String,
    /// The values.
    pub parameters: Vec<Cell>,
}

impl Select {
    /// The statement in a database's own spelling.
    pub fn statement(&self, dialect: Dialect) -> Statement {
        let mut writer = Writer { dialect, text: String::new(), parameters: Vec::new() };
        writer.text.push_str("SELECT ");
        writer.list(&self.columns);
        writer.text.push_str(" FROM ");
        writer.name(self.source.table);
        let mut conditions = self.conditions.clone();
        if let Some(after) = &self.after {
            conditions.push(later(&self.order, after));
        }
        if !conditions.is_empty() {
            writer.text.push_str(" WHERE ");
            writer.condition(&Condition::All(conditions));
        }
        if !self.order.is_empty() {
            writer.text.push_str(" ORDER BY ");
            writer.list(&self.order);
        }
        writer.text.push_str(" LIMIT ");
        writer.text.push_str(&self.limit.to_string());
        Statement { text: writer.text, parameters: writer.parameters }
    }
}

/// "Comes after `values` in the order of `columns`", with the first column bounded on its own so that an index on it serves.
fn later(columns: &[&'static str], values: &[Cell]) -> Condition {
    let (Some((column, rest)), Some((value, values))) = (columns.split_first(), values.split_first()) else { return Condition::Any(Vec::new()) };
    let beyond = Condition::Above(column, value.clone());
    if rest.is_empty() {
        return beyond;
    }
    let tie = Condition::All(vec![Condition::Is(column, value.clone()), later(rest, values)]);
    Condition::All(vec![Condition::AtLeast(column, value.clone()), Condition::Any(vec![beyond, tie])])
}

struct Writer {
    dialect: Dialect,
    text: String,
    parameters: Vec<Cell>,
}

impl Writer {
    fn name(&mut self, name: &str) {
        match self.dialect {
            Dialect::Sqlite => {
                self.text.push('"');
                self.text.push_str(&name.replace('"', "\"\""));
                self.text.push('"');
            }
        }
    }

    fn list(&mut self, names: &[&'static str]) {
        for (i, name) in names.iter().enumerate() {
            if i > 0 {
                self.text.push_str(", ");
            }
            self.name(name);
        }
    }

    fn parameter(&mut self, value: &Cell) {
        self.parameters.push(value.clone());
        self.text.push('?');
        self.text.push_str(&self.parameters.len().to_string());
    }

    fn compare(&mut self, column: &str, operator: &str, value: &Cell) {
        self.name(column);
        self.text.push_str(operator);
        self.parameter(value);
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::IsNull(column) | Condition::Is(column, Cell::Null) => {
                self.name(column);
                self.text.push_str(" IS NULL");
            }
            Condition::NotNull(column) => {
                self.name(column);
                self.text.push_str(" IS NOT NULL");
            }
            Condition::AtLeast(column, value) => self.compare(column, " >= ", value),
            Condition::Above(column, value) => self.compare(column, " > ", value),
            Condition::Below(column, value) => self.compare(column, " < ", value),
            Condition::Is(column, value) => self.compare(column, " = ", value),
            Condition::Reads { column, text, whole } => {
                self.text.push_str(if *whole { "TRIM(CAST(" } else { "SUBSTR(TRIM(CAST(" });
                self.name(column);
                self.text.push_str(" AS TEXT))");
                if !whole {
                    self.text.push_str(", 1, ");
                    self.text.push_str(&text.chars().count().to_string());
                    self.text.push(')');
                }
                self.text.push_str(" = ");
                self.parameter(&Cell::Text(text.clone()));
            }
            Condition::Any(all) => self.joined(all, " OR ", "1 = 0"),
            Condition::All(all) => self.joined(all, " AND ", "1 = 1"),
        }
    }

    fn joined(&mut self, conditions: &[Condition], operator: &str, none: &str) {
        match conditions {
            [] => self.text.push_str(none),
            [one] => self.condition(one),
            all => {
                self.text.push('(');
                for (i, condition) in all.iter().enumerate() {
                    if i > 0 {
                        self.text.push_str(operator);
                    }
                    self.condition(condition);
                }
                self.text.push(')');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warehouse::sources::{RUN_NUMBERS, RUN_SHEETS};

    #[test]
    fn a_page_goes_on_after_the_last_row_of_the_one_before() {
        let select = Select {
            source: &RUN_SHEETS,
            columns: vec!["run_number", "updated_at"],
            conditions: vec![Condition::AtLeast("updated_at", Cell::Text("2026-11-01".into()))],
            order: vec!["updated_at", "run_number"],
            after: Some(vec![Cell::Text("2026-11-02".into()), Cell::Text("7".into())]),
            limit: 10,
        };
        let statement = select.statement(Dialect::Sqlite);
        assert_eq!(
            statement.text,
            "SELECT \"run_number\", \"updated_at\" FROM \"run_sheets\" WHERE (\"updated_at\" >= ?1 AND (\"updated_at\" >= ?2 AND \
             (\"updated_at\" > ?3 OR (\"updated_at\" = ?4 AND \"run_number\" > ?5)))) ORDER BY \"updated_at\", \"run_number\" LIMIT 10"
        );
        assert_eq!(statement.parameters.len(), 5);
    }

    #[test]
    fn values_stand_in_parameters_only() {
        let evil = "'; DROP TABLE RunNumber; --";
        let conditions = vec![Condition::Any(vec![
            Condition::Is("RunNumber", Cell::Text(evil.into())),
            Condition::Reads { column: "RunNumber", text: evil.into(), whole: true },
        ])];
        let statement =
            Select { source: &RUN_NUMBERS, columns: vec!["RunNumber"], conditions, order: vec![], after: None, limit: 1 }.statement(Dialect::Sqlite);
        assert!(!statement.text.contains("DROP"), "{}", statement.text);
        assert_eq!(statement.parameters.len(), 2);
    }
}
