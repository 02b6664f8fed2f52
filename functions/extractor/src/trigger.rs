//! Triggers jobs, one at a time.
//!
//! Jobs that work side by side lose and repeat nothing, so [`mod@crate::job`] never asks for a turn. They
//! would only do the same work twice. So where a clock or a request triggers a job, this file looks first
//! whether another job is at work.

use api::pipeline::{JobRecord, job_time};
use chrono::{DateTime, Utc};
use lake::{JOB_LEASE, Lake, Mode, Turn};
use process::chain;

use crate::job::{JobRequest, run_job_as};
use crate::settings::Settings;

/// What triggers a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Its time has come. A job for new rows makes way for a job that is at work: that one fetches the new
    /// rows too, or is followed by one that does. A reload or a comparison does not make way. It is rare, and
    /// a schedule of short jobs could keep it from ever happening.
    Scheduled,
    /// It is time for the comparison of a night. It makes way for a job that is at work: it stays due, and is
    /// asked for again.
    Nightly,
    /// It was promised to whoever asked for it, and holds the turn. It is carried out once, however often it
    /// is asked for.
    Promised,
}

/// Carries out the job of this id. If it must make way, the log says why, and `None` comes back. If the lake
/// cannot be asked, the job is carried out: its record then says what is wrong.
pub async fn trigger(
    lake: &Lake,
    settings: &Settings,
    request: &JobRequest,
    job_id: &str,
    occasion: Occasion,
    clock: impl Fn() -> DateTime<Utc> + Sync,
) -> Option<JobRecord> {
    let now = clock();
    let held_up = match occasion {
        Occasion::Scheduled if request.mode != Mode::Incremental => Ok(None),
        Occasion::Scheduled | Occasion::Nightly => why_left_out(lake, job_id, now).await,
        Occasion::Promised => {
            let started_at = job_time(now, &settings.factory_tz);
            let record = JobRecord::begun(job_id, request.mode.word(), &request.trigger, started_at);
            why_dropped(lake, &record, now).await
        }
    };
    match held_up {
        Ok(Some(reason)) => {
            tracing::info!(job_id, trigger = request.trigger, "{reason}");
            return None;
        }
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(job_id, error = chain(&error), "the lake cannot tell whether a job is at work");
        }
    }
    Some(run_job_as(job_id, &settings.source(), lake, settings, request, clock).await)
}

/// Why a scheduled job is left out: another one is at work.
async fn why_left_out(lake: &Lake, job_id: &str, now: DateTime<Utc>) -> lake::Result<Option<String>> {
    Ok(match lake.take_turn(job_id, now).await? {
        Turn::Taken => None,
        Turn::Held(other) => Some(format!("the job `{other}` is at work: this one is left out")),
    })
}

/// Why a promised job is not carried out. The request for it may arrive twice. Or it may arrive so late that
/// its promise has expired and another job is at work.
async fn why_dropped(lake: &Lake, record: &JobRecord, now: DateTime<Utc>) -> lake::Result<Option<String>> {
    let promise = lake.job::<JobRecord>(&record.job_id).await?.and_then(|job| job.lease);
    let is_late = promise.is_some_and(|promise| promise.expires_at <= now);
    if is_late && let Some(other) = lake.living_job(now, &record.job_id).await? {
        return Ok(Some(format!("it comes too late: the job `{other}` is at work")));
    }
    let is_first = lake.begin_job(&record.job_id, record, now + JOB_LEASE).await?;
    Ok((!is_first).then(|| "it was asked for before".to_owned()))
}
