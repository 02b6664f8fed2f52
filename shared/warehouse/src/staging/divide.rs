//! Divides rows by the staging part that each lies in.

use std::collections::BTreeMap;

use polars::prelude::*;

use crate::sources::{Kind, Source};

/// The rows of each staging part, by its name. The key of a row decides the part.
pub fn divide(source: &Source, rows: &DataFrame) -> PolarsResult<BTreeMap<String, DataFrame>> {
    let Some(key) = source.division.column() else {
        let part = source.division.part_of_number(0);
        return Ok(if rows.height() == 0 { BTreeMap::new() } else { BTreeMap::from([(part, rows.clone())]) });
    };
    let column = source.column(key);
    let values = rows.column(&column.name())?;
    let mut places: BTreeMap<String, Vec<IdxSize>> = BTreeMap::new();
    let mut place = |row: usize, part: String| places.entry(part).or_default().push(row as IdxSize);
    if column.kind == Kind::Text {
        for (row, value) in values.str()?.iter().enumerate() {
            place(row, source.division.part_of_text(value.unwrap_or_default()));
        }
    } else {
        for (row, value) in values.i64()?.iter().enumerate() {
            place(row, source.division.part_of_number(value.unwrap_or_default()));
        }
    }
    places
        .into_iter()
        .map(|(part, rows_of_part)| Ok((part, rows.take(&IdxCa::from_vec("rows".into(), rows_of_part))?)))
        .collect()
}
