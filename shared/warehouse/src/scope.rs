//! The rows that a build may see: those of the touched runs, days or products, with each child row under the run that it counts for.

use polars::prelude::DataFrame;

/// The touched runs with everything that belongs to them. Each frame has `run_number` and `production_date` of the run that a row counts for.
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
    /// Staging `prod_lines`, whole.
    pub lines: DataFrame,
    /// The mart `products`, whole.
    pub products: DataFrame,
    /// The finished rows of the mart `runs` for these runs; empty while that mart itself is built.
    pub finished: DataFrame,
}

/// The temperature readings of the touched days.
#[derive(Clone, Debug)]
pub struct ReadingScope {
    /// Staging `temperature_logs` with `reading_date`, the day of `reading_time`.
    pub readings: DataFrame,
}

/// The product tables.
#[derive(Clone, Debug)]
pub struct ProductScope {
    /// Staging `plu`.
    pub plu: DataFrame,
    /// Staging `product_catalogue`.
    pub catalogue: DataFrame,
}
