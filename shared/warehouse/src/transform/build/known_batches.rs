//! Which batches are known, and which runs name a batch. The cost follows the batches asked for: only the
//! parts that can hold their codes are read.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use crate::Result;
use crate::frames::{compute, fit, stack, texts, with_text_in};
use crate::sources::{ALL, BATCH_LINEAGE, Source, TRACEABILITY};
use crate::staging::zones::{BATCH_GROUP, batch_groups};
use crate::transform::staged::staged;
use crate::transform::work::Work;

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
                texts(&with_text_in(&rows, &column, &batches)?, "run_number")
            })
            .await?,
        );
    }
    Ok(numbers)
}

/// What is known of the batches that runs name: see [`RunScope`](crate::scope::RunScope).
pub(super) struct KnownBatches {
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
            named.extend(texts(&of_runs[source.staging], &column)?);
        }
        Ok(named)
    })
    .await?;
    let groups = batch_groups(&named);
    let intakes = staged(work, &TRACEABILITY, BATCH_GROUP, &groups, None).await?;
    let made =
        staged(work, &BATCH_LINEAGE, BATCH_GROUP, &groups, Some(&["new_batch_code".to_owned()])).await?;
    compute("the batches of runs", move || {
        let intakes = with_text_in(&intakes, "batch_code", &named)?;
        Ok(KnownBatches { batches: known(&named, &intakes, made)?, intakes })
    })
    .await
}

/// The tables whose rows name batches that other tables tell about, each with the column that names them.
fn naming_batches() -> impl Iterator<Item = (&'static Source, String)> {
    ALL.into_iter().filter_map(|source| Some((source, source.column(source.named_batch?).name())))
}

fn known(named: &BTreeSet<String>, intakes: &DataFrame, mut made: DataFrame) -> PolarsResult<DataFrame> {
    let schema =
        Schema::from_iter(["batch_code", "species"].map(|name| Field::new(name.into(), DataType::String)));
    made.rename("new_batch_code", "batch_code".into())?;
    let all = stack([fit(intakes, &schema)?, made], &schema)?;
    with_text_in(&all, "batch_code", named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_known_by_its_intakes_and_by_the_scan_back_that_made_it() {
        let intakes =
            df!["batch_code" => [Some("B1"), Some("B1"), Some("B2"), None], "species" => [Some("cod"), Some("hake"), None, Some("sole")]].unwrap();
        let made = df!["new_batch_code" => [Some("N1"), Some("N2"), None]].unwrap();
        let named = ["B1", "B2", "B3", "N1"].map(str::to_owned).into();
        let expect = df!["batch_code" => ["B1", "B1", "B2", "N1"], "species" => [Some("cod"), Some("hake"), None, None]].unwrap();
        assert!(known(&named, &intakes, made).unwrap().equals_missing(&expect));
    }
}
