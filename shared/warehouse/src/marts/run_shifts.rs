//! Which shift each run counts in: the one that was on when it began, where the factory has told us its shift
//! times, else that of its own date and code.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use domain::code::folded;
use domain::settings::ShiftTimes;
use domain::shift_instance::ShiftInstance;
use polars::prelude::*;

use super::known;

/// The shift that a run counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RunShift {
    pub(super) date: NaiveDate,
    /// Its code, [folded]. `None` if nobody knows it.
    pub(super) code: Option<String>,
    /// Whether the run began before the date that it is dated with, and no shift times tell more. So the
    /// shift that made it stands under the day before.
    pub(super) is_of_the_night_before: bool,
    /// Whether the next shift may have made a part of the run.
    pub(super) may_go_on: bool,
}

impl RunShift {
    /// `began_at` is what the sheet says. When the ERP made a run tells nothing: a planner may have been
    /// early. `last_at` is when the run ended, or else when something was last booked to it.
    fn of(
        shifts: &[ShiftTimes],
        (date, code): (NaiveDate, Option<&str>),
        began_at: Option<NaiveDateTime>,
        last_at: Option<NaiveDateTime>,
    ) -> Self {
        match began_at.and_then(|began_at| ShiftInstance::of_run(shifts, date, began_at)) {
            Some(instance) => Self {
                date: instance.date,
                code: Some(folded(&instance.shift.code)),
                is_of_the_night_before: false,
                may_go_on: last_at.is_none_or(|last_at| last_at > instance.ends_at),
            },
            None => Self {
                date,
                code: known(code).map(folded),
                is_of_the_night_before: began_at.is_some_and(|began_at| began_at.date() < date),
                may_go_on: false,
            },
        }
    }
}

/// The shift of each row of the mart `runs`.
pub(super) fn run_shifts(runs: &DataFrame, shifts: &[ShiftTimes]) -> PolarsResult<Vec<Option<RunShift>>> {
    let times = |name: &str| -> PolarsResult<Vec<Option<NaiveDateTime>>> {
        Ok(runs.column(name)?.datetime()?.as_datetime_iter().collect())
    };
    let (began, finished, booked) =
        (times("sheet_started_at")?, times("finished_at")?, times("last_activity_at")?);
    let codes = runs.column("shift_code")?.str()?;
    let dates = runs.column("production_date")?.date()?.as_date_iter();
    let of_run = |(run, date): (usize, Option<NaiveDate>)| {
        Some(RunShift::of(shifts, (date?, codes.get(run)), began[run], finished[run].or(booked[run])))
    };
    Ok(dates.enumerate().map(of_run).collect())
}

/// The dates of the shifts that rows of the mart `runs` count in.
pub(crate) fn shift_dates(runs: &DataFrame, shifts: &[ShiftTimes]) -> PolarsResult<BTreeSet<NaiveDate>> {
    Ok(run_shifts(runs, shifts)?.into_iter().flatten().map(|shift| shift.date).collect())
}
