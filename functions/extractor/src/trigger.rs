//! How jobs are triggered: one at a time.
//!
//! Jobs side by side lose and repeat nothing, so [`mod@crate::job`] never asks for a turn. They only do each
//! other's work: where a job is triggered by a clock or by a request, it is looked first whether one is at
//! work.

use api::pipeline::JobRecord;
use chrono::{DateTime, SubsecRound, Utc};
use lake::{JOB_LEASE, Lake, Mode, Turn};
use process::chain;

use crate::job::{JobRequest, run_job_as};
use crate::settings::Settings;

/// What triggers a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Its time has come. A job that fetches new rows makes way for one that is at work, which fetches them
    /// too or is followed by one that does; a reload or a comparison is rare and is not put off, so that a
    /// schedule of short jobs cannot keep it from happening.
    Scheduled,
    /// It was promised, and holds the turn. It is carried out once, however often it is asked for.
    Promised,
}

/// Carries out the job of this id, or makes way and says so in the log. A lake that cannot be asked is left
/// to the job, whose record says what is wrong.
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
        Occasion::Scheduled if request.mode == Mode::Incremental => waits_for(lake, job_id, now).await,
        Occasion::Scheduled => Ok(None),
        Occasion::Promised => {
            let started_at = now.with_timezone(&settings.factory_tz).fixed_offset().trunc_subsecs(3);
            let record = JobRecord::begun(job_id, request.mode.word(), &request.trigger, started_at);
            is_over(lake, &record, now).await
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

async fn waits_for(lake: &Lake, job_id: &str, now: DateTime<Utc>) -> lake::Result<Option<String>> {
    Ok(match lake.take_turn(job_id, now).await? {
        Turn::Taken => None,
        Turn::Held(other) => Some(format!("the job `{other}` is at work: this one is left out")),
    })
}

/// Why a promised job is not carried out. A request for it may arrive twice, or so late that its promise has
/// expired and another job is at work.
async fn is_over(lake: &Lake, record: &JobRecord, now: DateTime<Utc>) -> lake::Result<Option<String>> {
    let promise = lake.job::<JobRecord>(&record.job_id).await?.and_then(|job| job.lease);
    let is_late = promise.is_some_and(|promise| promise.expires_at <= now);
    if is_late && let Some(other) = lake.living_job(now, &record.job_id).await? {
        return Ok(Some(format!("it comes too late: the job `{other}` is at work")));
    }
    let is_first = lake.begin_job(&record.job_id, record, now + JOB_LEASE).await?;
    Ok((!is_first).then(|| "it was asked for before".to_owned()))
}
