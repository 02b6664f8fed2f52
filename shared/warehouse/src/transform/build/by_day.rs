//! Marts whose rows are replaced by day.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use domain::shift_instance::RUN_DATE_DAYS;
use polars::prelude::*;

use super::mart_parts::MartParts;
use super::replace::{dates_of, made, months, split_by_date};
use crate::frames::compute;
use crate::marts::{Build, LOOKS_BACK_DAYS, Mart, RUNS, builds};
use crate::scope::DayScope;
use crate::sources::{self, Source};
use crate::staging::stamps::{DAY, day_of_each};
use crate::touched::Touched;
use crate::transform::staged::{staged, staged_all};
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// Makes the rows of the touched days again, table by table.
pub(super) async fn build_days(work: &Work<'_>, parts: &mut MartParts, touched: &Touched) -> Result<()> {
    if touched.days.values().all(|days| days.as_ref().is_some_and(BTreeSet::is_empty)) {
        return Ok(());
    }
    let lines = staged_all(work, &sources::PROD_LINES, None).await?;
    for source in sources::ALL {
        let Some(touched) = touched.days.get(source.staging) else { continue };
        let builds: Vec<DayBuild> =
            builds().filter_map(|(mart, build)| DayBuild::of(source, mart, build)).collect();
        let looks_back = builds.iter().any(|build| matches!(build.build, Build::DaysLookingBack(..)));
        let days = if let Some(days) = touched {
            // What is known of a day tells something of the days that look back to it.
            if looks_back { with_days_after(days) } else { days.clone() }
        } else {
            for DayBuild { mart, build, .. } in &builds {
                parts.empty(work, mart, *build);
            }
            let dated = staged_all(work, source, Some(&source.names(source.days))).await?;
            dates_of(&with_day(source, dated)?, DAY)?
        };
        let needs_runs = builds.iter().any(|build| matches!(build.build, Build::DaysWithRuns(..)));
        for (of_month, days) in months(&days) {
            let seen = if looks_back { with_days_before(&days) } else { days.clone() };
            let (rows, before) = parted(rows_of_days(work, source, &seen).await?, &days).await?;
            let scope = DayScope {
                rows,
                before,
                lines: lines.clone(),
                runs: if needs_runs {
                    runs_around(work, parts, &days).await?
                } else {
                    DataFrame::empty_with_schema(&RUNS.schema())
                },
                settings: work.settings.clone(),
            };
            for build in &builds {
                build.replace(work, parts, &of_month, &days, &scope).await?;
            }
        }
    }
    Ok(())
}

/// A build that makes the rows of a mart from the days of one table.
struct DayBuild {
    mart: &'static Mart,
    build: Build,
    make: fn(&DayScope) -> PolarsResult<DataFrame>,
}

impl DayBuild {
    fn of(source: &Source, mart: &'static Mart, build: Build) -> Option<Self> {
        match build {
            Build::Days(of, make) | Build::DaysLookingBack(of, make) | Build::DaysWithRuns(of, make)
                if of == source =>
            {
                Some(Self { mart, build, make })
            }
            _ => None,
        }
    }

    /// Makes the rows of these days of a month again.
    async fn replace(
        &self,
        work: &Work<'_>,
        parts: &mut MartParts,
        month: &str,
        days: &BTreeSet<NaiveDate>,
        scope: &DayScope,
    ) -> Result<()> {
        let Self { mart, build, make } = *self;
        let part = mart.part(build, Some(month));
        let old = parts.rows(work, mart, &part).await?;
        let (scope, days, was_empty) = (scope.clone(), days.clone(), old.height() == 0);
        let rows = made(mart, move || {
            let (_, kept) = split_by_date(&old, mart.month_of.unwrap_or(DAY), &days)?;
            kept.vstack(&make(&scope)?)
        })
        .await?;
        // Runs may touch days that have no rows in this table.
        if !was_empty || rows.height() > 0 {
            parts.set(mart, &part, rows);
        }
        Ok(())
    }
}

/// The rows of a table that count for these days, each with its day.
async fn rows_of_days(
    work: &Work<'_>,
    source: &'static Source,
    days: &BTreeSet<NaiveDate>,
) -> Result<DataFrame> {
    let names = days.iter().map(NaiveDate::to_string).collect();
    of_days(with_day(source, staged(work, source, DAY, &names, None).await?)?, DAY, days).await
}

/// The finished runs that may count in shifts of these days.
async fn runs_around(
    work: &Work<'_>,
    parts: &mut MartParts,
    days: &BTreeSet<NaiveDate>,
) -> Result<DataFrame> {
    let dates = with_days_around(days);
    let mut runs = DataFrame::empty_with_schema(&RUNS.schema());
    for of_month in months(&dates).keys() {
        let more = of_days(parts.runs_of_month(work, of_month).await?, "production_date", &dates).await?;
        runs = compute("the runs of shifts", move || runs.vstack(&more)).await?;
    }
    Ok(runs)
}

/// The rows of these days, and the others.
async fn parted(rows: DataFrame, days: &BTreeSet<NaiveDate>) -> Result<(DataFrame, DataFrame)> {
    let days = days.clone();
    compute("the rows of days", move || split_by_date(&rows, DAY, &days)).await
}

/// These days and those that look back to one of them.
fn with_days_after(days: &BTreeSet<NaiveDate>) -> BTreeSet<NaiveDate> {
    let after = |day: &NaiveDate| {
        let day = *day;
        (0..=LOOKS_BACK_DAYS).filter_map(move |days| day.checked_add_days(Days::new(days)))
    };
    days.iter().flat_map(after).collect()
}

/// These days and those that they look back to.
fn with_days_before(days: &BTreeSet<NaiveDate>) -> BTreeSet<NaiveDate> {
    let before = |day: &NaiveDate| {
        let day = *day;
        (0..=LOOKS_BACK_DAYS).filter_map(move |days| day.checked_sub_days(Days::new(days)))
    };
    days.iter().flat_map(before).collect()
}

/// These days, and the dates that runs of their shifts may be dated with.
fn with_days_around(days: &BTreeSet<NaiveDate>) -> BTreeSet<NaiveDate> {
    let around = |day: &NaiveDate| {
        let day = *day;
        (0..=RUN_DATE_DAYS).map(Days::new).flat_map(move |days| {
            [day.checked_sub_days(days), day.checked_add_days(days)].into_iter().flatten()
        })
    };
    days.iter().flat_map(around).collect()
}

async fn of_days(rows: DataFrame, column: &'static str, days: &BTreeSet<NaiveDate>) -> Result<DataFrame> {
    let days = days.clone();
    compute("the rows of days", move || Ok(split_by_date(&rows, column, &days)?.0)).await
}

fn with_day(source: &Source, mut rows: DataFrame) -> Result<DataFrame> {
    let added = day_of_each(source, &rows)
        .and_then(|days| days.map_or(Ok(()), |days| rows.with_column(days).map(|_| ())));
    added
        .map(|()| rows)
        .map_err(|source| WarehouseError::Compute { step: "the rows of days".to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_touches_those_that_look_back_to_it_and_sees_those_that_it_looks_back_to() {
        let these = |days: &[u32]| -> BTreeSet<NaiveDate> {
            days.iter().filter_map(|day| NaiveDate::from_ymd_opt(2026, 11, *day)).collect()
        };
        assert_eq!(with_days_after(&these(&[1, 9])), these(&[1, 2, 3, 9, 10, 11]));
        assert_eq!(with_days_before(&these(&[3, 9])), these(&[1, 2, 3, 7, 8, 9]));
        assert_eq!(
            with_days_around(&these(&[3, 9])),
            these(&[2, 3, 4, 8, 9, 10]),
            "dates of runs of a shift"
        );
    }
}
