//! The rows that a build may see: those of the touched runs, days or products, with each child row under the
//! run that it counts for.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::settings::FactorySettings;
use polars::prelude::{DataFrame, PolarsResult};

use crate::sources::{
    BATCH_LINEAGE, CASE_VERIFICATION, DESPATCH, DOWNGRADE_LOG, RUN_INPUTS, RUN_NUMBERS, RUN_OUTPUTS,
    RUN_SHEETS, RUN_TOTALS, Source, TRANSACTIONS,
};

/// The day on which a delivery came, and the one of the delivery that an input was taken from. Under one code
/// there may be deliveries of several days: they are batches of their own.
pub const RECEIVED_ON: &str = "received_on";

/// The touched runs with everything that belongs to them. Each frame has `run_number` and `production_date`
/// of the run that a row counts for.
#[derive(Clone, Debug)]
pub struct RunScope {
    /// Staging `run_numbers`.
    pub runs: DataFrame,
    /// Staging `run_sheets`.
    pub sheets: DataFrame,
    /// Staging `run_totals`.
    pub totals: DataFrame,
    /// Staging `run_inputs`, with [`RECEIVED_ON`].
    pub inputs: DataFrame,
    /// Staging `run_outputs`.
    pub outputs: DataFrame,
    /// Staging `transactions`, with the columns that [`mart_columns`](crate::sources::Source::mart_columns)
    /// names.
    pub packs: DataFrame,
    /// Staging `batch_lineage`.
    pub lineage: DataFrame,
    /// Staging `despatch`.
    pub despatch: DataFrame,
    /// Staging `case_verification`, with the columns that
    /// [`mart_columns`](crate::sources::Source::mart_columns) names.
    pub cases: DataFrame,
    /// Staging `downgrade_log`.
    pub downgrades: DataFrame,
    /// The rejected rows of these runs that the ERP has not mended yet: the `table` in the ERP, the `key` if
    /// it can be read, and the `reason`.
    pub rejected: DataFrame,
    /// Which of the batches are known that inputs and scan-backs of these runs name: the `batch_code` of each
    /// row of another table that tells of such a batch (see [`told_batches`](Source::told_batches)).
    pub batches: DataFrame,
    /// Staging `traceability`, with [`RECEIVED_ON`]: the intakes of the batches that inputs and scan-backs of
    /// these runs name.
    pub intakes: DataFrame,
    /// Staging names of the tables that no job has read to the end, above all those that the ERP lacks. If
    /// such a table lacks a row, that says nothing.
    pub unread: BTreeSet<&'static str>,
    /// What the factory has told us.
    pub settings: Arc<FactorySettings>,
    /// Staging `prod_lines`, whole.
    pub lines: DataFrame,
    /// The mart `products`, whole.
    pub products: DataFrame,
    /// The finished rows of the mart `runs` for these runs. Empty while that mart itself is built.
    pub finished: DataFrame,
}

impl RunScope {
    /// The scope with the rows that `of_runs` gives of each table. The other fields are empty: the caller
    /// fills them.
    pub(crate) fn of(mut of_runs: impl FnMut(&Source) -> PolarsResult<DataFrame>) -> PolarsResult<Self> {
        Ok(Self {
            runs: of_runs(&RUN_NUMBERS)?,
            sheets: of_runs(&RUN_SHEETS)?,
            totals: of_runs(&RUN_TOTALS)?,
            inputs: of_runs(&RUN_INPUTS)?,
            outputs: of_runs(&RUN_OUTPUTS)?,
            packs: of_runs(&TRANSACTIONS)?,
            lineage: of_runs(&BATCH_LINEAGE)?,
            despatch: of_runs(&DESPATCH)?,
            cases: of_runs(&CASE_VERIFICATION)?,
            downgrades: of_runs(&DOWNGRADE_LOG)?,
            rejected: DataFrame::empty(),
            batches: DataFrame::empty(),
            intakes: DataFrame::empty(),
            unread: BTreeSet::new(),
            settings: Arc::default(),
            lines: DataFrame::empty(),
            products: DataFrame::empty(),
            finished: DataFrame::empty(),
        })
    }
}

/// The rows of one table on the touched days.
#[derive(Clone, Debug)]
pub struct DayScope {
    /// The table's staging rows that count for these days (see [`days`](crate::sources::Source::days)), each
    /// with its `day`.
    pub rows: DataFrame,
    /// The rows of the days before these. Empty if no build of the table looks back.
    pub before: DataFrame,
    /// Staging `prod_lines`, whole.
    pub lines: DataFrame,
    /// The finished rows of the mart `runs` that may count in shifts of these days, and others. Empty if no
    /// build of the table takes them.
    pub runs: DataFrame,
    /// What the factory has told us.
    pub settings: Arc<FactorySettings>,
}

/// The product tables.
#[derive(Clone, Debug)]
pub struct ProductScope {
    /// Staging `plu`.
    pub plu: DataFrame,
    /// Staging `product_catalogue`.
    pub catalogue: DataFrame,
}
