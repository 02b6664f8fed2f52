//! `fct_product_mix`: what each run was made into, and how much of it.

use api::row;
use chrono::NaiveDate;
use domain::yields::yield_pct;
use polars::prelude::*;

use super::bookings::{quantities, sum};
use super::{Build, Mart, RUN_KEY, RUN_TABLES, columns_of, left_join, products, runs::figure};
use crate::frames;
use crate::scope::RunScope;

row! {
    /// What a run made of one product.
    pub struct ProductMixRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The shift.
        shift_code: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// The species of the product.
        species: Option<String>,
        /// Packs.
        qty_packs: Option<i64>,
        /// Output of the product, kg. Null where a part of it has no weight, or where it adds up to less than
        /// nothing.
        qty_kg: Option<f64>,
        /// Output of the whole run, kg. Null for the same reasons.
        run_kg: Option<f64>,
        /// The product's share of the output of the whole run, %.
        share_pct: Option<f64>,
    }
}

/// Output per run and product. `share_pct` is the share of the run's whole output. Outputs without a product
/// code share a row.
pub const FCT_PRODUCT_MIX: Mart = Mart {
    name: "fct_product_mix",
    columns: columns_of::<ProductMixRow>(),
    grain: &["run_number", "production_date", "product_code"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Runs(build)],
};

fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    // In a fixed order, since a sum of floats depends on the order.
    let outputs = scope.outputs.clone().lazy().sort(["output_id"], SortMultipleOptions::new());
    let of_run = outputs.clone().group_by_stable(RUN_KEY.map(col)).agg([sum(col("qty_kg")).alias("run_kg")]);
    let of_product = outputs
        .group_by_stable([cols(RUN_KEY).as_expr(), col("product_code")])
        .agg(["qty_packs", "qty_kg"].map(|name| sum(col(name)).alias(name)));
    let runs = scope
        .finished
        .clone()
        .lazy()
        .select([cols(RUN_KEY).as_expr(), cols(["prod_line", "line_name", "shift_code"]).as_expr()]);
    let product = products::by_code(&scope.products).select([
        col("product_code"),
        col("description").alias("product"),
        col("species"),
    ]);
    let mix = left_join(
        left_join(left_join(of_product, of_run, RUN_KEY), runs, RUN_KEY),
        product,
        ["product_code"],
    );
    let mut mix = mix.collect()?;
    mix.with_column(quantities(&mix, "run_kg")?)?;
    mix.with_column(quantities(&mix, "qty_kg")?)?;
    mix.with_column(figure(&mix, "share_pct", yield_pct, "qty_kg", "run_kg")?)?;
    frames::fit(&mix, &FCT_PRODUCT_MIX.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, no_runs, of_run, products, runs, shown};
    use super::*;
    use crate::sources::RUN_OUTPUTS;

    const MIX: [&str; 6] =
        ["run_number", "production_date", "product_code", "qty_packs", "qty_kg", "share_pct"];

    /// Run, day, product, packs and kg.
    type Output<'a> = (&'a str, u32, Option<&'a str>, Option<i64>, Option<f64>);

    fn built(outputs: &[Output], columns: &[&str]) -> Vec<String> {
        let mut scope = no_runs();
        let finished = df!["run_number" => ["7"], "production_date" => [day(1)], "prod_line" => ["L1"], "line_name" => ["Line 1"], "shift_code" => ["AM"]];
        scope.finished = runs(&finished.unwrap());
        let named = df![
            "plu_number" => [1_i64, 2],
            "product_code" => ["A", "A"],
            "description" => ["COD LOIN (OLD)", "COD LOIN"],
            "species" => ["cod", "cod"],
            "active" => [false, true],
        ];
        scope.products = products(&named.unwrap());
        let rows = df![
            "output_id" => (1..).take(outputs.len()).collect::<Vec<i64>>(),
            "run_number" => outputs.iter().map(|output| output.0).collect::<Vec<_>>(),
            "production_date" => outputs.iter().map(|output| day(output.1)).collect::<Vec<_>>(),
            "product_code" => outputs.iter().map(|output| output.2).collect::<Vec<_>>(),
            "qty_packs" => outputs.iter().map(|output| output.3).collect::<Vec<_>>(),
            "qty_kg" => outputs.iter().map(|output| output.4).collect::<Vec<_>>(),
        ];
        scope.outputs = of_run(&RUN_OUTPUTS, &rows.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), FCT_PRODUCT_MIX.schema());
        shown(&mart, columns)
    }

    #[test]
    fn a_product_s_share_is_of_the_whole_output_of_its_run() {
        let outputs = [
            ("7", 1, Some("A"), Some(10), Some(30.0)),
            ("7", 1, Some("B"), None, Some(25.0)),
            ("7", 1, Some("A"), Some(5), Some(20.0)),
            ("7", 1, None, Some(1), Some(5.0)),
            ("7", 1, None, None, Some(20.0)),
            ("7", 2, Some("A"), Some(7), Some(1.0)),
        ];
        assert_eq!(
            built(&outputs, &MIX),
            [
                "7 | 2026-11-01 | A | 15 | 50 | 50",
                "7 | 2026-11-01 | B | - | 25 | 25",
                "7 | 2026-11-01 | - | - | 25 | 25",
                "7 | 2026-11-02 | A | 7 | 1 | 100"
            ]
        );
        assert_eq!(
            built(
                &outputs[..2],
                &["prod_line", "line_name", "shift_code", "product_code", "product", "species", "run_kg"]
            ),
            ["L1 | Line 1 | AM | A | COD LOIN | cod | 55", "L1 | Line 1 | AM | B | - | - | 55"]
        );
    }

    #[test]
    fn of_nothing_there_are_no_shares() {
        assert_eq!(built(&[("7", 1, Some("A"), None, Some(0.0))], &MIX), ["7 | 2026-11-01 | A | - | 0 | -"]);
        assert_eq!(
            built(&[("7", 1, Some("A"), None, None), ("7", 1, Some("B"), Some(0), Some(4.0))], &MIX),
            ["7 | 2026-11-01 | A | - | - | -", "7 | 2026-11-01 | B | 0 | 4 | -"],
            "of an unknown whole"
        );
        let corrected = [("7", 1, Some("A"), None, Some(5.0)), ("7", 1, Some("A"), None, Some(-6.0))];
        assert_eq!(built(&corrected, &["qty_kg", "run_kg", "share_pct"]), ["- | - | -"]);
        let one_of_two = [("7", 1, Some("A"), None, Some(5.0)), ("7", 1, Some("B"), None, Some(-1.0))];
        assert_eq!(built(&one_of_two, &["qty_kg", "run_kg", "share_pct"]), ["5 | 4 | 125", "- | 4 | -"]);
        assert_eq!(built(&[], &MIX), [""; 0]);
    }
}
