//! The ERP as the extractor sees it: a place that answers SELECT statements with rows of raw cells.
//!
//! Nothing but a SELECT can be sent: a source takes only a [`Statement`], and there is none that the guard
//! has not passed. [`Select`] builds statements over tables from the declared columns.

mod address;
mod cell;
mod condition;
mod page;
mod select;
mod sql_server;
mod sqlite;
mod statement;
mod table;
mod time;
mod writer;

use std::fmt;

use async_trait::async_trait;
use chrono_tz::Tz;
use warehouse::sources::Source;

pub use address::{Address, AddressError, Secret, SqlServerAddress};
pub use cell::Cell;
pub use condition::Condition;
pub use select::Select;
pub use sql_server::SqlServer;
pub use sqlite::Sqlite;
pub use statement::Statement;
pub use table::{Class, Dialect, ObjectKind, Table, TableColumn};
pub use time::{ErpTime, TimeSpelling, parse_time, read_time};

pub(crate) use time::{is_shown_twice, note_time};

use crate::guard::Refused;

/// The rows that a statement brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows, their cells in the order of the columns asked for.
    pub rows: Vec<Vec<Cell>>,
    /// Whether the page was ended early because its rows are large. Then more may follow, though fewer came
    /// than were asked for.
    pub cut: bool,
}

/// Why the ERP could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ErpError {
    /// The ERP cannot be used as it is set up; trying again would not help.
    #[error("{0}")]
    Unusable(String),
    /// The ERP cannot be reached at the moment, or the connection was lost.
    #[error("{0}")]
    Unreachable(String),
    /// The ERP was busy with this table: a deadlock, a lock, a time-out.
    #[error("reading table `{table}` was put off: {reason}")]
    Busy {
        table: &'static str,
        /// What the database said.
        reason: String,
    },
    /// The login may not read a table.
    #[error(
        "the login may not read table `{table}`: {reason}; grant it SELECT, as infra/sql/read_only_login.sql does"
    )]
    NoPermission {
        table: &'static str,
        /// What the database said.
        reason: String,
    },
    /// A table that must be there is not.
    #[error(
        "the ERP has no table `{0}`: check that SOURCE_DB names the right database and that the login may see it"
    )]
    NoTable(&'static str),
    /// A column that must be there is not.
    #[error(
        "table `{table}` has no column `{column}`: the ERP was changed; restore the column or adapt the table's declaration"
    )]
    NoColumn { table: &'static str, column: String },
    /// More rows without a key than can be kept.
    #[error(
        "table `{table}` has more than {limit} rows without a key: look into the table before it is extracted"
    )]
    TooManyWithoutKey { table: &'static str, limit: usize },
    /// A statement failed.
    #[error("reading table `{table}` failed: {reason}")]
    Statement {
        table: &'static str,
        /// What the database said.
        reason: String,
    },
    /// A statement was not sent.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl ErpError {
    /// Whether the same statement may succeed a little later.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Busy { .. })
    }

    /// Whether this error keeps every table from being read, and not only one.
    pub const fn concerns_all_tables(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unusable(_))
    }
}

/// A database that answers SELECT statements.
#[async_trait]
pub trait Erp: Send + Sync + fmt::Debug {
    /// What the database says about a table; `None` if there is no such table.
    async fn table(&self, source: &'static Source) -> Result<Option<Table>, ErpError>;

    /// What has the name of a table, as far as the database tells.
    async fn kind(&self, _: &'static Source) -> Result<Option<ObjectKind>, ErpError> {
        Ok(None)
    }

    /// The rows that are selected, in the order asked for.
    async fn page(&self, table: &Table, select: &Select) -> Result<Page, ErpError>;
}

/// A way to an ERP.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Opens it and checks that it can be read.
    async fn connect(&self) -> Result<Box<dyn Erp>, ErpError>;
}

/// The ERP at an address.
#[derive(Clone, Debug)]
pub(crate) struct ErpAt {
    pub(crate) address: Address,
    /// The factory's zone, for times that come with a zone of their own.
    pub(crate) factory_tz: Tz,
}

#[async_trait]
impl Connect for ErpAt {
    async fn connect(&self) -> Result<Box<dyn Erp>, ErpError> {
        Ok(match &self.address {
            Address::Sqlite(path) => Box::new(Sqlite::open(path, self.factory_tz).await?),
            Address::SqlServer(address) => Box::new(SqlServer::open(address.clone(), self.factory_tz).await?),
        })
    }
}
