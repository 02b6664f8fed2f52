//! Staging to marts: makes the rows again that the pending note names, and leaves the rest as it is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use polars::prelude::*;

use super::Work;
use super::batches::runs_naming;
use super::parts::Parts;
use super::runs::{load_runs, run_chunks, staged, staged_all, staged_column};
use crate::frames::{compute, with_text_in, without_text_in};
use crate::marts::{ALL, Build, Mart, PRODUCTS, RUNS, month};
use crate::scope::{DayScope, ProductScope};
use crate::sources::{self, Source};
use crate::staging::parts::{may_hold, run_groups};
use crate::touched::Touched;
use crate::{Result, WarehouseError};

/// Makes all marts again as far as they are touched and writes the parts; returns the `mart/part` names that were written.
pub(super) async fn build(work: &mut Work<'_>) -> Result<BTreeSet<String>> {
    let mut touched = work.pending.clone();
    let mut parts = Parts::default();
    if work.is_outdated {
        for (mart, build) in builds() {
            parts.empty(work, mart, build);
            touched.merge(everything(build));
        }
    }
    if !touched.all_runs {
        touched.runs.extend(runs_naming(work, &touched.batches).await?);
    }
    if ["plu", "product_catalogue"].iter().any(|table| touched.tables.contains(*table)) {
        build_products(work, &mut parts).await?;
    }
    let dates = build_runs(work, &mut parts, &touched).await?;
    build_dates(work, &mut parts, &dates).await?;
    build_days(work, &mut parts, &touched).await?;
    if work.is_outdated {
        work.manifest.marts.retain(|name, _| Mart::named(name).is_some());
        // A mart without rows is there all the same: that it has none is known.
        for (mart, build) in builds().filter(|(mart, _)| !work.manifest.marts.contains_key(mart.name)) {
            if parts.names(work, mart, build).is_empty() {
                parts.set(mart, &mart.part(build, None), DataFrame::empty_with_schema(&mart.schema()));
            }
        }
    }
    parts.write(work).await
}

fn everything(build: Build) -> Touched {
    let mut touched = Touched::default();
    match build {
        Build::Runs(_) | Build::Dates(_) => touched.all_runs = true,
        Build::Days(source, _) => {
            touched.days.insert(source.staging.to_owned(), None);
        }
        Build::Products(_) => touched.tables.extend(["plu".to_owned()]),
    }
    touched
}

async fn build_products(work: &Work<'_>, parts: &mut Parts) -> Result<()> {
    let scope = ProductScope { plu: staged_all(work, &sources::PLU).await?, catalogue: staged_all(work, &sources::PRODUCT_CATALOGUE).await? };
    for mart in ALL {
        for build in mart.builds {
            if let Build::Products(make) = *build {
                let scope = scope.clone();
                let rows = made(mart, move || make(&scope)).await?;
                parts.set(mart, &mart.part(*build, None), rows);
            }
        }
    }
    Ok(())
}

/// Makes the rows of the touched runs again; returns the production dates that this concerns, old and new.
async fn build_runs(work: &Work<'_>, parts: &mut Parts, touched: &Touched) -> Result<BTreeSet<NaiveDate>> {
    let mut dates = BTreeSet::new();
    if !touched.all_runs && touched.runs.is_empty() {
        return Ok(dates);
    }
    if touched.all_runs {
        for part in parts.names(work, &RUNS, RUNS.builds[0]) {
            dates.extend(dates_of(&parts.rows(work, &RUNS, &part).await?, "production_date")?);
        }
        for (mart, build) in builds() {
            if matches!(build, Build::Runs(_)) {
                parts.empty(work, mart, build);
            }
        }
    }
    let lines = staged_all(work, &sources::PROD_LINES).await?;
    let products = parts.rows(work, &PRODUCTS, &PRODUCTS.part(PRODUCTS.builds[0], None)).await?;
    let chunks = run_chunks(work, touched).await?;
    let many = chunks.len() > 1;
    for (i, numbers) in chunks.iter().enumerate() {
        if many {
            tracing::info!(part = i + 1, of = chunks.len(), "making marts");
        }
        let mut scope = load_runs(work, numbers, &lines, &products).await?;
        let groups = run_groups(numbers);
        for (mart, build) in builds() {
            let Build::Runs(make) = build else { continue };
            let input = scope.clone();
            let rows = made(mart, move || make(&input)).await?;
            let mut by_month = by_month(mart, build, &rows)?;
            for part in parts.names(work, mart, build) {
                if parts.zone(work, mart, &part).is_none_or(|zone| may_hold(zone, "run_group", &groups)) {
                    by_month.entry(part).or_insert_with(|| DataFrame::empty_with_schema(&mart.schema()));
                }
            }
            for (part, new) in by_month {
                let old = parts.rows(work, mart, &part).await?;
                let numbers = numbers.clone();
                let (gone, all) = made_pair(mart, move || {
                    let gone = with_text_in(&old, "run_number", &numbers)?;
                    Ok((gone, without_text_in(&old, "run_number", &numbers)?.vstack(&new)?))
                })
                .await?;
                if mart.name == RUNS.name {
                    dates.extend(dates_of(&gone, "production_date")?);
                }
                if all.height() > 0 || gone.height() > 0 {
                    parts.set(mart, &part, all);
                }
            }
            if mart.name == RUNS.name {
                dates.extend(dates_of(&rows, "production_date")?);
                scope.finished = rows;
            }
        }
    }
    Ok(dates)
}

/// Makes the rows of these production dates again, from the mart `runs` as it will be.
async fn build_dates(work: &Work<'_>, parts: &mut Parts, dates: &BTreeSet<NaiveDate>) -> Result<()> {
    for (of_month, dates) in months(dates) {
        let runs = parts.rows(work, &RUNS, &RUNS.part(RUNS.builds[0], Some(&of_month))).await?;
        for (mart, build) in builds() {
            let Build::Dates(make) = build else { continue };
            let (runs, dates) = (runs.clone(), dates.clone());
            let part = mart.part(build, Some(&of_month));
            let old = parts.rows(work, mart, &part).await?;
            let rows = made(mart, move || {
                let (touched, _) = split_by_date(&runs, "production_date", &dates)?;
                let (_, kept) = split_by_date(&old, mart.month_of.unwrap_or("production_date"), &dates)?;
                kept.vstack(&make(&touched)?)
            })
            .await?;
            parts.set(mart, &part, rows);
        }
    }
    Ok(())
}

/// Makes the rows of the touched days again, table by table.
async fn build_days(work: &Work<'_>, parts: &mut Parts, touched: &Touched) -> Result<()> {
    if touched.days.is_empty() {
        return Ok(());
    }
    let lines = staged_all(work, &sources::PROD_LINES).await?;
    for source in sources::ALL {
        let (Some(column), Some(days)) = (source.day_column(), touched.days.get(source.staging)) else { continue };
        let of_table = || builds().filter_map(|(mart, build)| of_days(source, build).map(|make| (mart, build, make)));
        let days = if let Some(days) = days {
            days.clone()
        } else {
            for (mart, build, _) in of_table() {
                parts.empty(work, mart, build);
            }
            dates_of(&staged_column(work, source, column).await?, column)?
        };
        for (of_month, days) in months(&days) {
            let names = days.iter().map(NaiveDate::to_string).collect();
            let rows = staged(work, source, "day", &names, None).await?;
            let of_days = days.clone();
            let rows = compute("the rows of days", move || Ok(split_by_date(&rows, column, &of_days)?.0)).await?;
            let scope = DayScope { rows, lines: lines.clone() };
            for (mart, build, make) in of_table() {
                let part = mart.part(build, Some(&of_month));
                let old = parts.rows(work, mart, &part).await?;
                let (scope, days) = (scope.clone(), days.clone());
                let rows = made(mart, move || {
                    let (_, kept) = split_by_date(&old, mart.month_of.unwrap_or(column), &days)?;
                    kept.vstack(&make(&scope)?)
                })
                .await?;
                parts.set(mart, &part, rows);
            }
        }
    }
    Ok(())
}

/// How a build makes its rows, if it makes them from the days of this table.
fn of_days(source: &Source, build: Build) -> Option<fn(&DayScope) -> PolarsResult<DataFrame>> {
    match build {
        Build::Days(of, make) if of.staging == source.staging => Some(make),
        _ => None,
    }
}

fn builds() -> impl Iterator<Item = (&'static Mart, Build)> {
    ALL.into_iter().flat_map(|mart| mart.builds.iter().map(move |build| (mart, *build)))
}

async fn made(mart: &'static Mart, work: impl FnOnce() -> PolarsResult<DataFrame> + Send + 'static) -> Result<DataFrame> {
    compute(mart.name, work).await
}

async fn made_pair(
    mart: &'static Mart,
    work: impl FnOnce() -> PolarsResult<(DataFrame, DataFrame)> + Send + 'static,
) -> Result<(DataFrame, DataFrame)> {
    compute(mart.name, work).await
}

/// The rows by the part of their month.
fn by_month(mart: &'static Mart, build: Build, rows: &DataFrame) -> Result<BTreeMap<String, DataFrame>> {
    let Some(column) = mart.month_of else { return Ok(BTreeMap::from([(mart.part(build, None), rows.clone())])) };
    let failed = |source| WarehouseError::Compute { step: mart.name.to_owned(), source };
    months(&dates_of(rows, column)?)
        .into_iter()
        .map(|(of_month, dates)| Ok((mart.part(build, Some(&of_month)), split_by_date(rows, column, &dates).map_err(failed)?.0)))
        .collect()
}

fn months(dates: &BTreeSet<NaiveDate>) -> BTreeMap<String, BTreeSet<NaiveDate>> {
    let mut months: BTreeMap<String, BTreeSet<NaiveDate>> = BTreeMap::new();
    for date in dates {
        months.entry(month(*date)).or_default().insert(*date);
    }
    months
}

fn dates_of(rows: &DataFrame, column: &str) -> Result<BTreeSet<NaiveDate>> {
    let distinct = || -> PolarsResult<BTreeSet<NaiveDate>> {
        Ok(rows.column(column)?.cast(&DataType::Date)?.unique()?.date()?.as_date_iter().flatten().collect())
    };
    distinct().map_err(|source| WarehouseError::Compute { step: format!("the dates of `{column}`"), source })
}

/// The rows of these dates, and the others.
fn split_by_date(rows: &DataFrame, column: &str, dates: &BTreeSet<NaiveDate>) -> PolarsResult<(DataFrame, DataFrame)> {
    let values = rows.column(column)?.cast(&DataType::Date)?;
    let mask: BooleanChunked = values.date()?.as_date_iter().map(|date| Some(date.is_some_and(|date| dates.contains(&date)))).collect();
    Ok((rows.filter(&mask)?, rows.filter(&!&mask)?))
}
