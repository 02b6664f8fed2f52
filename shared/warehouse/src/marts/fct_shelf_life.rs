//! `fct_shelf_life`: the date from which the shelf life of each complete run counts, and how much of the run
//! is still in the house.

use api::row;
use chrono::NaiveDate;
use domain::despatch::{has_left, left_kg};
use polars::prelude::*;

use super::bookings::quantities;
use super::runs::figure;
use super::{Build, Mart, RUN_KEY, RUN_TABLES, columns_of, left_join};
use crate::frames;
use crate::scope::RunScope;
use crate::sources::DESPATCH;

row! {
    /// A complete run, and what is left of it.
    pub struct ShelfLifeRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        description: Option<String>,
        /// The date that it was packed on.
        pack_date: NaiveDate,
        /// The product's own shelf life, days.
        shelf_life_days: Option<i64>,
        /// Days that rubber clock or superchill add to the shelf life.
        adjustment_days: i64,
        /// What came out, kg.
        actual_kg: Option<f64>,
        /// How much of it was loaded or delivered, kg. Null where the weight of an order is unknown, or where the
        /// orders add up to less than nothing.
        despatched_kg: Option<f64>,
        /// Orders that were loaded or delivered without a weight.
        #[at_least(0)]
        despatches_without_weight: i64,
        /// How much of it is left, kg.
        left_kg: Option<f64>,
        /// Whether outputs are booked.
        has_outputs: bool,
        /// Outputs that are booked without a weight.
        #[at_least(0)]
        outputs_without_weight: i64,
        /// Rows of the run that were rejected and that the ERP has not mended yet.
        #[at_least(0)]
        rejected_rows: i64,
    }
}

/// Complete runs. `left_kg` is what was made less what was loaded or delivered of it. It is null where nobody
/// knows what was made or sent, and negative where more was sent than made. How old a run is depends on the day of
/// the question, so the mart does not hold it.
pub const FCT_SHELF_LIFE: Mart = Mart {
    name: "fct_shelf_life",
    columns: columns_of::<ShelfLifeRow>(),
    grain: &["run_number", "production_date"],
    month_of: Some("pack_date"),
    batches: &[],
    tables: &[RUN_TABLES, &[&DESPATCH]],
    builds: &[Build::Runs(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let gone: BooleanChunked = scope.despatch.column("status")?.str()?.iter().map(has_left).collect();
    let despatched = scope
        .despatch
        .filter(&gone)?
        .lazy()
        // In a fixed order, since a sum of floats depends on the order.
        .sort(["despatch_id"], SortMultipleOptions::new())
        .group_by_stable(RUN_KEY.map(col))
        .agg([
            col("qty_kg").sum().alias("known_kg"),
            col("qty_kg").null_count().cast(DataType::Int64).alias("despatches_without_weight"),
        ]);
    let complete = scope.finished.clone().lazy().filter(col("complete"));
    let mut runs = left_join(complete, despatched, RUN_KEY)
        .with_columns([
            col("product").alias("description"),
            coalesce(&[col("pack_date"), col("production_date")]).alias("pack_date"),
            col("shelf_life_adjustment").fill_null(lit(0)).alias("adjustment_days"),
            col("despatches_without_weight").fill_null(lit(0_i64)),
        ])
        .with_column(
            when(col("despatches_without_weight").eq(lit(0_i64)))
                .then(col("known_kg").fill_null(lit(0.0)))
                .otherwise(lit(NULL))
                .alias("despatched_kg"),
        )
        .collect()?;
    runs.with_column(quantities(&runs, "despatched_kg")?)?;
    runs.with_column(figure(&runs, "left_kg", left_kg, "actual_kg", "despatched_kg")?)?;
    frames::fit(&runs, &FCT_SHELF_LIFE.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, no_runs, of_run, runs, shown};
    use super::*;
    use crate::sources::DESPATCH;

    /// Orders of (run, status, kg) over three runs of 100 kg each, of which the third is still on.
    fn left(orders: &[(&str, Option<&str>, Option<f64>)]) -> Vec<String> {
        let mut scope = no_runs();
        let finished = df![
            "run_number" => ["1", "2", "3"], "production_date" => [day(2); 3], "complete" => [true, true, false], "actual_kg" => [Some(100.0), None, Some(100.0)],
        ];
        scope.finished = runs(&finished.unwrap());
        let rows = df![
            "despatch_id" => (1..).take(orders.len()).collect::<Vec<i64>>(),
            "run_number" => orders.iter().map(|order| order.0).collect::<Vec<_>>(),
            "production_date" => vec![day(2); orders.len()],
            "status" => orders.iter().map(|order| order.1).collect::<Vec<_>>(),
            "qty_kg" => orders.iter().map(|order| order.2).collect::<Vec<_>>(),
        ];
        scope.despatch = of_run(&DESPATCH, &rows.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), FCT_SHELF_LIFE.schema());
        shown(&mart, &["run_number", "actual_kg", "despatched_kg", "left_kg"])
    }

    #[test]
    fn what_is_loaded_or_delivered_is_no_longer_left() {
        let orders = [
            ("1", Some("loaded"), Some(20.0)),
            ("1", Some(" Delivered "), Some(30.5)),
            ("1", Some("pending"), Some(40.0)),
            ("1", Some("on hold"), Some(40.0)),
            ("1", None, Some(40.0)),
            ("1", Some("pending"), None),
            ("2", Some("loaded"), Some(5.0)),
            ("3", Some("loaded"), Some(5.0)),
        ];
        assert_eq!(left(&orders), ["1 | 100 | 50.5 | 49.5", "2 | - | 5 | -"]);
    }

    #[test]
    fn nothing_despatched_leaves_everything_and_too_much_less_than_nothing() {
        assert_eq!(left(&[]), ["1 | 100 | 0 | 100", "2 | - | 0 | -"]);
        assert_eq!(left(&[("1", Some("loaded"), Some(101.0))])[0], "1 | 100 | 101 | -1");
    }

    #[test]
    fn a_negative_order_gives_back_what_another_took() {
        let orders = |back_kg| [("1", Some("delivered"), Some(30.0)), ("1", Some("loaded"), Some(back_kg))];
        assert_eq!(left(&orders(-10.0))[0], "1 | 100 | 20 | 80");
        assert_eq!(left(&orders(-30.0))[0], "1 | 100 | 0 | 100");
        assert_eq!(left(&orders(-31.0))[0], "1 | 100 | - | -", "less than nothing cannot have left");
    }

    #[test]
    fn what_is_left_is_unknown_once_something_of_unknown_weight_is_gone() {
        let orders =
            [("1", Some("loaded"), Some(20.0)), ("1", Some("delivered"), None), ("2", Some("loaded"), None)];
        assert_eq!(left(&orders), ["1 | 100 | - | -", "2 | - | - | -"]);
    }

    #[test]
    fn days_count_from_the_sheet_s_pack_date_or_else_from_production() {
        let mut scope = no_runs();
        let finished = df![
            "run_number" => ["1", "2"], "production_date" => [day(2); 2], "complete" => [true; 2], "product_code" => [Some("A"), None],
            "product" => [Some("COD LOIN"), None], "pack_date" => [Some(day(3)), None], "shelf_life_adjustment" => [Some(2_i64), None],
        ];
        scope.finished = runs(&finished.unwrap());
        assert_eq!(
            shown(
                &build(&scope).unwrap(),
                &[
                    "run_number",
                    "production_date",
                    "product_code",
                    "description",
                    "pack_date",
                    "adjustment_days"
                ]
            ),
            ["1 | 2026-11-02 | A | COD LOIN | 2026-11-03 | 2", "2 | 2026-11-02 | - | - | 2026-11-02 | 0"]
        );
    }

    #[test]
    fn no_runs_make_an_empty_mart() {
        assert_eq!(build(&no_runs()).unwrap(), DataFrame::empty_with_schema(&FCT_SHELF_LIFE.schema()));
    }
}
