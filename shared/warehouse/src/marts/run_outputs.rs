//! `run_outputs`: what came out of each run, with the run that it counts for.

use api::row;
use api::runs::RunOutput;
use chrono::NaiveDate;
use polars::prelude::*;

use super::{Build, Mart, RUN_TABLES, columns_of, left_join, products};
use crate::frames;
use crate::scope::RunScope;

row! {
    /// An output with the run that it counts for.
    pub struct RunOutputRow {
        /// The id of the output.
        output_id: i64,
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        ..output: RunOutput,
    }
}

pub const RUN_OUTPUTS: Mart = Mart {
    name: "run_outputs",
    columns: columns_of::<RunOutputRow>(),
    grain: &["output_id"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Runs(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let product =
        products::by_code(&scope.products).select([col("product_code"), col("description").alias("product")]);
    let outputs = left_join(scope.outputs.clone().lazy(), product, ["product_code"]).collect()?;
    frames::fit(&outputs, &RUN_OUTPUTS.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, no_runs, of_run, products, shown};
    use super::*;
    use crate::sources;

    #[test]
    fn an_output_names_its_product_once_however_many_plus_share_the_code() {
        let mut scope = no_runs();
        assert_eq!(build(&scope).unwrap(), DataFrame::empty_with_schema(&RUN_OUTPUTS.schema()));
        let products_named = df![
            "plu_number" => [1_i64, 2],
            "product_code" => ["A", "A"],
            "description" => ["COD LOIN (OLD)", "COD LOIN"],
            "active" => [false, true],
        ];
        scope.products = products(&products_named.unwrap());
        let outputs = df![
            "output_id" => [3_i64, 1, 2],
            "run_number" => ["1", "1", "1"],
            "production_date" => [day(1), day(1), day(1)],
            "product_code" => [Some("B"), Some("A"), None],
            "tier" => [Some(1_i64), Some(2), None],
            "qty_packs" => [Some(4_i64), Some(0), None],
            "qty_kg" => [Some(0.8), Some(7.0), None],
        ];
        scope.outputs = of_run(&sources::RUN_OUTPUTS, &outputs.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), RUN_OUTPUTS.schema());
        assert_eq!(
            shown(&mart, &["output_id", "product_code", "product", "tier", "qty_packs", "qty_kg"]),
            ["3 | B | - | 1 | 4 | 0.8", "1 | A | COD LOIN | 2 | 0 | 7", "2 | - | - | - | - | -"]
        );
    }
}
