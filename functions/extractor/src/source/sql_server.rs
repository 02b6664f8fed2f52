//! SQL Server over TDS: one connection that asks for read-only intent and reads short pages one after the
//! other.
//!
//! A connection on which anything went wrong is dropped; the next page opens another. Nothing but SELECT
//! statements that the guard has passed is sent: no session settings, no transactions.

mod catalogue;
mod cells;
mod failures;
mod rights;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use futures::TryStreamExt;
use tiberius::error::Error as TdsError;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Query, QueryItem};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};
use warehouse::sources::Source;

use super::page::{PAGE_MAX_BYTES, bytes_of};
use super::{
    Cell, Class, Dialect, Erp, ErpError, ObjectKind, Page, Select, SqlServerAddress, Statement, Table,
};

/// What the ERP's administrators see this as.
const APPLICATION_NAME: &str = "tideline";
/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the server may take to end a statement that was given up.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

type Connection = Client<Compat<TcpStream>>;

/// The ERP's SQL Server.
#[derive(Debug)]
pub struct SqlServer {
    address: SqlServerAddress,
    factory_tz: Tz,
    connection: Mutex<Option<Connection>>,
    /// What the catalogue says of our tables. It is asked once, and holds as long as this value lives: for a
    /// job.
    tables: OnceCell<HashMap<&'static str, Table>>,
}

/// What may go wrong on a connection.
#[derive(Debug)]
enum Failure {
    /// What the driver or the server says.
    Tds(TdsError),
    /// No answer in time.
    TimedOut,
}

impl From<TdsError> for Failure {
    fn from(error: TdsError) -> Self {
        Self::Tds(error)
    }
}

impl SqlServer {
    /// Connects and logs in. Times with an offset are read as the factory's own.
    pub async fn open(address: SqlServerAddress, factory_tz: Tz) -> Result<Self, ErpError> {
        let server = Self { address, factory_tz, connection: Mutex::new(None), tables: OnceCell::new() };
        *server.connection.lock().await = Some(server.log_in().await?);
        Ok(server)
    }

    /// Reads the rows of a statement, until they are too large for one page.
    async fn select(&self, statement: &Statement, order: &[usize]) -> Result<Page, Failed> {
        let mut slot = self.connection.lock().await;
        // The connection is taken out, and put back only when all went well. A page that failed or was cut
        // leaves something on the wire, which the next page must not read.
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => self.log_in().await.map_err(Failed::ToConnect)?,
        };
        let page =
            timeout(self.address.timeout, Box::pin(self.read(&mut connection, statement, order))).await;
        match page {
            Ok(Ok(page)) => {
                if !page.cut {
                    *slot = Some(connection);
                }
                Ok(page)
            }
            Ok(Err(error)) => Err(Failed::OnTheWay(Failure::Tds(error))),
            Err(_) => {
                // The server goes on with a statement that nobody waits for any more, unless it is told. If
                // it does not listen, it notices that the connection is closed.
                let ended = timeout(CANCEL_TIMEOUT, Box::pin(connection.cancel_query())).await;
                tracing::debug!(ended = matches!(ended, Ok(Ok(()))), "a statement took too long");
                Err(Failed::OnTheWay(Failure::TimedOut))
            }
        }
    }

    async fn read(
        &self,
        connection: &mut Connection,
        statement: &Statement,
        order: &[usize],
    ) -> Result<Page, TdsError> {
        let mut query = Query::new(statement.text());
        for parameter in statement.parameters() {
            match parameter {
                Cell::Null => query.bind(Option::<String>::None),
                Cell::Blob(bytes) => query.bind(bytes.clone()),
                other => query.bind(other.to_string()),
            }
        }
        let mut found = query.query(connection).await?;
        let (mut page, mut size_bytes) = (Page::default(), 0);
        while let Some(item) = found.try_next().await? {
            let QueryItem::Row(row) = item else { continue };
            let row: Vec<Cell> = row.into_iter().map(|value| cells::cell(value, self.factory_tz)).collect();
            // Rows that the server takes for equal in the order stay on one page, however large it is.
            if size_bytes > PAGE_MAX_BYTES
                && page.rows.last().is_some_and(|last| !cells::may_be_equal(last, &row, order))
            {
                page.cut = true;
                return Ok(page);
            }
            size_bytes += bytes_of(&row);
            page.rows.push(row);
        }
        Ok(page)
    }

    async fn log_in(&self) -> Result<Connection, ErpError> {
        let (mut host, mut port) = (self.address.host.clone(), self.address.port);
        // A server may send a reader on to a replica, once.
        for _ in 0..2 {
            match timeout(CONNECT_TIMEOUT, self.log_in_at(&host, port)).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(TdsError::Routing { host: other, port: at })) => (host, port) = (other, at),
                Ok(Err(error)) => return Err(failures::of_connecting(&self.address, &Failure::Tds(error))),
                Err(_) => return Err(failures::of_connecting(&self.address, &Failure::TimedOut)),
            }
        }
        Err(ErpError::Unusable(format!(
            "the ERP at `{}` sends readers on from server to server: name the replica itself in SOURCE_DB",
            self.address.host
        )))
    }

    async fn log_in_at(&self, host: &str, port: u16) -> Result<Connection, TdsError> {
        let mut config = Config::new();
        config.host(host);
        config.port(port);
        config.database(&self.address.database);
        config.authentication(AuthMethod::sql_server(&self.address.user, self.address.password.reveal()));
        config.application_name(APPLICATION_NAME);
        config.readonly(true);
        // After a time-out of its own the driver cannot tell the server any more. Ours is in `select`.
        config.command_timeout(None);
        config.encryption(if self.address.encrypt {
            EncryptionLevel::Required
        } else {
            EncryptionLevel::NotSupported
        });
        if self.address.trust_server_certificate {
            config.trust_cert();
        } else if let Some(authority) = &self.address.certificate_authority {
            config.trust_cert_ca(authority.display());
        }
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        Box::pin(Client::connect(config, stream.compat_write())).await
    }
}

impl SqlServer {
    /// The time on the server's clock, which is the factory's.
    pub async fn now(&self) -> Result<Option<NaiveDateTime>, ErpError> {
        let answers = self.facts(&["SYSDATETIME()".to_owned()], Vec::new()).await?;
        Ok(answers.first().and_then(Cell::time))
    }

    /// The values of a SELECT without a table.
    async fn facts(&self, asked: &[String], parameters: Vec<Cell>) -> Result<Vec<Cell>, ErpError> {
        let statement =
            Statement::new(Dialect::SqlServer, format!("SELECT {}", asked.join(", ")), parameters)?;
        let page = self.select(&statement, &[]).await.map_err(|failed| match failed {
            Failed::ToConnect(error) => error,
            Failed::OnTheWay(failure) => failures::of_connecting(&self.address, &failure),
        })?;
        Ok(page.rows.into_iter().next().unwrap_or_default())
    }
}

/// Where reading failed.
enum Failed {
    ToConnect(ErpError),
    OnTheWay(Failure),
}

impl Failed {
    fn explain(self, server: &SqlServer, source: &Source) -> ErpError {
        self.explain_without_index(server, source, None)
    }

    /// Like [`Self::explain`], for a statement that goes by a column which has no index.
    fn explain_without_index(self, server: &SqlServer, source: &Source, column: Option<&str>) -> ErpError {
        match self {
            Self::ToConnect(error) => error,
            Self::OnTheWay(failure) => failures::of_table(&server.address, source.table, &failure, column),
        }
    }
}

#[async_trait]
impl Erp for SqlServer {
    async fn table(&self, source: &'static Source) -> Result<Option<Table>, ErpError> {
        let tables = self.tables.get_or_try_init(|| self.catalogue(source)).await?;
        Ok(tables.get(source.table).cloned())
    }

    async fn kind(&self, source: &'static Source) -> Result<Option<ObjectKind>, ErpError> {
        let names =
            || vec![Cell::Text(source.owner.schema().to_owned()), Cell::Text(source.table.to_owned())];
        let first = async |asked: &str| {
            let statement = Statement::new(Dialect::SqlServer, asked, names())?;
            let page = self.select(&statement, &[]).await.map_err(|failed| failed.explain(self, source))?;
            Ok::<_, ErpError>(page.rows.into_iter().next().and_then(|row| row.into_iter().next()))
        };
        Ok(match first(KIND).await?.map(|kind| kind.to_string()).as_deref().map(str::trim) {
            Some("U") => Some(ObjectKind::Table),
            Some("V") => Some(ObjectKind::View),
            Some("SN") => {
                let of = first(SYNONYM).await?.map_or_else(|| "?".to_owned(), |of| of.to_string());
                Some(ObjectKind::Synonym(of))
            }
            _ => None,
        })
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

impl SqlServer {
    /// Asks the catalogue about all of our tables. `first` is the one that is waited for.
    async fn catalogue(&self, first: &'static Source) -> Result<HashMap<&'static str, Table>, ErpError> {
        // No table can be read without it. So it is tried again for the job, and not for each table.
        let explain = |failed: Failed| match failed.explain(self, first) {
            ErpError::Busy { reason, .. } => {
                ErpError::Unreachable(format!("the ERP did not tell what its tables are: {reason}"))
            }
            other => other,
        };
        let columns = self.select(&catalogue::columns()?, &[]).await.map_err(explain)?;
        let indexes = self.select(&catalogue::indexes()?, &[]).await.map_err(explain)?;
        Ok(catalogue::tables(&columns.rows, indexes.rows, self.factory_tz))
    }

    async fn range(&self, table: &Table, select: &Select) -> Result<Page, ErpError> {
        let order = select.places_of(&select.order);
        let by = select.order.first().or_else(|| select.source.key.first());
        let unindexed = by.copied().filter(|column| !table.has_index_on(column));
        let explain = |failed: Failed| failed.explain_without_index(self, select.source, unindexed);
        let done = self.select(&select.statement(table)?, &order).await;
        let Err(Failed::OnTheWay(failure)) = &done else { return done.map_err(explain) };
        if !failures::is_undecodable(failure) {
            return done.map_err(explain);
        }
        // Some text on this page is not valid. Read as bytes, it does not end the answer, and can be judged
        // cell by cell.
        let mut page = self.select(&select.statement_of_bytes(table)?, &order).await.map_err(explain)?;
        let is_text: Vec<bool> =
            select.columns.iter().map(|column| table.class(column) == Class::Text).collect();
        for row in &mut page.rows {
            for cell in row.iter_mut().zip(&is_text).filter_map(|(cell, is_text)| is_text.then_some(cell)) {
                cells::decode_utf16(cell);
            }
        }
        Ok(page)
    }
}

/// What has the name of a table: `U` a table, `V` a view, `SN` a synonym.
const KIND: &str = "SELECT [o].[type] FROM [sys].[schemas] AS [s] JOIN [sys].[objects] AS [o] \
    ON [o].[schema_id] = [s].[schema_id] WHERE [s].[name] = @P1 AND [o].[name] = @P2";

/// The object that a synonym stands for.
const SYNONYM: &str = "SELECT [o].[base_object_name] FROM [sys].[schemas] AS [s] JOIN [sys].[synonyms] AS [o] \
    ON [o].[schema_id] = [s].[schema_id] WHERE [s].[name] = @P1 AND [o].[name] = @P2";
