//! What the bookings of a group of rows add up to, as columns.

use domain::bookings::quantity_kg;
use polars::prelude::*;

/// The sum of a column over each group. It is null where a part of it is unknown, and 0 where there are no
/// rows.
pub(super) fn sum(parts: Expr) -> Expr {
    when(parts.clone().null_count().gt(lit(0))).then(lit(NULL)).otherwise(parts.sum())
}

/// How many rows of each group have no weight.
pub(super) fn without_weight() -> Expr {
    col("qty_kg").null_count().cast(DataType::Int64)
}

/// A column of sums as quantities: a sum of less than nothing is null.
pub(super) fn quantities(frame: &DataFrame, name: &str) -> PolarsResult<Column> {
    let sums = frame.column(name)?.f64()?.iter();
    Ok(Column::new(name.into(), sums.map(quantity_kg).collect::<Vec<_>>()))
}
