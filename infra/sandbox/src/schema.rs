//! `infra/sql/schema.sql`, taken apart for the set-up: the column types and the indexes of each source table.

use sqlparser::ast::Statement;
use sqlparser::dialect::MsSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use warehouse::sources::{ALL, Source};

use crate::script::batches;
use crate::sql_type::SqlType;

pub const SCHEMA_SQL: &str = include_str!("../../sql/schema.sql");

#[derive(Debug)]
pub struct Schema {
    /// The batches that make no table. They run first.
    pub before_tables: Vec<String>,
    pub tables: Vec<Table>,
}

#[derive(Debug)]
pub struct Table {
    pub source: &'static Source,
    /// The type of each declared column.
    pub types: Vec<SqlType>,
    /// The statements that make the indexes, except for the one on the key.
    pub indexes: Vec<String>,
}

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error("schema.sql cannot be read: {0}")]
    Syntax(#[from] ParserError),
    #[error("schema.sql makes no table `{0}`")]
    NoTable(&'static str),
    #[error("in schema.sql the table `{table}` has no column `{column}` of a known type")]
    NoColumn { table: &'static str, column: &'static str },
}

impl Schema {
    /// Reads a schema. It must have all source tables.
    pub fn read(sql: &str) -> Result<Self, SchemaError> {
        let (mut before_tables, mut made) = (Vec::new(), Vec::new());
        for batch in batches(sql) {
            let statements = Parser::parse_sql(&MsSqlDialect {}, &batch)?;
            if statements.iter().any(|statement| matches!(statement, Statement::CreateTable(_))) {
                made.push(statements);
            } else {
                before_tables.push(batch);
            }
        }
        let tables = ALL.into_iter().map(|source| table(source, &made)).collect::<Result<_, _>>()?;
        Ok(Self { before_tables, tables })
    }
}

fn table(source: &'static Source, made: &[Vec<Statement>]) -> Result<Table, SchemaError> {
    let name = format!("[{}].[{}]", source.owner.schema(), source.table);
    let found = made.iter().find_map(|statements| {
        let create = statements.iter().find_map(|statement| match statement {
            Statement::CreateTable(create) if create.name.to_string() == name => Some(create),
            _ => None,
        });
        create.map(|create| (create, statements))
    });
    let (create, statements) = found.ok_or(SchemaError::NoTable(source.table))?;
    let type_of = |column: &'static str| {
        let declared = create.columns.iter().find(|declared| declared.name.value == column);
        declared
            .and_then(|declared| declared.data_type.to_string().parse().ok())
            .ok_or(SchemaError::NoColumn { table: source.table, column })
    };
    Ok(Table {
        source,
        types: source.columns.iter().map(|column| type_of(column.source)).collect::<Result<_, _>>()?,
        indexes: statements
            .iter()
            .filter(|statement| matches!(statement, Statement::CreateIndex(_)))
            .map(ToString::to_string)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use warehouse::sources::{Kind, Owner};

    #[test]
    fn the_schema_gives_each_column_a_type_for_what_it_holds() {
        let schema = Schema::read(SCHEMA_SQL).unwrap();
        assert_eq!(
            schema.before_tables.iter().map(|batch| batch.lines().last().unwrap()).collect::<Vec<_>>(),
            ["CREATE SCHEMA production;"]
        );
        for table in schema.tables {
            for (column, sql_type) in table.source.columns.iter().zip(&table.types) {
                let fits = match column.kind {
                    Kind::Text => matches!(sql_type, SqlType::Text(_)),
                    Kind::Whole => matches!(sql_type, SqlType::Int | SqlType::BigInt),
                    Kind::Number | Kind::Signed => matches!(sql_type, SqlType::Decimal(..)),
                    Kind::Flag => *sql_type == SqlType::Bit,
                    Kind::Date => *sql_type == SqlType::Date,
                    // The weighing system is older than datetime2.
                    Kind::Time if table.source.owner == Owner::Erp => *sql_type == SqlType::DateTime,
                    Kind::Time => *sql_type == SqlType::DateTime2(3),
                };
                assert!(fits, "{}.{} is {sql_type}", table.source.table, column.source);
            }
            let stamps = 1 + usize::from(table.source.watermark_until_changed.is_some());
            assert_eq!(table.indexes.len(), stamps, "{}", table.source.table);
        }
    }

    #[test]
    fn a_schema_that_lacks_something_is_refused_by_name() {
        let refused = |sql: &str| Schema::read(sql).unwrap_err().to_string();
        assert_eq!(refused("CREATE TABLE [dbo].[Other] ([x] int);"), "schema.sql makes no table `RunNumber`");
        assert_eq!(
            refused(&SCHEMA_SQL.replace("[Tare] decimal(12, 3)", "[Tare] money")),
            column("SI_OCM_TRANS", "Tare")
        );
        assert_eq!(refused(&SCHEMA_SQL.replace("[line_name]", "[name]")), column("prod_lines", "line_name"));
        assert!(refused("CREATE TABLE").starts_with("schema.sql cannot be read"));
    }

    fn column(table: &str, column: &str) -> String {
        format!("in schema.sql the table `{table}` has no column `{column}` of a known type")
    }
}
