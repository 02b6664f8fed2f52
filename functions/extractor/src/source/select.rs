//! SELECT statements: explicit columns of one table, conditions on single columns, keyset pages.
//!
//! A statement can only be made here and only comes out when the guard has passed it.

use std::fmt::Write as _;

use warehouse::sources::Source;

use super::table::{Class, Dialect, Table};
use super::{Cell, ErpError};
use crate::guard::{self, Spelling};
use crate::validate::time;

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
    /// The column, as text without the blanks around it, begins with this text, and is no longer where
    /// `whole`.
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
    /// How many rows at most; more only where the database takes the next ones for equal to the last.
    pub limit: usize,
}

/// A statement that the guard has passed, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    text: String,
    parameters: Vec<Cell>,
}

impl Statement {
    /// Takes a text if it is one plain SELECT.
    pub fn new(dialect: Dialect, text: impl Into<String>, parameters: Vec<Cell>) -> Result<Self, ErpError> {
        let text = text.into();
        let spelling = match dialect {
            Dialect::Sqlite => Spelling::Sqlite,
            Dialect::SqlServer => Spelling::SqlServer,
        };
        guard::check(&text, spelling)?;
        Ok(Self { text, parameters })
    }

    /// The text; values stand in it as parameters only.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values.
    pub fn parameters(&self) -> &[Cell] {
        &self.parameters
    }
}

impl Select {
    /// The statement as the table's database spells it.
    pub fn statement(&self, table: &Table) -> Result<Statement, ErpError> {
        self.write(table, false)
    }

    /// The same with text as its UTF-16 bytes, for rows with text that is none.
    pub fn statement_of_bytes(&self, table: &Table) -> Result<Statement, ErpError> {
        self.write(table, true)
    }

    fn write(&self, table: &Table, text_as_bytes: bool) -> Result<Statement, ErpError> {
        let mut writer = Writer { table, text: String::new(), parameters: Vec::new() };
        writer.text.push_str("SELECT ");
        if table.dialect == Dialect::SqlServer {
            // Rows that the server takes for equal in the order (its collation knows no case) must not be
            // divided between two pages.
            let ties = if self.order.is_empty() { "" } else { " WITH TIES" };
            let _ = write!(writer.text, "TOP ({}){ties} ", self.limit);
        }
        for (i, column) in self.columns.iter().enumerate() {
            writer.text.push_str(if i > 0 { ", " } else { "" });
            if text_as_bytes && table.class(column) == Class::Text {
                // Without an alias, so that the order below goes by the column itself.
                writer.text.push_str("CAST(CAST(");
                writer.name(column);
                writer.text.push_str(" AS nvarchar(max)) AS varbinary(max))");
            } else {
                writer.name(column);
            }
        }
        writer.text.push_str(" FROM ");
        if table.dialect == Dialect::SqlServer {
            writer.name(self.source.owner.schema());
            writer.text.push('.');
        }
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
            for (i, column) in self.order.iter().enumerate() {
                writer.text.push_str(if i > 0 { ", " } else { "" });
                writer.name(column);
            }
        }
        if table.dialect == Dialect::Sqlite {
            let _ = write!(writer.text, " LIMIT {}", self.limit);
        }
        Statement::new(table.dialect, writer.text, writer.parameters)
    }
}

/// "Comes after `values` in the order of `columns`", with the first column bounded on its own so that an
/// index on it serves.
fn later(columns: &[&'static str], values: &[Cell]) -> Condition {
    let (Some((column, rest)), Some((value, values))) = (columns.split_first(), values.split_first()) else {
        return Condition::Any(Vec::new());
    };
    if *value == Cell::Null {
        // NULL comes first in both databases.
        let tie = if rest.is_empty() {
            Vec::new()
        } else {
            vec![Condition::All(vec![Condition::IsNull(column), later(rest, values)])]
        };
        return Condition::Any(std::iter::once(Condition::NotNull(column)).chain(tie).collect());
    }
    let beyond = Condition::Above(column, value.clone());
    if rest.is_empty() {
        return beyond;
    }
    let tie = Condition::All(vec![Condition::Is(column, value.clone()), later(rest, values)]);
    Condition::All(vec![Condition::AtLeast(column, value.clone()), Condition::Any(vec![beyond, tie])])
}

struct Writer<'a> {
    table: &'a Table,
    text: String,
    parameters: Vec<Cell>,
}

impl Writer<'_> {
    /// A name in quotes; a column as the ERP itself spells it.
    fn name(&mut self, name: &str) {
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

    /// A value in the column's own type: otherwise the server would convert the whole column to the value's
    /// type, lose its index, and fail at the first value that cannot be converted.
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
            // Text with an exponent can be cast to these two only, and without one it would be hundreds of
            // digits.
            Cell::Real(number) if matches!(sql_type.as_str(), "float" | "real") => {
                self.parameter(Cell::Text(format!("{number:e}")))
            }
            // With a blank in the place of the T, or without a time, the two old types take day and month in
            // the order of the login's language.
            Cell::Text(text) if matches!(class, Class::DateTime | Class::SmallDateTime) => {
                let at = time(text).map(|(at, _)| at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string());
                self.parameter(Cell::Text(at.unwrap_or_else(|| text.clone())));
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
            Condition::Reads { column, text, whole } => self.reads(column, text, *whole),
            Condition::Any(all) => self.joined(all, " OR ", "1 = 0"),
            Condition::All(all) => self.joined(all, " AND ", "1 = 1"),
        }
    }

    fn reads(&mut self, column: &'static str, text: &str, whole: bool) {
        let length = text.chars().count();
        match self.table.class(column) {
            Class::Loose => {
                self.text.push_str(if whole { "TRIM(CAST(" } else { "SUBSTR(TRIM(CAST(" });
                self.name(column);
                // Tabs, line ends and no-break spaces are blanks too.
                self.text.push_str(" AS TEXT), ");
                self.parameter(Cell::Text(BLANKS.iter().collect()));
                self.text.push(')');
                if !whole {
                    let _ = write!(self.text, ", 1, {length})");
                }
                self.text.push_str(" = ");
                self.parameter(Cell::Text(text.to_owned()));
            }
            Class::Text => {
                self.text.push_str(if whole { "" } else { "LEFT(" });
                self.text.push_str("LTRIM(RTRIM(");
                self.text.push_str(&"REPLACE(".repeat(BLANKS.len() - 1));
                self.name(column);
                for blank in &BLANKS[1..] {
                    let _ = write!(self.text, ", NCHAR({}), N' ')", u32::from(*blank));
                }
                self.text.push_str("))");
                if !whole {
                    let _ = write!(self.text, ", {length})");
                }
                self.text.push_str(" = ");
                self.parameter(Cell::Text(
                    text.chars().map(|c| if BLANKS.contains(&c) { ' ' } else { c }).collect(),
                ));
            }
            Class::Date
            | Class::SmallDateTime
            | Class::DateTime
            | Class::DateTime2
            | Class::DateTimeOffset
                if !whole =>
            {
                self.text.push_str("CAST(");
                self.name(column);
                self.text.push_str(" AS date) = CAST(");
                self.parameter(Cell::Text(text.to_owned()));
                self.text.push_str(" AS date)");
            }
            _ => self.compare(column, " = ", &Cell::Text(text.to_owned())),
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

/// What the legacy database leaves around values; the plain blank first.
const BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\u{a0}'];

#[cfg(test)]
mod tests {
    use super::super::TableColumn;
    use super::*;
    use warehouse::sources::{RUN_NUMBERS, RUN_SHEETS, TRANSACTIONS};

    fn table(dialect: Dialect, columns: &[(&str, &str, Class)]) -> Table {
        let column = |(name, sql_type, class): &(&str, &str, Class)| TableColumn {
            name: (*name).to_owned(),
            sql_type: (*sql_type).to_owned(),
            class: *class,
            nullable: true,
        };
        Table { dialect, columns: columns.iter().map(column).collect(), indexes: Vec::new() }
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn a_page_goes_on_after_the_last_row_of_the_one_before() {
        let select = Select {
            source: &RUN_SHEETS,
            columns: vec!["run_number", "updated_at"],
            conditions: vec![Condition::AtLeast("updated_at", text("2026-11-01"))],
            order: vec!["updated_at", "run_number"],
            after: Some(vec![text("2026-11-02"), text("7")]),
            limit: 10,
        };
        let loose = [("run_number", "", Class::Loose), ("updated_at", "", Class::Loose)];
        let statement = select.statement(&table(Dialect::Sqlite, &loose)).unwrap();
        assert_eq!(
            statement.text,
            "SELECT \"run_number\", \"updated_at\" FROM \"run_sheets\" WHERE (\"updated_at\" >= ?1 AND (\"updated_at\" >= ?2 AND \
             (\"updated_at\" > ?3 OR (\"updated_at\" = ?4 AND \"run_number\" > ?5)))) ORDER BY \"updated_at\", \"run_number\" LIMIT 10"
        );
        assert_eq!(statement.parameters.len(), 5);
    }

    #[test]
    fn on_sql_server_every_value_is_compared_in_the_columns_own_type() {
        let select = Select {
            source: &TRANSACTIONS,
            columns: vec!["TransNo", "RunNumber"],
            conditions: vec![Condition::NotNull("TransNo")],
            order: vec!["TransDate", "TransNo"],
            after: Some(vec![text("2026-11-02 10:00:00.003"), Cell::Int(7)]),
            limit: 10,
        };
        let typed = table(
            Dialect::SqlServer,
            &[
                ("TRANSNO", "bigint", Class::Other),
                ("RunNumber", "nvarchar(50)", Class::Text),
                ("TransDate", "datetime", Class::DateTime),
            ],
        );
        let statement = select.statement(&typed).unwrap();
        assert_eq!(
            statement.text,
            "SELECT TOP (10) WITH TIES [TRANSNO], [RunNumber] FROM [dbo].[SI_OCM_TRANS] WHERE ([TRANSNO] IS NOT NULL AND \
             ([TransDate] >= CAST(@P1 AS datetime) AND ([TransDate] > CAST(@P2 AS datetime) OR ([TransDate] = CAST(@P3 AS datetime) AND \
             [TRANSNO] > CAST(@P4 AS bigint))))) ORDER BY [TransDate], [TRANSNO]"
        );
        assert_eq!(statement.parameters[3], text("7"));
        assert!(
            select
                .statement_of_bytes(&typed)
                .unwrap()
                .text
                .starts_with("SELECT TOP (10) WITH TIES [TRANSNO], CAST(CAST([RunNumber] AS nvarchar(max)) AS varbinary(max)) FROM")
        );
    }

    #[test]
    fn values_stand_in_parameters_only() {
        let evil = "'; DROP TABLE RunNumber; --";
        let conditions = vec![Condition::Any(vec![
            Condition::Is("RunNumber", text(evil)),
            Condition::Reads { column: "RunNumber", text: evil.into(), whole: true },
            Condition::Reads { column: "ProductionDate", text: "2026-11-02".into(), whole: false },
        ])];
        let select = Select {
            source: &RUN_NUMBERS,
            columns: vec!["RunNumber"],
            conditions,
            order: vec![],
            after: None,
            limit: 1,
        };
        let loose =
            table(Dialect::Sqlite, &[("RunNumber", "", Class::Loose), ("ProductionDate", "", Class::Loose)]);
        let typed = table(
            Dialect::SqlServer,
            &[("RunNumber", "nvarchar(50)", Class::Text), ("ProductionDate", "date", Class::Date)],
        );
        let legacy = table(
            Dialect::SqlServer,
            &[("RunNumber", "varchar(50)", Class::Text), ("ProductionDate", "varchar(20)", Class::Text)],
        );
        for table in [loose, typed, legacy] {
            let statement = select.statement(&table).unwrap();
            assert!(!statement.text.contains("DROP"), "{}", statement.text);
            assert!(statement.parameters.iter().filter(|cell| **cell == text(evil)).count() == 2);
        }
    }
}
