//! What the server's catalogue says of our tables: their columns and indexes, asked of all tables at once.

use std::collections::HashMap;

use chrono_tz::Tz;
use warehouse::sources::{ALL, Source};

use super::super::{Cell, Class, Dialect, ErpError, Statement, Table, TableColumn};

const COLUMNS: &str = "SELECT [TABLE_SCHEMA], [TABLE_NAME], [COLUMN_NAME], [DATA_TYPE], [CHARACTER_MAXIMUM_LENGTH], [NUMERIC_PRECISION], \
    [NUMERIC_SCALE], [DATETIME_PRECISION], [IS_NULLABLE] FROM [INFORMATION_SCHEMA].[COLUMNS] WHERE ";

/// The columns of indexes. Disabled indexes are left out because nothing uses them, filtered ones because they
/// do not hold every row, and hypothetical ones, which the tuning advisor leaves behind, because they hold none.
const INDEXES: &str = "SELECT [s].[name], [t].[name], [i].[index_id], [i].[key_ordinal], [c].[name] FROM [sys].[schemas] AS [s] \
    JOIN [sys].[objects] AS [t] ON [t].[schema_id] = [s].[schema_id] \
    JOIN [sys].[indexes] AS [x] ON [x].[object_id] = [t].[object_id] \
    JOIN [sys].[index_columns] AS [i] ON [i].[object_id] = [x].[object_id] AND [i].[index_id] = [x].[index_id] \
    JOIN [sys].[columns] AS [c] ON [c].[object_id] = [i].[object_id] AND [c].[column_id] = [i].[column_id] \
    WHERE [i].[key_ordinal] > 0 AND [x].[is_disabled] = 0 AND [x].[has_filter] = 0 AND [x].[is_hypothetical] = 0 AND ";

/// The statement about all columns.
pub(super) fn columns() -> Result<Statement, ErpError> {
    about_our_tables(COLUMNS, "[TABLE_SCHEMA]", "[TABLE_NAME]")
}

/// The statement about all indexes.
pub(super) fn indexes() -> Result<Statement, ErpError> {
    about_our_tables(INDEXES, "[s].[name]", "[t].[name]")
}

fn about_our_tables(asked: &str, schema: &str, table: &str) -> Result<Statement, ErpError> {
    let mut parameters = Vec::new();
    let mut is = |column: &str, value: &str| {
        parameters.push(Cell::Text(value.to_owned()));
        format!("{column} = @P{}", parameters.len())
    };
    let ours: Vec<String> = ALL
        .iter()
        .map(|source| format!("({} AND {})", is(schema, source.owner.schema()), is(table, source.table)))
        .collect();
    Statement::new(Dialect::SqlServer, format!("{asked}({})", ours.join(" OR ")), parameters)
}

/// The tables that the two answers describe.
pub(super) fn tables(
    columns: &[Vec<Cell>],
    mut indexes: Vec<Vec<Cell>>,
    factory_tz: Tz,
) -> HashMap<&'static str, Table> {
    indexes.sort_by_key(|row| (number(&row[2]), number(&row[3])));
    let mut tables = HashMap::new();
    for source in ALL {
        let columns: Vec<TableColumn> =
            columns.iter().filter(|row| is_of(source, row)).map(|row| column(&row[2..])).collect();
        if columns.is_empty() {
            continue;
        }
        let parts: Vec<&Vec<Cell>> = indexes.iter().filter(|row| is_of(source, row)).collect();
        let indexes = parts
            .chunk_by(|a, b| a[2] == b[2])
            .map(|parts| parts.iter().map(|row| row[4].to_string()).collect())
            .collect();
        tables.insert(source.table, Table { dialect: Dialect::SqlServer, factory_tz, columns, indexes });
    }
    tables
}

/// Whether a row of the catalogue is about this table. Names are compared as the server does it.
fn is_of(source: &Source, row: &[Cell]) -> bool {
    row[0].to_string().eq_ignore_ascii_case(source.owner.schema())
        && row[1].to_string().eq_ignore_ascii_case(source.table)
}

fn number(cell: &Cell) -> i64 {
    if let Cell::Int(value) = cell { *value } else { 0 }
}

/// A column as the catalogue describes it.
fn column(row: &[Cell]) -> TableColumn {
    let name = row[1].to_string().to_ascii_lowercase();
    let length = || if number(&row[2]) < 0 { "max".to_owned() } else { number(&row[2]).to_string() };
    let (class, sql_type) = match name.as_str() {
        "char" | "varchar" | "nchar" | "nvarchar" => (Class::Text, format!("{name}({})", length())),
        "text" => (Class::Text, "varchar(max)".to_owned()),
        "ntext" | "xml" => (Class::Text, "nvarchar(max)".to_owned()),
        "date" => (Class::Date, name),
        "smalldatetime" => (Class::SmallDateTime, name),
        "datetime" => (Class::DateTime, name),
        "datetime2" => (Class::DateTime2, format!("datetime2({})", number(&row[5]))),
        "datetimeoffset" => (Class::DateTimeOffset, format!("datetimeoffset({})", number(&row[5]))),
        "decimal" | "numeric" => (Class::Other, format!("{name}({}, {})", number(&row[3]), number(&row[4]))),
        "binary" | "varbinary" => (Class::Other, format!("{name}({})", length())),
        _ => (Class::Other, name),
    };
    TableColumn { name: row[0].to_string(), sql_type, class, nullable: row[6] != Cell::Text("NO".to_owned()) }
}
