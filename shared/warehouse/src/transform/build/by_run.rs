//! Marts whose rows are replaced by run number, and those that follow from the finished runs of a date.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::mart_parts::MartParts;
use super::replace::{By, dates_of, made, months, replace, split_by_date};
use super::run_scope::{load_runs, run_chunks};
use crate::Result;
use crate::marts::{Build, PRODUCTS, RUNS, builds};
use crate::sources;
use crate::touched::Touched;
use crate::transform::staged::staged_all;
use crate::transform::work::Work;

/// Makes the rows of the touched runs again; returns the production dates that this concerns, old and new.
pub(super) async fn build_runs(
    work: &Work<'_>,
    parts: &mut MartParts,
    touched: &Touched,
) -> Result<BTreeSet<NaiveDate>> {
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
    let lines = staged_all(work, &sources::PROD_LINES, None).await?;
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
            let gone = replace(work, parts, mart, build, By::Run, numbers, &rows).await?;
            if mart.name == RUNS.name {
                for rows in gone.iter().chain([&rows]) {
                    dates.extend(dates_of(rows, "production_date")?);
                }
                scope.finished = rows;
            }
        }
    }
    Ok(dates)
}

/// Makes the rows of these production dates again, from the mart `runs` as it will be.
pub(super) async fn build_dates(
    work: &Work<'_>,
    parts: &mut MartParts,
    dates: &BTreeSet<NaiveDate>,
) -> Result<()> {
    for (of_month, dates) in months(dates) {
        let runs = parts.runs_of_month(work, &of_month).await?;
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
