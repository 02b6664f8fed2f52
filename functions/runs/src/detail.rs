//! All that is known of one run: its row of the mart `runs`, and what other marts say of it.

use api::runs::{Run, RunDetail, RunSheet, RunTotals};
use domain::rules::low_yield;
use domain::settings::Limits;
use serve::{Result, Snapshot, work};
use warehouse::marts::{
    FCT_COMPLIANCE_CHECKS, FindingRow, RUN_INPUTS, RUN_OUTPUTS, RUN_WEIGHTS, RunInputRow, RunOutputRow,
    RunRow, RunWeightsRow, rows,
};

use crate::found_run::FoundRun;

/// A run with all that belongs to it.
pub(crate) async fn of(snapshot: &Snapshot, found: FoundRun) -> Result<RunDetail> {
    let inputs = found.rows_of(snapshot, &RUN_INPUTS).await?;
    let outputs = found.rows_of(snapshot, &RUN_OUTPUTS).await?;
    let weights = found.rows_of(snapshot, &RUN_WEIGHTS).await?;
    let checks = found.rows_of(snapshot, &FCT_COMPLIANCE_CHECKS).await?;
    let limits = snapshot.factory_settings()?.limits;
    work(move || {
        let mut inputs: Vec<RunInputRow> = rows(&inputs)?;
        inputs.sort_by_key(|row| row.input_id);
        let mut outputs: Vec<RunOutputRow> = rows(&outputs)?;
        outputs.sort_by_key(|row| row.output_id);
        let mut checks: Vec<FindingRow> = rows(&checks)?;
        checks.sort_by(|one, other| one.finding.check.cmp(&other.finding.check));
        Ok(RunDetail {
            totals: totals(&found.row),
            sheet: sheet(&found.row),
            state: found.row.state().to_string(),
            is_low: is_low(&found.row, &limits),
            run: run(found.row),
            inputs: inputs.into_iter().map(|row| row.input).collect(),
            outputs: outputs.into_iter().map(|row| row.output).collect(),
            weights: rows::<RunWeightsRow>(&weights)?.into_iter().next().map(|row| row.weights),
            checks: checks.into_iter().map(|row| row.finding).collect(),
        })
    })
    .await
}

/// The verdict on the yield of a complete run.
fn is_low(run: &RunRow, limits: &Limits) -> Option<bool> {
    run.yield_pct.filter(|_| run.complete).map(|pct| low_yield(Some(pct), limits))
}

fn run(row: RunRow) -> Run {
    Run {
        run_number: row.run_number,
        production_date: row.production_date,
        prod_line: row.prod_line,
        line_name: row.line_name,
        shift_code: row.shift_code,
        species: row.species,
        product_type: row.product_type,
        product_code: row.product_code,
        product: row.product,
        target_kg: row.target_kg,
        actual_kg: row.actual_kg,
        packs: row.packs,
        giveaway_pct: row.giveaway_pct,
        started_at: row.started_at,
        complete: row.complete,
        active: row.active,
        input_kg: row.input_kg,
        yield_pct: row.yield_pct,
        waste_kg: row.waste_kg,
        waste_pct: row.waste_pct,
        efficiency_pct: row.efficiency_pct,
        inputs_without_weight: row.inputs_without_weight,
        outputs_without_weight: row.outputs_without_weight,
        rejected_rows: row.rejected_rows,
    }
}

/// The weighing system's sums, where it has any.
fn totals(run: &RunRow) -> Option<RunTotals> {
    run.has_totals.then_some(RunTotals {
        total_packs: run.total_packs,
        total_weight_kg: run.total_weight_kg,
        avg_weight_g: run.avg_weight_g,
        min_weight_g: run.min_weight_g,
        max_weight_g: run.max_weight_g,
        std_dev_g: run.std_dev_g,
        giveaway_kg: run.total_giveaway_kg,
        giveaway_pct: run.total_giveaway_pct,
        reject_count: run.reject_count,
        downtime_minutes: run.downtime_minutes,
    })
}

/// The paperwork, where there is any.
fn sheet(run: &RunRow) -> Option<RunSheet> {
    run.has_sheet.then(|| RunSheet {
        target_qty_kg: run.target_kg,
        baskets: run.baskets,
        start_label: run.start_label,
        end_label: run.end_label,
        pack_date: run.pack_date,
        shelf_life_adjustment: run.shelf_life_adjustment,
        started_at: run.sheet_started_at,
        finished_at: run.finished_at,
        recorded_by: run.recorded_by.clone(),
    })
}
