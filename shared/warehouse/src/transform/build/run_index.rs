//! Which of several runs of one number a row counts for. Numbers are compared as the ERP compares them, and
//! written as the run itself writes them.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use domain::code::folded;
use polars::prelude::*;

use crate::sources::{OfRun, Source};
use crate::staging::stamps::{own_time, watermark_of};

/// How long before its production date a run may begin: the night shift works on the next day's runs.
const BEFORE_ITS_DATE: TimeDelta = TimeDelta::hours(12);

/// A run of some number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    began: NaiveDateTime,
    date: NaiveDate,
    /// Its number as it writes it.
    number: String,
}

/// The runs of each number, by when they began. The numbers are folded.
pub(super) struct RunIndex(HashMap<String, Vec<Run>>);

impl RunIndex {
    /// From the rows of runs, each run once.
    pub(super) fn of(runs: &DataFrame) -> PolarsResult<Self> {
        let mut by_number: HashMap<String, Vec<Run>> = HashMap::new();
        let (numbers, dates, created) =
            (runs.column("run_number")?, runs.column("production_date")?, runs.column("created")?);
        for ((number, date), created) in numbers
            .str()?
            .iter()
            .zip(dates.date()?.as_date_iter())
            .zip(created.datetime()?.as_datetime_iter())
        {
            if let (Some(number), Some(date)) = (number, date) {
                let run = Run { began: began(date, created), date, number: number.to_owned() };
                by_number.entry(folded(number)).or_default().push(run);
            }
        }
        for runs in by_number.values_mut() {
            runs.sort_unstable();
        }
        Ok(Self(by_number))
    }

    /// The run of this number that a rejected row belongs to: that of its production date, if it has one,
    /// else by its own time. The number is folded. It is returned as the run writes it.
    pub(super) fn run_of(
        &self,
        number: &str,
        date: Option<NaiveDate>,
        time: Option<NaiveDateTime>,
        day: Option<NaiveDate>,
    ) -> Option<(&str, NaiveDate)> {
        let runs = self.0.get(number)?;
        let run = match date {
            Some(date) => runs.iter().find(|run| run.date == date),
            None => Self::at(runs, time, day),
        };
        run.map(|run| (run.number.as_str(), run.date))
    }

    /// The latest of these runs that began at or before `time` and is not dated after `day`. If there is
    /// none, the earliest.
    fn at(runs: &[Run], time: Option<NaiveDateTime>, day: Option<NaiveDate>) -> Option<&Run> {
        let before = time.map_or(0, |time| runs.partition_point(|run| run.began <= time));
        let is_by_then = |run: &&Run| day.is_none_or(|day| run.date <= day);
        runs[..before].iter().rev().find(is_by_then).or_else(|| runs.first())
    }

    /// The rows of a table that belong to a run, with its `run_number` and `production_date`.
    pub(super) fn under_runs(&self, source: &Source, mut rows: DataFrame) -> PolarsResult<DataFrame> {
        let numbers = rows.column("run_number")?.str()?.clone();
        let mut of_number: HashMap<&str, &[Run]> = HashMap::new();
        let mut runs_of = |number| {
            let known = || self.0.get(&folded(number)).map(Vec::as_slice).unwrap_or_default();
            *of_number.entry(number).or_insert_with(known)
        };
        let mut found: Vec<Option<&Run>> = Vec::with_capacity(rows.height());
        if source.run == OfRun::Dated {
            let dates = rows.column("production_date")?.date()?.clone();
            for (number, date) in numbers.iter().zip(dates.as_date_iter()) {
                let runs = number.map(&mut runs_of).unwrap_or_default();
                found.push(runs.iter().find(|run| Some(run.date) == date));
            }
        } else {
            let (times, days) = (own_time(source, &rows)?, days_of(source, &rows)?);
            for ((number, time), day) in numbers.iter().zip(times.datetime()?.as_datetime_iter()).zip(days) {
                found.push(number.and_then(|number| Self::at(runs_of(number), time, day)));
            }
        }
        let (written, dates): (Vec<_>, Vec<_>) =
            found.iter().map(|run| (run.map(|run| run.number.as_str()), run.map(|run| run.date))).unzip();
        rows.with_column(Column::new("run_number".into(), written))?;
        rows.with_column(Column::new("production_date".into(), dates))?;
        rows.drop_nulls(Some(&["production_date".to_owned()]))
    }
}

/// The days of rows that have a day and no time. What left on a day is of no run that is dated later, though
/// the night shift may have begun with it on that day.
fn days_of(source: &Source, rows: &DataFrame) -> PolarsResult<Vec<Option<NaiveDate>>> {
    let OfRun::AtEndOf(column) = source.run else { return Ok(vec![None; rows.height()]) };
    Ok(rows.column(&source.column(column).name())?.date()?.as_date_iter().collect())
}

/// When a run begins: when the ERP made it, but not earlier than half a day before its production date. A
/// planner may have made it days before.
fn began(date: NaiveDate, created: Option<NaiveDateTime>) -> NaiveDateTime {
    let midnight = date.and_time(NaiveTime::MIN);
    let first = midnight.checked_sub_signed(BEFORE_ITS_DATE).unwrap_or(midnight);
    created.map_or(first, |created| created.max(first))
}

/// The rows without those that the ERP takes for older versions of others. It may have been set up to tell
/// `r7` from `R7`, and the collation that codes are compared by does not. Of such rows the one that changed
/// last counts.
pub(super) fn one_per_run(source: &Source, mut rows: DataFrame) -> PolarsResult<DataFrame> {
    const STAMP: &str = "_stamp";
    const CODE: &str = "_code";
    if source.key_names()[0] != "run_number" {
        return Ok(rows);
    }
    let codes: Vec<_> = rows.column("run_number")?.str()?.iter().map(|number| number.map(folded)).collect();
    rows.with_column(Column::new(CODE.into(), codes))?;
    rows.with_column(watermark_of(source, &rows)?.with_name(STAMP.into()))?;
    let mut keys = source.key_names();
    CODE.clone_into(&mut keys[0]);
    let in_order = SortMultipleOptions::default();
    let newest = rows.sort([STAMP, "run_number"], in_order.clone())?.unique_stable(
        Some(&keys),
        UniqueKeepStrategy::Last,
        None,
    )?;
    newest.drop_many([STAMP, CODE]).sort(source.key_names(), in_order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{DESPATCH, RUN_SHEETS, TRANSACTIONS};

    fn at(day: u32, hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    #[test]
    fn a_row_counts_for_the_latest_run_of_its_number_that_had_begun() {
        let runs = df!(
            "run_number" => ["7", "7", "8"],
            "production_date" => [at(1, 0).date(), at(20, 0).date(), at(3, 0).date()],
            "created" => [Some(at(1, 6)), None, Some(at(3, 6))],
        );
        let check = |number: &str, time, day: Option<u32>| {
            assert_eq!(dates_of(&runs, number, &[time]), [day].map(|day| day.map(|day| at(day, 0).date())));
        };
        check("7", Some(at(1, 6)), Some(1));
        check("7", Some(at(19, 11)), Some(1));
        check("7", Some(at(19, 12)), Some(20));
        check("7", Some(at(25, 0)), Some(20));
        check("7", Some(at(1, 5)), Some(1));
        check("7", None, Some(1));
        check("9", Some(at(1, 6)), None);
    }

    /// The dates of the runs that packs of these times count for.
    fn dates_of(
        runs: &PolarsResult<DataFrame>,
        number: &str,
        times: &[Option<NaiveDateTime>],
    ) -> Vec<Option<NaiveDate>> {
        let index = RunIndex::of(runs.as_ref().unwrap()).unwrap();
        let packs = df!["run_number" => vec![number; times.len()], "trans_date" => times].unwrap();
        let rows = index.under_runs(&TRANSACTIONS, packs).unwrap();
        let mut dates: Vec<_> =
            rows.column("production_date").unwrap().date().unwrap().as_date_iter().collect();
        dates.resize(times.len(), None);
        dates
    }

    #[test]
    fn a_run_that_was_made_ahead_takes_no_rows_from_before_its_night_shift() {
        // Both were made on the morning of the 2nd, one for that day and one for the 4th.
        let runs = df!(
            "run_number" => ["7", "7"],
            "production_date" => [at(2, 0).date(), at(4, 0).date()],
            "created" => [Some(at(2, 6)), Some(at(2, 6) + TimeDelta::seconds(1))],
        );
        let times = [at(2, 7), at(3, 11), at(3, 12), at(4, 7), at(1, 0)].map(Some);
        assert_eq!(dates_of(&runs, "7", &times), [2, 2, 4, 4, 2].map(|day| Some(at(day, 0).date())));
    }

    #[test]
    fn what_left_on_a_day_is_of_no_run_that_is_dated_later() {
        // Each day has a run 1, which is made the day before.
        let runs = df!(
            "run_number" => ["1", "1"],
            "production_date" => [at(2, 0).date(), at(3, 0).date()],
            "created" => [at(1, 15), at(2, 15)],
        );
        let orders = df!["run_number" => ["1"; 4], "despatch_date" => [Some(at(1, 0).date()), Some(at(2, 0).date()), Some(at(3, 0).date()), None],
            "updated_at" => [at(2, 16); 4]];
        let rows = RunIndex::of(&runs.unwrap()).unwrap().under_runs(&DESPATCH, orders.unwrap()).unwrap();
        let dates = rows.column("production_date").unwrap().date().unwrap().as_date_iter();
        assert_eq!(dates.collect::<Vec<_>>(), [2, 2, 3, 3].map(|day| Some(at(day, 0).date())));
    }

    #[test]
    fn rows_find_their_run_in_any_spelling_and_are_written_as_it_is() {
        let runs = df!(
            "run_number" => ["R7", "r7"],
            "production_date" => [at(1, 0).date(), at(20, 0).date()],
            "created" => [at(1, 6), at(20, 6)],
        );
        let index = RunIndex::of(&runs.unwrap()).unwrap();
        let packs = df!["run_number" => [Some("r7"), Some("R7"), Some("R8"), None], "trans_date" => [at(2, 0), at(21, 0), at(2, 0), at(2, 0)]];
        let rows = index.under_runs(&TRANSACTIONS, packs.unwrap()).unwrap();
        let numbers: Vec<_> = rows.column("run_number").unwrap().str().unwrap().iter().collect();
        assert_eq!(numbers, [Some("R7"), Some("r7")]);
        let sheets = df!["run_number" => ["r7", "r7", "R7"], "production_date" => [at(1, 0).date(), at(2, 0).date(), at(20, 0).date()]];
        let rows = index.under_runs(&RUN_SHEETS, sheets.unwrap()).unwrap();
        let numbers: Vec<_> = rows.column("run_number").unwrap().str().unwrap().iter().collect();
        assert_eq!(numbers, [Some("R7"), Some("r7")], "a sheet of another date has no run");
    }

    #[test]
    fn of_rows_that_the_erp_takes_for_one_the_latest_counts() {
        let sheets = df![
            "run_number" => ["R7", "r7", "r7", "R8"],
            "production_date" => [at(1, 0).date(), at(1, 0).date(), at(2, 0).date(), at(1, 0).date()],
            "updated_at" => [at(3, 0), at(4, 0), at(1, 0), at(1, 0)],
        ];
        let rows = one_per_run(&RUN_SHEETS, sheets.unwrap()).unwrap();
        let numbers: Vec<_> = rows.column("run_number").unwrap().str().unwrap().iter().flatten().collect();
        assert_eq!(numbers, ["R8", "r7", "r7"]);
    }
}
