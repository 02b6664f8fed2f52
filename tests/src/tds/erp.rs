//! The SQLite file as tables of SQL Server. The file is opened read-only. A table is read as a whole and kept
//! as long as the file does not change.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use warehouse::sources::{ALL, Source};

use super::column_types::{Raw, decide, declared, fit, force, units_of};
use super::error::ServerError;
use super::types::SqlType;
use super::value::Value;

/// A column of a table or of an answer.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: SqlType,
    pub(super) nullable: bool,
}

/// A table with its rows.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Value>>,
}

#[derive(Debug)]
pub(super) struct Erp {
    path: PathBuf,
    open: Option<Open>,
    forced: HashMap<(String, String), SqlType>,
    /// The names of tables that are synonyms, each with the object that it stands for.
    pub(super) synonyms: BTreeMap<&'static str, String>,
    /// The tables that the login may not see.
    pub(super) hidden: BTreeSet<&'static str>,
}

/// The open file and what was read of it. Each table comes with the version of the file that it was read
/// from.
#[derive(Debug)]
struct Open {
    connection: Connection,
    identity: (u64, u64),
    /// The types of each table's columns, and the version of the file for which they were decided.
    types: HashMap<&'static str, (i64, Vec<SqlType>)>,
    loaded: HashMap<&'static str, (i64, Arc<Table>)>,
}

impl Erp {
    /// The ERP in this file, which need not exist yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, open: None, forced: HashMap::new(), synonyms: BTreeMap::new(), hidden: BTreeSet::new() }
    }

    /// Gives a column a type that a test chose.
    pub(super) fn force(&mut self, table: &str, column: &str, ty: SqlType) {
        self.forced.insert((table.to_owned(), column.to_owned()), ty);
        self.open = None;
    }

    /// The declaration of a table, if the file has that table and its schema is this one.
    pub(super) fn source(
        &mut self,
        schema: &str,
        table: &str,
    ) -> Result<Option<&'static Source>, ServerError> {
        let same = |source: &&Source| {
            source.owner.schema().eq_ignore_ascii_case(schema) && source.table.eq_ignore_ascii_case(table)
        };
        let Some(source) = ALL.into_iter().find(same) else { return Ok(None) };
        Ok(self.kind(source)?.filter(|_| !self.hidden.contains(source.table)).map(|_| source))
    }

    /// Whether the file has a `table` or a `view` of this name.
    pub(super) fn kind(&mut self, source: &Source) -> Result<Option<String>, ServerError> {
        let kind =
            "SELECT type FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE";
        self.structure(|connection| {
            let mut kinds = connection.prepare_cached(kind)?;
            kinds.query_map([source.table], |row| row.get(0))?.next().transpose()
        })
    }

    pub(super) fn table(&mut self, source: &'static Source) -> Result<Arc<Table>, ServerError> {
        let forced = self.forced.clone();
        let open = self.opened()?;
        let version = open.version()?;
        if let Some((loaded, table)) = open.loaded.get(source.table)
            && *loaded == version
        {
            return Ok(Arc::clone(table));
        }
        let table = Arc::new(open.load(source, version, &forced)?);
        open.loaded.insert(source.table, (version, Arc::clone(&table)));
        Ok(table)
    }

    /// Forgets the types of a table if the file has changed since they were decided.
    pub(super) fn decide_again(&mut self, source: &'static Source) -> Result<(), ServerError> {
        let open = self.opened()?;
        let version = open.version()?;
        if open.types.get(source.table).is_some_and(|(decided, _)| *decided != version) {
            open.types.remove(source.table);
            open.loaded.remove(source.table);
        }
        Ok(())
    }

    /// Reads something about the structure of the file.
    pub(super) fn structure<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ServerError> {
        read(&self.opened()?.connection).map_err(|error| failed(&error))
    }

    /// The open file. It is opened again if another file has taken its place.
    fn opened(&mut self) -> Result<&mut Open, ServerError> {
        let identity = identity(&self.path)?;
        let open = match self.open.take() {
            Some(open) if open.identity == identity => open,
            _ => {
                let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)
                    .map_err(|error| failed(&error))?;
                connection.busy_timeout(Duration::from_secs(10)).map_err(|error| failed(&error))?;
                connection.pragma_update(None, "query_only", true).map_err(|error| failed(&error))?;
                Open { connection, identity, types: HashMap::new(), loaded: HashMap::new() }
            }
        };
        Ok(self.open.insert(open))
    }
}

impl Open {
    /// The version of the file: a number that changes whenever another program changes the file.
    fn version(&self) -> Result<i64, ServerError> {
        self.connection.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(|error| failed(&error))
    }

    fn load(
        &mut self,
        source: &'static Source,
        version: i64,
        forced: &HashMap<(String, String), SqlType>,
    ) -> Result<Table, ServerError> {
        let (names, cells) = read(&self.connection, source.table).map_err(|error| failed(&error))?;
        let height = cells.first().map_or(0, Vec::len);
        let kept =
            self.types.get(source.table).map(|(_, types)| types).filter(|types| types.len() == names.len());
        let mut table = Table { columns: Vec::new(), rows: vec![Vec::with_capacity(names.len()); height] };
        for (i, (name, cells)) in names.into_iter().zip(&cells).enumerate() {
            let declared = declared(source.table, &name);
            let forced = forced.get(&(source.table.to_owned(), name.clone()));
            let (ty, values) = match (forced, kept) {
                (Some(ty), _) => {
                    (*ty, cells.iter().map(|raw| force(raw, *ty)).collect::<Result<Vec<_>, _>>()?)
                }
                (None, Some(kept)) => (
                    kept[i],
                    cells
                        .iter()
                        .map(|raw| fit(raw, kept[i]))
                        .collect::<Option<_>>()
                        .ok_or_else(|| changed(&name, kept[i]))?,
                ),
                (None, None) => decide(declared.map(|(ty, _)| ty), cells),
            };
            let nullable = declared.is_none_or(|(_, nullable)| nullable) || values.contains(&Value::Null);
            table.columns.push(Column { name, ty, nullable });
            for (row, value) in table.rows.iter_mut().zip(values) {
                row.push(value);
            }
        }
        if kept.is_none() {
            self.types
                .insert(source.table, (version, table.columns.iter().map(|column| column.ty).collect()));
        }
        Ok(table)
    }
}

/// The names of a table's columns and all its cells, column by column.
fn read(connection: &Connection, table: &str) -> rusqlite::Result<(Vec<String>, Vec<Vec<Raw>>)> {
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut cells = vec![Vec::new(); names.len()];
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for (i, column) in cells.iter_mut().enumerate() {
            column.push(match row.get_ref(i)? {
                ValueRef::Null => Raw::Null,
                ValueRef::Integer(number) => Raw::Int(number),
                ValueRef::Real(number) => Raw::Real(number),
                ValueRef::Text(bytes) => Raw::Text(units_of(bytes)),
                ValueRef::Blob(bytes) => Raw::Bytes(bytes.to_vec()),
            });
        }
    }
    Ok((names, cells))
}

fn identity(path: &Path) -> Result<(u64, u64), ServerError> {
    let missing = |_| ServerError::no_database(super::DATABASE);
    std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).map_err(missing)
}

fn changed(column: &str, ty: SqlType) -> ServerError {
    let message = format!(
        "the test endpoint's column {column} holds a value that no longer fits {ty}: ask INFORMATION_SCHEMA.COLUMNS again"
    );
    ServerError::new(50_000, 16, message)
}

fn failed(error: &rusqlite::Error) -> ServerError {
    ServerError::new(50_000, 16, format!("the test endpoint could not read its SQLite file: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_cannot_be_written_even_by_one_who_holds_its_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erp.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE RunNumber (RunNumber)").unwrap();
        let mut erp = Erp::new(path);
        for sql in [
            "INSERT INTO RunNumber VALUES ('R1')",
            "DROP TABLE RunNumber",
            "CREATE TABLE other (n)",
            "PRAGMA user_version = 7",
        ] {
            let error = erp.structure(|connection| connection.execute(sql, [])).expect_err(sql);
            assert!(error.message.contains("readonly"), "{sql}: {error:?}");
        }
    }
}
