//! Which batches are known, and which runs name a batch. The cost follows the batches asked for: only the
//! parts that can hold their codes are read.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::spelling::Spelling;
use crate::Result;
use crate::frames::{codes, compute, stack, with_code_in};
use crate::sources::{ALL, Source, TRACEABILITY};
use crate::staging::zones::{BATCH_GROUP, batch_groups};
use crate::transform::staged::staged;
use crate::transform::work::Work;

/// The column of what is known of batches.
const BATCH_CODE: &str = "batch_code";

/// The numbers of the runs that name one of these batches in a [`Source::named_batch`] column.
pub(super) async fn runs_naming(work: &Work<'_>, batches: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut numbers = BTreeSet::new();
    if batches.is_empty() {
        return Ok(numbers);
    }
    for (source, column) in naming_batches() {
        let columns = ["run_number".to_owned(), column.clone()];
        let rows = staged(work, source, BATCH_GROUP, &batch_groups(batches), Some(&columns)).await?;
        let batches = batches.clone();
        numbers.extend(
            compute("the runs of batches", move || {
                codes(&with_code_in(&rows, &column, &batches)?, "run_number")
            })
            .await?,
        );
    }
    Ok(numbers)
}

/// What is known of the batches that runs name: see [`RunScope`](crate::scope::RunScope).
pub(super) struct KnownBatches {
    /// How they are written: as their intakes write them, else as the scan-backs that made them do.
    pub(super) spelling: Spelling,
    pub(super) batches: DataFrame,
    pub(super) intakes: DataFrame,
}

/// What is known of the batches that some runs name. `rows` are all rows of these runs, by staging name.
pub(super) async fn known_batches(
    work: &Work<'_>,
    rows: &BTreeMap<&'static str, DataFrame>,
) -> Result<KnownBatches> {
    let of_runs = rows.clone();
    let named = compute("the batches of runs", move || {
        let mut named = BTreeSet::new();
        for (source, column) in naming_batches() {
            named.extend(codes(&of_runs[source.staging], &column)?);
        }
        Ok(named)
    })
    .await?;
    let groups = batch_groups(&named);
    let intakes = staged(work, &TRACEABILITY, BATCH_GROUP, &groups, None).await?;
    let mut told = Vec::new();
    for (source, column) in telling_of_batches() {
        let rows = if *source == TRACEABILITY {
            intakes.clone()
        } else {
            staged(work, source, BATCH_GROUP, &groups, Some(std::slice::from_ref(&column))).await?
        };
        told.push((rows, column));
    }
    compute("the batches of runs", move || {
        let intakes = with_code_in(&intakes, BATCH_CODE, &named)?;
        let mut spelling = Spelling::default();
        spelling.learn([intakes.column(BATCH_CODE)?])?;
        let others = told.iter().map(|(rows, column)| rows.column(column)).collect::<PolarsResult<Vec<_>>>();
        spelling.learn(others?)?;
        Ok(KnownBatches { spelling, batches: known(&named, &told)?, intakes })
    })
    .await
}

/// The tables whose rows name batches that other tables tell about, each with the column that names them.
fn naming_batches() -> impl Iterator<Item = (&'static Source, String)> {
    ALL.into_iter().filter_map(|source| Some((source, source.column(source.named_batch?).name())))
}

/// The tables whose rows tell something of batches, each with the column that names them.
fn telling_of_batches() -> Vec<(&'static Source, String)> {
    let mut telling = Vec::new();
    for source in ALL {
        telling.extend(source.told_batches().map(|column| (source, source.column(column).name())));
    }
    telling
}

/// The batches among `named` of which rows tell something. `told` are the rows of each table, with the column
/// that names their batches.
fn known(named: &BTreeSet<String>, told: &[(DataFrame, String)]) -> PolarsResult<DataFrame> {
    let schema = Schema::from_iter([Field::new(BATCH_CODE.into(), DataType::String)]);
    let batches = told.iter().map(|(rows, column)| {
        let batches = vec![rows.column(column)?.clone().with_name(BATCH_CODE.into())];
        DataFrame::new(rows.height(), batches)
    });
    let all = stack(batches.collect::<PolarsResult<Vec<_>>>()?, &schema)?;
    with_code_in(&all, BATCH_CODE, named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_known_by_its_intakes_and_by_the_scan_back_that_made_it() {
        let intakes = df!["batch_code" => [Some("B1"), Some("b1"), Some("B2"), None]].unwrap();
        let made = df!["new_batch_code" => [Some("N1"), Some("N2"), None]].unwrap();
        let named = ["b1", "b2", "b3", "n1"].map(str::to_owned).into();
        let expect = df!["batch_code" => ["B1", "b1", "B2", "N1"]].unwrap();
        let told = [(intakes, "batch_code".to_owned()), (made, "new_batch_code".to_owned())];
        assert!(known(&named, &told).unwrap().equals_missing(&expect));
    }
}
