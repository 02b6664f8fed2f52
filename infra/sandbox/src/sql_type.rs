//! The column types of SQL Server that the sandbox uses, and the values of the SQLite file that each holds
//! *as they are*.
//!
//! That means: a reader of the column gets exactly what the value in the file says. The text `Y` is no bit,
//! the text `12.5` is no decimal, a date alone is no date and time, and .123 s is no `datetime`, which counts
//! in 1/300 s.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use rusqlite::types::ValueRef;
use tiberius::{ColumnData, ToSql};

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlType {
    Bit,
    Int,
    BigInt,
    /// `decimal` with a precision and a scale.
    Decimal(u8, u8),
    Float,
    Date,
    DateTime,
    /// `datetime2` with so many decimals of a second.
    DateTime2(u8),
    /// `nvarchar` of so many UTF-16 units. `None` means `max`.
    Text(Option<u16>),
}

/// A value for a parameter. It has a type even if it is NULL, so that the server sees the same statement
/// every time and plans it once.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bit(Option<bool>),
    Int(Option<i32>),
    BigInt(Option<i64>),
    Float(Option<f64>),
    Date(Option<NaiveDate>),
    /// For a `datetime` or `datetime2`.
    Moment(Option<NaiveDateTime>),
    /// For an `nvarchar`, and for a `decimal`: the type of a decimal parameter would change with the digits
    /// of its value.
    Text(Option<String>),
}

impl SqlType {
    /// What a value of the file becomes in a column of this type. `None` if the column cannot hold it as it
    /// is.
    pub fn value(self, cell: ValueRef<'_>) -> Option<Value> {
        if cell == ValueRef::Null {
            return Some(self.null());
        }
        match self {
            Self::Bit => {
                whole(cell).filter(|value| (0..=1).contains(value)).map(|value| Value::Bit(Some(value == 1)))
            }
            Self::Int => Some(Value::Int(Some(whole(cell)?.try_into().ok()?))),
            Self::BigInt => Some(Value::BigInt(Some(whole(cell)?))),
            Self::Decimal(digits, scale) => decimal(cell, digits, scale).map(|text| Value::Text(Some(text))),
            Self::Float => float(cell).map(|value| Value::Float(Some(value))),
            Self::Date => date(cell).map(|value| Value::Date(Some(value))),
            // Hundredths are the finest decimals that are a whole number of 1/300 s.
            Self::DateTime => {
                moment(cell, 2).filter(|value| value.year() >= 1753).map(|value| Value::Moment(Some(value)))
            }
            Self::DateTime2(scale) => moment(cell, scale).map(|value| Value::Moment(Some(value))),
            Self::Text(_) => self
                .holds(cell)
                .then(|| text(cell))
                .flatten()
                .map(|text| Value::Text(Some(text.into_owned()))),
        }
    }

    /// Whether a column of this type can hold a value as it is.
    pub fn holds(self, cell: ValueRef<'_>) -> bool {
        match self {
            Self::Text(length) => text(cell)
                .is_some_and(|text| length.is_none_or(|length| text.encode_utf16().count() <= length.into())),
            _ => self.value(cell).is_some(),
        }
    }

    /// NULL, for a parameter of this type.
    pub const fn null(self) -> Value {
        match self {
            Self::Bit => Value::Bit(None),
            Self::Int => Value::Int(None),
            Self::BigInt => Value::BigInt(None),
            Self::Float => Value::Float(None),
            Self::Date => Value::Date(None),
            Self::DateTime | Self::DateTime2(_) => Value::Moment(None),
            Self::Decimal(..) | Self::Text(_) => Value::Text(None),
        }
    }
}

/// Writes the type as T-SQL does.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bit => f.write_str("bit"),
            Self::Int => f.write_str("int"),
            Self::BigInt => f.write_str("bigint"),
            Self::Decimal(digits, scale) => write!(f, "decimal({digits}, {scale})"),
            Self::Float => f.write_str("float"),
            Self::Date => f.write_str("date"),
            Self::DateTime => f.write_str("datetime"),
            Self::DateTime2(scale) => write!(f, "datetime2({scale})"),
            Self::Text(Some(length)) => write!(f, "nvarchar({length})"),
            Self::Text(None) => f.write_str("nvarchar(max)"),
        }
    }
}

impl FromStr for SqlType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.to_ascii_lowercase();
        let (name, arguments) =
            text.strip_suffix(')').and_then(|text| text.split_once('(')).unwrap_or((&text, ""));
        let numbers: Vec<Option<u16>> =
            arguments.split(',').map(|number| number.trim().parse().ok()).collect();
        match (name, numbers.as_slice()) {
            ("bit", [None]) => Ok(Self::Bit),
            ("int", [None]) => Ok(Self::Int),
            ("bigint", [None]) => Ok(Self::BigInt),
            ("float", [None]) => Ok(Self::Float),
            ("date", [None]) => Ok(Self::Date),
            ("datetime", [None]) => Ok(Self::DateTime),
            ("decimal", [Some(digits @ 1..=38), Some(scale @ 0..=38)]) if scale <= digits => {
                Ok(Self::Decimal(*digits as u8, *scale as u8))
            }
            ("datetime2", [Some(scale @ 0..=7)]) => Ok(Self::DateTime2(*scale as u8)),
            ("nvarchar", [Some(length @ 1..=4000)]) => Ok(Self::Text(Some(*length))),
            ("nvarchar", [None]) if arguments == "max" => Ok(Self::Text(None)),
            _ => Err(()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> ColumnData<'_> {
        match self {
            Self::Bit(value) => value.to_sql(),
            Self::Int(value) => value.to_sql(),
            Self::BigInt(value) => value.to_sql(),
            Self::Float(value) => value.to_sql(),
            Self::Date(value) => value.to_sql(),
            Self::Moment(value) => value.to_sql(),
            Self::Text(value) => ColumnData::String(value.as_deref().map(Cow::Borrowed)),
        }
    }
}

fn whole(cell: ValueRef<'_>) -> Option<i64> {
    if let ValueRef::Integer(value) = cell { Some(value) } else { None }
}

fn decimal(cell: ValueRef<'_>, digits: u8, scale: u8) -> Option<String> {
    let text = match cell {
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) if value.is_finite() => {
            Some(format!("{value:.*}", scale.into())).filter(|text| text.parse() == Ok(value))?
        }
        _ => return None,
    };
    let before_point = text.trim_start_matches('-').split('.').next()?.len();
    (before_point <= (digits - scale).into()).then_some(text)
}

fn float(cell: ValueRef<'_>) -> Option<f64> {
    match cell {
        // SQL Server has no infinity, and no number between zero and the smallest normal one.
        ValueRef::Real(value) => (value == 0.0 || value.is_normal()).then_some(value),
        ValueRef::Integer(value) => {
            (value.unsigned_abs() <= 1_u64 << f64::MANTISSA_DIGITS).then_some(value as f64)
        }
        _ => None,
    }
}

fn date(cell: ValueRef<'_>) -> Option<NaiveDate> {
    let text = cell.as_str().ok()?;
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // The parser accepts several spellings. Only a text in the usual one is the same when it is written
    // again.
    (date.to_string() == text && (1..=9999).contains(&date.year())).then_some(date)
}

fn moment(cell: ValueRef<'_>, scale: u8) -> Option<NaiveDateTime> {
    let text = cell.as_str().ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let at = NaiveDateTime::parse_from_str(seconds, "%Y-%m-%d %H:%M:%S").ok()?;
    let spelt_so = at.format("%Y-%m-%d %H:%M:%S").to_string() == seconds
        && (1..=9999).contains(&at.year())
        && at.nanosecond() == 0;
    let fraction_is_right =
        (1..=7).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !spelt_so || !fraction_is_right || fraction.trim_end_matches('0').len() > scale.into() {
        return None;
    }
    at.with_nanosecond(format!("{fraction:0<9}").parse().ok()?)
}

/// A text as it is, and a number as the shortest text that reads back as the same number.
fn text(cell: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match cell {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        ValueRef::Integer(value) => Some(Cow::Owned(value.to_string())),
        ValueRef::Real(value) => Some(Cow::Owned(value.to_string())),
        ValueRef::Blob(_) | ValueRef::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn real(value: f64) -> ValueRef<'static> {
        ValueRef::Real(value)
    }

    fn txt(text: &str) -> ValueRef<'_> {
        ValueRef::Text(text.as_bytes())
    }

    #[test]
    fn a_type_is_read_as_it_is_written() {
        for text in [
            "bit",
            "int",
            "bigint",
            "float",
            "date",
            "datetime",
            "datetime2(3)",
            "decimal(12, 3)",
            "nvarchar(50)",
            "nvarchar(max)",
        ] {
            assert_eq!(text.parse::<SqlType>().map(|sql_type| sql_type.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "money",
            "decimal",
            "decimal(12)",
            "nvarchar",
            "nvarchar(0)",
            "nvarchar(5000)",
            "datetime2(8)",
            "datetime2",
            "bit(1)",
            "",
        ] {
            assert_eq!(text.parse::<SqlType>(), Err(()), "{text}");
        }
    }

    #[test]
    fn a_type_holds_what_it_gives_back_unchanged_and_nothing_else() {
        let all = |sql_type: SqlType, held: &[ValueRef], refused: &[ValueRef]| {
            assert!(held.iter().all(|cell| sql_type.holds(*cell)), "{sql_type}: {held:?}");
            assert!(!refused.iter().any(|cell| sql_type.holds(*cell)), "{sql_type}: {refused:?}");
        };
        let int = ValueRef::Integer;
        all(
            SqlType::Bit,
            &[int(0), int(1)],
            &[int(2), int(-1), real(1.0), txt("1"), txt("Y"), ValueRef::Blob(b"1")],
        );
        all(
            SqlType::Int,
            &[int(i32::MAX.into()), int(i32::MIN.into())],
            &[int(1 << 31), real(5.0), txt("5")],
        );
        all(SqlType::BigInt, &[int(i64::MAX), int(i64::MIN)], &[real(5.0), txt("5")]);
        let decimal = SqlType::Decimal(12, 3);
        all(
            decimal,
            &[real(0.1), real(-450.125), real(999_999_999.999), int(999_999_999), real(-0.0), int(-5)],
            &[
                real(0.1234),
                real(1e9),
                real(999_999_999.999_9),
                int(1_000_000_000),
                real(f64::INFINITY),
                real(f64::NAN),
                txt("1.5"),
            ],
        );
        all(
            SqlType::Float,
            &[real(0.1), real(f64::MAX), real(f64::MIN_POSITIVE), real(0.0), int(1 << 53)],
            &[real(f64::INFINITY), real(f64::NAN), real(5e-324), int((1 << 53) + 1), txt("1.5")],
        );
        all(
            SqlType::Date,
            &[txt("2026-11-13"), txt("0001-01-01"), txt("9999-12-31")],
            &[
                txt("2026-11-13 00:00:00"),
                txt("2026-1-3"),
                txt(" 2026-11-13"),
                txt("0000-01-01"),
                txt("2026-02-30"),
                txt("+10000-01-01"),
                txt("soon"),
                int(20),
            ],
        );
        all(
            SqlType::DateTime,
            &[
                txt("2026-11-13 10:00:00"),
                txt("1753-01-01 00:00:00"),
                txt("2026-11-13 10:00:00.120"),
                txt("2026-11-13 10:00:00.99"),
            ],
            &[
                txt("1752-12-31 00:00:00"),
                txt("2026-11-13 10:00:00.123"),
                txt("2026-11-13 10:00:00.003"),
                txt("2026-11-13"),
            ],
        );
        all(
            SqlType::DateTime2(3),
            &[txt("0001-01-01 00:00:00"), txt("2026-11-13 10:00:00.123"), txt("2026-11-13 10:00:00.1230000")],
            &[
                txt("2026-11-13 10:00:00.1234"),
                txt("2026-11-13T10:00:00"),
                txt("2026-11-13 10:00"),
                txt("2026-11-13 10:00:00."),
                txt("2026-11-13 1:00:00"),
                txt("2026-11-13 10:00:60"),
                txt("2026-11-13 10:00:00.12345678"),
                txt("2026-11-13 24:00:00"),
                txt("2026-11-13 10:00:00.-12"),
            ],
        );
        all(
            SqlType::Text(Some(4)),
            &[txt("abcd"), txt(""), txt("🐟🐟"), int(-123), real(0.25)],
            &[txt("abcde"), txt("🐟🐟🐟"), ValueRef::Text(b"\xff")],
        );
        all(
            SqlType::Text(None),
            &[txt(&"x".repeat(10_000)), txt("a\0b"), real(f64::INFINITY)],
            &[ValueRef::Blob(b"x"), ValueRef::Text(b"\xff")],
        );
    }

    #[test]
    fn null_goes_into_every_type_and_keeps_the_parameters_type() {
        for text in [
            "bit",
            "int",
            "bigint",
            "float",
            "date",
            "datetime",
            "datetime2(3)",
            "decimal(12, 3)",
            "nvarchar(50)",
            "nvarchar(max)",
        ] {
            let sql_type: SqlType = text.parse().unwrap();
            let null = sql_type.value(ValueRef::Null).unwrap();
            assert_eq!(null, sql_type.null());
            assert!(!format!("{:?}", null.to_sql()).contains("Some"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back_from_text_and_float_and_decimal_as_it_was(value in any::<f64>(), grams in -999_999_999_999_i64..=999_999_999_999) {
            let back = |value: Option<Value>| match value { Some(Value::Text(Some(text))) => text.parse::<f64>().ok(), _ => None };
            prop_assert!(value.is_nan() || back(SqlType::Text(None).value(real(value))) == Some(value));
            if let Some(Value::Float(same)) = SqlType::Float.value(real(value)) {
                prop_assert_eq!(same, Some(value));
            }
            if let Some(same) = back(SqlType::Decimal(12, 3).value(real(value))) {
                prop_assert_eq!(same, value);
            }
            let kg = grams as f64 / 1000.0;
            prop_assert_eq!(back(SqlType::Decimal(12, 3).value(real(kg))), Some(kg));
        }
    }
}
