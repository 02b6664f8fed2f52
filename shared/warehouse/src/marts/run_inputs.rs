//! `run_inputs`: what went into each run, with the run that it counts for.

use api::row;
use api::runs::RunInput;
use chrono::NaiveDate;
use polars::prelude::*;

use super::{Build, Mart, RUN_TABLES, columns_of};
use crate::frames;
use crate::scope::RunScope;

row! {
    /// An input with the run that it counts for.
    pub struct RunInputRow {
        /// The id of the input.
        input_id: i64,
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        ..input: RunInput,
    }
}

pub const RUN_INPUTS: Mart = Mart {
    name: "run_inputs",
    columns: columns_of::<RunInputRow>(),
    grain: &["input_id"],
    month_of: Some("production_date"),
    batches: &["batch_code"],
    tables: &[RUN_TABLES],
    builds: &[Build::Runs(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    frames::fit(&scope.inputs, &RUN_INPUTS.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, no_runs, of_run, shown};
    use super::*;
    use crate::sources;

    #[test]
    fn each_input_is_under_the_run_that_it_counts_for() {
        let mut scope = no_runs();
        assert_eq!(build(&scope).unwrap(), DataFrame::empty_with_schema(&RUN_INPUTS.schema()));
        let inputs = df![
            "input_id" => [1_i64, 2],
            "run_number" => ["007208", "007208"],
            "production_date" => [day(1), day(2)],
            "batch_code" => [Some("F1"), None],
            "grade" => [Some("GG"), None],
            "species" => [Some("cod"), None],
            "qty_kg" => [Some(12.5), None],
        ];
        scope.inputs = of_run(&sources::RUN_INPUTS, &inputs.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), RUN_INPUTS.schema());
        assert_eq!(
            shown(
                &mart,
                &["input_id", "run_number", "production_date", "batch_code", "grade", "species", "qty_kg"]
            ),
            ["1 | 007208 | 2026-11-01 | F1 | GG | cod | 12.5", "2 | 007208 | 2026-11-02 | - | - | - | -"]
        );
    }
}
