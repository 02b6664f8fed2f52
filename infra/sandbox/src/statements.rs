//! The statements that are sent to the server. Their names are those of the declared source tables, and their
//! values are parameters.

use warehouse::sources::Source;

use crate::sql_type::SqlType;

/// SQL Server accepts at most 2,100 parameters in a statement, including two of its own.
const MAX_PARAMETERS: usize = 2000;

/// The name of the table on the server.
pub fn table_name(source: &Source) -> String {
    format!("[{}].[{}]", source.owner.schema(), source.table)
}

/// Makes a table without a primary key. So it can hold rows without a key, and rows whose keys differ in the
/// file but are equal to the server (`tr-7` and `TR-7 `).
pub fn create_table(source: &Source, types: &[SqlType]) -> String {
    let columns: Vec<String> = source
        .columns
        .iter()
        .zip(types)
        .map(|(column, sql_type)| format!("    [{}] {sql_type} NULL", column.source))
        .collect();
    format!("CREATE TABLE {} (\n{}\n);", table_name(source), columns.join(",\n"))
}

/// Makes the index that a primary key would have made: clustered, over the same columns.
pub fn create_key_index(source: &Source) -> String {
    format!(
        "CREATE CLUSTERED INDEX [CX_{}] ON {} ({});",
        source.table,
        table_name(source),
        names(source.key.iter().copied())
    )
}

/// How many rows of a table go into one statement.
pub fn rows_per_insert(source: &Source) -> usize {
    MAX_PARAMETERS / source.columns.len()
}

/// Inserts so many rows. The parameters are the values of one row after the other.
pub fn insert(source: &Source, types: &[SqlType], rows: usize) -> String {
    let mut parameter = 0;
    let mut next = |sql_type: &SqlType| {
        parameter += 1;
        match sql_type {
            SqlType::Decimal(..) => format!("CAST(@P{parameter} AS {sql_type})"),
            _ => format!("@P{parameter}"),
        }
    };
    let rows: Vec<String> = (0..rows)
        .map(|_| format!("({})", types.iter().map(&mut next).collect::<Vec<_>>().join(", ")))
        .collect();
    let columns = names(source.columns.iter().map(|column| column.source));
    format!("INSERT INTO {} ({columns}) VALUES {};", table_name(source), rows.join(", "))
}

fn names(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("[{name}]")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use warehouse::sources::{ALL, RUN_SHEETS, TEMPERATURE_LOGS};

    #[test]
    fn statements_read_as_expected() {
        let types: Vec<SqlType> = [
            "bigint",
            "nvarchar(200)",
            "datetime2(3)",
            "decimal(12, 3)",
            "nvarchar(max)",
            "float",
            "nvarchar(200)",
            "datetime2(3)",
        ]
        .map(|text| text.parse().unwrap())
        .to_vec();
        assert_eq!(
            insert(&TEMPERATURE_LOGS, &types, 2),
            "INSERT INTO [production].[temperature_logs] ([log_id], [location], [reading_time], [temp_celsius], [target_min], [target_max], [recorded_by], \
             [updated_at]) VALUES (@P1, @P2, @P3, CAST(@P4 AS decimal(12, 3)), @P5, @P6, @P7, @P8), \
             (@P9, @P10, @P11, CAST(@P12 AS decimal(12, 3)), @P13, @P14, @P15, @P16);"
        );
        assert!(
            create_table(&TEMPERATURE_LOGS, &types)
                .starts_with("CREATE TABLE [production].[temperature_logs] (\n    [log_id] bigint NULL,\n")
        );
        assert_eq!(
            create_key_index(&RUN_SHEETS),
            "CREATE CLUSTERED INDEX [CX_run_sheets] ON [production].[run_sheets] ([run_number], [production_date]);"
        );
    }

    #[test]
    fn no_statement_has_more_rows_or_parameters_than_the_server_takes() {
        for source in ALL {
            let rows = rows_per_insert(source);
            assert!((1..=1000).contains(&rows) && rows * source.columns.len() <= 2098, "{}", source.table);
        }
    }
}
