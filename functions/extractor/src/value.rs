//! Reads a legacy cell as a value of its column's type, or says why it is none. Pure.

use std::fmt::Write as _;

use chrono::{NaiveDate, NaiveDateTime, SubsecRound};
use chrono_tz::Tz;
use domain::single_precision::as_stored;
use warehouse::sources::{Column, Kind};

use crate::source::Cell;

/// A value in its column's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    /// Text without the blanks around it.
    Text(String),
    Whole(i64),
    /// A finite number.
    Number(f64),
    Flag(bool),
    Date(NaiveDate),
    /// A time on the factory's clock, with the digits that the lake keeps.
    Time(NaiveDateTime),
}

/// The lake keeps microseconds. Times with more digits are compared by those that are kept: otherwise a row
/// would look changed whenever it is read.
const KEPT_DIGITS: u16 = 6;

/// Reads a cell in its column's type. A time that names a zone is put on the factory's clock.
pub fn read(column: &Column, cell: &Cell, factory_tz: Tz) -> Result<Value, String> {
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
            cell.time_in(factory_tz).map(|time| time.date()).or_else(|| compact_date(cell)).map(Value::Date)
        }
        Kind::Time => cell.time_in(factory_tz).map(|time| Value::Time(time.trunc_subsecs(KEPT_DIGITS))),
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

/// A date that is written as eight digits, `20261128`, as text or as a number.
fn compact_date(cell: &Cell) -> Option<NaiveDate> {
    let digits = match cell {
        Cell::Int(number) => number.to_string(),
        Cell::Text(text) => text.trim().to_owned(),
        _ => return None,
    };
    let is_date = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_date.then(|| NaiveDate::parse_from_str(&digits, "%Y%m%d").ok()).flatten()
}

/// Whether it is text of blanks alone.
pub(crate) fn is_blank(cell: &Cell) -> bool {
    matches!(cell, Cell::Text(text) if text.trim().is_empty())
}

fn whole(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Int(value) => Some(*value),
        Cell::Text(text) => {
            let text = text.trim();
            // Decimals come as text with all digits of their type. A float could not hold those of a large
            // number.
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
    // A database or an interface may have kept in double precision what an instrument said in single.
    let value = as_stored(value);
    // -0.0 and 0.0 are one number, and must compare equal when a row is read again.
    value.is_finite().then_some(value + 0.0)
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
    use warehouse::sources::{
        date, flag, number as number_column, signed, text, time, whole as whole_column,
    };

    fn reads(column: Column, cell: &Cell) -> Result<Value, String> {
        read(&column, cell, Tz::Europe__London)
    }

    fn t(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn legacy_spellings_are_read() {
        let check = |column: Column, cell: Cell, expect: Value| {
            assert_eq!(reads(column, &cell), Ok(expect), "{cell:?}");
        };
        check(whole_column("n"), t(" 12 "), Value::Whole(12));
        check(signed("n"), Cell::Real(4.3_f32.into()), Value::Number(4.3));
        check(number_column("n"), t("0.10000000149011612"), Value::Number(0.1));
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
        let at = |text: &str| Value::Time(text.parse().unwrap());
        check(time("w"), t(" 2026-07-01T15:00:00.1234567Z "), at("2026-07-01T16:00:00.123456"));
        check(date("d"), t("2026-06-30T23:00:00+00:00"), Value::Date("2026-07-01".parse().unwrap()));
        check(date("d"), t(" 20261128 "), Value::Date("2026-11-28".parse().unwrap()));
        check(date("d"), Cell::Int(20_261_128), Value::Date("2026-11-28".parse().unwrap()));
        assert!(reads(date("d"), &t("20261328")).is_err() && reads(time("w"), &t("20261128")).is_err());
        check(text("t").upper_case(), t(" cod fillet"), Value::Text("COD FILLET".into()));
    }

    #[test]
    fn what_a_type_cannot_hold_is_named() {
        let check = |column: Column, cell: Cell, expect: &str| {
            assert_eq!(reads(column, &cell), Err(expect.to_owned()));
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
        check(time("w"), t("2026-02-30"), "`w` is `2026-02-30`, not a date and time");
        check(time("w"), Cell::Int(45_000), "`w` is `45000`, not a date and time");
        check(text("t"), Cell::Blob(vec![0xff, 0]), "`t` is `ff00`, not text");
        check(whole_column("tier").within(1, 3), Cell::Int(7), "`tier` is 7, outside 1 to 3");
    }
}
