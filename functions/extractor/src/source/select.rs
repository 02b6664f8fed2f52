//! SELECT statements: explicit columns of one table, conditions on single columns, keyset pages.

use std::fmt::Write as _;

use warehouse::sources::Source;

use super::writer::Writer;
use super::{Cell, Class, Condition, Dialect, ErpError, Statement, Table};

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
    /// Only rows that come after these values in that order. [`Select::ranges`] tells how they are found.
    pub after: Option<Vec<Cell>>,
    /// How many rows at most. More come only if the database takes them for equal to the last one.
    pub limit: usize,
}

/// How text is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextAs {
    Text,
    /// As its bytes in UTF-16.
    Bytes,
}

impl Select {
    /// The selects that find these rows, to be asked one after the other until there are enough rows.
    ///
    /// Each is one range of an index over the columns of the order: first the rows that differ from the place
    /// in the last of these columns alone, then those that differ in the last two, and so on. A single
    /// statement would have to join the ranges by OR. The database would then walk through all rows that are
    /// equal to the place in the first column, page after page, and a table that was filled at one stroke has
    /// one stamp in all its rows.
    pub fn ranges(&self) -> Vec<Self> {
        match &self.after {
            None => vec![self.clone()],
            Some(after) => (0..self.order.len()).rev().map(|beyond| self.range(after, beyond)).collect(),
        }
    }

    /// The rows that are equal to the place in so many columns of the order, and beyond it in the next one.
    fn range(&self, after: &[Cell], beyond: usize) -> Self {
        let bounded = &self.order[..=beyond];
        // A second bound on the same side is left out: the database might begin at the lower one.
        let is_implied = |condition: &&Condition| matches!(condition, Condition::AtLeast(column, _) | Condition::NotNull(column) if bounded.contains(column));
        let kept = self.conditions.iter().filter(|condition| !is_implied(condition)).cloned();
        let bounds = bounded.iter().zip(after).enumerate().map(|(i, (column, value))| match value {
            value if i < beyond => Condition::Is(column, value.clone()),
            // NULL comes first in both databases.
            Cell::Null => Condition::NotNull(column),
            value => Condition::Above(column, value.clone()),
        });
        Self { conditions: kept.chain(bounds).collect(), after: None, ..self.clone() }
    }

    /// Where these columns stand among those that are read.
    pub(crate) fn places_of(&self, names: &[&'static str]) -> Vec<usize> {
        let place = |name: &&'static str| self.columns.iter().position(|column| column == name);
        names.iter().filter_map(place).collect()
    }

    /// All rows that equal this one in the order; `None` if there is no order, or if it goes by columns that
    /// are not read.
    pub fn ties(&self, row: &[Cell]) -> Option<Self> {
        let places = self.places_of(&self.order);
        if places.is_empty() || places.len() < self.order.len() {
            return None;
        }
        let equal = self.order.iter().zip(places).map(|(name, i)| Condition::Is(name, row[i].clone()));
        let conditions = self.conditions.iter().cloned().chain(equal).collect();
        let limit = usize::try_from(i64::MAX).unwrap_or(usize::MAX);
        Some(Self { conditions, after: None, limit, ..self.clone() })
    }

    /// The statement as the table's database spells it.
    pub fn statement(&self, table: &Table) -> Result<Statement, ErpError> {
        self.write(table, TextAs::Text)
    }

    /// The same statement, but text comes as its UTF-16 bytes. So rows can be read whose text is not valid.
    pub fn statement_of_bytes(&self, table: &Table) -> Result<Statement, ErpError> {
        self.write(table, TextAs::Bytes)
    }

    fn write(&self, table: &Table, text_as: TextAs) -> Result<Statement, ErpError> {
        let mut writer = Writer::new(table);
        writer.text.push_str("SELECT ");
        if table.dialect == Dialect::SqlServer {
            // Rows that the server takes for equal in the order (its collation knows no case) must not be
            // divided between two pages.
            let ties = if self.order.is_empty() { "" } else { " WITH TIES" };
            let _ = write!(writer.text, "TOP ({}){ties} ", self.limit);
        }
        for (i, column) in self.columns.iter().enumerate() {
            writer.text.push_str(if i > 0 { ", " } else { "" });
            if text_as == TextAs::Bytes && table.class(column) == Class::Text {
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
        debug_assert!(self.after.is_none(), "a place is reached by ranges");
        if !self.conditions.is_empty() {
            writer.text.push_str(" WHERE ");
            writer.condition(&Condition::All(self.conditions.clone()));
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
        Table {
            dialect,
            factory_tz: chrono_tz::Tz::UTC,
            columns: columns.iter().map(column).collect(),
            indexes: Vec::new(),
        }
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
        let check = |select: &Select, expect: &[&str]| {
            let conditions: Vec<String> = select
                .ranges()
                .iter()
                .map(|range| {
                    let statement = range.statement(&table(Dialect::Sqlite, &loose)).unwrap();
                    assert!(statement.text().ends_with(" ORDER BY \"updated_at\", \"run_number\" LIMIT 10"));
                    let (_, conditions) = statement.text().split_once(" WHERE ").unwrap();
                    conditions.split(" ORDER").next().unwrap().replace('"', "")
                })
                .collect();
            assert_eq!(conditions, expect);
        };
        check(&select, &["(updated_at = ?1 AND run_number > ?2)", "updated_at > ?1"]);
        let below = Condition::Below("updated_at", text("2026-12-01"));
        let conditions = vec![Condition::NotNull("run_number"), below];
        let select = Select { conditions, after: Some(vec![text("2026-11-02"), Cell::Null]), ..select };
        check(
            &select,
            &[
                "(updated_at < ?1 AND updated_at = ?2 AND run_number IS NOT NULL)",
                "(run_number IS NOT NULL AND updated_at < ?1 AND updated_at > ?2)",
            ],
        );
        check(&Select { after: None, ..select }, &["(run_number IS NOT NULL AND updated_at < ?1)"]);
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
        let ranges = select.ranges();
        let statement = ranges[0].statement(&typed).unwrap();
        assert_eq!(
            statement.text(),
            "SELECT TOP (10) WITH TIES [TRANSNO], [RunNumber] FROM [dbo].[SI_OCM_TRANS] WHERE ([TransDate] = CAST(@P1 AS datetime) AND \
             [TRANSNO] > CAST(@P2 AS bigint)) ORDER BY [TransDate], [TRANSNO]"
        );
        assert_eq!(statement.parameters()[1], text("7"));
        assert!(
            ranges[1]
                .statement_of_bytes(&typed)
                .unwrap()
                .text()
                .starts_with("SELECT TOP (10) WITH TIES [TRANSNO], CAST(CAST([RunNumber] AS nvarchar(max)) AS varbinary(max)) FROM")
        );
    }

    #[test]
    fn values_stand_in_parameters_only() {
        let evil = "'; DROP TABLE RunNumber; --";
        let conditions = vec![Condition::Any(vec![
            Condition::Is("RunNumber", text(evil)),
            Condition::Above("RunNumber", text(evil)),
            Condition::Undated("ProductionDate"),
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
            assert!(!statement.text().contains("DROP"), "{}", statement.text());
            assert!(statement.parameters().iter().filter(|cell| **cell == text(evil)).count() == 2);
        }
    }
}
