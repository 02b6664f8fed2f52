//! `/runs/active`, `/runs/{run_number}` and `/weights/{run_number}`: the runs that are on, all that is known
//! of one, and its pack weights.

mod detail;
mod found;
mod weights;

use std::cmp::Reverse;

use api::runs::{ACTIVE, ActiveQuery, ActiveRun, ONE, RunQuery};
use api::weights::ONE as WEIGHTS;
use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::routing::get;
use polars::prelude::{IntoLazy, col};
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, rows, work};
use warehouse::marts::RUNS;

use found::Found;

/// The endpoints, bare.
pub fn routes() -> Router<State> {
    Router::new()
        .route(ACTIVE.path, get(active))
        .route(ONE.path, get(one))
        .route(WEIGHTS.path, get(weights_of_one))
}

/// The endpoints as an app.
pub fn router(state: State) -> Router {
    serve::finish(routes(), state)
}

async fn active(Extract(state): Extract<State>, ask: Ask<ActiveQuery>) -> Result<Answer> {
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

async fn one(
    Extract(state): Extract<State>,
    Path(run_number): Path<String>,
    ask: Ask<RunQuery>,
) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = Found::of(&snapshot, &run_number, ask.query.date).await?;
    Answer::object(detail::of(&snapshot, found).await?, snapshot.as_of())
}

async fn weights_of_one(
    Extract(state): Extract<State>,
    Path(run_number): Path<String>,
    ask: Ask<RunQuery>,
) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let found = Found::of(&snapshot, &run_number, ask.query.date).await?;
    Answer::object(weights::of(&snapshot, found).await?, snapshot.as_of())
}
