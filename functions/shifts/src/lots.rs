//! The lots of runs that are on.

use std::collections::{BTreeMap, BTreeSet};

use api::runs::RunWeights;
use api::weights::LotForecast;
use live::lots::forecast;
use polars::prelude::DataFrame;
use serve::{Result, Snapshot, picked, work};
use tokio::try_join;
use warehouse::marts::{Mart, RUN_WEIGHT_POINTS, RUN_WEIGHTS, RunRow, RunWeightsRow, WeightPointRow, rows};

use crate::runs::{RunKey, key_of};

/// The pack weights of runs.
#[derive(Debug, Default)]
pub(crate) struct Lots(BTreeMap<RunKey, Weighed>);

/// The pack weights of a run.
#[derive(Debug, Default)]
pub(crate) struct Weighed {
    pub(crate) lot: RunWeights,
    pub(crate) points: Vec<WeightPointRow>,
}

impl Lots {
    /// Reads the pack weights of these runs, from the months of their dates alone.
    pub(crate) async fn of(snapshot: &Snapshot, keys: BTreeSet<RunKey>) -> Result<Self> {
        let weights = parts_of(snapshot, &RUN_WEIGHTS, &keys);
        let (weights, points) = try_join!(weights, parts_of(snapshot, &RUN_WEIGHT_POINTS, &keys))?;
        work(move || {
            let mut lots: BTreeMap<RunKey, Weighed> = BTreeMap::new();
            for part in weights {
                for row in rows::<RunWeightsRow>(&of_runs(&part, &keys)?)? {
                    lots.entry((row.run_number, row.production_date)).or_default().lot = row.weights;
                }
            }
            for part in points {
                for point in rows::<WeightPointRow>(&of_runs(&part, &keys)?)? {
                    let key = (point.run_number.clone(), point.production_date);
                    if let Some(lot) = lots.get_mut(&key) {
                        lot.points.push(point);
                    }
                }
            }
            Ok(Self(lots))
        })
        .await
    }

    /// The pack weights of a run.
    pub(crate) fn get(&self, run: &RunRow) -> Option<&Weighed> {
        self.0.get(&key_of(run))
    }

    /// What will become of the lot of a run.
    pub(crate) fn forecast(&self, run: &RunRow) -> Option<LotForecast> {
        let Weighed { lot, points } = self.get(run)?;
        forecast(run, lot, points)
    }
}

/// The parts of a mart that lie in the months of these runs.
async fn parts_of(
    snapshot: &Snapshot,
    mart: &'static Mart,
    keys: &BTreeSet<RunKey>,
) -> Result<Vec<DataFrame>> {
    let is_wanted = |name: &str| keys.iter().any(|(_, date)| mart.part_overlaps(name, *date, *date));
    let parts = snapshot.parts(mart, |name, _| is_wanted(name)).await?;
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

/// The rows that are about these runs.
fn of_runs(frame: &DataFrame, keys: &BTreeSet<RunKey>) -> Result<DataFrame> {
    let wanted: BTreeSet<(i32, &str)> =
        keys.iter().map(|(number, date)| (date.to_epoch_days(), number.as_str())).collect();
    let days: BTreeSet<i32> = wanted.iter().map(|(day, _)| *day).collect();
    let dates = frame.column("production_date")?.date()?.physical();
    let rows = dates.iter().zip(frame.column("run_number")?.str()?.iter());
    // Most rows are of other days, so that few texts are compared.
    let is_of_them: Vec<bool> = rows
        .map(|(day, number)| {
            day.zip(number).is_some_and(|key| days.contains(&key.0) && wanted.contains(&key))
        })
        .collect();
    Ok(picked(frame, &is_of_them)?)
}
