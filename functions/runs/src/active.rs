//! `/runs/active`: the runs that are on, and which of them nobody works on any more.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use api::runs::{ActiveQuery, ActiveRun};
use chrono::NaiveDateTime;
use domain::run_state::RunState;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{RUNS, RunRow, rows};
use warehouse::staging::zones::{RUN_STATE, may_hold, run_states};

pub(crate) async fn active(state: State, ask: Ask<ActiveQuery, Vec<ActiveRun>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    // A run that nobody ever completed is still on, however old it is: the zone of each month tells.
    let on = BTreeSet::from([RunState::On.to_string()]);
    let months = snapshot.parts(&RUNS, |_, zone| may_hold(zone, RUN_STATE, &on)).await?;
    work(move || {
        // The data know nothing of what was booked after they were read.
        let read_at = snapshot.as_of().map_or_else(|| state.now(), |as_of| as_of.to_utc());
        let read_at = read_at.with_timezone(&state.settings().factory_tz).naive_local();
        let mut newest_first = Vec::new();
        for (_, runs) in months {
            let is_on = run_states(&runs)?.into_iter().map(|state| state == Some(RunState::On)).collect();
            let runs = rows::<RunRow>(&runs.filter(&is_on)?)?.into_iter();
            let wanted = runs
                .map(|run| shown(run, read_at))
                .filter(|run| ask.query.idle.is_none_or(|idle| run.idle == idle));
            newest_first.extend(wanted.map(|run| {
                ((Reverse(run.started_at), Reverse(run.production_date), run.run_number.clone()), run)
            }));
        }
        ask.list(newest_first, &snapshot)
    })
    .await
}

fn shown(run: RunRow, read_at: NaiveDateTime) -> ActiveRun {
    ActiveRun {
        idle: run.is_idle(read_at),
        run_number: run.run_number,
        production_date: run.production_date,
        prod_line: run.prod_line,
        line_name: run.line_name,
        shift_code: run.shift_code,
        species: run.species,
        product_type: run.product_type,
        product_code: run.product_code,
        product: run.product,
        target_kg: run.target_kg,
        actual_kg: run.actual_kg,
        packs: run.packs,
        giveaway_pct: run.giveaway_pct,
        started_at: run.started_at,
        efficiency_pct: run.efficiency_pct,
        inputs_without_weight: run.inputs_without_weight,
        outputs_without_weight: run.outputs_without_weight,
        rejected_rows: run.rejected_rows,
        last_activity_at: run.last_activity_at,
    }
}
