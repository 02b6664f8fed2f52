//! The SQLite file of the sandbox factory. It is opened read-only. However long the load takes, it reads the
//! file as it was at one moment.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, Statement};
use warehouse::sources::Source;

use crate::column::Candidates;
use crate::schema::Table;
use crate::sql_type::{SqlType, Value};

#[derive(Debug)]
pub struct Erp {
    connection: Connection,
}

/// What a table of the file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    pub rows: u64,
    /// For each declared column, the type that holds all its values as they are.
    pub types: Vec<SqlType>,
}

/// Why the file cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ErpError {
    #[error("`{0}` is not there: make it with `tideline sandbox --out {0}`")]
    Missing(PathBuf),
    /// SQLite cannot read the file, or the file lacks a table or a column.
    #[error("the sandbox's SQLite file cannot be read: {0}")]
    Unreadable(#[from] rusqlite::Error),
    #[error(
        "`{table}.{column}` holds bytes that are no text, or a key or stamp of more than 400 characters: SQL Server cannot hold it as it is"
    )]
    Unloadable { table: &'static str, column: &'static str },
}

impl Erp {
    pub fn open(path: &Path) -> Result<Self, ErpError> {
        if !path.is_file() {
            return Err(ErpError::Missing(path.to_owned()));
        }
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        // A transaction sees one state, even of a sandbox that is kept producing.
        connection.execute_batch("PRAGMA busy_timeout = 5000; BEGIN; SELECT count(*) FROM sqlite_master")?;
        Ok(Self { connection })
    }

    /// Looks at every value of a table.
    pub fn survey(&self, table: &Table) -> Result<Survey, ErpError> {
        let source = table.source;
        let indexed = [Some(source.watermark), source.watermark_until_changed];
        let is_indexed = |name| source.key.contains(&name) || indexed.contains(&Some(name));
        let mut columns: Vec<Candidates> = source
            .columns
            .iter()
            .zip(&table.types)
            .map(|(column, declared)| Candidates::new(*declared, is_indexed(column.source)))
            .collect();
        let mut statement = self.select(source)?;
        let mut found = statement.query([])?;
        let mut rows = 0;
        while let Some(row) = found.next()? {
            rows += 1;
            for (n, column) in columns.iter_mut().enumerate() {
                column.see(row.get_ref(n)?);
            }
        }
        let unloadable = |column: &'static str| ErpError::Unloadable { table: source.table, column };
        let types = columns
            .iter()
            .zip(source.columns)
            .map(|(candidates, column)| candidates.best().ok_or_else(|| unloadable(column.source)));
        Ok(Survey { rows, types: types.collect::<Result<_, _>>()? })
    }

    /// Selects all declared columns of all rows.
    pub fn select(&self, source: &Source) -> Result<Statement<'_>, ErpError> {
        let columns: Vec<String> =
            source.columns.iter().map(|column| format!("\"{}\"", column.source)).collect();
        Ok(self.connection.prepare(&format!("SELECT {} FROM \"{}\"", columns.join(", "), source.table))?)
    }
}

/// Adds the values of a row, each for a column of its surveyed type.
pub fn add_values(
    source: &Source,
    row: &rusqlite::Row<'_>,
    types: &[SqlType],
    values: &mut Vec<Value>,
) -> Result<(), ErpError> {
    for (n, sql_type) in types.iter().enumerate() {
        let value = sql_type.value(row.get_ref(n)?);
        values.push(
            value.ok_or(ErpError::Unloadable { table: source.table, column: source.columns[n].source })?,
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_or_no_database_or_no_sandbox_is_said_so() {
        let missing = Erp::open(Path::new("no/such.db")).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "`no/such.db` is not there: make it with `tideline sandbox --out no/such.db`"
        );
        let text = Erp::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap_err();
        assert_eq!(text.to_string(), "the sandbox's SQLite file cannot be read: file is not a database");
    }
}
