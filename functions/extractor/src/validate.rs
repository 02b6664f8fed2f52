//! Legacy cells to typed values, or the reason why a row cannot be taken. Pure.
//!
//! Nothing rejects a row but its key, its watermark, a value that its column's type cannot hold, and the
//! declared ranges.

use std::fmt::Write as _;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use warehouse::sources::{Column, Kind, Source};

use crate::source::Cell;

/// A value in its column's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// Text without the blanks around it.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A date.
    Date(NaiveDate),
    /// A time on the factory's clock.
    Time(NaiveDateTime),
}

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
    /// The key and watermark columns as far as they can be read, NULL elsewhere; in the order of the source's
    /// columns.
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

/// Judges a row, whose cells come in the order of the source's columns.
pub fn validate(source: &Source, cells: Vec<Cell>) -> Result<ValidRow, RejectedRow> {
    let mut reasons = Vec::new();
    let mut values = Vec::with_capacity(cells.len());
    for (column, cell) in source.columns.iter().zip(&cells) {
        values.push(read(column, cell).unwrap_or_else(|reason| {
            reasons.push(reason);
            Value::Null
        }));
    }
    for (i, column) in source.columns.iter().enumerate() {
        if source.key.contains(&column.source) {
            match (&values[i], &cells[i]) {
                (Value::Null, Cell::Null) => reasons.push(format!("key `{}` is NULL", column.source)),
                (Value::Text(text), _) if text.is_empty() => {
                    reasons.push(format!("key `{}` is empty", column.source))
                }
                (Value::Null, Cell::Text(text)) if text.trim().is_empty() => {
                    reasons.push(format!("key `{}` is empty", column.source))
                }
                _ => {}
            }
        }
    }
    let unreadable = unreadable_watermark(source, &values, &cells);
    // A stamp that cannot be read is not replaced by the one that stands in for a missing one: how new the
    // row is remains unknown.
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

/// A row's watermark: the watermark column, else the one that stands in for it until the row is first
/// changed.
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

/// Reads a cell in its column's type.
pub fn read(column: &Column, cell: &Cell) -> Result<Value, String> {
    if *cell == Cell::Null || (column.kind != Kind::Text && is_blank(cell)) {
        return Ok(column.when_null.map_or(Value::Null, Value::Flag));
    }
    let wrong = || Err(format!("`{}` is `{}`, not {}", column.source, shorten(cell), column.kind.noun()));
    let value = match column.kind {
        Kind::Text => match cell {
            Cell::Blob(_) => None,
            cell => {
                let text = cell.to_string();
                let text = text.trim();
                Some(Value::Text(if column.upper_case { text.to_uppercase() } else { text.to_owned() }))
            }
        },
        Kind::Whole => whole(cell).map(Value::Whole),
        Kind::Number | Kind::Signed => number(cell).map(Value::Number),
        Kind::Flag => domain::flag::parse_flag(&cell.to_string()).ok().map(Value::Flag),
        Kind::Date => {
            text_of(cell).and_then(|text| time(text.trim())).map(|(time, _)| Value::Date(time.date()))
        }
        Kind::Time => text_of(cell).and_then(|text| time(text.trim())).map(|(time, _)| Value::Time(time)),
    };
    match (value, column.kind) {
        (None, _) => wrong(),
        (Some(Value::Whole(value)), _) if value < 0 => {
            Err(format!("`{}` is {value}, below 0", column.source))
        }
        (Some(Value::Number(value)), Kind::Number) if value < 0.0 => {
            Err(format!("`{}` is {value}, below 0", column.source))
        }
        (Some(Value::Whole(value)), _) => match column.range {
            Some((low, high)) if !(low..=high).contains(&value) => {
                Err(format!("`{}` is {value}, outside {low} to {high}", column.source))
            }
            _ => Ok(Value::Whole(value)),
        },
        (Some(value), _) => Ok(value),
    }
}

fn is_blank(cell: &Cell) -> bool {
    matches!(cell, Cell::Text(text) if text.trim().is_empty())
}

fn text_of(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

fn whole(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Int(value) => Some(*value),
        Cell::Text(text) => {
            let text = text.trim();
            // Decimals come with the digits of their type: all of a large number would not fit into a float.
            let exact = text
                .split_once('.')
                .filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0'))
                .map_or(text, |(whole, _)| whole);
            exact.parse().ok().or_else(|| whole_of(number(cell)?))
        }
        Cell::Real(value) => whole_of(*value),
        _ => None,
    }
}

/// A number without a fraction as the whole number that it exactly is.
fn whole_of(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

fn number(cell: &Cell) -> Option<f64> {
    let value = match cell {
        Cell::Int(value) => *value as f64,
        Cell::Real(value) => *value,
        // Rust also reads "inf" and "nan", which no column holds.
        Cell::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    // -0.0 and 0.0 are one number, and must compare equal when a row is read again.
    value.is_finite().then_some(value + 0.0)
}

/// Reads `YYYY-MM-DD`, with or without ` HH:MM[:SS[.fffffff]]`, with or without an offset behind that (`
/// +01:00`, which changes nothing: the time is the factory's); tells whether there was a time part.
pub fn time(text: &str) -> Option<(NaiveDateTime, bool)> {
    let bytes = without_offset(text).as_bytes();
    let digits = |from: usize, to: usize| -> Option<u32> {
        let part = bytes.get(from..to)?;
        part.iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(digits(0, 4)?.try_into().ok()?, digits(5, 7)?, digits(8, 10)?)?;
    if bytes.len() == 10 {
        return Some((date.and_time(NaiveTime::MIN), false));
    }
    if !matches!(bytes[10], b' ' | b'T') || bytes.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (digits(11, 13)?, digits(14, 16)?);
    let second = match bytes.get(16) {
        None => 0,
        Some(b':') => digits(17, 19)?,
        Some(_) => return None,
    };
    let nanos = match bytes.get(19) {
        None => 0,
        Some(b'.') if (21..=29).contains(&bytes.len()) => {
            digits(20, bytes.len())? * 10u32.pow(29 - bytes.len() as u32)
        }
        Some(_) => return None,
    };
    Some((date.and_time(NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?), true))
}

fn without_offset(text: &str) -> &str {
    let is_offset = |tail: &str| {
        let bytes = tail.as_bytes();
        bytes.len() == 6
            && matches!(bytes[0], b'+' | b'-')
            && bytes[3] == b':'
            && [1, 2, 4, 5].iter().all(|i| bytes[*i].is_ascii_digit())
    };
    text.rsplit_once(' ')
        .filter(|(time, tail)| time.len() > 10 && is_offset(tail))
        .map_or(text, |(time, _)| time)
}

fn shorten(cell: &Cell) -> String {
    let text = cell.to_string();
    let mut short = String::new();
    for c in text.chars().take(80) {
        let _ = if c.is_control() { write!(short, "{}", c.escape_default()) } else { write!(short, "{c}") };
    }
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use warehouse::sources::{
        RUN_NUMBERS, RUN_OUTPUTS, flag, number as number_column, signed, text, time as time_column,
        whole as whole_column,
    };

    fn reads(column: Column, cell: &Cell) -> Result<Value, String> {
        read(&column, cell)
    }

    fn t(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn legacy_spellings_are_read() {
        let check = |column: Column, cell: Cell, expect: Value| {
            assert_eq!(reads(column, &cell), Ok(expect), "{cell:?}")
        };
        check(whole_column("n"), t(" 12 "), Value::Whole(12));
        check(whole_column("n"), t("12.0"), Value::Whole(12));
        check(whole_column("n"), Cell::Real(12.0), Value::Whole(12));
        check(whole_column("n"), t("9223372036854775807"), Value::Whole(i64::MAX));
        check(whole_column("n"), t("9223372036854775807.00"), Value::Whole(i64::MAX));
        check(number_column("n"), t("1.5"), Value::Number(1.5));
        check(number_column("n"), Cell::Int(3), Value::Number(3.0));
        check(signed("n"), t(" -4.25"), Value::Number(-4.25));
        check(number_column("n"), t("  "), Value::Null);
        check(flag("Active").when_null(true), Cell::Null, Value::Flag(true));
        check(flag("Complete").when_null(false), t(" yes "), Value::Flag(true));
        check(flag("x"), Cell::Int(0), Value::Flag(false));
        check(text("t"), t("  a b "), Value::Text("a b".into()));
        check(text("t"), Cell::Int(1001), Value::Text("1001".into()));
        check(text("t").upper_case(), t(" cod fillet"), Value::Text("COD FILLET".into()));
    }

    #[test]
    fn what_a_type_cannot_hold_is_named() {
        let check = |column: Column, cell: Cell, expect: &str| {
            assert_eq!(reads(column, &cell), Err(expect.to_owned()))
        };
        check(whole_column("n"), t("12.5"), "`n` is `12.5`, not a whole number");
        check(
            whole_column("n"),
            Cell::Real(1e300),
            &format!("`n` is `{}…`, not a whole number", &format!("{}", 1e300)[..80]),
        );
        check(whole_column("n"), Cell::Int(-1), "`n` is -1, below 0");
        check(number_column("n"), t("NaN"), "`n` is `NaN`, not a number of at least 0");
        check(number_column("n"), Cell::Real(f64::INFINITY), "`n` is `inf`, not a number of at least 0");
        check(signed("n"), t("1,5"), "`n` is `1,5`, not a number");
        check(flag("f"), t("maybe"), "`f` is `maybe`, not a yes/no flag");
        check(time_column("w"), t("2026-02-30"), "`w` is `2026-02-30`, not a date and time");
        check(time_column("w"), Cell::Int(45_000), "`w` is `45000`, not a date and time");
        check(text("t"), Cell::Blob(vec![0xff, 0]), "`t` is `ff00`, not text");
        check(whole_column("tier").within(1, 3), Cell::Int(7), "`tier` is 7, outside 1 to 3");
    }

    #[test]
    fn times_keep_all_their_digits() {
        let check = |text: &str, expect: &str| {
            assert_eq!(time(text).map(|(time, _)| time.to_string()), Some(expect.to_owned()), "{text}")
        };
        check("2026-11-13", "2026-11-13 00:00:00");
        check("2026-11-13 04:05:06", "2026-11-13 04:05:06");
        check("2026-11-13 04:05:06.003", "2026-11-13 04:05:06.003");
        check("2026-11-13T04:05:06.1234567", "2026-11-13 04:05:06.123456700");
        check("2026-07-01 11:00:00.50 +01:00", "2026-07-01 11:00:00.500");
        check("0001-01-01", "0001-01-01 00:00:00");
        check("9999-12-31 23:59:59.9999999", "9999-12-31 23:59:59.999999900");
        for wrong in [
            "",
            "2026",
            "2026-11-13 ",
            "2026-11-13 4:05",
            "2026-11-13 24:00:00",
            "2026-11-13 04:05:06.",
            "13/11/2026",
            "2026-1a-13",
            "2026-11-13é",
        ] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
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
        let row = validate(&RUN_NUMBERS, run(t("007"), t("2026-11-13 06:00:00"), Cell::Null)).unwrap();
        assert_eq!(row.watermark.to_string(), "2026-11-13 06:00:00");
        assert_eq!((&row.values[7], &row.values[8]), (&Value::Flag(true), &Value::Flag(false)));
    }

    #[test]
    fn a_row_without_key_or_watermark_is_rejected_with_its_values() {
        let rejected = validate(&RUN_NUMBERS, run(t("  "), Cell::Null, Cell::Null)).unwrap_err();
        assert_eq!(rejected.reason, "key `RunNumber` is empty; `Updated` is NULL: the row has no watermark");
        assert!(
            rejected.json(&RUN_NUMBERS).contains("\"RunNumber\":\"  \""),
            "{}",
            rejected.json(&RUN_NUMBERS)
        );
        assert_eq!(rejected.values[0], Value::Null);
        let rejected = validate(&RUN_NUMBERS, run(t("7"), t("soon"), Cell::Null)).unwrap_err();
        assert_eq!(rejected.reason, "`Created` is `soon`, not a date and time");
        assert_eq!(rejected.values[0], Value::Text("7".into()));
    }

    proptest! {
        #[test]
        fn no_cell_makes_validation_panic(cells in prop::collection::vec(prop_oneof![
            Just(Cell::Null), any::<i64>().prop_map(Cell::Int), any::<f64>().prop_map(Cell::Real),
            ".*".prop_map(Cell::Text), prop::collection::vec(any::<u8>(), 0..20).prop_map(Cell::Blob),
        ], RUN_OUTPUTS.columns.len())) {
            if let Err(rejected) = validate(&RUN_OUTPUTS, cells.clone()) {
                prop_assert!(!rejected.reason.is_empty());
                prop_assert_eq!(rejected.original.len(), cells.len());
            }
        }
    }
}
