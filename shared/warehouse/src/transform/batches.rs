//! Which batches are known, and which runs name a batch. The cost follows the batches asked for: only the
//! parts that can hold their codes are read.

use std::collections::BTreeSet;

use polars::prelude::*;

use super::Work;
use super::runs::staged;
use crate::Result;
use crate::frames::{compute, fit, stack, texts, with_text_in};
use crate::sources::{BATCH_LINEAGE, RUN_INPUTS, Source, TRACEABILITY};
use crate::staging::parts::{BATCH_GROUP, batch_groups};

/// The columns in which the runs' rows name batches that others tell about.
const NAMED_IN: [(&Source, &str); 2] = [(&RUN_INPUTS, "batch_code"), (&BATCH_LINEAGE, "parent_batch")];

/// The numbers of the runs of which an input or a scan-back names one of these batches.
pub(super) async fn runs_naming(work: &Work<'_>, batches: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut numbers = BTreeSet::new();
    if batches.is_empty() {
        return Ok(numbers);
    }
    for (source, column) in NAMED_IN {
        let columns = ["run_number".to_owned(), column.to_owned()];
        let rows = staged(work, source, BATCH_GROUP, &batch_groups(batches), Some(&columns)).await?;
        let batches = batches.clone();
        numbers.extend(
            compute("the runs of batches", move || {
                texts(&with_text_in(&rows, column, &batches)?, "run_number")
            })
            .await?,
        );
    }
    Ok(numbers)
}

/// What is known of the batches that inputs and scan-backs of these runs name: see
/// [`crate::scope::RunScope`].
pub(super) struct Known {
    pub(super) batches: DataFrame,
    pub(super) intakes: DataFrame,
}

/// What is known of the batches that inputs and scan-backs of these runs name.
pub(super) async fn known_batches(
    work: &Work<'_>,
    numbers: &BTreeSet<String>,
    inputs: &DataFrame,
    lineage: &DataFrame,
) -> Result<Known> {
    let (of_runs, frames) = (numbers.clone(), [inputs.clone(), lineage.clone()]);
    let named = compute("the batches of runs", move || {
        let mut named = BTreeSet::new();
        for ((_, column), rows) in NAMED_IN.iter().zip(frames) {
            named.extend(texts(&with_text_in(&rows, "run_number", &of_runs)?, column)?);
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
        Ok(Known { batches: known(&named, &intakes, made)?, intakes })
    })
    .await
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
