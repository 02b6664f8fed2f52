//! Brings together what belongs to a set of runs: the rows of all tables that name them, and what is known of
//! their batches.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::deliveries::tell_deliveries;
use super::known_batches::known_batches;
use super::rejected::RejectedRows;
use super::run_index::{RunIndex, one_per_run};
use super::spelling::Spelling;
use crate::frames::{codes, compute, with_code_in};
use crate::marts::{RUNS, products_by_code};
use crate::scope::RunScope;
use crate::sources::{self, OfRun, Source};
use crate::staging::zones::{RUN_GROUP, run_groups};
use crate::touched::Touched;
use crate::transform::staged::{staged, staged_all};
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// How many runs are made at once: the packs of all of them are held in memory.
const RUNS_AT_ONCE: usize = 600;

/// The touched run numbers, in sets of at most [`RUNS_AT_ONCE`].
pub(super) async fn run_chunks(work: &Work<'_>, touched: &Touched) -> Result<Vec<BTreeSet<String>>> {
    let mut numbers: Vec<String> = touched.runs.iter().cloned().collect();
    if touched.all_runs {
        let runs = staged_all(work, &sources::RUN_NUMBERS, Some(&["run_number".to_owned()])).await?;
        let failed = |source| WarehouseError::Compute { step: "the numbers of runs".to_owned(), source };
        numbers = codes(&runs, "run_number").map_err(failed)?.into_iter().collect();
    }
    // Neighbouring numbers lie in the same parts.
    Ok(numbers.chunks(RUNS_AT_ONCE).map(|chunk| chunk.iter().cloned().collect()).collect())
}

/// Everything that belongs to the runs of these numbers.
pub(super) async fn load_runs(
    work: &Work<'_>,
    numbers: &BTreeSet<String>,
    lines: &DataFrame,
    products: &DataFrame,
    rejected: &RejectedRows,
) -> Result<RunScope> {
    let mut rows = rows_of_runs(work, numbers).await?;
    let known = known_batches(work, &rows).await?;
    let (unread, lines, products) = (work.unread.clone(), lines.clone(), products.clone());
    let settings = work.settings.clone();
    let (numbers, rejected) = (numbers.clone(), rejected.clone());
    compute("the rows of runs", move || {
        let index = RunIndex::of(&rows[sources::RUN_NUMBERS.staging])?;
        let of_runs =
            |source: &Source| index.under_runs(source, rows.remove(source.staging).unwrap_or_default());
        let mut scope = RunScope {
            rejected: rejected.under_runs(&numbers, &index)?,
            batches: known.batches,
            intakes: known.intakes,
            unread,
            settings,
            lines,
            products,
            finished: DataFrame::empty_with_schema(&RUNS.schema()),
            ..RunScope::of(of_runs)?
        };
        write_codes(&mut scope, &known.spelling)?;
        tell_deliveries(&mut scope.intakes, &mut scope.inputs)?;
        Ok(scope)
    })
    .await
}

/// Writes the codes of products and batches as their masters do, so that marts may compare them as they
/// stand.
fn write_codes(scope: &mut RunScope, batches: &Spelling) -> PolarsResult<()> {
    let mut products = Spelling::default();
    products.learn([products_by_code(&scope.products).collect()?.column("product_code")?])?;
    for rows in [&mut scope.runs, &mut scope.outputs, &mut scope.despatch] {
        products.write(rows, "product_code")?;
    }
    for column in ["from_product", "to_product"] {
        products.write(&mut scope.downgrades, column)?;
    }
    for rows in [&mut scope.inputs, &mut scope.batches, &mut scope.intakes] {
        batches.write(rows, "batch_code")?;
    }
    batches.write(&mut scope.lineage, "parent_batch")
}

/// The rows that name runs of these numbers, by the staging name of their table.
async fn rows_of_runs(
    work: &Work<'_>,
    numbers: &BTreeSet<String>,
) -> Result<BTreeMap<&'static str, DataFrame>> {
    let groups = run_groups(numbers);
    let mut tables = Vec::new();
    for source in sources::ALL.into_iter().filter(|source| source.run != OfRun::None) {
        let columns = source.mart_column_names();
        tables.push((source, staged(work, source, RUN_GROUP, &groups, columns.as_deref()).await?));
    }
    let numbers = numbers.clone();
    compute("the rows of runs", move || {
        tables
            .into_iter()
            .map(|(source, rows)| {
                let rows = with_code_in(&rows, "run_number", &numbers)?;
                Ok((source.staging, one_per_run(source, rows)?))
            })
            .collect()
    })
    .await
}
