//! The keys of rows: how they are compared as text, and which of several rows with one key counts.

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::NaiveDateTime;
use warehouse::segment::OP_UPSERT;
use warehouse::sources::Source;

use crate::rows::SegmentRow;
use crate::validate::ValidRow;
use crate::value::Value;

/// Where the key's values stand in a row.
pub(crate) fn places(source: &Source) -> Vec<usize> {
    let place = |key: &&str| source.columns.iter().position(|column| column.source == *key);
    source.key.iter().filter_map(place).collect()
}

/// The key of a row as text that no other key has.
pub(crate) fn key_of(source: &Source, values: &[Value]) -> String {
    key_text(places(source).into_iter().map(|place| &values[place]))
}

/// A key as text that no other key has.
pub(crate) fn key_text<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    let mut text = String::with_capacity(24);
    for value in values {
        let _ = match value {
            Value::Whole(value) => write!(text, "{value}"),
            Value::Text(value) => write!(text, "{}:{value}", value.len()),
            Value::Date(value) => write!(text, "{value}"),
            other => write!(text, "{other:?}"),
        };
        text.push('|');
    }
    text
}

/// One row per key: the one with the latest watermark, and among equals the last.
pub(crate) fn newest_per_key(source: &Source, rows: Vec<ValidRow>) -> Vec<SegmentRow> {
    let places = places(source);
    let mut newest: HashMap<String, (usize, NaiveDateTime)> = HashMap::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let entry = newest
            .entry(key_text(places.iter().map(|place| &row.values[*place])))
            .or_insert((i, row.watermark));
        if row.watermark >= entry.1 {
            *entry = (i, row.watermark);
        }
    }
    let mut kept: Vec<usize> = newest.into_values().map(|(i, _)| i).collect();
    kept.sort_unstable();
    let mut rows: Vec<Option<ValidRow>> = rows.into_iter().map(Some).collect();
    kept.into_iter().filter_map(|i| rows[i].take()).map(|row| SegmentRow::of(OP_UPSERT, row.values)).collect()
}
