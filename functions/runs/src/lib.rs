//! `/runs/active` and `/runs/{run_number}`: the runs that are on, and all that is known of one.

mod detail;

use std::cmp::Reverse;

use api::runs::{ACTIVE, ActiveQuery, ActiveRun, ONE, RunQuery};
use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::routing::get;
use polars::prelude::{IntoLazy, col};
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, rows, work};
use warehouse::marts::RUNS;

/// The endpoints, bare.
pub fn routes() -> Router<State> {
    Router::new().route(ACTIVE.path, get(active)).route(ONE.path, get(one))
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
        let runs = rows::<ActiveRun>(&frame.lazy().filter(col("active").and(col("complete").not())).collect()?)?.into_iter();
        let newest_first = runs.map(|run| ((Reverse(run.started_at), Reverse(run.production_date), run.run_number.clone()), run));
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

async fn one(Extract(state): Extract<State>, Path(run_number): Path<String>, ask: Ask<RunQuery>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let detail = detail::of(&snapshot, run_number.trim().to_owned(), ask.query.date).await?;
    Answer::object(detail, snapshot.as_of())
}
