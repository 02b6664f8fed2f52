//! All that is known of one run: its row of the mart `runs`, and what other marts say of it.

use api::compliance::CheckFinding;
use api::runs::{RunDetail, RunInput, RunOutput, RunWeights};
use polars::prelude::{DataFrame, Expr, IntoLazy, LazyFrame, SortMultipleOptions, col};
use serde::de::DeserializeOwned;
use serve::{Result, Snapshot, rows, work};
use warehouse::marts::{FCT_COMPLIANCE_CHECKS, RUN_INPUTS, RUN_OUTPUTS, RUN_WEIGHTS};

use crate::found::Found;

/// A run with all that belongs to it.
pub(crate) async fn of(snapshot: &Snapshot, found: Found) -> Result<RunDetail> {
    let inputs = found.rows_of(snapshot, &RUN_INPUTS).await?;
    let outputs = found.rows_of(snapshot, &RUN_OUTPUTS).await?;
    let weights = found.rows_of(snapshot, &RUN_WEIGHTS).await?;
    let checks = found.rows_of(snapshot, &FCT_COMPLIANCE_CHECKS).await?;
    work(move || {
        Ok(RunDetail {
            totals: first(totals(found.row.clone().lazy()))?,
            sheet: first(sheet(found.row.lazy()))?,
            run: found.run,
            inputs: rows::<RunInput>(&sorted(&inputs, "input_id")?)?,
            outputs: rows::<RunOutput>(&sorted(&outputs, "output_id")?)?,
            weights: rows::<RunWeights>(&weights)?.into_iter().next(),
            checks: rows::<CheckFinding>(&sorted(&checks, "check")?)?,
        })
    })
    .await
}

fn sorted(frame: &DataFrame, column: &'static str) -> Result<DataFrame> {
    Ok(frame.sort([column], SortMultipleOptions::new())?)
}

fn first<T: DeserializeOwned>(frame: LazyFrame) -> Result<Option<T>> {
    Ok(rows(&frame.limit(1).collect()?)?.into_iter().next())
}

/// The columns of a run's row that the weighing system's sums are.
fn totals(run: LazyFrame) -> LazyFrame {
    let own = [
        "total_packs",
        "total_weight_kg",
        "avg_weight_g",
        "min_weight_g",
        "max_weight_g",
        "std_dev_g",
        "reject_count",
        "downtime_minutes",
    ];
    let renamed =
        [col("total_giveaway_kg").alias("giveaway_kg"), col("total_giveaway_pct").alias("giveaway_pct")];
    run.filter(col("has_totals")).select(columns(&own, renamed))
}

/// The columns of a run's row that its paperwork is.
fn sheet(run: LazyFrame) -> LazyFrame {
    let own = [
        "baskets",
        "start_label",
        "end_label",
        "pack_date",
        "shelf_life_adjustment",
        "started_at",
        "finished_at",
        "recorded_by",
    ];
    run.filter(col("has_sheet")).select(columns(&own, [col("target_kg").alias("target_qty_kg")]))
}

fn columns(own: &[&'static str], renamed: impl IntoIterator<Item = Expr>) -> Vec<Expr> {
    own.iter().map(|name| col(*name)).chain(renamed).collect()
}
