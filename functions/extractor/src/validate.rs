//! Turns legacy rows into typed ones, or says why a row cannot be taken. Pure.
//!
//! A row is rejected for its key, its watermark, a value that its column's type cannot hold, or a declared
//! range. Nothing else rejects it.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use warehouse::sources::Source;

use crate::source::Cell;
use crate::value::{Value, is_blank, read};

/// A row that can be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidRow {
    /// Its values in the order of the source's columns.
    pub values: Vec<Value>,
    /// When it last changed.
    pub watermark: NaiveDateTime,
}

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedRow {
    /// Why, naming column and value.
    pub reason: String,
    /// The values of key and watermark as far as they can be read, and NULL in all other columns. They are in
    /// the order of the source's columns.
    pub values: Vec<Value>,
    /// When it last changed, if that can be read.
    pub watermark: Option<NaiveDateTime>,
    /// All original values, in the order of the source's columns.
    pub original: Vec<Cell>,
}

impl RejectedRow {
    /// The original values as JSON text: numbers as numbers, text as text, bytes in hexadecimal.
    pub fn json(&self, source: &Source) -> String {
        let fields = source.columns.iter().zip(&self.original).map(|(column, cell)| {
            let value = match cell {
                Cell::Null => serde_json::Value::Null,
                Cell::Int(value) => (*value).into(),
                Cell::Real(value) if value.is_finite() => (*value).into(),
                other => other.to_string().into(),
            };
            (column.source.to_owned(), value)
        });
        serde_json::Value::Object(fields.collect()).to_string()
    }
}

/// Judges a row, whose cells come in the order of the source's columns. Times that name a zone are put on the
/// factory's clock.
pub fn validate(source: &Source, cells: Vec<Cell>, factory_tz: Tz) -> Result<ValidRow, RejectedRow> {
    let mut reasons = Vec::new();
    let mut values = Vec::with_capacity(cells.len());
    for (column, cell) in source.columns.iter().zip(&cells) {
        values.push(read(column, cell, factory_tz).unwrap_or_else(|reason| {
            reasons.push(reason);
            Value::Null
        }));
    }
    for (i, column) in source.columns.iter().enumerate() {
        if source.key.contains(&column.source) {
            match (&values[i], &cells[i]) {
                (Value::Null, Cell::Null) => reasons.push(format!("key `{}` is NULL", column.source)),
                (Value::Text(text), _) if text.is_empty() => {
                    reasons.push(format!("key `{}` is empty", column.source));
                }
                (Value::Null, Cell::Text(text)) if text.trim().is_empty() => {
                    reasons.push(format!("key `{}` is empty", column.source));
                }
                _ => {}
            }
        }
    }
    let unreadable = unreadable_watermark(source, &values, &cells);
    // If a stamp cannot be read, the column that stands in for a missing stamp does not replace it: how new
    // the row is stays unknown.
    let watermark = if unreadable { None } else { watermark_of(source, &values) };
    if watermark.is_none() && !unreadable {
        reasons.push(format!("`{}` is NULL: the row has no watermark", source.watermark));
    }
    match watermark {
        Some(watermark) if reasons.is_empty() => Ok(ValidRow { values, watermark }),
        _ => {
            for (i, column) in source.columns.iter().enumerate() {
                let empty = matches!(&values[i], Value::Text(text) if text.is_empty());
                let identifies = source.key.contains(&column.source) && !empty;
                let stamps = column.source == source.watermark
                    || Some(column.source) == source.watermark_until_changed;
                if !identifies && (!stamps || unreadable) {
                    values[i] = Value::Null;
                }
            }
            Err(RejectedRow { reason: reasons.join("; "), values, watermark, original: cells })
        }
    }
}

/// A row's watermark: the watermark column, or if that is NULL the column that stands in for it until the row
/// is first changed.
pub fn watermark_of(source: &Source, values: &[Value]) -> Option<NaiveDateTime> {
    let of = |name: &str| {
        let place = source.columns.iter().position(|column| column.source == name)?;
        match values[place] {
            Value::Time(time) => Some(time),
            _ => None,
        }
    };
    of(source.watermark).or_else(|| source.watermark_until_changed.and_then(of))
}

/// Whether there is a stamp that cannot be read.
fn unreadable_watermark(source: &Source, values: &[Value], cells: &[Cell]) -> bool {
    source.columns.iter().enumerate().any(|(i, column)| {
        let stamps =
            column.source == source.watermark || Some(column.source) == source.watermark_until_changed;
        stamps && values[i] == Value::Null && cells[i] != Cell::Null && !is_blank(&cells[i])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use warehouse::sources::{RUN_NUMBERS, RUN_OUTPUTS};

    const LONDON: Tz = Tz::Europe__London;

    fn t(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    fn run(number: Cell, created: Cell, updated: Cell) -> Vec<Cell> {
        let text = |value: &str| t(value);
        vec![
            number,
            text("2026-11-13"),
            text("cod"),
            text("P"),
            text("L1"),
            text("AM"),
            Cell::Null,
            Cell::Null,
            Cell::Null,
            created,
            updated,
        ]
    }

    #[test]
    fn a_run_that_was_never_changed_goes_by_when_it_was_created() {
        let row =
            validate(&RUN_NUMBERS, run(t("007"), t("2026-11-13 06:00:00"), Cell::Null), LONDON).unwrap();
        assert_eq!(row.watermark.to_string(), "2026-11-13 06:00:00");
        assert_eq!((&row.values[7], &row.values[8]), (&Value::Flag(true), &Value::Flag(false)));
    }

    #[test]
    fn a_row_without_key_or_watermark_is_rejected_with_its_values() {
        let rejected = validate(&RUN_NUMBERS, run(t("  "), Cell::Null, Cell::Null), LONDON).unwrap_err();
        assert_eq!(rejected.reason, "key `RunNumber` is empty; `Updated` is NULL: the row has no watermark");
        assert!(
            rejected.json(&RUN_NUMBERS).contains("\"RunNumber\":\"  \""),
            "{}",
            rejected.json(&RUN_NUMBERS)
        );
        assert_eq!(rejected.values[0], Value::Null);
        let rejected = validate(&RUN_NUMBERS, run(t("7"), t("soon"), Cell::Null), LONDON).unwrap_err();
        assert_eq!(rejected.reason, "`Created` is `soon`, not a date and time");
        assert_eq!(rejected.values[0], Value::Text("7".into()));
    }

    proptest! {
        #[test]
        fn no_cell_makes_validation_panic(cells in prop::collection::vec(prop_oneof![
            Just(Cell::Null), any::<i64>().prop_map(Cell::Int), any::<f64>().prop_map(Cell::Real),
            ".*".prop_map(Cell::Text), prop::collection::vec(any::<u8>(), 0..20).prop_map(Cell::Blob),
        ], RUN_OUTPUTS.columns.len())) {
            if let Err(rejected) = validate(&RUN_OUTPUTS, cells.clone(), LONDON) {
                prop_assert!(!rejected.reason.is_empty());
                prop_assert_eq!(rejected.original.len(), cells.len());
            }
        }
    }
}
