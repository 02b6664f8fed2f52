//! The record of a job as it is shown: true also of a job that died, and without what is nobody's business.

use api::pipeline::JobRecord;
use chrono::{DateTime, Utc};
use lake::Lake;

use crate::places::without_places;

/// What is known of a job; `None` if there is none of this id.
pub(crate) async fn of(lake: &Lake, job_id: &str, now: DateTime<Utc>) -> lake::Result<Option<JobRecord>> {
    // A job removes its mark after it has closed its record: where there is no mark, the record is looked at
    // again.
    for last_look in [false, true] {
        let record = lake.job_record::<JobRecord>(job_id).await?.map(|(record, _)| record);
        if let Some(record) = record.as_ref().filter(|record| !record.is_running()) {
            return Ok(Some(shown(record.clone())));
        }
        match lake.job_mark(job_id).await? {
            Some(mark) => {
                let record = record
                    .unwrap_or_else(|| JobRecord::begun(job_id, &mark.mode, &mark.trigger, mark.started_at));
                let died_by = mark.expires_at.with_timezone(record.started_at.offset());
                return Ok(Some(if mark.is_living(now) {
                    shown(record)
                } else {
                    shown(record.died(Some(died_by)))
                }));
            }
            None if last_look => return Ok(record.map(|record| shown(record.died(None)))),
            None => {}
        }
    }
    Ok(None)
}

fn shown(mut record: JobRecord) -> JobRecord {
    let tables = record.tables.iter_mut().map(|table| &mut table.error);
    for error in tables.chain([&mut record.error]) {
        *error = error.take().map(|text| without_places(&text));
    }
    record
}
