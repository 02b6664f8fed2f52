//! The record of a job as clients see it. It is true also of a job that died, and names no files, objects or
//! addresses.

use api::pipeline::JobRecord;
use chrono::{DateTime, Utc};
use lake::{Lake, StoredJob};

use crate::places::without_places;

/// The record of a job. `None` if no job has this id.
pub(crate) async fn of(lake: &Lake, job_id: &str, now: DateTime<Utc>) -> lake::Result<Option<JobRecord>> {
    Ok(lake.job(job_id).await?.map(|StoredJob { record, lease }: StoredJob<JobRecord>| {
        shown(record.seen_at(now, lease.map(|lease| lease.expires_at)))
    }))
}

fn shown(mut record: JobRecord) -> JobRecord {
    let tables = record.tables.iter_mut().map(|table| &mut table.error);
    for error in tables.chain([&mut record.error]) {
        *error = error.take().map(|text| without_places(&text));
    }
    record
}
