//! Staging to marts: makes again the rows that the pending note names, and leaves the rest as it is.

mod by_batch;
mod by_day;
mod by_run;
mod by_shift;
mod contract;
mod deliveries;
mod known_batches;
mod mart_parts;
mod rejected;
mod replace;
mod run_index;
mod run_scope;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

use self::by_batch::build_batches;
use self::by_day::build_days;
use self::by_run::{build_dates, build_runs};
use self::by_shift::build_shifts;
use self::known_batches::runs_naming;
use self::mart_parts::MartParts;
use self::replace::made;
use super::staged::staged_all;
use super::work::Work;
use crate::Result;
use crate::marts::{Build, Mart, builds};
use crate::scope::ProductScope;
use crate::sources;
use crate::touched::Touched;

/// Makes all marts again as far as they are touched, and writes their parts. Returns the names of the written
/// parts as `mart/part`.
pub(super) async fn build(work: &mut Work<'_>) -> Result<BTreeSet<String>> {
    let mut touched = work.pending.clone();
    let mut parts = MartParts::default();
    if work.is_outdated {
        for (mart, build) in builds() {
            parts.empty(work, mart, build);
            touched.merge(everything(build));
        }
    }
    if !touched.all_runs {
        touched.runs.extend(runs_naming(work, &touched.batches).await?);
    }
    if touched.products {
        build_products(work, &mut parts).await?;
    }
    let dates = build_runs(work, &mut parts, &touched).await?;
    build_dates(work, &mut parts, &dates.production).await?;
    build_shifts(work, &mut parts, &dates.packed).await?;
    for (_, build) in builds() {
        if let Build::DaysWithRuns(source, _) = build {
            let days = BTreeMap::from([(source.staging.to_owned(), Some(dates.shifts.clone()))]);
            touched.merge(Touched { days, ..Touched::default() });
        }
    }
    build_days(work, &mut parts, &touched).await?;
    build_batches(work, &mut parts, &touched).await?;
    if work.is_outdated {
        work.manifest.marts.retain(|name, _| Mart::named(name).is_some());
        // A mart without rows has an empty part, which tells that it was made.
        for (mart, build) in builds().filter(|(mart, _)| !work.manifest.marts.contains_key(mart.name)) {
            if parts.names(work, mart, build).is_empty() {
                parts.set(mart, &mart.part(build, None), DataFrame::empty_with_schema(&mart.schema()));
            }
        }
    }
    parts.write(work).await
}

/// What has to be touched so that a build makes all its rows again.
fn everything(build: Build) -> Touched {
    let mut touched = Touched::default();
    match build {
        Build::Runs(_)
        | Build::FinishedRuns(_)
        | Build::RunMinutes(_)
        | Build::Shifts(_)
        | Build::RecentShifts
        | Build::Dates(_)
        | Build::Months(_) => touched.all_runs = true,
        Build::Days(source, _) | Build::DaysLookingBack(source, _) | Build::DaysWithRuns(source, _) => {
            touched.days.insert(source.staging.to_owned(), None);
        }
        Build::Batches(source, _) => {
            touched.rows_of_batches.insert(source.staging.to_owned(), None);
        }
        Build::Products(_) => touched.products = true,
    }
    touched
}

async fn build_products(work: &Work<'_>, parts: &mut MartParts) -> Result<()> {
    let scope = ProductScope {
        plu: staged_all(work, &sources::PLU, None).await?,
        catalogue: staged_all(work, &sources::PRODUCT_CATALOGUE, None).await?,
    };
    for (mart, build) in builds() {
        let Build::Products(make) = build else { continue };
        let scope = scope.clone();
        let rows = made(mart, move || make(&scope)).await?;
        parts.set(mart, &mart.part(build, None), rows);
    }
    Ok(())
}
