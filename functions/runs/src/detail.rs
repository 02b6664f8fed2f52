//! All that is known of one run: its row of the mart `runs`, and what other marts say of it.

use api::compliance::CheckFinding;
use api::runs::{Run, RunDetail, RunInput, RunOutput, RunWeights};
use chrono::NaiveDate;
use polars::prelude::{DataFrame, Expr, IntoLazy, LazyFrame, SortMultipleOptions, col, lit};
use serde::de::DeserializeOwned;
use serve::window::Dates;
use serve::{Error, Result, Snapshot, rows, work};
use warehouse::marts::{FCT_COMPLIANCE_CHECKS, Mart, RUN_INPUTS, RUN_OUTPUTS, RUN_WEIGHTS, RUNS};

/// A run and its production date, which together are one.
#[derive(Clone)]
struct Key {
    run_number: String,
    production_date: NaiveDate,
}

/// The run of this number: that of `date`, or the newest.
pub(crate) async fn of(snapshot: &Snapshot, run_number: String, date: Option<NaiveDate>) -> Result<RunDetail> {
    let runs = snapshot.mart(&RUNS, date.map_or(Dates::ALL, Dates::on)).await?;
    let unknown = match date {
        Some(date) => format!("there is no run `{}` of {date}", shown(&run_number)),
        None => format!("there is no run `{}`", shown(&run_number)),
    };
    let (key, detail) = work(move || {
        let newest = SortMultipleOptions::new().with_order_descending(true);
        let found = runs.lazy().filter(col("run_number").eq(lit(run_number.as_str()))).sort(["production_date"], newest).limit(1);
        let run: Run = first(found.clone())?.ok_or(Error::Unknown(unknown))?;
        let key = Key { run_number, production_date: run.production_date };
        let (totals, sheet) = (first(totals(found.clone()))?, first(sheet(found))?);
        Ok((key, RunDetail { run, totals, sheet, inputs: Vec::new(), outputs: Vec::new(), weights: None, checks: Vec::new() }))
    })
    .await?;
    let inputs = of_run(snapshot, &RUN_INPUTS, &key).await?;
    let outputs = of_run(snapshot, &RUN_OUTPUTS, &key).await?;
    let weights = of_run(snapshot, &RUN_WEIGHTS, &key).await?;
    let checks = of_run(snapshot, &FCT_COMPLIANCE_CHECKS, &key).await?;
    work(move || {
        Ok(RunDetail {
            inputs: rows::<RunInput>(&sorted(&inputs, "input_id")?)?,
            outputs: rows::<RunOutput>(&sorted(&outputs, "output_id")?)?,
            weights: rows::<RunWeights>(&weights)?.into_iter().next(),
            checks: rows::<CheckFinding>(&sorted(&checks, "check")?)?,
            ..detail
        })
    })
    .await
}

/// The rows that a mart has of a run.
async fn of_run(snapshot: &Snapshot, mart: &'static Mart, key: &Key) -> Result<DataFrame> {
    let frame = snapshot.mart(mart, Dates::on(key.production_date)).await?;
    let of_run = col("run_number").eq(lit(key.run_number.as_str())).and(col("production_date").eq(lit(key.production_date)));
    work(move || Ok(frame.lazy().filter(of_run).collect()?)).await
}

fn sorted(frame: &DataFrame, column: &'static str) -> Result<DataFrame> {
    Ok(frame.sort([column], SortMultipleOptions::new())?)
}

fn first<T: DeserializeOwned>(frame: LazyFrame) -> Result<Option<T>> {
    Ok(rows(&frame.limit(1).collect()?)?.into_iter().next())
}

/// The columns of a run's row that the weighing system's sums are.
fn totals(run: LazyFrame) -> LazyFrame {
    let own = ["total_packs", "total_weight_kg", "avg_weight_g", "min_weight_g", "max_weight_g", "std_dev_g", "reject_count", "downtime_minutes"];
    let renamed = [col("total_giveaway_kg").alias("giveaway_kg"), col("total_giveaway_pct").alias("giveaway_pct")];
    run.filter(col("has_totals")).select(columns(&own, renamed))
}

/// The columns of a run's row that its paperwork is.
fn sheet(run: LazyFrame) -> LazyFrame {
    let own = ["baskets", "start_label", "end_label", "pack_date", "shelf_life_adjustment", "started_at", "finished_at", "recorded_by"];
    run.filter(col("has_sheet")).select(columns(&own, [col("target_kg").alias("target_qty_kg")]))
}

fn columns(own: &[&'static str], renamed: impl IntoIterator<Item = Expr>) -> Vec<Expr> {
    own.iter().map(|name| col(*name)).chain(renamed).collect()
}

/// A number as it is repeated to the client: not longer than a real one, without control characters.
fn shown(run_number: &str) -> String {
    run_number.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
