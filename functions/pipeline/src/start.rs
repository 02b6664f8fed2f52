//! The start of a job. At most one is at work, and whoever asks meanwhile is told which one.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use api::ParameterError;
use api::pipeline::{JOB, JobRecord, JobStarted, START, StartQuery, Trigger, job_time};
use api::query::NoQuery;
use async_trait::async_trait;
use axum::extract::{MatchedPath, State as Extract};
use axum::http::header::{CACHE_CONTROL, LOCATION, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use lake::{JOB_LEASE, Mode, Turn, new_job_id};
use serve::{Ask, Error, Result, State};

/// What the record of a job that is started here names as its trigger.
const TRIGGER: &str = Trigger::Api.as_str();

/// A job whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromisedJob {
    pub job_id: String,
    /// What it is to do.
    pub mode: Mode,
    /// Whether it may remove however much the ERP no longer has.
    pub accept_deletes: bool,
    /// What started it.
    pub trigger: String,
}

/// Starts jobs. This is the only right over the extractor that is needed here.
#[async_trait]
pub trait StartJob: Send + Sync + fmt::Debug {
    /// Has a job carried out, and does not wait for it.
    async fn start(&self, job: PromisedJob) -> std::result::Result<(), Box<dyn StdError + Send + Sync>>;
}

/// Starts a job, unless one is at work.
pub(crate) async fn start(
    Extract(state): Extract<State>,
    Extension(jobs): Extension<Arc<dyn StartJob>>,
    path: MatchedPath,
    headers: HeaderMap,
    ask: Ask<StartQuery, JobStarted>,
) -> Result<Response> {
    if is_of_foreign_page(&headers, state.settings().dashboard_origin.as_deref()) {
        return Err(Error::Forbidden("only the dashboard's own pages may start a run"));
    }
    let (mode, accept_deletes) = (mode(&ask.query)?, ask.query.accept_deletes);
    // A task of its own goes on when the client goes away. Otherwise a promise might be left behind that
    // nobody keeps.
    let job_id = tokio::spawn(begin(state, jobs, mode, accept_deletes)).await.map_err(Error::Panicked)??;
    // The location begins as the path that was asked for: with /api where the dashboard lies beside the API.
    let above = path.as_str().strip_suffix(START.path()).unwrap_or_default();
    let location = format!("{above}{}", JOB.address(&[&job_id], &NoQuery::default()));
    let started = JobStarted { job_id, status: "started".to_owned(), mode: mode.word().to_owned() };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location.as_str()), (CACHE_CONTROL, "no-store")], Json(started))
        .into_response())
}

fn mode(query: &StartQuery) -> Result<Mode> {
    if query.full && query.reconcile {
        let expected = "cannot be asked for together with `full`: a full run compares everything".to_owned();
        return Err(
            ParameterError { name: "reconcile".to_owned(), value: "true".to_owned(), expected }.into()
        );
    }
    Ok(Mode::asked(query.full, query.reconcile || query.accept_deletes))
}

async fn begin(state: State, jobs: Arc<dyn StartJob>, mode: Mode, accept_deletes: bool) -> Result<String> {
    let (lake, now) = (state.lake(), state.now());
    let job_id = new_job_id();
    if let Turn::Held(other) = lake.take_turn(&job_id, now).await? {
        return Err(Error::Conflict(format!(
            "the run `{other}` is at work: wait until it has ended, then ask again"
        )));
    }
    let job = PromisedJob { job_id: job_id.clone(), mode, accept_deletes, trigger: TRIGGER.to_owned() };
    if let Err(error) = jobs.start(job).await {
        if let Err(error) = lake.give_turn_back(&job_id).await {
            let error = process::chain(&error);
            tracing::warn!(job_id, error, "the turn of a job that was not started could not be given back");
        }
        return Err(Error::NotBegun(error));
    }
    tracing::info!(job_id, mode = mode.word(), "a job was started");
    let started_at = job_time(now, &state.settings().factory_tz);
    let record = JobRecord::begun(&job_id, mode.word(), TRIGGER, started_at);
    if let Err(error) = lake.promise_job(&job_id, &record, now + JOB_LEASE).await {
        let error = process::chain(&error);
        tracing::warn!(job_id, error, "the record of a job that was started is only there when it begins");
    }
    Ok(job_id)
}

/// Whether a browser says that the request comes from a page of another site, and not from the dashboard.
/// Clients that are no browsers say nothing of this, so they are not refused.
fn is_of_foreign_page(headers: &HeaderMap, dashboard: Option<&str>) -> bool {
    let says = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let other_site = matches!(says("sec-fetch-site"), Some("cross-site" | "same-site"));
    other_site && (dashboard.is_none() || says(ORIGIN.as_str()) != dashboard)
}
