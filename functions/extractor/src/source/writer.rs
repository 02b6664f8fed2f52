//! Writes SQL as a database spells it: names, values in the types of their columns, conditions.

use std::fmt::Write as _;

use super::{Cell, Class, Condition, Dialect, Table};

/// A statement in the making.
pub(super) struct Writer<'a> {
    table: &'a Table,
    pub(super) text: String,
    pub(super) parameters: Vec<Cell>,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(table: &'a Table) -> Self {
        Self { table, text: String::new(), parameters: Vec::new() }
    }

    /// Writes a name in quotes. A column is written as the ERP itself spells it.
    pub(super) fn name(&mut self, name: &str) {
        let name = self.table.column(name).map_or(name, |column| column.name.as_str());
        let quoted = match self.table.dialect {
            Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
            Dialect::SqlServer => format!("[{}]", name.replace(']', "]]")),
        };
        self.text.push_str(&quoted);
    }

    fn parameter(&mut self, value: Cell) {
        self.parameters.push(value);
        let mark = match self.table.dialect {
            Dialect::Sqlite => "?",
            Dialect::SqlServer => "@P",
        };
        let _ = write!(self.text, "{mark}{}", self.parameters.len());
    }

    /// Writes a value in the column's own type. Otherwise the server would convert the whole column to the
    /// value's type, lose its index, and fail at the first value that cannot be converted.
    fn value(&mut self, column: &str, value: &Cell) {
        let column = self.table.column(column).filter(|column| !column.sql_type.is_empty());
        let Some((class, sql_type)) = column.map(|column| (column.class, column.sql_type.clone())) else {
            return self.parameter(value.clone());
        };
        self.text.push_str("CAST(");
        match value {
            // The bytes are UTF-16, whatever the column's own encoding is.
            Cell::Blob(_) if class == Class::Text => {
                self.text.push_str("CAST(");
                self.parameter(value.clone());
                self.text.push_str(" AS nvarchar(max))");
            }
            Cell::Null | Cell::Blob(_) => self.parameter(value.clone()),
            // Text with an exponent can be cast to these two types only. Without an exponent it would have
            // hundreds of digits.
            Cell::Real(number) if matches!(sql_type.as_str(), "float" | "real") => {
                self.parameter(Cell::Text(format!("{number:e}")));
            }
            // The two old types read day and month in the order of the login's language, unless a `T` and a
            // time follow the date.
            Cell::Text(_) | Cell::Time(_) if matches!(class, Class::DateTime | Class::SmallDateTime) => {
                let at = value.time().map(|at| at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string());
                self.parameter(Cell::Text(at.unwrap_or_else(|| value.to_string())));
            }
            other => self.parameter(Cell::Text(other.to_string())),
        }
        let _ = write!(self.text, " AS {sql_type})");
    }

    fn compare(&mut self, column: &str, operator: &str, value: &Cell) {
        self.name(column);
        self.text.push_str(operator);
        self.value(column, value);
    }

    pub(super) fn condition(&mut self, condition: &Condition) {
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
            Condition::Undated(column) => self.undated(column),
            Condition::Any(all) => self.joined(all, " OR ", "1 = 0"),
            Condition::All(all) => self.joined(all, " AND ", "1 = 1"),
        }
    }

    fn undated(&mut self, column: &str) {
        match self.table.class(column) {
            Class::Loose => {
                self.text.push_str("SUBSTR(CAST(");
                self.name(column);
                self.text.push_str(" AS TEXT), 5, 1) <> ");
                self.parameter(Cell::Text("-".to_owned()));
            }
            Class::Text => {
                // A blank at the end does not count when texts are compared, so that a dash in the fifth
                // place, made a blank, is as good as nothing there. Shorter texts have nothing there.
                for part in ["(REPLACE(LEFT(", ", 5), NCHAR(45), N' ') <> LEFT(", ", 4) OR ", " = LEFT("] {
                    self.text.push_str(part);
                    self.name(column);
                }
                self.text.push_str(", 4))");
            }
            _ => self.text.push_str("1 = 0"),
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
