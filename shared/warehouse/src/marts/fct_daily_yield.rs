//! `fct_daily_yield`: the complete runs of a date, shift, line, product and customer.

use api::row;
use chrono::NaiveDate;
use std::collections::BTreeMap;

use domain::yields::YieldSum;
use polars::prelude::*;

use super::{Build, Mart, RUN_TABLES, RunRow, columns_of, rows};
use crate::frames;

row! {
    /// The complete runs of one date, shift, line, product and customer.
    pub struct DailyYieldRow {
        /// The production date.
        production_date: NaiveDate,
        /// The shift.
        shift_code: Option<String>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// Who buys it.
        customer: Option<String>,
        /// Complete runs.
        #[at_least(1)]
        runs: i64,
        /// Fish that went in, kg. Null where that of a run is unknown.
        input_kg: Option<f64>,
        /// What the run sheets asked for, kg.
        target_kg: Option<f64>,
        /// Product that came out, kg. Null where that of a run is unknown.
        total_kg: Option<f64>,
        /// Input less output of the runs with inputs, kg. Null where that of one of them is unknown.
        waste_kg: Option<f64>,
        /// Output as a share of input, over the runs whose input is known, %.
        yield_pct: Option<f64>,
        /// Waste as a share of input, over the runs that know both, %.
        waste_pct: Option<f64>,
        /// Output as a share of target, over the runs that have a target, %.
        efficiency_pct: Option<f64>,
        /// Weight above target that was given away, % of target.
        giveaway_pct: Option<f64>,
    }
}

/// Yield per date, shift, line, product and customer of the runs. Percentages are ratios of sums.
pub const FCT_DAILY_YIELD: Mart = Mart {
    name: "fct_daily_yield",
    columns: columns_of::<DailyYieldRow>(),
    grain: &["production_date", "shift_code", "prod_line", "product_code", "customer"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Dates(build)],
};

/// The runs of one row.
#[derive(Default)]
struct RunsOfRow<'a> {
    sum: YieldSum,
    line_name: Option<&'a str>,
    product: Option<&'a str>,
}

fn build(runs: &DataFrame) -> PolarsResult<DataFrame> {
    let mut complete: Vec<RunRow> = rows(runs)?;
    complete.retain(|run| run.complete);
    complete.sort_by(|one, other| {
        (one.production_date, &one.run_number).cmp(&(other.production_date, &other.run_number))
    });
    let mut groups = BTreeMap::<_, RunsOfRow>::new();
    for run in &complete {
        let key = (run.production_date, &run.shift_code, &run.prod_line, &run.product_code, &run.customer);
        let group = groups.entry(key).or_default();
        group.line_name = run.line_name.as_deref();
        // Runs without a product code share a row, though their products may differ.
        let product = run.product.as_deref();
        group.product = product.filter(|_| group.sum.runs() == 0 || group.product == product);
        group.sum.add(&run.kg());
    }

    let sums = |figure: fn(&YieldSum) -> Option<f64>| {
        groups.values().map(|group| figure(&group.sum)).collect::<Vec<_>>()
    };
    let rows = df![
        "production_date" => groups.keys().map(|key| key.0).collect::<Vec<_>>(),
        "shift_code" => groups.keys().map(|key| key.1.as_deref()).collect::<Vec<_>>(),
        "prod_line" => groups.keys().map(|key| key.2.as_deref()).collect::<Vec<_>>(),
        "line_name" => groups.values().map(|group| group.line_name).collect::<Vec<_>>(),
        "product_code" => groups.keys().map(|key| key.3.as_deref()).collect::<Vec<_>>(),
        "product" => groups.values().map(|group| group.product).collect::<Vec<_>>(),
        "customer" => groups.keys().map(|key| key.4.as_deref()).collect::<Vec<_>>(),
        "runs" => groups.values().map(|group| group.sum.runs()).collect::<Vec<_>>(),
        "input_kg" => sums(YieldSum::input_kg),
        "target_kg" => sums(YieldSum::target_kg),
        "total_kg" => sums(YieldSum::total_kg),
        "waste_kg" => sums(YieldSum::waste_kg),
        "yield_pct" => sums(YieldSum::yield_pct),
        "waste_pct" => sums(YieldSum::waste_pct),
        "efficiency_pct" => sums(YieldSum::efficiency_pct),
        "giveaway_pct" => sums(YieldSum::giveaway_pct),
    ]?;
    frames::fit(&rows, &FCT_DAILY_YIELD.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, runs, shown};
    use super::*;

    fn built(named: PolarsResult<DataFrame>, columns: &[&str]) -> Vec<String> {
        let mart = build(&runs(&named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), FCT_DAILY_YIELD.schema());
        shown(&mart, columns)
    }

    const FIGURES: [&str; 9] = [
        "runs",
        "input_kg",
        "target_kg",
        "total_kg",
        "waste_kg",
        "yield_pct",
        "waste_pct",
        "efficiency_pct",
        "giveaway_pct",
    ];

    #[test]
    fn percentages_are_ratios_of_sums_over_the_runs_that_know_both_sides() {
        let group = df![
            "run_number" => ["1", "2", "3", "4"],
            "production_date" => [day(2); 4],
            "complete" => [true, true, true, false],
            "input_kg" => [Some(100.0), Some(300.0), None, Some(1e6)],
            "actual_kg" => [Some(50.0), Some(270.0), Some(80.0), Some(1e6)],
            "target_kg" => [Some(100.0), None, Some(100.0), None],
            "pack_giveaway_g" => [Some(500.0), Some(0.0), None, None],
            "pack_target_g" => [Some(5000.0), Some(15000.0), None, None],
            "giveaway_pct" => [10.0, 0.0, 50.0, 0.0],
        ];
        assert_eq!(built(group, &FIGURES), ["3 | 400 | 200 | 400 | 80 | 80 | 20 | 65 | 2.5"]);
    }

    #[test]
    fn a_run_of_unknown_weight_makes_the_sums_unknown_but_not_the_ratios_of_the_others() {
        let group = df![
            "run_number" => ["1", "2", "3"],
            "production_date" => [day(2); 3],
            "complete" => [true; 3],
            "has_inputs" => [true, true, false],
            "has_totals" => [false, false, true],
            "input_kg" => [Some(100.0), None, None],
            "actual_kg" => [Some(90.0), Some(1350.0), None],
        ];
        assert_eq!(built(group, &FIGURES), ["3 | - | - | - | - | 90 | 10 | - | -"]);
    }

    #[test]
    fn where_no_packs_tell_the_weighing_system_says_what_was_given_away() {
        let group = df![
            "run_number" => ["1", "2"],
            "production_date" => [day(2); 2],
            "complete" => [true; 2],
            "giveaway_pct" => [4.0, 2.0],
            "total_weight_kg" => [104.0, 102.0],
            "total_giveaway_kg" => [4.0, 2.0],
        ];
        assert_eq!(built(group, &["runs", "giveaway_pct"]), ["2 | 3"]);
    }

    #[test]
    fn a_group_that_knows_nothing_has_runs_and_nulls() {
        let group = df!["run_number" => ["1"], "production_date" => [day(2)], "complete" => [true]];
        assert_eq!(built(group, &FIGURES), ["1 | - | - | - | - | - | - | - | -"]);
    }

    #[test]
    fn a_row_is_a_date_shift_line_product_and_customer() {
        let group = df![
            "run_number" => ["1", "1", "2", "3", "4", "5"],
            "production_date" => [day(3), day(2), day(2), day(2), day(2), day(2)],
            "complete" => [true; 6],
            "shift_code" => [Some("AM"), Some("AM"), Some("AM"), Some("PM"), Some("AM"), None],
            "prod_line" => ["L1", "L1", "L1", "L1", "L1", "L2"],
            "line_name" => ["Line 1", "Line 1", "Line 1", "Line 1", "Line 1", "Line 2"],
            "product_code" => [Some("A"), Some("A"), Some("A"), Some("A"), Some("B"), None],
            "product" => [Some("COD"), Some("COD"), Some("COD"), Some("COD"), Some("HAKE"), None],
            "customer" => [Some("X"), Some("X"), Some("X"), Some("X"), None, None],
        ];
        assert_eq!(
            built(
                group,
                &[
                    "production_date",
                    "shift_code",
                    "prod_line",
                    "line_name",
                    "product_code",
                    "product",
                    "customer",
                    "runs"
                ]
            ),
            [
                "2026-11-02 | - | L2 | Line 2 | - | - | - | 1",
                "2026-11-02 | AM | L1 | Line 1 | A | COD | X | 2",
                "2026-11-02 | AM | L1 | Line 1 | B | HAKE | - | 1",
                "2026-11-02 | PM | L1 | Line 1 | A | COD | X | 1",
                "2026-11-03 | AM | L1 | Line 1 | A | COD | X | 1",
            ]
        );
    }

    #[test]
    fn runs_without_a_code_share_a_row_that_names_their_product_only_if_it_is_one() {
        let group = |products: [&str; 3]| df!["run_number" => ["1", "2", "3"], "production_date" => [day(2); 3], "complete" => [true; 3], "product" => products];
        assert_eq!(built(group(["COD", "COD", "COD"]), &["product", "runs"]), ["COD | 3"]);
        assert_eq!(built(group(["COD", "HAKE", "COD"]), &["product", "runs"]), ["- | 3"]);
        assert_eq!(built(group(["COD", "HAKE", "HAKE"]), &["product", "runs"]), ["- | 3"]);
    }

    #[test]
    fn without_complete_runs_there_is_no_row() {
        assert_eq!(built(Ok(DataFrame::empty()), &["runs"]), [""; 0]);
        assert_eq!(
            built(
                df!["run_number" => ["1"], "production_date" => [day(2)], "complete" => [false]],
                &["runs"]
            ),
            [""; 0]
        );
    }
}
