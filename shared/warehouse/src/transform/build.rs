//! Staging to marts: makes the rows again that the pending note names, and leaves the rest as it is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use polars::prelude::*;

use super::Work;
use super::batches::runs_naming;
use super::parts::Parts;
use super::replace::{By, dates_of, made, months, replace, split_by_date};
use super::runs::{load_runs, run_chunks, staged, staged_all, staged_whole};
use crate::frames::{compute, texts, with_text_in};
use crate::marts::{ALL, Build, Mart, PRODUCTS, RUNS};
use crate::scope::{DayScope, ProductScope};
use crate::sources::{self, Source};
use crate::staging::parts::{BATCH_GROUP, batch_groups, day_of_each};
use crate::touched::Touched;
use crate::{Result, WarehouseError};

/// Makes all marts again as far as they are touched and writes the parts; returns the `mart/part` names that
/// were written.
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
    // Shifts are rated by the packs of their runs.
    touched.merge(Touched {
        days: BTreeMap::from([(sources::SHIFTS.staging.to_owned(), Some(dates))]),
        ..Touched::default()
    });
    build_days(work, &mut parts, &touched).await?;
    build_batches(work, &mut parts, &touched).await?;
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
        Build::Batches(source, _) => {
            touched.rows_of_batches.insert(source.staging.to_owned(), None);
        }
        Build::Products(_) => touched.tables.extend(["plu".to_owned()]),
    }
    touched
}

async fn build_products(work: &Work<'_>, parts: &mut Parts) -> Result<()> {
    let scope = ProductScope {
        plu: staged_all(work, &sources::PLU).await?,
        catalogue: staged_all(work, &sources::PRODUCT_CATALOGUE).await?,
    };
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
        for (mart, build) in builds() {
            let Build::Runs(make) = build else { continue };
            let input = scope.clone();
            let rows = made(mart, move || make(&input)).await?;
            for gone in replace(work, parts, mart, build, By::Run, numbers, &rows).await? {
                if mart.name == RUNS.name {
                    dates.extend(dates_of(&gone, "production_date")?);
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

/// Makes the rows of the touched batches again, table by table.
async fn build_batches(work: &Work<'_>, parts: &mut Parts, touched: &Touched) -> Result<()> {
    for source in sources::ALL {
        let Some(codes) = touched.rows_of_batches.get(source.staging) else { continue };
        let rows = match codes {
            Some(codes) => staged(work, source, BATCH_GROUP, &batch_groups(codes), None).await?,
            None => staged_all(work, source).await?,
        };
        let failed =
            |error| WarehouseError::Compute { step: "the rows of batches".to_owned(), source: error };
        let codes = match codes {
            Some(codes) => codes.clone(),
            None => texts(&rows, "batch_code").map_err(failed)?,
        };
        let wanted = codes.clone();
        let rows = compute("the rows of batches", move || with_text_in(&rows, "batch_code", &wanted)).await?;
        for (mart, build) in builds() {
            let Build::Batches(of, make) = build else { continue };
            if of.staging != source.staging {
                continue;
            }
            if touched.rows_of_batches[source.staging].is_none() {
                parts.empty(work, mart, build);
            }
            let rows = rows.clone();
            let rows = made(mart, move || make(&rows)).await?;
            replace(work, parts, mart, build, By::Batch, &codes, &rows).await?;
        }
    }
    Ok(())
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
    if touched.days.values().all(|days| days.as_ref().is_some_and(BTreeSet::is_empty)) {
        return Ok(());
    }
    let lines = staged_all(work, &sources::PROD_LINES).await?;
    for source in sources::ALL {
        let Some(touched_days) = touched.days.get(source.staging) else { continue };
        let of_table =
            || builds().filter_map(|(mart, build)| of_days(source, build).map(|make| (mart, build, make)));
        let days = if let Some(days) = touched_days {
            days.clone()
        } else {
            for (mart, build, _) in of_table() {
                parts.empty(work, mart, build);
            }
            let columns: Vec<String> = source.day_columns().iter().map(|name| (*name).to_owned()).collect();
            dates_of(&with_day(source, staged_whole(work, source, &columns).await?)?, DAY)?
        };
        for (of_month, days) in months(&days) {
            let names = days.iter().map(NaiveDate::to_string).collect();
            let rows = with_day(source, staged(work, source, DAY, &names, None).await?)?;
            let of_days = days.clone();
            let rows =
                compute("the rows of days", move || Ok(split_by_date(&rows, DAY, &of_days)?.0)).await?;
            let mut runs = DataFrame::empty_with_schema(&RUNS.schema());
            if source.staging == sources::SHIFTS.staging {
                let (of_days, all) = (
                    days.clone(),
                    parts.rows(work, &RUNS, &RUNS.part(RUNS.builds[0], Some(&of_month))).await?,
                );
                runs = compute("the runs of shifts", move || {
                    Ok(split_by_date(&all, "production_date", &of_days)?.0)
                })
                .await?;
            }
            let scope = DayScope { rows, lines: lines.clone(), runs };
            for (mart, build, make) in of_table() {
                let part = mart.part(build, Some(&of_month));
                let old = parts.rows(work, mart, &part).await?;
                let (scope, days, was_empty) = (scope.clone(), days.clone(), old.height() == 0);
                let rows = made(mart, move || {
                    let (_, kept) = split_by_date(&old, mart.month_of.unwrap_or(DAY), &days)?;
                    kept.vstack(&make(&scope)?)
                })
                .await?;
                // Runs may touch days that nobody booked a shift for.
                if !was_empty || rows.height() > 0 {
                    parts.set(mart, &part, rows);
                }
            }
        }
    }
    Ok(())
}

/// The column of a day's rows that tells the day, and the zone that tells a part's.
const DAY: &str = "day";

fn with_day(source: &Source, mut rows: DataFrame) -> Result<DataFrame> {
    let added = day_of_each(source, &rows)
        .and_then(|days| days.map_or(Ok(()), |days| rows.with_column(days).map(|_| ())));
    added
        .map(|()| rows)
        .map_err(|error| WarehouseError::Compute { step: "the rows of days".to_owned(), source: error })
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
