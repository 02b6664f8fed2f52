//! `fct_waterfall_yield`: how far down the tiers the fish of each complete run went, and what no tier caught.

use api::yields::WaterfallRun;
use domain::tier::Tier;
use domain::yields::{waste_kg, yield_pct};
use polars::prelude::*;

use super::bookings::{quantities, sum};
use super::{Build, Mart, RUN_KEY, RUN_TABLES, columns_of, left_join, runs::figure};
use crate::frames;
use crate::scope::RunScope;

/// Complete runs of which input or output is known. Percentages are shares of the run's input.
///
/// - `total_kg` is all output, including output without a tier.
/// - `capture_rate_pct` is `total_kg` as a share of the input: how much of the fish became product.
/// - Outputs are bookings, which may be corrected by negative ones. A sum with an unknown part is null, and so is
///   one of less than nothing.
/// - `true_waste_kg` is the input less `total_kg`: how much of the fish became nothing. Fish that a run takes
///   down a tier is no waste.
///
/// A run that is still on is left out, since what lies on its line would look like waste. Of a run without
/// outputs only the input is known: nobody wrote down an output, and that is not an output of zero.
pub const FCT_WATERFALL_YIELD: Mart = Mart {
    name: "fct_waterfall_yield",
    columns: columns_of::<WaterfallRun>(),
    grain: &["run_number", "production_date"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Runs(build)],
};

/// The columns of each tier.
const TIERS: [(Tier, &str, &str); 3] = [
    (Tier::Premium, "tier1_kg", "tier1_pct"),
    (Tier::Gg, "tier2_kg", "tier2_pct"),
    (Tier::Export, "tier3_kg", "tier3_pct"),
];

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let of_tier = |tier: Tier| col("qty_kg").filter(col("tier").eq(lit(tier.number())));
    let mut sums = vec![sum(col("qty_kg")).alias("total_kg")];
    sums.extend(TIERS.map(|(tier, kg, _)| sum(of_tier(tier)).alias(kg)));
    // In a fixed order, since a sum of floats depends on the order.
    let outputs = scope
        .outputs
        .clone()
        .lazy()
        .sort(["output_id"], SortMultipleOptions::new())
        .group_by_stable(RUN_KEY.map(col))
        .agg(sums);
    let complete = scope.finished.clone().lazy().filter(col("complete"));
    let mut runs = left_join(complete, outputs, RUN_KEY).collect()?;
    runs.with_column(quantities(&runs, "total_kg")?)?;
    let known = runs.column("input_kg")?.is_not_null() | runs.column("total_kg")?.is_not_null();
    let mut runs = runs.filter(&known)?;
    for (_, kg, pct) in TIERS {
        runs.with_column(quantities(&runs, kg)?)?;
        runs.with_column(figure(&runs, pct, yield_pct, kg, "input_kg")?)?;
    }
    runs.with_column(figure(&runs, "capture_rate_pct", yield_pct, "total_kg", "input_kg")?)?;
    runs.with_column(figure(&runs, "true_waste_kg", waste_kg, "input_kg", "total_kg")?)?;
    frames::fit(&runs, &FCT_WATERFALL_YIELD.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, no_runs, of_run, runs, shown};
    use super::*;
    use crate::sources::RUN_OUTPUTS;

    const FIGURES: [&str; 9] = [
        "tier1_kg",
        "tier1_pct",
        "tier2_kg",
        "tier2_pct",
        "tier3_kg",
        "tier3_pct",
        "total_kg",
        "capture_rate_pct",
        "true_waste_kg",
    ];

    /// One complete run with this input and outputs of (tier, kg).
    fn of_one_run(input_kg: Option<f64>, outputs: &[(Option<i64>, Option<f64>)]) -> Vec<String> {
        let mut scope = no_runs();
        scope.finished = runs(&df!["run_number" => ["7"], "production_date" => [day(1)], "complete" => [true], "input_kg" => [input_kg]].unwrap());
        let rows = df![
            "output_id" => (1..).take(outputs.len()).collect::<Vec<i64>>(),
            "run_number" => vec!["7"; outputs.len()],
            "production_date" => vec![day(1); outputs.len()],
            "tier" => outputs.iter().map(|output| output.0).collect::<Vec<_>>(),
            "qty_kg" => outputs.iter().map(|output| output.1).collect::<Vec<_>>(),
        ];
        scope.outputs = of_run(&RUN_OUTPUTS, &rows.unwrap());
        built(&scope, &FIGURES)
    }

    fn built(scope: &RunScope, columns: &[&str]) -> Vec<String> {
        let mart = build(scope).unwrap();
        assert_eq!(**mart.schema(), FCT_WATERFALL_YIELD.schema());
        shown(&mart, columns)
    }

    #[test]
    fn fish_of_every_tier_is_captured_and_the_rest_is_waste() {
        let outputs = [(Some(1), 100.0), (Some(3), 10.0), (Some(2), 40.0), (Some(1), 20.0)]
            .map(|(tier, kg)| (tier, Some(kg)));
        assert_eq!(of_one_run(Some(200.0), &outputs), ["120 | 60 | 40 | 20 | 10 | 5 | 170 | 85 | 30"]);
    }

    #[test]
    fn output_without_a_tier_counts_in_the_total_alone() {
        assert_eq!(
            of_one_run(Some(200.0), &[(Some(1), Some(100.0)), (None, Some(50.0))]),
            ["100 | 50 | 0 | 0 | 0 | 0 | 150 | 75 | 50"]
        );
        assert_eq!(of_one_run(Some(200.0), &[(None, Some(50.0))]), ["0 | 0 | 0 | 0 | 0 | 0 | 50 | 25 | 150"]);
    }

    #[test]
    fn without_an_input_above_zero_there_are_no_percentages() {
        assert_eq!(of_one_run(None, &[(Some(2), Some(50.0))]), ["0 | - | 50 | - | 0 | - | 50 | - | -"]);
        assert_eq!(
            of_one_run(Some(0.0), &[(Some(2), Some(50.0))]),
            ["0 | - | 50 | - | 0 | - | 50 | - | -50"]
        );
    }

    #[test]
    fn a_run_whose_output_nobody_wrote_down_has_lost_nothing() {
        assert_eq!(of_one_run(Some(200.0), &[]), ["- | - | - | - | - | - | - | - | -"]);
        assert_eq!(
            of_one_run(Some(200.0), &[(Some(1), None), (Some(1), None)]),
            ["- | - | 0 | 0 | 0 | 0 | - | - | -"]
        );
        assert_eq!(
            of_one_run(Some(200.0), &[(Some(1), None), (Some(1), Some(20.0))]),
            ["- | - | 0 | 0 | 0 | 0 | - | - | -"],
            "a sum with an unknown part is unknown"
        );
        assert_eq!(of_one_run(None, &[(Some(1), None)]), [""; 0]);
        assert_eq!(of_one_run(None, &[]), [""; 0]);
    }

    #[test]
    fn corrections_add_up_and_less_than_nothing_is_no_output() {
        let outputs = [(Some(1), Some(100.0)), (Some(1), Some(-20.0)), (Some(2), Some(40.0))];
        assert_eq!(of_one_run(Some(200.0), &outputs), ["80 | 40 | 40 | 20 | 0 | 0 | 120 | 60 | 80"]);
        let outputs = [(Some(1), Some(100.0)), (Some(2), Some(-20.0))];
        assert_eq!(of_one_run(Some(200.0), &outputs), ["100 | 50 | - | - | 0 | 0 | 80 | 40 | 120"]);
        let outputs = [(Some(1), Some(100.0)), (Some(1), Some(-120.0))];
        assert_eq!(of_one_run(Some(200.0), &outputs), ["- | - | 0 | 0 | 0 | 0 | - | - | -"]);
    }

    #[test]
    fn a_number_that_recurs_is_a_run_per_date_and_one_that_is_on_has_no_row_yet() {
        let mut scope = no_runs();
        let finished = df![
            "run_number" => ["7", "7", "8"],
            "production_date" => [day(1), day(2), day(2)],
            "complete" => [true, true, false],
            "prod_line" => [Some("L1"), None, None],
            "line_name" => [Some("Line 1"), None, None],
            "shift_code" => [Some("AM"), None, None],
            "species" => [Some("cod"), None, None],
            "product_code" => [Some("A"), None, None],
            "product" => [Some("COD LOIN"), None, None],
            "input_kg" => [100.0, 100.0, 100.0],
        ];
        scope.finished = runs(&finished.unwrap());
        let outputs = df![
            "output_id" => [1_i64, 2, 3],
            "run_number" => ["7", "7", "8"],
            "production_date" => [day(1), day(2), day(2)],
            "tier" => [1_i64, 2, 3],
            "qty_kg" => [90.0, 80.0, 5.0],
        ];
        scope.outputs = of_run(&RUN_OUTPUTS, &outputs.unwrap());
        let columns = [
            "run_number",
            "production_date",
            "prod_line",
            "line_name",
            "shift_code",
            "species",
            "product_code",
            "product",
            "total_kg",
        ];
        assert_eq!(
            built(&scope, &columns),
            [
                "7 | 2026-11-01 | L1 | Line 1 | AM | cod | A | COD LOIN | 90",
                "7 | 2026-11-02 | - | - | - | - | - | - | 80"
            ]
        );
        assert_eq!(built(&no_runs(), &columns), [""; 0]);
    }
}
