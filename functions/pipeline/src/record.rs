//! The record of a job as clients see it. It is true also of a job that died, and names no files, objects or
//! addresses.

use api::pipeline::JobRecord;
use chrono::{DateTime, Utc};
use lake::{Lake, StoredJob};

use crate::places::without_places;

/// The record of a job. `None` if no job has this id, or if its record cannot be read: one such record hides no
/// other.
pub(crate) async fn of(lake: &Lake, job_id: &str, now: DateTime<Utc>) -> lake::Result<Option<JobRecord>> {
    let stored: Option<StoredJob<JobRecord>> = match lake.job(job_id).await {
        Err(error) if error.is_damage() => {
            tracing::warn!(job_id, error = process::chain(&error), "the record of a job is left out");
            None
        }
        read => read?,
    };
    Ok(stored
        .map(|StoredJob { record, lease }| shown(record.seen_at(now, lease.map(|lease| lease.expires_at)))))
}

fn shown(mut record: JobRecord) -> JobRecord {
    let tables = record.tables.iter_mut().map(|table| &mut table.error);
    for error in tables.chain([&mut record.error]) {
        *error = error.take().map(|text| without_places(&text));
    }
    record
}
