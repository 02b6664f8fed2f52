//! When rows changed, and which time and day they count for.

use polars::prelude::*;

use crate::sources::{FIRST_STAMP, OfRun, Source};

/// The name of the column that [`day_of_each`] makes, and of the zone of a part's days.
pub const DAY: &str = "day";

/// The watermark of each row: the first of the table's watermark columns that is not NULL.
pub fn watermark_of(source: &Source, rows: &DataFrame) -> PolarsResult<Column> {
    let names = source.watermark_names();
    let mut watermark = rows.column(&names[0])?.clone();
    for name in &names[1..] {
        watermark = or(&watermark, rows.column(name)?)?;
    }
    Ok(watermark)
}

/// The day that each row counts for; `None` for a table that marts do not take by day.
pub fn day_of_each(source: &Source, rows: &DataFrame) -> PolarsResult<Option<Column>> {
    let mut days: Option<Column> = None;
    for name in source.names(source.days) {
        let next = rows.column(&name)?.cast(&DataType::Date)?.with_name(DAY.into());
        days = Some(match days {
            Some(days) => or(&days, &next)?,
            None => next,
        });
    }
    Ok(days)
}

/// The time of each row that decides for which of several runs of one number the row counts. A row without a
/// time of its own counts by the stamp that it was first read with: whoever touches it later moves nothing.
pub fn own_time(source: &Source, rows: &DataFrame) -> PolarsResult<Column> {
    let first = first_stamp_of(source, rows)?;
    let own = |column: &str| rows.column(&source.column(column).name());
    match source.run {
        OfRun::None | OfRun::Dated | OfRun::AtFirstStamp => Ok(first),
        OfRun::AtTime(column) => or(own(column)?, &first),
        OfRun::AtEndOf(column) => {
            let micros = DataType::Datetime(TimeUnit::Microseconds, None);
            let midnight = own(column)?.cast(&micros)?.cast(&DataType::Int64)?;
            let end = (&midnight + (24 * 60 * 60 * 1_000_000_i64 - 1)).cast(&micros)?;
            or(&end, &first.cast(&micros)?)
        }
    }
}

/// The stamp that each row was first read with. Where that is not known, it is the one that the row has now.
pub(super) fn first_stamp_of(source: &Source, rows: &DataFrame) -> PolarsResult<Column> {
    let watermark = watermark_of(source, rows)?;
    match rows.column(FIRST_STAMP) {
        Ok(first) => or(first, &watermark),
        Err(_) => Ok(watermark),
    }
}

/// Each value, or that of the other column where it is NULL.
fn or(values: &Column, others: &Column) -> PolarsResult<Column> {
    values.zip_with(&values.is_not_null(), others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{BATCH_LINEAGE, CASE_VERIFICATION, DESPATCH};
    use chrono::{NaiveDate, NaiveDateTime};

    fn at(day: u32, hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    #[test]
    fn a_scan_counts_by_its_own_time_and_without_one_by_the_stamp_that_it_was_first_read_with() {
        let scans =
            df!["scan_time" => [Some(at(2, 6)), None, None], "updated_at" => [at(3, 6), at(3, 7), at(9, 0)],
            FIRST_STAMP => [Some(at(1, 0)), None, Some(at(3, 8))]]
            .unwrap();
        for source in [&CASE_VERIFICATION, &BATCH_LINEAGE] {
            let times = own_time(source, &scans).unwrap();
            assert_eq!(
                times.datetime().unwrap().as_datetime_iter().collect::<Vec<_>>(),
                [Some(at(2, 6)), Some(at(3, 7)), Some(at(3, 8))]
            );
        }
    }

    #[test]
    fn an_order_counts_by_the_end_of_its_day_and_without_one_by_its_watermark() {
        let orders =
            df!["despatch_date" => [Some(at(2, 0).date()), None], "updated_at" => [at(1, 6), at(3, 7)]]
                .unwrap();
        let end = at(2, 0).date().and_hms_micro_opt(23, 59, 59, 999_999);
        let times = own_time(&DESPATCH, &orders).unwrap();
        assert_eq!(times.datetime().unwrap().as_datetime_iter().collect::<Vec<_>>(), [end, Some(at(3, 7))]);
    }
}
