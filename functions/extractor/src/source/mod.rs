//! The ERP as the extractor sees it: a place that answers SELECT statements with rows of raw cells.
//!
//! No type here can hold anything but a SELECT: statements are only built by [`Select`], from the declared columns.

mod select;
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use warehouse::sources::Source;

pub use select::{Condition, Dialect, Select, Statement};
pub use sqlite::Sqlite;

/// A value as the ERP gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes that are no text in the column's encoding.
    Blob(Vec<u8>),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Blob(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

/// Why the ERP could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ErpError {
    /// The ERP cannot be reached or opened; trying the next table would not help.
    #[error("{0}")]
    Unreachable(String),
    /// The ERP is busy: trying again later may help.
    #[error("{0}")]
    Busy(String),
    /// A table that must be there is not.
    #[error("the ERP has no table `{0}`: check that SOURCE_DB names the right database and that the login may see it")]
    NoTable(&'static str),
    /// A column that must be there is not.
    #[error("table `{table}` has no column `{column}`: the ERP was changed; restore the column or adapt the table's declaration")]
    NoColumn {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
    },
    /// More rows without a key than can be kept.
    #[error("table `{table}` has more than {limit} rows without a key: look into the table before it is extracted")]
    TooManyWithoutKey {
        /// The table.
        table: &'static str,
        /// How many are taken.
        limit: usize,
    },
    /// A statement failed.
    #[error("reading table `{table}` failed: {reason}")]
    Statement {
        /// The table.
        table: &'static str,
        /// What the database said.
        reason: String,
    },
}

impl ErpError {
    /// Whether the same statement may succeed a little later.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Busy(_))
    }
}

/// A database that answers SELECT statements.
#[async_trait]
pub trait Erp: Send + Sync + fmt::Debug {
    /// How its statements are spelt.
    fn dialect(&self) -> Dialect;

    /// The names of a table's columns; `None` if there is no such table.
    async fn columns(&self, source: &'static Source) -> Result<Option<Vec<String>>, ErpError>;

    /// The rows that a statement selects, in its order.
    async fn rows(&self, source: &'static Source, statement: Statement) -> Result<Vec<Vec<Cell>>, ErpError>;
}

/// Opens the ERP that `SOURCE_DB` names and checks that it can be read.
pub async fn open(address: &str) -> Result<Box<dyn Erp>, ErpError> {
    if let Some(path) = address.strip_prefix("sqlite://") {
        return Ok(Box::new(Sqlite::open(path).await?));
    }
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    Err(ErpError::Unreachable(format!("SOURCE_DB begins with `{scheme}`: use sqlite://path")))
}
