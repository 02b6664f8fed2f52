//! The start of a job. At most one is at work, and whoever asks meanwhile is told which one.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use api::ParameterError;
use api::pipeline::{BETWEEN_FULL_JOBS, JOB, JobRecord, JobStarted, START, StartQuery, Trigger, job_time};
use api::query::NoQuery;
use async_trait::async_trait;
use axum::extract::{MatchedPath, State as Extract};
use axum::http::header::{CACHE_CONTROL, HOST, LOCATION, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::{DateTime, TimeDelta, Utc};
use lake::{JOB_LEASE, Lake, Mode, StoredJob, Turn, new_job_id};
use serve::{Ask, Error, KnownOrigin, Result, State};

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
    /// Whether it first makes again all that was made of what was read before.
    pub rebuild: bool,
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
    known: Option<Extension<KnownOrigin>>,
    ask: Ask<StartQuery, JobStarted>,
) -> Result<Response> {
    let dashboard = state.settings().dashboard_origin.as_deref();
    if is_of_foreign_page(&headers, dashboard, known.is_some()) {
        return Err(Error::Forbidden("only the dashboard's own pages may start a run"));
    }
    let mode = mode(&ask.query)?;
    // A task of its own goes on when the client goes away. Otherwise a promise might be left behind that
    // nobody keeps.
    let job_id = tokio::spawn(begin(state, jobs, mode, ask.query)).await.map_err(Error::Panicked)??;
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

async fn begin(state: State, jobs: Arc<dyn StartJob>, mode: Mode, query: StartQuery) -> Result<String> {
    let StartQuery { accept_deletes, rebuild, .. } = query;
    let (lake, now) = (state.lake(), state.now());
    let job_id = new_job_id();
    if let Turn::Held(other) = lake.take_turn(&job_id, now).await? {
        return Err(Error::Conflict(format!(
            "the run `{other}` is at work: wait until it has ended, then ask again"
        )));
    }
    let refused = match mode {
        Mode::Full => full_again(lake, now).await,
        Mode::Incremental | Mode::Reconcile => Ok(()),
    };
    if let Err(error) = refused {
        give_turn_back(lake, &job_id).await;
        return Err(error);
    }
    let job =
        PromisedJob { job_id: job_id.clone(), mode, accept_deletes, rebuild, trigger: TRIGGER.to_owned() };
    if let Err(error) = jobs.start(job).await {
        give_turn_back(lake, &job_id).await;
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

async fn give_turn_back(lake: &Lake, job_id: &str) {
    if let Err(error) = lake.give_turn_back(job_id).await {
        let error = process::chain(&error);
        tracing::warn!(job_id, error, "the turn of a job that was not started could not be given back");
    }
}

/// Refuses a full job that would begin too soon after the last one. Whoever asks has the turn, so that no
/// other job can begin meanwhile.
async fn full_again(lake: &Lake, now: DateTime<Utc>) -> Result<()> {
    let mut before: Option<String> = None;
    loop {
        let ids = lake.newest_jobs(before.as_deref(), JOBS_AT_ONCE, now).await?;
        for job_id in &ids {
            let stored = match lake.job::<JobRecord>(job_id).await {
                Err(error) if error.is_damage() => None,
                stored => stored?,
            };
            let Some(StoredJob { record, .. }) = stored else { continue };
            // Clocks differ: nobody is told to wait for longer than that.
            let wait = (record.started_at.to_utc() + BETWEEN_FULL_JOBS - now).min(BETWEEN_FULL_JOBS);
            if wait <= TimeDelta::zero() {
                return Ok(());
            }
            if record.mode == Mode::Full.word() {
                let (minutes, again_in_seconds) = (BETWEEN_FULL_JOBS.num_minutes(), wait.num_seconds() + 1);
                let detail = format!(
                    "the full run `{job_id}` began less than {minutes} minutes ago: ask again in {again_in_seconds} s, or for a run that is not full"
                );
                return Err(Error::TooSoon { detail, again_in_seconds });
            }
        }
        before = ids.last().cloned();
        if ids.len() < JOBS_AT_ONCE {
            return Ok(());
        }
    }
}

/// How many jobs are listed at once in search of a full one.
const JOBS_AT_ONCE: usize = 50;

/// Whether a browser says that the request comes from a page that is neither the dashboard's nor of this
/// host. A browser that is old, or whose page came without TLS, says it by the `Origin` alone; `is_known` says
/// that this was looked at already. Clients that are no browsers say nothing of this, so they are not refused.
fn is_of_foreign_page(headers: &HeaderMap, dashboard: Option<&str>, is_known: bool) -> bool {
    let says = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = says(ORIGIN.as_str());
    if origin.is_some() && origin == dashboard {
        return false;
    }
    match (says("sec-fetch-site"), origin) {
        (Some("cross-site" | "same-site"), _) => true,
        (Some("same-origin"), _) | (_, None) => false,
        (_, Some(origin)) => !is_known && !is_of_host(origin, says(HOST.as_str())),
    }
}

/// Whether an origin is that of the host that was asked. The scheme does not matter: what ends TLS before
/// this function asks it without.
fn is_of_host(origin: &str, host: Option<&str>) -> bool {
    let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    named.zip(host).is_some_and(|(named, host)| named.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn a_page_is_told_by_its_site_or_else_by_its_origin() {
        const DASHBOARD: &str = "https://dashboard.example.com";
        let check = |expect: bool, headers: &[(&str, &str)], is_known: bool| {
            let mut all = HeaderMap::new();
            for (name, value) in [&[("host", "tideline.example.com")], headers].concat() {
                all.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
            }
            assert_eq!(is_of_foreign_page(&all, Some(DASHBOARD), is_known), expect, "{headers:?} {is_known}");
        };
        check(false, &[], false);
        for own in [DASHBOARD, "https://tideline.example.com", "http://Tideline.example.com"] {
            check(false, &[("origin", own)], false);
        }
        check(false, &[("origin", DASHBOARD), ("sec-fetch-site", "cross-site")], false);
        for foreign in
            ["https://evil.example", "null", "", "tideline.example.com", "https://tideline.example.com.evil"]
        {
            check(true, &[("origin", foreign)], false);
            check(true, &[("origin", foreign), ("sec-fetch-site", "odd")], false);
            check(false, &[("origin", foreign)], true);
            check(true, &[("origin", foreign), ("sec-fetch-site", "cross-site")], true);
            // The address of the page may be another than the host that is asked, as behind a proxy.
            check(false, &[("origin", foreign), ("sec-fetch-site", "same-origin")], false);
        }
        check(true, &[("sec-fetch-site", "same-site")], false);
    }
}
