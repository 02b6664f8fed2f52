//! `/runs/active`, `/runs/{run_number}` and `/weights/{run_number}`: the runs that are on, all that is known
//! of one, and its pack weights.

mod detail;
mod found;
mod weights;

use std::cmp::Reverse;

use api::query::NoQuery;
use api::runs::{ACTIVE, ActiveRun, ONE, RunDetail, RunQuery};
use api::weights::{ONE as WEIGHTS, PackWeights};
use polars::prelude::{IntoLazy, col};
use serve::window::Dates;
use serve::{Answer, Ask, Result, Routes, State, work};
use warehouse::marts::{RUNS, rows};

use found::Found;

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new().get(&ACTIVE, active).get(&ONE, one).get(&WEIGHTS, weights_of_one)
}

async fn active(state: State, ask: Ask<NoQuery, Vec<ActiveRun>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    // A run that nobody ever completed is still on, however old it is.
    let frame = snapshot.mart(&RUNS, Dates::ALL).await?;
    work(move || {
        let runs =
            rows::<ActiveRun>(&frame.lazy().filter(col("active").and(col("complete").not())).collect()?)?
                .into_iter();
        let newest_first = runs.map(|run| {
            ((Reverse(run.started_at), Reverse(run.production_date), run.run_number.clone()), run)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

async fn one(state: State, ask: Ask<RunQuery, RunDetail>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = Found::of(&snapshot, ask.value(), ask.query.date).await?;
    ask.object(detail::of(&snapshot, found).await?, snapshot.as_of())
}

async fn weights_of_one(state: State, ask: Ask<RunQuery, PackWeights>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = Found::of(&snapshot, ask.value(), ask.query.date).await?;
    ask.object(weights::of(&snapshot, found).await?, snapshot.as_of())
}
