//! `/pipeline/…`: the jobs that brought the rows, what they rejected, and the start of a job.
//!
//! It reads the records that runs leave in the lake, and never the ERP: to start a job it has nothing but
//! [`StartJob`].

mod history;
mod invoke;
mod places;
mod record;
mod rejected;
mod start;

use std::sync::Arc;

use api::pipeline::{JOB, JOBS, REJECTED, START_PATH};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::{DateTime, FixedOffset};
use serve::{Result, State};

pub use invoke::{InvokeError, InvokeExtractor};
pub use start::{PromisedJob, StartJob};

/// The endpoints that read, bare.
pub fn routes() -> Router<State> {
    Router::new()
        .route(JOBS.path, get(history::all))
        .route(JOB.path, get(history::one))
        .route(REJECTED.path, get(rejected::open))
}

/// The endpoint that starts jobs, bare.
pub fn start_routes(jobs: Arc<dyn StartJob>) -> Router<State> {
    Router::new().route(START_PATH, post(start::start)).layer(Extension(jobs))
}

/// The endpoints as an app.
pub fn router(state: State, jobs: Arc<dyn StartJob>) -> Router {
    serve::finish(routes().merge(start_routes(jobs)), state)
}

/// Start of the last job that read the source successfully.
async fn data_as_of(state: &State) -> Result<Option<DateTime<FixedOffset>>> {
    let manifest = state.manifest().await?.unwrap_or_default();
    Ok(manifest.as_of(manifest.tables.keys().map(String::as_str)))
}
