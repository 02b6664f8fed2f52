//! `run_inputs`: what went into each run, with the run that it counts for.

use polars::prelude::*;

use super::{Build, Mart, RUN_TABLES, date, number, text, whole};
use crate::frames;
use crate::scope::RunScope;

/// Inputs of runs.
pub const RUN_INPUTS: Mart = Mart {
    name: "run_inputs",
    columns: &[
        whole("input_id").always(),
        text("run_number").always(),
        date("production_date").always(),
        text("batch_code"),
        text("grade"),
        text("species"),
        number("qty_kg"),
    ],
    grain: &["input_id"],
    month_of: Some("production_date"),
    tables: RUN_TABLES,
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
