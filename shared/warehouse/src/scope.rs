//! The rows that a build may see: those of the touched runs, days or products, with each child row under the
//! run that it counts for.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;

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
    /// Staging `run_inputs`.
    pub inputs: DataFrame,
    /// Staging `run_outputs`.
    pub outputs: DataFrame,
    /// Staging `transactions`: `trans_no`, `trans_date`, `net_weight` and `target_weight` in grams.
    pub packs: DataFrame,
    /// Staging `batch_lineage`.
    pub lineage: DataFrame,
    /// Staging `despatch`.
    pub despatch: DataFrame,
    /// Staging `case_verification`: `label_seq`, `expected_plu` and `scanned_plu`.
    pub cases: DataFrame,
    /// The batches that inputs and scan-backs of these runs name, as far as they are known, by `batch_code`:
    /// a row for each intake, with its `species`, and one for each scan-back that made the batch.
    pub batches: DataFrame,
    /// Staging `traceability`: the intakes of the batches that inputs and scan-backs of these runs name.
    pub intakes: DataFrame,
    /// Staging names of the tables that no run has read to their ends, above all those that the ERP lacks: a
    /// row that is missing there says nothing.
    pub unread: BTreeSet<&'static str>,
    /// Staging `prod_lines`, whole.
    pub lines: DataFrame,
    /// The mart `products`, whole.
    pub products: DataFrame,
    /// The finished rows of the mart `runs` for these runs; empty while that mart itself is built.
    pub finished: DataFrame,
}

/// The rows of one table on the touched days.
#[derive(Clone, Debug)]
pub struct DayScope {
    /// The table's staging rows that count for these days (see
    /// [`day_columns`](crate::sources::Source::day_columns)), each with its `day`.
    pub rows: DataFrame,
    /// Staging `prod_lines`, whole.
    pub lines: DataFrame,
    /// For shifts, the finished rows of the mart `runs` of these days; else empty.
    pub runs: DataFrame,
}

/// The product tables.
#[derive(Clone, Debug)]
pub struct ProductScope {
    /// Staging `plu`.
    pub plu: DataFrame,
    /// Staging `product_catalogue`.
    pub catalogue: DataFrame,
}
