//! `/runs/active`, `/runs/{run_number}` and `/weights/{run_number}`: the runs that are on, all that is known
//! of one, and its pack weights.

mod detail;
mod found_run;
mod weights;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use api::query::NoQuery;
use api::runs::{ACTIVE, ActiveRun, ONE, RunDetail, RunQuery};
use api::weights::{ONE as WEIGHTS, PackWeights};
use domain::run_state::RunState;
use serve::{Answer, Ask, Result, Routes, State, work};
use warehouse::marts::{RUNS, rows};
use warehouse::staging::zones::{RUN_STATE, may_hold, run_states};

use found_run::FoundRun;

pub fn routes() -> Routes {
    Routes::new().get(&ACTIVE, active).get(&ONE, one).get(&WEIGHTS, weights_of_one)
}

async fn active(state: State, ask: Ask<NoQuery, Vec<ActiveRun>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    // A run that nobody ever completed is still on, however old it is: the zone of each month tells.
    let on = BTreeSet::from([RunState::On.to_string()]);
    let months = snapshot.parts(&RUNS, |_, zone| may_hold(zone, RUN_STATE, &on)).await?;
    work(move || {
        let mut newest_first = Vec::new();
        for (_, runs) in months {
            let is_on = run_states(&runs)?.into_iter().map(|state| state == Some(RunState::On)).collect();
            newest_first.extend(rows::<ActiveRun>(&runs.filter(&is_on)?)?.into_iter().map(|run| {
                ((Reverse(run.started_at), Reverse(run.production_date), run.run_number.clone()), run)
            }));
        }
        ask.list(newest_first, &snapshot)
    })
    .await
}

async fn one(state: State, ask: Ask<RunQuery, RunDetail>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = FoundRun::of(&snapshot, ask.value(), ask.query.date).await?;
    ask.object(detail::of(&snapshot, found).await?, snapshot.as_of())
}

async fn weights_of_one(state: State, ask: Ask<RunQuery, PackWeights>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = FoundRun::of(&snapshot, ask.value(), ask.query.date).await?;
    ask.object(weights::of(&snapshot, found).await?, snapshot.as_of())
}
