//! A connection to the server that is set up.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, ToSql};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::sql_type::Value;
use crate::target::{Refusal, Target, check_peer};

/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a statement may take. An index over all rows is made in one statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_mins(10);

/// What the set-up asks of a server.
#[async_trait(?Send)]
pub trait Server {
    async fn run(&mut self, batch: &str) -> Result<(), ServerError>;

    /// Runs a statement with parameters. Returns how many rows it wrote.
    async fn insert(&mut self, statement: &str, values: &[Value]) -> Result<u64, ServerError>;

    /// Runs a query. Returns the texts in its first column.
    async fn texts(&mut self, query: &str) -> Result<Vec<String>, ServerError>;
}

/// What went wrong with a server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("nothing answers on {target}: {reason}; start the container as infra/README.md says")]
    Unreachable { target: String, reason: String },
    /// The server answered with an error. Its message is on one line.
    #[error("the server says: {message} (error {code})")]
    Said { message: String, code: u32 },
    /// The connection broke, or the driver did not understand an answer.
    #[error("talking to the server failed: {0}")]
    Broken(String),
}

impl ServerError {
    /// The same error without a secret that the server may have repeated.
    pub fn without(self, secret: &str) -> Self {
        match self {
            Self::Said { message, code } => Self::Said { message: message.replace(secret, "***"), code },
            Self::Broken(reason) => Self::Broken(reason.replace(secret, "***")),
            refused_or_unreachable => refused_or_unreachable,
        }
    }
}

impl From<tiberius::error::Error> for ServerError {
    fn from(error: tiberius::error::Error) -> Self {
        match error {
            tiberius::error::Error::Server(said) => {
                Self::Said { message: one_line(said.message()), code: said.code() }
            }
            other => Self::Broken(one_line(&other.to_string())),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Debug)]
pub struct SqlServer {
    client: Client<Compat<TcpStream>>,
}

impl SqlServer {
    /// Connects and signs in to a database.
    pub async fn connect(target: &Target, database: &str) -> Result<Self, ServerError> {
        let stream = reach(target).await?;
        // A target has loopback addresses only. The check keeps this true even if somebody changes targets.
        let unreachable = |error: std::io::Error| ServerError::Unreachable {
            target: target.to_string(),
            reason: error.to_string(),
        };
        check_peer(stream.peer_addr().map_err(unreachable)?.ip())?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut config = Config::new();
        config.authentication(AuthMethod::sql_server(&target.user, target.password.expose()));
        config.database(database);
        config.application_name("tideline-sandbox");
        config.encryption(if target.encrypt {
            EncryptionLevel::Required
        } else {
            EncryptionLevel::NotSupported
        });
        config.trust_cert();
        config.command_timeout(Some(STATEMENT_TIMEOUT));
        // The future of the driver is large, because it contains its buffers.
        Ok(Self { client: Box::pin(Client::connect(config, stream.compat_write())).await? })
    }
}

/// The first of the target's addresses that answers.
async fn reach(target: &Target) -> Result<TcpStream, ServerError> {
    let mut reason = String::new();
    for address in target.addresses() {
        match connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(ServerError::Unreachable { target: target.to_string(), reason })
}

async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await?
}

#[async_trait(?Send)]
impl Server for SqlServer {
    async fn run(&mut self, batch: &str) -> Result<(), ServerError> {
        self.client.simple_query(batch).await?.into_results().await?;
        Ok(())
    }

    async fn insert(&mut self, statement: &str, values: &[Value]) -> Result<u64, ServerError> {
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        Ok(self.client.execute(statement, &values).await?.total())
    }

    async fn texts(&mut self, query: &str) -> Result<Vec<String>, ServerError> {
        let rows = self.client.simple_query(query).await?.into_first_result().await?;
        Ok(rows
            .iter()
            .map(|row| Ok(row.try_get::<&str, _>(0)?.unwrap_or_default().to_owned()))
            .collect::<Result<_, tiberius::error::Error>>()?)
    }
}
