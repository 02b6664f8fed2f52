//! `despatch_lines`: what leaves the factory, by the day that it leaves.

use api::row;
use chrono::NaiveDate;
use domain::despatch::DespatchStatus;
use polars::prelude::*;

use super::stg_non_conformance::spelling;
use super::{Build, Mart, columns_of};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::DESPATCH;

row! {
    /// A line of an order.
    pub struct DespatchRow {
        /// The id of the order line.
        despatch_id: i64,
        /// The day that it leaves on, else the day of its last change.
        despatched_on: NaiveDate,
        /// The order.
        order_number: Option<String>,
        /// Who buys it.
        customer: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The batch that it was taken from.
        batch_code: Option<String>,
        /// The run that it was taken from.
        run_number: Option<String>,
        /// Cases.
        qty_cases: Option<i64>,
        /// How much, kg.
        qty_kg: Option<f64>,
        /// When it leaves or left.
        despatch_date: Option<NaiveDate>,
        /// When it arrives or arrived.
        delivery_date: Option<NaiveDate>,
        /// The temperature of the vehicle, °C.
        vehicle_temp_c: Option<f64>,
        /// `pending`, `loaded` or `delivered`.
        status: Option<String>,
    }
}

/// The lines of orders. A line without a day of despatch stands under the day of its last change.
pub const DESPATCH_LINES: Mart = Mart {
    name: "despatch_lines",
    columns: columns_of::<DespatchRow>(),
    grain: &["despatch_id"],
    month_of: Some("despatched_on"),
    batches: &["batch_code"],
    tables: &[],
    builds: &[Build::Days(&DESPATCH, build)],
};

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let mut lines = scope.rows.clone().lazy().with_column(col("day").alias("despatched_on")).collect()?;
    let states: Vec<_> = lines
        .column("status")?
        .str()?
        .iter()
        .map(|status| spelling(status, DespatchStatus::NAMES).map(str::to_owned))
        .collect();
    lines.with_column(Column::new("status".into(), states))?;
    frames::fit(&lines, &DESPATCH_LINES.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, day, days_of, shown};
    use super::*;

    #[test]
    fn a_line_stands_under_the_day_it_leaves_or_else_under_that_of_its_last_change() {
        let lines = df![
            "despatch_id" => [1_i64, 2],
            "despatch_date" => [Some(day(4)), None],
            "status" => [Some(" Loaded"), Some("On Hold")],
            "updated_at" => [at(5, 6, 0), at(5, 23, 59)],
        ];
        let mart = build(&days_of(&DESPATCH, &lines.unwrap())).unwrap();
        assert_eq!(**mart.schema(), DESPATCH_LINES.schema());
        assert_eq!(
            shown(&mart, &["despatch_id", "despatched_on", "despatch_date", "status"]),
            ["1 | 2026-11-04 | 2026-11-04 | loaded", "2 | 2026-11-05 | - | On Hold"]
        );
    }

    #[test]
    fn no_lines_make_an_empty_mart() {
        let mart = build(&days_of(&DESPATCH, &DataFrame::empty())).unwrap();
        assert_eq!(mart, DataFrame::empty_with_schema(&DESPATCH_LINES.schema()));
    }
}
