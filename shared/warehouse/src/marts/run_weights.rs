//! `run_weights`: the pack weights of each run against the average-quantity rules.

use api::row;
use api::runs::RunWeights;
use chrono::NaiveDate;
use domain::average_quantity::{Verdict, is_placed_on_market};
use polars::prelude::*;

use super::{Build, Mart, RUN_KEY, RUN_TABLES, columns_of, left_join, products};
use crate::frames;
use crate::scope::RunScope;

row! {
    /// The pack weights of a run, with the run itself.
    pub struct RunWeightsRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        ..weights: RunWeights,
    }
}

/// Pack weights of the runs that have packs. Lots are judged over the packs that are placed on the market; the
/// others are counted.
pub const RUN_WEIGHTS: Mart = Mart {
    name: "run_weights",
    columns: columns_of::<RunWeightsRow>(),
    grain: &["run_number", "production_date"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Runs(build)],
};

/// The column that says whether a pack is placed on the market.
pub(super) const PLACED: &str = "is_placed";

/// The packs of a scope, each with whether it is placed on the market.
pub(super) fn marked(packs: &DataFrame) -> PolarsResult<LazyFrame> {
    let (net, label) = (packs.column("net_weight")?.f64()?, packs.column("label_printed")?.bool()?);
    let placed: Vec<bool> =
        net.iter().zip(label.iter()).map(|(net_g, label)| is_placed_on_market(net_g, label)).collect();
    Ok(packs.clone().with_column(Column::new(PLACED.into(), placed))?.clone().lazy())
}

/// The packs of a scope that are placed on the market. The charts of pack weights take them too.
pub(super) fn placed(packs: &DataFrame) -> PolarsResult<LazyFrame> {
    Ok(marked(packs)?.filter(col(PLACED)))
}

/// The rows of the mart. The compliance checks take them too.
pub(super) fn build(scope: &RunScope) -> PolarsResult<DataFrame> {
    let placed = |column: &str| col(column).filter(col(PLACED));
    let lots = marked(&scope.packs)?.group_by_stable(RUN_KEY.map(col)).agg([
        col(PLACED).sum().alias("packs"),
        col(PLACED).not().sum().alias("packs_excluded"),
        placed("net_weight").mean().alias("mean_g"),
        placed("net_weight").std(1).alias("std_dev_g"),
        placed("net_weight").implode(true).alias("weights_g"),
        placed("target_weight").drop_nulls().implode(true).alias("targets_g"),
    ]);
    let pack_sizes = products::by_code(&scope.products).select([col("product_code"), col("pack_size_g")]);
    let pack_sizes = left_join(scope.runs.clone().lazy(), pack_sizes, ["product_code"])
        .select([cols(RUN_KEY).as_expr(), col("pack_size_g")]);
    let mut lots = left_join(lots, pack_sizes, RUN_KEY).collect()?;

    let (mut nominals_g, mut verdicts) = (Vec::new(), Vec::new());
    for lot in 0..lots.height() {
        let nominal_g = match lots.column("pack_size_g")?.f64()?.get(lot) {
            Some(pack_size_g) => Some(pack_size_g),
            None => most_frequent(numbers(&lots, "targets_g", lot)?),
        };
        let weights_g = numbers(&lots, "weights_g", lot)?;
        nominals_g.push(nominal_g);
        verdicts.push(nominal_g.and_then(|nominal_g| Verdict::of(nominal_g, &weights_g)));
    }
    let packs = |count: fn(&Verdict) -> usize| {
        verdicts
            .iter()
            .map(|verdict| verdict.as_ref().map(|verdict| count(verdict) as u64))
            .collect::<Vec<_>>()
    };
    let verdict: Vec<_> =
        verdicts.iter().map(|verdict| verdict.as_ref().map(|verdict| verdict.outcome().as_str())).collect();
    lots.with_column(Column::new("nominal_g".into(), nominals_g))?;
    lots.with_column(Column::new("below_t1".into(), packs(|verdict| verdict.below_t1)))?;
    lots.with_column(Column::new("below_t2".into(), packs(|verdict| verdict.below_t2)))?;
    lots.with_column(Column::new("verdict".into(), verdict))?;
    frames::fit(&lots, &RUN_WEIGHTS.schema())
}

/// The numbers that a row holds in a list column.
fn numbers(frame: &DataFrame, column: &str, row: usize) -> PolarsResult<Vec<f64>> {
    let Some(list) = frame.column(column)?.list()?.get_as_series(row) else { return Ok(Vec::new()) };
    Ok(list.f64()?.iter().flatten().collect())
}

/// The target that most packs were packed to. Of equally frequent targets, the heaviest.
fn most_frequent(mut targets_g: Vec<f64>) -> Option<f64> {
    targets_g.sort_by(f64::total_cmp);
    targets_g
        .chunk_by(|one, other| one == other)
        .max_by_key(|same| same.len())
        .and_then(|same| same.first().copied())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, no_runs, of_run, products, shown};
    use super::*;
    use crate::sources::{RUN_NUMBERS, TRANSACTIONS};

    const FIGURES: [&str; 10] = [
        "run_number",
        "production_date",
        "packs",
        "packs_excluded",
        "nominal_g",
        "mean_g",
        "std_dev_g",
        "below_t1",
        "below_t2",
        "verdict",
    ];

    /// Packs of (run, day, net weight, target weight); run 1 is of product A, which weighs 200 g.
    fn judged(packs: &[(&str, u32, Option<f64>, Option<f64>)]) -> Vec<String> {
        labelled(packs, &vec![None; packs.len()])
    }

    fn labelled(packs: &[(&str, u32, Option<f64>, Option<f64>)], labels: &[Option<bool>]) -> Vec<String> {
        let mut scope = no_runs();
        scope.products =
            products(&df!["product_code" => ["A"], "pack_size_g" => [200.0], "active" => [true]].unwrap());
        let runs = df!["run_number" => ["1", "2"], "production_date" => [day(1), day(1)], "product_code" => [Some("A"), None]];
        scope.runs = of_run(&RUN_NUMBERS, &runs.unwrap());
        let packs = df![
            "run_number" => packs.iter().map(|pack| pack.0).collect::<Vec<_>>(),
            "production_date" => packs.iter().map(|pack| day(pack.1)).collect::<Vec<_>>(),
            "net_weight" => packs.iter().map(|pack| pack.2).collect::<Vec<_>>(),
            "target_weight" => packs.iter().map(|pack| pack.3).collect::<Vec<_>>(),
            "label_printed" => labels,
        ];
        scope.packs = of_run(&TRANSACTIONS, &packs.unwrap());
        let mart = build(&scope).unwrap();
        assert_eq!(**mart.schema(), RUN_WEIGHTS.schema());
        shown(&mart, &FIGURES)
    }

    #[test]
    fn a_lot_is_held_against_the_pack_size_of_its_product() {
        assert_eq!(
            judged(&[
                ("1", 1, Some(198.0), Some(100.0)),
                ("1", 1, Some(202.0), None),
                ("1", 1, Some(206.0), None),
                ("1", 1, None, Some(200.0))
            ]),
            ["1 | 2026-11-01 | 3 | 1 | 200 | 202 | 4 | 0 | 0 | pass"]
        );
    }

    #[test]
    fn light_packs_are_counted_and_fail_the_lot() {
        let lot = judged(&[
            ("1", 1, Some(220.0), None),
            ("1", 1, Some(190.0), None),
            ("1", 1, Some(181.0), None),
            ("1", 1, Some(217.0), None),
        ]);
        assert!(lot[0].starts_with("1 | 2026-11-01 | 4 | 0 | 200 | 202 | "), "{lot:?}");
        assert!(lot[0].ends_with(" | 2 | 1 | fail"), "{lot:?}");
    }

    #[test]
    fn a_pack_that_is_not_placed_on_the_market_is_counted_and_fails_no_lot() {
        let packs = [
            ("2", 1, Some(201.0), Some(200.0)),
            ("2", 1, Some(0.0), Some(200.0)),
            ("2", 1, Some(150.0), Some(200.0)),
            ("2", 1, None, Some(200.0)),
        ];
        let labels = [Some(true), Some(true), Some(false), None];
        assert_eq!(labelled(&packs, &labels), ["2 | 2026-11-01 | 1 | 3 | 200 | 201 | - | 0 | 0 | pass"]);
        let labels = [Some(true), Some(false), None, Some(true)];
        let lot = labelled(&packs, &labels);
        assert!(
            lot[0].starts_with("2 | 2026-11-01 | 2 | 2 | 200 | 175.5 |") && lot[0].ends_with("fail"),
            "{lot:?}"
        );
    }

    #[test]
    fn without_a_pack_size_the_target_of_most_packs_is_nominal() {
        let pack = |target| ("2", 1, Some(150.0), target);
        assert_eq!(
            judged(&[pack(Some(300.0)), pack(Some(150.0)), pack(None), pack(Some(150.0))]),
            ["2 | 2026-11-01 | 4 | 0 | 150 | 150 | 0 | 0 | 0 | pass"]
        );
    }

    #[test]
    fn where_the_rules_do_not_apply_there_is_no_verdict() {
        assert_eq!(
            judged(&[("2", 1, Some(3.5), None)]),
            ["2 | 2026-11-01 | 1 | 0 | - | 3.5 | - | - | - | -"]
        );
        assert_eq!(
            judged(&[("2", 1, Some(3.5), Some(4.0))]),
            ["2 | 2026-11-01 | 1 | 0 | 4 | 3.5 | - | - | - | -"]
        );
    }

    #[test]
    fn lots_of_one_number_on_two_dates_do_not_mix_and_unweighed_ones_have_no_verdict() {
        assert_eq!(
            judged(&[
                ("2", 1, Some(100.0), Some(100.0)),
                ("2", 2, Some(99.0), Some(100.0)),
                ("1", 1, None, None)
            ]),
            [
                "2 | 2026-11-01 | 1 | 0 | 100 | 100 | - | 0 | 0 | pass",
                "2 | 2026-11-02 | 1 | 0 | 100 | 99 | - | 0 | 0 | fail",
                "1 | 2026-11-01 | 0 | 1 | 200 | - | - | - | - | -"
            ]
        );
        assert_eq!(judged(&[]), [""; 0]);
    }

    #[test]
    fn of_equally_frequent_targets_the_heaviest_is_taken() {
        assert_eq!(most_frequent(vec![200.0, 100.0, 300.0, 100.0, 200.0]), Some(200.0));
        assert_eq!(most_frequent(vec![]), None);
    }
}
