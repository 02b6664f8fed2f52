//! `run_batches`: the batches that went into each run, and where they came from.

use api::row;
use chrono::NaiveDate;
use polars::prelude::*;

use super::bookings::{quantities, sum};
use super::{Build, Mart, RUN_KEY, columns_of};
use crate::frames;
use crate::scope::{RECEIVED_ON, RunScope};
use crate::sources::{RUN_INPUTS, RUN_NUMBERS, TRACEABILITY};

row! {
    /// A batch that went into a run.
    pub struct RunBatchRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The batch.
        batch_code: Option<String>,
        /// Who delivered it.
        supplier: Option<String>,
        /// The vessel.
        vessel_name: Option<String>,
        /// Where it was caught.
        catch_area: Option<String>,
        /// How it was caught.
        catch_method: Option<String>,
        /// The certificate that it comes under.
        certified: Option<String>,
        /// The country that it comes from.
        country_origin: Option<String>,
        /// When it was landed.
        landing_date: Option<NaiveDate>,
        /// The species of the batch, as the delivery says.
        batch_species: Option<String>,
        /// Its grade.
        grade: Option<String>,
        /// How much of it went in, kg. Null where a part of it has no weight, or where it adds up to less than
        /// nothing.
        input_kg: Option<f64>,
    }
}

/// Batches per run. Inputs without a batch code are one row.
///
/// A run took the latest delivery of a code that had come by its date: deliveries of other days under that
/// code are other batches. Of several intakes of one day, the one with the smallest `trace_id` tells the
/// origin. A batch that the factory made itself, or whose code is mistyped, was never taken in under its
/// code. Of such a batch only the quantity is known.
pub const RUN_BATCHES: Mart = Mart {
    name: "run_batches",
    columns: columns_of::<RunBatchRow>(),
    grain: &["run_number", "production_date", "batch_code"],
    month_of: Some("production_date"),
    batches: &["batch_code"],
    tables: &[&[&RUN_NUMBERS, &RUN_INPUTS, &TRACEABILITY]],
    builds: &[Build::Runs(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    const KEY: &str = "_code";
    let in_order = SortMultipleOptions::new;
    let batch_code =
        when(col("batch_code").eq(lit(""))).then(lit(NULL)).otherwise(col("batch_code")).alias("batch_code");
    let batches = scope
        .inputs
        .clone()
        .lazy()
        .with_column(batch_code)
        // A code that no master knows may be spelt in several ways.
        .with_column(col("batch_code").str().to_lowercase().alias(KEY))
        // In a fixed order, since a sum of floats depends on the order.
        .sort(["input_id"], in_order())
        .group_by_stable([cols(RUN_KEY).as_expr(), col(KEY)])
        .agg([
            col("batch_code").sort(SortOptions::default()).first(),
            col(RECEIVED_ON).first(),
            sum(col("qty_kg")).alias("input_kg"),
        ]);
    let mut batches = batches.collect()?;
    batches.with_column(quantities(&batches, "input_kg")?)?;
    let intakes = scope
        .intakes
        .clone()
        .lazy()
        .filter(col("batch_code").is_not_null())
        .sort(["trace_id"], in_order())
        .unique_stable(Some(cols(["batch_code", RECEIVED_ON])), UniqueKeepStrategy::First)
        .rename(["species"], ["batch_species"], true);
    let keys = ["batch_code", RECEIVED_ON].map(str::to_owned);
    // A delivery of an unknown day is one as well, so null equals null here.
    let batches = frames::left_join_on(&batches, &intakes.collect()?, &keys)?;
    frames::fit(&batches, &RUN_BATCHES.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, intakes as intakes_of, no_runs, of_run, shown};
    use super::*;
    use crate::sources::RUN_INPUTS;

    /// Inputs of (run, batch, kg), all of one date.
    fn built(
        inputs: &[(&str, Option<&str>, Option<f64>)],
        intakes: PolarsResult<DataFrame>,
        columns: &[&str],
    ) -> Vec<String> {
        let mut scope = no_runs();
        let named = df![
            "input_id" => (1..).take(inputs.len()).collect::<Vec<i64>>(),
            "run_number" => inputs.iter().map(|input| input.0).collect::<Vec<_>>(),
            "production_date" => vec![day(2); inputs.len()],
            "batch_code" => inputs.iter().map(|input| input.1).collect::<Vec<_>>(),
            "qty_kg" => inputs.iter().map(|input| input.2).collect::<Vec<_>>(),
        ];
        scope.inputs = of_run(&RUN_INPUTS, &named.unwrap());
        scope.intakes = intakes_of(&intakes.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), RUN_BATCHES.schema());
        shown(&mart, columns)
    }

    #[test]
    fn the_inputs_of_a_batch_are_one_row_and_those_without_a_code_another() {
        let inputs = [
            ("7", Some("B1"), Some(10.0)),
            ("7", Some("B2"), None),
            ("7", Some("B1"), Some(2.5)),
            ("7", None, Some(1.0)),
            ("7", Some(""), Some(2.0)),
            ("8", Some("B1"), Some(4.0)),
            ("8", Some("B1"), Some(-1.0)),
            ("8", Some("B2"), Some(4.0)),
            ("8", Some("B2"), None),
            ("9", Some("B1"), Some(10.0)),
            ("9", Some("B1"), Some(-12.5)),
        ];
        assert_eq!(
            built(&inputs, Ok(DataFrame::empty()), &["run_number", "batch_code", "supplier", "input_kg"]),
            [
                "7 | B1 | - | 12.5",
                "7 | B2 | - | -",
                "7 | - | - | 3",
                "8 | B1 | - | 3",
                "8 | B2 | - | -",
                "9 | B1 | - | -"
            ]
        );
    }

    #[test]
    fn spellings_of_a_code_that_no_master_knows_are_one_batch() {
        let inputs = [("7", Some("x1"), Some(10.0)), ("7", Some("X1"), Some(2.0))];
        assert_eq!(built(&inputs, Ok(DataFrame::empty()), &["batch_code", "input_kg"]), ["X1 | 12"]);
    }

    #[test]
    fn a_run_is_told_of_the_delivery_that_it_took() {
        let mut scope = no_runs();
        let inputs = df![
            "input_id" => [1_i64, 2], "run_number" => ["7", "7"], "production_date" => [day(2), day(20)],
            "batch_code" => ["B1", "B1"], RECEIVED_ON => [None, Some(day(19))],
        ];
        scope.inputs = of_run(&RUN_INPUTS, &inputs.unwrap());
        let intakes = df!["trace_id" => ["T1", "T2"], "batch_code" => ["B1", "B1"], "supplier" => ["Old", "New"], RECEIVED_ON => [None, Some(day(19))]];
        scope.intakes = intakes_of(&intakes.unwrap());
        let shown = shown(&build(&scope).unwrap(), &["production_date", "batch_code", "supplier"]);
        assert_eq!(shown, ["2026-11-02 | B1 | Old", "2026-11-20 | B1 | New"]);
    }

    #[test]
    fn a_batch_is_told_by_its_first_intake_and_a_blank_code_by_none() {
        let intakes = df![
            "trace_id" => ["T2", "T1", "T3", "T0"],
            "batch_code" => [Some("B1"), Some("B1"), Some("B2"), None],
            "supplier" => ["Second", "First", "Other", "Nobody"],
            "vessel_name" => [Some("Dawn"), None, None, None],
            "certified" => [None, Some("MSC"), None, None],
            "landing_date" => [None, Some(day(1)), None, None],
            "species" => ["Cod", "Cod", "Hake", "Sole"],
            "grade" => ["GG", "Premium", "GG", "GG"],
        ];
        assert_eq!(
            built(
                &[("7", Some("B1"), Some(1.0)), ("7", None, Some(1.0))],
                intakes,
                &[
                    "batch_code",
                    "supplier",
                    "vessel_name",
                    "certified",
                    "landing_date",
                    "batch_species",
                    "grade"
                ]
            ),
            ["B1 | First | - | MSC | 2026-11-01 | Cod | Premium", "- | - | - | - | - | - | -"]
        );
    }

    #[test]
    fn no_inputs_make_an_empty_mart() {
        assert_eq!(built(&[], Ok(DataFrame::empty()), &["run_number"]), [""; 0]);
    }
}
