//! The record of a run as it is shown: true also of a run that died, and without what is nobody's business.

use api::pipeline::RunRecord;
use chrono::{DateTime, Utc};
use lake::Lake;

use crate::places::without_places;

/// What is known of a run; `None` if there is none of this id.
pub(crate) async fn of(lake: &Lake, job_id: &str, now: DateTime<Utc>) -> lake::Result<Option<RunRecord>> {
    // A run removes its mark after it has closed its record: where there is no mark, the record is looked at
    // again.
    for last_look in [false, true] {
        let record = lake.run_record::<RunRecord>(job_id).await?.map(|(record, _)| record);
        if let Some(record) = record.as_ref().filter(|record| !record.is_running()) {
            return Ok(Some(shown(record.clone())));
        }
        match lake.running_mark(job_id).await? {
            Some(mark) => {
                let record = record
                    .unwrap_or_else(|| RunRecord::begun(job_id, &mark.mode, &mark.trigger, mark.started_at));
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

fn shown(mut record: RunRecord) -> RunRecord {
    let tables = record.tables.iter_mut().map(|table| &mut table.error);
    for error in tables.chain([&mut record.error]) {
        *error = error.take().map(|text| without_places(&text));
    }
    record
}
