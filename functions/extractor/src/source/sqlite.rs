//! A SQLite copy of the ERP, for development and the sandbox factory. It is opened read-only.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono_tz::Tz;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};
use warehouse::sources::Source;

use super::page::{PAGE_MAX_BYTES, bytes_of};
use super::{Cell, Class, Dialect, Erp, ErpError, ObjectKind, Page, Select, Statement, Table, TableColumn};

/// How long a statement waits for a writer to finish.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A SQLite file, read-only.
#[derive(Debug)]
pub struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    path: PathBuf,
    factory_tz: Tz,
}

impl Sqlite {
    /// Opens the file and reads its first page, so that a file that is no database is found at once. Times
    /// that name a zone are put on the clock of the factory.
    pub async fn open(path: &Path, factory_tz: Tz) -> Result<Self, ErpError> {
        let path = path.to_owned();
        let opened = path.clone();
        let connection = blocking(move || connect(&opened)).await?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), path, factory_tz })
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
    async fn table(&self, source: &'static Source) -> Result<Option<Table>, ErpError> {
        let about = |function: &str, what: &str| {
            Statement::new(Dialect::Sqlite, format!("SELECT \"{what}\" FROM {function}(?1)"), Vec::new())
        };
        let (columns, indexes, index) = (
            about("pragma_table_info", "name")?,
            about("pragma_index_list", "name")?,
            about("pragma_index_info", "name")?,
        );
        let factory_tz = self.factory_tz;
        self.with(source.table, move |connection| {
            let names = |statement: &Statement, of: &str| -> rusqlite::Result<Vec<Option<String>>> {
                connection.prepare_cached(statement.text())?.query_map([of], |row| row.get(0))?.collect()
            };
            let column =
                |name| TableColumn { name, sql_type: String::new(), class: Class::Loose, nullable: true };
            let columns: Vec<_> = names(&columns, source.table)?.into_iter().flatten().map(column).collect();
            let indexes = names(&indexes, source.table)?.into_iter().flatten().map(|name| {
                // A column without a name is an expression.
                Ok(names(&index, &name)?.into_iter().map(Option::unwrap_or_default).collect())
            });
            let indexes = indexes.collect::<rusqlite::Result<_>>()?;
            Ok(if columns.is_empty() {
                None
            } else {
                Some(Table { dialect: Dialect::Sqlite, factory_tz, columns, indexes })
            })
        })
        .await
    }

    async fn kind(&self, source: &'static Source) -> Result<Option<ObjectKind>, ErpError> {
        let asked = "SELECT \"type\" FROM \"sqlite_master\" WHERE \"name\" = ?1";
        let asked = Statement::new(Dialect::Sqlite, asked, Vec::new())?;
        self.with(source.table, move |connection| {
            let mut prepared = connection.prepare_cached(asked.text())?;
            let mut kinds = prepared.query_map([source.table], |row| row.get::<_, String>(0))?;
            Ok(kinds.next().transpose()?.and_then(|kind| match kind.as_str() {
                "table" => Some(ObjectKind::Table),
                "view" => Some(ObjectKind::View),
                _ => None,
            }))
        })
        .await
    }

    async fn page(&self, table: &Table, select: &Select) -> Result<Page, ErpError> {
        let mut page = Page::default();
        for range in select.ranges() {
            page.add(self.range(table, &range).await?);
            if page.is_full(select) {
                break;
            }
        }
        Ok(page)
    }
}

impl Sqlite {
    async fn range(&self, table: &Table, select: &Select) -> Result<Page, ErpError> {
        let mut page = self.select(table, select, PAGE_MAX_BYTES).await?;
        let last = page.rows.last().filter(|_| page.is_full(select)).cloned();
        let Some((ties, last)) = last.and_then(|last| Some((select.ties(&last)?, last))) else {
            return Ok(page);
        };
        // Rows that are equal in the order stay on one page: the next one begins after them.
        let order = select.places_of(&select.order);
        page.rows.retain(|row| order.iter().any(|i| row[*i] != last[*i]));
        page.rows.extend(self.select(table, &ties, usize::MAX).await?.rows);
        Ok(page)
    }

    /// Reads rows until they hold more than `max_bytes`.
    async fn select(&self, table: &Table, select: &Select, max_bytes: usize) -> Result<Page, ErpError> {
        let (statement, limit) = (select.statement(table)?, select.limit);
        self.with(select.source.table, move |connection| {
            let mut prepared = connection.prepare_cached(statement.text())?;
            let width = prepared.column_count();
            let parameters = statement.parameters().iter().cloned().map(|cell| match cell {
                Cell::Null => rusqlite::types::Value::Null,
                Cell::Int(value) => value.into(),
                Cell::Real(value) => value.into(),
                Cell::Text(value) => value.into(),
                Cell::Time(value) => value.to_string().into(),
                Cell::Blob(value) => value.into(),
            });
            let mut found = prepared.query(params_from_iter(parameters))?;
            let (mut rows, mut size_bytes) = (Vec::new(), 0);
            while let Some(row) = found.next()? {
                let cells =
                    (0..width).map(|i| row.get_ref(i).map(cell)).collect::<rusqlite::Result<Vec<_>>>()?;
                size_bytes += bytes_of(&cells);
                rows.push(cells);
                if size_bytes > max_bytes && rows.len() < limit {
                    return Ok(Page { rows, cut: true });
                }
            }
            Ok(Page { rows, cut: false })
        })
        .await
    }
}

fn connect(path: &Path) -> Result<Connection, ErpError> {
    if !path.exists() {
        return Err(ErpError::Unusable(format!(
            "the ERP file `{}` does not exist: set SOURCE_DB, or make a sandbox factory with `tideline sandbox`",
            path.display()
        )));
    }
    if path.is_dir() {
        return Err(ErpError::Unusable(format!(
            "the ERP file `{}` is a folder: SOURCE_DB must name a SQLite file",
            path.display()
        )));
    }
    // This is read at once, so that a file that is no database is found here.
    let look = Statement::new(Dialect::Sqlite, "SELECT \"name\" FROM \"sqlite_master\" LIMIT 1", Vec::new())?;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.prepare(look.text())?.exists([])?;
        Ok(connection)
    };
    open().map_err(|error| explain(path, None, &error))
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes)
            .map_or_else(|_| Cell::Blob(bytes.to_vec()), |text| Cell::Text(text.to_owned())),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

fn explain(path: &Path, table: Option<&'static str>, error: &rusqlite::Error) -> ErpError {
    let file = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErpError::Unreachable(format!(
            "the ERP file `{file}` is locked by another program: close it there, or try again later"
        )),
        Some(ErrorCode::NotADatabase) => {
            ErpError::Unusable(format!("the ERP file `{file}` is not a SQLite database: check SOURCE_DB"))
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => ErpError::Unusable(format!(
            "the ERP file `{file}` cannot be opened: check that this user may read it ({error})"
        )),
        Some(ErrorCode::DatabaseCorrupt) => {
            ErpError::Unusable(format!("the ERP file `{file}` is damaged ({error})"))
        }
        _ => match table {
            Some(table) => ErpError::Statement { table, reason: error.to_string() },
            None => ErpError::Unusable(format!("the ERP file `{file}` cannot be read: {error}")),
        },
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ErpError> + Send + 'static,
) -> Result<T, ErpError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(ErpError::Unusable("reading the ERP was interrupted".to_owned())))
}
