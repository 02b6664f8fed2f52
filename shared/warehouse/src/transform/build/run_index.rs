//! Which of several runs of one number a row counts for.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use polars::prelude::*;

use crate::sources::{OfRun, Source};
use crate::staging::stamps::own_time;

/// When the runs of each number began.
pub(super) struct RunIndex {
    began: HashMap<String, Vec<(NaiveDateTime, NaiveDate)>>,
}

impl RunIndex {
    pub(super) fn of(runs: &DataFrame) -> PolarsResult<Self> {
        let mut began: HashMap<String, Vec<(NaiveDateTime, NaiveDate)>> = HashMap::new();
        let (numbers, dates, created) =
            (runs.column("run_number")?, runs.column("production_date")?, runs.column("created")?);
        for ((number, date), created) in numbers
            .str()?
            .iter()
            .zip(dates.date()?.as_date_iter())
            .zip(created.datetime()?.as_datetime_iter())
        {
            if let (Some(number), Some(date)) = (number, date) {
                began
                    .entry(number.to_owned())
                    .or_default()
                    .push((created.unwrap_or_else(|| date.and_time(NaiveTime::MIN)), date));
            }
        }
        for runs in began.values_mut() {
            runs.sort_unstable();
        }
        Ok(Self { began })
    }

    /// The production date of the latest run of this number that began at or before `time`. If none did, that
    /// of the earliest run.
    fn date(&self, number: &str, time: Option<NaiveDateTime>) -> Option<NaiveDate> {
        let runs = self.began.get(number)?;
        let before = time.map_or(0, |time| runs.partition_point(|(began, _)| *began <= time));
        Some(runs[before.saturating_sub(1)].1)
    }

    /// The rows of a table that belong to a run, with its `production_date`.
    pub(super) fn under_runs(&self, source: &Source, mut rows: DataFrame) -> PolarsResult<DataFrame> {
        if source.run == OfRun::Dated {
            return Ok(rows);
        }
        let (numbers, times) = (rows.column("run_number")?.clone(), own_time(source, &rows)?);
        let dates = numbers
            .str()?
            .iter()
            .zip(times.datetime()?.as_datetime_iter())
            .map(|(number, time)| self.date(number?, time));
        let dates = DateChunked::from_naive_date_options("production_date".into(), dates);
        rows.with_column(dates.into_column())?;
        rows.drop_nulls(Some(&["production_date".to_owned()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u32, hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    #[test]
    fn a_row_counts_for_the_latest_run_of_its_number_that_had_begun() {
        let runs = df!(
            "run_number" => ["7", "7", "8"],
            "production_date" => [at(1, 0).date(), at(20, 0).date(), at(3, 0).date()],
            "created" => [Some(at(1, 6)), None, Some(at(3, 6))],
        )
        .unwrap();
        let index = RunIndex::of(&runs).unwrap();
        let check = |number: &str, time, day: Option<u32>| {
            assert_eq!(index.date(number, time), day.map(|day| at(day, 0).date()));
        };
        check("7", Some(at(1, 6)), Some(1));
        check("7", Some(at(19, 23)), Some(1));
        check("7", Some(at(20, 0)), Some(20));
        check("7", Some(at(25, 0)), Some(20));
        check("7", Some(at(1, 5)), Some(1));
        check("7", None, Some(1));
        check("9", Some(at(1, 6)), None);
    }
}
