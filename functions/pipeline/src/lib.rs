//! `/pipeline/…`: the jobs that brought the rows, what they rejected, and the start of a job.
//!
//! It reads the records that jobs leave in the lake, and never the ERP. [`StartJob`] is all that it has to
//! start a job.

mod history;
mod invoke;
mod places;
mod record;
mod rejected;
mod start;

use std::sync::Arc;

use api::pipeline::{JOB, JOBS, REJECTED, START};
use axum::Extension;
use axum::handler::Handler as _;
use chrono::{DateTime, FixedOffset};
use serve::{Result, Routes, State};

pub use invoke::{InvokeError, InvokeExtractor};
pub use start::{PromisedJob, StartJob};

/// The endpoints. `jobs` starts the jobs that are asked for.
pub fn routes(jobs: Arc<dyn StartJob>) -> Routes {
    Routes::new()
        .get(&JOBS, history::all)
        .get(&JOB, history::one)
        .get(&REJECTED, rejected::open)
        .post(&START, start::start.layer(Extension(jobs)))
}

/// Start of the last job that read the source successfully.
async fn data_as_of(state: &State) -> Result<Option<DateTime<FixedOffset>>> {
    let manifest = state.manifest().await?.unwrap_or_default();
    Ok(manifest.as_of(manifest.tables.keys().map(String::as_str)))
}
