//! The TDS endpoint as the driver `tiberius` sees it, without our own source.

mod catalogue;
mod disruptions;
mod logins;
mod select;
mod types;

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;
use tests::tds::{DATABASE, PASSWORD, TdsEndpoint, USER};
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel, Query};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

type Connected = Client<Compat<TcpStream>>;
type Cells = Vec<ColumnData<'static>>;

/// An ERP file with an endpoint over it.
struct Erp {
    folder: TempDir,
    endpoint: TdsEndpoint,
}

impl Erp {
    fn new(sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Connection::open(folder.path().join("erp.db")).unwrap().execute_batch(sql).unwrap();
        let endpoint = TdsEndpoint::start(folder.path().join("erp.db"));
        Self { folder, endpoint }
    }

    /// RunNumber with one row.
    fn with_a_run() -> Self {
        Self::new(
            "CREATE TABLE RunNumber (RunNumber, ProductionDate, Description, Active, Updated);
             INSERT INTO RunNumber VALUES ('R1', '2026-11-23', 'Cod', 1, '2026-11-23 14:00:00.123');",
        )
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("erp.db")
    }

    fn execute(&self, sql: &str) {
        Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config.host("127.0.0.1");
        config.port(self.endpoint.port());
        config.authentication(AuthMethod::sql_server(USER, PASSWORD));
        config.database(DATABASE);
        config.encryption(EncryptionLevel::NotSupported);
        config
    }

    async fn client(&self) -> Connected {
        connect(self.config()).await.unwrap()
    }
}

async fn connect(config: Config) -> tiberius::Result<Connected> {
    let tcp = TcpStream::connect(config.get_addr()).await?;
    tcp.set_nodelay(true)?;
    Box::pin(Client::connect(config, tcp.compat_write())).await
}

/// The number of the error that a login ends with.
async fn refusal(config: Config) -> Option<u32> {
    connect(config).await.map(|_| ()).unwrap_err().code()
}

/// The cells of all rows.
async fn rows(client: &mut Connected, sql: &str, parameters: &[&str]) -> tiberius::Result<Vec<Cells>> {
    let mut query = Query::new(sql.to_owned());
    for parameter in parameters {
        query.bind((*parameter).to_owned());
    }
    let rows = query.query(client).await?.into_first_result().await?;
    Ok(rows.into_iter().map(|row| row.into_iter().collect()).collect())
}

/// The first column of all rows, as texts.
async fn texts(client: &mut Connected, sql: &str, parameters: &[&str]) -> Vec<String> {
    let rows = rows(client, sql, parameters).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let first = |row: Cells| match row.into_iter().next() {
        Some(ColumnData::String(Some(text))) => text.into_owned(),
        other => panic!("{sql}: {other:?}"),
    };
    rows.into_iter().map(first).collect()
}

/// The number of the error that a statement ends with.
async fn error_of(client: &mut Connected, sql: &str, parameters: &[&str]) -> u32 {
    let error = rows(client, sql, parameters).await.expect_err(sql);
    error.code().unwrap_or_else(|| panic!("{sql}: {error}"))
}

fn text(text: &str) -> ColumnData<'static> {
    ColumnData::String(Some(text.to_owned().into()))
}
