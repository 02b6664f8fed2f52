//! `/pipeline/…`: the runs that brought the rows, what they rejected, and the start of a run.
//!
//! It reads the records that runs leave in the lake, and never the ERP: to start a run it has nothing but
//! [`StartRun`].

mod history;
mod invoke;
mod places;
mod record;
mod rejected;
mod start;

use std::sync::Arc;

use api::pipeline::{REJECTED, RUN, RUNS, START_PATH};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::{DateTime, FixedOffset};
use serve::{Result, State};

pub use invoke::{InvokeError, InvokeExtractor};
pub use start::{PromisedRun, StartRun};

/// The endpoints that read, bare.
pub fn routes() -> Router<State> {
    Router::new()
        .route(RUNS.path, get(history::all))
        .route(RUN.path, get(history::one))
        .route(REJECTED.path, get(rejected::open))
}

/// The endpoint that starts runs, bare.
pub fn start_routes(runs: Arc<dyn StartRun>) -> Router<State> {
    Router::new().route(START_PATH, post(start::start)).layer(Extension(runs))
}

/// The endpoints as an app.
pub fn router(state: State, runs: Arc<dyn StartRun>) -> Router {
    serve::finish(routes().merge(start_routes(runs)), state)
}

/// Start of the last run that read the source successfully.
async fn data_as_of(state: &State) -> Result<Option<DateTime<FixedOffset>>> {
    let manifest = state.manifest().await?.unwrap_or_default();
    Ok(manifest.as_of(manifest.tables.keys().map(String::as_str)))
}
