//! `/runs/active`, `/runs/{run_number}` and `/weights/{run_number}`: the runs that are on, all that is known
//! of one, and its pack weights.

mod active;
mod detail;
mod found_run;
mod weights;

use api::runs::{ACTIVE, ONE, RunDetail, RunQuery};
use api::weights::{ONE as WEIGHTS, PackWeights};
use serve::{Answer, Ask, Result, Routes, State};

use found_run::FoundRun;

pub fn routes() -> Routes {
    Routes::new().get(&ACTIVE, active::active).get(&ONE, one).get(&WEIGHTS, weights_of_one)
}

async fn one(state: State, ask: Ask<RunQuery, RunDetail>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = FoundRun::of(&snapshot, ask.value(), ask.query.date).await?;
    Ok(ask.object(detail::of(&snapshot, found).await?, snapshot.as_of())?.or_instead(INSTEAD_OF_A_RUN))
}

async fn weights_of_one(state: State, ask: Ask<RunQuery, PackWeights>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = FoundRun::of(&snapshot, ask.value(), ask.query.date).await?;
    Ok(ask.object(weights::of(&snapshot, found).await?, snapshot.as_of())?.or_instead(INSTEAD_OF_WEIGHTS))
}

// What to ask for where a run is more than one answer can hold.
const INSTEAD_OF_A_RUN: &str = "ask `/compliance/checks` for its findings, by `run`, and `/trace/{batch_code}` for its batches, by its number and `date`";
const INSTEAD_OF_WEIGHTS: &str = "ask `/runs/{run_number}` for its verdict; its histogram and chart lie in the marts `run_weight_bins` and `run_weight_points`";
