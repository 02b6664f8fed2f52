//! Marts whose rows are replaced by run number, and marts that follow from the finished runs of a date or
//! month.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use polars::prelude::DataFrame;

use super::mart_parts::MartParts;
use super::rejected::RejectedRows;
use super::replace::{By, dates_of, made, months, replace, split_by_date};
use super::run_scope::{load_runs, run_chunks};
use crate::frames::compute;
use crate::marts::{Build, PRODUCTS, RUNS, builds, shift_dates, shift_dates_of_minutes};
use crate::sources;
use crate::touched::Touched;
use crate::transform::staged::staged_all;
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// The dates of runs that were made again, old and new.
#[derive(Default)]
pub(super) struct RunDates {
    /// Those that the runs are dated with.
    pub(super) production: BTreeSet<NaiveDate>,
    /// Those of the shifts that the runs count in.
    pub(super) shifts: BTreeSet<NaiveDate>,
    /// Those of the shifts in which their packs were made.
    pub(super) packed: BTreeSet<NaiveDate>,
}

impl RunDates {
    fn add(&mut self, work: &Work<'_>, runs: &DataFrame) -> Result<()> {
        self.production.extend(dates_of(runs, "production_date")?);
        let of_shifts = shift_dates(runs, &work.settings.shifts);
        self.shifts.extend(of_shifts.map_err(|source| WarehouseError::Compute {
            step: "the dates of the shifts of runs".to_owned(),
            source,
        })?);
        Ok(())
    }

    fn add_packed(&mut self, work: &Work<'_>, minutes: &DataFrame) -> Result<()> {
        let of_shifts = shift_dates_of_minutes(minutes, &work.settings.shifts);
        self.packed.extend(of_shifts.map_err(|source| WarehouseError::Compute {
            step: "the dates of the shifts of packs".to_owned(),
            source,
        })?);
        Ok(())
    }
}

/// Makes the rows of the touched runs again. Returns the dates of these runs.
pub(super) async fn build_runs(
    work: &Work<'_>,
    parts: &mut MartParts,
    touched: &Touched,
) -> Result<RunDates> {
    let mut dates = RunDates::default();
    if !touched.all_runs && touched.runs.is_empty() {
        return Ok(dates);
    }
    if touched.all_runs {
        for part in parts.names(work, &RUNS, RUNS.builds[0]) {
            dates.add(work, &parts.rows(work, &RUNS, &part).await?)?;
        }
        for (mart, build) in builds() {
            // Shifts may have had other times. Those that there are now follow from the new rows.
            if matches!(
                build,
                Build::Runs(_)
                    | Build::FinishedRuns(_)
                    | Build::RunMinutes(_)
                    | Build::Shifts(_)
                    | Build::RecentShifts
            ) {
                parts.empty(work, mart, build);
            }
        }
    }
    let lines = staged_all(work, &sources::PROD_LINES, None).await?;
    let products = parts.rows(work, &PRODUCTS, &PRODUCTS.part(PRODUCTS.builds[0], None)).await?;
    let rejected = RejectedRows::read(work).await?;
    let chunks = run_chunks(work, touched).await?;
    let many = chunks.len() > 1;
    for (i, numbers) in chunks.iter().enumerate() {
        if many {
            tracing::info!(chunk = i + 1, of = chunks.len(), "making marts");
        }
        let mut scope = load_runs(work, numbers, &lines, &products, &rejected).await?;
        for (mart, build) in builds() {
            let (Build::Runs(make) | Build::FinishedRuns(make) | Build::RunMinutes(make)) = build else {
                continue;
            };
            let input = scope.clone();
            let rows = made(mart, move || make(&input)).await?;
            let gone = replace(work, parts, mart, build, By::Run, numbers, &rows).await?;
            if matches!(build, Build::FinishedRuns(_)) {
                for rows in gone.iter().chain([&rows]) {
                    dates.add(work, rows)?;
                }
                scope.finished = rows;
            } else if matches!(build, Build::RunMinutes(_)) {
                for rows in gone.iter().chain([&rows]) {
                    dates.add_packed(work, rows)?;
                }
            }
        }
    }
    Ok(dates)
}

/// Makes the rows of these production dates and of their months again, from the mart `runs` as it will be.
pub(super) async fn build_dates(
    work: &Work<'_>,
    parts: &mut MartParts,
    dates: &BTreeSet<NaiveDate>,
) -> Result<()> {
    for (of_month, dates) in months(dates) {
        let runs = parts.runs_of_month(work, &of_month).await?;
        let (all, wanted) = (runs.clone(), dates.clone());
        let of_dates =
            compute("the runs of dates", move || Ok(split_by_date(&all, "production_date", &wanted)?.0))
                .await?;
        let first_days = dates.iter().filter_map(|date| date.with_day(1)).collect();
        for (mart, build) in builds() {
            let (make, runs, column, replaced, part) = match build {
                Build::Dates(make) => {
                    let column = mart.month_of.unwrap_or("production_date");
                    (make, &of_dates, column, &dates, mart.part(build, Some(&of_month)))
                }
                Build::Months(make) => (make, &runs, "month", &first_days, mart.part(build, None)),
                _ => continue,
            };
            let old = parts.rows(work, mart, &part).await?;
            let (runs, replaced) = (runs.clone(), replaced.clone());
            let rows = made(mart, move || {
                let (_, kept) = split_by_date(&old, column, &replaced)?;
                kept.vstack(&make(&runs)?)
            })
            .await?;
            parts.set(mart, &part, rows);
        }
    }
    Ok(())
}
