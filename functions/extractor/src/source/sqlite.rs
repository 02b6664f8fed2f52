//! A SQLite copy of the ERP, for development and the sandbox factory. It is opened read-only.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};
use warehouse::sources::Source;

use super::{Cell, Dialect, Erp, ErpError, Statement};

/// How long a statement waits for a writer to finish.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A SQLite file, read-only.
#[derive(Debug)]
pub struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the file and reads its first page, so that what is no database is found at once.
    pub async fn open(path: &str) -> Result<Self, ErpError> {
        let path = PathBuf::from(path);
        let opened = path.clone();
        let connection = blocking(move || connect(&opened)).await?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), path })
    }

    async fn with<T: Send + 'static>(
        &self,
        table: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ErpError> {
        let (connection, path) = (Arc::clone(&self.connection), self.path.clone());
        blocking(move || {
            let connection = connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            read(&connection).map_err(|error| explain(&path, Some(table), &error))
        })
        .await
    }
}

#[async_trait]
impl Erp for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn columns(&self, source: &'static Source) -> Result<Option<Vec<String>>, ErpError> {
        self.with(source.table, move |connection| {
            let mut statement = connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
            let names: Vec<String> = statement.query_map([source.table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(if names.is_empty() { None } else { Some(names) })
        })
        .await
    }

    async fn rows(&self, source: &'static Source, statement: Statement) -> Result<Vec<Vec<Cell>>, ErpError> {
        self.with(source.table, move |connection| {
            let mut prepared = connection.prepare_cached(&statement.text)?;
            let width = prepared.column_count();
            let parameters = statement.parameters.into_iter().map(|cell| match cell {
                Cell::Null => rusqlite::types::Value::Null,
                Cell::Int(value) => value.into(),
                Cell::Real(value) => value.into(),
                Cell::Text(value) => value.into(),
                Cell::Blob(value) => value.into(),
            });
            let mut found = prepared.query(params_from_iter(parameters))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                rows.push((0..width).map(|i| row.get_ref(i).map(cell)).collect::<rusqlite::Result<Vec<_>>>()?);
            }
            Ok(rows)
        })
        .await
    }
}

fn connect(path: &Path) -> Result<Connection, ErpError> {
    if !path.exists() {
        return Err(ErpError::Unreachable(format!(
            "the ERP file `{}` does not exist: set SOURCE_DB, or make a sandbox factory with `tideline sandbox`",
            path.display()
        )));
    }
    if path.is_dir() {
        return Err(ErpError::Unreachable(format!("the ERP file `{}` is a folder: SOURCE_DB must name a SQLite file", path.display())));
    }
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.query_row("SELECT COUNT(*) FROM sqlite_master", [], |_| Ok(()))?;
        Ok(connection)
    };
    open().map_err(|error| explain(path, None, &error))
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_or_else(|_| Cell::Blob(bytes.to_vec()), |text| Cell::Text(text.to_owned())),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

fn explain(path: &Path, table: Option<&'static str>, error: &rusqlite::Error) -> ErpError {
    let file = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ErpError::Busy(format!("the ERP file `{file}` is locked by another program: close it there, or try again later"))
        }
        Some(ErrorCode::NotADatabase) => ErpError::Unreachable(format!("the ERP file `{file}` is not a SQLite database: check SOURCE_DB")),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            ErpError::Unreachable(format!("the ERP file `{file}` cannot be opened: check that this user may read it ({error})"))
        }
        Some(ErrorCode::DatabaseCorrupt) => ErpError::Unreachable(format!("the ERP file `{file}` is damaged ({error})")),
        _ => match table {
            Some(table) => ErpError::Statement { table, reason: error.to_string() },
            None => ErpError::Unreachable(format!("the ERP file `{file}` cannot be read: {error}")),
        },
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, ErpError> + Send + 'static) -> Result<T, ErpError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(ErpError::Unreachable("reading the ERP was interrupted".to_owned())))
}
