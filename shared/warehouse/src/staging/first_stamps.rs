//! The stamps that rows were first read with. Staging keeps that of each row in the column [`FIRST_STAMP`],
//! and notes those of rows that it does not hold now: a row may be rejected or gone for a while, and come
//! back.

use polars::prelude::*;

use super::incoming::Incoming;
use super::stamps::{first_stamp_of, watermark_of};
use crate::frames::{anti, fit, left_join_on, stack};
use crate::segment::{OP_REUSE, of_op};
use crate::sources::{FIRST_STAMP, Source};

/// Of each key the stamp that it was first read with. What is held says more than what is gone, and that more
/// than what comes in, in its order. Only a key that is used again begins anew.
pub(super) fn first_stamps(
    source: &Source,
    held: &DataFrame,
    gone: &DataFrame,
    incoming: &[Incoming],
) -> PolarsResult<DataFrame> {
    let schema = schema(source);
    let stamped = |rows: &DataFrame, stamps: Column| {
        let mut rows = rows.clone();
        rows.with_column(stamps.with_name(FIRST_STAMP.into()))?;
        fit(&rows, &schema)
    };
    let mut all = vec![stamped(held, first_stamp_of(source, held)?)?, gone.clone()];
    for segment in incoming {
        // What was read under a key before it was used again was another row.
        let reused = of_op(&segment.rows, OP_REUSE)?;
        if reused.height() > 0 {
            for before in &mut all {
                *before = anti(before, &reused, &source.key_names())?;
            }
        }
        let rows = fit(&segment.rows, &source.schema())?;
        all.push(stamped(&rows, watermark_of(source, &rows)?)?);
    }
    // A row that is deleted has a key alone, and one that is rejected may have no stamp.
    stack(all, &schema)?.drop_nulls::<String>(None)?.unique_stable(
        Some(&source.key_names()),
        UniqueKeepStrategy::First,
        None,
    )
}

/// The rows with the stamps that they were first read with.
pub(super) fn with_first_stamps(
    source: &Source,
    rows: &DataFrame,
    first: &DataFrame,
) -> PolarsResult<DataFrame> {
    fit(&left_join_on(rows, first, &source.key_names())?, &source.staging_schema())
}

/// The first stamps of rows that are not held.
pub(super) fn gone(source: &Source, rows: &DataFrame, first: &DataFrame) -> PolarsResult<DataFrame> {
    let keys = source.key_names();
    anti(first, rows, &keys)?.sort(&keys, SortMultipleOptions::default())
}

/// No row is gone.
pub fn none_gone(source: &Source) -> DataFrame {
    DataFrame::empty_with_schema(&schema(source))
}

/// What a part notes of the rows that are gone: their keys and first stamps as JSON. `None` if none is gone.
pub fn to_note(source: &Source, gone: &DataFrame) -> PolarsResult<Option<String>> {
    if gone.height() == 0 {
        return Ok(None);
    }
    let (key, stamps) = (key(source), gone.column(FIRST_STAMP)?.datetime()?.physical().clone());
    let keys = gone.column(&key.0)?.cast(&DataType::String)?;
    let noted: Vec<_> = keys.str()?.iter().zip(stamps.iter()).collect();
    serde_json::to_string(&noted).map(Some).map_err(|error| unreadable(&error))
}

/// What a part noted. It is an error if the note cannot be read.
pub fn of_note(source: &Source, note: Option<&str>) -> PolarsResult<DataFrame> {
    let Some(note) = note.filter(|_| source.keeps_first_stamp()) else { return Ok(none_gone(source)) };
    let noted: Vec<(String, i64)> = serde_json::from_str(note).map_err(|error| unreadable(&error))?;
    let (keys, stamps): (Vec<String>, Vec<i64>) = noted.into_iter().unzip();
    let (name, dtype) = key(source);
    let rows = DataFrame::new_infer_height(vec![
        Column::new(name.into(), keys).strict_cast(&dtype)?,
        Column::new(FIRST_STAMP.into(), stamps).cast(&DataType::Datetime(TimeUnit::Microseconds, None))?,
    ])?;
    fit(&rows, &schema(source))
}

fn unreadable(error: &serde_json::Error) -> PolarsError {
    PolarsError::ComputeError(format!("the note of rows that are gone: {error}").into())
}

/// The key column's name and type. These tables have one.
fn key(source: &Source) -> (String, DataType) {
    let column = source.column(source.key[0]);
    (column.name(), column.kind.dtype())
}

/// The key and the first stamp.
fn schema(source: &Source) -> Schema {
    let (key, dtype) = key(source);
    let stamp = DataType::Datetime(TimeUnit::Microseconds, None);
    Schema::from_iter([Field::new(key.into(), dtype), Field::new(FIRST_STAMP.into(), stamp)])
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::sources::{RUN_INPUTS, RUN_TOTALS};

    #[test]
    fn a_note_gives_back_the_keys_and_stamps_that_were_noted() {
        let at = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_hms_milli_opt(6, 30, 0, 7).unwrap();
        let check = |source: &Source, gone: PolarsResult<DataFrame>| {
            let gone = fit(&gone.unwrap(), &schema(source)).unwrap();
            let note = to_note(source, &gone).unwrap();
            assert_eq!(of_note(source, note.as_deref()).unwrap(), gone, "{note:?}");
        };
        check(&RUN_INPUTS, df!["input_id" => [i64::MAX, 7], FIRST_STAMP => [at, at]]);
        check(&RUN_TOTALS, df!["run_number" => ["é \"7\"", "007208"], FIRST_STAMP => [at, at]]);
        assert_eq!(to_note(&RUN_INPUTS, &none_gone(&RUN_INPUTS)).unwrap(), None);
        assert!(of_note(&RUN_INPUTS, Some("[[1]]")).is_err());
    }
}
