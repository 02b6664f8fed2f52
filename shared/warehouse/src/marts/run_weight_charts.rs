//! `run_weight_bins` and `run_weight_points`: the pack weights of each run as a histogram, and as subgroups
//! of consecutive packs for an X-bar and R chart. Limits and signals of that chart follow from its points,
//! and are not kept.

use api::row;
use api::weights::WeightBin;
use chrono::{NaiveDate, NaiveDateTime};
use domain::histogram::histogram;
use domain::spc::{Chart, SUBGROUP_PACKS};
use polars::prelude::*;

use super::run_weights::placed;
use super::{Build, Mart, RUN_KEY, RUN_TABLES, columns_of};
use crate::frames;
use crate::scope::RunScope;

row! {
    /// A range of net weights, with the run of its packs.
    pub struct WeightBinRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        ..bin: WeightBin,
    }
}

/// Packs that are placed on the market, by range of net weights. A range does not include its `to_g`. Empty
/// ranges between others have a row too.
pub const RUN_WEIGHT_BINS: Mart = Mart {
    name: "run_weight_bins",
    columns: columns_of::<WeightBinRow>(),
    grain: &["run_number", "production_date", "from_g"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Runs(build_bins)],
};

row! {
    /// A subgroup of packs, with the run of these packs.
    pub struct WeightPointRow {
        /// The run's number.
        run_number: String,
        /// The production date.
        production_date: NaiveDate,
        /// Which subgroup it is, counted from 1.
        subgroup: i64,
        /// When its last pack was weighed.
        weighed_at: NaiveDateTime,
        /// Mean of its packs, g.
        mean_g: f64,
        /// Heaviest less lightest of its packs, g.
        range_g: f64,
    }
}

/// Mean and range of each five packs, in the order in which they were weighed. Packs that do not fill a
/// subgroup are left out.
pub const RUN_WEIGHT_POINTS: Mart = Mart {
    name: "run_weight_points",
    columns: columns_of::<WeightPointRow>(),
    grain: &["run_number", "production_date", "subgroup"],
    month_of: Some("production_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Runs(build_points)],
};

fn build_bins(scope: &RunScope) -> PolarsResult<DataFrame> {
    charted(scope, &RUN_WEIGHT_BINS, |weights_g, _| {
        let bins = histogram(weights_g);
        df![
            "from_g" => bins.iter().map(|bin| bin.from_g).collect::<Vec<_>>(),
            "to_g" => bins.iter().map(|bin| bin.to_g).collect::<Vec<_>>(),
            "packs" => bins.iter().map(|bin| bin.packs as u64).collect::<Vec<_>>(),
        ]
    })
}

fn build_points(scope: &RunScope) -> PolarsResult<DataFrame> {
    charted(scope, &RUN_WEIGHT_POINTS, |weights_g, times| {
        let points = Chart::of(weights_g, SUBGROUP_PACKS).map(|chart| chart.points).unwrap_or_default();
        let last_packs = (0..points.len()).map(|point| ((point + 1) * SUBGROUP_PACKS - 1) as IdxSize);
        df![
            "subgroup" => (1..=points.len() as u64).collect::<Vec<_>>(),
            "weighed_at" => times.take_slice(&last_packs.collect::<Vec<_>>())?,
            "mean_g" => points.iter().map(|point| point.mean_g).collect::<Vec<_>>(),
            "range_g" => points.iter().map(|point| point.range_g).collect::<Vec<_>>(),
        ]
    })
}

/// The rows that `chart` makes of each run. It is given the net weights of the run's packs and the times of
/// weighing, in the order of these times.
fn charted(
    scope: &RunScope,
    mart: &Mart,
    chart: fn(&[f64], &Series) -> PolarsResult<DataFrame>,
) -> PolarsResult<DataFrame> {
    let lots = placed(&scope.packs)?
        .sort(["trans_date", "trans_no"], SortMultipleOptions::new())
        .group_by_stable(RUN_KEY.map(col))
        .agg([col("net_weight").implode(true), col("trans_date").implode(true)])
        .collect()?;
    let (weights_g, times) = (lots.column("net_weight")?.list()?, lots.column("trans_date")?.list()?);
    let mut charts = Vec::new();
    for lot in 0..lots.height() {
        let (Some(weights_g), Some(times)) = (weights_g.get_as_series(lot), times.get_as_series(lot)) else {
            continue;
        };
        let weights_g: Vec<f64> = weights_g.f64()?.iter().flatten().collect();
        let mut rows = chart(&weights_g, &times)?;
        for key in RUN_KEY {
            rows.with_column(lots.column(key)?.new_from_index(lot, rows.height()))?;
        }
        charts.push(rows);
    }
    frames::stack(charts, &mart.schema())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::small_factory::{at, day, no_runs, of_run, shown};
    use super::*;
    use crate::sources::TRANSACTIONS;

    /// Packs of (number, run, minute, net weight), all of 1 November, in the order given.
    fn packed(packs: &[(i64, &str, i64, Option<f64>)]) -> RunScope {
        let mut scope = no_runs();
        let rows = df![
            "trans_no" => packs.iter().map(|pack| pack.0).collect::<Vec<_>>(),
            "run_number" => packs.iter().map(|pack| pack.1).collect::<Vec<_>>(),
            "production_date" => vec![day(1); packs.len()],
            "trans_date" => packs.iter().map(|pack| at(1, 6, 0) + TimeDelta::minutes(pack.2)).collect::<Vec<_>>(),
            "net_weight" => packs.iter().map(|pack| pack.3).collect::<Vec<_>>(),
        ];
        scope.packs = of_run(&TRANSACTIONS, &rows.unwrap());
        scope
    }

    fn bins(scope: &RunScope) -> Vec<String> {
        let mart = build_bins(scope).unwrap();
        assert_eq!(**mart.schema(), RUN_WEIGHT_BINS.schema());
        shown(&mart, &["run_number", "production_date", "from_g", "to_g", "packs"])
    }

    fn points(scope: &RunScope) -> Vec<String> {
        let mart = build_points(scope).unwrap();
        assert_eq!(**mart.schema(), RUN_WEIGHT_POINTS.schema());
        shown(&mart, &["run_number", "production_date", "subgroup", "weighed_at", "mean_g", "range_g"])
    }

    /// A pack a minute of run 7.
    fn in_order(weights_g: &[f64]) -> RunScope {
        packed(
            &(0..)
                .zip(weights_g)
                .map(|(minute, weight_g)| (minute, "7", minute, Some(*weight_g)))
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_subgroup_is_five_packs_in_the_order_in_which_they_were_weighed() {
        let mut packs: Vec<_> = (0..11).map(|pack| (pack, "7", pack, Some(200.0 + pack as f64))).collect();
        // Rows lie in any order. Of packs of one minute the number tells the order. A pack that nobody
        // weighed does not count.
        packs.swap(0, 9);
        packs[2].2 = 3;
        packs.insert(4, (20, "7", 4, None));
        assert_eq!(
            points(&packed(&packs)),
            [
                "7 | 2026-11-01 | 1 | 2026-11-01 06:04:00 | 202 | 4",
                "7 | 2026-11-01 | 2 | 2026-11-01 06:09:00 | 207 | 4"
            ]
        );
    }

    #[test]
    fn runs_do_not_mix() {
        let packs: Vec<_> = (0..10)
            .map(|pack| {
                (pack, if pack % 2 == 0 { "7" } else { "8" }, pack, Some(100.0 * (1 + pack % 2) as f64))
            })
            .collect();
        assert_eq!(
            points(&packed(&packs)),
            [
                "7 | 2026-11-01 | 1 | 2026-11-01 06:08:00 | 100 | 0",
                "8 | 2026-11-01 | 1 | 2026-11-01 06:09:00 | 200 | 0"
            ]
        );
        assert_eq!(
            bins(&packed(&packs)),
            ["7 | 2026-11-01 | 100 | 100.1 | 5", "8 | 2026-11-01 | 200 | 200.1 | 5"]
        );
    }

    #[test]
    fn bins_lie_side_by_side_even_where_they_are_empty() {
        assert_eq!(
            bins(&in_order(&[200.0, 200.32, 200.05])),
            [
                "7 | 2026-11-01 | 200 | 200.1 | 2",
                "7 | 2026-11-01 | 200.1 | 200.2 | 0",
                "7 | 2026-11-01 | 200.2 | 200.3 | 0",
                "7 | 2026-11-01 | 200.3 | 200.4 | 1"
            ]
        );
    }

    #[test]
    fn one_pack_is_one_bin_and_no_subgroup() {
        let scope = in_order(&[198.26]);
        assert_eq!(
            (bins(&scope), points(&scope)),
            (vec!["7 | 2026-11-01 | 198.2 | 198.3 | 1".to_owned()], Vec::new())
        );
        for scope in [no_runs(), packed(&[(1, "7", 0, None)])] {
            assert_eq!((bins(&scope), points(&scope)), (Vec::new(), Vec::new()));
        }
    }

    #[test]
    fn thousands_of_packs_are_few_bins_and_all_their_subgroups() {
        let weights_g: Vec<f64> = (0..5003).map(|pack| 190.0 + f64::from(pack % 211) / 10.0).collect();
        let scope = in_order(&weights_g);
        let bins = build_bins(&scope).unwrap();
        assert!(bins.height() <= domain::histogram::MAX_BINS, "{bins}");
        assert_eq!(bins.column("packs").unwrap().i64().unwrap().sum(), Some(5003));
        let points = build_points(&scope).unwrap();
        assert_eq!(
            (points.height(), points.column("subgroup").unwrap().i64().unwrap().last()),
            (1000, Some(1000))
        );
    }
}
