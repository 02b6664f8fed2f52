//! Marts whose rows are replaced by batch code.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;

use super::mart_parts::MartParts;
use super::replace::{By, made, replace};
use crate::frames::{codes, compute, with_code_in};
use crate::marts::{Build, builds};
use crate::sources::{self, Source};
use crate::staging::zones::{BATCH_GROUP, batch_groups};
use crate::touched::Touched;
use crate::transform::staged::{staged, staged_all};
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// Makes the rows of the touched batches again, table by table.
pub(super) async fn build_batches(work: &Work<'_>, parts: &mut MartParts, touched: &Touched) -> Result<()> {
    for source in sources::ALL {
        let (Some(column), Some(touched)) = (source.batch, touched.rows_of_batches.get(source.staging))
        else {
            continue;
        };
        let column = source.column(column).name();
        let (codes, rows) = rows_of_batches(work, source, column, touched.as_ref()).await?;
        for (mart, build) in builds() {
            let make = match build {
                Build::Batches(of, make) if of == source => make,
                _ => continue,
            };
            if touched.is_none() {
                parts.empty(work, mart, build);
            }
            let rows = rows.clone();
            let rows = made(mart, move || make(&rows)).await?;
            replace(work, parts, mart, build, By::Batch, &codes, &rows).await?;
        }
    }
    Ok(())
}

/// The codes of the touched batches, and the rows of a table that count for them. `None` is every batch.
async fn rows_of_batches(
    work: &Work<'_>,
    source: &'static Source,
    column: String,
    touched: Option<&BTreeSet<String>>,
) -> Result<(BTreeSet<String>, DataFrame)> {
    const STEP: &str = "the rows of batches";
    if let Some(codes) = touched {
        let rows = staged(work, source, BATCH_GROUP, &batch_groups(codes), None).await?;
        let wanted = codes.clone();
        let rows = compute(STEP, move || with_code_in(&rows, &column, &wanted)).await?;
        return Ok((codes.clone(), rows));
    }
    let rows = staged_all(work, source, None).await?;
    let failed = |source| WarehouseError::Compute { step: STEP.to_owned(), source };
    let codes = codes(&rows, &column).map_err(failed)?;
    let rows = rows.drop_nulls(Some(&[column])).map_err(failed)?;
    Ok((codes, rows))
}
