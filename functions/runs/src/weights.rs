//! The pack weights of one run: judged by the average-quantity rules, as a histogram and as a control chart.

use api::runs::RunWeights;
use api::weights::{PackWeights, WeightBin, WeightChart, WeightPoint};
use domain::average_quantity::{Limits, failures};
use domain::ratio::ratio_pct;
use domain::spc::{Chart, Point, SUBGROUP_PACKS};
use live::lots::forecast;
use serve::{Result, Snapshot, work};
use warehouse::marts::{
    RUN_WEIGHT_BINS, RUN_WEIGHT_POINTS, RUN_WEIGHTS, RunRow, RunWeightsRow, WeightBinRow, WeightPointRow,
    rows,
};

use crate::found_run::FoundRun;

/// The pack weights of a run. They are empty where nobody weighed its packs.
pub(crate) async fn of(snapshot: &Snapshot, found: FoundRun) -> Result<PackWeights> {
    let lot = found.rows_of(snapshot, &RUN_WEIGHTS).await?;
    let bins = found.rows_of(snapshot, &RUN_WEIGHT_BINS).await?;
    let points = found.rows_of(snapshot, &RUN_WEIGHT_POINTS).await?;
    work(move || {
        let lot = rows::<RunWeightsRow>(&lot)?.into_iter().next().map(|row| row.weights);
        let mut bins: Vec<_> = rows::<WeightBinRow>(&bins)?.into_iter().map(|row| row.bin).collect();
        bins.sort_by(|one, other| one.from_g.total_cmp(&other.from_g));
        let (lot, points) = (lot.unwrap_or_default(), rows::<WeightPointRow>(&points)?);
        let forecast = forecast(&found.row, &lot, &points);
        Ok(PackWeights { forecast, ..judged(found.row, lot, bins, chart(points)) })
    })
    .await
}

fn judged(
    run: RunRow,
    lot: RunWeights,
    histogram: Vec<WeightBin>,
    xbar_r: Option<WeightChart>,
) -> PackWeights {
    let limits = lot.nominal_g.and_then(Limits::of);
    let above_nominal_g = lot.mean_g.zip(lot.nominal_g).map(|(mean_g, nominal_g)| mean_g - nominal_g);
    PackWeights {
        run_number: run.run_number,
        production_date: run.production_date,
        product_code: run.product_code,
        product: run.product,
        packs: lot.packs,
        packs_excluded: lot.packs_excluded,
        nominal_g: lot.nominal_g,
        t1_g: limits.map(|limits| limits.t1_g),
        t2_g: limits.map(|limits| limits.t2_g),
        mean_g: lot.mean_g,
        std_dev_g: lot.std_dev_g,
        below_t1: lot.below_t1,
        below_t1_pct: lot.below_t1.and_then(|below| ratio_pct(below as f64, lot.packs as f64)),
        below_t2: lot.below_t2,
        giveaway_pct: above_nominal_g
            .zip(lot.nominal_g)
            .and_then(|(above_g, nominal_g)| ratio_pct(above_g, nominal_g)),
        giveaway_kg: above_nominal_g.map(|above_g| above_g * lot.packs as f64 / 1000.0),
        failures: broken_rules(&lot).unwrap_or_default(),
        verdict: lot.verdict,
        histogram,
        xbar_r,
        forecast: None,
    }
}

/// The rules that a lot breaks. `None` where the rules do not apply.
fn broken_rules(lot: &RunWeights) -> Option<Vec<String>> {
    let count = |packs: i64| usize::try_from(packs).unwrap_or_default();
    let broken =
        failures(lot.nominal_g?, lot.mean_g?, count(lot.packs), count(lot.below_t1?), count(lot.below_t2?));
    Some(broken.iter().map(ToString::to_string).collect())
}

fn chart(mut subgroups: Vec<WeightPointRow>) -> Option<WeightChart> {
    subgroups.sort_by_key(|of| of.subgroup);
    let points =
        subgroups.iter().map(|of| Point { mean_g: of.mean_g, range_g: of.range_g, signals: Vec::new() });
    let chart = Chart::of_points(points.collect(), SUBGROUP_PACKS)?;
    let marked = subgroups.iter().zip(&chart.points).map(|(subgroup, point)| WeightPoint {
        subgroup: subgroup.subgroup,
        weighed_at: subgroup.weighed_at,
        mean_g: point.mean_g,
        range_g: point.range_g,
        signals: point.signals.iter().map(ToString::to_string).collect(),
    });
    Some(WeightChart {
        subgroup_size: i64::try_from(chart.subgroup_size).unwrap_or(i64::MAX),
        grand_mean_g: chart.grand_mean_g,
        mean_lower_g: chart.mean_lower_g,
        mean_upper_g: chart.mean_upper_g,
        mean_range_g: chart.mean_range_g,
        range_upper_g: chart.range_upper_g,
        points: marked.collect(),
    })
}
