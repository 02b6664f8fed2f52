//! A whole job: it extracts one table after the other, trying each again where that may help, then brings the
//! marts up to date, and keeps a record of all that.

mod lease;
mod progress;
mod tables;

use api::pipeline::{JobRecord, JobStatus, JobTable, job_time};
use chrono::{DateTime, FixedOffset, Utc};
use lake::{Lake, Mode, new_job_id};
use warehouse::transform::JobStamp;

use crate::Settings;
use crate::source::Connect;
use crate::time_left::TimeLeft;
use lease::RENEWED_EVERY;
use tables::{Ended, Job};

/// What a job is asked to do.
#[derive(Clone, Debug)]
pub struct JobRequest {
    /// How rows are found.
    pub mode: Mode,
    /// Whether it removes however much the ERP no longer has. Otherwise a table of which it would remove too
    /// much keeps all of that.
    pub accept_deletes: bool,
    /// Whether all that is made of the segments is first made again, whatever state it is in.
    pub rebuild: bool,
    /// What started it: one of [`Trigger`](api::pipeline::Trigger), or what an invocation says.
    pub trigger: String,
    /// When the platform ends the job, if it does. The job stops reading early enough that what it has read
    /// is in the marts by then.
    pub deadline: Option<DateTime<Utc>>,
}

/// Extracts all tables and brings the marts up to date. Failures are in the record that is returned. The lake
/// has the same record, if it can be written.
pub async fn run_job(
    lake: &Lake,
    settings: &Settings,
    request: &JobRequest,
    clock: impl Fn() -> DateTime<Utc> + Sync,
) -> JobRecord {
    run_job_from(&settings.source(), lake, settings, request, clock).await
}

/// Like [`run_job`], but reads this ERP instead of the one that the settings name.
pub async fn run_job_from(
    erp: &dyn Connect,
    lake: &Lake,
    settings: &Settings,
    request: &JobRequest,
    clock: impl Fn() -> DateTime<Utc> + Sync,
) -> JobRecord {
    run_job_as(&new_job_id(), erp, lake, settings, request, clock).await
}

/// Like [`run_job_from`], under an id that is given.
pub(crate) async fn run_job_as(
    job_id: &str,
    erp: &dyn Connect,
    lake: &Lake,
    settings: &Settings,
    request: &JobRequest,
    clock: impl Fn() -> DateTime<Utc> + Sync,
) -> JobRecord {
    let time = TimeLeft::new(&clock, request.deadline);
    let local_now = || job_time(time.now(), &settings.factory_tz);
    let stamp = JobStamp { job_id: job_id.to_owned(), started_at: local_now(), zone: settings.factory_tz };
    let mut record = JobRecord::begun(&stamp.job_id, request.mode.word(), &request.trigger, stamp.started_at);
    let result = if let Err(error) = lease::begin(lake, &time, &record).await {
        Err(format!("the lake cannot be written: {error}"))
    } else {
        let mut job = Job::new(erp, lake, settings, request, &stamp, &time, &mut record);
        tokio::select! {
            // What a job keeps while it waits is large, and need not lie in all who wait for it.
            result = Box::pin(job.all()) => result,
            cut_off = lease::keep(lake, &time, job_id, RENEWED_EVERY) => Err(cut_off),
        }
    };
    finish(&mut record, result, local_now());
    if let Err(error) = lake.end_job(job_id, &record).await {
        tracing::error!(%error, job_id, "the job's record could not be written");
        JobStatus::Failed.as_str().clone_into(&mut record.status);
        record.error.get_or_insert_with(|| format!("the lake cannot be written: {error}"));
    }
    record
}

/// Closes the record. Its status is `ok` only if every table that is there was read, the marts follow, and
/// the factory's settings could be taken. It is `partial` if some tables were read, or if rows that are gone
/// from the ERP were too many to be removed. It is `partial` too if a job that had to stop has read some rows,
/// which are in the marts.
fn finish(record: &mut JobRecord, result: Result<Ended, String>, finished_at: DateTime<FixedOffset>) {
    let sum = |of: fn(&JobTable) -> i64| record.tables.iter().map(of).sum::<i64>();
    (record.extracted, record.accepted, record.rejected) =
        (sum(|t| t.extracted), sum(|t| t.accepted), sum(|t| t.rejected));
    record.withheld = Some(sum(|t| t.withheld.unwrap_or(0)));
    record.rekeyed = Some(sum(|t| t.rekeyed.unwrap_or(0)));
    let written = sum(|t| t.written);
    let is_unread = |table: &&JobTable| table.error.is_some() && table.withheld.unwrap_or(0) == 0;
    let is_well = record.tables.iter().all(|table| table.error.is_none());
    let status = match &result {
        Ok(_) if is_well && record.error.is_none() => JobStatus::Ok,
        Ok(_) if record.tables.iter().filter(is_unread).count() < record.tables.len() => JobStatus::Partial,
        Ok(Ended::ForLackOfTime) if record.extracted > 0 => JobStatus::Partial,
        _ => JobStatus::Failed,
    };
    status.as_str().clone_into(&mut record.status);
    // What stands in the record already is about the factory's settings.
    let joined = |messages: Vec<String>| (!messages.is_empty()).then(|| messages.join("; "));
    let failures = by_reason(&record.tables, |table| table.error.as_deref());
    record.error = joined(result.err().into_iter().chain(failures).chain(record.error.take()).collect());
    let warnings = by_reason(&record.tables, |table| table.warning.as_deref());
    record.warning = joined(warnings.into_iter().chain(record.warning.take()).collect());
    if let Some(warning) = &record.warning {
        tracing::warn!(job_id = record.job_id, "{warning}");
    }
    record.finished_at = Some(finished_at);
    record.duration_ms = Some((finished_at - record.started_at).num_milliseconds());
    tracing::info!(
        job_id = record.job_id,
        mode = record.mode,
        status = record.status,
        duration_ms = record.duration_ms,
        extracted = record.extracted,
        rejected = record.rejected,
        written,
        "job finished"
    );
}

/// What is told of the tables. Each text stands once, after the names of the tables that it is about.
fn by_reason(tables: &[JobTable], told: impl Fn(&JobTable) -> Option<&str>) -> Vec<String> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for (table, reason) in tables.iter().filter_map(|table| Some((table.table.as_str(), told(table)?))) {
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, tables)) => tables.push(table),
            None => by_reason.push((reason, vec![table])),
        }
    }
    by_reason.iter().map(|(reason, tables)| format!("{}: {reason}", tables.join(", "))).collect()
}
