//! What the records of earlier jobs say.

use api::pipeline::{JobRecord, JobStatus};
use chrono::{DateTime, Utc};
use lake::{Healed, Lake, StoredJob};

use crate::Result;

/// How many records are looked at to learn whether there has been a manifest.
const LOOKED_AT: usize = 20;

/// Whether a job has ever made a manifest: one of the last jobs came to its end. `now` is about the present
/// moment.
pub(super) async fn has_published(lake: &Lake, now: DateTime<Utc>) -> Result<bool> {
    let ended = [JobStatus::Ok, JobStatus::Partial].map(JobStatus::as_str);
    for job_id in lake.newest_jobs(None, LOOKED_AT, now).await? {
        if record_of(lake, &job_id).await?.is_some_and(|record| ended.contains(&record.status.as_str())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was made again of the lake, and stands in no record yet.
pub(super) async fn untold(lake: &Lake, healed: &Healed) -> Result<Vec<String>> {
    let said = record_of(lake, &healed.job_id).await?.and_then(|record| record.healed);
    let is_untold = |told: &&String| said.as_ref().is_none_or(|said| !said.contains(told.as_str()));
    Ok(healed.told.iter().filter(is_untold).cloned().collect())
}

/// The record of a job. One that cannot be read says nothing.
async fn record_of(lake: &Lake, job_id: &str) -> Result<Option<JobRecord>> {
    match lake.job(job_id).await {
        Err(error) if error.is_damage() => Ok(None),
        stored => Ok(stored?.map(|StoredJob { record, .. }| record)),
    }
}
