//! `despatch_lines`: what leaves the factory, by the day that it leaves.

use polars::prelude::*;

use super::stg_non_conformance::spelling;
use super::{Build, Mart, date, number, text, whole};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::DESPATCH;

/// Orders' lines. One without a day of despatch stands under the day of its last change.
pub const DESPATCH_LINES: Mart = Mart {
    name: "despatch_lines",
    columns: &[
        whole("despatch_id").always(),
        date("despatched_on").always(),
        text("order_number"),
        text("customer"),
        text("product_code"),
        text("batch_code"),
        text("run_number"),
        whole("qty_cases"),
        number("qty_kg"),
        date("despatch_date"),
        date("delivery_date"),
        number("vehicle_temp_c"),
        text("status"),
    ],
    grain: &["despatch_id"],
    month_of: Some("despatched_on"),
    tables: &["despatch"],
    builds: &[Build::Days(&DESPATCH, build)],
};

const STATES: &[&str] = &["pending", "loaded", "delivered"];

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let mut lines = scope.rows.clone().lazy().with_column(col("day").alias("despatched_on")).collect()?;
    let states: Vec<_> = lines
        .column("status")?
        .str()?
        .iter()
        .map(|status| spelling(status, STATES).map(str::to_owned))
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
