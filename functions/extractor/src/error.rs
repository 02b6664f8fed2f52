//! Why a table could not be extracted, and whether trying again may help.

use lake::LakeError;
use polars::error::PolarsError;
use warehouse::WarehouseError;

use crate::source::ErpError;
use crate::time_left::NEARLY_UP;

/// Why a table could not be extracted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    /// The ERP could not be read.
    #[error(transparent)]
    Erp(#[from] ErpError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Staging could not be brought up to date.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// Rows could not be compared.
    #[error("comparing rows with the lake failed: {0}")]
    Compute(#[from] PolarsError),
    /// Another job committed to this table meanwhile; the table is begun again.
    #[error("other runs keep writing this table: let one finish, then run again")]
    Overtaken,
    /// The ERP no longer shows a table of which the lake holds rows.
    #[error(
        "the ERP no longer shows the table `{0}`, of which the lake holds rows: check that the login may \
         SELECT from it, as infra/sql/read_only_login.sql lets it; if the table was removed for good, \
         `tideline extract --full --accept-deletes` removes its rows"
    )]
    Vanished(&'static str),
    /// A segment of the table is lost, and only a reload of the whole table makes good for it.
    #[error(
        "{0}, and what it brought is not in the lake: nothing more is read of this table until \
         `tideline extract --full` (`POST /pipeline/run?full=true`) has read all of it anew, with \
         `--accept-deletes` if that run keeps rows which the ERP lacks"
    )]
    Lost(String),
    /// A segment cannot be read that belongs to a reload which goes on, or was committed beside it.
    #[error("a full reload cannot go on, and is begun again: {0}")]
    BrokenReload(String),
    /// A background task died.
    #[error("comparing rows with the lake was interrupted")]
    Interrupted,
    /// The job must end.
    #[error("stopped: {NEARLY_UP}; what was read is kept and the next run goes on")]
    Stopped,
}

impl TableError {
    pub(crate) fn interrupted<E>(_: E) -> Self {
        Self::Interrupted
    }

    /// Whether the same work may succeed a little later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Erp(error) => error.is_passing(),
            error => error.is_of_storage(),
        }
    }

    /// Whether this failure keeps every table from being extracted, and not only one.
    pub(crate) fn concerns_all_tables(&self) -> bool {
        match self {
            Self::Erp(error) => error.concerns_all_tables(),
            Self::Stopped => true,
            error => error.is_of_storage(),
        }
    }

    fn is_of_storage(&self) -> bool {
        match self {
            Self::Lake(error) | Self::Warehouse(WarehouseError::Lake(error)) => {
                matches!(error, LakeError::Store(_)) && !error.is_damage()
            }
            _ => false,
        }
    }
}
