//! Why staging or marts could not be brought up to date.

use lake::LostSegment;

/// A failed step of the warehouse.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    /// Rows could not be computed.
    #[error("{step} failed: {source}")]
    Compute {
        /// What was being computed.
        step: String,
        /// What Polars said.
        #[source]
        source: polars::error::PolarsError,
    },
    /// A mart broke its own contract.
    #[error("mart `{mart}` would break its contract: {reason}; the marts of the run before stay in place")]
    Contract { mart: &'static str, reason: String },
    /// Others kept changing the lake.
    #[error("the lake was changed by other runs {0} times in a row: let one finish, then run again")]
    Contended(u32),
    /// Somebody else changed what this attempt had read. The attempt is made again.
    #[error("another run changed the lake meanwhile")]
    Disturbed,
    /// What is made of the segments cannot be read. The attempt is made again, and makes that again.
    #[error("what is made of the segments was damaged again and again: {reason}")]
    Damaged {
        /// The table whose staging it is, by staging name; `None` for the marts.
        table: Option<&'static str>,
        /// What cannot be read, and why.
        reason: String,
    },
    /// An object of this table was not the expected version. The attempt is made again, and looks closer.
    #[error("another run changed the table `{0}` meanwhile")]
    Suspect(&'static str),
    /// A segment that should be there cannot be read.
    #[error("{}", .0.reason)]
    Lost(LostSegment),
    /// A background task died.
    #[error("{0} was interrupted")]
    Interrupted(&'static str),
}

/// The result of a step of the warehouse.
pub type Result<T> = std::result::Result<T, WarehouseError>;
