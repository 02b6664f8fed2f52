//! New rows in the place of old ones: by run number or batch code in whichever parts hold them, and by date.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use polars::prelude::*;

use super::mart_parts::MartParts;
use crate::frames::{compute, with_code_in, without_code_in};
use crate::marts::{Build, Mart, month};
use crate::staging::zones::{BATCH_GROUP, RUN_GROUP, batch_groups, may_hold, run_groups};
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// By which code the rows of a mart are replaced.
#[derive(Clone, Copy)]
pub(super) enum By {
    Run,
    Batch,
}

impl By {
    const fn column(self) -> &'static str {
        match self {
            Self::Run => "run_number",
            Self::Batch => "batch_code",
        }
    }

    /// The zone that tells which parts can hold rows of these codes, and their groups in it.
    fn zone(self, codes: &BTreeSet<String>) -> (&'static str, BTreeSet<String>) {
        match self {
            Self::Run => (RUN_GROUP, run_groups(codes)),
            Self::Batch => (BATCH_GROUP, batch_groups(codes)),
        }
    }
}

/// Puts `rows` in the place of all rows that a build has of these codes, whichever parts hold them. Returns
/// the rows that were there before, part by part.
pub(super) async fn replace(
    work: &Work<'_>,
    parts: &mut MartParts,
    mart: &'static Mart,
    build: Build,
    by: By,
    codes: &BTreeSet<String>,
    rows: &DataFrame,
) -> Result<Vec<DataFrame>> {
    let (zone, groups) = by.zone(codes);
    let mut by_month = by_month(mart, build, rows)?;
    for part in parts.names(work, mart, build) {
        if parts.zone(work, mart, &part).is_none_or(|held| may_hold(held, zone, &groups)) {
            by_month.entry(part).or_insert_with(|| DataFrame::empty_with_schema(&mart.schema()));
        }
    }
    let mut all_gone = Vec::new();
    for (part, new) in by_month {
        let old = parts.rows(work, mart, &part).await?;
        let codes = codes.clone();
        let (gone, all) = made_pair(mart, move || {
            let gone = with_code_in(&old, by.column(), &codes)?;
            Ok((gone, without_code_in(&old, by.column(), &codes)?.vstack(&new)?))
        })
        .await?;
        if all.height() > 0 || gone.height() > 0 {
            parts.set(mart, &part, all);
        }
        all_gone.push(gone);
    }
    Ok(all_gone)
}

pub(super) async fn made(
    mart: &'static Mart,
    work: impl FnOnce() -> PolarsResult<DataFrame> + Send + 'static,
) -> Result<DataFrame> {
    compute(mart.name, work).await
}

async fn made_pair(
    mart: &'static Mart,
    work: impl FnOnce() -> PolarsResult<(DataFrame, DataFrame)> + Send + 'static,
) -> Result<(DataFrame, DataFrame)> {
    compute(mart.name, work).await
}

/// The rows by the name of the part that holds their month.
fn by_month(mart: &'static Mart, build: Build, rows: &DataFrame) -> Result<BTreeMap<String, DataFrame>> {
    let Some(column) = mart.month_of else {
        return Ok(BTreeMap::from([(mart.part(build, None), rows.clone())]));
    };
    let failed = |source| WarehouseError::Compute { step: mart.name.to_owned(), source };
    months(&dates_of(rows, column)?)
        .into_iter()
        .map(|(of_month, dates)| {
            Ok((mart.part(build, Some(&of_month)), split_by_date(rows, column, &dates).map_err(failed)?.0))
        })
        .collect()
}

pub(super) fn months(dates: &BTreeSet<NaiveDate>) -> BTreeMap<String, BTreeSet<NaiveDate>> {
    let mut months: BTreeMap<String, BTreeSet<NaiveDate>> = BTreeMap::new();
    for date in dates {
        months.entry(month(*date)).or_default().insert(*date);
    }
    months
}

pub(super) fn dates_of(rows: &DataFrame, column: &str) -> Result<BTreeSet<NaiveDate>> {
    let distinct = || -> PolarsResult<BTreeSet<NaiveDate>> {
        Ok(rows.column(column)?.cast(&DataType::Date)?.unique()?.date()?.as_date_iter().flatten().collect())
    };
    distinct().map_err(|source| WarehouseError::Compute { step: format!("the dates of `{column}`"), source })
}

/// The rows of these dates, and the others.
pub(super) fn split_by_date(
    rows: &DataFrame,
    column: &str,
    dates: &BTreeSet<NaiveDate>,
) -> PolarsResult<(DataFrame, DataFrame)> {
    let values = rows.column(column)?.cast(&DataType::Date)?;
    let mask: BooleanChunked = values
        .date()?
        .as_date_iter()
        .map(|date| Some(date.is_some_and(|date| dates.contains(&date))))
        .collect();
    Ok((rows.filter(&mask)?, rows.filter(&!&mask)?))
}
