//! Why staging or marts could not be brought up to date.

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
    /// A background task died.
    #[error("{0} was interrupted")]
    Interrupted(&'static str),
}

/// The result of a step of the warehouse.
pub type Result<T> = std::result::Result<T, WarehouseError>;
