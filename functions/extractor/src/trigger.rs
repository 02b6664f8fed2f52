//! How jobs are triggered: one at a time.
//!
//! Jobs side by side lose and repeat nothing, so [`mod@crate::job`] never asks for a turn. They only do each
//! other's work: where a job is triggered by a clock or by a request, it is looked first whether one is at
//! work.

use api::pipeline::JobRecord;
use chrono::{DateTime, SubsecRound, Utc};
use lake::{JobMark, Lake, Mode, Turn};
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
    /// It was promised: its mark is put, and holds the turn. It is carried out once, however often it is
    /// asked for.
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
    let mark = mark(job_id, request, settings, clock());
    let held_up = match occasion {
        Occasion::Scheduled if request.mode == Mode::Incremental => waits_for(lake, &mark, clock()).await,
        Occasion::Scheduled => Ok(None),
        Occasion::Promised => is_over(lake, &mark, clock()).await,
    };
    match held_up {
        Ok(Some(reason)) => {
            tracing::info!(job_id, trigger = request.trigger, "{reason}");
            return None;
        }
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(job_id, error = chain(&error), "the lake cannot tell whether a job is at work")
        }
    }
    Some(run_job_as(job_id, &settings.source(), lake, settings, request, clock).await)
}

/// The mark of a job that is about to begin.
fn mark(job_id: &str, request: &JobRequest, settings: &Settings, now: DateTime<Utc>) -> JobMark {
    JobMark {
        job_id: job_id.to_owned(),
        mode: request.mode.word().to_owned(),
        trigger: request.trigger.clone(),
        started_at: now.with_timezone(&settings.factory_tz).fixed_offset().trunc_subsecs(3),
        expires_at: now + JobMark::LEASE,
    }
}

async fn waits_for(lake: &Lake, mark: &JobMark, now: DateTime<Utc>) -> lake::Result<Option<String>> {
    Ok(match lake.take_turn(mark, now).await? {
        Turn::Taken => None,
        Turn::Held(other) => Some(format!("the job `{}` is at work: this one is left out", other.job_id)),
    })
}

/// Why a promised job is not carried out. A request for it may arrive twice, or so late that its mark has
/// expired and another job is at work.
async fn is_over(lake: &Lake, mark: &JobMark, now: DateTime<Utc>) -> lake::Result<Option<String>> {
    let is_late = lake.job_mark(&mark.job_id).await?.is_none_or(|promise| !promise.is_living(now));
    if is_late && let Some(other) = lake.living_job(now, &mark.job_id).await? {
        return Ok(Some(format!("it comes too late: the job `{}` is at work", other.job_id)));
    }
    let record = JobRecord::begun(&mark.job_id, &mark.mode, &mark.trigger, mark.started_at);
    let is_first = lake.create_job_record(&mark.job_id, &record).await?;
    Ok((!is_first).then(|| "it was asked for before".to_owned()))
}
