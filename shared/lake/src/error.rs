//! Why the lake could not do what it was asked.

use crate::StoreError;

/// A failed operation on the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A call to the storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object does not hold what its key says.
    #[error("the lake's object `{key}` is not readable as {expected}: {reason}")]
    Corrupt {
        /// The object.
        key: String,
        /// What it should be.
        expected: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// Rows could not be written as Parquet.
    #[error("rows cannot be written as Parquet: {0}")]
    Encode(#[source] polars::error::PolarsError),
    /// The address of a lake makes no sense.
    #[error(
        "LAKE is `{}`: use a folder such as `data/lake` or `s3://bucket/prefix`; keys stand in AWS_* variables",
        process::shown(.0)
    )]
    Address(String),
}

impl LakeError {
    /// Whether an object is there and does not hold what it should. Reading it again does not help.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Store(error) => error.is_damaged(),
            Self::Corrupt { .. } => true,
            Self::Encode(_) | Self::Address(_) => false,
        }
    }
}

/// The result of an operation on the lake.
pub type Result<T> = std::result::Result<T, LakeError>;
